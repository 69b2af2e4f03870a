//! A frame as programs see it: a view of an activation that is made when somebody asks.

use std::cell::Cell;

use super::kind::{Object, Tracer};
use super::{CodeObject, Value};
use crate::gc::{Gc, Header};

#[repr(C)]
pub struct FrameView {
    pub header: Header,
    pub code: Gc<CodeObject>,
    pub globals: Value,
    /// Index of a word of the instruction at work, as last seen.
    pub word: Cell<u32>,
    /// Base of the activation while it lives on the register stack; 0 otherwise.
    pub base: Cell<usize>,
    /// The generator or coroutine whose activation this is, or None.
    pub owner: Value,
    /// What the variables were when the activation ended, or UNDEF.
    pub locals: Cell<Value>,
    /// The caller's view, once the activation has ended.
    pub back: Cell<Value>,
    /// What the program has set as `f_trace`.
    pub hook: Cell<Value>,
}

impl Object for FrameView {
    fn trace(&self, marker: &mut Tracer<'_>) {
        marker.object(self.code);
        marker.value(self.globals);
        marker.value(self.owner);
        marker.value(self.locals.get());
        marker.value(self.back.get());
        marker.value(self.hook.get());
    }
}
