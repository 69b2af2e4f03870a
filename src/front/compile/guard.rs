//! Guarded regions: `finally`, `with`, and what runs while an exception is handled.
//!
//! A region's handler is in force from `Body::guard` until the handler of before is put back.
//! Handlers that only clean up and raise again are landing pads, written behind the body.

use sloop_grammar::ast::*;
use sloop_grammar::diagnostic::Diagnostic;

use crate::code::op::{HANDLED, HEADER, Op};

use super::Compiler;
use super::control::Block;
use super::emit::{Pad, PadStep, Reg};

/// `finally` bodies inside `finally` bodies: each level doubles the code at least.
const MAX_FINALLY: u32 = 6;
/// Managers of one `with` statement.
const MAX_MANAGERS: usize = 100;

impl<'a> Compiler<'a> {
    // ---- handled exceptions

    /// An instruction that may suspend. It says when this body handles an exception, which the
    /// machine then puts away until it is resumed.
    pub(super) fn suspend(&mut self, op: Op, ext: u8, a: Reg, b: Reg, c: u16) {
        if !self.body.blocks.iter().any(|block| matches!(block, Block::Handled { .. })) {
            self.body.emit_ext(op, ext, a, b, c);
        } else if op == Op::Yield {
            self.body.emit(Op::YieldHandled, a, b, c);
        } else {
            self.body.emit_ext(op, ext | HANDLED, a, b, c);
        }
    }

    /// Runs `body` while R[exception] is handled. The end of the handling is up to the caller,
    /// except when the body raises: then the pad restores R[save], and as its first act, so that
    /// the machine finds the register when the body is suspended.
    pub(super) fn handled(
        &mut self,
        save: Reg,
        exception: Reg,
        name: Option<Name>,
        body: impl FnOnce(&mut Self),
    ) {
        let label = self.body.label();
        let outer = self.body.guard(label, exception);
        self.body.blocks.push(Block::Handled { save, name, handler: outer });
        self.body.pads.push(Pad {
            label,
            register: exception,
            steps: [Some(PadStep::PopHandled(save)), name.map(PadStep::Unbind)],
            handler: outer,
            span: self.body.span,
        });
        body(self);
        self.body.blocks.pop();
        self.body.handler = outer;
    }

    /// Writes the landing pads that were asked for, behind everything else.
    pub(super) fn finish_pads(&mut self) {
        let mut at = 0;
        while at < self.body.pads.len() {
            let pad = self.body.pads[at];
            at += 1;
            self.body.span = pad.span;
            self.body.handler = pad.handler;
            let state = self.body.bound.clone();
            self.body.bind_handler(pad.label, state);
            for step in pad.steps.into_iter().flatten() {
                match step {
                    PadStep::CloseIter(iterator) => {
                        self.body.emit(Op::CloseIter, iterator, 0, 0);
                    }
                    PadStep::PopHandled(save) => self.body.emit(Op::PopHandled, save, 0, 0),
                    PadStep::Unbind(name) => {
                        // The register of the exception is live here.
                        self.body.top = self.body.max;
                        self.unbind_name(name);
                    }
                }
            }
            self.body.emit(Op::Reraise, pad.register, 0, 0);
            self.body.unreachable();
        }
    }

    // ---- finally

    pub(super) fn try_finally(&mut self, finally: &'a [Stmt], guarded: impl FnOnce(&mut Self)) {
        if self.body.finally_depth >= MAX_FINALLY {
            let span = finally.first().map_or(self.body.span, |stmt| stmt.span);
            self.reports.add(
                Diagnostic::error("too-many-blocks", span, "too many statically nested blocks")
                    .label(span, "`finally` inside `finally` inside `finally` …")
                    .help("move the inner ones into a function"),
            );
            return;
        }
        let top = self.body.top;
        let value = self.body.alloc();
        let save = self.body.alloc();
        let exception = self.body.alloc();
        let (label, end) = (self.body.label(), self.body.label());
        let state = self.body.guarded_state();
        let outer = self.body.guard(label, exception);
        self.body.blocks.push(Block::Finally { value, exits: Vec::new(), handler: outer });
        guarded(self);
        let Some(Block::Finally { exits, .. }) = self.body.blocks.pop() else {
            unreachable!("blocks are popped by who pushed them");
        };
        self.body.handler = outer;
        self.body.finally_depth += 1;
        self.block(finally);
        self.body.jump(end);
        self.body.bind_handler(label, state);
        self.body.emit(Op::PushHandled, save, exception, 0);
        self.handled(save, exception, None, |this| this.block(finally));
        self.body.emit(Op::PopHandled, save, 0, 0);
        self.body.emit(Op::Reraise, exception, 0, 0);
        self.body.unreachable();
        for (exit, label) in exits {
            self.body.bind(label);
            self.block(finally);
            let kept = self.return_home().unwrap_or(value);
            self.leave(exit, Some(kept));
        }
        self.body.finally_depth -= 1;
        self.body.bind(end);
        self.body.top = top;
    }

    // ---- with

    pub(super) fn with(&mut self, with: &'a With) {
        if with.items.len() > MAX_MANAGERS {
            let span = self.ast.span(with.items[0].context);
            self.error("too-many-blocks", span, "too many statically nested blocks");
            return;
        }
        self.with_item(with, 0);
    }

    fn with_item(&mut self, with: &'a With, nth: usize) {
        let Some(item) = with.items.get(nth) else {
            self.block(&with.body);
            return;
        };
        let top = self.body.top;
        let span = self.ast.span(item.context);
        // The exit method, and in the next register what it is to be called with in front.
        let exit = self.body.alloc_run(2);
        let value = self.enter(item.context, exit, with.is_async);
        let save = self.body.alloc();
        let exception = self.body.alloc();
        let label = self.body.label();
        let state = self.body.guarded_state();
        let outer = self.body.guard(label, exception);
        self.body.blocks.push(Block::With { exit, is_async: with.is_async, span, handler: outer });
        if let Some(target) = item.target {
            self.store(target, value);
        }
        self.with_item(with, nth + 1);
        self.body.blocks.pop();
        self.body.handler = outer;
        self.body.span = span;
        self.call_exit(exit, with.is_async);
        let end = self.body.label();
        self.body.jump(end);
        self.body.span = span;
        self.body.bind_handler(label, state);
        self.body.emit(Op::PushHandled, save, exception, 0);
        let suppressed = self.body.label();
        self.handled(save, exception, None, |this| {
            let result = this.body.alloc();
            let base = this.body.window(Some(result));
            let manager = this.body.alloc();
            let triple = this.body.alloc_run(3);
            this.body.mov(base, exit);
            this.body.mov(manager, exit + 1);
            this.body.emit(Op::ExcTriple, triple, exception, 0);
            this.call_guard(with.is_async, 2, result, base, 4);
            this.jump_if_true(result, suppressed, true);
        });
        self.body.emit(Op::PopHandled, save, 0, 0);
        self.body.emit(Op::Reraise, exception, 0, 0);
        self.body.unreachable();
        self.body.bind(suppressed);
        self.body.emit(Op::PopHandled, save, 0, 0);
        self.body.bind(end);
        self.body.top = top;
    }

    /// Enters a manager: its exit method in R[exit] and R[exit + 1], the entered value in the
    /// result.
    fn enter(&mut self, context: ExprId, exit: Reg, is_async: bool) -> Reg {
        let value = self.body.alloc();
        self.scoped(|this| {
            let base = this.body.window(Some(value));
            this.body.assert_at(base, value);
            let first = this.body.alloc();
            this.body.assert_at(first, base + HEADER);
            let manager = this.operand(context, false);
            this.at(context);
            let (enter, leave) = match is_async {
                true => (2, 3),
                false => (0, 1),
            };
            this.body.emit_ext(Op::LoadSpecial, HEADER as u8, base, manager, enter);
            this.body.emit_ext(Op::LoadSpecial, 1, exit, manager, leave);
            this.call_guard(is_async, 1, value, base, 1);
        });
        value
    }

    /// `exit(None, None, None)`, for a body that has not raised.
    pub(super) fn call_exit(&mut self, exit: Reg, is_async: bool) {
        self.scoped(|this| {
            let base = this.body.window(None);
            this.body.mov(base, exit);
            let manager = this.body.alloc();
            this.body.mov(manager, exit + 1);
            for nth in 1..4 {
                let argument = this.body.alloc();
                this.body.assert_at(argument, base + HEADER + nth);
                this.load_none_into(argument);
            }
            this.call_guard(is_async, 2, base, base, 4);
        });
    }

    /// Calls a method of a manager; if that is asynchronous, its result is awaited.
    fn call_guard(&mut self, is_async: bool, which: u8, dst: Reg, base: Reg, count: u16) {
        if is_async {
            self.suspend(Op::AwaitCall, which, dst, base, count);
        } else {
            self.body.emit(Op::CallL, dst, base, count);
        }
    }
}
