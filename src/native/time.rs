//! The module `time`. Calendar tuples (`struct_time` and what makes them) come from
//! `stdlib/_calendar.sloop` when somebody asks for them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{add_functions, function, io};
use crate::gc::Gc;
use crate::plain::int::Int;
use crate::value::{Dict, Str, T, Value};
use crate::vm::system::{self, Calendar};
use crate::vm::threads::Woke;
use crate::vm::{Args, Cx, Def, Flow, Stop};

static FUNCTIONS: &[Def] = &[
    function("time()", "Seconds since the epoch.", |cx, _| Ok(seconds(wall(cx)))),
    function("time_ns()", "Nanoseconds since the epoch.", |cx, _| Ok(nanos(cx, wall(cx)))),
    function("monotonic()", "A clock that cannot go backward.", |cx, _| {
        Ok(Value::float(cx.look_at_clock()))
    }),
    function("monotonic_ns()", "A clock that cannot go backward.", |cx, _| {
        Ok(nanos(cx, monotonic(cx)))
    }),
    function("perf_counter()", "A clock for measuring.", |cx, _| {
        Ok(Value::float(cx.look_at_clock()))
    }),
    function("perf_counter_ns()", "A clock for measuring.", |cx, _| Ok(nanos(cx, monotonic(cx)))),
    function("process_time()", "Processor time of the process.", |_, _| {
        Ok(seconds(system::processor_time(false)))
    }),
    function("process_time_ns()", "Processor time of the process.", |cx, _| {
        Ok(nanos(cx, system::processor_time(false)))
    }),
    function("thread_time()", "Processor time of the thread.", |_, _| {
        Ok(seconds(system::processor_time(true)))
    }),
    function("thread_time_ns()", "Processor time of the thread.", |cx, _| {
        Ok(nanos(cx, system::processor_time(true)))
    }),
    function("sleep(seconds, /)", "Delay execution.", sleep),
    function("_calendar(seconds, local, /)", "Fields, offset and zone of a time.", calendar),
    function("_seconds(fields, /)", "Seconds of local calendar time.", local_seconds),
    function(
        "_set_zone(zone, /)",
        "Let local time be that of a zone; None: of the system.",
        set_zone,
    ),
    function("_format(pattern, fields, offset, zone, /)", "strftime", format),
    function("__getattr__(name, /)", "What is made when it is asked for.", getattr),
];

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, dict, FUNCTIONS, "time");
    Ok(())
}

fn wall(cx: &Cx) -> Duration {
    if cx.vm().clock.is_virtual() {
        return monotonic(cx);
    }
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn monotonic(cx: &Cx) -> Duration {
    if cx.vm().clock.is_virtual() {
        return Duration::try_from_secs_f64(cx.look_at_clock()).unwrap_or(Duration::MAX);
    }
    system::monotonic()
}

fn seconds(time: Duration) -> Value {
    Value::float(time.as_secs_f64())
}

fn nanos(cx: &Cx, time: Duration) -> Value {
    cx.int(i64::try_from(time.as_nanos()).unwrap_or(i64::MAX))
}

fn sleep(cx: &mut Cx, args: Args) -> Flow {
    let value = cx.arg(args, 0).value();
    let wanted = match cx.unwrap(value).as_float() {
        Some(seconds) => seconds,
        None => cx.index_i64(value)? as f64,
    };
    if wanted.is_nan() {
        return Err(cx.value_error("Invalid value NaN (not a number)"));
    }
    if wanted < 0.0 {
        return Err(cx.value_error("sleep length must be non-negative"));
    }
    if Duration::try_from_secs_f64(wanted).is_err() {
        return Err(cx.error(T::OverflowError, "timestamp too large to convert to C PyTime_t"));
    }
    if wanted == 0.0 {
        cx.give_way();
        return Ok(Value::NONE);
    }
    let until = cx.now() + wanted;
    while cx.park(None, Some(until), Value::NONE) == Woke::Interrupted {
        cx.serve_signals()?;
    }
    Ok(Value::NONE)
}

// ---- calendar time, for `_calendar.sloop`

fn calendar(cx: &mut Cx, args: Args) -> Flow {
    let (time, local) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    let time = match cx.unwrap(time).as_float() {
        Some(time) if time.is_nan() => {
            return Err(cx.value_error("Invalid value NaN (not a number)"));
        }
        Some(time) if time.abs() < 1e18 => time.floor() as i64,
        Some(_) => return Err(out_of_range(cx)),
        None => match cx.index(time)? {
            Int::Small(time) => time,
            Int::Big(_) => return Err(out_of_range(cx)),
        },
    };
    let Some(found) = system::calendar(time, local == Value::TRUE) else {
        return Err(super::error::os_error(cx, libc::EOVERFLOW, None));
    };
    let mut parts: Vec<Value> = found.fields.iter().map(|&field| cx.int(field)).collect();
    parts.push(cx.str_value(if local == Value::TRUE { &found.zone } else { "GMT" }));
    parts.push(cx.int(found.offset));
    Ok(Value::object(cx.tuple(&parts)))
}

fn out_of_range(cx: &Cx) -> Stop {
    cx.error(T::OverflowError, "timestamp out of range for platform time_t")
}

fn fields(cx: &mut Cx, value: Value) -> Result<[i64; 9], Stop> {
    let items = cx.plain_items(cx.unwrap(value)).unwrap_or_default();
    let mut fields = [0; 9];
    if items.len() < 9 {
        return Err(cx.type_error("time tuple must have exactly 9 elements"));
    }
    for (field, item) in fields.iter_mut().zip(items) {
        *field = cx.index_i64(item)?;
    }
    Ok(fields)
}

fn set_zone(cx: &mut Cx, args: Args) -> Flow {
    let zone = io::text_of(cx, cx.arg(args, 0).value()).map(|zone| zone.lossy().into_owned());
    if zone.as_ref().is_some_and(|zone| zone.contains('\0')) {
        return Err(cx.value_error("embedded null character"));
    }
    system::set_zone(zone.as_deref());
    Ok(Value::NONE)
}

fn local_seconds(cx: &mut Cx, args: Args) -> Flow {
    let given = cx.arg(args, 0).value();
    let fields = fields(cx, given)?;
    match system::seconds(&fields) {
        Some(seconds) => Ok(Value::float(seconds as f64)),
        None => Err(cx.error(T::OverflowError, "mktime argument out of range")),
    }
}

fn format(cx: &mut Cx, args: Args) -> Flow {
    let given = cx.arg(args, 1).value();
    let fields = fields(cx, given)?;
    let Some(pattern) = io::text_of(cx, cx.arg(args, 0).value()) else {
        return Err(cx.type_error("strftime() argument 1 must be str"));
    };
    let offset = cx.arg(args, 2).as_int().unwrap_or(0);
    let zone = match cx.arg(args, 3).cast::<Str>() {
        Some(zone) => zone.lossy().into_owned(),
        None => "UTC".into(),
    };
    let zone = Calendar { fields, offset, zone };
    match system::format(&pattern.lossy(), &fields, Some(&zone)) {
        Some(text) => Ok(cx.str_value(&text)),
        None => Err(cx.value_error("Invalid format string")),
    }
}

fn getattr(cx: &mut Cx, args: Args) -> Flow {
    let name = cx.arg(args, 0).value();
    const MADE: &[&str] = &[
        "struct_time",
        "localtime",
        "gmtime",
        "mktime",
        "strftime",
        "strptime",
        "asctime",
        "ctime",
        "timezone",
        "altzone",
        "daylight",
        "tzname",
        "tzset",
        "get_clock_info",
        "CLOCK_REALTIME",
        "CLOCK_MONOTONIC",
        "clock_gettime",
        "clock_gettime_ns",
    ];
    super::lazy::attribute(cx, "time", "_calendar", MADE, name)
}
