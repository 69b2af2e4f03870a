//! What the pieces of a text are, for colours: by the real lexer, so that a prompt shows what will
//! be understood. Works on unfinished and wrong text, too.

use crate::layout;
use crate::span::Span;
use crate::token::Token;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    Keyword,
    /// `None`, `True`, `False`
    Constant,
    Name,
    Number,
    Text,
    Comment,
    Bracket,
    Operator,
    /// What no program can hold.
    Wrong,
}

/// The pieces of a text in its order; what lies between them is white space.
pub fn paint(source: &str) -> Vec<(Span, Paint)> {
    let lexed = layout::lex(source, Token::StartModule, false);
    let mut pieces: Vec<(Span, Paint)> = Vec::new();
    let mut end = 0;
    for lexeme in &lexed.tokens {
        let span = lexeme.span;
        let Some(text) = source.get(span.start as usize..span.end as usize) else { continue };
        if text.trim().is_empty() || span.start < end {
            continue;
        }
        comments(source, end, span.start, &mut pieces);
        pieces.push((span, kind(lexeme.token, text)));
        end = span.end;
    }
    comments(source, end, source.len() as u32, &mut pieces);
    pieces
}

fn kind(token: Token, text: &str) -> Paint {
    match token {
        Token::Name => Paint::Name,
        Token::None | Token::True | Token::False => Paint::Constant,
        Token::Int | Token::Float | Token::Imaginary => Paint::Number,
        Token::Str | Token::FStart | Token::FText | Token::FTextRaw | Token::FEnd => Paint::Text,
        // An open string is wrong only when nothing can close it any more.
        Token::Error if text.contains(['"', '\'']) => Paint::Text,
        Token::Error | Token::Unknown | Token::Backslash => Paint::Wrong,
        _ if text.starts_with(|c: char| c.is_alphabetic()) => Paint::Keyword,
        _ if matches!(text, "(" | ")" | "[" | "]" | "{" | "}") => Paint::Bracket,
        _ => Paint::Operator,
    }
}

/// Comments between two tokens, and what the lexer has left out.
fn comments(source: &str, from: u32, to: u32, pieces: &mut Vec<(Span, Paint)>) {
    let Some(gap) = source.get(from as usize..to.max(from) as usize) else { return };
    let mut at = from;
    for line in gap.split_inclusive('\n') {
        if let Some(sharp) = line.find('#') {
            let end = at + line.trim_end().len() as u32;
            pieces.push((Span::new(at + sharp as u32, end), Paint::Comment));
        }
        at += line.len() as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn painted(text: &str) -> Vec<(&str, Paint)> {
        let pieces = paint(text).into_iter();
        pieces.map(|(span, kind)| (&text[span.start as usize..span.end as usize], kind)).collect()
    }

    #[test]
    fn pieces_are_what_the_lexer_says() {
        use Paint::*;
        let expected =
            [("if", Keyword), ("x", Name), ("==", Operator), ("1", Number), (":", Operator)];
        assert_eq!(painted("if x == 1:"), expected);
        assert_eq!(painted("match = 'a' # b")[2..], [("'a'", Text), ("# b", Comment)]);
        assert_eq!(painted("None")[..], [("None", Constant)]);
    }

    #[test]
    fn unfinished_text_is_no_reason_to_fail() {
        for text in
            ["'", "\"\"\"a\nb", "f'{", "f'{x!", "(", ")", "é€'", "\\", "1__0", "$", "\t x", ""]
        {
            let mut end = 0;
            for (span, _) in paint(text) {
                assert!(span.start >= end && span.end as usize <= text.len(), "{text:?}");
                assert!(text.is_char_boundary(span.start as usize), "{text:?}");
                end = span.end;
            }
        }
    }
}
