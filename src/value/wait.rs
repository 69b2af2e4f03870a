//! Coroutines that are natives: `sleep(1)`, `lock.acquire()`, `queue.get()`.
//!
//! Such a coroutine is at the same time what it waits with: an entry in the waiter list of a
//! primitive or a timer's aim. Who waits is its owner: a task (directly, or through the frames
//! that await it), or a future if somebody drives it by hand.

use std::cell::Cell;

use super::kind::trace_cells;
use super::{Space, T, Value};
use crate::gc::{Gc, Header};

/// What a `Wait` is for. What it does is in `native/asyncio/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum WaitKind {
    /// For some seconds: `number` is how many, as a float, then the timer; `target` is true if
    /// that is no time at all.
    Sleep,
}

pub mod phase {
    /// Nobody has awaited it yet.
    pub const CREATED: u8 = 0;
    /// Somebody waits.
    pub const PARKED: u8 = 1;
    /// What was waited for is there; the owner is about to be told.
    pub const WOKEN: u8 = 2;
    /// The wait was cancelled; the owner is about to be told.
    pub const CANCELLED: u8 = 3;
    pub const FINISHED: u8 = 4;
}

#[repr(C)]
pub struct Wait {
    pub header: Header,
    pub kind: WaitKind,
    pub phase: Cell<u8>,
    /// A task or a future once somebody waits.
    pub owner: Cell<Value>,
    /// The primitive that it waits for.
    pub target: Cell<Value>,
    /// What it is called with, or its result.
    pub arg: Cell<Value>,
    pub number: Cell<u64>,
}
trace_cells!(Wait: owner, target, arg);

impl Space {
    /// A native coroutine.
    pub fn wait(&self, kind: WaitKind, target: Value, arg: Value, number: u64) -> Gc<Wait> {
        self.new_object(T::Coroutine.shape(), 0, |header| Wait {
            header,
            kind,
            phase: phase::CREATED.into(),
            owner: Value::UNDEF.into(),
            target: target.into(),
            arg: arg.into(),
            number: number.into(),
        })
    }
}
