//! Diagnostics as text for people, and the only file that names ariadne.
//!
//! Each report ends with the line the exception would print (`SyntaxError: …`), which is what
//! one searches for. Ariadne sees a view of the source made for it: only the lines concerned,
//! long ones cut around the labels, and no character that would break a line for it alone.

use super::source::Source;
use ariadne::{Color, Config, Fmt, IndexType, Label, Report, ReportKind};
use sloop_grammar::diagnostic::{Diagnostic, ErrorKind, Severity};
use sloop_grammar::span::Span;
use std::ops::Range;

/// Lines longer than this are cut; so much stays around what is labelled.
const LONG_LINE: usize = 160;
const MARGIN: usize = 60;
const TAB_WIDTH: usize = 4;

/// Renders findings in one source, one below the other.
pub fn render(source: &Source, diagnostics: &[Diagnostic], color: bool) -> String {
    let reports: Vec<String> =
        diagnostics.iter().map(|diagnostic| report(source, diagnostic, color)).collect();
    let mut text = reports.join("\n");
    // Who reads the last line only, reads what is wrong first.
    if let [first, .., last] = diagnostics
        && let (Some(line), Some(_)) = (closing(first), closing(last))
    {
        text += &format!("\n{} errors, the first of them:\n{line}", diagnostics.len());
    }
    text
}

/// The line that a traceback would end with.
fn closing(diagnostic: &Diagnostic) -> Option<String> {
    let exception = exception_name(diagnostic.kind)?;
    Some(format!("{exception}: {}\n", diagnostic.message))
}

/// The name of the exception that a finding is for a script, if it is one.
pub fn exception_name(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::Syntax => Some("SyntaxError"),
        ErrorKind::Indentation => Some("IndentationError"),
        ErrorKind::Tab => Some("TabError"),
        ErrorKind::SyntaxWarning => Some("SyntaxWarning"),
        ErrorKind::Lint => None,
    }
}

fn report(source: &Source, diagnostic: &Diagnostic, color: bool) -> String {
    let labels = diagnostic.labels.iter().map(|label| label.span);
    let view = View::new(source, labels.chain([diagnostic.span]));
    let name = source.name().to_owned();
    let (kind, tint) = look(Some(diagnostic.severity));
    let main = view.range(source, diagnostic.span);
    let config =
        Config::new().with_color(color).with_index_type(IndexType::Char).with_tab_width(TAB_WIDTH);
    let mut builder = Report::build(kind, (name.clone(), main.clone()))
        .with_config(config)
        .with_code(diagnostic.code)
        .with_message(&diagnostic.message);
    let mut labels: Vec<(Range<usize>, Option<&str>)> = diagnostic
        .labels
        .iter()
        .map(|label| (view.range(source, label.span), Some(label.text.as_str())))
        .collect();
    let meets = |range: &Range<usize>| range.start < main.end && main.start < range.end;
    if labels.is_empty() {
        labels.push((main.clone(), Some("here")));
    } else if !labels.iter().any(|(range, _)| meets(range) || range.contains(&main.start)) {
        labels.push((main.clone(), None));
    }
    // Ariadne begins a new section for a label above the one before it.
    labels.sort_by_key(|(range, _)| range.end);
    for (range, text) in labels {
        let tint = if meets(&range) || range.contains(&main.start) { tint } else { Color::Cyan };
        let label = Label::new((name.clone(), range)).with_color(tint);
        builder = builder.with_label(match text {
            Some(text) => label.with_message(text),
            None => label,
        });
    }
    if let Some(help) = &diagnostic.help {
        builder = builder.with_help(help);
    }
    let mut out = Vec::new();
    let cache = (name, ariadne::Source::from(view.text.clone()));
    // Writing to memory cannot fail, and the one source is always there.
    let _ = builder.finish().write(cache, &mut out);
    let mut text = String::from_utf8_lossy(&out).into_owned();
    view.correct_header(source, diagnostic.span, &mut text);
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let mut text = lines.join("\n") + "\n";
    text += &closing(diagnostic).unwrap_or_default();
    text
}

fn look(severity: Option<Severity>) -> (ReportKind<'static>, Color) {
    match severity {
        Some(Severity::Error) => (ReportKind::Error, Color::Red),
        Some(Severity::Warning) => (ReportKind::Warning, Color::Yellow),
        Some(Severity::Advice) | None => (ReportKind::Advice, Color::Fixed(147)),
    }
}

/// Something about a run, with places in several sources.
pub struct Remark<'a> {
    pub severity: Option<Severity>,
    pub code: &'static str,
    pub message: &'a str,
    pub places: Vec<Place<'a>>,
    pub notes: &'a [String],
    pub help: Option<&'a str>,
}

pub struct Place<'a> {
    pub source: &'a Source,
    pub span: Span,
    pub text: &'a str,
    /// Is it what the remark is about?
    pub main: bool,
}

impl Remark<'_> {
    /// As text for people, which ends with a line end.
    pub fn render(&self, color: bool) -> String {
        let (kind, tint) = look(self.severity);
        let Some(main) = self.places.iter().find(|place| place.main).or(self.places.first()) else {
            return self.without_places(&kind, color.then_some(tint));
        };
        let names = |place: &Place<'_>| place.source.name().to_owned();
        let mut views: Vec<(String, View)> = Vec::new();
        for place in &self.places {
            if !views.iter().any(|(name, _)| *name == place.source.name()) {
                let here = self.places.iter().filter(|other| names(other) == names(place));
                let view = View::new(place.source, here.map(|other| other.span));
                views.push((names(place), view));
            }
        }
        let range = |place: &Place<'_>| {
            let view = views.iter().find(|(name, _)| *name == place.source.name());
            view.map_or(0..1, |(_, view)| view.range(place.source, place.span))
        };
        let config = Config::new()
            .with_color(color)
            .with_index_type(IndexType::Char)
            .with_tab_width(TAB_WIDTH);
        let mut builder = Report::build(kind, (names(main), range(main)))
            .with_config(config)
            .with_code(self.code)
            .with_message(self.message);
        let mut places: Vec<&Place<'_>> = self.places.iter().collect();
        places.sort_by_key(|place| range(place).end);
        for place in places {
            let tint = if place.main { tint } else { Color::Cyan };
            let label = Label::new((names(place), range(place)));
            builder = builder.with_label(label.with_color(tint).with_message(place.text));
        }
        for note in self.notes {
            builder = builder.with_note(note);
        }
        if let Some(help) = self.help {
            builder = builder.with_help(help);
        }
        let texts: Vec<(String, String)> =
            views.iter().map(|(name, view)| (name.clone(), view.text.clone())).collect();
        let mut out = Vec::new();
        // Writing to memory cannot fail, and all sources are there.
        let _ = builder.finish().write(ariadne::sources(texts), &mut out);
        let text = String::from_utf8_lossy(&out);
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        lines.join("\n") + "\n"
    }

    fn without_places(&self, kind: &ReportKind<'_>, tint: Option<Color>) -> String {
        let paint = |text: String| match tint {
            Some(tint) => text.fg(tint).to_string(),
            None => text,
        };
        let mut out = format!("{} {}\n", paint(format!("[{}] {kind}:", self.code)), self.message);
        for note in self.notes {
            out += &format!("  Note: {note}\n");
        }
        if let Some(help) = self.help {
            out += &format!("  Help: {help}\n");
        }
        out
    }
}

/// The part of a source that a report shows.
struct View {
    text: String,
    /// The number of its first line.
    first: usize,
    lines: Vec<Line>,
}

/// One line of the view.
struct Line {
    /// Where it begins in the view, in characters.
    start: usize,
    /// The characters of the source line that are shown.
    shown: Range<usize>,
    /// Characters written before them, for what was cut.
    lead: usize,
}

impl View {
    fn new(source: &Source, spans: impl Iterator<Item = Span> + Clone) -> View {
        let spans = || spans.clone().map(|span| Span::new(span.start, span.end.max(span.start)));
        let line_of = |offset: u32| source.position(offset).line;
        let first = spans().map(|span| line_of(span.start)).min().unwrap_or(1);
        let last = spans().map(|span| line_of(span.end)).max().unwrap_or(1);
        let mut view = View { text: String::new(), first, lines: Vec::new() };
        // Blank lines stand for those above, so that ariadne counts right.
        let mut start = first - 1;
        view.text.extend(std::iter::repeat_n('\n', start));
        for number in first..=last {
            let line = source.line(number);
            let length = line.chars().count();
            let mut shown = 0..length;
            if length > LONG_LINE {
                // Every label begins or ends somewhere; keep what lies around those places.
                let mut columns: Vec<usize> = spans()
                    .flat_map(|span| [span.start, span.end])
                    .map(|offset| source.position(offset))
                    .filter(|position| position.line == number)
                    .map(|position| position.column)
                    .collect();
                columns.sort_unstable();
                let from = columns.first().map_or(0, |column| column.saturating_sub(MARGIN));
                let to = columns.last().map_or(0, |column| *column) + MARGIN;
                shown = from..to.min(from + 4 * LONG_LINE).min(length);
            }
            let lead = usize::from(shown.start > 0);
            if lead > 0 {
                view.text.push('…');
            }
            let characters = line.chars().skip(shown.start).take(shown.len());
            view.text.extend(characters.map(|c| match c {
                '\t' => '\t',
                c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => '\u{FFFD}',
                c => c,
            }));
            let mut width = lead + shown.len();
            if shown.end < length {
                view.text.push('…');
                width += 1;
            }
            view.text.push('\n');
            view.lines.push(Line { start, shown, lead });
            start += width + 1;
        }
        view
    }

    /// A span of the source in characters of the view; never empty.
    fn range(&self, source: &Source, span: Span) -> Range<usize> {
        let start = self.offset(source, span.start);
        let end = self.offset(source, span.end.max(span.start));
        start..end.max(start + 1)
    }

    fn offset(&self, source: &Source, offset: u32) -> usize {
        let position = source.position(offset);
        let line = &self.lines[position.line - self.first];
        let column = position.column.clamp(line.shown.start, line.shown.end);
        line.start + line.lead + column - line.shown.start
    }

    /// Ariadne computes the column in the heading from the cut line.
    fn correct_header(&self, source: &Source, span: Span, text: &mut String) {
        let position = source.position(span.start);
        let line = &self.lines[position.line - self.first];
        let shown = self.offset(source, span.start) - line.start;
        if shown != position.column {
            let place = |column: usize| format!(":{}:{} ", position.line, column + 1);
            *text = text.replacen(&place(shown), &place(position.column), 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, span: Range<u32>) -> String {
        let source = Source::new("a.sloop", text);
        let error = Diagnostic::error("test", Span::new(span.start, span.end), "no");
        render(&source, &[error], false)
    }

    #[test]
    fn a_report_ends_with_the_line_of_the_exception() {
        let text = shown("x = é y\n", 7..8);
        assert!(text.contains("a.sloop:1:7"), "{text}");
        assert!(text.ends_with("\nSyntaxError: no\n"), "{text}");
    }

    #[test]
    fn strange_places_do_not_panic() {
        for text in ["", "\n", "a", "\u{2028}\x0c\x0b\u{85}\r\r\n\tb", "é"] {
            for start in 0..12 {
                for end in 0..12 {
                    shown(text, start..end);
                }
            }
        }
    }

    #[test]
    fn a_long_line_is_cut_and_keeps_its_column() {
        let text = shown(&"x".repeat(100_000), 50_000..50_001);
        assert!(text.len() < 2_000, "{}", text.len());
        assert!(text.contains(":1:50001 "), "{text}");
    }
}
