//! Soft keywords: `match`, `case` and `type` are names that sometimes begin a statement.
//!
//! Decided on a whole logical line by looking ahead, before the grammar sees it, so that the
//! grammar stays LR(1). `case` needs no guess: every line directly inside a `match` begins with
//! it. Also marks the parenthesis of `with (a as b, c):`, which looks like an expression for as
//! long as one likes. (`_` is a name everywhere; patterns read it as the wildcard.)

use crate::token::{Lexeme, Token};

/// Rewrites the keywords in one logical line, which ends with its newline. Returns whether the
/// line opens a `match` block.
pub fn resolve(source: &str, line: &mut [Lexeme], in_match: bool) -> bool {
    let text = |lexeme: &Lexeme| &source[lexeme.span.start as usize..lexeme.span.end as usize];
    let mut opens_match = false;
    match line {
        [first, rest @ ..] if first.token == Token::Name => match text(first) {
            // Elsewhere it is a mistake, unless it could be a name.
            "case" if in_match || is_value(rest) => first.token = Token::Case,
            "match" if is_match(rest) => {
                first.token = Token::Match;
                opens_match = true;
            }
            _ => {}
        },
        _ => {}
    }
    for index in 0..line.len() {
        let before = match index {
            0 => Token::Newline,
            _ => line[index - 1].token,
        };
        match line[index].token {
            Token::Name if starts_statement(before) && text(&line[index]) == "type" => {
                let after = |offset: usize| line.get(index + offset).map(|lexeme| lexeme.token);
                if after(1) == Some(Token::Name) {
                    line[index].token = Token::Type;
                }
            }
            Token::With if matches!(before, Token::Newline | Token::Async) => {
                mark_with(&mut line[index + 1..]);
            }
            _ => {}
        }
    }
    opens_match
}

fn starts_statement(before: Token) -> bool {
    matches!(before, Token::Newline | Token::Semicolon | Token::Colon)
}

/// Is `match` followed by these tokens the keyword? It is when a subject can begin here and the
/// line ends with a colon, or when no expression could go on like this.
fn is_match(rest: &[Lexeme]) -> bool {
    let Some(next) = rest.first() else {
        return false;
    };
    match next.token {
        // Could also go on from a name: a call, an index, an operator.
        Token::LParen | Token::LBracket | Token::Minus | Token::Star | Token::Not => {
            let mut content = rest.iter().rev().skip(1);
            content.next().is_some_and(|last| last.token == Token::Colon)
                && colon_at(rest) == Some(rest.len() - 2)
        }
        Token::FStart | Token::LBrace | Token::Tilde | Token::Lambda | Token::Await => true,
        _ => is_value(rest),
    }
}

/// Does a value begin here that could not go on from a name?
fn is_value(rest: &[Lexeme]) -> bool {
    rest.first().is_some_and(|next| {
        matches!(
            next.token,
            Token::Name
                | Token::Int
                | Token::Float
                | Token::Imaginary
                | Token::Str
                | Token::None
                | Token::True
                | Token::False
                | Token::Ellipsis
        )
    })
}

/// Index of the first colon outside brackets that belongs to no lambda.
fn colon_at(line: &[Lexeme]) -> Option<usize> {
    let mut depth = 0usize;
    let mut lambdas = 0usize;
    for (index, lexeme) in line.iter().enumerate() {
        match lexeme.token {
            Token::LParen | Token::LBracket | Token::LBrace | Token::FOpen => depth += 1,
            Token::RParen | Token::RBracket | Token::RBrace | Token::FClose => {
                depth = depth.saturating_sub(1);
            }
            Token::Lambda if depth == 0 => lambdas += 1,
            Token::Colon if depth == 0 && lambdas > 0 => lambdas -= 1,
            Token::Colon if depth == 0 => return Some(index),
            _ => {}
        }
    }
    None
}

/// `rest` follows a `with`. Marks its first parenthesis if the items stand inside: it closes
/// right before the colon and has an `as` of its own.
fn mark_with(rest: &mut [Lexeme]) {
    if rest.first().is_none_or(|first| first.token != Token::LParen) {
        return;
    }
    let mut depth = 0usize;
    let mut has_as = false;
    for (index, lexeme) in rest.iter().enumerate() {
        match lexeme.token {
            Token::LParen | Token::LBracket | Token::LBrace | Token::FOpen => depth += 1,
            Token::RParen | Token::RBracket | Token::RBrace | Token::FClose => depth -= 1,
            Token::As if depth == 1 => has_as = true,
            _ => {}
        }
        if depth == 0 {
            let next = rest.get(index + 1).map(|next| next.token);
            let closes_head = matches!(next, Some(Token::Colon | Token::Newline));
            if has_as && closes_head {
                rest[0].token = Token::WithParen;
            }
            return;
        }
    }
}
