//! The set of interned strings. It does not keep them alive: the collector forgets those that
//! nobody else refers to.

use super::kind::Tracer;
use super::{Str, Value};
use crate::gc::Gc;

#[derive(Default)]
pub struct Interned {
    /// Length is zero or a power of two; at most half are taken.
    slots: Vec<Option<Gc<Str>>>,
    len: usize,
}

impl Interned {
    pub fn find(&self, hash: u64, bytes: &[u8]) -> Option<Gc<Str>> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut slot = hash as usize & mask;
        while let Some(text) = self.slots[slot] {
            if text.cached_hash() == hash && text.as_bytes() == bytes {
                return Some(text);
            }
            slot = (slot + 1) & mask;
        }
        None
    }

    /// Adds a string that is not there; its hash is known to it.
    pub fn add(&mut self, text: Gc<Str>) {
        if (self.len + 1) * 2 > self.slots.len() {
            let larger = (self.slots.len() * 2).max(4096);
            let old = std::mem::replace(&mut self.slots, vec![None; larger]);
            old.into_iter().flatten().for_each(|text| self.place(text));
        }
        self.len += 1;
        self.place(text);
    }

    fn place(&mut self, text: Gc<Str>) {
        let mask = self.slots.len() - 1;
        let mut slot = text.cached_hash() as usize & mask;
        while self.slots[slot].is_some() {
            slot = (slot + 1) & mask;
        }
        self.slots[slot] = Some(text);
    }

    /// Forgets the strings that were not reached.
    pub fn clear(&mut self, tracer: &Tracer<'_>) {
        let all: Vec<Gc<Str>> = self.slots.iter().copied().flatten().collect();
        let lives = |text: &&Gc<Str>| tracer.is_marked(Value::object(**text));
        if all.iter().filter(lives).count() == all.len() {
            return;
        }
        self.slots.fill(None);
        self.len = 0;
        for text in all.iter().filter(lives) {
            self.len += 1;
            self.place(*text);
        }
    }
}
