//! `deque`: a ring buffer, and a count of its changes, by which iterators notice them.

use std::cell::{Cell, UnsafeCell};
use std::collections::VecDeque;

use super::Value;
use super::kind::{Object, Tracer};
use crate::gc::Header;

#[repr(C)]
pub struct Deque {
    pub header: Header,
    /// Borrowed within single methods only: no reference to an element outlives one.
    items: UnsafeCell<VecDeque<Value>>,
    /// How many items it may hold; `usize::MAX` for any number.
    pub limit: Cell<usize>,
    /// Counts changes of length and order, not of single items.
    pub changes: Cell<u32>,
}

impl Deque {
    pub fn new(header: Header, limit: usize) -> Deque {
        Deque {
            header,
            items: UnsafeCell::new(VecDeque::new()),
            limit: Cell::new(limit),
            changes: Cell::new(0),
        }
    }

    #[inline(always)]
    fn ring(&self) -> &VecDeque<Value> {
        // SAFETY: shared for the length of one method; `edit` is not running (single thread).
        unsafe { &*self.items.get() }
    }

    #[inline(always)]
    pub fn len(&self) -> usize {
        self.ring().len()
    }

    pub fn is_empty(&self) -> bool {
        self.ring().is_empty()
    }

    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<Value> {
        self.ring().get(index).copied()
    }

    /// Stores into an existing place, which changes neither length nor order.
    pub fn set(&self, index: usize, value: Value) {
        // SAFETY: one method at a time, single thread.
        let items = unsafe { &mut *self.items.get() };
        items[index] = value;
    }

    /// Hands the storage to `edit`, which must not run code of the program, and counts a change.
    #[inline(always)]
    pub fn edit<R>(&self, edit: impl FnOnce(&mut VecDeque<Value>) -> R) -> R {
        self.changes.set(self.changes.get().wrapping_add(1));
        // SAFETY: one method at a time, single thread.
        edit(unsafe { &mut *self.items.get() })
    }

    pub fn to_vec(&self) -> Vec<Value> {
        self.ring().iter().copied().collect()
    }
}

impl Object for Deque {
    fn trace(&self, marker: &mut Tracer<'_>) {
        marker.external(self.ring().capacity() * size_of::<Value>());
        for &item in self.ring() {
            marker.value(item);
        }
    }

    const OWNS: bool = true;

    unsafe fn release(this: *mut Deque) -> usize {
        // SAFETY: a dead deque.
        let items = unsafe { std::mem::take(&mut *(*this).items.get()) };
        items.capacity() * size_of::<Value>()
    }
}
