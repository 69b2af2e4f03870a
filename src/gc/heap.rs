//! Blocks, free lists, marking, sweeping.
//!
//! A block is 64 KiB of cells of one size, carved from 8 MiB arenas; larger objects come from
//! the system allocator. Sweeping is lazy: after marking, each size class sweeps its blocks one
//! by one as it needs cells. `mark == colour` means alive; the colour flips at each cycle.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::{Cell, UnsafeCell};
use std::ptr::null_mut;
use std::sync::Arc;

use super::{Header, Signals};

const ARENA: usize = 8 << 20;
const BLOCK: usize = 64 << 10;
/// Cells are handed to a free list in chunks of about this many bytes, so that a fresh block
/// does not touch all its pages for one object.
const CHUNK: usize = 4 << 10;
const UNIT: usize = 16;
/// Largest cell is `(CLASSES - 1) * UNIT` bytes.
const CLASSES: usize = 65;
/// So many places of the grey set are kept from one collection to the next.
const GREY: usize = 64 << 10;
/// A collection is not worth its pause before this much was allocated.
const FLOOR: usize = 8 << 20;

/// How to treat objects of one kind.
pub struct KindInfo {
    pub name: &'static str,
    /// Marks everything the object refers to.
    pub trace: unsafe fn(*mut Header, &mut Marker),
    /// Releases what the object owns outside the heap; returns how many bytes that was.
    pub drop: Option<unsafe fn(*mut Header) -> usize>,
    /// Unless zero: only objects with one of these flags own anything.
    pub drop_flags: u8,
}

struct Block {
    start: *mut u8,
    /// Bytes already carved into cells.
    carved: usize,
    swept: bool,
}

#[derive(Default)]
struct Class {
    blocks: Vec<Block>,
    /// Blocks before this index are swept and wholly carved.
    cursor: usize,
}

struct Large {
    object: *mut Header,
    size: usize,
}

/// What the last collections did, for `gc.get_stats` and benchmarks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stats {
    pub collections: usize,
    pub last_pause_ns: u64,
    pub total_pause_ns: u64,
    /// Objects marked by the last collection.
    pub live_objects: usize,
    pub live_bytes: usize,
}

struct Inner {
    classes: Vec<Class>,
    large: Vec<Large>,
    arena: *mut u8,
    arena_end: *mut u8,
    arenas: Vec<*mut u8>,
    /// Blocks that belong to no class at the moment.
    pool: Vec<*mut u8>,
    /// Room for the grey set, kept from one collection to the next.
    grey: Vec<*mut Header>,
    kinds: &'static [KindInfo],
    stats: Stats,
}

pub struct Heap {
    /// Heads of the free lists by size class; a free cell keeps the next one in its second word.
    free: [Cell<*mut Header>; CLASSES],
    /// Classes of which a cell was given back by `release`.
    released: [Cell<bool>; CLASSES],
    colour: Cell<u8>,
    /// Bytes handed out, plus what objects own outside, since the last collection.
    debt: Cell<usize>,
    threshold: Cell<usize>,
    /// Did the last collection leave more than the program may have?
    full: Cell<bool>,
    /// Where a collection is asked for.
    signals: Arc<Signals>,
    stress: Cell<bool>,
    inner: UnsafeCell<Inner>,
}

/// Live bytes from which on the program's share of memory is watched.
const WATCHED: usize = 64 << 20;

/// What may be live: the rest is for garbage, for storage that moves when it grows, for the stack.
fn budget() -> usize {
    super::budget::total() / 4 * 3
}

/// The grey set of one collection.
pub struct Marker {
    colour: u8,
    grey: Vec<*mut Header>,
    objects: usize,
    bytes: usize,
}

impl Marker {
    /// Marks an object and remembers to trace it.
    ///
    /// # Safety
    /// `object` is the address of a cell of this heap (a freed one is ignored).
    #[inline]
    pub unsafe fn mark(&mut self, object: *mut Header) {
        // SAFETY: cells are never returned to the system while the heap lives.
        unsafe {
            if (*object).mark != self.colour && (*object).kind != 0 {
                (*object).mark = self.colour;
                self.objects += 1;
                self.bytes += (*object).cells as usize * UNIT;
                self.grey.push(object);
            }
        }
    }

    /// Accounts memory that a live object owns outside the heap.
    pub fn external(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    /// Was the object reached in this cycle?
    ///
    /// # Safety
    /// As `mark`.
    pub unsafe fn is_marked(&self, object: *mut Header) -> bool {
        // SAFETY: as above.
        unsafe { (*object).mark == self.colour }
    }
}

impl Heap {
    /// A heap whose objects are described by `kinds`. `signals` is told when the debt passes the
    /// threshold.
    pub fn new(kinds: &'static [KindInfo], signals: Arc<Signals>) -> Heap {
        Heap {
            free: [const { Cell::new(null_mut()) }; CLASSES],
            released: [const { Cell::new(false) }; CLASSES],
            colour: Cell::new(1),
            debt: Cell::new(0),
            threshold: Cell::new(FLOOR),
            full: Cell::new(false),
            signals,
            stress: Cell::new(false),
            inner: UnsafeCell::new(Inner {
                classes: (0..CLASSES).map(|_| Class::default()).collect(),
                large: Vec::new(),
                arena: null_mut(),
                arena_end: null_mut(),
                arenas: Vec::new(),
                pool: Vec::new(),
                grey: Vec::new(),
                kinds,
                stats: Stats::default(),
            }),
        }
    }

    /// Collect at every safepoint from now on (tests).
    pub fn set_stress(&self, on: bool) {
        self.stress.set(on);
        if on {
            self.ask();
        }
    }

    pub fn stress(&self) -> bool {
        self.stress.get()
    }

    pub fn stats(&self) -> Stats {
        // SAFETY: a plain copy; nothing holds a reference into `inner` between calls.
        unsafe { (*self.inner.get()).stats }
    }

    /// Is there no room for more, even after a collection?
    pub fn is_full(&self) -> bool {
        self.full.get()
    }

    #[inline(always)]
    fn ask(&self) {
        self.signals.raise(Signals::COLLECT);
    }

    /// Accounts bytes that an object took outside the heap.
    #[inline]
    pub fn charge(&self, bytes: usize) {
        let debt = self.debt.get() + bytes;
        self.debt.set(debt);
        if debt > self.threshold.get() {
            self.ask();
        }
    }

    /// A new cell of at least `size` bytes with its header set and the rest undefined.
    ///
    /// # Safety
    /// The caller initialises the object before the next safepoint.
    #[inline(always)]
    pub unsafe fn alloc(&self, size: usize, kind: u8, flags: u8, shape: u32) -> *mut Header {
        let class = size.div_ceil(UNIT);
        if class >= CLASSES {
            return self.alloc_large(size, kind, flags, shape);
        }
        let mut cell = self.free[class].get();
        if cell.is_null() {
            cell = self.refill(class);
        }
        // SAFETY: a free cell is at least 16 bytes; its second word is the list link.
        unsafe {
            self.free[class].set(*(cell as *mut *mut Header).add(1));
            *cell = Header { kind, mark: self.colour.get(), cells: class as u8, flags, shape };
        }
        cell
    }

    /// As `alloc`, but null where that would have to look for free cells.
    ///
    /// # Safety
    /// As `alloc`.
    #[inline(always)]
    pub unsafe fn alloc_at_hand(
        &self,
        size: usize,
        kind: u8,
        flags: u8,
        shape: u32,
    ) -> *mut Header {
        let class = size.div_ceil(UNIT);
        if class >= CLASSES {
            return null_mut();
        }
        let cell = self.free[class].get();
        if !cell.is_null() {
            // SAFETY: as in `alloc`.
            unsafe {
                self.free[class].set(*(cell as *mut *mut Header).add(1));
                *cell = Header { kind, mark: self.colour.get(), cells: class as u8, flags, shape };
            }
        }
        cell
    }

    /// Gives a cell back before the collector would. Nothing may refer to it any more, except
    /// dead registers (the marker ignores free cells).
    ///
    /// # Safety
    /// `object` is live, owns nothing outside the heap, and is not large.
    #[inline(always)]
    pub unsafe fn release(&self, object: *mut Header) {
        // SAFETY: by contract.
        unsafe {
            let class = (*object).cells as usize;
            debug_assert!(class != 0);
            self.released[class].set(true);
            (*object).kind = 0;
            if cfg!(debug_assertions) {
                // Poison, as in a sweep under stress.
                std::ptr::write_bytes((object as *mut u8).add(16), 0xA5, class * UNIT - 16);
            }
            // Marked, so that a sweep still to come does not link it a second time.
            (*object).mark = self.colour.get();
            *(object as *mut *mut Header).add(1) = self.free[class].get();
            self.free[class].set(object);
        }
    }

    #[cold]
    #[inline(never)]
    fn alloc_large(&self, size: usize, kind: u8, flags: u8, shape: u32) -> *mut Header {
        let layout = Layout::from_size_align(size, 16).expect("object sizes are checked before");
        // SAFETY: the size is not zero; `inner` is not borrowed elsewhere.
        unsafe {
            let object = alloc(layout) as *mut Header;
            if object.is_null() {
                handle_alloc_error(layout);
            }
            *object = Header { kind, mark: self.colour.get(), cells: 0, flags, shape };
            (*self.inner.get()).large.push(Large { object, size });
            self.charge(size);
            object
        }
    }

    #[cold]
    #[inline(never)]
    fn refill(&self, class: usize) -> *mut Header {
        // SAFETY: single-threaded, and no reference into `inner` lives across this call.
        let inner = unsafe { &mut *self.inner.get() };
        let cell = class * UNIT;
        loop {
            let cursor = inner.classes[class].cursor;
            let Some(block) = inner.classes[class].blocks.get(cursor) else {
                let start = Self::new_block(inner);
                inner.classes[class].blocks.push(Block { start, carved: 0, swept: true });
                break;
            };
            if !block.swept {
                let freed = self.sweep_block(inner, class, cursor);
                if freed > 0 {
                    self.charge(freed);
                    return self.free[class].get();
                }
            }
            if inner.classes[class].blocks[cursor].carved + cell <= BLOCK {
                break;
            }
            inner.classes[class].cursor += 1;
        }
        let cursor = inner.classes[class].cursor;
        let block = &mut inner.classes[class].blocks[cursor];
        let count = ((BLOCK - block.carved) / cell).min((CHUNK / cell).max(1));
        let mut head = null_mut::<Header>();
        for i in (0..count).rev() {
            // SAFETY: `carved + count * cell` is inside the block.
            unsafe {
                let p = block.start.add(block.carved + i * cell) as *mut Header;
                *p = Header { kind: 0, mark: 0, cells: class as u8, flags: 0, shape: 0 };
                *(p as *mut *mut Header).add(1) = head;
                head = p;
            }
        }
        block.carved += count * cell;
        self.charge(count * cell);
        self.free[class].set(head);
        head
    }

    fn new_block(inner: &mut Inner) -> *mut u8 {
        if let Some(block) = inner.pool.pop() {
            return block;
        }
        if inner.arena == inner.arena_end {
            // SAFETY: an anonymous mapping; failure is reported below.
            let arena = unsafe {
                libc::mmap(
                    null_mut(),
                    ARENA,
                    libc::PROT_READ | libc::PROT_WRITE,
                    libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                    -1,
                    0,
                )
            };
            if arena == libc::MAP_FAILED {
                handle_alloc_error(Layout::from_size_align(ARENA, 4096).expect("a constant"));
            }
            if !inner.arenas.is_empty() {
                // A small program should stay small; a second arena means it is not one.
                // SAFETY: the range was just mapped. Failure only costs speed.
                unsafe { libc::madvise(arena, ARENA, libc::MADV_HUGEPAGE) };
            }
            inner.arena = arena.cast();
            // SAFETY: one past the mapping.
            inner.arena_end = unsafe { inner.arena.add(ARENA) };
            inner.arenas.push(inner.arena);
        }
        let block = inner.arena;
        // SAFETY: ARENA is a multiple of BLOCK.
        inner.arena = unsafe { block.add(BLOCK) };
        block
    }

    /// Frees the dead cells of a block onto the free list of its class; returns their bytes.
    fn sweep_block(&self, inner: &mut Inner, class: usize, index: usize) -> usize {
        let cell = class * UNIT;
        let block = &mut inner.classes[class].blocks[index];
        if block.swept {
            return 0;
        }
        block.swept = true;
        let colour = self.colour.get();
        let mut head = self.free[class].get();
        let mut freed = 0;
        for i in (0..block.carved / cell).rev() {
            // SAFETY: carved cells hold a header, live or free.
            unsafe {
                let object = block.start.add(i * cell) as *mut Header;
                if (*object).mark == colour {
                    continue;
                }
                (*object).mark = 0;
                if (*object).kind != 0 {
                    finish(inner.kinds, object);
                    (*object).kind = 0;
                    if self.stress.get() {
                        // Poison: a stale reference then fails at once instead of by chance.
                        std::ptr::write_bytes((object as *mut u8).add(16), 0xA5, cell - 16);
                    }
                }
                *(object as *mut *mut Header).add(1) = head;
                head = object;
                freed += cell;
            }
        }
        self.free[class].set(head);
        freed
    }

    /// Runs a whole collection. `roots` marks every root; `ephemera` runs after tracing and may
    /// look at what survived (weak tables, finalizers) and mark more.
    ///
    /// # Safety
    /// Called at a safepoint only: no Rust local holds an unrooted reference (I2).
    pub unsafe fn collect(
        &self,
        roots: impl FnOnce(&mut Marker),
        ephemera: impl FnOnce(&mut Marker, &dyn Fn(&mut Marker), &dyn Fn(*mut Header, &mut Marker)),
    ) {
        let start = std::time::Instant::now();
        // SAFETY: exclusive by contract.
        let inner = unsafe { &mut *self.inner.get() };
        self.drop_rest(inner);
        let colour = 3 - self.colour.get();
        self.colour.set(colour);
        let mut marker =
            Marker { colour, grey: std::mem::take(&mut inner.grey), objects: 0, bytes: 0 };
        let kinds = inner.kinds;
        let drain = |marker: &mut Marker| {
            while let Some(object) = marker.grey.pop() {
                // SAFETY: the grey set holds live objects of known kinds.
                unsafe { (kinds[(*object).kind as usize].trace)(object, marker) };
            }
        };
        // SAFETY: by contract of who passes the object on.
        let within = |object: *mut Header, marker: &mut Marker| unsafe {
            (kinds[(*object).kind as usize].trace)(object, marker);
        };
        roots(&mut marker);
        drain(&mut marker);
        ephemera(&mut marker, &drain, &within);
        drain(&mut marker);
        inner.grey = std::mem::take(&mut marker.grey);
        inner.grey.shrink_to(GREY);

        for (class, state) in inner.classes.iter_mut().enumerate() {
            self.free[class].set(null_mut());
            state.cursor = 0;
            for block in &mut state.blocks {
                block.swept = false;
            }
        }
        inner.large.retain(|large| {
            // SAFETY: large objects are freed here only.
            unsafe {
                if (*large.object).mark == colour {
                    marker.bytes += large.size;
                    return true;
                }
                finish(kinds, large.object);
                let layout = Layout::from_size_align(large.size, 16).expect("as allocated");
                dealloc(large.object.cast(), layout);
                false
            }
        });
        self.debt.set(0);
        // Where much is live, what comes until the next collection must still find room.
        let room = match marker.bytes > WATCHED {
            true => budget().saturating_sub(marker.bytes),
            false => usize::MAX,
        };
        self.full.set(room == 0);
        self.threshold.set(marker.bytes.min(room).max(FLOOR));
        if self.stress.get() {
            self.finish_sweep(inner);
        }
        let pause = start.elapsed().as_nanos() as u64;
        inner.stats = Stats {
            collections: inner.stats.collections + 1,
            last_pause_ns: pause,
            total_pause_ns: inner.stats.total_pause_ns + pause,
            live_objects: marker.objects,
            live_bytes: marker.bytes,
        };
    }

    /// Visits every object of a kind, dead ones that were not swept yet included.
    pub fn for_each(&self, kind: u8, mut visit: impl FnMut(*mut Header)) {
        // SAFETY: read only, and `visit` does not allocate.
        let inner = unsafe { &*self.inner.get() };
        for (class, state) in inner.classes.iter().enumerate().skip(1) {
            for block in &state.blocks {
                for i in 0..block.carved / (class * UNIT) {
                    // SAFETY: carved cells hold a header.
                    unsafe {
                        let object = block.start.add(i * class * UNIT) as *mut Header;
                        if (*object).kind == kind {
                            visit(object);
                        }
                    }
                }
            }
        }
    }

    /// Drops what the last collection found dead, instead of bit by bit when room is needed.
    pub fn sweep(&self) {
        // SAFETY: single-threaded, and no reference into `inner` lives across this call.
        self.finish_sweep(unsafe { &mut *self.inner.get() });
    }

    /// Drops what the last collection found dead and nobody needed the room of. What has become
    /// empty is free for cells of any size: the next cycles need not walk over it.
    fn drop_rest(&self, inner: &mut Inner) {
        let colour = self.colour.get();
        for class in 1..CLASSES {
            let cell = class * UNIT;
            let state = &mut inner.classes[class];
            for block in state.blocks.iter_mut().skip(state.cursor).filter(|block| !block.swept) {
                let mut live = false;
                for i in 0..block.carved / cell {
                    // SAFETY: carved cells hold a header, live or free.
                    unsafe {
                        let object = block.start.add(i * cell) as *mut Header;
                        if (*object).kind == 0 {
                            (*object).mark = 0;
                            continue;
                        }
                        if (*object).mark == colour {
                            live = true;
                            continue;
                        }
                        finish(inner.kinds, object);
                        (*object).kind = 0;
                        (*object).mark = 0;
                    }
                }
                if !live {
                    block.carved = 0;
                }
            }
            // Nothing of this was linked; what was is empty or swept at the next cycle.
            self.free[class].set(null_mut());
            // A dead register may name a cell given back early, so its block stays as it is cut.
            if !self.released[class].get() {
                inner.pool.extend(state.blocks.extract_if(.., |b| b.carved == 0).map(|b| b.start));
            }
            state.cursor = state.blocks.len();
        }
    }

    fn finish_sweep(&self, inner: &mut Inner) {
        for class in 1..CLASSES {
            for index in inner.classes[class].cursor..inner.classes[class].blocks.len() {
                self.sweep_block(inner, class, index);
            }
        }
    }
}

/// Releases what a dead object owns.
///
/// # Safety
/// The object is of a kind of the table, and dead; called once.
#[inline(always)]
unsafe fn finish(kinds: &[KindInfo], object: *mut Header) {
    // SAFETY: by contract.
    unsafe {
        let info = &kinds[(*object).kind as usize];
        if let Some(drop) = info.drop
            && (info.drop_flags == 0 || (*object).flags & info.drop_flags != 0)
        {
            drop(object);
        }
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        let inner = self.inner.get_mut();
        for class in 1..CLASSES {
            for block in &inner.classes[class].blocks {
                for i in 0..block.carved / (class * UNIT) {
                    // SAFETY: carved cells hold a header; dropped once, the heap is going away.
                    unsafe {
                        let object = block.start.add(i * class * UNIT) as *mut Header;
                        finish(inner.kinds, object);
                    }
                }
            }
        }
        for large in &inner.large {
            // SAFETY: as above, and the layout is the one of the allocation.
            unsafe {
                finish(inner.kinds, large.object);
                let layout = Layout::from_size_align(large.size, 16).expect("as allocated");
                dealloc(large.object.cast(), layout);
            }
        }
        for &arena in &inner.arenas {
            // SAFETY: mapped with this size in `new_block`.
            unsafe { libc::munmap(arena.cast(), ARENA) };
        }
    }
}
