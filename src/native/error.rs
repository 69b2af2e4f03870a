//! Exceptions: construction, attributes and texts of every built-in exception type.
//!
//! What a type keeps beside `args` (`errno`, `name`, `value`, …) are fields of the exception
//! object, listed once in `FIELDS`; a type's table names those it has. Groups are in `group.rs`,
//! tracebacks in `traceback.rs`.

use super::display;
use super::{TypeDef, method, static_method};
use crate::gc::Gc;
use crate::plain::wtf8;
use crate::value::class::overrides;
use crate::value::{Class, Dict, Exception, GetSet, Str, T, Traceback, Tuple, Value};
use crate::vm::{Args, Cx, Flow, Stop};

// ---- fields

const FIELDS: &[&str] = &[
    "name",
    "obj",
    "path",
    "name_from",
    "msg",
    "errno",
    "strerror",
    "filename",
    "filename2",
    "value",
    "code",
    "lineno",
    "offset",
    "text",
    "end_lineno",
    "end_offset",
    "encoding",
    "object",
    "start",
    "end",
    "reason",
    "print_file_and_line",
    "message",
    "exceptions",
];

/// Index of a field, at compile time.
const fn index(name: &str) -> usize {
    let mut at = 0;
    while at < FIELDS.len() {
        let (a, b) = (FIELDS[at].as_bytes(), name.as_bytes());
        let mut i = 0;
        while i < a.len() && i < b.len() && a[i] == b[i] {
            i += 1;
        }
        if i == a.len() && i == b.len() {
            return at;
        }
        at += 1;
    }
    panic!("no such field")
}

fn get_field<const I: usize>(cx: &mut Cx, this: Value) -> Flow {
    Ok(field(cx, receiver(cx, this)?, FIELDS[I]))
}

/// A field that is the first argument unless it was set: the machine raises StopIteration and
/// the like without a call of `__init__`.
fn get_first<const I: usize>(cx: &mut Cx, this: Value) -> Flow {
    let this = receiver(cx, this)?;
    let set = this.field(cx, cx.intern(FIELDS[I]));
    Ok(set.or_else(|| args_of(this).first().copied()).unwrap_or(Value::NONE))
}

fn set_field<const I: usize>(cx: &mut Cx, this: Value, value: Value) -> Flow {
    let value = if value.is_undef() { Value::NONE } else { value };
    put(cx, receiver(cx, this)?, FIELDS[I], value);
    Ok(Value::NONE)
}

const fn attribute<const I: usize>() -> GetSet {
    GetSet { name: FIELDS[I], doc: "", get: get_field::<I>, set: Some(set_field::<I>) }
}

const fn first<const I: usize>() -> GetSet {
    GetSet { name: FIELDS[I], doc: "", get: get_first::<I>, set: Some(set_field::<I>) }
}

const fn read_only<const I: usize>() -> GetSet {
    GetSet { name: FIELDS[I], doc: "", get: get_field::<I>, set: None }
}

macro_rules! fields {
    ($($name:literal),*) => { &[$(attribute::<{ index($name) }>()),*] };
}

/// A field of an exception; None while nobody has set it.
///
/// The `value` of a StopIteration that the machine raised is its first argument.
pub fn field(cx: &Cx, exception: Gc<Exception>, name: &str) -> Value {
    let given = exception.field(cx, cx.intern(name));
    let first = || {
        let args = exception.args.get().cast::<Tuple>().filter(|_| name == "value")?;
        args.as_slice().first().copied()
    };
    given.or_else(first).unwrap_or(Value::NONE)
}

pub fn put(cx: &Cx, exception: Gc<Exception>, name: &str, value: Value) {
    exception.set_field(cx, cx.intern(name), value);
}

pub fn receiver(cx: &Cx, this: Value) -> Result<Gc<Exception>, Stop> {
    this.cast::<Exception>().ok_or_else(|| {
        let text = format!(
            "descriptor requires a 'BaseException' object but received a '{}'",
            cx.type_name(this)
        );
        cx.type_error(&text)
    })
}

// ---- types

/// The types with members of their own; the others inherit all they have.
pub static TYPES: &[&TypeDef] = &[
    &BASE,
    &STOP_ITERATION,
    &STOP_ASYNC,
    &SYSTEM_EXIT,
    &KEY,
    &ATTRIBUTE,
    &NAME,
    &IMPORT,
    &OS,
    &SYNTAX,
    &DECODE,
    &ENCODE,
    &TRANSLATE,
];

static BASE: TypeDef = TypeDef {
    id: T::BaseException,
    doc: "Common base class for all exceptions.",
    methods: &[
        static_method("__new__(cls, *args, **kwargs)", "Create an exception.", new),
        method("__init__(self, *args, **kwargs)", "Initialize self.", init),
        method("__str__(self)", "Return str(self).", str),
        method("__repr__(self)", "Return repr(self).", repr),
        method("with_traceback(self, tb, /)", "Set self.__traceback__ to tb.", with_traceback),
        method("add_note(self, note, /)", "Add a note to the exception.", add_note),
        method("__setstate__(self, state, /)", "Restore attributes.", set_state),
        method("__reduce__(self)", "Return the class, the arguments and the state.", reduce),
    ],
    getsets: &[
        GetSet { name: "args", doc: "", get: get_args, set: Some(set_args) },
        GetSet { name: "__traceback__", doc: "", get: get_trace, set: Some(set_trace) },
        GetSet { name: "__context__", doc: "", get: get_context, set: Some(set_context) },
        GetSet { name: "__cause__", doc: "", get: get_cause, set: Some(set_cause) },
        GetSet {
            name: "__suppress_context__",
            doc: "",
            get: get_suppress,
            set: Some(set_suppress),
        },
    ],
};

const INIT: &str = "__init__(self, *args, **kwargs)";

static STOP_ITERATION: TypeDef = TypeDef {
    id: T::StopIteration,
    doc: "Signal the end from iterator.__next__().",
    methods: &[method(INIT, "Initialize self.", stop_iteration_init)],
    getsets: &[first::<{ index("value") }>()],
};

static STOP_ASYNC: TypeDef = TypeDef {
    id: T::StopAsyncIteration,
    doc: "Signal the end from iterator.__anext__().",
    methods: &[],
    getsets: &[],
};

static SYSTEM_EXIT: TypeDef = TypeDef {
    id: T::SystemExit,
    doc: "Request to exit from the interpreter.",
    methods: &[method(INIT, "Initialize self.", system_exit_init)],
    getsets: &[first::<{ index("code") }>()],
};

static KEY: TypeDef = TypeDef {
    id: T::KeyError,
    doc: "Mapping key not found.",
    methods: &[method("__str__(self)", "Return str(self).", key_str)],
    getsets: &[],
};

static ATTRIBUTE: TypeDef = TypeDef {
    id: T::AttributeError,
    doc: "Attribute not found.",
    methods: &[method(INIT, "Initialize self.", attribute_init)],
    getsets: fields!("name", "obj"),
};

static NAME: TypeDef = TypeDef {
    id: T::NameError,
    doc: "Name not found globally.",
    methods: &[method(INIT, "Initialize self.", name_init)],
    getsets: fields!("name"),
};

static IMPORT: TypeDef = TypeDef {
    id: T::ImportError,
    doc: "Import can't find module, or can't find name in module.",
    methods: &[
        method(INIT, "Initialize self.", import_init),
        method("__str__(self)", "Return str(self).", import_str),
    ],
    getsets: fields!("msg", "name", "path", "name_from"),
};

static OS: TypeDef = TypeDef {
    id: T::OSError,
    doc: "Base class for I/O related errors.",
    methods: &[
        static_method("__new__(cls, *args, **kwargs)", "Create an exception.", os_new),
        method(INIT, "Initialize self.", os_init),
        method("__str__(self)", "Return str(self).", os_str),
    ],
    getsets: fields!("errno", "strerror", "filename", "filename2"),
};

static SYNTAX: TypeDef = TypeDef {
    id: T::SyntaxError,
    doc: "Invalid syntax.",
    methods: &[
        method(INIT, "Initialize self.", syntax_init),
        method("__str__(self)", "Return str(self).", syntax_str),
    ],
    getsets: fields!(
        "msg",
        "filename",
        "lineno",
        "offset",
        "text",
        "end_lineno",
        "end_offset",
        "print_file_and_line"
    ),
};

static DECODE: TypeDef = TypeDef {
    id: T::UnicodeDecodeError,
    doc: "Unicode decoding error.",
    methods: &[
        method(INIT, "Initialize self.", decode_init),
        method("__str__(self)", "Return str(self).", decode_str),
    ],
    getsets: fields!("encoding", "object", "start", "end", "reason"),
};

static ENCODE: TypeDef = TypeDef {
    id: T::UnicodeEncodeError,
    doc: "Unicode encoding error.",
    methods: &[
        method(INIT, "Initialize self.", encode_init),
        method("__str__(self)", "Return str(self).", encode_str),
    ],
    getsets: fields!("encoding", "object", "start", "end", "reason"),
};

static TRANSLATE: TypeDef = TypeDef {
    id: T::UnicodeTranslateError,
    doc: "Unicode translation error.",
    methods: &[
        method(INIT, "Initialize self.", translate_init),
        method("__str__(self)", "Return str(self).", translate_str),
    ],
    getsets: fields!("object", "start", "end", "reason"),
};

/// The attributes of groups, whose fields cannot be set.
pub const GROUP_FIELDS: &[GetSet] =
    &[read_only::<{ index("message") }>(), read_only::<{ index("exceptions") }>()];

/// Built-in types count as complete after `__new__`, unless told that they have an `__init__`;
/// and one type here has two bases, which the table of types cannot say.
pub fn install(cx: &Cx) {
    for def in TYPES.iter().filter(|def| def.id != T::BaseException) {
        if def.methods.iter().any(|row| row.signature == INIT) {
            cx.class(def.id).overrides.set(overrides::INIT);
        }
    }
    add_base(cx, T::UnsupportedOperation, T::OSError, T::ValueError);
    for alias in ["IOError", "EnvironmentError"] {
        let builtins = cx.vm().builtins;
        builtins.set_str(cx, cx.intern(alias), cx.type_object(T::OSError));
    }
}

/// Gives a built-in type a second base, which comes before `Exception` in its ancestry.
pub fn add_base(cx: &Cx, id: T, first: T, second: T) {
    let (class, added) = (cx.class(id), cx.class(second));
    let bases = [cx.type_object(first), Value::object(added)];
    class.bases.set(Value::object(cx.tuple(&bases)));
    let mut mro = class.mro.borrow_mut();
    let shared = mro.iter().position(|&ancestor| added.is_subclass(ancestor));
    if let Some(at) = shared {
        mro.insert(at, added);
    }
    added.subclasses.borrow_mut().push(class);
}

// ---- construction

/// The arguments behind `self` or `cls`: in the places, `**kwargs` comes before `*args`.
pub fn surplus(cx: &Cx, args: Args) -> Vec<Value> {
    cx.args_from(args, 2)
}

fn keywords(cx: &Cx, args: Args) -> Option<Gc<Dict>> {
    cx.arg(args, 1).cast::<Dict>().filter(|dict| !dict.is_empty())
}

pub fn no_keywords(cx: &Cx, args: Args) -> Result<(), Stop> {
    match keywords(cx, args) {
        None => Ok(()),
        Some(_) => {
            let name = cx.type_name(cx.arg(args, 0).value());
            Err(cx.type_error(&format!("{name}() takes no keyword arguments")))
        }
    }
}

/// The class given to `__new__`.
pub fn class_argument(cx: &Cx, args: Args, id: T) -> Result<Gc<Class>, Stop> {
    let value = cx.arg(args, 0).value();
    let root = cx.class(id);
    match value.cast::<Class>() {
        Some(class) if class.is_subclass(root) => Ok(class),
        Some(class) => Err(cx.type_error(&format!(
            "{0}.__new__({1}): {1} is not a subtype of {0}",
            root.name_text(),
            class.name_text()
        ))),
        None => Err(cx.type_error(&format!(
            "{}.__new__(X): X is not a type object ({})",
            root.name_text(),
            cx.type_name(value)
        ))),
    }
}

fn new(cx: &mut Cx, args: Args) -> Flow {
    let class = class_argument(cx, args, T::BaseException)?;
    if !class.is_user() && !class.has(overrides::INIT) && keywords(cx, args).is_some() {
        // There will be no `__init__` to complain.
        let text = format!("{}() takes no keyword arguments", class.name_text());
        return Err(cx.type_error(&text));
    }
    let given = Value::object(cx.tuple(&surplus(cx, args)));
    Ok(Value::object(cx.exception(class, given)))
}

/// Stores the arguments; returns the exception and them.
fn store_args(cx: &Cx, args: Args) -> Result<(Gc<Exception>, Vec<Value>), Stop> {
    let this = receiver(cx, cx.arg(args, 0).value())?;
    let given = surplus(cx, args);
    this.args.set(Value::object(cx.tuple(&given)));
    Ok((this, given))
}

fn init(cx: &mut Cx, args: Args) -> Flow {
    no_keywords(cx, args)?;
    store_args(cx, args)?;
    Ok(Value::NONE)
}

fn stop_iteration_init(cx: &mut Cx, args: Args) -> Flow {
    no_keywords(cx, args)?;
    let (this, given) = store_args(cx, args)?;
    put(cx, this, "value", given.first().copied().unwrap_or(Value::NONE));
    Ok(Value::NONE)
}

fn system_exit_init(cx: &mut Cx, args: Args) -> Flow {
    no_keywords(cx, args)?;
    let (this, given) = store_args(cx, args)?;
    let code = match given[..] {
        [] => Value::NONE,
        [code] => code,
        _ => this.args.get(),
    };
    put(cx, this, "code", code);
    Ok(Value::NONE)
}

/// Fields that can be given by keyword.
fn keyword_fields(
    cx: &Cx,
    args: Args,
    this: Gc<Exception>,
    type_name: &str,
    names: &[&str],
) -> Result<(), Stop> {
    let Some(given) = keywords(cx, args) else { return Ok(()) };
    for entry in given.iter() {
        let key = entry.key.cast::<Str>().map(|k| k.lossy().into_owned()).unwrap_or_default();
        if !names.contains(&key.as_str()) {
            let text = format!("{type_name}() got an unexpected keyword argument '{key}'");
            return Err(cx.type_error(&text));
        }
        put(cx, this, &key, entry.value);
    }
    Ok(())
}

fn attribute_init(cx: &mut Cx, args: Args) -> Flow {
    let (this, _) = store_args(cx, args)?;
    keyword_fields(cx, args, this, "AttributeError", &["name", "obj"])?;
    Ok(Value::NONE)
}

fn name_init(cx: &mut Cx, args: Args) -> Flow {
    let (this, _) = store_args(cx, args)?;
    keyword_fields(cx, args, this, "NameError", &["name"])?;
    Ok(Value::NONE)
}

fn import_init(cx: &mut Cx, args: Args) -> Flow {
    let (this, given) = store_args(cx, args)?;
    if let [message] = given[..] {
        put(cx, this, "msg", message);
    }
    keyword_fields(cx, args, this, "ImportError", &["name", "path", "name_from"])?;
    Ok(Value::NONE)
}

fn syntax_init(cx: &mut Cx, args: Args) -> Flow {
    no_keywords(cx, args)?;
    let (this, given) = store_args(cx, args)?;
    let Some(&message) = given.first() else { return Ok(Value::NONE) };
    put(cx, this, "msg", message);
    let [_, place] = given[..] else { return Ok(Value::NONE) };
    let Some(place) = cx.plain_items(place) else {
        let text = format!("'{}' object is not iterable", cx.type_name(place));
        return Err(cx.type_error(&text));
    };
    if !(4..=6).contains(&place.len()) {
        let least = if place.len() < 4 { "at least 4" } else { "at most 6" };
        let text = format!("function takes {least} arguments ({} given)", place.len());
        return Err(cx.type_error(&text));
    }
    if place.len() == 5 {
        return Err(cx.type_error("end_offset must be provided when end_lineno is provided"));
    }
    let names = ["filename", "lineno", "offset", "text", "end_lineno", "end_offset"];
    for (name, value) in names.into_iter().zip(place) {
        put(cx, this, name, value);
    }
    Ok(Value::NONE)
}

/// `(encoding, object, start, end, reason)`, or the same without the encoding.
fn unicode_init(cx: &mut Cx, args: Args, object: T, names: &[&str]) -> Flow {
    no_keywords(cx, args)?;
    let (this, given) = store_args(cx, args)?;
    if given.len() != names.len() {
        let text =
            format!("function takes exactly {} arguments ({} given)", names.len(), given.len());
        return Err(cx.type_error(&text));
    }
    for (i, (&name, &value)) in names.iter().zip(&given).enumerate() {
        let wanted = match name {
            "object" => object,
            "start" | "end" => T::Int,
            _ => T::Str,
        };
        let fits = cx.isinstance(value, wanted)
            || wanted == T::Bytes && cx.isinstance(value, T::ByteArray);
        if !fits {
            let found = cx.type_name(value);
            let text = match wanted {
                T::Int => format!("'{found}' object cannot be interpreted as an integer"),
                T::Bytes => format!("a bytes-like object is required, not '{found}'"),
                _ => format!("argument {} must be str, not {found}", i + 1),
            };
            return Err(cx.type_error(&text));
        }
        put(cx, this, name, value);
    }
    Ok(Value::NONE)
}

const CODING: &[&str] = &["encoding", "object", "start", "end", "reason"];

fn decode_init(cx: &mut Cx, args: Args) -> Flow {
    unicode_init(cx, args, T::Bytes, CODING)
}

fn encode_init(cx: &mut Cx, args: Args) -> Flow {
    unicode_init(cx, args, T::Str, CODING)
}

fn translate_init(cx: &mut Cx, args: Args) -> Flow {
    unicode_init(cx, args, T::Str, &CODING[1..])
}

// ---- OSError

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
    no_keywords(cx, args)?;
    let this = receiver(cx, cx.arg(args, 0).value())?;
    if os_by_init(cx, cx.class_of(Value::object(this))) {
        os_fields(cx, this, &surplus(cx, args));
    }
    Ok(Value::NONE)
}

fn os_fields(cx: &Cx, this: Gc<Exception>, given: &[Value]) {
    let mut args = given;
    if (2..=5).contains(&given.len()) {
        put(cx, this, "errno", given[0]);
        put(cx, this, "strerror", given[1]);
        if let Some(&filename) = given.get(2)
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

// ---- texts

fn args_of(this: Gc<Exception>) -> Vec<Value> {
    this.args.get().cast::<Tuple>().map(|t| t.as_slice().to_vec()).unwrap_or_default()
}

/// `BaseException.__str__`
fn base_str(cx: &mut Cx, this: Gc<Exception>) -> Result<Vec<u8>, Stop> {
    match args_of(this)[..] {
        [] => Ok(Vec::new()),
        [one] => display::str_of(cx, one),
        _ => display::repr(cx, this.args.get()),
    }
}

fn text(cx: &Cx, bytes: &[u8]) -> Flow {
    Ok(Value::object(cx.str_wtf8(bytes)))
}

fn str(cx: &mut Cx, args: Args) -> Flow {
    let this = receiver(cx, cx.arg(args, 0).value())?;
    if let [one] = args_of(this)[..]
        && one.is::<Str>()
    {
        return Ok(one);
    }
    let bytes = base_str(cx, this)?;
    text(cx, &bytes)
}

fn repr(cx: &mut Cx, args: Args) -> Flow {
    let this = receiver(cx, cx.arg(args, 0).value())?;
    let mut out = cx.type_name(Value::object(this)).into_bytes();
    match args_of(this)[..] {
        [one] => {
            out.push(b'(');
            out.extend(display::repr(cx, one)?);
            out.push(b')');
        }
        _ => out.extend(display::repr(cx, this.args.get())?),
    }
    text(cx, &out)
}

fn key_str(cx: &mut Cx, args: Args) -> Flow {
    let this = receiver(cx, cx.arg(args, 0).value())?;
    let bytes = match args_of(this)[..] {
        [one] => display::repr(cx, one)?,
        _ => base_str(cx, this)?,
    };
    text(cx, &bytes)
}

fn import_str(cx: &mut Cx, args: Args) -> Flow {
    let this = receiver(cx, cx.arg(args, 0).value())?;
    let message = field(cx, this, "msg");
    if message.is::<Str>() {
        return Ok(message);
    }
    let bytes = base_str(cx, this)?;
    text(cx, &bytes)
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

fn syntax_str(cx: &mut Cx, args: Args) -> Flow {
    let this = receiver(cx, cx.arg(args, 0).value())?;
    let mut out = display::str_of(cx, field(cx, this, "msg"))?;
    let filename = field(cx, this, "filename").cast::<Str>();
    let line = field(cx, this, "lineno").as_int();
    let base = filename.map(|name| {
        let name = name.lossy();
        name.rsplit('/').next().unwrap_or_default().to_owned()
    });
    let place = match (base, line) {
        (Some(name), Some(line)) => format!(" ({name}, line {line})"),
        (Some(name), None) => format!(" ({name})"),
        (None, Some(line)) => format!(" (line {line})"),
        (None, None) => String::new(),
    };
    out.extend_from_slice(place.as_bytes());
    text(cx, &out)
}

/// Start and end of a Unicode error, kept inside an object of this length.
fn span(cx: &Cx, this: Gc<Exception>, len: usize) -> (usize, usize) {
    let get = |name| field(cx, this, name).as_int().unwrap_or(0).max(0) as usize;
    let start = get("start").min(len.saturating_sub(1));
    let end = get("end").clamp(usize::from(len > 0), len.max(1));
    (start, end)
}

fn field_text(cx: &mut Cx, this: Gc<Exception>, name: &str) -> Result<String, Stop> {
    let value = field(cx, this, name);
    Ok(wtf8::to_lossy(&display::str_of(cx, value)?))
}

fn decode_str(cx: &mut Cx, args: Args) -> Flow {
    let this = receiver(cx, cx.arg(args, 0).value())?;
    let object = field(cx, this, "object");
    let Some(data) = super::io::bytes_of(cx, object) else { return text(cx, b"") };
    let (start, end) = span(cx, this, data.len());
    let encoding = field_text(cx, this, "encoding")?;
    let reason = field_text(cx, this, "reason")?;
    let shown = match data.get(start) {
        Some(byte) if end == start + 1 => {
            format!(
                "'{encoding}' codec can't decode byte 0x{byte:02x} in position {start}: {reason}"
            )
        }
        _ => format!(
            "'{encoding}' codec can't decode bytes in position {start}-{}: {reason}",
            end.saturating_sub(1)
        ),
    };
    text(cx, shown.as_bytes())
}

/// `character '\x..' in position 3` or `characters in position 3-5`
fn characters(cx: &Cx, this: Gc<Exception>) -> Option<String> {
    let object = field(cx, this, "object").cast::<Str>()?;
    let (start, end) = span(cx, this, object.len());
    match wtf8::point_at(object.as_bytes(), start) {
        Some(point) if end == start + 1 => {
            let mut shown = Vec::new();
            crate::plain::repr::push_escape(&mut shown, point);
            Some(format!("character '{}' in position {start}", wtf8::to_lossy(&shown)))
        }
        _ => Some(format!("characters in position {start}-{}", end.saturating_sub(1))),
    }
}

fn encode_str(cx: &mut Cx, args: Args) -> Flow {
    let this = receiver(cx, cx.arg(args, 0).value())?;
    let Some(what) = characters(cx, this) else { return text(cx, b"") };
    let encoding = field_text(cx, this, "encoding")?;
    let reason = field_text(cx, this, "reason")?;
    text(cx, format!("'{encoding}' codec can't encode {what}: {reason}").as_bytes())
}

fn translate_str(cx: &mut Cx, args: Args) -> Flow {
    let this = receiver(cx, cx.arg(args, 0).value())?;
    let Some(what) = characters(cx, this) else { return text(cx, b"") };
    let reason = field_text(cx, this, "reason")?;
    text(cx, format!("can't translate {what}: {reason}").as_bytes())
}

// ---- attributes that every exception has

fn with_traceback(cx: &mut Cx, args: Args) -> Flow {
    let this = cx.arg(args, 0).value();
    set_trace(cx, this, cx.arg(args, 1).value())?;
    Ok(this)
}

fn add_note(cx: &mut Cx, args: Args) -> Flow {
    let (this, note) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    if !cx.isinstance(note, T::Str) {
        let text = format!("note must be a str, not '{}'", cx.type_name(note));
        return Err(cx.type_error(&text));
    }
    let name = cx.vm().names.__notes__;
    let notes = match cx.get_optional(this, name)? {
        Some(notes) => notes,
        None => {
            let notes = Value::object(cx.list(Vec::new()));
            cx.set_own(this, name, notes);
            notes
        }
    };
    match notes.cast::<crate::value::List>() {
        Some(list) => {
            let grown = list.push(note);
            cx.heap.charge(grown);
            Ok(Value::NONE)
        }
        None => Err(cx.type_error("Cannot add note: __notes__ is not a list")),
    }
}

fn set_state(cx: &mut Cx, args: Args) -> Flow {
    let this = cx.arg(args, 0).value();
    let state = cx.arg(args, 1).value();
    if state.is_none() {
        return Ok(Value::NONE);
    }
    let Some(dict) = cx.unwrap(state).cast::<Dict>() else {
        return Err(cx.type_error("state is not a dictionary"));
    };
    for entry in dict.iter() {
        if let Some(name) = entry.key.cast::<Str>() {
            cx.set_own(this, cx.intern_str(name), entry.value);
        }
    }
    Ok(Value::NONE)
}

fn reduce(cx: &mut Cx, args: Args) -> Flow {
    let this = receiver(cx, cx.arg(args, 0).value())?;
    let class = Value::object(cx.class_of(Value::object(this)));
    let mut parts = vec![class, this.args.get()];
    if let Some(state) = this.extra.get().cast::<Dict>() {
        parts.push(Value::object(state));
    }
    Ok(Value::object(cx.tuple(&parts)))
}

fn get_args(cx: &mut Cx, this: Value) -> Flow {
    Ok(receiver(cx, this)?.args.get())
}

fn set_args(cx: &mut Cx, this: Value, value: Value) -> Flow {
    let this = receiver(cx, this)?;
    if value.is_undef() {
        return Err(cx.type_error("args may not be deleted"));
    }
    match cx.plain_items(cx.unwrap(value)) {
        Some(items) => {
            this.args.set(Value::object(cx.tuple(&items)));
            Ok(Value::NONE)
        }
        None => {
            let text = format!("'{}' object is not iterable", cx.type_name(value));
            Err(cx.type_error(&text))
        }
    }
}

fn get_trace(cx: &mut Cx, this: Value) -> Flow {
    receiver(cx, this)?;
    Ok(cx.traceback(this))
}

fn set_trace(cx: &mut Cx, this: Value, value: Value) -> Flow {
    let this = receiver(cx, this)?;
    if value.is_undef() {
        return Err(cx.type_error("__traceback__ may not be deleted"));
    }
    if !value.is_none() && !cx.is_exact(value, T::Traceback) {
        return Err(cx.type_error("__traceback__ must be a traceback or None"));
    }
    debug_assert!(value.is_none() || value.is::<Traceback>());
    this.trace.borrow_mut().clear();
    this.traceback.set(value);
    Ok(Value::NONE)
}

fn get_context(cx: &mut Cx, this: Value) -> Flow {
    Ok(receiver(cx, this)?.context.get())
}

fn set_context(cx: &mut Cx, this: Value, value: Value) -> Flow {
    let this = receiver(cx, this)?;
    check_link(cx, value, "__context__", "exception context")?;
    this.context.set(value);
    Ok(Value::NONE)
}

fn get_cause(cx: &mut Cx, this: Value) -> Flow {
    Ok(receiver(cx, this)?.cause.get())
}

fn set_cause(cx: &mut Cx, this: Value, value: Value) -> Flow {
    let this = receiver(cx, this)?;
    check_link(cx, value, "__cause__", "exception cause")?;
    this.cause.set(value);
    this.suppress.set(true);
    Ok(Value::NONE)
}

fn check_link(cx: &Cx, value: Value, name: &str, what: &str) -> Result<(), Stop> {
    if value.is_undef() {
        return Err(cx.type_error(&format!("{name} may not be deleted")));
    }
    if !value.is_none() && !value.is::<Exception>() {
        return Err(cx.type_error(&format!("{what} must be None or derive from BaseException")));
    }
    Ok(())
}

fn get_suppress(cx: &mut Cx, this: Value) -> Flow {
    Ok(Value::bool(receiver(cx, this)?.suppress.get()))
}

fn set_suppress(cx: &mut Cx, this: Value, value: Value) -> Flow {
    let this = receiver(cx, this)?;
    if value.is_undef() {
        return Err(cx.type_error("can't delete numeric/char attribute"));
    }
    let Some(yes) = value.as_bool() else {
        return Err(cx.type_error("attribute value type must be bool"));
    };
    this.suppress.set(yes);
    Ok(Value::NONE)
}
