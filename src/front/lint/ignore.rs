//! `# sloop: ignore[CODE]` at the end of a line: findings of that code on that line are not told.

use sloop_grammar::diagnostic::{Diagnostic, Severity};
use sloop_grammar::span::Span;

use super::table;

/// Before the codes, in a comment: an opening bracket follows.
const WORD: &str = "sloop: ignore";

struct Comment {
    line: usize,
    /// Each with its place and whether it has silenced something.
    codes: Vec<(String, Span, bool)>,
}

/// The comments of a text that silence findings.
pub struct Ignores {
    comments: Vec<Comment>,
    /// Where each line begins.
    starts: Vec<u32>,
}

impl Ignores {
    /// `strings` are the spans of string literals, in order: what looks like a comment in one of
    /// them is none.
    pub fn of(text: &str, strings: &[Span]) -> Ignores {
        let mut ignores = Ignores { comments: Vec::new(), starts: vec![0] };
        let bytes = text.as_bytes();
        for (at, byte) in bytes.iter().enumerate() {
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
                ignores.starts.push(at as u32 + 1);
            }
        }
        let mut from = 0;
        while let Some(found) = text[from..].find(WORD) {
            let at = from + found;
            from = at + WORD.len();
            let rest = &text[from..];
            let end = rest.find([']', '\n', '\r']).unwrap_or(rest.len());
            let line = ignores.line_of(at as u32);
            let before = &text[ignores.starts[line] as usize..at];
            let is_comment = before.trim_end().ends_with('#');
            let quoted = strings.iter().any(|span| (span.start..span.end).contains(&(at as u32)));
            if !is_comment || quoted {
                continue;
            }
            if rest[..end].trim().is_empty() {
                let place = Span::new(at as u32, from as u32);
                ignores.comments.push(Comment { line, codes: vec![(String::new(), place, false)] });
                continue;
            }
            if !rest.starts_with('[') || !rest[end..].starts_with(']') {
                continue;
            }
            let mut codes = Vec::new();
            let mut start = from + 1;
            for code in rest[1..end].split(',') {
                let lead = code.len() - code.trim_start().len();
                let place = (start + lead) as u32;
                let name = code.trim();
                codes.push((name.to_owned(), Span::new(place, place + name.len() as u32), false));
                start += code.len() + 1;
            }
            ignores.comments.push(Comment { line, codes });
        }
        ignores
    }

    fn line_of(&self, offset: u32) -> usize {
        self.starts.partition_point(|start| *start <= offset) - 1
    }

    /// Is the finding silenced? Errors never are.
    pub fn silences(&mut self, finding: &Diagnostic) -> bool {
        if finding.severity == Severity::Error || self.comments.is_empty() {
            return false;
        }
        let first = self.line_of(finding.span.start);
        let last = self.line_of(finding.span.end.max(finding.span.start));
        let mut silenced = false;
        for comment in &mut self.comments {
            if comment.line == first || comment.line == last {
                for (code, _, used) in &mut comment.codes {
                    if code == finding.code {
                        *used = true;
                        silenced = true;
                    }
                }
            }
        }
        silenced
    }
}

/// Takes away what comments silence, and reports comments that silence nothing.
pub fn apply(mut ignores: Ignores, mut findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    findings.retain(|finding| !ignores.silences(finding));
    for (code, span, used) in ignores.comments.iter().flat_map(|comment| &comment.codes) {
        if *used {
            continue;
        }
        let message = match table::find(code) {
            Some(_) => format!("nothing here is to be ignored as `{code}`"),
            None if code.is_empty() => "`ignore` names no code".to_owned(),
            None => format!("`{code}` is no code of a finding"),
        };
        let help = match code.is_empty() {
            true => "name what is meant: `# sloop: ignore[CODE]`",
            false => "take it away; `sloop explain` lists the codes",
        };
        findings.push(
            Diagnostic::lint("idle-ignore", Severity::Advice, *span, message)
                .label(*span, "this silences nothing")
                .help(help),
        );
    }
    findings.sort_by_key(|finding| (finding.span.start, finding.span.end, finding.code));
    findings
}
