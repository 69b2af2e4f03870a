//! The nouns of the runner: what is run, and what comes of it.

use std::path::PathBuf;
use std::time::Duration;

use super::child::Ended;
use super::expect::Expected;
use super::markdown::Block;
use super::notes::Notes;
use super::style::Text;

/// What runs in a process of its own.
pub struct Job {
    /// As it was named, or found below a named folder.
    pub shown: String,
    pub file: PathBuf,
    pub kind: Kind,
    pub expected: Expected,
    /// Was the file itself named?
    pub named: bool,
}

pub enum Kind {
    Script,
    /// A block of a Markdown file, with its number in the file.
    Block(Block, usize),
    /// The functions of a file, in their order.
    Functions(Vec<String>),
    /// Nothing can be run: why.
    Broken(String),
}

impl Job {
    /// The names of the tests in it.
    pub fn names(&self) -> Vec<String> {
        match &self.kind {
            Kind::Script | Kind::Broken(_) => vec![self.shown.clone()],
            Kind::Block(block, _) => vec![format!("{}:{}", self.shown, block.line)],
            Kind::Functions(names) => {
                names.iter().map(|name| format!("{}::{name}", self.shown)).collect()
            }
        }
    }

    /// Are the comments the whole of standard output? Those about exceptions alone are not if the
    /// output stands elsewhere.
    pub fn expects_lines(&self) -> bool {
        let elsewhere = match &self.kind {
            Kind::Block(block, _) => block.output.is_some(),
            _ => self.sibling("out").is_some(),
        };
        !self.expected.lines.is_empty() || self.expected.has_comments() && !elsewhere
    }

    /// The expected file beside the script.
    pub fn sibling(&self, ending: &str) -> Option<PathBuf> {
        let file = self.file.with_extension(ending);
        (matches!(self.kind, Kind::Script) && file.is_file()).then_some(file)
    }
}

/// What a run of a script has shown.
#[derive(Clone)]
pub struct Seen {
    pub ended: Ended,
    pub stdout: String,
    /// Without the folder of the script.
    pub stderr: String,
    pub notes: Notes,
    pub time: Duration,
}

#[derive(Clone, Debug)]
pub enum Verdict {
    Passed,
    /// What was written to which files.
    Blessed(String),
    Skipped(String),
    Failed(Text),
}

/// A test that was run.
#[derive(Clone)]
pub struct Outcome {
    pub name: String,
    pub verdict: Verdict,
    pub time: Duration,
    /// What it has written, for those who ask later.
    pub stdout: String,
    pub stderr: String,
    /// Kept if expectations are to be rewritten.
    pub seen: Option<Box<Seen>>,
}

impl Outcome {
    pub fn has_failed(&self) -> bool {
        matches!(self.verdict, Verdict::Failed(_))
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
}

impl Tally {
    pub fn count(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Passed | Verdict::Blessed(_) => self.passed += 1,
            Verdict::Skipped(_) => self.skipped += 1,
            Verdict::Failed(_) => self.failed += 1,
        }
    }

    pub fn total(&self) -> usize {
        self.passed + self.failed + self.skipped
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}
