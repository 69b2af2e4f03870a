//! Bodies: modules, functions, lambdas; and the functions made of them.

use std::sync::Arc;

use sloop_grammar::ast::*;
use sloop_grammar::diagnostic::Diagnostic;
use sloop_grammar::span::Span;

use crate::code::op::{HEADER, Op};
use crate::code::{Capture, Code, CodeKind, Const, Content, Local, Params as CodeParams, Text};

use super::assemble::{Assembled, assemble};
use super::emit::{Body, MAX_REGISTERS, Reg};
use super::scope::{CLASS_CELL, Key, Place, Resolution, ScopeId, ScopeKind, flag};
use super::{Compiler, Mode};

impl<'a> Compiler<'a> {
    // ---- modules

    pub(super) fn module(&mut self) -> Arc<Code> {
        let ast = self.ast;
        self.body = Body::new(0, CodeKind::Module, String::new());
        let reserved = Reg::from(self.options.separate_namespace);
        self.body.first_temp = reserved;
        self.body.top = reserved as u32;
        self.body.max = self.body.top;
        let mut doc = None;
        match self.options.mode {
            Mode::Expression => {
                if let Some(StmtKind::Expr(value)) = ast.body.first().map(|stmt| &stmt.kind) {
                    let register = self.operand(*value, false);
                    self.at(*value);
                    self.body.emit(Op::Ret, register, 0, 0);
                    self.body.unreachable();
                }
            }
            Mode::Module => {
                doc = self.docstring(&ast.body);
                if let Some(doc) = &doc {
                    self.bind_constant("__doc__", doc);
                }
                self.body_annotations(0);
                self.block(&ast.body);
            }
            Mode::Interactive => {
                self.single(&ast.body);
                self.body_annotations(0);
                self.block(&ast.body);
            }
        }
        if self.scopes.get(0).has_await && self.options.top_level_await {
            self.body.kind = CodeKind::Coroutine;
        }
        let code = self.finish("<module>".into(), 1, doc, CodeParams::default(), Vec::new());
        Arc::new(code)
    }

    /// What `compile` makes of mode `single` is one compound statement or one line. The prompt takes
    /// what it is given.
    fn single(&mut self, body: &[Stmt]) {
        if !self.options.separate_namespace {
            return;
        }
        let Some(first) = body.first() else { return };
        let compound = matches!(
            first.kind,
            StmtKind::If(_)
                | StmtKind::While(_)
                | StmtKind::For(_)
                | StmtKind::Try(_)
                | StmtKind::With(_)
                | StmtKind::Match(_)
                | StmtKind::Function(_)
                | StmtKind::Class(_)
        );
        let Some(second) = body.get(1) else {
            // A block behind the colon needs the end of its line.
            let written = &self.text[first.span.start as usize..];
            if compound && !written.contains('\n') {
                self.error("invalid-syntax", first.span, "invalid syntax");
            }
            return;
        };
        let between = first.span.end as usize..second.span.start as usize;
        if compound {
            self.error("invalid-syntax", second.span, "invalid syntax");
        } else if self.text[between].contains('\n') {
            let message = "multiple statements found while compiling a single statement";
            self.error("invalid-syntax", first.span, message);
        }
    }

    /// A name of the module or class that the compiler itself binds.
    pub(super) fn bind_constant(&mut self, name: &str, value: &str) {
        self.scoped(|this| {
            let register = this.body.alloc();
            this.body.load_text(register, value);
            this.bind_own(name, register);
        });
    }

    /// Binds a name that no scope analysis knows of, in the module or class being compiled.
    pub(super) fn bind_own(&mut self, name: &str, register: Reg) {
        let name = self.names.intern(name);
        let is_class = self.body.kind == CodeKind::ClassBody;
        if is_class || self.options.separate_namespace {
            self.body.emit_name(Op::SetName, 0, register, name);
        } else {
            let at = self.body.name(name);
            self.body.emit_wide(Op::SetGlobal, register, at);
        }
    }

    /// The docstring a body begins with.
    pub(super) fn docstring(&self, body: &[Stmt]) -> Option<Text> {
        if self.options.optimize > 1 {
            return None;
        }
        let StmtKind::Expr(value) = body.first()?.kind else {
            return None;
        };
        let Expr::Str(text) = self.ast.expr(value) else {
            return None;
        };
        Some(dedent(&String::from_utf8_lossy(text)).into())
    }

    // ---- bodies

    /// Compiles a body of its own; returns its index among the codes of the one around.
    pub(super) fn nested(
        &mut self,
        scope: ScopeId,
        kind: CodeKind,
        name: Name,
        span: Span,
        params: CodeParams,
        write: impl FnOnce(&mut Self) -> Option<Text>,
    ) -> u16 {
        let captures = self.captures(scope);
        let text = self.names.text(name).to_owned();
        let bound = self.mangle(name);
        let is_global = self
            .scopes
            .symbol(self.body.scope, bound)
            .is_some_and(|symbol| symbol.has(flag::GLOBAL));
        let prefix = match is_global {
            true => String::new(),
            false => self.qualifier(),
        };
        let qualname = format!("{prefix}{text}");
        let body = Body::new(scope, kind, qualname);
        let outer = std::mem::replace(&mut self.body, body);
        self.body.outer_prefix = prefix;
        self.body.span = span;
        self.begin();
        let doc = write(self);
        let first_line = self.lines.find(span.start).0;
        let code = self.finish(text.into(), first_line, doc, params, captures);
        self.body = outer;
        let at = self.body.codes.len();
        self.body.codes.push(Arc::new(code));
        match u16::try_from(at) {
            Ok(at) => at,
            Err(_) => {
                self.error("too-many-functions", span, "too many functions in one body");
                0
            }
        }
    }

    /// What the qualified names of definitions in the current body begin with.
    fn qualifier(&self) -> String {
        let body = &self.body;
        match self.scopes.get(body.host).kind {
            ScopeKind::Module => String::new(),
            ScopeKind::Class => format!("{}.", body.qualname),
            ScopeKind::TypeParams => body.outer_prefix.clone(),
            ScopeKind::GeneratorExpression => format!("{}.", body.qualname),
            _ => format!("{}.<locals>.", body.qualname),
        }
    }

    /// Where the current body has the cells that `scope` captures.
    fn captures(&self, scope: ScopeId) -> Vec<Capture> {
        let free = &self.scopes.get(scope).free;
        free.iter().map(|&name| self.capture(name)).collect()
    }

    fn capture(&self, name: Name) -> Capture {
        let host = self.scopes.get(self.body.host);
        let known = &self.names.known;
        if host.kind == ScopeKind::Class {
            if name == known.class && host.needs_class_cell {
                return Capture::Local(CLASS_CELL);
            }
            if name == known.class_dict && host.needs_class_dict {
                return Capture::Local(CLASS_CELL + Reg::from(host.needs_class_cell));
            }
        }
        match self.scopes.place(self.body.scope, name) {
            Place::Cell(register) => Capture::Local(register),
            Place::Free(at) | Place::NamespaceOrFree(at) => Capture::Free(at),
            Place::ClassDictOrFree { free, .. } => Capture::Free(free),
            // A class may bind a name of its own that a method means from further out.
            _ => match self.scopes.free_index(self.body.host, name) {
                Some(at) => Capture::Free(at),
                // Only after an error; the code is thrown away.
                None => Capture::Local(0),
            },
        }
    }

    /// Registers of the locals, and their state at entry.
    fn begin(&mut self) {
        let scope = self.scopes.get(self.body.host);
        if scope.kind == ScopeKind::Class {
            let cells = Reg::from(scope.needs_class_cell) + Reg::from(scope.needs_class_dict);
            self.body.first_temp = 1 + cells;
            self.body.top = self.body.first_temp as u32;
            self.body.max = self.body.top;
            return;
        }
        let mut count = 0;
        for &at in &scope.symbols {
            let symbol = &self.scopes.symbols[at as usize];
            count += u32::from(symbol.resolution == Resolution::Local);
        }
        self.body.first_temp = count.min(MAX_REGISTERS) as Reg;
        self.body.top = count;
        self.body.max = count;
        let is_inspected = scope.is_inspected;
        for &at in &scope.symbols {
            let symbol = &self.scopes.symbols[at as usize];
            if symbol.resolution != Resolution::Local {
                continue;
            }
            let register = symbol.register;
            if symbol.has(flag::PARAM) {
                self.body.bound.insert(register);
            } else {
                self.body.reserve_undef(register);
                if symbol.captured || is_inspected {
                    self.body.need_undef(register);
                }
            }
            if symbol.captured {
                self.body.emit(Op::NewCell, register, 0, 0);
            } else if symbol.has(flag::DELETED) {
                self.body.deletable.insert(register);
            }
        }
    }

    /// Closes the body and turns it into code.
    fn finish(
        &mut self,
        name: Text,
        first_line: u32,
        doc: Option<Text>,
        params: CodeParams,
        captures: Vec<Capture>,
    ) -> Code {
        if self.body.reachable {
            self.give_back(None);
            self.body.unreachable();
        }
        self.finish_pads();
        self.check_limits();
        // After an error the walk goes on, but what it writes is incomplete and thrown away.
        let assembled = match self.reports.has_errors {
            true => Assembled::default(),
            false => assemble(&mut self.body, &mut self.lines),
        };
        let scope = self.scopes.get(self.body.host);
        let text = |name: &Name| self.names.text(*name).to_owned().into();
        let free_names = scope.free.iter().map(text).collect();
        let mut locals: Vec<Local> = scope
            .symbols
            .iter()
            .map(|&at| &self.scopes.symbols[at as usize])
            .filter(|symbol| symbol.resolution == Resolution::Local)
            .map(|symbol| Local {
                name: text(&symbol.name),
                register: symbol.register,
                is_cell: symbol.captured,
            })
            .collect();
        locals.sort_by_key(|local| local.register);
        let names = self.body.names.iter().map(text).collect();
        let is_inspected = scope.is_inspected;
        let content = Content {
            kind: self.body.kind,
            is_module: self.body.host == 0,
            name,
            qualname: match self.body.host {
                0 => "<module>".into(),
                _ => std::mem::take(&mut self.body.qualname).into(),
            },
            doc,
            filename: self.filename.clone(),
            first_line,
            params,
            registers: self.body.max.max(1),
            words: assembled.words,
            consts: std::mem::take(&mut self.body.consts),
            names,
            codes: std::mem::take(&mut self.body.codes),
            free_names,
            locals,
            inner_locals: assembled.inner_locals,
            is_inspected,
            looks_at_failures: self.scopes.looks_at_failures,
            future_annotations: self.future_annotations,
            handlers: assembled.handlers,
            lines: assembled.lines,
            live: assembled.live,
        };
        Code::new(captures, content)
    }

    fn check_limits(&mut self) {
        let span = self.body.span;
        if self.body.max > MAX_REGISTERS {
            self.reports.add(
                Diagnostic::error(
                    "too-many-registers",
                    span,
                    "too many local variables or nested expressions in one function",
                )
                .help("split the function into smaller ones"),
            );
        }
        if self.body.names.len() >= 1 << 24 {
            self.error("too-many-names", span, "too many names in one function");
        }
    }

    // ---- functions

    pub(super) fn function(&mut self, function: &'a Function, span: Span) {
        let top = self.body.top;
        let bases = self.decorators(&function.decorators);
        let name = self.mangle(function.name.name);
        let is_plain = bases.is_empty() && function.type_params.is_empty();
        let dst = match self.scopes.place(self.body.scope, name) {
            Place::Local(register) if is_plain => register,
            _ => self.body.alloc(),
        };
        let first = function
            .decorators
            .first()
            .map_or(span, |&decorator| self.ast.span(decorator).to(function.name.span));
        let head = Span::new(first.start.min(span.start), function.name.span.end);
        self.body.span = head;
        if function.type_params.is_empty() {
            self.scoped(|this| {
                let extras = this.body.alloc_run(3);
                this.default_values(&function.params, extras);
                this.function_with(function, head, dst, extras);
            });
        } else {
            self.generic_function(function, head, dst);
        }
        let value = self.decorate(&function.decorators, &bases, dst);
        self.body.span = head;
        self.store_name(name, value);
        self.body.top = top;
    }

    /// R[dst] = the function; its defaults are in R[extras] and R[extras + 1].
    pub(super) fn function_with(
        &mut self,
        function: &'a Function,
        head: Span,
        dst: Reg,
        extras: Reg,
    ) {
        self.body.span = head;
        self.function_annotations(function, extras + 2);
        let scope = self.scopes.keys[&Key::Function(function.name.span.start)];
        let has_yield = self.scopes.get(scope).has_yield;
        let kind = match (function.is_async, has_yield) {
            (false, false) => CodeKind::Function,
            (false, true) => CodeKind::Generator,
            (true, false) => CodeKind::Coroutine,
            (true, true) => CodeKind::AsyncGenerator,
        };
        let params = code_params(&function.params);
        let name = function.name.name;
        let code = self.nested(scope, kind, name, head, params, |this| {
            let doc = this.docstring(&function.body);
            this.block(&function.body);
            doc
        });
        self.body.span = head;
        self.body.emit(Op::MakeFunction, dst, extras, code);
    }

    /// R[extras] = defaults of the positional parameters, R[extras + 1] = those of the
    /// keyword-only ones; unbound without any.
    pub(super) fn default_values(&mut self, params: &'a Params, extras: Reg) {
        let positional: Vec<ExprId> = params
            .positional_only
            .iter()
            .chain(&params.positional)
            .filter_map(|param| param.default)
            .collect();
        self.scoped(|this| {
            if positional.is_empty() {
                this.body.emit(Op::LoadUndef, extras, 0, 0);
            } else if positional.iter().all(|&value| this.folded.is_known(value)) {
                let values = positional
                    .iter()
                    .filter_map(|&value| this.folded.value(this.ast, value))
                    .collect();
                this.body.load(extras, Const::Tuple(values));
            } else {
                let span = this.body.span;
                let first = this.run(&positional);
                this.body.span = span;
                this.body.emit(Op::BuildTuple, extras, first, positional.len() as u16);
            }
        });
        self.scoped(|this| {
            let span = this.body.span;
            let first = this.body.top.min(MAX_REGISTERS) as Reg;
            let mut count = 0;
            for param in &params.keyword_only {
                if let Some(value) = param.default {
                    let key = this.body.alloc();
                    let name = this.mangle(param.ident.name);
                    let text = this.names.text(name).to_string();
                    this.body.load_text(key, &text);
                    this.temp(value);
                    count += 2;
                }
            }
            this.body.span = span;
            match count {
                0 => this.body.emit(Op::LoadUndef, extras + 1, 0, 0),
                _ => this.body.emit(Op::BuildMap, extras + 1, first, count),
            }
        });
    }

    pub(super) fn lambda(&mut self, id: ExprId, lambda: &'a Lambda, dst: Reg) {
        let span = self.ast.span(id);
        let extras = self.body.alloc_run(3);
        self.body.span = span;
        self.default_values(&lambda.params, extras);
        self.body.emit(Op::LoadUndef, extras + 2, 0, 0);
        let scope = self.scopes.keys[&Key::Expr(id.0)];
        let kind = match self.scopes.get(scope).has_yield {
            true => CodeKind::Generator,
            false => CodeKind::Function,
        };
        let params = code_params(&lambda.params);
        let name = self.names.known.lambda;
        let code = self.nested(scope, kind, name, span, params, |this| {
            let register = this.operand(lambda.body, false);
            this.at(lambda.body);
            this.body.emit(Op::Ret, register, 0, 0);
            this.body.unreachable();
            None
        });
        self.body.span = span;
        self.body.emit(Op::MakeFunction, dst, extras, code);
    }

    /// R[dst] = a function without defaults; three registers from `extras` are overwritten.
    pub(super) fn plain_function(&mut self, code: u16, dst: Reg, extras: Reg) {
        for nth in 0..3 {
            self.body.emit(Op::LoadUndef, extras + nth, 0, 0);
        }
        self.body.emit(Op::MakeFunction, dst, extras, code);
    }

    // ---- decorators

    /// Evaluates decorators into nested call windows, so that each finds its argument in place.
    pub(super) fn decorators(&mut self, decorators: &'a [ExprId]) -> Vec<Reg> {
        let mut bases = Vec::new();
        for &decorator in decorators {
            let base = self.temp(decorator);
            self.body.alloc_run(HEADER as u32 - 1);
            bases.push(base);
        }
        bases
    }

    /// Applies decorators to R[value], which stands behind the innermost window.
    pub(super) fn decorate(&mut self, decorators: &'a [ExprId], bases: &[Reg], value: Reg) -> Reg {
        let mut value = value;
        for (&decorator, &base) in decorators.iter().zip(bases).rev() {
            self.body.assert_at(value, base + HEADER);
            self.at(decorator);
            self.body.emit(Op::Call, base, base, 1);
            value = base;
        }
        value
    }
}

pub(super) fn code_params(params: &Params) -> CodeParams {
    CodeParams {
        positional_only: params.positional_only.len() as u16,
        positional: params.positional.len() as u16,
        keyword_only: params.keyword_only.len() as u16,
        star: params.star.is_some(),
        double_star: params.double_star.is_some(),
    }
}

/// A docstring without the indentation of its source, as `inspect.cleandoc` does it, except that
/// blank lines around stay.
fn dedent(text: &str) -> String {
    let expanded = expand_tabs(text);
    let mut lines = expanded.split('\n');
    let first = lines.next().unwrap_or("");
    let rest: Vec<&str> = lines.collect();
    let margin = rest
        .iter()
        .filter(|line| !line.trim_start_matches(' ').is_empty())
        .map(|line| line.len() - line.trim_start_matches(' ').len())
        .min()
        .unwrap_or(0);
    let mut out = first.trim_start_matches(' ').to_string();
    for line in rest {
        out.push('\n');
        out.push_str(line.get(margin.min(line.len())..).unwrap_or(""));
    }
    out
}

fn expand_tabs(text: &str) -> String {
    if !text.contains('\t') {
        return text.to_string();
    }
    let mut out = String::with_capacity(text.len());
    let mut column = 0;
    for letter in text.chars() {
        match letter {
            '\t' => {
                let width = 8 - column % 8;
                out.extend(std::iter::repeat_n(' ', width));
                column += width;
            }
            '\n' => {
                out.push('\n');
                column = 0;
            }
            letter => {
                out.push(letter);
                column += 1;
            }
        }
    }
    out
}
