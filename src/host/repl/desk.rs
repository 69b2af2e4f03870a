//! Between the prompt's thread and the machine's: what was typed goes one way, what tasks print
//! while somebody types goes the other.
//!
//! The thread that edits never touches the machine, and the machine never waits for the thread
//! that edits: text for above the prompt is left in the outbox.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::complete;
use crate::value::future::state;
use crate::value::{EventLoop, Module, Value};
use crate::vm::threads::{Key, Mailbox};
use crate::vm::{Cx, Vm, tasks};

/// What the prompt's thread says.
pub enum Message {
    Line(String),
    /// Ctrl-C at the prompt.
    Interrupted,
    /// Ctrl-D, or the end of the input.
    End,
    /// The terminal is gone.
    Failed(String),
    /// What could stand at this place of the text?
    Complete {
        text: String,
        at: usize,
        reply: Sender<complete::Answer>,
    },
}

/// What has been typed and was not taken yet.
pub type Inbox = Arc<Mutex<VecDeque<Message>>>;

/// What the prompt's thread holds.
#[derive(Clone)]
pub struct Window {
    pub inbox: Inbox,
    pub mailbox: Mailbox,
}

impl Window {
    /// Tells the machine, which hears of it between two turns of its loop.
    pub fn say(&self, message: Message) {
        if let Message::Complete { text, at, reply } = message {
            // Whoever asked may not wait any longer.
            let answer =
                move |vm: &mut Vm| drop(reply.send(complete::answer(Cx::of(vm), &text, at)));
            self.mailbox.post(answer);
            return;
        }
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner).push_back(message);
        self.mailbox.post(|vm| arrived(Cx::of(vm)));
    }
}

/// Whoever waits for a line need not wait any longer.
fn arrived(cx: &mut Cx) {
    let Some(module) = cx.module_named("_repl").and_then(|m| m.cast::<Module>()) else { return };
    let named = |name: &str| module.dict.get_str(cx, cx.intern(name));
    let (waited, own) = (named("_waited"), named("loop"));
    if let Some(future) = waited.and_then(|waited| waited.future())
        && future.is_pending()
    {
        future.result.set(Value::NONE);
        let others = tasks::settle(cx.vm(), future, state::RESULT);
        debug_assert!(others.is_none(), "the prompt's loop is the machine's own");
    }
    if let Some(own) = own.and_then(|own| own.cast::<EventLoop>()) {
        cx.wake_all(Key::of(own));
    }
}

/// What tasks print while somebody types.
///
/// The text stays here until it is on the screen: the editor is only asked to make room above the
/// line, and when it has done so it fetches what there is by then. If it does not come to that
/// because the line is finished first, the machine prints the text before it runs that line.
#[derive(Default)]
pub struct Outbox {
    state: Mutex<State>,
}

/// Asks the editor to make room.
pub type Knock = Box<dyn FnMut() + Send>;

#[derive(Default)]
struct State {
    /// Does somebody type?
    editing: bool,
    /// The editor is going to show the line, …
    opening: bool,
    /// … or it is on the screen, and not about to be handed over.
    shown: bool,
    knock: Option<Knock>,
    /// The editor was asked and has not made room yet.
    asked: bool,
    /// Whole lines to be printed above the prompt, …
    lines: Vec<u8>,
    /// … and the beginning of one that has no end yet.
    rest: Vec<u8>,
    /// Is the cursor somewhere else than at the beginning of a line, when nobody types?
    inside_line: bool,
}

impl State {
    fn ask(&mut self) {
        if self.shown
            && !self.asked
            && !self.lines.is_empty()
            && let Some(knock) = &mut self.knock
        {
            self.asked = true;
            knock();
        }
    }
}

impl Outbox {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that is done under the lock can panic half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes text that would disturb the line being edited. False if nobody edits one.
    pub fn takes(&self, text: &[u8]) -> bool {
        let mut state = self.lock();
        if !state.editing {
            if let Some(&last) = text.last() {
                state.inside_line = last != b'\n';
            }
            return false;
        }
        state.rest.extend_from_slice(text);
        if let Some(end) = state.rest.iter().rposition(|&b| b == b'\n') {
            let rest = state.rest.split_off(end + 1);
            let mut lines = std::mem::replace(&mut state.rest, rest);
            state.lines.append(&mut lines);
            state.ask();
        }
        true
    }

    /// A line is going to be edited: from now on nothing else is written to the terminal. True if
    /// the cursor stands in the middle of a line.
    pub fn begin(&self) -> bool {
        let mut state = self.lock();
        state.editing = true;
        std::mem::take(&mut state.inside_line)
    }

    /// An editor is there, which makes room when it is asked to.
    pub fn meet(&self, knock: Knock) {
        let mut state = self.lock();
        state.knock = Some(knock);
        state.asked = false;
    }

    /// The editor is going to show the line.
    pub fn open(&self) {
        let mut state = self.lock();
        state.shown = false;
        state.opening = true;
    }

    /// The editor shows the line.
    pub fn show(&self) {
        let mut state = self.lock();
        if std::mem::take(&mut state.opening) {
            state.shown = true;
            state.ask();
        }
    }

    /// The line is about to be handed over: what comes now waits until it is.
    pub fn pause(&self) {
        let mut state = self.lock();
        state.opening = false;
        state.shown = false;
    }

    /// The editor has cleared the line and gone down by one: what is to stand above the line is
    /// printed, and the line can follow.
    pub fn print_above(&self) {
        let mut state = self.lock();
        if std::mem::take(&mut state.asked) {
            let lines = std::mem::take(&mut state.lines);
            let mut out = std::io::stdout().lock();
            // A terminal that is gone is told of by whoever edits.
            let up = out.write_all(b"\x1b[A");
            let _ = up.and_then(|()| out.write_all(&lines)).and_then(|()| out.flush());
        }
    }

    /// The line has been handed over: what was not printed yet is printed now.
    pub fn end(&self) {
        let mut state = self.lock();
        state.editing = false;
        state.opening = false;
        state.shown = false;
        let mut left = std::mem::take(&mut state.lines);
        left.append(&mut state.rest);
        if let Some(&last) = left.last() {
            state.inside_line = last != b'\n';
            let mut out = std::io::stdout().lock();
            let _ = out.write_all(&left).and_then(|()| out.flush());
        }
    }
}
