//! What people read: one line a test where the output is kept, a line of progress where it is
//! watched, what is wrong with those that failed, and the count as the last line.

use std::io::Write;
use std::time::Duration;

use super::suite::{Outcome, Tally, Verdict};

/// How the report looks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    pub color: bool,
    /// Somebody watches: progress is drawn, and those that pass are not listed.
    pub live: bool,
    /// List them all the same.
    pub verbose: bool,
    /// List those that have failed, and nothing else.
    pub quiet: bool,
}

pub struct Report<'a> {
    out: &'a mut dyn Write,
    look: Look,
    total: usize,
    drawn: bool,
    /// Somebody has closed the pipe, or the disk is full.
    pub problem: Option<std::io::Error>,
    pub tally: Tally,
}

/// Tests that take longer are named at the end.
const SLOW: Duration = Duration::from_millis(500);
/// So many are named.
pub const SLOWEST: usize = 3;

impl<'a> Report<'a> {
    pub fn new(out: &'a mut dyn Write, look: Look, total: usize) -> Report<'a> {
        Report { out, look, total, drawn: false, problem: None, tally: Tally::default() }
    }

    fn write(&mut self, text: &str) {
        if self.problem.is_none() {
            self.problem = self.out.write_all(text.as_bytes()).err();
        }
    }

    /// A line that the next one replaces.
    pub fn progress(&mut self, done: usize) {
        if !self.look.live {
            return;
        }
        let failed = match self.tally.failed {
            0 => String::new(),
            count => format!(", {count} failed"),
        };
        let text = format!("\r\x1b[K{done} of {} files{failed} ", self.total);
        self.write(&text);
        self.problem = self.problem.take().or(self.out.flush().err());
        self.drawn = true;
    }

    /// Takes away the line of progress.
    pub fn erase(&mut self) {
        if std::mem::take(&mut self.drawn) {
            self.write("\r\x1b[K");
        }
    }

    fn painted(&self, code: &str, text: &str) -> String {
        if self.look.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub fn outcome(&mut self, outcome: &Outcome) {
        self.tally.count(&outcome.verdict);
        let listed = !self.look.live || self.look.verbose;
        if self.look.quiet && !outcome.has_failed() {
            return;
        }
        let name = &outcome.name;
        let text = match &outcome.verdict {
            Verdict::Passed if !listed => return,
            Verdict::Passed => format!("{}  {name}\n", self.painted("32", "pass")),
            Verdict::Blessed(what) => {
                format!("{}  {name}: {what}\n", self.painted("36", "bless"))
            }
            Verdict::Skipped(reason) => {
                let reason = reason.replace('\n', " ");
                format!("{}  {name}: {reason}\n", self.painted("33", "skip"))
            }
            Verdict::Failed(text) => {
                let head = format!("{}  {name}\n", self.painted("1;31", "FAIL"));
                head + &text.show("    ", self.look.color) + "\n"
            }
        };
        self.erase();
        self.write(&text);
    }

    /// The last line.
    pub fn end(mut self) -> (Tally, Option<std::io::Error>) {
        self.erase();
        let tally = self.tally;
        self.write(&format!("{tally}\n"));
        let problem = self.problem.take().or(self.out.flush().err());
        (tally, problem)
    }
}

/// The tests that took longest: all that are slow but no more than `SLOWEST`, or as many as wanted.
pub fn slowest(outcomes: &[Outcome], wanted: Option<usize>) -> String {
    let mut slow: Vec<&Outcome> =
        outcomes.iter().filter(|outcome| wanted.is_some() || outcome.time >= SLOW).collect();
    slow.sort_by(|a, b| b.time.cmp(&a.time).then_with(|| a.name.cmp(&b.name)));
    slow.truncate(wanted.unwrap_or(SLOWEST));
    if slow.is_empty() {
        return String::new();
    }
    let lines =
        slow.iter().map(|slow| format!("  {:7.3} s  {}\n", slow.time.as_secs_f64(), slow.name));
    format!("slowest:\n{}", lines.collect::<String>())
}
