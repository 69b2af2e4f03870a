//! Running natives, mostly on their arguments as they stand, and delivering what they return. Calls
//! that are not of functions begin here, too.

use super::call::{self, ARGS, fail, free_window, overflow, settle};
use super::pc::{Base, Ip, Pc, reg};
use super::{Args, Vm, construct, cx, frame_at, natives, raise};
use crate::code::op::{Word, word};
use crate::gc::Gc;
use crate::value::class::{flags, overrides};
use crate::value::frame::{DST_MASK, Ret};
use crate::value::kind::Kind;
use crate::value::{Class, Native, NativeKind, Value};

// ---- the cold sides of calls, which try natives first

/// `callee(arguments)`.
#[inline(always)]
pub unsafe fn call(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    // SAFETY: I3, I4; so throughout this file.
    unsafe {
        let window = base.add(word::b(w));
        // Whether a method that is called as a function gets the right object is to be seen first.
        if let Some(native) = (*window).cast::<Native>()
            && native.kind != NativeKind::Method
            && let Some(top) = takes(vm, base, native, window.add(ARGS), word::c(w))
        {
            return run_at_once::<0>(vm, ip, base, w, native, top);
        }
        if let Some(class) = (*window).cast::<Class>()
            && !(*vm).interrupted()
            && let Some(window) = roomy(vm, base, window, word::c(w))
        {
            if !class.is_user()
                && class.header.flags & flags::NO_NEW == 0
                && !class.has(overrides::INIT)
                && class.layout != Kind::Exception
                && class.layout != Kind::Class
                && let Some(native) = (*vm).space.lookup(class, (*vm).names.__new__)
                && let Some(native) = native.cast::<Native>()
            {
                return make(vm, ip, base, w, window, class, native);
            }
            return construct::class(vm, ip, base, window, word::c(w), class, w & DST_MASK);
        }
        other_call(vm, ip, base, w)
    }
}

/// A window with room for an argument more, for the `n` that stand in this one: the same on the
/// stack, another for a heap frame, which is full.
#[inline(always)]
unsafe fn roomy(vm: *mut Vm, base: Base, window: Base, n: usize) -> Option<Base> {
    unsafe {
        let on_stack = (*vm).on_stack(base);
        let free = if on_stack { window } else { frame_window(vm, base) };
        if !(*vm).has_room(free, n + ARGS + 2) {
            return None;
        }
        if !on_stack {
            *free = *window;
            std::ptr::copy_nonoverlapping(window.add(ARGS), free.add(ARGS), n);
        }
        Some(free)
    }
}

/// Calls a built-in type, which is complete after its `__new__`: it goes in front of the arguments.
#[inline(never)]
unsafe fn make(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    w: Word,
    window: Base,
    class: Gc<Class>,
    native: Gc<Native>,
) -> Pc {
    unsafe {
        let args = window.add(ARGS);
        let n = word::c(w);
        let mut at = n;
        while at > 0 {
            // One, mostly: nothing to be unrolled.
            core::arch::asm!("", options(nomem, nostack, preserves_flags));
            *args.add(at) = *args.add(at - 1);
            at -= 1;
        }
        *args = Value::object(class);
        let (n, info) = (n + 1, w & DST_MASK);
        if n >= native.min as usize && n <= native.max as usize {
            return run_native(vm, ip, base, args, n, native, info, args.add(n));
        }
        enter_native(vm, ip, base, window, n, native, info)
    }
}

/// Calls of everything else, out of line: what is above stays small.
#[inline(never)]
unsafe fn other_call(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe { call::call_slow(vm, ip, base, w) }
}

/// As `call`, where `load_method` left the receiver or its absence in front.
#[inline(always)]
pub unsafe fn call_loaded(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let window = base.add(word::b(w));
        if let Some(native) = (*window).cast::<Native>()
            && !(*window.add(ARGS)).is_undef()
            && let Some(top) = takes(vm, base, native, window.add(ARGS), word::c(w))
        {
            return run_at_once::<0>(vm, ip, base, w, native, top);
        }
        call::call_loaded_slow(vm, ip, base, w)
    }
}

/// `this.method(arguments)` with the method that the instruction remembers.
#[inline(always)]
pub unsafe fn call_method(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let args = base.add(word::b(w) + ARGS);
        let this = *args;
        if this.is_object()
            && (*this.header_unchecked()).shape as u64 | (*vm).epoch() << 32 == *ip
            && let Some(native) = Value::from_bits(*ip.add(1)).cast::<Native>()
        {
            if let Some(top) = takes(vm, base, native, args, word::c(w) + 1) {
                return run_at_once::<1>(vm, ip.add(3), base, w, native, top);
            }
            return method_slow(vm, ip, base, w);
        }
        call_function(vm, ip, base, w)
    }
}

/// The same where the instruction remembers the place of a module's function.
#[inline(never)]
unsafe fn call_function(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let args = base.add(word::b(w) + ARGS);
        let this = *args;
        let n = word::c(w);
        if this.is_object()
            && (*this.header_unchecked()).shape as u64 | (*vm).epoch() << 32 == *ip
            && let Some(cell) = Value::from_bits(*ip.add(1)).cast::<crate::value::Cell>()
            && let Some(native) = cell.value.get().cast::<Native>()
            && native.kind != NativeKind::Method
            && let Some(top) = takes(vm, base, native, args, n)
        {
            std::ptr::copy(args.add(1), args, n);
            return run_at_once::<0>(vm, ip.add(3), base, w, native, top);
        }
        call::call_method_slow(vm, ip, base, w)
    }
}

/// Out of line, as `other_call`.
#[inline(never)]
unsafe fn method_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe { call::call_method_slow(vm, ip, base, w) }
}

/// May the native run on these arguments as they stand? Then the place above all that is live is
/// given.
#[inline(always)]
unsafe fn takes(vm: *mut Vm, base: Base, native: Gc<Native>, args: Base, n: usize) -> Option<Base> {
    unsafe {
        let fits = n >= native.min as usize && n <= native.max as usize;
        if !fits || (*vm).interrupted() {
            return None;
        }
        Some(if (*vm).on_stack(base) { args.add(n) } else { frame_window(vm, base) })
    }
}

/// As `free_window`, of the heap frame at `base`.
#[inline(always)]
unsafe fn frame_window(vm: *mut Vm, base: Base) -> Base {
    unsafe {
        let link = (*frame_at(base)).link;
        if link.is_null() { free_window(vm, base) } else { link }
    }
}

/// As `enter_native`, on arguments that stay where they are; None if they cannot.
pub unsafe fn enter_in_place(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    args: Base,
    n: usize,
    native: Gc<Native>,
    info: u64,
) -> Option<Pc> {
    unsafe {
        let top = takes(vm, base, native, args, n)?;
        Some(run_native(vm, ip, base, args, n, native, info, top))
    }
}

/// Runs a native on what `takes` was asked about; `THIS` is 1 if there is an argument more than
/// the instruction says.
#[inline(always)]
unsafe fn run_at_once<const THIS: usize>(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    w: Word,
    native: Gc<Native>,
    top: Base,
) -> Pc {
    unsafe {
        let args = base.add(word::b(w) + ARGS);
        run_native(vm, ip, base, args, word::c(w) + THIS, native, w & DST_MASK, top)
    }
}

// ---- from everywhere else

/// Calls a special method that is a native, and binds, with its operand.
pub unsafe fn invoke_special(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    native: Gc<Native>,
    operands: [Value; 2],
    info: u64,
) -> Pc {
    unsafe {
        debug_assert!(native.kind == NativeKind::Method);
        let window = free_window(vm, base);
        if !(*vm).has_room(window, ARGS + 2) {
            return overflow(vm, ip, base, info);
        }
        *window = Value::object(native);
        *window.add(ARGS) = operands[0];
        *window.add(ARGS + 1) = operands[1];
        enter_native(vm, ip, base, window, 2, native, info)
    }
}

/// Runs a native whose `n` positional arguments are at `window[4]`.
pub unsafe fn enter_native(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    window: Base,
    n: usize,
    native: Gc<Native>,
    info: u64,
) -> Pc {
    unsafe {
        let args = window.add(ARGS);
        let positional = native.max as usize;
        if n < native.min as usize || n > positional && !native.variadic {
            raise::arity(&*vm, native, args, n);
            return fail(vm, ip, base, info);
        }
        let places = native.places as usize;
        let surplus = n.saturating_sub(positional);
        if !(*vm).has_room(args, places + surplus) {
            return overflow(vm, ip, base, info);
        }
        let mut n = n;
        if surplus > 0 && positional < places {
            // Places of keywords stand between the parameters and the surplus arguments.
            std::ptr::copy(args.add(positional), args.add(places), surplus);
            for i in positional..places {
                *args.add(i) = Value::UNDEF;
            }
            n = places + surplus;
        }
        run_native(vm, ip, base, args, n, native, info, args.add(n))
    }
}

/// Runs a native on `n` arguments as its signature orders them; places behind them count as
/// absent. `top` is above all that is live.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "all are in registers")]
pub unsafe fn run_native(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    args: Base,
    n: usize,
    native: Gc<Native>,
    info: u64,
    top: Base,
) -> Pc {
    unsafe {
        let before = std::mem::replace(&mut (*vm).top, top);
        (*vm).native_base = base;
        (*vm).native_ip = ip;
        let flow = natives::run(native, cx::Cx::of(&mut *vm), Args::new(args, n));
        (*vm).top = before;
        // What nearly all natives do, without the ceremony of `settle` and `finish`.
        if let Ok(value) = flow
            && info as u8 == Ret::Plain as u8
        {
            reg!(base, (info >> 16) as u16 as usize) = value;
            return Pc::new(ip, base);
        }
        settle(vm, ip, base, info, flow)
    }
}
