//! Regular expressions with Python's syntax and Python's idea of a match.
//!
//! `parse` reads a pattern into a tree and says what is wrong with it, `compile` makes a program of
//! the tree, `exec` runs the program by backtracking, without recursion for what the text makes
//! long. Text is WTF-8 or bytes; places are byte offsets. A crate would match in linear time, but
//! knows no backreferences, conditions and lookbehind, or other rules for which match it takes, and
//! brings Unicode tables of its own.

mod compile;
mod exec;
mod parse;
mod set;

pub use exec::{Matcher, Mode, Outcome};

pub mod flags {
    pub const IGNORECASE: u32 = 2;
    pub const LOCALE: u32 = 4;
    pub const MULTILINE: u32 = 8;
    pub const DOTALL: u32 = 16;
    pub const UNICODE: u32 = 32;
    pub const VERBOSE: u32 = 64;
    pub const ASCII: u32 = 256;
}

/// What is wrong with a pattern, and where, in chars of the pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    pub text: String,
    pub place: Option<usize>,
}

/// A compiled pattern.
pub struct Program {
    ops: Vec<compile::Op>,
    sets: Vec<set::Set>,
    /// Bytes that a match can begin with, if it cannot be empty.
    first: Option<Box<[bool; 256]>>,
    /// Text that every match begins with.
    prefix: Vec<u8>,
    counters: usize,
    /// Groups, the whole match not counted.
    pub groups: usize,
    pub names: Vec<(String, usize)>,
    pub flags: u32,
    /// How many chars a match takes, at least and at most; `usize::MAX` stands for any number.
    pub width: (usize, usize),
    /// What in the pattern may come to mean something else one day.
    pub remarks: Vec<String>,
    bytes: bool,
}

impl Program {
    /// Compiles a pattern, given as code points or bytes.
    pub fn new(pattern: &[u32], bytes: bool, flags: u32) -> Result<Program, Flaw> {
        let parsed = parse::parse(pattern, bytes, flags)?;
        compile::compile(parsed, bytes)
    }
}
