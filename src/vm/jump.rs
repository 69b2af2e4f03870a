//! Jumps, fused with the comparison that decides them.
//!
//! A positive form may jump backwards and therefore tests the safepoint; when one is due it
//! declines, and the cold twin runs the safepoint before it decides again.

use super::pc::{Base, Ip, Pc, reg, taken};
use super::{Vm, compare, safepoint};
use crate::code::op::{Word, word};
use crate::value::Value;

#[inline(always)]
unsafe fn go(vm: *mut Vm, ip: Ip, base: Base, offset: i64) -> Pc {
    // SAFETY: I3; so throughout this file.
    unsafe {
        if (*vm).interrupted() {
            return Pc::DECLINE;
        }
        Pc::new(taken(ip, offset), base)
    }
}

macro_rules! compare_and_jump {
    ($($name:ident $not_name:ident $imm:ident $not_imm:ident
       $slow:ident $not_slow:ident $imm_slow:ident $not_imm_slow:ident
       $method:ident $order:ident |$x:ident, $y:ident| $ints:expr, $op:tt;)*) => { $(
        #[inline(always)]
        pub unsafe fn $name(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
            unsafe {
                let ($x, $y) = (reg!(base, word::a(w)), reg!(base, word::b(w)));
                let yes = if Value::both_ints($x, $y) {
                    $ints
                } else if $x.is_float() && $y.is_float() {
                    $x.float_bits() $op $y.float_bits()
                } else {
                    match compare::$method($x, $y) {
                        Some(yes) => yes,
                        None => return Pc::DECLINE,
                    }
                };
                if yes { go(vm, ip, base, word::sc(w)) } else { Pc::new(ip, base) }
            }
        }

        pub unsafe fn $slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
            unsafe {
                let (x, y) = (reg!(base, word::a(w)), reg!(base, word::b(w)));
                compare::branch(vm, ip, base, w, x, y, compare::Order::$order, true)
            }
        }

        #[inline(always)]
        pub unsafe fn $not_name(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
            unsafe {
                let ($x, $y) = (reg!(base, word::a(w)), reg!(base, word::b(w)));
                let yes = if Value::both_ints($x, $y) {
                    $ints
                } else if $x.is_float() && $y.is_float() {
                    $x.float_bits() $op $y.float_bits()
                } else {
                    match compare::$method($x, $y) {
                        Some(yes) => yes,
                        None => return Pc::DECLINE,
                    }
                };
                if yes { Pc::new(ip, base) } else { Pc::new(taken(ip, word::sc(w)), base) }
            }
        }

        pub unsafe fn $not_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
            unsafe {
                let (x, y) = (reg!(base, word::a(w)), reg!(base, word::b(w)));
                compare::branch(vm, ip, base, w, x, y, compare::Order::$order, false)
            }
        }

        #[inline(always)]
        pub unsafe fn $imm(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
            unsafe {
                let ($x, $y) = (reg!(base, word::a(w)), Value::int(word::sb(w)));
                if !$x.is_int() {
                    return Pc::DECLINE;
                }
                if $ints { go(vm, ip, base, word::sc(w)) } else { Pc::new(ip, base) }
            }
        }

        pub unsafe fn $imm_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
            unsafe {
                let (x, y) = (reg!(base, word::a(w)), Value::int(word::sb(w)));
                compare::branch(vm, ip, base, w, x, y, compare::Order::$order, true)
            }
        }

        #[inline(always)]
        pub unsafe fn $not_imm(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
            unsafe {
                let ($x, $y) = (reg!(base, word::a(w)), Value::int(word::sb(w)));
                if !$x.is_int() {
                    return Pc::DECLINE;
                }
                if $ints { Pc::new(ip, base) } else { Pc::new(taken(ip, word::sc(w)), base) }
            }
        }

        pub unsafe fn $not_imm_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
            unsafe {
                let (x, y) = (reg!(base, word::a(w)), Value::int(word::sb(w)));
                compare::branch(vm, ip, base, w, x, y, compare::Order::$order, false)
            }
        }
    )* };
}

compare_and_jump! {
    lt not_lt lt_imm not_lt_imm lt_slow not_lt_slow lt_imm_slow not_lt_imm_slow
        quick_lt Lt |x, y| Value::int_lt(x, y), <;
    le not_le le_imm not_le_imm le_slow not_le_slow le_imm_slow not_le_imm_slow
        quick_le Le |x, y| Value::int_le(x, y), <=;
    gt not_gt gt_imm not_gt_imm gt_slow not_gt_slow gt_imm_slow not_gt_imm_slow
        quick_gt Gt |x, y| Value::int_lt(y, x), >;
    ge not_ge ge_imm not_ge_imm ge_slow not_ge_slow ge_imm_slow not_ge_imm_slow
        quick_ge Ge |x, y| Value::int_le(y, x), >=;
    eq not_eq eq_imm not_eq_imm eq_slow not_eq_slow eq_imm_slow not_eq_imm_slow
        quick_eq Eq |x, y| x == y, ==;
    ne not_ne ne_imm not_ne_imm ne_slow not_ne_slow ne_imm_slow not_ne_imm_slow
        quick_ne Ne |x, y| x != y, !=;
}

/// Are two values the same object? Floats and big integers have no identity of their own: two
/// words with the same bits are the same.
#[inline(always)]
pub unsafe fn is(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        if reg!(base, word::a(w)) == reg!(base, word::b(w)) {
            return Pc::new(taken(ip, word::sc(w)), base);
        }
        Pc::new(ip, base)
    }
}

#[inline(always)]
pub unsafe fn is_not(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        if reg!(base, word::a(w)) != reg!(base, word::b(w)) {
            return Pc::new(taken(ip, word::sc(w)), base);
        }
        Pc::new(ip, base)
    }
}

#[inline(always)]
pub unsafe fn none(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        if reg!(base, word::a(w)).is_none() {
            return Pc::new(taken(ip, word::sbc(w)), base);
        }
        Pc::new(ip, base)
    }
}

#[inline(always)]
pub unsafe fn not_none(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        if !reg!(base, word::a(w)).is_none() {
            return Pc::new(taken(ip, word::sbc(w)), base);
        }
        Pc::new(ip, base)
    }
}

#[inline(always)]
pub unsafe fn truthy(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        match compare::quick_truth(reg!(base, word::a(w))) {
            Some(true) => go(vm, ip, base, word::sbc(w)),
            Some(false) => Pc::new(ip, base),
            None => Pc::DECLINE,
        }
    }
}

pub unsafe fn truthy_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe { compare::branch_truth(vm, ip, base, reg!(base, word::a(w)), true, word::sbc(w)) }
}

#[inline(always)]
pub unsafe fn falsy(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        match compare::quick_truth(reg!(base, word::a(w))) {
            Some(true) => Pc::new(ip, base),
            Some(false) => Pc::new(taken(ip, word::sbc(w)), base),
            None => Pc::DECLINE,
        }
    }
}

pub unsafe fn falsy_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe { compare::branch_truth(vm, ip, base, reg!(base, word::a(w)), false, word::sbc(w)) }
}

#[inline(always)]
pub unsafe fn bound(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        if !reg!(base, word::a(w)).is_undef() {
            return Pc::new(taken(ip, word::sbc(w)), base);
        }
        Pc::new(ip, base)
    }
}

#[inline(always)]
pub unsafe fn always(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe { Pc::new(ip.offset(word::sbc(w) as isize), base) }
}

#[inline(always)]
pub unsafe fn back(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        if (*vm).interrupted() {
            return safepoint::at_loop(vm, ip, base, word::sbc(w));
        }
        Pc::new(ip.offset(word::sbc(w) as isize), base)
    }
}
