//! Who runs next.

use std::time::Duration;

use super::fiber::{self, Exit, Fiber, Stacks};
use super::{Key, MAIN, Thread, Threads, Ticker, Woke, exchange};
use crate::gc::Signals;
use crate::value::Value;
use crate::vm::pc::{Base, Ip};
use crate::vm::{Cx, Vm, call, system};

/// So many stacks are kept for threads to come.
const SPARE: usize = 32;
/// What asks for the main thread.
pub const FOR_MAIN: u32 = Signals::INTERRUPT | Signals::QUIT | Signals::HANDLE;
/// Wait no longer than this at once.
const LONGEST: f64 = 24.0 * 3600.0;

// ---- giving way

/// The thread that runs waits.
pub unsafe fn park(vm: *mut Vm, key: Option<Key>, until: Option<f64>, what: Value) -> Woke {
    // SAFETY: the machine is exclusively the running thread's; so throughout this file.
    unsafe {
        let threads = &mut (*vm).threads;
        let id = threads.current;
        threads.waits += 1;
        let wait = threads.waits;
        let thread = threads.get(id);
        thread.wait = wait;
        thread.parked = Some(key);
        thread.what = what;
        if let Some(key) = key {
            threads.parked.entry(key).or_default().push_back((id, wait));
        }
        if let Some(until) = until {
            threads.alarms.set(until, id, wait);
        }
        leave(vm);
        let thread = (*vm).threads.get(id);
        thread.what = Value::NONE;
        thread.woke
    }
}

/// Lets those run that can.
pub unsafe fn give_way(vm: *mut Vm) {
    unsafe {
        (*vm).look_now();
        let threads = &mut (*vm).threads;
        if threads.awake.is_empty() && threads.tired.is_empty() && !threads.main_is_tired {
            return;
        }
        match threads.current {
            MAIN => threads.main_is_tired = true,
            id => threads.tired.push_back(id),
        }
        leave(vm);
    }
}

/// A new thread runs before all others; the one that has made it comes next.
pub unsafe fn run_first(vm: *mut Vm, id: usize) {
    unsafe {
        let threads = &mut (*vm).threads;
        threads.awake.push_front(threads.current);
        threads.awake.push_front(id);
        threads.awake_ran = false;
        leave(vm);
    }
}

/// At a safepoint, where the activation at `base` goes on at `ip` and the stack is live below
/// `top`: others have waited long enough.
pub unsafe fn slice_is_over(vm: *mut Vm, ip: Ip, base: Base, top: Base) {
    unsafe {
        (*vm).signals.lower(Signals::SLICE);
        let wants_main = (*vm).wants_main();
        if wants_main {
            tell_main(&mut *vm);
        } else if (*vm).clock.is_virtual() {
            // The first may come soon after the thread has begun to run, the second does not.
            (*vm).threads.long_slices += 1;
            if (*vm).threads.long_slices < 2 {
                return;
            }
        }
        let top = if (*vm).on_stack(top) { top } else { call::free_window(vm, base) };
        let before = ((*vm).native_ip, (*vm).native_base, (*vm).top);
        ((*vm).native_ip, (*vm).native_base, (*vm).top) = (ip, base, top);
        give_way(vm);
        ((*vm).native_ip, (*vm).native_base, (*vm).top) = before;
    }
}

/// Leaves the thread that runs, whose place is noted, until it is chosen again.
unsafe fn leave(vm: *mut Vm) {
    unsafe {
        let (top, id) = ((*vm).top, (*vm).threads.current);
        (*vm).top = (*vm).first_free();
        let thread = (*vm).threads.get(id);
        thread.clear = false;
        match &thread.fiber {
            None => run_others(vm),
            Some(fiber) => {
                let exit = fiber.exit();
                fiber::suspend(exit);
            }
        }
        (*vm).top = top;
    }
}

/// The main thread's wait: runs the others until it is its turn.
unsafe fn run_others(vm: *mut Vm) {
    unsafe {
        swap(&mut *vm, MAIN);
        loop {
            let id = choose(&mut *vm);
            (*vm).threads.long_slices = 0;
            if (*vm).signals.is_up(Signals::SLICE) {
                // It was for the one before.
                (*vm).signals.lower(Signals::SLICE);
            }
            let Some(fiber) = swap(&mut *vm, id) else {
                return;
            };
            // The thread may start others, but its own place stays: it is boxed.
            let ended = (*fiber).resume(vm);
            swap(&mut *vm, id);
            if ended {
                retire(&mut *vm, id);
            }
        }
    }
}

/// Lets the machine be in a thread's state, or takes that from it. Returns the thread's fiber.
fn swap(vm: &mut Vm, id: usize) -> Option<*mut Fiber> {
    let mut thread = vm.threads.all[id].take().expect("a thread that has not ended");
    exchange(vm, &mut thread.own);
    vm.threads.current = id;
    let fiber = thread.fiber.as_mut().map(std::ptr::from_mut);
    vm.threads.all[id] = Some(thread);
    fiber
}

fn retire(vm: &mut Vm, id: usize) {
    let threads = &mut vm.threads;
    let mut thread = threads.all[id].take().expect("the thread that ran");
    threads.live -= 1;
    threads.free.push(id);
    if let Some(fiber) = thread.fiber.take()
        && threads.spare.len() < SPARE
    {
        threads.spare.push(fiber.into_stacks());
    }
    // Its number may be given to another while nobody runs.
    threads.current = MAIN;
    let key = Key::of_value(thread.handle);
    while threads.wake_one(key) {}
    if threads.alone()
        && let Some(ticker) = &threads.ticker
    {
        ticker.need(false);
    }
}

// ---- beginning

/// A thread that is not ready yet; None if there is no room for one.
pub fn make(vm: &mut Vm, entry: [Value; 4], handle: Value) -> Option<usize> {
    let stacks = vm.threads.spare.pop().or_else(Stacks::new)?;
    if vm.threads.ticker.is_none() {
        vm.threads.ticker = Some(Ticker::start(vm.signals(), vm.clock.is_virtual()).ok()?);
    }
    if let Some(ticker) = &vm.threads.ticker {
        ticker.need(true);
    }
    let (fiber, own) = Fiber::new(stacks, main);
    let mut thread = Thread::new(own, entry, handle);
    thread.fiber = Some(fiber);
    let threads = &mut vm.threads;
    threads.live += 1;
    let id = threads.free.pop().unwrap_or(threads.all.len());
    if id == threads.all.len() {
        threads.all.push(None);
    }
    threads.all[id] = Some(Box::new(thread));
    Some(id)
}

/// The fiber of the current thread has been entered.
pub fn entered(vm: &mut Vm, exit: *const Exit) {
    let id = vm.threads.current;
    let fiber = vm.threads.get(id).fiber.as_mut().expect("a thread with a fiber");
    fiber.set_exit(exit);
}

/// What a thread does.
unsafe fn main(vm: *mut Vm) {
    let cx = Cx::of(unsafe { &mut *vm });
    let threads = &mut cx.vm_mut().threads;
    let id = threads.current;
    let [function, args @ ..] = threads.get(id).entry;
    // The function of the prelude says what its callee raised; what it raises itself has nobody
    // to be told to.
    if cx.call(function, &args).is_err() {
        cx.take_exception();
    }
}

// ---- choosing

/// The thread to run next. Waits until there is one; nobody runs meanwhile.
fn choose(vm: &mut Vm) -> usize {
    loop {
        look_outside(vm);
        let threads = &mut vm.threads;
        let awake_ran = std::mem::take(&mut threads.awake_ran);
        let next = match awake_ran {
            true => threads.next_tired().or_else(|| threads.next_awake()),
            false => threads.next_awake().or_else(|| threads.next_tired()),
        };
        match next {
            Some(id) => return id,
            None => rest(vm),
        }
    }
}

impl Threads {
    fn next_awake(&mut self) -> Option<usize> {
        let id = self.awake.pop_front()?;
        self.awake_ran = true;
        Some(id)
    }

    fn next_tired(&mut self) -> Option<usize> {
        if self.main_is_tired && (self.current != MAIN || self.tired.is_empty()) {
            self.main_is_tired = false;
            return Some(MAIN);
        }
        self.tired.pop_front()
    }
}

/// Opens the mail, and wakes those whose time has come.
pub fn look_outside(vm: &mut Vm) {
    if vm.threads.mailbox.is_full() {
        for letter in vm.threads.mailbox.take() {
            letter(vm);
        }
    }
    if let Some(first) = vm.threads.alarms.first() {
        let now = vm.clock.now();
        if first.when <= now {
            ring(vm, now);
        }
    }
}

fn ring(vm: &mut Vm, now: f64) {
    while vm.threads.alarms.first().is_some_and(|alarm| alarm.when <= now) {
        let alarm = vm.threads.alarms.pop().expect("the first one");
        vm.threads.make_ready(alarm.thread, alarm.wait, Woke::Late);
    }
}

/// A signal has come: the main thread is to hear of it, once.
fn tell_main(vm: &mut Vm) {
    let interrupts = vm.signals.all_interrupts();
    if interrupts != vm.threads.told || vm.signals.is_up(Signals::QUIT) {
        vm.threads.told = interrupts;
        vm.threads.wake_main(Woke::Interrupted);
    }
}

/// Waits until something happens, with no thread ready.
fn rest(vm: &mut Vm) {
    if vm.signals.is_up(FOR_MAIN) {
        tell_main(vm);
        if !vm.threads.awake.is_empty() {
            return;
        }
    }
    // Alarms of those who went on by themselves are of no use.
    while let Some(alarm) = vm.threads.alarms.first() {
        let waits = vm.threads.all.get(alarm.thread).and_then(Option::as_ref);
        if waits.is_some_and(|thread| thread.parked.is_some() && thread.wait == alarm.wait) {
            break;
        }
        vm.threads.alarms.pop();
    }
    let first = vm.threads.alarms.first().map(|alarm| alarm.when);
    if vm.threads.outside == 0 && !vm.threads.sources.is_empty() && vm.clock.is_virtual() {
        // What is on its way inside this machine arrives at once.
        for patience in [Duration::ZERO, Duration::from_millis(1)] {
            vm.threads.watch_anew();
            if let Ok(poller) = vm.threads.poller() {
                let _ = poller.wait(Some(patience));
                vm.threads.tell_ready();
            }
            if !vm.threads.awake.is_empty() {
                return;
            }
        }
        if let Some(when) = first {
            vm.clock.advance_to(when);
            return;
        }
    }
    if vm.threads.outside == 0 && vm.threads.sources.is_empty() {
        match first {
            None if !vm.threads.listens => {
                vm.threads.wake_main(Woke::Stuck);
                return;
            }
            Some(when) if vm.clock.is_virtual() => {
                vm.clock.advance_to(when);
                return;
            }
            _ => {}
        }
    }
    let left = match first {
        Some(when) if !vm.clock.is_virtual() => Some(seconds((when - vm.clock.now()).min(LONGEST))),
        _ => None,
    };
    if let Some(ticker) = &vm.threads.ticker {
        ticker.need(false);
    }
    sleep(vm, left);
    if !vm.threads.alone()
        && let Some(ticker) = &vm.threads.ticker
    {
        ticker.need(true);
    }
}

/// A time that is over is no time.
fn seconds(time: f64) -> Duration {
    Duration::try_from_secs_f64(time).unwrap_or_default()
}

fn sleep(vm: &mut Vm, left: Option<Duration>) {
    const FINE: Duration = Duration::from_millis(1);
    let only_time = vm.threads.outside == 0 && vm.threads.sources.is_empty();
    if only_time && let Some(left) = left.filter(|&left| left < FINE) {
        // The poller knows milliseconds only.
        system::sleep(left);
        return;
    }
    if vm.threads.poller().is_err() {
        // Without descriptors nothing can wake us but time.
        system::sleep(left.unwrap_or(FINE).min(FINE));
        return;
    }
    let mailbox = &vm.threads.mailbox;
    if mailbox.is_full() || vm.signals.is_up(FOR_MAIN) {
        // It came before the poller did.
        let told = vm.threads.told;
        if mailbox.is_full() || vm.signals.all_interrupts() != told {
            return;
        }
    }
    let whole = left.map(|left| match only_time {
        true => Duration::from_millis(left.as_millis() as u64),
        false => left,
    });
    vm.threads.watch_anew();
    if let Ok(poller) = vm.threads.poller() {
        // Why it ended is seen by what has changed.
        let _ = poller.wait(whole);
        vm.threads.tell_ready();
    }
}
