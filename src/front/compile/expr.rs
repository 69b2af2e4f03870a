//! Expressions: into a register, or as an operand.
//!
//! `expr_to` writes its register with the last instruction only, unless the register is scratch;
//! so an assignment that raises leaves its variable alone. `operand` hands out the register of a
//! local itself, and copies only when a later part of the expression may rebind it.

use sloop_grammar::ast::*;
use sloop_grammar::span::Span;

use crate::code::Const;
use crate::code::op::Op;

use super::Compiler;
use super::emit::Reg;
use super::scope::Place;

impl<'a> Compiler<'a> {
    /// R[dst] = the value.
    pub(super) fn expr_to(&mut self, id: ExprId, dst: Reg) {
        let top = self.body.top;
        self.expr_into(id, dst);
        self.body.top = top;
    }

    /// The value in a fresh register.
    pub(super) fn temp(&mut self, id: ExprId) -> Reg {
        let dst = self.body.alloc();
        self.expr_to(id, dst);
        dst
    }

    /// The value in some register, which must not be written. `later` says that a local may be
    /// rebound before the register is read.
    pub(super) fn operand(&mut self, id: ExprId, later: bool) -> Reg {
        match self.in_place(id) {
            Some(register) if !later => register,
            Some(register) => {
                let copy = self.body.alloc();
                self.body.mov(copy, register);
                copy
            }
            None => self.temp(id),
        }
    }

    /// The register of the local that holds the value after evaluating it, if there is one.
    pub(super) fn in_place(&mut self, id: ExprId) -> Option<Reg> {
        match self.ast.expr(id) {
            Expr::Name(name) => {
                let name = self.mangle(*name);
                let Place::Local(register) = self.scopes.place(self.body.scope, name) else {
                    return None;
                };
                self.at(id);
                self.check_local(register, name);
                Some(register)
            }
            Expr::Walrus(ident, value) => {
                let name = self.mangle(ident.name);
                let Place::Local(register) = self.scopes.place(self.body.scope, name) else {
                    return None;
                };
                self.expr_to(*value, register);
                self.body.bound.insert(register);
                Some(register)
            }
            _ => None,
        }
    }

    /// Evaluates for the effects alone.
    pub(super) fn discard(&mut self, id: ExprId) {
        if self.folded.is_known(id) {
            return;
        }
        self.scoped(|this| {
            this.operand(id, false);
        });
    }

    fn expr_into(&mut self, id: ExprId, dst: Reg) {
        if let Some(value) = self.folded.value(self.ast, id) {
            self.at(id);
            self.body.load(dst, value);
            return;
        }
        match self.ast.expr(id) {
            Expr::Name(name) => {
                self.at(id);
                let name = self.mangle(*name);
                self.load_name(name, dst);
            }
            Expr::FString(parts) => self.fstring(id, parts, dst),
            Expr::Unary(op, operand) => self.unary(id, *op, *operand, dst),
            Expr::Binary(..) => self.binary(id, dst),
            Expr::Bool(op, operands) => self.bool_value(id, *op, operands, dst),
            Expr::Compare(left, rest) => self.compare_value(id, *left, rest, dst),
            Expr::Conditional { test, body, orelse } => {
                let (other, end) = (self.body.label(), self.body.label());
                self.jump_if(*test, other, false);
                self.expr_to(*body, dst);
                self.body.jump(end);
                self.body.bind(other);
                self.expr_to(*orelse, dst);
                self.body.bind(end);
            }
            Expr::Lambda(lambda) => self.lambda(id, lambda, dst),
            Expr::Tuple(items) => self.sequence(id, Op::BuildTuple, items, dst),
            Expr::List(items) => self.sequence(id, Op::BuildList, items, dst),
            Expr::Set(items) => self.sequence(id, Op::BuildSet, items, dst),
            Expr::Dict(items) => self.dict(id, items, dst),
            Expr::Walrus(ident, value) => {
                if let Some(register) = self.in_place(id) {
                    self.at(id);
                    self.body.mov(dst, register);
                    return;
                }
                let scratch = self.scratch(dst);
                self.expr_to(*value, scratch);
                self.body.span = ident.span;
                let name = self.mangle(ident.name);
                self.store_name(name, scratch);
                self.body.mov(dst, scratch);
            }
            Expr::Attribute(..) | Expr::Subscript(..) | Expr::Call(..) => {
                self.chain(id, dst, None);
            }
            Expr::Slice { lower, upper, step } => {
                let run = self.body.alloc_run(3);
                for (nth, part) in [*lower, *upper, *step].into_iter().enumerate() {
                    self.part_to(part, run + nth as Reg);
                }
                self.at(id);
                self.body.emit(Op::BuildSlice, dst, run, 0);
            }
            Expr::Comprehension(comprehension) => self.comprehension(id, comprehension, dst),
            Expr::Await(value) => self.await_value(id, *value, dst),
            Expr::Yield(value) => self.yield_value(id, *value, dst),
            Expr::YieldFrom(value) => {
                let source = self.operand(*value, false);
                let delegate = self.body.alloc();
                self.at(id);
                self.body.emit(Op::GetDelegate, delegate, source, 0);
                self.suspend(Op::Delegate, 0, dst, delegate, 0);
            }
            Expr::Starred(inner) => {
                // Reported by `collect`.
                self.expr_to(*inner, dst);
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
            | Expr::Error => self.load_none_into(dst),
        }
    }

    /// `dst`, or a fresh register if `dst` may not be written early.
    pub(super) fn scratch(&mut self, dst: Reg) -> Reg {
        match self.body.is_scratch(dst) {
            true => dst,
            false => self.body.alloc(),
        }
    }

    /// An optional part of a slice: None where it is missing.
    pub(super) fn part_to(&mut self, part: Option<ExprId>, dst: Reg) {
        match part {
            Some(part) => self.expr_to(part, dst),
            None => self.load_none_into(dst),
        }
    }

    // ---- names

    /// A check before reading a local that may be unbound. Afterwards it is bound.
    pub(super) fn check_local(&mut self, register: Reg, name: Name) {
        if !self.body.bound.has(register) {
            self.body.need_undef(register);
            let at = self.body.name(name);
            self.body.emit_wide(Op::CheckLocal, register, at);
            self.body.bound.insert(register);
        }
    }

    pub(super) fn load_name(&mut self, name: Name, dst: Reg) {
        match self.scopes.place(self.body.scope, name) {
            Place::Local(register) => {
                self.check_local(register, name);
                self.body.mov(dst, register);
            }
            Place::Cell(register) => self.body.emit(Op::LoadCell, dst, register, 0),
            Place::Free(at) => self.body.emit(Op::LoadFree, dst, at, 0),
            Place::Global => {
                let at = self.body.name(name);
                self.body.emit_wide(Op::GetGlobal, dst, at);
            }
            Place::Namespace => self.body.emit_name(Op::GetName, dst, 0, name),
            Place::NamespaceOrFree(at) => self.load_from(0, name, at, dst),
            Place::ClassDict { dict } => {
                let namespace = self.body.alloc();
                self.body.emit(Op::LoadFree, namespace, dict, 0);
                self.body.emit_name(Op::GetName, dst, namespace, name);
            }
            Place::ClassDictOrFree { dict, free } => {
                let namespace = self.body.alloc();
                self.body.emit(Op::LoadFree, namespace, dict, 0);
                self.load_from(namespace, name, free, dst);
            }
        }
    }

    /// The name in a namespace, else the free variable.
    fn load_from(&mut self, namespace: Reg, name: Name, free: u16, dst: Reg) {
        let end = self.body.label();
        self.body.emit_name(Op::TryName, dst, namespace, name);
        self.body.branch(Op::JBound, dst, 0, end);
        self.body.emit(Op::LoadFree, dst, free, 0);
        self.body.bind(end);
    }

    pub(super) fn store_name(&mut self, name: Name, src: Reg) {
        match self.scopes.place(self.body.scope, name) {
            Place::Local(register) => {
                self.body.mov(register, src);
                self.body.bound.insert(register);
            }
            Place::Cell(register) => self.body.emit(Op::StoreCell, register, src, 0),
            Place::Free(at) => self.body.emit(Op::StoreFree, src, at, 0),
            // An annotation scope binds nothing in its class.
            Place::Global | Place::ClassDict { .. } => {
                let at = self.body.name(name);
                self.body.emit_wide(Op::SetGlobal, src, at);
            }
            Place::Namespace => self.body.emit_name(Op::SetName, 0, src, name),
            Place::NamespaceOrFree(at) | Place::ClassDictOrFree { free: at, .. } => {
                self.body.emit(Op::StoreFree, src, at, 0);
            }
        }
    }

    pub(super) fn delete_name(&mut self, name: Name) {
        match self.scopes.place(self.body.scope, name) {
            Place::Local(register) => {
                self.check_local(register, name);
                self.unbind_local(register);
            }
            Place::Cell(register) => self.body.emit(Op::DelCell, register, 0, 0),
            Place::Free(at) => self.body.emit(Op::DelFree, 0, at, 0),
            Place::Global | Place::ClassDict { .. } => {
                let at = self.body.name(name);
                self.body.emit_wide(Op::DelGlobal, 0, at);
            }
            Place::Namespace => self.body.emit_name(Op::DelName, 0, 0, name),
            Place::NamespaceOrFree(at) | Place::ClassDictOrFree { free: at, .. } => {
                self.body.emit(Op::DelFree, 0, at, 0);
            }
        }
    }

    pub(super) fn unbind_local(&mut self, register: Reg) {
        self.body.emit(Op::LoadUndef, register, 0, 0);
        self.body.need_undef(register);
        self.body.bound.remove(register);
    }

    /// The end of `except … as name`: the name is unbound, bound though it may not be.
    pub(super) fn unbind_name(&mut self, name: Name) {
        if let Place::Local(register) = self.scopes.place(self.body.scope, name) {
            self.unbind_local(register);
            return;
        }
        self.scoped(|this| {
            let none = this.body.alloc();
            this.load_none_into(none);
            this.store_name(name, none);
        });
        self.delete_name(name);
    }

    // ---- operators

    fn unary(&mut self, id: ExprId, op: UnaryOp, operand: ExprId, dst: Reg) {
        let register = match self.in_place(operand) {
            Some(register) => register,
            None => {
                let scratch = self.scratch(dst);
                self.expr_to(operand, scratch);
                scratch
            }
        };
        self.at(id);
        let op = match op {
            UnaryOp::Neg => Op::Neg,
            UnaryOp::Pos => Op::Pos,
            UnaryOp::Invert => Op::Invert,
            UnaryOp::Not => Op::Not,
        };
        self.body.emit(op, dst, register, 0);
    }

    /// A left spine of operators, however long.
    fn binary(&mut self, id: ExprId, dst: Reg) {
        let base = self.spine.len();
        let mut leaf = id;
        while let Expr::Binary(_, left, _) = self.ast.expr(leaf)
            && !self.folded.is_known(leaf)
        {
            self.spine.push(leaf);
            leaf = *left;
        }
        let acc = self.scratch(dst);
        let later = self.has_walrus(self.ast.span(leaf).end, self.ast.span(id).end);
        let mut left = match self.in_place(leaf) {
            Some(register) if !later => register,
            Some(register) => {
                self.body.mov(acc, register);
                acc
            }
            None => {
                self.expr_to(leaf, acc);
                acc
            }
        };
        while self.spine.len() > base {
            let node = self.spine.pop().expect("the spine is longer than its base");
            let Expr::Binary(op, _, right) = self.ast.expr(node) else {
                unreachable!("the spine holds binary operations only");
            };
            let out = match self.spine.len() == base {
                true => dst,
                false => acc,
            };
            let span = self.ast.span(node);
            self.scoped(|this| this.operate_at(span, *op, 0, left, *right, out));
            left = out;
        }
    }

    /// R[out] = R[left] op right; ext = 1 for the in-place form.
    pub(super) fn operate_at(
        &mut self,
        span: Span,
        op: BinaryOp,
        ext: u8,
        left: Reg,
        right: ExprId,
        out: Reg,
    ) {
        if let Some(number) = self.small_int(right)
            && let Some(op) = immediate(op)
        {
            self.body.span = span;
            self.body.emit_ext(op, ext, out, left, number as u16);
            return;
        }
        let register = self.operand(right, false);
        self.body.span = span;
        self.body.emit_ext(register_form(op), ext, out, left, register);
    }

    /// The value of a small integer constant.
    pub(super) fn small_int(&self, id: ExprId) -> Option<i16> {
        match self.ast.expr(id) {
            Expr::Int(value) => i16::try_from(*value).ok(),
            Expr::Unary(..) | Expr::Binary(..) if self.folded.is_known(id) => {
                match self.folded.value(self.ast, id) {
                    Some(Const::Int(value)) => i16::try_from(value).ok(),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn bool_value(&mut self, id: ExprId, op: BoolOp, operands: &'a [ExprId], dst: Reg) {
        let end = self.body.label();
        let jump = match op {
            BoolOp::And => Op::JFalse,
            BoolOp::Or => Op::JTrue,
        };
        let acc = self.scratch(dst);
        for (nth, &operand) in operands.iter().enumerate() {
            self.expr_to(operand, acc);
            if nth + 1 < operands.len() {
                self.at(operand);
                self.body.branch(jump, acc, 0, end);
            }
        }
        self.body.bind(end);
        self.at(id);
        self.body.mov(dst, acc);
    }

    fn compare_value(
        &mut self,
        id: ExprId,
        left: ExprId,
        rest: &'a [(CompareOp, ExprId)],
        dst: Reg,
    ) {
        self.lint_compare(id, left, rest);
        if let [(op, right)] = rest {
            let later = self.may_rebind(*right);
            let a = self.operand(left, later);
            let b = self.operand(*right, false);
            self.at(id);
            self.body.emit(compare_op(*op), dst, a, b);
            return;
        }
        let end = self.body.label();
        let acc = self.scratch(dst);
        self.compare_chain(id, left, rest, |this, op, a, b, is_last| {
            this.body.emit(compare_op(op), acc, a, b);
            if !is_last {
                this.body.branch(Op::JFalse, acc, 0, end);
            }
        });
        self.body.bind(end);
        self.body.mov(dst, acc);
    }

    /// Evaluates `a < b < c …` pair by pair; two registers suffice for any length.
    pub(super) fn compare_chain(
        &mut self,
        id: ExprId,
        left: ExprId,
        rest: &'a [(CompareOp, ExprId)],
        mut pair: impl FnMut(&mut Self, CompareOp, Reg, Reg, bool),
    ) {
        let end = self.ast.span(id).end;
        let homes = self.body.alloc_run(2);
        let hold = |this: &mut Self, operand: ExprId, home: Reg| {
            let later = this.has_walrus(this.ast.span(operand).end, end);
            match this.in_place(operand) {
                Some(register) if !later => register,
                Some(register) => {
                    this.body.mov(home, register);
                    home
                }
                None => {
                    this.expr_to(operand, home);
                    home
                }
            }
        };
        let mut a = hold(self, left, homes);
        for (nth, &(op, right)) in rest.iter().enumerate() {
            let b = hold(self, right, homes + 1 - (nth % 2) as Reg);
            self.at(id);
            pair(self, op, a, b, nth + 1 == rest.len());
            a = b;
        }
    }

    // ---- suspending

    fn await_value(&mut self, id: ExprId, value: ExprId, dst: Reg) {
        if self.is_plain_call(value) {
            self.chain(value, dst, Some(id));
            return;
        }
        let register = self.operand(value, false);
        self.at(id);
        self.suspend(Op::Await, 0, dst, register, 0);
    }

    fn yield_value(&mut self, id: ExprId, value: Option<ExprId>, dst: Reg) {
        let register = match value {
            Some(value) => self.operand(value, false),
            None => {
                let none = self.body.alloc();
                self.at(id);
                self.load_none_into(none);
                none
            }
        };
        self.at(id);
        let op = match self.body.kind {
            crate::code::CodeKind::AsyncGenerator => Op::AsyncYield,
            _ => Op::Yield,
        };
        self.suspend(op, 0, dst, register, 0);
    }
}

fn immediate(op: BinaryOp) -> Option<Op> {
    Some(match op {
        BinaryOp::Add => Op::AddI,
        BinaryOp::Sub => Op::SubI,
        BinaryOp::Mul => Op::MulI,
        BinaryOp::FloorDiv => Op::FloorDivI,
        BinaryOp::Mod => Op::ModI,
        BinaryOp::And => Op::AndI,
        BinaryOp::Shl => Op::ShlI,
        BinaryOp::Shr => Op::ShrI,
        _ => return None,
    })
}

fn register_form(op: BinaryOp) -> Op {
    match op {
        BinaryOp::Add => Op::Add,
        BinaryOp::Sub => Op::Sub,
        BinaryOp::Mul => Op::Mul,
        BinaryOp::MatMul => Op::MatMul,
        BinaryOp::Div => Op::Div,
        BinaryOp::FloorDiv => Op::FloorDiv,
        BinaryOp::Mod => Op::Mod,
        BinaryOp::Pow => Op::Pow,
        BinaryOp::Shl => Op::Shl,
        BinaryOp::Shr => Op::Shr,
        BinaryOp::And => Op::And,
        BinaryOp::Or => Op::Or,
        BinaryOp::Xor => Op::Xor,
    }
}

pub(super) fn compare_op(op: CompareOp) -> Op {
    match op {
        CompareOp::Eq => Op::Eq,
        CompareOp::Ne => Op::Ne,
        CompareOp::Lt => Op::Lt,
        CompareOp::Le => Op::Le,
        CompareOp::Gt => Op::Gt,
        CompareOp::Ge => Op::Ge,
        CompareOp::Is => Op::Is,
        CompareOp::IsNot => Op::IsNot,
        CompareOp::In => Op::In,
        CompareOp::NotIn => Op::NotIn,
    }
}
