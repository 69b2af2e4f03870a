//! `complex`: construction, parsing and methods. Operators are rows of `operators.rs`.

use super::float::float_arg;
use super::object::{derive, new_class};
use super::operators::{this_complex, wrong_receiver};
use super::{TypeDef, add_functions, function, method, static_method};
use crate::gc::Gc;
use crate::plain::float::parse_ascii;
use crate::plain::number_text::{normalise, strip};
use crate::value::{Dict, Native, Str, T, Value};
use crate::vm::{Args, Cx, Def, Flow, GetSet, Number, Stop};

pub static TYPE: TypeDef = TypeDef {
    id: T::Complex,
    doc: "Create a complex number from a string or numbers.\n\nIf a string is given, parse it as a \
          complex number.\nIf a single number is given, convert it to a complex number.\nIf the \
          'real' or 'imag' arguments are given, create a complex number\nwith the specified real \
          and imaginary components.",
    methods: &[
        static_method("__new__(cls, real=0, imag=0)", "Create and return a new object.", new),
        method(
            "conjugate(self, /)",
            "Return the complex conjugate of its argument. (3-4j).conjugate() == 3+4j.",
            conjugate,
        ),
        method("__complex__(self, /)", "Convert this value to exact type complex.", exact),
        method("__getnewargs__(self, /)", "", getnewargs),
    ],
    getsets: &[
        GetSet {
            name: "real",
            doc: "the real part of a complex number",
            get: |cx, object| part(cx, object, "real", |re, _| re),
            set: None,
        },
        GetSet {
            name: "imag",
            doc: "the imaginary part of a complex number",
            get: |cx, object| part(cx, object, "imag", |_, im| im),
            set: None,
        },
    ],
};

fn new(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Complex)?;
    let real = cx.arg(args, 1).value();
    let imag = cx.arg(args, 2).value();
    if let Some(text) = cx.unwrap(real).cast::<Str>() {
        if !imag.is_undef() {
            return Err(cx.type_error("complex() can't take second arg if first is a string"));
        }
        let Some((re, im)) = parse(text.as_bytes()) else {
            if groups_well(text.as_bytes()) {
                return Err(cx.value_error("complex() arg is a malformed string"));
            }
            let shown = crate::native::display::repr(cx, real)?;
            let shown = String::from_utf8_lossy(&shown);
            return Err(cx.value_error(&format!("could not convert string to complex: {shown}")));
        };
        let value = cx.complex(re, im);
        return derive(cx, class, T::Complex, value);
    }
    if cx.unwrap(imag).is::<Str>() {
        return Err(cx.type_error("complex() second arg can't be a string"));
    }
    let (re, im) = if real.is_undef() {
        (0.0, 0.0)
    } else {
        match parts(cx, real)? {
            Some(parts) => parts,
            None => {
                return Err(cx.type_error(&format!(
                    "complex() first argument must be a string or a number, not '{}'",
                    cx.type_name(real)
                )));
            }
        }
    };
    // Two parts that are themselves complex: real + imag * 1j.
    let (re, im) = match imag.is_undef() {
        true => (re, im),
        false => {
            let second = match cx.number(imag) {
                Some(Number::Complex(a, b)) => Some((a, b)),
                _ => real_part(cx, imag)?.map(|f| (f, 0.0)),
            };
            match second {
                Some((a, b)) if cx.unwrap(imag).is::<crate::value::Complex>() => (re - b, im + a),
                Some((a, _)) if cx.unwrap(real).is::<crate::value::Complex>() => (re, im + a),
                Some((a, _)) => (re, a),
                None => {
                    return Err(cx.type_error(&format!(
                        "complex() second argument must be a number, not '{}'",
                        cx.type_name(imag)
                    )));
                }
            }
        }
    };
    // An exact complex number is its own copy.
    let given = cx.arg(args, 1).value();
    let is_copy = cx.arg(args, 2).is_undef() && cx.is_exact(given, T::Complex);
    let value = if is_copy { given } else { cx.complex(re, im) };
    derive(cx, class, T::Complex, value)
}

/// A number as a complex one, by `__complex__` first; None for what is no number.
fn parts(cx: &mut Cx, value: Value) -> Result<Option<(f64, f64)>, Stop> {
    let method = cx.lookup(cx.class_of(value), cx.vm().names.__complex__);
    if method.is_some_and(|m| !m.is::<Native>())
        && let Some(method) = cx.special(value, cx.vm().names.__complex__)?
    {
        let answer = cx.call(method, &[])?;
        let kind = cx.type_name(answer);
        let text = format!("__complex__ returned non-complex (type {kind})");
        let Some(Number::Complex(re, im)) = cx.number(answer) else {
            return Err(cx.type_error(&text));
        };
        if !cx.is_exact(answer, T::Complex) {
            cx.warn_of_subclass(&text, "complex")?;
        }
        return Ok(Some((re, im)));
    }
    if let Some(Number::Complex(re, im)) = cx.number(value) {
        return Ok(Some((re, im)));
    }
    Ok(real_part(cx, value)?.map(|re| (re, 0.0)))
}

/// What `cmath` leaves to natives, because programs make members of classes of it.
static FUNCTIONS: &[Def] = &[function(
    "isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0)",
    "Determine whether two complex numbers are close in value.",
    isclose,
)];

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, dict, FUNCTIONS, "cmath");
    Ok(())
}

fn isclose(cx: &mut Cx, args: Args) -> Flow {
    let mut numbers = [(0.0, 0.0); 2];
    for (i, number) in numbers.iter_mut().enumerate() {
        let given = cx.arg(args, i).value();
        match parts(cx, given)? {
            Some(found) => *number = found,
            None => {
                let text = format!("must be real number, not {}", cx.type_name(given));
                return Err(cx.type_error(&text));
            }
        }
    }
    let mut tolerances = [1e-9, 0.0];
    for (i, tolerance) in tolerances.iter_mut().enumerate() {
        if let Some(given) = cx.opt(args, i + 2).map(|given| given.value()) {
            *tolerance = float_arg(cx, given)?;
        }
    }
    let ([a, b], [relative, absolute]) = (numbers, tolerances);
    if relative < 0.0 || absolute < 0.0 {
        return Err(cx.value_error("tolerances must be non-negative"));
    }
    let is_infinite = |(re, im): (f64, f64)| re.is_infinite() || im.is_infinite();
    let size = |(re, im): (f64, f64)| re.hypot(im);
    if a == b || is_infinite(a) || is_infinite(b) {
        return Ok(Value::bool(a == b));
    }
    let apart = size((a.0 - b.0, a.1 - b.1));
    let close = apart <= relative * size(b) || apart <= relative * size(a) || apart <= absolute;
    Ok(Value::bool(close))
}

/// What `__float__` or `__index__` makes of the value; None if it has neither.
fn real_part(cx: &mut Cx, value: Value) -> Result<Option<f64>, Stop> {
    let class = cx.class_of(value);
    let names = &cx.vm().names;
    if cx.lookup(class, names.__float__).is_none() && cx.lookup(class, names.__index__).is_none() {
        return Ok(None);
    }
    float_arg(cx, value).map(Some)
}

/// Does every `_` stand between digits?
fn groups_well(text: &[u8]) -> bool {
    let digit = |at: Option<usize>| at.and_then(|i| text.get(i)).is_some_and(u8::is_ascii_digit);
    (0..text.len())
        .filter(|&i| text[i] == b'_')
        .all(|i| digit(i.checked_sub(1)) && digit(Some(i + 1)))
}

/// `re`, `imj`, `re+imj`, with parentheses and whitespace around as `complex` takes them.
fn parse(text: &[u8]) -> Option<(f64, f64)> {
    let ascii = normalise(text)?;
    let mut body = strip(&ascii);
    if let [b'(', inner @ .., b')'] = body {
        body = strip(inner);
    }
    let first = number_len(body);
    let (head, rest) = body.split_at(first);
    if rest.is_empty() {
        return Some((parse_ascii(head)?, 0.0));
    }
    if let [b'j' | b'J'] = rest {
        return Some((0.0, unit(head)?));
    }
    // `j` alone has no digits in front, `1+j` none behind the sign.
    let real = parse_ascii(head)?;
    if !matches!(rest.first(), Some(b'+' | b'-')) {
        return None;
    }
    let (imag, [b'j' | b'J']) = rest.split_at(rest.len() - 1) else { return None };
    if imag.is_empty() || number_len(imag) != imag.len() {
        return None;
    }
    Some((real, unit(imag)?))
}

/// A factor of j: a bare sign counts as one.
fn unit(text: &[u8]) -> Option<f64> {
    match text {
        b"" | b"+" => Some(1.0),
        b"-" => Some(-1.0),
        _ => parse_ascii(text),
    }
}

/// Length of the number at the start of a text: up to a `j` or a sign that begins another one.
fn number_len(text: &[u8]) -> usize {
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'+' | b'-' if at > 0 && !matches!(text[at - 1], b'e' | b'E') => break,
            b'j' | b'J' | b' ' => break,
            _ => at += 1,
        }
    }
    at
}

// ---- methods

fn part(cx: &Cx, object: Value, name: &str, pick: fn(f64, f64) -> f64) -> Flow {
    match cx.number(object) {
        Some(Number::Complex(re, im)) => Ok(Value::float(pick(re, im))),
        _ => Err(wrong_receiver(cx, name, T::Complex, object)),
    }
}

fn conjugate(cx: &mut Cx, args: Args) -> Flow {
    let (re, im) = this_complex(cx, args)?;
    Ok(cx.complex(re, -im))
}

fn exact(cx: &mut Cx, args: Args) -> Flow {
    let (re, im) = this_complex(cx, args)?;
    Ok(cx.complex(re, im))
}

fn getnewargs(cx: &mut Cx, args: Args) -> Flow {
    let (re, im) = this_complex(cx, args)?;
    Ok(Value::object(cx.tuple(&[Value::float(re), Value::float(im)])))
}
