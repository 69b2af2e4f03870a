//! Attributes: lookup, binding, storing, and the caches in front of them.
//!
//! `find` answers without running code of the program, or says what to call. Own attributes of
//! instances are in slots that their shape names; everything else that can have attributes keeps
//! them in a dict.

use super::known::Known;
use super::lookup::*;
use super::own::*;
use super::pc::{Base, Ip, Pc, reg};
use super::store::*;
use super::{Cx, Flow, Outcome, Stop, Vm, call, ops, unwind};
use crate::code::op::{Op, Word, word};
use crate::gc::Gc;
use crate::value::class::overrides;
use crate::value::frame::{DST_MASK, Ret};
use crate::value::{Class, Dict, Function, Instance, Member, Module, Native, Str, T, Tuple, Value};

/// Where an attribute is.
#[derive(Clone, Copy, Debug)]
pub enum Found {
    Value(Value),
    /// A function found on the class: binding it to the object gives the attribute.
    Method(Value),
    /// Calling this with the first `n` of the arguments gives the attribute.
    Call(Value, [Value; 3], usize),
    Missing,
    Raised,
}

/// What storing an attribute takes.
pub enum Stored {
    Done,
    /// Calling this with the first `n` of the arguments does it.
    Call(Value, [Value; 3], usize),
}

// ---- instructions

#[inline(always)]
pub unsafe fn get(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    // SAFETY: I3; a slot cache was filled for objects of exactly this shape.
    unsafe {
        let object = reg!(base, word::b(w));
        if !object.is_object() {
            return Pc::DECLINE;
        }
        let header = object.header_unchecked();
        let cache = *ip;
        if (*header).shape != cache as u32 {
            return Pc::DECLINE;
        }
        let slot = header.cast::<u8>().add((cache >> 32) as usize).cast::<Value>();
        reg!(base, word::a(w)) = *slot;
        Pc::new(ip.add(3), base)
    }
}

/// The class cache holds functions of methods, and other values as they are.
#[inline(always)]
pub unsafe fn get_method(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    // SAFETY: I3; so throughout this file.
    unsafe {
        let object = reg!(base, word::b(w));
        if !object.is_object() {
            return Pc::DECLINE;
        }
        let shape = (*object.header_unchecked()).shape as u64 | (*vm).epoch() << 32;
        let callee = Value::from_bits(*ip.add(2));
        if shape != *ip.add(1) {
            return Pc::DECLINE;
        }
        if callee.is::<Function>() || callee.is::<Native>() {
            reg!(base, word::a(w)) = callee;
            return Pc::new(ip.add(3), base);
        }
        // A function of a module.
        let Some(cell) = callee.cast::<crate::value::Cell>() else { return Pc::DECLINE };
        let value = cell.value.get();
        if value.is_undef() {
            return Pc::DECLINE;
        }
        reg!(base, word::b(w)) = Value::UNDEF;
        reg!(base, word::a(w)) = value;
        Pc::new(ip.add(3), base)
    }
}

pub unsafe fn get_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe { get_as(vm, ip, base, w, false) }
}

pub unsafe fn get_method_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe { get_as(vm, ip, base, w, true) }
}

/// A function found on the class is bound, unless it is to be `called` with its receiver.
#[inline(always)]
unsafe fn got_method(vm: *mut Vm, base: Base, w: Word, called: bool, func: Value) {
    unsafe {
        reg!(base, word::a(w)) = match called {
            true => func,
            false => Value::object((*vm).space.bound_method(func, reg!(base, word::b(w)))),
        };
    }
}

/// Anything else that is to be `called` has no receiver.
#[inline(always)]
unsafe fn got_value(base: Base, w: Word, called: bool, value: Value) {
    unsafe {
        if called {
            reg!(base, word::b(w)) = Value::UNDEF;
        }
        reg!(base, word::a(w)) = value;
    }
}

/// `GetAttr`, or `LoadMethod` if the value is to be `called` next.
#[inline(always)]
unsafe fn get_as(vm: *mut Vm, ip: Ip, base: Base, w: Word, called: bool) -> Pc {
    unsafe {
        let object = reg!(base, word::b(w));
        let key = (*vm).space.shape_of(object) as u64 | (*vm).epoch() << 32;
        if key == *ip.add(1) {
            let mut value = Value::from_bits(*ip.add(2));
            if value.is::<Function>() || value.is::<Native>() {
                got_method(vm, base, w, called, value);
                return Pc::new(ip.add(3), base);
            }
            if let Some(cell) = value.cast::<crate::value::Cell>() {
                value = cell.value.get();
            } else if let Some(member) = value.cast::<Member>()
                && let Some(field) = tuple_field(member, object)
            {
                value = field;
            }
            if !value.is_undef() {
                got_value(base, w, called, value);
                return Pc::new(ip.add(3), base);
            }
        }
        let name = (*vm).code_of(base).names[word::name(w)];
        match (*vm).known(key as u32, name) {
            Known::Slot(offset) => {
                *ip = u64::from(key as u32) | u64::from(offset) << 32;
                let slot = object.header_unchecked().cast::<u8>().add(offset as usize);
                got_value(base, w, called, *slot.cast::<Value>());
                return Pc::new(ip.add(3), base);
            }
            Known::Method(func) => {
                *ip.add(1) = key;
                *ip.add(2) = func.bits();
                got_method(vm, base, w, called, func);
                return Pc::new(ip.add(3), base);
            }
            Known::Nothing => {}
        }
        let found = find(&mut *vm, object, name);
        fill_get(&*vm, ip, object, name, &found, key);
        let fallback = (*vm).space.class_of(object).has(overrides::GETATTR);
        match found {
            Found::Value(value) => {
                got_value(base, w, called, value);
                Pc::new(ip.add(3), base)
            }
            Found::Method(func) => {
                got_method(vm, base, w, called, func);
                Pc::new(ip.add(3), base)
            }
            Found::Call(func, args, n) => {
                let kind = if fallback { Ret::GetAttr } else { Ret::Plain };
                let info = w & DST_MASK | kind as u64;
                if called && !fallback {
                    reg!(base, word::b(w)) = Value::UNDEF;
                }
                call::invoke(vm, ip.add(3), base, func, &args[..n], info)
            }
            Found::Missing | Found::Raised => {
                if matches!(found, Found::Missing) {
                    missing(&*vm, object, name);
                }
                if fallback {
                    let info = w & DST_MASK | Ret::GetAttr as u64;
                    return call::fail(vm, ip.add(3), base, info);
                }
                unwind::unwind(vm, ip, base)
            }
        }
    }
}

/// The item of a named tuple that a field stands for.
#[inline]
pub(super) fn tuple_field(member: Gc<Member>, object: Value) -> Option<Value> {
    let tuple = match object.cast::<Instance>() {
        Some(instance) => instance.payload()?.cast::<Tuple>()?,
        None => object.cast::<Tuple>()?,
    };
    tuple.as_slice().get(member.item? as usize).copied()
}

/// Remembers where the attribute was, if the next object of this shape has it there too.
pub(super) unsafe fn fill_get(
    vm: &Vm,
    ip: Ip,
    object: Value,
    name: Gc<Str>,
    found: &Found,
    key: u64,
) {
    unsafe {
        let class = vm.space.class_of(object);
        if class.has(overrides::GETATTRIBUTE) {
            return;
        }
        if let Some(instance) = object.cast::<Instance>()
            && matches!(found, Found::Value(_))
            && let Some(slot) = vm.space.shapes.slot(instance.header.shape, name)
        {
            let on_class = vm.space.lookup(class, name);
            let plain = on_class.is_none_or(|f| {
                !is_data_descriptor(vm, f) || is_slot_of(f, name) && !class.is_volatile(name)
            });
            let inline = vm.space.shapes.get(instance.header.shape).inline;
            if plain && slot < inline {
                let offset = Instance::SLOTS + slot as usize * 8;
                *ip = instance.header.shape as u64 | (offset as u64) << 32;
                vm.learn(instance.header.shape, name, Known::Slot(offset as u32));
            }
            return;
        }
        if !cacheable(vm, object, name) {
            return;
        }
        match *found {
            // A module's own attributes do not show in its shape, and come before methods.
            Found::Method(func) if !object.is::<Module>() => {
                *ip.add(1) = key;
                *ip.add(2) = func.bits();
            }
            Found::Value(value) => {
                let slot = if object.is::<Module>() {
                    let Some(cell) = module_cell(vm, object, name) else { return };
                    cell
                } else if value.is::<Function>()
                    || value.is::<Native>()
                    || own(vm, object, name).is_some()
                {
                    return;
                } else {
                    let holder = object.cast::<Class>().unwrap_or(class);
                    let found = vm.space.lookup(holder, name);
                    let field = |m: Value| m.cast::<Member>().is_some_and(|m| m.item.is_some());
                    // Only what stands in a class as it is: computed and bound values change. The
                    // field of a tuple is read by its member.
                    match found {
                        Some(member) if field(member) && !object.is::<Class>() => member,
                        Some(found) if found == value => value,
                        // The shape of an object tells its class.
                        Some(found) if !object.is::<Class>() && tells_class(vm, found) => value,
                        _ => return,
                    }
                };
                *ip.add(1) = key;
                *ip.add(2) = slot.bits();
            }
            _ => {}
        }
    }
}

/// What holds a name of a module. It is remembered instead of the value: assignments to it then
/// need no notice.
pub(super) fn module_cell(vm: &Vm, object: Value, name: Gc<Str>) -> Option<Value> {
    let module = object.cast::<Module>().filter(|module| module.dict.is_namespace())?;
    let told = cacheable(vm, object, name) && own(vm, object, name).is_some();
    told.then(|| Value::object(module.dict.cell(&vm.space, name)))
}

/// Is the descriptor that of the slot with this very name?
fn is_slot_of(found: Value, name: Gc<Str>) -> bool {
    found
        .cast::<Member>()
        .is_some_and(|member| member.is_slot() && member.name.get() == Value::object(name))
}

/// Is it the descriptor that `object` has for `__class__`?
fn tells_class(vm: &Vm, found: Value) -> bool {
    let name = vm.names.__class__;
    found.is::<Member>() && vm.space.class(T::Object).dict.get_str(&vm.space, name) == Some(found)
}

/// Is what the class says about this name the same for every object of the same shape, until the
/// epoch changes?
pub fn cacheable(vm: &Vm, object: Value, name: Gc<Str>) -> bool {
    let class = vm.space.class_of(object);
    if class.has(overrides::GETATTRIBUTE) || class.is_volatile(name) {
        return false;
    }
    if let Some(this) = object.cast::<Class>() {
        return this.is_user() && !this.is_volatile(name);
    }
    match object.cast::<Instance>() {
        // In dict mode the shape does not say which attributes the object has.
        Some(instance) => !instance.extra.get().is::<Dict>(),
        None if object.is::<Module>() => true,
        None if object.is::<Function>() => false,
        None => {
            extra_cell(object).is_none_or(|extra| shape_tells(object) && !extra.get().is::<Dict>())
        }
    }
}

/// Length of `GetAttr` and `LoadMethod`, cache words included.
const GET_WORDS: usize = 4;

/// What a property gave to the instruction before `ip`, whose `__getattr__` was not needed.
pub unsafe fn value_arrived(ip: Ip, base: Base, dst: usize, value: Value) {
    unsafe {
        forget_receiver(base, *ip.sub(GET_WORDS));
        reg!(base, dst) = value;
    }
}

/// A value that code of the program gave is no method.
unsafe fn forget_receiver(base: Base, w: Word) {
    unsafe {
        if word::op(w) == Op::LoadMethod as u8 {
            reg!(base, word::b(w)) = Value::UNDEF;
        }
    }
}

/// `__getattribute__` or a getter has raised AttributeError: `__getattr__` gets its turn.
pub unsafe fn fall_back(vm: *mut Vm, ip: Ip, base: Base, info: u64) -> Pc {
    unsafe {
        let w = *ip.sub(GET_WORDS);
        let object = reg!(base, word::b(w));
        forget_receiver(base, w);
        let class = (*vm).space.class_of(object);
        match hook(&*vm, class, (*vm).names.__getattr__) {
            Some(method) => {
                (*vm).take_exception();
                let name = Value::object((*vm).code_of(base).names[word::name(w)]);
                let info = info & DST_MASK | Ret::Plain as u64;
                call::invoke(vm, ip, base, method, &[object, name], info)
            }
            None => unwind::unwind(vm, ip, base),
        }
    }
}

#[inline(always)]
pub unsafe fn set(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let object = reg!(base, word::a(w));
        if !object.is_object() {
            return Pc::DECLINE;
        }
        let header = object.header_unchecked();
        let shape = (*header).shape;
        let cache = *ip;
        if shape == cache as u32 {
            let slot = header.cast::<u8>().add((cache >> 32) as usize).cast::<Value>();
            *slot = reg!(base, word::b(w));
            return Pc::new(ip.add(3), base);
        }
        let transition = *ip.add(1);
        if shape == transition as u32 {
            let slot = header.cast::<u8>().add(*ip.add(2) as usize).cast::<Value>();
            *slot = reg!(base, word::b(w));
            (*header).shape = (transition >> 32) as u32;
            return Pc::new(ip.add(3), base);
        }
        Pc::DECLINE
    }
}

pub unsafe fn set_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let object = reg!(base, word::a(w));
        let value = reg!(base, word::b(w));
        let name = (*vm).code_of(base).names[word::name(w)];
        let before = (*vm).space.shape_of(object);
        match store(&mut *vm, object, name, value) {
            Ok(Stored::Done) => {
                fill_set(&*vm, ip, object, name, before);
                Pc::new(ip.add(3), base)
            }
            Ok(Stored::Call(func, args, n)) => {
                call::invoke(vm, ip.add(3), base, func, &args[..n], Ret::Discard as u64)
            }
            Err(_) => unwind::unwind(vm, ip, base),
        }
    }
}

pub(super) unsafe fn fill_set(vm: &Vm, ip: Ip, object: Value, name: Gc<Str>, before: u32) {
    unsafe {
        let Some(instance) = object.cast::<Instance>() else {
            return;
        };
        let after = instance.header.shape;
        let Some(slot) = vm.space.shapes.slot(after, name) else {
            return;
        };
        if slot >= vm.space.shapes.get(after).inline {
            return;
        }
        let offset = (Instance::SLOTS + slot as usize * 8) as u64;
        if after == before {
            *ip = after as u64 | offset << 32;
        } else {
            *ip.add(1) = before as u64 | (after as u64) << 32;
            *ip.add(2) = offset;
        }
    }
}

pub unsafe fn del(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let object = reg!(base, word::a(w));
        let name = (*vm).code_of(base).names[word::name(w)];
        let class = (*vm).space.class_of(object);
        if class.has(overrides::SETATTR)
            && let Some(method) = hook(&*vm, class, (*vm).names.__delattr__)
        {
            let args = [object, Value::object(name)];
            return call::invoke(vm, ip, base, method, &args, Ret::Discard as u64);
        }
        match store_default(&mut *vm, object, name, Value::UNDEF) {
            Ok(Stored::Done) => Pc::new(ip, base),
            Ok(Stored::Call(func, args, n)) => {
                call::invoke(vm, ip, base, func, &args[..n], Ret::Discard as u64)
            }
            Err(_) => unwind::unwind(vm, ip, base),
        }
    }
}

/// `super().name` where nothing is called.
pub unsafe fn get_super(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let b = word::b(w);
        let name = (*vm).code_of(base).names[word::name(w)];
        let parts = [reg!(base, b), reg!(base, b + 1), reg!(base, b + 2)];
        super_then(vm, ip, base, parts, name, None, w & DST_MASK)
    }
}

/// The general `super(...).name(args)`: make the object, ask it, call the answer.
pub unsafe fn super_then_call(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    parts: [Value; 3],
    name: Gc<Str>,
    args: Vec<Value>,
    info: u64,
) -> Pc {
    unsafe { super_then(vm, ip, base, parts, name, Some(args), info) }
}

pub(super) unsafe fn super_then(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    [callee, class, this]: [Value; 3],
    name: Gc<Str>,
    args: Option<Vec<Value>>,
    info: u64,
) -> Pc {
    unsafe {
        let args = args.map_or(Value::NONE, |args| Value::object((*vm).space.tuple(&args)));
        let state = [Value::object(name), args, Value::NONE];
        (*vm).continuations.push(call::Continuation { run: super_made, state, info });
        // What is only called `super` gets what stands in the parentheses: nothing.
        let root = (*vm).space.class(T::Super);
        let is_super = callee.cast::<Class>().is_some_and(|class| class.is_subclass(root));
        let args = [class, this];
        let args = if is_super { &args[..] } else { &[] };
        call::invoke(vm, ip, base, callee, args, Ret::Native as u64)
    }
}

pub(super) fn super_made(cx: &mut Cx, state: [Value; 3], outcome: Outcome) -> Flow {
    let object = outcome?;
    let name = state[0].cast::<Str>().expect("a name");
    cx.attribute_then(object, name, state[1])
}

impl Cx {
    /// Gets an attribute; with a tuple of arguments in `args` calls it. A native's last act.
    pub fn attribute_then(&mut self, object: Value, name: Gc<Str>, args: Value) -> Flow {
        let found = find(self.vm_mut(), object, name);
        self.found_then(found, object, name, args)
    }

    fn found_then(&mut self, found: Found, object: Value, name: Gc<Str>, args: Value) -> Flow {
        let finish = |cx: &mut Cx, value: Value| match args.cast::<crate::value::Tuple>() {
            Some(args) => cx.tail(value, args.as_slice()),
            None => Ok(value),
        };
        match found {
            Found::Value(value) => finish(self, value),
            Found::Method(func) => {
                let method = Value::object(self.bound_method(func, object));
                finish(self, method)
            }
            Found::Call(func, call_args, n) => {
                let state = [object, Value::object(name), args];
                self.call_then(func, &call_args[..n], attribute_arrived, state)
            }
            Found::Missing => {
                missing(self.vm(), object, name);
                self.attribute_fallback(object, name, args)
            }
            Found::Raised => self.attribute_fallback(object, name, args),
        }
    }

    /// An AttributeError is pending: `__getattr__`, if there is one.
    fn attribute_fallback(&mut self, object: Value, name: Gc<Str>, args: Value) -> Flow {
        let class = self.class_of(object);
        if class.has(overrides::GETATTR)
            && self.pending_is(T::AttributeError)
            && let Some(method) = hook(self.vm(), class, self.vm().names.__getattr__)
        {
            self.take_exception();
            let state = [args, Value::NONE, Value::NONE];
            return self.call_then(method, &[object, Value::object(name)], fallback_arrived, state);
        }
        Err(Stop::Raised)
    }

    /// What a class has of its own for reading, storing or deleting attributes (`lookup.rs`).
    pub fn hook(&self, class: Gc<Class>, name: Gc<Str>) -> Option<Value> {
        hook(self.vm(), class, name)
    }

    /// Is there such an attribute, as far as can be told without running code?
    pub fn find_attribute(&mut self, object: Value, name: Gc<Str>) -> Found {
        find(self.vm_mut(), object, name)
    }

    /// An attribute, by the door if code of the program computes it.
    pub fn get_attribute(&mut self, object: Value, name: Gc<Str>) -> Result<Value, Stop> {
        match find(self.vm_mut(), object, name) {
            Found::Value(value) => return Ok(value),
            Found::Method(func) => return Ok(Value::object(self.bound_method(func, object))),
            Found::Call(func, args, n) => match self.call(func, &args[..n]) {
                Ok(value) => return Ok(value),
                Err(stop) => {
                    if !self.pending_is(T::AttributeError) {
                        return Err(stop);
                    }
                }
            },
            Found::Missing => {
                missing(self.vm(), object, name);
            }
            Found::Raised => {}
        }
        let class = self.class_of(object);
        if class.has(overrides::GETATTR)
            && self.pending_is(T::AttributeError)
            && let Some(method) = hook(self.vm(), class, self.vm().names.__getattr__)
        {
            self.take_exception();
            return self.call(method, &[object, Value::object(name)]);
        }
        Err(Stop::Raised)
    }

    /// As `get_attribute`, None when there is no such attribute.
    pub fn get_optional(&mut self, object: Value, name: Gc<Str>) -> Result<Option<Value>, Stop> {
        match self.get_attribute(object, name) {
            Ok(value) => Ok(Some(value)),
            Err(_) if self.pending_is(T::AttributeError) => {
                self.take_exception();
                Ok(None)
            }
            Err(stop) => Err(stop),
        }
    }

    /// A special method, looked up on the type and bound; None if there is none.
    pub fn special(&mut self, object: Value, name: Gc<Str>) -> Result<Option<Value>, Stop> {
        let class = self.class_of(object);
        match self.lookup(class, name) {
            Some(found) if found.is_none() => Ok(None),
            Some(found) => bind_now(self.vm_mut(), found, object, class).map(Some),
            None => Ok(None),
        }
    }

    /// Stores an attribute, as a native's last act.
    pub fn store_attribute(&mut self, object: Value, name: Gc<Str>, value: Value) -> Flow {
        match store(self.vm_mut(), object, name, value)? {
            Stored::Done => Ok(Value::NONE),
            Stored::Call(func, args, n) => self.call_then(
                func,
                &args[..n],
                |_, _, outcome| outcome.map(|_| Value::NONE),
                [Value::NONE; 3],
            ),
        }
    }

    /// What `object.__setattr__` does, as a native's last act; UNDEF deletes.
    pub fn store_plain(&mut self, object: Value, name: Gc<Str>, value: Value) -> Flow {
        match store_default(self.vm_mut(), object, name, value)? {
            Stored::Done => Ok(Value::NONE),
            Stored::Call(func, args, n) => self.call_then(
                func,
                &args[..n],
                |_, _, outcome| outcome.map(|_| Value::NONE),
                [Value::NONE; 3],
            ),
        }
    }

    /// What `object.__getattribute__` does, as a native's last act.
    pub fn attribute_plain(&mut self, object: Value, name: Gc<Str>) -> Flow {
        let class = self.class_of(object);
        match find_default(self.vm_mut(), object, class, name) {
            Found::Value(value) => Ok(value),
            Found::Method(func) => Ok(Value::object(self.bound_method(func, object))),
            Found::Call(func, args, n) => self.tail(func, &args[..n]),
            Found::Missing => Err(missing(self.vm(), object, name)),
            Found::Raised => Err(Stop::Raised),
        }
    }

    /// The dict of an object's own attributes.
    pub fn attribute_dict(&self, object: Value) -> Option<Gc<Dict>> {
        attribute_dict(self.vm(), object)
    }

    pub fn own_attribute(&self, object: Value, name: Gc<Str>) -> Option<Value> {
        own(self.vm(), object, name)
    }

    /// Names of the object's own attributes, in the order they were set.
    pub fn own_names(&self, object: Value) -> Vec<Gc<Str>> {
        let mut names: Vec<Gc<Str>> = Vec::new();
        if let Some(instance) = object.cast::<Instance>() {
            for (slot, key) in self.shapes.keys(instance.header.shape).into_iter().enumerate() {
                let set = !slot_value(self.vm(), instance, slot).is_undef();
                if set && key.as_bytes() != PAYLOAD_KEY.as_bytes() {
                    names.push(key);
                }
            }
        }
        if let Some(dict) = extra_dict(self.vm(), object) {
            names.extend(dict.iter().filter_map(|entry| entry.key.cast::<Str>()));
        }
        names
    }

    /// Replaces all attributes by those of a dict, which from now on is the object's own; false
    /// if objects of its kind have none.
    pub fn set_attribute_dict(&self, object: Value, dict: Gc<Dict>) -> bool {
        // Attributes in slots move out first.
        if attribute_dict(self.vm(), object).is_none() {
            return false;
        }
        if let Some(function) = object.cast::<Function>() {
            self.set_detail(function, self.vm().names.__dict__, Value::object(dict));
            return true;
        }
        match extra_cell(object) {
            Some(cell) => {
                give_dict(self.vm(), object, cell, dict);
                true
            }
            None => false,
        }
    }

    pub fn set_own(&self, object: Value, name: Gc<Str>, value: Value) -> bool {
        set_own(self.vm(), object, name, value)
    }

    pub fn set_on_class(
        &mut self,
        class: Gc<Class>,
        name: Gc<Str>,
        value: Value,
    ) -> Result<(), Stop> {
        set_on_class(self.vm_mut(), class, name, value)
    }
}

pub(super) fn attribute_arrived(
    cx: &mut Cx,
    [object, name, args]: [Value; 3],
    outcome: Outcome,
) -> Flow {
    match outcome {
        Ok(value) => match args.cast::<crate::value::Tuple>() {
            Some(args) => cx.tail(value, args.as_slice()),
            None => Ok(value),
        },
        Err(_) => cx.attribute_fallback(object, name.cast().expect("a name"), args),
    }
}

pub(super) fn fallback_arrived(cx: &mut Cx, [args, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let value = outcome?;
    match args.cast::<crate::value::Tuple>() {
        Some(args) => cx.tail(value, args.as_slice()),
        None => Ok(value),
    }
}

/// `CallM` on an attribute that must be computed first.
#[allow(clippy::too_many_arguments)] // a handler's state, and what it decoded
pub unsafe fn resolve_then_call(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    object: Value,
    name: Gc<Str>,
    found: Found,
    args: Vec<Value>,
    info: u64,
) -> Pc {
    unsafe {
        let args = Value::object((*vm).space.tuple(&args));
        let flow = Cx::of(&mut *vm).found_then(found, object, name, args);
        call::settle(vm, ip, base, info, flow)
    }
}

/// The truth of what a native said, for natives that test attributes.
pub fn is_true(vm: &mut Vm, value: Value) -> Result<bool, Stop> {
    match ops::truth(vm, value) {
        Ok(yes) => Ok(yes),
        Err(super::Ask::Raised) => Err(Stop::Raised),
        Err(super::Ask::Call { method, by_len }) => {
            let answer = match super::call::bind_special(vm, method, value)? {
                (func, Some(this)) => Cx::of(vm).call(func, &[this])?,
                (func, None) => Cx::of(vm).call(func, &[])?,
            };
            ops::truth_of_answer(vm, answer, by_len)
        }
    }
}
