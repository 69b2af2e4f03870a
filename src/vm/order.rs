//! Comparison of any two values: natively where built-in types suffice, by special methods where
//! not.
//!
//! Containers are compared item by item; what only the program can compare inside them goes
//! through the door.

use std::cmp::Ordering;

use super::numeric::*;
use super::ops::*;
use super::pc::{Base, Ip, Pc, reg, taken};
use super::{Ask, Cx, Order, Stop, Vm, call, interp, probe, raise, unwind};
use crate::code::op::Op;
use crate::gc::Gc;
use crate::plain::{float, int};
use crate::value::class::overrides;
use crate::value::frame::{DST_MASK, Ret};
use crate::value::{
    ByteArray, Bytes, Deque, Dict, Instance, List, Native, Range, Set, Slice, Str, T, Tuple, Value,
};

pub(super) fn order_of(op: Op) -> Option<Order> {
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
pub(super) fn compare_numbers(x: &Number, y: &Number) -> Option<Ordering> {
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

pub(super) fn equal_complex(x: &Number, y: &Number) -> bool {
    use Number::Complex;
    match (x, y) {
        (Complex(a, b), Complex(c, d)) => a == c && b == d,
        (Complex(re, im), n) | (n, Complex(re, im)) => {
            *im == 0.0 && compare_numbers(&Number::Float(*re), n) == Some(Ordering::Equal)
        }
        _ => false,
    }
}

/// Equality of the plainest values: small integers, floats and strings among themselves.
#[inline(always)]
fn quick_equal(x: Value, y: Value) -> Option<bool> {
    if x.is_int() && y.is_int() {
        return Some(x == y);
    }
    if let (Some(a), Some(b)) = (x.as_float(), y.as_float()) {
        return Some(a == b);
    }
    match (x.cast::<Str>(), y.cast::<Str>()) {
        (Some(a), Some(b)) => Some(a.equals(&b)),
        _ => None,
    }
}

/// The order of two of the plainest values, which are not the same word; None for others. Those
/// that are equal all the same say so.
#[inline(always)]
fn quick_order(x: Value, y: Value, order: Order) -> Option<Result<bool, Same>> {
    if Value::both_ints(x, y) {
        return Some(Ok(order.of_ordering(x.bits().cmp(&y.bits()))));
    }
    if let (Some(a), Some(b)) = (x.as_float(), y.as_float()) {
        return Some(match a.partial_cmp(&b) {
            Some(Ordering::Equal) => Err(Same),
            Some(ordering) => Ok(order.of_ordering(ordering)),
            None => Ok(order == Order::Ne),
        });
    }
    let (a, b) = (x.cast::<Str>()?, y.cast::<Str>()?);
    Some(match order {
        _ if a.equals(&b) => Err(Same),
        Order::Eq => Ok(false),
        Order::Ne => Ok(true),
        _ => Ok(order.of_ordering(a.as_bytes().cmp(b.as_bytes()))),
    })
}

/// Two values are equal, so that those behind them decide.
struct Same;

/// Compares built-in values; None when a special method must be asked, or none is defined.
pub fn compare_native(vm: &Vm, x: Value, y: Value, order: Order) -> Result<Option<bool>, Stop> {
    compare_at(vm, x, y, order, 0)
}

/// How deep built-in containers are compared before RecursionError.
pub(super) const MAX_DEPTH: u32 = 900;

pub(super) fn compare_at(
    vm: &Vm,
    x: Value,
    y: Value,
    order: Order,
    depth: u32,
) -> Result<Option<bool>, Stop> {
    let equality = matches!(order, Order::Eq | Order::Ne);
    if let (Some(a), Some(b)) = (x.cast::<Str>(), y.cast::<Str>()) {
        return Ok(Some(match order {
            Order::Eq => a.equals(&b),
            Order::Ne => !a.equals(&b),
            _ => order.of_ordering(a.as_bytes().cmp(b.as_bytes())),
        }));
    }
    if let (Some(a), Some(b)) = (x.cast::<Tuple>(), y.cast::<Tuple>()) {
        return compare_tuples(vm, a.as_slice(), b.as_slice(), order, depth);
    }
    if let (Some(a), Some(b)) = (x.cast::<List>(), y.cast::<List>()) {
        if depth > MAX_DEPTH {
            return Err(too_deep(vm));
        }
        // What long ones both begin with, word by word, needs no comparison.
        const SHORT: usize = 8;
        let same = |a: &[Value], b: &[Value]| a.iter().zip(b).take_while(|(x, y)| x == y).count();
        let from = match a == b {
            true => a.len(),
            false if a.len() <= SHORT => 0,
            false => a.edit(|a| b.edit(|b| same(a, b))),
        };
        let (p, q) = (|i: usize| a.get(from + i), |i: usize| b.get(from + i));
        return compare_items(vm, &p, &q, a.len() - from, b.len() - from, order, depth);
    }
    if x.is::<Instance>() || y.is::<Instance>() {
        let (left, right) = (vm.space.class_of(x), vm.space.class_of(y));
        let special = |class: Gc<crate::value::Class>| {
            class.has(overrides::EQ)
                || class.is_user()
                    && vm.space.lookup(class, vm.names.__ne__).is_some_and(|m| !m.is::<Native>())
        };
        if !equality || special(left) || special(right) {
            return Ok(None);
        }
        let payload = |v: Value| v.cast::<Instance>().is_some_and(|i| i.payload().is_some());
        if !payload(x) && !payload(y) {
            return Ok(Some((x == y) == (order == Order::Eq)));
        }
        let (a, b) = (vm.space.unwrap(x), vm.space.unwrap(y));
        let is_sequence = |v: Value| v.is::<Tuple>() || v.is::<List>() || v.is::<Str>();
        return match is_sequence(a) && is_sequence(b) {
            true => compare_at(vm, a, b, order, depth),
            false => Ok(None),
        };
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
        return Err(too_deep(vm));
    }
    if let (Some(a), Some(b)) = (x.cast::<Deque>(), y.cast::<Deque>()) {
        return compare_items(vm, &|i| a.get(i), &|i| b.get(i), a.len(), b.len(), order, depth);
    }
    if let (Some(a), Some(b)) = (x.cast::<Bytes>(), y.cast::<Bytes>()) {
        return Ok(Some(order.of_ordering(a.as_slice().cmp(b.as_slice()))));
    }
    if let (Some(a), Some(b)) = (bytes_of(x), bytes_of(y)) {
        return Ok(Some(order.of_ordering(a.cmp(&b))));
    }
    if !equality {
        return Ok(None);
    }
    // Exceptions and classes, too, may have an opinion of themselves.
    let asked = |v: Value| {
        let class = vm.space.class_of(v);
        class.is_user() && class.has(overrides::EQ)
    };
    let equal = if asked(x) || asked(y) {
        None
    } else if x == y {
        Some(true)
    } else if let (Some(a), Some(b)) = (x.cast::<Dict>(), y.cast::<Dict>()) {
        equal_dicts(vm, a, b, depth)?
    } else if let (Some(a), Some(b)) = (x.cast::<Range>(), y.cast::<Range>()) {
        Some(super::range::equal(vm, a, b))
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
    } else {
        // Types without an order of their own: identity, unless the other side has an
        // opinion (sets and views do, by their methods).
        if answers_equality(y) { None } else { Some(false) }
    };
    Ok(equal.map(|e| e == (order == Order::Eq)))
}

/// Has the built-in type an `__eq__` that the machine does not know by itself?
pub fn answers_equality(value: Value) -> bool {
    use crate::value::{
        DictView, GenericAlias, Handle, MappingProxy, MemoryView, Record, Union, Weak,
    };
    let is_context = |record: Gc<Record>| record.header.shape == T::Context.shape();
    value.is::<Set>()
        || value.is::<DictView>()
        || value.is::<MappingProxy>()
        || value.is::<Union>()
        || value.is::<GenericAlias>()
        || value.is::<MemoryView>()
        || value.is::<Weak>()
        || value.is::<Handle>()
        || value.cast::<Record>().is_some_and(is_context)
}

fn too_deep(vm: &Vm) -> Stop {
    raise::error(vm, T::RecursionError, "maximum recursion depth exceeded in comparison")
}

fn compare_tuples(
    vm: &Vm,
    a: &[Value],
    b: &[Value],
    order: Order,
    depth: u32,
) -> Result<Option<bool>, Stop> {
    if depth > MAX_DEPTH {
        return Err(too_deep(vm));
    }
    let (x, y) = (|i: usize| a.get(i).copied(), |i: usize| b.get(i).copied());
    compare_items(vm, &x, &y, a.len(), b.len(), order, depth)
}

pub(super) fn bytes_of(value: Value) -> Option<Vec<u8>> {
    if let Some(bytes) = value.cast::<Bytes>() {
        return Some(bytes.as_slice().to_vec());
    }
    value.cast::<ByteArray>().map(|bytes| bytes.to_vec())
}

pub(super) fn compare_items(
    vm: &Vm,
    a: &impl Fn(usize) -> Option<Value>,
    b: &impl Fn(usize) -> Option<Value>,
    a_len: usize,
    b_len: usize,
    order: Order,
    depth: u32,
) -> Result<Option<bool>, Stop> {
    if a_len != b_len && matches!(order, Order::Eq | Order::Ne) {
        return Ok(Some(order == Order::Ne));
    }
    // What contains the same thing twice, and that another twice, has many more items than words.
    if vm.interrupted() {
        super::safepoint::check_interrupt(vm)?;
    }
    let mut i = 0;
    while let (Some(x), Some(y)) = (a(i), b(i)) {
        if x == y {
            i += 1;
            continue;
        }
        let equal = match quick_order(x, y, order) {
            Some(Ok(answer)) => return Ok(Some(answer)),
            Some(Err(Same)) => Some(true),
            None => compare_at(vm, x, y, Order::Eq, depth + 1)?,
        };
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

pub(super) fn equal_dicts(
    vm: &Vm,
    a: Gc<Dict>,
    b: Gc<Dict>,
    depth: u32,
) -> Result<Option<bool>, Stop> {
    if a.len() != b.len() {
        return Ok(Some(false));
    }
    super::safepoint::check_interrupt(vm)?;
    for entry in a.iter() {
        let place = match probe::find_plain(vm, b, entry.key, entry.hash) {
            Ok(Some(place)) => place,
            Ok(None) => return Ok(Some(false)),
            Err(()) => return Ok(None),
        };
        let other = b.value_at(place);
        if entry.value == other {
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
pub(super) fn comparers(vm: &Vm, order: Order, x: Value, y: Value) -> Vec<(Candidate, bool)> {
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
            // None is asked as well, and says that it cannot be called.
            Some(f) if inherited(f) => None,
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
        let builtin = |v: Value| {
            v.is::<List>()
                || v.is::<Tuple>()
                || v.is::<Dict>()
                || v.is::<Deque>()
                || v.is::<Slice>()
        };
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
pub(super) unsafe fn ask_comparer(
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

pub(super) fn not_comparable(vm: &Vm, order: Order, x: Value, y: Value) -> Stop {
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
pub(super) unsafe fn deliver_comparison(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    info: u64,
    value: Value,
) -> Pc {
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
            Err(Ask::Call { method, by_len }) => {
                let info = Ret::Branch as u64 | call::by_len(by_len);
                call::ask(vm, ip, base, method, value, info)
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

    #[inline]
    pub fn equal(&mut self, x: Value, y: Value) -> Result<bool, Stop> {
        match quick_equal(x, y) {
            Some(equal) => Ok(equal),
            None => self.compare(x, y, Order::Eq),
        }
    }

    /// None when neither side knows.
    pub fn compare_deep(&mut self, x: Value, y: Value, order: Order) -> Result<Option<bool>, Stop> {
        if let Some(yes) = compare_native(self.vm(), x, y, order)? {
            return Ok(Some(yes));
        }
        if let (Some(a), Some(b)) = (x.cast::<List>(), y.cast::<List>()) {
            let get = |l: Gc<List>| move |i: usize| l.get(i);
            let lens = || (a.len(), b.len());
            return self.compare_items_deep(&get(a), &get(b), lens, order);
        }
        if let (Some(a), Some(b)) = (x.cast::<Slice>(), y.cast::<Slice>()) {
            let get = |s: Gc<Slice>| {
                move |i: usize| match i {
                    0 => Some(s.start.get()),
                    1 => Some(s.stop.get()),
                    2 => Some(s.step.get()),
                    _ => None,
                }
            };
            return self.compare_items_deep(&get(a), &get(b), || (3, 3), order);
        }
        if let (Some(a), Some(b)) = (x.cast::<Tuple>(), y.cast::<Tuple>()) {
            let get = |t: Gc<Tuple>| move |i: usize| t.as_slice().get(i).copied();
            let lens = || (a.len(), b.len());
            return self.compare_items_deep(&get(a), &get(b), lens, order);
        }
        if let (Some(a), Some(b)) = (x.cast::<Deque>(), y.cast::<Deque>()) {
            let get = |d: Gc<Deque>| move |i: usize| d.get(i);
            let lens = || (a.len(), b.len());
            return self.compare_items_deep(&get(a), &get(b), lens, order);
        }
        if let (Some(a), Some(b)) = (x.cast::<Dict>(), y.cast::<Dict>())
            && matches!(order, Order::Eq | Order::Ne)
        {
            let equal = self.equal_dicts_deep(a, b)?;
            return Ok(Some(equal == (order == Order::Eq)));
        }
        // Code of the program may take both out of what holds them.
        self.scope(|cx| {
            cx.root(x);
            cx.root(y);
            cx.ask_comparers(x, y, order)
        })
    }

    fn ask_comparers(&mut self, x: Value, y: Value, order: Order) -> Result<Option<bool>, Stop> {
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
        a: &dyn Fn(usize) -> Option<Value>,
        b: &dyn Fn(usize) -> Option<Value>,
        lens: impl Fn() -> (usize, usize),
        order: Order,
    ) -> Result<Option<bool>, Stop> {
        let by_length = || {
            let (a_len, b_len) = lens();
            Ok(Some(order.of_ordering(a_len.cmp(&b_len))))
        };
        let (a_len, b_len) = lens();
        if a_len != b_len && matches!(order, Order::Eq | Order::Ne) {
            return Ok(Some(order == Order::Ne));
        }
        self.deeper(|cx| {
            let mut i = 0;
            while let (Some(x), Some(y)) = (a(i), b(i)) {
                if x == y {
                    i += 1;
                    continue;
                }
                // Code of the program may take the items out of what holds them.
                let kept = cx.root(x);
                cx.root(y);
                let equal = cx.equal(x, y);
                let answer = match (equal, order) {
                    (Ok(true), _) => Ok(None),
                    (Err(stop), _) => Err(stop),
                    _ if a(i).is_none() || b(i).is_none() => by_length(),
                    (_, Order::Eq) => Ok(Some(false)),
                    (_, Order::Ne) => Ok(Some(true)),
                    _ => cx.compare(x, y, order).map(Some),
                };
                cx.drop_root(kept);
                if let Some(answer) = answer? {
                    return Ok(Some(answer));
                }
                i += 1;
            }
            by_length()
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
                let same = entry.value == other;
                if !same && !cx.equal(entry.value, other)? {
                    return Ok(false);
                }
            }
            Ok(true)
        })
    }
}
