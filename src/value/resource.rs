//! Objects that carry a Rust value: files and the like.

use std::any::Any;
use std::cell::{Cell, RefCell};

use super::Value;
use super::kind::{Object, Tracer};
use crate::gc::Header;

#[repr(C)]
pub struct Resource {
    pub header: Header,
    /// Attributes, as of an instance without inline slots.
    pub extra: Cell<Value>,
    /// None once closed.
    pub payload: RefCell<Option<Box<dyn Any>>>,
}

impl Object for Resource {
    fn trace(&self, marker: &mut Tracer<'_>) {
        marker.value(self.extra.get());
    }

    const OWNS: bool = true;

    unsafe fn release(this: *mut Resource) -> usize {
        // SAFETY: a dead object, dropped once.
        unsafe { std::ptr::drop_in_place(&raw mut (*this).payload) };
        0
    }
}
