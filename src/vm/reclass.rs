//! Objects that become those of another class, and marks that classes get when they are made already.

use super::Cx;
use super::own::set_shape;
use super::slots::solid_base;
use crate::gc::Gc;
use crate::value::class::flags;
use crate::value::{Class, Exception, Instance, Module, Value};

impl Cx {
    /// Makes an instance one of another class of the same layout.
    pub fn set_class(&self, object: Value, class: Gc<Class>) -> bool {
        if let Some(exception) = object.cast::<Exception>() {
            let alike = solid_base(self, self.class_of(object)) == solid_base(self, class);
            if alike {
                // Its attributes are in a dict: shapes of exceptions have no keys.
                // SAFETY: a live object; the header is a plain field.
                unsafe { (*exception.header()).shape = class.shape.get() };
            }
            return alike;
        }
        let Some(instance) = object.cast::<Instance>() else { return false };
        let inline = self.shapes.get(instance.header.shape).inline as usize;
        let root = self.shapes.root(class, inline);
        set_shape(instance, self.shapes.rebase(instance.header.shape, root));
        true
    }

    /// Makes a module or a class one of another class: under a shape that no cache knows, as each
    /// of them has one of its own.
    pub fn set_class_alone(&self, object: Value, class: Gc<Class>) {
        debug_assert!(object.is::<Module>() || object.is::<Class>());
        if object.is_object() {
            // SAFETY: a live object; the header is a plain field.
            unsafe { (*object.header_unchecked()).shape = self.shapes.root(class, 0) };
        }
    }

    /// Says whether a class has abstract methods left.
    pub fn set_abstract(&self, class: Gc<Class>, on: bool) {
        // SAFETY: a live object; flags are a plain field.
        unsafe {
            let header = class.header();
            if on {
                (*header).flags |= flags::ABSTRACT;
            } else {
                (*header).flags &= !flags::ABSTRACT;
            }
        }
    }

    /// Makes the instances of a class match sequence patterns, or mapping patterns.
    pub fn set_pattern_flags(&self, class: Gc<Class>, bits: u8) {
        let all = flags::SEQUENCE | flags::MAPPING;
        // SAFETY: a live object; flags are a plain field.
        unsafe {
            let header = class.header();
            (*header).flags = (*header).flags & !all | bits & all;
        }
    }
}
