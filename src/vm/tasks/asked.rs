//! `await` of a call that would make a native coroutine: none is made unless there is something to
//! wait for.

use super::super::Vm;
use super::super::pc::{Base, Ip, Pc};
use super::settle::Outcome;
use super::{park, plain, primitive, queue, timeout};
use crate::gc::Gc;
use crate::value::wait::WaitKind;
use crate::value::{Native, Primitive, Queue, Timeout, Value, Wait};

enum Answer {
    Now(Outcome),
    Wait(Gc<Wait>),
}

/// `await native(args)`. None if that must go by a coroutine, or raises for its arguments.
pub unsafe fn await_native(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    info: u64,
    native: Gc<Native>,
    args: &[Value],
) -> Option<Pc> {
    // SAFETY: I3; the arguments are in registers of a running activation.
    unsafe {
        let kind = native.waits?;
        let (root, task) = park::task_of(vm, base)?;
        let own = plain(task.event_loop.get())?;
        Some(match ask(&mut *vm, kind, args, Value::object(task))? {
            Answer::Now(outcome) => park::deliver(vm, ip, base, info, outcome),
            Answer::Wait(wait) => park::await_for(vm, ip, base, info, wait, (root, task, own)),
        })
    }
}

fn ask(vm: &mut Vm, kind: WaitKind, args: &[Value], owner: Value) -> Option<Answer> {
    use WaitKind::*;
    let now = match (kind, args) {
        (Sleep, &[delay]) => return sleep(vm, delay, Value::NONE),
        (Sleep, &[delay, result]) => return sleep(vm, delay, result),
        (EventWait | LockAcquire | SemaphoreAcquire | ConditionWait | Notice, &[this]) => {
            return on_primitive(vm, kind, this.cast()?, owner);
        }
        (LockEnter | SemaphoreEnter, &[this]) | (Release, &[this, _, _, _]) => {
            return on_primitive(vm, kind, managed(vm, this.cast()?)?, owner);
        }
        (QueueJoin, &[this]) => {
            let queue = this.cast::<Queue>()?;
            if let Some(outcome) = primitive::try_now(vm, kind, queue.finished, owner) {
                return Some(Answer::Now(outcome));
            }
            let target = queue::join_target(vm, queue);
            return Some(Answer::Wait(vm.space.wait(kind, target, Value::UNDEF)));
        }
        (QueueGet, &[this]) => queue::get_now(vm, this.cast()?)?,
        (QueuePut, &[this, item]) => queue::put_now(vm, this.cast()?, item)?,
        (TimeoutEnter, &[this]) => {
            let this = this.cast::<Timeout>()?;
            Some(timeout::outcome(vm, |cx| timeout::enter(cx, this, owner)))
        }
        (TimeoutExit, &[this, class, error, _]) => {
            let this = this.cast::<Timeout>()?;
            Some(timeout::outcome(vm, |cx| timeout::leave(cx, this, class, error)))
        }
        _ => return None,
    };
    Some(match now {
        Some(outcome) => Answer::Now(outcome),
        None => {
            let target = match args {
                &[this, item] => Value::object(vm.space.tuple(&[this, item])),
                _ => args[0],
            };
            Answer::Wait(vm.space.wait(kind, target, Value::UNDEF))
        }
    })
}

/// What a manager takes and gives back. None if its class may have methods of its own for that.
fn managed(vm: &Vm, this: Gc<Primitive>) -> Option<Gc<Primitive>> {
    let lock = primitive::lock_of(vm, this)?;
    let own = lock == this && vm.space.class_of(Value::object(this)).is_user();
    (!own).then_some(lock)
}

fn on_primitive(vm: &mut Vm, kind: WaitKind, this: Gc<Primitive>, owner: Value) -> Option<Answer> {
    if kind == WaitKind::ConditionWait {
        primitive::lock_of(vm, this)?;
    }
    Some(match primitive::try_now(vm, kind, this, owner) {
        Some(outcome) => Answer::Now(outcome),
        None => Answer::Wait(vm.space.wait(kind, Value::object(this), Value::UNDEF)),
    })
}

fn sleep(vm: &Vm, delay: Value, result: Value) -> Option<Answer> {
    let seconds = delay.as_float().or_else(|| delay.as_int().map(|whole| whole as f64))?;
    // What is no number raises.
    let wait = vm.space.wait(WaitKind::Sleep, result, Value::float(seconds));
    (!seconds.is_nan()).then_some(Answer::Wait(wait))
}
