//! Numbers: what may follow one, what is wrong with one, and its value.

use crate::ast::Expr;
use crate::diagnostic::Diagnostic;
use crate::names::is_xid_continue;
use crate::span::Span;
use crate::token::Token;

pub enum End {
    Fine,
    /// A keyword follows without a blank (`1if x else y`): allowed, with a warning.
    Keyword(Diagnostic),
    Wrong {
        error: Diagnostic,
        end: usize,
    },
}

/// Looks at what follows the number at `span`.
pub fn check_end(source: &str, token: Token, span: Span) -> End {
    let rest = &source[span.end as usize..];
    let Some(next) = rest.chars().next() else {
        return End::Fine;
    };
    if !(next == '_' || is_xid_continue(next)) {
        return End::Fine;
    }
    let text = &source[span.start as usize..span.end as usize];
    let what = kind_name(token, text);
    const KEYWORDS: [&str; 8] = ["and", "else", "for", "if", "in", "is", "not", "or"];
    // `0or` begins as an octal number does.
    let octal = text == "0" && rest.starts_with('o');
    if !octal && KEYWORDS.iter().any(|keyword| rest.starts_with(keyword)) {
        let message = format!("invalid {what} literal");
        return End::Keyword(
            Diagnostic::warning("number-then-keyword", span, message)
                .help("put a blank between the number and the keyword"),
        );
    }
    let tail = rest.find(|c: char| !(c == '_' || is_xid_continue(c))).unwrap_or(rest.len());
    let end = span.end as usize + tail;
    End::Wrong { error: explain(source, token, span, end), end }
}

fn kind_name(token: Token, text: &str) -> &'static str {
    match (token, text.as_bytes()) {
        (Token::Imaginary, _) => "imaginary",
        (Token::Int, [b'0', b'x' | b'X', ..]) => "hexadecimal",
        (Token::Int, [b'0', b'o' | b'O', ..]) => "octal",
        (Token::Int, [b'0', b'b' | b'B', ..]) => "binary",
        _ => "decimal",
    }
}

/// The word from `span.start` to `end` begins with a number and is none: says why.
fn explain(source: &str, token: Token, span: Span, end: usize) -> Diagnostic {
    let start = span.start as usize;
    let word = &source[start..end];
    let bytes = word.as_bytes();
    let at = |index: usize| {
        let index = start + index;
        Span::new(index as u32, index as u32 + 1)
    };
    let radix = match bytes {
        [b'0', b'x' | b'X', ..] => Some((16, "hexadecimal")),
        [b'0', b'o' | b'O', ..] => Some((8, "octal")),
        [b'0', b'b' | b'B', ..] => Some((2, "binary")),
        _ => None,
    };
    if token == Token::Int
        && let Some((radix, name)) = radix
    {
        // The first character after the prefix that is no digit decides.
        let mut index = 2;
        let mut digit_before = true;
        while let Some(&byte) = bytes.get(index) {
            if (byte as char).is_digit(radix) {
                digit_before = true;
            } else if byte == b'_' && digit_before {
                digit_before = false;
            } else {
                break;
            }
            index += 1;
        }
        return match bytes.get(index) {
            Some(&byte) if byte.is_ascii_digit() => {
                let message = format!("invalid digit '{}' in {name} literal", byte as char);
                Diagnostic::error("bad-number", at(index), message)
            }
            _ => {
                let last = index.saturating_sub(1);
                Diagnostic::error("bad-number", at(last), format!("invalid {name} literal"))
            }
        };
    }
    if token == Token::Int && bytes.first() == Some(&b'0') && bytes.len() > 1 {
        let digits = bytes.iter().take_while(|b| b.is_ascii_digit() || **b == b'_').count();
        let nonzero = bytes[..digits].iter().any(|b| (b'1'..=b'9').contains(b));
        let is_spaced = !word.ends_with('_') && !word.contains("__");
        if nonzero && digits == bytes.len() && is_spaced {
            let zeros = bytes.iter().take_while(|b| matches!(b, b'0' | b'_')).count();
            let span = Span::new(start as u32, (start + zeros) as u32);
            let message = "leading zeros in decimal integer literals are not permitted; \
                           use an 0o prefix for octal integers";
            return Diagnostic::error("leading-zeros", span, message)
                .help("drop the zeros, or write `0o` for an octal number");
        }
    }
    let length = span.end as usize - start;
    let last = match &source.as_bytes()[span.end as usize..] {
        [b'_', ..] if !source[..span.end as usize].ends_with('.') => length,
        [b'e' | b'E', b'+' | b'-', ..] => length + 1,
        _ => length - 1,
    };
    let what = if token == Token::Imaginary { "imaginary" } else { "decimal" };
    let help = match source.as_bytes().get(span.end as usize) {
        Some(b'_') => "an underscore stands between two digits",
        Some(b'e' | b'E') => "an exponent has digits",
        _ => "a name cannot begin with a digit",
    };
    Diagnostic::error("bad-number", at(last), format!("invalid {what} literal")).help(help)
}

/// The value of a number that the lexer has found well-formed.
pub fn value(token: Token, text: &str) -> Expr {
    let clean: String;
    let text = if text.contains('_') {
        clean = text.replace('_', "");
        &clean
    } else {
        text
    };
    match token {
        Token::Float => Expr::Float(float(text)),
        Token::Imaginary => Expr::Imaginary(float(&text[..text.len() - 1])),
        _ => {
            let (radix, digits) = match text.as_bytes() {
                [b'0', b'x' | b'X', ..] => (16, &text[2..]),
                [b'0', b'o' | b'O', ..] => (8, &text[2..]),
                [b'0', b'b' | b'B', ..] => (2, &text[2..]),
                _ => (10, text),
            };
            match i64::from_str_radix(digits, radix) {
                Ok(value) => Expr::Int(value),
                Err(_) => Expr::BigInt { radix, digits: digits.into() },
            }
        }
    }
}

fn float(text: &str) -> f64 {
    text.parse().unwrap_or(f64::INFINITY)
}
