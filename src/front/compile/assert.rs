//! `assert`, and the form that it has in files of tests: there the exception knows what was
//! compared.
//!
//! An explained assertion evaluates the same parts in the same order. When it fails, the exception
//! gets an attribute `__assert__`: the source of the condition, the operator, and the value of each
//! side. The test runner makes words of that.

use sloop_grammar::ast::{BoolOp, CompareOp, Expr, ExprId, Stmt, UnaryOp};

use super::Compiler;
use super::emit::Reg;
use super::expr::compare_op;
use crate::code::Const;
use crate::code::op::{HEADER, Op};

impl<'a> Compiler<'a> {
    pub(super) fn assert(&mut self, stmt: &Stmt, test: ExprId, message: Option<ExprId>) {
        self.lint_assert(test);
        let was_reachable = self.body.reachable;
        if self.options.optimize > 0 {
            self.body.unreachable();
        }
        if self.options.explain_asserts && self.folded.value(self.ast, test).is_none() {
            self.explained(stmt, test, message);
        } else {
            let holds = self.body.label();
            self.jump_if(test, holds, true);
            self.assertion_error(stmt, test, message, None);
            self.body.bind(holds);
        }
        if self.options.optimize > 0 {
            self.body.reachable = was_reachable;
        }
    }

    /// Raises AssertionError.
    fn assertion_error(
        &mut self,
        stmt: &Stmt,
        test: ExprId,
        message: Option<ExprId>,
        sides: Option<Sides>,
    ) {
        self.scoped(|this| {
            let base = this.body.window(None);
            this.body.span = stmt.span;
            this.body.emit(Op::LoadAssertionError, base, 0, 0);
            let argument = message.map(|message| this.temp(message));
            if let Some(argument) = argument {
                this.body.assert_at(argument, base + HEADER);
            }
            this.body.span = stmt.span;
            if argument.is_some() || sides.is_some() {
                this.body.emit(Op::Call, base, base, argument.iter().count() as u16);
            }
            if let Some(sides) = sides {
                let parts = this.body.alloc_run(4);
                let span = this.ast.span(test);
                let text = &this.text[span.start as usize..span.end as usize];
                this.body.load(parts, Const::text(text));
                this.body.load(parts + 1, Const::text(sides.sign));
                this.body.mov(parts + 2, sides.left);
                match sides.right {
                    Some(right) => this.body.mov(parts + 3, right),
                    None => this.load_none_into(parts + 3),
                }
                this.body.emit(Op::BuildTuple, parts, parts, 4);
                let name = this.names.intern("__assert__");
                this.body.emit_name(Op::SetAttr, base, parts, name);
            }
            this.at(test);
            this.body.emit(Op::Raise, base, 0, 0);
        });
        self.body.unreachable();
    }

    fn explained(&mut self, stmt: &Stmt, test: ExprId, message: Option<ExprId>) {
        match self.ast.expr(test) {
            // Each part is as good as an assertion of its own.
            Expr::Bool(BoolOp::And, operands) => {
                for &operand in operands {
                    self.explained(stmt, operand, message);
                }
            }
            Expr::Compare(left, rest) => self.explained_chain(stmt, test, (*left, rest), message),
            Expr::Unary(UnaryOp::Not, operand) => {
                self.explained_value(stmt, test, *operand, false, message);
            }
            _ => self.explained_value(stmt, test, test, true, message),
        }
    }

    fn explained_value(
        &mut self,
        stmt: &Stmt,
        test: ExprId,
        value: ExprId,
        wanted: bool,
        message: Option<ExprId>,
    ) {
        self.scoped(|this| {
            let left = this.temp(value);
            let holds = this.body.label();
            this.at(test);
            this.jump_if_true(left, holds, wanted);
            let sign = if wanted { "" } else { "not" };
            this.assertion_error(stmt, test, message, Some(Sides { sign, left, right: None }));
            this.body.bind(holds);
        });
    }

    fn explained_chain(
        &mut self,
        stmt: &Stmt,
        test: ExprId,
        (left, rest): (ExprId, &'a [(CompareOp, ExprId)]),
        message: Option<ExprId>,
    ) {
        self.lint_compare(test, left, rest);
        self.scoped(|this| {
            let left_home = this.temp(left);
            let (right_home, answer) = (this.body.alloc(), this.body.alloc());
            for (nth, &(op, right)) in rest.iter().enumerate() {
                if nth > 0 {
                    this.body.mov(left_home, right_home);
                }
                this.expr_to(right, right_home);
                this.at(test);
                this.body.emit(compare_op(op), answer, left_home, right_home);
                let holds = this.body.label();
                this.jump_if_true(answer, holds, true);
                let right = Some(right_home);
                let sides = Sides { sign: sign(op), left: left_home, right };
                this.assertion_error(stmt, test, message, Some(sides));
                this.body.bind(holds);
            }
        });
    }
}

/// What an assertion has compared.
struct Sides {
    sign: &'static str,
    left: Reg,
    /// None if there is one value only.
    right: Option<Reg>,
}

fn sign(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "==",
        CompareOp::Ne => "!=",
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
        CompareOp::Is => "is",
        CompareOp::IsNot => "is not",
        CompareOp::In => "in",
        CompareOp::NotIn => "not in",
    }
}
