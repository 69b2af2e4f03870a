//! `UnicodeDecodeError`, `UnicodeEncodeError` and `UnicodeTranslateError`.

use super::{INIT, field, no_keywords, put, receiver, store_args, text};
use crate::gc::Gc;
use crate::native::{TypeDef, display, io, method};
use crate::plain::wtf8;
use crate::value::{Exception, Str, T, Value};
use crate::vm::{Args, Cx, Flow, Stop};

pub static TYPES: [&TypeDef; 3] = [&DECODE, &ENCODE, &TRANSLATE];

static DECODE: TypeDef = TypeDef {
    id: T::UnicodeDecodeError,
    doc: "Unicode decoding error.",
    methods: &[
        method(INIT, "Initialize self.", decode_init),
        method("__str__(self)", "Return str(self).", decode_str),
    ],
    getsets: super::fields!("encoding", "object", "start", "end", "reason"),
};

static ENCODE: TypeDef = TypeDef {
    id: T::UnicodeEncodeError,
    doc: "Unicode encoding error.",
    methods: &[
        method(INIT, "Initialize self.", encode_init),
        method("__str__(self)", "Return str(self).", encode_str),
    ],
    getsets: super::fields!("encoding", "object", "start", "end", "reason"),
};

static TRANSLATE: TypeDef = TypeDef {
    id: T::UnicodeTranslateError,
    doc: "Unicode translation error.",
    methods: &[
        method(INIT, "Initialize self.", translate_init),
        method("__str__(self)", "Return str(self).", translate_str),
    ],
    getsets: super::fields!("object", "start", "end", "reason"),
};

/// `(encoding, object, start, end, reason)`, or the same without the encoding.
fn unicode_init(cx: &mut Cx, args: Args, object: T, names: &[&str]) -> Flow {
    no_keywords(cx, args)?;
    let (this, given) = store_args(cx, args)?;
    if given.len() != names.len() {
        let text =
            format!("function takes exactly {} arguments ({} given)", names.len(), given.len());
        return Err(cx.type_error(&text));
    }
    for (i, (&name, &value)) in names.iter().zip(&given).enumerate() {
        let wanted = match name {
            "object" => object,
            "start" | "end" => T::Int,
            _ => T::Str,
        };
        let fits = cx.isinstance(value, wanted)
            || wanted == T::Bytes && cx.isinstance(value, T::ByteArray);
        if !fits {
            let found = cx.type_name(value);
            let text = match wanted {
                T::Int => format!("'{found}' object cannot be interpreted as an integer"),
                T::Bytes => format!("a bytes-like object is required, not '{found}'"),
                _ => format!("argument {} must be str, not {found}", i + 1),
            };
            return Err(cx.type_error(&text));
        }
        // What could still change is copied.
        let copied = cx.isinstance(value, T::ByteArray).then(|| io::bytes_of(cx, value)).flatten();
        put(cx, this, name, copied.map_or(value, |data| Value::object(cx.bytes(data))));
    }
    Ok(Value::NONE)
}

const CODING: &[&str] = &["encoding", "object", "start", "end", "reason"];

fn decode_init(cx: &mut Cx, args: Args) -> Flow {
    unicode_init(cx, args, T::Bytes, CODING)
}

fn encode_init(cx: &mut Cx, args: Args) -> Flow {
    unicode_init(cx, args, T::Str, CODING)
}

fn translate_init(cx: &mut Cx, args: Args) -> Flow {
    unicode_init(cx, args, T::Str, &CODING[1..])
}

/// Start and end of a Unicode error, wherever the program has put them, and the start again if
/// just that one item is meant.
fn span(cx: &Cx, this: Gc<Exception>) -> (i64, i64, Option<usize>) {
    let get = |name| field(cx, this, name).as_int().unwrap_or(0);
    let (start, end) = (get("start"), get("end"));
    let single = start.checked_add(1) == Some(end);
    (start, end, usize::try_from(start).ok().filter(|_| single))
}

fn field_text(cx: &mut Cx, this: Gc<Exception>, name: &str) -> Result<String, Stop> {
    let value = field(cx, this, name);
    Ok(wtf8::to_lossy(&display::str_of(cx, value)?))
}

fn decode_str(cx: &mut Cx, args: Args) -> Flow {
    let this = receiver(cx, cx.arg(args, 0).value())?;
    let object = field(cx, this, "object");
    let Some(data) = io::bytes_of(cx, object) else { return text(cx, b"") };
    let (start, end, single) = span(cx, this);
    let encoding = field_text(cx, this, "encoding")?;
    let reason = field_text(cx, this, "reason")?;
    let shown = match single.and_then(|at| data.get(at)) {
        Some(byte) => {
            format!(
                "'{encoding}' codec can't decode byte 0x{byte:02x} in position {start}: {reason}"
            )
        }
        None => format!(
            "'{encoding}' codec can't decode bytes in position {start}-{}: {reason}",
            end.wrapping_sub(1)
        ),
    };
    text(cx, shown.as_bytes())
}

/// `character '\x..' in position 3` or `characters in position 3-5`
fn characters(cx: &Cx, this: Gc<Exception>) -> Option<String> {
    let object = field(cx, this, "object").cast::<Str>()?;
    let (start, end, single) = span(cx, this);
    let single = single.filter(|&at| at < object.len());
    match single.and_then(|at| wtf8::point_at(object.as_bytes(), at)) {
        Some(point) => {
            let mut shown = Vec::new();
            crate::plain::repr::push_escape(&mut shown, point);
            Some(format!("character '{}' in position {start}", wtf8::to_lossy(&shown)))
        }
        None => Some(format!("characters in position {start}-{}", end.wrapping_sub(1))),
    }
}

fn encode_str(cx: &mut Cx, args: Args) -> Flow {
    let this = receiver(cx, cx.arg(args, 0).value())?;
    let Some(what) = characters(cx, this) else { return text(cx, b"") };
    let encoding = field_text(cx, this, "encoding")?;
    let reason = field_text(cx, this, "reason")?;
    text(cx, format!("'{encoding}' codec can't encode {what}: {reason}").as_bytes())
}

fn translate_str(cx: &mut Cx, args: Args) -> Flow {
    let this = receiver(cx, cx.arg(args, 0).value())?;
    let Some(what) = characters(cx, this) else { return text(cx, b"") };
    let reason = field_text(cx, this, "reason")?;
    text(cx, format!("can't translate {what}: {reason}").as_bytes())
}
