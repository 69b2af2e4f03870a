//! The module `_signal`: what becomes of signals. Who handles which is known to
//! `stdlib/signal.sloop`; the machine calls it at a safepoint of the main thread.

use super::error::{io_error, os_error};
use super::float::float_arg;
use super::{add_functions, function};
use crate::gc::{Gc, Signals};
use crate::value::{Dict, Value};
use crate::vm::process::{Disposition, Process};
use crate::vm::system;
use crate::vm::threads::{Side, Woke};
use crate::vm::{Args, Cx, Def, Flow, Stop};

const DISPOSITIONS: [Disposition; 4] =
    [Disposition::Own, Disposition::Default, Disposition::Ignored, Disposition::Handled];

static FUNCTIONS: &[Def] = &[
    function("_dispose(signum, what, /)", "Says what becomes of a signal.", |cx, args| {
        let what = cx.index_i64(cx.arg(args, 1).value())?;
        let signal = signal(cx, args, 0)?;
        let what = DISPOSITIONS[what as usize & 3];
        match (process(cx)?.dispose)(signal, what) {
            Ok(listens) => {
                cx.listen(listens);
                cx.serve_signals()?;
                Ok(Value::NONE)
            }
            Err(error) => Err(io_error(cx, &error, None)),
        }
    }),
    function("_disposition(signum, /)", "What becomes of a signal.", |cx, args| {
        let signal = signal(cx, args, 0)?;
        let Some(process) = cx.vm().process else { return Ok(Value::int(0)) };
        match (process.disposition)(signal) {
            Ok(found) => {
                let place = DISPOSITIONS.iter().position(|&what| what == found).unwrap_or(0);
                Ok(Value::int(place as i64))
            }
            Err(error) => Err(io_error(cx, &error, None)),
        }
    }),
    function("_call(server, /)", "Who calls handlers.", |cx, args| {
        cx.vm_mut().on_signal = cx.arg(args, 0).value();
        Ok(Value::NONE)
    }),
    function("_next()", "A signal that has come for a handler, or 0.", |cx, _| {
        Ok(Value::int((process(cx)?.take)().into()))
    }),
    function("_again()", "Those that have come since are not forgotten.", |cx, _| {
        if (process(cx)?.pending)() {
            cx.vm().signals().raise(Signals::HANDLE);
        }
        Ok(Value::NONE)
    }),
    function("_wakeup(fd, /)", "Where numbers of signals are written.", |cx, args| {
        let fd = cx.index_i64(cx.arg(args, 0).value())?;
        Ok(Value::int((process(cx)?.wakeup)(fd as i32).into()))
    }),
    function("raise_signal(signalnum, /)", "Send a signal to this process.", |cx, args| {
        let signal = cx.index_i64(cx.arg(args, 0).value())?;
        match system::raise_signal(signal as i32) {
            Ok(()) => {
                cx.serve_signals()?;
                Ok(Value::NONE)
            }
            Err(error) => Err(io_error(cx, &error, None)),
        }
    }),
    function("strsignal(signalnum, /)", "What a signal is called.", |cx, args| {
        let signal = signal(cx, args, 0)?;
        Ok(system::signal_text(signal).map_or(Value::NONE, |text| cx.str_value(&text)))
    }),
    function("alarm(seconds, /)", "Has SIGALRM sent after that time; 0: not.", |cx, args| {
        let seconds = cx.index_i64(cx.arg(args, 0).value())?;
        Ok(Value::int(system::alarm(seconds as u32).into()))
    }),
    function(
        "_timer(which, seconds, interval, set, /)",
        "Sets a timer that sends a signal. What was left of the one before, and its interval.",
        timer,
    ),
    function("pause()", "Waits for a signal.", |cx, _| {
        cx.expect_mail();
        let mut result = Ok(());
        while result.is_ok() && cx.park(None, None, Value::NONE) != Woke::Interrupted {}
        cx.expect_no_mail();
        if result.is_ok() {
            result = cx.serve_signals();
        }
        result.map(|()| Value::NONE)
    }),
    function("_mask(how, signals, /)", "Which signals wait; those before.", |cx, args| {
        let how = cx.index_i64(cx.arg(args, 0).value())?;
        let signals = numbers(cx, args, 1)?;
        match system::mask_signals(how as i32, &signals) {
            Ok(before) => {
                cx.serve_signals()?;
                Ok(tuple(cx, &before))
            }
            Err(error) => Err(io_error(cx, &error, None)),
        }
    }),
    function("_pending()", "Which signals wait.", |cx, _| {
        Ok(tuple(cx, &system::signals_that_wait()))
    }),
    function("_wait(signals, timeout, /)", "Waits for one of the signals, which are masked.", wait),
];

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, dict, FUNCTIONS, "_signal");
    Ok(())
}

/// Signals go to one machine of a process, and are its main thread's affair.
fn process(cx: &Cx) -> Result<Process, Stop> {
    match cx.vm().process {
        Some(process) if cx.is_main_thread() => Ok(process),
        _ => {
            let text = "signal only works in main thread of the main interpreter";
            Err(cx.value_error(text))
        }
    }
}

fn signal(cx: &mut Cx, args: Args, i: usize) -> Result<i32, Stop> {
    match cx.index_i64(cx.arg(args, i).value())? {
        signal @ 1..=64 => Ok(signal as i32),
        _ => Err(cx.value_error("signal number out of range")),
    }
}

fn tuple(cx: &Cx, signals: &[i32]) -> Value {
    let numbers: Vec<Value> = signals.iter().map(|&signal| Value::int(signal.into())).collect();
    Value::object(cx.tuple(&numbers))
}

fn numbers(cx: &mut Cx, args: Args, i: usize) -> Result<Vec<i32>, Stop> {
    let given = cx.arg(args, i).value();
    let mut out = Vec::new();
    for item in cx.plain_items(given).unwrap_or_default() {
        match cx.index_i64(item)? {
            signal @ 1..=64 => out.push(signal as i32),
            other => {
                let text = format!("signal number {other} out of range [1; 64]");
                return Err(cx.value_error(&text));
            }
        }
    }
    Ok(out)
}

fn timer(cx: &mut Cx, args: Args) -> Flow {
    let which = cx.index_i64(cx.arg(args, 0).value())?;
    let (seconds, interval) = (cx.arg(args, 1).value(), cx.arg(args, 2).value());
    let times = [float_arg(cx, seconds)?, float_arg(cx, interval)?];
    let set = cx.arg(args, 3).value() == Value::TRUE;
    match system::timer(which as i32, set.then_some(times)) {
        Ok(before) => Ok(Value::object(cx.tuple(&before.map(Value::float)))),
        Err(error) => Err(io_error(cx, &error, None)),
    }
}

/// A descriptor tells of them, so that others can run meanwhile.
fn wait(cx: &mut Cx, args: Args) -> Flow {
    let signals = numbers(cx, args, 0)?;
    let timeout = cx.arg(args, 1).value();
    let until =
        if timeout.is_none() { None } else { Some(cx.now() + float_arg(cx, timeout)?.max(0.0)) };
    let fd = system::signals_descriptor(&signals).map_err(|error| io_error(cx, &error, None))?;
    let result = wait_at(cx, fd, until);
    let _ = system::close(fd);
    result
}

fn wait_at(cx: &mut Cx, fd: i32, until: Option<f64>) -> Flow {
    loop {
        match system::read_signal(fd) {
            Ok([signal, code, pid, uid]) => {
                let found = [signal, code, pid, uid].map(|number| Value::int(number.into()));
                return Ok(Value::object(cx.tuple(&found)));
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(io_error(cx, &error, None)),
        }
        match cx.wait_for_fd(fd, Side::Reads, until) {
            Ok(Woke::Called) => {}
            Ok(Woke::Late) => return Ok(Value::NONE),
            Ok(Woke::Interrupted) => cx.serve_signals()?,
            Ok(Woke::Stuck) => return Err(os_error(cx, libc::EDEADLK, None)),
            Err(error) => return Err(io_error(cx, &error, None)),
        }
    }
}
