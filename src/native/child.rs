//! The module `_subprocess`: child processes. What programs know of them is
//! `stdlib/subprocess.sloop`.

use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::bytes::data_of;
use super::error::{io_error, os_error};
use super::{add_functions, function, io};
use crate::gc::Gc;
use crate::plain::codec::{self, Encoding, Handler};
use crate::rt::seam::{self, Act};
use crate::value::{Dict, Str, T, Value};
use crate::vm::children::{self, Before};
use crate::vm::threads::{Side, Woke};
use crate::vm::{Args, Cx, Def, Flow, Stop, system};

static FUNCTIONS: &[Def] = &[
    function(
        "spawn(argv, program, folder, environment, descriptors, before, /)",
        "Starts a program: its number, and a descriptor that tells of its end.",
        spawn,
    ),
    function("poll(pid, /)", "How a child has ended, or None.", |cx, args| {
        let pid = cx.index_i64(cx.arg(args, 0).value())?;
        match children::reap(pid as i32) {
            Ok(None) => Ok(Value::NONE),
            Ok(Some(status)) => Ok(Value::int(status.into())),
            Err(error) => Err(io_error(cx, &error, None)),
        }
    }),
    function(
        "wait(fd, timeout, /)",
        "Waits for a child's end. False if that takes too long.",
        wait,
    ),
];

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, dict, FUNCTIONS, "_subprocess");
    Ok(())
}

fn spawn(cx: &mut Cx, args: Args) -> Flow {
    let argv = texts(cx, cx.arg(args, 0).value())?;
    let Some((first, rest)) = argv.split_first() else {
        return Err(cx.value_error("a program is expected"));
    };
    let program = cx.arg(args, 1).value();
    let program = if program.is_none() { first.clone() } else { os_text(cx, program)? };
    let environment = cx.arg(args, 3).value();
    let pairs = if environment.is_none() { None } else { Some(texts(cx, environment)?) };
    let program = match find(&program, pairs.as_deref()) {
        Ok(found) => found,
        Err(number) => return Err(os_error(cx, number, None)),
    };
    let mut command = Command::new(&program);
    command.arg0(first).args(rest);
    let folder = cx.arg(args, 2).value();
    if !folder.is_none() {
        command.current_dir(os_text(cx, folder)?);
    }
    if let Some(pairs) = pairs {
        command.env_clear();
        for pair in pairs.chunks_exact(2) {
            command.env(&pair[0], &pair[1]);
        }
    }
    let descriptors = cx.arg(args, 4).value();
    let descriptors = cx.plain_items(descriptors).unwrap_or_default();
    let mut given = [None, None, None];
    for (place, value) in given.iter_mut().zip(descriptors) {
        let fd = cx.index_i64(value)?;
        if fd >= 0 {
            let own = system::duplicate_above(fd as i32);
            *place = Some(own.map_err(|error| io_error(cx, &error, None))?);
        }
    }
    let stdio = |fd: Option<OwnedFd>| fd.map_or_else(Stdio::inherit, Stdio::from);
    let [input, output, errors] = given.map(stdio);
    command.stdin(input).stdout(output).stderr(errors);
    let before = before(cx, cx.arg(args, 5).value())?;
    // What the program has printed comes before what the child prints.
    let _ = io::finish(cx);
    match seam::pass(Act::Open, 0).and_then(|_| children::spawn(command, before)) {
        Ok((pid, fd)) => {
            let made = [Value::int(pid.into()), Value::int(fd.into())];
            Ok(Value::object(cx.tuple(&made)))
        }
        Err(error) => Err(io_error(cx, &error, None)),
    }
}

/// What a child does before its program begins: a tuple of session, process group, umask, user,
/// group, groups, whether signals stay as they are, whether descriptors are closed, those that are not.
fn before(cx: &mut Cx, value: Value) -> Result<Before, Stop> {
    let items = cx.plain_items(value).unwrap_or_default();
    let &[session, group, umask, user, gid, groups, keep_signals, close, keep] = &items[..] else {
        return Err(cx.type_error("nine things are expected"));
    };
    let mut numbers = [None; 4];
    for (place, value) in numbers.iter_mut().zip([group, umask, user, gid]) {
        if !value.is_none() {
            *place = Some(cx.index_i64(value)?);
        }
    }
    let [group, umask, user, gid] = numbers;
    let id = |id: Option<i64>| id.map(|id| id as u32);
    let mut lists = [Vec::new(), Vec::new()];
    for (list, value) in lists.iter_mut().zip([groups, keep]) {
        for item in cx.plain_items(value).unwrap_or_default() {
            list.push(cx.index_i64(item)?);
        }
    }
    let [ids, keep] = lists;
    Ok(Before {
        session: session == Value::TRUE,
        group: group.map(|group| group as i32),
        umask: id(umask),
        user: id(user),
        gid: id(gid),
        groups: (!groups.is_none()).then(|| ids.into_iter().map(|id| id as u32).collect()),
        keep_signals: keep_signals == Value::TRUE,
        close: close == Value::TRUE,
        keep: keep.into_iter().map(|fd| fd as i32).collect(),
    })
}

/// Where a program is, by the PATH that it will see; or the number of the error. A name with a
/// slash in it is where it says. The library can start what is found without copying this process.
fn find(program: &OsStr, pairs: Option<&[OsString]>) -> Result<PathBuf, i32> {
    if program.as_bytes().contains(&b'/') {
        return Ok(program.into());
    }
    if program.is_empty() {
        return Err(libc::EACCES);
    }
    let given = match pairs {
        None => std::env::var_os("PATH"),
        Some(pairs) => {
            pairs.chunks_exact(2).find(|pair| pair[0] == "PATH").map(|pair| pair[1].clone())
        }
    };
    let given = given.unwrap_or_else(|| "/bin:/usr/bin".into());
    let mut problem = libc::ENOENT;
    for folder in std::env::split_paths(&given) {
        let path = folder.join(program);
        if !path.is_file() {
            continue;
        }
        if system::access(&path, libc::X_OK) {
            return Ok(path);
        }
        problem = libc::EACCES;
    }
    Err(problem)
}

fn wait(cx: &mut Cx, args: Args) -> Flow {
    let fd = cx.index_i64(cx.arg(args, 0).value())?;
    let timeout = cx.arg(args, 1).value();
    let until = if timeout.is_none() {
        None
    } else {
        Some(cx.now() + super::float::float_arg(cx, timeout)?.max(0.0))
    };
    loop {
        match cx.wait_for_fd(fd as i32, Side::Reads, until) {
            Ok(Woke::Called) => return Ok(Value::TRUE),
            Ok(Woke::Late) => return Ok(Value::FALSE),
            Ok(Woke::Interrupted) => cx.serve_signals()?,
            Ok(Woke::Stuck) => return Err(os_error(cx, libc::EDEADLK, None)),
            Err(error) => return Err(io_error(cx, &error, None)),
        }
    }
}

pub fn texts(cx: &mut Cx, value: Value) -> Result<Vec<OsString>, Stop> {
    let items = cx.plain_items(cx.unwrap(value)).unwrap_or_default();
    items.into_iter().map(|item| os_text(cx, item)).collect()
}

fn os_text(cx: &mut Cx, value: Value) -> Result<OsString, Stop> {
    let inner = cx.unwrap(value);
    let bytes = match inner.cast::<Str>() {
        Some(text) => codec::encode(text.as_bytes(), Encoding::Utf8, Handler::SurrogateEscape)
            .map_err(|_| cx.value_error("surrogates not allowed"))?
            .to_vec(),
        None => match data_of(cx, inner) {
            Some(data) => data.to_vec(),
            None => {
                let name = cx.type_name(value);
                let text = format!("expected str, bytes or os.PathLike object, not {name}");
                return Err(cx.error(T::TypeError, &text));
            }
        },
    };
    if bytes.contains(&0) {
        return Err(cx.value_error("embedded null byte"));
    }
    Ok(OsString::from_vec(bytes))
}
