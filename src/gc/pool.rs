//! The allocator under everything that objects own: vectors, tables, big numbers.
//!
//! A collection frees thousands of such pieces at once, and the program asks for as many of the
//! same sizes right after. Free lists by size answer both in a few instructions, where an
//! allocator for all programs would join neighbours and part them again. What a list holds stays
//! with the process; pieces beyond `LARGEST` are the system's.
//!
//! Lists belong to the thread that runs the machine (`own`). Any other thread allocates from the
//! system by the same sizes and frees into lists that the machine adopts when it runs short, so
//! that a piece may be freed anywhere.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::ptr::null_mut;
use std::sync::Mutex;

const UNIT: usize = 16;
/// Every size keeps what its busiest hour has left, so there are few of them.
const LARGEST: usize = 512;
const CLASSES: usize = LARGEST / UNIT + 1;
/// Pieces are cut from chunks of this size.
const CHUNK: usize = 32 << 10;

/// A free piece.
struct Piece {
    next: *mut Piece,
}

struct Lists {
    free: [*mut Piece; CLASSES],
    /// What is not cut yet of the last chunk of a class.
    rest: [(*mut u8, usize); CLASSES],
    owned: bool,
}

thread_local! {
    static LISTS: UnsafeCell<Lists> = const {
        UnsafeCell::new(Lists {
            free: [null_mut(); CLASSES],
            rest: [(null_mut(), 0); CLASSES],
            owned: false,
        })
    };
}

struct Orphans([*mut Piece; CLASSES]);

// SAFETY: free pieces belong to whoever takes them off the list.
unsafe impl Send for Orphans {}

/// What threads without lists have freed.
static ORPHANS: Mutex<Orphans> = Mutex::new(Orphans([null_mut(); CLASSES]));

/// This thread keeps lists from now on; it lives as long as the process.
pub fn own() {
    with(|lists| lists.owned = true);
}

#[inline(always)]
fn with<R>(work: impl FnOnce(&mut Lists) -> R) -> R {
    // SAFETY: the lists are this thread's, and `work` neither allocates nor comes back here.
    LISTS.with(|lists| work(unsafe { &mut *lists.get() }))
}

#[inline(always)]
fn class_of(size: usize) -> usize {
    size.div_ceil(UNIT)
}

#[inline(always)]
fn is_pooled(layout: Layout) -> bool {
    layout.size() <= LARGEST && layout.align() <= UNIT
}

#[cold]
#[inline(never)]
fn refill(class: usize) -> *mut u8 {
    let size = class * UNIT;
    let system = |size: usize| {
        let layout = Layout::from_size_align(size, UNIT).expect("a size of ours");
        // SAFETY: the size is not zero.
        unsafe { System.alloc(layout) }
    };
    if !with(|lists| lists.owned) {
        return system(size);
    }
    let adopted = ORPHANS
        .lock()
        .map_or(null_mut(), |mut orphans| std::mem::replace(&mut orphans.0[class], null_mut()));
    if !adopted.is_null() {
        // SAFETY: a free piece of this class.
        with(|lists| lists.free[class] = unsafe { (*adopted).next });
        return adopted.cast();
    }
    let (start, left) = with(|lists| lists.rest[class]);
    let (start, left) = if left >= size { (start, left) } else { (system(CHUNK), CHUNK) };
    if start.is_null() {
        return start;
    }
    // SAFETY: inside the chunk.
    with(|lists| lists.rest[class] = (unsafe { start.add(size) }, left - size));
    start
}

#[cold]
#[inline(never)]
fn abandon(piece: *mut Piece, class: usize) {
    if let Ok(mut orphans) = ORPHANS.lock() {
        // SAFETY: the piece is free, and large enough for a link.
        unsafe { (*piece).next = orphans.0[class] };
        orphans.0[class] = piece;
    }
}

/// See the head of the file.
pub struct Pool;

// SAFETY: pieces are at least as large as asked for, aligned to 16, and handed out once.
unsafe impl GlobalAlloc for Pool {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !is_pooled(layout) {
            // SAFETY: by contract.
            return unsafe { System.alloc(layout) };
        }
        let class = class_of(layout.size());
        let piece = with(|lists| {
            let piece = lists.free[class];
            if !piece.is_null() {
                // SAFETY: a piece of the list is free and holds a link.
                lists.free[class] = unsafe { (*piece).next };
            }
            piece
        });
        if piece.is_null() { refill(class) } else { piece.cast() }
    }

    #[inline]
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        if !is_pooled(layout) {
            // SAFETY: by contract; such a piece is from the system.
            return unsafe { System.dealloc(at, layout) };
        }
        let class = class_of(layout.size());
        let piece: *mut Piece = at.cast();
        let kept = with(|lists| {
            if lists.owned {
                // SAFETY: the piece is free now, and large enough for a link.
                unsafe { (*piece).next = lists.free[class] };
                lists.free[class] = piece;
            }
            lists.owned
        });
        if !kept {
            abandon(piece, class);
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: by contract.
        unsafe {
            if !is_pooled(layout) {
                return System.alloc_zeroed(layout);
            }
            let at = self.alloc(layout);
            if !at.is_null() {
                std::ptr::write_bytes(at, 0, layout.size());
            }
            at
        }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: by contract; `size` with this alignment is a valid layout.
        unsafe {
            let wanted = Layout::from_size_align_unchecked(size, layout.align());
            match (is_pooled(layout), is_pooled(wanted)) {
                (false, false) => return System.realloc(at, layout, size),
                (true, true) if class_of(size) == class_of(layout.size()) => return at,
                _ => {}
            }
            let moved = self.alloc(wanted);
            if !moved.is_null() {
                std::ptr::copy_nonoverlapping(at, moved, size.min(layout.size()));
                self.dealloc(at, layout);
            }
            moved
        }
    }
}

// Sanitizers want to see every piece themselves.
#[cfg(not(feature = "loop-dispatch"))]
#[global_allocator]
static POOL: Pool = Pool;
