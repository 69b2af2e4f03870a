//! What each task of a loop waits for, in words and as links between tasks.
//!
//! Reads only (see `vm/tasks/look.rs`): it must work in the middle of whatever the program does.

use std::collections::{HashMap, HashSet};

use crate::gc::Gc;
use crate::value::frame::state;
use crate::value::table::Entry;
use crate::value::wait::{Stage, WaitKind};
use crate::value::{
    BoundMethod, Cell, Deque, Dict, EventLoop, Exception, Frame, Function, Gathering, Group,
    Handle, List, Primitive, Queue, Str, Task, Timeout, Tuple, Value, Wait,
};
use crate::vm::Cx;
use crate::vm::tasks::{self, Atlas, Level, Spot};

/// A task, as a report shows it.
pub struct Seen {
    pub task: Gc<Task>,
    pub name: String,
    /// Where it was made.
    pub made: Option<Spot>,
    /// What it is in, outermost first, without the library's own.
    pub levels: Vec<Level>,
    pub doing: Doing,
    /// What it waits for, as after "waits for"; what it does, if it does not wait.
    pub what: String,
    /// The tasks without which it cannot go on.
    pub needs: Vec<Gc<Task>>,
    /// Is what it needs a lock that the other holds?
    pub lock: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    Runs,
    /// It is in the queue of what is ready.
    IsReady,
    Sleeps,
    Waits,
}

/// What is looked up once for a whole report.
pub struct Lookout {
    pub own: Gc<EventLoop>,
    atlas: Atlas,
    /// When sleepers wake.
    timers: HashMap<u64, f64>,
}

impl Lookout {
    pub fn new(cx: &Cx, own: Gc<EventLoop>) -> Lookout {
        let timers = own.timers.borrow();
        let sleepers = timers.iter().filter(|(_, what)| what.is::<Wait>());
        let timers = sleepers.map(|(when, what)| (what.bits(), when)).collect();
        Lookout { own, atlas: cx.atlas(), timers }
    }
}

/// The tasks of a loop that are not done.
pub fn tasks_of(cx: &Cx, own: Gc<EventLoop>) -> Vec<Seen> {
    let lookout = Lookout::new(cx, own);
    own.tasks().into_iter().map(|task| seen(cx, &lookout, task)).collect()
}

pub fn seen(cx: &Cx, lookout: &Lookout, task: Gc<Task>) -> Seen {
    let (own, atlas) = (lookout.own, &lookout.atlas);
    // An eager task that begins runs in the middle of another's step.
    let steps = task.coro.get().cast::<Frame>().is_some_and(|root| root.state() == state::RUNNING);
    let is_current = own.current.get() == Value::object(task);
    let runs = steps || is_current && task.waits_on.get().is_undef();
    let all = if runs { cx.runs_in(task) } else { cx.awaits(task) };
    let mut seen = Seen {
        task,
        name: name_of(cx, task),
        made: atlas.before(cx.place_of(task)).filter(|made| !is_library(made)),
        levels: Vec::new(),
        doing: if runs { Doing::Runs } else { Doing::Waits },
        what: String::new(),
        needs: Vec::new(),
        lock: false,
    };
    if runs {
        seen.what = "runs".into();
    } else {
        waits(cx, lookout, &all, &mut seen);
    }
    let own_code = |level: &Level| !is_library(&level.spot);
    seen.levels = if all.iter().any(own_code) {
        all.into_iter().filter(own_code).collect()
    } else {
        all.into_iter().filter(|level| !level.spot.code.is_internal()).collect()
    };
    seen
}

/// Did the place come with Sloop?
pub fn is_library(spot: &Spot) -> bool {
    spot.code.is_internal() || spot.code.filename.starts_with("<sloop>/")
}

pub fn name_of(cx: &Cx, task: Gc<Task>) -> String {
    let name = task.name(cx);
    match name.as_int() {
        Some(number) => format!("Task-{number}"),
        None => name.cast::<Str>().map_or_else(|| "?".into(), |name| name.lossy().into_owned()),
    }
}

/// The line of a place.
pub fn line(spot: &Spot) -> u32 {
    spot.code.place(spot.word).map_or(spot.code.first_line, |place| place.line)
}

/// `file:line` of a place.
pub fn place(spot: &Spot) -> String {
    format!("{}:{}", short(&spot.code.filename), line(spot))
}

/// A file's name without its folders: enough to find it again.
pub fn short(filename: &str) -> &str {
    if filename.starts_with('<') {
        return filename;
    }
    filename.rsplit('/').next().unwrap_or(filename)
}

fn waits(cx: &Cx, lookout: &Lookout, levels: &[Level], seen: &mut Seen) {
    let waits = seen.task.waits_on.get();
    if waits.is_undef() || waits.is::<Exception>() {
        seen.doing = Doing::IsReady;
        seen.what = if levels.is_empty() { "has not begun" } else { "is ready to run" }.into();
    } else if let Some(wait) = waits.cast::<Wait>() {
        if !wait.is_parked() {
            seen.doing = Doing::IsReady;
            seen.what = "is ready to run".into();
            return;
        }
        native(cx, lookout, wait, levels, seen);
    } else if let Some(task) = waits.cast::<Task>() {
        seen.needs.push(task);
        seen.what = format!("task '{}'", name_of(cx, task));
    } else if let Some(gathering) = waits.cast::<Gathering>() {
        let children = gathering.children.get().cast::<List>();
        let children = children.map_or_else(Vec::new, |children| children.to_vec());
        seen.what = several(cx, &children, "gathered", &mut seen.needs);
    } else if waits.future().is_some_and(|future| !future.is_pending()) {
        seen.doing = Doing::IsReady;
        seen.what = "is ready to run".into();
    } else {
        // A primitive of the library is known by its method that waits.
        let library = levels.iter().rev().take_while(|level| is_library(&level.spot));
        let called: Vec<&Level> = library.filter(|level| !level.spot.code.is_internal()).collect();
        match called.last() {
            Some(method) => in_library(cx, method, called[0], levels, seen),
            None => {
                if let Some(inner) = shielded(waits) {
                    seen.needs.extend(inner.cast::<Task>());
                    seen.what = match inner.cast::<Task>() {
                        Some(task) => format!("shielded task '{}'", name_of(cx, task)),
                        None => named(cx, "shielded future", inner, levels),
                    };
                    return;
                }
                seen.what = match name_in(cx, waits, levels) {
                    Some(name) => format!("future `{name}`, which nobody has settled"),
                    None => "a future that nobody has settled".into(),
                };
            }
        }
    }
}

/// What a future that `shield` has made stands for: a callback of it knows.
fn shielded(outer: Value) -> Option<Value> {
    let callbacks = outer.future()?.callbacks.get();
    let callbacks = match callbacks.cast::<List>() {
        Some(list) => list.to_vec(),
        None => vec![callbacks],
    };
    let on_end =
        callbacks.iter().filter_map(|callback| callback.cast::<Function>()).find(|on_end| {
            let code = &on_end.code.code;
            &*code.qualname == "shield.<locals>._outer_done_callback"
                && code.filename.starts_with("<sloop>/")
        })?;
    let place = on_end.code.code.free_names.iter().position(|name| &**name == "inner")?;
    Some(on_end.cell(place).value.get())
}

/// The task waits in a native coroutine.
fn native(cx: &Cx, lookout: &Lookout, wait: Gc<Wait>, levels: &[Level], seen: &mut Seen) {
    let method = match wait.kind {
        WaitKind::Sleep => {
            seen.doing = Doing::Sleeps;
            let when = lookout.timers.get(&Value::object(wait).bits());
            let left = when.map_or(0.0, |when| (when - cx.now()).max(0.0));
            seen.what = format!("sleeps for {left:.1} s more");
            return;
        }
        WaitKind::QueueJoin => "join",
        WaitKind::ConditionWait if tasks::awaited_lock(wait).is_some() => {
            let lock = tasks::awaited_lock(wait).map_or(Value::NONE, Value::object);
            primitive(cx, lock, "acquire", levels, seen);
            seen.what += ", to go on after a condition";
            return;
        }
        WaitKind::QueuePut => "put",
        kind if kind.at_barrier() => "wait",
        _ => "get",
    };
    if let Some(left) = to_be_completed(cx, levels) {
        // Not all of them may be needed.
        let mut needs = Vec::new();
        let count = several(cx, &left, "in asyncio.as_completed", &mut needs);
        let all = count.split_once(' ').map_or(&*count, |(_, all)| all);
        seen.what = format!("the next {all}");
        return;
    }
    let target = wait.target.get();
    let at = usize::from(wait.kind == WaitKind::QueueJoin);
    let target = target.cast::<Tuple>().map_or(target, |parts| parts.as_slice()[at]);
    primitive(cx, target, method, levels, seen);
}

/// Who waits in an iterator that `as_completed` has made waits for these.
fn to_be_completed(cx: &Cx, levels: &[Level]) -> Option<Vec<Value>> {
    let of_iterator = |level: &&Level| {
        is_library(&level.spot)
            && &*level.spot.code.qualname == "_AsCompletedIterator._wait_for_one"
    };
    let iterator = receiver(levels.iter().rev().find(of_iterator)?)?;
    let left = cx.own_attribute(iterator, cx.intern("_todo"))?.cast::<Dict>()?;
    Some(left.iter().map(|entry| entry.key).collect())
}

/// "2 of the 3 gathered"; the tasks among them are needed.
fn several(cx: &Cx, futures: &[Value], how: &str, needs: &mut Vec<Gc<Task>>) -> String {
    let pending = |future: &Value| future.future().is_some_and(|future| future.is_pending());
    let mut left: Vec<Value> = futures.iter().copied().filter(pending).collect();
    left.dedup();
    let names: Vec<String> = left
        .iter()
        .filter_map(|future| future.cast::<Task>())
        .map(|task| {
            needs.push(task);
            format!("'{}'", name_of(cx, task))
        })
        .collect();
    let count = format!("{} of {} {how}", left.len(), futures.len());
    if names.is_empty() || names.len() > 4 {
        count
    } else {
        format!("{count}: {}", names.join(", "))
    }
}

/// The task is in a coroutine of the library: `method` is what the program has called, `inner`
/// the innermost.
fn in_library(cx: &Cx, method: &Level, inner: &Level, levels: &[Level], seen: &mut Seen) {
    let code = &method.spot.code;
    if let Some(receiver) = receiver(method) {
        primitive(cx, receiver, &code.name, levels, seen);
        return;
    }
    if &*inner.spot.code.name == "_wait" {
        let futures = first(inner);
        if let Some(futures) = cx.plain_items(futures) {
            // Not all of them may be needed.
            let mut needs = Vec::new();
            seen.what = several(cx, &futures, "in asyncio.wait", &mut needs);
            return;
        }
    }
    seen.what = format!("asyncio.{}", code.qualname);
}

fn first(level: &Level) -> Value {
    let value = level.registers.first().copied().unwrap_or(Value::UNDEF);
    value.cast::<Cell>().map_or(value, |cell| cell.value.get())
}

/// The object whose method an activation is of.
pub fn receiver(method: &Level) -> Option<Value> {
    let name = method.spot.code.locals.first().map(|local| &*local.name);
    let this = first(method);
    (name == Some("self") && this.is_object()).then_some(this)
}

/// The task waits in a method of a primitive.
fn primitive(cx: &Cx, this: Value, method: &str, levels: &[Level], seen: &mut Seen) {
    let class = cx.class_of(this).name_text();
    let kind = kind_of(cx, this);
    match kind {
        Some("lock") => {
            seen.what = named(cx, "lock", this, levels);
            match holder(this) {
                Some(owner) => {
                    seen.what += &format!(", held by '{}'", name_of(cx, owner));
                    seen.needs.push(owner);
                    seen.lock = true;
                }
                None => seen.what += ", held by a task that has ended",
            }
        }
        Some("queue") => {
            let queue = named(cx, "queue", this, levels);
            let what = match method {
                "put" => "room in ",
                "join" => "the end of all work of ",
                _ => "an item of ",
            };
            seen.what = format!("{what}{queue} ({})", depth(this));
        }
        Some("group") => {
            let members = this.cast::<Group>().map_or_else(Vec::new, |group| group.members());
            seen.what = several(cx, &members, "in its task group", &mut seen.needs);
        }
        Some("barrier") => {
            seen.what = format!("{}{}", named(cx, "barrier", this, levels), crowd(this));
        }
        Some(kind) => seen.what = named(cx, kind, this, levels),
        None => seen.what = named(cx, &format!("{class}.{method}()"), this, levels),
    }
}

/// What a primitive is to people.
pub fn kind_of(cx: &Cx, value: Value) -> Option<&'static str> {
    let classes = cx.class_of(value).mro.borrow().clone();
    classes.iter().find_map(|class| {
        Some(match class.name.get().as_bytes() {
            b"Lock" => "lock",
            b"Event" => "event",
            b"Condition" => "condition",
            b"Semaphore" => "semaphore",
            b"Barrier" => "barrier",
            b"Queue" => "queue",
            b"TaskGroup" => "group",
            _ => return None,
        })
    })
}

/// The task that holds a lock.
pub fn holder(lock: Value) -> Option<Gc<Task>> {
    let holder = lock.cast::<Primitive>()?.state.get().cast::<Task>();
    holder.filter(|task| task.is_pending())
}

/// "3 of 10 items" of a queue.
fn depth(queue: Value) -> String {
    let Some(queue) = queue.cast::<Queue>() else { return String::new() };
    let items = queue.items.get();
    let count = items.cast::<Deque>().map(|items| items.len());
    let count = count.or_else(|| items.cast::<List>().map(|items| items.len())).unwrap_or(0);
    match queue.maxsize.get().as_int() {
        Some(most) if most > 0 => format!("{count} of {most} items"),
        _ if count == 1 => "1 item".into(),
        _ => format!("{count} items"),
    }
}

/// " (2 of 3 are there)" of a barrier.
fn crowd(barrier: Value) -> String {
    let barrier = barrier.cast::<Primitive>();
    let shown = |this: Gc<Primitive>| match this.stage.get() {
        Stage::Filling => format!(" ({} of {} are there)", this.count.get(), this.bound.get()),
        _ => String::new(),
    };
    barrier.map_or_else(String::new, shown)
}

/// "lock `a`", if the program has a name for it.
pub fn named(cx: &Cx, what: &str, value: Value, levels: &[Level]) -> String {
    match name_in(cx, value, levels) {
        Some(name) => format!("{what} `{name}`"),
        None => format!("{} {what}", if what.starts_with('e') { "an" } else { "a" }),
    }
}

/// What the program calls a value where a task waits. A global name says most.
fn name_in(cx: &Cx, value: Value, levels: &[Level]) -> Option<String> {
    let level = levels.iter().rev().find(|level| !is_library(&level.spot))?;
    if let Some(found) = level.globals.iter().find(|entry| entry.value == value) {
        return found.key.cast::<Str>().map(|name| name.lossy().into_owned());
    }
    if let Some((name, _)) = variables(level).find(|&(_, held)| held == value) {
        return Some(name.into());
    }
    let (_, this) = variables(level).find(|&(name, _)| name == "self")?;
    let mut names = cx.own_names(this).into_iter();
    let found = names.find(|&name| cx.own_attribute(this, name) == Some(value))?;
    Some(format!("self.{}", found.lossy()))
}

/// The named variables of an activation that waits.
fn variables(level: &Level) -> impl Iterator<Item = (&str, Value)> {
    level.spot.code.locals.iter().filter_map(|local| {
        let value = *level.registers.get(local.register as usize)?;
        let value = value.cast::<Cell>().map_or(value, |cell| cell.value.get());
        Some((&*local.name, value))
    })
}

/// The locks that a task holds and the queues that it works with, as far as its frames know them.
pub fn belongings(cx: &Cx, seen: &Seen) -> Vec<String> {
    let mut found = HashSet::new();
    let mut lines = Vec::new();
    let this = Some(seen.task);
    for level in &seen.levels {
        let used = |entry: &Entry| {
            let name = entry.key.cast::<Str>();
            name.is_some_and(|name| {
                level.spot.code.names.iter().any(|used| **used == *name.lossy())
            })
        };
        let globals = level.globals.iter().filter(used).map(|entry| entry.value);
        let managers = level.registers.iter().map(|&value| match value.cast::<BoundMethod>() {
            Some(method) => method.this.get(),
            None => value.cast::<Cell>().map_or(value, |cell| cell.value.get()),
        });
        let owned: Vec<Value> = managers.chain(globals).collect();
        for value in owned {
            if !value.is_object() || found.contains(&value.bits()) {
                continue;
            }
            let shown = match kind_of_instance(cx, value) {
                Some("lock") if holder(value) == this => {
                    format!("holds {}", named(cx, "lock", value, &seen.levels))
                }
                Some("queue") => match name_in(cx, value, &seen.levels) {
                    Some(name) if seen.what.contains(&format!("`{name}`")) => continue,
                    Some(name) => format!("queue `{name}` has {}", depth(value)),
                    None => continue,
                },
                _ => continue,
            };
            found.insert(value.bits());
            lines.push(shown);
        }
    }
    lines
}

/// `kind_of`, cheap for what can be no primitive.
fn kind_of_instance(cx: &Cx, value: Value) -> Option<&'static str> {
    let plain = value.is::<Str>() || value.is::<Dict>() || value.is::<List>();
    if plain { None } else { kind_of(cx, value) }
}

/// Is somebody sure to cancel the task at some time: does a timer hold on to it?
pub fn has_deadline(cx: &Cx, own: Gc<EventLoop>, task: Gc<Task>) -> bool {
    let timers = own.timers.borrow();
    timers.iter().any(|(_, what)| {
        if let Some(timeout) = what.cast::<Timeout>() {
            return timeout.task.get() == Value::object(task);
        }
        let Some(handle) = what.cast::<Handle>() else { return false };
        let Some(method) = handle.callback.get().cast::<BoundMethod>() else { return false };
        let this = method.this.get();
        let task = Value::object(task);
        this == task || cx.own_attribute(this, cx.intern("_task")) == Some(task)
    })
}

/// Tasks that nothing but others of these wait for, in turn: each begins with a link of the chain.
pub fn cycles(all: &[Seen]) -> Vec<Vec<usize>> {
    let index: HashMap<usize, usize> =
        all.iter().enumerate().map(|(at, seen)| (seen.task.address(), at)).collect();
    let links: Vec<Vec<usize>> = all
        .iter()
        .map(|seen| {
            seen.needs.iter().filter_map(|task| index.get(&task.address()).copied()).collect()
        })
        .collect();
    rings(&links)
}

/// The rings among things of which each has links to others.
pub fn rings(links: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut found = Vec::new();
    // 0 not met, 1 on the path, 2 done.
    let mut colour = vec![0u8; links.len()];
    for start in 0..links.len() {
        if colour[start] != 0 {
            continue;
        }
        let mut path = vec![(start, 0)];
        colour[start] = 1;
        while let Some(&mut (at, ref mut next)) = path.last_mut() {
            let Some(&to) = links[at].get(*next) else {
                colour[at] = 2;
                path.pop();
                continue;
            };
            *next += 1;
            match colour[to] {
                0 => {
                    colour[to] = 1;
                    path.push((to, 0));
                }
                1 => {
                    let from = path.iter().position(|&(on, _)| on == to).unwrap_or(0);
                    found.push(path[from..].iter().map(|&(on, _)| on).collect());
                }
                _ => {}
            }
        }
    }
    found
}
