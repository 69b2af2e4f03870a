//! Stepping the iterators of `itertools` while everything underneath is plain.
//!
//! `Step::Code` is said before anything was taken from a source, so that what then goes on in the
//! prelude misses nothing (`native/itertools.rs` says with what it starts).

use dashu_int::IBig;

use super::iter_groups::{step_compress, step_groupby, step_grouper};
use super::ops::Binary;
use super::step::{self, finish, lean_step};
use super::{Cx, Step, Stop, Vm, iter, raise};
use crate::gc::{Gc, budget};
use crate::plain::{MAX_BYTES, wtf8};
use crate::value::iter::{WRITTEN, stage};
use crate::value::{Instance, Iter, IterKind, List, Str, T, Tuple, Value};

/// Values in one block of a `tee`, behind the next block and the source.
const TEE_BLOCK: usize = 2 + 62;

pub(super) fn step(vm: &mut Vm, iter: Gc<Iter>, depth: u32) -> Step {
    match iter.kind {
        IterKind::Count => step_count(vm, iter),
        IterKind::Repeat => step_repeat(iter),
        IterKind::Product => step_product(vm, iter),
        IterKind::Permutations => step_permutations(vm, iter),
        IterKind::Combinations | IterKind::Replacements => step_combinations(vm, iter),
        IterKind::Chain => step_chain(vm, iter, depth),
        IterKind::Tee => step_tee(vm, iter, depth),
        _ if iter.guard.get() == 0 => Step::Code,
        IterKind::Cycle => step_cycle(vm, iter, depth),
        IterKind::Slice => step_slice(vm, iter, depth),
        IterKind::Accumulate => step_accumulate(vm, iter, depth),
        IterKind::Pairwise => step_pairwise(vm, iter, depth),
        IterKind::ZipLongest => step_zip_longest(vm, iter, depth),
        IterKind::Batched => step_batched(vm, iter, depth),
        IterKind::Compress => step_compress(vm, iter, depth),
        IterKind::GroupBy => step_groupby(vm, iter, depth),
        IterKind::Grouper => step_grouper(vm, iter, depth),
        _ => Step::Code,
    }
}

/// Will all steps that are left be native ones? A `Chain` is asked about what it will come to.
pub(super) fn is_plain(tool: Gc<Iter>, depth: u32) -> bool {
    match tool.kind {
        IterKind::Repeat
        | IterKind::Product
        | IterKind::Permutations
        | IterKind::Combinations
        | IterKind::Replacements => true,
        IterKind::Count => tool.b.get().is_undef() && tool.a.get().is_int(),
        IterKind::Cycle | IterKind::Slice | IterKind::Pairwise | IterKind::Batched => {
            tool.guard.get() != 0 && is_plain_source(tool.a.get(), depth)
        }
        IterKind::ZipLongest => {
            let sources = tool.a.get().cast::<List>();
            tool.guard.get() != 0
                && sources.is_none_or(|s| s.iter().all(|source| is_plain_source(source, depth)))
        }
        IterKind::Tee => {
            let source = tool.a.get().cast::<List>().and_then(|block| block.get(1));
            tool.guard.get() != 0 && source.is_none_or(|source| is_plain_source(source, depth))
        }
        IterKind::Chain => chain_is_plain(tool, depth),
        _ => false,
    }
}

/// The guard knows what a source is; how deep the sources nest is counted again each time. An
/// exhausted source is None or UNDEF.
fn is_plain_source(source: Value, depth: u32) -> bool {
    !source.is::<Iter>() || step::is_plain(source, depth + 1)
}

/// Only a tuple stays what it is until the chain comes to it.
fn chain_is_plain(chain: Gc<Iter>, depth: u32) -> bool {
    let active = chain.b.get();
    if !active.is_undef() && !step::is_plain(active, depth + 1) {
        return false;
    }
    let Some(outer) = chain.a.get().cast::<Iter>() else { return false };
    let Some(parts) = outer.a.get().cast::<Tuple>().filter(|_| outer.kind == IterKind::Tuple)
    else {
        return outer.a.get().is_undef();
    };
    let from = (outer.at.get() as usize).min(parts.len());
    parts.as_slice()[from..].iter().enumerate().all(|(i, &part)| match part.cast::<Iter>() {
        Some(_) => step::is_plain(part, step::below(depth, i)),
        None => is_container(part),
    })
}

/// Is it a built-in value whose iterator is plain?
fn is_container(value: Value) -> bool {
    use crate::value::{Bytes, Dict, DictView, Range, Set};
    value.is::<List>()
        || value.is::<Tuple>()
        || value.is::<Str>()
        || value.is::<Range>()
        || value.is::<Dict>()
        || value.is::<DictView>()
        || value.is::<Set>()
        || value.is::<Bytes>()
}

#[inline]
pub(super) fn pull(vm: &mut Vm, source: Value, depth: u32) -> Step {
    let Some(inner) = source.cast::<Iter>() else { return Step::Code };
    match lean_step(vm, inner) {
        Some(item) => Step::Item(item),
        None => step::step(vm, inner, depth + 1),
    }
}

fn tuple_of(vm: &Vm, items: &[Value]) -> Step {
    Step::Item(Value::object(vm.space.tuple(items)))
}

/// A list of the iterator's own. Its absence would be a bug of `native/itertools.rs`.
pub(super) fn list_of(value: Value) -> Gc<List> {
    value.cast::<List>().expect("made so")
}

/// `x + y` of built-in values; None if the program must be asked.
fn add(vm: &mut Vm, x: Value, y: Value) -> Result<Option<Value>, Stop> {
    if x.is::<Instance>() || y.is::<Instance>() {
        return Ok(None);
    }
    Cx::of(vm).binary_plain(Binary::Add, x, y)
}

fn step_count(vm: &mut Vm, iter: Gc<Iter>) -> Step {
    let now = iter.b.get();
    if now.is_undef()
        && let Some(by) = iter.a.get().as_int()
    {
        let at = iter.at.get();
        match at.checked_add(by) {
            Some(next) => iter.at.set(next),
            None => iter.b.set(vm.space.big_int(IBig::from(at) + IBig::from(by))),
        }
        return Step::Item(vm.space.int(at));
    }
    match add(vm, now, iter.a.get()) {
        Ok(Some(next)) => {
            iter.b.set(next);
            Step::Item(now)
        }
        Ok(None) => Step::Code,
        Err(_) => Step::Raised,
    }
}

fn step_repeat(iter: Gc<Iter>) -> Step {
    let left = iter.at.get();
    if left == 0 {
        return Step::End;
    }
    iter.at.set((left - 1).max(-1));
    Step::Item(iter.a.get())
}

fn step_cycle(vm: &mut Vm, iter: Gc<Iter>, depth: u32) -> Step {
    let saved = list_of(iter.b.get());
    if !iter.a.get().is_none() {
        match pull(vm, iter.a.get(), depth) {
            Step::Item(item) => {
                saved.push(item);
                return Step::Item(item);
            }
            Step::End if saved.is_empty() => return finish(iter),
            Step::End => iter.a.set(Value::NONE),
            other => return other,
        }
    }
    let at = iter.at.get() as usize;
    let item = saved.get(at).expect("within the list");
    iter.at.set(if at + 1 == saved.len() { 0 } else { at as i64 + 1 });
    Step::Item(item)
}

fn step_chain(vm: &mut Vm, chain: Gc<Iter>, depth: u32) -> Step {
    loop {
        let active = chain.b.get();
        if !active.is_undef() {
            match pull(vm, active, depth) {
                Step::End => chain.b.set(Value::UNDEF),
                other => return other,
            }
        }
        let outer = chain.a.get();
        if !step::is_plain(outer, depth) {
            return Step::Code;
        }
        match pull(vm, outer, depth) {
            Step::Item(iterable) => match iter::builtin_iter(vm, iterable) {
                Some(inner) => {
                    chain.b.set(inner);
                    if !step::is_plain(inner, depth + 1) {
                        return Step::Code;
                    }
                }
                // It waits here to be iterated by code.
                None => {
                    chain.b.set(iterable);
                    return Step::Code;
                }
            },
            Step::End => return finish(chain),
            Step::Raised => {
                finish(chain);
                return Step::Raised;
            }
            Step::Code => return Step::Code,
        }
    }
}

fn step_slice(vm: &mut Vm, iter: Gc<Iter>, depth: u32) -> Step {
    let bounds = list_of(iter.b.get());
    let [next, stop, by] = bounds.edit(|bounds| match bounds[..] {
        [next, stop, by, ..] => [next, stop, by].map(|bound| bound.as_int().unwrap_or(0)),
        _ => [0; 3],
    });
    let mut taken = iter.at.get();
    loop {
        if taken >= next && stop >= 0 && taken >= stop {
            return finish(iter);
        }
        let item = match pull(vm, iter.a.get(), depth) {
            Step::Item(item) => item,
            Step::End => return finish(iter),
            other => return other,
        };
        taken += 1;
        iter.at.set(taken);
        if taken > next {
            let after = next.saturating_add(by);
            let after = if stop >= 0 { after.min(stop) } else { after };
            bounds.set(0, Value::int(after.min(Value::MAX_INT)));
            return Step::Item(item);
        }
        if taken & 0xFFFF == 0 && Cx::of(vm).check_interrupt().is_err() {
            return Step::Raised;
        }
    }
}

fn step_accumulate(vm: &mut Vm, iter: Gc<Iter>, depth: u32) -> Step {
    let total = iter.b.get();
    match iter.at.get() {
        stage::INITIAL => {
            iter.at.set(stage::RUNNING);
            return Step::Item(total);
        }
        stage::WAITING => return Step::Code,
        _ => {}
    }
    let item = match pull(vm, iter.a.get(), depth) {
        Step::Item(item) => item,
        other => return other,
    };
    if iter.at.get() == stage::EMPTY {
        iter.at.set(stage::RUNNING);
        iter.b.set(item);
        return Step::Item(item);
    }
    match add(vm, total, item) {
        Ok(Some(sum)) => {
            iter.b.set(sum);
            Step::Item(sum)
        }
        Ok(None) => {
            let both = vm.space.list(vec![iter.a.get(), item]);
            iter.a.set(Value::object(both));
            iter.at.set(stage::WAITING);
            Step::Code
        }
        Err(_) => Step::Raised,
    }
}

fn step_pairwise(vm: &mut Vm, iter: Gc<Iter>, depth: u32) -> Step {
    if iter.b.get().is_undef() {
        match pull(vm, iter.a.get(), depth) {
            Step::Item(first) => iter.b.set(first),
            Step::End => return finish(iter),
            other => return other,
        }
    }
    match pull(vm, iter.a.get(), depth) {
        Step::Item(item) => {
            let pair = [iter.b.get(), item];
            iter.b.set(item);
            tuple_of(vm, &pair)
        }
        Step::End => finish(iter),
        other => other,
    }
}

fn step_product(vm: &mut Vm, iter: Gc<Iter>) -> Step {
    let (Some(pools), Some(state)) = (iter.a.get().cast::<Tuple>(), iter.b.get().cast::<List>())
    else {
        return finish(iter);
    };
    let pool = |i: usize| pools.as_slice()[i].cast::<Tuple>().expect("made so");
    let n = pools.len();
    if iter.at.get() == 0 {
        iter.at.set(1);
        if (0..n).any(|i| pool(i).as_slice().is_empty()) {
            return finish(iter);
        }
        let items: Vec<Value> = (0..n).map(|i| pool(i).as_slice()[0]).collect();
        state.edit(|state| {
            state.resize(n, Value::int(0));
            state.extend(&items);
        });
        return tuple_of(vm, &items);
    }
    let more = state.edit(|state| {
        for i in (0..n).rev() {
            let pool = pool(i);
            let next = state[i].as_int().unwrap_or(0) as usize + 1;
            if let Some(&item) = pool.as_slice().get(next) {
                state[i] = Value::int(next as i64);
                state[n + i] = item;
                return Some(vm.space.tuple(&state[n..]));
            }
            state[i] = Value::int(0);
            state[n + i] = pool.as_slice()[0];
        }
        None
    });
    match more {
        Some(items) => Step::Item(Value::object(items)),
        None => finish(iter),
    }
}

fn step_combinations(vm: &mut Vm, iter: Gc<Iter>) -> Step {
    let (Some(pool), Some(state)) = (iter.a.get().cast::<Tuple>(), iter.b.get().cast::<List>())
    else {
        return finish(iter);
    };
    let (pool, r) = (pool.as_slice(), iter.guard.get() as usize);
    let again = iter.kind == IterKind::Replacements;
    if iter.at.get() == 0 {
        iter.at.set(1);
        if if again { pool.is_empty() && r > 0 } else { r > pool.len() } {
            return finish(iter);
        }
        let first = |i: usize| if again { 0 } else { i };
        let items: Vec<Value> = (0..r).map(|i| pool[first(i)]).collect();
        state.edit(|state| {
            state.extend((0..r).map(|i| Value::int(first(i) as i64)));
            state.extend(&items);
        });
        return tuple_of(vm, &items);
    }
    let more = state.edit(|state| {
        let at = |state: &[Value], i: usize| state[i].as_int().unwrap_or(0) as usize;
        let last = |i: usize| if again { pool.len() - 1 } else { i + pool.len() - r };
        let i = (0..r).rev().find(|&i| at(state, i) != last(i))?;
        let mut index = at(state, i) + 1;
        for j in i..r {
            state[j] = Value::int(index as i64);
            state[r + j] = pool[index];
            if !again {
                index += 1;
            }
        }
        Some(vm.space.tuple(&state[r..]))
    });
    match more {
        Some(items) => Step::Item(Value::object(items)),
        None => finish(iter),
    }
}

fn step_permutations(vm: &mut Vm, iter: Gc<Iter>) -> Step {
    let (Some(pool), Some(state)) = (iter.a.get().cast::<Tuple>(), iter.b.get().cast::<List>())
    else {
        return finish(iter);
    };
    let (pool, r) = (pool.as_slice(), iter.guard.get() as usize);
    let n = pool.len();
    if iter.at.get() == 0 {
        iter.at.set(1);
        if r > n {
            return finish(iter);
        }
        state.edit(|state| {
            state.extend((0..n).map(|i| Value::int(i as i64)));
            state.extend((0..r).map(|i| Value::int((n - i) as i64)));
            state.extend(&pool[..r]);
        });
        return tuple_of(vm, &pool[..r]);
    }
    let more = state.edit(|state| {
        for i in (0..r).rev() {
            let cycle = state[n + i].as_int().unwrap_or(0) as usize - 1;
            if cycle == 0 {
                state[i..n].rotate_left(1);
                state[n + i] = Value::int((n - i) as i64);
                continue;
            }
            state[n + i] = Value::int(cycle as i64);
            state.swap(i, n - cycle);
            for k in i..r {
                state[n + r + k] = pool[state[k].as_int().unwrap_or(0) as usize];
            }
            return Some(vm.space.tuple(&state[n + r..]));
        }
        None
    });
    match more {
        Some(items) => Step::Item(Value::object(items)),
        None => finish(iter),
    }
}

fn step_zip_longest(vm: &mut Vm, iter: Gc<Iter>, depth: u32) -> Step {
    let sources = list_of(iter.a.get());
    if iter.at.get() == 0 {
        return finish(iter);
    }
    // Short results need no allocation of their own.
    const FEW: usize = 4;
    let count = sources.len();
    let mut few = [iter.b.get(); FEW];
    let mut many = Vec::new();
    if count > FEW {
        many.resize(count, iter.b.get());
    }
    let items = if count > FEW { &mut many[..] } else { &mut few[..count] };
    for (i, place) in items.iter_mut().enumerate() {
        let source = sources.get(i).unwrap_or(Value::NONE);
        if source.is_none() {
            continue;
        }
        match pull(vm, source, depth) {
            Step::Item(item) => *place = item,
            Step::End => {
                iter.at.set(iter.at.get() - 1);
                if iter.at.get() == 0 {
                    return finish(iter);
                }
                sources.edit(|sources| sources[i] = Value::NONE);
            }
            other => return other,
        }
    }
    tuple_of(vm, items)
}

fn step_batched(vm: &mut Vm, iter: Gc<Iter>, depth: u32) -> Step {
    let size = iter.at.get() as usize;
    // Short results need no allocation of their own.
    const FEW: usize = 8;
    let mut few = [Value::UNDEF; FEW];
    let mut many = Vec::new();
    let mut len = 0;
    while len < size {
        match pull(vm, iter.a.get(), depth) {
            Step::Item(item) if size > FEW => many.push(item),
            Step::Item(item) => few[len] = item,
            Step::End => {
                let full = iter.b.get() == Value::TRUE;
                finish(iter);
                if len == 0 {
                    return Step::End;
                }
                if full {
                    raise::error(vm, T::ValueError, "batched(): incomplete batch");
                    return Step::Raised;
                }
                break;
            }
            other => return other,
        }
        len += 1;
        if len & 0xFFFF == 0 && Cx::of(vm).check_interrupt().is_err() {
            return Step::Raised;
        }
    }
    tuple_of(vm, if size > FEW { &many } else { &few[..len] })
}

fn step_tee(vm: &mut Vm, iter: Gc<Iter>, depth: u32) -> Step {
    if let Some(item) = tee_known(vm, iter) {
        return Step::Item(item);
    }
    let source = list_of(iter.a.get()).get(1).unwrap_or(Value::NONE);
    if iter.guard.get() == 0 {
        return Step::Code;
    }
    match pull(vm, source, depth) {
        Step::Item(item) => {
            tee_add(iter, item);
            Step::Item(item)
        }
        other => other,
    }
}

/// The next item of a `tee`, if another one was there before.
fn tee_known(vm: &Vm, iter: Gc<Iter>) -> Option<Value> {
    let mut block = list_of(iter.a.get());
    if iter.at.get() as usize >= TEE_BLOCK {
        let next = block.get(0).unwrap_or(Value::NONE);
        block = next.cast::<List>().unwrap_or_else(|| {
            let source = block.get(1).unwrap_or(Value::NONE);
            let next = vm.space.list(vec![Value::NONE, source]);
            block.edit(|block| block[0] = Value::object(next));
            next
        });
        iter.a.set(Value::object(block));
        iter.at.set(2);
    }
    let item = block.get(iter.at.get() as usize)?;
    iter.at.set(iter.at.get() + 1);
    Some(item)
}

/// Keeps an item for the others.
fn tee_add(iter: Gc<Iter>, item: Value) {
    let len = list_of(iter.a.get()).edit(|block| {
        block.push(item);
        block.len()
    });
    iter.at.set(len as i64);
}

impl Cx {
    /// The steps of an iterator are written from now on (`value/iter.rs`).
    pub fn mark_written(&self, iter: Gc<Iter>) {
        // SAFETY: a live object; flags are a plain field.
        unsafe { (*iter.header()).flags |= WRITTEN };
    }

    /// What a `tee` has got from its source by code of the program.
    pub fn tee_item(&self, iter: Gc<Iter>, item: Value) {
        tee_add(iter, item);
    }

    /// What a tool gives natively that may need code in the end, and whether that was all; None for
    /// other iterators.
    pub fn drain_some(&mut self, iterator: Value) -> Result<Option<(Vec<Value>, bool)>, Stop> {
        use IterKind::{Accumulate, Chain, Compress, GroupBy, Grouper};
        let kinds = [Chain, Accumulate, Compress, GroupBy, Grouper];
        let Some(iter) = iterator.cast::<Iter>().filter(|iter| kinds.contains(&iter.kind)) else {
            return Ok(None);
        };
        let mut items = Vec::new();
        match drain_into(self.vm_mut(), iter, &mut items, 0)? {
            Step::Raised => Err(Stop::Raised),
            end => Ok(Some((items, matches!(end, Step::End)))),
        }
    }
}

/// So many items more are all right, if nobody has interrupted.
fn more(vm: &mut Vm, items: &Vec<Value>) -> Result<(), Stop> {
    Cx::of(vm).check_interrupt()?;
    if items.len() > MAX_BYTES || !budget::grants_push(items) {
        return Err(Cx::of(vm).error_with(T::MemoryError, &[]));
    }
    Ok(())
}

/// Steps an iterator until it gives no more items natively: how that ended.
pub(super) fn drain_into(
    vm: &mut Vm,
    iter: Gc<Iter>,
    items: &mut Vec<Value>,
    depth: u32,
) -> Result<Step, Stop> {
    // Short ones need no storage that grows.
    const ROOM: usize = 16;
    if items.capacity() == 0 {
        items.reserve(ROOM);
    }
    if iter.header.flags == 0 && depth < 50 {
        match iter.kind {
            IterKind::List => {
                let at = iter.at.get() as usize;
                if let Some(list) = iter.a.get().cast::<List>() {
                    list.edit(|all| items.extend_from_slice(all.get(at..).unwrap_or(&[])));
                }
                return Ok(finish(iter));
            }
            IterKind::Tuple => {
                let at = iter.at.get() as usize;
                if let Some(tuple) = iter.a.get().cast::<Tuple>() {
                    items.extend_from_slice(tuple.as_slice().get(at..).unwrap_or(&[]));
                }
                return Ok(finish(iter));
            }
            IterKind::Repeat => {
                let left = iter.at.get();
                let fits = |n: usize| budget::grants((items.len() + n) * 2 * size_of::<Value>());
                if (0..1 << 24).contains(&left) && fits(left as usize) {
                    iter.at.set(0);
                    items.resize(items.len() + left as usize, iter.a.get());
                    return Ok(Step::End);
                }
            }
            IterKind::SequenceReverse => {
                if let Some(text) = iter.a.get().cast::<Str>() {
                    let rest = text.offset((iter.at.get() + 1) as usize);
                    let mut rest = &text.as_bytes()[..rest];
                    while !rest.is_empty() {
                        let (before, char) = rest.split_at(rest.len() - wtf8::decode_last(rest).1);
                        items.push(Value::object(vm.space.str_of_char(char)));
                        rest = before;
                    }
                    return Ok(finish(iter));
                }
            }
            IterKind::Slice if iter.guard.get() != 0 => return drain_slice(vm, iter, items, depth),
            IterKind::Chain => return drain_chain(vm, iter, items, depth),
            _ => {}
        }
    }
    loop {
        let step = match lean_step(vm, iter) {
            Some(item) => Step::Item(item),
            None => step::step(vm, iter, depth),
        };
        match step {
            Step::Item(item) => items.push(item),
            other => return Ok(other),
        }
        if items.len().is_multiple_of(1 << 16) {
            more(vm, items)?;
        }
    }
}

/// The same of a slice, whose state is written back at the end only.
fn drain_slice(
    vm: &mut Vm,
    iter: Gc<Iter>,
    items: &mut Vec<Value>,
    depth: u32,
) -> Result<Step, Stop> {
    let bounds = list_of(iter.b.get());
    let bound = |i: usize| bounds.get(i).and_then(|v| v.as_int()).unwrap_or(0);
    let (mut next, stop, by) = (bound(0), bound(1), bound(2));
    let mut taken = iter.at.get();
    let source = iter.a.get();
    let end = loop {
        if taken >= next && stop >= 0 && taken >= stop {
            break Ok(Step::End);
        }
        let item = match pull(vm, source, depth) {
            Step::Item(item) => item,
            other => break Ok(other),
        };
        taken += 1;
        if taken > next {
            next = next.saturating_add(by);
            if stop >= 0 {
                next = next.min(stop);
            }
            items.push(item);
        }
        if taken & 0xFFFF == 0
            && let Err(stop) = more(vm, items)
        {
            break Err(stop);
        }
    };
    if let Ok(Step::End) = end {
        return Ok(finish(iter));
    }
    iter.at.set(taken);
    bounds.set(0, Value::int(next.min(Value::MAX_INT)));
    end
}

fn drain_chain(
    vm: &mut Vm,
    chain: Gc<Iter>,
    items: &mut Vec<Value>,
    depth: u32,
) -> Result<Step, Stop> {
    let mut seen = items.len();
    loop {
        if let Some(active) = chain.b.get().cast::<Iter>() {
            match drain_into(vm, active, items, depth + 1)? {
                Step::End => chain.b.set(Value::UNDEF),
                other => return Ok(other),
            }
        }
        // The next iterable, with its first item.
        match step_chain(vm, chain, depth) {
            Step::Item(item) => items.push(item),
            other => return Ok(other),
        }
        if items.len() - seen >= 1 << 16 {
            seen = items.len();
            more(vm, items)?;
        }
    }
}
