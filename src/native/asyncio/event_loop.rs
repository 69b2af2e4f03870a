//! What every event loop is based on: the queue of what is ready, the timers, the turns. Its
//! methods in `stdlib/asyncio.base_events.sloop` are the rest.

use super::attribute;
use super::task;
use crate::gc::Gc;
use crate::native::builtins::is_callable;
use crate::native::error::{io_error, os_error};
use crate::native::float::float_arg;
use crate::native::object::new_class;
use crate::native::{TypeDef, method, static_method};
use crate::value::schedule::flag;
use crate::value::{EventLoop, Handle, Str, T, Value};
use crate::vm::threads::{Key, Side};
use crate::vm::{Args, Cx, Flow, GetSet, Outcome, Stop, tasks};

pub static EVENT_LOOP: TypeDef = TypeDef {
    id: T::EventLoop,
    doc: "The queue of what is ready, the timers, the turns.",
    methods: &[
        static_method("__new__(cls, *args, **kwargs)", "Create and return a new object.", new),
        method("_drive(self, /)", "Runs turns until the loop is stopped.", |cx, args| {
            drive(cx, args, 0)
        }),
        method(
            "_turn(self, until=None, /)",
            "Runs one turn. With a time of the program's own clock: with the timers due by then.",
            |cx, args| {
                let Some(until) = cx.opt(args, 1).map(|until| until.value()) else {
                    return drive(cx, args, flag::ONE_TURN);
                };
                let until = float_arg(cx, until)?;
                tasks::fire(this(cx, args)?, until);
                drive(cx, args, flag::ONE_TURN | flag::MOVED)
            },
        ),
        method("_next_time(self, /)", "When the first timer is due, or None.", |cx, args| {
            let first = this(cx, args)?.timers.borrow_mut().next_time();
            Ok(first.map_or(Value::NONE, Value::float))
        }),
        method(
            "_add_callback(self, handle, /)",
            "Has a handle run in the next turn.",
            |cx, args| {
                let handle = cx.arg(args, 1).value();
                let own = this(cx, args)?;
                if super::handle::of(cx, handle)?.flags.get() & flag::CANCELLED == 0 {
                    own.push(handle);
                }
                Ok(Value::NONE)
            },
        ),
        method("time(self, /)", "The loop's clock, in seconds.", |cx, _| {
            Ok(Value::float(cx.look_at_clock()))
        }),
        method(
            "call_soon(self, callback, /, *args, context=None)",
            "Have a function called in the next turn, after those that are ready already.",
            |cx, args| soon(cx, args, "call_soon"),
        ),
        method(
            "call_soon_threadsafe(self, callback, /, *args, context=None)",
            "As `call_soon`, from any thread.",
            |cx, args| {
                let handle = soon(cx, args, "call_soon_threadsafe");
                let own = this(cx, args)?;
                cx.wake_one(Key::of(own));
                handle
            },
        ),
        method(
            "call_later(self, delay, callback, /, *args, context=None)",
            "Have a function called after some seconds.",
            call_later,
        ),
        method(
            "call_at(self, when, callback, /, *args, context=None)",
            "Have a function called at a time of the loop's clock.",
            call_at,
        ),
        method("create_future(self, /)", "Make a future that is bound to the loop.", |cx, args| {
            let this = cx.arg(args, 0).value();
            if of(cx, this)?.has(flag::DEBUG) {
                return cx.tail_prelude("_make_future", &[this]);
            }
            Ok(Value::object(cx.future(this)))
        }),
        method(
            "create_task(self, coro, *, name=None, context=None, **kwargs)",
            "Run a coroutine as a task. Returns the task.",
            |cx, args| {
                let [this, coro, name, context, more] =
                    [0, 1, 2, 3, 4].map(|i| cx.opt(args, i).map_or(Value::NONE, |v| v.value()));
                let own = of(cx, this)?;
                check_open(cx, own)?;
                let bare = more.cast::<crate::value::Dict>().is_none_or(|more| more.is_empty());
                if own.task_factory.get().is_none() && bare {
                    return task::make(cx, this, coro, name, context);
                }
                if bare && task::is_eager(this) {
                    let made = (this, coro, context);
                    return task::make_eager(cx, made, task::eager_itself, [name, Value::NONE]);
                }
                cx.tail_prelude("_make_task", &[this, coro, name, context, more])
            },
        ),
        method(
            "set_task_factory(self, factory, /)",
            "Have tasks made by `factory(loop, coro, **kwargs)`; None for the default.",
            |cx, args| {
                let factory = cx.arg(args, 1).value();
                if !factory.is_none() && !is_callable(cx, factory) {
                    return Err(cx.type_error("task factory must be a callable or None"));
                }
                this(cx, args)?.task_factory.set(factory);
                Ok(Value::NONE)
            },
        ),
        method("get_task_factory(self, /)", "Who makes tasks.", |cx, args| {
            Ok(this(cx, args)?.task_factory.get())
        }),
        method("stop(self, /)", "Stop after this turn.", |cx, args| {
            this(cx, args)?.set(flag::STOPPING, true);
            Ok(Value::NONE)
        }),
        method("is_running(self, /)", "Does it run?", |cx, args| {
            Ok(Value::bool(this(cx, args)?.has(flag::RUNNING)))
        }),
        method("is_closed(self, /)", "Was it closed?", |cx, args| {
            Ok(Value::bool(this(cx, args)?.has(flag::CLOSED)))
        }),
        method("_forget(self, /)", "Closes it, and forgets all that was scheduled.", |cx, args| {
            let this = this(cx, args)?;
            this.set(flag::CLOSED, true);
            // What settles from now on asks `call_soon`, which says that the loop is closed.
            this.set(flag::PLAIN, false);
            for task in this.tasks() {
                // Nobody will step them any more: their coroutines speak for themselves.
                cx.finals.register(task.coro.get());
                cx.finals.register(Value::object(task));
            }
            this.ready.borrow_mut().clear();
            this.timers.borrow_mut().drain();
            cx.watch_nothing_for(this);
            Ok(Value::NONE)
        }),
        method(
            "_watch(self, fd, writes, handle, /)",
            "Runs a handle whenever a descriptor is ready; None: not any more. The one before.",
            watch,
        ),
        method("get_debug(self, /)", "Is it in debug mode?", |cx, args| {
            Ok(Value::bool(this(cx, args)?.has(flag::DEBUG)))
        }),
        method("set_debug(self, enabled, /)", "Puts it into debug mode.", |cx, args| {
            let enabled = cx.arg(args, 1).value();
            let enabled = cx.truth(enabled)?;
            this(cx, args)?.set(flag::DEBUG, enabled);
            Ok(Value::NONE)
        }),
        method("_replaced(self, name, /)", "The program has given it an attribute.", |cx, args| {
            let name = cx.arg(args, 1).cast::<Str>();
            if name
                .is_some_and(|name| SCHEDULING.iter().any(|own| name.as_bytes() == own.as_bytes()))
            {
                this(cx, args)?.set(flag::PLAIN, false);
            }
            Ok(Value::NONE)
        }),
        method("_timer_handle_cancelled(self, handle, /)", "", |_, _| Ok(Value::NONE)),
    ],
    getsets: &[
        switch::<{ flag::RUNNING }>("_is_running"),
        switch::<{ flag::STOPPING }>("_stopping"),
        switch::<{ flag::CLOSED }>("_closed"),
        switch::<{ flag::DEBUG }>("_debug"),
        attribute!("_hooks", of, hooks),
        // Weak references to the asynchronous generators that began in it, or None.
        attribute!("_asyncgens", of, asyncgens),
        // Here for loops to have no dict of attributes: their methods are remembered where they are called.
        attribute!("_signal_handlers", of, signal_handlers),
        attribute!("_owners", of, owners),
        GetSet {
            name: "_ready",
            doc: "What is ready, as handles where there are some.",
            get: |cx, v| {
                let entries: Vec<Value> = of(cx, v)?.ready.borrow().iter().copied().collect();
                Ok(Value::object(cx.list(entries)))
            },
            set: None,
        },
        GetSet {
            name: "_scheduled",
            doc: "The timers.",
            get: |cx, v| {
                let mut timers: Vec<(f64, Value)> = of(cx, v)?.timers.borrow().iter().collect();
                timers.sort_by(|a, b| a.0.total_cmp(&b.0));
                Ok(Value::object(cx.list(timers.into_iter().map(|(_, what)| what).collect())))
            },
            set: None,
        },
    ],
};

const fn switch<const FLAG: u8>(name: &'static str) -> GetSet {
    GetSet {
        name,
        doc: "",
        get: |cx, v| Ok(Value::bool(of(cx, v)?.has(FLAG))),
        set: Some(|cx, v, on| {
            let on = cx.truth(on)?;
            of(cx, v)?.set(FLAG, on);
            Ok(Value::NONE)
        }),
    }
}

#[inline]
pub fn of(cx: &Cx, value: Value) -> Result<Gc<EventLoop>, Stop> {
    value.cast::<EventLoop>().ok_or_else(|| none_of(cx, value))
}

#[cold]
fn none_of(cx: &Cx, value: Value) -> Stop {
    let name = cx.type_name(value);
    cx.type_error(&format!("expected an event loop, not '{name}'"))
}

fn this(cx: &Cx, args: Args) -> Result<Gc<EventLoop>, Stop> {
    of(cx, cx.arg(args, 0).value())
}

/// Is the loop in debug mode?
#[inline]
pub fn debugs(cx: &mut Cx, event_loop: Value) -> Result<bool, Stop> {
    match event_loop.cast::<EventLoop>() {
        Some(own) => Ok(own.has(flag::DEBUG)),
        None => says_it_debugs(cx, event_loop),
    }
}

#[cold]
fn says_it_debugs(cx: &mut Cx, event_loop: Value) -> Result<bool, Stop> {
    let ask = cx.intern("get_debug");
    let ask = cx.get_attribute(event_loop, ask)?;
    let answer = cx.call(ask, &[])?;
    cx.truth(answer)
}

pub fn is_running(cx: &mut Cx, event_loop: Value) -> Result<bool, Stop> {
    if let Some(own) = event_loop.cast::<EventLoop>() {
        return Ok(own.has(flag::RUNNING));
    }
    let ask = cx.intern("is_running");
    let ask = cx.get_attribute(event_loop, ask)?;
    let answer = cx.call(ask, &[])?;
    cx.truth(answer)
}

pub fn check_open(cx: &Cx, own: Gc<EventLoop>) -> Result<(), Stop> {
    if own.has(flag::CLOSED) {
        return Err(cx.error(T::RuntimeError, "Event loop is closed"));
    }
    Ok(())
}

/// In debug mode: RuntimeError if the loop runs in another thread.
pub fn check_thread(cx: &Cx, own: Gc<EventLoop>) -> Result<(), Stop> {
    if own.has(flag::DEBUG) && own.has(flag::RUNNING) && cx.vm().running_loop != Value::object(own)
    {
        let text = "Non-thread-safe operation invoked on an event loop other than the current one";
        return Err(cx.error(T::RuntimeError, text));
    }
    Ok(())
}

/// Methods that a derived class may replace: then the loop is not `PLAIN`.
const SCHEDULING: &[&str] =
    &["call_soon", "call_at", "call_later", "time", "create_task", "create_future"];

fn new(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::EventLoop)?;
    let made = cx.event_loop(class.shape.get());
    let base = cx.class(T::EventLoop);
    let own = SCHEDULING.iter().all(|name| {
        let name = cx.intern(name);
        cx.lookup(class, name) == cx.lookup(base, name)
    });
    made.set(flag::PLAIN, own);
    // What it leaves undone is told of at its end.
    cx.finals.register(Value::object(made));
    Ok(Value::object(made))
}

// ---- running

fn drive(cx: &mut Cx, args: Args, how: u8) -> Flow {
    let this = this(cx, args)?;
    if !this.current.get().is_undef() {
        return Err(cx.error(T::RuntimeError, "This event loop is already running"));
    }
    this.left.set(0);
    this.set(flag::IN_TURN, false);
    for each in [flag::ONE_TURN, flag::MOVED] {
        this.set(each, how & each != 0);
    }
    let driver = tasks::driver(cx.vm_mut());
    cx.tail(driver, &[Value::object(this)])
}

fn watch(cx: &mut Cx, args: Args) -> Flow {
    let own = this(cx, args)?;
    let fd = cx.index_i64(cx.arg(args, 1).value())?;
    let side = if cx.arg(args, 2).value() == Value::TRUE { Side::Writes } else { Side::Reads };
    let handle = cx.arg(args, 3).value().cast::<Handle>();
    let Ok(fd) = i32::try_from(fd) else {
        return Err(os_error(cx, libc::EBADF, None));
    };
    match cx.watch_for_loop((fd, side), handle.map(|handle| (own, handle))) {
        Ok(before) => Ok(before.unwrap_or(Value::NONE)),
        Err(error) => Err(io_error(cx, &error, None)),
    }
}

// ---- scheduling

/// The arguments from `at` on, and the context.
fn callback(cx: &Cx, args: Args, at: usize) -> (Value, Value) {
    // The keyword stands before the surplus.
    let context = match cx.opt(args, at).map(|context| context.value()) {
        Some(context) if !context.is_none() => context,
        _ => cx.copied_context(),
    };
    let given = if args.beyond(at + 1) == 0 { cx.tuple(&[]) } else { surplus(cx, args, at + 1) };
    (Value::object(given), context)
}

#[inline(never)]
fn surplus(cx: &Cx, args: Args, at: usize) -> Gc<crate::value::Tuple> {
    cx.tuple(&cx.args_from(args, at))
}

fn soon(cx: &mut Cx, args: Args, method: &'static str) -> Flow {
    let own = this(cx, args)?;
    check_open(cx, own)?;
    let called = cx.arg(args, 1).value();
    let (given, context) = callback(cx, args, 2);
    let handle = Value::object(cx.call_soon(own, called, given, context));
    if own.has(flag::DEBUG) {
        own.ready.borrow_mut().pop_back();
        if method == "call_soon" {
            check_thread(cx, own)?;
        }
        return checked(cx, own, handle, method);
    }
    Ok(handle)
}

/// In debug mode: is the callback one? Then it is noted where it was scheduled.
fn checked(cx: &mut Cx, own: Gc<EventLoop>, handle: Value, method: &str) -> Flow {
    let method = cx.str_value(method);
    let state = [Value::object(own), handle, Value::NONE];
    let check = cx.vm().prelude("_check_callback");
    cx.call_then(check, &[Value::object(own), handle, method], scheduled, state)
}

fn scheduled(cx: &mut Cx, [own, handle, _]: [Value; 3], outcome: Outcome) -> Flow {
    outcome?;
    let (own, made) = (own.cast::<EventLoop>(), handle.cast::<Handle>());
    if let (Some(own), Some(made)) = (own, made) {
        if made.flags.get() & flag::TIMER == 0 {
            own.push(handle);
            cx.wake_one(Key::of(own));
        } else {
            arm(own, made);
        }
    }
    Ok(handle)
}

fn call_later(cx: &mut Cx, args: Args) -> Flow {
    let delay = cx.arg(args, 1).value();
    if delay.is_none() {
        return Err(cx.type_error("delay must not be None"));
    }
    let own = this(cx, args)?;
    let seconds = delay.as_float().or_else(|| delay.as_int().map(|delay| delay as f64));
    match seconds {
        Some(seconds) if own.has(flag::PLAIN) => {
            let when = cx.now() + seconds;
            at(cx, own, args, when, Value::UNDEF)
        }
        _ => call_later_slow(cx, own, args, delay),
    }
}

/// The loop's own `time` and `call_at` are asked.
#[cold]
fn call_later_slow(cx: &mut Cx, own: Gc<EventLoop>, args: Args, delay: Value) -> Flow {
    let (given, context) = callback(cx, args, 3);
    let context = if context.is_undef() { Value::NONE } else { context };
    let called = cx.arg(args, 2).value();
    cx.tail_prelude("_call_later", &[Value::object(own), delay, called, given, context])
}

fn call_at(cx: &mut Cx, args: Args) -> Flow {
    let when = cx.arg(args, 1).value();
    if when.is_none() {
        return Err(cx.type_error("when cannot be None"));
    }
    let own = this(cx, args)?;
    match when.as_float() {
        Some(seconds) => at(cx, own, args, seconds, Value::UNDEF),
        None => at(cx, own, args, 0.0, when),
    }
}

/// A timer for the time `when`, or, unless that is UNDEF, for `given_when`.
#[inline(always)]
fn at(cx: &mut Cx, own: Gc<EventLoop>, args: Args, when: f64, given_when: Value) -> Flow {
    check_open(cx, own)?;
    let called = cx.arg(args, 2).value();
    let (given, context) = callback(cx, args, 3);
    let handle = cx.timer_handle(when, called, given, Value::object(own), context);
    if !given_when.is_undef() {
        super::handle::set_when(cx, handle, given_when)?;
    }
    if own.has(flag::DEBUG) {
        check_thread(cx, own)?;
        return checked(cx, own, Value::object(handle), "call_at");
    }
    arm(own, handle);
    Ok(Value::object(handle))
}

fn arm(own: Gc<EventLoop>, handle: Gc<Handle>) {
    let timer = own.timers.borrow_mut().arm(handle.when.get(), Value::object(handle));
    handle.timer.set(timer);
    handle.flags.set(handle.flags.get() | flag::SCHEDULED);
}

/// A task of any loop, as its `create_task` makes it.
pub fn create_task(
    cx: &mut Cx,
    event_loop: Value,
    coro: Value,
    name: Value,
    context: Value,
) -> Flow {
    if let Some(own) = tasks::plain(event_loop)
        && own.task_factory.get().is_none()
    {
        check_open(cx, own)?;
        return task::make(cx, event_loop, coro, name, context);
    }
    if task::is_eager(event_loop) {
        let made = (event_loop, coro, context);
        return task::make_eager(cx, made, task::eager_itself, [name, Value::NONE]);
    }
    cx.tail_prelude("_create_task", &[event_loop, coro, name, context])
}
