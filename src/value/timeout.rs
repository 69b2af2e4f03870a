//! A limit on the time that a block may take.

use std::cell::Cell;

use super::kind::trace_cells;
use super::{ShapeId, Space, Value};
use crate::gc::{Gc, Header};
use crate::rt::Timer;

/// What became of the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Created,
    Entered,
    /// The time is up: the task was cancelled.
    Expiring,
    Expired,
    Exited,
}

#[repr(C)]
pub struct Timeout {
    pub header: Header,
    /// Attributes, as of an instance without inline slots.
    pub extra: Cell<Value>,
    /// The loop's time at which the block is cancelled, or None.
    pub when: Cell<Value>,
    /// The task whose block it is.
    pub task: Cell<Value>,
    /// True while it is among what is ready; on a loop of the program's own, the handle of its
    /// timer; else None.
    pub handle: Cell<Value>,
    pub timer: Cell<Option<Timer>>,
    pub stage: Cell<Stage>,
    /// How often it is among what is ready without effect: it was moved after its time was up.
    pub stale: Cell<u16>,
    /// Requests to cancel the task when the block began.
    pub cancels: Cell<u32>,
}
trace_cells!(Timeout: extra, when, task, handle);

impl Space {
    pub fn timeout(&self, shape: ShapeId, when: Value) -> Gc<Timeout> {
        self.new_object(shape, 0, |header| Timeout {
            header,
            extra: Value::UNDEF.into(),
            when: when.into(),
            task: Value::NONE.into(),
            handle: Value::NONE.into(),
            timer: None.into(),
            stage: Stage::Created.into(),
            stale: 0.into(),
            cancels: 0.into(),
        })
    }
}
