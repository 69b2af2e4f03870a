//! The module `sys`.
//!
//! What most programs use is made at import; the rest (`version_info`, `flags`, …, tuples with
//! names) comes from `stdlib/_sysinfo.sloop` when somebody asks for it.

use std::cell::{Cell, RefCell};

use super::error::put;
use super::int::DigitLimit;
use super::{add_functions, display, function, io, traceback};
use crate::gc::Gc;
use crate::plain::int::MIN_DIGITS;
use crate::value::{Dict, Exception, Str, T, Tuple, Value};
use crate::vm::{Args, Cx, Def, Flow, Outcome, Stop};

/// What the host knows about this run.
#[derive(Default)]
pub struct HostInfo {
    pub argv: RefCell<Vec<Vec<u8>>>,
    pub path: RefCell<Vec<String>>,
    pub executable: RefCell<String>,
    pub orig_argv: RefCell<Vec<Vec<u8>>>,
    pub warnings: RefCell<Vec<String>>,
    /// `-X`
    pub extra: RefCell<Vec<(String, Option<String>)>>,
    pub flags: Cell<Flags>,
}

/// What `sys.flags` tells of the command line.
#[derive(Clone, Copy, Default)]
pub struct Flags {
    pub inspect: bool,
    pub interactive: bool,
    /// 1 drops assertions, 2 docstrings as well.
    pub optimize: u8,
    pub ignore_environment: bool,
    pub verbose: u8,
    pub bytes_warning: u8,
    pub quiet: bool,
    pub isolated: bool,
    pub dev_mode: bool,
    /// The script's folder is not searched for modules.
    pub safe_path: bool,
    /// Loops check what is done with them.
    pub debug_loop: bool,
}

static FUNCTIONS: &[Def] = &[
    function("exit(status=None, /)", "Exit the interpreter by raising SystemExit(status).", exit),
    function("getrecursionlimit()", "Return the recursion limit.", getrecursionlimit),
    function("setrecursionlimit(limit, /)", "Set the recursion limit.", setrecursionlimit),
    function("exc_info()", "Return (type, value, traceback) of the handled exception.", exc_info),
    function("exception()", "Return the handled exception.", exception),
    function(
        "_exchange_asyncgen_hooks(firstiter, finalizer, /)",
        "Set what async generators are told to, and return what it was.",
        |cx, args| {
            let hooks = [cx.arg(args, 0).value(), cx.arg(args, 1).value()];
            let before = std::mem::replace(&mut cx.vm_mut().asyncgen_hooks, hooks);
            Ok(Value::object(cx.tuple(&before)))
        },
    ),
    function("_is_gil_enabled()", "Does one thread run at a time?", |_, _| Ok(Value::TRUE)),
    function("_getframe(depth=0, /)", "Return a frame object from the call stack.", getframe),
    function(
        "_getframemodulename(depth=0)",
        "Return the name of the module for a calling frame.",
        frame_module,
    ),
    function("_current_frames()", "Return the frame of each thread.", current_frames),
    function("call_tracing(func, args, /)", "Call func(*args).", |cx, args| {
        let (func, given) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
        match given.cast::<Tuple>() {
            Some(given) => cx.tail(func, given.as_slice()),
            None => {
                let name = cx.type_name(given);
                let text = format!("call_tracing() argument 2 must be tuple, not {name}");
                Err(cx.type_error(&text))
            }
        }
    }),
    function("intern(string, /)", "Return the one string with this content.", intern),
    function(
        "getsizeof(object, default=None, /)",
        "About how many bytes an object takes.",
        getsizeof,
    ),
    function("getrefcount(object, /)", "Nothing is counted here.", getrefcount),
    function("getdefaultencoding()", "Return 'utf-8'.", utf8),
    function("getfilesystemencoding()", "Return 'utf-8'.", utf8),
    function("getfilesystemencodeerrors()", "Return 'surrogateescape'.", surrogateescape),
    function("is_finalizing()", "Is the program ending?", is_finalizing),
    function("excepthook(exctype, value, traceback, /)", "Show an uncaught exception.", excepthook),
    function("displayhook(object, /)", "Print an object to sys.stdout.", displayhook),
    function("_run_flags()", "What the command line said, for `flags`.", run_flags),
    function("getswitchinterval()", "Return the switch interval.", getswitchinterval),
    function("setswitchinterval(interval, /)", "Kept, but nothing switches.", setswitchinterval),
    function("settrace(function, /)", "Takes None only.", refuse_hook),
    function("setprofile(function, /)", "Takes None only.", refuse_hook),
    function("gettrace()", "Return None.", |_, _| Ok(Value::NONE)),
    function("getprofile()", "Return None.", |_, _| Ok(Value::NONE)),
    function("set_int_max_str_digits(maxdigits)", "Sets that limit.", set_digits),
    function("get_int_max_str_digits()", "Most digits an int is converted with.", digits),
    function("__getattr__(name, /)", "What is made when it is asked for.", getattr),
];

/// For the machine, which shows values of expression statements by it.
pub static HOOKS: &[Def] =
    &[function("_displayhook(value, /)", "Show a value at the prompt.", show_value)];

fn show_value(cx: &mut Cx, args: Args) -> Flow {
    let name = cx.intern("displayhook");
    let sys = cx.module_named("sys").and_then(|sys| sys.cast::<crate::value::Module>());
    // Nobody can have changed what was never imported.
    let Some(sys) = sys else { return displayhook(cx, args) };
    match sys.dict.get_str(cx, name) {
        Some(hook) => {
            let value = cx.arg(args, 0).value();
            cx.tail(hook, &[value])
        }
        None => Err(cx.error(T::RuntimeError, "lost sys.displayhook")),
    }
}

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, dict, FUNCTIONS, "sys");
    let set = |name: &str, value: Value| dict.set_str(cx, cx.intern(name), value);
    let host = cx.state::<HostInfo>();
    let texts = |items: Vec<Value>| Value::object(cx.list(items));
    set("argv", texts(host.argv.borrow().iter().map(|a| Value::object(cx.str_wtf8(a))).collect()));
    set(
        "orig_argv",
        texts(host.orig_argv.borrow().iter().map(|a| Value::object(cx.str_wtf8(a))).collect()),
    );
    set("path", texts(host.path.borrow().iter().map(|p| cx.str_value(p)).collect()));
    set("executable", cx.str_value(&host.executable.borrow()));
    set("modules", Value::object(cx.vm().modules));
    for (fd, names) in [["stdin", "__stdin__"], ["stdout", "__stdout__"], ["stderr", "__stderr__"]]
        .into_iter()
        .enumerate()
    {
        let file = io::standard_object(cx, fd);
        set(names[0], file);
        set(names[1], file);
    }
    set("maxsize", cx.int(i64::MAX));
    set("maxunicode", Value::int(0x10FFFF));
    set("byteorder", cx.str_value("little"));
    set("platform", cx.str_value("linux"));
    set("version", cx.str_value(concat!("3.13.0 (Sloop ", env!("CARGO_PKG_VERSION"), ")")));
    set("hexversion", Value::int(0x030D_00F0));
    set("api_version", Value::int(1013));
    set("copyright", cx.str_value("Copyright (c) the Sloop authors."));
    set("float_repr_style", cx.str_value("short"));
    set("abiflags", cx.str_value(""));
    for name in ["prefix", "exec_prefix", "base_prefix", "base_exec_prefix"] {
        set(name, cx.str_value("/usr"));
    }
    set("platlibdir", cx.str_value("lib"));
    set("pycache_prefix", Value::NONE);
    set("dont_write_bytecode", Value::TRUE);
    set("warnoptions", texts(host.warnings.borrow().iter().map(|w| cx.str_value(w)).collect()));
    set("meta_path", texts(Vec::new()));
    set("path_hooks", texts(Vec::new()));
    set("path_importer_cache", Value::object(cx.dict()));
    let extra = cx.dict();
    for (name, value) in host.extra.borrow().iter() {
        let value = value.as_ref().map_or(Value::TRUE, |value| cx.str_value(value));
        extra.set_str(cx, cx.intern(name), value);
    }
    set("_xoptions", Value::object(extra));
    if let Some(hook) = dict.get_str(cx, cx.intern("excepthook")) {
        set("__excepthook__", hook);
    }
    if let Some(hook) = dict.get_str(cx, cx.intern("displayhook")) {
        set("__displayhook__", hook);
    }
    Ok(())
}

/// Names that `_sysinfo` defines.
fn getattr(cx: &mut Cx, args: Args) -> Flow {
    let name = cx.arg(args, 0).value();
    const MADE: &[&str] = &[
        "version_info",
        "implementation",
        "flags",
        "float_info",
        "int_info",
        "hash_info",
        "thread_info",
        "builtin_module_names",
        "stdlib_module_names",
        "unraisablehook",
        "get_asyncgen_hooks",
        "set_asyncgen_hooks",
        "breakpointhook",
    ];
    super::lazy::attribute(cx, "sys", "_sysinfo", MADE, name)
}

pub fn exit(cx: &mut Cx, args: Args) -> Flow {
    let status = cx.opt(args, 0).map_or(Value::NONE, |status| status.value());
    let given = [status];
    end_with(cx, status, if status.is_none() { &given[..0] } else { &given })
}

/// The builtins `exit` and `quit`: the code is among the arguments in any case.
pub fn quit(cx: &mut Cx, args: Args) -> Flow {
    let code = cx.opt(args, 0).map_or(Value::NONE, |code| code.value());
    end_with(cx, code, &[code])
}

fn end_with(cx: &mut Cx, status: Value, given: &[Value]) -> Flow {
    let this = cx.exception(cx.class(T::SystemExit), Value::object(cx.tuple(given)));
    put(cx, this, "code", status);
    Err(cx.throw(this))
}

fn getrecursionlimit(cx: &mut Cx, _: Args) -> Flow {
    Ok(Value::int(cx.vm().recursion_limit().into()))
}

fn setrecursionlimit(cx: &mut Cx, args: Args) -> Flow {
    let limit = cx.arg(args, 0).value();
    let limit = cx.index_i64(limit)?;
    if limit < 1 {
        return Err(cx.value_error("recursion limit must be greater or equal than 1"));
    }
    let Ok(limit) = i32::try_from(limit) else {
        return Err(cx.error(T::OverflowError, "Python int too large to convert to C int"));
    };
    cx.vm_mut().set_recursion_limit(limit as u32);
    Ok(Value::NONE)
}

fn exc_info(cx: &mut Cx, _: Args) -> Flow {
    let handled = cx.handled();
    if !handled.is::<Exception>() {
        return Ok(Value::object(cx.tuple(&[Value::NONE; 3])));
    }
    let class = Value::object(cx.class_of(handled));
    let parts = [class, handled, cx.traceback(handled)];
    Ok(Value::object(cx.tuple(&parts)))
}

fn exception(cx: &mut Cx, _: Args) -> Flow {
    let handled = cx.handled();
    Ok(if handled.is::<Exception>() { handled } else { Value::NONE })
}

fn depth(cx: &mut Cx, args: Args) -> Result<usize, Stop> {
    let depth = match cx.opt(args, 0).map(|depth| depth.value()) {
        Some(depth) => cx.index_i64(depth)?,
        None => 0,
    };
    Ok(depth.max(0) as usize)
}

fn getframe(cx: &mut Cx, args: Args) -> Flow {
    let depth = depth(cx, args)?;
    match cx.frame_at(depth) {
        Some(view) => Ok(Value::object(view)),
        None => Err(cx.value_error("call stack is not deep enough")),
    }
}

fn frame_module(cx: &mut Cx, args: Args) -> Flow {
    let depth = depth(cx, args)?;
    let globals = cx.globals_at(depth).and_then(|globals| globals.cast::<Dict>());
    let name = globals.and_then(|globals| globals.get_str(cx, cx.vm().names.__name__));
    Ok(name.unwrap_or(Value::NONE))
}

/// There is one thread of the language.
fn current_frames(cx: &mut Cx, _: Args) -> Flow {
    let frames = cx.dict();
    if let Some(view) = cx.frame_at(0) {
        cx.dict_set(frames, Value::int(1), Value::object(view))?;
    }
    Ok(Value::object(frames))
}

fn intern(cx: &mut Cx, args: Args) -> Flow {
    let value = cx.arg(args, 0).value();
    match value.cast::<Str>() {
        Some(text) => Ok(Value::object(cx.intern_str(text))),
        None => {
            let name = cx.type_name(value);
            Err(cx.type_error(&match cx.isinstance(value, T::Str) {
                true => format!("can't intern {name}"),
                false => format!("intern() argument must be str, not {name}"),
            }))
        }
    }
}

fn getsizeof(cx: &mut Cx, args: Args) -> Flow {
    let value = cx.arg(args, 0).value();
    let default = cx.opt(args, 1).map_or(Value::UNDEF, |default| default.value());
    let name = cx.intern("__sizeof__");
    let says_itself =
        cx.lookup(cx.class_of(value), name) != cx.class(T::Object).dict.get_str(cx, name);
    if says_itself && let Some(method) = cx.special(value, name)? {
        return cx.call_then(method, &[], sized, [default, Value::NONE, Value::NONE]);
    }
    let own = if value.is_object() { 48 } else { 28 };
    let len = cx.len_plain(value).unwrap_or(0);
    let items = if value.is::<Str>() { len } else { 8 * len };
    Ok(cx.uint((own + items) as u64))
}

/// What `__sizeof__` says, or the default if there is one and it cannot say.
fn sized(cx: &mut Cx, [default, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let size = outcome?;
    match cx.index_i64(size) {
        Ok(size) if size < 0 => Err(cx.value_error("__sizeof__() should return >= 0")),
        Ok(_) => Ok(size),
        Err(_) if !default.is_undef() => Ok(default),
        Err(stop) => Err(stop),
    }
}

fn getrefcount(_: &mut Cx, _: Args) -> Flow {
    Ok(Value::int(1))
}

fn utf8(cx: &mut Cx, _: Args) -> Flow {
    Ok(cx.str_value("utf-8"))
}

fn surrogateescape(cx: &mut Cx, _: Args) -> Flow {
    Ok(cx.str_value("surrogateescape"))
}

fn is_finalizing(_: &mut Cx, _: Args) -> Flow {
    Ok(Value::FALSE)
}

/// What `setswitchinterval` was told.
struct SwitchInterval(Cell<f64>);

impl Default for SwitchInterval {
    fn default() -> SwitchInterval {
        SwitchInterval(Cell::new(0.005))
    }
}

fn run_flags(cx: &mut Cx, _: Args) -> Flow {
    let flags = cx.state::<HostInfo>().flags.get();
    let number = |flag: bool| Value::int(flag.into());
    let parts = [
        number(flags.inspect),
        number(flags.interactive),
        Value::int(flags.optimize.into()),
        number(flags.ignore_environment),
        Value::int(flags.verbose.into()),
        Value::int(flags.bytes_warning.into()),
        number(flags.quiet),
        number(flags.isolated),
        Value::bool(flags.dev_mode),
        Value::bool(flags.safe_path),
        Value::bool(flags.debug_loop),
    ];
    Ok(Value::object(cx.tuple(&parts)))
}

fn getswitchinterval(cx: &mut Cx, _: Args) -> Flow {
    Ok(Value::float(cx.state::<SwitchInterval>().0.get()))
}

fn setswitchinterval(cx: &mut Cx, args: Args) -> Flow {
    let interval = cx.arg(args, 0).value();
    let interval = super::float::float_arg(cx, interval)?;
    if interval <= 0.0 {
        return Err(cx.value_error("switch interval must be strictly positive"));
    }
    cx.state::<SwitchInterval>().0.set(interval);
    Ok(Value::NONE)
}

fn refuse_hook(cx: &mut Cx, args: Args) -> Flow {
    match cx.arg(args, 0).value().is_none() {
        true => Ok(Value::NONE),
        false => Err(cx.error(T::NotImplementedError, "tracing is not part of Sloop")),
    }
}

fn digits(cx: &mut Cx, _: Args) -> Flow {
    Ok(Value::int(super::int::digit_limit(cx) as i64))
}

fn set_digits(cx: &mut Cx, args: Args) -> Flow {
    let limit = cx.arg(args, 0).value();
    let limit = cx.index_i64(limit)?;
    match usize::try_from(limit) {
        Ok(limit) if limit == 0 || limit >= MIN_DIGITS => {
            cx.state::<DigitLimit>().0.set(limit);
            Ok(Value::NONE)
        }
        _ => {
            let text = format!("maxdigits must be 0 or larger than {MIN_DIGITS}");
            Err(cx.value_error(&text))
        }
    }
}

fn excepthook(cx: &mut Cx, args: Args) -> Flow {
    let value = cx.arg(args, 1).value();
    if value.is::<Exception>() {
        let text = traceback::format(cx, value, traceback::Options::default());
        if let Some(stream) = replaced_stderr(cx) {
            let text = Value::object(cx.str_wtf8(&text));
            let args = Value::object(cx.tuple(&[text]));
            let name = cx.intern("write");
            return cx.attribute_then(stream, name, args);
        }
        write_error(cx, &text);
    }
    Ok(Value::NONE)
}

/// What the program has put in the place of `sys.stderr`.
pub fn replaced_stderr(cx: &Cx) -> Option<Value> {
    let sys = cx.module_named("sys")?.cast::<crate::value::Module>()?;
    let [now, first] = ["stderr", "__stderr__"].map(|name| sys.dict.get_str(cx, cx.intern(name)));
    now.filter(|now| !now.is_none() && Some(*now) != first)
}

/// Writes to standard error, which nobody may be reading.
pub fn write_error(cx: &Cx, text: &[u8]) {
    let stream = cx.state::<io::Io>().standard(2).clone();
    if let Ok(mut stream) = stream.try_borrow_mut() {
        let _ = stream.write_text(text);
        let _ = stream.flush();
    }
}

fn displayhook(cx: &mut Cx, args: Args) -> Flow {
    let value = cx.arg(args, 0).value();
    if value.is_none() {
        return Ok(Value::NONE);
    }
    let mut text = display::repr(cx, value)?;
    text.push(b'\n');
    let builtins = cx.vm().builtins;
    builtins.set_str(cx, cx.intern("_"), value);
    let stdout = cx
        .module_named("sys")
        .and_then(|sys| sys.cast::<crate::value::Module>())
        .and_then(|sys| sys.dict.get_str(cx, cx.intern("stdout")));
    // As long as nobody has imported `sys`, nobody has put something else in its place.
    let stdout = match stdout {
        Some(stdout) => stdout,
        None if cx.module_named("sys").is_none() => super::io::standard_object(cx, 1),
        None => return Err(cx.error(T::RuntimeError, "lost sys.stdout")),
    };
    if stdout.is_none() {
        return Ok(Value::NONE);
    }
    let write = cx.get_attribute(stdout, cx.intern("write"))?;
    let text = Value::object(cx.str_wtf8(&text));
    cx.call_then(write, &[text], |_, _, outcome| outcome.map(|_| Value::NONE), [Value::NONE; 3])
}

/// Is this `sys.excepthook` the one that came with Sloop?
pub fn is_own_hook(hook: Value) -> bool {
    let own: crate::vm::NativeFn = excepthook;
    hook.cast::<crate::value::Native>()
        .is_some_and(|native| std::ptr::fn_addr_eq(crate::vm::natives::def_of(native).run, own))
}
