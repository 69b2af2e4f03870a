//! Callables as objects: functions of the language, natives, bound methods, and code.

use super::{TypeDef, method, static_method};
use crate::code::CodeKind;
use crate::gc::Gc;
use crate::value::{BoundMethod, Class, CodeObject, Dict, Function, Native, Str, T, Tuple, Value};
use crate::vm::{Args, Cx, Flow, GetSet, Stop, natives::def_of};

pub static FUNCTION: TypeDef = TypeDef {
    id: T::Function,
    doc: "Create a function object.",
    methods: &[
        static_method(
            "__new__(cls, code, globals, name=None, argdefs=None, closure=None, kwdefaults=None)",
            "Create and return a new object.",
            super::parts::new_function,
        ),
        method(
            "__get__(self, instance, owner=None, /)",
            "Return an attribute of instance, which is of type owner.",
            bind,
        ),
        method("__call__(self, /, *args, **kwargs)", "Call self as a function.", call),
    ],
    getsets: &[
        GetSet {
            name: "__name__",
            doc: "",
            get: get_name,
            set: Some(|cx, f, v| set_text(cx, f, "__name__", v)),
        },
        GetSet {
            name: "__qualname__",
            doc: "",
            get: get_qualname,
            set: Some(|cx, f, v| set_text(cx, f, "__qualname__", v)),
        },
        GetSet {
            name: "__module__",
            doc: "",
            get: get_module,
            set: Some(|cx, f, v| set_detail(cx, f, "__module__", v)),
        },
        GetSet {
            name: "__doc__",
            doc: "",
            get: get_doc,
            set: Some(|cx, f, v| set_detail(cx, f, "__doc__", v)),
        },
        GetSet { name: "__defaults__", doc: "", get: get_defaults, set: Some(set_defaults) },
        GetSet { name: "__kwdefaults__", doc: "", get: get_kwdefaults, set: Some(set_kwdefaults) },
        GetSet {
            name: "__code__",
            doc: "",
            get: |cx, f| this(cx, f).map(|f| Value::object(f.code)),
            set: Some(set_code),
        },
        GetSet {
            name: "__globals__",
            doc: "",
            get: |cx, f| this(cx, f).map(|f| Value::object(f.globals)),
            set: Some(super::readonly),
        },
        GetSet {
            name: "__builtins__",
            doc: "",
            get: |cx, f| this(cx, f).map(|f| Value::object(f.code.builtins)),
            set: Some(super::readonly),
        },
        GetSet { name: "__closure__", doc: "", get: get_closure, set: Some(super::readonly) },
        GetSet {
            name: "__annotations__",
            doc: "",
            get: get_annotations,
            set: Some(set_annotations),
        },
        GetSet { name: "__annotate__", doc: "", get: get_annotate, set: Some(set_annotate) },
        GetSet {
            name: "__type_params__",
            doc: "",
            get: get_type_params,
            set: Some(|cx, f, v| {
                if !v.is::<Tuple>() {
                    return Err(cx.type_error("__type_params__ must be set to a tuple"));
                }
                set_detail(cx, f, "__type_params__", v)
            }),
        },
    ],
};

/// The getsets that functions of modules and unbound methods share.
macro_rules! native_getsets {
    ($($more:expr),*) => {
        &[
            GetSet { name: "__name__", doc: "", get: native_name, set: None },
            GetSet { name: "__qualname__", doc: "", get: native_qualname, set: None },
            GetSet { name: "__doc__", doc: "", get: native_doc, set: None },
            GetSet { name: "__text_signature__", doc: "", get: native_signature, set: None },
            $($more),*
        ]
    };
}

pub static NATIVE: TypeDef = TypeDef {
    id: T::Native,
    doc: "A function written in Rust.",
    methods: &[method("__call__(self, /, *args, **kwargs)", "Call self as a function.", call)],
    getsets: native_getsets![
        GetSet { name: "__module__", doc: "", get: native_module, set: None },
        GetSet { name: "__self__", doc: "", get: native_self, set: Some(super::readonly) }
    ],
};

/// Unbound methods of the types of the machine differ in how they bind.
macro_rules! native_method_type {
    ($static:ident, $id:ident, $doc:literal, $bind:ident) => {
        pub static $static: TypeDef = TypeDef {
            id: T::$id,
            doc: $doc,
            methods: &[
                method("__call__(self, /, *args, **kwargs)", "Call self as a function.", call),
                method(
                    "__get__(self, instance, owner=None, /)",
                    "Return an attribute of instance, which is of type owner.",
                    $bind,
                ),
            ],
            getsets: native_getsets![GetSet {
                name: "__objclass__",
                doc: "",
                get: native_owner,
                set: None
            }],
        };
    };
}

native_method_type!(
    NATIVE_METHOD,
    NativeMethod,
    "A method written in Rust, before it is bound.",
    bind_native
);
native_method_type!(
    SLOT_WRAPPER,
    SlotWrapper,
    "A special method written in Rust, before it is bound.",
    bind_native
);
native_method_type!(
    CLASS_NATIVE,
    ClassNative,
    "A method written in Rust that binds the class.",
    bind_to_class
);

pub static METHOD_WRAPPER: TypeDef = TypeDef {
    id: T::MethodWrapper,
    doc: "A special method written in Rust that is bound to an object.",
    methods: &[
        method("__call__(self, /, *args, **kwargs)", "Call self as a function.", call),
        method("__eq__(self, value, /)", "Return self==value.", method_eq),
        method("__hash__(self, /)", "Return hash(self).", method_hash),
    ],
    getsets: native_getsets![
        GetSet { name: "__objclass__", doc: "", get: native_owner, set: None },
        GetSet { name: "__self__", doc: "", get: native_self, set: Some(super::readonly) }
    ],
};

pub static METHOD: TypeDef = TypeDef {
    id: T::BoundMethod,
    doc: "Create a bound instance method object.",
    methods: &[
        static_method(
            "__new__(cls, function, instance, /)",
            "Create and return a new object.",
            new_method,
        ),
        method("__call__(self, /, *args, **kwargs)", "Call self as a function.", call),
        method(
            "__get__(self, instance, owner=None, /)",
            "Return an attribute of instance, which is of type owner.",
            |cx, args| Ok(cx.arg(args, 0).value()),
        ),
        method("__eq__(self, value, /)", "Return self==value.", method_eq),
        method("__hash__(self, /)", "Return hash(self).", method_hash),
    ],
    getsets: &[
        GetSet {
            name: "__self__",
            doc: "the instance to which a method is bound",
            get: |cx, m| this_method(cx, m).map(|m| m.this.get()),
            set: Some(super::readonly),
        },
        GetSet {
            name: "__func__",
            doc: "the function (or other callable) implementing a method",
            get: |cx, m| this_method(cx, m).map(|m| m.func.get()),
            set: Some(super::readonly),
        },
        GetSet { name: "__doc__", doc: "", get: method_doc, set: None },
        GetSet { name: "__module__", doc: "", get: method_module, set: None },
        GetSet {
            name: "__dict__",
            doc: "",
            get: |cx, m| {
                let (func, name) = (this_method(cx, m)?.func.get(), cx.vm().names.__dict__);
                cx.get_attribute(func, name)
            },
            set: None,
        },
    ],
};

pub static CODE: TypeDef = TypeDef {
    id: T::Code,
    doc: "Compiled code.",
    methods: &[method(
        "replace(self, /, **changes)",
        "Return a copy of the code object with new values for the specified fields.",
        super::parts::replace_code,
    )],
    getsets: &[
        GetSet {
            name: "co_name",
            doc: "",
            get: |cx, c| code_text(cx, c, |c| &c.code.name),
            set: Some(super::readonly),
        },
        GetSet {
            name: "co_qualname",
            doc: "",
            get: |cx, c| code_text(cx, c, |c| &c.code.qualname),
            set: Some(super::readonly),
        },
        GetSet {
            name: "co_filename",
            doc: "",
            get: |cx, c| code_text(cx, c, |c| &c.code.filename),
            set: Some(super::readonly),
        },
        GetSet {
            name: "co_firstlineno",
            doc: "",
            get: |cx, c| code_int(cx, c, |c| i64::from(c.code.first_line)),
            set: Some(super::readonly),
        },
        GetSet {
            name: "co_argcount",
            doc: "",
            get: |cx, c| {
                code_int(cx, c, |c| {
                    i64::from(c.code.params.positional_only) + i64::from(c.code.params.positional)
                })
            },
            set: Some(super::readonly),
        },
        GetSet {
            name: "co_posonlyargcount",
            doc: "",
            get: |cx, c| code_int(cx, c, |c| i64::from(c.code.params.positional_only)),
            set: Some(super::readonly),
        },
        GetSet {
            name: "co_kwonlyargcount",
            doc: "",
            get: |cx, c| code_int(cx, c, |c| i64::from(c.code.params.keyword_only)),
            set: Some(super::readonly),
        },
        GetSet {
            name: "co_nlocals",
            doc: "",
            get: |cx, c| code_int(cx, c, |c| local_names(c).len() as i64),
            set: None,
        },
        GetSet {
            name: "co_stacksize",
            doc: "",
            get: |cx, c| code_int(cx, c, |c| i64::from(c.code.registers)),
            set: Some(super::readonly),
        },
        GetSet {
            name: "co_flags",
            doc: "",
            get: |cx, c| code_int(cx, c, flags),
            set: Some(super::readonly),
        },
        GetSet {
            name: "co_varnames",
            doc: "",
            get: |cx, c| code_names(cx, c, local_names),
            set: None,
        },
        GetSet {
            name: "co_cellvars",
            doc: "",
            get: |cx, c| code_names(cx, c, cell_names),
            set: None,
        },
        GetSet {
            name: "co_freevars",
            doc: "",
            get: |cx, c| code_names(cx, c, |c| c.code.free_names.iter().map(|n| &**n).collect()),
            set: None,
        },
        GetSet {
            name: "co_names",
            doc: "",
            get: |cx, c| code_names(cx, c, |c| c.code.names.iter().map(|n| &**n).collect()),
            set: Some(super::readonly),
        },
        GetSet { name: "co_consts", doc: "", get: code_consts, set: Some(super::readonly) },
    ],
};

// ---- calling and binding

/// The arguments behind the receiver and the `**kwargs` place `keywords`: positional ones, then
/// the named ones, and the names.
pub fn spread(cx: &Cx, args: Args, keywords: usize) -> Result<(Vec<Value>, Vec<Gc<Str>>), Stop> {
    let mut values = cx.args_from(args, keywords + 1);
    let mut names = Vec::new();
    if let Some(dict) = cx.arg(args, keywords).value().cast::<Dict>() {
        for entry in dict.iter() {
            match cx.unwrap(entry.key).cast::<Str>() {
                Some(name) => names.push(name),
                None => return Err(cx.type_error("keywords must be strings")),
            }
            values.push(entry.value);
        }
    }
    Ok((values, names))
}

/// `f.__call__(…)` of anything that the machine calls without asking for `__call__`.
pub fn call(cx: &mut Cx, args: Args) -> Flow {
    let callee = cx.arg(args, 0).value();
    let (values, names) = spread(cx, args, 1)?;
    cx.tail_with_names(callee, &values, &names)
}

/// `f.__get__(instance, owner)`.
fn bind(cx: &mut Cx, args: Args) -> Flow {
    let (function, instance) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    let owner = cx.arg(args, 2).value();
    if instance.is_none() {
        if owner.is_undef() || owner.is_none() {
            return Err(cx.type_error("__get__(None, None) is invalid"));
        }
        return Ok(function);
    }
    Ok(Value::object(cx.bound_method(function, instance)))
}

/// The same for a method of a type of the machine, which binds objects of that type only.
fn bind_native(cx: &mut Cx, args: Args) -> Flow {
    let native = this_native(cx, cx.arg(args, 0).value())?;
    let instance = cx.arg(args, 1).value();
    if let Some(owner) = native.owner.get().cast::<Class>()
        && !instance.is_none()
        && !cx.class_of(instance).is_subclass(owner)
    {
        return Err(cx.type_error(&format!(
            "descriptor '{}' for '{}' objects doesn't apply to a '{}' object",
            native.signature.name(),
            owner.name_text(),
            cx.type_name(instance)
        )));
    }
    bind(cx, args)
}

/// `__get__` of what binds the class.
fn bind_to_class(cx: &mut Cx, args: Args) -> Flow {
    let native = this_native(cx, cx.arg(args, 0).value())?;
    let owner = match cx.opt(args, 2).map(|owner| owner.value()) {
        Some(owner) if !owner.is_none() => owner,
        _ => Value::object(cx.class_of(cx.arg(args, 1).value())),
    };
    let of = native.owner.get().cast::<Class>();
    match (owner.cast::<Class>(), of) {
        (Some(class), Some(of)) if class.is_subclass(of) => {
            Ok(Value::object(cx.bound_method(Value::object(native), owner)))
        }
        (Some(class), Some(of)) => Err(cx.type_error(&format!(
            "descriptor '{}' requires a subtype of '{}' but received '{}'",
            native.signature.name(),
            of.name_text(),
            class.name_text()
        ))),
        _ => Err(cx.type_error(&format!(
            "descriptor '{}' for type '{}' needs a type, not a '{}' as arg 2",
            native.signature.name(),
            of.map_or_else(String::new, |of| of.name_text()),
            cx.type_name(owner)
        ))),
    }
}

fn new_method(cx: &mut Cx, args: Args) -> Flow {
    let (function, instance) = (cx.arg(args, 1).value(), cx.arg(args, 2).value());
    if !super::builtins::is_callable(cx, function) {
        return Err(cx.type_error("first argument must be callable"));
    }
    if instance.is_none() {
        return Err(cx.type_error("instance must not be None"));
    }
    Ok(Value::object(cx.bound_method(function, instance)))
}

fn this_method(cx: &Cx, value: Value) -> Result<Gc<BoundMethod>, Stop> {
    value
        .cast::<BoundMethod>()
        .ok_or_else(|| super::operators::wrong_receiver(cx, "", T::BoundMethod, value))
}

fn method_doc(cx: &mut Cx, value: Value) -> Flow {
    let func = this_method(cx, value)?.func.get();
    let name = cx.vm().names.__doc__;
    Ok(cx.get_optional(func, name)?.unwrap_or(Value::NONE))
}

fn method_module(cx: &mut Cx, value: Value) -> Flow {
    let func = this_method(cx, value)?.func.get();
    let name = cx.intern("__module__");
    cx.get_attribute(func, name)
}

fn method_eq(cx: &mut Cx, args: Args) -> Flow {
    let (x, y) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    let a = this_method(cx, x)?;
    Ok(match y.cast::<BoundMethod>() {
        Some(b) => Value::bool(a.func.get() == b.func.get() && a.this.get() == b.this.get()),
        None => Value::NOT_IMPLEMENTED,
    })
}

fn method_hash(cx: &mut Cx, args: Args) -> Flow {
    let hash = cx.hash(cx.arg(args, 0).value())?;
    Ok(cx.int(hash as i64))
}

// ---- functions

fn this(cx: &Cx, value: Value) -> Result<Gc<Function>, Stop> {
    value
        .cast::<Function>()
        .ok_or_else(|| super::operators::wrong_receiver(cx, "", T::Function, value))
}

/// What was given or set beyond what every function has.
fn detail(cx: &Cx, function: Gc<Function>, name: &str) -> Option<Value> {
    cx.detail(function, cx.intern(name))
}

fn put_detail(cx: &Cx, function: Gc<Function>, name: &str, value: Value) {
    cx.set_detail(function, cx.intern(name), value);
}

fn set_detail(cx: &mut Cx, function: Value, name: &str, value: Value) -> Flow {
    let function = this(cx, function)?;
    // Deleting leaves None behind, as the attribute itself cannot go.
    let value = if value.is_undef() { Value::NONE } else { value };
    put_detail(cx, function, name, value);
    Ok(Value::NONE)
}

fn set_text(cx: &mut Cx, function: Value, name: &str, value: Value) -> Flow {
    let function = this(cx, function)?;
    if !cx.unwrap(value).is::<Str>() {
        return Err(cx.type_error(&format!("{name} must be set to a string object")));
    }
    put_detail(cx, function, name, value);
    Ok(Value::NONE)
}

fn bare_name(cx: &Cx, function: Gc<Function>) -> String {
    match detail(cx, function, "__name__").and_then(|name| name.cast::<Str>()) {
        Some(name) => name.lossy().into_owned(),
        None => function.code.code.name.to_string(),
    }
}

fn set_code(cx: &mut Cx, function: Value, value: Value) -> Flow {
    let function = this(cx, function)?;
    let Some(code) = value.cast::<CodeObject>() else {
        return Err(cx.type_error("__code__ must be set to a code object"));
    };
    let (own, given) = (function.captured as usize, code.code.captures.len());
    if own != given || code.code.is_module || code.code.takes_namespace() {
        let text = format!(
            "{}() requires a code object with {own} free vars, not {given}",
            bare_name(cx, function)
        );
        return Err(cx.value_error(&text));
    }
    if function.code.code.kind != code.code.kind {
        let text = "Assigning a code object of non-matching type is deprecated (e.g., from a generator \
                    to a plain function)";
        cx.scope(|cx| {
            cx.root(Value::object(function));
            cx.root(value);
            cx.deprecated(text)
        })?;
    }
    // The function keeps its names, whatever the code is called.
    let names = &cx.vm().names;
    for (key, own) in [
        (names.__name__, &function.code.code.name),
        (names.__qualname__, &function.code.code.qualname),
    ] {
        if cx.detail(function, key).is_none() {
            cx.set_detail(function, key, cx.str_value(own));
        }
    }
    cx.set_code(function, code)?;
    Ok(Value::NONE)
}

fn get_name(cx: &mut Cx, function: Value) -> Flow {
    let function = this(cx, function)?;
    Ok(detail(cx, function, "__name__")
        .unwrap_or_else(|| Value::object(cx.intern(&function.code.code.name))))
}

fn get_qualname(cx: &mut Cx, function: Value) -> Flow {
    let function = this(cx, function)?;
    Ok(detail(cx, function, "__qualname__")
        .unwrap_or_else(|| Value::object(cx.intern(&function.code.code.qualname))))
}

fn get_module(cx: &mut Cx, function: Value) -> Flow {
    let function = this(cx, function)?;
    Ok(detail(cx, function, "__module__")
        .or_else(|| function.globals.get_str(cx, cx.vm().names.__name__))
        .unwrap_or(Value::NONE))
}

fn get_doc(cx: &mut Cx, function: Value) -> Flow {
    let function = this(cx, function)?;
    if let Some(doc) = detail(cx, function, "__doc__") {
        return Ok(doc);
    }
    let Some(doc) = &function.code.code.doc else { return Ok(Value::NONE) };
    let doc = cx.str_value(doc);
    // Who asks again gets the same object.
    set_detail(cx, Value::object(function), "__doc__", doc)?;
    Ok(doc)
}

fn get_defaults(cx: &mut Cx, function: Value) -> Flow {
    let defaults = this(cx, function)?.defaults.get();
    Ok(if defaults.is_undef() { Value::NONE } else { defaults })
}

fn set_defaults(cx: &mut Cx, function: Value, value: Value) -> Flow {
    let function = this(cx, function)?;
    if value.is_undef() || value.is_none() {
        function.defaults.set(Value::UNDEF);
        return Ok(Value::NONE);
    }
    if !value.is::<Tuple>() {
        return Err(cx.type_error("__defaults__ must be set to a tuple object"));
    }
    function.defaults.set(value);
    Ok(Value::NONE)
}

fn get_kwdefaults(cx: &mut Cx, function: Value) -> Flow {
    let function = this(cx, function)?;
    Ok(detail(cx, function, "__kwdefaults__").unwrap_or(Value::NONE))
}

fn set_kwdefaults(cx: &mut Cx, function: Value, value: Value) -> Flow {
    let function = this(cx, function)?;
    if value.is_undef() || value.is_none() {
        put_detail(cx, function, "__kwdefaults__", Value::UNDEF);
        return Ok(Value::NONE);
    }
    if !value.is::<Dict>() {
        return Err(cx.type_error("__kwdefaults__ must be set to a dict object"));
    }
    put_detail(cx, function, "__kwdefaults__", value);
    Ok(Value::NONE)
}

fn get_closure(cx: &mut Cx, function: Value) -> Flow {
    let function = this(cx, function)?;
    if function.captured == 0 {
        return Ok(Value::NONE);
    }
    let cells: Vec<Value> =
        (0..function.captured as usize).map(|i| Value::object(function.cell(i))).collect();
    Ok(Value::object(cx.tuple(&cells)))
}

/// Annotations are computed when they are first asked for, and kept.
fn get_annotations(cx: &mut Cx, function: Value) -> Flow {
    let function = this(cx, function)?;
    if let Some(known) = detail(cx, function, "__annotations__") {
        return Ok(known);
    }
    let annotate = detail(cx, function, "__annotate__");
    let value = annotations_by(cx, annotate)?;
    put_detail(cx, function, "__annotations__", value);
    Ok(value)
}

/// What an annotate function says, if there is one.
pub fn annotations_by(cx: &mut Cx, annotate: Option<Value>) -> Flow {
    let Some(annotate) = annotate.filter(|annotate| !annotate.is_none()) else {
        return Ok(Value::object(cx.dict()));
    };
    let value = cx.call(annotate, &[Value::int(1)])?;
    if cx.unwrap(value).is::<Dict>() {
        return Ok(value);
    }
    let name = cx.type_name(value);
    Err(cx.type_error(&format!("__annotate__ returned non-dict of type '{name}'")))
}

fn set_annotations(cx: &mut Cx, function: Value, value: Value) -> Flow {
    let owner = this(cx, function)?;
    let value = if value.is_undef() || value.is_none() { Value::UNDEF } else { value };
    if !value.is_undef() && !cx.unwrap(value).is::<Dict>() {
        return Err(cx.type_error("__annotations__ must be set to a dict object"));
    }
    put_detail(cx, owner, "__annotations__", value);
    put_detail(cx, owner, "__annotate__", Value::UNDEF);
    Ok(Value::NONE)
}

fn get_annotate(cx: &mut Cx, function: Value) -> Flow {
    let function = this(cx, function)?;
    Ok(detail(cx, function, "__annotate__").unwrap_or(Value::NONE))
}

fn set_annotate(cx: &mut Cx, function: Value, value: Value) -> Flow {
    let owner = this(cx, function)?;
    if value.is_undef() {
        return Err(cx.type_error("__annotate__ cannot be deleted"));
    }
    if !value.is_none() && !super::builtins::is_callable(cx, value) {
        return Err(cx.type_error("__annotate__ must be callable or None"));
    }
    put_detail(cx, owner, "__annotate__", value);
    put_detail(cx, owner, "__annotations__", Value::UNDEF);
    Ok(Value::NONE)
}

fn get_type_params(cx: &mut Cx, function: Value) -> Flow {
    let function = this(cx, function)?;
    let none = Value::object(cx.tuple(&[]));
    Ok(detail(cx, function, "__type_params__").unwrap_or(none))
}

// ---- natives

fn this_native(cx: &Cx, value: Value) -> Result<Gc<Native>, Stop> {
    let func = value.cast::<BoundMethod>().map_or(value, |method| method.func.get());
    func.cast::<Native>().ok_or_else(|| super::operators::wrong_receiver(cx, "", T::Native, value))
}

fn native_name(cx: &mut Cx, value: Value) -> Flow {
    Ok(Value::object(cx.intern(this_native(cx, value)?.signature.name())))
}

fn native_qualname(cx: &mut Cx, value: Value) -> Flow {
    let native = this_native(cx, value)?;
    let name = native.signature.name();
    // What is bound is called after what it is bound to, special methods after where they are from.
    let holder = value.cast::<BoundMethod>().filter(|_| cx.is_exact(value, T::Native));
    if let Some(this) = holder.map(|method| method.this.get()) {
        let class = this.cast::<Class>().unwrap_or_else(|| cx.class_of(this));
        if let Some(holder) = class.qualname.get().cast::<Str>() {
            return Ok(cx.str_value(&format!("{}.{name}", holder.lossy())));
        }
    }
    Ok(match native.owner.get().cast::<Class>() {
        Some(class) => cx.str_value(&format!("{}.{name}", class.name_text())),
        None => Value::object(cx.intern(name)),
    })
}

fn native_doc(cx: &mut Cx, value: Value) -> Flow {
    let native = this_native(cx, value)?;
    Ok(match def_of(native).doc {
        "" => Value::NONE,
        doc => cx.str_value(doc),
    })
}

/// The parameters as the row spells them, the receiver marked as CPython marks it.
fn native_signature(cx: &mut Cx, value: Value) -> Flow {
    let native = this_native(cx, value)?;
    let text = def_of(native).signature.text;
    let params = text.find('(').map_or("()", |open| &text[open..]);
    let is_method = native.owner.get().is::<Class>();
    Ok(match params.strip_prefix('(') {
        Some(rest) if is_method => cx.str_value(&format!("(${rest}")),
        _ => cx.str_value(params),
    })
}

fn native_module(cx: &mut Cx, value: Value) -> Flow {
    let owner = this_native(cx, value)?.owner.get();
    Ok(if owner.is::<Str>() { owner } else { Value::NONE })
}

/// What a method is bound to, the module of a function, or the class of a static method.
fn native_self(cx: &mut Cx, value: Value) -> Flow {
    if let Some(method) = value.cast::<BoundMethod>() {
        return Ok(method.this.get());
    }
    let owner = this_native(cx, value)?.owner.get();
    if let Some(name) = owner.cast::<Str>() {
        let name = name.lossy().into_owned();
        return cx.import_now(&name);
    }
    Ok(if owner.is::<Class>() { owner } else { Value::NONE })
}

fn native_owner(cx: &mut Cx, value: Value) -> Flow {
    Ok(this_native(cx, value)?.owner.get())
}

// ---- code

fn this_code(cx: &Cx, value: Value) -> Result<Gc<CodeObject>, Stop> {
    value
        .cast::<CodeObject>()
        .ok_or_else(|| super::operators::wrong_receiver(cx, "", T::Code, value))
}

fn code_text(cx: &Cx, value: Value, get: fn(&CodeObject) -> &str) -> Flow {
    let code = this_code(cx, value)?;
    Ok(cx.str_value(get(&code)))
}

fn code_int(cx: &Cx, value: Value, get: fn(&CodeObject) -> i64) -> Flow {
    let code = this_code(cx, value)?;
    Ok(cx.int(get(&code)))
}

fn code_names(cx: &Cx, value: Value, get: fn(&CodeObject) -> Vec<&str>) -> Flow {
    let code = this_code(cx, value)?;
    let names: Vec<Value> =
        get(&code).into_iter().map(|name| Value::object(cx.intern(name))).collect();
    Ok(Value::object(cx.tuple(&names)))
}

/// Parameters and other locals; captured ones count as locals only if they are parameters.
fn local_names(code: &CodeObject) -> Vec<&str> {
    let params = code.code.params.total();
    let locals = code.code.locals.iter().enumerate();
    locals
        .filter(|(i, local)| *i < params || !local.is_cell)
        .map(|(_, local)| &*local.name)
        .collect()
}

fn cell_names(code: &CodeObject) -> Vec<&str> {
    code.code.locals.iter().filter(|local| local.is_cell).map(|local| &*local.name).collect()
}

/// The bits of `co_flags` that `inspect` reads.
fn flags(code: &CodeObject) -> i64 {
    let code = &code.code;
    let mut bits = if code.is_module || code.kind == CodeKind::ClassBody { 0 } else { 3 };
    for (on, bit) in [
        (code.params.star, 4),
        (code.params.double_star, 8),
        (!code.free_names.is_empty(), 16),
        (code.kind == CodeKind::Generator, 0x20),
        (code.kind == CodeKind::Coroutine, 0x80),
        (code.kind == CodeKind::AsyncGenerator, 0x200),
        (code.future_annotations, super::dynamic::FUTURE_ANNOTATIONS),
    ] {
        if on {
            bits |= bit;
        }
    }
    bits
}

fn code_consts(cx: &mut Cx, value: Value) -> Flow {
    let code = this_code(cx, value)?;
    cx.vm().complete(code);
    Ok(Value::object(cx.tuple(&code.consts)))
}
