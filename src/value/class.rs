//! Classes: a namespace, a linearised ancestry, and the root shape of their instances.

use std::cell::{Cell, RefCell};

use super::kind::{Object, Tracer};
use super::shape::ShapeId;
use super::{Dict, Kind, Space, Str, Value};
use crate::gc::{Gc, Header};

/// What of the usual protocol a class or one of its ancestors overrides. The machine takes its
/// short ways only where the bit is clear.
pub mod overrides {
    pub const GETATTRIBUTE: u32 = 1;
    pub const GETATTR: u32 = 2;
    /// `__setattr__` or `__delattr__`
    pub const SETATTR: u32 = 4;
    /// Instances are descriptors: `__get__`
    pub const GET: u32 = 8;
    /// Instances are data descriptors: `__set__` or `__delete__`
    pub const SET: u32 = 16;
    pub const NEW: u32 = 32;
    pub const INIT: u32 = 64;
    pub const EQ: u32 = 128;
    pub const HASH: u32 = 256;
    /// `__bool__` or `__len__`
    pub const BOOL: u32 = 512;
    pub const CALL: u32 = 1024;
    pub const DEL: u32 = 2048;
    /// A metaclass with its own `__instancecheck__` or `__subclasscheck__`
    pub const CHECK: u32 = 4096;
    pub const ITER: u32 = 8192;
    pub const REPR: u32 = 1 << 14;
    pub const STR: u32 = 1 << 15;
    /// `__getitem__`, `__setitem__` or `__contains__`
    pub const ITEM: u32 = 1 << 16;
}

/// `header.flags` of a class.
pub mod flags {
    /// Made by a class statement or `type(...)`, not by the runtime.
    pub const USER: u8 = 1;
    /// Cannot be a base.
    pub const FINAL: u8 = 2;
    /// Instances have no attribute dictionary: `__slots__` all the way.
    pub const NO_DICT: u8 = 4;
    /// Calling it is a TypeError: no `__new__` for programs.
    pub const NO_NEW: u8 = 8;
    pub const ABSTRACT: u8 = 16;
    /// May its attributes be set? Built-in types say no.
    pub const IMMUTABLE: u8 = 32;
    /// Instances match sequence patterns.
    pub const SEQUENCE: u8 = 64;
    /// Instances match mapping patterns.
    pub const MAPPING: u8 = 128;
}

#[repr(C)]
pub struct Class {
    pub header: Header,
    pub name: Cell<Gc<Str>>,
    pub qualname: Cell<Value>,
    /// Tuple of classes.
    pub bases: Cell<Value>,
    /// Itself first, `object` last.
    pub mro: RefCell<Vec<Gc<Class>>>,
    pub dict: Gc<Dict>,
    /// Kind of its instances' heap objects. `Instance` for plain classes; another kind for
    /// built-in types. A user class derived from one keeps that value as its instances' payload.
    pub layout: Kind,
    /// Shape of a new instance.
    pub shape: Cell<ShapeId>,
    /// Inline slots that new instances get; learned from the ones before.
    pub inline: Cell<u32>,
    pub overrides: Cell<u32>,
    pub subclasses: RefCell<Vec<Gc<Class>>>,
    /// Names whose entries here are replaced again and again: never cached.
    pub volatile: RefCell<Vec<Gc<Str>>>,
    /// Are there shapes of instances with slots, which code may remember?
    pub slotted: Cell<bool>,
    /// Do messages name its module, too? So it is with classes that stand for types of C.
    pub dotted: Cell<bool>,
    /// Names of its own `__slots__` in order, if it has any.
    pub slots: RefCell<Option<Vec<Gc<Str>>>>,
}

impl Class {
    #[inline]
    pub fn is_subclass(&self, of: Gc<Class>) -> bool {
        let mro = self.mro.borrow();
        // Short, mostly: a loop on the spot.
        mro.iter().any(|&class| class.address() == of.address())
    }

    /// The attribute in the class itself or an ancestor, without binding.
    pub fn lookup_uncached(&self, space: &Space, name: Gc<Str>) -> Option<Value> {
        self.mro.borrow().iter().find_map(|class| class.dict.get_str(space, name))
    }

    /// Does a cache stay right until the epoch changes? Not for names that keep changing.
    pub fn is_volatile(&self, name: Gc<Str>) -> bool {
        self.mro.borrow().iter().any(|class| class.volatile.borrow().contains(&name))
    }

    pub fn name_text(&self) -> String {
        self.name.get().lossy().into_owned()
    }

    pub fn has(&self, bit: u32) -> bool {
        self.overrides.get() & bit != 0
    }

    pub fn is_user(&self) -> bool {
        self.header.flags & flags::USER != 0
    }
}

impl Object for Class {
    fn trace(&self, marker: &mut Tracer<'_>) {
        marker.object(self.name.get());
        marker.value(self.qualname.get());
        marker.value(self.bases.get());
        marker.object(self.dict);
        for &class in self.mro.borrow().iter() {
            marker.object(class);
        }
        for &class in self.subclasses.borrow().iter() {
            marker.object(class);
        }
        for &name in self.slots.borrow().iter().flatten() {
            marker.object(name);
        }
    }

    const OWNS: bool = true;

    unsafe fn release(this: *mut Class) -> usize {
        // SAFETY: a dead class, dropped once.
        unsafe {
            std::ptr::drop_in_place(&raw mut (*this).mro);
            std::ptr::drop_in_place(&raw mut (*this).subclasses);
            std::ptr::drop_in_place(&raw mut (*this).slots);
            std::ptr::drop_in_place(&raw mut (*this).volatile);
        }
        0
    }
}
