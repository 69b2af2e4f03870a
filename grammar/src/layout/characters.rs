//! Characters that belong to no token, and the plain ones they are mistaken for.

use crate::diagnostic::Diagnostic;
use crate::span::Span;

pub fn bad_character(c: char, at: Span) -> Diagnostic {
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
