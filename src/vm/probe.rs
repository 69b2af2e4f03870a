//! Hash tables with arbitrary keys: hashing, and equality that may be the program's.
//!
//! The tables never run code (`value/table.rs`); here is the loop that asks `__eq__` by the door
//! and starts over when the table changed under it.

use super::numeric::Number;
use super::{Cx, Flow, Order, Outcome, Stop, Vm};
use crate::gc::{Gc, Signals};
use crate::plain::int::Int;
use crate::plain::{MAX_BYTES, hash};
use crate::value::class::overrides;
use crate::value::set::{Elements, Unsure};
use crate::value::table::{KeyEq, Probe};
use crate::value::{
    BoundMethod, Bytes, Deque, Dict, DictView, Instance, Iter, IterKind, List, MappingProxy, Range,
    Set, Slice, Space, Str, T, Tuple, Value, ViewKind,
};

// ---- hashing

/// The hash of a string or an inline integer.
#[inline(always)]
fn hash_of_plain(vm: &Vm, value: Value) -> Option<u64> {
    if let Some(i) = value.as_int() {
        return Some(hash::inline_int(i) as u64);
    }
    value.cast::<Str>().map(|text| vm.space.str_hash(text))
}

/// The hash of a value that needs no code of the program; None if it does, or is unhashable.
pub fn hash_plain(vm: &Vm, value: Value) -> Option<u64> {
    hash_of_plain(vm, value).or_else(|| hash_other(vm, value, 0))
}

fn hash_other(vm: &Vm, value: Value, depth: u32) -> Option<u64> {
    if let Some(tuple) = value.cast::<Tuple>() {
        let mut state = hash::Tuple::default();
        for &item in tuple.as_slice() {
            state.push(hash_inner(vm, item, depth)? as i64);
        }
        return Some(state.finish() as u64);
    }
    if !value.is::<Instance>()
        && let Some(n) = super::numeric::number(vm, value)
    {
        return Some(match n {
            Number::Small(i) => hash::int(i) as u64,
            Number::Big(big) => hash::big(&big.value) as u64,
            Number::Float(f) => hash::float(f).unwrap_or(0) as u64,
            Number::Complex(re, im) => {
                let part = |f: f64| hash::float(f).unwrap_or(0);
                hash::complex(part(re), part(im)) as u64
            }
        });
    }
    if value.is_none() {
        return Some(0xFCA8_6420);
    }
    if value.is_special() {
        return Some(value.bits() >> 1);
    }
    if let Some(bytes) = value.cast::<Bytes>() {
        if bytes.hash.get() == 0 {
            bytes.hash.set(vm.space.bytes_hash(bytes.as_slice()));
        }
        return Some(bytes.hash.get());
    }
    if let Some(set) = value.cast::<Set>() {
        if !set.is_frozen() {
            return None;
        }
        if set.hash.get() == 0 {
            let hashes = set.elements().iter().map(|e| e.hash as i64);
            set.hash.set(hash::frozenset(hashes) as u64);
        }
        return Some(set.hash.get());
    }
    if let Some(range) = value.cast::<Range>() {
        let len = super::range::len(vm, range);
        let zero = len == dashu_int::IBig::ZERO;
        let one = len == dashu_int::IBig::ONE;
        let parts = [
            super::numeric::int_value(vm, Int::from(len)),
            if zero { Value::NONE } else { range.start.get() },
            if zero || one { Value::NONE } else { range.step.get() },
        ];
        let mut state = hash::Tuple::default();
        for part in parts {
            state.push(hash_inner(vm, part, depth)? as i64);
        }
        return Some(state.finish() as u64);
    }
    if value.is::<List>()
        || value.is::<Dict>()
        || value.is::<Deque>()
        || value.is::<crate::value::ByteArray>()
    {
        return None;
    }
    if let Some(slice) = value.cast::<Slice>() {
        let mut state = hash::Tuple::default();
        for part in [slice.start.get(), slice.stop.get(), slice.step.get()] {
            state.push(hash_inner(vm, part, depth)? as i64);
        }
        return Some(state.finish() as u64);
    }
    if let Some(method) = value.cast::<BoundMethod>() {
        let this = hash_plain(vm, identity(method.this.get()))?;
        return Some(this ^ hash_plain(vm, identity(method.func.get()))?);
    }
    let class = vm.space.class_of(value);
    if class.has(overrides::EQ | overrides::HASH) || super::order::answers_equality(value) {
        return None;
    }
    if let Some(instance) = value.cast::<Instance>()
        && let Some(payload) = instance.payload()
    {
        return hash_inner(vm, payload, depth);
    }
    Some(address_hash(value))
}

/// The hash of a part of something at `depth`; None if that is too deep for the native stack, or
/// Ctrl-C is waiting: `Cx::hash` tells.
fn hash_inner(vm: &Vm, part: Value, depth: u32) -> Option<u64> {
    if let Some(i) = part.as_int() {
        return Some(hash::inline_int(i) as u64);
    }
    match part.cast::<Str>() {
        Some(text) => Some(vm.space.str_hash(text)),
        None if depth > 200 || vm.signals.is_up(Signals::INTERRUPT) => None,
        None => hash_other(vm, part, depth + 1),
    }
}

fn identity(value: Value) -> Value {
    Value::int((value.bits() as i64) << 16 >> 20)
}

/// The hash of an object that is only equal to itself.
pub fn address_hash(value: Value) -> u64 {
    let address = value.bits() << 16 >> 16;
    address >> 4
}

/// Does CPython place a key with this value at the same slot in every process?
fn is_ordered(vm: &Vm, key: Value, depth: u32) -> bool {
    if !key.is_object() {
        return true;
    }
    if key.is::<Str>() {
        return false;
    }
    if let Some(tuple) = key.cast::<Tuple>() {
        let inner = |&item: &Value| !item.is_object() || is_ordered(vm, item, depth + 1);
        return depth < 50 && tuple.as_slice().iter().all(inner);
    }
    !key.is::<Instance>() && super::numeric::number(vm, key).is_some()
}

/// Adds a constant of a frozenset display.
pub fn add_constant(vm: &Vm, elements: &mut Elements, item: Value) {
    let hash = hash_plain(vm, item).expect("constants hash natively");
    let (probe, _) = elements.probe(hash, 0, |key| key_eq(vm, key, item));
    if let Probe::Absent = probe {
        elements.insert_new(hash, item, is_ordered(vm, item, 0));
    }
}

/// Are two keys of equal hash the same key, as far as can be told without the program?
fn key_eq(vm: &Vm, a: Value, b: Value) -> KeyEq {
    if a == b {
        return KeyEq::Yes;
    }
    if let (Some(a), Some(b)) = (a.cast::<Str>(), b.cast::<Str>()) {
        return if a.equals(&b) { KeyEq::Yes } else { KeyEq::No };
    }
    match super::order::compare_native(vm, a, b, Order::Eq) {
        Ok(Some(true)) => KeyEq::Yes,
        Ok(Some(false)) => KeyEq::No,
        Ok(None) | Err(_) => KeyEq::Unknown,
    }
}

/// Finds a key whose equality needs no code: `Err` if it does.
pub fn find_plain(vm: &Vm, dict: Gc<Dict>, key: Value, hash: u64) -> Result<Option<usize>, ()> {
    let (probe, _) = dict.table().probe(hash, 0, |k| key_eq(vm, k, key));
    match probe {
        Probe::Found(place) if dict.entry_at(place).is_some() => Ok(Some(place)),
        Probe::Found(_) | Probe::Absent => Ok(None),
        Probe::Ask(_) => Err(()),
    }
}

/// Sets an entry whose key is a string or an inline integer: nothing can ask the program there.
/// False for every other key, and for namespaces.
#[inline]
pub fn set_quickly(vm: &Vm, dict: Gc<Dict>, key: Value, value: Value) -> bool {
    if dict.is_namespace() {
        return false;
    }
    let text = key.cast::<Str>();
    match told_hash(vm, dict, key, text) {
        Some(hash) => put_told(vm, dict, (hash, key, text), value),
        None => false,
    }
}

/// Sets an entry with a key of which `told_hash` knows the hash; false if somebody must be asked.
#[inline(always)]
fn put_told(
    vm: &Vm,
    dict: Gc<Dict>,
    (hash, key, text): (u64, Value, Option<Gc<Str>>),
    value: Value,
) -> bool {
    match dict.edit(|table| table.put_plain(hash, key, text, value)) {
        Some(0) => true,
        Some(grown) => {
            vm.space.heap.charge(grown);
            true
        }
        None => false,
    }
}

/// The hash of a string, where no key is foreign, or of an inline integer; None for other keys.
#[inline(always)]
fn told_hash(vm: &Vm, dict: Gc<Dict>, key: Value, text: Option<Gc<Str>>) -> Option<u64> {
    match text {
        Some(text) if !dict.table().has_foreign_keys() => Some(vm.space.str_hash(text)),
        None if key.is_int() => Some(hash::inline_int(key.int_unchecked()) as u64),
        _ => None,
    }
}

/// Is a string or an inline integer a key? None if somebody must be asked.
#[inline]
pub fn has_quickly(vm: &Vm, dict: Gc<Dict>, key: Value) -> Option<bool> {
    if dict.is_namespace() {
        return None;
    }
    if let Some(text) = key.cast::<Str>() {
        if dict.table().has_foreign_keys() {
            return None;
        }
        return Some(dict.table().find_str(vm.space.str_hash(text), text).is_some());
    }
    if !key.is_int() {
        return None;
    }
    let hash = hash::inline_int(key.int_unchecked()) as u64;
    find_int(dict, hash, key).map(|place| place.is_some())
}

/// Adds an inline integer to a set of such; false if somebody must be asked.
#[inline]
pub fn add_quickly(vm: &Vm, set: Gc<Set>, key: Value) -> bool {
    if !key.is_int() {
        return false;
    }
    let hash = hash::inline_int(key.int_unchecked()) as u64;
    match set.edit(|elements| elements.add_plain(hash, key)) {
        Ok(grown) => {
            vm.space.heap.charge(grown.unwrap_or(0));
            true
        }
        Err(Unsure) => false,
    }
}

/// The place of an inline integer; `None` if a key of the same hash must be compared with it.
#[inline]
fn find_int(dict: Gc<Dict>, hash: u64, key: Value) -> Option<Option<usize>> {
    let (probe, _) = dict.table().probe(hash, 0, |other| {
        if other == key {
            KeyEq::Yes
        } else if other.is_int() {
            KeyEq::No
        } else {
            KeyEq::Unknown
        }
    });
    match probe {
        Probe::Found(place) => Some(Some(place)),
        Probe::Absent => Some(None),
        Probe::Ask(_) => None,
    }
}

/// A namespace given by a metaclass's `__prepare__`: only dict subclasses answer here.
pub fn mapping_get(vm: &mut Vm, mapping: Value, name: Gc<Str>) -> Option<Value> {
    let dict = vm.space.unwrap(mapping).cast::<Dict>()?;
    dict.get_str(&vm.space, name)
}

/// The items of a built-in container of exact type, copied; None for everything else.
pub fn plain_items(space: &Space, value: Value) -> Option<Vec<Value>> {
    if let Some(list) = value.cast::<List>() {
        return Some(list.to_vec());
    }
    if let Some(tuple) = value.cast::<Tuple>() {
        return Some(tuple.as_slice().to_vec());
    }
    if let Some(text) = value.cast::<Str>() {
        if text.is_ascii() {
            let chars = text.as_bytes().iter().map(|&b| Value::object(space.char(b)));
            return Some(chars.collect());
        }
        let mut chars = Vec::with_capacity(text.len());
        let mut rest = text.as_bytes();
        while let Some(&first) = rest.first() {
            let (char, after) = rest.split_at(crate::value::str::char_width(first));
            chars.push(Value::object(space.str_of_char(char)));
            rest = after;
        }
        return Some(chars);
    }
    if let Some(dict) = value.cast::<Dict>() {
        return Some(dict.collect(|e| e.key));
    }
    if let Some(view) = value.cast::<DictView>() {
        let dict = view.dict.get().cast::<Dict>()?;
        return Some(match view.what {
            ViewKind::Keys => dict.collect(|e| e.key),
            ViewKind::Values => dict.collect(|e| e.value),
            ViewKind::Items => dict.collect(|e| Value::object(space.tuple(&[e.key, e.value]))),
        });
    }
    if let Some(deque) = value.cast::<Deque>() {
        return Some(deque.to_vec());
    }
    if let Some(set) = value.cast::<Set>() {
        return Some(set.elements().keys());
    }
    if let Some(bytes) = value.cast::<Bytes>() {
        return Some(bytes.as_slice().iter().map(|&b| Value::int(b.into())).collect());
    }
    if let Some(bytes) = value.cast::<crate::value::ByteArray>() {
        return Some(bytes.edit(|d| d.iter().map(|&b| Value::int(b.into())).collect()));
    }
    if let Some(range) = value.cast::<Range>() {
        let (start, stop, step) =
            (range.start.get().as_int()?, range.stop.get().as_int()?, range.step.get().as_int()?);
        let len = super::range::small_len(start, stop, step);
        if len > MAX_BYTES as i64 {
            return None;
        }
        return Some((0..len).map(|i| Value::int(start + i * step)).collect());
    }
    if let Some(iter) = value.cast::<Iter>()
        && matches!(iter.kind, IterKind::Range)
    {
        let (at, len, step) = (iter.at.get(), iter.a.get().as_int()?, iter.b.get().as_int()?);
        if len > MAX_BYTES as i64 {
            return None;
        }
        iter.at.set(at + len * step);
        iter.a.set(Value::int(0));
        return Some((0..len).map(|i| Value::int(at + i * step)).collect());
    }
    None
}

impl Cx {
    /// The items of a built-in container of exact type, copied; None for everything else.
    pub fn plain_items(&self, value: Value) -> Option<Vec<Value>> {
        plain_items(self, value)
    }

    /// Goes on in `run` with a list of what the iterable yields. A native's last act.
    pub fn collect_then(
        &mut self,
        iterable: Value,
        run: fn(&mut Cx, [Value; 3], Outcome) -> Flow,
        state: [Value; 3],
    ) -> Flow {
        if let Some(items) = plain_items(self, iterable) {
            let list = Value::object(self.list(items));
            return run(self, state, Ok(list));
        }
        if let Some(range) = iterable.cast::<Range>()
            && super::range::len(self.vm(), range) > dashu_int::IBig::from(MAX_BYTES)
        {
            return Err(self.error_with(T::MemoryError, &[]));
        }
        if let Some(items) = self.drain(iterable)? {
            let list = Value::object(self.list(items));
            return run(self, state, Ok(list));
        }
        let mapped = self.scope(|cx| {
            state.iter().for_each(|&value| {
                cx.root(value);
            });
            cx.drain_mapped(iterable)
        })?;
        if let Some(items) = mapped {
            let list = Value::object(self.list(items));
            return run(self, state, Ok(list));
        }
        if let Some((items, ended)) = self.drain_some(iterable)? {
            let list = Value::object(self.list(items));
            if ended {
                return run(self, state, Ok(list));
            }
            let extend = self.vm().prelude("_extend");
            return self.call_then(extend, &[list, iterable], run, state);
        }
        let is_frame = iterable.is::<crate::value::Frame>();
        let collect = self.vm().prelude(if is_frame { "_collect_all" } else { "_collect" });
        self.call_then(collect, &[iterable], run, state)
    }

    /// What `object.__hash__` says: the hash of something that is only equal to itself.
    pub fn identity_hash(&self, value: Value) -> u64 {
        address_hash(value)
    }

    /// The hash of a value, by the door where the program decides.
    pub fn hash(&mut self, value: Value) -> Result<u64, Stop> {
        if let Some(hash) = hash_plain(self.vm(), value) {
            return Ok(hash);
        }
        self.check_interrupt()?;
        if let Some(tuple) = value.cast::<Tuple>() {
            return self.deeper(|cx| {
                let mut state = hash::Tuple::default();
                for i in 0..tuple.len() {
                    state.push(cx.hash(tuple.as_slice()[i])? as i64);
                }
                Ok(state.finish() as u64)
            });
        }
        if let Some(slice) = value.cast::<Slice>() {
            return self.deeper(|cx| {
                let mut state = hash::Tuple::default();
                for part in [&slice.start, &slice.stop, &slice.step] {
                    state.push(cx.hash(part.get())? as i64);
                }
                Ok(state.finish() as u64)
            });
        }
        if let Some(proxy) = value.cast::<MappingProxy>() {
            return self.deeper(|cx| cx.hash(proxy.mapping.get()));
        }
        let class = self.class_of(value);
        let method = self.lookup(class, self.vm().names.__hash__);
        let Some(method) = method.filter(|m| !m.is_none()) else {
            let text = format!("unhashable type: '{}'", self.type_name(value));
            return Err(self.type_error(&text));
        };
        let (func, this) = super::call::bind_special(self.vm_mut(), method, value)?;
        // The callers go on with the value, and what holds it may have let go.
        let kept = self.root(value);
        let answer = match this {
            Some(this) => self.call(func, &[this]),
            None => self.call(func, &[]),
        };
        self.drop_root(kept);
        let answer = answer?;
        match self.integer(answer) {
            Some(Int::Small(i)) => Ok(if i == -1 { -2i64 as u64 } else { i as u64 }),
            Some(Int::Big(big)) => Ok(hash::big(&big) as u64),
            None => Err(self.type_error("__hash__ method should return an integer")),
        }
    }

    /// Place of a key in a dict.
    pub fn dict_find(
        &mut self,
        dict: Gc<Dict>,
        key: Value,
        hash: u64,
    ) -> Result<Option<usize>, Stop> {
        self.dict_find_with(dict, key, hash, Value::NONE)
    }

    /// As `dict_find`; the key and `value` outlive what code of the program does meanwhile.
    fn dict_find_with(
        &mut self,
        dict: Gc<Dict>,
        key: Value,
        hash: u64,
        value: Value,
    ) -> Result<Option<usize>, Stop> {
        if let Some(text) = key.cast::<Str>()
            && !dict.table().has_foreign_keys()
        {
            let place = dict.table().find_str(hash, text);
            return Ok(place.filter(|&p| !dict.is_namespace() || dict.entry_at(p).is_some()));
        }
        if key.is_int()
            && !dict.is_namespace()
            && let Some(place) = find_int(dict, hash, key)
        {
            return Ok(place);
        }
        'again: loop {
            let version = dict.table().version();
            let mut from = 0;
            loop {
                let vm = self.vm();
                let (probe, step) = dict.table().probe(hash, from, |k| key_eq(vm, k, key));
                match probe {
                    Probe::Found(place) => {
                        return Ok(dict.entry_at(place).is_some().then_some(place));
                    }
                    Probe::Absent => return Ok(None),
                    Probe::Ask(place) => {
                        let other = dict.table().entry_at(place).expect("just met").key;
                        let equal = self.equal_keeping(other, key, value)?;
                        if dict.table().version() != version {
                            continue 'again;
                        }
                        if equal {
                            return Ok(Some(place));
                        }
                        from = step;
                    }
                }
            }
        }
    }

    /// Are the keys equal? `key` and `value` stay alive, whatever holds them.
    fn equal_keeping(&mut self, other: Value, key: Value, value: Value) -> Result<bool, Stop> {
        let kept = self.root(key);
        self.root(value);
        let equal = self.equal(other, key);
        self.drop_root(kept);
        equal
    }

    pub fn dict_get_hashed(
        &mut self,
        dict: Gc<Dict>,
        key: Value,
        hash: u64,
    ) -> Result<Option<Value>, Stop> {
        Ok(self.dict_find(dict, key, hash)?.map(|place| dict.value_at(place)))
    }

    pub fn dict_get(&mut self, dict: Gc<Dict>, key: Value) -> Result<Option<Value>, Stop> {
        let hash = self.hash(key)?;
        self.dict_get_hashed(dict, key, hash)
    }

    /// Sets an entry whose key is a string or an inline integer; false if it is not done so fast.
    #[inline]
    pub fn dict_set_quickly(&self, dict: Gc<Dict>, key: Value, value: Value) -> bool {
        set_quickly(self.vm(), dict, key, value)
    }

    pub fn dict_set(&mut self, dict: Gc<Dict>, key: Value, value: Value) -> Result<(), Stop> {
        if set_quickly(self.vm(), dict, key, value) {
            return Ok(());
        }
        let hash = self.hash(key)?;
        self.dict_set_hashed(dict, key, hash, value)
    }

    pub fn dict_set_hashed(
        &mut self,
        dict: Gc<Dict>,
        key: Value,
        hash: u64,
        value: Value,
    ) -> Result<(), Stop> {
        if dict.is_namespace()
            && let Some(text) = key.cast::<Str>()
        {
            let text = self.intern_str(text);
            dict.set_str(self, text, value);
            return Ok(());
        }
        let text = key.cast::<Str>();
        if !dict.is_namespace()
            && (key.is_int() || text.is_some() && !dict.table().has_foreign_keys())
            && put_told(self.vm(), dict, (hash, key, text), value)
        {
            return Ok(());
        }
        match self.dict_find_with(dict, key, hash, value)? {
            Some(place) => dict.set_value_at(place, value),
            None => dict.insert_new(self, hash, key, value),
        }
        Ok(())
    }

    /// Removes a key; None if it was absent.
    pub fn dict_remove(&mut self, dict: Gc<Dict>, key: Value) -> Result<Option<Value>, Stop> {
        let text = key.cast::<Str>();
        if !dict.is_namespace()
            && let Some(hash) = told_hash(self.vm(), dict, key, text)
            && let Some(value) = dict.edit(|table| table.take_plain(hash, key, text))
        {
            return Ok((!value.is_undef()).then_some(value));
        }
        let hash = self.hash(key)?;
        Ok(self.dict_find(dict, key, hash)?.map(|place| dict.remove_at(place)))
    }

    /// Place of a key in a set.
    pub fn set_find(&mut self, set: Gc<Set>, key: Value, hash: u64) -> Result<Option<usize>, Stop> {
        if let Ok(place) = set.elements().find_plain(hash, key) {
            return Ok(place);
        }
        'again: loop {
            let version = set.elements().version();
            let mut from = 0;
            loop {
                let vm = self.vm();
                let (probe, step) = set.elements().probe(hash, from, |k| key_eq(vm, k, key));
                match probe {
                    Probe::Found(place) => return Ok(Some(place)),
                    Probe::Absent => return Ok(None),
                    Probe::Ask(place) => {
                        let other = set.elements().key_at(place);
                        let equal = self.equal_keeping(other, key, Value::NONE)?;
                        if set.elements().version() != version {
                            continue 'again;
                        }
                        if equal {
                            return Ok(Some(place));
                        }
                        from = step;
                    }
                }
            }
        }
    }

    /// `key in set`. A set as the key stands for the frozenset of its elements.
    pub fn set_contains(&mut self, set: Gc<Set>, key: Value) -> Result<bool, Stop> {
        if let Some(hash) = hash_of_plain(self.vm(), key)
            && let Ok(place) = set.elements().find_plain(hash, key)
        {
            return Ok(place.is_some());
        }
        let hash = match self.unwrap(key).cast::<Set>() {
            Some(inner) if !inner.is_frozen() && !self.class_of(key).has(overrides::HASH) => {
                hash::frozenset(inner.elements().iter().map(|e| e.hash as i64)) as u64
            }
            _ => self.hash(key)?,
        };
        Ok(self.set_find(set, key, hash)?.is_some())
    }

    /// Adds a key; false if it was there.
    pub fn set_add(&mut self, set: Gc<Set>, key: Value) -> Result<bool, Stop> {
        let hash = self.hash(key)?;
        self.set_add_hashed(set, key, hash)
    }

    /// Adds a key that is known to be absent.
    pub fn set_insert_new(&self, set: Gc<Set>, key: Value, hash: u64) {
        let ordered = is_ordered(self.vm(), key, 0);
        let grown = set.edit(|elements| elements.insert_new(hash, key, ordered));
        if grown > 0 {
            self.heap.charge(grown);
        }
    }

    /// Adds the keys at the start that can be told from others without asking; how many these are.
    pub fn set_add_plain(&self, set: Gc<Set>, keys: &[Value]) -> usize {
        set.edit(|elements| {
            let mut grown = 0;
            let is_told = |&&key: &&Value| {
                let Some(hash) = hash_of_plain(self.vm(), key) else { return false };
                let added = elements.add_plain(hash, key);
                grown += added.as_ref().map_or(0, |grown| grown.unwrap_or(0));
                added.is_ok()
            };
            let told = keys.iter().take_while(is_told).count();
            self.heap.charge(grown);
            told
        })
    }

    pub fn set_add_hashed(&mut self, set: Gc<Set>, key: Value, hash: u64) -> Result<bool, Stop> {
        if let Ok(added) = set.edit(|elements| elements.add_plain(hash, key)) {
            self.heap.charge(added.unwrap_or(0));
            return Ok(added.is_some());
        }
        let ordered = is_ordered(self.vm(), key, 0);
        if let Some(grown) = set.edit(|elements| elements.add_first(hash, key, ordered)) {
            self.heap.charge(grown);
            return Ok(true);
        }
        if self.set_find(set, key, hash)?.is_some() {
            return Ok(false);
        }
        self.set_insert_new(set, key, hash);
        Ok(true)
    }

    /// Removes a key; false if it was absent.
    pub fn set_remove(&mut self, set: Gc<Set>, key: Value) -> Result<bool, Stop> {
        if let Some(hash) = hash_of_plain(self.vm(), key)
            && let Ok(was_there) = set.edit(|elements| elements.remove_plain(hash, key))
        {
            return Ok(was_there);
        }
        let hash = match self.unwrap(key).cast::<Set>() {
            Some(inner) if !inner.is_frozen() && !self.class_of(key).has(overrides::HASH) => {
                hash::frozenset(inner.elements().iter().map(|e| e.hash as i64)) as u64
            }
            _ => self.hash(key)?,
        };
        match self.set_find(set, key, hash)? {
            Some(place) => {
                set.edit(|elements| elements.remove_at(place));
                Ok(true)
            }
            None => Ok(false),
        }
    }
}
