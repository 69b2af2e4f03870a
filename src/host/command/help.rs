//! `--help`, of the whole and of each subcommand: 80 columns, made from the tables.

use super::option::{HELP, Shown};
use super::table::{OPTIONS, SUBCOMMANDS, Subcommand, VARIABLES};

const WIDTH: usize = 80;
/// Where explanations begin.
const COLUMN: usize = 22;

/// The ways to start a program.
pub const FORMS: &[(&str, &str)] = &[
    ("[OPTION]... FILE [ARG]...", "run a script or a folder that is one"),
    ("[OPTION]... -c CODE [ARG]...", "run CODE"),
    ("[OPTION]... -m MODULE [ARG]...", "run a module"),
    ("[OPTION]... - [ARG]...", "run standard input"),
    ("[OPTION]...", "prompt, or run what is piped in"),
    ("COMMAND [ARG]...", "run one of the commands below"),
];

/// The help of `sloop` itself.
pub fn general() -> String {
    let mut out = String::new();
    for (i, (form, help)) in FORMS.iter().enumerate() {
        let start = if i == 0 { "usage: sloop" } else { "       sloop" };
        out += &format!("{:44}{help}\n", format!("{start} {form}"));
    }
    out += "\nOptions stand before the script; what follows it belongs to it.\n\n";
    options(&mut out, OPTIONS.iter().map(|opt| opt.shown));
    out += "\ncommands (sloop COMMAND --help says more):\n";
    for row in SUBCOMMANDS {
        entry(&mut out, row.name, row.help);
    }
    out += "\nenvironment:\n";
    for (name, help) in VARIABLES {
        entry(&mut out, name, help);
    }
    out
}

/// The help of a subcommand.
pub fn subcommand(row: &Subcommand) -> String {
    let mut out = format!("usage: sloop {}", row.name);
    if !row.arguments.is_empty() {
        out += &format!(" {}", row.arguments);
    }
    out += &format!("\n\n{}\n\noptions:\n", row.about);
    options(&mut out, (row.options)().into_iter());
    out
}

fn options(out: &mut String, shown: impl Iterator<Item = Shown>) {
    for shown in shown.filter(|shown| !shown.help.is_empty()).chain([HELP]) {
        entry(out, &label(&shown), shown.help);
    }
}

/// The names of an option with its value: `-k, --filter TEXT`.
pub fn label(shown: &Shown) -> String {
    let mut label = shown.names.join(", ");
    if let Some(value) = shown.value {
        label += &format!(" {value}");
    }
    label
}

/// A label and its explanation, wrapped.
fn entry(out: &mut String, label: &str, help: &str) {
    let mut line = format!("  {label}");
    if line.len() + 2 > COLUMN {
        *out += &line;
        out.push('\n');
        line.clear();
    }
    line = format!("{line:COLUMN$}");
    for word in help.split(' ') {
        if line.len() + word.len() > WIDTH {
            *out += line.trim_end();
            out.push('\n');
            line = " ".repeat(COLUMN);
        }
        line += word;
        line.push(' ');
    }
    *out += line.trim_end();
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_on_a_screen() {
        let help = general();
        assert!(help.lines().count() <= 50, "{} lines", help.lines().count());
        let all = SUBCOMMANDS.iter().map(subcommand).chain([help]);
        for line in all.flat_map(|help| help.lines().map(str::to_owned).collect::<Vec<_>>()) {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
    }
}
