//! Integers: Python's arithmetic on `i64` and `IBig`, errors and signs included.
//!
//! Small and big operands have functions of their own, because their callers know which they have.
//! Results that may be either come as an [`Int`]. Text is in `text` and `parse`, byte strings in
//! `bytes`, powers in `power`. No result may exceed [`MAX_BYTES`](super::MAX_BYTES).

mod bytes;
mod parse;
mod power;
pub mod text;
mod words;

use std::cmp::Ordering;

use dashu_int::ops::{DivRemEuclid, Gcd, SquareRoot};
use dashu_int::{IBig, Sign};

pub use bytes::{from_bytes, to_bytes};
pub use parse::{parse_bytes, parse_str};
pub use power::{pow_big, pow_i64, pow_mod, pow_mod_takes_long, pow_takes_long};
pub use text::{Base, MAX_DIGITS, MIN_DIGITS, push_big, push_i64, push_u64};

use super::{Fault, MAX_BYTES, Result};

/// An integer that is big only if it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Int {
    Small(i64),
    /// Never holds what fits an `i64`.
    Big(IBig),
}

impl From<i64> for Int {
    fn from(n: i64) -> Self {
        Int::Small(n)
    }
}

impl From<i128> for Int {
    fn from(n: i128) -> Self {
        match i64::try_from(n) {
            Ok(small) => Int::Small(small),
            Err(_) => Int::Big(IBig::from(n)),
        }
    }
}

impl From<IBig> for Int {
    fn from(n: IBig) -> Self {
        match i64::try_from(&n) {
            Ok(small) => Int::Small(small),
            Err(_) => Int::Big(n),
        }
    }
}

impl Int {
    pub fn into_big(self) -> IBig {
        match self {
            Int::Small(n) => IBig::from(n),
            Int::Big(n) => n,
        }
    }
}

fn division_by_zero() -> Fault {
    Fault::zero_division("integer division or modulo by zero")
}

fn modulo_by_zero() -> Fault {
    Fault::zero_division("integer modulo by zero")
}

/// `a // b`; only the quotient of the least `i64` by -1 is big.
#[inline]
pub fn floor_div_i64(a: i64, b: i64) -> Result<Int> {
    if b == 0 {
        return Err(division_by_zero());
    }
    let Some(quotient) = a.checked_div(b) else {
        return Ok(Int::from(-i128::from(a)));
    };
    let inexact = a.wrapping_rem(b) != 0 && (a < 0) != (b < 0);
    Ok(Int::Small(quotient - i64::from(inexact)))
}

/// `a % b`, with the sign of `b`.
#[inline]
pub fn mod_i64(a: i64, b: i64) -> Result<i64> {
    if b == 0 {
        return Err(modulo_by_zero());
    }
    let rest = a.wrapping_rem(b);
    Ok(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
}

/// `divmod(a, b)`.
pub fn divmod_i64(a: i64, b: i64) -> Result<(Int, i64)> {
    Ok((floor_div_i64(a, b)?, mod_i64(a, b)?))
}

/// `a // b`.
pub fn floor_div_big(a: &IBig, b: &IBig) -> Result<Int> {
    let ((sign_a, words_a), (sign_b, words_b)) = (a.as_sign_words(), b.as_sign_words());
    if sign_a == sign_b
        && let Some(quotient) = words::small_quotient(words_a, words_b)
    {
        return Ok(Int::from(i128::from(quotient)));
    }
    Ok(divmod_big(a, b)?.0)
}

/// `a % b`, with the sign of `b`.
pub fn mod_big(a: &IBig, b: &IBig) -> Result<Int> {
    if b.is_zero() {
        return Err(modulo_by_zero());
    }
    Ok(Int::from(floor_div_rem(a, b).1))
}

/// `divmod(a, b)`.
pub fn divmod_big(a: &IBig, b: &IBig) -> Result<(Int, Int)> {
    if b.is_zero() {
        return Err(division_by_zero());
    }
    let (quotient, rest) = floor_div_rem(a, b);
    Ok((Int::from(quotient), Int::from(rest)))
}

fn floor_div_rem(a: &IBig, b: &IBig) -> (IBig, IBig) {
    // Euclid's remainder is never negative, so a negative divisor takes one step more.
    let (quotient, rest) = a.div_rem_euclid(b);
    let rest = IBig::from(rest);
    if b.sign() == Sign::Negative && !rest.is_zero() {
        (quotient - IBig::ONE, rest + b)
    } else {
        (quotient, rest)
    }
}

/// `a * b`, refusing products of more than [`MAX_BYTES`].
pub fn mul_big(a: &IBig, b: &IBig) -> Result<IBig> {
    if bit_length_big(a).saturating_add(bit_length_big(b)) / 8 > MAX_BYTES {
        return Err(Fault::memory());
    }
    Ok(words::mul_by_word(a, b).unwrap_or_else(|| a * b))
}

/// Is a product more than a moment's work? Milliseconds at the least.
pub fn mul_takes_long(a: &IBig, b: &IBig) -> bool {
    bit_length_big(a).min(bit_length_big(b)) > 1 << 20
}

/// As `mul_takes_long`, for a quotient or rest.
pub fn div_takes_long(a: &IBig, b: &IBig) -> bool {
    let divisor = bit_length_big(b);
    bit_length_big(a).saturating_sub(divisor).min(divisor) > 1 << 18
}

/// `n.bit_length()` of a small number.
#[inline]
pub fn bit_length_i64(n: i64) -> u32 {
    64 - n.unsigned_abs().leading_zeros()
}

/// `n.bit_length()`.
pub fn bit_length_big(n: &IBig) -> usize {
    let words = n.as_sign_words().1;
    words.last().map_or(0, |top| words.len() * 64 - top.leading_zeros() as usize)
}

/// `n.bit_count()`: ones of the magnitude.
pub fn bit_count_big(n: &IBig) -> usize {
    n.as_sign_words().1.iter().map(|word| word.count_ones() as usize).sum()
}

/// `n << count`, both small.
#[inline]
pub fn shl_i64(n: i64, count: i64) -> Result<Int> {
    if count < 0 {
        return Err(negative_shift());
    }
    if n == 0 {
        return Ok(Int::Small(0));
    }
    if count < 63 {
        let shifted = n << count;
        if shifted >> count == n {
            return Ok(Int::Small(shifted));
        }
    }
    shl_big(&IBig::from(n), &IBig::from(count))
}

/// `n << count`.
pub fn shl_big(n: &IBig, count: &IBig) -> Result<Int> {
    if count.sign() == Sign::Negative {
        return Err(negative_shift());
    }
    if n.is_zero() {
        return Ok(Int::Small(0));
    }
    let Ok(count) = i64::try_from(count) else {
        return Err(Fault::overflow("too many digits in integer"));
    };
    let count = usize::try_from(count).map_err(|_| Fault::memory())?;
    if count.saturating_add(bit_length_big(n)) / 8 > MAX_BYTES {
        return Err(Fault::memory());
    }
    Ok(Int::from(n << count))
}

/// `n >> count`, both small.
#[inline]
pub fn shr_i64(n: i64, count: i64) -> Result<i64> {
    if count < 0 {
        return Err(negative_shift());
    }
    Ok(n >> count.min(63))
}

/// `n >> count`.
pub fn shr_big(n: &IBig, count: &IBig) -> Result<Int> {
    if count.sign() == Sign::Negative {
        return Err(negative_shift());
    }
    let bits = bit_length_big(n);
    match usize::try_from(count) {
        Ok(count) if count < bits => Ok(Int::from(n >> count)),
        _ => Ok(Int::Small(if n.sign() == Sign::Negative { -1 } else { 0 })),
    }
}

fn negative_shift() -> Fault {
    Fault::value("negative shift count")
}

/// `math.isqrt(n)` of a small number.
pub fn isqrt_i64(n: i64) -> Result<i64> {
    if n < 0 {
        return Err(negative_root());
    }
    Ok(n.isqrt())
}

/// `math.isqrt(n)`.
pub fn isqrt_big(n: &IBig) -> Result<Int> {
    if n.sign() == Sign::Negative {
        return Err(negative_root());
    }
    let (_, magnitude) = n.clone().into_parts();
    Ok(Int::from(IBig::from(magnitude.sqrt())))
}

fn negative_root() -> Fault {
    Fault::value("isqrt() argument must be nonnegative")
}

/// `math.gcd(a, b)`, both small; the divisor of the least `i64` and zero is big.
pub fn gcd_i64(a: i64, b: i64) -> Int {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    if a == 0 || b == 0 {
        return Int::from(i128::from(a | b));
    }
    let twos = (a | b).trailing_zeros();
    a >>= a.trailing_zeros();
    while b != 0 {
        b >>= b.trailing_zeros();
        if a > b {
            std::mem::swap(&mut a, &mut b);
        }
        b -= a;
    }
    let divisor = a << twos;
    i64::try_from(divisor).map_or_else(|_| Int::from(i128::from(divisor)), Int::Small)
}

/// `math.gcd(a, b)`.
pub fn gcd_big(a: &IBig, b: &IBig) -> Int {
    // The library has no answer for two zeros.
    if a.is_zero() && b.is_zero() {
        return Int::Small(0);
    }
    Int::from(IBig::from(a.gcd(b)))
}

/// Compares a small with a big number: the sign of the big one decides, as it does not fit an `i64`.
pub fn cmp_small_big(a: i64, b: &IBig) -> Ordering {
    IBig::from(a).cmp(b)
}
