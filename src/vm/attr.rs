//! Attributes: lookup, binding, storing, and the caches in front of them.
//!
//! `find` answers without running code of the program, or says what to call. Own attributes of
//! instances are in slots that their shape names; everything else that can have attributes keeps
//! them in a dict.

use super::pc::{Base, Ip, Pc, reg};
use super::{Cx, Flow, Outcome, Stop, Vm, call, ops, raise, unwind};
use crate::code::op::{Word, word};
use crate::gc::Gc;
use crate::value::class::{flags, overrides};
use crate::value::frame::{DST_MASK, Ret};
use crate::value::kind::Kind;
use crate::value::shape::MAX_KEYS;
use crate::value::{
    BoundMethod, Class, ClassMethod, CodeObject, Dict, Exception, Function, Instance, Member,
    Module, Native, NativeKind, Property, Resource, Slots, StaticMethod, Str, Super, T, Value,
};

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

/// Name of the hidden first slot of instances that carry a built-in value.
pub const PAYLOAD_KEY: &str = "\0payload";

// ---- own attributes

/// An attribute that the object itself has.
pub fn own(vm: &Vm, object: Value, name: Gc<Str>) -> Option<Value> {
    if let Some(instance) = object.cast::<Instance>() {
        if let Some(slot) = vm.space.shapes.slot(instance.header.shape, name) {
            let value = slot_value(vm, instance, slot as usize);
            return if value.is_undef() { None } else { Some(value) };
        }
    }
    extra_dict(object)?.get_str(&vm.space, name)
}

fn slot_value(vm: &Vm, instance: Gc<Instance>, slot: usize) -> Value {
    let inline = vm.space.shapes.get(instance.header.shape).inline as usize;
    if slot < inline {
        return instance.slot(slot).get();
    }
    match instance.extra.get().cast::<Slots>() {
        Some(slots) => slots.get(slot - inline),
        None => Value::UNDEF,
    }
}

/// The cell of an object that refers to its attribute dict, for kinds that have one.
fn extra_cell(object: Value) -> Option<&'static std::cell::Cell<Value>> {
    let header = object.header()?;
    // SAFETY: the kind is checked; the reference is used before anything can run.
    unsafe {
        match (*header).kind {
            k if k == Kind::Instance as u8 => Some(&(*header.cast::<Instance>()).extra),
            k if k == Kind::Exception as u8 => Some(&(*header.cast::<Exception>()).extra),
            k if k == Kind::Resource as u8 => Some(&(*header.cast::<Resource>()).extra),
            k if k == Kind::Function as u8 => Some(&(*header.cast::<Function>()).extra),
            k if k == Kind::StaticMethod as u8 => Some(&(*header.cast::<StaticMethod>()).extra),
            k if k == Kind::ClassMethod as u8 => Some(&(*header.cast::<ClassMethod>()).extra),
            _ => None,
        }
    }
}

fn extra_dict(object: Value) -> Option<Gc<Dict>> {
    if let Some(module) = object.cast::<Module>() {
        return Some(module.dict);
    }
    extra_cell(object)?.get().cast::<Dict>()
}

/// Sets an attribute of the object itself; false if objects of its kind have none.
pub fn set_own(vm: &Vm, object: Value, name: Gc<Str>, value: Value) -> bool {
    let space = &vm.space;
    let name = space.intern_str(name);
    if let Some(module) = object.cast::<Module>() {
        module.dict.set_str(space, name, value);
        return true;
    }
    if let Some(instance) = object.cast::<Instance>() {
        let shape = instance.header.shape;
        if let Some(slot) = space.shapes.slot(shape, name) {
            put_slot(vm, instance, slot as usize, value);
            return true;
        }
        if let Some(dict) = instance.extra.get().cast::<Dict>() {
            dict.set_str(space, name, value);
            return true;
        }
        let count = space.shapes.get(shape).count as usize;
        if count < MAX_KEYS {
            let child = space.shapes.child(shape, name);
            set_shape(instance, child);
            put_slot(vm, instance, count, value);
            let class = space.shapes.get(shape).class;
            if count as u32 >= class.inline.get() && count < 24 {
                class.inline.set(count as u32 + 1);
            }
            return true;
        }
        attribute_dict(vm, object).expect("instances have one").set_str(space, name, value);
        return true;
    }
    match extra_cell(object) {
        Some(cell) => {
            let dict = cell.get().cast::<Dict>().unwrap_or_else(|| {
                let dict = space.dict();
                cell.set(Value::object(dict));
                dict
            });
            dict.set_str(space, name, value);
            true
        }
        None => false,
    }
}

fn set_shape(instance: Gc<Instance>, shape: u32) {
    // SAFETY: a live object; the header is a plain field.
    unsafe { (*instance.header()).shape = shape }
}

fn put_slot(vm: &Vm, instance: Gc<Instance>, slot: usize, value: Value) {
    let inline = vm.space.shapes.get(instance.header.shape).inline as usize;
    if slot < inline {
        instance.slot(slot).set(value);
        return;
    }
    let slots = instance.extra.get().cast::<Slots>().unwrap_or_else(|| {
        let slots = vm.space.slots(Vec::new());
        instance.extra.set(Value::object(slots));
        slots
    });
    slots.edit(|values| {
        let at = slot - inline;
        if values.len() <= at {
            values.resize(at + 1, Value::UNDEF);
        }
        values[at] = value;
    });
}

/// Removes an attribute of the object itself; false if it had none.
pub fn del_own(vm: &Vm, object: Value, name: Gc<Str>) -> bool {
    if own(vm, object, name).is_none() {
        return false;
    }
    if let Some(instance) = object.cast::<Instance>()
        && let Some(slot) = vm.space.shapes.slot(instance.header.shape, name)
    {
        let class = vm.space.class_of(object);
        if is_slot_name(vm, class, name) {
            put_slot(vm, instance, slot as usize, Value::UNDEF);
            return true;
        }
    }
    match attribute_dict(vm, object) {
        Some(dict) => dict.remove_str(&vm.space, name).is_some(),
        None => false,
    }
}

fn is_slot_name(vm: &Vm, class: Gc<Class>, name: Gc<Str>) -> bool {
    vm.space
        .lookup(class, name)
        .and_then(|found| found.cast::<Member>())
        .is_some_and(|member| member.computed.is_none())
}

/// The dict that holds an object's attributes, made if need be: `__dict__`. From then on an
/// instance keeps its attributes there (those of `__slots__` stay in slots).
pub fn attribute_dict(vm: &Vm, object: Value) -> Option<Gc<Dict>> {
    if let Some(dict) = extra_dict(object) {
        return Some(dict);
    }
    if let Some(class) = object.cast::<Class>() {
        return Some(class.dict);
    }
    let cell = extra_cell(object)?;
    let dict = vm.space.dict();
    if let Some(instance) = object.cast::<Instance>() {
        let class = vm.space.class_of(object);
        if class.header.flags & flags::NO_DICT != 0 {
            return None;
        }
        let keys = vm.space.shapes.keys(instance.header.shape);
        let mut kept = Vec::new();
        for (slot, &key) in keys.iter().enumerate() {
            let value = slot_value(vm, instance, slot);
            if key.as_bytes() == PAYLOAD_KEY.as_bytes() || is_slot_name(vm, class, key) {
                kept.push((key, value));
            } else if !value.is_undef() {
                dict.set_str(&vm.space, key, value);
            }
        }
        let inline = vm.space.shapes.get(instance.header.shape).inline as usize;
        for slot in 0..inline.min(instance.room()) {
            instance.slot(slot).set(Value::UNDEF);
        }
        let mut shape = vm.space.shapes.root(class, instance.room());
        for (slot, (key, value)) in kept.into_iter().enumerate() {
            shape = vm.space.shapes.child(shape, key);
            if slot < instance.room() {
                instance.slot(slot).set(value);
            }
        }
        set_shape(instance, shape);
    }
    cell.set(Value::object(dict));
    Some(dict)
}

// ---- lookup

/// Looks an attribute up as `object.name` does, without running code of the program.
pub fn find(vm: &mut Vm, object: Value, name: Gc<Str>) -> Found {
    let class = vm.space.class_of(object);
    if class.has(overrides::GETATTRIBUTE) {
        let method = vm.space.lookup(class, vm.names.__getattribute__);
        if let Some(method) = method.filter(|m| m.is::<Function>()) {
            let args = [object, Value::object(name), Value::NONE];
            return Found::Call(method, args, 2);
        }
    }
    find_default(vm, object, class, name)
}

/// What `object.__getattribute__` does.
pub fn find_default(vm: &mut Vm, object: Value, class: Gc<Class>, name: Gc<Str>) -> Found {
    let on_class = vm.space.lookup(class, name);
    if let Some(found) = on_class
        && is_data_descriptor(vm, found)
    {
        return bind(vm, found, object, class);
    }
    if let Some(this) = object.cast::<Class>() {
        if let Some(found) = vm.space.lookup(this, name) {
            return bind_on_class(vm, found, this);
        }
    } else if let Some(this) = object.cast::<Super>() {
        return find_super(vm, this, name);
    } else if let Some(value) = own(vm, object, name) {
        return Found::Value(value);
    }
    match on_class {
        Some(found) => bind(vm, found, object, class),
        None => {
            if let Some(method) = object.cast::<BoundMethod>()
                && !method.func.get().is::<Native>()
            {
                // A bound method shows the attributes of what it binds.
                let func = method.func.get();
                return match find(vm, func, name) {
                    Found::Method(found) => {
                        Found::Value(Value::object(vm.space.bound_method(found, func)))
                    }
                    Found::Missing => {
                        missing(vm, func, name);
                        Found::Raised
                    }
                    found => found,
                };
            }
            if let Some(module) = object.cast::<Module>()
                && !module.getattr.get().is_undef()
            {
                let args = [Value::object(name), Value::NONE, Value::NONE];
                return Found::Call(module.getattr.get(), args, 1);
            }
            Found::Missing
        }
    }
}

/// For a call: a method on the class comes back unbound.
pub fn find_method(vm: &mut Vm, object: Value, name: Gc<Str>) -> Found {
    find(vm, object, name)
}

fn is_data_descriptor(vm: &Vm, found: Value) -> bool {
    if found.is::<Function>() || !found.is_object() {
        return false;
    }
    found.is::<Property>() || found.is::<Member>() || vm.space.class_of(found).has(overrides::SET)
}

/// What an attribute found on the class is for an instance.
fn bind(vm: &mut Vm, found: Value, object: Value, class: Gc<Class>) -> Found {
    if found.is::<Function>() {
        return Found::Method(found);
    }
    if let Some(native) = found.cast::<Native>() {
        return match native.kind {
            NativeKind::Method => Found::Method(found),
            NativeKind::ClassMethod => {
                Found::Value(Value::object(vm.space.bound_method(found, Value::object(class))))
            }
            _ => Found::Value(found),
        };
    }
    if let Some(property) = found.cast::<Property>() {
        if property.get.get().is_none() {
            let text = format!(
                "property '{}' of '{}' object has no getter",
                property_name(vm, property),
                class.name_text()
            );
            raise::error(vm, T::AttributeError, &text);
            return Found::Raised;
        }
        return Found::Call(property.get.get(), [object, Value::NONE, Value::NONE], 1);
    }
    if let Some(member) = found.cast::<Member>() {
        return match member.computed {
            Some(getset) => match (getset.get)(Cx::of(vm), object) {
                Ok(value) => Found::Value(value),
                Err(Stop::Tail) => {
                    let tail = vm.tail.take().expect("set by the getter");
                    let mut args = [Value::NONE; 3];
                    args[..tail.args.len()].copy_from_slice(&tail.args);
                    Found::Call(tail.callee, args, tail.args.len())
                }
                Err(Stop::Raised) => Found::Raised,
                Err(Stop::Resume) => unreachable!("a computed attribute resumes nothing"),
            },
            None => match own(vm, object, member.name.get().cast().expect("a name")) {
                Some(value) => Found::Value(value),
                None => Found::Missing,
            },
        };
    }
    if let Some(method) = found.cast::<StaticMethod>() {
        return Found::Value(method.func.get());
    }
    if let Some(method) = found.cast::<ClassMethod>() {
        let func = method.func.get();
        return Found::Value(Value::object(vm.space.bound_method(func, Value::object(class))));
    }
    let kind = vm.space.class_of(found);
    if kind.has(overrides::GET)
        && let Some(get) = vm.space.lookup(kind, vm.names.__get__)
    {
        let bound = Value::object(vm.space.bound_method(get, found));
        return Found::Call(bound, [object, Value::object(class), Value::NONE], 2);
    }
    Found::Value(found)
}

/// What an attribute found on a class is when asked of the class itself.
fn bind_on_class(vm: &mut Vm, found: Value, class: Gc<Class>) -> Found {
    if let Some(native) = found.cast::<Native>() {
        if native.kind == NativeKind::ClassMethod {
            let bound = vm.space.bound_method(found, Value::object(class));
            return Found::Value(Value::object(bound));
        }
        return Found::Value(found);
    }
    if let Some(method) = found.cast::<StaticMethod>() {
        return Found::Value(method.func.get());
    }
    if let Some(method) = found.cast::<ClassMethod>() {
        let bound = vm.space.bound_method(method.func.get(), Value::object(class));
        return Found::Value(Value::object(bound));
    }
    let kind = vm.space.class_of(found);
    if kind.has(overrides::GET)
        && let Some(get) = vm.space.lookup(kind, vm.names.__get__)
    {
        let bound = Value::object(vm.space.bound_method(get, found));
        return Found::Call(bound, [Value::NONE, Value::object(class), Value::NONE], 2);
    }
    Found::Value(found)
}

fn find_super(vm: &mut Vm, this: Gc<Super>, name: Gc<Str>) -> Found {
    let object = this.this.get();
    if name != vm.names.__class__
        && let Some(found) = super_lookup(vm, this.class, this.start, name)
    {
        // `super(C, cls)` in a classmethod: bound to the class.
        if let Some(class) = object.cast::<Class>()
            && class == this.start
        {
            return bind_on_class(vm, found, class);
        }
        return match bind(vm, found, object, this.start) {
            Found::Method(func) => Found::Value(Value::object(vm.space.bound_method(func, object))),
            found => found,
        };
    }
    match vm.space.lookup(vm.space.class(T::Super), name) {
        Some(found) => {
            let class = vm.space.class(T::Super);
            bind(vm, found, Value::object(this), class)
        }
        None => Found::Missing,
    }
}

/// The attribute behind `class` in the MRO of `start`.
fn super_lookup(vm: &Vm, class: Gc<Class>, start: Gc<Class>, name: Gc<Str>) -> Option<Value> {
    let mro = start.mro.borrow();
    let from = mro.iter().position(|&c| c == class)? + 1;
    mro[from..].iter().find_map(|c| c.dict.get_str(&vm.space, name))
}

/// A method for `super().name(...)` that is called with `this` in front, if it is that simple.
pub fn super_method(vm: &Vm, class: Gc<Class>, this: Value, name: Gc<Str>) -> Option<Value> {
    let start = vm.space.class_of(this);
    if this.is::<Class>() || !start.is_subclass(class) {
        return None;
    }
    let found = super_lookup(vm, class, start, name)?;
    let native = found.cast::<Native>().is_some_and(|n| n.kind == NativeKind::Method);
    if found.is::<Function>() || native { Some(found) } else { None }
}

/// Binds at once: natives that hold no frame ask for this. Code of the program runs by the door.
pub fn bind_now(vm: &mut Vm, found: Value, object: Value, class: Gc<Class>) -> Result<Value, Stop> {
    match bind(vm, found, object, class) {
        Found::Value(value) => Ok(value),
        Found::Method(func) => Ok(Value::object(vm.space.bound_method(func, object))),
        Found::Call(func, args, n) => Cx::of(vm).call(func, &args[..n]),
        Found::Missing => Ok(found),
        Found::Raised => Err(Stop::Raised),
    }
}

/// AttributeError for an attribute that is not there.
pub fn missing(vm: &Vm, object: Value, name: Gc<Str>) -> Stop {
    let text = if let Some(class) = object.cast::<Class>() {
        format!("type object '{}' has no attribute '{}'", class.name_text(), name.lossy())
    } else if let Some(module) = object.cast::<Module>() {
        crate::native::missing_in_module(&module.name.lossy(), &name.lossy())
    } else {
        format!("'{}' object has no attribute '{}'", vm.space.type_name(object), name.lossy())
    };
    raise::attribute(vm, &text, object, name)
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

pub unsafe fn get_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    // SAFETY: I3; so throughout this file.
    unsafe {
        let object = reg!(base, word::b(w));
        let key = (*vm).space.shape_of(object) as u64 | (*vm).epoch() << 32;
        if key == *ip.add(1) {
            let mut value = Value::from_bits(*ip.add(2));
            if value.is::<Function>() || value.is::<Native>() {
                value = Value::object((*vm).space.bound_method(value, object));
            } else if let Some(cell) = value.cast::<crate::value::Cell>() {
                value = cell.value.get();
            }
            if !value.is_undef() {
                reg!(base, word::a(w)) = value;
                return Pc::new(ip.add(3), base);
            }
        }
        let name = (*vm).code_of(base).names[word::name(w)];
        let found = find(&mut *vm, object, name);
        fill_get(&*vm, ip, object, name, &found, key);
        let fallback = (*vm).space.class_of(object).has(overrides::GETATTR);
        match found {
            Found::Value(value) => {
                reg!(base, word::a(w)) = value;
                Pc::new(ip.add(3), base)
            }
            Found::Method(func) => {
                let method = (*vm).space.bound_method(func, object);
                reg!(base, word::a(w)) = Value::object(method);
                Pc::new(ip.add(3), base)
            }
            Found::Call(func, args, n) => {
                let kind = if fallback { Ret::GetAttr } else { Ret::Plain };
                let info = w & DST_MASK | kind as u64;
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

/// Remembers where the attribute was, if the next object of this shape has it there too.
unsafe fn fill_get(vm: &Vm, ip: Ip, object: Value, name: Gc<Str>, found: &Found, key: u64) {
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
            let plain = on_class.is_none_or(|f| !is_data_descriptor(vm, f));
            let inline = vm.space.shapes.get(instance.header.shape).inline;
            if plain && slot < inline {
                let offset = Instance::SLOTS + slot as usize * 8;
                *ip = instance.header.shape as u64 | (offset as u64) << 32;
            }
            return;
        }
        if !cacheable(vm, object, name) {
            return;
        }
        match *found {
            Found::Method(func) => {
                *ip.add(1) = key;
                *ip.add(2) = func.bits();
            }
            Found::Value(value) => {
                let slot = if let Some(module) = object.cast::<Module>() {
                    // The cell, not the value: assignments to it then need no notice.
                    if own(vm, object, name).is_none() || !module.dict.is_namespace() {
                        return;
                    }
                    Value::object(module.dict.cell(&vm.space, name))
                } else if value.is::<Function>() || value.is::<Native>() {
                    return;
                } else if own(vm, object, name).is_some() {
                    return;
                } else {
                    let holder = object.cast::<Class>().unwrap_or(class);
                    // Only what stands in a class as it is: computed and bound values change.
                    if vm.space.lookup(holder, name) != Some(value) {
                        return;
                    }
                    value
                };
                *ip.add(1) = key;
                *ip.add(2) = slot.bits();
            }
            _ => {}
        }
    }
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
        None => object.is::<Module>() || extra_cell(object).is_none(),
    }
}

/// `__getattribute__` or a getter has raised AttributeError: `__getattr__` gets its turn.
pub unsafe fn fall_back(vm: *mut Vm, ip: Ip, base: Base, info: u64) -> Pc {
    unsafe {
        // The instruction is three cache words back.
        let w = *ip.sub(4);
        let object = reg!(base, word::b(w));
        let class = (*vm).space.class_of(object);
        match (*vm).space.lookup(class, (*vm).names.__getattr__) {
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

unsafe fn fill_set(vm: &Vm, ip: Ip, object: Value, name: Gc<Str>, before: u32) {
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

/// Stores an attribute as `object.name = value` does.
pub fn store(vm: &mut Vm, object: Value, name: Gc<Str>, value: Value) -> Result<Stored, Stop> {
    let class = vm.space.class_of(object);
    if class.has(overrides::SETATTR)
        && let Some(method) = vm.space.lookup(class, vm.names.__setattr__)
        && method.is::<Function>()
    {
        return Ok(Stored::Call(method, [object, Value::object(name), value], 3));
    }
    store_default(vm, object, name, value)
}

/// What `object.__setattr__` does; UNDEF deletes.
pub fn store_default(
    vm: &mut Vm,
    object: Value,
    name: Gc<Str>,
    value: Value,
) -> Result<Stored, Stop> {
    let class = vm.space.class_of(object);
    let on_class = vm.space.lookup(class, name);
    if let Some(found) = on_class {
        if let Some(property) = found.cast::<Property>() {
            let (func, what) = if value.is_undef() {
                (property.delete.get(), "deleter")
            } else {
                (property.set.get(), "setter")
            };
            if func.is_none() {
                let text = format!(
                    "property '{}' of '{}' object has no {what}",
                    property_name(vm, property),
                    class.name_text()
                );
                return Err(raise::error(vm, T::AttributeError, &text));
            }
            let n = if value.is_undef() { 1 } else { 2 };
            return Ok(Stored::Call(func, [object, value, Value::NONE], n));
        }
        if let Some(member) = found.cast::<Member>()
            && let Some(getset) = member.computed
        {
            let Some(set) = getset.set else {
                let text = format!(
                    "attribute '{}' of '{}' objects is not writable",
                    getset.name,
                    class.name_text()
                );
                return Err(raise::error(vm, T::AttributeError, &text));
            };
            set(Cx::of(vm), object, value)?;
            return Ok(Stored::Done);
        }
        let kind = vm.space.class_of(found);
        if kind.has(overrides::SET) {
            let name = if value.is_undef() { vm.names.__delete__ } else { vm.names.__set__ };
            let Some(method) = vm.space.lookup(kind, name) else {
                let text = name.lossy().into_owned();
                return Err(raise::error(vm, T::AttributeError, &text));
            };
            let bound = Value::object(vm.space.bound_method(method, found));
            let n = if value.is_undef() { 1 } else { 2 };
            return Ok(Stored::Call(bound, [object, value, Value::NONE], n));
        }
    }
    if let Some(this) = object.cast::<Class>() {
        set_on_class(vm, this, name, value)?;
        return Ok(Stored::Done);
    }
    let slot_name =
        on_class.and_then(|f| f.cast::<Member>()).is_some_and(|member| member.computed.is_none());
    let closed = class.header.flags & flags::NO_DICT != 0 && !slot_name;
    if value.is_undef() {
        if closed || !del_own(vm, object, name) {
            if slot_name {
                let text = name.lossy().into_owned();
                return Err(raise::attribute(vm, &text, object, name));
            }
            return Err(missing(vm, object, name));
        }
        return Ok(Stored::Done);
    }
    if closed || !set_own(vm, object, name, value) {
        let type_name = class.name_text();
        let name_text = name.lossy();
        let text = if on_class.is_some() {
            format!("'{type_name}' object attribute '{name_text}' is read-only")
        } else if object.is::<Instance>() || !closed {
            format!(
                "'{type_name}' object has no attribute '{name_text}' and no __dict__ for setting \
                 new attributes"
            )
        } else {
            format!("'{type_name}' object has no attribute '{name_text}'")
        };
        return Err(raise::attribute(vm, &text, object, name));
    }
    Ok(Stored::Done)
}

fn property_name(vm: &Vm, property: Gc<Property>) -> String {
    if let Some(name) = property.name.get().cast::<Str>() {
        return name.lossy().into_owned();
    }
    match property.get.get().cast::<Function>() {
        Some(function) => function.code.code.name.to_string(),
        None => vm.space.type_name(property.get.get()),
    }
}

/// Sets (or with UNDEF deletes) an attribute of a class, and drops what was remembered about it.
pub fn set_on_class(
    vm: &mut Vm,
    class: Gc<Class>,
    name: Gc<Str>,
    value: Value,
) -> Result<(), Stop> {
    let space = &vm.space;
    if class.header.flags & flags::IMMUTABLE != 0 {
        let text = format!(
            "cannot set '{}' attribute of immutable type '{}'",
            name.lossy(),
            class.name_text()
        );
        return Err(raise::error(vm, T::TypeError, &text));
    }
    let name = space.intern_str(name);
    let old = class.dict.get_str(space, name);
    if value.is_undef() {
        if old.is_none() {
            return Err(missing(vm, Value::object(class), name));
        }
        class.dict.remove_str(space, name);
    } else {
        class.dict.set_str(space, name, value);
    }
    let special =
        crate::value::space::OVERRIDES.iter().any(|(n, _)| name.as_bytes() == n.as_bytes());
    if special {
        refresh_tree(vm, class);
    }
    if special || old.is_none() || value.is_undef() || is_data_descriptor(vm, value) {
        vm.space.bump_epoch();
        if special || is_data_descriptor(vm, value) {
            flush_slot_caches(vm);
        }
    } else if !class.volatile.borrow().contains(&name) {
        // The first replacement is noticed by everyone; from then on nobody remembers it.
        class.volatile.borrow_mut().push(name);
        vm.space.bump_epoch();
    }
    Ok(())
}

fn refresh_tree(vm: &Vm, class: Gc<Class>) {
    let mut pending = vec![class];
    while let Some(class) = pending.pop() {
        vm.space.refresh_overrides(class);
        pending.extend(class.subclasses.borrow().iter().copied());
    }
}

/// A class whose instances may have been cached by slot has got a data descriptor or an access
/// hook: forget all slots, in all code.
fn flush_slot_caches(vm: &Vm) {
    use crate::code::op::Op;
    vm.space.heap.for_each(Kind::CodeObject as u8, |header| {
        // SAFETY: the kind says so, and verified code is walked by its own lengths.
        unsafe {
            let code = Gc::<CodeObject>::from_raw(header.cast());
            let words = code.words();
            let mut at = 0;
            while at < code.word_count() {
                let op = Op::from_byte(word::op(*words.add(at))).expect("verified");
                if matches!(op, Op::GetAttr | Op::SetAttr) {
                    for i in 1..=op.words() {
                        *words.add(at + i) = 0;
                    }
                }
                at += 1 + op.words();
            }
        }
    });
}

pub unsafe fn del(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let object = reg!(base, word::a(w));
        let name = (*vm).code_of(base).names[word::name(w)];
        let class = (*vm).space.class_of(object);
        if class.has(overrides::SETATTR)
            && let Some(method) = (*vm).space.lookup(class, (*vm).names.__delattr__)
            && method.is::<Function>()
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

unsafe fn super_then(
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
        call::invoke(vm, ip, base, callee, &[class, this], Ret::Native as u64)
    }
}

fn super_made(cx: &mut Cx, state: [Value; 3], outcome: Outcome) -> Flow {
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
            Some(args) => cx.tail(value, &args.as_slice().to_vec()),
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
            && let Some(method) = self.lookup(class, self.vm().names.__getattr__)
        {
            self.take_exception();
            let state = [args, Value::NONE, Value::NONE];
            return self.call_then(method, &[object, Value::object(name)], fallback_arrived, state);
        }
        Err(Stop::Raised)
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
            && let Some(method) = self.lookup(class, self.vm().names.__getattr__)
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
        if let Some(dict) = extra_dict(object) {
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
        match extra_cell(object) {
            Some(cell) => {
                cell.set(Value::object(dict));
                true
            }
            None => false,
        }
    }

    /// Makes an instance one of another class of the same layout.
    pub fn set_class(&self, object: Value, class: Gc<Class>) -> bool {
        let Some(instance) = object.cast::<Instance>() else { return false };
        let inline = self.shapes.get(instance.header.shape).inline as usize;
        let root = self.shapes.root(class, inline);
        set_shape(instance, self.shapes.rebase(instance.header.shape, root));
        true
    }

    /// Says whether a class has abstract methods left.
    pub fn set_abstract(&self, class: Gc<Class>, on: bool) {
        // SAFETY: a live object; flags are a plain field.
        unsafe {
            let header = class.header();
            if on {
                (*header).flags |= flags::ABSTRACT;
            } else {
                (*header).flags &= !flags::ABSTRACT;
            }
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

fn attribute_arrived(cx: &mut Cx, [object, name, args]: [Value; 3], outcome: Outcome) -> Flow {
    match outcome {
        Ok(value) => match args.cast::<crate::value::Tuple>() {
            Some(args) => cx.tail(value, &args.as_slice().to_vec()),
            None => Ok(value),
        },
        Err(_) => cx.attribute_fallback(object, name.cast().expect("a name"), args),
    }
}

fn fallback_arrived(cx: &mut Cx, [args, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let value = outcome?;
    match args.cast::<crate::value::Tuple>() {
        Some(args) => cx.tail(value, &args.as_slice().to_vec()),
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

/// Bound special methods of `with`.
pub unsafe fn load_special(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let object = reg!(base, word::b(w));
        let names = &(*vm).names;
        let (name, is_async, other) = match word::c(w) {
            0 => (names.__enter__, false, names.__aenter__),
            1 => (names.__exit__, false, names.__aexit__),
            2 => (names.__aenter__, true, names.__enter__),
            _ => (names.__aexit__, true, names.__exit__),
        };
        match Cx::of(&mut *vm).special(object, name) {
            Ok(Some(method)) => {
                reg!(base, word::a(w)) = method;
                return Pc::new(ip, base);
            }
            Ok(None) => {}
            Err(_) => return unwind::unwind(vm, ip, base),
        }
        let class = (*vm).space.class_of(object);
        let protocol = if is_async { "asynchronous context manager" } else { "context manager" };
        let missed = if matches!(word::c(w), 1 | 3) {
            format!(" (missed {} method)", name.lossy())
        } else {
            String::new()
        };
        let mut text = format!(
            "'{}' object does not support the {protocol} protocol{missed}",
            class.name_text()
        );
        if (*vm).space.lookup(class, other).is_some() {
            let hint = if is_async { "with" } else { "async with" };
            text = format!(
                "'{}' object does not support the {protocol} protocol{missed}. Did you mean to \
                 use '{hint}'?",
                class.name_text()
            );
        }
        raise::error(&*vm, T::TypeError, &text);
        unwind::unwind(vm, ip, base)
    }
}

/// The truth of what a native said, for natives that test attributes.
pub fn is_true(vm: &mut Vm, value: Value) -> Result<bool, Stop> {
    match ops::truth(vm, value) {
        Ok(yes) => Ok(yes),
        Err(super::Ask::Raised) => Err(Stop::Raised),
        Err(super::Ask::Call(method)) => {
            let answer = Cx::of(vm).call(method, &[value])?;
            ops::truth_of_answer(vm, answer)
        }
    }
}
