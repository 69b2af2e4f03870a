//! Paths as programs give them: text, bytes, objects that are paths, descriptors; names that are
//! relative to an open folder.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use crate::native::bytes::data_of;
use crate::native::error::{io_error, strerror};
use crate::plain::codec::{self, Encoding, Handler};
use crate::value::{Str, T, Value};
use crate::vm::files::HERE;
use crate::vm::{Args, Cx, Flow, Stop};

/// A path that a program gave.
pub struct Given {
    pub path: PathBuf,
    /// As it was given: errors name it.
    pub value: Value,
    /// Names that are found there are bytes, too.
    pub bytes: bool,
}

/// What is accepted where a path is expected.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kinds {
    Path,
    OrOpen,
    OrOpenOrNone,
}

/// A path, or the descriptor of something that is open.
pub enum Spot {
    Path(Given),
    Open(i32, Value),
}

/// The argument as it is, if it is str or bytes, or what its `__fspath__` says.
pub fn plain_path(cx: &mut Cx, value: Value) -> Result<Value, Stop> {
    if is_plain(cx, value) {
        return Ok(value);
    }
    match by_method(cx, value)? {
        Some(path) => Ok(path),
        None => {
            let name = cx.type_name(value);
            let text = format!("expected str, bytes or os.PathLike object, not {name}");
            Err(cx.type_error(&text))
        }
    }
}

fn is_plain(cx: &Cx, value: Value) -> bool {
    cx.isinstance(value, T::Str) || cx.isinstance(value, T::Bytes)
}

fn is_number(cx: &mut Cx, value: Value) -> Result<bool, Stop> {
    if value.is_undef() || value.is_none() {
        return Ok(false);
    }
    let key = cx.intern("__index__");
    Ok(cx.isinstance(value, T::Int) || cx.special(value, key)?.is_some())
}

fn by_method(cx: &mut Cx, value: Value) -> Result<Option<Value>, Stop> {
    let key = cx.intern("__fspath__");
    let Some(method) = cx.special(value, key)? else { return Ok(None) };
    let path = cx.call(method, &[])?;
    if is_plain(cx, path) {
        return Ok(Some(path));
    }
    let (name, found) = (cx.type_name(value), cx.type_name(path));
    let text = format!("expected {name}.__fspath__() to return str or bytes, not {found}");
    Err(cx.type_error(&text))
}

/// An argument of `fspath` and its like: they do not say who asks.
pub fn given(cx: &mut Cx, args: Args, i: usize) -> Result<Given, Stop> {
    let value = cx.arg(args, i).value();
    let value = plain_path(cx, value)?;
    read(cx, value, "embedded null byte")
}

fn read(cx: &mut Cx, value: Value, null: &str) -> Result<Given, Stop> {
    let inner = cx.unwrap(value);
    let (bytes, is_bytes) = match inner.cast::<Str>() {
        Some(text) => {
            match codec::encode(text.as_bytes(), Encoding::Utf8, Handler::SurrogateEscape) {
                Ok(bytes) => (bytes.to_vec(), false),
                Err(fault) => {
                    let text = Value::object(text);
                    let kind = T::UnicodeEncodeError;
                    return Err(crate::native::io::codec_error(cx, kind, &fault, text));
                }
            }
        }
        None => (data_of(cx, inner).map(|data| data.to_vec()).unwrap_or_default(), true),
    };
    if bytes.contains(&0) {
        return Err(cx.value_error(null));
    }
    Ok(Given { path: PathBuf::from(OsString::from_vec(bytes)), value, bytes: is_bytes })
}

/// The path that a parameter of a function is; `who` is `function: parameter`.
pub fn path_of(cx: &mut Cx, args: Args, i: usize, who: &str) -> Result<Given, Stop> {
    match spot(cx, args, i, who, Kinds::Path)? {
        Spot::Path(given) => Ok(given),
        Spot::Open(..) => unreachable!("none is accepted"),
    }
}

/// The path or descriptor that a parameter of a function is.
pub fn spot(cx: &mut Cx, args: Args, i: usize, who: &str, kinds: Kinds) -> Result<Spot, Stop> {
    let value = cx.arg(args, i).value();
    let (function, parameter) = who.split_once(": ").unwrap_or((who, "path"));
    let plain = if is_plain(cx, value) {
        Some(value)
    } else if kinds == Kinds::OrOpenOrNone && (value.is_undef() || value.is_none()) {
        let here = cx.str_value(".");
        return Ok(Spot::Path(Given { path: ".".into(), value: here, bytes: false }));
    } else {
        by_method(cx, value)?
    };
    if let Some(value) = plain {
        let null = format!("{function}: embedded null character in {parameter}");
        return read(cx, value, &null).map(Spot::Path);
    }
    if kinds != Kinds::Path && is_number(cx, value)? {
        let fd = cx.index_i64(value).ok().and_then(|fd| i32::try_from(fd).ok());
        return match fd {
            Some(fd) => Ok(Spot::Open(fd, value)),
            None => {
                cx.take_exception();
                Err(cx.error(T::OverflowError, "fd is greater than maximum"))
            }
        };
    }
    let wanted = match kinds {
        Kinds::Path => "string, bytes or os.PathLike",
        Kinds::OrOpen => "string, bytes, os.PathLike or integer",
        Kinds::OrOpenOrNone => "string, bytes, os.PathLike, integer or None",
    };
    let found = cx.type_name(value);
    let text = format!("{function}: {parameter} should be {wanted}, not {found}");
    Err(cx.type_error(&text))
}

/// The open folder that names are relative to.
pub fn folder(cx: &mut Cx, args: Args, i: usize) -> Result<i32, Stop> {
    let value = cx.arg(args, i).value();
    if value.is_undef() || value.is_none() {
        return Ok(HERE);
    }
    if !is_number(cx, value)? {
        let found = cx.type_name(value);
        let text = format!("argument should be integer or None, not {found}");
        return Err(cx.type_error(&text));
    }
    let fd = cx.index_i64(value)?;
    match i32::try_from(fd) {
        Ok(fd) => Ok(fd),
        Err(_) => Err(cx.error(T::OverflowError, "fd is greater than maximum")),
    }
}

/// True unless the program says that links are not to be followed.
pub fn flag_or(cx: &mut Cx, args: Args, i: usize, default: bool) -> Result<bool, Stop> {
    let value = cx.arg(args, i).value();
    if value.is_undef() { Ok(default) } else { cx.truth(value) }
}

/// A descriptor goes neither with a folder nor with a link.
pub fn alone(cx: &Cx, who: &str, dir: i32, follow: bool) -> Result<(), Stop> {
    let text = if dir != HERE {
        "can't specify dir_fd without matching path"
    } else if !follow {
        "cannot use fd and follow_symlinks together"
    } else {
        return Ok(());
    };
    Err(cx.value_error(&format!("{who}: {text}")))
}

/// A name that the system has: bytes that are no UTF-8 become lone surrogates.
pub fn name_value(cx: &Cx, name: OsString, bytes: bool) -> Value {
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

pub fn done(cx: &Cx, result: io::Result<()>, given: &Given) -> Flow {
    failed_at(cx, result, given.value).map(|()| Value::NONE)
}

/// The result, or an error that names what was given.
pub fn failed_at<R>(cx: &Cx, result: io::Result<R>, value: Value) -> Result<R, Stop> {
    result.map_err(|error| io_error(cx, &error, Some(value)))
}

/// The result, or an error that names nothing.
pub fn plain<R>(cx: &Cx, result: io::Result<R>) -> Result<R, Stop> {
    result.map_err(|error| io_error(cx, &error, None))
}

/// Does something with two paths; an error names both.
pub fn two_paths(
    cx: &mut Cx,
    args: Args,
    who: [&str; 2],
    act: impl FnOnce(&Path, &Path) -> io::Result<()>,
) -> Flow {
    let from = path_of(cx, args, 0, who[0])?;
    let to = path_of(cx, args, 1, who[1])?;
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

pub fn number_or(cx: &mut Cx, args: Args, i: usize, default: i64) -> Result<i64, Stop> {
    let value = cx.arg(args, i).value();
    if value.is_undef() { Ok(default) } else { cx.index_i64(value) }
}
