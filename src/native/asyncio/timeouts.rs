//! `Timeout`. What it does is in `vm/tasks/timeout.rs`.

use crate::gc::Gc;
use crate::native::object::new_class;
use crate::native::{TypeDef, function, method, static_method};
use crate::value::timeout::Stage;
use crate::value::wait::WaitKind;
use crate::value::{T, Timeout, Value};
use crate::vm::{Args, Cx, Def, Flow, Stop, tasks};

pub static TIMEOUT: TypeDef = TypeDef {
    id: T::Timeout,
    doc: "A block that is cancelled at a time of the loop's clock; TimeoutError is raised outside.",
    methods: &[
        static_method(
            "__new__(cls, *args, **kwargs)",
            "Create and return a new object.",
            |cx, args| {
                let class = new_class(cx, args, T::Timeout)?;
                Ok(Value::object(cx.timeout(class.shape.get(), Value::NONE)))
            },
        ),
        method("__init__(self, when)", "Initialize self.", |cx, args| {
            let this = this(cx, args)?;
            if this.stage.get() == Stage::Created {
                this.when.set(cx.arg(args, 1).value());
            }
            Ok(Value::NONE)
        }),
        method(
            "when(self, /)",
            "The time at which the block is cancelled, or None.",
            |cx, args| Ok(this(cx, args)?.when.get()),
        ),
        method("reschedule(self, when, /)", "Move the end to another time.", reschedule),
        method("expired(self, /)", "Is the time up?", |cx, args| {
            let stage = this(cx, args)?.stage.get();
            Ok(Value::bool(matches!(stage, Stage::Expiring | Stage::Expired)))
        }),
        method("__repr__(self, /)", "Return repr(self).", |cx, args| {
            let this = this(cx, args)?;
            let stage = cx.str_value(name(this.stage.get()));
            cx.tail_prelude("_timeout_repr", &[stage, this.when.get()])
        }),
        method("__aenter__(self, /)", "Begin.", |cx, args| {
            let this = Value::object(this(cx, args)?);
            Ok(Value::object(cx.wait(WaitKind::TimeoutEnter, this, Value::UNDEF)))
        })
        .waiting(WaitKind::TimeoutEnter),
        method("__aexit__(self, exc_type, exc_val, exc_tb, /)", "End.", |cx, args| {
            let this = Value::object(this(cx, args)?);
            let parts = [this, cx.arg(args, 1).value(), cx.arg(args, 2).value()];
            let parts = Value::object(cx.tuple(&parts));
            Ok(Value::object(cx.wait(WaitKind::TimeoutExit, parts, Value::UNDEF)))
        })
        .waiting(WaitKind::TimeoutExit),
        method("_on_timeout(self, /)", "The time is up.", |cx, args| {
            let this = this(cx, args)?;
            tasks::expire(cx, this)?;
            Ok(Value::NONE)
        }),
    ],
    getsets: &[],
};

pub static FUNCTIONS: &[Def] = &[function(
    "timeout(delay)",
    "A limit of some seconds from now; None for no limit.",
    |cx, args| {
        let running = super::running_loop(cx)?;
        let delay = cx.arg(args, 0).value();
        let seconds = delay.as_float().or_else(|| delay.as_int().map(|whole| whole as f64));
        let when = match seconds {
            Some(seconds) if tasks::plain(running).is_some() => Value::float(cx.now() + seconds),
            _ if delay.is_none() => Value::NONE,
            _ => return cx.tail_prelude("_timeout_elsewhere", &[running, delay]),
        };
        Ok(Value::object(cx.timeout(T::Timeout.shape(), when)))
    },
)];

fn this(cx: &Cx, args: Args) -> Result<Gc<Timeout>, Stop> {
    let value = cx.arg(args, 0).value();
    value.cast::<Timeout>().ok_or_else(|| {
        let name = cx.type_name(value);
        cx.type_error(&format!("expected a Timeout, not '{name}'"))
    })
}

fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Created => "created",
        Stage::Entered => "active",
        Stage::Expiring => "expiring",
        Stage::Expired => "expired",
        Stage::Exited => "finished",
    }
}

fn reschedule(cx: &mut Cx, args: Args) -> Flow {
    let this = this(cx, args)?;
    match this.stage.get() {
        Stage::Entered => {}
        Stage::Created => {
            return Err(cx.error(T::RuntimeError, "Timeout has not been entered"));
        }
        stage => {
            let text = format!("Cannot change state of {} Timeout", name(stage));
            return Err(cx.error(T::RuntimeError, &text));
        }
    }
    this.when.set(cx.arg(args, 1).value());
    tasks::arm(cx, this)?;
    Ok(Value::NONE)
}
