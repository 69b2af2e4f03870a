//! Runs a program from its text; `ending.rs` says how it ends.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use sloop_grammar::diagnostic::Diagnostic;
use sloop_grammar::legible;

use super::config::{Config, Script, Tests};
use super::ending::{self, Exit};
use super::loader::{Front, Loader, Search, decode_text, folder_of};
use super::{descriptors, library, repl, signals};
use crate::code::{Code, CodeKind};
use crate::compile::{Compiled, Options};
use crate::gc::Gc;
use crate::native::witness::{self, Witness};
use crate::native::{error, front, io, sys};
use crate::plain::codec::{Encoding, Handler, decode};
use crate::rt::seam::{self, Fault};
use crate::text::{Source, exception_name, render};
use crate::value::{Dict, List, Module, Str, Value};
use crate::vm::{Cx, Finder, Flow, FoundModule, Stop, Vm};

/// A program before it is compiled.
struct Program {
    bytes: Vec<u8>,
    /// What it was called by: compile errors point at it.
    given: String,
    /// As tracebacks name it.
    name: String,
    /// `__file__`
    file: Option<String>,
}

/// Why there is nothing to run.
enum Missing {
    /// What to say, and what to end with.
    Said(String, i32),
    /// An exception is pending.
    Raised,
}

/// Text of the system's as a str: bytes that are not UTF-8 become lone surrogates.
fn system_text(bytes: &[u8]) -> Vec<u8> {
    decode(bytes, Encoding::Utf8, Handler::SurrogateEscape).unwrap_or_default()
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Tracebacks name a script in full.
fn full_name(path: &Path) -> String {
    match std::path::absolute(path) {
        Ok(path) => shown(&path),
        Err(_) => shown(path),
    }
}

/// What the system says of a failure.
fn reason(problem: &std::io::Error) -> String {
    match problem.raw_os_error() {
        Some(number) => format!("[Errno {number}] {}", error::strerror(number)),
        None => problem.to_string(),
    }
}

pub fn unreadable_input(problem: &std::io::Error) -> String {
    format!("can't read standard input: {}", reason(problem))
}

impl Program {
    fn read(path: &Path) -> Result<Program, Missing> {
        let mut path = path.to_owned();
        let given = shown(&path);
        if path.is_dir() {
            let inside = ["__main__.sloop", "__main__.py"].map(|name| path.join(name));
            match inside.into_iter().find(|file| file.is_file()) {
                Some(file) => path = file,
                None => {
                    let text = format!("can't find '__main__' module in '{given}'");
                    return Err(Missing::Said(text, 1));
                }
            }
        }
        match std::fs::read(&path) {
            Ok(bytes) => {
                let name = full_name(&path);
                Ok(Program { bytes, given: shown(&path), file: Some(name.clone()), name })
            }
            Err(problem) => {
                let text = format!("can't open file '{given}': {}", reason(&problem));
                Err(Missing::Said(text, 2))
            }
        }
    }

    fn input() -> Result<Program, Missing> {
        match descriptors::read_input() {
            Ok(bytes) => Ok(Program::of_text(bytes, "<stdin>")),
            Err(problem) => Err(Missing::Said(unreadable_input(&problem), 2)),
        }
    }

    /// A text that was made of a file.
    fn made(path: &Path, text: &str) -> Program {
        let name = full_name(path);
        let bytes = text.as_bytes().to_vec();
        Program { bytes, given: shown(path), file: Some(name.clone()), name }
    }

    fn of_text(bytes: Vec<u8>, name: &str) -> Program {
        Program { bytes, given: name.into(), name: name.into(), file: None }
    }

    /// Whom a test runner has told to watch.
    fn witness(&self, config: &Config) -> Option<Witness> {
        let file = config.notes.clone()?;
        Some(Witness { file, script: self.name.clone(), wants_lines: config.notes_lines })
    }

    /// Compiles it; `Err` after the report of what is wrong.
    fn compile(&self, cx: &mut Cx, loader: &Loader, config: &Config) -> Result<Arc<Code>, ()> {
        let witness = self.witness(config);
        let filename: Arc<str> = self.name.as_str().into();
        let text = match decode_text(&self.bytes) {
            Ok(text) => text,
            Err(error) => {
                let source = Source::new(&*self.given, legible(&self.bytes));
                tell_found(witness.as_ref(), &source, std::slice::from_ref(&error));
                complain(&render(&source, &[error], loader.color));
                return Err(());
            }
        };
        loader.keep(&filename, &text);
        let mode = sloop_grammar::Mode::Module;
        let options = Options {
            optimize: loader.optimize,
            explain_asserts: config.tests.is_some(),
            ..Options::default()
        };
        let source = || Source::new(&*self.given, text.as_str());
        let refused = |errors: Vec<Diagnostic>| complain(&render(&source(), &errors, loader.color));
        match loader.compile_text(&text, &filename, mode, &options) {
            Compiled::Code(code, warnings) => {
                if !warnings.is_empty() {
                    tell_found(witness.as_ref(), &source(), &warnings);
                    loader.warn(cx, &source(), warnings).map_err(refused)?;
                }
                if let Some(witness) = witness {
                    witness::begin(cx, witness);
                }
                Ok(code)
            }
            Compiled::Errors(errors) => {
                tell_found(witness.as_ref(), &source(), &errors);
                refused(errors);
                Err(())
            }
            Compiled::Incomplete => {
                complain("SyntaxError: incomplete input\n");
                Err(())
            }
        }
    }
}

/// Runs what the command line asks for as `__main__`.
pub fn run(config: &Config) -> Exit {
    if let Some(time) = config.timeout {
        signals::limit(time);
    }
    let loader = Rc::new(Loader::new(config));
    // What cannot be read needs no machine.
    let program = match &config.script {
        Script::File(path) => Program::read(path).map(Some),
        Script::Text(text) => Ok(Some(Program::of_text(text.clone().into_bytes(), "<string>"))),
        Script::Made { name, text } => Ok(Some(Program::made(name, text))),
        Script::Input => Program::input().map(Some),
        Script::Module(_) | Script::Prompt => Ok(None),
    };
    let program = match program {
        Ok(program) => program,
        Err(Missing::Said(text, status)) => return refuse(&text, status),
        Err(Missing::Raised) => unreachable!("there is no machine yet"),
    };
    let mut vm = machine(&loader, config);
    let cx = Cx::of(&mut vm);
    prepare(cx, config);
    let exit = match &config.script {
        Script::Prompt => {
            let globals = main_module(cx, config);
            set_builtins(cx, globals);
            repl::run(cx, &loader, config, globals, Exit::Status(0))
        }
        Script::Module(name) => module(cx, &loader, config, name),
        _ => {
            let program = program.expect("it was read above");
            script(cx, &loader, config, &program, "")
        }
    };
    // Dropping every object one by one would tell nobody anything.
    std::mem::forget(vm);
    exit
}

fn refuse(text: &str, status: i32) -> Exit {
    complain(&format!("sloop: {text}\n"));
    Exit::Status(status)
}

/// Makes it the machine that the process is about: signals go there.
fn prepare(cx: &mut Cx, config: &Config) {
    let mailbox = cx.mailbox();
    signals::install(cx.vm().signals(), mailbox);
    cx.vm_mut().process = Some(signals::PROCESS);
    let reports = cx.vm_mut().reports();
    reports.hurry = signals::hurry;
    reports.last = ending::last_words;
    if let Some(number) = config.fault {
        seam::install(Box::new(Fault::new(number, config.fault_kind)));
    }
    settle_in(cx, config);
}

/// Tells a machine what options and environment want of it.
fn settle_in(cx: &mut Cx, config: &Config) {
    cx.vm_mut().isolates = Some(start_isolate);
    if config.stress {
        cx.vm().set_stress(true);
    }
    if config.virtual_time {
        cx.use_virtual_time();
    }
    if let Some(seed) = config.schedule_seed {
        cx.seed_schedule(seed);
    }
    if config.unbuffered {
        io::unbuffer(cx);
    }
    for fd in (0..3).filter(|&fd| descriptors::is_missing(fd)) {
        io::leave_out(cx, fd);
    }
    if config.flags.interactive {
        io::spare_input(cx);
    }
    if config.show_tasks {
        cx.note_crossings();
    }
    if config.show_locals {
        cx.keep_locals();
    }
    if !config.warnings.is_empty() && cx.import_now("warnings").is_err() {
        // What it does with wrong options it says itself.
        cx.take_exception();
    }
    *cx.state::<ending::Manner>().0.borrow_mut() = config.clone();
}

/// Starts another machine in this process, which serves a connection.
fn start_isolate(cx: &Cx, fd: i32) -> std::io::Result<()> {
    let connection = crate::vm::system::adopt(fd)?;
    let mut config = cx.state::<ending::Manner>().0.borrow().clone();
    config.script = Script::Module(WORKER.into());
    config.args = vec![fd.to_string().into_bytes()];
    config.flags.safe_path = true;
    config.flags.inspect = false;
    (config.timeout, config.notes, config.tests) = (None, None, None);
    super::stack::start_with_room(move || {
        let loader = Rc::new(Loader::new(&config));
        let mut vm = machine(&loader, &config);
        let cx = Cx::of(&mut vm);
        settle_in(cx, &config);
        module(cx, &loader, &config, WORKER);
        // Its objects go before the connection: then nothing of it is left.
        drop(vm);
        drop(connection);
    })
}

/// What serves a connection, whether in a process or a machine of its own.
const WORKER: &str = "_pool_worker";

fn script(
    cx: &mut Cx,
    loader: &Rc<Loader>,
    config: &Config,
    program: &Program,
    package: &str,
) -> Exit {
    let compiled = program.compile(cx, loader, config);
    let globals = main_module(cx, config);
    // Annotations of the module are made when somebody asks for them; without any, there is an
    // empty dict from the beginning.
    let annotated = compiled.as_ref().is_ok_and(|code| has_annotations(code));
    if !annotated {
        let none = Value::object(cx.dict());
        globals.set_str(cx, cx.vm().names.__annotations__, none);
    }
    set_builtins(cx, globals);
    if let Some(file) = &program.file {
        let file = cx.str_value(file);
        globals.set_str(cx, cx.vm().names.__file__, file);
    }
    globals.set_str(cx, cx.intern("__cached__"), Value::NONE);
    if !package.is_empty() {
        let package = cx.str_value(package);
        globals.set_str(cx, cx.vm().names.__package__, package);
    }
    let Ok(code) = compiled else {
        return after(cx, loader, config, globals, Exit::Status(1));
    };
    let mut outcome = run_main(cx, &code, globals);
    if let (Ok(_), Some(tests)) = (&outcome, &config.tests) {
        outcome = run_tests(cx, globals, tests);
    }
    ended(cx, loader, config, globals, outcome)
}

/// The program has ended; `-i` goes on at a prompt.
fn ended(
    cx: &mut Cx,
    loader: &Rc<Loader>,
    config: &Config,
    globals: Gc<Dict>,
    outcome: Flow,
) -> Exit {
    if wants_prompt(config) {
        let exit = ending::report(cx, outcome, true);
        return after(cx, loader, config, globals, exit);
    }
    ending::finish(cx, outcome, config)
}

/// A program may ask for the prompt while it runs.
fn wants_prompt(config: &Config) -> bool {
    config.flags.inspect || config.variable("INSPECT").is_some()
}

fn after(cx: &mut Cx, loader: &Rc<Loader>, config: &Config, globals: Gc<Dict>, exit: Exit) -> Exit {
    match wants_prompt(config) {
        true => repl::run(cx, loader, config, globals, exit),
        false => exit,
    }
}

/// `-m`: finds a module as an import would, and runs it as `__main__`.
fn module(cx: &mut Cx, loader: &Rc<Loader>, config: &Config, name: &str) -> Exit {
    match find_module(cx, loader, name) {
        Ok(Found::Program(program, package)) => {
            if let Some(file) = &program.file {
                set_first_argument(cx, file);
            }
            script(cx, loader, config, &program, &package)
        }
        Ok(Found::Library(code, package)) => {
            set_first_argument(cx, &code.filename);
            let globals = main_module(cx, config);
            set_builtins(cx, globals);
            let package = cx.str_value(&package);
            globals.set_str(cx, cx.vm().names.__package__, package);
            let outcome = run_main(cx, &code, globals);
            ended(cx, loader, config, globals, outcome)
        }
        Err(Missing::Said(text, status)) => refuse(&text, status),
        Err(Missing::Raised) => ending::finish(cx, Err(Stop::Raised), config),
    }
}

enum Found {
    /// A file, and the package it is in.
    Program(Program, String),
    Library(Arc<Code>, String),
}

fn find_module(cx: &mut Cx, loader: &Rc<Loader>, name: &str) -> Result<Found, Missing> {
    let missing =
        |what: &str, more: &str| Missing::Said(format!("No module named {what}{more}"), 1);
    let mut path = None;
    if let Some((parent, _)) = name.rsplit_once('.') {
        if cx.import_now(parent).is_err() {
            return Err(Missing::Raised);
        }
        let Some(found) = path_of_package(cx, parent) else {
            return Err(missing(name, &format!("; '{parent}' is not a package")));
        };
        path = Some(found);
    }
    let mut search = Search(loader.clone());
    let package = name.rsplit_once('.').map_or("", |(parent, _)| parent);
    let last = name.rsplit('.').next().unwrap_or(name);
    let folders = path.clone().unwrap_or_else(|| super::loader::search_path(cx));
    for folder in &folders {
        let folder = Path::new(folder);
        let files = ["sloop", "py"].map(|ending| folder.join(format!("{last}.{ending}")));
        let inside = folder.join(last);
        let is_package =
            ["sloop", "py"].iter().any(|e| inside.join(format!("__init__.{e}")).is_file());
        if is_package && last != "__main__" {
            return main_of_package(cx, loader, name);
        }
        if let Some(file) = files.into_iter().find(|file| file.is_file()) {
            return Ok(Found::Program(Program::read(&file)?, package.into()));
        }
    }
    match search.find(cx, name, path.as_deref()) {
        Ok(Some(FoundModule::Code { code, path: None, .. })) => {
            Ok(Found::Library(code, package.into()))
        }
        Ok(Some(FoundModule::Code { .. })) => main_of_package(cx, loader, name),
        Ok(Some(FoundModule::Native(_))) => {
            Err(Missing::Said(format!("No code object available for {name}"), 1))
        }
        Ok(None) => Err(missing(name, "")),
        Err(_) => Err(Missing::Raised),
    }
}

/// The `__main__` of a package.
fn main_of_package(cx: &mut Cx, loader: &Rc<Loader>, name: &str) -> Result<Found, Missing> {
    find_module(cx, loader, &format!("{name}.__main__")).map_err(|problem| match problem {
        Missing::Said(text, status) if text.contains("__main__") => {
            let more = format!("; '{name}' is a package and cannot be directly executed");
            Missing::Said(text + &more, status)
        }
        other => other,
    })
}

/// The folders of a package that is imported.
fn path_of_package(cx: &mut Cx, name: &str) -> Option<Vec<String>> {
    let module = cx.module_named(name)?.cast::<Module>()?;
    let path = module.dict.get_str(cx, cx.vm().names.__path__)?;
    let items = cx.plain_items(path)?;
    Some(items.iter().filter_map(|i| i.cast::<Str>()).map(|i| i.lossy().into_owned()).collect())
}

/// `sys.argv[0]`, once it is known.
fn set_first_argument(cx: &Cx, name: &str) {
    let argv = cx
        .module_named("sys")
        .and_then(|sys| sys.cast::<Module>())
        .and_then(|sys| sys.dict.get_str(cx, cx.intern("argv")));
    match argv.and_then(|argv| argv.cast::<List>()) {
        Some(argv) => argv.set(0, cx.str_value(name)),
        None => {
            if let Some(first) = cx.state::<sys::HostInfo>().argv.borrow_mut().first_mut() {
                *first = name.as_bytes().to_vec();
            }
        }
    }
}

/// A machine that can import, compile and show tracebacks.
pub fn machine(loader: &Rc<Loader>, config: &Config) -> Box<Vm> {
    let mut vm = crate::native::new_vm_seeded(config.hash_seed);
    vm.set_prelude(Box::new(library::prelude_function));
    vm.set_finder(Box::new(Search(loader.clone())));
    let cx = Cx::of(&mut vm);
    front::install(cx, Rc::new(Front(loader.clone())));
    let host = cx.state::<sys::HostInfo>();
    let here = || std::env::current_dir().map(|path| shown(&path)).unwrap_or_default();
    let (first, folder) = match &config.script {
        Script::File(path) if path.is_dir() => (path_bytes(path), full_name(path)),
        Script::File(path) | Script::Made { name: path, .. } => (path_bytes(path), folder_of(path)),
        Script::Text(_) => (b"-c".to_vec(), String::new()),
        Script::Module(_) => (b"-m".to_vec(), here()),
        Script::Input => (b"-".to_vec(), String::new()),
        Script::Prompt => (Vec::new(), String::new()),
    };
    let argv = std::iter::once(&first).chain(&config.args);
    *host.argv.borrow_mut() = argv.map(|arg| system_text(arg)).collect();
    *host.orig_argv.borrow_mut() = std::env::args_os()
        .map(|arg| system_text(std::os::unix::ffi::OsStrExt::as_bytes(arg.as_os_str())))
        .collect();
    host.flags.set(config.flags);
    *host.warnings.borrow_mut() = config.warnings.clone();
    *host.extra.borrow_mut() = config.extra.clone();
    let mut path = Vec::new();
    if !config.flags.safe_path || matches!(&config.script, Script::File(path) if path.is_dir()) {
        path.push(folder);
    }
    if let Some(more) = config.variable("PATH") {
        path.extend(std::env::split_paths(&more).map(|p| shown(&p)));
    }
    *host.path.borrow_mut() = path;
    if let Ok(executable) = std::env::current_exe() {
        *host.executable.borrow_mut() = shown(&executable);
    }
    vm
}

fn path_bytes(path: &Path) -> Vec<u8> {
    std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).to_vec()
}

fn main_module(cx: &mut Cx, config: &Config) -> Gc<Dict> {
    let stem = match &config.script {
        // Test functions are members of a module of their own name, as if it were imported.
        Script::File(name) if config.tests.is_some() => name.file_stem(),
        _ => None,
    };
    let stem = stem.map(|stem| stem.to_string_lossy());
    let module = cx.new_module(stem.as_deref().unwrap_or("__main__"));
    cx.add_module("__main__", Value::object(module));
    if let Some(stem) = stem {
        cx.add_module(&stem, Value::object(module));
    }
    module.dict
}

fn set_builtins(cx: &Cx, globals: Gc<Dict>) {
    if let Some(builtins) = cx.module_named("builtins") {
        globals.set_str(cx, cx.vm().names.__builtins__, builtins);
    }
}

fn has_annotations(code: &Code) -> bool {
    code.names.iter().any(|name| &**name == "__annotate__")
}

fn run_main(cx: &mut Cx, code: &Arc<Code>, globals: Gc<Dict>) -> Flow {
    let value = cx.run_code(code, globals, &[])?;
    if code.kind != CodeKind::Coroutine {
        return Ok(value);
    }
    // `await` at the top level made the module a coroutine: it is the main task of a loop, which the
    // program has not called and need not hear of.
    let outcome = cx.call_prelude("_run_main", &[value]);
    if outcome.is_err() {
        cx.forget_callers(|code| code.is_internal() || code.filename.starts_with(library::FOLDER));
    }
    outcome
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

/// Prints the code of a script.
pub fn disassemble(name: &Path, color: bool) -> Exit {
    let program = match Program::read(name) {
        Ok(program) => program,
        Err(Missing::Said(text, status)) => return refuse(&text, status),
        Err(Missing::Raised) => unreachable!("there is no machine"),
    };
    let loader = Loader::default();
    let filename: Arc<str> = program.name.as_str().into();
    let text = match decode_text(&program.bytes) {
        Ok(text) => text,
        Err(error) => {
            let source = Source::new(&*program.given, legible(&program.bytes));
            complain(&render(&source, &[error], color));
            return Exit::Status(1);
        }
    };
    let mode = sloop_grammar::Mode::Module;
    match loader.compile_text(&text, &filename, mode, &Options::default()) {
        Compiled::Code(code, _) => {
            super::command::say(&crate::code::dis::disassemble(&code, Some(&text)))
        }
        Compiled::Errors(errors) => {
            complain(&render(&Source::new(&*program.given, text), &errors, color));
            Exit::Status(1)
        }
        Compiled::Incomplete => {
            complain("SyntaxError: incomplete input\n");
            Exit::Status(1)
        }
    }
}

/// A path as the command line gave it.
pub fn path_from(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(<std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(bytes))
}

/// Writes to standard error, which nobody may be reading.
pub fn complain(text: &str) {
    use std::io::Write;
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
