//! Moves, constants, cells.

use super::pc::{Base, Ip, Pc, reg};
use super::{Vm, raise, unwind};
use crate::code::op::{Word, word};
use crate::gc::Gc;
use crate::value::{Cell, Function, T, Value, frame};

/// The hot side of instructions that have none.
#[inline(always)]
pub unsafe fn cold(_: *mut Vm, _: Ip, _: Base, _: Word) -> Pc {
    Pc::DECLINE
}

#[inline(always)]
pub unsafe fn mov(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    // SAFETY: I3; so throughout this file.
    unsafe { reg!(base, word::a(w)) = reg!(base, word::b(w)) };
    unsafe { Pc::new(ip, base) }
}

#[inline(always)]
pub unsafe fn load_int(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe { reg!(base, word::a(w)) = Value::int(word::sbc(w)) };
    unsafe { Pc::new(ip, base) }
}

#[inline(always)]
pub unsafe fn load_const(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        reg!(base, word::a(w)) = Value::from_bits(*ip);
        Pc::new(ip.add(1), base)
    }
}

#[inline(always)]
pub unsafe fn load_none(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe { reg!(base, word::a(w)) = Value::NONE };
    unsafe { Pc::new(ip, base) }
}

#[inline(always)]
pub unsafe fn load_true(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe { reg!(base, word::a(w)) = Value::TRUE };
    unsafe { Pc::new(ip, base) }
}

#[inline(always)]
pub unsafe fn load_false(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe { reg!(base, word::a(w)) = Value::FALSE };
    unsafe { Pc::new(ip, base) }
}

#[inline(always)]
pub unsafe fn load_undef(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe { reg!(base, word::a(w)) = Value::UNDEF };
    unsafe { Pc::new(ip, base) }
}

#[inline(always)]
pub unsafe fn check_local(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe { if reg!(base, word::a(w)).is_undef() { Pc::DECLINE } else { Pc::new(ip, base) } }
}

pub unsafe fn check_local_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let name = (*vm).code_of(base).names[word::bc(w)].lossy().into_owned();
        let text = format!(
            "cannot access local variable '{name}' where it is not associated with a value"
        );
        raise::error(&*vm, T::UnboundLocalError, &text);
        unwind::unwind(vm, ip, base)
    }
}

// ---- cells

#[inline(always)]
unsafe fn cell_at(base: Base, register: usize) -> Gc<Cell> {
    // SAFETY: the verifier cannot see it, but the compiler puts cells there and nothing else;
    // `NewCell` at entry dominates every use.
    unsafe { reg!(base, register).cast_unchecked() }
}

#[inline(always)]
unsafe fn free(base: Base, index: usize) -> Gc<Cell> {
    // SAFETY: I3, the index is below the captures of the code, as many as the function holds.
    unsafe {
        let function: Gc<Function> = (*base.offset(frame::FUNCTION)).cast_unchecked();
        *function.cells().add(index)
    }
}

#[inline(always)]
pub unsafe fn new_cell(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        reg!(base, word::a(w)) = cell_around(&*vm, reg!(base, word::a(w)));
    }
    unsafe { Pc::new(ip, base) }
}

/// Apart: inlined, it might cost the handler its tail call.
#[inline(never)]
fn cell_around(vm: &Vm, value: Value) -> Value {
    Value::object(vm.space.cell(value))
}

#[inline(always)]
pub unsafe fn load_cell(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let value = cell_at(base, word::b(w)).value.get();
        if value.is_undef() {
            return Pc::DECLINE;
        }
        reg!(base, word::a(w)) = value;
    }
    unsafe { Pc::new(ip, base) }
}

pub unsafe fn load_cell_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe { unbound_local(vm, ip, base, word::b(w)) }
}

#[inline(always)]
pub unsafe fn store_cell(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe { cell_at(base, word::a(w)).value.set(reg!(base, word::b(w))) };
    unsafe { Pc::new(ip, base) }
}

#[inline(always)]
pub unsafe fn load_free(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let value = free(base, word::b(w)).value.get();
        if value.is_undef() {
            return Pc::DECLINE;
        }
        reg!(base, word::a(w)) = value;
    }
    unsafe { Pc::new(ip, base) }
}

pub unsafe fn load_free_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe { unbound_free(vm, ip, base, word::b(w)) }
}

#[inline(always)]
pub unsafe fn store_free(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe { free(base, word::b(w)).value.set(reg!(base, word::a(w))) };
    unsafe { Pc::new(ip, base) }
}

pub unsafe fn del_cell(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let cell = cell_at(base, word::a(w));
        if cell.value.get().is_undef() {
            return unbound_local(vm, ip, base, word::a(w));
        }
        cell.value.set(Value::UNDEF);
    }
    unsafe { Pc::new(ip, base) }
}

pub unsafe fn del_free(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let cell = free(base, word::b(w));
        if cell.value.get().is_undef() {
            return unbound_free(vm, ip, base, word::b(w));
        }
        cell.value.set(Value::UNDEF);
    }
    unsafe { Pc::new(ip, base) }
}

unsafe fn unbound_local(vm: *mut Vm, ip: Ip, base: Base, register: usize) -> Pc {
    unsafe {
        let code = (*vm).code_of(base);
        let local = code.code.locals.iter().find(|l| l.register as usize == register);
        let name = local.map_or("__class__", |l| &l.name);
        if name == "__class__" {
            return unbound(vm, ip, base, name);
        }
        let text = format!(
            "cannot access local variable '{name}' where it is not associated with a value"
        );
        raise::error(&*vm, T::UnboundLocalError, &text);
        unwind::unwind(vm, ip, base)
    }
}

unsafe fn unbound_free(vm: *mut Vm, ip: Ip, base: Base, index: usize) -> Pc {
    unsafe {
        let name = (*vm).code_of(base).code.free_names[index].clone();
        unbound(vm, ip, base, &name)
    }
}

/// NameError for a variable of a scope further out.
unsafe fn unbound(vm: *mut Vm, ip: Ip, base: Base, name: &str) -> Pc {
    unsafe {
        let text = format!(
            "cannot access free variable '{name}' where it is not associated with a value in \
             enclosing scope"
        );
        raise::named(&*vm, T::NameError, &text, name);
        unwind::unwind(vm, ip, base)
    }
}
