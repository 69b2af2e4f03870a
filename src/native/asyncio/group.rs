//! What task groups are based on: their tasks, and how the block learns that all are done. What
//! happens at its end, and when a task fails, is in `stdlib/asyncio.taskgroups.sloop`.

use super::future::settle;
use super::{attribute, task};
use crate::gc::Gc;
use crate::native::object::new_class;
use crate::native::{TypeDef, method, static_method};
use crate::value::future::state;
use crate::value::{Group, T, Value};
use crate::vm::{Args, Cx, Flow, GetSet, Outcome, Stop, tasks};

pub static GROUP: TypeDef = TypeDef {
    id: T::Group,
    doc: "Tasks that begin and end within a block.",
    methods: &[
        static_method(
            "__new__(cls, *args, **kwargs)",
            "Create and return a new object.",
            |cx, args| {
                let class = new_class(cx, args, T::Group)?;
                Ok(Value::object(cx.group(class.shape.get())))
            },
        ),
        method(
            "create_task(self, coro, *, name=None, context=None)",
            "Run a coroutine as a task of the group. Returns the task.",
            create,
        ),
        method("_adopt(self, task, /)", "Takes a task in. Must it be told whom to call?", adopt),
        method("_on_task_done(self, task, /)", "A task is done.", done),
        method("_count(self, /)", "How many tasks are not done.", |cx, args| {
            Ok(Value::int(this(cx, args)?.left.get() as i64))
        }),
    ],
    getsets: &[
        GetSet {
            name: "_tasks",
            doc: "",
            get: |cx, v| {
                let list = Value::object(cx.list(of(cx, v)?.members()));
                cx.tail(cx.type_object(T::Set), &[list])
            },
            set: None,
        },
        attribute!("_loop", of, event_loop),
        attribute!("_on_completed_fut", of, waiter),
        attribute!("_is_open", of, is_open: bool),
    ],
};

fn of(cx: &Cx, value: Value) -> Result<Gc<Group>, Stop> {
    value.cast::<Group>().ok_or_else(|| {
        let name = cx.type_name(value);
        cx.type_error(&format!("expected a task group, not '{name}'"))
    })
}

fn this(cx: &Cx, args: Args) -> Result<Gc<Group>, Stop> {
    of(cx, cx.arg(args, 0).value())
}

fn create(cx: &mut Cx, args: Args) -> Flow {
    let this = this(cx, args)?;
    let coro = cx.arg(args, 1).value();
    let [name, context] =
        [2, 3].map(|at| cx.opt(args, at).map_or(Value::NONE, |given| given.value()));
    let event_loop = this.event_loop.get();
    if this.is_open.get() && task::is_eager(event_loop) {
        let made = (event_loop, coro, context);
        return task::make_eager(cx, made, member_begun, [name, Value::object(this)]);
    }
    let direct = tasks::plain(event_loop).filter(|own| own.task_factory.get().is_none());
    if direct.is_none() || !this.is_open.get() {
        return cx.tail_prelude("_create_member", &[Value::object(this), coro, name, context]);
    }
    let task = super::event_loop::create_task(cx, event_loop, coro, name, context)?;
    join(cx, this, task);
    Ok(task)
}

/// A task that begins eagerly may be done before it is one of the group.
fn member_begun(cx: &mut Cx, [task, name, this]: [Value; 3], outcome: Outcome) -> Flow {
    task::eager_itself(cx, [task, name, Value::NONE], outcome)?;
    let group = of(cx, this)?;
    join(cx, group, task);
    if task.future().is_some_and(|task| task.is_pending()) || !tell(cx, group, task)? {
        return Ok(task);
    }
    let failed = cx.vm().prelude("_member_failed");
    let given_back = |_: &mut Cx, [task, ..]: [Value; 3], outcome: Outcome| outcome.map(|_| task);
    cx.call_then(failed, &[this, task], given_back, [task, Value::NONE, Value::NONE])
}

/// A task of a native loop becomes one of the group.
fn join(cx: &Cx, this: Gc<Group>, task: Value) {
    let grown = this.add(task);
    cx.heap.charge(grown);
    if let Some(future) = task.future()
        && future.is_pending()
    {
        tasks::add_callback(cx.vm(), future, Value::object(this), Value::UNDEF);
    }
}

fn adopt(cx: &mut Cx, args: Args) -> Flow {
    let this = this(cx, args)?;
    let task = cx.arg(args, 1).value();
    let native = task.future().is_some_and(|task| tasks::plain(task.event_loop.get()).is_some());
    if native {
        join(cx, this, task);
        return Ok(Value::FALSE);
    }
    let grown = this.add(task);
    cx.heap.charge(grown);
    Ok(Value::TRUE)
}

fn done(cx: &mut Cx, args: Args) -> Flow {
    let this = this(cx, args)?;
    let task = cx.arg(args, 1).value();
    if task.future().is_none() {
        // Only it knows whether it is done: it is not asked again.
        this.tasks.edit(|tasks| tasks.retain(|&other| other != task));
    }
    if tell(cx, this, task)? {
        return cx.tail_prelude("_member_failed", &[Value::object(this), task]);
    }
    Ok(Value::NONE)
}

/// Tells the group that one of it is done; true if that is the group's failure.
fn tell(cx: &mut Cx, this: Gc<Group>, task: Value) -> Result<bool, Stop> {
    let waiter = this.waiter.replace(Value::NONE);
    let failed = tasks::member_done(cx.vm(), this, task);
    this.waiter.set(waiter);
    if this.left.get() == 0
        && let Some(waiter) = waiter.future()
        && waiter.is_pending()
    {
        waiter.result.set(Value::TRUE);
        settle(cx, waiter, state::RESULT)?;
    }
    Ok(failed)
}
