//! What can stand on the command line: the options of a run, and the subcommands. Everything that
//! people read about the command line is made from these rows.
//!
//! A new subcommand is a row of `SUBCOMMANDS`; its `options` are a table like `OPTIONS`, and its
//! `run` reads the words behind it with [`super::read_options`].

use super::option::{Opt, Shown};
use super::{Asked, Request};
use crate::host::check;
use crate::host::run::{Exit, Script};

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

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Operands {
    None,
    Files,
    OneOf(&'static [&'static str]),
}

pub static SUBCOMMANDS: &[Subcommand] = &[
    Subcommand {
        name: "run",
        arguments: "[OPTION]... FILE [ARG]...",
        help: "run a script, whatever it is called",
        about: "Runs FILE, a script or a folder with a __main__.sloop in it, even if a subcommand\n\
                has its name. The options are those of sloop itself.",
        options: || OPTIONS.iter().map(|opt| opt.shown).collect(),
        operands: Operands::Files,
        run: super::run_file,
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
        about: "Looks for mistakes in files and in the scripts of folders; without a path, in the\n\
                working folder. Status 1 if something was found. # sloop: ignore[CODE] on a line\n\
                silences a finding; sloop explain CODE tells what it means.",
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
        operands: Operands::None,
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
        operands: Operands::OneOf(super::completions::SHELLS),
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

fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}

type Row = Opt<Request>;

pub static OPTIONS: &[Row] = &[
    Row::value(&["-c"], "CODE", "run CODE", |request, code| {
        request.config.script = Script::Text(text(code) + "\n");
        request.has_script = true;
        Ok(())
    })
    .last(),
    Row::flag(&["-V", "--version"], "print the version and exit; -VV says more", |request| {
        request.asked = match request.asked {
            Some(Asked::Version) => Some(Asked::Build),
            _ => Some(Asked::Version),
        };
    }),
    Row::flag(&["--virtual-time"], "let clocks start at 0 and jump over every wait", |request| {
        request.config.virtual_time = true;
    }),
    Row::value(
        &["--schedule-seed"],
        "N",
        "let tasks that are ready run in an order drawn from N",
        |request, value| {
            let seed = text(value).parse().map_err(|_| "a whole number is expected")?;
            request.config.schedule_seed = Some(seed);
            Ok(())
        },
    ),
    Row::flag(
        &["--strict"],
        "end with status 70 if a task has failed and nobody asked why",
        |request| request.config.strict = true,
    ),
    Row::value(
        &["-X"],
        "NAME",
        "tasks: tracebacks go on with the way through tasks, as on a terminal",
        |request, value| {
            if value == b"tasks" {
                request.config.show_tasks = true;
            }
            Ok(())
        },
    ),
    Row::flag(&["--gc-stress"], "collect garbage whenever possible (for tests)", |request| {
        request.config.stress = true;
    }),
    // Options of CPython that change nothing here.
    Row::flag(&["-u", "-B", "-E", "-s", "-S", "-I", "-O", "-q"], "", |_| {}),
];
