//! Targets of assignments, loops and `with`: storing, unpacking, deleting.

use sloop_grammar::ast::*;
use sloop_grammar::diagnostic::Diagnostic;

use crate::code::op::Op;

use super::Compiler;
use super::emit::Reg;
use super::scope::Place;

/// Items on one side of a starred target: they share an operand.
const MAX_AROUND_STAR: usize = 255;
const MAX_UNPACKED: usize = 50_000;

impl<'a> Compiler<'a> {
    /// target = R[src]
    pub(super) fn store(&mut self, target: ExprId, src: Reg) {
        match self.ast.expr(target) {
            Expr::Name(name) => {
                self.at(target);
                let name = self.mangle(*name);
                self.store_name(name, src);
            }
            Expr::Attribute(object, ident) => self.scoped(|this| {
                let object = this.operand(*object, false);
                this.at(target);
                let name = this.mangle(ident.name);
                this.body.emit_name(Op::SetAttr, object, src, name);
            }),
            Expr::Subscript(object, index) => self.scoped(|this| {
                let later = this.may_rebind(*index);
                let object = this.operand(*object, later);
                if let Some((lower, upper)) = this.plain_slice(*index) {
                    let run = this.body.alloc_run(2);
                    this.part_to(lower, run);
                    this.part_to(upper, run + 1);
                    this.at(target);
                    this.body.emit(Op::SetSlice, object, run, src);
                    return;
                }
                let key = this.operand(*index, false);
                this.at(target);
                this.body.emit(Op::SetItem, object, key, src);
            }),
            Expr::Tuple(items) | Expr::List(items) => self.unpack(target, items, src),
            // A star outside of a list is reported by `collect`; the parser reports the rest.
            _ => {}
        }
    }

    /// Bounds of a slice without a step.
    pub(super) fn plain_slice(&self, index: ExprId) -> Option<(Option<ExprId>, Option<ExprId>)> {
        match self.ast.expr(index) {
            Expr::Slice { lower, upper, step: None } => Some((*lower, *upper)),
            _ => None,
        }
    }

    /// The register of a target that is a plain local.
    pub(super) fn local_target(&mut self, target: ExprId) -> Option<Reg> {
        let Expr::Name(name) = self.ast.expr(target) else {
            return None;
        };
        let name = self.mangle(*name);
        match self.scopes.place(self.body.scope, name) {
            Place::Local(register) => Some(register),
            _ => None,
        }
    }

    fn unpack(&mut self, target: ExprId, items: &'a [ExprId], src: Reg) {
        let mut stars = items
            .iter()
            .enumerate()
            .filter(|&(_, &item)| matches!(self.ast.expr(item), Expr::Starred(_)))
            .map(|(nth, _)| nth);
        let star = stars.next();
        if let Some(second) = stars.next() {
            let (first, second) = (items[star.unwrap_or(0)], items[second]);
            self.reports.add(
                Diagnostic::error(
                    "two-stars",
                    self.ast.span(target),
                    "multiple starred expressions in assignment",
                )
                .label(self.ast.span(first), "this takes whatever is left over")
                .label(self.ast.span(second), "so nothing is left for this one"),
            );
            return;
        }
        let after = star.map_or(0, |star| items.len() - star - 1);
        if star.unwrap_or(0) > MAX_AROUND_STAR
            || after > MAX_AROUND_STAR
            || items.len() > MAX_UNPACKED
        {
            self.error(
                "too-many-targets",
                self.ast.span(target),
                "too many expressions in star-unpacking assignment",
            );
            return;
        }
        if star.is_none()
            && let Some(first) = self.adjacent_locals(items)
        {
            self.at(target);
            self.body.emit(Op::Unpack, src, first, items.len() as u16);
            for nth in 0..items.len() as Reg {
                self.body.bound.insert(first + nth);
            }
            return;
        }
        self.scoped(|this| {
            let run = this.body.alloc_run(items.len().max(1) as u32);
            this.at(target);
            match star {
                None => this.body.emit(Op::Unpack, src, run, items.len() as u16),
                Some(before) => {
                    let count = before as u16 | (after as u16) << 8;
                    this.body.emit(Op::UnpackEx, src, run, count);
                }
            }
            for (nth, &item) in items.iter().enumerate() {
                let inner = match this.ast.expr(item) {
                    Expr::Starred(inner) => *inner,
                    _ => item,
                };
                this.store(inner, run + nth as Reg);
            }
        });
    }

    /// The first of the registers, if the targets are locals side by side: then the items can
    /// be unpacked straight into them.
    fn adjacent_locals(&mut self, items: &[ExprId]) -> Option<Reg> {
        let first = self.local_target(*items.first()?)?;
        for (nth, &item) in items.iter().enumerate() {
            if self.local_target(item)? as usize != first as usize + nth {
                return None;
            }
        }
        Some(first)
    }

    /// `a = b = value`
    pub(super) fn assign(&mut self, targets: &'a [ExprId], value: ExprId) {
        let top = self.body.top;
        if let [target] = targets {
            if let Some(register) = self.local_target(*target) {
                self.expr_to(value, register);
                self.body.bound.insert(register);
                return;
            }
            if let (Expr::Tuple(to) | Expr::List(to), Expr::Tuple(from) | Expr::List(from)) =
                (self.ast.expr(*target), self.ast.expr(value))
                && to.len() == from.len()
                && !to.is_empty()
                && !self.any_starred(to)
                && !self.any_starred(from)
            {
                self.assign_pairs(to, from);
                self.body.top = top;
                return;
            }
        }
        let later = targets.iter().any(|&target| self.may_rebind(target));
        let register = self.operand(value, later);
        for &target in targets {
            self.store(target, register);
        }
        self.body.top = top;
    }

    fn any_starred(&self, items: &[ExprId]) -> bool {
        items.iter().any(|&item| matches!(self.ast.expr(item), Expr::Starred(_)))
    }

    /// `a, b = b, a + b` without a tuple: all values first, then the stores in order. A local is
    /// read in place unless an earlier store replaces it.
    fn assign_pairs(&mut self, to: &'a [ExprId], from: &'a [ExprId]) {
        let mut written = Vec::new();
        let mut values = Vec::new();
        let end = self.ast.span(from[from.len() - 1]).end;
        let targets_rebind = to.iter().any(|&target| self.may_rebind(target));
        for (&target, &value) in to.iter().zip(from) {
            let later = targets_rebind || self.has_walrus(self.ast.span(value).end, end);
            let register = match self.in_place(value) {
                Some(register) if !later && !written.contains(&register) => register,
                Some(register) => {
                    let copy = self.body.alloc();
                    self.body.mov(copy, register);
                    copy
                }
                None => self.temp(value),
            };
            values.push(register);
            self.note_written(target, &mut written);
        }
        for (&target, register) in to.iter().zip(values) {
            self.store(target, register);
        }
    }

    fn note_written(&mut self, target: ExprId, written: &mut Vec<Reg>) {
        match self.ast.expr(target) {
            Expr::Name(_) => written.extend(self.local_target(target)),
            Expr::Tuple(items) | Expr::List(items) => {
                for &item in items.iter() {
                    self.note_written(item, written);
                }
            }
            Expr::Starred(inner) => self.note_written(*inner, written),
            _ => {}
        }
    }

    /// `target op= value`
    pub(super) fn aug_assign(
        &mut self,
        stmt: &'a Stmt,
        target: ExprId,
        op: BinaryOp,
        value: ExprId,
    ) {
        let top = self.body.top;
        let later = self.may_rebind(value);
        match self.ast.expr(target) {
            Expr::Name(name) => {
                let name = self.mangle(*name);
                if let Place::Local(register) = self.scopes.place(self.body.scope, name) {
                    let left = self.operand(target, later);
                    self.update(stmt, op, left, value, register);
                } else {
                    let home = self.body.alloc();
                    self.at(target);
                    self.load_name(name, home);
                    self.update(stmt, op, home, value, home);
                    self.body.span = stmt.span;
                    self.store_name(name, home);
                }
            }
            Expr::Attribute(object, ident) => {
                let name = self.mangle(ident.name);
                let object = self.operand(*object, later);
                let home = self.body.alloc();
                self.at(target);
                self.body.emit_name(Op::GetAttr, home, object, name);
                self.update(stmt, op, home, value, home);
                self.at(target);
                self.body.emit_name(Op::SetAttr, object, home, name);
            }
            Expr::Subscript(object, index) => {
                let later_object = later || self.may_rebind(*index);
                let object = self.operand(*object, later_object);
                if let Some((lower, upper)) = self.plain_slice(*index) {
                    let run = self.body.alloc_run(2);
                    self.part_to(lower, run);
                    self.part_to(upper, run + 1);
                    let home = self.body.alloc();
                    self.at(target);
                    self.body.emit(Op::GetSlice, home, object, run);
                    self.update(stmt, op, home, value, home);
                    self.at(target);
                    self.body.emit(Op::SetSlice, object, run, home);
                } else {
                    let key = self.operand(*index, later);
                    let home = self.body.alloc();
                    self.at(target);
                    match self.small_int(*index) {
                        Some(number) => {
                            self.body.emit(Op::GetItemI, home, object, number as u16);
                        }
                        None => self.body.emit(Op::GetItem, home, object, key),
                    }
                    self.update(stmt, op, home, value, home);
                    self.at(target);
                    self.body.emit(Op::SetItem, object, key, home);
                }
            }
            _ => {}
        }
        self.body.top = top;
    }

    /// R[out] = R[left] op= value
    fn update(&mut self, stmt: &Stmt, op: BinaryOp, left: Reg, value: ExprId, out: Reg) {
        self.operate_at(stmt.span, op, 1, left, value, out);
    }

    pub(super) fn delete(&mut self, target: ExprId) {
        match self.ast.expr(target) {
            Expr::Name(name) => {
                self.at(target);
                let name = self.mangle(*name);
                self.delete_name(name);
            }
            Expr::Attribute(object, ident) => self.scoped(|this| {
                let object = this.operand(*object, false);
                this.at(target);
                let name = this.mangle(ident.name);
                this.body.emit_name(Op::DelAttr, object, 0, name);
            }),
            Expr::Subscript(object, index) => self.scoped(|this| {
                let later = this.may_rebind(*index);
                let object = this.operand(*object, later);
                let key = this.operand(*index, false);
                this.at(target);
                this.body.emit(Op::DelItem, object, key, 0);
            }),
            Expr::Tuple(items) | Expr::List(items) => {
                for &item in items.iter() {
                    self.delete(item);
                }
            }
            _ => {}
        }
    }
}
