//! Where control certainly does not go on: after `return`, `raise`, an endless loop.

use sloop_grammar::ast::*;

use super::survey::Survey;

/// Does control never go past the end of the block?
pub(super) fn ends(ast: &Ast, block: &[Stmt]) -> bool {
    block.iter().any(|stmt| stmt_ends(ast, stmt))
}

/// Does control never go on behind the statement?
pub(super) fn stmt_ends(ast: &Ast, stmt: &Stmt) -> bool {
    match &stmt.kind {
        StmtKind::Return(_) | StmtKind::Raise { .. } | StmtKind::Break | StmtKind::Continue => true,
        StmtKind::If(if_) => {
            !if_.orelse.is_empty()
                && if_.branches.iter().all(|branch| ends(ast, &branch.body))
                && ends(ast, &if_.orelse)
        }
        StmtKind::While(while_) => {
            let always = match ast.expr(while_.test) {
                Expr::True => true,
                Expr::Int(value) => *value != 0,
                _ => false,
            };
            always && !breaks(&while_.body)
        }
        StmtKind::Try(try_) => {
            if ends(ast, &try_.finally) {
                return true;
            }
            let body =
                ends(ast, &try_.body) || (!try_.orelse.is_empty() && ends(ast, &try_.orelse));
            body && try_.handlers.iter().all(|handler| ends(ast, &handler.body))
        }
        // A context may swallow what is raised inside: only leaving by other ways is certain.
        StmtKind::With(with) => leaves(&with.body),
        StmtKind::Match(match_) => {
            let whole = match_.cases.last().is_some_and(|case| {
                case.guard.is_none()
                    && matches!(case.pattern.kind, PatternKind::Wildcard | PatternKind::Capture(_))
            });
            whole && match_.cases.iter().all(|case| ends(ast, &case.body))
        }
        _ => false,
    }
}

/// Does the block end by `return`, `break` or `continue` before anything in it can raise?
fn leaves(block: &[Stmt]) -> bool {
    let first = block.first().map(|stmt| &stmt.kind);
    matches!(first, Some(StmtKind::Return(None) | StmtKind::Break | StmtKind::Continue))
}

/// Is there a `break` of the loop around?
pub(super) fn breaks(block: &[Stmt]) -> bool {
    block.iter().any(|stmt| match &stmt.kind {
        StmtKind::Break => true,
        StmtKind::If(if_) => {
            if_.branches.iter().any(|branch| breaks(&branch.body)) || breaks(&if_.orelse)
        }
        StmtKind::While(while_) => breaks(&while_.orelse),
        StmtKind::For(for_) => breaks(&for_.orelse),
        StmtKind::Try(try_) => {
            breaks(&try_.body)
                || try_.handlers.iter().any(|handler| breaks(&handler.body))
                || breaks(&try_.orelse)
                || breaks(&try_.finally)
        }
        StmtKind::With(with) => breaks(&with.body),
        StmtKind::Match(match_) => match_.cases.iter().any(|case| breaks(&case.body)),
        _ => false,
    })
}

/// The blocks inside of a statement, functions and classes left out.
pub(super) fn blocks(stmt: &Stmt) -> Vec<&[Stmt]> {
    match &stmt.kind {
        StmtKind::If(if_) => {
            let branches = if_.branches.iter().map(|branch| branch.body.as_slice());
            branches.chain([if_.orelse.as_slice()]).collect()
        }
        StmtKind::While(while_) => vec![&while_.body, &while_.orelse],
        StmtKind::For(for_) => vec![&for_.body, &for_.orelse],
        StmtKind::Try(try_) => {
            let handlers = try_.handlers.iter().map(|handler| handler.body.as_slice());
            let body = std::iter::once(try_.body.as_slice());
            body.chain(handlers).chain([try_.orelse.as_slice(), &try_.finally]).collect()
        }
        StmtKind::With(with) => vec![&with.body],
        StmtKind::Match(match_) => match_.cases.iter().map(|case| case.body.as_slice()).collect(),
        _ => Vec::new(),
    }
}

/// Calls `found` for every statement of the block and the blocks in it.
pub(super) fn every<'a>(block: &'a [Stmt], found: &mut dyn FnMut(&'a Stmt)) {
    for stmt in block {
        found(stmt);
        for inner in blocks(stmt) {
            every(inner, found);
        }
    }
}

/// Is one of the statements of the block, and of the blocks in it, such?
pub(super) fn holds(block: &[Stmt], wanted: &dyn Fn(&Stmt) -> bool) -> bool {
    let mut found = false;
    every(block, &mut |stmt| found |= wanted(stmt));
    found
}

/// Does a body only stand for one that is written elsewhere?
pub(super) fn is_stub(survey: &Survey<'_>, body: &[Stmt]) -> bool {
    body.iter().all(|stmt| match &stmt.kind {
        StmtKind::Pass | StmtKind::Raise { .. } => true,
        StmtKind::Expr(value) => {
            matches!(survey.ast.expr(*value), Expr::Str(_) | Expr::Ellipsis)
        }
        StmtKind::Return(value) => match value.map(|value| survey.ast.expr(value)) {
            None => true,
            Some(value) => matches!(value, Expr::None),
        },
        StmtKind::Assert { test, .. } => matches!(survey.ast.expr(*test), Expr::False),
        _ => false,
    })
}
