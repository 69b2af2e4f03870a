//! Lists, tuples, byte strings, ranges and slices.

use std::cell::{Cell, RefCell, UnsafeCell};
use std::rc::Rc;

use super::Value;
use super::kind::{Object, Tracer, trace_cells};
use crate::gc::Header;

#[repr(C)]
pub struct List {
    pub header: Header,
    /// Borrowed within single methods only: no reference to an element outlives one.
    items: UnsafeCell<Vec<Value>>,
}

impl List {
    /// # Safety
    /// `this` is a fresh cell.
    pub unsafe fn init(this: *mut List, items: Vec<Value>) {
        // SAFETY: by contract.
        unsafe { (&raw mut (*this).items).write(UnsafeCell::new(items)) }
    }

    #[inline(always)]
    fn vec(&self) -> &Vec<Value> {
        // SAFETY: shared for the length of one method; `edit` is not running (single thread).
        unsafe { &*self.items.get() }
    }

    #[inline(always)]
    #[allow(clippy::mut_from_ref)] // interior mutability, private to this impl
    fn vec_mut(&self) -> &mut Vec<Value> {
        // SAFETY: as above.
        unsafe { &mut *self.items.get() }
    }

    #[inline(always)]
    pub fn len(&self) -> usize {
        self.vec().len()
    }

    pub fn is_empty(&self) -> bool {
        self.vec().is_empty()
    }

    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<Value> {
        self.vec().get(index).copied()
    }

    /// Stores into an existing place; the caller has checked the index.
    #[inline(always)]
    pub fn set(&self, index: usize, value: Value) {
        self.vec_mut()[index] = value;
    }

    /// Appends; returns by how many bytes the storage grew.
    #[inline(always)]
    pub fn push(&self, value: Value) -> usize {
        let items = self.vec_mut();
        let before = items.capacity();
        items.push(value);
        (items.capacity() - before) * size_of::<Value>()
    }

    /// As `push`, if that needs no more storage.
    #[inline(always)]
    pub fn push_at_hand(&self, value: Value) -> bool {
        let items = self.vec_mut();
        let has_room = items.len() < items.capacity();
        if has_room {
            items.push(value);
        }
        has_room
    }

    pub fn pop(&self) -> Option<Value> {
        self.vec_mut().pop()
    }

    /// Hands the storage to `edit`, which must not run code of the program.
    pub fn edit<R>(&self, edit: impl FnOnce(&mut Vec<Value>) -> R) -> R {
        edit(self.vec_mut())
    }

    pub fn to_vec(&self) -> Vec<Value> {
        self.vec().clone()
    }

    /// The items by index, as they are when each is asked for.
    pub fn iter(&self) -> impl Iterator<Item = Value> + '_ {
        let mut index = 0;
        std::iter::from_fn(move || {
            let item = self.get(index)?;
            index += 1;
            Some(item)
        })
    }

    /// Two neighbouring words: where the items are, and how many (for the machine).
    #[inline(always)]
    pub fn raw(&self) -> (*mut Value, usize) {
        let items = self.vec_mut();
        (items.as_mut_ptr(), items.len())
    }
}

impl Object for List {
    fn trace(&self, marker: &mut Tracer<'_>) {
        marker.external(self.vec().capacity() * size_of::<Value>());
        for &item in self.vec() {
            marker.value(item);
        }
    }

    const OWNS: bool = true;

    unsafe fn release(this: *mut List) -> usize {
        // SAFETY: a dead list.
        let items = unsafe { std::mem::take(&mut *(*this).items.get()) };
        items.capacity() * size_of::<Value>()
    }
}

/// Length, then the items inline.
#[repr(C)]
pub struct Tuple {
    pub header: Header,
    len: usize,
}

impl Tuple {
    pub const fn size(len: usize) -> usize {
        size_of::<Tuple>() + len * size_of::<Value>()
    }

    /// # Safety
    /// `this` is a fresh cell of `Tuple::size(len)` bytes, and `items` are readable.
    pub unsafe fn init(this: *mut Tuple, items: *const Value, len: usize) {
        // SAFETY: by contract.
        unsafe {
            (*this).len = len;
            std::ptr::copy_nonoverlapping(items, this.add(1) as *mut Value, len);
        }
    }

    #[inline(always)]
    pub fn as_slice(&self) -> &[Value] {
        // SAFETY: `init` wrote `len` items behind the struct; they never change.
        unsafe { std::slice::from_raw_parts((self as *const Tuple).add(1).cast(), self.len) }
    }

    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl Object for Tuple {
    fn trace(&self, marker: &mut Tracer<'_>) {
        for &item in self.as_slice() {
            marker.value(item);
        }
    }
}

/// Immutable bytes, which stand behind the fixed fields.
#[repr(C)]
pub struct Bytes {
    pub header: Header,
    pub hash: Cell<u64>,
    len: usize,
}

impl Bytes {
    pub const fn size(len: usize) -> usize {
        size_of::<Bytes>() + len
    }

    /// # Safety
    /// `this` is a fresh cell of `Bytes::size(len)` bytes; the parts hold `len` together.
    #[inline]
    pub unsafe fn init(this: *mut Bytes, len: usize, parts: &[&[u8]]) {
        // SAFETY: by contract.
        unsafe {
            (&raw mut (*this).hash).write(Cell::new(0));
            (*this).len = len;
            let mut at: *mut u8 = this.add(1).cast();
            for part in parts {
                at.copy_from_nonoverlapping(part.as_ptr(), part.len());
                at = at.add(part.len());
            }
        }
    }

    #[inline(always)]
    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: `init` wrote `len` bytes behind the struct; they never change.
        unsafe { std::slice::from_raw_parts((self as *const Bytes).add(1).cast(), self.len) }
    }
}

impl Object for Bytes {
    fn trace(&self, _: &mut Tracer<'_>) {}
}

#[repr(C)]
pub struct ByteArray {
    pub header: Header,
    data: UnsafeCell<Vec<u8>>,
    /// Shared with every open view of it; made with the first.
    pins: RefCell<Option<Rc<()>>>,
}

impl ByteArray {
    /// # Safety
    /// `this` is a fresh cell.
    pub unsafe fn init(this: *mut ByteArray, data: Vec<u8>) {
        // SAFETY: by contract.
        unsafe {
            (&raw mut (*this).data).write(UnsafeCell::new(data));
            (&raw mut (*this).pins).write(RefCell::new(None));
        }
    }

    /// What a view holds as long as it is open.
    pub fn pin(&self) -> Rc<()> {
        self.pins.borrow_mut().get_or_insert_default().clone()
    }

    /// Is there an open view, so that the size must stay as it is?
    pub fn is_pinned(&self) -> bool {
        self.pins.borrow().as_ref().is_some_and(|pins| Rc::strong_count(pins) > 1)
    }

    /// Hands the storage to `edit`, which must not run code of the program.
    pub fn edit<R>(&self, edit: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        // SAFETY: one method at a time, single thread.
        edit(unsafe { &mut *self.data.get() })
    }

    pub fn to_vec(&self) -> Vec<u8> {
        self.edit(|data| data.clone())
    }
}

impl Object for ByteArray {
    fn trace(&self, marker: &mut Tracer<'_>) {
        marker.external(self.edit(|data| data.capacity()));
    }

    const OWNS: bool = true;

    unsafe fn release(this: *mut ByteArray) -> usize {
        // SAFETY: a dead object.
        let data = unsafe {
            (*this).pins.take();
            std::mem::take(&mut *(*this).data.get())
        };
        data.capacity()
    }
}

/// `range`: three integers of any size. The machine's fast paths look at inline ones only.
#[repr(C)]
pub struct Range {
    pub header: Header,
    pub start: Cell<Value>,
    pub stop: Cell<Value>,
    pub step: Cell<Value>,
}
trace_cells!(Range: start, stop, step);

#[repr(C)]
pub struct Slice {
    pub header: Header,
    pub start: Cell<Value>,
    pub stop: Cell<Value>,
    pub step: Cell<Value>,
}
trace_cells!(Slice: start, stop, step);
