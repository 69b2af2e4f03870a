//! Bytes to text.
//!
//! Each decoder copies what is right and asks [`Decoder::handle`] about the rest, always by the
//! widths that CPython reports: a script can see them in `start` and `end` of the error.

use super::super::repr::push_escape;
use super::super::wtf8::push_point;
use super::{CodecFault, Encoding, Handler, Order, PageId};

/// `data.decode(encoding, handler)`.
pub fn decode(data: &[u8], encoding: Encoding, handler: Handler) -> Result<Vec<u8>, CodecFault> {
    decode_prefix(data, encoding, handler, true).map(|(text, _)| text)
}

/// Decodes as far as possible; returns the text and how many bytes it took.
///
/// Unless the data is `complete`, a sequence cut off at its end is left for later, as a reader of a
/// stream wants it. The mark of a marked encoding is looked for at the start.
pub fn decode_prefix(
    data: &[u8],
    encoding: Encoding,
    handler: Handler,
    complete: bool,
) -> Result<(Vec<u8>, usize), CodecFault> {
    let (encoding, start) = resolve_mark(data, encoding);
    let mut decoder = Decoder { data, at: start, encoding, handler, complete, out: Vec::new() };
    match encoding {
        Encoding::Utf8 | Encoding::Utf8Sig => decoder.utf8()?,
        Encoding::Ascii => decoder.ascii()?,
        Encoding::Latin1 => {
            decoder.out = latin1(data);
            decoder.at = data.len();
        }
        Encoding::Page(page) => decoder.page(page)?,
        Encoding::Utf16(order) => decoder.utf16(order == Order::Big)?,
        Encoding::Utf32(order) => decoder.utf32(order == Order::Big)?,
        Encoding::UnicodeEscape => decoder.escapes(false)?,
        Encoding::RawUnicodeEscape => decoder.escapes(true)?,
    }
    Ok((decoder.out, decoder.at))
}

/// The encoding that a mark at the start tells (or the lack of one), and the width of the mark.
pub fn resolve_mark(data: &[u8], encoding: Encoding) -> (Encoding, usize) {
    match (encoding, data) {
        (Encoding::Utf8Sig, [0xef, 0xbb, 0xbf, ..]) => (Encoding::Utf8, 3),
        (Encoding::Utf16(Order::Marked), [0xff, 0xfe, ..]) => (Encoding::Utf16(Order::Little), 2),
        (Encoding::Utf16(Order::Marked), [0xfe, 0xff, ..]) => (Encoding::Utf16(Order::Big), 2),
        (Encoding::Utf32(Order::Marked), [0xff, 0xfe, 0, 0, ..]) => {
            (Encoding::Utf32(Order::Little), 4)
        }
        (Encoding::Utf32(Order::Marked), [0, 0, 0xfe, 0xff, ..]) => {
            (Encoding::Utf32(Order::Big), 4)
        }
        (Encoding::Utf16(Order::Marked), _) => (Encoding::Utf16(Order::Little), 0),
        (Encoding::Utf32(Order::Marked), _) => (Encoding::Utf32(Order::Little), 0),
        _ => (encoding, 0),
    }
}

pub(super) struct Decoder<'a> {
    pub(super) data: &'a [u8],
    pub(super) at: usize,
    encoding: Encoding,
    handler: Handler,
    complete: bool,
    pub(super) out: Vec<u8>,
}

/// The text of Latin-1.
pub fn latin1(data: &[u8]) -> Vec<u8> {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // Eight bytes are written wherever something begins.
    let mut out = vec![0; data.len() * 2 + 8];
    let mut at = 0;
    let (eights, few) = data.as_chunks::<8>();
    for eight in eights {
        let (mut rest, mut left) = (u64::from_le_bytes(*eight), 8);
        loop {
            out[at..at + 8].copy_from_slice(&rest.to_le_bytes());
            let plain = ((rest & HIGH).trailing_zeros() / 8) as usize;
            if plain >= left {
                at += left;
                break;
            }
            at += plain;
            let byte = (rest >> (plain * 8)) as u8;
            out[at..at + 2].copy_from_slice(&[0xc0 | byte >> 6, 0x80 | byte & 0x3f]);
            at += 2;
            left -= plain + 1;
            if left == 0 {
                break;
            }
            rest >>= (plain + 1) * 8;
        }
    }
    for &byte in few {
        let wide = !byte.is_ascii();
        let first = if wide { 0xc0 | byte >> 6 } else { byte };
        out[at..at + 2].copy_from_slice(&[first, 0x80 | byte & 0x3f]);
        at += 1 + usize::from(wide);
    }
    out.truncate(at);
    out
}

impl Decoder<'_> {
    pub(super) fn is_raw(&self) -> bool {
        self.encoding == Encoding::RawUnicodeEscape
    }

    fn utf8(&mut self) -> Result<(), CodecFault> {
        loop {
            let rest = &self.data[self.at..];
            let error = match std::str::from_utf8(rest) {
                Ok(text) => {
                    self.out.extend_from_slice(text.as_bytes());
                    self.at = self.data.len();
                    return Ok(());
                }
                Err(error) => error,
            };
            let valid = error.valid_up_to();
            self.out.extend_from_slice(&rest[..valid]);
            self.at += valid;
            let (width, reason) = match error.error_len() {
                None if !self.complete => return Ok(()),
                None => (rest.len() - valid, "unexpected end of data"),
                Some(width) if matches!(rest[valid], 0x80..=0xc1 | 0xf5..) => {
                    (width, "invalid start byte")
                }
                Some(width) => (width, "invalid continuation byte"),
            };
            self.handle(width, reason)?;
        }
    }

    fn ascii(&mut self) -> Result<(), CodecFault> {
        while self.at < self.data.len() {
            let rest = &self.data[self.at..];
            let plain = match rest.is_ascii() {
                true => rest.len(),
                false => rest.iter().position(|byte| !byte.is_ascii()).unwrap_or(rest.len()),
            };
            self.out.extend_from_slice(&rest[..plain]);
            self.at += plain;
            if plain < rest.len() {
                self.handle(1, "ordinal not in range(128)")?;
            }
        }
        Ok(())
    }

    fn page(&mut self, page: PageId) -> Result<(), CodecFault> {
        let table = page.table();
        while let Some(&byte) = self.data.get(self.at) {
            match table[byte as usize] {
                Some(c) => {
                    push_point(&mut self.out, c as u32);
                    self.at += 1;
                }
                None => self.handle(1, "character maps to <undefined>")?,
            }
        }
        Ok(())
    }

    fn unit16(&self, at: usize, big: bool) -> Option<u32> {
        let pair = [*self.data.get(at)?, *self.data.get(at + 1)?];
        Some(u32::from(if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }))
    }

    fn utf16(&mut self, big: bool) -> Result<(), CodecFault> {
        while self.at < self.data.len() {
            let left = self.data.len() - self.at;
            let Some(unit) = self.unit16(self.at, big) else {
                if !self.complete {
                    return Ok(());
                }
                self.handle(left, "truncated data")?;
                continue;
            };
            match (unit, self.unit16(self.at + 2, big)) {
                (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) => {
                    push_point(&mut self.out, 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
                    self.at += 4;
                }
                (0xd800..=0xdbff, None) if !self.complete => return Ok(()),
                (0xd800..=0xdbff, None) => self.handle(left, "unexpected end of data")?,
                (0xd800..=0xdbff, Some(_)) => self.handle(2, "illegal UTF-16 surrogate")?,
                (0xdc00..=0xdfff, _) => self.handle(2, "illegal encoding")?,
                _ => {
                    push_point(&mut self.out, unit);
                    self.at += 2;
                }
            }
        }
        Ok(())
    }

    fn unit32(&self, big: bool) -> Option<u32> {
        let four = *self.data.get(self.at..)?.first_chunk::<4>()?;
        Some(if big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) })
    }

    fn utf32(&mut self, big: bool) -> Result<(), CodecFault> {
        while self.at < self.data.len() {
            match self.unit32(big) {
                None if !self.complete => return Ok(()),
                None => self.handle(self.data.len() - self.at, "truncated data")?,
                Some(0xd800..=0xdfff) => {
                    self.handle(4, "code point in surrogate code point range(0xd800, 0xe000)")?;
                }
                Some(0x110000..) => self.handle(4, "code point not in range(0x110000)")?,
                Some(point) => {
                    push_point(&mut self.out, point);
                    self.at += 4;
                }
            }
        }
        Ok(())
    }

    /// Does about some bytes what the handler says, and goes on behind them.
    pub(super) fn handle(&mut self, width: usize, reason: &'static str) -> Result<(), CodecFault> {
        let bad = &self.data[self.at..self.at + width];
        let taken = match self.handler {
            Handler::Ignore => width,
            Handler::Replace => {
                push_point(&mut self.out, 0xfffd);
                width
            }
            Handler::BackslashReplace => {
                bad.iter().for_each(|&byte| push_escape(&mut self.out, u32::from(byte)));
                width
            }
            Handler::SurrogateEscape => {
                let escaped = bad.iter().take(4).take_while(|byte| !byte.is_ascii());
                let mut count = 0;
                for &byte in escaped {
                    push_point(&mut self.out, 0xdc00 + u32::from(byte));
                    count += 1;
                }
                count
            }
            Handler::SurrogatePass => self.surrogate(),
            Handler::Strict | Handler::XmlCharRefReplace => 0,
        };
        if taken > 0 {
            self.at += taken;
            return Ok(());
        }
        Err(CodecFault {
            encoding: self.encoding.name(),
            start: self.at,
            end: self.at + width,
            reason,
            wrong_handler: self.handler == Handler::XmlCharRefReplace,
        })
    }

    /// Takes a surrogate that is encoded like any code point, and returns its width.
    fn surrogate(&mut self) -> usize {
        let (point, width) = match self.encoding {
            Encoding::Utf8 | Encoding::Utf8Sig => match self.data[self.at..] {
                [0xed, b @ 0xa0..=0xbf, c @ 0x80..=0xbf, ..] => {
                    (0xd000 | u32::from(b & 0x3f) << 6 | u32::from(c & 0x3f), 3)
                }
                _ => return 0,
            },
            Encoding::Utf16(order) => (self.unit16(self.at, order == Order::Big).unwrap_or(0), 2),
            Encoding::Utf32(order) => (self.unit32(order == Order::Big).unwrap_or(0), 4),
            _ => return 0,
        };
        if !(0xd800..=0xdfff).contains(&point) {
            return 0;
        }
        push_point(&mut self.out, point);
        width
    }
}
