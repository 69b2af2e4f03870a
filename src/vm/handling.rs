//! What a suspended chain of frames was handling (`sys.exception()`).
//!
//! `vm.handled` is one field: what runs now sees it, however deep in calls and awaits. A body
//! that handles an exception keeps what was handled before in a register, its *save*. When a
//! chain is suspended, each of its bodies that handles something exchanges its save with the
//! field, innermost first, which leaves the field as the consumer had it; when the chain is
//! resumed they do so again, outermost first, whoever resumes it and whatever he handles.
//!
//! A throw goes to the innermost body at once: only that one takes up what it handles. The others
//! follow when the body that they await ends (as in CPython, whose `throw` enters an outer body
//! only then). Until the chain is suspended again, THROWN marks bodies whose awaiter has not.
//!
//! Which register that is follows from the code: the landing pad around a handler begins with
//! `PopHandled save`. Chains that never suspended so pay nothing: the flag HANDLING of the root
//! says when to look.

use super::pc::{Base, Ip};
use super::suspend::root_of;
use super::{Vm, frame_at, raise};
use crate::code::op::{HANDLED, Op, Word, word};
use crate::value::frame::{THROWN, state};
use crate::value::{Frame, Value};

/// The body at `base` is about to be suspended, or to delegate, while it handles something.
pub(super) unsafe fn note(base: Base) {
    // SAFETY: `base` is that of a running frame; so throughout this file.
    unsafe { (*root_of(frame_at(base))).header.flags |= state::HANDLING }
}

/// As `note`, if the instruction says so.
#[inline(always)]
pub(super) unsafe fn note_if(base: Base, w: Word) {
    unsafe {
        if word::ext(w) & HANDLED != 0 {
            note(base);
        }
    }
}

/// The chain of a root that has just been suspended puts away what it handles.
#[cold]
#[inline(never)]
pub(super) unsafe fn put_away(vm: *mut Vm, root: *mut Frame) {
    unsafe {
        let saves = saves_of(vm, root);
        if saves.is_empty() {
            (*root).header.flags &= !state::HANDLING;
        }
        for (save, taken_up) in saves {
            if taken_up {
                std::ptr::swap(save, &raw mut (*vm).handled);
            }
        }
    }
}

/// The chain of a suspended root that is about to run takes up what it was handling.
#[cold]
#[inline(never)]
pub(super) unsafe fn take_up(vm: *mut Vm, root: *mut Frame) {
    unsafe {
        for (save, _) in saves_of(vm, root).into_iter().rev() {
            std::ptr::swap(save, &raw mut (*vm).handled);
        }
    }
}

/// As `take_up`, of a chain that an exception is about to be thrown into.
#[cold]
#[inline(never)]
pub(super) unsafe fn take_up_innermost(vm: *mut Vm, root: *mut Frame) {
    unsafe {
        let (ip, base) = ((*root).return_ip.cast_mut(), (*root).link);
        if let Some(save) = save_at(vm, ip, base) {
            std::ptr::swap(save, &raw mut (*vm).handled);
        }
        let mut frame = frame_at(base);
        while frame != root {
            (*frame).info |= THROWN;
            frame = frame_at((*frame).caller);
        }
    }
}

/// A body marked THROWN has ended or yielded to the one at `base`, which goes on at `ip`. True if
/// that handles something.
#[cold]
#[inline(never)]
pub(super) unsafe fn awaiter_takes_up(vm: *mut Vm, ip: Ip, base: Base) -> bool {
    unsafe {
        let save = save_at(vm, ip, base);
        if let Some(save) = save {
            std::ptr::swap(save, &raw mut (*vm).handled);
        }
        save.is_some()
    }
}

/// The pending exception was thrown in at `base`. What that body handles becomes its context.
#[cold]
#[inline(never)]
pub(super) unsafe fn thrown_in(vm: *mut Vm, ip: Ip, base: Base) {
    unsafe {
        if save_at(vm, ip, base).is_some() {
            in_context(vm);
        }
    }
}

/// The pending exception has left a body marked THROWN. What the one at `base`, which awaits it,
/// handles becomes its context.
#[cold]
#[inline(never)]
pub(super) unsafe fn passes(vm: *mut Vm, ip: Ip, base: Base) {
    unsafe {
        if awaiter_takes_up(vm, ip, base) {
            in_context(vm);
        }
    }
}

unsafe fn in_context(vm: *mut Vm) {
    unsafe {
        if let Some(exception) = (*vm).pending() {
            raise::set(&*vm, exception);
        }
    }
}

/// The saves of a suspended chain, innermost first, and whether their bodies had taken up what they
/// handle. Nothing is marked any more.
unsafe fn saves_of(vm: *mut Vm, root: *mut Frame) -> Vec<(*mut Value, bool)> {
    unsafe {
        let mut saves = Vec::new();
        let (mut ip, mut base) = ((*root).return_ip.cast_mut(), (*root).link);
        let mut taken_up = true;
        loop {
            saves.extend(save_at(vm, ip, base).map(|save| (save, taken_up)));
            let frame = frame_at(base);
            if frame == root {
                return saves;
            }
            taken_up &= (*frame).info & THROWN == 0;
            (*frame).info &= !THROWN;
            (ip, base) = ((*frame).return_ip.cast_mut(), (*frame).caller);
        }
    }
}

/// The save of the outermost handler around the instruction before `ip`.
unsafe fn save_at(vm: *mut Vm, ip: Ip, base: Base) -> Option<*mut Value> {
    unsafe {
        let code = (*vm).code_of(base);
        let handlers = &code.code.handlers;
        let mut at = code.index_of(ip).wrapping_sub(1);
        let mut save = None;
        while let Some(handler) = handlers.get(handlers.partition_point(|h| h.end <= at))
            && handler.start <= at
        {
            // Where the handler begins, the next one outwards is in force.
            at = handler.target;
            let first = *code.words().add(at as usize);
            if word::op(first) == Op::PopHandled as u8 {
                save = Some(base.add(word::a(first)));
            }
        }
        save
    }
}
