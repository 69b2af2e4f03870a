//! Plain data: Python's arithmetic, text and formatting on bytes, `str`, `f64`, `i64` and `IBig`.
//!
//! This floor knows no heap and no values of the machine: every function is a function of its
//! arguments. What can fail says so with a [`Fault`], which carries the type and text of the
//! exception a script will see. Text is WTF-8 (see `wtf8`): UTF-8 plus lone surrogates.

pub mod armour;
pub mod buffer;
pub mod bytes;
pub mod closest;
pub mod codec;
pub mod digest;
pub mod flate;
pub mod float;
pub mod hash;
pub mod index;
pub mod int;
pub mod number_text;
pub mod packing;
pub mod percent;
pub mod random_mt;
pub mod regex;
pub mod repr;
pub mod sha512;
pub mod sort;
pub mod spec;
pub mod special;
pub mod template;
pub mod unicode;
pub mod wtf8;
pub mod x509;

use std::borrow::Cow;

/// Which built-in exception a [`Fault`] becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Index,
    Key,
    Memory,
    Overflow,
    /// An `OverflowError` whose arguments are `(34, text)`: the C library's ERANGE.
    Range,
    Type,
    Value,
    ZeroDivision,
}

/// An exception that has not met the object model yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub kind: Kind,
    pub text: Cow<'static, str>,
}

impl Fault {
    pub fn value(text: impl Into<Cow<'static, str>>) -> Self {
        Fault { kind: Kind::Value, text: text.into() }
    }

    pub fn type_error(text: impl Into<Cow<'static, str>>) -> Self {
        Fault { kind: Kind::Type, text: text.into() }
    }

    pub fn overflow(text: impl Into<Cow<'static, str>>) -> Self {
        Fault { kind: Kind::Overflow, text: text.into() }
    }

    pub fn zero_division(text: impl Into<Cow<'static, str>>) -> Self {
        Fault { kind: Kind::ZeroDivision, text: text.into() }
    }

    /// CPython raises `MemoryError` without a text.
    pub const fn memory() -> Self {
        Fault { kind: Kind::Memory, text: Cow::Borrowed("") }
    }
}

pub type Result<T> = std::result::Result<T, Fault>;

/// The largest result, in bytes, that an operation on plain data will build.
///
/// What CPython would try (and the operating system perhaps grant) beyond this is a `MemoryError`.
pub const MAX_BYTES: usize = 1 << 30;
