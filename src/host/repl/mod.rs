//! The prompt: statements are typed, run, and their values shown, while tasks run on.
//!
//! The machine and its loop stay on the main thread. Another thread reads (`editor.rs` on a
//! terminal, `reader.rs` elsewhere) and leaves what was typed in the machine's
//! mailbox. Between two lines the loop runs until something has arrived; a statement that awaits is a
//! task of the same loop (`stdlib/_repl.sloop`). Which thread may write to the terminal while
//! somebody types is the outbox's business.

mod burst;
mod complete;
mod desk;
mod editor;
mod input;
mod paint;
mod reader;

use std::collections::VecDeque;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, MutexGuard, PoisonError};

use sloop_grammar::legible;

use super::command::{DIALECT, VERSION};
use super::config::Config;
use super::ending::{self, Exit};
use super::loader::{Loader, decode_text};
use super::run::{complain, unreadable_input};
use super::signals::{self, Cause};
use super::{colors, descriptors, terminal};
use crate::code::{Code, CodeKind};
use crate::compile::{Compiled, Mode, Options};
use crate::gc::Gc;
use crate::native::{io, sys};
use crate::text::{Source, render};
use crate::value::{Dict, Module, Str, T, Value};
use crate::vm::{Cx, Flow, Stop};

use desk::{Inbox, Message, Outbox, Window};
use editor::{Ask, Look};
use input::Form;

const PROMPT: &str = ">>> ";

/// Calls a function of `_repl`.
fn call(cx: &mut Cx, name: &str, args: &[Value]) -> Flow {
    let module = cx.import_now("_repl")?;
    let function = cx.get_attribute(module, cx.intern(name))?;
    cx.call(function, args)
}

/// Reads and runs statements until there are no more. `before` is how a script before it ended.
pub fn run(
    cx: &mut Cx,
    loader: &Rc<Loader>,
    config: &Config,
    globals: Gc<Dict>,
    before: Exit,
) -> Exit {
    if asked_to_end().is_some() {
        return before;
    }
    if let Err(problem) = descriptors::check_input() {
        complain(&format!("sloop: {}\n", unreadable_input(&problem)));
        return ending::close(cx, Exit::Status(2), config, true);
    }
    // Nobody dies of a second Ctrl-C here.
    let reports = cx.vm_mut().reports();
    reports.hurry = |_| {};
    reports.insist = |_| {};
    let mut session = match Session::begin(cx, loader.clone(), config, globals) {
        Ok(session) => session,
        Err(_) => return ending::finish(cx, Err(Stop::Raised), config),
    };
    let exit = match session.greet(cx) {
        Some(exit) => exit,
        None => session.statements(cx),
    };
    drop(session.asks.take());
    session.outbox.end();
    let (exit, ended) = match call(cx, "close", &[]) {
        Ok(ended) => (exit, ended == Value::TRUE),
        Err(_) => (ending::report(cx, Err(Stop::Raised), true), false),
    };
    if session.asked && session.edits {
        // The editor may be about to take the terminal: it must not do so after this.
        terminal::wait_until_taken();
    }
    terminal::restore();
    // A task that did not end when it was asked to would not end in its finaliser, either.
    ending::close(cx, exit, config, ended)
}

struct Session {
    loader: Rc<Loader>,
    config: Config,
    globals: Gc<Dict>,
    inbox: Inbox,
    asks: Option<Sender<Ask>>,
    outbox: Arc<Outbox>,
    /// Has a line been asked for that has not come yet?
    asked: bool,
    /// Is a line being edited on a terminal?
    edits: bool,
    /// Somebody sees what is written: there is a terminal.
    visible: bool,
    dropped: Arc<AtomicBool>,
    /// How many inputs were run.
    number: usize,
    /// Did the last one fail?
    failed: bool,
}

impl Session {
    fn begin(
        cx: &mut Cx,
        loader: Rc<Loader>,
        config: &Config,
        globals: Gc<Dict>,
    ) -> Result<Session, Stop> {
        let visible = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb" || term.is_empty());
        let edits = visible && !dumb;
        if visible {
            terminal::keep();
            restore_after_panics();
        }
        let inbox = Inbox::default();
        let window = Window { inbox: inbox.clone(), mailbox: cx.mailbox() };
        let (asks, asked) = channel();
        let outbox = Arc::new(Outbox::default());
        let dropped = Arc::new(AtomicBool::new(false));
        let (above, flag) = (outbox.clone(), dropped.clone());
        let look = Look { color: colors::on_stdout(), history: history(config) };
        let thread = move || {
            if edits {
                editor::serve(&asked, &window, &above, &look);
            } else {
                reader::serve(&asked, &window, visible.then_some(&flag));
            }
        };
        let named = std::thread::Builder::new().name("sloop-prompt".into());
        if named.spawn(thread).is_err() {
            return Err(cx.error(T::RuntimeError, "can't start the prompt's thread"));
        }
        call(cx, "begin", &[])?;
        add_names(cx)?;
        let session = Session {
            loader,
            config: config.clone(),
            globals,
            inbox,
            asks: Some(asks),
            outbox,
            asked: false,
            edits,
            visible,
            dropped,
            number: 0,
            failed: false,
        };
        let outbox = session.outbox.clone();
        let detour = Rc::new(move |text: &[u8]| outbox.takes(text));
        match edits {
            true => io::set_detour(cx, detour),
            false => io::guard_input(cx, detour),
        }
        Ok(session)
    }

    /// Says hello to people and runs their startup file, which may end the session.
    fn greet(&mut self, cx: &mut Cx) -> Option<Exit> {
        if !self.visible {
            return None;
        }
        if !self.config.flags.quiet {
            let text = format!("Sloop {VERSION} ({DIALECT}). help() tells more, Ctrl-D leaves.\n");
            say(&text);
        }
        let file = self.config.variable("STARTUP")?;
        let name = file.to_string_lossy().into_owned();
        match std::fs::read(&file) {
            Ok(bytes) => match decode_text(&bytes) {
                Ok(text) => return self.execute(cx, &text, &name, false),
                Err(error) => {
                    let source = Source::new(name, legible(&bytes));
                    self.complain(cx, &source, &[error]);
                }
            },
            Err(problem) => {
                let text = format!("can't open {name}: {problem}\n");
                sys::write_error(cx, text.as_bytes());
            }
        }
        None
    }

    /// Runs what is typed until the end.
    fn statements(&mut self, cx: &mut Cx) -> Exit {
        loop {
            let message = match self.next(cx) {
                Ok(message) => message,
                Err(exit) => return exit,
            };
            match message {
                Message::Line(text) => {
                    if let Some(exit) = self.obey(cx, &text) {
                        return exit;
                    }
                }
                Message::Interrupted => {}
                Message::End => break,
                Message::Failed(problem) => {
                    sys::write_error(cx, format!("sloop: the prompt ends: {problem}\n").as_bytes());
                    return Exit::Status(1);
                }
                Message::Complete { .. } => unreachable!("the machine answers it at once"),
            }
            if let Some(exit) = asked_to_end() {
                return exit;
            }
        }
        Exit::Status(if self.failed && !self.visible { 1 } else { 0 })
    }

    /// Waits for the next line while tasks run.
    fn next(&mut self, cx: &mut Cx) -> Result<Message, Exit> {
        // What a statement has printed is there before the next prompt.
        let _ = io::finish(cx);
        loop {
            if !self.asked {
                if self.outbox.begin() && self.edits {
                    say("\n");
                }
                let ask = Ask { prompt: PROMPT.into() };
                if self.asks.as_ref().is_none_or(|asks| asks.send(ask).is_err()) {
                    return Err(Exit::Status(1));
                }
                self.asked = true;
            }
            // Tasks have a turn, however much was typed ahead.
            let typed = !self.typed().is_empty();
            // Somebody at the prompt may always wake the loop: waiting is no deadlock.
            cx.expect_mail();
            let waited = call(cx, "wait", &[Value::bool(typed)]);
            cx.expect_no_mail();
            match waited {
                Ok(Value::TRUE) => self.interrupted(),
                Ok(_) => {}
                Err(_) => {
                    let exception = cx.take_exception();
                    cx.root(exception);
                    if cx.isinstance(exception, T::SystemExit) {
                        return Err(ending::system_exit(cx, exception));
                    }
                    let pressed = cx.isinstance(exception, T::KeyboardInterrupt);
                    if pressed && self.visible && !self.edits {
                        self.interrupted();
                    } else if asked_to_end().is_none() {
                        ending::show(cx, exception);
                    }
                }
            }
            if let Some(exit) = asked_to_end() {
                return Err(exit);
            }
            let taken = self.typed().pop_front();
            if let Some(message) = taken {
                self.asked = false;
                self.outbox.end();
                return Ok(message);
            }
        }
    }

    fn typed(&self) -> MutexGuard<'_, VecDeque<Message>> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ctrl-C came as a signal while a line was expected.
    fn interrupted(&mut self) {
        if self.visible && !self.edits && asked_to_end().is_none() {
            self.dropped.store(true, Ordering::SeqCst);
            say(&format!("\nKeyboardInterrupt\n{PROMPT}"));
        }
    }

    /// Does what was typed; says so if that ends the session.
    fn obey(&mut self, cx: &mut Cx, text: &str) -> Option<Exit> {
        match input::form(text) {
            Form::Nothing => None,
            Form::Leave if !self.is_rebound(cx, text.trim()) => Some(Exit::Status(0)),
            Form::Leave | Form::Statements(_) => {
                self.number += 1;
                let name = format!("<input {}>", self.number);
                self.execute(cx, text, &name, true)
            }
            Form::Describe(expression) => {
                let outcome = self.evaluate(cx, expression).and_then(|value| match value {
                    Some(value) => call(cx, "describe", &[value]).map(Some),
                    None => Ok(None),
                });
                self.ended(cx, outcome)
            }
            Form::Start(expression) => {
                let outcome = self.evaluate(cx, expression).and_then(|value| match value {
                    Some(value) => {
                        let shown = cx.str_value(expression);
                        call(cx, "start", &[value, shown]).map(Some)
                    }
                    None => Ok(None),
                });
                self.ended(cx, outcome)
            }
        }
    }

    /// Has the program given this name a meaning of its own?
    fn is_rebound(&self, cx: &Cx, name: &str) -> bool {
        self.globals.get_str(cx, cx.intern(name)).is_some()
    }

    /// Compiles statements and runs them.
    fn execute(&mut self, cx: &mut Cx, text: &str, name: &str, shows: bool) -> Option<Exit> {
        let mode = if shows { Mode::Interactive } else { Mode::Module };
        let Some(code) = self.compile(cx, text, name, mode) else {
            self.failed = true;
            return None;
        };
        let outcome = self.perform(cx, &code, name);
        self.ended(cx, outcome.map(Some))
    }

    /// The value of an expression; one that awaits is a coroutine. None after an error.
    fn evaluate(&mut self, cx: &mut Cx, text: &str) -> Result<Option<Value>, Stop> {
        self.number += 1;
        let name = format!("<input {}>", self.number);
        let Some(code) = self.compile(cx, text, &name, Mode::Expression) else { return Ok(None) };
        self.compute(cx, &code).map(Some)
    }

    fn compile(&self, cx: &mut Cx, text: &str, name: &str, mode: Mode) -> Option<Arc<Code>> {
        let filename: Arc<str> = name.into();
        let source = self.loader.keep(&filename, text);
        let parse_mode = match mode {
            Mode::Expression => sloop_grammar::Mode::Expression,
            _ => sloop_grammar::Mode::Module,
        };
        let options = Options { mode, optimize: self.loader.optimize, ..Options::default() };
        match self.loader.compile_text(text, &filename, parse_mode, &options) {
            Compiled::Code(code, warnings) => match self.loader.warn(cx, &source, warnings) {
                Ok(()) => Some(code),
                Err(errors) => {
                    self.complain(cx, &source, &errors);
                    None
                }
            },
            Compiled::Errors(errors) => {
                self.complain(cx, &source, &errors);
                None
            }
            Compiled::Incomplete => {
                sys::write_error(cx, b"SyntaxError: incomplete input\n");
                None
            }
        }
    }

    fn complain(&self, cx: &Cx, source: &Source, errors: &[sloop_grammar::diagnostic::Diagnostic]) {
        sys::write_error(cx, render(source, errors, self.loader.color).as_bytes());
    }

    /// Runs code outside of any task: the prompt's loop stands still, but is there.
    fn compute(&self, cx: &mut Cx, code: &Arc<Code>) -> Flow {
        call(cx, "enter", &[])?;
        let outcome = cx.run_code(code, self.globals, &[]);
        let exception = outcome.is_err().then(|| cx.take_exception());
        if let Some(exception) = exception {
            cx.root(exception);
        }
        if let Ok(value) = outcome {
            cx.root(value);
        }
        let left = call(cx, "leave", &[]);
        match exception {
            Some(exception) => Err(cx.throw(exception.cast().expect("it was raised"))),
            None => left.and(outcome),
        }
    }

    /// Runs code, as a task if it awaits.
    fn perform(&self, cx: &mut Cx, code: &Arc<Code>, name: &str) -> Flow {
        let value = self.compute(cx, code)?;
        if code.kind != CodeKind::Coroutine {
            return Ok(value);
        }
        let name = cx.str_value(name.trim_matches(['<', '>']));
        call(cx, "run", &[value, name])
    }

    /// A statement has ended. SystemExit ends the session; other exceptions are shown.
    fn ended(&mut self, cx: &mut Cx, outcome: Result<Option<Value>, Stop>) -> Option<Exit> {
        self.failed = !matches!(outcome, Ok(Some(_)));
        if outcome.is_ok() {
            return None;
        }
        let exception = cx.take_exception();
        cx.root(exception);
        if cx.isinstance(exception, T::SystemExit) {
            return Some(ending::system_exit(cx, exception));
        }
        if let Some(exit) = asked_to_end() {
            return Some(exit);
        }
        let _ = io::finish(cx);
        ending::show(cx, exception);
        None
    }
}

/// Has somebody asked the process to end?
fn asked_to_end() -> Option<Exit> {
    match signals::cause() {
        Cause::CtrlC => None,
        Cause::Terminated => Some(Exit::Signal(signals::signal_of_death())),
        Cause::TimeIsUp => Some(Exit::Status(signals::TIMED_OUT)),
    }
}

fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    // A terminal that is gone ends the session by itself.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// What is known at the prompt without being defined: `exit`, `help`, `tasks`.
fn add_names(cx: &mut Cx) -> Result<(), Stop> {
    let module = cx.import_now("_repl")?;
    let names = module.cast::<Module>().and_then(|m| m.dict.get_str(cx, cx.intern("names")));
    if let Some(names) = names.and_then(|names| names.cast::<Dict>()) {
        let builtins = cx.vm().builtins;
        for entry in names.iter() {
            if let Some(key) = entry.key.cast::<Str>() {
                builtins.set_str(cx, cx.intern_str(key), entry.value);
            }
        }
    }
    Ok(())
}

/// Where the history is kept.
fn history(config: &Config) -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("SLOOP_HISTORY") {
        return (!named.is_empty()).then(|| named.into());
    }
    if config.flags.isolated {
        return None;
    }
    let state = std::env::var_os("XDG_STATE_HOME").filter(|state| !state.is_empty());
    let state = state
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".local").join("state")))?;
    Some(state.join("sloop").join("history"))
}

/// A panic leaves the terminal as it was found.
fn restore_after_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        terminal::restore();
        before(info);
    }));
}
