//! Locks, events and semaphores: one list of waiters, with asyncio's order, fairness and hand-over.

use std::cell::Cell;

use super::super::{Cx, Stop, Vm, raise};
use super::settle::Outcome;
use super::{Begun, wake};
use crate::gc::Gc;
use crate::value::wait::{WaitKind, phase};
use crate::value::{Primitive, T, Task, Value, Wait};

/// The primitive that a wait is for.
fn target(wait: Gc<Wait>) -> Gc<Primitive> {
    wait.target.get().cast().expect("made so")
}

/// Somebody awaits the primitive: is there anything to wait for?
pub fn begin(vm: &mut Vm, wait: Gc<Wait>) -> Begun {
    let this = target(wait);
    let done = match wait.kind {
        WaitKind::EventWait => this.state.get() == Value::TRUE,
        WaitKind::LockAcquire | WaitKind::LockEnter => {
            let free = this.state.get() == Value::FALSE && nobody_waits(this);
            if free {
                take(this, wait);
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
            return Begun::Done(match release(vm, this) {
                Ok(()) => Outcome::Value(Value::NONE),
                Err(error) => Outcome::Error(error),
            });
        }
        WaitKind::QueueJoin => this.state.get() == Value::TRUE,
        kind => unreachable!("{kind:?} is for no primitive"),
    };
    if done {
        return Begun::Done(Outcome::Value(result(wait)));
    }
    if bind_to(vm, &this.event_loop, wait, Value::object(this)).is_err() {
        return Begun::Done(Outcome::Error(vm.take_exception()));
    }
    this.waiters.borrow_mut().push_back(wait);
    Begun::Parked
}

/// What `await` gives in the end.
fn result(wait: Gc<Wait>) -> Value {
    match wait.kind {
        WaitKind::LockEnter | WaitKind::SemaphoreEnter | WaitKind::QueueJoin => Value::NONE,
        _ => Value::TRUE,
    }
}

/// The lock is held by the owner of a wait.
fn take(lock: Gc<Primitive>, wait: Gc<Wait>) {
    let owner = wait.owner.get();
    lock.state.set(if owner.is::<Task>() { owner } else { Value::TRUE });
}

/// Those who wait have all been cancelled, if there are any.
fn nobody_waits(this: Gc<Primitive>) -> bool {
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
    Cx::of(vm).call_prelude("_bound_elsewhere", &[primitive]).map(drop)
}

/// The owner of a wait that was parked is here: woken, or cancelled with a message.
pub fn end(vm: &mut Vm, wait: Gc<Wait>, cancelled: Option<Value>) -> Outcome {
    let this = target(wait);
    let woken = wait.phase.get() == phase::WOKEN;
    remove(this, wait);
    match wait.kind {
        WaitKind::LockAcquire | WaitKind::LockEnter => {
            if cancelled.is_none() {
                take(this, wait);
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
        None => Outcome::Value(result(wait)),
    }
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

fn wake_first(vm: &mut Vm, this: Gc<Primitive>) {
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
