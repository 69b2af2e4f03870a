//! What programs do by hand: they drive native coroutines themselves, and they throw exceptions into
//! coroutines in which tasks wait.

use super::super::{Cx, Flow, Stop};
use super::park::{begin, end, forget, go_on};
use super::settle::{Outcome, outcome, settle};
use super::{Begun, add_waiter, barrier};
use crate::gc::Gc;
use crate::value::frame::state as frame_state;
use crate::value::future::state;
use crate::value::wait::{WaitKind, phase};
use crate::value::{EventLoop, Exception, Frame, T, Task, Value, Wait};

impl Cx {
    /// `send(None)`: the future that is to be waited for, or the end.
    pub fn resume_wait(&mut self, wait: Gc<Wait>) -> Flow {
        match wait.phase.get() {
            phase::CREATED => {
                let owner = self.new_owner(wait)?;
                match begin(self.vm_mut(), wait, owner) {
                    Begun::Parked => self.awaited(wait, owner),
                    Begun::Yielded => Ok(Value::NONE),
                    Begun::Done(outcome) => self.end_by_hand(outcome),
                }
            }
            phase::PARKED => {
                let done = wait.owner.get().future().filter(|future| !future.is_pending());
                let Some(future) = done else {
                    let text = "await wasn't used with future";
                    self.close_wait(wait);
                    return Err(self.error(T::RuntimeError, text));
                };
                // Others than what it waits for have settled its future.
                match outcome(self.vm(), future) {
                    Outcome::Value(_) => {
                        wait.phase.set(phase::WOKEN);
                        self.end_or_wait(wait, None)
                    }
                    Outcome::Cancelled(message) => self.end_or_wait(wait, Some(message)),
                    Outcome::Error(error) => {
                        self.close_wait(wait);
                        Err(self.throw(error.cast().expect("futures fail with exceptions")))
                    }
                }
            }
            phase::FINISHED => {
                let text = "cannot reuse already awaited coroutine";
                Err(self.error(T::RuntimeError, text))
            }
            _ => self.end_or_wait(wait, None),
        }
    }

    fn end_or_wait(&mut self, wait: Gc<Wait>, cancelled: Option<Value>) -> Flow {
        let mut owner = wait.owner.get();
        if wait.phase.get() == phase::WOKEN || wait.kind.goes_on() {
            // It may have to wait again. A cancelled one keeps its message there.
            owner = self.new_owner(wait)?;
            wait.owner.set(owner);
        }
        let ended = self.scope(|cx| {
            for kept in [Value::object(wait), owner, cancelled.unwrap_or(Value::NONE)] {
                cx.root(kept);
            }
            end(cx.vm_mut(), wait, cancelled)
        });
        match ended {
            Some(outcome) => self.end_by_hand(outcome),
            None => self.awaited(wait, owner),
        }
    }

    /// An exception was thrown in: what was waited for goes to the next who waits.
    pub fn throw_into_wait(&mut self, wait: Gc<Wait>, error: Gc<Exception>) -> Flow {
        if wait.kind.goes_on() && wait.is_suspended() {
            let owner = self.new_owner(wait)?;
            wait.owner.set(owner);
            return match go_on(self.vm_mut(), wait, Some(Value::object(error))) {
                Some(outcome) => self.end_by_hand(outcome),
                None => self.awaited(wait, owner),
            };
        }
        let raised = self.leave_wait(wait, error);
        Err(self.throw(raised))
    }

    /// An exception ends a wait; the exception that comes of it.
    fn leave_wait(&mut self, wait: Gc<Wait>, error: Gc<Exception>) -> Gc<Exception> {
        let cancels = self.isinstance(Value::object(error), T::CancelledError);
        let passes_on = cancels || matches!(wait.kind, WaitKind::QueueGet | WaitKind::QueuePut);
        let sleeps = wait.kind == WaitKind::Sleep;
        let mut raised = error;
        if (passes_on || sleeps) && wait.is_suspended() {
            let ended = self.scope(|cx| {
                cx.root(Value::object(wait));
                cx.root(Value::object(error));
                end(cx.vm_mut(), wait, Some(Value::NONE))
            });
            if let Some(Outcome::Error(problem)) = ended {
                raised = problem.cast().expect("an exception");
            }
        }
        self.close_wait(wait);
        raised
    }

    /// The future that is settled when the wait is over. Outside of a loop what has nothing to
    /// wait for may still go on: a suspended coroutine is closed there.
    fn new_owner(&mut self, wait: Gc<Wait>) -> Flow {
        if wait.only_yields() {
            return Ok(Value::NONE);
        }
        let running = self.vm().running_loop;
        if running.is_none() && matches!(wait.kind, WaitKind::Sleep | WaitKind::TimeoutEnter) {
            self.close_wait(wait);
            return Err(self.no_loop());
        }
        let again = wait.phase.get() != phase::CREATED;
        if again || running.is_none() || super::plain(running).is_some() {
            return Ok(Value::object(self.future(running)));
        }
        // The loop may make futures of its own kind. Those for a second wait need not be.
        let create = self.intern("create_future");
        let create = self.get_attribute(running, create)?;
        let made = self.scope(|cx| {
            cx.root(Value::object(wait));
            cx.call(create, &[])
        })?;
        Ok(if made.future().is_some() { made } else { Value::object(self.future(running)) })
    }

    /// What whoever drives a parked wait by hand is given.
    fn awaited(&mut self, wait: Gc<Wait>, owner: Value) -> Flow {
        if owner.future().is_some_and(|future| future.event_loop.get().is_none()) {
            self.close_wait(wait);
            return Err(self.no_loop());
        }
        Ok(awaited(owner))
    }

    fn no_loop(&self) -> Stop {
        self.error(T::RuntimeError, "no running event loop")
    }

    fn end_by_hand(&mut self, outcome: Outcome) -> Flow {
        match outcome.result(self.vm()) {
            Ok(value) if value.is_none() => Err(self.error_with(T::StopIteration, &[])),
            Ok(value) => Err(self.error_with(T::StopIteration, &[value])),
            Err(error) => Err(self.throw(error.cast().expect("an exception"))),
        }
    }

    /// `close()`: nobody waits any more.
    pub fn close_wait(&mut self, wait: Gc<Wait>) {
        if wait.kind.at_barrier() && wait.is_suspended() {
            barrier::abandon(self.vm_mut(), wait);
        } else if wait.is_parked() || wait.is_suspended() && wait.kind != WaitKind::Sleep {
            // Who is woken stays on the list until it is here.
            forget(wait);
        }
        wait.phase.set(phase::FINISHED);
    }
}

/// The future that is yielded by an `await`.
fn awaited(owner: Value) -> Value {
    if let Some(future) = owner.future() {
        future.set(state::BLOCKING, true);
    }
    owner
}

/// What an exception from outside meets in a coroutine.
pub enum Met {
    /// This is to be raised where the coroutine is suspended.
    Raise(Gc<Exception>),
    /// Something that has to be ended first: its task goes on waiting.
    Waits,
}

impl Cx {
    /// A program throws an exception into a coroutine. If a task waits in it for a primitive, that
    /// hears of it as from an `await` that is left; the task waits for nothing from then on.
    pub fn throw_past_wait(&mut self, frame: Gc<Frame>, error: Gc<Exception>) -> Met {
        let Some((own, task, wait)) = self.waiting_in(frame) else { return Met::Raise(error) };
        let has_turn = wait.phase.get() != phase::PARKED;
        if wait.kind.goes_on() && wait.is_suspended() {
            if go_on(self.vm_mut(), wait, Some(Value::object(error))).is_none() {
                return Met::Waits;
            }
            self.wait_for_nothing(task, has_turn);
            return Met::Raise(error);
        }
        let raised = self.leave_wait(wait, error);
        // Queues cancel what they wait for.
        let gets_turn = matches!(wait.kind, WaitKind::QueueGet | WaitKind::QueuePut);
        if gets_turn && !has_turn {
            own.push(Value::object(task));
        }
        self.wait_for_nothing(task, has_turn || gets_turn);
        Met::Raise(raised)
    }

    /// Who waits in a coroutine for a primitive, in the loop that runs.
    fn waiting_in(&self, frame: Gc<Frame>) -> Option<(Gc<EventLoop>, Gc<Task>, Gc<Wait>)> {
        let flags = frame_state::BUSY | frame_state::KIND | frame_state::MASK;
        let waits = frame_state::BUSY | frame_state::COROUTINE | frame_state::SUSPENDED;
        if frame.header.flags & flags != waits {
            return None;
        }
        let own = super::plain(self.vm().running_loop)?;
        let coro = Value::object(frame);
        let task = own.tasks().into_iter().find(|task| task.coro.get() == coro)?;
        Some((own, task, task.waits_on.get().cast::<Wait>()?))
    }

    /// The task's wait has ended without it: it waits for a future that only its cancellation
    /// settles, or that is settled, if it has its turn.
    fn wait_for_nothing(&mut self, task: Gc<Task>, has_turn: bool) {
        let future = self.future(task.event_loop.get());
        task.waits_on.set(Value::object(future));
        if has_turn {
            future.result.set(Value::NONE);
            let told = settle(self.vm(), future, state::RESULT);
            debug_assert!(told.is_none(), "it is new");
        } else {
            add_waiter(self.vm(), future, Value::object(task));
        }
    }
}
