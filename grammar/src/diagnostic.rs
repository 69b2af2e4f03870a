//! What is wrong with a program, as plain data: no colours, no layout, no I/O.
//!
//! The rendering lives with the host (`text/render.rs` of the main crate).

use crate::span::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
}

/// The exception type that a compile-time error has for the program that catches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    Syntax,
    Indentation,
    Tab,
    SyntaxWarning,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// One finding. `message` is the text of the exception, as CPython words it where it has a
/// wording; everything else is for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// A stable short name, such as `missing-colon`.
    pub code: &'static str,
    pub severity: Severity,
    pub kind: ErrorKind,
    pub message: String,
    /// The place the exception reports (its line and column).
    pub span: Span,
    /// What to write under `span`, and other places that explain it (an opening bracket).
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            severity: Severity::Error,
            kind: ErrorKind::Syntax,
            message: message.into(),
            span,
            labels: Vec::new(),
            help: None,
        }
    }

    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Warning,
            kind: ErrorKind::SyntaxWarning,
            ..Diagnostic::error(code, span, message)
        }
    }

    pub fn kind(mut self, kind: ErrorKind) -> Diagnostic {
        self.kind = kind;
        self
    }

    pub fn label(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    pub fn help(mut self, text: impl Into<String>) -> Diagnostic {
        self.help = Some(text.into());
        self
    }
}
