//! Standard output against the lines that comments expect.

use super::diff;
use super::expect::{How, Line};
use super::pattern;
use super::style::{Style, Text};

/// Nothing if the output is what was expected; else what differs.
pub fn compare(expected: &[Line], output: &str) -> Text {
    let found = printed(output);
    let mut text = Text::default();
    let wanted: Vec<String> = match as_found(expected, &found) {
        Ok(wanted) => wanted.into_iter().map(|wanted| wanted.text).collect(),
        Err(problem) => {
            text.line(Style::Bold, problem);
            return text;
        }
    };
    if wanted != found {
        text.line(Style::Bold, "standard output is not what the comments expect:");
        text.append(diff::unified(&wanted, &found));
    }
    text
}

/// The lines of an output, without white space at their ends.
pub fn printed(output: &str) -> Vec<String> {
    output.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// An expected line as it can be compared.
pub struct Wanted {
    pub text: String,
    /// Which of the expected lines it is.
    pub index: usize,
}

/// The expected lines, in such a way that they equal the output where they fit it: patterns as the
/// line that they match, neighbours in any order as they came.
pub fn as_found(expected: &[Line], found: &[String]) -> Result<Vec<Wanted>, String> {
    let mut wanted = Vec::new();
    while let Some(line) = expected.get(wanted.len()) {
        let index = wanted.len();
        match line.how {
            How::Exactly => wanted.push(Wanted { text: line.text.clone(), index }),
            How::Pattern => wanted.push(Wanted { text: matched(line, found, index)?, index }),
            How::AnyOrder => {
                let group = together(&expected[index..]);
                let order = in_order(group, &found[index.min(found.len())..]);
                wanted.extend(order.into_iter().map(|at| {
                    let text = group[at].text.clone();
                    Wanted { text, index: index + at }
                }));
            }
        }
    }
    Ok(wanted)
}

/// The line that a pattern matches, at its place or, so that a diff is readable, elsewhere.
fn matched(line: &Line, found: &[String], place: usize) -> Result<String, String> {
    let wrong = |problem| format!("line {}: the pattern is wrong: {problem}", line.comment.line);
    let here = found.get(place).into_iter();
    for candidate in here.chain(found.iter().skip(place + 1)).chain(found.iter().take(place)) {
        if pattern::matches(&line.text, candidate).map_err(wrong)? {
            return Ok(candidate.clone());
        }
    }
    pattern::matches(&line.text, "").map_err(wrong)?;
    Ok(format!("~ {}", line.text))
}

/// Lines in any order that stand on neighbouring lines of the script.
pub fn together(lines: &[Line]) -> &[Line] {
    let neighbours = |pair: &[Line]| {
        pair[1].how == How::AnyOrder && pair[0].comment.line + 1 == pair[1].comment.line
    };
    let count = 1 + lines.windows(2).take_while(|pair| neighbours(pair)).count();
    &lines[..count]
}

/// The lines of a group in the order of the output, those that are missing last.
fn in_order(group: &[Line], found: &[String]) -> Vec<usize> {
    let mut left: Vec<usize> = (0..group.len()).collect();
    let mut ordered = Vec::new();
    // Where they do not come together it helps to know where they come.
    for line in found {
        if let Some(at) = left.iter().position(|&at| group[at].text == *line) {
            ordered.push(left.remove(at));
        }
    }
    ordered.extend(left);
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::test::expect;

    fn differs(script: &str, output: &str) -> String {
        compare(&expect::read(script).lines, output).show("", false)
    }

    #[test]
    fn white_space_at_the_end_does_not_count() {
        assert_eq!(differs("#> a\n#>\n#> b", "a  \n\t\nb"), "");
        assert_ne!(differs("#> a", "a\n\n"), "");
        assert_ne!(differs("#> a", " a\n"), "");
    }

    #[test]
    fn neighbours_come_in_any_order() {
        let script = "#> first\n#>* a\n#>* b\n#>* a\n#> last";
        assert_eq!(differs(script, "first\na\na\nb\nlast\n"), "");
        assert_ne!(differs(script, "first\na\nb\nb\nlast\n"), "");
        assert_ne!(differs(script, "a\nfirst\nb\na\nlast\n"), "");
        assert_ne!(differs("#>* a\nx\n#>* b", "b\na\n"), "", "apart");
    }

    #[test]
    fn patterns_match_whole_lines() {
        assert_eq!(differs("#>~ \\d+ ms|x", "15 ms"), "");
        assert!(differs("#>~ \\d+", "15 ms").contains("- ~ \\d+"));
        assert!(differs("#>~ (", "(").contains("line 1: the pattern is wrong"));
    }
}
