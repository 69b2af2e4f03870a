//! Functions of `math` that neither hardware nor `core` has: gamma, exact sums, norms, steps
//! between neighbouring floats. What the C library has (`erf`, `acosh`, …) comes from there, so
//! that the last digit is the one that other programs of the same machine see.

use super::{Fault, Result};

mod c {
    // SAFETY: these are functions of C's <math.h>, which take and return plain numbers.
    unsafe extern "C" {
        pub safe fn acosh(x: f64) -> f64;
        pub safe fn asinh(x: f64) -> f64;
        pub safe fn atanh(x: f64) -> f64;
        pub safe fn erf(x: f64) -> f64;
        pub safe fn erfc(x: f64) -> f64;
        pub safe fn ldexp(x: f64, exponent: std::ffi::c_int) -> f64;
        pub safe fn remainder(x: f64, y: f64) -> f64;
    }
}

pub fn acosh(x: f64) -> f64 {
    c::acosh(x)
}

pub fn asinh(x: f64) -> f64 {
    c::asinh(x)
}

pub fn atanh(x: f64) -> f64 {
    c::atanh(x)
}

pub fn erf(x: f64) -> f64 {
    c::erf(x)
}

pub fn erfc(x: f64) -> f64 {
    c::erfc(x)
}

pub fn remainder(x: f64, y: f64) -> f64 {
    c::remainder(x, y)
}

/// A finite number other than zero as m * 2^e with 0.5 <= |m| < 1.
pub fn frexp(x: f64) -> (f64, i32) {
    let exponent = (x.to_bits() >> 52 & 0x7ff) as i32;
    if exponent == 0 {
        // Subnormal: made normal first.
        let (mantissa, exponent) = frexp(x * 2f64.powi(64));
        return (mantissa, exponent - 64);
    }
    let mantissa = x.to_bits() & !(0x7ff << 52) | 0x3fe << 52;
    (f64::from_bits(mantissa), exponent - 1022)
}

/// The argument is outside of where the function is defined.
pub fn domain() -> Fault {
    Fault::value("math domain error")
}

/// The result is too large for a float.
pub fn range() -> Fault {
    Fault::overflow("math range error")
}

// ---- gamma

/// Lanczos' approximation with g = 6.0246…, as a quotient of two polynomials, highest power last.
const LANCZOS_G: f64 = 6.02468004077673;
const NUMERATOR: [f64; 13] = [
    23531376880.41076,
    42919803642.6491,
    35711959237.35567,
    17921034426.03721,
    6039542586.352028,
    1439720407.3117216,
    248874557.86205417,
    31426415.585400194,
    2876370.6289353725,
    186056.26539522348,
    8071.672002365816,
    210.82427775157936,
    2.5066282746310002,
];
const DENOMINATOR: [f64; 13] = [
    0.0,
    39916800.0,
    120543840.0,
    150917976.0,
    105258076.0,
    45995730.0,
    13339535.0,
    2637558.0,
    357423.0,
    32670.0,
    1925.0,
    66.0,
    1.0,
];

fn lanczos(x: f64) -> f64 {
    let (mut above, mut below) = (0.0, 0.0);
    // Evaluated from the end that keeps the terms small.
    if x < 5.0 {
        for i in (0..13).rev() {
            above = above * x + NUMERATOR[i];
            below = below * x + DENOMINATOR[i];
        }
    } else {
        for i in 0..13 {
            above = above / x + NUMERATOR[i];
            below = below / x + DENOMINATOR[i];
        }
    }
    above / below
}

/// sin(pi x), exact where it is zero.
fn sin_pi(x: f64) -> f64 {
    let y = x.abs() % 2.0;
    let pi = std::f64::consts::PI;
    let sine = match (2.0 * y).round() as i64 {
        0 => (pi * y).sin(),
        1 => (pi * (y - 0.5)).cos(),
        // Not pi * (y - 1.0): the sign of zero would be lost.
        2 => (pi * (1.0 - y)).sin(),
        3 => -(pi * (y - 1.5)).cos(),
        _ => (pi * (y - 2.0)).sin(),
    };
    if x.is_sign_negative() { -sine } else { sine }
}

/// Factorials that a float holds exactly.
fn exact_factorial(n: usize) -> f64 {
    (1..=n).fold(1.0, |product, i| product * i as f64)
}

pub fn gamma(x: f64) -> Result<f64> {
    if !x.is_finite() {
        return if x.is_nan() || x > 0.0 { Ok(x) } else { Err(domain()) };
    }
    if x == 0.0 {
        return Err(domain());
    }
    if x == x.floor() {
        if x < 0.0 {
            return Err(domain());
        }
        if x <= 23.0 {
            return Ok(exact_factorial(x as usize - 1));
        }
    }
    let size = x.abs();
    if size < 1e-20 {
        let result = 1.0 / x;
        return if result.is_infinite() { Err(range()) } else { Ok(result) };
    }
    if size > 200.0 {
        return if x < 0.0 { Ok(0.0 / sin_pi(x)) } else { Err(range()) };
    }
    let y = size + LANCZOS_G - 0.5;
    // The rounding error of y, to be corrected for.
    let error = if size > LANCZOS_G - 0.5 {
        (y - size) - (LANCZOS_G - 0.5)
    } else {
        (y - (LANCZOS_G - 0.5)) - size
    };
    let mut correction = error * LANCZOS_G / y;
    let result = if x < 0.0 {
        let mut r = -std::f64::consts::PI / sin_pi(size) / size * y.exp() / lanczos(size);
        correction = -correction;
        r += correction * r;
        divide_power(r, y, size - 0.5)
    } else {
        let mut r = lanczos(size) / y.exp();
        r += correction * r;
        multiply_power(r, y, size - 0.5)
    };
    if result.is_infinite() { Err(range()) } else { Ok(result) }
}

/// r * y^e without overflow on the way.
fn multiply_power(r: f64, y: f64, e: f64) -> f64 {
    if e < 139.5 {
        return r * y.powf(e);
    }
    let half = y.powf(e / 2.0);
    r * half * half
}

fn divide_power(r: f64, y: f64, e: f64) -> f64 {
    if e < 139.5 {
        return r / y.powf(e);
    }
    let half = y.powf(e / 2.0);
    r / half / half
}

pub fn lgamma(x: f64) -> Result<f64> {
    if !x.is_finite() {
        return Ok(if x.is_nan() { x } else { f64::INFINITY });
    }
    if x == x.floor() && x <= 2.0 {
        return if x <= 0.0 { Err(domain()) } else { Ok(0.0) };
    }
    let size = x.abs();
    if size < 1e-20 {
        return Ok(-size.ln());
    }
    let mut result = lanczos(size).ln() - LANCZOS_G;
    result += (size - 0.5) * ((size + LANCZOS_G - 0.5).ln() - 1.0);
    if x < 0.0 {
        let pi = std::f64::consts::PI;
        result = pi.ln() - sin_pi(size).abs().ln() - size.ln() - result;
    }
    if result.is_infinite() { Err(range()) } else { Ok(result) }
}

// ---- exact sums

/// a + b and what rounding lost.
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let z = sum - a;
    (sum, (a - (sum - z)) + (b - z))
}

/// a + b and what rounding lost, given |a| >= |b|.
fn fast_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    (sum, (a - sum) + b)
}

/// a * b and what rounding lost.
fn two_product(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    (product, a.mul_add(b, -product))
}

/// A sum of floats without error until the end: partial sums that do not overlap (Shewchuk).
#[derive(Default)]
pub struct ExactSum {
    partials: Vec<f64>,
    /// Sum of what is infinite or no number.
    special: f64,
    infinite: f64,
}

impl ExactSum {
    pub fn add(&mut self, given: f64) -> Result<()> {
        let mut x = given;
        let mut kept = 0;
        for i in 0..self.partials.len() {
            let mut y = self.partials[i];
            if x.abs() < y.abs() {
                std::mem::swap(&mut x, &mut y);
            }
            let (high, low) = fast_sum(x, y);
            if low != 0.0 {
                self.partials[kept] = low;
                kept += 1;
            }
            x = high;
        }
        self.partials.truncate(kept);
        if x != 0.0 {
            if !x.is_finite() {
                if given.is_finite() {
                    return Err(Fault::overflow("intermediate overflow in fsum"));
                }
                if given.is_infinite() {
                    self.infinite += given;
                }
                self.special += given;
                self.partials.clear();
            } else {
                self.partials.push(x);
            }
        }
        Ok(())
    }

    pub fn finish(mut self) -> Result<f64> {
        if self.special != 0.0 {
            if self.infinite.is_nan() {
                return Err(Fault::value("-inf + inf in fsum"));
            }
            return Ok(self.special);
        }
        let Some(mut high) = self.partials.pop() else { return Ok(0.0) };
        let mut low = 0.0;
        while let Some(y) = self.partials.pop() {
            (high, low) = fast_sum(high, y);
            if low != 0.0 {
                break;
            }
        }
        // Half-way cases are decided by the next partial.
        if let Some(&next) = self.partials.last()
            && (low < 0.0 && next < 0.0 || low > 0.0 && next > 0.0)
        {
            let twice = low * 2.0;
            let up = high + twice;
            if twice == up - high {
                high = up;
            }
        }
        Ok(high)
    }
}

/// A sum of products in about three times the precision of a float.
#[derive(Clone, Copy, Default)]
pub struct ProductSum {
    high: f64,
    low: f64,
    tiny: f64,
}

impl ProductSum {
    /// The sum with `x * y` added; None once it is no longer finite.
    pub fn add(self, x: f64, y: f64) -> Option<ProductSum> {
        let (product, lost) = two_product(x, y);
        let (high, carry) = two_sum(self.high, product);
        let (first, first_lost) = two_sum(self.low, lost);
        let (low, second_lost) = two_sum(first, carry);
        let tiny = self.tiny + first_lost + second_lost;
        high.is_finite().then_some(ProductSum { high, low, tiny })
    }

    pub fn value(self) -> f64 {
        let (last, _) = two_sum(self.low, self.tiny);
        two_sum(self.high, last).0
    }
}

/// The Euclidean norm, nearly always correctly rounded.
pub fn norm(values: &mut [f64]) -> f64 {
    let mut largest = 0.0f64;
    let mut nan = false;
    for value in values.iter_mut() {
        *value = value.abs();
        nan |= value.is_nan();
        largest = largest.max(*value);
    }
    if largest.is_infinite() {
        return largest;
    }
    if nan {
        return f64::NAN;
    }
    if largest == 0.0 || values.len() <= 1 {
        return largest;
    }
    let (_, exponent) = frexp(largest);
    if exponent < -1023 {
        // Subnormal: scaled up, so that a power of two can scale the rest of the way.
        for value in values.iter_mut() {
            *value /= f64::MIN_POSITIVE;
        }
        return f64::MIN_POSITIVE * norm(values);
    }
    let scale = c::ldexp(1.0, -exponent);
    // The sum starts at 1 so that every square is smaller than it.
    let (mut sum, mut low, mut lost) = (1.0, 0.0, 0.0);
    let add = |square: (f64, f64), sum: &mut f64, low: &mut f64, lost: &mut f64| {
        let (high, rest) = fast_sum(*sum, square.0);
        *sum = high;
        *low += square.1;
        *lost += rest;
    };
    for &value in values.iter() {
        let value = value * scale;
        add(two_product(value, value), &mut sum, &mut low, &mut lost);
    }
    let mut root = (sum - 1.0 + (low + lost)).sqrt();
    // One step of Newton's method with the exact residue.
    add(two_product(-root, root), &mut sum, &mut low, &mut lost);
    root += (sum - 1.0 + (low + lost)) / (2.0 * root);
    root / scale
}

// ---- the representation

/// `x * 2^exponent`.
pub fn ldexp(x: f64, exponent: i64) -> Result<f64> {
    if x == 0.0 || !x.is_finite() {
        return Ok(x);
    }
    let result = c::ldexp(x, exponent.clamp(-5000, 5000) as i32);
    if result.is_infinite() { Err(range()) } else { Ok(result) }
}

/// `steps` floats from x towards y.
pub fn nextafter(x: f64, y: f64, steps: u64) -> f64 {
    if steps == 0 {
        return x;
    }
    if x.is_nan() || y.is_nan() {
        return x + y;
    }
    if x == y {
        return y;
    }
    // Positions on a line of integers, zeros of both signs at 0.
    let position = |f: f64| {
        let bits = f.to_bits() as i64;
        i128::from(if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits })
    };
    let (from, to) = (position(x), position(y));
    let steps = i128::from(steps);
    let at = if to > from { (from + steps).min(to) } else { (from - steps).max(to) };
    if at == to && y == 0.0 {
        return y;
    }
    if at == 0 {
        return 0f64.copysign(x);
    }
    let size = f64::from_bits(at.unsigned_abs() as u64);
    if at < 0 { -size } else { size }
}

/// The distance to the next float away from zero.
pub fn ulp(x: f64) -> f64 {
    if x.is_nan() || x.is_infinite() {
        return x.abs();
    }
    let x = x.abs();
    let next = nextafter(x, f64::INFINITY, 1);
    if next.is_infinite() { x - nextafter(x, f64::NEG_INFINITY, 1) } else { next - x }
}
