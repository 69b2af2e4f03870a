//! Compiled code: what the compiler hands to the machine, and nothing of either.
//!
//! A `Code` is immutable plain data (`Send`, no heap values). The machine links it: it copies
//! the words, turns constants into values and resolves names to cells.

pub mod bound;
pub mod dis;
mod lines;
pub mod op;
pub mod pack;
pub mod squeeze;
pub mod verify;

use std::borrow::Cow;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};

pub use lines::{BEFORE, LineEntry, Lines};
use op::Word;

/// Text of code: made by the compiler, or in the binary.
pub type Text = Cow<'static, str>;
pub type Bytes = Cow<'static, [u8]>;

/// What calling a function of this code does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeKind {
    /// Runs in a window of the register stack.
    Function,
    /// Makes a generator.
    Generator,
    /// Makes a coroutine.
    Coroutine,
    AsyncGenerator,
    /// Top level of a module, `exec` source or prompt input. With `await` in it, it is compiled
    /// as `Coroutine` instead and `Code::is_module` still says what it is.
    Module,
    /// Register 0 is the namespace being filled; returns the `__class__` cell or None.
    ClassBody,
}

/// One compiled body: what making a function of it takes, and the rest, which may be packed until
/// somebody looks.
#[derive(Clone, Debug)]
pub struct Code {
    /// Which cells of the enclosing activation its function captures, in order of `Free` index.
    pub captures: Vec<Capture>,
    content: OnceLock<Content>,
    packed: Option<pack::Place>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    pub kind: CodeKind,
    pub is_module: bool,
    pub name: Text,
    pub qualname: Text,
    pub doc: Option<Text>,
    /// File name as tracebacks show it.
    pub filename: Arc<str>,
    /// Line of `def`, `class` or decorator; 1 for modules.
    pub first_line: u32,
    pub params: Params,
    /// Registers of an activation, call windows included.
    pub registers: u32,
    pub words: Vec<Word>,
    pub consts: Vec<Const>,
    pub names: Vec<Text>,
    pub codes: Vec<Arc<Code>>,
    /// Names of the captured variables, parallel to `captures` of the code.
    pub free_names: Vec<Text>,
    /// Named locals, for `locals()`, error texts and introspection; parameters first, in order.
    pub locals: Vec<Local>,
    /// Variables of comprehensions, each in the words where it is one; outer ones first.
    pub inner_locals: Vec<InnerLocal>,
    /// Does it look at its own variables by name? Then none has a register nobody has written to.
    pub is_inspected: bool,
    /// Does its source look at variables of functions that have failed?
    pub looks_at_failures: bool,
    /// Its annotations are texts, and so are those of sources that it compiles.
    pub future_annotations: bool,
    /// Disjoint, sorted by `start`; the entry covering a word names the innermost handler.
    pub handlers: Vec<Handler>,
    pub lines: Lines,
    /// For a word at which a collection may happen (loop bottoms): registers below this are
    /// live there, the rest is garbage. Sorted by word; a missing entry means all are live.
    pub live: Vec<(u32, u16)>,
}

impl Content {
    /// Where a word comes from. A body that has not begun is at the line of its `def`, at no part of it.
    pub fn place(&self, word: u32) -> Option<LineEntry> {
        if word != BEFORE {
            return self.lines.at(word);
        }
        let (line, end_line) = (self.first_line, self.first_line);
        Some(LineEntry { word, line, end_line, column: 0, end_column: 0 })
    }
}

/// File name of the prelude: its functions stand for natives, so tracebacks leave them out.
pub const PRELUDE: &str = "<prelude>";

impl Code {
    pub fn new(captures: Vec<Capture>, content: Content) -> Code {
        Code { captures, content: content.into(), packed: None }
    }

    fn packed(captures: Vec<Capture>, place: pack::Place) -> Code {
        Code { captures, content: OnceLock::new(), packed: Some(place) }
    }

    fn unpack(&self) -> Content {
        self.packed.as_ref().expect("what has no content is packed").content()
    }

    /// Is this code of the runtime rather than of the program?
    pub fn is_internal(&self) -> bool {
        &*self.filename == PRELUDE
    }

    /// Is register 0 the namespace that it fills, handed over by whoever runs it?
    pub fn takes_namespace(&self) -> bool {
        self.kind == CodeKind::ClassBody || self.is_module && self.kind == CodeKind::Module
    }
}

impl Deref for Code {
    type Target = Content;

    fn deref(&self) -> &Content {
        self.content.get_or_init(|| self.unpack())
    }
}

impl DerefMut for Code {
    fn deref_mut(&mut self) -> &mut Content {
        let content = self.content.take().unwrap_or_else(|| self.unpack());
        self.content = content.into();
        self.content.get_mut().expect("just set")
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Code) -> bool {
        self.captures == other.captures && **self == **other
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params {
    pub positional_only: u16,
    /// Positional-or-keyword.
    pub positional: u16,
    pub keyword_only: u16,
    /// `*args` has the register after the keyword-only ones, `**kwargs` the one after that.
    pub star: bool,
    pub double_star: bool,
}

impl Params {
    /// Registers filled by a call.
    pub fn total(&self) -> usize {
        self.positional_only as usize
            + self.positional as usize
            + self.keyword_only as usize
            + self.star as usize
            + self.double_star as usize
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    /// The cell in this register of the enclosing activation.
    Local(u16),
    /// The enclosing function's own free variable.
    Free(u16),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    pub name: Text,
    pub register: u16,
    /// The register holds a cell.
    pub is_cell: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InnerLocal {
    pub local: Local,
    pub start: u32,
    pub end: u32,
}

/// Words in `start..end` are guarded: an exception raised by an instruction that begins there is
/// stored in `register` and execution goes on at `target`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    pub start: u32,
    pub end: u32,
    pub target: u32,
    pub register: u16,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Const {
    None,
    True,
    False,
    Ellipsis,
    Int(i64),
    BigInt {
        radix: u32,
        digits: Text,
    },
    Float(f64),
    Complex(f64, f64),
    /// WTF-8.
    Str(Bytes),
    Bytes(Bytes),
    Tuple(Box<[Const]>),
    FrozenSet(Box<[Const]>),
}

impl Const {
    pub fn text(text: &str) -> Const {
        Const::Str(text.as_bytes().to_vec().into())
    }
}
