//! What natives ask of the front tower, which they must not know: compiling text, and quoting it
//! in tracebacks. The host's loader answers.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use crate::code::{Code, LineEntry};
use crate::value::T;
use crate::vm::Cx;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `exec`
    Module,
    /// `eval`
    Expression,
    /// `single`: expression statements show their value.
    Interactive,
}

pub struct Request<'a> {
    pub text: &'a str,
    pub filename: Arc<str>,
    pub mode: Mode,
    pub optimize: u8,
    /// Source that ends too early is a failure of its own kind.
    pub allow_incomplete: bool,
    pub top_level_await: bool,
    /// `from __future__ import annotations` is in force from outside.
    pub future_annotations: bool,
}

/// Why there is no code, or a warning: what a SyntaxError says.
pub struct Failure {
    pub id: T,
    pub message: String,
    pub filename: Arc<str>,
    /// Lines and offsets count from 1; offsets in characters.
    pub line: usize,
    pub offset: usize,
    pub end_line: usize,
    pub end_offset: usize,
    /// The line, with its end.
    pub text: Option<String>,
    pub is_incomplete: bool,
}

/// What people are told about a run of the program, with places in its sources.
pub struct Notice {
    pub level: Level,
    /// A stable short name.
    pub code: &'static str,
    pub message: String,
    pub marks: Vec<Mark>,
    pub notes: Vec<String>,
    pub help: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Error,
    Warning,
    /// It belongs to the one before.
    Advice,
}

/// A place, and what is said of it.
pub struct Mark {
    pub filename: Arc<str>,
    pub place: LineEntry,
    pub text: String,
    /// Is it what the notice is about?
    pub main: bool,
}

impl Notice {
    fn new(level: Level, code: &'static str, message: &str) -> Notice {
        let message = message.into();
        Notice { level, code, message, marks: Vec::new(), notes: Vec::new(), help: None }
    }

    pub fn error(code: &'static str, message: &str) -> Notice {
        Notice::new(Level::Error, code, message)
    }

    pub fn warning(code: &'static str, message: &str) -> Notice {
        Notice::new(Level::Warning, code, message)
    }

    pub fn advice(code: &'static str, message: &str) -> Notice {
        Notice::new(Level::Advice, code, message)
    }

    pub fn notes(mut self, notes: Vec<String>) -> Notice {
        self.notes = notes;
        self
    }

    pub fn help(mut self, help: Option<String>) -> Notice {
        self.help = help;
        self
    }
}

pub trait FrontEnd {
    /// A notice as text for people, which ends with a line end.
    fn show(&self, notice: &Notice) -> String;

    /// Source bytes as text, or what is wrong with them.
    fn decode(&self, bytes: &[u8]) -> Result<String, String>;

    /// The code, and what the compiler warns of.
    fn compile(&self, request: &Request<'_>) -> Result<(Arc<Code>, Vec<Failure>), Box<Failure>>;

    /// What a traceback shows below `File …, line …`: source lines, with carets if they help.
    /// Empty when the source is not to be had.
    fn excerpt(&self, filename: &str, place: &LineEntry) -> String;

    /// A line of a source, by a number from 1.
    fn line(&self, filename: &str, number: u32) -> Option<String>;

    /// Does a module of this name come with Sloop?
    fn is_library(&self, name: &str) -> bool;

    /// A module that comes with Sloop and nearly has this name.
    fn near_library(&self, name: &str) -> Option<String>;
}

#[derive(Default)]
struct Slot(RefCell<Option<Rc<dyn FrontEnd>>>);

/// Makes the front tower known to the natives of a VM.
pub fn install(cx: &Cx, front: Rc<dyn FrontEnd>) {
    *cx.state::<Slot>().0.borrow_mut() = Some(front);
}

/// None in a VM that runs linked code only.
pub fn front(cx: &Cx) -> Option<Rc<dyn FrontEnd>> {
    cx.state::<Slot>().0.borrow().clone()
}
