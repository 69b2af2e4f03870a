//! `type`: classes as objects. Building one is `vm/construct.rs`.

use super::function::annotations_by;
use super::object::dir_names;
use super::{TypeDef, class_method, method, static_method};
use crate::gc::Gc;
use crate::value::class::flags;
use crate::value::{
    Class, Dict, Function, MappingProxy, Member, StaticMethod, Str, T, Tuple, Value,
};
use crate::vm::{Args, Cx, Flow, GetSet, Stop};

pub static TYPE: TypeDef = TypeDef {
    id: T::Type,
    doc: "type(object) -> the object's type\ntype(name, bases, dict, **kwds) -> a new type",
    methods: &[
        static_method("__new__(metacls, *args, **kwds)", "Create and return a new object.", new),
        method("__init__(self, /, *args, **kwargs)", "Initialize self.", |_, _| Ok(Value::NONE)),
        method("__call__(self, /, *args, **kwargs)", "Call self as a function.", call),
        method("mro(self, /)", "Return a type's method resolution order.", mro),
        method("__subclasses__(self, /)", "Return a list of immediate subclasses.", subclasses),
        method(
            "__instancecheck__(self, instance, /)",
            "Check if an object is an instance.",
            instancecheck,
        ),
        method(
            "__subclasscheck__(self, subclass, /)",
            "Check if a class is a subclass.",
            subclasscheck,
        ),
        class_method(
            "__prepare__(cls, /, *args, **kwargs)",
            "Create the namespace for the class statement",
            prepare,
        ),
        method("__or__(self, value, /)", "Return self|value.", |cx, args| union(cx, args, false)),
        method("__ror__(self, value, /)", "Return value|self.", |cx, args| union(cx, args, true)),
        method("__dir__(self, /)", "Specialized __dir__ implementation for types.", dir),
        method(
            "__setattr__(self, name, value, /)",
            "Implement setattr(self, name, value).",
            |cx, args| {
                let name = super::object::name_arg(cx, args, 1)?;
                cx.store_plain(cx.arg(args, 0).value(), name, cx.arg(args, 2).value())
            },
        ),
        method("__delattr__(self, name, /)", "Implement delattr(self, name).", |cx, args| {
            let name = super::object::name_arg(cx, args, 1)?;
            cx.store_plain(cx.arg(args, 0).value(), name, Value::UNDEF)
        }),
        method("__sizeof__(self, /)", "Return memory consumption of the type object.", |_, _| {
            Ok(Value::int(1064))
        }),
    ],
    getsets: &[
        GetSet { name: "__name__", doc: "", get: get_name, set: Some(set_name) },
        GetSet { name: "__qualname__", doc: "", get: get_qualname, set: Some(set_qualname) },
        GetSet {
            name: "__module__",
            doc: "",
            get: get_module,
            set: Some(|cx, c, v| {
                set_entry(cx, c, "__module__", v)?;
                // The line belonged to the module of before.
                let class = this(cx, c)?;
                class.dict.remove_str(cx, cx.intern("__firstlineno__"));
                Ok(Value::NONE)
            }),
        },
        GetSet {
            name: "__bases__",
            doc: "",
            get: |cx, c| this(cx, c).map(|c| c.bases.get()),
            set: Some(|cx, c, v| {
                let class = this(cx, c)?;
                check_mutable(cx, class, "__bases__", v)?;
                cx.set_bases(class, v)
            }),
        },
        GetSet { name: "__base__", doc: "", get: get_base, set: None },
        GetSet { name: "__mro__", doc: "", get: get_mro, set: None },
        GetSet { name: "__dict__", doc: "", get: get_dict, set: None },
        GetSet {
            name: "__doc__",
            doc: "",
            get: get_doc,
            set: Some(|cx, c, v| set_entry(cx, c, "__doc__", v)),
        },
        GetSet {
            name: "__text_signature__",
            doc: "",
            get: |cx, c| {
                let class = this(cx, c)?;
                let known = SIGNATURES.iter().find(|(id, _)| cx.class(*id) == class);
                Ok(known.map_or(Value::NONE, |(_, text)| cx.str_value(text)))
            },
            set: None,
        },
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
            set: Some(|cx, c, v| set_entry(cx, c, "__type_params__", v)),
        },
        GetSet { name: "__abstractmethods__", doc: "", get: get_abstract, set: Some(set_abstract) },
        GetSet { name: "__basicsize__", doc: "", get: |_, _| Ok(Value::int(16)), set: None },
        GetSet { name: "__itemsize__", doc: "", get: |_, _| Ok(Value::int(0)), set: None },
        GetSet { name: "__flags__", doc: "", get: get_flags, set: None },
    ],
};

fn this(cx: &Cx, value: Value) -> Result<Gc<Class>, Stop> {
    value.cast::<Class>().ok_or_else(|| super::operators::wrong_receiver(cx, "", T::Type, value))
}

fn receiver(cx: &Cx, args: Args) -> Result<Gc<Class>, Stop> {
    this(cx, cx.arg(args, 0).value())
}

// ---- making and calling

/// `type(x)` and `type(name, bases, namespace, **kwds)`.
fn new(cx: &mut Cx, args: Args) -> Flow {
    let metaclass = super::object::new_class(cx, args, T::Type)?;
    let keywords = cx.arg(args, 1).value();
    let given = args.beyond(2);
    let [first, bases, namespace] = [2, 3, 4].map(|i| cx.arg(args, i).value());
    if given == 1 && metaclass == cx.class(T::Type) {
        if !keywords.is_undef() && keywords.cast::<Dict>().is_some_and(|k| !k.is_empty()) {
            return Err(cx.type_error("type() takes no keyword arguments"));
        }
        return Ok(Value::object(cx.class_of(first)));
    }
    if given != 3 {
        if metaclass == cx.class(T::Type) {
            return Err(cx.type_error("type() takes 1 or 3 arguments"));
        }
        let text = format!("type.__new__() takes exactly 3 arguments ({given} given)");
        return Err(cx.type_error(&text));
    }
    let wrong = |cx: &Cx, i: usize, expected: &str, value: Value| {
        cx.type_error(&format!(
            "type.__new__() argument {i} must be {expected}, not {}",
            cx.type_name(value)
        ))
    };
    let Some(name) = cx.unwrap(first).cast::<Str>() else { return Err(wrong(cx, 1, "str", first)) };
    if !cx.unwrap(bases).is::<Tuple>() {
        return Err(wrong(cx, 2, "tuple", bases));
    }
    check_name(cx, name)?;
    let bases = cx.unwrap(bases);
    let winner = winner(cx, metaclass, bases)?;
    let root = cx.class(T::Type).dict.get_str(cx, cx.vm().names.__new__);
    if winner != metaclass
        && let Some(new) = cx.lookup(winner, cx.vm().names.__new__)
        && Some(new) != root
    {
        // The metaclass of a base makes the class.
        let new = new.cast::<StaticMethod>().map_or(new, |method| method.func.get());
        let mut all = vec![Value::object(winner), first, bases, namespace];
        let mut names = Vec::new();
        for entry in keywords.cast::<Dict>().iter().flat_map(|dict| dict.iter()) {
            names.extend(entry.key.cast::<Str>());
            all.push(entry.value);
        }
        return cx.tail_with_names(new, &all, &names);
    }
    let metaclass = winner;
    let Some(namespace) = cx.unwrap(namespace).cast::<Dict>() else {
        return Err(wrong(cx, 3, "dict", namespace));
    };
    let keywords = if keywords.is_undef() { Value::NONE } else { keywords };
    // The class gets a namespace of its own, and is of the module that asked for it.
    let namespace = cx.dict_of(namespace.table().copy(0), 0);
    let module = cx.vm().names.__module__;
    if namespace.get_str(cx, module).is_none()
        && let Some(globals) = cx.caller_globals().cast::<Dict>()
        && let Some(name) = globals.get_str(cx, cx.vm().names.__name__)
    {
        namespace.set_str(cx, module, name);
    }
    if let Some(doc) =
        namespace.get_str(cx, cx.vm().names.__doc__).and_then(|doc| doc.cast::<Str>())
        && doc.as_str().is_none()
    {
        // Says which character cannot be encoded.
        super::codec::encode(cx, doc, &super::codec::How::strict_utf8())?;
    }
    let odd = |entry: crate::value::table::Entry| cx.unwrap(entry.key).cast::<Str>().is_none();
    if namespace.iter().any(odd) {
        cx.scope(|cx| {
            for value in [Value::object(namespace), bases, keywords] {
                cx.root(value);
            }
            cx.call_prelude("_odd_namespace", &[Value::object(name)])
        })?;
    }
    cx.make_class_then(metaclass, name, bases, namespace, keywords)
}

/// ValueError for what cannot be the name of a class.
fn check_name(cx: &mut Cx, name: Gc<Str>) -> Result<(), Stop> {
    if name.as_bytes().contains(&0) {
        return Err(cx.value_error("type name must not contain null characters"));
    }
    if name.as_str().is_none() {
        // Says which character cannot be encoded.
        super::codec::encode(cx, name, &super::codec::How::strict_utf8())?;
    }
    Ok(())
}

/// The most derived of a metaclass and those of the bases.
fn winner(cx: &mut Cx, metaclass: Gc<Class>, bases: Value) -> Result<Gc<Class>, Stop> {
    let mut winner = metaclass;
    let bases = bases.cast::<Tuple>();
    for base in bases.iter().flat_map(|bases| bases.as_slice()) {
        if !base.is::<Class>() {
            let entries = cx.get_optional(*base, cx.vm().names.__mro_entries__)?;
            return Err(cx.type_error(match entries {
                Some(_) => "type() doesn't support MRO entry resolution; use types.new_class()",
                None => "bases must be types",
            }));
        }
        let kind = cx.class_of(*base);
        if winner.is_subclass(kind) {
            continue;
        }
        if !kind.is_subclass(winner) {
            return Err(cx.type_error(
                "metaclass conflict: the metaclass of a derived class must be a (non-strict) \
                 subclass of the metaclasses of all its bases",
            ));
        }
        winner = kind;
    }
    Ok(winner)
}

/// `type.__call__`: what calling a class does when no metaclass says otherwise.
fn call(cx: &mut Cx, args: Args) -> Flow {
    let class = receiver(cx, args)?;
    let (args, names) = super::function::spread(cx, args, 1)?;
    cx.construct_then(class, &args, &names)
}

fn prepare(cx: &mut Cx, _: Args) -> Flow {
    Ok(Value::object(cx.dict()))
}

// ---- ancestry

fn mro_values(class: Gc<Class>) -> Vec<Value> {
    class.mro.borrow().iter().map(|&class| Value::object(class)).collect()
}

fn mro(cx: &mut Cx, args: Args) -> Flow {
    let class = receiver(cx, args)?;
    let order = cx.default_order(class)?;
    Ok(Value::object(cx.list(order.into_iter().map(Value::object).collect())))
}

fn get_mro(cx: &mut Cx, class: Value) -> Flow {
    let class = this(cx, class)?;
    Ok(Value::object(cx.tuple(&mro_values(class))))
}

fn get_base(cx: &mut Cx, class: Value) -> Flow {
    let class = this(cx, class)?;
    let bases = class.bases.get().cast::<Tuple>();
    let bases: Vec<Gc<Class>> = bases
        .map(|bases| bases.as_slice().iter().filter_map(|base| base.cast()).collect())
        .unwrap_or_default();
    Ok(cx.best_base(&bases).map_or(Value::NONE, Value::object))
}

fn subclasses(cx: &mut Cx, args: Args) -> Flow {
    let class = receiver(cx, args)?;
    let list = class.subclasses.borrow().iter().map(|&class| Value::object(class)).collect();
    Ok(Value::object(cx.list(list)))
}

fn instancecheck(cx: &mut Cx, args: Args) -> Flow {
    let class = receiver(cx, args)?;
    let object = cx.arg(args, 1).value();
    super::builtins::is_instance_plain(cx, object, class).map(Value::bool)
}

fn subclasscheck(cx: &mut Cx, args: Args) -> Flow {
    let class = receiver(cx, args)?;
    let given = cx.arg(args, 1).value();
    super::builtins::is_subclass_plain(cx, given, class).map(Value::bool)
}

fn union(cx: &mut Cx, args: Args, swapped: bool) -> Flow {
    let (mut x, mut y) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    if swapped {
        std::mem::swap(&mut x, &mut y);
    }
    super::union::join(cx, x, y)
}

fn dir(cx: &mut Cx, args: Args) -> Flow {
    let names = dir_names(cx, Value::object(receiver(cx, args)?));
    Ok(Value::object(cx.list(names)))
}

// ---- attributes

/// TypeError for a change of a built-in type.
fn check_mutable(cx: &Cx, class: Gc<Class>, name: &str, value: Value) -> Result<(), Stop> {
    let class_name = cx.class_text(class);
    if class.header.flags & flags::IMMUTABLE != 0 {
        return Err(cx.type_error(&format!(
            "cannot set '{name}' attribute of immutable type '{class_name}'"
        )));
    }
    if value.is_undef() {
        return Err(cx.type_error(&format!(
            "cannot delete '{name}' attribute of immutable type '{class_name}'"
        )));
    }
    Ok(())
}

/// The string that an attribute of a class is set to.
fn text_of(cx: &Cx, class: Gc<Class>, name: &str, value: Value) -> Result<Gc<Str>, Stop> {
    check_mutable(cx, class, name, value)?;
    cx.unwrap(value).cast::<Str>().ok_or_else(|| {
        cx.type_error(&format!(
            "can only assign string to {}.{name}, not '{}'",
            class.name_text(),
            cx.type_name(value)
        ))
    })
}

fn get_name(cx: &mut Cx, class: Value) -> Flow {
    Ok(Value::object(this(cx, class)?.name.get()))
}

fn set_name(cx: &mut Cx, class: Value, value: Value) -> Flow {
    let class = this(cx, class)?;
    let text = text_of(cx, class, "__name__", value)?;
    check_name(cx, text)?;
    class.name.set(text);
    Ok(Value::NONE)
}

fn get_qualname(cx: &mut Cx, class: Value) -> Flow {
    Ok(this(cx, class)?.qualname.get())
}

fn set_qualname(cx: &mut Cx, class: Value, value: Value) -> Flow {
    let class = this(cx, class)?;
    let text = text_of(cx, class, "__qualname__", value)?;
    class.qualname.set(Value::object(text));
    Ok(Value::NONE)
}

/// An entry of the class's own dict that is no computed attribute of this file.
fn entry(cx: &Cx, class: Gc<Class>, name: &str) -> Option<Value> {
    class.dict.get_str(cx, cx.intern(name)).filter(|value| !value.is::<Member>())
}

fn set_entry(cx: &mut Cx, class: Value, name: &'static str, value: Value) -> Flow {
    let class = this(cx, class)?;
    check_mutable(cx, class, name, value)?;
    let name = cx.intern(name);
    cx.set_on_class(class, name, value)?;
    Ok(Value::NONE)
}

fn get_module(cx: &mut Cx, class: Value) -> Flow {
    let class = this(cx, class)?;
    match entry(cx, class, "__module__") {
        Some(module) => Ok(module),
        None if !class.is_user() => Ok(cx.str_value(super::module_of(cx, class))),
        None => Err(cx.error(T::AttributeError, "__module__")),
    }
}

/// What calls of these types take, as far as CPython says it of its own.
const SIGNATURES: &[(T, &str)] = &[
    (T::Object, "()"),
    (T::AttrGetter, "(attr, /, *attrs)"),
    (T::ItemGetter, "(item, /, *items)"),
    (T::MethodCaller, "(name, /, *args, **kwargs)"),
    (T::Bool, "(object=False, /)"),
    (T::ClassMethod, "(function, /)"),
    (T::StaticMethod, "(function, /)"),
    (T::Complex, "(real=0, imag=0)"),
    (T::Float, "(x=0, /)"),
    (T::List, "(iterable=(), /)"),
    (T::Tuple, "(iterable=(), /)"),
    (T::Set, "(iterable=(), /)"),
    (T::FrozenSet, "(iterable=(), /)"),
    (T::MemoryView, "(object)"),
    (T::Property, "(fget=None, fset=None, fdel=None, doc=None)"),
    (T::MappingProxy, "(mapping)"),
    (T::BoundMethod, "(function, instance, /)"),
    (T::Enumerate, "(iterable, start=0)"),
    (T::Filter, "(function, iterable, /)"),
    (T::Map, "(function, iterable, /, *iterables)"),
    (T::Zip, "(*iterables, strict=False)"),
    (T::Reversed, "(sequence, /)"),
    (T::Module, "(name, doc=None)"),
    (T::NoneType, "()"),
    (T::Ellipsis, "()"),
    (T::Function, "(code, globals, name=None, argdefs=None, closure=None, kwdefaults=None)"),
];

fn get_doc(cx: &mut Cx, class: Value) -> Flow {
    let class = this(cx, class)?;
    if class == cx.class(T::Type) {
        return Ok(cx.str_value(TYPE.doc));
    }
    let Some(found) = class.dict.get_str(cx, cx.vm().names.__doc__) else {
        return Ok(Value::NONE);
    };
    // A property or the like in the class itself answers for the class.
    let kind = cx.class_of(found);
    match cx.lookup(kind, cx.vm().names.__get__) {
        Some(_) if !found.is::<Function>() => match cx.special(found, cx.vm().names.__get__)? {
            Some(get) => cx.call(get, &[Value::NONE, Value::object(class)]),
            None => Ok(found),
        },
        _ => Ok(found),
    }
}

/// A live, read-only view of the class's namespace.
pub fn get_dict(cx: &mut Cx, class: Value) -> Flow {
    let dict = Value::object(this(cx, class)?.dict);
    let proxy = cx.new_object(T::MappingProxy.shape(), 0, |header| MappingProxy {
        header,
        mapping: dict.into(),
    });
    Ok(Value::object(proxy))
}

/// Annotations are computed when they are first asked for, by the function that the class body
/// left behind, and kept.
fn get_annotations(cx: &mut Cx, class: Value) -> Flow {
    let class = this(cx, class)?;
    if let Some(known) = entry(cx, class, "__annotations__") {
        return Ok(known);
    }
    if !class.is_user() {
        return Err(cx.error(
            T::AttributeError,
            &format!("type object '{}' has no attribute '__annotations__'", class.name_text()),
        ));
    }
    let annotate = entry(cx, class, "__annotate__");
    let value = annotations_by(cx, annotate)?;
    let name = cx.vm().names.__annotations__;
    class.dict.set_str(cx, name, value);
    Ok(value)
}

fn set_annotations(cx: &mut Cx, class: Value, value: Value) -> Flow {
    if !value.is_undef() {
        return set_entry(cx, class, "__annotations__", value);
    }
    let owner = this(cx, class)?;
    if !owner.is_user() {
        return set_entry(cx, class, "__annotations__", value);
    }
    let names = &cx.vm().names;
    let known = owner.dict.remove_str(cx, names.__annotations__);
    let annotate = owner.dict.remove_str(cx, names.__annotate__);
    if known.is_none() && annotate.is_none_or(|annotate| annotate.is_none()) {
        return Err(cx.error(T::AttributeError, "__annotations__"));
    }
    Ok(Value::NONE)
}

fn get_annotate(cx: &mut Cx, class: Value) -> Flow {
    let class = this(cx, class)?;
    Ok(entry(cx, class, "__annotate__").unwrap_or(Value::NONE))
}

fn set_annotate(cx: &mut Cx, class: Value, value: Value) -> Flow {
    let owner = this(cx, class)?;
    set_entry(cx, class, "__annotate__", value)?;
    owner.dict.remove_str(cx, cx.vm().names.__annotations__);
    Ok(Value::NONE)
}

fn get_type_params(cx: &mut Cx, class: Value) -> Flow {
    let class = this(cx, class)?;
    let none = Value::object(cx.tuple(&[]));
    Ok(entry(cx, class, "__type_params__").unwrap_or(none))
}

fn get_abstract(cx: &mut Cx, class: Value) -> Flow {
    let class = this(cx, class)?;
    entry(cx, class, "__abstractmethods__")
        .ok_or_else(|| cx.error(T::AttributeError, "__abstractmethods__"))
}

/// `abc` keeps the names of what is still abstract here; while there are any, the class cannot
/// be instantiated.
fn set_abstract(cx: &mut Cx, class: Value, value: Value) -> Flow {
    let owner = this(cx, class)?;
    let any = !value.is_undef() && cx.truth(value)?;
    let name = cx.intern("__abstractmethods__");
    cx.set_on_class(owner, name, value)?;
    cx.set_abstract(owner, any);
    Ok(Value::NONE)
}

/// The bits that scripts test: abstract, heap type, can be a base.
fn get_flags(cx: &mut Cx, class: Value) -> Flow {
    let class = this(cx, class)?;
    let mut bits = 1 << 12;
    if class.header.flags & flags::ABSTRACT != 0 {
        bits |= 1 << 20;
    }
    if class.is_user() {
        bits |= 1 << 9;
    }
    if class.header.flags & flags::FINAL == 0 {
        bits |= 1 << 10;
    }
    if class.header.flags & flags::IMMUTABLE != 0 {
        bits |= 1 << 8;
    }
    Ok(Value::int(bits))
}
