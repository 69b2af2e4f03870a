//! Queues: who waits for an item, who for room. A class of the program may keep the items in its
//! own way: then its methods are called, by the door.

use std::cell::RefCell;
use std::collections::VecDeque;

use super::super::{Cx, Flow, Stop, Vm};
use super::primitive::bind_to;
use super::settle::Outcome;
use super::{Begun, set_event, wake};
use crate::gc::Gc;
use crate::value::wait::{WaitKind, phase};
use crate::value::{Deque, Queue, T, Tuple, Value, Wait};

type Waiters = RefCell<VecDeque<Gc<Wait>>>;

/// The queue that a wait is for. What is to be put stands beside it.
fn queue_of(wait: Gc<Wait>) -> Gc<Queue> {
    let target = wait.target.get();
    let queue = match target.cast::<Tuple>() {
        Some(pair) => pair.as_slice()[0],
        None => target,
    };
    queue.cast().expect("made so")
}

fn list_of(wait: Gc<Wait>, queue: &Queue) -> &Waiters {
    if wait.kind == WaitKind::QueueGet { &queue.getters } else { &queue.putters }
}

/// Somebody awaits an item or room, or looks again after a wake-up.
pub fn begin(vm: &mut Vm, wait: Gc<Wait>) -> Begun {
    let cx = Cx::of(vm);
    let begun = cx.scope(|cx| {
        cx.root(Value::object(wait));
        try_now(cx, wait)
    });
    match begun {
        Ok(begun) => begun,
        Err(_) => Begun::Done(Outcome::Error(cx.take_exception())),
    }
}

fn try_now(cx: &mut Cx, wait: Gc<Wait>) -> Result<Begun, Stop> {
    let queue = queue_of(wait);
    let gets = wait.kind == WaitKind::QueueGet;
    let blocked = if gets { is_empty(cx, queue)? } else { is_full(cx, queue)? };
    if blocked {
        if queue.is_shut.get() && (!gets || is_empty(cx, queue)?) {
            return Err(cx.error_with(T::QueueShutDown, &[]));
        }
        bind_to(cx.vm_mut(), &queue.event_loop, wait, Value::object(queue))?;
        list_of(wait, &queue).borrow_mut().push_back(wait);
        return Ok(Begun::Parked);
    }
    let value = if gets {
        get_nowait(cx, queue)?
    } else {
        let item = wait.target.get().cast::<Tuple>().expect("made so").as_slice()[1];
        put_nowait(cx, queue, item)?
    };
    Ok(Begun::Done(Outcome::Value(value)))
}

/// `await get()`: the inner None if there is nothing to take yet, the outer one if only the
/// queue's class can tell.
pub fn get_now(vm: &mut Vm, queue: Gc<Queue>) -> Option<Option<Outcome>> {
    let items = plain(queue)?;
    if items.is_empty() {
        return Some(None);
    }
    let item = items.edit(|items| items.pop_front()).unwrap_or(Value::NONE);
    wake_next(vm, &queue.putters);
    Some(Some(Outcome::Value(item)))
}

/// `await put(item)`, as `get_now`.
pub fn put_now(vm: &mut Vm, queue: Gc<Queue>, item: Value) -> Option<Option<Outcome>> {
    let (items, most) = (plain(queue)?, queue.maxsize.get().as_int()?);
    if most > 0 && items.len() as i64 >= most {
        return Some(None);
    }
    let cx = Cx::of(vm);
    Some(Some(match add(cx, queue, item) {
        Ok(value) => Outcome::Value(value),
        Err(_) => Outcome::Error(cx.take_exception()),
    }))
}

/// The owner of a wait that was parked is here. None if it has to wait again.
pub fn end(vm: &mut Vm, wait: Gc<Wait>, cancelled: Option<Value>) -> Option<Outcome> {
    let Some(message) = cancelled else {
        return match begin(vm, wait) {
            Begun::Done(outcome) => Some(outcome),
            _ => None,
        };
    };
    let queue = queue_of(wait);
    let woken = wait.phase.get() == phase::WOKEN;
    remove(wait);
    let cx = Cx::of(vm);
    if woken {
        // The turn goes to the next.
        let passed = cx.scope(|cx| {
            cx.root(Value::object(wait));
            cx.root(message);
            let gets = wait.kind == WaitKind::QueueGet;
            let blocked = if gets { is_empty(cx, queue)? } else { is_full(cx, queue)? };
            if !blocked {
                wake_next(cx.vm_mut(), list_of(wait, &queue));
            }
            Ok(())
        });
        if let Err(Stop::Raised) = passed {
            return Some(Outcome::Error(cx.take_exception()));
        }
    }
    Some(Outcome::Cancelled(message))
}

/// What a `join` waits for: the event that the queue sets, and the queue for those who ask.
pub fn join_target(vm: &Vm, queue: Gc<Queue>) -> Value {
    Value::object(vm.space.tuple(&[Value::object(queue.finished), Value::object(queue)]))
}

/// Takes a wait off its list.
pub fn remove(wait: Gc<Wait>) {
    let queue = queue_of(wait);
    let mut waiters = list_of(wait, &queue).borrow_mut();
    if let Some(at) = waiters.iter().position(|&other| other == wait) {
        waiters.remove(at);
    }
}

/// Wakes the first who still waits.
pub fn wake_next(vm: &mut Vm, waiters: &Waiters) {
    loop {
        let next = waiters.borrow_mut().pop_front();
        let Some(next) = next else { return };
        if next.phase_now() == phase::PARKED {
            wake(vm, next);
            return;
        }
    }
}

/// Lets everybody look again.
pub fn wake_all(vm: &mut Vm, queue: Gc<Queue>) {
    for waiters in [&queue.getters, &queue.putters] {
        while !waiters.borrow().is_empty() {
            wake_next(vm, waiters);
        }
    }
}

// ---- items

fn method(cx: &mut Cx, queue: Gc<Queue>, name: &str, args: &[Value]) -> Flow {
    let name = cx.intern(name);
    let method = cx.get_attribute(Value::object(queue), name)?;
    cx.call(method, args)
}

fn asked(cx: &mut Cx, queue: Gc<Queue>, name: &str) -> Result<bool, Stop> {
    let answer = method(cx, queue, name, &[])?;
    cx.truth(answer)
}

/// The items, if they are kept in the usual way.
fn plain(queue: Gc<Queue>) -> Option<Gc<Deque>> {
    if queue.is_hooked.get() { None } else { queue.items.get().cast::<Deque>() }
}

pub fn is_empty(cx: &mut Cx, queue: Gc<Queue>) -> Result<bool, Stop> {
    match plain(queue) {
        Some(items) => Ok(items.is_empty()),
        None => asked(cx, queue, "empty"),
    }
}

pub fn is_full(cx: &mut Cx, queue: Gc<Queue>) -> Result<bool, Stop> {
    match (plain(queue), queue.maxsize.get().as_int()) {
        (Some(items), Some(most)) => Ok(most > 0 && items.len() as i64 >= most),
        _ => asked(cx, queue, "full"),
    }
}

/// `get_nowait`
pub fn get_nowait(cx: &mut Cx, queue: Gc<Queue>) -> Flow {
    if plain(queue).is_none() {
        return method(cx, queue, "get_nowait", &[]);
    }
    take(cx, queue)
}

/// What `get_nowait` does unless a class replaces it.
pub fn take(cx: &mut Cx, queue: Gc<Queue>) -> Flow {
    if is_empty(cx, queue)? {
        let why = if queue.is_shut.get() { T::QueueShutDown } else { T::QueueEmpty };
        return Err(cx.error_with(why, &[]));
    }
    let item = match plain(queue) {
        Some(items) => items.edit(|items| items.pop_front()).unwrap_or(Value::NONE),
        None => method(cx, queue, "_get", &[])?,
    };
    wake_next(cx.vm_mut(), &queue.putters);
    Ok(item)
}

/// `put_nowait`
pub fn put_nowait(cx: &mut Cx, queue: Gc<Queue>, item: Value) -> Flow {
    if plain(queue).is_none() {
        return method(cx, queue, "put_nowait", &[item]);
    }
    add(cx, queue, item)
}

/// What `put_nowait` does unless a class replaces it.
pub fn add(cx: &mut Cx, queue: Gc<Queue>, item: Value) -> Flow {
    if queue.is_shut.get() {
        return Err(cx.error_with(T::QueueShutDown, &[]));
    }
    if is_full(cx, queue)? {
        return Err(cx.error_with(T::QueueFull, &[]));
    }
    match plain(queue) {
        Some(items) => {
            let before = items.edit(|items| {
                let before = items.capacity();
                items.push_back(item);
                items.capacity() - before
            });
            cx.heap.charge(before * size_of::<Value>());
        }
        None => {
            method(cx, queue, "_put", &[item])?;
        }
    }
    queue.unfinished.set(queue.unfinished.get() + 1);
    queue.finished.state.set(Value::FALSE);
    wake_next(cx.vm_mut(), &queue.getters);
    Ok(Value::NONE)
}

/// `task_done`
pub fn task_done(cx: &mut Cx, queue: Gc<Queue>) -> Flow {
    let left = queue.unfinished.get();
    if left <= 0 {
        return Err(cx.value_error("task_done() called too many times"));
    }
    queue.unfinished.set(left - 1);
    if left == 1 {
        set_event(cx.vm_mut(), queue.finished);
    }
    Ok(Value::NONE)
}
