//! Instances of classes, and where the attributes of any object are kept.
//!
//! ```text
//!   Instance: Header | extra | slot 0 | slot 1 | …
//! ```
//!
//! The shape says which attribute is in which slot and how many slots are inline. `extra` is
//! UNDEF, a `Slots` object with the attributes beyond those, or a `Dict` once `__dict__` was
//! asked for or the attributes became too many (then all of them are in the dict, and the shape
//! is the class's root without keys). A payload, for classes derived from built-in types, is
//! in the first inline slot.

use std::cell::{Cell, UnsafeCell};

use super::Value;
use super::kind::{Object, Tracer};
use crate::gc::Header;

/// `header.flags` of an instance: the first inline slot holds the built-in value it derives from.
pub const PAYLOAD: u8 = 1;

#[repr(C)]
pub struct Instance {
    pub header: Header,
    pub extra: Cell<Value>,
}

impl Instance {
    /// Offset of slot 0 in bytes: what inline caches hold is relative to the object.
    pub const SLOTS: usize = size_of::<Instance>();

    pub const fn size(inline: usize) -> usize {
        Self::SLOTS + inline * size_of::<Value>()
    }

    /// How many slots the cell has room for.
    #[inline(always)]
    pub fn room(&self) -> usize {
        (self.header.cells as usize * 16 - Self::SLOTS) / size_of::<Value>()
    }

    #[inline(always)]
    pub fn slot(&self, index: usize) -> &Cell<Value> {
        assert!(index < self.room());
        // SAFETY: inside the cell; `Space::instance` filled all of them.
        unsafe { &*((self as *const Instance).add(1) as *const Cell<Value>).add(index) }
    }

    pub fn payload(&self) -> Option<Value> {
        if self.header.flags & PAYLOAD != 0 { Some(self.slot(0).get()) } else { None }
    }
}

impl Object for Instance {
    fn trace(&self, marker: &mut Tracer<'_>) {
        marker.value(self.extra.get());
        for i in 0..self.room() {
            marker.value(self.slot(i).get());
        }
    }
}

#[repr(C)]
pub struct Slots {
    pub header: Header,
    values: UnsafeCell<Vec<Value>>,
}

impl Slots {
    /// # Safety
    /// `this` is a fresh cell.
    pub unsafe fn init(this: *mut Slots, values: Vec<Value>) {
        // SAFETY: by contract.
        unsafe { (&raw mut (*this).values).write(UnsafeCell::new(values)) }
    }

    /// Hands the storage to `edit`, which must not run code of the program.
    pub fn edit<R>(&self, edit: impl FnOnce(&mut Vec<Value>) -> R) -> R {
        // SAFETY: one method at a time, single thread.
        edit(unsafe { &mut *self.values.get() })
    }

    pub fn get(&self, index: usize) -> Value {
        self.edit(|values| values.get(index).copied().unwrap_or(Value::UNDEF))
    }
}

impl Object for Slots {
    fn trace(&self, marker: &mut Tracer<'_>) {
        self.edit(|values| {
            marker.external(values.capacity() * size_of::<Value>());
            for &value in values.iter() {
                marker.value(value);
            }
        });
    }

    const OWNS: bool = true;

    unsafe fn release(this: *mut Slots) -> usize {
        // SAFETY: a dead object.
        let values = unsafe { std::mem::take(&mut *(*this).values.get()) };
        values.capacity() * size_of::<Value>()
    }
}
