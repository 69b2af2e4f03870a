//! The module `math`: functions of floats. Integers and sums over iterables are in
//! `math_whole.rs`.

use super::float::float_arg;
use super::{add_functions, function, math_whole};
use crate::gc::Gc;
use crate::plain::int::Int;
use crate::plain::{Fault, float, special};
use crate::value::{BigInt, Dict, T, Value};
use crate::vm::{Args, Cx, Def, Flow, Stop};

/// A function of one float: where it is infinite for a finite argument, is that an overflow
/// (`range`) or a pole (`domain`)?
macro_rules! one {
    ($name:literal, $doc:literal, $run:expr, $pole:ident) => {
        function(concat!($name, "(x, /)"), $doc, |cx, args| {
            let x = float_arg(cx, cx.arg(args, 0).value())?;
            let result: f64 = $run(x);
            checked(cx, result, x, special::$pole)
        })
    };
}

static FUNCTIONS: &[Def] = &[
    one!("acos", "Return the arc cosine (measured in radians) of x.", f64::acos, domain),
    one!("acosh", "Return the inverse hyperbolic cosine of x.", special::acosh, domain),
    one!("asin", "Return the arc sine (measured in radians) of x.", f64::asin, domain),
    one!("asinh", "Return the inverse hyperbolic sine of x.", special::asinh, domain),
    one!("atan", "Return the arc tangent (measured in radians) of x.", f64::atan, domain),
    one!("atanh", "Return the inverse hyperbolic tangent of x.", special::atanh, domain),
    one!("cbrt", "Return the cube root of x.", f64::cbrt, domain),
    one!("cos", "Return the cosine of x (measured in radians).", f64::cos, domain),
    one!("cosh", "Return the hyperbolic cosine of x.", f64::cosh, range),
    one!(
        "degrees",
        "Convert angle x from radians to degrees.",
        |x: f64| x * (180.0 / std::f64::consts::PI),
        range
    ),
    one!("erf", "Error function at x.", special::erf, domain),
    one!("erfc", "Complementary error function at x.", special::erfc, domain),
    one!("exp", "Return e raised to the power of x.", f64::exp, range),
    one!("exp2", "Return 2 raised to the power of x.", f64::exp2, range),
    one!("expm1", "Return exp(x)-1.", f64::exp_m1, range),
    one!("fabs", "Return the absolute value of the float x.", f64::abs, domain),
    one!("log1p", "Return the natural logarithm of 1+x (base e).", f64::ln_1p, domain),
    one!(
        "radians",
        "Convert angle x from degrees to radians.",
        |x: f64| x * (std::f64::consts::PI / 180.0),
        range
    ),
    one!("sin", "Return the sine of x (measured in radians).", f64::sin, domain),
    one!("sinh", "Return the hyperbolic sine of x.", f64::sinh, range),
    one!("sqrt", "Return the square root of x.", f64::sqrt, domain),
    one!("tan", "Return the tangent of x (measured in radians).", f64::tan, domain),
    one!("tanh", "Return the hyperbolic tangent of x.", f64::tanh, domain),
    one!(
        "ulp",
        "Return the value of the least significant bit of the float x.",
        special::ulp,
        range
    ),
    function("gamma(x, /)", "Gamma function at x.", |cx, args| fallible(cx, args, special::gamma)),
    function(
        "lgamma(x, /)",
        "Natural logarithm of absolute value of Gamma function at x.",
        |cx, args| fallible(cx, args, special::lgamma),
    ),
    function("atan2(y, x, /)", "Return the arc tangent (measured in radians) of y/x.", atan2),
    function("ceil(x, /)", "Return the ceiling of x as an Integral.", ceil),
    function(
        "copysign(x, y, /)",
        "Return a float with the magnitude (absolute value) of x but the sign of y.",
        copysign,
    ),
    function("floor(x, /)", "Return the floor of x as an Integral.", floor),
    function("fma(x, y, z, /)", "Fused multiply-add operation.", fma),
    function("fmod(x, y, /)", "Return fmod(x, y), according to platform C.", fmod),
    function("frexp(x, /)", "Return the mantissa and exponent of x, as pair (m, e).", frexp),
    function(
        "isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0)",
        "Determine whether two floating-point numbers are close in value.",
        isclose,
    ),
    function(
        "isfinite(x, /)",
        "Return True if x is neither an infinity nor a NaN, and False otherwise.",
        |cx, args| is(cx, args, f64::is_finite),
    ),
    function(
        "isinf(x, /)",
        "Return True if x is a positive or negative infinity, and False otherwise.",
        |cx, args| is(cx, args, f64::is_infinite),
    ),
    function(
        "isnan(x, /)",
        "Return True if x is a NaN (not a number), and False otherwise.",
        |cx, args| is(cx, args, f64::is_nan),
    ),
    function("ldexp(x, i, /)", "Return x * (2**i).", ldexp),
    function(
        "log(x, base=None, /)",
        "log(x, [base=math.e])\nReturn the logarithm of x to the given base.",
        log,
    ),
    function("log10(x, /)", "Return the base 10 logarithm of x.", |cx, args| {
        let x = cx.arg(args, 0).value();
        logarithm(cx, x, f64::log10, std::f64::consts::LOG10_2).map(Value::float)
    }),
    function("log2(x, /)", "Return the base 2 logarithm of x.", |cx, args| {
        let x = cx.arg(args, 0).value();
        logarithm(cx, x, f64::log2, 1.0).map(Value::float)
    }),
    function("modf(x, /)", "Return the fractional and integer parts of x.", modf),
    function(
        "nextafter(x, y, /, *, steps=None)",
        "Return the floating-point value the given number of steps after x towards y.",
        nextafter,
    ),
    function("pow(x, y, /)", "Return x**y (x to the power of y).", pow),
    function(
        "remainder(x, y, /)",
        "Difference between x and the closest integer multiple of y.",
        remainder,
    ),
    function("trunc(x, /)", "Truncates the Real x to the nearest Integral toward 0.", trunc),
];

/// Fills the namespace of the module.
pub fn module(cx: &mut Cx, namespace: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, namespace, FUNCTIONS, "math");
    add_functions(cx, namespace, math_whole::FUNCTIONS, "math");
    for (name, value) in [
        ("pi", std::f64::consts::PI),
        ("e", std::f64::consts::E),
        ("tau", std::f64::consts::TAU),
        ("inf", f64::INFINITY),
        ("nan", f64::NAN),
    ] {
        namespace.set_str(cx, cx.intern(name), Value::float(value));
    }
    Ok(())
}

/// A result that is no number or infinite although the argument was neither is an error.
fn checked(cx: &Cx, result: f64, x: f64, pole: fn() -> Fault) -> Flow {
    if result.is_nan() && !x.is_nan() {
        return Err(cx.fault(&special::domain()));
    }
    if result.is_infinite() && x.is_finite() {
        return Err(cx.fault(&pole()));
    }
    Ok(Value::float(result))
}

fn first(cx: &mut Cx, args: Args) -> Result<f64, Stop> {
    float_arg(cx, cx.arg(args, 0).value())
}

fn second(cx: &mut Cx, args: Args) -> Result<f64, Stop> {
    float_arg(cx, cx.arg(args, 1).value())
}

fn fallible(cx: &mut Cx, args: Args, run: fn(f64) -> Result<f64, Fault>) -> Flow {
    let x = first(cx, args)?;
    run(x).map(Value::float).map_err(|f| cx.fault(&f))
}

fn is(cx: &mut Cx, args: Args, test: fn(f64) -> bool) -> Flow {
    first(cx, args).map(|x| Value::bool(test(x)))
}

fn atan2(cx: &mut Cx, args: Args) -> Flow {
    let (y, x) = (first(cx, args)?, second(cx, args)?);
    Ok(Value::float(y.atan2(x)))
}

fn copysign(cx: &mut Cx, args: Args) -> Flow {
    let (x, y) = (first(cx, args)?, second(cx, args)?);
    Ok(Value::float(x.copysign(y)))
}

// ---- rounding

/// `__ceil__` and `__floor__` of other types than float come first; what has neither is
/// converted.
fn whole(cx: &mut Cx, args: Args, name: &str, round: fn(f64) -> f64) -> Flow {
    let x = cx.arg(args, 0).value();
    if x.is_int() {
        return Ok(x);
    }
    if !x.is_float() {
        let name = cx.intern(name);
        if let Some(method) = cx.special(x, name)? {
            return cx.tail(method, &[]);
        }
    }
    let x = float_arg(cx, x)?;
    let value = float::to_int(round(x)).map_err(|f| cx.fault(&f))?;
    Ok(cx.int_value(value))
}

fn ceil(cx: &mut Cx, args: Args) -> Flow {
    whole(cx, args, "__ceil__", f64::ceil)
}

fn floor(cx: &mut Cx, args: Args) -> Flow {
    whole(cx, args, "__floor__", f64::floor)
}

fn trunc(cx: &mut Cx, args: Args) -> Flow {
    let x = cx.arg(args, 0).value();
    if let Some(f) = x.as_float() {
        let value = float::to_int(f).map_err(|f| cx.fault(&f))?;
        return Ok(cx.int_value(value));
    }
    match cx.special(x, cx.vm().names.__trunc__)? {
        Some(method) => cx.tail(method, &[]),
        None => {
            Err(cx.type_error(&format!("type {} doesn't define __trunc__ method", cx.type_name(x))))
        }
    }
}

// ---- powers and logarithms

fn pow(cx: &mut Cx, args: Args) -> Flow {
    let (x, y) = (first(cx, args)?, second(cx, args)?);
    let result = x.powf(y);
    if x.is_finite() && y.is_finite() {
        if result.is_nan() || result.is_infinite() && x == 0.0 {
            return Err(cx.fault(&special::domain()));
        }
        if result.is_infinite() {
            return Err(cx.fault(&special::range()));
        }
    }
    Ok(Value::float(result))
}

fn log(cx: &mut Cx, args: Args) -> Flow {
    let (x, base) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    let above = logarithm(cx, x, f64::ln, std::f64::consts::LN_2)?;
    if base.is_undef() {
        return Ok(Value::float(above));
    }
    let below = logarithm(cx, base, f64::ln, std::f64::consts::LN_2)?;
    if below == 0.0 {
        return Err(cx.error(T::ZeroDivisionError, "float division by zero"));
    }
    Ok(Value::float(above / below))
}

/// A logarithm; integers may be too big for a float. `of_two` is the logarithm of 2.
fn logarithm(cx: &mut Cx, x: Value, run: fn(f64) -> f64, of_two: f64) -> Result<f64, Stop> {
    if let Some(big) = cx.unwrap(x).cast::<BigInt>() {
        if big.value <= dashu_int::IBig::ZERO {
            return Err(cx.fault(&special::domain()));
        }
        if let Ok(f) = float::big_to_f64(&big.value) {
            return Ok(run(f));
        }
        // The leading bits as a float, and by how much they were shifted.
        let shift = crate::plain::int::bit_length_big(&big.value) - 64;
        let top = &big.value >> shift;
        let top = float::big_to_f64(&top).map_err(|f| cx.fault(&f))?;
        let (mantissa, exponent) = special::frexp(top);
        return Ok(run(mantissa) + of_two * (f64::from(exponent) + shift as f64));
    }
    let x = float_arg(cx, x)?;
    if x <= 0.0 {
        return Err(cx.fault(&special::domain()));
    }
    Ok(run(x))
}

// ---- two and three floats

fn fmod(cx: &mut Cx, args: Args) -> Flow {
    let (x, y) = (first(cx, args)?, second(cx, args)?);
    let result = x % y;
    if result.is_nan() && !x.is_nan() && !y.is_nan() {
        return Err(cx.fault(&special::domain()));
    }
    Ok(Value::float(result))
}

fn remainder(cx: &mut Cx, args: Args) -> Flow {
    let (x, y) = (first(cx, args)?, second(cx, args)?);
    if x.is_nan() || y.is_nan() {
        return Ok(Value::float(f64::NAN));
    }
    if x.is_infinite() || y == 0.0 {
        return Err(cx.fault(&special::domain()));
    }
    Ok(Value::float(special::remainder(x, y)))
}

fn fma(cx: &mut Cx, args: Args) -> Flow {
    let (x, y) = (first(cx, args)?, second(cx, args)?);
    let z = float_arg(cx, cx.arg(args, 2).value())?;
    let result = x.mul_add(y, z);
    if result.is_nan() && !x.is_nan() && !y.is_nan() && !z.is_nan() {
        return Err(cx.value_error("invalid operation in fma"));
    }
    if result.is_infinite() && x.is_finite() && y.is_finite() && z.is_finite() {
        return Err(cx.error(T::OverflowError, "overflow in fma"));
    }
    Ok(Value::float(result))
}

fn isclose(cx: &mut Cx, args: Args) -> Flow {
    let (a, b) = (first(cx, args)?, second(cx, args)?);
    let relative = match cx.opt(args, 2).map(|v| v.value()) {
        Some(value) => float_arg(cx, value)?,
        None => 1e-9,
    };
    let absolute = match cx.opt(args, 3).map(|v| v.value()) {
        Some(value) => float_arg(cx, value)?,
        None => 0.0,
    };
    if relative < 0.0 || absolute < 0.0 {
        return Err(cx.value_error("tolerances must be non-negative"));
    }
    if a == b {
        return Ok(Value::TRUE);
    }
    if a.is_infinite() || b.is_infinite() {
        return Ok(Value::FALSE);
    }
    let distance = (b - a).abs();
    let close = distance <= (relative * b).abs()
        || distance <= (relative * a).abs()
        || distance <= absolute;
    Ok(Value::bool(close))
}

// ---- the representation

fn frexp(cx: &mut Cx, args: Args) -> Flow {
    let x = first(cx, args)?;
    let (mantissa, exponent) = if x.is_finite() && x != 0.0 { special::frexp(x) } else { (x, 0) };
    let pair = [Value::float(mantissa), Value::int(i64::from(exponent))];
    Ok(Value::object(cx.tuple(&pair)))
}

fn ldexp(cx: &mut Cx, args: Args) -> Flow {
    let x = first(cx, args)?;
    let exponent = cx.arg(args, 1).value();
    let exponent = match cx.integer(exponent) {
        Some(Int::Small(exponent)) => exponent,
        Some(Int::Big(big)) if big < dashu_int::IBig::ZERO => i64::MIN,
        Some(Int::Big(_)) => i64::MAX,
        None => return Err(cx.type_error("Expected an int as second argument to ldexp.")),
    };
    special::ldexp(x, exponent).map(Value::float).map_err(|f| cx.fault(&f))
}

fn modf(cx: &mut Cx, args: Args) -> Flow {
    let x = first(cx, args)?;
    let fraction = if x.is_infinite() { 0.0 } else { x - x.trunc() };
    let fraction = if x.is_nan() { x } else { fraction.copysign(x) };
    let pair = [Value::float(fraction), Value::float(x.trunc())];
    Ok(Value::object(cx.tuple(&pair)))
}

fn nextafter(cx: &mut Cx, args: Args) -> Flow {
    let (x, y) = (first(cx, args)?, second(cx, args)?);
    let steps = match cx.opt(args, 2).map(|v| v.value()) {
        Some(steps) if !steps.is_none() => match cx.index(steps)? {
            Int::Small(steps) if steps < 0 => {
                return Err(cx.value_error("steps must be a non-negative integer"));
            }
            Int::Small(steps) => steps as u64,
            Int::Big(big) if big < dashu_int::IBig::ZERO => {
                return Err(cx.value_error("steps must be a non-negative integer"));
            }
            Int::Big(_) => u64::MAX,
        },
        _ => 1,
    };
    Ok(Value::float(special::nextafter(x, y, steps)))
}
