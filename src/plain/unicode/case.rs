//! Case of whole strings: the full mappings, and the sigma that ends a word.
//!
//! Each function takes WTF-8 and returns WTF-8; surrogates have no case. ASCII is one pass.

use super::super::wtf8::{decode, points, push_point};
use super::{
    CASE_IGNORABLE, CASED, CHANGES_LOWER, CHANGES_UPPER, FOLD_IS_NOT_LOWER, LOWER,
    TITLE_IS_NOT_UPPER, UPPER, has,
};

const BIG_SIGMA: u32 = 0x3a3;
const FINAL_SIGMA: u32 = 0x3c2;

/// Appends the lower case of a code point, out of context.
#[inline]
pub fn push_lower(out: &mut Vec<u8>, point: u32) {
    match point {
        // ASCII and the rest of Latin-1.
        0..0x80 => out.push((point as u8).to_ascii_lowercase()),
        0xc0..=0xd6 | 0xd8..=0xde => push_point(out, point + 0x20),
        0x80..=0xff => push_point(out, point),
        _ => push_other_lower(out, point),
    }
}

fn push_other_lower(out: &mut Vec<u8>, point: u32) {
    match char::from_u32(point) {
        Some(c) if has(point, CHANGES_LOWER) => push_chars(out, c.to_lowercase()),
        _ => push_point(out, point),
    }
}

/// Appends the upper case of a code point.
#[inline]
pub fn push_upper(out: &mut Vec<u8>, point: u32) {
    match point {
        0..0x80 => out.push((point as u8).to_ascii_uppercase()),
        0xe0..=0xf6 | 0xf8..=0xfe => push_point(out, point - 0x20),
        // The micro sign, the sharp s and the y with dots have capitals elsewhere.
        0x80..=0xff if !matches!(point, 0xb5 | 0xdf | 0xff) => push_point(out, point),
        _ => push_other_upper(out, point),
    }
}

fn push_other_upper(out: &mut Vec<u8>, point: u32) {
    match char::from_u32(point) {
        Some(c) if has(point, CHANGES_UPPER) => push_chars(out, c.to_uppercase()),
        _ => push_point(out, point),
    }
}

/// Appends the title case of a code point.
pub fn push_title(out: &mut Vec<u8>, point: u32) {
    if point < 0x80 || !has(point, TITLE_IS_NOT_UPPER) {
        return push_upper(out, point);
    }
    match point {
        // Georgian has capitals, but does not start words with them.
        0x10d0..=0x10ff => push_point(out, point),
        0x1c4..=0x1cc => push_point(out, 0x1c5 + (point - 0x1c4) / 3 * 3),
        0x1f1..=0x1f3 => push_point(out, 0x1f2),
        // Greek vowels with an iota: below the capital if there is such a letter ...
        0x1f80..=0x1faf => push_point(out, point | 8),
        0x1fb3 | 0x1fc3 | 0x1ff3 => push_point(out, point + 9),
        0x1fbc | 0x1fcc | 0x1ffc => push_point(out, point),
        _ => {
            let upper = char::from_u32(point).into_iter().flat_map(char::to_uppercase);
            for (at, c) in upper.enumerate() {
                match c {
                    // ... else as a mark after it.
                    '\u{399}' => push_point(out, 0x345),
                    '\u{342}' => push_point(out, 0x342),
                    _ if at == 0 => push_point(out, u32::from(c)),
                    // Ligatures: only their first letter is a capital.
                    _ => push_chars(out, c.to_lowercase()),
                }
            }
        }
    }
}

/// Appends the case folding of a code point.
pub fn push_fold(out: &mut Vec<u8>, point: u32) {
    if point < 0x80 || !has(point, FOLD_IS_NOT_LOWER) {
        return push_lower(out, point);
    }
    match point {
        // Cherokee folds to its capitals, which are the older letters.
        0x13a0..=0x13f5 => push_point(out, point),
        0x13f8..=0x13fd => push_point(out, point - 8),
        0xab70..=0xabbf => push_point(out, point - 0xab70 + 0x13a0),
        0x1e9e => out.extend_from_slice(b"ss"),
        _ => {
            for c in char::from_u32(point).into_iter().flat_map(char::to_uppercase) {
                push_chars(out, c.to_lowercase());
            }
        }
    }
}

fn push_chars(out: &mut Vec<u8>, chars: impl Iterator<Item = char>) {
    for c in chars {
        push_point(out, u32::from(c));
    }
}

/// `str.lower`.
pub fn lower(text: &[u8]) -> Vec<u8> {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut out = Vec::with_capacity(text.len());
    for_each(text, |at, point| push_lower_at(&mut out, text, at, point));
    out
}

/// `str.upper`.
pub fn upper(text: &[u8]) -> Vec<u8> {
    if text.is_ascii() {
        return text.to_ascii_uppercase();
    }
    let mut out = Vec::with_capacity(text.len());
    points(text).for_each(|point| push_upper(&mut out, point));
    out
}

/// `str.casefold`.
pub fn casefold(text: &[u8]) -> Vec<u8> {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut out = Vec::with_capacity(text.len());
    points(text).for_each(|point| push_fold(&mut out, point));
    out
}

/// `str.title`.
pub fn title(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut after_cased = false;
    for_each(text, |at, point| {
        if after_cased {
            push_lower_at(&mut out, text, at, point);
        } else {
            push_title(&mut out, point);
        }
        after_cased = has(point, CASED);
    });
    out
}

/// `str.capitalize`.
pub fn capitalize(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for_each(text, |at, point| {
        if at == 0 {
            push_title(&mut out, point);
        } else {
            push_lower_at(&mut out, text, at, point);
        }
    });
    out
}

/// `str.swapcase`.
pub fn swapcase(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for_each(text, |at, point| {
        if has(point, UPPER) {
            push_lower_at(&mut out, text, at, point);
        } else if has(point, LOWER) {
            push_upper(&mut out, point);
        } else {
            push_point(&mut out, point);
        }
    });
    out
}

/// Visits every code point with its offset in bytes.
fn for_each(text: &[u8], mut visit: impl FnMut(usize, u32)) {
    let mut at = 0;
    while at < text.len() {
        let (point, width) = decode(&text[at..]);
        visit(at, point);
        at += width;
    }
}

fn push_lower_at(out: &mut Vec<u8>, text: &[u8], at: usize, point: u32) {
    if point == BIG_SIGMA && ends_word(text, at) {
        push_point(out, FINAL_SIGMA);
    } else {
        push_lower(out, point);
    }
}

/// Whether the sigma at an offset has a letter before it and none after, ignoring marks.
fn ends_word(text: &[u8], at: usize) -> bool {
    let mut start = at;
    let before = loop {
        if start == 0 {
            return false;
        }
        start -= 1;
        while start > 0 && text[start] & 0xc0 == 0x80 {
            start -= 1;
        }
        let point = decode(&text[start..]).0;
        if !has(point, CASE_IGNORABLE) {
            break point;
        }
    };
    let after = points(&text[at + 2..]).find(|&point| !has(point, CASE_IGNORABLE));
    has(before, CASED) && !after.is_some_and(|point| has(point, CASED))
}
