//! `str.maketrans` and `str.translate`.
//!
//! A table is any mapping from code points; a dict with built-in values is consulted directly,
//! anything else through `__getitem__` by the door.

use super::text_args::{shown_type, text_of, text_value, this_text};
use super::{TypeDef, method, static_method};
use crate::gc::Gc;
use crate::plain::int::Int;
use crate::plain::wtf8;
use crate::value::{Dict, Str, T, Value};
use crate::vm::{Args, Cx, Flow, Stop};

pub static TYPE: TypeDef = TypeDef {
    id: T::Str,
    doc: super::str::DOC,
    methods: &[
        static_method(
            "maketrans(x, y=UNDEF, z=UNDEF, /)",
            "A table for translate: of a dict, of two texts of equal length, or of these and a \
             third one whose chars are removed.",
            maketrans,
        ),
        method(
            "translate(self, table, /)",
            "A copy in which every char is replaced by what the table says.",
            translate,
        ),
    ],
    getsets: &[],
};

/// The code point of a text of one char.
fn only_point(text: Gc<Str>) -> Option<u32> {
    (text.len() == 1).then(|| wtf8::decode(text.as_bytes()).0)
}

fn maketrans(cx: &mut Cx, args: Args) -> Flow {
    cx.scope(|cx| {
        let table = cx.dict();
        cx.root(Value::object(table));
        match cx.opt(args, 1).is_none() {
            true => table_of_dict(cx, args, table)?,
            false => table_of_texts(cx, args, table)?,
        }
        Ok(Value::object(table))
    })
}

fn table_of_texts(cx: &mut Cx, args: Args, table: Gc<Dict>) -> Result<(), Stop> {
    let y = cx.arg(args, 1).value();
    let Some(y) = text_of(cx, y) else {
        let shown = shown_type(cx, y);
        return Err(cx.type_error(&format!("maketrans() argument 2 must be str, not {shown}")));
    };
    let x = cx.arg(args, 0).value();
    let Some(x) = text_of(cx, x) else {
        let text = "first maketrans argument must be a string if there is a second argument";
        return Err(cx.type_error(text));
    };
    let z = match cx.opt(args, 2).map(|v| v.value()) {
        None => None,
        Some(z) => match text_of(cx, z) {
            Some(z) => Some(z),
            None => {
                let shown = shown_type(cx, z);
                let text = format!("maketrans() argument 3 must be str, not {shown}");
                return Err(cx.type_error(&text));
            }
        },
    };
    if x.len() != y.len() {
        let text = "the first two maketrans arguments must have equal length";
        return Err(cx.value_error(text));
    }
    for (from, to) in wtf8::points(x.as_bytes()).zip(wtf8::points(y.as_bytes())) {
        cx.dict_set(table, Value::int(from.into()), Value::int(to.into()))?;
    }
    for point in z.iter().flat_map(|z| wtf8::points(z.as_bytes())) {
        cx.dict_set(table, Value::int(point.into()), Value::NONE)?;
    }
    Ok(())
}

fn table_of_dict(cx: &mut Cx, args: Args, table: Gc<Dict>) -> Result<(), Stop> {
    let source = cx.arg(args, 0).value();
    let Some(source) = cx.unwrap(source).cast::<Dict>() else {
        let text = "if you give only one argument to maketrans it must be a dict";
        return Err(cx.type_error(text));
    };
    for entry in source.iter() {
        let key = if let Some(text) = text_of(cx, entry.key) {
            match only_point(text) {
                Some(point) => Value::int(point.into()),
                None => {
                    let text = "string keys in translate table must be of length 1";
                    return Err(cx.value_error(text));
                }
            }
        } else if cx.integer(entry.key).is_some() {
            entry.key
        } else {
            let text = "keys in translate table must be strings or integers";
            return Err(cx.type_error(text));
        };
        cx.dict_set(table, key, entry.value)?;
    }
    Ok(())
}

fn translate(cx: &mut Cx, args: Args) -> Flow {
    let text = this_text(cx, args)?;
    let table = cx.arg(args, 1).value();
    // What a dict has said of ASCII, where that is ASCII again; only a dict says the same twice
    // without being asked.
    let mut known = [UNKNOWN; 128];
    let mut out = Vec::with_capacity(text.byte_len());
    for point in wtf8::points(text.as_bytes()) {
        match known.get(point as usize) {
            Some(&byte @ 0..0x80) => {
                out.push(byte);
                continue;
            }
            Some(&NOTHING) => continue,
            _ => {}
        }
        let Some(entry) = look_up(cx, table, point, &mut out)? else { continue };
        if let (Some(place), true) = (known.get_mut(point as usize), table.is::<Dict>()) {
            *place = match entry {
                Entry::Same => point as u8,
                Entry::Point(to @ 0..0x80) => to as u8,
                Entry::Point(_) => UNKNOWN,
                Entry::Nothing => NOTHING,
            };
        }
        match entry {
            Entry::Same => wtf8::push_point(&mut out, point),
            Entry::Point(point) => wtf8::push_point(&mut out, point),
            Entry::Nothing => {}
        }
        if out.len() > crate::plain::MAX_BYTES {
            return Err(cx.error_with(T::MemoryError, &[]));
        }
    }
    Ok(text_value(cx, &out))
}

/// Nothing takes the place of the char.
const NOTHING: u8 = 0xFE;
/// The table must be asked.
const UNKNOWN: u8 = 0xFF;

/// What a table says about a char.
#[derive(Clone, Copy)]
enum Entry {
    Same,
    Point(u32),
    Nothing,
}

/// Asks the table; a text is appended at once and gives None.
fn look_up(
    cx: &mut Cx,
    table: Value,
    point: u32,
    out: &mut Vec<u8>,
) -> Result<Option<Entry>, Stop> {
    let key = Value::int(point.into());
    let found = match table.cast::<Dict>() {
        Some(dict) => cx.dict_get(dict, key)?,
        None => match cx.get_item(table, key) {
            Ok(value) => Some(value),
            Err(_) if cx.pending_is(T::LookupError) => {
                cx.take_exception();
                None
            }
            Err(stop) => return Err(stop),
        },
    };
    let Some(value) = found else {
        return Ok(Some(Entry::Same));
    };
    if value.is_none() {
        return Ok(Some(Entry::Nothing));
    }
    if let Some(text) = text_of(cx, value) {
        out.extend_from_slice(text.as_bytes());
        return Ok(None);
    }
    let Some(n) = cx.integer(value) else {
        return Err(cx.type_error("character mapping must return integer, None or str"));
    };
    let point = match n {
        Int::Small(n) => u32::try_from(n).ok().filter(|&n| n < 0x11_0000),
        Int::Big(_) => None,
    };
    match point {
        Some(point) => Ok(Some(Entry::Point(point))),
        None => Err(cx.value_error("character mapping must be in range(0x110000)")),
    }
}
