//! What people are told of tasks: who waits for what, and what was lost.
//!
//! `seen.rs` finds out, `tree.rs` and `stuck.rs` say it.

mod seen;
mod stuck;
mod tree;

use super::event_loop;
use crate::native::{function, sys};
use crate::value::{EventLoop, Value};
use crate::vm::tasks::Spot;
use crate::vm::{Cx, Def};

/// For the prelude.
pub static HOOKS: &[Def] = &[function(
    "_report_stuck(loop, /)",
    "Says that nothing can run any more.",
    |cx, args| {
        let own = event_loop::of(cx, cx.arg(args, 0).value())?;
        stuck::report(cx, own);
        Ok(Value::NONE)
    },
)];

pub static FUNCTIONS: &[Def] = &[
    function("_task_tree(loop=None, /)", "The tasks of a loop as text.", |cx, args| {
        let given = cx.opt(args, 0).map_or(Value::NONE, |given| given.value());
        let found = if given.is_none() { cx.vm().running_loop } else { given };
        let text = match found.cast::<EventLoop>() {
            Some(own) => tree::tree(cx, own),
            None => "no event loop is running\n".into(),
        };
        Ok(cx.str_value(&text))
    }),
    function("_print_tasks()", "Prints the tasks of the running loop on stderr.", |cx, _| {
        print_tasks(cx);
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
    let text = match cx.vm().running_loop.cast::<EventLoop>() {
        Some(own) => tree::tree(cx, own),
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
