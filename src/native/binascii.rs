//! `_binascii`: bytes as printable text, and checksums. `stdlib/binascii.sloop` has the rest.

use super::bytes::buffer_of;
use super::{add_functions, function};
use crate::gc::Gc;
use crate::plain::armour;
use crate::value::{Dict, Str, T, Value};
use crate::vm::{Args, Cx, Def, Flow, Stop};

static FUNCTIONS: &[Def] = &[
    function("b2a_base64(data, /, *, newline=True)", "A line of base64 text.", |cx, args| {
        let mut text = armour::to_base64(&bytes(cx, args)?);
        if option(cx, args, true)? {
            text.push(b'\n');
        }
        Ok(Value::object(cx.bytes(text)))
    }),
    function(
        "a2b_base64(data, /, *, strict_mode=False)",
        "What base64 text spells.",
        |cx, args| {
            let text = ascii(cx, args)?;
            let strict = option(cx, args, false)?;
            let found = armour::from_base64(&text, strict);
            found.map(|data| Value::object(cx.bytes(data))).map_err(|why| error(cx, &why))
        },
    ),
    function("b2a_uu(data, /, *, backtick=False)", "A line of uuencoded text.", |cx, args| {
        let data = bytes(cx, args)?;
        if data.len() > 45 {
            return Err(error(cx, "At most 45 bytes at once"));
        }
        let backtick = option(cx, args, false)?;
        Ok(Value::object(cx.bytes(armour::to_uu(&data, backtick))))
    }),
    function("a2b_uu(data, /)", "What a line of uuencoded text spells.", |cx, args| {
        let text = ascii(cx, args)?;
        let found = armour::from_uu(&text);
        found.map(|data| Value::object(cx.bytes(data))).map_err(|why| error(cx, why))
    }),
    function("crc32(data, crc=0, /)", "The checksum of gzip and PNG.", |cx, args| {
        checksum(cx, args, armour::crc32)
    }),
    function("crc_hqx(data, crc, /)", "The checksum of BinHex.", |cx, args| {
        checksum(cx, args, armour::crc_hqx)
    }),
];

pub fn module(cx: &mut Cx, namespace: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, namespace, FUNCTIONS, "binascii");
    namespace.set_str(cx, cx.intern("Error"), cx.type_object(T::BinasciiError));
    Ok(())
}

fn error(cx: &Cx, why: &str) -> Stop {
    cx.error(T::BinasciiError, why)
}

fn bytes(cx: &mut Cx, args: Args) -> Result<Vec<u8>, Stop> {
    let value = cx.arg(args, 0).value();
    Ok(buffer_of(cx, value)?.to_vec())
}

/// Text as bytes: it may be a str, too.
fn ascii(cx: &mut Cx, args: Args) -> Result<Vec<u8>, Stop> {
    let value = cx.arg(args, 0).value();
    if let Some(text) = cx.unwrap(value).cast::<Str>() {
        return match text.is_ascii() {
            true => Ok(text.as_bytes().to_vec()),
            false => Err(cx.value_error("string argument should contain only ASCII characters")),
        };
    }
    match buffer_of(cx, value) {
        Err(_) if cx.pending_is(T::TypeError) => {
            cx.take_exception();
            let shown = cx.type_name(value);
            let text = "argument should be bytes, buffer or ASCII string, not";
            Err(cx.type_error(&format!("{text} '{shown}'")))
        }
        found => Ok(found?.to_vec()),
    }
}

fn option(cx: &mut Cx, args: Args, default: bool) -> Result<bool, Stop> {
    match cx.opt(args, 1).map(|value| value.value()) {
        Some(value) => cx.truth(value),
        None => Ok(default),
    }
}

fn checksum(cx: &mut Cx, args: Args, sum: fn(&[u8], u32) -> u32) -> Flow {
    let start = match cx.opt(args, 1).map(|start| start.value()) {
        // Only the lower half counts.
        Some(start) => match cx.index(start)? {
            crate::plain::int::Int::Small(start) => start as u32,
            crate::plain::int::Int::Big(start) => {
                let low: dashu_int::IBig = start & dashu_int::IBig::from(u32::MAX);
                u32::try_from(low).unwrap_or(0)
            }
        },
        None => 0,
    };
    Ok(Value::int(sum(&bytes(cx, args)?, start).into()))
}
