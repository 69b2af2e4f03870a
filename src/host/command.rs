//! The command line.

use std::io::IsTerminal;
use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;

use super::run::{self, Config, Exit, Script, complain};
use super::{malloc, signals, stack};

const HELP: &str = "\
usage: sloop [option] ... [FILE | -c CODE | -] [arg] ...
       sloop run FILE [arg] ...
       sloop dis FILE

  FILE            run a script (.sloop or .py)
  -c CODE         run CODE
  -               run standard input
  -V, --version   print the version
  -h, --help      print this help
  --virtual-time  let clocks start at 0 and jump over every wait
  --schedule-seed N
                  let tasks that are ready run in an order drawn from N
  --strict        end with status 70 if a task has failed and nobody asked why
  -X tasks        let tracebacks go on with the way through tasks, as on a terminal
  --gc-stress     collect garbage whenever possible (for tests)
";

const SEED: &[u8] = b"--schedule-seed";

/// What the arguments ask for.
enum Command {
    Run(Config),
    Disassemble(String),
    Say(String),
    Wrong(String),
}

/// Runs the command line; returns the status of the process.
pub fn main() -> ExitCode {
    let args: Vec<Vec<u8>> = std::env::args_os().skip(1).map(OsStringExt::into_vec).collect();
    let exit = match parse(args) {
        Command::Run(config) => {
            malloc::keep_freed();
            stack::with_room(|| {
                malloc::keep_at_hand();
                run::run(&config)
            })
        }
        Command::Disassemble(name) => run::disassemble(&name, use_color()),
        Command::Say(text) => {
            use std::io::Write;
            let _ = std::io::stdout().lock().write_all(text.as_bytes());
            Exit::Status(0)
        }
        Command::Wrong(message) => {
            complain(&format!("sloop: {message}\nTry 'sloop --help' for more information.\n"));
            Exit::Status(2)
        }
    };
    match exit {
        Exit::Status(status) => ExitCode::from(status as u8),
        Exit::Interrupted => signals::die(),
    }
}

fn parse(args: Vec<Vec<u8>>) -> Command {
    let mut config = Config {
        stress: std::env::var_os("SLOOP_GC_STRESS").is_some_and(|value| value != "0"),
        show_tasks: std::io::stderr().is_terminal(),
        color: use_color(),
        ..Config::plain(Script::Input)
    };
    let text = |arg: &[u8]| String::from_utf8_lossy(arg).into_owned();
    let mut args = args.into_iter();
    let mut subcommand = true;
    while let Some(arg) = args.next() {
        match &arg[..] {
            b"-h" | b"--help" | b"-?" => return Command::Say(HELP.into()),
            b"-V" | b"--version" => {
                return Command::Say(format!("Sloop {}\n", env!("CARGO_PKG_VERSION")));
            }
            b"--gc-stress" => config.stress = true,
            b"--strict" => config.strict = true,
            b"-X" => match args.next().as_deref() {
                Some(b"tasks") => config.show_tasks = true,
                Some(other) => {
                    return Command::Wrong(format!("unknown option -X {}", text(other)));
                }
                None => return Command::Wrong("argument expected for the -X option".into()),
            },
            b"-Xtasks" => config.show_tasks = true,
            b"--virtual-time" => config.virtual_time = true,
            long if long.starts_with(SEED) && matches!(long.get(SEED.len()), None | Some(b'=')) => {
                let given = match long.get(SEED.len() + 1..) {
                    Some(number) => Some(number.to_vec()),
                    None => args.next(),
                };
                let Some(seed) = given.and_then(|seed| text(&seed).parse().ok()) else {
                    return Command::Wrong("--schedule-seed: a whole number is expected".into());
                };
                config.schedule_seed = Some(seed);
            }
            b"-c" => {
                let Some(code) = args.next() else {
                    return Command::Wrong("argument expected for the -c option".into());
                };
                config.script = Script::Text(text(&code) + "\n");
                config.args = args.collect();
                return Command::Run(config);
            }
            b"-" => {
                config.args = args.collect();
                return Command::Run(config);
            }
            b"dis" if subcommand => {
                return match args.next() {
                    Some(name) => Command::Disassemble(text(&name)),
                    None => Command::Wrong("dis: which file?".into()),
                };
            }
            b"run" if subcommand => subcommand = false,
            // Options of CPython that change nothing here.
            b"-u" | b"-B" | b"-E" | b"-s" | b"-S" | b"-I" | b"-O" | b"-OO" | b"-q" => {}
            [b'-', ..] => {
                return Command::Wrong(format!("unknown option {}", text(&arg)));
            }
            _ => {
                config.script = Script::File(text(&arg));
                config.args = args.collect();
                return Command::Run(config);
            }
        }
    }
    if !subcommand {
        return Command::Wrong("run: which file?".into());
    }
    if std::io::stdin().is_terminal() {
        return Command::Say(HELP.into());
    }
    Command::Run(config)
}

/// Colours only for people who have not asked to be spared them.
fn use_color() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if is_set("NO_COLOR") {
        return false;
    }
    is_set("FORCE_COLOR") || std::io::stderr().is_terminal()
}
