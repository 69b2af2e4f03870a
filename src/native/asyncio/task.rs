//! `Task`.

use super::future::settle;
use super::{event_loop, loop_or_running, running_loop};
use crate::gc::Gc;
use crate::native::generator::is_coroutine;
use crate::native::{TypeDef, class_method, method};
use crate::value::future::state;
use crate::value::schedule::flag;
use crate::value::wait::phase;
use crate::value::{Exception, Native, T, Task, Value, Wait};
use crate::vm::{Args, Cx, Flow, GetSet, Outcome, Stop, context, tasks};

pub static TASK: TypeDef = TypeDef {
    id: T::Task,
    doc: "A coroutine that a loop runs.",
    methods: &[
        method(
            "__init__(self, coro, *, loop=None, name=None, context=None, eager_start=False)",
            "Initialize self.",
            init,
        ),
        method("__repr__(self, /)", "Return repr(self).", |cx, args| {
            in_prelude(cx, "_future_repr", args)
        }),
        method("_repr_info(self, /)", "What repr shows.", |cx, args| {
            in_prelude(cx, "_task_repr_info", args)
        }),
        method("__del__(self, /)", "Reports what is lost with the task.", |cx, args| {
            let this = this(cx, args)?;
            let begun = !this.event_loop.get().is_undef();
            let lost = begun && this.is_pending() && !this.has(state::SILENT);
            if lost || this.has(state::UNREAD) {
                // It is told once.
                this.set(state::SILENT, true);
                return in_prelude(cx, "_task_dies", args);
            }
            Ok(Value::NONE)
        }),
        method("get_coro(self, /)", "The coroutine.", |cx, args| Ok(this(cx, args)?.coro.get())),
        method("get_context(self, /)", "The context of its steps.", |cx, args| {
            let this = this(cx, args)?;
            if tasks::current(cx.vm(), this.event_loop.get()) == Value::object(this) {
                return Ok(Value::object(cx.context()));
            }
            let context = Value::object(cx.context_object(this.context.get()));
            this.context.set(context);
            Ok(context)
        }),
        method("get_name(self, /)", "The task's name.", get_name),
        method("set_name(self, value, /)", "Names the task.", |cx, args| {
            let (this, name) = (this(cx, args)?, cx.arg(args, 1).value());
            named(cx, this, name)
        }),
        method("set_result(self, result, /)", "Not for tasks.", |cx, _| {
            Err(cx.error(T::RuntimeError, "Task does not support set_result operation"))
        }),
        method("set_exception(self, exception, /)", "Not for tasks.", |cx, _| {
            Err(cx.error(T::RuntimeError, "Task does not support set_exception operation"))
        }),
        method("cancelling(self, /)", "How many requests to cancel there are.", |cx, args| {
            Ok(Value::int(this(cx, args)?.cancels().into()))
        }),
        method("uncancel(self, /)", "Take one request back. Returns how many are left.", uncancel),
        method("get_stack(self, *, limit=None)", "The frames it waits in.", |cx, args| {
            let limit = cx.opt(args, 1).map_or(Value::NONE, |limit| limit.value());
            let this = cx.arg(args, 0).value();
            cx.tail_prelude("_task_stack", &[this, limit])
        }),
        method("print_stack(self, *, limit=None, file=None)", "Prints them.", |cx, args| {
            let limit = cx.opt(args, 1).map_or(Value::NONE, |limit| limit.value());
            let file = cx.opt(args, 2).map_or(Value::NONE, |file| file.value());
            let this = cx.arg(args, 0).value();
            cx.tail_prelude("_task_print_stack", &[this, limit, file])
        }),
        class_method(
            "current_task(cls, loop=None)",
            "The task that runs now (to 3.8).",
            |cx, args| match cx.opt(args, 1).map(|given| given.value()) {
                Some(given) if !given.is_none() => Ok(tasks::current(cx.vm(), given)),
                _ if cx.vm().running_loop.is_none() => Ok(Value::NONE),
                _ => Ok(tasks::current(cx.vm(), cx.vm().running_loop)),
            },
        ),
        class_method("all_tasks(cls, loop=None)", "The tasks of a loop (to 3.8).", |cx, args| {
            let given = cx.opt(args, 1).is_some_and(|given| !given.value().is_none());
            if !given && cx.vm().running_loop.is_none() {
                return cx.tail_prelude("_all_tasks_of_policy", &[]);
            }
            let event_loop = loop_or_running(cx, args, 1)?;
            let found = tasks::all(cx.vm_mut(), event_loop);
            let list = cx.list(found.into_iter().map(Value::object).collect());
            cx.tail(cx.type_object(T::Set), &[Value::object(list)])
        }),
        method("task_step(self, exc=None, /)", "Runs the coroutine up to its next wait.", step),
        method("task_wakeup(self, future, /)", "What it waits for is done.", wake_up),
    ],
    getsets: &[
        GetSet { name: "_coro", doc: "", get: |cx, v| Ok(of(cx, v)?.coro.get()), set: None },
        GetSet {
            name: "_must_cancel",
            doc: "",
            get: |cx, v| Ok(Value::bool(of(cx, v)?.has(state::MUST_CANCEL))),
            set: Some(|cx, v, on| {
                super::future::kept(cx, on)?;
                of(cx, v)?.set(state::MUST_CANCEL, on == Value::TRUE);
                Ok(Value::NONE)
            }),
        },
        GetSet {
            name: "_log_destroy_pending",
            doc: "",
            get: |cx, v| Ok(Value::bool(!of(cx, v)?.has(state::SILENT))),
            set: Some(|cx, v, on| {
                super::future::kept(cx, on)?;
                of(cx, v)?.set(state::SILENT, on == Value::FALSE);
                Ok(Value::NONE)
            }),
        },
        GetSet {
            name: "_fut_waiter",
            doc: "",
            get: |cx, v| {
                let waits = of(cx, v)?.waits_on.get();
                let yielded = |wait: Gc<Wait>| wait.only_yields();
                let none = waits.is_undef()
                    || waits.is::<Exception>()
                    || waits.cast::<Wait>().is_some_and(yielded);
                match waits.cast::<Wait>() {
                    Some(wait) if !none => Ok(stand_in(cx, of(cx, v)?, wait)),
                    _ => Ok(if none { Value::NONE } else { waits }),
                }
            },
            set: Some(|cx, v, what| {
                super::future::kept(cx, what)?;
                let this = of(cx, v)?;
                this.set(state::DIRECT, false);
                // A native coroutine is no future that anybody but its owner could wait for.
                let none = what.is_none() || what.is::<Wait>();
                this.waits_on.set(if none { Value::UNDEF } else { what });
                Ok(Value::NONE)
            }),
        },
    ],
};

/// A native coroutine waits without a future: who asks for that gets one in the same state.
fn stand_in(cx: &Cx, task: Gc<Task>, wait: Gc<Wait>) -> Value {
    let future = cx.future(task.event_loop.get());
    match wait.phase_now() {
        phase::CREATED | phase::PARKED => {}
        phase::CANCELLED => future.set_state(state::CANCELLED),
        _ => future.set_state(state::RESULT),
    }
    Value::object(future)
}

pub fn of(cx: &Cx, value: Value) -> Result<Gc<Task>, Stop> {
    value.cast::<Task>().ok_or_else(|| {
        let name = cx.type_name(value);
        cx.type_error(&format!(
            "descriptor requires a '_asyncio.Task' object but received a '{name}'"
        ))
    })
}

fn this(cx: &Cx, args: Args) -> Result<Gc<Task>, Stop> {
    of(cx, cx.arg(args, 0).value())
}

fn in_prelude(cx: &mut Cx, name: &'static str, args: Args) -> Flow {
    let this = cx.arg(args, 0).value();
    cx.tail_prelude(name, &[this])
}

// ---- making one

/// What a call may say of a task.
#[derive(Clone, Copy)]
struct Wishes {
    name: Value,
    context: Value,
}

fn given(cx: &Cx, args: Args, at: usize) -> Value {
    cx.opt(args, at).map_or(Value::NONE, |given| given.value())
}

fn init(cx: &mut Cx, args: Args) -> Flow {
    let task = Value::object(this(cx, args)?);
    let coro = cx.arg(args, 1).value();
    let wishes = cx.tuple(&[given(cx, args, 3), given(cx, args, 4), given(cx, args, 5)]);
    let state = [task, coro, Value::object(wishes)];
    let event_loop = given(cx, args, 2);
    if !event_loop.is_none() {
        return initialise(cx, state, Ok(event_loop));
    }
    let running = cx.vm().running_loop;
    if !running.is_none() {
        return initialise(cx, state, Ok(running));
    }
    let policy = cx.vm().prelude("_policy_loop");
    cx.call_then(policy, &[], initialise, state)
}

fn initialise(cx: &mut Cx, [task, coro, wishes]: [Value; 3], outcome: Outcome) -> Flow {
    let event_loop = outcome?;
    let task = of(cx, task)?;
    task.event_loop.set(event_loop);
    if !is_coroutine(cx, coro)? {
        task.set(state::SILENT, true);
        return Err(not_a_coroutine(cx, coro));
    }
    let wishes = wishes.cast::<crate::value::Tuple>().expect("made by `init`");
    let [name, context, eager] = [0, 1, 2].map(|i| wishes.as_slice()[i]);
    set_up(cx, task, coro, Wishes { name, context })?;
    if cx.truth(eager)? && event_loop::is_running(cx, event_loop)? {
        let initialised = |cx: &mut Cx, [task, ..]: [Value; 3], outcome| {
            begun(cx, task, outcome)?;
            Ok(Value::NONE)
        };
        return begin(cx, task, initialised, [Value::NONE; 2]);
    }
    start(cx, task)?;
    Ok(Value::NONE)
}

// ---- tasks that begin at once

/// What goes on when a task has begun: its state is the task and two values more.
type Then = fn(&mut Cx, [Value; 3], Outcome) -> Flow;

/// Runs a task up to its first wait, inside of the task that makes it. What goes on asks `begun`.
fn begin(cx: &mut Cx, task: Gc<Task>, then: Then, [a, b]: [Value; 2]) -> Flow {
    if context::runs(task.context.get()) {
        return cx.tail_prelude("_context_is_entered", &[task.context.get()]);
    }
    tasks::register(cx.vm_mut(), task);
    let driver = tasks::driver(cx.vm_mut());
    cx.call_then(driver, &[Value::object(task)], then, [Value::object(task), a, b])
}

/// A task that began eagerly and did not block is done with its coroutine.
pub fn begun(cx: &mut Cx, task: Value, outcome: Outcome) -> Result<Gc<Task>, Stop> {
    outcome?;
    let task = of(cx, task)?;
    if !task.is_pending() {
        task.coro.set(Value::NONE);
    }
    Ok(task)
}

/// Does the loop run, and make its tasks by `eager_task_factory`?
pub fn is_eager(event_loop: Value) -> bool {
    tasks::plain(event_loop).is_some_and(|own| {
        let factory = own.task_factory.get().cast::<Native>();
        // Natives have the names that they were declared with.
        factory.is_some_and(|factory| factory.signature.name() == EAGER)
            && own.has(flag::RUNNING)
            && !own.has(flag::DEBUG)
    })
}

const EAGER: &str = "eager_task_factory";

/// Makes a task on a loop that `is_eager`, which begins at once.
pub fn make_eager(
    cx: &mut Cx,
    (event_loop, coro, context): (Value, Value, Value),
    then: Then,
    state: [Value; 2],
) -> Flow {
    if !is_coroutine(cx, coro)? {
        return Err(not_a_coroutine(cx, coro));
    }
    let task = cx.task(T::Task.shape(), event_loop);
    set_up(cx, task, coro, Wishes { name: Value::NONE, context })?;
    begin(cx, task, then, state)
}

/// The task itself. Its name comes late, as from any factory.
pub fn eager_itself(cx: &mut Cx, [task, name, _]: [Value; 3], outcome: Outcome) -> Flow {
    let begun = begun(cx, task, outcome)?;
    if !name.is_none() {
        named(cx, begun, name)?;
    }
    Ok(task)
}

/// `eager_task_factory` itself.
pub fn eagerly(cx: &mut Cx, args: Args) -> Flow {
    let [event_loop, coro] = [0, 1].map(|i| cx.arg(args, i).value());
    let (name, context) = (given(cx, args, 2), given(cx, args, 3));
    if !is_coroutine(cx, coro)? {
        return Err(not_a_coroutine(cx, coro));
    }
    let task = cx.task(T::Task.shape(), event_loop);
    set_up(cx, task, coro, Wishes { name, context })?;
    if event_loop::is_running(cx, event_loop)? {
        return begin(cx, task, eager_itself, [Value::NONE; 2]);
    }
    start(cx, task)?;
    Ok(Value::object(task))
}

fn not_a_coroutine(cx: &mut Cx, coro: Value) -> Stop {
    match crate::native::display::repr(cx, coro) {
        Ok(shown) => {
            let shown = String::from_utf8_lossy(&shown).into_owned();
            cx.type_error(&format!("a coroutine was expected, got {shown}"))
        }
        Err(stop) => stop,
    }
}

/// Fills in a task whose loop is known.
fn set_up(cx: &mut Cx, task: Gc<Task>, coro: Value, wishes: Wishes) -> Result<(), Stop> {
    // The task answers for its coroutine from now on.
    cx.finals.withdraw(coro);
    task.coro.set(coro);
    cx.note_place(task);
    let context = wishes.context;
    task.context.set(if context.is_none() { cx.copied_context() } else { context });
    if wishes.name.is_none() {
        let number = cx.next_task_number();
        task.set_name(cx, number);
        return Ok(());
    }
    named(cx, task, wishes.name).map(drop)
}

/// Names a task. Whatever the name is, it becomes a string.
fn named(cx: &mut Cx, task: Gc<Task>, name: Value) -> Flow {
    let name = if cx.isinstance(name, T::Str) {
        name
    } else {
        let text = crate::native::display::str_of(cx, name)?;
        Value::object(cx.str_wtf8(&text))
    };
    task.set_name(cx, name);
    Ok(Value::NONE)
}

/// Schedules the first step.
fn start(cx: &mut Cx, task: Gc<Task>) -> Result<(), Stop> {
    let event_loop = task.event_loop.get();
    if let Some(own) = tasks::plain(event_loop) {
        event_loop::check_open(cx, own)?;
        event_loop::check_thread(cx, own)?;
        own.push(Value::object(task));
        own.add_task(task);
        if own.has(flag::DEBUG) {
            cx.call_prelude("_note_creation", &[Value::object(task)])?;
        }
        return Ok(());
    }
    if event_loop::debugs(cx, event_loop)? {
        cx.call_prelude("_note_creation", &[Value::object(task)])?;
    }
    cx.call_prelude("_schedule_first_step", &[Value::object(task)])?;
    tasks::register(cx.vm_mut(), task);
    Ok(())
}

/// Makes a task on a native loop that has no factory.
pub fn make(cx: &mut Cx, event_loop: Value, coro: Value, name: Value, context: Value) -> Flow {
    if !is_coroutine(cx, coro)? {
        return Err(not_a_coroutine(cx, coro));
    }
    let task = cx.task(T::Task.shape(), event_loop);
    set_up(cx, task, coro, Wishes { name, context })?;
    start(cx, task)?;
    Ok(Value::object(task))
}

/// `create_task` of the module.
pub fn create(cx: &mut Cx, args: Args) -> Flow {
    let event_loop = running_loop(cx)?;
    let coro = cx.arg(args, 0).value();
    let (name, context) = (given(cx, args, 1), given(cx, args, 2));
    event_loop::create_task(cx, event_loop, coro, name, context)
}

fn get_name(cx: &mut Cx, args: Args) -> Flow {
    let this = this(cx, args)?;
    if let Some(number) = this.name(cx).as_int() {
        // Most names are never asked for.
        this.set_name(cx, cx.str_value(&format!("Task-{number}")));
    }
    let name = this.name(cx);
    Ok(if name.is_undef() { Value::NONE } else { name })
}

// ---- cancelling

fn uncancel(cx: &mut Cx, args: Args) -> Flow {
    let this = this(cx, args)?;
    let (left, was_last) = this.take_cancel();
    if was_last {
        this.set(state::MUST_CANCEL, false);
    }
    Ok(Value::int(left.into()))
}

/// The receiver, after its `__init__`.
fn initialised(cx: &Cx, args: Args) -> Result<Gc<Task>, Stop> {
    let this = this(cx, args)?;
    if this.event_loop.get().is_undef() {
        return Err(cx.error(T::RuntimeError, super::future::NOT_INITIALISED));
    }
    Ok(this)
}

// ---- steps that others than a native loop ask for

fn step(cx: &mut Cx, args: Args) -> Flow {
    let this = initialised(cx, args)?;
    if !this.is_pending() {
        return Err(cx.error(T::InvalidStateError, "task_step(): already done"));
    }
    let error = given(cx, args, 1);
    if error.is::<Exception>() {
        this.waits_on.set(error);
    }
    let driver = tasks::driver(cx.vm_mut());
    cx.tail(driver, &[Value::object(this)])
}

fn wake_up(cx: &mut Cx, args: Args) -> Flow {
    let this = initialised(cx, args)?;
    let future = cx.arg(args, 1).value();
    if future.future().is_some() {
        this.waits_on.set(future);
        let driver = tasks::driver(cx.vm_mut());
        return cx.tail(driver, &[Value::object(this)]);
    }
    // A future of the program's own making: only it can say what became of it.
    this.waits_on.set(Value::UNDEF);
    cx.tail_prelude("_wake_with", &[Value::object(this), future])
}

/// `_task_ends(task, value, error)`: the coroutine of the program's own making has ended.
pub fn ends(cx: &mut Cx, args: Args) -> Flow {
    let this = this(cx, args)?;
    let (value, error) = (cx.arg(args, 1).value(), cx.arg(args, 2).value());
    let future = Value::object(this).future().expect("a task is a future");
    if !error.is_none() {
        this.set(state::MUST_CANCEL, false);
        this.result.set(error);
        let cancelled = cx.isinstance(error, T::CancelledError);
        return settle(cx, future, if cancelled { state::CANCELLED } else { state::ERROR });
    }
    if this.has(state::MUST_CANCEL) {
        this.set(state::MUST_CANCEL, false);
        return settle(cx, future, state::CANCELLED);
    }
    this.result.set(value);
    settle(cx, future, state::RESULT)
}
