//! `gather`.

use std::collections::HashMap;

use super::future::of;
use super::{event_loop, task};
use crate::gc::Gc;
use crate::native::generator::is_coroutine;
use crate::native::{TypeDef, method};
use crate::value::future::state;
use crate::value::{Gathering, List, T, Value};
use crate::vm::{Args, Cx, Flow, GetSet, Outcome, Stop, tasks};

pub static GATHERING: TypeDef = TypeDef {
    id: T::Gathering,
    doc: "What `gather` returns: cancelling it cancels the children.",
    methods: &[method("_child_done(self, child, /)", "A child is done.", |cx, args| {
        let (this, child) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
        if let (Some(this), Some(child)) = (this.cast::<Gathering>(), child.future()) {
            tasks::child_done(cx.vm(), this, child);
        }
        Ok(Value::NONE)
    })],
    getsets: &[
        GetSet {
            name: "_children",
            doc: "",
            get: |cx, v| {
                let children = v.cast::<Gathering>().map(|this| this.children.get());
                let children = children.and_then(|children| cx.plain_items(children));
                Ok(Value::object(cx.list(children.unwrap_or_default())))
            },
            set: None,
        },
        GetSet {
            name: "_cancel_requested",
            doc: "",
            get: |cx, v| Ok(Value::bool(of(cx, v)?.has(state::CANCEL_REQUESTED))),
            set: None,
        },
    ],
};

pub fn gather(cx: &mut Cx, args: Args) -> Flow {
    let keeps = cx.opt(args, 0).map_or(Value::FALSE, |keeps| keeps.value());
    let given = cx.opt(args, 1).map_or(Value::NONE, |given| given.value());
    let items = cx.args_from(args, 2);
    let running = cx.vm().running_loop;
    let event_loop = if given.is_none() { running } else { given };
    let plain = tasks::plain(event_loop)
        .filter(|own| own.task_factory.get().is_none() && !items.is_empty());
    if task::is_eager(event_loop) && begin_all(cx, &items)? {
        let keeps = cx.truth(keeps)?;
        let children = cx.list(items);
        return next_eager(cx, (event_loop, children), 0, keeps);
    }
    let known = |cx: &mut Cx, item: Value| match item.future() {
        Some(future) => Ok(!cx.class_of(item).is_user() && future.event_loop.get() == event_loop),
        None => is_coroutine(cx, item),
    };
    let mut simple = plain.is_some();
    for &item in &items {
        if !simple {
            break;
        }
        simple = known(cx, item)?;
    }
    if !simple {
        // Awaitables of other kinds, several loops: the long way.
        let items = Value::object(cx.tuple(&items));
        return cx.tail_prelude("_gather", &[items, keeps, given]);
    }
    if let Some(own) = plain {
        event_loop::check_open(cx, own)?;
    }
    let keeps = cx.truth(keeps)?;
    collect(cx, event_loop, items, keeps)
}

/// Makes the gathering of futures and coroutines of one plain loop.
fn collect(cx: &mut Cx, event_loop: Value, mut items: Vec<Value>, keeps: bool) -> Flow {
    let repeated = repetitions(&items);
    // What is given twice is one child with two results.
    let first = |i: usize| repeated.get(&i).copied();
    for i in 0..items.len() {
        if let Some(first) = first(i) {
            items[i] = items[first];
        } else if items[i].future().is_none() {
            let task = task::make(cx, event_loop, items[i], Value::NONE, Value::NONE)?;
            // Nobody but us can see this task.
            of(cx, task)?.set(state::SILENT, true);
            items[i] = task;
        }
    }
    let left = items.len() - repeated.len();
    let children = Value::object(cx.list(items.clone()));
    let gathering = cx.gathering(event_loop, children, left);
    gathering.set(state::KEEPS_ERRORS, keeps);
    let mut done = Vec::new();
    for (i, item) in items.into_iter().enumerate() {
        let child = of(cx, item)?;
        if first(i).is_some() {
            continue;
        }
        if child.is_pending() {
            tasks::add_callback(cx.vm(), child, Value::object(gathering), Value::UNDEF);
        } else {
            done.push(child);
        }
    }
    for child in done {
        tasks::child_done(cx.vm(), gathering, child);
    }
    Ok(Value::object(gathering))
}

/// Are these coroutines alone, each a child of its own? What else might be settled by one that
/// begins has to be listened to before.
fn begin_all(cx: &mut Cx, items: &[Value]) -> Result<bool, Stop> {
    for &item in items {
        if item.future().is_some() || !is_coroutine(cx, item)? {
            return Ok(false);
        }
    }
    Ok(!items.is_empty() && repetitions(items).is_empty())
}

/// Has the child at `at` begin, and then the others.
fn next_eager(
    cx: &mut Cx,
    (event_loop, children): (Value, Gc<List>),
    at: usize,
    keeps: bool,
) -> Flow {
    let Some(coro) = children.get(at) else {
        return collect(cx, event_loop, children.to_vec(), keeps);
    };
    let place = Value::int((at as i64) << 1 | i64::from(keeps));
    let state = [Value::object(children), place];
    task::make_eager(cx, (event_loop, coro, Value::NONE), child_begun, state)
}

fn child_begun(cx: &mut Cx, [task, children, place]: [Value; 3], outcome: Outcome) -> Flow {
    let child = task::begun(cx, task, outcome)?;
    // Nobody but us can see this task.
    child.set(state::SILENT, true);
    let (children, place) = (children.cast::<List>(), place.as_int());
    let (Some(children), Some(place)) = (children, place) else { unreachable!("made by us") };
    let at = (place >> 1) as usize;
    children.set(at, task);
    next_eager(cx, (child.event_loop.get(), children), at + 1, place & 1 != 0)
}

/// The places of what was given before, each with the first place of the same.
fn repetitions(items: &[Value]) -> HashMap<usize, usize> {
    let bits = |i: usize| items[i].bits();
    // Made one after the other, they may well be in the order of their addresses.
    if (1..items.len()).all(|i| bits(i - 1) < bits(i)) {
        return HashMap::new();
    }
    let mut again = Vec::new();
    let mut others = Vec::new();
    for (i, item) in items.iter().enumerate() {
        match item.future() {
            Some(future) if future.has(state::MET) => again.push(i),
            Some(future) => future.set(state::MET, true),
            None => others.push((item.bits(), i)),
        }
    }
    items.iter().filter_map(|item| item.future()).for_each(|future| future.set(state::MET, false));
    others.sort_unstable();
    let same = others.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    again.extend(same.map(|pair| pair[1].1));
    if again.is_empty() {
        return HashMap::new();
    }
    let firsts: HashMap<u64, usize> = (0..items.len()).rev().map(|i| (bits(i), i)).collect();
    again.into_iter().map(|i| (i, firsts[&bits(i)])).collect()
}
