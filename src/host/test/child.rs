//! One process: started in a group of its own, fed, listened to, ended by its time limit.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use crate::host::signals;

/// What to start.
pub struct Child<'a> {
    pub program: &'a Path,
    pub args: Vec<OsString>,
    pub folder: PathBuf,
    pub input: Vec<u8>,
    pub limit: Duration,
    pub environment: &'a [(&'static str, &'static str)],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Code(i32),
    Signal(i32),
    TimedOut,
    /// The runner was asked to stop.
    Stopped,
}

pub struct Ran {
    pub ended: Ended,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub time: Duration,
}

/// So often those who wait look whether the runner is to stop, or the child has ended although
/// its pipes are open.
const TICK: Duration = Duration::from_millis(50);
/// So long what has left the group may keep a pipe open.
const GRACE: Duration = Duration::from_millis(500);
/// So long a child has to say what it is doing before it is ended.
const ANSWER: Duration = Duration::from_millis(100);
/// Output beyond this is cut: a script in an endless loop must not eat the memory.
const MUCH: usize = 64 << 20;

/// Runs a process to its end. `stop` is asked now and then.
pub fn run(child: Child<'_>, stop: &dyn Fn() -> bool) -> Result<Ran, String> {
    let start = Instant::now();
    let mut command = Command::new(child.program);
    command
        .args(&child.args)
        .current_dir(&child.folder)
        .env("NO_COLOR", "1")
        .env_remove("FORCE_COLOR")
        .envs(child.environment.iter().copied())
        .process_group(0)
        .stdin(if child.input.is_empty() { Stdio::null() } else { Stdio::piped() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let shown = child.program.display();
    let mut process = command.spawn().map_err(|error| format!("cannot start {shown}: {error}"))?;
    let group = process.id();
    if let Some(mut stdin) = process.stdin.take() {
        let input = child.input;
        // A script need not read what it is given.
        std::thread::spawn(move || drop(stdin.write_all(&input)));
    }
    let (sender, heard) = channel();
    listen(process.stdout.take(), 0, &sender);
    listen(process.stderr.take(), 1, &sender);
    drop(sender);
    let mut outputs = [None, None];
    let deadline = start + child.limit;
    let mut status = None;
    // A child closes its pipes when it ends; one that closes them earlier is looked after.
    while outputs.iter().any(Option::is_none) && status.is_none() {
        match heard.recv_timeout(TICK.min(deadline.saturating_duration_since(Instant::now()))) {
            Ok((which, data)) => outputs[which] = Some(data),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) if stop() || Instant::now() >= deadline => break,
            Err(RecvTimeoutError::Timeout) => {
                status = process.try_wait().map_err(|error| error.to_string())?;
            }
        }
    }
    let mut ended = None;
    while status.is_none() {
        status = process.try_wait().map_err(|error| error.to_string())?;
        if status.is_none() {
            let why = if stop() { Some(Ended::Stopped) } else { None };
            if let Some(why) = why.or((Instant::now() >= deadline).then_some(Ended::TimedOut)) {
                if why == Ended::TimedOut {
                    // What it was about is the first thing that one wants to know.
                    signals::ask(group);
                    std::thread::sleep(ANSWER);
                }
                signals::kill_group(group);
                status = Some(process.wait().map_err(|error| error.to_string())?);
                ended = Some(why);
            } else {
                std::thread::sleep(Duration::from_micros(200));
            }
        }
    }
    // Those whom it has started and left behind.
    signals::kill_group(group);
    collect(&heard, &mut outputs);
    let [stdout, stderr] = outputs.map(Option::unwrap_or_default);
    let ended = ended.or(status.map(how)).unwrap_or(Ended::Stopped);
    Ok(Ran { ended, stdout, stderr, time: start.elapsed() })
}

fn how(status: ExitStatus) -> Ended {
    match (status.code(), status.signal()) {
        (Some(code), _) => Ended::Code(code),
        (None, signal) => Ended::Signal(signal.unwrap_or(0)),
    }
}

type Output = (usize, Vec<u8>);

fn listen(pipe: Option<impl Read + Send + 'static>, which: usize, sender: &Sender<Output>) {
    let sender = sender.clone();
    let listener = move || {
        let mut data = Vec::new();
        if let Some(mut pipe) = pipe {
            let mut chunk = [0; 8192];
            loop {
                match pipe.read(&mut chunk) {
                    Ok(0) => break,
                    Ok(count) if data.len() < MUCH => data.extend_from_slice(&chunk[..count]),
                    Ok(_) => {}
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                    Err(_) => break,
                }
            }
        }
        // Nobody listens any more if the pipe stayed open for too long.
        let _ = sender.send((which, data));
    };
    std::thread::spawn(listener);
}

/// What is still in the pipes.
fn collect(heard: &Receiver<Output>, outputs: &mut [Option<Vec<u8>>; 2]) {
    let until = Instant::now() + GRACE;
    while outputs.iter().any(Option::is_none) {
        match heard.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok((which, data)) => outputs[which] = Some(data),
            Err(_) => return,
        }
    }
}
