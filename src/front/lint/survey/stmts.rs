//! The walk over statements and definitions.

use sloop_grammar::ast::*;

use super::{Body, Bound, ClassId, ClassInfo, Func, FuncId, Survey, Use, VERSIONS};
use crate::compile::scope::{Key, ScopeId};

impl<'a> Survey<'a> {
    pub(super) fn block(&mut self, block: &'a [Stmt], scope: ScopeId) {
        for stmt in block {
            self.stmt(stmt, scope);
        }
    }

    pub(super) fn stmt(&mut self, stmt: &'a Stmt, scope: ScopeId) {
        let start = stmt.span.start;
        match &stmt.kind {
            StmtKind::Expr(value) => self.expr(*value, scope, Use::Statement),
            StmtKind::Assign { targets, value } => {
                let usage = match targets.as_ref() {
                    [target] => match self.ast.expr(*target) {
                        Expr::Name(_) => Use::Bound(*target),
                        Expr::Tuple(_) | Expr::List(_) => Use::TakenApart,
                        _ => Use::Other,
                    },
                    _ => Use::Other,
                };
                self.expr(*value, scope, usage);
                for &target in targets.iter() {
                    self.target(target, scope, Bound::Value(*value));
                }
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.target(*target, scope, Bound::Augmented);
                if let Expr::Name(name) = self.ast.expr(*target) {
                    self.read(*target, *name, scope);
                }
                self.expr(*value, scope, Use::Added(*target));
            }
            StmtKind::AnnAssign { target, annotation, value } => {
                let bound = Bound::Annotated(*annotation, *value);
                match self.ast.expr(*target) {
                    Expr::Name(_) => self.target(*target, scope, bound),
                    _ => self.target(*target, scope, Bound::Other),
                }
                self.annotation(*annotation, scope);
                self.option(*value, scope, Use::Other);
            }
            StmtKind::Pass | StmtKind::Break | StmtKind::Continue | StmtKind::Error => {}
            StmtKind::Return(value) => {
                self.option(*value, scope, Use::Returned);
                if let (Some(value), Some(&func)) = (value, self.function_of.get(&scope)) {
                    self.functions[func.0 as usize].returns.push(*value);
                }
            }
            StmtKind::Raise { exception, cause } => {
                self.option(*exception, scope, Use::Raised);
                self.option(*cause, scope, Use::Raised);
            }
            StmtKind::Delete(targets) => {
                for &target in targets.iter() {
                    self.delete(target, scope);
                }
            }
            StmtKind::Assert { test, message } => {
                self.expr(*test, scope, Use::Test);
                self.option(*message, scope, Use::Other);
            }
            StmtKind::Global(_) | StmtKind::Nonlocal(_) => {}
            StmtKind::Import(aliases) => {
                for alias in aliases.iter() {
                    let path: Vec<&str> =
                        alias.path.iter().map(|part| self.name(part.name)).collect();
                    match alias.alias {
                        Some(name) => self.bind_ident(name, scope, Bound::Import(path.join("."))),
                        None => {
                            let first = Bound::Import(path[0].to_owned());
                            self.bind_ident(alias.path[0], scope, first);
                        }
                    }
                }
            }
            StmtKind::ImportFrom(import) => self.import_from(import, scope),
            StmtKind::If(if_) => {
                let guarded = self.guarded;
                for branch in &if_.branches {
                    self.expr(branch.test, scope, Use::Test);
                    self.guarded |= self.tells_versions(branch.test);
                    self.block(&branch.body, scope);
                }
                self.block(&if_.orelse, scope);
                self.guarded = guarded;
            }
            StmtKind::While(while_) => {
                self.expr(while_.test, scope, Use::Test);
                self.block(&while_.body, scope);
                self.block(&while_.orelse, scope);
            }
            StmtKind::For(for_) => {
                if for_.is_async {
                    self.suspensions.push((scope, start));
                }
                let usage = Use::Iterated { is_async: for_.is_async, keyword: start };
                self.expr(for_.iter, scope, usage);
                self.target(for_.target, scope, Bound::Other);
                self.block(&for_.body, scope);
                self.block(&for_.orelse, scope);
            }
            StmtKind::Try(try_) => self.try_(try_, scope),
            StmtKind::With(with) => {
                if with.is_async {
                    self.suspensions.push((scope, start));
                }
                for item in &with.items {
                    let usage = Use::Entered { is_async: with.is_async, keyword: start };
                    self.expr(item.context, scope, usage);
                    if let Some(target) = item.target {
                        self.target(target, scope, Bound::Entered(item.context));
                    }
                }
                self.block(&with.body, scope);
            }
            StmtKind::Match(match_) => {
                self.expr(match_.subject, scope, Use::Other);
                for case in &match_.cases {
                    self.pattern(&case.pattern, scope);
                    self.option(case.guard, scope, Use::Test);
                    self.block(&case.body, scope);
                }
            }
            StmtKind::Function(function) => self.function(function, scope),
            StmtKind::Class(class) => self.class_def(class, scope),
            StmtKind::TypeAlias(alias) => {
                self.bind_ident(alias.name, scope, Bound::Other);
                let key = Key::TypeParams(alias.name.span.start);
                let around = self.scope_at(key, scope);
                self.type_params(&alias.type_params, around);
                let inside = self.scope_at(Key::Lazy(alias.value.0), around);
                self.annotation(alias.value, inside);
            }
        }
    }

    pub(super) fn try_(&mut self, try_: &'a Try, scope: ScopeId) {
        let guarded = self.guarded;
        self.guarded |= try_.handlers.iter().any(|handler| match handler.exception {
            None => true,
            Some(exception) => self.mentions(exception, &["NameError", "Exception"]),
        });
        self.block(&try_.body, scope);
        self.guarded = guarded;
        for handler in &try_.handlers {
            self.option(handler.exception, scope, Use::Other);
            if let Some(name) = handler.name {
                self.bind_ident(name, scope, Bound::Other);
            }
            self.block(&handler.body, scope);
        }
        self.block(&try_.orelse, scope);
        self.block(&try_.finally, scope);
    }

    pub(super) fn import_from(&mut self, import: &'a ImportFrom, scope: ScopeId) {
        let parts: Vec<&str> = import.module.iter().map(|part| self.name(part.name)).collect();
        let module = ".".repeat(import.level as usize) + &parts.join(".");
        match &import.names {
            ImportNames::Star(span) => self.stars.push((*span, module)),
            ImportNames::Names(aliases) => {
                for alias in aliases.iter() {
                    let path = format!("{module}.{}", self.name(alias.path[0].name));
                    let name = alias.alias.unwrap_or(alias.path[0]);
                    self.bind_ident(name, scope, Bound::Import(path));
                }
            }
        }
    }

    pub(super) fn function(&mut self, function: &'a Function, scope: ScopeId) {
        for &decorator in &function.decorators {
            self.expr(decorator, scope, Use::Decorator);
        }
        let at = function.name.span.start;
        let inside = self.scope_at(Key::Function(at), scope);
        let around = self.scope_at(Key::TypeParams(at), scope);
        let id = FuncId(self.functions.len() as u32);
        let scope_of = self.scope(inside);
        let is_generator = scope_of.has_yield;
        self.functions.push(Func {
            def: function,
            scope: inside,
            class: self.class_of.get(&scope).copied(),
            is_generator,
            returns: Vec::new(),
        });
        self.function_of.insert(inside, id);
        self.bind_ident(function.name, scope, Bound::Function(id));
        self.type_params(&function.type_params, around);
        self.params(&function.params, scope, around, inside, Some(id));
        if let Some(returns) = function.returns {
            self.annotation(returns, around);
        }
        self.bodies.push(Body { scope: inside, block: &function.body, func: Some(id) });
        self.block(&function.body, inside);
    }

    pub(super) fn params(
        &mut self,
        params: &'a Params,
        outer: ScopeId,
        around: ScopeId,
        inside: ScopeId,
        func: Option<FuncId>,
    ) {
        let plain = params.positional_only.iter().chain(&params.positional);
        let rest = params.star.as_deref().into_iter().chain(&params.keyword_only);
        let rest = rest.chain(params.double_star.as_deref());
        let count = params.positional_only.len() + params.positional.len();
        for (index, param) in plain.chain(rest).enumerate() {
            self.option(param.default, outer, Use::Other);
            if let Some(annotation) = param.annotation {
                self.annotation(annotation, around);
            }
            let is_rest =
                index >= count && !params.keyword_only.iter().any(|p| std::ptr::eq(p, param));
            let bound = match is_rest {
                true => Bound::Other,
                false => Bound::Param { func, index, annotation: param.annotation },
            };
            self.bind_ident(param.ident, inside, bound);
        }
    }

    pub(super) fn class_def(&mut self, class: &'a Class, scope: ScopeId) {
        for &decorator in &class.decorators {
            self.expr(decorator, scope, Use::Decorator);
        }
        let at = class.name.span.start;
        let around = self.scope_at(Key::TypeParams(at), scope);
        let inside = self.scope_at(Key::Class(at), scope);
        let id = ClassId(self.classes.len() as u32);
        self.classes.push(ClassInfo { def: class, scope: inside });
        self.class_of.insert(inside, id);
        self.bind_ident(class.name, scope, Bound::Class(id));
        self.type_params(&class.type_params, around);
        for argument in class.arguments.iter() {
            let (Argument::Positional(value)
            | Argument::Star(value)
            | Argument::Keyword(_, value)
            | Argument::DoubleStar(value)) = argument;
            self.expr(*value, around, Use::Other);
        }
        self.bodies.push(Body { scope: inside, block: &class.body, func: None });
        self.block(&class.body, inside);
    }

    pub(super) fn type_params(&mut self, params: &'a [TypeParam], around: ScopeId) {
        for param in params {
            self.bind_ident(param.ident, around, Bound::Other);
            for value in [param.bound, param.default].into_iter().flatten() {
                let inside = self.scope_at(Key::Lazy(value.0), around);
                self.annotation(value, inside);
            }
        }
    }

    /// Does a test tell versions or platforms apart?
    pub fn tells_versions(&self, test: ExprId) -> bool {
        self.mentions(test, VERSIONS)
    }

    /// Is one of the names or attributes somewhere in the expression?
    pub(super) fn mentions(&self, expr: ExprId, wanted: &[&str]) -> bool {
        let text = self.source(self.span(expr));
        text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| wanted.contains(&word))
    }
}
