//! What people are told of tasks: who waits for what, and what was lost.
//!
//! `seen.rs` finds out who waits, `tree.rs` and `stuck.rs` say it, of threads `threads.rs`; `lost.rs` is about errors, `leaks.rs`
//! about what a test has left behind.

mod leaks;
mod lost;
mod seen;
mod stuck;
mod threads;
mod tree;

pub use lost::{crossed, unheard};
pub use stuck::was_stuck;

use super::event_loop;
use crate::native::{function, io, sys};
use crate::value::{EventLoop, Str, Task, Value};
use crate::vm::tasks::Spot;
use crate::vm::{Cx, Def};

/// For the prelude.
pub static HOOKS: &[Def] = &[
    function("_report_stuck(loop, /)", "Says that nothing can run any more.", |cx, args| {
        let own = event_loop::of(cx, cx.arg(args, 0).value())?;
        stuck::report(cx, own);
        Ok(Value::NONE)
    }),
    function("_report_stuck_threads(what, /)", "Says that no thread can run.", |cx, args| {
        stuck::report_threads(cx, cx.arg(args, 0).value());
        Ok(Value::NONE)
    }),
    function("_note_unheard(task, /)", "Nobody has asked why it failed.", |cx, args| {
        if let Some(task) = cx.arg(args, 0).cast::<Task>() {
            lost::note(cx, task);
        }
        Ok(Value::NONE)
    }),
    function("_leaks_unheard(future, error, /)", "Nobody has asked why it failed.", |cx, args| {
        let (future, error) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
        leaks::unheard(cx, future, error);
        Ok(Value::NONE)
    }),
    function("_leaks_unawaited(coroutine, name, /)", "Nobody has awaited it.", |cx, args| {
        let name = cx.arg(args, 1).value().cast::<Str>();
        let name = name.map_or_else(String::new, |name| name.lossy().into_owned());
        leaks::unawaited(cx, cx.arg(args, 0).value(), &name);
        Ok(Value::NONE)
    }),
    function("_place_of_making(coroutine, /)", "File and line, or None.", |cx, args| {
        let coroutine = cx.arg(args, 0).value();
        let Some(spot) = cx.place_of_making(coroutine) else { return Ok(Value::NONE) };
        if spot.code.is_internal() {
            return Ok(Value::NONE);
        }
        let line = Value::int(seen::line(&spot).into());
        Ok(Value::object(cx.tuple(&[cx.str_value(&spot.code.filename), line])))
    }),
];

pub static FUNCTIONS: &[Def] = &[
    function("_task_tree(loop, /)", "The tasks of a loop as text.", |cx, args| {
        let text = match cx.arg(args, 0).cast::<EventLoop>() {
            Some(own) => tree::tree(cx, own),
            None => "no event loop is running\n".into(),
        };
        Ok(cx.str_value(&text))
    }),
    function("_leaks_pending(tasks, /)", "They go down with their loop.", |cx, args| {
        leaks::pending(cx, cx.arg(args, 0).value());
        Ok(Value::NONE)
    }),
    function("_tell_rings(loop, /)", "What waits for ever, at the end of a run.", |cx, args| {
        if let Some(own) = cx.arg(args, 0).cast::<EventLoop>() {
            cx.vm_mut().tell_rings(own);
        }
        Ok(Value::NONE)
    }),
    function("_at_top_level()", "Does the main module itself run?", |cx, _| {
        Ok(Value::bool(cx.runs_top_level()))
    }),
    function("_insist()", "Ctrl-C was pressed again.", |cx, _| {
        cx.insist();
        Ok(Value::NONE)
    }),
    function("_forget_stuck()", "At a prompt things go on.", |cx, _| {
        stuck::forget(cx);
        Ok(Value::NONE)
    }),
    function("_no_hurry()", "Those who were to end soon have ended.", |cx, _| {
        (cx.vm_mut().reports().hurry)(false);
        Ok(Value::NONE)
    }),
    function("_use_virtual_time()", "Clocks start at 0 and jump over every wait.", |cx, _| {
        if !cx.vm().clock.is_virtual() {
            cx.use_virtual_time();
        }
        Ok(Value::NONE)
    }),
    function("_seed_schedule(seed, /)", "Draws the order of ready tasks.", |cx, args| {
        let seed = cx.arg(args, 0).value();
        let seed = cx.index_i64(seed)?;
        cx.seed_schedule(seed as u64);
        Ok(Value::NONE)
    }),
];

/// Makes the reports known to the machine.
pub fn install(cx: &mut Cx) {
    let reports = cx.vm_mut().reports();
    reports.quit = print_tasks;
    reports.ring = stuck::ring;
}

/// Prints what the tasks of the running loop do, at once.
fn print_tasks(cx: &Cx) {
    // A closed pipe is told of at the end.
    let _ = io::finish(cx);
    let text = match cx.vm().running_loop.cast::<EventLoop>() {
        Some(own) => tree::tree(cx, own),
        None if !cx.is_alone() => {
            String::from("no event loop is running\n") + &tree::beside(cx, Value::NONE)
        }
        None => return not_running(cx),
    };
    sys::write_error(cx, text.as_bytes());
}

/// There are no tasks to speak of: where is the program?
fn not_running(cx: &Cx) {
    let mut text = String::from("no event loop is running\n");
    if let Some((code, word)) = cx.place_above(0) {
        let spot = Spot { code: code.code.clone(), word };
        text += &format!("  {} in {}\n", seen::place(&spot), code.code.qualname);
    }
    sys::write_error(cx, text.as_bytes());
}
