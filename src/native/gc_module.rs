//! The module `gc`: what a program may ask of the collector. It cannot be switched off; the
//! switch is remembered for programs that look.

use std::cell::Cell;

use super::{add_functions, function};
use crate::gc::Gc;
use crate::value::{Dict, Value};
use crate::vm::{Args, Cx, Def, Flow, Stop};

struct Switch(Cell<bool>);

/// What the program has set, for programs that look: the collector does not heed it.
struct Settings {
    debug: Cell<i64>,
    thresholds: Cell<[i64; 3]>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { debug: Cell::new(0), thresholds: Cell::new([2000, 10, 0]) }
    }
}

impl Default for Switch {
    fn default() -> Switch {
        Switch(Cell::new(true))
    }
}

static FUNCTIONS: &[Def] = &[
    function("collect(generation=2)", "Run the garbage collector.", collect),
    function("enable()", "Enable automatic garbage collection.", enable),
    function("disable()", "Does not disable it.", disable),
    function("isenabled()", "Was it disabled?", isenabled),
    function("get_stats()", "Return a list of dictionaries.", get_stats),
    function("get_count()", "Return the collection counts.", get_count),
    function("get_threshold()", "Return the collection thresholds.", get_threshold),
    function(
        "set_threshold(threshold0, threshold1=0, threshold2=0, /)",
        "Is remembered, no more.",
        set_threshold,
    ),
    function("get_objects(generation=None)", "Nothing is listed here.", get_objects),
    function("freeze()", "Does nothing.", nothing),
    function("unfreeze()", "Does nothing.", nothing),
    function("set_debug(flags, /)", "Is remembered, no more.", |cx, args| {
        let flags = cx.index_i64(cx.arg(args, 0).value())?;
        cx.state::<Settings>().debug.set(flags);
        Ok(Value::NONE)
    }),
    function("get_debug()", "What set_debug() has set.", |cx, _| {
        Ok(Value::int(cx.state::<Settings>().debug.get()))
    }),
    function("get_freeze_count()", "Nothing is frozen.", |_, _| Ok(Value::int(0))),
    function("is_tracked(obj, /)", "Is the object on the heap?", is_tracked),
];

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, dict, FUNCTIONS, "gc");
    dict.set_str(cx, cx.intern("garbage"), Value::object(cx.list(Vec::new())));
    dict.set_str(cx, cx.intern("callbacks"), Value::object(cx.list(Vec::new())));
    Ok(())
}

/// How many objects were unreachable is not known: the sweep is lazy.
fn collect(cx: &mut Cx, args: Args) -> Flow {
    cx.forget_dead(args);
    cx.collect_all()
}

fn enable(cx: &mut Cx, _: Args) -> Flow {
    cx.state::<Switch>().0.set(true);
    Ok(Value::NONE)
}

fn disable(cx: &mut Cx, _: Args) -> Flow {
    cx.state::<Switch>().0.set(false);
    Ok(Value::NONE)
}

fn isenabled(cx: &mut Cx, _: Args) -> Flow {
    Ok(Value::bool(cx.state::<Switch>().0.get()))
}

fn get_stats(cx: &mut Cx, _: Args) -> Flow {
    let stats = cx.heap.stats();
    let dict = cx.dict();
    let numbers = [
        ("collections", stats.collections as u64),
        ("collected", 0u64),
        ("uncollectable", 0),
        ("live_objects", stats.live_objects as u64),
        ("live_bytes", stats.live_bytes as u64),
        ("last_pause_ns", stats.last_pause_ns),
        ("total_pause_ns", stats.total_pause_ns),
    ];
    for (name, number) in numbers {
        dict.set_str(cx, cx.intern(name), cx.uint(number));
    }
    Ok(Value::object(cx.list(vec![Value::object(dict)])))
}

fn get_count(cx: &mut Cx, _: Args) -> Flow {
    Ok(Value::object(cx.tuple(&[Value::int(0); 3])))
}

fn get_threshold(cx: &mut Cx, _: Args) -> Flow {
    let thresholds = cx.state::<Settings>().thresholds.get().map(Value::int);
    Ok(Value::object(cx.tuple(&thresholds)))
}

fn set_threshold(cx: &mut Cx, args: Args) -> Flow {
    let mut thresholds = cx.state::<Settings>().thresholds.get();
    for (i, threshold) in thresholds.iter_mut().enumerate() {
        if cx.opt(args, i).is_some() {
            *threshold = cx.index_i64(cx.arg(args, i).value())?;
        }
    }
    cx.state::<Settings>().thresholds.set(thresholds);
    Ok(Value::NONE)
}

fn get_objects(cx: &mut Cx, _: Args) -> Flow {
    Ok(Value::object(cx.list(Vec::new())))
}

fn nothing(_: &mut Cx, _: Args) -> Flow {
    Ok(Value::NONE)
}

fn is_tracked(cx: &mut Cx, args: Args) -> Flow {
    Ok(Value::bool(cx.arg(args, 0).is_object()))
}
