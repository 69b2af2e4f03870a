//! `Barrier`. How it is waited for is in `vm/tasks/barrier.rs`.

use super::locks::{LOOP, NEW, REPR, WAITERS, of, this};
use crate::native::{TypeDef, method};
use crate::value::wait::{Stage, WaitKind};
use crate::value::{T, Value};
use crate::vm::{Args, Cx, Flow, GetSet};

pub static BARRIER: TypeDef = TypeDef {
    id: T::Barrier,
    doc: "Opens when so many tasks wait at it, for all of them at once.",
    methods: &[
        NEW,
        method("__init__(self, parties)", "Initialize self.", |cx, args| {
            let parties = cx.index_i64(cx.arg(args, 1).value())?;
            if parties < 1 {
                return Err(cx.value_error("parties must be > 0"));
            }
            let this = this(cx, args)?;
            this.bound.set(parties);
            this.count.set(0);
            this.stage.set(Stage::Filling);
            Ok(Value::NONE)
        }),
        REPR,
        method(
            "wait(self, /)",
            "Wait for the others. Returns a number of one's own, from 0 to `parties` - 1.",
            |cx, args| begin(cx, args, WaitKind::BarrierWait),
        )
        .waiting(WaitKind::BarrierWait),
        method(
            "reset(self, /)",
            "Send who waits away with BrokenBarrierError, and begin anew.",
            |cx, args| begin(cx, args, WaitKind::BarrierReset),
        )
        .waiting(WaitKind::BarrierReset),
        method("abort(self, /)", "Break the barrier for all who wait and will.", |cx, args| {
            begin(cx, args, WaitKind::BarrierAbort)
        })
        .waiting(WaitKind::BarrierAbort),
        method("__aenter__(self, /)", "Wait for the others.", enter)
            .waiting(WaitKind::BarrierEnter),
        method("__aexit__(self, exc_type, exc, tb, /)", "Does nothing.", |cx, args| {
            cx.tail_prelude("_leave_barrier", &[cx.arg(args, 0).value()])
        }),
    ],
    getsets: &[
        GetSet {
            name: "parties",
            doc: "For how many it opens.",
            get: |cx, v| Ok(cx.int(of(cx, v)?.bound.get())),
            set: None,
        },
        GetSet {
            name: "n_waiting",
            doc: "How many wait for it to open.",
            get: |cx, v| {
                let this = of(cx, v)?;
                let filling = this.stage.get() == Stage::Filling;
                Ok(cx.int(if filling { this.count.get() } else { 0 }))
            },
            set: None,
        },
        GetSet {
            name: "broken",
            doc: "Has it been aborted?",
            get: |cx, v| Ok(Value::bool(of(cx, v)?.stage.get() == Stage::Broken)),
            set: None,
        },
        GetSet {
            name: "_stage",
            doc: "What it does with those who come and go.",
            get: |cx, v| {
                Ok(cx.str_value(match of(cx, v)?.stage.get() {
                    Stage::Filling => "filling",
                    Stage::Draining => "draining",
                    Stage::Resetting => "resetting",
                    Stage::Broken => "broken",
                }))
            },
            set: None,
        },
        GetSet {
            name: "_count",
            doc: "",
            get: |cx, v| Ok(cx.int(of(cx, v)?.count.get())),
            set: None,
        },
        WAITERS,
        LOOP,
    ],
};

fn begin(cx: &mut Cx, args: Args, kind: WaitKind) -> Flow {
    let this = Value::object(this(cx, args)?);
    Ok(Value::object(cx.wait(kind, this, Value::UNDEF)))
}

/// A class of the program may have its own `wait`.
fn enter(cx: &mut Cx, args: Args) -> Flow {
    let this = Value::object(this(cx, args)?);
    let class = cx.class_of(this);
    let name = cx.intern("wait");
    if cx.lookup(class, name) != cx.lookup(cx.class(T::Barrier), name) {
        return cx.tail_prelude("_enter_by_wait", &[this]);
    }
    begin(cx, args, WaitKind::BarrierEnter)
}
