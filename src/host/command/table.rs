//! What can stand on the command line: the options of a run, and the subcommands. Everything that
//! people read about the command line is made from these rows.
//!
//! A new subcommand is a row of `SUBCOMMANDS`; its `options` are a table like `OPTIONS`, and its
//! `run` reads the words behind it with [`super::read_options`].

use super::option::{Opt, Shown, seconds};
use super::{Asked, Request};
use crate::host::check;
use crate::host::config::Script;
use crate::host::ending::Exit;
use crate::rt::seam::Kind;

/// A word that is not a script.
pub struct Subcommand {
    pub name: &'static str,
    /// What follows it.
    pub arguments: &'static str,
    /// One line.
    pub help: &'static str,
    /// More, for its own help.
    pub about: &'static str,
    /// Its options, but for the one for help.
    pub options: fn() -> Vec<Shown>,
    /// What its operands are, for completions.
    pub operands: Operands,
    /// Takes the words behind it.
    pub run: fn(Vec<Vec<u8>>) -> Exit,
}

#[derive(Clone, Copy)]
pub enum Operands {
    None,
    Files,
    OneOf(fn() -> Vec<&'static str>),
}

pub static SUBCOMMANDS: &[Subcommand] = &[
    Subcommand {
        name: "run",
        arguments: "[OPTION]... FILE [ARG]...",
        help: "run a script, whatever it is called",
        about: "Runs FILE, a script or a folder with a __main__.sloop in it, even if a\n\
                subcommand has its name. The options are those of sloop itself.",
        options: || OPTIONS.iter().map(|opt| opt.shown).collect(),
        operands: Operands::Files,
        run: super::run_file,
    },
    Subcommand {
        name: "repl",
        arguments: "[OPTION]...",
        help: "type statements and see what they do",
        about: "Reads statements at a prompt and runs them. Tasks that they start run on\n\
                while it waits. Statements that do not come from a terminal are run without\n\
                a prompt. The options are those of sloop itself.",
        options: || OPTIONS.iter().map(|opt| opt.shown).collect(),
        operands: Operands::None,
        run: super::start_prompt,
    },
    Subcommand {
        name: "test",
        arguments: "[OPTION]... [PATH]...",
        help: "run scripts against what they say they print",
        about: "Runs tests in files and folders, by default in this folder, each in a process\n\
                of its own and in virtual time:\n\
                \x20 scripts with comments #> output, #>~ regex, #>* any order, #! Type: message\n\
                \x20 scripts with a file .out, .err, .code or .in beside them\n\
                \x20 functions test_* in files test_*, and blocks tagged sloop in Markdown files\n\
                PATH may also be FILE::FUNCTION or FILE.md:LINE. Ends with 1 if something has\n\
                failed, 5 if nothing was found.",
        options: || crate::host::test::OPTIONS.iter().map(|opt| opt.shown).collect(),
        operands: Operands::Files,
        run: crate::host::test::main,
    },
    Subcommand {
        name: "check",
        arguments: "[OPTION]... [PATH]...",
        help: "say what is wrong with scripts, without running them",
        about: "Looks for mistakes in files and in the scripts of folders; without a path,\n\
                in the working folder. Status 1 if something was found. # sloop: ignore[CODE]\n\
                on a line silences a finding; sloop explain CODE tells what it means.",
        options: check::options,
        operands: Operands::Files,
        run: check::main,
    },
    Subcommand {
        name: "explain",
        arguments: "[CODE]...",
        help: "tell what a finding of check means",
        about: "Explains the code of an error or warning, with an example of wrong and right.\n\
                Without a code, lists all.",
        options: Vec::new,
        operands: Operands::OneOf(check::codes),
        run: check::explain,
    },
    Subcommand {
        name: "dis",
        arguments: "FILE",
        help: "print the bytecode of a script",
        about: "Prints the instructions that a script is compiled to.",
        options: Vec::new,
        operands: Operands::Files,
        run: super::disassemble,
    },
    Subcommand {
        name: "completions",
        arguments: "bash|zsh|fish",
        help: "print a script that completes command lines",
        about: "Prints what a shell needs to complete command lines of sloop:\n\
                \x20 bash  eval \"$(sloop completions bash)\"              in ~/.bashrc\n\
                \x20 zsh   eval \"$(sloop completions zsh)\"               in ~/.zshrc\n\
                \x20 fish  sloop completions fish >~/.config/fish/completions/sloop.fish",
        options: Vec::new,
        operands: Operands::OneOf(|| super::completions::SHELLS.to_vec()),
        run: super::completions::main,
    },
    Subcommand {
        name: "man",
        arguments: "",
        help: "print the manual page",
        about: "Prints the manual page for man: sloop man | man -l -",
        options: Vec::new,
        operands: Operands::None,
        run: super::man::main,
    },
];

/// A variable of the environment, and what it does.
pub static VARIABLES: &[(&str, &str)] = &[
    ("SLOOP_PATH", "more folders to search for modules, as PYTHONPATH"),
    ("SLOOP_STARTUP", "a file that the prompt runs before it begins"),
    ("SLOOP_HISTORY", "where the prompt keeps what was typed; empty: nowhere"),
    ("SLOOP_COLORS", "1 or 0: colours or none; NO_COLOR, FORCE_COLOR count, too"),
    ("SLOOP_WARNINGS", "as -W; SLOOP_UNBUFFERED, SLOOP_INSPECT as -u, -i"),
    ("SLOOP_HASHSEED", "a number from which hash() of texts is drawn"),
];

fn text(value: &[u8]) -> Result<String, String> {
    String::from_utf8(value.to_vec()).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!("byte 0x{:02x} at position {at} is not UTF-8", value[at])
    })
}

type Row = Opt<Request>;

pub static OPTIONS: &[Row] = &[
    Row::value(&["-c"], "CODE", "run CODE; what follows belongs to it", |request, code| {
        request.choose(Script::Text(text(code)? + "\n"));
        Ok(())
    })
    .last(),
    Row::value(&["-m"], "MODULE", "run a module as a script", |request, name| {
        request.choose(Script::Module(text(name)?));
        Ok(())
    })
    .last(),
    Row::flag(&["-i"], "go on at the prompt when the script has ended", |request| {
        request.config.flags.inspect = true;
    }),
    Row::flag(&["-q"], "no greeting before the prompt", |request| {
        request.config.flags.quiet = true;
    }),
    Row::flag(&["-u"], "write output at once", |request| request.config.unbuffered = true),
    Row::value(&["-W"], "ACTION", "what to do with warnings, as in Python", |request, value| {
        request.config.warnings.push(text(value)?);
        Ok(())
    }),
    Row::value(
        &["-X"],
        "NAME",
        "tracebacks with variables (locals) or the way through tasks (tasks)",
        |request, value| {
            let given = text(value)?;
            let (name, value) = match given.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (given, None),
            };
            match &*name {
                "tasks" => request.config.show_tasks = true,
                "locals" => request.config.show_locals = true,
                "dev" => request.config.flags.dev_mode = true,
                "fault" => {
                    let number = value.as_ref().and_then(|value| value.parse().ok());
                    let wanted = "-X fault=N lets the N-th act upon files and sockets fail";
                    request.config.fault = Some(number.ok_or(wanted)?);
                }
                "fault-kind" => {
                    let kind = value.as_deref().and_then(Kind::named);
                    let wanted = "-X fault-kind is one of error, short, eintr, eagain";
                    request.config.fault_kind = kind.ok_or(wanted)?;
                }
                // As in Python, others are for the program.
                _ => {}
            }
            request.config.extra.push((name, value));
            Ok(())
        },
    ),
    Row::flag(&["-O"], "leave out assertions; -OO docstrings as well", |request| {
        let level = &mut request.config.flags.optimize;
        *level = (*level + 1).min(2);
    }),
    Row::flag(&["-E"], "", |request| {
        request.config.flags.ignore_environment = true;
    }),
    Row::flag(&["-P"], "", |request| {
        request.config.flags.safe_path = true;
    }),
    Row::flag(&["-I"], "ignore the environment and modules beside the script", |request| {
        let flags = &mut request.config.flags;
        (flags.isolated, flags.ignore_environment, flags.safe_path) = (true, true, true);
    }),
    Row::value(
        &["--timeout"],
        "SECONDS",
        "end with status 124 after so long, and a second for finally",
        |request, value| {
            request.config.timeout = Some(seconds(value)?);
            Ok(())
        },
    ),
    Row::flag(&["--plain"], "tracebacks as Python writes them, also on a terminal", |request| {
        request.config.plain = true;
    }),
    Row::flag(&["--strict"], "end with status 70 if a task has failed unheard", |request| {
        request.config.strict = true
    }),
    Row::flag(&["--virtual-time"], "let clocks start at 0 and jump over every wait", |request| {
        request.config.virtual_time = true;
    }),
    Row::value(
        &["--schedule-seed"],
        "N",
        "let tasks that are ready run in an order drawn from N",
        |request, value| {
            let seed = text(value)?.parse().map_err(|_| "a whole number is expected")?;
            request.config.schedule_seed = Some(seed);
            Ok(())
        },
    ),
    Row::flag(&["--gc-stress"], "", |request| request.config.stress = true),
    Row::flag(&["-b"], "", |request| request.config.flags.bytes_warning += 1),
    Row::flag(&["-v"], "", |request| request.config.flags.verbose += 1),
    // Options of CPython that change nothing here.
    Row::flag(&["-B", "-s", "-S"], "", |_| {}),
    Row::flag(&["-V", "--version"], "print the version and exit; -VV says more", |request| {
        request.asked = match request.asked {
            Some(Asked::Version) => Some(Asked::Build),
            _ => Some(Asked::Version),
        };
    }),
];
