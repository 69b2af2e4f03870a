//! Variables of functions that are read before anything can have bound them.
//!
//! Mostly somebody has forgotten that an assignment makes a name a function's own: `count += 1`
//! where `count` is the module's.

use sloop_grammar::ast::*;
use sloop_grammar::diagnostic::{Diagnostic, Severity};
use sloop_grammar::span::Span;

use super::flow;
use super::survey::{Binding, Bound, Survey, Variable, mark};
use crate::compile::scope::{ScopeId, ScopeKind};

pub(super) fn find(survey: &Survey<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (&variable, bindings) in &survey.bindings {
        if survey.scope(variable.0).kind == ScopeKind::Function {
            found.extend(early(survey, variable, bindings));
        }
    }
    found
}

fn early(survey: &Survey<'_>, variable: Variable, bindings: &[Binding]) -> Option<Diagnostic> {
    let (owner, name) = variable;
    // `x += 1` and `x = x + 1` bind what is bound already.
    let (again, fresh): (Vec<&Binding>, Vec<&Binding>) =
        bindings.iter().partition(|binding| reads_itself(survey, variable, &binding.bound));
    let first = fresh.iter().map(|binding| binding.span.start).min();
    let is_early = |&id: &ExprId| {
        let place = survey.place(id);
        place.scope == owner
            && place.marks & mark::GUARDED == 0
            && first.is_none_or(|first| survey.span(id).end <= first)
    };
    let reads = survey.reads_of(variable).iter().copied().filter(is_early);
    let mut reads: Vec<Span> = reads.map(|id| survey.span(id)).collect();
    if !fresh.is_empty() && !reads.is_empty() {
        // What stands further down there may have been done before.
        let disordered = disordered(survey, owner);
        let within = |span: Span, whole: &Span| whole.start <= span.start && span.end <= whole.end;
        reads.retain(|&read| {
            !disordered.iter().any(|whole| {
                within(read, whole) && fresh.iter().any(|binding| within(binding.span, whole))
            })
        });
    }
    let span = reads.into_iter().min_by_key(|span| span.start)?;
    let text = survey.name(name);
    let message = format!("`{text}` is read before anything binds it");
    let mut finding = Diagnostic::lint("unbound-local", Severity::Warning, span, message)
        .label(span, "this raises UnboundLocalError");
    let binding = fresh.iter().chain(&again).map(|binding| binding.span).min_by_key(|s| s.start)?;
    if binding != span {
        finding = finding.label(binding, format!("this makes `{text}` a variable of the function"));
    }
    Some(match outside(survey, variable) {
        Some(0) => finding.help(format!("to use the module's write `global {text}` before it")),
        Some(_) => {
            finding.help(format!("to use that of the function around write `nonlocal {text}`"))
        }
        None => finding,
    })
}

fn reads_itself(survey: &Survey<'_>, variable: Variable, bound: &Bound) -> bool {
    let is_own = |id: ExprId| match survey.ast.expr(id) {
        Expr::Name(name) => survey.variable(survey.place(id).scope, *name) == variable,
        _ => false,
    };
    match *bound {
        Bound::Augmented => true,
        Bound::Value(value) => match *survey.ast.expr(value) {
            Expr::Binary(_, left, right) => is_own(left) || is_own(right),
            _ => false,
        },
        _ => false,
    }
}

/// What is not done in the order in which it stands: the loops of a function's body, and
/// conditional expressions, whose test comes first.
fn disordered(survey: &Survey<'_>, owner: ScopeId) -> Vec<Span> {
    let conditionals = survey.exprs().filter(|(_, expr, place)| {
        place.scope == owner && matches!(expr, Expr::Conditional { .. })
    });
    let mut found: Vec<Span> = conditionals.map(|(id, ..)| survey.span(id)).collect();
    let body = survey.bodies.iter().find(|body| body.scope == owner);
    flow::every(body.map_or(&[], |body| body.block), &mut |stmt| {
        if matches!(stmt.kind, StmtKind::For(_) | StmtKind::While(_)) {
            found.push(stmt.span);
        }
    });
    found
}

/// The scope further out that has a variable of this name.
fn outside(survey: &Survey<'_>, (owner, name): Variable) -> Option<ScopeId> {
    let mut at = survey.scope(owner).parent;
    while let Some(scope) = at {
        let here = survey.scope(scope);
        let is_seen = matches!(here.kind, ScopeKind::Function) || scope == 0;
        if is_seen && !survey.bound((scope, name)).is_empty() {
            return Some(scope);
        }
        at = here.parent;
    }
    None
}
