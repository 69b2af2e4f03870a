//! The walk that finds scopes and symbols, and the errors that need nothing else.
//!
//! It goes over the whole tree once, in evaluation order. Chains (`a.b().c`, `a + b + c`) are
//! walked with a list instead of the stack, so their length does not matter.

use sloop_grammar::ast::*;
use sloop_grammar::diagnostic::Diagnostic;
use sloop_grammar::span::Span;

use super::names::Names;
use super::scope::{Key, LazyKind, ScopeId, ScopeKind, Scopes, flag};
use super::{Options, Reports};

pub(super) struct Collected {
    pub scopes: Scopes,
    /// Starts of all `:=`, sorted: tells in a moment whether an expression may rebind a local.
    pub walruses: Vec<u32>,
    pub future_annotations: bool,
}

pub(super) fn collect<'a>(
    ast: &'a Ast,
    names: &mut Names<'a>,
    options: &Options,
    reports: &mut Reports,
) -> Collected {
    let known = names.known;
    let mut collector = Collector {
        ast,
        names,
        options,
        reports,
        scopes: Scopes::new(known, options.separate_namespace),
        current: 0,
        class_name: None,
        pending: Vec::new(),
        walruses: Vec::new(),
        iterables: 0,
        future_annotations: options.future_annotations,
        self_name: None,
    };
    collector.scopes.open(ScopeKind::Module, None, None);
    collector.futures(&ast.body);
    collector.block(&ast.body);
    let Collector {
        mut scopes,
        mut walruses,
        future_annotations,
        names,
        reports,
        ..
    } = collector;
    walruses.sort_unstable();
    scopes.resolve(reports, |name| names.text(name).to_string());
    Collected {
        scopes,
        walruses,
        future_annotations,
    }
}

struct Collector<'a, 'n, 'r> {
    ast: &'a Ast,
    names: &'n mut Names<'a>,
    options: &'r Options,
    reports: &'r mut Reports,
    scopes: Scopes,
    current: ScopeId,
    class_name: Option<Name>,
    pending: Vec<ExprId>,
    walruses: Vec<u32>,
    /// How many comprehension iterables the walk is inside of.
    iterables: u32,
    future_annotations: bool,
    /// First parameter of the method being walked.
    self_name: Option<(Name, ScopeId)>,
}

const FUTURES: [&str; 10] = [
    "nested_scopes",
    "generators",
    "division",
    "absolute_import",
    "with_statement",
    "print_function",
    "unicode_literals",
    "barry_as_FLUFL",
    "generator_stop",
    "annotations",
];

impl<'a> Collector<'a, '_, '_> {
    // ---- statements

    /// `from __future__` imports stand first; anywhere else they are errors.
    fn futures(&mut self, body: &'a [Stmt]) {
        let mut leading = true;
        for (nth, stmt) in body.iter().enumerate() {
            match &stmt.kind {
                StmtKind::ImportFrom(import) if self.is_future(import) => match leading {
                    true => self.future(import, stmt.span),
                    false => self.late_future(stmt.span),
                },
                StmtKind::Expr(value)
                    if nth == 0 && matches!(self.ast.expr(*value), Expr::Str(_)) => {}
                _ => leading = false,
            }
        }
    }

    fn is_future(&self, import: &ImportFrom) -> bool {
        import.level == 0
            && import.module.len() == 1
            && self.names.text(import.module[0].name) == "__future__"
    }

    fn future(&mut self, import: &ImportFrom, span: Span) {
        match &import.names {
            ImportNames::Star(_) => self.unknown_future("*", span),
            ImportNames::Names(names) => {
                for alias in names.iter() {
                    let text = self.names.text(alias.path[0].name).to_string();
                    match text.as_str() {
                        "annotations" => self.future_annotations = true,
                        "braces" => {
                            self.error("future-feature", alias.span, "not a chance");
                        }
                        known if FUTURES.contains(&known) => {}
                        _ => self.unknown_future(&text, alias.span),
                    }
                }
            }
        }
    }

    fn unknown_future(&mut self, feature: &str, span: Span) {
        self.reports.add(
            Diagnostic::error(
                "future-feature",
                span,
                format!("future feature {feature} is not defined"),
            )
            .label(span, "there is no such feature")
            .help("every feature that was once behind `__future__` is always on"),
        );
    }

    fn late_future(&mut self, span: Span) {
        self.reports.add(
            Diagnostic::error(
                "late-future",
                span,
                "from __future__ imports must occur at the beginning of the file",
            )
            .label(span, "other statements stand before this one")
            .help("move it to the first line of the file"),
        );
    }

    fn block(&mut self, body: &'a [Stmt]) {
        for stmt in body {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &'a Stmt) {
        match &stmt.kind {
            StmtKind::Expr(value) => self.expr(*value),
            StmtKind::Assign { targets, value } => {
                self.expr(*value);
                for &target in targets.iter() {
                    self.check_lone_star(target);
                    self.target(target, 0);
                }
            }
            StmtKind::AugAssign { target, value, .. } => {
                if let Expr::Name(name) = self.ast.expr(*target) {
                    self.name(*name, flag::USED, self.ast.span(*target));
                }
                self.target(*target, 0);
                self.expr(*value);
            }
            StmtKind::AnnAssign {
                target,
                annotation,
                value,
            } => self.annotated(*target, *annotation, *value, stmt.span),
            StmtKind::Pass | StmtKind::Break | StmtKind::Continue | StmtKind::Error => {}
            StmtKind::Return(value) => self.return_(*value, stmt.span),
            StmtKind::Raise { exception, cause } => {
                self.option(*exception);
                self.option(*cause);
            }
            StmtKind::Delete(targets) => {
                for &target in targets.iter() {
                    self.target(target, flag::DELETED);
                }
            }
            StmtKind::Assert { test, message } => {
                self.expr(*test);
                self.option(*message);
            }
            StmtKind::Global(names) => self.declare(names, flag::GLOBAL, stmt.span),
            StmtKind::Nonlocal(names) => self.declare(names, flag::NONLOCAL, stmt.span),
            StmtKind::Import(aliases) => {
                for alias in aliases.iter() {
                    let bound = alias.alias.unwrap_or(alias.path[0]);
                    self.bind_in(bound, flag::IMPORTED, alias.span);
                }
            }
            StmtKind::ImportFrom(import) => self.import_from(import, stmt.span),
            StmtKind::If { branches, orelse } => {
                for branch in branches {
                    self.expr(branch.test);
                    self.block(&branch.body);
                }
                self.block(orelse);
            }
            StmtKind::While { test, body, orelse } => {
                self.expr(*test);
                self.block(body);
                self.block(orelse);
            }
            StmtKind::For(for_) => {
                if for_.is_async {
                    self.needs_async("'async for' outside async function", stmt.span);
                }
                self.expr(for_.iter);
                self.target(for_.target, 0);
                self.block(&for_.body);
                self.block(&for_.orelse);
            }
            StmtKind::Try(try_) => {
                self.block(&try_.body);
                for handler in &try_.handlers {
                    self.option(handler.exception);
                    if let Some(name) = handler.name {
                        self.bind_in(name, flag::DELETED, handler.span);
                    }
                    self.block(&handler.body);
                }
                self.block(&try_.orelse);
                self.block(&try_.finally);
            }
            StmtKind::With(with) => {
                if with.is_async {
                    self.needs_async("'async with' outside async function", stmt.span);
                }
                for item in &with.items {
                    self.expr(item.context);
                    if let Some(target) = item.target {
                        self.target(target, 0);
                    }
                }
                self.block(&with.body);
            }
            StmtKind::Match(match_) => {
                self.expr(match_.subject);
                for case in &match_.cases {
                    self.pattern(&case.pattern);
                    self.option(case.guard);
                    self.block(&case.body);
                }
            }
            StmtKind::Function(function) => self.function(function, stmt.span),
            StmtKind::Class(class) => self.class(class, stmt.span),
            StmtKind::TypeAlias(alias) => self.type_alias(alias),
        }
    }

    fn return_(&mut self, value: Option<ExprId>, span: Span) {
        let scope = self.scopes.get_mut(self.current);
        if scope.kind != ScopeKind::Function {
            self.reports.add(
                Diagnostic::error("return-outside-function", span, "'return' outside function")
                    .label(span, "there is no function to return from"),
            );
        } else if value.is_some() {
            scope.returns_value.push(span);
        }
        self.option(value);
    }

    fn annotated(
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
            self.scopes
                .add(self.current, name, flag::BOUND | flag::ANNOTATED, span);
        } else if value.is_some() || !matches!(self.ast.expr(target), Expr::Name(_)) {
            self.target(target, 0);
        }
        let owner = self.current;
        let kind = self.scopes.get(owner).kind;
        let Some(name) =
            simple.filter(|_| matches!(kind, ScopeKind::Module | ScopeKind::Class))
        else {
            self.discarded(annotation);
            self.option(value);
            return;
        };
        let name = self.mangle(name);
        self.scopes
            .get_mut(owner)
            .annotations
            .push((name, annotation));
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
        let scope = self
            .scopes
            .open(ScopeKind::Annotations, Some(self.current), self.class_name);
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
        self.scopes
            .add(scope, hidden, flag::PARAM | flag::BOUND, Span::default());
    }

    fn declare(&mut self, idents: &[Ident], what: u16, span: Span) {
        let (word, code) = match what {
            flag::GLOBAL => ("global", "global-declaration"),
            _ => ("nonlocal", "nonlocal-declaration"),
        };
        for ident in idents {
            let name = self.mangle(ident.name);
            let text = self.names.text(name).to_string();
            if what == flag::NONLOCAL && self.current == 0 {
                self.reports.add(
                    Diagnostic::error(
                        code,
                        span,
                        "nonlocal declaration not allowed at module level",
                    )
                    .label(ident.span, "there is no enclosing function here"),
                );
                continue;
            }
            if let Some(symbol) = self.scopes.symbol(self.current, name) {
                let first = symbol.span;
                let message = if symbol.has(flag::PARAM) {
                    Some(format!("name '{text}' is parameter and {word}"))
                } else if symbol.has(flag::USED) {
                    Some(format!("name '{text}' is used prior to {word} declaration"))
                } else if symbol.has(flag::ANNOTATED) {
                    Some(format!("annotated name '{text}' can't be {word}"))
                } else if symbol.has(flag::BOUND) {
                    Some(format!(
                        "name '{text}' is assigned to before {word} declaration"
                    ))
                } else if symbol.has((flag::GLOBAL | flag::NONLOCAL) & !what) {
                    Some(format!("name '{text}' is nonlocal and global"))
                } else {
                    None
                };
                if let Some(message) = message {
                    self.reports.add(
                        Diagnostic::error(code, span, message)
                            .label(ident.span, format!("declared {word} here"))
                            .label(first, format!("but `{text}` already appears here"))
                            .help(format!(
                                "write the {word} statement first in the function"
                            )),
                    );
                    continue;
                }
            }
            self.scopes.add(self.current, name, what, span);
            if what == flag::GLOBAL && self.current != 0 {
                self.scopes.add(0, name, 0, ident.span);
            }
        }
    }

    fn import_from(&mut self, import: &'a ImportFrom, span: Span) {
        if self.current != 0 && self.is_future(import) {
            self.late_future(span);
        }
        match &import.names {
            ImportNames::Star(star) => {
                if self.scopes.get(self.current).kind != ScopeKind::Module {
                    self.reports.add(
                        Diagnostic::error(
                            "import-star",
                            *star,
                            "import * only allowed at module level",
                        )
                        .label(*star, "its names would not be known in advance")
                        .help("import the names you need"),
                    );
                }
            }
            ImportNames::Names(aliases) => {
                for alias in aliases.iter() {
                    let bound = alias.alias.unwrap_or(alias.path[0]);
                    self.bind_in(bound, flag::IMPORTED, alias.span);
                }
            }
        }
    }

    // ---- definitions

    fn function(&mut self, function: &'a Function, span: Span) {
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
        let in_class = self.scopes.get(outer).kind == ScopeKind::Class;
        let kept = (self.iterables, self.self_name);
        self.iterables = 0;
        self.inside(scope, |this| {
            this.parameters(&function.params);
            let first = function
                .params
                .positional_only
                .first()
                .or(function.params.positional.first());
            this.self_name = match first {
                Some(first) if in_class => Some((this.mangle(first.ident.name), outer)),
                _ => None,
            };
            this.block(&function.body);
        });
        (self.iterables, self.self_name) = kept;
        self.finish_function(scope);
        self.current = outer;
    }

    /// The parameters by which defaults reach the function inside a scope of type parameters.
    fn generic_parameters(&mut self, scope: ScopeId, params: &Params) {
        let known = self.names.known;
        let all = params.positional_only.iter().chain(&params.positional);
        if all.into_iter().any(|param| param.default.is_some()) {
            self.hidden(scope, known.defaults, flag::PARAM);
        }
        if params.keyword_only.iter().any(|p| p.default.is_some()) {
            self.hidden(scope, known.keyword_defaults, flag::PARAM);
        }
    }

    fn hidden(&mut self, scope: ScopeId, name: Name, flags: u16) {
        self.scopes
            .add(scope, name, flags | flag::BOUND, Span::default());
    }

    fn finish_function(&mut self, scope: ScopeId) {
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

    fn defaults(&mut self, params: &'a Params) {
        for param in params
            .positional_only
            .iter()
            .chain(&params.positional)
            .chain(&params.keyword_only)
        {
            self.option(param.default);
        }
    }

    fn parameters(&mut self, params: &'a Params) {
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
                self.scopes
                    .add(self.current, unique, flag::PARAM | flag::BOUND, span);
                continue;
            }
            self.check_store(name, span);
            self.scopes
                .add(self.current, name, flag::PARAM | flag::BOUND, span);
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

    fn class(&mut self, class: &'a Class, span: Span) {
        for &decorator in &class.decorators {
            self.expr(decorator);
        }
        self.bind_in(class.name, 0, span);
        let at = class.name.span.start;
        let outer = self.current;
        let outer_name = self.class_name;
        if !class.type_params.is_empty() {
            self.class_name = Some(class.name.name);
            let scope = self.open(ScopeKind::TypeParams, Key::TypeParams(at));
            let known = self.names.known;
            self.hidden(scope, known.type_params, 0);
            self.hidden(scope, known.generic_base, 0);
            self.current = scope;
            self.type_params(&class.type_params);
            self.class_name = outer_name;
        }
        self.arguments(&class.arguments);
        self.class_name = Some(class.name.name);
        let scope = self.open(ScopeKind::Class, Key::Class(at));
        if !class.type_params.is_empty() {
            let known = self.names.known;
            self.scopes
                .add(scope, known.type_params, flag::USED, class.name.span);
        }
        let kept = (self.iterables, self.self_name);
        self.iterables = 0;
        self.self_name = None;
        self.inside(scope, |this| this.block(&class.body));
        (self.iterables, self.self_name) = kept;
        self.class_name = outer_name;
        self.current = outer;
    }

    fn type_alias(&mut self, alias: &'a TypeAlias) {
        self.bind(alias.name, 0);
        let outer = self.current;
        if !alias.type_params.is_empty() {
            let key = Key::TypeParams(alias.name.span.start);
            self.current = self.open(ScopeKind::TypeParams, key);
            self.type_params(&alias.type_params);
        }
        let scope = self.open(
            ScopeKind::Lazy(LazyKind::Alias),
            Key::Lazy(alias.value.0),
        );
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
            self.scopes
                .add(self.current, name, flag::BOUND | flag::TYPE_PARAM, span);
            if param.default.is_some() {
                defaulted = true;
            } else if defaulted {
                let text = self.names.text(name).to_string();
                self.error(
                    "type-parameter-order",
                    span,
                    format!(
                        "non-default type parameter '{text}' follows default type parameter"
                    ),
                );
            }
            for (value, kind) in [
                (param.bound, LazyKind::Bound),
                (param.default, LazyKind::Default),
            ] {
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

    // ---- targets and patterns

    fn target(&mut self, target: ExprId, flags: u16) {
        match self.ast.expr(target) {
            Expr::Name(name) => self.name(*name, flag::BOUND | flags, self.ast.span(target)),
            Expr::Tuple(items) | Expr::List(items) => {
                for &item in items.iter() {
                    self.target(item, flags);
                }
            }
            Expr::Starred(inner) => self.target(*inner, flags),
            Expr::Attribute(object, ident) => {
                self.check_attribute(*ident, self.ast.span(target));
                if let (Expr::Name(name), Some((own, class))) =
                    (self.ast.expr(*object), self.self_name)
                    && self.mangle(*name) == own
                    && flags == 0
                {
                    let name = self.mangle(ident.name);
                    let known = &mut self.scopes.get_mut(class).self_attributes;
                    if !known.contains(&name) && known.len() < 256 {
                        known.push(name);
                    }
                }
                self.expr(*object);
            }
            _ => self.expr(target),
        }
    }

    fn check_lone_star(&mut self, target: ExprId) {
        if let Expr::Starred(_) = self.ast.expr(target) {
            let span = self.ast.span(target);
            self.reports.add(
                Diagnostic::error(
                    "lone-star",
                    span,
                    "starred assignment target must be in a list or tuple",
                )
                .label(span, "takes what is left over, but nothing else is taken")
                .help("write a comma behind it: `*name, = value`"),
            );
        }
    }

    fn check_attribute(&mut self, ident: Ident, span: Span) {
        if ident.name == self.names.known.debug {
            self.error("assign-debug", span, "cannot assign to __debug__");
        }
    }

    fn pattern(&mut self, pattern: &'a Pattern) {
        match &pattern.kind {
            PatternKind::Wildcard => {}
            PatternKind::Capture(ident) => self.bind(*ident, 0),
            PatternKind::Value(value) | PatternKind::Singleton(value) => self.expr(*value),
            PatternKind::As(inner, ident) => {
                self.pattern(inner);
                self.bind(*ident, 0);
            }
            PatternKind::Or(patterns) | PatternKind::Sequence(patterns) => {
                for pattern in patterns {
                    self.pattern(pattern);
                }
            }
            PatternKind::Star(ident) => {
                if let Some(ident) = ident {
                    self.bind(*ident, 0);
                }
            }
            PatternKind::Mapping { items, rest } => {
                for (key, pattern) in items {
                    self.expr(*key);
                    self.pattern(pattern);
                }
                if let Some(rest) = rest {
                    self.bind(*rest, 0);
                }
            }
            PatternKind::Class {
                class,
                positional,
                keywords,
            } => {
                self.expr(*class);
                for pattern in positional {
                    self.pattern(pattern);
                }
                for (ident, pattern) in keywords {
                    self.check_attribute(*ident, ident.span);
                    self.pattern(pattern);
                }
            }
        }
    }

    // ---- expressions

    fn option(&mut self, expr: Option<ExprId>) {
        if let Some(expr) = expr {
            self.expr(expr);
        }
    }

    fn expr(&mut self, expr: ExprId) {
        let base = self.pending.len();
        let mut leaf = expr;
        loop {
            match self.ast.expr(leaf) {
                Expr::Binary(_, left, _)
                | Expr::Attribute(left, _)
                | Expr::Subscript(left, _)
                | Expr::Call(left, _) => {
                    self.pending.push(leaf);
                    leaf = *left;
                }
                _ => break,
            }
        }
        self.leaf(leaf);
        while self.pending.len() > base {
            let node = self.pending.pop().expect("the list is longer than its base");
            match self.ast.expr(node) {
                Expr::Binary(_, _, right) => self.expr(*right),
                Expr::Subscript(_, index) => self.expr(*index),
                Expr::Call(_, arguments) => self.arguments(arguments),
                _ => {}
            }
        }
    }

    fn arguments(&mut self, arguments: &'a [Argument]) {
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
                        self.scopes
                            .add(self.current, known.class, flag::USED, span);
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
                let kept = self.iterables;
                self.iterables = 0;
                self.inside(scope, |this| {
                    this.parameters(&lambda.params);
                    this.expr(lambda.body);
                });
                self.iterables = kept;
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
                if !self.not_in_annotation("await expression", span) {
                    self.await_(span);
                }
                self.expr(*value);
            }
            Expr::Yield(value) => {
                self.yield_(self.ast.span(id), false);
                self.option(*value);
            }
            Expr::YieldFrom(value) => {
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
            let iterates = self
                .scopes
                .symbol(at, name)
                .is_some_and(|symbol| symbol.has(flag::ITERATES));
            if iterates {
                let text = self.names.text(name).to_string();
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
            self.scopes
                .add(at, name, flag::USED | flag::WALRUS, ident.span);
            at = self.scopes.get(at).parent.unwrap_or(0);
            owner = Some(at);
        }
        match owner {
            None => {
                self.scopes
                    .add(self.current, name, flag::BOUND, ident.span);
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
                        span,
                        format!(
                            "assignment expression within a comprehension cannot be used within \
                             {place}"
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

    fn needs_async(&mut self, message: &str, span: Span) {
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

    // ---- names

    fn mangle(&mut self, name: Name) -> Name {
        self.names.mangle(self.class_name, name)
    }

    fn bind(&mut self, ident: Ident, flags: u16) {
        self.name(ident.name, flag::BOUND | flags, ident.span);
    }

    /// Binds a name that a larger piece of syntax introduces; errors point at the whole of it.
    fn bind_in(&mut self, ident: Ident, flags: u16, whole: Span) {
        if ident.name == self.names.known.debug {
            self.check_store(ident.name, whole);
        } else {
            self.bind(ident, flags);
        }
    }

    fn name(&mut self, name: Name, flags: u16, span: Span) {
        let name = self.mangle(name);
        if flags & flag::BOUND != 0 {
            self.check_store(name, span);
            if flags & flag::DELETED != 0 && name == self.names.known.debug {
                self.error("assign-debug", span, "cannot delete __debug__");
            }
        }
        let inspects = flags & flag::USED != 0
            && matches!(
                self.names.text(name),
                "locals" | "vars" | "eval" | "exec" | "dir" | "_getframe"
            );
        let host = self.scopes.get(self.current).host;
        if inspects {
            self.scopes.get_mut(host).is_inspected = true;
        }
        let symbol = self.scopes.add(self.current, name, flags, span);
        if flags & flag::ITERATES != 0 && symbol.has(flag::WALRUS) {
            let text = self.names.text(name).to_string();
            self.error(
                "walrus-rebinds",
                span,
                format!(
                    "comprehension inner loop cannot rebind assignment expression target '{text}'"
                ),
            );
        }
    }

    fn check_store(&mut self, name: Name, span: Span) {
        if name == self.names.known.debug {
            self.reports.add(
                Diagnostic::error("assign-debug", span, "cannot assign to __debug__")
                    .label(span, "`__debug__` is a constant"),
            );
        }
    }

    // ---- scopes

    fn open(&mut self, kind: ScopeKind, key: Key) -> ScopeId {
        let scope = self.scopes.open(kind, Some(self.current), self.class_name);
        self.scopes.keys.insert(key, scope);
        scope
    }

    fn inside(&mut self, scope: ScopeId, walk: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.current, scope);
        walk(self);
        self.current = outer;
    }

    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.reports.add(Diagnostic::error(code, span, message));
    }
}

fn annotation_place(kind: ScopeKind) -> &'static str {
    match kind {
        ScopeKind::TypeParams => "the definition of a generic",
        ScopeKind::Lazy(LazyKind::Bound) => "a TypeVar bound",
        ScopeKind::Lazy(LazyKind::Default) => "a type parameter default",
        ScopeKind::Lazy(LazyKind::Alias) => "a type alias",
        _ => "an annotation",
    }
}
