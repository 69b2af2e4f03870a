//! Asking the system about many descriptors at once, for the module `select`.

use std::io;
use std::os::fd::RawFd;

/// A descriptor, and what is asked or told of it, as bits of `poll`.
pub type Watched = (RawFd, i16);

/// What descriptors are ready for now: as many answers as questions, 0 for nothing.
pub fn ready_now(watched: &[Watched]) -> io::Result<Vec<i16>> {
    let mut asked: Vec<libc::pollfd> =
        watched.iter().map(|&(fd, events)| libc::pollfd { fd, events, revents: 0 }).collect();
    // SAFETY: as many entries as are told, valid for the call.
    match unsafe { libc::poll(asked.as_mut_ptr(), asked.len() as libc::nfds_t, 0) } {
        n if n < 0 => Err(io::Error::last_os_error()),
        _ => Ok(asked.iter().map(|entry| entry.revents).collect()),
    }
}

/// A descriptor that can be read from while one of those that are put into it is ready.
pub fn new_set() -> io::Result<RawFd> {
    // SAFETY: a plain call.
    match unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) } {
        fd if fd < 0 => Err(io::Error::last_os_error()),
        fd => Ok(fd),
    }
}

/// What is done with a descriptor of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Add,
    Modify,
    Remove,
}

pub fn change_set(set: RawFd, change: Change, fd: RawFd, events: u32) -> io::Result<()> {
    let operation = match change {
        Change::Add => libc::EPOLL_CTL_ADD,
        Change::Modify => libc::EPOLL_CTL_MOD,
        Change::Remove => libc::EPOLL_CTL_DEL,
    };
    let mut event = libc::epoll_event { events, u64: fd as u64 };
    // SAFETY: the entry is valid for the call.
    match unsafe { libc::epoll_ctl(set, operation, fd, &mut event) } {
        n if n < 0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Which descriptors of a set are ready now, at most so many, and for what.
pub fn ready_of_set(set: RawFd, most: usize) -> io::Result<Vec<(RawFd, u32)>> {
    let mut events = vec![libc::epoll_event { events: 0, u64: 0 }; most.max(1)];
    let room = events.len().min(i32::MAX as usize) as i32;
    // SAFETY: as many entries as are told, valid for the call.
    match unsafe { libc::epoll_wait(set, events.as_mut_ptr(), room, 0) } {
        n if n < 0 => Err(io::Error::last_os_error()),
        n => {
            events.truncate(n as usize);
            Ok(events.iter().map(|event| (event.u64 as RawFd, event.events)).collect())
        }
    }
}
