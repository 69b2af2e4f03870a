//! Floats and integers side by side, exactly: conversions, comparisons, true division.
//!
//! Everything goes through [`compose`], the one place that rounds a wide mantissa to a double
//! (half to even, subnormals included), so nothing is ever rounded twice.

use std::cmp::Ordering;

use dashu_int::ops::{Abs, BitTest, DivRem};
use dashu_int::{IBig, Sign, UBig};

use super::super::int::{Int, bit_length_big};
use super::super::{Fault, Result};
use super::text::decompose;

/// The double nearest to mantissa * 2^exponent; `sticky` says that some non-zero bits follow.
///
/// What is too large becomes infinity.
pub(super) fn compose(mantissa: u64, exponent: i64, sticky: bool) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    let zeros = mantissa.leading_zeros();
    let mantissa = mantissa << zeros;
    let exponent = exponent.saturating_sub(i64::from(zeros));
    let top = exponent.saturating_add(63);
    if top > 1023 {
        return f64::INFINITY;
    }
    let kept = if top >= -1022 { 53 } else { 53 - (-1022 - top) };
    if kept < 0 {
        return 0.0;
    }
    let dropped = 64 - kept as u32;
    let (whole, rest) = if dropped == 64 {
        (0, mantissa)
    } else {
        (mantissa >> dropped, mantissa & ((1 << dropped) - 1))
    };
    let half = 1u64 << (dropped - 1);
    let up = rest > half || (rest == half && (sticky || whole & 1 == 1));
    let rounded = whole + u64::from(up);
    // A carry out of the mantissa moves into the exponent, which is what it should do.
    let biased = if top >= -1022 { (top + 1022) as u64 } else { 0 };
    f64::from_bits((biased << 52) + rounded)
}

/// The double nearest to `n`, or `OverflowError`.
pub fn big_to_f64(n: &IBig) -> Result<f64> {
    let (sign, words) = n.as_sign_words();
    let size = words_to_f64(words);
    if size.is_infinite() {
        return Err(Fault::overflow("int too large to convert to float"));
    }
    Ok(if sign == Sign::Negative { -size } else { size })
}

fn words_to_f64(words: &[u64]) -> f64 {
    let Some((&top, below)) = words.split_last() else {
        return 0.0;
    };
    let zeros = top.leading_zeros();
    let mut mantissa = top << zeros;
    let mut sticky = false;
    if let Some((&next, rest)) = below.split_last() {
        if zeros > 0 {
            mantissa |= next >> (64 - zeros);
        }
        sticky = next << zeros != 0 || rest.iter().any(|&word| word != 0);
    }
    compose(mantissa, below.len() as i64 * 64 - i64::from(zeros), sticky)
}

/// `x == int(x)`.
pub fn is_integer(x: f64) -> bool {
    x.is_finite() && x.trunc() == x
}

/// `int(x)`: the whole part, exactly.
pub fn to_int(x: f64) -> Result<Int> {
    if x.is_nan() {
        return Err(Fault::value("cannot convert float NaN to integer"));
    }
    if x.is_infinite() {
        return Err(Fault::overflow("cannot convert float infinity to integer"));
    }
    // 2^63 itself is out of range, and exactly representable.
    if (-9223372036854775808.0..9223372036854775808.0).contains(&x) {
        return Ok(Int::Small(x as i64));
    }
    Ok(Int::Big(whole_part(x)))
}

fn whole_part(x: f64) -> IBig {
    let (mantissa, exponent) = decompose(x.abs());
    let size = if exponent >= 0 {
        IBig::from(mantissa) << exponent as usize
    } else {
        IBig::from(mantissa.checked_shr(exponent.unsigned_abs()).unwrap_or(0))
    };
    if x < 0.0 { -size } else { size }
}

/// `x.as_integer_ratio()`.
pub fn as_integer_ratio(x: f64) -> Result<(Int, Int)> {
    if x.is_nan() {
        return Err(Fault::value("cannot convert NaN to integer ratio"));
    }
    if x.is_infinite() {
        return Err(Fault::overflow("cannot convert Infinity to integer ratio"));
    }
    if x == 0.0 {
        return Ok((Int::Small(0), Int::Small(1)));
    }
    let (mut mantissa, mut exponent) = decompose(x.abs());
    let zeros = mantissa.trailing_zeros();
    mantissa >>= zeros;
    exponent += zeros as i32;
    let mut above = IBig::from(mantissa);
    let mut below = IBig::ONE;
    if exponent >= 0 {
        above <<= exponent as usize;
    } else {
        below <<= exponent.unsigned_abs() as usize;
    }
    Ok((Int::from(if x < 0.0 { -above } else { above }), Int::from(below)))
}

/// Compares exactly; `None` if `x` is not a number.
pub fn cmp_i64(x: f64, n: i64) -> Option<Ordering> {
    if x.is_nan() {
        return None;
    }
    if x >= 9223372036854775808.0 {
        return Some(Ordering::Greater);
    }
    if x < -9223372036854775808.0 {
        return Some(Ordering::Less);
    }
    let whole = x as i64;
    Some(whole.cmp(&n).then_with(|| x.partial_cmp(&x.trunc()).unwrap_or(Ordering::Equal)))
}

/// Compares exactly; `None` if `x` is not a number.
pub fn cmp_big(x: f64, n: &IBig) -> Option<Ordering> {
    if x.is_nan() {
        return None;
    }
    if x.is_infinite() {
        return Some(if x > 0.0 { Ordering::Greater } else { Ordering::Less });
    }
    if bit_length_big(n) > 1025 {
        let negative = n.sign() == Sign::Negative;
        return Some(if negative { Ordering::Greater } else { Ordering::Less });
    }
    let whole = whole_part(x);
    Some(whole.cmp(n).then_with(|| x.partial_cmp(&x.trunc()).unwrap_or(Ordering::Equal)))
}

fn division_by_zero() -> Fault {
    Fault::zero_division("division by zero")
}

/// The int zero has no sign, but its quotient takes that of the divisor.
fn signed_zero(negative: bool) -> f64 {
    if negative { -0.0 } else { 0.0 }
}

fn quotient_too_large() -> Fault {
    Fault::overflow("integer division result too large for a float")
}

/// `a / b` of small integers, correctly rounded.
pub fn div_i64(a: i64, b: i64) -> Result<f64> {
    const EXACT: u64 = 1 << 53;
    if b == 0 {
        return Err(division_by_zero());
    }
    let (above, below) = (a.unsigned_abs(), b.unsigned_abs());
    if above <= EXACT && below <= EXACT {
        return Ok(a as f64 / b as f64);
    }
    if above == 0 {
        return Ok(signed_zero(b < 0));
    }
    let (up, down) = (above.leading_zeros(), below.leading_zeros());
    let dividend = u128::from(above << up) << 64;
    let divisor = u128::from(below << down);
    let quotient = dividend / divisor;
    let sticky = dividend % divisor != 0 || quotient & 1 == 1;
    // Between 2^63 and 2^65: one bit may have to go, and the sticky bit has seen it.
    let size = compose((quotient >> 1) as u64, 1 - 64 + i64::from(down) - i64::from(up), sticky);
    Ok(if (a < 0) != (b < 0) { -size } else { size })
}

/// `a / b` of integers, correctly rounded.
pub fn div_big(a: &IBig, b: &IBig) -> Result<f64> {
    if b.is_zero() {
        return Err(division_by_zero());
    }
    if a.is_zero() {
        return Ok(signed_zero(b.sign() == Sign::Negative));
    }
    let negative = (a.sign() == Sign::Negative) != (b.sign() == Sign::Negative);
    let signed = |size: f64| if negative { -size } else { size };
    let surplus = bit_length_big(a) as i64 - bit_length_big(b) as i64;
    if surplus > 1024 {
        return Err(quotient_too_large());
    }
    if surplus < -1080 {
        return Ok(signed(0.0));
    }
    // Two words of quotient: more than the rounding looks at.
    let shift = 100 - surplus;
    let (above, below) = (a.abs().into_parts().1, b.abs().into_parts().1);
    let (above, below) = if shift >= 0 {
        (above << shift as usize, below)
    } else {
        (above, below << shift.unsigned_abs() as usize)
    };
    let (quotient, rest): (UBig, UBig) = above.div_rem(below);
    let extra = quotient.bit_len() - 64;
    let sticky = !rest.is_zero() || quotient.trailing_zeros().is_some_and(|zeros| zeros < extra);
    let top = u64::try_from(quotient >> extra).unwrap_or(u64::MAX);
    let size = compose(top, extra as i64 - shift, sticky);
    if size.is_infinite() {
        return Err(quotient_too_large());
    }
    Ok(signed(size))
}

/// A positive number rounded, half to even, to a multiple of 10^digits.
pub(super) fn round_whole(x: f64, digits: usize) -> Result<f64> {
    let unit = IBig::from(10).pow(digits);
    let whole = whole_part(x);
    let (quotient, rest) = whole.div_rem(&unit);
    let twice: IBig = rest << 1;
    let above_half = match twice.cmp(&unit) {
        Ordering::Equal => x.trunc() != x || quotient.bit(0),
        order => order == Ordering::Greater,
    };
    let multiple = (quotient + IBig::from(above_half)) * unit;
    big_to_f64(&multiple).or(Ok(f64::INFINITY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compose_agrees_with_the_machine() {
        assert_eq!(compose(1, 0, false), 1.0);
        assert_eq!(compose(1, -1074, false), 5e-324);
        assert_eq!(compose(1, -1075, false), 0.0);
        assert_eq!(compose(1, -1075, true), 5e-324);
        assert_eq!(compose(u64::MAX, 960, false), f64::INFINITY);
        assert_eq!(compose((1 << 53) + 1, 0, false), 9007199254740992.0);
        assert_eq!(compose((1 << 53) + 1, 0, true), 9007199254740994.0);
    }

    #[test]
    fn divisions() {
        assert_eq!(div_i64(i64::MIN, -1), Ok(9223372036854775808.0));
        assert_eq!(div_i64(i64::MAX, 3), Ok(3.0744573456182584e18));
        assert_eq!(div_i64(1, i64::MAX), Ok(1.0842021724855044e-19));
        let big = IBig::from(10).pow(400);
        assert_eq!(div_big(&big, &IBig::from(3)), Err(quotient_too_large()));
        assert_eq!(div_big(&IBig::from(3), &big), Ok(0.0));
        assert_eq!(div_big(&big, &IBig::from(10).pow(399)), Ok(10.0));
    }
}
