//! What queues are based on. How they wait is in `vm/tasks/queue.rs`; what they show, and the other
//! orders, are in `stdlib/asyncio.queues.sloop`.

use super::attribute;
use crate::gc::Gc;
use crate::native::object::new_class;
use crate::native::{TypeDef, method, static_method};
use crate::value::wait::WaitKind;
use crate::value::{Deque, Queue, T, Value};
use crate::vm::tasks::queue;
use crate::vm::{Args, Cx, Flow, GetSet, Stop};

pub static QUEUE: TypeDef = TypeDef {
    id: T::Queue,
    doc: "Items, and who waits for them.",
    methods: &[
        static_method("__new__(cls, *args, **kwargs)", "Create and return a new object.", new),
        method("_get(self, /)", "Takes an item out.", |cx, args| {
            let items = this(cx, args)?.items.get();
            match items.cast::<Deque>() {
                Some(deque) => match deque.edit(|items| items.pop_front()) {
                    Some(item) => Ok(item),
                    None => Err(cx.error(T::IndexError, "pop from an empty deque")),
                },
                None => forwarded(cx, items, "popleft", &[]),
            }
        }),
        method("_put(self, item, /)", "Puts an item in.", |cx, args| {
            let (items, item) = (this(cx, args)?.items.get(), cx.arg(args, 1).value());
            forwarded(cx, items, "append", &[item])
        }),
        method("qsize(self, /)", "How many items there are.", |cx, args| {
            let items = this(cx, args)?.items.get();
            match items.cast::<Deque>() {
                Some(deque) => Ok(Value::int(deque.len() as i64)),
                None => forwarded(cx, items, "__len__", &[]),
            }
        }),
        method("empty(self, /)", "Are there no items?", |cx, args| {
            let items = this(cx, args)?.items.get();
            let any = cx.truth(items)?;
            Ok(Value::bool(!any))
        }),
        method("full(self, /)", "Are there `maxsize` items?", |cx, args| {
            let this = this(cx, args)?;
            cx.tail_prelude("_queue_is_full", &[Value::object(this), this.maxsize.get()])
        }),
        method("put(self, item)", "Add an item; wait for room if there is none.", |cx, args| {
            let this = Value::object(this(cx, args)?);
            let pair = Value::object(cx.tuple(&[this, cx.arg(args, 1).value()]));
            Ok(Value::object(cx.wait(WaitKind::QueuePut, pair, Value::UNDEF)))
        })
        .waiting(WaitKind::QueuePut),
        method("get(self, /)", "Take an item; wait for one if there is none.", |cx, args| {
            let this = Value::object(this(cx, args)?);
            Ok(Value::object(cx.wait(WaitKind::QueueGet, this, Value::UNDEF)))
        })
        .waiting(WaitKind::QueueGet),
        method("put_nowait(self, item)", "Add an item, or raise QueueFull.", |cx, args| {
            let this = this(cx, args)?;
            let item = cx.arg(args, 1).value();
            queue::add(cx, this, item)
        }),
        method("get_nowait(self, /)", "Take an item, or raise QueueEmpty.", |cx, args| {
            let this = this(cx, args)?;
            queue::take(cx, this)
        }),
        method(
            "task_done(self, /)",
            "Say that an item that was taken is dealt with.",
            |cx, args| {
                let this = this(cx, args)?;
                queue::task_done(cx, this)
            },
        ),
        method("join(self, /)", "Wait until all items are dealt with.", |cx, args| {
            let this = this(cx, args)?;
            let pair = queue::join_target(cx.vm(), this);
            Ok(Value::object(cx.wait(WaitKind::QueueJoin, pair, Value::UNDEF)))
        })
        .waiting(WaitKind::QueueJoin),
        method("_wake_all(self, /)", "Lets all who wait look again.", |cx, args| {
            let this = this(cx, args)?;
            queue::wake_all(cx.vm_mut(), this);
            Ok(Value::NONE)
        }),
    ],
    getsets: &[
        attribute!("_queue", of, items),
        attribute!("_maxsize", of, maxsize),
        attribute!("_loop", of, event_loop),
        attribute!("_unfinished_tasks", of, unfinished: int),
        attribute!("_is_shutdown", of, is_shut: bool),
        GetSet {
            name: "_finished",
            doc: "",
            get: |cx, v| Ok(Value::object(of(cx, v)?.finished)),
            set: None,
        },
        GetSet { name: "_getters", doc: "", get: |cx, v| waiting(cx, v, true), set: None },
        GetSet { name: "_putters", doc: "", get: |cx, v| waiting(cx, v, false), set: None },
    ],
};

/// Methods by which a class may keep its items in its own way.
const HOOKS: &[&str] =
    &["_get", "_put", "qsize", "empty", "full", "put_nowait", "get_nowait", "_wakeup_next"];

fn of(cx: &Cx, value: Value) -> Result<Gc<Queue>, Stop> {
    value.cast::<Queue>().ok_or_else(|| {
        let name = cx.type_name(value);
        cx.type_error(&format!("expected a queue, not '{name}'"))
    })
}

fn this(cx: &Cx, args: Args) -> Result<Gc<Queue>, Stop> {
    of(cx, cx.arg(args, 0).value())
}

fn forwarded(cx: &mut Cx, items: Value, name: &str, args: &[Value]) -> Flow {
    let name = cx.intern(name);
    let method = cx.get_attribute(items, name)?;
    cx.tail(method, args)
}

fn new(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Queue)?;
    let made = cx.queue(class.shape.get());
    let base = cx.class(T::Queue);
    let hooked = HOOKS.iter().any(|name| {
        let name = cx.intern(name);
        cx.lookup(class, name) != cx.lookup(base, name)
    });
    made.is_hooked.set(hooked);
    Ok(Value::object(made))
}

/// Who waits, as a list of the waiting coroutines.
fn waiting(cx: &mut Cx, value: Value, getters: bool) -> Flow {
    let queue = of(cx, value)?;
    let waiters = if getters { &queue.getters } else { &queue.putters };
    let waiters: Vec<Value> = waiters.borrow().iter().map(|&wait| Value::object(wait)).collect();
    Ok(Value::object(cx.list(waiters)))
}
