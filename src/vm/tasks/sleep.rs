//! `sleep`.

use super::super::Vm;
use super::{Begun, plain};
use crate::gc::Gc;
use crate::rt::Timer;
use crate::value::schedule::flag;
use crate::value::{Native, Value, Wait};

/// Lets the machine know the function `sleep`.
pub fn mark_sleep(native: Value) {
    if let Some(native) = native.cast::<Native>() {
        // SAFETY: a live native; flags are a plain field.
        unsafe { (*native.as_ptr()).header.flags |= flag::SLEEPS }
    }
}

#[inline]
pub fn begin(vm: &mut Vm, wait: Gc<Wait>) -> Begun {
    if wait.only_yields() {
        return Begun::Yielded;
    }
    let owner = wait.owner.get();
    let event_loop = owner.future().map_or(Value::NONE, |future| future.event_loop.get());
    let own = plain(event_loop).expect("native coroutines wait on native loops");
    let when = vm.clock.now() + f64::from_bits(wait.number.get());
    let timer = own.timers.borrow_mut().arm(when, Value::object(wait));
    wait.number.set(timer.bits());
    Begun::Parked
}

/// Takes the timer of a sleeper away.
pub fn undo(wait: Gc<Wait>) {
    let owner = wait.owner.get();
    if let Some(own) = owner.future().and_then(|future| plain(future.event_loop.get())) {
        own.timers.borrow_mut().cancel(Timer::from_bits(wait.number.get()));
    }
}
