//! How a future settles, and who is told.

use std::collections::HashSet;

use super::super::{Cx, Stop, Vm, raise};
use super::plain;
use crate::gc::Gc;
use crate::value::future::state;
use crate::value::schedule::flag;
use crate::value::{
    Exception, Future, Gathering, Group, Handle, List, T, Task, Traceback, Value, Wait,
    schedule::EventLoop,
};

/// What became of a future.
pub enum Outcome {
    Value(Value),
    /// The exception to raise.
    Error(Value),
    /// A cancellation with this message, whose exception is still to be made.
    Cancelled(Value),
}

impl Outcome {
    /// The value, or the exception.
    pub fn result(self, vm: &Vm) -> Result<Value, Value> {
        match self {
            Outcome::Value(value) => Ok(value),
            Outcome::Error(error) => Err(error),
            Outcome::Cancelled(message) => Err(cancellation(vm, message)),
        }
    }
}

/// Settles a pending future, whose result is in place. Who waits is scheduled; on a loop that the
/// program has written, that is left to the caller: here is the list for it, of callbacks and
/// contexts by turns.
#[must_use]
pub fn settle(vm: &Vm, future: Gc<Future>, to: u32) -> Option<Value> {
    future.set_state(to);
    let callbacks = future.callbacks.replace(Value::UNDEF);
    if to == state::ERROR {
        let error = future.result.get().cast::<Exception>();
        let count = error.map_or(0, |error| error.trace.count() + entries(error.traceback.get()));
        future.callbacks.set(Value::int(count as i64));
        future.set(state::UNREAD, true);
        vm.space.finals.register(Value::object(future));
    }
    if callbacks.is_undef() {
        return None;
    }
    let this = Value::object(future);
    let Some(own) = plain(future.event_loop.get()) else {
        return Some(match callbacks.is::<List>() {
            true => callbacks,
            false => Value::object(vm.space.list(vec![callbacks, Value::UNDEF])),
        });
    };
    match callbacks.cast::<List>() {
        Some(list) => {
            let pairs = list.to_vec();
            for pair in pairs.chunks(2) {
                tell(vm, own, this, pair[0], pair[1]);
            }
        }
        None => tell(vm, own, this, callbacks, Value::UNDEF),
    }
    None
}

/// Schedules one who waited.
fn tell(vm: &Vm, own: Gc<EventLoop>, future: Value, callback: Value, context: Value) {
    if callback.is::<Task>() && context.is_undef() {
        own.push(callback);
    } else if context.is_undef() && (callback.is::<Gathering>() || callback.is::<Group>()) {
        own.push(callback);
        own.push(future);
    } else {
        let context = if context.is_none() { Value::UNDEF } else { context };
        let args = Value::object(vm.space.tuple(&[future]));
        let handle = vm.space.handle(callback, args, Value::object(own), context);
        own.push(Value::object(handle));
    }
}

/// The result of a future that is done.
pub fn outcome(vm: &Vm, future: Gc<Future>) -> Outcome {
    match future.state() {
        state::RESULT => Outcome::Value(future.result.get()),
        state::ERROR => {
            future.set(state::UNREAD, false);
            let error = future.result.get();
            own_trace(future, error);
            Outcome::Error(error)
        }
        _ if Value::object(future).is::<Task>() || future.result.get().is::<Exception>() => {
            Outcome::Error(cancelled_error(vm, future))
        }
        _ => Outcome::Cancelled(future.result.get()),
    }
}

/// The exception's trace as it was when the future settled, for the first who asks; like CPython's,
/// later ones get an exception without a past.
fn own_trace(future: Gc<Future>, error: Value) {
    let Some(error) = error.cast::<Exception>() else { return };
    let kept = future.callbacks.replace(Value::int(0)).as_int().unwrap_or(0);
    let kept = usize::try_from(kept).unwrap_or(0);
    // What somebody has looked at is objects; what came later, or if nobody did all, is points.
    let seen = entries(error.traceback.get());
    error.trace.truncate(kept.saturating_sub(seen));
    if kept < seen {
        error.traceback.set(innermost(error.traceback.get(), seen - kept));
    }
}

/// How many entries a traceback has.
fn entries(traceback: Value) -> usize {
    let next = |entry: &Value| entry.cast::<Traceback>().map(|entry| entry.next.get());
    let all = std::iter::successors(Some(traceback), next);
    all.filter(|entry| entry.is::<Traceback>()).count()
}

/// A traceback without so many of its first, outermost entries.
fn innermost(mut traceback: Value, skipped: usize) -> Value {
    for _ in 0..skipped {
        let Some(entry) = traceback.cast::<Traceback>() else { break };
        traceback = entry.next.get();
    }
    traceback
}

/// As `outcome`, for a frame that awaits the future itself: what is made now nobody else has.
pub fn outcome_to_raise(vm: &Vm, future: Gc<Future>) -> Outcome {
    let is_new = future.has(state::QUIET);
    let outcome = outcome(vm, future);
    if let Outcome::Error(error) = outcome
        && is_new
    {
        error.cast().inspect(|&error| Exception::hide(error));
    }
    outcome
}

/// What to raise for a future that was cancelled.
pub fn cancelled_error(vm: &Vm, future: Gc<Future>) -> Value {
    let said = future.result.get();
    if future.has(state::QUIET) {
        future.set(state::QUIET, false);
        future.result.set(Value::NONE);
        let error = cancellation(vm, said);
        let task = Value::object(future).cast::<Task>();
        if let (Some(task), Some(error)) = (task, error.cast::<Exception>()) {
            super::drive::pass_through(task, error);
        }
        return error;
    }
    if future.state() != state::CANCELLED {
        return cancellation(vm, Value::NONE);
    }
    if said.is::<Exception>() {
        // Given out once, so that the future is not held by its traceback.
        future.result.set(Value::NONE);
        return said;
    }
    cancellation(vm, said)
}

/// A CancelledError with a message, if there is one.
pub fn cancellation(vm: &Vm, message: Value) -> Value {
    let given: &[Value] = if message.is_none() || message.is_undef() { &[] } else { &[message] };
    let args = Value::object(vm.space.tuple(given));
    Value::object(vm.space.exception(vm.space.class(T::CancelledError), args))
}

/// Asks a future to cancel. False if it is done.
pub fn cancel(cx: &mut Cx, future: Gc<Future>, message: Value) -> Result<bool, Stop> {
    cx.scope(|cx| cancel_all(cx, future, message))
}

/// What `cancel_all` has still to do.
enum Step {
    Cancel(Gc<Future>),
    /// What the thing at this address waits for has been asked.
    Leave(usize),
}

/// Roots what it keeps: a `cancel` of the program's own may run anything.
fn cancel_all(cx: &mut Cx, future: Gc<Future>, message: Value) -> Result<bool, Stop> {
    // What is cancelled in turn, depth first.
    let mut todo = vec![Step::Cancel(future)];
    // What leads to where we are: tasks may wait for one another in a ring. Once there is one, what
    // was met before is not gone through again.
    let (mut path, mut met) = (HashSet::new(), HashSet::new());
    let mut in_ring = false;
    let mut heard = false;
    let mut is_first = true;
    while let Some(step) = todo.pop() {
        let future = match step {
            Step::Cancel(future) => future,
            Step::Leave(address) => {
                path.remove(&address);
                continue;
            }
        };
        let first = std::mem::replace(&mut is_first, false);
        if !first && cx.class_of(Value::object(future)).is_user() {
            // It may have a way of its own.
            heard |= cancel_method(cx, Value::object(future), message)?;
            continue;
        }
        future.set(state::UNREAD, false);
        if !future.is_pending() {
            continue;
        }
        let this = Value::object(future);
        if let Some(task) = this.cast::<Task>() {
            heard = true;
            task.add_cancel();
            let waits = task.waits_on.get();
            let reached = if let Some(wait) = waits.cast::<Wait>() {
                super::undo(cx.vm_mut(), wait, message)
            } else if let Some(inner) = waits.future() {
                match inner_heard(cx, inner) {
                    Some(true) => {
                        if waits.is::<Task>() || waits.is::<Gathering>() {
                            path.insert(task.address());
                            todo.push(Step::Leave(task.address()));
                        }
                        if path.contains(&inner.address()) {
                            in_ring = true;
                            break_ring(cx.vm(), inner, task, message)
                        } else {
                            if met.insert(inner.address()) || !in_ring {
                                cx.root(waits);
                                todo.push(Step::Cancel(inner));
                            }
                            true
                        }
                    }
                    Some(false) => false,
                    None => cancel_method(cx, waits, message)?,
                }
            } else if waits.is_undef() || waits.is::<Exception>() {
                false
            } else {
                cancel_method(cx, waits, message)?
            };
            if !reached {
                // It is thrown in by the step that is due.
                task.set(state::MUST_CANCEL, true);
                task.result.set(message);
                note_message(task, message);
            }
        } else if let Some(gathering) = this.cast::<Gathering>() {
            let children = gathering.children.get().cast::<List>();
            let children = children.map_or_else(Vec::new, |list| list.to_vec());
            let mut any = false;
            path.insert(gathering.address());
            todo.push(Step::Leave(gathering.address()));
            for child in children.into_iter().rev() {
                if let Some(child) = child.future()
                    && child.is_pending()
                {
                    any |= inner_heard(cx, child) != Some(false);
                    cx.root(Value::object(child));
                    todo.push(Step::Cancel(child));
                }
            }
            if any {
                gathering.set(state::CANCEL_REQUESTED, true);
                heard = true;
            }
        } else {
            heard = true;
            future.result.set(message);
            if let Some(list) = settle(cx.vm(), future, state::CANCELLED) {
                cx.schedule_elsewhere(future, list)?;
            }
        }
    }
    Ok(heard)
}

/// A gathering that is cancelled says what its last child was told, however that ends.
fn note_message(task: Gc<Task>, message: Value) {
    let known = task.callbacks.get();
    let waiters = match known.cast::<List>() {
        Some(list) => list.to_vec(),
        None => vec![known],
    };
    for gathering in waiters.iter().filter_map(|waiter| waiter.cast::<Gathering>()) {
        let children = gathering.children.get().cast::<List>();
        if gathering.is_pending()
            && children.and_then(|list| list.get(list.len().wrapping_sub(1)))
                == Some(Value::object(task))
        {
            gathering.result.set(message);
        }
    }
}

/// A task that is to be cancelled waits for one that waits for it: it waits no longer. False if
/// only its own next step can help it.
fn break_ring(vm: &Vm, awaited: Gc<Future>, task: Gc<Task>, message: Value) -> bool {
    let this = Value::object(task);
    let Some(own) = plain(task.event_loop.get()) else { return false };
    let known = awaited.callbacks.get();
    if known == this {
        awaited.callbacks.set(Value::UNDEF);
    } else if let Some(list) = known.cast::<List>() {
        let pairs = list.to_vec();
        let others = pairs.chunks(2).filter(|pair| pair[0] != this || !pair[1].is_undef());
        let left = others.flatten().copied().collect();
        awaited.callbacks.set(Value::object(vm.space.list(left)));
    } else {
        return false;
    }
    task.waits_on.set(cancellation(vm, message));
    task.set(state::DIRECT, false);
    own.push(this);
    true
}

/// Will a future hear that it is to cancel? None if only its own method can tell. A gathering does
/// if one of its children does.
fn inner_heard(cx: &Cx, inner: Gc<Future>) -> Option<bool> {
    if cx.class_of(Value::object(inner)).is_user() {
        return None;
    }
    let mut todo = vec![inner];
    let mut met = HashSet::new();
    while let Some(future) = todo.pop() {
        if !future.is_pending() {
            continue;
        }
        let Some(gathering) = Value::object(future).cast::<Gathering>() else { return Some(true) };
        if cx.class_of(Value::object(future)).is_user() {
            return Some(true);
        }
        if met.insert(future.address()) {
            let children = gathering.children.get().cast::<List>()?;
            todo.extend(children.iter().filter_map(Value::future));
        }
    }
    Some(false)
}

fn cancel_method(cx: &mut Cx, future: Value, message: Value) -> Result<bool, Stop> {
    let answer = cx.call_prelude("_cancel_future", &[future, message])?;
    Ok(answer == Value::TRUE)
}

impl Cx {
    /// Schedules who waited for a future on a loop that the program has written.
    pub fn schedule_elsewhere(&mut self, future: Gc<Future>, list: Value) -> Result<(), Stop> {
        let event_loop = future.event_loop.get();
        self.call_prelude("_schedule", &[event_loop, Value::object(future), list]).map(drop)
    }

    /// Raises what a future that is done has raised, or gives its result.
    pub fn result_of(&mut self, future: Gc<Future>) -> super::super::Flow {
        match outcome(self.vm(), future).result(self.vm()) {
            Ok(value) => Ok(value),
            Err(error) => {
                let error = error.cast().expect("futures fail with exceptions");
                raise::set(self.vm(), error);
                Err(Stop::Raised)
            }
        }
    }

    /// A handle for a callback, on the ready queue of the loop.
    pub fn call_soon(
        &self,
        own: Gc<EventLoop>,
        callback: Value,
        args: Value,
        context: Value,
    ) -> Gc<Handle> {
        let handle = self.handle(callback, args, Value::object(own), context);
        own.push(Value::object(handle));
        debug_assert!(!own.has(flag::CLOSED));
        handle
    }
}
