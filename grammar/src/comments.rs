//! Comments: what the grammar never sees, and tools read.

use crate::layout;
use crate::span::Span;
use crate::token::Token;

/// A comment, from its `#` to the end of its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    pub span: Span,
    /// Does it have its line for itself?
    pub alone: bool,
    /// Where the logical line begins that it stands in or below; None above all code.
    pub code: Option<u32>,
}

/// The comments of a text, in order. What is in strings is none, whatever it looks like.
pub fn comments(source: &str) -> Vec<Comment> {
    let tokens = layout::lex(source, Token::StartModule, true).tokens;
    let mut spans: Vec<(Span, Token)> =
        tokens.iter().map(|lexeme| (lexeme.span, lexeme.token)).collect();
    // Dedents are told of where the next line begins; what is found twice is skipped below.
    spans.sort_by_key(|(span, _)| span.start);
    let end = source.len() as u32;
    spans.push((Span::new(end, end), Token::End));
    let mut found = Vec::new();
    let (mut at, mut code, mut begins) = (0, None, true);
    for (span, token) in spans {
        if span.start > at {
            between(source, at, span.start, code, &mut found);
        }
        match token {
            Token::Newline => begins = true,
            Token::Indent | Token::Dedent | Token::StartModule | Token::End | Token::Error => {}
            _ if begins => {
                code = Some(span.start);
                begins = false;
            }
            _ => {}
        }
        at = at.max(span.end);
    }
    found
}

/// The logical lines of a text, in order: each from its first token to its last.
pub fn logical_lines(source: &str) -> Vec<Span> {
    let mut lexemes = layout::lex(source, Token::StartModule, true).tokens;
    lexemes.sort_by_key(|lexeme| lexeme.span.start);
    let mut found: Vec<Span> = Vec::new();
    let mut begins = true;
    for lexeme in lexemes {
        match lexeme.token {
            Token::Newline => begins = true,
            Token::Indent | Token::Dedent | Token::StartModule | Token::End => {}
            _ if begins => {
                found.push(lexeme.span);
                begins = false;
            }
            _ => {
                let line = found.last_mut().expect("one has begun");
                line.end = line.end.max(lexeme.span.end);
            }
        }
    }
    found
}

/// Comments in a stretch without tokens.
fn between(source: &str, from: u32, to: u32, code: Option<u32>, found: &mut Vec<Comment>) {
    let mut at = from as usize;
    while let Some(offset) = source[at..to as usize].find('#') {
        let start = at + offset;
        let length = source[start..].find(['\n', '\r']).unwrap_or(source.len() - start);
        let line = source[..start].rfind(['\n', '\r']).map_or(0, |end| end + 1);
        let alone =
            source[line..start].chars().all(|c| matches!(c, ' ' | '\t' | '\x0c' | '\u{feff}'));
        let span = Span::new(start as u32, (start + length) as u32);
        found.push(Comment { span, alone, code });
        at = (start + length).min(to as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_comments_and_the_code_they_belong_to() {
        let text =
            "#!/bin/x\nx = '#no'  # a\nf(  # b\n  f'#{1}#',\n)  # c\n  # d\nif x:\n    y  # e\n# f";
        let found: Vec<_> = comments(text)
            .into_iter()
            .map(|c| (&text[c.span.start as usize..c.span.end as usize], c.alone, c.code))
            .collect();
        let f = text.find("f(").map(|at| at as u32);
        let y = text.find("y  #").map(|at| at as u32);
        assert_eq!(
            found,
            [
                ("#!/bin/x", true, None),
                ("# a", false, Some(9)),
                ("# b", false, f),
                ("# c", false, f),
                ("# d", true, f),
                ("# e", false, y),
                ("# f", true, y),
            ]
        );
    }

    #[test]
    fn logical_lines_reach_from_token_to_token() {
        let text = "# a\nf(\n  1)  # b\nif x: y; z\n\n  \nx = '''\n''' \\\n  + b\nif y:\n    z";
        let lines: Vec<_> = logical_lines(text)
            .into_iter()
            .map(|span| &text[span.start as usize..span.end as usize])
            .collect();
        assert_eq!(lines, ["f(\n  1)", "if x: y; z", "x = '''\n''' \\\n  + b", "if y:", "z"]);
    }

    #[test]
    fn damaged_texts_have_comments_too() {
        for text in
            ["x = (  # a\ny = 2 # b\n", "'''# no", "\"# no\n# yes", "\\\n#", "é#é", "\t#\r#"]
        {
            for comment in comments(text) {
                assert!(text[comment.span.start as usize..].starts_with('#'), "{text:?}");
            }
        }
    }
}
