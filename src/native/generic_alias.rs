//! `list[int]`: a class with what stood in the brackets. It is called and asked for attributes
//! like the class; the brackets are for readers and for `__args__`.

use super::object::{derive, new_class};
use super::operators::wrong_receiver;
use super::{TypeDef, class_method, method, static_method, union};
use crate::gc::Gc;
use crate::value::class::flags::NO_DICT;
use crate::value::{
    Class, ClassMethod, GenericAlias, Instance, IterKind, List, Str, T, Tuple, Union, Value,
};
use crate::vm::{Args, Cx, Def, Flow, GetSet, Outcome, Stop};

pub static TYPE: TypeDef = TypeDef {
    id: T::GenericAlias,
    doc: "Represent a PEP 585 generic type\n\nE.g. for t = list[int], t.__origin__ is list and \
          t.__args__ is (int,).",
    methods: &[
        static_method("__new__(cls, origin, args, /)", "Create and return a new object.", new),
        method("__call__(self, /, *args, **kwargs)", "Call self as a function.", call),
        method("__getattribute__(self, name, /)", "An attribute of the class.", getattribute),
        method("__dir__(self, /)", "The attributes of the class, and its own.", dir),
        method("__getitem__(self, key, /)", "Return self[key].", substitute),
        method("__iter__(self, /)", "Implement iter(self).", iter),
        method("__reduce__(self, /)", "Helper for pickle.", |cx, args| {
            cx.tail_prelude("_reduce_alias", &[cx.arg(args, 0).value()])
        }),
        method("__mro_entries__(self, bases, /)", "", |cx, args| {
            let origin = this(cx, cx.arg(args, 0).value())?.origin.get();
            Ok(Value::object(cx.tuple(&[origin])))
        }),
        method("__eq__(self, value, /)", "Return self==value.", eq),
        method("__hash__(self, /)", "Return hash(self).", hash),
        method("__or__(self, value, /)", "Return self|value.", |cx, args| {
            union::join(cx, cx.arg(args, 0).value(), cx.arg(args, 1).value())
        }),
        method("__ror__(self, value, /)", "Return value|self.", |cx, args| {
            union::join(cx, cx.arg(args, 1).value(), cx.arg(args, 0).value())
        }),
        method("__instancecheck__(self, instance, /)", "", |cx, _| {
            Err(cx.type_error("isinstance() argument 2 cannot be a parameterized generic"))
        }),
        method("__subclasscheck__(self, subclass, /)", "", |cx, _| {
            Err(cx.type_error("issubclass() argument 2 cannot be a parameterized generic"))
        }),
    ],
    getsets: &[
        GetSet {
            name: "__origin__",
            doc: "",
            get: |cx, alias| this(cx, alias).map(|alias| alias.origin.get()),
            set: None,
        },
        GetSet {
            name: "__args__",
            doc: "",
            get: |cx, alias| this(cx, alias).map(|alias| alias.args.get()),
            set: None,
        },
        GetSet {
            name: "__unpacked__",
            doc: "",
            get: |cx, alias| this(cx, alias).map(|alias| Value::bool(alias.is_unpacked)),
            set: None,
        },
        GetSet { name: "__typing_unpacked_tuple_args__", doc: "", get: unpacked_items, set: None },
        GetSet {
            name: "__parameters__",
            doc: "Type variables in the GenericAlias.",
            get: |cx, alias| {
                let args = this(cx, alias)?.args.get();
                parameters(cx, args)
            },
            set: None,
        },
    ],
};

/// The types whose class may stand before brackets, and the row that they get for it.
pub static SUBSCRIPTABLE: &[T] = &[
    T::List,
    T::Tuple,
    T::Dict,
    T::Set,
    T::FrozenSet,
    T::Type,
    T::Enumerate,
    T::Generator,
    T::Coroutine,
    T::AsyncGenerator,
    T::MappingProxy,
    T::Chain,
    T::Partial,
    T::ContextVar,
    T::ContextToken,
    T::Deque,
];

pub static CLASS_GETITEM: Def =
    class_method("__class_getitem__(cls, item, /)", "See PEP 585", |cx, args| {
        let (class, item) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
        // Of metaclasses `type` alone stands before brackets.
        let root = cx.class(T::Type);
        if let Some(meta) = class.cast::<Class>().filter(|c| *c != root && c.is_subclass(root)) {
            // One of a generic base stands behind that of `type`.
            let name = cx.intern("__class_getitem__");
            let ancestors = meta.mro.borrow().clone();
            let mut others = ancestors.iter().filter(|ancestor| **ancestor != root);
            let found = others.find_map(|ancestor| ancestor.dict.get_str(cx, name));
            if let Some(method) = found.and_then(|found| found.cast::<ClassMethod>()) {
                return cx.tail(method.func.get(), &[class, item]);
            }
            let text = format!("type '{}' is not subscriptable", meta.name_text());
            return Err(cx.type_error(&text));
        }
        make(cx, class, item)
    });

fn this(cx: &Cx, value: Value) -> Result<Gc<GenericAlias>, Stop> {
    cx.unwrap(value)
        .cast::<GenericAlias>()
        .ok_or_else(|| wrong_receiver(cx, "", T::GenericAlias, value))
}

fn items(value: Value) -> Vec<Value> {
    value.cast::<Tuple>().map_or_else(Vec::new, |tuple| tuple.as_slice().to_vec())
}

/// What an alias says of itself; everything else is the class's.
const OWN: &[&str] = &[
    "__class__",
    "__origin__",
    "__args__",
    "__unpacked__",
    "__parameters__",
    "__typing_unpacked_tuple_args__",
    "__mro_entries__",
    "__reduce_ex__",
    "__reduce__",
];
/// What neither the alias nor its class has.
const NOBODYS: &[&str] = &["__bases__", "__copy__", "__deepcopy__"];

/// `origin[item]`; a tuple in the brackets is several items.
pub fn make(cx: &Cx, origin: Value, item: Value) -> Flow {
    let args = if item.is::<Tuple>() { item } else { Value::object(cx.tuple(&[item])) };
    Ok(build(cx, origin, args, false))
}

fn build(cx: &Cx, origin: Value, args: Value, is_unpacked: bool) -> Value {
    Value::object(cx.new_object(T::GenericAlias.shape(), 0, |header| GenericAlias {
        header,
        origin: origin.into(),
        args: args.into(),
        is_unpacked,
    }))
}

/// `*alias` is the one item that an alias yields.
fn iter(cx: &mut Cx, args: Args) -> Flow {
    let alias = this(cx, cx.arg(args, 0).value())?;
    let unpacked = build(cx, alias.origin.get(), alias.args.get(), true);
    let list = Value::object(cx.list(vec![unpacked]));
    Ok(Value::object(cx.iter(T::ListIter, IterKind::List, list, Value::UNDEF, 0)))
}

fn unpacked_items(cx: &mut Cx, alias: Value) -> Flow {
    let alias = this(cx, alias)?;
    let is_tuple = alias.origin.get() == cx.type_object(T::Tuple);
    Ok(if alias.is_unpacked && is_tuple { alias.args.get() } else { Value::NONE })
}

fn new(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::GenericAlias)?;
    let made = make(cx, cx.arg(args, 1).value(), cx.arg(args, 2).value())?;
    derive(cx, class, T::GenericAlias, made)
}

/// Calls the class; the object remembers the alias if it can.
fn call(cx: &mut Cx, args: Args) -> Flow {
    let alias = cx.arg(args, 0).value();
    let origin = this(cx, alias)?.origin.get();
    let (values, names) = super::function::spread(cx, args, 1)?;
    if names.is_empty() {
        return cx.call_then(origin, &values, called, [alias, Value::NONE, Value::NONE]);
    }
    cx.tail_with_names(origin, &values, &names)
}

fn called(cx: &mut Cx, [alias, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let object = outcome?;
    if object.is::<crate::value::Instance>() && cx.class_of(object).header.flags & NO_DICT == 0 {
        cx.set_own(object, cx.intern("__orig_class__"), alias);
    }
    Ok(object)
}

fn getattribute(cx: &mut Cx, args: Args) -> Flow {
    let (alias, name) = (cx.arg(args, 0).value(), super::object::name_arg(cx, args, 1)?);
    let is_in = |list: &[&str]| list.iter().any(|own| own.as_bytes() == name.as_bytes());
    if is_in(OWN) || is_in(NOBODYS) {
        return cx.attribute_plain(alias, name);
    }
    let origin = this(cx, alias)?.origin.get();
    cx.attribute_then(origin, name, Value::NONE)
}

fn dir(cx: &mut Cx, args: Args) -> Flow {
    let origin = this(cx, cx.arg(args, 0).value())?.origin.get();
    let mut names = super::object::dir_names(cx, origin);
    names.extend(OWN.iter().map(|own| Value::object(cx.intern(own))));
    let text = |name: &Value| name.cast::<Str>().expect("a name");
    names.sort_by(|a, b| text(a).as_bytes().cmp(text(b).as_bytes()));
    names.dedup_by(|a, b| text(a).as_bytes() == text(b).as_bytes());
    Ok(Value::object(cx.list(names)))
}

/// The distinct type variables among the arguments, as a tuple.
pub fn parameters(cx: &mut Cx, args: Value) -> Flow {
    let mut found: Vec<Value> = Vec::new();
    let mut pending = items(args);
    pending.reverse();
    while let Some(arg) = pending.pop() {
        let inner = if let Some(alias) = cx.unwrap(arg).cast::<GenericAlias>() {
            items(alias.args.get())
        } else if let Some(union) = arg.cast::<Union>() {
            items(union.args.get())
        } else if let Some(list) = arg.cast::<List>() {
            list.to_vec()
        } else {
            if is_variable(cx, arg) {
                if !found.contains(&arg) {
                    found.push(arg);
                }
                continue;
            }
            // The aliases of `typing` are objects of the library.
            if !arg.is::<Instance>() {
                continue;
            }
            let name = cx.intern("__parameters__");
            let known = cx.scope(|cx| {
                for &value in found.iter().chain(&pending) {
                    cx.root(value);
                }
                cx.get_optional(arg, name)
            })?;
            known.map_or_else(Vec::new, items)
        };
        pending.extend(inner.into_iter().rev());
    }
    Ok(Value::object(cx.tuple(&found)))
}

/// Type variables are objects of classes with this name; there is no base that they share.
pub fn is_variable(cx: &Cx, value: Value) -> bool {
    ["TypeVar", "ParamSpec", "TypeVarTuple"].contains(&cx.class_of(value).name_text().as_str())
}

/// `dict[str, T][int]`: the variables replaced, in order.
fn substitute(cx: &mut Cx, args: Args) -> Flow {
    let (alias, given) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    cx.tail_prelude("_substitute", &[alias, given])
}

fn eq(cx: &mut Cx, args: Args) -> Flow {
    let a = this(cx, cx.arg(args, 0).value())?;
    let Some(b) = cx.unwrap(cx.arg(args, 1).value()).cast::<GenericAlias>() else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let same = a.is_unpacked == b.is_unpacked
        && cx.equal(a.origin.get(), b.origin.get())?
        && cx.equal(a.args.get(), b.args.get())?;
    Ok(Value::bool(same))
}

fn hash(cx: &mut Cx, args: Args) -> Flow {
    let alias = this(cx, cx.arg(args, 0).value())?;
    let hash = cx.hash(alias.origin.get())? ^ cx.hash(alias.args.get())?;
    Ok(cx.int(hash as i64))
}

/// Appends the alias as the source would write it.
pub fn push_text(cx: &mut Cx, out: &mut Vec<u8>, alias: Gc<GenericAlias>) -> Result<(), Stop> {
    if alias.is_unpacked {
        out.push(b'*');
    }
    union::push_type(cx, out, alias.origin.get())?;
    out.push(b'[');
    let args = items(alias.args.get());
    if args.is_empty() {
        out.extend_from_slice(b"()");
    }
    for (i, arg) in args.into_iter().enumerate() {
        if i > 0 {
            out.extend_from_slice(b", ");
        }
        match arg.cast::<List>() {
            Some(list) => push_list(cx, out, list)?,
            None => union::push_type(cx, out, arg)?,
        }
    }
    out.push(b']');
    Ok(())
}

/// The parameter list of `Callable[[int, str], None]`.
fn push_list(cx: &mut Cx, out: &mut Vec<u8>, list: Gc<List>) -> Result<(), Stop> {
    out.push(b'[');
    for (i, arg) in list.to_vec().into_iter().enumerate() {
        if i > 0 {
            out.extend_from_slice(b", ");
        }
        union::push_type(cx, out, arg)?;
    }
    out.push(b']');
    Ok(())
}
