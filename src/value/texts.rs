//! The strings of a `Space`: how they are made, joined, shared and hashed.

use std::cell::UnsafeCell;

use super::kind::{Kind, Tracer};
use super::str::{INTERNED, JOINED, MAX_LEN, SHARED, SURROGATES, WIDE};
use super::{Space, Str, StrBuffer, T, Value};
use crate::gc::Gc;
use crate::plain::wtf8;

impl Space {
    pub(super) fn raw_str(&self, bytes: &[u8], flags: u8, chars: usize) -> Gc<Str> {
        let prefix = Str::prefix(flags & WIDE != 0);
        // SAFETY: the cell has room for prefix and bytes, all of which are written.
        unsafe {
            let cell =
                self.heap.alloc(prefix + bytes.len(), Kind::Str as u8, flags, T::Str.shape());
            Str::init(cell.cast(), bytes.len(), chars);
            let text = cell.cast::<u8>().add(prefix);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), text, bytes.len());
            Gc::from_raw(cell.cast())
        }
    }

    pub fn empty_str(&self) -> Gc<Str> {
        self.empty_str.get().expect("made at the start")
    }

    /// The string of one ASCII char.
    #[inline(always)]
    pub fn char(&self, byte: u8) -> Gc<Str> {
        self.chars[byte as usize]
    }

    /// The string of one char.
    #[inline]
    pub fn str_of_char(&self, bytes: &[u8]) -> Gc<Str> {
        match bytes {
            [byte @ 0..0x80] => self.char(*byte),
            _ => self.str_wtf8(bytes),
        }
    }

    /// A string from WTF-8 bytes.
    pub fn str_wtf8(&self, bytes: &[u8]) -> Gc<Str> {
        match bytes {
            [] => self.empty_str(),
            [byte @ 0..0x80] => self.char(*byte),
            // Another char of Latin-1.
            [lead @ (0xC2 | 0xC3), low] => {
                self.chars[usize::from(lead & 3) << 6 | usize::from(low & 0x3F)]
            }
            // Any other one.
            [0xC4..=0xDF, _] | [0xE0..=0xEC | 0xEE | 0xEF, _, _] | [0xF0..=0xFF, _, _, _] => {
                self.raw_str(bytes, WIDE, 1)
            }
            _ if bytes.is_ascii() => self.raw_str(bytes, 0, bytes.len()),
            _ => {
                let (chars, surrogates) = measure(bytes);
                self.raw_str(bytes, WIDE | if surrogates { SURROGATES } else { 0 }, chars)
            }
        }
    }

    /// A string of so many characters from valid UTF-8 that is not ASCII.
    pub fn str_wide(&self, bytes: &[u8], chars: usize) -> Gc<Str> {
        debug_assert!(!bytes.is_ascii() && measure(bytes) == (chars, false));
        self.raw_str(bytes, WIDE, chars)
    }

    pub fn str(&self, text: &str) -> Gc<Str> {
        self.str_wtf8(text.as_bytes())
    }

    /// A string from bytes that are known to be ASCII.
    #[inline]
    pub fn str_ascii(&self, bytes: &[u8]) -> Gc<Str> {
        match bytes {
            [] => self.empty_str(),
            [byte] => self.char(*byte),
            _ => self.raw_str(bytes, 0, bytes.len()),
        }
    }

    pub fn str_value(&self, text: &str) -> Value {
        Value::object(self.str(text))
    }

    /// The bytes of `of` from `start` to `end`, which are char boundaries.
    pub fn substr(&self, of: Gc<Str>, start: usize, end: usize) -> Gc<Str> {
        if start == 0 && end == of.byte_len() {
            return of;
        }
        self.str_part(of, &of.as_bytes()[start..end])
    }

    /// A string from a part of another one's bytes: it has lone surrogates only if that has.
    #[inline(always)]
    pub fn str_part(&self, of: Gc<Str>, bytes: &[u8]) -> Gc<Str> {
        if of.is_ascii() { self.str_ascii(bytes) } else { self.wide_part(of, bytes) }
    }

    #[inline(never)]
    fn wide_part(&self, of: Gc<Str>, bytes: &[u8]) -> Gc<Str> {
        if bytes.len() <= 4 || of.header.flags & SURROGATES != 0 {
            return self.str_wtf8(bytes);
        }
        let chars = wtf8::len(bytes);
        self.raw_str(bytes, if chars == bytes.len() { 0 } else { WIDE }, chars)
    }

    /// As `substr`, where it is known how many chars these are.
    pub fn substr_of_chars(&self, of: Gc<Str>, start: usize, end: usize, chars: usize) -> Gc<Str> {
        if start == 0 && end == of.byte_len() {
            return of;
        }
        let bytes = &of.as_bytes()[start..end];
        if chars == bytes.len() {
            self.str_ascii(bytes)
        } else if chars == 1 || of.header.flags & SURROGATES != 0 {
            self.str_wtf8(bytes)
        } else {
            self.str_wide(bytes, chars)
        }
    }

    /// `a + b`. A left side that is itself a concatenation moves to a shared buffer, so that a
    /// loop of `+=` is linear.
    pub fn concat(&self, a: Gc<Str>, b: Gc<Str>) -> Option<Gc<Str>> {
        if a.is_empty() {
            return Some(b);
        }
        if b.is_empty() {
            return Some(a);
        }
        let len = a.byte_len() + b.byte_len();
        if len > MAX_LEN {
            return None;
        }
        let seam = a.header.flags & b.header.flags & SURROGATES != 0;
        let mut flags = (a.header.flags | b.header.flags) & (WIDE | SURROGATES) | JOINED;
        let chars = a.len() + b.len();
        if seam {
            // Two halves of a surrogate pair may meet and become one char.
            return Some(self.str_wtf8(&[a.as_bytes(), b.as_bytes()].concat()));
        }
        if let Some(buffer) = a.buffer() {
            // SAFETY: nobody borrows the bytes, and appending within capacity moves nothing.
            let bytes = unsafe { &mut *buffer.bytes.get() };
            if bytes.len() == a.byte_len() && bytes.capacity() >= len {
                bytes.extend_from_slice(b.as_bytes());
                return Some(self.shared_str(buffer, flags, len, chars));
            }
        }
        if a.header.flags & JOINED != 0 && len >= 64 {
            let capacity = (len * 2).min(MAX_LEN);
            let mut bytes = Vec::with_capacity(capacity);
            bytes.extend_from_slice(a.as_bytes());
            bytes.extend_from_slice(b.as_bytes());
            self.heap.charge(capacity);
            let buffer =
                self.new_object(0, 0, |header| StrBuffer { header, bytes: UnsafeCell::new(bytes) });
            return Some(self.shared_str(buffer, flags, len, chars));
        }
        flags &= !SHARED;
        let prefix = Str::prefix(flags & WIDE != 0);
        // SAFETY: as in `raw_str`.
        unsafe {
            let cell = self.heap.alloc(prefix + len, Kind::Str as u8, flags, T::Str.shape());
            Str::init(cell.cast(), len, chars);
            let text = cell.cast::<u8>().add(prefix);
            std::ptr::copy_nonoverlapping(a.as_bytes().as_ptr(), text, a.byte_len());
            let rest = text.add(a.byte_len());
            std::ptr::copy_nonoverlapping(b.as_bytes().as_ptr(), rest, b.byte_len());
            Some(Gc::from_raw(cell.cast()))
        }
    }

    fn shared_str(&self, buffer: Gc<StrBuffer>, flags: u8, len: usize, chars: usize) -> Gc<Str> {
        // SAFETY: room for the fixed part and two words, all written.
        unsafe {
            let cell = self.heap.alloc(
                size_of::<Str>() + 16,
                Kind::Str as u8,
                flags | SHARED,
                T::Str.shape(),
            );
            Str::init(cell.cast(), len, chars);
            let text = Gc::<Str>::from_raw(cell.cast());
            *text.buffer_slot() = buffer.address() as u64;
            text
        }
    }

    /// The one string with this content that identifiers use.
    pub fn intern(&self, text: &str) -> Gc<Str> {
        self.intern_wtf8(text.as_bytes())
    }

    pub fn intern_wtf8(&self, bytes: &[u8]) -> Gc<Str> {
        if let [byte @ 0..0x80] = bytes {
            return self.char(*byte);
        }
        if bytes.is_empty() {
            return self.empty_str();
        }
        let hash = self.bytes_hash(bytes);
        if let Some(text) = self.interned.borrow().find(hash, bytes) {
            return text;
        }
        let (chars, surrogates) = measure(bytes);
        let mut flags = INTERNED;
        if chars != bytes.len() {
            flags |= WIDE;
        }
        if surrogates {
            flags |= SURROGATES;
        }
        let text = self.raw_str(bytes, flags, chars);
        text.set_hash(hash);
        self.interned.borrow_mut().add(text);
        text
    }

    /// The interned twin of a string.
    pub fn intern_str(&self, text: Gc<Str>) -> Gc<Str> {
        if text.is_interned() { text } else { self.intern_wtf8(text.as_bytes()) }
    }

    /// Marking is complete: nothing refers to what was not reached.
    pub fn clear(&self, tracer: &Tracer<'_>) {
        self.finals.clear(tracer);
        self.interned.borrow_mut().clear(tracer);
    }

    #[inline]
    pub fn str_hash(&self, text: Gc<Str>) -> u64 {
        let hash = text.cached_hash();
        if hash != 0 {
            return hash;
        }
        let hash = self.bytes_hash(text.as_bytes());
        text.set_hash(hash);
        hash
    }

    /// Seeded hash of bytes; never 0 (which means "not computed") nor -1.
    pub fn bytes_hash(&self, bytes: &[u8]) -> u64 {
        match crate::plain::hash::bytes(self.seed, bytes) as u64 {
            0 => 1,
            u64::MAX => u64::MAX - 1,
            hash => hash,
        }
    }
}

/// Number of chars, and whether there is a lone surrogate among them.
fn measure(bytes: &[u8]) -> (usize, bool) {
    (wtf8::len(bytes), wtf8::find_surrogate(bytes).is_some())
}
