//! One step of a built-in iterator, without code of the program. What needs that says
//! `Step::Code`, before anything has moved.

use super::iter::Step;
use super::{Cx, Vm, iter_tools, raise};
use crate::gc::Gc;
use crate::value::iter::{EXHAUSTED, WRITTEN};
use crate::value::{
    ByteArray, Bytes, Deque, Dict, Iter, IterKind, List, MemoryView, Range, Set, Str, T, Tuple,
    Value,
};

pub(super) fn finish(iter: Gc<Iter>) -> Step {
    iter.a.set(Value::UNDEF);
    iter.b.set(Value::UNDEF);
    // SAFETY: a live object; flags are a plain field.
    unsafe { (*iter.header()).flags |= EXHAUSTED };
    Step::End
}

pub(super) fn step(vm: &mut Vm, iter: Gc<Iter>, depth: u32) -> Step {
    if iter.header.flags != 0 {
        return if iter.header.flags & EXHAUSTED != 0 { Step::End } else { Step::Code };
    }
    let at = iter.at.get();
    let index = at as usize;
    let source = iter.a.get();
    let advance = |item: Value| {
        iter.at.set(at + 1);
        Step::Item(item)
    };
    match iter.kind {
        IterKind::Range => quick_step(iter).map_or(Step::End, Step::Item),
        IterKind::BigRange => {
            let range = source.cast::<Range>().expect("made so");
            match Cx::of(vm).item_plain(Value::object(range), Value::int(at)) {
                Ok(Some(item)) => advance(item),
                Ok(None) => finish(iter),
                Err(_) => {
                    vm.take_exception();
                    finish(iter)
                }
            }
        }
        IterKind::List => match source.cast::<List>().and_then(|l| l.get(index)) {
            Some(item) => advance(item),
            None => finish(iter),
        },
        IterKind::ListReverse => match source.cast::<List>().and_then(|l| l.get(index)) {
            Some(item) if at >= 0 => {
                iter.at.set(at - 1);
                Step::Item(item)
            }
            _ => finish(iter),
        },
        IterKind::Deque | IterKind::DequeReverse => {
            let deque = source.cast::<Deque>().expect("made so");
            let back = iter.kind == IterKind::DequeReverse;
            if deque.changes.get() != iter.guard.get() {
                // Forwards it says so each time it is asked, even behind its end.
                if back {
                    finish(iter);
                }
                raise::error(vm, T::RuntimeError, "deque mutated during iteration");
                return Step::Raised;
            }
            if !back {
                return deque.get(index).map_or(Step::End, advance);
            }
            let Some(item) = deque.get(deque.len().wrapping_sub(index + 1)) else {
                return finish(iter);
            };
            if index + 1 == deque.len() {
                finish(iter);
            }
            advance(item)
        }
        IterKind::Tuple => {
            match source.cast::<Tuple>().and_then(|t| t.as_slice().get(index).copied()) {
                Some(item) => advance(item),
                None => finish(iter),
            }
        }
        IterKind::Str => {
            let text = source.cast::<Str>().expect("made so");
            // `at` is a byte offset here.
            if index >= text.byte_len() {
                return finish(iter);
            }
            let bytes = text.as_bytes();
            let next = index + crate::value::str::char_width(bytes[index]);
            iter.at.set(next as i64);
            Step::Item(Value::object(vm.space.str_of_char(&bytes[index..next])))
        }
        IterKind::Bytes => {
            match source.cast::<Bytes>().and_then(|b| b.as_slice().get(index).copied()) {
                Some(byte) => advance(Value::int(byte.into())),
                None => finish(iter),
            }
        }
        IterKind::ByteArray => {
            match source.cast::<ByteArray>().and_then(|b| b.edit(|d| d.get(index).copied())) {
                Some(byte) => advance(Value::int(byte.into())),
                None => finish(iter),
            }
        }
        IterKind::Memory => {
            let view = source.cast::<MemoryView>().expect("made so");
            match view.get(index) {
                Some(item) => advance(vm.space.memory_item(item)),
                None if view.is_released() => {
                    let text = "operation forbidden on released memoryview object";
                    raise::error(vm, T::ValueError, text);
                    Step::Raised
                }
                None => finish(iter),
            }
        }
        IterKind::DictKeys | IterKind::DictValues | IterKind::DictItems => {
            step_dict(vm, iter, false)
        }
        IterKind::DictKeysReverse | IterKind::DictValuesReverse | IterKind::DictItemsReverse => {
            step_dict(vm, iter, true)
        }
        IterKind::Set => {
            let set = source.cast::<Set>().expect("made so");
            if set.len() as u32 != iter.guard.get() {
                raise::error(vm, T::RuntimeError, "Set changed size during iteration");
                // It stays so, whatever becomes of the set.
                iter.guard.set(u32::MAX);
                return Step::Raised;
            }
            match set.elements().next_from(index) {
                Some((next, element)) => {
                    iter.at.set(next as i64);
                    Step::Item(element.key)
                }
                None => finish(iter),
            }
        }
        // A count that may leave 64 bits is in `b`.
        IterKind::Enumerate if !iter.b.get().is_undef() => Step::Code,
        IterKind::Enumerate => match step_enumerated(vm, iter, source, depth) {
            Step::Item(item) => {
                let count = vm.space.int(at);
                iter.at.set(at + 1);
                Step::Item(Value::object(vm.space.tuple(&[count, item])))
            }
            Step::End => finish(iter),
            other => other,
        },
        IterKind::Zip => step_zip(vm, iter, depth),
        IterKind::SequenceReverse if at < 0 => finish(iter),
        IterKind::SequenceReverse if is_sequence(source) => {
            match Cx::of(vm).item_plain(source, Value::int(at)) {
                Ok(Some(item)) => {
                    iter.at.set(at - 1);
                    Step::Item(item)
                }
                Ok(None) => finish(iter),
                Err(_) => {
                    vm.take_exception();
                    finish(iter)
                }
            }
        }
        IterKind::Callable
        | IterKind::Sequence
        | IterKind::SequenceReverse
        | IterKind::Map
        | IterKind::Filter => Step::Code,
        _ => iter_tools::step(vm, iter, depth),
    }
}

/// The depth that part `i` of something at `depth` counts as. Only first parts may be deep: what
/// has the same part twice, which has another twice, would take too long to look through.
pub(super) fn below(depth: u32, i: usize) -> u32 {
    if i == 0 { depth + 1 } else { depth + 16 }
}

/// Can the iterator be stepped natively all the way down? Asked before the first of several
/// sources is stepped, so that none is stepped in vain.
pub(super) fn is_plain(iterator: Value, depth: u32) -> bool {
    let Some(iter) = iterator.cast::<Iter>() else {
        return false;
    };
    if depth > 50 || iter.header.flags & WRITTEN != 0 {
        return false;
    }
    match iter.kind {
        IterKind::Enumerate => iter.b.get().is_undef() && is_plain(iter.a.get(), depth + 1),
        IterKind::SequenceReverse => is_sequence(iter.a.get()),
        IterKind::Zip if iter.b.get() == Value::TRUE => false,
        IterKind::Zip => {
            iter.a.get().cast::<List>().is_some_and(|l| {
                l.iter().enumerate().all(|(i, part)| is_plain(part, below(depth, i)))
            })
        }
        IterKind::Callable | IterKind::Sequence | IterKind::Map | IterKind::Filter => false,
        kind if kind as u8 >= IterKind::Count as u8 => iter_tools::is_plain(iter, depth),
        _ => true,
    }
}

/// A built-in sequence that `reversed` reads from its end.
fn is_sequence(value: Value) -> bool {
    value.is::<Tuple>() || value.is::<Str>() || value.is::<Bytes>() || value.is::<ByteArray>()
}

/// A step of an iterator that yields pairs, without making the tuple.
pub(super) enum Pair {
    Items(Value, Value),
    End,
    /// Not one of those that are known here; nothing was stepped.
    Other,
}

#[inline(always)]
pub(super) fn step_pair(vm: &Vm, iter: Gc<Iter>) -> Pair {
    match iter.kind {
        IterKind::Enumerate if iter.guard.get() != 0 => {
            let Some(inner) = iter.a.get().cast::<Iter>() else { return Pair::Other };
            let Some(count) = Value::try_int(iter.at.get()) else { return Pair::Other };
            match lean_step(vm, inner) {
                Some(item) => {
                    iter.at.set(iter.at.get() + 1);
                    Pair::Items(count, item)
                }
                None => Pair::Other,
            }
        }
        IterKind::Zip if iter.guard.get() != 0 => {
            let Some(sources) = iter.a.get().cast::<List>().filter(|s| s.len() == 2) else {
                return Pair::Other;
            };
            let source = |i| sources.get(i).and_then(|s| s.cast::<Iter>()).filter(|i| is_quick(*i));
            let (Some(a), Some(b)) = (source(0), source(1)) else { return Pair::Other };
            match quick_step(a).and_then(|x| Some((x, quick_step(b)?))) {
                Some((x, y)) => Pair::Items(x, y),
                None => Pair::End,
            }
        }
        IterKind::DictItems => {
            let Some(dict) = iter.a.get().cast::<Dict>() else { return Pair::Other };
            let ordered = iter.header.shape == T::OdictIter.shape();
            if dict.is_namespace() || ordered || dict.len() as u32 != iter.guard.get() {
                return Pair::Other;
            }
            let places = dict.table().places();
            let mut at = iter.at.get() as usize;
            while at < places {
                let entry = dict.table().entry_at(at);
                at += 1;
                if let Some(entry) = entry {
                    iter.at.set(at as i64);
                    return Pair::Items(entry.key, entry.value);
                }
            }
            Pair::End
        }
        _ => Pair::Other,
    }
}

/// Does `quick_step` say all there is to say about this source?
#[inline(always)]
fn is_quick(iter: Gc<Iter>) -> bool {
    match iter.kind {
        IterKind::List => iter.a.get().is::<List>(),
        IterKind::Range => true,
        _ => false,
    }
}

/// A step of the most common sources, without the ceremony of `step`.
#[inline(always)]
pub(super) fn quick_step(iter: Gc<Iter>) -> Option<Value> {
    let at = iter.at.get();
    match iter.kind {
        IterKind::List => {
            let item = iter.a.get().cast::<List>()?.get(at as usize)?;
            iter.at.set(at + 1);
            Some(item)
        }
        IterKind::Range => {
            let left = iter.a.get().as_int().filter(|&left| left > 0)?;
            iter.a.set(Value::int(left - 1));
            iter.at.set(at + iter.b.get().as_int()?);
            Some(Value::int(at))
        }
        _ => None,
    }
}

/// A step over the keys or values of a dict that is neither at its end nor changed.
#[inline(always)]
pub(super) fn dict_step(iter: Gc<Iter>) -> Option<Value> {
    let dict = iter.a.get().cast::<Dict>()?;
    let seen = iter.b.get().as_int().unwrap_or(0);
    let whole = dict.len() as u32 == iter.guard.get() && seen < iter.guard.get().into();
    if !whole || dict.is_namespace() || iter.header.shape == T::OdictIter.shape() {
        return None;
    }
    let table = dict.table();
    let mut place = (iter.at.get() as usize).max(table.head());
    let entry = loop {
        if place >= table.places() {
            return None;
        }
        place += 1;
        if let Some(entry) = table.entry_at(place - 1) {
            break entry;
        }
    };
    iter.at.set(place as i64);
    iter.b.set(Value::int(seen + 1));
    Some(if iter.kind == IterKind::DictKeys { entry.key } else { entry.value })
}

/// A step of a built-in container that is neither at its end nor changed; None for everything
/// else, before anything has moved: then `step` knows.
#[inline(always)]
pub(super) fn lean_step(vm: &Vm, iter: Gc<Iter>) -> Option<Value> {
    if iter.header.flags != 0 {
        return None;
    }
    if matches!(iter.kind, IterKind::DictKeys | IterKind::DictValues) {
        return dict_step(iter);
    }
    let at = iter.at.get();
    let source = iter.a.get();
    match iter.kind {
        IterKind::List | IterKind::Range => quick_step(iter),
        IterKind::Tuple => {
            let item = *source.cast::<Tuple>()?.as_slice().get(at as usize)?;
            iter.at.set(at + 1);
            Some(item)
        }
        IterKind::ListReverse => {
            let item = source.cast::<List>()?.get(at as usize)?;
            iter.at.set(at - 1);
            Some(item)
        }
        IterKind::Str => {
            let byte = *source.cast::<Str>()?.as_bytes().get(at as usize)?;
            if !byte.is_ascii() {
                return None;
            }
            iter.at.set(at + 1);
            Some(Value::object(vm.space.char(byte)))
        }
        IterKind::SequenceReverse => {
            let item = if let Some(tuple) = source.cast::<Tuple>() {
                *tuple.as_slice().get(at as usize)?
            } else {
                let text = source.cast::<Str>().filter(|text| text.is_ascii())?;
                Value::object(vm.space.char(*text.as_bytes().get(at as usize)?))
            };
            iter.at.set(at - 1);
            Some(item)
        }
        IterKind::Bytes => {
            let byte = *source.cast::<Bytes>()?.as_slice().get(at as usize)?;
            iter.at.set(at + 1);
            Some(Value::int(byte.into()))
        }
        IterKind::Deque => {
            let deque = source.cast::<Deque>()?;
            if deque.changes.get() != iter.guard.get() {
                return None;
            }
            let item = deque.get(at as usize)?;
            iter.at.set(at + 1);
            Some(item)
        }
        IterKind::Set => {
            let set = source.cast::<Set>()?;
            if set.len() as u32 != iter.guard.get() {
                return None;
            }
            let (next, element) = set.elements().next_from(at as usize)?;
            iter.at.set(next as i64);
            Some(element.key)
        }
        _ => None,
    }
}

/// A step of what an `enumerate` counts. The guard says that it was found to be plain.
fn step_enumerated(vm: &mut Vm, iter: Gc<Iter>, source: Value, depth: u32) -> Step {
    let Some(inner) = source.cast::<Iter>() else { return Step::Code };
    if iter.guard.get() == 0 {
        if !is_plain(source, depth) {
            return Step::Code;
        }
        iter.guard.set(1);
    }
    match lean_step(vm, inner) {
        Some(item) => Step::Item(item),
        None => step(vm, inner, depth + 1),
    }
}

/// `zip`: `b` is True for `strict=True`, which natives handle. The guard says that the sources
/// were found to be plain; what they are never changes.
fn step_zip(vm: &mut Vm, iter: Gc<Iter>, depth: u32) -> Step {
    const FEW: usize = 4;
    let sources = iter.a.get().cast::<List>().expect("made so");
    if iter.guard.get() == 0 {
        if sources.is_empty() {
            return finish(iter);
        }
        let strict = iter.b.get() == Value::TRUE;
        if strict || !sources.iter().all(|source| is_plain(source, depth)) {
            return Step::Code;
        }
        iter.guard.set(1);
    }
    let mut few = [Value::UNDEF; FEW];
    let mut many = Vec::new();
    let count = sources.len();
    if count > FEW {
        many.resize(count, Value::UNDEF);
    }
    let items = if count > FEW { &mut many[..] } else { &mut few[..count] };
    for (i, item) in items.iter_mut().enumerate() {
        let source = sources.get(i).and_then(|source| source.cast::<Iter>());
        let Some(source) = source else { return Step::Code };
        if let Some(value) = lean_step(vm, source) {
            *item = value;
            continue;
        }
        match step(vm, source, depth + 1) {
            Step::Item(value) => *item = value,
            Step::End => return finish(iter),
            other => return other,
        }
    }
    Step::Item(Value::object(vm.space.tuple(items)))
}

fn step_dict(vm: &mut Vm, iter: Gc<Iter>, reverse: bool) -> Step {
    let source = iter.a.get();
    let dict = match vm.space.unwrap(source).cast::<Dict>() {
        Some(dict) => dict,
        None => return finish(iter),
    };
    if iter.header.shape == T::OdictIter.shape() {
        if dict.table().version() != iter.guard.get() {
            finish(iter);
            raise::error(vm, T::RuntimeError, "OrderedDict mutated during iteration");
            return Step::Raised;
        }
    } else if dict.len() as u32 != iter.guard.get() {
        raise::error(vm, T::RuntimeError, "dictionary changed size during iteration");
        // It stays so, whatever becomes of the dict.
        iter.guard.set(u32::MAX);
        return Step::Raised;
    }
    let places = dict.table().places() as i64;
    let mut at = iter.at.get();
    if !reverse {
        at = at.max(dict.table().head() as i64);
    }
    let entry = loop {
        if at < 0 || at >= places {
            return finish(iter);
        }
        let entry = dict.entry_at(at as usize);
        at += if reverse { -1 } else { 1 };
        if let Some(entry) = entry {
            break entry;
        }
    };
    iter.at.set(at);
    if iter.header.shape == T::OdictIter.shape() {
        // With its last item it is through, whatever becomes of the dict.
        let mut rest = if reverse { 0..at + 1 } else { at..places };
        if !rest.any(|place| dict.entry_at(place as usize).is_some()) {
            finish(iter);
        }
    } else if !reverse {
        // As many as there were have been seen: this one took the place of another.
        let seen = iter.b.get().as_int().unwrap_or(0);
        if seen >= i64::from(iter.guard.get()) {
            finish(iter);
            raise::error(vm, T::RuntimeError, "dictionary keys changed during iteration");
            return Step::Raised;
        }
        iter.b.set(Value::int(seen + 1));
    }
    Step::Item(match iter.kind {
        IterKind::DictKeys | IterKind::DictKeysReverse => entry.key,
        IterKind::DictValues | IterKind::DictValuesReverse => entry.value,
        _ => Value::object(vm.space.tuple(&[entry.key, entry.value])),
    })
}
