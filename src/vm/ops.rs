//! Operators on any two values: natively where the built-in types suffice, by their special
//! methods where not.

use super::member::*;
use super::numeric::*;
use super::order::*;

use dashu_int::IBig;

use super::pc::{Base, Ip, Pc, reg};
use super::{Ask, Cx, Order, Stop, Vm, call, interp, native_call, raise, unwind};
use crate::code::op::{Op, Word, word};
use crate::gc::{Gc, budget};
use crate::plain::int::Int;
use crate::plain::{self, Fault};
use crate::value::class::overrides;
use crate::value::frame::{DST_MASK, Ret};
use crate::value::str::MAX_LEN;
use crate::value::{
    ByteArray, Bytes, Complex, Deque, Dict, Function, Instance, List, MappingProxy, MemoryView,
    Native, NativeKind, Range, Set, Str, T, Tuple, Value,
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

pub(super) fn memory_error(vm: &Vm) -> Stop {
    raise::with_args(vm, T::MemoryError, &[])
}

pub(super) fn concatenate(vm: &Vm, x: Value, y: Value) -> Result<Option<Value>, Stop> {
    if let (Some(a), Some(b)) = (x.cast::<Str>(), y.cast::<Str>()) {
        if !budget::grants(2 * (a.byte_len() + b.byte_len())) {
            return Err(memory_error(vm));
        }
        return match vm.space.concat(a, b) {
            Some(text) => Ok(Some(Value::object(text))),
            None => Err(memory_error(vm)),
        };
    }
    if let (Some(a), Some(b)) = (x.cast::<List>(), y.cast::<List>()) {
        let len = a.len() + b.len();
        if !budget::grants(len * size_of::<Value>()) {
            return Err(memory_error(vm));
        }
        let mut items = Vec::with_capacity(len);
        a.edit(|a| items.extend_from_slice(a));
        b.edit(|b| items.extend_from_slice(b));
        return Ok(Some(Value::object(vm.space.list(items))));
    }
    if let (Some(a), Some(b)) = (x.cast::<Tuple>(), y.cast::<Tuple>()) {
        if !budget::grants((a.len() + b.len()) * 2 * size_of::<Value>()) {
            return Err(memory_error(vm));
        }
        let items = [a.as_slice(), b.as_slice()].concat();
        return Ok(Some(Value::object(vm.space.tuple(&items))));
    }
    if let (Some(a), Some(b)) = (x.cast::<Bytes>(), y.cast::<Bytes>()) {
        let parts = [a.as_slice(), b.as_slice()];
        if parts[0].len() + parts[1].len() > plain::MAX_BYTES {
            return Err(memory_error(vm));
        }
        return Ok(Some(Value::object(vm.space.bytes_of(&parts))));
    }
    Ok(None)
}

/// `sequence * count`; None if it is no sequence that this knows.
pub fn repeat(vm: &Vm, sequence: Value, count: Int) -> Result<Option<Value>, Stop> {
    let count = match count {
        Int::Small(n) => n.max(0) as usize,
        Int::Big(_)
            if !(sequence.is::<Str>() || sequence.is::<List>() || sequence.is::<Tuple>()) =>
        {
            return Ok(None);
        }
        Int::Big(_) => {
            let text = "cannot fit 'int' into an index-sized integer";
            return Err(raise::error(vm, T::OverflowError, text));
        }
    };
    let too_big = |len: usize, unit: usize| {
        let most = plain::MAX_BYTES * 16 / unit;
        len.checked_mul(count).is_none_or(|n| n > most || !budget::grants(n * unit))
    };
    if let Some(text) = sequence.cast::<Str>() {
        if count == 1 || text.is_empty() {
            return Ok(Some(sequence));
        }
        if text.byte_len().checked_mul(count).is_none_or(|n| n > MAX_LEN || !budget::grants(2 * n))
        {
            return Err(memory_error(vm));
        }
        return Ok(Some(Value::object(vm.space.str_wtf8(&text.as_bytes().repeat(count)))));
    }
    let repeated = |items: &[Value]| {
        if too_big(items.len(), 8) {
            return Err(memory_error(vm));
        }
        Ok(match items {
            [item] => vec![*item; count],
            _ => items.repeat(count),
        })
    };
    if let Some(list) = sequence.cast::<List>() {
        let items = list.edit(|items| repeated(items))?;
        return Ok(Some(Value::object(vm.space.list(items))));
    }
    match sequence.cast::<Tuple>() {
        Some(_) if count == 1 => Ok(Some(sequence)),
        Some(tuple) => Ok(Some(Value::object(vm.space.tuple(&repeated(tuple.as_slice())?)))),
        None => Ok(None),
    }
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
        } else if op == Binary::Add && extended(&*vm, x, y) {
            reg!(base, word::a(w)) = x;
            return Pc::new(ip, base);
        }
        try_candidate(vm, ip, base, w, op, x, y, 0)
    }
}

/// `list += items` of another list or of a tuple; false for everything else.
fn extended(vm: &Vm, list: Value, items: Value) -> bool {
    let Some(all) = list.cast::<List>().filter(|_| list != items) else { return false };
    let add = |items: &[Value]| {
        all.edit(|all| {
            let before = all.capacity();
            let fits = all.len() + items.len() <= before
                || budget::grants((all.len() + items.len()) * 2 * size_of::<Value>());
            if fits {
                all.extend_from_slice(items);
                vm.space.heap.charge((all.capacity() - before) * size_of::<Value>());
            }
            fits
        })
    };
    match items.cast::<Tuple>() {
        Some(tuple) => add(tuple.as_slice()),
        None => items.cast::<List>().is_some_and(|items| items.edit(|items| add(items))),
    }
}

/// A method that may answer, and the order of its two operands.
pub(super) struct Candidate {
    pub(super) method: Value,
    pub(super) this: Value,
    pub(super) other: Value,
}

/// The method that is asked at a stage: the first, second or third that may answer.
pub(super) fn candidate(
    vm: &Vm,
    op: Binary,
    in_place: bool,
    x: Value,
    y: Value,
    stage: usize,
) -> Option<Candidate> {
    let [plain, reflected, augmented] = op.names(vm);
    let (left, right) = (vm.space.class_of(x), vm.space.class_of(y));
    let own = |name: Gc<Str>| {
        let method = vm.space.lookup(left, name)?;
        Some(Candidate { method, this: x, other: y })
    };
    // Nothing built in derives from str, which has no `__imod__`.
    if op == Binary::Mod && stage == 0 && x.is::<Str>() && !right.is_user() {
        return own(plain);
    }
    let mut before = 0;
    let mut is_due = |found: &Option<Candidate>| {
        before += usize::from(found.is_some());
        found.is_some() && before > stage
    };
    // `+` and `*` of built-in sequences are no operators of numbers: they answer last.
    let is_late = |found: &Option<Candidate>| {
        matches!(op, Binary::Add | Binary::Mul)
            && left != right
            && right.is_user()
            && found.as_ref().is_some_and(|found| found.method.is::<Native>())
            && is_sequence(vm, x)
    };
    if in_place {
        let found = own(augmented);
        if is_late(&found) {
            let theirs = vm.space.lookup(right, reflected);
            let theirs = theirs.map(|method| Candidate { method, this: y, other: x });
            return [theirs, found].into_iter().find(is_due).flatten();
        }
        if is_due(&found) {
            return found;
        }
    }
    if left == right {
        return Some(own(plain)).filter(&mut is_due).flatten();
    }
    let theirs = vm.space.lookup(right, reflected);
    // A subclass that answers differently is asked before its base.
    let first =
        theirs.is_some() && right.is_subclass(left) && theirs != vm.space.lookup(left, reflected);
    let theirs = theirs.map(|method| Candidate { method, this: y, other: x });
    let ours = own(plain);
    let order = if first || is_late(&ours) { [theirs, ours] } else { [ours, theirs] };
    order.into_iter().find(is_due).flatten()
}

fn is_sequence(vm: &Vm, value: Value) -> bool {
    [T::List, T::Str, T::Tuple, T::Bytes, T::ByteArray, T::Deque]
        .iter()
        .any(|&id| vm.space.isinstance(value, id))
}

/// Bits of an info word that count the candidates tried.
pub(super) const STAGE: u32 = 10;

#[allow(clippy::too_many_arguments)] // a handler's state, and what it decoded
pub(super) unsafe fn try_candidate(
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
        match candidate(&*vm, op, in_place, x, y, stage) {
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
pub(super) unsafe fn invoke_special(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    method: Value,
    this: Value,
    other: Value,
    info: u64,
) -> Pc {
    unsafe {
        if let Some(native) = method.cast::<Native>()
            && native.kind == NativeKind::Method
        {
            return native_call::invoke_special(vm, ip, base, native, [this, other], info);
        }
        match call::bind_special(&mut *vm, method, this) {
            Ok((func, Some(this))) => call::invoke(vm, ip, base, func, &[this, other], info),
            Ok((func, None)) => call::invoke(vm, ip, base, func, &[other], info),
            Err(_) => unwind::unwind(vm, ip, base),
        }
    }
}

pub(super) fn unsupported(vm: &Vm, op: Binary, in_place: bool, x: Value, y: Value) -> Stop {
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
    if op == Binary::Add
        && (vm.space.isinstance(x, T::Bytes) || vm.space.isinstance(x, T::ByteArray))
    {
        return raise::error(vm, T::TypeError, &format!("can't concat {b} to {a}"));
    }
    if op == Binary::Mul {
        for (sequence, other) in [(x, y), (y, x)] {
            let is_sequence = is_sequence(vm, sequence) && !vm.space.isinstance(sequence, T::Deque);
            // In place, what is some other kind of container answers for itself.
            let class = vm.space.class_of(sequence);
            let contains = vm.space.lookup(class, vm.names.__contains__).is_some();
            if in_place && !is_sequence && (class.is_user() || contains) {
                break;
            }
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
    let mut text = format!("unsupported operand type(s) for {symbol}: '{a}' and '{b}'");
    let is_print =
        |x: Value| x.cast::<Native>().is_some_and(|native| native.signature.name() == "print");
    if op == Binary::Shr && !in_place && is_print(x) {
        text.push_str(". Did you mean \"print(<message>, file=<output_stream>)\"?");
    }
    raise::error(vm, T::TypeError, &text)
}

/// The operands of a binary or comparing instruction.
pub(super) unsafe fn operands(base: Base, w: Word, op: Op) -> (Value, Value) {
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
    if x.is_int() && op == Unary::Invert {
        return Ok(Some(Value::int(!x.int_unchecked())));
    }
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
        // The class of truth values warns of it.
        (Unary::Invert, _) if x.as_bool().is_some() => None,
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
    if x == Value::NOT_IMPLEMENTED {
        let method = vm.prelude("_truth_of_not_implemented");
        return Err(Ask::Call { method, by_len: false });
    }
    let class = vm.space.class_of(x);
    if let Some(proxy) = x.cast::<MappingProxy>() {
        let method = vm.space.lookup(class, vm.names.__len__);
        return truth(vm, proxy.mapping.get()).map_err(|ask| match (ask, method) {
            (Ask::Call { .. }, Some(method)) => Ask::Call { method, by_len: true },
            (ask, _) => ask,
        });
    }
    if class.is_user() {
        if class.has(overrides::BOOL) {
            for (name, by_len) in [(vm.names.__bool__, false), (vm.names.__len__, true)] {
                if let Some(method) = vm.space.lookup(class, name) {
                    let plain = method.is::<Function>() || method.is::<Native>();
                    let method = match (plain, by_len) {
                        (true, _) => method,
                        (false, false) => vm.prelude("_truth_by_bool"),
                        (false, true) => vm.prelude("_truth_by_len"),
                    };
                    return Err(Ask::Call { method, by_len });
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
    if let Some(view) = x.cast::<MemoryView>() {
        let len = view.layout().shape.first().copied();
        return len.filter(|_| !view.is_released());
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
    if let Some(deque) = x.cast::<Deque>() {
        return Some(deque.len());
    }
    if let Some(range) = x.cast::<Range>() {
        return Some(super::range::len(vm, range).try_into().unwrap_or(usize::MAX));
    }
    None
}

/// What the answer of `__bool__` or `__len__` means.
pub fn truth_of_answer(vm: &mut Vm, answer: Value, by_len: bool) -> Result<bool, Stop> {
    if let Some(b) = answer.as_bool() {
        return Ok(b);
    }
    if !by_len {
        let text = format!("__bool__ should return bool, returned {}", vm.space.type_name(answer));
        return Err(raise::error(vm, T::TypeError, &text));
    }
    match Cx::of(vm).index(answer)? {
        Int::Small(i) if i >= 0 => Ok(i != 0),
        Int::Big(big) if big > IBig::ZERO => {
            let text = "cannot fit 'int' into an index-sized integer";
            Err(raise::error(vm, T::OverflowError, text))
        }
        _ => Err(raise::error(vm, T::ValueError, "__len__() should return >= 0")),
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

impl Cx {
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
    #[inline]
    pub fn truth(&mut self, value: Value) -> Result<bool, Stop> {
        match super::compare::quick_truth(value) {
            Some(yes) => Ok(yes),
            None => super::attr::is_true(self.vm_mut(), value),
        }
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
        let mut stage = 0;
        while let Some(c) = candidate(self.vm(), op, false, x, y, stage) {
            stage += 1;
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
