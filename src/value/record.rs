//! Objects of native types that are made of a few values: what each place means is known to the
//! topic file of the type.

use std::cell::Cell;

use super::Value;
use super::kind::{Object, Tracer};
use crate::gc::Header;

/// Places of a record.
pub const PLACES: usize = 6;

#[repr(C)]
pub struct Record {
    pub header: Header,
    /// Attributes, as of an instance without inline slots; None where objects of the type have
    /// none.
    pub extra: Cell<Value>,
    pub places: [Cell<Value>; PLACES],
}

impl Object for Record {
    fn trace(&self, marker: &mut Tracer<'_>) {
        marker.value(self.extra.get());
        for place in &self.places {
            marker.value(place.get());
        }
    }
}
