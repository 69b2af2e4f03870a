//! Waiting: how a task comes to rest in an `await`, and how native coroutines begin and end.

use super::super::pc::{Base, Ip, Pc, reg};
use super::super::{Cx, Vm, call, frame_at, handling, raise, suspend, unwind};
use super::settle::{Outcome, outcome_to_raise, settle};
use super::{barrier, condition, drive, plain, primitive, queue, ring, sleep, timeout};
use crate::gc::Gc;
use crate::value::frame::{DST_MASK, Ret, state as frame_state};
use crate::value::future::state;
use crate::value::wait::{WaitKind, phase};
use crate::value::{EventLoop, Exception, Frame, Future, List, Task, Value, Wait};

// ---- futures

/// The task becomes one who waits for the future.
pub(in crate::vm) fn add_waiter(vm: &Vm, future: Gc<Future>, waiter: Value) {
    add_callback(vm, future, waiter, Value::UNDEF);
}

/// Somebody is to be told when a pending future settles: a task or a gathering, without context,
/// or any function with one.
pub fn add_callback(vm: &Vm, future: Gc<Future>, callback: Value, context: Value) {
    let known = future.callbacks.get();
    if known.is_undef() && context.is_undef() {
        future.callbacks.set(callback);
        return;
    }
    let list = match known.cast::<List>() {
        Some(list) => list,
        None => {
            let first = if known.is_undef() { vec![] } else { vec![known, Value::UNDEF] };
            let list = vm.space.list(first);
            future.callbacks.set(Value::object(list));
            list
        }
    };
    let grown = list.push(callback) + list.push(context);
    vm.space.heap.charge(grown);
}

/// The task at the root of the chain of the frame at `base`, if a task is there.
pub(super) unsafe fn task_of(vm: *mut Vm, base: Base) -> Option<(*mut Frame, Gc<Task>)> {
    // SAFETY: I3; so throughout this file.
    unsafe {
        if (*vm).on_stack(base) {
            return None;
        }
        let root = suspend::root_of(frame_at(base));
        if call::ret_of((*root).info) != Ret::Task {
            return None;
        }
        let driver = (*root).caller;
        Some((root, drive::stepped(driver)))
    }
}

/// Suspends the chain above `root` where the instruction before `ip` awaits; returns the driver's
/// place.
unsafe fn suspend_chain(vm: *mut Vm, ip: Ip, base: Base, root: *mut Frame) -> (Ip, Base) {
    unsafe {
        let (driver_ip, driver) = ((*root).return_ip.cast_mut(), (*root).caller);
        (*root).return_ip = ip;
        (*root).link = base;
        Frame::set_state(root, frame_state::SUSPENDED);
        if (*root).header.flags & frame_state::HANDLING != 0 {
            handling::put_away(vm, root);
        }
        (driver_ip, driver)
    }
}

/// `await` of a future. None if that must go by its `__await__`.
pub unsafe fn await_future(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    info: u64,
    future: Gc<Future>,
) -> Option<Pc> {
    unsafe {
        if !future.is_pending() {
            if future.event_loop.get().is_undef() {
                return None;
            }
            return Some(match outcome_to_raise(&*vm, future).result(&*vm) {
                Ok(value) => deliver_now(ip, base, info, value),
                Err(error) => raise_now(vm, ip, base, error),
            });
        }
        let (root, task) = task_of(vm, base)?;
        let event_loop = task.event_loop.get();
        if future.event_loop.get() != event_loop
            || plain(event_loop).is_none()
            || Value::object(future) == Value::object(task)
        {
            return None;
        }
        let (driver_ip, driver) = suspend_chain(vm, ip, base, root);
        (*root).header.flags |= frame_state::BUSY;
        task.set(state::DIRECT, true);
        Some(match drive::wait_on(vm, driver_ip, driver, task, future) {
            Some(pc) => pc,
            None => drive::drive(vm, driver_ip, driver, 0),
        })
    }
}

unsafe fn deliver_now(ip: Ip, base: Base, info: u64, value: Value) -> Pc {
    unsafe {
        reg!(base, ((info & DST_MASK) >> 16) as usize) = value;
        Pc::new(ip, base)
    }
}

unsafe fn raise_now(vm: *mut Vm, ip: Ip, base: Base, error: Value) -> Pc {
    unsafe {
        let error: Gc<Exception> = error.cast().expect("futures fail with exceptions");
        match error.is_unseen() {
            true => raise::set_new(&*vm, error),
            false => raise::set(&*vm, error),
        }
        unwind::unwind(vm, ip, base)
    }
}

// ---- native coroutines

/// How a native coroutine has begun.
pub enum Begun {
    /// Its owner is told when the wait is over.
    Parked,
    /// It only lets the others run once.
    Yielded,
    Done(Outcome),
}

/// Begins a native coroutine for its owner, a task or a future.
#[inline]
pub fn begin(vm: &mut Vm, wait: Gc<Wait>, owner: Value) -> Begun {
    if wait.phase.get() != phase::CREATED {
        let text = match wait.phase.get() {
            phase::FINISHED => "cannot reuse already awaited coroutine",
            _ => "coroutine is being awaited already",
        };
        raise::error(vm, crate::value::T::RuntimeError, text);
        return Begun::Done(Outcome::Error(vm.take_exception()));
    }
    let kept = wait.owner.replace(owner);
    let begun = match wait.kind {
        WaitKind::Sleep => sleep::begin(vm, wait, kept.as_float().unwrap_or(0.0)),
        WaitKind::QueueGet | WaitKind::QueuePut => queue::begin(vm, wait),
        WaitKind::TimeoutEnter | WaitKind::TimeoutExit => timeout::begin(Cx::of(vm), wait),
        kind if kind.at_barrier() => barrier::begin(vm, wait),
        _ => primitive::begin(vm, wait),
    };
    wait.phase.set(match begun {
        Begun::Parked => phase::PARKED,
        Begun::Yielded => phase::WOKEN,
        Begun::Done(_) => phase::FINISHED,
    });
    begun
}

/// What was waited for is there: the owner is told.
pub fn wake(vm: &mut Vm, wait: Gc<Wait>) {
    if wait.phase_now() != phase::PARKED {
        return;
    }
    wait.phase.set(phase::WOKEN);
    tell(vm, wait);
}

fn tell(vm: &mut Vm, wait: Gc<Wait>) {
    let owner = wait.owner.get();
    if let Some(task) = owner.cast::<Task>() {
        // It began to wait when the loop was plain, whatever the program has done to that since.
        if let Some(own) = task.event_loop.get().cast::<EventLoop>() {
            own.push(owner);
        }
    } else if let Some(future) = owner.future()
        && future.is_pending()
    {
        future.result.set(Value::NONE);
        tell_callbacks(vm, future, state::RESULT);
    }
}

fn tell_callbacks(vm: &mut Vm, future: Gc<Future>, to: u32) {
    if let Some(list) = settle(vm, future, to) {
        let cx = Cx::of(vm);
        if cx.schedule_elsewhere(future, list).is_err() {
            // A loop of the program that cannot schedule: there is nobody to tell but the user.
            let error = cx.take_exception();
            let _ = cx.call_prelude("_unraisable", &[error, future.event_loop.get()]);
        }
    }
}

/// Cancels a wait. False if it is over already.
pub fn undo(vm: &mut Vm, wait: Gc<Wait>, message: Value) -> bool {
    if wait.phase.get() != phase::PARKED {
        return false;
    }
    wait.phase.set(phase::CANCELLED);
    if wait.kind == WaitKind::Sleep {
        sleep::undo(wait);
        wait.target.set(message);
    } else {
        // It stays on the list until its owner is here, as in asyncio.
        tell(vm, wait);
        if wait.kind.goes_on() {
            primitive::keep_message(vm, wait, message);
        } else {
            wait.owner.set(message);
        }
        return true;
    }
    tell(vm, wait);
    true
}

/// Nobody waits any more: takes a parked wait away from what it waits for.
pub fn forget(wait: Gc<Wait>) {
    match wait.kind {
        WaitKind::Sleep => sleep::undo(wait),
        WaitKind::QueueGet | WaitKind::QueuePut => queue::remove(wait),
        kind if kind.goes_on() => primitive::remove(condition::list_of(wait), wait),
        _ => primitive::remove(primitive::target(wait), wait),
    }
}

/// The wait is over, and its owner is here: what comes of it. `cancelled` is the message of a
/// cancellation that comes after the wake-up. None if there is more to wait for.
#[inline]
pub fn end(vm: &mut Vm, wait: Gc<Wait>, cancelled: Option<Value>) -> Option<Outcome> {
    if wait.kind.goes_on() {
        let error = condition::cancelled(vm, wait, cancelled);
        return go_on(vm, wait, error);
    }
    let message = match wait.phase.get() {
        phase::CANCELLED if wait.kind == WaitKind::Sleep => Some(wait.target.get()),
        phase::CANCELLED => Some(wait.owner.get()),
        _ => cancelled,
    };
    let outcome = match (wait.kind, message) {
        (WaitKind::Sleep, message) => match (sleep::end(vm, wait), message) {
            (Ok(result), None) => Outcome::Value(result),
            (Ok(_), Some(message)) => Outcome::Cancelled(message),
            (Err(_), _) => Outcome::Error(vm.take_exception()),
        },
        (WaitKind::QueueGet | WaitKind::QueuePut, message) => match queue::end(vm, wait, message) {
            Some(outcome) => outcome,
            None => {
                wait.phase.set(phase::PARKED);
                return None;
            }
        },
        (_, message) => primitive::end(vm, wait, message),
    };
    wait.phase.set(phase::FINISHED);
    Some(outcome)
}

/// One that has waited, and may have to wait for more, goes on, with an exception thrown in.
pub(super) fn go_on(vm: &mut Vm, wait: Gc<Wait>, error: Option<Value>) -> Option<Outcome> {
    let outcome = match wait.kind.at_barrier() {
        true => barrier::go_on(vm, wait, error),
        false => condition::go_on(vm, wait, error),
    };
    wait.phase.set(if outcome.is_some() { phase::FINISHED } else { phase::PARKED });
    outcome
}

/// An exception is thrown into a native coroutine of a task. None if there is more to wait for.
pub(super) fn throw_in(vm: &mut Vm, wait: Gc<Wait>, error: Value) -> Option<Outcome> {
    if wait.kind.goes_on() && wait.is_suspended() {
        return go_on(vm, wait, Some(error));
    }
    Cx::of(vm).close_wait(wait);
    Some(Outcome::Error(error))
}

/// `await` of a native coroutine. None if that must go by its `__await__`.
pub unsafe fn await_wait(vm: *mut Vm, ip: Ip, base: Base, info: u64, wait: Gc<Wait>) -> Option<Pc> {
    unsafe {
        let (root, task) = task_of(vm, base)?;
        let own = plain(task.event_loop.get())?;
        // What it does may need the door.
        (*vm).leave_registers(ip, base);
        Some(await_for(vm, ip, base, info, wait, (root, task, own)))
    }
}

/// `await` of a native coroutine by a task: the root of its frames, itself and its loop.
pub(super) unsafe fn await_for(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    info: u64,
    wait: Gc<Wait>,
    (root, task, own): (*mut Frame, Gc<Task>, Gc<EventLoop>),
) -> Pc {
    unsafe {
        let begun = match begin(&mut *vm, wait, Value::object(task)) {
            Begun::Done(outcome) => return deliver(vm, ip, base, info, outcome),
            begun => begun,
        };
        let (driver_ip, driver) = suspend_chain(vm, ip, base, root);
        (*root).header.flags |= frame_state::BUSY;
        task.waits_on.set(Value::object(wait));
        task.set(state::DIRECT, true);
        if matches!(begun, Begun::Yielded) {
            own.push(Value::object(task));
            return drive::drive(vm, driver_ip, driver, 0);
        }
        ring::look(&mut *vm, task, Value::object(wait));
        if task.has(state::MUST_CANCEL) {
            let message = task.result.get();
            task.set(state::MUST_CANCEL, !undo(&mut *vm, wait, message));
        }
        drive::drive(vm, driver_ip, driver, 0)
    }
}

/// The await at the instruction before `ip` has come to an end at once.
pub(super) unsafe fn deliver(vm: *mut Vm, ip: Ip, base: Base, info: u64, outcome: Outcome) -> Pc {
    unsafe {
        match outcome {
            Outcome::Value(value) => deliver_now(ip, base, info, value),
            outcome => match outcome.result(&*vm) {
                Ok(value) => deliver_now(ip, base, info, value),
                Err(error) => raise_now(vm, ip, base, error),
            },
        }
    }
}

/// `await` of what only lets the others run once. None if no task of a native loop is at the root.
pub unsafe fn await_nothing(vm: *mut Vm, ip: Ip, base: Base) -> Option<Pc> {
    unsafe {
        let (root, task) = task_of(vm, base)?;
        let own = plain(task.event_loop.get())?;
        let (driver_ip, driver) = suspend_chain(vm, ip, base, root);
        own.push(Value::object(task));
        Some(drive::drive(vm, driver_ip, driver, 0))
    }
}

impl Wait {
    /// How far it is. What waits by hand has a future, which others may have settled.
    pub fn phase_now(&self) -> u8 {
        let phase = self.phase.get();
        let owner = self.owner.get();
        if phase == phase::PARKED
            && !owner.is::<Task>()
            && let Some(future) = owner.future()
            && !future.is_pending()
        {
            return if future.state() == state::CANCELLED {
                phase::CANCELLED
            } else {
                phase::WOKEN
            };
        }
        phase
    }

    /// Does it only let the others run once?
    #[inline]
    pub fn only_yields(&self) -> bool {
        self.kind == WaitKind::Sleep
            && match self.phase.get() {
                phase::CREATED => self.owner.get().as_float().is_some_and(|delay| delay <= 0.0),
                _ => self.slot.get() == sleep::NO_TIMER,
            }
    }

    /// Does its owner wait, and nothing has come of it yet?
    pub fn is_parked(&self) -> bool {
        self.phase.get() == phase::PARKED
    }

    pub fn is_suspended(&self) -> bool {
        matches!(self.phase.get(), phase::PARKED | phase::WOKEN | phase::CANCELLED)
    }

    pub fn is_finished(&self) -> bool {
        self.phase.get() == phase::FINISHED
    }

    pub fn finish(&self) {
        self.phase.set(phase::FINISHED);
    }
}
