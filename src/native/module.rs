//! The type of modules.

use super::function::spread;
use super::object::{check_abstract, dir_names, new_class};
use super::{TypeDef, method, static_method};
use crate::value::{Dict, Module, T, Value};
use crate::vm::{Args, Cx, Flow, GetSet};

pub static TYPE: TypeDef = TypeDef {
    id: T::Module,
    doc: "Create a module object.\n\nThe name must be a string; the optional docstring argument can \
          have any type.",
    methods: &[
        static_method("__new__(cls, *args, **kwargs)", "Create and return a new object.", new),
        method("__init__(self, *args, **kwargs)", "Initialize self.", init),
        method("__dir__(self, /)", "__dir__() -> list\nspecialized dir() implementation", dir),
    ],
    getsets: &[GetSet {
        name: "__annotations__",
        doc: "",
        get: annotations,
        set: Some(set_annotations),
    }],
};

fn new(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Module)?;
    check_abstract(cx, class)?;
    Ok(Value::object(cx.module(class, cx.namespace())))
}

fn init(cx: &mut Cx, args: Args) -> Flow {
    let this = super::this::<Module>(cx, args, T::Module)?;
    let (given, names) = spread(cx, args, 1)?;
    let mut parts = [Value::UNDEF, Value::NONE];
    let positional = given.len() - names.len();
    if given.len() > 2 {
        let text = format!("module() takes at most 2 arguments ({} given)", given.len());
        return Err(cx.type_error(&text));
    }
    parts[..positional].copy_from_slice(&given[..positional]);
    for (key, &value) in names.iter().zip(&given[positional..]) {
        match key.as_bytes() {
            b"name" if positional == 0 => parts[0] = value,
            b"doc" if positional < 2 => parts[1] = value,
            _ => {
                let key = key.lossy();
                let text = format!("module() got an unexpected keyword argument '{key}'");
                return Err(cx.type_error(&text));
            }
        }
    }
    let [name, doc] = parts;
    if name.is_undef() {
        return Err(cx.type_error("module() missing required argument 'name' (pos 1)"));
    }
    if !cx.isinstance(name, T::Str) {
        let text = format!("module() argument 'name' must be str, not {}", cx.type_name(name));
        return Err(cx.type_error(&text));
    }
    let names = &cx.vm().names;
    this.dict.set_str(cx, names.__name__, name);
    this.dict.set_str(cx, names.__doc__, doc);
    for key in [names.__package__, names.__loader__, names.__spec__] {
        this.dict.set_str(cx, key, Value::NONE);
    }
    Ok(Value::NONE)
}

/// A function `__dir__` in the module answers in its place.
fn dir(cx: &mut Cx, args: Args) -> Flow {
    let this = super::this::<Module>(cx, args, T::Module)?;
    match this.dict.get_str(cx, cx.vm().names.__dir__) {
        Some(own) => cx.tail(own, &[]),
        None => {
            let object = cx.arg(args, 0).value();
            let dict = cx.get_attribute(object, cx.vm().names.__dict__)?;
            if !cx.unwrap(dict).is::<Dict>() {
                return Err(cx.type_error("<module>.__dict__ is not a dictionary"));
            }
            let names = dir_names(cx, Value::object(this));
            Ok(Value::object(cx.list(names)))
        }
    }
}

fn annotations(cx: &mut Cx, this: Value) -> Flow {
    let key = cx.vm().names.__annotations__;
    let Some(module) = this.cast::<Module>() else {
        return Err(cx.type_error("expected a module"));
    };
    if let Some(known) = module.dict.get_str(cx, key) {
        return Ok(known);
    }
    let annotate = module.dict.get_str(cx, cx.vm().names.__annotate__);
    let value = match annotate.filter(|annotate| !annotate.is_none()) {
        Some(annotate) => cx.call(annotate, &[Value::int(1)])?,
        None => Value::object(cx.dict()),
    };
    module.dict.set_str(cx, key, value);
    Ok(value)
}

fn set_annotations(cx: &mut Cx, this: Value, value: Value) -> Flow {
    let key = cx.vm().names.__annotations__;
    if let Some(module) = this.cast::<Module>() {
        if value.is_undef() {
            if module.dict.remove_str(cx, key).is_none() {
                return Err(cx.error(T::AttributeError, "__annotations__"));
            }
        } else {
            module.dict.set_str(cx, key, value);
        }
    }
    Ok(Value::NONE)
}
