//! Waiting for the operating system: the only place where the event loop's thread sleeps.
//!
//! A wait ends when another thread wakes it, when its time is up, or when a signal arrives; which
//! of these it was is a hint, never a promise, and callers look at their queues in any case.

use std::io;
use std::os::fd::RawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::seam::{self, Act};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

const WAKER: Token = Token(usize::MAX);

/// Events taken from the system at once; more are left for the next wait.
const EVENTS: usize = 256;

pub struct Poller {
    poll: Poll,
    events: Events,
    waker: Arc<Waker>,
}

/// What a descriptor is ready for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ready {
    pub fd: RawFd,
    pub reads: bool,
    pub writes: bool,
    /// Does nothing more come from the other side, or is it broken?
    pub ended: bool,
}

/// Why a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woke {
    /// Another thread called [`Waker::wake`].
    Called,
    /// Its time is up, or descriptors are ready.
    TimedOut,
    /// A signal arrived.
    Interrupted,
}

/// Ends the wait of a [`Poller`] from any thread.
pub struct Waker {
    waker: mio::Waker,
    /// Whether a wake is on its way: further ones need not ask the system again.
    called: AtomicBool,
}

impl Poller {
    pub fn new() -> io::Result<Poller> {
        let poll = Poll::new()?;
        let waker = mio::Waker::new(poll.registry(), WAKER)?;
        Ok(Poller {
            poll,
            events: Events::with_capacity(EVENTS),
            waker: Arc::new(Waker { waker, called: AtomicBool::new(false) }),
        })
    }

    pub fn waker(&self) -> Arc<Waker> {
        Arc::clone(&self.waker)
    }

    /// Tells of a descriptor's readiness from now on, once for each change; anew after each call of
    /// this. For neither, it is forgotten.
    pub fn watch(&self, fd: RawFd, reads: bool, writes: bool) -> io::Result<()> {
        let registry = self.poll.registry();
        let mut source = SourceFd(&fd);
        let interest = match (reads, writes) {
            (true, true) => Interest::READABLE | Interest::WRITABLE,
            (true, false) => Interest::READABLE,
            (false, true) => Interest::WRITABLE,
            (false, false) => return registry.deregister(&mut source),
        };
        let token = Token(fd as usize);
        match registry.reregister(&mut source, token, interest) {
            // New, or closed and opened again since.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                registry.register(&mut source, token, interest)
            }
            result => result,
        }
    }

    /// What the last wait has found.
    pub fn ready(&self) -> impl Iterator<Item = Ready> {
        self.events.iter().filter(|event| event.token() != WAKER).map(|event| Ready {
            fd: event.token().0 as RawFd,
            reads: event.is_readable() || event.is_read_closed() || event.is_error(),
            writes: event.is_writable() || event.is_write_closed() || event.is_error(),
            ended: event.is_read_closed() || event.is_write_closed() || event.is_error(),
        })
    }

    /// Sleeps until something happens, `None` without limit. Returns at once if a wake came since
    /// the last wait.
    pub fn wait(&mut self, timeout: Option<Duration>) -> io::Result<Woke> {
        let passed = seam::pass(Act::Wait, 0);
        match passed.and_then(|_| self.poll.poll(&mut self.events, timeout)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                self.events.clear();
                return Ok(Woke::Interrupted);
            }
            Err(error) => return Err(error),
        }
        if self.events.iter().any(|event| event.token() == WAKER) {
            // An exchange, not a store: it makes what threads queued before their `wake` visible,
            // also of those whose `wake` found the flag up.
            self.waker.called.swap(false, Ordering::AcqRel);
            return Ok(Woke::Called);
        }
        Ok(Woke::TimedOut)
    }
}

impl Waker {
    /// Ends the current wait, or the next one if nobody waits. What the caller queued before is
    /// visible after that wait.
    pub fn wake(&self) -> io::Result<()> {
        if self.called.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        self.waker.wake().inspect_err(|_| self.called.store(false, Ordering::Release))
    }
}

#[cfg(test)]
mod tests {
    use super::{Poller, Woke};
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::thread;
    use std::time::{Duration, Instant};

    const LONG: Option<Duration> = Some(Duration::from_secs(20));

    #[test]
    fn another_thread_ends_a_wait() {
        let mut poller = Poller::new().expect("a poller");
        let waker = poller.waker();
        let start = Instant::now();
        let other = thread::spawn(move || {
            thread::sleep(Duration::from_millis(5));
            waker.wake()
        });
        assert_eq!(poller.wait(LONG).expect("a wait"), Woke::Called);
        assert!(start.elapsed() < Duration::from_secs(10));
        other.join().expect("no panic").expect("a wake");
    }

    #[test]
    fn wakes_before_a_wait_end_it_once() {
        let mut poller = Poller::new().expect("a poller");
        for _ in 0..3 {
            poller.waker().wake().expect("a wake");
            poller.waker().wake().expect("a wake");
            assert_eq!(poller.wait(LONG).expect("a wait"), Woke::Called);
            assert_eq!(poller.wait(Some(Duration::ZERO)).expect("a wait"), Woke::TimedOut);
        }
    }

    #[test]
    fn time_ends_a_wait() {
        let mut poller = Poller::new().expect("a poller");
        let start = Instant::now();
        assert_eq!(poller.wait(Some(Duration::from_millis(5))).expect("a wait"), Woke::TimedOut);
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(5), "{took:?}");
        assert!(took <= Duration::from_millis(50), "{took:?}");
    }

    #[test]
    fn no_wake_is_lost() {
        const EACH: u32 = 2000;
        let mut poller = Poller::new().expect("a poller");
        let count = AtomicU32::new(0);
        thread::scope(|scope| {
            for _ in 0..3 {
                let (waker, count) = (poller.waker(), &count);
                scope.spawn(move || {
                    for _ in 0..EACH {
                        count.fetch_add(1, Ordering::Relaxed);
                        waker.wake().expect("a wake");
                    }
                });
            }
            while count.load(Ordering::Relaxed) < 3 * EACH {
                assert_eq!(poller.wait(LONG).expect("a wait"), Woke::Called);
            }
        });
    }
}
