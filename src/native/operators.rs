//! Operators of built-in types as attributes: `int.__add__`, `list.__len__`, `str.__lt__`.
//!
//! The machine computes `a + b` without looking here; these rows are for scripts that ask for
//! the methods by name, for `super().__add__(…)`, and for subclasses of built-in types, whose
//! values the machine does not add up by itself. Every row forwards to the same helpers of the
//! machine and answers NotImplemented where they have no answer.

use super::method;
use crate::gc::Gc;
use crate::plain::float;
use crate::plain::int::{self, Int};
use crate::value::types::TYPES;
use crate::value::{BigInt, Dict, Instance, Native, T, Value};
use crate::vm::{Args, Binary, Cx, Def, Flow, Number, Order, Stop, Unary};

/// Types whose objects have no hash: `__hash__` is None there.
pub static UNHASHABLE: &[T] =
    &[T::ByteArray, T::List, T::Deque, T::Dict, T::Set, T::DictKeys, T::DictItems];

const LT: u8 = Order::Lt as u8;
const LE: u8 = Order::Le as u8;
const GT: u8 = Order::Gt as u8;
const GE: u8 = Order::Ge as u8;
const EQ: u8 = Order::Eq as u8;
const NE: u8 = Order::Ne as u8;

/// `__add__` and `__radd__`.
macro_rules! both_ways {
    ($t:ident, $name:literal, $symbol:literal, $op:ident) => {
        [
            method(
                concat!("__", $name, "__(self, value, /)"),
                concat!("Return self", $symbol, "value."),
                binary::<{ T::$t as u16 }, { Binary::$op as u8 }>,
            ),
            method(
                concat!("__r", $name, "__(self, value, /)"),
                concat!("Return value", $symbol, "self."),
                reflected::<{ T::$t as u16 }, { Binary::$op as u8 }>,
            ),
        ]
    };
}

macro_rules! comparisons {
    ($t:ident) => {
        [
            method("__lt__(self, value, /)", "Return self<value.", compare::<{ T::$t as u16 }, LT>),
            method(
                "__le__(self, value, /)",
                "Return self<=value.",
                compare::<{ T::$t as u16 }, LE>,
            ),
            method(
                "__eq__(self, value, /)",
                "Return self==value.",
                compare::<{ T::$t as u16 }, EQ>,
            ),
            method(
                "__ne__(self, value, /)",
                "Return self!=value.",
                compare::<{ T::$t as u16 }, NE>,
            ),
            method("__gt__(self, value, /)", "Return self>value.", compare::<{ T::$t as u16 }, GT>),
            method(
                "__ge__(self, value, /)",
                "Return self>=value.",
                compare::<{ T::$t as u16 }, GE>,
            ),
        ]
    };
}

/// What every number has beside its binary operators.
macro_rules! number {
    ($t:ident) => {
        [
            method(
                "__pow__(self, value, mod=None, /)",
                "Return pow(self, value, mod).",
                power::<{ T::$t as u16 }>,
            ),
            method(
                "__rpow__(self, value, mod=None, /)",
                "Return pow(value, self, mod).",
                reflected_power::<{ T::$t as u16 }>,
            ),
            method("__neg__(self, /)", "-self", unary::<{ T::$t as u16 }, 0>),
            method("__pos__(self, /)", "+self", unary::<{ T::$t as u16 }, 1>),
            method("__abs__(self, /)", "abs(self)", absolute::<{ T::$t as u16 }>),
            method("__bool__(self, /)", "True if self else False", truth::<{ T::$t as u16 }>),
            method("__hash__(self, /)", "Return hash(self).", hash::<{ T::$t as u16 }>),
        ]
    };
}

macro_rules! divmods {
    ($t:ident) => {
        [
            method(
                "__divmod__(self, value, /)",
                "Return divmod(self, value).",
                divmod::<{ T::$t as u16 }, false>,
            ),
            method(
                "__rdivmod__(self, value, /)",
                "Return divmod(value, self).",
                divmod::<{ T::$t as u16 }, true>,
            ),
        ]
    };
}

macro_rules! container {
    ($t:ident) => {
        [
            method("__len__(self, /)", "Return len(self).", len::<{ T::$t as u16 }>),
            method(
                "__contains__(self, key, /)",
                "Return bool(key in self).",
                contains::<{ T::$t as u16 }>,
            ),
            method("__iter__(self, /)", "Implement iter(self).", iter::<{ T::$t as u16 }>),
        ]
    };
}

macro_rules! getitem {
    ($t:ident) => {
        [method("__getitem__(self, key, /)", "Return self[key].", item::<{ T::$t as u16 }>)]
    };
}

macro_rules! hashed {
    ($t:ident) => {
        [method("__hash__(self, /)", "Return hash(self).", hash::<{ T::$t as u16 }>)]
    };
}

/// `__add__`, `__mul__` and `__rmul__` of sequences.
macro_rules! sequence {
    ($t:ident) => {
        [
            method(
                "__add__(self, value, /)",
                "Return self+value.",
                binary::<{ T::$t as u16 }, { Binary::Add as u8 }>,
            ),
            method(
                "__mul__(self, value, /)",
                "Return self*value.",
                binary::<{ T::$t as u16 }, { Binary::Mul as u8 }>,
            ),
            method(
                "__rmul__(self, value, /)",
                "Return value*self.",
                reflected::<{ T::$t as u16 }, { Binary::Mul as u8 }>,
            ),
        ]
    };
}

/// Rows for each type, in groups; what a topic file defines itself is installed over them.
pub static TABLE: &[(T, &[&[Def]])] = &[
    (
        T::Int,
        &[
            &both_ways!(Int, "add", "+", Add),
            &both_ways!(Int, "sub", "-", Sub),
            &both_ways!(Int, "mul", "*", Mul),
            &both_ways!(Int, "truediv", "/", Div),
            &both_ways!(Int, "floordiv", "//", FloorDiv),
            &both_ways!(Int, "mod", "%", Mod),
            &both_ways!(Int, "and", "&", And),
            &both_ways!(Int, "or", "|", Or),
            &both_ways!(Int, "xor", "^", Xor),
            &both_ways!(Int, "lshift", "<<", Shl),
            &both_ways!(Int, "rshift", ">>", Shr),
            &divmods!(Int),
            &number!(Int),
            &[method("__invert__(self, /)", "~self", unary::<{ T::Int as u16 }, 2>)],
            &comparisons!(Int),
        ],
    ),
    (
        T::Bool,
        &[
            &both_ways!(Bool, "and", "&", And),
            &both_ways!(Bool, "or", "|", Or),
            &both_ways!(Bool, "xor", "^", Xor),
            &[method("__invert__(self, /)", "~self", |cx, args| {
                let (x, _) = receiver(cx, args, T::Bool)?;
                cx.tail_prelude("_invert_bool", &[x])
            })],
        ],
    ),
    (
        T::Float,
        &[
            &both_ways!(Float, "add", "+", Add),
            &both_ways!(Float, "sub", "-", Sub),
            &both_ways!(Float, "mul", "*", Mul),
            &both_ways!(Float, "truediv", "/", Div),
            &both_ways!(Float, "floordiv", "//", FloorDiv),
            &both_ways!(Float, "mod", "%", Mod),
            &divmods!(Float),
            &number!(Float),
            &comparisons!(Float),
        ],
    ),
    (
        T::Complex,
        &[
            &both_ways!(Complex, "add", "+", Add),
            &both_ways!(Complex, "sub", "-", Sub),
            &both_ways!(Complex, "mul", "*", Mul),
            &both_ways!(Complex, "truediv", "/", Div),
            &number!(Complex),
            &comparisons!(Complex),
        ],
    ),
    (T::List, &[&sequence!(List), &container!(List), &getitem!(List), &comparisons!(List)]),
    (
        T::Tuple,
        &[
            &sequence!(Tuple),
            &container!(Tuple),
            &getitem!(Tuple),
            &hashed!(Tuple),
            &comparisons!(Tuple),
        ],
    ),
    (
        T::Dict,
        &[
            &container!(Dict),
            &comparisons!(Dict),
            &[
                method("__getitem__(self, key, /)", "Return self[key].", dict_item),
                method("__setitem__(self, key, value, /)", "Set self[key] to value.", dict_store),
                method("__delitem__(self, key, /)", "Delete self[key].", dict_delete),
            ],
        ],
    ),
    (T::Set, &[&container!(Set)]),
    (T::FrozenSet, &[&container!(FrozenSet), &hashed!(FrozenSet)]),
    (T::Range, &[&container!(Range), &getitem!(Range), &hashed!(Range), &comparisons!(Range)]),
    (T::Slice, &[&hashed!(Slice), &comparisons!(Slice)]),
    (
        T::NoneType,
        &[&[method("__bool__(self, /)", "True if self else False", |_, _| Ok(Value::FALSE))]],
    ),
];

const fn type_id(i: u16) -> T {
    TYPES[i as usize].id
}

const fn order(i: u8) -> Order {
    [Order::Lt, Order::Le, Order::Gt, Order::Ge, Order::Eq, Order::Ne][i as usize]
}

// ---- receivers

/// TypeError for a method of a built-in type that was called with something else in front.
pub fn wrong_receiver(cx: &Cx, name: &str, id: T, value: Value) -> Stop {
    let name = if name.is_empty() { String::new() } else { format!(" '{name}'") };
    cx.type_error(&format!(
        "descriptor{name} requires a '{}' object but received a '{}'",
        cx.class(id).name_text(),
        cx.type_name(value)
    ))
}

/// The receiver, seen through subclasses, and the other operand as it is.
fn receiver(cx: &Cx, args: Args, id: T) -> Result<(Value, Value), Stop> {
    let this = cx.arg(args, 0).value();
    if !cx.isinstance(this, id) {
        return Err(wrong_receiver(cx, "", id, this));
    }
    Ok((cx.unwrap(this), cx.arg(args, 1).value()))
}

pub fn this_int(cx: &Cx, args: Args) -> Result<Int, Stop> {
    let this = cx.arg(args, 0).value();
    cx.integer(this).ok_or_else(|| wrong_receiver(cx, "", T::Int, this))
}

pub fn this_float(cx: &Cx, args: Args) -> Result<f64, Stop> {
    let this = cx.arg(args, 0).value();
    match cx.number(this) {
        Some(Number::Float(f)) => Ok(f),
        _ => Err(wrong_receiver(cx, "", T::Float, this)),
    }
}

pub fn this_complex(cx: &Cx, args: Args) -> Result<(f64, f64), Stop> {
    let this = cx.arg(args, 0).value();
    match cx.number(this) {
        Some(Number::Complex(re, im)) => Ok((re, im)),
        _ => Err(wrong_receiver(cx, "", T::Complex, this)),
    }
}

/// Does a number type answer for an operand itself? `int.__add__(1, 2.0)` does not: the float
/// is asked then. True for types that are no numbers.
fn accepts(cx: &Cx, id: T, other: Value) -> bool {
    let limit = match id {
        T::Int | T::Bool => 0,
        T::Float => 1,
        T::Complex => 2,
        _ => return true,
    };
    let rank = match cx.number(other) {
        Some(Number::Small(_) | Number::Big(_)) => 0,
        Some(Number::Float(_)) => 1,
        Some(Number::Complex(..)) => 2,
        None => return false,
    };
    rank <= limit
}

// ---- binary operators

fn binary<const ID: u16, const OP: u8>(cx: &mut Cx, args: Args) -> Flow {
    let (x, y) = receiver(cx, args, const { type_id(ID) })?;
    let op = Binary::ALL[OP as usize];
    let result = operate(cx, const { type_id(ID) }, op, x, y, false)?;
    refuse(cx, const { type_id(ID) }, op, y, result)
}

fn reflected<const ID: u16, const OP: u8>(cx: &mut Cx, args: Args) -> Flow {
    let (x, y) = receiver(cx, args, const { type_id(ID) })?;
    let op = Binary::ALL[OP as usize];
    let result = operate(cx, const { type_id(ID) }, op, x, y, true)?;
    refuse(cx, const { type_id(ID) }, op, y, result)
}

/// Sequences say themselves what they cannot be added to, unless the other operand might know.
fn refuse(cx: &Cx, id: T, op: Binary, other: Value, result: Value) -> Flow {
    let refuses = op == Binary::Add && matches!(id, T::List | T::Tuple);
    if result != Value::NOT_IMPLEMENTED || !refuses || has_own_radd(cx, other) {
        return Ok(result);
    }
    let (shown, name) = (cx.type_name(other), cx.class(id).name_text());
    Err(cx.type_error(&format!("can only concatenate {name} (not \"{shown}\") to {name}")))
}

/// Might the other operand know how to be added? Built-in types do not.
pub fn has_own_radd(cx: &Cx, other: Value) -> bool {
    let method = cx.lookup(cx.class_of(other), cx.vm().names.__radd__);
    method.is_some_and(|method| !method.is::<Native>())
}

fn operate(cx: &mut Cx, id: T, op: Binary, x: Value, mut y: Value, swapped: bool) -> Flow {
    if !accepts(cx, id, y) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    if op == Binary::Mul
        && cx.number(y).is_none()
        && let Some(count) = cx.index_or_none(y)?
    {
        y = cx.int_value(count);
    }
    let (x, y) = if swapped { (y, x) } else { (x, y) };
    Ok(cx.binary_plain(op, x, y)?.unwrap_or(Value::NOT_IMPLEMENTED))
}

fn power<const ID: u16>(cx: &mut Cx, args: Args) -> Flow {
    let (x, y) = receiver(cx, args, const { type_id(ID) })?;
    let modulus = cx.arg(args, 2).value();
    if modulus.is_undef() || modulus.is_none() {
        return operate(cx, const { type_id(ID) }, Binary::Pow, x, y, false);
    }
    own_power_modulo(cx, const { type_id(ID) }, [x, y, modulus])
}

/// What one type says to three operands.
fn own_power_modulo(cx: &Cx, id: T, [x, y, z]: [Value; 3]) -> Flow {
    let whole = [x, y, z].iter().all(|&v| cx.integer(v).is_some());
    if id == T::Int && !whole {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    Ok(power_modulo(cx, x, y, z)?.unwrap_or(Value::NOT_IMPLEMENTED))
}

fn reflected_power<const ID: u16>(cx: &mut Cx, args: Args) -> Flow {
    let (x, y) = receiver(cx, args, const { type_id(ID) })?;
    let modulus = cx.arg(args, 2).value();
    if modulus.is_undef() || modulus.is_none() {
        return operate(cx, const { type_id(ID) }, Binary::Pow, x, y, true);
    }
    own_power_modulo(cx, const { type_id(ID) }, [y, x, modulus])
}

/// `pow(x, y, z)` of numbers; None if one of them is no number.
pub fn power_modulo(cx: &Cx, x: Value, y: Value, z: Value) -> Result<Option<Value>, Stop> {
    if let (Some(x), Some(y), Some(z)) = (cx.integer(x), cx.integer(y), cx.integer(z)) {
        let (x, y, z) = (x.into_big(), y.into_big(), z.into_big());
        let result = match int::pow_mod_takes_long(&y, &z) {
            true => cx.long_work(move || int::pow_mod(&x, &y, &z))?,
            false => int::pow_mod(&x, &y, &z),
        };
        return result.map(|n| Some(cx.int_value(n))).map_err(|f| cx.fault(&f));
    }
    // Each is asked in turn: whole numbers have no answer, others refuse.
    let bases = [x, y].iter().all(|&v| cx.number(v).is_some());
    for number in [x, y, z].map(|v| cx.number(v)) {
        match number {
            Some(Number::Float(_)) => {
                let text = "pow() 3rd argument not allowed unless all arguments are integers";
                return Err(cx.type_error(text));
            }
            Some(Number::Complex(..)) if bases => return Err(cx.value_error("complex modulo")),
            _ => {}
        }
    }
    Ok(None)
}

fn divmod<const ID: u16, const SWAPPED: bool>(cx: &mut Cx, args: Args) -> Flow {
    let (x, y) = receiver(cx, args, const { type_id(ID) })?;
    if !accepts(cx, const { type_id(ID) }, y) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let (x, y) = if SWAPPED { (y, x) } else { (x, y) };
    Ok(divmod_plain(cx, x, y)?.unwrap_or(Value::NOT_IMPLEMENTED))
}

/// `divmod(x, y)` of real numbers; None for anything else.
pub fn divmod_plain(cx: &Cx, x: Value, y: Value) -> Result<Option<Value>, Stop> {
    let (Some(a), Some(b)) = (cx.number(x), cx.number(y)) else { return Ok(None) };
    let pair = match (a, b) {
        (Number::Small(a), Number::Small(b)) => {
            let (quotient, rest) = int::divmod_i64(a, b).map_err(|f| cx.fault(&f))?;
            [cx.int_value(quotient), cx.int(rest)]
        }
        (a @ (Number::Small(_) | Number::Big(_)), b @ (Number::Small(_) | Number::Big(_))) => {
            let (a, b) = (to_big(a), to_big(b));
            let pair = match int::div_takes_long(&a, &b) {
                true => cx.long_work(move || int::divmod_big(&a, &b))?,
                false => int::divmod_big(&a, &b),
            };
            let (quotient, rest) = pair.map_err(|f| cx.fault(&f))?;
            [cx.int_value(quotient), cx.int_value(rest)]
        }
        (Number::Complex(..), _) | (_, Number::Complex(..)) => return Ok(None),
        (a, b) => {
            let (a, b) = (to_float(cx, a)?, to_float(cx, b)?);
            let (quotient, rest) = float::divmod(a, b).map_err(|f| cx.fault(&f))?;
            [Value::float(quotient), Value::float(rest)]
        }
    };
    Ok(Some(Value::object(cx.tuple(&pair))))
}

fn to_big(number: Number) -> dashu_int::IBig {
    match number {
        Number::Small(n) => n.into(),
        Number::Big(n) => big(n),
        Number::Float(_) | Number::Complex(..) => dashu_int::IBig::ZERO,
    }
}

fn big(n: Gc<BigInt>) -> dashu_int::IBig {
    n.value.clone()
}

fn to_float(cx: &Cx, number: Number) -> Result<f64, Stop> {
    match number {
        Number::Small(n) => Ok(n as f64),
        Number::Big(n) => float::big_to_f64(&n.value).map_err(|f| cx.fault(&f)),
        Number::Float(f) => Ok(f),
        Number::Complex(..) => Err(cx.type_error("must be real number, not complex")),
    }
}

// ---- comparison

fn compare<const ID: u16, const ORDER: u8>(cx: &mut Cx, args: Args) -> Flow {
    let id = const { type_id(ID) };
    let order = const { order(ORDER) };
    let (x, y) = receiver(cx, args, id)?;
    let related = match id {
        T::Int | T::Float | T::Complex => accepts(cx, id, y),
        T::Bytes | T::ByteArray => cx.isinstance(y, T::Bytes) || cx.isinstance(y, T::ByteArray),
        _ => cx.isinstance(y, id),
    };
    if !related {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let y = cx.unwrap(y);
    let answer = match id {
        T::Dict if !matches!(order, Order::Eq | Order::Ne) => None,
        T::List | T::Tuple | T::Dict => cx.compare_deep(x, y, order)?,
        _ => cx.compare_plain(x, y, order)?,
    };
    Ok(answer.map_or(Value::NOT_IMPLEMENTED, Value::bool))
}

fn hash<const ID: u16>(cx: &mut Cx, args: Args) -> Flow {
    let (x, _) = receiver(cx, args, const { type_id(ID) })?;
    let hash = cx.hash(x)?;
    Ok(cx.int(hash as i64))
}

// ---- one operand

fn unary<const ID: u16, const OP: u8>(cx: &mut Cx, args: Args) -> Flow {
    let (x, _) = receiver(cx, args, const { type_id(ID) })?;
    let op = [Unary::Neg, Unary::Pos, Unary::Invert][OP as usize];
    // `int.__invert__` of a truth value.
    let x = match x.as_bool() {
        Some(truth) if matches!(op, Unary::Invert) => Value::int(truth.into()),
        _ => x,
    };
    Ok(cx.unary_plain(op, x)?.unwrap_or(Value::NOT_IMPLEMENTED))
}

fn absolute<const ID: u16>(cx: &mut Cx, args: Args) -> Flow {
    let (x, _) = receiver(cx, args, const { type_id(ID) })?;
    Ok(abs_plain(cx, x)?.unwrap_or(Value::NOT_IMPLEMENTED))
}

/// `abs(x)` of a number; None for anything else.
pub fn abs_plain(cx: &Cx, x: Value) -> Result<Option<Value>, Stop> {
    Ok(Some(match cx.number(x) {
        Some(Number::Small(n)) => cx.int(n.abs()),
        Some(Number::Big(n)) => {
            use dashu_int::ops::Abs;
            cx.big_int(big(n).abs())
        }
        Some(Number::Float(f)) => Value::float(f.abs()),
        Some(Number::Complex(re, im)) => {
            let size = re.hypot(im);
            if size.is_infinite() && re.is_finite() && im.is_finite() {
                return Err(cx.error(T::OverflowError, "absolute value too large"));
            }
            Value::float(size)
        }
        None => return Ok(None),
    }))
}

fn truth<const ID: u16>(cx: &mut Cx, args: Args) -> Flow {
    let (x, _) = receiver(cx, args, const { type_id(ID) })?;
    cx.truth(x).map(Value::bool)
}

// ---- containers

fn len<const ID: u16>(cx: &mut Cx, args: Args) -> Flow {
    let (x, _) = receiver(cx, args, const { type_id(ID) })?;
    Ok(cx.int(cx.len_plain(x).unwrap_or(0) as i64))
}

fn contains<const ID: u16>(cx: &mut Cx, args: Args) -> Flow {
    let (x, item) = receiver(cx, args, const { type_id(ID) })?;
    match cx.contains_plain(item, x)? {
        Some(yes) => Ok(Value::bool(yes)),
        None => cx.tail_prelude("_contains", &[x, item]),
    }
}

fn iter<const ID: u16>(cx: &mut Cx, args: Args) -> Flow {
    let (x, _) = receiver(cx, args, const { type_id(ID) })?;
    cx.iter_then(x)
}

fn item<const ID: u16>(cx: &mut Cx, args: Args) -> Flow {
    let (x, key) = receiver(cx, args, const { type_id(ID) })?;
    Ok(cx.item_plain(x, key)?.unwrap_or(Value::NOT_IMPLEMENTED))
}

fn this_dict(cx: &Cx, args: Args) -> Result<Gc<Dict>, Stop> {
    let this = cx.arg(args, 0).value();
    cx.unwrap(this).cast::<Dict>().ok_or_else(|| wrong_receiver(cx, "", T::Dict, this))
}

fn dict_item(cx: &mut Cx, args: Args) -> Flow {
    let dict = this_dict(cx, args)?;
    let key = cx.arg(args, 1).value();
    if let Some(value) = cx.dict_get(dict, key)? {
        return Ok(value);
    }
    let this = cx.arg(args, 0).value();
    if this.is::<Instance>()
        && let Some(method) = cx.special(this, cx.vm().names.__missing__)?
    {
        return cx.tail(method, &[key]);
    }
    Err(cx.error_with(T::KeyError, &[key]))
}

fn dict_store(cx: &mut Cx, args: Args) -> Flow {
    let dict = this_dict(cx, args)?;
    let (key, value) = (cx.arg(args, 1).value(), cx.arg(args, 2).value());
    cx.dict_set(dict, key, value)?;
    Ok(Value::NONE)
}

fn dict_delete(cx: &mut Cx, args: Args) -> Flow {
    let dict = this_dict(cx, args)?;
    let key = cx.arg(args, 1).value();
    match cx.dict_remove(dict, key)? {
        Some(_) => Ok(Value::NONE),
        None => Err(cx.error_with(T::KeyError, &[key])),
    }
}
