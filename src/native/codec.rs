//! Encoding and decoding for the methods of str and bytes, and their exceptions.

use crate::gc::Gc;
use crate::plain::codec::{self, CodecFault, Encoding, Handler};
use crate::value::{Exception, Str, T, Value};
use crate::vm::{Cx, Flow, Stop};

use super::text_args::{shown_type, text_of};

/// An encoding and an error handler; what is unknown stays a name until it matters.
pub struct How {
    encoding: Encoding,
    handler: Option<Handler>,
    errors: Option<Gc<Str>>,
}

impl How {
    pub fn strict_utf8() -> How {
        How { encoding: Encoding::Utf8, handler: Some(Handler::Strict), errors: None }
    }
}

/// Reads the arguments `encoding` and `errors` of a function.
pub fn arguments(cx: &Cx, encoding: Value, errors: Value, function: &str) -> Result<How, Stop> {
    match known(cx, encoding, errors, function)? {
        Some(how) => Ok(how),
        None => {
            let name = named(cx, encoding, function, "encoding")?;
            let shown = name.map(|name| name.lossy().into_owned()).unwrap_or_default();
            Err(cx.error(T::LookupError, &format!("unknown encoding: {shown}")))
        }
    }
}

/// The same; None if there is no such native encoding, where a codec of the program may answer (`by_codec`).
pub fn known(cx: &Cx, encoding: Value, errors: Value, function: &str) -> Result<Option<How>, Stop> {
    let mut how = How::strict_utf8();
    if encoding.is_undef() && errors.is_undef() {
        return Ok(Some(how));
    }
    if !encoding.is::<Str>() || !errors.is_undef() {
        check(cx, encoding, errors, function)?;
    }
    if let Some(name) = named(cx, encoding, function, "encoding")? {
        match name.as_str().and_then(Encoding::named) {
            Some(found) => how.encoding = found,
            None => return Ok(None),
        }
    }
    if let Some(name) = named(cx, errors, function, "errors")? {
        how.errors = Some(name);
        how.handler = name.as_str().and_then(Handler::named);
    }
    Ok(Some(how))
}

/// Goes on with a codec that is not native: one of the library or of the program.
pub fn by_codec(
    cx: &mut Cx,
    function: &'static str,
    object: Value,
    encoding: Value,
    errors: Value,
) -> Flow {
    let errors = if errors.is_undef() { Value::NONE } else { errors };
    cx.tail_prelude(function, &[object, encoding, errors])
}

/// Checks the types of the arguments only.
pub fn check(cx: &Cx, encoding: Value, errors: Value, function: &str) -> Result<(), Stop> {
    named(cx, encoding, function, "encoding")?;
    named(cx, errors, function, "errors").map(|_| ())
}

fn named(cx: &Cx, value: Value, function: &str, parameter: &str) -> Result<Option<Gc<Str>>, Stop> {
    if value.is_undef() {
        return Ok(None);
    }
    match value.cast::<Str>().or_else(|| text_of(cx, value)) {
        Some(text) => Ok(Some(text)),
        None => Err(cx.type_error(&format!(
            "{function}() argument '{parameter}' must be str, not {}",
            shown_type(cx, value)
        ))),
    }
}

/// The bytes of a text, if they are what it holds.
pub fn encoded_as_is<'a>(text: &'a Gc<Str>, how: &How) -> Option<&'a [u8]> {
    let same = match how.encoding {
        Encoding::Utf8 => text.as_str().is_some(),
        Encoding::Ascii | Encoding::Latin1 => text.is_ascii(),
        _ => false,
    };
    same.then(|| text.as_bytes())
}

/// The bytes of a text.
pub fn encode(cx: &mut Cx, text: Gc<Str>, how: &How) -> Result<Vec<u8>, Stop> {
    if let Some(data) = encoded_as_is(&text, how) {
        return Ok(data.to_vec());
    }
    let handler = how.handler.unwrap_or(Handler::Strict);
    match codec::encode(text.as_bytes(), how.encoding, handler) {
        Ok(data) => Ok(data),
        Err(_) if how.handler.is_none() => {
            let made = by_program(cx, "_encode_by_handler", Value::object(text), how)?;
            match made.cast::<crate::value::Bytes>() {
                Some(made) => Ok(made.as_slice().to_vec()),
                None => Err(cx.type_error("the program's error handler has made no bytes")),
            }
        }
        Err(fault) => Err(match unhandled(cx, "UnicodeEncodeError", &fault) {
            Some(stop) => stop,
            None => raise(cx, T::UnicodeEncodeError, Value::object(text), &fault),
        }),
    }
}

/// The text of bytes, which `object` holds.
pub fn decode(cx: &mut Cx, object: Value, data: &[u8], how: &How) -> Result<Gc<Str>, Stop> {
    let narrow = matches!(how.encoding, Encoding::Utf8 | Encoding::Ascii | Encoding::Latin1);
    if narrow && data.is_ascii() {
        return Ok(cx.str_ascii(data));
    }
    if how.encoding == Encoding::Utf8
        && let Ok(text) = std::str::from_utf8(data)
    {
        // It is not ASCII: no need to look again.
        return Ok(match text.chars().count() {
            1 => cx.str(text),
            chars => cx.str_wide(data, chars),
        });
    }
    if how.encoding == Encoding::Latin1 {
        return Ok(cx.str_wide(&codec::latin1(data), data.len()));
    }
    let handler = how.handler.unwrap_or(Handler::Strict);
    match codec::decode(data, how.encoding, handler) {
        Ok(text) => Ok(cx.str_wtf8(&text)),
        Err(_) if how.handler.is_none() => {
            let object = Value::object(cx.bytes(data));
            let made = by_program(cx, "_decode_by_handler", object, how)?;
            made.cast::<Str>()
                .ok_or_else(|| cx.type_error("the program's error handler has made no text"))
        }
        Err(fault) => {
            if let Some(stop) = unhandled(cx, "UnicodeDecodeError", &fault) {
                return Err(stop);
            }
            let object = match object.is::<crate::value::Bytes>() {
                true => object,
                false => Value::object(cx.bytes(data)),
            };
            Err(raise(cx, T::UnicodeDecodeError, object, &fault))
        }
    }
}

/// Goes on with the handler that the program has registered under the name in `how`.
fn by_program(
    cx: &mut Cx,
    function: &'static str,
    object: Value,
    how: &How,
) -> Result<Value, Stop> {
    let errors = how.errors.map_or(Value::NONE, Value::object);
    let encoding = cx.str_value(how.encoding.name());
    cx.call_prelude(function, &[object, encoding, errors])
}

/// The error for a handler that is not one for this.
fn unhandled(cx: &Cx, error: &str, fault: &CodecFault) -> Option<Stop> {
    fault
        .wrong_handler
        .then(|| cx.type_error(&format!("don't know how to handle {error} in error callback")))
}

/// Raises what calling the exception type makes of the fault.
fn raise(cx: &mut Cx, id: T, object: Value, fault: &CodecFault) -> Stop {
    let fields = [
        cx.str_value(fault.encoding),
        object,
        Value::int(fault.start as i64),
        Value::int(fault.end as i64),
        cx.str_value(fault.reason),
    ];
    let class = cx.type_object(id);
    match cx.call(class, &fields) {
        Ok(exception) => match exception.cast::<Exception>() {
            Some(exception) => cx.throw(exception),
            None => cx.type_error("exceptions must derive from BaseException"),
        },
        Err(stop) => stop,
    }
}
