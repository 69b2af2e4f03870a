//! `set` and `frozenset`.
//!
//! The work is done in `set_algebra.rs`. Operands are sets, dicts, or lists of what an iterable
//! yielded: natives meet iterables that need code of the program only after `_set_call` of the
//! prelude has collected them.

use super::list::only_argument;
use super::object::{derive, new_class};
use super::set_algebra::{
    Algebra, Items, as_new_set, combine, common, copied, different, done, each, equal, fresh,
    is_set, less, merge, plain_operand, replace, rest, subset, subtract, toggle,
};
use super::{TypeDef, method, static_method};
use crate::gc::Gc;
use crate::value::set::Elements;
use crate::value::{List, Set, T, Value};
use crate::vm::{Args, Cx, Flow, Outcome, Stop};

macro_rules! algebra {
    ($id:ident: $($more:expr),* $(,)?) => {
        &[
            method("__and__(self, value, /)", "Return self&value.", |cx, a| operator(cx, a, Algebra::And)),
            method("__rand__(self, value, /)", "Return value&self.", |cx, a| reflected(cx, a, Algebra::And)),
            method("__or__(self, value, /)", "Return self|value.", |cx, a| operator(cx, a, Algebra::Or)),
            method("__ror__(self, value, /)", "Return value|self.", |cx, a| reflected(cx, a, Algebra::Or)),
            method("__sub__(self, value, /)", "Return self-value.", |cx, a| operator(cx, a, Algebra::Sub)),
            method("__rsub__(self, value, /)", "Return value-self.", |cx, a| reflected(cx, a, Algebra::Sub)),
            method("__xor__(self, value, /)", "Return self^value.", |cx, a| operator(cx, a, Algebra::Xor)),
            method("__rxor__(self, value, /)", "Return value^self.", |cx, a| reflected(cx, a, Algebra::Xor)),
            method("__lt__(self, value, /)", "Return self<value.", |cx, a| order(cx, a, less)),
            method("__le__(self, value, /)", "Return self<=value.", |cx, a| order(cx, a, subset)),
            method("__gt__(self, value, /)", "Return self>value.", |cx, a| order(cx, a, |cx, x, y| less(cx, y, x))),
            method("__ge__(self, value, /)", "Return self>=value.", |cx, a| order(cx, a, |cx, x, y| subset(cx, y, x))),
            method("__eq__(self, value, /)", "Return self==value.", |cx, a| order(cx, a, equal)),
            method("__ne__(self, value, /)", "Return self!=value.", |cx, a| order(cx, a, |cx, x, y| equal(cx, x, y).map(|e| !e))),
            method("copy(self, /)", "Return a shallow copy of a set.", |cx, a| copy(cx, a, T::$id)),
            method("union(self, /, *others)", "Return a set with elements from the set and all others.", |cx, a| union(cx, a, T::$id)),
            method("intersection(self, /, *others)", "Return a new set with elements common to the set and all others.", |cx, a| intersection(cx, a, T::$id)),
            method("difference(self, /, *others)", "Return a new set with elements in the set that are not in the others.", |cx, a| difference(cx, a, T::$id)),
            method("symmetric_difference(self, other, /)", "Return a new set with elements in either the set or other but not both.", |cx, a| symmetric_difference(cx, a, T::$id)),
            method("isdisjoint(self, other, /)", "Return True if two sets have a null intersection.", |cx, a| is_disjoint(cx, a, T::$id)),
            method("issubset(self, other, /)", "Report whether another set contains this set.", |cx, a| is_subset(cx, a, T::$id)),
            method("issuperset(self, other, /)", "Report whether this set contains another set.", |cx, a| is_superset(cx, a, T::$id)),
            $($more,)*
        ]
    };
}

pub static SET: TypeDef = TypeDef {
    id: T::Set,
    doc: "Build an unordered collection of unique elements.",
    methods: algebra![Set:
        static_method("__new__(cls, *args, **kwargs)", "Create and return a new object.", new),
        method("__init__(self, iterable=(), /)", "Initialize self.", init),
        method("add(self, object, /)", "Add an element to a set.\n\nThis has no effect if the element is already present.", add),
        method("discard(self, object, /)", "Remove an element from a set if it is a member.\n\nUnlike set.remove(), the discard() method does not raise\nan exception when an element is missing from the set.", discard),
        method("remove(self, object, /)", "Remove an element from a set; it must be a member.\n\nIf the element is not a member, raise a KeyError.", remove),
        method("pop(self, /)", "Remove and return an arbitrary set element.\n\nRaises KeyError if the set is empty.", pop),
        method("clear(self, /)", "Remove all elements from this set.", clear),
        method("update(self, /, *others)", "Update the set, adding elements from all others.", update),
        method("intersection_update(self, /, *others)", "Update the set, keeping only elements found in it and all others.", intersection_update),
        method("difference_update(self, /, *others)", "Update the set, removing elements found in others.", difference_update),
        method("symmetric_difference_update(self, other, /)", "Update the set, keeping only elements found in either set, but not in both.", symmetric_difference_update),
        method("__ior__(self, value, /)", "Return self|=value.", |cx, a| in_place(cx, a, Algebra::Or)),
        method("__iand__(self, value, /)", "Return self&=value.", |cx, a| in_place(cx, a, Algebra::And)),
        method("__isub__(self, value, /)", "Return self-=value.", |cx, a| in_place(cx, a, Algebra::Sub)),
        method("__ixor__(self, value, /)", "Return self^=value.", |cx, a| in_place(cx, a, Algebra::Xor)),
    ],
    getsets: &[],
};

pub static FROZEN_SET: TypeDef = TypeDef {
    id: T::FrozenSet,
    doc: "Build an immutable unordered collection of unique elements.",
    methods: algebra![FrozenSet:
        static_method("__new__(cls, *args, **kwargs)", "Create and return a new object.", new_frozen),
    ],
    getsets: &[],
};

// ---- operands

#[inline(always)]
fn this_set(cx: &Cx, args: Args, id: T, name: &str) -> Result<Gc<Set>, Stop> {
    let value = cx.arg(args, 0).value();
    match value.cast::<Set>() {
        Some(set) if set.is_frozen() == (id == T::FrozenSet) => Ok(set),
        _ => this_other_set(cx, value, id, name),
    }
}

#[cold]
fn this_other_set(cx: &Cx, value: Value, id: T, name: &str) -> Result<Gc<Set>, Stop> {
    match is_set(cx, value) {
        Some(set) if set.is_frozen() == (id == T::FrozenSet) => Ok(set),
        _ => Err(cx.type_error(&format!(
            "descriptor '{name}' for '{}' objects doesn't apply to a '{}' object",
            cx.class(id).name_text(),
            cx.type_name(value)
        ))),
    }
}

/// Runs `body` with the plain forms of the arguments from the second on; the prelude collects
/// what is not plain and calls again.
fn with_operands(
    cx: &mut Cx,
    args: Args,
    (id, name): (T, &'static str),
    body: impl FnOnce(&mut Cx, Gc<Set>, &[Items]) -> Flow,
) -> Flow {
    let set = this_set(cx, args, id, name)?;
    let plain = cx.scope(|cx| {
        let mut operands = Vec::with_capacity(args.beyond(1));
        for i in 1..args.len() {
            let value = cx.arg(args, i).value();
            operands.push(plain_operand(cx, value)?);
        }
        Some(body(cx, set, &operands))
    });
    if let Some(flow) = plain {
        return flow;
    }
    let others = cx.args_from(args, 1);
    let others = Value::object(cx.tuple(&others));
    let (class, name) = (cx.type_object(id), Value::object(cx.intern(name)));
    let this = cx.arg(args, 0).value();
    cx.tail_prelude("_set_call", &[class, name, this, others])
}

// ---- construction

fn new(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Set)?;
    let set = Value::object(cx.set(Elements::default(), false));
    if class != cx.class(T::Set) {
        // `__init__` follows, with whatever arguments it takes.
        return derive(cx, class, T::Set, set);
    }
    let Some(source) = only_argument(cx, args, class, T::Set)? else { return Ok(set) };
    let made = cx.scope(|cx| {
        let items = plain_operand(cx, source)?;
        Some(as_new_set(cx, items, false))
    });
    match made {
        Some(set) => set.map(Value::object),
        None => cx.collect_then(source, set_collected, [Value::FALSE, Value::NONE, Value::NONE]),
    }
}

/// The set, frozen or not, of what was collected.
fn set_collected(cx: &mut Cx, [frozen, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let items = outcome?;
    let frozen = frozen == Value::TRUE;
    cx.scope(|cx| {
        cx.root(items);
        match items.cast::<List>() {
            Some(items) => as_new_set(cx, Items::List(items), frozen).map(Value::object),
            None => Ok(Value::object(fresh(cx, frozen))),
        }
    })
}

fn init(cx: &mut Cx, args: Args) -> Flow {
    let set = this_set(cx, args, T::Set, "__init__")?;
    set.edit(Elements::clear);
    if cx.opt(args, 1).is_none() {
        return Ok(Value::NONE);
    }
    update(cx, args)
}

fn new_frozen(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::FrozenSet)?;
    let exact = class == cx.class(T::FrozenSet);
    let Some(source) = only_argument(cx, args, class, T::FrozenSet)? else {
        let empty = Value::object(cx.set(Elements::default(), true));
        return derive(cx, class, T::FrozenSet, empty);
    };
    if exact && cx.is_exact(source, T::FrozenSet) {
        return Ok(source);
    }
    let made = cx.scope(|cx| {
        let items = plain_operand(cx, source)?;
        Some(as_new_set(cx, items, true))
    });
    match made {
        Some(set) => derive(cx, class, T::FrozenSet, Value::object(set?)),
        None => {
            let state = [Value::object(class), Value::NONE, Value::NONE];
            cx.collect_then(source, frozen_collected, state)
        }
    }
}

fn frozen_collected(cx: &mut Cx, [class, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let set = set_collected(cx, [Value::TRUE, Value::NONE, Value::NONE], outcome)?;
    match class.cast::<crate::value::Class>() {
        Some(class) => derive(cx, class, T::FrozenSet, set),
        None => Ok(set),
    }
}

// ---- single elements

fn add(cx: &mut Cx, args: Args) -> Flow {
    let set = this_set(cx, args, T::Set, "add")?;
    let key = cx.arg(args, 1).value();
    cx.set_add(set, key)?;
    Ok(Value::NONE)
}

fn discard(cx: &mut Cx, args: Args) -> Flow {
    let set = this_set(cx, args, T::Set, "discard")?;
    let key = cx.arg(args, 1).value();
    cx.set_remove(set, key)?;
    Ok(Value::NONE)
}

fn remove(cx: &mut Cx, args: Args) -> Flow {
    let set = this_set(cx, args, T::Set, "remove")?;
    let key = cx.arg(args, 1).value();
    if cx.set_remove(set, key)? {
        return Ok(Value::NONE);
    }
    Err(cx.error_with(T::KeyError, &[cx.arg(args, 1).value()]))
}

fn pop(cx: &mut Cx, args: Args) -> Flow {
    let set = this_set(cx, args, T::Set, "pop")?;
    set.edit(Elements::pop).ok_or_else(|| cx.error(T::KeyError, "pop from an empty set"))
}

fn clear(cx: &mut Cx, args: Args) -> Flow {
    this_set(cx, args, T::Set, "clear")?.edit(Elements::clear);
    Ok(Value::NONE)
}

fn copy(cx: &mut Cx, args: Args, id: T) -> Flow {
    let set = this_set(cx, args, id, "copy")?;
    if id == T::FrozenSet && cx.arg(args, 0).is::<Set>() {
        return Ok(Value::object(set));
    }
    Ok(Value::object(cx.set(set.elements().copy(), set.is_frozen())))
}

// ---- whole sets

fn union(cx: &mut Cx, args: Args, id: T) -> Flow {
    with_operands(cx, args, (id, "union"), |cx, set, others| {
        let result = copied(cx, set);
        for &other in others {
            merge(cx, result, other)?;
        }
        done(result)
    })
}

fn intersection(cx: &mut Cx, args: Args, id: T) -> Flow {
    with_operands(cx, args, (id, "intersection"), |cx, set, others| {
        done(common_of_all(cx, set, others)?)
    })
}

fn common_of_all(cx: &mut Cx, set: Gc<Set>, others: &[Items]) -> Result<Gc<Set>, Stop> {
    if others.is_empty() {
        return Ok(copied(cx, set));
    }
    let mut result = set;
    for &other in others {
        result = common(cx, result, other)?;
    }
    Ok(result)
}

fn difference(cx: &mut Cx, args: Args, id: T) -> Flow {
    with_operands(cx, args, (id, "difference"), |cx, set, others| {
        let Some((&first, more)) = others.split_first() else { return done(copied(cx, set)) };
        let result = rest(cx, set, first)?;
        for &other in more {
            subtract(cx, result, other)?;
        }
        done(result)
    })
}

fn symmetric_difference(cx: &mut Cx, args: Args, id: T) -> Flow {
    with_operands(cx, args, (id, "symmetric_difference"), |cx, set, others| {
        done(different(cx, set, others[0])?)
    })
}

fn update(cx: &mut Cx, args: Args) -> Flow {
    with_operands(cx, args, (T::Set, "update"), |cx, set, others| {
        for &other in others {
            merge(cx, set, other)?;
        }
        Ok(Value::NONE)
    })
}

fn intersection_update(cx: &mut Cx, args: Args) -> Flow {
    with_operands(cx, args, (T::Set, "intersection_update"), |cx, set, others| {
        let result = common_of_all(cx, set, others)?;
        replace(cx, set, result);
        Ok(Value::NONE)
    })
}

fn difference_update(cx: &mut Cx, args: Args) -> Flow {
    with_operands(cx, args, (T::Set, "difference_update"), |cx, set, others| {
        for &other in others {
            subtract(cx, set, other)?;
        }
        Ok(Value::NONE)
    })
}

fn symmetric_difference_update(cx: &mut Cx, args: Args) -> Flow {
    with_operands(cx, args, (T::Set, "symmetric_difference_update"), |cx, set, others| {
        let mut other = others[0];
        if matches!(other, Items::List(_)) {
            other = Items::Set(as_new_set(cx, other, false)?);
        }
        toggle(cx, set, other)?;
        Ok(Value::NONE)
    })
}

fn is_disjoint(cx: &mut Cx, args: Args, id: T) -> Flow {
    with_operands(cx, args, (id, "isdisjoint"), |cx, set, others| {
        let (mut base, mut walked) = (set, others[0]);
        if let Items::Set(other) = walked
            && other.len() > set.len()
        {
            (base, walked) = (other, Items::Set(set));
        }
        if let Items::Set(walked) = walked
            && let Ok(disjoint) = walked.elements().all_in(base.elements(), false)
        {
            return Ok(Value::bool(disjoint));
        }
        let mut disjoint = true;
        each(cx, walked, |cx, key, hash| {
            disjoint = cx.set_find(base, key, hash)?.is_none();
            Ok(disjoint)
        })?;
        Ok(Value::bool(disjoint))
    })
}

fn is_subset(cx: &mut Cx, args: Args, id: T) -> Flow {
    with_operands(cx, args, (id, "issubset"), |cx, set, others| {
        let other = match others[0] {
            Items::Set(other) => other,
            items => as_new_set(cx, items, false)?,
        };
        subset(cx, set, other).map(Value::bool)
    })
}

fn is_superset(cx: &mut Cx, args: Args, id: T) -> Flow {
    with_operands(cx, args, (id, "issuperset"), |cx, set, others| {
        if let Items::Set(other) = others[0] {
            return subset(cx, other, set).map(Value::bool);
        }
        let mut all = true;
        each(cx, others[0], |cx, key, hash| {
            all = cx.set_find(set, key, hash)?.is_some();
            Ok(all)
        })?;
        Ok(Value::bool(all))
    })
}

// ---- operators

/// Both operands, if they are sets.
fn two_sets(cx: &Cx, args: Args) -> Option<(Gc<Set>, Gc<Set>)> {
    let set = |i: usize| is_set(cx, cx.arg(args, i).value());
    Some((set(0)?, set(1)?))
}

/// A question about two sets.
type Relation = fn(&mut Cx, Gc<Set>, Gc<Set>) -> Result<bool, Stop>;

fn order(cx: &mut Cx, args: Args, holds: Relation) -> Flow {
    match two_sets(cx, args) {
        Some((set, other)) => holds(cx, set, other).map(Value::bool),
        None => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn operator(cx: &mut Cx, args: Args, algebra: Algebra) -> Flow {
    match two_sets(cx, args) {
        Some((set, other)) => combine(cx, set, other, algebra),
        None => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn reflected(cx: &mut Cx, args: Args, algebra: Algebra) -> Flow {
    match two_sets(cx, args) {
        Some((set, other)) => combine(cx, other, set, algebra),
        None => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn in_place(cx: &mut Cx, args: Args, algebra: Algebra) -> Flow {
    let Some((set, other)) = two_sets(cx, args).filter(|(set, _)| !set.is_frozen()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    cx.scope(|cx| {
        let items = Items::Set(other);
        match algebra {
            Algebra::And => {
                let result = common(cx, set, items)?;
                replace(cx, set, result);
            }
            Algebra::Or => merge(cx, set, items)?,
            Algebra::Sub => subtract(cx, set, items)?,
            Algebra::Xor => toggle(cx, set, items)?,
        }
        Ok(Value::NONE)
    })?;
    Ok(cx.arg(args, 0).value())
}
