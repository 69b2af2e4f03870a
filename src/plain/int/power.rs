//! Powers of integers, with and without a modulus.
//!
//! A power that would exceed [`MAX_BYTES`] is refused before it is begun. Negative exponents without
//! a modulus give floats and are the caller's business.

use dashu_int::fast_div::ConstDivisor;
use dashu_int::ops::{Abs, BitTest};
use dashu_int::{IBig, Sign, UBig};

use super::super::{Fault, MAX_BYTES, Result};
use super::{Int, bit_length_big, floor_div_rem};

/// `base ** exponent`, both small, the exponent not negative.
pub fn pow_i64(base: i64, exponent: u64) -> Result<Int> {
    let (mut result, mut factor, mut rest) = (1i64, base, exponent);
    loop {
        if rest & 1 == 1 {
            match result.checked_mul(factor) {
                Some(product) => result = product,
                None => break,
            }
        }
        rest >>= 1;
        if rest == 0 {
            return Ok(Int::Small(result));
        }
        match factor.checked_mul(factor) {
            Some(square) => factor = square,
            None => break,
        }
    }
    pow_big(&IBig::from(base), &IBig::from(exponent))
}

/// `base ** exponent`, the exponent not negative.
pub fn pow_big(base: &IBig, exponent: &IBig) -> Result<Int> {
    if exponent.is_zero() || base.is_one() {
        return Ok(Int::Small(1));
    }
    if base.is_zero() {
        return Ok(Int::Small(0));
    }
    if base.abs().is_one() {
        return Ok(Int::Small(if exponent.bit(0) { -1 } else { 1 }));
    }
    let exponent = usize::try_from(exponent).map_err(|_| Fault::memory())?;
    let bits = bit_length_big(base);
    // The least number of this size has bits - 1 bits in its logarithm.
    if (bits - 1).max(1).saturating_mul(exponent) / 8 > MAX_BYTES {
        return Err(Fault::memory());
    }
    Ok(Int::from(base.pow(exponent)))
}

/// As `mul_takes_long`, for a power.
pub fn pow_takes_long(base: &IBig, exponent: &IBig) -> bool {
    let bits = bit_length_big(base) as u64;
    bits > 1 && u64::try_from(exponent).is_ok_and(|n| bits.saturating_mul(n) > 1 << 21)
}

/// As `mul_takes_long`, for a power in a ring.
pub fn pow_mod_takes_long(exponent: &IBig, modulus: &IBig) -> bool {
    let words = bit_length_big(modulus) / 64;
    words.saturating_mul(words).saturating_mul(bit_length_big(exponent)) > 1 << 23
}

/// `pow(base, exponent, modulus)`.
pub fn pow_mod(base: &IBig, exponent: &IBig, modulus: &IBig) -> Result<Int> {
    if modulus.is_zero() {
        return Err(Fault::value("pow() 3rd argument cannot be 0"));
    }
    let (sign, size) = modulus.clone().into_parts();
    if size.is_one() {
        return Ok(Int::Small(0));
    }
    let positive = IBig::from(size.clone());
    let (_, base) = floor_div_rem(base, &positive).1.into_parts();
    let (direction, steps) = exponent.clone().into_parts();
    let residue = match (u64::try_from(&size), u64::try_from(&steps)) {
        (Ok(m), Ok(steps)) => {
            let base = u64::try_from(&base).unwrap_or(0);
            let base = if direction == Sign::Negative { invert_u64(base, m) } else { Some(base) };
            UBig::from(pow_mod_u64(base.ok_or_else(not_invertible)?, steps, m))
        }
        _ => {
            let ring = ConstDivisor::new(size);
            let reduced = ring.reduce(base);
            let reduced = if direction == Sign::Negative {
                reduced.inv().ok_or_else(not_invertible)?
            } else {
                reduced
            };
            reduced.pow(&steps).residue()
        }
    };
    let residue = IBig::from(residue);
    Ok(Int::from(if sign == Sign::Negative && !residue.is_zero() {
        residue + modulus
    } else {
        residue
    }))
}

fn not_invertible() -> Fault {
    Fault::value("base is not invertible for the given modulus")
}

fn pow_mod_u64(base: u64, mut steps: u64, modulus: u64) -> u64 {
    let times = |a: u64, b: u64| -> u64 {
        match (u32::try_from(a), u32::try_from(b)) {
            (Ok(_), Ok(_)) => a * b % modulus,
            _ => (u128::from(a) * u128::from(b) % u128::from(modulus)) as u64,
        }
    };
    let (mut result, mut factor) = (1 % modulus, base % modulus);
    while steps != 0 {
        if steps & 1 == 1 {
            result = times(result, factor);
        }
        factor = times(factor, factor);
        steps >>= 1;
    }
    result
}

/// The inverse by the extended algorithm of Euclid.
fn invert_u64(base: u64, modulus: u64) -> Option<u64> {
    let (mut a, mut b) = (i128::from(base), i128::from(modulus));
    let (mut x, mut y) = (1i128, 0i128);
    while b != 0 {
        let quotient = a / b;
        (a, b) = (b, a - quotient * b);
        (x, y) = (y, x - quotient * y);
    }
    (a == 1).then(|| x.rem_euclid(i128::from(modulus)) as u64)
}
