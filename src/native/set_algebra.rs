//! The algebra of sets, for `set.rs` and for the views of dicts.
//!
//! Results are built with the steps that CPython takes (which operand is walked, when the table
//! is resized), because a set of integers shows them in its order. Nothing here calls the
//! program but `__hash__` and `__eq__` of elements; what is made is rooted, so callers open a
//! `scope`.

use crate::gc::Gc;
use crate::value::set::Elements;
use crate::value::{Dict, List, Set, Value};
use crate::vm::{Cx, Flow, Stop};

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

pub fn is_set(cx: &Cx, value: Value) -> Option<Gc<Set>> {
    cx.unwrap(value).cast::<Set>()
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

/// Visits the elements with their hashes until `visit` says no more.
pub fn each(
    cx: &mut Cx,
    items: Items,
    mut visit: impl FnMut(&mut Cx, Value, u64) -> Result<bool, Stop>,
) -> Result<(), Stop> {
    let mut at = 0;
    match items {
        Items::Set(set) => {
            while let Some((next, element)) = set.elements().next_from(at) {
                if !visit(cx, element.key, element.hash)? {
                    return Ok(());
                }
                at = next;
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

pub fn rooted(cx: &mut Cx, elements: Elements, frozen: bool) -> Gc<Set> {
    let set = cx.set(elements, frozen);
    cx.root(Value::object(set));
    set
}

pub fn copied(cx: &mut Cx, set: Gc<Set>) -> Gc<Set> {
    let elements = set.elements().copy();
    rooted(cx, elements, set.is_frozen())
}

pub fn contains(cx: &mut Cx, items: Items, key: Value, hash: u64) -> Result<bool, Stop> {
    match items {
        Items::Set(set) => Ok(cx.set_find(set, key, hash)?.is_some()),
        Items::Dict(dict) => Ok(cx.dict_find(dict, key, hash)?.is_some()),
        Items::List(_) => Ok(false),
    }
}

// ---- the algorithms

pub fn merge(cx: &mut Cx, set: Gc<Set>, items: Items) -> Result<(), Stop> {
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
            let (done, grown) = set.edit(|elements| elements.add_all_plain(other.elements()));
            cx.heap.charge(grown);
            if done.is_ok() {
                return Ok(());
            }
        }
        Items::Dict(dict) => {
            let grown = set.edit(|elements| elements.reserve(dict.len()));
            cx.heap.charge(grown);
        }
        Items::List(list) => {
            let mut at = list.edit(|items| cx.set_add_plain(set, items));
            while let Some(item) = list.get(at) {
                cx.set_add(set, item)?;
                at += 1;
            }
            return Ok(());
        }
    }
    each(cx, items, |cx, key, hash| cx.set_add_hashed(set, key, hash).map(|_| true))
}

/// The version of what has distinct elements; None where they may repeat.
fn version(items: Items) -> Option<u64> {
    match items {
        Items::Set(set) => Some(set.elements().version().into()),
        Items::Dict(dict) => Some(dict.table().version().into()),
        Items::List(_) => None,
    }
}

/// Adds an element out of a walk through `walked`: it cannot be there yet, unless code of the
/// program has changed what is walked.
fn add_distinct(
    cx: &mut Cx,
    set: Gc<Set>,
    (key, hash): (Value, u64),
    walked: Items,
    before: Option<u64>,
) -> Result<(), Stop> {
    if before.is_some() && version(walked) == before {
        cx.set_insert_new(set, key, hash);
    } else {
        cx.set_add_hashed(set, key, hash)?;
    }
    Ok(())
}

/// What both have, in the order of the smaller one.
pub fn common(cx: &mut Cx, set: Gc<Set>, items: Items) -> Result<Gc<Set>, Stop> {
    let (mut base, mut walked) = (set, items);
    if let Items::Set(other) = items {
        if other == set {
            return Ok(copied(cx, set));
        }
        if other.len() > set.len() {
            (base, walked) = (other, Items::Set(set));
        }
    }
    if let Items::Set(walked) = walked
        && let Ok(elements) = walked.elements().sifted(base.elements(), true)
    {
        return Ok(rooted(cx, elements, set.is_frozen()));
    }
    let result = fresh(cx, set.is_frozen());
    let before = version(walked);
    each(cx, walked, |cx, key, hash| {
        if cx.set_find(base, key, hash)?.is_some() {
            add_distinct(cx, result, (key, hash), walked, before)?;
        }
        Ok(true)
    })?;
    Ok(result)
}

pub fn subtract(cx: &mut Cx, set: Gc<Set>, items: Items) -> Result<(), Stop> {
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

pub fn discard_hashed(cx: &mut Cx, set: Gc<Set>, key: Value, hash: u64) -> Result<bool, Stop> {
    if let Ok(was_there) = set.edit(|elements| elements.remove_plain(hash, key)) {
        return Ok(was_there);
    }
    let found = cx.set_find(set, key, hash)?;
    if let Some(place) = found {
        set.edit(|elements| elements.remove_at(place));
    }
    Ok(found.is_some())
}

pub fn rest(cx: &mut Cx, set: Gc<Set>, items: Items) -> Result<Gc<Set>, Stop> {
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
    if let Items::Set(other) = items
        && let Ok(elements) = set.elements().sifted(other.elements(), false)
    {
        return Ok(rooted(cx, elements, set.is_frozen()));
    }
    let result = fresh(cx, set.is_frozen());
    let before = version(Items::Set(set));
    each(cx, Items::Set(set), |cx, key, hash| {
        if !contains(cx, items, key, hash)? {
            add_distinct(cx, result, (key, hash), Items::Set(set), before)?;
        }
        Ok(true)
    })?;
    Ok(result)
}

/// Toggles the membership of what the other one has; its elements are distinct.
pub fn toggle(cx: &mut Cx, set: Gc<Set>, items: Items) -> Result<(), Stop> {
    if let Items::Set(other) = items
        && other == set
    {
        set.edit(Elements::clear);
        return Ok(());
    }
    if let Items::Set(other) = items
        && set.elements().is_plain()
        && other.elements().is_plain()
    {
        let grown = set.edit(|elements| elements.toggle_plain(other.elements()));
        cx.heap.charge(grown);
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
pub fn as_new_set(cx: &mut Cx, items: Items, frozen: bool) -> Result<Gc<Set>, Stop> {
    let set = fresh(cx, frozen);
    merge(cx, set, items)?;
    Ok(set)
}

pub fn different(cx: &mut Cx, set: Gc<Set>, items: Items) -> Result<Gc<Set>, Stop> {
    let result = as_new_set(cx, items, set.is_frozen())?;
    toggle(cx, result, Items::Set(set))?;
    Ok(result)
}

/// Puts the elements of a new set in the place of another's.
pub fn replace(cx: &Cx, set: Gc<Set>, by: Gc<Set>) {
    let elements = by.edit(std::mem::take);
    cx.heap.charge(elements.bytes());
    set.edit(|old| old.replace(elements));
}

pub fn subset(cx: &mut Cx, set: Gc<Set>, other: Gc<Set>) -> Result<bool, Stop> {
    if set.len() > other.len() {
        return Ok(false);
    }
    if let Ok(all) = set.elements().all_in(other.elements(), true) {
        return Ok(all);
    }
    let mut all = true;
    each(cx, Items::Set(set), |cx, key, hash| {
        all = cx.set_find(other, key, hash)?.is_some();
        Ok(all)
    })?;
    Ok(all)
}

pub fn less(cx: &mut Cx, set: Gc<Set>, other: Gc<Set>) -> Result<bool, Stop> {
    Ok(set.len() < other.len() && subset(cx, set, other)?)
}

pub fn equal(cx: &mut Cx, set: Gc<Set>, other: Gc<Set>) -> Result<bool, Stop> {
    let (a, b) = (set.hash.get(), other.hash.get());
    if a != 0 && b != 0 && a != b {
        return Ok(false);
    }
    Ok(set.len() == other.len() && subset(cx, set, other)?)
}

// ---- operators

pub fn combine(cx: &mut Cx, set: Gc<Set>, other: Gc<Set>, algebra: Algebra) -> Flow {
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

pub fn done(set: Gc<Set>) -> Flow {
    Ok(Value::object(set))
}
