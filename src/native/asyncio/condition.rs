//! What conditions are based on. How they wait is in `vm/tasks/condition.rs`; the rest of them, and
//! what becomes of those that the program gives a lock of its own making, is in
//! `stdlib/asyncio.locks.sloop`.

use super::locks::{AWAIT, LOOP, NEW, WAITERS, of, this};
use crate::native::{TypeDef, method};
use crate::value::wait::WaitKind;
use crate::value::{T, Value};
use crate::vm::{Args, Cx, Flow, GetSet, tasks};

pub static CONDITION: TypeDef = TypeDef {
    id: T::Condition,
    doc: "Who waits to be notified, and the lock that they let go of meanwhile.",
    methods: &[
        NEW,
        method("wait(self, /)", "Let go of the lock until notified.", |cx, args| {
            begin(cx, args, WaitKind::ConditionWait)
        })
        .waiting(WaitKind::ConditionWait),
        method("notify(self, n=1)", "Wake so many who wait.", |cx, args| {
            let count = match cx.opt(args, 1) {
                Some(count) => cx.index_i64(count.value())?,
                None => 1,
            };
            notify(cx, args, count)
        }),
        method("notify_all(self, /)", "Wake all who wait.", |cx, args| notify(cx, args, i64::MAX)),
        method("_notify(self, n, /)", "Wake so many, whoever holds the lock.", |cx, args| {
            let count = cx.index_i64(cx.arg(args, 1).value())?;
            let this = this(cx, args)?;
            tasks::notify(cx.vm_mut(), this, count);
            Ok(Value::NONE)
        }),
        method("_park(self, /)", "Wait to be notified, and for nothing else.", |cx, args| {
            let this = Value::object(this(cx, args)?);
            Ok(Value::object(cx.wait(WaitKind::Notice, this, Value::UNDEF)))
        })
        .waiting(WaitKind::Notice),
        method("__aenter__(self, /)", "Take the lock.", |cx, args| {
            begin(cx, args, WaitKind::LockEnter)
        })
        .waiting(WaitKind::LockEnter),
        method("__aexit__(self, exc_type, exc, tb, /)", "Let go of the lock.", |cx, args| {
            begin(cx, args, WaitKind::Release)
        })
        .waiting(WaitKind::Release),
        AWAIT,
    ],
    getsets: &[
        GetSet {
            name: "_lock",
            doc: "",
            get: |cx, v| Ok(of(cx, v)?.state.get()),
            set: Some(|cx, v, lock| {
                let this = of(cx, v)?;
                // A class of the program may have methods of its own.
                let plain = cx.class_of(lock) == cx.class(T::Lock);
                this.count.set(i64::from(plain));
                this.state.set(lock);
                Ok(Value::NONE)
            }),
        },
        WAITERS,
        LOOP,
    ],
};

/// What is to be awaited.
fn begin(cx: &mut Cx, args: Args, kind: WaitKind) -> Flow {
    let this = this(cx, args)?;
    let Some(lock) = tasks::lock_of(cx.vm(), this) else {
        let body = match kind {
            WaitKind::ConditionWait => "_condition_wait",
            WaitKind::LockEnter => "_enter_by_acquire",
            _ => "_leave_by_release",
        };
        return cx.tail_prelude(body, &[Value::object(this)]);
    };
    let target = if kind == WaitKind::ConditionWait { this } else { lock };
    Ok(Value::object(cx.wait(kind, Value::object(target), Value::UNDEF)))
}

fn notify(cx: &mut Cx, args: Args, count: i64) -> Flow {
    let this = this(cx, args)?;
    let Some(lock) = tasks::lock_of(cx.vm(), this) else {
        let count = cx.int(count);
        return cx.tail_prelude("_condition_notify", &[Value::object(this), count]);
    };
    if lock.state.get() == Value::FALSE {
        return Err(cx.error(T::RuntimeError, "cannot notify on un-acquired lock"));
    }
    tasks::notify(cx.vm_mut(), this, count);
    Ok(Value::NONE)
}
