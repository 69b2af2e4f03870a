//! Operations too rare for an instruction of their own.

use super::pc::{Base, Ip, Pc, reg};
use super::{Cx, Flow, Stop, Vm, call};
use crate::code::op::{INTRINSICS, Intrinsic, Word, word};
use crate::code::{InnerLocal, Local, bound};
use crate::gc::Gc;
use crate::value::frame::{CALLER, DST_MASK, FUNCTION, RETURN_IP};
use crate::value::{Cell, Dict, Function, Module, Str, T, Value};

pub unsafe fn run(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    // SAFETY: I3; so throughout this file.
    unsafe {
        let args: Vec<Value> = (0..word::c(w)).map(|i| reg!(base, word::b(w) + i)).collect();
        let which = INTRINSICS[word::ext(w) as usize];
        let cx = Cx::of(&mut *vm);
        let flow = match which {
            Intrinsic::Locals => Ok(locals(&*vm, base, word_before(&*vm, base, ip))),
            Intrinsic::ImportStar => import_star(&mut *vm, base, args[0], args[1]),
            Intrinsic::SetTypeParams => {
                let name = cx.vm().names.__type_params__;
                match args[0].cast::<Function>() {
                    Some(function) => cx.set_detail(function, name, args[1]),
                    None => {
                        cx.set_own(args[0], name, args[1]);
                    }
                }
                Ok(args[0])
            }
            Intrinsic::CopyMapping => match args[0].cast::<Dict>() {
                Some(dict) => {
                    let table = dict.table().copy(1);
                    Ok(Value::object(cx.dict_of(table, 0)))
                }
                None => cx.tail_prelude("_copy_mapping", &args),
            },
            Intrinsic::DropKeys => drop_keys(cx, &args),
            Intrinsic::PrintExpr => cx.tail_prelude("_displayhook", &args),
            Intrinsic::TypeVar => cx.tail_prelude("_make_typevar", &args),
            Intrinsic::TypeVarTuple => cx.tail_prelude("_make_typevartuple", &args),
            Intrinsic::ParamSpec => cx.tail_prelude("_make_paramspec", &args),
            Intrinsic::TypeAlias => cx.tail_prelude("_make_typealias", &args),
            Intrinsic::Annotate if args.len() == 1 => cx.tail_prelude("_begin_annotations", &args),
            Intrinsic::Annotate => cx.tail_prelude("_annotate", &args),
            Intrinsic::GenericBase => cx.tail_prelude("_make_generic", &args),
        };
        call::settle(vm, ip, base, w & DST_MASK, flow)
    }
}

fn drop_keys(cx: &mut Cx, args: &[Value]) -> Flow {
    let dict = args[0].cast::<Dict>().expect("made by CopyMapping");
    for key in cx.plain_items(args[1]).unwrap_or_default() {
        cx.dict_remove(dict, key)?;
    }
    Ok(args[0])
}

/// A word of the instruction before `ip`, where the activation at `base` stands.
unsafe fn word_before(vm: &Vm, base: Base, ip: Ip) -> u32 {
    // SAFETY: by contract.
    let code = unsafe { vm.code_of(base) };
    let word = code.index_of(ip).wrapping_sub(1);
    if (word as usize) < code.word_count() { word } else { 0 }
}

/// `locals()` of the activation at `base`, which stands at the instruction around `word`.
pub(super) unsafe fn locals(vm: &Vm, base: Base, word: u32) -> Value {
    unsafe {
        let function: Gc<Function> = (*base.offset(FUNCTION)).cast_unchecked();
        named(vm, function, word, |register| reg!(base, register))
    }
}

/// What is needed to say later what `locals()` would have said in the activation at `base`.
pub(super) unsafe fn keep_locals(vm: &Vm, base: Base) -> Value {
    unsafe {
        let function: Gc<Function> = (*base.offset(FUNCTION)).cast_unchecked();
        let code = &function.code.code;
        let inner = code.inner_locals.iter().map(|inner| &inner.local);
        let last = code.locals.iter().chain(inner).map(|local| local.register as usize + 1).max();
        let count = last.unwrap_or(0).max(1);
        let mut kept = Vec::with_capacity(1 + count);
        kept.push(Value::object(function));
        kept.extend((0..count).map(|register| reg!(base, register)));
        Value::object(vm.space.tuple(&kept))
    }
}

/// What `keep_locals` kept, by name.
pub(super) fn kept_locals(vm: &Vm, kept: &[Value], word: u32) -> Value {
    match kept.first().and_then(|function| function.cast::<Function>()) {
        Some(function) => named(vm, function, word, |register| kept[1 + register]),
        None => Value::object(vm.space.dict()),
    }
}

/// The variables by name: a fresh dict for functions, the namespace itself for modules and class
/// bodies, or what a comprehension there binds.
fn named(vm: &Vm, function: Gc<Function>, word: u32, read: impl Fn(usize) -> Value) -> Value {
    let code = &function.code.code;
    // A script's names are its globals; what `exec` runs was handed a mapping for them.
    let handed = code.kind == crate::code::CodeKind::ClassBody
        || code.takes_namespace() && function.argc == 1;
    let namespace = if handed {
        Some(read(0))
    } else if code.is_module {
        Some(Value::object(function.globals))
    } else {
        None
    };
    let is_inner = |at: &&InnerLocal| at.start <= word && word < at.end;
    let inner = code.inner_locals.iter().filter(is_inner).map(|inner| &inner.local);
    let dict = vm.space.dict();
    let mut outer: &[Local] = &code.locals;
    if let Some(namespace) = namespace {
        if inner.clone().next().is_none() {
            return namespace;
        }
        outer = &[];
    }
    let put = |name: &str, value: Value| {
        if !value.is_undef() && !name.starts_with('.') {
            dict.set_str(&vm.space, vm.space.intern(name), value);
        }
    };
    let bound = (!code.is_inspected).then(|| bound::at(code, word));
    for local in outer.iter().chain(inner) {
        if bound.as_ref().is_some_and(|bound| !bound.contains(local.register as usize)) {
            continue;
        }
        let value = read(local.register as usize);
        match value.cast::<Cell>().filter(|_| local.is_cell) {
            Some(cell) => put(&local.name, cell.value.get()),
            None => put(&local.name, value),
        }
    }
    if namespace.is_none() {
        for (i, name) in code.free_names.iter().enumerate() {
            put(name, function.cell(i).value.get());
        }
    }
    Value::object(dict)
}

/// `from module import *`
unsafe fn import_star(vm: &mut Vm, base: Base, module: Value, namespace: Value) -> Flow {
    unsafe {
        let function: Gc<Function> = (*base.offset(FUNCTION)).cast_unchecked();
        let target = namespace.cast::<Dict>().unwrap_or(function.globals);
        let cx = Cx::of(vm);
        let all = cx.intern("__all__");
        if let Some(all) = cx.get_optional(module, all)? {
            let names = match cx.plain_items(all) {
                Some(names) => names,
                // Whatever can be indexed will do.
                None => {
                    let items = cx.call_prelude("_indexed_items", &[all])?;
                    cx.plain_items(items).unwrap_or_default()
                }
            };
            for name in names {
                let Some(name) = cx.unwrap(name).cast::<Str>() else {
                    let own = cx.own_attribute(module, cx.vm().names.__name__);
                    let own = own.and_then(|own| own.cast::<Str>());
                    let own = own.map_or_else(|| "?".into(), |own| own.lossy().into_owned());
                    let found = cx.type_name(name);
                    let text = format!("Item in {own}.__all__ must be str, not {found}");
                    return Err(cx.type_error(&text));
                };
                let name = cx.intern_str(name);
                let value = cx.get_attribute(module, name)?;
                target.set_str(cx, name, value);
            }
            return Ok(Value::NONE);
        }
        let Some(module) = module.cast::<Module>() else {
            return Ok(Value::NONE);
        };
        for entry in module.dict.iter() {
            if let Some(name) = entry.key.cast::<Str>()
                && !name.as_bytes().starts_with(b"_")
            {
                target.set_str(cx, cx.intern_str(name), entry.value);
            }
        }
        Ok(Value::NONE)
    }
}

impl Cx {
    /// What `locals()` says in the activation that called the running native.
    pub fn caller_locals(&self) -> Value {
        match self.caller() {
            // SAFETY: `caller` found an activation of language code.
            Some((base, ip)) => unsafe {
                locals(self.vm(), base, word_before(self.vm(), base, ip))
            },
            None => Value::object(self.dict()),
        }
    }

    /// What `super()` means in the activation that called the running native: the class of its
    /// method, and the first argument.
    pub fn caller_super(&self) -> Result<(Value, Value), Stop> {
        let fail = |text: &str| Err(self.error(T::RuntimeError, text));
        let Some((base, _)) = self.caller() else {
            return fail("super(): no current frame");
        };
        // SAFETY: `caller` found an activation of language code.
        let (function, first) = unsafe { (self.vm().function_of(base), *base) };
        let code = &function.code.code;
        if code.params.total() == 0 {
            return fail("super(): no arguments");
        }
        let first = match first.cast::<Cell>() {
            Some(cell) if code.locals.iter().any(|l| l.register == 0 && l.is_cell) => {
                cell.value.get()
            }
            _ => first,
        };
        if first.is_undef() {
            return fail("super(): arg[0] deleted");
        }
        match code.free_names.iter().position(|name| &**name == "__class__") {
            None => fail("super(): __class__ cell not found"),
            Some(at) => match function.cell(at).value.get() {
                class if class.is_undef() => fail("super(): empty __class__ cell"),
                class => Ok((class, first)),
            },
        }
    }

    /// The globals of the activation that called the running native.
    pub fn caller_globals(&self) -> Value {
        match self.caller() {
            // SAFETY: as above.
            Some((base, _)) => unsafe { Value::object(self.vm().function_of(base).globals) },
            None => Value::object(self.vm().builtins),
        }
    }

    /// The innermost activation of language code below the running native.
    fn caller(&self) -> Option<(Base, Ip)> {
        let (mut base, mut ip) = (self.vm().native_base, self.vm().native_ip);
        // SAFETY: bases of live activations, the lowest of which has caller 0.
        unsafe {
            while !base.is_null() {
                if self.vm().function_at(base).is_some() {
                    return Some((base, ip));
                }
                ip = (*base.offset(RETURN_IP)).bits() as Ip;
                base = (*base.offset(CALLER)).bits() as Base;
            }
        }
        None
    }
}
