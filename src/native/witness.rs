//! What a test runner is told of a run beside its output: a line in a file for each thing that is
//! worth telling. Without a runner nobody listens, and all of this does nothing.
//!
//! `host/test/notes.rs` reads the lines.

use std::cell::RefCell;
use std::io::Write;
use std::path::PathBuf;
use std::rc::Rc;

use super::io::{self, Heard};
use super::{add_functions, error, function, sys, traceback};
use crate::code::Code;
use crate::gc::Gc;
use crate::value::{Class, Dict, EventLoop, Module, Str, T, Tuple, Value};
use crate::vm::{Args, Cx, Def, Flow, Stop};

static FUNCTIONS: &[Def] = &[
    function("tell(kind, fields, /)", "Notes something for the test runner.", tell),
    function("mark(text, /)", "Writes a mark to standard output and standard error.", mark),
];

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, dict, FUNCTIONS, "_witness");
    Ok(())
}

/// The runner's file.
#[derive(Clone, Debug)]
pub struct Witness {
    pub file: PathBuf,
    /// The name that code of the script itself has.
    pub script: String,
    /// Is it to be told which lines print what?
    pub wants_lines: bool,
}

#[derive(Default)]
struct Known(RefCell<Option<Rc<Witness>>>);

impl Witness {
    /// Adds a line. A runner whose file is gone has ended.
    pub fn tell(&self, kind: &str, fields: &[&str]) {
        let mut line = kind.to_owned();
        for field in fields {
            line.push('\t');
            for c in field.chars() {
                match c {
                    '\\' => line.push_str("\\\\"),
                    '\n' => line.push_str("\\n"),
                    '\t' => line.push_str("\\t"),
                    '\r' => line.push_str("\\r"),
                    c => line.push(c),
                }
            }
        }
        line.push('\n');
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&self.file);
        if let Ok(mut file) = file {
            let _ = file.write_all(line.as_bytes());
        }
    }
}

/// From now on somebody wants to know.
pub fn begin(cx: &Cx, witness: Witness) {
    if witness.wants_lines {
        io::overhear(cx);
    }
    *cx.state::<Known>().0.borrow_mut() = Some(Rc::new(witness));
}

/// The one who wants to know, if there is one.
pub fn witness(cx: &Cx) -> Option<Rc<Witness>> {
    cx.state::<Known>().0.borrow().clone()
}

/// Tells of an exception that nobody has caught.
pub fn raised(cx: &mut Cx, exception: Value) {
    let Some(witness) = witness(cx) else { return };
    cx.scope(|cx| {
        cx.root(exception);
        if let Some(reason) = skips(cx, exception) {
            witness.tell("skipped", &[&reason]);
            return;
        }
        let text = traceback::summary(cx, exception);
        let entries = traceback::entries(cx, exception, None);
        let own = entries.into_iter().filter(|entry| *entry.code.code.filename == *witness.script);
        let lines: Vec<String> = own.map(|entry| traceback::line_of(entry).to_string()).collect();
        let mut fields = vec![&text[..]];
        fields.extend(lines.iter().map(String::as_str));
        witness.tell("raised", &fields);
    });
}

/// So many of the innermost lines are told of what is printed; a recursion has many.
const DEEP: usize = 32;

/// Tells what has been written to standard output, and which lines of the script were at work:
/// those of the functions that were called, innermost first; behind them, of what runs in another
/// task than the loop's first, where that one waits. Apart from them the line of the module, if it
/// has not ended.
pub fn printed(cx: &Cx, heard: &Heard) {
    let text = std::mem::take(&mut *heard.borrow_mut());
    let Some(witness) = witness(cx).filter(|_| !text.is_empty()) else { return };
    let mut lines = Vec::new();
    let mut module = String::new();
    let mut note = |code: &Code, word| {
        let line = || code.place(word).map_or(code.first_line, |at| at.line);
        if *code.filename != *witness.script {
            return;
        }
        if code.is_module {
            module = line().to_string();
        } else if lines.len() < DEEP {
            lines.push(line());
        }
    };
    cx.places().for_each(|(object, word)| note(&object.code, word));
    let event_loop = cx.vm().running_loop.cast::<EventLoop>();
    if let Some(first) = event_loop.and_then(|event_loop| event_loop.tasks().first().copied()) {
        let waits = cx.awaits(first);
        waits.iter().rev().for_each(|level| note(&level.spot.code, level.spot.word));
    }
    let lines: Vec<String> = lines.iter().map(u32::to_string).collect();
    let text = String::from_utf8_lossy(&text);
    let fields: Vec<&str> =
        [&*text, &module].into_iter().chain(lines.iter().map(|l| &**l)).collect();
    witness.tell("printed", &fields);
}

/// The reason of a `unittest.SkipTest`.
fn skips(cx: &mut Cx, exception: Value) -> Option<String> {
    let module = cx.module_named("unittest")?.cast::<Module>()?;
    let class = module.dict.get_str(cx, cx.intern("SkipTest"))?.cast::<Class>()?;
    if !cx.class_of(exception).is_subclass(class) {
        return None;
    }
    Some(traceback::said(cx, exception))
}

fn tell(cx: &mut Cx, args: Args) -> Flow {
    let Some(witness) = witness(cx) else { return Ok(Value::NONE) };
    let text = |value: Value| value.cast::<Str>().map(|text| text.lossy().into_owned());
    let kind = text(cx.arg(args, 0).value());
    let fields = cx.arg(args, 1).cast::<Tuple>();
    let (Some(kind), Some(fields)) = (kind, fields) else {
        return Err(cx.error(T::TypeError, "a string and a tuple of strings are expected"));
    };
    let fields: Vec<String> =
        fields.as_slice().iter().map(|&field| text(field).unwrap_or_default()).collect();
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    witness.tell(&kind, &fields);
    Ok(Value::NONE)
}

/// By the descriptors themselves, behind what the program has written.
fn mark(cx: &mut Cx, args: Args) -> Flow {
    let text = cx.arg(args, 0).cast::<Str>();
    let text = text.map(|text| text.lossy().into_owned()).unwrap_or_default();
    if let Err(problem) = io::finish(cx) {
        return Err(error::os_error(cx, problem.raw_os_error().unwrap_or(libc::EIO), None));
    }
    // Whoever does not read has no use for marks.
    let _ = std::io::stdout().write_all(text.as_bytes());
    let _ = std::io::stdout().flush();
    sys::write_error(cx, text.as_bytes());
    Ok(Value::NONE)
}
