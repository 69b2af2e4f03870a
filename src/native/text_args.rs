//! How the methods of str and bytes read their arguments: texts, bounds, counts.
//!
//! The messages are those of CPython's own argument checks.

use crate::gc::Gc;
use crate::plain::Fault;
use crate::plain::int::Int;
use crate::value::{Str, T, Value};
use crate::vm::{Args, Cx, Stop};

/// The receiver of a method of str.
#[inline]
pub fn this_text(cx: &Cx, args: Args) -> Result<Gc<Str>, Stop> {
    match cx.arg(args, 0).cast::<Str>() {
        Some(text) => Ok(text),
        None => super::this::<Str>(cx, args, T::Str),
    }
}

/// A str, seen through subclasses.
#[inline]
pub fn text_of(cx: &Cx, value: Value) -> Option<Gc<Str>> {
    cx.unwrap(value).cast::<Str>()
}

/// The name of a type as argument checks give it.
pub fn shown_type(cx: &Cx, value: Value) -> String {
    if value.is_none() { "None".into() } else { cx.type_name(value) }
}

/// Positional argument `i` (the receiver is 0), which must be a str.
pub fn text_arg(cx: &Cx, args: Args, i: usize, function: &str) -> Result<Gc<Str>, Stop> {
    let value = cx.arg(args, i).value();
    text_of(cx, value).ok_or_else(|| {
        let shown = shown_type(cx, value);
        cx.type_error(&format!("{function}() argument {i} must be str, not {shown}"))
    })
}

/// The only argument, which must be a str.
pub fn only_text(cx: &Cx, args: Args, function: &str) -> Result<Gc<Str>, Stop> {
    let value = cx.arg(args, 1).value();
    text_of(cx, value).ok_or_else(|| {
        let shown = shown_type(cx, value);
        cx.type_error(&format!("{function}() argument must be str, not {shown}"))
    })
}

/// The bounds of a search as offsets into something of a length, negative ones resolved; None if
/// they hold nothing, not even an empty text.
pub fn bounds(
    cx: &mut Cx,
    args: Args,
    i: usize,
    len: usize,
) -> Result<Option<(usize, usize)>, Stop> {
    let (start, end) = raw_bounds(cx, args, i)?;
    Ok(resolve_bounds(start, end, len))
}

/// The bounds as given, for what may change its length while they are asked for.
pub fn raw_bounds(cx: &mut Cx, args: Args, i: usize) -> Result<(Option<i64>, Option<i64>), Stop> {
    let start = cx.arg(args, i).value();
    let start = cx.slice_bound(start)?;
    let end = cx.arg(args, i + 1).value();
    Ok((start, cx.slice_bound(end)?))
}

pub fn resolve_bounds(start: Option<i64>, end: Option<i64>, len: usize) -> Option<(usize, usize)> {
    let start = start.unwrap_or(0);
    if start > len as i64 {
        return None;
    }
    let start = crate::plain::index::clip(start, len);
    let end = end.map_or(len, |end| crate::plain::index::clip(end, len));
    (start <= end).then_some((start, end))
}

/// How often to split or replace: None without bound.
pub fn limit(cx: &mut Cx, args: Args, i: usize) -> Result<Option<usize>, Stop> {
    match cx.opt(args, i).map(|v| v.value()) {
        None => Ok(None),
        Some(value) => Ok(usize::try_from(cx.index_i64(value)?).ok()),
    }
}

/// A width or size: negative ones are 0.
pub fn width(cx: &mut Cx, args: Args, i: usize) -> Result<usize, Stop> {
    let value = cx.arg(args, i).value();
    Ok(usize::try_from(cx.index_i64(value)?).unwrap_or(0))
}

/// A flag whose truth counts.
pub fn flag(cx: &mut Cx, args: Args, i: usize) -> Result<bool, Stop> {
    match cx.opt(args, i).map(|v| v.value()) {
        None => Ok(false),
        Some(value) => cx.truth(value),
    }
}

/// A byte by `__index__`.
pub fn byte(cx: &mut Cx, value: Value, out_of_range: &str) -> Result<u8, Stop> {
    let byte = match cx.index(value)? {
        Int::Small(i) => u8::try_from(i).ok(),
        Int::Big(_) => None,
    };
    byte.ok_or_else(|| cx.value_error(out_of_range))
}

/// A result of plain data, its fault raised.
#[inline]
pub fn plain<R>(cx: &Cx, result: Result<R, Fault>) -> Result<R, Stop> {
    result.map_err(|fault| cx.fault(&fault))
}

/// A str of bytes that plain data made.
pub fn text_value(cx: &Cx, bytes: &[u8]) -> Value {
    Value::object(cx.str_wtf8(bytes))
}

/// A part of a text, whose offsets are known to be boundaries.
#[inline]
pub fn part_value(cx: &Cx, of: Gc<Str>, part: &[u8]) -> Value {
    if part.len() == of.byte_len() {
        Value::object(of)
    } else {
        Value::object(cx.str_part(of, part))
    }
}
