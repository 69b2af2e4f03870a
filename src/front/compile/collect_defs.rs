//! The part of the walk that goes over definitions: functions, classes, type parameters and
//! annotations, each with its scopes.

use sloop_grammar::ast::*;
use sloop_grammar::diagnostic::Diagnostic;
use sloop_grammar::span::Span;

use super::collect::Collector;
use super::scope::{Key, LazyKind, ScopeId, ScopeKind, flag};

impl<'a> Collector<'a, '_, '_> {
    pub(super) fn annotated(
        &mut self,
        target: ExprId,
        annotation: ExprId,
        value: Option<ExprId>,
        whole: Span,
    ) {
        let span = self.ast.span(target);
        let simple = match self.ast.expr(target) {
            Expr::Name(name) if !self.ast.is_parenthesized(target) => Some(*name),
            _ => None,
        };
        if let Some(name) = simple {
            let name = self.mangle(name);
            let declared = self
                .scopes
                .symbol(self.current, name)
                .map_or(0, |symbol| symbol.flags & (flag::GLOBAL | flag::NONLOCAL));
            if declared != 0 && self.current != 0 {
                let what = match declared & flag::GLOBAL {
                    0 => "nonlocal",
                    _ => "global",
                };
                let text = self.names.text(name).to_string();
                self.error(
                    "annotated-declaration",
                    whole,
                    format!("annotated name '{text}' can't be {what}"),
                );
            }
            self.check_store(name, span);
            self.scopes.add(self.current, name, flag::BOUND | flag::ANNOTATED, span);
        } else if value.is_some() || !matches!(self.ast.expr(target), Expr::Name(_)) {
            self.target(target, 0);
        }
        let owner = self.current;
        let kind = self.scopes.get(owner).kind;
        if kind == ScopeKind::Module && self.scopes.separate_namespace {
            // Nobody else can ask for them later: they are evaluated where they stand.
            self.option(value);
            match self.ast.expr(annotation) {
                _ if self.future_annotations => self.discarded(annotation),
                Expr::Starred(value) => self.expr(*value),
                _ => self.expr(annotation),
            }
            if let Some(name) = simple {
                let name = self.mangle(name);
                self.scopes.get_mut(owner).annotations.push((name, annotation));
            }
            return;
        }
        let Some(name) = simple.filter(|_| matches!(kind, ScopeKind::Module | ScopeKind::Class))
        else {
            self.discarded(annotation);
            self.option(value);
            return;
        };
        let name = self.mangle(name);
        self.scopes.get_mut(owner).annotations.push((name, annotation));
        let key = Key::BodyAnnotations(owner);
        let scope = match self.scopes.keys.get(&key) {
            Some(&scope) => scope,
            None => self.annotation_scope(key),
        };
        self.annotation(scope, annotation);
        self.option(value);
    }

    /// Walks an annotation that is never evaluated, for its errors alone.
    fn discarded(&mut self, annotation: ExprId) {
        let scope = self.scopes.open(ScopeKind::Annotations, Some(self.current), self.class_name);
        self.scopes.get_mut(scope).is_discarded = true;
        self.inside(scope, |this| match this.ast.expr(annotation) {
            Expr::Starred(value) => this.expr(*value),
            _ => this.expr(annotation),
        });
    }

    fn annotation_scope(&mut self, key: Key) -> ScopeId {
        let scope = self.open(ScopeKind::Annotations, key);
        self.format_parameter(scope);
        scope
    }

    fn annotation(&mut self, scope: ScopeId, annotation: ExprId) {
        if self.future_annotations {
            self.discarded(annotation);
            return;
        }
        self.inside(scope, |this| match this.ast.expr(annotation) {
            Expr::Starred(value) => this.expr(*value),
            _ => this.expr(annotation),
        });
    }

    fn format_parameter(&mut self, scope: ScopeId) {
        // Its name must not hide a global called `format` from the annotations.
        let hidden = self.names.known.format;
        self.scopes.add(scope, hidden, flag::PARAM | flag::BOUND, Span::default());
    }

    pub(super) fn function(&mut self, function: &'a Function, span: Span) {
        for &decorator in &function.decorators {
            self.expr(decorator);
        }
        self.defaults(&function.params);
        self.bind_in(function.name, 0, span);
        let at = function.name.span.start;
        let outer = self.current;
        if !function.type_params.is_empty() {
            let scope = self.open(ScopeKind::TypeParams, Key::TypeParams(at));
            self.generic_parameters(scope, &function.params);
            self.current = scope;
            self.type_params(&function.type_params);
        }
        self.annotations(function, at);
        let scope = self.open(ScopeKind::Function, Key::Function(at));
        self.scopes.get_mut(scope).is_async = function.is_async;
        let kept = self.iterables;
        self.iterables = 0;
        self.inside(scope, |this| {
            this.parameters(&function.params);
            this.block(&function.body);
        });
        self.iterables = kept;
        self.finish_function(scope);
        self.current = outer;
    }

    /// The parameters by which defaults reach the function inside a scope of type parameters.
    pub(super) fn generic_parameters(&mut self, scope: ScopeId, params: &Params) {
        let known = self.names.known;
        let all = params.positional_only.iter().chain(&params.positional);
        if all.into_iter().any(|param| param.default.is_some()) {
            self.hidden(scope, known.defaults, flag::PARAM);
        }
        if params.keyword_only.iter().any(|p| p.default.is_some()) {
            self.hidden(scope, known.keyword_defaults, flag::PARAM);
        }
    }

    pub(super) fn hidden(&mut self, scope: ScopeId, name: Name, flags: u16) {
        self.scopes.add(scope, name, flags | flag::BOUND, Span::default());
    }

    pub(super) fn finish_function(&mut self, scope: ScopeId) {
        let scope = self.scopes.get(scope);
        if scope.is_async && scope.has_yield {
            for &span in &scope.returns_value {
                self.reports.add(
                    Diagnostic::error(
                        "return-in-async-generator",
                        span,
                        "'return' with value in async generator",
                    )
                    .label(span, "an async generator yields values and returns none"),
                );
            }
        }
    }

    pub(super) fn defaults(&mut self, params: &'a Params) {
        for param in
            params.positional_only.iter().chain(&params.positional).chain(&params.keyword_only)
        {
            self.option(param.default);
        }
    }

    pub(super) fn parameters(&mut self, params: &'a Params) {
        let all = params
            .positional_only
            .iter()
            .chain(&params.positional)
            .chain(&params.keyword_only)
            .chain(params.star.as_deref())
            .chain(params.double_star.as_deref());
        for param in all {
            let name = self.mangle(param.ident.name);
            let span = param.ident.span;
            if let Some(symbol) = self.scopes.symbol(self.current, name) {
                let first = symbol.span;
                let text = self.names.text(name).to_string();
                self.reports.add(
                    Diagnostic::error(
                        "duplicate-argument",
                        span,
                        format!("duplicate argument '{text}' in function definition"),
                    )
                    .label(span, "the same name again")
                    .label(first, "first given here"),
                );
                // Keeps one register per parameter, whatever its name.
                let unique = self.names.intern(&format!(".{}", span.start));
                self.scopes.add(self.current, unique, flag::PARAM | flag::BOUND, span);
                continue;
            }
            self.check_store(name, span);
            self.scopes.add(self.current, name, flag::PARAM | flag::BOUND, span);
        }
    }

    fn annotations(&mut self, function: &'a Function, at: u32) {
        let params = &function.params;
        let annotations = params
            .positional_only
            .iter()
            .chain(&params.positional)
            .chain(&params.keyword_only)
            .chain(params.star.as_deref())
            .chain(params.double_star.as_deref())
            .filter_map(|param| param.annotation)
            .chain(function.returns);
        let mut scope = None;
        for annotation in annotations {
            let id = *scope.get_or_insert_with(|| self.annotation_scope(Key::Annotations(at)));
            self.annotation(id, annotation);
        }
    }

    pub(super) fn class(&mut self, class: &'a Class, span: Span) {
        for &decorator in &class.decorators {
            self.expr(decorator);
        }
        self.bind_in(class.name, 0, span);
        let at = class.name.span.start;
        let outer = self.current;
        let outer_name = self.class_name;
        if !class.type_params.is_empty() {
            let parameters = class.type_params.iter().map(|param| param.ident.name);
            self.class_name = Some(self.names.around_class(class.name.name, parameters));
            let scope = self.open(ScopeKind::TypeParams, Key::TypeParams(at));
            let known = self.names.known;
            self.hidden(scope, known.type_params, 0);
            self.hidden(scope, known.generic_base, 0);
            self.current = scope;
            self.type_params(&class.type_params);
        }
        self.arguments(&class.arguments);
        self.class_name = Some(class.name.name);
        let scope = self.open(ScopeKind::Class, Key::Class(at));
        if !class.type_params.is_empty() {
            let known = self.names.known;
            self.scopes.add(scope, known.type_params, flag::USED, class.name.span);
        }
        let kept = (self.iterables, self.self_class);
        self.iterables = 0;
        self.self_class = Some(scope);
        self.inside(scope, |this| this.block(&class.body));
        (self.iterables, self.self_class) = kept;
        self.class_name = outer_name;
        self.current = outer;
    }

    pub(super) fn type_alias(&mut self, alias: &'a TypeAlias) {
        self.bind(alias.name, 0);
        let outer = self.current;
        if !alias.type_params.is_empty() {
            let key = Key::TypeParams(alias.name.span.start);
            self.current = self.open(ScopeKind::TypeParams, key);
            self.type_params(&alias.type_params);
        }
        let scope = self.open(ScopeKind::Lazy(LazyKind::Alias), Key::Lazy(alias.value.0));
        self.inside(scope, |this| this.expr(alias.value));
        self.current = outer;
    }

    fn type_params(&mut self, params: &'a [TypeParam]) {
        let mut defaulted = false;
        for param in params {
            let name = self.mangle(param.ident.name);
            let span = param.ident.span;
            if self
                .scopes
                .symbol(self.current, name)
                .is_some_and(|symbol| symbol.has(flag::TYPE_PARAM))
            {
                let text = self.names.text(name).to_string();
                self.error(
                    "duplicate-type-parameter",
                    span,
                    format!("duplicate type parameter '{text}'"),
                );
            }
            self.check_store(name, span);
            self.scopes.add(self.current, name, flag::BOUND | flag::TYPE_PARAM, span);
            if param.default.is_some() {
                defaulted = true;
            } else if defaulted {
                let text = self.names.text(name).to_string();
                self.error(
                    "type-parameter-order",
                    span,
                    format!("non-default type parameter '{text}' follows default type parameter"),
                );
            }
            let bound = match param.bound.map(|bound| self.ast.expr(bound)) {
                Some(Expr::Tuple(_)) => LazyKind::Constraints,
                _ => LazyKind::Bound,
            };
            let default = LazyKind::Default(param.kind);
            for (value, kind) in [(param.bound, bound), (param.default, default)] {
                if let Some(value) = value {
                    let scope = self.open(ScopeKind::Lazy(kind), Key::Lazy(value.0));
                    self.inside(scope, |this| match this.ast.expr(value) {
                        Expr::Starred(inner) => this.expr(*inner),
                        _ => this.expr(value),
                    });
                }
            }
        }
    }
}
