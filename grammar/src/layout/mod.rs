//! From flat tokens to the stream the grammar reads: lines, indentation, brackets, f-strings.
//!
//! Knows where a logical line ends and what stands open, and nothing about what a line means;
//! the only look at meaning is `soft.rs`, asked once per logical line. Never stops at an error:
//! it records a diagnostic, leaves `Token::Error` in the stream and goes on. All state is in
//! explicit stacks, so no nesting in the source becomes recursion here.

use crate::diagnostic::{Diagnostic, ErrorKind};
use crate::lines::{line_end, line_start, newline_width};
use crate::names;
use crate::numbers;
use crate::soft;
use crate::span::Span;
use crate::token::{Lexeme, Scanner, Token};

mod brackets;
mod characters;
mod quotes;

use characters::bad_character;

/// CPython's limits.
const MAX_BRACKETS: usize = 200;
const MAX_INDENTS: usize = 100;
const MAX_FSTRINGS: usize = 150;
const MAX_FIELDS: usize = 3;
/// After so many errors the rest of the text is not worth looking at.
const MAX_LEXICAL: usize = 30;
/// After so many errors an unclosed bracket swallows the rest of the text.
const MAX_RESUMED: usize = 10;
/// A tab reaches the next multiple of this, and one column in the second reckoning: where the
/// two disagree, the meaning depends on the tab width and the line is refused.
const TAB: u32 = 8;

/// What the text ended inside of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Complete,
    OpenBracket,
    OpenString,
    Backslash,
}

#[derive(Debug)]
pub struct Lexed {
    /// Begins with the start token and ends with `End`.
    pub tokens: Vec<Lexeme>,
    pub errors: Vec<Diagnostic>,
    pub warnings: Vec<Diagnostic>,
    pub ending: Ending,
}

/// `recover` says to go on after a bracket that is never closed.
pub fn lex(source: &str, start: Token, recover: bool) -> Lexed {
    let mut layout = Layout {
        source,
        bytes: source.as_bytes(),
        scanner: Scanner::new(source),
        out: Lexed {
            tokens: Vec::with_capacity(source.len() / 4 + 8),
            errors: Vec::new(),
            warnings: Vec::new(),
            ending: Ending::Complete,
        },
        brackets: Vec::new(),
        indents: vec![Indent { column: 0, narrow: 0, is_match: false }],
        fstrings: Vec::new(),
        line: 1,
        may_be_soft: false,
        opens_match: false,
        recover,
    };
    layout.push(start, Span::default());
    layout.run();
    layout.out
}

#[derive(Clone, Copy)]
struct Bracket {
    /// `FOpen` for a replacement field.
    token: Token,
    at: u32,
    /// A replacement field past its colon.
    in_spec: bool,
}

#[derive(Clone, Copy)]
struct Indent {
    column: u32,
    /// The column with tabs counted as one.
    narrow: u32,
    /// Directly inside `match …:`, where every line begins with the keyword `case`.
    is_match: bool,
}

#[derive(Clone, Copy)]
struct FString {
    quote: u8,
    triple: bool,
    raw: bool,
    /// How many brackets stood open where it began.
    depth: usize,
    start: u32,
}

struct Layout<'s> {
    source: &'s str,
    bytes: &'s [u8],
    scanner: Scanner<'s>,
    out: Lexed,
    brackets: Vec<Bracket>,
    indents: Vec<Indent>,
    fstrings: Vec<FString>,
    /// Index of the first token of the logical line.
    line: usize,
    /// The logical line has a word that may be a soft keyword, or a `with`.
    may_be_soft: bool,
    /// The last logical line was `match …:`.
    opens_match: bool,
    recover: bool,
}

impl Layout<'_> {
    fn run(&mut self) {
        let start = if self.source.starts_with('\u{FEFF}') { 3 } else { 0 };
        self.start_line(start);
        loop {
            while let Some(lexeme) = self.scanner.next() {
                self.accept(lexeme);
                if self.out.errors.len() >= MAX_LEXICAL {
                    self.abandon(lexeme.span);
                }
            }
            if !self.finish() {
                return;
            }
        }
    }

    fn push(&mut self, token: Token, span: Span) {
        self.out.tokens.push(Lexeme { token, span });
    }

    fn error(&mut self, diagnostic: Diagnostic) {
        self.out.errors.push(diagnostic);
    }

    fn text(&self, span: Span) -> &str {
        &self.source[span.start as usize..span.end as usize]
    }

    fn accept(&mut self, Lexeme { token, span }: Lexeme) {
        match token {
            Token::Name => self.name(span),
            Token::Newline => {
                if self.brackets.is_empty() {
                    self.end_line(span);
                    self.start_line(span.end as usize);
                }
            }
            Token::LParen | Token::LBracket | Token::LBrace => self.open(token, span),
            Token::RParen | Token::RBracket | Token::RBrace => self.close(token, span),
            Token::Colon if self.in_bare_field() => self.begin_spec(span),
            // `{x:=5}` is a format spec that begins with `=`.
            Token::Walrus if self.in_bare_field() => {
                self.begin_spec(Span::new(span.start, span.start + 1));
            }
            Token::Quote => self.quote(span),
            Token::Int | Token::Float | Token::Imaginary => self.number(token, span),
            Token::With => {
                self.may_be_soft = true;
                self.push(token, span);
            }
            Token::Continuation => {
                if span.end as usize == self.bytes.len() {
                    self.backslash_at_end(span);
                }
            }
            Token::Backslash => self.backslash(span),
            Token::Unknown => self.unknown(span),
            _ => self.push(token, span),
        }
    }

    // ---- lines -------------------------------------------------------------------------

    /// Skips blank lines from `at`, measures the indentation of the next logical line and
    /// leaves the scanner at its first token.
    fn start_line(&mut self, at: usize) {
        let mut at = at;
        'line: loop {
            let (mut column, mut narrow) = (0, 0);
            // A backslash at the start of a line: the columns before the first one count.
            let mut continued: Option<(u32, u32)> = None;
            loop {
                match self.bytes.get(at) {
                    Some(b' ') => {
                        column += 1;
                        narrow += 1;
                    }
                    Some(b'\t') => {
                        column = (column / TAB + 1) * TAB;
                        narrow += 1;
                    }
                    Some(b'\x0c') => (column, narrow) = (0, 0),
                    Some(b'\\') => {
                        let Some(width) = newline_width(self.bytes, at + 1) else {
                            break;
                        };
                        if at + 1 + width == self.bytes.len() {
                            break;
                        }
                        continued.get_or_insert((column, narrow));
                        at += width;
                    }
                    _ => break,
                }
                at += 1;
            }
            match self.bytes.get(at) {
                None => {
                    self.scanner.seek(at);
                    return;
                }
                Some(b'#') => at = line_end(self.bytes, at),
                _ => {}
            }
            if let Some(width) = newline_width(self.bytes, at) {
                at += width;
                continue 'line;
            }
            if at == self.bytes.len() {
                self.scanner.seek(at);
                return;
            }
            let (column, narrow) = continued.unwrap_or((column, narrow));
            self.indent(column, narrow, at as u32);
            self.line = self.out.tokens.len();
            self.may_be_soft = self.in_match();
            self.scanner.seek(at);
            return;
        }
    }

    fn in_match(&self) -> bool {
        self.indents.last().is_some_and(|indent| indent.is_match)
    }

    fn indent(&mut self, column: u32, narrow: u32, at: u32) {
        let here = Span::new(at, at);
        let top = self.top_indent();
        let mut consistent = true;
        if column == top.column {
            consistent = narrow == top.narrow;
        } else if column > top.column {
            consistent = narrow > top.narrow;
            if self.indents.len() >= MAX_INDENTS {
                if self.indents.len() == MAX_INDENTS {
                    let start = line_start(self.bytes, at as usize) as u32;
                    let message = "too many levels of indentation";
                    let span = Span::new(start, at);
                    let error = Diagnostic::error("too-many-indents", span, message);
                    self.error(error.kind(ErrorKind::Indentation));
                }
                self.push(Token::Error, here);
            }
            let is_match = std::mem::take(&mut self.opens_match);
            self.indents.push(Indent { column, narrow, is_match });
            let start = line_start(self.bytes, at as usize);
            self.push(Token::Indent, Span::new(start as u32, at));
        } else {
            while column < self.top_indent().column {
                self.indents.pop();
                self.push(Token::Dedent, here);
            }
            let top = self.top_indent();
            if column != top.column {
                self.bad_dedent(at);
            } else {
                consistent = narrow == top.narrow;
            }
        }
        self.opens_match = false;
        if !consistent {
            let start = line_start(self.bytes, at as usize) as u32;
            let message = "inconsistent use of tabs and spaces in indentation";
            self.error(
                Diagnostic::error("mixed-tabs", Span::new(start, at), message)
                    .kind(ErrorKind::Tab)
                    .label(Span::new(start, at), "this indentation mixes tabs and spaces")
                    .help("indent with spaces only"),
            );
        }
    }

    fn top_indent(&self) -> Indent {
        *self.indents.last().expect("the outermost level, column 0, is never popped")
    }

    /// A dedent to a column between two levels: counts as the outer one.
    fn bad_dedent(&mut self, at: u32) {
        let end = line_end(self.bytes, at as usize) as u32;
        let message = "unindent does not match any outer indentation level";
        let start = line_start(self.bytes, at as usize) as u32;
        self.error(
            Diagnostic::error("bad-dedent", Span::new(end, end), message)
                .kind(ErrorKind::Indentation)
                .label(Span::new(start, at), "no enclosing block is indented this far")
                .help("align this line with an earlier line of the block it belongs to"),
        );
    }

    fn end_line(&mut self, newline: Span) {
        self.push(Token::Newline, newline);
        if self.may_be_soft {
            let in_match = self.in_match();
            let line = &mut self.out.tokens[self.line..];
            self.opens_match = soft::resolve(self.source, line, in_match);
        }
    }

    /// The text is over. Returns whether there is more to lex after all: an unclosed bracket
    /// gives the rest of the text back, see `never_closed`.
    fn finish(&mut self) -> bool {
        let end = Span::new(self.bytes.len() as u32, self.bytes.len() as u32);
        if !self.brackets.is_empty() {
            if self.out.ending == Ending::Complete {
                self.out.ending = Ending::OpenBracket;
            }
            if self.never_closed() {
                return true;
            }
        }
        let last = self.out.tokens.last().map(|lexeme| lexeme.token);
        if !matches!(
            last,
            Some(Token::Newline | Token::Dedent | Token::StartModule | Token::StartExpression)
        ) {
            self.end_line(end);
        }
        while self.indents.len() > 1 {
            self.indents.pop();
            self.push(Token::Dedent, end);
        }
        self.push(Token::End, end);
        false
    }

    // ---- words and numbers -------------------------------------------------------------

    fn name(&mut self, span: Span) {
        let text = &self.source[span.start as usize..span.end as usize];
        if text.is_ascii() {
            if let 4 | 5 = text.len() {
                self.may_be_soft |= matches!(text, "match" | "case" | "type");
            }
            self.push(Token::Name, span);
            return;
        }
        // Identifiers are judged in their normal form, but the complaint is about the source.
        let bad = text.char_indices().find(|&(index, c)| {
            let fits = if index == 0 { names::is_xid_start } else { names::is_xid_continue };
            !fits(c)
        });
        let Some((index, c)) = bad else {
            self.push(Token::Name, span);
            return;
        };
        let start = span.start + index as u32;
        let at = Span::new(start, start + c.len_utf8() as u32);
        self.error(bad_character(c, at));
        self.push(Token::Error, span);
    }

    fn number(&mut self, token: Token, span: Span) {
        match numbers::check_end(self.source, token, span) {
            numbers::End::Fine => self.push(token, span),
            numbers::End::Keyword(warning) => {
                self.out.warnings.push(warning);
                self.push(token, span);
            }
            numbers::End::Wrong { error, end } => {
                self.error(error);
                self.scanner.seek(end);
                self.push(Token::Error, Span::new(span.start, end as u32));
            }
        }
    }

    fn unknown(&mut self, span: Span) {
        let c = self.text(span).chars().next().unwrap_or('\0');
        if c == '\0' {
            let message = "source code cannot contain null bytes";
            self.error(Diagnostic::error("null-byte", span, message));
            self.push(Token::Error, span);
        } else if c.is_ascii_control() {
            self.error(bad_character(c, span));
            self.push(Token::Error, span);
        } else {
            self.push(Token::Unknown, span);
        }
    }

    fn backslash(&mut self, span: Span) {
        if span.end as usize == self.bytes.len() {
            self.backslash_at_end(span);
            return;
        }
        let message = "unexpected character after line continuation character";
        let at = Span::new(span.end, next_char(self.source, span.end));
        self.error(
            Diagnostic::error("stray-backslash", at, message)
                .label(span, "a backslash continues the line and must be its last character"),
        );
        self.push(Token::Error, span);
    }

    fn backslash_at_end(&mut self, span: Span) {
        self.out.ending = Ending::Backslash;
        let message = "unexpected EOF while parsing";
        self.error(
            Diagnostic::error(
                "backslash-at-end",
                Span::new(span.start + 1, span.start + 1),
                message,
            )
            .label(span, "the line goes on after a backslash, but the text ends here"),
        );
        self.push(Token::Error, span);
        self.brackets.clear();
        self.fstrings.clear();
    }
}

fn next_char(source: &str, at: u32) -> u32 {
    let c = source[at as usize..].chars().next();
    at + c.map_or(0, |c| c.len_utf8() as u32)
}
