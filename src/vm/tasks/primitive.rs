//! Locks, events, semaphores and conditions: one list of waiters, with asyncio's order, fairness and hand-over.

use std::cell::Cell;

use super::super::{Cx, Stop, Vm, raise};
use super::settle::Outcome;
use super::{Begun, condition, wake};
use crate::gc::Gc;
use crate::value::wait::{WaitKind, phase};
use crate::value::{Primitive, T, Task, Tuple, Value, Wait};

/// The primitive that a wait is for.
pub fn target(wait: Gc<Wait>) -> Gc<Primitive> {
    let target = wait.target.get();
    let first = target.cast::<Tuple>().map_or(target, |parts| parts.as_slice()[0]);
    first.cast().expect("made so")
}

/// The lock that is to be taken: the primitive itself, or that of a condition. None if the
/// program has given the condition a lock of its own making.
pub fn lock_of(vm: &Vm, this: Gc<Primitive>) -> Option<Gc<Primitive>> {
    if !vm.space.isinstance(Value::object(this), T::Condition) {
        return Some(this);
    }
    if this.count.get() == 1 { this.state.get().cast() } else { None }
}

/// Somebody awaits the primitive: the end of that, if there is nothing to wait for.
#[inline]
pub fn try_now(vm: &mut Vm, kind: WaitKind, this: Gc<Primitive>, owner: Value) -> Option<Outcome> {
    let done = match kind {
        WaitKind::EventWait | WaitKind::QueueJoin => this.state.get() == Value::TRUE,
        WaitKind::LockAcquire | WaitKind::LockEnter => {
            let free = this.state.get() == Value::FALSE && nobody_waits(this);
            if free {
                take(this, owner);
            }
            free
        }
        WaitKind::SemaphoreAcquire | WaitKind::SemaphoreEnter => {
            let free = this.count.get() != 0 && nobody_waits(this);
            if free {
                this.count.set(this.count.get() - 1);
            }
            free
        }
        WaitKind::Release => {
            return Some(match release(vm, this) {
                Ok(()) => Outcome::Value(Value::NONE),
                Err(error) => Outcome::Error(error),
            });
        }
        WaitKind::Notice => false,
        WaitKind::ConditionWait => return condition::cannot_wait(vm, this).map(Outcome::Error),
        kind => unreachable!("{kind:?} is for no primitive"),
    };
    done.then(|| Outcome::Value(result(kind)))
}

/// Begins a native coroutine for a primitive.
pub fn begin(vm: &mut Vm, wait: Gc<Wait>) -> Begun {
    let this = target(wait);
    if let Some(outcome) = try_now(vm, wait.kind, this, wait.owner.get()) {
        return Begun::Done(outcome);
    }
    if bind_to(vm, &this.event_loop, wait, Value::object(this)).is_err() {
        return Begun::Done(Outcome::Error(vm.take_exception()));
    }
    if wait.kind == WaitKind::ConditionWait {
        // Until now it said where the coroutine was made.
        wait.slot.set(0);
        condition::begin(vm, wait);
    }
    this.waiters.borrow_mut().push_back(wait);
    Begun::Parked
}

/// What `await` gives in the end.
fn result(kind: WaitKind) -> Value {
    match kind {
        WaitKind::LockEnter | WaitKind::SemaphoreEnter | WaitKind::QueueJoin => Value::NONE,
        _ => Value::TRUE,
    }
}

/// The lock is held by the owner of a wait.
pub fn take(lock: Gc<Primitive>, owner: Value) {
    lock.state.set(if owner.is::<Task>() { owner } else { Value::TRUE });
}

/// Those who wait have all been cancelled, if there are any.
pub fn nobody_waits(this: Gc<Primitive>) -> bool {
    this.waiters.borrow().iter().all(|wait| wait.phase_now() == phase::CANCELLED)
}

/// A primitive belongs to the loop in which somebody first had to wait.
pub fn bind_to(
    vm: &mut Vm,
    known: &Cell<Value>,
    wait: Gc<Wait>,
    primitive: Value,
) -> Result<(), Stop> {
    let owner = wait.owner.get().future();
    let running = owner.map_or(Value::NONE, |owner| owner.event_loop.get());
    if known.get().is_none() {
        known.set(running);
    }
    if known.get() == running {
        return Ok(());
    }
    // Nothing else may hold on to it yet.
    Cx::of(vm).scope(|cx| {
        cx.root(Value::object(wait));
        cx.call_prelude("_bound_elsewhere", &[primitive]).map(drop)
    })
}

/// The owner of a wait that was parked is here: woken, or cancelled with a message.
pub fn end(vm: &mut Vm, wait: Gc<Wait>, cancelled: Option<Value>) -> Outcome {
    let this = target(wait);
    let woken = wait.phase.get() == phase::WOKEN;
    remove(this, wait);
    match wait.kind {
        WaitKind::LockAcquire | WaitKind::LockEnter => {
            if cancelled.is_none() {
                take(this, wait.owner.get());
            } else if this.state.get() == Value::FALSE {
                // Whoever is next must not wait for us.
                wake_first(vm, this);
            }
        }
        WaitKind::SemaphoreAcquire | WaitKind::SemaphoreEnter => {
            if cancelled.is_some() && woken {
                this.count.set(this.count.get() + 1);
            }
            while this.count.get() > 0 && wake_next(vm, this) {}
        }
        _ => {}
    }
    match cancelled {
        Some(message) => Outcome::Cancelled(message),
        None => Outcome::Value(result(wait.kind)),
    }
}

/// The message of a cancellation that reaches one who may have to wait for more.
pub fn keep_message(vm: &Vm, wait: Gc<Wait>, message: Value) {
    let target = wait.target.get();
    let parts = match target.cast::<Tuple>() {
        Some(parts) => {
            let parts = parts.as_slice();
            [parts[0], parts[1], message, parts[3]]
        }
        None => [target, Value::NONE, message, Value::NONE],
    };
    wait.target.set(Value::object(vm.space.tuple(&parts)));
}

/// Takes a wait off the list.
pub fn remove(this: Gc<Primitive>, wait: Gc<Wait>) {
    let mut waiters = this.waiters.borrow_mut();
    if waiters.front() == Some(&wait) {
        waiters.pop_front();
    } else if let Some(at) = waiters.iter().position(|&other| other == wait) {
        waiters.remove(at);
    }
}

pub fn wake_first(vm: &mut Vm, this: Gc<Primitive>) {
    let first = this.waiters.borrow().front().copied();
    if let Some(first) = first {
        wake(vm, first);
    }
}

/// Lets the next waiter of a semaphore in. False if nobody waits.
fn wake_next(vm: &mut Vm, this: Gc<Primitive>) -> bool {
    let parked = |wait: &&Gc<Wait>| wait.phase_now() == phase::PARKED;
    let next = this.waiters.borrow().iter().find(parked).copied();
    let Some(next) = next else { return false };
    this.count.set(this.count.get() - 1);
    wake(vm, next);
    true
}

/// Gives a lock or a semaphore back; the exception if that cannot be.
pub fn release(vm: &mut Vm, this: Gc<Primitive>) -> Result<(), Value> {
    let semaphore = vm.space.isinstance(Value::object(this), T::Semaphore);
    if !semaphore {
        if this.state.get() == Value::FALSE {
            raise::error(vm, T::RuntimeError, "Lock is not acquired.");
            return Err(vm.take_exception());
        }
        this.state.set(Value::FALSE);
        wake_first(vm, this);
        return Ok(());
    }
    if this.count.get() >= this.bound.get() {
        raise::error(vm, T::ValueError, "BoundedSemaphore released too many times");
        return Err(vm.take_exception());
    }
    this.count.set(this.count.get() + 1);
    wake_next(vm, this);
    Ok(())
}

/// Sets an event: everybody who waits is woken.
pub fn set_event(vm: &mut Vm, this: Gc<Primitive>) {
    if this.state.get() == Value::TRUE {
        return;
    }
    this.state.set(Value::TRUE);
    let mut at = 0;
    loop {
        let wait = this.waiters.borrow().get(at).copied();
        let Some(wait) = wait else { return };
        wake(vm, wait);
        at += 1;
    }
}
