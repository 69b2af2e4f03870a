//! `__next__` of built-in iterators that need code of the program for it.
//!
//! Each call is a wish with a continuation. Where such steps could follow each other without code
//! of the program between them (natives under natives), the door takes the turn, so that Rust's
//! stack stays flat.

use super::list::same;
use crate::gc::Gc;
use crate::value::frame::state;
use crate::value::iter::EXHAUSTED;
use crate::value::{Frame, Iter, IterKind, List, T, Value};
use crate::vm::{Cx, Flow, Outcome, Step, Stop};

pub fn stop(cx: &Cx) -> Flow {
    Err(cx.error_with(T::StopIteration, &[]))
}

/// The next item; the iterator could not be stepped natively.
pub fn next_by_code(cx: &mut Cx, iter: Gc<Iter>) -> Flow {
    if iter.kind as u8 >= IterKind::Count as u8 {
        return super::itertools::next_by_code(cx, iter);
    }
    let this = Value::object(iter);
    let state = [this, Value::NONE, Value::NONE];
    match iter.kind {
        IterKind::Callable => cx.call_then(iter.a.get(), &[], callable_answered, state),
        IterKind::Sequence | IterKind::SequenceReverse => next_of_sequence(cx, iter),
        IterKind::Enumerate => match pull(cx, iter.a.get(), enumerate_pulled, state, false)? {
            Some(item) => count(cx, iter, item),
            None => stop(cx),
        },
        IterKind::Zip => {
            let items = Value::object(cx.list(Vec::new()));
            next_of_zip(cx, [this, items, Value::int(-1)])
        }
        IterKind::Map => {
            let items = Value::object(cx.list(Vec::new()));
            next_of_map(cx, [this, items, Value::NONE])
        }
        IterKind::Filter => next_of_filter(cx, iter, false),
        _ => stop(cx),
    }
}

/// The iterator in a continuation's state.
pub fn in_state(cx: &Cx, value: Value) -> Result<Gc<Iter>, Stop> {
    value.cast::<Iter>().ok_or_else(|| cx.error(T::SystemError, "an iterator was lost"))
}

/// The next item of a source: None at its end. `Err` may be a wish, whose outcome goes to `run`,
/// or with `door` is not.
pub fn pull(
    cx: &mut Cx,
    source: Value,
    run: fn(&mut Cx, [Value; 3], Outcome) -> Flow,
    state: [Value; 3],
    door: bool,
) -> Result<Option<Value>, Stop> {
    if let Some(iter) = source.cast::<Iter>() {
        match cx.step(iter) {
            Step::Item(item) => return Ok(Some(item)),
            Step::End => return Ok(None),
            Step::Raised => return Err(Stop::Raised),
            Step::Code => {}
        }
    }
    if let Some(frame) = source.cast::<Frame>()
        && frame.kind() == state::GENERATOR
        && !door
    {
        if frame.state() == state::FINISHED {
            return Ok(None);
        }
        return cx.resume_then(frame, Value::NONE, run, state).map(Some);
    }
    let Some(method) = cx.special(source, cx.vm().names.__next__)? else {
        let text = format!("'{}' object is not an iterator", cx.type_name(source));
        return Err(cx.type_error(&text));
    };
    if door {
        let outcome = cx.scope(|cx| {
            for value in state {
                cx.root(value);
            }
            cx.call(method, &[])
        });
        return pulled(cx, outcome);
    }
    cx.call_then(method, &[], run, state).map(Some)
}

/// What a source's `__next__` said: None at its end.
pub fn pulled(cx: &mut Cx, outcome: Outcome) -> Result<Option<Value>, Stop> {
    match outcome {
        Ok(item) => Ok(Some(item)),
        Err(Stop::Raised) if cx.pending_is(T::StopIteration) => {
            cx.take_exception();
            Ok(None)
        }
        Err(stop) => Err(stop),
    }
}

/// After so many sources in a row the door takes over (see the head of the file).
const MANY: usize = 8;

// ---- iter(callable, sentinel)

fn callable_answered(cx: &mut Cx, [this, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let iter = in_state(cx, this)?;
    match outcome {
        Ok(value) => {
            if iter.header.flags & EXHAUSTED != 0 {
                return stop(cx);
            }
            let over = cx.scope(|cx| {
                cx.root(this);
                cx.root(value);
                same(cx, iter.b.get(), value)
            })?;
            if over {
                cx.finish_iter(iter);
                return stop(cx);
            }
            Ok(value)
        }
        Err(stop) => {
            if cx.pending_is(T::StopIteration) {
                cx.finish_iter(iter);
            }
            Err(stop)
        }
    }
}

// ---- __getitem__

fn next_of_sequence(cx: &mut Cx, iter: Gc<Iter>) -> Flow {
    let (sequence, at) = (iter.a.get(), iter.at.get());
    if at < 0 {
        cx.finish_iter(iter);
        return stop(cx);
    }
    let key = cx.int(at);
    let Some(method) = cx.special(sequence, cx.vm().names.__getitem__)? else {
        let text = format!("'{}' object is not subscriptable", cx.type_name(sequence));
        return Err(cx.type_error(&text));
    };
    cx.call_then(method, &[key], item_got, [Value::object(iter), Value::NONE, Value::NONE])
}

fn item_got(cx: &mut Cx, [this, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let iter = in_state(cx, this)?;
    match outcome {
        Ok(item) => {
            let by = if iter.kind == IterKind::Sequence { 1 } else { -1 };
            iter.at.set(iter.at.get() + by);
            Ok(item)
        }
        Err(Stop::Raised) if cx.pending_is(T::IndexError) || cx.pending_is(T::StopIteration) => {
            cx.take_exception();
            cx.finish_iter(iter);
            stop(cx)
        }
        Err(stop) => Err(stop),
    }
}

// ---- enumerate

fn enumerate_pulled(cx: &mut Cx, [this, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let iter = in_state(cx, this)?;
    // The StopIteration of a source stays what it is, here and in `map` and `filter`.
    let item = outcome?;
    count(cx, iter, item)
}

fn count(cx: &mut Cx, iter: Gc<Iter>, item: Value) -> Flow {
    let at = iter.at.get();
    let mut number = cx.int(at);
    if let Some(big) = cx.integer(iter.b.get()) {
        number = iter.b.get();
        let next = cx.big_int(big.into_big() + dashu_int::IBig::ONE);
        iter.b.set(next);
    } else {
        iter.at.set(at + 1);
    }
    Ok(Value::object(cx.tuple(&[number, item])))
}

// ---- zip

/// State: the iterator, the items so far, and -1, or with `strict` and the first source at its
/// end, which of the others is asked whether it is at its end too.
fn next_of_zip(cx: &mut Cx, mut state: [Value; 3]) -> Flow {
    let iter = in_state(cx, state[0])?;
    let (Some(sources), Some(items)) = (iter.a.get().cast::<List>(), state[1].cast::<List>())
    else {
        return stop(cx);
    };
    loop {
        let checking = state[2].as_int().unwrap_or(-1);
        let at = if checking < 0 { items.len() } else { checking as usize };
        let Some(source) = sources.get(at) else {
            if checking >= 0 || sources.is_empty() {
                return stop(cx);
            }
            let tuple = items.edit(|items| cx.tuple(items));
            return Ok(Value::object(tuple));
        };
        let item = pull(cx, source, zip_pulled, state, at >= MANY)?;
        if let Some(end) = zip_take(cx, iter, &mut state, item) {
            return end;
        }
    }
}

/// Adds an item; the result if that is the end of the step.
fn zip_take(cx: &Cx, iter: Gc<Iter>, state: &mut [Value; 3], item: Option<Value>) -> Option<Flow> {
    let items = state[1].cast::<List>()?;
    let checking = state[2].as_int().unwrap_or(-1);
    let strict = iter.b.get() == Value::TRUE;
    let which = |n: usize| if n == 1 { " 1".to_string() } else { format!("s 1-{n}") };
    match item {
        Some(_) if checking >= 0 => {
            let n = checking as usize;
            let text = format!("zip() argument {} is longer than argument{}", n + 1, which(n));
            Some(Err(cx.value_error(&text)))
        }
        None if checking >= 0 => {
            state[2] = Value::int(checking + 1);
            None
        }
        Some(item) => {
            items.push(item);
            None
        }
        None if !strict => Some(stop(cx)),
        None if items.is_empty() => {
            state[2] = Value::int(1);
            None
        }
        None => {
            let n = items.len();
            let text = format!("zip() argument {} is shorter than argument{}", n + 1, which(n));
            Some(Err(cx.value_error(&text)))
        }
    }
}

fn zip_pulled(cx: &mut Cx, mut state: [Value; 3], outcome: Outcome) -> Flow {
    let iter = in_state(cx, state[0])?;
    if outcome.is_err() && iter.b.get() != Value::TRUE {
        return outcome;
    }
    let item = pulled(cx, outcome)?;
    match zip_take(cx, iter, &mut state, item) {
        Some(end) => end,
        None => next_of_zip(cx, state),
    }
}

// ---- map

fn next_of_map(cx: &mut Cx, state: [Value; 3]) -> Flow {
    let iter = in_state(cx, state[0])?;
    let (Some(sources), Some(items)) = (iter.b.get().cast::<List>(), state[1].cast::<List>())
    else {
        return stop(cx);
    };
    while let Some(source) = sources.get(items.len()) {
        let many = items.len() >= MANY;
        match pull(cx, source, map_pulled, state, many)? {
            Some(item) => items.push(item),
            None => return stop(cx),
        };
    }
    let args = items.to_vec();
    cx.tail(iter.a.get(), &args)
}

fn map_pulled(cx: &mut Cx, state: [Value; 3], outcome: Outcome) -> Flow {
    let item = outcome?;
    match state[1].cast::<List>() {
        Some(items) => {
            items.push(item);
            next_of_map(cx, state)
        }
        None => stop(cx),
    }
}

// ---- filter

/// Looks for the next item that passes. `again`: one was turned down already.
fn next_of_filter(cx: &mut Cx, iter: Gc<Iter>, again: bool) -> Flow {
    let mut door = again && !iter.b.get().is::<Frame>();
    let mut rounds = 0u32;
    loop {
        let state = [Value::object(iter), Value::NONE, Value::NONE];
        let Some(item) = pull(cx, iter.b.get(), filter_pulled, state, door)? else {
            return stop(cx);
        };
        match test(cx, iter, item)? {
            true => return Ok(item),
            false => door = !iter.b.get().is::<Frame>(),
        }
        rounds = rounds.wrapping_add(1);
        if rounds.is_multiple_of(1024) {
            cx.check_interrupt()?;
        }
    }
}

fn filter_pulled(cx: &mut Cx, [this, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let iter = in_state(cx, this)?;
    let item = outcome?;
    if test(cx, iter, item)? { Ok(item) } else { next_of_filter(cx, iter, true) }
}

/// Does an item pass? `Err` may be a wish, whose outcome goes to `tested`.
fn test(cx: &mut Cx, iter: Gc<Iter>, item: Value) -> Result<bool, Stop> {
    let function = iter.a.get();
    if function.is_none() || function == cx.type_object(T::Bool) {
        return cx.scope(|cx| {
            cx.root(Value::object(iter));
            cx.root(item);
            cx.truth(item)
        });
    }
    if is_language(function) {
        let state = [Value::object(iter), item, Value::NONE];
        return Err(match cx.call_then(function, &[item], tested, state) {
            Err(stop) => stop,
            Ok(_) => Stop::Raised,
        });
    }
    cx.scope(|cx| {
        cx.root(Value::object(iter));
        cx.root(item);
        let answer = cx.call(function, &[item])?;
        cx.root(answer);
        cx.truth(answer)
    })
}

/// Does calling it leave Rust's stack at once?
pub fn is_language(function: Value) -> bool {
    let function =
        function.cast::<crate::value::BoundMethod>().map_or(function, |method| method.func.get());
    function.is::<crate::value::Function>()
}

fn tested(cx: &mut Cx, [this, item, _]: [Value; 3], outcome: Outcome) -> Flow {
    let iter = in_state(cx, this)?;
    let answer = outcome?;
    let passes = cx.scope(|cx| {
        cx.root(this);
        cx.root(item);
        cx.truth(answer)
    })?;
    if passes { Ok(item) } else { next_of_filter(cx, iter, true) }
}
