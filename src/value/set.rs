//! `set` and `frozenset`.
//!
//! Elements stand in insertion order in a vector; a slot table places them exactly as CPython's
//! does, because programs see that order when they iterate a set of integers. Sets that hold
//! something whose hash is random or an address there (strings, objects) iterate in insertion
//! order here.

use std::cell::{Cell, UnsafeCell};
use std::convert::Infallible;

use super::kind::{Object, Tracer};
use super::table::{KeyEq, Probe};
use super::{Str, Value};
use crate::gc::{Gc, Header};

/// `header.flags` of a frozenset.
pub const FROZEN: u8 = 1;

const EMPTY: u32 = u32::MAX;
const REMOVED: u32 = u32::MAX - 1;
const MIN_SLOTS: usize = 8;
const LINEAR_PROBES: usize = 9;

/// Only the program can say whether two keys are equal.
pub struct Unsure;

#[derive(Clone, Copy)]
pub struct Element {
    pub hash: u64,
    /// UNDEF marks a removed one.
    pub key: Value,
}

/// The hash table of a set.
pub struct Elements {
    elements: Vec<Element>,
    /// The slots while there are no more than these.
    few: [u32; MIN_SLOTS],
    /// The slots of a larger table; else empty.
    many: Vec<u32>,
    /// Slots that are not empty, removed ones included.
    fill: usize,
    /// When so many are, the slots become more.
    most: usize,
    live: usize,
    /// Some element's place says nothing in CPython: iterate in insertion order.
    unordered: bool,
    version: u32,
    /// Where the next `pop` starts to look.
    finger: usize,
}

/// How many slots of so many are taken when they become too few: three fifths, as in CPython.
const fn most_of(slots: usize) -> usize {
    ((slots - 1) * 3).div_ceil(5)
}

impl Default for Elements {
    fn default() -> Elements {
        Elements {
            elements: Vec::new(),
            few: [EMPTY; MIN_SLOTS],
            many: Vec::new(),
            fill: 0,
            most: most_of(MIN_SLOTS),
            live: 0,
            unordered: false,
            version: 0,
            finger: 0,
        }
    }
}

impl Elements {
    #[inline(always)]
    fn slots(&self) -> &[u32] {
        if self.many.is_empty() { &self.few } else { &self.many }
    }

    #[inline(always)]
    fn slots_mut(&mut self) -> &mut [u32] {
        if self.many.is_empty() { &mut self.few } else { &mut self.many }
    }

    /// So many empty slots.
    fn clear_slots(&mut self, size: usize) {
        self.few = [EMPTY; MIN_SLOTS];
        self.many = if size > MIN_SLOTS { vec![EMPTY; size] } else { Vec::new() };
        self.most = most_of(size);
    }

    pub fn len(&self) -> usize {
        self.live
    }

    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    pub fn version(&self) -> u32 {
        self.version
    }

    pub fn bytes(&self) -> usize {
        self.elements.capacity() * size_of::<Element>() + self.many.capacity() * 4
    }

    /// Visits the slots of a hash in CPython's probe order until `visit` has an answer.
    #[inline(always)]
    fn walk<R>(slots: &[u32], hash: u64, mut visit: impl FnMut(usize, u32) -> Option<R>) -> R {
        let mask = slots.len() - 1;
        let mut perturb = hash;
        let mut i = hash as usize & mask;
        loop {
            let run = if i + LINEAR_PROBES <= mask { LINEAR_PROBES } else { 0 };
            for (slot, &place) in (i..).zip(&slots[i..=i + run]) {
                if let Some(answer) = visit(slot, place) {
                    return answer;
                }
            }
            perturb >>= 5;
            i = (i.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb as usize)) & mask;
        }
    }

    /// The first empty slot of a hash.
    #[inline(always)]
    fn empty_slot(slots: &[u32], hash: u64) -> usize {
        let first = hash as usize & (slots.len() - 1);
        if slots[first] == EMPTY {
            return first;
        }
        Self::walk(slots, hash, |slot, place| (place == EMPTY).then_some(slot))
    }

    /// Is the key at a place this one? `text` is what the key is if that is a string; else it is
    /// an inline integer.
    #[inline(always)]
    fn told(
        &self,
        place: u32,
        hash: u64,
        key: Value,
        text: Option<Gc<Str>>,
    ) -> Result<bool, Unsure> {
        let element = &self.elements[place as usize];
        if element.hash != hash {
            return Ok(false);
        }
        if element.key == key {
            return Ok(true);
        }
        match (text, element.key.cast::<Str>()) {
            (Some(a), Some(b)) => Ok(a.equals(&b)),
            (None, Some(_)) => Ok(false),
            _ if element.key.is_int() => Ok(false),
            _ => Err(Unsure),
        }
    }

    /// Finds a key among such as can be told from it without asking: strings and inline integers.
    #[inline(always)]
    pub fn find_plain(&self, hash: u64, key: Value) -> Result<Option<usize>, Unsure> {
        // The first slot answers nearly always.
        let slots = self.slots();
        let place = slots[hash as usize & (slots.len() - 1)];
        if place == EMPTY {
            return Ok(None);
        }
        match self.elements.get(place as usize) {
            Some(element) if element.key == key && element.hash == hash => Ok(Some(place as usize)),
            _ => self.find_further(hash, key),
        }
    }

    fn find_further(&self, hash: u64, key: Value) -> Result<Option<usize>, Unsure> {
        let text = key.cast::<Str>();
        if text.is_none() && !key.is_int() {
            return Err(Unsure);
        }
        Self::walk(self.slots(), hash, |_, place| {
            if place >= REMOVED {
                return (place == EMPTY).then_some(Ok(None));
            }
            match self.told(place, hash, key, text) {
                Ok(false) => None,
                Ok(true) => Some(Ok(Some(place as usize))),
                Err(Unsure) => Some(Err(Unsure)),
            }
        })
    }

    /// Adds a key that `find_plain` can tell: by how many bytes the table has grown, or None if
    /// the key was there.
    #[inline]
    pub fn add_plain(&mut self, hash: u64, key: Value) -> Result<Option<usize>, Unsure> {
        let text = key.cast::<Str>();
        if text.is_none() && !key.is_int() {
            return Err(Unsure);
        }
        let slots = self.slots();
        let first = hash as usize & (slots.len() - 1);
        match slots[first] {
            EMPTY => Ok(Some(self.put(hash, key, text.is_none(), first))),
            place if self.elements.get(place as usize).is_some_and(|e| e.key == key) => Ok(None),
            _ => self.add_further(hash, key, text),
        }
    }

    /// The slot where the walk of a hash begins, if it is empty: then no such key is there.
    #[inline(always)]
    fn first_slot(&self, hash: u64) -> Option<usize> {
        let slots = self.slots();
        let first = hash as usize & (slots.len() - 1);
        (slots[first] == EMPTY).then_some(first)
    }

    /// Adds any key if the first slot of its hash says that it is absent: by how many bytes the
    /// table has grown.
    #[inline]
    pub fn add_first(&mut self, hash: u64, key: Value, ordered: bool) -> Option<usize> {
        let empty = self.first_slot(hash)?;
        Some(self.put(hash, key, ordered, empty))
    }

    #[inline(never)]
    fn add_further(
        &mut self,
        hash: u64,
        key: Value,
        text: Option<Gc<Str>>,
    ) -> Result<Option<usize>, Unsure> {
        let mut removed = None;
        let slot = Self::walk(self.slots(), hash, |slot, place| match place {
            EMPTY => Some(Ok(Some(slot))),
            REMOVED => {
                removed = Some(slot);
                None
            }
            place => match self.told(place, hash, key, text) {
                Ok(false) => None,
                Ok(true) => Some(Ok(None)),
                Err(Unsure) => Some(Err(Unsure)),
            },
        })?;
        Ok(slot.map(|empty| self.put_behind(hash, key, text.is_none(), removed, empty)))
    }

    /// Removes such a key as `find_plain` can tell; whether it was there.
    #[inline]
    pub fn remove_plain(&mut self, hash: u64, key: Value) -> Result<bool, Unsure> {
        let found = self.find_plain(hash, key)?;
        if let Some(place) = found {
            self.remove_at(place);
        }
        Ok(found.is_some())
    }

    /// Of these elements, those that the other table has, or that it has not, in a new table.
    pub fn sifted(&self, other: &Elements, wanted: bool) -> Result<Elements, Unsure> {
        let mut result = Elements::default();
        self.each(|Element { hash, key }| {
            if other.find_plain(hash, key)?.is_some() == wanted {
                result.insert_new(hash, key, key.is_int() || !self.unordered);
            }
            Ok(())
        })?;
        Ok(result)
    }

    /// Does the other table have all of these elements, or none of them if that is wanted?
    pub fn all_in(&self, other: &Elements, wanted: bool) -> Result<bool, Unsure> {
        let answer = self.each(|Element { hash, key }| match other.find_plain(hash, key) {
            Ok(found) if found.is_some() == wanted => Ok(()),
            answer => Err(answer.map(|_| false)),
        });
        answer.map_or_else(|answer| answer, |()| Ok(true))
    }

    /// Visits the elements in the order of iteration, until `visit` fails.
    #[inline(always)]
    fn each<E>(&self, mut visit: impl FnMut(Element) -> Result<(), E>) -> Result<(), E> {
        if self.unordered {
            let live = self.elements.iter().filter(|element| !element.key.is_undef());
            return live.copied().try_for_each(visit);
        }
        Self::each_place(self.slots(), |place| match self.elements.get(place) {
            Some(element) => visit(*element),
            None => Ok(()),
        })
    }

    /// Visits the places that slots name, in their order. Most slots of a table may be empty.
    #[inline(always)]
    fn each_place<E>(
        slots: &[u32],
        mut visit: impl FnMut(usize) -> Result<(), E>,
    ) -> Result<(), E> {
        let (fours, _) = slots.as_chunks::<4>();
        for four in fours {
            if *four == [EMPTY; 4] {
                continue;
            }
            for &place in four {
                if place < REMOVED {
                    visit(place as usize)?;
                }
            }
        }
        Ok(())
    }

    /// Adds elements of another table up to the first that cannot be told: whether there is none,
    /// and by how many bytes this table has grown.
    pub fn add_all_plain(&mut self, other: &Elements) -> (Result<(), Unsure>, usize) {
        let mut grown = 0;
        let done = other.each(|Element { hash, key }| {
            grown += self.add_plain(hash, key)?.unwrap_or(0);
            Ok(())
        });
        (done, grown)
    }

    /// Are all keys such as can be told from each other without asking?
    pub fn is_plain(&self) -> bool {
        self.elements.iter().all(|e| e.key.is_int() || e.key.is::<Str>() || e.key.is_undef())
    }

    /// Takes out what both tables have, and adds what only the other one has; `is_plain` holds
    /// for both. By how many bytes this table has grown.
    pub fn toggle_plain(&mut self, other: &Elements) -> usize {
        let mut grown = 0;
        // What is plain can be told, so that this ends where the other table does.
        let _ = other.each(|Element { hash, key }| {
            if !self.remove_plain(hash, key)? {
                grown += self.add_plain(hash, key)?.unwrap_or(0);
            }
            Ok::<(), Unsure>(())
        });
        grown
    }

    /// As `Table::probe`.
    pub fn probe(&self, hash: u64, from: usize, eq: impl Fn(Value) -> KeyEq) -> (Probe, usize) {
        let mut step = 0;
        let found = Self::walk(self.slots(), hash, |_, place| match place {
            EMPTY => Some(Probe::Absent),
            REMOVED => None,
            place => {
                let element = &self.elements[place as usize];
                if element.hash != hash {
                    return None;
                }
                step += 1;
                if step <= from {
                    return None;
                }
                match eq(element.key) {
                    KeyEq::Yes => Some(Probe::Found(place as usize)),
                    KeyEq::No => None,
                    KeyEq::Unknown => Some(Probe::Ask(place as usize)),
                }
            }
        });
        (found, step)
    }

    /// Adds a key that is known to be absent. `ordered`: its hash is the same everywhere.
    #[inline]
    pub fn insert_new(&mut self, hash: u64, key: Value, ordered: bool) -> usize {
        match self.first_slot(hash) {
            Some(empty) => self.put(hash, key, ordered, empty),
            None => self.insert_further(hash, key, ordered),
        }
    }

    #[inline(never)]
    fn insert_further(&mut self, hash: u64, key: Value, ordered: bool) -> usize {
        let mut removed = None;
        let empty = Self::walk(self.slots(), hash, |slot, place| {
            if place == REMOVED {
                removed = Some(slot);
            }
            (place == EMPTY).then_some(slot)
        });
        self.put_behind(hash, key, ordered, removed, empty)
    }

    /// Adds a key whose walk has ended in an empty slot. CPython takes the last removed slot on
    /// the way, or that.
    fn put_behind(
        &mut self,
        hash: u64,
        key: Value,
        ordered: bool,
        removed: Option<usize>,
        empty: usize,
    ) -> usize {
        let Some(slot) = removed else { return self.put(hash, key, ordered, empty) };
        let (place, grown) = self.push(hash, key, ordered);
        self.slots_mut()[slot] = place;
        grown
    }

    /// Appends an element that its slot is to name: its place, and by how many bytes the table
    /// has grown.
    #[inline(always)]
    fn push(&mut self, hash: u64, key: Value, ordered: bool) -> (u32, usize) {
        self.version = self.version.wrapping_add(1);
        self.unordered |= !ordered;
        self.live += 1;
        let place = self.elements.len() as u32;
        let grown = if self.elements.len() == self.elements.capacity() { self.widen() } else { 0 };
        self.elements.push(Element { hash, key });
        (place, grown)
    }

    #[cold]
    #[inline(never)]
    fn widen(&mut self) -> usize {
        let room = self.elements.capacity();
        self.elements.reserve(1);
        (self.elements.capacity() - room) * size_of::<Element>()
    }

    /// Adds a key in an empty slot.
    #[inline]
    fn put(&mut self, hash: u64, key: Value, ordered: bool, empty: usize) -> usize {
        let (place, grown) = self.push(hash, key, ordered);
        self.slots_mut()[empty] = place;
        self.fill += 1;
        if self.fill >= self.most { grown + self.make_room() } else { grown }
    }

    /// Makes the slots more, as CPython does when three fifths of them are taken.
    #[inline(never)]
    fn make_room(&mut self) -> usize {
        let before = self.bytes();
        self.resize(if self.live > 50_000 { self.live * 2 } else { self.live * 4 });
        self.bytes().saturating_sub(before)
    }

    /// Rebuilds the slots for more than `want` elements, in slot order, as CPython does.
    pub fn resize(&mut self, want: usize) {
        let mut size = MIN_SLOTS;
        while size <= want {
            size <<= 1;
        }
        let few = self.few;
        let many = std::mem::take(&mut self.many);
        self.clear_slots(size);
        let elements = &self.elements;
        let slots = if self.many.is_empty() { &mut self.few[..] } else { &mut self.many };
        let old = if many.is_empty() { &few[..] } else { &many };
        let Ok(()) = Self::each_place::<Infallible>(old, |place| {
            let slot = Self::empty_slot(slots, elements[place].hash);
            slots[slot] = place as u32;
            Ok(())
        });
        self.fill = self.live;
        if self.elements.len() > self.live * 2 + 8 {
            self.compact();
        }
        if size > MIN_SLOTS {
            // As many as there can be before the next time.
            self.elements.reserve_exact((size * 3 / 5).saturating_sub(self.elements.len()));
        }
    }

    fn compact(&mut self) {
        let mut moved = vec![EMPTY; self.elements.len()];
        let mut kept = Vec::with_capacity(self.live);
        for (place, element) in self.elements.iter().enumerate() {
            if !element.key.is_undef() {
                moved[place] = kept.len() as u32;
                kept.push(*element);
            }
        }
        for slot in self.slots_mut() {
            if *slot != EMPTY && *slot != REMOVED {
                *slot = moved[*slot as usize];
            }
        }
        self.elements = kept;
    }

    pub fn remove_at(&mut self, place: usize) -> Value {
        self.version = self.version.wrapping_add(1);
        let Element { hash, key } = self.elements[place];
        let taken =
            Self::walk(self.slots(), hash, |slot, held| (held == place as u32).then_some(slot));
        self.slots_mut()[taken] = REMOVED;
        self.elements[place] = Element { hash: 0, key: Value::UNDEF };
        self.live -= 1;
        key
    }

    /// The element at a place; UNDEF if it was removed.
    pub fn key_at(&self, place: usize) -> Value {
        self.elements[place].key
    }

    /// Bound of `at`.
    pub fn positions(&self) -> usize {
        if self.unordered { self.elements.len() } else { self.slots().len() }
    }

    /// The element at a position of the iteration order, and its place.
    pub fn at(&self, position: usize) -> Option<(usize, Element)> {
        let place = if self.unordered {
            position
        } else {
            match *self.slots().get(position)? {
                EMPTY | REMOVED => return None,
                place => place as usize,
            }
        };
        let element = *self.elements.get(place)?;
        if element.key.is_undef() { None } else { Some((place, element)) }
    }

    /// The next element from a position of the iteration order on, and the position behind it.
    #[inline(always)]
    pub fn next_from(&self, position: usize) -> Option<(usize, Element)> {
        if self.unordered {
            let rest = self.elements.get(position..)?;
            let skip = rest.iter().position(|element| !element.key.is_undef())?;
            return Some((position + skip + 1, rest[skip]));
        }
        let slots = self.slots();
        let mut at = position;
        loop {
            let place = *slots.get(at)?;
            at += 1;
            if place < REMOVED {
                return Some((at, self.elements[place as usize]));
            }
            // Most of a table may be empty.
            while slots.get(at..at + 4) == Some(&[EMPTY; 4]) {
                at += 4;
            }
        }
    }

    /// The elements in the order of iteration.
    pub fn keys(&self) -> Vec<Value> {
        let mut keys = Vec::with_capacity(self.live);
        let Ok(()) = self.each::<Infallible>(|element| {
            keys.push(element.key);
            Ok(())
        });
        keys
    }

    pub fn iter(&self) -> impl Iterator<Item = Element> + '_ {
        let mut position = 0;
        std::iter::from_fn(move || {
            let (next, element) = self.next_from(position)?;
            position = next;
            Some(element)
        })
    }

    pub fn clear(&mut self) {
        let version = self.version.wrapping_add(1);
        *self = Elements { version, ..Elements::default() };
    }

    pub fn unordered(&self) -> bool {
        self.unordered
    }

    /// A copy as `set(other)` makes it in CPython: the slots of the other if they are as many as
    /// a new set of that length has, else filled anew in slot order.
    pub fn copy(&self) -> Elements {
        self.copy_into(&Elements::default())
    }

    /// As `copy`, where a blank table stands that the copy will replace: it may be larger than
    /// needed.
    pub fn copy_into(&self, blank: &Elements) -> Elements {
        let mut copy = Elements { version: blank.version, ..Elements::default() };
        let size = copy.wanted(blank.slots().len(), self.live);
        if self.live > 0 {
            copy.fill_from(self, size);
        } else {
            copy.clear_slots(size);
        }
        copy
    }

    /// How many slots a table of so many has once there is room for `more` elements.
    fn wanted(&self, slots: usize, more: usize) -> usize {
        if more == 0 || (self.fill + more) * 5 < (slots - 1) * 3 {
            return slots;
        }
        let mut size = MIN_SLOTS;
        while size <= (self.live + more) * 2 {
            size <<= 1;
        }
        size
    }

    /// Has nothing been added since the table was made?
    pub fn is_blank(&self) -> bool {
        self.fill == 0
    }

    /// Makes room for so many more, as CPython does in front of a merge.
    pub fn reserve(&mut self, more: usize) -> usize {
        let before = self.bytes();
        let slots = self.slots().len();
        if more > 0 && (self.fill + more) * 5 >= (slots - 1) * 3 {
            self.resize((self.live + more) * 2);
        }
        self.bytes().saturating_sub(before)
    }

    /// Fills a blank table with the elements of another, for which there is room; returns by how
    /// many bytes it grew.
    pub fn take_from(&mut self, other: &Elements) -> usize {
        debug_assert!(self.is_blank());
        let before = self.bytes();
        if other.live > 0 {
            self.fill_from(other, self.slots().len());
        }
        self.bytes().saturating_sub(before)
    }

    fn fill_from(&mut self, other: &Elements, size: usize) {
        self.elements.clear();
        self.version = self.version.wrapping_add(1);
        self.unordered = other.unordered;
        self.live = other.live;
        self.fill = other.live;
        // Where slots say nothing about the order, any number of them will do.
        let same = size == other.slots().len() || other.unordered;
        if same && other.fill == other.live {
            self.elements = other.elements.clone();
            self.few = other.few;
            self.many = other.many.clone();
            self.most = other.most;
            if self.elements.len() > self.live {
                self.compact();
            }
            return;
        }
        self.elements = other.elements.clone();
        self.clear_slots(size);
        let slots = if self.many.is_empty() { &mut self.few[..] } else { &mut self.many };
        let Ok(()) = Self::each_place::<Infallible>(other.slots(), |place| {
            let slot = Self::empty_slot(slots, self.elements[place].hash);
            slots[slot] = place as u32;
            Ok(())
        });
        if self.elements.len() > self.live {
            self.compact();
        }
    }

    /// Rebuilds the table if removed elements hold more than a quarter of it, as CPython does
    /// after a difference.
    pub fn tidy(&mut self) {
        let mask = self.slots().len() - 1;
        if self.fill - self.live > mask / 4 {
            self.resize(if self.live > 50_000 { self.live * 2 } else { self.live * 4 });
        }
    }

    /// Takes the elements of another table; the next `pop` starts where it would have.
    pub fn replace(&mut self, by: Elements) {
        let (version, finger) = (self.version.wrapping_add(1), self.finger);
        *self = Elements { version, finger, ..by };
    }

    /// Removes the next element in the order of `pop`.
    pub fn pop(&mut self) -> Option<Value> {
        if self.live == 0 {
            return None;
        }
        let positions = self.positions();
        let mut position =
            if self.unordered { self.finger } else { self.finger & (self.slots().len() - 1) };
        loop {
            if position >= positions {
                position = 0;
            }
            if let Some((place, _)) = self.at(position) {
                self.finger = position + 1;
                return Some(self.remove_at(place));
            }
            position += 1;
        }
    }
}

#[repr(C)]
pub struct Set {
    pub header: Header,
    elements: UnsafeCell<Elements>,
    /// Cached hash of a frozenset; 0 means not computed.
    pub hash: Cell<u64>,
}

impl Set {
    /// # Safety
    /// `this` is a fresh cell.
    pub unsafe fn init(this: *mut Set, elements: Elements) {
        // SAFETY: by contract.
        unsafe {
            (&raw mut (*this).elements).write(UnsafeCell::new(elements));
            (&raw mut (*this).hash).write(Cell::new(0));
        }
    }

    /// Hands the elements to `edit`, which must not run code of the program.
    pub fn edit<R>(&self, edit: impl FnOnce(&mut Elements) -> R) -> R {
        // SAFETY: one method at a time, single thread.
        edit(unsafe { &mut *self.elements.get() })
    }

    pub fn elements(&self) -> &Elements {
        // SAFETY: as above; callers keep it for a lookup only.
        unsafe { &*self.elements.get() }
    }

    pub fn is_frozen(&self) -> bool {
        self.header.flags & FROZEN != 0
    }

    pub fn len(&self) -> usize {
        self.elements().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Object for Set {
    fn trace(&self, marker: &mut Tracer<'_>) {
        marker.external(self.elements().bytes());
        for element in &self.elements().elements {
            marker.value(element.key);
        }
    }

    const OWNS: bool = true;

    unsafe fn release(this: *mut Set) -> usize {
        // SAFETY: a dead set.
        let elements = unsafe { std::mem::take(&mut *(*this).elements.get()) };
        elements.bytes()
    }
}
