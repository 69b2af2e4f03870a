//! What is waited for: futures, and the two kinds of future that the loop itself completes.

use std::cell::Cell;
use std::ops::Deref;

use super::kind::{Kind, Object, Tracer};
use super::{Dict, ShapeId, Space, T, Value};
use crate::gc::{Gc, Header};

/// `Future::bits`: what became of it …
pub mod state {
    pub const PENDING: u32 = 0;
    pub const CANCELLED: u32 = 1;
    pub const RESULT: u32 = 2;
    pub const ERROR: u32 = 3;
    pub const MASK: u32 = 3;
    /// … has nobody asked for the exception yet …
    pub const UNREAD: u32 = 4;
    /// … was it yielded by an `await` that nobody has taken up yet …
    pub const BLOCKING: u32 = 8;
    /// … of a task: a cancellation is to be raised at its next step …
    pub const MUST_CANCEL: u32 = 16;
    /// … nobody is told when it is lost while it is pending …
    pub const SILENT: u32 = 32;
    /// … of a gathering: was it asked to cancel, and are errors among the results.
    pub const CANCEL_REQUESTED: u32 = 64;
    pub const KEEPS_ERRORS: u32 = 128;
    /// … of a task: it waits in an `await` itself, which gets the result without asking for it.
    pub const DIRECT: u32 = 256;
    /// … it was cancelled where nothing guards its coroutine: the exception is made when asked for …
    pub const QUIET: u32 = 512;
    /// … is it among those that are being looked at?
    pub const MET: u32 = 1024;
}

/// A result that is not there yet. It settles once.
#[repr(C)]
pub struct Future {
    pub header: Header,
    /// Attributes, as of an instance without inline slots. Of a task without any: its name.
    pub extra: Cell<Value>,
    /// UNDEF until `__init__` has run.
    pub event_loop: Cell<Value>,
    /// The result, the exception, or, of one that was cancelled: the exception to raise, or the
    /// message of the cancellation, or None. While a task is pending, the message of the
    /// cancellation that is under way.
    pub result: Cell<Value>,
    /// Who waits: UNDEF, one task or gathering, or a list of callback and context by turns. Of a
    /// failed future: how much of the exception's trace is its own, as a count or a traceback.
    pub callbacks: Cell<Value>,
    /// State and flags; above them, of a task: requests to cancel that nobody has taken back.
    bits: Cell<u32>,
    /// Of a task: the number of the place that made it.
    pub place: Cell<u32>,
}

/// How far the count of requests is shifted, which stops at its greatest value.
const CANCELS: u32 = 16;

impl Future {
    pub fn new(header: Header, event_loop: Value) -> Future {
        Future {
            header,
            extra: Value::UNDEF.into(),
            event_loop: event_loop.into(),
            result: Value::NONE.into(),
            callbacks: Value::UNDEF.into(),
            bits: Cell::new(state::PENDING),
            place: Cell::new(0),
        }
    }

    #[inline(always)]
    pub fn state(&self) -> u32 {
        self.bits.get() & state::MASK
    }

    #[inline(always)]
    pub fn is_pending(&self) -> bool {
        self.state() == state::PENDING
    }

    /// The message of a cancellation that is under way, or that nobody was told of by an exception.
    pub fn cancel_message(&self) -> Value {
        let said = self.result.get();
        let told = matches!(self.state(), state::PENDING | state::CANCELLED);
        if told && !said.is::<super::Exception>() && !self.has(state::QUIET) {
            said
        } else {
            Value::NONE
        }
    }

    #[inline(always)]
    pub fn set_state(&self, to: u32) {
        self.bits.set(self.bits.get() & !state::MASK | to);
    }

    #[inline(always)]
    pub fn has(&self, flag: u32) -> bool {
        self.bits.get() & flag != 0
    }

    #[inline(always)]
    pub fn set(&self, flag: u32, on: bool) {
        self.bits.set(self.bits.get() & !flag | if on { flag } else { 0 });
    }

    #[inline(always)]
    pub fn cancels(&self) -> u32 {
        self.bits.get() >> CANCELS
    }

    pub fn add_cancel(&self) {
        self.set_cancels(self.cancels() + 1);
    }

    /// Takes a request back; how many are left, and was it the last?
    pub fn take_cancel(&self) -> (u32, bool) {
        let before = self.cancels();
        self.set_cancels(before.saturating_sub(1));
        (self.cancels(), before == 1)
    }

    fn set_cancels(&self, count: u32) {
        let low = self.bits.get() & ((1 << CANCELS) - 1);
        self.bits.set(count.min(u32::MAX >> CANCELS) << CANCELS | low);
    }

    fn trace_future(&self, marker: &mut Tracer<'_>) {
        marker.value(self.extra.get());
        marker.value(self.event_loop.get());
        marker.value(self.result.get());
        marker.value(self.callbacks.get());
    }
}

impl Object for Future {
    fn trace(&self, marker: &mut Tracer<'_>) {
        self.trace_future(marker);
    }
}

/// A coroutine that a loop runs.
#[repr(C)]
pub struct Task {
    pub future: Future,
    pub coro: Cell<Value>,
    /// What the coroutine waits for: a future, a `Wait`; an exception that the next step is to
    /// raise; else UNDEF.
    pub waits_on: Cell<Value>,
    /// The context of its steps: see `vm/context.rs`.
    pub context: Cell<Value>,
    /// The next task of the loop, or UNDEF (see `EventLoop::add_task`).
    pub next: Cell<Value>,
}

/// Where the name of a task is that has attributes.
pub const NAME_KEY: &str = "_name";

impl Task {
    /// A string, or the number of a task that nobody has named; UNDEF before it has one.
    pub fn name(&self, space: &Space) -> Value {
        match self.extra.get().cast::<Dict>() {
            Some(dict) => dict.get_str(space, space.intern(NAME_KEY)).unwrap_or(Value::UNDEF),
            None => self.extra.get(),
        }
    }

    pub fn set_name(&self, space: &Space, name: Value) {
        match self.extra.get().cast::<Dict>() {
            Some(dict) => dict.set_str(space, space.intern(NAME_KEY), name),
            None => self.extra.set(name),
        }
    }
}

impl Object for Task {
    fn trace(&self, marker: &mut Tracer<'_>) {
        self.trace_future(marker);
        marker.value(self.coro.get());
        marker.value(self.waits_on.get());
        marker.value(self.context.get());
    }
}

impl Deref for Task {
    type Target = Future;

    fn deref(&self) -> &Future {
        &self.future
    }
}

/// What `gather` returns.
#[repr(C)]
pub struct Gathering {
    pub future: Future,
    /// The list of the futures in the order of the arguments, perhaps with repetitions.
    pub children: Cell<Value>,
    /// How many of them are not done.
    pub left: Cell<usize>,
}

impl Object for Gathering {
    fn trace(&self, marker: &mut Tracer<'_>) {
        self.trace_future(marker);
        marker.value(self.children.get());
    }
}

impl Deref for Gathering {
    type Target = Future;

    fn deref(&self) -> &Future {
        &self.future
    }
}

impl Value {
    /// Any kind of future.
    #[inline(always)]
    pub fn future(self) -> Option<Gc<Future>> {
        let header = self.header()?;
        // SAFETY: all three kinds begin with a `Future`.
        unsafe {
            let kind = (*header).kind;
            let known = kind == Kind::Future as u8
                || kind == Kind::Task as u8
                || kind == Kind::Gathering as u8;
            known.then(|| Gc::from_raw(header.cast()))
        }
    }
}

impl Space {
    pub fn future(&self, event_loop: Value) -> Gc<Future> {
        self.new_object(T::Future.shape(), 0, |header| Future::new(header, event_loop))
    }

    /// A task that has not begun.
    pub fn task(&self, shape: ShapeId, event_loop: Value) -> Gc<Task> {
        self.new_object(shape, 0, |header| Task {
            future: Future::new(header, event_loop),
            coro: Value::NONE.into(),
            waits_on: Value::UNDEF.into(),
            context: Value::UNDEF.into(),
            next: Value::UNDEF.into(),
        })
    }

    pub fn gathering(&self, event_loop: Value, children: Value, left: usize) -> Gc<Gathering> {
        self.new_object(T::Gathering.shape(), 0, |header| Gathering {
            future: Future::new(header, event_loop),
            children: children.into(),
            left: left.into(),
        })
    }
}
