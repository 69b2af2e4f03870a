//! What Python says of code points: predicates and case, as of Unicode 15.1.
//!
//! One table answers for every predicate in two loads (see `tests/plain/make_unicode.py`). Case
//! mappings themselves are those of `core`, which knows a later Unicode: the table says which code
//! points change at all, so letters added since stay as they are.

mod case;
mod database;

pub use case::{
    capitalize, casefold, lower, push_fold, push_lower, push_title, push_upper, swapcase, title,
    upper,
};

pub use database::{Database, VERSION, database};

use super::wtf8::points;

static TABLE: &[u8] = include_bytes!("table.bin");
const PAGE: usize = 256;
const INDEX: usize = 0x110000 / PAGE;
const PAGES: usize = INDEX + 1;

const ALPHA: u16 = 1;
const DIGIT: u16 = 1 << 1;
const NUMERIC: u16 = 1 << 2;
const PRINTABLE: u16 = 1 << 3;
const ID_START: u16 = 1 << 4;
const ID_CONTINUE: u16 = 1 << 5;
const LOWER: u16 = 1 << 6;
const UPPER: u16 = 1 << 7;
const TITLE: u16 = 1 << 8;
const SPACE: u16 = 1 << 9;
const CASED: u16 = 1 << 10;
const CASE_IGNORABLE: u16 = 1 << 11;
const CHANGES_LOWER: u16 = 1 << 12;
const CHANGES_UPPER: u16 = 1 << 13;
const TITLE_IS_NOT_UPPER: u16 = 1 << 14;
const FOLD_IS_NOT_LOWER: u16 = 1 << 15;

fn record(point: u32) -> &'static [u8] {
    let point = point as usize;
    if point >= 0x110000 {
        return &[0, 0, 255];
    }
    let page = TABLE[point / PAGE] as usize;
    let number = TABLE[PAGES + page * PAGE + point % PAGE] as usize;
    let records = PAGES + TABLE[INDEX] as usize * PAGE;
    &TABLE[records + number * 3..records + number * 3 + 3]
}

fn has(point: u32, flags: u16) -> bool {
    let record = record(point);
    u16::from_le_bytes([record[0], record[1]]) & flags != 0
}

/// The value of a decimal digit of any script.
pub fn decimal_value(point: u32) -> Option<u8> {
    if point < 0x80 {
        return (point as u8 as char).to_digit(10).map(|digit| digit as u8);
    }
    Some(record(point)[2]).filter(|&digit| digit < 10)
}

pub fn is_space(point: u32) -> bool {
    if point < 0x80 { is_ascii_space(point as u8) } else { has(point, SPACE) }
}

/// Python's ASCII whitespace: that of C, and the four separators 0x1c to 0x1f.
pub const fn is_ascii_space(byte: u8) -> bool {
    matches!(byte, b' ' | 0x09..=0x0d | 0x1c..=0x1f)
}

pub fn is_printable(point: u32) -> bool {
    if point < 0x80 { (0x20..0x7f).contains(&point) } else { has(point, PRINTABLE) }
}

pub fn is_alpha(point: u32) -> bool {
    has(point, ALPHA)
}

pub fn is_decimal(point: u32) -> bool {
    decimal_value(point).is_some()
}

pub fn is_digit(point: u32) -> bool {
    has(point, DIGIT)
}

pub fn is_numeric(point: u32) -> bool {
    has(point, NUMERIC)
}

pub fn is_alnum(point: u32) -> bool {
    has(point, ALPHA | DIGIT | NUMERIC)
}

pub fn is_lower(point: u32) -> bool {
    has(point, LOWER)
}

pub fn is_upper(point: u32) -> bool {
    has(point, UPPER)
}

/// Whether a letter is in title case, as the digraph of D and z is.
pub fn is_title(point: u32) -> bool {
    has(point, TITLE)
}

pub fn is_id_start(point: u32) -> bool {
    has(point, ID_START)
}

pub fn is_id_continue(point: u32) -> bool {
    has(point, ID_CONTINUE)
}

/// `str.isalpha` and its kin: not empty, and every code point passes.
pub fn all(text: &[u8], test: fn(u32) -> bool) -> bool {
    !text.is_empty() && points(text).all(test)
}

/// `str.isprintable`, which an empty string is.
pub fn all_printable(text: &[u8]) -> bool {
    points(text).all(is_printable)
}

/// `str.islower`.
pub fn all_lower(text: &[u8]) -> bool {
    let mut found = false;
    for point in points(text) {
        if has(point, UPPER | TITLE) {
            return false;
        }
        found |= is_lower(point);
    }
    found
}

/// `str.isupper`.
pub fn all_upper(text: &[u8]) -> bool {
    let mut found = false;
    for point in points(text) {
        if has(point, LOWER | TITLE) {
            return false;
        }
        found |= is_upper(point);
    }
    found
}

/// `str.istitle`: upper case only after what has no case, lower case only after what has.
pub fn all_title(text: &[u8]) -> bool {
    let (mut found, mut after_cased) = (false, false);
    for point in points(text) {
        if has(point, UPPER | TITLE) {
            if after_cased {
                return false;
            }
            after_cased = true;
            found = true;
        } else if is_lower(point) {
            if !after_cased {
                return false;
            }
            found = true;
        } else {
            after_cased = false;
        }
    }
    found
}

/// `str.isidentifier`.
pub fn is_identifier(text: &[u8]) -> bool {
    let mut points = points(text);
    points.next().is_some_and(is_id_start) && points.all(is_id_continue)
}
