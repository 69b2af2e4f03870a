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

use super::run::{self, Config, Exit, Script, complain};
use super::{malloc, signals, stack};

/// What the options of a run ask for.
pub struct Request {
    pub config: Config,
    /// Has an option said what to run?
    pub has_script: bool,
    pub asked: Option<Asked>,
}

/// Something to say instead of running.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Version,
    /// The version, and what it is made of.
    Build,
}

/// Wrong arguments.
const USAGE: Exit = Exit::Status(2);

/// Runs the command line; returns the status of the process.
pub fn main() -> ExitCode {
    let args: Vec<Vec<u8>> = std::env::args_os().skip(1).map(OsStringExt::into_vec).collect();
    match start(args, true) {
        Exit::Status(status) => ExitCode::from(status as u8),
        Exit::Interrupted => signals::die(),
    }
}

/// Runs what the arguments say; the first word may be a subcommand.
fn start(args: Vec<Vec<u8>>, subcommands: bool) -> Exit {
    let mut request =
        Request { config: plain_config(Script::Input), has_script: false, asked: None };
    let count = args.len();
    let mut operands = match option::read(OPTIONS, Order::First, args, &mut request) {
        Ok(Given::Help) if subcommands => return say(&help::general()),
        Ok(Given::Help) => return say(&help::subcommand(named("run"))),
        Ok(Given::Operands(operands)) => operands,
        Err(problem) => return wrong("sloop", &problem),
    };
    match request.asked {
        Some(Asked::Version) => return say(&format!("Sloop {VERSION}\n")),
        Some(Asked::Build) => return say(&build()),
        None => {}
    }
    let mut config = request.config;
    if request.has_script {
        config.args = operands;
        return work(config);
    }
    if operands.is_empty() {
        if !subcommands {
            return wrong("sloop run", "which file?");
        }
        if std::io::stdin().is_terminal() {
            return say(&help::general());
        }
        return work(config);
    }
    let options_only = count - operands.len();
    let first = operands.remove(0);
    if first == b"-" {
        config.args = operands;
        return work(config);
    }
    let word = SUBCOMMANDS.iter().find(|row| subcommands && row.name.as_bytes() == first);
    if let Some(row) = word {
        if options_only > 0 {
            let problem = format!("options for {0} stand behind the word: sloop {0} ...", row.name);
            return wrong("sloop", &problem);
        }
        return (row.run)(operands);
    }
    config.script = Script::File(String::from_utf8_lossy(&first).into_owned());
    config.args = operands;
    work(config)
}

/// A run as the environment wants it.
pub fn plain_config(script: Script) -> Config {
    Config {
        stress: std::env::var_os("SLOOP_GC_STRESS").is_some_and(|value| value != "0"),
        show_tasks: std::io::stderr().is_terminal(),
        color: use_color(),
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
    start(args, false)
}

/// `sloop dis`
fn disassemble(args: Vec<Vec<u8>>) -> Exit {
    match read_options("dis", &[], &mut (), args) {
        Ok(operands) => match &operands[..] {
            [name] => run::disassemble(&String::from_utf8_lossy(name), use_color()),
            [] => wrong("sloop dis", "which file?"),
            _ => wrong("sloop dis", "one file at a time"),
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

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn build() -> String {
    format!(
        "Sloop {VERSION} (Python 3.13, grammar of 3.14)\n{} {}\n",
        std::env::consts::OS,
        std::env::consts::ARCH
    )
}

/// Colours only for people who have not asked to be spared them.
pub fn use_color() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if is_set("NO_COLOR") {
        return false;
    }
    is_set("FORCE_COLOR") || std::io::stderr().is_terminal()
}
