//! Splitting: by separators, by whitespace, by lines.
//!
//! Parts borrow from the text and stand in its order. Where `unicode` is false, the text is bytes:
//! they have less whitespace, and fewer ends of lines, than str.

use memchr::memmem;

use super::super::Result;
use super::super::unicode::{is_ascii_space, is_space};
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
    let space = run_of_space(text, unicode);
    (space, space + word(&text[space..], unicode))
}

/// How many bytes at the start are whitespace.
fn run_of_space(text: &[u8], unicode: bool) -> usize {
    if !unicode {
        return text.iter().position(|&byte| !is_byte_space(byte)).unwrap_or(text.len());
    }
    let mut at = 0;
    while at < text.len() {
        let (is, width) = space_at(&text[at..], unicode);
        if !is {
            break;
        }
        at += width;
    }
    at.min(text.len())
}

/// How many bytes at the start are not whitespace.
fn word(text: &[u8], unicode: bool) -> usize {
    if !unicode {
        return text.iter().position(|&byte| is_byte_space(byte)).unwrap_or(text.len());
    }
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|&byte| KINDS[byte as usize] != Lead::Other) {
        from += at;
        if space_at(&text[from..], true).0 {
            return from;
        }
        // What follows in the same character begins no whitespace.
        from += 1;
    }
    text.len()
}

/// What a byte of a text may begin.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lead {
    Space,
    /// Some characters that begin so are whitespace.
    Perhaps,
    Other,
}

static KINDS: [Lead; 256] = {
    let mut kinds = [Lead::Other; 256];
    let mut byte = 0;
    while byte < 0x80 {
        if is_ascii_space(byte as u8) {
            kinds[byte] = Lead::Space;
        }
        byte += 1;
    }
    // U+0085 and U+00A0; U+1680; U+2000 to U+205F; U+3000.
    kinds[0xc2] = Lead::Perhaps;
    kinds[0xe1] = Lead::Perhaps;
    kinds[0xe2] = Lead::Perhaps;
    kinds[0xe3] = Lead::Perhaps;
    kinds
};

/// Whether a text begins with whitespace, and how wide its first character is.
pub(super) fn space_at(text: &[u8], unicode: bool) -> (bool, usize) {
    let byte = text[0];
    if !unicode {
        return (is_byte_space(byte), 1);
    }
    match KINDS[byte as usize] {
        Lead::Space => (true, 1),
        Lead::Other if byte < 0x80 => (false, 1),
        Lead::Other => (false, decode(text).1),
        Lead::Perhaps => {
            let (point, width) = decode(text);
            (is_space(point), width)
        }
    }
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
        let (space, end) =
            if left > 0 { space_and_word(rest, unicode) } else { (run_of_space(rest, unicode), 0) };
        if space == rest.len() {
            return parts;
        }
        if left == 0 {
            // The last part keeps the whitespace inside it and after it.
            parts.push(&rest[space..]);
            return parts;
        }
        parts.push(&rest[space..end]);
        rest = &rest[end..];
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
    while let Some(more) = text[at..].iter().position(|&byte| ENDS[byte as usize]) {
        at += more;
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

/// The bytes that an end of a line may begin with.
static ENDS: [bool; 256] = {
    let mut ends = [false; 256];
    let leads = b"\n\r\x0b\x0c\x1c\x1d\x1e\xc2\xe2";
    let mut at = 0;
    while at < leads.len() {
        ends[leads[at] as usize] = true;
        at += 1;
    }
    ends
};

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
