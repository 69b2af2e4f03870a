//! The repr of containers, however deep they nest.
//!
//! An explicit stack stands for the recursion, so depth costs heap and not native stack. The
//! machine keeps what is being shown (`Vm::showing`): there the collector finds it, and there a
//! container that is met inside itself, even by way of a `__repr__` of the program, is recognised.

use std::borrow::Cow;

use super::display::{check_size, push_repr, push_scalar};
use crate::value::class::overrides;
use crate::value::{Class, Deque, Dict, DictView, List, MappingProxy, Set, T, Tuple, Value};
use crate::vm::{Cx, Stop};

/// How deep containers may nest.
const MAX_DEPTH: usize = 10_000;

/// A container whose repr is being written.
struct Open {
    /// Where the items come from: the container itself, or a copy of what it holds.
    items: Value,
    /// Index of the next item, or place of the next entry.
    at: usize,
    first: bool,
    /// The key of a dict's entry is written, its value is not.
    at_value: bool,
    close: Cow<'static, str>,
}

pub fn is_container(inner: Value) -> bool {
    inner.is::<List>()
        || inner.is::<Tuple>()
        || inner.is::<Deque>()
        || inner.is::<Dict>()
        || inner.is::<Set>()
        || inner.is::<DictView>()
        || inner.is::<MappingProxy>()
}

/// Appends the repr of a container (or of an instance that carries one).
pub fn push(cx: &mut Cx, out: &mut Vec<u8>, value: Value) -> Result<(), Stop> {
    let mark = cx.vm().showing.len();
    let mut stack = Vec::new();
    let mut result = open(cx, out, &mut stack, value);
    while result.is_ok() && !stack.is_empty() {
        result = check_size(cx, out).and_then(|()| advance(cx, out, &mut stack));
    }
    cx.vm_mut().showing.truncate(mark);
    result
}

/// Writes the next item of the innermost container, or closes it.
fn advance(cx: &mut Cx, out: &mut Vec<u8>, stack: &mut Vec<Open>) -> Result<(), Stop> {
    let Some(top) = stack.last_mut() else {
        return Ok(());
    };
    if top.at_value {
        top.at_value = false;
        out.extend_from_slice(b": ");
        let value = cx.vm().showing.last().map_or(Value::NONE, |shown| shown[1]);
        return item(cx, out, stack, value);
    }
    let next = next(cx, top);
    let Some(value) = next else {
        if top.at == 1 && top.items.is::<Tuple>() {
            out.push(b',');
        }
        out.extend_from_slice(top.close.as_bytes());
        stack.pop();
        cx.vm_mut().showing.pop();
        return Ok(());
    };
    if !std::mem::replace(&mut top.first, false) {
        out.extend_from_slice(b", ");
    }
    item(cx, out, stack, value)
}

fn next(cx: &mut Cx, open: &mut Open) -> Option<Value> {
    if let Some(dict) = open.items.cast::<Dict>() {
        while open.at < dict.table().places() {
            let entry = dict.entry_at(open.at);
            open.at += 1;
            if let Some(entry) = entry {
                open.at_value = true;
                if let Some(shown) = cx.vm_mut().showing.last_mut() {
                    shown[1] = entry.value;
                }
                return Some(entry.key);
            }
        }
        return None;
    }
    let value = match open.items.cast::<List>() {
        Some(list) => list.get(open.at),
        None => open.items.cast::<Tuple>().and_then(|t| t.as_slice().get(open.at).copied()),
    }?;
    open.at += 1;
    Some(value)
}

fn item(cx: &mut Cx, out: &mut Vec<u8>, stack: &mut Vec<Open>, value: Value) -> Result<(), Stop> {
    if push_scalar(cx, out, value)? {
        return Ok(());
    }
    if is_container(cx.unwrap(value)) && !cx.class_of(value).has(overrides::REPR) {
        return open(cx, out, stack, value);
    }
    cx.scope(|cx| {
        cx.root(value);
        cx.deeper(|cx| push_repr(cx, out, value))
    })
}

/// Begins a container, unless it is one that is being shown already or is empty.
fn open(cx: &mut Cx, out: &mut Vec<u8>, stack: &mut Vec<Open>, value: Value) -> Result<(), Stop> {
    let inner = cx.unwrap(value);
    let class = cx.class_of(value);
    if cx.vm().showing.iter().any(|shown| shown[0] == value) {
        push_again(out, inner, &class);
        return Ok(());
    }
    if cx.vm().showing.len() >= MAX_DEPTH {
        let text = "maximum recursion depth exceeded while getting the repr of an object";
        return Err(cx.error(T::RecursionError, text));
    }
    let mut items = inner;
    let mut ends = None;
    let close = if inner.is::<List>() {
        out.push(b'[');
        "]"
    } else if inner.is::<Tuple>() {
        out.push(b'(');
        ")"
    } else if inner.is::<Dict>() {
        out.push(b'{');
        "}"
    } else if let Some(set) = inner.cast::<Set>() {
        let plain = !set.is_frozen() && class == cx.class(T::Set);
        if set.is_empty() {
            out.extend_from_slice(class.name_text().as_bytes());
            out.extend_from_slice(b"()");
            return Ok(());
        }
        items = Value::object(cx.list(cx.plain_items(inner).unwrap_or_default()));
        if plain {
            out.push(b'{');
            "}"
        } else {
            out.extend_from_slice(class.name_text().as_bytes());
            out.extend_from_slice(b"({");
            "})"
        }
    } else if let Some(deque) = inner.cast::<Deque>() {
        items = Value::object(cx.list(deque.to_vec()));
        out.extend_from_slice(class.name_text().as_bytes());
        out.extend_from_slice(b"([");
        if deque.limit.get() != usize::MAX {
            ends = Some(format!("], maxlen={})", deque.limit.get()));
        }
        "])"
    } else if let Some(proxy) = inner.cast::<MappingProxy>() {
        items = Value::object(cx.list(vec![proxy.mapping.get()]));
        out.extend_from_slice(b"mappingproxy(");
        ")"
    } else {
        items = Value::object(cx.list(cx.plain_items(inner).unwrap_or_default()));
        out.extend_from_slice(class.name_text().as_bytes());
        out.extend_from_slice(b"([");
        "])"
    };
    // A copy of the items is kept alive here as well; a dict's place holds the value in turn.
    cx.vm_mut().showing.push([value, items]);
    let close = ends.map_or(Cow::Borrowed(close), Cow::Owned);
    stack.push(Open { items, at: 0, first: true, at_value: false, close });
    Ok(())
}

/// What stands for a container inside itself.
fn push_again(out: &mut Vec<u8>, inner: Value, class: &Class) {
    if inner.is::<Set>() {
        out.extend_from_slice(class.name_text().as_bytes());
    }
    out.extend_from_slice(if inner.is::<List>() || inner.is::<Deque>() {
        b"[...]"
    } else if inner.is::<Dict>() {
        b"{...}"
    } else if inner.is::<DictView>() {
        b"..."
    } else {
        b"(...)"
    });
}
