//! `collections.deque`.
//!
//! A method that compares may run code of the program, which may change the deque: items are read
//! one by one, and a change in between ends the method with an exception.

use super::list::{same, search_bounds};
use super::object::{derive, new_class};
use super::{TypeDef, method, operators, static_method, this};
use crate::gc::Gc;
use crate::plain::index;
use crate::plain::int::Int;
use crate::value::{Class, Deque, Dict, IterKind, Slice, Str, T, Value};
use crate::vm::{Args, Cx, Flow, GetSet, Order, Outcome, Stop};

/// Bytes of one item.
const WORD: usize = std::mem::size_of::<Value>();

const UNLIMITED: usize = usize::MAX;

pub static TYPE: TypeDef = TypeDef {
    id: T::Deque,
    doc: "A list-like sequence optimized for data accesses near its endpoints.",
    methods: &[
        static_method("__new__(cls, *args, **kwargs)", "Create and return a new object.", new),
        method("__init__(self, /, *args, **kwargs)", "Initialize self.", init),
        method("append(self, item, /)", "Add an element to the right side of the deque.", append),
        method(
            "appendleft(self, item, /)",
            "Add an element to the left side of the deque.",
            append_left,
        ),
        method("clear(self, /)", "Remove all elements from the deque.", clear),
        method("copy(self, /)", "Return a shallow copy of a deque.", copy),
        method("__copy__(self, /)", "Return a shallow copy of a deque.", copy),
        method("count(self, value, /)", "Return number of occurrences of value.", count),
        method(
            "extend(self, iterable, /)",
            "Extend the right side of the deque with elements from the iterable.",
            extend,
        ),
        method(
            "extendleft(self, iterable, /)",
            "Extend the left side of the deque with elements from the iterable.",
            extend_left,
        ),
        method(
            "index(self, value, start=0, stop=9223372036854775807, /)",
            "Return first index of value.\n\nRaises ValueError if the value is not present.",
            index_of,
        ),
        method("insert(self, index, value, /)", "Insert value before index.", insert),
        method("pop(self, /)", "Remove and return the rightmost element.", pop),
        method("popleft(self, /)", "Remove and return the leftmost element.", pop_left),
        method("remove(self, value, /)", "Remove first occurrence of value.", remove),
        method("reverse(self, /)", "Reverse *IN PLACE*.", reverse),
        method(
            "rotate(self, n=1, /)",
            "Rotate the deque n steps to the right.  If n is negative, rotates left.",
            rotate,
        ),
        method("__len__(self, /)", "Return len(self).", |cx, args| {
            Ok(cx.int(this_deque(cx, args)?.len() as i64))
        }),
        method("__bool__(self, /)", "True if self else False", |cx, args| {
            Ok(Value::bool(!this_deque(cx, args)?.is_empty()))
        }),
        method("__iter__(self, /)", "Implement iter(self).", |cx, args| {
            let deque = this_deque(cx, args)?;
            cx.iter_then(Value::object(deque))
        }),
        method("__reversed__(self, /)", "Return a reverse iterator over the deque.", reversed),
        method("__contains__(self, key, /)", "Return bool(key in self).", contains),
        method("__getitem__(self, key, /)", "Return self[key].", |cx, args| {
            let deque = this_deque(cx, args)?;
            let place = cx.deque_place(deque, cx.arg(args, 1).value())?;
            Ok(deque.get(place).unwrap_or(Value::NONE))
        }),
        method("__setitem__(self, key, value, /)", "Set self[key] to value.", set_item),
        method("__delitem__(self, key, /)", "Delete self[key].", del_item),
        method("__add__(self, value, /)", "Return self+value.", add),
        method("__iadd__(self, value, /)", "Implement self+=value.", add_in_place),
        method("__mul__(self, value, /)", "Return self*value.", repeat),
        method("__rmul__(self, value, /)", "Return value*self.", repeat),
        method("__imul__(self, value, /)", "Implement self*=value.", repeat_in_place),
        method("__eq__(self, value, /)", "Return self==value.", |cx, a| compare(cx, a, Order::Eq)),
        method("__ne__(self, value, /)", "Return self!=value.", |cx, a| compare(cx, a, Order::Ne)),
        method("__lt__(self, value, /)", "Return self<value.", |cx, a| compare(cx, a, Order::Lt)),
        method("__le__(self, value, /)", "Return self<=value.", |cx, a| compare(cx, a, Order::Le)),
        method("__gt__(self, value, /)", "Return self>value.", |cx, a| compare(cx, a, Order::Gt)),
        method("__ge__(self, value, /)", "Return self>=value.", |cx, a| compare(cx, a, Order::Ge)),
        method("__reduce__(self, /)", "Return state information for pickling.", reduce),
        method(
            "__sizeof__(self, /)",
            "Return the size of the deque in memory, in bytes.",
            |cx, args| Ok(Value::int(232 + 8 * this_deque(cx, args)?.len() as i64)),
        ),
    ],
    getsets: &[GetSet {
        name: "maxlen",
        doc: "maximum size of a deque or None if unbounded",
        get: |cx, deque| limit_value(cx, cx.unwrap(deque).cast::<Deque>()),
        set: None,
    }],
};

fn this_deque(cx: &Cx, args: Args) -> Result<Gc<Deque>, Stop> {
    this::<Deque>(cx, args, T::Deque)
}

fn limit_value(cx: &Cx, deque: Option<Gc<Deque>>) -> Flow {
    Ok(match deque.map(|deque| deque.limit.get()) {
        Some(limit) if limit != UNLIMITED => cx.int(limit as i64),
        _ => Value::NONE,
    })
}

fn fresh(cx: &Cx, limit: usize) -> Gc<Deque> {
    cx.new_object(T::Deque.shape(), 0, |header| Deque::new(header, limit))
}

fn mutated(cx: &Cx) -> Stop {
    cx.error(T::RuntimeError, "deque mutated during iteration")
}

// ---- construction

fn new(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Deque)?;
    let deque = fresh(cx, UNLIMITED);
    if class != cx.class(T::Deque) {
        // `__init__` follows, with whatever arguments it takes.
        return derive(cx, class, T::Deque, Value::object(deque));
    }
    fill(cx, args, deque, Value::object(deque))
}

fn init(cx: &mut Cx, args: Args) -> Flow {
    let deque = this_deque(cx, args)?;
    fill(cx, args, deque, Value::NONE)
}

/// Takes the arguments `(_, keywords, iterable?, maxlen?)`.
fn fill(cx: &mut Cx, args: Args, deque: Gc<Deque>, answer: Value) -> Flow {
    let keywords = cx.arg(args, 1).value().cast::<Dict>();
    let count = args.beyond(2) + keywords.map_or(0, |keywords| keywords.len());
    if count > 2 {
        let text = format!("deque() takes at most 2 arguments ({count} given)");
        return Err(cx.type_error(&text));
    }
    let mut given = [cx.arg(args, 2).value(), cx.arg(args, 3).value()];
    if let Some(keywords) = keywords {
        for entry in keywords.iter() {
            let name = entry.key.cast::<Str>().map_or_else(String::new, |k| k.lossy().into_owned());
            let Some(at) = ["iterable", "maxlen"].iter().position(|n| *n == name) else {
                let text = format!("deque() got an unexpected keyword argument '{name}'");
                return Err(cx.type_error(&text));
            };
            if !given[at].is_undef() {
                let text = format!(
                    "argument for deque() given by name ('{name}') and position ({})",
                    at + 1
                );
                return Err(cx.type_error(&text));
            }
            given[at] = entry.value;
        }
    }
    let [source, limit] = given;
    let mut size = UNLIMITED;
    if !limit.is_undef() && !limit.is_none() {
        size = match cx.integer(limit) {
            Some(Int::Small(n)) if n >= 0 => n as usize,
            Some(Int::Small(_)) => return Err(cx.value_error("maxlen must be non-negative")),
            Some(Int::Big(_)) => {
                let text = "Python int too large to convert to C ssize_t";
                return Err(cx.error(T::OverflowError, text));
            }
            None => return Err(cx.type_error("an integer is required")),
        };
    }
    deque.limit.set(size);
    if !deque.is_empty() {
        deque.edit(|items| items.clear());
    }
    if source.is_undef() {
        return Ok(answer);
    }
    extend_then(cx, deque, source, answer)
}

fn copy(cx: &mut Cx, args: Args) -> Flow {
    let deque = this_deque(cx, args)?;
    let this = cx.arg(args, 0).value();
    let class = cx.class_of(this);
    if class == cx.class(T::Deque) {
        return Ok(Value::object(copied(cx, deque)));
    }
    let class = Value::object(class);
    match deque.limit.get() {
        UNLIMITED => cx.tail(class, &[this]),
        limit => {
            let limit = cx.int(limit as i64);
            cx.tail(class, &[this, limit])
        }
    }
}

fn copied(cx: &Cx, deque: Gc<Deque>) -> Gc<Deque> {
    let result = fresh(cx, deque.limit.get());
    let items = deque.to_vec();
    cx.heap.charge(items.len() * WORD);
    result.edit(|all| all.extend(items));
    result
}

fn reduce(cx: &mut Cx, args: Args) -> Flow {
    let deque = this_deque(cx, args)?;
    let this = cx.arg(args, 0).value();
    let class = Value::object(cx.class_of(this));
    let limit = limit_value(cx, Some(deque))?;
    let given = if limit.is_none() {
        cx.tuple(&[])
    } else {
        cx.tuple(&[Value::object(cx.tuple(&[])), limit])
    };
    let given = Value::object(given);
    if this == Value::object(deque) {
        let items = cx.builtin_iter(this).unwrap_or(Value::NONE);
        return Ok(Value::object(cx.tuple(&[class, given, Value::NONE, items])));
    }
    // A class of the program has attributes, and perhaps its own ways with them and with the items.
    cx.tail_prelude("_reduce_deque", &[this, class, given])
}

// ---- the ends

fn push_back(cx: &Cx, deque: Gc<Deque>, item: Value) {
    let limit = deque.limit.get();
    let grown = deque.edit(|items| {
        let before = items.capacity();
        items.push_back(item);
        if items.len() > limit {
            items.pop_front();
        }
        items.capacity() - before
    });
    if grown > 0 {
        cx.heap.charge(grown * WORD);
    }
}

fn push_front(cx: &Cx, deque: Gc<Deque>, item: Value) {
    let limit = deque.limit.get();
    let grown = deque.edit(|items| {
        let before = items.capacity();
        items.push_front(item);
        if items.len() > limit {
            items.pop_back();
        }
        items.capacity() - before
    });
    if grown > 0 {
        cx.heap.charge(grown * WORD);
    }
}

fn append(cx: &mut Cx, args: Args) -> Flow {
    let deque = this_deque(cx, args)?;
    push_back(cx, deque, cx.arg(args, 1).value());
    Ok(Value::NONE)
}

fn append_left(cx: &mut Cx, args: Args) -> Flow {
    let deque = this_deque(cx, args)?;
    push_front(cx, deque, cx.arg(args, 1).value());
    Ok(Value::NONE)
}

fn pop(cx: &mut Cx, args: Args) -> Flow {
    let deque = this_deque(cx, args)?;
    deque
        .edit(|items| items.pop_back())
        .ok_or_else(|| cx.error(T::IndexError, "pop from an empty deque"))
}

fn pop_left(cx: &mut Cx, args: Args) -> Flow {
    let deque = this_deque(cx, args)?;
    deque
        .edit(|items| items.pop_front())
        .ok_or_else(|| cx.error(T::IndexError, "pop from an empty deque"))
}

fn extend(cx: &mut Cx, args: Args) -> Flow {
    let deque = this_deque(cx, args)?;
    let source = cx.arg(args, 1).value();
    extend_then(cx, deque, source, Value::NONE)
}

/// Appends what an iterable yields; the result is `answer`.
fn extend_then(cx: &mut Cx, deque: Gc<Deque>, source: Value, answer: Value) -> Flow {
    let items = match cx.plain_items(source) {
        Some(items) => Some(items),
        None => cx.drain(source)?,
    };
    if let Some(items) = items {
        let limit = deque.limit.get();
        let surplus = items.len().saturating_sub(limit);
        let before = deque.len();
        deque.edit(|all| {
            all.extend(&items[surplus..]);
            let over = all.len().saturating_sub(limit);
            all.drain(..over);
        });
        cx.heap.charge(deque.len().saturating_sub(before) * WORD);
        return Ok(answer);
    }
    let extend = cx.vm().prelude("_extend");
    let state = [answer, Value::NONE, Value::NONE];
    let args = [Value::object(deque), source];
    cx.call_then(extend, &args, |_, [answer, ..], done| done.map(|_| answer), state)
}

fn extend_left(cx: &mut Cx, args: Args) -> Flow {
    let deque = this_deque(cx, args)?;
    let source = cx.arg(args, 1).value();
    if let Some(items) = cx.plain_items(source) {
        for item in items {
            push_front(cx, deque, item);
        }
        return Ok(Value::NONE);
    }
    cx.tail_prelude("_extend_left", &[Value::object(deque), source])
}

fn clear(cx: &mut Cx, args: Args) -> Flow {
    let deque = this_deque(cx, args)?;
    if !deque.is_empty() {
        deque.edit(|items| *items = Default::default());
    }
    Ok(Value::NONE)
}

// ---- order

fn rotate(cx: &mut Cx, args: Args) -> Flow {
    let deque = this_deque(cx, args)?;
    let steps = match cx.opt(args, 1).map(|n| n.value()) {
        Some(n) => cx.index_i64(n)?,
        None => 1,
    };
    let len = deque.len();
    if len > 1 {
        let steps = steps.rem_euclid(len as i64) as usize;
        deque.edit(|items| items.rotate_right(steps));
    }
    Ok(Value::NONE)
}

fn reverse(cx: &mut Cx, args: Args) -> Flow {
    let deque = this_deque(cx, args)?;
    let changes = deque.changes.get();
    deque.edit(|items| items.make_contiguous().reverse());
    // Iterators do not mind.
    deque.changes.set(changes);
    Ok(Value::NONE)
}

fn reversed(cx: &mut Cx, args: Args) -> Flow {
    let deque = this_deque(cx, args)?;
    let kind = IterKind::DequeReverse;
    let iter = cx.iter(T::DequeReverseIter, kind, Value::object(deque), Value::UNDEF, 0);
    iter.guard.set(deque.changes.get());
    Ok(Value::object(iter))
}

// ---- looking

/// The place of the first item from `from` on, before `end`, that equals `wanted`.
fn find(
    cx: &mut Cx,
    deque: Gc<Deque>,
    wanted: Value,
    from: usize,
    end: usize,
) -> Result<Option<usize>, Stop> {
    let changes = deque.changes.get();
    for at in from..end {
        let Some(item) = deque.get(at) else { break };
        let found = same(cx, item, wanted)?;
        if deque.changes.get() != changes {
            return Err(mutated(cx));
        }
        if found {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

fn contains(cx: &mut Cx, args: Args) -> Flow {
    let deque = this_deque(cx, args)?;
    let wanted = cx.arg(args, 1).value();
    Ok(Value::bool(find(cx, deque, wanted, 0, deque.len())?.is_some()))
}

fn index_of(cx: &mut Cx, args: Args) -> Flow {
    let deque = this_deque(cx, args)?;
    let (from, end) = search_bounds(cx, args, deque.len())?;
    let wanted = cx.arg(args, 1).value();
    if let Some(at) = find(cx, deque, wanted, from, end)? {
        return Ok(cx.int(at as i64));
    }
    let shown = super::display::repr(cx, cx.arg(args, 1).value())?;
    let shown = String::from_utf8_lossy(&shown).into_owned();
    Err(cx.value_error(&format!("{shown} is not in deque")))
}

fn count(cx: &mut Cx, args: Args) -> Flow {
    let deque = this_deque(cx, args)?;
    let wanted = cx.arg(args, 1).value();
    let (mut at, mut found) = (0, 0);
    while let Some(place) = find(cx, deque, wanted, at, deque.len())? {
        found += 1;
        at = place + 1;
    }
    Ok(Value::int(found))
}

fn remove(cx: &mut Cx, args: Args) -> Flow {
    let deque = this_deque(cx, args)?;
    let wanted = cx.arg(args, 1).value();
    let changes = deque.changes.get();
    let mut at = 0;
    while let Some(item) = deque.get(at) {
        let found = same(cx, item, wanted)?;
        if deque.changes.get() != changes {
            return Err(cx.error(T::IndexError, "deque mutated during iteration"));
        }
        if found {
            deque.edit(|items| items.remove(at));
            return Ok(Value::NONE);
        }
        at += 1;
    }
    let shown = super::display::repr(cx, cx.arg(args, 1).value())?;
    let shown = String::from_utf8_lossy(&shown).into_owned();
    Err(cx.value_error(&format!("{shown} is not in deque")))
}

fn compare(cx: &mut Cx, args: Args, order: Order) -> Flow {
    let deque = this_deque(cx, args)?;
    let other = cx.arg(args, 1).value();
    let Some(other) = cx.unwrap(other).cast::<Deque>() else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let answer = cx.compare_deep(Value::object(deque), Value::object(other), order)?;
    Ok(answer.map_or(Value::NOT_IMPLEMENTED, Value::bool))
}

// ---- items

fn set_item(cx: &mut Cx, args: Args) -> Flow {
    let deque = this_deque(cx, args)?;
    let place = item_place(cx, deque, cx.arg(args, 1).value())?;
    deque.set(place, cx.arg(args, 2).value());
    Ok(Value::NONE)
}

fn del_item(cx: &mut Cx, args: Args) -> Flow {
    let deque = this_deque(cx, args)?;
    let place = item_place(cx, deque, cx.arg(args, 1).value())?;
    deque.edit(|items| items.remove(place));
    Ok(Value::NONE)
}

fn item_place(cx: &mut Cx, deque: Gc<Deque>, key: Value) -> Result<usize, Stop> {
    if key.is::<Slice>() {
        let text = "sequence index must be integer, not 'slice'";
        return Err(cx.type_error(text));
    }
    cx.deque_place(deque, key)
}

fn insert(cx: &mut Cx, args: Args) -> Flow {
    let deque = this_deque(cx, args)?;
    let at = cx.index_i64(cx.arg(args, 1).value())?;
    let item = cx.arg(args, 2).value();
    if deque.len() >= deque.limit.get() {
        return Err(cx.error(T::IndexError, "deque already at its maximum size"));
    }
    let grown = deque.edit(|items| {
        let before = items.capacity();
        items.insert(index::clip(at, items.len()), item);
        items.capacity() - before
    });
    cx.heap.charge(grown * WORD);
    Ok(Value::NONE)
}

// ---- operators

fn add(cx: &mut Cx, args: Args) -> Flow {
    let deque = this_deque(cx, args)?;
    let other = cx.arg(args, 1).value();
    let Some(other) = cx.unwrap(other).cast::<Deque>() else {
        let name = cx.type_name(other);
        let text = format!("can only concatenate deque (not \"{name}\") to deque");
        return Err(cx.type_error(&text));
    };
    let this = cx.arg(args, 0).value();
    let class = cx.class_of(this);
    if class == cx.class(T::Deque) {
        let result = copied(cx, deque);
        return extend_then(cx, result, Value::object(other), Value::object(result));
    }
    let limit = limit_value(cx, Some(deque))?;
    let state = [Value::object(other), Value::NONE, Value::NONE];
    let given = [this, limit];
    let n = if limit.is_none() { 1 } else { 2 };
    cx.call_then(Value::object(class), &given[..n], add_copied, state)
}

fn add_copied(cx: &mut Cx, [other, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let made = outcome?;
    match cx.unwrap(made).cast::<Deque>() {
        Some(deque) => extend_then(cx, deque, other, made),
        None => {
            let name = cx.type_name(made);
            Err(cx.type_error(&format!("deque() must return a deque, not {name}")))
        }
    }
}

fn add_in_place(cx: &mut Cx, args: Args) -> Flow {
    let deque = this_deque(cx, args)?;
    let (this, source) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    extend_then(cx, deque, source, this)
}

/// How often `*` repeats; None if the operand is no integer.
fn times(cx: &mut Cx, value: Value) -> Result<Option<usize>, Stop> {
    match cx.index_or_none(value)? {
        None => Ok(None),
        Some(Int::Small(n)) => Ok(Some(n.max(0) as usize)),
        Some(Int::Big(_)) => {
            let text = format!("cannot fit '{}' into an index-sized integer", cx.type_name(value));
            Err(cx.error(T::OverflowError, &text))
        }
    }
}

fn repeat(cx: &mut Cx, args: Args) -> Flow {
    let deque = this_deque(cx, args)?;
    let Some(times) = times(cx, cx.arg(args, 1).value())? else {
        let name = cx.type_name(cx.arg(args, 1).value());
        let text = format!("can't multiply sequence by non-int of type '{name}'");
        return Err(cx.type_error(&text));
    };
    let this = cx.arg(args, 0).value();
    let class: Gc<Class> = cx.class_of(this);
    if class == cx.class(T::Deque) {
        let result = copied(cx, deque);
        multiply(cx, result, times)?;
        return Ok(Value::object(result));
    }
    let limit = limit_value(cx, Some(deque))?;
    let given = [this, limit];
    let n = if limit.is_none() { 1 } else { 2 };
    let state = [Value::int(times.min(1 << 40) as i64), Value::NONE, Value::NONE];
    cx.call_then(Value::object(class), &given[..n], repeat_copied, state)
}

fn repeat_copied(cx: &mut Cx, [times, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let made = outcome?;
    if let (Some(deque), Some(times)) = (cx.unwrap(made).cast::<Deque>(), times.as_int()) {
        multiply(cx, deque, times as usize)?;
    }
    Ok(made)
}

fn repeat_in_place(cx: &mut Cx, args: Args) -> Flow {
    let deque = this_deque(cx, args)?;
    let Some(times) = times(cx, cx.arg(args, 1).value())? else {
        return Err(operators::wrong_receiver(cx, "__imul__", T::Int, cx.arg(args, 1).value()));
    };
    multiply(cx, deque, times)?;
    Ok(cx.arg(args, 0).value())
}

/// Makes the deque `times` as long, as far as its limit allows.
fn multiply(cx: &Cx, deque: Gc<Deque>, times: usize) -> Result<(), Stop> {
    let items = deque.to_vec();
    let limit = deque.limit.get();
    if items.is_empty() || times == 1 {
        return Ok(());
    }
    let Some(len) = items.len().checked_mul(times).filter(|n| n.min(&limit) <= &(1 << 34)) else {
        return Err(cx.error_with(T::MemoryError, &[]));
    };
    let kept = len.min(limit);
    cx.heap.charge(kept * WORD);
    deque.edit(|all| {
        all.clear();
        // The last `kept` of the whole.
        all.extend((len - kept..len).map(|at| items[at % items.len()]));
    });
    Ok(())
}
