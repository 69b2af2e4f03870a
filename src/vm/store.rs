//! Storing and deleting attributes, and what must be forgotten when a class changes.

use super::attr::*;
use super::lookup::*;
use super::own::*;
use super::{Cx, Stop, Vm, raise};
use crate::code::op::word;
use crate::gc::Gc;
use crate::value::class::{flags, overrides};
use crate::value::kind::Kind;
use crate::value::{Class, CodeObject, Function, Member, Module, Property, Str, T, Value};

/// Stores an attribute as `object.name = value` does.
pub fn store(vm: &mut Vm, object: Value, name: Gc<Str>, value: Value) -> Result<Stored, Stop> {
    let class = vm.space.class_of(object);
    if class.has(overrides::SETATTR)
        && let Some(method) = hook(vm, class, vm.names.__setattr__)
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
                return Err(accessor_missing(vm, property, class, what));
            }
            let n = if value.is_undef() { 1 } else { 2 };
            return Ok(Stored::Call(func, [object, value, Value::NONE], n));
        }
        if found.cast::<Member>().is_some_and(|member| member.item.is_some()) {
            let what = if value.is_undef() { "delete" } else { "set" };
            let text = format!("can't {what} attribute");
            return Err(raise::attribute(vm, &text, object, name));
        }
        if let Some(member) = found.cast::<Member>()
            && let Some(getset) = super::natives::getset_of(member)
        {
            let Some(set) = getset.set else {
                return Err(raise::not_writable(vm, object, getset.name));
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
        on_class.and_then(|f| f.cast::<Member>()).is_some_and(|member| member.is_slot());
    let closed = class.header.flags & flags::NO_DICT != 0 && !slot_name;
    if value.is_undef() {
        if !closed && del_own(vm, object, name) {
            return Ok(Stored::Done);
        }
        if slot_name {
            let text = name.lossy().into_owned();
            return Err(raise::attribute(vm, &text, object, name));
        }
        let keeps = object.is::<Module>() || object.is::<Function>();
        if !closed && (keeps || extra_cell(object).is_some()) {
            return Err(missing(vm, object, name));
        }
        return Err(closed_to(vm, object, name, on_class.is_some()));
    }
    if closed || !set_own(vm, object, name, value) {
        return Err(closed_to(vm, object, name, on_class.is_some()));
    }
    Ok(Stored::Done)
}

/// AttributeError for an attribute that the object has no place for.
fn closed_to(vm: &Vm, object: Value, name: Gc<Str>, on_class: bool) -> Stop {
    let (owner, shown) = (vm.space.type_name(object), name.lossy());
    let text = if on_class {
        format!("'{owner}' object attribute '{shown}' is read-only")
    } else {
        format!(
            "'{owner}' object has no attribute '{shown}' and no __dict__ for setting new attributes"
        )
    };
    raise::attribute(vm, &text, object, name)
}

/// AttributeError for an accessor that a property lacks.
pub fn accessor_missing(vm: &Vm, property: Gc<Property>, class: Gc<Class>, what: &str) -> Stop {
    let owner = match class.qualname.get().cast::<Str>() {
        Some(name) => name.lossy().into_owned(),
        None => class.name_text(),
    };
    let name = match (property.name.get(), property.get.get().cast::<Function>()) {
        (name, _) if name.is::<Str>() => name.cast::<Str>().map(|name| name.lossy().into_owned()),
        (_, function) => function.map(|function| function.code.code.name.to_string()),
    };
    let text = match name {
        Some(name) => {
            let name = crate::plain::repr::str_repr(name.as_bytes());
            format!("property {name} of '{owner}' object has no {what}")
        }
        None => format!("property of '{owner}' object has no {what}"),
    };
    raise::error(vm, T::AttributeError, &text)
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
            space.class_text(class)
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
    let overrides = &crate::value::space::OVERRIDES;
    let special = overrides.iter().find(|(n, _)| name.as_bytes() == n.as_bytes());
    if special.is_some() {
        refresh_tree(vm, class);
    }
    if special.is_some() || old.is_none() || value.is_undef() || is_data_descriptor(vm, value) {
        vm.space.bump_epoch();
        let access = overrides::GETATTRIBUTE | overrides::GETATTR | overrides::SETATTR;
        let is = |bits: u32| special.is_some_and(|(_, bit)| bit & bits != 0);
        // Of a class without slots nothing is remembered by slot. But its instances may stand in
        // other classes, and become descriptors.
        if is(overrides::GET | overrides::SET)
            || (is(access) || is_data_descriptor(vm, value)) && is_slotted(class)
        {
            flush_slot_caches(vm);
        }
    } else if !class.volatile.borrow().contains(&name) {
        // The first replacement is noticed by everyone; from then on nobody remembers it.
        class.volatile.borrow_mut().push(name);
        vm.space.bump_epoch();
    }
    Ok(())
}

/// Has an instance of the class, or of one derived from it, ever had an attribute of its own?
fn is_slotted(class: Gc<Class>) -> bool {
    let mut pending = vec![class];
    while let Some(class) = pending.pop() {
        if class.slotted.get() {
            return true;
        }
        pending.extend(class.subclasses.borrow().iter().copied());
    }
    false
}

pub(super) fn refresh_tree(vm: &Vm, class: Gc<Class>) {
    let mut pending = vec![class];
    while let Some(class) = pending.pop() {
        vm.space.refresh_overrides(class);
        pending.extend(class.subclasses.borrow().iter().copied());
    }
}

/// A class whose instances may have been cached by slot has got a data descriptor or an access
/// hook: forget all slots, in all code.
pub(super) fn flush_slot_caches(vm: &Vm) {
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
