//! `repr` and `ascii` of str, bytes and complex numbers: quotes and escapes.
//!
//! A repr holds no surrogates (they are not printable), so it is always valid UTF-8.

use super::float::{Form, Style, push_repr, push_unsigned};
use super::unicode::is_printable;
use super::wtf8::{decode, push_point};

/// Appends `repr(text)`.
pub fn push_str_repr(out: &mut Vec<u8>, text: &[u8]) {
    push_quoted(out, text, false);
}

/// Appends `ascii(text)`: everything that is not ASCII escaped.
pub fn push_str_ascii(out: &mut Vec<u8>, text: &[u8]) {
    push_quoted(out, text, true);
}

/// `ascii(x)` of a repr that is already made: escapes what is not ASCII and nothing else.
pub fn push_ascii_of_repr(out: &mut Vec<u8>, repr: &[u8]) {
    let mut rest = repr;
    while let Some(&byte) = rest.first() {
        if byte < 0x80 {
            out.push(byte);
            rest = &rest[1..];
        } else {
            let (point, width) = decode(rest);
            push_escape(out, point);
            rest = &rest[width..];
        }
    }
}

/// `repr(text)` as a `String`, for messages.
pub fn str_repr(text: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len() + 2);
    push_str_repr(&mut out, text);
    String::from_utf8_lossy(&out).into_owned()
}

/// `repr(data)` as a `String`, for messages.
pub fn bytes_repr(data: &[u8]) -> String {
    let mut out = Vec::with_capacity(data.len() + 3);
    push_bytes_repr(&mut out, data);
    String::from_utf8_lossy(&out).into_owned()
}

/// Single quotes, unless the text holds some and no double ones.
fn quote_for(text: &[u8]) -> u8 {
    let single = memchr::memchr(b'\'', text).is_some();
    if single && memchr::memchr(b'"', text).is_none() { b'"' } else { b'\'' }
}

fn push_quoted(out: &mut Vec<u8>, text: &[u8], ascii_only: bool) {
    let quote = quote_for(text);
    out.reserve(text.len() + 2);
    out.push(quote);
    let mut rest = text;
    while !rest.is_empty() {
        let plain = rest.iter().take_while(|&&b| is_plain(b, quote)).count();
        out.extend_from_slice(&rest[..plain]);
        rest = &rest[plain..];
        let Some(&byte) = rest.first() else { break };
        let width = if byte < 0x80 {
            push_ascii_escape(out, byte, quote);
            1
        } else {
            let (point, width) = decode(rest);
            if !ascii_only && is_printable(point) {
                push_point(out, point);
            } else {
                push_escape(out, point);
            }
            width
        };
        rest = &rest[width..];
    }
    out.push(quote);
}

fn is_plain(byte: u8, quote: u8) -> bool {
    (0x20..0x7f).contains(&byte) && byte != quote && byte != b'\\'
}

fn push_ascii_escape(out: &mut Vec<u8>, byte: u8, quote: u8) {
    match byte {
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        _ if byte == quote => out.extend_from_slice(&[b'\\', quote]),
        _ => push_escape(out, u32::from(byte)),
    }
}

/// Appends `\xhh`, `\uhhhh` or `\Uhhhhhhhh`, the shortest that holds the code point.
pub fn push_escape(out: &mut Vec<u8>, point: u32) {
    let (letter, digits) = match point {
        0..=0xff => (b'x', 2),
        0x100..=0xffff => (b'u', 4),
        _ => (b'U', 8),
    };
    out.extend_from_slice(&[b'\\', letter]);
    for place in (0..digits).rev() {
        out.push(b"0123456789abcdef"[(point >> (4 * place) & 15) as usize]);
    }
}

/// Appends `repr(data)` of bytes.
pub fn push_bytes_repr(out: &mut Vec<u8>, data: &[u8]) {
    let quote = quote_for(data);
    out.reserve(data.len() + 3);
    out.extend_from_slice(&[b'b', quote]);
    for &byte in data {
        if is_plain(byte, quote) {
            out.push(byte);
        } else {
            push_ascii_escape(out, byte, quote);
        }
    }
    out.push(quote);
}

/// Appends `repr(bytearray(data))`, which escapes single quotes inside double ones, too.
pub fn push_bytearray_repr(out: &mut Vec<u8>, data: &[u8]) {
    let quote = quote_for(data);
    out.extend_from_slice(b"bytearray(b");
    out.push(quote);
    for &byte in data {
        if is_plain(byte, quote) && byte != b'\'' {
            out.push(byte);
        } else {
            let escaped = if byte == b'\'' { byte } else { quote };
            push_ascii_escape(out, byte, escaped);
        }
    }
    out.extend_from_slice(&[quote, b')']);
}

/// Appends `repr(complex(real, imag))`.
pub fn push_complex_repr(out: &mut Vec<u8>, real: f64, imag: f64) {
    if real == 0.0 && real.is_sign_positive() {
        push_part(out, imag);
        out.push(b'j');
        return;
    }
    out.push(b'(');
    push_part(out, real);
    if imag.is_sign_positive() || imag.is_nan() {
        out.push(b'+');
    }
    push_part(out, imag);
    out.extend_from_slice(b"j)");
}

/// A part of a complex number: as `repr`, but whole numbers without `.0`.
fn push_part(out: &mut Vec<u8>, x: f64) {
    if !x.is_finite() {
        return push_repr(out, x);
    }
    if x.is_sign_negative() {
        out.push(b'-');
    }
    let form = Form {
        style: Style::Shortest,
        precision: 0,
        alternate: false,
        dot_zero: false,
        upper: false,
    };
    // The shortest form has no precision that could be too great.
    let _ = push_unsigned(out, x, form);
}
