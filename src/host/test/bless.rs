//! Expectations rewritten to what a run has shown: comments in place, files where they stand.
//!
//! The rest of a script is left as it is, and what has been written is read again: a comment that
//! would not be one where it has to stand (inside a string) is not written.

use std::ops::Range;
use std::path::Path;

use super::child::Ended;
use super::diff;
use super::expect::{self, Expected, How, Line, Place, Raised};
use super::judge;
use super::lines;
use super::markdown;
use super::notes::Problem;
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

/// Writes what is expected from now on. Returns the names of the files that were changed.
pub fn write(job: &Job, seen: &Seen) -> Result<Vec<String>, String> {
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

fn block(job: &Job, text: &str, nth: usize, seen: &Seen) -> Result<String, String> {
    let Some(block) = markdown::blocks(text).into_iter().nth(nth) else {
        return Err(format!("not blessed: {} has changed meanwhile", job.file.display()));
    };
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

/// A change of a text: what stands there, and what is to stand there.
type Edit = (Range<usize>, String);

/// A script whose comments say what it has shown.
fn rewritten(text: &str, with_lines: bool, seen: &Seen) -> Result<String, String> {
    let expected = expect::read(text);
    let mut edits: Vec<Edit> = Vec::new();
    let found = lines::printed(&seen.stdout);
    let pen = Pen { text, newline: if text.contains("\r\n") { "\r\n" } else { "\n" } };
    if with_lines {
        if let Some(line) = found.iter().find(|line| line.contains(['\r', '\0'])) {
            return Err(format!(
                "not blessed: no comment can hold {line:?}; expect it in a .out file"
            ));
        }
        pen.output(&expected.lines, &found, &mut edits)?;
    }
    let problems = &seen.notes.problems;
    if expected.has_comments() {
        pen.problems(&expected, problems, &mut edits);
    }
    if let (Some(span), Some(old), Ended::Code(code)) =
        (&expected.directives.exit_span, expected.directives.exit, seen.ended)
        && old != code
    {
        edits.push((span.clone(), code.to_string()));
    }
    // From the end, so that places stay what they are; of two at one place the later goes first.
    let mut ordered: Vec<(usize, Edit)> = edits.into_iter().enumerate().collect();
    ordered.sort_by_key(|(nth, (span, _))| (span.start, span.end, *nth));
    let mut new = text.to_owned();
    for (_, (span, with)) in ordered.into_iter().rev() {
        new.replace_range(span, &with);
    }
    let again = expect::read(&new);
    let says_it = !with_lines
        || lines::as_found(&again.lines, &found)
            .is_ok_and(|wanted| wanted.iter().map(|wanted| &wanted.text).eq(found.iter()));
    let told = |problem: &Problem| {
        again.raised.iter().any(|r| claims(r, problem) && judge::says(problem, &r.text))
    };
    let raises = !expected.has_comments()
        || expected.directives.exit.is_some()
        || problems.iter().filter(|problem| problem.ends_it()).all(told);
    if !says_it || !raises {
        return Err("not blessed: there is no place for a comment where it would have to stand; \
                    expect the output in a .out file"
            .into());
    }
    Ok(new)
}

fn claims(raised: &Raised, problem: &Problem) -> bool {
    problem.lines.is_empty() || problem.lines.iter().any(|line| raised.lines.contains(line))
}

struct Pen<'t> {
    text: &'t str,
    newline: &'t str,
}

impl Pen<'_> {
    fn output(
        &self,
        expected: &[Line],
        found: &[String],
        edits: &mut Vec<Edit>,
    ) -> Result<(), String> {
        let wanted = lines::as_found(expected, found)?;
        let texts: Vec<String> = wanted.iter().map(|wanted| wanted.text.clone()).collect();
        let place = |at: usize| &expected[wanted[at].index];
        let mut steps = diff::steps(&texts, found);
        // As many lines as before: each is printed where the one before was, whatever it says now.
        // Nor is anything printed above the line that prints first.
        let above = |first: &diff::Step| first.old.is_empty() && !first.same;
        let prints = expected.first().is_some_and(|first| !first.comment.alone);
        if texts.len() == found.len() || prints && steps.first().is_some_and(above) {
            steps = vec![diff::Step { old: 0..texts.len(), new: 0..found.len(), same: false }];
        }
        for diff::Step { old, new, same } in steps {
            if same {
                continue;
            }
            let pairs = old.len().min(new.len());
            for nth in 0..pairs {
                let line = place(old.start + nth);
                if texts[old.start + nth] == found[new.start + nth] {
                    continue;
                }
                let mark = if line.how == How::AnyOrder { "#>*" } else { "#>" };
                let said = comment(mark, &found[new.start + nth]);
                edits.push((line.comment.span.clone(), said));
            }
            for at in old.start + pairs..old.end {
                edits.push((self.whole(&place(at).comment), String::new()));
            }
            let more = &found[new.start + pairs..new.end];
            if more.is_empty() {
                continue;
            }
            // Behind the last that stays before them; else before the first of all.
            let before = (old.start + pairs).checked_sub(1);
            edits.push(match before {
                Some(at) => self.below(&place(at).comment, more),
                None => match expected.first() {
                    Some(first) => self.above(&first.comment, more),
                    None => self.at_end(more),
                },
            });
        }
        Ok(())
    }

    /// A comment with the blanks before it, or its whole line.
    fn whole(&self, place: &Place) -> Range<usize> {
        let before = &self.text[..place.span.start];
        let start = before.trim_end_matches([' ', '\t']).len();
        if !place.alone {
            return start..place.span.end;
        }
        start..self.line_end(place.span.end)
    }

    /// The end of the line that `at` is in, line end included.
    fn line_end(&self, at: usize) -> usize {
        match self.text[at..].find('\n') {
            Some(offset) => at + offset + 1,
            None => self.text.len(),
        }
    }

    fn indentation(&self, at: usize) -> &str {
        let start = self.text[..at].rfind('\n').map_or(0, |end| end + 1);
        let line = &self.text[start..at];
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    fn comments(&self, indent: &str, lines: &[String]) -> String {
        let lines =
            lines.iter().map(|line| format!("{indent}{}{}", comment("#>", line), self.newline));
        lines.collect()
    }

    /// Comments on lines of their own below a comment.
    fn below(&self, place: &Place, lines: &[String]) -> Edit {
        let end = self.line_end(place.span.end);
        let said = self.comments(self.indentation(place.span.start), lines);
        self.insert(end, said)
    }

    fn above(&self, place: &Place, lines: &[String]) -> Edit {
        let start = self.text[..place.span.start].rfind('\n').map_or(0, |end| end + 1);
        (start..start, self.comments(self.indentation(place.span.start), lines))
    }

    fn at_end(&self, lines: &[String]) -> Edit {
        self.insert(self.text.len(), self.comments("", lines))
    }

    /// New lines where a line begins, or behind a last line without an end.
    fn insert(&self, at: usize, said: String) -> Edit {
        if at == 0 || self.text[..at].ends_with('\n') {
            return (at..at, said);
        }
        let said = said.strip_suffix(self.newline).unwrap_or(&said);
        (at..at, format!("{}{said}", self.newline))
    }

    /// Exceptions and diagnostics: those that came in place of those that were expected.
    fn problems(&self, expected: &Expected, found: &[Problem], edits: &mut Vec<Edit>) {
        let mut told: Vec<&Problem> = Vec::new();
        for raised in &expected.raised {
            match found.iter().find(|problem| claims(raised, problem)) {
                Some(problem) => {
                    told.push(problem);
                    self.replace(raised, problem, edits);
                }
                None => {
                    edits.extend(raised.comments.iter().map(|c| (self.whole(c), String::new())));
                }
            }
        }
        for problem in found {
            let is_told = told.iter().any(|other| std::ptr::eq(*other, problem));
            let Some(&line) = problem.lines.last() else { continue };
            if !is_told && problem.ends_it() && expected.directives.exit.is_none() {
                edits.push(self.behind(line, &problem.text));
            }
        }
    }

    fn replace(&self, raised: &Raised, problem: &Problem, edits: &mut Vec<Edit>) {
        if judge::says(problem, &raised.text) {
            return;
        }
        let (first, rest) = raised.comments.split_first().expect("at least one");
        let mut lines = problem.text.lines();
        let indent = self.indentation(first.span.start);
        let mut said = comment("#!", lines.next().unwrap_or_default());
        for line in lines {
            said += &format!("{}{indent}{}", self.newline, comment("#!", line));
        }
        edits.push((first.span.clone(), said));
        edits.extend(rest.iter().map(|c| (self.whole(c), String::new())));
    }

    /// An exception that is told at the end of its line, and below it if it needs more.
    fn behind(&self, line: usize, text: &str) -> Edit {
        let mut start = 0;
        for _ in 1..line {
            start = self.line_end(start);
        }
        let end = self.line_end(start);
        let bare = self.text[start..end].trim_end().len() + start;
        let indent = self.indentation(bare);
        let has_comment =
            self.text[start..end].contains("#>") || self.text[start..end].contains("#!");
        let mut said = String::new();
        for (at, line) in text.lines().enumerate() {
            match at == 0 && !has_comment {
                true => said += &format!("  {}", comment("#!", line)),
                false => said += &format!("{}{indent}{}", self.newline, comment("#!", line)),
            }
        }
        (bare..bare, said)
    }
}

fn comment(mark: &str, text: &str) -> String {
    format!("{mark} {text}").trim_end().to_owned()
}
