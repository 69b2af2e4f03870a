//! Work of a library that may take long and cannot be asked to stop: arithmetic on huge integers,
//! opening a pipe that nobody writes to.
//!
//! It is done on a thread of its own with data of its own, while the machine's thread waits and
//! listens to Ctrl-C. After an interrupt the work is abandoned; what it returns is dropped.

use std::sync::mpsc;
use std::time::Duration;

use super::{Cx, Stop, Vm, raise};
use crate::value::T;

/// How often Ctrl-C is looked for.
const GLANCE: Duration = Duration::from_millis(20);

impl Vm {
    /// Runs work that ends by itself, but perhaps not soon.
    pub(super) fn long_work<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, Stop> {
        let (give, take) = mpsc::sync_channel(1);
        // Whoever waited may have given up.
        let run = move || drop(give.send(work()));
        let Ok(_) = std::thread::Builder::new().name("sloop-work".into()).spawn(run) else {
            return Err(raise::error(self, T::MemoryError, "can't start a thread"));
        };
        loop {
            match take.recv_timeout(GLANCE) {
                Ok(result) => return Ok(result),
                Err(mpsc::RecvTimeoutError::Timeout) => super::safepoint::check_interrupt(self)?,
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    unreachable!("work always answers: it does not panic")
                }
            }
        }
    }
}

impl Cx {
    /// Runs work that ends by itself, but perhaps not soon.
    pub fn long_work<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, Stop> {
        self.vm().long_work(work)
    }
}
