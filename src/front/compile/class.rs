//! Classes: the body is a function over its namespace, called by `MakeClass`.

use sloop_grammar::ast::*;
use sloop_grammar::span::Span;

use crate::code::op::Op;
use crate::code::{CodeKind, Const, Params as CodeParams};

use super::Compiler;
use super::emit::Reg;
use super::scope::{CLASS_CELL, Key};

impl<'a> Compiler<'a> {
    pub(super) fn class(&mut self, class: &'a Class, span: Span) {
        let top = self.body.top;
        let bases = self.decorators(&class.decorators);
        let dst = self.body.alloc();
        let first = class
            .decorators
            .first()
            .map_or(span.start, |&decorator| self.ast.span(decorator).start);
        let head = Span::new(first.min(span.start), class.name.span.end);
        self.body.span = head;
        match class.type_params.is_empty() {
            true => self.class_with(class, head, dst, false),
            false => self.generic_class(class, head, dst),
        }
        let value = self.decorate(&class.decorators, &bases, dst);
        self.body.span = head;
        let name = self.mangle(class.name.name);
        self.store_name(name, value);
        self.body.top = top;
    }

    /// R[dst] = the class; a generic one finds its `Generic[...]` base in a local.
    pub(super) fn class_with(&mut self, class: &'a Class, head: Span, dst: Reg, is_generic: bool) {
        let top = self.body.top;
        let base = self.body.window(None);
        let argument = self.body.alloc();
        let code = self.class_body(class, head, is_generic);
        self.body.span = head;
        self.plain_function(code, base, base + 1);
        let text = self.names.text(class.name.name).to_string();
        self.body.load_text(base + 1, &text);
        self.class_bases(class, base + 2, argument, is_generic);
        self.body.span = head;
        self.class_keywords(class, base + 3, base);
        self.body.span = head;
        self.body.emit(Op::MakeClass, dst, base, 0);
        self.body.top = top;
    }

    fn class_bases(&mut self, class: &'a Class, dst: Reg, list: Reg, is_generic: bool) {
        let simple = class.arguments.iter().all(|argument| !matches!(argument, Argument::Star(_)));
        self.scoped(|this| {
            let generic = this.names.known.generic_base;
            if simple {
                let first = this.body.top as Reg;
                let mut count = 0;
                for argument in class.arguments.iter() {
                    if let Argument::Positional(value) = argument {
                        this.temp(*value);
                        count += 1;
                    }
                }
                if is_generic {
                    let register = this.body.alloc();
                    this.load_name(generic, register);
                    count += 1;
                }
                if count == 0 {
                    this.body.load(dst, Const::Tuple([].into()));
                } else {
                    this.body.emit(Op::BuildTuple, dst, first, count);
                }
                return;
            }
            this.positional_list(class.name.span, &class.arguments, list);
            if is_generic {
                let register = this.body.alloc();
                this.load_name(generic, register);
                this.body.emit(Op::ListAppend, list, register, 0);
            }
            this.body.emit(Op::ListToTuple, dst, list, 0);
        });
    }

    fn class_keywords(&mut self, class: &'a Class, dst: Reg, callee: Reg) {
        self.lint_keywords(&class.arguments);
        self.keyword_dict(class.name.span, &class.arguments, dst, callee);
    }

    fn class_body(&mut self, class: &'a Class, head: Span, is_generic: bool) -> u16 {
        let scope = self.scopes.keys[&Key::Class(class.name.span.start)];
        let name = class.name.name;
        let params = CodeParams { positional_only: 1, ..CodeParams::default() };
        self.nested(scope, CodeKind::ClassBody, name, head, params, |this| {
            this.class_cells();
            this.scoped(|this| {
                let register = this.body.alloc();
                let module = this.names.intern("__name__");
                this.body.emit_name(Op::GetName, register, 0, module);
                this.bind_own("__module__", register);
                let qualname = this.body.qualname.clone();
                this.body.load_text(register, &qualname);
                this.bind_own("__qualname__", register);
                let line = this.lines.find(head.start).0;
                this.body.load(register, Const::Int(line as i64));
                this.bind_own("__firstlineno__", register);
                if is_generic {
                    let params = this.names.known.type_params;
                    this.load_name(params, register);
                    this.bind_own("__type_params__", register);
                }
            });
            this.body_annotations(scope);
            let doc = this.docstring(&class.body);
            if let Some(doc) = &doc {
                this.bind_constant("__doc__", doc);
            }
            this.block(&class.body);
            this.body.span = head;
            this.static_attributes(scope);
            if this.scopes.get(scope).needs_class_cell {
                this.body.emit(Op::Ret, CLASS_CELL, 0, 0);
                this.body.unreachable();
            }
            doc
        })
    }

    /// The cells of a class: `__class__`, which the machine fills when the class exists, and the
    /// namespace for annotation scopes.
    fn class_cells(&mut self) {
        let scope = self.scopes.get(self.body.host);
        let (class, dict) = (scope.needs_class_cell, scope.needs_class_dict);
        if class {
            self.body.emit(Op::LoadUndef, CLASS_CELL, 0, 0);
            self.body.emit(Op::NewCell, CLASS_CELL, 0, 0);
        }
        if dict {
            let register = CLASS_CELL + Reg::from(class);
            self.body.mov(register, 0);
            self.body.emit(Op::NewCell, register, 0, 0);
        }
    }

    fn static_attributes(&mut self, scope: u32) {
        let names = self.scopes.get(scope).self_attributes.iter();
        let mut names: Vec<&str> = names.map(|&name| self.names.text(name)).collect();
        names.sort_unstable();
        let names: Box<[Const]> = names.into_iter().map(Const::text).collect();
        self.scoped(|this| {
            let register = this.body.alloc();
            this.body.load(register, Const::Tuple(names));
            this.bind_own("__static_attributes__", register);
        });
    }
}
