//! Building: containers, strings, functions, and taking sequences apart.

use super::pc::{Base, Ip, Pc, reg};
use super::{Cx, Stop, Vm, call, construct, probe, raise, unwind};
use crate::code::Capture;
use crate::code::op::{HEADER, NO_REG, Word, word};
use crate::gc::{Gc, budget};
use crate::plain;
use crate::value::frame::{DST_MASK, FUNCTION, Ret};
use crate::value::set::Elements;
use crate::value::{Cell, Dict, Function, List, Set, Str, T, Tuple, Value};

/// The registers of a run.
unsafe fn run<'a>(base: Base, w: Word) -> &'a [Value] {
    // SAFETY: I3; so throughout this file. The slice is used before anything can write registers.
    unsafe { std::slice::from_raw_parts(base.add(word::b(w)), word::c(w)) }
}

pub unsafe fn list(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let list = (*vm).space.list(run(base, w).to_vec());
        reg!(base, word::a(w)) = Value::object(list);
    }
    unsafe { Pc::new(ip, base) }
}

pub unsafe fn tuple(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let tuple = (*vm).space.tuple(run(base, w));
        reg!(base, word::a(w)) = Value::object(tuple);
    }
    unsafe { Pc::new(ip, base) }
}

pub unsafe fn set(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let set = (*vm).space.set(Elements::default(), false);
        // Hashing may run code of the program: the set is kept where the collector looks.
        let root = Cx::of(&mut *vm).root(Value::object(set));
        let mut result = Ok(true);
        for i in 0..word::c(w) {
            result = Cx::of(&mut *vm).set_add(set, reg!(base, word::b(w) + i));
            if result.is_err() {
                break;
            }
        }
        Cx::of(&mut *vm).drop_root(root);
        if result.is_err() {
            return unwind::unwind(vm, ip, base);
        }
        reg!(base, word::a(w)) = Value::object(set);
    }
    unsafe { Pc::new(ip, base) }
}

pub unsafe fn map(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let dict = (*vm).space.dict();
        let root = Cx::of(&mut *vm).root(Value::object(dict));
        let mut result = Ok(());
        for i in (0..word::c(w)).step_by(2) {
            let (key, value) = (reg!(base, word::b(w) + i), reg!(base, word::b(w) + i + 1));
            result = Cx::of(&mut *vm).dict_set(dict, key, value);
            if result.is_err() {
                break;
            }
        }
        Cx::of(&mut *vm).drop_root(root);
        if result.is_err() {
            return unwind::unwind(vm, ip, base);
        }
        reg!(base, word::a(w)) = Value::object(dict);
    }
    unsafe { Pc::new(ip, base) }
}

pub unsafe fn string(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let parts = run(base, w);
        let text = |v: &Value| v.cast::<Str>().expect("the compiler joins strings only");
        let size: usize = parts.iter().map(|p| text(p).byte_len()).sum();
        if size > crate::value::str::MAX_LEN {
            raise::with_args(&*vm, T::MemoryError, &[]);
            return unwind::unwind(vm, ip, base);
        }
        let mut bytes = std::mem::take(&mut (*vm).scratch);
        bytes.clear();
        bytes.reserve(size);
        for part in parts {
            bytes.extend_from_slice(text(part).as_bytes());
        }
        reg!(base, word::a(w)) = Value::object((*vm).space.str_wtf8(&bytes));
        (*vm).give_scratch(bytes);
    }
    unsafe { Pc::new(ip, base) }
}

#[inline(always)]
pub unsafe fn list_append(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let list: Gc<List> = reg!(base, word::a(w)).cast_unchecked();
        if !list.push_at_hand(reg!(base, word::b(w))) {
            return Pc::DECLINE;
        }
    }
    unsafe { Pc::new(ip, base) }
}

pub unsafe fn list_append_growing(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let list: Gc<List> = reg!(base, word::a(w)).cast_unchecked();
        let grown = list.push(reg!(base, word::b(w)));
        (*vm).space.heap.charge(grown);
        // Rather now than when there is no room for the next item.
        if !budget::grants(2 * grown) {
            super::ops::memory_error(&*vm);
            return unwind::unwind(vm, ip, base);
        }
    }
    unsafe { Pc::new(ip, base) }
}

pub unsafe fn list_extend(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let (list, source) = (reg!(base, word::a(w)), reg!(base, word::b(w)));
        if list.is_undef() {
            // Arguments that are nothing but these.
            let plain = source.is::<Tuple>() || source.is::<List>();
            reg!(base, word::a(w)) = match plain {
                true => source,
                false => Value::object((*vm).space.list(Vec::new())),
            };
            if plain {
                return Pc::new(ip, base);
            }
        }
        let list = reg!(base, word::a(w)).cast::<List>().expect("the compiler made it");
        if let Some(items) = probe::plain_items(&(*vm).space, source) {
            (*vm).space.heap.charge(items.len() * 8);
            list.edit(|all| all.extend(items));
            return Pc::new(ip, base);
        }
        if word::ext(w) != 0 && !super::iter::is_iterable(&*vm, source) {
            let what = match word::ext(w) {
                2 => {
                    let callee = reg!(base, word::a(w) - HEADER as usize);
                    match callee_text(vm, callee) {
                        Ok(callee) => format!("{callee} argument"),
                        Err(_) => return unwind::unwind(vm, ip, base),
                    }
                }
                _ => "Value".to_string(),
            };
            let name = (*vm).space.type_name(source);
            let text = format!("{what} after * must be an iterable, not {name}");
            raise::error(&*vm, T::TypeError, &text);
            return unwind::unwind(vm, ip, base);
        }
        let extend = (*vm).prelude("_extend");
        let args = [Value::object(list), source];
        call::invoke(vm, ip, base, extend, &args, Ret::Discard as u64)
    }
}

pub unsafe fn list_to_tuple(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let list = reg!(base, word::b(w)).cast::<List>().expect("the compiler made it");
        let tuple = list.edit(|items| (*vm).space.tuple(items));
        reg!(base, word::a(w)) = Value::object(tuple);
    }
    unsafe { Pc::new(ip, base) }
}

pub unsafe fn set_add(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let set = reg!(base, word::a(w)).cast::<Set>().expect("the compiler made it");
        if probe::add_quickly(&*vm, set, reg!(base, word::b(w))) {
            return Pc::new(ip, base);
        }
        match Cx::of(&mut *vm).set_add(set, reg!(base, word::b(w))) {
            Ok(_) => Pc::new(ip, base),
            Err(_) => unwind::unwind(vm, ip, base),
        }
    }
}

pub unsafe fn set_update(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let (set, source) = (reg!(base, word::a(w)), reg!(base, word::b(w)));
        if let (Some(target), Some(from)) = (set.cast::<Set>(), source.cast::<Set>())
            && target.elements().is_blank()
        {
            let copy = from.elements().copy_into(target.elements());
            (*vm).space.heap.charge(copy.bytes());
            target.edit(|elements| *elements = copy);
            return Pc::new(ip, base);
        }
        let update = (*vm).prelude("_set_update");
        call::invoke(vm, ip, base, update, &[set, source], Ret::Discard as u64)
    }
}

pub unsafe fn map_add(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let dict = reg!(base, word::a(w)).cast::<Dict>().expect("the compiler made it");
        let (key, value) = (reg!(base, word::b(w)), reg!(base, word::c(w)));
        if probe::set_quickly(&*vm, dict, key, value) {
            return Pc::new(ip, base);
        }
        match Cx::of(&mut *vm).dict_set(dict, key, value) {
            Ok(()) => Pc::new(ip, base),
            Err(_) => unwind::unwind(vm, ip, base),
        }
    }
}

/// Copies a built-in mapping; `Ok(false)` if the source needs its methods.
unsafe fn merge_plain(
    vm: *mut Vm,
    dict: Gc<Dict>,
    source: Value,
    callee: Option<Value>,
) -> Result<bool, Stop> {
    unsafe {
        let Some(from) = source.cast::<Dict>() else {
            return Ok(false);
        };
        if callee.is_none() && dict != from {
            if dict.table().places() == 0 && !dict.is_namespace() && !from.is_namespace() {
                let table = from.table().copy(1);
                (*vm).space.heap.charge(table.bytes());
                dict.edit(|empty| empty.replace(table));
                return Ok(true);
            }
            let grown = dict.edit(|table| table.reserve(from.len()));
            (*vm).space.heap.charge(grown);
        }
        for place in 0..from.table().places() {
            let Some(entry) = from.entry_at(place) else {
                continue;
            };
            let cx = Cx::of(&mut *vm);
            let Some(callee) = callee else {
                cx.dict_set_hashed(dict, entry.key, entry.hash, entry.value)?;
                continue;
            };
            if cx.dict_find(dict, entry.key, entry.hash)?.is_some() {
                return Err(duplicate(vm, callee, entry.key));
            }
            dict.insert_new(&(*vm).space, entry.hash, entry.key, entry.value);
        }
        Ok(true)
    }
}

fn callee_name(vm: &Vm, callee: Value) -> String {
    if let Some(method) = callee.cast::<crate::value::BoundMethod>() {
        return callee_name(vm, method.func.get());
    }
    if let Some(function) = callee.cast::<Function>() {
        let module = function.globals.get_str(&vm.space, vm.names.__name__);
        let module = module.and_then(|m| m.cast::<Str>());
        let name = super::bind::qualname(vm, function);
        return match module {
            Some(module) => format!("{}.{name}", module.lossy()),
            None => name,
        };
    }
    if let Some(class) = callee.cast::<crate::value::Class>() {
        let module = class.dict.get_str(&vm.space, vm.names.__module__);
        let qualname = class.qualname.get().cast::<Str>();
        return match (module.and_then(|m| m.cast::<Str>()), qualname) {
            (Some(module), Some(name)) => format!("{}.{}", module.lossy(), name.lossy()),
            _ => class.name_text(),
        };
    }
    match callee.cast::<crate::value::Native>() {
        Some(native) => raise::native_name(native),
        None => format!("{} object", vm.space.type_name(callee)),
    }
}

/// What messages call something that is called: its name, or else what `str` says of it.
fn callee_text(vm: *mut Vm, callee: Value) -> Result<String, Stop> {
    // SAFETY: the machine, at an instruction; `callee` is in a register.
    let vm = unsafe { &mut *vm };
    let named = callee.is::<Function>()
        || callee.is::<crate::value::BoundMethod>()
        || callee.is::<crate::value::Class>()
        || callee.is::<crate::value::Native>();
    if named {
        return Ok(format!("{}()", callee_name(vm, callee)));
    }
    let cx = Cx::of(vm);
    let class = Value::object(cx.class(T::Str));
    let text = cx.call(class, &[callee])?;
    Ok(text.cast::<Str>().map(|text| text.lossy().into_owned()).unwrap_or_default())
}

fn duplicate(vm: *mut Vm, callee: Value, key: Value) -> Stop {
    let name = match callee_text(vm, callee) {
        Ok(name) => name,
        Err(stop) => return stop,
    };
    let key = key.cast::<Str>().map_or_else(|| "?".into(), |k| k.lossy().into_owned());
    let text = format!("{name} got multiple values for keyword argument '{key}'");
    // SAFETY: as above.
    raise::error(unsafe { &*vm }, T::TypeError, &text)
}

pub unsafe fn map_update(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let (target, source) = (reg!(base, word::a(w)), reg!(base, word::b(w)));
        let dict = target.cast::<Dict>().expect("the compiler made it");
        match merge_plain(vm, dict, source, None) {
            Ok(true) => Pc::new(ip, base),
            Ok(false) => {
                let class = (*vm).space.class_of(source);
                if (*vm).space.lookup(class, (*vm).space.intern("keys")).is_none() {
                    let text = format!("'{}' object is not a mapping", class.name_text());
                    raise::error(&*vm, T::TypeError, &text);
                    return unwind::unwind(vm, ip, base);
                }
                let update = (*vm).prelude("_map_update");
                call::invoke(vm, ip, base, update, &[target, source], Ret::Discard as u64)
            }
            Err(_) => unwind::unwind(vm, ip, base),
        }
    }
}

pub unsafe fn map_merge(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let (target, source) = (reg!(base, word::a(w)), reg!(base, word::b(w)));
        let callee = reg!(base, word::c(w));
        let dict = target.cast::<Dict>().expect("the compiler made it");
        match merge_plain(vm, dict, source, Some(callee)) {
            Ok(true) => Pc::new(ip, base),
            Ok(false) => {
                let class = (*vm).space.class_of(source);
                let Ok(name) = callee_text(vm, callee) else {
                    return unwind::unwind(vm, ip, base);
                };
                if (*vm).space.lookup(class, (*vm).space.intern("keys")).is_none() {
                    let text = format!(
                        "{name} argument after ** must be a mapping, not {}",
                        class.name_text()
                    );
                    raise::error(&*vm, T::TypeError, &text);
                    return unwind::unwind(vm, ip, base);
                }
                let merge = (*vm).prelude("_map_merge");
                let name = (*vm).space.str_value(&name);
                let args = [target, source, name];
                call::invoke(vm, ip, base, merge, &args, Ret::Discard as u64)
            }
            Err(_) => unwind::unwind(vm, ip, base),
        }
    }
}

// ---- f-strings

pub unsafe fn format(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let value = reg!(base, word::b(w));
        let spec =
            if word::c(w) == NO_REG as usize { Value::UNDEF } else { reg!(base, word::c(w)) };
        let hook = match word::ext(w) {
            0 => {
                if value.is::<Str>() && spec.is_undef() {
                    reg!(base, word::a(w)) = value;
                    return Pc::new(ip, base);
                }
                if let Some(text) = format_plain(&mut *vm, value, spec) {
                    reg!(base, word::a(w)) = text;
                    return Pc::new(ip, base);
                }
                let format = (*vm).prelude("_format");
                let spec =
                    if spec.is_undef() { Value::object((*vm).space.empty_str()) } else { spec };
                return call::invoke(vm, ip, base, format, &[value, spec], w & DST_MASK);
            }
            1 => "_str",
            2 => {
                if let Some(text) = repr_plain(&mut *vm, value)
                    && let Some(text) = match spec.is_undef() {
                        true => Some(text),
                        false => format_plain(&mut *vm, text, spec),
                    }
                {
                    reg!(base, word::a(w)) = text;
                    return Pc::new(ip, base);
                }
                "_repr"
            }
            _ => "_ascii",
        };
        let convert = (*vm).prelude(hook);
        if spec.is_undef() {
            return call::invoke(vm, ip, base, convert, &[value], w & DST_MASK);
        }
        (*vm).continuations.push(call::Continuation {
            run: |cx, state, outcome| {
                let converted = outcome?;
                let format = cx.vm().prelude("_format");
                cx.tail(format, &[converted, state[0]])
            },
            state: [spec, Value::NONE, Value::NONE],
            info: w & DST_MASK,
        });
        call::invoke(vm, ip, base, convert, &[value], Ret::Native as u64)
    }
}

/// The repr of a string or an inline integer; None for everything else.
fn repr_plain(vm: &mut Vm, value: Value) -> Option<Value> {
    const LONG: usize = 1 << 16;
    let text = value.cast::<Str>().filter(|text| text.byte_len() < LONG);
    if text.is_none() && !value.is_int() {
        return None;
    }
    let mut out = std::mem::take(&mut vm.scratch);
    out.clear();
    match text {
        Some(text) => plain::repr::push_str_repr(&mut out, text.as_bytes()),
        None => plain::int::text::push_i64(&mut out, value.int_unchecked()),
    }
    let made = Value::object(vm.space.str_wtf8(&out));
    vm.give_scratch(out);
    Some(made)
}

/// A number or string with a specification that fits it; everything else, errors included, is
/// for the native that knows all of it.
fn format_plain(vm: &mut Vm, value: Value, spec: Value) -> Option<Value> {
    let text = spec.cast::<Str>();
    if text.is_none() && !spec.is_undef() {
        return None;
    }
    let text = text.unwrap_or_else(|| vm.space.empty_str());
    let mut out = std::mem::take(&mut vm.scratch);
    out.clear();
    let done = if let Some(i) = value.as_int() {
        plain::spec::format_i64(&mut out, text.as_bytes(), i, "int").is_ok()
    } else if let Some(x) = value.as_float() {
        plain::spec::format_f64(&mut out, text.as_bytes(), x, "float").is_ok()
    } else if let Some(s) = value.cast::<Str>() {
        plain::spec::format_str(&mut out, text.as_bytes(), s.as_bytes(), s.len(), "str").is_ok()
    } else {
        false
    };
    let made = done.then(|| Value::object(vm.space.str_wtf8(&out)));
    vm.give_scratch(out);
    made
}

// ---- unpacking

#[inline(always)]
pub unsafe fn unpack(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let Some(tuple) = reg!(base, word::a(w)).cast::<Tuple>() else {
            return Pc::DECLINE;
        };
        let items = tuple.as_slice();
        if items.len() != word::c(w) {
            return Pc::DECLINE;
        }
        let first = base.add(word::b(w));
        if let [a, b] = *items {
            *first = a;
            *first.add(1) = b;
            return Pc::new(ip, base);
        }
        for (i, &item) in items.iter().enumerate() {
            *first.add(i) = item;
        }
        Pc::new(ip, base)
    }
}

pub unsafe fn unpack_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let source = reg!(base, word::a(w));
        let want = word::c(w);
        if let Some(items) = probe::plain_items(&(*vm).space, source) {
            if items.len() == want {
                std::ptr::copy_nonoverlapping(items.as_ptr(), base.add(word::b(w)), want);
                return Pc::new(ip, base);
            }
            let text = if items.len() < want {
                format!("not enough values to unpack (expected {want}, got {})", items.len())
            } else {
                format!("too many values to unpack (expected {want})")
            };
            raise::error(&*vm, T::ValueError, &text);
            return unwind::unwind(vm, ip, base);
        }
        if !super::iter::is_iterable(&*vm, source) {
            let text =
                format!("cannot unpack non-iterable {} object", (*vm).space.type_name(source));
            raise::error(&*vm, T::TypeError, &text);
            return unwind::unwind(vm, ip, base);
        }
        let unpack = (*vm).prelude("_unpack");
        let info = (word::b(w) as u64) << 16 | Ret::Spread as u64;
        call::invoke(vm, ip, base, unpack, &[source, Value::int(want as i64)], info)
    }
}

pub unsafe fn unpack_ex(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let source = reg!(base, word::a(w));
        let (before, after) = (word::c(w) & 255, word::c(w) >> 8);
        let Some(items) = probe::plain_items(&(*vm).space, source) else {
            if !super::iter::is_iterable(&*vm, source) {
                let name = (*vm).space.type_name(source);
                let text = format!("cannot unpack non-iterable {name} object");
                raise::error(&*vm, T::TypeError, &text);
                return unwind::unwind(vm, ip, base);
            }
            let unpack = (*vm).prelude("_unpack_ex");
            let info = (word::b(w) as u64) << 16 | Ret::Spread as u64;
            let args = [source, Value::int(before as i64), Value::int(after as i64)];
            return call::invoke(vm, ip, base, unpack, &args, info);
        };
        if items.len() < before + after {
            let text = format!(
                "not enough values to unpack (expected at least {}, got {})",
                before + after,
                items.len()
            );
            raise::error(&*vm, T::ValueError, &text);
            return unwind::unwind(vm, ip, base);
        }
        let middle = items[before..items.len() - after].to_vec();
        let list = Value::object((*vm).space.list(middle));
        let first = base.add(word::b(w));
        for (i, &item) in items[..before].iter().enumerate() {
            *first.add(i) = item;
        }
        *first.add(before) = list;
        for (i, &item) in items[items.len() - after..].iter().enumerate() {
            *first.add(before + 1 + i) = item;
        }
    }
    unsafe { Pc::new(ip, base) }
}

// ---- functions and classes

pub unsafe fn function(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let outer: Gc<Function> = (*base.offset(FUNCTION)).cast_unchecked();
        let slot = &outer.code.children[word::c(w)];
        let code = slot.get().unwrap_or_else(|| {
            let code = (*vm).declare(&outer.code.code.codes[word::c(w)], outer.globals);
            slot.set(Some(code));
            code
        });
        let b = word::b(w);
        let (defaults, keyword, annotate) = (reg!(base, b), reg!(base, b + 1), reg!(base, b + 2));
        let function = (*vm).new_function(code, outer.globals, defaults);
        for (i, capture) in code.code.captures.iter().enumerate() {
            let cell: Gc<Cell> = match *capture {
                Capture::Local(register) => reg!(base, register as usize).cast_unchecked(),
                Capture::Free(index) => outer.cell(index as usize),
            };
            *function.cells().add(i) = cell;
        }
        reg!(base, word::a(w)) = Value::object(function);
        if !keyword.is_undef() || !annotate.is_undef() {
            let extra = (*vm).space.dict();
            function.details.set(Value::object(extra));
            if !keyword.is_undef() {
                extra.set_str(&(*vm).space, (*vm).names.__kwdefaults__, keyword);
            }
            if !annotate.is_undef() {
                extra.set_str(&(*vm).space, (*vm).names.__annotate__, annotate);
            }
        }
    }
    unsafe { Pc::new(ip, base) }
}

pub unsafe fn class(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let b = word::b(w);
        let (body, name, bases, keywords) =
            (reg!(base, b), reg!(base, b + 1), reg!(base, b + 2), reg!(base, b + 3));
        construct::class_statement(vm, ip, base, [body, name, bases, keywords], w & DST_MASK)
    }
}
