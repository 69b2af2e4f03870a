//! Shaping: padding, stripping, tabs, translation.
//!
//! Widths are in code points. The functions that pad take the length of the text from the caller,
//! who knows it, and append to a `Vec`.

use super::super::{Fault, MAX_BYTES, Result};
use super::split::{back_run, space_at};
use super::{encode, points};

/// Which end of a text is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
    Both,
}

/// `text.strip()`, `lstrip`, `rstrip`; `unicode` is false for bytes.
pub fn strip_space(text: &[u8], side: Side, unicode: bool) -> &[u8] {
    let mut text = text;
    if side != Side::Right {
        while !text.is_empty() {
            let (space, width) = space_at(text, unicode);
            if !space {
                break;
            }
            text = text.get(width..).unwrap_or_default();
        }
    }
    if side != Side::Left {
        text = &text[..text.len() - back_run(text, unicode, true)];
    }
    text
}

/// `text.strip(chars)`, `lstrip`, `rstrip`; `unicode` is false for bytes.
pub fn strip_chars<'a>(text: &'a [u8], chars: &[u8], side: Side, unicode: bool) -> &'a [u8] {
    if !unicode || (text.is_ascii() && chars.is_ascii()) {
        let listed = |byte: &u8| memchr::memchr(*byte, chars).is_some();
        let start = match side {
            Side::Right => 0,
            _ => text.iter().position(|byte| !listed(byte)).unwrap_or(text.len()),
        };
        let end = match side {
            Side::Left => text.len(),
            _ => text[start..]
                .iter()
                .rposition(|byte| !listed(byte))
                .map_or(start, |at| start + at + 1),
        };
        return &text[start..end];
    }
    let listed = |point: u32| points(chars).any(|one| one == point);
    let mut rest = points(text);
    if side != Side::Right {
        while rest.clone().next().is_some_and(listed) {
            rest.next();
        }
    }
    if side != Side::Left {
        while rest.clone().next_back().is_some_and(listed) {
            rest.next_back();
        }
    }
    rest.rest()
}

/// `text.ljust(width, fill)`; `len` is the number of code points.
pub fn left(text: &[u8], len: usize, width: usize, fill: u32) -> Result<Vec<u8>> {
    pad(text, 0, width.saturating_sub(len), fill)
}

/// `text.rjust(width, fill)`.
pub fn right(text: &[u8], len: usize, width: usize, fill: u32) -> Result<Vec<u8>> {
    pad(text, width.saturating_sub(len), 0, fill)
}

/// `text.center(width, fill)`: an odd space goes left in odd widths, else right.
pub fn center(text: &[u8], len: usize, width: usize, fill: u32) -> Result<Vec<u8>> {
    let margin = width.saturating_sub(len);
    let before = margin / 2 + (margin & width & 1);
    pad(text, before, margin - before, fill)
}

fn pad(text: &[u8], before: usize, after: usize, fill: u32) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    push_padded(&mut out, text, before, after, fill)?;
    Ok(out)
}

/// Appends a text with so many fill characters on either side.
pub fn push_padded(
    out: &mut Vec<u8>,
    text: &[u8],
    before: usize,
    after: usize,
    fill: u32,
) -> Result<()> {
    if before.saturating_add(after) > MAX_BYTES / encode(fill).1 {
        return Err(Fault::memory());
    }
    push_fill(out, fill, before);
    out.extend_from_slice(text);
    push_fill(out, fill, after);
    Ok(())
}

/// Appends a code point so many times.
pub fn push_fill(out: &mut Vec<u8>, fill: u32, count: usize) {
    if fill < 0x80 {
        out.resize(out.len() + count, fill as u8);
    } else {
        let (bytes, width) = encode(fill);
        for _ in 0..count {
            out.extend_from_slice(&bytes[..width]);
        }
    }
}

/// `text.zfill(width)`: zeros after the sign.
pub fn zfill(text: &[u8], len: usize, width: usize) -> Result<Vec<u8>> {
    let zeros = width.saturating_sub(len);
    let mut out = pad(text, zeros, 0, u32::from(b'0'))?;
    if zeros > 0
        && let Some(&sign @ (b'+' | b'-')) = text.first()
    {
        out[0] = sign;
        out[zeros] = b'0';
    }
    Ok(out)
}

/// `text.expandtabs(size)`; `unicode` is false for bytes.
pub fn expand_tabs(text: &[u8], size: usize, unicode: bool) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut column = 0usize;
    for &byte in text {
        match byte {
            b'\t' => {
                let spaces = if size > 0 { size - column % size } else { 0 };
                if out.len().saturating_add(spaces) > MAX_BYTES {
                    return Err(Fault::overflow("result too long"));
                }
                out.resize(out.len() + spaces, b' ');
                column += spaces;
            }
            _ => {
                out.push(byte);
                if matches!(byte, b'\n' | b'\r') {
                    column = 0;
                } else if !unicode || byte & 0xc0 != 0x80 {
                    column += 1;
                }
            }
        }
    }
    Ok(out)
}

/// `text.translate(table)`: asks for every code point what to append instead of it.
pub fn translate<E>(
    text: &[u8],
    mut replace: impl FnMut(&mut Vec<u8>, u32) -> std::result::Result<(), E>,
) -> std::result::Result<Vec<u8>, E> {
    let mut out = Vec::with_capacity(text.len());
    for point in points(text) {
        replace(&mut out, point)?;
    }
    Ok(out)
}
