//! Loops, and every way to leave them and the blocks around.
//!
//! `Body::blocks` says what surrounds the current point. Leaving (`break`, `continue`, `return`)
//! walks it outwards and emits what each block owes. A `finally` body is emitted once per kind
//! of exit: the first exit of a kind makes a label, the others jump to it.

use sloop_grammar::ast::*;
use sloop_grammar::diagnostic::Diagnostic;
use sloop_grammar::span::Span;

use crate::code::CodeKind;
use crate::code::op::Op;

use super::Compiler;
use super::emit::{Label, Pad, PadStep, Reg};
use super::scope::Place;

/// A way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Of the loop at this place among the blocks.
    Break(usize),
    Continue(usize),
    Return,
}

/// What surrounds the current point. `handler` is the handler in force outside.
#[derive(Debug)]
pub(super) enum Block {
    Loop {
        end: Label,
        next: Label,
        /// The iterator to close when the loop is left early.
        close: Option<Reg>,
        handler: u32,
    },
    Finally {
        /// Keeps the value of a `return` while the body runs.
        value: Reg,
        exits: Vec<(Exit, Label)>,
        handler: u32,
    },
    /// An exception is being handled; `save` has what was handled before.
    Handled {
        save: Reg,
        /// The `as` name, unbound at the end.
        name: Option<Name>,
        handler: u32,
    },
    With {
        exit: Reg,
        is_async: bool,
        span: Span,
        handler: u32,
    },
    /// The body of an `except*`, which nothing may leave.
    Star,
}

impl<'a> Compiler<'a> {
    // ---- leaving

    /// Ends the body.
    pub(super) fn give_back(&mut self, value: Option<Reg>) {
        let awaited = self.body.kind == CodeKind::Coroutine;
        match (value, awaited) {
            (Some(value), false) => self.body.emit(Op::Ret, value, 0, 0),
            (Some(value), true) => self.body.emit(Op::RetAwait, value, 0, 0),
            (None, false) => self.body.emit(Op::RetNone, 0, 0, 0),
            (None, true) => self.body.emit(Op::RetAwaitNone, 0, 0, 0),
        }
    }

    /// Leaves the blocks up to the exit's own; the rest of the code here is not reached.
    pub(super) fn leave(&mut self, exit: Exit, value: Option<Reg>) {
        let handler = self.body.handler;
        let mut left = Vec::new();
        loop {
            let Some(mut block) = self.body.blocks.pop() else {
                self.give_back(value);
                break;
            };
            let place = self.body.blocks.len();
            let is_done = self.leave_block(&mut block, place, exit, value);
            left.push(block);
            if is_done {
                break;
            }
        }
        while let Some(block) = left.pop() {
            self.body.blocks.push(block);
        }
        self.body.handler = handler;
        self.body.unreachable();
    }

    /// What one block owes; true if the way ends with it.
    fn leave_block(
        &mut self,
        block: &mut Block,
        place: usize,
        exit: Exit,
        value: Option<Reg>,
    ) -> bool {
        match block {
            Block::Loop { end, next, close, handler } => {
                self.body.handler = *handler;
                if exit == Exit::Continue(place) {
                    self.body.jump(*next);
                    return true;
                }
                if let Some(iterator) = close {
                    self.body.emit(Op::CloseIter, *iterator, 0, 0);
                }
                if exit == Exit::Break(place) {
                    self.body.jump(*end);
                    return true;
                }
                false
            }
            Block::Finally { value: home, exits, handler } => {
                self.body.handler = *handler;
                if exit == Exit::Return && self.return_home().is_none() {
                    match value {
                        Some(value) => self.body.mov(*home, value),
                        None => self.load_none_into(*home),
                    }
                }
                let known = exits.iter().find(|(kind, _)| *kind == exit);
                let label = match known {
                    Some(&(_, label)) => label,
                    None => {
                        let label = self.body.label();
                        exits.push((exit, label));
                        label
                    }
                };
                self.body.jump(label);
                true
            }
            Block::Handled { save, name, handler } => {
                self.body.handler = *handler;
                self.body.emit(Op::PopHandled, *save, 0, 0);
                if let Some(name) = *name {
                    self.unbind_name(name);
                }
                false
            }
            Block::With { exit, is_async, span, handler } => {
                self.body.handler = *handler;
                let (exit, is_async) = (*exit, *is_async);
                let at = std::mem::replace(&mut self.body.span, *span);
                self.call_exit(exit, is_async);
                self.body.span = at;
                false
            }
            Block::Star => {
                self.star_exit();
                true
            }
        }
    }

    fn star_exit(&mut self) {
        let span = self.body.span;
        self.reports.add(
            Diagnostic::error(
                "leaving-except-star",
                span,
                "'break', 'continue' and 'return' cannot appear in an except* block",
            )
            .label(span, "this would skip the other exceptions of the group")
            .help("set a variable here and leave after the `try` statement"),
        );
    }

    /// Where the outermost `finally` around keeps the value of a `return`.
    pub(super) fn return_home(&self) -> Option<Reg> {
        self.body.blocks.iter().find_map(|block| match block {
            Block::Finally { value, .. } => Some(*value),
            _ => None,
        })
    }

    pub(super) fn return_(&mut self, value: Option<ExprId>, span: Span) {
        let top = self.body.top;
        let home = self.return_home();
        let register = match (value, home) {
            (None, None) => None,
            (Some(value), _) if self.is_none(value) && home.is_none() => None,
            (Some(value), None) => {
                let unbinds = self.leaving_unbinds();
                Some(self.operand(value, unbinds))
            }
            (Some(value), Some(home)) => {
                self.expr_to(value, home);
                Some(home)
            }
            (None, Some(home)) => {
                self.body.span = span;
                self.load_none_into(home);
                Some(home)
            }
        };
        self.body.span = span;
        self.leave(Exit::Return, register);
        self.body.top = top;
    }

    /// Does a `return` here unbind a name on its way (`except … as name`)?
    fn leaving_unbinds(&self) -> bool {
        self.body.blocks.iter().any(|block| matches!(block, Block::Handled { name: Some(_), .. }))
    }

    fn is_none(&self, id: ExprId) -> bool {
        matches!(self.ast.expr(id), Expr::None)
    }

    pub(super) fn break_or_continue(&mut self, is_break: bool, span: Span) {
        self.body.span = span;
        let place = self.body.blocks.iter().rposition(|block| matches!(block, Block::Loop { .. }));
        let star = self.body.blocks.iter().rposition(|block| matches!(block, Block::Star));
        if star > place {
            self.star_exit();
            return;
        }
        let Some(place) = place else {
            let (code, message) = match is_break {
                true => ("break-outside-loop", "'break' outside loop"),
                false => ("continue-outside-loop", "'continue' not properly in loop"),
            };
            self.reports
                .add(Diagnostic::error(code, span, message).label(span, "no loop around this"));
            return;
        };
        self.leave(
            match is_break {
                true => Exit::Break(place),
                false => Exit::Continue(place),
            },
            None,
        );
    }

    /// The label a `break` or `continue` comes to, if nothing is owed on the way there.
    pub(super) fn plain_exit(&self, stmt: &Stmt) -> Option<Label> {
        match (self.body.blocks.last()?, &stmt.kind) {
            (Block::Loop { end, close: None, .. }, StmtKind::Break) => Some(*end),
            (Block::Loop { next, .. }, StmtKind::Continue) => Some(*next),
            _ => None,
        }
    }

    // ---- loops

    pub(super) fn while_(&mut self, test: ExprId, body: &'a [Stmt], orelse: &'a [Stmt]) {
        let (start, next) = (self.body.label(), self.body.label());
        let (exit, end) = (self.body.label(), self.body.label());
        // The test stands before the loop and once more at its bottom: one jump per round.
        self.body.forget_deletable();
        self.jump_if(test, exit, false);
        self.body.bind(start);
        self.body.blocks.push(Block::Loop { end, next, close: None, handler: self.body.handler });
        self.block(body);
        self.body.blocks.pop();
        self.body.bind(next);
        self.jump_if(test, start, true);
        self.body.bind(exit);
        self.block(orelse);
        self.body.bind(end);
    }

    pub(super) fn for_(&mut self, for_: &'a For) {
        let top = self.body.top;
        let iterator = self.body.alloc();
        let close = self.iterator_to(for_.iter, for_.is_async, iterator);
        let (next, end) = (self.body.label(), self.body.label());
        let body = |this: &mut Self| this.block(&for_.body);
        match for_.is_async {
            true => {
                let head = self.ast.span(for_.iter);
                self.async_loop(head, for_.target, iterator, close, next, Some(end), body);
            }
            false => self.for_loop(for_.target, iterator, close, next, Some(end), body),
        }
        self.body.top = top;
        self.block(&for_.orelse);
        self.body.bind(end);
    }

    /// R[iterator] = the iterator over the value of an expression. May it be that nobody but the
    /// loop holds it? Then a loop that is left early closes it.
    pub(super) fn iterator_to(&mut self, iter: ExprId, is_async: bool, iterator: Reg) -> bool {
        let source = match self.in_place(iter) {
            Some(register) => register,
            None => {
                self.expr_to(iter, iterator);
                iterator
            }
        };
        self.at(iter);
        let op = match is_async {
            true => Op::GetAIter,
            false => Op::GetIter,
        };
        let close = self.is_fresh_iterator(iter);
        self.body.emit_ext(op, u8::from(close), iterator, source, 0);
        close
    }

    /// Is the iterator made in the header of the loop? Whether it is a new one then, the machine
    /// sees (`Frame::own_if_made_at`).
    pub(super) fn is_fresh_iterator(&mut self, iter: ExprId) -> bool {
        match self.ast.expr(iter) {
            Expr::Call(callee, _) => match self.ast.expr(*callee) {
                // The most common loop of all has nothing to close.
                Expr::Name(name) if *name == self.names.known.range => {
                    self.scopes.place(self.body.scope, *name) != Place::Global
                }
                _ => true,
            },
            Expr::Comprehension(comp) => comp.kind == ComprehensionKind::Generator,
            _ => false,
        }
    }

    /// Two targets, neither of them starred.
    fn is_pair(&self, target: ExprId) -> bool {
        match self.ast.expr(target) {
            Expr::Tuple(items) | Expr::List(items) => {
                items.len() == 2
                    && !items.iter().any(|&item| matches!(self.ast.expr(item), Expr::Starred(_)))
            }
            _ => false,
        }
    }

    /// The body of a loop over R[iterator]; `next` is where it goes on to the next item, `end`
    /// where a `break` goes, if it is a statement. Falls through when the iterator is exhausted.
    pub(super) fn for_loop(
        &mut self,
        target: ExprId,
        iterator: Reg,
        close: bool,
        next: Label,
        end: Option<Label>,
        body: impl FnOnce(&mut Self),
    ) {
        let top = self.body.top;
        let span = self.body.span;
        let start = self.body.label();
        self.body.forget_deletable();
        self.body.flows_to(start);
        self.body.jump(next);
        self.body.bind(start);
        let outer = self.body.handler;
        if close {
            self.close_on_the_way_out(iterator, span);
        }
        // A tuple of targets takes the item apart at once: then no tuple needs to be made of it.
        let mut takes_apart = 0;
        let item = match self.local_target(target) {
            Some(register) => {
                self.body.bound.insert(register);
                register
            }
            None => {
                let item = self.body.alloc();
                takes_apart = u8::from(self.is_pair(target));
                self.store(target, item);
                item
            }
        };
        if let Some(end) = end {
            self.body.blocks.push(Block::Loop {
                end,
                next,
                close: close.then_some(iterator),
                handler: outer,
            });
        }
        body(self);
        if end.is_some() {
            self.body.blocks.pop();
        }
        self.body.handler = outer;
        self.body.bind(next);
        self.body.span = span;
        self.body.branch_ext(Op::ForIter, takes_apart, item, iterator, start);
        self.body.top = top;
    }

    /// From here on an exception closes the iterator before it goes on.
    fn close_on_the_way_out(&mut self, iterator: Reg, span: Span) {
        let (label, register) = (self.body.label(), self.body.alloc());
        let handler = self.body.guard(label, register);
        let steps = [Some(PadStep::CloseIter(iterator)), None];
        self.body.pads.push(Pad { label, register, steps, handler, span });
    }

    /// The same for an asynchronous iterator.
    #[allow(clippy::too_many_arguments)] // the parts of a loop
    pub(super) fn async_loop(
        &mut self,
        span: Span,
        target: ExprId,
        iterator: Reg,
        close: bool,
        next: Label,
        end: Option<Label>,
        body: impl FnOnce(&mut Self),
    ) {
        let top = self.body.top;
        let (start, finished) = (self.body.label(), self.body.label());
        self.body.bind_loop(start);
        let state = self.body.guarded_state();
        let exception = self.body.alloc();
        let item = self.body.alloc();
        self.body.span = span;
        let outer = self.body.guard(finished, exception);
        self.body.emit(Op::GetANext, item, iterator, 0);
        self.suspend(Op::Await, 3, item, item, 0);
        self.body.handler = outer;
        if close {
            self.close_on_the_way_out(iterator, span);
        }
        self.store(target, item);
        if let Some(end) = end {
            self.body.blocks.push(Block::Loop {
                end,
                next,
                close: close.then_some(iterator),
                handler: outer,
            });
        }
        body(self);
        if end.is_some() {
            self.body.blocks.pop();
        }
        self.body.handler = outer;
        self.body.bind(next);
        self.body.span = span;
        self.body.jump_back(start);
        self.body.bind_handler(finished, state);
        self.body.emit(Op::EndAsyncFor, exception, 0, 0);
        self.body.top = top;
    }
}
