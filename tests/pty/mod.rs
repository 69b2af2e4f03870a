//! A terminal for tests: the real binary on the other end of a pty, and a model of the screen.

// Each test file uses its part.
#![allow(dead_code)]

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

/// How long anything may take; the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);
/// What the editor switches on when it begins a line.
const LINE_BEGINS: &[u8] = b"\x1b[?2004h";

pub struct Terminal {
    child: Child,
    master: File,
    slave: OwnedFd,
    screen: vt100::Parser,
    /// All that was written.
    pub output: Vec<u8>,
    /// How many lines the editor had begun when somebody last looked.
    lines_seen: usize,
    folder: Option<std::path::PathBuf>,
}

impl Terminal {
    /// Starts `sloop` with these arguments, in an environment of its own.
    pub fn start(args: &[&str], rows: u16, columns: u16, env: &[(&str, &str)]) -> Terminal {
        let (master, slave) = open(rows, columns);
        let folder = std::env::temp_dir().join(format!("sloop-pty-{}-{:?}", std::process::id(), {
            use std::sync::atomic::{AtomicUsize, Ordering};
            static COUNT: AtomicUsize = AtomicUsize::new(0);
            COUNT.fetch_add(1, Ordering::SeqCst)
        }));
        std::fs::create_dir_all(&folder).expect("a folder for the test");
        let mut command = Command::new(env!("CARGO_BIN_EXE_sloop"));
        let stream = || slave.try_clone().expect("a descriptor");
        command
            .args(args)
            .current_dir(&folder)
            .env_clear()
            .env("TERM", "xterm-256color")
            .env("HOME", &folder)
            .env("NO_COLOR", "1")
            .env("SLOOP_HISTORY", folder.join("history"))
            .envs(env.iter().copied())
            .stdin(stream())
            .stdout(stream())
            .stderr(stream());
        // SAFETY: both calls may be made between fork and exec.
        unsafe {
            command.pre_exec(|| {
                if libc::setsid() < 0 || libc::ioctl(0, libc::TIOCSCTTY, 0) < 0 {
                    return Err(std::io::Error::last_os_error());
                }
                Ok(())
            });
        }
        let child = command.spawn().expect("the binary starts");
        let screen = vt100::Parser::new(some(rows), some(columns), 0);
        let output = Vec::new();
        Terminal { child, master, slave, screen, output, lines_seen: 0, folder: Some(folder) }
    }

    pub fn folder(&self) -> &std::path::Path {
        self.folder.as_deref().expect("it is there until the end")
    }

    /// Takes in what was written, waiting for it at most so long. False if there was nothing.
    pub fn pump(&mut self, limit: Duration) -> bool {
        let mut wait =
            libc::pollfd { fd: self.master.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one valid entry.
        let ready = unsafe { libc::poll(&mut wait, 1, limit.as_millis() as i32) };
        if ready <= 0 || wait.revents & libc::POLLIN == 0 {
            return false;
        }
        let mut bytes = [0; 4096];
        let Ok(count) = self.master.read(&mut bytes) else { return false };
        self.screen.process(&bytes[..count]);
        self.output.extend_from_slice(&bytes[..count]);
        // Programs may ask where the cursor is.
        if bytes[..count].windows(4).any(|part| part == b"\x1b[6n") {
            let (row, column) = self.screen.screen().cursor_position();
            self.send(&format!("\x1b[{};{}R", row + 1, column + 1));
        }
        count > 0
    }

    pub fn send(&mut self, keys: &str) {
        self.send_bytes(keys.as_bytes());
    }

    pub fn send_bytes(&mut self, keys: &[u8]) {
        // Whoever has ended reads nothing.
        let _ = self.master.write_all(keys);
    }

    /// The lines of the screen, without what is blank at the ends.
    pub fn text(&self) -> String {
        let lines: Vec<String> = self
            .screen
            .screen()
            .rows(0, self.screen.screen().size().1.into())
            .map(|row| row.trim_end().to_owned())
            .collect();
        lines.join("\n").trim_end().to_owned()
    }

    /// Waits until the screen is as wanted; panics with the screen if it never is.
    pub fn until(&mut self, what: &str, mut wanted: impl FnMut(&Terminal) -> bool) {
        let start = Instant::now();
        while !wanted(self) {
            self.pump(Duration::from_millis(20));
            if start.elapsed() > PATIENCE {
                panic!("never saw {what}; the screen is\n{}\n", self.text());
            }
        }
    }

    pub fn see(&mut self, text: &str) {
        self.until(&format!("{text:?}"), |terminal| terminal.text().contains(text));
    }

    /// Waits for the next line that the editor begins.
    pub fn prompt(&mut self) {
        let seen = self.lines_seen;
        self.until("another prompt", |terminal| terminal.lines_begun() > seen);
        self.lines_seen = self.lines_begun();
    }

    fn lines_begun(&self) -> usize {
        self.output.windows(LINE_BEGINS.len()).filter(|part| *part == LINE_BEGINS).count()
    }

    /// Types a line, presses Enter, and waits for the next prompt.
    pub fn line(&mut self, text: &str) {
        self.send(text);
        self.send("\r");
        self.prompt();
    }

    pub fn resize(&mut self, rows: u16, columns: u16) {
        let size = winsize(rows, columns);
        // SAFETY: a valid struct.
        unsafe { libc::ioctl(self.master.as_raw_fd(), libc::TIOCSWINSZ, &size) };
        self.screen.screen_mut().set_size(some(rows), some(columns));
    }

    pub fn signal(&self, signal: i32) {
        // SAFETY: a child of ours.
        unsafe { libc::kill(self.child.id() as i32, signal) };
    }

    /// Does the terminal edit lines itself, as it did before?
    pub fn is_cooked(&self) -> bool {
        // SAFETY: a struct of integers, filled by the call.
        unsafe {
            let mut state: libc::termios = std::mem::zeroed();
            libc::tcgetattr(self.slave.as_raw_fd(), &mut state);
            state.c_lflag & (libc::ICANON | libc::ECHO) == libc::ICANON | libc::ECHO
        }
    }

    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child of ours")
    }

    /// Waits for the end of the program.
    pub fn end(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.has_ended() {
                while self.pump(Duration::from_millis(10)) {}
                return status;
            }
            self.pump(Duration::from_millis(20));
            if start.elapsed() > PATIENCE {
                panic!("does not end; the screen is\n{}\n", self.text());
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(folder) = self.folder.take() {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

fn some(number: u16) -> std::num::NonZero<u16> {
    std::num::NonZero::new(number).expect("a screen has a size")
}

fn winsize(rows: u16, columns: u16) -> libc::winsize {
    libc::winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

fn open(rows: u16, columns: u16) -> (File, OwnedFd) {
    let (mut master, mut slave) = (0, 0);
    let size = winsize(rows, columns);
    // SAFETY: valid places; the descriptors are ours from now on.
    unsafe {
        let name = std::ptr::null_mut();
        let made = libc::openpty(&mut master, &mut slave, name, std::ptr::null_mut(), &size);
        assert_eq!(made, 0, "a pty");
        libc::fcntl(master, libc::F_SETFD, libc::FD_CLOEXEC);
        libc::fcntl(slave, libc::F_SETFD, libc::FD_CLOEXEC);
        (File::from_raw_fd(master), OwnedFd::from_raw_fd(slave))
    }
}
