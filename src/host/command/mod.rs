//! The command line.
//!
//! `table.rs` lists what can stand on it, `option.rs` reads it; `help.rs`, `man.rs` and
//! `completions.rs` tell of it. Subcommands live elsewhere and are called with the words behind
//! them.

mod completions;
mod help;
mod man;
mod option;
mod table;

use std::io::{IsTerminal, Write};
use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;

pub use option::{Given, Opt, Order, Shown, seconds};
use table::{OPTIONS, SUBCOMMANDS, Subcommand};

use super::config::{Config, Script};
use super::ending::Exit;
use super::run::{self, complain};
use super::{colors, malloc, signals, stack};
use crate::plain::closest::closest;

/// What the options of a run ask for.
pub struct Request {
    pub config: Config,
    /// What an option has said to run.
    chosen: Option<Script>,
    pub asked: Option<Asked>,
}

impl Request {
    fn choose(&mut self, script: Script) {
        self.chosen = Some(script);
    }
}

/// Something to say instead of running.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Version,
    /// The version, and what it is made of.
    Build,
}

/// Whose words are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// `sloop`: the first word may be a subcommand.
    Whole,
    Run,
    Repl,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Side::Whole => "sloop",
            Side::Run => "sloop run",
            Side::Repl => "sloop repl",
        }
    }
}

/// Wrong arguments.
const USAGE: Exit = Exit::Status(2);

/// Runs the command line; returns the status of the process.
pub fn main() -> ExitCode {
    let args: Vec<Vec<u8>> = std::env::args_os().skip(1).map(OsStringExt::into_vec).collect();
    match start(args, Side::Whole) {
        Exit::Status(status) => ExitCode::from(status as u8),
        Exit::Signal(signal) => signals::die(signal),
    }
}

/// Runs what the arguments say.
fn start(args: Vec<Vec<u8>>, side: Side) -> Exit {
    let mut request = Request { config: plain_config(Script::Input), chosen: None, asked: None };
    let count = args.len();
    let mut operands = match option::read(OPTIONS, Order::First, args, &mut request) {
        Ok(Given::Help) => {
            return say(&match side {
                Side::Whole => help::general(),
                Side::Run => help::subcommand(named("run")),
                Side::Repl => help::subcommand(named("repl")),
            });
        }
        Ok(Given::Operands(operands)) => operands,
        Err(problem) => return wrong(side.name(), &problem),
    };
    match request.asked {
        Some(Asked::Version) => return say(&format!("Sloop {VERSION} ({DIALECT})\n")),
        Some(Asked::Build) => return say(&build()),
        None => {}
    }
    let mut meant = None;
    let mut config = request.config;
    config.add_environment();
    if let Err(problem) = config.seed_hashes() {
        complain(&format!("sloop: {problem}\n"));
        return Exit::Status(1);
    }
    if let Some(script) = request.chosen {
        config.script = script;
    } else if side == Side::Repl {
        config.script = Script::Prompt;
    } else if operands.is_empty() {
        if side == Side::Run {
            return wrong(side.name(), "which file?");
        }
        if std::io::stdin().is_terminal() || config.flags.inspect {
            config.script = Script::Prompt;
        }
    } else {
        let before = count - operands.len();
        let first = operands.remove(0);
        let word = SUBCOMMANDS.iter().find(|row| row.name.as_bytes() == first);
        match word.filter(|_| side == Side::Whole) {
            Some(row) if before == 0 => return (row.run)(operands),
            Some(row) => {
                let name = row.name;
                let problem = format!("options for {name} stand behind it: sloop {name} ...");
                return wrong("sloop", &problem);
            }
            None if first == b"-" => {}
            None => {
                let path = run::path_from(first);
                if side == Side::Whole && !path.exists() {
                    meant = command_like(&path.to_string_lossy());
                }
                config.script = Script::File(path);
            }
        }
    }
    if side == Side::Repl && !operands.is_empty() {
        return wrong(side.name(), "no argument is expected");
    }
    config.args = operands;
    config.flags.interactive = config.flags.inspect || matches!(config.script, Script::Prompt);
    let exit = work(config);
    if let Some(name) = meant {
        complain(&format!("Did you mean the command: sloop {name}?\n"));
    }
    exit
}

/// A file that is not there may have been meant as a subcommand.
fn command_like(word: &str) -> Option<String> {
    closest(word, SUBCOMMANDS.iter().map(|row| row.name).collect())
}

/// A run as the environment wants it.
pub fn plain_config(script: Script) -> Config {
    let is_terminal = std::io::stderr().is_terminal();
    Config {
        stress: std::env::var_os("SLOOP_GC_STRESS").is_some_and(|value| value != "0"),
        show_tasks: is_terminal,
        plain: !is_terminal,
        color: colors::on_stderr(),
        ..Config::plain(script)
    }
}

/// Runs a program with the room that it needs.
pub fn work(config: Config) -> Exit {
    malloc::keep_freed();
    stack::with_room(|| {
        malloc::keep_at_hand();
        run::run(&config)
    })
}

/// `sloop run`
fn run_file(args: Vec<Vec<u8>>) -> Exit {
    start(args, Side::Run)
}

/// `sloop repl`
fn start_prompt(args: Vec<Vec<u8>>) -> Exit {
    start(args, Side::Repl)
}

/// `sloop dis`
fn disassemble(args: Vec<Vec<u8>>) -> Exit {
    match read_options("dis", &[], &mut (), args) {
        Ok(mut operands) => match operands.pop() {
            Some(name) if operands.is_empty() => {
                run::disassemble(&run::path_from(name), colors::on_stderr())
            }
            Some(_) => wrong("sloop dis", "one file at a time"),
            None => wrong("sloop dis", "which file?"),
        },
        Err(exit) => exit,
    }
}

/// Reads the words behind a subcommand: what is not an option. `Err` if it ends here, because its
/// help was wanted or something is wrong.
pub fn read_options<T>(
    name: &str,
    table: &[Opt<T>],
    target: &mut T,
    args: Vec<Vec<u8>>,
) -> Result<Vec<Vec<u8>>, Exit> {
    match option::read(table, Order::Mixed, args, target) {
        Ok(Given::Operands(operands)) => Ok(operands),
        Ok(Given::Help) => Err(say(&help::subcommand(named(name)))),
        Err(problem) => Err(wrong(&format!("sloop {name}"), &problem)),
    }
}

fn named(name: &str) -> &'static Subcommand {
    SUBCOMMANDS.iter().find(|row| row.name == name).expect("a subcommand")
}

/// Says what is wrong with the arguments.
pub fn wrong(command: &str, problem: &str) -> Exit {
    complain(&format!("{command}: {problem}\nTry '{command} --help' for more information.\n"));
    USAGE
}

/// Writes a text to standard output; whoever closed the pipe has seen enough.
pub fn say(text: &str) -> Exit {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            complain(&format!("sloop: can't write to standard output: {error}\n"));
            Exit::Status(1)
        }
        _ => Exit::Status(0),
    }
}

pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Whose scripts run.
pub const DIALECT: &str = "python dialect 3.14";

fn build() -> String {
    let (system, machine) = (std::env::consts::OS, std::env::consts::ARCH);
    format!("Sloop {VERSION} ({DIALECT}, library of 3.13)\n{system} {machine}\n")
}
