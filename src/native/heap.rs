//! The natives of `heapq` and `bisect`: heaps and sorted lists of plain items.
//!
//! All comparisons that a step needs are made before anything is moved. As soon as one of them
//! is the program's, the whole step is left to `stdlib/prelude_heapq.sloop`, with the list as it was.

use super::{add_functions, function};
use crate::gc::Gc;
use crate::value::{Dict, List, Value};
use crate::vm::{Args, Cx, Def, Flow, Order, Stop};

static HEAP: &[Def] = &[
    function("heappush(heap, item, /)", "Push item onto heap, keeping it a heap.", |cx, args| {
        let heap = heap_of(cx, args, "heappush() argument 1")?;
        let item = cx.arg(args, 1).value();
        match rise(cx, heap, item)? {
            Some(path) => {
                heap.push(item);
                heap.edit(|items| shift(items, &path, item));
                Ok(Value::NONE)
            }
            None => written(cx, args, "_heappush"),
        }
    }),
    function("heappop(heap, /)", "Pop the smallest item off the heap.", |cx, args| {
        pop(cx, args, "heappop() argument", "_heappop", false)
    }),
    function("_heappop_max(heap, /)", "Maxheap variant of heappop.", |cx, args| {
        pop(cx, args, "_heappop_max() argument", "_heappop_max_on", true)
    }),
    function("heapreplace(heap, item, /)", "Pop the smallest item, then push item.", |cx, args| {
        replace(cx, args, "heapreplace() argument 1", "_heapreplace", false)
    }),
    function("_heapreplace_max(heap, item, /)", "Maxheap variant of heapreplace.", |cx, args| {
        replace(cx, args, "_heapreplace_max() argument 1", "_heapreplace_max_on", true)
    }),
    function("heappushpop(heap, item, /)", "Push item, then pop the smallest item.", push_pop),
    function("heapify(heap, /)", "Makes a list a heap, in place.", |cx, args| {
        heapify(cx, args, "heapify() argument", "_heapify", false)
    }),
    function("_heapify_max(heap, /)", "Maxheap variant of heapify.", |cx, args| {
        heapify(cx, args, "_heapify_max() argument", "_heapify_max_on", true)
    }),
];

static BISECT: &[Def] = &[
    function(
        "bisect_right(a, x, lo=0, hi=None, *, key=None)",
        "The index at which x goes into the sorted list a, behind equal items.",
        |cx, args| bisect(cx, args, "_bisect_right"),
    ),
    function(
        "bisect_left(a, x, lo=0, hi=None, *, key=None)",
        "The index at which x goes into the sorted list a, in front of equal items.",
        |cx, args| bisect(cx, args, "_bisect_left"),
    ),
    function(
        "insort_right(a, x, lo=0, hi=None, *, key=None)",
        "Inserts x into the sorted list a, behind equal items.",
        |cx, args| insort(cx, args, "_bisect_right"),
    ),
    function(
        "insort_left(a, x, lo=0, hi=None, *, key=None)",
        "Inserts x into the sorted list a, in front of equal items.",
        |cx, args| insort(cx, args, "_bisect_left"),
    ),
];

pub fn heap_module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, dict, HEAP, "_heapq");
    Ok(())
}

pub fn bisect_module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, dict, BISECT, "_bisect");
    for (name, of) in [("bisect", "bisect_right"), ("insort", "insort_right")] {
        let native = dict.get_str(cx, cx.intern(of)).unwrap_or(Value::NONE);
        dict.set_str(cx, cx.intern(name), native);
    }
    Ok(())
}

/// Goes on in the prelude with the same arguments.
fn written(cx: &mut Cx, args: Args, name: &'static str) -> Flow {
    let given = cx.args_from(args, 0);
    cx.tail_prelude(name, &given)
}

/// `x < y`; None if the program must be asked.
#[inline]
fn less(cx: &Cx, x: Value, y: Value) -> Result<Option<bool>, Stop> {
    if Value::both_ints(x, y) {
        return Ok(Some(Value::int_lt(x, y)));
    }
    if x.is_float() && y.is_float() {
        return Ok(Some(x.float_bits() < y.float_bits()));
    }
    cx.compare_builtin(x, y, Order::Lt)
}

/// As `less`, or the other way round in heaps that have the largest item on top.
#[inline]
fn above(cx: &Cx, max: bool, x: Value, y: Value) -> Result<Option<bool>, Stop> {
    if max { less(cx, y, x) } else { less(cx, x, y) }
}

// ---- heaps

fn heap_of(cx: &Cx, args: Args, what: &str) -> Result<Gc<List>, Stop> {
    let heap = cx.arg(args, 0).value();
    cx.unwrap(heap)
        .cast::<List>()
        .ok_or_else(|| cx.type_error(&format!("{what} must be list, not {}", cx.type_name(heap))))
}

/// The places that a new item at the end goes up through, the end first; None if the program must
/// be asked.
fn rise(cx: &Cx, heap: Gc<List>, item: Value) -> Result<Option<Vec<usize>>, Stop> {
    let mut at = heap.len();
    let mut path = vec![at];
    while at > 0 {
        at = (at - 1) / 2;
        let parent = heap.get(at).unwrap_or(Value::NONE);
        match less(cx, item, parent)? {
            Some(true) => path.push(at),
            Some(false) => break,
            None => return Ok(None),
        }
    }
    Ok(Some(path))
}

/// Moves the items at the places of a path one place on, and puts `item` at its end.
fn shift(items: &mut [Value], path: &[usize], item: Value) {
    for pair in path.windows(2) {
        items[pair[0]] = items[pair[1]];
    }
    if let Some(&last) = path.last() {
        items[last] = item;
    }
}

/// The places through which `item` sinks from `from` on: down along the smaller children, and up
/// again to where it belongs (most items come from the bottom and go back there).
fn sink(
    cx: &Cx,
    items: &[Value],
    from: usize,
    item: Value,
    max: bool,
) -> Result<Option<Vec<usize>>, Stop> {
    let mut path = vec![from];
    let mut at = from;
    while 2 * at + 1 < items.len() {
        let mut child = 2 * at + 1;
        if child + 1 < items.len() {
            match above(cx, max, items[child], items[child + 1])? {
                Some(true) => {}
                Some(false) => child += 1,
                None => return Ok(None),
            }
        }
        path.push(child);
        at = child;
    }
    while path.len() > 1 {
        match above(cx, max, item, items[path[path.len() - 1]])? {
            Some(true) => path.pop(),
            Some(false) => break,
            None => return Ok(None),
        };
    }
    Ok(Some(path))
}

fn index_error(cx: &Cx) -> Stop {
    cx.error(crate::value::T::IndexError, "index out of range")
}

fn pop(cx: &mut Cx, args: Args, what: &str, name: &'static str, max: bool) -> Flow {
    let heap = heap_of(cx, args, what)?;
    let path = heap.edit(|items| match items.split_last() {
        None => Err(index_error(cx)),
        Some((_, [])) => Ok(Some(Vec::new())),
        Some((&last, rest)) => sink(cx, rest, 0, last, max),
    })?;
    let Some(path) = path else { return written(cx, args, name) };
    Ok(heap.edit(|items| {
        let top = items[0];
        let last = items.pop().unwrap_or(top);
        shift(items, &path, last);
        top
    }))
}

fn replace(cx: &mut Cx, args: Args, what: &str, name: &'static str, max: bool) -> Flow {
    let heap = heap_of(cx, args, what)?;
    let item = cx.arg(args, 1).value();
    let path = heap.edit(|items| {
        if items.is_empty() {
            return Err(index_error(cx));
        }
        sink(cx, items, 0, item, max)
    })?;
    match path {
        Some(path) => Ok(heap.edit(|items| {
            let top = items[0];
            shift(items, &path, item);
            top
        })),
        None => written(cx, args, name),
    }
}

fn push_pop(cx: &mut Cx, args: Args) -> Flow {
    let heap = heap_of(cx, args, "heappushpop() argument 1")?;
    let item = cx.arg(args, 1).value();
    let Some(top) = heap.get(0) else { return Ok(item) };
    match less(cx, top, item)? {
        Some(false) => Ok(item),
        Some(true) => {
            let path = heap.edit(|items| sink(cx, items, 0, item, false))?;
            let Some(path) = path else { return written(cx, args, "_heappushpop") };
            heap.edit(|items| shift(items, &path, item));
            Ok(top)
        }
        None => written(cx, args, "_heappushpop"),
    }
}

fn heapify(cx: &mut Cx, args: Args, what: &str, name: &'static str, max: bool) -> Flow {
    let heap = heap_of(cx, args, what)?;
    let mut items = heap.to_vec();
    for at in (0..items.len() / 2).rev() {
        let item = items[at];
        match sink(cx, &items, at, item, max)? {
            Some(path) => shift(&mut items, &path, item),
            None => return written(cx, args, name),
        }
    }
    heap.edit(|all| *all = items);
    Ok(Value::NONE)
}

// ---- bisect

/// Places: list, item, `lo`, `hi`, `key`. Where the item goes; None if code must be asked.
fn place(cx: &mut Cx, args: Args, right: bool) -> Result<Option<usize>, Stop> {
    let (list, item) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    if cx.opt(args, 4).is_some_and(|key| !key.is_none()) {
        return Ok(None);
    }
    let Some(items) = list.cast::<List>() else { return Ok(None) };
    let (mut lo, mut hi) = (0, items.len());
    if let Some(given) = cx.opt(args, 2) {
        match given.as_int() {
            Some(given) if given >= 0 => lo = given as usize,
            _ => return Ok(None),
        }
    }
    if let Some(given) = cx.opt(args, 3).filter(|hi| !hi.is_none()) {
        match given.as_int() {
            Some(given) if given >= 0 && given as usize <= hi => hi = given as usize,
            _ => return Ok(None),
        }
    }
    while lo < hi {
        let middle = (lo + hi) / 2;
        let Some(other) = items.get(middle) else { return Ok(None) };
        let in_front =
            if right { less(cx, item, other)? } else { less(cx, other, item)?.map(|less| !less) };
        match in_front {
            Some(true) => hi = middle,
            Some(false) => lo = middle + 1,
            None => return Ok(None),
        }
    }
    Ok(Some(lo))
}

fn bisect(cx: &mut Cx, args: Args, name: &'static str) -> Flow {
    match place(cx, args, name == "_bisect_right")? {
        Some(at) => Ok(cx.int(at as i64)),
        None => given(cx, args, name),
    }
}

fn insort(cx: &mut Cx, args: Args, name: &'static str) -> Flow {
    let right = name == "_bisect_right";
    if let Some(at) = place(cx, args, right)?
        && let Some(list) = cx.arg(args, 0).value().cast::<List>()
    {
        let item = cx.arg(args, 1).value();
        list.edit(|items| items.insert(at.min(items.len()), item));
        return Ok(Value::NONE);
    }
    given(cx, args, if right { "_insort_right" } else { "_insort_left" })
}

/// Goes on in the prelude, with defaults in place.
fn given(cx: &mut Cx, args: Args, name: &'static str) -> Flow {
    let defaults = [Value::NONE, Value::NONE, Value::int(0), Value::NONE, Value::NONE];
    if let Some(lo) = cx.opt(args, 2).map(|lo| lo.value()) {
        cx.index_i64(lo)?;
    }
    if let Some(hi) = cx.opt(args, 3).map(|hi| hi.value())
        && !hi.is_none()
        && cx.index_or_none(hi)?.is_none()
    {
        let text = format!("argument should be integer or None, not '{}'", cx.type_name(hi));
        return Err(cx.type_error(&text));
    }
    let all: Vec<Value> =
        (0..5).map(|i| cx.opt(args, i).map_or(defaults[i], |given| given.value())).collect();
    cx.tail_prelude(name, &all)
}
