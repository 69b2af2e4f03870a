//! `sleep`.

use super::super::{Cx, Vm};
use super::settle::Outcome;
use super::{Begun, plain};
use crate::gc::Gc;
use crate::value::schedule::flag;
use crate::value::{Native, Value, Wait};

/// The slot of one that only lets the others run once.
pub const NO_TIMER: u32 = u32::MAX;

/// Lets the machine know the function `sleep`.
pub fn mark_sleep(native: Value) {
    if let Some(native) = native.cast::<Native>() {
        // SAFETY: a live native; flags are a plain field.
        unsafe { (*native.as_ptr()).header.flags |= flag::SLEEPS }
    }
}

#[inline]
pub fn begin(vm: &mut Vm, wait: Gc<Wait>, seconds: f64) -> Begun {
    if seconds <= 0.0 {
        wait.slot.set(NO_TIMER);
        return Begun::Yielded;
    }
    let owner = wait.owner.get();
    let event_loop = owner.future().map_or(Value::NONE, |future| future.event_loop.get());
    let Some(own) = plain(event_loop) else {
        // A loop of the program's own: it has timers of its own, too.
        let args = [event_loop, Value::float(seconds), owner];
        return match Cx::of(vm).call_prelude("_sleep_elsewhere", &args) {
            Ok(_) => Begun::Parked,
            Err(_) => Begun::Done(Outcome::Error(vm.take_exception())),
        };
    };
    let when = vm.clock.now() + seconds;
    let timer = own.timers.borrow_mut().arm(when, Value::object(wait));
    wait.slot.set(timer.slot());
    Begun::Parked
}

/// Takes the timer of a sleeper away.
pub fn undo(wait: Gc<Wait>) {
    let owner = wait.owner.get();
    if let Some(own) = owner.future().and_then(|future| plain(future.event_loop.get())) {
        own.timers.borrow_mut().cancel_slot(wait.slot.get());
    }
}
