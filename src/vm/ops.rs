//! Operators on any two values: natively where the built-in types suffice, by their special
//! methods where not.

use std::cmp::Ordering;

use dashu_int::IBig;

use super::pc::{Base, Ip, Pc, reg, taken};
use super::{Ask, Cx, Order, Stop, Vm, call, interp, probe, raise, unwind};
use crate::code::op::{Op, Word, word};
use crate::gc::Gc;
use crate::plain::int::Int;
use crate::plain::{self, Fault, float, int};
use crate::value::class::overrides;
use crate::value::frame::{DST_MASK, Ret};
use crate::value::str::MAX_LEN;
use crate::value::{
    BigInt, ByteArray, Bytes, Complex, Dict, Instance, List, Native, Range, Set, Slice, Str, T,
    Tuple, Value,
};

macro_rules! binary_operators {
    ($($name:ident $symbol:literal $method:ident $reflected:ident $in_place:ident
       $op:ident $($imm:ident)?;)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Binary { $($name,)* }

        impl Binary {
            pub const ALL: &[Binary] = &[$(Binary::$name),*];

            /// As the source writes it.
            pub const fn symbol(self) -> &'static str {
                match self { $(Binary::$name => $symbol,)* }
            }

            /// Names of `__add__`, `__radd__`, `__iadd__`.
            pub const fn methods(self) -> [&'static str; 3] {
                match self {
                    $(Binary::$name =>
                        [stringify!($method), stringify!($reflected), stringify!($in_place)],)*
                }
            }

            fn names(self, vm: &Vm) -> [Gc<Str>; 3] {
                match self {
                    $(Binary::$name =>
                        [vm.names.$method, vm.names.$reflected, vm.names.$in_place],)*
                }
            }

            fn of(op: Op) -> Option<Binary> {
                match op {
                    $(Op::$op => Some(Binary::$name), $(Op::$imm => Some(Binary::$name),)?)*
                    _ => None,
                }
            }
        }
    };
}

binary_operators! {
    Add "+" __add__ __radd__ __iadd__ Add AddI;
    Sub "-" __sub__ __rsub__ __isub__ Sub SubI;
    Mul "*" __mul__ __rmul__ __imul__ Mul MulI;
    Div "/" __truediv__ __rtruediv__ __itruediv__ Div;
    FloorDiv "//" __floordiv__ __rfloordiv__ __ifloordiv__ FloorDiv FloorDivI;
    Mod "%" __mod__ __rmod__ __imod__ Mod ModI;
    Pow "** or pow()" __pow__ __rpow__ __ipow__ Pow;
    MatMul "@" __matmul__ __rmatmul__ __imatmul__ MatMul;
    And "&" __and__ __rand__ __iand__ And AndI;
    Or "|" __or__ __ror__ __ior__ Or;
    Xor "^" __xor__ __rxor__ __ixor__ Xor;
    Shl "<<" __lshift__ __rlshift__ __ilshift__ Shl ShlI;
    Shr ">>" __rshift__ __rrshift__ __irshift__ Shr ShrI;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unary {
    Neg,
    Pos,
    Invert,
}

/// Turns a fault of plain data into a pending exception.
pub fn fault(vm: &Vm, fault: &Fault) -> Stop {
    use plain::Kind;
    let id = match fault.kind {
        Kind::Index => T::IndexError,
        Kind::Key => T::KeyError,
        Kind::Memory => return raise::with_args(vm, T::MemoryError, &[]),
        Kind::Overflow => T::OverflowError,
        Kind::Range => {
            let text = vm.space.str_value(&fault.text);
            return raise::with_args(vm, T::OverflowError, &[Value::int(34), text]);
        }
        Kind::Type => T::TypeError,
        Kind::Value => T::ValueError,
        Kind::ZeroDivision => T::ZeroDivisionError,
    };
    raise::error(vm, id, &fault.text)
}

// ---- numbers

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

fn to_big(n: &Number) -> IBig {
    match n {
        Number::Small(i) => IBig::from(*i),
        Number::Big(big) => big.value.clone(),
        _ => unreachable!("integers only"),
    }
}

fn to_float(vm: &Vm, n: &Number) -> Result<f64, Stop> {
    match n {
        Number::Small(i) => Ok(*i as f64),
        Number::Big(big) => float::big_to_f64(&big.value).map_err(|f| fault(vm, &f)),
        Number::Float(f) => Ok(*f),
        Number::Complex(..) => unreachable!("complex numbers are handled before"),
    }
}

fn arithmetic(vm: &Vm, op: Binary, x: Number, y: Number) -> Result<Option<Value>, Stop> {
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

fn float_arithmetic(vm: &Vm, op: Binary, a: f64, b: f64) -> Result<Option<Value>, Stop> {
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

fn small_arithmetic(vm: &Vm, op: Binary, a: i64, b: i64) -> Result<Option<Value>, Stop> {
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

fn big_arithmetic(vm: &Vm, op: Binary, x: &Number, y: &Number) -> Result<Option<Value>, Stop> {
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
    let result = match op {
        Binary::Add => return done(a + b),
        Binary::Sub => return done(a - b),
        Binary::Mul => return int::mul_big(a, b).map_err(|f| fault(vm, &f)).and_then(done),
        Binary::Div => {
            return float::div_big(a, b).map(|f| Some(Value::float(f))).map_err(|f| fault(vm, &f));
        }
        Binary::FloorDiv => int::floor_div_big(a, b),
        Binary::Mod => int::mod_big(a, b),
        Binary::Pow => {
            if b < &IBig::ZERO {
                return float_arithmetic(vm, op, to_float(vm, x)?, to_float(vm, y)?);
            }
            int::pow_big(a, b)
        }
        Binary::And => return done(a & b),
        Binary::Or => return done(a | b),
        Binary::Xor => return done(a ^ b),
        Binary::Shl => int::shl_big(a, b),
        Binary::Shr => int::shr_big(a, b),
        Binary::MatMul => return Ok(None),
    };
    result.map(|i| Some(int_value(vm, i))).map_err(|f| fault(vm, &f))
}

fn complex_arithmetic(vm: &Vm, op: Binary, x: Number, y: Number) -> Result<Option<Value>, Stop> {
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
fn complex_quotient(a: f64, b: f64, c: f64, d: f64) -> (f64, f64) {
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
fn complex_power((a, b): (f64, f64), (c, d): (f64, f64)) -> Option<(f64, f64)> {
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

// ---- binary operators

/// The result for built-in operands; None when a special method must be asked.
pub fn binary_native(vm: &Vm, op: Binary, x: Value, y: Value) -> Result<Option<Value>, Stop> {
    if !x.is::<Instance>()
        && !y.is::<Instance>()
        && let (Some(a), Some(b)) = (number(vm, x), number(vm, y))
    {
        if matches!(op, Binary::And | Binary::Or | Binary::Xor)
            && let (Some(a), Some(b)) = (x.as_bool(), y.as_bool())
        {
            let result = match op {
                Binary::And => a & b,
                Binary::Or => a | b,
                _ => a ^ b,
            };
            return Ok(Some(Value::bool(result)));
        }
        return arithmetic(vm, op, a, b);
    }
    match op {
        Binary::Add => concatenate(vm, x, y),
        Binary::Mul => {
            if let Some(count) = integer(vm, y).filter(|_| !y.is::<Instance>()) {
                return repeat(vm, x, count);
            }
            match integer(vm, x).filter(|_| !x.is::<Instance>()) {
                Some(count) => repeat(vm, y, count),
                None => Ok(None),
            }
        }
        _ => Ok(None),
    }
}

fn memory_error(vm: &Vm) -> Stop {
    raise::with_args(vm, T::MemoryError, &[])
}

fn concatenate(vm: &Vm, x: Value, y: Value) -> Result<Option<Value>, Stop> {
    if let (Some(a), Some(b)) = (x.cast::<Str>(), y.cast::<Str>()) {
        return match vm.space.concat(a, b) {
            Some(text) => Ok(Some(Value::object(text))),
            None => Err(memory_error(vm)),
        };
    }
    if let (Some(a), Some(b)) = (x.cast::<List>(), y.cast::<List>()) {
        let mut items = a.to_vec();
        items.extend(b.iter());
        return Ok(Some(Value::object(vm.space.list(items))));
    }
    if let (Some(a), Some(b)) = (x.cast::<Tuple>(), y.cast::<Tuple>()) {
        let items = [a.as_slice(), b.as_slice()].concat();
        return Ok(Some(Value::object(vm.space.tuple(&items))));
    }
    Ok(None)
}

/// `sequence * count`; None if it is no sequence that this knows.
pub fn repeat(vm: &Vm, sequence: Value, count: Int) -> Result<Option<Value>, Stop> {
    let count = match count {
        Int::Small(n) => n.max(0) as usize,
        Int::Big(big) if big < IBig::ZERO => 0,
        Int::Big(_) => usize::MAX,
    };
    let too_big = |len: usize, unit: usize| {
        len.checked_mul(count).is_none_or(|n| n > plain::MAX_BYTES * 16 / unit)
    };
    if let Some(text) = sequence.cast::<Str>() {
        if count == 1 || text.is_empty() {
            return Ok(Some(sequence));
        }
        if text.byte_len().checked_mul(count).is_none_or(|n| n > MAX_LEN) {
            return Err(memory_error(vm));
        }
        return Ok(Some(Value::object(vm.space.str_wtf8(&text.as_bytes().repeat(count)))));
    }
    let items = if let Some(list) = sequence.cast::<List>() {
        list.to_vec()
    } else if let Some(tuple) = sequence.cast::<Tuple>() {
        tuple.as_slice().to_vec()
    } else {
        return Ok(None);
    };
    if too_big(items.len(), 8) {
        return Err(memory_error(vm));
    }
    let items = items.repeat(count);
    Ok(Some(if sequence.is::<List>() {
        Value::object(vm.space.list(items))
    } else {
        Value::object(vm.space.tuple(&items))
    }))
}

/// The general case of a binary instruction: native, then special methods.
pub unsafe fn binary(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    w: Word,
    op: Binary,
    x: Value,
    y: Value,
) -> Pc {
    // SAFETY: I3; so throughout this file.
    unsafe {
        let in_place_list =
            matches!(op, Binary::Add | Binary::Mul) && word::ext(w) == 1 && x.is::<List>();
        if !in_place_list {
            match binary_native(&*vm, op, x, y) {
                Ok(Some(value)) => {
                    reg!(base, word::a(w)) = value;
                    return Pc::new(ip, base);
                }
                Ok(None) => {}
                Err(_) => return unwind::unwind(vm, ip, base),
            }
        }
        try_candidate(vm, ip, base, w, op, x, y, 0)
    }
}

/// A method that may answer, and the order of its two operands.
struct Candidate {
    method: Value,
    this: Value,
    other: Value,
}

fn candidates(vm: &Vm, op: Binary, in_place: bool, x: Value, y: Value) -> Vec<Candidate> {
    let [plain, reflected, augmented] = op.names(vm);
    let (left, right) = (vm.space.class_of(x), vm.space.class_of(y));
    let mut list = Vec::with_capacity(3);
    let mut push = |method: Option<Value>, this: Value, other: Value| {
        if let Some(method) = method {
            list.push(Candidate { method, this, other });
        }
    };
    if in_place {
        push(vm.space.lookup(left, augmented), x, y);
    }
    let own = vm.space.lookup(left, plain);
    let theirs = if left == right { None } else { vm.space.lookup(right, reflected) };
    // A subclass that answers differently is asked before its base.
    let first = left != right
        && right.is_subclass(left)
        && theirs.is_some()
        && theirs != vm.space.lookup(left, reflected);
    if first {
        push(theirs, y, x);
        push(own, x, y);
    } else {
        push(own, x, y);
        push(theirs, y, x);
    }
    list
}

/// Bits of an info word that count the candidates tried.
const STAGE: u32 = 10;

#[allow(clippy::too_many_arguments)] // a handler's state, and what it decoded
unsafe fn try_candidate(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    w: Word,
    op: Binary,
    x: Value,
    y: Value,
    stage: usize,
) -> Pc {
    unsafe {
        let in_place = word::ext(w) == 1;
        match candidates(&*vm, op, in_place, x, y).get(stage) {
            Some(c) => {
                let info = w & DST_MASK | ((stage as u64 + 1) << STAGE) | Ret::Binary as u64;
                invoke_special(vm, ip, base, c.method, c.this, c.other, info)
            }
            None => {
                unsupported(&*vm, op, in_place, x, y);
                unwind::unwind(vm, ip, base)
            }
        }
    }
}

/// Calls a special method found on the type of `this`.
unsafe fn invoke_special(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    method: Value,
    this: Value,
    other: Value,
    info: u64,
) -> Pc {
    unsafe {
        match call::bind_special(&mut *vm, method, this) {
            Ok((func, Some(this))) => call::invoke(vm, ip, base, func, &[this, other], info),
            Ok((func, None)) => call::invoke(vm, ip, base, func, &[other], info),
            Err(_) => unwind::unwind(vm, ip, base),
        }
    }
}

fn unsupported(vm: &Vm, op: Binary, in_place: bool, x: Value, y: Value) -> Stop {
    let (a, b) = (vm.space.type_name(x), vm.space.type_name(y));
    if op == Binary::Add {
        // Sequences name themselves before the operator is blamed.
        for (id, name) in [(T::Str, "str"), (T::List, "list"), (T::Tuple, "tuple")] {
            if vm.space.isinstance(x, id) {
                let text = format!("can only concatenate {name} (not \"{b}\") to {name}");
                return raise::error(vm, T::TypeError, &text);
            }
        }
    }
    if op == Binary::Mul {
        for (sequence, other) in [(x, y), (y, x)] {
            let is_sequence = [T::Str, T::List, T::Tuple, T::Bytes]
                .iter()
                .any(|&id| vm.space.isinstance(sequence, id));
            if is_sequence {
                let text = format!(
                    "can't multiply sequence by non-int of type '{}'",
                    vm.space.type_name(other)
                );
                return raise::error(vm, T::TypeError, &text);
            }
        }
    }
    let symbol = op.symbol();
    let symbol = match (in_place, op) {
        (true, Binary::Pow) => "**=".to_string(),
        (true, _) => format!("{symbol}="),
        _ => symbol.to_string(),
    };
    let text = format!("unsupported operand type(s) for {symbol}: '{a}' and '{b}'");
    raise::error(vm, T::TypeError, &text)
}

/// The operands of a binary or comparing instruction.
unsafe fn operands(base: Base, w: Word, op: Op) -> (Value, Value) {
    use crate::code::op::Operand::{Dst, Imm, Off, Src};
    unsafe {
        match op.operands() {
            [Dst, Src, Imm] => (reg!(base, word::b(w)), Value::int(word::sc(w))),
            [Src, Imm, Off] => (reg!(base, word::a(w)), Value::int(word::sb(w))),
            [Src, Src, Off] => (reg!(base, word::a(w)), reg!(base, word::b(w))),
            _ => (reg!(base, word::b(w)), reg!(base, word::c(w))),
        }
    }
}

/// A special method has answered a binary instruction.
pub unsafe fn binary_arrived(vm: *mut Vm, ip: Ip, base: Base, info: u64, value: Value) -> Pc {
    unsafe {
        if value != Value::NOT_IMPLEMENTED {
            reg!(base, (info >> 16) as u16 as usize) = value;
            return Pc::new(ip, base);
        }
        let w = *ip.sub(1);
        let op = Op::from_byte(interp::op_of(w)).expect("verified");
        let (x, y) = operands(base, w, op);
        let binary = Binary::of(op).expect("only binary instructions wait this way");
        try_candidate(vm, ip, base, w, binary, x, y, (info >> STAGE & 7) as usize)
    }
}

// ---- unary operators

pub fn unary_native(vm: &Vm, op: Unary, x: Value) -> Result<Option<Value>, Stop> {
    if x.is::<Instance>() {
        return Ok(None);
    }
    let Some(n) = number(vm, x) else {
        return Ok(None);
    };
    Ok(match (op, n) {
        (Unary::Neg, Number::Small(i)) => Some(vm.space.int(-i)),
        (Unary::Neg, Number::Big(big)) => Some(vm.space.big_int(-&big.value)),
        (Unary::Neg, Number::Float(f)) => Some(Value::float(-f)),
        (Unary::Neg, Number::Complex(re, im)) => Some(vm.space.complex(-re, -im)),
        (Unary::Pos, Number::Small(i)) => Some(vm.space.int(i)),
        (Unary::Pos, _) => Some(x),
        (Unary::Invert, Number::Small(i)) => Some(vm.space.int(!i)),
        (Unary::Invert, Number::Big(big)) => Some(vm.space.big_int(!&big.value)),
        (Unary::Invert, _) => None,
    })
}

pub unsafe fn unary_with_code(vm: *mut Vm, ip: Ip, base: Base, w: Word, op: Unary, x: Value) -> Pc {
    unsafe {
        let (name, symbol) = match op {
            Unary::Neg => ((*vm).names.__neg__, "-"),
            Unary::Pos => ((*vm).names.__pos__, "+"),
            Unary::Invert => ((*vm).names.__invert__, "~"),
        };
        match Cx::of(&mut *vm).special(x, name) {
            Ok(Some(method)) => call::invoke(vm, ip, base, method, &[], w & DST_MASK),
            Ok(None) => {
                let text =
                    format!("bad operand type for unary {symbol}: '{}'", (*vm).space.type_name(x));
                raise::error(&*vm, T::TypeError, &text);
                unwind::unwind(vm, ip, base)
            }
            Err(_) => unwind::unwind(vm, ip, base),
        }
    }
}

// ---- truth

/// The truth of a value, or what to ask.
pub fn truth(vm: &Vm, x: Value) -> Result<bool, Ask> {
    if let Some(b) = super::compare::quick_truth(x) {
        return Ok(b);
    }
    if let Some(f) = x.as_float() {
        return Ok(f != 0.0);
    }
    let class = vm.space.class_of(x);
    if class.is_user() {
        if class.has(overrides::BOOL) {
            for name in [vm.names.__bool__, vm.names.__len__] {
                if let Some(method) = vm.space.lookup(class, name) {
                    return Err(Ask::Call(method));
                }
            }
        }
        let inner = vm.space.unwrap(x);
        return if inner == x { Ok(true) } else { truth(vm, inner) };
    }
    Ok(if let Some(c) = x.cast::<Complex>() {
        c.re != 0.0 || c.im != 0.0
    } else {
        len(vm, x).is_none_or(|n| n != 0)
    })
}

/// Length of a built-in container.
pub fn len(vm: &Vm, x: Value) -> Option<usize> {
    if let Some(text) = x.cast::<Str>() {
        return Some(text.len());
    }
    if let Some(list) = x.cast::<List>() {
        return Some(list.len());
    }
    if let Some(tuple) = x.cast::<Tuple>() {
        return Some(tuple.len());
    }
    if let Some(dict) = x.cast::<Dict>() {
        return Some(dict.len());
    }
    if let Some(set) = x.cast::<Set>() {
        return Some(set.len());
    }
    if let Some(bytes) = x.cast::<Bytes>() {
        return Some(bytes.as_slice().len());
    }
    if let Some(bytes) = x.cast::<ByteArray>() {
        return Some(bytes.edit(|data| data.len()));
    }
    if let Some(view) = x.cast::<crate::value::DictView>() {
        return len(vm, view.dict.get());
    }
    if let Some(range) = x.cast::<Range>() {
        return Some(super::index::range_len(vm, range).try_into().unwrap_or(usize::MAX));
    }
    None
}

/// What the answer of `__bool__` or `__len__` means.
pub fn truth_of_answer(vm: &Vm, answer: Value) -> Result<bool, Stop> {
    if let Some(b) = answer.as_bool() {
        return Ok(b);
    }
    match number(vm, answer) {
        Some(Number::Small(i)) if i >= 0 => Ok(i != 0),
        Some(Number::Small(_)) => {
            Err(raise::error(vm, T::ValueError, "__len__() should return >= 0"))
        }
        Some(Number::Big(_)) => {
            let text = "cannot fit 'int' into an index-sized integer";
            Err(raise::error(vm, T::OverflowError, text))
        }
        _ => {
            let text =
                format!("__bool__ should return bool, returned {}", vm.space.type_name(answer));
            Err(raise::error(vm, T::TypeError, &text))
        }
    }
}

/// Does a jump instruction jump when its condition holds, and how far?
pub fn jump_of(w: Word) -> (bool, i64) {
    use Op::*;
    let op = Op::from_byte(interp::op_of(w)).expect("verified");
    match op {
        JTrue => (true, word::sbc(w)),
        JFalse => (false, word::sbc(w)),
        JNotLt | JNotLe | JNotGt | JNotGe | JNotEq | JNotNe | JNotLtI | JNotLeI | JNotGtI
        | JNotGeI | JNotEqI | JNotNeI => (false, word::sc(w)),
        _ => (true, word::sc(w)),
    }
}

// ---- comparison

fn order_of(op: Op) -> Option<Order> {
    use Op::*;
    Some(match op {
        Lt | JLt | JNotLt | JLtI | JNotLtI => Order::Lt,
        Le | JLe | JNotLe | JLeI | JNotLeI => Order::Le,
        Gt | JGt | JNotGt | JGtI | JNotGtI => Order::Gt,
        Ge | JGe | JNotGe | JGeI | JNotGeI => Order::Ge,
        Eq | JEq | JNotEq | JEqI | JNotEqI => Order::Eq,
        Ne | JNe | JNotNe | JNeI | JNotNeI => Order::Ne,
        _ => return None,
    })
}

impl Order {
    fn name(self, vm: &Vm) -> Gc<Str> {
        match self {
            Order::Lt => vm.names.__lt__,
            Order::Le => vm.names.__le__,
            Order::Gt => vm.names.__gt__,
            Order::Ge => vm.names.__ge__,
            Order::Eq => vm.names.__eq__,
            Order::Ne => vm.names.__ne__,
        }
    }
}

/// Compares two numbers; None for NaN.
fn compare_numbers(x: &Number, y: &Number) -> Option<Ordering> {
    use Number::{Big, Complex, Float, Small};
    match (x, y) {
        (Small(a), Small(b)) => Some(a.cmp(b)),
        (Small(a), Big(b)) => Some(int::cmp_small_big(*a, &b.value)),
        (Big(a), Small(b)) => Some(int::cmp_small_big(*b, &a.value).reverse()),
        (Big(a), Big(b)) => Some(a.value.cmp(&b.value)),
        (Float(a), Float(b)) => a.partial_cmp(b),
        (Float(a), Small(b)) => float::cmp_i64(*a, *b),
        (Small(a), Float(b)) => float::cmp_i64(*b, *a).map(Ordering::reverse),
        (Float(a), Big(b)) => float::cmp_big(*a, &b.value),
        (Big(a), Float(b)) => float::cmp_big(*b, &a.value).map(Ordering::reverse),
        (Complex(..), _) | (_, Complex(..)) => None,
    }
}

fn equal_complex(x: &Number, y: &Number) -> bool {
    use Number::Complex;
    match (x, y) {
        (Complex(a, b), Complex(c, d)) => a == c && b == d,
        (Complex(re, im), n) | (n, Complex(re, im)) => {
            *im == 0.0 && compare_numbers(&Number::Float(*re), n) == Some(Ordering::Equal)
        }
        _ => false,
    }
}

/// Compares built-in values; None when a special method must be asked, or none is defined.
pub fn compare_native(vm: &Vm, x: Value, y: Value, order: Order) -> Result<Option<bool>, Stop> {
    compare_at(vm, x, y, order, 0)
}

/// How deep built-in containers are compared before RecursionError.
const MAX_DEPTH: u32 = 900;

fn compare_at(vm: &Vm, x: Value, y: Value, order: Order, depth: u32) -> Result<Option<bool>, Stop> {
    let equality = matches!(order, Order::Eq | Order::Ne);
    if let (Some(a), Some(b)) = (x.cast::<Str>(), y.cast::<Str>()) {
        return Ok(Some(match order {
            Order::Eq => a.equals(&b),
            Order::Ne => !a.equals(&b),
            _ => order.of_ordering(a.as_bytes().cmp(b.as_bytes())),
        }));
    }
    if x.is::<Instance>() || y.is::<Instance>() {
        let (left, right) = (vm.space.class_of(x), vm.space.class_of(y));
        let special = |class: Gc<crate::value::Class>| {
            class.has(overrides::EQ)
                || class.is_user()
                    && vm.space.lookup(class, vm.names.__ne__).is_some_and(|m| !m.is::<Native>())
        };
        let payload = |v: Value| v.cast::<Instance>().is_some_and(|i| i.payload().is_some());
        if equality && !special(left) && !special(right) && !payload(x) && !payload(y) {
            return Ok(Some((x == y) == (order == Order::Eq)));
        }
        return Ok(None);
    }
    if let (Some(a), Some(b)) = (number(vm, x), number(vm, y)) {
        if matches!(a, Number::Complex(..)) || matches!(b, Number::Complex(..)) {
            return Ok(equality.then(|| equal_complex(&a, &b) == (order == Order::Eq)));
        }
        return Ok(Some(match compare_numbers(&a, &b) {
            Some(ordering) => order.of_ordering(ordering),
            None => order == Order::Ne,
        }));
    }
    if depth > MAX_DEPTH {
        let text = "maximum recursion depth exceeded in comparison";
        return Err(raise::error(vm, T::RecursionError, text));
    }
    if let (Some(a), Some(b)) = (x.cast::<List>(), y.cast::<List>()) {
        return compare_items(vm, &|i| a.get(i), &|i| b.get(i), a.len(), b.len(), order, depth);
    }
    if let (Some(a), Some(b)) = (x.cast::<Tuple>(), y.cast::<Tuple>()) {
        let (p, q) = (a.as_slice(), b.as_slice());
        let (a, b) = (|i: usize| p.get(i).copied(), |i: usize| q.get(i).copied());
        return compare_items(vm, &a, &b, p.len(), q.len(), order, depth);
    }
    if let (Some(a), Some(b)) = (bytes_of(x), bytes_of(y)) {
        return Ok(Some(order.of_ordering(a.cmp(&b))));
    }
    if !equality {
        return Ok(None);
    }
    let equal = if x == y {
        Some(true)
    } else if let (Some(a), Some(b)) = (x.cast::<Dict>(), y.cast::<Dict>()) {
        equal_dicts(vm, a, b, depth)?
    } else if let (Some(a), Some(b)) = (x.cast::<Range>(), y.cast::<Range>()) {
        Some(super::index::equal_ranges(vm, a, b))
    } else if let (Some(a), Some(b)) = (x.cast::<Slice>(), y.cast::<Slice>()) {
        let parts = |s: Gc<Slice>| [s.start.get(), s.stop.get(), s.step.get()];
        let mut equal = Some(true);
        for (p, q) in parts(a).into_iter().zip(parts(b)) {
            match compare_at(vm, p, q, Order::Eq, depth + 1)? {
                Some(true) => {}
                other => {
                    equal = other;
                    break;
                }
            }
        }
        equal
    } else if let (Some(a), Some(b)) =
        (x.cast::<crate::value::BoundMethod>(), y.cast::<crate::value::BoundMethod>())
    {
        Some(a.func.get() == b.func.get() && a.this.get() == b.this.get())
    } else if answers_equality(x) {
        None
    } else if vm.space.class_of(x).is_user() || vm.space.class_of(y).is_user() {
        let special = |v: Value| vm.space.class_of(v).has(overrides::EQ);
        if special(x) || special(y) { None } else { Some(false) }
    } else {
        // Built-in types without an order of their own: identity, unless the other side has an
        // opinion (sets and views do, by their methods).
        if answers_equality(y) { None } else { Some(false) }
    };
    Ok(equal.map(|e| e == (order == Order::Eq)))
}

/// Has the built-in type an `__eq__` that the machine does not know by itself?
pub fn answers_equality(value: Value) -> bool {
    use crate::value::{DictView, GenericAlias, MappingProxy, Union};
    value.is::<Set>()
        || value.is::<DictView>()
        || value.is::<MappingProxy>()
        || value.is::<Union>()
        || value.is::<GenericAlias>()
}

fn bytes_of(value: Value) -> Option<Vec<u8>> {
    if let Some(bytes) = value.cast::<Bytes>() {
        return Some(bytes.as_slice().to_vec());
    }
    value.cast::<ByteArray>().map(|bytes| bytes.to_vec())
}

type ItemAt<'a> = &'a dyn Fn(usize) -> Option<Value>;

fn compare_items(
    vm: &Vm,
    a: ItemAt<'_>,
    b: ItemAt<'_>,
    a_len: usize,
    b_len: usize,
    order: Order,
    depth: u32,
) -> Result<Option<bool>, Stop> {
    if a_len != b_len && matches!(order, Order::Eq | Order::Ne) {
        return Ok(Some(order == Order::Ne));
    }
    let mut i = 0;
    while let (Some(x), Some(y)) = (a(i), b(i)) {
        let same = x == y && !x.is_float();
        let equal = if same { Some(true) } else { compare_at(vm, x, y, Order::Eq, depth + 1)? };
        match equal {
            Some(true) => i += 1,
            Some(false) => {
                return match order {
                    Order::Eq => Ok(Some(false)),
                    Order::Ne => Ok(Some(true)),
                    _ => compare_at(vm, x, y, order, depth + 1),
                };
            }
            None => return Ok(None),
        }
    }
    Ok(Some(order.of_ordering(a_len.cmp(&b_len))))
}

fn equal_dicts(vm: &Vm, a: Gc<Dict>, b: Gc<Dict>, depth: u32) -> Result<Option<bool>, Stop> {
    if a.len() != b.len() {
        return Ok(Some(false));
    }
    for entry in a.iter() {
        let place = match probe::find_plain(vm, b, entry.key, entry.hash) {
            Ok(Some(place)) => place,
            Ok(None) => return Ok(Some(false)),
            Err(()) => return Ok(None),
        };
        let other = b.value_at(place);
        if entry.value == other && !other.is_float() {
            continue;
        }
        match compare_at(vm, entry.value, other, Order::Eq, depth + 1)? {
            Some(true) => {}
            other => return Ok(other),
        }
    }
    Ok(Some(true))
}

/// Methods that may answer a comparison, in order; with each, whether the answer is negated.
fn comparers(vm: &Vm, order: Order, x: Value, y: Value) -> Vec<(Candidate, bool)> {
    let (left, right) = (vm.space.class_of(x), vm.space.class_of(y));
    let object = vm.space.class(T::Object);
    let method = |class: Gc<crate::value::Class>, order: Order| -> Option<(Value, bool)> {
        let found = vm.space.lookup(class, order.name(vm));
        let inherited = |f: Value| object.dict.get_str(&vm.space, order.name(vm)) == Some(f);
        match found {
            // `object.__ne__` is `not __eq__`.
            Some(f) if order == Order::Ne && inherited(f) => {
                let eq = vm.space.lookup(class, vm.names.__eq__)?;
                let plain = object.dict.get_str(&vm.space, vm.names.__eq__) == Some(eq);
                if plain { None } else { Some((eq, true)) }
            }
            Some(f) if inherited(f) || f.is_none() => None,
            found => found.map(|f| (f, false)),
        }
    };
    let own = method(left, order).map(|(m, neg)| (Candidate { method: m, this: x, other: y }, neg));
    let theirs = method(right, order.mirrored())
        .map(|(m, neg)| (Candidate { method: m, this: y, other: x }, neg));
    let theirs_first = left != right && right.is_subclass(left);
    let (first, second) = if theirs_first { (theirs, own) } else { (own, theirs) };
    first.into_iter().chain(second).collect()
}

/// Starts asking special methods about a comparison.
pub unsafe fn compare_with_code(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    x: Value,
    y: Value,
    order: Order,
    info: u64,
) -> Pc {
    unsafe {
        // Built-in containers hold something that only the program can compare.
        let builtin = |v: Value| v.is::<List>() || v.is::<Tuple>() || v.is::<Dict>();
        if builtin(x) && (*vm).space.shape_of(x) == (*vm).space.shape_of(y) {
            return match Cx::of(&mut *vm).compare_deep(x, y, order) {
                Ok(Some(yes)) => deliver_comparison(vm, ip, base, info, Value::bool(yes)),
                Ok(None) => {
                    not_comparable(&*vm, order, x, y);
                    unwind::unwind(vm, ip, base)
                }
                Err(_) => unwind::unwind(vm, ip, base),
            };
        }
        ask_comparer(vm, ip, base, x, y, order, info & DST_MASK, 0)
    }
}

#[allow(clippy::too_many_arguments)] // a handler's state, and what it decoded
unsafe fn ask_comparer(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    x: Value,
    y: Value,
    order: Order,
    dst: u64,
    stage: usize,
) -> Pc {
    unsafe {
        match comparers(&*vm, order, x, y).get(stage) {
            Some((c, negate)) => {
                let negate = if *negate { call::NEGATE } else { 0 };
                let info = dst | ((stage as u64 + 1) << STAGE) | negate | Ret::Compare as u64;
                invoke_special(vm, ip, base, c.method, c.this, c.other, info)
            }
            None => {
                let answer = match order {
                    Order::Eq => x == y,
                    Order::Ne => x != y,
                    _ => {
                        not_comparable(&*vm, order, x, y);
                        return unwind::unwind(vm, ip, base);
                    }
                };
                deliver_comparison(vm, ip, base, dst, Value::bool(answer))
            }
        }
    }
}

fn not_comparable(vm: &Vm, order: Order, x: Value, y: Value) -> Stop {
    let text = format!(
        "'{}' not supported between instances of '{}' and '{}'",
        order.symbol(),
        vm.space.type_name(x),
        vm.space.type_name(y)
    );
    raise::error(vm, T::TypeError, &text)
}

/// A special method has answered a comparing instruction.
pub unsafe fn compare_arrived(vm: *mut Vm, ip: Ip, base: Base, info: u64, value: Value) -> Pc {
    unsafe {
        if value == Value::NOT_IMPLEMENTED {
            let w = *ip.sub(1);
            let op = Op::from_byte(interp::op_of(w)).expect("verified");
            let (x, y) = operands(base, w, op);
            let order = order_of(op).expect("only comparing instructions wait this way");
            let stage = (info >> STAGE & 7) as usize;
            return ask_comparer(vm, ip, base, x, y, order, info & DST_MASK, stage);
        }
        if info & call::NEGATE != 0 {
            return match truth(&*vm, value) {
                Ok(yes) => deliver_comparison(vm, ip, base, info, Value::bool(!yes)),
                Err(_) => match super::attr::is_true(&mut *vm, value) {
                    Ok(yes) => deliver_comparison(vm, ip, base, info, Value::bool(!yes)),
                    Err(_) => unwind::unwind(vm, ip, base),
                },
            };
        }
        deliver_comparison(vm, ip, base, info, value)
    }
}

/// Stores the answer of a comparison, or jumps by it.
unsafe fn deliver_comparison(vm: *mut Vm, ip: Ip, base: Base, info: u64, value: Value) -> Pc {
    unsafe {
        let w = *ip.sub(1);
        let op = Op::from_byte(interp::op_of(w)).expect("verified");
        if op.operands()[0] == crate::code::op::Operand::Dst {
            reg!(base, (info >> 16) as u16 as usize) = value;
            return Pc::new(ip, base);
        }
        let (sense, offset) = jump_of(w);
        match truth(&*vm, value) {
            Ok(yes) => Pc::new(if yes == sense { taken(ip, offset) } else { ip }, base),
            Err(Ask::Call(method)) => {
                call::invoke(vm, ip, base, method, &[value], Ret::Branch as u64)
            }
            Err(Ask::Raised) => unwind::unwind(vm, ip, base),
        }
    }
}

impl Cx {
    /// `x order y` for natives: by the door where code of the program decides.
    pub fn compare(&mut self, x: Value, y: Value, order: Order) -> Result<bool, Stop> {
        match self.compare_deep(x, y, order)? {
            Some(yes) => Ok(yes),
            None => {
                let equality = matches!(order, Order::Eq | Order::Ne);
                if equality {
                    return Ok((x == y) == (order == Order::Eq));
                }
                Err(not_comparable(self.vm(), order, x, y))
            }
        }
    }

    pub fn equal(&mut self, x: Value, y: Value) -> Result<bool, Stop> {
        self.compare(x, y, Order::Eq)
    }

    /// None when neither side knows.
    pub fn compare_deep(&mut self, x: Value, y: Value, order: Order) -> Result<Option<bool>, Stop> {
        if let Some(yes) = compare_native(self.vm(), x, y, order)? {
            return Ok(Some(yes));
        }
        if let (Some(a), Some(b)) = (x.cast::<List>(), y.cast::<List>()) {
            let get = |l: Gc<List>| move |i: usize| l.get(i);
            let lens = (a.len(), b.len());
            return self.compare_items_deep(&get(a), &get(b), lens, order);
        }
        if let (Some(a), Some(b)) = (x.cast::<Tuple>(), y.cast::<Tuple>()) {
            let get = |t: Gc<Tuple>| move |i: usize| t.as_slice().get(i).copied();
            let lens = (a.len(), b.len());
            return self.compare_items_deep(&get(a), &get(b), lens, order);
        }
        if let (Some(a), Some(b)) = (x.cast::<Dict>(), y.cast::<Dict>())
            && matches!(order, Order::Eq | Order::Ne)
        {
            let equal = self.equal_dicts_deep(a, b)?;
            return Ok(Some(equal == (order == Order::Eq)));
        }
        let count = comparers(self.vm(), order, x, y).len();
        for stage in 0..count {
            let (candidate, negate) = comparers(self.vm(), order, x, y).swap_remove(stage);
            let (func, this) = call::bind_special(self.vm_mut(), candidate.method, candidate.this)?;
            let answer = match this {
                Some(this) => self.call(func, &[this, candidate.other])?,
                None => self.call(func, &[candidate.other])?,
            };
            if answer != Value::NOT_IMPLEMENTED {
                return Ok(Some(super::attr::is_true(self.vm_mut(), answer)? != negate));
            }
        }
        Ok(None)
    }

    fn compare_items_deep(
        &mut self,
        a: ItemAt<'_>,
        b: ItemAt<'_>,
        (a_len, b_len): (usize, usize),
        order: Order,
    ) -> Result<Option<bool>, Stop> {
        if a_len != b_len && matches!(order, Order::Eq | Order::Ne) {
            return Ok(Some(order == Order::Ne));
        }
        self.deeper(|cx| {
            let mut i = 0;
            while let (Some(x), Some(y)) = (a(i), b(i)) {
                if (x == y && !x.is_float()) || cx.equal(x, y)? {
                    i += 1;
                    continue;
                }
                return match order {
                    Order::Eq => Ok(Some(false)),
                    Order::Ne => Ok(Some(true)),
                    _ => cx.compare(x, y, order).map(Some),
                };
            }
            Ok(Some(order.of_ordering(a_len.cmp(&b_len))))
        })
    }

    fn equal_dicts_deep(&mut self, a: Gc<Dict>, b: Gc<Dict>) -> Result<bool, Stop> {
        if a.len() != b.len() {
            return Ok(false);
        }
        self.deeper(|cx| {
            for place in 0..a.table().places() {
                let Some(entry) = a.entry_at(place) else {
                    continue;
                };
                let Some(other) = cx.dict_get_hashed(b, entry.key, entry.hash)? else {
                    return Ok(false);
                };
                if !(entry.value == other && !other.is_float()) && !cx.equal(entry.value, other)? {
                    return Ok(false);
                }
            }
            Ok(true)
        })
    }

    /// Runs `body` one level of native recursion deeper, within the bound that all of it shares.
    pub fn deeper<R>(&mut self, body: impl FnOnce(&mut Cx) -> Result<R, Stop>) -> Result<R, Stop> {
        let vm = self.vm_mut();
        if vm.doors >= super::DOOR_LIMIT {
            return Err(raise::error(vm, T::RecursionError, "maximum recursion depth exceeded"));
        }
        vm.doors += 1;
        let result = body(self);
        self.vm_mut().doors -= 1;
        result
    }

    /// The truth of a value, by the door if code of the program decides.
    pub fn truth(&mut self, value: Value) -> Result<bool, Stop> {
        super::attr::is_true(self.vm_mut(), value)
    }

    pub fn fault(&self, f: &Fault) -> Stop {
        fault(self.vm(), f)
    }

    pub fn number(&self, value: Value) -> Option<Number> {
        number(self.vm(), value)
    }

    pub fn integer(&self, value: Value) -> Option<Int> {
        integer(self.vm(), value)
    }

    pub fn int_value(&self, value: Int) -> Value {
        int_value(self.vm(), value)
    }

    /// `x op y` for natives: built-in operands, then special methods by the door.
    pub fn binary(&mut self, op: Binary, x: Value, y: Value) -> Result<Value, Stop> {
        if let Some(value) = binary_native(self.vm(), op, x, y)? {
            return Ok(value);
        }
        let count = candidates(self.vm(), op, false, x, y).len();
        for stage in 0..count {
            let c = candidates(self.vm(), op, false, x, y).swap_remove(stage);
            let (func, this) = call::bind_special(self.vm_mut(), c.method, c.this)?;
            let answer = match this {
                Some(this) => self.call(func, &[this, c.other])?,
                None => self.call(func, &[c.other])?,
            };
            if answer != Value::NOT_IMPLEMENTED {
                return Ok(answer);
            }
        }
        Err(unsupported(self.vm(), op, false, x, y))
    }

    /// The result for built-in operands (seen through user subclasses), or None.
    pub fn binary_plain(&self, op: Binary, x: Value, y: Value) -> Result<Option<Value>, Stop> {
        binary_native(self.vm(), op, self.unwrap(x), self.unwrap(y))
    }

    pub fn unary_plain(&self, op: Unary, x: Value) -> Result<Option<Value>, Stop> {
        unary_native(self.vm(), op, self.unwrap(x))
    }

    pub fn compare_plain(&self, x: Value, y: Value, order: Order) -> Result<Option<bool>, Stop> {
        compare_native(self.vm(), self.unwrap(x), self.unwrap(y), order)
    }

    /// `x order y` without code of the program; None if that must decide.
    pub fn compare_builtin(&self, x: Value, y: Value, order: Order) -> Result<Option<bool>, Stop> {
        compare_native(self.vm(), x, y, order)
    }

    /// `item in container` for built-in containers, or None.
    pub fn contains_plain(&mut self, item: Value, container: Value) -> Result<Option<bool>, Stop> {
        contains(self.vm_mut(), item, container)
    }

    pub fn len_plain(&self, value: Value) -> Option<usize> {
        len(self.vm(), value)
    }
}

// ---- membership

/// `item in container` for built-in containers; None when `__contains__` or iteration must
/// decide.
pub fn contains(vm: &mut Vm, item: Value, container: Value) -> Result<Option<bool>, Stop> {
    if let Some(text) = container.cast::<Str>() {
        let Some(part) = vm.space.unwrap(item).cast::<Str>() else {
            let text = format!(
                "'in <string>' requires string as left operand, not {}",
                vm.space.type_name(item)
            );
            return Err(raise::error(vm, T::TypeError, &text));
        };
        return Ok(Some(plain::wtf8::find(text.as_bytes(), part.as_bytes()).is_some()));
    }
    let cx = Cx::of(vm);
    if let Some(dict) = container.cast::<Dict>() {
        return cx.dict_get(dict, item).map(|found| Some(found.is_some()));
    }
    if let Some(set) = container.cast::<Set>() {
        return cx.set_contains(set, item).map(Some);
    }
    if let Some(list) = container.cast::<List>() {
        let mut i = 0;
        while let Some(x) = list.get(i) {
            if x == item && !x.is_float() || cx.equal(x, item)? {
                return Ok(Some(true));
            }
            i += 1;
        }
        return Ok(Some(false));
    }
    if let Some(tuple) = container.cast::<Tuple>() {
        for &x in tuple.as_slice() {
            if x == item && !x.is_float() || cx.equal(x, item)? {
                return Ok(Some(true));
            }
        }
        return Ok(Some(false));
    }
    if let Some(range) = container.cast::<Range>()
        && let Some(i) = integer(vm, item)
    {
        return Ok(Some(super::index::range_contains(vm, range, &i)));
    }
    Ok(None)
}

pub unsafe fn contains_with_code(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    item: Value,
    container: Value,
    info: u64,
) -> Pc {
    unsafe {
        let class = (*vm).space.class_of(container);
        if let Some(method) = (*vm).space.lookup(class, (*vm).names.__contains__) {
            if method.is_none() {
                let text = format!("'{}' object is not a container", class.name_text());
                raise::error(&*vm, T::TypeError, &text);
                return unwind::unwind(vm, ip, base);
            }
            return match call::bind_special(&mut *vm, method, container) {
                Ok((func, Some(this))) => call::invoke(vm, ip, base, func, &[this, item], info),
                Ok((func, None)) => call::invoke(vm, ip, base, func, &[item], info),
                Err(_) => unwind::unwind(vm, ip, base),
            };
        }
        let iterable = (*vm).space.lookup(class, (*vm).names.__iter__).is_some()
            || (*vm).space.lookup(class, (*vm).names.__getitem__).is_some();
        if !iterable {
            let text = format!("argument of type '{}' is not iterable", class.name_text());
            raise::error(&*vm, T::TypeError, &text);
            return unwind::unwind(vm, ip, base);
        }
        let search = (*vm).prelude("_contains");
        call::invoke(vm, ip, base, search, &[container, item], info)
    }
}
