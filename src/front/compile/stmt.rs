//! Statements, one arm each; the compound ones live in their own files.

use sloop_grammar::ast::*;

use crate::code::Const;
use crate::code::op::{Intrinsic, Op};

use super::emit::Reg;
use super::{Compiler, Mode};

impl<'a> Compiler<'a> {
    pub(super) fn block(&mut self, body: &'a [Stmt]) {
        for stmt in body {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &'a Stmt) {
        self.body.span = stmt.span;
        match &stmt.kind {
            StmtKind::Expr(value) => self.expr_stmt(*value),
            StmtKind::Assign { targets, value } => self.assign(targets, *value),
            StmtKind::AugAssign { target, op, value } => {
                self.aug_assign(stmt, *target, *op, *value);
            }
            StmtKind::AnnAssign { target, annotation, value } => {
                if let Some(value) = value {
                    self.assign(std::slice::from_ref(target), *value);
                }
                if self.options.separate_namespace && self.body.scope == 0 {
                    self.annotate_at_once(*target, *annotation);
                }
            }
            // Interruptible and visible to a debugger, but nothing to do.
            StmtKind::Pass | StmtKind::Error => {}
            StmtKind::Break => self.break_or_continue(true, stmt.span),
            StmtKind::Continue => self.break_or_continue(false, stmt.span),
            StmtKind::Return(value) => self.return_(*value, stmt.span),
            StmtKind::Raise { exception, cause } => self.raise(stmt, *exception, *cause),
            StmtKind::Delete(targets) => {
                for &target in targets.iter() {
                    self.delete(target);
                }
            }
            StmtKind::Assert { test, message } => self.assert(stmt, *test, *message),
            // Known since `collect`.
            StmtKind::Global(_) | StmtKind::Nonlocal(_) => {}
            StmtKind::Import(aliases) => self.import(stmt, aliases),
            StmtKind::ImportFrom(import) => self.import_from(stmt, import),
            StmtKind::If(stmt) => self.if_(&stmt.branches, &stmt.orelse),
            StmtKind::While(stmt) => self.while_(stmt.test, &stmt.body, &stmt.orelse),
            StmtKind::For(for_) => self.for_(for_),
            StmtKind::Try(try_) => self.try_(try_),
            StmtKind::With(with) => self.with(with),
            StmtKind::Match(match_) => self.match_(match_),
            StmtKind::Function(function) => self.function(function, stmt.span),
            StmtKind::Class(class) => self.class(class, stmt.span),
            StmtKind::TypeAlias(alias) => self.type_alias(alias, stmt.span),
        }
    }

    fn expr_stmt(&mut self, value: ExprId) {
        if self.options.mode == Mode::Interactive && self.body.host == 0 {
            self.scoped(|this| {
                let register = this.temp(value);
                this.at(value);
                this.intrinsic(Intrinsic::PrintExpr, register, register, 1);
            });
            return;
        }
        self.discard(value);
    }

    pub(super) fn intrinsic(&mut self, which: Intrinsic, dst: Reg, first: Reg, count: u16) {
        self.body.emit_ext(Op::Intrinsic, which as u8, dst, first, count);
    }

    fn raise(&mut self, stmt: &Stmt, exception: Option<ExprId>, cause: Option<ExprId>) {
        self.scoped(|this| {
            let Some(exception) = exception else {
                this.body.span = stmt.span;
                this.body.emit(Op::RaiseBare, 0, 0, 0);
                return;
            };
            let later = cause.is_some_and(|cause| this.may_rebind(cause));
            let register = this.operand(exception, later);
            match cause {
                Some(cause) => {
                    let cause = this.operand(cause, false);
                    this.body.span = stmt.span;
                    this.body.emit(Op::RaiseFrom, register, cause, 0);
                }
                None => {
                    this.body.span = stmt.span;
                    this.body.emit(Op::Raise, register, 0, 0);
                }
            }
        });
        self.body.unreachable();
    }

    fn if_(&mut self, branches: &'a [Branch], orelse: &'a [Stmt]) {
        let end = self.body.label();
        for (nth, branch) in branches.iter().enumerate() {
            let is_last = nth + 1 == branches.len() && orelse.is_empty();
            // `if test: break` is one jump.
            if let [only] = &branch.body[..]
                && let Some(target) = self.plain_exit(only)
            {
                self.jump_if(branch.test, target, true);
                continue;
            }
            let next = self.body.label();
            self.jump_if(branch.test, next, false);
            self.block(&branch.body);
            if !is_last {
                self.body.jump(end);
            }
            self.body.bind(next);
        }
        self.block(orelse);
        self.body.bind(end);
    }

    // ---- imports

    fn import(&mut self, stmt: &Stmt, aliases: &'a [Alias]) {
        for alias in aliases {
            let top = self.body.top;
            self.body.span = stmt.span;
            let module = self.body.alloc();
            let path = self.dotted(&alias.path);
            self.import_name(module, Const::None, 0, path);
            let bound = match alias.alias {
                None => alias.path[0],
                Some(bound) => {
                    // `import a.b.c as d` binds c, not a.
                    for part in &alias.path[1..] {
                        self.body.emit_name(Op::ImportFrom, module, module, part.name);
                    }
                    bound
                }
            };
            let name = self.mangle(bound.name);
            self.store_name(name, module);
            self.body.top = top;
        }
    }

    fn import_name(&mut self, module: Reg, names: Const, level: u32, path: Name) {
        self.scoped(|this| {
            let run = this.body.alloc_run(2);
            this.body.load(run, names);
            this.body.load(run + 1, Const::Int(level as i64));
            this.body.emit_name(Op::ImportName, module, run, path);
        });
    }

    fn dotted(&mut self, path: &[Ident]) -> Name {
        match path {
            [only] => only.name,
            _ => {
                let parts: Vec<&str> = path.iter().map(|part| self.names.text(part.name)).collect();
                let text = parts.join(".");
                self.names.intern(&text)
            }
        }
    }

    fn import_from(&mut self, stmt: &Stmt, import: &'a ImportFrom) {
        let top = self.body.top;
        let module = self.body.alloc();
        let path = self.dotted(&import.module);
        match &import.names {
            ImportNames::Star(_) => {
                let names = Const::Tuple([Const::Str(b"*"[..].into())].into());
                self.import_name(module, names, import.level, path);
                let namespace = self.body.alloc();
                match self.options.separate_namespace {
                    true => self.body.mov(namespace, 0),
                    false => self.body.emit(Op::LoadUndef, namespace, 0, 0),
                }
                self.intrinsic(Intrinsic::ImportStar, module, module, 2);
            }
            ImportNames::Names(aliases) => {
                let names = aliases
                    .iter()
                    .map(|alias| Const::text(self.names.text(alias.path[0].name)))
                    .collect();
                self.import_name(module, Const::Tuple(names), import.level, path);
                let item = self.body.alloc();
                for alias in aliases.iter() {
                    self.body.emit_name(Op::ImportFrom, item, module, alias.path[0].name);
                    let bound = alias.alias.unwrap_or(alias.path[0]);
                    let name = self.mangle(bound.name);
                    self.store_name(name, item);
                }
            }
        }
        self.body.span = stmt.span;
        self.body.top = top;
    }
}
