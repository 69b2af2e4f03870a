//! Tasks that wait for one another in a ring, found when the last of them begins to wait.
//!
//! Only short rings are looked for, because this is on the way of every wait for a task or a lock;
//! when nothing else can run any more, all are found (`native/asyncio/report`). Somebody who is not
//! in a ring may be about to break it: people are told of one only when it has lasted.

use super::super::{Cx, Vm};
use crate::gc::Gc;
use crate::value::wait::WaitKind;
use crate::value::{EventLoop, Primitive, Task, Tracer, Value, Wait};

/// Links followed at most.
const LINKS: usize = 16;
/// Rings remembered at most.
const SUSPECTS: usize = 8;
/// How long a ring has to last, in seconds.
const PATIENCE: f64 = 1.0;

/// A ring that people may have to be told of.
pub struct Suspect {
    task: Gc<Task>,
    /// What each waits for, from the task on.
    waits: Vec<Value>,
    since: f64,
}

impl Suspect {
    pub fn trace(&self, tracer: &mut Tracer<'_>) {
        tracer.object(self.task);
        self.waits.iter().for_each(|&waits| tracer.value(waits));
    }

    /// Does everybody in it still wait for the same?
    fn lasts(&self) -> bool {
        let mut at = self.task;
        self.waits.iter().all(|&known| {
            let waits = at.waits_on.get();
            let next = needed(waits).filter(|_| waits == known && at.is_pending());
            next.map(|next| at = next).is_some()
        }) && at == self.task
    }
}

/// A task has begun to wait for what it says: does that lead back to it?
#[inline(always)]
pub fn look(vm: &mut Vm, task: Gc<Task>, waits: Value) {
    if let Some(next) = needed(waits)
        && !next.waits_on.get().is_undef()
    {
        follow(vm, task, waits, next);
    }
}

#[cold]
#[inline(never)]
fn follow(vm: &mut Vm, task: Gc<Task>, first: Value, mut at: Gc<Task>) {
    let mut waits = vec![first];
    for _ in 0..LINKS {
        if at == task {
            if vm.tasks.suspects.len() < SUSPECTS {
                let since = vm.clock.now();
                vm.tasks.suspects.push(Suspect { task, waits, since });
            }
            return;
        }
        let link = at.waits_on.get();
        let Some(next) = needed(link) else { return };
        waits.push(link);
        at = next;
    }
}

/// Tells of the loop's rings that have lasted, or of all that are there. When the next one will
/// have, if there is one.
#[cold]
#[inline(never)]
pub fn tell(vm: &mut Vm, own: Gc<EventLoop>, all: bool) -> Option<f64> {
    let by = if all { f64::INFINITY } else { vm.clock.now() - PATIENCE };
    let mine = |suspect: &Suspect| suspect.task.event_loop.get() == Value::object(own);
    vm.tasks.suspects.retain(Suspect::lasts);
    let old = |suspect: &mut Suspect| mine(suspect) && suspect.since <= by;
    let old: Vec<Suspect> = vm.tasks.suspects.extract_if(.., old).collect();
    for suspect in old {
        (vm.reports.ring)(Cx::of_ref(vm), suspect.task);
    }
    let left = vm.tasks.suspects.iter().filter(|suspect| mine(suspect));
    left.map(|suspect| suspect.since + PATIENCE).min_by(f64::total_cmp)
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
