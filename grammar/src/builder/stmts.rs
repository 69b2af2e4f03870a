//! Actions for statements: targets, clauses, definitions.

use super::{Arg, Builder};
use crate::ast::*;
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::targets::{self, Use};

pub struct ExceptHead {
    pub span: Span,
    pub is_star: bool,
    pub exception: Option<ExprId>,
    pub name: Option<Ident>,
}

impl Builder<'_> {
    pub fn stmt(&mut self, l: u32, r: u32, kind: StmtKind) -> Stmt {
        Stmt { kind, span: Span::new(l, r) }
    }

    /// A statement that ends with its last block.
    pub fn compound(&mut self, l: u32, kind: StmtKind) -> Stmt {
        let end = |block: &Block| block.last().map(|stmt| stmt.span.end);
        let end = match &kind {
            StmtKind::If(stmt) => {
                let last = stmt.branches.last();
                end(&stmt.orelse).or_else(|| last.and_then(|branch| end(&branch.body)))
            }
            StmtKind::While(stmt) => end(&stmt.orelse).or_else(|| end(&stmt.body)),
            StmtKind::For(stmt) => end(&stmt.orelse).or_else(|| end(&stmt.body)),
            StmtKind::Try(stmt) => end(&stmt.finally)
                .or_else(|| end(&stmt.orelse))
                .or_else(|| stmt.handlers.last().and_then(|handler| end(&handler.body)))
                .or_else(|| end(&stmt.body)),
            StmtKind::With(stmt) => end(&stmt.body),
            StmtKind::Match(stmt) => stmt.cases.last().and_then(|case| end(&case.body)),
            StmtKind::Function(stmt) => end(&stmt.body),
            StmtKind::Class(stmt) => end(&stmt.body),
            _ => None,
        };
        Stmt { span: Span::new(l, end.unwrap_or(l)), kind }
    }

    pub fn decorated(&mut self, l: u32, list: Vec<ExprId>, mut kind: StmtKind) -> Stmt {
        match &mut kind {
            StmtKind::Function(def) => def.decorators = list,
            StmtKind::Class(def) => def.decorators = list,
            _ => {}
        }
        self.compound(l, kind)
    }

    pub fn make_async(&mut self, mut kind: StmtKind) -> StmtKind {
        match &mut kind {
            StmtKind::Function(def) => def.is_async = true,
            StmtKind::For(stmt) => stmt.is_async = true,
            StmtKind::With(stmt) => stmt.is_async = true,
            _ => {}
        }
        kind
    }

    pub fn expression_source(&mut self, l: u32, e: ExprId, r: u32) -> Block {
        vec![Stmt { kind: StmtKind::Expr(e), span: Span::new(l, r) }]
    }

    // ---- assignment --------------------------------------------------------------------

    pub(super) fn check_target(&mut self, target: ExprId, usage: Use) {
        if let Some(part) = targets::invalid_part(&self.ast, target, usage) {
            self.error(targets::bad_target(&self.ast, part, usage, false));
        }
    }

    pub fn assign(&mut self, targets: Vec<ExprId>, value: ExprId) -> StmtKind {
        for &target in &targets {
            let Some(part) = targets::invalid_part(&self.ast, target, Use::Assign) else {
                continue;
            };
            if let Expr::Yield(_) | Expr::YieldFrom(_) = self.ast.expr(part)
                && !self.ast.is_parenthesized(part)
            {
                let span = self.ast.span(part);
                let message = "assignment to yield expression not possible";
                self.error(Diagnostic::error("bad-target", span, message));
                break;
            }
            let error = self.meant_otherwise(&targets, value);
            self.error(
                error.unwrap_or_else(|| targets::bad_target(&self.ast, part, Use::Assign, false)),
            );
            break;
        }
        StmtKind::Assign { targets: targets.into(), value }
    }

    /// The first `=` of an assignment that cannot be one, read as a slip for `==` or `:=`.
    fn meant_otherwise(&self, targets: &[ExprId], value: ExprId) -> Option<Diagnostic> {
        let items = |id: ExprId| match self.ast.expr(id) {
            Expr::Tuple(items) if !self.ast.is_parenthesized(id) => &items[..],
            _ => &[],
        };
        // In `a, f() = b` it is the last item that stands before the `=`.
        let left = *items(targets[0]).last().unwrap_or(&targets[0]);
        let next = targets.get(1).copied();
        let after = next.unwrap_or(value);
        let first = *items(after).first().unwrap_or(&after);
        let right = match self.ast.expr(first) {
            _ if self.is_operand(first) => first,
            Expr::Bool(_, operands) => operands[0],
            Expr::Compare(first, _) => *first,
            Expr::Conditional { body, .. } => *body,
            _ => return None,
        };
        if !self.is_operand(right) || next.is_some() && right == after {
            return None;
        }
        if let Expr::Name(_) = self.ast.expr(left)
            && !self.ast.is_parenthesized(left)
        {
            let span = self.ast.span(left).to(self.outer(right));
            return Some(targets::assigned_within(span, self.after_name(self.outer(left))));
        }
        let compares = self.may_be_comparison(left, value);
        compares.then(|| targets::bad_target(&self.ast, left, Use::Assign, true))
    }

    /// Would `target == value` have been a comparison of two operands?
    pub(super) fn may_be_comparison(&self, target: ExprId, value: ExprId) -> bool {
        let left = match self.ast.expr(target) {
            Expr::List(_) | Expr::Tuple(_) | Expr::None | Expr::True | Expr::False => false,
            Expr::Comprehension(c) => c.kind != ComprehensionKind::Generator,
            _ => self.is_operand(target),
        };
        left && match self.ast.expr(value) {
            // `f() = 1, 2` reads like the comparison `f() == 1` with something after it.
            Expr::Tuple(items) if !self.ast.is_parenthesized(value) => self.is_operand(items[0]),
            Expr::Bool(_, operands) => self.is_operand(operands[0]),
            Expr::Compare(first, _) => self.is_operand(*first),
            Expr::Conditional { body, .. } => self.is_operand(*body),
            _ => self.is_operand(value),
        }
    }

    /// Does it bind at least as tightly as `|`?
    fn is_operand(&self, id: ExprId) -> bool {
        self.ast.is_parenthesized(id)
            || !matches!(
                self.ast.expr(id),
                Expr::Bool(..)
                    | Expr::Compare(..)
                    | Expr::Conditional { .. }
                    | Expr::Lambda(_)
                    | Expr::Starred(_)
                    | Expr::Tuple(_)
                    | Expr::Unary(UnaryOp::Not, _)
                    | Expr::Walrus(..)
                    | Expr::Yield(_)
                    | Expr::YieldFrom(_)
            )
    }

    fn is_single_target(&self, target: ExprId) -> bool {
        matches!(
            self.ast.expr(target),
            Expr::Name(_) | Expr::Attribute(..) | Expr::Subscript(..) | Expr::Error
        )
    }

    pub fn aug_assign(&mut self, target: ExprId, op: BinaryOp, value: ExprId) -> StmtKind {
        if !self.is_single_target(target) {
            self.error(targets::bad_aug_target(&self.ast, target));
        }
        StmtKind::AugAssign { target, op, value }
    }

    pub fn ann_assign(
        &mut self,
        target: ExprId,
        annotation: ExprId,
        value: Option<ExprId>,
    ) -> StmtKind {
        if !self.is_single_target(target) {
            let span = match self.ast.expr(target) {
                Expr::Tuple(items) if !self.ast.is_parenthesized(target) => self.ast.span(items[0]),
                _ => self.ast.span(target),
            };
            self.error(targets::bad_annotation(&self.ast, target, span));
        }
        StmtKind::AnnAssign { target, annotation, value }
    }

    pub fn delete(&mut self, target: ExprId) -> StmtKind {
        self.check_target(target, Use::Delete);
        let targets = match self.ast.expr(target) {
            Expr::Tuple(items) if !self.ast.is_parenthesized(target) => items.clone(),
            _ => [target].into(),
        };
        StmtKind::Delete(targets)
    }

    // ---- imports -----------------------------------------------------------------------

    pub fn alias(&mut self, l: u32, r: u32, path: Vec<Ident>, alias: Option<Ident>) -> Alias {
        Alias { path: path.into(), alias, span: Span::new(l, r) }
    }

    pub fn import_names(&mut self, names: Vec<Alias>, comma: bool, l: u32, r: u32) -> ImportNames {
        if comma {
            let span = Span::new(r, r);
            let message = "trailing comma not allowed without surrounding parentheses";
            self.error(
                Diagnostic::error("trailing-comma", span, message)
                    .label(Span::new(l, r), "no name follows this comma"),
            );
        }
        ImportNames::Names(names.into())
    }

    pub fn import_from(&mut self, level: u32, module: Vec<Ident>, names: ImportNames) -> StmtKind {
        StmtKind::ImportFrom(Box::new(ImportFrom { level, module: module.into(), names }))
    }

    // ---- compound statements -----------------------------------------------------------

    pub fn if_stmt(
        &mut self,
        test: ExprId,
        body: Block,
        mut rest: Vec<Branch>,
        orelse: Block,
    ) -> StmtKind {
        rest.insert(0, Branch { test, body });
        StmtKind::If(Box::new(If { branches: rest, orelse }))
    }

    pub fn for_stmt(
        &mut self,
        target: ExprId,
        iter: ExprId,
        body: Block,
        orelse: Block,
    ) -> StmtKind {
        self.check_target(target, Use::For);
        StmtKind::For(Box::new(For { is_async: false, target, iter, body, orelse }))
    }

    pub fn with_item(&mut self, context: ExprId, target: ExprId) -> WithItem {
        self.check_target(target, Use::Assign);
        WithItem { context, target: Some(target) }
    }

    pub fn with_stmt(&mut self, mut items: Vec<WithItem>, body: Block) -> StmtKind {
        // `with (a, b):` has two items, unless they could only be a tuple.
        if let [WithItem { context, target: None }] = items[..]
            && let Expr::Tuple(contexts) = self.ast.expr(context)
            && !contexts.is_empty()
            && contexts.iter().all(|&item| {
                !matches!(self.ast.expr(item), Expr::Starred(_) | Expr::Walrus(..))
                    || (self.ast.is_parenthesized(item))
            })
        {
            items = contexts.iter().map(|&context| WithItem { context, target: None }).collect();
        }
        StmtKind::With(Box::new(With { is_async: false, items, body }))
    }

    pub fn except(
        &mut self,
        l: u32,
        r: u32,
        is_star: bool,
        exception: Option<ExprId>,
        name: Option<ExprId>,
    ) -> ExceptHead {
        let span = Span::new(l, r);
        let name = name.and_then(|target| match *self.ast.expr(target) {
            Expr::Name(name) if !self.ast.is_parenthesized(target) => {
                Some(Ident { name, span: self.ast.span(target) })
            }
            _ => {
                let at = self.stumble(target);
                self.error(
                    Diagnostic::error("bad-except-name", at, "invalid syntax")
                        .label(self.outer(target), "the exception can be given a plain name only"),
                );
                None
            }
        });
        if let (Some(exception), Some(_)) = (exception, name)
            && let Expr::Tuple(items) = self.ast.expr(exception)
            && !self.ast.is_parenthesized(exception)
        {
            let at = self.ast.span(items[0]);
            let message = "multiple exception types must be parenthesized when using 'as'";
            let all = self.ast.span(exception);
            self.error(
                Diagnostic::error("except-parentheses", Span::new(at.start, r), message)
                    .help(format!("write `except ({}) as …:`", self.text(all))),
            );
        }
        ExceptHead { span, is_star, exception, name }
    }

    pub fn try_stmt(
        &mut self,
        body: Block,
        handlers: Vec<(ExceptHead, Block)>,
        orelse: Block,
        finally: Block,
    ) -> StmtKind {
        let is_star = handlers.first().is_some_and(|(head, _)| head.is_star);
        for (index, (head, _)) in handlers.iter().enumerate() {
            let keyword = Span::new(head.span.start, head.span.start + "except".len() as u32);
            if head.is_star != is_star {
                let message = "cannot have both 'except' and 'except*' on the same 'try'";
                self.error(Diagnostic::error("mixed-except", keyword, message));
                break;
            }
            if head.exception.is_none() && index + 1 < handlers.len() {
                let next = handlers[index + 1].0.span;
                self.error(
                    Diagnostic::error("except-order", keyword, "default 'except:' must be last")
                        .label(keyword, "this catches everything")
                        .label(next, "so this is never reached"),
                );
                break;
            }
        }
        let handlers = handlers.into_iter().map(|(head, body)| {
            let end = body.last().map_or(head.span.end, |stmt| stmt.span.end);
            let span = Span::new(head.span.start, end);
            Handler { exception: head.exception, name: head.name, body, span }
        });
        let handlers = handlers.collect();
        StmtKind::Try(Box::new(Try { body, handlers, is_star, orelse, finally }))
    }

    // ---- definitions -------------------------------------------------------------------

    pub fn class(
        &mut self,
        name: Ident,
        type_params: Vec<TypeParam>,
        arguments: Vec<Arg>,
        body: Block,
    ) -> StmtKind {
        if let [Arg::Generator(e)] = arguments[..]
            && let Expr::Comprehension(comprehension) = self.ast.expr(e)
        {
            let span = comprehension.clauses[0].span;
            self.error(
                Diagnostic::error("bare-generator", span, "invalid syntax")
                    .label(span, "a generator is no base class"),
            );
        }
        let end = name.span.end;
        let arguments = self.arguments(arguments, end);
        let decorators = Vec::new();
        StmtKind::Class(Box::new(Class { name, decorators, type_params, arguments, body }))
    }

    pub fn function(
        &mut self,
        name: Ident,
        type_params: Vec<TypeParam>,
        params: Box<Params>,
        returns: Option<ExprId>,
        body: Block,
    ) -> StmtKind {
        StmtKind::Function(Box::new(Function {
            is_async: false,
            name,
            decorators: Vec::new(),
            type_params,
            params,
            returns,
            body,
        }))
    }

    pub fn variadic_type_param(
        &mut self,
        kind: TypeParamKind,
        ident: Ident,
        bound: Option<ExprId>,
        default: Option<ExprId>,
    ) -> TypeParam {
        if let Some(bound) = bound {
            let at = self.outer(bound).start;
            let at = self.source[..at as usize].rfind(':').unwrap_or(0) as u32;
            let span = Span::new(at, at + 1);
            let what = match kind {
                TypeParamKind::TypeVarTuple => "TypeVarTuple",
                _ => "ParamSpec",
            };
            let how = match self.ast.expr(bound) {
                Expr::Tuple(_) => "constraints",
                _ => "bound",
            };
            let message = format!("cannot use {how} with {what}");
            self.error(Diagnostic::error("bad-type-param", span, message));
        }
        TypeParam { kind, ident, bound: None, default }
    }

    pub fn type_params(&mut self, params: Vec<TypeParam>) -> Vec<TypeParam> {
        let mut defaulted = false;
        for param in &params {
            if param.default.is_none() && defaulted {
                let name = self.text(param.ident.span);
                let message =
                    format!("non-default type parameter '{name}' follows default type parameter");
                self.error(Diagnostic::error("default-order", param.ident.span, message));
            }
            defaulted |= param.default.is_some();
        }
        params
    }
}
