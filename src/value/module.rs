//! Modules: a namespace with a name.

use std::cell::Cell;

use super::kind::{Object, Tracer};
use super::names::Names;
use super::{Dict, Space, Str};
use crate::gc::{Gc, Header};

#[repr(C)]
pub struct Module {
    pub header: Header,
    pub dict: Gc<Dict>,
    /// Does it come with Sloop in the place of one of CPython's?
    pub standard: Cell<bool>,
}

impl Module {
    /// Its `__name__`, unless the program has spoilt it.
    pub fn name(&self, space: &Space, names: &Names) -> Option<String> {
        let name = self.dict.get_str(space, names.__name__)?.cast::<Str>()?;
        Some(name.lossy().into_owned())
    }
}

impl Object for Module {
    fn trace(&self, marker: &mut Tracer<'_>) {
        marker.object(self.dict);
    }
}
