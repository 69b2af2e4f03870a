//! Floats: Python's arithmetic on `f64`, errors included.
//!
//! `text` writes floats, `parse` reads them, `exact` relates them to integers without rounding
//! twice. Here are the operators whose results or signs differ from those of Rust.

mod exact;
mod parse;
pub mod text;

pub use exact::{
    as_integer_ratio, big_to_f64, cmp_big, cmp_i64, div_big, div_i64, is_integer, to_int,
};
pub use parse::{from_hex, parse_ascii, parse_bytes, parse_str, to_hex};
pub use text::{Form, Style, push_repr, push_unsigned, repr};

use super::int::Int;
use super::{Fault, Kind, Result};

/// `x / y`.
#[inline]
pub fn div(x: f64, y: f64) -> Result<f64> {
    if y == 0.0 {
        return Err(Fault::zero_division("float division by zero"));
    }
    Ok(x / y)
}

/// `x // y`.
pub fn floor_div(x: f64, y: f64) -> Result<f64> {
    if y == 0.0 {
        return Err(Fault::zero_division("float floor division by zero"));
    }
    Ok(div_and_mod(x, y).0)
}

/// `x % y`: the result has the sign of `y`.
pub fn modulo(x: f64, y: f64) -> Result<f64> {
    if y == 0.0 {
        return Err(Fault::zero_division("float modulo by zero"));
    }
    let rest = x % y;
    Ok(if rest == 0.0 {
        0.0f64.copysign(y)
    } else if (y < 0.0) != (rest < 0.0) {
        rest + y
    } else {
        rest
    })
}

/// `divmod(x, y)`.
pub fn divmod(x: f64, y: f64) -> Result<(f64, f64)> {
    if y == 0.0 {
        return Err(Fault::zero_division("float divmod()"));
    }
    Ok(div_and_mod(x, y))
}

fn div_and_mod(x: f64, y: f64) -> (f64, f64) {
    let mut rest = x % y;
    let mut quotient = (x - rest) / y;
    if rest == 0.0 {
        rest = 0.0f64.copysign(y);
    } else if (y < 0.0) != (rest < 0.0) {
        rest += y;
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return (0.0f64.copysign(x / y), rest);
    }
    // The quotient is whole in theory; the division may have missed it by a little.
    let floor = quotient.floor();
    (if quotient - floor > 0.5 { floor + 1.0 } else { floor }, rest)
}

/// What `x ** y` turned out to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Power {
    Real(f64),
    /// A negative number to a fractional power: to be done again with complex numbers.
    Complex,
}

/// `x ** y`.
pub fn pow(x: f64, y: f64) -> Result<Power> {
    let odd = |y: f64| (y.abs() % 2.0) == 1.0;
    let real = if y == 0.0 || x == 1.0 {
        1.0
    } else if x.is_nan() || y.is_nan() {
        f64::NAN
    } else if y.is_infinite() {
        let size = x.abs();
        if size == 1.0 {
            1.0
        } else if (y > 0.0) == (size > 1.0) {
            f64::INFINITY
        } else {
            0.0
        }
    } else if x.is_infinite() {
        let size: f64 = if y > 0.0 { f64::INFINITY } else { 0.0 };
        if odd(y) { size.copysign(x) } else { size }
    } else if x == 0.0 {
        if y < 0.0 {
            return Err(Fault::zero_division("0.0 cannot be raised to a negative power"));
        }
        if odd(y) { x } else { 0.0 }
    } else if x < 0.0 && y != y.floor() {
        return Ok(Power::Complex);
    } else {
        let size = x.abs().powf(y);
        if size.is_infinite() {
            return Err(out_of_range());
        }
        if x < 0.0 && odd(y) { -size } else { size }
    };
    Ok(Power::Real(real))
}

/// `OverflowError(34, 'Numerical result out of range')`.
pub fn out_of_range() -> Fault {
    Fault { kind: Kind::Range, text: "Numerical result out of range".into() }
}

/// `round(x)`: to an integer, half to even.
pub fn round_to_int(x: f64) -> Result<Int> {
    to_int(x.round_ties_even())
}

/// `round(x, digits)`, from the exact decimal value of `x`.
pub fn round(x: f64, digits: i64) -> Result<f64> {
    // Beyond 323 digits a double has nothing left; before -308 nothing of it is left.
    if !x.is_finite() || x == 0.0 || digits > 323 {
        return Ok(x);
    }
    if digits < -308 {
        return Ok(0.0 * x);
    }
    let size = x.abs();
    let rounded = if digits < 0 {
        exact::round_whole(size, digits.unsigned_abs() as usize)?
    } else {
        round_fraction(size, digits as usize)
    };
    if rounded.is_infinite() {
        return Err(Fault::overflow("rounded value too large to represent"));
    }
    Ok(rounded.copysign(x))
}

fn round_fraction(size: f64, digits: usize) -> f64 {
    // A numerator below 2^53 over an exact power of ten is rounded once, by the division.
    if digits <= 22
        && let Some(scaled) = text::scaled(size, digits)
        && scaled < 1 << 53
    {
        return scaled as f64 / 10f64.powi(digits as i32);
    }
    let mut decimal = Vec::new();
    text::push_fixed(&mut decimal, size, digits);
    parse::parse_ascii(&decimal).unwrap_or(size)
}
