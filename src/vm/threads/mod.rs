//! Threads of the program: functions that take turns on the one machine.
//!
//! A thread has a register stack and a native stack of its own (`fiber.rs`): whatever it was
//! doing stays where it is while others run. One runs at a time, all of them on the same thread of
//! the system. It gives way when it has to wait (`Cx::park`), when its slice of time is over
//! (`ticker.rs`), and at its end. The main thread, on the stack of the process, resumes the others
//! (`turns.rs`); while it waits itself, it does nothing but that.
//!
//! Everything that waits for something outside a loop's queues comes here in the end: locks and
//! sleeps of threads, a loop that has nothing to run, work that others do. So this is the place
//! that knows whether anything can ever go on.

mod alarm;
mod fiber;
mod mail;
mod sources;
mod ticker;
mod turns;
mod work;

use std::collections::{HashMap, VecDeque};

use super::pc::{Base, Ip};
use super::tasks::Level;
use super::{Cx, Stop, Vm, call, interp, raise, watch};
use crate::gc::{Gc, HeapType};
use crate::value::{T, Tracer, Value};
use alarm::Alarms;
use fiber::{Fiber, Stacks};
pub use mail::Mailbox;
pub use sources::Side;
use sources::Sources;
use ticker::Ticker;
pub(super) use turns::slice_is_over;

/// The thread that the program began on.
const MAIN: usize = 0;

/// Declares what the machine keeps for the thread that runs, and how it is exchanged.
macro_rules! own_fields {
    ($($field:ident: $type:ty,)*) => {
        /// What belongs to one thread of the machine's state, while another runs.
        struct Own {
            $($field: $type,)*
        }

        /// The machine runs what `own` describes from now on, and `own` keeps what ran.
        fn exchange(vm: &mut Vm, own: &mut Own) {
            $(std::mem::swap(&mut vm.$field, &mut own.$field);)*
        }
    };
}

own_fields! {
    stack_low: usize,
    stack_size: usize,
    mapping: *mut libc::c_void,
    top: Base,
    native_base: Base,
    native_ip: Ip,
    exception: Value,
    handled: Value,
    context: Value,
    asyncgen_hooks: [Value; 2],
    result: Value,
    doors: u32,
    tails: u32,
    tail: Option<call::Tail>,
    resume: Option<super::suspend::Request>,
    continuations: Vec<call::Continuation>,
    roots: Vec<Value>,
    door_roots: usize,
    running_loop: Value,
    watched: Vec<watch::Watched>,
    showing: Vec<[Value; 2]>,
}

/// What a thread waits for: threads are woken by the same word. Addresses of objects are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Key(u64);

impl Key {
    pub fn of<O: HeapType>(object: Gc<O>) -> Key {
        Key(object.as_ptr() as u64)
    }

    pub fn of_value(value: Value) -> Key {
        Key(value.bits())
    }
}

/// Why a thread goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Woke {
    /// What it waited for has happened.
    Called,
    /// Its time is up.
    Late,
    /// A signal arrived: only the main thread hears of them.
    Interrupted,
    /// Nothing can ever happen any more: only the main thread is told.
    Stuck,
}

struct Thread {
    own: Own,
    /// None for the main thread, and for one that has not begun.
    fiber: Option<Fiber>,
    /// The function of the prelude that it begins with, and its arguments.
    entry: [Value; 4],
    /// The number of its last wait: what was meant for an earlier one comes too late.
    wait: u64,
    /// It waits, for this if for anything but time.
    parked: Option<Option<Key>>,
    /// What it waits for, for reports.
    what: Value,
    woke: Woke,
    /// Was the stack cleared above its top since it last ran?
    clear: bool,
    /// The object by which the program knows it.
    handle: Value,
}

/// What a thread is at, for reports.
pub struct Glimpse {
    /// By which the program knows it.
    pub number: usize,
    pub is_main: bool,
    pub runs: bool,
    /// What it waits for, if it waits.
    pub waits: Option<Value>,
    /// What it is in, outermost first.
    pub levels: Vec<Level>,
    /// The loop that it runs, or None.
    pub event_loop: Value,
}

pub struct Threads {
    current: usize,
    all: Vec<Option<Box<Thread>>>,
    /// Places in `all` of those that have ended.
    free: Vec<usize>,
    /// How many have not ended.
    live: usize,
    /// Who was woken and has not run since, in that order; …
    awake: VecDeque<usize>,
    /// … whose slice was over before its work, …
    tired: VecDeque<usize>,
    /// … and whether the main thread is among these: it runs every other time, since it is most
    /// likely to be the one that serves others.
    main_is_tired: bool,
    /// Did one of the woken run last?
    awake_ran: bool,
    parked: HashMap<Key, VecDeque<(usize, u64)>>,
    alarms: Alarms,
    /// How many waits there were.
    waits: u64,
    /// Stacks of threads that have ended, for the next.
    spare: Vec<Stacks>,
    mailbox: Mailbox,
    ticker: Option<Ticker>,
    /// How many slices the thread that runs has had in one go, in virtual time.
    long_slices: u32,
    poller: Option<crate::rt::Poller>,
    sources: Sources,
    /// How many sources outside the machine may still wake somebody.
    outside: usize,
    /// Handlers of signals may wake the main thread at any time.
    listens: bool,
    /// How many interrupts the main thread was woken for.
    told: u32,
}

impl Threads {
    pub fn new() -> Threads {
        Threads {
            current: MAIN,
            all: vec![Some(Box::new(Thread::new(Own::empty(), [Value::NONE; 4], Value::NONE)))],
            free: Vec::new(),
            live: 1,
            awake: VecDeque::new(),
            tired: VecDeque::new(),
            main_is_tired: false,
            awake_ran: false,
            parked: HashMap::new(),
            alarms: Alarms::default(),
            waits: 0,
            spare: Vec::new(),
            mailbox: Mailbox::new(),
            ticker: None,
            long_slices: 0,
            poller: None,
            sources: Sources::default(),
            outside: 0,
            listens: false,
            told: 0,
        }
    }

    fn get(&mut self, id: usize) -> &mut Thread {
        self.all[id].as_mut().expect("a thread that has not ended")
    }

    /// Whether the thread that the program began on runs.
    pub fn is_main(&self) -> bool {
        self.current == MAIN
    }

    /// Is there a letter that nobody has opened?
    #[inline(always)]
    pub fn has_mail(&self) -> bool {
        self.mailbox.is_full()
    }

    fn alone(&self) -> bool {
        self.live == 1
    }

    /// Marks what threads that do not run refer to.
    pub fn trace(&self, tracer: &mut Tracer<'_>) {
        self.sources.trace(tracer);
        for (id, thread) in self.all.iter().enumerate() {
            let Some(thread) = thread else { continue };
            thread.entry.iter().for_each(|&value| tracer.value(value));
            tracer.value(thread.what);
            tracer.value(thread.handle);
            if id != self.current {
                thread.own.trace(tracer);
            }
        }
    }

    /// Forgets what stands above the tops of stacks that are not in use (I4).
    pub fn clear_above(&mut self) {
        let current = self.current;
        for (id, thread) in self.all.iter_mut().enumerate() {
            let Some(thread) = thread.as_mut().filter(|thread| id != current && !thread.clear)
            else {
                continue;
            };
            thread.clear = true;
            let own = &thread.own;
            super::roots::clear_above(own.stack_low, own.stack_size, own.top);
        }
        self.spare.iter_mut().for_each(Stacks::clear);
    }

    // ---- waking

    /// The thread may run again, unless it has gone on since it waited for the `wait`th time.
    fn make_ready(&mut self, id: usize, wait: u64, woke: Woke) -> bool {
        let Some(thread) = self.all[id].as_mut() else { return false };
        if thread.wait != wait {
            return false;
        }
        let Some(key) = thread.parked.take() else { return false };
        thread.woke = woke;
        if woke != Woke::Called
            && let Some(key) = key
            && let Some(others) = self.parked.get_mut(&key)
        {
            others.retain(|&entry| entry != (id, wait));
            if others.is_empty() {
                self.parked.remove(&key);
            }
        }
        self.awake.push_back(id);
        true
    }

    /// Wakes who has waited longest. False if nobody waits.
    fn wake_one(&mut self, key: Key) -> bool {
        while let Some(others) = self.parked.get_mut(&key) {
            let first = others.pop_front();
            if others.is_empty() {
                self.parked.remove(&key);
            }
            if first.is_some_and(|(id, wait)| self.make_ready(id, wait, Woke::Called)) {
                return true;
            }
        }
        false
    }

    fn wake_main(&mut self, woke: Woke) {
        let wait = self.get(MAIN).wait;
        if self.make_ready(MAIN, wait, woke) {
            // It has waited for nothing that another could have taken.
            self.awake.rotate_right(1);
        }
    }
}

impl Default for Threads {
    fn default() -> Threads {
        Threads::new()
    }
}

impl Thread {
    fn new(own: Own, entry: [Value; 4], handle: Value) -> Thread {
        Thread {
            own,
            fiber: None,
            entry,
            wait: 0,
            parked: None,
            what: Value::NONE,
            woke: Woke::Called,
            clear: false,
            handle,
        }
    }
}

impl Own {
    /// Of nobody, to be exchanged for what somebody is.
    fn empty() -> Own {
        Own {
            stack_low: 0,
            stack_size: 0,
            mapping: std::ptr::null_mut(),
            top: std::ptr::null_mut(),
            native_base: std::ptr::null_mut(),
            native_ip: interp::exit_ip(),
            exception: Value::UNDEF,
            handled: Value::NONE,
            context: Value::UNDEF,
            asyncgen_hooks: [Value::NONE; 2],
            result: Value::UNDEF,
            doors: 0,
            tails: 0,
            tail: None,
            resume: None,
            continuations: Vec::new(),
            roots: Vec::new(),
            door_roots: 0,
            running_loop: Value::NONE,
            watched: Vec::new(),
            showing: Vec::new(),
        }
    }

    fn trace(&self, tracer: &mut Tracer<'_>) {
        super::roots::trace_thread(
            tracer,
            &super::roots::Seen {
                values: [
                    self.exception,
                    self.handled,
                    self.result,
                    self.context,
                    self.running_loop,
                ],
                hooks: self.asyncgen_hooks,
                roots: &self.roots,
                watched: &self.watched,
                showing: &self.showing,
                continuations: &self.continuations,
                tail: self.tail.as_ref(),
                stack_low: self.stack_low,
                stack_size: self.stack_size,
            },
            self.native_base,
            self.top,
        );
    }
}

impl Cx {
    /// Lets others run until `key` is woken or a time of the loops' clock has come. `what` is
    /// what reports say that it waits for.
    pub fn park(&mut self, key: Option<Key>, until: Option<f64>, what: Value) -> Woke {
        let vm: *mut Vm = self.vm_mut();
        // SAFETY: `&mut self` means that no `Local` is alive; a native runs, below whose top all
        // that it needs is.
        unsafe { turns::park(vm, key, until, what) }
    }

    /// Wakes the thread that has waited longest for a key. False if none does.
    pub fn wake_one(&mut self, key: Key) -> bool {
        self.vm_mut().threads.wake_one(key)
    }

    pub fn wake_all(&mut self, key: Key) {
        while self.wake_one(key) {}
    }

    /// Lets others run that can.
    pub fn give_way(&mut self) {
        let vm: *mut Vm = self.vm_mut();
        // SAFETY: as for `park`.
        unsafe { turns::give_way(vm) }
    }

    /// Starts a thread that calls a function of the prelude with three arguments, and lets it run
    /// at once. `handle` is what is woken at its end.
    pub fn start_thread(
        &mut self,
        entry: &'static str,
        args: [Value; 3],
        handle: Value,
    ) -> Result<(), Stop> {
        let entry = self.vm().prelude(entry);
        let vm: *mut Vm = self.vm_mut();
        // SAFETY: as for `park`.
        unsafe {
            let entry = [entry, args[0], args[1], args[2]];
            let Some(id) = turns::make(&mut *vm, entry, handle) else {
                return Err(raise::error(&*vm, T::RuntimeError, "can't start new thread"));
            };
            turns::run_first(vm, id);
        }
        Ok(())
    }

    /// The number by which the program knows the thread that runs.
    pub fn thread_number(&self) -> usize {
        self.vm().stack_low
    }

    /// The numbers of all threads that have not ended.
    pub fn thread_numbers(&self) -> Vec<usize> {
        let vm = self.vm();
        let number = |(id, thread): (usize, &Option<Box<Thread>>)| {
            let thread = thread.as_ref()?;
            Some(if id == vm.threads.current { vm.stack_low } else { thread.own.stack_low })
        };
        vm.threads.all.iter().enumerate().filter_map(number).collect()
    }

    /// What the threads that have not ended are at, the main one first. As tasks are looked at:
    /// nothing runs, nothing is allocated on the heap.
    pub fn glimpses(&self) -> Vec<Glimpse> {
        let vm = self.vm();
        let mut found = Vec::new();
        for (id, thread) in vm.threads.all.iter().enumerate() {
            let Some(thread) = thread else { continue };
            let (stack, ip, base) = match id == vm.threads.current {
                true => ((vm.stack_low, vm.stack_size), vm.native_ip, vm.native_base),
                false => {
                    let own = &thread.own;
                    ((own.stack_low, own.stack_size), own.native_ip, own.native_base)
                }
            };
            // SAFETY: where the thread is; null if it has not begun.
            let (levels, _) =
                unsafe { super::tasks::activations(stack, ip, base, std::ptr::null_mut()) };
            found.push(Glimpse {
                number: stack.0,
                is_main: id == MAIN,
                runs: id == vm.threads.current,
                waits: thread.parked.is_some().then_some(thread.what),
                levels,
                event_loop: match id == vm.threads.current {
                    true => vm.running_loop,
                    false => thread.own.running_loop,
                },
            });
        }
        found
    }

    /// Is there nobody who could run while this thread waits?
    pub fn is_alone(&self) -> bool {
        self.vm().threads.alone()
    }

    pub fn is_main_thread(&self) -> bool {
        self.vm().threads.is_main()
    }

    /// Where others on other threads of the system leave what is to be done here.
    pub fn mailbox(&mut self) -> Mailbox {
        self.vm_mut().threads.mailbox.clone()
    }

    /// From now on somebody outside may wake a thread by the mailbox: waiting is no deadlock.
    pub fn expect_mail(&mut self) {
        self.vm_mut().threads.outside += 1;
    }

    /// The counterpart of `expect_mail`.
    pub fn expect_no_mail(&mut self) {
        self.vm_mut().threads.outside -= 1;
    }

    /// Whether the program has handlers of signals: then its waiting is no deadlock.
    pub fn listen(&mut self, on: bool) {
        self.vm_mut().threads.listens = on;
    }
}

impl Vm {
    /// Something has asked for the attention of a thread that must not be interrupted itself.
    pub(super) fn wants_main(&self) -> bool {
        !self.threads.is_main() && self.signals.is_up(turns::FOR_MAIN)
    }
}
