//! `Handle` and `TimerHandle`: scheduled callbacks.

use crate::gc::Gc;
use crate::native::object::new_class;
use crate::native::{TypeDef, comparisons, method, static_method};
use crate::value::schedule::flag;
use crate::value::{EventLoop, Handle, T, Tuple, Value};
use crate::vm::{Args, Cx, Flow, GetSet, Order, Stop};

pub static HANDLE: TypeDef = TypeDef {
    id: T::Handle,
    doc: "A callback that the loop will call. Made by `call_soon`.",
    methods: &[
        static_method("__new__(cls, *args, **kwargs)", "Create and return a new object.", new),
        method("__init__(self, callback, args, loop, context=None)", "Initialize self.", init),
        method("__repr__(self, /)", "Return repr(self).", |cx, args| {
            in_prelude(cx, "_handle_repr", args)
        }),
        method("_repr_info(self, /)", "What repr shows.", |cx, args| {
            in_prelude(cx, "_handle_repr_info", args)
        }),
        method("get_context(self, /)", "The context of the callback.", |cx, args| {
            own_context(cx, this(cx, args)?)
        }),
        method("cancel(self, /)", "Do not call the callback.", cancel),
        method("cancelled(self, /)", "Was it cancelled?", |cx, args| {
            Ok(Value::bool(this(cx, args)?.flags.get() & flag::CANCELLED != 0))
        }),
        method("_run(self, /)", "Calls the callback.", |cx, args| {
            in_prelude(cx, "_run_handle", args)
        }),
    ],
    getsets: &[
        GetSet {
            name: "_callback",
            doc: "",
            get: |cx, v| Ok(of(cx, v)?.callback.get()),
            set: Some(|cx, v, to| {
                of(cx, v)?.callback.set(to);
                Ok(Value::NONE)
            }),
        },
        GetSet { name: "_args", doc: "", get: |cx, v| Ok(of(cx, v)?.args.get()), set: None },
        GetSet { name: "_loop", doc: "", get: |cx, v| Ok(of(cx, v)?.event_loop.get()), set: None },
        GetSet { name: "_context", doc: "", get: |cx, v| own_context(cx, of(cx, v)?), set: None },
        GetSet {
            name: "_cancelled",
            doc: "",
            get: |cx, v| Ok(Value::bool(of(cx, v)?.flags.get() & flag::CANCELLED != 0)),
            set: None,
        },
        GetSet {
            name: "_source_traceback",
            doc: "",
            get: |cx, v| kept(cx, v, "_created_at"),
            set: Some(|cx, v, to| keep(cx, v, "_created_at", to)),
        },
        GetSet {
            name: "_repr",
            doc: "",
            get: |cx, v| kept(cx, v, "_shown"),
            set: Some(|cx, v, to| keep(cx, v, "_shown", to)),
        },
    ],
};

pub static TIMER: TypeDef = TypeDef {
    id: T::TimerHandle,
    doc: "A callback that the loop will call at a time. Made by `call_later` and `call_at`.",
    methods: &[
        method(
            "__init__(self, when, callback, args, loop, context=None)",
            "Initialize self.",
            init_timer,
        ),
        method("when(self, /)", "The loop's time at which the callback is due.", |cx, args| {
            when(cx, cx.arg(args, 0).value())
        }),
        method("__hash__(self, /)", "Return hash(self).", |cx, args| {
            let when = Value::float(this(cx, args)?.when.get());
            let hash = cx.hash(when)?;
            Ok(cx.int(hash as i64))
        }),
        method("__eq__(self, value, /)", "Return self==value.", eq),
        method("__ne__(self, value, /)", "Return self!=value.", ne),
        method("__lt__(self, value, /)", "Return self<value.", lt),
        method("__le__(self, value, /)", "Return self<=value.", le),
        method("__gt__(self, value, /)", "Return self>value.", gt),
        method("__ge__(self, value, /)", "Return self>=value.", ge),
    ],
    getsets: &[
        GetSet { name: "_when", doc: "", get: when, set: None },
        GetSet {
            name: "_scheduled",
            doc: "",
            get: |cx, v| Ok(Value::bool(of(cx, v)?.flags.get() & flag::SCHEDULED != 0)),
            set: Some(|_, _, _| Ok(Value::NONE)),
        },
    ],
};

#[inline]
pub fn of(cx: &Cx, value: Value) -> Result<Gc<Handle>, Stop> {
    value.cast::<Handle>().ok_or_else(|| none_of(cx, value))
}

#[cold]
fn none_of(cx: &Cx, value: Value) -> Stop {
    let name = cx.type_name(value);
    cx.type_error(&format!("descriptor requires a 'Handle' object but received a '{name}'"))
}

fn this(cx: &Cx, args: Args) -> Result<Gc<Handle>, Stop> {
    of(cx, cx.arg(args, 0).value())
}

fn in_prelude(cx: &mut Cx, name: &'static str, args: Args) -> Flow {
    let this = cx.arg(args, 0).value();
    cx.tail_prelude(name, &[this])
}

/// The context of the callback, which is from now on the object that the program has.
fn own_context(cx: &mut Cx, this: Gc<Handle>) -> Flow {
    let context = Value::object(cx.context_object(this.context.get()));
    this.context.set(context);
    Ok(context)
}

// ---- what debug mode keeps

fn kept(cx: &mut Cx, value: Value, key: &str) -> Flow {
    let dict = of(cx, value)?.extra.get().cast::<crate::value::Dict>();
    Ok(dict.and_then(|dict| dict.get_str(cx, cx.intern(key))).unwrap_or(Value::NONE))
}

fn keep(cx: &mut Cx, value: Value, key: &str, what: Value) -> Flow {
    let this = of(cx, value)?;
    let dict = this.extra.get().cast::<crate::value::Dict>().unwrap_or_else(|| cx.dict());
    dict.set_str(cx, cx.intern(key), what);
    this.extra.set(Value::object(dict));
    Ok(Value::NONE)
}

// ---- making one by hand

fn new(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Handle)?;
    let timer = class.is_subclass(cx.class(T::TimerHandle));
    let handle = cx.handle_of(class.shape.get());
    handle.flags.set(if timer { flag::TIMER } else { 0 });
    Ok(Value::object(handle))
}

fn init(cx: &mut Cx, args: Args) -> Flow {
    fill(cx, args, 1)
}

fn init_timer(cx: &mut Cx, args: Args) -> Flow {
    let this = this(cx, args)?;
    set_when(cx, this, cx.arg(args, 1).value())?;
    fill(cx, args, 2)
}

/// Sets the time at which a timer is due; one that is no float is kept as it is, too.
pub fn set_when(cx: &mut Cx, handle: Gc<Handle>, when: Value) -> Result<(), Stop> {
    if let Some(seconds) = when.as_float() {
        handle.when.set(seconds);
        return Ok(());
    }
    handle.when.set(crate::native::float::float_arg(cx, when)?);
    keep(cx, Value::object(handle), "_when_given", when).map(drop)
}

fn when(cx: &mut Cx, handle: Value) -> Flow {
    let given = kept(cx, handle, "_when_given")?;
    if given.is_none() { Ok(Value::float(of(cx, handle)?.when.get())) } else { Ok(given) }
}

fn fill(cx: &mut Cx, args: Args, at: usize) -> Flow {
    let handle = this(cx, args)?;
    let [callback, given, event_loop] = [0, 1, 2].map(|i| cx.arg(args, at + i).value());
    handle.callback.set(callback);
    let given = if given.is::<Tuple>() {
        given
    } else {
        let items = cx.plain_items(given).unwrap_or_default();
        Value::object(cx.tuple(&items))
    };
    handle.args.set(given);
    handle.event_loop.set(event_loop);
    handle.context.set(match cx.opt(args, at + 3).map(|context| context.value()) {
        Some(context) if !context.is_none() => context,
        _ => cx.copied_context(),
    });
    if super::event_loop::debugs(cx, event_loop)? {
        return cx.tail_prelude("_note_handle", &[Value::object(handle)]);
    }
    Ok(Value::NONE)
}

// ---- cancelling

fn cancel(cx: &mut Cx, args: Args) -> Flow {
    let this = this(cx, args)?;
    let flags = this.flags.get();
    if flags & (flag::CANCELLED | flag::SCHEDULED) == flag::SCHEDULED
        && let Some(own) = this.event_loop.get().cast::<EventLoop>()
        && !own.has(flag::DEBUG)
    {
        let_go(this);
        own.timers.borrow_mut().cancel(this.timer.get());
        return Ok(Value::NONE);
    }
    cancel_slow(cx, this)
}

/// The handle is cancelled, and keeps nothing alive.
fn let_go(this: Gc<Handle>) {
    this.flags.set(this.flags.get() & !flag::SCHEDULED | flag::CANCELLED);
    this.callback.set(Value::NONE);
    this.args.set(Value::NONE);
}

/// Any but an armed timer of the loop's own, outside debug mode.
#[inline(never)]
fn cancel_slow(cx: &mut Cx, this: Gc<Handle>) -> Flow {
    if this.flags.get() & flag::CANCELLED != 0 {
        return Ok(Value::NONE);
    }
    if super::event_loop::debugs(cx, this.event_loop.get())? {
        // What it was stays visible.
        let shown = cx.call_prelude("_handle_repr_cancelled", &[Value::object(this)])?;
        keep(cx, Value::object(this), "_shown", shown)?;
    }
    let scheduled = this.flags.get() & flag::SCHEDULED != 0;
    let_go(this);
    if scheduled && let Some(own) = this.event_loop.get().cast::<EventLoop>() {
        own.timers.borrow_mut().cancel(this.timer.get());
        return Ok(Value::NONE);
    }
    if this.flags.get() & flag::TIMER != 0 && !this.event_loop.get().is::<EventLoop>() {
        // A loop of the program's own counts them.
        let tell = cx.intern("_timer_handle_cancelled");
        let tell = cx.get_attribute(this.event_loop.get(), tell)?;
        cx.call(tell, &[Value::object(this)])?;
    }
    Ok(Value::NONE)
}

// ---- order

comparisons!(compared);

fn compared(cx: &mut Cx, args: Args, order: Order) -> Flow {
    let (a, b) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    let (Some(x), Some(y)) = (a.cast::<Handle>(), b.cast::<Handle>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if (x.flags.get() & y.flags.get()) & flag::TIMER == 0 {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let (when, other) = (x.when.get(), y.when.get());
    match order {
        Order::Lt => Ok(Value::bool(when < other)),
        Order::Gt => Ok(Value::bool(when > other)),
        Order::Le if when < other => Ok(Value::TRUE),
        Order::Ge if when > other => Ok(Value::TRUE),
        _ => {
            let same = when == other
                && (x.flags.get() ^ y.flags.get()) & flag::CANCELLED == 0
                && cx.equal(x.callback.get(), y.callback.get())?
                && cx.equal(x.args.get(), y.args.get())?;
            Ok(Value::bool(same != matches!(order, Order::Ne)))
        }
    }
}
