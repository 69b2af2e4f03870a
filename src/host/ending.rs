//! How a program ends: what an uncaught exception says, what is still to be done, and the status.

use std::cell::RefCell;

use super::config::{Config, Script};
use super::run::complain;
use super::signals::{self, Cause};
use super::uncaught;
use crate::native::{asyncio, display, error, io, opened, sys, witness};
use crate::value::{Exception, Module, T, Value};
use crate::vm::{Cx, Flow, Stop};

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Status(i32),
    /// By a signal, as an uncaught KeyboardInterrupt does.
    Signal(i32),
}

/// An exception that nobody caught.
const UNCAUGHT: Exit = Exit::Status(1);
/// Nothing could run any more.
const STUCK: i32 = 3;
/// What a strict run ends with if a task has failed and nobody asked.
const FAILED_UNHEARD: i32 = 70;
/// Standard output could not be written.
const UNWRITTEN: i32 = 120;

/// How this run wants to be told of things.
pub struct Manner(pub RefCell<Config>);

impl Default for Manner {
    fn default() -> Manner {
        Manner(RefCell::new(Config::plain(Script::Input)))
    }
}

/// Shows an uncaught exception, writes out what is buffered, and says how to end.
pub fn finish(cx: &mut Cx, outcome: Flow, config: &Config) -> Exit {
    let exit = report(cx, outcome, false);
    close(cx, exit, config, true)
}

/// What remains to be done when the program's own code has ended; the objects are finalised
/// unless somebody would not end.
pub fn close(cx: &mut Cx, mut exit: Exit, config: &Config, finalise: bool) -> Exit {
    if last_calls(cx, finalise).is_err() {
        exit = weightier(exit, uncaught_one(cx, false));
    }
    if let Some(text) = asyncio::unheard(cx) {
        let _ = io::finish(cx);
        sys::write_error(cx, text.as_bytes());
        if config.strict && exit == Exit::Status(0) {
            exit = Exit::Status(FAILED_UNHEARD);
        }
    }
    if let Some(witness) = witness::witness(cx)
        && cx.module_named("asyncio").is_some()
    {
        witness.tell("loop", &[]);
    }
    if io::has_lost_output(cx) {
        let text = "sloop: standard output was closed: what the program has printed is lost\n";
        sys::write_error(cx, text.as_bytes());
    }
    if let Err(problem) = io::finish(cx) {
        let number = problem.raw_os_error().unwrap_or(libc::EIO);
        if number == libc::EPIPE {
            say_closed_pipe(cx);
        } else {
            let text = format!(
                "Exception ignored in: <_io.TextIOWrapper name='<stdout>' mode='w' \
                 encoding='utf-8'>\nOSError: [Errno {number}] {}\n",
                error::strerror(number)
            );
            sys::write_error(cx, text.as_bytes());
        }
        if exit == Exit::Status(0) {
            exit = Exit::Status(UNWRITTEN);
        }
    }
    if asyncio::was_stuck(cx) && exit == UNCAUGHT {
        exit = Exit::Status(STUCK);
    }
    match (signals::cause(), config.timeout) {
        (Cause::TimeIsUp, Some(time)) => {
            signals::tell_time_is_up(time);
            Exit::Status(signals::TIMED_OUT)
        }
        _ => exit,
    }
}

/// Of two reasons to end, the one that a caller has to know.
fn weightier(a: Exit, b: Exit) -> Exit {
    let weight = |exit: Exit| match exit {
        Exit::Signal(_) => 3,
        Exit::Status(STUCK) => 2,
        Exit::Status(0) => 0,
        Exit::Status(_) => 1,
    };
    if weight(b) > weight(a) { b } else { a }
}

/// What `atexit` was asked for, then the finalisers of all objects.
fn last_calls(cx: &mut Cx, finalise: bool) -> Result<(), Stop> {
    // The program's threads end before it does.
    if let Some(threading) = cx.module_named("threading") {
        let wait = cx.intern("_shutdown");
        let wait = cx.get_attribute(threading, wait)?;
        cx.call(wait, &[])?;
    }
    if let Some(atexit) = cx.module_named("atexit") {
        let run = cx.intern("_run_exitfuncs");
        let run = cx.get_attribute(atexit, run)?;
        cx.call(run, &[])?;
    }
    if finalise {
        cx.finalise_all()?;
    }
    opened::report(cx)
}

/// Shows what nobody caught. Where the prompt `goes_on`, SystemExit is shown like others.
pub fn report(cx: &mut Cx, outcome: Flow, goes_on: bool) -> Exit {
    match outcome {
        Ok(_) => Exit::Status(0),
        Err(_) => uncaught_one(cx, goes_on),
    }
}

/// What an exception that nobody caught does to the process.
fn uncaught_one(cx: &mut Cx, goes_on: bool) -> Exit {
    let exception = cx.take_exception();
    cx.root(exception);
    witness::raised(cx, exception);
    if cx.isinstance(exception, T::SystemExit) && !goes_on {
        return system_exit(cx, exception);
    }
    // What the program has printed comes before the traceback, as it happened.
    let unwritten = io::finish(cx).is_err() || io::is_broken(cx);
    let interrupted = cx.isinstance(exception, T::KeyboardInterrupt);
    if interrupted && signals::cause() == Cause::Terminated {
        return Exit::Signal(signals::signal_of_death());
    }
    if unwritten && cx.isinstance(exception, T::BrokenPipeError) {
        say_closed_pipe(cx);
        return UNCAUGHT;
    }
    if interrupted
        && signals::cause() == Cause::TimeIsUp
        && let Some(time) = cx.state::<Manner>().0.borrow().timeout
    {
        signals::tell_time_is_up(time);
    }
    show(cx, exception);
    if !interrupted {
        return UNCAUGHT;
    }
    if !goes_on && cx.module_named("asyncio").is_some() {
        signals::hurry_out();
    }
    Exit::Signal(libc::SIGINT)
}

/// Shows an exception to people, or to the hook that the program has put in the way.
pub fn show(cx: &mut Cx, exception: Value) {
    if !by_hook(cx, exception) {
        let config = cx.state::<Manner>().0.borrow().clone();
        let text = uncaught::text(cx, exception, &config);
        sys::write_error(cx, &text);
    }
}

/// Whoever reads from the pipe has seen enough: a traceback would tell nothing.
fn say_closed_pipe(cx: &Cx) {
    let text = "sloop: nobody reads standard output any more\n\
                BrokenPipeError: [Errno 32] Broken pipe\n";
    sys::write_error(cx, text.as_bytes());
}

/// The time is up, and the program goes on: what it has printed is all that is left of it.
pub fn last_words(cx: &Cx) {
    let _ = io::finish(cx);
    if let Some(time) = cx.state::<Manner>().0.borrow().timeout {
        signals::tell_time_is_up(time);
    }
    super::terminal::restore();
    std::process::exit(signals::TIMED_OUT)
}

/// What `SystemExit` asks for.
pub fn system_exit(cx: &mut Cx, exception: Value) -> Exit {
    let code = cx.intern("code");
    let code = cx.get_attribute(exception, code).unwrap_or(Value::NONE);
    if code.is_none() {
        return Exit::Status(0);
    }
    if cx.isinstance(code, T::Int) {
        let value = match cx.integer(code) {
            Some(crate::plain::int::Int::Small(i)) => i as i32,
            _ => -1,
        };
        return Exit::Status(value & 0xFF);
    }
    let _ = io::finish(cx);
    let mut text = display::str_of(cx, code).unwrap_or_default();
    text.push(b'\n');
    sys::write_error(cx, &text);
    UNCAUGHT
}

/// Calls a `sys.excepthook` that the program has put there. True if it took care.
fn by_hook(cx: &mut Cx, exception: Value) -> bool {
    let name = cx.intern("excepthook");
    let hook = cx
        .module_named("sys")
        .and_then(|sys| sys.cast::<Module>())
        .and_then(|sys| sys.dict.get_str(cx, name));
    let elsewhere = sys::replaced_stderr(cx).is_some();
    let Some(hook) = hook.filter(|&hook| elsewhere || !sys::is_own_hook(hook)) else {
        return false;
    };
    let class = Value::object(cx.class_of(exception));
    let trace = cx.traceback(exception);
    if cx.call(hook, &[class, exception, trace]).is_ok() {
        return true;
    }
    let second = cx.take_exception();
    if !second.is::<Exception>() {
        return false;
    }
    let mut text = b"Error in sys.excepthook:\n".to_vec();
    text.extend(uncaught::plain(cx, second));
    text.extend_from_slice(b"\nOriginal exception was:\n");
    complain(&String::from_utf8_lossy(&text));
    false
}
