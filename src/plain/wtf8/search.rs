//! Searching: find, count, replace, partition.
//!
//! Offsets are in bytes. A match of bytes is a match of code points, because no code point's
//! encoding is found inside another's; so all of this serves bytes too, where an empty needle
//! is not concerned.

use memchr::memmem;

use super::super::{Fault, MAX_BYTES, Result};
use super::{decode, len};

/// The offset of the first occurrence.
#[inline]
pub fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    match *needle {
        [] => Some(0),
        [byte] => memchr::memchr(byte, text),
        _ => find_by_last(text, needle),
    }
}

/// Looks for the last byte of a needle, which differs most among texts in one script, as long as
/// that seldom misleads: preparing a search that nothing misleads takes longer than a short one.
fn find_by_last(text: &[u8], needle: &[u8]) -> Option<usize> {
    const PATIENCE: usize = 8;
    let last = needle.len() - 1;
    let mut from = 0;
    for _ in 0..PATIENCE {
        let at = from + memchr::memchr(needle[last], text.get(from + last..)?)?;
        if text[at..].starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
    memmem::find(&text[from..], needle).map(|at| from + at)
}

/// The offset of the last occurrence.
#[inline]
pub fn rfind(text: &[u8], needle: &[u8]) -> Option<usize> {
    match *needle {
        [] => Some(text.len()),
        [byte] => memchr::memrchr(byte, text),
        _ => memmem::rfind(text, needle),
    }
}

/// `text.count(needle)`, without overlaps; an empty needle is found around every code point.
pub fn count(text: &[u8], needle: &[u8]) -> usize {
    match *needle {
        [] => len(text) + 1,
        [byte] => memchr::memchr_iter(byte, text).count(),
        _ => memmem::find_iter(text, needle).count(),
    }
}

/// `text.replace(old, new, max)`; `None` if nothing changes.
pub fn replace(text: &[u8], old: &[u8], new: &[u8], max: Option<usize>) -> Result<Option<Vec<u8>>> {
    let max = max.unwrap_or(usize::MAX);
    if old == new || max == 0 {
        return Ok(None);
    }
    if old.is_empty() {
        return interleave(text, new, max).map(Some);
    }
    let finder = memmem::Finder::new(old);
    let times = match *old {
        [byte] => memchr::memchr_iter(byte, text).count(),
        _ => finder.find_iter(text).count(),
    };
    let times = times.min(max);
    if times == 0 {
        return Ok(None);
    }
    let kept = text.len() - times * old.len();
    let mut out = with_room(kept, new.len(), times)?;
    let mut from = 0;
    let mut put = |at: usize| {
        out.extend_from_slice(&text[from..at]);
        out.extend_from_slice(new);
        from = at + old.len();
    };
    match *old {
        [byte] => memchr::memchr_iter(byte, text).take(times).for_each(&mut put),
        _ => finder.find_iter(text).take(times).for_each(&mut put),
    }
    out.extend_from_slice(&text[from..]);
    Ok(Some(out))
}

fn with_room(kept: usize, each: usize, times: usize) -> Result<Vec<u8>> {
    let total = each.saturating_mul(times).saturating_add(kept);
    if total > MAX_BYTES {
        return Err(Fault::memory());
    }
    Ok(Vec::with_capacity(total))
}

/// Puts a text before every code point and at the end.
fn interleave(text: &[u8], new: &[u8], max: usize) -> Result<Vec<u8>> {
    let times = max.min(len(text) + 1);
    let mut out = with_room(text.len(), new.len(), times)?;
    let mut at = 0;
    for _ in 0..times {
        out.extend_from_slice(new);
        if at < text.len() {
            let width = decode(&text[at..]).1;
            out.extend_from_slice(&text[at..at + width]);
            at += width;
        }
    }
    out.extend_from_slice(&text[at..]);
    Ok(out)
}

/// `text.partition(separator)`: what stands before and after the first one.
pub fn partition<'a>(text: &'a [u8], separator: &[u8]) -> Result<Option<(&'a [u8], &'a [u8])>> {
    check_separator(separator)?;
    Ok(find(text, separator).map(|at| (&text[..at], &text[at + separator.len()..])))
}

/// `text.rpartition(separator)`: what stands before and after the last one.
pub fn rpartition<'a>(text: &'a [u8], separator: &[u8]) -> Result<Option<(&'a [u8], &'a [u8])>> {
    check_separator(separator)?;
    Ok(rfind(text, separator).map(|at| (&text[..at], &text[at + separator.len()..])))
}

pub(super) fn check_separator(separator: &[u8]) -> Result<()> {
    if separator.is_empty() { Err(Fault::value("empty separator")) } else { Ok(()) }
}
