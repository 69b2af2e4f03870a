//! Displays and f-strings: what is built from a run of registers.
//!
//! Long ones are built piece by piece, so that no display needs more than `MAX_RUN` registers.

use sloop_grammar::ast::*;

use crate::code::Const;
use crate::code::op::{NO_REG, Op};

use super::Compiler;
use super::emit::Reg;

/// Longest display built in one run of registers; longer ones are built piece by piece.
pub(super) const MAX_RUN: usize = 64;

impl<'a> Compiler<'a> {
    pub(super) fn sequence(&mut self, id: ExprId, op: Op, items: &'a [ExprId], dst: Reg) {
        let has_star = items.iter().any(|&item| matches!(self.ast.expr(item), Expr::Starred(_)));
        if items.len() <= MAX_RUN && !has_star {
            if op != Op::BuildTuple
                && items.len() > 2
                && items.iter().all(|&item| self.folded.is_known(item))
            {
                return self.constant_items(id, op, items, dst);
            }
            let first = self.run(items);
            self.at(id);
            self.body.emit(op, dst, first, items.len() as u16);
            return;
        }
        let is_set = op == Op::BuildSet;
        // A tuple is collected in a list first.
        let acc = match op {
            Op::BuildTuple => self.body.alloc(),
            _ => self.scratch(dst),
        };
        let (build, extend) = match is_set {
            true => (Op::BuildSet, Op::SetUpdate),
            false => (Op::BuildList, Op::ListExtend),
        };
        self.collect_items(id, items, acc, build, extend, u8::from(!is_set));
        self.at(id);
        match op {
            Op::BuildTuple => self.body.emit(Op::ListToTuple, dst, acc, 0),
            _ => self.body.mov(dst, acc),
        }
    }

    /// R[acc] = a list or set of the items, some of which are starred or which are very many.
    pub(super) fn collect_items(
        &mut self,
        id: ExprId,
        items: &'a [ExprId],
        acc: Reg,
        build: Op,
        extend: Op,
        ext: u8,
    ) {
        let mut rest = items;
        let plain = |this: &Self, items: &[ExprId]| {
            let is_star = |&item: &ExprId| matches!(this.ast.expr(item), Expr::Starred(_));
            items.iter().take(MAX_RUN).position(is_star).unwrap_or(items.len().min(MAX_RUN))
        };
        let count = plain(self, rest);
        self.scoped(|this| {
            let first = this.run(&rest[..count]);
            this.at(id);
            this.body.emit(build, acc, first, count as u16);
        });
        rest = &rest[count..];
        while let Some((&head, tail)) = rest.split_first() {
            let top = self.body.top;
            if let Expr::Starred(inner) = self.ast.expr(head) {
                let value = self.operand(*inner, false);
                self.at(head);
                self.body.emit_ext(extend, ext, acc, value, 0);
                rest = tail;
            } else {
                let count = plain(self, rest);
                let first = self.run(&rest[..count]);
                self.at(id);
                if count == 1 && build == Op::BuildList {
                    self.body.emit(Op::ListAppend, acc, first, 0);
                } else {
                    let piece = self.body.alloc();
                    self.body.emit(Op::BuildTuple, piece, first, count as u16);
                    self.body.emit_ext(extend, ext, acc, piece, 0);
                }
                rest = &rest[count..];
            }
            self.body.top = top;
        }
    }

    /// A list of constants is copied from a constant tuple; a set from a constant frozenset, which
    /// is also what gives it CPython's order.
    fn constant_items(&mut self, id: ExprId, build: Op, items: &'a [ExprId], dst: Reg) {
        let values = items.iter().filter_map(|&item| self.folded.value(self.ast, item)).collect();
        self.at(id);
        let acc = self.scratch(dst);
        let source = self.body.alloc();
        let (value, extend) = match build {
            Op::BuildSet => (Const::FrozenSet(values), Op::SetUpdate),
            _ => (Const::Tuple(values), Op::ListExtend),
        };
        self.body.emit(build, acc, source, 0);
        self.body.load(source, value);
        self.body.emit(extend, acc, source, 0);
        self.body.mov(dst, acc);
    }

    /// Evaluates into fresh adjacent registers.
    pub(super) fn run(&mut self, items: &[ExprId]) -> Reg {
        let first = self.body.top.min(u16::MAX as u32) as Reg;
        for &item in items {
            self.temp(item);
        }
        if items.is_empty() {
            // An empty run still names a register, which must exist.
            self.body.alloc();
        }
        first
    }

    pub(super) fn dict(&mut self, id: ExprId, items: &'a [(Option<ExprId>, ExprId)], dst: Reg) {
        let plain = |items: &[(Option<ExprId>, ExprId)]| {
            let few = &items[..items.len().min(MAX_RUN / 2)];
            few.iter().position(|(key, _)| key.is_none()).unwrap_or(few.len())
        };
        let is_simple = plain(items) == items.len();
        let acc = match is_simple {
            true => dst,
            false => self.scratch(dst),
        };
        let mut rest = items;
        let mut is_first = true;
        while is_first || !rest.is_empty() {
            let top = self.body.top;
            let count = plain(rest);
            if count > 0 || is_first {
                let first = self.body.top.min(u16::MAX as u32) as Reg;
                for &(key, value) in &rest[..count] {
                    if let Some(key) = key {
                        self.temp(key);
                    }
                    self.temp(value);
                }
                if count == 0 {
                    self.body.alloc();
                }
                self.at(id);
                if is_first {
                    self.body.emit(Op::BuildMap, acc, first, count as u16 * 2);
                } else {
                    let piece = self.body.alloc();
                    self.body.emit(Op::BuildMap, piece, first, count as u16 * 2);
                    self.body.emit(Op::MapUpdate, acc, piece, 0);
                }
                rest = &rest[count..];
            } else if let Some((&(_, value), tail)) = rest.split_first() {
                let mapping = self.operand(value, false);
                self.at(value);
                self.body.emit(Op::MapUpdate, acc, mapping, 0);
                rest = tail;
            }
            is_first = false;
            self.body.top = top;
        }
        self.body.mov(dst, acc);
    }

    // ---- f-strings

    pub(super) fn fstring(&mut self, id: ExprId, parts: &'a [FPart], dst: Reg) {
        if let [FPart::Field(field)] = parts {
            self.field(field, dst);
            return;
        }
        let mut pieces = parts.chunks(MAX_RUN);
        let first_piece = pieces.next().unwrap_or(&[]);
        let is_long = parts.len() > MAX_RUN;
        let out = match is_long {
            true => self.scratch(dst),
            false => dst,
        };
        self.join(id, first_piece, None, out);
        for piece in pieces {
            self.join(id, piece, Some(out), out);
        }
        self.body.mov(dst, out);
    }

    /// R[out] = the parts joined, after what is in `before`.
    fn join(&mut self, id: ExprId, parts: &'a [FPart], before: Option<Reg>, out: Reg) {
        self.scoped(|this| {
            let first = this.body.top.min(u16::MAX as u32) as Reg;
            let mut count = parts.len() as u16;
            if let Some(before) = before {
                let copy = this.body.alloc();
                this.body.mov(copy, before);
                count += 1;
            }
            for part in parts {
                let register = this.body.alloc();
                match part {
                    FPart::Text(text) => this.body.load(register, Const::Str(text.to_vec().into())),
                    FPart::Field(field) => this.field(field, register),
                }
            }
            this.at(id);
            match count {
                0 => this.body.load_text(out, ""),
                _ => this.body.emit(Op::BuildString, out, first, count),
            }
        });
    }

    fn field(&mut self, field: &'a FField, dst: Reg) {
        self.scoped(|this| {
            let later = this.has_walrus(this.ast.span(field.value).end, field.span.end);
            let value = this.operand(field.value, later);
            let spec = match field.spec.as_deref() {
                None | Some([]) => NO_REG,
                Some([FPart::Text(text)]) => {
                    let register = this.body.alloc();
                    this.body.load(register, Const::Str(text.to_vec().into()));
                    register
                }
                Some(parts) => {
                    let register = this.body.alloc();
                    this.fstring(field.value, parts, register);
                    register
                }
            };
            this.body.span = field.span;
            let ext = match field.conversion {
                Conversion::None => 0,
                Conversion::Str => 1,
                Conversion::Repr => 2,
                Conversion::Ascii => 3,
            };
            this.body.emit_ext(Op::Format, ext, dst, value, spec);
        });
    }
}
