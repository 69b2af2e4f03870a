//! `dict`, and the namespaces of modules, which are dicts whose values are cells.
//!
//! In a namespace every entry holds a `Cell` for ever, so that code can keep its address; an
//! unbound name is a cell that holds UNDEF. `places`, `get` and friends see through that: only
//! `cell` knows.

use std::cell::{Cell as RustCell, UnsafeCell};

use super::func::Cell;
use super::kind::{Object, Tracer};
use super::table::{Entry, Table};
use super::{Space, T, Value};
use crate::gc::{Gc, Header};

/// `header.flags` of a namespace.
pub const NAMESPACE: u8 = 1;

#[repr(C)]
pub struct Dict {
    pub header: Header,
    table: UnsafeCell<Table>,
    /// Unbound entries of a namespace.
    hidden: RustCell<usize>,
}

impl Dict {
    /// # Safety
    /// `this` is a fresh cell.
    pub unsafe fn init(this: *mut Dict, table: Table) {
        // SAFETY: by contract.
        unsafe {
            (&raw mut (*this).table).write(UnsafeCell::new(table));
            (&raw mut (*this).hidden).write(RustCell::new(0));
        }
    }

    /// Hands the table to `edit`, which must not run code of the program.
    #[inline(always)]
    pub fn edit<R>(&self, edit: impl FnOnce(&mut Table) -> R) -> R {
        // SAFETY: one method at a time, single thread.
        edit(unsafe { &mut *self.table.get() })
    }

    #[inline(always)]
    pub fn table(&self) -> &Table {
        // SAFETY: as above; callers keep it for a lookup only.
        unsafe { &*self.table.get() }
    }

    /// Moves the values into cells, so that code can run with this dict as its globals.
    pub fn become_namespace(&self, space: &Space) {
        if self.is_namespace() {
            return;
        }
        self.edit(|table| {
            for place in 0..table.places() {
                if table.entry_at(place).is_some() {
                    let cell = space.cell(table.value_at(place));
                    table.set_value_at(place, Value::object(cell));
                }
            }
        });
        let this = (&raw const *self).cast_mut();
        // SAFETY: a live object; flags are a plain field, and no one reads them meanwhile.
        unsafe { (*this).header.flags |= NAMESPACE };
    }

    #[inline(always)]
    pub fn is_namespace(&self) -> bool {
        self.header.flags & NAMESPACE != 0
    }

    pub fn len(&self) -> usize {
        self.table().len() - self.hidden.get()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The live entry at a place, cells seen through.
    #[inline]
    pub fn entry_at(&self, place: usize) -> Option<Entry> {
        let mut entry = self.table().entry_at(place)?;
        if self.is_namespace() {
            entry.value = cell_of(entry.value).value.get();
            if entry.value.is_undef() {
                return None;
            }
        }
        Some(entry)
    }

    #[inline]
    pub fn value_at(&self, place: usize) -> Value {
        let value = self.table().value_at(place);
        if self.is_namespace() { cell_of(value).value.get() } else { value }
    }

    /// Replaces the value at a place that `find` returned.
    #[inline]
    pub fn set_value_at(&self, place: usize, value: Value) {
        if self.is_namespace() {
            let cell = cell_of(self.table().value_at(place));
            if cell.value.get().is_undef() {
                self.hidden.set(self.hidden.get() - 1);
            }
            cell.value.set(value);
        } else {
            self.edit(|table| table.set_value_at(place, value));
        }
    }

    /// Removes the entry at a place; returns its value.
    pub fn remove_at(&self, place: usize) -> Value {
        if self.is_namespace() {
            let cell = cell_of(self.table().value_at(place));
            let value = cell.value.get();
            if !value.is_undef() {
                self.hidden.set(self.hidden.get() + 1);
                cell.value.set(Value::UNDEF);
            }
            return value;
        }
        self.edit(|table| table.remove_at(place))
    }

    /// Adds a key that is known to be absent.
    pub fn insert_new(&self, space: &Space, hash: u64, key: Value, value: Value) {
        let value = if self.is_namespace() { Value::object(space.cell(value)) } else { value };
        let grown = self.edit(|table| table.insert_new(hash, key, value));
        if grown > 0 {
            space.heap.charge(grown);
        }
    }

    pub fn clear(&self) {
        if self.is_namespace() {
            for place in 0..self.table().places() {
                if self.entry_at(place).is_some() {
                    self.remove_at(place);
                }
            }
        } else {
            self.edit(Table::clear);
        }
    }

    /// The entries by place, as they are when each is asked for.
    pub fn iter(&self) -> impl Iterator<Item = Entry> + '_ {
        let mut place = 0;
        std::iter::from_fn(move || {
            while place < self.table().places() {
                let entry = self.entry_at(place);
                place += 1;
                if entry.is_some() {
                    return entry;
                }
            }
            None
        })
    }

    /// What `pick` makes of each entry.
    #[inline]
    pub fn collect(&self, pick: impl FnMut(Entry) -> Value) -> Vec<Value> {
        match self.is_namespace() {
            true => self.iter().map(pick).collect(),
            false => self.table().collect(pick),
        }
    }

    // ---- string keys, as every namespace and attribute table has

    pub fn find_str(&self, space: &Space, key: Gc<super::Str>) -> Option<usize> {
        let place = self.table().find_str(space.str_hash(key), key)?;
        if self.is_namespace() && self.value_at(place).is_undef() {
            return None;
        }
        Some(place)
    }

    pub fn get_str(&self, space: &Space, key: Gc<super::Str>) -> Option<Value> {
        self.find_str(space, key).map(|place| self.value_at(place))
    }

    pub fn set_str(&self, space: &Space, key: Gc<super::Str>, value: Value) {
        let hash = space.str_hash(key);
        match self.table().find_str(hash, key) {
            Some(place) => self.set_value_at(place, value),
            None => self.insert_new(space, hash, Value::object(key), value),
        }
    }

    pub fn remove_str(&self, space: &Space, key: Gc<super::Str>) -> Option<Value> {
        self.find_str(space, key).map(|place| self.remove_at(place))
    }

    /// The cell of a name in a namespace, made (unbound) when there is none.
    pub fn cell(&self, space: &Space, key: Gc<super::Str>) -> Gc<Cell> {
        debug_assert!(self.is_namespace());
        let hash = space.str_hash(key);
        if let Some(place) = self.table().find_str(hash, key) {
            return cell_of(self.table().value_at(place));
        }
        self.insert_new(space, hash, Value::object(key), Value::UNDEF);
        self.hidden.set(self.hidden.get() + 1);
        cell_of(self.table().value_at(self.table().places() - 1))
    }
}

#[inline(always)]
fn cell_of(value: Value) -> Gc<Cell> {
    // SAFETY: a namespace holds cells only; `insert_new` makes them.
    unsafe { value.cast_unchecked() }
}

impl Object for Dict {
    fn trace(&self, marker: &mut Tracer<'_>) {
        marker.external(self.table().bytes());
        self.table().forget_recent();
        for entry in self.table().iter() {
            marker.value(entry.key);
            marker.value(entry.value);
        }
    }

    const OWNS: bool = true;

    unsafe fn release(this: *mut Dict) -> usize {
        // SAFETY: a dead dict.
        let table = unsafe { std::mem::take(&mut *(*this).table.get()) };
        table.bytes()
    }
}

/// What `dict.keys()`, `.values()` and `.items()` return.
#[repr(C)]
pub struct DictView {
    pub header: Header,
    pub dict: RustCell<Value>,
    pub what: ViewKind,
}

impl DictView {
    /// Is it a view of an `OrderedDict`?
    pub fn is_ordered(&self, space: &Space) -> bool {
        let class = space.shapes.get(self.header.shape).class;
        [T::OdictKeys, T::OdictValues, T::OdictItems].iter().any(|&id| class == space.class(id))
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub enum ViewKind {
    Keys,
    Values,
    Items,
}

impl Object for DictView {
    fn trace(&self, marker: &mut Tracer<'_>) {
        marker.value(self.dict.get());
    }
}
