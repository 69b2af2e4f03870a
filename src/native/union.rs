//! `int | str`: what `|` makes of classes. Good for `isinstance` and for reading.

use super::builtins::{Check, check};
use super::operators::wrong_receiver;
use super::{TypeDef, add_functions, display, display_object, function, method};
use crate::gc::Gc;
use crate::value::{Class, Dict, Instance, T, Tuple, Union, Value};
use crate::vm::{Args, Cx, Def, Flow, GetSet, Stop};

/// For types of the library that are no classes.
static FUNCTIONS: &[Def] =
    &[function("either(x, y, /)", "What `x | y` makes of two types.", |cx, args| {
        join(cx, cx.arg(args, 0).value(), cx.arg(args, 1).value())
    })];

/// The module `_typing`.
pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, dict, FUNCTIONS, "_typing");
    Ok(())
}

pub static TYPE: TypeDef = TypeDef {
    id: T::Union,
    doc: "Represent a PEP 604 union type\n\nE.g. for int | str",
    methods: &[
        method("__or__(self, value, /)", "Return self|value.", |cx, args| {
            join(cx, cx.arg(args, 0).value(), cx.arg(args, 1).value())
        }),
        method("__ror__(self, value, /)", "Return value|self.", |cx, args| {
            join(cx, cx.arg(args, 1).value(), cx.arg(args, 0).value())
        }),
        method("__getitem__(self, key, /)", "Return self[key].", |cx, args| {
            let (union, given) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
            cx.tail_prelude("_substitute", &[union, given])
        }),
        method("__eq__(self, value, /)", "Return self==value.", eq),
        method("__hash__(self, /)", "Return hash(self).", hash),
        method("__instancecheck__(self, instance, /)", "", |cx, args| {
            ask(cx, args, Check::Instance)
        }),
        method("__subclasscheck__(self, subclass, /)", "", |cx, args| {
            ask(cx, args, Check::Subclass)
        }),
    ],
    getsets: &[
        GetSet {
            name: "__args__",
            doc: "",
            get: |cx, union| this(cx, union).map(|union| union.args.get()),
            set: None,
        },
        GetSet {
            name: "__parameters__",
            doc: "Type variables in the types.UnionType.",
            get: |cx, union| {
                let args = this(cx, union)?.args.get();
                super::generic_alias::parameters(cx, args)
            },
            set: None,
        },
    ],
};

fn this(cx: &Cx, value: Value) -> Result<Gc<Union>, Stop> {
    value.cast::<Union>().ok_or_else(|| wrong_receiver(cx, "", T::Union, value))
}

fn args_of(union: Gc<Union>) -> Vec<Value> {
    union.args.get().cast::<Tuple>().map_or_else(Vec::new, |args| args.as_slice().to_vec())
}

/// `x | y`; NotImplemented unless both can stand in a union.
pub fn join(cx: &mut Cx, x: Value, y: Value) -> Flow {
    let mut parts: Vec<Value> = Vec::new();
    for side in [x, y] {
        let more = if let Some(union) = side.cast::<Union>() {
            args_of(union)
        } else if side.is_none() {
            vec![cx.type_object(T::NoneType)]
        } else if side.is::<Class>()
            || cx.isinstance(side, T::GenericAlias)
            || is_type_form(cx, side)
        {
            vec![side]
        } else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        for part in more {
            let mut known = false;
            for &other in &parts {
                known |= other == part || cx.equal(other, part)?;
            }
            if !known {
                parts.push(part);
            }
        }
    }
    if let [only] = parts[..] {
        return Ok(only);
    }
    let args = Value::object(cx.tuple(&parts));
    let made = cx.new_object(T::Union.shape(), 0, |header| Union { header, args: args.into() });
    Ok(Value::object(made))
}

/// Type aliases are objects of the library.
fn is_type_form(cx: &Cx, value: Value) -> bool {
    value.is::<Instance>() && cx.class_of(value).name_text() == "TypeAliasType"
}

/// Are the members the same, in any order?
fn eq(cx: &mut Cx, args: Args) -> Flow {
    let a = args_of(this(cx, cx.arg(args, 0).value())?);
    let Some(other) = cx.arg(args, 1).value().cast::<Union>() else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let b = args_of(other);
    if a.len() != b.len() {
        return Ok(Value::FALSE);
    }
    for &part in &a {
        let mut found = false;
        for &other in &b {
            found = found || part == other || cx.equal(part, other)?;
        }
        if !found {
            return Ok(Value::FALSE);
        }
    }
    Ok(Value::TRUE)
}

fn hash(cx: &mut Cx, args: Args) -> Flow {
    let mut hashes = Vec::new();
    for part in args_of(this(cx, cx.arg(args, 0).value())?) {
        hashes.push(cx.hash(part)? as i64);
    }
    Ok(cx.int(crate::plain::hash::frozenset(hashes)))
}

fn ask(cx: &mut Cx, args: Args, what: Check) -> Flow {
    let union = this(cx, cx.arg(args, 0).value())?;
    // What stands before a parameterized generic, which refuses, may answer.
    check(cx, cx.arg(args, 1).value(), union.args.get(), what)
}

/// Appends the members as the source would write them.
pub fn push_text(cx: &mut Cx, out: &mut Vec<u8>, union: Gc<Union>) -> Result<(), Stop> {
    for (i, part) in args_of(union).into_iter().enumerate() {
        if i > 0 {
            out.extend_from_slice(b" | ");
        }
        push_type(cx, out, part)?;
    }
    Ok(())
}

/// Has it what makes an alias of a generic type? A metaclass may say so of every name.
fn looks_generic(cx: &mut Cx, part: Value) -> Result<bool, Stop> {
    for name in ["__origin__", "__args__"] {
        if cx.get_optional(part, cx.intern(name))?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Appends a type as annotations show it: classes by their names.
pub fn push_type(cx: &mut Cx, out: &mut Vec<u8>, part: Value) -> Result<(), Stop> {
    display::check_size(cx, out)?;
    match part.cast::<Class>() {
        Some(class) if class.is_user() && looks_generic(cx, part)? => {
            display::push_repr(cx, out, part)?;
        }
        Some(class) if class == cx.class(T::NoneType) => out.extend_from_slice(b"None"),
        Some(class) => out.extend_from_slice(display_object::full_name(cx, class).as_bytes()),
        None if part == Value::ELLIPSIS => out.extend_from_slice(b"..."),
        None => display::push_repr(cx, out, part)?,
    }
    Ok(())
}
