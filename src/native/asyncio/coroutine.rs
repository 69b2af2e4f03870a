//! Native coroutines: what they are to programs, and those that belong to no primitive.

use crate::gc::Gc;
use crate::value::wait::{WaitKind, phase};
use crate::value::{Task, Value, Wait};
use crate::vm::{Args, Cx, Flow};

/// `sleep`: what is no plain number is compared and added by the library.
pub fn sleep(cx: &mut Cx, args: Args) -> Flow {
    let delay = cx.arg(args, 0).value();
    let result = cx.opt(args, 1).map_or(Value::NONE, |result| result.value());
    let seconds = match delay.as_int() {
        Some(whole) => whole as f64,
        None => match delay.as_float() {
            Some(seconds) => seconds,
            None => return cx.tail_prelude("_sleep_any", &[delay, result]),
        },
    };
    if seconds.is_nan() {
        return cx.tail_prelude("_sleep_any", &[delay, result]);
    }
    let wait = cx.wait(WaitKind::Sleep, result, Value::float(seconds));
    Ok(Value::object(wait))
}

/// The name of a native coroutine's function.
pub fn name(wait: Gc<Wait>, qualified: bool) -> String {
    let name = match wait.kind {
        WaitKind::Sleep => return "sleep".into(),
        WaitKind::EventWait | WaitKind::ConditionWait | WaitKind::Notice => "wait",
        WaitKind::BarrierWait => "wait",
        WaitKind::BarrierReset => "reset",
        WaitKind::BarrierAbort => "abort",
        WaitKind::LockAcquire | WaitKind::SemaphoreAcquire => "acquire",
        WaitKind::LockEnter | WaitKind::SemaphoreEnter => "__aenter__",
        WaitKind::TimeoutEnter | WaitKind::BarrierEnter => "__aenter__",
        WaitKind::Release | WaitKind::TimeoutExit => "__aexit__",
        WaitKind::QueueGet => "get",
        WaitKind::QueuePut => "put",
        WaitKind::QueueJoin => "join",
    };
    if !qualified {
        return name.into();
    }
    let class = match wait.kind {
        WaitKind::LockEnter | WaitKind::SemaphoreEnter | WaitKind::Release => {
            "_ContextManagerMixin"
        }
        WaitKind::TimeoutEnter | WaitKind::TimeoutExit => "Timeout",
        WaitKind::QueueGet | WaitKind::QueuePut | WaitKind::QueueJoin => "Queue",
        WaitKind::EventWait => "Event",
        WaitKind::LockAcquire => "Lock",
        WaitKind::SemaphoreAcquire => "Semaphore",
        WaitKind::ConditionWait | WaitKind::Notice => "Condition",
        WaitKind::BarrierWait
        | WaitKind::BarrierEnter
        | WaitKind::BarrierReset
        | WaitKind::BarrierAbort => "Barrier",
        WaitKind::Sleep => unreachable!("named above"),
    };
    format!("{class}.{name}")
}

/// `_wait_state(task)`: what the future would show with which a coroutine in Python waits; None if
/// the task waits in no native coroutine.
pub fn state(cx: &mut Cx, args: Args) -> Flow {
    let task = cx.arg(args, 0).cast::<Task>();
    let Some(wait) = task.and_then(|task| task.waits_on.get().cast::<Wait>()) else {
        return Ok(Value::NONE);
    };
    Ok(cx.str_value(match wait.phase.get() {
        phase::CANCELLED => "cancelled",
        phase::WOKEN | phase::FINISHED => "finished result=None",
        _ => "pending cb=[Task.task_wakeup()]",
    }))
}
