//! Ctrl-C: SIGINT asks the machine for a safepoint, where it becomes KeyboardInterrupt. Ctrl-\\:
//! SIGQUIT asks for one, where it is told what the tasks do.
//!
//! A handler can reach nothing but a global: the process has one machine that signals go to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, Ordering};
use std::time::Duration;

use crate::gc::Signals;
use crate::vm::threads::Mailbox;

/// The machine that signals go to: its flags, and what ends its waits.
struct Target {
    signals: Arc<Signals>,
    mailbox: Mailbox,
}

static TARGET: AtomicPtr<Target> = AtomicPtr::new(std::ptr::null_mut());

extern "C" fn hear(signal: libc::c_int) {
    let target = TARGET.load(Ordering::Relaxed);
    if !target.is_null() {
        let flag = if signal == libc::SIGQUIT { Signals::QUIT } else { Signals::INTERRUPT };
        // SAFETY: `install` leaked it, so it lives as long as the process. Raising is two atomic
        // stores, ringing a `write` at most, which keeps `errno`.
        unsafe {
            let errno = *libc::__errno_location();
            (*target).signals.raise(flag);
            (*target).mailbox.ring();
            *libc::__errno_location() = errno;
        }
    }
}

const HEARD: [libc::c_int; 2] = [libc::SIGINT, libc::SIGQUIT];

/// Sends signals to this machine from now on. Calls that wait are interrupted, not restarted.
pub fn install(signals: Arc<Signals>, mailbox: Mailbox) {
    let target = Box::new(Target { signals, mailbox });
    TARGET.store(Box::into_raw(target), Ordering::Relaxed);
    // SAFETY: a handler that does only what a handler may.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = hear as extern "C" fn(libc::c_int) as usize;
        libc::sigemptyset(&mut action.sa_mask);
        for signal in HEARD {
            libc::sigaction(signal, &action, std::ptr::null_mut());
        }
    }
}

/// Keeps signals away from this thread, or lets them in: they must reach the thread that waits.
pub fn mask(block: bool) {
    // SAFETY: valid sets for the calls.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        for signal in HEARD {
            libc::sigaddset(&mut set, signal);
        }
        let how = if block { libc::SIG_BLOCK } else { libc::SIG_UNBLOCK };
        libc::pthread_sigmask(how, &set, std::ptr::null_mut());
    }
}

/// Does the process have to end soon?
static IN_A_HURRY: AtomicBool = AtomicBool::new(false);
/// So long it may take to end by itself.
const GRACE: Duration = Duration::from_millis(120);

/// Somebody has pressed Ctrl-C again: unless it is called off in time, the process ends, whatever
/// the program does.
pub fn hurry(on: bool) {
    if IN_A_HURRY.swap(on, Ordering::SeqCst) == on || !on {
        return;
    }
    let guard = || {
        mask(true);
        std::thread::sleep(GRACE);
        if IN_A_HURRY.load(Ordering::SeqCst) {
            die();
        }
    };
    if std::thread::Builder::new().name("sloop-guard".into()).spawn(guard).is_err() {
        die();
    }
}

/// Ends the process the way an uninterested program ends: a shell sees that it was Ctrl-C.
pub fn die() -> ! {
    // SAFETY: restores the default and raises.
    unsafe {
        libc::signal(libc::SIGINT, libc::SIG_DFL);
        mask(false);
        libc::raise(libc::SIGINT);
    }
    std::process::exit(130)
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
