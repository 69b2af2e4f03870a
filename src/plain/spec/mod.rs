//! The format mini-language: what stands after the colon in `{x:...}`.
//!
//! [`Spec::parse`] reads a specification, `apply` carries it out. What a specification means
//! depends on the type of the value, so its defaults and some of its errors do, too.

mod apply;

pub use apply::{format_big, format_bool, format_complex, format_f64, format_i64, format_str};

use super::unicode::decimal_value;
use super::wtf8::{decode, to_lossy};
use super::{Fault, Result};

/// Where the value stands in its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
    Center,
    /// Between the sign and the digits.
    AfterSign,
}

/// What stands between groups of digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    None,
    Comma,
    Underscore,
}

/// Types that have a format of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    Str,
    Int,
    Float,
    Complex,
}

/// A specification, its defaults filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    pub fill: u32,
    pub align: Align,
    /// `+`, `-`, a blank, or 0.
    pub sign: u8,
    pub no_negative_zero: bool,
    pub alternate: bool,
    pub width: usize,
    pub grouping: Grouping,
    pub precision: Option<usize>,
    /// The letter at the end; 0 if there is none and the type has no default.
    pub letter: u32,
}

/// What is left of a specification.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    /// The next code point and its width; 0 at the end.
    #[inline]
    fn peek(&self) -> (u32, usize) {
        match self.0.first() {
            None => (0, 0),
            Some(&byte) if byte < 0x80 => (u32::from(byte), 1),
            Some(_) => decode(self.0),
        }
    }

    fn skip(&mut self, width: usize) {
        self.0 = self.0.get(width..).unwrap_or_default();
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.0.first() == Some(&byte);
        if found {
            self.skip(1);
        }
        found
    }

    fn align(&mut self, width: usize) -> Option<Align> {
        let align = match self.0.get(width)? {
            b'<' => Align::Left,
            b'>' => Align::Right,
            b'^' => Align::Center,
            b'=' => Align::AfterSign,
            _ => return None,
        };
        self.skip(width + 1);
        Some(align)
    }

    /// A number in digits of any script.
    fn number(&mut self) -> Result<Option<usize>> {
        let mut number = None;
        loop {
            let (point, width) = self.peek();
            let Some(digit) = decimal_value(point).filter(|_| width > 0) else {
                return Ok(number);
            };
            let sum = number.unwrap_or(0usize).checked_mul(10);
            let sum = sum.and_then(|sum| sum.checked_add(usize::from(digit)));
            match sum.filter(|&sum| sum <= isize::MAX as usize) {
                Some(sum) => number = Some(sum),
                None => return Err(Fault::value("Too many decimal digits in format string")),
            }
            self.skip(width);
        }
    }
}

impl Spec {
    /// Reads a specification for a value of a type, whose name is for messages.
    pub fn parse(text: &[u8], target: Target, type_name: &str) -> Result<Spec> {
        let (default_align, letter) = match target {
            Target::Str => (Align::Left, b's'),
            Target::Int => (Align::Right, b'd'),
            Target::Float | Target::Complex => (Align::Right, 0),
        };
        let mut spec = Spec {
            fill: u32::from(b' '),
            align: default_align,
            sign: 0,
            no_negative_zero: false,
            alternate: false,
            width: 0,
            grouping: Grouping::None,
            precision: None,
            letter: u32::from(letter),
        };
        let mut rest = Cursor(text);
        let (first, width) = rest.peek();
        let mut align = if width > 0 { rest.align(width) } else { None };
        let filled = align.is_some();
        if filled {
            spec.fill = first;
        } else {
            align = rest.align(0);
        }
        if let Some(&sign @ (b'+' | b'-' | b' ')) = rest.0.first() {
            spec.sign = sign;
            rest.skip(1);
        }
        spec.no_negative_zero = rest.eat(b'z');
        spec.alternate = rest.eat(b'#');
        if !filled && rest.eat(b'0') {
            spec.fill = u32::from(b'0');
            if align.is_none() && default_align == Align::Right {
                align = Some(Align::AfterSign);
            }
        }
        spec.align = align.unwrap_or(default_align);
        spec.width = rest.number()?.unwrap_or(0);
        if rest.eat(b',') {
            spec.grouping = Grouping::Comma;
        }
        if rest.eat(b'_') {
            if spec.grouping != Grouping::None {
                return Err(Fault::value("Cannot specify both ',' and '_'."));
            }
            spec.grouping = Grouping::Underscore;
            if rest.0.first() == Some(&b',') {
                return Err(Fault::value("Cannot specify both ',' and '_'."));
            }
        }
        if rest.eat(b'.') {
            let missing = || Fault::value("Format specifier missing precision");
            spec.precision = Some(rest.number()?.ok_or_else(missing)?);
        }
        let (letter, width) = rest.peek();
        if width > 0 {
            rest.skip(width);
            if !rest.0.is_empty() {
                let text = to_lossy(text);
                return Err(Fault::value(format!(
                    "Invalid format specifier '{text}' for object of type '{type_name}'"
                )));
            }
            spec.letter = letter;
        }
        spec.check_grouping()?;
        Ok(spec)
    }

    fn check_grouping(&self) -> Result<()> {
        let separator = match self.grouping {
            Grouping::None => return Ok(()),
            Grouping::Comma => ',',
            Grouping::Underscore => '_',
        };
        match u8::try_from(self.letter) {
            Ok(0 | b'd' | b'e' | b'f' | b'g' | b'E' | b'F' | b'G' | b'%') => Ok(()),
            Ok(b'b' | b'o' | b'x' | b'X') if separator == '_' => Ok(()),
            _ => {
                let letter = letter_text(self.letter);
                Err(Fault::value(format!("Cannot specify '{separator}' with '{letter}'.")))
            }
        }
    }
}

/// A letter as CPython's messages show it.
fn letter_text(letter: u32) -> String {
    match u8::try_from(letter) {
        Ok(byte @ 33..=127) => (byte as char).to_string(),
        _ => format!("\\x{letter:x}"),
    }
}

fn unknown_letter(letter: u32, type_name: &str) -> Fault {
    let letter = letter_text(letter);
    Fault::value(format!("Unknown format code '{letter}' for object of type '{type_name}'"))
}
