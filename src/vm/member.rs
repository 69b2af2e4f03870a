//! Membership: `in` for built-in containers, `__contains__` or iteration for the rest.

use super::index::plain_derived;
use super::numeric::*;
use super::pc::{Base, Ip, Pc};
use super::{Cx, Stop, Vm, call, raise, unwind};
use crate::plain::{self};
use crate::value::class::overrides;
use crate::value::{Deque, Dict, List, Range, Set, Str, T, Tuple, Value};

/// `item in container` for built-in containers; None when `__contains__` or iteration must
/// decide.
pub fn contains(vm: &mut Vm, item: Value, container: Value) -> Result<Option<bool>, Stop> {
    if let Some(text) = container.cast::<Str>() {
        let Some(part) = vm.space.unwrap(item).cast::<Str>() else {
            let text = format!(
                "'in <string>' requires string as left operand, not {}",
                vm.space.type_name(item)
            );
            return Err(raise::error(vm, T::TypeError, &text));
        };
        return Ok(Some(plain::wtf8::find(text.as_bytes(), part.as_bytes()).is_some()));
    }
    if let Some(dict) = container.cast::<Dict>() {
        if let Some(found) = super::probe::has_quickly(vm, dict, item) {
            return Ok(Some(found));
        }
        let cx = Cx::of(vm);
        return cx.dict_get(dict, item).map(|found| Some(found.is_some()));
    }
    let cx = Cx::of(vm);
    if let Some(set) = container.cast::<Set>() {
        return cx.set_contains(set, item).map(Some);
    }
    if let Some(list) = container.cast::<List>() {
        let mut i = 0;
        while let Some(x) = list.get(i) {
            if x == item || cx.equal(x, item)? {
                return Ok(Some(true));
            }
            i += 1;
        }
        return Ok(Some(false));
    }
    if let Some(tuple) = container.cast::<Tuple>() {
        for &x in tuple.as_slice() {
            if x == item || cx.equal(x, item)? {
                return Ok(Some(true));
            }
        }
        return Ok(Some(false));
    }
    if let Some(deque) = container.cast::<Deque>() {
        let changes = deque.changes.get();
        let mut i = 0;
        while let Some(x) = deque.get(i) {
            if x == item || cx.equal(x, item)? {
                return Ok(Some(true));
            }
            if deque.changes.get() != changes {
                return Err(cx.error(T::RuntimeError, "deque mutated during iteration"));
            }
            i += 1;
        }
        return Ok(Some(false));
    }
    if let Some(dict) = plain_derived(cx.vm(), container) {
        return cx.dict_get(dict, item).map(|found| Some(found.is_some()));
    }
    if let Some(range) = container.cast::<Range>()
        && !cx.class_of(item).has(overrides::EQ)
        && let Some(i) = integer(vm, item)
    {
        return Ok(Some(super::range::contains(vm, range, &i)));
    }
    Ok(None)
}

pub unsafe fn contains_with_code(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    item: Value,
    container: Value,
    info: u64,
) -> Pc {
    unsafe {
        let class = (*vm).space.class_of(container);
        if let Some(method) = (*vm).space.lookup(class, (*vm).names.__contains__) {
            if method.is_none() {
                let text = format!("'{}' object is not a container", class.name_text());
                raise::error(&*vm, T::TypeError, &text);
                return unwind::unwind(vm, ip, base);
            }
            return match call::bind_special(&mut *vm, method, container) {
                Ok((func, Some(this))) => call::invoke(vm, ip, base, func, &[this, item], info),
                Ok((func, None)) => call::invoke(vm, ip, base, func, &[item], info),
                Err(_) => unwind::unwind(vm, ip, base),
            };
        }
        let iter = (*vm).space.lookup(class, (*vm).names.__iter__);
        let iterable = iter.is_some_and(|iter| !iter.is_none())
            || iter.is_none() && super::iter::has_items(&*vm, class);
        if !iterable {
            let text =
                format!("argument of type '{}' is not iterable", (*vm).space.class_text(class));
            raise::error(&*vm, T::TypeError, &text);
            return unwind::unwind(vm, ip, base);
        }
        let search = (*vm).prelude("_contains");
        call::invoke(vm, ip, base, search, &[container, item], info)
    }
}
