//! `sleep`.

use super::super::{Cx, Stop, Vm};
use super::settle::Outcome;
use super::{Begun, plain};
use crate::gc::Gc;
use crate::value::{Tuple, Value, Wait};

/// The slot of one that only lets the others run once.
pub const NO_TIMER: u32 = u32::MAX;

/// The slot of one whose timer is a handle of a loop of the program's own. The wait's target is then
/// the pair of the result and that handle.
const ELSEWHERE: u32 = u32::MAX - 1;

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
            Ok(handle) => {
                let pair = vm.space.tuple(&[wait.target.get(), handle]);
                wait.target.set(Value::object(pair));
                wait.slot.set(ELSEWHERE);
                Begun::Parked
            }
            Err(_) => Begun::Done(Outcome::Error(vm.take_exception())),
        };
    };
    let when = vm.clock.now() + seconds;
    let timer = own.timers.borrow_mut().arm(when, Value::object(wait));
    wait.slot.set(timer.slot());
    Begun::Parked
}

/// Ends a sleep that was parked: what it gives. A timer elsewhere is cancelled in any case.
pub fn end(vm: &mut Vm, wait: Gc<Wait>) -> Result<Value, Stop> {
    if wait.slot.get() != ELSEWHERE {
        return Ok(wait.target.get());
    }
    let pair = wait.target.get().cast::<Tuple>().expect("made by `begin`");
    let (result, handle) = (pair.as_slice()[0], pair.as_slice()[1]);
    wait.slot.set(0);
    wait.target.set(result);
    Cx::of(vm).call_prelude("_end_sleep", &[handle])?;
    Ok(wait.target.get())
}

/// Takes the timer of a sleeper away.
pub fn undo(wait: Gc<Wait>) {
    if wait.slot.get() == ELSEWHERE {
        return;
    }
    let owner = wait.owner.get();
    if let Some(own) = owner.future().and_then(|future| plain(future.event_loop.get())) {
        own.timers.borrow_mut().cancel_slot(wait.slot.get());
    }
}
