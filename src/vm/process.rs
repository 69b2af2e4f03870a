//! What the process does for the one machine that is its program: signals reach it alone.
//!
//! The host fills this in; other machines of the process have nothing of it.

use std::io;

use super::Cx;

/// What becomes of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// What Sloop does about it by itself, or else the system.
    Own,
    /// What the system does.
    Default,
    Ignored,
    /// The program has a handler.
    Handled,
}

#[derive(Clone, Copy)]
pub struct Process {
    /// Says what becomes of a signal. Returns whether the program handles any.
    pub dispose: fn(i32, Disposition) -> io::Result<bool>,
    pub disposition: fn(i32) -> io::Result<Disposition>,
    /// The lowest of the signals that have come for handlers, or 0; it is not pending any more.
    pub take: fn() -> i32,
    /// Is there one?
    pub pending: fn() -> bool,
    /// As if a signal had come.
    pub pretend: fn(i32),
    /// Handlers write the number of the signal there; -1: nowhere. Returns where they did.
    pub wakeup: fn(i32) -> i32,
}

/// Starts a machine on a thread of the system, which serves the connection at a descriptor, and
/// closes that at its end.
pub type StartIsolate = fn(&Cx, i32) -> io::Result<()>;
