//! The stack below an exception as people at a terminal see it: what belongs to the library is
//! left out, the expression that failed is shown in its source, the way to it in short.

use super::front::{Mark, Notice, front};
use super::hints;
use super::traceback::{Entry, format_entries, format_entry, line_of, locals};
use crate::code::{BEFORE, LineEntry};
use crate::value::Value;
use crate::vm::Cx;

/// How people want it.
#[derive(Clone, Default)]
pub struct People {
    pub color: bool,
    /// The folder in front of file names that need not be said.
    pub folder: String,
    /// The way of the exception through tasks.
    pub crossed: String,
}

fn is_library(entry: &Entry) -> bool {
    entry.code.code.is_internal() || entry.code.code.filename.starts_with("<sloop>/")
}

/// The stack, without the last lines, and whether it has more than one level.
pub fn stack(
    cx: &mut Cx,
    exception: Value,
    entries: &[Entry],
    title: &str,
    said: &str,
    people: &People,
    with_locals: bool,
) -> String {
    // What happened in the library alone tells nobody anything but by its text.
    let shown: Vec<Entry> = entries.iter().copied().filter(|entry| !is_library(entry)).collect();
    let Some((&last, outer)) = shown.split_last() else { return String::new() };
    let mut out = String::new();
    if !outer.is_empty() {
        out += title;
    }
    if with_locals {
        for &entry in outer {
            out += &format_entry(cx, entry);
            variables(cx, entry, &mut out);
        }
    } else {
        out += &format_entries(cx, outer);
    }
    match source(cx, exception, last, said) {
        Some(boxed) => {
            if people.color {
                out = colored(&out);
            }
            out += &boxed;
        }
        None => {
            if outer.is_empty() {
                out += title;
            }
            out += &format_entry(cx, last);
            if people.color {
                out = colored(&out);
            }
        }
    }
    if with_locals {
        variables(cx, last, &mut out);
    }
    if !people.folder.is_empty() {
        out = out.replace(&people.folder, "");
    }
    out
}

fn variables(cx: &mut Cx, entry: Entry, out: &mut String) {
    for (name, value) in locals(cx, entry) {
        *out += &format!("    {name} = {}\n", String::from_utf8_lossy(&value));
    }
}

/// The failing expression in its source.
fn source(cx: &Cx, exception: Value, entry: Entry, said: &str) -> Option<String> {
    let code = &entry.code.code;
    let front = front(cx)?;
    let place = code.place(entry.word)?;
    let line = front.line(&code.filename, line_of(entry))?;
    let mut place = LineEntry { line: line_of(entry), ..place };
    if entry.word == BEFORE {
        // The body has not begun: all of the line stands for it.
        place.column = (line.len() - line.trim_start().len()) as u32;
        place.end_column = line.trim_end().len() as u32;
    }
    let text = match code.is_module {
        true => "raised here".to_owned(),
        false => format!("raised here, in {}", code.qualname),
    };
    let said = said.lines().next().unwrap_or_default();
    let mut notice = Notice::error("raised", said).help(hints::hint(cx, exception, said));
    notice.marks = vec![Mark { filename: code.filename.clone(), place, text, main: true }];
    Some(front.show(&notice))
}

const OFF: &str = "\x1b[0m";

/// The entries with colours: places, and what is marked.
fn colored(text: &str) -> String {
    let is_marks =
        |line: &str| !line.trim().is_empty() && line.chars().all(|c| matches!(c, ' ' | '~' | '^'));
    let mut out = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("  File \"")
            && let Some((name, rest)) = rest.split_once("\", line ")
            && let Some((number, function)) = rest.split_once(", in ")
        {
            out += &format!(
                "  File \x1b[35m\"{name}\"{OFF}, line \x1b[35m{number}{OFF}, in \x1b[35m{function}{OFF}"
            );
        } else if is_marks(line) {
            out += &format!("\x1b[1;31m{line}{OFF}");
        } else {
            out += line;
        }
        out.push('\n');
    }
    out
}

/// The line with the type of an exception, coloured.
pub fn colored_last(lines: &[u8], people: &People) -> Vec<u8> {
    if !people.color {
        return lines.to_vec();
    }
    let text = String::from_utf8_lossy(lines);
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let (name, said) = match first.split_once(": ") {
        Some((name, said)) => (name, format!(": \x1b[35m{said}{OFF}")),
        None => (first, String::new()),
    };
    format!("\x1b[1;35m{name}{OFF}{said}\n{rest}").into_bytes()
}
