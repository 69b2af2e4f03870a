//! The state of the terminal: kept when a prompt begins, restored however the process ends.

use std::io::Write;
use std::sync::Mutex;

static KEPT: Mutex<Option<libc::termios>> = Mutex::new(None);

/// What editing may have switched on: bracketed paste, a hidden cursor, colours.
const SWITCH_OFF: &[u8] = b"\x1b[?2004l\x1b[?2026l\x1b[?25h\x1b[0m";

/// Rows and columns of the terminal that is written to.
pub fn size() -> Option<(u16, u16)> {
    // SAFETY: a plain struct of integers, filled by the call.
    let size = unsafe {
        let mut size: libc::winsize = std::mem::zeroed();
        let asked = libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &mut size);
        (asked == 0).then_some(size)?
    };
    (size.ws_row > 0 && size.ws_col > 0).then_some((size.ws_row, size.ws_col))
}

/// How the terminal is now.
pub fn settings() -> Option<libc::termios> {
    // SAFETY: a plain struct of integers, filled by the call.
    unsafe {
        let mut state: libc::termios = std::mem::zeroed();
        (libc::tcgetattr(libc::STDIN_FILENO, &mut state) == 0).then_some(state)
    }
}

/// Makes the terminal what it was.
pub fn set(state: &libc::termios) {
    // SAFETY: as it was read.
    unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, state) };
}

/// Remembers how the terminal is now.
pub fn keep() {
    if let Ok(mut kept) = KEPT.lock() {
        *kept = settings();
    }
}

/// Waits a little until somebody who edits has taken the terminal.
pub fn wait_until_taken() {
    const GLANCE: std::time::Duration = std::time::Duration::from_millis(1);
    for _ in 0..50 {
        if settings().is_none_or(|state| state.c_lflag & libc::ICANON == 0) {
            return;
        }
        std::thread::sleep(GLANCE);
    }
}

/// Puts the terminal back as it was, once. Does nothing if nothing was kept.
pub fn restore() {
    let Ok(mut kept) = KEPT.try_lock() else { return };
    let Some(state) = kept.take() else { return };
    let mut out = std::io::stderr();
    if std::io::IsTerminal::is_terminal(&out)
        && std::env::var_os("TERM").is_none_or(|t| t != "dumb")
    {
        let _ = out.write_all(SWITCH_OFF);
    }
    // SAFETY: signals that are there. A process in the background would be stopped for asking: not now.
    unsafe {
        let before = libc::signal(libc::SIGTTOU, libc::SIG_IGN);
        set(&state);
        libc::signal(libc::SIGTTOU, before);
    }
}
