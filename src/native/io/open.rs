//! `open`, and the parts of the module `io` that are natives.

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::os::unix::ffi::OsStringExt;
use std::rc::Rc;

use super::stream::{Newline, Stream, Text};
use super::{FileObject, Io, Name, methods, object, text_of};
use crate::gc::Gc;
use crate::native::error::io_error;
use crate::native::{add_functions, function, opened};
use crate::plain::codec::{self, Encoding, Handler};
use crate::rt::seam::{self, Act};
use crate::value::{Dict, T, Value};
use crate::vm::system;
use crate::vm::{Args, Cx, Def, Flow, Stop};

pub static FUNCTIONS: &[Def] = &[function(
    "open(file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None)",
    "Open file and return a stream. Raise OSError upon failure.",
    open,
)];

/// The native half of `io`.
pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, dict, FUNCTIONS, "_io");
    let types = [
        ("TextIOWrapper", T::File),
        ("BufferedReader", T::BufferedReader),
        ("BufferedWriter", T::BufferedWriter),
        ("BufferedRandom", T::BufferedRandom),
        ("UnsupportedOperation", T::UnsupportedOperation),
        ("BlockingIOError", T::BlockingIOError),
    ];
    for (name, id) in types {
        dict.set_str(cx, cx.intern(name), cx.type_object(id));
    }
    for (name, number) in [("SEEK_SET", 0), ("SEEK_CUR", 1), ("SEEK_END", 2)] {
        dict.set_str(cx, cx.intern(name), Value::int(number));
    }
    dict.set_str(cx, cx.intern("DEFAULT_BUFFER_SIZE"), Value::int(8192));
    Ok(())
}

/// What the mode says.
struct Mode {
    options: OpenOptions,
    readable: bool,
    writable: bool,
    binary: bool,
    update: bool,
    append: bool,
}

fn parse_mode(cx: &Cx, mode: &str) -> Result<Mode, Stop> {
    let count = |c: char| mode.matches(c).count();
    let bad = mode.chars().any(|c| !"rwaxbt+".contains(c)) || mode.chars().any(|c| count(c) > 1);
    if bad {
        return Err(cx.value_error(&format!("invalid mode: '{mode}'")));
    }
    let has = |c: char| mode.contains(c);
    if has('b') && has('t') {
        return Err(cx.value_error("can't have text and binary mode at once"));
    }
    match ['r', 'w', 'a', 'x'].into_iter().filter(|&c| has(c)).count() {
        1 => {}
        0 => {
            let text =
                "Must have exactly one of create/read/write/append mode and at most one plus";
            return Err(cx.value_error(text));
        }
        _ => return Err(cx.value_error("must have exactly one of create/read/write/append mode")),
    }
    let update = has('+');
    let readable = has('r') || update;
    let writable = !has('r') || update;
    let mut options = OpenOptions::new();
    options.read(readable);
    if has('a') {
        options.append(true).create(true);
    } else {
        options.write(writable);
    }
    if has('w') {
        options.create(true).truncate(true);
    }
    if has('x') {
        options.create_new(true);
    }
    Ok(Mode { options, readable, writable, binary: has('b'), update, append: has('a') })
}

/// A path given as str, bytes or an object with `__fspath__`; or a descriptor.
fn name_of(cx: &mut Cx, value: Value) -> Result<Name, Stop> {
    if let Some(text) = text_of(cx, value) {
        return Ok(Name::Text(text.as_bytes().to_vec()));
    }
    if let Some(bytes) = super::bytes_of(cx, value) {
        return Ok(Name::Bytes(bytes));
    }
    if let Some(fd) = value.as_int() {
        return Ok(Name::Descriptor(fd as i32));
    }
    let key = cx.intern("__fspath__");
    if let Some(method) = cx.special(value, key)? {
        let path = cx.call(method, &[])?;
        if let Some(text) = text_of(cx, path) {
            return Ok(Name::Text(text.as_bytes().to_vec()));
        }
        if let Some(bytes) = super::bytes_of(cx, path) {
            return Ok(Name::Bytes(bytes));
        }
    }
    let text = format!("expected str, bytes or os.PathLike object, not {}", cx.type_name(value));
    Err(cx.type_error(&text))
}

/// An argument that is a str or None.
fn optional_text(cx: &Cx, args: Args, i: usize, name: &str) -> Result<Option<String>, Stop> {
    let Some(value) = cx.opt(args, i).filter(|value| !value.is_none()) else { return Ok(None) };
    match text_of(cx, value.value()) {
        Some(text) => Ok(Some(text.lossy().into_owned())),
        None => {
            let found = cx.type_name(value.value());
            let text = format!("open() argument '{name}' must be str or None, not {found}");
            Err(cx.type_error(&text))
        }
    }
}

fn open(cx: &mut Cx, args: Args) -> Flow {
    let file = cx.arg(args, 0).value();
    let name = name_of(cx, file)?;
    let mode_text = match cx.opt(args, 1) {
        None => "r".to_owned(),
        Some(value) => match text_of(cx, value.value()) {
            Some(text) => text.lossy().into_owned(),
            None => {
                let found = cx.type_name(value.value());
                let text = format!("open() argument 'mode' must be str, not {found}");
                return Err(cx.type_error(&text));
            }
        },
    };
    let mode = parse_mode(cx, &mode_text)?;
    let buffering = match cx.opt(args, 2) {
        None => -1,
        Some(value) => {
            let value = value.value();
            cx.index_i64(value)?
        }
    };
    let encoding = optional_text(cx, args, 3, "encoding")?;
    let errors = optional_text(cx, args, 4, "errors")?;
    let newline = optional_text(cx, args, 5, "newline")?;
    if mode.binary {
        let given = [("encoding", &encoding), ("errors", &errors), ("newline", &newline)];
        for (what, value) in given {
            if value.is_some() {
                let article = if what == "newline" { "a" } else { "an" };
                let text = format!("binary mode doesn't take {article} {what} argument");
                return Err(cx.value_error(&text));
            }
        }
    } else if buffering == 0 {
        return Err(cx.value_error("can't have unbuffered text I/O"));
    }
    let text = match mode.binary {
        true => None,
        false => Some(text_layer(cx, encoding.as_deref(), errors.as_deref(), newline.as_deref())?),
    };
    let closes = match cx.opt(args, 6).map(|closes| closes.value()) {
        Some(closes) => cx.truth(closes)?,
        None => true,
    };
    if !closes && !matches!(name, Name::Descriptor(_)) {
        return Err(cx.value_error("Cannot use closefd=False with file name"));
    }
    if buffering == 0 {
        let closefd = Value::bool(closes);
        let opener = cx.opt(args, 7).map_or(Value::NONE, |opener| opener.value());
        let mode = cx.str_value(&mode_text);
        return cx.tail_prelude("_open_unbuffered", &[file, mode, closefd, opener]);
    }
    let (handle, fd) = match cx.opt(args, 7).filter(|opener| !opener.is_none()) {
        Some(opener) if !matches!(name, Name::Descriptor(_)) => {
            let opener = opener.value();
            let fd = opened_by(cx, opener, file, &mode_text)?;
            open_file(cx, &Name::Descriptor(fd), &mode.options, closes)?
        }
        _ => open_file(cx, &name, &mode.options, closes)?,
    };
    let mut stream = Stream::new(handle, fd, mode.readable, mode.writable, text);
    stream.line_buffered = buffering == 1 && !mode.binary || stream.is_terminal();
    if mode.append {
        // Failing to seek means a pipe or a terminal.
        let _ = stream.seek(std::io::SeekFrom::End(0));
    }
    let stream = Rc::new(RefCell::new(stream));
    cx.state::<Io>().register(&stream);
    let id = match (mode.binary, mode.update, mode.readable) {
        (false, ..) => T::File,
        (true, true, _) => T::BufferedRandom,
        (true, false, true) => T::BufferedReader,
        (true, false, false) => T::BufferedWriter,
    };
    let shown_mode = match (mode.binary, mode.update) {
        (true, true) => "rb+".to_owned(),
        (true, false) => mode_text.chars().filter(|c| *c != 'b').chain(['b']).collect(),
        _ => mode_text,
    };
    let file = FileObject {
        stream,
        name,
        mode: shown_mode,
        encoding: encoding.unwrap_or_else(|| "UTF-8".into()),
        errors: errors.unwrap_or_else(|| "strict".into()),
    };
    let stream = file.stream.clone();
    let object = object(cx, id, file);
    if closes {
        let watched = opened::note(cx, || methods::shown(cx, object));
        stream.borrow_mut().watched = watched;
    }
    Ok(object)
}

/// The descriptor that the program's own function opens.
fn opened_by(cx: &mut Cx, opener: Value, file: Value, mode: &str) -> Result<i32, Stop> {
    let flags = match (mode.contains('+'), mode.contains('r')) {
        (true, _) => libc::O_RDWR,
        (_, true) => libc::O_RDONLY,
        _ => libc::O_WRONLY,
    } | match mode.chars().find(|c| "wxa".contains(*c)) {
        Some('w') => libc::O_CREAT | libc::O_TRUNC,
        Some('x') => libc::O_CREAT | libc::O_EXCL,
        Some(_) => libc::O_CREAT | libc::O_APPEND,
        None => 0,
    } | libc::O_CLOEXEC;
    let answer = cx.call(opener, &[file, Value::int(flags.into())])?;
    match answer.as_int() {
        Some(fd) if fd >= 0 => Ok(fd as i32),
        Some(fd) => Err(cx.value_error(&format!("opener returned {fd}"))),
        None => Err(cx.type_error("expected integer from opener")),
    }
}

pub fn text_layer(
    cx: &Cx,
    encoding: Option<&str>,
    errors: Option<&str>,
    newline: Option<&str>,
) -> Result<Text, Stop> {
    let encoding = match encoding {
        None | Some("locale") => Encoding::Utf8,
        Some(name) => match Encoding::named(name) {
            Some(encoding) => encoding,
            None => return Err(cx.error(T::LookupError, &format!("unknown encoding: {name}"))),
        },
    };
    let errors = match errors {
        None => Handler::Strict,
        Some(name) => match Handler::named(name) {
            Some(handler) => handler,
            None => {
                let text = format!("unknown error handler name '{name}'");
                return Err(cx.error(T::LookupError, &text));
            }
        },
    };
    let newline = match newline {
        None => Newline::Universal,
        Some("") => Newline::Kept,
        Some("\n") => Newline::Only("\n"),
        Some("\r") => Newline::Only("\r"),
        Some("\r\n") => Newline::Only("\r\n"),
        Some(other) => {
            let shown = crate::plain::repr::str_repr(other.as_bytes());
            return Err(cx.value_error(&format!("illegal newline value: {shown}")));
        }
    };
    Ok(Text { encoding, errors, newline })
}

/// Opens a path; a pipe, patiently, as that waits for its other end while others run.
fn open_path(
    cx: &mut Cx,
    options: &OpenOptions,
    path: &OsString,
) -> Result<std::io::Result<File>, Stop> {
    use std::os::unix::fs::FileTypeExt;
    if let Err(error) = seam::pass(Act::Open, 0) {
        return Ok(Err(error));
    }
    if !std::fs::metadata(path).is_ok_and(|data| data.file_type().is_fifo()) {
        return Ok(options.open(path));
    }
    let (options, path) = (options.clone(), path.clone());
    cx.offload("sloop-opener", move || options.open(path))
}

/// Opens a path, after what waits in the buffers of other files has been written. Too many open
/// files may be files that nobody refers to any more: those are collected and it tries again.
fn open_file(
    cx: &mut Cx,
    name: &Name,
    options: &OpenOptions,
    closes: bool,
) -> Result<(File, i32), Stop> {
    use std::os::fd::{AsFd, AsRawFd};
    let io = cx.state::<Io>();
    io.flush_files();
    let path = match name {
        Name::Text(path) => match codec::encode(path, Encoding::Utf8, Handler::SurrogateEscape) {
            Ok(path) => path,
            Err(fault) => {
                let object = Value::object(cx.str_wtf8(path));
                return Err(super::codec_error(cx, T::UnicodeEncodeError, &fault, object));
            }
        },
        Name::Bytes(path) => path.clone(),
        Name::Descriptor(fd) => {
            let clone = match fd {
                0 => std::io::stdin().as_fd().try_clone_to_owned(),
                1 => std::io::stdout().as_fd().try_clone_to_owned(),
                2 => std::io::stderr().as_fd().try_clone_to_owned(),
                _ if closes => system::adopt(*fd),
                _ => system::duplicate_owned(*fd),
            };
            return match clone {
                Ok(clone) => Ok((File::from(clone), *fd)),
                Err(error) => Err(io_error(cx, &error, Some(Value::int((*fd).into())))),
            };
        }
    };
    if path.contains(&0) {
        return Err(cx.value_error("embedded null byte"));
    }
    let path = OsString::from_vec(path);
    let mut outcome = open_path(cx, options, &path)?;
    let exhausted =
        |error: &std::io::Error| matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE));
    if outcome.as_ref().is_err_and(exhausted) {
        // The second collection finishes the sweep of the first.
        cx.collect();
        cx.collect();
        outcome = open_path(cx, options, &path)?;
    }
    let filename = name.value(cx);
    match outcome {
        Ok(file) => {
            if file.metadata().is_ok_and(|data| data.is_dir()) {
                return Err(crate::native::error::os_error(cx, libc::EISDIR, Some(filename)));
            }
            let fd = file.as_raw_fd();
            Ok((file, fd))
        }
        Err(error) => Err(io_error(cx, &error, Some(filename))),
    }
}
