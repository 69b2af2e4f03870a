//! Work that threads of the system do for threads of the program, which wait for it.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Key, Woke};
use crate::value::{T, Value};
use crate::vm::{Cx, Stop, raise, system};

impl Cx {
    /// Has work done that would keep everybody waiting; others run meanwhile. After an interrupt
    /// it is left to itself.
    pub fn offload<R: Send + 'static>(
        &mut self,
        name: &str,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, Stop> {
        let result = Arc::new(Mutex::new(None));
        // An address that nobody else has as long as the result is waited for.
        let key = Key(Arc::as_ptr(&result) as u64 | 7);
        let (place, mailbox) = (result.clone(), self.mailbox());
        self.expect_mail();
        let started = system::start_quietly(name, move || {
            let made = work();
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(made);
            mailbox.post(move |vm| {
                vm.threads.outside -= 1;
                while vm.threads.wake_one(key) {}
            });
        });
        if started.is_err() {
            self.expect_no_mail();
            return Err(raise::error(self.vm(), T::RuntimeError, "can't start new thread"));
        }
        loop {
            if let Some(made) = result.lock().unwrap_or_else(PoisonError::into_inner).take() {
                return Ok(made);
            }
            if self.park(Some(key), None, Value::NONE) == Woke::Interrupted {
                self.serve_signals()?;
            }
        }
    }
}
