//! Which tasks an exception has left on its way, noted if somebody will want to know.

use super::super::{Cx, Vm};
use super::Atlas;
use super::look::Spot;
use crate::gc::Gc;
use crate::value::{CodeObject, Exception, List, Task, Traceback, Value};

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
    let count = Value::int((error.trace.count() + older(error).count()) as i64);
    let pair = [Value::object(task), count];
    match error.field(space, name).and_then(|known| known.cast::<List>()) {
        Some(known) => {
            let grown: usize = pair.into_iter().map(|value| known.push(value)).sum();
            space.heap.charge(grown);
        }
        None => error.set_field(space, name, Value::object(space.list(pair.to_vec()))),
    }
}

/// The levels that somebody has looked at: they are objects, outermost first, and further inside
/// than the trace.
fn older(error: Gc<Exception>) -> impl Iterator<Item = Gc<Traceback>> {
    let first = error.traceback.get().cast::<Traceback>();
    std::iter::successors(first, |level| level.next.get().cast::<Traceback>())
}

impl Cx {
    /// The tasks that an exception has left, innermost first.
    pub fn crossings(&self, error: Gc<Exception>, atlas: &Atlas) -> Vec<Crossing> {
        let known = error.field(self, self.intern(FIELD)).and_then(|known| known.cast::<List>());
        let known = known.map_or_else(Vec::new, |known| known.to_vec());
        let spot = |code: Gc<CodeObject>, word| Spot { code: code.code.clone(), word };
        let objects = older(error).filter_map(|level| {
            let word = level.word.get().as_int()?;
            Some(spot(level.code.get().cast()?, u32::try_from(word).ok()?))
        });
        let mut trace: Vec<Spot> = objects.collect();
        trace.reverse();
        error.trace.each(|point| trace.push(spot(point.code, point.word)));
        let mut from = 0;
        let mut found = Vec::new();
        for pair in known.chunks(2) {
            let Some(task) = pair[0].cast::<Task>() else { continue };
            let to = usize::try_from(pair[1].as_int().unwrap_or(0)).unwrap_or(0).min(trace.len());
            let trace = trace.get(from.min(to)..to).unwrap_or_default().to_vec();
            found.push(Crossing { task, made: atlas.before(self.place_of(task)), trace });
            from = to;
        }
        found
    }
}
