//! Expectations rewritten to what a run has shown: comments in place, files where they stand.
//!
//! The rest of a script is left as it is, and what has been written is read again: a comment that
//! would not be one where it has to stand (inside a string) is not written.

use std::path::Path;

use super::child::Ended;
use super::expect;
use super::judge;
use super::lines;
use super::markdown;
use super::notes::Problem;
use super::pen::{self, Pen};
use super::suite::{Job, Kind, Seen};

/// Why a run must not be taken for what is expected.
pub fn refusal(job: &Job, seen: &Seen, watch_leaks: bool) -> Option<&'static str> {
    let in_a_hurry = seen.notes.exception().is_some();
    let leaks = judge::counted(&seen.notes.leaks, in_a_hurry).next().is_some();
    match seen.ended {
        Ended::TimedOut => Some("not blessed: it did not end in time"),
        Ended::Stopped => Some("not blessed: it was stopped"),
        Ended::Signal(_) => Some("not blessed: it crashed"),
        Ended::Code(101) if seen.stderr.contains("panicked at") => Some("not blessed: it crashed"),
        _ if leaks && watch_leaks && !job.expected.directives.allow_leaks => {
            Some("not blessed: it has lost something")
        }
        _ => None,
    }
}

/// Writes what is expected from now on. Returns the names of the files that were changed. What was
/// seen is told of the lines as they are then.
pub fn write(job: &Job, seen: &mut Seen) -> Result<Vec<String>, String> {
    let mut changed = Vec::new();
    match &job.kind {
        Kind::Script => {
            if job.expected.is_any() {
                let text = source(&job.file)?;
                let new = rewritten(&text, job.expects_lines(), seen)?;
                put(&job.file, &text, &new, &mut changed)?;
            }
            beside(job, seen, &mut changed)?;
        }
        Kind::Block(_, nth) => {
            let text = source(&job.file)?;
            let new = block(job, &text, *nth, seen)?;
            put(&job.file, &text, &new, &mut changed)?;
        }
        Kind::Functions(_) | Kind::Broken(_) => {}
    }
    Ok(changed)
}

fn source(file: &Path) -> Result<String, String> {
    let shown = file.display();
    let bytes = std::fs::read(file).map_err(|error| format!("cannot read {shown}: {error}"))?;
    String::from_utf8(bytes).map_err(|_| format!("not blessed: {shown} is not in UTF-8"))
}

fn put(file: &Path, old: &str, new: &str, changed: &mut Vec<String>) -> Result<(), String> {
    if old != new {
        let shown = file.display();
        std::fs::write(file, new).map_err(|error| format!("cannot write {shown}: {error}"))?;
        changed.push(file.file_name().unwrap_or_default().to_string_lossy().into_owned());
    }
    Ok(())
}

/// `.out`, `.err`, `.code` where they stand, and `.out` for a named script that expects nothing.
fn beside(job: &Job, seen: &Seen, changed: &mut Vec<String>) -> Result<(), String> {
    let stands = |ending: &str| job.sibling(ending).is_some();
    let silent = !job.expected.is_any() && !["out", "err", "code"].iter().any(|e| stands(e));
    let mut file = |ending: &str, new: &str| {
        let file = job.file.with_extension(ending);
        match std::fs::read(&file) {
            Ok(old) => put(&file, &String::from_utf8_lossy(&old), new, changed),
            // It is not there: anything differs from that.
            Err(_) => put(&file, "\0", new, changed),
        }
    };
    if stands("out") || job.named && silent {
        file("out", &seen.stdout)?;
    }
    if stands("err") {
        file("err", &seen.stderr)?;
    }
    if stands("code")
        && let Ended::Code(code) = seen.ended
    {
        file("code", &format!("{code}\n"))?;
    }
    Ok(())
}

fn block(job: &Job, text: &str, nth: usize, seen: &mut Seen) -> Result<String, String> {
    let Some(block) = markdown::blocks(text).into_iter().nth(nth) else {
        return Err(format!("not blessed: {} has changed meanwhile", job.file.display()));
    };
    if let Kind::Block(old, _) = &job.kind {
        // Blocks above it may have grown.
        seen.notes.renumber(|line| (line + block.line).saturating_sub(old.line));
    }
    let indented = |body: &str, indent: &str| -> String {
        let lines = body.split_inclusive('\n');
        lines
            .map(
                |line| if line.trim().is_empty() { line.into() } else { format!("{indent}{line}") },
            )
            .collect()
    };
    let mut new = text.to_owned();
    if let Some(output) = &block.output {
        let mut body = seen.stdout.clone();
        if !body.is_empty() && !body.ends_with('\n') {
            body.push('\n');
        }
        let fence =
            |line: &str| ["```", "~~~"].iter().any(|mark| line.trim_start().starts_with(mark));
        if body.lines().any(fence) {
            return Err("not blessed: its output would end the block that holds it".into());
        }
        if lines::printed(&body) != lines::printed(&output.text) {
            new.replace_range(output.span.clone(), &indented(&body, &output.indent));
        }
    }
    let program = rewritten(&block.program(), job.expects_lines(), seen)?;
    let code = &program[block.line..];
    if code != block.code {
        // It stands above its output: its place has not moved.
        new.replace_range(block.span.clone(), &indented(code, &block.indent));
    }
    Ok(new)
}

/// A script whose comments say what it has shown.
fn rewritten(text: &str, with_lines: bool, seen: &mut Seen) -> Result<String, String> {
    let expected = expect::read(text);
    let found = lines::printed(&seen.stdout);
    let mut pen = Pen::new(text);
    if with_lines {
        if let Some(line) = found.iter().find(|line| line.contains(['\r', '\0'])) {
            return Err(format!(
                "not blessed: no comment can hold {line:?}; expect it in a .out file"
            ));
        }
        pen.output(&expected, &found, &seen.notes.printed)?;
    }
    if expected.has_comments() {
        pen.problems(&expected, &seen.notes.problems);
    }
    if let (Some(span), Some(old), Ended::Code(code)) =
        (&expected.directives.exit_span, expected.directives.exit, seen.ended)
        && old != code
    {
        pen.replace(span.clone(), code.to_string());
    }
    seen.notes.renumber(|line| pen.renumbered(line));
    let new = pen.written();
    let again = expect::read(&new);
    let says_it = !with_lines
        || lines::as_found(&again.lines, &found)
            .is_ok_and(|wanted| wanted.iter().map(|wanted| &wanted.text).eq(found.iter()));
    let told = |problem: &Problem| {
        again.raised.iter().any(|r| pen::claims(r, problem) && judge::says(problem, &r.text))
    };
    let raises = !expected.has_comments()
        || expected.directives.exit.is_some()
        || seen.notes.problems.iter().filter(|problem| problem.ends_it()).all(told);
    if !says_it || !raises {
        return Err("not blessed: there is no place for a comment where it would have to stand; \
                    expect the output in a .out file"
            .into());
    }
    Ok(new)
}
