//! The 8-byte word: every tag, shift and mask of the encoding lives in this file.
//!
//! ```text
//!   0x0000… ..= 0xFFF8_FFFF_FFFF_FFFF   a float, its own bits
//!   0xFFF9…                             machine sentinels, never seen by programs
//!   0xFFFA | 48 bits                    address of a heap object
//!   0xFFFB | small                      None, False, True, Ellipsis, NotImplemented
//!   0xFFFC… ..= 0xFFFF…                 an integer in -2^49 .. 2^49, biased by 0xFFFE << 48
//! ```
//!
//! The bias keeps the order of integers and makes addition shift-free: `a + (b - BIAS)` falls
//! below `INT_MIN_BITS` on overflow in either direction. A raw address or a small count is a tiny
//! float, so the collector may walk over the machine's own words between the registers.

use crate::gc::{Gc, Header, HeapType};

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Value(u64);

const SENTINEL: u64 = 0xFFF9 << 48;
const POINTER: u64 = 0xFFFA << 48;
const SPECIAL: u64 = 0xFFFB << 48;
const INT: u64 = 0xFFFC << 48;
const BIAS: u64 = 0xFFFE << 48;
const ADDRESS: u64 = (1 << 48) - 1;
/// The NaN that arithmetic makes on this hardware; others are folded into it at the door.
const NAN: u64 = 0x7FF8 << 48;

impl Value {
    /// No value: an unbound variable, an absent argument, an empty slot.
    pub const UNDEF: Value = Value(SENTINEL);
    pub const NONE: Value = Value(SPECIAL);
    pub const FALSE: Value = Value(SPECIAL | 2);
    pub const TRUE: Value = Value(SPECIAL | 3);
    pub const ELLIPSIS: Value = Value(SPECIAL | 4);
    pub const NOT_IMPLEMENTED: Value = Value(SPECIAL | 5);

    /// Range of integers that fit into the word.
    pub const MIN_INT: i64 = -(1 << 49);
    pub const MAX_INT: i64 = (1 << 49) - 1;

    #[inline(always)]
    pub const fn from_bits(bits: u64) -> Value {
        Value(bits)
    }

    #[inline(always)]
    pub const fn bits(self) -> u64 {
        self.0
    }

    #[inline(always)]
    pub const fn is_undef(self) -> bool {
        self.0 == SENTINEL
    }

    #[inline(always)]
    pub const fn is_none(self) -> bool {
        self.0 == SPECIAL
    }

    #[inline(always)]
    pub const fn bool(b: bool) -> Value {
        Value(SPECIAL | 2 | b as u64)
    }

    #[inline(always)]
    pub const fn is_bool(self) -> bool {
        self.0 | 1 == SPECIAL | 3
    }

    #[inline(always)]
    pub const fn as_bool(self) -> Option<bool> {
        if self.is_bool() { Some(self.0 & 1 != 0) } else { None }
    }

    /// None, False, True, Ellipsis or NotImplemented.
    #[inline(always)]
    pub const fn is_special(self) -> bool {
        self.0 >> 48 == SPECIAL >> 48
    }

    // ---- integers

    /// An integer that is known to fit.
    #[inline(always)]
    pub const fn int(i: i64) -> Value {
        debug_assert!(i >= Self::MIN_INT && i <= Self::MAX_INT);
        Value(BIAS.wrapping_add(i as u64))
    }

    #[inline(always)]
    pub const fn fits(i: i64) -> bool {
        i >= Self::MIN_INT && i <= Self::MAX_INT
    }

    #[inline(always)]
    pub const fn try_int(i: i64) -> Option<Value> {
        if Self::fits(i) { Some(Value(BIAS.wrapping_add(i as u64))) } else { None }
    }

    #[inline(always)]
    pub const fn is_int(self) -> bool {
        self.0 >= INT
    }

    /// The integer, given `is_int`.
    #[inline(always)]
    pub const fn int_unchecked(self) -> i64 {
        self.0.wrapping_sub(BIAS) as i64
    }

    #[inline(always)]
    pub const fn as_int(self) -> Option<i64> {
        if self.is_int() { Some(self.int_unchecked()) } else { None }
    }

    #[inline(always)]
    pub const fn both_ints(a: Value, b: Value) -> bool {
        a.0 & b.0 >= INT
    }

    /// Sum of two integers, or None on overflow of the word.
    #[inline(always)]
    pub const fn add_ints(a: Value, b: Value) -> Option<Value> {
        let sum = a.0.wrapping_add(b.0.wrapping_sub(BIAS));
        if sum < INT { None } else { Some(Value(sum)) }
    }

    #[inline(always)]
    pub const fn sub_ints(a: Value, b: Value) -> Option<Value> {
        let difference = a.0.wrapping_sub(b.0).wrapping_add(BIAS);
        if difference < INT { None } else { Some(Value(difference)) }
    }

    #[inline(always)]
    pub const fn mul_ints(a: Value, b: Value) -> Option<Value> {
        match a.int_unchecked().checked_mul(b.int_unchecked()) {
            Some(product) => Value::try_int(product),
            None => None,
        }
    }

    /// Sum of an integer and a small number, or None on overflow of the word.
    #[inline(always)]
    pub const fn add_small(a: Value, b: i64) -> Option<Value> {
        let sum = a.0.wrapping_add(b as u64);
        if sum < INT { None } else { Some(Value(sum)) }
    }

    /// Order of two integers: the encoding keeps it.
    #[inline(always)]
    pub const fn int_lt(a: Value, b: Value) -> bool {
        a.0 < b.0
    }

    #[inline(always)]
    pub const fn int_le(a: Value, b: Value) -> bool {
        a.0 <= b.0
    }

    // ---- floats

    #[inline(always)]
    pub fn float(f: f64) -> Value {
        let bits = f.to_bits();
        // Only a NaN with a payload can collide with the tags.
        Value(if bits >= SENTINEL { NAN } else { bits })
    }

    /// A float that is no NaN from outside (the result of arithmetic on floats).
    #[inline(always)]
    pub const fn float_unchecked(f: f64) -> Value {
        Value(f.to_bits())
    }

    #[inline(always)]
    pub const fn is_float(self) -> bool {
        self.0 < SENTINEL
    }

    /// The float, given `is_float`.
    #[inline(always)]
    pub const fn float_bits(self) -> f64 {
        f64::from_bits(self.0)
    }

    #[inline(always)]
    pub const fn as_float(self) -> Option<f64> {
        if self.is_float() { Some(self.float_bits()) } else { None }
    }

    // ---- heap objects

    #[inline(always)]
    pub fn object<T>(object: Gc<T>) -> Value {
        Value(POINTER | object.address() as u64)
    }

    #[inline(always)]
    pub fn from_header(object: *mut Header) -> Value {
        Value(POINTER | object as u64)
    }

    #[inline(always)]
    pub const fn is_object(self) -> bool {
        self.0 >> 48 == POINTER >> 48
    }

    /// The address, given `is_object`.
    #[inline(always)]
    pub const fn header_unchecked(self) -> *mut Header {
        (self.0 & ADDRESS) as *mut Header
    }

    #[inline(always)]
    pub fn header(self) -> Option<*mut Header> {
        if self.is_object() { Some(self.header_unchecked()) } else { None }
    }

    #[inline(always)]
    pub fn is<T: HeapType>(self) -> bool {
        // SAFETY: I2, the address is that of a live object.
        self.is_object() && unsafe { (*self.header_unchecked()).kind } == T::KIND
    }

    /// The object behind the word, if it is of that very kind.
    #[inline(always)]
    pub fn cast<T: HeapType>(self) -> Option<Gc<T>> {
        // SAFETY: the kind was checked (`HeapType`'s contract).
        if self.is::<T>() { Some(unsafe { self.cast_unchecked() }) } else { None }
    }

    /// # Safety
    /// The word is an object of that kind.
    #[inline(always)]
    pub unsafe fn cast_unchecked<T>(self) -> Gc<T> {
        // SAFETY: by contract.
        unsafe { Gc::from_raw(self.header_unchecked().cast()) }
    }
}

impl<T> From<Gc<T>> for Value {
    fn from(object: Gc<T>) -> Value {
        Value::object(object)
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Value {
        Value::bool(b)
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(i) = self.as_int() {
            write!(f, "{i}")
        } else if let Some(x) = self.as_float() {
            write!(f, "{x:?}")
        } else {
            write!(f, "{:#018x}", self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_keep_value_and_order() {
        let samples = [Value::MIN_INT, -70_000, -1, 0, 1, 5, 1 << 40, Value::MAX_INT];
        for &a in &samples {
            assert_eq!(Value::int(a).as_int(), Some(a));
            assert!(!Value::int(a).is_float() && !Value::int(a).is_object());
            for &b in &samples {
                let (x, y) = (Value::int(a), Value::int(b));
                assert_eq!(Value::int_lt(x, y), a < b);
                assert_eq!(Value::add_ints(x, y), Value::try_int(a + b));
                assert_eq!(Value::sub_ints(x, y), Value::try_int(a - b));
                assert_eq!(Value::mul_ints(x, y), a.checked_mul(b).and_then(Value::try_int));
            }
        }
    }

    #[test]
    fn floats_never_collide_with_tags() {
        for f in [0.0, -0.0, 1.5, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -f64::NAN] {
            assert!(Value::float(f).is_float());
        }
        let payload = f64::from_bits(u64::MAX);
        assert!(Value::float(payload).is_float());
    }
}
