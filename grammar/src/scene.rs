//! The place of a syntax error: the unexpected token and what stands around it on its line.
//!
//! Only looks; `explain.rs` and `advice.rs` draw the conclusions.

use crate::ast::{Ast, ExprId};
use crate::span::Span;
use crate::token::{Lexeme, Token};

/// Everything there is to know about one unexpected token.
pub struct Scene<'a> {
    pub source: &'a str,
    pub tokens: &'a [Lexeme],
    /// Index of the unexpected token.
    pub at: usize,
    /// The tokens that could have stood there, as the grammar spells them.
    pub expected: Vec<String>,
    /// Parses some tokens as one expression.
    pub parse: &'a ParseExpression<'a>,
}

pub type ParseExpression<'a> = dyn Fn(&[Lexeme]) -> Option<(Ast, ExprId)> + 'a;

impl Scene<'_> {
    pub fn token(&self, index: usize) -> Token {
        self.tokens.get(index).map_or(Token::End, |lexeme| lexeme.token)
    }

    pub fn span(&self, index: usize) -> Span {
        self.tokens.get(index).map_or(Span::default(), |lexeme| lexeme.span)
    }

    pub fn text(&self, index: usize) -> &str {
        let span = self.span(index);
        &self.source[span.start as usize..span.end as usize]
    }

    /// The unexpected token.
    pub fn found(&self) -> Token {
        self.token(self.at)
    }

    /// The token `back` places before the unexpected one.
    pub fn before(&self, back: usize) -> Token {
        self.at.checked_sub(back).map_or(Token::StartModule, |index| self.token(index))
    }

    pub fn expects(&self, name: &str) -> bool {
        self.expected.iter().any(|expected| expected.trim_matches('"') == name)
    }

    /// Where to point: at the end of the last line when the text ended.
    pub fn place(&self) -> Span {
        let mut index = self.at;
        let at_end = |index: usize| matches!(self.token(index), Token::End | Token::Dedent);
        if self.tokens[self.at..].iter().all(|l| matches!(l.token, Token::End | Token::Dedent)) {
            while index > 0 && at_end(index) {
                index -= 1;
            }
        }
        let span = self.span(index);
        match self.token(index) {
            Token::Newline => Span::new(span.start, span.start),
            _ => span,
        }
    }

    /// Index of the first token of the logical line.
    pub fn line(&self) -> usize {
        let mut index = self.at;
        while index > 0 && !is_line_start(self.token(index - 1)) {
            index -= 1;
        }
        index
    }

    /// Index of the bracket (or field) that is open around the token at `index`.
    pub fn opener(&self, index: usize) -> Option<usize> {
        let first = self.line();
        let mut depth = 0usize;
        for index in (first..index).rev() {
            match self.token(index) {
                token if is_closer(token) => depth += 1,
                token if is_opener(token) && depth == 0 => return Some(index),
                token if is_opener(token) => depth -= 1,
                _ => {}
            }
        }
        None
    }

    /// Index of the first token of the expression that ends before `index`, and the token
    /// before it, which says in what position the expression stands.
    pub fn expression_before(&self, index: usize) -> (usize, Token) {
        let first = self.line();
        let mut depth = 0usize;
        for back in (first..index).rev() {
            let token = self.token(back);
            if is_closer(token) {
                depth += 1;
            } else if depth > 0 {
                depth -= usize::from(is_opener(token));
            } else if self.is_delimiter(back) {
                return (back + 1, token);
            }
        }
        (first, Token::Newline)
    }

    /// Is there a colon outside brackets between `from` and the unexpected token?
    pub fn colon_after(&self, from: usize) -> bool {
        let mut depth = 0usize;
        self.tokens[from..self.at].iter().any(|lexeme| {
            if is_opener(lexeme.token) {
                depth += 1;
            } else if is_closer(lexeme.token) {
                depth = depth.saturating_sub(1);
            }
            depth == 0 && lexeme.token == Token::Colon
        })
    }

    /// The same as `expression_before` for the list of targets that ends before `index`: commas are part of it.
    pub fn target_before(&self, index: usize) -> (usize, Token) {
        let (mut start, mut position) = self.expression_before(index);
        while matches!(position, Token::Comma | Token::Star) && start >= 2 {
            (start, position) = match position {
                // Before a star: what stands before it is the delimiter.
                Token::Star if !matches!(self.token(start - 2), Token::Comma) => {
                    (start - 1, self.token(start - 2))
                }
                _ => self.expression_before(start - 1),
            };
        }
        (start, position)
    }

    /// Can no expression reach across the token at `index`?
    fn is_delimiter(&self, index: usize) -> bool {
        match self.token(index) {
            token if is_opener(token) => true,
            Token::Star | Token::DoubleStar => {
                index == 0 || !ends_expression(self.token(index - 1))
            }
            Token::Comma
            | Token::Colon
            | Token::FColon
            | Token::Semicolon
            | Token::Equal
            | Token::Walrus
            | Token::Arrow
            | Token::At
            | Token::Bang
            | Token::Unknown
            | Token::Error => true,
            token => is_statement_keyword(token) || is_augmented(token),
        }
    }

    /// The tokens from `from` up to `to` as one expression.
    pub fn expression(&self, from: usize, to: usize) -> Option<(Ast, ExprId)> {
        (self.parse)(self.tokens.get(from..to)?)
    }

    /// Is the bracket at `index` that of a call, a definition or an index?
    pub fn is_trailer(&self, index: usize) -> bool {
        index > 0 && ends_expression(self.token(index - 1))
    }

    /// Between a `lambda` and its colon.
    pub fn in_lambda_parameters(&self) -> bool {
        let mut depth = 0usize;
        for index in (self.line()..self.at).rev() {
            match self.token(index) {
                token if is_closer(token) => depth += 1,
                token if is_opener(token) && depth == 0 => return false,
                token if is_opener(token) => depth -= 1,
                Token::Colon if depth == 0 => return false,
                Token::Lambda if depth == 0 => return true,
                _ => {}
            }
        }
        false
    }

    /// The parentheses of a parameter list: those after `def name` and its type parameters.
    pub fn in_parameters(&self) -> bool {
        let Some(open) = self.opener(self.at) else {
            return false;
        };
        let mut first = self.line();
        first += usize::from(self.token(first) == Token::Async);
        self.token(first) == Token::Def && self.opener(open).is_none() && open <= first + 2
            || self.token(first) == Token::Def
                && self.token(first + 2) == Token::LBracket
                && self.token(open) == Token::LParen
                && self.token(open - 1) == Token::RBracket
    }
}

pub fn is_line_start(token: Token) -> bool {
    matches!(
        token,
        Token::Newline
            | Token::Indent
            | Token::Dedent
            | Token::StartModule
            | Token::StartExpression
    )
}

pub fn is_opener(token: Token) -> bool {
    use Token::*;
    matches!(token, LParen | LBracket | LBrace | FOpen | WithParen | FStart)
}

pub fn is_closer(token: Token) -> bool {
    matches!(token, Token::RParen | Token::RBracket | Token::RBrace | Token::FClose | Token::FEnd)
}

fn is_augmented(token: Token) -> bool {
    use Token::*;
    matches!(
        token,
        PlusEqual
            | MinusEqual
            | StarEqual
            | SlashEqual
            | PercentEqual
            | AmperEqual
            | VBarEqual
            | CircumflexEqual
            | LeftShiftEqual
            | RightShiftEqual
            | DoubleStarEqual
            | DoubleSlashEqual
            | AtEqual
    )
}

/// Keywords that end the expression before them or begin one after them.
fn is_statement_keyword(token: Token) -> bool {
    use Token::*;
    matches!(
        token,
        As | Assert
            | Async
            | Case
            | Class
            | Def
            | Del
            | Elif
            | Else
            | Except
            | For
            | From
            | Global
            | If
            | Import
            | Lambda
            | Match
            | Nonlocal
            | Raise
            | Return
            | While
            | With
            | Yield
    )
}

pub fn starts_expression(token: Token) -> bool {
    use Token::*;
    matches!(
        token,
        Name | Int
            | Float
            | Imaginary
            | Str
            | FStart
            | None
            | True
            | False
            | Ellipsis
            | LParen
            | LBracket
            | LBrace
            | Minus
            | Plus
            | Tilde
            | Not
            | Lambda
            | Await
    )
}

pub fn ends_expression(token: Token) -> bool {
    use Token::*;
    matches!(
        token,
        Name | Int
            | Float
            | Imaginary
            | Str
            | FEnd
            | None
            | True
            | False
            | Ellipsis
            | RParen
            | RBracket
            | RBrace
    )
}
