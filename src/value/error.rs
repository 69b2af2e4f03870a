//! Exceptions and tracebacks.
//!
//! Unwinding appends (code, word, kept variables) to the exception, 24 bytes a level; lines, columns and
//! text are worked out only when somebody looks.

use std::cell::Cell;

use super::kind::{Object, Tracer, trace_cells};
use super::{Dict, Space, Str, Trace, Value};
use crate::gc::{Gc, Header};

/// `header.flags`: the machine has made and raised it, and nobody has got hold of it since. Only such
/// handlers have it as do not look at it, so that it can be let go of when they are through.
pub const UNSEEN: u8 = 1;

#[repr(C)]
pub struct Exception {
    pub header: Header,
    /// Attributes, as of an instance without inline slots.
    pub extra: Cell<Value>,
    /// What the type itself keeps (`errno`, `name`, `exceptions`, …): a dict, or UNDEF. Apart from
    /// `extra`, because these are no entries of `__dict__`.
    pub fields: Cell<Value>,
    /// Tuple.
    pub args: Cell<Value>,
    pub cause: Cell<Value>,
    pub context: Cell<Value>,
    pub suppress: Cell<bool>,
    pub trace: Trace,
    /// What `__traceback__` was set to: `trace` has come in front of it since. UNDEF if nobody did.
    pub traceback: Cell<Value>,
}

impl Exception {
    /// A field of the type's own.
    pub fn field(&self, space: &Space, name: Gc<Str>) -> Option<Value> {
        self.fields.get().cast::<Dict>()?.get_str(space, name)
    }

    /// It was made just now, and is being raised.
    pub fn hide(this: Gc<Exception>) {
        // SAFETY: as below.
        unsafe { (*this.header()).flags |= UNSEEN }
    }

    /// Somebody may keep it from now on.
    pub fn show(this: Gc<Exception>) {
        // SAFETY: a live object; the header is a plain field.
        unsafe { (*this.header()).flags &= !UNSEEN }
    }

    pub fn is_unseen(&self) -> bool {
        self.header.flags & UNSEEN != 0
    }

    pub fn set_field(&self, space: &Space, name: Gc<Str>, value: Value) {
        let fields = self.fields.get().cast::<Dict>().unwrap_or_else(|| {
            let fields = space.dict();
            self.fields.set(Value::object(fields));
            fields
        });
        fields.set_str(space, name, value);
    }
}

impl Object for Exception {
    fn trace(&self, marker: &mut Tracer<'_>) {
        marker.value(self.extra.get());
        marker.value(self.fields.get());
        marker.value(self.args.get());
        marker.value(self.cause.get());
        marker.value(self.context.get());
        marker.value(self.traceback.get());
        self.trace.each(|point| {
            marker.object(point.code);
            marker.value(point.kept);
        });
    }

    const OWNS: bool = true;

    unsafe fn release(this: *mut Exception) -> usize {
        // SAFETY: a dead exception, dropped once.
        unsafe {
            let bytes = (*this).trace.storage();
            std::ptr::drop_in_place(&raw mut (*this).trace);
            bytes
        }
    }
}

/// One level of a traceback as programs see it, made on demand.
#[repr(C)]
pub struct Traceback {
    pub header: Header,
    pub code: Cell<Value>,
    /// Word index as an integer.
    pub word: Cell<Value>,
    pub next: Cell<Value>,
    /// Its frame, once somebody has asked, or UNDEF.
    pub frame: Cell<Value>,
    /// The line, where a program has said another than the code would; else UNDEF.
    pub line: Cell<Value>,
    /// As of `TracePoint`, until there is a frame.
    pub kept: Cell<Value>,
}
trace_cells!(Traceback: code, word, next, frame, line, kept);
