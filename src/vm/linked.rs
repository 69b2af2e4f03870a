//! The hot sides of `await`: frames that begin or end within a chain of coroutines that runs.
//!
//! Only the usual case is here, and nothing that calls: a coroutine function with plain arguments,
//! a generator that goes on after its last `yield`, room and memory at hand. Everything else, and
//! what these do in words, is in `awaiting.rs` and `suspend.rs`.

use super::pc::{Base, Ip, Pc, reg};
use super::{Vm, frame_at};
use crate::code::op::{HANDLED, HEADER, Op, Word, word};
use crate::gc::Gc;
use crate::value::frame::{DEPTH_MASK, DEPTH_ONE, DST_MASK, Ret, THROWN, state};
use crate::value::func::COROUTINE;
use crate::value::kind::Kind;
use crate::value::{Frame, Function, T, Value};

/// Words that must be free on the stack for what a frame calls.
pub const ROOM: usize = 1024;
/// So many arguments are moved one by one.
const FEW: usize = 6;

/// `await f(...)` of a coroutine function.
#[inline(always)]
pub unsafe fn await_call(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    // SAFETY: I3; so throughout this file.
    unsafe {
        let window = base.add(word::b(w));
        let callee = *window;
        if word::ext(w) & HANDLED != 0 || !callee.is::<Function>() {
            return Pc::DECLINE;
        }
        let function = callee.header_unchecked() as *const Function;
        let mut args = window.add(HEADER as usize);
        let mut n = word::c(w);
        if n > 0 && (*args).is_undef() {
            args = args.add(1);
            n -= 1;
        }
        if n > FEW || (*function).argc as usize != COROUTINE as usize + n {
            return Pc::DECLINE;
        }
        let Some((window, info, root)) = place(vm, base) else { return Pc::DECLINE };
        let registers = (*function).registers as usize;
        let heap = &(*vm).space.heap;
        let flags = state::RUNNING | state::COROUTINE;
        let size = Frame::size(registers);
        let cell = heap.alloc_at_hand(size, Kind::Frame as u8, flags, T::Coroutine.shape());
        if cell.is_null() {
            return Pc::DECLINE;
        }
        let frame: *mut Frame = cell.cast();
        (*frame).root = root;
        (*frame).link = window;
        (&raw mut (*frame).function).write(Gc::from_raw(function.cast_mut()));
        (*frame).return_ip = ip;
        (*frame).caller = base;
        (*frame).info = info | w & DST_MASK | Ret::Delegate as u64;
        let own = Frame::base(frame);
        let mut at = 0;
        while at < n {
            own.add(at).write(*args.add(at));
            at += 1;
            // Keeps the few moves from becoming a call.
            core::arch::asm!("", options(nomem, nostack, preserves_flags));
        }
        let (mut at, end) = (own.add(n), own.add(registers));
        if !(registers - n).is_multiple_of(2) {
            at.write(Value::UNDEF);
            at = at.add(1);
        }
        while at != end {
            at.cast::<[Value; 2]>().write([Value::UNDEF; 2]);
            at = at.add(2);
            core::arch::asm!("", options(nomem, nostack, preserves_flags));
        }
        Pc::new((*function).start.cast_mut(), own)
    }
}

/// What a frame that is linked under the one at `base` needs: where its windows go, its depth in
/// the encoding of an info word, and its root.
#[inline(always)]
unsafe fn place(vm: *mut Vm, base: Base) -> Option<(Base, u64, *mut Frame)> {
    unsafe {
        let outer = frame_at(base);
        let window = (*outer).link;
        let info = ((*outer).info & DEPTH_MASK).wrapping_add(DEPTH_ONE);
        if info >= (*vm).fence() || !(*vm).has_room(window, ROOM) {
            return None;
        }
        let mut root = outer;
        if is_linked(root) {
            root = (*root).root;
            if root.is_null() || is_linked(root) {
                return None;
            }
        }
        Some((window, info, root))
    }
}

#[inline(always)]
unsafe fn is_linked(frame: *mut Frame) -> bool {
    let ret = unsafe { (*frame).info } as u8;
    ret == Ret::Delegate as u8 || ret == Ret::AsyncStep as u8
}

#[inline(always)]
pub unsafe fn ret(vm: *mut Vm, _: Ip, base: Base, w: Word) -> Pc {
    unsafe { give_back(vm, base, reg!(base, word::a(w))) }
}

#[inline(always)]
pub unsafe fn ret_none(vm: *mut Vm, _: Ip, base: Base, _: Word) -> Pc {
    unsafe { give_back(vm, base, Value::NONE) }
}

/// The frame at `base`, which another one awaits, returns a value.
#[inline(always)]
unsafe fn give_back(vm: *mut Vm, base: Base, value: Value) -> Pc {
    unsafe {
        let info = (*frame_at(base)).info;
        // With THROWN, there is more to do.
        if info as u16 != Ret::Delegate as u16 {
            return Pc::DECLINE;
        }
        let frame = frame_at(base);
        let (ip, consumer) = ((*frame).return_ip.cast_mut(), (*frame).caller);
        reg!(consumer, (info >> 16) as u16 as usize) = value;
        (*frame_at(consumer)).link = (*frame).link;
        if (*frame).header.flags & state::EXPOSED == 0 && (*frame).header.cells != 0 {
            (*vm).space.heap.release(frame.cast());
        } else {
            (*frame).root = std::ptr::null_mut();
            (*frame).info = 0;
            Frame::set_state(frame, state::FINISHED);
        }
        Pc::new(ip, consumer)
    }
}

/// `yield` in an async generator: the awaited step ends here.
#[inline(always)]
pub unsafe fn async_yield(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        if word::ext(w) & HANDLED != 0 {
            return Pc::DECLINE;
        }
        let frame = frame_at(base);
        if (*frame).info & THROWN != 0 {
            return Pc::DECLINE;
        }
        let (step_ip, stepper) = ((*frame).return_ip.cast_mut(), (*frame).caller);
        let dst = ((*frame).info >> 16) as u16 as usize;
        let value = reg!(base, word::b(w));
        (*frame_at(stepper)).link = (*frame).link;
        (*frame).root = std::ptr::null_mut();
        (*frame).info = 0;
        (*frame).return_ip = ip;
        (*frame).link = base;
        (*frame).header.flags ^= state::SUSPENDED ^ state::RUNNING;
        reg!(stepper, dst) = value;
        Pc::new(step_ip, stepper)
    }
}

/// The next item of a suspended async generator, which the next instruction awaits: no object is
/// made for the step.
#[inline(always)]
pub unsafe fn get_anext(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let object = reg!(base, word::b(w));
        if !object.is::<Frame>() {
            return Pc::DECLINE;
        }
        let frame = object.header_unchecked() as *mut Frame;
        let own = Frame::base(frame);
        let flags = state::MASK | state::KIND | state::HANDLING | state::BUSY;
        let next = *ip;
        if (*frame).header.flags & flags != state::SUSPENDED | state::ASYNC_GENERATOR
            || (*frame).link != own
            || word::op(next) != Op::Await as u8
            || word::ext(next) & HANDLED != 0
            || word::b(next) != word::a(w)
        {
            return Pc::DECLINE;
        }
        let Some((window, info, root)) = place(vm, base) else { return Pc::DECLINE };
        let inner_ip = (*frame).return_ip.cast_mut();
        (*frame).root = root;
        (*frame).link = window;
        (*frame).return_ip = ip.add(1);
        (*frame).caller = base;
        (*frame).info = info | next & DST_MASK | Ret::AsyncStep as u64;
        (*frame).header.flags ^= state::SUSPENDED ^ state::RUNNING;
        reg!(own, word::a(*inner_ip.sub(1))) = Value::NONE;
        Pc::new(inner_ip, own)
    }
}
