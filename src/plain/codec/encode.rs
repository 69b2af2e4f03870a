//! Text to bytes.
//!
//! Text that is right already is copied whole. Otherwise code points are taken one by one, and runs
//! of what cannot be encoded are reported as one fault, as CPython does for the narrow encodings.

use super::super::repr::push_escape;
use super::super::wtf8::{as_str, points};
use super::{CodecFault, Encoding, Handler, Order};

/// `text.encode(encoding, handler)`.
pub fn encode(text: &[u8], encoding: Encoding, handler: Handler) -> Result<Vec<u8>, CodecFault> {
    let wide = matches!(encoding, Encoding::Utf16(_) | Encoding::Utf32(_));
    let mut out = Vec::with_capacity(if wide { text.len() * 2 + 4 } else { text.len() + 4 });
    match encoding {
        Encoding::UnicodeEscape => return Ok(super::escape::encode(text, false)),
        Encoding::RawUnicodeEscape => return Ok(super::escape::encode(text, true)),
        Encoding::Utf8Sig => out.extend_from_slice(b"\xef\xbb\xbf"),
        Encoding::Utf16(Order::Marked) => out.extend_from_slice(b"\xff\xfe"),
        Encoding::Utf32(Order::Marked) => out.extend_from_slice(b"\xff\xfe\0\0"),
        _ => {}
    }
    let narrow = matches!(
        encoding,
        Encoding::Utf8 | Encoding::Utf8Sig | Encoding::Ascii | Encoding::Latin1 | Encoding::Page(_)
    );
    let utf8 = matches!(encoding, Encoding::Utf8 | Encoding::Utf8Sig);
    if (narrow && text.is_ascii()) || (utf8 && as_str(text).is_some()) {
        out.extend_from_slice(text);
        return Ok(out);
    }
    if encoding == Encoding::Latin1 && latin1(&mut out, text) {
        return Ok(out);
    }
    if let Encoding::Utf16(order) | Encoding::Utf32(order) = encoding
        && let Some(text) = as_str(text)
        && !(text.is_ascii() && encoding == Encoding::Utf16(order))
    {
        let big = order == Order::Big;
        if encoding == Encoding::Utf16(order) {
            text.encode_utf16().for_each(|unit| push_u16(&mut out, unit, order));
        } else {
            out.reserve(text.len() * 4);
            for point in text.chars().map(u32::from) {
                let unit = if big { point.to_be_bytes() } else { point.to_le_bytes() };
                out.extend_from_slice(&unit);
            }
        }
        return Ok(out);
    }
    if let Encoding::Utf16(order) = encoding
        && text.is_ascii()
    {
        let from = out.len();
        out.resize(from + text.len() * 2, 0);
        let (units, _) = out[from..].as_chunks_mut::<2>();
        let big = order == Order::Big;
        for (unit, &byte) in units.iter_mut().zip(text) {
            *unit = if big { [0, byte] } else { [byte, 0] };
        }
        return Ok(out);
    }
    let mut at = 0;
    let mut rest = points(text);
    while let Some(point) = rest.clone().next() {
        if is_encodable(point, encoding) {
            push_unit(&mut out, point, encoding);
            rest.next();
            at += 1;
            continue;
        }
        let run = rest.clone().take_while(|&point| !is_encodable(point, encoding)).count();
        // The wide encodings report one character at a time.
        let run = if narrow { run } else { 1 };
        for _ in 0..run {
            let bad = rest.clone().next().unwrap_or(0);
            if !handle(&mut out, bad, encoding, handler) {
                return Err(fault(at, rest.clone(), encoding, narrow));
            }
            rest.next();
            at += 1;
        }
    }
    Ok(out)
}

/// Encodes text whose code points all fit a byte; false, and nothing written, if some do not.
fn latin1(out: &mut Vec<u8>, text: &[u8]) -> bool {
    let highest = text.iter().fold(0, |highest, &byte| highest.max(byte));
    if highest > 0xc3 {
        return false;
    }
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let (mut from, mut at) = (0, out.len());
    // Eight bytes are written wherever something begins.
    out.resize(at + text.len() + 8, 0);
    while let Some(eight) = text.get(from..).and_then(|rest| rest.first_chunk::<8>()) {
        out[at..at + 8].copy_from_slice(eight);
        let plain = ((u64::from_le_bytes(*eight) & HIGH).trailing_zeros() / 8) as usize;
        from += plain;
        at += plain;
        if plain < 8 {
            let Some(&[lead, next]) = text[from..].first_chunk::<2>() else { break };
            out[at] = lead << 6 | next & 0x3f;
            from += 2;
            at += 1;
        }
    }
    let mut rest = text[from..].iter();
    while let Some(&byte) = rest.next() {
        out[at] = match byte.is_ascii() {
            true => byte,
            false => byte << 6 | rest.next().map_or(0, |next| next & 0x3f),
        };
        at += 1;
    }
    out.truncate(at);
    true
}

#[inline(always)]
fn is_encodable(point: u32, encoding: Encoding) -> bool {
    match encoding {
        Encoding::Ascii => point < 0x80,
        Encoding::Latin1 => point < 0x100,
        Encoding::Page(page) => page.byte_of(point).is_some(),
        _ => !(0xd800..=0xdfff).contains(&point),
    }
}

/// The fault at a character that the handler did not take either, and those that follow it.
fn fault(
    at: usize,
    rest: impl Iterator<Item = u32>,
    encoding: Encoding,
    narrow: bool,
) -> CodecFault {
    let bad = rest.take_while(|&point| !is_encodable(point, encoding)).count();
    CodecFault {
        encoding: encoding.name(),
        start: at,
        end: at + if narrow { bad.max(1) } else { 1 },
        reason: match encoding {
            Encoding::Ascii => "ordinal not in range(128)",
            Encoding::Latin1 => "ordinal not in range(256)",
            Encoding::Page(_) => "character maps to <undefined>",
            _ => "surrogates not allowed",
        },
        wrong_handler: false,
    }
}

#[inline]
fn push_unit(out: &mut Vec<u8>, point: u32, encoding: Encoding) {
    match encoding {
        Encoding::Ascii | Encoding::Latin1 => out.push(point as u8),
        Encoding::Page(page) => out.extend(page.byte_of(point)),
        Encoding::Utf8 | Encoding::Utf8Sig => super::super::wtf8::push_point(out, point),
        Encoding::Utf16(order) => {
            if point < 0x10000 {
                push_u16(out, point as u16, order);
            } else {
                let above = point - 0x10000;
                push_u16(out, 0xd800 + (above >> 10) as u16, order);
                push_u16(out, 0xdc00 + (above & 0x3ff) as u16, order);
            }
        }
        Encoding::Utf32(Order::Big) => out.extend_from_slice(&point.to_be_bytes()),
        Encoding::Utf32(_) => out.extend_from_slice(&point.to_le_bytes()),
        Encoding::UnicodeEscape | Encoding::RawUnicodeEscape => {
            unreachable!("text is escaped as a whole")
        }
    }
}

fn push_u16(out: &mut Vec<u8>, unit: u16, order: Order) {
    out.extend_from_slice(&if order == Order::Big {
        unit.to_be_bytes()
    } else {
        unit.to_le_bytes()
    });
}

/// Does about a character what the handler says; false if that is nothing.
fn handle(out: &mut Vec<u8>, point: u32, encoding: Encoding, handler: Handler) -> bool {
    let mut replacement = Vec::new();
    match handler {
        Handler::Strict => return false,
        Handler::Ignore => {}
        Handler::Replace => replacement.push(b'?'),
        Handler::BackslashReplace => push_escape(&mut replacement, point),
        Handler::XmlCharRefReplace => {
            replacement.extend_from_slice(format!("&#{point};").as_bytes())
        }
        Handler::SurrogateEscape => {
            // A byte alone is nothing in the wide encodings.
            let wide = matches!(encoding, Encoding::Utf16(_) | Encoding::Utf32(_));
            if wide || !(0xdc80..=0xdcff).contains(&point) {
                return false;
            }
            out.push((point - 0xdc00) as u8);
        }
        Handler::SurrogatePass => {
            let unicode =
                !matches!(encoding, Encoding::Ascii | Encoding::Latin1 | Encoding::Page(_));
            if !unicode || !(0xd800..=0xdfff).contains(&point) {
                return false;
            }
            push_unit(out, point, encoding);
        }
    }
    replacement.iter().for_each(|&byte| push_unit(out, u32::from(byte), encoding));
    true
}
