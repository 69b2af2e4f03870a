//! The context that runs: what context variables have which values.
//!
//! A context is a `Context` object, or one that nobody has looked at yet: the dict of values it
//! was copied from, or UNDEF for no values at all. So that copying it for every task and every
//! callback costs nothing until somebody asks.

use super::{Cx, Vm};
use crate::gc::Gc;
use crate::value::{Dict, Record, T, Value};

/// Places of a `Context`.
pub const VALUES: usize = 0;
/// Must the dict be copied before a change?
pub const SHARED: usize = 1;
/// Is it one that runs?
pub const ENTERED: usize = 2;
/// The one that ran before it.
pub const BEFORE: usize = 3;

/// A copy of a context for somebody else.
#[inline(always)]
pub fn copy(context: Value) -> Value {
    match context.cast::<Record>() {
        Some(record) => {
            record.places[SHARED].set(Value::TRUE);
            record.places[VALUES].get()
        }
        None => context,
    }
}

/// The `Context` object of a context.
pub fn object(vm: &Vm, context: Value) -> Gc<Record> {
    if let Some(record) = context.cast::<Record>() {
        return record;
    }
    let shared = context.is::<Dict>();
    let values = if shared { context } else { Value::object(vm.space.dict()) };
    let places = [values, Value::bool(shared), Value::FALSE, Value::NONE];
    vm.space.record(T::Context, &places, false)
}

/// Is it a context that runs?
pub fn runs(context: Value) -> bool {
    let entered = |record: Gc<Record>| record.places[ENTERED].get() == Value::TRUE;
    context.cast::<Record>().is_some_and(entered)
}

/// Makes a context run, or end running.
#[inline(always)]
pub fn mark(context: Value, runs: bool) {
    if let Some(record) = context.cast::<Record>() {
        record.places[ENTERED].set(Value::bool(runs));
    }
}

impl Cx {
    /// The context that runs, as an object.
    pub fn context(&mut self) -> Gc<Record> {
        let context = object(self.vm(), self.vm().context);
        self.vm_mut().context = Value::object(context);
        context
    }

    /// The object of a context, which is one of its own if there was none.
    pub fn context_object(&self, context: Value) -> Gc<Record> {
        object(self.vm(), context)
    }

    pub fn set_context(&mut self, context: Value) {
        self.vm_mut().context = context;
    }

    /// A copy of the context that runs, for a task or a callback.
    pub fn copied_context(&self) -> Value {
        copy(self.vm().context)
    }
}
