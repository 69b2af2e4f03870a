//! Runs a program from its text to its exit status.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use sloop_grammar::decode_source;
use sloop_grammar::diagnostic::Diagnostic;

use super::loader::{Front, Loader, Search, folder_of};
use super::{library, signals};
use crate::code::{Code, CodeKind};
use crate::compile::{Compiled, Options};
use crate::gc::Gc;
use crate::native::witness::{self, Witness};
use crate::native::{asyncio, display, error, front, io, sys, traceback};
use crate::text::{Source, exception_name, render};
use crate::value::{Dict, Exception, Module, T, Value};
use crate::vm::{Cx, Flow, Stop, Vm};

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Status(i32),
    /// By an uncaught KeyboardInterrupt: death by SIGINT.
    Interrupted,
}

/// What to run.
pub enum Script {
    File(String),
    /// `-c`
    Text(String),
    /// Standard input.
    Input,
    /// A text that was made of a file, whose name it has.
    Made {
        name: String,
        text: String,
    },
}

/// Test functions to run when the module is there.
pub struct Tests {
    /// Stands between the output of one and the next.
    pub mark: String,
    pub names: Vec<String>,
}

pub struct Config {
    pub script: Script,
    /// What follows the script on the command line.
    pub args: Vec<Vec<u8>>,
    /// Collect at every safepoint.
    pub stress: bool,
    /// Clocks start at 0 and jump over every wait.
    pub virtual_time: bool,
    /// Tasks that are ready run in an order drawn from this.
    pub schedule_seed: Option<u64>,
    /// A task whose error nobody has heard of makes the program fail.
    pub strict: bool,
    /// Tracebacks go on with the way through tasks.
    pub show_tasks: bool,
    pub color: bool,
    /// Where a test runner wants to be told what the output does not say.
    pub notes: Option<PathBuf>,
    pub tests: Option<Tests>,
}

impl Config {
    /// A run without options.
    pub fn plain(script: Script) -> Config {
        Config {
            script,
            args: Vec::new(),
            stress: false,
            virtual_time: false,
            schedule_seed: None,
            strict: false,
            show_tasks: false,
            color: false,
            notes: None,
            tests: None,
        }
    }
}

/// A script's text, with the name that tracebacks give it.
fn read(script: &Script) -> Result<(Vec<u8>, String), String> {
    match script {
        Script::Text(text) => Ok((text.clone().into_bytes(), "<string>".into())),
        Script::Made { name, text } => Ok((text.clone().into_bytes(), full_name(name))),
        Script::Input => {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes)
                .map_err(|error| format!("can't read standard input: {error}"))?;
            Ok((bytes, "<stdin>".into()))
        }
        Script::File(name) => {
            let bytes = match Path::new(name).is_dir() {
                true => return Err(format!("can't open file '{name}': it is a folder")),
                false => std::fs::read(name),
            };
            match bytes {
                Ok(bytes) => Ok((bytes, full_name(name))),
                Err(error) => {
                    let number = error.raw_os_error().unwrap_or(0);
                    let text = error::strerror(number);
                    Err(format!("can't open file '{name}': [Errno {number}] {text}"))
                }
            }
        }
    }
}

/// The name a script was called by: compile errors point at it.
fn given_name(script: &Script) -> &str {
    match script {
        Script::File(name) | Script::Made { name, .. } => name,
        Script::Text(_) => "<string>",
        Script::Input => "<stdin>",
    }
}

/// Tracebacks name a script in full.
fn full_name(name: &str) -> String {
    match std::path::absolute(name) {
        Ok(path) => path.to_string_lossy().into_owned(),
        Err(_) => name.to_owned(),
    }
}

/// Runs a script as `__main__`.
pub fn run(config: &Config) -> Exit {
    let (bytes, name) = match read(&config.script) {
        Ok(read) => read,
        Err(message) => {
            complain(&format!("sloop: {message}\n"));
            return Exit::Status(2);
        }
    };
    let loader = Rc::new(Loader::new(config.color));
    let filename: Arc<str> = name.into();
    let witness = config.notes.clone().map(|file| Witness { file, script: filename.to_string() });
    let text = match decode_source(&bytes) {
        Ok(text) => text,
        Err(error) => {
            let shown = String::from_utf8_lossy(&bytes);
            let source = Source::new(given_name(&config.script), shown);
            tell_found(witness.as_ref(), &source, std::slice::from_ref(&error));
            complain(&render(&source, &[error], config.color));
            return Exit::Status(1);
        }
    };
    loader.keep(&filename, &text);
    let mode = sloop_grammar::Mode::Module;
    let options = Options { explain_asserts: config.tests.is_some(), ..Options::default() };
    let (code, warnings) = match loader.compile_text(&text, &filename, mode, &options) {
        Compiled::Code(code, warnings) => (code, warnings),
        Compiled::Errors(errors) => {
            let source = Source::new(given_name(&config.script), text);
            tell_found(witness.as_ref(), &source, &errors);
            complain(&render(&source, &errors, config.color));
            return Exit::Status(1);
        }
        Compiled::Incomplete => {
            complain("SyntaxError: incomplete input\n");
            return Exit::Status(1);
        }
    };
    let mut vm = machine(&loader, config);
    let signals = vm.signals();
    let cx = Cx::of(&mut vm);
    signals::install(signals, cx.mailbox());
    let source = Source::new(given_name(&config.script), text);
    loader.warn(cx, &source, &warnings);
    tell_found(witness.as_ref(), &source, &warnings);
    if let Some(witness) = witness {
        witness::begin(cx, witness);
    }
    let globals = main_module(cx, config);
    if config.stress {
        cx.vm().set_stress(true);
    }
    if config.virtual_time {
        cx.use_virtual_time();
    }
    if let Some(seed) = config.schedule_seed {
        cx.seed_schedule(seed);
    }
    cx.vm_mut().reports().hurry = signals::hurry;
    if config.show_tasks {
        cx.note_crossings();
    }
    let mut outcome = run_main(cx, &code, globals);
    if let (Ok(_), Some(tests)) = (&outcome, &config.tests) {
        outcome = run_tests(cx, globals, tests);
    }
    let exit = finish(cx, outcome, config.strict);
    // Dropping every object one by one would tell nobody anything.
    std::mem::forget(vm);
    exit
}

/// A machine that can import, compile and show tracebacks.
pub fn machine(loader: &Rc<Loader>, config: &Config) -> Box<Vm> {
    let mut vm = crate::native::new_vm();
    vm.set_prelude(Box::new(library::prelude_function));
    vm.set_finder(Box::new(Search(loader.clone())));
    let cx = Cx::of(&mut vm);
    front::install(cx, Rc::new(Front(loader.clone())));
    let host = cx.state::<sys::HostInfo>();
    let (first, folder) = match &config.script {
        Script::File(name) | Script::Made { name, .. } => {
            (name.clone(), folder_of(Path::new(name)))
        }
        Script::Text(_) => ("-c".into(), String::new()),
        Script::Input => ("-".into(), String::new()),
    };
    let argv = std::iter::once(first.into_bytes()).chain(config.args.iter().cloned());
    *host.argv.borrow_mut() = argv.collect();
    let mut path = vec![folder];
    if let Some(more) = std::env::var_os("SLOOPPATH") {
        path.extend(std::env::split_paths(&more).map(|p| p.to_string_lossy().into_owned()));
    }
    *host.path.borrow_mut() = path;
    if let Ok(executable) = std::env::current_exe() {
        *host.executable.borrow_mut() = executable.to_string_lossy().into_owned();
    }
    vm
}

fn main_module(cx: &mut Cx, config: &Config) -> Gc<Dict> {
    let stem = match &config.script {
        // Test functions are members of a module of their own name, as if it were imported.
        Script::File(name) if config.tests.is_some() => Path::new(name).file_stem(),
        _ => None,
    };
    let stem = stem.map(|stem| stem.to_string_lossy());
    let module = cx.new_module(stem.as_deref().unwrap_or("__main__"));
    cx.add_module("__main__", Value::object(module));
    if let Some(stem) = stem {
        cx.add_module(&stem, Value::object(module));
    }
    if let Script::File(name) | Script::Made { name, .. } = &config.script {
        let file = cx.str_value(&full_name(name));
        module.dict.set_str(cx, cx.vm().names.__file__, file);
    }
    module.dict
}

fn run_main(cx: &mut Cx, code: &Arc<Code>, globals: Gc<Dict>) -> Flow {
    let value = cx.run_code(code, globals, &[])?;
    if code.kind != CodeKind::Coroutine {
        return Ok(value);
    }
    // `await` at the top level made the module a coroutine: it is the main task of a loop.
    cx.call_prelude("_run_main", &[value])
}

/// Calls the test functions of the main module.
fn run_tests(cx: &mut Cx, globals: Gc<Dict>, tests: &Tests) -> Flow {
    let testing = cx.import_now("_testing")?;
    cx.scope(|cx| {
        cx.root(testing);
        let run = cx.intern("run");
        let run = cx.get_attribute(testing, run)?;
        let names: Vec<Value> = tests.names.iter().map(|name| cx.str_value(name)).collect();
        let names = Value::object(cx.tuple(&names));
        let mark = cx.str_value(&tests.mark);
        cx.call(run, &[Value::object(globals), mark, names])
    })
}

/// Tells a test runner what the compiler has found.
fn tell_found(witness: Option<&Witness>, source: &Source, found: &[Diagnostic]) {
    let Some(witness) = witness else { return };
    for finding in found {
        let Some(exception) = exception_name(finding.kind) else { continue };
        let text = format!("{exception}: {}", finding.message);
        let line = source.position(finding.span.start).line.to_string();
        witness.tell("found", &[&text, &line]);
    }
}

/// What a strict run ends with if a task has failed and nobody asked.
const FAILED_UNHEARD: i32 = 70;

/// Shows an uncaught exception, writes out what is buffered, and says how to end.
fn finish(cx: &mut Cx, outcome: Flow, strict: bool) -> Exit {
    let mut exit = match outcome {
        Ok(_) => Exit::Status(0),
        Err(_) => uncaught(cx),
    };
    if last_calls(cx).is_err() {
        exit = uncaught(cx);
    }
    if let Some(text) = asyncio::unheard(cx) {
        let _ = io::finish(cx);
        sys::write_error(cx, text.as_bytes());
        if strict && exit == Exit::Status(0) {
            exit = Exit::Status(FAILED_UNHEARD);
        }
    }
    if let Some(witness) = witness::witness(cx)
        && cx.module_named("asyncio").is_some()
    {
        witness.tell("loop", &[]);
    }
    if let Err(problem) = io::finish(cx) {
        let number = problem.raw_os_error().unwrap_or(libc::EIO);
        let name = if number == libc::EPIPE { "BrokenPipeError" } else { "OSError" };
        let text = format!(
            "Exception ignored in: <_io.TextIOWrapper name='<stdout>' mode='w' \
             encoding='utf-8'>\n{name}: [Errno {number}] {}\n",
            error::strerror(number)
        );
        sys::write_error(cx, text.as_bytes());
        if exit == Exit::Status(0) {
            exit = Exit::Status(120);
        }
    }
    exit
}

/// What `atexit` was asked for, then the finalisers of all objects.
fn last_calls(cx: &mut Cx) -> Result<(), Stop> {
    // The program's threads end before it does.
    if let Some(threading) = cx.module_named("threading") {
        let wait = cx.intern("_shutdown");
        let wait = cx.get_attribute(threading, wait)?;
        cx.call(wait, &[])?;
    }
    if let Some(atexit) = cx.module_named("atexit") {
        let run = cx.intern("_run_exitfuncs");
        let run = cx.get_attribute(atexit, run)?;
        cx.call(run, &[])?;
    }
    cx.finalise_all()
}

/// What an exception that nobody caught does to the process.
fn uncaught(cx: &mut Cx) -> Exit {
    let exception = cx.take_exception();
    cx.root(exception);
    witness::raised(cx, exception);
    if cx.isinstance(exception, T::SystemExit) {
        return system_exit(cx, exception);
    }
    // What the program has printed comes before the traceback, as it happened.
    let _ = io::finish(cx);
    let interrupted = cx.isinstance(exception, T::KeyboardInterrupt);
    if !by_hook(cx, exception) {
        let mut text = traceback::format(cx, exception, traceback::Options::default());
        text.extend(asyncio::crossed(cx, exception).into_bytes());
        sys::write_error(cx, &text);
    }
    if interrupted { Exit::Interrupted } else { Exit::Status(1) }
}

fn system_exit(cx: &mut Cx, exception: Value) -> Exit {
    let code = cx.intern("code");
    let code = cx.get_attribute(exception, code).unwrap_or(Value::NONE);
    if code.is_none() {
        return Exit::Status(0);
    }
    if cx.isinstance(code, T::Int) {
        let value = match cx.integer(code) {
            Some(crate::plain::int::Int::Small(i)) => i as i32,
            _ => -1,
        };
        return Exit::Status(value & 0xFF);
    }
    let _ = io::finish(cx);
    let mut text = display::str_of(cx, code).unwrap_or_default();
    text.push(b'\n');
    sys::write_error(cx, &text);
    Exit::Status(1)
}

/// Calls a `sys.excepthook` that the program has put there. True if it took care.
fn by_hook(cx: &mut Cx, exception: Value) -> bool {
    let name = cx.intern("excepthook");
    let hook = cx
        .module_named("sys")
        .and_then(|sys| sys.cast::<Module>())
        .and_then(|sys| sys.dict.get_str(cx, name));
    let elsewhere = sys::replaced_stderr(cx).is_some();
    let Some(hook) = hook.filter(|&hook| elsewhere || !sys::is_own_hook(hook)) else {
        return false;
    };
    let class = Value::object(cx.class_of(exception));
    let trace = cx.traceback(exception);
    if cx.call(hook, &[class, exception, trace]).is_ok() {
        return true;
    }
    let second = cx.take_exception();
    if !second.is::<Exception>() {
        return false;
    }
    let mut text = b"Error in sys.excepthook:\n".to_vec();
    text.extend(traceback::format(cx, second, traceback::Options::default()));
    text.extend_from_slice(b"\nOriginal exception was:\n");
    sys::write_error(cx, &text);
    false
}

/// Prints the code of a script.
pub fn disassemble(name: &str, color: bool) -> Exit {
    let (bytes, name) = match read(&Script::File(name.into())) {
        Ok(read) => read,
        Err(message) => {
            complain(&format!("sloop: {message}\n"));
            return Exit::Status(2);
        }
    };
    let loader = Loader::default();
    let filename: Arc<str> = name.into();
    let text = String::from_utf8_lossy(&bytes);
    let mode = sloop_grammar::Mode::Module;
    match loader.compile_text(&text, &filename, mode, &Options::default()) {
        Compiled::Code(code, _) => {
            use std::io::Write;
            let shown = crate::code::dis::disassemble(&code, Some(&text));
            // Whoever closed the pipe has seen enough.
            let _ = std::io::stdout().lock().write_all(shown.as_bytes());
            Exit::Status(0)
        }
        Compiled::Errors(errors) => {
            complain(&render(&Source::new(&*filename, text), &errors, color));
            Exit::Status(1)
        }
        Compiled::Incomplete => Exit::Status(1),
    }
}

/// Writes to standard error, which nobody may be reading.
pub fn complain(text: &str) {
    use std::io::Write;
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
