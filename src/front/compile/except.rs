//! `try` with `except` and `except*`.
//!
//! While a handler runs, the exception is "handled" (`sys.exception()`): pushed at its start,
//! popped on every way out, the one by another exception included.

use sloop_grammar::ast::*;
use sloop_grammar::diagnostic::Diagnostic;

use crate::code::op::Op;

use super::Compiler;
use super::control::Block;
use super::emit::{Label, Reg};

impl<'a> Compiler<'a> {
    pub(super) fn try_(&mut self, try_: &'a Try) {
        self.check_handlers(try_);
        if try_.finally.is_empty() {
            self.try_except(try_);
        } else {
            self.try_finally(&try_.finally, |this| this.try_except(try_));
        }
    }

    fn check_handlers(&mut self, try_: &Try) {
        for (nth, handler) in try_.handlers.iter().enumerate() {
            if handler.exception.is_none() && nth + 1 < try_.handlers.len() {
                self.reports.add(
                    Diagnostic::error(
                        "bare-except-order",
                        handler.span,
                        "default 'except:' must be last",
                    )
                    .label(handler.span, "this catches everything")
                    .label(try_.handlers[nth + 1].span, "so this is never reached"),
                );
            }
        }
    }

    fn try_except(&mut self, try_: &'a Try) {
        if try_.handlers.is_empty() {
            self.block(&try_.body);
            self.block(&try_.orelse);
            return;
        }
        let top = self.body.top;
        let save = self.body.alloc();
        let exception = self.body.alloc();
        let (label, end) = (self.body.label(), self.body.label());
        let state = self.body.guarded_state();
        let outer = self.body.guard(label, exception);
        self.block(&try_.body);
        self.body.handler = outer;
        self.block(&try_.orelse);
        self.body.jump(end);
        self.body.span = try_.handlers[0].span;
        self.body.bind_handler(label, state);
        let unnamed = !try_.is_star && try_.handlers.iter().all(|handler| handler.name.is_none());
        self.body.emit(Op::PushHandled, save, exception, unnamed.into());
        match try_.is_star {
            true => self.star_handlers(try_, save, exception, end),
            false => self.handlers(try_, save, exception, end),
        }
        self.body.bind(end);
        self.body.top = top;
    }

    fn handlers(&mut self, try_: &'a Try, save: Reg, exception: Reg, end: Label) {
        self.handled(save, exception, None, |this| {
            for handler in &try_.handlers {
                let next = this.body.label();
                if let Some(class) = handler.exception {
                    this.scoped(|this| {
                        let class_register = this.operand(class, false);
                        let matches = this.body.alloc();
                        this.at(class);
                        this.body.emit(Op::ExcMatch, matches, exception, class_register);
                        this.jump_if_true(matches, next, false);
                    });
                }
                match handler.name {
                    Some(ident) => this.named_handler(handler, ident, save, exception),
                    None => this.block(&handler.body),
                }
                // The normal end, outside of the region that ends by an exception.
                this.normal_end(save, handler.name, end);
                this.body.bind(next);
            }
        });
        self.body.emit(Op::PopHandled, save, 0, 0);
        self.body.emit(Op::Reraise, exception, 0, 0);
        self.body.unreachable();
    }

    fn named_handler(&mut self, handler: &'a Handler, ident: Ident, save: Reg, exception: Reg) {
        let name = self.mangle(ident.name);
        // The name belongs to the handler: the block that unbinds it replaces the one around.
        let Some(Block::Handled { handler: outer, .. }) = self.body.blocks.last() else {
            unreachable!("handlers run inside of `handled`");
        };
        let (outer, inner) = (*outer, self.body.handler);
        let block = self.body.blocks.pop();
        self.body.handler = outer;
        self.handled(save, exception, Some(name), |this| {
            this.body.span = ident.span;
            this.store_name(name, exception);
            this.block(&handler.body);
        });
        self.body.blocks.extend(block);
        self.body.handler = inner;
    }

    fn normal_end(&mut self, save: Reg, name: Option<Ident>, end: Label) {
        let Some(Block::Handled { handler, .. }) = self.body.blocks.last() else {
            unreachable!("handlers run inside of `handled`");
        };
        let inner = std::mem::replace(&mut self.body.handler, *handler);
        let pop = if name.is_some() { Op::PopHandled } else { Op::DropHandled };
        self.body.emit(pop, save, 0, 0);
        if let Some(ident) = name {
            let name = self.mangle(ident.name);
            self.unbind_name(name);
        }
        self.body.jump(end);
        self.body.handler = inner;
    }

    /// `except*`: each handler gets its part of the group; what is left or raised is merged.
    fn star_handlers(&mut self, try_: &'a Try, save: Reg, exception: Reg, end: Label) {
        let raised = self.body.alloc();
        let rest = self.body.alloc();
        let part = self.body.alloc_run(2);
        self.handled(save, exception, None, |this| {
            this.body.emit(Op::BuildList, raised, rest, 0);
            this.body.mov(rest, exception);
            for handler in &try_.handlers {
                let next = this.body.label();
                if let Some(class) = handler.exception {
                    this.scoped(|this| {
                        let class_register = this.operand(class, false);
                        this.at(class);
                        this.body.emit(Op::ExcSplit, part, rest, class_register);
                    });
                }
                this.body.mov(rest, part + 1);
                this.body.branch(Op::JNone, part, 0, next);
                this.star_handler(handler, part, raised, next);
                this.body.bind(next);
            }
            let nothing_left = this.body.label();
            this.body.branch(Op::JNone, rest, 0, nothing_left);
            this.body.emit(Op::ListAppend, raised, rest, 0);
            this.body.bind(nothing_left);
            this.body.emit(Op::ExcMerge, part, exception, raised);
        });
        let done = self.body.label();
        self.body.emit(Op::PopHandled, save, 0, 0);
        self.body.branch(Op::JNone, part, 0, done);
        self.body.emit(Op::Reraise, part, 0, 0);
        self.body.unreachable();
        self.body.bind(done);
        self.body.jump(end);
    }

    fn star_handler(&mut self, handler: &'a Handler, part: Reg, raised: Reg, next: Label) {
        let top = self.body.top;
        let save = self.body.alloc();
        let failure = self.body.alloc();
        let label = self.body.label();
        let name = handler.name.map(|ident| self.mangle(ident.name));
        self.body.span = handler.span;
        let state = self.body.guarded_state();
        let outer = self.body.guard(label, failure);
        self.body.emit(Op::PushHandled, save, part, 0);
        self.handled(save, failure, name, |this| {
            if let Some(name) = name {
                this.store_name(name, part);
            }
            this.body.blocks.push(Block::Star);
            this.block(&handler.body);
            this.body.blocks.pop();
        });
        self.body.emit(Op::PopHandled, save, 0, 0);
        if let Some(name) = name {
            self.unbind_name(name);
        }
        self.body.handler = outer;
        self.body.jump(next);
        self.body.bind_handler(label, state);
        self.body.emit(Op::ListAppend, raised, failure, 0);
        self.body.jump(next);
        self.body.top = top;
    }
}
