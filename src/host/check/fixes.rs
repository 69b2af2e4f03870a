//! `--fix`: safe changes, as long as each of them leaves a program that compiles.

use std::fs;
use std::path::Path;

use sloop_grammar::diagnostic::{Diagnostic, Severity};
use sloop_grammar::span::Span;

use super::files::reason;

/// A change may make room for another; so often at most.
const ROUNDS: usize = 10;

/// The text with all safe fixes, and what is left to say about it; None if there are none.
pub fn apply(
    text: &str,
    findings: &[Diagnostic],
    check: &dyn Fn(&str) -> Vec<Diagnostic>,
) -> Option<(String, Vec<Diagnostic>)> {
    let mut best = None;
    let mut text = text.to_owned();
    let mut findings = findings.to_vec();
    for _ in 0..ROUNDS {
        let Some(next) = change(&text, &findings) else { break };
        let left = check(&next);
        if left.iter().any(|finding| finding.severity == Severity::Error) {
            break;
        }
        (text, findings) = (next, left);
        best = Some((text.clone(), findings.clone()));
    }
    best
}

/// One round: fixes that do not touch one another.
fn change(text: &str, findings: &[Diagnostic]) -> Option<String> {
    let mut edits: Vec<&(Span, String)> = Vec::new();
    let safe = findings.iter().filter_map(|finding| finding.fix.as_ref()).filter(|fix| fix.safe);
    for fix in safe {
        let touches = |(span, _): &(Span, String)| {
            edits.iter().any(|(other, _)| span.start <= other.end && other.start <= span.end)
        };
        if !fix.edits.iter().any(touches) {
            edits.extend(&fix.edits);
        }
    }
    if edits.is_empty() {
        return None;
    }
    edits.sort_by_key(|(span, _)| span.start);
    let mut out = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for (span, new) in edits {
        out += text.get(at..span.start as usize)?;
        out += new;
        at = span.end as usize;
    }
    out += text.get(at..)?;
    Some(out)
}

/// Puts the text in the place of the old one, if the file holds nothing but that in UTF-8.
pub fn write(path: &Path, bytes: &[u8], old: &str, new: &str) -> Result<(), String> {
    const MARK: &[u8] = b"\xEF\xBB\xBF";
    let (mark, rest) = match bytes.strip_prefix(MARK) {
        Some(rest) => (MARK, rest),
        None => (&[][..], bytes),
    };
    if rest != old.as_bytes() {
        return Err("it is not UTF-8".into());
    }
    fs::write(path, [mark, new.as_bytes()].concat()).map_err(|error| reason(&error))
}
