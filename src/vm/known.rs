//! What is known about attributes of objects of a shape: the second chance of an inline cache.
//!
//! A site that meets objects of several shapes misses its own cache; this table, shared by all
//! sites, remembers by (shape, name) where an attribute is, or which method a class has, as long
//! as the epoch stands.

use std::cell::Cell;

use super::Vm;
use crate::gc::Gc;
use crate::value::{Str, Value};

const ENTRIES: usize = 1024;

#[derive(Clone, Copy)]
struct Entry {
    name: usize,
    shape: u32,
    epoch: u32,
    what: Known,
}

const EMPTY: Entry = Entry { name: 0, shape: 0, epoch: 0, what: Known::Nothing };

#[derive(Clone, Copy)]
pub enum Known {
    Nothing,
    /// The attribute is in the object, so many bytes from its start.
    Slot(u32),
    /// The class has this function, and the object nothing of that name.
    Method(Value),
}

pub struct Table(Box<[Cell<Entry>]>);

impl Table {
    pub fn new() -> Table {
        Table(vec![Cell::new(EMPTY); ENTRIES].into())
    }

    /// Names and shapes of before the collection may be others now.
    pub(super) fn clear(&self) {
        self.0.iter().for_each(|entry| entry.set(EMPTY));
    }
}

impl Vm {
    #[inline]
    fn known_cell(&self, shape: u32, name: Gc<Str>) -> &Cell<Entry> {
        let slot = (name.address() >> 4) ^ (shape as usize).wrapping_mul(0x9E37);
        &self.known.0[slot % ENTRIES]
    }

    #[inline]
    pub(super) fn known(&self, shape: u32, name: Gc<Str>) -> Known {
        let entry = self.known_cell(shape, name).get();
        let fresh = entry.epoch == self.space.shapes.epoch.get();
        if fresh && entry.shape == shape && entry.name == name.address() {
            entry.what
        } else {
            Known::Nothing
        }
    }

    pub(super) fn learn(&self, shape: u32, name: Gc<Str>, what: Known) {
        let epoch = self.space.shapes.epoch.get();
        self.known_cell(shape, name).set(Entry { name: name.address(), shape, epoch, what });
    }
}
