//! `groupby`: how one is made, and its steps where the program finds keys or compares them. Plain
//! ones are in `vm/iter_groups.rs`.

use super::iter_next::{in_state, is_language, pull, pulled, stop};
use super::iterators::iter_now;
use super::object::{derive, new_class};
use super::{builtins, operator};
use crate::gc::Gc;
use crate::value::iter::{group, key};
use crate::value::{Frame, Iter, IterKind, List, Native, NativeKind, T, Value};
use crate::vm::{Args, Cx, Flow, Order, Outcome, Stop};

/// Places: class, iterable, key function.
pub fn new(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::GroupBy)?;
    let source = cx.arg(args, 1).value();
    let source = iter_now(cx, source)?;
    let function = cx.opt(args, 2).map_or(Value::NONE, |function| function.value());
    let told = way_of(cx, function);
    let (way, index) = told.unwrap_or((key::ITEM, Value::UNDEF));
    let mut places = vec![Value::UNDEF; group::PLACES];
    places[group::SOURCE] = source;
    places[group::FUNCTION] = function;
    places[group::INDEX] = index;
    let state = Value::object(cx.list(places));
    let iter = cx.iter(T::GroupBy, IterKind::GroupBy, state, Value::UNDEF, way);
    let plain = source.cast::<Iter>().is_some_and(|source| cx.is_plain_iter(source));
    iter.guard.set(u32::from(plain && told.is_some()));
    derive(cx, class, T::GroupBy, Value::object(iter))
}

/// How the keys of plain items are found without the program, and an index for that.
fn way_of(cx: &Cx, function: Value) -> Option<(i64, Value)> {
    if function.is_none() {
        return Some((key::ITEM, Value::UNDEF));
    }
    let Some(native) = function.cast::<Native>() else {
        return operator::plain_index(cx, function).map(|index| (key::INDEX, index));
    };
    let of_text = native.owner.get() == cx.type_object(T::Str);
    if of_text && native.kind == NativeKind::Method && is_pure(native) {
        return Some((key::TEXT_METHOD, Value::UNDEF));
    }
    builtins::is_len(native).then_some((key::LEN, Value::UNDEF))
}

/// Does the method of str answer at once, whatever the text?
fn is_pure(native: Gc<Native>) -> bool {
    let name = native.signature.name();
    name.starts_with("is")
        || matches!(
            name,
            "lower" | "upper" | "casefold" | "title" | "capitalize" | "strip" | "lstrip" | "rstrip"
        )
}

/// The next group, or the next item of a group.
pub fn next(cx: &mut Cx, iter: Gc<Iter>) -> Flow {
    if iter.kind == IterKind::GroupBy {
        state_of(cx, iter)?.set(group::GROUP, Value::NONE);
    }
    advance(cx, iter, false)
}

fn state_of(cx: &Cx, iter: Gc<Iter>) -> Result<Gc<List>, Stop> {
    let state = iter.a.get().cast::<List>();
    state.ok_or_else(|| cx.error(T::SystemError, "the state of a groupby was lost"))
}

/// `again`: an item was taken already.
fn advance(cx: &mut Cx, iter: Gc<Iter>, mut again: bool) -> Flow {
    let state = state_of(cx, iter)?;
    let part = |i: usize| state.get(i).unwrap_or(Value::UNDEF);
    let grouping = iter.kind == IterKind::GroupBy;
    let mut rounds = 0u32;
    loop {
        if !grouping && part(group::GROUP) != Value::object(iter) {
            return stop(cx);
        }
        let current = part(group::KEY);
        if !current.is_undef() {
            let target = if grouping { part(group::TARGET) } else { iter.b.get() };
            let equal = !target.is_undef() && is_same(cx, iter, target, current)?;
            match (grouping, equal) {
                (true, true) => {}
                (true, false) => {
                    let group = cx.begin_group(iter, current);
                    return Ok(Value::object(cx.tuple(&[current, group])));
                }
                (false, true) => {
                    let value = part(group::VALUE);
                    state.set(group::KEY, Value::UNDEF);
                    state.set(group::VALUE, Value::UNDEF);
                    return Ok(value);
                }
                (false, false) => return stop(cx),
            }
        }
        fetch(cx, iter, state, again)?;
        again = true;
        rounds = rounds.wrapping_add(1);
        if rounds.is_multiple_of(1024) {
            cx.check_interrupt()?;
        }
    }
}

fn is_same(cx: &mut Cx, iter: Gc<Iter>, target: Value, current: Value) -> Result<bool, Stop> {
    if target == current {
        return Ok(true);
    }
    if let Some(equal) = cx.compare_builtin(target, current, Order::Eq)? {
        return Ok(equal);
    }
    cx.scope(|cx| {
        cx.root(Value::object(iter));
        cx.root(current);
        cx.equal(target, current)
    })
}

/// Lets the next item wait. `Err` may be a wish, after which `advance` goes on.
fn fetch(cx: &mut Cx, iter: Gc<Iter>, state: Gc<List>, again: bool) -> Result<(), Stop> {
    let part = |i: usize| state.get(i).unwrap_or(Value::UNDEF);
    let unknown = part(group::UNKNOWN);
    if !unknown.is_undef() {
        state.set(group::UNKNOWN, Value::UNDEF);
        return find_key(cx, iter, state, unknown);
    }
    let source = part(group::SOURCE);
    let door = again && !source.is::<Frame>();
    let kept = [Value::object(iter), Value::NONE, Value::NONE];
    match pull(cx, source, item_pulled, kept, door)? {
        Some(item) => find_key(cx, iter, state, item),
        None => Err(cx.error_with(T::StopIteration, &[])),
    }
}

fn item_pulled(cx: &mut Cx, [this, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let iter = in_state(cx, this)?;
    let Some(item) = pulled(cx, outcome)? else { return stop(cx) };
    let state = state_of(cx, iter)?;
    find_key(cx, iter, state, item)?;
    advance(cx, iter, true)
}

fn find_key(cx: &mut Cx, iter: Gc<Iter>, state: Gc<List>, item: Value) -> Result<(), Stop> {
    let function = state.get(group::FUNCTION).unwrap_or(Value::NONE);
    let key = if function.is_none() {
        item
    } else if is_language(function) {
        let kept = [Value::object(iter), item, Value::NONE];
        return cx.call_then(function, &[item], key_found, kept).map(drop);
    } else {
        cx.scope(|cx| {
            cx.root(Value::object(iter));
            cx.root(item);
            cx.call(function, &[item])
        })?
    };
    state.set(group::KEY, key);
    state.set(group::VALUE, item);
    Ok(())
}

fn key_found(cx: &mut Cx, [this, item, _]: [Value; 3], outcome: Outcome) -> Flow {
    let key = outcome?;
    let iter = in_state(cx, this)?;
    let state = state_of(cx, iter)?;
    state.set(group::KEY, key);
    state.set(group::VALUE, item);
    advance(cx, iter, true)
}
