//! `str`: case, padding, stripping, tabs, and what kinds of chars a text has.

use super::text_args::{part_value, plain, text_of, text_value, this_text, width};
use super::{TypeDef, method};
use crate::plain::unicode;
use crate::plain::wtf8::{self, Side};
use crate::value::{T, Value};
use crate::vm::{Args, Cx, Flow, Stop};

pub static TYPE: TypeDef = TypeDef {
    id: T::Str,
    doc: super::str::DOC,
    methods: &[
        method("lower(self, /)", "A copy in lower case.", lower),
        method("upper(self, /)", "A copy in upper case.", upper),
        method("casefold(self, /)", "A copy for caseless comparison.", casefold),
        method("title(self, /)", "A copy in which words begin in upper case.", title),
        method("capitalize(self, /)", "A copy in lower case but for the first char.", capitalize),
        method("swapcase(self, /)", "A copy in which the cases are swapped.", swapcase),
        method(
            "center(self, width, fillchar=' ', /)",
            "A copy in the middle of width chars.",
            center,
        ),
        method("ljust(self, width, fillchar=' ', /)", "A copy filled up at the right.", ljust),
        method("rjust(self, width, fillchar=' ', /)", "A copy filled up at the left.", rjust),
        method(
            "zfill(self, width, /)",
            "A copy filled up with zeros at the left, behind a sign.",
            zfill,
        ),
        method(
            "expandtabs(self, /, tabsize=8)",
            "A copy with spaces up to the next tab stop for every tab.",
            expandtabs,
        ),
        method(
            "strip(self, chars=None, /)",
            "The text without whitespace, or without these chars, at both ends.",
            strip,
        ),
        method("lstrip(self, chars=None, /)", "As strip, at the start only.", lstrip),
        method("rstrip(self, chars=None, /)", "As strip, at the end only.", rstrip),
        method("isalnum(self, /)", "Letters and numbers only, and not empty?", isalnum),
        method("isalpha(self, /)", "Letters only, and not empty?", isalpha),
        method("isascii(self, /)", "ASCII only?", isascii),
        method("isdecimal(self, /)", "Decimal digits only, and not empty?", isdecimal),
        method("isdigit(self, /)", "Digits only, and not empty?", isdigit),
        method("isidentifier(self, /)", "Could it be a name?", isidentifier),
        method("islower(self, /)", "Cased chars, all in lower case?", islower),
        method("isnumeric(self, /)", "Numeric chars only, and not empty?", isnumeric),
        method("isprintable(self, /)", "Would repr escape nothing?", isprintable),
        method("isspace(self, /)", "Whitespace only, and not empty?", isspace),
        method("istitle(self, /)", "Do words, and only words, begin in upper case?", istitle),
        method("isupper(self, /)", "Cased chars, all in upper case?", isupper),
    ],
    getsets: &[],
};

type Mapping = fn(&[u8]) -> Vec<u8>;

/// A method that maps the text to another one; `ascii` is a shorter way for ASCII text.
fn mapped(cx: &Cx, args: Args, ascii: fn(&mut [u8]), map: Mapping) -> Flow {
    let text = this_text(cx, args)?;
    match text.is_ascii() && !text.is_empty() {
        true => Ok(Value::object(cx.str_ascii_mapped(text, ascii))),
        false => Ok(text_value(cx, &map(text.as_bytes()))),
    }
}

fn lower(cx: &mut Cx, args: Args) -> Flow {
    mapped(cx, args, <[u8]>::make_ascii_lowercase, unicode::lower)
}

fn upper(cx: &mut Cx, args: Args) -> Flow {
    mapped(cx, args, <[u8]>::make_ascii_uppercase, unicode::upper)
}

fn casefold(cx: &mut Cx, args: Args) -> Flow {
    mapped(cx, args, <[u8]>::make_ascii_lowercase, unicode::casefold)
}

fn title(cx: &mut Cx, args: Args) -> Flow {
    let ascii = |text: &mut [u8]| {
        let mut after_letter = false;
        for byte in text {
            *byte =
                if after_letter { byte.to_ascii_lowercase() } else { byte.to_ascii_uppercase() };
            after_letter = byte.is_ascii_alphabetic();
        }
    };
    mapped(cx, args, ascii, unicode::title)
}

fn capitalize(cx: &mut Cx, args: Args) -> Flow {
    let ascii = |text: &mut [u8]| {
        text.make_ascii_lowercase();
        text[..1].make_ascii_uppercase();
    };
    mapped(cx, args, ascii, unicode::capitalize)
}

fn swapcase(cx: &mut Cx, args: Args) -> Flow {
    let ascii = |text: &mut [u8]| {
        text.iter_mut().for_each(|byte| *byte ^= u8::from(byte.is_ascii_alphabetic()) << 5);
    };
    mapped(cx, args, ascii, unicode::swapcase)
}

// ---- padding

/// The fill character, a space unless it is given.
fn fill(cx: &Cx, args: Args) -> Result<u32, Stop> {
    let Some(value) = cx.opt(args, 2).map(|v| v.value()) else {
        return Ok(u32::from(b' '));
    };
    let Some(text) = text_of(cx, value) else {
        let shown = cx.type_name(value);
        let text = format!("The fill character must be a unicode character, not {shown}");
        return Err(cx.type_error(&text));
    };
    if text.len() != 1 {
        return Err(cx.type_error("The fill character must be exactly one character long"));
    }
    Ok(wtf8::decode(text.as_bytes()).0)
}

type Padder = fn(&[u8], usize, usize, u32) -> crate::plain::Result<Vec<u8>>;

fn padded(cx: &mut Cx, args: Args, pad: Padder) -> Flow {
    let text = this_text(cx, args)?;
    let width = width(cx, args, 1)?;
    let fill = fill(cx, args)?;
    if width <= text.len() {
        return Ok(Value::object(text));
    }
    let bytes = plain(cx, pad(text.as_bytes(), text.len(), width, fill))?;
    Ok(text_value(cx, &bytes))
}

fn center(cx: &mut Cx, args: Args) -> Flow {
    padded(cx, args, wtf8::center)
}

fn ljust(cx: &mut Cx, args: Args) -> Flow {
    padded(cx, args, wtf8::left)
}

fn rjust(cx: &mut Cx, args: Args) -> Flow {
    padded(cx, args, wtf8::right)
}

fn zfill(cx: &mut Cx, args: Args) -> Flow {
    let text = this_text(cx, args)?;
    let width = width(cx, args, 1)?;
    if width <= text.len() {
        return Ok(Value::object(text));
    }
    let bytes = plain(cx, wtf8::zfill(text.as_bytes(), text.len(), width))?;
    Ok(text_value(cx, &bytes))
}

fn expandtabs(cx: &mut Cx, args: Args) -> Flow {
    let text = this_text(cx, args)?;
    let size = match cx.opt(args, 1) {
        Some(_) => width(cx, args, 1)?,
        None => 8,
    };
    let bytes = plain(cx, wtf8::expand_tabs(text.as_bytes(), size, true))?;
    Ok(text_value(cx, &bytes))
}

// ---- stripping

fn stripped(cx: &Cx, args: Args, side: Side, name: &str) -> Flow {
    let text = this_text(cx, args)?;
    let chars = cx.arg(args, 1).value();
    let rest = if chars.is_undef() || chars.is_none() {
        wtf8::strip_space(text.as_bytes(), side, true)
    } else {
        let Some(chars) = text_of(cx, chars) else {
            return Err(cx.type_error(&format!("{name} arg must be None or str")));
        };
        wtf8::strip_chars(text.as_bytes(), chars.as_bytes(), side, true)
    };
    Ok(part_value(cx, text, rest))
}

fn strip(cx: &mut Cx, args: Args) -> Flow {
    stripped(cx, args, Side::Both, "strip")
}

fn lstrip(cx: &mut Cx, args: Args) -> Flow {
    stripped(cx, args, Side::Left, "lstrip")
}

fn rstrip(cx: &mut Cx, args: Args) -> Flow {
    stripped(cx, args, Side::Right, "rstrip")
}

// ---- kinds of chars

fn test(cx: &Cx, args: Args, test: impl FnOnce(&[u8]) -> bool) -> Flow {
    Ok(Value::bool(test(this_text(cx, args)?.as_bytes())))
}

fn isalnum(cx: &mut Cx, args: Args) -> Flow {
    test(cx, args, |text| unicode::all(text, unicode::is_alnum))
}

fn isalpha(cx: &mut Cx, args: Args) -> Flow {
    test(cx, args, |text| unicode::all(text, unicode::is_alpha))
}

fn isascii(cx: &mut Cx, args: Args) -> Flow {
    test(cx, args, <[u8]>::is_ascii)
}

fn isdecimal(cx: &mut Cx, args: Args) -> Flow {
    test(cx, args, |text| unicode::all(text, unicode::is_decimal))
}

fn isdigit(cx: &mut Cx, args: Args) -> Flow {
    test(cx, args, |text| unicode::all(text, unicode::is_digit))
}

fn isidentifier(cx: &mut Cx, args: Args) -> Flow {
    test(cx, args, unicode::is_identifier)
}

fn islower(cx: &mut Cx, args: Args) -> Flow {
    test(cx, args, unicode::all_lower)
}

fn isnumeric(cx: &mut Cx, args: Args) -> Flow {
    test(cx, args, |text| unicode::all(text, unicode::is_numeric))
}

fn isprintable(cx: &mut Cx, args: Args) -> Flow {
    test(cx, args, unicode::all_printable)
}

fn isspace(cx: &mut Cx, args: Args) -> Flow {
    test(cx, args, |text| unicode::all(text, unicode::is_space))
}

fn istitle(cx: &mut Cx, args: Args) -> Flow {
    test(cx, args, unicode::all_title)
}

fn isupper(cx: &mut Cx, args: Args) -> Flow {
    test(cx, args, unicode::all_upper)
}
