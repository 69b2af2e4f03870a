//! Functions made of code, and code of other code; and what `types`, `inspect` and `warnings` ask
//! of the machine (the module `_introspect`).

use std::sync::Arc;

use super::front::front;
use super::traceback::{Entry, line_of};
use super::{add_functions, function};
use crate::code::{Code, CodeKind};
use crate::gc::Gc;
use crate::value::frame::state;
use crate::value::{
    BoundMethod, Cell, Class, CodeObject, Dict, Frame, Function, Native, Str, T, Tuple, Value,
};
use crate::vm::{Args, Cx, Def, Flow, Stop};

static FUNCTIONS: &[Def] = &[
    function("caller(depth, /)", "(globals, file name, line) of a caller.", caller),
    function(
        "mark_awaitable(function, /)",
        "Let what a generator function makes be awaited.",
        mark_awaitable,
    ),
    function("is_awaitable(generator, /)", "May a generator be awaited?", is_awaitable),
    function(
        "makes_coroutine(function, /)",
        "Does a call of this native give a coroutine?",
        makes_coroutine,
    ),
    function(
        "as_builtin(cls, final=False, /)",
        "Let a class look like a built-in type: nobody changes it, messages name its module.",
        as_builtin,
    ),
    function("opened_at()", "(file name, line) of the program, if it is wanted.", |cx, _| {
        let Some((file, line)) = super::opened::place(cx) else { return Ok(Value::NONE) };
        Ok(Value::object(cx.tuple(&[cx.str_value(&file), Value::int(line.into())])))
    }),
    function("source_line(filename, line, /)", "A line of a source, or None.", source_line),
];

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, dict, FUNCTIONS, "_introspect");
    Ok(())
}

/// `(globals, file name, line)` of the activation at a depth, for warnings; None beyond the
/// outermost.
fn caller(cx: &mut Cx, args: Args) -> Flow {
    let depth = cx.index_i64(cx.arg(args, 0).value())?;
    let Some((code, word)) = cx.place_above(depth.max(0) as usize) else {
        return Ok(Value::NONE);
    };
    let globals = code.globals.get().map_or(Value::NONE, Value::object);
    let line = line_of(Entry { code, word, line: None, level: None });
    let parts = [globals, cx.str_value(&code.code.filename), Value::int(line.into())];
    Ok(Value::object(cx.tuple(&parts)))
}

fn as_builtin(cx: &mut Cx, args: Args) -> Flow {
    let value = cx.arg(args, 0).value();
    let is_final = match cx.opt(args, 1).map(|value| value.value()) {
        Some(value) => cx.truth(value)?,
        None => false,
    };
    let Some(class) = value.cast::<Class>() else {
        return Err(cx.type_error("as_builtin() takes a class"));
    };
    for name in ["__firstlineno__", "__static_attributes__"] {
        let name = cx.intern(name);
        class.dict.remove_str(cx, name);
    }
    cx.set_builtin(class, is_final);
    Ok(value)
}

fn mark_awaitable(cx: &mut Cx, args: Args) -> Flow {
    let value = cx.arg(args, 0).value();
    match value.cast::<Function>().filter(|f| f.code.code.kind == CodeKind::Generator) {
        Some(function) => {
            cx.set_makes_awaitable(function);
            Ok(value)
        }
        None => Err(cx.type_error("expected a generator function")),
    }
}

fn is_awaitable(cx: &mut Cx, args: Args) -> Flow {
    let frame = cx.arg(args, 0).value().cast::<Frame>();
    let marked = |frame: Gc<Frame>| frame.header.flags & state::ITERABLE_COROUTINE != 0;
    Ok(Value::bool(frame.is_some_and(marked)))
}

fn makes_coroutine(cx: &mut Cx, args: Args) -> Flow {
    let given = cx.arg(args, 0).value();
    let function = given.cast::<BoundMethod>().map_or(given, |method| method.func.get());
    let waits = function.cast::<Native>().is_some_and(|native| native.waits.is_some());
    Ok(Value::bool(waits))
}

fn source_line(cx: &mut Cx, args: Args) -> Flow {
    let line = cx.index_i64(cx.arg(args, 1).value())?;
    let filename = text(cx, cx.arg(args, 0).value(), "filename")?;
    let line = u32::try_from(line).ok().filter(|&line| line > 0);
    let line = line.and_then(|line| front(cx)?.line(&filename, line));
    Ok(line.map_or(Value::NONE, |line| cx.str_value(&line)))
}

fn text(cx: &Cx, value: Value, what: &str) -> Result<String, Stop> {
    match cx.unwrap(value).cast::<Str>() {
        Some(text) => Ok(text.lossy().into_owned()),
        None => {
            let found = cx.type_name(value);
            Err(cx.type_error(&format!("{what} must be str, not {found}")))
        }
    }
}

// ---- functions

/// An argument that may be absent or None.
fn given(cx: &Cx, args: Args, i: usize) -> Option<Value> {
    cx.opt(args, i).map(|value| value.value()).filter(|value| !value.is_none())
}

/// `function.__new__`
pub fn new_function(cx: &mut Cx, args: Args) -> Flow {
    super::object::new_class(cx, args, T::Function)?;
    let (code, globals) = (cx.arg(args, 1).value(), cx.arg(args, 2).value());
    let wrong = |name: &str, expected: &str, value: Value| {
        let found = cx.type_name(value);
        cx.type_error(&format!("function() argument '{name}' must be {expected}, not {found}"))
    };
    let Some(code) = code.cast::<CodeObject>() else {
        return Err(wrong("code", "code", code));
    };
    if code.code.takes_namespace() {
        let text = "code of a module or class body makes no function in Sloop";
        return Err(cx.value_error(text));
    }
    let Some(globals) = cx.unwrap(globals).cast::<Dict>() else {
        return Err(wrong("globals", "dict", globals));
    };
    let [name, defaults, closure, keyword] = [3, 4, 5, 6].map(|i| given(cx, args, i));
    if name.is_some_and(|name| !cx.unwrap(name).is::<Str>()) {
        return Err(cx.type_error("arg 3 (name) must be None or string"));
    }
    if defaults.is_some_and(|defaults| !defaults.is::<Tuple>()) {
        return Err(cx.type_error("arg 4 (defaults) must be None or tuple"));
    }
    if keyword.is_some_and(|keyword| !cx.unwrap(keyword).is::<Dict>()) {
        return Err(cx.type_error("arg 6 (kwdefaults) must be None or dict"));
    }
    let cells = cells(cx, &code.code, closure)?;
    globals.become_namespace(cx);
    let defaults = defaults.unwrap_or(Value::UNDEF);
    let function = cx.vm().function_of_parts(&code.code, globals, defaults, &cells);
    for (key, value) in [("__name__", name), ("__kwdefaults__", keyword)] {
        if let Some(value) = value {
            cx.set_detail(function, cx.intern(key), value);
        }
    }
    Ok(Value::object(function))
}

/// The cells of a closure given for code that captures as many.
fn cells(cx: &Cx, code: &Code, closure: Option<Value>) -> Result<Vec<Gc<Cell>>, Stop> {
    let wanted = code.captures.len();
    let Some(closure) = closure else {
        if wanted > 0 {
            return Err(cx.type_error("arg 5 (closure) must be tuple"));
        }
        return Ok(Vec::new());
    };
    let Some(items) = closure.cast::<Tuple>() else {
        return Err(cx.type_error("arg 5 (closure) must be None or tuple"));
    };
    let items = items.as_slice();
    if items.len() != wanted {
        return Err(cx.value_error(&format!(
            "{} requires closure of length {wanted}, not {}",
            code.name,
            items.len()
        )));
    }
    let cell = |item: &Value| {
        item.cast::<Cell>().ok_or_else(|| {
            let found = cx.type_name(*item);
            cx.type_error(&format!("arg 5 (closure) expected cell, found {found}"))
        })
    };
    items.iter().map(cell).collect()
}

// ---- code

/// `code.replace`: names and places may change, what was compiled may not.
pub fn replace_code(cx: &mut Cx, args: Args) -> Flow {
    let this = cx.arg(args, 0).value();
    let Some(code) = this.cast::<CodeObject>() else {
        return Err(super::operators::wrong_receiver(cx, "", T::Code, this));
    };
    let mut made = Code::clone(&code.code);
    let changes = cx.arg(args, 1).value().cast::<Dict>();
    let changes: Vec<(String, Value)> = changes.map_or_else(Vec::new, |changes| {
        let entries = changes
            .iter()
            .filter_map(|entry| Some((entry.key.cast::<Str>()?.lossy().into_owned(), entry.value)));
        entries.collect()
    });
    for (name, value) in changes {
        match name.as_str() {
            "co_name" => made.name = text(cx, value, &name)?.into(),
            "co_qualname" => made.qualname = text(cx, value, &name)?.into(),
            "co_filename" => made.filename = text(cx, value, &name)?.into(),
            "co_firstlineno" => {
                let line = cx.index_i64(value)?;
                made.first_line = u32::try_from(line)
                    .map_err(|_| cx.value_error("co_firstlineno must be a positive integer"))?;
            }
            other => {
                return Err(
                    cx.value_error(&format!("code.replace(): Sloop cannot change '{other}'"))
                );
            }
        }
    }
    let globals = code.globals.get().unwrap_or(cx.vm().builtins);
    Ok(Value::object(cx.vm().link(&Arc::new(made), globals)))
}
