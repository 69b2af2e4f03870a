//! Exceptions: construction, attributes and texts of every built-in exception type.
//!
//! What a type keeps beside `args` (`errno`, `name`, `value`, …) are fields of the exception
//! object, listed once in `FIELDS`; a type's table names those it has. Groups are in `group.rs`,
//! tracebacks in `traceback.rs`.

mod base;
mod coding;
mod os;

pub use os::{io_error, os_error, strerror, would_block};

use super::display;
use super::{TypeDef, method};
use crate::gc::Gc;
use crate::value::class::overrides;
use crate::value::{Class, Dict, Exception, Str, T, Tuple, Value};
use crate::vm::{Args, Cx, Flow, GetSet, Stop};

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
    ($($name:literal),*) => {
        &[$($crate::native::error::attribute::<{ $crate::native::error::index($name) }>()),*]
    };
}
use fields;

/// A field of an exception; None while nobody has set it.
pub fn field(cx: &Cx, exception: Gc<Exception>, name: &str) -> Value {
    let found = exception.field(cx, cx.intern(name));
    // What the machine raises has a message without a call of `__init__`.
    let message = || match args_of(exception)[..] {
        [message] if name == "msg" => Some(message),
        _ => None,
    };
    found.or_else(message).unwrap_or(Value::NONE)
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
    &base::TYPE,
    &STOP_ITERATION,
    &STOP_ASYNC,
    &SYSTEM_EXIT,
    &KEY,
    &ATTRIBUTE,
    &NAME,
    &IMPORT,
    &os::TYPE,
    &SYNTAX,
    coding::TYPES[0],
    coding::TYPES[1],
    coding::TYPES[2],
];

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

/// The attributes of groups, whose fields cannot be set.
pub const GROUP_FIELDS: &[GetSet] =
    &[read_only::<{ index("message") }>(), read_only::<{ index("exceptions") }>()];

/// Built-in types count as complete after `__new__`, unless told that they have an `__init__`;
/// and one type here has two bases, which the table of types cannot say.
pub fn install(cx: &Cx) {
    for def in TYPES.iter().filter(|def| def.id != T::BaseException) {
        if def.methods.iter().any(|row| row.signature.text == INIT) {
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
    no_keywords_for(cx, args, cx.class_of(cx.arg(args, 0).value()))
}

pub fn no_keywords_for(cx: &Cx, args: Args, class: Gc<Class>) -> Result<(), Stop> {
    match keywords(cx, args) {
        None => Ok(()),
        Some(_) => {
            let name = cx.class_text(class);
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

/// Stores the arguments; returns the exception and them.
fn store_args(cx: &Cx, args: Args) -> Result<(Gc<Exception>, Vec<Value>), Stop> {
    let this = receiver(cx, cx.arg(args, 0).value())?;
    let given = surplus(cx, args);
    this.args.set(Value::object(cx.tuple(&given)));
    Ok((this, given))
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
    for name in ["name", "path", "name_from"] {
        put(cx, this, name, Value::NONE);
    }
    put(cx, this, "msg", if let [message] = given[..] { message } else { Value::NONE });
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
