//! The rest of `math`: integers of any size, and sums and products over iterables.

use dashu_int::IBig;

use super::float::float_arg;
use super::function;
use crate::plain::MAX_BYTES;
use crate::plain::int::{self, Int};
use crate::plain::special::{ExactSum, ProductSum, norm};
use crate::value::{List, T, Value};
use crate::vm::{Args, Binary, Cx, Def, Flow, Number, Outcome, Stop};

pub static FUNCTIONS: &[Def] = &[
    function(
        "comb(n, k, /)",
        "Number of ways to choose k items from n items without repetition and without order.",
        comb,
    ),
    function("dist(p, q, /)", "Return the Euclidean distance between two points p and q.", dist),
    function("factorial(n, /)", "Find n!.", factorial),
    function(
        "fsum(seq, /)",
        "Return an accurate floating-point sum of values in the iterable seq.",
        fsum,
    ),
    function("gcd(*integers)", "Greatest Common Divisor.", gcd),
    function(
        "hypot(*coordinates)",
        "Multidimensional Euclidean distance from the origin to a point.",
        hypot,
    ),
    function("isqrt(n, /)", "Return the integer part of the square root of the input.", isqrt),
    function("lcm(*integers)", "Least Common Multiple.", lcm),
    function(
        "perm(n, k=None, /)",
        "Number of ways to choose k items from n items without repetition and with order.",
        perm,
    ),
    function(
        "prod(iterable, /, *, start=1)",
        "Calculate the product of all the elements in the input iterable.",
        prod,
    ),
    function(
        "sumprod(p, q, /)",
        "Return the sum of products of values from two iterables p and q.",
        sumprod,
    ),
];

// ---- integers

/// All arguments as integers, folded.
fn fold(
    cx: &mut Cx,
    args: Args,
    empty: i64,
    step: fn(Int, Int) -> Result<Int, crate::plain::Fault>,
) -> Flow {
    let mut result = Int::Small(empty);
    for i in 0..args.len() {
        let next = cx.index(cx.arg(args, i).value())?;
        result = step(result, next).map_err(|f| cx.fault(&f))?;
    }
    Ok(cx.int_value(result))
}

fn gcd_of(a: Int, b: Int) -> Int {
    match (a, b) {
        (Int::Small(a), Int::Small(b)) => int::gcd_i64(a, b),
        (a, b) => int::gcd_big(&a.into_big(), &b.into_big()),
    }
}

fn gcd(cx: &mut Cx, args: Args) -> Flow {
    if args.len() == 2
        && let (Some(a), Some(b)) = (cx.arg(args, 0).as_int(), cx.arg(args, 1).as_int())
    {
        return Ok(cx.int_value(int::gcd_i64(a, b)));
    }
    fold(cx, args, 0, |a, b| Ok(gcd_of(a, b)))
}

fn lcm(cx: &mut Cx, args: Args) -> Flow {
    use dashu_int::ops::Abs;
    fold(cx, args, 1, |a, b| {
        if a == Int::Small(0) || b == Int::Small(0) {
            return Ok(Int::Small(0));
        }
        let divisor = gcd_of(a.clone(), b.clone()).into_big();
        let product = int::mul_big(&(a.into_big() / divisor), &b.into_big())?;
        Ok(Int::from(product.abs()))
    })
}

fn isqrt(cx: &mut Cx, args: Args) -> Flow {
    let root = match cx.index(cx.arg(args, 0).value())? {
        Int::Small(n) => int::isqrt_i64(n).map(Int::Small),
        Int::Big(n) => int::isqrt_big(&n),
    };
    let root = root.map_err(|f| cx.fault(&f))?;
    Ok(cx.int_value(root))
}

/// The product of `low..=high`, factors of like size multiplied with each other.
fn product(cx: &Cx, low: i64, high: i64) -> Result<IBig, Stop> {
    if low > high {
        return Ok(IBig::ONE);
    }
    if high - low < 24 {
        // As many factors at a time as fit a word.
        let mut result = IBig::ONE;
        let mut word = 1u64;
        for factor in low.unsigned_abs()..=high.unsigned_abs() {
            word = word.checked_mul(factor).unwrap_or_else(|| {
                result *= IBig::from(word);
                factor
            });
        }
        return Ok(if result == IBig::ONE { word.into() } else { result * IBig::from(word) });
    }
    cx.check_interrupt()?;
    let middle = low + (high - low) / 2;
    let (left, right) = (product(cx, low, middle)?, product(cx, middle + 1, high)?);
    int::mul_big(&left, &right).map_err(|f| cx.fault(&f))
}

/// MemoryError for a product of so many factors up to `largest`, if it cannot be held.
fn check_size(cx: &Cx, factors: i64, largest: i64) -> Result<(), Stop> {
    // Half the bits of the largest factor, on average at least.
    let bits = i128::from(factors) * i128::from(int::bit_length_i64(largest)) / 2;
    if bits / 8 > MAX_BYTES as i128 { Err(cx.error_with(T::MemoryError, &[])) } else { Ok(()) }
}

fn factorial(cx: &mut Cx, args: Args) -> Flow {
    let n = match cx.index(cx.arg(args, 0).value())? {
        Int::Small(n) if n >= 0 => n,
        Int::Big(n) if n > IBig::ZERO => {
            let text = "factorial() argument should not exceed 9223372036854775807";
            return Err(cx.error(T::OverflowError, text));
        }
        _ => return Err(cx.value_error("factorial() not defined for negative values")),
    };
    if n <= 20 {
        return Ok(cx.int((1..=n).product()));
    }
    check_size(cx, n, n)?;
    let result = product(cx, 1, n)?;
    Ok(cx.big_int(result))
}

/// n and k of `perm` and `comb`, neither negative; without k n is left to `factorial`.
fn n_and_k(cx: &mut Cx, args: Args) -> Result<(Int, Option<Int>), Stop> {
    let n = cx.index(cx.arg(args, 0).value())?;
    let k = match cx.opt(args, 1).map(|k| k.value()) {
        Some(k) if !k.is_none() => Some(cx.index(k)?),
        _ => None,
    };
    let negative = |n: &Int| match n {
        Int::Small(n) => *n < 0,
        Int::Big(n) => *n < IBig::ZERO,
    };
    if k.is_some() && negative(&n) {
        return Err(cx.value_error("n must be a non-negative integer"));
    }
    if k.as_ref().is_some_and(negative) {
        return Err(cx.value_error("k must be a non-negative integer"));
    }
    Ok((n, k))
}

fn too_many(cx: &Cx, what: &str) -> Stop {
    cx.error(T::OverflowError, &format!("{what} must not exceed 9223372036854775807"))
}

fn perm(cx: &mut Cx, args: Args) -> Flow {
    let (n, k) = n_and_k(cx, args)?;
    let Some(k) = k else { return factorial(cx, args) };
    let (n, k) = match (n, k) {
        (Int::Small(n), Int::Small(k)) => {
            if k > n {
                return Ok(Value::int(0));
            }
            check_size(cx, k, n)?;
            let result = product(cx, n - k + 1, n)?;
            return Ok(cx.big_int(result));
        }
        (n, k) => (n.into_big(), k.into_big()),
    };
    if k > n {
        return Ok(Value::int(0));
    }
    let Ok(k) = i64::try_from(&k) else { return Err(too_many(cx, "k")) };
    let result = falling(cx, &n, k, |_, product| Ok(product))?;
    Ok(cx.big_int(result))
}

/// n (n-1) … with k factors, `after` applied to the product with each factor's number.
fn falling(
    cx: &Cx,
    n: &IBig,
    k: i64,
    after: fn(i64, IBig) -> Result<IBig, Stop>,
) -> Result<IBig, Stop> {
    let mut result = IBig::ONE;
    let mut factor = n.clone();
    for i in 1..=k {
        if i % 1024 == 0 {
            cx.check_interrupt()?;
        }
        result = after(i, int::mul_big(&result, &factor).map_err(|f| cx.fault(&f))?)?;
        factor -= IBig::ONE;
    }
    Ok(result)
}

fn comb(cx: &mut Cx, args: Args) -> Flow {
    let (n, k) = n_and_k(cx, args)?;
    let n = n.into_big();
    let k = k.unwrap_or(Int::Small(0)).into_big();
    if k > n {
        return Ok(Value::int(0));
    }
    let other = &n - &k;
    let k = if other < k { other } else { k };
    let Ok(k) = i64::try_from(&k) else { return Err(too_many(cx, "min(n - k, k)")) };
    // After i factors the product is a multiple of i!: every quotient is whole.
    let result = falling(cx, &n, k, |i, product| Ok(product / IBig::from(i)))?;
    Ok(cx.big_int(result))
}

// ---- over iterables

/// Item `i` of a list made by `collect_then`.
fn item(list: Value, i: usize) -> Option<Value> {
    list.cast::<List>()?.get(i)
}

/// The items of a list as floats.
fn floats(cx: &mut Cx, list: Value) -> Result<Vec<f64>, Stop> {
    cx.scope(|cx| {
        cx.root(list);
        let mut values = Vec::new();
        while let Some(value) = item(list, values.len()) {
            values.push(float_arg(cx, value)?);
        }
        Ok(values)
    })
}

fn fsum(cx: &mut Cx, args: Args) -> Flow {
    let seq = cx.arg(args, 0).value();
    cx.collect_then(seq, fsum_items, [Value::NONE; 3])
}

fn fsum_items(cx: &mut Cx, _: [Value; 3], outcome: Outcome) -> Flow {
    let mut sum = ExactSum::default();
    for value in floats(cx, outcome?)? {
        sum.add(value).map_err(|f| cx.fault(&f))?;
    }
    sum.finish().map(Value::float).map_err(|f| cx.fault(&f))
}

fn hypot(cx: &mut Cx, args: Args) -> Flow {
    let mut values = Vec::with_capacity(args.len());
    for i in 0..args.len() {
        values.push(float_arg(cx, cx.arg(args, i).value())?);
    }
    Ok(Value::float(norm(&mut values)))
}

fn dist(cx: &mut Cx, args: Args) -> Flow {
    let (p, q) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    cx.collect_then(p, dist_first, [q, Value::NONE, Value::NONE])
}

fn dist_first(cx: &mut Cx, [q, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let p = outcome?;
    cx.collect_then(q, dist_both, [p, Value::NONE, Value::NONE])
}

fn dist_both(cx: &mut Cx, [p, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let q = outcome?;
    let len = |point: Value| point.cast::<List>().map(|items| items.len());
    if len(p) != len(q) {
        let text = "both points must have the same number of dimensions";
        return Err(cx.value_error(text));
    }
    let mut values = cx.scope(|cx| {
        cx.root(p);
        cx.root(q);
        Ok((floats(cx, p)?, floats(cx, q)?))
    })?;
    for (a, b) in values.0.iter_mut().zip(values.1) {
        *a -= b;
    }
    Ok(Value::float(norm(&mut values.0)))
}

fn prod(cx: &mut Cx, args: Args) -> Flow {
    let iterable = cx.arg(args, 0).value();
    let start = cx.opt(args, 1).map_or(Value::int(1), |start| start.value());
    cx.collect_then(iterable, prod_items, [start, Value::NONE, Value::NONE])
}

fn prod_items(cx: &mut Cx, [start, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let list = outcome?;
    cx.scope(|cx| {
        cx.root(list);
        let mut result = start;
        let mut i = 0;
        while let Some(factor) = item(list, i) {
            i += 1;
            if i % 4096 == 0 {
                cx.check_interrupt()?;
            }
            result = match cx.binary_plain(Binary::Mul, result, factor)? {
                Some(result) if !factor.is::<crate::value::Instance>() => result,
                _ => cx.scope(|cx| {
                    cx.root(result);
                    cx.binary(Binary::Mul, result, factor)
                })?,
            };
        }
        Ok(result)
    })
}

fn sumprod(cx: &mut Cx, args: Args) -> Flow {
    let (p, q) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    cx.collect_then(p, sumprod_first, [q, Value::NONE, Value::NONE])
}

fn sumprod_first(cx: &mut Cx, [q, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let p = outcome?;
    cx.collect_then(q, sumprod_both, [p, Value::NONE, Value::NONE])
}

fn sumprod_both(cx: &mut Cx, [p, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let q = outcome?;
    let len = |list: Value| list.cast::<List>().map_or(0, |list| list.len());
    if len(p) != len(q) {
        return Err(cx.value_error("Inputs are not the same length"));
    }
    cx.scope(|cx| {
        cx.root(p);
        cx.root(q);
        sum_products(cx, p, q)
    })
}

/// Products of floats are summed in extended precision as long as they come in a row.
fn sum_products(cx: &mut Cx, p: Value, q: Value) -> Flow {
    let mut total = Value::int(0);
    let mut exact: Option<ProductSum> = None;
    let mut floats = true;
    let mut i = 0;
    while let (Some(x), Some(y)) = (item(p, i), item(q, i)) {
        i += 1;
        if floats
            && let Some((x, y)) = float_pair(cx, x, y)
            && let Some(sum) = exact.unwrap_or_default().add(x, y)
        {
            exact = Some(sum);
            continue;
        }
        if let Some(sum) = exact.take() {
            floats = false;
            total = cx.binary(Binary::Add, total, Value::float(sum.value()))?;
        }
        total = cx.scope(|cx| {
            cx.root(total);
            let product = cx.binary(Binary::Mul, x, y)?;
            cx.root(product);
            cx.binary(Binary::Add, total, product)
        })?;
    }
    match exact {
        Some(sum) => cx.binary(Binary::Add, total, Value::float(sum.value())),
        None => Ok(total),
    }
}

/// Two numbers of which at least one is a float, and the other a float or a small integer.
fn float_pair(cx: &Cx, x: Value, y: Value) -> Option<(f64, f64)> {
    if !x.is_float() && !y.is_float() {
        return None;
    }
    let as_float = |value: Value| match cx.number(value)? {
        Number::Float(f) => Some(f),
        Number::Small(n) => Some(n as f64),
        Number::Big(_) | Number::Complex(..) => None,
    };
    Some((as_float(x)?, as_float(y)?))
}
