//! `sloop man`: the manual page, made from the tables.

use super::option::{HELP, Shown};
use super::table::{OPTIONS, SUBCOMMANDS, VARIABLES};
use super::{VERSION, help, read_options, say, wrong};
use crate::host::ending::Exit;

pub fn main(args: Vec<Vec<u8>>) -> Exit {
    match read_options("man", &[], &mut (), args) {
        Ok(operands) if operands.is_empty() => say(&page()),
        Ok(_) => wrong("sloop man", "no argument is expected"),
        Err(exit) => exit,
    }
}

fn page() -> String {
    let mut out = format!(".TH SLOOP 1 \"\" \"Sloop {VERSION}\" \"User Commands\"\n");
    out += ".SH NAME\nsloop \\- a small scripting language whose runtime is an event loop\n";
    out += ".SH SYNOPSIS\n";
    for (form, _) in help::FORMS {
        out += &format!(".B sloop\n{}\n.br\n", escape(form));
    }
    out += ".SH DESCRIPTION\nRuns scripts in Python's syntax; tasks, timers and queues are part of \
            the language. Options stand before the script; what follows it belongs to it.\n";
    out += ".SH OPTIONS\n";
    list(&mut out, OPTIONS.iter().map(|opt| opt.shown));
    out += ".SH COMMANDS\n";
    for row in SUBCOMMANDS {
        out += &format!(".SS sloop {} {}\n", row.name, escape(row.arguments));
        for line in row.about.lines() {
            out += &format!("{}\n", escape(line));
            if line.starts_with(' ') {
                out += ".br\n";
            }
        }
        if !matches!(row.name, "run" | "repl") {
            list(&mut out, (row.options)().into_iter());
        }
    }
    out += ".SH ENVIRONMENT\n";
    for (name, help) in VARIABLES {
        out += &format!(".TP\n.B {name}\n{}\n", escape(help));
    }
    out += ".SH EXIT STATUS\n";
    for (status, meaning) in EXITS {
        out += &format!(".TP\n.B {status}\n{}\n", escape(meaning));
    }
    out
}

const EXITS: &[(&str, &str)] = &[
    ("0", "the program has ended, or what sys.exit was given"),
    ("1", "an exception that nobody caught"),
    ("2", "wrong arguments"),
    ("3", "nothing can run any more: all tasks wait for each other"),
    ("70", "with --strict: a task has failed and nobody asked why"),
    ("124", "with --timeout: the time was up"),
];

fn list(out: &mut String, options: impl Iterator<Item = Shown>) {
    for shown in options.filter(|shown| !shown.help.is_empty()).chain([HELP]) {
        *out += &format!(".TP\n.B {}\n{}\n", escape(&help::label(&shown)), escape(shown.help));
    }
}

/// Text in which nothing is an instruction.
fn escape(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}
