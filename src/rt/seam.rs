//! The seam between the machine and the world: what is done to files and sockets passes here first,
//! so that tests can let any of it fail (`-X fault=N`). Without such an order it costs one load.
//!
//! Faults are what the system may do at any time: they are never more than a caller must expect.

use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is about to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// A file, a socket, a pipe or a child is made.
    Open,
    Accept,
    Connect,
    Receive,
    Send,
    ReadFile,
    WriteFile,
    /// The machine waits for the system.
    Wait,
}

/// Who decides what becomes of it.
pub trait Seam: Send + Sync {
    /// How many of the bytes may be moved, or what goes wrong.
    fn pass(&self, act: Act, bytes: usize) -> io::Result<usize>;
}

static SEAM: OnceLock<Box<dyn Seam>> = OnceLock::new();

/// Has everything pass by this one from now on. The first stays.
pub fn install(seam: Box<dyn Seam>) {
    let _ = SEAM.set(seam);
}

/// How many of the bytes may be moved; an error is to be taken for the system's.
#[inline]
pub fn pass(act: Act, bytes: usize) -> io::Result<usize> {
    match SEAM.get() {
        None => Ok(bytes),
        Some(seam) => seam.pass(act, bytes),
    }
}

/// How an act fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// As it may fail for good.
    Error,
    /// One byte is moved and no more.
    Short,
    /// A signal came.
    Interrupt,
    /// It is not ready after all.
    Again,
}

impl Kind {
    pub fn named(name: &str) -> Option<Kind> {
        Some(match name {
            "error" => Kind::Error,
            "short" => Kind::Short,
            "eintr" => Kind::Interrupt,
            "eagain" => Kind::Again,
            _ => return None,
        })
    }
}

/// Lets one act fail: the one of this number, counted from 1 among those that can fail so.
pub struct Fault {
    at: u64,
    kind: Kind,
    seen: AtomicU64,
}

impl Fault {
    pub fn new(at: u64, kind: Kind) -> Fault {
        Fault { at, kind, seen: AtomicU64::new(0) }
    }
}

impl Seam for Fault {
    fn pass(&self, act: Act, bytes: usize) -> io::Result<usize> {
        let outcome = match (self.kind, act) {
            (Kind::Error, Act::Open | Act::Accept) => Err(libc::EMFILE),
            (Kind::Error, Act::Connect) => Err(libc::ECONNREFUSED),
            (Kind::Error, Act::Receive | Act::Send) => Err(libc::ECONNRESET),
            (Kind::Error, Act::ReadFile) => Err(libc::EIO),
            (Kind::Error, Act::WriteFile) => Err(libc::ENOSPC),
            (Kind::Short, Act::Receive | Act::Send | Act::ReadFile | Act::WriteFile)
                if bytes > 1 =>
            {
                Ok(1)
            }
            // Opening is repeated by the library, and connecting goes on by itself.
            (Kind::Interrupt, act) if !matches!(act, Act::Open | Act::Connect) => Err(libc::EINTR),
            (Kind::Again, Act::Accept | Act::Receive | Act::Send) => Err(libc::EAGAIN),
            _ => return Ok(bytes),
        };
        if self.seen.fetch_add(1, Ordering::Relaxed) + 1 != self.at {
            return Ok(bytes);
        }
        outcome.map_err(io::Error::from_raw_os_error)
    }
}

#[cfg(test)]
mod tests {
    use super::{Act, Fault, Kind, Seam};

    #[test]
    fn one_act_fails() {
        let fault = Fault::new(2, Kind::Short);
        let passed = |act| fault.pass(act, 9).expect("no error");
        assert_eq!([passed(Act::Receive), passed(Act::Accept), passed(Act::Send)], [9, 9, 1]);
        assert_eq!(passed(Act::Send), 9);
        let fault = Fault::new(1, Kind::Error);
        let error = fault.pass(Act::ReadFile, 9).expect_err("an error");
        assert_eq!(error.raw_os_error(), Some(libc::EIO));
    }
}
