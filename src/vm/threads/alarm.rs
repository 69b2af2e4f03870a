//! Times at which threads that wait go on.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

#[derive(Clone, Copy)]
pub struct Alarm {
    pub when: f64,
    /// Equal times go off in the order in which they were set.
    order: u64,
    pub thread: usize,
    /// Which of its waits it is for.
    pub wait: u64,
}

impl PartialEq for Alarm {
    fn eq(&self, other: &Alarm) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Alarm {}

impl PartialOrd for Alarm {
    fn partial_cmp(&self, other: &Alarm) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Alarm {
    fn cmp(&self, other: &Alarm) -> Ordering {
        self.when.total_cmp(&other.when).then(self.order.cmp(&other.order))
    }
}

#[derive(Default)]
pub struct Alarms {
    heap: BinaryHeap<Reverse<Alarm>>,
    set: u64,
}

impl Alarms {
    pub fn set(&mut self, when: f64, thread: usize, wait: u64) {
        self.set += 1;
        self.heap.push(Reverse(Alarm { when, order: self.set, thread, wait }));
    }

    pub fn first(&self) -> Option<Alarm> {
        self.heap.peek().map(|first| first.0)
    }

    pub fn pop(&mut self) -> Option<Alarm> {
        self.heap.pop().map(|first| first.0)
    }
}
