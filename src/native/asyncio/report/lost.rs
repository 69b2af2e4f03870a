//! Errors of tasks: those that nobody has heard of, and the way of those that were heard.

use std::cell::RefCell;

use super::seen;
use crate::gc::Gc;
use crate::value::{Exception, Task, Value};
use crate::vm::Cx;

/// Names told at the end at most.
const MANY: usize = 10;

/// The tasks whose errors nobody has heard of, each with the place where it was made.
#[derive(Default)]
struct Unheard(RefCell<Vec<String>>);

fn described(cx: &Cx, task: Gc<Task>) -> String {
    let name = seen::name_of(cx, task);
    match cx.atlas().before(cx.place_of(task)) {
        Some(made) if !seen::is_library(&made) => {
            format!("'{name}' (made at {})", seen::place(&made))
        }
        _ => format!("'{name}'"),
    }
}

pub fn note(cx: &Cx, task: Gc<Task>) {
    let shown = described(cx, task);
    cx.state::<Unheard>().0.borrow_mut().push(shown);
}

/// One line for the end of the program, if there is anything to tell.
pub fn unheard(cx: &Cx) -> Option<String> {
    let unheard = cx.state::<Unheard>();
    let known = unheard.0.borrow();
    let shown = known.iter().take(MANY).cloned().collect::<Vec<_>>().join(", ");
    let more = match known.len().saturating_sub(MANY) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    match known.len() {
        0 => None,
        1 => Some(format!("sloop: 1 task failed unheard: {shown}\n")),
        count => Some(format!("sloop: {count} tasks failed unheard: {shown}{more}\n")),
    }
}

/// The way of an exception through tasks; empty if it has left none.
pub fn crossed(cx: &Cx, error: Value) -> String {
    let Some(error) = error.cast::<Exception>() else { return String::new() };
    let atlas = cx.atlas();
    let mut out = String::new();
    for crossing in cx.crossings(error, &atlas) {
        let verb = if out.is_empty() { "It was raised in" } else { "It went on through" };
        out += &format!("{verb} task '{}'", seen::name_of(cx, crossing.task));
        if let Some(made) = crossing.made.filter(|made| !seen::is_library(made)) {
            out += &format!(", made at {}", seen::place(&made));
        }
        out += ":\n";
        for spot in crossing.trace.iter().filter(|spot| !seen::is_library(spot)) {
            out += &format!("  {} in {}\n", seen::place(spot), spot.code.qualname);
        }
    }
    out
}
