//! Generators, coroutines, async generators: frames that stop in the middle and go on later.
//!
//! A frame runs in place. `yield from` and `await` of another frame *link* it: the inner frame's
//! caller is the outer one, and the outermost, the root, remembers the innermost, so that a
//! resume jumps straight there whatever the depth, and a throw too. What is yielded goes to the
//! consumer of the root. Foreign iterators are delegated to through a generator of the prelude.
//!
//! A frame in the middle of a chain keeps the state RUNNING while the root is suspended: resuming
//! it on its own would cut the chain.

use super::pc::{Base, Ip, Pc, reg, taken};
use super::{Cx, Stop, Vm, awaiting, bind, call, frame_at, handling, raise, tasks, unwind};
use crate::code::op::{HANDLED, HEADER, Word, word};
use crate::code::{BEFORE, CodeKind, Content};
use crate::gc::Gc;
use crate::value::frame::{DEPTH_MASK, DEPTH_ONE, DST_MASK, INFO, Ret, THROWN, state};
use crate::value::kind::Kind;
use crate::value::{
    Exception, Frame, Function, Iter, IterKind, Primitive, T, TracePoint, Value, Wait,
};

/// What a native asked for by returning `Stop::Resume`.
pub struct Request {
    pub frame: Gc<Frame>,
    /// What the suspended expression gets: a value, or an exception to raise there.
    pub value: Value,
    pub throws: bool,
    pub then: Option<(super::Resumption, [Value; 3])>,
}

/// Allocates the frame of a call whose parameters are in the registers at `nb`.
pub unsafe fn make_frame(vm: &Vm, function: Gc<Function>, nb: Base) -> *mut Frame {
    // SAFETY: I3; so throughout this file. The cell has room for all registers, and all are
    // written.
    unsafe {
        let code: &Content = &function.code.code;
        let (kind, id) = match code.kind {
            CodeKind::Coroutine => (state::COROUTINE, T::Coroutine),
            CodeKind::AsyncGenerator => (state::ASYNC_GENERATOR, T::AsyncGenerator),
            // `types.coroutine` marks functions.
            _ => {
                let marked = function.header.flags & state::ITERABLE_COROUTINE;
                (state::GENERATOR | marked, T::Generator)
            }
        };
        let registers = function.registers as usize;
        let flags = state::CREATED | kind | state::EXPOSED;
        let cell =
            vm.space.heap.alloc(Frame::size(registers), Kind::Frame as u8, flags, id.shape());
        let header = *cell;
        let frame: *mut Frame = cell.cast();
        frame.write(Frame {
            header,
            root: std::ptr::null_mut(),
            link: std::ptr::null_mut(),
            function,
            return_ip: function.start,
            caller: std::ptr::null_mut(),
            info: 0,
        });
        let base = Frame::base(frame);
        let filled = code.params.total();
        std::ptr::copy_nonoverlapping(nb, base, filled);
        for i in filled..registers {
            base.add(i).write(Value::UNDEF);
        }
        frame
    }
}

/// The frame that the consumer of a chain resumes.
pub(super) unsafe fn root_of(mut frame: *mut Frame) -> *mut Frame {
    unsafe {
        while matches!(call::ret_of((*frame).info), Ret::Delegate | Ret::AsyncStep)
            && !(*frame).root.is_null()
        {
            frame = (*frame).root;
        }
        frame
    }
}

// ---- resuming

/// Makes the frame run with the activation at `base` as its consumer, or says why not.
pub(super) unsafe fn enter(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    frame: *mut Frame,
    info: u64,
) -> Result<Pc, Stop> {
    unsafe { enter_with(vm, ip, base, frame, info, handling::take_up) }
}

/// As `enter`; `take_up` is for chains that may handle something.
unsafe fn enter_with(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    frame: *mut Frame,
    info: u64,
    take_up: unsafe fn(*mut Vm, *mut Frame),
) -> Result<Pc, Stop> {
    unsafe {
        let own = Frame::base(frame);
        let suspended = (*frame).state() == state::SUSPENDED;
        let (inner_ip, inner) = match (*frame).state() {
            state::CREATED => ((*frame).return_ip.cast_mut(), own),
            state::SUSPENDED => {
                // A coroutine that is suspended awaits something for somebody else.
                if (*frame).kind() == state::COROUTINE
                    && info as u8 == Ret::Delegate as u8
                    && (*frame_at(base)).kind() != state::GENERATOR
                {
                    let text = "coroutine is being awaited already";
                    return Err(raise::error(&*vm, T::RuntimeError, text));
                }
                ((*frame).return_ip.cast_mut(), (*frame).link)
            }
            state::RUNNING => {
                // In a chain that is suspended it awaits something for somebody else.
                let waits = (*root_of(frame)).state() != state::RUNNING;
                let text = match (*frame).kind() {
                    state::COROUTINE if waits && info as u8 == Ret::Delegate as u8 => {
                        "coroutine is being awaited already"
                    }
                    state::COROUTINE => "coroutine already executing",
                    state::ASYNC_GENERATOR => "async generator already executing",
                    _ => "generator already executing",
                };
                let id =
                    if text.ends_with("awaited already") { T::RuntimeError } else { T::ValueError };
                return Err(raise::error(&*vm, id, text));
            }
            _ => {
                let text = "cannot reuse already awaited coroutine";
                return Err(raise::error(&*vm, T::RuntimeError, text));
            }
        };
        let depth = ((*base.offset(INFO)).bits() & DEPTH_MASK).wrapping_add(DEPTH_ONE);
        let window = call::free_window(vm, base);
        if depth >= (*vm).signals.limit() || !(*vm).has_room(window, 1024) {
            let text = "maximum recursion depth exceeded";
            return Err(raise::error(&*vm, T::RecursionError, text));
        }
        if suspended && (*frame).header.flags & state::HANDLING != 0 {
            take_up(vm, frame);
        }
        (*frame).return_ip = ip;
        (*frame).caller = base;
        (*frame).info = depth | info & !DEPTH_MASK;
        (*frame).link = window;
        (*frame_at(inner)).link = window;
        Frame::set_state(frame, state::RUNNING);
        if (*frame).kind() != state::ASYNC_GENERATOR {
            (*frame).header.flags &= !state::BUSY;
        }
        Ok(Pc::new(inner_ip, inner))
    }
}

/// Resumes a frame with a value.
pub unsafe fn resume(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    frame: *mut Frame,
    value: Value,
    info: u64,
) -> Pc {
    unsafe {
        let fresh = (*frame).state() == state::CREATED;
        if fresh && !value.is_none() {
            let what = kind_name(frame);
            let text = format!("can't send non-None value to a just-started {what}");
            raise::error(&*vm, T::TypeError, &text);
            return failed(vm, ip, base, info);
        }
        if (*frame).header.flags & state::BUSY != 0
            && (*frame).kind() != state::ASYNC_GENERATOR
            && call::ret_of(info) != Ret::Task
        {
            // Only the task knows the result that this `await` is to have.
            raise::error(&*vm, T::RuntimeError, "await wasn't used with future");
            return failed(vm, ip, base, info);
        }
        match enter(vm, ip, base, frame, info) {
            Ok(pc) => {
                if !fresh {
                    reg!(pc.base, word::a(*pc.ip.sub(1))) = value;
                }
                pc
            }
            Err(_) => failed(vm, ip, base, info),
        }
    }
}

pub fn kind_name(frame: *mut Frame) -> &'static str {
    // SAFETY: a live frame.
    match unsafe { (*frame).kind() } {
        state::COROUTINE => "coroutine",
        state::ASYNC_GENERATOR => "async generator",
        _ => "generator",
    }
}

/// The resume never began: its consumer gets the exception.
pub(super) unsafe fn failed(vm: *mut Vm, ip: Ip, base: Base, info: u64) -> Pc {
    unsafe {
        if call::ret_of(info) == Ret::ResumeNative {
            return call::fail(vm, ip, base, Ret::Native as u64);
        }
        if call::ret_of(info) == Ret::Task {
            return tasks::raised(vm, ip, base);
        }
        unwind::unwind(vm, ip, base)
    }
}

/// Raises an exception where a frame is suspended.
pub(super) unsafe fn throw(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    frame: *mut Frame,
    exception: Value,
    info: u64,
) -> Pc {
    unsafe {
        let exception = exception.cast::<Exception>().expect("checked by the caller");
        if (*frame).state() == state::CREATED {
            Frame::set_state(frame, state::FINISHED);
            (*vm).exception = Value::object(exception);
            let function = (*frame).function;
            let code = function.code;
            exception.trace.push(TracePoint { code, word: BEFORE, kept: Value::UNDEF });
            return failed(vm, ip, base, info);
        }
        match enter_with(vm, ip, base, frame, info, handling::take_up_innermost) {
            Ok(pc) => {
                if call::ret_of(info) == Ret::AsyncStep {
                    (*frame).root = root_of(frame_at(base));
                }
                // What is handled by others than the body that is thrown into is no context of it.
                (*vm).exception = Value::object(exception);
                if (*frame).header.flags & state::HANDLING != 0 {
                    handling::thrown_in(vm, pc.ip, pc.base);
                }
                unwind::unwind(vm, pc.ip, pc.base)
            }
            Err(_) => failed(vm, ip, base, info),
        }
    }
}

/// Resumes a suspended frame with an exception that what it awaits has raised, or has raised again.
pub(super) unsafe fn raise_in(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    frame: *mut Frame,
    (exception, again): (Value, bool),
    info: u64,
) -> Pc {
    unsafe {
        match enter(vm, ip, base, frame, info) {
            Ok(pc) => {
                (*vm).exception = exception;
                if !again && let Some(exception) = (*vm).pending() {
                    raise::set(&*vm, exception);
                }
                unwind::unwind(vm, pc.ip, pc.base)
            }
            Err(_) => failed(vm, ip, base, info),
        }
    }
}

/// Does what a native asked for.
pub unsafe fn serve(vm: *mut Vm, ip: Ip, base: Base, request: Request, info: u64) -> Pc {
    unsafe {
        let plain = request.then.is_none() && call::ret_of(info) == Ret::Plain;
        let info = if plain {
            info & DST_MASK | Ret::Resume as u64
        } else {
            let (run, state) = request.then.unwrap_or((|_, _, outcome| outcome, [Value::NONE; 3]));
            (*vm).continuations.push(call::Continuation { run, state, info });
            Ret::ResumeNative as u64
        };
        let frame = request.frame.as_ptr();
        if request.throws {
            throw(vm, ip, base, frame, request.value, info)
        } else {
            resume(vm, ip, base, frame, request.value, info)
        }
    }
}

/// The hot side of `for` over a generator.
#[inline(always)]
pub unsafe fn for_frame(vm: *mut Vm, ip: Ip, base: Base, frame: *mut Frame, w: Word) -> Pc {
    unsafe {
        // Suspended, handling nothing, not delegating, and consumed by an activation on the stack.
        if (*frame).header.flags & (state::MASK | state::KIND | state::HANDLING)
            != state::SUSPENDED | state::GENERATOR
        {
            return Pc::DECLINE;
        }
        let own = Frame::base(frame);
        if (*frame).link != own {
            return Pc::DECLINE;
        }
        let depth = ((*base.offset(INFO)).bits() & DEPTH_MASK).wrapping_add(DEPTH_ONE);
        if depth >= (*vm).fence() {
            return Pc::DECLINE;
        }
        let inner_ip = (*frame).return_ip.cast_mut();
        (*frame).return_ip = ip;
        (*frame).caller = base;
        (*frame).info = depth | w & DST_MASK | Ret::ForFrame as u64;
        // Where its windows go is worked out if it calls (`call::free_window`).
        (*frame).link = std::ptr::null_mut();
        (*frame).header.flags ^= state::SUSPENDED ^ state::RUNNING;
        reg!(own, word::a(*inner_ip.sub(1))) = Value::NONE;
        Pc::new(inner_ip, own)
    }
}

// ---- yielding

#[inline(always)]
pub unsafe fn yield_value(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let frame = frame_at(base);
        let info = (*frame).info;
        let value = reg!(base, word::b(w));
        if info as u8 != Ret::ForFrame as u8 {
            return Pc::DECLINE;
        }
        let consumer_ip = (*frame).return_ip.cast_mut();
        let consumer = (*frame).caller;
        (*frame).return_ip = ip;
        (*frame).link = base;
        (*frame).header.flags ^= state::SUSPENDED ^ state::RUNNING;
        reg!(consumer, (info >> 16) as u16 as usize) = value;
        Pc::new(taken(consumer_ip, word::sc(*consumer_ip.sub(1))), consumer)
    }
}

pub unsafe fn yield_value_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let value = reg!(base, word::b(w));
        let root = root_of(frame_at(base));
        let info = (*root).info;
        let consumer_ip = (*root).return_ip.cast_mut();
        let consumer = (*root).caller;
        (*root).return_ip = ip;
        (*root).link = base;
        Frame::set_state(root, state::SUSPENDED);
        if (*root).header.flags & state::HANDLING != 0 {
            handling::put_away(vm, root);
        }
        match call::ret_of(info) {
            Ret::ForFrame => {
                reg!(consumer, (info >> 16) as u16 as usize) = value;
                Pc::new(taken(consumer_ip, word::sc(*consumer_ip.sub(1))), consumer)
            }
            Ret::Resume => {
                reg!(consumer, (info >> 16) as u16 as usize) = value;
                Pc::new(consumer_ip, consumer)
            }
            Ret::ResumeNative => call::finish(vm, consumer_ip, consumer, Ret::Native as u64, value),
            Ret::Task => tasks::yielded(vm, consumer_ip, consumer, value),
            other => unreachable!("a running root is never {other:?}"),
        }
    }
}

pub unsafe fn yield_handled(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        handling::note(base);
        yield_value_slow(vm, ip, base, w)
    }
}

/// `yield` in an async generator: the awaited step ends here.
pub unsafe fn async_yield(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let frame = frame_at(base);
        let value = reg!(base, word::b(w));
        let (step_ip, stepper) = ((*frame).return_ip.cast_mut(), (*frame).caller);
        let info = (*frame).info;
        let dst = (info >> 16) as u16 as usize;
        detach(frame, stepper);
        (*frame).return_ip = ip;
        (*frame).link = base;
        Frame::set_state(frame, state::SUSPENDED);
        if word::ext(w) & HANDLED != 0 {
            (*frame).header.flags |= state::HANDLING;
            handling::put_away(vm, frame);
        }
        if info & THROWN != 0 {
            handling::awaiter_takes_up(vm, step_ip, stepper);
        }
        reg!(stepper, dst) = value;
        Pc::new(step_ip, stepper)
    }
}

/// A linked frame leaves its chain: the windows of the outer one go where its own went.
pub(super) unsafe fn detach(frame: *mut Frame, outer: Base) {
    unsafe {
        (*frame_at(outer)).link = (*frame).link;
        (*frame).root = std::ptr::null_mut();
        (*frame).info = 0;
    }
}

// ---- ending

/// The frame at `base` has returned a value.
pub unsafe fn frame_returns(vm: *mut Vm, base: Base, value: Value) -> Pc {
    unsafe {
        let frame = frame_at(base);
        let info = (*frame).info;
        let (ip, consumer) = ((*frame).return_ip.cast_mut(), (*frame).caller);
        Frame::set_state(frame, state::FINISHED);
        match call::ret_of(info) {
            Ret::ForFrame => Pc::new(ip, consumer),
            Ret::Task => tasks::returned(vm, ip, consumer, value),
            Ret::Resume | Ret::ResumeNative => {
                stop_iteration(&*vm, value);
                failed(vm, ip, consumer, info)
            }
            Ret::Delegate => {
                if info & THROWN != 0 {
                    handling::awaiter_takes_up(vm, ip, consumer);
                }
                reg!(consumer, (info >> 16) as u16 as usize) = value;
                detach(frame, consumer);
                if (*frame).header.flags & state::EXPOSED == 0 && (*frame).header.cells != 0 {
                    (*vm).space.heap.release(frame.cast());
                }
                Pc::new(ip, consumer)
            }
            Ret::AsyncStep => {
                if info & THROWN != 0 {
                    handling::awaiter_takes_up(vm, ip, consumer);
                }
                detach(frame, consumer);
                raise::with_args(&*vm, T::StopAsyncIteration, &[]);
                unwind::unwind(vm, ip, consumer)
            }
            other => unreachable!("a frame never ends for {other:?}"),
        }
    }
}

/// StopIteration with a value: the end of a generator that is resumed by hand.
pub(super) fn stop_iteration(vm: &Vm, value: Value) -> Stop {
    if value.is_none() {
        return raise::with_args(vm, T::StopIteration, &[]);
    }
    raise::with_args(vm, T::StopIteration, &[value])
}

/// An exception leaves the frame at `base`.
pub unsafe fn frame_raises(vm: &mut Vm, base: Base) {
    unsafe {
        let frame = frame_at(base);
        Frame::set_state(frame, state::FINISHED);
        let ret = call::ret_of((*frame).info);
        if matches!(ret, Ret::Delegate | Ret::AsyncStep) {
            detach(frame, (*frame).caller);
        }
        let is_async = (*frame).kind() == state::ASYNC_GENERATOR;
        let what = if vm.pending_is(T::StopIteration) {
            "StopIteration"
        } else if is_async && vm.pending_is(T::StopAsyncIteration) {
            "StopAsyncIteration"
        } else {
            let hidden = (*frame).header.flags & state::EXPOSED == 0 && (*frame).header.cells != 0;
            if ret == Ret::Delegate && hidden && !vm.keeps_locals.get() {
                vm.space.heap.release(frame.cast());
            }
            return;
        };
        let escaped = vm.take_exception();
        let text = format!("{} raised {what}", kind_name(frame));
        raise::error(vm, T::RuntimeError, &text);
        let error = vm.pending().expect("just raised");
        error.cause.set(escaped);
        error.context.set(escaped);
        error.suppress.set(true);
    }
}

// ---- delegation

pub unsafe fn get_delegate(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let value = reg!(base, word::b(w));
        let frame = value.cast::<Frame>().filter(|frame| frame.kind() == state::COROUTINE);
        if frame.is_some() || value.is::<Wait>() {
            let awaits = (*frame_at(base)).header.flags & state::ITERABLE_COROUTINE != 0
                || (*vm).code_of(base).code.kind == CodeKind::Coroutine;
            if !awaits {
                let text = "cannot 'yield from' a coroutine object in a non-coroutine generator";
                raise::error(&*vm, T::TypeError, text);
                return unwind::unwind(vm, ip, base);
            }
            reg!(base, word::a(w)) = value;
            return Pc::new(ip, base);
        }
        let space = &(*vm).space;
        let held = |value| ![T::Event, T::Barrier].iter().any(|&id| space.isinstance(value, id));
        if value.is::<Primitive>() && held(value) {
            // Up to Python 3.8: `with (yield from lock)`. It is no iterable otherwise.
            let hold = (*vm).prelude("_hold");
            return call::invoke(vm, ip, base, hold, &[value], w & DST_MASK);
        }
        let flow = Cx::of(&mut *vm).iter_then(value);
        call::settle(vm, ip, base, w & DST_MASK, flow)
    }
}

pub unsafe fn delegate(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        handling::note_if(base, w);
        delegate_to(vm, ip, base, w & DST_MASK, reg!(base, word::b(w)))
    }
}

/// Delegates to an iterator; its result goes to the destination in `info`.
pub unsafe fn delegate_to(vm: *mut Vm, ip: Ip, base: Base, info: u64, iterator: Value) -> Pc {
    unsafe {
        if let Some(frame) = iterator.cast::<Frame>()
            && frame.kind() != state::ASYNC_GENERATOR
        {
            return link(vm, ip, base, frame.as_ptr(), info);
        }
        if let Some(wait) = iterator.cast::<Wait>() {
            if let Some(pc) = tasks::await_wait(vm, ip, base, info, wait) {
                return pc;
            }
            return awaiting::await_object(vm, ip, base, info, iterator);
        }
        let class = (*vm).space.class_of(iterator);
        let next = (*vm).space.lookup(class, (*vm).names.__next__);
        if !iterator.is::<Iter>() && next.is_none() {
            // Only `__await__` hands over what nobody has made an iterator of.
            let text = format!("__await__() returned non-iterator of type '{}'", class.name_text());
            raise::error(&*vm, T::TypeError, &text);
            return unwind::unwind(vm, ip, base);
        }
        // A generator of the prelude forwards to the foreign iterator.
        let forward = (*vm).prelude(if ends_plainly(iterator) { DELEGATE } else { DELEGATE_TO });
        let frame = match generator_of(vm, base, forward, &[iterator]) {
            Ok(frame) => frame,
            Err(_) => return unwind::unwind(vm, ip, base),
        };
        link(vm, ip, base, frame, info)
    }
}

/// The functions of the prelude that forward to iterators; the second hands on what is thrown in
/// as it was given.
pub(super) const DELEGATE: &str = "_delegate";
pub(super) const DELEGATE_TO: &str = "_delegate_to";

/// Is this a built-in iterator whose end says nothing? A function of `map` may raise a
/// StopIteration with a value.
fn ends_plainly(iterator: Value) -> bool {
    iterator
        .cast::<Iter>()
        .is_some_and(|iter| iter.kind != IterKind::Map || !iter.a.get().is::<Function>())
}

/// The frame of a call to a generator or coroutine function.
pub(super) unsafe fn generator_of(
    vm: *mut Vm,
    base: Base,
    function: Value,
    args: &[Value],
) -> Result<*mut Frame, Stop> {
    unsafe {
        let function = function.cast::<Function>().expect("a function of the prelude");
        (*vm).ready(function);
        let params = &function.code.code.params;
        let plain = params.positional_only as usize + params.positional as usize;
        if plain == args.len() && plain == params.total() {
            // Nothing is to be sorted out: the frame takes its arguments from where they are.
            return Ok(make_frame(&*vm, function, args.as_ptr().cast_mut()));
        }
        let nb = call::free_window(vm, base).add(HEADER as usize);
        let total = params.total().max(args.len());
        if !(*vm).has_room(nb, total) {
            let text = "maximum recursion depth exceeded";
            return Err(raise::error(&*vm, T::RecursionError, text));
        }
        std::ptr::copy(args.as_ptr(), nb, args.len());
        bind::positional(&mut *vm, function, nb, args.len())?;
        Ok(make_frame(&*vm, function, nb))
    }
}

/// Links a frame under the one at `base` and goes on in it.
pub(super) unsafe fn link(vm: *mut Vm, ip: Ip, base: Base, frame: *mut Frame, info: u64) -> Pc {
    unsafe {
        if (*frame).state() == state::FINISHED && (*frame).kind() == state::GENERATOR {
            reg!(base, (info >> 16) as u16 as usize) = Value::NONE;
            return Pc::new(ip, base);
        }
        let fresh = (*frame).state() == state::CREATED;
        let info = info & DST_MASK | Ret::Delegate as u64;
        match enter(vm, ip, base, frame, info) {
            Ok(pc) => {
                (*frame).root = root_of(frame_at(base));
                (*(*frame).root).header.flags |= (*frame).header.flags & state::HANDLING;
                if !fresh {
                    reg!(pc.base, word::a(*pc.ip.sub(1))) = Value::NONE;
                }
                pc
            }
            Err(_) => unwind::unwind(vm, ip, base),
        }
    }
}

/// The frame that a suspended root delegates to directly, cut loose; None without delegation.
/// An async generator that is stepped stays where it is: the exception reaches it.
pub(super) unsafe fn cut(root: *mut Frame) -> Option<*mut Frame> {
    unsafe {
        let own = Frame::base(root);
        if (*root).state() != state::SUSPENDED || (*root).link == own {
            return None;
        }
        let mut frame = frame_at((*root).link);
        while (*frame).caller != own {
            frame = frame_at((*frame).caller);
        }
        if call::ret_of((*frame).info) == Ret::AsyncStep {
            return None;
        }
        let (outer_ip, inner_ip, inner) = ((*frame).return_ip, (*root).return_ip, (*root).link);
        (*frame).root = std::ptr::null_mut();
        (*frame).info = 0;
        (*frame).caller = std::ptr::null_mut();
        (*frame).link = inner;
        (*frame).return_ip = inner_ip;
        Frame::set_state(frame, state::SUSPENDED);
        (*frame).header.flags |= (*root).header.flags & state::HANDLING;
        (*root).link = own;
        (*root).return_ip = outer_ip;
        Some(frame)
    }
}
