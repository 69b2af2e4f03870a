//! What is evaluated later or in a scope of its own: annotations, type parameters, aliases.
//!
//! Annotations become a function `__annotate__(format)` that builds the dict when it is asked
//! for. Type parameters live in a function around the definition, called at once. Bounds,
//! defaults and alias values are functions without parameters.

use sloop_grammar::ast::*;
use sloop_grammar::span::Span;

use crate::code::op::{HEADER, Intrinsic, Op};
use crate::code::{CodeKind, Const, Params as CodeParams};

use super::Compiler;
use super::emit::Reg;
use super::scope::{Key, ScopeId};
use super::unparse::unparse;

/// The highest annotation format that compiled code knows by itself: VALUE and VALUE_WITH_FAKE_GLOBALS.
const MAX_FORMAT: u16 = 2;

impl<'a> Compiler<'a> {
    // ---- annotations

    /// R[dst] = the annotate function of a function, or unbound.
    pub(super) fn function_annotations(&mut self, function: &'a Function, dst: Reg) {
        let params = &function.params;
        let params = params
            .positional_only
            .iter()
            .chain(&params.positional)
            .chain(params.star.as_deref())
            .chain(&params.keyword_only)
            .chain(params.double_star.as_deref());
        let mut items = Vec::new();
        for param in params {
            if let Some(annotation) = param.annotation {
                items.push((self.mangle(param.ident.name), annotation));
            }
        }
        if let Some(returns) = function.returns {
            items.push((self.names.intern("return"), returns));
        }
        if items.is_empty() {
            self.body.emit(Op::LoadUndef, dst, 0, 0);
            return;
        }
        let scope = self.scopes.keys[&Key::Annotations(function.name.span.start)];
        self.annotate_function(scope, &items, dst);
    }

    /// Binds `__annotate__` at the start of a module or class with annotated names.
    pub(super) fn body_annotations(&mut self, scope: ScopeId) {
        let items = self.scopes.get(scope).annotations.clone();
        if items.is_empty() {
            return;
        }
        if scope == 0 && self.options.separate_namespace {
            self.scoped(|this| {
                let namespace = this.body.alloc();
                this.body.mov(namespace, 0);
                this.intrinsic(Intrinsic::Annotate, namespace, namespace, 1);
            });
            return;
        }
        let inner = self.scopes.keys[&Key::BodyAnnotations(scope)];
        self.scoped(|this| {
            let register = this.body.alloc();
            this.annotate_function(inner, &items, register);
            this.bind_own("__annotate__", register);
        });
    }

    /// An annotation of source that is executed: evaluated behind the assignment.
    pub(super) fn annotate_at_once(&mut self, target: ExprId, annotation: ExprId) {
        let simple = match self.ast.expr(target) {
            Expr::Name(name) if !self.ast.is_parenthesized(target) => Some(*name),
            _ => None,
        };
        if simple.is_none() && self.future_annotations {
            return;
        }
        self.scoped(|this| {
            let run = this.body.alloc_run(3);
            this.annotation(annotation, run + 2);
            let Some(name) = simple else { return };
            let name = this.mangle(name);
            let text = this.names.text(name).to_string();
            this.body.load_text(run + 1, &text);
            this.body.mov(run, 0);
            this.at(annotation);
            this.intrinsic(Intrinsic::Annotate, run, run, 3);
        });
    }

    fn annotate_function(&mut self, scope: ScopeId, items: &[(Name, ExprId)], dst: Reg) {
        let params = CodeParams { positional_only: 1, ..CodeParams::default() };
        let span = self.body.span;
        let name = self.names.known.annotate;
        let code = self.nested(scope, CodeKind::Function, name, span, params, |this| {
            this.check_format();
            let dict = this.body.alloc();
            let empty = this.body.alloc();
            this.body.emit(Op::BuildMap, dict, empty, 0);
            for &(name, annotation) in items {
                this.scoped(|this| {
                    let key = this.body.alloc();
                    let value = this.body.alloc();
                    let text = this.names.text(name).to_string();
                    this.body.load_text(key, &text);
                    this.annotation(annotation, value);
                    this.at(annotation);
                    this.body.emit(Op::MapAdd, dict, key, value);
                });
            }
            this.body.emit(Op::Ret, dict, 0, 0);
            this.body.unreachable();
            None
        });
        self.body.span = span;
        self.scoped(|this| {
            let extras = this.body.alloc_run(3);
            this.plain_function(code, dst, extras);
        });
    }

    fn check_format(&mut self) {
        let known = self.body.label();
        self.body.branch(Op::JNotGtI, 0, MAX_FORMAT, known);
        self.scoped(|this| {
            let error = this.body.alloc();
            let name = this.names.intern("NotImplementedError");
            let at = this.body.name(name);
            this.body.emit_wide(Op::GetGlobal, error, at);
            this.body.emit(Op::Raise, error, 0, 0);
        });
        self.body.unreachable();
        self.body.bind(known);
    }

    fn annotation(&mut self, annotation: ExprId, dst: Reg) {
        if self.future_annotations {
            let text = unparse(self.ast, annotation).unwrap_or_else(|| {
                let span = self.ast.span(annotation);
                let text = self.text.get(span.start as usize..span.end as usize).unwrap_or("");
                text.split_whitespace().collect::<Vec<_>>().join(" ")
            });
            self.at(annotation);
            self.body.load_text(dst, &text);
            return;
        }
        match self.ast.expr(annotation) {
            // `*args: *Ts` is annotated with the one item of `Ts`.
            Expr::Starred(inner) => {
                let value = self.operand(*inner, false);
                self.at(annotation);
                self.body.emit(Op::Unpack, value, dst, 1);
            }
            _ => self.expr_to(annotation, dst),
        }
    }

    // ---- type parameters

    /// R[dst] = the generic function, made by a function that holds its type parameters.
    pub(super) fn generic_function(&mut self, function: &'a Function, head: Span, dst: Reg) {
        let has_defaults = function
            .params
            .positional_only
            .iter()
            .chain(&function.params.positional)
            .any(|param| param.default.is_some());
        let has_keyword_defaults =
            function.params.keyword_only.iter().any(|param| param.default.is_some());
        let count = u16::from(has_defaults) + u16::from(has_keyword_defaults);
        let top = self.body.top;
        let base = self.body.window(None);
        // Both are computed; only what exists is passed on.
        let values = self.body.alloc_run(2);
        self.body.assert_at(values, base + HEADER);
        self.default_values(&function.params, values);
        if !has_defaults && has_keyword_defaults {
            self.body.mov(values, values + 1);
        }
        let params = CodeParams { positional_only: count, ..CodeParams::default() };
        let key = Key::TypeParams(function.name.span.start);
        let code = self.type_params_body(key, function.name, head, params, |this, list| {
            let made = this.body.alloc();
            let extras = this.body.alloc_run(3);
            let mut next = 0;
            for (nth, exists) in [has_defaults, has_keyword_defaults].into_iter().enumerate() {
                let extra = extras + nth as Reg;
                match exists {
                    true => {
                        this.body.mov(extra, next);
                        next += 1;
                    }
                    false => this.body.emit(Op::LoadUndef, extra, 0, 0),
                }
            }
            this.type_params(&function.type_params, list);
            let pair = this.body.alloc_run(2);
            this.function_with(function, head, made, extras);
            this.body.mov(pair, made);
            this.body.mov(pair + 1, list);
            this.intrinsic(Intrinsic::SetTypeParams, made, pair, 2);
            made
        });
        self.body.span = head;
        self.plain_function(code, base, base + 1);
        self.body.emit(Op::Call, dst, base, count);
        self.body.top = top;
    }

    pub(super) fn generic_class(&mut self, class: &'a Class, head: Span, dst: Reg) {
        let key = Key::TypeParams(class.name.span.start);
        let params = CodeParams::default();
        let code = self.type_params_body(key, class.name, head, params, |this, list| {
            this.type_params(&class.type_params, list);
            let known = this.names.known;
            this.store_name(known.type_params, list);
            let base = this.body.alloc();
            this.intrinsic(Intrinsic::GenericBase, base, list, 1);
            this.store_name(known.generic_base, base);
            let made = this.body.alloc();
            this.class_with(class, head, made, true);
            made
        });
        self.call_at_once(code, head, dst);
    }

    pub(super) fn type_alias(&mut self, alias: &'a TypeAlias, span: Span) {
        let top = self.body.top;
        let dst = self.body.alloc();
        if alias.type_params.is_empty() {
            self.alias_value(alias, span, dst, None);
        } else {
            let key = Key::TypeParams(alias.name.span.start);
            let params = CodeParams::default();
            let code = self.type_params_body(key, alias.name, span, params, |this, list| {
                this.type_params(&alias.type_params, list);
                let made = this.body.alloc();
                this.alias_value(alias, span, made, Some(list));
                made
            });
            self.call_at_once(code, span, dst);
        }
        self.body.span = span;
        let name = self.mangle(alias.name.name);
        self.store_name(name, dst);
        self.body.top = top;
    }

    fn alias_value(&mut self, alias: &'a TypeAlias, span: Span, dst: Reg, params: Option<Reg>) {
        self.scoped(|this| {
            let run = this.body.alloc_run(3);
            this.body.span = span;
            let text = this.names.text(alias.name.name).to_string();
            this.body.load_text(run, &text);
            match params {
                Some(params) => this.body.mov(run + 1, params),
                None => this.body.load(run + 1, Const::Tuple([].into())),
            }
            this.lazy(alias.name.name, alias.value, run + 2);
            this.body.span = span;
            this.intrinsic(Intrinsic::TypeAlias, dst, run, 3);
        });
    }

    /// The body that holds type parameters; `write` gets a register for their tuple and returns
    /// that of the result.
    fn type_params_body(
        &mut self,
        key: Key,
        name: Ident,
        span: Span,
        params: CodeParams,
        write: impl FnOnce(&mut Self, Reg) -> Reg,
    ) -> u16 {
        let scope = self.scopes.keys[&key];
        let text = format!("<generic parameters of {}>", self.names.text(name.name));
        let name = self.names.intern(&text);
        self.nested(scope, CodeKind::Function, name, span, params, |this| {
            let list = this.body.alloc();
            let result = write(this, list);
            this.body.span = span;
            this.body.emit(Op::Ret, result, 0, 0);
            this.body.unreachable();
            None
        })
    }

    fn call_at_once(&mut self, code: u16, span: Span, dst: Reg) {
        self.scoped(|this| {
            let base = this.body.window(None);
            this.body.span = span;
            this.plain_function(code, base, base + 1);
            this.body.emit(Op::Call, dst, base, 0);
        });
    }

    /// Makes the type parameters, binds them, and puts their tuple into R[list].
    fn type_params(&mut self, params: &'a [TypeParam], list: Reg) {
        self.scoped(|this| {
            let first = this.body.alloc_run(params.len().max(1) as u32);
            for (nth, param) in params.iter().enumerate() {
                let made = first + nth as Reg;
                this.scoped(|this| this.type_param(param, made));
                this.body.span = param.ident.span;
                let name = this.mangle(param.ident.name);
                this.store_name(name, made);
            }
            this.body.emit(Op::BuildTuple, list, first, params.len() as u16);
        });
    }

    fn type_param(&mut self, param: &'a TypeParam, made: Reg) {
        let run = self.body.alloc_run(3);
        self.body.span = param.ident.span;
        let text = self.names.text(param.ident.name).to_string();
        self.body.load_text(run, &text);
        let (which, parts) = match param.kind {
            TypeParamKind::TypeVar => (Intrinsic::TypeVar, &[param.bound, param.default][..]),
            TypeParamKind::TypeVarTuple => (Intrinsic::TypeVarTuple, &[param.default][..]),
            TypeParamKind::ParamSpec => (Intrinsic::ParamSpec, &[param.default][..]),
        };
        for (nth, part) in parts.iter().enumerate() {
            let register = run + 1 + nth as Reg;
            match part {
                Some(value) => self.lazy(param.ident.name, *value, register),
                None => self.load_none_into(register),
            }
        }
        self.body.span = param.ident.span;
        self.intrinsic(which, made, run, 1 + parts.len() as u16);
    }

    /// R[dst] = a function that evaluates the expression.
    fn lazy(&mut self, name: Name, value: ExprId, dst: Reg) {
        let scope = self.scopes.keys[&Key::Lazy(value.0)];
        let span = self.ast.span(value);
        let params = CodeParams::default();
        let code = self.nested(scope, CodeKind::Function, name, span, params, |this| {
            let register = match this.ast.expr(value) {
                // The default of `*Ts`.
                Expr::Starred(inner) => {
                    let value = this.operand(*inner, false);
                    let item = this.body.alloc();
                    this.body.emit(Op::Unpack, value, item, 1);
                    item
                }
                _ => this.operand(value, false),
            };
            this.at(value);
            this.body.emit(Op::Ret, register, 0, 0);
            this.body.unreachable();
            None
        });
        self.body.span = span;
        self.scoped(|this| {
            let extras = this.body.alloc_run(3);
            this.plain_function(code, dst, extras);
        });
    }
}
