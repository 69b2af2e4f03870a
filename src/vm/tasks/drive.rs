//! Turns of a loop, and steps of tasks.

use std::collections::VecDeque;
use std::sync::Arc;

use super::super::linked::ROOM;
use super::super::pc::{Base, Ip, Pc, reg};
use super::super::threads::{Key, Woke};
use super::super::{Cx, Vm, call, context, frame_at, raise, safepoint, suspend, unwind};
use super::park::throw_in;
use super::settle::{Outcome, cancellation, outcome, outcome_to_raise, settle};
use super::{Begun, Draw, begin, child_done, condition, crossing, end, plain, ring, set_current};
use crate::code::op::{Op, Word, word};
use crate::code::{Code, CodeKind, Content, Handler, LineEntry, Local, PRELUDE, Params};
use crate::gc::Gc;
use crate::rt::RESOLUTION;
use crate::value::frame::{DEPTH_MASK, DEPTH_ONE, INFO, Ret, state as frame_state};
use crate::value::future::state;
use crate::value::schedule::{Entry, flag};
use crate::value::wait::phase;
use crate::value::{
    EventLoop, Exception, Frame, Future, Gathering, Group, Handle, T, Task, Timeout, TracePoint,
    Value, Wait,
};

// Registers of the driver: the loop, or the one task to step; …
const SUBJECT: usize = 0;
/// … what runs (a task or a handle), or unbound; of a single task, what ran around it …
const ACTIVE: usize = 1;
/// … an exception that a callback has raised; …
const FAULT: usize = 2;
/// … the context around the driver.
const CONTEXT: usize = 3;
const REGISTERS: usize = 4;

/// The function that drives what it is called with: a loop until it stops, a task for one step.
pub fn driver(vm: &mut Vm) -> Value {
    if let Some(driver) = vm.tasks.driver {
        return driver;
    }
    let wide = |op, offset: i32| word::encode_wide(op, 0, 0, offset as u32);
    let words = vec![
        word::encode(Op::LoadUndef, 0, ACTIVE as u16, 0, 0),
        word::encode(Op::Drive, 0, SUBJECT as u16, 0, 0),
        wide(Op::Loop, -2),
        word::encode(Op::RetNone, 0, 0, 0, 0),
        word::encode(Op::DriveOn, 0, SUBJECT as u16, FAULT as u16, 0),
        wide(Op::Loop, -5),
    ];
    let line = LineEntry { word: 0, line: 1, end_line: 1, column: 0, end_column: 0 };
    let content = Content {
        kind: CodeKind::Function,
        is_module: false,
        name: "_drive_loop".into(),
        qualname: "_drive_loop".into(),
        doc: None,
        filename: PRELUDE.into(),
        first_line: 1,
        params: Params { positional_only: 1, ..Params::default() },
        registers: REGISTERS as u32,
        words,
        consts: Vec::new(),
        names: Vec::new(),
        codes: Vec::new(),
        free_names: Vec::new(),
        locals: vec![Local { name: "subject".into(), register: SUBJECT as u16, is_cell: false }],
        inner_locals: Vec::new(),
        is_inspected: false,
        looks_at_failures: false,
        future_annotations: false,
        handlers: vec![Handler { start: 1, end: 3, target: 4, register: FAULT as u16 }],
        lines: [line].into_iter().collect(),
        live: Vec::new(),
    };
    let code = Arc::new(Code::new(Vec::new(), content));
    let globals = vm.prelude_globals();
    let driver = Value::object(vm.function(vm.link(&code, globals), globals));
    vm.tasks.driver = Some(driver);
    driver
}

// ---- turns

/// `Drive`: runs the next entry of the loop, which comes back here when it ends.
pub unsafe fn drive(vm: *mut Vm, ip: Ip, base: Base, _: Word) -> Pc {
    // SAFETY: I3; so throughout this file. The code is that of `driver`.
    unsafe {
        if let Some(own) = reg!(base, SUBJECT).cast::<EventLoop>() {
            leave(vm, base, own);
            return turns(vm, ip, base, own);
        }
        let task = reg!(base, SUBJECT).cast::<Task>().expect("a loop or a task");
        if !reg!(base, ACTIVE).is_undef() {
            leave_single(vm, base, task);
            return Pc::new(ip.add(1), base);
        }
        reg!(base, CONTEXT) = (*vm).context;
        reg!(base, ACTIVE) = set_current(&mut *vm, task.event_loop.get(), Value::object(task));
        enter_context(vm, task.context.get());
        let delivery = deliver(vm, task);
        step(vm, ip, base, task, delivery).unwrap_or(Pc::new(ip, base))
    }
}

/// `DriveOn`: what ran has raised. A loop goes on, unless its program wants to end.
pub unsafe fn failed(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let fault = reg!(base, word::b(w));
        let Some(own) = reg!(base, SUBJECT).cast::<EventLoop>() else {
            let task = reg!(base, SUBJECT).cast::<Task>().expect("a loop or a task");
            if !reg!(base, ACTIVE).is_undef() {
                leave_single(vm, base, task);
            }
            (*vm).exception = fault;
            return unwind::unwind(vm, ip, base);
        };
        let active = reg!(base, ACTIVE);
        leave(vm, base, own);
        if active.is_undef()
            || (*vm).space.isinstance(fault, T::SystemExit)
            || (*vm).space.isinstance(fault, T::KeyboardInterrupt)
        {
            own.left.set(0);
            own.set(flag::IN_TURN, false);
            (*vm).exception = fault;
            return unwind::unwind(vm, ip, base);
        }
        let report = (*vm).prelude("_callback_failed");
        let args = [Value::object(own), active, fault];
        call::invoke(vm, ip, base, report, &args, Ret::Discard as u64)
    }
}

/// Ends the entry that ran, if any.
#[inline(always)]
unsafe fn leave(vm: *mut Vm, base: Base, own: Gc<EventLoop>) {
    unsafe {
        let active = reg!(base, ACTIVE);
        if active.is_undef() {
            return;
        }
        reg!(base, ACTIVE) = Value::UNDEF;
        own.current.set(Value::UNDEF);
        leave_context(vm, base, active);
    }
}

unsafe fn leave_single(vm: *mut Vm, base: Base, task: Gc<Task>) {
    unsafe {
        let before = std::mem::replace(&mut reg!(base, ACTIVE), Value::TRUE);
        if before == Value::TRUE {
            return;
        }
        set_current(&mut *vm, task.event_loop.get(), before);
        leave_context(vm, base, Value::object(task));
    }
}

#[inline(always)]
unsafe fn leave_context(vm: *mut Vm, base: Base, active: Value) {
    unsafe {
        let context = std::mem::replace(&mut (*vm).context, reg!(base, CONTEXT));
        context::mark(context, false);
        if let Some(task) = active.cast::<Task>() {
            task.context.set(context);
        } else if let Some(handle) = active.cast::<Handle>() {
            handle.context.set(context);
        }
    }
}

#[inline(always)]
unsafe fn enter_context(vm: *mut Vm, context: Value) {
    unsafe { (*vm).context = context };
    context::mark(context, true);
}

unsafe fn turns(vm: *mut Vm, ip: Ip, base: Base, own: Gc<EventLoop>) -> Pc {
    unsafe {
        loop {
            if (*vm).interrupted()
                && let Err(pc) = safepoint::poll_below(vm, ip, base, base.add(REGISTERS))
            {
                return pc;
            }
            if own.left.get() == 0 {
                match turn(vm, ip, base, own) {
                    Turn::Run => {}
                    Turn::Stop => return Pc::new(ip.add(1), base),
                    Turn::Elsewhere(pc) => return pc,
                }
                continue;
            }
            let entry = own.ready.borrow_mut().pop_front();
            let Some(entry) = entry else {
                own.left.set(0);
                continue;
            };
            own.left.set(own.left.get() - 1);
            if let Some(pc) = run(vm, ip, base, own, entry) {
                return pc;
            }
        }
    }
}

enum Turn {
    Run,
    Stop,
    Elsewhere(Pc),
}

/// Ends a turn and begins the next: timers that are due get behind what is ready.
unsafe fn turn(vm: *mut Vm, ip: Ip, base: Base, own: Gc<EventLoop>) -> Turn {
    unsafe {
        if own.has(flag::IN_TURN) {
            own.set(flag::IN_TURN, false);
            if own.has(flag::STOPPING) || own.has(flag::ONE_TURN) {
                return Turn::Stop;
            }
        } else {
            reg!(base, CONTEXT) = (*vm).context;
            if own.has(flag::MOVED) {
                own.left.set(own.ready.borrow().len());
                own.set(flag::IN_TURN, true);
                return Turn::Run;
            }
        }
        (*vm).glance();
        let idle = own.ready.borrow().is_empty() && !own.has(flag::STOPPING);
        let armed = !own.timers.borrow().is_empty();
        let mut first = if armed { own.timers.borrow_mut().next_time() } else { None };
        if !(*vm).tasks.suspects.is_empty() && (armed || !idle) {
            // Without a timer, and with nothing to do, all will be told of in a moment.
            let due = ring::tell(&mut *vm, own, false);
            first = first.map(|first| due.map_or(first, |due| due.min(first)));
        }
        match first {
            None if idle => return rest(vm, ip, base, own, None),
            None => {}
            Some(first) if !idle && (*vm).clock.is_before(first) => {}
            Some(first) => {
                let now = (*vm).clock.now();
                if idle && first > now {
                    let until = (*vm).clock.wake_up_time(now, first);
                    return rest(vm, ip, base, own, Some(until));
                }
                fire(own, now + RESOLUTION);
            }
        }
        let count = own.ready.borrow().len();
        if let Some(draw) = &mut (*vm).tasks.shuffle {
            shuffle(&mut own.ready.borrow_mut(), draw);
        }
        own.left.set(count);
        own.set(flag::IN_TURN, true);
        Turn::Run
    }
}

/// Moves the timers that are due behind what is ready.
pub fn fire(own: Gc<EventLoop>, until: f64) {
    let mut timers = own.timers.borrow_mut();
    let mut ready = own.ready.borrow_mut();
    while let Some((_, what)) = timers.pop_due(until) {
        if let Some(handle) = what.cast::<Handle>() {
            handle.flags.set(handle.flags.get() & !flag::SCHEDULED);
        } else if let Some(timeout) = what.cast::<Timeout>() {
            super::is_due(timeout);
        }
        ready.push_back(what);
    }
}

/// Tasks change places among each other. Callbacks keep theirs: programs may rely on their order.
#[cold]
fn shuffle(ready: &mut VecDeque<Entry>, draw: &mut Draw) {
    let is_step = |&i: &usize| {
        // Behind a gathering stands its child, which does not run.
        ready[i].is::<Task>()
            && (i == 0 || !(ready[i - 1].is::<Gathering>() || ready[i - 1].is::<Group>()))
    };
    let places: Vec<usize> = (0..ready.len()).filter(is_step).collect();
    for i in (1..places.len()).rev() {
        ready.swap(places[i], places[draw.below(i + 1)]);
    }
}

/// Waits until a time, or until somebody schedules something from outside. What is due is seen in
/// the next turn, after the safepoint.
unsafe fn rest(vm: *mut Vm, ip: Ip, base: Base, own: Gc<EventLoop>, until: Option<f64>) -> Turn {
    unsafe {
        (*vm).leave_registers(ip, base);
        let cx = Cx::of(&mut *vm);
        let woke = cx.park(Some(Key::of(own)), until, Value::object(own));
        if woke != Woke::Stuck {
            return Turn::Run;
        }
        let stuck = (*vm).prelude("_loop_is_stuck");
        let args = [Value::object(own)];
        Turn::Elsewhere(call::invoke(vm, ip, base, stuck, &args, Ret::Discard as u64))
    }
}

/// Runs an entry; None if that is done already.
#[inline(always)]
unsafe fn run(vm: *mut Vm, ip: Ip, base: Base, own: Gc<EventLoop>, what: Entry) -> Option<Pc> {
    unsafe {
        if let Some(task) = what.cast::<Task>() {
            if own.has(flag::DEBUG) {
                return Some(watched(vm, ip, base, what));
            }
            reg!(base, ACTIVE) = what;
            own.current.set(what);
            (*vm).leave_registers(ip, base);
            enter_context(vm, task.context.get());
            let delivery = deliver(vm, task);
            let pc = step(vm, ip, base, task, delivery);
            if pc.is_none() {
                leave(vm, base, own);
            }
            return pc;
        }
        if let Some(handle) = what.cast::<Handle>() {
            if handle.flags.get() & flag::CANCELLED != 0 {
                return None;
            }
            if own.has(flag::DEBUG) {
                return Some(watched(vm, ip, base, what));
            }
            reg!(base, ACTIVE) = what;
            own.current.set(what);
            enter_context(vm, handle.context.get());
            let args = (*vm).space.unwrap(handle.args.get());
            let args = args.cast::<crate::value::Tuple>();
            let args = args.as_ref().map_or(&[][..], |args| args.as_slice());
            let callback = handle.callback.get();
            return Some(call::invoke(vm, ip, base, callback, args, Ret::Discard as u64));
        }
        if let Some(wait) = what.cast::<Wait>() {
            super::wake(&mut *vm, wait);
        } else if let Some(timeout) = what.cast::<Timeout>() {
            (*vm).leave_registers(ip, base);
            if super::expire(Cx::of(&mut *vm), timeout).is_err() {
                return Some(unwind::unwind(vm, ip, base));
            }
        } else if let Some(gathering) = what.cast::<Gathering>() {
            let child = own.ready.borrow_mut().pop_front();
            own.left.set(own.left.get().saturating_sub(1));
            if let Some(child) = child.and_then(|child| child.future()) {
                child_done(&*vm, gathering, child);
            }
        } else if let Some(group) = what.cast::<Group>() {
            let task = own.ready.borrow_mut().pop_front()?;
            own.left.set(own.left.get().saturating_sub(1));
            if super::member_done(&*vm, group, task) {
                let args = Value::object((*vm).space.tuple(&[what, task]));
                let failed = (*vm).prelude("_member_failed");
                let handle = (*vm).space.handle(failed, args, Value::object(own), Value::UNDEF);
                return run(vm, ip, base, own, Value::object(handle));
            }
        }
        None
    }
}

/// Runs a task's step or a handle in debug mode: the library looks at the clock.
unsafe fn watched(vm: *mut Vm, ip: Ip, base: Base, what: Value) -> Pc {
    unsafe {
        let watched = (*vm).prelude("_run_watched");
        let args = [reg!(base, SUBJECT), what];
        call::invoke(vm, ip, base, watched, &args, Ret::Discard as u64)
    }
}

// ---- steps

/// What a coroutine gets where it is suspended.
pub enum Delivery {
    Send(Value),
    /// None: it begins, or has only let the others run.
    Go,
    Throw(Value),
    /// A native coroutine that was woken raises this, or raises it again.
    Raise(Value, bool),
    /// A CancelledError with this message.
    Cancel(Value),
    /// It has to wait again.
    Nothing,
}

/// What the step that is due brings.
#[inline(always)]
unsafe fn deliver(vm: *mut Vm, task: Gc<Task>) -> Delivery {
    let waits = task.waits_on.replace(Value::UNDEF);
    if waits.is_undef() && !task.has(state::MUST_CANCEL) {
        return Delivery::Go;
    }
    // SAFETY: the machine is exclusively ours.
    deliver_result(unsafe { &mut *vm }, task, waits)
}

fn deliver_result(vm: &mut Vm, task: Gc<Task>, waits: Value) -> Delivery {
    let direct = task.has(state::DIRECT);
    task.set(state::DIRECT, false);
    let delivery = if waits.is_undef() {
        Delivery::Send(Value::NONE)
    } else if waits.is::<Exception>() {
        Delivery::Throw(waits)
    } else if let Some(wait) = waits.cast::<Wait>() {
        let cancelled = task.has(state::MUST_CANCEL).then(|| task.result.get());
        let again = condition::handles(wait);
        let woken = cancelled.is_none() && wait.phase.get() != phase::CANCELLED;
        match end(vm, wait, cancelled) {
            Some(Outcome::Value(value)) => Delivery::Send(value),
            Some(Outcome::Error(error)) if woken => Delivery::Raise(error, again),
            Some(Outcome::Error(error)) => Delivery::Throw(error),
            Some(Outcome::Cancelled(message)) => Delivery::Cancel(message),
            None => {
                if cancelled.is_some() {
                    // It has been heard; what was begun must be ended first.
                    task.set(state::MUST_CANCEL, false);
                    task.result.set(Value::NONE);
                }
                wait_for(task, waits);
                return Delivery::Nothing;
            }
        }
    } else if let Some(future) = waits.future().filter(|future| !future.is_pending()) {
        let raised_at_once = direct && task.coro.get().is::<Frame>();
        let outcome = if raised_at_once { outcome_to_raise } else { outcome };
        match outcome(vm, future) {
            Outcome::Value(value) => Delivery::Send(if direct { value } else { Value::NONE }),
            Outcome::Error(error) => Delivery::Throw(error),
            Outcome::Cancelled(message) => Delivery::Cancel(message),
        }
    } else {
        // A program has set `_fut_waiter`: nothing has come of that.
        Delivery::Go
    };
    if !task.has(state::MUST_CANCEL) {
        return delivery;
    }
    task.set(state::MUST_CANCEL, false);
    let message = task.result.replace(Value::NONE);
    match delivery {
        Delivery::Throw(error) if vm.space.isinstance(error, T::CancelledError) => delivery,
        Delivery::Cancel(_) => delivery,
        _ => Delivery::Cancel(message),
    }
}

/// Lets the task's coroutine run. None if it has waited or ended already.
#[inline(always)]
unsafe fn step(vm: *mut Vm, ip: Ip, base: Base, task: Gc<Task>, delivery: Delivery) -> Option<Pc> {
    unsafe {
        let coro = task.coro.get();
        if let Some(frame) = coro.cast::<Frame>() {
            let info = Ret::Task as u64;
            let frame = frame.as_ptr();
            return Some(match delivery {
                Delivery::Send(value) => match go_on(vm, ip, base, frame, value) {
                    Some(pc) => pc,
                    None => suspend::resume(vm, ip, base, frame, value, info),
                },
                Delivery::Go if (*frame).header.flags & frame_state::BUSY != 0 => {
                    // Another task waits in it.
                    let text = "coroutine is being awaited already";
                    raise::error(&*vm, T::RuntimeError, text);
                    raised(vm, ip, base)
                }
                Delivery::Go => match go_on(vm, ip, base, frame, Value::NONE) {
                    Some(pc) => pc,
                    None => suspend::resume(vm, ip, base, frame, Value::NONE, info),
                },
                Delivery::Throw(error) if exits_within(&*vm, frame, error) => {
                    (*frame).header.flags &= !frame_state::BUSY;
                    let args = [Value::object(task), coro, Value::NONE, error];
                    let step = (*vm).prelude("_step_foreign");
                    call::invoke(vm, ip, base, step, &args, Ret::Discard as u64)
                }
                Delivery::Throw(error) => suspend::throw(vm, ip, base, frame, error, info),
                Delivery::Raise(error, again) => {
                    suspend::raise_in(vm, ip, base, frame, (error, again), info)
                }
                Delivery::Cancel(message) => {
                    if is_unguarded(frame) {
                        return cancel_quietly(vm, ip, base, task, frame, message);
                    }
                    let error = cancellation(&*vm, message);
                    suspend::throw(vm, ip, base, frame, error, info)
                }
                Delivery::Nothing => return None,
            });
        }
        if let Some(wait) = coro.cast::<Wait>()
            && plain(task.event_loop.get()).is_some()
        {
            return step_wait(vm, ip, base, task, wait, delivery);
        }
        // A coroutine of the program's own making.
        let step = (*vm).prelude("_step_foreign");
        let (value, error) = match delivery {
            Delivery::Send(value) => (value, Value::NONE),
            Delivery::Go => (Value::NONE, Value::NONE),
            Delivery::Throw(error) | Delivery::Raise(error, _) => (Value::NONE, error),
            Delivery::Cancel(message) => (Value::NONE, cancellation(&*vm, message)),
            Delivery::Nothing => return None,
        };
        let args = [Value::object(task), coro, value, error];
        Some(call::invoke(vm, ip, base, step, &args, Ret::Discard as u64))
    }
}

/// Is it a GeneratorExit for a coroutine that awaits another? That one is closed first, and does not
/// get the exception, as when a program throws it.
unsafe fn exits_within(vm: &Vm, frame: *mut Frame, error: Value) -> bool {
    // SAFETY: the frame of a task that waits.
    unsafe { (*frame).link != Frame::base(frame) && vm.space.isinstance(error, T::GeneratorExit) }
}

/// The usual case of `suspend::resume`: a coroutine that is suspended, and handles nothing, goes
/// on for its task.
#[inline(always)]
unsafe fn go_on(vm: *mut Vm, ip: Ip, base: Base, frame: *mut Frame, value: Value) -> Option<Pc> {
    unsafe {
        let flags = frame_state::MASK | frame_state::KIND | frame_state::HANDLING;
        if (*frame).header.flags & flags != frame_state::SUSPENDED | frame_state::COROUTINE {
            return None;
        }
        let depth = ((*base.offset(INFO)).bits() & DEPTH_MASK).wrapping_add(DEPTH_ONE);
        // The driver is a plain function.
        let window = base.add(REGISTERS);
        if depth >= (*vm).fence() || !(*vm).has_room(window, ROOM) {
            return None;
        }
        let (inner_ip, inner) = ((*frame).return_ip.cast_mut(), (*frame).link);
        (*frame).return_ip = ip;
        (*frame).caller = base;
        (*frame).info = depth | Ret::Task as u64;
        (*frame).link = window;
        (*frame_at(inner)).link = window;
        let kept = (*frame).header.flags & !(frame_state::MASK | frame_state::BUSY);
        (*frame).header.flags = kept | frame_state::RUNNING;
        reg!(inner, word::a(*inner_ip.sub(1))) = value;
        Some(Pc::new(inner_ip, inner))
    }
}

/// A step of a task whose coroutine is a native.
unsafe fn step_wait(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    task: Gc<Task>,
    wait: Gc<Wait>,
    delivery: Delivery,
) -> Option<Pc> {
    unsafe {
        let outcome = match delivery {
            Delivery::Send(value) if wait.is_finished() => Outcome::Value(value),
            Delivery::Send(_) | Delivery::Go => match begin(&mut *vm, wait, Value::object(task)) {
                Begun::Parked => {
                    wait_for(task, Value::object(wait));
                    return None;
                }
                Begun::Yielded => {
                    wait_for(task, Value::object(wait));
                    if let Some(own) = plain(task.event_loop.get()) {
                        own.push(Value::object(task));
                        return None;
                    }
                    return Some(schedule_step(vm, ip, base, task));
                }
                Begun::Done(outcome) => outcome,
            },
            Delivery::Throw(error) | Delivery::Raise(error, _) => {
                match throw_in(&mut *vm, wait, error) {
                    Some(outcome) => outcome,
                    None => {
                        wait_for(task, Value::object(wait));
                        return None;
                    }
                }
            }
            Delivery::Cancel(message) => {
                Cx::of(&mut *vm).close_wait(wait);
                Outcome::Cancelled(message)
            }
            Delivery::Nothing => return None,
        };
        Some(match outcome {
            Outcome::Value(value) => returned(vm, ip, base, value),
            Outcome::Error(error) => {
                (*vm).exception = error;
                raised(vm, ip, base)
            }
            Outcome::Cancelled(message) => {
                (*vm).exception = cancellation(&*vm, message);
                raised(vm, ip, base)
            }
        })
    }
}

/// Would an exception thrown into the frame leave it at once, unseen by anybody?
unsafe fn is_unguarded(frame: *mut Frame) -> bool {
    let own = Frame::base(frame);
    let frame = unsafe { Gc::<Frame>::from_raw(frame) };
    frame.state() == frame_state::SUSPENDED
        && frame.link == own
        && frame.kind() == frame_state::COROUTINE
        && frame.header.flags & frame_state::HANDLING == 0
        && frame.function.code.code.handlers.is_empty()
}

/// The task ends by a cancellation that its coroutine would not have noticed: no exception is
/// made unless somebody asks for it.
unsafe fn cancel_quietly(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    task: Gc<Task>,
    frame: *mut Frame,
    message: Value,
) -> Option<Pc> {
    unsafe {
        Frame::set_state(frame, frame_state::FINISHED);
        task.result.set(message);
        task.set(state::QUIET, true);
        let list = settle(&*vm, as_future(task), state::CANCELLED)?;
        Some(schedule(vm, ip, base, task, list))
    }
}

/// The exception of a quiet cancellation gets the trace that it would have had.
pub(super) fn pass_through(task: Gc<Task>, error: Gc<Exception>) {
    let Some(frame) = task.coro.get().cast::<Frame>() else { return };
    let code = frame.function.code;
    let word = code.index_of(frame.return_ip.cast_mut()).wrapping_sub(1);
    error.trace.push(TracePoint { code, word, kept: Value::UNDEF });
}

fn wait_for(task: Gc<Task>, what: Value) {
    task.waits_on.set(what);
    task.set(state::DIRECT, true);
}

/// The task whose step the activation at `base` runs.
pub(super) unsafe fn stepped(base: Base) -> Gc<Task> {
    unsafe {
        let subject = reg!(base, SUBJECT);
        let task = subject.cast::<Task>().or_else(|| reg!(base, ACTIVE).cast::<Task>());
        task.expect("a task is being stepped")
    }
}

/// Has the next step of a task scheduled by a loop that the program has written.
unsafe fn schedule_step(vm: *mut Vm, ip: Ip, base: Base, task: Gc<Task>) -> Pc {
    unsafe {
        let schedule = (*vm).prelude("_schedule_step");
        call::invoke(vm, ip, base, schedule, &[Value::object(task)], Ret::Discard as u64)
    }
}

/// The coroutine has yielded.
pub unsafe fn yielded(vm: *mut Vm, ip: Ip, base: Base, value: Value) -> Pc {
    unsafe {
        let task = stepped(base);
        let own = plain(task.event_loop.get());
        if value.is_none() {
            return match own {
                Some(own) => {
                    own.push(Value::object(task));
                    drive(vm, ip, base, 0)
                }
                None => schedule_step(vm, ip, base, task),
            };
        }
        if let Some(future) = value.future()
            && own.is_some()
            && future.has(state::BLOCKING)
            && !(*vm).space.class_of(value).is_user()
            && future.event_loop.get() == task.event_loop.get()
            && value != Value::object(task)
        {
            future.set(state::BLOCKING, false);
            task.set(state::DIRECT, false);
            let Some(pc) = wait_on(vm, ip, base, task, future) else {
                return drive(vm, ip, base, 0);
            };
            return pc;
        }
        let wait = (*vm).prelude("_wait_for_yielded");
        call::invoke(vm, ip, base, wait, &[Value::object(task), value], Ret::Discard as u64)
    }
}

/// The task waits for a future of its loop from now on.
pub(super) unsafe fn wait_on(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    task: Gc<Task>,
    future: Gc<Future>,
) -> Option<Pc> {
    unsafe {
        let waiter = Value::object(task);
        task.waits_on.set(Value::object(future));
        if !future.is_pending() {
            if let Some(own) = plain(task.event_loop.get()) {
                own.push(waiter);
            }
            return None;
        }
        super::add_waiter(&*vm, future, waiter);
        ring::look(&mut *vm, task, Value::object(future));
        if task.has(state::MUST_CANCEL) {
            // It was cancelled while it ran.
            let message = task.result.get();
            match super::cancel(Cx::of(&mut *vm), future, message) {
                Ok(heard) => task.set(state::MUST_CANCEL, !heard),
                Err(_) => return Some(unwind::unwind(vm, ip, base)),
            }
        }
        None
    }
}

/// The coroutine has returned.
pub unsafe fn returned(vm: *mut Vm, ip: Ip, base: Base, value: Value) -> Pc {
    unsafe {
        let task = stepped(base);
        let waiters = if task.has(state::MUST_CANCEL) {
            // It ended before the cancellation could reach it.
            task.set(state::MUST_CANCEL, false);
            settle(&*vm, as_future(task), state::CANCELLED)
        } else {
            task.result.set(value);
            settle(&*vm, as_future(task), state::RESULT)
        };
        if let Some(list) = waiters {
            return schedule(vm, ip, base, task, list);
        }
        drive(vm, ip, base, 0)
    }
}

/// The pending exception has left the coroutine. Goes on at `ip`.
pub unsafe fn raised(vm: *mut Vm, ip: Ip, base: Base) -> Pc {
    unsafe {
        let task = stepped(base);
        let error = (*vm).take_exception();
        task.set(state::MUST_CANCEL, false);
        task.result.set(error);
        if (*vm).tasks.notes_crossings {
            crossing::note(&*vm, task, error);
        }
        let space = &(*vm).space;
        let usual = space.class_of(error) == space.class(T::CancelledError);
        let cancelled = usual || space.isinstance(error, T::CancelledError);
        let to = if cancelled { state::CANCELLED } else { state::ERROR };
        let waiters = settle(&*vm, as_future(task), to);
        let ends = !usual
            && (space.isinstance(error, T::KeyboardInterrupt)
                || space.isinstance(error, T::SystemExit));
        if let Some(list) = waiters {
            if !ends {
                return schedule(vm, ip, base, task, list);
            }
            (*vm).leave_registers(ip, base);
            if Cx::of(&mut *vm).schedule_elsewhere(as_future(task), list).is_err() {
                return unwind::unwind(vm, ip, base);
            }
        }
        if ends {
            // The program wants to end: the loop is left by it.
            (*vm).exception = error;
            return unwind::unwind(vm, ip, base);
        }
        Pc::new(ip, base)
    }
}

fn as_future(task: Gc<Task>) -> Gc<Future> {
    Value::object(task).future().expect("a task is a future")
}

unsafe fn schedule(vm: *mut Vm, ip: Ip, base: Base, task: Gc<Task>, list: Value) -> Pc {
    unsafe {
        let schedule = (*vm).prelude("_schedule");
        let args = [task.event_loop.get(), Value::object(task), list];
        call::invoke(vm, ip, base, schedule, &args, Ret::Discard as u64)
    }
}
