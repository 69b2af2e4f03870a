//! Names that nothing binds.

use sloop_grammar::ast::*;
use sloop_grammar::diagnostic::{Diagnostic, Severity};
use sloop_grammar::span::Span;

use super::World;
use super::survey::{Place, Survey, Use, mark};
use crate::compile::scope::{ScopeId, ScopeKind};

/// Names that every module has.
const MODULE: &[&str] = &[
    "__annotations__",
    "__builtins__",
    "__cached__",
    "__dict__",
    "__doc__",
    "__file__",
    "__loader__",
    "__name__",
    "__package__",
    "__path__",
    "__spec__",
    "__debug__",
];

/// Names that others put among the builtins: translations, notebooks, checkers of types.
const INSTALLED: &[&str] =
    &["_", "ngettext", "get_ipython", "reveal_type", "reveal_locals", "WindowsError"];

pub(super) fn find(survey: &Survey<'_>, world: &dyn World) -> Vec<Diagnostic> {
    if survey.is_open || !survey.stars.is_empty() {
        return Vec::new();
    }
    // What `and`, `or` or a conditional keeps to some versions.
    let versioned: Vec<Span> = survey
        .exprs()
        .filter(|(id, expr, _)| {
            matches!(expr, Expr::Conditional { .. } | Expr::Bool(..)) && survey.tells_versions(*id)
        })
        .map(|(id, ..)| survey.span(id))
        .collect();
    let mut found = Vec::new();
    for (id, expr, place) in survey.exprs() {
        let span = survey.span(id);
        if let Expr::Name(name) = expr
            && !versioned.iter().any(|around| around.start <= span.start && span.end <= around.end)
            && place.marks & (mark::GUARDED | mark::ANNOTATION) == 0
            && place.usage != Use::Target
            && let Some(finding) = unbound(survey, id, *name, place, world)
        {
            found.push(finding);
        }
    }
    found
}

fn unbound(
    survey: &Survey<'_>,
    id: ExprId,
    name: Name,
    place: Place,
    world: &dyn World,
) -> Option<Diagnostic> {
    let variable = survey.variable(place.scope, name);
    if variable.0 != 0 || !survey.bound(variable).is_empty() {
        return None;
    }
    let text = survey.name(variable.1);
    if MODULE.contains(&text) || INSTALLED.contains(&text) || world.is_builtin(text) {
        return None;
    }
    let in_class = |scope: ScopeId| survey.scope(scope).kind == ScopeKind::Class;
    let own = ["__class__", "__module__", "__qualname__", "__firstlineno__", "__classdict__"];
    if own.contains(&text) && survey.class_around(place.scope).is_some() {
        return None;
    }
    let span = survey.span(id);
    let message = format!("`{text}` is not defined");
    let finding = Diagnostic::lint("unbound-name", Severity::Warning, span, message)
        .label(span, "nothing in this file binds the name, and it is no builtin");
    // A member of the class around, asked for without its object?
    if let Some(class) = survey.class_around(place.scope)
        && !in_class(place.scope)
    {
        let scope = survey.class(class).scope;
        let stored = survey.self_values.contains_key(&(class, name));
        if stored || !survey.bound((scope, name)).is_empty() {
            return Some(finding.help(format!("did you mean `self.{text}`?")));
        }
    }
    if is_name_of_exception(survey, id) {
        return Some(finding.help(format!("to name the exception write `as {text}`")));
    }
    if let Some(advice) = world.advice(text) {
        return Some(finding.help(advice));
    }
    let near = nearest(survey, text, place.scope).map(str::to_owned);
    match near.or_else(|| world.near(text)) {
        Some(near) => Some(finding.help(format!("did you mean `{near}`?"))),
        None => Some(finding),
    }
}

/// `except ValueError, error:` once named the exception; now it catches two types.
fn is_name_of_exception(survey: &Survey<'_>, id: ExprId) -> bool {
    let span = survey.span(id);
    let (before, rest) = survey.text.split_at(span.start as usize);
    let line = before.rsplit('\n').next().unwrap_or(before).trim();
    let after = &rest[(span.end - span.start) as usize..];
    line.starts_with("except ")
        && !line.contains('(')
        && line.ends_with(',')
        && after.trim_start().starts_with(':')
}

/// The name in sight that looks most like this one.
fn nearest<'a>(survey: &Survey<'a>, text: &str, scope: ScopeId) -> Option<&'a str> {
    let limit = match text.chars().count() {
        0..=2 => return None,
        3..=5 => 1,
        _ => 2,
    };
    let mut best: Option<(usize, &str)> = None;
    let mut at = Some(scope);
    while let Some(id) = at {
        let here = survey.scope(id);
        if here.kind != ScopeKind::Class || id == scope {
            for &(owner, name) in survey.bindings.keys() {
                let other = survey.name(name);
                if owner != id || other.len().abs_diff(text.len()) > limit {
                    continue;
                }
                let distance = distance(text, other);
                let better = best.is_none_or(|(far, known)| (distance, other) < (far, known));
                if distance <= limit && better {
                    best = Some((distance, other));
                }
            }
        }
        at = here.parent;
    }
    best.map(|(_, name)| name)
}

/// How many characters to change, add, drop or swap.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let same = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (rows[i - 1][j] + 1).min(row[j - 1] + 1).min(rows[i - 1][j - 1] + same);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(rows[i - 2][j - 2] + 1);
            }
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}
