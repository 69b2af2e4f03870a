//! What async code does to its tasks: lets them go, stops all of them, keeps them from ending.

use sloop_grammar::ast::*;
use sloop_grammar::diagnostic::{Diagnostic, Severity};
use sloop_grammar::span::Span;

use super::awaits::shorten;
use super::flow;
use super::kinds::{Kind, Kinds};
use super::known;
use super::survey::{Body, Place, Survey, Use};

pub(super) fn find(kinds: &Kinds<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (id, expr, place) in kinds.survey.exprs() {
        let Expr::Call(callee, _) = expr else { continue };
        let is_async = kinds.survey.may_await(place.scope);
        // Plain code can start a task on a loop that it is about to run.
        if is_async || kinds.path_of(*callee).as_deref() == Some("asyncio.create_task") {
            dangling(kinds, id, place.usage, &mut found);
        }
        if is_async {
            blocking(kinds, id, *callee, &mut found);
        }
    }
    for &body in &kinds.survey.bodies {
        let is_async = kinds.survey.may_await(body.scope);
        if is_async {
            swallowed(kinds, body, &mut found);
            yields(kinds, body, &mut found);
        }
        lost_in_finally(body, &mut found);
    }
    found
}

fn warn(code: &'static str, span: Span, message: String) -> Diagnostic {
    Diagnostic::lint(code, Severity::Warning, span, message)
}

/// `create_task(…)` whose task nobody holds.
fn dangling(kinds: &Kinds<'_>, id: ExprId, usage: Use, found: &mut Vec<Diagnostic>) {
    let gathers = kinds.path_of_call(id).as_deref() == Some("asyncio.gather");
    if usage != Use::Statement || !(gathers || kinds.of(id) == Kind::Task) {
        return;
    }
    let survey = kinds.survey;
    let eager = ["eager_task_factory", "eager_start", "create_eager_task_factory"];
    if eager.iter().any(|name| survey.ast.names.find(name).is_some()) || is_joined(kinds, id) {
        return;
    }
    let span = survey.span(id);
    let text = shorten(survey.source(span));
    if gathers {
        found.push(
            warn("dangling-task", span, format!("nobody waits for `{text}`"))
                .label(span, "this starts tasks, and what follows does not wait for them")
                .help(format!("wait for them: `await {text}`")),
        );
        return;
    }
    found.push(
        warn("dangling-task", span, format!("nobody holds the task of `{text}`"))
            .label(span, "nobody waits for this task, cancels it or hears of its errors")
            .help("keep it and await it, or start it in a `TaskGroup`"),
    );
}

/// Does the function wait for something that it has given to the task, or return it: a queue, a
/// future?
fn is_joined(kinds: &Kinds<'_>, id: ExprId) -> bool {
    let survey = kinds.survey;
    let task = survey.span(id);
    let home = survey.scope(survey.place(id).scope).host;
    let within = |span: Span, outer: Span| outer.start <= span.start && span.end <= outer.end;
    let waits: Vec<Span> = survey
        .exprs()
        .filter(|(_, expr, place)| {
            let hands_over = matches!(expr, Expr::Await(_)) || place.usage == Use::Returned;
            hands_over && survey.scope(place.scope).host == home
        })
        .map(|(id, ..)| survey.span(id))
        .filter(|&span| !within(span, task))
        .collect();
    // Variables, and attributes of `self`, by their text.
    let shared = |id: ExprId, expr: &Expr, place: Place| match expr {
        Expr::Name(name) => {
            let general =
                matches!(kinds.of(id), Kind::Path(_) | Kind::Function(_) | Kind::Class(_));
            !general && survey.name(*name) != "self"
        }
        Expr::Attribute(object, _) => {
            let of_self = survey.source(survey.span(*object)) == "self";
            of_self && !matches!(place.usage, Use::Attribute(_) | Use::Callee(_))
        }
        _ => false,
    };
    let given: Vec<&str> = survey
        .exprs()
        .filter(|(id, expr, place)| {
            let span = survey.span(*id);
            within(span, task) && shared(*id, expr, *place)
        })
        .map(|(id, ..)| survey.source(survey.span(id)))
        .collect();
    survey.exprs().any(|(id, expr, place)| {
        let span = survey.span(id);
        matches!(expr, Expr::Name(_) | Expr::Attribute(..))
            && survey.scope(place.scope).host == home
            && waits.iter().any(|&wait| within(span, wait))
            && given.contains(&survey.source(span))
    })
}

/// A call that stops the loop while it lasts.
fn blocking(kinds: &Kinds<'_>, id: ExprId, callee: ExprId, found: &mut Vec<Diagnostic>) {
    let Some(path) = kinds.path_of(callee) else { return };
    let Some(instead) = known::blocking(&path) else { return };
    let span = kinds.survey.span(id);
    let name = path.strip_prefix("builtins.").unwrap_or(&path);
    let mut finding = warn("blocking-call", span, format!("`{name}` blocks the event loop"))
        .label(span, "no other task runs until this returns")
        .help(format!("write `{instead}`"));
    if path == "time.sleep"
        && let Expr::Attribute(..) = kinds.survey.ast.expr(callee)
        && kinds.survey.ast.names.find("asyncio").is_some()
    {
        let callee = kinds.survey.span(callee);
        finding = finding.fix(false, vec![(callee, "await asyncio.sleep".to_owned())]);
    }
    found.push(finding);
}

// ---- cancellation that ends in a handler

fn swallowed(kinds: &Kinds<'_>, body: Body<'_>, found: &mut Vec<Diagnostic>) {
    let survey = kinds.survey;
    let mut tries: Vec<(&Try, bool)> = Vec::new();
    collect_tries(survey.ast, body.block, false, &mut tries);
    for (try_, in_endless_loop) in tries {
        let Some(extent) = extent(&try_.body) else { continue };
        if try_.is_star || !survey.suspends(body.scope, extent) {
            continue;
        }
        for handler in &try_.handlers {
            let catches = caught(kinds, handler);
            let (all, cancelled) = match catches {
                Some(Caught::Everything) => (true, true),
                Some(Caught::Cancelled) => (false, true),
                None => (false, false),
            };
            let goes_on = all || (cancelled && in_endless_loop && !leaves(&handler.body));
            if goes_on && !passes_on(kinds, handler) {
                report_swallowed(survey, handler, all, found);
            }
            // Later handlers do not see a cancellation.
            if cancelled {
                break;
            }
        }
    }
}

fn report_swallowed(
    survey: &Survey<'_>,
    handler: &Handler,
    all: bool,
    found: &mut Vec<Diagnostic>,
) {
    let head = match handler.exception {
        Some(exception) => Span::new(handler.span.start, survey.span(exception).end),
        None => Span::new(handler.span.start, handler.span.start + "except".len() as u32),
    };
    let text = survey.source(head);
    let finding = warn("swallowed-cancel", head, format!("`{text}` swallows cancellation"));
    found.push(match (all, handler.exception) {
        (true, None) => finding
            .label(head, "this catches CancelledError too, and the task goes on")
            .help("write `except Exception:`, or end the handler with `raise`"),
        (true, Some(_)) => finding
            .label(head, "this catches CancelledError too, and the task goes on")
            .help("catch `Exception`, or end the handler with `raise`"),
        _ => finding
            .label(head, "the loop around goes on for ever: this task cannot be cancelled")
            .help("end the handler with `raise` or `break`"),
    });
}

/// The `try` statements of a body, with whether a loop without end is around them.
fn collect_tries<'a>(
    ast: &Ast,
    block: &'a [Stmt],
    endless: bool,
    found: &mut Vec<(&'a Try, bool)>,
) {
    for stmt in block {
        let mut inside = endless;
        match &stmt.kind {
            StmtKind::Try(try_) => found.push((try_, endless)),
            StmtKind::While(while_) => {
                let always = matches!(ast.expr(while_.test), Expr::True | Expr::Int(1));
                inside = always;
            }
            StmtKind::For(_) => inside = false,
            _ => {}
        }
        for inner in flow::blocks(stmt) {
            collect_tries(ast, inner, inside, found);
        }
    }
}

fn extent(block: &[Stmt]) -> Option<Span> {
    Some(block.first()?.span.to(block.last()?.span))
}

enum Caught {
    Everything,
    Cancelled,
}

fn caught(kinds: &Kinds<'_>, handler: &Handler) -> Option<Caught> {
    let Some(exception) = handler.exception else { return Some(Caught::Everything) };
    let all = match kinds.survey.ast.expr(exception) {
        Expr::Tuple(items) => items.to_vec(),
        _ => vec![exception],
    };
    let mut result = None;
    for one in all {
        match kinds.path_of(one).as_deref() {
            Some("builtins.BaseException") => return Some(Caught::Everything),
            Some(
                "asyncio.CancelledError"
                | "asyncio.exceptions.CancelledError"
                | "builtins.CancelledError"
                | "concurrent.futures.CancelledError",
            ) => result = Some(Caught::Cancelled),
            _ => {}
        }
    }
    result
}

/// Does a handler leave the loop around it?
fn leaves(block: &[Stmt]) -> bool {
    flow::holds(block, &|stmt| matches!(stmt.kind, StmtKind::Return(_) | StmtKind::Break))
}

/// Calls that hand on what was caught, or end the program.
const PASSES_ON: &[&str] = &["exc_info", "exit", "_exit", "abort", "set_exception", "exception"];

/// Does a handler raise, or give the exception to somebody else?
fn passes_on(kinds: &Kinds<'_>, handler: &Handler) -> bool {
    let survey = kinds.survey;
    if flow::holds(&handler.body, &|stmt| matches!(stmt.kind, StmtKind::Raise { .. })) {
        return true;
    }
    let Some(extent) = extent(&handler.body) else { return false };
    let inside = |id: ExprId| {
        let span = survey.span(id);
        extent.start <= span.start && span.end <= extent.end
    };
    survey.exprs().any(|(id, expr, place)| match expr {
        Expr::Name(name) if inside(id) => {
            let is_caught = handler.name.is_some_and(|ident| ident.name == *name);
            (is_caught && !is_shown(kinds, id, place.usage, extent))
                || PASSES_ON.contains(&survey.name(*name))
        }
        Expr::Attribute(_, ident) if inside(id) => {
            let name = survey.name(ident.name);
            PASSES_ON.contains(&name) && name != "exception"
        }
        _ => false,
    })
}

/// Is a value only shown to people?
fn is_shown(kinds: &Kinds<'_>, id: ExprId, usage: Use, handler: Span) -> bool {
    let survey = kinds.survey;
    match usage {
        // An f-string does not say where it goes: to the call around, if that shows things.
        Use::Formatted => {
            let span = survey.span(id);
            survey.exprs().any(|(call, expr, _)| {
                let whole = survey.span(call);
                matches!(expr, Expr::Call(..))
                    && handler.start <= whole.start
                    && whole.start <= span.start
                    && span.end <= whole.end
                    && shows(kinds, call)
            })
        }
        Use::Argument(call, _) if shows(kinds, call) => true,
        Use::Argument(call, _) => {
            let Expr::Call(callee, _) = survey.ast.expr(call) else { return false };
            matches!(kinds.builtin(*callee), Some("repr" | "str" | "type"))
                && is_shown(kinds, call, survey.place(call).usage, handler)
        }
        Use::Attribute(whole) => is_shown(kinds, whole, survey.place(whole).usage, handler),
        _ => false,
    }
}

/// Does a call only show what it is given?
fn shows(kinds: &Kinds<'_>, call: ExprId) -> bool {
    let Expr::Call(callee, _) = kinds.survey.ast.expr(call) else { return false };
    match kinds.survey.ast.expr(*callee) {
        Expr::Attribute(_, name) => {
            let levels = ["debug", "info", "warning", "error", "exception", "critical"];
            levels.contains(&kinds.survey.name(name.name))
        }
        _ => kinds.builtin(*callee) == Some("print"),
    }
}

/// `return`, `break` or `continue` in a `finally`: what was raised is gone.
fn lost_in_finally(body: Body<'_>, found: &mut Vec<Diagnostic>) {
    flow::every(body.block, &mut |stmt| {
        if let StmtKind::Try(try_) = &stmt.kind {
            leaving(&try_.finally, false, found);
        }
    });
}

fn leaving(block: &[Stmt], in_loop: bool, found: &mut Vec<Diagnostic>) {
    for stmt in block {
        let word = match &stmt.kind {
            StmtKind::Return(_) => "return",
            StmtKind::Break if !in_loop => "break",
            StmtKind::Continue if !in_loop => "continue",
            StmtKind::While(while_) => {
                leaving(&while_.body, true, found);
                continue;
            }
            StmtKind::For(for_) => {
                leaving(&for_.body, true, found);
                continue;
            }
            // It has a `finally` of its own, which is looked at on its own.
            StmtKind::Try(try_) => {
                leaving(&try_.body, in_loop, found);
                for handler in &try_.handlers {
                    leaving(&handler.body, in_loop, found);
                }
                continue;
            }
            _ => {
                for inner in flow::blocks(stmt) {
                    leaving(inner, in_loop, found);
                }
                continue;
            }
        };
        let span = Span::new(stmt.span.start, stmt.span.start + word.len() as u32);
        found.push(
            warn("lost-exception", span, format!("`{word}` in a `finally` block drops exceptions"))
                .label(span, "what is being raised ends here, a cancellation as well")
                .help(format!("put the `{word}` behind the `try` statement")),
        );
    }
}

// ---- generators suspended inside of a timeout

fn yields(kinds: &Kinds<'_>, body: Body<'_>, found: &mut Vec<Diagnostic>) {
    let survey = kinds.survey;
    let Some(func) = body.func.map(|func| survey.func(func)) else { return };
    // A decorator may make a context manager of it, where this is how it is done.
    if !func.is_generator || !func.def.decorators.is_empty() {
        return;
    }
    flow::every(body.block, &mut |stmt| {
        let StmtKind::With(with) = &stmt.kind else { return };
        let scope = with.items.iter().find_map(|item| {
            let path = kinds.path_of_call(item.context)?;
            known::CANCELLING.contains(&path.as_str()).then_some((item.context, path))
        });
        let (Some((context, path)), Some(extent)) = (scope, extent(&with.body)) else { return };
        let first = survey.exprs().filter(|(id, expr, place)| {
            let span = survey.span(*id);
            matches!(expr, Expr::Yield(_))
                && survey.scope(place.scope).host == body.scope
                && extent.start <= span.start
                && span.end <= extent.end
        });
        let Some((first, ..)) = first.min_by_key(|(id, ..)| survey.span(*id).start) else { return };
        let span = survey.span(first);
        let span = Span::new(span.start, span.start + "yield".len() as u32);
        found.push(
            warn("yield-in-scope", span, format!("`yield` inside of `{path}`"))
                .label(span, "the generator is suspended here, and the scope stays open")
                .label(survey.span(context), "this cancels whatever the caller does meanwhile")
                .help("collect the values inside and yield them behind, or use a queue"),
        );
    });
}
