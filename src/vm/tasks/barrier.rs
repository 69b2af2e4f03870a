//! Barriers: a condition with its own lock, and what is done while that is held.
//!
//! A wait at a barrier takes the lock, stands outside while an earlier crowd leaves, is counted,
//! stands inside until the state changes, and is counted out, whatever happens meanwhile: each
//! place where it stands is the notice of a condition, and then its lock (`condition.rs`).

use super::super::{Vm, raise};
use super::condition::{self, LOCK, own_lock};
use super::primitive::{bind_to, nobody_waits, release, remove, take, target, wake_first};
use super::settle::Outcome;
use super::{Begun, notify};
use crate::gc::Gc;
use crate::value::wait::{Stage, WaitKind};
use crate::value::{Primitive, T, Value, Wait};

/// `Wait::slot`, beside the bit of conditions: it has not had the lock yet.
const ENTERING: u32 = 2;
/// It is one of the crowd; its number stands above the bits.
const COUNTED: u32 = 4;
const NUMBER: u32 = 3;

/// Begins to wait for a barrier, or to change it.
pub fn begin(vm: &mut Vm, wait: Gc<Wait>) -> Begun {
    // Until now it said where the coroutine was made.
    wait.slot.set(0);
    let lock = own_lock(target(wait));
    if lock.state.get() == Value::FALSE && nobody_waits(lock) {
        take(lock, wait.owner.get());
        return inside(vm, wait).map_or(Begun::Parked, Begun::Done);
    }
    if bind_to(vm, &lock.event_loop, wait, Value::object(lock)).is_err() {
        return Begun::Done(Outcome::Error(vm.take_exception()));
    }
    wait.slot.set(ENTERING | LOCK);
    lock.waiters.borrow_mut().push_back(wait);
    Begun::Parked
}

/// What it waited for is there, or an exception is thrown in. None if there is more to wait for.
pub fn go_on(vm: &mut Vm, wait: Gc<Wait>, error: Option<Value>) -> Option<Outcome> {
    if wait.slot.get() & ENTERING != 0 {
        let lock = own_lock(target(wait));
        remove(lock, wait);
        if let Some(error) = error {
            // Whoever is next must not wait for us.
            if lock.state.get() == Value::FALSE {
                wake_first(vm, lock);
            }
            return Some(Outcome::Error(error));
        }
        take(lock, wait.owner.get());
        wait.slot.set(0);
        return inside(vm, wait);
    }
    match condition::go_on(vm, wait, error)? {
        Outcome::Value(_) => inside(vm, wait),
        failed => Some(leave(vm, wait, failed)),
    }
}

/// The lock is held.
fn inside(vm: &mut Vm, wait: Gc<Wait>) -> Option<Outcome> {
    let this = target(wait);
    match wait.kind {
        WaitKind::BarrierReset => {
            let empty = this.count.get() == 0;
            change(vm, this, if empty { Stage::Filling } else { Stage::Resetting });
            Some(leave(vm, wait, Outcome::Value(Value::NONE)))
        }
        WaitKind::BarrierAbort => {
            change(vm, this, Stage::Broken);
            Some(leave(vm, wait, Outcome::Value(Value::NONE)))
        }
        _ if wait.slot.get() & COUNTED == 0 => arrive(vm, wait),
        _ => match this.stage.get() {
            Stage::Filling => stand(vm, wait),
            Stage::Draining => {
                let number = Value::int(i64::from(wait.slot.get() >> NUMBER));
                Some(leave(vm, wait, Outcome::Value(number)))
            }
            Stage::Resetting | Stage::Broken => {
                let error = broken(vm, "Abort or reset of barrier");
                Some(leave(vm, wait, error))
            }
        },
    }
}

fn arrive(vm: &mut Vm, wait: Gc<Wait>) -> Option<Outcome> {
    let this = target(wait);
    match this.stage.get() {
        // While a crowd leaves, the next one waits outside.
        Stage::Draining | Stage::Resetting => return stand(vm, wait),
        Stage::Broken => {
            let error = broken(vm, "Barrier aborted");
            return Some(leave(vm, wait, error));
        }
        Stage::Filling => {}
    }
    let number = this.count.get();
    this.count.set(number + 1);
    wait.slot.set(COUNTED | (number as u32) << NUMBER);
    if number + 1 < this.bound.get() {
        return stand(vm, wait);
    }
    change(vm, this, Stage::Draining);
    Some(leave(vm, wait, Outcome::Value(Value::int(number))))
}

/// Waits for the next change, without the lock.
fn stand(vm: &mut Vm, wait: Gc<Wait>) -> Option<Outcome> {
    let this = target(wait);
    if bind_to(vm, &this.event_loop, wait, Value::object(this)).is_err() {
        let error = Outcome::Error(vm.take_exception());
        return Some(leave(vm, wait, error));
    }
    condition::begin(vm, wait);
    this.waiters.borrow_mut().push_back(wait);
    None
}

/// The last act: what was counted is counted out, and the lock is free.
fn leave(vm: &mut Vm, wait: Gc<Wait>, outcome: Outcome) -> Outcome {
    count_out(vm, wait);
    // It is held: nothing came here without it.
    let _ = release(vm, own_lock(target(wait)));
    outcome
}

fn count_out(vm: &mut Vm, wait: Gc<Wait>) {
    let this = target(wait);
    if wait.slot.get() & COUNTED != 0 && this.count.get() > 0 {
        this.count.set(this.count.get() - 1);
        if this.count.get() == 0 {
            change(vm, this, after(this.stage.get()));
        }
    }
}

/// The coroutine is closed while it waits: nobody will go on with it.
pub fn abandon(vm: &mut Vm, wait: Gc<Wait>) {
    remove(condition::list_of(wait), wait);
    let lock = own_lock(target(wait));
    if wait.slot.get() & LOCK != 0 && lock.state.get() == Value::FALSE {
        // Whoever is next must not wait for us.
        wake_first(vm, lock);
    }
    count_out(vm, wait);
}

/// What a barrier is when the last of a crowd has left.
fn after(stage: Stage) -> Stage {
    match stage {
        Stage::Resetting | Stage::Draining => Stage::Filling,
        Stage::Filling | Stage::Broken => stage,
    }
}

fn change(vm: &mut Vm, this: Gc<Primitive>, to: Stage) {
    this.stage.set(to);
    notify(vm, this, i64::MAX);
}

fn broken(vm: &mut Vm, why: &str) -> Outcome {
    raise::error(vm, T::BrokenBarrierError, why);
    Outcome::Error(vm.take_exception())
}
