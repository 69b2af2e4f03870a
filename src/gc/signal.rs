//! The safepoint word: how the rest of the world asks the machine to stop for a moment.
//!
//! Loops test `flags`. Calls compare their depth with `fence`, which is the depth limit in the
//! encoding of an info word, and 0 while any flag is up: one comparison serves both.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

#[derive(Debug)]
pub struct Signals {
    flags: AtomicU32,
    /// How often Ctrl-C was pressed since it was last served.
    interrupts: AtomicU32,
    /// How often the main thread was asked for at all.
    total: AtomicU32,
    fence: AtomicU64,
    limit: AtomicU64,
}

impl Signals {
    /// The collector wants to run.
    pub const COLLECT: u32 = 1;
    /// Ctrl-C.
    pub const INTERRUPT: u32 = 2;
    /// Ctrl-\\: somebody wants to know what the tasks do.
    pub const QUIT: u32 = 4;
    /// Another thread of the program has waited long enough.
    pub const SLICE: u32 = 8;
    /// The process ends now: nothing but what is buffered is of interest.
    pub const LAST: u32 = 16;
    /// A signal has come that the program has a handler for.
    pub const HANDLE: u32 = 32;

    pub fn new(limit: u64) -> Signals {
        Signals {
            flags: AtomicU32::new(0),
            interrupts: AtomicU32::new(0),
            total: AtomicU32::new(0),
            fence: limit.into(),
            limit: limit.into(),
        }
    }

    /// Asks for a safepoint. May be called from a signal handler or another thread.
    #[inline]
    pub fn raise(&self, flag: u32) {
        if flag & Signals::INTERRUPT != 0 {
            self.interrupts.fetch_add(1, Ordering::SeqCst);
        }
        if flag & (Signals::INTERRUPT | Signals::HANDLE) != 0 {
            self.total.fetch_add(1, Ordering::SeqCst);
        }
        self.flags.fetch_or(flag, Ordering::SeqCst);
        self.fence.store(0, Ordering::SeqCst);
    }

    /// How often Ctrl-C was pressed since it was last served.
    pub fn interrupts(&self) -> u32 {
        self.interrupts.load(Ordering::SeqCst)
    }

    /// How often a signal came that the main thread has to hear of.
    pub fn all_interrupts(&self) -> u32 {
        self.total.load(Ordering::SeqCst)
    }

    /// Takes flags down once they have been served.
    pub fn lower(&self, flags: u32) {
        if flags & Signals::INTERRUPT != 0 {
            self.interrupts.store(0, Ordering::SeqCst);
        }
        let left = self.flags.fetch_and(!flags, Ordering::SeqCst) & !flags;
        if left == 0 {
            self.fence.store(self.limit.load(Ordering::SeqCst), Ordering::SeqCst);
            // Somebody may have asked in between: then the fence must stay down.
            if self.flags.load(Ordering::SeqCst) != 0 {
                self.fence.store(0, Ordering::SeqCst);
            }
        }
    }

    pub fn set_limit(&self, limit: u64) {
        self.limit.store(limit, Ordering::SeqCst);
        self.lower(0);
    }

    pub fn limit(&self) -> u64 {
        self.limit.load(Ordering::Relaxed)
    }

    #[inline(always)]
    pub fn any(&self) -> bool {
        self.flags.load(Ordering::Relaxed) != 0
    }

    pub fn is_up(&self, flag: u32) -> bool {
        self.flags.load(Ordering::Relaxed) & flag != 0
    }

    #[inline(always)]
    pub fn fence(&self) -> u64 {
        self.fence.load(Ordering::Relaxed)
    }
}
