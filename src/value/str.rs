//! Strings: immutable, compact, WTF-8.
//!
//! ```text
//!   Header | hash | len:u32 chars:u32 | bytes…                 ASCII
//!   Header | hash | len:u32 chars:u32 | crumbs | bytes…        WIDE: some char is not ASCII
//!   Header | hash | len:u32 chars:u32 | buffer | crumbs        SHARED: bytes live in a buffer
//! ```
//!
//! ASCII text is indexed in O(1). A wide string that is indexed grows *crumbs*, the byte offset
//! of every 64th char. Concatenation onto a string that itself came from concatenation moves to
//! a shared buffer with spare room: the next `s += x` appends there and makes only a header.
//! Strings of one ASCII char exist once per VM, so that comparing them compares addresses.

use std::cell::{Cell, UnsafeCell};

use super::kind::{Object, Tracer};
use crate::gc::{Gc, Header};
use crate::plain::wtf8;

pub const WIDE: u8 = 1;
pub const SHARED: u8 = 2;
/// Contains a lone surrogate: not valid UTF-8.
pub const SURROGATES: u8 = 4;
/// Exists once per content: equal interned strings are the same object.
pub const INTERNED: u8 = 8;
/// Came from a concatenation: the next one may move to a shared buffer.
pub const JOINED: u8 = 16;

/// Chars between two crumbs.
const STRIDE: usize = 64;

#[repr(C)]
pub struct Str {
    pub header: Header,
    /// 0 means not computed yet.
    hash: Cell<u64>,
    len: u32,
    chars: u32,
}

#[repr(C)]
pub struct StrBuffer {
    pub header: Header,
    /// Reserved once and never reallocated: strings point into it.
    pub bytes: UnsafeCell<Vec<u8>>,
}

/// Longest string, in bytes.
pub const MAX_LEN: usize = u32::MAX as usize - 1;

impl Str {
    /// Bytes of the object in front of inline text.
    pub const fn prefix(wide: bool) -> usize {
        size_of::<Str>() + if wide { 8 } else { 0 }
    }

    /// # Safety
    /// `this` is a fresh cell with room for the layout that its header flags announce.
    pub unsafe fn init(this: *mut Str, len: usize, chars: usize) {
        // SAFETY: by contract.
        unsafe {
            (*this).hash = Cell::new(0);
            (*this).len = len as u32;
            (*this).chars = chars as u32;
            let flags = (*this).header.flags;
            if flags & (SHARED | WIDE) != 0 {
                (*this).crumbs_slot().write(0);
            }
        }
    }

    #[inline(always)]
    fn tail(&self) -> *mut u64 {
        // The tail is part of the cell, behind the fixed fields.
        (self as *const Str).wrapping_add(1) as *mut u64
    }

    fn crumbs_slot(&self) -> *mut u64 {
        if self.header.flags & SHARED != 0 { self.tail().wrapping_add(1) } else { self.tail() }
    }

    /// The word that refers to the buffer of a SHARED string.
    pub fn buffer_slot(&self) -> *mut u64 {
        self.tail()
    }

    pub fn buffer(&self) -> Option<Gc<StrBuffer>> {
        if self.header.flags & SHARED == 0 {
            return None;
        }
        // SAFETY: a SHARED string keeps the address of its live buffer there.
        Some(unsafe { Gc::from_raw(*self.tail() as *mut StrBuffer) })
    }

    #[inline(always)]
    pub fn as_bytes(&self) -> &[u8] {
        let flags = self.header.flags;
        let data = if flags & SHARED != 0 {
            // SAFETY: the buffer holds at least `len` bytes and is never reallocated.
            unsafe { (*(*(*self.tail() as *mut StrBuffer)).bytes.get()).as_ptr() }
        } else {
            (self.tail() as *const u8).wrapping_add((flags & WIDE) as usize * 8)
        };
        // SAFETY: `len` bytes were written when the string was made.
        unsafe { std::slice::from_raw_parts(data, self.len as usize) }
    }

    /// The text, unless it holds lone surrogates.
    pub fn as_str(&self) -> Option<&str> {
        if self.header.flags & SURROGATES != 0 {
            return None;
        }
        // SAFETY: without surrogates WTF-8 is UTF-8; `Space::str` checked which it is.
        Some(unsafe { std::str::from_utf8_unchecked(self.as_bytes()) })
    }

    /// The text with lone surrogates replaced, for messages.
    pub fn lossy(&self) -> std::borrow::Cow<'_, str> {
        match self.as_str() {
            Some(text) => text.into(),
            None => String::from_utf8_lossy(self.as_bytes()),
        }
    }

    /// Length in bytes.
    #[inline(always)]
    pub fn byte_len(&self) -> usize {
        self.len as usize
    }

    /// Length in chars: what `len()` says.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.chars as usize
    }

    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline(always)]
    pub fn is_ascii(&self) -> bool {
        self.header.flags & WIDE == 0
    }

    #[inline(always)]
    pub fn is_interned(&self) -> bool {
        self.header.flags & INTERNED != 0
    }

    #[inline(always)]
    pub fn cached_hash(&self) -> u64 {
        self.hash.get()
    }

    #[inline(always)]
    pub fn set_hash(&self, hash: u64) {
        self.hash.set(hash);
    }

    /// Equality of content; cheap when either side is interned or the hashes are known.
    #[inline]
    pub fn equals(&self, other: &Str) -> bool {
        if std::ptr::eq(self, other) {
            return true;
        }
        if self.len != other.len || (self.header.flags & other.header.flags & INTERNED) != 0 {
            return false;
        }
        let (a, b) = (self.hash.get(), other.hash.get());
        if a != 0 && b != 0 && a != b {
            return false;
        }
        self.as_bytes() == other.as_bytes()
    }

    /// Byte offset of char `index` (which may be the length).
    pub fn offset(&self, index: usize) -> usize {
        if self.is_ascii() || index == 0 {
            return index;
        }
        if index >= self.len() {
            return self.byte_len();
        }
        let bytes = self.as_bytes();
        let (mut offset, mut at) = (0, 0);
        if self.len() > 2 * STRIDE {
            let crumbs = self.crumbs();
            offset = crumbs[index / STRIDE] as usize;
            at = index / STRIDE * STRIDE;
        }
        offset + wtf8::offset(&bytes[offset..], index - at).unwrap_or(0)
    }

    fn crumbs(&self) -> &[u32] {
        let slot = self.crumbs_slot();
        // SAFETY: the slot holds 0 or the address of a boxed vector owned by this string.
        unsafe {
            if *slot == 0 {
                let bytes = self.as_bytes();
                let mut crumbs = Vec::with_capacity(self.len() / STRIDE + 1);
                let mut offset = 0;
                while offset < bytes.len() {
                    crumbs.push(offset as u32);
                    let rest = &bytes[offset..];
                    offset += wtf8::offset(rest, STRIDE).unwrap_or(rest.len());
                }
                *slot = Box::into_raw(Box::new(crumbs)) as u64;
            }
            &*(*slot as *const Vec<u32>)
        }
    }
}

/// Bytes of the char that starts with this byte.
#[inline(always)]
pub fn char_width(first: u8) -> usize {
    match first {
        0..0x80 => 1,
        0x80..0xE0 => 2,
        0xE0..0xF0 => 3,
        _ => 4,
    }
}

impl Object for Str {
    fn trace(&self, marker: &mut Tracer<'_>) {
        if let Some(buffer) = self.buffer() {
            marker.object(buffer);
        }
    }

    const OWNS: bool = true;
    const OWNS_FLAGS: u8 = WIDE | SHARED;

    unsafe fn release(this: *mut Str) -> usize {
        // SAFETY: a dead string that is wide or shared: it has a crumbs word.
        unsafe {
            let slot = (*this).crumbs_slot();
            if *slot != 0 {
                drop(Box::from_raw(*slot as *mut Vec<u32>));
            }
        }
        0
    }
}

impl Object for StrBuffer {
    fn trace(&self, marker: &mut Tracer<'_>) {
        // SAFETY: read only; nobody appends during a collection.
        marker.external(unsafe { (*self.bytes.get()).capacity() });
    }

    const OWNS: bool = true;

    unsafe fn release(this: *mut StrBuffer) -> usize {
        // SAFETY: a dead buffer.
        unsafe {
            let bytes = std::mem::take(&mut *(*this).bytes.get());
            bytes.capacity()
        }
    }
}
