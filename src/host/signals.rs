//! What ends a program from outside: Ctrl-C, SIGTERM, SIGHUP (a terminal that was closed), and the
//! end of the time it was given. All ask the machine for a safepoint, where they become KeyboardInterrupt. Ctrl-\\: SIGQUIT asks for
//! one, where it is told what the tasks do.
//!
//! A handler can reach nothing but a global: the process has one machine that signals go to.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use super::run::complain;
use super::terminal;
use crate::gc::Signals;
use crate::vm::process::{Disposition, Process};
use crate::vm::threads::Mailbox;

/// The machine that signals go to: its flags, and what ends its waits.
struct Target {
    signals: Arc<Signals>,
    mailbox: Mailbox,
}

static TARGET: AtomicPtr<Target> = AtomicPtr::new(std::ptr::null_mut());

/// Why the program has to end: 0 for no other reason than Ctrl-C, a signal, or `TIME_IS_UP`.
static CAUSE: AtomicI32 = AtomicI32::new(0);
const TIME_IS_UP: i32 = -1;

/// What ended, or ends, the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    CtrlC,
    Terminated,
    TimeIsUp,
}

pub fn cause() -> Cause {
    match CAUSE.load(Ordering::SeqCst) {
        TIME_IS_UP => Cause::TimeIsUp,
        0 => Cause::CtrlC,
        _ => Cause::Terminated,
    }
}

/// Signals that the program has handlers for, a bit each; …
static HANDLED: AtomicU64 = AtomicU64::new(0);
/// … those of them that have come, and are not served yet; …
static PENDING: AtomicU64 = AtomicU64::new(0);
/// … where their numbers are written as they come, or -1.
static WAKEUP: AtomicI32 = AtomicI32::new(-1);

fn bit(signal: libc::c_int) -> u64 {
    1 << ((signal - 1) as u64 & 63)
}

extern "C" fn hear(signal: libc::c_int) {
    if HANDLED.load(Ordering::SeqCst) & bit(signal) != 0 {
        PENDING.fetch_or(bit(signal), Ordering::SeqCst);
        let fd = WAKEUP.load(Ordering::SeqCst);
        if fd >= 0 {
            let number = signal as u8;
            // SAFETY: a plain call; who listens there has seen to it that it does not wait.
            unsafe {
                let errno = *libc::__errno_location();
                libc::write(fd, (&raw const number).cast(), 1);
                *libc::__errno_location() = errno;
            }
        }
        raise(Signals::HANDLE);
        return;
    }
    if signal == libc::SIGINT {
        PRESSED.fetch_add(1, Ordering::SeqCst);
    }
    if signal == libc::SIGTERM || signal == libc::SIGHUP {
        match CAUSE.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => {
                ASKED.store(milliseconds(), Ordering::SeqCst);
                remind();
            }
            // It was asked before, and goes on.
            Err(_) if milliseconds() - ASKED.load(Ordering::SeqCst) >= ECHO => end_by(signal),
            Err(_) => return,
        }
    }
    raise(if signal == libc::SIGQUIT { Signals::QUIT } else { Signals::INTERRUPT });
}

/// The alarm clock that sends SIGTERM, once `install` has made it.
static CLOCK: AtomicPtr<libc::c_void> = AtomicPtr::new(std::ptr::null_mut());
/// What a program may take to clean up when it was asked to end: those that catch everything
/// and go on would never.
const CLEAN_UP: libc::time_t = 5;

/// When it was asked to, …
static ASKED: AtomicU64 = AtomicU64::new(0);
/// … and for how many milliseconds it may hear the same again: `timeout` and shells that close send
/// a signal to a process and to its group.
const ECHO: u64 = 500;

/// A clock that a handler may read.
fn milliseconds() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: valid for the call.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now) };
    now.tv_sec as u64 * 1000 + now.tv_nsec as u64 / 1_000_000
}

/// Makes the alarm clock, which does not ring.
fn make_clock() {
    let mut clock: libc::timer_t = std::ptr::null_mut();
    // SAFETY: all fields are integers, or may be empty; valid for the calls.
    let made = unsafe {
        let mut event: libc::sigevent = std::mem::zeroed();
        event.sigev_notify = libc::SIGEV_SIGNAL;
        event.sigev_signo = libc::SIGTERM;
        libc::timer_create(libc::CLOCK_MONOTONIC, &mut event, &mut clock) == 0
    };
    if made {
        // The first clock of a process is number 0.
        CLOCK.store(clock.wrapping_byte_add(1), Ordering::SeqCst);
    }
}

/// Has another SIGTERM come in some seconds. A handler may do this.
fn remind() {
    let clock = CLOCK.load(Ordering::SeqCst);
    if clock.is_null() {
        return;
    }
    // SAFETY: all fields are integers; the clock is there as long as the process.
    unsafe {
        let mut time: libc::itimerspec = std::mem::zeroed();
        time.it_value.tv_sec = CLEAN_UP;
        libc::timer_settime(clock.wrapping_byte_sub(1), 0, &time, std::ptr::null_mut());
    }
}

/// Ends the process by a signal, at once. A handler may do this.
fn end_by(signal: libc::c_int) {
    // SAFETY: restores the default and raises, which takes effect when the handler returns, or now.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
    }
}

fn raise(flag: u32) {
    let target = TARGET.load(Ordering::SeqCst);
    if !target.is_null() {
        // SAFETY: `install` leaked it, so it lives as long as the process. Raising is a few atomic
        // stores, ringing a `write` at most, which keeps `errno`.
        unsafe {
            let errno = *libc::__errno_location();
            (*target).signals.raise(flag);
            (*target).mailbox.ring();
            *libc::__errno_location() = errno;
        }
    }
}

/// Ends calls that wait, and raises what Ctrl-C raises: for threads of this program alone.
fn nudge() -> libc::c_int {
    libc::SIGRTMAX() - 1
}

fn heard() -> [libc::c_int; 5] {
    [libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGHUP, nudge()]
}

/// Sends signals to this machine from now on. Calls that wait are interrupted, not restarted. What
/// whoever started the process wants ignored (`nohup`, a shell's background jobs) stays so.
pub fn install(signals: Arc<Signals>, mailbox: Mailbox) {
    let target = Box::new(Target { signals, mailbox });
    TARGET.store(Box::into_raw(target), Ordering::SeqCst);
    make_clock();
    for signal in heard() {
        if !matches!(disposition(signal), Ok(Disposition::Ignored)) {
            // SAFETY: a handler that does only what a handler may.
            unsafe { set(signal, listener()) };
        }
    }
    for (fault, before) in &FAULTS {
        // SAFETY: all fields are integers, or may be empty; valid for the calls.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            if libc::sigaction(*fault, std::ptr::null(), &mut action) == 0
                && ![libc::SIG_DFL, libc::SIG_IGN].contains(&action.sa_sigaction)
            {
                before.store(action.sa_sigaction, Ordering::SeqCst);
                action.sa_sigaction = faulty as Faulty as usize;
                libc::sigaction(*fault, &action, std::ptr::null_mut());
            }
        }
    }
}

type Faulty = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);

/// Faults that Rust's library hears of first, to tell of a native stack that is full, and its handlers.
static FAULTS: [(libc::c_int, AtomicUsize); 2] =
    [(libc::SIGSEGV, AtomicUsize::new(0)), (libc::SIGBUS, AtomicUsize::new(0))];

/// A fault that somebody has only sent happens once: Rust's handler would wait for the next one. The
/// process ends of it.
extern "C" fn faulty(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let before = FAULTS.iter().find(|(fault, _)| *fault == signal);
    let before = before.map_or(0, |(_, before)| before.load(Ordering::SeqCst));
    // SAFETY: the system fills `info`; what is called was the handler, with the same flags.
    unsafe {
        if (*info).si_code > 0 && before != 0 {
            std::mem::transmute::<usize, Faulty>(before)(signal, info, context);
        } else {
            libc::signal(signal, libc::SIG_DFL);
            libc::raise(signal);
        }
    }
}

fn listener() -> libc::sighandler_t {
    hear as extern "C" fn(libc::c_int) as usize
}

/// The handler must do only what a handler may.
unsafe fn set(signal: libc::c_int, handler: libc::sighandler_t) -> bool {
    // SAFETY: all fields are integers, or may be empty; valid for the calls.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        libc::sigemptyset(&mut action.sa_mask);
        libc::sigaction(signal, &action, std::ptr::null_mut()) == 0
    }
}

// ---- signals that the program handles itself

/// What the machine that signals go to may ask for.
pub const PROCESS: Process = Process {
    dispose,
    disposition,
    take,
    pending,
    pretend,
    wakeup: |fd| WAKEUP.swap(fd, Ordering::SeqCst),
};

fn dispose(signal: i32, what: Disposition) -> io::Result<bool> {
    if signal == nudge() {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    }
    let handler = match what {
        Disposition::Handled => listener(),
        Disposition::Own if heard().contains(&signal) => listener(),
        Disposition::Own | Disposition::Default => libc::SIG_DFL,
        Disposition::Ignored => libc::SIG_IGN,
    };
    match what {
        Disposition::Handled => HANDLED.fetch_or(bit(signal), Ordering::SeqCst),
        _ => HANDLED.fetch_and(!bit(signal), Ordering::SeqCst),
    };
    // SAFETY: a handler that does only what a handler may.
    if !unsafe { set(signal, handler) } {
        let error = io::Error::last_os_error();
        HANDLED.fetch_and(!bit(signal), Ordering::SeqCst);
        return Err(error);
    }
    Ok(HANDLED.load(Ordering::SeqCst) != 0)
}

fn disposition(signal: i32) -> io::Result<Disposition> {
    // SAFETY: all fields are integers, or may be empty; valid for the call.
    let action = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        if libc::sigaction(signal, std::ptr::null(), &mut action) != 0 {
            return Err(io::Error::last_os_error());
        }
        action.sa_sigaction
    };
    Ok(match action {
        libc::SIG_IGN => Disposition::Ignored,
        handler if handler != listener() => Disposition::Default,
        _ if HANDLED.load(Ordering::SeqCst) & bit(signal) != 0 => Disposition::Handled,
        _ => Disposition::Own,
    })
}

fn take() -> i32 {
    let pending = PENDING.load(Ordering::SeqCst);
    if pending == 0 {
        return 0;
    }
    let signal = pending.trailing_zeros() as i32 + 1;
    PENDING.fetch_and(!bit(signal), Ordering::SeqCst);
    signal
}

fn pending() -> bool {
    PENDING.load(Ordering::SeqCst) != 0
}

fn pretend(signal: i32) {
    let own = [libc::SIGINT, nudge()].contains(&signal);
    match disposition(signal) {
        Ok(Disposition::Handled) => hear(signal),
        Ok(Disposition::Own) if own => hear(signal),
        _ => {}
    }
}

/// Does what Ctrl-C does: for a prompt at which that is a key.
pub fn press() {
    interrupt();
}

/// Keeps signals away from this thread, or lets them in: they must reach the thread that waits.
pub fn mask(block: bool) {
    // SAFETY: valid sets for the calls.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        for signal in heard() {
            libc::sigaddset(&mut set, signal);
        }
        let how = if block { libc::SIG_BLOCK } else { libc::SIG_UNBLOCK };
        libc::pthread_sigmask(how, &set, std::ptr::null_mut());
    }
}

/// Does the process have to end soon?
static IN_A_HURRY: AtomicBool = AtomicBool::new(false);
/// Has Ctrl-C been pressed again, whatever has become of that?
static INSISTED: AtomicBool = AtomicBool::new(false);
/// How often Ctrl-C was pressed.
static PRESSED: AtomicUsize = AtomicUsize::new(0);
/// So often somebody looks whether it was pressed again.
const LOOKS_EVERY: Duration = Duration::from_millis(20);
/// So long it may take to end by itself.
const GRACE: Duration = Duration::from_millis(120);

/// Somebody has pressed Ctrl-C again: unless it is called off in time, the process ends, whatever
/// the program does.
pub fn hurry(on: bool) {
    INSISTED.fetch_or(on, Ordering::SeqCst);
    if IN_A_HURRY.swap(on, Ordering::SeqCst) == on || !on {
        return;
    }
    let guard = || {
        mask(true);
        std::thread::sleep(GRACE);
        if IN_A_HURRY.load(Ordering::SeqCst) {
            die(signal_of_death());
        }
    };
    if std::thread::Builder::new().name("sloop-guard".into()).spawn(guard).is_err() {
        die(signal_of_death());
    }
}

/// The program ends of Ctrl-C: its threads, and what is called last, do not keep it up for long once
/// somebody has pressed that again.
pub fn hurry_out() {
    if INSISTED.load(Ordering::SeqCst) {
        hurry(true);
        return;
    }
    let before = PRESSED.load(Ordering::SeqCst);
    let guard = move || {
        mask(true);
        while PRESSED.load(Ordering::SeqCst) == before {
            std::thread::sleep(LOOKS_EVERY);
        }
        std::thread::sleep(GRACE);
        die(signal_of_death());
    };
    if std::thread::Builder::new().name("sloop-guard".into()).spawn(guard).is_err() {
        complain("sloop: no thread to watch for Ctrl-C\n");
    }
}

/// The signal that a process ends by that was asked to end.
pub fn signal_of_death() -> libc::c_int {
    match CAUSE.load(Ordering::SeqCst) {
        0 | TIME_IS_UP => libc::SIGINT,
        signal => signal,
    }
}

/// Ends the process the way an uninterested program ends: a shell sees by which signal.
pub fn die(signal: libc::c_int) -> ! {
    terminal::restore();
    if cause() == Cause::TimeIsUp {
        std::process::exit(TIMED_OUT);
    }
    // SAFETY: restores the default and raises.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        mask(false);
        libc::raise(signal);
    }
    std::process::exit(128 + signal)
}

/// What a program ends with whose time is up.
pub const TIMED_OUT: i32 = 124;
/// What `finally` may take then.
const LAST_SECOND: Duration = Duration::from_secs(1);
/// How soon the machine writes out what it has, before it is not asked any more.
const LAST_WORDS: Duration = Duration::from_millis(150);

/// Lets the program run no longer than this, by the clock on the wall.
pub fn limit(time: Duration) {
    let guard = move || {
        mask(true);
        std::thread::sleep(time);
        CAUSE.store(TIME_IS_UP, Ordering::SeqCst);
        interrupt();
        std::thread::sleep(LAST_SECOND);
        raise(Signals::LAST);
        interrupt();
        std::thread::sleep(LAST_WORDS);
        tell_time_is_up(time);
        end_at_once(TIMED_OUT);
    };
    if std::thread::Builder::new().name("sloop-timeout".into()).spawn(guard).is_err() {
        complain("sloop: no thread to watch the time\n");
    }
}

fn interrupt() {
    // SAFETY: a signal to this process; if nobody listens yet, its default would end it.
    unsafe {
        if TARGET.load(Ordering::SeqCst).is_null() {
            return;
        }
        libc::kill(libc::getpid(), nudge());
    }
}

/// Ends the process without another word to anybody.
fn end_at_once(status: i32) -> ! {
    terminal::restore();
    // SAFETY: what `exit` would run is another thread's.
    unsafe { libc::_exit(status) }
}

static TOLD: AtomicBool = AtomicBool::new(false);

/// Says, once, that the time is up.
pub fn tell_time_is_up(time: Duration) {
    if !TOLD.swap(true, Ordering::SeqCst) {
        let seconds = time.as_secs_f64();
        let plural = if seconds == 1.0 { "" } else { "s" };
        complain(&format!("sloop: timed out after {seconds} second{plural}\n"));
    }
}

// ---- for those who run other processes

/// The signal that asks a runner to stop, once one has come.
static STOP: AtomicI32 = AtomicI32::new(0);

extern "C" fn note_stop(signal: libc::c_int) {
    STOP.store(signal, Ordering::Relaxed);
}

/// Signals that end a program are noted from now on, so that it can end its children first.
pub fn note_stops() {
    // SAFETY: a handler that does only what a handler may.
    unsafe {
        for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
            libc::signal(signal, note_stop as extern "C" fn(libc::c_int) as usize);
        }
    }
}

pub fn stop_wanted() -> bool {
    STOP.load(Ordering::Relaxed) != 0
}

/// Ends as the signal that was noted would have ended it.
pub fn stop_now() -> ! {
    let signal = STOP.load(Ordering::Relaxed);
    // SAFETY: restores the default and raises.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
    }
    std::process::exit(128 + signal)
}

/// Asks a process of ours what its tasks do.
pub fn ask(process: u32) {
    let Ok(process) = libc::pid_t::try_from(process) else { return };
    // SAFETY: sends a signal; a process that is gone is an error that does not matter.
    unsafe {
        libc::kill(process, libc::SIGQUIT);
    }
}

/// Ends a process and all that it has started, as far as they stayed in its group.
pub fn kill_group(leader: u32) {
    let Ok(group) = libc::pid_t::try_from(leader) else { return };
    // SAFETY: sends a signal; a group that is gone is an error that does not matter.
    unsafe {
        libc::kill(-group, libc::SIGKILL);
    }
}
