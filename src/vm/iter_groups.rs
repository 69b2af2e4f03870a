//! Stepping `compress` and `groupby` while neither truth nor equality is the program's. What was
//! taken before it had to be asked waits in the list of the iterator, which then says
//! `Step::Code`; how that goes on is in `native/itertools.rs` and `native/groupby.rs`.

use super::iter_tools::{list_of, pull};
use super::step::finish;
use super::{Ask, Cx, Order, Step, Vm, ops, order};
use crate::gc::Gc;
use crate::value::iter::{group, key};
use crate::value::{Dict, Iter, IterKind, List, Set, Str, T, Tuple, Value};

pub(super) fn step_compress(vm: &mut Vm, iter: Gc<Iter>, depth: u32) -> Step {
    let parts = list_of(iter.a.get());
    let part = |i: usize| parts.get(i).unwrap_or(Value::NONE);
    if parts.len() > 2 {
        return Step::Code;
    }
    let mut rounds = 0u32;
    loop {
        let item = match pull(vm, part(0), depth) {
            Step::Item(item) => item,
            Step::End => return finish(iter),
            other => return other,
        };
        let selector = match pull(vm, part(1), depth) {
            Step::Item(selector) => selector,
            Step::End => return finish(iter),
            other => return other,
        };
        match ops::truth(vm, selector) {
            Ok(true) => return Step::Item(item),
            Ok(false) => {}
            Err(Ask::Raised) => return Step::Raised,
            Err(Ask::Call { .. }) => {
                parts.edit(|parts| parts.extend([item, selector]));
                return Step::Code;
            }
        }
        rounds = rounds.wrapping_add(1);
        if rounds.is_multiple_of(1 << 16) && Cx::of(vm).check_interrupt().is_err() {
            return Step::Raised;
        }
    }
}

/// Are two keys the same? None if the program must be asked.
#[inline]
fn same(vm: &Vm, x: Value, y: Value) -> Option<bool> {
    if x == y {
        return Some(true);
    }
    order::compare_native(vm, x, y, Order::Eq).ok()?
}

/// The key of an item; None if the program must be asked.
fn key_of(vm: &mut Vm, state: Gc<List>, way: i64, item: Value) -> Option<Value> {
    match way {
        key::ITEM => Some(item),
        key::TEXT_METHOD if item.is::<Str>() => {
            let cx = Cx::of(vm);
            let quick = cx.quick(state.get(group::FUNCTION)?, 1)?;
            let key = cx.run_quick(quick, &[item]);
            if key.is_err() {
                // The program is going to see it when it asks again.
                cx.take_exception();
            }
            key.ok()
        }
        key::LEN => {
            let told = item.is::<Str>()
                || item.is::<Tuple>()
                || item.is::<List>()
                || item.is::<Dict>()
                || item.is::<Set>();
            told.then(|| ops::len(vm, item)).flatten().map(|len| Value::int(len as i64))
        }
        key::INDEX if item.is::<Tuple>() || item.is::<List>() => {
            let len = ops::len(vm, item)? as i64;
            let index = state.get(group::INDEX)?.as_int()?;
            let index = if index < 0 { index + len } else { index };
            if !(0..len).contains(&index) {
                return None;
            }
            match item.cast::<Tuple>() {
                Some(tuple) => tuple.as_slice().get(index as usize).copied(),
                None => item.cast::<List>()?.get(index as usize),
            }
        }
        _ => None,
    }
}

pub(super) fn step_groupby(vm: &mut Vm, iter: Gc<Iter>, depth: u32) -> Step {
    let state = list_of(iter.a.get());
    let part = |i: usize| state.get(i).unwrap_or(Value::UNDEF);
    if !part(group::UNKNOWN).is_undef() {
        return Step::Code;
    }
    state.set(group::GROUP, Value::NONE);
    let mut rounds = 0u32;
    let current = loop {
        let current = part(group::KEY);
        if !current.is_undef() {
            let target = part(group::TARGET);
            if target.is_undef() {
                break current;
            }
            match same(vm, target, current) {
                Some(true) => {}
                Some(false) => break current,
                None => return Step::Code,
            }
        }
        let value = match pull(vm, part(group::SOURCE), depth) {
            Step::Item(value) => value,
            Step::End => return finish(iter),
            other => return other,
        };
        let Some(key) = key_of(vm, state, iter.at.get(), value) else {
            state.set(group::UNKNOWN, value);
            return Step::Code;
        };
        state.set(group::KEY, key);
        state.set(group::VALUE, value);
        rounds = rounds.wrapping_add(1);
        if rounds.is_multiple_of(1 << 16) && Cx::of(vm).check_interrupt().is_err() {
            return Step::Raised;
        }
    };
    let group = Cx::of(vm).begin_group(iter, current);
    Step::Item(Value::object(vm.space.tuple(&[current, group])))
}

impl Cx {
    /// The iterator over the group of a key, which is the one in progress from now on.
    pub fn begin_group(&self, groupby: Gc<Iter>, key: Value) -> Value {
        let state = list_of(groupby.a.get());
        state.set(group::TARGET, key);
        let (shared, way) = (Value::object(state), groupby.at.get());
        let made = self.iter(T::Grouper, IterKind::Grouper, shared, key, way);
        made.guard.set(groupby.guard.get());
        state.set(group::GROUP, Value::object(made));
        Value::object(made)
    }
}

pub(super) fn step_grouper(vm: &mut Vm, iter: Gc<Iter>, depth: u32) -> Step {
    let state = list_of(iter.a.get());
    let part = |i: usize| state.get(i).unwrap_or(Value::UNDEF);
    if part(group::GROUP) != Value::object(iter) {
        return finish(iter);
    }
    if !part(group::UNKNOWN).is_undef() {
        return Step::Code;
    }
    let target = iter.b.get();
    let waiting = part(group::VALUE);
    if !waiting.is_undef() {
        return match same(vm, target, part(group::KEY)) {
            Some(true) => {
                state.set(group::KEY, Value::UNDEF);
                state.set(group::VALUE, Value::UNDEF);
                Step::Item(waiting)
            }
            Some(false) => finish(iter),
            None => Step::Code,
        };
    }
    let value = match pull(vm, part(group::SOURCE), depth) {
        Step::Item(value) => value,
        Step::End => return finish(iter),
        other => return other,
    };
    let Some(current) = key_of(vm, state, iter.at.get(), value) else {
        state.set(group::UNKNOWN, value);
        return Step::Code;
    };
    let equal = same(vm, target, current);
    if equal == Some(true) {
        return Step::Item(value);
    }
    state.set(group::KEY, current);
    state.set(group::VALUE, value);
    if equal.is_some() { finish(iter) } else { Step::Code }
}
