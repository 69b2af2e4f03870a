//! "Did you mean": the closest name for a NameError, AttributeError or ImportError.

use std::collections::BTreeSet;

use super::error::field;
use super::frames;
use super::front::front;
use super::traceback::entries;
use crate::plain::closest::closest;
use crate::value::{Class, Dict, Exception, Instance, Module, Str, T, Value};
use crate::vm::Cx;

/// Appends the advice to the text of an exception.
pub fn suggest(cx: &mut Cx, exception: Value, text: &mut Vec<u8>) {
    let Some(this) = exception.cast::<Exception>() else { return };
    let mut wrong = field(cx, this, "name");
    let obj = field(cx, this, "obj");
    let candidates = if cx.isinstance(exception, T::ImportError) {
        wrong = field(cx, this, "name_from");
        imported(cx, field(cx, this, "name"))
    } else if cx.isinstance(exception, T::AttributeError) {
        attributes(cx, obj)
    } else if cx.isinstance(exception, T::NameError)
        && !cx.isinstance(exception, T::UnboundLocalError)
    {
        variables(cx, exception)
    } else {
        return;
    };
    let Some(wrong) = wrong.cast::<Str>() else { return };
    let wrong = wrong.lossy().into_owned();
    let is_name = cx.isinstance(exception, T::NameError);
    let own = self_where_raised(cx, exception);
    // Methods may use what is private to their own object.
    let inside = cx.isinstance(exception, T::AttributeError) && own == Some(obj);
    let hide = !wrong.starts_with('_') && !is_name && !inside;
    let candidates = candidates.iter().filter(|name| !hide || !name.starts_with('_'));
    let of_self = is_name && own.is_some_and(|own| attributes(cx, own).contains(&wrong));
    let found = match of_self {
        true => Some(format!("self.{wrong}")),
        false => closest(&wrong, candidates.map(String::as_str).collect::<Vec<_>>()),
    };
    if let Some(name) = &found {
        text.extend_from_slice(format!(". Did you mean: '{name}'?").as_bytes());
    }
    if cx.isinstance(exception, T::NameError)
        && front(cx).is_some_and(|front| front.is_library(&wrong))
    {
        let link = if found.is_some() { " Or did" } else { ". Did" };
        text.extend_from_slice(format!("{link} you forget to import '{wrong}'?").as_bytes());
    }
}

/// The variable `self` of the function that an exception comes from.
fn self_where_raised(cx: &mut Cx, exception: Value) -> Option<Value> {
    let level = entries(cx, exception, None).pop()?.level?;
    let view = frames::frame_of(cx, level).ok()?.cast()?;
    let locals = cx.view_locals(view).cast::<Dict>()?;
    locals.get_str(cx, cx.intern("self"))
}

/// Names that were in reach where a NameError was raised: locals, globals, builtins.
fn variables(cx: &Cx, exception: Value) -> Vec<String> {
    let Some(entry) = entries(cx, exception, None).pop() else { return Vec::new() };
    let code = entry.code;
    let mut names: Vec<String> = code.code.locals.iter().map(|l| l.name.to_string()).collect();
    names.extend(code.code.free_names.iter().map(|name| name.to_string()));
    if let Some(globals) = code.globals.get() {
        names.extend(keys(&globals));
    }
    names.extend(keys(&cx.vm().builtins));
    // To CPython these are members of `builtins`.
    names.extend(["False", "None", "True"].map(str::to_owned));
    names
}

/// What `dir(object)` would say, without asking the program.
pub fn attributes(cx: &Cx, object: Value) -> Vec<String> {
    let mut names = BTreeSet::new();
    if let Some(module) = object.cast::<Module>() {
        return keys(&module.dict).collect::<BTreeSet<_>>().into_iter().collect();
    }
    if object.is::<Instance>() {
        names.extend(cx.own_names(object).into_iter().map(|name| name.lossy().into_owned()));
    }
    let class = object.cast::<Class>().unwrap_or_else(|| cx.class_of(object));
    for ancestor in class.mro.borrow().iter() {
        names.extend(keys(&ancestor.dict));
    }
    names.into_iter().collect()
}

fn imported(cx: &Cx, module: Value) -> Vec<String> {
    let Some(name) = module.cast::<Str>() else { return Vec::new() };
    match cx.vm().modules.get_str(cx, cx.intern_str(name)) {
        Some(module) => attributes(cx, module),
        None => Vec::new(),
    }
}

fn keys(dict: &Dict) -> impl Iterator<Item = String> {
    dict.iter().filter_map(|entry| entry.key.cast::<Str>()).map(|key| key.lossy().into_owned())
}
