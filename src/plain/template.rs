//! Templates of `str.format`: literal text and replacement fields.
//!
//! The parser borrows from the template and knows no values: the caller looks up what a field
//! names ([`split_name`], [`Numbering`]), converts it, expands a nested specification with another
//! [`Pieces`] one level down, and formats.

use super::unicode::decimal_value;
use super::wtf8::points;
use super::{Fault, Result};

/// How deep specifications may nest: a template, and one in a specification.
pub const MAX_DEPTH: usize = 2;

/// A part of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    Literal(&'a [u8]),
    Field(Field<'a>),
}

/// A replacement field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    pub name: &'a [u8],
    /// What follows `!`, unchecked: CPython looks up the name first.
    pub conversion: Option<u32>,
    pub spec: &'a [u8],
    /// The specification holds fields of its own.
    pub nested: bool,
}

/// What to do with a value before it is formatted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conversion {
    Repr,
    Str,
    Ascii,
}

impl Field<'_> {
    pub fn conversion(&self) -> Result<Option<Conversion>> {
        let Some(letter) = self.conversion else {
            return Ok(None);
        };
        match char::from_u32(letter) {
            Some('r') => Ok(Some(Conversion::Repr)),
            Some('s') => Ok(Some(Conversion::Str)),
            Some('a') => Ok(Some(Conversion::Ascii)),
            Some(letter @ '!'..='~') => {
                Err(Fault::value(format!("Unknown conversion specifier {letter}")))
            }
            _ => Err(Fault::value(format!("Unknown conversion specifier \\x{letter:x}"))),
        }
    }
}

/// The pieces of a template, up to the first error.
#[derive(Debug, Clone)]
pub struct Pieces<'a> {
    rest: &'a [u8],
    field: Option<Field<'a>>,
}

impl<'a> Pieces<'a> {
    pub fn new(template: &'a [u8]) -> Self {
        Pieces { rest: template, field: None }
    }

    /// A template at a level of nesting, of which the outermost is 0.
    pub fn at_depth(template: &'a [u8], depth: usize) -> Result<Self> {
        if depth >= MAX_DEPTH {
            return Err(Fault::value("Max string recursion exceeded"));
        }
        Ok(Pieces::new(template))
    }

    /// Does a field follow the literal text that was given last?
    pub fn field_follows(&self) -> bool {
        self.field.is_some()
    }

    /// Literal text up to a brace, and the field that follows it.
    fn advance(&mut self) -> Result<Option<Piece<'a>>> {
        if let Some(field) = self.field.take() {
            return Ok(Some(Piece::Field(field)));
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        let Some(at) = memchr::memchr2(b'{', b'}', self.rest) else {
            let literal = std::mem::take(&mut self.rest);
            return Ok(Some(Piece::Literal(literal)));
        };
        let brace = self.rest[at];
        let literal = &self.rest[..at];
        if self.rest.get(at + 1) == Some(&brace) {
            // A doubled brace stands for one, which the literal keeps.
            let literal = &self.rest[..=at];
            self.rest = &self.rest[at + 2..];
            return Ok(Some(Piece::Literal(literal)));
        }
        if brace == b'}' {
            return Err(Fault::value("Single '}' encountered in format string"));
        }
        self.rest = &self.rest[at + 1..];
        if self.rest.is_empty() {
            return Err(Fault::value("Single '{' encountered in format string"));
        }
        let field = self.field()?;
        if literal.is_empty() {
            return Ok(Some(Piece::Field(field)));
        }
        self.field = Some(field);
        Ok(Some(Piece::Literal(literal)))
    }

    fn field(&mut self) -> Result<Field<'a>> {
        let text = self.rest;
        let mut at = 0;
        let end = loop {
            match text.get(at) {
                None => return Err(Fault::value("expected '}' before end of string")),
                Some(b'{') => return Err(Fault::value("unexpected '{' in field name")),
                Some(b'[') => {
                    // Inside brackets anything goes; the bracket itself is looked at again.
                    let close = memchr::memchr(b']', &text[at..]);
                    at = close.map_or(text.len(), |close| at + close);
                }
                Some(&byte @ (b'}' | b':' | b'!')) => break byte,
                Some(_) => at += 1,
            }
        };
        let name = &text[..at];
        self.rest = &text[at + 1..];
        let mut field = Field { name, conversion: None, spec: b"", nested: false };
        if end == b'}' {
            return Ok(field);
        }
        if end == b'!' {
            let mut ahead = points(self.rest);
            let Some(letter) = ahead.next() else {
                let text = "end of string while looking for conversion specifier";
                return Err(Fault::value(text));
            };
            field.conversion = Some(letter);
            let next = ahead.next();
            self.rest = ahead.rest();
            match next.map(char::from_u32) {
                Some(Some('}')) => return Ok(field),
                Some(Some(':')) | None => {}
                _ => return Err(Fault::value("expected ':' after conversion specifier")),
            }
        }
        self.spec(&mut field)?;
        Ok(field)
    }

    fn spec(&mut self, field: &mut Field<'a>) -> Result<()> {
        let mut depth = 1;
        for at in memchr::memchr2_iter(b'{', b'}', self.rest) {
            if self.rest[at] == b'{' {
                field.nested = true;
                depth += 1;
            } else {
                depth -= 1;
            }
            if depth == 0 {
                field.spec = &self.rest[..at];
                self.rest = &self.rest[at + 1..];
                return Ok(());
            }
        }
        Err(Fault::value("unmatched '{' in format spec"))
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Result<Piece<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let piece = self.advance();
        if piece.is_err() {
            self.rest = b"";
        }
        piece.transpose()
    }
}

/// Which argument a field means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First<'a> {
    Index(usize),
    Name(&'a [u8]),
}

/// The numbering of a template's fields, which its specifications share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Numbering {
    #[default]
    Undecided,
    /// Numbers are counted; this is the next.
    Automatic(usize),
    Manual,
}

impl Numbering {
    /// Decides what the first part of a field's name means.
    pub fn resolve<'a>(&mut self, first: &'a [u8]) -> Result<First<'a>> {
        let given = integer(first)?;
        if given.is_none() && !first.is_empty() {
            return Ok(First::Name(first));
        }
        match (*self, given) {
            (Numbering::Manual, None) => Err(Fault::value(
                "cannot switch from manual field specification to automatic field numbering",
            )),
            (Numbering::Automatic(_), Some(_)) => Err(Fault::value(
                "cannot switch from automatic field numbering to manual field specification",
            )),
            (_, Some(index)) => {
                *self = Numbering::Manual;
                Ok(First::Index(index))
            }
            (Numbering::Undecided, None) => {
                *self = Numbering::Automatic(1);
                Ok(First::Index(0))
            }
            (Numbering::Automatic(next), None) => {
                *self = Numbering::Automatic(next + 1);
                Ok(First::Index(next))
            }
        }
    }
}

/// What `{7}` says if there are fewer arguments.
pub fn index_out_of_range(index: usize) -> Fault {
    Fault {
        kind: super::Kind::Index,
        text: format!("Replacement index {index} out of range for positional args tuple").into(),
    }
}

/// A way from a value to a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    Attribute(&'a [u8]),
    Index(usize),
    Key(&'a [u8]),
}

/// Splits a field's name into what names an argument and the steps from there.
pub fn split_name(name: &[u8]) -> (&[u8], Steps<'_>) {
    let end = memchr::memchr2(b'.', b'[', name).unwrap_or(name.len());
    (&name[..end], Steps { rest: &name[end..] })
}

/// See [`split_name`].
#[derive(Debug, Clone)]
pub struct Steps<'a> {
    rest: &'a [u8],
}

impl<'a> Steps<'a> {
    fn advance(&mut self) -> Result<Step<'a>> {
        let body = &self.rest[1..];
        let step = match self.rest[0] {
            b'.' => {
                let end = memchr::memchr2(b'.', b'[', body).unwrap_or(body.len());
                self.rest = &body[end..];
                Step::Attribute(&body[..end])
            }
            b'[' => {
                let missing = || Fault::value("Missing ']' in format string");
                let end = memchr::memchr(b']', body).ok_or_else(missing)?;
                self.rest = &body[end + 1..];
                let key = &body[..end];
                integer(key)?.map_or(Step::Key(key), Step::Index)
            }
            _ => {
                let text = "Only '.' or '[' may follow ']' in format field specifier";
                return Err(Fault::value(text));
            }
        };
        match step {
            Step::Attribute(b"") | Step::Key(b"") => {
                Err(Fault::value("Empty attribute in format string"))
            }
            _ => Ok(step),
        }
    }
}

impl<'a> Iterator for Steps<'a> {
    type Item = Result<Step<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let step = self.advance();
        if step.is_err() {
            self.rest = b"";
        }
        Some(step)
    }
}

/// What stands first in a field's name, if it is a number.
pub fn first_index(first: &[u8]) -> Result<Option<usize>> {
    integer(first)
}

/// A number in digits of any script, or `None` if the text is something else.
fn integer(text: &[u8]) -> Result<Option<usize>> {
    let mut number = None;
    for point in points(text) {
        let Some(digit) = decimal_value(point) else {
            return Ok(None);
        };
        let sum = number.unwrap_or(0usize).checked_mul(10);
        let sum = sum.and_then(|sum| sum.checked_add(usize::from(digit)));
        match sum.filter(|&sum| sum <= isize::MAX as usize) {
            Some(sum) => number = Some(sum),
            None => return Err(Fault::value("Too many decimal digits in format string")),
        }
    }
    Ok(number)
}
