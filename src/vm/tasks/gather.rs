//! What becomes of a gathering or a group when one of its tasks is done.

use super::super::Vm;
use super::settle::{cancellation, cancelled_error, settle};
use crate::gc::Gc;
use crate::value::future::state;
use crate::value::{Future, Gathering, Group, List, Value};

pub fn child_done(vm: &Vm, gathering: Gc<Gathering>, child: Gc<Future>) {
    let left = gathering.left.get().saturating_sub(1);
    gathering.left.set(left);
    if !gathering.is_pending() {
        // An exception that comes late is nobody's, but not lost by mistake.
        child.set(state::UNREAD, false);
        return;
    }
    let this = Value::object(gathering).future().expect("a gathering is a future");
    if !gathering.has(state::KEEPS_ERRORS) {
        // One child's cancellation is an error like others; the gathering itself goes on.
        let error = match child.state() {
            state::CANCELLED => Some(cancelled_error(vm, child)),
            state::ERROR => Some(child.result.get()),
            _ => None,
        };
        if let Some(error) = error {
            child.set(state::UNREAD, false);
            this.result.set(error);
            finish(vm, this, state::ERROR);
            return;
        }
    }
    if left > 0 {
        return;
    }
    let children = gathering.children.get().cast::<List>().expect("children are in a list");
    let results = children.iter().map(|child| result(vm, child)).collect();
    if gathering.has(state::CANCEL_REQUESTED) {
        // The last argument decides, whoever was the last to end.
        let last = children.iter().last().and_then(Value::future);
        let error = match last.filter(|last| last.state() == state::CANCELLED) {
            Some(last) => cancelled_error(vm, last),
            None => cancellation(vm, this.result.get()),
        };
        this.result.set(error);
        finish(vm, this, state::ERROR);
        return;
    }
    this.result.set(Value::object(vm.space.list(results)));
    finish(vm, this, state::RESULT);
}

/// On native loops, the only ones on which this is used, nobody is left to be told by the caller.
fn finish(vm: &Vm, gathering: Gc<Future>, to: u32) {
    let _ = settle(vm, gathering, to);
}

/// A child's entry in the list of results.
fn result(vm: &Vm, child: Value) -> Value {
    let child = child.future().expect("children are futures");
    match child.state() {
        state::RESULT => child.result.get(),
        state::ERROR => {
            child.set(state::UNREAD, false);
            child.result.get()
        }
        _ => {
            let message = child.cancel_message();
            let message = if message.is_none() { vm.space.str_value("") } else { message };
            cancellation(vm, message)
        }
    }
}

/// A task of a group is done: the last one lets the block go on. True if there is more to it than
/// a result.
pub fn member_done(vm: &Vm, group: Gc<Group>, task: Value) -> bool {
    let left = group.left.get().saturating_sub(1);
    group.left.set(left);
    if left == 0
        && let Some(waiter) = group.waiter.get().future()
        && waiter.is_pending()
    {
        waiter.result.set(Value::TRUE);
        finish(vm, waiter, state::RESULT);
    }
    task.future().is_none_or(|task| task.state() == state::ERROR)
}
