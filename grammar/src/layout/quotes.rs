//! Strings in the token stream: plain ones become one token, f-strings a run of tokens whose
//! fields are lexed like any other code (PEP 701), with the nesting on a stack.

use super::{Bracket, FString, Layout, MAX_BRACKETS, MAX_FIELDS, MAX_FSTRINGS};
use crate::diagnostic::Diagnostic;
use crate::layout::Ending;
use crate::lines::line_number;
use crate::span::Span;
use crate::strings::{self, TextStop};
use crate::token::Token;

impl Layout<'_> {
    pub(super) fn quote(&mut self, span: Span) {
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
    pub(super) fn unterminated(&mut self, quote: u8, triple: bool, start: u32, from: u32, f: &str) {
        if f.is_empty() && self.ends_fstring(quote, triple, from) {
            return;
        }
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
        // A line end that ends the text begins no line that could be named.
        let at_end = end == self.bytes.len() && matches!(self.bytes.last(), Some(b'\n' | b'\r'));
        let last = line_number(self.bytes, end - usize::from(at_end));
        let what = if triple { "triple-quoted " } else { "" };
        let text = &self.bytes[from as usize..end];
        let escaped = !triple && f.is_empty() && escapes(text, quote);
        let hint = if escaped { "; perhaps you escaped the end quote?" } else { "" };
        let message =
            format!("unterminated {what}{f}string literal (detected at line {last}){hint}");
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

    /// A quote in a field that begins no string after all: does it end the f-string instead?
    pub(super) fn ends_fstring(&mut self, quote: u8, triple: bool, from: u32) -> bool {
        let Some(&fstring) = self.fstrings.last() else {
            return false;
        };
        if fstring.quote != quote || fstring.triple != triple {
            return false;
        }
        let width = if triple { 3 } else { 1 };
        let here = Span::new(from - width, from);
        let open = self.brackets.get(fstring.depth).map_or(fstring.start, |bracket| bracket.at);
        let message = self.wrong_in_field(open).unwrap_or("f-string: expecting '}'");
        self.error(
            Diagnostic::error("unclosed-field", here, message)
                .label(Span::new(open, open + 1), "this field is still open"),
        );
        self.brackets.truncate(fstring.depth);
        self.fstrings.pop();
        self.push(Token::Error, here);
        self.scanner.seek(from as usize);
        true
    }

    /// What is wrong with a field that is never closed before that is noticed.
    fn wrong_in_field(&self, open: u32) -> Option<&'static str> {
        let tokens = &self.out.tokens;
        let begin = tokens.iter().rposition(|lexeme| lexeme.span.start == open)? + 1;
        let token = |at: usize| tokens.get(begin + at).map(|lexeme| lexeme.token);
        let nothing = match token(0)? {
            Token::Bang => Some("f-string: valid expression required before '!'"),
            Token::FColon => Some("f-string: valid expression required before ':'"),
            Token::Equal => Some("f-string: valid expression required before '='"),
            Token::Semicolon => Some("f-string: expecting a valid expression after '{'"),
            Token::Plus | Token::Minus | Token::Tilde if token(1) == Some(Token::Semicolon) => {
                Some("f-string: expecting a valid expression after '{'")
            }
            _ => None,
        };
        nothing.or_else(|| {
            let rest = &tokens[begin..];
            let pair = |a, b| rest.windows(2).any(|two| two[0].token == a && two[1].token == b);
            if pair(Token::Bang, Token::FColon) {
                Some("f-string: missing conversion character")
            } else if rest.iter().any(|lexeme| lexeme.token == Token::Semicolon) {
                Some("f-string: expecting '=', or '!', or ':', or '}'")
            } else {
                None
            }
        })
    }

    pub(super) fn begin_fstring(&mut self, opener: strings::Opener, span: Span) {
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
    pub(super) fn in_bare_field(&self) -> bool {
        self.brackets.last().is_some_and(|bracket| bracket.token == Token::FOpen)
    }

    pub(super) fn begin_spec(&mut self, span: Span) {
        if let Some(bracket) = self.brackets.last_mut() {
            bracket.in_spec = true;
        }
        self.push(Token::FColon, span);
        self.scanner.seek(span.end as usize);
        self.fstring_text();
    }

    /// Takes the literal text of the innermost f-string from here to its next field or end.
    pub(super) fn fstring_text(&mut self) {
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
                let token = if fstring.raw { Token::FTextRaw } else { Token::FText };
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
                    self.brackets.push(Bracket { token, at: here.start, in_spec: false });
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
                    let FString { quote, triple, start, .. } = fstring;
                    self.unterminated(quote, triple, start, end as u32, "f-");
                    return;
                }
            }
        }
    }

    /// The string ends inside a format spec.
    pub(super) fn unclosed_field(&mut self, here: Span) {
        let Some(&fstring) = self.fstrings.last() else {
            return;
        };
        let open = self.brackets[fstring.depth].at;
        let wrong = self.wrong_in_field(open);
        let message = wrong.unwrap_or("f-string: expecting '}', or format specs");
        self.brackets.truncate(fstring.depth);
        self.error(
            Diagnostic::error("unclosed-field", here, message)
                .label(Span::new(open, open + 1), "this field is still open"),
        );
        self.push(Token::Error, here);
    }
}

/// Is there a backslash in front of such a quote?
fn escapes(text: &[u8], quote: u8) -> bool {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|&byte| byte == b'\\') {
        match rest.get(at + 1) {
            Some(&next) if next == quote => return true,
            Some(_) => rest = &rest[at + 2..],
            None => return false,
        }
    }
    false
}
