//! Subscripts and slices.

use dashu_int::IBig;

use super::pc::{Base, Ip, Pc, reg};
use super::{Cx, Stop, Vm, call, ops, raise, unwind};
use crate::code::op::{Word, word};
use crate::gc::Gc;
use crate::plain::index;
use crate::plain::int::Int;
use crate::value::class::overrides;
use crate::value::frame::{DST_MASK, Ret};
use crate::value::{
    ByteArray, Bytes, Class, Deque, Dict, Instance, List, Range, Slice, Str, T, Tuple, Value,
};

// ---- reading

/// An item of a list, tuple or ASCII string at an inline index: no errors, no negative numbers.
#[inline(always)]
unsafe fn quick_item(vm: *mut Vm, container: Value, index: i64) -> Option<Value> {
    // SAFETY: I2; so throughout this file.
    unsafe {
        if let Some(list) = container.cast::<List>() {
            let (items, len) = list.raw();
            return if (index as u64) < len as u64 {
                Some(*items.add(index as usize))
            } else {
                None
            };
        }
        if let Some(text) = container.cast::<Str>() {
            let bytes = text.as_bytes();
            return if text.is_ascii() && (index as u64) < bytes.len() as u64 {
                let byte = *bytes.get_unchecked(index as usize);
                Some(Value::object((*vm).space.char(byte)))
            } else {
                None
            };
        }
        if let Some(tuple) = container.cast::<Tuple>() {
            return tuple.as_slice().get(usize::try_from(index).ok()?).copied();
        }
        None
    }
}

#[inline(always)]
pub unsafe fn get(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let (container, key) = (reg!(base, word::b(w)), reg!(base, word::c(w)));
        if !key.is_int() {
            return Pc::DECLINE;
        }
        match quick_item(vm, container, key.int_unchecked()) {
            Some(item) => reg!(base, word::a(w)) = item,
            None => return Pc::DECLINE,
        }
        Pc::new(ip, base)
    }
}

#[inline(always)]
pub unsafe fn get_imm(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        match quick_item(vm, reg!(base, word::b(w)), word::sc(w)) {
            Some(item) => reg!(base, word::a(w)) = item,
            None => return Pc::DECLINE,
        }
        Pc::new(ip, base)
    }
}

pub unsafe fn get_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let (container, key) = (reg!(base, word::b(w)), reg!(base, word::c(w)));
        if let Some(dict) = container.cast::<Dict>() {
            // The common case before anything else.
            if let Some(value) = quick_entry(&*vm, dict, key) {
                reg!(base, word::a(w)) = value;
                return Pc::new(ip, base);
            }
        } else if let Some(dict) = plain_derived(&*vm, container) {
            return get_derived(vm, ip, base, container, dict, key, w & DST_MASK);
        }
        get_value(vm, ip, base, container, key, w & DST_MASK)
    }
}

/// The value under a key that is there and is a string or small integer.
#[inline(always)]
fn quick_entry(vm: &Vm, dict: Gc<Dict>, key: Value) -> Option<Value> {
    let place = if let Some(text) = key.cast::<Str>() {
        dict.table().find_str(vm.space.str_hash(text), text)
    } else if key.is_int() {
        dict.table().find_bits(crate::plain::hash::inline_int(key.int_unchecked()) as u64, key)
    } else {
        None
    };
    place.filter(|_| !dict.is_namespace()).map(|place| dict.table().value_at(place))
}

/// The dict inside an instance of a class derived from `dict`, which leaves subscripts and `in` as
/// they are.
#[inline(always)]
pub fn plain_derived(vm: &Vm, container: Value) -> Option<Gc<Dict>> {
    let dict = container.cast::<Instance>()?.payload()?.cast::<Dict>()?;
    (!vm.space.class_of(container).has(overrides::ITEM)).then_some(dict)
}

/// `container[key]` where that is the dict's affair: what is not there is up to `__missing__`.
#[inline(never)]
unsafe fn get_derived(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    container: Value,
    dict: Gc<Dict>,
    key: Value,
    info: u64,
) -> Pc {
    unsafe {
        if let Some(value) = quick_entry(&*vm, dict, key) {
            return call::finish(vm, ip, base, info, value);
        }
        match Cx::of(&mut *vm).dict_get(dict, key) {
            Ok(Some(value)) => return call::finish(vm, ip, base, info, value),
            Ok(None) => {}
            Err(_) => return unwind::unwind(vm, ip, base),
        }
        let class = (*vm).space.class_of(container);
        let Some(missing) = (*vm).space.lookup(class, (*vm).names.__missing__) else {
            raise::with_args(&*vm, T::KeyError, &[key]);
            return unwind::unwind(vm, ip, base);
        };
        match call::bind_special(&mut *vm, missing, container) {
            Ok((func, Some(this))) => call::invoke(vm, ip, base, func, &[this, key], info),
            Ok((func, None)) => call::invoke(vm, ip, base, func, &[key], info),
            Err(_) => unwind::unwind(vm, ip, base),
        }
    }
}

pub unsafe fn get_imm_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let (container, key) = (reg!(base, word::b(w)), Value::int(word::sc(w)));
        if let Some(dict) = plain_derived(&*vm, container) {
            return get_derived(vm, ip, base, container, dict, key, w & DST_MASK);
        }
        get_value(vm, ip, base, container, key, w & DST_MASK)
    }
}

unsafe fn get_value(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    container: Value,
    key: Value,
    info: u64,
) -> Pc {
    unsafe {
        match Cx::of(&mut *vm).item_plain(container, key) {
            Ok(Some(value)) => call::finish(vm, ip, base, info, value),
            Ok(None) => get_by_method(vm, ip, base, container, key, info),
            Err(_) => unwind::unwind(vm, ip, base),
        }
    }
}

unsafe fn get_by_method(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    container: Value,
    key: Value,
    info: u64,
) -> Pc {
    unsafe {
        let class = (*vm).space.class_of(container);
        if let Some(method) = (*vm).space.lookup(class, (*vm).names.__getitem__) {
            return match call::bind_special(&mut *vm, method, container) {
                Ok((func, Some(this))) => call::invoke(vm, ip, base, func, &[this, key], info),
                Ok((func, None)) => call::invoke(vm, ip, base, func, &[key], info),
                Err(_) => unwind::unwind(vm, ip, base),
            };
        }
        if container.is::<Class>() {
            let name = (*vm).names.__class_getitem__;
            let holder: Gc<Class> = container.cast_unchecked();
            // The class's own, not one that the metaclass has for itself.
            let own = (*vm).space.lookup(holder, name).is_some();
            let method =
                if own { Cx::of(&mut *vm).get_optional(container, name) } else { Ok(None) };
            match method {
                Ok(Some(method)) if !method.is_none() => {
                    return call::invoke(vm, ip, base, method, &[key], info);
                }
                Ok(_) => {
                    let name = container.cast::<Class>().expect("just checked").name_text();
                    let text = format!("type '{name}' is not subscriptable");
                    raise::error(&*vm, T::TypeError, &text);
                }
                Err(_) => {}
            }
            return unwind::unwind(vm, ip, base);
        }
        let text = format!("'{}' object is not subscriptable", (*vm).space.class_text(class));
        raise::error(&*vm, T::TypeError, &text);
        unwind::unwind(vm, ip, base)
    }
}

pub(super) const BAD_BOUND: &str =
    "slice indices must be integers or None or have an __index__ method";

impl Cx {
    /// The value under a key that is there and is a string or small integer.
    #[inline]
    pub fn quick_entry(&self, dict: Gc<Dict>, key: Value) -> Option<Value> {
        quick_entry(self.vm(), dict, key)
    }

    /// `container[key]` for built-in containers; None for everything else.
    pub fn item_plain(&mut self, container: Value, key: Value) -> Result<Option<Value>, Stop> {
        if let Some(item) = key.as_int().and_then(|i| self.item_quickly(container, i)) {
            return Ok(Some(item));
        }
        if let Some(dict) = container.cast::<Dict>() {
            return match self.dict_get(dict, key)? {
                Some(value) => Ok(Some(value)),
                None => Err(self.error_with(T::KeyError, &[key])),
            };
        }
        if let Some(slice) = key.cast::<Slice>()
            && (container.is::<List>() || container.is::<Str>() || container.is::<Tuple>())
        {
            return self.slice_plain(container, slice).map(Some);
        }
        let (what, len) = if let Some(list) = container.cast::<List>() {
            ("list", list.len())
        } else if let Some(tuple) = container.cast::<Tuple>() {
            ("tuple", tuple.len())
        } else if let Some(text) = container.cast::<Str>() {
            ("string", text.len())
        } else if let Some(bytes) = container.cast::<Bytes>() {
            ("index", bytes.as_slice().len())
        } else if let Some(bytes) = container.cast::<ByteArray>() {
            ("bytearray", bytes.edit(|d| d.len()))
        } else if let Some(range) = container.cast::<Range>() {
            return self.range_item(range, key).map(Some);
        } else if let Some(deque) = container.cast::<Deque>() {
            return self.deque_item(deque, key).map(Some);
        } else {
            return Ok(None);
        };
        if let Some(slice) = key.cast::<Slice>() {
            return self.slice_plain(container, slice).map(Some);
        }
        let Some(index) = self.index_or_none(key)? else {
            let what = match what {
                "string" => "string indices must be integers, not".to_string(),
                "index" => "byte indices must be integers or slices, not".to_string(),
                other => format!("{other} indices must be integers or slices, not"),
            };
            let name = self.type_name(key);
            let text = if container.is::<Str>() {
                format!("{what} '{name}'")
            } else {
                format!("{what} {name}")
            };
            return Err(self.type_error(&text));
        };
        // The length may have changed: `__index__` can be the program's.
        let len = super::ops::len(self.vm(), container).unwrap_or(len);
        let index = match index {
            Int::Small(i) => i,
            Int::Big(_) => {
                let text = "cannot fit 'int' into an index-sized integer";
                return Err(self.error(T::IndexError, text));
            }
        };
        let Some(at) = index::position(index, len) else {
            let text = match what {
                "index" => "index out of range".to_string(),
                what => format!("{what} index out of range"),
            };
            return Err(self.error(T::IndexError, &text));
        };
        Ok(Some(self.item_at(container, at)))
    }

    /// An item of a sequence, if it is there and needs no thought.
    #[inline]
    fn item_quickly(&self, container: Value, i: i64) -> Option<Value> {
        let at = |len: usize| {
            let at = if i < 0 { i + len as i64 } else { i };
            (at >= 0 && at < len as i64).then_some(at as usize)
        };
        if let Some(text) = container.cast::<Str>() {
            let at = at(text.len()).filter(|_| text.is_ascii())?;
            return Some(Value::object(self.char(text.as_bytes()[at])));
        }
        if let Some(list) = container.cast::<List>() {
            return list.get(at(list.len())?);
        }
        if let Some(tuple) = container.cast::<Tuple>() {
            return Some(tuple.as_slice()[at(tuple.len())?]);
        }
        if let Some(bytes) = container.cast::<Bytes>() {
            let bytes = bytes.as_slice();
            return Some(Value::int(bytes[at(bytes.len())?].into()));
        }
        if let Some(bytes) = container.cast::<ByteArray>() {
            return bytes.edit(|data| Some(Value::int(data[at(data.len())?].into())));
        }
        let deque = container.cast::<Deque>()?;
        deque.get(at(deque.len())?)
    }

    /// The dict that a value is, or that is inside an instance of a class derived from `dict` which
    /// leaves subscripts and `in` as they are.
    pub fn plain_dict(&self, value: Value) -> Option<Gc<Dict>> {
        value.cast::<Dict>().or_else(|| plain_derived(self.vm(), value))
    }

    /// The place that an index of a deque means.
    pub fn deque_place(&mut self, deque: Gc<Deque>, key: Value) -> Result<usize, Stop> {
        let Some(index) = self.index_or_none(key)? else {
            let name = self.type_name(key);
            let text = format!("sequence index must be integer, not '{name}'");
            return Err(self.type_error(&text));
        };
        let Int::Small(index) = index else {
            let text = format!("cannot fit '{}' into an index-sized integer", self.type_name(key));
            return Err(self.error(T::IndexError, &text));
        };
        index::position(index, deque.len())
            .ok_or_else(|| self.error(T::IndexError, "deque index out of range"))
    }

    fn deque_item(&mut self, deque: Gc<Deque>, key: Value) -> Result<Value, Stop> {
        let place = self.deque_place(deque, key)?;
        Ok(deque.get(place).unwrap_or(Value::NONE))
    }

    /// `container[key]` for natives: by the door where code of the program decides.
    pub fn get_item(&mut self, container: Value, key: Value) -> Result<Value, Stop> {
        if let Some(value) = self.item_plain(container, key)? {
            return Ok(value);
        }
        match self.special(container, self.vm().names.__getitem__)? {
            Some(method) => self.call(method, &[key]),
            None => {
                let name = self.type_name(container);
                Err(self.type_error(&format!("'{name}' object is not subscriptable")))
            }
        }
    }

    fn item_at(&self, container: Value, at: usize) -> Value {
        if let Some(list) = container.cast::<List>() {
            list.get(at).unwrap_or(Value::NONE)
        } else if let Some(tuple) = container.cast::<Tuple>() {
            tuple.as_slice()[at]
        } else if let Some(text) = container.cast::<Str>() {
            let start = text.offset(at);
            let end = start + crate::value::str::char_width(text.as_bytes()[start]);
            Value::object(self.substr(text, start, end))
        } else if let Some(bytes) = container.cast::<Bytes>() {
            Value::int(bytes.as_slice()[at].into())
        } else {
            let bytes = container.cast::<ByteArray>().expect("the last kind with items");
            Value::int(bytes.edit(|d| d[at]).into())
        }
    }

    /// An integer by `__index__`; None if there is none.
    #[inline]
    pub fn index_or_none(&mut self, value: Value) -> Result<Option<Int>, Stop> {
        if let Some(i) = value.as_int() {
            return Ok(Some(Int::Small(i)));
        }
        self.index_by_code(value)
    }

    fn index_by_code(&mut self, value: Value) -> Result<Option<Int>, Stop> {
        if let Some(i) = self.integer(value) {
            return Ok(Some(i));
        }
        let Some(method) = self.special(value, self.vm().names.__index__)? else {
            return Ok(None);
        };
        let answer = self.call(method, &[])?;
        let kind = self.type_name(answer);
        let text = format!("__index__ returned non-int (type {kind})");
        let Some(i) = self.integer(answer) else { return Err(self.type_error(&text)) };
        if !self.is_exact(answer, T::Int) {
            self.warn_of_subclass(&text, "int")?;
        }
        Ok(Some(i))
    }

    /// A DeprecationWarning of the program's code.
    pub fn deprecated(&mut self, text: &str) -> Result<(), Stop> {
        let text = self.str_value(text);
        self.call_prelude("_deprecated", &[text]).map(|_| ())
    }

    /// Warns of a conversion that answers with an object of a derived class.
    pub fn warn_of_subclass(&mut self, text: &str, class: &str) -> Result<(), Stop> {
        self.deprecated(&format!(
            "{text}.  The ability to return an instance of a strict subclass of {class} is \
             deprecated, and may be removed in a future version of Python."
        ))
    }

    /// An integer by `__index__`, or TypeError.
    pub fn index(&mut self, value: Value) -> Result<Int, Stop> {
        match self.index_or_none(value)? {
            Some(i) => Ok(i),
            None => Err(self.type_error(&format!(
                "'{}' object cannot be interpreted as an integer",
                self.type_name(value)
            ))),
        }
    }

    /// An integer by `__index__` that fits 64 bits, or OverflowError.
    #[inline]
    pub fn index_i64(&mut self, value: Value) -> Result<i64, Stop> {
        match value.as_int() {
            Some(i) => Ok(i),
            None => self.index_i64_by_code(value),
        }
    }

    fn index_i64_by_code(&mut self, value: Value) -> Result<i64, Stop> {
        match self.index(value)? {
            Int::Small(i) => Ok(i),
            Int::Big(_) => {
                let text = "Python int too large to convert to C ssize_t";
                Err(self.error(T::OverflowError, text))
            }
        }
    }

    /// As `index_i64`, for what says how long something becomes.
    pub fn length_i64(&mut self, value: Value) -> Result<i64, Stop> {
        match self.index(value)? {
            Int::Small(i) => Ok(i),
            Int::Big(_) => {
                let text =
                    format!("cannot fit '{}' into an index-sized integer", self.type_name(value));
                Err(self.error(T::OverflowError, &text))
            }
        }
    }

    /// A bound of a slice: clamped to 64 bits, None if absent.
    pub fn slice_bound(&mut self, value: Value) -> Result<Option<i64>, Stop> {
        if value.is_none() || value.is_undef() {
            return Ok(None);
        }
        if let Some(i) = value.as_int() {
            return Ok(Some(i));
        }
        match self.index_or_none(value)? {
            Some(Int::Small(i)) => Ok(Some(i)),
            Some(Int::Big(big)) => Ok(Some(if big < IBig::ZERO { i64::MIN } else { i64::MAX })),
            None => Err(self.type_error(BAD_BOUND)),
        }
    }

    /// The bounds and step of a slice as given.
    pub fn slice_parts(
        &mut self,
        slice: Gc<Slice>,
    ) -> Result<(Option<i64>, Option<i64>, i64), Stop> {
        let (start, stop, step) = (slice.start.get(), slice.stop.get(), slice.step.get());
        let told = |part: Value| part.is_int() || part.is_none();
        if told(start) && told(stop) && told(step) && step != Value::int(0) {
            return Ok((start.as_int(), stop.as_int(), step.as_int().unwrap_or(1)));
        }
        self.scope(|cx| {
            cx.root(Value::object(slice));
            let step = cx.slice_bound(slice.step.get())?.unwrap_or(1);
            if step == 0 {
                return Err(cx.value_error("slice step cannot be zero"));
            }
            let start = cx.slice_bound(slice.start.get())?;
            let stop = cx.slice_bound(slice.stop.get())?;
            Ok((start, stop, step.max(-i64::MAX)))
        })
    }

    /// A slice applied to a length.
    pub fn slice_bounds(&mut self, slice: Gc<Slice>, len: usize) -> Result<index::Range, Stop> {
        let (start, stop, step) = self.slice_parts(slice)?;
        Ok(index::resolve(start, stop, step, len))
    }

    /// `container[slice]` for built-in sequences.
    fn slice_plain(&mut self, container: Value, slice: Gc<Slice>) -> Result<Value, Stop> {
        let (start, stop, step) = self.slice_parts(slice)?;
        let len = super::ops::len(self.vm(), container).unwrap_or(0);
        let range = index::resolve(start, stop, step, len);
        Ok(self.take(container, range))
    }

    fn take(&self, container: Value, range: index::Range) -> Value {
        if let Some(list) = container.cast::<List>() {
            let items = list.edit(|items| index::taken(items, range));
            return Value::object(self.list(items));
        }
        if let Some(tuple) = container.cast::<Tuple>() {
            let items = tuple.as_slice();
            if range.step == 1 {
                if range.count == items.len() {
                    return container;
                }
                return Value::object(self.tuple(&items[range.start..range.start + range.count]));
            }
            return Value::object(self.tuple(&index::taken(items, range)));
        }
        if let Some(text) = container.cast::<Str>() {
            if range.step == 1 {
                let start = text.offset(range.start);
                let end = text.offset(range.start + range.count);
                return Value::object(self.substr_of_chars(text, start, end, range.count));
            }
            let bytes = if text.is_ascii() {
                index::taken(text.as_bytes(), range)
            } else {
                crate::plain::wtf8::slice_step(
                    text.as_bytes(),
                    range.start,
                    range.step,
                    range.count,
                )
            };
            return Value::object(self.str_wtf8(&bytes));
        }
        if let Some(bytes) = container.cast::<Bytes>() {
            if range.step == 1 {
                let data = &bytes.as_slice()[range.start..range.start + range.count];
                return Value::object(self.bytes(data));
            }
            return Value::object(self.bytes(index::taken(bytes.as_slice(), range)));
        }
        let bytes = container.cast::<ByteArray>().expect("the last kind that is sliced");
        let data = bytes.edit(|data| index::taken(data, range));
        Value::object(self.bytearray(data))
    }

    /// Puts items in the place of `count` others.
    pub fn replace_items(&self, list: Gc<List>, from: usize, count: usize, new: &[Value]) {
        let grown = list.edit(|items| {
            if new.len() == count {
                items[from..from + count].copy_from_slice(new);
                return 0;
            }
            let before = items.capacity();
            items.splice(from..from + count, new.iter().copied());
            items.capacity().saturating_sub(before)
        });
        self.heap.charge(grown * size_of::<Value>());
    }
}

// ---- writing

#[inline(always)]
pub unsafe fn set(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let (container, key) = (reg!(base, word::a(w)), reg!(base, word::b(w)));
        let Some(list) = container.cast::<List>() else {
            return Pc::DECLINE;
        };
        if !key.is_int() {
            return Pc::DECLINE;
        }
        let (items, len) = list.raw();
        let index = key.int_unchecked();
        if index as u64 >= len as u64 {
            return Pc::DECLINE;
        }
        *items.add(index as usize) = reg!(base, word::c(w));
        Pc::new(ip, base)
    }
}

pub unsafe fn set_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let (container, key) = (reg!(base, word::a(w)), reg!(base, word::b(w)));
        set_value(vm, ip, base, container, key, reg!(base, word::c(w)))
    }
}

/// `container[key] = value` on behalf of the activation at `base`.
pub unsafe fn set_value(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    container: Value,
    key: Value,
    value: Value,
) -> Pc {
    unsafe {
        if let Some(dict) = container.cast::<Dict>() {
            if super::probe::set_quickly(&*vm, dict, key, value) {
                return Pc::new(ip, base);
            }
            return match Cx::of(&mut *vm).dict_set(dict, key, value) {
                Ok(()) => Pc::new(ip, base),
                Err(_) => unwind::unwind(vm, ip, base),
            };
        }
        if let Some(list) = container.cast::<List>()
            && !key.is::<Slice>()
        {
            return match Cx::of(&mut *vm).set_list_item(list, key, Some(value)) {
                Ok(()) => Pc::new(ip, base),
                Err(_) => unwind::unwind(vm, ip, base),
            };
        }
        if let Some(bytes) = container.cast::<ByteArray>()
            && let (Some(at), Some(byte)) = (key.as_int(), value.as_int())
            && let Ok(byte) = u8::try_from(byte)
            && let Some(at) = index::position(at, bytes.edit(|data| data.len()))
        {
            bytes.edit(|data| data[at] = byte);
            return Pc::new(ip, base);
        }
        if let Some(dict) = plain_derived(&*vm, container) {
            if super::probe::set_quickly(&*vm, dict, key, value) {
                return Pc::new(ip, base);
            }
            return match Cx::of(&mut *vm).dict_set(dict, key, value) {
                Ok(()) => Pc::new(ip, base),
                Err(_) => unwind::unwind(vm, ip, base),
            };
        }
        let name = (*vm).names.__setitem__;
        by_method(vm, ip, base, container, &[key, value], name, "item assignment")
    }
}

unsafe fn by_method(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    container: Value,
    args: &[Value],
    name: Gc<Str>,
    what: &str,
) -> Pc {
    unsafe {
        match Cx::of(&mut *vm).special(container, name) {
            Ok(Some(method)) => call::invoke(vm, ip, base, method, args, Ret::Discard as u64),
            Ok(None) => {
                unsettable(&*vm, container, args, what);
                unwind::unwind(vm, ip, base)
            }
            Err(_) => unwind::unwind(vm, ip, base),
        }
    }
}

/// The exception for items that cannot be set or deleted: of what might be a sequence, deleting by
/// index has words of its own; a class that can do the other one has a place for both.
#[cold]
fn unsettable(vm: &Vm, container: Value, args: &[Value], what: &str) -> Stop {
    let class = vm.space.class_of(container);
    let deletes = what == "item deletion";
    let names = [vm.names.__setitem__, vm.names.__delitem__];
    if vm.space.lookup(class, names[usize::from(!deletes)]).is_some() {
        let name = names[usize::from(deletes)].lossy().into_owned();
        return raise::error(vm, T::AttributeError, &name);
    }
    let has = |name| vm.space.lookup(class, name).is_some();
    let by_index = args[0].is_int() || vm.space.isinstance(args[0], T::Int);
    let sequence = class.is_user() || has(vm.names.__contains__) || has(vm.names.__len__);
    let verb = if deletes && by_index && sequence { "doesn't" } else { "does not" };
    let text = format!("'{}' object {verb} support {what}", vm.space.class_text(class));
    raise::error(vm, T::TypeError, &text)
}

impl Cx {
    /// Stores into a list, or removes an item, at any kind of index.
    pub fn set_list_item(
        &mut self,
        list: Gc<List>,
        key: Value,
        value: Option<Value>,
    ) -> Result<(), Stop> {
        let Some(index) = self.index_or_none(key)? else {
            let text =
                format!("list indices must be integers or slices, not {}", self.type_name(key));
            return Err(self.type_error(&text));
        };
        let Int::Small(index) = index else {
            let text = "cannot fit 'int' into an index-sized integer";
            return Err(self.error(T::IndexError, text));
        };
        let Some(at) = index::position(index, list.len()) else {
            return Err(self.error(T::IndexError, "list assignment index out of range"));
        };
        match value {
            Some(value) => list.set(at, value),
            None => list.edit(|items| {
                items.remove(at);
            }),
        }
        Ok(())
    }
}

pub unsafe fn del(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe { del_value(vm, ip, base, reg!(base, word::a(w)), reg!(base, word::b(w))) }
}

/// `del container[key]` on behalf of the activation at `base`.
pub unsafe fn del_value(vm: *mut Vm, ip: Ip, base: Base, container: Value, key: Value) -> Pc {
    unsafe {
        if let Some(dict) = container.cast::<Dict>() {
            return match Cx::of(&mut *vm).dict_remove(dict, key) {
                Ok(Some(_)) => Pc::new(ip, base),
                Ok(None) => {
                    raise::with_args(&*vm, T::KeyError, &[key]);
                    unwind::unwind(vm, ip, base)
                }
                Err(_) => unwind::unwind(vm, ip, base),
            };
        }
        if let Some(list) = container.cast::<List>()
            && !key.is::<Slice>()
        {
            return match Cx::of(&mut *vm).set_list_item(list, key, None) {
                Ok(()) => Pc::new(ip, base),
                Err(_) => unwind::unwind(vm, ip, base),
            };
        }
        let name = (*vm).names.__delitem__;
        by_method(vm, ip, base, container, &[key], name, "item deletion")
    }
}

// ---- slices

pub unsafe fn get_slice(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let container = reg!(base, word::b(w));
        let (lower, upper) = (reg!(base, word::c(w)), reg!(base, word::c(w) + 1));
        let small = |v: Value| v.is_int() || v.is_none();
        if small(lower)
            && small(upper)
            && (container.is::<Str>() || container.is::<List>() || container.is::<Tuple>())
        {
            let len = ops::len(&*vm, container).unwrap_or(0);
            let range = index::resolve(lower.as_int(), upper.as_int(), 1, len);
            reg!(base, word::a(w)) = Cx::of(&mut *vm).take(container, range);
            return Pc::new(ip, base);
        }
        let slice = Value::object((*vm).space.slice(lower, upper, Value::NONE));
        get_value(vm, ip, base, container, slice, w & DST_MASK)
    }
}

pub unsafe fn set_slice(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let container = reg!(base, word::a(w));
        let (lower, upper) = (reg!(base, word::b(w)), reg!(base, word::b(w) + 1));
        let small = |v: Value| v.is_int() || v.is_none();
        if let Some(list) = container.cast::<List>()
            && let Some(new) = reg!(base, word::c(w)).cast::<List>()
            && new != list
            && small(lower)
            && small(upper)
        {
            let range = index::resolve(lower.as_int(), upper.as_int(), 1, list.len());
            let from = range.start.min(list.len());
            new.edit(|new| Cx::of(&mut *vm).replace_items(list, from, range.count, new));
            return Pc::new(ip, base);
        }
        let slice = Value::object((*vm).space.slice(lower, upper, Value::NONE));
        set_value(vm, ip, base, container, slice, reg!(base, word::c(w)))
    }
}

pub unsafe fn build_slice(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let b = word::b(w);
        let slice = (*vm).space.slice(reg!(base, b), reg!(base, b + 1), reg!(base, b + 2));
        reg!(base, word::a(w)) = Value::object(slice);
    }
    unsafe { Pc::new(ip, base) }
}
