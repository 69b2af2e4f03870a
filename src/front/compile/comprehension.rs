//! Comprehensions: lists, sets and dicts are built in place, generators become functions.
//!
//! The variables of an inlined comprehension get registers of their own for its run, or cells
//! made for that run if a function inside captures them.

use sloop_grammar::ast::*;

use crate::code::op::{HEADER, Op};
use crate::code::{CodeKind, InnerLocal, Local, Params as CodeParams};

use super::Compiler;
use super::emit::Reg;
use super::scope::{Key, Resolution, ScopeId};

/// Loops inside each other in one comprehension.
const MAX_CLAUSES: usize = 50;

impl<'a> Compiler<'a> {
    pub(super) fn comprehension(&mut self, id: ExprId, comp: &'a Comprehension, dst: Reg) {
        if comp.clauses.len() > MAX_CLAUSES {
            self.error("too-many-loops", self.ast.span(id), "too many statically nested blocks");
            return;
        }
        let scope = self.scopes.keys[&Key::Expr(id.0)];
        match comp.kind {
            ComprehensionKind::Generator => self.generator_expression(id, comp, scope, dst),
            _ => self.inlined(id, comp, scope, dst),
        }
    }

    fn inlined(&mut self, id: ExprId, comp: &'a Comprehension, scope: ScopeId, dst: Reg) {
        let iterator = self.body.alloc();
        let first = &comp.clauses[0];
        let close = self.iterator_to(first.iter, first.is_async, iterator);
        // The display must not replace what the element reads: it grows in a register of its own.
        let acc = self.scratch(dst);
        self.at(id);
        let op = match comp.kind {
            ComprehensionKind::Set => Op::BuildSet,
            ComprehensionKind::Dict => Op::BuildMap,
            _ => Op::BuildList,
        };
        self.body.emit(op, acc, iterator, 0);
        let outer = std::mem::replace(&mut self.body.scope, scope);
        let inner = self.body.inner_locals.len();
        self.comprehension_variables(id, scope);
        let own = inner..self.body.inner_locals.len();
        self.clauses(comp, 0, iterator, close, Some(acc));
        let end = self.body.ins.len() as u32;
        self.body.inner_locals[own].iter_mut().for_each(|local| local.end = end);
        self.body.scope = outer;
        self.at(id);
        self.body.mov(dst, acc);
    }

    /// Gives the variables of an inlined comprehension their registers.
    fn comprehension_variables(&mut self, id: ExprId, scope: ScopeId) {
        self.at(id);
        for place in 0..self.scopes.get(scope).symbols.len() {
            let at = self.scopes.get(scope).symbols[place] as usize;
            if self.scopes.symbols[at].resolution != Resolution::Local {
                continue;
            }
            let register = self.body.alloc();
            let symbol = &mut self.scopes.symbols[at];
            symbol.register = register;
            let (captured, name) = (symbol.captured, symbol.name);
            self.body.bound.remove(register);
            self.body.reserve_undef(register);
            if captured {
                self.body.need_undef(register);
                self.body.emit(Op::NewCell, register, 0, 0);
            } else if self.scopes.get(self.body.host).is_inspected {
                self.body.need_undef(register);
            }
            let name = self.names.text(name).to_owned().into();
            let local = Local { name, register, is_cell: captured };
            let start = self.body.ins.len() as u32;
            self.body.inner_locals.push(InnerLocal { local, start, end: start });
        }
    }

    /// The loops from clause `nth` on; without an accumulator, elements are yielded.
    fn clauses(
        &mut self,
        comp: &'a Comprehension,
        nth: usize,
        iterator: Reg,
        close: bool,
        acc: Option<Reg>,
    ) {
        let Some(clause) = comp.clauses.get(nth) else {
            self.scoped(|this| this.element(comp, acc));
            return;
        };
        let top = self.body.top;
        let next = self.body.label();
        let body = |this: &mut Self| {
            for &condition in &clause.conditions {
                this.jump_if(condition, next, false);
            }
            if nth + 1 == comp.clauses.len() {
                this.clauses(comp, nth + 1, iterator, false, acc);
                return;
            }
            this.scoped(|this| {
                let inner = this.body.alloc();
                let next = &comp.clauses[nth + 1];
                let close = this.iterator_to(next.iter, next.is_async, inner);
                this.clauses(comp, nth + 1, inner, close, acc);
            });
        };
        // An iterator that raises is to blame, not the whole comprehension.
        self.at(clause.iter);
        match clause.is_async {
            true => {
                self.async_loop(clause.span, clause.target, iterator, close, next, None, body);
            }
            false => self.for_loop(clause.target, iterator, close, next, None, body),
        }
        self.body.top = top;
    }

    fn element(&mut self, comp: &'a Comprehension, acc: Option<Reg>) {
        let element = comp.element;
        let Some(acc) = acc else {
            let value = self.operand(element, false);
            self.at(element);
            let sent = self.body.alloc();
            let op = match self.body.kind {
                CodeKind::AsyncGenerator => Op::AsyncYield,
                _ => Op::Yield,
            };
            self.suspend(op, 0, sent, value, 0);
            return;
        };
        match (comp.kind, comp.value) {
            (ComprehensionKind::Dict, Some(value)) => {
                let later = self.may_rebind(value);
                let key = self.operand(element, later);
                let value = self.operand(value, false);
                self.at(element);
                self.body.emit(Op::MapAdd, acc, key, value);
            }
            (kind, _) => {
                let value = self.operand(element, false);
                self.at(element);
                let op = match kind {
                    ComprehensionKind::Set => Op::SetAdd,
                    _ => Op::ListAppend,
                };
                self.body.emit(op, acc, value, 0);
            }
        }
    }

    /// A function of its own, called at once with the iterator of the first clause.
    fn generator_expression(
        &mut self,
        id: ExprId,
        comp: &'a Comprehension,
        scope: ScopeId,
        dst: Reg,
    ) {
        let base = match self.body.is_top(dst) {
            true => self.body.window(Some(dst)),
            false => self.body.window(None),
        };
        let iterator = self.body.alloc();
        self.body.assert_at(iterator, base + HEADER);
        let is_async = self.scopes.get(scope).has_await;
        let kind = match is_async {
            true => CodeKind::AsyncGenerator,
            false => CodeKind::Generator,
        };
        let params = CodeParams { positional_only: 1, ..CodeParams::default() };
        let span = self.ast.span(id);
        let name = self.names.known.genexpr;
        let code = self.nested(scope, kind, name, span, params, |this| {
            let close = this.is_fresh_iterator(comp.clauses[0].iter);
            this.clauses(comp, 0, 0, close, None);
            None
        });
        self.at(id);
        self.plain_function(code, base, base + 1);
        let first = &comp.clauses[0];
        self.iterator_to(first.iter, first.is_async, iterator);
        self.at(id);
        self.body.emit(Op::Call, dst, base, 1);
    }
}
