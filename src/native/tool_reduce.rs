//! What iterators of `itertools` say to `copy` and `pickle`. CPython will drop that, and so warns of it.
//!
//! What a generator of the prelude has taken over can be told only as long as it notes where it is.

use super::iter_reduce::{iter_of, parts};
use super::iterators::this_iter;
use super::method;
use crate::gc::Gc;
use crate::value::iter::{EXHAUSTED, WRITTEN, group, stage};
use crate::value::{Class, Iter, IterKind, List, T, Tuple, Value};
use crate::vm::{Args, Cx, Def, Flow, Stop};

pub const REDUCE: Def =
    method("__reduce__(self, /)", "Return state information for pickling.", reduce);
pub const SET_STATE: Def =
    method("__setstate__(self, state, /)", "Set state information for unpickling.", set_state);

fn warned(cx: &mut Cx) -> Result<(), Stop> {
    cx.call_prelude("_tool_taken_apart", &[])?;
    Ok(())
}

/// The state of an iterator that goes on in the prelude.
fn noted(iter: Gc<Iter>) -> Option<Vec<Value>> {
    let parts = iter.b.get().cast::<Tuple>()?;
    Some(parts.as_slice().get(1)?.cast::<List>()?.to_vec())
}

fn items_of(value: Value) -> Vec<Value> {
    value.cast::<List>().map_or_else(Vec::new, |items| items.to_vec())
}

fn refused(cx: &Cx, class: Value) -> Stop {
    let name = class.cast::<Class>().map_or_else(String::new, |class| class.name_text());
    cx.type_error(&format!("cannot pickle '{name}' object"))
}

fn reduce(cx: &mut Cx, args: Args) -> Flow {
    warned(cx)?;
    let iter = this_iter(cx, args)?;
    let class = Value::object(cx.class_of(cx.arg(args, 0).value()));
    if iter.header.flags & EXHAUSTED != 0 {
        let maker = iter_of(cx)?;
        let nothing = Value::object(cx.tuple(&[]));
        return Ok(parts(cx, maker, &[nothing], None));
    }
    match told(cx, iter, class)? {
        Some(told) => Ok(told),
        None => Err(refused(cx, class)),
    }
}

fn told(cx: &mut Cx, iter: Gc<Iter>, class: Value) -> Result<Option<Value>, Stop> {
    let (a, b, at) = (iter.a.get(), iter.b.get(), iter.at.get());
    let is = |id: T| iter.header.shape == id.shape();
    let noted = if iter.header.flags & WRITTEN != 0 { noted(iter) } else { None };
    // The state that a generator works on is complete only before it began, unless it keeps it so.
    let begun = !a.is_undef();
    if let Some(state) = noted {
        let [first, second, third] =
            [0, 1, 2].map(|i| state.get(i).copied().unwrap_or(Value::NONE));
        return Ok(if is(T::Cycle) && first.is::<Iter>() {
            let rest = Value::object(cx.tuple(&[second, Value::bool(third == Value::FALSE)]));
            Some(parts(cx, class, &[first], Some(rest)))
        } else if is(T::Chain) {
            let active = if second.is_none() { vec![first] } else { vec![first, second] };
            let active = Value::object(cx.tuple(&active));
            Some(parts(cx, class, &[], Some(active)))
        } else if is(T::Accumulate) {
            let stage = state.get(3).and_then(|stage| stage.as_int());
            accumulated(cx, class, [first, second, third], stage.unwrap_or(stage::WAITING))?
        } else if is(T::Compress) && state.len() == 2 || is(T::FilterFalse) {
            Some(parts(cx, class, &[first, second], None))
        } else if is(T::DropWhile) || is(T::TakeWhile) {
            Some(parts(cx, class, &[first, second], Some(Value::bool(third == Value::TRUE))))
        } else if is(T::Islice) && !begun {
            let from = |i: usize| state.get(i).and_then(|n| n.as_int()).unwrap_or(0);
            Some(sliced(cx, class, first, from(1), [from(2), from(3), from(4)]))
        } else if is(T::ZipLongest) && !begun {
            Some(zipped(cx, class, first, second))
        } else {
            None
        });
    }
    let tuple_from = |cx: &Cx, from: usize, count: usize| {
        let items = items_of(b);
        let end = (from + count).min(items.len());
        Value::object(cx.tuple(&items[from.min(end)..end]))
    };
    Ok(Some(match iter.kind {
        IterKind::Count => {
            let now = if b.is_undef() { cx.int(at) } else { b };
            let given = if a == Value::int(1) { vec![now] } else { vec![now, a] };
            parts(cx, class, &given, None)
        }
        IterKind::Repeat => {
            let given = if at < 0 { vec![a] } else { vec![a, cx.int(at)] };
            parts(cx, class, &given, None)
        }
        IterKind::Cycle if a.is_none() => {
            // The rest of this round, and then all of it again.
            let rest = Value::object(cx.iter(T::ListIter, IterKind::List, b, Value::UNDEF, at));
            let state = Value::object(cx.tuple(&[b, Value::TRUE]));
            parts(cx, class, &[rest], Some(state))
        }
        IterKind::Cycle => {
            let state = Value::object(cx.tuple(&[b, Value::FALSE]));
            parts(cx, class, &[a], Some(state))
        }
        IterKind::Chain => {
            let active = if b.is_undef() { vec![a] } else { vec![a, b] };
            let active = Value::object(cx.tuple(&active));
            parts(cx, class, &[], Some(active))
        }
        IterKind::Slice => {
            let bound = |i: usize| items_of(b).get(i).and_then(|n| n.as_int()).unwrap_or(0);
            sliced(cx, class, a, at, [bound(0), bound(1), bound(2)])
        }
        IterKind::Accumulate => {
            return accumulated(cx, class, [a, Value::NONE, b], at);
        }
        IterKind::Product => {
            let pools = a.cast::<Tuple>().map_or_else(Vec::new, |pools| pools.as_slice().to_vec());
            let state = (at != 0).then(|| tuple_from(cx, 0, pools.len()));
            parts(cx, class, &pools, state)
        }
        IterKind::Permutations => {
            let (n, r) =
                (a.cast::<Tuple>().map_or(0, |pool| pool.len()), iter.guard.get() as usize);
            let state = (at != 0).then(|| {
                let both = [tuple_from(cx, 0, n), tuple_from(cx, n, r)];
                Value::object(cx.tuple(&both))
            });
            parts(cx, class, &[a, cx.int(r as i64)], state)
        }
        IterKind::Combinations | IterKind::Replacements => {
            let r = iter.guard.get() as usize;
            let state = (at != 0).then(|| tuple_from(cx, 0, r));
            parts(cx, class, &[a, cx.int(r as i64)], state)
        }
        IterKind::ZipLongest => zipped(cx, class, a, b),
        IterKind::StarMap => {
            let source = items_of(b).first().copied().unwrap_or(Value::NONE);
            parts(cx, class, &[a, source], None)
        }
        IterKind::Compress if items_of(a).len() == 2 => parts(cx, class, &items_of(a), None),
        IterKind::GroupBy => {
            let places = items_of(a);
            let place = |i: usize| places.get(i).copied().unwrap_or(Value::UNDEF);
            let waiting = [place(group::KEY), place(group::VALUE), place(group::TARGET)];
            let given = [place(group::SOURCE), place(group::FUNCTION)];
            if !place(group::UNKNOWN).is_undef() {
                return Ok(None);
            }
            let whole = waiting.iter().all(|part| !part.is_undef());
            let state = whole.then(|| Value::object(cx.tuple(&waiting)));
            parts(cx, class, &given, state)
        }
        _ => return Ok(None),
    }))
}

/// What is left of a slice, of which that many items were taken.
fn sliced(cx: &Cx, class: Value, source: Value, taken: i64, bounds: [i64; 3]) -> Value {
    let [next, stop, step] = bounds;
    let stop = if stop < 0 { Value::NONE } else { cx.int((stop - taken).max(0)) };
    let next = cx.int((next - taken).max(0));
    parts(cx, class, &[source, next, stop, cx.int(step)], None)
}

fn zipped(cx: &Cx, class: Value, sources: Value, fill: Value) -> Value {
    let nothing = Value::object(cx.tuple(&[]));
    let whole = |source: &Value| if source.is_none() { nothing } else { *source };
    let sources: Vec<Value> = items_of(sources).iter().map(whole).collect();
    parts(cx, class, &sources, Some(fill))
}

fn accumulated(
    cx: &mut Cx,
    class: Value,
    [source, function, total]: [Value; 3],
    at: i64,
) -> Result<Option<Value>, Stop> {
    Ok(match at {
        stage::EMPTY => Some(parts(cx, class, &[source, function], None)),
        stage::WAITING => None,
        // A state of None would not be set, and the total itself is still to be given at first.
        _ if at == stage::INITIAL || total.is_none() => {
            let first = Value::object(cx.tuple(&[total]));
            let both = Value::object(cx.tuple(&[first, source]));
            let over = Value::object(cx.iter(T::TupleIter, IterKind::Tuple, both, Value::UNDEF, 0));
            let chain = Value::object(cx.iter(T::Chain, IterKind::Chain, over, Value::UNDEF, 0));
            if at == stage::INITIAL {
                return Ok(Some(parts(cx, class, &[chain, function], None)));
            }
            let again = cx.call(class, &[chain, function])?;
            let slice = Value::object(cx.class(T::Islice));
            Some(parts(cx, slice, &[again, Value::int(1), Value::NONE], None))
        }
        _ => Some(parts(cx, class, &[source, function], Some(total))),
    })
}

// ---- where to go on

fn set_state(cx: &mut Cx, args: Args) -> Flow {
    warned(cx)?;
    let iter = this_iter(cx, args)?;
    let state = cx.arg(args, 1).value();
    if iter.header.flags & EXHAUSTED != 0 {
        return Ok(Value::NONE);
    }
    let is = |id: T| iter.header.shape == id.shape();
    let items = state.cast::<Tuple>().map(|state| state.as_slice().to_vec());
    if is(T::Accumulate) {
        accumulate_from(cx, iter, state);
        return Ok(Value::NONE);
    }
    if is(T::DropWhile) || is(T::TakeWhile) {
        let begun = cx.truth(state)?;
        note(iter, 2, Value::bool(begun));
        return Ok(Value::NONE);
    }
    if is(T::ZipLongest) {
        if iter.header.flags & WRITTEN == 0 {
            iter.b.set(state);
        } else {
            note(iter, 1, state);
        }
        return Ok(Value::NONE);
    }
    let Some(items) = items else { return Err(cx.type_error("state is not a tuple")) };
    if is(T::Cycle) {
        cycle_on(cx, iter, &items)
    } else if is(T::Chain) {
        let all = (1..=2).contains(&items.len());
        if !all || !items.iter().all(|item| is_iterator(cx, *item)) {
            return Err(cx.type_error("Arguments must be iterators."));
        }
        let active = items.get(1).copied().unwrap_or(Value::NONE);
        super::itertools::write(cx, iter, "_chain", Value::object(cx.list(vec![items[0], active])));
        Ok(Value::NONE)
    } else if is(T::GroupBy) {
        if let (Some(places), [current, value, target]) = (iter.a.get().cast::<List>(), &items[..])
        {
            places.set(group::KEY, *current);
            places.set(group::VALUE, *value);
            places.set(group::TARGET, *target);
            return Ok(Value::NONE);
        }
        Err(cx.type_error("__setstate__ expected a tuple of 3 items"))
    } else {
        selection_from(cx, iter, &items)
    }
}

fn is_iterator(cx: &Cx, value: Value) -> bool {
    cx.lookup(cx.class_of(value), cx.vm().names.__next__).is_some()
}

/// Changes a place of the state from which a generator of the prelude will begin.
fn note(iter: Gc<Iter>, place: usize, value: Value) {
    if let Some(given) =
        iter.b.get().cast::<Tuple>().and_then(|parts| parts.as_slice().get(1).copied())
        && let Some(list) = given.cast::<List>()
        && place < list.len()
    {
        list.set(place, value);
    }
}

fn accumulate_from(cx: &Cx, iter: Gc<Iter>, total: Value) {
    if iter.header.flags & WRITTEN != 0 {
        note(iter, 2, total);
        note(iter, 3, cx.int(stage::RUNNING));
    } else if iter.at.get() != stage::WAITING {
        iter.b.set(total);
        iter.at.set(stage::RUNNING);
    }
}

fn cycle_on(cx: &mut Cx, iter: Gc<Iter>, state: &[Value]) -> Flow {
    let [saved, first] = state else {
        return Err(cx.type_error("__setstate__ expected a tuple of 2 items"));
    };
    if !saved.is::<List>() {
        let text = format!("argument 1 must be list, not {}", cx.type_name(*saved));
        return Err(cx.type_error(&text));
    }
    let is_again = cx.index_i64(*first)? != 0;
    let source = match noted(iter) {
        Some(state) if iter.header.flags & WRITTEN != 0 => state.first().copied(),
        _ => Some(iter.a.get()),
    };
    let source = source.filter(|source| source.is_object() && !source.is_undef());
    let source = source.unwrap_or_else(|| Value::object(cx.tuple(&[])));
    let state = Value::object(cx.list(vec![source, *saved, Value::bool(!is_again)]));
    super::itertools::write(cx, iter, "_cycle", state);
    Ok(Value::NONE)
}

/// The indices of the last selection that was given.
fn selection_from(cx: &mut Cx, iter: Gc<Iter>, state: &[Value]) -> Flow {
    let Some(pool) = iter.a.get().cast::<Tuple>() else { return Ok(Value::NONE) };
    let (n, r) = (pool.len(), iter.guard.get() as usize);
    let invalid = |cx: &Cx| Err(cx.value_error("invalid arguments"));
    let index = |cx: &mut Cx, value: Value, least: usize, most: usize| -> Result<usize, Stop> {
        Ok(cx.index_i64(value)?.clamp(least as i64, most.max(least) as i64) as usize)
    };
    let mut places = Vec::new();
    let mut items = Vec::new();
    match iter.kind {
        IterKind::Product => {
            if state.len() != n {
                return invalid(cx);
            }
            let lens: Vec<usize> =
                pool.as_slice().iter().map(|p| p.cast::<Tuple>().map_or(0, |p| p.len())).collect();
            if lens.contains(&0) {
                return Ok(Value::NONE);
            }
            for (i, &value) in state.iter().enumerate() {
                let at = index(cx, value, 0, lens[i] - 1)?;
                places.push(at);
                items.extend(pool.as_slice()[i].cast::<Tuple>().map(|p| p.as_slice()[at]));
            }
        }
        IterKind::Permutations => {
            let both = state.iter().map(|part| part.cast::<Tuple>().map(|t| t.as_slice().to_vec()));
            let both: Vec<Vec<Value>> = both.map(Option::unwrap_or_default).collect();
            let [indices, cycles] = &both[..] else { return invalid(cx) };
            if indices.len() != n || cycles.len() != r {
                return invalid(cx);
            }
            if r > n {
                return Ok(Value::NONE);
            }
            for &value in indices {
                places.push(index(cx, value, 0, n.saturating_sub(1))?);
            }
            items.extend(places[..r].iter().map(|&at| pool.as_slice()[at]));
            for (i, &value) in cycles.iter().enumerate() {
                places.push(index(cx, value, 1, n - i)?);
            }
        }
        _ => {
            let again = iter.kind == IterKind::Replacements;
            if state.len() != r {
                return invalid(cx);
            }
            if if again { n == 0 && r > 0 } else { r > n } {
                return Ok(Value::NONE);
            }
            for (i, &value) in state.iter().enumerate() {
                let at = index(cx, value, 0, if again { n - 1 } else { i + n - r })?;
                places.push(at);
                items.push(pool.as_slice()[at]);
            }
        }
    }
    let places = places.into_iter().map(|at| Value::int(at as i64));
    iter.b.set(Value::object(cx.list(places.chain(items).collect())));
    iter.at.set(1);
    Ok(Value::NONE)
}
