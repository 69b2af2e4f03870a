//! `await`, and the protocol of async generators and iterators.

use super::pc::{Base, Ip, Pc, reg};
use super::suspend::*;
use super::{
    Cx, Flow, Outcome, Vm, bind, call, frame_at, handling, manager, native_call, raise, tasks,
    unwind,
};
use crate::code::CodeKind;
use crate::code::op::{HEADER, Word, word};
use crate::gc::Gc;
use crate::value::frame::{DST_MASK, Ret, state};
use crate::value::{
    AsyncOp, BoundMethod, Class, Frame, Function, Native, NativeKind, Step, T, Value, Wait,
};

pub unsafe fn await_value(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        handling::note_if(base, w);
        let info = w & DST_MASK | (word::ext(w) as u64) << 8;
        await_object(vm, ip, base, info, reg!(base, word::b(w)))
    }
}

/// Awaits any object; the result goes to the destination in `info`.
pub unsafe fn await_object(vm: *mut Vm, ip: Ip, base: Base, info: u64, object: Value) -> Pc {
    unsafe {
        if let Some(frame) = object.cast::<Frame>() {
            let flags = frame.header.flags;
            if frame.kind() == state::COROUTINE || flags & state::ITERABLE_COROUTINE != 0 {
                return link(vm, ip, base, frame.as_ptr(), info);
            }
        }
        if let Some(op) = object.cast::<AsyncOp>() {
            return async_step(vm, ip, base, op, info);
        }
        if let Some(wait) = object.cast::<Wait>() {
            if let Some(pc) = tasks::await_wait(vm, ip, base, info, wait) {
                return pc;
            }
        } else if let Some(future) = object.future()
            && !(*vm).space.class_of(object).is_user()
            && let Some(pc) = tasks::await_future(vm, ip, base, info, future)
        {
            return pc;
        }
        match Cx::of(&mut *vm).special(object, (*vm).names.__await__) {
            Ok(Some(method)) => {
                let of_loop = info >> 8 & 3 == 3;
                let info = info & DST_MASK | Ret::DelegateTo as u64;
                if of_loop {
                    let ask = (*vm).prelude("_await_item");
                    return call::invoke(vm, ip, base, ask, &[object, method], info);
                }
                call::invoke(vm, ip, base, method, &[], info)
            }
            Ok(None) => {
                let name = (*vm).space.type_name(object);
                let text = match info >> 8 & 3 {
                    1 => format!(
                        "'async with' received an object from __aenter__ that does not implement \
                         __await__: {name}"
                    ),
                    2 => format!(
                        "'async with' received an object from __aexit__ that does not implement \
                         __await__: {name}"
                    ),
                    3 => format!("'async for' received an invalid object from __anext__: {name}"),
                    _ => format!("object {name} can't be used in 'await' expression"),
                };
                raise::error(&*vm, T::TypeError, &text);
                unwind::unwind(vm, ip, base)
            }
            Err(_) => unwind::unwind(vm, ip, base),
        }
    }
}

/// What `__await__` has returned is delegated to, if it is an iterator and nothing to be awaited.
pub unsafe fn delegate_to_answer(vm: *mut Vm, ip: Ip, base: Base, info: u64, value: Value) -> Pc {
    unsafe {
        if let Some(frame) = value.cast::<Frame>()
            && frame.header.flags & state::ITERABLE_COROUTINE == 0
            && frame.kind() == state::COROUTINE
        {
            raise::error(&*vm, T::TypeError, "__await__() returned a coroutine");
            return unwind::unwind(vm, ip, base);
        }
        delegate_to(vm, ip, base, info, value)
    }
}

/// So many arguments of a bound method are put behind its receiver by hand.
const BOUND_ARGS: usize = 4;

/// `await f(...)` of a coroutine function starts the frame at once: no program sees it, so it is
/// freed when it returns.
pub unsafe fn await_call(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        handling::note_if(base, w);
        let window = base.add(word::b(w));
        let n = call::loaded(window, word::c(w));
        if let Some(function) = (*window).cast::<Function>()
            && function.code.code.kind == CodeKind::Coroutine
        {
            let args = std::slice::from_raw_parts(window.add(HEADER as usize), n);
            return match generator_of(vm, base, Value::object(function), args) {
                Ok(frame) => {
                    (*frame).header.flags &= !state::EXPOSED;
                    link(vm, ip, base, frame, w & DST_MASK)
                }
                Err(_) => unwind::unwind(vm, ip, base),
            };
        }
        // What a manager's method is bound to is its first argument.
        if let Some(method) = (*window).cast::<BoundMethod>()
            && let Some(function) = method.func.get().cast::<Function>()
            && function.code.code.kind == CodeKind::Coroutine
            && n < BOUND_ARGS
        {
            let mut args = [method.this.get(); BOUND_ARGS];
            for (i, arg) in args[1..=n].iter_mut().enumerate() {
                *arg = *window.add(HEADER as usize + i);
            }
            return match generator_of(vm, base, Value::object(function), &args[..=n]) {
                Ok(frame) => {
                    (*frame).header.flags &= !state::EXPOSED;
                    link(vm, ip, base, frame, w & DST_MASK)
                }
                Err(_) => unwind::unwind(vm, ip, base),
            };
        }
        let info = w & DST_MASK | ((word::ext(w) & 3) as u64) << 8 | Ret::Await as u64;
        let Some(native) = (*window).cast::<Native>() else {
            return call::enter(vm, ip, base, window, n, info);
        };
        let args = window.add(HEADER as usize);
        if n == 1
            && tasks::only_yields(native, *args)
            && let Some(pc) = tasks::await_nothing(vm, ip, base)
        {
            return pc;
        }
        let given = std::slice::from_raw_parts(args, n);
        if native.waits.is_some()
            && let Some(pc) = tasks::await_native(vm, ip, base, info, native, given)
        {
            return pc;
        }
        let fits = native.kind != NativeKind::Method
            || n > 0 && manager::receives((*vm).space.class_of(*args), native);
        if fits && let Some(pc) = native_call::enter_in_place(vm, ip, base, args, n, native, info) {
            return pc;
        }
        call::enter(vm, ip, base, window, n, info)
    }
}

/// Steps an async generator under the activation at `base`.
pub(super) unsafe fn async_step(vm: *mut Vm, ip: Ip, base: Base, op: Gc<AsyncOp>, info: u64) -> Pc {
    unsafe {
        let value = op.value.replace(Value::UNDEF);
        if value.is_undef() {
            let text = format!("cannot reuse already awaited {}", op.made_by());
            raise::error(&*vm, T::RuntimeError, &text);
            return unwind::unwind(vm, ip, base);
        }
        let frame = op.frame.get().cast::<Frame>().expect("made so").as_ptr();
        let info = info & DST_MASK | Ret::AsyncStep as u64;
        if (*frame).state() == state::RUNNING {
            let text = format!("{}(): asynchronous generator is already running", op.method());
            raise::error(&*vm, T::RuntimeError, &text);
            return unwind::unwind(vm, ip, base);
        }
        if (*frame).state() == state::FINISHED {
            // Nobody is left to be told: what is thrown in is dropped.
            if op.step != Step::Send {
                reg!(base, (info >> 16) as u16 as usize) = Value::NONE;
                return Pc::new(ip, base);
            }
            raise::with_args(&*vm, T::StopAsyncIteration, &[]);
            return unwind::unwind(vm, ip, base);
        }
        let closed = (*frame).header.flags & state::BUSY != 0;
        match op.step {
            Step::Throw | Step::Close if closed => {
                raise::with_args(&*vm, T::StopAsyncIteration, &[]);
                return unwind::unwind(vm, ip, base);
            }
            Step::Throw | Step::Exit => return throw(vm, ip, base, frame, value, info),
            Step::Close => {
                (*frame).header.flags |= state::BUSY;
                let exit = Cx::of(&mut *vm).async_op(Gc::from_raw(frame), value, Step::Exit);
                let close = (*vm).prelude("_aclose");
                return match generator_of(vm, base, close, &[op.frame.get(), exit]) {
                    Ok(frame) => link(vm, ip, base, frame, info),
                    Err(_) => unwind::unwind(vm, ip, base),
                };
            }
            Step::Send => {}
        }
        let fresh = (*frame).state() == state::CREATED;
        if fresh && !value.is_none() {
            let text = "can't send non-None value to a just-started async generator";
            raise::error(&*vm, T::TypeError, text);
            return unwind::unwind(vm, ip, base);
        }
        match enter(vm, ip, base, frame, info) {
            Ok(pc) => {
                // What awaits inside the generator yields to the root of the awaiting chain.
                (*frame).root = root_of(frame_at(base));
                if !fresh {
                    reg!(pc.base, word::a(*pc.ip.sub(1))) = value;
                }
                pc
            }
            Err(_) => unwind::unwind(vm, ip, base),
        }
    }
}

/// The step of an async generator whose beginning was told to a hook.
fn begun(_: &mut Cx, [op, ..]: [Value; 3], outcome: Outcome) -> Flow {
    outcome.map(|_| op)
}

pub unsafe fn get_aiter(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let object = reg!(base, word::b(w));
        let owns = word::ext(w) == 1;
        if owns && let Some(frame) = object.cast::<Frame>() {
            Frame::own_if_made_at(frame, ip.sub(1));
        }
        match Cx::of(&mut *vm).special(object, (*vm).names.__aiter__) {
            Ok(Some(method)) => {
                let callee = if owns { method } else { Value::NONE };
                (*vm).continuations.push(call::Continuation {
                    run: aiter_made,
                    state: [callee, Value::NONE, Value::NONE],
                    info: w & DST_MASK,
                });
                call::invoke(vm, ip, base, method, &[], Ret::Native as u64)
            }
            Ok(None) => {
                let text = format!(
                    "'async for' requires an object with __aiter__ method, got {}",
                    (*vm).space.type_name(object)
                );
                raise::error(&*vm, T::TypeError, &text);
                unwind::unwind(vm, ip, base)
            }
            Err(_) => unwind::unwind(vm, ip, base),
        }
    }
}

/// What `__aiter__` has made: for a loop that would own it the function is in the state.
pub(super) fn aiter_made(cx: &mut Cx, [callee, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let made = outcome?;
    if let Some(frame) = made.cast::<Frame>() {
        Frame::own_if_made_by(frame, callee);
    }
    let class: Gc<Class> = cx.class_of(made);
    if cx.lookup(class, cx.vm().names.__anext__).is_some() {
        return Ok(made);
    }
    let text = format!(
        "'async for' received an object from __aiter__ that does not implement __anext__: {}",
        class.name_text()
    );
    Err(cx.type_error(&text))
}

pub unsafe fn get_anext(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let object = reg!(base, word::b(w));
        if let Some(frame) = object.cast::<Frame>()
            && frame.kind() == state::ASYNC_GENERATOR
        {
            let op = Cx::of(&mut *vm).async_op(frame, Value::NONE, Step::Send);
            if frame.state() == state::CREATED && !(*vm).asyncgen_hooks[0].is_none() {
                (*vm).continuations.push(call::Continuation {
                    run: begun,
                    state: [op, Value::NONE, Value::NONE],
                    info: w & DST_MASK,
                });
                let hook = (*vm).asyncgen_hooks[0];
                return call::invoke(
                    vm,
                    ip,
                    base,
                    hook,
                    &[Value::object(frame)],
                    Ret::Native as u64,
                );
            }
            reg!(base, word::a(w)) = op;
            return Pc::new(ip, base);
        }
        match Cx::of(&mut *vm).special(object, (*vm).names.__anext__) {
            Ok(Some(method)) => call::invoke(vm, ip, base, method, &[], w & DST_MASK),
            Ok(None) => {
                let text = format!(
                    "'async for' requires an iterator with __anext__ method, got {}",
                    (*vm).space.type_name(object)
                );
                raise::error(&*vm, T::TypeError, &text);
                unwind::unwind(vm, ip, base)
            }
            Err(_) => unwind::unwind(vm, ip, base),
        }
    }
}

impl Cx {
    /// A step of an async generator, to be awaited.
    pub fn async_op(&self, frame: Gc<Frame>, value: Value, step: Step) -> Value {
        let id = if step == Step::Send { T::AsyncGenASend } else { T::AsyncGenAThrow };
        Value::object(self.new_object(id.shape(), 0, |header| AsyncOp {
            header,
            frame: Value::object(frame).into(),
            value: value.into(),
            driver: Value::UNDEF.into(),
            step,
        }))
    }

    /// The same as what a native returns: a hook hears of a generator that has not begun.
    pub fn begin_async_op(&mut self, frame: Gc<Frame>, value: Value, step: Step) -> Flow {
        let op = self.async_op(frame, value, step);
        let hook = self.vm().asyncgen_hooks[0];
        if frame.state() != state::CREATED || hook.is_none() {
            return Ok(op);
        }
        self.call_then(hook, &[Value::object(frame)], begun, [op, Value::NONE, Value::NONE])
    }

    /// What a suspended frame delegates to directly.
    pub fn delegated_to(&self, frame: Gc<Frame>) -> Option<Gc<Frame>> {
        let own = Frame::base(frame.as_ptr());
        // SAFETY: a chain of suspended frames, linked by their callers' bases.
        unsafe {
            let root = match frame.state() {
                state::SUSPENDED => frame.as_ptr(),
                // In the middle of a chain, if that is suspended.
                state::RUNNING => root_of(frame.as_ptr()),
                _ => return None,
            };
            if (*root).state() != state::SUSPENDED || (*root).link == own {
                return None;
            }
            let mut inner = frame_at((*root).link);
            while (*inner).caller != own {
                if inner == root {
                    return None;
                }
                inner = frame_at((*inner).caller);
            }
            Some(Gc::from_raw(inner))
        }
    }

    /// Lets what a generator function makes be awaited, and await.
    pub fn set_makes_awaitable(&self, function: Gc<Function>) {
        // SAFETY: a live function; flags are a plain field.
        unsafe { (*function.as_ptr()).header.flags |= state::ITERABLE_COROUTINE }
    }

    /// Lets a generator be awaited, and await.
    pub fn set_awaitable(&self, frame: Gc<Frame>) {
        // SAFETY: a live frame; flags are a plain field.
        unsafe { (*frame.as_ptr()).header.flags |= state::ITERABLE_COROUTINE }
    }

    pub fn qualname(&self, function: Gc<Function>) -> String {
        bind::qualname(self.vm(), function)
    }
}
