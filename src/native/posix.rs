//! The module `posix`: files, folders and the process, as the system has them. What programs know
//! of it is `stdlib/os.sloop`.

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::os::fd::IntoRawFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, DirEntryExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::bytes::{data_arg, data_of};
use super::error::{io_error, os_error, strerror};
use super::float::float_arg;
use super::socket::with_buffer;
use super::{add_functions, function};
use crate::gc::Gc;
use crate::plain::MAX_BYTES;
use crate::plain::codec::{self, Encoding, Handler};
use crate::rt::seam::{self, Act};
use crate::value::{Dict, Str, T, Value};
use crate::vm::system;
use crate::vm::threads::{Side, Woke};
use crate::vm::{Args, Cx, Def, Flow, Stop};

/// A path that a program gave.
struct Given {
    path: PathBuf,
    /// As it was given: errors name it.
    value: Value,
    /// Names that are found there are bytes, too.
    bytes: bool,
}

static FUNCTIONS: &[Def] = &[
    function("fspath(path)", "The path as str or bytes.", fspath),
    function("fsencode(filename)", "A file's name as the system's bytes.", |cx, args| {
        let given = given(cx, args, 0)?;
        Ok(Value::object(cx.bytes(given.path.as_os_str().as_bytes())))
    }),
    function("fsdecode(filename)", "A file's name as str.", |cx, args| {
        let given = given(cx, args, 0)?;
        Ok(name_value(cx, given.path.into_os_string(), false))
    }),
    function("getcwd()", "The working folder.", |cx, _| match std::env::current_dir() {
        Ok(path) => Ok(name_value(cx, path.into_os_string(), false)),
        Err(error) => Err(io_error(cx, &error, None)),
    }),
    function("chdir(path)", "Changes the working folder.", |cx, args| {
        let given = given(cx, args, 0)?;
        let result = std::env::set_current_dir(&given.path);
        done(cx, result, &given)
    }),
    function("listdir(path=None)", "The names in a folder.", |cx, args| {
        let given = given_or_here(cx, args)?;
        match fs::read_dir(&given.path) {
            Ok(found) => {
                let names =
                    found.flatten().map(|entry| name_value(cx, entry.file_name(), given.bytes));
                Ok(Value::object(cx.list(names.collect())))
            }
            Err(error) => Err(io_error(cx, &error, Some(given.value))),
        }
    }),
    function("_scan(path, /)", "Names in a folder, what each is, and its number.", scan),
    function("mkdir(path, mode=0o777)", "Makes a folder.", |cx, args| {
        let mode = number_or(cx, args, 1, 0o777)?;
        let given = given(cx, args, 0)?;
        let result = fs::DirBuilder::new().mode(mode as u32).create(&given.path);
        done(cx, result, &given)
    }),
    function("rmdir(path)", "Removes an empty folder.", |cx, args| {
        let given = given(cx, args, 0)?;
        let result = fs::remove_dir(&given.path);
        done(cx, result, &given)
    }),
    function("unlink(path)", "Removes a file.", |cx, args| {
        let given = given(cx, args, 0)?;
        let result = fs::remove_file(&given.path);
        done(cx, result, &given)
    }),
    function("rename(src, dst)", "Gives a file another name.", |cx, args| {
        two_paths(cx, args, |from, to| fs::rename(from, to))
    }),
    function("link(src, dst)", "Gives a file a second name.", |cx, args| {
        two_paths(cx, args, |from, to| fs::hard_link(from, to))
    }),
    function("symlink(src, dst)", "Makes a symbolic link.", |cx, args| {
        two_paths(cx, args, |from, to| std::os::unix::fs::symlink(from, to))
    }),
    function("readlink(path)", "Where a symbolic link leads.", |cx, args| {
        let given = given(cx, args, 0)?;
        match fs::read_link(&given.path) {
            Ok(path) => Ok(name_value(cx, path.into_os_string(), given.bytes)),
            Err(error) => Err(io_error(cx, &error, Some(given.value))),
        }
    }),
    function("_stat(path, follow, /)", "What is known of a file.", |cx, args| {
        let follow = cx.arg(args, 1).value() == Value::TRUE;
        let value = cx.arg(args, 0).value();
        if let Some(fd) = value.as_int() {
            return match system::with_file(fd as i32, |file| file.metadata()) {
                Ok(found) => Ok(stat_value(cx, &found)),
                Err(error) => Err(io_error(cx, &error, None)),
            };
        }
        let given = given(cx, args, 0)?;
        let found =
            if follow { fs::metadata(&given.path) } else { fs::symlink_metadata(&given.path) };
        match found {
            Ok(found) => Ok(stat_value(cx, &found)),
            Err(error) => Err(io_error(cx, &error, Some(given.value))),
        }
    }),
    function("chmod(path, mode)", "Changes who may do what.", |cx, args| {
        let mode = cx.index_i64(cx.arg(args, 1).value())?;
        let given = given(cx, args, 0)?;
        let result = fs::set_permissions(&given.path, fs::Permissions::from_mode(mode as u32));
        done(cx, result, &given)
    }),
    function(
        "_utime(path, atime, mtime, /)",
        "Changes when it was used and written.",
        |cx, args| {
            let times = [cx.arg(args, 1).value(), cx.arg(args, 2).value()];
            let mut given_times = [0.0; 2];
            for (place, value) in given_times.iter_mut().zip(times) {
                *place = float_arg(cx, value)?;
            }
            let given = given(cx, args, 0)?;
            let at = |seconds: f64| {
                let since = std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default();
                std::time::UNIX_EPOCH + since
            };
            let times = fs::FileTimes::new()
                .set_accessed(at(given_times[0]))
                .set_modified(at(given_times[1]));
            let result = fs::File::open(&given.path).and_then(|file| file.set_times(times));
            done(cx, result, &given)
        },
    ),
    function("access(path, mode)", "May this process do that?", |cx, args| {
        let mode = cx.index_i64(cx.arg(args, 1).value())?;
        let given = given(cx, args, 0)?;
        Ok(Value::bool(system::access(&given.path, mode as i32)))
    }),
    function("truncate(path, length)", "Cuts a file to a length.", |cx, args| {
        let length = cx.index_i64(cx.arg(args, 1).value())?;
        let value = cx.arg(args, 0).value();
        if let Some(fd) = value.as_int() {
            let result = system::with_file(fd as i32, |file| file.set_len(length as u64));
            return result.map(|()| Value::NONE).map_err(|error| io_error(cx, &error, None));
        }
        let given = given(cx, args, 0)?;
        let file = fs::OpenOptions::new().write(true).open(&given.path);
        let result = file.and_then(|file| file.set_len(length as u64));
        done(cx, result, &given)
    }),
    function(
        "_realpath(path, /)",
        "The path without links, or None if it is nowhere.",
        |cx, args| {
            let given = given(cx, args, 0)?;
            Ok(match fs::canonicalize(&given.path) {
                Ok(path) => name_value(cx, path.into_os_string(), given.bytes),
                Err(_) => Value::NONE,
            })
        },
    ),
    // ---- descriptors
    function("open(path, flags, mode=0o777)", "Opens a file; its descriptor.", |cx, args| {
        let flags = cx.index_i64(cx.arg(args, 1).value())?;
        let mode = number_or(cx, args, 2, 0o777)?;
        let given = given(cx, args, 0)?;
        match system::open(&given.path, flags as i32, mode as u32) {
            Ok(fd) => Ok(Value::int(fd.into())),
            Err(error) => Err(io_error(cx, &error, Some(given.value))),
        }
    }),
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
        with_buffer(cx, n.min(1 << 20), |cx, data| {
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
    function("pipe()", "The two ends of a pipe.", |cx, _| {
        match seam::pass(Act::Open, 0).and_then(|_| io::pipe()) {
            Ok((reads, writes)) => {
                let ends =
                    [reads.into_raw_fd(), writes.into_raw_fd()].map(|fd| Value::int(fd.into()));
                Ok(Value::object(cx.tuple(&ends)))
            }
            Err(error) => Err(io_error(cx, &error, None)),
        }
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
];

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, dict, FUNCTIONS, "posix");
    for &(name, number) in CONSTANTS {
        dict.set_str(cx, cx.intern(name), Value::int(number.into()));
    }
    Ok(())
}

// ---- paths

/// The argument as it is, if it is str or bytes, or what its `__fspath__` says.
fn plain_path(cx: &mut Cx, value: Value) -> Result<Value, Stop> {
    let is_plain = |cx: &Cx, value| cx.isinstance(value, T::Str) || cx.isinstance(value, T::Bytes);
    if is_plain(cx, value) {
        return Ok(value);
    }
    let key = cx.intern("__fspath__");
    let Some(method) = cx.special(value, key)? else {
        let name = cx.type_name(value);
        let text = format!("expected str, bytes or os.PathLike object, not {name}");
        return Err(cx.type_error(&text));
    };
    let path = cx.call(method, &[])?;
    if is_plain(cx, path) {
        return Ok(path);
    }
    let (name, found) = (cx.type_name(value), cx.type_name(path));
    let text = format!("expected {name}.__fspath__() to return str or bytes, not {found}");
    Err(cx.type_error(&text))
}

fn fspath(cx: &mut Cx, args: Args) -> Flow {
    let value = cx.arg(args, 0).value();
    plain_path(cx, value)
}

fn given(cx: &mut Cx, args: Args, i: usize) -> Result<Given, Stop> {
    let value = cx.arg(args, i).value();
    let value = plain_path(cx, value)?;
    let inner = cx.unwrap(value);
    let (bytes, is_bytes) = match inner.cast::<Str>() {
        Some(text) => {
            match codec::encode(text.as_bytes(), Encoding::Utf8, Handler::SurrogateEscape) {
                Ok(bytes) => (bytes.to_vec(), false),
                Err(fault) => {
                    let text = Value::object(text);
                    return Err(super::io::codec_error(cx, T::UnicodeEncodeError, &fault, text));
                }
            }
        }
        None => (data_of(cx, inner).map(|data| data.to_vec()).unwrap_or_default(), true),
    };
    if bytes.contains(&0) {
        return Err(cx.value_error("embedded null byte"));
    }
    Ok(Given { path: PathBuf::from(OsString::from_vec(bytes)), value, bytes: is_bytes })
}

fn given_or_here(cx: &mut Cx, args: Args) -> Result<Given, Stop> {
    let value = cx.arg(args, 0).value();
    if value.is_undef() || value.is_none() {
        let here = cx.str_value(".");
        return Ok(Given { path: Path::new(".").to_owned(), value: here, bytes: false });
    }
    given(cx, args, 0)
}

/// A name that the system has: bytes that are no UTF-8 become lone surrogates.
fn name_value(cx: &Cx, name: OsString, bytes: bool) -> Value {
    let raw = name.into_vec();
    if bytes {
        return Value::object(cx.bytes(raw));
    }
    match std::str::from_utf8(&raw) {
        Ok(text) => cx.str_value(text),
        Err(_) => {
            let text = codec::decode(&raw, Encoding::Utf8, Handler::SurrogateEscape);
            match text {
                Ok(text) => Value::object(cx.str_wtf8(&text)),
                Err(_) => cx.str_value(&String::from_utf8_lossy(&raw)),
            }
        }
    }
}

fn done(cx: &Cx, result: io::Result<()>, given: &Given) -> Flow {
    match result {
        Ok(()) => Ok(Value::NONE),
        Err(error) => Err(io_error(cx, &error, Some(given.value))),
    }
}

fn two_paths(cx: &mut Cx, args: Args, act: fn(&Path, &Path) -> io::Result<()>) -> Flow {
    let from = given(cx, args, 0)?;
    let to = given(cx, args, 1)?;
    match act(&from.path, &to.path) {
        Ok(()) => Ok(Value::NONE),
        Err(error) => {
            let number = error.raw_os_error().unwrap_or(libc::EIO);
            let words = cx.str_value(&strerror(number));
            let given = [Value::int(number.into()), words, from.value, Value::NONE, to.value];
            let class = cx.type_object(T::OSError);
            let made = cx.call(class, &given)?;
            match made.cast::<crate::value::Exception>() {
                Some(exception) => Err(cx.throw(exception)),
                None => Err(io_error(cx, &error, Some(from.value))),
            }
        }
    }
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

/// So much is written at once where others can run.
const PIECE: usize = 4096;

fn number_or(cx: &mut Cx, args: Args, i: usize, default: i64) -> Result<i64, Stop> {
    let value = cx.arg(args, i).value();
    if value.is_undef() { Ok(default) } else { cx.index_i64(value) }
}

fn descriptor(cx: &mut Cx, args: Args) -> Result<i32, Stop> {
    let fd = cx.index_i64(cx.arg(args, 0).value())?;
    i32::try_from(fd).map_err(|_| os_error(cx, libc::EBADF, None))
}

fn scan(cx: &mut Cx, args: Args) -> Flow {
    let given = given(cx, args, 0)?;
    let found = match fs::read_dir(&given.path) {
        Ok(found) => found,
        Err(error) => return Err(io_error(cx, &error, Some(given.value))),
    };
    let rows = found.flatten().map(|entry| {
        let kind = match entry.file_type() {
            Ok(kind) if kind.is_dir() => 1,
            Ok(kind) if kind.is_file() => 2,
            Ok(kind) if kind.is_symlink() => 3,
            Ok(kind) if kind.is_fifo() || kind.is_socket() => 4,
            _ => 0,
        };
        let inode = cx.int(entry.ino() as i64);
        let name = name_value(cx, entry.file_name(), given.bytes);
        Value::object(cx.tuple(&[name, Value::int(kind), inode]))
    });
    Ok(Value::object(cx.list(rows.collect())))
}

/// The numbers of `os.stat_result`, then the times in nanoseconds and the blocks.
fn stat_value(cx: &Cx, found: &Metadata) -> Value {
    let nanos = |seconds: i64, nanos: i64| seconds.saturating_mul(1_000_000_000) + nanos;
    let all = [
        found.mode().into(),
        found.ino() as i64,
        found.dev() as i64,
        found.nlink() as i64,
        found.uid().into(),
        found.gid().into(),
        found.size() as i64,
        found.atime(),
        found.mtime(),
        found.ctime(),
        nanos(found.atime(), found.atime_nsec()),
        nanos(found.mtime(), found.mtime_nsec()),
        nanos(found.ctime(), found.ctime_nsec()),
        found.blksize() as i64,
        found.blocks() as i64,
        found.rdev() as i64,
    ];
    Value::object(cx.tuple(&all.map(|number| cx.int(number))))
}
