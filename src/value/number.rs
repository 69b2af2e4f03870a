//! Numbers that do not fit into the word: big integers and complex numbers.

use dashu_int::IBig;

use super::kind::{Object, Tracer};
use crate::gc::Header;

/// An integer outside the inline range. Results are always normalised, so an integer has one
/// representation only.
#[repr(C)]
pub struct BigInt {
    pub header: Header,
    pub value: IBig,
}

impl Object for BigInt {
    fn trace(&self, marker: &mut Tracer<'_>) {
        marker.external(self.external());
    }

    const OWNS: bool = true;

    unsafe fn release(this: *mut BigInt) -> usize {
        // SAFETY: a dead object, dropped once.
        unsafe {
            let bytes = (*this).external();
            std::ptr::drop_in_place(&raw mut (*this).value);
            bytes
        }
    }
}

impl BigInt {
    fn external(&self) -> usize {
        // Not how many bits there are: that would look at the words themselves.
        let (_, words) = self.value.as_sign_words();
        if words.len() > 2 { words.len() * 8 } else { 0 }
    }
}

#[repr(C)]
pub struct Complex {
    pub header: Header,
    pub re: f64,
    pub im: f64,
}

impl Object for Complex {
    fn trace(&self, _: &mut Tracer<'_>) {}
}
