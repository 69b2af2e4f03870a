//! `OSError`: which subclass an error number means, the fields, and the text.

use super::{
    INIT, base_str, class_argument, field, no_keywords, no_keywords_for, put, receiver, surplus,
    text,
};
use crate::gc::Gc;
use crate::native::{TypeDef, display, method, static_method};
use crate::value::class::overrides;
use crate::value::{Class, Exception, T, Value};
use crate::vm::{Args, Cx, Flow, GetSet, Stop};

pub static TYPE: TypeDef = TypeDef {
    id: T::OSError,
    doc: "Base class for I/O related errors.",
    methods: &[
        static_method("__new__(cls, *args, **kwargs)", "Create an exception.", os_new),
        method(INIT, "Initialize self.", os_init),
        method("__str__(self)", "Return str(self).", os_str),
    ],
    getsets: &[
        super::attribute::<{ super::index("errno") }>(),
        super::attribute::<{ super::index("strerror") }>(),
        super::attribute::<{ super::index("filename") }>(),
        super::attribute::<{ super::index("filename2") }>(),
        GetSet { name: WRITTEN, doc: "", get: characters_written, set: Some(set_written) },
    ],
};

const WRITTEN: &str = "characters_written";

fn characters_written(cx: &mut Cx, this: Value) -> Flow {
    let written = receiver(cx, this)?.field(cx, cx.intern(WRITTEN));
    let written = written.filter(|written| !written.is_none());
    written.ok_or_else(|| cx.error(T::AttributeError, WRITTEN))
}

fn set_written(cx: &mut Cx, this: Value, value: Value) -> Flow {
    let written = match value.is_undef() {
        true => {
            characters_written(cx, this)?;
            Value::NONE
        }
        false => {
            let count = cx.index_i64(value)?;
            cx.int(count)
        }
    };
    put(cx, receiver(cx, this)?, WRITTEN, written);
    Ok(Value::NONE)
}

/// The subclass for an error number.
fn os_class(errno: i64) -> T {
    match errno as i32 {
        libc::EAGAIN | libc::EALREADY | libc::EINPROGRESS => T::BlockingIOError,
        libc::EPIPE | libc::ESHUTDOWN => T::BrokenPipeError,
        libc::ECHILD => T::ChildProcessError,
        libc::ECONNABORTED => T::ConnectionAbortedError,
        libc::ECONNREFUSED => T::ConnectionRefusedError,
        libc::ECONNRESET => T::ConnectionResetError,
        libc::EEXIST => T::FileExistsError,
        libc::ENOENT => T::FileNotFoundError,
        libc::EISDIR => T::IsADirectoryError,
        libc::ENOTDIR => T::NotADirectoryError,
        libc::EINTR => T::InterruptedError,
        libc::EACCES | libc::EPERM => T::PermissionError,
        libc::ESRCH => T::ProcessLookupError,
        libc::ETIMEDOUT => T::TimeoutError,
        _ => T::OSError,
    }
}

/// The system's words for an error number.
pub fn strerror(errno: i32) -> String {
    let text = std::io::Error::from_raw_os_error(errno).to_string();
    match text.rfind(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// Raises the OSError for an error number.
pub fn os_error(cx: &Cx, errno: i32, filename: Option<Value>) -> Stop {
    let class = cx.class(os_class(errno.into()));
    let given = [Value::int(errno.into()), cx.str_value(&strerror(errno))];
    let this = cx.exception(class, Value::object(cx.tuple(&given)));
    put(cx, this, "errno", given[0]);
    put(cx, this, "strerror", given[1]);
    if let Some(filename) = filename {
        put(cx, this, "filename", filename);
    }
    cx.throw(this)
}

/// Raises the error of a write that would have to wait, of which so many bytes were taken.
pub fn would_block(cx: &Cx, taken: usize) -> Stop {
    let text = "write could not complete without blocking";
    let given = [Value::int(libc::EAGAIN.into()), cx.str_value(text), cx.uint(taken as u64)];
    let this = cx.exception(cx.class(T::BlockingIOError), Value::object(cx.tuple(&given)));
    for (name, value) in ["errno", "strerror", WRITTEN].into_iter().zip(given) {
        put(cx, this, name, value);
    }
    cx.throw(this)
}

/// Raises the OSError for an error of the Rust library.
pub fn io_error(cx: &Cx, error: &std::io::Error, filename: Option<Value>) -> Stop {
    os_error(cx, error.raw_os_error().unwrap_or(libc::EIO), filename)
}

/// Does the class leave the fields to an `__init__` of its own?
fn os_by_init(cx: &Cx, class: Gc<Class>) -> bool {
    if !class.is_user() || class.has(overrides::NEW) {
        return false;
    }
    let names = &cx.vm().names;
    let own = cx.class(T::OSError).dict.get_str(cx, names.__init__);
    cx.lookup(class, names.__init__) != own
}

fn os_new(cx: &mut Cx, args: Args) -> Flow {
    let mut class = class_argument(cx, args, T::OSError)?;
    let given = surplus(cx, args);
    if os_by_init(cx, class) {
        let none = Value::object(cx.tuple(&[]));
        return Ok(Value::object(cx.exception(class, none)));
    }
    // Told before the number picks a subclass.
    no_keywords_for(cx, args, class)?;
    if class == cx.class(T::OSError)
        && (2..=5).contains(&given.len())
        && let Some(errno) = given[0].as_int()
    {
        class = cx.class(os_class(errno));
    }
    let this = cx.exception(class, Value::NONE);
    os_fields(cx, this, &given);
    Ok(Value::object(this))
}

fn os_init(cx: &mut Cx, args: Args) -> Flow {
    let this = receiver(cx, cx.arg(args, 0).value())?;
    if os_by_init(cx, cx.class_of(Value::object(this))) {
        no_keywords(cx, args)?;
        os_fields(cx, this, &surplus(cx, args));
    }
    Ok(Value::NONE)
}

fn os_fields(cx: &Cx, this: Gc<Exception>, given: &[Value]) {
    let mut args = given;
    if (2..=5).contains(&given.len()) {
        put(cx, this, "errno", given[0]);
        put(cx, this, "strerror", given[1]);
        // How much of what was to be written has been.
        let written = given.get(2).and_then(|&count| match count {
            Value::TRUE | Value::FALSE => Some(Value::int((count == Value::TRUE).into())),
            count => count.as_int().is_some().then_some(count),
        });
        if let Some(written) = written
            && cx.isinstance(Value::object(this), T::BlockingIOError)
        {
            put(cx, this, WRITTEN, written);
        } else if let Some(&filename) = given.get(2)
            && !filename.is_none()
        {
            put(cx, this, "filename", filename);
            if let Some(&second) = given.get(4) {
                put(cx, this, "filename2", second);
            }
            args = &given[..2];
        }
    }
    this.args.set(Value::object(cx.tuple(args)));
}

fn os_str(cx: &mut Cx, args: Args) -> Flow {
    let this = receiver(cx, cx.arg(args, 0).value())?;
    let get = |cx: &Cx, name: &str| field(cx, this, name);
    let has_both = !get(cx, "errno").is_none() && !get(cx, "strerror").is_none();
    if !has_both && get(cx, "filename").is_none() {
        let bytes = base_str(cx, this)?;
        return text(cx, &bytes);
    }
    let mut out = b"[Errno ".to_vec();
    out.extend(display::str_of(cx, get(cx, "errno"))?);
    out.extend_from_slice(b"] ");
    out.extend(display::str_of(cx, get(cx, "strerror"))?);
    let filename = get(cx, "filename");
    if !filename.is_none() {
        out.extend_from_slice(b": ");
        out.extend(display::repr(cx, filename)?);
        let second = get(cx, "filename2");
        if !second.is_none() {
            out.extend_from_slice(b" -> ");
            out.extend(display::repr(cx, second)?);
        }
    }
    text(cx, &out)
}
