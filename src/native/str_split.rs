//! `str`: splitting and joining.

use super::text_args::{flag, limit, part_value, plain, text_of, this_text};
use super::{TypeDef, method};
use crate::gc::Gc;
use crate::plain::wtf8;
use crate::value::fill::JoinFault;
use crate::value::{List, Str, T, Tuple, Value};
use crate::vm::{Args, Cx, Flow, Outcome, Stop};

pub static TYPE: TypeDef = TypeDef {
    id: T::Str,
    doc: super::str::DOC,
    methods: &[
        method(
            "split(self, /, sep=None, maxsplit=-1)",
            "The parts between separators, by default runs of whitespace.",
            split,
        ),
        method(
            "rsplit(self, /, sep=None, maxsplit=-1)",
            "As split, but a maximum counts from the end.",
            rsplit,
        ),
        method(
            "splitlines(self, /, keepends=False)",
            "The lines, with or without what ends them.",
            splitlines,
        ),
        method(
            "join(self, iterable, /)",
            "The strings of iterable with this one between them.",
            join,
        ),
    ],
    getsets: &[],
};

fn parts(cx: &Cx, text: Gc<Str>, parts: Vec<&[u8]>) -> Value {
    let items = parts.into_iter().map(|part| part_value(cx, text, part)).collect();
    Value::object(cx.list(items))
}

fn separator(cx: &Cx, args: Args) -> Result<Option<Gc<Str>>, Stop> {
    let value = cx.arg(args, 1).value();
    if value.is_undef() || value.is_none() {
        return Ok(None);
    }
    match text_of(cx, value) {
        Some(text) => Ok(Some(text)),
        None => Err(cx.type_error(&format!("must be str or None, not {}", cx.type_name(value)))),
    }
}

fn split(cx: &mut Cx, args: Args) -> Flow {
    let text = this_text(cx, args)?;
    let max = limit(cx, args, 2)?;
    match separator(cx, args)? {
        Some(sep) if max.is_none() && sep.byte_len() == 1 => {
            Ok(split_byte(cx, text, sep.as_bytes()[0]))
        }
        Some(sep) => {
            let found = plain(cx, wtf8::split(text.as_bytes(), sep.as_bytes(), max))?;
            Ok(parts(cx, text, found))
        }
        None if text.is_ascii() && max.is_none() => Ok(split_ascii(cx, text)),
        None => Ok(parts(cx, text, wtf8::split_space(text.as_bytes(), max, true))),
    }
}

/// `text.split()` of ASCII text: the commonest way to split.
fn split_ascii(cx: &Cx, text: Gc<Str>) -> Value {
    let bytes = text.as_bytes();
    let mut items = Vec::with_capacity(8);
    let mut from = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if crate::plain::unicode::is_ascii_space(byte) {
            if from < at {
                items.push(part_value(cx, text, &bytes[from..at]));
            }
            from = at + 1;
        }
    }
    if from < bytes.len() {
        items.push(part_value(cx, text, &bytes[from..]));
    }
    Value::object(cx.list(items))
}

/// `text.split(",")`.
fn split_byte(cx: &Cx, text: Gc<Str>, sep: u8) -> Value {
    let bytes = text.as_bytes();
    let mut items = Vec::with_capacity(8);
    let mut from = 0;
    let mut cut = |at: usize| {
        items.push(part_value(cx, text, &bytes[from..at]));
        from = at + 1;
    };
    // Preparing a fast search takes longer than looking at a short text byte by byte.
    if bytes.len() <= 32 {
        bytes.iter().enumerate().filter(|&(_, &b)| b == sep).for_each(|(at, _)| cut(at));
    } else {
        memchr::memchr_iter(sep, bytes).for_each(cut);
    }
    items.push(part_value(cx, text, &bytes[from..]));
    Value::object(cx.list(items))
}

fn rsplit(cx: &mut Cx, args: Args) -> Flow {
    let text = this_text(cx, args)?;
    let max = limit(cx, args, 2)?;
    let found = match separator(cx, args)? {
        Some(sep) => plain(cx, wtf8::rsplit(text.as_bytes(), sep.as_bytes(), max))?,
        None => wtf8::rsplit_space(text.as_bytes(), max, true),
    };
    Ok(parts(cx, text, found))
}

fn splitlines(cx: &mut Cx, args: Args) -> Flow {
    let keep = flag(cx, args, 1)?;
    let text = this_text(cx, args)?;
    Ok(parts(cx, text, wtf8::split_lines(text.as_bytes(), keep, true)))
}

// ---- join

fn join(cx: &mut Cx, args: Args) -> Flow {
    let separator = this_text(cx, args)?;
    let iterable = cx.arg(args, 1).value();
    if let Some(list) = iterable.cast::<List>() {
        return list.edit(|items| join_items(cx, separator, items));
    }
    if let Some(tuple) = iterable.cast::<Tuple>() {
        return join_items(cx, separator, tuple.as_slice());
    }
    if !cx.is_iterable(iterable) {
        return Err(cx.type_error("can only join an iterable"));
    }
    let state = [Value::object(separator), Value::NONE, Value::NONE];
    cx.collect_then(iterable, join_collected, state)
}

fn join_collected(cx: &mut Cx, [separator, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let collected = outcome?;
    match (separator.cast::<Str>(), collected.cast::<List>()) {
        (Some(separator), Some(list)) => list.edit(|items| join_items(cx, separator, items)),
        _ => Err(cx.type_error("can only join an iterable")),
    }
}

/// Strings with a separator between them; one exact string alone is the result itself.
fn join_items(cx: &Cx, separator: Gc<Str>, items: &[Value]) -> Flow {
    if let [only] = items
        && only.is::<Str>()
    {
        return Ok(*only);
    }
    match cx.str_joined(separator, items) {
        Ok(text) => Ok(Value::object(text)),
        Err(JoinFault::TooLong) => Err(cx.error_with(T::MemoryError, &[])),
        Err(JoinFault::NotText(at)) => {
            let shown = cx.type_name(items[at]);
            let text = format!("sequence item {at}: expected str instance, {shown} found");
            Err(cx.type_error(&text))
        }
    }
}
