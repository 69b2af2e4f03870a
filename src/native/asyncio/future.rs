//! `Future`.

use crate::gc::Gc;
use crate::native::object::new_class;
use crate::native::{TypeDef, class_method, method, static_method};
use crate::value::future::state;
use crate::value::{Class, Exception, Future, Group, List, T, Task, Value};
use crate::vm::{Args, Cx, Flow, GetSet, Stop, tasks};

pub static FUTURE: TypeDef = TypeDef {
    id: T::Future,
    doc: "A result that is not there yet.",
    methods: &[
        static_method("__new__(cls, *args, **kwargs)", "Create and return a new object.", new),
        method("__init__(self, *, loop=None)", "Initialize self.", init),
        class_method("__class_getitem__(cls, item, /)", "See PEP 585.", |cx, args| {
            let (class, item) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
            cx.tail(cx.type_object(T::GenericAlias), &[class, item])
        }),
        method("__repr__(self, /)", "Return repr(self).", |cx, args| {
            in_prelude(cx, "_future_repr", args)
        }),
        method("_repr_info(self, /)", "What repr shows.", |cx, args| {
            in_prelude(cx, "_future_repr_info", args)
        }),
        method("__del__(self, /)", "Reports an error that nobody has asked for.", |cx, args| {
            if this(cx, args)?.has(state::UNREAD) {
                return in_prelude(cx, "_future_dies", args);
            }
            Ok(Value::NONE)
        }),
        method("get_loop(self, /)", "The loop that the future is bound to.", |cx, args| {
            Ok(ready(cx, args)?.event_loop.get())
        }),
        method("done(self, /)", "Is it done?", |cx, args| {
            Ok(Value::bool(!this(cx, args)?.is_pending()))
        }),
        method("cancelled(self, /)", "Was it cancelled?", |cx, args| {
            Ok(Value::bool(this(cx, args)?.state() == state::CANCELLED))
        }),
        method("result(self, /)", "The result; raises the exception if there is one.", result),
        method("exception(self, /)", "The exception, or None.", exception),
        method("_make_cancelled_error(self, /)", "What to raise.", |cx, args| {
            let this = this(cx, args)?;
            Ok(tasks::cancelled_error(cx.vm(), this))
        }),
        method("set_result(self, result, /)", "Mark the future done with a result.", set_result),
        method("set_exception(self, exception, /)", "Mark the future failed.", set_exception),
        method("cancel(self, msg=None)", "Cancel the future. False if it was done.", cancel),
        method(
            "add_done_callback(self, fn, /, *, context=None)",
            "Have a function called with the future when it is done.",
            add_done_callback,
        ),
        method(
            "remove_done_callback(self, fn, /)",
            "Remove a callback. Returns how often it was there.",
            remove_done_callback,
        ),
        method("__await__(self, /)", "Return an iterator to be used in await.", awaiting),
        method("__iter__(self, /)", "Implement iter(self).", awaiting),
    ],
    getsets: &[
        GetSet {
            name: "_state",
            doc: "",
            get: |cx, this| Ok(cx.str_value(state_name(of(cx, this)?))),
            set: None,
        },
        GetSet { name: "_loop", doc: "", get: |cx, v| Ok(known_loop(cx, v)), set: None },
        GetSet { name: "_result", doc: "", get: |cx, v| part(cx, v, state::RESULT), set: None },
        GetSet { name: "_exception", doc: "", get: |cx, v| part(cx, v, state::ERROR), set: None },
        GetSet {
            name: "_cancel_message",
            doc: "",
            get: |cx, this| {
                let this = of(cx, this)?;
                Ok(this.cancel_message())
            },
            set: Some(|cx, this, message| {
                kept(cx, message)?;
                let this = of(cx, this)?;
                // What is done in another way is not cancelled any more.
                if matches!(this.state(), state::PENDING | state::CANCELLED) {
                    this.result.set(message);
                }
                Ok(Value::NONE)
            }),
        },
        GetSet { name: "_callbacks", doc: "", get: callbacks, set: None },
        GetSet {
            name: "_log_traceback",
            doc: "",
            get: |cx, this| Ok(Value::bool(of(cx, this)?.has(state::UNREAD))),
            set: Some(|cx, this, on| {
                kept(cx, on)?;
                if on != Value::FALSE && on != Value::int(0) {
                    let text = "_log_traceback can only be set to False";
                    return Err(cx.value_error(text));
                }
                of(cx, this)?.set(state::UNREAD, false);
                Ok(Value::NONE)
            }),
        },
        GetSet {
            name: "_asyncio_future_blocking",
            doc: "",
            get: |cx, this| Ok(Value::bool(of(cx, this)?.has(state::BLOCKING))),
            set: Some(|cx, this, on| {
                kept(cx, on)?;
                of(cx, this)?.set(state::BLOCKING, on == Value::TRUE);
                Ok(Value::NONE)
            }),
        },
        GetSet {
            name: "_source_traceback",
            doc: "",
            get: |cx, this| {
                let key = cx.intern("_created_at");
                Ok(cx.own_attribute(this, key).unwrap_or(Value::NONE))
            },
            set: None,
        },
    ],
};

/// The future that a value is.
pub fn of(cx: &Cx, value: Value) -> Result<Gc<Future>, Stop> {
    value.future().ok_or_else(|| {
        let name = cx.type_name(value);
        cx.type_error(&format!(
            "descriptor requires a '_asyncio.Future' object but received a '{name}'"
        ))
    })
}

fn this(cx: &Cx, args: Args) -> Result<Gc<Future>, Stop> {
    of(cx, cx.arg(args, 0).value())
}

/// As `this`, after its `__init__`.
fn ready(cx: &Cx, args: Args) -> Result<Gc<Future>, Stop> {
    let this = this(cx, args)?;
    if this.event_loop.get().is_undef() {
        return Err(cx.error(T::RuntimeError, NOT_INITIALISED));
    }
    Ok(this)
}

pub const NOT_INITIALISED: &str = "Future object is not initialized.";

/// As `ready`, for those who ask what has become of it.
fn asked(cx: &Cx, args: Args) -> Result<Gc<Future>, Stop> {
    let this = this(cx, args)?;
    if this.event_loop.get().is_undef() {
        return Err(cx.error(T::InvalidStateError, NOT_INITIALISED));
    }
    Ok(this)
}

/// Refuses `del` of an attribute.
pub fn kept(cx: &Cx, value: Value) -> Result<(), Stop> {
    if value.is_undef() {
        return Err(cx.error(T::AttributeError, "cannot delete attribute"));
    }
    Ok(())
}

fn in_prelude(cx: &mut Cx, name: &'static str, args: Args) -> Flow {
    let this = cx.arg(args, 0).value();
    cx.tail_prelude(name, &[this])
}

// ---- making one

fn new(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Future)?;
    let shape = class.shape.get();
    let event_loop = Value::UNDEF;
    if class.is_subclass(cx.class(T::Task)) {
        return Ok(Value::object(cx.task(shape, event_loop)));
    }
    Ok(Value::object(cx.new_object(shape, 0, |header| Future::new(header, event_loop))))
}

fn init(cx: &mut Cx, args: Args) -> Flow {
    let this = Value::object(this(cx, args)?);
    match cx.opt(args, 1).map(|given| given.value()) {
        Some(given) if !given.is_none() => initialise(cx, [this, given, Value::NONE], Ok(given)),
        _ if !cx.vm().running_loop.is_none() => {
            let running = cx.vm().running_loop;
            initialise(cx, [this, running, Value::NONE], Ok(running))
        }
        _ => {
            let policy = cx.vm().prelude("_policy_loop");
            cx.call_then(policy, &[], initialise, [this, Value::NONE, Value::NONE])
        }
    }
}

fn initialise(cx: &mut Cx, [this, ..]: [Value; 3], outcome: crate::vm::Outcome) -> Flow {
    let event_loop = outcome?;
    let future = of(cx, this)?;
    future.event_loop.set(event_loop);
    future.result.set(Value::NONE);
    future.callbacks.set(Value::UNDEF);
    future.set_state(state::PENDING);
    if super::event_loop::debugs(cx, event_loop)? {
        return cx.tail_prelude("_note_creation", &[this]);
    }
    Ok(Value::NONE)
}

// ---- what became of it

pub fn state_name(future: Gc<Future>) -> &'static str {
    match future.state() {
        state::PENDING => "PENDING",
        state::CANCELLED => "CANCELLED",
        _ => "FINISHED",
    }
}

fn known_loop(_: &Cx, value: Value) -> Value {
    let event_loop = value.future().map_or(Value::NONE, |future| future.event_loop.get());
    if event_loop.is_undef() { Value::NONE } else { event_loop }
}

fn part(cx: &mut Cx, value: Value, wanted: u32) -> Flow {
    let this = of(cx, value)?;
    Ok(if this.state() == wanted { this.result.get() } else { Value::NONE })
}

fn result(cx: &mut Cx, args: Args) -> Flow {
    let this = asked(cx, args)?;
    if this.is_pending() {
        return Err(cx.error(T::InvalidStateError, "Result is not set."));
    }
    cx.result_of(this)
}

fn exception(cx: &mut Cx, args: Args) -> Flow {
    let this = asked(cx, args)?;
    match this.state() {
        state::PENDING => Err(cx.error(T::InvalidStateError, "Exception is not set.")),
        state::CANCELLED => cx.result_of(this),
        state::ERROR => {
            this.set(state::UNREAD, false);
            Ok(this.result.get())
        }
        _ => Ok(Value::NONE),
    }
}

// ---- settling

fn pending(cx: &Cx, args: Args) -> Result<Gc<Future>, Stop> {
    let this = ready(cx, args)?;
    if Value::object(this).is::<Task>() {
        return Ok(this);
    }
    if !this.is_pending() {
        return Err(cx.error(T::InvalidStateError, "invalid state"));
    }
    Ok(this)
}

fn set_result(cx: &mut Cx, args: Args) -> Flow {
    let this = pending(cx, args)?;
    if !this.is_pending() {
        return Err(cx.error(T::InvalidStateError, "invalid state"));
    }
    check_thread(cx, this)?;
    this.result.set(cx.arg(args, 1).value());
    settle(cx, this, state::RESULT)
}

/// In debug mode: may this thread wake who waits?
fn check_thread(cx: &Cx, this: Gc<Future>) -> Result<(), Stop> {
    match tasks::plain(this.event_loop.get()) {
        Some(own) if !this.callbacks.get().is_undef() => super::event_loop::check_thread(cx, own),
        _ => Ok(()),
    }
}

/// Settles a future as a native's last act.
pub fn settle(cx: &mut Cx, future: Gc<Future>, to: u32) -> Flow {
    if let Some(list) = tasks::settle(cx.vm(), future, to) {
        cx.schedule_elsewhere(future, list)?;
    }
    Ok(Value::NONE)
}

fn set_exception(cx: &mut Cx, args: Args) -> Flow {
    let this = pending(cx, args)?;
    if !this.is_pending() {
        return Err(cx.error(T::InvalidStateError, "invalid state"));
    }
    let error = cx.arg(args, 1).value();
    let state = [Value::object(this), Value::NONE, Value::NONE];
    if error.is::<Class>() {
        return cx.call_then(error, &[], exception_made, state);
    }
    exception_made(cx, state, Ok(error))
}

fn exception_made(cx: &mut Cx, [this, ..]: [Value; 3], outcome: crate::vm::Outcome) -> Flow {
    let mut error = outcome?;
    if !error.is::<Exception>() {
        return Err(cx.type_error("invalid exception object"));
    }
    if cx.isinstance(error, T::StopIteration) {
        // It would end the coroutine that waits as if it had returned.
        let text = "StopIteration interacts badly with generators and cannot be raised into a \
                    Future";
        let args = Value::object(cx.tuple(&[cx.str_value(text)]));
        let wrapped = cx.exception(cx.class(T::RuntimeError), args);
        wrapped.cause.set(error);
        wrapped.context.set(error);
        wrapped.suppress.set(true);
        error = Value::object(wrapped);
    }
    let this = of(cx, this)?;
    check_thread(cx, this)?;
    this.result.set(error);
    settle(cx, this, state::ERROR)
}

fn cancel(cx: &mut Cx, args: Args) -> Flow {
    let this = ready(cx, args)?;
    let message = cx.opt(args, 1).map_or(Value::NONE, |message| message.value());
    Ok(Value::bool(tasks::cancel(cx, this, message)?))
}

// ---- who waits

fn add_done_callback(cx: &mut Cx, args: Args) -> Flow {
    let this = this(cx, args)?;
    if this.event_loop.get().is_undef() {
        return Err(cx.error(T::RuntimeError, "uninitialized Future object"));
    }
    let callback = cx.arg(args, 1).value();
    let context = match cx.opt(args, 2).map(|context| context.value()) {
        Some(context) if !context.is_none() => context,
        _ => cx.copied_context(),
    };
    if this.is_pending() {
        // None for a context without values: UNDEF is for those who need none.
        let context = if context.is_undef() { Value::NONE } else { context };
        tasks::add_callback(cx.vm(), this, callback, context);
        return Ok(Value::NONE);
    }
    let future = Value::object(this);
    if let Some(own) = tasks::plain(this.event_loop.get()) {
        super::event_loop::check_open(cx, own)?;
        let args = Value::object(cx.tuple(&[future]));
        cx.call_soon(own, callback, args, context);
        return Ok(Value::NONE);
    }
    let context = Value::object(cx.context_object(context));
    let pair = cx.list(vec![callback, context]);
    cx.schedule_elsewhere(this, Value::object(pair))?;
    Ok(Value::NONE)
}

fn remove_done_callback(cx: &mut Cx, args: Args) -> Flow {
    let this = Value::object(ready(cx, args)?);
    let callback = cx.arg(args, 1).value();
    // Comparing callbacks may run anything.
    let known = callbacks(cx, this)?;
    if known.is_none() {
        return Ok(Value::int(0));
    }
    cx.tail_prelude("_remove_callback", &[this, callback, known])
}

/// The callbacks as programs see them: a list of pairs, or None.
fn callbacks(cx: &mut Cx, value: Value) -> Flow {
    let this = of(cx, value)?;
    let known = this.callbacks.get();
    if known.is_undef() || !this.is_pending() {
        return Ok(Value::NONE);
    }
    let flat = known.cast::<List>().map_or_else(|| vec![known, Value::UNDEF], |list| list.to_vec());
    let mut pairs = Vec::with_capacity(flat.len() / 2);
    for pair in flat.chunks(2) {
        let (mut callback, mut context) = (pair[0], pair[1]);
        if context.is_undef() {
            let name = match callback.is::<Group>() {
                true => "_on_task_done",
                false if callback.is::<Task>() => "task_wakeup",
                false => "_child_done",
            };
            let waiter = callback;
            callback = cx.get_attribute(waiter, cx.intern(name))?;
            context = waiter.cast::<Task>().map_or(Value::UNDEF, |task| task.context.get());
        }
        let context = Value::object(cx.context_object(context));
        pairs.push(Value::object(cx.tuple(&[callback, context])));
    }
    Ok(Value::object(cx.list(pairs)))
}

/// `_replace_callbacks(future, keep)`: keeps the callbacks whose places are in the list.
pub fn keep_callbacks(cx: &mut Cx, args: Args) -> Flow {
    let this = this(cx, args)?;
    let kept = cx.plain_items(cx.arg(args, 1).value()).unwrap_or_default();
    let known = this.callbacks.get();
    let flat = known.cast::<List>().map_or_else(|| vec![known, Value::UNDEF], |list| list.to_vec());
    let mut left = Vec::new();
    for index in kept.iter().filter_map(|index| index.as_int()) {
        let at = usize::try_from(index).unwrap_or(0) * 2;
        left.extend_from_slice(flat.get(at..at + 2).unwrap_or_default());
    }
    this.callbacks.set(if left.is_empty() { Value::UNDEF } else { Value::object(cx.list(left)) });
    Ok(Value::NONE)
}

fn awaiting(cx: &mut Cx, args: Args) -> Flow {
    ready(cx, args)?;
    in_prelude(cx, "_future_await", args)
}
