//! What a run has shown against what was expected of it.

use std::path::Path;
use std::time::Duration;

use super::child::Ended;
use super::diff;
use super::expect::Raised;
use super::lines;
use super::notes::{Ending, Function, Leak, Problem};
use super::style::{Style, Text};
use super::suite::{Job, Kind, Seen, Verdict};

/// Lines of a script's output that a report shows at most: the last ones say why.
const TAIL: usize = 40;

/// The verdict on a script or a block.
pub fn script(job: &Job, seen: &Seen, limit: Duration, watch_leaks: bool) -> Verdict {
    if let Some(reason) = &seen.notes.skipped {
        return Verdict::Skipped(reason.clone());
    }
    let mut text = Text::default();
    let mut shows_stderr = false;
    if seen.ended == Ended::TimedOut {
        text.line(Style::Bold, format!("did not end within {}", duration(limit)));
        tail(&mut text, "standard output so far", &seen.stdout);
    } else {
        if let Some(file) = job.sibling("out") {
            exactly(&mut text, "standard output", &file, &seen.stdout);
        }
        if job.expects_lines() {
            text.append(lines::compare(&job.expected.lines, &seen.stdout));
        }
        if let Kind::Block(block, _) = &job.kind
            && let Some(output) = &block.output
        {
            block_output(&mut text, &output.text, &seen.stdout);
        }
        if let Some(file) = job.sibling("err") {
            exactly(&mut text, "standard error", &file, &seen.stderr);
            shows_stderr = true;
        }
        let excused = raised(&mut text, &job.expected.raised, &seen.notes.problems);
        ending(&mut text, job, seen.ended, excused);
        if watch_leaks && !job.expected.directives.allow_leaks {
            leaks(&mut text, &seen.notes.leaks, seen.notes.exception().is_some());
        }
    }
    if text.is_empty() {
        return Verdict::Passed;
    }
    if !shows_stderr {
        tail(&mut text, "standard error", &seen.stderr);
    }
    Verdict::Failed(text)
}

/// The verdict on a test function.
pub fn function(function: &Function, seen: &Seen, limit: Duration, watch_leaks: bool) -> Verdict {
    let mut text = Text::default();
    match &function.ending {
        Some(Ending::Skipped(reason)) => return Verdict::Skipped(reason.clone()),
        Some(Ending::Passed) => {}
        Some(Ending::Failed { text: said, sides }) => {
            text.block(Style::Plain, "", said);
            if let Some((left, right)) = sides {
                let [left, right] = [left, right].map(|side| all_lines(side));
                text.line(Style::Dim, "left side (-) and right side (+):");
                text.append(diff::unified(&left, &right));
            }
        }
        None => text.line(Style::Bold, interrupted(seen.ended, limit)),
    }
    if watch_leaks {
        leaks(&mut text, &function.leaks, matches!(function.ending, Some(Ending::Failed { .. })));
    }
    if text.is_empty() {
        return Verdict::Passed;
    }
    tail(&mut text, "standard output", &seen.stdout);
    tail(&mut text, "standard error", &seen.stderr);
    Verdict::Failed(text)
}

/// How a process ended that should have gone on.
pub fn interrupted(ended: Ended, limit: Duration) -> String {
    match ended {
        Ended::TimedOut => format!("did not end within {}", duration(limit)),
        Ended::Signal(signal) => format!("the process was ended by signal {signal}"),
        Ended::Code(code) => format!("the process ended with status {code}"),
        Ended::Stopped => "stopped".into(),
    }
}

/// Lines, a missing line end being a line of its own: it differs.
fn all_lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    match lines.last() {
        Some(last) if last.is_empty() => drop(lines.pop()),
        Some(_) => lines.push("\\ no line end".into()),
        None => {}
    }
    lines
}

fn exactly(text: &mut Text, what: &str, file: &Path, found: &str) {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let expected = match std::fs::read(file) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => {
            text.line(Style::Bold, format!("cannot read {name}: {error}"));
            return;
        }
    };
    if expected != found {
        text.line(Style::Bold, format!("{what} differs from {name}:"));
        text.append(diff::unified(&all_lines(&expected), &all_lines(found)));
    }
}

fn block_output(text: &mut Text, expected: &str, found: &str) {
    let (expected, found) = (lines::printed(expected), lines::printed(found));
    if expected != found {
        text.line(Style::Bold, "standard output differs from the block behind:");
        text.append(diff::unified(&expected, &found));
    }
}

/// Says which expected exceptions did not come. True if one came that ends a script.
fn raised(text: &mut Text, expected: &[Raised], found: &[Problem]) -> bool {
    let mut excused = false;
    for wanted in expected {
        let from = |problem: &&Problem| {
            problem.lines.is_empty() || problem.lines.iter().any(|l| wanted.lines.contains(l))
        };
        let here: Vec<&Problem> = found.iter().filter(from).collect();
        if let Some(problem) = here.iter().find(|problem| says(problem, &wanted.text)) {
            excused |= problem.ends_it();
            continue;
        }
        let line = wanted.comments[0].line;
        text.line(Style::Bold, format!("line {line}: the expected exception did not come:"));
        text.block(Style::Removed, "- ", &wanted.text);
        let others = if here.is_empty() { found.iter().collect() } else { here };
        for problem in others {
            text.block(Style::Added, "+ ", &problem.text);
            if let Some(line) = problem.lines.last().filter(|line| !wanted.lines.contains(line)) {
                text.line(Style::Dim, format!("  from line {line}"));
            }
        }
    }
    excused
}

/// Is it this exception? Its module may be left out, and what it suggests.
pub fn says(problem: &Problem, wanted: &str) -> bool {
    let found = bare(&problem.text);
    let kind = found.find(": ").unwrap_or(found.len());
    let short = found[..kind].rfind('.').map_or(&*found, |dot| &found[dot + 1..]);
    [&found, short].iter().any(|found| {
        let rest = found.strip_prefix(wanted).filter(|_| !wanted.is_empty());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(". Did you mean"))
    })
}

/// Without white space at the ends of lines.
fn bare(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n")
}

fn ending(text: &mut Text, job: &Job, ended: Ended, excused: bool) {
    let wanted = match (job.sibling("code"), job.expected.directives.exit) {
        (_, Some(code)) => Some(code),
        (Some(file), None) => {
            let content = std::fs::read_to_string(&file).unwrap_or_default();
            match content.trim().parse() {
                Ok(code) => Some(code),
                Err(_) => {
                    let name = file.file_name().unwrap_or_default().to_string_lossy();
                    text.line(Style::Bold, format!("{name} holds no number"));
                    return;
                }
            }
        }
        (None, None) if excused => None,
        (None, None) => Some(0),
    };
    let found = match ended {
        Ended::Code(code) => code,
        Ended::Signal(signal) => 128 + signal,
        Ended::TimedOut | Ended::Stopped => return,
    };
    if let Some(wanted) = wanted.filter(|&wanted| wanted != found) {
        let how = match ended {
            Ended::Signal(signal) => format!("ended by signal {signal}"),
            _ => format!("exit status {found}"),
        };
        text.line(Style::Bold, format!("{how} instead of {wanted}"));
    }
}

/// Tasks that are pending behind an exception were not forgotten, but left in a hurry.
fn leaks(text: &mut Text, leaks: &[Leak], in_a_hurry: bool) {
    for leak in counted(leaks, in_a_hurry) {
        for (at, line) in leak.text.lines().enumerate() {
            let style = if at == 0 { Style::Bold } else { Style::Plain };
            text.line(style, line);
        }
    }
}

pub fn counted(leaks: &[Leak], in_a_hurry: bool) -> impl Iterator<Item = &Leak> {
    leaks.iter().filter(move |leak| !(in_a_hurry && leak.kind == "pending"))
}

fn tail(text: &mut Text, what: &str, output: &str) {
    let lines: Vec<&str> = output.lines().collect();
    if lines.is_empty() {
        return;
    }
    let hidden = lines.len().saturating_sub(TAIL);
    let more = if hidden > 0 { format!(" (without {hidden} lines)") } else { String::new() };
    text.line(Style::Dim, format!("{what}{more}:"));
    for line in &lines[hidden..] {
        text.line(Style::Plain, format!("| {line}"));
    }
}

/// `2 s`, `0.25 s`
pub fn duration(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}
