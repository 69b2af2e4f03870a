//! Conditions: to be notified, and then to get the lock back, whatever happens meanwhile.

use super::super::{Vm, raise};
use super::primitive::{nobody_waits, release, remove, take, target, wake_first};
use super::settle::{Outcome, cancellation};
use super::wake;
use crate::gc::Gc;
use crate::value::wait::phase;
use crate::value::{Exception, Primitive, T, Tuple, Value, Wait};

/// A bit of `Wait::slot`: waits for the lock, and not to be notified. The others belong to barriers.
pub const LOCK: u32 = 1;

pub fn own_lock(this: Gc<Primitive>) -> Gc<Primitive> {
    this.state.get().cast().expect("other locks are waited for in the library")
}

/// Why nobody can wait for the condition now.
pub fn cannot_wait(vm: &mut Vm, this: Gc<Primitive>) -> Option<Value> {
    (own_lock(this).state.get() == Value::FALSE).then(|| {
        raise::error(vm, T::RuntimeError, "cannot wait on un-acquired lock");
        vm.take_exception()
    })
}

/// Somebody begins to wait: the lock is free for others.
pub fn begin(vm: &mut Vm, wait: Gc<Wait>) {
    wait.slot.set(wait.slot.get() & !LOCK);
    // It is held: `cannot_wait` was asked.
    let _ = release(vm, own_lock(target(wait)));
}

fn wants_lock(wait: Gc<Wait>) -> bool {
    wait.slot.get() & LOCK != 0
}

/// Among whose waiters it is.
pub fn list_of(wait: Gc<Wait>) -> Gc<Primitive> {
    let this = target(wait);
    if wants_lock(wait) { own_lock(this) } else { this }
}

/// The lock for which it waits now, if that is what it waits for.
pub fn awaited_lock(wait: Gc<Wait>) -> Option<Gc<Primitive>> {
    wants_lock(wait).then(|| own_lock(target(wait)))
}

/// The exception of a cancellation that has reached it.
pub fn cancelled(vm: &Vm, wait: Gc<Wait>, message: Option<Value>) -> Option<Value> {
    let said = match wait.phase.get() {
        phase::CANCELLED => wait.target.get().cast::<Tuple>().map(|parts| parts.as_slice()[2]),
        _ => message,
    };
    said.map(|message| cancellation(vm, message))
}

/// Has an exception ended the wait to be notified? It is handled while the lock is waited for.
pub fn handles(wait: Gc<Wait>) -> bool {
    wait.kind.goes_on()
        && wait.target.get().cast::<Tuple>().is_some_and(|parts| !parts.as_slice()[3].is_none())
}

/// What it waited for is there, or an exception is thrown in. None if there is more to wait for.
pub fn go_on(vm: &mut Vm, wait: Gc<Wait>, error: Option<Value>) -> Option<Outcome> {
    let this = target(wait);
    let lock = own_lock(this);
    let (mut kept, mut first) = match wait.target.get().cast::<Tuple>() {
        Some(parts) => (parts.as_slice()[1], parts.as_slice()[3]),
        None => (Value::NONE, Value::NONE),
    };
    remove(list_of(wait), wait);
    if !wants_lock(wait) {
        kept = error.unwrap_or(Value::NONE);
        first = kept;
    } else if let Some(error) = error {
        // Whoever is next must not wait for us.
        if lock.state.get() == Value::FALSE {
            wake_first(vm, lock);
        }
        // The first is what is being handled meanwhile.
        if let Some(error) = error.cast::<Exception>()
            && error.context.get().is_none()
            && first != Value::object(error)
        {
            error.context.set(first);
        }
        if !vm.space.isinstance(error, T::CancelledError) {
            return Some(end(vm, this, error));
        }
        kept = error;
    } else {
        take(lock, wait.owner.get());
        return Some(end(vm, this, kept));
    }
    if lock.state.get() == Value::FALSE && nobody_waits(lock) {
        take(lock, wait.owner.get());
        return Some(end(vm, this, kept));
    }
    wait.slot.set(wait.slot.get() | LOCK);
    if !kept.is_none() {
        let parts = [Value::object(this), kept, Value::NONE, first];
        wait.target.set(Value::object(vm.space.tuple(&parts)));
    }
    lock.waiters.borrow_mut().push_back(wait);
    None
}

fn end(vm: &mut Vm, this: Gc<Primitive>, error: Value) -> Outcome {
    if error.is_none() {
        return Outcome::Value(Value::TRUE);
    }
    // Whoever notified meant somebody who can go on.
    notify(vm, this, 1);
    Outcome::Error(error)
}

/// Wakes so many of those who wait.
pub fn notify(vm: &mut Vm, this: Gc<Primitive>, count: i64) {
    let mut left = count;
    let mut at = 0;
    while left > 0 {
        let wait = this.waiters.borrow().get(at).copied();
        let Some(wait) = wait else { return };
        if wait.phase_now() == phase::PARKED {
            left -= 1;
            wake(vm, wait);
        }
        at += 1;
    }
}
