//! The prompt on a terminal: the thread that edits lines, and the only file that names rustyline.
//!
//! It knows the grammar and the lexer, but no machine: what could complete a word it asks the desk
//! for. The terminal is raw while somebody types, so Ctrl-C is a key then and no signal.

use std::borrow::Cow;
use std::cell::Cell;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustyline::completion::{Completer, Pair};
use rustyline::config::{BellStyle, ColorMode, CompletionType};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{
    Cmd, ConditionalEventHandler, Context, Editor, Event, EventContext, EventHandler,
    ExternalPrinter, Helper, KeyCode, KeyEvent, Modifiers, Movement, RepeatCount,
};

use super::burst::Burst;
use super::desk::{Message, Outbox, Window};
use super::input::{self, Enter, INDENT};
use super::paint;
use crate::host::{signals, terminal};

/// Entries of the history.
const REMEMBERED: usize = 10_000;
/// So long completion waits for a machine that is busy.
const PATIENCE: Duration = Duration::from_millis(400);
/// When a machine that is busy does not hear of Ctrl-C by then, it is interrupted.
const DEAF: Duration = Duration::from_millis(300);

/// What the machine's thread asks for: a line, with this before it.
pub struct Ask {
    pub prompt: String,
}

pub struct Look {
    pub color: bool,
    pub history: Option<PathBuf>,
}

/// Edits lines until nobody asks any more.
pub fn serve(asks: &Receiver<Ask>, window: &Window, outbox: &Arc<Outbox>, look: &Look) {
    signals::mask(true);
    let mut remembered = Memory::load(look.history.as_deref());
    let mut waiting: Option<Ask> = None;
    // A panic of the editor's costs the line that was edited, not the session.
    loop {
        let work = std::panic::AssertUnwindSafe(|| {
            edit(asks, window, outbox, look, &mut remembered, &mut waiting)
        });
        match std::panic::catch_unwind(work) {
            Ok(Ok(())) => return,
            Ok(Err(problem)) => {
                outbox.end();
                window.say(Message::Failed(problem.to_string()));
                return;
            }
            Err(_) => {
                terminal::restore();
                terminal::keep();
            }
        }
    }
}

type Line = Editor<Assistant, MemHistory>;

fn edit(
    asks: &Receiver<Ask>,
    window: &Window,
    outbox: &Arc<Outbox>,
    look: &Look,
    memory: &mut Memory,
    waiting: &mut Option<Ask>,
) -> rustyline::Result<()> {
    let config = rustyline::Config::builder()
        .completion_type(CompletionType::List)
        .completion_show_all_if_ambiguous(true)
        .completion_prompt_limit(usize::MAX)
        .bell_style(BellStyle::None)
        // Without colours, too, the assistant must hear of each time that the line is drawn.
        .color_mode(ColorMode::Forced)
        .max_history_size(REMEMBERED)?
        .tab_stop(4)
        .indent_size(INDENT as u8)
        .bracketed_paste(true)
        .build();
    let mut line = Line::with_history(config, MemHistory::with_config(&config_of_history()))?;
    for entry in &memory.entries {
        line.add_history_entry(entry.as_str())?;
    }
    let suspended = Arc::new(AtomicBool::new(false));
    let burst = Arc::new(Burst::default());
    let assistant = Assistant {
        window: window.clone(),
        burst: burst.clone(),
        outbox: outbox.clone(),
        color: look.color,
        announced: Cell::new(false),
        suspended: suspended.clone(),
    };
    line.set_helper(Some(assistant));
    let pressed = Arc::new(AtomicBool::new(false));
    bind(&mut line, outbox, &pressed, &suspended, &burst);
    let mut printer = line.create_external_printer()?;
    // Asked once at a time, so that it never waits. A terminal that is gone is told of by whoever edits.
    outbox.meet(Box::new(move || drop(printer.print("\n".into()))));
    lines(&mut line, asks, window, outbox, &pressed, memory, waiting)
}

fn config_of_history() -> rustyline::Config {
    // The sizes are given with the editor's; this one only has to allow as many.
    match rustyline::Config::builder().max_history_size(REMEMBERED) {
        Ok(builder) => builder.build(),
        Err(_) => rustyline::Config::default(),
    }
}

fn lines(
    line: &mut Line,
    asks: &Receiver<Ask>,
    window: &Window,
    outbox: &Outbox,
    pressed: &AtomicBool,
    memory: &mut Memory,
    waiting: &mut Option<Ask>,
) -> rustyline::Result<()> {
    loop {
        let ask = match waiting.take().map_or_else(|| asks.recv(), Ok) {
            Ok(ask) => ask,
            Err(_) => return Ok(()),
        };
        let prompt = ask.prompt.clone();
        *waiting = Some(ask);
        outbox.open();
        let read = line.readline(&prompt);
        outbox.pause();
        let message = match read {
            Ok(_) if pressed.swap(false, Ordering::SeqCst) => Message::Interrupted,
            Ok(text) => {
                if !text.trim().is_empty() && memory.add(&text) {
                    line.add_history_entry(text.trim_end())?;
                }
                Message::Line(text)
            }
            Err(ReadlineError::Interrupted) => Message::Interrupted,
            Err(ReadlineError::Eof) => Message::End,
            // The window was resized at a bad moment, or bytes came that are no text.
            Err(ReadlineError::Signal(_)) => continue,
            Err(ReadlineError::Io(problem))
                if problem.kind() == std::io::ErrorKind::InvalidData =>
            {
                Message::Interrupted
            }
            Err(problem) => return Err(problem),
        };
        *waiting = None;
        let interrupted = matches!(message, Message::Interrupted);
        window.say(message);
        if interrupted {
            // The next question comes at once, unless a task does not let the loop run.
            match asks.recv_timeout(DEAF) {
                Ok(ask) => *waiting = Some(ask),
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => signals::press(),
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    }
}

// ---- keys

fn bind(
    line: &mut Line,
    outbox: &Arc<Outbox>,
    pressed: &Arc<AtomicBool>,
    suspended: &Arc<AtomicBool>,
    burst: &Arc<Burst>,
) {
    let on_interrupt = OnInterrupt(outbox.clone(), pressed.clone());
    let on_interrupt = EventHandler::Conditional(Box::new(on_interrupt));
    line.bind_sequence(KeyEvent::ctrl('C'), on_interrupt);
    let on_enter = || EventHandler::Conditional(Box::new(OnEnter(outbox.clone(), burst.clone())));
    let none = Modifiers::NONE;
    line.bind_sequence(KeyEvent(KeyCode::Enter, none), on_enter());
    line.bind_sequence(KeyEvent::ctrl('J'), on_enter());
    line.bind_sequence(KeyEvent::alt('\r'), EventHandler::Simple(Cmd::Newline));
    let on_tab = EventHandler::Conditional(Box::new(OnTab(burst.clone())));
    line.bind_sequence(KeyEvent(KeyCode::Tab, none), on_tab);
    let on_blank = EventHandler::Conditional(Box::new(OnBlank(burst.clone())));
    line.bind_sequence(KeyEvent(KeyCode::Char(' '), none), on_blank);
    let backspace = || EventHandler::Conditional(Box::new(OnBackspace));
    line.bind_sequence(KeyEvent(KeyCode::Backspace, none), backspace());
    line.bind_sequence(KeyEvent::ctrl('H'), backspace());
    let on_leave = EventHandler::Conditional(Box::new(OnLeave(outbox.clone())));
    line.bind_sequence(KeyEvent::ctrl('D'), on_leave);
    let on_suspend = OnSuspend(outbox.clone(), suspended.clone());
    let on_suspend = EventHandler::Conditional(Box::new(on_suspend));
    line.bind_sequence(KeyEvent::ctrl('Z'), on_suspend);
}

/// Ctrl-C ends the line. As an error of the editor's it would take with it what was typed ahead.
struct OnInterrupt(Arc<Outbox>, Arc<AtomicBool>);

impl ConditionalEventHandler for OnInterrupt {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, _: &EventContext) -> Option<Cmd> {
        self.0.pause();
        self.1.store(true, Ordering::SeqCst);
        Some(Cmd::AcceptLine)
    }
}

/// Ctrl-D ends the session, if the line is empty.
struct OnLeave(Arc<Outbox>);

impl ConditionalEventHandler for OnLeave {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, cx: &EventContext) -> Option<Cmd> {
        if cx.line().is_empty() {
            self.0.pause();
        }
        None
    }
}

/// Ctrl-Z: nothing can be shown above the line until it is back.
///
/// The signal reaches the process by another thread, so that the editor prepares the terminal again
/// before the process stops, and not when it goes on. The assistant does so instead.
struct OnSuspend(Arc<Outbox>, Arc<AtomicBool>);

impl ConditionalEventHandler for OnSuspend {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, _: &EventContext) -> Option<Cmd> {
        self.0.open();
        self.1.store(true, Ordering::SeqCst);
        None
    }
}

/// So long the process may take to stop.
const STOPPING: Duration = Duration::from_millis(30);

/// Waits until the process has been stopped and goes on.
fn come_back() {
    let raw = terminal::settings();
    std::thread::sleep(STOPPING);
    if let Some(raw) = raw {
        terminal::set(&raw);
    }
    let mut out = std::io::stdout().lock();
    // Bracketed paste; a terminal that is gone is told of by whoever edits.
    let _ = out.write_all(b"\x1b[?2004h\r").and_then(|()| out.flush());
}

/// Runs what is whole, else begins a line, indented.
struct OnEnter(Arc<Outbox>, Arc<Burst>);

impl ConditionalEventHandler for OnEnter {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, cx: &EventContext) -> Option<Cmd> {
        Some(match input::enter(cx.line(), cx.pos()) {
            Enter::Submit => {
                self.0.pause();
                Cmd::AcceptLine
            }
            Enter::Continue(indent) => {
                let indent = self.1.line(cx.line().len(), indent);
                Cmd::Insert(1, format!("\n{}", " ".repeat(indent)))
            }
        })
    }
}

/// What stands on the line before the cursor.
fn before<'a>(cx: &'a EventContext<'_>) -> &'a str {
    let before = &cx.line()[..cx.pos()];
    before.rsplit('\n').next().unwrap_or(before)
}

/// The first columns of an indentation that a pasted line brings, in place of the automatic one.
fn bring(burst: &Burst, columns: usize, cx: &EventContext) -> Option<Cmd> {
    let before = before(cx);
    let automatic = before.len();
    if automatic < columns || !before.bytes().all(|b| b == b' ') || !burst.replaces(cx.pos()) {
        return None;
    }
    Some(match RepeatCount::try_from(automatic - columns).ok()? {
        0 => Cmd::Noop,
        surplus => Cmd::Kill(Movement::BackwardChar(surplus)),
    })
}

struct OnBlank(Arc<Burst>);

impl ConditionalEventHandler for OnBlank {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, cx: &EventContext) -> Option<Cmd> {
        bring(&self.0, 1, cx)
    }
}

struct OnTab(Arc<Burst>);

impl ConditionalEventHandler for OnTab {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, cx: &EventContext) -> Option<Cmd> {
        let brought = bring(&self.0, INDENT, cx);
        if brought.is_some() {
            return brought;
        }
        let before = before(cx);
        match before.trim().is_empty() {
            true => {
                let missing = INDENT - before.chars().count() % INDENT;
                Some(Cmd::Insert(1, " ".repeat(missing)))
            }
            false => Some(Cmd::Complete),
        }
    }
}

struct OnBackspace;

impl ConditionalEventHandler for OnBackspace {
    fn handle(&self, _: &Event, n: RepeatCount, _: bool, cx: &EventContext) -> Option<Cmd> {
        let before = before(cx);
        let deep = before.len() >= INDENT && before.bytes().all(|b| b == b' ');
        (n == 1 && deep).then_some(Cmd::Dedent(Movement::BackwardChar(1)))
    }
}

// ---- what the editor asks

struct Assistant {
    window: Window,
    outbox: Arc<Outbox>,
    burst: Arc<Burst>,
    color: bool,
    /// Is the line going to be drawn because of a key? If it is drawn without that having been
    /// announced, the editor has made room above it.
    announced: Cell<bool>,
    /// Was Ctrl-Z pressed since the line was drawn?
    suspended: Arc<AtomicBool>,
}

impl Helper for Assistant {}

impl Hinter for Assistant {
    type Hint = String;

    fn hint(&self, _: &str, _: usize, _: &Context<'_>) -> Option<String> {
        self.announced.set(true);
        None
    }
}

impl Validator for Assistant {
    fn validate(&self, _: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        self.outbox.pause();
        Ok(ValidationResult::Valid(None))
    }
}

impl Highlighter for Assistant {
    fn highlight<'l>(&self, line: &'l str, at: usize) -> Cow<'l, str> {
        if self.color { paint::colored(line, Some(at)) } else { Cow::Borrowed(line) }
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        if self.suspended.swap(false, Ordering::SeqCst) {
            come_back();
        }
        match self.announced.replace(false) {
            true => self.outbox.show(),
            false => self.outbox.print_above(),
        }
        if self.color { Cow::Owned(paint::prompt(prompt)) } else { Cow::Borrowed(prompt) }
    }

    /// Each key draws the whole line.
    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        self.announced.set(true);
        self.burst.key();
        true
    }
}

impl Completer for Assistant {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let (reply, answer) = channel();
        self.window.say(Message::Complete { text: line.to_owned(), at, reply });
        let Ok(answer) = answer.recv_timeout(PATIENCE) else { return Ok((at, Vec::new())) };
        let pair = |(text, shown): (String, String)| Pair { display: shown, replacement: text };
        let (rows, columns) = terminal::size().unwrap_or((24, 80));
        let candidates = fitting(answer.candidates, rows.into(), columns.into());
        Ok((answer.start, candidates.into_iter().map(pair).collect()))
    }
}

/// As many candidates as a screen has room for, and how many more there are. The editor would ask
/// about long lists, and page through them, deaf to Ctrl-C.
fn fitting(
    mut candidates: Vec<(String, String)>,
    rows: usize,
    columns: usize,
) -> Vec<(String, String)> {
    /// Between two columns.
    const GAP: usize = 2;
    let rest = |hidden: usize| format!("… {hidden} more");
    // Characters of two columns are rare enough to take all but ASCII for such.
    let width = |text: &str| text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>();
    let widths = candidates.iter().map(|(_, shown)| width(shown));
    let widest = widths.max().unwrap_or(0).max(width(&rest(candidates.len()))) + GAP;
    // Below stands the line that is edited.
    let room = (columns / widest).max(1) * rows.saturating_sub(3).max(1);
    if candidates.len() <= room {
        return candidates;
    }
    let first = &candidates[0].0;
    let common = candidates.iter().map(|(text, _)| {
        let same = first.chars().zip(text.chars()).take_while(|(a, b)| a == b);
        same.map(|(c, _)| c.len_utf8()).sum::<usize>()
    });
    let common = first[..common.min().unwrap_or(0)].to_owned();
    let shown = room.max(2) - 1;
    let hidden = candidates.len() - shown;
    candidates.truncate(shown);
    candidates.push((common, rest(hidden)));
    candidates
}

// ---- history

/// What was typed, here and in earlier sessions.
struct Memory {
    entries: Vec<String>,
    file: Option<PathBuf>,
}

impl Memory {
    fn load(file: Option<&Path>) -> Memory {
        let bytes = file.and_then(|file| fs::read(file).ok()).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let mut entries: Vec<String> = text.lines().map(unpack).collect();
        entries.drain(..entries.len().saturating_sub(REMEMBERED));
        Memory { entries, file: file.map(Path::to_owned) }
    }

    /// False if it is what was typed last.
    fn add(&mut self, text: &str) -> bool {
        let text = text.trim_end();
        if self.entries.last().is_some_and(|last| last == text) {
            return false;
        }
        self.entries.push(text.to_owned());
        if let Some(file) = &self.file
            && let Some(folder) = file.parent()
        {
            // A history that cannot be kept is no reason to disturb anybody.
            let _ = fs::create_dir_all(folder);
            let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(file);
            let _ = opened.and_then(|mut file| file.write_all(pack(text).as_bytes()));
        }
        true
    }
}

/// An entry as a line of the file.
fn pack(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n") + "\n"
}

fn unpack(line: &str) -> String {
    let mut out = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some(other) => out.push(other),
            None => out.push('\\'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_fit_the_screen() {
        let names = |count: usize| -> Vec<(String, String)> {
            (0..count).map(|n| (format!("name{n:03}"), format!("name{n:03}"))).collect()
        };
        assert_eq!(fitting(names(20), 24, 80), names(20));
        let shown = fitting(names(500), 24, 80);
        assert_eq!(shown.last(), Some(&("name".into(), "… 375 more".into())));
        assert!(shown.len().div_ceil(80 / 13) <= 21, "{}", shown.len());
        assert!(fitting(names(500), 3, 8).len() >= 2);
    }

    #[test]
    fn entries_come_back_from_the_file() {
        for text in ["x", "a\nb", "'\\n'", "\\", "é\n  \\\\n"] {
            assert_eq!(unpack(pack(text).trim_end_matches('\n')), text);
        }
    }
}
