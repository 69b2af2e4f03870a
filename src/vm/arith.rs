//! Arithmetic: integers and floats here, everything else through `ops`.
//!
//! A hot handler knows two inline integers or two floats; its cold twin mixes them, and passes
//! the rest to `ops::binary`, which may push the frame of a dunder method.

use super::pc::{Base, Ip, Pc, reg};
use super::{Vm, ops, unwind};
use crate::code::op::{Word, word};
use crate::value::Value;

pub use super::ops::Binary;

/// `a // b` of integers, b neither 0 nor -1.
#[inline(always)]
fn floor_div_ints(a: i64, b: i64) -> i64 {
    let q = a / b;
    if (a % b != 0) && ((a < 0) != (b < 0)) { q - 1 } else { q }
}

/// `a % b` of integers, b neither 0 nor -1: the sign is that of b.
#[inline(always)]
fn mod_ints(a: i64, b: i64) -> i64 {
    let r = a % b;
    if r != 0 && ((r < 0) != (b < 0)) { r + b } else { r }
}

/// Division by a 32-bit number is several times cheaper on most hardware.
#[inline(always)]
fn fast_div_mod(a: i64, b: i64) -> (i64, i64) {
    if (a | b) as u64 >> 32 == 0 {
        let (a, b) = (a as u32, b as u32);
        (i64::from(a / b), i64::from(a % b))
    } else {
        (floor_div_ints(a, b), mod_ints(a, b))
    }
}

macro_rules! ring {
    ($($name:ident $slow:ident $imm:ident $imm_slow:ident $binary:ident $ints:ident $op:tt;)*) => { $(
        #[inline(always)]
        pub unsafe fn $name(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
            // SAFETY: I3; so throughout this file.
            unsafe {
                let (x, y) = (reg!(base, word::b(w)), reg!(base, word::c(w)));
                if Value::both_ints(x, y) {
                    match Value::$ints(x, y) {
                        Some(v) => reg!(base, word::a(w)) = v,
                        None => return Pc::DECLINE,
                    }
                } else if x.is_float() && y.is_float() {
                    let v = x.float_bits() $op y.float_bits();
                    reg!(base, word::a(w)) = Value::float_unchecked(v);
                } else {
                    return Pc::DECLINE;
                }
                Pc::new(ip, base)
            }
        }

        pub unsafe fn $slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
            unsafe {
                let (x, y) = (reg!(base, word::b(w)), reg!(base, word::c(w)));
                if let Some((x, y)) = mixed(x, y) {
                    reg!(base, word::a(w)) = Value::float_unchecked(x $op y);
                    return Pc::new(ip, base);
                }
                ops::binary(vm, ip, base, w, Binary::$binary, x, y)
            }
        }

        #[inline(always)]
        pub unsafe fn $imm(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
            unsafe {
                let (x, y) = (reg!(base, word::b(w)), Value::int(word::sc(w)));
                if !x.is_int() {
                    return Pc::DECLINE;
                }
                match Value::$ints(x, y) {
                    Some(v) => reg!(base, word::a(w)) = v,
                    None => return Pc::DECLINE,
                }
                Pc::new(ip, base)
            }
        }

        pub unsafe fn $imm_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
            unsafe {
                let (x, y) = (reg!(base, word::b(w)), word::sc(w));
                if x.is_float() {
                    let v = x.float_bits() $op y as f64;
                    reg!(base, word::a(w)) = Value::float_unchecked(v);
                    return Pc::new(ip, base);
                }
                ops::binary(vm, ip, base, w, Binary::$binary, x, Value::int(y))
            }
        }
    )* };
}

ring! {
    add add_slow add_imm add_imm_slow Add add_ints +;
    sub sub_slow sub_imm sub_imm_slow Sub sub_ints -;
    mul mul_slow mul_imm mul_imm_slow Mul mul_ints *;
}

/// An integer and a float in either order, as floats.
#[inline(always)]
fn mixed(x: Value, y: Value) -> Option<(f64, f64)> {
    if x.is_float() && y.is_int() {
        Some((x.float_bits(), y.int_unchecked() as f64))
    } else if x.is_int() && y.is_float() {
        Some((x.int_unchecked() as f64, y.float_bits()))
    } else {
        None
    }
}

#[inline(always)]
pub unsafe fn div(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let (x, y) = (reg!(base, word::b(w)), reg!(base, word::c(w)));
        let (x, y) = if x.is_float() && y.is_float() {
            (x.float_bits(), y.float_bits())
        } else if Value::both_ints(x, y) {
            // Both are exact as floats, so this is the correctly rounded quotient.
            (x.int_unchecked() as f64, y.int_unchecked() as f64)
        } else {
            match mixed(x, y) {
                Some(pair) => pair,
                None => return Pc::DECLINE,
            }
        };
        if y == 0.0 {
            return Pc::DECLINE;
        }
        reg!(base, word::a(w)) = Value::float_unchecked(x / y);
        Pc::new(ip, base)
    }
}

pub unsafe fn div_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let (x, y) = (reg!(base, word::b(w)), reg!(base, word::c(w)));
        ops::binary(vm, ip, base, w, Binary::Div, x, y)
    }
}

/// The register and the immediate form of an instruction on integers; `-` for no such form. The
/// guard admits only operands whose result is inline.
macro_rules! integer {
    ($($name:ident $slow:ident $imm:tt $imm_slow:tt $binary:ident
       |$x:ident, $y:ident| if $guard:expr => $value:expr;)*) => { $(
        #[inline(always)]
        pub unsafe fn $name(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
            unsafe {
                let (x, y) = (reg!(base, word::b(w)), reg!(base, word::c(w)));
                if !Value::both_ints(x, y) {
                    return Pc::DECLINE;
                }
                let ($x, $y) = (x.int_unchecked(), y.int_unchecked());
                if !$guard {
                    return Pc::DECLINE;
                }
                reg!(base, word::a(w)) = Value::int($value);
                Pc::new(ip, base)
            }
        }

        pub unsafe fn $slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
            unsafe {
                let (x, y) = (reg!(base, word::b(w)), reg!(base, word::c(w)));
                ops::binary(vm, ip, base, w, Binary::$binary, x, y)
            }
        }

        integer_immediate!($imm $imm_slow $binary |$x, $y| if $guard => $value);
    )* };
}

macro_rules! integer_immediate {
    (- - $binary:ident |$x:ident, $y:ident| if $guard:expr => $value:expr) => {};
    ($imm:ident $imm_slow:ident $binary:ident
     |$x:ident, $y:ident| if $guard:expr => $value:expr) => {
        #[inline(always)]
        pub unsafe fn $imm(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
            unsafe {
                let x = reg!(base, word::b(w));
                if !x.is_int() {
                    return Pc::DECLINE;
                }
                let ($x, $y) = (x.int_unchecked(), word::sc(w));
                if !$guard {
                    return Pc::DECLINE;
                }
                reg!(base, word::a(w)) = Value::int($value);
                Pc::new(ip, base)
            }
        }

        pub unsafe fn $imm_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
            unsafe {
                let (x, y) = (reg!(base, word::b(w)), Value::int(word::sc(w)));
                ops::binary(vm, ip, base, w, Binary::$binary, x, y)
            }
        }
    };
}

integer! {
    floor_div floor_div_slow floor_div_imm floor_div_imm_slow FloorDiv
        |x, y| if y != 0 && y != -1 => fast_div_mod(x, y).0;
    modulo modulo_slow modulo_imm modulo_imm_slow Mod
        |x, y| if y != 0 && y != -1 => fast_div_mod(x, y).1;
    and and_slow and_imm and_imm_slow And |x, y| if true => x & y;
    or or_slow - - Or |x, y| if true => x | y;
    xor xor_slow - - Xor |x, y| if true => x ^ y;
    shl shl_slow shl_imm shl_imm_slow Shl
        |x, y| if (0..49).contains(&y) && x.unsigned_abs() < 1 << (49 - y) => x << y;
    shr shr_slow shr_imm shr_imm_slow Shr |x, y| if y >= 0 => x >> y.min(63);
}

#[inline(always)]
pub unsafe fn pow(_: *mut Vm, _: Ip, _: Base, _: Word) -> Pc {
    Pc::DECLINE
}

pub unsafe fn pow_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let (x, y) = (reg!(base, word::b(w)), reg!(base, word::c(w)));
        ops::binary(vm, ip, base, w, Binary::Pow, x, y)
    }
}

pub unsafe fn matmul_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let (x, y) = (reg!(base, word::b(w)), reg!(base, word::c(w)));
        ops::binary(vm, ip, base, w, Binary::MatMul, x, y)
    }
}

#[inline(always)]
pub unsafe fn neg(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let x = reg!(base, word::b(w));
        if x.is_int() && x != Value::int(Value::MIN_INT) {
            reg!(base, word::a(w)) = Value::int(-x.int_unchecked());
        } else if x.is_float() {
            reg!(base, word::a(w)) = Value::float(-x.float_bits());
        } else {
            return Pc::DECLINE;
        }
        Pc::new(ip, base)
    }
}

macro_rules! unary {
    ($($name:ident $unary:ident;)*) => { $(
        pub unsafe fn $name(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
            unsafe {
                let x = reg!(base, word::b(w));
                match ops::unary_native(&*vm, ops::Unary::$unary, x) {
                    Ok(Some(v)) => {
                        reg!(base, word::a(w)) = v;
                        Pc::new(ip, base)
                    }
                    Ok(None) => ops::unary_with_code(vm, ip, base, w, ops::Unary::$unary, x),
                    Err(_) => unwind::unwind(vm, ip, base),
                }
            }
        }
    )* };
}

unary! {
    neg_slow Neg;
    pos_slow Pos;
    invert_slow Invert;
}
