//! `sum`, `min`, `max`, `any`, `all`.
//!
//! Built-in containers are folded here as long as their items are plain. Other iterables, and
//! items whose operators are the program's, are folded by loops in the prelude.

use super::function;
use crate::gc::Gc;
use crate::plain::int::Int;
use crate::value::{BigInt, ByteArray, Bytes, Iter, List, Range, Str, Value};
use crate::vm::{Args, Binary, Cx, Def, Flow, Order, Quick, Step, Stop};

pub static FUNCTIONS: &[Def] = &[
    function(
        "sum(iterable, /, start=0)",
        "Return the sum of a 'start' value (default: 0) plus an iterable of numbers\n\nWhen the \
         iterable is empty, return the start value.\nThis function is intended specifically for \
         use with numeric values and may\nreject non-numeric types.",
        sum,
    ),
    function(
        "min(*args, key=None, default=None)",
        "min(iterable, *[, default=obj, key=func]) -> value\nmin(arg1, arg2, *args, *[, \
         key=func]) -> value\n\nWith a single iterable argument, return its smallest item. \
         The\ndefault keyword-only argument specifies an object to return if\nthe provided \
         iterable is empty.\nWith two or more positional arguments, return the smallest argument.",
        |cx, args| extreme(cx, args, "min", "_min", Order::Lt),
    ),
    function(
        "max(*args, key=None, default=None)",
        "max(iterable, *[, default=obj, key=func]) -> value\nmax(arg1, arg2, *args, *[, \
         key=func]) -> value\n\nWith a single iterable argument, return its biggest item. \
         The\ndefault keyword-only argument specifies an object to return if\nthe provided \
         iterable is empty.\nWith two or more positional arguments, return the largest argument.",
        |cx, args| extreme(cx, args, "max", "_max", Order::Gt),
    ),
    function(
        "any(iterable, /)",
        "Return True if bool(x) is True for any x in the iterable.\n\nIf the iterable is empty, \
         return False.",
        |cx, args| search(cx, args, true, "_any"),
    ),
    function(
        "all(iterable, /)",
        "Return True if bool(x) is True for all values x in the iterable.\n\nIf the iterable is \
         empty, return True.",
        |cx, args| search(cx, args, false, "_all"),
    ),
];

/// For the prelude: a sum in a list that only these know how to read.
pub static HOOKS: &[Def] = &[
    function("_sum_start(start, /)", "A new sum.", |cx, args| {
        let total = Sum::new(cx.arg(args, 0).value());
        Ok(total.store(cx))
    }),
    function(
        "_sum_step(state, items, start, stop, /)",
        "Adds plain items; the index of the first one that is not.",
        sum_step,
    ),
    function("_sum_value(state, /)", "The sum so far.", |cx, args| {
        let value = Sum::load(cx, cx.arg(args, 0).value()).value(cx);
        Ok(value)
    }),
    function(
        "_sum_set(state, value, /)",
        "Goes on from a sum that the program made.",
        |cx, args| {
            let value = cx.arg(args, 1).value();
            let total = Sum::Any(value);
            total.store_into(cx, cx.arg(args, 0).value());
            Ok(Value::NONE)
        },
    ),
];

// ---- sum

/// A sum in progress. As in CPython it starts with integers, may go on to floats, whose rounding
/// errors are added up as well, and ends with whatever `+` gives.
#[derive(Clone, Copy)]
enum Sum {
    Ints(i64),
    Floats(f64, f64),
    Any(Value),
}

impl Sum {
    fn new(start: Value) -> Sum {
        if let Some(i) = start.as_int() {
            Sum::Ints(i)
        } else if let Some(f) = start.as_float() {
            Sum::Floats(f, 0.0)
        } else {
            Sum::Any(start)
        }
    }

    fn value(self, cx: &Cx) -> Value {
        match self {
            Sum::Ints(i) => cx.int(i),
            Sum::Floats(sum, error) => Value::float(settled(sum, error)),
            Sum::Any(value) => value,
        }
    }

    /// Adds an item in place if both are integers or both floats.
    #[inline(always)]
    fn add_quickly(&mut self, item: Value) -> bool {
        match self {
            Sum::Ints(total) => {
                let Some(sum) = item.as_int().and_then(|i| total.checked_add(i)) else {
                    return false;
                };
                *total = sum;
            }
            Sum::Floats(sum, error) => {
                let Some(x) = item.as_float() else { return false };
                (*sum, *error) = add_float(*sum, *error, x);
            }
            Sum::Any(_) => return false,
        }
        true
    }

    /// Adds an item; None if only the program knows how.
    #[inline]
    fn add(self, cx: &Cx, item: Value) -> Result<Option<Sum>, Stop> {
        match self {
            Sum::Ints(total) => {
                let small = item.as_int().or_else(|| item.as_bool().map(i64::from));
                if let Some(sum) = small.and_then(|i| total.checked_add(i)) {
                    return Ok(Some(Sum::Ints(sum)));
                }
                let sum = add_values(cx, self.value(cx), item)?;
                Ok(sum.map(|sum| match sum.as_float() {
                    Some(sum) => Sum::Floats(sum, 0.0),
                    // An integer that is no inline one may still be a small number.
                    None => match cx.integer(sum) {
                        Some(Int::Small(i)) if sum.is_int() || sum.is::<BigInt>() => Sum::Ints(i),
                        _ => Sum::Any(sum),
                    },
                }))
            }
            Sum::Floats(sum, error) => {
                if let Some(x) = item.as_float() {
                    let (sum, error) = add_float(sum, error, x);
                    return Ok(Some(Sum::Floats(sum, error)));
                }
                if (item.is_int() || item.is_bool() || item.is::<BigInt>())
                    && let Some(Int::Small(i)) = cx.integer(item)
                {
                    return Ok(Some(Sum::Floats(sum + i as f64, error)));
                }
                Ok(add_values(cx, self.value(cx), item)?.map(Sum::Any))
            }
            Sum::Any(total) => Ok(add_values(cx, total, item)?.map(Sum::Any)),
        }
    }

    /// As a list for the prelude: kind, and up to two words.
    fn store(self, cx: &Cx) -> Value {
        let state = Value::object(cx.list(vec![Value::NONE; 3]));
        self.store_into(cx, state);
        state
    }

    fn store_into(self, cx: &Cx, state: Value) {
        let words = match self {
            Sum::Ints(i) => [Value::int(0), cx.int(i), Value::NONE],
            Sum::Floats(sum, error) => [Value::int(1), Value::float(sum), Value::float(error)],
            Sum::Any(value) => [Value::int(2), value, Value::NONE],
        };
        if let Some(list) = state.cast::<List>() {
            list.edit(|all| *all = words.to_vec());
        }
    }

    fn load(cx: &Cx, state: Value) -> Sum {
        let word = |i: usize| state.cast::<List>().and_then(|l| l.get(i)).unwrap_or(Value::NONE);
        let float = |i: usize| word(i).as_float().unwrap_or(0.0);
        match word(0).as_int() {
            Some(0) => match cx.integer(word(1)) {
                Some(Int::Small(i)) => Sum::Ints(i),
                _ => Sum::Any(word(1)),
            },
            Some(1) => Sum::Floats(float(1), float(2)),
            _ => Sum::Any(word(1)),
        }
    }
}

fn add_values(cx: &Cx, x: Value, y: Value) -> Result<Option<Value>, Stop> {
    if x.is::<crate::value::Instance>() || y.is::<crate::value::Instance>() {
        return Ok(None);
    }
    cx.binary_plain(Binary::Add, x, y)
}

/// The sum with its collected error.
fn settled(sum: f64, error: f64) -> f64 {
    if error != 0.0 && error.is_finite() { sum + error } else { sum }
}

/// Neumaier's summation: what the rounding of each addition loses is kept beside the sum.
#[inline]
fn add_float(sum: f64, error: f64, x: f64) -> (f64, f64) {
    let total = sum + x;
    let lost = if sum.abs() >= x.abs() { (sum - total) + x } else { (x - total) + sum };
    (total, error + lost)
}

fn sum(cx: &mut Cx, args: Args) -> Flow {
    let source = cx.arg(args, 0).value();
    let start = cx.opt(args, 1).map_or(Value::int(0), |v| v.value());
    let unfit = [
        (start.is::<Str>(), "sum() can't sum strings [use ''.join(seq) instead]"),
        (start.is::<Bytes>(), "sum() can't sum bytes [use b''.join(seq) instead]"),
        (start.is::<ByteArray>(), "sum() can't sum bytearray [use b''.join(seq) instead]"),
    ];
    if let Some((_, text)) = unfit.iter().find(|(unfit, _)| *unfit) {
        return Err(cx.type_error(text));
    }
    if let (Some(range), Some(start)) = (source.cast::<Range>(), start.as_int()) {
        return Ok(sum_of_range(cx, range, start));
    }
    let mut total = Sum::new(start);
    let mut count = 0u32;
    if let Some(items) = source.cast::<List>() {
        let len = items.len();
        return match items.edit(|items| add_all(cx, &mut total, items))? {
            at if at < len => {
                let items = items.to_vec();
                sum_rest(cx, total, items, at)
            }
            _ => Ok(total.value(cx)),
        };
    }
    if let Some(iter) = source.cast::<Iter>()
        && cx.is_plain_iter(iter)
    {
        loop {
            match cx.step(iter) {
                Step::Item(item) if total.add_quickly(item) => {}
                Step::Item(item) => match total.add(cx, item)? {
                    Some(sum) => total = sum,
                    None => {
                        let state = total.store(cx);
                        return cx.tail_prelude("_sum_on", &[state, item, source]);
                    }
                },
                Step::Raised => return Err(Stop::Raised),
                Step::End | Step::Code => return Ok(total.value(cx)),
            }
            count = count.wrapping_add(1);
            if count.is_multiple_of(1 << 16) {
                cx.check_interrupt()?;
            }
        }
    }
    if let Some(iter) = source.cast::<Iter>() {
        // What the items come to may run code: the sum is kept where the collector looks.
        let mapped = cx.mapped(iter);
        let step = |cx: &mut Cx| match mapped {
            Some((quick, source)) => Some(cx.step_quick(quick, source)),
            None => cx.step_mapped(iter),
        };
        loop {
            let step = match total {
                Sum::Any(value) => cx.scope(|cx| {
                    cx.root(value);
                    step(cx)
                }),
                _ => step(cx),
            };
            match step {
                Some(Step::Item(item)) if total.add_quickly(item) => {}
                Some(Step::Item(item)) => match total.add(cx, item)? {
                    Some(sum) => total = sum,
                    None => {
                        let state = total.store(cx);
                        return cx.tail_prelude("_sum_on", &[state, item, source]);
                    }
                },
                Some(Step::Raised) => return Err(Stop::Raised),
                Some(Step::End) => return Ok(total.value(cx)),
                Some(Step::Code) | None => break,
            }
            count = count.wrapping_add(1);
            if count.is_multiple_of(1 << 16) {
                cx.check_interrupt()?;
            }
        }
        if count > 0 {
            let state = total.store(cx);
            return cx.tail_prelude("_sum_all", &[state, source]);
        }
    }
    if let Some(items) = cx.plain_items(source) {
        let at = add_all(cx, &mut total, &items)?;
        if at < items.len() {
            return sum_rest(cx, total, items, at);
        }
        return Ok(total.value(cx));
    }
    cx.tail_prelude("_sum", &[source, start])
}

/// Adds items up to the first that is not plain: its index.
fn add_all(cx: &Cx, total: &mut Sum, items: &[Value]) -> Result<usize, Stop> {
    let mut at = 0;
    while at < items.len() {
        // Runs of one kind, without looking at the kind each time.
        match *total {
            Sum::Ints(mut sum) => {
                while let Some(i) = items.get(at).and_then(|item| item.as_int()) {
                    let Some(more) = sum.checked_add(i) else { break };
                    sum = more;
                    at += 1;
                }
                *total = Sum::Ints(sum);
            }
            Sum::Floats(mut sum, mut error) => {
                while let Some(x) = items.get(at).and_then(|item| item.as_float()) {
                    (sum, error) = add_float(sum, error, x);
                    at += 1;
                }
                *total = Sum::Floats(sum, error);
            }
            Sum::Any(_) => {}
        }
        let Some(&item) = items.get(at) else { break };
        match total.add(cx, item)? {
            Some(sum) => *total = sum,
            None => return Ok(at),
        }
        at += 1;
    }
    Ok(items.len())
}

fn sum_rest(cx: &mut Cx, total: Sum, items: Vec<Value>, at: usize) -> Flow {
    let (state, stop) = (total.store(cx), Value::int(items.len() as i64));
    let items = Value::object(cx.list(items));
    cx.tail_prelude("_sum_flush", &[state, items, Value::int(at as i64), stop])
}

fn sum_step(cx: &mut Cx, args: Args) -> Flow {
    let state = cx.arg(args, 0).value();
    let mut total = Sum::load(cx, state);
    let bound = |i: usize| cx.arg(args, i).as_int().unwrap_or(0) as usize;
    let (start, stop) = (bound(2), bound(3));
    let Some(items) = cx.arg(args, 1).value().cast::<List>() else { return Ok(Value::int(0)) };
    let added = items.edit(|items| {
        let stop = stop.min(items.len());
        add_all(cx, &mut total, &items[start.min(stop)..stop])
    })?;
    total.store_into(cx, state);
    Ok(Value::int((start + added) as i64))
}

/// An arithmetic series needs no loop.
fn sum_of_range(cx: &Cx, range: Gc<Range>, start: i64) -> Value {
    let big = |v: Value| cx.integer(v).map_or(dashu_int::IBig::ZERO, |i| i.into_big());
    let len = cx.range_len(range);
    let (first, step) = (big(range.start.get()), big(range.step.get()));
    let last = &first + &step * (&len - dashu_int::IBig::ONE);
    cx.big_int((first + last) * len / dashu_int::IBig::from(2) + dashu_int::IBig::from(start))
}

// ---- min and max

/// Places: `key`, `default`, then the positional arguments.
fn extreme(cx: &mut Cx, args: Args, name: &str, in_prelude: &'static str, order: Order) -> Flow {
    let key = cx.opt(args, 0).map_or(Value::NONE, |v| v.value());
    let default = cx.opt(args, 1).map(|v| v.value());
    let given = args.beyond(2);
    if given == 0 {
        return Err(cx.type_error(&format!("{name} expected at least 1 argument, got 0")));
    }
    let source = if given == 1 {
        cx.arg(args, 2).value()
    } else {
        if default.is_some() {
            return Err(cx.type_error(&format!(
                "Cannot specify a default for {name}() with multiple positional arguments"
            )));
        }
        if key.is_none() {
            let items = cx.args_from(args, 2);
            if let Some(best) = best_of(cx, &items, order)? {
                return Ok(best);
            }
        }
        let items = cx.args_from(args, 2);
        Value::object(cx.tuple(&items))
    };
    if key.is_none() {
        let best = match source.cast::<List>() {
            Some(list) => list.edit(|items| best_of(cx, items, order))?,
            None if source.is::<Range>() => None,
            None if source.is::<Iter>() => None,
            None => match cx.plain_items(source) {
                Some(items) => best_of(cx, &items, order)?,
                None => None,
            },
        };
        if let Some(best) = best {
            return Ok(best);
        }
    }
    if let Some(quick) = cx.quick(key, 1)
        && let Some(iter) = plain_iter(cx, source)
    {
        let flow = extreme_by(cx, quick, key, iter, order);
        if !matches!(flow, Ok(best) if best.is_undef()) {
            return flow;
        }
    }
    // One-item tuple: UNDEF is nothing that the prelude may see.
    let default = default.map_or(Value::NONE, |v| Value::object(cx.tuple(&[v])));
    cx.tail_prelude(in_prelude, &[source, key, default])
}

/// Is it less, or greater? None if the program must be asked.
#[inline]
fn is_better(cx: &Cx, item: Value, best: Value, order: Order) -> Result<Option<bool>, Stop> {
    if Value::both_ints(item, best) {
        let less = order == Order::Lt;
        return Ok(Some(if less { Value::int_lt(item, best) } else { Value::int_lt(best, item) }));
    }
    if item.is_float() && best.is_float() {
        let (x, y) = (item.float_bits(), best.float_bits());
        return Ok(Some(if order == Order::Lt { x < y } else { x > y }));
    }
    cx.compare_builtin(item, best, order)
}

/// The first of the smallest or largest items; None if there is none, or the program must be
/// asked (nothing has been called then).
fn best_of(cx: &Cx, items: &[Value], order: Order) -> Result<Option<Value>, Stop> {
    let Some((&first, rest)) = items.split_first() else { return Ok(None) };
    let mut best = first;
    for &item in rest {
        let Some(better) = is_better(cx, item, best, order)? else { return Ok(None) };
        if better {
            best = item;
        }
    }
    Ok(Some(best))
}

/// An iterator over what yields its items without code of the program.
fn plain_iter(cx: &Cx, source: Value) -> Option<Gc<Iter>> {
    let iter = cx.builtin_iter(source)?.cast::<Iter>()?;
    cx.is_plain_iter(iter).then_some(iter)
}

/// The extreme by a native key; UNDEF if there are no items. The prelude goes on where the keys
/// cannot be compared without the program.
fn extreme_by(cx: &mut Cx, quick: Quick, key: Value, iter: Gc<Iter>, order: Order) -> Flow {
    // Kept alive: the best item and its key, the latest item and its key.
    let kept = cx.list(vec![Value::UNDEF; 4]);
    let told = cx.scope(|cx| {
        cx.root(Value::object(iter));
        cx.root(Value::object(kept));
        let mut count = 0u32;
        while let Some(item) = next_item(cx, iter)? {
            kept.set(2, item);
            let value = cx.run_quick(quick, &[item])?;
            kept.set(3, value);
            let best = kept.get(1).unwrap_or(Value::UNDEF);
            let better = match best.is_undef() {
                true => Some(true),
                false => is_better(cx, value, best, order)?,
            };
            match better {
                Some(true) => kept.edit(|all| all.copy_within(2.., 0)),
                Some(false) => {}
                None => return Ok(false),
            }
            count = count.wrapping_add(1);
            if count.is_multiple_of(1 << 14) {
                cx.check_interrupt()?;
            }
        }
        Ok(true)
    })?;
    let [best, most, item, value] = [0, 1, 2, 3].map(|at| kept.get(at).unwrap_or(Value::UNDEF));
    if told {
        return Ok(best);
    }
    let rest = if order == Order::Lt { "_min_on" } else { "_max_on" };
    cx.tail_prelude(rest, &[Value::object(iter), key, best, most, item, value])
}

/// The next item of a plain iterator.
pub fn next_item(cx: &mut Cx, iter: Gc<Iter>) -> Result<Option<Value>, Stop> {
    match cx.step(iter) {
        Step::Item(item) => Ok(Some(item)),
        Step::Raised => Err(Stop::Raised),
        Step::End | Step::Code => Ok(None),
    }
}

/// What `reduce` makes of a native function and plain items; UNDEF if there is nothing at all.
pub fn reduce_by(cx: &mut Cx, quick: Quick, source: Gc<Iter>, first: Value) -> Flow {
    let kept = cx.list(vec![first, Value::UNDEF]);
    cx.scope(|cx| {
        cx.root(Value::object(source));
        cx.root(Value::object(kept));
        let mut value = first;
        let mut count = 0u32;
        while let Some(item) = next_item(cx, source)? {
            if !value.is_undef() {
                kept.set(1, item);
                value = cx.run_quick(quick, &[value, item])?;
            } else {
                value = item;
            }
            kept.set(0, value);
            count = count.wrapping_add(1);
            if count.is_multiple_of(1 << 14) {
                cx.check_interrupt()?;
            }
        }
        Ok(value)
    })
}

/// The native that is called for pairs of what a plain iterator yields.
pub fn quick_reduction(cx: &Cx, function: Value, source: Value) -> Option<(Quick, Gc<Iter>)> {
    let quick = cx.quick(function, 2)?;
    Some((quick, plain_iter(cx, source)?))
}

// ---- any and all

/// Looks for an item of the given truth.
fn search(cx: &mut Cx, args: Args, wanted: bool, in_prelude: &'static str) -> Flow {
    let source = cx.arg(args, 0).value();
    if let Some(list) = source.cast::<List>() {
        // Read item by item: what tells their truth may change the list. It is an argument.
        let mut at = 0;
        while let Some(item) = list.get(at) {
            if cx.truth(item)? == wanted {
                return Ok(Value::bool(wanted));
            }
            at += 1;
            if at.is_multiple_of(1 << 16) {
                cx.check_interrupt()?;
            }
        }
        return Ok(Value::bool(!wanted));
    }
    let iter = cx.builtin_iter(source).and_then(|iter| iter.cast::<Iter>());
    let Some(iter) = iter.filter(|&iter| cx.is_plain_iter(iter)) else {
        return cx.tail_prelude(in_prelude, &[source]);
    };
    cx.scope(|cx| {
        cx.root(Value::object(iter));
        let mut count = 0u32;
        loop {
            match cx.step(iter) {
                Step::Item(item) => {
                    if cx.truth(item)? == wanted {
                        return Ok(Value::bool(wanted));
                    }
                }
                Step::Raised => return Err(Stop::Raised),
                Step::End | Step::Code => return Ok(Value::bool(!wanted)),
            }
            count = count.wrapping_add(1);
            if count.is_multiple_of(1 << 16) {
                cx.check_interrupt()?;
            }
        }
    })
}
