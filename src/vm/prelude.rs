//! The prelude: functions of the language that natives continue in.
//!
//! Each is decoded when it is first needed, alone, so that starting up costs nothing for those
//! that are not. Hence the rules for `stdlib/prelude.sloop`: functions only, without decorators
//! and default values, at the top level (`build.rs` checks that); they may use each other.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use super::Vm;
use crate::code::Code;
use crate::gc::Gc;
use crate::value::{Dict, Tracer, Value};

/// The code of a function of the prelude, by name.
pub type Compile = Box<dyn Fn(&str) -> Option<Arc<Code>>>;

pub struct Prelude {
    pub globals: Gc<Dict>,
    source: Option<Compile>,
    functions: RefCell<HashMap<Box<str>, Value>>,
    /// Those asked for last, by where their names are.
    at_hand: [Cell<(usize, usize, Value)>; AT_HAND],
}

const AT_HAND: usize = 64;

impl Prelude {
    pub fn new(globals: Gc<Dict>) -> Prelude {
        let at_hand = [const { Cell::new((0, 0, Value::UNDEF)) }; AT_HAND];
        Prelude { globals, source: None, functions: RefCell::default(), at_hand }
    }

    pub fn set_source(&mut self, source: Compile) {
        self.source = Some(source);
    }

    /// The function of a name that stands in the binary.
    pub fn known(&self, vm: &Vm, name: &'static str) -> Option<Value> {
        let (address, len) = (name.as_ptr() as usize, name.len());
        let place = &self.at_hand[(address ^ address >> 6 ^ len) % AT_HAND];
        if let (a, l, function) = place.get()
            && a == address
            && l == len
        {
            return Some(function);
        }
        let function = self.function(vm, name)?;
        place.set((address, len, function));
        Some(function)
    }

    pub fn function(&self, vm: &Vm, name: &str) -> Option<Value> {
        if let Some(&function) = self.functions.borrow().get(name) {
            return Some(function);
        }
        // A native for the prelude's use may stand for a function of it.
        if let Some(native) = self.globals.get_str(&vm.space, vm.space.intern(name)) {
            self.functions.borrow_mut().insert(name.into(), native);
            return Some(native);
        }
        let code = self.source.as_ref()?(name)?;
        let function = Value::object(vm.function(vm.link(&code, self.globals), self.globals));
        self.functions.borrow_mut().insert(name.into(), function);
        self.globals.set_str(&vm.space, vm.space.intern(name), function);
        self.load_used(vm, &code);
        Some(function)
    }

    /// Makes the functions that code refers to.
    fn load_used(&self, vm: &Vm, code: &Code) {
        for name in code.names.iter().filter(|name| name.starts_with('_')) {
            let known = self.globals.get_str(&vm.space, vm.space.intern(name)).is_some();
            if !known {
                self.function(vm, name);
            }
        }
        for code in &code.codes {
            self.load_used(vm, code);
        }
    }

    pub fn trace(&self, tracer: &mut Tracer<'_>) {
        tracer.object(self.globals);
        for &function in self.functions.borrow().values() {
            tracer.value(function);
        }
    }
}
