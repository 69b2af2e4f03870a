//! `unicodedata`: what Unicode says of characters.

use unicode_normalization::UnicodeNormalization;

use super::text_args::shown_type;
use super::{add_functions, function};
use crate::gc::Gc;
use crate::plain::unicode::{Database, VERSION, database};
use crate::plain::wtf8::{encode, points, push_point};
use crate::value::{Dict, Str, T, Value};
use crate::vm::{Args, Cx, Def, Flow, Stop};
use sloop_grammar::character_names;

/// Longer than any name.
const LONGEST: usize = 256;

static FUNCTIONS: &[Def] = &[
    function("lookup(name, /)", "The character of that name.", lookup),
    function("name(chr, default=None, /)", "The name of a character.", name),
    function("category(chr, /)", "The general category of a character.", |cx, args| {
        let (point, known) = asked(cx, args, "category() argument")?;
        Ok(cx.str_value(known.category(point)))
    }),
    function("bidirectional(chr, /)", "The bidirectional class of a character.", |cx, args| {
        let (point, known) = asked(cx, args, "bidirectional() argument")?;
        Ok(cx.str_value(known.bidirectional(point)))
    }),
    function("combining(chr, /)", "The canonical combining class of a character.", |cx, args| {
        let (point, known) = asked(cx, args, "combining() argument")?;
        Ok(cx.uint(known.combining(point).into()))
    }),
    function("east_asian_width(chr, /)", "The East Asian width of a character.", |cx, args| {
        let (point, known) = asked(cx, args, "east_asian_width() argument")?;
        Ok(cx.str_value(known.east_asian_width(point)))
    }),
    function(
        "mirrored(chr, /)",
        "1 if a character is mirrored in text from right to left.",
        |cx, args| {
            let (point, known) = asked(cx, args, "mirrored() argument")?;
            Ok(cx.uint(known.is_mirrored(point).into()))
        },
    ),
    function("decomposition(chr, /)", "What a character decomposes into.", |cx, args| {
        let (point, known) = asked(cx, args, "decomposition() argument")?;
        Ok(cx.str_value(&known.decomposition(point)))
    }),
    function("decimal(chr, default=None, /)", "The decimal value of a character.", |cx, args| {
        let (point, _) = asked(cx, args, "decimal() argument 1")?;
        let value = crate::plain::unicode::decimal_value(point).map(|value| cx.uint(value.into()));
        or_default(cx, args, value, "not a decimal")
    }),
    function("digit(chr, default=None, /)", "The value of a character as a digit.", |cx, args| {
        let (point, known) = asked(cx, args, "digit() argument 1")?;
        let value = known.digit(point).map(|value| cx.uint(value.into()));
        or_default(cx, args, value, "not a digit")
    }),
    function(
        "numeric(chr, default=None, /)",
        "The value of a character as a number.",
        |cx, args| {
            let (point, known) = asked(cx, args, "numeric() argument 1")?;
            or_default(cx, args, known.numeric(point).map(Value::float), "not a numeric character")
        },
    ),
    function("normalize(form, unistr, /)", "A text in a normal form.", |cx, args| {
        let (form, text) = form_and_text(cx, args, "normalize")?;
        Ok(match normalized(form, text.as_bytes()) {
            Some(changed) => Value::object(cx.str_wtf8(&changed)),
            None => cx.arg(args, 1).value(),
        })
    }),
    function("is_normalized(form, unistr, /)", "Is a text in a normal form?", |cx, args| {
        let (form, text) = form_and_text(cx, args, "is_normalized")?;
        Ok(Value::bool(normalized(form, text.as_bytes()).is_none()))
    }),
];

pub fn module(cx: &mut Cx, namespace: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, namespace, FUNCTIONS, "unicodedata");
    namespace.set_str(cx, cx.intern("unidata_version"), cx.str_value(VERSION));
    Ok(())
}

/// The character that is asked about, and all that is known.
fn asked(cx: &Cx, args: Args, what: &str) -> Result<(u32, &'static Database), Stop> {
    let value = cx.arg(args, 0).value();
    let text = cx.unwrap(value).cast::<Str>();
    let mut all = text.iter().flat_map(|text| points(text.as_bytes()));
    match (all.next(), all.next()) {
        (Some(point), None) => Ok((point, database())),
        _ => {
            let name = shown_type(cx, value);
            Err(cx.type_error(&format!("{what} must be a unicode character, not {name}")))
        }
    }
}

fn or_default(cx: &Cx, args: Args, value: Option<Value>, why: &str) -> Flow {
    match value.or_else(|| cx.opt(args, 1).map(|default| default.value())) {
        Some(value) => Ok(value),
        None => Err(cx.value_error(why)),
    }
}

fn name(cx: &mut Cx, args: Args) -> Flow {
    let (point, known) = asked(cx, args, "name() argument 1")?;
    let character = char::from_u32(point).filter(|_| known.is_assigned(point));
    let name = character.and_then(character_names::name).map(|name| cx.str_value(&name));
    or_default(cx, args, name, "no such name")
}

fn lookup(cx: &mut Cx, args: Args) -> Flow {
    let value = cx.arg(args, 0).value();
    let Some(text) = cx.unwrap(value).cast::<Str>() else {
        let name = cx.type_name(value);
        return Err(cx.type_error(&format!("a bytes-like object is required, not '{name}'")));
    };
    let name = String::from_utf8_lossy(text.as_bytes());
    let problem = if name.len() > LONGEST {
        "name too long".to_string()
    } else {
        let known = |found: &char| database().is_assigned(*found as u32);
        if let Some(found) = character_names::character(&name).filter(known) {
            let (bytes, length) = encode(found as u32);
            return Ok(Value::object(cx.str_wtf8(&bytes[..length])));
        }
        format!("undefined character name '{name}'")
    };
    let problem = cx.str_value(&problem);
    Err(cx.error_with(T::KeyError, &[problem]))
}

// ---- normal forms

#[derive(Clone, Copy)]
enum Form {
    Nfc,
    Nfd,
    Nfkc,
    Nfkd,
}

fn form_and_text(cx: &Cx, args: Args, name: &str) -> Result<(Form, Gc<Str>), Stop> {
    let [form, text] = [0, 1].map(|i| {
        let value = cx.arg(args, i).value();
        cx.unwrap(value).cast::<Str>().ok_or_else(|| {
            let given = shown_type(cx, value);
            cx.type_error(&format!("{name}() argument {} must be str, not {given}", i + 1))
        })
    });
    let (form, text) = (form?, text?);
    if text.as_bytes().is_empty() {
        return Ok((Form::Nfc, text));
    }
    let form = match form.as_bytes() {
        b"NFC" => Form::Nfc,
        b"NFD" => Form::Nfd,
        b"NFKC" => Form::Nfkc,
        b"NFKD" => Form::Nfkd,
        _ => return Err(cx.value_error("invalid normalization form")),
    };
    Ok((form, text))
}

/// The text in the form; None if it is in it.
fn normalized(form: Form, text: &[u8]) -> Option<Vec<u8>> {
    if text.is_ascii() {
        return None;
    }
    let known = database();
    let (mut out, mut run) = (Vec::with_capacity(text.len()), String::new());
    for point in points(text) {
        // A surrogate, or what this version of Unicode does not know, is itself, and ends a run.
        match char::from_u32(point).filter(|_| known.is_assigned(point)) {
            Some(character) => run.push(character),
            None => {
                push_normalized(form, &mut run, &mut out);
                push_point(&mut out, point);
            }
        }
    }
    push_normalized(form, &mut run, &mut out);
    (out != text).then_some(out)
}

fn push_normalized(form: Form, run: &mut String, out: &mut Vec<u8>) {
    let changed: String = match form {
        Form::Nfc => run.nfc().collect(),
        Form::Nfd => run.nfd().collect(),
        Form::Nfkc => run.nfkc().collect(),
        Form::Nfkd => run.nfkd().collect(),
    };
    out.extend_from_slice(changed.as_bytes());
    run.clear();
}
