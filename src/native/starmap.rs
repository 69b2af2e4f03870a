//! `starmap` and `compress`: how they are made; `starmap` over what the program yields.

use super::iter_next::{in_state, pull, pulled, stop};
use super::iterators::{iter_now, iterators};
use super::itertools::over;
use super::object::{derive, new_class};
use crate::gc::Gc;
use crate::value::{Iter, IterKind, List, T, Tuple, Value};
use crate::vm::{Args, Cx, Flow, Outcome};

pub fn new(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::StarMap)?;
    let source = cx.arg(args, 2).value();
    let source = iter_now(cx, source)?;
    let sources = Value::object(cx.list(vec![source]));
    let function = cx.arg(args, 1).value();
    let iter = cx.iter(T::StarMap, IterKind::StarMap, function, sources, 0);
    derive(cx, class, T::StarMap, Value::object(iter))
}

pub fn new_compress(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Compress)?;
    let sources = cx.scope(|cx| iterators(cx, args, 1))?;
    let parts = [Value::object(sources), Value::UNDEF];
    over(cx, class, T::Compress, IterKind::Compress, parts, 0)
}

/// The next result, if that could not be had natively.
pub fn next(cx: &mut Cx, iter: Gc<Iter>) -> Flow {
    let source = iter.b.get().cast::<List>().and_then(|sources| sources.get(0));
    let Some(source) = source else { return stop(cx) };
    let state = [Value::object(iter), Value::NONE, Value::NONE];
    match pull(cx, source, star_pulled, state, false)? {
        Some(item) => call_starred(cx, iter, item),
        None => stop(cx),
    }
}

fn star_pulled(cx: &mut Cx, [this, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let iter = in_state(cx, this)?;
    match pulled(cx, outcome)? {
        Some(item) => call_starred(cx, iter, item),
        None => stop(cx),
    }
}

fn call_starred(cx: &mut Cx, iter: Gc<Iter>, item: Value) -> Flow {
    let function = iter.a.get();
    match item.cast::<Tuple>() {
        Some(tuple) => cx.tail(function, tuple.as_slice()),
        None => cx.tail_prelude("_call_starred", &[function, item]),
    }
}
