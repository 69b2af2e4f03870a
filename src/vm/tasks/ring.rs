//! Tasks that wait for one another in a ring, found when the last of them begins to wait.
//!
//! Only short rings are looked for, because this is on the way of every wait for a task or a lock;
//! when nothing else can run any more, all are found (`native/asyncio/report`).

use super::super::{Cx, Vm};
use crate::gc::Gc;
use crate::value::wait::WaitKind;
use crate::value::{Primitive, Task, Value, Wait};

/// Links followed at most.
const LINKS: usize = 16;

/// A task has begun to wait for what it says: does that lead back to it?
#[inline(always)]
pub fn look(vm: &Vm, task: Gc<Task>, waits: Value) {
    if let Some(next) = needed(waits)
        && !next.waits_on.get().is_undef()
    {
        follow(vm, task, next);
    }
}

#[cold]
#[inline(never)]
fn follow(vm: &Vm, task: Gc<Task>, mut at: Gc<Task>) {
    for _ in 0..LINKS {
        if at == task {
            (vm.reports.ring)(Cx::of_ref(vm), task);
            return;
        }
        let Some(next) = needed(at.waits_on.get()) else { return };
        at = next;
    }
}

/// The one task without which a wait cannot end: another task itself, or the holder of a lock.
#[inline(always)]
fn needed(waits: Value) -> Option<Gc<Task>> {
    if let Some(wait) = waits.cast::<Wait>() {
        if wait.kind == WaitKind::ConditionWait && wait.is_parked() {
            return super::awaited_lock(wait)?.state.get().cast::<Task>();
        }
        if !matches!(wait.kind, WaitKind::LockAcquire | WaitKind::LockEnter) || !wait.is_parked() {
            return None;
        }
        return wait.target.get().cast::<Primitive>()?.state.get().cast::<Task>();
    }
    waits.cast::<Task>().filter(|task| task.is_pending())
}
