//! Methods and attributes of generators, coroutines and async generators. Resuming them is the
//! machine's (`vm/suspend.rs`).

use super::{TypeDef, function, method};
use crate::gc::Gc;
use crate::value::frame::state;
use crate::value::wait::phase;
use crate::value::{AsyncOp, Class, Exception, Frame, Step, Str, T, Traceback, Value, Wait};
use crate::vm::{Args, Cx, Def, Flow, GetSet, Outcome, Stop};

const SEND: &str = "send(value) -> send 'value' into generator,\nreturn next yielded value or raise \
                    StopIteration.";
const THROW: &str = "throw(value)\nthrow(type[,value[,tb]])\n\nRaise exception in generator, \
                     return next yielded value or raise\nStopIteration.";
const CLOSE: &str = "close() -> raise GeneratorExit inside generator.";

macro_rules! attributes {
    ($running:literal $suspended:literal $inner:literal $code:literal $frame:literal) => {
        &[
            GetSet {
                name: "__name__",
                doc: "name of the generator",
                get: |cx, v| name(cx, v, false),
                set: Some(|cx, v, to| set_name(cx, v, to, false)),
            },
            GetSet {
                name: "__qualname__",
                doc: "qualified name of the generator",
                get: |cx, v| name(cx, v, true),
                set: Some(|cx, v, to| set_name(cx, v, to, true)),
            },
            GetSet {
                name: $running,
                doc: "",
                get: |cx, v| is_in(cx, v, state::RUNNING),
                set: None,
            },
            GetSet {
                name: $suspended,
                doc: "",
                get: |cx, v| is_in(cx, v, state::SUSPENDED),
                set: None,
            },
            GetSet {
                name: $inner,
                doc: "object being iterated by yield from, or None",
                get: inner,
                set: None,
            },
            GetSet { name: $code, doc: "", get: code, set: None },
            GetSet {
                name: $frame,
                doc: "",
                get: |cx, v| match v.is::<Wait>() {
                    true => Ok(Value::NONE),
                    false => frame_of(cx, v).map(|frame| super::frames::of_frame(cx, frame)),
                },
                set: None,
            },
        ]
    };
}

pub static GENERATOR: TypeDef = TypeDef {
    id: T::Generator,
    doc: "",
    methods: &[
        method("__iter__(self, /)", "Implement iter(self).", itself),
        method("__next__(self, /)", "Implement next(self).", next),
        method("send(self, value, /)", SEND, send),
        method("throw(self, type, value=None, traceback=None, /)", THROW, throw),
        method("close(self, /)", CLOSE, close),
    ],
    getsets: attributes!("gi_running" "gi_suspended" "gi_yieldfrom" "gi_code" "gi_frame"),
};

pub static COROUTINE: TypeDef = TypeDef {
    id: T::Coroutine,
    doc: "",
    methods: &[
        method(
            "__await__(self, /)",
            "Return an iterator to be used in await expression.",
            awaiting,
        ),
        method("send(self, value, /)", SEND, send),
        method("throw(self, type, value=None, traceback=None, /)", THROW, throw),
        method("close(self, /)", CLOSE, close),
    ],
    getsets: attributes!("cr_running" "cr_suspended" "cr_await" "cr_code" "cr_frame"),
};

pub static ASYNC_GENERATOR: TypeDef = TypeDef {
    id: T::AsyncGenerator,
    doc: "",
    methods: &[
        method(
            "__aiter__(self, /)",
            "Return an awaitable, that resolves in asynchronous iterator.",
            itself,
        ),
        method("__anext__(self, /)", "Return an awaitable that yields the next value.", anext),
        method("asend(self, value, /)", "asend(v) -> send 'v' in generator.", asend),
        method(
            "athrow(self, type, value=None, traceback=None, /)",
            "raise exception in generator.",
            athrow,
        ),
        method("aclose(self, /)", "aclose() -> raise GeneratorExit inside generator.", aclose),
    ],
    getsets: attributes!("ag_running" "ag_suspended" "ag_await" "ag_code" "ag_frame"),
};

macro_rules! async_op {
    ($name:ident $id:ident) => {
        pub static $name: TypeDef = TypeDef {
            id: T::$id,
            doc: "",
            methods: &[
                method(
                    "__await__(self, /)",
                    "Return an iterator to be used in await expression.",
                    itself,
                ),
                method("__iter__(self, /)", "Implement iter(self).", itself),
                method("__next__(self, /)", "Implement next(self).", |cx, args| {
                    drive(cx, args, Value::NONE)
                }),
                method("send(self, value, /)", SEND, |cx, args| {
                    drive(cx, args, cx.arg(args, 1).value())
                }),
                method("throw(self, type, value=None, traceback=None, /)", THROW, drive_throw),
                method("close(self, /)", CLOSE, drive_close),
            ],
            getsets: &[],
        };
    };
}

async_op!(ASYNC_SEND AsyncGenASend);
async_op!(ASYNC_THROW AsyncGenAThrow);

/// Builtins about async iterators.
pub static FUNCTIONS: &[Def] = &[
    function(
        "aiter(async_iterable, /)",
        "Return an AsyncIterator for an AsyncIterable object.",
        aiter,
    ),
    function(
        "anext(async_iterator, default=None, /)",
        "Return the next item from the async iterator.",
        next_of_async,
    ),
];

fn aiter(cx: &mut Cx, args: Args) -> Flow {
    let source = cx.arg(args, 0).value();
    match cx.special(source, cx.vm().names.__aiter__)? {
        Some(method) => cx.call_then(method, &[], aiter_made, [Value::NONE; 3]),
        None => {
            let text = format!("'{}' object is not an async iterable", cx.type_name(source));
            Err(cx.type_error(&text))
        }
    }
}

fn aiter_made(cx: &mut Cx, _: [Value; 3], outcome: Outcome) -> Flow {
    let made = outcome?;
    if cx.lookup(cx.class_of(made), cx.vm().names.__anext__).is_some() {
        return Ok(made);
    }
    let name = cx.type_name(made);
    Err(cx.type_error(&format!("aiter() returned not an async iterator of type '{name}'")))
}

fn next_of_async(cx: &mut Cx, args: Args) -> Flow {
    let (source, default) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    let Some(method) = cx.special(source, cx.vm().names.__anext__)? else {
        let text = format!("'{}' object is not an async iterator", cx.type_name(source));
        return Err(cx.type_error(&text));
    };
    if default.is_undef() {
        return cx.tail(method, &[]);
    }
    cx.call_then(method, &[], with_default, [default, Value::NONE, Value::NONE])
}

fn with_default(cx: &mut Cx, [default, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let step = outcome?;
    cx.tail_prelude("_anext", &[step, default])
}

fn itself(cx: &mut Cx, args: Args) -> Flow {
    Ok(cx.arg(args, 0).value())
}

/// Is this a coroutine, also one made of a marked generator, a step of an async generator, or one
/// of the program's own making?
pub fn is_coroutine(cx: &mut Cx, value: Value) -> Result<bool, Stop> {
    if let Some(frame) = value.cast::<Frame>() {
        let flags = frame.header.flags;
        return Ok(frame.kind() == state::COROUTINE || flags & state::ITERABLE_COROUTINE != 0);
    }
    if value.is::<Wait>() || value.is::<AsyncOp>() {
        return Ok(true);
    }
    if !cx.class_of(value).is_user() {
        return Ok(false);
    }
    Ok(cx.call_prelude("_is_coroutine", &[value])? == Value::TRUE)
}

fn frame_of(cx: &Cx, value: Value) -> Result<Gc<Frame>, Stop> {
    value.cast::<Frame>().ok_or_else(|| {
        let name = cx.type_name(value);
        cx.type_error(&format!("descriptor requires a generator but received a '{name}'"))
    })
}

fn this_frame(cx: &Cx, args: Args) -> Result<Gc<Frame>, Stop> {
    frame_of(cx, cx.arg(args, 0).value())
}

// ---- attributes

fn name(cx: &mut Cx, value: Value, qualified: bool) -> Flow {
    if let Some(wait) = value.cast::<Wait>() {
        let name = super::asyncio::name(wait, qualified);
        return Ok(cx.str_value(&name));
    }
    let function = frame_of(cx, value)?.function;
    let names = &cx.vm().names;
    let (key, code) = if qualified {
        (names.__qualname__, &function.code.code.qualname)
    } else {
        (names.__name__, &function.code.code.name)
    };
    // The same object each time.
    Ok(cx.detail(function, key).unwrap_or_else(|| Value::object(cx.intern(code))))
}

fn set_name(cx: &mut Cx, value: Value, name: Value, qualified: bool) -> Flow {
    let frame = frame_of(cx, value)?;
    let names = &cx.vm().names;
    let (key, text) =
        if qualified { (names.__qualname__, "__qualname__") } else { (names.__name__, "__name__") };
    if !name.is::<Str>() {
        return Err(cx.type_error(&format!("{text} must be set to a string object")));
    }
    // The name is its function's, of which it gets one for itself.
    let own = cx.own_function(frame);
    cx.set_detail(own, key, name);
    Ok(Value::NONE)
}

fn is_in(cx: &mut Cx, value: Value, what: u8) -> Flow {
    if let Some(wait) = value.cast::<Wait>() {
        return Ok(Value::bool(what == state::SUSPENDED && wait.is_suspended()));
    }
    Ok(Value::bool(frame_of(cx, value)?.state() == what))
}

fn inner(cx: &mut Cx, value: Value) -> Flow {
    if value.is::<Wait>() {
        return Ok(Value::NONE);
    }
    let frame = frame_of(cx, value)?;
    let Some(inner) = cx.delegated_to(frame) else { return Ok(Value::NONE) };
    Ok(cx.forwarded(inner).unwrap_or(Value::object(inner)))
}

fn code(cx: &mut Cx, value: Value) -> Flow {
    if value.is::<Wait>() {
        return Ok(Value::NONE);
    }
    Ok(Value::object(frame_of(cx, value)?.function.code))
}

// ---- generators and coroutines

fn next(cx: &mut Cx, args: Args) -> Flow {
    let frame = this_frame(cx, args)?;
    cx.resume(frame, Value::NONE)
}

fn send(cx: &mut Cx, args: Args) -> Flow {
    if let Some(wait) = cx.arg(args, 0).cast::<Wait>() {
        if wait.phase.get() == phase::CREATED && !cx.arg(args, 1).is_none() {
            let text = "can't send non-None value to a just-started coroutine";
            return Err(cx.type_error(text));
        }
        return cx.resume_wait(wait);
    }
    let frame = this_frame(cx, args)?;
    cx.resume(frame, cx.arg(args, 1).value())
}

fn close(cx: &mut Cx, args: Args) -> Flow {
    if let Some(wait) = cx.arg(args, 0).cast::<Wait>() {
        cx.close_wait(wait);
        return Ok(Value::NONE);
    }
    let frame = this_frame(cx, args)?;
    cx.close_frame(frame)
}

fn throw(cx: &mut Cx, args: Args) -> Flow {
    if let Some(wait) = cx.arg(args, 0).cast::<Wait>() {
        return with_exception(cx, args, thrown_into_wait, Value::object(wait));
    }
    let frame = this_frame(cx, args)?;
    if let Some(parcel) = parcel(cx, args, frame) {
        return cx.throw_into(frame, parcel);
    }
    with_exception(cx, args, thrown, Value::object(frame))
}

/// What carries the arguments of `throw` to an iterator of the program that is delegated to, if
/// they are no exception yet.
fn parcel(cx: &mut Cx, args: Args, frame: Gc<Frame>) -> Option<Gc<Exception>> {
    let kind = cx.arg(args, 1).value();
    let exit = cx.class(T::GeneratorExit);
    if kind.is::<Exception>() || kind.cast::<Class>().is_some_and(|kind| kind.is_subclass(exit)) {
        return None;
    }
    let mut parts = vec![cx.parcel_mark(frame)?];
    parts.extend((1..4).map_while(|i| cx.opt(args, i)).map(|part| part.value()));
    let parts = Value::object(cx.tuple(&parts));
    let class = cx.class(T::BaseException);
    Some(cx.exception(class, parts))
}

fn thrown(cx: &mut Cx, [frame, kind, _]: [Value; 3], outcome: Outcome) -> Flow {
    let exception = exception_made(cx, kind, outcome?)?;
    let frame = frame_of(cx, frame)?;
    cx.throw_into(frame, exception)
}

/// An exception is thrown into a native coroutine: that ends it.
fn thrown_into_wait(cx: &mut Cx, [wait, kind, _]: [Value; 3], outcome: Outcome) -> Flow {
    let exception = exception_made(cx, kind, outcome?)?;
    let wait = wait.cast::<Wait>().expect("kept in the state");
    if wait.is_finished() {
        let text = "cannot reuse already awaited coroutine";
        return Err(cx.error(T::RuntimeError, text));
    }
    cx.throw_into_wait(wait, exception)
}

/// Makes the exception that the arguments of a `throw` ask for, and goes on in `run` with it.
fn with_exception(
    cx: &mut Cx,
    args: Args,
    run: fn(&mut Cx, [Value; 3], Outcome) -> Flow,
    target: Value,
) -> Flow {
    if cx.opt(args, 2).is_some() {
        cx.call_prelude("_old_throw", &[])?;
    }
    let kind = cx.arg(args, 1).value();
    let value = cx.opt(args, 2).map_or(Value::NONE, |v| v.value());
    let trace = cx.opt(args, 3).map_or(Value::NONE, |v| v.value());
    if !trace.is_none() && !trace.is::<Traceback>() {
        return Err(cx.type_error("throw() third argument must be a traceback object"));
    }
    let state = [target, kind, Value::NONE];
    if kind.is::<Exception>() {
        if !value.is_none() {
            let text = "instance exception may not have a separate value";
            return Err(cx.type_error(text));
        }
        return run(cx, state, Ok(kind));
    }
    let base = cx.class(T::BaseException);
    let Some(class) = kind.cast::<Class>().filter(|class| class.is_subclass(base)) else {
        return Err(not_an_exception(cx, kind));
    };
    if value.is::<Exception>() && cx.class_of(value).is_subclass(class) {
        return run(cx, state, Ok(value));
    }
    let given = match value.cast::<crate::value::Tuple>() {
        Some(values) => values.as_slice().to_vec(),
        None if value.is_none() => Vec::new(),
        None => vec![value],
    };
    cx.call_then(kind, &given, run, state)
}

fn not_an_exception(cx: &Cx, value: Value) -> Stop {
    cx.type_error(&format!(
        "exceptions must be classes or instances deriving from BaseException, not {}",
        cx.type_name(value)
    ))
}

fn exception_made(cx: &mut Cx, kind: Value, value: Value) -> Result<Gc<Exception>, Stop> {
    if let Some(exception) = value.cast::<Exception>() {
        return Ok(exception);
    }
    let name = cx.type_name(value);
    let kind = super::display::repr(cx, kind)?;
    let kind = String::from_utf8_lossy(&kind);
    // That is what the generator gets instead.
    let stop = cx.type_error(&format!(
        "calling {kind} should have returned an instance of BaseException, not {name}"
    ));
    cx.take_exception().cast::<Exception>().ok_or(stop)
}

/// A generator that awaits the coroutine, for `yield from` in the `__await__` of a program.
fn awaiting(cx: &mut Cx, args: Args) -> Flow {
    let this = cx.arg(args, 0).value();
    let native = this.is::<Wait>();
    let frame = if native { this } else { Value::object(this_frame(cx, args)?) };
    let wrap = cx.vm().prelude(if native { "_wait_await" } else { "_awaiting" });
    cx.call_then(wrap, &[frame], awaiting_made, [Value::NONE; 3])
}

fn awaiting_made(cx: &mut Cx, _: [Value; 3], outcome: Outcome) -> Flow {
    let made = outcome?;
    cx.set_awaitable(frame_of(cx, made)?);
    Ok(made)
}

// ---- async generators

fn anext(cx: &mut Cx, args: Args) -> Flow {
    let frame = this_frame(cx, args)?;
    cx.begin_async_op(frame, Value::NONE, Step::Send)
}

fn asend(cx: &mut Cx, args: Args) -> Flow {
    let frame = this_frame(cx, args)?;
    let value = cx.arg(args, 1).value();
    cx.begin_async_op(frame, value, Step::Send)
}

fn athrow(cx: &mut Cx, args: Args) -> Flow {
    let frame = Value::object(this_frame(cx, args)?);
    with_exception(cx, args, athrow_made, frame)
}

fn athrow_made(cx: &mut Cx, [frame, kind, _]: [Value; 3], outcome: Outcome) -> Flow {
    let exception = exception_made(cx, kind, outcome?)?;
    let frame = frame_of(cx, frame)?;
    cx.begin_async_op(frame, Value::object(exception), Step::Throw)
}

fn aclose(cx: &mut Cx, args: Args) -> Flow {
    let frame = this_frame(cx, args)?;
    let none = Value::object(cx.tuple(&[]));
    let exit = cx.exception(cx.class(T::GeneratorExit), none);
    cx.begin_async_op(frame, Value::object(exit), Step::Close)
}

// ---- steps of async generators, driven by hand

fn this_op(cx: &Cx, args: Args) -> Result<Gc<AsyncOp>, Stop> {
    let value = cx.arg(args, 0).value();
    value.cast::<AsyncOp>().ok_or_else(|| {
        let name = cx.type_name(value);
        cx.type_error(&format!("descriptor doesn't apply to a '{name}' object"))
    })
}

/// A coroutine that awaits the step is made at the first drive, and resumed then and after.
fn drive(cx: &mut Cx, args: Args, value: Value) -> Flow {
    let op = this_op(cx, args)?;
    if let Some(driver) = op.driver.get().cast::<Frame>() {
        if driver.state() == state::FINISHED {
            let text = format!("cannot reuse already awaited {}", op.made_by());
            return Err(cx.error(T::RuntimeError, &text));
        }
        return cx.resume(driver, value);
    }
    if !value.is_none() && op.step == Step::Send && !op.value.get().is_undef() {
        // What is sent first stands for what the step would have sent.
        op.value.set(value);
    }
    let drive = cx.vm().prelude("_drive");
    let this = Value::object(op);
    cx.call_then(drive, &[this], driver_made, [this, Value::NONE, Value::NONE])
}

fn driver_made(cx: &mut Cx, [op, value, _]: [Value; 3], outcome: Outcome) -> Flow {
    let driver = outcome?;
    if let Some(op) = op.cast::<AsyncOp>() {
        op.driver.set(driver);
    }
    let frame = frame_of(cx, driver)?;
    cx.resume(frame, value)
}

fn drive_throw(cx: &mut Cx, args: Args) -> Flow {
    let op = this_op(cx, args)?;
    if let Some(driver) = op.driver.get().cast::<Frame>() {
        if driver.state() == state::FINISHED {
            let text = format!("cannot reuse already awaited {}", op.made_by());
            return Err(cx.error(T::RuntimeError, &text));
        }
        return with_exception(cx, args, thrown, op.driver.get());
    }
    let frame = frame_of(cx, op.frame.get())?;
    if op.value.replace(Value::UNDEF).is_undef() {
        let text = format!("cannot reuse already awaited {}", op.made_by());
        return Err(cx.error(T::RuntimeError, &text));
    }
    if frame.state() == state::RUNNING {
        let text = format!("{}(): asynchronous generator is already running", op.method());
        return Err(cx.error(T::RuntimeError, &text));
    }
    with_exception(cx, args, throw_step, Value::object(op))
}

/// A step that is thrown into before it began is a step that throws.
fn throw_step(cx: &mut Cx, [op, kind, _]: [Value; 3], outcome: Outcome) -> Flow {
    let exception = exception_made(cx, kind, outcome?)?;
    let Some(op) = op.cast::<AsyncOp>() else { return Ok(Value::NONE) };
    let frame = frame_of(cx, op.frame.get())?;
    if frame.state() == state::FINISHED {
        return Err(cx.throw(exception));
    }
    let state = [Value::object(op), Value::NONE, Value::NONE];
    if op.step == Step::Close {
        let step = cx.async_op(frame, Value::object(exception), Step::Exit);
        let close = cx.vm().prelude("_aclose");
        return cx.call_then(close, &[Value::object(frame), step], driver_made, state);
    }
    let step = cx.async_op(frame, Value::object(exception), Step::Throw);
    let drive = cx.vm().prelude("_drive");
    cx.call_then(drive, &[step], driver_made, state)
}

fn drive_close(cx: &mut Cx, args: Args) -> Flow {
    let op = this_op(cx, args)?;
    match op.driver.get().cast::<Frame>() {
        Some(driver) => cx.close_frame(driver),
        None if op.value.get().is_undef() => Ok(Value::NONE),
        None => cx.tail_prelude("_close_step", &[Value::object(op)]),
    }
}
