//! Finding attributes without running code of the program, and binding what is found.

use super::attr::*;
use super::own::*;
use super::store::*;
use super::{Cx, Stop, Vm, raise};
use crate::gc::Gc;
use crate::plain::closest::closest;
use crate::value::class::overrides;
use crate::value::{
    BoundMethod, Class, ClassMethod, Function, Member, Module, Native, NativeKind, Property,
    StaticMethod, Str, Super, T, Value,
};

/// Looks an attribute up as `object.name` does, without running code of the program.
pub fn find(vm: &mut Vm, object: Value, name: Gc<Str>) -> Found {
    let class = vm.space.class_of(object);
    if class.has(overrides::GETATTRIBUTE)
        && let Some(method) = hook(vm, class, vm.names.__getattribute__)
    {
        let args = [object, Value::object(name), Value::NONE];
        return Found::Call(method, args, 2);
    }
    find_default(vm, object, class, name)
}

/// What a class has as `__getattribute__`, `__getattr__`, `__setattr__` or `__delattr__`, to be
/// called with the object in front. None stands for what built-in types do.
pub fn hook(vm: &Vm, class: Gc<Class>, name: Gc<Str>) -> Option<Value> {
    let found = vm.space.lookup(class, name)?;
    if found.is::<Function>() {
        return Some(found);
    }
    match found.cast::<Native>() {
        // `__setattr__ = dict.__setitem__` is a hook, but `object.__setattr__` is none.
        Some(native) if native.kind == NativeKind::Method => {
            let own = native.signature.name().as_bytes() == name.as_bytes();
            let alias = Value::object(vm.space.class(T::GenericAlias));
            (!own || native.owner.get() == alias).then_some(found)
        }
        _ => Some(Value::object(vm.space.bound_method(vm.prelude("_ask_hook"), found))),
    }
}

/// What `object.__getattribute__` does.
pub fn find_default(vm: &mut Vm, object: Value, class: Gc<Class>, name: Gc<Str>) -> Found {
    let on_class = vm.space.lookup(class, name);
    if let Some(found) = on_class
        && is_data_descriptor(vm, found)
        && gets(vm, found)
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
                && let Some(getattr) = module.dict.get_str(&vm.space, vm.names.__getattr__)
            {
                let args = [getattr, Value::object(name), object];
                return Found::Call(vm.prelude("_ask_module"), args, 3);
            }
            Found::Missing
        }
    }
}

/// For a call: a method on the class comes back unbound.
pub fn find_method(vm: &mut Vm, object: Value, name: Gc<Str>) -> Found {
    find(vm, object, name)
}

pub(super) fn is_data_descriptor(vm: &Vm, found: Value) -> bool {
    if found.is::<Function>() || !found.is_object() {
        return false;
    }
    found.is::<Property>() || found.is::<Member>() || vm.space.class_of(found).has(overrides::SET)
}

/// Does the descriptor have a say in what is read? One with `__set__` alone has none.
fn gets(vm: &Vm, found: Value) -> bool {
    found.is::<Property>() || found.is::<Member>() || vm.space.class_of(found).has(overrides::GET)
}

/// What an attribute found on the class is for an instance.
pub(super) fn bind(vm: &mut Vm, found: Value, object: Value, class: Gc<Class>) -> Found {
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
            accessor_missing(vm, property, class, "getter");
            return Found::Raised;
        }
        return Found::Call(property.get.get(), [object, Value::NONE, Value::NONE], 1);
    }
    if let Some(member) = found.cast::<Member>() {
        if member.item.is_some() {
            return match super::attr::tuple_field(member, object) {
                Some(value) => Found::Value(value),
                None => {
                    let text = format!(
                        "descriptor for index '{}' for tuple subclasses doesn't apply to '{}' \
                         object",
                        member.item.unwrap_or(0),
                        class.name_text()
                    );
                    raise::error(vm, T::TypeError, &text);
                    Found::Raised
                }
            };
        }
        return match super::natives::getset_of(member) {
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
pub(super) fn bind_on_class(vm: &mut Vm, found: Value, class: Gc<Class>) -> Found {
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

pub(super) fn find_super(vm: &mut Vm, this: Gc<Super>, name: Gc<Str>) -> Found {
    let (object, start) = (this.this.get(), this.start.get());
    if name != vm.names.__class__
        && !object.is_none()
        && let Some(found) = super_lookup(vm, this.class.get(), start, name)
    {
        // `super(C, cls)` in a classmethod: bound to the class.
        if let Some(class) = object.cast::<Class>()
            && class == start
        {
            return bind_on_class(vm, found, class);
        }
        return match bind(vm, found, object, start) {
            Found::Method(func) => Found::Value(Value::object(vm.space.bound_method(func, object))),
            found => found,
        };
    }
    let class = vm.space.class_of(Value::object(this));
    match vm.space.lookup(class, name) {
        Some(found) => bind(vm, found, Value::object(this), class),
        None => Found::Missing,
    }
}

/// The attribute behind `class` in the MRO of `start`.
pub(super) fn super_lookup(
    vm: &Vm,
    class: Gc<Class>,
    start: Gc<Class>,
    name: Gc<Str>,
) -> Option<Value> {
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
        match module.name(&vm.space, &vm.names) {
            Some(own) => {
                let lacks = module.standard.get() && !nearly_has(&module, &name.lossy());
                missing_in_module(&own, &name.lossy(), lacks)
            }
            None => format!("module has no attribute '{}'", name.lossy()),
        }
    } else {
        let class = vm.space.class_of(object);
        let found = vm.space.lookup(class, name).and_then(|found| found.cast::<Member>());
        // An empty place of `__slots__` tells of the class with its module.
        let owner = match found.filter(|member| member.computed.is_none()) {
            Some(_) => full_name(vm, class),
            None => vm.space.type_name(object),
        };
        format!("'{owner}' object has no attribute '{}'", name.lossy())
    };
    raise::attribute(vm, &text, object, name)
}

/// The qualified name of a class of the program, with its module unless that is the main one.
fn full_name(vm: &Vm, class: Gc<Class>) -> String {
    let Some(name) = class.qualname.get().cast::<Str>() else { return class.name_text() };
    let module = class.dict.get_str(&vm.space, vm.names.__module__);
    // Classes of the library have places where CPython's may have a dict.
    let of_library = |module: Gc<Str>| {
        let found = vm.modules.get_str(&vm.space, module).and_then(|found| found.cast::<Module>());
        found.is_some_and(|found| found.standard.get())
    };
    match module.and_then(|module| module.cast::<Str>()) {
        Some(module) if of_library(module) => class.name_text(),
        Some(module) if !matches!(module.as_bytes(), b"__main__" | b"builtins") => {
            format!("{}.{}", module.lossy(), name.lossy())
        }
        _ => name.lossy().into_owned(),
    }
}

/// Is the name probably one of the module's, misspelt?
pub fn nearly_has(module: &Module, name: &str) -> bool {
    let names = module.dict.iter().filter_map(|entry| entry.key.cast::<Str>());
    let names: Vec<String> = names.map(|name| name.lossy().into_owned()).collect();
    closest(name, names.iter().map(String::as_str).collect()).is_some()
}

/// The text of the AttributeError for a module: honest about what Sloop leaves out.
pub fn missing_in_module(module: &str, name: &str, lacks: bool) -> String {
    let left_out = if lacks && !name.starts_with("__") { NOT_INCLUDED } else { "" };
    format!("module '{module}' has no attribute '{name}'{left_out}")
}

/// Said of standard modules, and of what they lack, where CPython has more.
pub const NOT_INCLUDED: &str = " (not part of Sloop)";
