//! The module `_asyncio`: futures, tasks, loops, and what knows the running ones. The machine's
//! part is in `vm/tasks`; what is rarely needed goes on in `stdlib/prelude_asyncio.sloop`.

mod barrier;
mod condition;
mod coroutine;
mod event_loop;
mod future;
mod gather;
mod group;
mod handle;
mod locks;
mod queues;
mod report;
mod task;
mod timeouts;

pub use coroutine::name;
pub use report::{HOOKS as REPORTS, crossed, install, unheard, was_stuck};

pub static HOOKS: &[Def] = &[
    function("_task_ends(task, value, error, /)", "Ends a task.", task::ends),
    function("_keep_callbacks(future, kept, /)", "Drops the others.", future::keep_callbacks),
];

/// A field of an object as an attribute that programs can set: a value, `int` or `bool`.
macro_rules! attribute {
    ($name:literal, $of:ident, $field:ident) => {
        attribute!($name, $of, $field, |_, value| value, |_, to| to)
    };
    ($name:literal, $of:ident, $field:ident: int) => {
        attribute!($name, $of, $field, |cx, value| cx.int(value), |cx, to| cx.index_i64(to)?)
    };
    ($name:literal, $of:ident, $field:ident: bool) => {
        attribute!($name, $of, $field, |_, value| Value::bool(value), |cx, to| cx.truth(to)?)
    };
    ($name:literal, $of:ident, $field:ident, |$a:pat_param, $value:ident| $shown:expr,
     |$b:pat_param, $to:ident| $read:expr) => {
        crate::vm::GetSet {
            name: $name,
            doc: "",
            get: |cx, v| {
                let $value = $of(cx, v)?.$field.get();
                let $a = cx;
                Ok($shown)
            },
            set: Some(|cx, v, $to| {
                let this = $of(cx, v)?;
                let $b = cx;
                this.$field.set($read);
                Ok(Value::NONE)
            }),
        }
    };
}
use attribute;

use super::{add_functions, add_types, function};
use crate::gc::Gc;
use crate::value::wait::WaitKind;
use crate::value::{Dict, T, Task, Value};
use crate::vm::{Args, Cx, Def, Flow, Stop, tasks};

static FUNCTIONS: &[Def] = &[
    function("get_running_loop()", "The running event loop.", |cx, _| running_loop(cx)),
    function("_get_running_loop()", "The running event loop, or None.", |cx, _| {
        Ok(cx.vm().running_loop)
    }),
    function("_set_running_loop(loop, /)", "Says which loop runs.", |cx, args| {
        cx.vm_mut().running_loop = cx.arg(args, 0).value();
        Ok(Value::NONE)
    }),
    function("get_event_loop()", "The running event loop, or the policy's.", |cx, _| {
        event_loop_then(cx)
    }),
    function(
        "_exchange_interrupt(handler, insists=False, /)",
        "Who hears of Ctrl-C, and whether one came before; None: it raises.",
        |cx, args| {
            let handler = cx.arg(args, 0).value();
            if !cx.is_main_thread() {
                // Ctrl-C is the main thread's affair.
                return Ok(Value::NONE);
            }
            cx.vm_mut().insists = cx.opt(args, 1).is_some_and(|on| on.value() == Value::TRUE);
            Ok(std::mem::replace(&mut cx.vm_mut().on_interrupt, handler))
        },
    ),
    function("current_task(loop=None)", "The task that runs now, or None.", current_task),
    function("_enter_task(loop, task)", "Says which task runs.", enter_task),
    function("_leave_task(loop, task)", "Says that a task does not run any more.", leave_task),
    function("_swap_current_task(loop, task)", "Says which task runs.", |cx, args| {
        let (event_loop, task) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
        Ok(tasks::set_current(cx.vm_mut(), event_loop, task))
    }),
    function("_register_task(task)", "Hands a task over to its loop.", register),
    function("_register_eager_task(task)", "Hands a task over to its loop.", register),
    function("_unregister_task(task)", "Lets go of a task.", unregister),
    function("_unregister_eager_task(task)", "Lets go of a task.", unregister),
    function("_wait_state(task, /)", "How a task waits in a native coroutine.", coroutine::state),
];

/// What programs know as functions of `asyncio.tasks`.
static OF_TASKS: &[Def] = &[
    function("all_tasks(loop=None)", "The tasks of a loop that are not done.", all_tasks),
    function(
        "create_task(coro, *, name=None, context=None)",
        "Run a coroutine as a task of the running loop. Returns the task.",
        task::create,
    ),
    function(
        "eager_task_factory(loop, coro, *, name=None, context=None)",
        "Makes tasks that run at once up to their first block.",
        task::eagerly,
    ),
    function("sleep(delay, result=None, *, loop=None)", "Wait for some seconds.", coroutine::sleep)
        .waiting(WaitKind::Sleep),
    function(
        "gather(*coros_or_futures, return_exceptions=False, loop=None)",
        "A future of the list of results, in the order of the arguments.",
        gather::gather,
    ),
];

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_types(
        cx,
        &[
            &future::FUTURE,
            &task::TASK,
            &gather::GATHERING,
            &handle::HANDLE,
            &handle::TIMER,
            &event_loop::EVENT_LOOP,
            &queues::QUEUE,
            &timeouts::TIMEOUT,
            &locks::LOCK,
            &locks::EVENT,
            &locks::SEMAPHORE,
            &locks::BOUNDED,
            &condition::CONDITION,
            &barrier::BARRIER,
            &group::GROUP,
        ],
    );
    add_functions(cx, dict, FUNCTIONS, "_asyncio");
    add_functions(cx, dict, OF_TASKS, "asyncio.tasks");
    add_functions(cx, dict, timeouts::FUNCTIONS, "asyncio.timeouts");
    add_functions(cx, dict, report::FUNCTIONS, "_asyncio");
    for (name, id) in [
        ("Future", T::Future),
        ("Task", T::Task),
        ("_GatheringFuture", T::Gathering),
        ("Handle", T::Handle),
        ("TimerHandle", T::TimerHandle),
        ("EventLoop", T::EventLoop),
        ("Timeout", T::Timeout),
        ("QueueCore", T::Queue),
        ("QueueEmpty", T::QueueEmpty),
        ("QueueFull", T::QueueFull),
        ("QueueShutDown", T::QueueShutDown),
        ("Lock", T::Lock),
        ("Event", T::Event),
        ("Semaphore", T::Semaphore),
        ("BoundedSemaphore", T::BoundedSemaphore),
        ("ConditionCore", T::Condition),
        ("Barrier", T::Barrier),
        ("BrokenBarrierError", T::BrokenBarrierError),
        ("GroupCore", T::Group),
        ("CancelledError", T::CancelledError),
        ("InvalidStateError", T::InvalidStateError),
    ] {
        dict.set_str(cx, cx.intern(name), cx.type_object(id));
    }
    Ok(())
}

// ---- the running loop

fn running_loop(cx: &mut Cx) -> Flow {
    let running = cx.vm().running_loop;
    if running.is_none() {
        return Err(cx.error(T::RuntimeError, "no running event loop"));
    }
    Ok(running)
}

/// The running loop, or the one that the policy has. A native's last act.
fn event_loop_then(cx: &mut Cx) -> Flow {
    let running = cx.vm().running_loop;
    if running.is_none() { cx.tail_prelude("_policy_loop", &[]) } else { Ok(running) }
}

/// The loop that an argument names; the running one if it is absent or None.
fn loop_or_running(cx: &mut Cx, args: Args, at: usize) -> Flow {
    match cx.opt(args, at).map(|given| given.value()) {
        Some(given) if !given.is_none() => Ok(given),
        _ => running_loop(cx),
    }
}

// ---- tasks

fn current_task(cx: &mut Cx, args: Args) -> Flow {
    let event_loop = loop_or_running(cx, args, 0)?;
    Ok(tasks::current(cx.vm(), event_loop))
}

fn all_tasks(cx: &mut Cx, args: Args) -> Flow {
    let event_loop = loop_or_running(cx, args, 0)?;
    let found = tasks::all(cx.vm_mut(), event_loop);
    let list = cx.list(found.into_iter().map(Value::object).collect());
    if cx.has_foreign_tasks() {
        return cx.tail_prelude("_all_tasks_too", &[Value::object(list), event_loop]);
    }
    cx.tail(cx.type_object(T::Set), &[Value::object(list)])
}

fn enter_task(cx: &mut Cx, args: Args) -> Flow {
    let (event_loop, task) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    let current = tasks::current(cx.vm(), event_loop);
    if !current.is_none() {
        return cx.tail_prelude("_cannot_enter", &[task, current]);
    }
    tasks::set_current(cx.vm_mut(), event_loop, task);
    Ok(Value::NONE)
}

fn leave_task(cx: &mut Cx, args: Args) -> Flow {
    let (event_loop, task) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    let current = tasks::current(cx.vm(), event_loop);
    if current != task {
        return cx.tail_prelude("_cannot_leave", &[task, current]);
    }
    tasks::set_current(cx.vm_mut(), event_loop, Value::NONE);
    Ok(Value::NONE)
}

fn register(cx: &mut Cx, args: Args) -> Flow {
    if let Some(task) = cx.arg(args, 0).cast::<Task>() {
        tasks::register(cx.vm_mut(), task);
        return Ok(Value::NONE);
    }
    cx.note_foreign_task();
    let task = cx.arg(args, 0).value();
    cx.tail_prelude("_register_foreign", &[task])
}

fn unregister(cx: &mut Cx, args: Args) -> Flow {
    let task = cx.arg(args, 0).value();
    if task.is::<Task>() || !cx.has_foreign_tasks() {
        return Ok(Value::NONE);
    }
    cx.tail_prelude("_unregister_foreign", &[task])
}
