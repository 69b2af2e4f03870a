//! `compile`, `exec` and `eval`.
//!
//! The host compiles (`front.rs`). What is compiled here always keeps its names in a mapping
//! that it is handed when it runs, so that one code object serves any pair of namespaces.

use std::sync::Arc;

use super::front::{Failure, Mode, Request, front};
use super::{function, io};
use crate::code::Code;
use crate::gc::Gc;
use crate::value::{CodeObject, Dict, T, Value};
use crate::vm::{Args, Cx, Def, Flow, Stop};

pub static FUNCTIONS: &[Def] = &[
    function(
        "compile(source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1)",
        "Compile source into a code object that can be executed by exec() or eval().",
        compile,
    ),
    function(
        "exec(source, /, globals=None, locals=None, *, closure=None)",
        "Execute the given source in the context of globals and locals.",
        exec,
    ),
    function(
        "eval(source, /, globals=None, locals=None)",
        "Evaluate the given source in the context of globals and locals.",
        eval,
    ),
    function(
        "__build_class__(func, name, /, *bases, **keywords)",
        "Make the class of a class statement.",
        build_class,
    ),
    function(
        "__import__(name, globals=None, locals=None, fromlist=(), level=0)",
        "Import a module.",
        import,
    ),
];

/// Flags of `compile`.
const ALLOW_TOP_LEVEL_AWAIT: i64 = 0x2000;
const ALLOW_INCOMPLETE_INPUT: i64 = 0x4000;
const ONLY_AST: i64 = 0x400;
pub(super) const FUTURE_ANNOTATIONS: i64 = 0x100_0000;
/// Nested scopes, flags of the compiler, features of `__future__`.
const KNOWN_FLAGS: i64 = 0x1fe_ff10;

// ---- source

/// Source given as str or bytes; None for other values.
fn source_text(cx: &Cx, value: Value) -> Result<Option<String>, Stop> {
    let text = if let Some(text) = io::text_of(cx, value) {
        match text.as_str() {
            Some(text) => text.to_owned(),
            None => {
                let fault = crate::plain::codec::encode(
                    text.as_bytes(),
                    crate::plain::codec::Encoding::Utf8,
                    crate::plain::codec::Handler::Strict,
                );
                return match fault {
                    Err(fault) => {
                        Err(io::codec_error(cx, T::UnicodeEncodeError, &fault, Value::object(text)))
                    }
                    Ok(_) => Ok(None),
                };
            }
        }
    } else if let Some(data) = io::bytes_of(cx, value) {
        match front(cx).map(|front| front.decode(&data)) {
            Some(Ok(text)) => text,
            Some(Err(message)) => return Err(cx.error(T::SyntaxError, &message)),
            None => String::from_utf8_lossy(&data).into_owned(),
        }
    } else {
        return Ok(None);
    };
    if text.contains('\0') {
        return Err(cx.error(T::SyntaxError, "source code string cannot contain null bytes"));
    }
    Ok(Some(text))
}

fn not_source(cx: &Cx, function: &str) -> Stop {
    let kinds = if function == "compile" {
        "a string, bytes or AST object"
    } else {
        "a string, bytes or code object"
    };
    cx.type_error(&format!("{function}() arg 1 must be {kinds}"))
}

fn build(cx: &mut Cx, request: &Request<'_>) -> Result<Arc<Code>, Stop> {
    let Some(front) = front(cx) else {
        return Err(cx.error(T::RuntimeError, "there is no compiler in this program"));
    };
    let (code, warnings) = front.compile(request).map_err(|failure| raise(cx, &failure))?;
    for found in &warnings {
        warn(cx, found)?;
    }
    Ok(code)
}

/// Warns of something in a source; a filter that makes exceptions of such warnings makes an error
/// of the source.
fn warn(cx: &mut Cx, found: &Failure) -> Result<(), Stop> {
    let args =
        [cx.str_value(&found.message), cx.str_value(&found.filename), cx.uint(found.line as u64)];
    match cx.call_prelude("_warn_of_source", &args)? == Value::TRUE {
        true => Ok(()),
        false => Err(raise(cx, found)),
    }
}

/// Raises the SyntaxError for source that could not be compiled.
pub fn raise(cx: &Cx, failure: &Failure) -> Stop {
    let place = [
        cx.str_value(&failure.filename),
        cx.uint(failure.line as u64),
        cx.uint(failure.offset as u64),
        failure.text.as_ref().map_or(Value::NONE, |text| cx.str_value(text)),
        cx.uint(failure.end_line as u64),
        cx.uint(failure.end_offset as u64),
    ];
    let message = cx.str_value(&failure.message);
    let args = [message, Value::object(cx.tuple(&place))];
    let id = if failure.is_incomplete { T::IncompleteInputError } else { failure.id };
    let this = cx.exception(cx.class(id), Value::object(cx.tuple(&args)));
    super::error::put(cx, this, "msg", message);
    let names = ["filename", "lineno", "offset", "text", "end_lineno", "end_offset"];
    for (name, value) in names.into_iter().zip(place) {
        super::error::put(cx, this, name, value);
    }
    cx.throw(this)
}

// ---- the functions

fn flag(cx: &mut Cx, args: Args, i: usize, default: i64) -> Result<i64, Stop> {
    match cx.opt(args, i).map(|value| value.value()) {
        Some(value) => cx.index_i64(value),
        None => Ok(default),
    }
}

/// -1 is what the command line says.
fn level(cx: &Cx, optimize: i64) -> u8 {
    match u8::try_from(optimize) {
        Ok(optimize) => optimize,
        Err(_) => cx.state::<super::sys::HostInfo>().flags.get().optimize,
    }
}

fn compile(cx: &mut Cx, args: Args) -> Flow {
    let flags = flag(cx, args, 3, 0)?;
    let optimize = flag(cx, args, 5, -1)?;
    let dont_inherit = flag(cx, args, 4, 0)? != 0;
    let (source, filename) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    let mode = cx.arg(args, 2).value();
    let filename = cx.scope(|cx| {
        cx.root(source);
        cx.root(mode);
        let filename = super::posix::given::plain_path(cx, filename)?;
        Ok(match io::text_of(cx, filename) {
            Some(text) => text.lossy().into_owned(),
            None => {
                let data = io::bytes_of(cx, filename).unwrap_or_default();
                String::from_utf8_lossy(&data).into_owned()
            }
        })
    })?;
    let Some(mode) = io::text_of(cx, mode) else {
        let text = format!("compile() argument 'mode' must be str, not {}", cx.type_name(mode));
        return Err(cx.type_error(&text));
    };
    let mode = match mode.as_bytes() {
        b"exec" => Mode::Module,
        b"eval" => Mode::Expression,
        b"single" => Mode::Interactive,
        b"func_type" if flags & ONLY_AST == 0 => {
            let text = "compile() mode 'func_type' requires flag PyCF_ONLY_AST";
            return Err(cx.value_error(text));
        }
        _ => {
            let text = "compile() mode must be 'exec', 'eval' or 'single'";
            return Err(cx.value_error(text));
        }
    };
    if !(-1..=2).contains(&optimize) {
        return Err(cx.value_error("compile(): invalid optimize value"));
    }
    if flags & !KNOWN_FLAGS != 0 {
        return Err(cx.value_error("compile(): unrecognised flags"));
    }
    if flags & ONLY_AST != 0 {
        return Err(cx.value_error("compile(): syntax trees are not part of Sloop"));
    }
    if source.is::<CodeObject>() {
        return Err(not_source(cx, "compile"));
    }
    let Some(text) = source_text(cx, source)? else {
        return Err(not_source(cx, "compile"));
    };
    let request = Request {
        text: &text,
        filename: filename.into(),
        mode,
        optimize: level(cx, optimize),
        allow_incomplete: flags & ALLOW_INCOMPLETE_INPUT != 0,
        top_level_await: flags & ALLOW_TOP_LEVEL_AWAIT != 0,
        future_annotations: flags & FUTURE_ANNOTATIONS != 0
            || !dont_inherit && caller_has_future_annotations(cx),
    };
    let code = build(cx, &request)?;
    // Bound to the caller's globals for now; whoever runs it links it anew.
    let globals = globals_of(cx, Value::UNDEF, "compile")?;
    Ok(Value::object(cx.vm().link(&code, globals)))
}

fn caller_has_future_annotations(cx: &Cx) -> bool {
    cx.place_above(0).is_some_and(|(code, _)| code.code.future_annotations)
}

fn exec(cx: &mut Cx, args: Args) -> Flow {
    run(cx, args, "exec", Mode::Module)
}

fn eval(cx: &mut Cx, args: Args) -> Flow {
    run(cx, args, "eval", Mode::Expression)
}

/// Runs source or code in two namespaces, as the native's last act.
fn run(cx: &mut Cx, args: Args, name: &str, mode: Mode) -> Flow {
    let given = |i: usize| match cx.opt(args, i).map(|value| value.value()) {
        Some(value) if !value.is_none() => value,
        _ => Value::UNDEF,
    };
    let (globals_given, locals_given) = (given(1), given(2));
    if mode == Mode::Expression {
        if !locals_given.is_undef() && !is_mapping(cx, locals_given) {
            return Err(cx.type_error("locals must be a mapping"));
        }
        if !globals_given.is_undef() && !cx.unwrap(globals_given).is::<Dict>() {
            let text = match is_mapping(cx, globals_given) {
                true => "globals must be a real dict; try eval(expr, {}, mapping)",
                false => "globals must be a dict",
            };
            return Err(cx.type_error(text));
        }
    }
    let globals = globals_of(cx, globals_given, name)?;
    let locals = if !locals_given.is_undef() {
        locals_given
    } else if !globals_given.is_undef() {
        Value::object(globals)
    } else {
        cx.caller_locals()
    };
    if !is_mapping(cx, locals) {
        let text =
            format!("{name}() locals must be a mapping or None, not {}", cx.type_name(locals));
        return Err(cx.type_error(&text));
    }
    let source = cx.arg(args, 0).value();
    let code = match source.cast::<CodeObject>() {
        Some(code) => {
            if !code.code.captures.is_empty() {
                let text = format!("code object passed to {name}() may not contain free variables");
                return Err(cx.type_error(&text));
            }
            code.code.clone()
        }
        None => {
            let Some(mut text) = source_text(cx, source)? else {
                return Err(not_source(cx, name));
            };
            if mode == Mode::Expression {
                text = text.trim_start_matches([' ', '\t']).to_owned();
            }
            let request = Request {
                text: &text,
                filename: "<string>".into(),
                mode,
                optimize: level(cx, -1),
                allow_incomplete: false,
                top_level_await: false,
                future_annotations: caller_has_future_annotations(cx),
            };
            build(cx, &request)?
        }
    };
    let (function, takes) = cx.vm().body_function(&code, globals);
    let value = Value::object(function);
    let args = [locals];
    let args = if takes { &args[..] } else { &[] };
    if name == "eval" {
        return cx.tail(value, args);
    }
    cx.call_then(value, args, |_, _, outcome| outcome.map(|_| Value::NONE), [Value::NONE; 3])
}

fn is_mapping(cx: &Cx, value: Value) -> bool {
    let class = cx.class_of(value);
    cx.unwrap(value).is::<Dict>() || cx.lookup(class, cx.vm().names.__getitem__).is_some()
}

/// The globals to run in, made into a namespace. UNDEF means the caller's.
fn globals_of(cx: &Cx, given: Value, name: &str) -> Result<Gc<Dict>, Stop> {
    let value = if given.is_undef() { cx.caller_globals() } else { cx.unwrap(given) };
    let Some(dict) = value.cast::<Dict>() else {
        let text = format!("{name}() globals must be a dict, not {}", cx.type_name(given));
        return Err(cx.type_error(&text));
    };
    dict.become_namespace(cx);
    let key = cx.intern("__builtins__");
    if !given.is_undef() && dict.get_str(cx, key).is_none() {
        dict.set_str(cx, key, Value::object(cx.vm().builtins));
    }
    Ok(dict)
}

fn build_class(cx: &mut Cx, args: Args) -> Flow {
    let [body, name] = [0, 1].map(|i| cx.arg(args, i).value());
    if !body.is::<crate::value::Function>() {
        return Err(cx.type_error("__build_class__: func must be a function"));
    }
    if io::text_of(cx, name).is_none() {
        return Err(cx.type_error("__build_class__: name is not a string"));
    }
    // In the places, `**keywords` comes before `*bases`.
    let keywords = cx.arg(args, 2).cast::<Dict>().unwrap_or_else(|| cx.dict());
    let bases = cx.tuple(&cx.args_from(args, 3));
    let [bases, keywords] = [Value::object(bases), Value::object(keywords)];
    cx.tail_prelude("_build_class", &[body, name, bases, keywords])
}

fn import(cx: &mut Cx, args: Args) -> Flow {
    let name = cx.arg(args, 0).value();
    let Some(name) = io::text_of(cx, name) else {
        return Err(cx.type_error("module name must be a string"));
    };
    let level = flag(cx, args, 4, 0)?;
    if level < 0 {
        return Err(cx.value_error("level must be >= 0"));
    }
    let fromlist = cx.opt(args, 3).map_or(Value::NONE, |list| list.value());
    let globals = cx.opt(args, 1).and_then(|globals| cx.unwrap(globals.value()).cast::<Dict>());
    let globals = match globals {
        Some(globals) => globals,
        None if level == 0 => cx.vm().builtins,
        None => return Err(cx.error(T::KeyError, "'__name__' not in globals")),
    };
    let full = cx.absolute_name(cx.intern_str(name), globals, level as usize)?;
    cx.import_then(&full, fromlist, level == 0)
}
