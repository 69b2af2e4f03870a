//! `sloop explain [CODE]`: the table of codes, for people.

use std::fmt::Write;

use crate::host::command::{read_options, say, wrong};
use crate::host::ending::Exit;
use crate::lint::table::{self, Class, Row};
use crate::plain::closest::closest;

/// Prints what a code means, or lists all.
pub fn main(args: Vec<Vec<u8>>) -> Exit {
    let operands = match read_options("explain", &[], &mut (), args) {
        Ok(operands) => operands,
        Err(exit) => return exit,
    };
    let mut out = String::new();
    if operands.is_empty() {
        list(&mut out);
    }
    for (nth, operand) in operands.iter().enumerate() {
        let code = String::from_utf8_lossy(operand);
        let Some(row) = table::find(&code) else {
            let known = table::rows().map(|row| row.code).collect();
            return wrong(
                "sloop explain",
                &match closest(&code, known) {
                    Some(near) => format!("there is no code '{code}'; did you mean {near}?"),
                    None => format!("there is no code '{code}'"),
                },
            );
        };
        if nth > 0 {
            out.push('\n');
        }
        one(row, &mut out);
    }
    say(&out)
}

fn list(out: &mut String) {
    for class in Class::ALL {
        let _ = writeln!(out, "{}", class.title());
        for row in table::rows().filter(|row| row.class == class) {
            let _ = writeln!(out, "  {:26}{}", row.code, row.summary);
        }
        out.push('\n');
    }
    *out += "`sloop explain CODE` says more; `# sloop: ignore[CODE]` on a line silences what is not \
             an error.\n";
}

fn one(row: &Row, out: &mut String) {
    let _ = writeln!(out, "{}: {}\n", row.code, row.summary);
    let _ = writeln!(out, "{}", wrapped(row.why));
    for (title, example) in [("Wrong", row.wrong), ("Right", row.right)] {
        if !example.is_empty() {
            let _ = writeln!(out, "\n{title}:\n");
            for line in table::shown(example).lines() {
                let _ = writeln!(out, "{}", format!("    {line}").trim_end());
            }
        }
    }
}

/// The text in lines of at most 80 characters.
fn wrapped(text: &str) -> String {
    let mut out = String::new();
    let mut width = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > 80 {
            out.push('\n');
            width = 0;
        }
        if width > 0 {
            out.push(' ');
            width += 1;
        }
        out += word;
        width += length;
    }
    out
}
