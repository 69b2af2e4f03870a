//! What queues between tasks are based on.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use super::kind::{Object, Tracer};
use super::{Deque, Primitive, ShapeId, Space, T, Value, Wait};
use crate::gc::{Gc, Header};

#[repr(C)]
pub struct Queue {
    pub header: Header,
    /// Attributes, as of an instance without inline slots.
    pub extra: Cell<Value>,
    /// The loop in which somebody first had to wait, or None.
    pub event_loop: Cell<Value>,
    /// A deque, or what a derived class keeps its items in.
    pub items: Cell<Value>,
    pub maxsize: Cell<Value>,
    /// Items that were put and not reported done; `finished` is set while there are none.
    pub unfinished: Cell<i64>,
    pub finished: Gc<Primitive>,
    pub is_shut: Cell<bool>,
    /// Has the class methods of its own in place of those that keep the items?
    pub is_hooked: Cell<bool>,
    pub getters: RefCell<VecDeque<Gc<Wait>>>,
    pub putters: RefCell<VecDeque<Gc<Wait>>>,
}

impl Object for Queue {
    fn trace(&self, marker: &mut Tracer<'_>) {
        marker.value(self.extra.get());
        marker.value(self.event_loop.get());
        marker.value(self.items.get());
        marker.value(self.maxsize.get());
        marker.object(self.finished);
        for waiters in [&self.getters, &self.putters] {
            for &wait in waiters.borrow().iter() {
                marker.object(wait);
            }
        }
    }

    const OWNS: bool = true;

    unsafe fn release(this: *mut Queue) -> usize {
        // SAFETY: a dead object, dropped once.
        unsafe {
            std::ptr::drop_in_place(&raw mut (*this).getters);
            std::ptr::drop_in_place(&raw mut (*this).putters);
        }
        0
    }
}

impl Space {
    pub fn queue(&self, shape: ShapeId) -> Gc<Queue> {
        let finished = self.primitive(T::Event.shape());
        finished.state.set(Value::TRUE);
        let items = self.new_object(T::Deque.shape(), 0, |header| Deque::new(header, usize::MAX));
        self.new_object(shape, 0, |header| Queue {
            header,
            extra: Value::UNDEF.into(),
            event_loop: Value::NONE.into(),
            items: Value::object(items).into(),
            maxsize: Value::int(0).into(),
            unfinished: 0.into(),
            finished,
            is_shut: false.into(),
            is_hooked: false.into(),
            getters: RefCell::default(),
            putters: RefCell::default(),
        })
    }
}
