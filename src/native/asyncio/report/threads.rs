//! What threads wait for, and for which others: said when none can ever run again, and beside the
//! tree of tasks.
//!
//! Reads only, as `seen.rs` does.

use super::seen::{self, is_library};
use super::stuck;
use crate::gc::Gc;
use crate::native::front::Notice;
use crate::native::thread;
use crate::value::{Dict, EventLoop, Module, Record, Str, T, Value};
use crate::vm::Cx;
use crate::vm::tasks::Level;
use crate::vm::threads::Glimpse;

/// Threads shown in full at most, and lines of one.
const MANY: usize = 12;
const DEEP: usize = 30;

struct Seen {
    name: String,
    is_main: bool,
    /// What it is in, outermost first, without the library's own.
    levels: Vec<Level>,
    doing: Doing,
    /// What it waits for, as after "waits for".
    what: String,
    /// The thread without which it cannot go on, by its place among all.
    needs: Option<usize>,
    /// Is what it needs a lock that the other holds?
    lock: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Doing {
    Runs,
    IsReady,
    Sleeps,
    Waits,
}

/// All threads. `main` is what the main one waits for, if it is known.
fn all(cx: &Cx, main: Option<Value>) -> Vec<Seen> {
    let glimpses = cx.glimpses();
    let names: Vec<String> = glimpses.iter().map(|glimpse| name_of(cx, glimpse)).collect();
    let look = |glimpse: &Glimpse| {
        let waits = if glimpse.is_main { main.or(glimpse.waits) } else { glimpse.waits };
        let mut seen = Seen {
            name: name_of(cx, glimpse),
            is_main: glimpse.is_main,
            levels: glimpse
                .levels
                .iter()
                .filter(|level| !is_library(&level.spot))
                .cloned()
                .collect(),
            doing: Doing::Waits,
            what: String::new(),
            needs: None,
            lock: false,
        };
        match waits {
            Some(what) => waiting(cx, glimpse, what, (&glimpses, &names), &mut seen),
            None if glimpse.runs => seen.doing = Doing::Runs,
            None => seen.doing = Doing::IsReady,
        }
        seen
    };
    glimpses.iter().map(look).collect()
}

/// Fills in what a thread waits for.
fn waiting(
    cx: &Cx,
    glimpse: &Glimpse,
    what: Value,
    (all, names): (&[Glimpse], &[String]),
    seen: &mut Seen,
) {
    let numbered = |number: i64| all.iter().position(|other| other.number as i64 == number);
    let end_of = |handle: Gc<Record>, seen: &mut Seen| {
        seen.needs = thread::number_of(handle).and_then(numbered);
        seen.what = match seen.needs {
            Some(at) => format!("the end of thread '{}'", names[at]),
            None => "the end of a thread".into(),
        };
    };
    if let Some(handle) = what.cast::<Record>().filter(|_| cx.isinstance(what, T::ThreadHandle)) {
        end_of(handle, seen);
        return;
    }
    // What a thread of the library's own waits for has a name in the main one at best.
    let own = glimpse.levels.iter().any(|level| !is_library(&level.spot));
    let known = if own { &glimpse.levels } else { &all[0].levels };
    let is_lock = cx.isinstance(what, T::ThreadLock) || cx.isinstance(what, T::ThreadRLock);
    // What the library waits for is known by its method that the program has called, or that a pool
    // was given.
    let inside = glimpse.levels.iter().rev().take_while(|level| is_library(&level.spot)).count();
    let library = &glimpse.levels[glimpse.levels.len() - inside..];
    let called = library.iter().find_map(|level| {
        let this = seen::receiver(level)?;
        Some((seen::kind_of(cx, this)?, this, &level.spot.code.name))
    });
    if let Some((kind, this, method)) = called {
        let named = seen::named(cx, kind, this, known);
        seen.what = match (kind, &**method) {
            ("queue", "put") => format!("room in {named}"),
            ("queue", "join") => format!("the end of all work of {named}"),
            ("queue", _) => format!("an item of {named}"),
            _ => named,
        };
        return;
    }
    if let Some(lock) = what.cast::<Record>().filter(|_| is_lock) {
        seen.what = seen::named(cx, "lock", what, known);
        match thread::holder_of(lock) {
            Some(number) => match numbered(number) {
                Some(at) => {
                    seen.what += &format!(", held by '{}'", names[at]);
                    (seen.needs, seen.lock) = (Some(at), true);
                }
                None => seen.what += ", held by a thread that has ended",
            },
            None => seen.what += ", which is free",
        }
    } else if what.is_none() {
        seen.doing = Doing::Sleeps;
    } else if what.is::<EventLoop>() {
        seen.what = "something to happen in its event loop".into();
    } else {
        seen.what = format!("something outside ({})", cx.type_name(what));
    }
}

/// As the module `threading` calls it.
fn name_of(cx: &Cx, glimpse: &Glimpse) -> String {
    let named = || {
        let module = cx.module_named("threading")?.cast::<Module>()?;
        let active = module.dict.get_str(cx, cx.intern("_active"))?.cast::<Dict>()?;
        let number = glimpse.number as i64;
        let known = active.iter().find(|entry| entry.key.as_int() == Some(number))?;
        let name = cx.own_attribute(known.value, cx.intern("_name"))?.cast::<Str>()?;
        Some(name.lossy().into_owned())
    };
    match named() {
        Some(name) => name,
        None if glimpse.is_main => "MainThread".into(),
        None => format!("{:#x}", glimpse.number),
    }
}

/// The report that no thread can ever run again.
pub fn stuck(cx: &Cx, what: Value) -> String {
    let all = all(cx, Some(what));
    let links: Vec<Vec<usize>> = all.iter().map(|seen| seen.needs.into_iter().collect()).collect();
    let rings = seen::rings(&links);
    let count = match all.len() {
        1 => "nothing can run any more: the only thread waits".to_owned(),
        count => format!("nothing can run any more: all {count} threads wait"),
    };
    let told = |ring: &Vec<usize>| {
        let link = |&at: &usize| format!("'{}' waits for {}", all[at].name, all[at].what);
        ring.iter().map(link).collect::<Vec<_>>().join("; ")
    };
    let mut notes: Vec<String> = rings.iter().map(told).collect();
    let locks = rings.iter().flatten().filter(|&&at| all[at].lock).count();
    let help = match (rings.is_empty(), locks) {
        (true, _) => None,
        (false, 0) => Some("one of them has to end first: let it not wait for the others"),
        (false, 1) => {
            Some("a thread that holds a lock must not take it again, unless it is an RLock")
        }
        (false, _) => Some(stuck::SAME_ORDER),
    };
    // Those of a ring come first: they are the cause.
    let mut order: Vec<usize> = rings.into_iter().flatten().chain(0..all.len()).collect();
    let mut met = std::collections::HashSet::new();
    order.retain(|&at| met.insert(at));
    if order.len() > MANY {
        notes.push(format!("{} more threads wait that are not shown", order.len() - MANY));
    }
    let help = help.map(str::to_owned);
    let mut out = stuck::show(cx, &Notice::error("deadlock", &count).notes(notes).help(help));
    for &at in order.iter().take(MANY) {
        out += &stuck::show(cx, &notice(&all[at]));
    }
    out
}

/// What the threads besides the main one wait for, behind a report on its tasks.
pub fn others(cx: &Cx) -> String {
    let all = all(cx, None);
    let others = all.iter().filter(|seen| !seen.is_main).take(MANY);
    others.map(|seen| stuck::show(cx, &notice(seen))).collect()
}

fn notice(seen: &Seen) -> Notice {
    let mut notice =
        Notice::advice("waits", &format!("thread '{}' waits for {}", seen.name, seen.what));
    notice.marks = stuck::way(&seen.levels, &seen.what, "which was called here");
    notice
}

/// The threads as lines: what each does, and where.
pub fn list(cx: &Cx) -> String {
    let all = all(cx, None);
    let mut out = format!("{} threads\n", all.len());
    for seen in &all {
        let doing = match seen.doing {
            Doing::Runs => "runs".into(),
            Doing::IsReady => "is ready to run".into(),
            Doing::Sleeps => "sleeps".into(),
            Doing::Waits => format!("waits for {}", seen.what),
        };
        out += &format!("thread '{}' {doing}\n", seen.name);
        for level in seen.levels.iter().rev().take(DEEP).rev() {
            let code = &level.spot.code;
            out += &format!("  {} in {}\n", seen::place(&level.spot), code.qualname);
        }
    }
    out
}

/// The threads that run an event loop, and which.
pub fn loops(cx: &Cx) -> Vec<(String, Gc<EventLoop>)> {
    let running = |glimpse: &Glimpse| {
        let own = glimpse.event_loop.cast::<EventLoop>()?;
        Some((name_of(cx, glimpse), own))
    };
    cx.glimpses().iter().filter_map(running).collect()
}
