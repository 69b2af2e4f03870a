//! The tasks of a loop as a tree: below each task those that it waits for.

use std::collections::{HashMap, HashSet};

use super::seen::{self, Doing, Seen};
use super::threads;
use crate::gc::Gc;
use crate::value::{EventLoop, Value};
use crate::vm::Cx;

/// Tasks shown at most, and lines of one.
const MANY: usize = 200;
const DEEP: usize = 30;

/// The text, which ends with a line end.
pub fn tree(cx: &Cx, own: Gc<EventLoop>) -> String {
    of_loop(cx, own) + &beside(cx, Value::object(own))
}

/// The threads, if there are several, and what runs in loops of theirs but this one.
pub fn beside(cx: &Cx, own: Value) -> String {
    if cx.is_alone() {
        return String::new();
    }
    let mut out = threads::list(cx);
    for (name, other) in threads::loops(cx) {
        if Value::object(other) != own {
            out += &format!("in the event loop of thread '{name}': {}", of_loop(cx, other));
        }
    }
    out
}

fn of_loop(cx: &Cx, own: Gc<EventLoop>) -> String {
    let all = seen::tasks_of(cx, own);
    let mut out = heading(&all);
    let index: HashMap<usize, usize> =
        all.iter().enumerate().map(|(at, seen)| (seen.task.address(), at)).collect();
    let below: Vec<Vec<usize>> = all
        .iter()
        .map(|seen| match seen.lock {
            // Who holds a lock does not work for those who wait for it.
            true => Vec::new(),
            false => {
                seen.needs.iter().filter_map(|task| index.get(&task.address())).copied().collect()
            }
        })
        .collect();
    let is_needed: HashSet<usize> = below.iter().flatten().copied().collect();
    let mut shown = HashSet::new();
    let tops = (0..all.len()).filter(|at| !is_needed.contains(at));
    // What only a ring of tasks waits for stands below none of the others.
    for top in tops.chain(0..all.len()) {
        let mut todo = vec![(top, 0)];
        while let Some((at, depth)) = todo.pop() {
            if !shown.insert(at) {
                continue;
            }
            if shown.len() > MANY {
                out.push_str(&format!("... and {} more\n", all.len() - MANY));
                return out;
            }
            task(cx, &all[at], depth, &mut out);
            todo.extend(below[at].iter().rev().map(|&other| (other, depth + 1)));
        }
    }
    out
}

fn heading(all: &[Seen]) -> String {
    if all.is_empty() {
        return "no tasks\n".into();
    }
    let plural = if all.len() == 1 { "" } else { "s" };
    let mut parts = Vec::new();
    for (doing, what) in [
        (Doing::Runs, "running"),
        (Doing::IsReady, "ready"),
        (Doing::Sleeps, "asleep"),
        (Doing::Waits, "waiting"),
    ] {
        let count = all.iter().filter(|seen| seen.doing == doing).count();
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    format!("{} task{plural}: {}\n", all.len(), parts.join(", "))
}

fn task(cx: &Cx, seen: &Seen, depth: usize, out: &mut String) {
    let margin = "    ".repeat(depth.min(DEEP));
    let verb = if seen.doing == Doing::Waits { "waits for " } else { "" };
    out.push_str(&format!("{margin}'{}' {verb}{}", seen.name, seen.what));
    if let Some(made) = &seen.made {
        out.push_str(&format!("   (made at {})", seen::place(made)));
    }
    out.push('\n');
    let skipped = seen.levels.len().saturating_sub(DEEP);
    if skipped > 0 {
        out.push_str(&format!("{margin}  ... {skipped} more awaits\n"));
    }
    for level in &seen.levels[skipped..] {
        let code = &level.spot.code;
        out.push_str(&format!("{margin}  {} in {}\n", seen::place(&level.spot), code.qualname));
    }
    for line in seen::belongings(cx, seen) {
        out.push_str(&format!("{margin}  {line}\n"));
    }
}
