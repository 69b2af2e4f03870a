//! What has no effect: code that is never reached, functions that another replaces at once,
//! variables that nobody reads.

use std::collections::HashMap;

use sloop_grammar::ast::*;
use sloop_grammar::diagnostic::{Diagnostic, Severity};
use sloop_grammar::span::Span;

use super::flow;
use super::kinds::{Kind, Kinds};
use super::survey::{Bound, Survey, Use};
use crate::compile::scope::{ScopeKind, flag};

pub(super) fn find(kinds: &Kinds<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let survey = kinds.survey;
    for body in &survey.bodies {
        unreachable(survey, body.block, &mut found);
        redefined(survey, body.block, &mut found);
    }
    variables(kinds, &mut found);
    found
}

fn warn(code: &'static str, span: Span, message: String) -> Diagnostic {
    Diagnostic::lint(code, Severity::Warning, span, message)
}

fn unreachable(survey: &Survey<'_>, block: &[Stmt], found: &mut Vec<Diagnostic>) {
    let ast = survey.ast;
    for stmt in block {
        for inner in flow::blocks(stmt) {
            unreachable(survey, inner, found);
        }
    }
    let Some(end) = block.iter().position(|stmt| flow::stmt_ends(ast, stmt)) else { return };
    let rest = &block[end + 1..];
    let (Some(first), Some(last)) = (rest.first(), rest.last()) else { return };
    // `yield` behind a `return` is there to make a generator; `pass` and texts do nothing.
    let yields = survey.exprs().any(|(id, expr, _)| {
        let start = survey.span(id).start;
        matches!(expr, Expr::Yield(_) | Expr::YieldFrom(_))
            && first.span.start <= start
            && start < last.span.end
    });
    let does_nothing = rest.iter().all(|stmt| match &stmt.kind {
        StmtKind::Pass | StmtKind::Break | StmtKind::Continue | StmtKind::Return(None) => true,
        // Statements that say themselves that they cannot be reached.
        StmtKind::Raise { .. } | StmtKind::Assert { .. } => true,
        StmtKind::Expr(value) => match ast.expr(*value) {
            Expr::Str(_) | Expr::Ellipsis => true,
            Expr::Call(callee, _) => {
                let callee = survey.source(survey.span(*callee));
                callee.ends_with("fail") || callee.ends_with("assert_never")
            }
            _ => false,
        },
        _ => false,
    });
    if yields || does_nothing {
        return;
    }
    let line = first_line(survey, first.span);
    let why = match &block[end].kind {
        StmtKind::Return(_) => "the function has returned before",
        StmtKind::Raise { .. } => "an exception is raised before",
        StmtKind::Break | StmtKind::Continue => "the loop has gone on before",
        StmtKind::While(_) => "this loop never ends",
        _ => "no way leads past this",
    };
    let culprit = first_line(survey, block[end].span);
    found.push(
        warn("unreachable", line, "this code is never reached".to_owned())
            .label(line, "never reached")
            .label(culprit, why),
    );
}

/// The part of a span on its first line.
fn first_line(survey: &Survey<'_>, span: Span) -> Span {
    let text = survey.source(span);
    let length = text.find(['\n', '\r']).unwrap_or(text.len());
    Span::new(span.start, span.start + length as u32)
}

/// A function or class that a later one of the same block replaces before anybody can use it.
fn redefined(survey: &Survey<'_>, block: &[Stmt], found: &mut Vec<Diagnostic>) {
    for stmt in block {
        for inner in flow::blocks(stmt) {
            redefined(survey, inner, found);
        }
    }
    let mut seen: HashMap<Name, (Ident, Span)> = HashMap::new();
    for stmt in block {
        let (ident, decorated) = match &stmt.kind {
            StmtKind::Function(function) => (function.name, !function.decorators.is_empty()),
            // Bases may keep books of the classes below them.
            StmtKind::Class(class) => {
                let plain = class.decorators.is_empty() && class.arguments.is_empty();
                (class.name, !plain)
            }
            _ => continue,
        };
        let name = survey.name(ident.name);
        if name == "_" {
            continue;
        }
        if let Some((first, span)) = seen.insert(ident.name, (ident, stmt.span))
            && !decorated
            && !is_mentioned(survey, ident.name, Span::new(span.end, stmt.span.end))
            && !is_mentioned(survey, ident.name, span)
        {
            found.push(
                warn("redefined", ident.span, format!("`{name}` is defined a second time"))
                    .label(ident.span, "this replaces the first one")
                    .label(first.span, "nobody has used this one")
                    .help("give one of the two another name"),
            );
        }
        if decorated {
            seen.remove(&ident.name);
        }
    }
}

/// Does the name stand anywhere in the stretch of source?
fn is_mentioned(survey: &Survey<'_>, name: Name, span: Span) -> bool {
    survey.exprs().any(|(id, expr, _)| {
        let start = survey.span(id).start;
        let is_name = match expr {
            Expr::Name(other) => *other == name,
            Expr::Attribute(_, ident) => ident.name == name,
            _ => false,
        };
        is_name && span.start <= start && start < span.end
    })
}

/// Variables of functions that are assigned and never read.
fn variables(kinds: &Kinds<'_>, found: &mut Vec<Diagnostic>) {
    let survey = kinds.survey;
    for (&(owner, name), bindings) in &survey.bindings {
        let scope = survey.scope(owner);
        let text = survey.name(name);
        if scope.kind != ScopeKind::Function || scope.is_inspected || text.starts_with('_') {
            continue;
        }
        let read = !survey.reads_of((owner, name)).is_empty();
        if read || survey.deleted.contains(&(owner, name)) || text.contains('.') {
            continue;
        }
        let plain = bindings.iter().all(|binding| match binding.bound {
            Bound::Value(value) => {
                let holds = matches!(survey.place(value).usage, Use::Bound(_));
                holds && has_no_life(kinds, value)
            }
            _ => false,
        });
        let declared = survey.is_declared(owner, name, flag::NONLOCAL | flag::GLOBAL);
        if plain && !declared {
            let span = bindings[0].span;
            let message = format!("`{text}` is assigned and never read");
            found.push(warn("unused-variable", span, message).label(span, "nobody reads it"));
        }
    }
}

/// Is it of no interest that the value exists?
fn has_no_life(kinds: &Kinds<'_>, value: ExprId) -> bool {
    let survey = kinds.survey;
    match survey.ast.expr(value) {
        Expr::Name(_) | Expr::Attribute(..) | Expr::Subscript(..) => false,
        _ => matches!(kinds.of(value), Kind::Plain(_)) && !runs(survey, value),
    }
}

/// Is there a call, an `await` or a `yield` in the expression?
fn runs(survey: &Survey<'_>, value: ExprId) -> bool {
    let whole = survey.span(value);
    survey.exprs().any(|(id, expr, _)| {
        let span = survey.span(id);
        let runs =
            matches!(expr, Expr::Call(..) | Expr::Await(_) | Expr::Yield(_) | Expr::YieldFrom(_));
        runs && whole.start <= span.start && span.end <= whole.end
    })
}
