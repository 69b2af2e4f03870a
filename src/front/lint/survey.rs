//! The facts of a tree on which the lints stand, found in one walk.
//!
//! Expressions live in an arena, so most of what a lint asks is an array: in which scope does
//! this expression stand, and what becomes of its value? Names lead to the places that bind and
//! read them, each under the scope that owns it. Nothing here is a judgement.

use std::collections::{HashMap, HashSet};

use sloop_grammar::ast::*;
use sloop_grammar::span::Span;

use crate::compile::Analysis;
use crate::compile::names::NumberMap;
use crate::compile::scope::{Key, Scope, ScopeId, ScopeKind, flag};

/// What becomes of the value of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Dropped.
    Statement,
    /// Asked whether it is true.
    Test,
    /// One value of `and` or `or` that is not the last: asked whether it is true.
    Operand(ExprId),
    /// The last value of `and` or `or`, or an arm of a conditional: becomes that one's value.
    Result(ExprId),
    Negated,
    Compared(ExprId),
    /// Of an operator: the whole, and the other side.
    Arithmetic(ExprId),
    Awaited,
    Callee(ExprId),
    Argument(ExprId, u16),
    Keyword(ExprId),
    /// The object of an attribute or of a subscript.
    Attribute(ExprId),
    Subscripted(ExprId),
    /// What a loop goes over; the offset of its `for`.
    Iterated {
        is_async: bool,
        keyword: u32,
    },
    /// The same in a comprehension.
    IteratedInside {
        is_async: bool,
        keyword: u32,
    },
    /// `*value`, `**value`
    Unpacked,
    /// The context of a `with` statement that begins there.
    Entered {
        is_async: bool,
        keyword: u32,
    },
    /// In an f-string.
    Formatted,
    /// Bound to a name, nothing else.
    Bound(ExprId),
    /// Taken apart into several targets.
    TakenApart,
    /// `x += value`: the target.
    Added(ExprId),
    Returned,
    Delegated,
    Raised,
    Decorator,
    /// A name that is bound, not read.
    Target,
    Other,
}

pub(super) mod mark {
    /// Within a `try` that catches NameError, or under a test of versions.
    pub const GUARDED: u8 = 1;
    pub const ANNOTATION: u8 = 2;
    pub const SEEN: u8 = 4;
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub scope: ScopeId,
    pub usage: Use,
    pub marks: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct FuncId(pub u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ClassId(pub u32);

pub(super) struct Func<'a> {
    pub def: &'a Function,
    pub scope: ScopeId,
    pub class: Option<ClassId>,
    pub is_generator: bool,
    /// The values of its `return` statements.
    pub returns: Vec<ExprId>,
}

pub(super) struct ClassInfo<'a> {
    pub def: &'a Class,
    pub scope: ScopeId,
}

/// A block of code with variables of its own.
#[derive(Clone, Copy)]
pub(super) struct Body<'a> {
    pub scope: ScopeId,
    pub block: &'a [Stmt],
    pub func: Option<FuncId>,
}

/// What binds a name.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Bound {
    Function(FuncId),
    Class(ClassId),
    /// By an import: a dotted path. Relative ones begin with a dot.
    Import(String),
    /// `name = value`
    Value(ExprId),
    /// `name: annotation` with or without a value
    Annotated(ExprId, Option<ExprId>),
    Param {
        func: Option<FuncId>,
        index: usize,
        annotation: Option<ExprId>,
    },
    /// `with value as name`
    Entered(ExprId),
    /// One of several targets: the value, the place and how many there are.
    Part(ExprId, usize, usize),
    /// `name += value`
    Augmented,
    Other,
}

pub(super) struct Binding {
    pub bound: Bound,
    pub span: Span,
}

pub(super) type Variable = (ScopeId, Name);

pub(super) struct Survey<'a> {
    pub ast: &'a Ast,
    pub text: &'a str,
    analysis: &'a Analysis<'a>,
    /// Parallel to the arena.
    pub places: Vec<Place>,
    pub functions: Vec<Func<'a>>,
    pub classes: Vec<ClassInfo<'a>>,
    pub bodies: Vec<Body<'a>>,
    pub bindings: NumberMap<Variable, Vec<Binding>>,
    pub reads: NumberMap<Variable, Vec<ExprId>>,
    pub deleted: HashSet<Variable>,
    /// Values stored on `self` by methods of a class.
    pub self_values: HashMap<(ClassId, Name), Vec<Option<ExprId>>>,
    /// Names of attributes that are stored on something else, and texts that may name one.
    pub foreign_attributes: HashSet<Name>,
    /// `from module import *`
    pub stars: Vec<(Span, String)>,
    /// May the program make names of the module that nobody sees?
    pub is_open: bool,
    /// Functions and the module, by the start of what suspends them.
    pub suspensions: Vec<(ScopeId, u32)>,
    function_of: NumberMap<ScopeId, FuncId>,
    class_of: NumberMap<ScopeId, ClassId>,
    guarded: bool,
    annotated: bool,
}

/// A test that asks one of these tells versions apart: what stands under it may never run.
const VERSIONS: &[&str] =
    &["version_info", "hexversion", "PY2", "PY3", "TYPE_CHECKING", "version", "platform"];

impl<'a> Survey<'a> {
    pub fn of(analysis: &'a Analysis<'a>) -> Survey<'a> {
        let ast = analysis.ast;
        let nowhere = Place { scope: 0, usage: Use::Other, marks: 0 };
        let mut survey = Survey {
            ast,
            text: analysis.text,
            analysis,
            places: vec![nowhere; ast.exprs.len()],
            functions: Vec::new(),
            classes: Vec::new(),
            bodies: Vec::new(),
            bindings: NumberMap::default(),
            reads: NumberMap::default(),
            deleted: HashSet::new(),
            self_values: HashMap::new(),
            foreign_attributes: HashSet::new(),
            stars: Vec::new(),
            is_open: false,
            suspensions: Vec::new(),
            function_of: NumberMap::default(),
            class_of: NumberMap::default(),
            guarded: false,
            annotated: false,
        };
        // Enumerations can be told to put their members among the names of the module.
        let spills = ["global_enum", "_convert_", "_convert"];
        survey.is_open = spills.iter().any(|name| ast.names.find(name).is_some());
        survey.bodies.push(Body { scope: 0, block: &ast.body, func: None });
        survey.block(&ast.body, 0);
        survey.suspensions.sort_unstable();
        survey
    }

    // ---- questions

    pub fn scope(&self, id: ScopeId) -> &Scope {
        self.analysis.scopes.get(id)
    }

    pub fn name(&self, name: Name) -> &'a str {
        self.analysis.names.text(name)
    }

    pub fn span(&self, id: ExprId) -> Span {
        self.ast.span(id)
    }

    pub fn source(&self, span: Span) -> &'a str {
        &self.text[span.start as usize..span.end as usize]
    }

    pub fn place(&self, id: ExprId) -> Place {
        self.places[id.0 as usize]
    }

    pub fn func(&self, id: FuncId) -> &Func<'a> {
        &self.functions[id.0 as usize]
    }

    pub fn class(&self, id: ClassId) -> &ClassInfo<'a> {
        &self.classes[id.0 as usize]
    }

    /// All expressions that the walk has met.
    pub fn exprs(&self) -> impl Iterator<Item = (ExprId, &'a Expr, Place)> {
        let ast = self.ast;
        let met = self.places.iter().enumerate().filter(|(_, place)| place.marks & mark::SEEN != 0);
        met.map(move |(at, &place)| (ExprId(at as u32), &ast.exprs[at], place))
    }

    /// The scope a name of that scope belongs to: 0 also for what nobody binds.
    pub fn owner(&self, scope: ScopeId, name: Name) -> ScopeId {
        let mut at = scope;
        let mut sees_class = true;
        loop {
            let here = self.scope(at);
            if let Some(symbol) = self.analysis.scopes.symbol(at, name) {
                if symbol.has(flag::GLOBAL) {
                    return 0;
                }
                let binds = symbol.has(flag::BOUND | flag::PARAM) && !symbol.has(flag::NONLOCAL);
                if binds && (here.kind != ScopeKind::Class || sees_class) {
                    return at;
                }
            }
            sees_class &= here.kind.is_annotation();
            match here.parent {
                Some(parent) => at = parent,
                None => return 0,
            }
        }
    }

    /// The variable that a name stands for.
    pub fn variable(&self, scope: ScopeId, name: Name) -> Variable {
        let name = self.analysis.names.mangled(self.scope(scope).class_name, name);
        (self.owner(scope, name), name)
    }

    /// Has the symbol of the scope one of the flags?
    pub fn is_declared(&self, scope: ScopeId, name: Name, flags: u16) -> bool {
        self.analysis.scopes.symbol(scope, name).is_some_and(|symbol| symbol.has(flags))
    }

    pub fn bound(&self, variable: Variable) -> &[Binding] {
        self.bindings.get(&variable).map_or(&[], Vec::as_slice)
    }

    pub fn reads_of(&self, variable: Variable) -> &[ExprId] {
        self.reads.get(&variable).map_or(&[], Vec::as_slice)
    }

    /// The function whose code an expression of the scope is part of; None in modules and
    /// classes.
    pub fn function_around(&self, scope: ScopeId) -> Option<FuncId> {
        let mut at = scope;
        loop {
            if let Some(&func) = self.function_of.get(&at) {
                return Some(func);
            }
            match self.scope(at).kind {
                ScopeKind::Comprehension(_) | ScopeKind::GeneratorExpression => {
                    at = self.scope(at).parent?
                }
                _ => return None,
            }
        }
    }

    /// May code of the scope await?
    pub fn may_await(&self, scope: ScopeId) -> bool {
        let mut at = scope;
        loop {
            let here = self.scope(at);
            match here.kind {
                ScopeKind::Function => return here.is_async,
                ScopeKind::Comprehension(_) => match here.parent {
                    Some(parent) => at = parent,
                    None => return false,
                },
                _ => return false,
            }
        }
    }

    /// The class around, for code of methods and what is nested in them.
    pub fn class_around(&self, scope: ScopeId) -> Option<ClassId> {
        let mut at = Some(scope);
        while let Some(id) = at {
            if let Some(&class) = self.class_of.get(&id) {
                return Some(class);
            }
            at = self.scope(id).parent;
        }
        None
    }

    /// Is something in this stretch of the code of that scope suspended?
    pub fn suspends(&self, scope: ScopeId, span: Span) -> bool {
        let from = self.suspensions.partition_point(|&at| at < (scope, span.start));
        self.suspensions.get(from).is_some_and(|&(at, start)| at == scope && start < span.end)
    }

    /// The code that an expression of the scope is compiled into, through generator expressions.
    fn home(&self, scope: ScopeId) -> ScopeId {
        let mut at = self.scope(scope).host;
        while self.scope(at).kind == ScopeKind::GeneratorExpression {
            at = self.scope(at).parent.map_or(0, |parent| self.scope(parent).host);
        }
        at
    }

    fn scope_at(&self, key: Key, otherwise: ScopeId) -> ScopeId {
        self.analysis.scopes.keys.get(&key).copied().unwrap_or(otherwise)
    }

    // ---- statements

    fn block(&mut self, block: &'a [Stmt], scope: ScopeId) {
        for stmt in block {
            self.stmt(stmt, scope);
        }
    }

    fn stmt(&mut self, stmt: &'a Stmt, scope: ScopeId) {
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

    fn try_(&mut self, try_: &'a Try, scope: ScopeId) {
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

    fn import_from(&mut self, import: &'a ImportFrom, scope: ScopeId) {
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

    fn function(&mut self, function: &'a Function, scope: ScopeId) {
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

    fn params(
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

    fn class_def(&mut self, class: &'a Class, scope: ScopeId) {
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

    fn type_params(&mut self, params: &'a [TypeParam], around: ScopeId) {
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
    fn mentions(&self, expr: ExprId, wanted: &[&str]) -> bool {
        let text = self.source(self.span(expr));
        text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| wanted.contains(&word))
    }

    // ---- targets

    fn target(&mut self, target: ExprId, scope: ScopeId, bound: Bound) {
        self.note(target, scope, Use::Target);
        match self.ast.expr(target) {
            Expr::Name(name) => self.bind(*name, self.span(target), scope, bound),
            Expr::Tuple(items) | Expr::List(items) => {
                let stars =
                    items.iter().any(|&item| matches!(self.ast.expr(item), Expr::Starred(_)));
                for (nth, &item) in items.iter().enumerate() {
                    let part = match bound {
                        Bound::Value(value) if !stars => Bound::Part(value, nth, items.len()),
                        _ => Bound::Other,
                    };
                    self.target(item, scope, part);
                }
            }
            Expr::Starred(inner) => self.target(*inner, scope, Bound::Other),
            Expr::Attribute(object, ident) => {
                self.store_attribute(*object, *ident, scope, bound);
                self.expr(*object, scope, Use::Attribute(target));
            }
            Expr::Subscript(object, index) => {
                self.expr(*object, scope, Use::Subscripted(target));
                self.expr(*index, scope, Use::Other);
            }
            _ => self.expr(target, scope, Use::Other),
        }
    }

    fn store_attribute(&mut self, object: ExprId, ident: Ident, scope: ScopeId, bound: Bound) {
        let value = match bound {
            Bound::Value(value) => Some(value),
            _ => None,
        };
        let class = self.self_class(object, scope);
        match class {
            Some(class) => self.self_values.entry((class, ident.name)).or_default().push(value),
            None => {
                self.foreign_attributes.insert(ident.name);
            }
        }
    }

    /// The class whose instance the name of a first parameter is.
    fn self_class(&self, object: ExprId, scope: ScopeId) -> Option<ClassId> {
        let Expr::Name(name) = self.ast.expr(object) else { return None };
        let variable = self.variable(scope, *name);
        match self.bound(variable) {
            [Binding { bound: Bound::Param { func: Some(func), index: 0, .. }, .. }] => {
                self.func(*func).class
            }
            _ => None,
        }
    }

    fn delete(&mut self, target: ExprId, scope: ScopeId) {
        self.note(target, scope, Use::Target);
        match self.ast.expr(target) {
            Expr::Name(name) => {
                let variable = self.variable(scope, *name);
                self.deleted.insert(variable);
            }
            Expr::Tuple(items) | Expr::List(items) => {
                for &item in items.iter() {
                    self.delete(item, scope);
                }
            }
            Expr::Attribute(object, ident) => {
                self.foreign_attributes.insert(ident.name);
                self.expr(*object, scope, Use::Attribute(target));
            }
            Expr::Subscript(object, index) => {
                self.expr(*object, scope, Use::Subscripted(target));
                self.expr(*index, scope, Use::Other);
            }
            _ => self.expr(target, scope, Use::Other),
        }
    }

    fn pattern(&mut self, pattern: &'a Pattern, scope: ScopeId) {
        match &pattern.kind {
            PatternKind::Wildcard | PatternKind::Star(None) => {}
            PatternKind::Capture(ident) | PatternKind::Star(Some(ident)) => {
                self.bind_ident(*ident, scope, Bound::Other)
            }
            PatternKind::Value(value) | PatternKind::Singleton(value) => {
                self.expr(*value, scope, Use::Other)
            }
            PatternKind::As(inner, ident) => {
                self.pattern(inner, scope);
                self.bind_ident(*ident, scope, Bound::Other);
            }
            PatternKind::Or(patterns) | PatternKind::Sequence(patterns) => {
                for pattern in patterns {
                    self.pattern(pattern, scope);
                }
            }
            PatternKind::Mapping(mapping) => {
                for (key, pattern) in &mapping.items {
                    self.expr(*key, scope, Use::Other);
                    self.pattern(pattern, scope);
                }
                if let Some(rest) = mapping.rest {
                    self.bind_ident(rest, scope, Bound::Other);
                }
            }
            PatternKind::Class(parts) => {
                self.expr(parts.class, scope, Use::Other);
                let keywords = parts.keywords.iter().map(|(_, pattern)| pattern);
                for pattern in parts.positional.iter().chain(keywords) {
                    self.pattern(pattern, scope);
                }
            }
        }
    }

    fn bind_ident(&mut self, ident: Ident, scope: ScopeId, bound: Bound) {
        self.bind(ident.name, ident.span, scope, bound);
    }

    fn bind(&mut self, name: Name, span: Span, scope: ScopeId, bound: Bound) {
        let variable = self.variable(scope, name);
        self.bindings.entry(variable).or_default().push(Binding { bound, span });
    }

    fn read(&mut self, id: ExprId, name: Name, scope: ScopeId) {
        let variable = self.variable(scope, name);
        self.reads.entry(variable).or_default().push(id);
    }

    // ---- expressions

    fn option(&mut self, expr: Option<ExprId>, scope: ScopeId, usage: Use) {
        if let Some(expr) = expr {
            self.expr(expr, scope, usage);
        }
    }

    fn annotation(&mut self, expr: ExprId, scope: ScopeId) {
        let outer = std::mem::replace(&mut self.annotated, true);
        self.expr(expr, scope, Use::Other);
        self.annotated = outer;
    }

    fn note(&mut self, id: ExprId, scope: ScopeId, usage: Use) {
        let mut marks = mark::SEEN;
        if self.guarded {
            marks |= mark::GUARDED;
        }
        if self.annotated {
            marks |= mark::ANNOTATION;
        }
        self.places[id.0 as usize] = Place { scope, usage, marks };
    }

    /// Walks an expression with a list of its own: chains may be long.
    fn expr(&mut self, root: ExprId, scope: ScopeId, usage: Use) {
        let mut pending = vec![(root, scope, usage)];
        while let Some((id, scope, usage)) = pending.pop() {
            self.note(id, scope, usage);
            self.node(id, scope, usage, &mut pending);
        }
    }

    fn node(
        &mut self,
        id: ExprId,
        scope: ScopeId,
        usage: Use,
        pending: &mut Vec<(ExprId, ScopeId, Use)>,
    ) {
        let ast = self.ast;
        let mut push = |expr: ExprId, usage: Use| pending.push((expr, scope, usage));
        match ast.expr(id) {
            Expr::Name(name) => {
                self.read(id, *name, scope);
                self.open_by_name(id, self.name(*name), scope, usage);
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
            Expr::FString(parts) => fields(parts, &mut |value| push(value, Use::Formatted)),
            Expr::Unary(UnaryOp::Not, value) => push(*value, Use::Negated),
            Expr::Unary(_, value) => push(*value, Use::Arithmetic(*value)),
            Expr::Binary(_, left, right) => {
                push(*left, Use::Arithmetic(*right));
                push(*right, Use::Arithmetic(*left));
            }
            Expr::Bool(_, values) => {
                for (nth, &value) in values.iter().enumerate() {
                    let is_last = nth + 1 == values.len();
                    push(value, if is_last { Use::Result(id) } else { Use::Operand(id) });
                }
            }
            Expr::Compare(left, rest) => {
                push(*left, Use::Compared(id));
                for &(_, right) in rest.iter() {
                    push(right, Use::Compared(id));
                }
            }
            Expr::Conditional { test, body, orelse } => {
                push(*test, Use::Test);
                push(*body, Use::Result(id));
                push(*orelse, Use::Result(id));
            }
            Expr::Lambda(lambda) => {
                let inside = self.scope_at(Key::Expr(id.0), scope);
                self.params(&lambda.params, scope, scope, inside, None);
                pending.push((lambda.body, inside, Use::Returned));
            }
            Expr::Tuple(items) | Expr::List(items) | Expr::Set(items) => {
                for &item in items.iter() {
                    push(item, Use::Other);
                }
            }
            Expr::Dict(items) => {
                for &(key, value) in items.iter() {
                    match key {
                        Some(key) => {
                            push(key, Use::Other);
                            push(value, Use::Other);
                        }
                        None => push(value, Use::Unpacked),
                    }
                }
            }
            Expr::Starred(inner) => push(*inner, Use::Unpacked),
            Expr::Walrus(ident, value) => {
                push(*value, Use::Other);
                self.bind_ident(*ident, scope, Bound::Value(*value));
            }
            Expr::Attribute(object, _) => push(*object, Use::Attribute(id)),
            Expr::Subscript(object, index) => {
                push(*object, Use::Subscripted(id));
                push(*index, Use::Other);
            }
            Expr::Slice { lower, upper, step } => {
                for &value in [lower, upper, step].into_iter().flatten() {
                    push(value, Use::Other);
                }
            }
            Expr::Call(callee, arguments) => {
                push(*callee, Use::Callee(id));
                for (nth, argument) in arguments.iter().enumerate() {
                    match argument {
                        Argument::Positional(value) => push(*value, Use::Argument(id, nth as u16)),
                        Argument::Keyword(_, value) => push(*value, Use::Keyword(id)),
                        Argument::Star(value) | Argument::DoubleStar(value) => {
                            push(*value, Use::Unpacked)
                        }
                    }
                }
                self.texts_as_attributes(arguments);
            }
            Expr::Comprehension(comprehension) => {
                let inside = self.scope_at(Key::Expr(id.0), scope);
                let is_generator = comprehension.kind == ComprehensionKind::Generator;
                for (nth, clause) in comprehension.clauses.iter().enumerate() {
                    let outer = if nth == 0 { scope } else { inside };
                    if clause.is_async && !is_generator {
                        let home = self.home(scope);
                        self.suspensions.push((home, clause.span.start));
                    }
                    let keyword = clause.span.start;
                    let usage = Use::IteratedInside { is_async: clause.is_async, keyword };
                    pending.push((clause.iter, outer, usage));
                    self.target(clause.target, inside, Bound::Other);
                    for &condition in &clause.conditions {
                        pending.push((condition, inside, Use::Test));
                    }
                }
                pending.push((comprehension.element, inside, Use::Other));
                pending.extend(comprehension.value.map(|value| (value, inside, Use::Other)));
            }
            Expr::Await(value) => {
                push(*value, Use::Awaited);
                let home = self.home(scope);
                self.suspensions.push((home, self.span(id).start));
            }
            Expr::Yield(value) => {
                if let Some(value) = value {
                    push(*value, Use::Other);
                }
            }
            Expr::YieldFrom(value) => push(*value, Use::Delegated),
        }
    }

    /// Texts that are the second argument of a call may name attributes that it replaces.
    fn texts_as_attributes(&mut self, arguments: &[Argument]) {
        if let [_, Argument::Positional(value), ..] = arguments
            && let Expr::Str(text) = self.ast.expr(*value)
            && let Ok(text) = std::str::from_utf8(text)
            && let Some(name) = self.ast.names.find(text)
        {
            self.foreign_attributes.insert(name);
        }
    }

    /// Names by which a program reaches the variables of the module unseen.
    fn open_by_name(&mut self, id: ExprId, name: &str, scope: ScopeId, usage: Use) {
        let reaches = match name {
            "globals" => !matches!(usage, Use::Target),
            "locals" | "vars" => scope == 0 || self.scope(scope).kind == ScopeKind::Class,
            "exec" => match usage {
                Use::Callee(call) => match self.ast.expr(call) {
                    Expr::Call(_, arguments) => arguments.len() < 2,
                    _ => true,
                },
                _ => true,
            },
            "__builtins__" | "builtins" => self.places[id.0 as usize].usage != Use::Target,
            "execfile" => true,
            _ => false,
        };
        // `sys.modules[__name__]`
        self.is_open |= reaches || (name == "__name__" && usage == Use::Other);
    }
}

/// The values of an f-string's fields, those in format specifications included.
fn fields(parts: &[FPart], found: &mut impl FnMut(ExprId)) {
    for part in parts {
        if let FPart::Field(field) = part {
            found(field.value);
            if let Some(spec) = &field.spec {
                fields(spec, found);
            }
        }
    }
}
