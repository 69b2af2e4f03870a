//! The half of the walk that goes over expressions: comprehensions, `:=`, `yield` and `await`.

use sloop_grammar::ast::*;
use sloop_grammar::diagnostic::Diagnostic;
use sloop_grammar::span::Span;

use super::collect::Collector;
use super::scope::{Key, LazyKind, ScopeKind, flag};

impl<'a> Collector<'a, '_, '_> {
    pub(super) fn option(&mut self, expr: Option<ExprId>) {
        if let Some(expr) = expr {
            self.expr(expr);
        }
    }

    pub(super) fn expr(&mut self, expr: ExprId) {
        let base = self.pending.len();
        let mut leaf = expr;
        while let Expr::Binary(_, left, _)
        | Expr::Attribute(left, _)
        | Expr::Subscript(left, _)
        | Expr::Call(left, _) = self.ast.expr(leaf)
        {
            self.pending.push(leaf);
            leaf = *left;
        }
        self.leaf(leaf);
        while self.pending.len() > base {
            let node = self.pending.pop().expect("the list is longer than its base");
            match self.ast.expr(node) {
                Expr::Binary(_, _, right) => self.expr(*right),
                Expr::Subscript(_, index) => self.expr(*index),
                Expr::Call(_, arguments) => {
                    self.runs.push(self.ast.span(node).start);
                    self.arguments(arguments);
                }
                _ => {}
            }
        }
    }

    pub(super) fn arguments(&mut self, arguments: &'a [Argument]) {
        for argument in arguments {
            match argument {
                Argument::Positional(value) | Argument::Star(value) => self.expr(*value),
                Argument::DoubleStar(value) => self.expr(*value),
                Argument::Keyword(ident, value) => {
                    self.check_attribute(*ident, ident.span.to(self.ast.span(*value)));
                    self.expr(*value);
                }
            }
        }
    }

    fn leaf(&mut self, id: ExprId) {
        match self.ast.expr(id) {
            Expr::Name(name) => {
                let known = self.names.known;
                if *name == known.debug {
                    return;
                }
                let span = self.ast.span(id);
                self.name(*name, flag::USED, span);
                if *name == known.super_ {
                    let scope = self.scopes.get(self.current);
                    if scope.kind.is_function_like() {
                        self.scopes.add(self.current, known.class, flag::USED, span);
                    }
                }
            }
            Expr::None
            | Expr::True
            | Expr::False
            | Expr::Ellipsis
            | Expr::Int(_)
            | Expr::BigInt { .. }
            | Expr::Float(_)
            | Expr::Imaginary(_)
            | Expr::Str(_)
            | Expr::Bytes(_)
            | Expr::Error => {}
            Expr::FString(parts) => self.parts(parts),
            Expr::Unary(_, operand) => self.expr(*operand),
            Expr::Bool(_, operands) => {
                for &operand in operands.iter() {
                    self.expr(operand);
                }
            }
            Expr::Compare(left, rest) => {
                self.expr(*left);
                for &(_, right) in rest.iter() {
                    self.expr(right);
                }
            }
            Expr::Conditional { test, body, orelse } => {
                self.expr(*test);
                self.expr(*body);
                self.expr(*orelse);
            }
            Expr::Lambda(lambda) => {
                self.defaults(&lambda.params);
                let scope = self.open(ScopeKind::Lambda, Key::Expr(id.0));
                self.inside(scope, |this| {
                    this.parameters(&lambda.params);
                    this.expr(lambda.body);
                });
            }
            Expr::Tuple(items) | Expr::List(items) | Expr::Set(items) => {
                for &item in items.iter() {
                    match self.ast.expr(item) {
                        Expr::Starred(inner) => self.expr(*inner),
                        _ => self.expr(item),
                    }
                }
            }
            Expr::Dict(items) => {
                for &(key, value) in items.iter() {
                    self.option(key);
                    self.expr(value);
                }
            }
            Expr::Starred(inner) => {
                self.reports.add(
                    Diagnostic::error(
                        "starred-here",
                        self.ast.span(id),
                        "can't use starred expression here",
                    )
                    .label(self.ast.span(id), "nothing here to unpack it into"),
                );
                self.expr(*inner);
            }
            Expr::Walrus(ident, value) => self.walrus(id, *ident, *value),
            Expr::Slice { lower, upper, step } => {
                self.option(*lower);
                self.option(*upper);
                self.option(*step);
            }
            Expr::Comprehension(comprehension) => self.comprehension(id, comprehension),
            Expr::Await(value) => {
                let span = self.ast.span(id);
                self.runs.push(span.start);
                if !self.not_in_annotation("await expression", span) {
                    self.await_(span);
                }
                self.expr(*value);
            }
            Expr::Yield(value) => {
                self.runs.push(self.ast.span(id).start);
                self.yield_(self.ast.span(id), false);
                self.option(*value);
            }
            Expr::YieldFrom(value) => {
                self.runs.push(self.ast.span(id).start);
                self.yield_(self.ast.span(id), true);
                self.expr(*value);
            }
            Expr::Binary(..) | Expr::Attribute(..) | Expr::Subscript(..) | Expr::Call(..) => {
                unreachable!("chains are taken apart by `expr`")
            }
        }
    }

    fn parts(&mut self, parts: &'a [FPart]) {
        for part in parts {
            if let FPart::Field(field) = part {
                self.expr(field.value);
                if let Some(spec) = &field.spec {
                    self.parts(spec);
                }
            }
        }
    }

    fn comprehension(&mut self, id: ExprId, comprehension: &'a Comprehension) {
        let first = &comprehension.clauses[0];
        self.iterables += 1;
        self.expr(first.iter);
        self.iterables -= 1;
        let is_generator = comprehension.kind == ComprehensionKind::Generator;
        let kind = match is_generator {
            true => ScopeKind::GeneratorExpression,
            false => ScopeKind::Comprehension(comprehension.kind),
        };
        let scope = self.open(kind, Key::Expr(id.0));
        if is_generator {
            let iterable = self.names.known.iterable;
            self.hidden(scope, iterable, flag::PARAM);
        }
        let mut is_async = comprehension.clauses.iter().any(|clause| clause.is_async);
        self.inside(scope, |this| {
            for (nth, clause) in comprehension.clauses.iter().enumerate() {
                this.check_lone_star(clause.target);
                this.target(clause.target, flag::ITERATES);
                if nth > 0 {
                    this.iterables += 1;
                    this.expr(clause.iter);
                    this.iterables -= 1;
                }
                for &condition in &clause.conditions {
                    this.expr(condition);
                }
            }
            // A dict comprehension evaluates its key first.
            this.expr(comprehension.element);
            this.option(comprehension.value);
        });
        is_async |= self.scopes.get(scope).has_await;
        if !is_async {
            return;
        }
        self.scopes.get_mut(scope).has_await = true;
        if !is_generator {
            self.async_comprehension(self.ast.span(id));
        }
    }

    /// An inlined comprehension awaits: so does the code around it.
    fn async_comprehension(&mut self, span: Span) {
        let current = self.current;
        let scope = self.scopes.get(current);
        let allowed = match scope.kind {
            ScopeKind::Function => scope.is_async,
            ScopeKind::Module => self.options.top_level_await,
            ScopeKind::GeneratorExpression | ScopeKind::Comprehension(_) => true,
            _ => false,
        };
        if allowed {
            self.scopes.get_mut(current).has_await = true;
        } else {
            self.reports.add(
                Diagnostic::error(
                    "async-comprehension",
                    span,
                    "asynchronous comprehension outside of an asynchronous function",
                )
                .label(span, "this awaits, but nothing here can be suspended")
                .help("make the function around it `async def`"),
            );
        }
    }

    fn walrus(&mut self, id: ExprId, ident: Ident, value: ExprId) {
        let span = self.ast.span(id);
        if self.not_in_annotation("named expression", span) {
            self.expr(value);
            return;
        }
        self.walruses.push(span.start);
        if self.iterables > 0 {
            self.error(
                "walrus-in-iterable",
                span,
                "assignment expression cannot be used in a comprehension iterable expression",
            );
        }
        let name = self.mangle(ident.name);
        self.check_store(name, ident.span);
        let mut at = self.current;
        let mut owner = None;
        while matches!(
            self.scopes.get(at).kind,
            ScopeKind::Comprehension(_) | ScopeKind::GeneratorExpression
        ) {
            let iterates =
                self.scopes.symbol(at, name).is_some_and(|symbol| symbol.has(flag::ITERATES));
            if iterates {
                let text = self.names.text(ident.name).to_string();
                self.reports.add(
                    Diagnostic::error(
                        "walrus-rebinds",
                        ident.span,
                        format!(
                            "assignment expression cannot rebind comprehension iteration \
                             variable '{text}'"
                        ),
                    )
                    .label(ident.span, format!("`{text}` is bound by the `for` already"))
                    .help("give the value another name"),
                );
                self.expr(value);
                return;
            }
            self.scopes.add(at, name, flag::USED | flag::WALRUS, ident.span);
            at = self.scopes.get(at).parent.unwrap_or(0);
            owner = Some(at);
        }
        match owner {
            None => {
                self.scopes.add(self.current, name, flag::BOUND, ident.span);
            }
            Some(owner) => match self.scopes.get(owner).kind {
                ScopeKind::Class => self.error(
                    "walrus-in-class",
                    ident.span,
                    "assignment expression within a comprehension cannot be used in a class body",
                ),
                kind if kind.is_annotation() => {
                    let place = annotation_place(kind);
                    self.error(
                        "walrus-in-annotation",
                        ident.span,
                        format!(
                            "assignment expression within a comprehension cannot be used in {place}"
                        ),
                    );
                }
                _ => {
                    self.scopes.add(owner, name, flag::BOUND, ident.span);
                }
            },
        }
        self.expr(value);
    }

    /// Reports what an annotation scope must not contain.
    fn not_in_annotation(&mut self, what: &str, span: Span) -> bool {
        let kind = self.scopes.get(self.current).kind;
        if !kind.is_annotation() {
            return false;
        }
        let place = annotation_place(kind);
        self.reports.add(
            Diagnostic::error(
                "not-in-annotation",
                span,
                format!("{what} cannot be used within {place}"),
            )
            .label(span, "this is evaluated later, and possibly never"),
        );
        true
    }

    fn yield_(&mut self, span: Span, is_from: bool) {
        if self.not_in_annotation("yield expression", span) {
            return;
        }
        let scope = self.scopes.get_mut(self.current);
        scope.has_yield = true;
        let message = match scope.kind {
            ScopeKind::Function | ScopeKind::Lambda => {
                if is_from && scope.is_async {
                    "'yield from' inside async function"
                } else {
                    return;
                }
            }
            ScopeKind::GeneratorExpression => "'yield' inside generator expression",
            ScopeKind::Comprehension(ComprehensionKind::Set) => "'yield' inside set comprehension",
            ScopeKind::Comprehension(ComprehensionKind::Dict) => {
                "'yield' inside dict comprehension"
            }
            ScopeKind::Comprehension(_) => "'yield' inside list comprehension",
            _ => "'yield' outside function",
        };
        self.reports.add(
            Diagnostic::error("misplaced-yield", span, message)
                .label(span, "only a function can be suspended here"),
        );
    }

    fn await_(&mut self, span: Span) {
        let mut at = self.current;
        loop {
            let scope = self.scopes.get_mut(at);
            scope.has_await = true;
            let message = match scope.kind {
                ScopeKind::Function if scope.is_async => return,
                ScopeKind::Module if self.options.top_level_await => return,
                ScopeKind::GeneratorExpression => return,
                // Whether the code around may await is asked when the comprehension ends.
                ScopeKind::Comprehension(_) => return,
                ScopeKind::Function | ScopeKind::Lambda => "'await' outside async function",
                ScopeKind::Module | ScopeKind::Class => "'await' outside function",
                _ => {
                    at = scope.parent.unwrap_or(0);
                    continue;
                }
            };
            self.reports.add(
                Diagnostic::error("await-outside-async", span, message)
                    .label(span, "nothing here can be suspended")
                    .help("make the function around it `async def`"),
            );
            return;
        }
    }

    pub(super) fn needs_async(&mut self, message: &str, span: Span) {
        let scope = self.scopes.get_mut(self.current);
        scope.has_await = true;
        let allowed = match scope.kind {
            ScopeKind::Function => scope.is_async,
            ScopeKind::Module => self.options.top_level_await,
            _ => false,
        };
        if !allowed {
            self.reports.add(
                Diagnostic::error("await-outside-async", span, message)
                    .label(span, "nothing here can be suspended")
                    .help("make the function around it `async def`"),
            );
        }
    }
}

fn annotation_place(kind: ScopeKind) -> &'static str {
    match kind {
        ScopeKind::TypeParams => "the definition of a generic",
        ScopeKind::Lazy(LazyKind::Bound) => "a TypeVar bound",
        ScopeKind::Lazy(LazyKind::Constraints) => "a TypeVar constraint",
        ScopeKind::Lazy(LazyKind::Default(TypeParamKind::TypeVar)) => "a TypeVar default",
        ScopeKind::Lazy(LazyKind::Default(TypeParamKind::TypeVarTuple)) => "a TypeVarTuple default",
        ScopeKind::Lazy(LazyKind::Default(TypeParamKind::ParamSpec)) => "a ParamSpec default",
        ScopeKind::Lazy(LazyKind::Alias) => "a type alias",
        _ => "an annotation",
    }
}
