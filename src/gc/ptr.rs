//! `Gc<T>`: a typed reference to a heap object. Copied freely, one word, never null.
//!
//! The dereference is safe to write because of I2: whoever can name a `Gc` runs between two
//! safepoints, and what was reachable at the last one has not been freed since.

use std::ops::Deref;
use std::ptr::NonNull;

use super::Header;

/// A type that lives in the heap behind a `Header` of one fixed kind.
///
/// # Safety
/// `repr(C)`, the first field is a `Header`, and every object whose header says `KIND` was
/// allocated as this type.
pub unsafe trait HeapType {
    const KIND: u8;
}

#[repr(transparent)]
pub struct Gc<T>(NonNull<T>);

impl<T> Clone for Gc<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Gc<T> {}

impl<T> PartialEq for Gc<T> {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for Gc<T> {}

impl<T> std::hash::Hash for Gc<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<T> Gc<T> {
    /// # Safety
    /// `ptr` is a live object of type `T` in this VM's heap.
    #[inline(always)]
    pub unsafe fn from_raw(ptr: *mut T) -> Gc<T> {
        // SAFETY: live objects have non-null addresses.
        Gc(unsafe { NonNull::new_unchecked(ptr) })
    }

    #[inline(always)]
    pub fn as_ptr(self) -> *mut T {
        self.0.as_ptr()
    }

    #[inline(always)]
    pub fn header(self) -> *mut Header {
        self.0.as_ptr().cast()
    }

    #[inline(always)]
    pub fn address(self) -> usize {
        self.0.as_ptr() as usize
    }
}

impl<T> Deref for Gc<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: I2.
        unsafe { self.0.as_ref() }
    }
}

impl<T> std::fmt::Debug for Gc<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Gc({:p})", self.0)
    }
}
