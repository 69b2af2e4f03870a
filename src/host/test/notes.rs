//! What a child tells the runner beside its output: a file of records, one a line.
//!
//! `native/witness.rs` writes them.

/// An uncaught exception, or what the compiler has found.
#[derive(Clone, Debug)]
pub struct Problem {
    /// `Type: message`, as the last line of a report says it.
    pub text: String,
    /// Lines of the script that it came through; one for a diagnostic. Innermost last.
    pub lines: Vec<usize>,
    pub is_exception: bool,
}

impl Problem {
    /// Is it more than a warning?
    pub fn ends_it(&self) -> bool {
        self.is_exception || !self.text.starts_with("SyntaxWarning")
    }
}

/// Something that the script has lost.
#[derive(Clone, Debug)]
pub struct Leak {
    /// `pending`, `unheard` or `unawaited`.
    pub kind: String,
    /// With the place.
    pub text: String,
}

/// How a test function ended.
#[derive(Clone, Debug)]
pub enum Ending {
    Passed,
    Skipped(String),
    Failed { text: String, sides: Option<(String, String)> },
}

#[derive(Clone, Debug, Default)]
pub struct Function {
    pub name: String,
    /// None: it did not end.
    pub ending: Option<Ending>,
    pub leaks: Vec<Leak>,
    pub seconds: f64,
}

/// A piece of standard output.
#[derive(Clone, Debug)]
pub struct Printed {
    pub text: String,
    /// The lines of the script that were at work, innermost first.
    pub lines: Vec<usize>,
    /// The last of them is where the module was: it has not ended.
    pub in_module: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Notes {
    pub problems: Vec<Problem>,
    pub leaks: Vec<Leak>,
    pub functions: Vec<Function>,
    /// Told if expectations are to be rewritten.
    pub printed: Vec<Printed>,
    /// An event loop has run.
    pub used_loop: bool,
    /// `unittest.SkipTest` was not caught: the reason.
    pub skipped: Option<String>,
}

impl Notes {
    /// What a child has written.
    pub fn parse(text: &str) -> Notes {
        let mut notes = Notes::default();
        for record in text.split_terminator('\n') {
            let fields: Vec<String> = record.split('\t').map(plain).collect();
            let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
            notes.take(&fields);
        }
        notes
    }

    fn take(&mut self, fields: &[&str]) {
        match fields {
            ["raised", text, lines @ ..] => self.problem(text, lines, true),
            ["found", text, lines @ ..] => self.problem(text, lines, false),
            ["printed", text, module, lines @ ..] => {
                let in_module = !module.is_empty();
                let lines = lines.iter().chain([module]).filter_map(|line| line.parse().ok());
                self.printed.push(Printed {
                    text: (*text).into(),
                    lines: lines.collect(),
                    in_module,
                });
            }
            ["leak", kind, text] => {
                let leak = Leak { kind: (*kind).into(), text: (*text).into() };
                match self.functions.last_mut() {
                    Some(function) => function.leaks.push(leak),
                    None => self.leaks.push(leak),
                }
            }
            ["loop"] => self.used_loop = true,
            ["skipped", reason] => match self.functions.last_mut() {
                Some(function) => function.ending = Some(Ending::Skipped((*reason).into())),
                None => self.skipped = Some((*reason).into()),
            },
            ["begin", name] => {
                self.functions.push(Function { name: (*name).into(), ..Function::default() });
            }
            ["passed"] => self.end(Ending::Passed),
            ["failed", text, sides @ ..] => {
                let sides = match sides {
                    [left, right] => Some(((*left).into(), (*right).into())),
                    _ => None,
                };
                self.end(Ending::Failed { text: (*text).into(), sides });
            }
            ["took", seconds] => {
                if let Some(function) = self.functions.last_mut() {
                    function.seconds = seconds.parse().unwrap_or(0.0);
                }
            }
            _ => {}
        }
    }

    fn problem(&mut self, text: &str, lines: &[&str], is_exception: bool) {
        let lines = lines.iter().filter_map(|line| line.parse().ok()).collect();
        self.problems.push(Problem { text: text.into(), lines, is_exception });
    }

    fn end(&mut self, ending: Ending) {
        if let Some(function) = self.functions.last_mut() {
            function.ending = Some(ending);
        }
    }

    /// Tells of other numbers of lines.
    pub fn renumber(&mut self, number: impl Fn(usize) -> usize) {
        let problems = self.problems.iter_mut().map(|problem| &mut problem.lines);
        let printed = self.printed.iter_mut().map(|printed| &mut printed.lines);
        for line in problems.chain(printed).flatten() {
            *line = number(*line);
        }
    }

    /// The exception that ended the script.
    pub fn exception(&self) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.is_exception)
    }
}

fn plain(field: &str) -> String {
    let mut out = String::new();
    let mut chars = field.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => out.push(match chars.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                Some(other) => other,
                None => '\\',
            }),
            (c, false) => out.push(c),
        }
    }
    out
}
