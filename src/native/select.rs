//! `_select`: which of many descriptors are ready. What programs see is in `stdlib/select.sloop`.
//!
//! The process never sleeps in here: a set of the system holds all descriptors, and the thread of
//! the program waits for that set as for any descriptor, so that others run meanwhile.

use std::io;
use std::os::fd::RawFd;

use super::error::{io_error, os_error};
use super::float::float_arg;
use super::{add_functions, function};
use crate::gc::Gc;
use crate::value::{Dict, Value};
use crate::vm::descriptors::{self, Change, Watched};
use crate::vm::system;
use crate::vm::threads::{Side, Woke};
use crate::vm::{Args, Cx, Def, Flow, Stop};

static FUNCTIONS: &[Def] = &[
    function(
        "poll(watched, timeout, /)",
        "[(descriptor, bits)] of those that are ready, in the order they are asked for in.",
        poll,
    ),
    function("epoll_create()", "A set of descriptors.", |cx, _| {
        let set = descriptors::new_set().map_err(|error| io_error(cx, &error, None))?;
        Ok(Value::int(set.into()))
    }),
    function("epoll_add(set, fd, events, /)", "Puts a descriptor in.", |cx, args| {
        change(cx, args, Change::Add)
    }),
    function("epoll_modify(set, fd, events, /)", "Asks something else of it.", |cx, args| {
        change(cx, args, Change::Modify)
    }),
    function("epoll_remove(set, fd, events, /)", "Takes it out.", |cx, args| {
        change(cx, args, Change::Remove)
    }),
    function(
        "epoll_wait(set, timeout, most, /)",
        "[(descriptor, bits)] of those that are ready.",
        epoll_wait,
    ),
];

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, dict, FUNCTIONS, "_select");
    Ok(())
}

fn descriptor(cx: &mut Cx, args: Args, i: usize) -> Result<RawFd, Stop> {
    let fd = cx.index_i64(cx.arg(args, i).value())?;
    RawFd::try_from(fd).map_err(|_| cx.value_error("filedescriptor out of range"))
}

/// When a wait of so many seconds ends; None without end.
fn deadline(cx: &mut Cx, timeout: Value) -> Result<Option<f64>, Stop> {
    match timeout.is_none() {
        true => Ok(None),
        false => Ok(Some(cx.now() + float_arg(cx, timeout)?.max(0.0))),
    }
}

fn pairs(cx: &Cx, found: impl Iterator<Item = (RawFd, i64)>) -> Value {
    let pair = |(fd, bits): (RawFd, i64)| {
        Value::object(cx.tuple(&[Value::int(fd.into()), Value::int(bits)]))
    };
    Value::object(cx.list(found.map(pair).collect()))
}

fn poll(cx: &mut Cx, args: Args) -> Flow {
    let mut watched: Vec<Watched> = Vec::new();
    for pair in cx.plain_items(cx.arg(args, 0).value()).unwrap_or_default() {
        if let [fd, events] = cx.plain_items(pair).unwrap_or_default()[..] {
            watched.push((cx.index_i64(fd)? as RawFd, cx.index_i64(events)? as i16));
        }
    }
    let until = deadline(cx, cx.arg(args, 1).value())?;
    let mut set = None;
    let found = loop {
        let told = descriptors::ready_now(&watched).map_err(|error| io_error(cx, &error, None))?;
        if told.iter().any(|&bits| bits != 0) || until.is_some_and(|until| until <= cx.now()) {
            break Ok(told);
        }
        let fd = match set {
            Some(fd) => fd,
            None => *set.insert(filled(&watched).map_err(|error| io_error(cx, &error, None))?),
        };
        if let Err(stop) = wait(cx, fd, until) {
            break Err(stop);
        }
    };
    if let Some(fd) = set {
        let _ = system::close(fd);
    }
    let told = found?;
    let ready = watched.iter().zip(told).filter(|(_, bits)| *bits != 0);
    Ok(pairs(cx, ready.map(|(&(fd, _), bits)| (fd, bits.into()))))
}

/// A set of these descriptors.
fn filled(watched: &[Watched]) -> io::Result<RawFd> {
    let set = descriptors::new_set()?;
    for (at, &(fd, _)) in watched.iter().enumerate() {
        if watched[..at].iter().any(|&(before, _)| before == fd) {
            continue;
        }
        let asked = watched.iter().filter(|&&(other, _)| other == fd);
        let events = asked.fold(0, |bits, &(_, events)| bits | events as u16 as u32);
        if let Err(error) = descriptors::change_set(set, Change::Add, fd, events) {
            let _ = system::close(set);
            return Err(error);
        }
    }
    Ok(set)
}

fn wait(cx: &mut Cx, set: RawFd, until: Option<f64>) -> Result<(), Stop> {
    match cx.wait_for_fd(set, Side::Reads, until) {
        Ok(Woke::Called | Woke::Late) => Ok(()),
        Ok(Woke::Interrupted) => cx.serve_signals(),
        Ok(Woke::Stuck) => Err(os_error(cx, libc::EDEADLK, None)),
        Err(error) => Err(io_error(cx, &error, None)),
    }
}

fn change(cx: &mut Cx, args: Args, change: Change) -> Flow {
    let (set, fd) = (descriptor(cx, args, 0)?, descriptor(cx, args, 1)?);
    let events = cx.index_i64(cx.arg(args, 2).value())? as u32;
    match descriptors::change_set(set, change, fd, events) {
        Ok(()) => Ok(Value::NONE),
        Err(error) => Err(io_error(cx, &error, None)),
    }
}

fn epoll_wait(cx: &mut Cx, args: Args) -> Flow {
    let set = descriptor(cx, args, 0)?;
    let until = deadline(cx, cx.arg(args, 1).value())?;
    let most = cx.index_i64(cx.arg(args, 2).value())?.clamp(1, 1 << 16) as usize;
    loop {
        let found =
            descriptors::ready_of_set(set, most).map_err(|error| io_error(cx, &error, None))?;
        if !found.is_empty() || until.is_some_and(|until| until <= cx.now()) {
            return Ok(pairs(cx, found.into_iter().map(|(fd, bits)| (fd, bits.into()))));
        }
        wait(cx, set, until)?;
    }
}
