//! Modules: a namespace with a name.

use super::kind::{Object, Tracer};
use super::{Dict, Str};
use crate::gc::{Gc, Header};

#[repr(C)]
pub struct Module {
    pub header: Header,
    pub name: Gc<Str>,
    pub dict: Gc<Dict>,
}

impl Object for Module {
    fn trace(&self, marker: &mut Tracer<'_>) {
        marker.object(self.name);
        marker.object(self.dict);
    }
}
