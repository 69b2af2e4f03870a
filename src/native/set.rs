//! `set` and `frozenset`.
//!
//! Results are built with the steps that CPython takes (which operand is walked, when the table
//! is resized), because a set of integers shows them in its order. Other operands are sets,
//! dicts, or lists of what an iterable yielded: natives meet iterables that need code of the
//! program only after `_set_call` of the prelude has collected them.

use super::list::only_argument;
use super::object::{derive, new_class};
use super::{TypeDef, method, static_method};
use crate::gc::Gc;
use crate::value::set::Elements;
use crate::value::{Dict, List, Set, T, Value};
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

#[derive(Clone, Copy)]
pub enum Algebra {
    And,
    Or,
    Sub,
    Xor,
}

impl Algebra {
    /// The special method of the operator.
    pub fn method(self, reflected: bool) -> &'static str {
        match (self, reflected) {
            (Algebra::And, false) => "__and__",
            (Algebra::And, true) => "__rand__",
            (Algebra::Or, false) => "__or__",
            (Algebra::Or, true) => "__ror__",
            (Algebra::Sub, false) => "__sub__",
            (Algebra::Sub, true) => "__rsub__",
            (Algebra::Xor, false) => "__xor__",
            (Algebra::Xor, true) => "__rxor__",
        }
    }
}

/// Another operand whose elements can be had without code of the program.
#[derive(Clone, Copy)]
pub enum Items {
    Set(Gc<Set>),
    Dict(Gc<Dict>),
    /// Made for the occasion, and rooted.
    List(Gc<List>),
}

// ---- operands

fn is_set(cx: &Cx, value: Value) -> Option<Gc<Set>> {
    cx.unwrap(value).cast::<Set>()
}

fn this_set(cx: &Cx, args: Args, id: T, name: &str) -> Result<Gc<Set>, Stop> {
    let value = cx.arg(args, 0).value();
    match is_set(cx, value) {
        Some(set) if set.is_frozen() == (id == T::FrozenSet) => Ok(set),
        _ => Err(cx.type_error(&format!(
            "descriptor '{name}' for '{}' objects doesn't apply to a '{}' object",
            cx.class(id).name_text(),
            cx.type_name(value)
        ))),
    }
}

/// The elements of a plain operand; call inside a `scope`.
pub fn plain_operand(cx: &mut Cx, value: Value) -> Option<Items> {
    if let Some(set) = is_set(cx, value)
        && !cx.class_of(value).has(crate::value::class::overrides::ITER)
    {
        return Some(Items::Set(set));
    }
    if let Some(dict) = value.cast::<Dict>() {
        return Some(Items::Dict(dict));
    }
    if let Some(list) = value.cast::<List>() {
        return Some(Items::List(list));
    }
    let items = cx.plain_items(value)?;
    let list = cx.list(items);
    cx.root(Value::object(list));
    Some(Items::List(list))
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
        let mut operands = Vec::with_capacity(args.len() - 1);
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

/// Visits the elements with their hashes until `visit` says no more.
pub fn each(
    cx: &mut Cx,
    items: Items,
    mut visit: impl FnMut(&mut Cx, Value, u64) -> Result<bool, Stop>,
) -> Result<(), Stop> {
    let mut at = 0;
    match items {
        Items::Set(set) => {
            while at < set.elements().positions() {
                if let Some((_, element)) = set.elements().at(at)
                    && !visit(cx, element.key, element.hash)?
                {
                    return Ok(());
                }
                at += 1;
            }
        }
        Items::Dict(dict) => {
            while at < dict.table().places() {
                if let Some(entry) = dict.entry_at(at)
                    && !visit(cx, entry.key, entry.hash)?
                {
                    return Ok(());
                }
                at += 1;
            }
        }
        Items::List(list) => {
            while let Some(item) = list.get(at) {
                let hash = cx.hash(item)?;
                if !visit(cx, item, hash)? {
                    return Ok(());
                }
                at += 1;
            }
        }
    }
    Ok(())
}

/// A new empty set, rooted.
pub fn fresh(cx: &mut Cx, frozen: bool) -> Gc<Set> {
    rooted(cx, Elements::default(), frozen)
}

fn rooted(cx: &mut Cx, elements: Elements, frozen: bool) -> Gc<Set> {
    let set = cx.set(elements, frozen);
    cx.root(Value::object(set));
    set
}

fn copied(cx: &mut Cx, set: Gc<Set>) -> Gc<Set> {
    let elements = set.elements().copy();
    rooted(cx, elements, set.is_frozen())
}

fn contains(cx: &mut Cx, items: Items, key: Value, hash: u64) -> Result<bool, Stop> {
    match items {
        Items::Set(set) => Ok(cx.set_find(set, key, hash)?.is_some()),
        Items::Dict(dict) => Ok(cx.dict_find(dict, key, hash)?.is_some()),
        Items::List(_) => Ok(false),
    }
}

// ---- the algorithms

fn merge(cx: &mut Cx, set: Gc<Set>, items: Items) -> Result<(), Stop> {
    match items {
        Items::Set(other) if other == set || other.is_empty() => return Ok(()),
        Items::Set(other) => {
            // Making room may have swept out what was removed.
            let (grown, taken) = set.edit(|elements| {
                let grown = elements.reserve(other.len());
                match elements.is_blank() {
                    true => (grown + elements.take_from(other.elements()), true),
                    false => (grown, false),
                }
            });
            cx.heap.charge(grown);
            if taken {
                return Ok(());
            }
        }
        Items::Dict(dict) => {
            let grown = set.edit(|elements| elements.reserve(dict.len()));
            cx.heap.charge(grown);
        }
        Items::List(_) => {}
    }
    each(cx, items, |cx, key, hash| cx.set_add_hashed(set, key, hash).map(|_| true))
}

/// What both have, in the order of the smaller one.
fn common(cx: &mut Cx, set: Gc<Set>, items: Items) -> Result<Gc<Set>, Stop> {
    let (mut base, mut walked) = (set, items);
    if let Items::Set(other) = items {
        if other == set {
            return Ok(copied(cx, set));
        }
        if other.len() > set.len() {
            (base, walked) = (other, Items::Set(set));
        }
    }
    let result = fresh(cx, set.is_frozen());
    each(cx, walked, |cx, key, hash| {
        if cx.set_find(base, key, hash)?.is_some() {
            cx.set_add_hashed(result, key, hash)?;
        }
        Ok(true)
    })?;
    Ok(result)
}

fn subtract(cx: &mut Cx, set: Gc<Set>, items: Items) -> Result<(), Stop> {
    let mut items = items;
    if let Items::Set(other) = items {
        if other == set {
            set.edit(Elements::clear);
            return Ok(());
        }
        if other.len() >> 3 > set.len() {
            items = Items::Set(common(cx, set, items)?);
        }
    }
    each(cx, items, |cx, key, hash| discard_hashed(cx, set, key, hash).map(|_| true))?;
    set.edit(Elements::tidy);
    Ok(())
}

fn discard_hashed(cx: &mut Cx, set: Gc<Set>, key: Value, hash: u64) -> Result<bool, Stop> {
    let found = cx.set_find(set, key, hash)?;
    if let Some(place) = found {
        set.edit(|elements| elements.remove_at(place));
    }
    Ok(found.is_some())
}

fn rest(cx: &mut Cx, set: Gc<Set>, items: Items) -> Result<Gc<Set>, Stop> {
    let size = match items {
        Items::Set(other) => other.len(),
        Items::Dict(dict) => dict.len(),
        Items::List(_) => usize::MAX,
    };
    if matches!(items, Items::List(_)) || set.len() >> 2 > size {
        let result = copied(cx, set);
        subtract(cx, result, items)?;
        return Ok(result);
    }
    let result = fresh(cx, set.is_frozen());
    each(cx, Items::Set(set), |cx, key, hash| {
        if !contains(cx, items, key, hash)? {
            cx.set_add_hashed(result, key, hash)?;
        }
        Ok(true)
    })?;
    Ok(result)
}

/// Toggles the membership of what the other one has; its elements are distinct.
fn toggle(cx: &mut Cx, set: Gc<Set>, items: Items) -> Result<(), Stop> {
    if let Items::Set(other) = items
        && other == set
    {
        set.edit(Elements::clear);
        return Ok(());
    }
    each(cx, items, |cx, key, hash| {
        if !discard_hashed(cx, set, key, hash)? {
            cx.set_add_hashed(set, key, hash)?;
        }
        Ok(true)
    })
}

/// A set of the operand's own elements.
fn as_new_set(cx: &mut Cx, items: Items, frozen: bool) -> Result<Gc<Set>, Stop> {
    let set = fresh(cx, frozen);
    merge(cx, set, items)?;
    Ok(set)
}

fn different(cx: &mut Cx, set: Gc<Set>, items: Items) -> Result<Gc<Set>, Stop> {
    let result = as_new_set(cx, items, set.is_frozen())?;
    toggle(cx, result, Items::Set(set))?;
    Ok(result)
}

/// Puts the elements of a new set in the place of another's.
fn replace(cx: &Cx, set: Gc<Set>, by: Gc<Set>) {
    let elements = by.edit(std::mem::take);
    cx.heap.charge(elements.bytes());
    set.edit(|old| old.replace(elements));
}

fn subset(cx: &mut Cx, set: Gc<Set>, other: Gc<Set>) -> Result<bool, Stop> {
    if set.len() > other.len() {
        return Ok(false);
    }
    let mut all = true;
    each(cx, Items::Set(set), |cx, key, hash| {
        all = cx.set_find(other, key, hash)?.is_some();
        Ok(all)
    })?;
    Ok(all)
}

fn less(cx: &mut Cx, set: Gc<Set>, other: Gc<Set>) -> Result<bool, Stop> {
    Ok(set.len() < other.len() && subset(cx, set, other)?)
}

fn equal(cx: &mut Cx, set: Gc<Set>, other: Gc<Set>) -> Result<bool, Stop> {
    let (a, b) = (set.hash.get(), other.hash.get());
    if a != 0 && b != 0 && a != b {
        return Ok(false);
    }
    Ok(set.len() == other.len() && subset(cx, set, other)?)
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

fn done(set: Gc<Set>) -> Flow {
    Ok(Value::object(set))
}

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

fn combine(cx: &mut Cx, set: Gc<Set>, other: Gc<Set>, algebra: Algebra) -> Flow {
    cx.scope(|cx| {
        let items = Items::Set(other);
        done(match algebra {
            Algebra::And => common(cx, set, items)?,
            Algebra::Sub => rest(cx, set, items)?,
            Algebra::Xor => different(cx, set, items)?,
            Algebra::Or => {
                let result = copied(cx, set);
                merge(cx, result, items)?;
                result
            }
        })
    })
}

/// A new set from two operands, the way views do it. Call inside a `scope`.
pub fn combine_new(cx: &mut Cx, left: Items, right: Items, algebra: Algebra) -> Flow {
    let result = as_new_set(cx, left, false)?;
    match algebra {
        Algebra::And => return done(common(cx, result, right)?),
        Algebra::Or => merge(cx, result, right)?,
        Algebra::Sub => subtract(cx, result, right)?,
        Algebra::Xor => {
            let right = match right {
                Items::List(_) => Items::Set(as_new_set(cx, right, false)?),
                other => other,
            };
            toggle(cx, result, right)?;
        }
    }
    done(result)
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
