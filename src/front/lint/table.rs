//! The table of codes: what each finding is called, what it means, how it looks and how to do
//! better. `sloop explain` and `docs/checks.md` are made from it, and every example is tested.
//!
//! Rows stand in files by origin: `table_syntax.rs` (the grammar), `table_compile.rs` (the
//! compiler), `table_lints.rs` (this folder).

use super::{table_compile, table_lints, table_syntax};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The program does not compile.
    Error,
    /// It compiles and is surely not meant; also told when it is run, with `SyntaxWarning`.
    Warning,
    /// It goes wrong wherever it is reached; also told when the program is run.
    Certain,
    /// It works until it does not.
    Risk,
    /// It has no effect.
    Idle,
    /// It works here, and no longer in newer Pythons.
    Old,
}

impl Class {
    pub const ALL: [Class; 6] =
        [Class::Certain, Class::Risk, Class::Idle, Class::Old, Class::Warning, Class::Error];

    pub fn title(self) -> &'static str {
        match self {
            Class::Error => "Errors: the program does not compile",
            Class::Warning => "Valid, and surely not meant (told when a program is run, too)",
            Class::Certain => "Certainly wrong (told when a program is run, too)",
            Class::Risk => "Dangerous",
            Class::Idle => "Without effect",
            Class::Old => "Old asyncio",
        }
    }
}

#[derive(Debug)]
pub struct Row {
    pub code: &'static str,
    pub class: Class,
    /// What is wrong, in a few words.
    pub summary: &'static str,
    /// Why it is, and what to do.
    pub why: &'static str,
    /// A program with this finding and no other; empty where only a huge one has it.
    pub wrong: &'static str,
    /// The same without a finding.
    pub right: &'static str,
}

/// An example as a page shows it.
pub fn shown(example: &str) -> String {
    example.trim_end().replace('\0', "␀")
}

pub fn rows() -> impl Iterator<Item = &'static Row> {
    table_lints::ROWS.iter().chain(table_compile::ROWS).chain(table_syntax::ROWS)
}

pub fn find(code: &str) -> Option<&'static Row> {
    rows().find(|row| row.code == code)
}

pub(super) const fn row(
    class: Class,
    code: &'static str,
    summary: &'static str,
    why: &'static str,
    wrong: &'static str,
    right: &'static str,
) -> Row {
    Row { code, class, summary, why, wrong, right }
}
