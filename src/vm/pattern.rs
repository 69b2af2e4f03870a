//! The instructions of `match`.

use super::pc::{Base, Ip, Pc, reg};
use super::{Cx, Flow, Stop, Vm, call, raise, unwind};
use crate::code::op::{Word, word};
use crate::gc::Gc;
use crate::value::class::flags;
use crate::value::frame::DST_MASK;
use crate::value::{
    Class, Deque, Dict, Instance, Kind, List, MappingProxy, MemoryView, Range, Str, T, Tuple, Value,
};

pub unsafe fn sequence(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    // SAFETY: I3; so throughout this file.
    unsafe {
        let subject = reg!(base, word::b(w));
        let yes = match subject.is::<Instance>() {
            true => has_flag(&*vm, subject, flags::SEQUENCE),
            false => {
                subject.is::<List>()
                    || subject.is::<Tuple>()
                    || subject.is::<Range>()
                    || subject.is::<Deque>()
                    || subject.is::<MemoryView>()
            }
        };
        reg!(base, word::a(w)) = Value::bool(yes);
    }
    unsafe { Pc::new(ip, base) }
}

pub unsafe fn mapping(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let subject = reg!(base, word::b(w));
        let yes = match subject.is::<Instance>() {
            true => has_flag(&*vm, subject, flags::MAPPING),
            false => subject.is::<Dict>() || subject.is::<MappingProxy>(),
        };
        reg!(base, word::a(w)) = Value::bool(yes);
    }
    unsafe { Pc::new(ip, base) }
}

/// Does the class derive from a class of that kind, or is it registered as one?
fn has_flag(vm: &Vm, subject: Value, flag: u8) -> bool {
    vm.space.class_of(subject).header.flags & flag != 0
}

/// Which patterns the instances of a new class with these ancestors match: what the first of
/// them says that says anything.
pub(super) fn inherited_flags(ancestors: &[Gc<Class>]) -> u8 {
    ancestors.iter().map(|class| own_flags(class)).find(|&bits| bits != 0).unwrap_or(0)
}

fn own_flags(class: &Class) -> u8 {
    if class.is_user() {
        return class.header.flags & (flags::SEQUENCE | flags::MAPPING);
    }
    match class.layout {
        Kind::List | Kind::Tuple | Kind::Range | Kind::Deque | Kind::MemoryView => flags::SEQUENCE,
        Kind::Dict | Kind::MappingProxy => flags::MAPPING,
        _ => 0,
    }
}

pub unsafe fn len(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let subject = reg!(base, word::b(w));
        if let Some(n) = super::ops::len(&*vm, subject) {
            reg!(base, word::a(w)) = Value::int(n as i64);
            return Pc::new(ip, base);
        }
        let len = (*vm).builtins.get_str(&(*vm).space, (*vm).space.intern("len"));
        match len {
            Some(len) => call::invoke(vm, ip, base, len, &[subject], w & DST_MASK),
            None => {
                raise::error(&*vm, T::NameError, "name 'len' is not defined");
                unwind::unwind(vm, ip, base)
            }
        }
    }
}

pub unsafe fn keys(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let (subject, keys) = (reg!(base, word::b(w)), reg!(base, word::c(w)));
        if differ(Cx::of(&mut *vm), keys).is_err() {
            return unwind::unwind(vm, ip, base);
        }
        if let (Some(dict), Some(keys)) = (subject.cast::<Dict>(), keys.cast::<Tuple>()) {
            let mut values = Vec::with_capacity(keys.len());
            for &key in keys.as_slice() {
                match Cx::of(&mut *vm).dict_get(dict, key) {
                    Ok(Some(value)) => values.push(value),
                    Ok(None) => {
                        reg!(base, word::a(w)) = Value::NONE;
                        return Pc::new(ip, base);
                    }
                    Err(_) => return unwind::unwind(vm, ip, base),
                }
            }
            reg!(base, word::a(w)) = Value::object((*vm).space.tuple(&values));
            return Pc::new(ip, base);
        }
        let get = (*vm).prelude("_match_keys");
        call::invoke(vm, ip, base, get, &[subject, keys], w & DST_MASK)
    }
}

/// Keys of which some are not constants may turn out to be equal.
fn differ(cx: &mut Cx, keys: Value) -> Result<(), Stop> {
    let keys = cx.plain_items(keys).unwrap_or_default();
    if keys.len() < 2 || keys.iter().all(|key| key.is::<Str>()) {
        // The compiler has compared the strings of a pattern.
        if keys.iter().enumerate().all(|(i, key)| !keys[..i].contains(key)) {
            return Ok(());
        }
    }
    let seen = cx.dict();
    for key in keys {
        if cx.dict_get(seen, key)?.is_some() {
            let refuse = cx.vm().prelude("_duplicate_key");
            return cx.call(refuse, &[key]).map(drop);
        }
        cx.dict_set(seen, key, Value::NONE)?;
    }
    Ok(())
}

pub unsafe fn class(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let subject = reg!(base, word::b(w));
        let (class, names) = (reg!(base, word::c(w)), reg!(base, word::c(w) + 1));
        let positional = word::ext(w) as usize;
        match match_class(Cx::of(&mut *vm), subject, class, names, positional) {
            Ok(value) => {
                reg!(base, word::a(w)) = value;
                Pc::new(ip, base)
            }
            Err(_) => unwind::unwind(vm, ip, base),
        }
    }
}

/// Types whose single positional pattern matches the object itself.
fn matches_self(cx: &Cx, class: crate::gc::Gc<Class>) -> bool {
    use T::*;
    [Bool, ByteArray, Bytes, Dict, Float, FrozenSet, Int, List, Set, Str, Tuple]
        .iter()
        .any(|&id| class.is_subclass(cx.class(id)))
}

fn match_class(cx: &mut Cx, subject: Value, class: Value, names: Value, positional: usize) -> Flow {
    let Some(wanted) = class.cast::<Class>() else {
        return Err(cx.type_error("called match pattern must be a class"));
    };
    let isinstance = cx.vm().builtins.get_str(cx, cx.intern("isinstance"));
    let yes = match isinstance {
        Some(function) => {
            let answer = cx.call(function, &[subject, class])?;
            cx.truth(answer)?
        }
        None => cx.class_of(subject).is_subclass(wanted),
    };
    if !yes {
        return Ok(Value::NONE);
    }
    let mut values = Vec::new();
    let mut seen = Vec::new();
    if positional > 0 {
        let key = cx.vm().names.__match_args__;
        let args = match cx.get_optional(class, key)? {
            Some(args) => match args.cast::<Tuple>() {
                Some(tuple) => Some(tuple.as_slice().to_vec()),
                None => {
                    let text = format!(
                        "{}.__match_args__ must be a tuple (got {})",
                        wanted.name_text(),
                        cx.type_name(args)
                    );
                    return Err(cx.type_error(&text));
                }
            },
            None => None,
        };
        let own = args.is_none() && matches_self(cx, wanted);
        let allowed = if own { 1 } else { args.as_ref().map_or(0, Vec::len) };
        if positional > allowed {
            let text = format!(
                "{}() accepts {allowed} positional sub-pattern{} ({positional} given)",
                wanted.name_text(),
                if allowed == 1 { "" } else { "s" }
            );
            return Err(cx.type_error(&text));
        }
        if own {
            values.push(subject);
        } else {
            for arg in args.into_iter().flatten().take(positional) {
                let Some(name) = arg.cast::<Str>() else {
                    let text = format!(
                        "__match_args__ elements must be strings (got {})",
                        cx.type_name(arg)
                    );
                    return Err(cx.type_error(&text));
                };
                match attribute_once(cx, subject, wanted, name, &mut seen)? {
                    Some(value) => values.push(value),
                    None => return Ok(Value::NONE),
                }
            }
        }
    }
    for name in cx.plain_items(names).unwrap_or_default() {
        let name = name.cast::<Str>().expect("the compiler names attributes by strings");
        match attribute_once(cx, subject, wanted, name, &mut seen)? {
            Some(value) => values.push(value),
            None => return Ok(Value::NONE),
        }
    }
    Ok(Value::object(cx.tuple(&values)))
}

fn attribute_once(
    cx: &mut Cx,
    subject: Value,
    class: crate::gc::Gc<Class>,
    name: crate::gc::Gc<Str>,
    seen: &mut Vec<crate::gc::Gc<Str>>,
) -> Result<Option<Value>, Stop> {
    let name = cx.intern_str(name);
    if seen.contains(&name) {
        let text = format!(
            "{}() got multiple sub-patterns for attribute '{}'",
            class.name_text(),
            name.lossy()
        );
        return Err(cx.type_error(&text));
    }
    seen.push(name);
    cx.get_optional(subject, name)
}
