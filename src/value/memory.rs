//! `memoryview`: a window on the storage of a bytes object or a bytearray.
//!
//! The storage never moves under a view: while one is open the bytearray it looks into does not
//! change its size. Views hold a token of the bytearray for that, not a count in it, so that a
//! view that is forgotten lets go when it is swept, whichever of the two dies first.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::kind::{Object, Tracer};
use super::{ByteArray, Bytes, Space, Value};
use crate::gc::Header;
use crate::plain::buffer::{Item, Layout};

#[repr(C)]
pub struct MemoryView {
    pub header: Header,
    /// The bytes or bytearray that holds the items; UNDEF once released.
    pub storage: Cell<Value>,
    /// What was viewed, as the program sees it.
    pub object: Cell<Value>,
    pub readonly: bool,
    pub hash: Cell<Option<u64>>,
    pin: RefCell<Option<Rc<()>>>,
    layout: Box<Layout>,
}

impl MemoryView {
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    pub fn is_released(&self) -> bool {
        self.storage.get().is_undef()
    }

    pub fn release(&self) {
        self.storage.set(Value::UNDEF);
        self.object.set(Value::NONE);
        self.pin.borrow_mut().take();
    }

    /// Shows the storage to `look`; nothing of it once released.
    pub fn look<R>(&self, look: impl FnOnce(&[u8]) -> R) -> R {
        let storage = self.storage.get();
        if let Some(bytes) = storage.cast::<Bytes>() {
            return look(bytes.as_slice());
        }
        match storage.cast::<ByteArray>() {
            Some(bytes) => bytes.edit(|data| look(data)),
            None => look(&[]),
        }
    }

    /// Hands the storage to `edit`, if it may be written.
    pub fn edit(&self, edit: impl FnOnce(&mut [u8])) {
        if let (Some(bytes), false) = (self.storage.get().cast::<ByteArray>(), self.readonly) {
            bytes.edit(|data| edit(data));
        }
    }

    /// The items one behind the other.
    pub fn to_vec(&self) -> Vec<u8> {
        self.look(|storage| self.layout.gather(storage, false))
    }

    /// The item at an offset, as it is now.
    pub fn item_at(&self, at: usize) -> Item {
        self.look(|storage| self.layout.format.read(&storage[at..]))
    }

    /// Item `index` of the only dimension; None behind the end or once released.
    pub fn get(&self, index: usize) -> Option<Item> {
        let [len] = self.layout.shape[..] else { return None };
        (index < len && !self.is_released()).then(|| self.item_at(self.layout.at(&[index])))
    }
}

impl Object for MemoryView {
    fn trace(&self, marker: &mut Tracer<'_>) {
        marker.value(self.storage.get());
        marker.value(self.object.get());
    }

    const OWNS: bool = true;

    unsafe fn release(this: *mut MemoryView) -> usize {
        // SAFETY: a dead object, dropped once.
        unsafe {
            std::ptr::drop_in_place(&raw mut (*this).pin);
            std::ptr::drop_in_place(&raw mut (*this).layout);
        }
        0
    }
}

impl Space {
    /// A view of a bytes object or a bytearray that says it is of `object`.
    pub fn memory_view(
        &self,
        storage: Value,
        object: Value,
        readonly: bool,
        layout: Layout,
    ) -> Value {
        let pin = storage.cast::<ByteArray>().map(|bytes| bytes.pin());
        Value::object(self.new_object(super::T::MemoryView.shape(), 0, |header| MemoryView {
            header,
            storage: storage.into(),
            object: object.into(),
            readonly,
            hash: Cell::new(None),
            pin: RefCell::new(pin),
            layout: Box::new(layout),
        }))
    }

    pub fn memory_item(&self, item: Item) -> Value {
        match item {
            Item::Int(i) => self.int(i),
            Item::UInt(u) => self.uint(u),
            Item::Float(f) => Value::float(f),
            Item::Byte(byte) => Value::object(self.bytes([byte])),
            Item::Bool(yes) => Value::bool(yes),
        }
    }
}
