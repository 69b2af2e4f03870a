//! The special methods of context managers.

use super::pc::{Base, Ip, Pc, reg};
use super::{Vm, lookup, raise, unwind};
use crate::code::op::{Word, word};
use crate::gc::Gc;
use crate::value::{Class, Function, Native, NativeKind, T, Value};

/// Special methods of `with`, with the manager beside them.
#[inline(always)]
pub unsafe fn load(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    // SAFETY: I3; so throughout this file.
    unsafe {
        let object = reg!(base, word::b(w));
        if !object.is_object() {
            return Pc::DECLINE;
        }
        let shape = (*object.header_unchecked()).shape as u64 | (*vm).epoch() << 32;
        if shape != *ip {
            return Pc::DECLINE;
        }
        // The result may be where the object is.
        reg!(base, word::a(w)) = Value::from_bits(*ip.add(1));
        reg!(base, word::a(w) + word::ext(w) as usize) = object;
        Pc::new(ip.add(2), base)
    }
}

pub unsafe fn load_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let object = reg!(base, word::b(w));
        let names = &(*vm).names;
        let (name, is_async, other) = match word::c(w) {
            0 => (names.__enter__, false, names.__aenter__),
            1 => (names.__exit__, false, names.__aexit__),
            2 => (names.__aenter__, true, names.__enter__),
            _ => (names.__aexit__, true, names.__exit__),
        };
        let class = (*vm).space.class_of(object);
        let found = (*vm).space.lookup(class, name);
        if let Some(method) = found {
            let binds = method.is::<Function>()
                || method.cast::<Native>().is_some_and(|native| receives(class, native));
            let bound = if binds {
                Ok((method, object))
            } else {
                lookup::bind_now(&mut *vm, method, object, class).map(|it| (it, Value::UNDEF))
            };
            return match bound {
                Ok((callee, first)) => {
                    reg!(base, word::a(w)) = callee;
                    reg!(base, word::a(w) + word::ext(w) as usize) = first;
                    if !first.is_undef() && !class.is_volatile(name) {
                        *ip = (*vm).space.shape_of(object) as u64 | (*vm).epoch() << 32;
                        *ip.add(1) = callee.bits();
                    }
                    Pc::new(ip.add(2), base)
                }
                Err(_) => unwind::unwind(vm, ip.add(2), base),
            };
        }
        let protocol = if is_async { "asynchronous context manager" } else { "context manager" };
        let missed = if matches!(word::c(w), 1 | 3) {
            format!(" (missed {} method)", name.lossy())
        } else {
            String::new()
        };
        let mut text = format!(
            "'{}' object does not support the {protocol} protocol{missed}",
            class.name_text()
        );
        if (*vm).space.lookup(class, other).is_some() {
            let hint = if is_async { "with" } else { "async with" };
            text = format!(
                "'{}' object does not support the {protocol} protocol{missed}. Did you mean to \
                 use '{hint}'?",
                class.name_text()
            );
        }
        raise::error(&*vm, T::TypeError, &text);
        unwind::unwind(vm, ip.add(2), base)
    }
}

/// Is the native a method that objects of the class may be given to as they are?
pub fn receives(class: Gc<Class>, native: Gc<Native>) -> bool {
    let owner = native.owner.get().cast::<Class>();
    native.kind == NativeKind::Method
        && owner.is_none_or(|owner| owner == class || class.is_subclass(owner))
}
