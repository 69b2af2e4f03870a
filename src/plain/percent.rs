//! `%`-formatting of str and bytes: the parser, and conversions applied to plain data.
//!
//! The parser yields pieces and knows no arguments. For each [`Conversion`] the caller fetches what
//! the key or the stars ask for, calls [`Conversion::field`], and hands the value to one of the
//! `push_` functions. The errors that depend on a value are made here as well.

use dashu_int::{IBig, Sign};

use super::float::{Form, Style, push_unsigned};
use super::int::text::{Base, push_digits_big, push_digits_u64};
use super::wtf8::{self, decode, push_fill, push_padded};
use super::{Fault, MAX_BYTES, Result};

pub const NOT_ENOUGH: &str = "not enough arguments for format string";
pub const NOT_ALL_STR: &str = "not all arguments converted during string formatting";
pub const NOT_ALL_BYTES: &str = "not all arguments converted during bytes formatting";
pub const NOT_A_MAPPING: &str = "format requires a mapping";
pub const STAR_WANTS_INT: &str = "* wants int";

/// A part of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    Literal(&'a [u8]),
    Conversion(Conversion<'a>),
}

/// A width or a precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    Absent,
    Given(usize),
    /// `*`: the next argument.
    Star,
}

/// The characters between `%` and the width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    pub left: bool,
    pub plus: bool,
    pub blank: bool,
    pub alternate: bool,
    pub zero: bool,
}

/// A conversion as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conversion<'a> {
    /// What `%(...)` names.
    pub key: Option<&'a [u8]>,
    pub flags: Flags,
    pub width: Amount,
    pub precision: Amount,
    pub letter: u32,
    /// Where the letter stands, in characters.
    pub index: usize,
}

/// A conversion whose width and precision are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    pub flags: Flags,
    pub width: usize,
    pub precision: Option<usize>,
    pub letter: u32,
}

/// The pieces of a template, up to the first error.
#[derive(Debug, Clone)]
pub struct Pieces<'a> {
    template: &'a [u8],
    at: usize,
    bytes: bool,
}

impl<'a> Pieces<'a> {
    /// The pieces of a str.
    pub fn of_str(template: &'a [u8]) -> Self {
        Pieces { template, at: 0, bytes: false }
    }

    /// The pieces of bytes, which need not be text.
    pub fn of_bytes(template: &'a [u8]) -> Self {
        Pieces { template, at: 0, bytes: true }
    }

    /// What is literal in front of a conversion that is a `s` or `d` alone, that letter, and where
    /// the template goes on. None before anything else.
    #[inline]
    pub fn bare(&self) -> Option<(&'a [u8], u8, usize)> {
        let rest = &self.template[self.at..];
        let at = rest.iter().position(|&byte| byte == b'%')?;
        let letter = rest.get(at + 1).copied().filter(|letter| matches!(letter, b's' | b'd'))?;
        Some((&rest[..at], letter, self.at + at + 2))
    }

    /// As `bare`, of a conversion of a number that has no more than a `-` or `0`, a short width and
    /// a short precision.
    pub fn short(&self) -> Option<(&'a [u8], Field, usize)> {
        let rest = &self.template[self.at..];
        let before = rest.iter().position(|&byte| byte == b'%')?;
        let mut at = before + 1;
        let mut flags = Flags::default();
        match rest.get(at)? {
            b'0' => flags.zero = true,
            b'-' => flags.left = true,
            _ => at -= 1,
        }
        at += 1;
        let short = |at: &mut usize| {
            let mut n = 0;
            let from = *at;
            while let Some(digit @ b'0'..=b'9') = rest.get(*at)
                && *at < from + 2
            {
                n = n * 10 + usize::from(digit - b'0');
                *at += 1;
            }
            (*at > from).then_some(n)
        };
        let width = short(&mut at).unwrap_or(0);
        let precision = match rest.get(at)? {
            b'.' => {
                at += 1;
                Some(short(&mut at)?)
            }
            _ => None,
        };
        let letter = *rest.get(at)?;
        let known = matches!(letter, b'd' | b'x' | b'X' | b'o' | b'e' | b'f' | b'g');
        let field = Field { flags, width, precision, letter: u32::from(letter) };
        known.then_some((&rest[..before], field, self.at + at + 1))
    }

    /// Goes on at a place that `bare` has told.
    pub fn go_on_at(&mut self, at: usize) {
        self.at = at;
    }

    fn peek(&self) -> Option<u8> {
        self.template.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn advance(&mut self) -> Result<Option<Piece<'a>>> {
        let rest = &self.template[self.at..];
        if rest.is_empty() {
            return Ok(None);
        }
        let literal = memchr::memchr(b'%', rest).unwrap_or(rest.len());
        if literal > 0 {
            self.at += literal;
            return Ok(Some(Piece::Literal(&rest[..literal])));
        }
        self.at += 1;
        if self.eat(b'%') {
            return Ok(Some(Piece::Literal(b"%")));
        }
        self.conversion().map(|found| Some(Piece::Conversion(found)))
    }

    fn conversion(&mut self) -> Result<Conversion<'a>> {
        let key = if self.eat(b'(') { Some(self.key()?) } else { None };
        let mut flags = Flags::default();
        loop {
            match self.peek() {
                Some(b'-') => flags.left = true,
                Some(b'+') => flags.plus = true,
                Some(b' ') => flags.blank = true,
                Some(b'#') => flags.alternate = true,
                Some(b'0') => flags.zero = true,
                _ => break,
            }
            self.at += 1;
        }
        let width = self.amount(isize::MAX as usize, "width too big")?;
        let precision = if self.eat(b'.') {
            let text = if self.bytes { "prec too big" } else { "precision too big" };
            match self.amount(i32::MAX as usize, text)? {
                Amount::Absent => Amount::Given(0),
                amount => amount,
            }
        } else {
            Amount::Absent
        };
        if let Some(b'h' | b'l' | b'L') = self.peek() {
            self.at += 1;
        }
        let rest = &self.template[self.at..];
        let Some(&first) = rest.first() else {
            return Err(Fault::value("incomplete format"));
        };
        let (letter, wide) = if self.bytes { (u32::from(first), 1) } else { decode(rest) };
        let before = &self.template[..self.at];
        let index = if self.bytes { before.len() } else { wtf8::len(before) };
        self.at += wide;
        Ok(Conversion { key, flags, width, precision, letter, index })
    }

    /// A key ends at its closing parenthesis; those inside must match.
    fn key(&mut self) -> Result<&'a [u8]> {
        let rest = &self.template[self.at..];
        let mut depth = 1;
        for (at, &byte) in rest.iter().enumerate() {
            match byte {
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                self.at += at + 1;
                return Ok(&rest[..at]);
            }
        }
        Err(Fault::value("incomplete format key"))
    }

    fn amount(&mut self, most: usize, too_big: &'static str) -> Result<Amount> {
        if self.eat(b'*') {
            return Ok(Amount::Star);
        }
        let mut amount = Amount::Absent;
        let mut sum = 0usize;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            let next =
                sum.checked_mul(10).and_then(|sum| sum.checked_add(usize::from(digit - b'0')));
            sum = next.filter(|&sum| sum <= most).ok_or_else(|| Fault::value(too_big))?;
            amount = Amount::Given(sum);
            self.at += 1;
        }
        Ok(amount)
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Result<Piece<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let piece = self.advance();
        if piece.is_err() {
            self.at = self.template.len();
        }
        piece.transpose()
    }
}

impl Conversion<'_> {
    /// Fills in what the stars stand for: ints of any size, in the order width, precision.
    pub fn field(&self, star_width: Option<&IBig>, star_precision: Option<&IBig>) -> Result<Field> {
        let mut flags = self.flags;
        let width = match (self.width, star_width) {
            (Amount::Given(width), _) => width,
            (Amount::Star, Some(n)) => {
                let text = "Python int too large to convert to C ssize_t";
                let n = i64::try_from(n).map_err(|_| Fault::overflow(text))?;
                flags.left |= n < 0;
                n.unsigned_abs() as usize
            }
            _ => 0,
        };
        let precision = match (self.precision, star_precision) {
            (Amount::Given(precision), _) => Some(precision),
            (Amount::Star, Some(n)) => {
                let text = "Python int too large to convert to C int";
                let n = i32::try_from(n).map_err(|_| Fault::overflow(text))?;
                Some(usize::try_from(n).unwrap_or(0))
            }
            _ => None,
        };
        Ok(Field { flags, width, precision, letter: self.letter })
    }

    /// The error for a letter that means nothing.
    pub fn unsupported(&self, bytes: bool) -> Fault {
        let letter = self.letter;
        let shown = match u8::try_from(letter) {
            Ok(byte @ 32..=126) => byte as char,
            // CPython takes the byte for a negative character here.
            Ok(128..=255) if bytes => {
                return Fault::overflow("character argument not in range(0x110000)");
            }
            Ok(byte) if bytes => byte as char,
            _ => '?',
        };
        let index = self.index;
        Fault::value(format!(
            "unsupported format character '{shown}' (0x{letter:x}) at index {index}"
        ))
    }
}

/// The error for a value that is not a number (`d i u`) or not an int (`x X o`).
pub fn not_a_number(letter: u32, type_name: &str) -> Fault {
    let wanted = match char::from_u32(letter) {
        Some('x' | 'X' | 'o') => "an integer",
        _ => "a real number",
    };
    let letter = char::from_u32(letter).unwrap_or('?');
    Fault::type_error(format!("%{letter} format: {wanted} is required, not {type_name}"))
}

/// The error for a value that is not a float (`e f g`), nor, in bytes, an int that fits one.
pub fn not_a_float(type_name: &str, bytes: bool) -> Fault {
    Fault::type_error(if bytes {
        format!("float argument required, not {type_name}")
    } else {
        format!("must be real number, not {type_name}")
    })
}

/// The error for a value of `%c` that is neither an int nor one character.
pub fn not_a_char(bytes: bool) -> Fault {
    Fault::type_error(if bytes {
        "%c requires an integer in range(256) or a single byte"
    } else {
        "%c requires int or char"
    })
}

/// The error for a value of `%b` or `%s` that has no bytes.
pub fn not_bytes(type_name: &str) -> Fault {
    Fault::type_error(format!(
        "%b requires a bytes-like object, or an object that implements __bytes__, not '{type_name}'"
    ))
}

/// The character `%c` makes of an int; `None` for one that is not small.
pub fn char_of(n: Option<i64>, bytes: bool) -> Result<u32> {
    let (most, text) = if bytes {
        (256, "%c arg not in range(256)")
    } else {
        (0x110000, "%c arg not in range(0x110000)")
    };
    let point = n.and_then(|n| u32::try_from(n).ok()).filter(|&point| point < most);
    point.ok_or_else(|| Fault::overflow(text))
}

/// Appends what `%s`, `%r` or `%a` made of a value; `len` is its number of characters.
pub fn push_text(out: &mut Vec<u8>, field: &Field, text: &[u8], len: usize) -> Result<()> {
    match field.precision {
        Some(precision) if precision < len => {
            push_whole(out, field, wtf8::slice(text, 0, precision), precision)
        }
        _ => push_whole(out, field, text, len),
    }
}

/// Appends what `%s` or `%b` made of bytes.
pub fn push_bytes(out: &mut Vec<u8>, field: &Field, data: &[u8]) -> Result<()> {
    let len = field.precision.map_or(data.len(), |precision| precision.min(data.len()));
    push_whole(out, field, &data[..len], len)
}

/// Appends a character, whatever the precision.
pub fn push_char(out: &mut Vec<u8>, field: &Field, point: u32, bytes: bool) -> Result<()> {
    if bytes {
        return push_whole(out, field, &[point as u8], 1);
    }
    let (text, width) = wtf8::encode(point);
    push_whole(out, field, &text[..width], 1)
}

fn push_whole(out: &mut Vec<u8>, field: &Field, text: &[u8], len: usize) -> Result<()> {
    let padding = field.width.saturating_sub(len);
    let (before, after) = if field.flags.left { (0, padding) } else { (padding, 0) };
    push_padded(out, text, before, after, u32::from(b' '))
}

/// Appends a small int (`d i u o x X`).
pub fn push_i64(out: &mut Vec<u8>, field: &Field, n: i64) -> Result<()> {
    check_precision(field)?;
    let base = base_of(field.letter);
    let bare = field.precision.is_none() && !field.flags.alternate && !field.flags.left;
    if bare && n >= 0 && field.width < 100 && !field.flags.plus && !field.flags.blank {
        // The digits first, then what belongs in front of them.
        let from = out.len();
        push_digits_u64(out, n.unsigned_abs(), base);
        let padding = field.width.saturating_sub(out.len() - from);
        if padding > 0 {
            let fill = if field.flags.zero { b'0' } else { b' ' };
            out.resize(out.len() + padding, fill);
            out[from..].rotate_right(padding);
        }
        return Ok(());
    }
    let mut digits = Vec::with_capacity(64);
    push_digits_u64(&mut digits, n.unsigned_abs(), base);
    push_integer(out, field, n < 0, &digits, base)
}

/// Appends a big int; decimal text has at most `limit` digits (0: any number).
pub fn push_big(out: &mut Vec<u8>, field: &Field, n: &IBig, limit: usize) -> Result<()> {
    check_precision(field)?;
    let mut digits = Vec::new();
    let base = base_of(field.letter);
    push_digits_big(&mut digits, n, base, limit)?;
    push_integer(out, field, n.sign() == Sign::Negative, &digits, base)
}

fn base_of(letter: u32) -> Base {
    match u8::try_from(letter) {
        Ok(b'o') => Base::Octal,
        Ok(b'x') => Base::Hex,
        Ok(b'X') => Base::HexUpper,
        _ => Base::Decimal,
    }
}

fn check_precision(field: &Field) -> Result<()> {
    if field.precision.is_some_and(|precision| precision > i32::MAX as usize - 3) {
        return Err(Fault::overflow("precision too large"));
    }
    Ok(())
}

fn push_integer(
    out: &mut Vec<u8>,
    field: &Field,
    negative: bool,
    digits: &[u8],
    base: Base,
) -> Result<()> {
    let precision = field.precision.unwrap_or(0);
    let prefix = if field.flags.alternate { base.prefix() } else { "" };
    push_number(out, field, negative, prefix, digits, precision)
}

/// Appends a float (`e f g` in either case).
pub fn push_f64(out: &mut Vec<u8>, field: &Field, x: f64) -> Result<()> {
    let (style, upper) = match u8::try_from(field.letter) {
        Ok(b'e') => (Style::Exponent, false),
        Ok(b'E') => (Style::Exponent, true),
        Ok(b'F') => (Style::Fixed, true),
        Ok(b'g') => (Style::General, false),
        Ok(b'G') => (Style::General, true),
        _ => (Style::Fixed, false),
    };
    let precision = field.precision.unwrap_or(6);
    let form = Form { style, precision, alternate: field.flags.alternate, dot_zero: false, upper };
    let mut text = Vec::with_capacity(32);
    push_unsigned(&mut text, x, form)?;
    push_number(out, field, x.is_sign_negative() && !x.is_nan(), "", &text, 0)
}

/// Lays out sign, prefix, zeros up to `least` digits, and digits in a field.
fn push_number(
    out: &mut Vec<u8>,
    field: &Field,
    negative: bool,
    prefix: &str,
    digits: &[u8],
    least: usize,
) -> Result<()> {
    let sign: &[u8] = match field.flags {
        _ if negative => b"-",
        Flags { plus: true, .. } => b"+",
        Flags { blank: true, .. } => b" ",
        _ => b"",
    };
    if field.width.max(least) > MAX_BYTES {
        return Err(Fault::memory());
    }
    let mut zeros = least.saturating_sub(digits.len());
    let used = sign.len() + prefix.len() + zeros + digits.len();
    let padding = field.width.saturating_sub(used);
    let blanks = if field.flags.left {
        0
    } else if field.flags.zero {
        zeros += padding;
        0
    } else {
        padding
    };
    push_fill(out, u32::from(b' '), blanks);
    out.extend_from_slice(sign);
    out.extend_from_slice(prefix.as_bytes());
    push_fill(out, u32::from(b'0'), zeros);
    out.extend_from_slice(digits);
    if field.flags.left {
        push_fill(out, u32::from(b' '), padding);
    }
    Ok(())
}
