//! What is wrong with a program, as plain data: no colours, no layout, no I/O.
//!
//! The rendering lives with the host (`text/render.rs` of the main crate).

use crate::span::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
    /// Works as it stands; there is a better way.
    Advice,
}

/// The exception type that a compile-time error has for the program that catches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    Syntax,
    Indentation,
    Tab,
    SyntaxWarning,
    /// None: a finding about a program that compiles.
    Lint,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// How a text would have to change for a finding to go away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// Places that do not overlap, each with what is to stand there instead.
    pub edits: Vec<(Span, String)>,
    /// Does the program then do what its author surely meant, and nothing else?
    pub safe: bool,
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
    /// The place that the exception reports instead, if people are told of a better one.
    pub origin: Option<Span>,
    /// What to write under `span`, and other places that explain it (an opening bracket).
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// The same for machines.
    pub fix: Option<Box<Fix>>,
}

impl Diagnostic {
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            severity: Severity::Error,
            kind: ErrorKind::Syntax,
            message: message.into(),
            span,
            origin: None,
            labels: Vec::new(),
            help: None,
            fix: None,
        }
    }

    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Warning,
            kind: ErrorKind::SyntaxWarning,
            ..Diagnostic::error(code, span, message)
        }
    }

    /// A finding about a program that compiles.
    pub fn lint(
        code: &'static str,
        severity: Severity,
        span: Span,
        message: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic { severity, kind: ErrorKind::Lint, ..Diagnostic::error(code, span, message) }
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

    pub fn fix(mut self, safe: bool, edits: Vec<(Span, String)>) -> Diagnostic {
        self.fix = Some(Box::new(Fix { edits, safe }));
        self
    }
}
