//! Limits on the time that a block may take.

use super::super::{Cx, Flow, Stop, Vm};
use super::settle::Outcome;
use super::{Begun, cancel, current, plain};
use crate::gc::Gc;
use crate::value::timeout::Stage;
use crate::value::wait::WaitKind;
use crate::value::{T, Task, Timeout, Tuple, Value, Wait};

/// `__aenter__` and `__aexit__`, which wait for nothing.
pub fn begin(cx: &mut Cx, wait: Gc<Wait>) -> Begun {
    let target = wait.target.get();
    Begun::Done(outcome(cx.vm_mut(), |cx| {
        if wait.kind == WaitKind::TimeoutEnter {
            return enter(cx, target.cast().expect("made so"), wait.owner.get());
        }
        let parts = target.cast::<Tuple>().expect("made so");
        let [this, class, error] = [0, 1, 2].map(|i| parts.as_slice()[i]);
        leave(cx, this.cast().expect("made so"), class, error)
    }))
}

/// What comes of something that does not wait.
pub fn outcome(vm: &mut Vm, run: impl FnOnce(&mut Cx) -> Flow) -> Outcome {
    let cx = Cx::of(vm);
    match run(cx) {
        Ok(value) => Outcome::Value(value),
        Err(_) => Outcome::Error(cx.take_exception()),
    }
}

pub fn enter(cx: &mut Cx, this: Gc<Timeout>, owner: Value) -> Flow {
    if this.stage.get() != Stage::Created {
        return Err(cx.error(T::RuntimeError, "Timeout has already been entered"));
    }
    let running = cx.vm().running_loop;
    let task = if owner.is::<Task>() { owner } else { current(cx.vm(), running) };
    let Some(own) = task.cast::<Task>() else {
        return Err(cx.error(T::RuntimeError, "Timeout should be used inside a task"));
    };
    this.stage.set(Stage::Entered);
    this.task.set(task);
    this.cancels.set(own.cancels());
    arm(cx, this)?;
    Ok(Value::object(this))
}

pub fn leave(cx: &mut Cx, this: Gc<Timeout>, class: Value, error: Value) -> Flow {
    disarm(cx, this)?;
    match this.stage.get() {
        Stage::Expiring => this.stage.set(Stage::Expired),
        Stage::Entered => {
            this.stage.set(Stage::Exited);
            return Ok(Value::NONE);
        }
        _ => return Ok(Value::NONE),
    }
    let task = this.task.get().cast::<Task>().expect("entered in a task");
    let (left, was_last) = task.take_cancel();
    if was_last {
        task.set(crate::value::future::state::MUST_CANCEL, false);
    }
    // Requests to cancel that came from elsewhere meanwhile go first.
    if left <= this.cancels.get() && !class.is_none() {
        return cx.call_prelude("_timeout_expired", &[class, error]);
    }
    Ok(Value::NONE)
}

/// Sets the timer, if there is to be one.
pub fn arm(cx: &mut Cx, this: Gc<Timeout>) -> Result<(), Stop> {
    disarm(cx, this)?;
    let when = this.when.get();
    if when.is_none() {
        return Ok(());
    }
    let task = this.task.get().cast::<Task>().expect("entered in a task");
    let event_loop = task.event_loop.get();
    let seconds = when.as_float().or_else(|| when.as_int().map(|whole| whole as f64));
    let (Some(own), Some(seconds)) = (plain(event_loop), seconds) else {
        let handle = cx.call_prelude("_arm_timeout", &[event_loop, Value::object(this), when])?;
        this.handle.set(handle);
        return Ok(());
    };
    if !cx.vm().clock.is_before(seconds) && seconds <= cx.now() {
        // The time is up already: one turn from now.
        own.push(Value::object(this));
        is_due(this);
        return Ok(());
    }
    let timer = own.timers.borrow_mut().arm(seconds, Value::object(this));
    this.timer.set(Some(timer));
    Ok(())
}

fn disarm(cx: &mut Cx, this: Gc<Timeout>) -> Result<(), Stop> {
    if let Some(timer) = this.timer.take()
        && let Some(task) = this.task.get().cast::<Task>()
        && let Some(own) = plain(task.event_loop.get())
    {
        own.timers.borrow_mut().cancel(timer);
    }
    let handle = this.handle.replace(Value::NONE);
    if handle == Value::TRUE {
        this.stale.set(this.stale.get().saturating_add(1));
    }
    if handle.is_none() || handle == Value::TRUE {
        return Ok(());
    }
    let name = cx.intern("cancel");
    let cancel = cx.get_attribute(handle, name)?;
    cx.call(cancel, &[]).map(drop)
}

/// The timer has fired: it is among what is ready.
pub fn is_due(this: Gc<Timeout>) {
    this.timer.set(None);
    this.handle.set(Value::TRUE);
}

/// The timer has fired, and its turn has come.
pub fn expire(cx: &mut Cx, this: Gc<Timeout>) -> Result<(), Stop> {
    // One that was moved meanwhile has another timer, or its turn comes later.
    if let Some(left) = this.stale.get().checked_sub(1) {
        this.stale.set(left);
        return Ok(());
    }
    let due = !this.handle.replace(Value::NONE).is_none();
    if !due || this.stage.get() != Stage::Entered {
        return Ok(());
    }
    this.stage.set(Stage::Expiring);
    let task = this.task.get().future().expect("entered in a task");
    cancel(cx, task, Value::NONE).map(drop)
}
