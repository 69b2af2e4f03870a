//! Operations too rare for an instruction of their own.

use super::pc::{Base, Ip, Pc, reg};
use super::{Cx, Flow, Vm, call};
use crate::code::op::{INTRINSICS, Intrinsic, Word, word};
use crate::gc::Gc;
use crate::value::frame::{CALLER, DST_MASK, FUNCTION, RETURN_IP};
use crate::value::{Cell, CodeObject, Dict, Function, Module, Str, Value};

pub unsafe fn run(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    // SAFETY: I3; so throughout this file.
    unsafe {
        let args: Vec<Value> = (0..word::c(w)).map(|i| reg!(base, word::b(w) + i)).collect();
        let which = INTRINSICS[word::ext(w) as usize];
        let cx = Cx::of(&mut *vm);
        let flow = match which {
            Intrinsic::Locals => Ok(locals(&*vm, base)),
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
                    let table = dict.table().copy();
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

/// `locals()` of the activation at `base`: a fresh dict for functions, the namespace itself for
/// modules and class bodies.
unsafe fn locals(vm: &Vm, base: Base) -> Value {
    unsafe {
        use crate::code::CodeKind;
        let function: Gc<Function> = (*base.offset(FUNCTION)).cast_unchecked();
        let code = &function.code.code;
        if code.kind == CodeKind::ClassBody {
            return reg!(base, 0);
        }
        if code.is_module || code.kind == CodeKind::Module {
            return Value::object(function.globals);
        }
        let dict = vm.space.dict();
        let put = |name: &str, value: Value| {
            if !value.is_undef() && !name.starts_with('.') {
                dict.set_str(&vm.space, vm.space.intern(name), value);
            }
        };
        for local in &code.locals {
            let value = reg!(base, local.register as usize);
            match value.cast::<Cell>().filter(|_| local.is_cell) {
                Some(cell) => put(&local.name, cell.value.get()),
                None => put(&local.name, value),
            }
        }
        for (i, name) in code.free_names.iter().enumerate() {
            put(name, function.cell(i).value.get());
        }
        Value::object(dict)
    }
}

/// `from module import *`
unsafe fn import_star(vm: &mut Vm, base: Base, module: Value, namespace: Value) -> Flow {
    unsafe {
        let function: Gc<Function> = (*base.offset(FUNCTION)).cast_unchecked();
        let target = namespace.cast::<Dict>().unwrap_or(function.globals);
        let cx = Cx::of(vm);
        let all = cx.intern("__all__");
        if let Some(all) = cx.get_optional(module, all)? {
            for name in cx.plain_items(all).unwrap_or_default() {
                let Some(name) = name.cast::<Str>() else {
                    let text = format!("Item in __all__ must be str, not {}", cx.type_name(name));
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
            Some(base) => unsafe { locals(self.vm(), base) },
            None => Value::object(self.dict()),
        }
    }

    /// The globals of the activation that called the running native.
    pub fn caller_globals(&self) -> Value {
        match self.caller() {
            // SAFETY: as above.
            Some(base) => unsafe { Value::object(self.vm().function_of(base).globals) },
            None => Value::object(self.vm().builtins),
        }
    }

    /// The globals of the activation that is `depth` callers further out; None if there is none.
    pub fn globals_above(&self, depth: usize) -> Option<Value> {
        let mut base = self.caller()?;
        for _ in 0..depth {
            // SAFETY: as above.
            base = self.language_below(unsafe { (*base.offset(CALLER)).bits() as Base })?;
        }
        // SAFETY: as above.
        Some(unsafe { Value::object(self.vm().function_of(base).globals) })
    }

    /// Where the program's code goes on `depth` levels outwards from the caller of the running
    /// native: the code, and a word of the instruction that it is at.
    pub fn place_above(&self, depth: usize) -> Option<(Gc<CodeObject>, u32)> {
        let (mut ip, mut base) = (self.vm().native_ip, self.vm().native_base);
        let mut left = depth;
        // SAFETY: bases of live activations, the lowest of which has caller 0; each says where
        // the one below it goes on.
        unsafe {
            while !base.is_null() {
                let function = (*base.offset(FUNCTION)).cast::<Function>();
                let code = function.map(|function| function.code);
                if let Some(code) = code.filter(|code| !code.code.is_internal()) {
                    if left == 0 {
                        return Some((code, code.index_of(ip).wrapping_sub(1)));
                    }
                    left -= 1;
                }
                ip = (*base.offset(RETURN_IP)).bits() as Ip;
                base = (*base.offset(CALLER)).bits() as Base;
            }
        }
        None
    }

    /// The innermost activation of language code below the running native.
    fn caller(&self) -> Option<Base> {
        self.language_below(self.vm().native_base)
    }

    /// The first activation of language code from `base` outwards.
    fn language_below(&self, mut base: Base) -> Option<Base> {
        // SAFETY: bases of live activations, the lowest of which has caller 0.
        unsafe {
            while !base.is_null() {
                if (*base.offset(FUNCTION)).is::<Function>() {
                    return Some(base);
                }
                base = (*base.offset(CALLER)).bits() as Base;
            }
        }
        None
    }
}
