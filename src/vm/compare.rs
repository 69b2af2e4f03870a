//! Comparison, truth, identity, membership.

use super::pc::{Base, Ip, Pc, reg, taken};
use super::{Ask, Vm, call, ops, safepoint, unwind};
use crate::code::op::{Word, word};
use crate::gc::Gc;
use crate::value::{Ret, Str, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Order {
    Lt,
    Le,
    Gt,
    Ge,
    Eq,
    Ne,
}

impl Order {
    pub const fn of_ordering(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Order::Lt => ordering.is_lt(),
            Order::Le => ordering.is_le(),
            Order::Gt => ordering.is_gt(),
            Order::Ge => ordering.is_ge(),
            Order::Eq => ordering.is_eq(),
            Order::Ne => ordering.is_ne(),
        }
    }

    /// The order seen from the other side.
    pub const fn mirrored(self) -> Order {
        match self {
            Order::Lt => Order::Gt,
            Order::Le => Order::Ge,
            Order::Gt => Order::Lt,
            Order::Ge => Order::Le,
            same => same,
        }
    }

    pub const fn symbol(self) -> &'static str {
        match self {
            Order::Lt => "<",
            Order::Le => "<=",
            Order::Gt => ">",
            Order::Ge => ">=",
            Order::Eq => "==",
            Order::Ne => "!=",
        }
    }
}

// ---- the short ways

/// Both values, if they are strings.
#[inline(always)]
fn strings(x: Value, y: Value) -> Option<(Gc<Str>, Gc<Str>)> {
    Some((x.cast::<Str>()?, y.cast::<Str>()?))
}

/// The two strings' single bytes, if they are of one ASCII char each: scanners live on this.
#[inline(always)]
fn chars(x: Value, y: Value) -> Option<(u8, u8)> {
    let (a, b) = strings(x, y)?;
    if a.byte_len() == 1 && b.byte_len() == 1 {
        return Some((a.as_bytes()[0], b.as_bytes()[0]));
    }
    None
}

#[inline(always)]
pub fn quick_lt(x: Value, y: Value) -> Option<bool> {
    chars(x, y).map(|(a, b)| a < b)
}

#[inline(always)]
pub fn quick_le(x: Value, y: Value) -> Option<bool> {
    chars(x, y).map(|(a, b)| a <= b)
}

#[inline(always)]
pub fn quick_gt(x: Value, y: Value) -> Option<bool> {
    chars(x, y).map(|(a, b)| a > b)
}

#[inline(always)]
pub fn quick_ge(x: Value, y: Value) -> Option<bool> {
    chars(x, y).map(|(a, b)| a >= b)
}

#[inline(always)]
pub fn quick_eq(x: Value, y: Value) -> Option<bool> {
    let (a, b) = strings(x, y)?;
    if a == b {
        return Some(true);
    }
    // One-char ASCII strings exist once: two objects, two contents.
    if a.byte_len() != b.byte_len() || a.byte_len() == 1 { Some(false) } else { None }
}

#[inline(always)]
pub fn quick_ne(x: Value, y: Value) -> Option<bool> {
    quick_eq(x, y).map(|equal| !equal)
}

#[inline(always)]
pub fn quick_truth(x: Value) -> Option<bool> {
    if let Some(b) = x.as_bool() {
        return Some(b);
    }
    if x.is_int() {
        return Some(x != Value::int(0));
    }
    if x.is_none() {
        return Some(false);
    }
    None
}

// ---- to a value

macro_rules! compare_to_value {
    ($($name:ident $slow:ident $quick:ident $order:ident |$x:ident, $y:ident| $ints:expr, $op:tt;)*) => { $(
        #[inline(always)]
        pub unsafe fn $name(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
            // SAFETY: I3; so throughout this file.
            unsafe {
                let ($x, $y) = (reg!(base, word::b(w)), reg!(base, word::c(w)));
                let yes = if Value::both_ints($x, $y) {
                    $ints
                } else if $x.is_float() && $y.is_float() {
                    $x.float_bits() $op $y.float_bits()
                } else {
                    match $quick($x, $y) {
                        Some(yes) => yes,
                        None => return Pc::DECLINE,
                    }
                };
                reg!(base, word::a(w)) = Value::bool(yes);
                Pc::new(ip, base)
            }
        }

        pub unsafe fn $slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
            unsafe {
                let (x, y) = (reg!(base, word::b(w)), reg!(base, word::c(w)));
                let info = w & crate::value::frame::DST_MASK;
                compare(vm, ip, base, x, y, Order::$order, info)
            }
        }
    )* };
}

compare_to_value! {
    lt lt_slow quick_lt Lt |x, y| Value::int_lt(x, y), <;
    le le_slow quick_le Le |x, y| Value::int_le(x, y), <=;
    gt gt_slow quick_gt Gt |x, y| Value::int_lt(y, x), >;
    ge ge_slow quick_ge Ge |x, y| Value::int_le(y, x), >=;
    eq eq_slow quick_eq Eq |x, y| x == y, ==;
    ne ne_slow quick_ne Ne |x, y| x != y, !=;
}

/// Compares two values of any kind and delivers the result as `info` says.
unsafe fn compare(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    x: Value,
    y: Value,
    order: Order,
    info: u64,
) -> Pc {
    unsafe {
        match super::order::compare_native(&*vm, x, y, order) {
            Ok(Some(yes)) => call::finish(vm, ip, base, info, Value::bool(yes)),
            Ok(None) => super::order::compare_with_code(vm, ip, base, x, y, order, info),
            Err(_) => call::fail(vm, ip, base, info),
        }
    }
}

/// The cold side of a fused comparison: safepoint, then decide, then jump if the answer is
/// `sense`.
#[allow(clippy::too_many_arguments)] // a handler's four, and what it decodes
pub unsafe fn branch(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    w: Word,
    x: Value,
    y: Value,
    order: Order,
    sense: bool,
) -> Pc {
    unsafe {
        if (*vm).interrupted()
            && let Err(pc) = safepoint::poll(vm, ip, base)
        {
            return pc;
        }
        match super::order::compare_native(&*vm, x, y, order) {
            Ok(Some(yes)) => {
                let ip = if yes == sense { taken(ip, word::sc(w)) } else { ip };
                Pc::new(ip, base)
            }
            Ok(None) => {
                super::order::compare_with_code(vm, ip, base, x, y, order, Ret::Branch as u64)
            }
            Err(_) => unwind::unwind(vm, ip, base),
        }
    }
}

/// The cold side of a jump on truth.
pub unsafe fn branch_truth(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    x: Value,
    sense: bool,
    offset: i64,
) -> Pc {
    unsafe {
        if (*vm).interrupted()
            && let Err(pc) = safepoint::poll(vm, ip, base)
        {
            return pc;
        }
        match ops::truth(&*vm, x) {
            Ok(yes) => Pc::new(if yes == sense { taken(ip, offset) } else { ip }, base),
            Err(Ask::Call { method, by_len }) => {
                let info = Ret::Branch as u64 | call::by_len(by_len);
                call::ask(vm, ip, base, method, x, info)
            }
            Err(Ask::Raised) => unwind::unwind(vm, ip, base),
        }
    }
}

/// A method has said whether something holds: store it, or jump by it.
pub unsafe fn truth_arrived(vm: *mut Vm, ip: Ip, base: Base, info: u64, value: Value) -> Pc {
    unsafe {
        let answer = if info & call::ANY_TRUTH != 0 {
            super::attr::is_true(&mut *vm, value)
        } else {
            ops::truth_of_answer(&mut *vm, value, info & call::BY_LEN != 0)
        };
        let Ok(yes) = answer else {
            return unwind::unwind(vm, ip, base);
        };
        if call::ret_of(info) == Ret::Truth {
            let yes = yes != (info & call::NEGATE != 0);
            reg!(base, (info >> 16) as u16 as usize) = Value::bool(yes);
            return Pc::new(ip, base);
        }
        let (sense, offset) = ops::jump_of(*ip.sub(1));
        Pc::new(if yes == sense { taken(ip, offset) } else { ip }, base)
    }
}

#[inline(always)]
pub unsafe fn not(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        match quick_truth(reg!(base, word::b(w))) {
            Some(yes) => reg!(base, word::a(w)) = Value::bool(!yes),
            None => return Pc::DECLINE,
        }
        Pc::new(ip, base)
    }
}

pub unsafe fn not_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let x = reg!(base, word::b(w));
        match ops::truth(&*vm, x) {
            Ok(yes) => {
                reg!(base, word::a(w)) = Value::bool(!yes);
                Pc::new(ip, base)
            }
            Err(Ask::Call { method, by_len }) => {
                let info = w & crate::value::frame::DST_MASK
                    | call::NEGATE
                    | call::by_len(by_len)
                    | Ret::Truth as u64;
                call::ask(vm, ip, base, method, x, info)
            }
            Err(Ask::Raised) => unwind::unwind(vm, ip, base),
        }
    }
}

#[inline(always)]
pub unsafe fn is(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let same = reg!(base, word::b(w)) == reg!(base, word::c(w));
        reg!(base, word::a(w)) = Value::bool(same);
    }
    unsafe { Pc::new(ip, base) }
}

#[inline(always)]
pub unsafe fn is_not(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let same = reg!(base, word::b(w)) == reg!(base, word::c(w));
        reg!(base, word::a(w)) = Value::bool(!same);
    }
    unsafe { Pc::new(ip, base) }
}

// ---- membership

#[inline(always)]
pub unsafe fn contains(_: *mut Vm, _: Ip, _: Base, _: Word) -> Pc {
    Pc::DECLINE
}

#[inline(always)]
pub unsafe fn not_contains(_: *mut Vm, _: Ip, _: Base, _: Word) -> Pc {
    Pc::DECLINE
}

pub unsafe fn contains_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe { member(vm, ip, base, w, false) }
}

pub unsafe fn not_contains_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe { member(vm, ip, base, w, true) }
}

unsafe fn member(vm: *mut Vm, ip: Ip, base: Base, w: Word, negate: bool) -> Pc {
    unsafe {
        let (item, container) = (reg!(base, word::b(w)), reg!(base, word::c(w)));
        match super::member::contains(&mut *vm, item, container) {
            Ok(Some(yes)) => {
                reg!(base, word::a(w)) = Value::bool(yes != negate);
                Pc::new(ip, base)
            }
            Ok(None) => {
                let negate = if negate { call::NEGATE } else { 0 };
                let info = w & crate::value::frame::DST_MASK
                    | negate
                    | call::ANY_TRUTH
                    | Ret::Truth as u64;
                super::member::contains_with_code(vm, ip, base, item, container, info)
            }
            Err(_) => unwind::unwind(vm, ip, base),
        }
    }
}
