//! The walk over targets, patterns and expressions.

use sloop_grammar::ast::*;
use sloop_grammar::span::Span;

use super::{Binding, Bound, ClassId, Place, Survey, Use, mark};
use crate::compile::scope::{Key, ScopeId, ScopeKind};

impl<'a> Survey<'a> {
    pub(super) fn target(&mut self, target: ExprId, scope: ScopeId, bound: Bound) {
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

    pub(super) fn store_attribute(
        &mut self,
        object: ExprId,
        ident: Ident,
        scope: ScopeId,
        bound: Bound,
    ) {
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
    pub(super) fn self_class(&self, object: ExprId, scope: ScopeId) -> Option<ClassId> {
        let Expr::Name(name) = self.ast.expr(object) else { return None };
        let variable = self.variable(scope, *name);
        match self.bound(variable) {
            [Binding { bound: Bound::Param { func: Some(func), index: 0, .. }, .. }] => {
                self.func(*func).class
            }
            _ => None,
        }
    }

    pub(super) fn delete(&mut self, target: ExprId, scope: ScopeId) {
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

    pub(super) fn pattern(&mut self, pattern: &'a Pattern, scope: ScopeId) {
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

    pub(super) fn bind_ident(&mut self, ident: Ident, scope: ScopeId, bound: Bound) {
        self.bind(ident.name, ident.span, scope, bound);
    }

    pub(super) fn bind(&mut self, name: Name, span: Span, scope: ScopeId, bound: Bound) {
        let variable = self.variable(scope, name);
        self.bindings.entry(variable).or_default().push(Binding { bound, span });
    }

    pub(super) fn read(&mut self, id: ExprId, name: Name, scope: ScopeId) {
        let variable = self.variable(scope, name);
        self.reads.entry(variable).or_default().push(id);
    }

    // ---- expressions

    pub(super) fn option(&mut self, expr: Option<ExprId>, scope: ScopeId, usage: Use) {
        if let Some(expr) = expr {
            self.expr(expr, scope, usage);
        }
    }

    pub(super) fn annotation(&mut self, expr: ExprId, scope: ScopeId) {
        let outer = std::mem::replace(&mut self.annotated, true);
        self.expr(expr, scope, Use::Other);
        self.annotated = outer;
    }

    pub(super) fn note(&mut self, id: ExprId, scope: ScopeId, usage: Use) {
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
    pub(super) fn expr(&mut self, root: ExprId, scope: ScopeId, usage: Use) {
        let mut pending = vec![(root, scope, usage)];
        while let Some((id, scope, usage)) = pending.pop() {
            self.note(id, scope, usage);
            self.node(id, scope, usage, &mut pending);
        }
    }

    pub(super) fn node(
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
    pub(super) fn texts_as_attributes(&mut self, arguments: &[Argument]) {
        if let [_, Argument::Positional(value), ..] = arguments
            && let Expr::Str(text) = self.ast.expr(*value)
            && let Ok(text) = std::str::from_utf8(text)
            && let Some(name) = self.ast.names.find(text)
        {
            self.foreign_attributes.insert(name);
        }
    }

    /// Names by which a program reaches the variables of the module unseen.
    pub(super) fn open_by_name(&mut self, id: ExprId, name: &str, scope: ScopeId, usage: Use) {
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
