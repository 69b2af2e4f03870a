//! From syntax tree to code.
//!
//! Two walks: `collect.rs` finds out who owns which name (`scope.rs`), then the rest writes
//! register code in one go, each body into a `Body` (`emit.rs`) that `assemble.rs` lays out.
//! Pure: no I/O, no heap of the machine; the same source gives the same code. Errors are
//! collected and the walk goes on, so one run reports several.

mod assemble;
mod assert;
mod call;
mod class;
mod collect;
mod collect_defs;
mod collect_expr;
mod comprehension;
mod condition;
mod control;
mod display;
mod emit;
mod except;
mod expr;
mod fold;
mod function;
mod generic;
mod guard;
mod lint;
pub(crate) mod names;
mod pattern;
pub(crate) mod scope;
mod stmt;
mod target;
mod unparse;

use std::collections::HashSet;
use std::sync::Arc;

use sloop_grammar::ast::{Ast, ExprId, Name};
use sloop_grammar::diagnostic::{Diagnostic, Severity};
use sloop_grammar::span::Span;
use sloop_grammar::{Mode as ParseMode, Outcome, parse};

use crate::code::{Code, verify};

use assemble::LineIndex;
use emit::{Body, Reg};
use fold::Folded;
use names::Names;
use scope::Scopes;

pub struct SourceInfo<'a> {
    /// As tracebacks show it.
    pub filename: Arc<str>,
    pub text: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A file, or the source given to `exec`.
    Module,
    /// Expression statements show their value.
    Interactive,
    /// The tree holds one expression statement; the code returns its value.
    Expression,
}

#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub mode: Mode,
    /// Names live in the namespace of register 0 and are looked up there before the globals:
    /// `exec` and `eval` with two namespaces.
    pub separate_namespace: bool,
    /// `await` at the top level makes the module a coroutine instead of an error.
    pub top_level_await: bool,
    /// 1 drops assertions, 2 docstrings as well.
    pub optimize: u8,
    /// `from __future__ import annotations` is in force from outside.
    pub future_annotations: bool,
    /// Failed assertions know what they have compared.
    pub explain_asserts: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            mode: Mode::Module,
            separate_namespace: false,
            top_level_await: true,
            optimize: 0,
            future_annotations: false,
            explain_asserts: false,
        }
    }
}

/// What came out of a source.
pub enum Compiled {
    Code(Arc<Code>, Vec<Diagnostic>),
    Errors(Vec<Diagnostic>),
    /// More lines may complete it.
    Incomplete,
}

/// What is known of a tree before code is made of it, for those who look for mistakes in it.
pub struct Analysis<'a> {
    pub ast: &'a Ast,
    pub text: &'a str,
    pub(crate) names: &'a Names<'a>,
    pub(crate) scopes: &'a Scopes,
}

impl Analysis<'_> {
    /// Is there anything that can be awaited or that awaits?
    pub fn is_async(&self) -> bool {
        self.scopes.scopes.iter().any(|scope| scope.is_async || scope.has_await)
    }
}

/// Looks at a tree that compiles and says what it has found.
pub type Look<'l> = &'l dyn Fn(&Analysis<'_>) -> Vec<Diagnostic>;

/// The whole way from text to verified code.
pub fn compile_text(source: &SourceInfo<'_>, mode: ParseMode, options: &Options) -> Compiled {
    compile_text_with(source, mode, options, None)
}

/// The same; somebody has a look on the way.
pub fn compile_text_with(
    source: &SourceInfo<'_>,
    mode: ParseMode,
    options: &Options,
    look: Option<Look<'_>>,
) -> Compiled {
    let parsed = parse(source.text, mode);
    let ast = match parsed.outcome {
        Outcome::Tree { ast, .. } => ast,
        Outcome::Errors(errors) => return Compiled::Errors(errors),
        Outcome::Incomplete => return Compiled::Incomplete,
    };
    match compile_with(&ast, source, options, look) {
        Ok((code, mut warnings)) => {
            if let Err(fault) = verify::verify(&code) {
                let message = format!("internal error: the compiler made bad code: {fault:?}");
                let error = Diagnostic::error("bad-code", Default::default(), message);
                return Compiled::Errors(vec![error]);
            }
            let mut all = parsed.warnings;
            all.append(&mut warnings);
            Compiled::Code(code, all)
        }
        Err(errors) => Compiled::Errors(errors),
    }
}

/// The code of a tree and the warnings about it, or everything that is wrong with it.
pub fn compile(
    ast: &Ast,
    source: &SourceInfo<'_>,
    options: &Options,
) -> Result<(Arc<Code>, Vec<Diagnostic>), Vec<Diagnostic>> {
    compile_with(ast, source, options, None)
}

fn compile_with(
    ast: &Ast,
    source: &SourceInfo<'_>,
    options: &Options,
    look: Option<Look<'_>>,
) -> Result<(Arc<Code>, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut names = Names::new(&ast.names);
    let mut reports = Reports::default();
    let collected = collect::collect(ast, &mut names, options, &mut reports);
    if let Some(look) = look
        && !reports.has_errors
    {
        let scopes = &collected.scopes;
        let found = look(&Analysis { ast, text: source.text, names: &names, scopes });
        found.into_iter().for_each(|finding| reports.add(finding));
    }
    let folded = Folded::new(ast, &names, options.optimize == 0);
    let mut compiler = Compiler {
        ast,
        text: source.text,
        filename: source.filename.clone(),
        options: *options,
        folded,
        names,
        scopes: collected.scopes,
        walruses: collected.walruses,
        runs: collected.runs,
        future_annotations: collected.future_annotations,
        lines: LineIndex::new(source.text),
        spine: Vec::new(),
        reports,
        body: Body::new(0, crate::code::CodeKind::Module, String::new()),
    };
    let code = compiler.module();
    let has_errors = compiler.reports.has_errors;
    let mut found = compiler.reports.list;
    found.sort_by_key(|report| report.span.start);
    if has_errors {
        found.retain(|report| report.severity == Severity::Error);
        return Err(found);
    }
    Ok((code, found))
}

/// Findings, each once: code that is compiled several times (`finally`) says things only once.
#[derive(Default)]
struct Reports {
    list: Vec<Diagnostic>,
    seen: HashSet<(Span, String)>,
    has_errors: bool,
}

impl Reports {
    /// More than this many help nobody.
    const MAX: usize = 100;

    fn add(&mut self, report: Diagnostic) {
        self.has_errors |= report.severity == Severity::Error;
        if self.list.len() < Self::MAX && self.seen.insert((report.span, report.message.clone())) {
            self.list.push(report);
        }
    }
}

struct Compiler<'a> {
    ast: &'a Ast,
    text: &'a str,
    filename: Arc<str>,
    options: Options,
    folded: Folded,
    names: Names<'a>,
    scopes: Scopes,
    walruses: Vec<u32>,
    runs: Vec<u32>,
    future_annotations: bool,
    lines: LineIndex,
    /// The links of the chains being compiled.
    spine: Vec<ExprId>,
    reports: Reports,
    body: Body,
}

impl<'a> Compiler<'a> {
    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.reports.add(Diagnostic::error(code, span, message));
    }

    /// The name as the class around spells it.
    fn mangle(&mut self, name: Name) -> Name {
        let class = self.scopes.get(self.body.scope).class_name;
        self.names.mangle(class, name)
    }

    /// May evaluating the text between the two offsets rebind a local?
    fn has_walrus(&self, from: u32, to: u32) -> bool {
        has_start(&self.walruses, from, to)
    }

    /// May evaluating these arguments run other code?
    fn runs_code(&self, arguments: &[sloop_grammar::ast::Argument]) -> bool {
        use sloop_grammar::ast::Argument;
        let value = |argument: &Argument| match argument {
            Argument::Positional(value) | Argument::Keyword(_, value) => self.ast.span(*value),
            Argument::Star(value) | Argument::DoubleStar(value) => self.ast.span(*value),
        };
        match (arguments.first(), arguments.last()) {
            (Some(first), Some(last)) => has_start(&self.runs, value(first).start, value(last).end),
            _ => false,
        }
    }

    fn may_rebind(&self, id: ExprId) -> bool {
        let span = self.ast.span(id);
        self.has_walrus(span.start, span.end)
    }

    /// Runs `work` and gives back the registers it took.
    fn scoped<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let top = self.body.top;
        let result = work(self);
        self.body.top = top;
        result
    }

    fn at(&mut self, id: ExprId) {
        self.body.span = self.ast.span(id);
    }

    fn load_none_into(&mut self, register: Reg) {
        self.body.load(register, crate::code::Const::None);
    }
}

/// Is one of the sorted offsets in `from..to`?
fn has_start(starts: &[u32], from: u32, to: u32) -> bool {
    let next = starts.partition_point(|&start| start < from);
    starts.get(next).is_some_and(|&start| start < to)
}
