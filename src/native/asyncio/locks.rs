//! `Lock`, `Event`, `Semaphore` and `BoundedSemaphore`. How they wait is in `vm/tasks`.

use super::attribute;
use crate::gc::Gc;
use crate::native::object::new_class;
use crate::native::{TypeDef, method, static_method};
use crate::value::wait::{WaitKind, phase};
use crate::value::{Class, Exception, Primitive, T, Value};
use crate::vm::{Args, Cx, Def, Flow, GetSet, Stop, tasks};

pub(super) const NEW: Def =
    static_method("__new__(cls, *args, **kwargs)", "Create and return a new object.", new);
const INIT: Def = method("__init__(self, *, loop=None)", "Initialize self.", init);
pub(super) const REPR: Def = method("__repr__(self, /)", "Return repr(self).", |cx, args| {
    let this = cx.arg(args, 0).value();
    cx.tail_prelude("_primitive_repr", &[this])
});
const RELEASE: Def = method("release(self, /)", "Let go.", release);
pub(super) const LEAVE: Def =
    method("__aexit__(self, exc_type, exc, tb, /)", "Let go.", |cx, args| {
        manage(cx, args, WaitKind::Release)
    })
    .waiting(WaitKind::Release);
/// Up to Python 3.8: `with await lock`.
pub(super) const AWAIT: Def = method("__await__(self, /)", "Enter.", hold);
pub(super) const LOOP: GetSet = attribute!("_loop", of, event_loop);
pub(super) const WAITERS: GetSet = GetSet { name: "_waiters", doc: "", get: waiters, set: None };

pub static LOCK: TypeDef = TypeDef {
    id: T::Lock,
    doc: "Held by one task at a time; who waits gets it in the order of coming.",
    methods: &[
        NEW,
        INIT,
        REPR,
        method("locked(self, /)", "Does somebody hold it?", |cx, args| {
            Ok(Value::bool(this(cx, args)?.state.get() != Value::FALSE))
        }),
        method("acquire(self, /)", "Wait until the lock is free, and take it.", |cx, args| {
            wait(cx, args, WaitKind::LockAcquire)
        })
        .waiting(WaitKind::LockAcquire),
        RELEASE,
        method("__aenter__(self, /)", "Take the lock.", |cx, args| {
            manage(cx, args, WaitKind::LockEnter)
        })
        .waiting(WaitKind::LockEnter),
        LEAVE,
        AWAIT,
    ],
    getsets: &[
        GetSet {
            name: "_locked",
            doc: "",
            get: |cx, v| Ok(Value::bool(of(cx, v)?.state.get() != Value::FALSE)),
            set: Some(|cx, v, to| {
                let held = cx.truth(to)?;
                of(cx, v)?.state.set(Value::bool(held));
                Ok(Value::NONE)
            }),
        },
        WAITERS,
        LOOP,
    ],
};

pub static EVENT: TypeDef = TypeDef {
    id: T::Event,
    doc: "A flag to wait for.",
    methods: &[
        NEW,
        INIT,
        REPR,
        method("is_set(self, /)", "Is the flag set?", |cx, args| Ok(this(cx, args)?.state.get())),
        method("set(self, /)", "Set the flag, and wake all who wait.", |cx, args| {
            let this = this(cx, args)?;
            tasks::set_event(cx.vm_mut(), this);
            Ok(Value::NONE)
        }),
        method("clear(self, /)", "Take the flag down.", |cx, args| {
            this(cx, args)?.state.set(Value::FALSE);
            Ok(Value::NONE)
        }),
        method("wait(self, /)", "Wait until the flag is set. Returns True.", |cx, args| {
            wait(cx, args, WaitKind::EventWait)
        })
        .waiting(WaitKind::EventWait),
    ],
    getsets: &[
        GetSet { name: "_value", doc: "", get: |cx, v| Ok(of(cx, v)?.state.get()), set: None },
        WAITERS,
        LOOP,
    ],
};

pub static SEMAPHORE: TypeDef = TypeDef {
    id: T::Semaphore,
    doc: "A number of permits; who waits for one gets it in the order of coming.",
    methods: &[
        NEW,
        method("__init__(self, value=1, *, loop=None)", "Initialize self.", init_semaphore),
        REPR,
        method("locked(self, /)", "Would `acquire` have to wait?", |cx, args| {
            let this = this(cx, args)?;
            let waits = this.waiters.borrow().iter().any(|w| w.phase_now() != phase::CANCELLED);
            Ok(Value::bool(this.count.get() == 0 || waits))
        }),
        method("acquire(self, /)", "Wait for a permit, and take it.", |cx, args| {
            wait(cx, args, WaitKind::SemaphoreAcquire)
        })
        .waiting(WaitKind::SemaphoreAcquire),
        RELEASE,
        method("__aenter__(self, /)", "Take a permit.", |cx, args| {
            manage(cx, args, WaitKind::SemaphoreEnter)
        })
        .waiting(WaitKind::SemaphoreEnter),
        LEAVE,
        AWAIT,
    ],
    getsets: &[attribute!("_value", of, count: int), WAITERS, LOOP],
};

pub static BOUNDED: TypeDef = TypeDef {
    id: T::BoundedSemaphore,
    doc: "A semaphore that refuses to get more permits than it began with.",
    methods: &[],
    getsets: &[GetSet {
        name: "_bound_value",
        doc: "",
        get: |cx, v| Ok(cx.int(of(cx, v)?.bound.get())),
        set: None,
    }],
};

pub(super) fn of(cx: &Cx, value: Value) -> Result<Gc<Primitive>, Stop> {
    value.cast::<Primitive>().ok_or_else(|| {
        let name = cx.type_name(value);
        cx.type_error(&format!("expected a lock, an event or a semaphore, not '{name}'"))
    })
}

pub(super) fn this(cx: &Cx, args: Args) -> Result<Gc<Primitive>, Stop> {
    of(cx, cx.arg(args, 0).value())
}

fn new(cx: &mut Cx, args: Args) -> Flow {
    // They are all laid out in the same way.
    let kinds = [T::Event, T::BoundedSemaphore, T::Semaphore, T::Condition, T::Barrier];
    let given = cx.arg(args, 0).cast::<Class>();
    let kind =
        given.and_then(|class| kinds.into_iter().find(|&id| class.is_subclass(cx.class(id))));
    let class = new_class(cx, args, kind.unwrap_or(T::Lock))?;
    let made = cx.primitive(class.shape.get());
    if kind == Some(T::Barrier) {
        made.state.set(Value::object(cx.primitive(T::Lock.shape())));
    }
    Ok(Value::object(made))
}

/// The old argument `loop`.
fn bind(cx: &Cx, this: Gc<Primitive>, args: Args, at: usize) {
    if let Some(given) = cx.opt(args, at) {
        this.event_loop.set(given.value());
    }
}

fn init(cx: &mut Cx, args: Args) -> Flow {
    let this = this(cx, args)?;
    this.state.set(Value::FALSE);
    bind(cx, this, args, 1);
    Ok(Value::NONE)
}

fn init_semaphore(cx: &mut Cx, args: Args) -> Flow {
    let value = cx.opt(args, 1).map(|value| value.value());
    let count = match value {
        Some(value) => cx.index_i64(value)?,
        None => 1,
    };
    if count < 0 {
        return Err(cx.value_error("Semaphore initial value must be >= 0"));
    }
    let this = this(cx, args)?;
    this.count.set(count);
    if cx.isinstance(Value::object(this), T::BoundedSemaphore) {
        this.bound.set(count);
    }
    bind(cx, this, args, 2);
    Ok(Value::NONE)
}

/// A coroutine that waits for the primitive.
fn wait(cx: &mut Cx, args: Args, kind: WaitKind) -> Flow {
    let this = Value::object(this(cx, args)?);
    Ok(Value::object(cx.wait(kind, this, Value::UNDEF)))
}

/// As `wait`, for `async with`: a class of the program may have its own `acquire` or `release`.
fn manage(cx: &mut Cx, args: Args, kind: WaitKind) -> Flow {
    let this = Value::object(this(cx, args)?);
    let class = cx.class_of(this);
    if class.is_user() {
        let id = if cx.isinstance(this, T::Lock) { T::Lock } else { T::Semaphore };
        let (name, body) = match kind {
            WaitKind::Release => ("release", "_leave_by_release"),
            _ => ("acquire", "_enter_by_acquire"),
        };
        let name = cx.intern(name);
        if cx.lookup(class, name) != cx.lookup(cx.class(id), name) {
            return cx.tail_prelude(body, &[this]);
        }
    }
    wait(cx, args, kind)
}

fn release(cx: &mut Cx, args: Args) -> Flow {
    let this = this(cx, args)?;
    match tasks::release(cx.vm_mut(), this) {
        Ok(()) => Ok(Value::NONE),
        Err(error) => Err(cx.throw(error.cast::<Exception>().expect("an exception"))),
    }
}

fn hold(cx: &mut Cx, args: Args) -> Flow {
    let this = cx.arg(args, 0).value();
    cx.tail_prelude("_hold", &[this])
}

/// Who waits, as a list of the waiting coroutines; None if nobody ever did.
fn waiters(cx: &mut Cx, value: Value) -> Flow {
    let this = of(cx, value)?;
    let waiters: Vec<Value> = this.waiters.borrow().iter().map(|&w| Value::object(w)).collect();
    Ok(Value::object(cx.list(waiters)))
}
