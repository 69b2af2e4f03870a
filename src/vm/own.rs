//! Attributes that an object itself has: in slots that its shape names, or in a dict.

use super::Vm;
use crate::gc::Gc;
use crate::value::class::flags;
use crate::value::future::NAME_KEY;
use crate::value::kind::Kind;
use crate::value::shape::MAX_KEYS;
use crate::value::{
    Class, ClassMethod, Dict, EventLoop, Exception, Function, Future, Group, Handle, Instance,
    Member, Module, Primitive, Queue, Record, Resource, Slots, StaticMethod, Str, T, Task, Timeout,
    Value,
};

/// Name of the hidden first slot of instances that carry a built-in value.
pub const PAYLOAD_KEY: &str = "\0payload";

/// The hidden key in the shape of what waits and is waited for, once it has a dict of attributes:
/// as long as the shape lacks it, what the class says holds.
const DICT_KEY: &str = "\0dict";

// ---- own attributes

/// An attribute that the object itself has.
pub fn own(vm: &Vm, object: Value, name: Gc<Str>) -> Option<Value> {
    if let Some(instance) = object.cast::<Instance>()
        && let Some(slot) = vm.space.shapes.slot(instance.header.shape, name)
    {
        let value = slot_value(vm, instance, slot as usize);
        return if value.is_undef() { None } else { Some(value) };
    }
    extra_dict(vm, object)?.get_str(&vm.space, name)
}

pub(super) fn slot_value(vm: &Vm, instance: Gc<Instance>, slot: usize) -> Value {
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
pub(super) fn extra_cell(object: Value) -> Option<&'static std::cell::Cell<Value>> {
    let header = object.header()?;
    // SAFETY: the kind is checked; the reference is used before anything can run.
    unsafe {
        match (*header).kind {
            k if k == Kind::Instance as u8 => Some(&(*header.cast::<Instance>()).extra),
            k if k == Kind::Exception as u8 => Some(&(*header.cast::<Exception>()).extra),
            k if k == Kind::Future as u8 || k == Kind::Task as u8 || k == Kind::Gathering as u8 => {
                Some(&(*header.cast::<Future>()).extra)
            }
            k if k == Kind::Primitive as u8 => Some(&(*header.cast::<Primitive>()).extra),
            k if k == Kind::Queue as u8 => Some(&(*header.cast::<Queue>()).extra),
            k if k == Kind::Timeout as u8 => Some(&(*header.cast::<Timeout>()).extra),
            k if k == Kind::Group as u8 => Some(&(*header.cast::<Group>()).extra),
            k if k == Kind::EventLoop as u8 => Some(&(*header.cast::<EventLoop>()).extra),
            k if k == Kind::Resource as u8 => Some(&(*header.cast::<Resource>()).extra),
            k if k == Kind::Handle as u8 => {
                // Only those of derived classes have attributes of their own.
                let base = [T::Handle.shape(), T::TimerHandle.shape()];
                let derived = !base.contains(&(*header).shape);
                Some(&(*header.cast::<Handle>()).extra).filter(|_| derived)
            }
            k if k == Kind::Record as u8 => {
                Some(&(*header.cast::<Record>()).extra).filter(|extra| !extra.get().is_none())
            }
            k if k == Kind::StaticMethod as u8 => Some(&(*header.cast::<StaticMethod>()).extra),
            k if k == Kind::ClassMethod as u8 => Some(&(*header.cast::<ClassMethod>()).extra),
            _ => None,
        }
    }
}

pub(super) fn extra_dict(vm: &Vm, object: Value) -> Option<Gc<Dict>> {
    if let Some(module) = object.cast::<Module>() {
        return Some(module.dict);
    }
    if let Some(function) = object.cast::<Function>() {
        return super::bind::detail_of(vm, function, vm.names.__dict__)?.cast();
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
    if object.is::<Function>()
        && let Some(dict) = attribute_dict(vm, object)
    {
        dict.set_str(space, name, value);
        return true;
    }
    match extra_cell(object) {
        Some(cell) => {
            let dict = cell.get().cast::<Dict>().unwrap_or_else(|| {
                let dict = space.dict();
                give_dict(vm, object, cell, dict);
                dict
            });
            dict.set_str(space, name, value);
            true
        }
        None => false,
    }
}

pub(super) fn set_shape(instance: Gc<Instance>, shape: u32) {
    // SAFETY: a live object; the header is a plain field.
    unsafe { (*instance.header()).shape = shape }
}

pub(super) fn put_slot(vm: &Vm, instance: Gc<Instance>, slot: usize, value: Value) {
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
            if !class.is_volatile(name) {
                // From now on the shape does not tell whether there is a value.
                class.volatile.borrow_mut().push(name);
                vm.space.bump_epoch();
                super::store::flush_slot_caches(vm);
            }
            put_slot(vm, instance, slot as usize, Value::UNDEF);
            return true;
        }
    }
    match attribute_dict(vm, object) {
        Some(dict) => dict.remove_str(&vm.space, name).is_some(),
        None => false,
    }
}

pub(super) fn is_slot_name(vm: &Vm, class: Gc<Class>, name: Gc<Str>) -> bool {
    vm.space
        .lookup(class, name)
        .and_then(|found| found.cast::<Member>())
        .is_some_and(|member| member.is_slot())
}

/// The dict that holds an object's attributes, made if need be: `__dict__`. From then on an
/// instance keeps its attributes there (those of `__slots__` stay in slots).
pub fn attribute_dict(vm: &Vm, object: Value) -> Option<Gc<Dict>> {
    if let Some(dict) = extra_dict(vm, object) {
        return Some(dict);
    }
    if let Some(class) = object.cast::<Class>() {
        return Some(class.dict);
    }
    let dict = vm.space.dict();
    if let Some(function) = object.cast::<Function>() {
        super::bind::set_detail(vm, function, vm.names.__dict__, Value::object(dict));
        return Some(dict);
    }
    let cell = extra_cell(object)?;
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
    give_dict(vm, object, cell, dict);
    Some(dict)
}

/// Makes a dict the one of an object's attributes.
pub(super) fn give_dict(vm: &Vm, object: Value, cell: &std::cell::Cell<Value>, dict: Gc<Dict>) {
    let first = !cell.get().is::<Dict>();
    if let Some(task) = object.cast::<Task>() {
        keep_name(vm, task, dict);
    }
    cell.set(Value::object(dict));
    if first && shape_tells(object) {
        let key = vm.space.intern(DICT_KEY);
        let header = object.header().expect("an object");
        // SAFETY: a live object; the header is a plain field.
        unsafe { (*header).shape = vm.space.shapes.child((*header).shape, key) };
    }
}

/// The name of a task moves into the dict of its attributes.
fn keep_name(vm: &Vm, task: Gc<Task>, dict: Gc<Dict>) {
    let key = vm.space.intern(NAME_KEY);
    let name = match task.name(&vm.space) {
        name if name.is_undef() || dict.get_str(&vm.space, key).is_some() => return,
        name => name.as_int().map_or(name, |n| vm.space.str_value(&format!("Task-{n}"))),
    };
    dict.set_str(&vm.space, key, name);
}

/// Does the shape of such an object tell whether it has attributes of its own?
pub(super) fn shape_tells(object: Value) -> bool {
    object.future().is_some()
        || object.is::<EventLoop>()
        || object.is::<Primitive>()
        || object.is::<Queue>()
        || object.is::<Timeout>()
        || object.is::<Group>()
}
