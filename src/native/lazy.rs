//! Attributes of native modules that are written in Sloop: imported when first asked for.

use crate::value::{Module, Str, T, Value};
use crate::vm::{Cx, Flow, Outcome, missing_in_module, nearly_has};

/// An attribute that a native module lacks: taken from the library module `from` if it is one of
/// `made`, and kept from then on. A native's last act.
pub fn attribute(cx: &mut Cx, owner: &str, from: &str, made: &[&str], name: Value) -> Flow {
    let text = name.cast::<Str>().map_or_else(String::new, |name| name.lossy().into_owned());
    if !made.contains(&text.as_str()) {
        let module = cx.module_named(owner).and_then(|module| module.cast::<Module>());
        let lacks = !module.is_some_and(|module| nearly_has(&module, &text));
        let text = missing_in_module(owner, &text, lacks);
        return Err(cx.error(T::AttributeError, &text));
    }
    let wanted = Value::object(cx.tuple(&[Value::NONE]));
    let module = cx.str_value(from);
    let import = cx.vm().builtins.get_str(cx, cx.intern("__import__")).unwrap_or(Value::NONE);
    let given = [module, Value::NONE, Value::NONE, wanted, Value::int(0)];
    let state = [name, cx.str_value(owner), Value::NONE];
    cx.call_then(import, &given, loaded, state)
}

fn loaded(cx: &mut Cx, [name, owner, _]: [Value; 3], outcome: Outcome) -> Flow {
    let module = outcome?;
    let (Some(key), Some(owner)) = (name.cast::<Str>(), owner.cast::<Str>()) else {
        return Ok(Value::NONE);
    };
    let key = cx.intern_str(key);
    let value = cx.get_attribute(module, key)?;
    if let Some(owner) = cx.module_named(&owner.lossy()) {
        cx.set_own(owner, key, value);
    }
    Ok(value)
}
