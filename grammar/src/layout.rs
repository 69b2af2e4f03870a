//! From flat tokens to the stream the grammar reads: lines, indentation, brackets, f-strings.
//!
//! Knows where a logical line ends and what stands open, and nothing about what a line means;
//! the only look at meaning is `soft.rs`, asked once per logical line. Never stops at an error:
//! it records a diagnostic, leaves `Token::Error` in the stream and goes on. All state is in
//! explicit stacks, so no nesting in the source becomes recursion here.

use crate::diagnostic::{Diagnostic, ErrorKind};
use crate::names;
use crate::numbers;
use crate::soft;
use crate::span::Span;
use crate::strings::{self, TextStop};
use crate::token::{Lexeme, Scanner, Token};

/// CPython's limits.
const MAX_BRACKETS: usize = 200;
const MAX_INDENTS: usize = 100;
const MAX_FSTRINGS: usize = 150;
const MAX_FIELDS: usize = 100;
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

pub fn lex(source: &str, start: Token) -> Lexed {
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
        indents: vec![Indent {
            column: 0,
            narrow: 0,
            is_match: false,
        }],
        fstrings: Vec::new(),
        line: 1,
        may_be_soft: false,
        opens_match: false,
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
}

impl Layout<'_> {
    fn run(&mut self) {
        let start = if self.source.starts_with('\u{FEFF}') {
            3
        } else {
            0
        };
        self.start_line(start);
        loop {
            while let Some(lexeme) = self.scanner.next() {
                self.accept(lexeme);
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
                    let message = "too many levels of indentation";
                    let error = Diagnostic::error("too-many-indents", here, message);
                    self.error(error.kind(ErrorKind::Indentation));
                }
                self.push(Token::Error, here);
            }
            let is_match = std::mem::take(&mut self.opens_match);
            self.indents.push(Indent {
                column,
                narrow,
                is_match,
            });
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
                    .label(
                        Span::new(start, at),
                        "this indentation mixes tabs and spaces",
                    )
                    .help("indent with spaces only"),
            );
        }
    }

    fn top_indent(&self) -> Indent {
        *self
            .indents
            .last()
            .expect("the outermost level, column 0, is never popped")
    }

    /// A dedent to a column between two levels: counts as the outer one.
    fn bad_dedent(&mut self, at: u32) {
        let end = line_end(self.bytes, at as usize) as u32;
        let message = "unindent does not match any outer indentation level";
        let start = line_start(self.bytes, at as usize) as u32;
        self.error(
            Diagnostic::error("bad-dedent", Span::new(end, end), message)
                .kind(ErrorKind::Indentation)
                .label(
                    Span::new(start, at),
                    "no enclosing block is indented this far",
                )
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
        if let Some(&bracket) = self.brackets.last() {
            if self.out.ending == Ending::Complete {
                self.out.ending = Ending::OpenBracket;
            }
            if self.never_closed(bracket) {
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

    // ---- brackets ----------------------------------------------------------------------

    fn open(&mut self, token: Token, span: Span) {
        if self.brackets.len() == MAX_BRACKETS {
            let message = "too many nested parentheses";
            self.error(Diagnostic::error("too-many-brackets", span, message));
            self.abandon(span);
            return;
        }
        self.brackets.push(Bracket {
            token,
            at: span.start,
            in_spec: false,
        });
        self.push(token, span);
    }

    /// Gives up on the rest of the text: nothing after this point could be judged fairly.
    fn abandon(&mut self, span: Span) {
        self.push(Token::Error, span);
        self.brackets.clear();
        self.fstrings.clear();
        self.scanner.seek(self.bytes.len());
    }

    fn close(&mut self, token: Token, span: Span) {
        let Some(&bracket) = self.brackets.last() else {
            let message = format!("unmatched '{}'", self.text(span));
            self.error(
                Diagnostic::error("unmatched-bracket", span, message)
                    .label(span, "no bracket is open here"),
            );
            self.push(Token::Error, span);
            return;
        };
        let matches = matches!(
            (bracket.token, token),
            (Token::LParen, Token::RParen)
                | (Token::LBracket, Token::RBracket)
                | (Token::LBrace, Token::RBrace)
                | (Token::FOpen, Token::RBrace)
        );
        if bracket.token == Token::FOpen {
            if matches {
                self.brackets.pop();
                self.push(Token::FClose, span);
                self.fstring_text();
            } else {
                let message = format!("f-string: unmatched '{}'", self.text(span));
                self.error(Diagnostic::error("unmatched-bracket", span, message));
                self.push(Token::Error, span);
            }
            return;
        }
        if matches {
            self.brackets.pop();
            self.push(token, span);
            return;
        }
        self.mismatch(bracket, span);
        self.brackets.pop();
        self.push(Token::Error, span);
        // `f"{(}"`: the brace is more likely meant for the field.
        if token == Token::RBrace
            && self
                .brackets
                .last()
                .is_some_and(|bracket| bracket.token == Token::FOpen)
        {
            self.close(token, span);
        }
    }

    fn mismatch(&mut self, bracket: Bracket, span: Span) {
        let opener = bracket_text(bracket.token);
        let closer = self.text(span);
        let in_fstring = if self.fstrings.is_empty() {
            ""
        } else {
            "f-string: "
        };
        let mut message = format!(
            "{in_fstring}closing parenthesis '{closer}' does not match opening parenthesis '{opener}'"
        );
        let line = line_number(self.bytes, bracket.at as usize);
        if line != line_number(self.bytes, span.start as usize) {
            message.push_str(&format!(" on line {line}"));
        }
        let at = Span::new(bracket.at, bracket.at + 1);
        self.error(
            Diagnostic::error("mismatched-bracket", span, message)
                .label(span, "this closes the wrong bracket")
                .label(at, "this one is still open"),
        );
    }

    fn never_closed(&mut self, bracket: Bracket) -> bool {
        let at = Span::new(bracket.at, bracket.at + 1);
        let message = format!("'{}' was never closed", bracket_text(bracket.token));
        self.error(
            Diagnostic::error("never-closed", at, message).label(at, "this bracket has no partner"),
        );
        self.push(Token::Error, at);
        self.brackets.clear();
        self.fstrings.clear();
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
            let fits = if index == 0 {
                names::is_xid_start
            } else {
                names::is_xid_continue
            };
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
        self.error(Diagnostic::error("stray-backslash", at, message).label(
            span,
            "a backslash continues the line and must be its last character",
        ));
        self.push(Token::Error, span);
        let end = line_end(self.bytes, span.end as usize);
        self.scanner.seek(end);
    }

    fn backslash_at_end(&mut self, span: Span) {
        self.out.ending = Ending::Backslash;
        let message = "unexpected EOF while parsing";
        self.error(Diagnostic::error("backslash-at-end", span, message).label(
            span,
            "the line goes on after a backslash, but the text ends here",
        ));
        self.push(Token::Error, span);
        self.brackets.clear();
        self.fstrings.clear();
    }

    // ---- strings -----------------------------------------------------------------------

    fn quote(&mut self, span: Span) {
        let opener = strings::Opener::new(self.text(span));
        if opener.is_template {
            let message = "template strings are not supported";
            self.error(
                Diagnostic::error("template-string", span, message)
                    .label(span, "a t-string")
                    .help("use an f-string, or build the text with `str.format`"),
            );
        }
        if opener.is_format {
            self.begin_fstring(opener, span);
            return;
        }
        match strings::find_end(self.bytes, span.end as usize, opener) {
            Some(end) => {
                self.scanner.seek(end);
                self.push(Token::Str, Span::new(span.start, end as u32));
            }
            None => self.unterminated(opener.quote, opener.triple, span.start, span.end, ""),
        }
    }

    /// `from` is where the text after the opening quote begins.
    fn unterminated(&mut self, quote: u8, triple: bool, start: u32, from: u32, f: &str) {
        let end = if triple {
            self.bytes.len()
        } else {
            strings::line_end_in_string(self.bytes, from as usize)
        };
        let width = if triple { 3 } else { 1 };
        let opener_end = start
            + (self.source[start as usize..].find(quote as char))
                .map_or(1, |offset| offset as u32 + width);
        let open = Span::new(start, opener_end.min(self.bytes.len() as u32));
        let last = line_number(self.bytes, end);
        let what = if triple { "triple-quoted " } else { "" };
        let message = format!("unterminated {what}{f}string literal (detected at line {last})");
        let mut error = Diagnostic::error("unterminated-string", open, message)
            .label(open, "this string has no end");
        if !triple {
            error = error.help(format!(
                "close it with {0}, or use {0}{0}{0} for a text of several lines",
                quote as char
            ));
        }
        self.error(error);
        if triple {
            self.out.ending = Ending::OpenString;
            self.brackets.clear();
            self.fstrings.clear();
        }
        self.push(Token::Error, open);
        self.scanner.seek(end);
    }

    fn begin_fstring(&mut self, opener: strings::Opener, span: Span) {
        if self.fstrings.len() >= MAX_FSTRINGS {
            let message = "too many nested f-strings";
            self.error(Diagnostic::error("too-many-fstrings", span, message));
            self.abandon(span);
            return;
        }
        self.fstrings.push(FString {
            quote: opener.quote,
            triple: opener.triple,
            raw: opener.raw,
            depth: self.brackets.len(),
            start: span.start,
        });
        self.push(Token::FStart, span);
        self.fstring_text();
    }

    /// Are we directly in a replacement field, before its colon?
    fn in_bare_field(&self) -> bool {
        self.brackets
            .last()
            .is_some_and(|bracket| bracket.token == Token::FOpen)
    }

    fn begin_spec(&mut self, span: Span) {
        if let Some(bracket) = self.brackets.last_mut() {
            bracket.in_spec = true;
        }
        self.push(Token::FColon, span);
        self.scanner.seek(span.end as usize);
        self.fstring_text();
    }

    /// Takes the literal text of the innermost f-string from here to its next field or end.
    fn fstring_text(&mut self) {
        loop {
            let Some(&fstring) = self.fstrings.last() else {
                return;
            };
            let in_spec = self.brackets.len() > fstring.depth;
            let start = self.scanner.position();
            let (end, stop) = strings::find_text_end(
                self.bytes,
                start,
                fstring.quote,
                fstring.triple,
                fstring.raw,
                in_spec,
            );
            if end > start {
                let token = if fstring.raw {
                    Token::FTextRaw
                } else {
                    Token::FText
                };
                self.push(token, Span::new(start as u32, end as u32));
            }
            let here = Span::new(end as u32, (end + 1).min(self.bytes.len()) as u32);
            match stop {
                TextStop::Open => {
                    self.scanner.seek(end + 1);
                    let fields = self.brackets.len() - fstring.depth;
                    if self.brackets.len() == MAX_BRACKETS || fields >= MAX_FIELDS {
                        let message = "f-string: expressions nested too deeply";
                        self.error(Diagnostic::error("too-many-brackets", here, message));
                        self.abandon(here);
                        return;
                    }
                    let token = Token::FOpen;
                    self.brackets.push(Bracket {
                        token,
                        at: here.start,
                        in_spec: false,
                    });
                    self.push(Token::FOpen, here);
                    return;
                }
                TextStop::Close if in_spec => {
                    self.scanner.seek(end + 1);
                    self.brackets.pop();
                    self.push(Token::FClose, here);
                }
                TextStop::Close => {
                    self.scanner.seek(end + 1);
                    let message = "f-string: single '}' is not allowed";
                    self.error(
                        Diagnostic::error("lone-brace", here, message)
                            .label(here, "this brace closes nothing")
                            .help("write `}}` for a brace in the text"),
                    );
                    self.push(Token::Error, here);
                }
                TextStop::Quote => {
                    let width = if fstring.triple { 3 } else { 1 };
                    self.scanner.seek(end + width);
                    if in_spec {
                        self.unclosed_field(here);
                    }
                    self.fstrings.pop();
                    self.push(Token::FEnd, Span::new(end as u32, (end + width) as u32));
                    return;
                }
                TextStop::Unterminated => {
                    self.brackets.truncate(fstring.depth);
                    self.fstrings.pop();
                    let FString {
                        quote,
                        triple,
                        start,
                        ..
                    } = fstring;
                    self.unterminated(quote, triple, start, end as u32, "f-");
                    return;
                }
            }
        }
    }

    /// The string ends inside a format spec.
    fn unclosed_field(&mut self, here: Span) {
        let Some(&fstring) = self.fstrings.last() else {
            return;
        };
        let open = self.brackets[fstring.depth].at;
        self.brackets.truncate(fstring.depth);
        self.error(
            Diagnostic::error("unclosed-field", here, "f-string: expecting '}'")
                .label(Span::new(open, open + 1), "this field is still open"),
        );
        self.push(Token::Error, here);
    }
}

fn bracket_text(token: Token) -> &'static str {
    match token {
        Token::LParen => "(",
        Token::LBracket => "[",
        _ => "{",
    }
}

fn bad_character(c: char, at: Span) -> Diagnostic {
    let printable = !(c.is_control() || c.is_whitespace() || is_format_character(c));
    let code = c as u32;
    let message = if printable {
        format!("invalid character '{c}' (U+{code:04X})")
    } else {
        format!("invalid non-printable character U+{code:04X}")
    };
    let error = Diagnostic::error("bad-character", at, message);
    match lookalike(c) {
        Some(plain) => error
            .label(at, format!("this is not the plain character `{plain}`"))
            .help(format!("replace it with `{plain}`")),
        None => error.label(at, "no name or operator may contain this character"),
    }
}

/// Invisible characters that are not white space: zero-width marks, soft hyphen, and the like.
fn is_format_character(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{600}'..='\u{605}' | '\u{61C}' | '\u{6DD}' | '\u{70F}' | '\u{180E}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E000}'..='\u{F8FF}')
}

/// The character a text processor or another keyboard put this one in place of.
fn lookalike(c: char) -> Option<&'static str> {
    Some(match c {
        '“' | '”' | '„' | '«' | '»' | '″' | '＂' => "\"",
        '‘' | '’' | '‚' | '′' | '´' | '＇' => "'",
        '–' | '—' | '−' | '‐' | '‑' | '－' => "-",
        '×' => "*",
        '÷' => "/",
        '≠' => "!=",
        '≤' => "<=",
        '≥' => ">=",
        '（' => "(",
        '）' => ")",
        '，' => ",",
        '：' => ":",
        '；' => ";",
        '＝' => "=",
        '＋' => "+",
        '…' => "...",
        '→' => "->",
        '\u{A0}' | '\u{3000}' | '\u{2002}' | '\u{2003}' | '\u{2009}' | '\u{202F}' => " ",
        _ => return None,
    })
}

/// How many bytes the newline at `at` has, if there is one.
pub fn newline_width(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'\n' => Some(1),
        b'\r' if bytes.get(at + 1) == Some(&b'\n') => Some(2),
        b'\r' => Some(1),
        _ => None,
    }
}

/// Where the physical line around `at` ends, before its newline.
pub fn line_end(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at.min(bytes.len())..];
    at + rest
        .iter()
        .position(|byte| matches!(byte, b'\n' | b'\r'))
        .unwrap_or(rest.len())
}

/// Where the physical line around `at` begins.
pub fn line_start(bytes: &[u8], at: usize) -> usize {
    let before = &bytes[..at.min(bytes.len())];
    before
        .iter()
        .rposition(|byte| matches!(byte, b'\n' | b'\r'))
        .map_or(0, |index| index + 1)
}

/// The 1-based number of the physical line around `at`.
pub fn line_number(bytes: &[u8], at: usize) -> usize {
    let mut line = 1;
    let mut index = 0;
    while index < at {
        match newline_width(bytes, index) {
            Some(width) => {
                index += width;
                if index <= at {
                    line += 1;
                }
            }
            None => index += 1,
        }
    }
    line
}

fn next_char(source: &str, at: u32) -> u32 {
    let c = source[at as usize..].chars().next();
    at + c.map_or(0, |c| c.len_utf8() as u32)
}
