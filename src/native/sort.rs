//! `sorted` and `list.sort`.
//!
//! Keys of one plain kind (integers, numbers, strings) are sorted by an order-preserving word
//! each, without asking anybody. Tuples get such a word from their first items and are compared
//! natively where it ties. Everything else is merged by `<`, which may be the program's. The key
//! function is called by a loop in the prelude (`_keys`).

use std::cmp::Ordering;

use super::{function, this};
use crate::gc::Gc;
use crate::plain::sort;
use crate::value::{Bytes, Function, List, Str, T, Tuple, Value};
use crate::vm::{Args, Cx, Def, Flow, Order, Outcome, Quick, Stop};

pub static FUNCTIONS: &[Def] = &[function(
    "sorted(iterable, /, *, key=None, reverse=False)",
    "Return a new list containing all items from the iterable in ascending order.\n\nA custom key \
     function can be supplied to customize the sort order, and the\nreverse flag can be set to \
     request the result in descending order.",
    sorted,
)];

fn sorted(cx: &mut Cx, args: Args) -> Flow {
    let (source, key, reverse) = options(cx, args)?;
    cx.collect_then(source, collected, [key, reverse, Value::NONE])
}

/// The first argument, the key function or None, and the flag.
fn options(cx: &mut Cx, args: Args) -> Result<(Value, Value, Value), Stop> {
    let reverse = match cx.opt(args, 2).map(|v| v.value()) {
        Some(reverse) => cx.truth(reverse)?,
        None => false,
    };
    let key = cx.opt(args, 1).map_or(Value::NONE, |key| key.value());
    Ok((cx.arg(args, 0).value(), key, Value::bool(reverse)))
}

fn collected(cx: &mut Cx, [key, reverse, _]: [Value; 3], outcome: Outcome) -> Flow {
    let list = outcome?;
    match list.cast::<List>() {
        Some(items) => sort_then(cx, items, key, reverse, list),
        None => Ok(list),
    }
}

pub fn list_sort(cx: &mut Cx, args: Args) -> Flow {
    let (_, key, reverse) = options(cx, args)?;
    let list = this::<List>(cx, args, T::List)?;
    sort_then(cx, list, key, reverse, Value::NONE)
}

/// Sorts a list, which is empty meanwhile; the result is `answer`.
fn sort_then(cx: &mut Cx, list: Gc<List>, key: Value, reverse: Value, answer: Value) -> Flow {
    let mut items = list.edit(std::mem::take);
    if key.is_none() {
        if items.iter().all(|item| item.is_int()) {
            // Equal ones cannot be told apart: the words themselves are sorted.
            items.sort_unstable_by_key(|item| item.bits());
            if reverse == Value::TRUE {
                items.reverse();
            }
            list.edit(|all| *all = items);
            return Ok(answer);
        }
        let (sorted, outcome) = order_items(cx, list, &items, None, reverse == Value::TRUE);
        put_back(cx, list, sorted, outcome)?;
        return Ok(answer);
    }
    let keys = plain_keys(cx, key, &items)?;
    let aside = Value::object(cx.list(items));
    let parts = Value::object(cx.tuple(&[Value::object(list), aside]));
    if let Some(keys) = keys {
        let keys = Value::object(cx.list(keys));
        return keyed(cx, [parts, reverse, answer], Ok(keys));
    }
    if let Some(quick) = cx.quick(key, 1) {
        let outcome = cx.scope(|cx| {
            for value in [parts, answer, key] {
                cx.root(value);
            }
            quick_keys(cx, quick, aside)
        });
        return keyed(cx, [parts, reverse, answer], outcome);
    }
    let keys = cx.vm().prelude("_keys");
    cx.call_then(keys, &[aside, key], keyed, [parts, reverse, answer])
}

/// The keys that a native gives for plain items; None if it does not know all of them.
fn plain_keys(cx: &mut Cx, key: Value, items: &[Value]) -> Result<Option<Vec<Value>>, Stop> {
    if !key.is::<crate::value::Record>() {
        return Ok(None);
    }
    let mut keys = Vec::with_capacity(items.len());
    for &item in items {
        match super::operator::plain_key(cx, key, item) {
            Ok(Some(key)) => keys.push(key),
            // The prelude asks again, with the list as it was.
            Ok(None) => return Ok(None),
            Err(stop) => {
                debug_assert_eq!(stop, Stop::Raised);
                cx.take_exception();
                return Ok(None);
            }
        }
    }
    Ok(Some(keys))
}

/// The keys that a native gives; everything is rooted.
fn quick_keys(cx: &mut Cx, quick: Quick, items: Value) -> Outcome {
    let Some(items) = items.cast::<List>() else { return Ok(items) };
    let keys = cx.list(Vec::with_capacity(items.len()));
    cx.root(Value::object(keys));
    while let Some(item) = items.get(keys.len()) {
        let key = cx.run_quick(quick, &[item])?;
        keys.push(key);
        if keys.len().is_multiple_of(1 << 14) {
            cx.check_interrupt()?;
        }
    }
    Ok(Value::object(keys))
}

/// The keys are there.
fn keyed(cx: &mut Cx, [parts, reverse, answer]: [Value; 3], outcome: Outcome) -> Flow {
    let pair = parts.cast::<Tuple>().map(|pair| (pair.as_slice()[0], pair.as_slice()[1]));
    let Some((list, aside)) = pair.and_then(|(a, b)| Some((a.cast::<List>()?, b.cast::<List>()?)))
    else {
        return Ok(answer);
    };
    let items = aside.edit(std::mem::take);
    match outcome.map(|keys| keys.cast::<List>()) {
        Ok(Some(keys)) if keys.len() == items.len() => {
            let (sorted, outcome) =
                order_items(cx, list, &items, Some(keys), reverse == Value::TRUE);
            put_back(cx, list, sorted, outcome)?;
            Ok(answer)
        }
        Ok(_) => {
            put_back(cx, list, items, Ok(()))?;
            Ok(answer)
        }
        Err(stop) => {
            list.edit(|all| *all = items);
            Err(stop)
        }
    }
}

/// Gives the list its items back; it must not have got others meanwhile.
fn put_back(
    cx: &Cx,
    list: Gc<List>,
    items: Vec<Value>,
    outcome: Result<(), Stop>,
) -> Result<(), Stop> {
    // Storage of its own, even if it is empty again.
    let touched = list.edit(|items| items.capacity() != 0);
    list.edit(|all| *all = items);
    outcome?;
    if touched { Err(cx.value_error("list modified during sort")) } else { Ok(()) }
}

/// The items in order, and whether a comparison failed (then in some order). Code of the program
/// may run: everything is kept alive here.
fn order_items(
    cx: &mut Cx,
    list: Gc<List>,
    items: &[Value],
    keys: Option<Gc<List>>,
    reverse: bool,
) -> (Vec<Value>, Result<(), Stop>) {
    let (order, outcome) = cx.scope(|cx| {
        cx.root(Value::object(list));
        let kept = cx.list(items.to_vec());
        cx.root(Value::object(kept));
        match keys {
            Some(keys) => {
                cx.root(Value::object(keys));
                let keys = keys.to_vec();
                order(cx, &keys, reverse)
            }
            None => order(cx, items, reverse),
        }
    });
    (order.into_iter().map(|i| items[i as usize]).collect(), outcome)
}

// ---- the order of keys

/// What all keys are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ints,
    /// Integers and floats, no NaN among them. Inline integers are exact as floats.
    Numbers,
    /// All of them of at most seven bytes.
    Words,
    Strings,
    Bytes,
    Other,
}

fn kind_of(keys: impl Iterator<Item = Value>) -> Kind {
    let mut kind = None;
    for key in keys {
        let own = if key.is_int() {
            Kind::Ints
        } else if key.as_float().is_some_and(|f| !f.is_nan()) || key.as_bool().is_some() {
            Kind::Numbers
        } else if let Some(text) = key.cast::<Str>() {
            if text.byte_len() < 8 { Kind::Words } else { Kind::Strings }
        } else if key.is::<Bytes>() {
            Kind::Bytes
        } else {
            return Kind::Other;
        };
        kind = match (kind, own) {
            (None, own) => Some(own),
            (Some(a), b) if a == b => Some(a),
            (Some(Kind::Ints), Kind::Numbers) | (Some(Kind::Numbers), Kind::Ints) => {
                Some(Kind::Numbers)
            }
            (Some(Kind::Words), Kind::Strings) | (Some(Kind::Strings), Kind::Words) => {
                Some(Kind::Strings)
            }
            _ => return Kind::Other,
        };
    }
    kind.unwrap_or(Kind::Other)
}

/// A word in the order of the keys of a kind. Equal words mean equal keys, except of strings and
/// bytes, where only the beginnings are equal.
fn word(kind: Kind, key: Value) -> u64 {
    match kind {
        Kind::Ints => key.bits(),
        Kind::Numbers => {
            let whole = || key.as_int().or(key.as_bool().map(i64::from)).unwrap_or(0);
            let number = key.as_float().unwrap_or_else(|| whole() as f64);
            // The two zeros are equal.
            let bits = (number + 0.0).to_bits();
            if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
        }
        // Behind the bytes, how many they are: what is behind a NUL counts.
        Kind::Words => {
            key.cast::<Str>().map_or(0, |text| beginning(text.as_bytes()) | text.byte_len() as u64)
        }
        Kind::Strings => key.cast::<Str>().map_or(0, |text| beginning(text.as_bytes())),
        Kind::Bytes => key.cast::<Bytes>().map_or(0, |bytes| beginning(bytes.as_slice())),
        Kind::Other => 0,
    }
}

/// The first eight bytes, in the order of the whole.
fn beginning(bytes: &[u8]) -> u64 {
    match bytes.first_chunk::<8>() {
        Some(first) => u64::from_be_bytes(*first),
        None => bytes.iter().rev().fold(0, |word, &byte| word >> 8 | u64::from(byte) << 56),
    }
}

/// Are the items of a list compared without asking the program?
fn is_told(list: Gc<List>) -> bool {
    list.edit(|items| {
        items.iter().all(|item| item.is_int() || item.as_float().is_some() || item.is::<Str>())
    })
}

/// The indices of the keys in stable order.
fn order(cx: &mut Cx, keys: &[Value], reverse: bool) -> (Vec<u32>, Result<(), Stop>) {
    let kind = kind_of(keys.iter().copied());
    // What is in lists could change meanwhile, unless nobody is asked who could do that.
    let lists = keys.iter().all(|&key| key.cast::<List>().is_some_and(is_told));
    let first = |key: Value| match key.cast::<List>() {
        Some(list) if lists => list.get(0),
        _ => key.cast::<Tuple>().and_then(|tuple| tuple.as_slice().first().copied()),
    };
    // What decides first: the keys, their first items, or the first items of those.
    let (mut leads, mut leading) = (None, kind);
    for _ in 0..2 {
        if leading != Kind::Other {
            break;
        }
        let of = leads.as_deref().unwrap_or(keys);
        let Some(inner) = of.iter().map(|&key| first(key)).collect::<Option<Vec<Value>>>() else {
            break;
        };
        leading = kind_of(inner.iter().copied());
        leads = Some(inner);
    }
    let leads = leads.as_deref().unwrap_or(keys);
    let mut entries: Vec<(u64, u32)> =
        leads.iter().zip(0..).map(|(&lead, i)| (word(leading, lead), i)).collect();
    // Descending is ascending seen from the other end, so that equal keys keep their order.
    if reverse {
        entries.reverse();
    }
    let outcome = match kind {
        Kind::Ints | Kind::Numbers | Kind::Words => {
            entries.sort_by_key(|entry| entry.0);
            Ok(())
        }
        Kind::Strings => {
            let texts = |a: &(u64, u32), b: &(u64, u32)| {
                let (a, b) = (keys[a.1 as usize].cast::<Str>(), keys[b.1 as usize].cast::<Str>());
                a.zip(b).map_or(Ordering::Equal, |(a, b)| a.as_bytes().cmp(b.as_bytes()))
            };
            entries.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| texts(a, b)));
            Ok(())
        }
        Kind::Bytes => {
            let data = |entry: &(u64, u32)| keys[entry.1 as usize].cast::<Bytes>();
            let whole = |a: &(u64, u32), b: &(u64, u32)| {
                let both = data(a).zip(data(b));
                both.map_or(Ordering::Equal, |(a, b)| a.as_slice().cmp(b.as_slice()))
            };
            entries.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| whole(a, b)));
            Ok(())
        }
        Kind::Other => {
            let own = common_less(cx, keys);
            sort::sort_by(&mut entries, |a, b| {
                if a.0 != b.0 {
                    return Ok(a.0 < b.0);
                }
                let (x, y) = (keys[a.1 as usize], keys[b.1 as usize]);
                if let Some(less) = own {
                    let answer = cx.call(less, &[x, y])?;
                    if answer != Value::NOT_IMPLEMENTED {
                        return cx.truth(answer);
                    }
                }
                cx.compare(x, y, Order::Lt)
            })
        }
    };
    if reverse {
        entries.reverse();
    }
    (entries.into_iter().map(|(_, i)| i).collect(), outcome)
}

/// The `__lt__` that all keys share: of a class of the program, a function.
fn common_less(cx: &Cx, keys: &[Value]) -> Option<Value> {
    let class = cx.class_of(*keys.first()?);
    let shared = class.is_user() && keys.iter().all(|&key| cx.class_of(key) == class);
    let found = if shared { cx.lookup(class, cx.vm().names.__lt__) } else { None };
    found.filter(|less| less.is::<Function>())
}
