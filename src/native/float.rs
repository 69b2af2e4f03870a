//! `float`: construction and methods. Operators are rows of `operators.rs`; parsing, rounding
//! and exact conversions are `plain::float`.

use super::bytes::data_of;
use super::object::{derive, new_class};
use super::operators::this_float;
use super::{TypeDef, class_method, method, static_method};
use crate::gc::Gc;
use crate::plain::float;
use crate::plain::int::Int;
use crate::value::{Class, Native, Str, T, Value};
use crate::vm::{Args, Cx, Flow, GetSet, Number, Outcome, Stop};

pub static TYPE: TypeDef = TypeDef {
    id: T::Float,
    doc: "Convert a string or number to a floating-point number, if possible.",
    methods: &[
        static_method("__new__(cls, x=0, /)", "Create and return a new object.", new),
        method(
            "as_integer_ratio(self, /)",
            "Return a pair of integers, whose ratio is exactly equal to the original float.",
            as_integer_ratio,
        ),
        method("conjugate(self, /)", "Return self, the complex conjugate of any float.", to_float),
        class_method(
            "fromhex(type, string, /)",
            "Create a floating-point number from a hexadecimal string.",
            fromhex,
        ),
        class_method(
            "__getformat__(type, typestr, /)",
            "You probably don't want to use this function.",
            getformat,
        ),
        method(
            "hex(self, /)",
            "Return a hexadecimal representation of a floating-point number.",
            hex,
        ),
        method("is_integer(self, /)", "Return True if the float is an integer.", is_integer),
        method("__float__(self, /)", "float(self)", to_float),
        method("__int__(self, /)", "int(self)", trunc),
        method("__trunc__(self, /)", "Return the Integral closest to x between 0 and x.", trunc),
        method("__floor__(self, /)", "Return the floor as an Integral.", floor),
        method("__ceil__(self, /)", "Return the ceiling as an Integral.", ceil),
        method(
            "__round__(self, ndigits=None, /)",
            "Return the Integral closest to x, rounding half toward even.",
            round,
        ),
        method("__getnewargs__(self, /)", "", getnewargs),
    ],
    getsets: &[
        GetSet { name: "real", doc: "the real part of a complex number", get: get_real, set: None },
        GetSet {
            name: "imag",
            doc: "the imaginary part of a complex number",
            get: |_, _| Ok(Value::float(0.0)),
            set: None,
        },
    ],
};

// ---- construction

fn new(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Float)?;
    let Some(x) = cx.opt(args, 1).map(|x| x.value()) else {
        return derive(cx, class, T::Float, Value::float(0.0));
    };
    if x.is_float() {
        return derive(cx, class, T::Float, x);
    }
    if x.is_int() {
        return derive(cx, class, T::Float, Value::float(x.int_unchecked() as f64));
    }
    if x.is::<Str>() {
        return from_text(cx, class, x);
    }
    let names = &cx.vm().names;
    for (name, run) in [
        (names.__float__, float_arrived as fn(&mut Cx, [Value; 3], Outcome) -> Flow),
        (names.__index__, index_arrived),
    ] {
        let Some(found) = cx.lookup(cx.class_of(x), name) else { continue };
        if found.is::<Native>()
            && let Some(number) = cx.number(x)
        {
            let value = real_number(cx, &number)?;
            return derive(cx, class, T::Float, Value::float(value));
        }
        if let Some(method) = cx.special(x, name)? {
            return cx.call_then(method, &[], run, [Value::object(class), x, Value::NONE]);
        }
    }
    from_text(cx, class, x)
}

fn from_text(cx: &mut Cx, class: Gc<Class>, x: Value) -> Flow {
    let plain = cx.unwrap(x);
    let parsed = if let Some(text) = plain.cast::<Str>() {
        float::parse_str(text.as_bytes())
    } else if let Some(data) = data_of(cx, plain) {
        float::parse_bytes(&data)
    } else {
        return Err(cx.type_error(&format!(
            "float() argument must be a string or a real number, not '{}'",
            cx.type_name(x)
        )));
    };
    let value = parsed.map_err(|f| cx.fault(&f))?;
    derive(cx, class, T::Float, Value::float(value))
}

fn float_arrived(cx: &mut Cx, [class, x, _]: [Value; 3], outcome: Outcome) -> Flow {
    let answer = outcome?;
    let value = float_answer(cx, x, answer)?;
    match class.cast::<Class>() {
        Some(class) => derive(cx, class, T::Float, Value::float(value)),
        None => Ok(Value::float(value)),
    }
}

fn index_arrived(cx: &mut Cx, [class, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let answer = outcome?;
    let Some(number) = cx.number(answer).filter(|n| matches!(n, Number::Small(_) | Number::Big(_)))
    else {
        return Err(
            cx.type_error(&format!("__index__ returned non-int (type {})", cx.type_name(answer)))
        );
    };
    let value = real_number(cx, &number)?;
    match class.cast::<Class>() {
        Some(class) => derive(cx, class, T::Float, Value::float(value)),
        None => Ok(Value::float(value)),
    }
}

/// What `__float__` of `x` answered.
fn float_answer(cx: &mut Cx, x: Value, answer: Value) -> Result<f64, Stop> {
    let (kind, given) = (cx.type_name(x), cx.type_name(answer));
    let text = format!("{kind}.__float__ returned non-float (type {given})");
    let Some(Number::Float(f)) = cx.number(answer) else { return Err(cx.type_error(&text)) };
    if !cx.is_exact(answer, T::Float) {
        cx.warn_of_subclass(&text, "float")?;
    }
    Ok(f)
}

/// A number that is not complex, as a float.
fn real_number(cx: &Cx, number: &Number) -> Result<f64, Stop> {
    match number {
        Number::Small(n) => Ok(*n as f64),
        Number::Big(n) => float::big_to_f64(&n.value).map_err(|f| cx.fault(&f)),
        Number::Float(f) => Ok(*f),
        Number::Complex(..) => Err(cx.type_error("must be real number, not complex")),
    }
}

/// A float from anything that converts without text, as `math` functions take it: `__float__`,
/// then `__index__`, by the door where the program defines them.
#[inline]
pub fn float_arg(cx: &mut Cx, value: Value) -> Result<f64, Stop> {
    if let Some(f) = value.as_float() {
        return Ok(f);
    }
    match value.as_int() {
        Some(n) => Ok(n as f64),
        None => float_of_object(cx, value),
    }
}

fn float_of_object(cx: &mut Cx, value: Value) -> Result<f64, Stop> {
    let names = &cx.vm().names;
    for (name, is_float) in [(names.__float__, true), (names.__index__, false)] {
        let Some(found) = cx.lookup(cx.class_of(value), name) else { continue };
        if found.is::<Native>()
            && let Some(number) = cx.number(value)
        {
            return real_number(cx, &number);
        }
        if !is_float {
            return match cx.index(value)? {
                Int::Small(n) => Ok(n as f64),
                Int::Big(n) => float::big_to_f64(&n).map_err(|f| cx.fault(&f)),
            };
        }
        if let Some(method) = cx.special(value, name)? {
            return cx.scope(|cx| {
                let kept = cx.root(value);
                let answer = cx.call(method, &[])?;
                let value = cx.get(kept).value();
                float_answer(cx, value, answer)
            });
        }
    }
    Err(cx.type_error(&format!("must be real number, not {}", cx.type_name(value))))
}

// ---- methods

fn get_real(cx: &mut Cx, object: Value) -> Flow {
    match cx.number(object) {
        Some(Number::Float(f)) => Ok(Value::float(f)),
        _ => Err(super::operators::wrong_receiver(cx, "real", T::Float, object)),
    }
}

fn to_float(cx: &mut Cx, args: Args) -> Flow {
    this_float(cx, args).map(Value::float)
}

fn as_integer_ratio(cx: &mut Cx, args: Args) -> Flow {
    let f = this_float(cx, args)?;
    let (numerator, denominator) = float::as_integer_ratio(f).map_err(|f| cx.fault(&f))?;
    let pair = [cx.int_value(numerator), cx.int_value(denominator)];
    Ok(Value::object(cx.tuple(&pair)))
}

fn fromhex(cx: &mut Cx, args: Args) -> Flow {
    let class = cx.arg(args, 0).value();
    let text = cx.arg(args, 1).value();
    let Some(text) = cx.unwrap(text).cast::<Str>() else {
        return Err(cx.type_error("bad argument type for built-in operation"));
    };
    let value = float::from_hex(text.as_bytes()).map_err(|f| cx.fault(&f))?;
    let value = Value::float(value);
    if class == cx.type_object(T::Float) { Ok(value) } else { cx.tail(class, &[value]) }
}

fn getformat(cx: &mut Cx, args: Args) -> Flow {
    let kind = super::text_args::only_text(cx, args, "__getformat__")?;
    match kind.as_bytes() {
        b"double" | b"float" if cfg!(target_endian = "little") => {
            Ok(cx.str_value("IEEE, little-endian"))
        }
        b"double" | b"float" => Ok(cx.str_value("IEEE, big-endian")),
        _ => Err(cx.value_error("__getformat__() argument 1 must be 'double' or 'float'")),
    }
}

fn hex(cx: &mut Cx, args: Args) -> Flow {
    let f = this_float(cx, args)?;
    Ok(cx.str_value(&float::to_hex(f)))
}

fn is_integer(cx: &mut Cx, args: Args) -> Flow {
    Ok(Value::bool(float::is_integer(this_float(cx, args)?)))
}

fn whole(cx: &mut Cx, f: f64) -> Flow {
    let value = float::to_int(f).map_err(|f| cx.fault(&f))?;
    Ok(cx.int_value(value))
}

fn trunc(cx: &mut Cx, args: Args) -> Flow {
    let f = this_float(cx, args)?;
    whole(cx, f)
}

fn floor(cx: &mut Cx, args: Args) -> Flow {
    let f = this_float(cx, args)?;
    whole(cx, f.floor())
}

fn ceil(cx: &mut Cx, args: Args) -> Flow {
    let f = this_float(cx, args)?;
    whole(cx, f.ceil())
}

fn round(cx: &mut Cx, args: Args) -> Flow {
    let f = this_float(cx, args)?;
    let digits = cx.arg(args, 1).value();
    round_value(cx, f, digits)
}

/// `round(f, digits)`; the digits may be absent or None.
pub fn round_value(cx: &mut Cx, f: f64, digits: Value) -> Flow {
    if digits.is_undef() || digits.is_none() {
        let value = float::round_to_int(f).map_err(|f| cx.fault(&f))?;
        return Ok(cx.int_value(value));
    }
    let digits = match cx.index(digits)? {
        Int::Small(digits) => digits,
        Int::Big(big) if big < dashu_int::IBig::ZERO => i64::MIN,
        Int::Big(_) => i64::MAX,
    };
    float::round(f, digits).map(Value::float).map_err(|f| cx.fault(&f))
}

fn getnewargs(cx: &mut Cx, args: Args) -> Flow {
    let f = this_float(cx, args)?;
    Ok(Value::object(cx.tuple(&[Value::float(f)])))
}
