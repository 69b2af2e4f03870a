//! Which tasks an exception has left on its way, noted if somebody will want to know.

use super::super::{Cx, Vm};
use super::Atlas;
use super::look::Spot;
use crate::gc::Gc;
use crate::value::{Exception, List, Task, Value};

/// The field of an exception that holds tasks and lengths of its trace by turns.
const FIELD: &str = "tasks left";

/// A task that an exception has left.
pub struct Crossing {
    pub task: Gc<Task>,
    /// Where it was made.
    pub made: Option<Spot>,
    /// What it has left of the task, innermost first.
    pub trace: Vec<Spot>,
}

#[cold]
pub fn note(vm: &Vm, task: Gc<Task>, error: Value) {
    let Some(error) = error.cast::<Exception>() else { return };
    let space = &vm.space;
    let name = space.intern(FIELD);
    let count = Value::int(error.trace.borrow().len() as i64);
    let pair = [Value::object(task), count];
    match error.field(space, name).and_then(|known| known.cast::<List>()) {
        Some(known) => {
            let grown: usize = pair.into_iter().map(|value| known.push(value)).sum();
            space.heap.charge(grown);
        }
        None => error.set_field(space, name, Value::object(space.list(pair.to_vec()))),
    }
}

impl Cx {
    /// The tasks that an exception has left, innermost first.
    pub fn crossings(&self, error: Gc<Exception>, atlas: &Atlas) -> Vec<Crossing> {
        let known = error.field(self, self.intern(FIELD)).and_then(|known| known.cast::<List>());
        let known = known.map_or_else(Vec::new, |known| known.to_vec());
        let trace = error.trace.borrow();
        let mut from = 0;
        let mut found = Vec::new();
        for pair in known.chunks(2) {
            let Some(task) = pair[0].cast::<Task>() else { continue };
            let to = usize::try_from(pair[1].as_int().unwrap_or(0)).unwrap_or(0).min(trace.len());
            let points = trace.get(from.min(to)..to).unwrap_or_default();
            let spots = points
                .iter()
                .map(|point| Spot { code: point.code.code.clone(), word: point.word })
                .collect();
            found.push(Crossing { task, made: atlas.before(task.place.get()), trace: spots });
            from = to;
        }
        found
    }
}
