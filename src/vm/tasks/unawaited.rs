//! Coroutines that nobody awaits: where they were made.
//!
//! A coroutine of the program's own remembers the call that made it until it begins. A native one
//! has no room for that: unless the instruction that asks for it awaits it at once, as nearly all
//! do, it gets a number of the place and a last word. A task has the number of its place, too.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::super::{Cx, Vm, interp};
use super::Spot;
use crate::code::op::{Op, Word, word};
use crate::gc::Gc;
use crate::value::frame::state;
use crate::value::wait::{WaitKind, phase};
use crate::value::{Frame, Task, Value, Wait};

/// Places where tasks were made, and native coroutines that were not awaited at once; their
/// numbers begin with 1.
pub struct Places {
    all: RefCell<Vec<*const Word>>,
    numbers: RefCell<HashMap<*const Word, u32>>,
    /// The one that was asked for last: what is made in a loop comes from one place.
    last: Cell<(*const Word, u32)>,
}

impl Default for Places {
    fn default() -> Places {
        let last = Cell::new((std::ptr::null(), 0));
        Places { all: RefCell::default(), numbers: RefCell::default(), last }
    }
}

impl Places {
    #[inline]
    fn number(&self, ip: *const Word) -> u32 {
        let (last, number) = self.last.get();
        if last == ip { number } else { self.look_up(ip) }
    }

    #[cold]
    fn look_up(&self, ip: *const Word) -> u32 {
        let mut all = self.all.borrow_mut();
        let number = *self.numbers.borrow_mut().entry(ip).or_insert_with(|| {
            all.push(ip);
            u32::try_from(all.len()).expect("less code than that")
        });
        self.last.set((ip, number));
        number
    }

    fn place(&self, number: u32) -> Option<*const Word> {
        self.all.borrow().get((number as usize).checked_sub(1)?).copied()
    }
}

impl Cx {
    /// A native coroutine. `owner` is what it is to remember until it begins.
    #[inline]
    pub fn wait(&self, kind: WaitKind, target: Value, owner: Value) -> Gc<Wait> {
        let wait = self.vm().space.wait(kind, target, owner);
        let ip = self.vm().native_ip;
        // SAFETY: behind an instruction of live code, and one follows it, unless Rust has called.
        let awaited = ip != interp::exit_ip()
            && unsafe {
                word::op(*ip) == Op::Await as u8 || word::op(*ip.sub(1)) == Op::AwaitCall as u8
            };
        if !awaited {
            expect(self.vm(), wait);
        }
        wait
    }

    /// What runs now has made the task.
    #[inline]
    pub fn note_place(&self, task: Gc<Task>) {
        task.place.set(self.vm().tasks.places.number(self.call_place()));
    }

    /// The instruction that made a task, or null.
    pub fn place_of(&self, task: Gc<Task>) -> *const Word {
        self.vm().tasks.places.place(task.place.get()).unwrap_or(std::ptr::null())
    }

    /// Where a coroutine was made that nobody has begun.
    pub fn place_of_making(&self, coroutine: Value) -> Option<Spot> {
        let ip = if let Some(frame) = coroutine.cast::<Frame>() {
            let ip = frame.caller.cast::<Word>().cast_const();
            (frame.state() == state::CREATED && !ip.is_null()).then_some(ip)?
        } else {
            let wait = coroutine.cast::<Wait>()?;
            let fresh = wait.phase.get() == phase::CREATED;
            self.vm().tasks.places.place(wait.slot.get()).filter(|_| fresh)?
        };
        self.atlas().before(ip)
    }
}

/// Somebody has to await it.
#[inline(never)]
fn expect(vm: &Vm, wait: Gc<Wait>) {
    wait.slot.set(vm.tasks.places.number(vm.native_ip));
    vm.space.finals.register(Value::object(wait));
}
