//! Raising, unwinding, and the instructions of `try`.
//!
//! Entering a `try` costs nothing: each code has a table of guarded ranges. The unwinder walks
//! activations from the inside out, appends a trace point for each, and stops at the first
//! handler or at whoever waits in Rust.

use super::pc::{Base, Ip, Pc, reg};
use super::{Vm, call, handling, raise, suspend, tasks};
use crate::code::op::{Word, word};
use crate::gc::Gc;
use crate::value::frame::{CALLER, INFO, Ret, THROWN, called_from};
use crate::value::{Class, Exception, List, T, TracePoint, Tuple, Value};

/// Unwinds from the instruction behind `ip`, with the exception that is pending.
#[cold]
#[inline(never)]
pub unsafe fn unwind(vm: *mut Vm, ip: Ip, base: Base) -> Pc {
    // SAFETY: I3; so throughout this file.
    unsafe { walk(vm, ip, base, true) }
}

unsafe fn walk(vm: *mut Vm, mut ip: Ip, mut base: Base, mut record: bool) -> Pc {
    unsafe {
        loop {
            let code = (*vm).code_of(base);
            let word = code.index_of(ip).wrapping_sub(1);
            let exception = (*vm).pending().expect("unwinding with an exception pending");
            let handlers = &code.code.handlers;
            let at = handlers.partition_point(|h| h.end <= word);
            let handler = handlers.get(at).filter(|handler| handler.start <= word);
            if record {
                let mut kept = Value::UNDEF;
                if (*vm).keeps_locals.get() && !code.code.is_internal() {
                    kept = super::watch::keep(vm, ip, base, handler.is_some());
                }
                exception.trace.push(TracePoint { code, word, kept });
            }
            record = true;
            if let Some(handler) = handler {
                reg!(base, handler.register as usize) =
                    std::mem::replace(&mut (*vm).exception, Value::UNDEF);
                return Pc::new(code.words().add(handler.target as usize), base);
            }
            let mut info = (*base.offset(INFO)).bits();
            if info as u8 == Ret::Watched as u8 {
                info = super::watch::ended(vm, base, info, word);
            }
            let return_ip = called_from(base, info).cast_mut();
            let caller = (*base.offset(CALLER)).bits() as Base;
            if !(*vm).on_stack(base) {
                suspend::frame_raises(&mut *vm, base);
            }
            if call::ret_of(info) == Ret::Task {
                return tasks::raised(vm, return_ip, caller);
            }
            if matches!(call::ret_of(info), Ret::Delegate | Ret::AsyncStep) && info & THROWN != 0 {
                handling::passes(vm, return_ip, caller);
            }
            let info = match call::ret_of(info) {
                Ret::ResumeNative => Some(Ret::Native as u64),
                Ret::Next | Ret::Native | Ret::Door | Ret::GetAttr => Some(info),
                _ => None,
            };
            if let Some(info) = info
                && let Some(pc) = call::fail_here(vm, return_ip, caller, info)
            {
                return pc;
            }
            ip = return_ip;
            base = caller;
        }
    }
}

#[inline(always)]
pub unsafe fn push_handled(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let exception = reg!(base, word::b(w));
        reg!(base, word::a(w)) = (*vm).handled;
        (*vm).handled = exception;
        if word::c(w) == 0 {
            Exception::show(exception.cast_unchecked());
        }
    }
    unsafe { Pc::new(ip, base) }
}

#[inline(always)]
pub unsafe fn pop_handled(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe { (*vm).handled = reg!(base, word::a(w)) };
    unsafe { Pc::new(ip, base) }
}

#[inline(always)]
pub unsafe fn drop_handled(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let exception: Gc<Exception> = (*vm).handled.cast_unchecked();
        if exception.is_unseen() {
            return Pc::DECLINE;
        }
        pop_handled(vm, ip, base, w)
    }
}

/// Nobody has seen the exception, so nobody can miss it.
pub unsafe fn let_go(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let exception = (*vm).handled.cast::<Exception>().expect("it is being handled");
        let pc = pop_handled(vm, ip, base, w);
        exception.trace.clear();
        // SAFETY: it owned nothing else, and is named by dead registers at most.
        (*vm).space.heap.release(exception.header());
        pc
    }
}

pub unsafe fn raise(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let what = reg!(base, word::a(w));
        raise_value(vm, ip, base, what, Value::UNDEF)
    }
}

pub unsafe fn raise_from(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let (what, cause) = (reg!(base, word::a(w)), reg!(base, word::b(w)));
        raise_value(vm, ip, base, what, cause)
    }
}

unsafe fn raise_value(vm: *mut Vm, ip: Ip, base: Base, what: Value, cause: Value) -> Pc {
    unsafe {
        if what.is::<Exception>()
            && (cause.is_undef() || cause.is_none() || cause.is::<Exception>())
        {
            let exception = what.cast::<Exception>().expect("just checked");
            if !cause.is_undef() {
                exception.cause.set(cause);
                exception.suppress.set(true);
            }
            raise::set(&*vm, exception);
            return unwind(vm, ip, base);
        }
        let is_class = |v: Value| {
            v.cast::<Class>().is_some_and(|c| c.is_subclass((*vm).space.class(T::BaseException)))
        };
        if !what.is::<Exception>() && !is_class(what) {
            raise::error(&*vm, T::TypeError, "exceptions must derive from BaseException");
            return unwind(vm, ip, base);
        }
        if !(cause.is_undef() || cause.is_none() || cause.is::<Exception>() || is_class(cause)) {
            raise::error(&*vm, T::TypeError, "exception causes must derive from BaseException");
            return unwind(vm, ip, base);
        }
        // A class among the two must be called first; that may run code of the program.
        (*vm).continuations.push(call::Continuation {
            run: instantiated,
            state: [what, cause, Value::NONE],
            info: Ret::Discard as u64,
        });
        if is_class(what) {
            call::invoke(vm, ip, base, what, &[], Ret::Native as u64)
        } else {
            call::finish(vm, ip, base, Ret::Native as u64, what)
        }
    }
}

/// The exception class of a `raise` has been called.
fn instantiated(cx: &mut super::Cx, state: [Value; 3], outcome: super::Outcome) -> super::Flow {
    let made = outcome?;
    let [what, cause, _] = state;
    if !made.is::<Exception>() {
        return Err(not_made(cx, what, made));
    }
    if cause.is::<Class>() {
        return cx.call_then(cause, &[], cause_made, [made, cause, Value::NONE]);
    }
    throw(cx, made, cause)
}

/// TypeError for a class of exceptions whose call has returned something else.
fn not_made(cx: &super::Cx, class: Value, made: Value) -> super::Stop {
    cx.type_error(&format!(
        "calling {} should have returned an instance of BaseException, not {}",
        class.cast::<Class>().map_or_else(String::new, |c| class_text(cx, c)),
        class_text(cx, cx.class_of(made))
    ))
}

/// `<class 'name'>`
pub(super) fn class_text(cx: &super::Cx, class: crate::gc::Gc<Class>) -> String {
    let module = class.dict.get_str(cx, cx.vm().names.__module__);
    let module = module.and_then(|m| m.cast::<crate::value::Str>());
    match module.filter(|m| m.as_bytes() != b"builtins") {
        Some(module) => format!("<class '{}.{}'>", module.lossy(), class.name_text()),
        None => format!("<class '{}'>", class.name_text()),
    }
}

fn cause_made(cx: &mut super::Cx, state: [Value; 3], outcome: super::Outcome) -> super::Flow {
    let cause = outcome?;
    if !cause.is::<Exception>() {
        return Err(not_made(cx, state[1], cause));
    }
    throw(cx, state[0], cause)
}

fn throw(cx: &mut super::Cx, what: Value, cause: Value) -> super::Flow {
    let exception = what.cast::<Exception>().expect("checked by the callers");
    if !cause.is_undef() {
        exception.cause.set(cause);
        exception.suppress.set(true);
    }
    Err(cx.throw(exception))
}

pub unsafe fn raise_bare(vm: *mut Vm, ip: Ip, base: Base, _: Word) -> Pc {
    unsafe {
        match (*vm).handled.cast::<Exception>() {
            Some(exception) => {
                Exception::show(exception);
                (*vm).exception = Value::object(exception);
                // The exception passed through here before: no new entry in its trace.
                walk(vm, ip, base, false)
            }
            None => {
                raise::error(&*vm, T::RuntimeError, "No active exception to reraise");
                unwind(vm, ip, base)
            }
        }
    }
}

pub unsafe fn reraise(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        (*vm).exception = reg!(base, word::a(w));
        // This activation is in the trace already, from when the exception first passed.
        walk(vm, ip, base, false)
    }
}

pub unsafe fn exc_match(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let (exception, pattern) = (reg!(base, word::b(w)), reg!(base, word::c(w)));
        match matches(&*vm, exception, pattern) {
            Some(yes) => {
                reg!(base, word::a(w)) = Value::bool(yes);
                Pc::new(ip, base)
            }
            None => {
                let text = "catching classes that do not inherit from BaseException is not allowed";
                raise::error(&*vm, T::TypeError, text);
                unwind(vm, ip, base)
            }
        }
    }
}

/// Does an exception match a class or a tuple of classes? None if it is neither.
fn matches(vm: &Vm, exception: Value, pattern: Value) -> Option<bool> {
    let root = vm.space.class(T::BaseException);
    let class = vm.space.class_of(exception);
    let one = |pattern: Value| {
        let wanted = pattern.cast::<Class>().filter(|c| c.is_subclass(root))?;
        Some(class == wanted || class.is_subclass(wanted))
    };
    if let Some(tuple) = vm.space.unwrap(pattern).cast::<Tuple>() {
        // Every entry is checked before any is tried, as in CPython.
        let answers: Option<Vec<bool>> = tuple.as_slice().iter().map(|&p| one(p)).collect();
        return Some(answers?.contains(&true));
    }
    one(pattern)
}

pub unsafe fn end_async_for(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let exception = reg!(base, word::a(w));
        if (*vm).space.isinstance(exception, T::StopAsyncIteration) {
            return Pc::new(ip, base);
        }
        (*vm).exception = exception;
        walk(vm, ip, base, false)
    }
}

pub unsafe fn exc_triple(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let (a, exception) = (word::a(w), reg!(base, word::b(w)));
        Exception::show(exception.cast_unchecked());
        reg!(base, a) = Value::object((*vm).space.class_of(exception));
        reg!(base, a + 1) = exception;
        reg!(base, a + 2) = raise::traceback_of(&*vm, exception);
    }
    unsafe { Pc::new(ip, base) }
}

pub unsafe fn load_assertion_error(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe { reg!(base, word::a(w)) = Value::object((*vm).space.class(T::AssertionError)) };
    unsafe { Pc::new(ip, base) }
}

/// `except*` splits by calling into the prelude: groups may override `derive`.
pub unsafe fn exc_split(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let (exception, pattern) = (reg!(base, word::b(w)), reg!(base, word::c(w)));
        let split = (*vm).prelude("_split_group");
        let info = w & crate::value::frame::DST_MASK | Ret::Spread as u64;
        call::invoke(vm, ip, base, split, &[exception, pattern], info)
    }
}

pub unsafe fn exc_merge(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let (original, raised) = (reg!(base, word::b(w)), reg!(base, word::c(w)));
        debug_assert!(raised.is::<List>());
        let merge = (*vm).prelude("_merge_group");
        let info = w & crate::value::frame::DST_MASK;
        call::invoke(vm, ip, base, merge, &[original, raised], info)
    }
}
