//! Text as WTF-8: code points, offsets, slices.
//!
//! A text is UTF-8 in which surrogates may stand, each as three bytes of its own; so every Python
//! string has one encoding, and the order of bytes is the order of code points. Searching and
//! splitting are in `search` and `split`, padding and stripping in `shape`. Nothing here panics on
//! bytes that are not WTF-8, though what it then answers means nothing.

mod search;
mod shape;
mod split;

pub use search::{count, find, partition, replace, rfind, rpartition};
pub use shape::{
    Side, center, expand_tabs, left, push_fill, push_padded, right, strip_chars, strip_space,
    translate, zfill,
};
pub use split::{rsplit, rsplit_space, split, split_lines, split_space};

use super::{Fault, MAX_BYTES, Result};

/// The first code point of a text that is not empty, and its width in bytes.
#[inline]
pub fn decode(text: &[u8]) -> (u32, usize) {
    let low = |byte: u8| u32::from(byte & 0x3f);
    match *text {
        [a, ..] if a < 0x80 => (u32::from(a), 1),
        [a, b, ..] if a < 0xe0 => (u32::from(a & 0x1f) << 6 | low(b), 2),
        [a, b, c, ..] if a < 0xf0 => (u32::from(a & 0x0f) << 12 | low(b) << 6 | low(c), 3),
        [a, b, c, d, ..] => (u32::from(a & 0x07) << 18 | low(b) << 12 | low(c) << 6 | low(d), 4),
        _ => (0xfffd, text.len().max(1)),
    }
}

/// The last code point of a text that is not empty, and its width in bytes.
#[inline]
pub fn decode_last(text: &[u8]) -> (u32, usize) {
    let mut start = text.len().saturating_sub(1);
    while start > 0 && is_continuation(text[start]) {
        start -= 1;
    }
    (decode(&text[start..]).0, text.len() - start)
}

#[inline]
fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// The code points of a text, surrogates included.
pub fn points(text: &[u8]) -> Points<'_> {
    Points { rest: text }
}

/// See [`points`].
#[derive(Debug, Clone)]
pub struct Points<'a> {
    rest: &'a [u8],
}

impl<'a> Points<'a> {
    /// What has not been visited yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl Iterator for Points<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        if self.rest.is_empty() {
            return None;
        }
        let (point, width) = decode(self.rest);
        self.rest = self.rest.get(width..).unwrap_or_default();
        Some(point)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.rest.len() / 4, Some(self.rest.len()))
    }
}

impl DoubleEndedIterator for Points<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<u32> {
        if self.rest.is_empty() {
            return None;
        }
        let (point, width) = decode_last(self.rest);
        self.rest = &self.rest[..self.rest.len() - width];
        Some(point)
    }
}

/// Appends a code point; what is beyond Unicode becomes U+FFFD.
#[inline]
pub fn push_point(out: &mut Vec<u8>, point: u32) {
    if let 0..0x80 = point {
        return out.push(point as u8);
    }
    let (bytes, width) = encode(point);
    match width {
        2 => out.extend_from_slice(&[bytes[0], bytes[1]]),
        _ => out.extend_from_slice(&bytes[..width]),
    }
}

/// A code point in WTF-8, and its width.
#[inline]
pub fn encode(point: u32) -> ([u8; 4], usize) {
    let tail = |shift: u32| 0x80 | (point >> shift & 0x3f) as u8;
    match point {
        0..=0x7f => ([point as u8, 0, 0, 0], 1),
        0x80..=0x7ff => ([0xc0 | (point >> 6) as u8, tail(0), 0, 0], 2),
        0x800..=0xffff => ([0xe0 | (point >> 12) as u8, tail(6), tail(0), 0], 3),
        0x10000..=0x10ffff => ([0xf0 | (point >> 18) as u8, tail(12), tail(6), tail(0)], 4),
        _ => ([0xef, 0xbf, 0xbd, 0], 3),
    }
}

const LOW: u64 = 0x0101_0101_0101_0101;

/// A one in each of eight bytes where a code point begins.
#[inline(always)]
fn starts(eight: [u8; 8]) -> u64 {
    let word = u64::from_le_bytes(eight);
    (!word >> 7 | word >> 6) & LOW
}

/// How many code points begin in eight bytes.
#[inline(always)]
fn starts_in(eight: [u8; 8]) -> usize {
    (starts(eight).wrapping_mul(LOW) >> 56) as usize
}

/// How many code points a text has.
#[inline]
pub fn len(text: &[u8]) -> usize {
    let (eights, few) = text.as_chunks::<8>();
    let mut count = 0;
    if eights.len() < 8 {
        for &eight in eights {
            count += starts_in(eight);
        }
    } else {
        // Counted in bytes, as long as none can overflow.
        for part in eights.chunks(255) {
            let mut counts = 0;
            for &eight in part {
                counts += starts(eight);
            }
            let pairs = (counts & 0x00ff_00ff_00ff_00ff) + (counts >> 8 & 0x00ff_00ff_00ff_00ff);
            count += (pairs.wrapping_mul(0x0001_0001_0001_0001) >> 48) as usize;
        }
    }
    for &byte in few {
        count += usize::from(!is_continuation(byte));
    }
    count
}

/// The offset in bytes of a code point; the number of code points gives the end of the text.
pub fn offset(text: &[u8], index: usize) -> Option<usize> {
    if index > text.len() {
        return None;
    }
    let (mut at, mut left) = (0, index);
    // Whole blocks first, then eight bytes at a time.
    while left >= 128 && at + 128 <= text.len() {
        left -= len(&text[at..at + 128]);
        at += 128;
    }
    while let Some(eight) = text.get(at..).and_then(|rest| rest.first_chunk()) {
        let starts = starts_in(*eight);
        if starts > left {
            break;
        }
        left -= starts;
        at += 8;
    }
    while at < text.len() && is_continuation(text[at]) {
        at += 1;
    }
    while left > 0 {
        if at >= text.len() {
            return None;
        }
        at += 1;
        while at < text.len() && is_continuation(text[at]) {
            at += 1;
        }
        left -= 1;
    }
    Some(at)
}

/// The index of the code point at an offset in bytes.
pub fn index_of(text: &[u8], offset: usize) -> usize {
    len(&text[..offset.min(text.len())])
}

/// The code point at an index.
pub fn point_at(text: &[u8], index: usize) -> Option<u32> {
    let at = offset(text, index)?;
    (at < text.len()).then(|| decode(&text[at..]).0)
}

/// The text from one code point up to another; indices beyond the end mean the end.
pub fn slice(text: &[u8], start: usize, stop: usize) -> &[u8] {
    if stop <= start {
        return &[];
    }
    let from = offset(text, start).unwrap_or(text.len());
    let rest = &text[from..];
    &rest[..offset(rest, stop - start).unwrap_or(rest.len())]
}

/// Every so manieth code point: `count` of them from `start` on, by `step`.
pub fn slice_step(text: &[u8], start: usize, step: isize, count: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(count);
    if count == 0 {
        return out;
    }
    let wanted = step.unsigned_abs().max(1);
    if step >= 0 {
        let from = offset(text, start).unwrap_or(text.len());
        points(&text[from..])
            .step_by(wanted)
            .take(count)
            .for_each(|point| push_point(&mut out, point));
    } else {
        let to = offset(text, start.saturating_add(1)).unwrap_or(text.len());
        points(&text[..to])
            .rev()
            .step_by(wanted)
            .take(count)
            .for_each(|point| push_point(&mut out, point));
    }
    out
}

/// The code points in reverse order.
pub fn reverse(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    points(text).rev().for_each(|point| push_point(&mut out, point));
    out
}

/// The text as a `str`, unless it holds surrogates.
pub fn as_str(text: &[u8]) -> Option<&str> {
    std::str::from_utf8(text).ok()
}

/// The offset of the first surrogate.
pub fn find_surrogate(text: &[u8]) -> Option<usize> {
    memchr::memchr_iter(0xed, text).find(|&at| text.get(at + 1).is_some_and(|&next| next >= 0xa0))
}

/// The text for display where surrogates are impossible: each becomes U+FFFD.
pub fn to_lossy(text: &[u8]) -> String {
    points(text).map(|point| char::from_u32(point).unwrap_or('\u{fffd}')).collect()
}

/// `separator.join(parts)`.
pub fn join(separator: &[u8], parts: &[&[u8]]) -> Result<Vec<u8>> {
    let gaps = separator.len().saturating_mul(parts.len().saturating_sub(1));
    let total = parts.iter().fold(gaps, |sum, part| sum.saturating_add(part.len()));
    if total > MAX_BYTES {
        return Err(Fault::memory());
    }
    let mut out = Vec::with_capacity(total);
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            out.extend_from_slice(separator);
        }
        out.extend_from_slice(part);
    }
    Ok(out)
}

/// `text * count`.
pub fn repeat(text: &[u8], count: usize) -> Result<Vec<u8>> {
    match text.len().checked_mul(count) {
        Some(total) if total <= MAX_BYTES => Ok(text.repeat(count)),
        _ => Err(Fault::memory()),
    }
}
