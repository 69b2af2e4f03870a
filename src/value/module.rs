//! Modules: a namespace with a name.

use std::cell::Cell;

use super::kind::{Object, Tracer};
use super::{Dict, Str, Value};
use crate::gc::{Gc, Header};

#[repr(C)]
pub struct Module {
    pub header: Header,
    pub name: Gc<Str>,
    pub dict: Gc<Dict>,
    /// Called with a name that the namespace lacks: a function, or UNDEF.
    pub getattr: Cell<Value>,
}

impl Object for Module {
    fn trace(&self, marker: &mut Tracer<'_>) {
        marker.object(self.name);
        marker.object(self.dict);
        marker.value(self.getattr.get());
    }
}
