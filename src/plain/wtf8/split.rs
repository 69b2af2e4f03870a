//! Splitting: by separators, by whitespace, by lines.
//!
//! Parts borrow from the text and stand in its order. Where `unicode` is false, the text is bytes:
//! they have less whitespace, and fewer ends of lines, than str.

use memchr::memmem;

use super::super::Result;
use super::super::unicode::is_space;
use super::decode;
use super::search::{check_separator, rfind};

/// `text.split(separator, max)`.
pub fn split<'a>(text: &'a [u8], separator: &[u8], max: Option<usize>) -> Result<Vec<&'a [u8]>> {
    check_separator(separator)?;
    let mut left = max.unwrap_or(usize::MAX);
    let (mut parts, mut from) = (Vec::new(), 0);
    let mut cut = |at: usize| {
        if left == 0 {
            return false;
        }
        left -= 1;
        parts.push(&text[from..at]);
        from = at + separator.len();
        true
    };
    match *separator {
        [byte] => _ = memchr::memchr_iter(byte, text).all(&mut cut),
        _ => _ = memmem::find_iter(text, separator).all(&mut cut),
    }
    parts.push(&text[from..]);
    Ok(parts)
}

/// `text.rsplit(separator, max)`, in the order of the text.
pub fn rsplit<'a>(text: &'a [u8], separator: &[u8], max: Option<usize>) -> Result<Vec<&'a [u8]>> {
    check_separator(separator)?;
    let mut left = max.unwrap_or(usize::MAX);
    let (mut parts, mut rest) = (Vec::new(), text);
    while left > 0
        && let Some(at) = rfind(rest, separator)
    {
        parts.push(&rest[at + separator.len()..]);
        rest = &rest[..at];
        left -= 1;
    }
    parts.push(rest);
    parts.reverse();
    Ok(parts)
}

/// The width of the whitespace a text begins with, and of the word after it.
fn space_and_word(text: &[u8], unicode: bool) -> (usize, usize) {
    let space = run(text, unicode, true);
    (space, run(&text[space..], unicode, false))
}

/// How many bytes at the start are (or are not) whitespace.
fn run(text: &[u8], unicode: bool, wanted: bool) -> usize {
    let mut at = 0;
    while at < text.len() {
        let (is, width) = space_at(&text[at..], unicode);
        if is != wanted {
            break;
        }
        at += width;
    }
    at.min(text.len())
}

/// Whether a text begins with whitespace, and how wide its first character is.
pub(super) fn space_at(text: &[u8], unicode: bool) -> (bool, usize) {
    let byte = text[0];
    if !unicode {
        return (is_byte_space(byte), 1);
    }
    if byte < 0x80 {
        return (is_space(u32::from(byte)), 1);
    }
    let (point, width) = decode(text);
    (is_space(point), width)
}

/// The whitespace of bytes lacks the four separators that str has.
pub(super) fn is_byte_space(byte: u8) -> bool {
    matches!(byte, b' ' | 0x09..=0x0d)
}

/// `text.split(None, max)`: by runs of whitespace, none at the ends.
///
/// `unicode` is false for bytes.
pub fn split_space(text: &[u8], max: Option<usize>, unicode: bool) -> Vec<&[u8]> {
    let mut left = max.unwrap_or(usize::MAX);
    let (mut parts, mut rest) = (Vec::new(), text);
    loop {
        let (space, word) =
            if left > 0 { space_and_word(rest, unicode) } else { (run(rest, unicode, true), 0) };
        rest = &rest[space..];
        if rest.is_empty() {
            return parts;
        }
        if left == 0 {
            // The last part keeps the whitespace inside it and after it.
            parts.push(rest);
            return parts;
        }
        parts.push(&rest[..word]);
        rest = &rest[word..];
        left -= 1;
    }
}

/// `text.rsplit(None, max)`, in the order of the text.
pub fn rsplit_space(text: &[u8], max: Option<usize>, unicode: bool) -> Vec<&[u8]> {
    let mut left = max.unwrap_or(usize::MAX);
    let (mut parts, mut rest) = (Vec::new(), text);
    loop {
        rest = &rest[..rest.len() - back_run(rest, unicode, true)];
        if rest.is_empty() {
            break;
        }
        if left == 0 {
            parts.push(rest);
            break;
        }
        let word = back_run(rest, unicode, false);
        parts.push(&rest[rest.len() - word..]);
        rest = &rest[..rest.len() - word];
        left -= 1;
    }
    parts.reverse();
    parts
}

/// How many bytes at the end are (or are not) whitespace.
pub(super) fn back_run(text: &[u8], unicode: bool, wanted: bool) -> usize {
    let mut end = text.len();
    while end > 0 {
        let width = if unicode { super::decode_last(&text[..end]).1 } else { 1 };
        if space_at(&text[end - width..end], unicode).0 != wanted {
            break;
        }
        end -= width;
    }
    text.len() - end
}

/// `text.splitlines(keep_ends)`; `unicode` is false for bytes, whose lines end in CR or LF only.
pub fn split_lines(text: &[u8], keep_ends: bool, unicode: bool) -> Vec<&[u8]> {
    let (mut lines, mut from, mut at) = (Vec::new(), 0, 0);
    while at < text.len() {
        let end = line_end(&text[at..], unicode);
        if end == 0 {
            at += 1;
            continue;
        }
        lines.push(&text[from..if keep_ends { at + end } else { at }]);
        at += end;
        from = at;
    }
    if from < text.len() {
        lines.push(&text[from..]);
    }
    lines
}

/// The width of the line end a text begins with, or 0.
fn line_end(text: &[u8], unicode: bool) -> usize {
    match *text {
        [b'\r', b'\n', ..] => 2,
        [b'\n' | b'\r', ..] => 1,
        [0x0b | 0x0c | 0x1c..=0x1e, ..] if unicode => 1,
        [0xc2, 0x85, ..] if unicode => 2,
        [0xe2, 0x80, 0xa8 | 0xa9, ..] if unicode => 3,
        _ => 0,
    }
}
