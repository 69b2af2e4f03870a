//! Coroutines that are natives: `sleep(1)`, `lock.acquire()`, `queue.get()`.
//!
//! Such a coroutine is at the same time what it waits with: an entry in the waiter list of a
//! primitive, or what a timer wakes. Who waits is its owner: a task (directly, or through the
//! frames that await it), or a future if somebody drives it by hand.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use super::kind::{Object, Tracer, trace_cells};
use super::{ShapeId, Space, T, Value};
use crate::gc::{Gc, Header};

/// What a `Wait` is for. What it does is in `vm/tasks/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum WaitKind {
    /// For some seconds: they are in `owner` until it begins. `target` is the result.
    Sleep,
    EventWait,
    LockAcquire,
    /// `__aenter__`, whose result is None.
    LockEnter,
    SemaphoreAcquire,
    SemaphoreEnter,
    QueueGet,
    /// `target` is a pair of the queue and the item.
    QueuePut,
    /// `target` is a pair of the event that the queue sets and the queue.
    QueueJoin,
    TimeoutEnter,
    /// `target` is the timeout, the type of the exception and the exception.
    TimeoutExit,
    /// `__aexit__` of a lock or a semaphore: waits for nothing.
    Release,
    /// `wait` of a condition: to be notified, then for its lock. `slot` says which. Once it was
    /// cancelled `target` is the condition, the exception to raise in the end, the message of a
    /// cancellation that its owner has not heard of, and the exception that is handled meanwhile.
    ConditionWait,
    /// To be notified by a condition whose lock is of the program's making.
    Notice,
    /// `wait` of a barrier; for `target` and `slot` it is a condition.
    BarrierWait,
    /// `__aenter__`.
    BarrierEnter,
    BarrierReset,
    BarrierAbort,
}

impl WaitKind {
    /// Does it wait for one thing after another, and goes on though it was cancelled?
    #[inline(always)]
    pub fn goes_on(self) -> bool {
        self == WaitKind::ConditionWait || self.at_barrier()
    }

    #[inline(always)]
    pub fn at_barrier(self) -> bool {
        use WaitKind::*;
        matches!(self, BarrierWait | BarrierEnter | BarrierReset | BarrierAbort)
    }
}

pub mod phase {
    /// Nobody has awaited it yet.
    pub const CREATED: u8 = 0;
    /// Somebody waits.
    pub const PARKED: u8 = 1;
    /// What was waited for is there; the owner is about to be told.
    pub const WOKEN: u8 = 2;
    /// The wait was cancelled, and the owner is about to be told. The message is in `target` of a
    /// sleeper, else in `owner`.
    pub const CANCELLED: u8 = 3;
    pub const FINISHED: u8 = 4;
}

#[repr(C)]
pub struct Wait {
    pub header: Header,
    pub kind: WaitKind,
    pub phase: Cell<u8>,
    /// The timer of a sleeper; which of several things a condition's or a barrier's waits for.
    pub slot: Cell<u32>,
    /// A task or a future once somebody waits.
    pub owner: Cell<Value>,
    /// The primitive that it waits for.
    pub target: Cell<Value>,
}
trace_cells!(Wait: owner, target);

/// What a barrier does with those who come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Filling,
    Draining,
    Resetting,
    Broken,
}

/// A lock, an event, a semaphore, a condition or a barrier.
#[repr(C)]
pub struct Primitive {
    pub header: Header,
    /// Attributes, as of an instance without inline slots.
    pub extra: Cell<Value>,
    /// The loop in which somebody first had to wait, or None.
    pub event_loop: Cell<Value>,
    /// Of a lock: the task that holds it, or true if that is nobody's, or false. Of an event:
    /// whether it is set. Of a condition or a barrier: its lock.
    pub state: Cell<Value>,
    /// Of a semaphore: how many may still enter, and the most there may be. Of a condition: 1 if
    /// its lock is a plain one. Of a barrier: how many are in the crowd, and how many it is for.
    pub count: Cell<i64>,
    pub bound: Cell<i64>,
    /// Of a barrier.
    pub stage: Cell<Stage>,
    /// Who waits, in the order of coming; also those who are about to learn that it is over.
    pub waiters: RefCell<VecDeque<Gc<Wait>>>,
}

impl Object for Primitive {
    fn trace(&self, marker: &mut Tracer<'_>) {
        marker.value(self.extra.get());
        marker.value(self.event_loop.get());
        marker.value(self.state.get());
        for &wait in self.waiters.borrow().iter() {
            marker.object(wait);
        }
    }

    const OWNS: bool = true;

    unsafe fn release(this: *mut Primitive) -> usize {
        // SAFETY: a dead object, dropped once.
        unsafe { std::ptr::drop_in_place(&raw mut (*this).waiters) };
        0
    }
}

impl Space {
    /// A native coroutine. `owner` is what it is to remember until it begins.
    #[inline]
    pub fn wait(&self, kind: WaitKind, target: Value, owner: Value) -> Gc<Wait> {
        self.new_object(T::Coroutine.shape(), 0, |header| Wait {
            header,
            kind,
            phase: phase::CREATED.into(),
            slot: 0.into(),
            owner: owner.into(),
            target: target.into(),
        })
    }

    pub fn primitive(&self, shape: ShapeId) -> Gc<Primitive> {
        self.new_object(shape, 0, |header| Primitive {
            header,
            extra: Value::UNDEF.into(),
            event_loop: Value::NONE.into(),
            state: Value::FALSE.into(),
            count: 0.into(),
            bound: i64::MAX.into(),
            stage: Stage::Filling.into(),
            waiters: RefCell::default(),
        })
    }
}
