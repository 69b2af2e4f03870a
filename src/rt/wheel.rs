//! Timers: what is due when, and nothing else.
//!
//! Time comes in as an argument; what a timer wakes is a payload. Deadlines are cut into ticks of
//! 2^-10 seconds. Timers of ticks to come hang in lists, 64 to a level, a level per 6 bits of the
//! tick, so arming and cancelling link and unlink. Timers up to the *cursor*, the tick reached,
//! are in `near`, a heap that orders them exactly, first by deadline, then by order of arming.
//! Infinite deadlines hang in a list that nobody visits. What is armed hangs in a list of fresh ones
//! until somebody asks for what is next: most timers of a turn that are cancelled in it, as those
//! of a wait that was over at once, never see a level.
//!
//! The cursor only ever moves to the start of the first list, which then moves down to finer
//! levels, or to a tick before it. Two things follow:
//! - a timer's level depends on its tick and the cursor alone (`home`);
//! - in every list, timers of equal ticks stand in order of arming, and enter `near` in it.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

const TICKS_PER_SECOND: f64 = 1024.0;

/// Bits of the tick that a level tells apart.
const BITS: u32 = 6;
const SLOTS: usize = 1 << BITS;
/// Enough for every tick of 64 bits: nothing is too far away.
const LEVELS: usize = u64::BITS.div_ceil(BITS) as usize;

/// Where an entry is that hangs in no list of a level: the list of infinite deadlines, that of
/// fresh ones, the heap, nowhere.
const NEVER: u16 = (LEVELS * SLOTS) as u16;
const FRESH: u16 = NEVER + 1;
const NEAR: u16 = NEVER + 2;
const FREE: u16 = NEVER + 3;

/// End of a list.
const NONE: u32 = u32::MAX;

/// Entries a search for the earliest deadline may always look at.
const GLANCE: usize = 64;
/// What each change adds to that, so that searching costs no more than the changes did.
const CREDIT: usize = 4;
/// Ticks by which the cursor may run ahead of time without a thought.
const SOON: u64 = 256;

/// Names one arming of one timer; stale ids are recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timer {
    slot: u32,
    generation: u32,
}

impl Timer {
    /// The id as a number, never 0.
    pub fn bits(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.slot)
    }

    /// Where it is kept while it is armed.
    pub fn slot(self) -> u32 {
        self.slot
    }

    pub fn from_bits(bits: u64) -> Timer {
        Timer { slot: bits as u32, generation: (bits >> 32) as u32 }
    }
}

/// Timers with payloads. NaN as a deadline counts as minus infinity; infinity never comes.
pub struct Wheel<T: Copy> {
    entries: Vec<Entry<T>>,
    free: u32,
    armed: usize,
    cursor: u64,
    lists: Box<[List; FRESH as usize + 1]>,
    /// Which lists of a level hold something.
    occupied: [u64; LEVELS],
    /// Which levels hold something.
    levels: u32,
    /// Timers whose tick the cursor has reached, and stale items of cancelled ones.
    near: BinaryHeap<Near>,
    stale: usize,
    /// Counts the timers that entered `near`.
    entered: u64,
    /// The earliest deadline in the levels, if it is known.
    soonest: Option<f64>,
    credit: usize,
}

#[derive(Clone, Copy)]
struct Entry<T> {
    when: f64,
    what: T,
    prev: u32,
    /// The next of the list, or of the free entries.
    next: u32,
    generation: u32,
    /// The list it hangs in (level times 64 plus slot, `NEVER`, `FRESH`), or `NEAR`, `FREE`.
    home: u16,
}

#[derive(Clone, Copy)]
struct List {
    first: u32,
    last: u32,
}

const EMPTY: List = List { first: NONE, last: NONE };

struct Near {
    when: f64,
    order: u64,
    timer: Timer,
}

impl<T: Copy> Default for Wheel<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Copy> Wheel<T> {
    pub fn new() -> Self {
        Wheel {
            entries: Vec::new(),
            free: NONE,
            armed: 0,
            cursor: 0,
            lists: Box::new([EMPTY; FRESH as usize + 1]),
            occupied: [0; LEVELS],
            levels: 0,
            near: BinaryHeap::new(),
            stale: 0,
            entered: 0,
            soonest: None,
            credit: 0,
        }
    }

    /// How many timers are armed.
    pub fn len(&self) -> usize {
        self.armed
    }

    pub fn is_empty(&self) -> bool {
        self.armed == 0
    }

    pub fn arm(&mut self, when: f64, what: T) -> Timer {
        let when = if when.is_nan() { f64::NEG_INFINITY } else { when };
        let slot = self.take_entry(when, what);
        self.armed += 1;
        self.credit += CREDIT;
        self.append(if when == f64::INFINITY { NEVER } else { FRESH }, slot);
        Timer { slot, generation: self.entries[slot as usize].generation }
    }

    /// Disarms the timer and returns its payload, or nothing if it fired or was cancelled.
    pub fn cancel(&mut self, timer: Timer) -> Option<T> {
        let entry = *self.entry(timer)?;
        self.credit += CREDIT;
        self.release(timer.slot);
        if entry.home != NEAR {
            self.unlink(entry);
            return Some(entry.what);
        }
        self.stale += 1;
        if self.stale > GLANCE && self.stale > self.near.len() / 2 {
            let entries = &self.entries;
            self.near.retain(|item| {
                entries[item.timer.slot as usize].generation == item.timer.generation
            });
            self.stale = 0;
        }
        Some(entry.what)
    }

    /// As `cancel`, of a timer that is known to be armed: its slot says it all.
    pub fn cancel_slot(&mut self, slot: u32) -> Option<T> {
        let generation = self.entries.get(slot as usize)?.generation;
        self.cancel(Timer { slot, generation })
    }

    /// Deadline and payload of an armed timer.
    pub fn get(&self, timer: Timer) -> Option<(f64, T)> {
        self.entry(timer).map(|entry| (entry.when, entry.what))
    }

    /// The earliest deadline of all armed timers, exactly.
    pub fn next_time(&mut self) -> Option<f64> {
        if self.armed == 0 {
            return None;
        }
        self.place_fresh();
        loop {
            if let Some(item) = self.nearest() {
                return Some(item.when);
            }
            if self.levels == 0 {
                return Some(f64::INFINITY);
            }
            if self.soonest.is_none() {
                self.soonest = self.search();
            }
            if self.soonest.is_some() {
                return self.soonest;
            }
            let (home, start) = self.first_list();
            self.open(home, start);
        }
    }

    /// Takes the next timer whose deadline is before `until`: the earliest, and of equal ones the
    /// one armed first.
    pub fn pop_due(&mut self, until: f64) -> Option<(Timer, T)> {
        let reached = tick(until);
        if self.armed == 0 {
            // Nothing depends on the cursor now, so it may also go back.
            self.near.clear();
            self.stale = 0;
            self.cursor = reached;
            return None;
        }
        self.place_fresh();
        loop {
            if let Some(item) = self.nearest() {
                if item.when >= until || until.is_nan() {
                    return None;
                }
                let timer = item.timer;
                self.near.pop();
                let what = self.entries[timer.slot as usize].what;
                self.release(timer.slot);
                return Some((timer, what));
            }
            if self.levels == 0 {
                self.cursor = self.cursor.max(reached);
                return None;
            }
            let (home, start) = self.first_list();
            if start > reached {
                self.cursor = self.cursor.max(reached);
                return None;
            }
            self.open(home, start);
        }
    }

    /// Deadlines and payloads of all armed timers, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (f64, T)> {
        self.entries.iter().filter(|e| e.home != FREE).map(|e| (e.when, e.what))
    }

    /// Disarms all timers; what they were, in no particular order.
    pub fn drain(&mut self) -> Vec<(f64, T)> {
        let all = self.iter().collect();
        for slot in 0..self.entries.len() {
            if self.entries[slot].home != FREE {
                self.release(slot as u32);
            }
        }
        self.lists.fill(EMPTY);
        self.occupied.fill(0);
        self.levels = 0;
        self.near.clear();
        self.stale = 0;
        self.soonest = None;
        all
    }
}

/// Entries.
impl<T: Copy> Wheel<T> {
    fn entry(&self, timer: Timer) -> Option<&Entry<T>> {
        let entry = self.entries.get(timer.slot as usize)?;
        (entry.generation == timer.generation && entry.home != FREE).then_some(entry)
    }

    fn take_entry(&mut self, when: f64, what: T) -> u32 {
        if self.free == NONE {
            let slot = u32::try_from(self.entries.len()).ok().filter(|slot| *slot != NONE);
            let slot = slot.expect("fewer timers than u32 counts");
            self.entries.push(Entry {
                when,
                what,
                prev: NONE,
                next: NONE,
                generation: 1,
                home: FREE,
            });
            return slot;
        }
        let slot = self.free;
        let entry = &mut self.entries[slot as usize];
        self.free = entry.next;
        entry.when = when;
        entry.what = what;
        slot
    }

    /// Gives an entry back; ids of it are stale from here on.
    fn release(&mut self, slot: u32) {
        let entry = &mut self.entries[slot as usize];
        entry.generation = entry.generation.wrapping_add(1).max(1);
        entry.home = FREE;
        entry.next = self.free;
        self.free = slot;
        self.armed -= 1;
    }
}

/// Lists and levels.
impl<T: Copy> Wheel<T> {
    /// Puts the fresh entries where they belong, in order of arming.
    #[inline]
    fn place_fresh(&mut self) {
        if self.lists[FRESH as usize].first != NONE {
            self.place_all(FRESH);
        }
    }

    /// Empties a list; its entries go where the cursor says.
    fn place_all(&mut self, home: u16) {
        let mut slot = std::mem::replace(&mut self.lists[home as usize], EMPTY).first;
        while slot != NONE {
            let next = self.entries[slot as usize].next;
            self.place(slot);
            slot = next;
        }
    }

    /// Puts an entry of finite deadline where the cursor says.
    fn place(&mut self, slot: u32) {
        let entry = &mut self.entries[slot as usize];
        let when = entry.when;
        let tick = tick(when);
        if tick <= self.cursor {
            entry.home = NEAR;
            let timer = Timer { slot, generation: entry.generation };
            self.near.push(Near { when, order: self.entered, timer });
            self.entered += 1;
            return;
        }
        if self.levels == 0 || self.soonest.is_some_and(|soonest| when < soonest) {
            self.soonest = Some(when);
        }
        let home = home(tick, self.cursor);
        let (level, bit) = (home as usize / SLOTS, home as usize % SLOTS);
        self.occupied[level] |= 1 << bit;
        self.levels |= 1 << level;
        self.append(home, slot);
    }

    fn append(&mut self, home: u16, slot: u32) {
        let list = &mut self.lists[home as usize];
        let last = list.last;
        list.last = slot;
        if last == NONE {
            list.first = slot;
        } else {
            self.entries[last as usize].next = slot;
        }
        let entry = &mut self.entries[slot as usize];
        entry.prev = last;
        entry.next = NONE;
        entry.home = home;
    }

    fn unlink(&mut self, entry: Entry<T>) {
        let list = &mut self.lists[entry.home as usize];
        if entry.prev == NONE {
            list.first = entry.next;
        } else {
            self.entries[entry.prev as usize].next = entry.next;
        }
        if entry.next == NONE {
            list.last = entry.prev;
        } else {
            self.entries[entry.next as usize].prev = entry.prev;
        }
        if entry.home >= NEVER {
            return;
        }
        if list.first == NONE {
            self.vacate(entry.home);
        }
        if self.soonest == Some(entry.when) {
            self.soonest = None;
        }
    }

    /// Notes that a list of a level has become empty.
    fn vacate(&mut self, home: u16) {
        let (level, bit) = (home as usize / SLOTS, home as usize % SLOTS);
        self.occupied[level] &= !(1 << bit);
        if self.occupied[level] == 0 {
            self.levels &= !(1 << level);
        }
    }

    /// The list of the earliest ticks and the first tick that it may hold. The levels hold
    /// something.
    ///
    /// Ticks of a level agree with the cursor in all digits above it and exceed the cursor's in
    /// its own: lower levels come first, and in a level the lowest slot.
    fn first_list(&self) -> (u16, u64) {
        let level = self.levels.trailing_zeros();
        let slot = self.occupied[level as usize].trailing_zeros();
        let shift = level * BITS;
        let above = self.cursor.checked_shr(shift + BITS).unwrap_or(0);
        let start = (above << BITS | u64::from(slot)) << shift;
        ((level * SLOTS as u32 + slot) as u16, start)
    }

    /// Moves the cursor to the start of the first list and the list's timers to where they are
    /// from there.
    fn open(&mut self, home: u16, start: u64) {
        debug_assert!(start > self.cursor, "the first list lies ahead");
        self.cursor = start;
        self.vacate(home);
        self.soonest = None;
        self.place_all(home);
    }

    /// The earliest deadline of the first list, unless finding it takes more than is affordable.
    ///
    /// Opening the list instead would always do, but timers armed before the cursor go to the
    /// heap: with the cursor an hour ahead, because a hundred timers wait for that, everything
    /// would. A list that begins soon is better opened than looked through first.
    fn search(&mut self) -> Option<f64> {
        let (home, start) = self.first_list();
        self.credit = self.credit.min(CREDIT * self.armed);
        let spent = if start - self.cursor < SOON { 0 } else { self.credit };
        let mut slot = self.lists[home as usize].first;
        let mut soonest = f64::INFINITY;
        for seen in 0..GLANCE + spent {
            if slot == NONE {
                self.credit = self.credit.saturating_sub(seen);
                return Some(soonest);
            }
            let entry = &self.entries[slot as usize];
            soonest = soonest.min(entry.when);
            slot = entry.next;
        }
        self.credit -= spent;
        None
    }

    /// The first live item of the heap.
    fn nearest(&mut self) -> Option<&Near> {
        while self.stale != 0 {
            let timer = self.near.peek()?.timer;
            if self.entries[timer.slot as usize].generation == timer.generation {
                break;
            }
            self.near.pop();
            self.stale -= 1;
        }
        self.near.peek()
    }
}

/// The tick of a deadline: what is not after 0 counts as 0, what is beyond all ticks as the last.
fn tick(when: f64) -> u64 {
    (when * TICKS_PER_SECOND) as u64
}

/// The list for a tick after the cursor: the level of the highest digit in which the two differ.
fn home(tick: u64, cursor: u64) -> u16 {
    let level = (tick ^ cursor).ilog2() / BITS;
    let slot = (tick >> (level * BITS)) as usize % SLOTS;
    (level as usize * SLOTS + slot) as u16
}

/// The earliest is the greatest, because the heap hands out the greatest.
impl Ord for Near {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_time = other.when.partial_cmp(&self.when).unwrap_or(Ordering::Equal);
        by_time.then(other.order.cmp(&self.order))
    }
}

impl PartialOrd for Near {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Near {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Near {}

#[cfg(test)]
mod tests;
