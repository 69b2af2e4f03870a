//! The walk that finds scopes and symbols, and the errors that need nothing else.
//!
//! It goes over the whole tree once, in evaluation order. Chains (`a.b().c`, `a + b + c`) are
//! walked with a list instead of the stack, so their length does not matter.

use sloop_grammar::ast::*;
use sloop_grammar::diagnostic::Diagnostic;
use sloop_grammar::span::Span;

use super::names::Names;
use super::scope::{Key, ScopeId, ScopeKind, Scopes, flag};
use super::{Options, Reports};

/// Who uses one of these names looks at the variables of functions from outside.
const LOOKING: [&str; 4] = ["tb_frame", "f_locals", "walk_tb", "capture_locals"];

pub(super) struct Collected {
    pub scopes: Scopes,
    /// Starts of all `:=`, sorted: tells in a moment whether an expression may rebind a local.
    pub walruses: Vec<u32>,
    /// Starts of all calls, awaits and yields, sorted: where other code runs.
    pub runs: Vec<u32>,
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
        runs: Vec::new(),
        iterables: 0,
        future_annotations: options.future_annotations,
        self_class: None,
    };
    collector.scopes.open(ScopeKind::Module, None, None);
    collector.futures(&ast.body);
    collector.block(&ast.body);
    let Collector {
        mut scopes, mut walruses, mut runs, future_annotations, names, reports, ..
    } = collector;
    walruses.sort_unstable();
    runs.sort_unstable();
    scopes.looks_at_failures = LOOKING.iter().any(|name| names.occurs(name));
    if scopes.looks_at_failures {
        scopes.scopes.iter_mut().for_each(|scope| scope.is_inspected = true);
    }
    scopes.resolve(reports, |name| names.text(name).to_string());
    Collected { scopes, walruses, runs, future_annotations }
}

pub(super) struct Collector<'a, 'n, 'r> {
    pub(super) ast: &'a Ast,
    pub(super) names: &'n mut Names<'a>,
    pub(super) options: &'r Options,
    pub(super) reports: &'r mut Reports,
    pub(super) scopes: Scopes,
    pub(super) current: ScopeId,
    pub(super) class_name: Option<Name>,
    pub(super) pending: Vec<ExprId>,
    pub(super) walruses: Vec<u32>,
    pub(super) runs: Vec<u32>,
    /// How many comprehension iterables the walk is inside of.
    pub(super) iterables: u32,
    pub(super) future_annotations: bool,
    /// The class around, whose `self` has attributes stored.
    pub(super) self_class: Option<ScopeId>,
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
            ImportNames::Star(_) => self.unknown_future("*", span, span),
            ImportNames::Names(names) => {
                for alias in names.iter() {
                    let text = self.names.text(alias.path[0].name).to_string();
                    match text.as_str() {
                        "annotations" => self.future_annotations = true,
                        "braces" => {
                            self.error("future-feature", span, "not a chance");
                        }
                        known if FUTURES.contains(&known) => {}
                        _ => self.unknown_future(&text, span, alias.span),
                    }
                }
            }
        }
    }

    fn unknown_future(&mut self, feature: &str, span: Span, name: Span) {
        self.reports.add(
            Diagnostic::error(
                "future-feature",
                span,
                format!("future feature {feature} is not defined"),
            )
            .label(name, "there is no such feature")
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

    pub(super) fn block(&mut self, body: &'a [Stmt]) {
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
            StmtKind::AnnAssign { target, annotation, value } => {
                self.annotated(*target, *annotation, *value, stmt.span)
            }
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
            StmtKind::If(stmt) => {
                let If { branches, orelse } = &**stmt;
                for branch in branches {
                    self.expr(branch.test);
                    self.block(&branch.body);
                }
                self.block(orelse);
            }
            StmtKind::While(stmt) => {
                let While { test, body, orelse } = &**stmt;
                self.expr(*test);
                self.block(body);
                self.block(orelse);
            }
            StmtKind::For(for_) => {
                if for_.is_async {
                    self.needs_async("'async for' outside async function", stmt.span);
                }
                self.expr(for_.iter);
                self.check_lone_star(for_.target);
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
                    Some(format!("name '{text}' is assigned to before {word} declaration"))
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
                            .help(format!("write the {word} statement first in the function")),
                    );
                    continue;
                }
            }
            self.scopes.add(self.current, name, what, span);
            if what == flag::GLOBAL && self.current != 0 {
                self.scopes.add(0, name, 0, ident.span);
                self.scopes.globals.push(name);
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

    // ---- targets and patterns

    pub(super) fn target(&mut self, target: ExprId, flags: u16) {
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
                if let (Expr::Name(name), Some(class)) = (self.ast.expr(*object), self.self_class)
                    && self.names.text(*name) == "self"
                    && flags == 0
                {
                    let name = ident.name;
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

    pub(super) fn check_lone_star(&mut self, target: ExprId) {
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

    pub(super) fn check_attribute(&mut self, ident: Ident, span: Span) {
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
            PatternKind::Mapping(mapping) => {
                let MappingPattern { items, rest } = &**mapping;
                for (key, pattern) in items {
                    self.expr(*key);
                    self.pattern(pattern);
                }
                if let Some(rest) = rest {
                    self.bind(*rest, 0);
                }
            }
            PatternKind::Class(parts) => {
                let ClassPattern { class, positional, keywords } = &**parts;
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

    // ---- names

    pub(super) fn mangle(&mut self, name: Name) -> Name {
        self.names.mangle(self.class_name, name)
    }

    pub(super) fn bind(&mut self, ident: Ident, flags: u16) {
        self.name(ident.name, flag::BOUND | flags, ident.span);
    }

    /// Binds a name that a larger piece of syntax introduces; errors point at the whole of it.
    pub(super) fn bind_in(&mut self, ident: Ident, flags: u16, whole: Span) {
        if ident.name == self.names.known.debug {
            self.check_store(ident.name, whole);
        } else {
            self.bind(ident, flags);
        }
    }

    pub(super) fn name(&mut self, name: Name, flags: u16, span: Span) {
        let name = self.mangle(name);
        if flags & flag::DELETED != 0 && name == self.names.known.debug {
            self.error("assign-debug", span, "cannot delete __debug__");
        } else if flags & flag::BOUND != 0 {
            self.check_store(name, span);
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

    pub(super) fn check_store(&mut self, name: Name, span: Span) {
        if name == self.names.known.debug {
            self.reports.add(
                Diagnostic::error("assign-debug", span, "cannot assign to __debug__")
                    .label(span, "`__debug__` is a constant"),
            );
        }
    }

    // ---- scopes

    pub(super) fn open(&mut self, kind: ScopeKind, key: Key) -> ScopeId {
        let scope = self.scopes.open(kind, Some(self.current), self.class_name);
        self.scopes.keys.insert(key, scope);
        scope
    }

    pub(super) fn inside(&mut self, scope: ScopeId, walk: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.current, scope);
        walk(self);
        self.current = outer;
    }

    pub(super) fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.reports.add(Diagnostic::error(code, span, message));
    }
}
