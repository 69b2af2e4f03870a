//! Calls of methods above the class that the code stands in: `super().f()`.

use super::call::ARGS;
use super::pc::{Base, Ip, Pc};
use super::{Vm, attr, call, lookup, safepoint};
use crate::code::op::{Word, word};
use crate::value::frame::DST_MASK;
use crate::value::{Class, Function, T, Value};

/// As `call::call_method`; the third word holds the tag of `__class__` above the name.
#[inline(always)]
pub unsafe fn call(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let window = base.add(word::b(w));
        let this = *window.add(ARGS);
        let tag = (*window.add(1)).bits() >> 4 << 32;
        if *window != (*vm).super_type || !this.is_object() || (*ip.add(2) ^ tag) >> 32 != 0 {
            return Pc::DECLINE;
        }
        let shape = (*this.header_unchecked()).shape as u64 | (*vm).epoch() << 32;
        let callee = Value::from_bits(*ip.add(1));
        if shape != *ip || !callee.is::<Function>() {
            return Pc::DECLINE;
        }
        let function = callee.header_unchecked() as *const Function;
        if (*function).argc as usize != word::c(w) + 1 {
            return Pc::DECLINE;
        }
        let pc = call::activate(vm, ip.add(3), base, window.add(ARGS), function, w & DST_MASK);
        if !pc.ip.is_null() {
            *window = callee;
        }
        pc
    }
}

pub unsafe fn call_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let window = base.add(word::b(w));
        let n = word::c(w);
        let (callee, class, this) = (*window, *window.add(1), *window.add(ARGS));
        call::due!(vm, ip, base, window.add(ARGS + 1 + n));
        let is_super = callee == Value::object((*vm).space.class(T::Super));
        let shape = (*vm).space.shape_of(this) as u64 | (*vm).epoch() << 32;
        // The same code may belong to several classes, made by one class statement run again.
        let tag = class.bits() >> 4 << 32;
        if is_super && shape == *ip && *ip.add(2) >> 32 << 32 == tag {
            *window = Value::from_bits(*ip.add(1));
            return call::enter(vm, ip.add(3), base, window, n + 1, w & DST_MASK);
        }
        let name = (*vm).code_of(base).names[*ip.add(2) as u32 as usize];
        if is_super
            && let Some(class) = class.cast::<Class>()
            && let Some(found) = lookup::super_method(&*vm, class, this, name)
        {
            *ip = shape;
            *ip.add(1) = found.bits();
            *ip.add(2) = *ip.add(2) as u32 as u64 | tag;
            *window = found;
            return call::enter(vm, ip.add(3), base, window, n + 1, w & DST_MASK);
        }
        let args: Vec<Value> = (0..n).map(|i| *window.add(ARGS + 1 + i)).collect();
        attr::super_then_call(vm, ip.add(3), base, [callee, class, this], name, args, w & DST_MASK)
    }
}
