//! What the texts of ints, floats and complex numbers have in common: whitespace, underscores, and
//! digits of other scripts, which become ASCII before anything is parsed.
//!
//! The parsers themselves are `int::parse_str` and `float::parse_str`.

use std::borrow::Cow;

use super::{unicode, wtf8};

/// C's `isspace`, which is what CPython strips from ASCII numbers (not the controls 0x1c to 0x1f).
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | 0x09..=0x0d)
}

/// The text without whitespace around it.
pub fn strip(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|&b| !is_space(b)).unwrap_or(text.len());
    let end = text.iter().rposition(|&b| !is_space(b)).map_or(start, |at| at + 1);
    &text[start..end]
}

/// Decimal digits of any script as ASCII digits, any other space as a blank.
///
/// `None` if something else remains, which no number can contain.
pub fn normalise(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    if text.is_ascii() {
        return Some(Cow::Borrowed(text));
    }
    let mut ascii = Vec::with_capacity(text.len());
    for point in wtf8::points(text) {
        if point < 0x80 {
            ascii.push(point as u8);
        } else if unicode::is_space(point) {
            ascii.push(b' ');
        } else {
            ascii.push(b'0' + unicode::decimal_value(point)?);
        }
    }
    Some(Cow::Owned(ascii))
}

/// Drops underscores, each of which must stand between two digits.
pub fn without_underscores(text: &[u8]) -> Option<Vec<u8>> {
    let mut kept = Vec::with_capacity(text.len());
    let mut previous = 0u8;
    for (at, &byte) in text.iter().enumerate() {
        if byte != b'_' {
            kept.push(byte);
        } else if !previous.is_ascii_digit() || !text.get(at + 1).is_some_and(u8::is_ascii_digit) {
            return None;
        }
        previous = byte;
    }
    Some(kept)
}
