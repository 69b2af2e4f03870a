//! Conditions: expressions that decide where to go, compiled to jumps without a value.

use sloop_grammar::ast::*;

use crate::code::op::Op;
use crate::code::verify::may_go_back;

use super::Compiler;
use super::assemble::inverse;
use super::emit::{Label, Reg};
use super::expr::compare_op;
use super::fold::truth;

impl<'a> Compiler<'a> {
    /// Jumps to the label if the truth of the expression is `sense`; else goes on.
    pub(super) fn jump_if(&mut self, id: ExprId, label: Label, sense: bool) {
        let top = self.body.top;
        self.jump_if_inner(id, label, sense);
        self.body.top = top;
    }

    fn jump_if_inner(&mut self, id: ExprId, label: Label, sense: bool) {
        if let Some(value) = self.folded.value(self.ast, id) {
            if truth(&value) == sense {
                self.at(id);
                self.go(label);
            }
            return;
        }
        match self.ast.expr(id) {
            Expr::Unary(UnaryOp::Not, operand) => self.jump_if(*operand, label, !sense),
            Expr::Bool(op, operands) => {
                // `and` is left for the false side by every operand, `or` for the true side.
                let leaves = *op == BoolOp::Or;
                let (last, rest) = operands.split_last().expect("`and` has operands");
                if leaves == sense {
                    for &operand in rest {
                        self.jump_if(operand, label, sense);
                    }
                    self.jump_if(*last, label, sense);
                } else {
                    let skip = self.body.label();
                    for &operand in rest {
                        self.jump_if(operand, skip, leaves);
                    }
                    self.jump_if(*last, label, sense);
                    self.body.bind(skip);
                }
            }
            Expr::Compare(left, rest) => self.jump_if_compare(id, *left, rest, label, sense),
            Expr::Conditional { test, body, orelse } => {
                let (other, end) = (self.body.label(), self.body.label());
                self.jump_if(*test, other, false);
                self.jump_if(*body, label, sense);
                self.body.jump(end);
                self.body.bind(other);
                self.jump_if(*orelse, label, sense);
                self.body.bind(end);
            }
            _ => {
                let register = self.operand(id, false);
                self.at(id);
                self.jump_if_true(register, label, sense);
            }
        }
    }

    pub(super) fn jump_if_true(&mut self, register: Reg, label: Label, sense: bool) {
        let op = match sense {
            true => Op::JTrue,
            false => Op::JFalse,
        };
        self.branch(op, register, 0, label);
    }

    fn jump_if_compare(
        &mut self,
        id: ExprId,
        left: ExprId,
        rest: &'a [(CompareOp, ExprId)],
        label: Label,
        sense: bool,
    ) {
        self.lint_compare(id, left, rest);
        if let [(op, right)] = rest {
            self.jump_if_pair(id, left, *op, *right, label, sense);
            return;
        }
        let skip = self.body.label();
        self.compare_chain(id, left, rest, |this, op, a, b, is_last| {
            match (is_last, sense) {
                // Every pair but the last leaves for the false side.
                (true, _) => this.jump_if_values(op, a, b, label, sense),
                (false, true) => this.jump_if_values(op, a, b, skip, false),
                (false, false) => this.jump_if_values(op, a, b, label, false),
            }
        });
        self.body.bind(skip);
    }

    fn jump_if_pair(
        &mut self,
        id: ExprId,
        left: ExprId,
        op: CompareOp,
        right: ExprId,
        label: Label,
        sense: bool,
    ) {
        if matches!(op, CompareOp::Is | CompareOp::IsNot)
            && matches!(self.ast.expr(right), Expr::None)
        {
            let register = self.operand(left, false);
            self.at(id);
            let op = match (op == CompareOp::Is) == sense {
                true => Op::JNone,
                false => Op::JNotNone,
            };
            self.branch(op, register, 0, label);
            return;
        }
        let immediate = match self.small_int(right) {
            Some(number) => immediate_jump(op).map(|op| (op, number)),
            None => None,
        };
        if let Some((op, number)) = immediate {
            let register = self.operand(left, false);
            self.at(id);
            let op = match sense {
                true => op,
                false => inverse(op),
            };
            self.branch(op, register, number as u16, label);
            return;
        }
        let later = self.may_rebind(right);
        let a = self.operand(left, later);
        let b = self.operand(right, false);
        self.at(id);
        self.jump_if_values(op, a, b, label, sense);
    }

    fn jump_if_values(&mut self, op: CompareOp, a: Reg, b: Reg, label: Label, sense: bool) {
        if let Some(jump) = fused_jump(op) {
            let jump = match sense {
                true => jump,
                false => inverse(jump),
            };
            self.branch(jump, a, b, label);
            return;
        }
        self.scoped(|this| {
            let found = this.body.alloc();
            this.body.emit(compare_op(op), found, a, b);
            this.jump_if_true(found, label, sense);
        });
    }

    /// A conditional jump forwards or, if the label is placed already, backwards.
    fn branch(&mut self, op: Op, a: Reg, b: u16, label: Label) {
        if !self.body.is_bound(label) || may_go_back(op) {
            self.body.branch(op, a, b, label);
            return;
        }
        let skip = self.body.label();
        self.body.branch(inverse(op), a, b, skip);
        self.body.jump_back(label);
        self.body.bind(skip);
    }

    /// An unconditional jump in either direction.
    pub(super) fn go(&mut self, label: Label) {
        match self.body.is_bound(label) {
            true => self.body.jump_back(label),
            false => self.body.jump(label),
        }
    }
}

/// The jump that is taken if the comparison holds.
fn fused_jump(op: CompareOp) -> Option<Op> {
    Some(match op {
        CompareOp::Eq => Op::JEq,
        CompareOp::Ne => Op::JNe,
        CompareOp::Lt => Op::JLt,
        CompareOp::Le => Op::JLe,
        CompareOp::Gt => Op::JGt,
        CompareOp::Ge => Op::JGe,
        CompareOp::Is => Op::JIs,
        CompareOp::IsNot => Op::JIsNot,
        CompareOp::In | CompareOp::NotIn => return None,
    })
}

fn immediate_jump(op: CompareOp) -> Option<Op> {
    Some(match op {
        CompareOp::Eq => Op::JEqI,
        CompareOp::Ne => Op::JNeI,
        CompareOp::Lt => Op::JLtI,
        CompareOp::Le => Op::JLeI,
        CompareOp::Gt => Op::JGtI,
        CompareOp::Ge => Op::JGeI,
        _ => return None,
    })
}
