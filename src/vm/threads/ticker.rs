//! Slices of time: a thread of the system that asks for a safepoint now and then, while there is
//! more than one thread that may want to run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Thread;
use std::time::Duration;

use crate::gc::Signals;

/// How long one runs while others can.
const SLICE: Duration = Duration::from_millis(5);
/// In virtual time a thread is stopped only if it does not give way for much longer: what it is meant
/// to do in one go it does in one go in every run.
const LONG_SLICE: Duration = Duration::from_millis(250);
/// So many slices in a row in which nobody ran, and the ticker rests.
const IDLE: u32 = 20;

struct Shared {
    /// Does a thread of the program run, and are there others?
    needed: AtomicBool,
    resting: AtomicBool,
    ended: AtomicBool,
    slice: Duration,
    signals: Arc<Signals>,
}

pub struct Ticker {
    shared: Arc<Shared>,
    thread: Thread,
}

impl Ticker {
    pub fn start(signals: Arc<Signals>, is_virtual: bool) -> std::io::Result<Ticker> {
        let shared = Arc::new(Shared {
            needed: AtomicBool::new(true),
            resting: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            slice: if is_virtual { LONG_SLICE } else { SLICE },
            signals,
        });
        let own = shared.clone();
        let handle = super::super::system::start_quietly("sloop-ticker", move || tick(&own))?;
        Ok(Ticker { shared, thread: handle.thread().clone() })
    }

    /// Somebody runs from now on whose slice ends, or nobody does.
    pub fn need(&self, on: bool) {
        self.shared.needed.store(on, Ordering::SeqCst);
        if on && self.shared.resting.swap(false, Ordering::SeqCst) {
            self.thread.unpark();
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}

fn tick(shared: &Shared) {
    let mut idle = 0;
    while !shared.ended.load(Ordering::SeqCst) {
        std::thread::sleep(shared.slice);
        if shared.needed.load(Ordering::SeqCst) {
            idle = 0;
            shared.signals.raise(Signals::SLICE);
            continue;
        }
        idle += 1;
        if idle >= IDLE {
            // Said before each look: whoever needs it afterwards sees that it has to be woken.
            shared.resting.store(true, Ordering::SeqCst);
            while !shared.needed.load(Ordering::SeqCst) && !shared.ended.load(Ordering::SeqCst) {
                std::thread::park();
                shared.resting.store(true, Ordering::SeqCst);
            }
            shared.resting.store(false, Ordering::SeqCst);
            idle = 0;
        }
    }
}
