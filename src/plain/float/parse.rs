//! Text to floats: `float("...")`, and hexadecimal floats both ways.
//!
//! Decimal digits are left to `core`, which rounds correctly; what is checked here is what the two
//! grammars do not share (underscores, whitespace, digits of other scripts).

use super::super::number_text::{normalise, strip, without_underscores};
use super::super::repr::{push_bytes_repr, push_str_repr};
use super::super::{Fault, Result};
use super::exact::compose;
use super::text::decompose;

/// `float(text)` for a `str`.
pub fn parse_str(text: &[u8]) -> Result<f64> {
    normalise(text).and_then(|ascii| parse_ascii(&ascii)).ok_or_else(|| {
        let mut message = b"could not convert string to float: ".to_vec();
        push_str_repr(&mut message, text);
        Fault::value(String::from_utf8_lossy(&message).into_owned())
    })
}

/// `float(data)` for `bytes` and their kin.
pub fn parse_bytes(data: &[u8]) -> Result<f64> {
    parse_ascii(data).ok_or_else(|| {
        let mut message = b"could not convert string to float: ".to_vec();
        push_bytes_repr(&mut message, data);
        Fault::value(String::from_utf8_lossy(&message).into_owned())
    })
}

/// The float an ASCII text spells, whitespace around it allowed.
pub fn parse_ascii(text: &[u8]) -> Option<f64> {
    let text = strip(text);
    if text.contains(&b'_') {
        return parse_plain(&without_underscores(text)?);
    }
    parse_plain(text)
}

fn parse_plain(text: &[u8]) -> Option<f64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// `float.fromhex(text)`.
pub fn from_hex(text: &[u8]) -> Result<f64> {
    let text = strip(text);
    let (negative, body) = match text.first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let size = match unsigned_from_hex(body) {
        Some(size) => size,
        None => return Err(Fault::value("invalid hexadecimal floating-point string")),
    };
    if size == Some(f64::INFINITY) && !body.first().is_some_and(|b| b.eq_ignore_ascii_case(&b'i')) {
        return Err(Fault::overflow("hexadecimal value too large to represent as a float"));
    }
    let size = size.unwrap_or(0.0);
    Ok(if negative { -size } else { size })
}

/// The outer `None` is a syntax error, the inner one a zero.
fn unsigned_from_hex(text: &[u8]) -> Option<Option<f64>> {
    if text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity") {
        return Some(Some(f64::INFINITY));
    }
    if text.eq_ignore_ascii_case(b"nan") {
        return Some(Some(f64::NAN));
    }
    let body = match text {
        [b'0', b'x' | b'X', rest @ ..] => rest,
        _ => text,
    };
    let (mut mantissa, mut exponent, mut sticky) = (0u64, 0i64, false);
    let (mut digits, mut point, mut at) = (0usize, false, 0usize);
    while let Some(&byte) = body.get(at) {
        if byte == b'.' && !point {
            point = true;
        } else if let Some(digit) = (byte as char).to_digit(16) {
            digits += 1;
            if mantissa >> 60 == 0 {
                mantissa = mantissa << 4 | u64::from(digit);
                exponent -= if point { 4 } else { 0 };
            } else {
                sticky |= digit != 0;
                exponent += if point { 0 } else { 4 };
            }
        } else {
            break;
        }
        at += 1;
    }
    if digits == 0 {
        return None;
    }
    if let Some(b'p' | b'P') = body.get(at) {
        exponent = exponent.saturating_add(binary_exponent(&body[at + 1..])?);
    } else if at != body.len() {
        return None;
    }
    Some((mantissa != 0).then(|| compose(mantissa, exponent, sticky)))
}

fn binary_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text.first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let size = digits
        .iter()
        .fold(0i64, |sum, d| sum.saturating_mul(10).saturating_add(i64::from(d - b'0')));
    // Half of the range leaves room for the exponent of the mantissa.
    let size = size.min(i64::MAX / 2);
    Some(if negative { -size } else { size })
}

/// `x.hex()`.
pub fn to_hex(x: f64) -> String {
    if !x.is_finite() {
        return super::repr(x);
    }
    let sign = if x.is_sign_negative() { "-" } else { "" };
    if x == 0.0 {
        return format!("{sign}0x0.0p+0");
    }
    let (mantissa, exponent) = decompose(x.abs());
    let (lead, fraction) = (mantissa >> 52, mantissa & ((1 << 52) - 1));
    format!("{sign}0x{lead}.{fraction:013x}p{:+}", exponent + 52)
}
