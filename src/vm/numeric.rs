//! Arithmetic on numbers of any built-in type: the slow side of `arith`.
//!
//! The algorithms are in `plain`; here operands are taken apart and results made values.

use dashu_int::IBig;

use super::ops::*;
use super::{Stop, Vm, raise};
use crate::gc::Gc;
use crate::plain::int::Int;
use crate::plain::{self, float, int};
use crate::value::{BigInt, Complex, T, Value};

/// A number of any built-in type, bools counting as integers.
pub enum Number {
    Small(i64),
    Big(Gc<BigInt>),
    Float(f64),
    Complex(f64, f64),
}

pub fn number(vm: &Vm, value: Value) -> Option<Number> {
    if let Some(i) = value.as_int() {
        return Some(Number::Small(i));
    }
    if let Some(f) = value.as_float() {
        return Some(Number::Float(f));
    }
    if let Some(b) = value.as_bool() {
        return Some(Number::Small(i64::from(b)));
    }
    if let Some(big) = value.cast::<BigInt>() {
        return Some(Number::Big(big));
    }
    if let Some(c) = value.cast::<Complex>() {
        return Some(Number::Complex(c.re, c.im));
    }
    let inner = vm.space.unwrap(value);
    if inner == value { None } else { number(vm, inner) }
}

/// An integer of any size; None for everything that is no `int`.
pub fn integer(vm: &Vm, value: Value) -> Option<Int> {
    match number(vm, value)? {
        Number::Small(i) => Some(Int::Small(i)),
        Number::Big(big) => Some(Int::from(big.value.clone())),
        _ => None,
    }
}

pub fn int_value(vm: &Vm, value: Int) -> Value {
    match value {
        Int::Small(i) => vm.space.int(i),
        Int::Big(big) => vm.space.big_int(big),
    }
}

pub(super) fn to_big(n: &Number) -> IBig {
    match n {
        Number::Small(i) => IBig::from(*i),
        Number::Big(big) => big.value.clone(),
        _ => unreachable!("integers only"),
    }
}

pub(super) fn to_float(vm: &Vm, n: &Number) -> Result<f64, Stop> {
    match n {
        Number::Small(i) => Ok(*i as f64),
        Number::Big(big) => float::big_to_f64(&big.value).map_err(|f| fault(vm, &f)),
        Number::Float(f) => Ok(*f),
        Number::Complex(..) => unreachable!("complex numbers are handled before"),
    }
}

pub(super) fn arithmetic(vm: &Vm, op: Binary, x: Number, y: Number) -> Result<Option<Value>, Stop> {
    use Number::{Big, Complex, Float, Small};
    match (&x, &y) {
        (Complex(..), _) | (_, Complex(..)) => complex_arithmetic(vm, op, x, y),
        (Float(_), _) | (_, Float(_)) => {
            let (a, b) = (to_float(vm, &x)?, to_float(vm, &y)?);
            float_arithmetic(vm, op, a, b)
        }
        (Small(a), Small(b)) => small_arithmetic(vm, op, *a, *b),
        (Small(_) | Big(_), Small(_) | Big(_)) => big_arithmetic(vm, op, &x, &y),
    }
}

pub(super) fn float_arithmetic(vm: &Vm, op: Binary, a: f64, b: f64) -> Result<Option<Value>, Stop> {
    let result = match op {
        Binary::Add => Ok(a + b),
        Binary::Sub => Ok(a - b),
        Binary::Mul => Ok(a * b),
        Binary::Div => float::div(a, b),
        Binary::FloorDiv => float::floor_div(a, b),
        Binary::Mod => float::modulo(a, b),
        Binary::Pow => match float::pow(a, b) {
            Ok(float::Power::Real(x)) => Ok(x),
            Ok(float::Power::Complex) => {
                return complex_arithmetic(vm, op, Number::Complex(a, 0.0), Number::Float(b));
            }
            Err(f) => Err(f),
        },
        _ => return Ok(None),
    };
    result.map(|f| Some(Value::float(f))).map_err(|f| fault(vm, &f))
}

pub(super) fn small_arithmetic(vm: &Vm, op: Binary, a: i64, b: i64) -> Result<Option<Value>, Stop> {
    // Operands have at most 50 bits: sums and products of two fit 128, sums 64.
    let result: plain::Result<Int> = match op {
        Binary::Add => Ok(Int::Small(a + b)),
        Binary::Sub => Ok(Int::Small(a - b)),
        Binary::Mul => Ok(Int::from(i128::from(a) * i128::from(b))),
        Binary::Div => {
            return float::div_i64(a, b).map(|f| Some(Value::float(f))).map_err(|f| fault(vm, &f));
        }
        Binary::FloorDiv => int::floor_div_i64(a, b),
        Binary::Mod => int::mod_i64(a, b).map(Int::Small),
        Binary::Pow => {
            if b < 0 {
                if a == 0 {
                    let text = "0.0 cannot be raised to a negative power";
                    return Err(raise::error(vm, T::ZeroDivisionError, text));
                }
                return float_arithmetic(vm, op, a as f64, b as f64);
            }
            let (base, exponent) = (IBig::from(a), IBig::from(b));
            if takes_long(op, &base, &exponent) {
                let result = vm.long_work(move || whole(op, &base, &exponent))?;
                return result.map(|i| Some(int_value(vm, i))).map_err(|f| fault(vm, &f));
            }
            int::pow_i64(a, b as u64)
        }
        Binary::And => Ok(Int::Small(a & b)),
        Binary::Or => Ok(Int::Small(a | b)),
        Binary::Xor => Ok(Int::Small(a ^ b)),
        Binary::Shl => int::shl_i64(a, b),
        Binary::Shr => int::shr_i64(a, b).map(Int::Small),
        Binary::MatMul => return Ok(None),
    };
    result.map(|i| Some(int_value(vm, i))).map_err(|f| fault(vm, &f))
}

pub(super) fn big_arithmetic(
    vm: &Vm,
    op: Binary,
    x: &Number,
    y: &Number,
) -> Result<Option<Value>, Stop> {
    let done = |value: IBig| Ok(Some(vm.space.big_int(value)));
    // The common operations borrow their operands; the rest may as well copy.
    let small;
    let other;
    let a: &IBig = match x {
        Number::Big(big) => &big.value,
        n => {
            small = to_big(n);
            &small
        }
    };
    let b: &IBig = match y {
        Number::Big(big) => &big.value,
        n => {
            other = to_big(n);
            &other
        }
    };
    if takes_long(op, a, b) {
        let (a, b) = (a.clone(), b.clone());
        let result = vm.long_work(move || whole(op, &a, &b))?;
        return result.map(|i| Some(int_value(vm, i))).map_err(|f| fault(vm, &f));
    }
    let result = match op {
        Binary::Add => return done(a + b),
        Binary::Sub => return done(a - b),
        Binary::Mul => return int::mul_big(a, b).map_err(|f| fault(vm, &f)).and_then(done),
        Binary::Div => {
            return float::div_big(a, b).map(|f| Some(Value::float(f))).map_err(|f| fault(vm, &f));
        }
        Binary::Pow if b < &IBig::ZERO => {
            return float_arithmetic(vm, op, to_float(vm, x)?, to_float(vm, y)?);
        }
        Binary::FloorDiv | Binary::Mod | Binary::Pow => whole(op, a, b),
        Binary::And => return done(a & b),
        Binary::Or => return done(a | b),
        Binary::Xor => return done(a ^ b),
        Binary::Shl => int::shl_big(a, b),
        Binary::Shr => int::shr_big(a, b),
        Binary::MatMul => return Ok(None),
    };
    result.map(|i| Some(int_value(vm, i))).map_err(|f| fault(vm, &f))
}

/// The operations on integers that may take long.
fn whole(op: Binary, a: &IBig, b: &IBig) -> plain::Result<Int> {
    match op {
        Binary::Mul => int::mul_big(a, b).map(Int::from),
        Binary::FloorDiv => int::floor_div_big(a, b),
        Binary::Mod => int::mod_big(a, b),
        Binary::Pow => int::pow_big(a, b),
        other => unreachable!("{other:?} is quick"),
    }
}

fn takes_long(op: Binary, a: &IBig, b: &IBig) -> bool {
    match op {
        Binary::Mul => int::mul_takes_long(a, b),
        Binary::FloorDiv | Binary::Mod => int::div_takes_long(a, b),
        Binary::Pow => int::pow_takes_long(a, b),
        _ => false,
    }
}

pub(super) fn complex_arithmetic(
    vm: &Vm,
    op: Binary,
    x: Number,
    y: Number,
) -> Result<Option<Value>, Stop> {
    let parts = |n: &Number| match n {
        Number::Complex(re, im) => Ok((*re, *im)),
        n => to_float(vm, n).map(|f| (f, 0.0)),
    };
    let ((a, b), (c, d)) = (parts(&x)?, parts(&y)?);
    let (re, im) = match op {
        Binary::Add => (a + c, b + d),
        Binary::Sub => (a - c, b - d),
        Binary::Mul => (a * c - b * d, a * d + b * c),
        Binary::Div => {
            if c == 0.0 && d == 0.0 {
                return Err(raise::error(vm, T::ZeroDivisionError, "complex division by zero"));
            }
            complex_quotient(a, b, c, d)
        }
        Binary::Pow => match complex_power((a, b), (c, d)) {
            Some((re, im)) if re.is_infinite() || im.is_infinite() => {
                return Err(raise::error(vm, T::OverflowError, "complex exponentiation"));
            }
            Some(power) => power,
            None => {
                let text = "0.0 to a negative or complex power";
                return Err(raise::error(vm, T::ZeroDivisionError, text));
            }
        },
        _ => return Ok(None),
    };
    Ok(Some(vm.space.complex(re, im)))
}

/// Smith's method: scales by the larger part of the divisor.
pub(super) fn complex_quotient(a: f64, b: f64, c: f64, d: f64) -> (f64, f64) {
    if c.abs() >= d.abs() {
        let ratio = d / c;
        let denominator = c + d * ratio;
        ((a + b * ratio) / denominator, (b - a * ratio) / denominator)
    } else {
        let ratio = c / d;
        let denominator = c * ratio + d;
        ((a * ratio + b) / denominator, (b * ratio - a) / denominator)
    }
}

/// None for zero to a negative or complex power.
pub(super) fn complex_power((a, b): (f64, f64), (c, d): (f64, f64)) -> Option<(f64, f64)> {
    if c == 0.0 && d == 0.0 {
        return Some((1.0, 0.0));
    }
    if a == 0.0 && b == 0.0 {
        return if d != 0.0 || c < 0.0 { None } else { Some((0.0, 0.0)) };
    }
    if d == 0.0 && c == c.trunc() && c.abs() <= 100.0 {
        // Small whole powers by repeated multiplication, as exact as the factors.
        let (mut base, mut n) = ((a, b), c.abs() as u32);
        let mut power = (1.0, 0.0);
        let times = |(a, b): (f64, f64), (c, d): (f64, f64)| (a * c - b * d, a * d + b * c);
        while n > 0 {
            if n & 1 == 1 {
                power = times(power, base);
            }
            base = times(base, base);
            n >>= 1;
        }
        return Some(if c < 0.0 { complex_quotient(1.0, 0.0, power.0, power.1) } else { power });
    }
    let (radius, angle) = (a.hypot(b), b.atan2(a));
    let mut length = radius.powf(c);
    let mut turn = angle * c;
    if d != 0.0 {
        length *= (-angle * d).exp();
        turn += d * radius.ln();
    }
    Some((length * turn.cos(), length * turn.sin()))
}
