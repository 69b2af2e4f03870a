//! `tee`: iterators that share what they read. Plain sources are read by `vm/iter_tools.rs`.

use super::iter_next::{in_state, pull, pulled, stop};
use super::iterators::{iter_now, this_iter};
use super::itertools::{MOST, size, source_of};
use super::object::{derive, new_class};
use crate::gc::Gc;
use crate::value::{Iter, IterKind, List, T, Value};
use crate::vm::{Args, Cx, Flow, Outcome};

pub fn tee(cx: &mut Cx, args: Args) -> Flow {
    let n = match cx.opt(args, 1).map(|n| n.value()) {
        Some(n) => size(cx, n)?,
        None => 2,
    };
    if n < 0 {
        return Err(cx.value_error("n must be >= 0"));
    }
    if n == 0 {
        return Ok(Value::object(cx.tuple(&[])));
    }
    if n > MOST {
        return Err(cx.error_with(T::MemoryError, &[]));
    }
    let source = cx.arg(args, 0).value();
    let source = iter_now(cx, source)?;
    let first = match cx.unwrap(source).cast::<Iter>() {
        Some(iter) if iter.kind == IterKind::Tee => iter,
        _ => tee_over(cx, source),
    };
    let mut all = vec![Value::object(first)];
    all.extend((1..n).map(|_| Value::object(tee_like(cx, first))));
    Ok(Value::object(cx.tuple(&all)))
}

fn tee_over(cx: &Cx, source: Value) -> Gc<Iter> {
    let block = cx.list(vec![Value::NONE, source]);
    let tee = cx.iter(T::Tee, IterKind::Tee, Value::object(block), Value::UNDEF, 2);
    let plain = source.cast::<Iter>().is_some_and(|source| cx.is_plain_iter(source));
    tee.guard.set(u32::from(plain));
    tee
}

fn tee_like(cx: &Cx, tee: Gc<Iter>) -> Gc<Iter> {
    let twin = cx.iter(T::Tee, IterKind::Tee, tee.a.get(), Value::UNDEF, tee.at.get());
    twin.guard.set(tee.guard.get());
    twin
}

pub fn new_tee(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Tee)?;
    let source = source_of(cx, args)?;
    let made = match cx.unwrap(source).cast::<Iter>() {
        Some(iter) if iter.kind == IterKind::Tee => tee_like(cx, iter),
        _ => tee_over(cx, source),
    };
    derive(cx, class, T::Tee, Value::object(made))
}

pub fn copy_tee(cx: &mut Cx, args: Args) -> Flow {
    let iter = this_iter(cx, args)?;
    if iter.kind != IterKind::Tee {
        return Err(cx.type_error("descriptor '__copy__' requires a '_tee' object"));
    }
    Ok(Value::object(tee_like(cx, iter)))
}

pub fn next(cx: &mut Cx, iter: Gc<Iter>) -> Flow {
    let source = iter.a.get().cast::<List>().and_then(|block| block.get(1));
    let Some(source) = source else { return stop(cx) };
    let state = [Value::object(iter), Value::NONE, Value::NONE];
    match pull(cx, source, tee_pulled, state, false)? {
        Some(item) => {
            cx.tee_item(iter, item);
            Ok(item)
        }
        None => stop(cx),
    }
}

fn tee_pulled(cx: &mut Cx, [this, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let iter = in_state(cx, this)?;
    let Some(item) = pulled(cx, outcome)? else { return stop(cx) };
    cx.tee_item(iter, item);
    Ok(item)
}
