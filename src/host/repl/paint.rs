//! Colours for what is typed, and for prompts.

use std::borrow::Cow;

use sloop_grammar::{Paint, paint};

/// Longer texts are not worth the time at every key.
const LONG: usize = 20_000;

const OFF: &str = "\x1b[0m";

fn style(paint: Paint) -> Option<&'static str> {
    match paint {
        Paint::Keyword => Some("\x1b[1;34m"),
        Paint::Constant => Some("\x1b[1;36m"),
        Paint::Number => Some("\x1b[33m"),
        Paint::Text => Some("\x1b[32m"),
        Paint::Comment => Some("\x1b[90m"),
        Paint::Wrong => Some("\x1b[31m"),
        Paint::Name | Paint::Bracket | Paint::Operator => None,
    }
}

/// A text with colours; the brackets at the cursor stand out.
pub fn colored(text: &str, cursor: Option<usize>) -> Cow<'_, str> {
    if text.len() > LONG {
        return Cow::Borrowed(text);
    }
    let pieces = paint(text);
    let brackets: Vec<(usize, u8)> = pieces
        .iter()
        .filter(|(_, kind)| *kind == Paint::Bracket)
        .map(|(span, _)| (span.start as usize, text.as_bytes()[span.start as usize]))
        .collect();
    let pair = cursor.and_then(|at| matching(&brackets, at));
    let mut out = String::with_capacity(text.len() * 2);
    let mut done = 0;
    for (span, kind) in pieces {
        let (start, end) = (span.start as usize, span.end as usize);
        if start < done || end > text.len() {
            continue;
        }
        out.push_str(&text[done..start]);
        let is_paired = pair.is_some_and(|(a, b)| start == a || start == b);
        let style = if is_paired { Some("\x1b[1;35m") } else { style(kind) };
        match style {
            // Editors count columns line by line: a style does not run on.
            Some(style) => {
                for (i, line) in text[start..end].split('\n').enumerate() {
                    if i > 0 {
                        out.push('\n');
                    }
                    if !line.is_empty() {
                        out.push_str(style);
                        out.push_str(line);
                        out.push_str(OFF);
                    }
                }
            }
            None => out.push_str(&text[start..end]),
        }
        done = end;
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// The bracket at the cursor, or before it, and its partner.
fn matching(brackets: &[(usize, u8)], cursor: usize) -> Option<(usize, usize)> {
    let at = |place: usize| brackets.iter().position(|&(start, _)| start == place);
    let nth = at(cursor).or_else(|| at(cursor.checked_sub(1)?))?;
    let is_open = |byte: u8| matches!(byte, b'(' | b'[' | b'{');
    let (place, kind) = brackets[nth];
    let partner = match kind {
        b'(' => b')',
        b'[' => b']',
        b'{' => b'}',
        b')' => b'(',
        b']' => b'[',
        _ => b'{',
    };
    let mut depth = 0;
    let opens = is_open(kind);
    let mut rest: Box<dyn Iterator<Item = &(usize, u8)>> = match opens {
        true => Box::new(brackets[nth..].iter()),
        false => Box::new(brackets[..=nth].iter().rev()),
    };
    rest.find_map(|&(start, byte)| {
        depth += if is_open(byte) == opens { 1 } else { -1 };
        (depth == 0).then_some((start, byte))
    })
    .filter(|&(_, byte)| byte == partner)
    .map(|(start, _)| (place, start))
}

pub fn prompt(text: &str) -> String {
    format!("\x1b[1;32m{text}{OFF}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bare(text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('\x1b') {
            out.push_str(&rest[..at]);
            rest = rest[at..].split_once('m').map_or("", |(_, rest)| rest);
        }
        out + rest
    }

    #[test]
    fn colours_change_no_character() {
        for text in ["def f(x): return 'a' # b", "'''a\nb", "é = f'{x!r:>{w}}'", "(", "]", "\t$"] {
            for cursor in 0..=text.len() {
                assert_eq!(bare(&colored(text, Some(cursor))), text);
            }
        }
    }

    #[test]
    fn partners_are_found() {
        let brackets = [(0, b'('), (1, b'['), (3, b']'), (4, b')')];
        assert_eq!(matching(&brackets, 0), Some((0, 4)));
        assert_eq!(matching(&brackets, 5), Some((4, 0)));
        assert_eq!(matching(&brackets, 3), Some((3, 1)));
        assert_eq!(matching(&[(0, b'('), (1, b']')], 0), None);
    }
}
