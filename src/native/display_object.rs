//! The repr of functions, classes, modules and other things that are no data.

use super::display::push_repr;
use crate::gc::Gc;
use crate::value::{
    BoundMethod, Cell, Class, ClassMethod, CodeObject, Frame, FrameView, Function, GenericAlias,
    Member, MemoryView, Module, Native, NativeKind, Range, Slice, StaticMethod, Str, Super, T,
    Union, Value,
};
use crate::vm::{Cx, Stop};

/// Appends the repr of a value that is neither a scalar nor a container.
pub fn push(cx: &mut Cx, out: &mut Vec<u8>, value: Value) -> Result<(), Stop> {
    if let Some(class) = value.cast::<Class>() {
        push_text(out, &format!("<class '{}'>", full_name(cx, class)));
    } else if let Some(function) = value.cast::<Function>() {
        push_text(out, &format!("<function {} at {}>", qualname(cx, function), address(value)));
    } else if let Some(native) = value.cast::<Native>() {
        push_text(out, &native_text(native));
    } else if let Some(module) = value.cast::<Module>() {
        push_module(cx, out, module)?;
    } else if let Some(frame) = value.cast::<Frame>() {
        let name = qualname(cx, frame.function);
        let kind = cx.type_name(value);
        push_text(out, &format!("<{kind} object {name} at {}>", address(value)));
    } else if let Some(code) = value.cast::<CodeObject>() {
        let code = &code.code;
        push_text(
            out,
            &format!(
                "<code object {} at {}, file \"{}\", line {}>",
                code.name,
                address(value),
                code.filename,
                code.first_line
            ),
        );
    } else if let Some((member, item)) = value.cast::<Member>().and_then(|m| Some((m, m.item?))) {
        push_text(out, &format!("_tuplegetter({item}, "));
        push_repr(cx, out, member.name.get())?;
        out.push(b')');
    } else if let Some(view) = value.cast::<FrameView>() {
        let entry = super::frames::entry_of_view(cx, view);
        push_text(
            out,
            &format!(
                "<frame at {}, file {}, line {}, code {}>",
                address(value),
                crate::plain::repr::str_repr(entry.code.code.filename.as_bytes()),
                super::traceback::line_of(entry),
                entry.code.code.name
            ),
        );
    } else if let Some(member) = value.cast::<Member>() {
        let what = if cx.is_exact(value, T::GetSet) { "attribute" } else { "member" };
        let owner = member.owner.get().cast::<Class>().map_or_else(String::new, |c| c.name_text());
        let name = member.name.get().cast::<Str>();
        let name = name.map_or_else(String::new, |n| n.lossy().into_owned());
        push_text(out, &format!("<{what} '{name}' of '{owner}' objects>"));
    } else if let Some(view) = value.cast::<MemoryView>() {
        let what = if view.is_released() { "released memory" } else { "memory" };
        push_text(out, &format!("<{what} at {}>", address(value)));
    } else if let Some(cell) = value.cast::<Cell>() {
        push_text(out, &cell_text(cx, value, cell));
    } else if let Some(this) = value.cast::<Super>() {
        let (class, start) = (this.class.get().name_text(), this.start.get().name_text());
        let bound = if this.this.get().is_none() { "NULL" } else { &format!("<{start} object>") };
        push_text(out, &format!("<super: <class '{class}'>, {bound}>"));
    } else {
        return cx.deeper(|cx| push_compound(cx, out, value));
    }
    Ok(())
}

/// What shows other values inside itself.
fn push_compound(cx: &mut Cx, out: &mut Vec<u8>, value: Value) -> Result<(), Stop> {
    if let Some(method) = value.cast::<BoundMethod>() {
        return push_method(cx, out, value, method);
    }
    if let Some(union) = value.cast::<Union>() {
        return super::union::push_text(cx, out, union);
    }
    if let Some(alias) = cx.unwrap(value).cast::<GenericAlias>() {
        return super::generic_alias::push_text(cx, out, alias);
    }
    if let Some(range) = value.cast::<Range>() {
        let step = range.step.get();
        let parts = [range.start.get(), range.stop.get(), step];
        let shown = if step == Value::int(1) { &parts[..2] } else { &parts[..] };
        return push_call(cx, out, "range", shown);
    }
    if let Some(slice) = value.cast::<Slice>() {
        let parts = [slice.start.get(), slice.stop.get(), slice.step.get()];
        return push_call(cx, out, "slice", &parts);
    }
    let wrapped = match (value.cast::<StaticMethod>(), value.cast::<ClassMethod>()) {
        (Some(method), _) => Some(("staticmethod", method.func.get())),
        (_, Some(method)) => Some(("classmethod", method.func.get())),
        _ => None,
    };
    if let Some((name, func)) = wrapped {
        push_text(out, &format!("<{name}("));
        push_repr(cx, out, func)?;
        out.extend_from_slice(b")>");
        return Ok(());
    }
    push_default(cx, out, value);
    Ok(())
}

fn push_call(cx: &mut Cx, out: &mut Vec<u8>, name: &str, parts: &[Value]) -> Result<(), Stop> {
    push_text(out, name);
    let mut before = b"(".as_slice();
    for &part in parts {
        out.extend_from_slice(before);
        before = b", ";
        push_repr(cx, out, part)?;
    }
    out.push(b')');
    Ok(())
}

fn push_method(
    cx: &mut Cx,
    out: &mut Vec<u8>,
    value: Value,
    method: Gc<BoundMethod>,
) -> Result<(), Stop> {
    let (func, this) = (method.func.get(), method.this.get());
    if let Some(native) = func.cast::<Native>()
        && native.kind != NativeKind::Function
    {
        let name = native.signature.name();
        let what = if cx.is_exact(value, T::MethodWrapper) {
            format!("<method-wrapper '{name}' of")
        } else {
            format!("<built-in method {name} of")
        };
        let holder = cx.type_name(this);
        let place = address(if this.is_object() { this } else { value });
        push_text(out, &format!("{what} {holder} object at {place}>"));
        return Ok(());
    }
    let name = match func.cast::<Function>() {
        Some(function) => qualname(cx, function),
        None => {
            let mut said = None;
            for key in [cx.vm().names.__qualname__, cx.vm().names.__name__] {
                if said.is_none() {
                    said = cx.get_optional(func, key)?.and_then(|name| name.cast::<Str>());
                }
            }
            said.map_or_else(|| "?".to_string(), |name| name.lossy().into_owned())
        }
    };
    push_text(out, &format!("<bound method {name} of "));
    push_repr(cx, out, this)?;
    out.push(b'>');
    Ok(())
}

/// `<module.Class object at 0x…>`.
pub fn push_default(cx: &Cx, out: &mut Vec<u8>, value: Value) {
    let name = full_name(cx, cx.class_of(value));
    push_text(out, &format!("<{name} object at {}>", address(value)));
}

fn push_module(cx: &mut Cx, out: &mut Vec<u8>, module: Gc<Module>) -> Result<(), Stop> {
    let text = |name: &str| {
        let value = module.dict.get_str(cx, cx.intern(name))?;
        value.cast::<Str>().map(|text| text.lossy().into_owned())
    };
    let name = text("__name__").unwrap_or_else(|| "?".into());
    let name = crate::plain::repr::str_repr(name.as_bytes());
    let loaded = cx.vm().modules.iter().any(|entry| entry.value == Value::object(module));
    let loader = module.dict.get_str(cx, cx.intern("__loader__")).filter(|l| !l.is_none());
    let origin = match text("__file__") {
        Some(file) => format!(" from {}", crate::plain::repr::str_repr(file.as_bytes())),
        None if loaded => " (built-in)".to_string(),
        None => String::new(),
    };
    push_text(out, &format!("<module {name}{origin}"));
    if let (Some(loader), true) = (loader, origin.is_empty()) {
        out.extend_from_slice(b" (");
        push_repr(cx, out, loader)?;
        out.push(b')');
    }
    out.push(b'>');
    Ok(())
}

fn native_text(native: Gc<Native>) -> String {
    let name = native.signature.name();
    match (native.kind, native.owner.get().cast::<Class>()) {
        (NativeKind::Method, Some(class)) => {
            let is_slot = native.header.shape == T::SlotWrapper.shape();
            let what = if is_slot { "slot wrapper" } else { "method" };
            format!("<{what} '{name}' of '{}' objects>", class.name_text())
        }
        (NativeKind::ClassMethod, Some(class)) => {
            format!("<method '{name}' of '{}' objects>", class.name_text())
        }
        (_, Some(class)) => {
            let place = address(Value::object(class));
            format!("<built-in method {name} of type object at {place}>")
        }
        _ => format!("<built-in function {name}>"),
    }
}

fn cell_text(cx: &Cx, value: Value, cell: Gc<Cell>) -> String {
    let held = cell.value.get();
    let what = if held.is_undef() {
        "empty".to_string()
    } else {
        format!("{} object at {}", cx.type_name(held), address(held))
    };
    format!("<cell at {}: {what}>", address(value))
}

/// Module and qualified name of a class; without the module for built-in ones.
pub fn full_name(cx: &Cx, class: Gc<Class>) -> String {
    let name = match class.qualname.get().cast::<Str>() {
        Some(name) => name.lossy().into_owned(),
        None => class.name_text(),
    };
    let module = class.dict.get_str(cx, cx.intern("__module__"));
    if !class.is_user() {
        return match super::module_of(cx, class) {
            "builtins" => name,
            module => format!("{module}.{name}"),
        };
    }
    match module.and_then(|m| m.cast::<Str>()) {
        Some(module) if module.as_bytes() != b"builtins" => format!("{}.{name}", module.lossy()),
        _ => name,
    }
}

fn qualname(cx: &Cx, function: Gc<Function>) -> String {
    let set = cx.detail(function, cx.vm().names.__qualname__);
    match set.and_then(|name| name.cast::<Str>()) {
        Some(name) => name.lossy().into_owned(),
        None => function.code.code.qualname.to_string(),
    }
}

/// The address of an object, as `%p` prints it.
pub fn address(value: Value) -> String {
    match value.header() {
        Some(header) => format!("{header:p}"),
        None => format!("{:#x}", value.bits() & 0xFFFF_FFFF_FFFF),
    }
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}
