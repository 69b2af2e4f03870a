//! `sloop check` and `sloop explain`: what is wrong with programs, without running them.
//!
//! `files.rs` finds the sources, `formats.rs` writes what was found, `fixes.rs` applies what can be
//! applied, `explain.rs` prints the table of codes. What is wrong is decided in `src/front/lint`.

mod explain;
mod files;
mod fixes;
mod formats;

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use sloop_grammar::diagnostic::{Diagnostic, Severity};
use sloop_grammar::legible;
use sloop_grammar::span::Span;

use super::command::{Opt, Shown, read_options, say, wrong};
use super::ending::Exit;
use super::loader::{decode_text, is_library};
use super::run::complain;
use crate::compile::{Analysis, Compiled, Options, SourceInfo, compile_text_with};
use crate::lint;
use crate::native::hints::of_name;
use crate::plain::closest::closest;
use crate::text::Source;
use crate::value::Str;
use crate::vm::{Cx, OF_ASYNCIO};

pub use explain::main as explain;
use files::File;
pub use files::reason;
use formats::Format;

const NAME: &str = "sloop check";

#[derive(Default)]
struct Wishes {
    format: Format,
    fix: bool,
}

static OPTIONS: &[Opt<Wishes>] = &[
    Opt::value(
        &["--format"],
        "FORMAT",
        "human, plain (a line each), json or github",
        |wishes: &mut Wishes, value| {
            wishes.format = Format::named(value)?;
            Ok(())
        },
    )
    .one_of(&["human", "plain", "json", "github"]),
    Opt::flag(&["--fix"], "change the files where that is safe", |wishes: &mut Wishes| {
        wishes.fix = true;
    }),
];

pub fn options() -> Vec<Shown> {
    OPTIONS.iter().map(|opt| opt.shown).collect()
}

/// What `sloop explain` can explain.
pub fn codes() -> Vec<&'static str> {
    lint::table::rows().map(|row| row.code).collect()
}

/// A file with what was found in it.
pub struct Checked {
    pub source: Source,
    pub findings: Vec<Diagnostic>,
}

/// `sloop check [PATH]...`
pub fn main(args: Vec<Vec<u8>>) -> Exit {
    let mut wishes = Wishes::default();
    let operands = match read_options("check", OPTIONS, &mut wishes, args) {
        Ok(operands) => operands,
        Err(exit) => return exit,
    };
    if wishes.fix && operands.iter().any(|operand| operand == b"-") {
        return wrong(NAME, "--fix cannot change standard input");
    }
    let (files, problems) = files::find(operands);
    for problem in &problems {
        complain(&format!("{NAME}: {problem}\n"));
    }
    let checked = check_all(&files, &Known::new(), wishes.fix);
    let found = checked.iter().any(|file| !file.findings.is_empty());
    // Where nothing could be looked at, there is nothing to sum up for people.
    let looked = !files.is_empty() || problems.is_empty();
    if looked || !matches!(wishes.format, Format::Human) {
        match say(&wishes.format.write(&checked)) {
            Exit::Status(0) => {}
            exit => return exit,
        }
    }
    match (problems.is_empty(), found) {
        (false, _) => Exit::Status(2),
        (true, true) => Exit::Status(1),
        (true, false) => Exit::Status(0),
    }
}

/// The names that every module sees.
struct Known(HashSet<String>);

impl Known {
    fn new() -> Known {
        let mut vm = crate::native::new_vm();
        let cx = Cx::of(&mut vm);
        let names = cx.vm().builtins.iter().filter_map(|entry| entry.key.cast::<Str>());
        let names = names.map(|name| name.lossy().into_owned());
        Known(names.chain(OF_ASYNCIO.iter().map(|&name| name.into())).collect())
    }
}

impl lint::World for Known {
    fn is_builtin(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    fn advice(&self, name: &str) -> Option<String> {
        let constant = ["True", "False", "None"].into_iter().find(|c| c.to_lowercase() == name);
        if let Some(constant) = constant {
            return Some(format!("write `{constant}`"));
        }
        if is_library(name) {
            return Some(format!("write `import {name}` above"));
        }
        of_name(name).map(str::to_owned)
    }

    fn near(&self, name: &str) -> Option<String> {
        let constants = ["True", "False", "None"];
        let mut names: Vec<&str> = self.0.iter().map(String::as_str).chain(constants).collect();
        names.retain(|other| !other.starts_with('_') || name.starts_with('_'));
        // Of two that are as near the first is taken.
        names.sort_unstable();
        closest(name, names)
    }
}

/// Room for the deepest tree that the parser lets through.
const STACK: usize = 64 << 20;

/// Checks the files, on as many threads as there are processors; the order is that of the files.
fn check_all(files: &[File], known: &Known, fix: bool) -> Vec<Checked> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(file) = files.get(at) else { return };
            let checked = check_file(file, known, fix);
            done.lock().expect("no other has panicked").push((at, checked));
        }
    };
    let count = std::thread::available_parallelism().map_or(1, usize::from).min(files.len());
    std::thread::scope(|scope| {
        for _ in 0..count {
            let builder = std::thread::Builder::new().stack_size(STACK);
            if let Err(error) = builder.spawn_scoped(scope, work) {
                complain(&format!("{NAME}: no thread to work on: {error}\n"));
            }
        }
    });
    let mut done = done.into_inner().expect("no other has panicked");
    done.sort_by_key(|&(at, _)| at);
    done.into_iter().map(|(_, checked)| checked).collect()
}

fn check_file(file: &File, known: &Known, fix: bool) -> Checked {
    let bytes = match file.read() {
        Ok(bytes) => bytes,
        Err(problem) => {
            let message = format!("this file cannot be read: {problem}");
            let finding = Diagnostic::lint("unreadable", Severity::Error, Span::default(), message);
            return Checked { source: Source::new(&*file.name, ""), findings: vec![finding] };
        }
    };
    let mut text = match decode_text(&bytes) {
        // Columns count without the mark that says UTF-8.
        Ok(text) => text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text),
        Err(error) => {
            let source = Source::new(&*file.name, legible(&bytes));
            return Checked { source, findings: vec![error] };
        }
    };
    let mut findings = check_text(&file.name, &text, known);
    if fix && let Some(path) = &file.path {
        let check = |text: &str| check_text(&file.name, text, known);
        if let Some((better, left)) = fixes::apply(&text, &findings, &check) {
            match fixes::write(path, &bytes, &text, &better) {
                Ok(()) => (text, findings) = (better, left),
                Err(problem) => {
                    complain(&format!("{NAME}: can't change '{}': {problem}\n", file.name));
                }
            }
        }
    }
    Checked { source: Source::new(&*file.name, text), findings }
}

/// What is wrong with a text.
fn check_text(name: &str, text: &str, known: &Known) -> Vec<Diagnostic> {
    let info = SourceInfo { filename: name.into(), text };
    let strings = RefCell::new(Vec::new());
    let look = |analysis: &Analysis<'_>| {
        *strings.borrow_mut() = lint::strings(analysis.ast);
        lint::all(analysis, known)
    };
    let mode = sloop_grammar::Mode::Module;
    match compile_text_with(&info, mode, &Options::default(), Some(&look)) {
        Compiled::Errors(errors) => errors,
        Compiled::Code(_, findings) => {
            lint::apply(lint::Ignores::of(text, &strings.take()), findings)
        }
        Compiled::Incomplete => {
            vec![Diagnostic::error("invalid-syntax", Span::default(), "incomplete input")]
        }
    }
}
