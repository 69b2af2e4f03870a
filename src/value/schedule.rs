//! An event loop's own state, and the callbacks that programs schedule.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use super::kind::{Object, Tracer};
use super::{ShapeId, Space, T, Task, Value};
use crate::gc::{Gc, Header};
use crate::rt::{Timer, Wheel};

/// `Handle::flags` and `EventLoop::flags`.
pub mod flag {
    pub const CANCELLED: u8 = 1;
    /// A handle with a time.
    pub const TIMER: u8 = 2;
    /// A timer that the wheel holds.
    pub const SCHEDULED: u8 = 4;

    pub const RUNNING: u8 = 1;
    pub const STOPPING: u8 = 2;
    pub const CLOSED: u8 = 4;
    pub const DEBUG: u8 = 8;
    /// No class of the program has methods in place of those that schedule.
    pub const PLAIN: u8 = 16;
    /// In the middle of a turn.
    pub const IN_TURN: u8 = 32;
    /// It stops at the end of the turn.
    pub const ONE_TURN: u8 = 64;
    /// The timers of the next turn have been moved, by a clock of the program's own.
    pub const MOVED: u8 = 128;
}

/// A callback that a loop will call.
#[repr(C)]
pub struct Handle {
    pub header: Header,
    /// What debug mode keeps, in a dict.
    pub extra: Cell<Value>,
    pub callback: Cell<Value>,
    /// A tuple; None once cancelled.
    pub args: Cell<Value>,
    pub event_loop: Cell<Value>,
    pub context: Cell<Value>,
    pub when: Cell<f64>,
    pub timer: Cell<Timer>,
    pub flags: Cell<u8>,
}

impl Object for Handle {
    fn trace(&self, marker: &mut Tracer<'_>) {
        marker.value(self.extra.get());
        marker.value(self.callback.get());
        marker.value(self.args.get());
        marker.value(self.event_loop.get());
        marker.value(self.context.get());
    }
}

/// What the loop does next: a task's step, a handle's callback, a wait to be woken, or a
/// gathering's part in the end of a child, which is the next entry.
pub type Entry = Value;

#[repr(C)]
pub struct EventLoop {
    pub header: Header,
    /// Attributes, as of an instance without inline slots.
    pub extra: Cell<Value>,
    pub flags: Cell<u8>,
    /// How many entries of this turn are left.
    pub left: Cell<usize>,
    /// The task or the handle that runs, or UNDEF.
    pub current: Cell<Value>,
    pub task_factory: Cell<Value>,
    /// While it runs: the hooks for asynchronous generators that were there before, or None.
    pub hooks: Cell<Value>,
    /// The asynchronous generators that began in it, or None.
    pub asyncgens: Cell<Value>,
    /// Handles by the number of the signal they are for.
    pub signal_handlers: Cell<Value>,
    /// Weak references to transports by the descriptors of their sockets, or None.
    pub owners: Cell<Value>,
    /// The tasks that are not done.
    pub first_task: Cell<Value>,
    pub last_task: Cell<Value>,
    pub ready: RefCell<VecDeque<Entry>>,
    pub timers: RefCell<Wheel<Value>>,
}

impl EventLoop {
    #[inline(always)]
    pub fn has(&self, flag: u8) -> bool {
        self.flags.get() & flag != 0
    }

    #[inline(always)]
    pub fn set(&self, flag: u8, on: bool) {
        self.flags.set(self.flags.get() & !flag | if on { flag } else { 0 });
    }

    #[inline(always)]
    pub fn push(&self, what: Entry) {
        self.ready.borrow_mut().push_back(what);
    }
}

impl Object for EventLoop {
    fn trace(&self, marker: &mut Tracer<'_>) {
        marker.value(self.extra.get());
        marker.value(self.current.get());
        marker.value(self.task_factory.get());
        marker.value(self.hooks.get());
        marker.value(self.asyncgens.get());
        marker.value(self.signal_handlers.get());
        marker.value(self.owners.get());
        self.sift_tasks(|task| marker.object(task));
        for &entry in self.ready.borrow().iter() {
            marker.value(entry);
        }
        for (_, what) in self.timers.borrow().iter() {
            marker.value(what);
        }
    }

    const OWNS: bool = true;

    unsafe fn release(this: *mut EventLoop) -> usize {
        // SAFETY: a dead object, dropped once.
        unsafe {
            std::ptr::drop_in_place(&raw mut (*this).ready);
            std::ptr::drop_in_place(&raw mut (*this).timers);
        }
        0
    }
}

impl EventLoop {
    /// Adds a task behind the others.
    pub fn add_task(&self, task: Gc<Task>) {
        let value = Value::object(task);
        if self.last_task.get() == value || !task.next.get().is_undef() {
            // It is among them already.
            return;
        }
        match self.last_task.get().cast::<Task>() {
            Some(last) => last.next.set(value),
            None => self.first_task.set(value),
        }
        self.last_task.set(value);
    }

    /// Walks over the tasks that are not done, and lets go of the others.
    fn sift_tasks(&self, mut each: impl FnMut(Gc<Task>)) {
        let mut last: Option<Gc<Task>> = None;
        let mut at = self.first_task.get();
        while let Some(task) = at.cast::<Task>() {
            at = task.next.get();
            if task.is_pending() {
                each(task);
                last = Some(task);
                continue;
            }
            task.next.set(Value::UNDEF);
            match last {
                Some(last) => last.next.set(at),
                None => self.first_task.set(at),
            }
        }
        self.last_task.set(last.map_or(Value::UNDEF, Value::object));
    }

    /// The tasks that are not done, in the order in which they were made.
    pub fn tasks(&self) -> Vec<Gc<Task>> {
        let mut tasks = Vec::new();
        self.sift_tasks(|task| tasks.push(task));
        tasks
    }
}

impl Space {
    pub fn handle(
        &self,
        callback: Value,
        args: Value,
        event_loop: Value,
        context: Value,
    ) -> Gc<Handle> {
        let handle = self.handle_of(T::Handle.shape());
        handle.callback.set(callback);
        handle.args.set(args);
        handle.event_loop.set(event_loop);
        handle.context.set(context);
        handle
    }

    /// One of the loop's own timers, to be armed.
    #[inline(always)]
    pub fn timer_handle(
        &self,
        when: f64,
        callback: Value,
        args: Value,
        event_loop: Value,
        context: Value,
    ) -> Gc<Handle> {
        self.new_object(T::TimerHandle.shape(), 0, |header| Handle {
            header,
            extra: Value::UNDEF.into(),
            callback: callback.into(),
            args: args.into(),
            event_loop: event_loop.into(),
            context: context.into(),
            when: when.into(),
            timer: Timer::from_bits(0).into(),
            flags: flag::TIMER.into(),
        })
    }

    /// A handle that is still to be filled in.
    pub fn handle_of(&self, shape: ShapeId) -> Gc<Handle> {
        self.new_object(shape, 0, |header| Handle {
            header,
            extra: Value::UNDEF.into(),
            callback: Value::NONE.into(),
            args: Value::NONE.into(),
            event_loop: Value::NONE.into(),
            context: Value::UNDEF.into(),
            when: 0.0.into(),
            timer: Timer::from_bits(0).into(),
            flags: 0.into(),
        })
    }

    pub fn event_loop(&self, shape: ShapeId) -> Gc<EventLoop> {
        self.new_object(shape, 0, |header| EventLoop {
            header,
            extra: Value::UNDEF.into(),
            flags: 0.into(),
            left: 0.into(),
            current: Value::UNDEF.into(),
            task_factory: Value::NONE.into(),
            hooks: Value::NONE.into(),
            asyncgens: Value::NONE.into(),
            signal_handlers: Value::NONE.into(),
            owners: Value::NONE.into(),
            first_task: Value::UNDEF.into(),
            last_task: Value::UNDEF.into(),
            ready: RefCell::default(),
            timers: RefCell::new(Wheel::new()),
        })
    }
}
