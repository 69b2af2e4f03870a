//! Mistakes in programs that compile.
//!
//! `survey.rs` collects facts about a tree, `kinds.rs` says what its expressions certainly are, and
//! each family of lints has a file that judges. What is reported is certain: a doubt is no finding.
//! Codes, classes and explanations stand in one table (`table.rs`), those of errors included.
//! Pure: tree in, findings out.

mod awaits;
mod early;
mod eras;
mod flow;
mod ignore;
mod kinds;
mod known;
mod names;
mod survey;
pub mod table;
mod table_compile;
mod table_lints;
mod table_syntax;
mod tasks;
mod unused;

use sloop_grammar::ast::{Ast, Expr};
use sloop_grammar::diagnostic::Diagnostic;
use sloop_grammar::span::Span;

use crate::compile::Analysis;
use kinds::Kinds;
use survey::Survey;

pub use ignore::{Ignores, apply};

/// What there is besides a file: the builtins, the library, what other languages call things.
pub trait World {
    fn is_builtin(&self, name: &str) -> bool;

    /// What to do about a name that is certainly something else here.
    fn advice(&self, name: &str) -> Option<String>;

    /// The builtin that was probably meant.
    fn near(&self, name: &str) -> Option<String>;
}

/// What is certainly wrong and costs little to find: shown when a program is run.
pub fn at_run(analysis: &Analysis<'_>) -> Vec<Diagnostic> {
    if !analysis.is_async() {
        return Vec::new();
    }
    let survey = Survey::of(analysis);
    let mut found = awaits::find(&Kinds::new(&survey));
    if !found.is_empty() {
        let mut ignores = Ignores::of(analysis.text, &strings(analysis.ast));
        found.retain(|finding| !ignores.silences(finding));
    }
    found
}

/// Everything there is to say, in the order of the source.
pub fn all(analysis: &Analysis<'_>, world: &dyn World) -> Vec<Diagnostic> {
    let survey = Survey::of(analysis);
    let kinds = Kinds::new(&survey);
    let mut found = awaits::find(&kinds);
    found.append(&mut tasks::find(&kinds));
    found.append(&mut eras::find(&kinds));
    found.append(&mut names::find(&survey, world));
    found.append(&mut early::find(&survey));
    found.append(&mut unused::find(&kinds));
    found.sort_by_key(|finding| (finding.span.start, finding.span.end, finding.code));
    found
}

/// Where the string literals of a tree stand.
pub fn strings(ast: &Ast) -> Vec<Span> {
    let is_string = |expr: &Expr| matches!(expr, Expr::Str(_) | Expr::FString(_) | Expr::Bytes(_));
    let all = ast.exprs.iter().zip(&ast.spans);
    all.filter(|(expr, _)| is_string(expr)).map(|(_, span)| *span).collect()
}
