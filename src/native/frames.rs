//! Traceback and frame objects as programs see them. How frames are found is `vm/watch.rs`.
//!
//! The frame of a traceback's level is a view of a place: the activation is gone. Its variables
//! are there if the program looked as if it would ask (`Vm::keeps_locals`). `tb_lasti` and `f_lasti` count words of code, which is nothing a program can rely
//! on.

use super::traceback::{Entry, line_of};
use super::{TypeDef, method, static_method};
use crate::gc::Gc;
use crate::value::frame::state;
use crate::value::{CodeObject, Frame, FrameView, T, Traceback, Value};
use crate::vm::{Args, Cx, Flow, GetSet, Stop};

macro_rules! getset {
    ($name:literal, $get:expr) => {
        GetSet { name: $name, doc: "", get: $get, set: None }
    };
    ($name:literal, $get:expr, $set:expr) => {
        GetSet { name: $name, doc: "", get: $get, set: Some($set) }
    };
}

pub static TRACEBACK: TypeDef = TypeDef {
    id: T::Traceback,
    doc: "Create a new traceback object.",
    methods: &[static_method(
        "__new__(cls, tb_next, tb_frame, tb_lasti, tb_lineno)",
        "Create and return a new object.",
        new_traceback,
    )],
    getsets: &[
        getset!("tb_frame", frame),
        getset!("tb_lineno", line),
        getset!("tb_lasti", last),
        getset!("tb_next", next, set_next),
    ],
};

pub static FRAME: TypeDef = TypeDef {
    id: T::FrameView,
    doc: "",
    methods: &[method("clear(self, /)", "Clear all references held by the frame.", clear)],
    getsets: &[
        getset!("f_code", |cx, f| view(cx, f).map(|f| Value::object(f.code))),
        getset!("f_lineno", frame_line),
        getset!("f_lasti", |cx, f| {
            let view = view(cx, f)?;
            Ok(Value::int(cx.view_word(view).into()))
        }),
        getset!("f_globals", |cx, f| view(cx, f).map(|f| f.globals)),
        getset!("f_builtins", |cx, f| view(cx, f).map(|f| Value::object(f.code.builtins))),
        getset!("f_locals", |cx, f| {
            let view = view(cx, f)?;
            Ok(cx.view_locals(view))
        }),
        getset!("f_back", |cx, f| {
            let view = view(cx, f)?;
            Ok(cx.view_back(view))
        }),
        getset!("f_trace", |cx, f| view(cx, f).map(|f| f.hook.get()), |cx, f, hook| {
            view(cx, f)?.hook.set(if hook.is_undef() { Value::NONE } else { hook });
            Ok(Value::NONE)
        }),
        getset!("f_trace_lines", |_, _| Ok(Value::TRUE)),
        getset!("f_trace_opcodes", |_, _| Ok(Value::FALSE)),
    ],
};

// ---- frames

fn view(cx: &Cx, this: Value) -> Result<Gc<FrameView>, Stop> {
    this.cast().ok_or_else(|| cx.type_error("expected a frame object"))
}

/// The entry of a frame, for those who show it.
pub fn entry_of_view(cx: &Cx, view: Gc<FrameView>) -> Entry {
    let fresh = view.owner.cast::<Frame>().is_some_and(|frame| frame.state() == state::CREATED);
    let line = fresh.then_some(view.code.code.first_line);
    Entry { code: view.code, word: cx.view_word(view), line, level: None }
}

fn frame_line(cx: &mut Cx, this: Value) -> Flow {
    let view = view(cx, this)?;
    Ok(Value::int(line_of(entry_of_view(cx, view)).into()))
}

fn clear(cx: &mut Cx, args: Args) -> Flow {
    let view = view(cx, cx.arg(args, 0).value())?;
    if cx.view_runs(view) {
        return Err(cx.error(T::RuntimeError, "cannot clear an executing frame"));
    }
    if let Some(frame) = view.owner.cast::<Frame>() {
        if frame.state() == state::SUSPENDED {
            return Err(cx.error(T::RuntimeError, "cannot clear a suspended frame"));
        }
        return cx.close_frame(frame);
    }
    view.locals.set(Value::object(cx.dict()));
    Ok(Value::NONE)
}

/// The frame of a generator or coroutine; None when it has ended.
pub fn of_frame(cx: &Cx, frame: Gc<Frame>) -> Value {
    cx.view_of_frame(frame).map_or(Value::NONE, Value::object)
}

// ---- tracebacks

fn new_traceback(cx: &mut Cx, args: Args) -> Flow {
    let (next, frame) = (cx.arg(args, 1).value(), cx.arg(args, 2).value());
    let Some(view) = frame.cast::<FrameView>() else {
        let found = cx.type_name(frame);
        let text = format!("traceback() argument 'tb_frame' must be frame, not {found}");
        return Err(cx.type_error(&text));
    };
    if !next.is_none() && !next.is::<Traceback>() {
        let found = cx.type_name(next);
        return Err(cx.type_error(&format!("expected traceback object or None, got '{found}'")));
    }
    let (word, line) = (cx.arg(args, 3).value(), cx.arg(args, 4).value());
    let word = cx.index_i64(word)?;
    let line = cx.index_i64(line)?;
    let made = cx.new_object(T::Traceback.shape(), 0, |header| Traceback {
        header,
        code: Value::object(view.code).into(),
        word: cx.int(word).into(),
        next: next.into(),
        frame: frame.into(),
        line: cx.int(line).into(),
        kept: Value::UNDEF.into(),
    });
    Ok(Value::object(made))
}

fn level(cx: &Cx, this: Value) -> Result<Gc<Traceback>, Stop> {
    this.cast().ok_or_else(|| cx.type_error("expected a traceback object"))
}

fn frame(cx: &mut Cx, this: Value) -> Flow {
    let level = level(cx, this)?;
    frame_of(cx, level)
}

/// The frame of an entry of a traceback.
pub fn frame_of(cx: &mut Cx, level: Gc<Traceback>) -> Flow {
    if level.frame.get().is_undef() {
        let code = level.code.get().cast::<CodeObject>();
        let code = code.ok_or_else(|| cx.type_error("expected a code object"))?;
        let word = level.word.get().as_int().unwrap_or(0) as u32;
        if level.kept.get().is::<FrameView>() {
            level.frame.set(level.kept.replace(Value::UNDEF));
            return Ok(level.frame.get());
        }
        let view = cx.view_of_place(code, word, level.kept.replace(Value::UNDEF));
        level.frame.set(Value::object(view));
    }
    Ok(level.frame.get())
}

fn line(cx: &mut Cx, this: Value) -> Flow {
    let level = level(cx, this)?;
    match Entry::of(level) {
        Some(entry) => Ok(Value::int(line_of(entry).into())),
        None => Ok(Value::NONE),
    }
}

fn last(cx: &mut Cx, this: Value) -> Flow {
    Ok(level(cx, this)?.word.get())
}

fn next(cx: &mut Cx, this: Value) -> Flow {
    Ok(level(cx, this)?.next.get())
}

fn set_next(cx: &mut Cx, this: Value, value: Value) -> Flow {
    let this = level(cx, this)?;
    if value.is_undef() {
        return Err(cx.type_error("can't delete tb_next attribute"));
    }
    if !value.is_none() && !cx.is_exact(value, T::Traceback) {
        let text = format!("expected traceback object, got '{}'", cx.type_name(value));
        return Err(cx.type_error(&text));
    }
    let mut at = value;
    while let Some(level) = at.cast::<Traceback>() {
        if level == this {
            return Err(cx.value_error("traceback loop detected"));
        }
        at = level.next.get();
    }
    this.next.set(value);
    Ok(Value::NONE)
}
