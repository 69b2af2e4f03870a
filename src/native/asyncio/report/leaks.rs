//! What a test has left behind: tasks that are not done, errors that nobody has asked for, coroutines
//! that nobody has awaited. Told to the test runner, with the place; without one nothing is done.

use super::{seen, stuck};
use crate::native::front::{Mark, Notice};
use crate::native::traceback;
use crate::native::witness::{Witness, witness};
use crate::value::{EventLoop, List, Task, Value};
use crate::vm::Cx;
use crate::vm::tasks::Spot;

/// Tasks told of in full at most.
const MANY: usize = 5;

/// Tasks that go down with their loop.
pub fn pending(cx: &Cx, tasks: Value) {
    let Some(witness) = witness(cx) else { return };
    let Some(tasks) = tasks.cast::<List>() else { return };
    let left: Vec<_> = tasks.to_vec().iter().filter_map(|task| task.cast::<Task>()).collect();
    for (at, &task) in left.iter().enumerate() {
        if at == MANY {
            let text = format!("{} more tasks are still pending", left.len() - MANY);
            witness.tell("leak", &["pending", &text]);
            return;
        }
        let Some(own) = task.event_loop.get().cast::<EventLoop>() else { continue };
        let seen = seen::seen(cx, &seen::Lookout::new(cx, own), task);
        let message = format!("task '{}' is still pending at the end", seen.name);
        let mut notice = Notice::error("pending-task", &message);
        notice.marks = stuck::of_task(&seen).marks;
        if seen.doing != seen::Doing::Waits
            && !seen.levels.is_empty()
            && let Some(here) = notice.marks.first_mut()
        {
            here.text = "it is here".into();
        }
        notice.help = Some("await it, or cancel it before the end".into());
        witness.tell("leak", &["pending", &stuck::show(cx, &notice)]);
    }
}

/// A task or a future that has failed, and nobody has asked.
pub fn unheard(cx: &mut Cx, future: Value, error: Value) {
    let Some(witness) = witness(cx) else { return };
    let error = traceback::summary(cx, error);
    let (what, made) = match future.cast::<Task>() {
        Some(task) => {
            let made = cx.atlas().before(cx.place_of(task)).filter(|made| !seen::is_library(made));
            (format!("task '{}'", seen::name_of(cx, task)), made)
        }
        None => ("a future".into(), None),
    };
    let message = format!("{what} has failed, and nobody has asked why: {error}");
    let help = "await it, or look at its exception()";
    tell(cx, &witness, ("unheard", "unheard-error"), &message, made, help);
}

/// A coroutine that was made and not begun.
pub fn unawaited(cx: &Cx, coroutine: Value, name: &str) {
    let Some(witness) = witness(cx) else { return };
    let message = format!("coroutine '{name}' was never awaited");
    let made = cx.place_of_making(coroutine).filter(|made| !seen::is_library(made));
    let help = "write `await` before the call, or make a task of it";
    tell(cx, &witness, ("unawaited", "never-awaited"), &message, made, help);
}

fn tell(
    cx: &Cx,
    witness: &Witness,
    (kind, code): (&str, &'static str),
    message: &str,
    made: Option<Spot>,
    help: &str,
) {
    let mut notice = Notice::error(code, message).help(Some(help.into()));
    let mark: Option<Mark> = made.and_then(|made| stuck::mark(&made, "it was made here", true));
    notice.marks.extend(mark);
    witness.tell("leak", &[kind, &stuck::show(cx, &notice)]);
}
