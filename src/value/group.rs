//! The tasks that begin and end within a block.

use std::cell::Cell;

use super::kind::{Object, Tracer};
use super::{List, ShapeId, Space, Value};
use crate::gc::{Gc, Header};

#[repr(C)]
pub struct Group {
    pub header: Header,
    /// Attributes, as of an instance without inline slots.
    pub extra: Cell<Value>,
    /// The loop of the block, or None.
    pub event_loop: Cell<Value>,
    /// The tasks in the order of their making; also some that are done already.
    pub tasks: Gc<List>,
    /// How many of them are not done.
    pub left: Cell<usize>,
    /// The future with which the block waits for the last of them, or None.
    pub waiter: Cell<Value>,
    /// May tasks be added without further questions?
    pub is_open: Cell<bool>,
}

impl Object for Group {
    fn trace(&self, marker: &mut Tracer<'_>) {
        marker.value(self.extra.get());
        marker.value(self.event_loop.get());
        marker.object(self.tasks);
        marker.value(self.waiter.get());
    }
}

impl Group {
    /// Tasks that are done are forgotten when there are more than this many others.
    const SPARE: usize = 64;

    /// The tasks that are not done.
    pub fn members(&self) -> Vec<Value> {
        let pending = |task: &Value| task.future().is_none_or(|task| task.is_pending());
        self.tasks.iter().filter(pending).collect()
    }

    /// A task more; returns what the list has grown by.
    pub fn add(&self, task: Value) -> usize {
        self.left.set(self.left.get() + 1);
        if self.tasks.len() > 2 * self.left.get() + Group::SPARE {
            let members = self.members();
            self.tasks.edit(|tasks| *tasks = members);
        }
        self.tasks.push(task)
    }
}

impl Space {
    pub fn group(&self, shape: ShapeId) -> Gc<Group> {
        let tasks = self.list(Vec::new());
        self.new_object(shape, 0, |header| Group {
            header,
            extra: Value::UNDEF.into(),
            event_loop: Value::NONE.into(),
            tasks,
            left: 0.into(),
            waiter: Value::NONE.into(),
            is_open: false.into(),
        })
    }
}
