//! Global names, and the names of class and `exec` bodies.

use super::pc::{Base, Ip, Pc, reg};
use super::{Cx, Stop, Vm, call, raise, unwind};
use crate::code::op::{Word, word};
use crate::gc::Gc;
use crate::value::frame::DST_MASK;
use crate::value::{Cell, CodeObject, Dict, Str, T, Value};

/// The cell whose address is in a cache word.
#[inline(always)]
unsafe fn cached(ip: Ip) -> Gc<Cell> {
    // SAFETY: `link` put the address of a cell there that its namespace keeps for ever.
    unsafe { Gc::from_raw(*ip as *mut Cell) }
}

#[inline(always)]
pub unsafe fn get_global(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    // SAFETY: I3; so throughout this file.
    unsafe {
        let mut value = cached(ip).value.get();
        if value.is_undef() {
            value = cached(ip.add(1)).value.get();
            if value.is_undef() {
                return Pc::DECLINE;
            }
        }
        reg!(base, word::a(w)) = value;
        Pc::new(ip.add(2), base)
    }
}

pub unsafe fn get_global_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let function = (*vm).function_of(base);
        let name = function.code.names[word::bc(w)];
        match annotations(&mut *vm, function.globals, name) {
            Ok(Some(value)) => {
                reg!(base, word::a(w)) = value;
                return Pc::new(ip.add(2), base);
            }
            Ok(None) if is_of_asyncio(&*vm, function.code, name) => {
                let find = (*vm).prelude("_async_builtin");
                let info = w & DST_MASK;
                return call::invoke(vm, ip.add(2), base, find, &[Value::object(name)], info);
            }
            Ok(None) => missing(&*vm, name),
            Err(_) => {}
        }
        unwind::unwind(vm, ip, base)
    }
}

/// Names of `asyncio` that are builtins, and `sloop.tasks`: they become so when they are first asked for.
pub const OF_ASYNCIO: &[&str] = &[
    "Barrier",
    "BoundedSemaphore",
    "BrokenBarrierError",
    "Condition",
    "Event",
    "Future",
    "LifoQueue",
    "Lock",
    "PriorityQueue",
    "Queue",
    "Semaphore",
    "Task",
    "TaskGroup",
    "all_tasks",
    "as_completed",
    "create_task",
    "current_task",
    "ensure_future",
    "gather",
    "get_running_loop",
    "run_coroutine_threadsafe",
    "shield",
    "sleep",
    "tasks",
    "timeout",
    "timeout_at",
    "to_thread",
    "wait",
    "wait_for",
];

fn is_of_asyncio(vm: &Vm, code: Gc<CodeObject>, name: Gc<Str>) -> bool {
    code.builtins == vm.builtins
        && OF_ASYNCIO.binary_search_by(|known| known.as_bytes().cmp(name.as_bytes())).is_ok()
}

/// The `__annotations__` of a module or class body are made when somebody asks for them.
fn annotations(vm: &mut Vm, namespace: Gc<Dict>, name: Gc<Str>) -> Result<Option<Value>, Stop> {
    if name != vm.names.__annotations__ {
        return Ok(None);
    }
    let Some(annotate) = namespace.get_str(&vm.space, vm.names.__annotate__) else {
        return Ok(None);
    };
    let value = Cx::of(vm).call(annotate, &[Value::int(1)])?;
    namespace.set_str(&vm.space, name, value);
    Ok(Some(value))
}

fn missing(vm: &Vm, name: Gc<Str>) {
    let name = name.lossy();
    raise::named(vm, T::NameError, &format!("name '{name}' is not defined"), &name);
}

#[inline(always)]
pub unsafe fn set_global(_: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let cell = cached(ip);
        // The namespace counts its unbound entries: a first binding goes the long way.
        if cell.value.get().is_undef() {
            return Pc::DECLINE;
        }
        cell.value.set(reg!(base, word::a(w)));
        Pc::new(ip.add(1), base)
    }
}

pub unsafe fn set_global_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let function = (*vm).function_of(base);
        let name = function.code.names[word::bc(w)];
        function.globals.set_str(&(*vm).space, name, reg!(base, word::a(w)));
        Pc::new(ip.add(1), base)
    }
}

pub unsafe fn del_global(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let function = (*vm).function_of(base);
        let name = function.code.names[word::bc(w)];
        if function.globals.remove_str(&(*vm).space, name).is_none() {
            missing(&*vm, name);
            return unwind::unwind(vm, ip, base);
        }
        Pc::new(ip.add(1), base)
    }
}

/// The namespace of a class body or of `exec`: a dict, unless a metaclass prepared another
/// mapping, which then goes through its own methods.
unsafe fn namespace(base: Base, register: usize) -> Result<Gc<Dict>, Value> {
    unsafe {
        let value = reg!(base, register);
        value.cast::<Dict>().ok_or(value)
    }
}

pub unsafe fn get_name(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let function = (*vm).function_of(base);
        let name = function.code.names[word::name(w)];
        let own = match namespace(base, word::b(w)) {
            Ok(dict) => match dict.get_str(&(*vm).space, name) {
                Some(value) => Ok(Some(value)),
                None => annotations(&mut *vm, dict, name),
            },
            Err(mapping) => {
                let find = (*vm).prelude("_namespace_get");
                let args = [mapping, Value::object(name), Value::object(function.globals)];
                return call::invoke(vm, ip, base, find, &args, w & DST_MASK);
            }
        };
        let Ok(own) = own else { return unwind::unwind(vm, ip, base) };
        let space = &(*vm).space;
        let found = own
            .or_else(|| function.globals.get_str(space, name))
            .or_else(|| function.code.builtins.get_str(space, name));
        match found {
            Some(value) => {
                reg!(base, word::a(w)) = value;
                Pc::new(ip, base)
            }
            None if is_of_asyncio(&*vm, function.code, name) => {
                let find = (*vm).prelude("_async_builtin");
                call::invoke(vm, ip, base, find, &[Value::object(name)], w & DST_MASK)
            }
            None => {
                missing(&*vm, name);
                unwind::unwind(vm, ip, base)
            }
        }
    }
}

pub unsafe fn try_name(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let name = (*vm).code_of(base).names[word::name(w)];
        let found = match namespace(base, word::b(w)) {
            Ok(dict) => dict.get_str(&(*vm).space, name),
            Err(mapping) => super::probe::mapping_get(&mut *vm, mapping, name),
        };
        reg!(base, word::a(w)) = found.unwrap_or(Value::UNDEF);
        Pc::new(ip, base)
    }
}

pub unsafe fn set_name(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let name = (*vm).code_of(base).names[word::name(w)];
        let value = reg!(base, word::b(w));
        match namespace(base, word::a(w)) {
            Ok(dict) => dict.set_str(&(*vm).space, name, value),
            Err(mapping) => {
                return super::index::set_value(vm, ip, base, mapping, Value::object(name), value);
            }
        }
        Pc::new(ip, base)
    }
}

pub unsafe fn del_name(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let name = (*vm).code_of(base).names[word::name(w)];
        match namespace(base, word::a(w)) {
            Ok(dict) => {
                if dict.remove_str(&(*vm).space, name).is_none() {
                    missing(&*vm, name);
                    return unwind::unwind(vm, ip, base);
                }
                Pc::new(ip, base)
            }
            Err(mapping) => super::index::del_value(vm, ip, base, mapping, Value::object(name)),
        }
    }
}
