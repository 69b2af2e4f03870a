//! `format(value, spec)`: the format mini-language applied to values.
//!
//! Numbers and texts are formatted by `plain::spec`; `__format__` of a class of the program comes
//! first; everything else takes no specification.

use std::borrow::Cow;

use super::display;
use super::text_args::text_of;
use super::{Def, method};
use crate::gc::Gc;
use crate::plain::spec;
use crate::value::{Class, Instance, Native, Str, T, Value};
use crate::vm::{Args, Cx, Flow, Number, Outcome, Stop, natives::is_native};

static OBJECT_FORMAT: Def =
    method("__format__(self, format_spec, /)", "format(self, format_spec)", object_format);
static FORMAT: Def =
    method("__format__(self, format_spec, /)", "format(self, format_spec)", native_format);

/// Gives the types that can be formatted their `__format__`.
pub fn install(add: impl Fn(T, &'static Def)) {
    add(T::Object, &OBJECT_FORMAT);
    for id in [T::Int, T::Float, T::Complex, T::Str] {
        add(id, &FORMAT);
    }
}

fn spec_of(cx: &Cx, args: Args) -> Result<Gc<Str>, Stop> {
    super::text_args::only_text(cx, args, "__format__")
}

fn native_format(cx: &mut Cx, args: Args) -> Flow {
    let value = cx.arg(args, 0).value();
    let spec = spec_of(cx, args)?;
    native_then(cx, value, spec)
}

/// `object.__format__`: no specification at all.
fn object_format(cx: &mut Cx, args: Args) -> Flow {
    let value = cx.arg(args, 0).value();
    let spec = spec_of(cx, args)?;
    if spec.is_empty() { display::str_then(cx, value) } else { Err(unsupported(cx, value)) }
}

fn unsupported(cx: &Cx, value: Value) -> Stop {
    let shown = cx.type_name(value);
    cx.type_error(&format!("unsupported format string passed to {shown}.__format__"))
}

/// `__format__` of a class that is not one of ours, bound to the value.
fn own_method(cx: &mut Cx, value: Value) -> Result<Option<Value>, Stop> {
    let class: Gc<Class> = cx.class_of(value);
    if !value.is_object() || value.is::<Str>() {
        return Ok(None);
    }
    let name = cx.vm().names.__format__;
    let ours = |found: Value| {
        found
            .cast::<Native>()
            .is_some_and(|native| is_native(native, &FORMAT) || is_native(native, &OBJECT_FORMAT))
    };
    match cx.lookup(class, name) {
        Some(found) if !ours(found) => cx.special(value, name),
        _ => Ok(None),
    }
}

/// `format(value, spec)` as a native's last act.
pub fn format_then(cx: &mut Cx, value: Value, spec: Gc<Str>) -> Flow {
    match own_method(cx, value)? {
        Some(method) => {
            cx.call_then(method, &[Value::object(spec)], format_arrived, [Value::NONE; 3])
        }
        None => native_then(cx, value, spec),
    }
}

fn format_arrived(cx: &mut Cx, _: [Value; 3], outcome: Outcome) -> Flow {
    let answer = outcome?;
    checked(cx, answer).map(|_| answer)
}

fn checked(cx: &Cx, answer: Value) -> Result<Gc<Str>, Stop> {
    text_of(cx, answer).ok_or_else(|| {
        let shown = cx.type_name(answer);
        cx.type_error(&format!("__format__ must return a str, not {shown}"))
    })
}

fn native_then(cx: &mut Cx, value: Value, spec: Gc<Str>) -> Flow {
    if spec.is_empty() {
        return display::str_then(cx, value);
    }
    let text = cx.written(|cx, out| push_native(cx, out, value, spec.as_bytes()))?;
    Ok(Value::object(text))
}

/// Appends `format(value, spec)`, by the door where code of the program decides.
pub fn push_format(cx: &mut Cx, out: &mut Vec<u8>, value: Value, spec: &[u8]) -> Result<(), Stop> {
    if let Some(method) = own_method(cx, value)? {
        let spec = Value::object(cx.str_wtf8(spec));
        let answer = cx.call(method, &[spec])?;
        out.extend_from_slice(checked(cx, answer)?.as_bytes());
        return Ok(());
    }
    if spec.is_empty() {
        return display::push_str(cx, out, value);
    }
    push_native(cx, out, value, spec)
}

/// A specification that is not empty, applied to a built-in value.
fn push_native(cx: &Cx, out: &mut Vec<u8>, value: Value, text: &[u8]) -> Result<(), Stop> {
    let inner = cx.unwrap(value);
    let done = if let Some(i) = inner.as_int() {
        spec::format_i64(out, text, i, &derived(cx, value, "int"))
    } else if let Some(x) = inner.as_float() {
        spec::format_f64(out, text, x, &derived(cx, value, "float"))
    } else if let Some(string) = inner.cast::<Str>() {
        let name = derived(cx, value, "str");
        spec::format_str(out, text, string.as_bytes(), string.len(), &name)
    } else if let Some(yes) = inner.as_bool() {
        spec::format_bool(out, text, yes)
    } else {
        let name = cx.type_name(value);
        match cx.number(inner) {
            Some(Number::Big(big)) => {
                spec::format_big(out, text, &big.value, super::int::digit_limit(cx), &name)
            }
            Some(Number::Complex(re, im)) => spec::format_complex(out, text, re, im, &name),
            _ => return Err(unsupported(cx, value)),
        }
    };
    done.map_err(|fault| cx.fault(&fault))?;
    if out.len() > crate::plain::MAX_BYTES {
        return Err(cx.error_with(T::MemoryError, &[]));
    }
    Ok(())
}

/// The name of a value's class, which is only made if it is not the built-in one.
fn derived(cx: &Cx, value: Value, name: &'static str) -> Cow<'static, str> {
    if value.is::<Instance>() { cx.type_name(value).into() } else { name.into() }
}
