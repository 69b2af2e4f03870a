//! Coroutines that nobody awaits: where they were made.
//!
//! A coroutine of the program's own remembers the call that made it until it begins. A native one
//! has no room for that: unless the instruction that asks for it awaits it at once, as nearly all
//! do, it gets a number of the place and a last word.

use std::cell::RefCell;

use super::super::{Cx, Vm, interp};
use super::Spot;
use crate::code::op::{Op, Word, word};
use crate::gc::Gc;
use crate::value::frame::state;
use crate::value::wait::{WaitKind, phase};
use crate::value::{Frame, Value, Wait};

/// Places where native coroutines were made that were not awaited at once.
#[derive(Default)]
pub struct Places(RefCell<Vec<*const Word>>);

impl Places {
    /// The number of a place, from 1.
    fn number(&self, ip: *const Word) -> u32 {
        let mut places = self.0.borrow_mut();
        let known = places.iter().rposition(|&place| place == ip);
        let at = known.unwrap_or_else(|| {
            places.push(ip);
            places.len() - 1
        });
        at as u32 + 1
    }

    fn place(&self, number: u32) -> Option<*const Word> {
        self.0.borrow().get((number as usize).checked_sub(1)?).copied()
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
