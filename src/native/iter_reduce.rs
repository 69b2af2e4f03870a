//! What built-in iterators say to `copy` and `pickle`: from what they can be made again, and where
//! they stand in it.

use super::iterators::this_iter;
use super::method;
use super::object::new_class;
use crate::gc::Gc;
use crate::plain::int::Int;
use crate::value::iter::EXHAUSTED;
use crate::value::str::char_width;
use crate::value::{Deque, Iter, IterKind, List, Range, Str, T, Value};
use crate::vm::{Args, Binary, Cx, Def, Flow, Stop};

pub const REDUCE: Def =
    method("__reduce__(self, /)", "Return state information for pickling.", reduce);
pub const SET_STATE: Def =
    method("__setstate__(self, object, /)", "Set state information for unpickling.", set_state);

fn is_over(iter: Gc<Iter>) -> bool {
    iter.header.flags & EXHAUSTED != 0
}

fn reduce(cx: &mut Cx, args: Args) -> Flow {
    let iter = this_iter(cx, args)?;
    let class = Value::object(cx.class_of(cx.arg(args, 0).value()));
    let (a, b, at) = (iter.a.get(), iter.b.get(), iter.at.get());
    match iter.kind {
        IterKind::List | IterKind::ListReverse | IterKind::SequenceReverse if is_over(iter) => {
            let nothing = match iter.kind {
                IterKind::SequenceReverse => Value::object(cx.tuple(&[])),
                _ => Value::object(cx.list(Vec::new())),
            };
            let maker = if iter.kind == IterKind::SequenceReverse { class } else { iter_of(cx)? };
            Ok(parts(cx, maker, &[nothing], None))
        }
        IterKind::ListReverse => {
            let maker = Value::object(cx.class(T::Reversed));
            Ok(parts(cx, maker, &[a], Some(Value::int(at))))
        }
        IterKind::SequenceReverse => Ok(parts(cx, class, &[a], Some(cx.int(at)))),
        IterKind::List
        | IterKind::Tuple
        | IterKind::Str
        | IterKind::Bytes
        | IterKind::ByteArray
        | IterKind::Sequence => {
            let maker = iter_of(cx)?;
            if is_over(iter) {
                let empty = match iter.kind {
                    IterKind::Str => cx.str_value(""),
                    _ => Value::object(cx.tuple(&[])),
                };
                return Ok(parts(cx, maker, &[empty], None));
            }
            let at = a.cast::<Str>().map_or(at, |text| chars_before(text, at));
            Ok(parts(cx, maker, &[a], Some(cx.int(at))))
        }
        IterKind::Range => {
            let (maker, start) = (iter_of(cx)?, cx.int(at));
            let (left, step) = (a.as_int().unwrap_or(0), b.as_int().unwrap_or(1));
            let stop = cx.int(at + left * step);
            let range = cx.range(start, stop, b);
            Ok(parts(cx, maker, &[Value::object(range)], Some(Value::NONE)))
        }
        IterKind::BigRange => {
            let maker = iter_of(cx)?;
            let rest = match a.cast::<Range>() {
                Some(_) => {
                    let rest = cx.slice(cx.int(at), Value::NONE, Value::NONE);
                    cx.item_plain(a, Value::object(rest))?.unwrap_or(a)
                }
                None => Value::object(cx.range(Value::int(0), Value::int(0), Value::int(1))),
            };
            Ok(parts(cx, maker, &[rest], Some(Value::NONE)))
        }
        IterKind::Callable => {
            let maker = iter_of(cx)?;
            if is_over(iter) {
                let empty = Value::object(cx.tuple(&[]));
                return Ok(parts(cx, maker, &[empty], None));
            }
            Ok(parts(cx, maker, &[a, b], None))
        }
        IterKind::Deque | IterKind::DequeReverse => {
            let deque = match a.cast::<Deque>() {
                Some(_) => a,
                None => cx.call(Value::object(cx.class(T::Deque)), &[])?,
            };
            Ok(parts(cx, class, &[deque, cx.int(at)], None))
        }
        IterKind::Enumerate => {
            let (source, count) = (if is_over(iter) { empty_iter(cx) } else { a }, b);
            let count = if count.is_undef() { cx.int(at) } else { count };
            Ok(parts(cx, class, &[source, count], None))
        }
        IterKind::Zip => {
            let sources = a.cast::<List>().map_or_else(Vec::new, |sources| sources.to_vec());
            let strict = (b == Value::TRUE).then_some(Value::TRUE);
            Ok(parts(cx, class, &sources, strict))
        }
        IterKind::Map => {
            let sources = b.cast::<List>().map_or_else(Vec::new, |sources| sources.to_vec());
            Ok(parts(cx, class, &[vec![a], sources].concat(), None))
        }
        IterKind::Filter => Ok(parts(cx, class, &[a, b], None)),
        _ => {
            let left = what_is_left(cx, iter)?;
            let maker = iter_of(cx)?;
            Ok(parts(cx, maker, &[Value::object(cx.list(left))], None))
        }
    }
}

pub(super) fn parts(cx: &Cx, maker: Value, args: &[Value], state: Option<Value>) -> Value {
    let args = Value::object(cx.tuple(args));
    match state {
        Some(state) => Value::object(cx.tuple(&[maker, args, state])),
        None => Value::object(cx.tuple(&[maker, args])),
    }
}

/// The function `iter`, as the builtins have it.
pub(super) fn iter_of(cx: &Cx) -> Flow {
    let name = cx.intern("iter");
    cx.vm().builtins.get_str(cx, name).ok_or_else(|| cx.error(T::AttributeError, "iter"))
}

fn empty_iter(cx: &Cx) -> Value {
    let nothing = Value::object(cx.tuple(&[]));
    Value::object(cx.iter(T::TupleIter, IterKind::Tuple, nothing, Value::UNDEF, 0))
}

/// The items of an iterator over a dict or a set, which stays where it is.
fn what_is_left(cx: &mut Cx, iter: Gc<Iter>) -> Result<Vec<Value>, Stop> {
    if is_over(iter) {
        return Ok(Vec::new());
    }
    let ordered = iter.header.shape == T::OdictIter.shape();
    let id = if ordered { T::OdictIter } else { T::DictKeyIter };
    let twin = cx.iter(id, iter.kind, iter.a.get(), iter.b.get(), iter.at.get());
    twin.guard.set(iter.guard.get());
    cx.scope(|cx| {
        cx.root(Value::object(twin));
        Ok(cx.drain(Value::object(twin))?.unwrap_or_default())
    })
}

/// How many characters stand in front of an offset in bytes.
fn chars_before(text: Gc<Str>, at: i64) -> i64 {
    let before = &text.as_bytes()[..(at as usize).min(text.byte_len())];
    before.iter().filter(|&&byte| byte & 0xC0 != 0x80).count() as i64
}

// ---- where to go on

fn set_state(cx: &mut Cx, args: Args) -> Flow {
    let iter = this_iter(cx, args)?;
    let state = cx.arg(args, 1).value();
    if iter.kind == IterKind::Zip {
        let strict = cx.truth(state)?;
        if !is_over(iter) {
            iter.b.set(Value::bool(strict));
        }
        return Ok(Value::NONE);
    }
    if iter.kind == IterKind::BigRange || iter.kind == IterKind::Range {
        let to = cx.index(state)?;
        return skip(cx, iter, to);
    }
    let to = cx.index_i64(state)?;
    if is_over(iter) {
        return Ok(Value::NONE);
    }
    let source = iter.a.get();
    let at = match iter.kind {
        IterKind::Sequence => to.max(0),
        IterKind::Tuple | IterKind::Bytes => to.clamp(0, length(cx, source)?),
        IterKind::Str => {
            let Some(text) = source.cast::<Str>() else { return Ok(Value::NONE) };
            let bytes = text.as_bytes();
            let mut at = 0;
            for _ in 0..to {
                if at >= bytes.len() {
                    break;
                }
                at += char_width(bytes[at]);
            }
            at as i64
        }
        IterKind::List | IterKind::ByteArray => to.clamp(-1, length(cx, source)?),
        _ => to.clamp(-1, length(cx, source)? - 1),
    };
    // The length may have been told by the program, which may have stepped the iterator.
    if !is_over(iter) {
        iter.at.set(at);
    }
    Ok(Value::NONE)
}

pub(super) fn length(cx: &mut Cx, source: Value) -> Result<i64, Stop> {
    if let Some(len) = cx.len_plain(source) {
        return Ok(len as i64);
    }
    let name = cx.vm().names.__len__;
    match cx.special(source, name)? {
        Some(method) => {
            let answer = cx.call(method, &[])?;
            cx.index_i64(answer)
        }
        None => {
            let text = format!("object of type '{}' has no len()", cx.type_name(source));
            Err(cx.type_error(&text))
        }
    }
}

/// A range goes on that many items further.
fn skip(cx: &mut Cx, iter: Gc<Iter>, items: Int) -> Flow {
    let (far, items) = match items {
        Int::Small(far) => (far.max(0), Int::Small(far.max(0))),
        Int::Big(big) if big > dashu_int::IBig::ZERO => (i64::MAX, Int::Big(big)),
        Int::Big(_) => (0, Int::Small(0)),
    };
    let (a, at) = (iter.a.get(), iter.at.get());
    if a.is::<Range>() {
        let beyond = cx.int_value(items);
        let from = cx.binary_plain(Binary::Add, beyond, cx.int(at))?.unwrap_or(beyond);
        let rest = cx.slice(from, Value::NONE, Value::NONE);
        if let Some(rest) = cx.item_plain(a, Value::object(rest))? {
            iter.a.set(rest);
            iter.at.set(0);
        }
    } else if let (Some(left), Some(step)) = (a.as_int(), iter.b.get().as_int()) {
        let skipped = far.min(left);
        iter.at.set(at + skipped * step);
        iter.a.set(Value::int(left - skipped));
    }
    Ok(Value::NONE)
}

// ---- iterators over a deque, made by their type

pub fn new_deque_iter(cx: &mut Cx, args: Args) -> Flow {
    made_over_deque(cx, args, T::DequeIter, IterKind::Deque)
}

pub fn new_deque_reverse_iter(cx: &mut Cx, args: Args) -> Flow {
    made_over_deque(cx, args, T::DequeReverseIter, IterKind::DequeReverse)
}

fn made_over_deque(cx: &mut Cx, args: Args, id: T, kind: IterKind) -> Flow {
    new_class(cx, args, id)?;
    let at = match cx.opt(args, 2).map(|at| at.value()) {
        Some(at) => cx.index_i64(at)?,
        None => 0,
    };
    let given = cx.arg(args, 1).value();
    let source = cx.unwrap(given);
    let Some(deque) = source.cast::<Deque>() else {
        let text = format!("argument 1 must be collections.deque, not {}", cx.type_name(given));
        return Err(cx.type_error(&text));
    };
    let iter = cx.iter(id, kind, source, Value::UNDEF, at.clamp(0, deque.len() as i64));
    iter.guard.set(deque.changes.get());
    Ok(Value::object(iter))
}
