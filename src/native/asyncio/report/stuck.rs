//! What is said when nothing can run any more, and when some tasks wait for one another for ever.

use std::cell::Cell;
use std::collections::HashSet;

use super::seen::{self, Seen};
use super::threads;
use crate::gc::Gc;
use crate::native::front::{Mark, Notice, front};
use crate::native::{io, sys};
use crate::value::future::state;
use crate::value::{EventLoop, Task, Value};
use crate::vm::Cx;
use crate::vm::tasks::{Level, Spot};

/// Tasks shown in full at most.
const MANY: usize = 12;

/// What was said already.
#[derive(Default)]
struct Said {
    stuck: Cell<bool>,
    rings: Cell<usize>,
}

/// Has it been said that nothing could run any more?
pub fn was_stuck(cx: &Cx) -> bool {
    cx.state::<Said>().stuck.get()
}

/// At a prompt things go on afterwards.
pub fn forget(cx: &Cx) {
    cx.state::<Said>().stuck.set(false);
}

/// Warnings about rings at most: a program that makes many makes them all alike.
const RINGS: usize = 5;

/// Nothing is ready in the loop, and nothing can become so. Says so once.
pub fn report(cx: &Cx, own: Gc<EventLoop>) {
    let said = cx.state::<Said>();
    if said.stuck.replace(true) {
        return;
    }
    let all = seen::tasks_of(cx, own);
    let rings = seen::cycles(&all);
    let mut out = String::new();
    let count = match all.len() {
        0 => "the event loop runs for ever, but has nothing to do".to_owned(),
        1 => "nothing can run any more, but 1 task is not done".to_owned(),
        count => format!("nothing can run any more, but {count} tasks are not done"),
    };
    let help = help(&all, &rings);
    let mut notes: Vec<String> = rings.iter().map(|ring| told(&all, ring)).collect();
    // Those of a ring come first: they are the cause.
    let mut order: Vec<usize> = rings.iter().flatten().copied().collect();
    order.extend(0..all.len());
    let mut met = HashSet::new();
    order.retain(|&at| met.insert(at));
    let hidden = order.len().saturating_sub(MANY);
    if hidden > 0 {
        notes.push(format!("{hidden} more tasks wait that are not shown"));
    }
    out.push_str(&show(cx, &Notice::error("deadlock", &count).notes(notes).help(help)));
    for &at in order.iter().take(MANY) {
        out.push_str(&show(cx, &of_task(&all[at])));
    }
    if !cx.is_alone() {
        // Nor can any of these go on, else the loop would wait for it.
        out.push_str(&threads::others(cx));
    }
    for seen in &all {
        // They need not be mourned a second time.
        seen.task.set(state::SILENT, true);
    }
    say(cx, &out);
}

/// Says once that no thread can ever run again; the main one waits for `what`.
pub fn report_threads(cx: &Cx, what: Value) {
    if !cx.state::<Said>().stuck.replace(true) {
        say(cx, &threads::stuck(cx, what));
    }
}

/// The chain of those that the task waits for leads back to it.
pub fn ring(cx: &Cx, task: Gc<Task>) {
    let Some(own) = task.event_loop.get().cast::<EventLoop>() else { return };
    let said = cx.state::<Said>();
    if said.stuck.get() || said.rings.get() >= RINGS {
        // They were shown with all that cannot run.
        return;
    }
    let lookout = seen::Lookout::new(cx, own);
    let mut all: Vec<Seen> = Vec::new();
    let mut at = task;
    loop {
        let seen = seen::seen(cx, &lookout, at);
        let next = seen.needs.first().copied();
        all.push(seen);
        match next {
            Some(next) if next == task => break,
            Some(next) if all.iter().all(|seen| seen.task != next) => at = next,
            _ => return,
        }
    }
    if all.iter().any(|seen| seen::has_deadline(cx, own, seen.task)) {
        return;
    }
    said.rings.set(said.rings.get() + 1);
    let members: Vec<usize> = (0..all.len()).collect();
    let count = match all.len() {
        1 => "a task waits for itself and will never go on".to_owned(),
        count => format!("{count} tasks wait for one another and will never go on"),
    };
    let mut out = show(cx, &Notice::warning("deadlock", &count).notes(vec![told(&all, &members)]));
    for seen in &all {
        out.push_str(&show(cx, &of_task(seen)));
    }
    say(cx, &out);
}

fn say(cx: &Cx, text: &str) {
    // What the program has printed comes first, as it happened. A closed pipe is told of at the end.
    let _ = io::finish(cx);
    sys::write_error(cx, text.as_bytes());
}

pub fn show(cx: &Cx, notice: &Notice) -> String {
    match front(cx) {
        Some(front) => front.show(notice),
        None => format!("{}\n", notice.message),
    }
}

/// "a waits for lock L, held by b; b waits for lock M, held by a".
fn told(all: &[Seen], ring: &[usize]) -> String {
    let links: Vec<String> =
        ring.iter().map(|&at| format!("'{}' waits for {}", all[at].name, all[at].what)).collect();
    links.join("; ")
}

fn help(all: &[Seen], rings: &[Vec<usize>]) -> Option<String> {
    let locks = rings.iter().flatten().filter(|&&at| all[at].lock).count();
    Some(match (rings.is_empty(), locks) {
        (false, 1) => "a task that holds a lock must not take it again".into(),
        (false, 2..) => SAME_ORDER.into(),
        (false, 0) => "one of them has to end first: let it not await the others".into(),
        (true, _) if all.is_empty() => "stop() the loop when its work is done".into(),
        (true, _) => return None,
    })
}

pub const SAME_ORDER: &str = "take the locks in the same order everywhere";

pub fn of_task(seen: &Seen) -> Notice {
    let made = seen.made.as_ref();
    let message = format!("task '{}' waits for {}", seen.name, seen.what);
    let mut notice = Notice::advice("waits", &message);
    if seen.levels.is_empty() {
        let made = made.and_then(|made| mark(made, "the task was created here", true));
        notice.marks.extend(made);
        return notice;
    }
    notice.marks.extend(way(&seen.levels, &seen.what, "which was awaited here"));
    notice.marks.extend(made.and_then(|made| mark(made, "the task was created here", false)));
    notice
}

/// Where somebody waits for `what`, and how it came there.
pub fn way(levels: &[Level], what: &str, outer: &str) -> Vec<Mark> {
    let text = format!("it waits here for {what}");
    let inner = levels.iter().rev().take(1);
    let others = levels.iter().take(levels.len().saturating_sub(1));
    inner
        .filter_map(|level| mark(&level.spot, &text, true))
        .chain(others.filter_map(|level| mark(&level.spot, outer, false)))
        .collect()
}

pub fn mark(spot: &Spot, text: &str, main: bool) -> Option<Mark> {
    let place = spot.code.place(spot.word)?;
    Some(Mark { filename: spot.code.filename.clone(), place, text: text.into(), main })
}
