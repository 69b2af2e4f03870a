//! Findings for people, for lines of other tools, for programs and for GitHub's pages.

use std::fmt::Write;
use std::io::IsTerminal;

use sloop_grammar::diagnostic::{Diagnostic, Severity};
use sloop_grammar::span::Span;

use super::Checked;
use crate::text::{Source, render};

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Human,
    Plain,
    Json,
    Github,
}

impl Format {
    pub fn named(name: &[u8]) -> Result<Format, String> {
        match name {
            b"human" => Ok(Format::Human),
            b"plain" => Ok(Format::Plain),
            b"json" => Ok(Format::Json),
            b"github" => Ok(Format::Github),
            _ => Err("human, plain, json or github is expected".into()),
        }
    }

    pub fn write(self, files: &[Checked]) -> String {
        let mut out = String::new();
        match self {
            Format::Human => human(files, &mut out),
            Format::Json => json(files, &mut out),
            Format::Plain | Format::Github => {
                for (source, finding) in all(files) {
                    match self {
                        Format::Plain => plain(source, finding, &mut out),
                        _ => github(source, finding, &mut out),
                    }
                }
            }
        }
        out
    }
}

fn all(files: &[Checked]) -> impl Iterator<Item = (&Source, &Diagnostic)> {
    files.iter().flat_map(|file| file.findings.iter().map(|finding| (&file.source, finding)))
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "advice",
    }
}

/// First and last place of a span, counted from 1.
fn places(source: &Source, span: Span) -> [usize; 4] {
    let start = source.position(span.start);
    let end = source.position(span.end.max(span.start));
    [start.line, start.column + 1, end.line, end.column + 1]
}

fn human(files: &[Checked], out: &mut String) {
    let color = use_color();
    let mut count = 0;
    let mut fixable = 0;
    for file in files.iter().filter(|file| !file.findings.is_empty()) {
        *out += &render(&file.source, &file.findings, color);
        out.push('\n');
        count += file.findings.len();
        let safe = |finding: &&Diagnostic| finding.fix.as_ref().is_some_and(|fix| fix.safe);
        fixable += file.findings.iter().filter(safe).count();
    }
    let plural = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    };
    if count == 0 {
        let _ = writeln!(out, "nothing found in {}", plural(files.len(), "file"));
        return;
    }
    let _ = write!(out, "{} in {}", plural(count, "finding"), plural(files.len(), "file"));
    match fixable {
        0 => {}
        1 => *out += "; --fix takes care of 1",
        _ => {
            let _ = write!(out, "; --fix takes care of {fixable}");
        }
    }
    *out += "\n`sloop explain CODE` says more\n";
}

fn plain(source: &Source, finding: &Diagnostic, out: &mut String) {
    let [line, column, ..] = places(source, finding.span);
    let (name, severity) = (source.name(), word(finding.severity));
    let message = one_line(&finding.message);
    let _ = writeln!(out, "{name}:{line}:{column}: {severity}[{}]: {message}", finding.code);
}

/// Colours for terminals, unless somebody has said otherwise.
fn use_color() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !is_set("NO_COLOR") && (is_set("FORCE_COLOR") || std::io::stdout().is_terminal())
}

fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// A workflow command: what ends a value must not stand in it.
fn github(source: &Source, finding: &Diagnostic, out: &mut String) {
    let escape = |text: &str, in_property: bool| {
        let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
        match in_property {
            true => text.replace(':', "%3A").replace(',', "%2C"),
            false => text,
        }
    };
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "notice",
    };
    let [line, column, end_line, end_column] = places(source, finding.span);
    let _ = write!(out, "::{level} file={},line={line}", escape(source.name(), true));
    // Columns are those of one line.
    match line == end_line {
        true => {
            let _ = write!(out, ",col={column},endColumn={end_column}");
        }
        false => {
            let _ = write!(out, ",endLine={end_line}");
        }
    }
    let mut text = finding.message.clone();
    if let Some(help) = &finding.help {
        text += &format!("; {help}");
    }
    let _ = writeln!(out, ",title={}::{}", escape(finding.code, true), escape(&text, false));
}

fn json(files: &[Checked], out: &mut String) {
    out.push('[');
    for (nth, (source, finding)) in all(files).enumerate() {
        *out += if nth == 0 { "\n" } else { ",\n" };
        let [line, column, end_line, end_column] = places(source, finding.span);
        let _ = write!(
            out,
            "  {{\"code\": {}, \"severity\": {}, \"message\": {}, \"file\": {}, \"line\": {line}, \
             \"column\": {column}, \"end_line\": {end_line}, \"end_column\": {end_column}, \
             \"help\": {}, \"fix\": ",
            quoted(finding.code),
            quoted(word(finding.severity)),
            quoted(&finding.message),
            quoted(source.name()),
            finding.help.as_deref().map_or("null".into(), quoted),
        );
        match &finding.fix {
            None => *out += "null",
            Some(fix) => {
                let _ = write!(out, "{{\"safe\": {}, \"edits\": [", fix.safe);
                for (nth, (span, text)) in fix.edits.iter().enumerate() {
                    let [line, column, end_line, end_column] = places(source, *span);
                    let comma = if nth == 0 { "" } else { ", " };
                    let _ = write!(
                        out,
                        "{comma}{{\"line\": {line}, \"column\": {column}, \"end_line\": \
                         {end_line}, \"end_column\": {end_column}, \"text\": {}}}",
                        quoted(text)
                    );
                }
                *out += "]}";
            }
        }
        out.push('}');
    }
    *out += if out.len() > 1 { "\n]\n" } else { "]\n" };
}

/// A text as JSON has it, in ASCII.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            '\n' => out += "\\n",
            '\r' => out += "\\r",
            '\t' => out += "\\t",
            ' '..='~' => out.push(c),
            _ => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
    out
}
