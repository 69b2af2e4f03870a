//! Statements that do not come from an editor: from a pipe, or from a terminal that cannot move
//! its cursor.
//!
//! Lines are read one by one and no further, so that what a statement reads is still there.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;

use super::desk::{Message, Window};
use super::editor::Ask;
use super::input::{self, Enter};
use crate::host::signals;

const MORE: &str = "... ";

/// Reads statements until nobody asks any more. With a `dropped` flag there is a terminal, and
/// whoever raises the flag wants what was typed so far forgotten.
pub fn serve(asks: &Receiver<Ask>, window: &Window, dropped: Option<&Arc<AtomicBool>>) {
    signals::mask(true);
    let mut ahead: Option<String> = None;
    let Ok(stdin) = std::io::stdin().as_fd().try_clone_to_owned() else {
        window.say(Message::End);
        return;
    };
    let mut stdin = std::fs::File::from(stdin);
    while let Ok(ask) = asks.recv() {
        let mut text = String::new();
        let show = |prompt: &str| {
            if dropped.is_some() {
                let mut out = std::io::stdout().lock();
                let _ = out.write_all(prompt.as_bytes()).and_then(|()| out.flush());
            }
        };
        show(&ask.prompt);
        let message = loop {
            let line = match ahead.take() {
                Some(line) => line,
                None => match read_line(&mut stdin) {
                    Ok(line) => line,
                    Err(problem) => break Message::Failed(problem.to_string()),
                },
            };
            if dropped.is_some_and(|flag| flag.swap(false, Ordering::SeqCst)) {
                text.clear();
            }
            if line.is_empty() {
                break if text.trim().is_empty() { Message::End } else { Message::Line(text) };
            }
            if dropped.is_none() && input::begins_anew(&text, &line) {
                ahead = Some(line);
                break Message::Line(text);
            }
            text += &line;
            let typed = text.strip_suffix('\n').unwrap_or(&text);
            match input::enter(typed, typed.len()) {
                Enter::Submit => break Message::Line(text),
                Enter::Continue(_) => show(MORE),
            }
        };
        let ended = matches!(message, Message::End | Message::Failed(_));
        window.say(message);
        if ended {
            return;
        }
    }
}

/// A line with its end; empty at the end of the input.
fn read_line(stdin: &mut std::fs::File) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    loop {
        match stdin.read(&mut byte) {
            Ok(0) => break,
            Ok(_) => {
                bytes.push(byte[0]);
                if byte[0] == b'\n' {
                    break;
                }
            }
            Err(problem) if problem.kind() == std::io::ErrorKind::Interrupted => {}
            // A terminal that has hung up.
            Err(problem) if problem.raw_os_error() == Some(libc::EIO) => break,
            Err(problem) => return Err(problem),
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
