//! Iteration: `iter()`, the `for` instruction, and stepping the built-in iterators.

use super::iter_tools::drain_into;
use super::pc::{Base, Ip, Pc, reg, taken};
use super::step::{Pair, finish, is_plain, lean_step, step, step_pair};
use super::{
    Cx, Flow, Outcome, Resumption, Stop, Vm, call, ops, raise, range, safepoint, suspend, unwind,
};
use crate::code::op::{Word, word};
use crate::gc::Gc;
use crate::value::frame::{DST_MASK, Ret, state};
use crate::value::iter::WRITTEN;
use crate::value::{
    ByteArray, Bytes, Class, Deque, Dict, DictView, Frame, Iter, IterKind, List, Native,
    NativeKind, Range, Set, Space, Str, T, Tuple, Value, ViewKind,
};

/// What a step of a built-in iterator gave.
pub enum Step {
    Item(Value),
    End,
    /// Code of the program must run: call `__next__`.
    Code,
    Raised,
}

/// The built-in iterator over a built-in value.
pub fn builtin_iter(vm: &Vm, value: Value) -> Option<Value> {
    let space = &vm.space;
    let make = |id: T, kind: IterKind| Value::object(space.iter(id, kind, value, Value::UNDEF, 0));
    let with_guard = |id: T, kind: IterKind, source: Value, guard: u32| {
        let iter = space.iter(id, kind, source, Value::UNDEF, 0);
        iter.guard.set(guard);
        Value::object(iter)
    };
    if value.is::<List>() {
        return Some(make(T::ListIter, IterKind::List));
    }
    if let Some(range) = value.cast::<Range>() {
        let (start, stop, step) = (range.start.get(), range.stop.get(), range.step.get());
        // Near the ends of the word the last addition would not fit.
        const EDGE: i64 = 1 << 48;
        if let (Some(a), Some(b), Some(c)) = (start.as_int(), stop.as_int(), step.as_int())
            && a.abs() < EDGE
            && b.abs() < EDGE
            && c.abs() < EDGE
        {
            let left = Value::int(range::small_len(a, b, c));
            return Some(Value::object(space.iter(T::RangeIter, IterKind::Range, left, step, a)));
        }
        return Some(make(T::RangeIter, IterKind::BigRange));
    }
    if value.is::<Tuple>() {
        return Some(make(T::TupleIter, IterKind::Tuple));
    }
    if let Some(text) = value.cast::<Str>() {
        return Some(make(str_iter_type(text), IterKind::Str));
    }
    if let Some(dict) = value.cast::<Dict>() {
        let guard = dict.len() as u32;
        return Some(with_guard(T::DictKeyIter, IterKind::DictKeys, value, guard));
    }
    if let Some(view) = value.cast::<DictView>() {
        let (id, kind) = match view.what {
            ViewKind::Keys => (T::DictKeyIter, IterKind::DictKeys),
            ViewKind::Values => (T::DictValueIter, IterKind::DictValues),
            ViewKind::Items => (T::DictItemIter, IterKind::DictItems),
        };
        let source = view.dict.get();
        if let Some(dict) = source.cast::<Dict>()
            && view.is_ordered(space)
        {
            return Some(ordered_iter(space, dict, kind, 0));
        }
        let guard = ops::len(vm, source).unwrap_or(0) as u32;
        return Some(with_guard(id, kind, source, guard));
    }
    if let Some(set) = value.cast::<Set>() {
        return Some(with_guard(T::SetIter, IterKind::Set, value, set.len() as u32));
    }
    if let Some(deque) = value.cast::<Deque>() {
        return Some(with_guard(T::DequeIter, IterKind::Deque, value, deque.changes.get()));
    }
    if value.is::<Bytes>() {
        return Some(make(T::BytesIter, IterKind::Bytes));
    }
    if value.is::<ByteArray>() {
        return Some(make(T::ByteArrayIter, IterKind::ByteArray));
    }
    if value.is::<Iter>() {
        return Some(value);
    }
    if let Some(frame) = value.cast::<Frame>()
        && frame.kind() == state::GENERATOR
    {
        return Some(value);
    }
    None
}

/// CPython has a type of its own for texts of nothing but ASCII.
pub fn str_iter_type(text: Gc<Str>) -> T {
    if text.is_ascii() { T::StrIter } else { T::WideStrIter }
}

/// An iterator over an `OrderedDict`, which also notices that keys were moved.
pub fn ordered_iter(space: &Space, dict: Gc<Dict>, kind: IterKind, at: i64) -> Value {
    let iter = space.iter(T::OdictIter, kind, Value::object(dict), Value::UNDEF, at);
    iter.guard.set(dict.table().version());
    Value::object(iter)
}

/// Does the type say that it can be iterated?
pub fn is_iterable(vm: &Vm, value: Value) -> bool {
    if builtin_iter(vm, value).is_some() {
        return true;
    }
    let class = vm.space.class_of(value);
    match vm.space.lookup(class, vm.names.__iter__) {
        Some(method) => !method.is_none(),
        None => has_items(vm, class),
    }
}

/// Can objects of the class be iterated by index? What stands in brackets behind an object of a
/// built-in type is no index, unless the type says by `__iter__` that it is a sequence.
pub fn has_items(vm: &Vm, class: Gc<Class>) -> bool {
    vm.space.lookup(class, vm.names.__getitem__).is_some_and(|method| {
        method.cast::<Native>().is_none_or(|native| native.kind != NativeKind::Method)
    })
}

fn not_iterable(vm: &Vm, value: Value) -> Stop {
    let text = format!("'{}' object is not iterable", vm.space.type_name(value));
    raise::error(vm, T::TypeError, &text)
}

pub unsafe fn get_iter(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    // SAFETY: I3; so throughout this file.
    unsafe {
        let value = reg!(base, word::b(w));
        let flow = match word::ext(w) {
            0 => Cx::of(&mut *vm).iter_then(value),
            _ => {
                if let Some(frame) = value.cast::<Frame>() {
                    Frame::own_if_made_at(frame, ip.sub(1));
                }
                Cx::of(&mut *vm).iter_of(value, own_iter_made)
            }
        };
        call::settle(vm, ip, base, w & DST_MASK, flow)
    }
}

impl Cx {
    /// Steps what yields pairs of plain sources, without making tuples of them; None where only
    /// `step` knows, and at the end.
    pub fn step_pair(&self, iter: Gc<Iter>) -> Option<(Value, Value)> {
        match step_pair(self.vm(), iter) {
            Pair::Items(x, y) => Some((x, y)),
            Pair::End => {
                finish(iter);
                None
            }
            Pair::Other => None,
        }
    }

    /// `iter(value)`, as a native's last act.
    pub fn iter_then(&mut self, value: Value) -> Flow {
        self.iter_of(value, iter_made)
    }

    /// The same; `made` gets the function that was called.
    fn iter_of(&mut self, value: Value, made: Resumption) -> Flow {
        if let Some(iter) = builtin_iter(self.vm(), value) {
            return Ok(iter);
        }
        let class = self.class_of(value);
        if let Some(method) = self.lookup(class, self.vm().names.__iter__) {
            if method.is_none() {
                return Err(not_iterable(self.vm(), value));
            }
            let (func, this) = call::bind_special(self.vm_mut(), method, value)?;
            let args: Vec<Value> = this.into_iter().collect();
            return self.call_then(func, &args, made, [func, Value::NONE, Value::NONE]);
        }
        if has_items(self.vm(), class) {
            let kind = IterKind::Sequence;
            return Ok(Value::object(self.iter(T::SequenceIter, kind, value, Value::UNDEF, 0)));
        }
        Err(not_iterable(self.vm(), value))
    }

    /// `next(iterator)`, as a native's last act; StopIteration is pending at the end.
    pub fn next_then(&mut self, iterator: Value) -> Flow {
        if let Some(iter) = iterator.cast::<Iter>() {
            match self.step(iter) {
                Step::Item(item) => return Ok(item),
                Step::End => return Err(self.error_with(T::StopIteration, &[])),
                Step::Raised => return Err(Stop::Raised),
                Step::Code => {}
            }
        }
        match self.special(iterator, self.vm().names.__next__)? {
            Some(method) => self.tail(method, &[]),
            None => {
                let text = format!("'{}' object is not an iterator", self.type_name(iterator));
                Err(self.type_error(&text))
            }
        }
    }

    /// As `next_then`, going on in `run` with the item or the exception.
    pub fn next_into(
        &mut self,
        iterator: Value,
        run: fn(&mut Cx, [Value; 3], Outcome) -> Flow,
        state: [Value; 3],
    ) -> Flow {
        if let Some(iter) = iterator.cast::<Iter>() {
            match self.step(iter) {
                Step::Item(item) => return run(self, state, Ok(item)),
                Step::End => {
                    let stop = self.error_with(T::StopIteration, &[]);
                    return run(self, state, Err(stop));
                }
                Step::Raised => return run(self, state, Err(Stop::Raised)),
                Step::Code => {}
            }
        }
        match self.special(iterator, self.vm().names.__next__)? {
            Some(method) => self.call_then(method, &[], run, state),
            None => {
                let text = format!("'{}' object is not an iterator", self.type_name(iterator));
                Err(self.type_error(&text))
            }
        }
    }

    /// The built-in iterator over a built-in value.
    pub fn builtin_iter(&self, value: Value) -> Option<Value> {
        builtin_iter(self.vm(), value)
    }

    /// An iterator over an `OrderedDict` from a place on.
    pub fn ordered_iter(&self, dict: Gc<Dict>, kind: IterKind, at: i64) -> Value {
        ordered_iter(self, dict, kind, at)
    }

    /// Does the type say that it can be iterated?
    pub fn is_iterable(&self, value: Value) -> bool {
        is_iterable(self.vm(), value)
    }

    /// Can all of the iterator be stepped without code of the program?
    pub fn is_plain_iter(&self, iter: Gc<Iter>) -> bool {
        is_plain(Value::object(iter), 0)
    }

    /// What is left in a built-in iterator that needs no code of the program; None for others.
    pub fn drain(&mut self, iterator: Value) -> Result<Option<Vec<Value>>, Stop> {
        let Some(iter) = iterator.cast::<Iter>().filter(|iter| self.is_plain_iter(*iter)) else {
            return Ok(None);
        };
        if iter.kind == IterKind::ListReverse
            && let Some(list) = iter.a.get().cast::<List>()
        {
            let left = (iter.at.get() + 1).max(0) as usize;
            // Where the list has lost the next item, nothing follows.
            let left = if left > list.len() { 0 } else { left };
            let items = list.edit(|items| items.iter().take(left).rev().copied().collect());
            finish(iter);
            return Ok(Some(items));
        }
        let mut items = Vec::new();
        match drain_into(self.vm_mut(), iter, &mut items, 0)? {
            Step::Raised => Err(Stop::Raised),
            _ => Ok(Some(items)),
        }
    }

    /// Marks a built-in iterator as exhausted.
    pub fn finish_iter(&self, iter: Gc<Iter>) {
        finish(iter);
    }

    /// One step of a built-in iterator.
    #[inline]
    pub fn step(&mut self, iter: Gc<Iter>) -> Step {
        match lean_step(self.vm(), iter) {
            Some(item) => Step::Item(item),
            None => step(self.vm_mut(), iter, 0),
        }
    }
}

/// What `__iter__` has made for a loop.
fn own_iter_made(cx: &mut Cx, state: [Value; 3], outcome: Outcome) -> Flow {
    if let Some(frame) = outcome.as_ref().ok().and_then(|made| made.cast::<Frame>()) {
        Frame::own_if_made_by(frame, state[0]);
    }
    iter_made(cx, state, outcome)
}

fn iter_made(cx: &mut Cx, _: [Value; 3], outcome: Outcome) -> Flow {
    let made = outcome?;
    let class = cx.class_of(made);
    if cx.lookup(class, cx.vm().names.__next__).is_some() || made.is::<Iter>() {
        return Ok(made);
    }
    let text = format!("iter() returned non-iterator of type '{}'", class.name_text());
    Err(cx.type_error(&text))
}

// ---- the `for` instruction

#[inline(always)]
pub unsafe fn for_iter(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let iterator = reg!(base, word::b(w));
        if (*vm).interrupted() || !iterator.is_object() {
            return Pc::DECLINE;
        }
        if let Some(iter) = iterator.cast::<Iter>() {
            if iter.kind == IterKind::Range {
                let left = iter.a.get();
                if !Value::int_lt(Value::int(0), left) {
                    return Pc::new(ip, base);
                }
                iter.a.set(Value::int(left.int_unchecked() - 1));
                let at = iter.at.get();
                iter.at.set(at + iter.b.get().int_unchecked());
                reg!(base, word::a(w)) = Value::int(at);
                return Pc::new(taken(ip, word::sc(w)), base);
            }
            if iter.kind == IterKind::List
                && let Some(list) = iter.a.get().cast::<List>()
            {
                let (items, len) = list.raw();
                let at = iter.at.get();
                if (at as u64) < len as u64 {
                    iter.at.set(at + 1);
                    reg!(base, word::a(w)) = *items.add(at as usize);
                    return Pc::new(taken(ip, word::sc(w)), base);
                }
            }
            return Pc::APART;
        }
        Pc::DECLINE
    }
}

/// Other containers as long as they are not at their end.
#[inline(always)]
pub unsafe fn for_iter_apart(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let Some(iter) = reg!(base, word::b(w)).cast::<Iter>() else { return Pc::DECLINE };
        if word::ext(w) == 1 {
            return Pc::DECLINE;
        }
        match lean_step(&*vm, iter) {
            Some(item) => {
                reg!(base, word::a(w)) = item;
                Pc::new(taken(ip, word::sc(w)), base)
            }
            None => Pc::DECLINE,
        }
    }
}

/// The cold side: generators first, which the hot side would only hold up.
#[inline(always)]
pub unsafe fn for_iter_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        if let Some(frame) = reg!(base, word::b(w)).cast::<Frame>()
            && !(*vm).interrupted()
        {
            let pc = suspend::for_frame(vm, ip, base, frame.as_ptr(), w);
            if !pc.ip.is_null() {
                return pc;
            }
        } else if let Some(iter) = reg!(base, word::b(w)).cast::<Iter>()
            && !(*vm).interrupted()
        {
            if word::ext(w) != 1 {
                return for_iter_other(vm, ip, base, w);
            }
            let body = taken(ip, word::sc(w));
            match step_pair(&*vm, iter) {
                Pair::Items(x, y) => {
                    let first = base.add(word::b(*body));
                    *first = x;
                    *first.add(1) = y;
                    return Pc::new(body.add(1), base);
                }
                Pair::End => {
                    finish(iter);
                    return Pc::new(ip, base);
                }
                Pair::Other => {}
            }
        }
        for_iter_other(vm, ip, base, w)
    }
}

#[inline(never)]
unsafe fn for_iter_other(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        if (*vm).interrupted()
            && let Err(pc) = safepoint::poll(vm, ip, base)
        {
            return pc;
        }
        let iterator = reg!(base, word::b(w));
        if let Some(iter) = iterator.cast::<Iter>() {
            match step(&mut *vm, iter, 0) {
                Step::Item(item) => {
                    reg!(base, word::a(w)) = item;
                    return Pc::new(taken(ip, word::sc(w)), base);
                }
                Step::End => return Pc::new(ip, base),
                Step::Raised => return unwind::unwind(vm, ip, base),
                Step::Code => {}
            }
            // `map` over one plain source: the function is called in the place of `__next__`.
            if let Some((function, source)) = mapped(iter) {
                match step(&mut *vm, source, 0) {
                    Step::Item(item) => {
                        let info = w & DST_MASK | Ret::Next as u64;
                        if iter.kind == IterKind::StarMap {
                            return call_starred(vm, ip, base, function, item, info);
                        }
                        return call::invoke(vm, ip, base, function, &[item], info);
                    }
                    Step::End => return Pc::new(ip, base),
                    Step::Raised => return unwind::unwind(vm, ip, base),
                    Step::Code => {}
                }
            }
            if let Some(frame) = written(iter) {
                let frame = frame.as_ptr();
                let pc = suspend::for_frame(vm, ip, base, frame, w);
                if !pc.ip.is_null() {
                    return pc;
                }
                let info = w & DST_MASK | Ret::ForFrame as u64;
                return suspend::resume(vm, ip, base, frame, Value::NONE, info);
            }
        }
        if let Some(frame) = iterator.cast::<Frame>() {
            let frame = frame.as_ptr();
            if (*frame).kind() == state::GENERATOR {
                if (*frame).state() == state::FINISHED {
                    return Pc::new(ip, base);
                }
                let info = w & DST_MASK | Ret::ForFrame as u64;
                return suspend::resume(vm, ip, base, frame, Value::NONE, info);
            }
        }
        let class = (*vm).space.class_of(iterator);
        match (*vm).space.lookup(class, (*vm).names.__next__) {
            Some(method) => {
                let info = w & DST_MASK | Ret::Next as u64;
                match call::bind_special(&mut *vm, method, iterator) {
                    Ok((func, Some(this))) => call::invoke(vm, ip, base, func, &[this], info),
                    Ok((func, None)) => call::invoke(vm, ip, base, func, &[], info),
                    Err(_) => unwind::unwind(vm, ip, base),
                }
            }
            None => {
                let text = format!("'{}' object is not an iterator", class.name_text());
                raise::error(&*vm, T::TypeError, &text);
                unwind::unwind(vm, ip, base)
            }
        }
    }
}

/// `__next__` has returned an item for the `ForIter` in front of `ip`.
pub unsafe fn next_arrived(ip: Ip, base: Base, value: Value) -> Pc {
    unsafe {
        let w = *ip.sub(1);
        reg!(base, word::a(w)) = value;
        Pc::new(taken(ip, word::sc(w)), base)
    }
}

pub unsafe fn close_iter(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let iterator = reg!(base, word::a(w));
        match iterator.cast::<Frame>() {
            Some(frame) if frame.is_owned() && frame.state() == state::SUSPENDED => {
                // What closing does is not this loop's exception, if one is on its way: it stays
                // in its register.
                let flow = Cx::of(&mut *vm).let_go(frame);
                call::settle(vm, ip, base, Ret::Discard as u64, flow)
            }
            _ => Pc::new(ip, base),
        }
    }
}

/// The function and the source of a `map` or `starmap` over one built-in iterator.
fn mapped(iter: Gc<Iter>) -> Option<(Value, Gc<Iter>)> {
    if !matches!(iter.kind, IterKind::Map | IterKind::StarMap) {
        return None;
    }
    let sources = iter.b.get().cast::<List>().filter(|sources| sources.len() == 1)?;
    Some((iter.a.get(), sources.get(0)?.cast::<Iter>()?))
}

/// Calls a function with the arguments that an item of a `starmap` is.
#[inline(never)]
unsafe fn call_starred(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    function: Value,
    item: Value,
    info: u64,
) -> Pc {
    unsafe {
        if let Some(tuple) = item.cast::<Tuple>() {
            return call::invoke(vm, ip, base, function, tuple.as_slice(), info);
        }
        let starred = (*vm).prelude("_call_starred");
        call::invoke(vm, ip, base, starred, &[function, item], info)
    }
}

/// The generator that makes the steps of an iterator, unless it has to be made first.
pub fn written(iter: Gc<Iter>) -> Option<Gc<Frame>> {
    if iter.header.flags & WRITTEN == 0 {
        return None;
    }
    iter.a.get().cast::<Frame>().filter(|frame| frame.state() != state::FINISHED)
}
