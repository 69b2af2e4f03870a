//! Exceptions as text: what CPython prints for an uncaught one, chains and groups included.
//!
//! Source lines and carets come from the host (`FrontEnd::excerpt`); "did you mean" is in
//! `suggest.rs`; the objects behind `__traceback__` are in `frames.rs`. Texts of exceptions are
//! asked for by the door, and an exception on the way is replaced by a remark.

use std::collections::HashSet;

use super::error::field;
use super::front::front;
use super::{add_functions, display, frames, function, group, raised, suggest};
use crate::code::{BEFORE, LineEntry};
use crate::gc::Gc;
use crate::plain::wtf8;
use crate::value::{
    Class, CodeObject, Dict, Exception, Function, List, Module, Native, Str, T, Traceback, Tuple,
    Value,
};
use crate::vm::{Args, Cx, Def, Flow, Stop};

/// Entries of the same place shown before they are counted.
const REPEATED: usize = 3;
const MAX_GROUP_WIDTH: usize = 15;
const MAX_GROUP_DEPTH: usize = 10;
/// Levels of traceback shown at most (`sys.tracebacklimit`).
const LIMIT: usize = 1000;

const CAUSE: &str = "\nThe above exception was the direct cause of the following exception:\n\n";
const CONTEXT: &str = "\nDuring handling of the above exception, another exception occurred:\n\n";

/// How much of an exception to show.
#[derive(Clone)]
pub struct Options {
    pub chain: bool,
    pub limit: Option<i64>,
    /// Show variables below each entry.
    pub locals: bool,
    /// For people at a terminal; None: as CPython writes it.
    pub people: Option<raised::People>,
}

impl Default for Options {
    fn default() -> Options {
        Options { chain: true, limit: None, locals: false, people: None }
    }
}

/// The text that CPython prints for an exception, in WTF-8.
pub fn format(cx: &mut Cx, exception: Value, options: Options) -> Vec<u8> {
    format_parts(cx, exception, options).out
}

fn format_parts(cx: &mut Cx, exception: Value, options: Options) -> Printer {
    let mut printer = Printer {
        out: Vec::new(),
        last: Last::default(),
        depth: 0,
        need_close: false,
        seen: HashSet::new(),
        options,
    };
    cx.scope(|cx| {
        cx.root(exception);
        let chain = printer.options.chain;
        printer.exception(cx, exception, chain);
    });
    printer
}

/// What a report of the exception ends with: `Type: message`.
pub fn summary(cx: &mut Cx, exception: Value) -> String {
    let last = last_lines(cx, exception, true);
    let name = qualified_name(cx, exception);
    let mut said = last.said;
    if cx.isinstance(exception, T::SyntaxError)
        && let Some(this) = exception.cast::<Exception>()
    {
        let message = field(cx, this, "msg");
        said = safe_text(cx, message, "exception", false);
    }
    let said = wtf8::to_lossy(&said);
    if said.is_empty() { name } else { format!("{name}: {said}") }
}

/// `str(exception)`, whatever happens.
pub fn said(cx: &mut Cx, exception: Value) -> String {
    wtf8::to_lossy(&safe_text(cx, exception, "exception", false))
}

// ---- the module `_traceback`, which `stdlib/traceback.sloop` is made of

static FUNCTIONS: &[Def] = &[
    function(
        "format(exception, chain, limit, /)",
        "The whole text of an exception, and its last lines in pieces.",
        format_native,
    ),
    function(
        "last(exception, in_reach=True, /)",
        "What an exception says, and the last lines of its traceback in pieces.",
        last_native,
    ),
    function("entries(traceback, /)", "(line, end line, column, end column) of each entry.", list),
    function(
        "excerpt(filename, line, end_line, column, end_column, /)",
        "The source of a place, with marks below it.",
        excerpt,
    ),
];

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, dict, FUNCTIONS, "_traceback");
    Ok(())
}

fn limit_argument(cx: &mut Cx, value: Value) -> Result<Option<i64>, Stop> {
    if value.is_none() { Ok(None) } else { cx.index_i64(value).map(Some) }
}

fn format_native(cx: &mut Cx, args: Args) -> Flow {
    let (exception, chain) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    let limit = cx.arg(args, 2).value();
    let limit = limit_argument(cx, limit)?;
    let options = Options { chain: chain == Value::TRUE, limit, ..Options::default() };
    let made = format_parts(cx, exception, options);
    let parts = [Value::object(cx.str_wtf8(&made.out)), pieces(cx, &made.last)];
    Ok(Value::object(cx.tuple(&parts)))
}

fn last_native(cx: &mut Cx, args: Args) -> Flow {
    let exception = cx.arg(args, 0).value();
    let in_reach = cx.opt(args, 1).is_none_or(|given| given.value() != Value::FALSE);
    let last = cx.scope(|cx| {
        cx.root(exception);
        last_lines(cx, exception, in_reach)
    });
    let parts = [Value::object(cx.str_wtf8(&last.said)), pieces(cx, &last)];
    Ok(Value::object(cx.tuple(&parts)))
}

/// Type and text are one piece, each other line is one.
fn pieces(cx: &Cx, last: &Last) -> Value {
    let (head, rest) = last.lines.split_at(last.head);
    let rest = rest.split_inclusive(|&byte| byte == b'\n');
    let all = Some(head).filter(|head| !head.is_empty()).into_iter().chain(rest);
    Value::object(cx.list(all.map(|piece| Value::object(cx.str_wtf8(piece))).collect()))
}

fn list(cx: &mut Cx, args: Args) -> Flow {
    let items = chain(cx.arg(args, 0).value()).into_iter().map(|entry| described(cx, entry));
    let items = items.collect();
    Ok(Value::object(cx.list(items)))
}

/// Where an entry stands, as numbers.
fn described(cx: &Cx, entry: Entry) -> Value {
    let exact = entry.line.is_none() && entry.word != BEFORE;
    let place = entry.code.code.place(entry.word).filter(|_| exact);
    let number = |number: Option<u32>| number.map_or(Value::NONE, |n| Value::int(n.into()));
    let parts = [
        Value::int(line_of(entry).into()),
        number(place.map(|place| place.end_line)),
        number(place.map(|place| place.column)),
        number(place.map(|place| place.end_column)),
    ];
    Value::object(cx.tuple(&parts))
}

fn excerpt(cx: &mut Cx, args: Args) -> Flow {
    let filename = cx.arg(args, 0).value();
    let mut numbers = [0; 4];
    for (nth, number) in numbers.iter_mut().enumerate() {
        let given = cx.arg(args, 1 + nth).value();
        *number = u32::try_from(cx.index_i64(given)?).unwrap_or(0);
    }
    let [line, end_line, column, end_column] = numbers;
    let end_column = if line == end_line { end_column.max(column) } else { end_column };
    let place = LineEntry { word: 0, line, end_line, column, end_column };
    let text = match (front(cx), filename.cast::<Str>()) {
        (Some(front), Some(filename)) => front.excerpt(&filename.lossy(), &place),
        _ => String::new(),
    };
    Ok(cx.str_value(&text))
}

// ---- layout

struct Printer {
    out: Vec<u8>,
    /// The last lines of the exception that was written last.
    last: Last,
    /// Depth of nesting in groups.
    depth: usize,
    need_close: bool,
    seen: HashSet<u64>,
    options: Options,
}

impl Printer {
    fn indent(&self) -> String {
        " ".repeat(2 * self.depth)
    }

    /// Adds lines behind the margin of the groups around.
    fn emit(&mut self, text: &[u8], margin: char) {
        if self.depth == 0 {
            self.out.extend_from_slice(text);
            return;
        }
        let margin = format!("{}{margin} ", self.indent());
        for line in text.split_inclusive(|&b| b == b'\n') {
            self.out.extend_from_slice(margin.as_bytes());
            self.out.extend_from_slice(line);
        }
    }

    fn exception(&mut self, cx: &mut Cx, exception: Value, chain: bool) {
        let mut links = vec![(exception, "")];
        self.seen.insert(exception.bits());
        while chain && let Some(this) = links.last().and_then(|(e, _)| e.cast::<Exception>()) {
            let (cause, context) = (this.cause.get(), this.context.get());
            let is_new = |e: Value| e.is::<Exception>() && !self.seen.contains(&e.bits());
            let next = if is_new(cause) {
                (cause, CAUSE)
            } else if is_new(context) && !this.suppress.get() && !cause.is::<Exception>() {
                (context, CONTEXT)
            } else {
                break;
            };
            self.seen.insert(next.0.bits());
            if let Some(last) = links.last_mut() {
                last.1 = next.1;
            }
            links.push((next.0, ""));
        }
        // Texts are asked of the program, which may take the chain apart meanwhile.
        for &(exception, _) in &links {
            cx.root(exception);
        }
        for (exception, message) in links.into_iter().rev() {
            if !message.is_empty() {
                self.emit(message.as_bytes(), '|');
            }
            if !cx.isinstance(exception, T::BaseExceptionGroup) {
                let last = last_lines(cx, exception, true);
                self.stack(cx, exception, "Traceback (most recent call last):\n", '|', &last);
                self.emit_last(last);
            } else if self.depth > MAX_GROUP_DEPTH {
                let text = format!("... (max_group_depth is {MAX_GROUP_DEPTH})\n");
                self.emit(text.as_bytes(), '|');
            } else {
                self.group(cx, exception, chain);
            }
        }
    }

    fn emit_last(&mut self, last: Last) {
        match self.options.people.clone() {
            Some(people) => {
                if self.depth == 0 {
                    self.emit(people.crossed.as_bytes(), '|');
                }
                self.emit(&raised::colored_last(&last.lines, &people), '|');
            }
            None => self.emit(&last.lines, '|'),
        }
        self.last = last;
    }

    fn stack(&mut self, cx: &mut Cx, exception: Value, title: &str, margin: char, last: &Last) {
        let entries = entries(cx, exception, self.options.limit);
        if entries.is_empty() {
            return;
        }
        if let Some(people) = self.options.people.clone() {
            let said = wtf8::to_lossy(&last.lines);
            let locals = self.options.locals;
            let text = raised::stack(cx, exception, &entries, title, &said, &people, locals);
            self.emit(text.as_bytes(), '|');
            return;
        }
        self.emit(title.as_bytes(), margin);
        if !self.options.locals {
            let text = format_entries(cx, &entries);
            self.emit(text.as_bytes(), '|');
            return;
        }
        for entry in entries {
            let mut text = format_entry(cx, entry).into_bytes();
            for (name, value) in locals(cx, entry) {
                text.extend_from_slice(format!("    {name} = ").as_bytes());
                text.extend(value);
                text.push(b'\n');
            }
            self.emit(&text, '|');
        }
    }

    fn group(&mut self, cx: &mut Cx, exception: Value, chain: bool) {
        let is_top = self.depth == 0;
        if is_top {
            self.depth = 1;
        }
        let title = "Exception Group Traceback (most recent call last):\n";
        let last = last_lines(cx, exception, true);
        self.stack(cx, exception, title, if is_top { '+' } else { '|' }, &last);
        self.emit_last(last);
        let members = group::members(cx, exception);
        for &member in &members {
            cx.root(member);
        }
        let shown = members.len().min(MAX_GROUP_WIDTH + 1);
        self.need_close = false;
        for (i, &member) in members.iter().take(shown).enumerate() {
            let is_last = i + 1 == shown;
            if is_last {
                self.need_close = true;
            }
            let truncated = i >= MAX_GROUP_WIDTH;
            let title = if truncated { "...".to_owned() } else { (i + 1).to_string() };
            let corner = if i == 0 { "+-" } else { "  " };
            let rule =
                format!("{}{corner}+---------------- {title} ----------------\n", self.indent());
            self.out.extend_from_slice(rule.as_bytes());
            self.depth += 1;
            if truncated {
                let left = members.len() - MAX_GROUP_WIDTH;
                let plural = if left > 1 { "s" } else { "" };
                self.emit(format!("and {left} more exception{plural}\n").as_bytes(), '|');
            } else {
                self.exception(cx, member, chain);
            }
            if is_last && self.need_close {
                let rule = format!("{}+------------------------------------\n", self.indent());
                self.out.extend_from_slice(rule.as_bytes());
                self.need_close = false;
            }
            self.depth -= 1;
        }
        if is_top {
            self.depth = 0;
        }
    }
}

// ---- the stack

/// One line of a traceback.
#[derive(Clone, Copy)]
pub struct Entry {
    pub code: Gc<CodeObject>,
    pub word: u32,
    /// Where a program has said another line than the code would.
    pub line: Option<u32>,
    /// Where its variables are to be had.
    pub level: Option<Gc<Traceback>>,
}

impl Entry {
    pub fn of(level: Gc<Traceback>) -> Option<Entry> {
        let word = level.word.get().as_int()? as u32;
        let line = level.line.get().as_int().map(|line| line.max(0) as u32);
        Some(Entry { code: level.code.get().cast()?, word, line, level: Some(level) })
    }
}

/// The entries of an exception's traceback, outermost first.
pub fn entries(cx: &Cx, exception: Value, limit: Option<i64>) -> Vec<Entry> {
    limited(chain(cx.traceback(exception)), limit)
}

/// The entries of a traceback object, outermost first.
pub fn chain(traceback: Value) -> Vec<Entry> {
    let mut found = Vec::new();
    let mut at = traceback;
    while let Some(level) = at.cast::<Traceback>() {
        found.extend(Entry::of(level));
        at = level.next.get();
    }
    found
}

/// As the `limit` of the traceback module: the first ones, or the last if it is negative.
pub fn limited(mut entries: Vec<Entry>, limit: Option<i64>) -> Vec<Entry> {
    match limit {
        None => {
            let surplus = entries.len().saturating_sub(LIMIT);
            entries.drain(..surplus);
        }
        Some(limit) if limit >= 0 => entries.truncate(limit as usize),
        Some(limit) => {
            let surplus = entries.len().saturating_sub(limit.unsigned_abs() as usize);
            entries.drain(..surplus);
        }
    }
    entries
}

pub fn line_of(entry: Entry) -> u32 {
    let code = &entry.code.code;
    let place = || code.place(entry.word).map_or(code.first_line, |place| place.line);
    entry.line.unwrap_or_else(place)
}

/// One entry: the place and the source.
pub fn format_entry(cx: &Cx, entry: Entry) -> String {
    let code = &entry.code.code;
    let mut text =
        format!("  File \"{}\", line {}, in {}\n", code.filename, line_of(entry), code.name);
    if let (Some(front), Some(place)) = (front(cx), code.place(entry.word)) {
        text.push_str(&front.excerpt(&code.filename, &place));
    }
    text
}

/// The entries, with runs of the same place counted.
pub fn format_entries(cx: &Cx, entries: &[Entry]) -> String {
    let mut out = String::new();
    let mut count = 0;
    let mut last: Option<Entry> = None;
    let same = |a: Entry, b: Entry| {
        line_of(a) == line_of(b)
            && a.code.code.filename == b.code.code.filename
            && a.code.code.name == b.code.code.name
    };
    let finish = |out: &mut String, count: usize| {
        if count > REPEATED {
            let more = count - REPEATED;
            let plural = if more > 1 { "s" } else { "" };
            out.push_str(&format!("  [Previous line repeated {more} more time{plural}]\n"));
        }
    };
    for &entry in entries {
        if !last.is_some_and(|last| same(last, entry)) {
            finish(&mut out, count);
            count = 0;
            last = Some(entry);
        }
        count += 1;
        if count <= REPEATED {
            out.push_str(&format_entry(cx, entry));
        }
    }
    finish(&mut out, count);
    out
}

/// Longer texts of variables are cut.
const LONG_VALUE: usize = 200;

/// The variables of an entry, as texts. Of a module those that are data.
pub fn locals(cx: &mut Cx, entry: Entry) -> Vec<(String, Vec<u8>)> {
    let Some(level) = entry.level else { return Vec::new() };
    let Ok(view) = frames::frame_of(cx, level) else { return Vec::new() };
    let Some(view) = view.cast() else { return Vec::new() };
    let Some(dict) = cx.view_locals(view).cast::<Dict>() else { return Vec::new() };
    let is_module = entry.code.code.is_module;
    let mut found: Vec<(String, Value)> = dict
        .iter()
        .filter_map(|item| Some((item.key.cast::<Str>()?.lossy().into_owned(), item.value)))
        .filter(|(name, value)| !is_module || !name.starts_with("__") && is_data(*value))
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    for (_, value) in &found {
        cx.root(*value);
    }
    let mut shown = Vec::with_capacity(found.len());
    for (name, value) in found {
        let text = safe_text(cx, value, "local", true);
        let text = wtf8::to_lossy(&text);
        let cut = text.char_indices().nth(LONG_VALUE).map(|(at, _)| format!("{}…", &text[..at]));
        shown.push((name, cut.unwrap_or(text).into_bytes()));
    }
    shown
}

fn is_data(value: Value) -> bool {
    !(value.is::<Module>() || value.is::<Function>() || value.is::<Native>() || value.is::<Class>())
}

// ---- the last lines

/// Type and text of an exception, and its notes. Both are asked of the program, and once only:
/// what shows itself by its traceback would otherwise ask twice as often at each level.
#[derive(Default)]
struct Last {
    lines: Vec<u8>,
    /// How much of that belongs together, whatever lines it has.
    head: usize,
    /// What the exception itself says.
    said: Vec<u8>,
}

///
/// Variables are suggested for a misspelt name only `in_reach`, where the traceback is shown, too.
fn last_lines(cx: &mut Cx, exception: Value, in_reach: bool) -> Last {
    let mut last = Last::default();
    let name = qualified_name(cx, exception);
    last.said = safe_text(cx, exception, "exception", false);
    if cx.isinstance(exception, T::SyntaxError) {
        syntax_error(cx, exception, &name, &mut last.lines);
    } else {
        if in_reach || !cx.isinstance(exception, T::NameError) {
            suggest::suggest(cx, exception, &mut last.said);
        }
        last.lines.extend_from_slice(name.as_bytes());
        if !last.said.is_empty() {
            last.lines.extend_from_slice(b": ");
            last.lines.extend_from_slice(&last.said);
        }
        last.lines.push(b'\n');
        last.head = last.lines.len();
    }
    notes(cx, exception, &mut last.lines);
    last
}

/// The class of an exception as a traceback names it.
fn qualified_name(cx: &mut Cx, exception: Value) -> String {
    let class = cx.class_of(exception);
    let name = match class.qualname.get().cast::<Str>() {
        Some(name) => name.lossy().into_owned(),
        None => class.name_text(),
    };
    let module = class.dict.get_str(cx, cx.vm().names.__module__);
    match module.and_then(|module| module.cast::<Str>()) {
        Some(module) if matches!(module.as_bytes(), b"builtins" | b"__main__") => name,
        Some(module) => format!("{}.{name}", module.lossy()),
        None if !class.is_user() => match super::module_of(cx, class) {
            "builtins" => name,
            module => format!("{module}.{name}"),
        },
        None => format!("<unknown>.{name}"),
    }
}

/// `str(value)` or `repr(value)`, whatever happens.
fn safe_text(cx: &mut Cx, value: Value, what: &str, repr: bool) -> Vec<u8> {
    let made = if repr { display::repr(cx, value) } else { display::str_of(cx, value) };
    made.unwrap_or_else(|_| {
        cx.take_exception();
        let name = if repr { "repr" } else { "str" };
        format!("<{what} {name}() failed>").into_bytes()
    })
}

fn notes(cx: &mut Cx, exception: Value, out: &mut Vec<u8>) {
    let notes = match cx.get_optional(exception, cx.vm().names.__notes__) {
        Ok(Some(notes)) => notes,
        Ok(None) => return,
        Err(_) => {
            let error = cx.take_exception();
            cx.root(error);
            out.extend_from_slice(b"Ignored error getting __notes__: ");
            out.extend(safe_text(cx, error, "__notes__", true));
            out.push(b'\n');
            return;
        }
    };
    cx.root(notes);
    let list = notes.cast::<List>();
    let tuple = notes.cast::<Tuple>();
    if list.is_none() && tuple.is_none() {
        if !notes.is_none() {
            let text = safe_text(cx, notes, "__notes__", true);
            out.extend_from_slice(&text);
            out.push(b'\n');
        }
        return;
    }
    let mut i = 0;
    let item = |i: usize| match list {
        Some(list) => list.get(i),
        None => tuple.and_then(|tuple| tuple.as_slice().get(i).copied()),
    };
    while let Some(note) = item(i) {
        let text = safe_text(cx, note, "note", false);
        out.extend_from_slice(&text);
        out.push(b'\n');
        i += 1;
    }
}

/// Where the error is, the line with carets, and the message.
fn syntax_error(cx: &mut Cx, exception: Value, name: &str, out: &mut Vec<u8>) {
    let Some(this) = exception.cast::<Exception>() else { return };
    let text_of = |cx: &Cx, name: &str| {
        field(cx, this, name).cast::<Str>().map(|text| text.lossy().into_owned())
    };
    let int_of = |cx: &Cx, name: &str| field(cx, this, name).as_int();
    let filename = text_of(cx, "filename");
    let line = int_of(cx, "lineno");
    let mut suffix = String::new();
    if let Some(line) = line {
        let name = filename.as_deref().unwrap_or("<string>");
        out.extend_from_slice(format!("  File \"{name}\", line {line}\n").as_bytes());
    } else if let Some(filename) = filename {
        suffix = format!(" ({filename})");
    }
    if let Some(text) = text_of(cx, "text") {
        let same_line = int_of(cx, "end_lineno") == line;
        let end = if same_line { int_of(cx, "end_offset") } else { Some(i64::MAX) };
        out.extend_from_slice(marked_line(&text, int_of(cx, "offset"), end).as_bytes());
    }
    let message = field(cx, this, "msg");
    let message = match message.is_none() {
        true => b"<no detail available>".to_vec(),
        false => safe_text(cx, message, "exception", false),
    };
    out.extend_from_slice(format!("{name}: {}{suffix}\n", wtf8::to_lossy(&message)).as_bytes());
}

/// A line and the carets below it; offsets count characters from 1.
fn marked_line(text: &str, offset: Option<i64>, end: Option<i64>) -> String {
    let kept = text.trim_end_matches('\n');
    let shown = kept.trim_start_matches([' ', '\n', '\x0c']);
    let mut out = format!("    {shown}\n");
    let Some(mut offset) = offset else { return out };
    let count = |text: &str| text.chars().count() as i64;
    let (whole, length) = (count(text), count(kept));
    let indent = length - count(shown);
    let mut end = match end {
        Some(i64::MAX) => length + 1,
        None | Some(0) => offset,
        Some(end) => end,
    };
    if !text.is_empty() {
        if offset > whole {
            offset = length + 1;
        }
        if end > whole {
            end = length + 1;
        }
    }
    if offset >= end || end < 0 {
        end = offset + 1;
    }
    let (column, end_column) = (offset - 1 - indent, end - 1 - indent);
    if column >= 0 {
        out.push_str("    ");
        let lead = shown.chars().take(column as usize);
        out.extend(lead.map(|c| if c.is_whitespace() { c } else { ' ' }));
        out.push_str(&"^".repeat((end_column - column).max(0) as usize));
        out.push('\n');
    }
    out
}
