//! How other threads of the system reach the machine: they leave a letter, which the machine's
//! thread opens between two threads of the program, or when a slice is over.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::Vm;
use crate::rt::Waker;

/// What to do with the machine. It must not run code of the program.
type Letter = Box<dyn FnOnce(&mut Vm) + Send>;

#[derive(Default)]
struct Shared {
    letters: Mutex<Vec<Letter>>,
    /// Is there a letter? Asked often.
    full: AtomicBool,
    waker: OnceLock<Arc<Waker>>,
}

#[derive(Clone)]
pub struct Mailbox(Arc<Shared>);

impl Mailbox {
    pub(super) fn new() -> Mailbox {
        Mailbox(Arc::new(Shared::default()))
    }

    /// Has something done with the machine soon. From any thread.
    pub fn post(&self, letter: impl FnOnce(&mut Vm) + Send + 'static) {
        let shared = &self.0;
        shared.letters.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(letter));
        if !shared.full.swap(true, Ordering::AcqRel) {
            self.ring();
        }
    }

    /// Ends the wait of the machine's thread, if it waits. From any thread, and from a handler of
    /// signals.
    pub fn ring(&self) {
        if let Some(waker) = self.0.waker.get() {
            // A wait that cannot be ended ends by its time.
            let _ = waker.wake();
        }
    }

    /// The machine's thread waits by a poller from now on.
    pub(super) fn set_waker(&self, waker: Arc<Waker>) {
        let _ = self.0.waker.set(waker);
    }

    pub(super) fn is_full(&self) -> bool {
        self.0.full.load(Ordering::Relaxed)
    }

    pub(super) fn take(&self) -> Vec<Letter> {
        self.0.full.store(false, Ordering::Release);
        std::mem::take(&mut *self.0.letters.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
