//! What `copy` needs of objects: `__reduce_ex__` and its kin, and copies of plain instances.
//!
//! What is decided by the program's methods goes on in `stdlib/prelude_copy.sloop`.

use super::object::name_arg;
use super::{add_functions, function, method};
use crate::gc::Gc;
use crate::plain::int::Int;
use crate::value::class::overrides;
use crate::value::kind::Kind;
use crate::value::{Class, Dict, Instance, Str, T, Value};
use crate::vm::{Args, Cx, Def, Flow, Stop};

/// Methods of `object`.
pub static REDUCE_EX: Def =
    method("__reduce_ex__(self, protocol, /)", "Helper for pickle.", reduce_ex);
pub static REDUCE: Def = method("__reduce__(self, /)", "Helper for pickle.", |cx, args| {
    let object = cx.arg(args, 0).value();
    cx.tail_prelude("_reduce_old", &[object, Value::int(0)])
});
pub static GET_STATE: Def = method("__getstate__(self, /)", "Helper for pickle.", |cx, args| {
    let object = cx.arg(args, 0).value();
    cx.tail_prelude("_get_state", &[object])
});

/// For the prelude.
pub static HOOKS: &[Def] = &[
    function("_layout(object, /)", "The built-in type that an object is made like.", |cx, args| {
        let class = cx.class_of(cx.arg(args, 0).value());
        let base = class.mro.borrow().iter().copied().find(|class| !class.is_user());
        Ok(base.map_or(Value::NONE, Value::object))
    }),
    function("_payload(object, /)", "The built-in value that an object carries.", |cx, args| {
        Ok(cx.unwrap(cx.arg(args, 0).value()))
    }),
    function("_attributes(object, /)", "A dict of an object's own attributes.", attributes),
];

static FUNCTIONS: &[Def] = &[
    function("_clone(object, /)", "A copy of a plain instance; None for other objects.", clone),
    function("_attributes(object, /)", "A dict of an object's own attributes.", attributes),
    function(
        "_set_own(object, name, value, /)",
        "Sets an attribute of the object itself.",
        set_own,
    ),
];

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, dict, FUNCTIONS, "_copy");
    Ok(())
}

fn reduce_ex(cx: &mut Cx, args: Args) -> Flow {
    let (object, protocol) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    let protocol = cx.index(protocol)?;
    let class = cx.class_of(object);
    let name = cx.intern("__reduce__");
    let own = cx.class(T::Object).dict.get_str(cx, name);
    if cx.lookup(class, name) != own
        && let Some(method) = cx.special(object, name)?
    {
        return cx.tail(method, &[]);
    }
    match protocol {
        Int::Small(old @ ..2) => cx.tail_prelude("_reduce_old", &[object, Value::int(old)]),
        _ => cx.tail_prelude("_reduce_new", &[object]),
    }
}

fn attributes(cx: &mut Cx, args: Args) -> Flow {
    let object = cx.arg(args, 0).value();
    let found = cx.dict();
    for name in cx.own_names(object) {
        if let Some(value) = cx.own_attribute(object, name) {
            found.set_str(cx, name, value);
        }
    }
    Ok(Value::object(found))
}

fn set_own(cx: &mut Cx, args: Args) -> Flow {
    let (object, name) = (cx.arg(args, 0).value(), name_arg(cx, args, 1)?);
    let done = cx.set_own(object, name, cx.arg(args, 2).value());
    Ok(Value::bool(done))
}

/// An instance of a class that leaves copying to `object` is its attributes and nothing else.
fn clone(cx: &mut Cx, args: Args) -> Flow {
    let object = cx.arg(args, 0).value();
    let class = cx.class_of(object);
    if !object.is::<Instance>() || !is_plain(cx, class) {
        return Ok(Value::NONE);
    }
    let made = Value::object(cx.instance(class));
    for name in cx.own_names(object) {
        if let Some(value) = cx.own_attribute(object, name) {
            cx.set_own(made, name, value);
        }
    }
    Ok(made)
}

fn is_plain(cx: &Cx, class: Gc<Class>) -> bool {
    if !class.is_user()
        || class.layout != Kind::Instance
        || class.has(overrides::NEW | overrides::SETATTR | overrides::GETATTRIBUTE)
    {
        return false;
    }
    let object = cx.class(T::Object);
    let inherited = |name: &str| {
        let name: Gc<Str> = cx.intern(name);
        cx.lookup(class, name) == object.dict.get_str(cx, name)
    };
    [
        "__reduce_ex__",
        "__reduce__",
        "__getstate__",
        "__setstate__",
        "__getnewargs__",
        "__getnewargs_ex__",
    ]
    .into_iter()
    .all(inherited)
}
