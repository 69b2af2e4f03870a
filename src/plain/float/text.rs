//! Floats to text: the shortest digits that read back, and the exact digits of `e`, `f` and `g`.
//!
//! Shortest digits come from zmij, which shares CPython's thresholds for the exponent but for one
//! decade and the padding of the exponent. Exact digits come from 128-bit arithmetic where that
//! suffices, else from `core::fmt`, which is exact and rounds half to even as CPython does.
//! Everything is appended to a `Vec` of the caller's. Signs of formatted text belong to `spec`.

use std::cmp::Ordering;

use super::super::int::text::push_u64;
use super::super::{Fault, MAX_BYTES, Result};

/// No double has more digits after its point than this.
const MAX_FRACTION: usize = 1100;
/// No double has more significant digits than this.
const MAX_SIGNIFICANT: usize = 800;

const POW10: [u128; 23] = {
    let mut table = [1u128; 23];
    let mut i = 1;
    while i < 23 {
        table[i] = table[i - 1] * 10;
        i += 1;
    }
    table
};

/// How the digits of a float are chosen and laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Shortest digits, with an exponent where `repr` has one, but no forced `.0`.
    Shortest,
    /// `e`: one digit before the point.
    Exponent,
    /// `f`: a fixed number of digits after the point.
    Fixed,
    /// `g`: a number of significant digits, trailing zeros dropped.
    General,
}

/// What [`push_unsigned`] needs to know besides the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    pub style: Style,
    /// Ignored by [`Style::Shortest`].
    pub precision: usize,
    /// `#`: keep the point and, for `g`, trailing zeros.
    pub alternate: bool,
    /// Show whole numbers with `.0`, as `repr` does.
    pub dot_zero: bool,
    pub upper: bool,
}

/// `repr(x)`.
pub fn repr(x: f64) -> String {
    let mut out = Vec::with_capacity(24);
    push_repr(&mut out, x);
    String::from_utf8(out).unwrap_or_default()
}

/// Appends `repr(x)`.
pub fn push_repr(out: &mut Vec<u8>, x: f64) {
    if !x.is_finite() {
        let text: &[u8] = if x.is_nan() {
            b"nan"
        } else if x > 0.0 {
            b"inf"
        } else {
            b"-inf"
        };
        out.extend_from_slice(text);
        return;
    }
    let whole = x as i64;
    if whole as f64 == x
        && whole.unsigned_abs() < 1_000_000_000_000
        && (whole != 0 || x.is_sign_positive())
    {
        if whole < 0 {
            out.push(b'-');
        }
        push_u64(out, whole.unsigned_abs());
        out.extend_from_slice(b".0");
        return;
    }
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(x).as_bytes();
    let size = x.abs();
    if (1e-4..1e16).contains(&size) || size == 0.0 {
        out.extend_from_slice(text);
    } else {
        if x < 0.0 {
            out.push(b'-');
        }
        let (digits, point) = shortest(size);
        lay_out(out, digits.as_slice(), point, 0, true, false, false);
    }
}

/// Up to seventeen digits.
#[derive(Default)]
struct Short {
    digits: [u8; 24],
    len: usize,
}

impl Short {
    fn as_slice(&self) -> &[u8] {
        &self.digits[..self.len]
    }

    /// Takes so many significant digits of a number if they are easily known exactly.
    fn fill_exact(&mut self, x: f64, count: usize) -> Option<i32> {
        if count > 17 || !(1e-15..1e18).contains(&x) {
            return None;
        }
        // A guess that is one too low at times, but never too high.
        let mut exponent = (x.log10() - 1e-9).floor() as i32;
        loop {
            let places = count as i32 - 1 - exponent;
            let mut scaled = match usize::try_from(places) {
                Ok(places) => scaled(x, places)?,
                Err(_) => in_units(x, 10u64.pow(places.unsigned_abs())),
            };
            let limit = 10u64.pow(count as u32);
            if scaled < limit / 10 {
                return None;
            }
            if scaled > limit {
                exponent += 1;
                continue;
            }
            if scaled == limit {
                // Rounded up to the next power of ten.
                scaled /= 10;
                exponent += 1;
            }
            self.len = count;
            for digit in self.digits[..count].iter_mut().rev() {
                *digit = b'0' + (scaled % 10) as u8;
                scaled /= 10;
            }
            return Some(exponent + 1);
        }
    }
}

/// The shortest digits of a positive finite number, and where the point stands: 0.ddd x 10^point.
fn shortest(x: f64) -> (Short, i32) {
    let mut short = Short { digits: [0; 24], len: 0 };
    if x == 0.0 {
        short.digits[0] = b'0';
        short.len = 1;
        return (short, 1);
    }
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(x).as_bytes();
    let (mantissa, exponent) = split_exponent(text);
    let mut point = None;
    for &byte in mantissa {
        if byte == b'.' {
            point = Some(short.len);
        } else {
            short.digits[short.len] = byte;
            short.len += 1;
        }
    }
    let mut point = point.unwrap_or(short.len) as i32 + exponent;
    let zeros = short.as_slice().iter().take_while(|&&d| d == b'0').count();
    short.digits.copy_within(zeros..short.len, 0);
    short.len -= zeros;
    point -= zeros as i32;
    while short.len > 1 && short.digits[short.len - 1] == b'0' {
        short.len -= 1;
    }
    (short, point)
}

fn split_exponent(text: &[u8]) -> (&[u8], i32) {
    match text.iter().position(|&b| b == b'e') {
        None => (text, 0),
        Some(at) => {
            let digits = text[at + 1..].iter().filter(|b| b.is_ascii_digit());
            let value = digits.fold(0i32, |sum, d| sum * 10 + i32::from(d - b'0'));
            let negative = text.get(at + 1) == Some(&b'-');
            (&text[..at], if negative { -value } else { value })
        }
    }
}

/// Appends |x| as the form asks; the sign is the caller's.
pub fn push_unsigned(out: &mut Vec<u8>, x: f64, form: Form) -> Result<()> {
    let start = out.len();
    let x = x.abs();
    if !x.is_finite() {
        out.extend_from_slice(if x.is_nan() { b"nan" } else { b"inf" });
    } else if form.style != Style::Shortest && form.precision > i32::MAX as usize {
        return Err(Fault::value("precision too big"));
    } else if form.style != Style::Shortest
        && form.precision > MAX_BYTES
        && (form.style != Style::General || form.alternate)
    {
        return Err(Fault::memory());
    } else {
        push_finite(out, x, form);
    }
    if form.upper {
        out[start..].make_ascii_uppercase();
    }
    Ok(())
}

fn push_finite(out: &mut Vec<u8>, x: f64, form: Form) {
    let precision = form.precision;
    match form.style {
        Style::Fixed => {
            push_fixed(out, x, precision);
            if precision == 0 && form.alternate {
                out.push(b'.');
            }
        }
        Style::Exponent => {
            let mut short = Short::default();
            let end = i64::try_from(precision).unwrap_or(i64::MAX - 1) + 1;
            if let Some(point) = short.fill_exact(x, precision.saturating_add(1)) {
                lay_out_wide(out, short.as_slice(), point, end, true, false, form.alternate);
            } else {
                let (digits, point) = exact_digits(x, precision.saturating_add(1));
                lay_out_wide(out, &digits, point, end, true, false, form.alternate);
            }
        }
        Style::General => {
            let count = precision.max(1);
            let mut short = Short::default();
            if let Some(point) = short.fill_exact(x, count) {
                lay_out_general(out, short.as_slice(), point, count, form);
            } else {
                let (digits, point) = exact_digits(x, count);
                lay_out_general(out, &digits, point, count, form);
            }
        }
        Style::Shortest => {
            let (digits, point) = shortest(x);
            let scientific = point <= -4 || point > 16;
            let end = digits.len as i32;
            lay_out(out, digits.as_slice(), point, end, scientific, form.dot_zero, form.alternate);
        }
    }
}

/// So many significant digits of a finite number, and the point.
fn exact_digits(x: f64, count: usize) -> (Vec<u8>, i32) {
    let text = format!("{:.*e}", (count - 1).min(MAX_SIGNIFICANT), x);
    let (mantissa, exponent) = split_exponent(text.as_bytes());
    let digits = mantissa.iter().copied().filter(|&b| b != b'.').collect();
    (digits, exponent + 1)
}

/// The layout of `g`: an exponent only where the number is large or small.
fn lay_out_general(out: &mut Vec<u8>, digits: &[u8], point: i32, count: usize, form: Form) {
    let zeros = digits.iter().rev().take_while(|&&digit| digit == b'0').count();
    let digits = &digits[..(digits.len() - zeros).max(1)];
    let room = count as i64 - i64::from(form.dot_zero);
    let scientific = point <= -4 || i64::from(point) > room;
    let end = if form.alternate { count as i64 } else { digits.len() as i64 };
    lay_out_wide(out, digits, point, end, scientific, form.dot_zero, form.alternate);
}

fn lay_out(
    out: &mut Vec<u8>,
    digits: &[u8],
    point: i32,
    end: i32,
    scientific: bool,
    dot_zero: bool,
    alternate: bool,
) {
    lay_out_wide(out, digits, point, i64::from(end), scientific, dot_zero, alternate);
}

/// Writes digits around a point: zeros before and after them as the positions require.
///
/// `end` is how many digits must be shown, counted from the first significant one.
fn lay_out_wide(
    out: &mut Vec<u8>,
    digits: &[u8],
    mut point: i32,
    end: i64,
    scientific: bool,
    dot_zero: bool,
    alternate: bool,
) {
    let exponent = point - 1;
    if scientific {
        point = 1;
    }
    let least = if !scientific && dot_zero { i64::from(point) + 1 } else { i64::from(point) };
    let end = end.max(least).max(digits.len() as i64);
    let digit = |at: i64| -> u8 {
        usize::try_from(at).ok().and_then(|at| digits.get(at).copied()).unwrap_or(b'0')
    };
    let point = i64::from(point);
    if point <= 0 {
        out.push(b'0');
    } else {
        for at in 0..point {
            out.push(digit(at));
        }
    }
    if end > point || alternate {
        out.push(b'.');
        let known = (digits.len() as i64).min(end).max(point);
        for at in point..known {
            out.push(digit(at));
        }
        out.resize(out.len() + (end - known) as usize, b'0');
    }
    if scientific {
        out.push(b'e');
        out.push(if exponent < 0 { b'-' } else { b'+' });
        if exponent.unsigned_abs() < 10 {
            out.push(b'0');
        }
        push_u64(out, u64::from(exponent.unsigned_abs()));
    }
}

/// Appends a non-negative finite number with `precision` digits after the point.
pub fn push_fixed(out: &mut Vec<u8>, x: f64, precision: usize) {
    if let Some(scaled) = scaled(x, precision) {
        push_scaled(out, scaled, precision);
        return;
    }
    let shown = precision.min(MAX_FRACTION);
    out.extend_from_slice(format!("{x:.shown$}").as_bytes());
    out.resize(out.len() + (precision - shown), b'0');
}

/// x * 10^precision rounded half to even, where 128 bits are enough to know it exactly.
pub(super) fn scaled(x: f64, precision: usize) -> Option<u64> {
    if precision >= POW10.len() {
        return None;
    }
    let (mantissa, exponent) = decompose(x);
    let product = u128::from(mantissa) * POW10[precision];
    let rounded = if exponent >= 0 {
        if product.leading_zeros() <= exponent.unsigned_abs() {
            return None;
        }
        product << exponent
    } else {
        let shift = exponent.unsigned_abs();
        if shift > 127 {
            // The product is below 2^127, hence less than half.
            0
        } else {
            let whole = product >> shift;
            let rest = product - (whole << shift);
            let half = 1u128 << (shift - 1);
            whole + u128::from(rest > half || (rest == half && whole & 1 == 1))
        }
    };
    u64::try_from(rounded).ok()
}

/// x / unit rounded half to even, for x below 10^18.
fn in_units(x: f64, unit: u64) -> u64 {
    let whole = x as u64;
    let (quotient, rest) = (whole / unit, whole % unit);
    let up = match (2 * rest).cmp(&unit) {
        Ordering::Equal => x.fract() != 0.0 || quotient & 1 == 1,
        order => order == Ordering::Greater,
    };
    quotient + u64::from(up)
}

/// A non-negative finite number as mantissa * 2^exponent.
pub fn decompose(x: f64) -> (u64, i32) {
    let bits = x.to_bits();
    let biased = ((bits >> 52) & 0x7ff) as i32;
    let fraction = bits & ((1 << 52) - 1);
    if biased == 0 { (fraction, -1074) } else { (fraction | 1 << 52, biased - 1075) }
}

fn push_scaled(out: &mut Vec<u8>, scaled: u64, precision: usize) {
    if precision == 0 {
        push_u64(out, scaled);
        return;
    }
    let start = out.len();
    push_u64(out, scaled);
    let count = out.len() - start;
    if count <= precision {
        // Rare: a number below one. Its zeros go in front.
        let zeros = precision + 1 - count;
        out.splice(start..start, std::iter::repeat_n(b'0', zeros));
    }
    out.push(0);
    let len = out.len();
    out.copy_within(len - 1 - precision..len - 1, len - precision);
    out[len - 1 - precision] = b'.';
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(x: f64, style: Style, precision: usize) -> String {
        let form = Form { style, precision, alternate: false, dot_zero: false, upper: false };
        let mut out = Vec::new();
        push_unsigned(&mut out, x, form).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn repr_at_the_thresholds() {
        let rows = [
            (1e16, "1e+16"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (9999999999999998.0, "9999999999999998.0"),
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (5e-324, "5e-324"),
            (1.7976931348623157e308, "1.7976931348623157e+308"),
            (1.2345e-5, "1.2345e-05"),
            (-1e22, "-1e+22"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (x, expected) in rows {
            assert_eq!(repr(x), expected);
        }
    }

    #[test]
    fn styles() {
        assert_eq!(text(0.5, Style::Fixed, 0), "0");
        assert_eq!(text(2.5, Style::Fixed, 0), "2");
        assert_eq!(text(0.0005, Style::Fixed, 3), "0.001");
        assert_eq!(text(1e23, Style::Fixed, 2), "99999999999999991611392.00");
        assert_eq!(text(123456.0, Style::General, 6), "123456");
        assert_eq!(text(1234567.0, Style::General, 6), "1.23457e+06");
        assert_eq!(text(0.0, Style::Exponent, 2), "0.00e+00");
        assert_eq!(text(0.0, Style::General, 6), "0");
        assert_eq!(text(1e-7, Style::Shortest, 0), "1e-07");
    }
}
