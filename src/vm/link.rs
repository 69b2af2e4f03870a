//! Linking: from compiled code to code objects of this VM.

use std::sync::Arc;

use dashu_int::IBig;

use super::pc::Base;
use super::{Cx, Stop, Vm};
use crate::code::op::{Op, word};
use crate::code::{Code, CodeKind, Const, verify};
use crate::gc::Gc;
use crate::value::frame::{CALLER, state};
use crate::value::func::{COROUTINE, NOT_SIMPLE};
use crate::value::kind::Kind;
use crate::value::set::Elements;
use crate::value::{Cell, CodeObject, Dict, Frame, Function, Module, T, Value};

impl Vm {
    /// Links code for a namespace. Only verified code gets here (I3).
    pub fn link(&self, code: &Arc<Code>, globals: Gc<Dict>) -> Gc<CodeObject> {
        let object = self.declare(code, globals);
        self.complete(object);
        object
    }

    /// The code object of code that is linked when somebody calls its function: most functions
    /// of a module are never called.
    pub(super) fn declare(&self, code: &Arc<Code>, globals: Gc<Dict>) -> Gc<CodeObject> {
        let builtins = self.builtins_of(globals);
        // SAFETY: a fresh cell, initialised at once.
        unsafe {
            let size = size_of::<CodeObject>();
            let cell = self.space.heap.alloc(size, Kind::CodeObject as u8, 0, T::Code.shape());
            let this: *mut CodeObject = cell.cast();
            CodeObject::init(this, code.clone(), Some(globals), builtins);
            Gc::from_raw(this)
        }
    }

    /// Links declared code, unless that is done.
    pub fn complete(&self, object: Gc<CodeObject>) {
        if object.is_linked() {
            return;
        }
        let code = object.code.clone();
        debug_assert_eq!(verify::verify(&code).err(), None);
        let consts: Box<[Value]> = code.consts.iter().map(|c| self.constant(c)).collect();
        let names = code.names.iter().map(|name| self.space.intern(name)).collect();
        let total = code.params.total();
        let params =
            code.locals.iter().take(total).map(|local| self.space.intern(&local.name)).collect();
        // SAFETY: just looked; nothing borrows from what is not linked.
        unsafe { CodeObject::fill(object.as_ptr(), consts, names, params) };
        // The library's own functions look only on behalf of a program.
        if code.looks_at_failures && !code.filename.starts_with('<') {
            self.keeps_locals.set(true);
        }
        self.space.heap.charge(code.words.len() * 8);
        let globals = object.globals.get().expect("declared for a namespace");
        self.fill_caches(object, globals);
    }

    /// Makes a function ready for calls: its code may not have been linked when it was made.
    /// Until then it has no `start`, and an `argc` that sends all callers here.
    #[inline]
    pub(super) fn ready(&self, function: Gc<Function>) {
        if function.start.is_null() {
            self.complete(function.code);
            // SAFETY: nothing runs by the fields that change.
            unsafe { adopt(function.as_ptr(), function.code) };
        }
    }

    /// What a namespace says its builtins are: `__builtins__`, a module or a dict. A namespace
    /// that says nothing has those of the machine, one that says nonsense has none.
    pub fn builtins_of(&self, globals: Gc<Dict>) -> Gc<Dict> {
        let Some(said) = globals.get_str(&self.space, self.names.__builtins__) else {
            return self.builtins;
        };
        let own = match said.cast::<Module>() {
            Some(module) => module.dict,
            None => self.space.unwrap(said).cast::<Dict>().unwrap_or_else(|| self.space.dict()),
        };
        own.become_namespace(&self.space);
        own
    }

    /// Writes constants and cells into the cache words.
    fn fill_caches(&self, object: Gc<CodeObject>, globals: Gc<Dict>) {
        let words = object.words();
        let mut at = 0;
        while at < object.word_count() {
            // SAFETY: verified code: instructions and their cache words are inside.
            unsafe {
                let instruction = *words.add(at);
                let op = Op::from_byte(word::op(instruction)).expect("verified");
                let cache = words.add(at + 1);
                let name = word::bc(instruction);
                match op {
                    Op::LoadConst => *cache = object.consts[name].bits(),
                    Op::GetGlobal => {
                        let name = object.names[name];
                        *cache = globals.cell(&self.space, name).address() as u64;
                        *cache.add(1) = object.builtins.cell(&self.space, name).address() as u64;
                    }
                    Op::SetGlobal | Op::DelGlobal => {
                        let name = object.names[name];
                        *cache = globals.cell(&self.space, name).address() as u64;
                    }
                    _ => {}
                }
                at += 1 + op.words();
            }
        }
    }

    fn constant(&self, constant: &Const) -> Value {
        let space = &self.space;
        match constant {
            Const::None => Value::NONE,
            Const::True => Value::TRUE,
            Const::False => Value::FALSE,
            Const::Ellipsis => Value::ELLIPSIS,
            Const::Int(i) => space.int(*i),
            Const::BigInt { radix, digits } => space.big_int(
                IBig::from_str_radix(digits, *radix).expect("the lexer checked the digits"),
            ),
            Const::Float(f) => Value::float(*f),
            Const::Complex(re, im) => space.complex(*re, *im),
            // Constants that look like names are interned, as attributes and keys are.
            Const::Str(text) if text.len() <= 64 => Value::object(space.intern_wtf8(text)),
            Const::Str(text) => Value::object(space.str_wtf8(text)),
            Const::Bytes(data) => Value::object(space.bytes(data.clone())),
            Const::Tuple(items) => {
                let items: Vec<Value> = items.iter().map(|c| self.constant(c)).collect();
                Value::object(space.tuple(&items))
            }
            Const::FrozenSet(items) => {
                // Filled twice, as CPython does when it merges equal constants: the order of
                // integers tells.
                let mut first = Elements::default();
                for item in items.iter().map(|c| self.constant(c)) {
                    super::probe::add_constant(self, &mut first, item);
                }
                let mut elements = Elements::default();
                for element in first.iter() {
                    super::probe::add_constant(self, &mut elements, element.key);
                }
                Value::object(space.set(elements, true))
            }
        }
    }

    /// The function of linked code that captures nothing.
    pub fn function(&self, code: Gc<CodeObject>, globals: Gc<Dict>) -> Gc<Function> {
        debug_assert!(code.code.captures.is_empty());
        self.new_function(code, globals, Value::UNDEF)
    }

    /// The function of a body that `compile` or `exec` made, and whether it must be called with
    /// the mapping that holds its names: it expects that in register 0.
    pub fn body_function(&self, code: &Arc<Code>, globals: Gc<Dict>) -> (Gc<Function>, bool) {
        let function = self.function(self.link(code, globals), globals);
        let takes = code.takes_namespace();
        if takes {
            // SAFETY: a fresh function nobody has called; register 0 exists in such code.
            unsafe { (*function.as_ptr()).argc = 1 };
        }
        (function, takes)
    }

    /// A function from parts: as many cells as the code captures, defaults a tuple or UNDEF.
    pub fn function_of_parts(
        &self,
        code: &Arc<Code>,
        globals: Gc<Dict>,
        defaults: Value,
        cells: &[Gc<Cell>],
    ) -> Gc<Function> {
        assert_eq!(cells.len(), code.captures.len());
        let function = self.new_function(self.link(code, globals), globals, defaults);
        for (i, &cell) in cells.iter().enumerate() {
            // SAFETY: a fresh function with room for as many cells as its code captures.
            unsafe { *function.cells().add(i) = cell };
        }
        function
    }

    /// A function whose cells are still to be filled.
    pub(super) fn new_function(
        &self,
        code: Gc<CodeObject>,
        globals: Gc<Dict>,
        defaults: Value,
    ) -> Gc<Function> {
        let captured = code.code.captures.len();
        // SAFETY: a fresh cell with room for the cells; the caller fills those before anything
        // else is allocated or run.
        unsafe {
            let cell = self.space.heap.alloc(
                Function::size(captured),
                Kind::Function as u8,
                0,
                T::Function.shape(),
            );
            let header = *cell;
            let this: *mut Function = cell.cast();
            this.write(Function {
                header,
                start: std::ptr::null(),
                registers: 0,
                argc: NOT_SIMPLE,
                captured: captured as u16,
                code,
                globals,
                defaults: defaults.into(),
                details: Value::UNDEF.into(),
            });
            if code.is_linked() {
                adopt(this, code);
            }
            Gc::from_raw(this)
        }
    }
}

/// Gives a function linked code.
///
/// # Safety
/// Nothing runs by the fields that change.
unsafe fn adopt(this: *mut Function, code: Gc<CodeObject>) {
    // SAFETY: by contract.
    unsafe {
        (*this).start = code.words();
        (*this).registers = code.code.registers;
        (*this).argc = arity(&code.code);
        (*this).code = code;
    }
}

/// `Function::argc` of a function of this code.
fn arity(code: &Code) -> u16 {
    let params = &code.params;
    let simple = !params.star && !params.double_star && params.keyword_only == 0;
    let count = params.positional_only + params.positional;
    match code.kind {
        CodeKind::Function | CodeKind::Module | CodeKind::ClassBody if simple => count,
        CodeKind::Coroutine if simple && count < NOT_SIMPLE - COROUTINE => COROUTINE + count,
        _ => NOT_SIMPLE,
    }
}

impl Cx {
    /// Gives a function that is not running other code, with as many free variables.
    pub fn set_code(&mut self, function: Gc<Function>, code: Gc<CodeObject>) -> Result<(), Stop> {
        assert_eq!(code.code.captures.len(), function.captured as usize);
        if self.is_running(function) {
            let text = "cannot replace the code of a function that is running";
            return Err(self.error(T::RuntimeError, text));
        }
        let code = match code.globals.get() == Some(function.globals) {
            true => code,
            false => self.vm().link(&code.code, function.globals),
        };
        self.vm().complete(code);
        // SAFETY: the function is not running.
        unsafe { adopt(function.as_ptr(), code) };
        Ok(())
    }

    /// The function of a generator or coroutine, made its own.
    pub fn own_function(&self, frame: Gc<Frame>) -> Gc<Function> {
        let shared = frame.function;
        let cells: Vec<Gc<Cell>> = (0..shared.captured as usize).map(|i| shared.cell(i)).collect();
        let own = self.vm().new_function(shared.code, shared.globals, shared.defaults.get());
        for (i, &cell) in cells.iter().enumerate() {
            // SAFETY: a fresh function with room for as many.
            unsafe { *own.cells().add(i) = cell };
        }
        if let Some(details) = shared.details.get().cast::<Dict>() {
            let copy = self.dict();
            for entry in details.iter() {
                self.dict_insert_raw(copy, entry.hash, entry.key, entry.value);
            }
            own.details.set(Value::object(copy));
        }
        // SAFETY: the same code and the same cells: whatever runs goes on as it was.
        unsafe { (*frame.as_ptr()).function = own };
        own
    }

    /// Is there an activation of the function, at work or suspended?
    fn is_running(&self, function: Gc<Function>) -> bool {
        let vm = self.vm();
        let mut base = vm.native_base;
        // SAFETY: bases of live activations, the lowest of which has caller 0.
        unsafe {
            while !base.is_null() {
                if vm.function_at(base) == Some(function) {
                    return true;
                }
                base = (*base.offset(CALLER)).bits() as Base;
            }
        }
        let mut found = false;
        self.heap.for_each(Kind::Frame as u8, |header| {
            // SAFETY: the kind says so.
            let frame = unsafe { &*header.cast::<Frame>() };
            found |= frame.function == function && frame.state() != state::FINISHED;
        });
        found
    }

    /// Runs a module's or `exec`'s code in a namespace, from Rust.
    pub fn run_code(&mut self, code: &Arc<Code>, globals: Gc<Dict>, args: &[Value]) -> super::Flow {
        let linked = self.vm().link(code, globals);
        let function = self.vm().function(linked, globals);
        self.call(Value::object(function), args)
    }
}
