//! `str`: construction and the special methods.
//!
//! The machine adds, compares, indexes and iterates strings by itself; the methods here say the
//! same to programs that call them by name. The rest of the type is in `str_search`, `str_split`,
//! `str_shape` and `str_table`.

use super::text_args::{text_of, this_text};
use super::{TypeDef, codec, display, method, percent, static_method, template};
use crate::gc::Gc;
use crate::plain::int::text::Decimal;
use crate::value::{Class, Dict, IterKind, Str, T, Value};
use crate::vm::{Args, Binary, Cx, Flow, Order, Stop, str_iter_type};

pub const DOC: &str = "Text: an immutable sequence of Unicode code points.";

pub static TYPE: TypeDef = TypeDef {
    id: T::Str,
    doc: DOC,
    methods: &[
        static_method(
            "__new__(cls, /, object='', encoding='utf-8', errors='strict')",
            "The text of an object, or bytes decoded.",
            new,
        ),
        method("__len__(self, /)", "len(self)", len),
        method("__iter__(self, /)", "iter(self)", iter),
        method("__contains__(self, key, /)", "key in self", contains),
        method("__getitem__(self, key, /)", "self[key]", getitem),
        method("__add__(self, value, /)", "self + value", add),
        method("__mul__(self, value, /)", "self * value", mul),
        method("__rmul__(self, value, /)", "value * self", repeated),
        method("__mod__(self, value, /)", "self % value", modulo),
        method("__rmod__(self, value, /)", "value % self", rmod),
        method("__eq__(self, value, /)", "self == value", eq),
        method("__ne__(self, value, /)", "self != value", ne),
        method("__lt__(self, value, /)", "self < value", lt),
        method("__le__(self, value, /)", "self <= value", le),
        method("__gt__(self, value, /)", "self > value", gt),
        method("__ge__(self, value, /)", "self >= value", ge),
        method("__hash__(self, /)", "hash(self)", hash),
        method("__getnewargs__(self, /)", "Arguments that make a copy.", getnewargs),
        method(
            "format(self, /, *args, **kwargs)",
            "A copy with the fields in braces filled in.",
            format,
        ),
        method(
            "format_map(self, mapping, /)",
            "As format, with names looked up in a mapping.",
            format_map,
        ),
        method("encode(self, /, encoding='utf-8', errors='strict')", "The text as bytes.", encode),
    ],
    getsets: &[],
};

// ---- construction

fn new(cx: &mut Cx, args: Args) -> Flow {
    let class = subtype(cx, args, T::Str)?;
    let (encoding, errors) = (cx.arg(args, 2).value(), cx.arg(args, 3).value());
    let Some(object) = cx.opt(args, 1).map(|v| v.value()) else {
        let empty = Value::object(cx.empty_str());
        return wrap(cx, class, empty);
    };
    if !encoding.is_undef() || !errors.is_undef() {
        let text = decoded(cx, object, encoding, errors)?;
        return wrap(cx, class, Value::object(text));
    }
    if class == cx.class(T::Str) {
        if let Some(i) = object.as_int() {
            return Ok(Value::object(cx.str_ascii(Decimal::of(i).as_bytes())));
        }
        return display::str_then(cx, object);
    }
    let text = display::str_value(cx, object)?;
    wrap(cx, class, Value::object(text))
}

/// The first argument of a `__new__`: a class derived from the built-in type.
pub fn subtype(cx: &Cx, args: Args, id: T) -> Result<Gc<Class>, Stop> {
    let value = cx.arg(args, 0).value();
    if value == cx.type_object(id) {
        return Ok(cx.class(id));
    }
    let name = cx.class(id).name_text();
    let Some(class) = value.cast::<Class>() else {
        let shown = cx.type_name(value);
        return Err(cx.type_error(&format!("{name}.__new__(X): X is not a type object ({shown})")));
    };
    if !class.is_subclass(cx.class(id)) {
        let shown = class.name_text();
        return Err(
            cx.type_error(&format!("{name}.__new__({shown}): {shown} is not a subtype of {name}"))
        );
    }
    Ok(class)
}

/// A value of a built-in type, as an instance of a class derived from it if need be.
pub fn wrap(cx: &Cx, class: Gc<Class>, value: Value) -> Flow {
    if class.is_user() { Ok(Value::object(cx.instance_with(class, value))) } else { Ok(value) }
}

/// `str(data, encoding, errors)`.
fn decoded(cx: &mut Cx, object: Value, encoding: Value, errors: Value) -> Result<Gc<Str>, Stop> {
    codec::check(cx, encoding, errors, "str")?;
    if let Some(data) = super::bytes::buffer_or_none(cx, object)? {
        if data.is_empty() {
            // Nobody looks the encoding up.
            return Ok(cx.str(""));
        }
        let how = codec::arguments(cx, encoding, errors, "str")?;
        return codec::decode(cx, object, &data, &how);
    }
    let text = if text_of(cx, object).is_some() {
        "decoding str is not supported".to_string()
    } else {
        let shown = cx.type_name(object);
        format!("decoding to str: need a bytes-like object, {shown} found")
    };
    Err(cx.type_error(&text))
}

// ---- as a sequence

fn len(cx: &mut Cx, args: Args) -> Flow {
    Ok(Value::int(this_text(cx, args)?.len() as i64))
}

fn iter(cx: &mut Cx, args: Args) -> Flow {
    let text = this_text(cx, args)?;
    let id = str_iter_type(text);
    Ok(Value::object(cx.iter(id, IterKind::Str, Value::object(text), Value::UNDEF, 0)))
}

fn contains(cx: &mut Cx, args: Args) -> Flow {
    let (text, key) = (this_text(cx, args)?, cx.arg(args, 1).value());
    let Some(part) = text_of(cx, key) else {
        let shown = cx.type_name(key);
        return Err(
            cx.type_error(&format!("'in <string>' requires string as left operand, not {shown}"))
        );
    };
    let found = crate::plain::wtf8::find(text.as_bytes(), part.as_bytes());
    Ok(Value::bool(found.is_some()))
}

fn getitem(cx: &mut Cx, args: Args) -> Flow {
    let (text, key) = (this_text(cx, args)?, cx.arg(args, 1).value());
    Ok(cx.item_plain(Value::object(text), key)?.unwrap_or(Value::NOT_IMPLEMENTED))
}

// ---- operators

fn add(cx: &mut Cx, args: Args) -> Flow {
    let (this, other) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    match cx.binary_plain(Binary::Add, this, other)? {
        Some(sum) => Ok(sum),
        None if super::operators::has_own_radd(cx, other) => Ok(Value::NOT_IMPLEMENTED),
        None => {
            let shown = cx.type_name(other);
            let text = format!("can only concatenate str (not \"{shown}\") to str");
            Err(cx.type_error(&text))
        }
    }
}

fn mul(cx: &mut Cx, args: Args) -> Flow {
    let found = repeated(cx, args)?;
    // A class of the program may know how to multiply a text.
    let class = cx.class_of(cx.arg(args, 1).value());
    if found == Value::NOT_IMPLEMENTED && !class.is_user() {
        let kind = class.name_text();
        let text = format!("can't multiply sequence by non-int of type '{kind}'");
        return Err(cx.type_error(&text));
    }
    Ok(found)
}

/// `sequence * count`, where the count may have `__index__`.
pub fn repeated(cx: &mut Cx, args: Args) -> Flow {
    let count = cx.arg(args, 1).value();
    let Some(count) = cx.index_or_none(count)? else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let count = cx.int_value(count);
    let this = cx.arg(args, 0).value();
    Ok(cx.binary_plain(Binary::Mul, this, count)?.unwrap_or(Value::NOT_IMPLEMENTED))
}

fn modulo(cx: &mut Cx, args: Args) -> Flow {
    let template = this_text(cx, args)?;
    let values = cx.arg(args, 1).value();
    percent::format_text(cx, template, values)
}

fn rmod(cx: &mut Cx, args: Args) -> Flow {
    let this = cx.arg(args, 0).value();
    let template = cx.arg(args, 1).value();
    match text_of(cx, template) {
        Some(template) => percent::format_text(cx, template, this),
        None => Ok(Value::NOT_IMPLEMENTED),
    }
}

/// A comparison of two values of the same built-in kind.
pub fn comparison(cx: &Cx, args: Args, order: Order, same: fn(&Cx, Value) -> bool) -> Flow {
    let (x, y) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    if !same(cx, y) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    Ok(cx.compare_plain(x, y, order)?.map_or(Value::NOT_IMPLEMENTED, Value::bool))
}

fn compared(cx: &Cx, args: Args, order: Order) -> Flow {
    this_text(cx, args)?;
    comparison(cx, args, order, |cx, value| text_of(cx, value).is_some())
}

super::comparisons!(compared);

fn hash(cx: &mut Cx, args: Args) -> Flow {
    let text = this_text(cx, args)?;
    Ok(cx.int(cx.str_hash(text) as i64))
}

fn getnewargs(cx: &mut Cx, args: Args) -> Flow {
    let text = Value::object(this_text(cx, args)?);
    Ok(Value::object(cx.tuple(&[text])))
}

// ---- formatting and encoding

fn format(cx: &mut Cx, args: Args) -> Flow {
    let text = this_text(cx, args)?;
    let names = cx.arg(args, 1).cast::<Dict>();
    let values = cx.args_from(args, 2);
    template::format(cx, text, template::Source::Arguments(&values, names))
}

fn format_map(cx: &mut Cx, args: Args) -> Flow {
    let text = this_text(cx, args)?;
    let mapping = cx.arg(args, 1).value();
    template::format(cx, text, template::Source::Mapping(mapping))
}

fn encode(cx: &mut Cx, args: Args) -> Flow {
    let text = this_text(cx, args)?;
    let (encoding, errors) = (cx.arg(args, 1).value(), cx.arg(args, 2).value());
    if encoding.is_undef() && errors.is_undef() && text.as_str().is_some() {
        return Ok(Value::object(cx.bytes(text.as_bytes())));
    }
    let Some(how) = codec::known(cx, encoding, errors, "encode")? else {
        return codec::by_codec(cx, "_encode_by_codec", Value::object(text), encoding, errors);
    };
    if let Some(data) = codec::encoded_as_is(&text, &how) {
        return Ok(Value::object(cx.bytes(data)));
    }
    let data = codec::encode(cx, text, &how)?;
    Ok(Value::object(cx.bytes(data)))
}
