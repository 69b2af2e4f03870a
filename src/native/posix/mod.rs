//! The module `posix`: files, folders and the process, as the system has them. What programs know
//! of it is `stdlib/os.sloop`.

pub mod given;
mod names;
mod process;

use std::fs;
use std::io;
use std::os::unix::fs::FileExt;

use given::{flag_or, name_value, path_of, plain};
use process::number;

use super::bytes::data_arg;
use super::error::{io_error, os_error, strerror};
use super::socket::with_buffer;
use super::{add_functions, function};
use crate::gc::Gc;
use crate::plain::MAX_BYTES;
use crate::rt::seam::{self, Act};
use crate::value::{Dict, T, Value};
use crate::vm::threads::{Side, Woke};
use crate::vm::{Args, Cx, Def, Flow, Stop, files, system};

static FUNCTIONS: &[Def] = &[
    // ---- descriptors
    function("close(fd)", "Closes a descriptor.", |cx, args| {
        let fd = descriptor(cx, args)?;
        system::close(fd).map(|()| Value::NONE).map_err(|error| io_error(cx, &error, None))
    }),
    function("read(fd, n, /)", "Reads from a descriptor.", |cx, args| {
        let fd = descriptor(cx, args)?;
        let n = cx.index_i64(cx.arg(args, 1).value())?;
        let Ok(n) = usize::try_from(n) else { return Err(os_error(cx, libc::EINVAL, None)) };
        if n > MAX_BYTES {
            return Err(cx.error_with(T::MemoryError, &[]));
        }
        let_others_run(cx, fd, Side::Reads)?;
        // So much that the shared buffer would stay large has one of its own.
        let mut own = if n > SHARED { vec![0; n] } else { Vec::new() };
        with_buffer(cx, if n > SHARED { 0 } else { n }, |cx, shared| {
            let data = if n > SHARED { &mut own } else { shared };
            loop {
                match seam::pass(Act::ReadFile, data.len()).and_then(|n| {
                    system::with_file(fd, |mut file| io::Read::read(&mut file, &mut data[..n]))
                }) {
                    Ok(n) => return Ok(Value::object(cx.bytes(&data[..n]))),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                        cx.serve_signals()?;
                    }
                    Err(error) => return Err(io_error(cx, &error, None)),
                }
            }
        })
    }),
    function("write(fd, data, /)", "Writes to a descriptor; how much.", |cx, args| {
        let fd = descriptor(cx, args)?;
        let data = data_arg(cx, args, 1)?;
        let mut at = 0;
        loop {
            // A pipe that is ready takes a little at once, and all of it has to be written.
            let careful = let_others_run(cx, fd, Side::Writes)?;
            let end = if careful { data.len().min(at + PIECE) } else { data.len() };
            let piece = &data[at..end];
            match seam::pass(Act::WriteFile, piece.len()).and_then(|n| {
                system::with_file(fd, |mut file| io::Write::write(&mut file, &piece[..n]))
            }) {
                Ok(n) if careful && n > 0 && at + n < data.len() => at += n,
                Ok(n) => return Ok(Value::int((at + n) as i64)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => cx.serve_signals()?,
                Err(error) => return Err(io_error(cx, &error, None)),
            }
        }
    }),
    function("lseek(fd, position, how, /)", "Moves the position.", |cx, args| {
        let fd = descriptor(cx, args)?;
        let position = cx.index_i64(cx.arg(args, 1).value())?;
        let to = match cx.index_i64(cx.arg(args, 2).value())? {
            0 if position >= 0 => io::SeekFrom::Start(position as u64),
            1 => io::SeekFrom::Current(position),
            2 => io::SeekFrom::End(position),
            _ => return Err(os_error(cx, libc::EINVAL, None)),
        };
        match system::with_file(fd, |mut file| io::Seek::seek(&mut file, to)) {
            Ok(at) => Ok(cx.int(at as i64)),
            Err(error) => Err(io_error(cx, &error, None)),
        }
    }),
    function("fsync(fd)", "Has everything written for good.", |cx, args| {
        let fd = descriptor(cx, args)?;
        let result = system::with_file(fd, |file| file.sync_all());
        result.map(|()| Value::NONE).map_err(|error| io_error(cx, &error, None))
    }),
    function("isatty(fd, /)", "Is it a terminal?", |cx, args| {
        let fd = descriptor(cx, args)?;
        let is = system::with_file(fd, |file| Ok(io::IsTerminal::is_terminal(file)));
        Ok(Value::bool(is.unwrap_or(false)))
    }),
    function("dup(fd, /)", "Another descriptor of the same.", |cx, args| {
        let fd = descriptor(cx, args)?;
        match system::duplicate(fd) {
            Ok(fd) => Ok(Value::int(fd.into())),
            Err(error) => Err(io_error(cx, &error, None)),
        }
    }),
    function("get_blocking(fd, /)", "Does reading from it wait?", |cx, args| {
        let fd = descriptor(cx, args)?;
        match system::is_blocking(fd) {
            Ok(on) => Ok(Value::bool(on)),
            Err(error) => Err(io_error(cx, &error, None)),
        }
    }),
    function("set_blocking(fd, blocking, /)", "Says whether reading from it waits.", |cx, args| {
        let fd = descriptor(cx, args)?;
        let on = cx.arg(args, 1).value();
        let on = cx.truth(on)?;
        let result = system::set_blocking(fd, on);
        result.map(|()| Value::NONE).map_err(|error| io_error(cx, &error, None))
    }),
    function("_flock(fd, operation, /)", "Locks or unlocks a file.", |cx, args| {
        let fd = descriptor(cx, args)?;
        let operation = number(cx, args, 1)?;
        let result = system::lock_file(fd, operation);
        result.map(|()| Value::NONE).map_err(|error| io_error(cx, &error, None))
    }),
    function(
        "_lock_region(fd, kind, whence, start, length, /)",
        "Locks or unlocks a part of a file, without waiting.",
        |cx, args| {
            let fd = descriptor(cx, args)?;
            let (kind, whence) = (number(cx, args, 1)?, number(cx, args, 2)?);
            let start = cx.index_i64(cx.arg(args, 3).value())?;
            let length = cx.index_i64(cx.arg(args, 4).value())?;
            let result = system::lock_region(fd, kind as i16, whence as i16, start, length);
            result.map(|()| Value::NONE).map_err(|error| io_error(cx, &error, None))
        },
    ),
    function("_control(fd, command, argument, /)", "What is set of a descriptor.", |cx, args| {
        let fd = descriptor(cx, args)?;
        let (command, argument) = (number(cx, args, 1)?, number(cx, args, 2)?);
        match system::control(fd, command, argument) {
            Some(Ok(result)) => Ok(Value::int(result.into())),
            Some(Err(error)) => Err(io_error(cx, &error, None)),
            None => Err(cx.value_error("this command of fcntl is not part of Sloop")),
        }
    }),
    function("pipe()", "The two ends of a pipe.", |cx, _| {
        let made = seam::pass(Act::Open, 0).and_then(|_| files::pipe(libc::O_CLOEXEC));
        two_ends(cx, made)
    }),
    function("pipe2(flags, /)", "The two ends of a pipe.", |cx, args| {
        let flags = cx.index_i64(cx.arg(args, 0).value())?;
        let made = seam::pass(Act::Open, 0).and_then(|_| files::pipe(flags as i32));
        two_ends(cx, made)
    }),
    function("openpty()", "The two ends of a terminal.", |cx, _| {
        let made = seam::pass(Act::Open, 0).and_then(|_| files::terminal());
        two_ends(cx, made)
    }),
    function("dup2(fd, fd2, inheritable=True)", "Makes a descriptor mean another.", |cx, args| {
        let inheritable = flag_or(cx, args, 2, true)?;
        let fd = descriptor(cx, args)?;
        let to = cx.index_i64(cx.arg(args, 1).value())?;
        let to = i32::try_from(to).unwrap_or(-1);
        let made = plain(cx, files::duplicate_to(fd, to, inheritable))?;
        Ok(Value::int(made.into()))
    }),
    function("get_inheritable(fd, /)", "Do children get it?", |cx, args| {
        let fd = descriptor(cx, args)?;
        Ok(Value::bool(plain(cx, files::is_inheritable(fd))?))
    }),
    function("set_inheritable(fd, inheritable, /)", "Says whether children get it.", |cx, args| {
        let on = cx.arg(args, 1).value();
        let on = cx.truth(on)?;
        let fd = descriptor(cx, args)?;
        plain(cx, files::set_inheritable(fd, on)).map(|()| Value::NONE)
    }),
    function("pread(fd, n, offset, /)", "Reads from a place.", |cx, args| {
        let fd = descriptor(cx, args)?;
        let n = cx.index_i64(cx.arg(args, 1).value())?;
        let offset = cx.index_i64(cx.arg(args, 2).value())?;
        let (Ok(n), Ok(offset)) = (usize::try_from(n), u64::try_from(offset)) else {
            return Err(os_error(cx, libc::EINVAL, None));
        };
        if n > MAX_BYTES {
            return Err(cx.error_with(T::MemoryError, &[]));
        }
        let mut data = vec![0; n];
        let read = seam::pass(Act::ReadFile, n)
            .and_then(|n| system::with_file(fd, |file| file.read_at(&mut data[..n], offset)));
        data.truncate(plain(cx, read)?);
        Ok(Value::object(cx.bytes(data)))
    }),
    function("pwrite(fd, data, offset, /)", "Writes to a place; how much.", |cx, args| {
        let fd = descriptor(cx, args)?;
        let data = data_arg(cx, args, 1)?;
        let Ok(offset) = u64::try_from(cx.index_i64(cx.arg(args, 2).value())?) else {
            return Err(os_error(cx, libc::EINVAL, None));
        };
        let written = seam::pass(Act::WriteFile, data.len())
            .and_then(|n| system::with_file(fd, |file| file.write_at(&data[..n], offset)));
        Ok(Value::int(plain(cx, written)? as i64))
    }),
    function(
        "sendfile(out_fd, in_fd, offset, count)",
        "Has bytes of a file sent by the system; how many.",
        |cx, args| {
            let numbers = [0, 1, 3].map(|i| cx.arg(args, i).value());
            let mut plain_numbers = [0; 3];
            for (place, value) in plain_numbers.iter_mut().zip(numbers) {
                *place = cx.index_i64(value)?;
            }
            let [out, from, count] = plain_numbers;
            let offset = cx.arg(args, 2).value();
            let offset = if offset.is_none() { None } else { Some(cx.index_i64(offset)?) };
            let_others_run(cx, out as i32, Side::Writes)?;
            let sent = seam::pass(Act::Send, count.max(0) as usize)
                .and_then(|n| files::send_file(out as i32, from as i32, offset, n));
            Ok(Value::int(plain(cx, sent)? as i64))
        },
    ),
    function("memfd_create(name, flags=1)", "A file that is only in memory.", |cx, args| {
        let flags = given::number_or(cx, args, 1, 1)?;
        let name = path_of(cx, args, 0, "memfd_create: name")?;
        let fd = plain(cx, files::memory_file(&name.path, flags as u32))?;
        Ok(Value::int(fd.into()))
    }),
    function("eventfd(initval, flags=0o2000000)", "A counter with a descriptor.", |cx, args| {
        let start = cx.index_i64(cx.arg(args, 0).value())?;
        let flags = given::number_or(cx, args, 1, libc::EFD_CLOEXEC.into())?;
        let fd = plain(cx, files::event_counter(start as u32, flags as i32))?;
        Ok(Value::int(fd.into()))
    }),
    function("ttyname(fd, /)", "The name of a terminal.", |cx, args| {
        let fd = descriptor(cx, args)?;
        let is = system::with_file(fd, |file| Ok(io::IsTerminal::is_terminal(file)));
        if !plain(cx, is)? {
            return Err(os_error(cx, libc::ENOTTY, None));
        }
        let path = plain(cx, fs::read_link(format!("/proc/self/fd/{fd}")))?;
        Ok(name_value(cx, path.into_os_string(), false))
    }),
    function("_terminal_size(fd, /)", "Columns and lines of a terminal.", |cx, args| {
        let fd = descriptor(cx, args)?;
        match system::terminal_size(fd) {
            Ok((columns, lines)) => {
                let size = [Value::int(columns.into()), Value::int(lines.into())];
                Ok(Value::object(cx.tuple(&size)))
            }
            Err(error) => Err(io_error(cx, &error, None)),
        }
    }),
    // ---- the process
    function("getpid()", "The process's number.", |_, _| Ok(Value::int(std::process::id().into()))),
    function("getppid()", "Its parent's number.", |_, _| {
        Ok(Value::int(std::os::unix::process::parent_id().into()))
    }),
    function("_users()", "User and group, real and effective.", |cx, _| {
        let all = system::users().map(|id| Value::int(id.into()));
        Ok(Value::object(cx.tuple(&all)))
    }),
    function("kill(pid, signal, /)", "Sends a signal to a process.", |cx, args| {
        let pid = cx.index_i64(cx.arg(args, 0).value())?;
        let signal = cx.index_i64(cx.arg(args, 1).value())?;
        match system::kill(pid as i32, signal as i32) {
            Ok(()) => {
                // One to this process is served before the next line.
                cx.serve_signals()?;
                Ok(Value::NONE)
            }
            Err(error) => Err(io_error(cx, &error, None)),
        }
    }),
    function("_exit(status)", "Ends the process at once.", |cx, args| {
        let status = cx.index_i64(cx.arg(args, 0).value())?;
        system::exit_now(status as i32)
    }),
    function("umask(mask, /)", "Sets who may do nothing; returns what was set.", |cx, args| {
        let mask = cx.index_i64(cx.arg(args, 0).value())?;
        Ok(Value::int(system::umask(mask as u32).into()))
    }),
    function("_environ()", "The environment, as pairs.", |cx, _| {
        let pairs = std::env::vars_os().map(|(name, value)| {
            let pair = [name_value(cx, name, false), name_value(cx, value, false)];
            Value::object(cx.tuple(&pair))
        });
        Ok(Value::object(cx.list(pairs.collect())))
    }),
    function("strerror(code, /)", "The system's words for an error's number.", |cx, args| {
        let code = cx.index_i64(cx.arg(args, 0).value())?;
        Ok(cx.str_value(&strerror(code as i32)))
    }),
    function("_uname()", "System, machine's name, release, version, hardware.", |cx, _| {
        let read = |name: &str| {
            let text = fs::read_to_string(format!("/proc/sys/kernel/{name}")).unwrap_or_default();
            cx.str_value(text.trim_end())
        };
        let all = [
            cx.str_value("Linux"),
            read("hostname"),
            read("osrelease"),
            read("version"),
            cx.str_value(std::env::consts::ARCH),
        ];
        Ok(Value::object(cx.tuple(&all)))
    }),
];

static CONSTANTS: &[(&str, i32)] = &[
    ("F_OK", libc::F_OK),
    ("R_OK", libc::R_OK),
    ("W_OK", libc::W_OK),
    ("X_OK", libc::X_OK),
    ("O_RDONLY", libc::O_RDONLY),
    ("O_WRONLY", libc::O_WRONLY),
    ("O_RDWR", libc::O_RDWR),
    ("O_CREAT", libc::O_CREAT),
    ("O_EXCL", libc::O_EXCL),
    ("O_TRUNC", libc::O_TRUNC),
    ("O_APPEND", libc::O_APPEND),
    ("O_NONBLOCK", libc::O_NONBLOCK),
    ("O_CLOEXEC", libc::O_CLOEXEC),
    ("O_DIRECTORY", libc::O_DIRECTORY),
    ("O_NOFOLLOW", libc::O_NOFOLLOW),
    ("O_SYNC", libc::O_SYNC),
    ("O_DSYNC", libc::O_DSYNC),
    ("O_RSYNC", libc::O_RSYNC),
    ("O_NDELAY", libc::O_NDELAY),
    ("O_NOCTTY", libc::O_NOCTTY),
    ("O_NOATIME", libc::O_NOATIME),
    ("O_PATH", libc::O_PATH),
    ("O_TMPFILE", libc::O_TMPFILE),
    ("O_ACCMODE", libc::O_ACCMODE),
    ("O_DIRECT", libc::O_DIRECT),
    ("O_ASYNC", libc::O_ASYNC),
    ("O_LARGEFILE", libc::O_LARGEFILE),
    ("WNOHANG", libc::WNOHANG),
    ("WUNTRACED", libc::WUNTRACED),
    ("WCONTINUED", libc::WCONTINUED),
    ("WSTOPPED", libc::WSTOPPED),
    ("WEXITED", libc::WEXITED),
    ("WNOWAIT", libc::WNOWAIT),
    ("P_ALL", libc::P_ALL as i32),
    ("P_PID", libc::P_PID as i32),
    ("P_PGID", libc::P_PGID as i32),
    ("P_PIDFD", libc::P_PIDFD as i32),
    ("CLD_EXITED", libc::CLD_EXITED),
    ("CLD_KILLED", libc::CLD_KILLED),
    ("CLD_DUMPED", libc::CLD_DUMPED),
    ("CLD_TRAPPED", libc::CLD_TRAPPED),
    ("CLD_STOPPED", libc::CLD_STOPPED),
    ("CLD_CONTINUED", libc::CLD_CONTINUED),
    ("MFD_CLOEXEC", libc::MFD_CLOEXEC as i32),
    ("MFD_ALLOW_SEALING", libc::MFD_ALLOW_SEALING as i32),
    ("EFD_CLOEXEC", libc::EFD_CLOEXEC),
    ("EFD_NONBLOCK", libc::EFD_NONBLOCK),
    ("EFD_SEMAPHORE", libc::EFD_SEMAPHORE),
];

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    for functions in [FUNCTIONS, names::FUNCTIONS, process::FUNCTIONS] {
        add_functions(cx, dict, functions, "posix");
    }
    for &(name, number) in CONSTANTS {
        dict.set_str(cx, cx.intern(name), Value::int(number.into()));
    }
    Ok(())
}

/// Waits for a descriptor where others may run meanwhile. Files are always ready.
/// True if it has to be watched that nothing takes long.
fn let_others_run(cx: &mut Cx, fd: i32, side: Side) -> Result<bool, Stop> {
    while !cx.is_alone() && system::is_blocking(fd).unwrap_or(false) {
        if system::is_ready(fd, side == Side::Writes) {
            return Ok(true);
        }
        match cx.wait_for_fd(fd, side, None) {
            Ok(Woke::Interrupted) => cx.serve_signals()?,
            Ok(Woke::Called) => return Ok(true),
            // What cannot be waited for says so when it is used.
            _ => return Ok(false),
        }
    }
    Ok(false)
}

/// Reads up to here share a buffer.
const SHARED: usize = 1 << 20;

/// So much is written at once where others can run.
const PIECE: usize = 4096;

fn two_ends(cx: &Cx, made: io::Result<[i32; 2]>) -> Flow {
    let ends = plain(cx, made)?.map(|fd| Value::int(fd.into()));
    Ok(Value::object(cx.tuple(&ends)))
}

/// A user's or a group's number; -1 means none.
pub fn id_of(cx: &mut Cx, value: Value, name: &str) -> Result<u32, Stop> {
    let id = cx.index_i64(value)?;
    match u32::try_from(id) {
        Ok(id) => Ok(id),
        Err(_) if id == -1 => Ok(u32::MAX),
        Err(_) => {
            let text = if id < 0 { "less than minimum" } else { "greater than maximum" };
            Err(cx.error(T::OverflowError, &format!("{name} is {text}")))
        }
    }
}

fn descriptor(cx: &mut Cx, args: Args) -> Result<i32, Stop> {
    let fd = cx.index_i64(cx.arg(args, 0).value())?;
    i32::try_from(fd).map_err(|_| os_error(cx, libc::EBADF, None))
}
