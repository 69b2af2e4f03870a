//! What is kept of freed memory, and the allocator that keeps it.
//!
//! Objects own buffers outside the heap, and a collection frees thousands of them at once, while
//! the program asks for as many of the same sizes right after. Left alone, glibc joins such pieces
//! with their neighbours and parts them again, gives the top of its heap back to the system, and
//! pays for every page of it anew.
//!
//! So the thread that runs the machine keeps some free pieces of every size at hand that is not
//! large. Each is a piece of the system allocator and may be freed by any thread; others keep none.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::ptr::null_mut;

/// Free memory at the top of the heap up to this size is kept.
#[cfg(target_env = "gnu")]
const KEEP: i32 = 64 << 20;

/// Buffers up to this size come from the heap, larger ones are mapped each on its own.
#[cfg(target_env = "gnu")]
const MAPPED: i32 = 2 << 20;

/// Tells the system allocator so, if it is one that takes advice.
pub fn keep_freed() {
    #[cfg(target_env = "gnu")]
    // SAFETY: plain calls; refusal only costs speed.
    unsafe {
        libc::mallopt(libc::M_TRIM_THRESHOLD, KEEP);
        libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED);
    }
}

/// Small sizes are told apart as glibc does it: 24 bytes, then 16 more at a time.
const UNIT: usize = 16;
const FINE: usize = 33;
const LARGEST_FINE: usize = FINE * UNIT - HEADER;
/// Above them each doubling has so many sizes.
const STEPS: usize = 8;
const FIRST_DOUBLING: u32 = 9;
const DOUBLINGS: usize = 6;
const CLASSES: usize = FINE + DOUBLINGS * STEPS;
const LARGEST: usize = (1 << (FIRST_DOUBLING as usize + DOUBLINGS)) + HEADER;
/// What glibc needs of each piece for itself.
const HEADER: usize = 8;
/// So many bytes of each size are kept: about what the objects of one block own, which are freed
/// together.
const KEPT: usize = 512 << 10;

/// A free piece.
struct Piece {
    next: *mut Piece,
}

struct Kept {
    free: [*mut Piece; CLASSES],
    /// How many more may be kept.
    room: [u16; CLASSES],
}

thread_local! {
    static KEPT_HERE: UnsafeCell<Kept> =
        const { UnsafeCell::new(Kept { free: [null_mut(); CLASSES], room: [0; CLASSES] }) };
}

/// This thread keeps free pieces from now on; it lives as long as the process.
pub fn keep_at_hand() {
    with_kept(|kept| {
        for class in 1..CLASSES {
            kept.room[class] = (KEPT / piece_size(class)) as u16;
        }
    });
}

#[inline(always)]
fn with_kept<R>(work: impl FnOnce(&mut Kept) -> R) -> R {
    // SAFETY: the lists are this thread's, and `work` neither allocates nor comes back here.
    KEPT_HERE.with(|kept| work(unsafe { &mut *kept.get() }))
}

#[inline(always)]
fn class_of(size: usize) -> usize {
    if size <= LARGEST_FINE {
        return ((size + HEADER - 1) / UNIT).max(1);
    }
    let last = size - HEADER - 1;
    let doubling = last.ilog2();
    let step = last >> (doubling - STEPS.ilog2()) & (STEPS - 1);
    FINE + (doubling - FIRST_DOUBLING) as usize * STEPS + step
}

#[inline(always)]
fn piece_size(class: usize) -> usize {
    if class < FINE {
        return class * UNIT + HEADER;
    }
    let (doublings, step) = ((class - FINE) / STEPS, (class - FINE) % STEPS);
    let unit = 1 << (FIRST_DOUBLING as usize + doublings - STEPS.ilog2() as usize);
    (STEPS + step + 1) * unit + HEADER
}

#[inline(always)]
fn is_small(layout: Layout) -> bool {
    layout.size() <= LARGEST && layout.align() <= UNIT
}

#[inline(always)]
fn piece(class: usize) -> Layout {
    // SAFETY: a small size and a power of two.
    unsafe { Layout::from_size_align_unchecked(piece_size(class), UNIT) }
}

/// The allocator of the program.
pub struct AtHand;

// SAFETY: every piece is one of the system's, at least as large as asked for and aligned to 16;
// whether its size is small decides alone how it is given back.
unsafe impl GlobalAlloc for AtHand {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: by contract; a kept piece is free and holds a link.
        unsafe {
            if !is_small(layout) {
                return System.alloc(layout);
            }
            let class = class_of(layout.size());
            let kept = with_kept(|kept| {
                let first = kept.free[class];
                if !first.is_null() {
                    kept.free[class] = (*first).next;
                    kept.room[class] += 1;
                }
                first
            });
            if kept.is_null() { System.alloc(piece(class)) } else { kept.cast() }
        }
    }

    #[inline]
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: by contract; the piece is free now, and large enough for a link.
        unsafe {
            if !is_small(layout) {
                return System.dealloc(at, layout);
            }
            let class = class_of(layout.size());
            let is_kept = with_kept(|kept| {
                let has_room = kept.room[class] > 0;
                if has_room {
                    let first: *mut Piece = at.cast();
                    (*first).next = kept.free[class];
                    kept.free[class] = first;
                    kept.room[class] -= 1;
                }
                has_room
            });
            if !is_kept {
                System.dealloc(at, piece(class));
            }
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: by contract.
        unsafe {
            if !is_small(layout) {
                return System.alloc_zeroed(layout);
            }
            let at = self.alloc(layout);
            if !at.is_null() {
                at.write_bytes(0, layout.size());
            }
            at
        }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: by contract; `size` with this alignment is a valid layout.
        unsafe {
            let wanted = Layout::from_size_align_unchecked(size, layout.align());
            match (is_small(layout), is_small(wanted)) {
                (false, false) => return System.realloc(at, layout, size),
                (true, true) if class_of(size) == class_of(layout.size()) => return at,
                _ => {}
            }
            let moved = self.alloc(wanted);
            if !moved.is_null() {
                moved.copy_from_nonoverlapping(at, size.min(layout.size()));
                self.dealloc(at, layout);
            }
            moved
        }
    }
}
