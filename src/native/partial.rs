//! `functools.partial`, and what `stdlib/functools.sloop` needs of natives.
//!
//! Places of the record: the function, a tuple of arguments, a dict of keyword arguments.

use super::display::{push_repr, push_str};
use super::function::spread;
use super::object::{derive, name_arg, new_class};
use super::operators::wrong_receiver;
use super::{
    TypeDef, add_functions, add_types, builtins, fold, function, lru_cache, method, static_method,
};
use crate::gc::Gc;
use crate::value::{Class, Dict, Record, Str, T, Tuple, Value};
use crate::vm::{Args, Cx, Def, Flow, GetSet, Stop};

const FUNC: usize = 0;
const ARGS: usize = 1;
const KEYWORDS: usize = 2;

pub static TYPE: TypeDef = TypeDef {
    id: T::Partial,
    doc: "A function with some of its arguments given already; the others are given with the call.",
    methods: &[
        static_method("__new__(cls, *args, **keywords)", "Create and return a new object.", new),
        method("__call__(self, /, *args, **kwargs)", "Call self as a function.", call),
        method("__get__(self, instance, owner=None, /)", "What it is as a member of a class.", get),
        method("__repr__(self, /)", "Return repr(self).", repr),
        method("__reduce__(self, /)", "What copies are made of.", reduce),
        method("__setstate__(self, state, /)", "Takes over what __reduce__ gave.", set_state),
    ],
    getsets: &[
        GetSet {
            name: "func",
            doc: "function object to use in future partial calls",
            get: |cx, p| Ok(this(cx, p)?.places[FUNC].get()),
            set: Some(read_only),
        },
        GetSet {
            name: "args",
            doc: "tuple of arguments to future partial calls",
            get: |cx, p| Ok(this(cx, p)?.places[ARGS].get()),
            set: Some(read_only),
        },
        GetSet {
            name: "keywords",
            doc: "dictionary of keyword arguments to future partial calls",
            get: |cx, p| Ok(this(cx, p)?.places[KEYWORDS].get()),
            set: Some(read_only),
        },
    ],
};

static FUNCTIONS: &[Def] = &[
    function(
        "reduce(function, iterable, initial=None, /)",
        "Applies a function of two arguments to the items from left to right, down to one value.",
        |cx, args| {
            let [function, iterable, initial] = [0, 1, 2].map(|i| cx.arg(args, i).value());
            if let Some((quick, source)) = fold::quick_reduction(cx, function, iterable) {
                let value = fold::reduce_by(cx, quick, source, initial)?;
                if !value.is_undef() {
                    return Ok(value);
                }
            }
            match initial.is_undef() {
                true => cx.tail_prelude("_reduce", &[function, iterable]),
                false => cx.tail_prelude("_reduce_from", &[function, iterable, initial]),
            }
        },
    ),
    function(
        "_lru_cache_wrapper(function, maxsize, typed, info, /)",
        "The function with a memory of its results.",
        lru_cache::wrap,
    ),
    function(
        "_own(object, name, default, /)",
        "An attribute that the object itself has; None if it can have none.",
        own,
    ),
    function(
        "_set_own(object, name, value, /)",
        "Sets an attribute of the object itself.",
        set_own,
    ),
];

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, dict, FUNCTIONS, "_functools");
    add_types(cx, &[&TYPE, &lru_cache::TYPE]);
    dict.set_str(cx, cx.intern("partial"), cx.type_object(T::Partial));
    Ok(())
}

fn this(cx: &Cx, value: Value) -> Result<Gc<Record>, Stop> {
    if let Some(record) = value.cast::<Record>().filter(|_| cx.is_exact(value, T::Partial)) {
        return Ok(record);
    }
    if !cx.isinstance(value, T::Partial) {
        return Err(wrong_receiver(cx, "", T::Partial, value));
    }
    cx.unwrap(value).cast::<Record>().ok_or_else(|| wrong_receiver(cx, "", T::Partial, value))
}

/// It is no method yet, but is going to be one: whoever finds it through an object is told.
fn get(cx: &mut Cx, args: Args) -> Flow {
    let this = cx.arg(args, 0).value();
    let instance = cx.arg(args, 1).value();
    if instance.is_none() || instance.is_undef() {
        return Ok(this);
    }
    cx.tail_prelude("_partial_found", &[this])
}

fn read_only(cx: &mut Cx, _: Value, _: Value) -> Flow {
    Err(cx.error(T::AttributeError, "readonly attribute"))
}

/// Places: class, keywords, function, arguments.
fn new(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Partial)?;
    let Some(mut func) = cx.opt(args, 2).map(|func| func.value()) else {
        return Err(cx.type_error("type 'partial' takes at least one argument"));
    };
    if !builtins::is_callable(cx, func) {
        return Err(cx.type_error("the first argument must be callable"));
    }
    let mut given = Vec::new();
    let keywords = cx.dict();
    // A partial of a partial is one of the function, unless it is more than that.
    let own_call = cx.class(T::Partial).dict.get_str(cx, cx.vm().names.__call__);
    if cx.isinstance(func, T::Partial)
        && let Some(inner) = cx.unwrap(func).cast::<Record>()
        && cx.own_names(func).is_empty()
        && cx.lookup(cx.class_of(func), cx.vm().names.__call__) == own_call
    {
        given = arguments(inner);
        if let Some(inner) = inner.places[KEYWORDS].get().cast::<Dict>() {
            merge(cx, keywords, inner)?;
        }
        func = inner.places[FUNC].get();
    }
    given.extend(cx.args_from(args, 3));
    if let Some(own) = cx.arg(args, 1).value().cast::<Dict>() {
        merge(cx, keywords, own)?;
    }
    let given = Value::object(cx.tuple(&given));
    let made = cx.record(T::Partial, &[func, given, Value::object(keywords)], true);
    derive(cx, class, T::Partial, Value::object(made))
}

fn arguments(this: Gc<Record>) -> Vec<Value> {
    let given = this.places[ARGS].get().cast::<Tuple>();
    given.map_or_else(Vec::new, |given| given.as_slice().to_vec())
}

fn merge(cx: &mut Cx, into: Gc<Dict>, from: Gc<Dict>) -> Result<(), Stop> {
    for entry in from.iter() {
        cx.dict_set(into, entry.key, entry.value)?;
    }
    Ok(())
}

fn call(cx: &mut Cx, args: Args) -> Flow {
    let this = this(cx, cx.arg(args, 0).value())?;
    let func = this.places[FUNC].get();
    if let Some(flow) = call_plainly(cx, args, this) {
        return flow;
    }
    let mut values = arguments(this);
    let (own, own_names) = spread(cx, args, 1)?;
    let kept = this.places[KEYWORDS].get().cast::<Dict>().filter(|kept| !kept.is_empty());
    let Some(kept) = kept else {
        values.extend(own);
        return cx.tail_with_names(func, &values, &own_names);
    };
    let (plain, named) = own.split_at(own.len() - own_names.len());
    values.extend(plain);
    let mut names: Vec<Gc<Str>> = Vec::with_capacity(kept.len() + named.len());
    for entry in kept.iter() {
        let Some(name) = entry.key.cast::<Str>() else {
            return Err(cx.type_error("keywords must be strings"));
        };
        let again = own_names.iter().position(|own| own.equals(&name));
        names.push(name);
        values.push(again.map_or(entry.value, |i| named[i]));
    }
    for (name, &value) in own_names.iter().zip(named) {
        if !names.iter().any(|known| known.equals(name)) {
            names.push(*name);
            values.push(value);
        }
    }
    cx.tail_with_names(func, &values, &names)
}

/// The call without any keywords and with few arguments; None for others.
fn call_plainly(cx: &mut Cx, args: Args, this: Gc<Record>) -> Option<Flow> {
    const FEW: usize = 8;
    let kept = this.places[ARGS].get().cast::<Tuple>()?;
    let (own, given) = (kept.as_slice(), args.beyond(2));
    let n = own.len() + given;
    let keywords = this.places[KEYWORDS].get().cast::<Dict>();
    let named = cx.arg(args, 1).value().cast::<Dict>();
    if n > FEW || [keywords, named].iter().flatten().any(|dict| !dict.is_empty()) {
        return None;
    }
    let mut values = [Value::UNDEF; FEW];
    values[..own.len()].copy_from_slice(own);
    for i in 0..given {
        values[own.len() + i] = cx.arg(args, i + 2).value();
    }
    Some(cx.tail(this.places[FUNC].get(), &values[..n]))
}

fn repr(cx: &mut Cx, args: Args) -> Flow {
    let object = cx.arg(args, 0).value();
    let this = this(cx, object)?;
    let class = cx.class_of(object);
    let (module, qualname) = (cx.vm().names.__module__, cx.vm().names.__qualname__);
    let class = Value::object(class);
    let (module, name) = (cx.get_attribute(class, module)?, cx.get_attribute(class, qualname)?);
    cx.scope(|cx| {
        cx.root(module);
        cx.root(name);
        if cx.vm().showing.iter().any(|shown| shown[0] == object) {
            return Ok(cx.str_value("..."));
        }
        cx.vm_mut().showing.push([object, Value::NONE]);
        let text = cx.written(|cx, out| {
            push_name(out, module, name);
            out.push(b'(');
            cx.deeper(|cx| push_repr(cx, out, this.places[FUNC].get()))?;
            push_arguments(cx, out, this.places[ARGS].get(), this.places[KEYWORDS].get(), false)?;
            out.push(b')');
            Ok(())
        });
        cx.vm_mut().showing.pop();
        text.map(Value::object)
    })
}

fn push_name(out: &mut Vec<u8>, module: Value, name: Value) {
    for (part, end) in [(module, ".".as_bytes()), (name, b"")] {
        if let Some(part) = part.cast::<Str>() {
            out.extend_from_slice(part.as_bytes());
            out.extend_from_slice(end);
        }
    }
}

/// Appends `, x, y, a=z`, without the first comma if they come `first`.
pub fn push_arguments(
    cx: &mut Cx,
    out: &mut Vec<u8>,
    given: Value,
    keywords: Value,
    mut first: bool,
) -> Result<(), Stop> {
    let mut comma = |out: &mut Vec<u8>| {
        if !std::mem::take(&mut first) {
            out.extend_from_slice(b", ");
        }
    };
    for arg in given.cast::<Tuple>().map_or_else(Vec::new, |given| given.as_slice().to_vec()) {
        comma(out);
        cx.deeper(|cx| push_repr(cx, out, arg))?;
    }
    let Some(keywords) = keywords.cast::<Dict>() else { return Ok(()) };
    for place in 0..keywords.table().places() {
        let Some(entry) = keywords.entry_at(place) else { continue };
        comma(out);
        match entry.key.cast::<Str>() {
            Some(name) => out.extend_from_slice(name.as_bytes()),
            None => cx.deeper(|cx| push_str(cx, out, entry.key))?,
        }
        out.push(b'=');
        cx.deeper(|cx| push_repr(cx, out, entry.value))?;
    }
    Ok(())
}

fn reduce(cx: &mut Cx, args: Args) -> Flow {
    let object = cx.arg(args, 0).value();
    let this = this(cx, object)?;
    let func = this.places[FUNC].get();
    let attributes = cx.own_names(object).len();
    let own = if attributes == 0 { None } else { cx.attribute_dict(object) };
    let own = own.map_or(Value::NONE, Value::object);
    let state = [func, this.places[ARGS].get(), this.places[KEYWORDS].get(), own];
    let state = Value::object(cx.tuple(&state));
    let class = Value::object(cx.class_of(object));
    let given = Value::object(cx.tuple(&[func]));
    Ok(Value::object(cx.tuple(&[class, given, state])))
}

fn set_state(cx: &mut Cx, args: Args) -> Flow {
    let object = cx.arg(args, 0).value();
    let this = this(cx, object)?;
    let state = cx.arg(args, 1).value().cast::<Tuple>();
    let state = state.map_or_else(Vec::new, |state| state.as_slice().to_vec());
    let &[func, given, keywords, own] = &state[..] else {
        return Err(cx.type_error("invalid partial state"));
    };
    let given_items = cx.unwrap(given).cast::<Tuple>();
    let keywords_dict = cx.unwrap(keywords).cast::<Dict>();
    if !builtins::is_callable(cx, func)
        || given_items.is_none()
        || keywords_dict.is_none() && !keywords.is_none()
    {
        return Err(cx.type_error("invalid partial state"));
    }
    this.places[FUNC].set(func);
    this.places[ARGS].set(cx.unwrap(given));
    let keywords = keywords_dict.unwrap_or_else(|| cx.dict());
    this.places[KEYWORDS].set(Value::object(keywords));
    let own = cx.unwrap(own).cast::<Dict>().unwrap_or_else(|| cx.dict());
    cx.set_attribute_dict(object, own);
    Ok(Value::NONE)
}

// ---- for cached_property

fn own(cx: &mut Cx, args: Args) -> Flow {
    let (object, name) = (cx.arg(args, 0).value(), name_arg(cx, args, 1)?);
    if let Some(value) = cx.own_attribute(object, name) {
        return Ok(value);
    }
    let class = cx.class_of(object);
    let closed = class.header.flags & crate::value::class::flags::NO_DICT != 0
        || object.is::<Class>()
        || object.is::<crate::value::Instance>() && !class.is_user();
    Ok(if closed { Value::NONE } else { cx.arg(args, 2).value() })
}

fn set_own(cx: &mut Cx, args: Args) -> Flow {
    let (object, name) = (cx.arg(args, 0).value(), name_arg(cx, args, 1)?);
    let done = cx.set_own(object, name, cx.arg(args, 2).value());
    Ok(Value::bool(done))
}
