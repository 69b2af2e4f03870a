//! "Did you mean": the closest name for a NameError, AttributeError or ImportError.
//!
//! Costs and limits are those of CPython, so that the same suggestions come out.

use std::collections::BTreeSet;

use super::error::field;
use super::front::front;
use super::traceback::entries;
use crate::value::{Class, Dict, Exception, Instance, Module, Str, T, Value};
use crate::vm::Cx;

const MOVE_COST: usize = 2;
const CASE_COST: usize = 1;
const MAX_CANDIDATES: usize = 750;
const MAX_LENGTH: usize = 40;

/// Appends the advice to the text of an exception.
pub fn suggest(cx: &mut Cx, exception: Value, text: &mut Vec<u8>) {
    let Some(this) = exception.cast::<Exception>() else { return };
    let mut wrong = field(cx, this, "name");
    let candidates = if cx.isinstance(exception, T::ImportError) {
        wrong = field(cx, this, "name_from");
        imported(cx, field(cx, this, "name"))
    } else if cx.isinstance(exception, T::AttributeError) {
        attributes(cx, field(cx, this, "obj"))
    } else if cx.isinstance(exception, T::NameError) {
        variables(cx, exception)
    } else {
        return;
    };
    let Some(wrong) = wrong.cast::<Str>() else { return };
    let wrong = wrong.lossy().into_owned();
    let hide = !wrong.starts_with('_') && !cx.isinstance(exception, T::NameError);
    let candidates = candidates.iter().filter(|name| !hide || !name.starts_with('_'));
    let found = closest(&wrong, candidates.map(String::as_str).collect::<Vec<_>>());
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
    names
}

/// What `dir(object)` would say, without asking the program.
fn attributes(cx: &Cx, object: Value) -> Vec<String> {
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

/// The candidate that takes the fewest changes, if those are few.
fn closest(wrong: &str, candidates: Vec<&str>) -> Option<String> {
    let wrong_chars: Vec<char> = wrong.chars().collect();
    if candidates.len() > MAX_CANDIDATES || wrong_chars.len() > MAX_LENGTH {
        return None;
    }
    let mut best: Option<(usize, &str)> = None;
    for name in candidates {
        if name == wrong {
            continue;
        }
        let chars: Vec<char> = name.chars().collect();
        // No more than a third of the characters should need changing.
        let mut limit = (chars.len() + wrong_chars.len() + 3) * MOVE_COST / 6;
        if let Some((distance, _)) = best {
            limit = limit.min(distance.saturating_sub(1));
        }
        let distance = distance(&wrong_chars, &chars, limit);
        if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, name));
        }
    }
    best.map(|(_, name)| name.to_owned())
}

fn substitution(a: char, b: char) -> usize {
    if a == b {
        0
    } else if a.to_lowercase().eq(b.to_lowercase()) {
        CASE_COST
    } else {
        MOVE_COST
    }
}

/// Levenshtein distance, or more than `limit` once it is known to be.
fn distance(a: &[char], b: &[char], limit: usize) -> usize {
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[head..], &b[head..]);
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (mut a, mut b) = (&a[..a.len() - tail], &b[..b.len() - tail]);
    if a.is_empty() || b.is_empty() {
        return MOVE_COST * (a.len() + b.len());
    }
    if b.len() < a.len() {
        std::mem::swap(&mut a, &mut b);
    }
    if a.len() > MAX_LENGTH || b.len() > MAX_LENGTH || (b.len() - a.len()) * MOVE_COST > limit {
        return limit + 1;
    }
    let mut row: Vec<usize> = (1..=a.len()).map(|i| i * MOVE_COST).collect();
    let mut result = 0;
    for (j, &y) in b.iter().enumerate() {
        let mut diagonal = j * MOVE_COST;
        result = diagonal;
        let mut least = usize::MAX;
        for (i, &x) in a.iter().enumerate() {
            let replace = diagonal + substitution(y, x);
            diagonal = row[i];
            result = replace.min(result.min(diagonal) + MOVE_COST);
            row[i] = result;
            least = least.min(result);
        }
        if least > limit {
            return limit + 1;
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn suggestions_are_close() {
        assert_eq!(closest("pritn", vec!["print", "int"]).as_deref(), Some("print"));
        assert_eq!(closest("Foo", vec!["foo"]).as_deref(), Some("foo"));
        assert_eq!(closest("xyzzy", vec!["print"]), None);
        assert_eq!(closest("a", vec!["b"]), None);
    }
}
