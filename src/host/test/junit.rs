//! The outcomes as XML, in the form that servers which build things read.

use super::suite::{Outcome, Tally, Verdict};

pub fn document(outcomes: &[Outcome], tally: Tally) -> String {
    let seconds: f64 = outcomes.iter().map(|outcome| outcome.time.as_secs_f64()).sum();
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{seconds:.3}\"",
        tally.total(),
        tally.failed,
        tally.skipped
    );
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n\
         <testsuite name=\"sloop\" {counts}>\n"
    );
    for outcome in outcomes {
        out += &case(outcome);
    }
    out + "</testsuite>\n</testsuites>\n"
}

fn case(outcome: &Outcome) -> String {
    let (class, name) = match outcome.name.rsplit_once("::") {
        Some((file, name)) => (file, name),
        None => (&outcome.name[..], &outcome.name[..]),
    };
    let head = format!(
        "<testcase classname=\"{}\" name=\"{}\" time=\"{:.3}\"",
        escaped(class),
        escaped(name),
        outcome.time.as_secs_f64()
    );
    match &outcome.verdict {
        Verdict::Passed | Verdict::Blessed(_) => format!("{head}/>\n"),
        Verdict::Skipped(reason) => {
            format!("{head}>\n<skipped message=\"{}\"/>\n</testcase>\n", escaped(reason))
        }
        Verdict::Failed(text) => {
            let text = text.show("", false);
            let mut out = format!(
                "{head}>\n<failure message=\"{}\">{}</failure>\n",
                escaped(gist(&text)),
                escaped(&text)
            );
            for (tag, said) in [("system-out", &outcome.stdout), ("system-err", &outcome.stderr)] {
                if !said.is_empty() {
                    out += &format!("<{tag}>{}</{tag}>\n", escaped(said));
                }
            }
            out + "</testcase>\n"
        }
    }
}

/// The line that says most: of a traceback the exception, else the first.
fn gist(text: &str) -> &str {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    if !first.starts_with("Traceback") {
        return first;
    }
    lines.find(|line| !line.starts_with(' ')).unwrap_or(first)
}

/// Characters that XML cannot hold, not even escaped, are replaced.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\n' | '\t' => out.push(c),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
