//! Brackets: what stands open, what closes it, and where to go on when nothing does.

use super::{Bracket, Layout, MAX_BRACKETS, MAX_RESUMED};
use crate::diagnostic::Diagnostic;
use crate::lines::{line_end, line_number, newline_width};
use crate::span::Span;
use crate::token::Token;

impl Layout<'_> {
    pub(super) fn open(&mut self, token: Token, span: Span) {
        if self.brackets.len() == MAX_BRACKETS {
            let message = "too many nested parentheses";
            self.error(Diagnostic::error("too-many-brackets", span, message));
            self.abandon(span);
            return;
        }
        self.brackets.push(Bracket { token, at: span.start, in_spec: false });
        self.push(token, span);
    }

    /// Gives up on the rest of the text: nothing after this point could be judged fairly.
    pub(super) fn abandon(&mut self, span: Span) {
        self.push(Token::Error, span);
        self.brackets.clear();
        self.fstrings.clear();
        self.scanner.seek(self.bytes.len());
    }

    pub(super) fn close(&mut self, token: Token, span: Span) {
        let Some(&bracket) = self.brackets.last() else {
            let message = format!("unmatched '{}'", self.text(span));
            self.error(
                Diagnostic::error("unmatched-bracket", span, message)
                    .label(span, "no bracket is open here"),
            );
            self.push(Token::Error, span);
            return;
        };
        let matches = is_pair(bracket.token, token);
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
        // Close what the bracket belongs to, or else the innermost one.
        let of = |test: &dyn Fn(Token) -> bool| {
            self.brackets.iter().rposition(|bracket| test(bracket.token))
        };
        let field = of(&|opener| opener == Token::FOpen);
        let keep = match of(&|opener| is_pair(opener, token)) {
            Some(partner) if field.is_none_or(|field| field < partner) => partner,
            _ => self.brackets.len() - 1,
        };
        self.brackets.truncate(keep);
        self.push(Token::Error, span);
        // `f"{(}"`: the brace is more likely meant for the field.
        if token == Token::RBrace
            && self.brackets.last().is_some_and(|bracket| bracket.token == Token::FOpen)
        {
            self.close(token, span);
        }
    }

    pub(super) fn mismatch(&mut self, bracket: Bracket, span: Span) {
        let opener = bracket_text(bracket.token);
        let closer = self.text(span);
        let mut message =
            format!("closing parenthesis '{closer}' does not match opening parenthesis '{opener}'");
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

    /// Returns whether lexing goes on: at a line that cannot be meant to stand in a bracket.
    pub(super) fn never_closed(&mut self) -> bool {
        let Some(outermost) = self.brackets.first() else {
            return false;
        };
        let resume = match self.recover && self.out.errors.len() < MAX_RESUMED {
            true => next_statement(self.source, outermost.at as usize),
            false => None,
        };
        let end = resume.unwrap_or(self.bytes.len()) as u32;
        let inner = self.brackets.iter().rfind(|bracket| bracket.at < end);
        let bracket = *inner.unwrap_or(outermost);
        self.brackets.clear();
        self.fstrings.clear();
        let at = Span::new(bracket.at, bracket.at + 1);
        let message = format!("'{}' was never closed", bracket_text(bracket.token));
        let error =
            Diagnostic::error("never-closed", at, message).label(at, "this bracket has no partner");
        let Some(resume) = resume else {
            self.error(error);
            self.push(Token::Error, Span::new(end, end));
            return false;
        };
        let is_after = |span: Span| span.start as usize >= resume;
        let kept = self.out.tokens.partition_point(|lexeme| !is_after(lexeme.span));
        self.out.tokens.truncate(kept);
        self.out.errors.retain(|error| !is_after(error.span));
        self.out.warnings.retain(|warning| !is_after(warning.span));
        self.error(error);
        let here = Span::new(resume as u32, resume as u32);
        self.push(Token::Error, here);
        self.end_line(here);
        self.start_line(resume);
        true
    }
}

/// The start of the first line after `open` that begins with a word that no expression may
/// contain: it cannot be meant to stand in a bracket.
fn next_statement(source: &str, open: usize) -> Option<usize> {
    const WORDS: [&str; 17] = [
        "def", "class", "while", "return", "import", "try:", "with", "raise", "pass", "break",
        "continue", "global", "nonlocal", "del", "assert", "except", "finally:",
    ];
    let bytes = source.as_bytes();
    let mut at = line_end(bytes, open);
    while let Some(width) = newline_width(bytes, at) {
        at += width;
        let text = source[at..].trim_start_matches([' ', '\t']);
        let is_word = |word: &str| {
            let rest = text.strip_prefix(word);
            rest.is_some_and(|rest| !rest.starts_with(|c: char| c == '_' || c.is_alphanumeric()))
        };
        if WORDS.iter().any(|word| is_word(word)) {
            return Some(at);
        }
        at = line_end(bytes, at);
    }
    None
}

fn is_pair(opener: Token, closer: Token) -> bool {
    matches!(
        (opener, closer),
        (Token::LParen, Token::RParen)
            | (Token::LBracket, Token::RBracket)
            | (Token::LBrace | Token::FOpen, Token::RBrace)
    )
}

fn bracket_text(token: Token) -> &'static str {
    match token {
        Token::LParen => "(",
        Token::LBracket => "[",
        _ => "{",
    }
}
