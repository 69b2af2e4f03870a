//! The module `gc`: what a program may ask of the collector. It cannot be switched off; the
//! switch is remembered for programs that look.

use std::cell::Cell;

use super::{add_functions, function};
use crate::gc::Gc;
use crate::value::{Dict, Value};
use crate::vm::{Args, Cx, Def, Flow, Stop};

struct Switch(Cell<bool>);

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
    function("set_threshold(threshold0, threshold1=0, threshold2=0, /)", "Does nothing.", nothing),
    function("get_objects(generation=None)", "Nothing is listed here.", get_objects),
    function("freeze()", "Does nothing.", nothing),
    function("unfreeze()", "Does nothing.", nothing),
    function("set_debug(flags, /)", "Does nothing.", nothing),
    function("is_tracked(obj, /)", "Is the object on the heap?", is_tracked),
];

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, dict, FUNCTIONS, "gc");
    dict.set_str(cx, cx.intern("garbage"), Value::object(cx.list(Vec::new())));
    dict.set_str(cx, cx.intern("callbacks"), Value::object(cx.list(Vec::new())));
    Ok(())
}

/// How many objects were unreachable is not known: the sweep is lazy.
fn collect(cx: &mut Cx, _: Args) -> Flow {
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
    Ok(Value::object(cx.tuple(&[Value::int(2000), Value::int(10), Value::int(0)])))
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
