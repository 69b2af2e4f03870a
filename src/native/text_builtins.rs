//! `repr`, `ascii`, `format`, `chr`, `ord`, `bin`, `oct` and `hex`, and what f-strings call.

use super::text_args::{shown_type, text_of};
use super::{bytes, display, format, function};
use crate::plain::int::Int;
use crate::plain::int::text::{Base, push_prefixed_big, push_prefixed_i64};
use crate::plain::wtf8;
use crate::value::{Str, Value};
use crate::vm::{Args, Cx, Def, Flow, Stop};

pub static FUNCTIONS: [Def; 8] = [
    function("repr(obj, /)", "The text that shows an object to programmers.", repr),
    function("ascii(obj, /)", "As repr, everything that is not ASCII escaped.", ascii),
    function("format(value, format_spec='', /)", "value.__format__(format_spec)", format_value),
    function("chr(i, /)", "The text of one code point.", chr),
    function("ord(c, /)", "The code point of a text of one char.", ord),
    function("bin(number, /)", "An integer in binary, as in source text.", bin),
    function("oct(number, /)", "An integer in octal, as in source text.", oct),
    function("hex(number, /)", "An integer in hexadecimal, as in source text.", hex),
];

/// What the machine calls for the parts of f-strings.
pub static HOOKS: [Def; 4] = [
    function("_str(value, /)", "str(value)", str_hook),
    function("_repr(value, /)", "repr(value)", repr),
    function("_ascii(value, /)", "ascii(value)", ascii),
    function("_format(value, spec, /)", "format(value, spec)", format_value),
];

fn str_hook(cx: &mut Cx, args: Args) -> Flow {
    let value = cx.arg(args, 0).value();
    display::str_then(cx, value)
}

fn repr(cx: &mut Cx, args: Args) -> Flow {
    let value = cx.arg(args, 0).value();
    display::repr_then(cx, value)
}

fn ascii(cx: &mut Cx, args: Args) -> Flow {
    let value = cx.arg(args, 0).value();
    display::ascii_then(cx, value)
}

fn format_value(cx: &mut Cx, args: Args) -> Flow {
    let value = cx.arg(args, 0).value();
    let spec = match cx.opt(args, 1).map(|v| v.value()) {
        None => cx.empty_str(),
        Some(spec) => text_of(cx, spec).ok_or_else(|| {
            let shown = shown_type(cx, spec);
            cx.type_error(&format!("format() argument 2 must be str, not {shown}"))
        })?,
    };
    format::format_then(cx, value, spec)
}

fn chr(cx: &mut Cx, args: Args) -> Flow {
    let value = cx.arg(args, 0).value();
    if let Some(n @ 0..0x80) = value.as_int() {
        return Ok(Value::object(cx.char(n as u8)));
    }
    let point = match cx.index(value)? {
        Int::Small(n) => u32::try_from(n).ok().filter(|&n| n < 0x11_0000),
        Int::Big(_) => None,
    };
    let Some(point) = point else {
        return Err(cx.value_error("chr() arg not in range(0x110000)"));
    };
    let (text, width) = wtf8::encode(point);
    Ok(Value::object(cx.str_wtf8(&text[..width])))
}

fn ord(cx: &mut Cx, args: Args) -> Flow {
    let value = cx.arg(args, 0).value();
    if let Some(text) = value.cast::<Str>()
        && let &[byte] = text.as_bytes()
    {
        return Ok(Value::int(byte.into()));
    }
    let len = if let Some(text) = text_of(cx, value) {
        if text.len() == 1 {
            return Ok(Value::int(wtf8::decode(text.as_bytes()).0.into()));
        }
        text.len()
    } else if let Some(data) = bytes::data_of(cx, value) {
        if let [byte] = *data {
            return Ok(Value::int(byte.into()));
        }
        data.len()
    } else {
        let shown = cx.type_name(value);
        let text = format!("ord() expected string of length 1, but {shown} found");
        return Err(cx.type_error(&text));
    };
    let text = format!("ord() expected a character, but string of length {len} found");
    Err(cx.type_error(&text))
}

fn prefixed(cx: &mut Cx, args: Args, base: Base) -> Flow {
    let value = cx.arg(args, 0).value();
    let mut out = Vec::new();
    match cx.index(value)? {
        Int::Small(n) => push_prefixed_i64(&mut out, n, base),
        Int::Big(n) => push_big(cx, &mut out, &n, base)?,
    }
    Ok(Value::object(cx.str_ascii(&out)))
}

fn push_big(cx: &Cx, out: &mut Vec<u8>, n: &dashu_int::IBig, base: Base) -> Result<(), Stop> {
    push_prefixed_big(out, n, base).map_err(|fault| cx.fault(&fault))
}

fn bin(cx: &mut Cx, args: Args) -> Flow {
    prefixed(cx, args, Base::Binary)
}

fn oct(cx: &mut Cx, args: Args) -> Flow {
    prefixed(cx, args, Base::Octal)
}

fn hex(cx: &mut Cx, args: Args) -> Flow {
    prefixed(cx, args, Base::Hex)
}
