//! `int` and `bool`: construction and methods. Their operators are rows of `operators.rs`, the
//! arithmetic itself is `plain::int`.

use dashu_int::IBig;
use dashu_int::ops::DivRemEuclid;

use std::cell::Cell;

use super::bytes::{buffer_or_none, data_of};
use super::object::{derive, new_class};
use super::operators::{self, this_int};
use super::{TypeDef, class_method, method, static_method};
use crate::gc::Gc;
use crate::plain::int::{self, Int, MAX_DIGITS, MIN_DIGITS};
use crate::plain::{Fault, float};
use crate::value::{BigInt, ByteArray, Bytes, Class, Native, Str, T, Value};
use crate::vm::{Args, Cx, Flow, GetSet, Number, Outcome, Stop};

pub static TYPE: TypeDef = TypeDef {
    id: T::Int,
    doc: "int([x]) -> integer\nint(x, base=10) -> integer\n\nConvert a number or string to an \
          integer, or return 0 if no arguments\nare given.",
    methods: &[
        static_method("__new__(cls, x=0, /, base=10)", "Create and return a new object.", new),
        method(
            "bit_length(self, /)",
            "Number of bits necessary to represent self in binary.",
            bit_length,
        ),
        method(
            "bit_count(self, /)",
            "Number of ones in the binary representation of the absolute value of self.",
            bit_count,
        ),
        method("conjugate(self, /)", "Returns self, the complex conjugate of any int.", whole),
        method(
            "as_integer_ratio(self, /)",
            "Return a pair of integers, whose ratio is equal to the original int.",
            as_integer_ratio,
        ),
        method(
            "is_integer(self, /)",
            "Returns True. Exists for duck type compatibility with float.is_integer.",
            is_integer,
        ),
        method(
            "to_bytes(self, /, length=1, byteorder='big', *, signed=False)",
            "Return an array of bytes representing an integer.",
            to_bytes,
        ),
        class_method(
            "from_bytes(type, /, bytes, byteorder='big', *, signed=False)",
            "Return the integer represented by the given array of bytes.",
            from_bytes,
        ),
        method("__int__(self, /)", "int(self)", whole),
        method(
            "__index__(self, /)",
            "Return self converted to an integer, if self is suitable for use as an index into a list.",
            whole,
        ),
        method("__trunc__(self, /)", "Truncating an Integral returns itself.", whole),
        method("__floor__(self, /)", "Flooring an Integral returns itself.", whole),
        method("__ceil__(self, /)", "Ceiling of an Integral returns itself.", whole),
        method("__float__(self, /)", "float(self)", to_float),
        method("__round__(self, ndigits=None, /)", "Rounding an Integral returns itself.", round),
        method("__getnewargs__(self, /)", "", getnewargs),
        method("__sizeof__(self, /)", "Returns size in memory, in bytes.", sizeof),
    ],
    getsets: &[
        GetSet {
            name: "real",
            doc: "the real part of a complex number",
            get: get_whole,
            set: None,
        },
        GetSet {
            name: "imag",
            doc: "the imaginary part of a complex number",
            get: |_, _| Ok(Value::int(0)),
            set: None,
        },
        GetSet {
            name: "numerator",
            doc: "the numerator of a rational number in lowest terms",
            get: get_whole,
            set: None,
        },
        GetSet {
            name: "denominator",
            doc: "the denominator of a rational number in lowest terms",
            get: |_, _| Ok(Value::int(1)),
            set: None,
        },
    ],
};

pub static BOOL: TypeDef = TypeDef {
    id: T::Bool,
    doc: "Returns True when the argument is true, False otherwise.\nThe builtins True and False \
          are the only two instances of the class bool.\nThe class bool is a subclass of the \
          class int, and cannot be subclassed.",
    methods: &[static_method(
        "__new__(cls, object=False, /)",
        "Create and return a new object.",
        new_bool,
    )],
    getsets: &[],
};

// ---- construction

fn new(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Int)?;
    let base = cx.arg(args, 2).value();
    let Some(x) = cx.opt(args, 1).map(|x| x.value()) else {
        if !base.is_undef() {
            return Err(cx.type_error("int() missing string argument"));
        }
        return derive(cx, class, T::Int, Value::int(0));
    };
    if base.is_undef() && (x.is_int() || x.is::<BigInt>()) {
        return derive(cx, class, T::Int, x);
    }
    if !base.is_undef() {
        let base = match cx.index(base)? {
            Int::Small(base) => base,
            Int::Big(_) => -1,
        };
        if base != 0 && !(2..=36).contains(&base) {
            return Err(cx.value_error("int() base must be >= 2 and <= 36, or 0"));
        }
        // `cx.index` may have run code: the text is read again.
        let x = cx.arg(args, 1).value();
        let value = match parse(cx, x, base) {
            Some(parsed) => parsed.map_err(|f| cx.fault(&f))?,
            None => return Err(cx.type_error("int() can't convert non-string with explicit base")),
        };
        let value = cx.int_value(value);
        return derive(cx, class, T::Int, value);
    }
    if x.is_int() {
        return derive(cx, class, T::Int, x);
    }
    if x.is::<Str>() {
        return from_text(cx, class, x);
    }
    if let Some(f) = x.as_float() {
        let value = float::to_int(f).map_err(|f| cx.fault(&f))?;
        let value = cx.int_value(value);
        return derive(cx, class, T::Int, value);
    }
    convert(cx, class, x)
}

/// `int(x)` for anything but what is quick.
fn convert(cx: &mut Cx, class: Gc<Class>, x: Value) -> Flow {
    let names = &cx.vm().names;
    for (name, run) in [
        (names.__int__, int_arrived as fn(&mut Cx, [Value; 3], Outcome) -> Flow),
        (names.__index__, index_arrived),
        (names.__trunc__, trunc_arrived),
    ] {
        let Some(found) = cx.lookup(cx.class_of(x), name) else { continue };
        // The built-in answer needs no call.
        if found.is::<Native>()
            && let Some(number) = cx.number(x)
        {
            let value = match number {
                Number::Float(f) => float::to_int(f).map_err(|f| cx.fault(&f))?,
                _ => match cx.integer(x) {
                    Some(value) => value,
                    None => continue,
                },
            };
            let value = cx.int_value(value);
            return derive(cx, class, T::Int, value);
        }
        if let Some(method) = cx.special(x, name)? {
            return cx.call_then(method, &[], run, [Value::object(class), x, Value::NONE]);
        }
    }
    from_text(cx, class, x)
}

fn from_text(cx: &mut Cx, class: Gc<Class>, x: Value) -> Flow {
    match parse(cx, x, 10) {
        Some(parsed) => {
            let value = parsed.map_err(|f| cx.fault(&f))?;
            let value = cx.int_value(value);
            derive(cx, class, T::Int, value)
        }
        None if let Some(data) = data_of(cx, x) => {
            let value =
                int::parse_bytes(&data, 10, limit_for(cx, &data)).map_err(|f| cx.fault(&f))?;
            let value = cx.int_value(value);
            derive(cx, class, T::Int, value)
        }
        None => Err(cx.type_error(&format!(
            "int() argument must be a string, a bytes-like object or a real number, not '{}'",
            cx.type_name(x)
        ))),
    }
}

/// How many decimal digits `int` and `str` convert; 0 for any number.
pub struct DigitLimit(pub Cell<usize>);

impl Default for DigitLimit {
    fn default() -> DigitLimit {
        DigitLimit(Cell::new(MAX_DIGITS))
    }
}

pub fn digit_limit(cx: &Cx) -> usize {
    cx.state::<DigitLimit>().0.get()
}

/// The limit for a text, which is asked for only where it may matter.
fn limit_for(cx: &Cx, text: &[u8]) -> usize {
    if text.len() < MIN_DIGITS { MAX_DIGITS } else { digit_limit(cx) }
}

/// The integer that a str, bytes or bytearray spells; None for other types.
fn parse(cx: &Cx, x: Value, base: i64) -> Option<Result<Int, Fault>> {
    let x = cx.unwrap(x);
    if let Some(text) = x.cast::<Str>() {
        let limit = limit_for(cx, text.as_bytes());
        return Some(int::parse_str(text.as_bytes(), base, limit));
    }
    if let Some(bytes) = x.cast::<Bytes>() {
        let limit = limit_for(cx, bytes.as_slice());
        return Some(int::parse_bytes(bytes.as_slice(), base, limit));
    }
    let bytes = x.cast::<ByteArray>()?.to_vec();
    Some(int::parse_bytes(&bytes, base, limit_for(cx, &bytes)))
}

fn int_arrived(cx: &mut Cx, [class, ..]: [Value; 3], outcome: Outcome) -> Flow {
    finish(cx, class, outcome?, "__int__ returned non-int")
}

fn index_arrived(cx: &mut Cx, [class, ..]: [Value; 3], outcome: Outcome) -> Flow {
    finish(cx, class, outcome?, "__index__ returned non-int")
}

fn trunc_arrived(cx: &mut Cx, [class, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let answer = outcome?;
    let kind = cx.type_name(answer);
    let value = cx.scope(|cx| {
        cx.root(answer);
        cx.deprecated("The delegation of int() to __trunc__ is deprecated.")?;
        cx.index_or_none(answer)
    })?;
    match value {
        Some(value) => {
            let value = cx.int_value(value);
            finish(cx, class, value, "")
        }
        None => Err(cx.type_error(&format!("__trunc__ returned non-Integral (type {kind})"))),
    }
}

fn finish(cx: &mut Cx, class: Value, answer: Value, complaint: &str) -> Flow {
    let Some(value) = cx.integer(answer) else {
        return Err(cx.type_error(&format!("{complaint} (type {})", cx.type_name(answer))));
    };
    if !cx.is_exact(answer, T::Int) {
        let kind = cx.type_name(answer);
        cx.warn_of_subclass(&format!("{complaint} (type {kind})"), "int")?;
    }
    let value = cx.int_value(value);
    match class.cast::<Class>() {
        Some(class) => derive(cx, class, T::Int, value),
        None => Ok(value),
    }
}

fn new_bool(cx: &mut Cx, args: Args) -> Flow {
    new_class(cx, args, T::Bool)?;
    match cx.opt(args, 1).map(|x| x.value()) {
        Some(x) => cx.truth(x).map(Value::bool),
        None => Ok(Value::FALSE),
    }
}

// ---- methods

/// The receiver as an exact `int`.
fn whole(cx: &mut Cx, args: Args) -> Flow {
    let this = cx.arg(args, 0).value();
    if this.is::<BigInt>() {
        return Ok(this);
    }
    let n = this_int(cx, args)?;
    Ok(cx.int_value(n))
}

fn get_whole(cx: &mut Cx, object: Value) -> Flow {
    if object.is::<BigInt>() {
        return Ok(object);
    }
    match cx.integer(object) {
        Some(n) => Ok(cx.int_value(n)),
        None => Err(operators::wrong_receiver(cx, "real", T::Int, object)),
    }
}

fn bit_length(cx: &mut Cx, args: Args) -> Flow {
    Ok(match this_int(cx, args)? {
        Int::Small(n) => Value::int(i64::from(int::bit_length_i64(n))),
        Int::Big(n) => cx.int(int::bit_length_big(&n) as i64),
    })
}

fn bit_count(cx: &mut Cx, args: Args) -> Flow {
    Ok(match this_int(cx, args)? {
        Int::Small(n) => Value::int(i64::from(n.unsigned_abs().count_ones())),
        Int::Big(n) => cx.int(int::bit_count_big(&n) as i64),
    })
}

fn as_integer_ratio(cx: &mut Cx, args: Args) -> Flow {
    let n = this_int(cx, args)?;
    let pair = [cx.int_value(n), Value::int(1)];
    Ok(Value::object(cx.tuple(&pair)))
}

fn is_integer(cx: &mut Cx, args: Args) -> Flow {
    this_int(cx, args)?;
    Ok(Value::TRUE)
}

fn to_float(cx: &mut Cx, args: Args) -> Flow {
    match this_int(cx, args)? {
        Int::Small(n) => Ok(Value::float(n as f64)),
        Int::Big(n) => float::big_to_f64(&n).map(Value::float).map_err(|f| cx.fault(&f)),
    }
}

fn getnewargs(cx: &mut Cx, args: Args) -> Flow {
    let n = this_int(cx, args)?;
    let n = cx.int_value(n);
    Ok(Value::object(cx.tuple(&[n])))
}

/// As CPython counts: a header of 24 bytes and four bytes for every 30 bits.
fn sizeof(cx: &mut Cx, args: Args) -> Flow {
    let bits = match this_int(cx, args)? {
        Int::Small(n) => int::bit_length_i64(n) as usize,
        Int::Big(n) => int::bit_length_big(&n),
    };
    Ok(cx.int((24 + 4 * bits.div_ceil(30).max(1)) as i64))
}

/// Is the byte order `little`? Absent means big.
fn is_little(cx: &Cx, order: Value, name: &str) -> Result<bool, Stop> {
    if order.is_undef() {
        return Ok(false);
    }
    match cx.unwrap(order).cast::<Str>() {
        Some(text) if text.as_bytes() == b"little" => Ok(true),
        Some(text) if text.as_bytes() == b"big" => Ok(false),
        Some(_) => Err(cx.value_error("byteorder must be either 'little' or 'big'")),
        None => {
            let given = if order.is_none() { "None".into() } else { cx.type_name(order) };
            let text = format!("{name}() argument 'byteorder' must be str, not {given}");
            Err(cx.type_error(&text))
        }
    }
}

fn to_bytes(cx: &mut Cx, args: Args) -> Flow {
    let n = this_int(cx, args)?;
    let length = match cx.opt(args, 1).map(|v| v.value()) {
        None => 1,
        Some(value) => match cx.index(value)? {
            Int::Small(length) if length < 0 => {
                return Err(cx.value_error("length argument must be non-negative"));
            }
            Int::Small(length) => length as usize,
            Int::Big(_) => {
                let text = "Python int too large to convert to C ssize_t";
                return Err(cx.error(T::OverflowError, text));
            }
        },
    };
    let little = is_little(cx, cx.arg(args, 2).value(), "to_bytes")?;
    let signed = match cx.opt(args, 3).map(|v| v.value()) {
        Some(value) => cx.truth(value)?,
        None => false,
    };
    if length > crate::plain::MAX_BYTES {
        return Err(cx.error_with(T::MemoryError, &[]));
    }
    let data = int::to_bytes(&n.into_big(), length, little, signed).map_err(|f| cx.fault(&f))?;
    Ok(Value::object(cx.bytes(data)))
}

fn from_bytes(cx: &mut Cx, args: Args) -> Flow {
    let class = cx.arg(args, 0).value();
    let little = is_little(cx, cx.arg(args, 2).value(), "from_bytes")?;
    let signed = match cx.opt(args, 3).map(|v| v.value()) {
        Some(value) => cx.truth(value)?,
        None => false,
    };
    let source = cx.arg(args, 1).value();
    let how = Value::int(i64::from(little) | i64::from(signed) << 1);
    let plain = cx.unwrap(source);
    if let Some(data) = data_of(cx, plain) {
        return bytes_to_int(cx, class, how, &data);
    }
    if plain.is::<Str>() || cx.number(plain).is_some() {
        return Err(
            cx.type_error(&format!("cannot convert '{}' object to bytes", cx.type_name(source)))
        );
    }
    let state = [class, how, Value::NONE];
    if let Some(method) = cx.special(source, cx.vm().names.__bytes__)? {
        return cx.call_then(method, &[], bytes_arrived, state);
    }
    if let Some(data) = buffer_or_none(cx, source)? {
        return bytes_to_int(cx, class, how, &data);
    }
    if !cx.is_iterable(source) {
        let text = format!("cannot convert '{}' object to bytes", cx.type_name(source));
        return Err(cx.type_error(&text));
    }
    cx.collect_then(source, items_arrived, state)
}

fn bytes_arrived(cx: &mut Cx, [class, how, _]: [Value; 3], outcome: Outcome) -> Flow {
    let answer = outcome?;
    match cx.unwrap(answer).cast::<Bytes>() {
        Some(bytes) => bytes_to_int(cx, class, how, bytes.as_slice()),
        None => {
            let shown = cx.type_name(answer);
            Err(cx.type_error(&format!("__bytes__ returned non-bytes (type {shown})")))
        }
    }
}

fn items_arrived(cx: &mut Cx, [class, how, _]: [Value; 3], outcome: Outcome) -> Flow {
    let items = outcome?;
    let items = cx.plain_items(items).unwrap_or_default();
    let mut data = Vec::with_capacity(items.len());
    for item in items {
        match cx.integer(item) {
            Some(Int::Small(byte @ 0..=255)) => data.push(byte as u8),
            Some(_) => return Err(cx.value_error("bytes must be in range(0, 256)")),
            None => {
                return Err(cx.type_error(&format!(
                    "'{}' object cannot be interpreted as an integer",
                    cx.type_name(item)
                )));
            }
        }
    }
    bytes_to_int(cx, class, how, &data)
}

fn bytes_to_int(cx: &mut Cx, class: Value, how: Value, data: &[u8]) -> Flow {
    let how = how.as_int().unwrap_or(0);
    let value = int::from_bytes(data, how & 1 != 0, how & 2 != 0);
    let value = cx.int_value(value);
    if class == cx.type_object(T::Int) { Ok(value) } else { cx.tail(class, &[value]) }
}

fn round(cx: &mut Cx, args: Args) -> Flow {
    let n = this_int(cx, args)?;
    let digits = match cx.opt(args, 1).map(|v| v.value()) {
        Some(digits) if !digits.is_none() => cx.index(digits)?,
        _ => return Ok(cx.int_value(n)),
    };
    let rounded = round_to(n, digits).map_err(|f| cx.fault(&f))?;
    Ok(cx.int_value(rounded))
}

/// `round(n, digits)`: only negative digits change anything; half goes to even.
pub fn round_to(n: Int, digits: Int) -> Result<Int, Fault> {
    let places = match digits {
        Int::Small(digits) if digits >= 0 => return Ok(n),
        Int::Small(digits) => digits.unsigned_abs(),
        Int::Big(big) if big >= IBig::ZERO => return Ok(n),
        Int::Big(_) => u64::MAX,
    };
    let n = n.into_big();
    // 10^places is more than twice n then.
    if places as u128 > int::bit_length_big(&n) as u128 / 3 + 2 {
        return Ok(Int::Small(0));
    }
    let unit = int::pow_i64(10, places)?.into_big();
    let (quotient, rest) = (&n).div_rem_euclid(&unit);
    let rest = IBig::from(rest);
    let twice = &rest * IBig::from(2);
    let odd = int::mod_big(&quotient, &IBig::from(2))? == Int::Small(1);
    let up = twice > unit || twice == unit && odd;
    let quotient = if up { quotient + IBig::ONE } else { quotient };
    Ok(Int::from(int::mul_big(&quotient, &unit)?))
}
