//! `range`: three integers of any size. Items, length and membership are the machine's
//! (`vm/index.rs`).

use dashu_int::IBig;

use super::list::same;
use super::object::new_class;
use super::{TypeDef, method, static_method, this};
use crate::gc::Gc;
use crate::value::{IterKind, Range, T, Value};
use crate::vm::{Args, Cx, Flow, GetSet, Stop};

pub static TYPE: TypeDef = TypeDef {
    id: T::Range,
    doc: "range(stop) -> range object\nrange(start, stop[, step]) -> range object\n\nReturn an \
          object that produces a sequence of integers from start (inclusive)\nto stop (exclusive) \
          by step.",
    methods: &[
        static_method("__new__(cls, /, *args)", "Create and return a new object.", new),
        method("count(self, value, /)", "rangeobject.count(value) -> integer", count),
        method("index(self, value, /)", "rangeobject.index(value) -> integer", index_of),
        method("__reversed__(self, /)", "Return a reverse iterator.", reversed),
        method("__bool__(self, /)", "True if self else False", truth),
    ],
    getsets: &[
        GetSet { name: "start", doc: "", get: |cx, v| part(cx, v, |r| r.start.get()), set: None },
        GetSet { name: "stop", doc: "", get: |cx, v| part(cx, v, |r| r.stop.get()), set: None },
        GetSet { name: "step", doc: "", get: |cx, v| part(cx, v, |r| r.step.get()), set: None },
    ],
};

fn this_range(cx: &Cx, args: Args) -> Result<Gc<Range>, Stop> {
    this::<Range>(cx, args, T::Range)
}

fn part(cx: &Cx, value: Value, of: fn(Gc<Range>) -> Value) -> Flow {
    match value.cast::<Range>() {
        Some(range) => Ok(of(range)),
        None => Err(cx.type_error("descriptor requires a 'range' object")),
    }
}

fn new(cx: &mut Cx, args: Args) -> Flow {
    new_class(cx, args, T::Range)?;
    let given = args.beyond(1);
    if given == 0 {
        return Err(cx.type_error("range expected at least 1 argument, got 0"));
    }
    if given > 3 {
        return Err(cx.type_error(&format!("range expected at most 3 arguments, got {given}")));
    }
    let mut parts = [Value::int(0), Value::int(0), Value::int(1)];
    for i in 0..given {
        let at = if given == 1 { 1 } else { i };
        let value = cx.arg(args, 1 + i).value();
        parts[at] = if value.is_int() {
            value
        } else {
            let whole = cx.index(value)?;
            let whole = cx.int_value(whole);
            cx.root(whole);
            whole
        };
    }
    let [start, stop, step] = parts;
    if step == Value::int(0) {
        return Err(cx.value_error("range() arg 3 must not be zero"));
    }
    Ok(Value::object(cx.range(start, stop, step)))
}

fn big(cx: &Cx, value: Value) -> IBig {
    cx.integer(value).map_or(IBig::ZERO, |i| i.into_big())
}

/// Where an integer is in the range.
fn position(cx: &Cx, range: Gc<Range>, item: Value) -> Option<IBig> {
    let (start, stop, step) =
        (big(cx, range.start.get()), big(cx, range.stop.get()), big(cx, range.step.get()));
    let item = cx.integer(item)?.into_big();
    let inside =
        if step > IBig::ZERO { start <= item && item < stop } else { stop < item && item <= start };
    let distance = item - start;
    (inside && &distance % &step == IBig::ZERO).then(|| distance / step)
}

/// Only integers (not instances of classes derived from `int`) are found by arithmetic.
fn is_whole(cx: &Cx, value: Value) -> bool {
    cx.is_exact(value, T::Int) || value.is_bool()
}

fn count(cx: &mut Cx, args: Args) -> Flow {
    let range = this_range(cx, args)?;
    let item = cx.arg(args, 1).value();
    if is_whole(cx, item) {
        return Ok(Value::int(i64::from(position(cx, range, item).is_some())));
    }
    let mut found = 0;
    let mut at = 0;
    while let Some(number) = number_at(cx, range, at) {
        found += i64::from(same(cx, number, item)?);
        at += 1;
        if at % 4096 == 0 {
            cx.check_interrupt()?;
        }
    }
    Ok(Value::int(found))
}

fn number_at(cx: &Cx, range: Gc<Range>, at: i64) -> Option<Value> {
    if cx.range_len(range) <= IBig::from(at) {
        return None;
    }
    Some(cx.big_int(big(cx, range.start.get()) + big(cx, range.step.get()) * IBig::from(at)))
}

fn index_of(cx: &mut Cx, args: Args) -> Flow {
    let range = this_range(cx, args)?;
    let item = cx.arg(args, 1).value();
    if is_whole(cx, item) {
        return match position(cx, range, item) {
            Some(at) => Ok(cx.big_int(at)),
            None => Err(absent(cx, item)),
        };
    }
    let mut at = 0;
    while let Some(number) = number_at(cx, range, at) {
        if same(cx, number, item)? {
            return Ok(cx.int(at));
        }
        at += 1;
        if at % 4096 == 0 {
            cx.check_interrupt()?;
        }
    }
    Err(cx.value_error("sequence.index(x): x not in sequence"))
}

fn absent(cx: &mut Cx, item: Value) -> Stop {
    match super::display::repr(cx, item) {
        Ok(text) => {
            let text = String::from_utf8_lossy(&text);
            cx.value_error(&format!("{text} is not in range"))
        }
        Err(stop) => stop,
    }
}

fn reversed(cx: &mut Cx, args: Args) -> Flow {
    let range = this_range(cx, args)?;
    Ok(reverse_iter(cx, range))
}

/// The range backwards is a range as well.
pub fn reverse_iter(cx: &mut Cx, range: Gc<Range>) -> Value {
    // Far from the ends of the word nothing can overflow.
    const EDGE: i64 = 1 << 47;
    let parts = [&range.start, &range.stop, &range.step].map(|part| part.get().as_int());
    if let [Some(start), Some(stop), Some(step)] = parts
        && parts.iter().flatten().all(|part| part.abs() < EDGE)
    {
        let distance = if step > 0 { stop - start } else { start - stop };
        let more = (distance - 1).max(0) / step.abs();
        let (from, left) = match distance > 0 {
            true => (start + more * step, more + 1),
            false => (start, 0),
        };
        let (left, by) = (Value::int(left), Value::int(-step));
        return Value::object(cx.iter(T::RangeIter, IterKind::Range, left, by, from));
    }
    let (start, step) = (big(cx, range.start.get()), big(cx, range.step.get()));
    let len = cx.range_len(range);
    let last = &start + (len - IBig::ONE) * &step;
    let (from, to, by) = (cx.big_int(last), cx.big_int(&start - &step), cx.big_int(-step));
    let backwards = Value::object(cx.range(from, to, by));
    match cx.builtin_iter(backwards) {
        Some(iter) => iter,
        None => {
            Value::object(cx.iter(T::RangeIter, IterKind::BigRange, backwards, Value::UNDEF, 0))
        }
    }
}

fn truth(cx: &mut Cx, args: Args) -> Flow {
    let range = this_range(cx, args)?;
    Ok(Value::bool(cx.range_len(range) != IBig::ZERO))
}
