//! The insertion-ordered hash table under dicts and namespaces.
//!
//! Entries stand in a vector in insertion order; an index of `u32` (absent while there are at
//! most eight entries) maps hashes to them by linear probing. A removed entry leaves a tombstone
//! among the entries, none in the index. The table never runs code of the program: a probe that
//! meets a key whose equality only the program can decide hands it back as `Probe::Ask`, and the
//! caller (`vm/probe.rs`) asks, notices by `version` whether the table changed meanwhile, and
//! goes on.

use std::cell::Cell;

use super::str::Str;
use super::{BigInt, Tuple, Value};
use crate::gc::Gc;

#[derive(Clone, Copy)]
pub struct Entry {
    pub hash: u64,
    /// UNDEF marks a removed entry.
    pub key: Value,
    pub value: Value,
}

const EMPTY: u32 = u32::MAX;
/// Up to here the entries are searched one by one.
const LINEAR: usize = 8;

pub struct Table {
    entries: Vec<Entry>,
    /// Length is zero or a power of two.
    index: Vec<u32>,
    live: usize,
    /// Counts changes of the set of keys.
    version: u32,
    /// There was a key that `may_equal_text`.
    foreign: bool,
    /// The string that was last found equal to a key, and where: counting and caching ask for
    /// the same object two or three times in a row. Forgotten at every collection, so that it
    /// never names a dead string, and when entries move.
    recent: Cell<Value>,
    recent_place: Cell<u32>,
    /// No live entry stands before this place: what is emptied from the front is not walked over
    /// again and again.
    head: u32,
}

/// What a probe step found.
pub enum Probe {
    Found(usize),
    Absent,
    /// The entry has the same hash; the program must say whether it is the key.
    Ask(usize),
}

/// Can the two keys be told apart without the program, and are they equal?
pub enum KeyEq {
    Yes,
    No,
    Unknown,
}

/// The slot where a hash belongs. Eight hashes in a row keep together, so that consecutive
/// integers share cache lines; where the eights go is mixed well.
#[inline(always)]
fn spread(hash: u64, bits: u32) -> usize {
    let mixed = (hash >> 3).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - bits);
    (mixed & !7 | hash & 7) as usize
}

/// Is a key of equal hash the same text? Out of line: it keeps the probes that inline it small.
#[inline(never)]
fn same_text(key: Value, text: Gc<Str>) -> bool {
    key.cast::<Str>().is_some_and(|other| other.equals(&text))
}

/// Is `other` a string (`text`) or an inline integer, whose hash it has? None if `other` must be
/// asked.
#[inline(always)]
fn told(other: Value, key: Value, text: Option<Gc<Str>>) -> Option<bool> {
    if other == key {
        return Some(true);
    }
    match text {
        Some(text) => Some(same_text(other, text)),
        None => other.is_int().then_some(false),
    }
}

/// May a key that is no string equal one? Only the program's objects can; the built-in types that
/// are common as keys are known not to.
#[inline(always)]
fn may_equal_text(key: Value) -> bool {
    key.is_object() && !key.is::<Str>() && !key.is::<Tuple>() && !key.is::<BigInt>()
}

impl Default for Table {
    fn default() -> Table {
        Table {
            entries: Vec::new(),
            index: Vec::new(),
            live: 0,
            version: 0,
            foreign: false,
            recent: Cell::new(Value::UNDEF),
            recent_place: Cell::new(0),
            head: 0,
        }
    }
}

impl Table {
    pub fn with_capacity(capacity: usize) -> Table {
        let mut table = Table { entries: Vec::with_capacity(capacity), ..Table::default() };
        if capacity > LINEAR {
            table.index = vec![EMPTY; (capacity * 3 / 2).next_power_of_two()];
        }
        table
    }

    #[inline(always)]
    pub fn len(&self) -> usize {
        self.live
    }

    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    pub fn version(&self) -> u32 {
        self.version
    }

    /// The place before which there is no entry.
    #[inline(always)]
    pub fn head(&self) -> usize {
        self.head as usize
    }

    /// Number of entry places, tombstones included: the bound of `entry_at`.
    #[inline(always)]
    pub fn places(&self) -> usize {
        self.entries.len()
    }

    #[inline(always)]
    pub fn entry_at(&self, place: usize) -> Option<Entry> {
        let entry = *self.entries.get(place)?;
        if entry.key.is_undef() { None } else { Some(entry) }
    }

    #[inline(always)]
    pub fn value_at(&self, place: usize) -> Value {
        self.entries[place].value
    }

    #[inline(always)]
    pub fn set_value_at(&mut self, place: usize, value: Value) {
        self.entries[place].value = value;
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Entry> + '_ {
        self.entries.iter().copied().filter(|e| !e.key.is_undef())
    }

    /// What `pick` makes of each entry.
    #[inline]
    pub fn collect(&self, pick: impl FnMut(Entry) -> Value) -> Vec<Value> {
        if self.live == self.entries.len() {
            return self.entries.iter().copied().map(pick).collect();
        }
        let mut picked = Vec::with_capacity(self.live);
        picked.extend(self.iter().map(pick));
        picked
    }

    pub fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>() + self.index.capacity() * 4
    }

    #[inline(always)]
    fn bits(&self) -> u32 {
        self.index.len().trailing_zeros()
    }

    /// Finds a key whose equality the table can decide with `same`.
    #[inline(always)]
    fn find_by(&self, hash: u64, same: impl Fn(&Entry) -> bool) -> Option<usize> {
        if self.index.is_empty() {
            return self.entries.iter().position(|e| e.hash == hash && same(e));
        }
        let mask = self.index.len() - 1;
        let mut slot = spread(hash, self.bits());
        loop {
            let place = self.index[slot];
            if place == EMPTY {
                return None;
            }
            let entry = &self.entries[place as usize];
            if entry.hash == hash && same(entry) {
                return Some(place as usize);
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Finds a key that is this string. What else may equal a string is found by `probe` only;
    /// see `has_foreign_keys`.
    #[inline(always)]
    pub fn find_str(&self, hash: u64, key: Gc<Str>) -> Option<usize> {
        let bits = Value::object(key);
        if self.recent.get() == bits {
            return Some(self.recent_place.get() as usize);
        }
        let place = self.find_by(hash, |e| e.key == bits || same_text(e.key, key))?;
        self.recent.set(bits);
        self.recent_place.set(place as u32);
        Some(place)
    }

    pub fn forget_recent(&self) {
        self.recent.set(Value::UNDEF);
    }

    /// May a key be an object of the program's, which may equal a string without being one?
    #[inline(always)]
    pub fn has_foreign_keys(&self) -> bool {
        self.foreign
    }

    /// Finds a key that equals only its own bits (inline integers among such, None, …).
    #[inline(always)]
    pub fn find_bits(&self, hash: u64, key: Value) -> Option<usize> {
        self.find_by(hash, |e| e.key == key)
    }

    /// Looks for a key from the `from`-th step of its probe sequence on; steps count entries of
    /// equal hash, so that a caller can resume after `Probe::Ask`.
    pub fn probe(&self, hash: u64, from: usize, eq: impl Fn(Value) -> KeyEq) -> (Probe, usize) {
        let mut step = 0;
        let mut judge = |place: usize| -> Option<Probe> {
            let entry = &self.entries[place];
            if entry.hash != hash || entry.key.is_undef() {
                return None;
            }
            step += 1;
            if step <= from {
                return None;
            }
            match eq(entry.key) {
                KeyEq::Yes => Some(Probe::Found(place)),
                KeyEq::No => None,
                KeyEq::Unknown => Some(Probe::Ask(place)),
            }
        };
        if self.index.is_empty() {
            for place in 0..self.entries.len() {
                if let Some(found) = judge(place) {
                    return (found, step);
                }
            }
            return (Probe::Absent, step);
        }
        let mask = self.index.len() - 1;
        let mut slot = spread(hash, self.bits());
        loop {
            match self.index[slot] {
                EMPTY => return (Probe::Absent, step),
                place => {
                    if let Some(found) = judge(place as usize) {
                        return (found, step);
                    }
                }
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Sets the value of a string (`text`, where no key is foreign) or an inline integer: by how
    /// many bytes the table grew. None if a key of the same hash must be compared with it.
    #[inline]
    pub fn put_plain(
        &mut self,
        hash: u64,
        key: Value,
        text: Option<Gc<Str>>,
        value: Value,
    ) -> Option<usize> {
        if text.is_some() && self.recent.get() == key {
            self.entries[self.recent_place.get() as usize].value = value;
            return Some(0);
        }
        if self.index.is_empty() {
            return match self.find_told(hash, key, text)? {
                Some(place) => {
                    self.entries[place].value = value;
                    Some(0)
                }
                None => Some(self.insert_new(hash, key, value)),
            };
        }
        let mask = self.index.len() - 1;
        let mut slot = spread(hash, self.bits());
        loop {
            let place = self.index[slot];
            if place == EMPTY {
                break;
            }
            let entry = &mut self.entries[place as usize];
            if entry.hash == hash && told(entry.key, key, text)? {
                entry.value = value;
                return Some(0);
            }
            slot = (slot + 1) & mask;
        }
        let len = self.entries.len();
        if len * 3 >= self.index.len() * 2 || len == self.entries.capacity() {
            return Some(self.insert_new(hash, key, value));
        }
        self.version = self.version.wrapping_add(1);
        self.index[slot] = len as u32;
        self.entries.push(Entry { hash, key, value });
        self.live += 1;
        Some(0)
    }

    /// Where such a key is as `put_plain` takes; None if it must be compared with another.
    fn find_told(&self, hash: u64, key: Value, text: Option<Gc<Str>>) -> Option<Option<usize>> {
        for (place, entry) in self.entries.iter().enumerate() {
            if entry.hash == hash && !entry.key.is_undef() && told(entry.key, key, text)? {
                return Some(Some(place));
            }
        }
        Some(None)
    }

    /// Removes a string (where no key is foreign) or an inline integer: its value, or UNDEF if it
    /// was absent. None if a key of the same hash must be compared with it.
    #[inline]
    pub fn take_plain(&mut self, hash: u64, key: Value, text: Option<Gc<Str>>) -> Option<Value> {
        if self.index.is_empty() {
            let place = self.find_told(hash, key, text)?;
            return Some(place.map_or(Value::UNDEF, |place| self.remove_at(place)));
        }
        let mask = self.index.len() - 1;
        let mut slot = spread(hash, self.bits());
        loop {
            let place = self.index[slot];
            if place == EMPTY {
                return Some(Value::UNDEF);
            }
            let entry = &self.entries[place as usize];
            if entry.hash == hash && told(entry.key, key, text)? {
                self.free_slot(slot);
                return Some(self.remove_entry(place as usize));
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Makes room for so many more entries, if they are more than there is room for at all.
    pub fn reserve(&mut self, more: usize) -> usize {
        let room = if self.index.is_empty() { LINEAR } else { self.index.len() * 2 / 3 };
        if more <= room {
            return 0;
        }
        let before = self.bytes();
        self.forget_recent();
        self.entries.reserve(more);
        self.rebuild_index(self.entries.len() + more);
        self.bytes().saturating_sub(before)
    }

    /// Appends a key that is known to be absent; returns by how many bytes the table grew.
    pub fn insert_new(&mut self, hash: u64, key: Value, value: Value) -> usize {
        self.version = self.version.wrapping_add(1);
        self.foreign |= may_equal_text(key);
        let full = if self.index.is_empty() {
            self.entries.len() >= LINEAR
        } else {
            self.entries.len() * 3 >= self.index.len() * 2
        };
        let before = self.bytes();
        if full {
            self.rebuild();
        }
        let grows = full || self.entries.len() == self.entries.capacity();
        let place = self.entries.len();
        self.entries.push(Entry { hash, key, value });
        self.live += 1;
        if !self.index.is_empty() {
            self.link(hash, place as u32);
        }
        if grows { self.bytes().saturating_sub(before) } else { 0 }
    }

    fn link(&mut self, hash: u64, place: u32) {
        let mask = self.index.len() - 1;
        let mut slot = spread(hash, self.bits());
        while self.index[slot] != EMPTY {
            slot = (slot + 1) & mask;
        }
        self.index[slot] = place;
    }

    /// Drops tombstones and makes room for as many entries again.
    fn rebuild(&mut self) {
        self.forget_recent();
        self.head = 0;
        if self.live < self.entries.len() {
            self.entries.retain(|e| !e.key.is_undef());
        }
        if self.live < LINEAR {
            self.index = Vec::new();
            return;
        }
        self.rebuild_index(self.entries.len() * 2 + 2);
    }

    /// An index for so many entries.
    fn rebuild_index(&mut self, room: usize) {
        let size = (room * 3 / 2).next_power_of_two().max(16);
        self.index.clear();
        self.index.resize(size, EMPTY);
        for place in self.head()..self.entries.len() {
            let entry = self.entries[place];
            if !entry.key.is_undef() {
                self.link(entry.hash, place as u32);
            }
        }
    }

    /// Moves an entry behind all others, or in front of them.
    pub fn move_to_end(&mut self, place: usize, last: bool) {
        let entry = self.entries[place];
        if last {
            if self.entries[place + 1..].iter().any(|e| !e.key.is_undef()) {
                self.remove_at(place);
                self.insert_new(entry.hash, entry.key, entry.value);
            }
            return;
        }
        if place == self.head() {
            return;
        }
        if self.index.is_empty() {
            self.version = self.version.wrapping_add(1);
            self.forget_recent();
            self.entries[self.head as usize..=place].rotate_right(1);
            return;
        }
        self.remove_at(place);
        if self.head == 0 {
            // Room in front for as many entries as there are.
            let gap = self.live.max(LINEAR);
            let none = Entry { hash: 0, key: Value::UNDEF, value: Value::UNDEF };
            self.entries.retain(|e| !e.key.is_undef());
            self.entries.splice(0..0, std::iter::repeat_n(none, gap));
            self.head = gap as u32;
            self.rebuild_index(self.entries.len() * 2 + 2);
        }
        self.head -= 1;
        self.entries[self.head as usize] = entry;
        self.live += 1;
        self.link(entry.hash, self.head);
    }

    pub fn remove_at(&mut self, place: usize) -> Value {
        if !self.index.is_empty() {
            let mask = self.index.len() - 1;
            let mut slot = spread(self.entries[place].hash, self.bits());
            while self.index[slot] != place as u32 {
                slot = (slot + 1) & mask;
            }
            self.free_slot(slot);
        }
        self.remove_entry(place)
    }

    /// Removes an entry that the index does not name any more.
    fn remove_entry(&mut self, place: usize) -> Value {
        self.version = self.version.wrapping_add(1);
        self.forget_recent();
        let entry = self.entries[place];
        self.live -= 1;
        self.entries[place] = Entry { hash: 0, key: Value::UNDEF, value: Value::UNDEF };
        // One tombstone at the end and no more: `popitem` must not walk over them again and again,
        // but a key that takes the place of the last is one that iterators have not seen.
        while let [.., before, last] = &self.entries[..]
            && before.key.is_undef()
            && last.key.is_undef()
        {
            self.entries.pop();
        }
        if place == self.head() {
            let rest = self.entries.get(place..).unwrap_or_default();
            let gone = rest.iter().take_while(|e| e.key.is_undef()).count();
            // The end may have come nearer than that.
            self.head = (place + gone).min(self.entries.len()) as u32;
        }
        entry.value
    }

    /// Empties a slot of the index; what was displaced by it moves up.
    fn free_slot(&mut self, mut hole: usize) {
        let (mask, bits) = (self.index.len() - 1, self.bits());
        let mut slot = hole;
        loop {
            slot = (slot + 1) & mask;
            let moved = self.index[slot];
            if moved == EMPTY {
                break;
            }
            let home = spread(self.entries[moved as usize].hash, bits);
            // May it stand in the hole? Only if its home is not between there and here.
            if slot.wrapping_sub(home) & mask >= slot.wrapping_sub(hole) & mask {
                self.index[hole] = moved;
                hole = slot;
            }
        }
        self.index[hole] = EMPTY;
    }

    /// Place of the last entry.
    pub fn last(&self) -> Option<usize> {
        self.entries.iter().rposition(|e| !e.key.is_undef())
    }

    pub fn clear(&mut self) {
        let version = self.version.wrapping_add(1);
        *self = Table { version, ..Table::default() };
    }

    /// Takes the entries of another table in the place of its own.
    pub fn replace(&mut self, by: Table) {
        let version = self.version.wrapping_add(1);
        *self = Table { version, ..by };
    }

    /// A copy without tombstones, with room for some `more` entries.
    pub fn copy(&self, more: usize) -> Table {
        if self.live == self.entries.len() {
            let mut entries = Vec::with_capacity(self.live + more);
            entries.extend_from_slice(&self.entries);
            return Table {
                entries,
                index: self.index.clone(),
                live: self.live,
                version: 0,
                foreign: self.foreign,
                ..Table::default()
            };
        }
        let mut table = Table::with_capacity(self.live + more);
        for entry in self.iter() {
            table.insert_new(entry.hash, entry.key, entry.value);
        }
        table
    }
}
