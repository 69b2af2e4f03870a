//! What could stand at a place of the text: names, attributes, modules, keyword arguments, paths.
//!
//! Answered by the live machine, but no code of the program runs for it: attributes are looked up
//! in dicts and slots, never computed; modules are read, never imported.

use std::collections::BTreeSet;
use std::path::Path;

use sloop_grammar::ast::{Ast, Expr, StmtKind};
use sloop_grammar::{Mode, Outcome, Paint, paint, parse};

use super::super::library;
use super::super::loader::search_path;
use crate::gc::Gc;
use crate::native::{MODULES, suggest};
use crate::value::{Class, Dict, Function, Instance, Module, Native, Str, T, Value};
use crate::vm::Cx;

#[derive(Default)]
pub struct Answer {
    /// Where what is completed begins.
    pub start: usize,
    /// What to put there, and how to show it.
    pub candidates: Vec<(String, String)>,
}

const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "match", "nonlocal", "not", "or", "pass", "raise", "return", "try",
    "while", "with", "yield",
];

/// More than this many are no help.
const MOST: usize = 500;

pub fn answer(cx: &Cx, text: &str, at: usize) -> Answer {
    let before = &text[..text.floor_char_boundary(at)];
    let pieces = paint(before);
    if let Some(&(span, kind)) = pieces.last() {
        let (start, end) = (span.start as usize, span.end as usize);
        match kind {
            Paint::Comment if end == before.len() => return Answer::default(),
            Paint::Text if is_open(&before[start..end]) => return paths(before, start),
            _ => {}
        }
    }
    let word_start = before
        .char_indices()
        .rev()
        .take_while(|&(_, c)| c.is_alphanumeric() || c == '_')
        .last()
        .map_or(before.len(), |(start, _)| start);
    let word = &before[word_start..];
    let lead = before[..word_start].trim_end_matches([' ', '\t']);
    let line = before.rsplit(['\n', ';']).next().unwrap_or(before).trim_start();
    let found: BTreeSet<String> = if let Some(found) = in_import(cx, line) {
        found
    } else if let Some(chain) = lead.strip_suffix('.') {
        match value_of(cx, chain) {
            Some(value) => attributes(cx, value),
            None => BTreeSet::new(),
        }
    } else {
        let mut found = names(cx);
        if let Some(callee) = callee(before, &pieces) {
            found.extend(keywords(cx, callee));
        }
        found
    };
    let hidden = word.is_empty() || !word.starts_with('_');
    let fits = |name: &&String| name.starts_with(word) && !(hidden && name.starts_with('_'));
    let candidates = found.iter().filter(fits).take(MOST).map(|n| (n.clone(), n.clone())).collect();
    Answer { start: word_start, candidates }
}

/// Does the text of a string end before its quote?
fn is_open(text: &str) -> bool {
    let Some(at) = text.find(['"', '\'']) else { return false };
    let rest = &text[at..];
    let quote = &rest[..if rest.starts_with("\"\"\"") || rest.starts_with("'''") { 3 } else { 1 }];
    rest.len() < 2 * quote.len() || !rest.ends_with(quote)
}

fn keys(dict: Gc<Dict>) -> impl Iterator<Item = String> {
    let keys: Vec<String> = dict
        .iter()
        .filter_map(|entry| entry.key.cast::<Str>())
        .map(|key| key.lossy().into_owned())
        .collect();
    keys.into_iter()
}

fn globals(cx: &Cx) -> Option<Gc<Dict>> {
    Some(cx.module_named("__main__")?.cast::<Module>()?.dict)
}

fn names(cx: &Cx) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = KEYWORDS.iter().map(|&word| word.to_owned()).collect();
    found.extend(globals(cx).into_iter().flat_map(keys));
    found.extend(keys(cx.vm().builtins));
    found
}

// ---- values, as far as they can be seen without running anything

/// The value of `a.b.c` at the end of a text.
fn value_of(cx: &Cx, text: &str) -> Option<Value> {
    let text = text.trim_end();
    if text.ends_with(['"', '\'']) {
        return Some(cx.type_object(T::Str));
    }
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let start = text.char_indices().rev().take_while(|&(_, c)| is_part(c)).last()?.0;
    // What stands before it would make it something else: `f().x`, `a[0].x`.
    if text[..start].ends_with([')', ']', '}']) && text[start..].starts_with('.') {
        return None;
    }
    let mut parts = text[start..].split('.');
    let first = parts.next()?;
    let key = cx.intern(first);
    let mut value = globals(cx)
        .and_then(|globals| globals.get_str(cx, key))
        .or_else(|| cx.vm().builtins.get_str(cx, key))?;
    for part in parts {
        value = attribute(cx, value, part)?;
    }
    Some(value)
}

/// An attribute that is simply there.
fn attribute(cx: &Cx, object: Value, name: &str) -> Option<Value> {
    let key = cx.intern(name);
    if let Some(module) = object.cast::<Module>() {
        return module.dict.get_str(cx, key);
    }
    if let Some(class) = object.cast::<Class>() {
        return in_class(cx, class, key);
    }
    if object.is::<Instance>()
        && let Some(own) = cx.own_attribute(object, key)
    {
        return Some(own);
    }
    in_class(cx, cx.class_of(object), key)
}

/// What a class holds under a name, unless reading it would compute something.
fn in_class(cx: &Cx, class: Gc<Class>, key: Gc<Str>) -> Option<Value> {
    let found = class.mro.borrow().iter().find_map(|class| class.dict.get_str(cx, key))?;
    let is_plain = found.is::<Function>()
        || found.is::<Native>()
        || found.is::<Class>()
        || found.is::<Module>()
        || found.is::<Str>()
        || found.as_int().is_some();
    is_plain.then_some(found)
}

fn attributes(cx: &Cx, object: Value) -> BTreeSet<String> {
    suggest::attributes(cx, object).into_iter().collect()
}

// ---- calls

/// The text of what is called where the cursor stands among the arguments.
fn callee<'a>(before: &'a str, pieces: &[(sloop_grammar::span::Span, Paint)]) -> Option<&'a str> {
    let mut depth = 0;
    for (span, kind) in pieces.iter().rev() {
        if *kind != Paint::Bracket {
            continue;
        }
        match &before[span.start as usize..span.end as usize] {
            ")" | "]" | "}" => depth += 1,
            bracket if depth == 0 => {
                return (bracket == "(").then(|| &before[..span.start as usize]);
            }
            _ => depth -= 1,
        }
    }
    None
}

/// The parameters that a callable takes by name.
fn keywords(cx: &Cx, callee: &str) -> Vec<String> {
    let Some(value) = value_of(cx, callee) else { return Vec::new() };
    let called = match value.cast::<Class>() {
        Some(class) => in_class(cx, class, cx.intern("__init__")),
        None => Some(value),
    };
    let Some(called) = called else { return Vec::new() };
    if let Some(function) = called.cast::<Function>() {
        let code = &function.code.code;
        let params = &code.params;
        let from = params.positional_only as usize;
        let to = from + params.positional as usize + params.keyword_only as usize;
        let named = |register: usize| {
            let local = code.locals.iter().find(|local| local.register as usize == register);
            local.map(|local| format!("{}=", local.name))
        };
        return (from..to).filter_map(named).filter(|name| name != "self=").collect();
    }
    if let Some(native) = called.cast::<Native>() {
        let signature = native.signature;
        let all = signature.positional_only()..signature.len();
        return all.map(|i| format!("{}=", signature.param(i))).collect();
    }
    Vec::new()
}

// ---- imports

/// What may follow in a line that imports something; None if it does not.
fn in_import(cx: &Cx, line: &str) -> Option<BTreeSet<String>> {
    if let Some(rest) = line.strip_prefix("from ") {
        return Some(match rest.split_once(" import ") {
            Some((module, _)) => members(cx, module.trim()),
            None if rest.trim_start().contains(' ') => BTreeSet::from(["import".to_owned()]),
            None => modules(cx, rest.trim_start()),
        });
    }
    let rest = line.strip_prefix("import ")?;
    let last = rest.rsplit(',').next().unwrap_or(rest).trim_start();
    Some(match last.contains(' ') {
        true => BTreeSet::from(["as".to_owned()]),
        false => modules(cx, last),
    })
}

/// Modules whose names begin so: the last part of each.
fn modules(cx: &Cx, begun: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let parent = begun.rsplit_once('.').map(|(parent, _)| parent);
    let prefix = parent.map_or(String::new(), |parent| format!("{parent}."));
    let known = library::names().chain(MODULES.iter().map(|(name, _)| *name));
    for rest in known.filter_map(|name| name.strip_prefix(&*prefix)) {
        found.insert(rest.split('.').next().unwrap_or(rest).to_owned());
    }
    for folder in search_path(cx) {
        let folder = match parent {
            Some(parent) => Path::new(&folder).join(parent.replace('.', "/")),
            None => Path::new(if folder.is_empty() { "." } else { &*folder }).to_owned(),
        };
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
            let is_module = match path.is_dir() {
                true => {
                    ["sloop", "py"].iter().any(|e| path.join(format!("__init__.{e}")).is_file())
                }
                false => path.extension().is_some_and(|e| e == "sloop" || e == "py"),
            };
            if is_module && name != "__init__" {
                found.insert(name.to_owned());
            }
        }
    }
    found
}

/// What can be imported from a module: if it is not there yet, what its text defines.
fn members(cx: &Cx, module: &str) -> BTreeSet<String> {
    let mut found = modules(cx, &format!("{module}."));
    if let Some(module) = cx.module_named(module) {
        found.append(&mut attributes(cx, module));
        return found;
    }
    let text = library::find(module).map(|module| module.text()).or_else(|| {
        let path = module.replace('.', "/");
        search_path(cx).iter().find_map(|folder| {
            let base = Path::new(if folder.is_empty() { "." } else { &**folder });
            ["", "/__init__"].iter().find_map(|inside| {
                ["sloop", "py"].iter().find_map(|ending| {
                    std::fs::read_to_string(base.join(format!("{path}{inside}.{ending}"))).ok()
                })
            })
        })
    });
    if let Some(text) = text
        && let Outcome::Tree { ast, .. } = parse(&text, Mode::Module).outcome
    {
        defined(&ast, &mut found);
    }
    found
}

/// Names that the top level of a module binds.
fn defined(ast: &Ast, found: &mut BTreeSet<String>) {
    for statement in &ast.body {
        match &statement.kind {
            StmtKind::Function(function) => {
                found.insert(ast.name(function.name.name).to_owned());
            }
            StmtKind::Class(class) => {
                found.insert(ast.name(class.name.name).to_owned());
            }
            StmtKind::Assign { targets, .. } => {
                for &target in targets {
                    if let Expr::Name(name) = ast.expr(target) {
                        found.insert(ast.name(*name).to_owned());
                    }
                }
            }
            _ => {}
        }
    }
}

// ---- paths

/// Files whose names begin like the text of the open string that begins at `start`.
fn paths(before: &str, start: usize) -> Answer {
    let text = &before[start..];
    let Some(quote) = text.find(['"', '\'']) else { return Answer::default() };
    let inside = start + quote + 1;
    let typed = &before[inside..];
    let (folder, name) =
        typed.rsplit_once('/').map_or(("", typed), |(folder, name)| (folder, name));
    let start = before.len() - name.len();
    let folder = match (typed.contains('/'), folder) {
        (false, _) => ".".to_owned(),
        (true, "") => "/".to_owned(),
        (true, folder) => match (folder.strip_prefix('~'), std::env::var("HOME")) {
            (Some(rest), Ok(home)) => home + rest,
            _ => folder.to_owned(),
        },
    };
    let Ok(entries) = std::fs::read_dir(folder) else { return Answer::default() };
    let mut candidates: Vec<(String, String)> = entries
        .flatten()
        .filter_map(|entry| {
            let found = entry.file_name().into_string().ok()?;
            let hidden = found.starts_with('.') && !name.starts_with('.');
            if hidden || !found.starts_with(name) {
                return None;
            }
            let found = if entry.path().is_dir() { found + "/" } else { found };
            Some((found.clone(), found))
        })
        .take(MOST)
        .collect();
    candidates.sort();
    Answer { start, candidates }
}
