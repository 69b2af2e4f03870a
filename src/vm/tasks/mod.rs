//! The event loop's part of the machine: who runs next, what a coroutine waits for, and how it
//! learns that its wait is over.
//!
//! A turn of a loop is an instruction (`Drive`, in `drive.rs`): it takes the next entry of the
//! ready queue and enters it, and whatever that does ends at the same instruction again. The
//! queue mirrors asyncio's handles one for one: a settled future makes one entry for each who
//! waits, a fired timer one, and each turn runs only what was ready when it began. That is what
//! makes tasks take turns in the order in which they do on CPython.
//!
//! A task's step resumes the innermost of its frames. An `await` of a future suspends the chain
//! without anything being yielded through it (`park.rs`), as long as a task is at its root; with
//! anything else at the root, the future is yielded as in asyncio.

mod asked;
mod barrier;
mod by_hand;
mod condition;
mod crossing;
mod drive;
mod gather;
mod look;
mod park;
mod primitive;
pub mod queue;
mod ring;
mod settle;
mod sleep;
mod timeout;
mod unawaited;

pub(super) use asked::await_native;
pub use by_hand::Met;
pub use condition::{awaited_lock, notify};
pub use crossing::Crossing;
pub(super) use drive::{drive, failed, raised, returned, yielded};
pub use drive::{driver, fire};
pub use gather::{child_done, member_done};
pub(super) use look::activations;
pub use look::{Atlas, Level, Spot};
pub(super) use park::add_waiter;
pub use park::{Begun, add_callback, begin, end, undo, wake};
pub(super) use park::{await_future, await_nothing, await_wait};
pub use primitive::{lock_of, release, set_event};
pub use settle::{Outcome, cancel, cancelled_error, outcome, settle};
pub use timeout::{arm, expire, is_due};

use super::{Cx, Vm};
use crate::gc::Gc;
use crate::rt::Clock;
use crate::value::schedule::flag;
use crate::value::wait::WaitKind;
use crate::value::{EventLoop, Native, Task, Tracer, Value};

/// What the machine keeps for all loops.
#[derive(Default)]
pub struct State {
    /// The function that drives a loop or a task.
    driver: Option<Value>,
    /// The tasks that run now in loops that are not native: pairs of loop and task.
    running: Vec<[Value; 2]>,
    /// Owner of the tasks of such loops.
    orphanage: Option<Gc<EventLoop>>,
    /// How many tasks nobody has named: the last one's number.
    unnamed: i64,
    places: unawaited::Places,
    /// Do exceptions note which tasks they leave?
    notes_crossings: bool,
    /// Has the program registered tasks that are not ours?
    has_foreign: bool,
    /// Draws the order of tasks that are ready; None for the order in which they became so.
    shuffle: Option<Draw>,
    /// Tasks that wait for one another, since not long ago.
    suspects: Vec<ring::Suspect>,
}

impl State {
    pub fn trace(&self, tracer: &mut Tracer<'_>) {
        self.driver.iter().for_each(|&driver| tracer.value(driver));
        tracer.maybe(self.orphanage);
        for &value in self.running.iter().flatten() {
            tracer.value(value);
        }
        self.suspects.iter().for_each(|suspect| suspect.trace(tracer));
    }
}

/// Who tells people about tasks. Reads only.
pub struct Reports {
    /// What is going on? Somebody at the terminal has asked.
    pub quit: fn(&Cx),
    /// The task has waited for a while for one that waits, by others perhaps, for it.
    pub ring: fn(&Cx, Gc<Task>),
    /// True: the process has to end soon, whatever the program does; false: it need not.
    pub hurry: fn(bool),
    /// Somebody has pressed Ctrl-C again.
    pub insist: fn(&Cx),
    /// The process ends now: its last words.
    pub last: fn(&Cx),
}

impl Default for Reports {
    fn default() -> Reports {
        Reports {
            quit: |_| {},
            ring: |_, _| {},
            hurry: |_| {},
            last: |_| {},
            insist: say_what_tasks_do,
        }
    }
}

fn say_what_tasks_do(cx: &Cx) {
    (cx.vm().reports.quit)(cx);
}

pub(super) fn insist(vm: &Vm) {
    (vm.reports.hurry)(true);
    (vm.reports.insist)(Cx::of_ref(vm));
}

impl Vm {
    /// The loop's run ends: whoever waits for one another now will for ever.
    pub fn tell_rings(&mut self, own: Gc<EventLoop>) {
        ring::tell(self, own, true);
    }

    pub fn reports(&mut self) -> &mut Reports {
        &mut self.reports
    }
}

/// Numbers drawn from a seed (splitmix64).
pub struct Draw(u64);

impl Draw {
    fn new(seed: u64) -> Draw {
        Draw(seed)
    }

    /// A number below `limit`, which is not 0.
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ z >> 31) % limit as u64) as usize
    }
}

/// The loop, if scheduling on it is nobody else's affair: no class of the program has methods of
/// its own for that.
#[inline(always)]
pub fn plain(event_loop: Value) -> Option<Gc<EventLoop>> {
    event_loop.cast::<EventLoop>().filter(|own| own.has(flag::PLAIN))
}

/// Is a call of this native with this argument one that only lets the others run once? That is
/// `sleep(0)`, the most frequent of all waits.
#[inline(always)]
pub(super) fn only_yields(native: Gc<Native>, argument: Value) -> bool {
    argument == Value::int(0) && native.waits == Some(WaitKind::Sleep)
}

/// The task that runs in a loop, or None.
pub fn current(vm: &Vm, event_loop: Value) -> Value {
    if let Some(own) = event_loop.cast::<EventLoop>() {
        let current = own.current.get();
        return if current.is::<Task>() { current } else { Value::NONE };
    }
    let running = vm.tasks.running.iter().find(|pair| pair[0] == event_loop);
    running.map_or(Value::NONE, |pair| pair[1])
}

/// Makes a task, or None, the one that runs in a loop. Returns the one before.
pub fn set_current(vm: &mut Vm, event_loop: Value, task: Value) -> Value {
    let before = current(vm, event_loop);
    if let Some(own) = event_loop.cast::<EventLoop>() {
        own.current.set(if task.is_none() { Value::UNDEF } else { task });
    } else {
        vm.tasks.running.retain(|pair| pair[0] != event_loop);
        if !task.is_none() {
            vm.tasks.running.push([event_loop, task]);
        }
    }
    before
}

/// Who keeps the tasks of a loop.
fn owner(vm: &mut Vm, event_loop: Value) -> Gc<EventLoop> {
    if let Some(own) = event_loop.cast::<EventLoop>() {
        return own;
    }
    if let Some(orphanage) = vm.tasks.orphanage {
        return orphanage;
    }
    let orphanage = vm.space.event_loop(crate::value::T::EventLoop.shape());
    vm.tasks.orphanage = Some(orphanage);
    orphanage
}

/// The loop owns the task from now on, until it is done.
pub fn register(vm: &mut Vm, task: Gc<Task>) {
    let owner = owner(vm, task.event_loop.get());
    owner.add_task(task);
}

/// The tasks of a loop that are not done, in the order in which they were made.
pub fn all(vm: &mut Vm, event_loop: Value) -> Vec<Gc<Task>> {
    let tasks = owner(vm, event_loop).tasks();
    tasks.into_iter().filter(|task| task.event_loop.get() == event_loop).collect()
}

impl Cx {
    /// Has the program registered tasks that are not ours?
    pub fn has_foreign_tasks(&self) -> bool {
        self.vm().tasks.has_foreign
    }

    pub fn note_foreign_task(&mut self) {
        self.vm_mut().tasks.has_foreign = true;
    }

    /// What a task is called that nobody names.
    pub fn next_task_number(&mut self) -> Value {
        let tasks = &mut self.vm_mut().tasks;
        tasks.unnamed += 1;
        Value::int(tasks.unnamed)
    }

    /// From now on clocks are at 0, and jump over every wait.
    pub fn use_virtual_time(&mut self) {
        self.vm_mut().clock = Clock::virtual_from_zero();
    }

    /// From now on tasks that are ready run in an order drawn from a seed.
    pub fn seed_schedule(&mut self, seed: u64) {
        self.vm_mut().tasks.shuffle = Some(Draw::new(seed));
    }

    /// From now on exceptions note which tasks they leave.
    pub fn note_crossings(&mut self) {
        self.vm_mut().tasks.notes_crossings = true;
    }

    /// Somebody has pressed Ctrl-C again and does not want to wait any longer.
    pub fn insist(&self) {
        insist(self.vm());
    }

    /// Seconds of the clock that loops go by.
    pub fn now(&self) -> f64 {
        self.vm().clock.now()
    }

    /// The same for a program that asks (`Clock::look`).
    pub fn look_at_clock(&self) -> f64 {
        self.vm().clock.look()
    }
}
