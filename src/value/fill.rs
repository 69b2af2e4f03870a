//! Strings whose length is known before their bytes are: joins, replacements, changes of case.
//!
//! They are written where they will stay, without a buffer in between. `space.rs` makes all other
//! strings.

use super::str::{MAX_LEN, SURROGATES, WIDE};
use super::{Kind, Space, Str, T, Value};
use crate::gc::Gc;

/// Writes the bytes of a new string, piece by piece.
pub struct Filler {
    at: *mut u8,
    left: usize,
}

impl Filler {
    /// Appends a piece, for which there is room.
    #[inline(always)]
    pub fn put(&mut self, piece: &[u8]) {
        let len = piece.len();
        assert!(len <= self.left, "a string has room for what fills it");
        let (from, to) = (piece.as_ptr(), self.at);
        // SAFETY: the piece is readable, and the room was checked; the overlapping words of
        // short pieces stay inside both.
        unsafe {
            if len > 16 {
                std::ptr::copy_nonoverlapping(from, to, len);
            } else if len >= 8 {
                let (head, tail) = (from.cast::<u64>(), from.add(len - 8).cast::<u64>());
                let (head, tail) = (head.read_unaligned(), tail.read_unaligned());
                to.cast::<u64>().write_unaligned(head);
                to.add(len - 8).cast::<u64>().write_unaligned(tail);
            } else if len >= 4 {
                let (head, tail) = (from.cast::<u32>(), from.add(len - 4).cast::<u32>());
                let (head, tail) = (head.read_unaligned(), tail.read_unaligned());
                to.cast::<u32>().write_unaligned(head);
                to.add(len - 4).cast::<u32>().write_unaligned(tail);
            } else {
                for i in 0..len {
                    *to.add(i) = *from.add(i);
                }
            }
            self.at = to.add(len);
        }
        self.left -= len;
    }
}

/// Why values cannot be joined to a string.
pub enum JoinFault {
    /// The value at this place is none.
    NotText(usize),
    TooLong,
}

impl Space {
    /// The strings with a separator between them.
    pub fn str_joined(&self, separator: Gc<Str>, items: &[Value]) -> Result<Gc<Str>, JoinFault> {
        let text_of = |item: Value| item.cast::<Str>().or_else(|| self.unwrap(item).cast::<Str>());
        let gaps = items.len().saturating_sub(1);
        let mut len = separator.byte_len().checked_mul(gaps).ok_or(JoinFault::TooLong)?;
        let mut chars = separator.len() * gaps;
        let mut flags = if gaps > 0 { separator.header.flags } else { 0 };
        for (at, &item) in items.iter().enumerate() {
            let part = text_of(item).ok_or(JoinFault::NotText(at))?;
            len = len.saturating_add(part.byte_len());
            chars += part.len();
            flags |= part.header.flags;
        }
        let parts = || items.iter().filter_map(|&item| text_of(item));
        if len > MAX_LEN {
            return Err(JoinFault::TooLong);
        }
        if len <= 1 {
            let only = parts().chain([separator]).find(|part| !part.is_empty());
            return Ok(only.filter(|_| len == 1).unwrap_or(self.empty_str()));
        }
        let flags = flags & (WIDE | SURROGATES);
        Ok(self.str_filled(flags, len, chars, |filler| {
            for (at, part) in parts().enumerate() {
                if at > 0 && !separator.is_empty() {
                    filler.put(separator.as_bytes());
                }
                filler.put(part.as_bytes());
            }
        }))
    }

    /// A string of so many bytes that `fill` writes.
    fn str_filled(
        &self,
        flags: u8,
        len: usize,
        chars: usize,
        fill: impl FnOnce(&mut Filler),
    ) -> Gc<Str> {
        let prefix = Str::prefix(flags & WIDE != 0);
        // SAFETY: as in `raw_str`; the filler writes exactly the length.
        unsafe {
            let cell = self.heap.alloc(prefix + len, Kind::Str as u8, flags, T::Str.shape());
            Str::init(cell.cast(), len, chars);
            let mut filler = Filler { at: cell.cast::<u8>().add(prefix), left: len };
            fill(&mut filler);
            assert!(filler.left == 0, "a string is filled to its end");
            Gc::from_raw(cell.cast())
        }
    }

    /// A string of so many bytes and chars that `fill` writes, no lone surrogates among them.
    pub fn str_counted(&self, len: usize, chars: usize, fill: impl FnOnce(&mut Filler)) -> Gc<Str> {
        if chars == len {
            return self.str_ascii_filled(len, fill);
        }
        if chars > 1 {
            return self.str_filled(WIDE, len, chars, fill);
        }
        let mut only = [0; 4];
        fill(&mut Filler { at: only.as_mut_ptr(), left: len });
        self.str_wtf8(&only[..len])
    }

    /// A string of so many bytes that `fill` writes, all of them ASCII.
    pub fn str_ascii_filled(&self, len: usize, fill: impl FnOnce(&mut Filler)) -> Gc<Str> {
        if len > 1 {
            return self.str_filled(0, len, len, fill);
        }
        let mut byte = 0;
        let mut filler = Filler { at: &raw mut byte, left: len };
        fill(&mut filler);
        if len == 0 { self.empty_str() } else { self.char(byte & 0x7F) }
    }

    /// A copy of an ASCII string, changed in place to other ASCII.
    pub fn str_ascii_mapped(&self, text: Gc<Str>, map: impl FnOnce(&mut [u8])) -> Gc<Str> {
        debug_assert!(text.is_ascii());
        if let [byte] = *text.as_bytes() {
            let mut byte = [byte];
            map(&mut byte);
            return self.char(byte[0] & 0x7F);
        }
        if text.is_empty() {
            return text;
        }
        let copy = self.raw_str(text.as_bytes(), 0, text.byte_len());
        // SAFETY: nobody else has seen the string yet; its bytes follow the fixed part.
        unsafe {
            let bytes = copy.header().cast::<u8>().add(Str::prefix(false));
            map(std::slice::from_raw_parts_mut(bytes, text.byte_len()));
        }
        copy
    }
}
