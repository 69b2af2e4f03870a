//! Traceback and frame objects as programs see them.
//!
//! A frame here is a view of one level of a traceback: the activation itself is gone by then, so
//! it has no locals. `tb_lasti` counts words of code, which is nothing a program can rely on.

use super::TypeDef;
use super::traceback::{Entry, line_of};
use crate::gc::Gc;
use crate::value::{CodeObject, T, Traceback, Value};
use crate::vm::{Cx, Flow, GetSet, Stop};

macro_rules! getset {
    ($name:literal, $get:expr) => {
        GetSet { name: $name, doc: "", get: $get, set: None }
    };
}

pub static TRACEBACK: TypeDef = TypeDef {
    id: T::Traceback,
    doc: "One level of a traceback.",
    methods: &[],
    getsets: &[
        getset!("tb_frame", frame),
        getset!("tb_lineno", line),
        getset!("tb_lasti", last),
        GetSet { name: "tb_next", doc: "", get: next, set: Some(set_next) },
    ],
};

pub static FRAME: TypeDef = TypeDef {
    id: T::FrameView,
    doc: "The place in the code that a level of a traceback stands for.",
    methods: &[],
    getsets: &[
        getset!("f_code", code),
        getset!("f_lineno", line),
        getset!("f_lasti", last),
        getset!("f_globals", globals),
        getset!("f_builtins", |cx, _| Ok(Value::object(cx.vm().builtins))),
        getset!("f_locals", |cx, _| Ok(Value::object(cx.dict()))),
        getset!("f_back", |_, _| Ok(Value::NONE)),
    ],
};

fn linked(cx: &Cx, this: Value) -> Result<Gc<CodeObject>, Stop> {
    this.cast().ok_or_else(|| cx.type_error("expected a code object"))
}

// ---- tracebacks

fn level(cx: &Cx, this: Value) -> Result<Gc<Traceback>, Stop> {
    this.cast().ok_or_else(|| cx.type_error("expected a traceback object"))
}

fn entry(cx: &Cx, this: Value) -> Result<Entry, Stop> {
    let level = level(cx, this)?;
    let code = linked(cx, level.code.get())?;
    Ok(Entry { code, word: level.word.get().as_int().unwrap_or(0) as u32 })
}

fn frame(cx: &mut Cx, this: Value) -> Flow {
    let level = level(cx, this)?;
    let view = cx.new_object(T::FrameView.shape(), 0, |header| Traceback {
        header,
        code: level.code.clone(),
        word: level.word.clone(),
        next: Value::NONE.into(),
    });
    Ok(Value::object(view))
}

fn line(cx: &mut Cx, this: Value) -> Flow {
    Ok(Value::int(line_of(entry(cx, this)?).into()))
}

fn last(cx: &mut Cx, this: Value) -> Flow {
    Ok(level(cx, this)?.word.get())
}

fn next(cx: &mut Cx, this: Value) -> Flow {
    Ok(level(cx, this)?.next.get())
}

fn set_next(cx: &mut Cx, this: Value, value: Value) -> Flow {
    let this = level(cx, this)?;
    if !value.is_none() && !cx.is_exact(value, T::Traceback) {
        let text = format!("expected traceback object or None, got '{}'", cx.type_name(value));
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

fn code(cx: &mut Cx, this: Value) -> Flow {
    Ok(level(cx, this)?.code.get())
}

fn globals(cx: &mut Cx, this: Value) -> Flow {
    let code = entry(cx, this)?.code;
    Ok(code.globals.get().map_or(Value::NONE, Value::object))
}
