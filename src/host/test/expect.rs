//! What a script says about itself in comments: expectations and directives.
//!
//! `#> text` is a line of standard output, `#>~ regex` a line by its pattern, `#>* text` one of
//! several neighbours that come in any order, `#! Type: message` the uncaught exception or the
//! diagnostic of a line. They stand at the end of the line that prints, or on lines of their own
//! below it. Directives (`# sloop: …`) stand in the first comment lines.

use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use crate::syntax::comments::{Comment, comments};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Exactly,
    Pattern,
    AnyOrder,
}

/// An expected line of standard output.
#[derive(Clone, Debug)]
pub struct Line {
    pub how: How,
    pub text: String,
    pub comment: Place,
}

/// Where a comment stands.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its bytes.
    pub span: Range<usize>,
    pub line: usize,
    /// Does it have its line for itself?
    pub alone: bool,
}

/// An expected exception or diagnostic.
#[derive(Clone, Debug)]
pub struct Raised {
    pub text: String,
    /// The lines of code that it may come from.
    pub lines: RangeInclusive<usize>,
    /// Further comments hold further lines of the message.
    pub comments: Vec<Place>,
}

#[derive(Clone, Debug, Default)]
pub struct Directives {
    pub skip: Option<String>,
    pub real_time: bool,
    pub timeout: Option<Duration>,
    pub args: Vec<String>,
    pub exit: Option<i32>,
    /// Where the number of `exit` stands.
    pub exit_span: Option<Range<usize>>,
    pub allow_leaks: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Expected {
    pub lines: Vec<Line>,
    pub raised: Vec<Raised>,
    pub directives: Directives,
    /// Directives that make no sense.
    pub problems: Vec<String>,
}

impl Expected {
    /// Does the script say what is to come of it?
    pub fn is_any(&self) -> bool {
        self.has_comments() || self.directives.exit.is_some()
    }

    pub fn has_comments(&self) -> bool {
        !self.lines.is_empty() || !self.raised.is_empty()
    }
}

pub fn read(text: &str) -> Expected {
    let mut expected = Expected::default();
    // Most files of a folder have nothing to say: do not take them apart.
    if !["#>", "#!", "# sloop:"].iter().any(|mark| text.contains(mark)) {
        return expected;
    }
    let starts = line_starts(text);
    let line_of = |at: u32| starts.partition_point(|&start| start <= at as usize);
    for comment in comments(text) {
        let Comment { span, alone, code } = comment;
        let said = &text[span.start as usize..span.end as usize];
        let line = line_of(span.start);
        let place = Place { span: span.start as usize..span.end as usize, line, alone };
        if let Some(said) = said.strip_prefix("# sloop:") {
            if alone && code.is_none() {
                let at = span.end as usize - said.len();
                directive(said, at, line, &mut expected);
            }
        } else if let Some((how, said)) = output_line(said) {
            let text = said.trim_end().to_owned();
            expected.lines.push(Line { how, text, comment: place });
        } else if let Some(said) = said.strip_prefix("#!")
            && (said.is_empty() || said.starts_with(' '))
            && !(line == 1 && alone)
        {
            let first = code.map_or(line, line_of);
            error_line(said.trim(), first..=line, place, &mut expected.raised);
        }
    }
    expected
}

fn line_starts(text: &str) -> Vec<usize> {
    let ends = text.bytes().enumerate().filter(|&(i, byte)| {
        byte == b'\n' || byte == b'\r' && text.as_bytes().get(i + 1) != Some(&b'\n')
    });
    std::iter::once(0).chain(ends.map(|(i, _)| i + 1)).collect()
}

fn output_line(comment: &str) -> Option<(How, &str)> {
    let rest = comment.strip_prefix("#>")?;
    let (how, rest) = match rest.as_bytes().first() {
        Some(b'~') => (How::Pattern, &rest[1..]),
        Some(b'*') => (How::AnyOrder, &rest[1..]),
        _ => (How::Exactly, rest),
    };
    match rest.strip_prefix(' ') {
        Some(text) => Some((how, text)),
        None if rest.trim_end().is_empty() => Some((how, "")),
        None => None,
    }
}

fn error_line(text: &str, lines: RangeInclusive<usize>, place: Place, raised: &mut Vec<Raised>) {
    if place.alone
        && let Some(last) = raised.last_mut()
        && last.comments.last().is_some_and(|above| above.line + 1 == place.line)
    {
        last.text += "\n";
        last.text += text;
        last.comments.push(place);
        return;
    }
    raised.push(Raised { text: text.to_owned(), lines, comments: vec![place] });
}

fn directive(said: &str, at: usize, line: usize, expected: &mut Expected) {
    let trimmed = said.trim();
    let (word, rest) = trimmed.split_once(char::is_whitespace).unwrap_or((trimmed, ""));
    let rest = rest.trim();
    let directives = &mut expected.directives;
    let mut wrong = |problem: String| expected.problems.push(format!("line {line}: {problem}"));
    match word {
        "skip" => {
            directives.skip = Some(if rest.is_empty() { "no reason given" } else { rest }.into());
        }
        "real-time" if rest.is_empty() => directives.real_time = true,
        "allow-leaks" if rest.is_empty() => directives.allow_leaks = true,
        "timeout" => match rest.parse::<f64>() {
            Ok(seconds) if seconds > 0.0 && seconds.is_finite() => {
                directives.timeout = Some(Duration::from_secs_f64(seconds.min(1e9)));
            }
            _ => wrong(format!("`timeout` needs a number of seconds, not '{rest}'")),
        },
        "args" => match split_words(rest) {
            Some(words) => directives.args = words,
            None => wrong("a quote of `args` is not closed".into()),
        },
        "exit" => match rest.parse() {
            Ok(code @ 0..=255) => {
                directives.exit = Some(code);
                let start = at + said.rfind(rest).unwrap_or(0);
                directives.exit_span = Some(start..start + rest.len());
            }
            _ => wrong(format!("`exit` needs a status from 0 to 255, not '{rest}'")),
        },
        // That is for `sloop check`.
        word if word.starts_with("ignore") => {}
        word => wrong(format!(
            "unknown directive '{word}'; there are skip, real-time, timeout, args, exit, \
             allow-leaks"
        )),
    }
}

/// Words as in a shell: quotes of both kinds hold them together, a backslash takes the next
/// character as it is. None if a quote is not closed.
pub fn split_words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                let into = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '\'' => break,
                        c => into.push(c),
                    }
                }
            }
            '"' => {
                let into = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '"' => break,
                        '\\' => into.push(chars.next()?),
                        c => into.push(c),
                    }
                }
            }
            '\\' => word.get_or_insert_default().extend(chars.next()),
            c if c.is_whitespace() => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_read_in_order() {
        let text = "#!/usr/bin/env sloop\n# sloop: timeout 2.5\n# sloop: args a 'b c' \"d\\\"\"\n\
                    print(1)  #> 1\n#>   two \n#>\n#>~ \\d+\n#>* x\n'#> no'\nf(\n)  #! E: m\n#! more\n#>>> no";
        let found = read(text);
        let lines: Vec<_> = found.lines.iter().map(|line| (line.how, &line.text[..])).collect();
        assert_eq!(
            lines,
            [
                (How::Exactly, "1"),
                (How::Exactly, "  two"),
                (How::Exactly, ""),
                (How::Pattern, "\\d+"),
                (How::AnyOrder, "x"),
            ]
        );
        assert_eq!(found.raised.len(), 1);
        assert_eq!(found.raised[0].text, "E: m\nmore");
        assert_eq!(found.raised[0].lines, 10..=11);
        assert_eq!(found.directives.timeout, Some(Duration::from_millis(2500)));
        assert_eq!(found.directives.args, ["a", "b c", "d\""]);
        assert!(found.problems.is_empty());
    }

    #[test]
    fn wrong_directives_are_told() {
        let text = "# sloop: tiemout 3\n# sloop: exit x\n# sloop: args 'a\nx = 1\n# sloop: no\n";
        let found = read(text);
        assert_eq!(found.problems.len(), 3, "{:?}", found.problems);
        assert!(found.problems[0].starts_with("line 1: unknown directive 'tiemout'"));
    }
}
