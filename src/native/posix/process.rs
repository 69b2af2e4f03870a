//! The process and others: waiting for children, taking another program's shape, groups, users,
//! limits. What programs know of it is `stdlib/_os_processes.sloop`.

use std::ffi::OsString;

use super::given::{Kinds, Spot, number_or, plain, spot};
use crate::native::child::texts;
use crate::native::error::os_error;
use crate::native::{function, io};
use crate::value::{T, Value};
use crate::vm::children::{self, Ask, Usage};
use crate::vm::threads::{Side, Woke};
use crate::vm::{Args, Cx, Def, Flow, Stop, system};

pub static FUNCTIONS: &[Def] = &[
    function(
        "_wait(pid, options, /)",
        "Waits until a child changes: its number, its status, what it has used.",
        |cx, args| {
            let pid = number(cx, args, 0)?;
            let options = number(cx, args, 1)?;
            let (found, status, usage) = until_some(
                cx,
                pid,
                options,
                |found: &(i32, i32, Usage)| found.0 != 0,
                |options| children::wait_now(pid, options),
            )?;
            let usage = usage_value(cx, &usage);
            let all = [Value::int(found.into()), Value::int(status.into()), usage];
            Ok(Value::object(cx.tuple(&all)))
        },
    ),
    function(
        "_wait_id(kind, id, options, /)",
        "Waits until a child changes: number, user, signal, status, why. None: none has.",
        |cx, args| {
            let (kind, id) = (number(cx, args, 0)?, number(cx, args, 1)?);
            let options = number(cx, args, 2)?;
            let pid = if kind == libc::P_PID as i32 { id } else { -1 };
            let found = until_some(cx, pid, options, Option::is_some, |options| {
                children::wait_for_id(kind, id, options)
            })?;
            Ok(match found {
                None => Value::NONE,
                Some(all) => Value::object(cx.tuple(&all.map(|n| Value::int(n.into())))),
            })
        },
    ),
    function(
        "_exec(path, argv, environment, /)",
        "Has another program take the place of this one.",
        |cx, args| {
            let path = match spot(cx, args, 0, "execve: path", Kinds::OrOpen)? {
                Spot::Path(given) => given.path.into_os_string(),
                Spot::Open(fd, _) => OsString::from(format!("/proc/self/fd/{fd}")),
            };
            let argv = texts(cx, cx.arg(args, 1).value())?;
            let pairs = texts(cx, cx.arg(args, 2).value())?;
            // What was printed would be lost.
            let _ = io::finish(cx);
            plain(cx, Err(children::replace(&path, &argv, &pairs)))
        },
    ),
    function(
        "pidfd_open(pid, flags=0)",
        "A descriptor that tells of a process's end.",
        |cx, args| {
            let pid = number(cx, args, 0)?;
            let fd = plain(cx, children::descriptor_of(pid))?;
            Ok(Value::int(fd.into()))
        },
    ),
    function("getpgid(pid)", "The group of a process.", |cx, args| ask(cx, args, Ask::Group)),
    function("getpgrp()", "The group of this process.", |cx, _| answer(cx, Ask::Group, 0, 0)),
    function("setpgid(pid, pgrp, /)", "Puts a process into a group.", |cx, args| {
        order(cx, args, Ask::SetGroup)
    }),
    function("setpgrp()", "Makes this process a group.", |cx, _| {
        answer(cx, Ask::SetGroup, 0, 0)?;
        Ok(Value::NONE)
    }),
    function("getsid(pid, /)", "The session of a process.", |cx, args| ask(cx, args, Ask::Session)),
    function("setsid()", "Makes this process a session.", |cx, _| {
        answer(cx, Ask::NewSession, 0, 0)?;
        Ok(Value::NONE)
    }),
    function("killpg(pgid, signal, /)", "Sends a signal to a group of processes.", |cx, args| {
        order(cx, args, Ask::SignalGroup)?;
        // This one may belong to it.
        cx.serve_signals()?;
        Ok(Value::NONE)
    }),
    function("nice(increment, /)", "Changes how much others come first.", |cx, args| {
        ask(cx, args, Ask::Nice)
    }),
    function("sched_yield()", "Lets other processes run.", |cx, _| {
        answer(cx, Ask::Yield, 0, 0)?;
        Ok(Value::NONE)
    }),
    function("setuid(uid, /)", "Changes the user.", |cx, args| {
        let user = super::id_of(cx, cx.arg(args, 0).value(), "uid")?;
        answer(cx, Ask::SetUser, user as i32, 0)?;
        Ok(Value::NONE)
    }),
    function("setgid(gid, /)", "Changes the group.", |cx, args| {
        let group = super::id_of(cx, cx.arg(args, 0).value(), "gid")?;
        answer(cx, Ask::SetGid, group as i32, 0)?;
        Ok(Value::NONE)
    }),
    function("setreuid(ruid, euid, /)", "Changes the users, real and effective.", |cx, args| {
        change(cx, args, Ask::SetUsers, "uid")
    }),
    function("setregid(rgid, egid, /)", "Changes the groups, real and effective.", |cx, args| {
        change(cx, args, Ask::SetGids, "gid")
    }),
    function("getgroups()", "The groups that the process belongs to.", |cx, _| {
        let found = plain(cx, children::groups())?;
        let all = found.into_iter().map(|id| Value::int(id.into())).collect();
        Ok(Value::object(cx.list(all)))
    }),
    function("_processors(pid, /)", "The processors that a process may use.", |cx, args| {
        let pid = number(cx, args, 0)?;
        let found = plain(cx, children::processors_of(pid))?;
        Ok(Value::object(cx.list(found.into_iter().map(Value::int).collect())))
    }),
    function("_set_processors(pid, wanted, /)", "Says which it may use.", |cx, args| {
        let pid = number(cx, args, 0)?;
        let items = cx.plain_items(cx.arg(args, 1).value()).unwrap_or_default();
        let mut wanted = Vec::new();
        for item in items {
            wanted.push(cx.index_i64(item)?);
        }
        plain(cx, children::set_processors_of(pid, &wanted)).map(|()| Value::NONE)
    }),
    function("_figure(which, /)", "A figure of the system's.", |cx, args| {
        let which = number(cx, args, 0)?;
        let found = plain(cx, children::figure(which))?;
        Ok(cx.int(found))
    }),
    function("_usage(who, /)", "What this process or its children have used.", |cx, args| {
        let who = number(cx, args, 0)?;
        let usage = plain(cx, children::usage(who))?;
        Ok(usage_value(cx, &usage))
    }),
    function("_limit(pid, which, soft=None, hard=None, /)", "A limit; sets it.", |cx, args| {
        let (pid, which) = (number(cx, args, 0)?, number(cx, args, 1)?);
        let wanted = if cx.arg(args, 2).value().is_undef() {
            None
        } else {
            // -1 is none at all.
            let (soft, hard) = (number_or(cx, args, 2, -1)?, number_or(cx, args, 3, -1)?);
            Some([soft as u64, hard as u64])
        };
        let found = plain(cx, children::limit(pid, which, wanted))?;
        let all = found.map(|number| cx.int(number as i64));
        Ok(Value::object(cx.tuple(&all)))
    }),
];

/// An argument that is a C int.
pub fn number(cx: &mut Cx, args: Args, i: usize) -> Result<i32, Stop> {
    let value = number_or(cx, args, i, 0)?;
    match i32::try_from(value) {
        Ok(number) => Ok(number),
        Err(_) => {
            let text = match value < 0 {
                true => "signed integer is less than minimum",
                false => "signed integer is greater than maximum",
            };
            Err(cx.error(T::OverflowError, text))
        }
    }
}

fn answer(cx: &Cx, what: Ask, a: i32, b: i32) -> Flow {
    let answer = plain(cx, children::ask(what, a, b))?;
    Ok(Value::int(answer.into()))
}

/// A question about one number.
fn ask(cx: &mut Cx, args: Args, what: Ask) -> Flow {
    let a = number(cx, args, 0)?;
    answer(cx, what, a, 0)
}

/// Something that is done with two numbers.
fn order(cx: &mut Cx, args: Args, what: Ask) -> Flow {
    let (a, b) = (number(cx, args, 0)?, number(cx, args, 1)?);
    answer(cx, what, a, b)?;
    Ok(Value::NONE)
}

fn change(cx: &mut Cx, args: Args, what: Ask, name: &str) -> Flow {
    let real = super::id_of(cx, cx.arg(args, 0).value(), name)?;
    let effective = super::id_of(cx, cx.arg(args, 1).value(), name)?;
    answer(cx, what, real as i32, effective as i32)?;
    Ok(Value::NONE)
}

/// Asks until there is an answer, unless the program does not want to wait. Others run meanwhile: a
/// certain child tells of its end, any child is asked for again and again, less and less often.
fn until_some<R>(
    cx: &mut Cx,
    pid: i32,
    options: i32,
    is_some: impl Fn(&R) -> bool,
    look: impl Fn(i32) -> std::io::Result<R>,
) -> Result<R, Stop> {
    let mut pause = FIRST_PAUSE;
    loop {
        let found = plain(cx, look(options))?;
        if is_some(&found) || options & libc::WNOHANG != 0 {
            return Ok(found);
        }
        // A child that stops does not end.
        let only_ends = options & (libc::WUNTRACED | libc::WCONTINUED | libc::WNOWAIT) == 0;
        let woke = match children::descriptor_of(pid) {
            Ok(fd) if pid > 0 && only_ends => {
                let woke = cx.wait_for_fd(fd, Side::Reads, None);
                let _ = system::close(fd);
                plain(cx, woke)?
            }
            made => {
                if let Ok(fd) = made {
                    let _ = system::close(fd);
                }
                let until = cx.now() + pause;
                pause = (pause * 2.0).min(LAST_PAUSE);
                cx.park(None, Some(until), Value::NONE)
            }
        };
        match woke {
            Woke::Interrupted => cx.serve_signals()?,
            Woke::Stuck => return Err(os_error(cx, libc::EDEADLK, None)),
            Woke::Called | Woke::Late => {}
        }
    }
}

const FIRST_PAUSE: f64 = 0.0005;
const LAST_PAUSE: f64 = 0.02;

fn usage_value(cx: &Cx, usage: &Usage) -> Value {
    let times = usage.times.map(Value::float);
    let counts = usage.counts.map(|count| cx.int(count));
    let all: Vec<Value> = times.into_iter().chain(counts).collect();
    Value::object(cx.tuple(&all))
}
