//! Chains of attributes, subscripts and calls: `a.b(c)[d].e(f)`.
//!
//! The value travels along the chain in one window: as the callee in its first register, or as
//! the receiver of a method behind the header. A chain of any length takes one window and no
//! recursion.

use sloop_grammar::ast::*;
use sloop_grammar::span::Span;

use crate::code::Const;
use crate::code::op::{HEADER, Op};

use super::Compiler;
use super::display::MAX_RUN;
use super::emit::Reg;
use super::scope::{Place, ScopeKind, flag};

/// More positional arguments than this are passed as a list.
const MAX_ARGUMENTS: usize = 255;

/// The value a chain has reached.
#[derive(Clone, Copy)]
enum Value {
    In(Reg),
    /// `super()` with its three parts in the window: the class of that name, `__class__`, self.
    Super,
}

/// What is done to the value next.
#[derive(Clone, Copy)]
enum Step {
    Attribute(ExprId),
    Item(ExprId),
    Call(ExprId),
    Method { attribute: ExprId, call: ExprId },
}

/// The registers a chain works in.
struct Window {
    base: Reg,
    /// The first register above what was live before, `base` included.
    top: u32,
}

impl Window {
    /// Where the next step wants its object.
    fn home(&self, next: Option<&Step>) -> Reg {
        match next {
            Some(Step::Method { .. }) => self.base + HEADER,
            _ => self.base,
        }
    }
}

impl<'a> Compiler<'a> {
    /// R[dst] = the value of a chain; `awaited` is the `await` whose operand its last call is.
    pub(super) fn chain(&mut self, id: ExprId, dst: Reg, awaited: Option<ExprId>) {
        let (leaf, mut steps) = self.steps(id);
        let needs_window = !matches!(
            steps[..],
            [Step::Attribute(_)] | [Step::Item(_)] | [Step::Attribute(_), Step::Attribute(_)]
        );
        let base = match needs_window {
            true if self.body.is_top(dst) => dst,
            true => self.body.alloc(),
            false => self.scratch(dst),
        };
        let window = Window { base, top: self.body.top };
        let is_super = self.is_own_super(leaf, &steps);
        if is_super
            && let Some(&Step::Method { attribute, call }) = steps.get(1)
            && (!self.is_plain_call(call) || awaited.is_some() && steps.len() == 2)
        {
            // The fused call through `super()` has no such forms.
            steps.splice(1..2, [Step::Attribute(attribute), Step::Call(call)]);
        }
        let mut rest = &mut steps[..];
        if is_super {
            rest = &mut rest[1..];
        }
        let mut value = match is_super {
            true => match self.start_super(id, leaf, rest.first(), dst, &window) {
                Some(value) => value,
                None => return,
            },
            false => self.start(leaf, id, rest.first(), &window),
        };
        for at in 0..rest.len() {
            let next = rest.get(at + 1);
            let out = match next {
                Some(_) => window.home(next),
                None => dst,
            };
            self.body.top = window.top;
            self.step(rest[at], value, out, &window, awaited.filter(|_| next.is_none()));
            value = Value::In(out);
        }
    }

    /// Takes a chain apart, innermost step first.
    fn steps(&self, id: ExprId) -> (ExprId, Vec<Step>) {
        let mut leaf = id;
        let mut steps = Vec::new();
        loop {
            let (left, step) = match self.ast.expr(leaf) {
                Expr::Attribute(left, _) => (*left, Step::Attribute(leaf)),
                Expr::Subscript(left, _) => (*left, Step::Item(leaf)),
                Expr::Call(left, arguments) => match self.ast.expr(*left) {
                    Expr::Attribute(object, _) if is_direct(arguments) => {
                        let (attribute, call) = (*left, leaf);
                        (*object, Step::Method { attribute, call })
                    }
                    _ => (*left, Step::Call(leaf)),
                },
                _ => break,
            };
            steps.push(step);
            leaf = left;
        }
        steps.reverse();
        (leaf, steps)
    }

    /// Puts the start of the chain where its first step wants it.
    fn start(&mut self, leaf: ExprId, id: ExprId, first: Option<&Step>, window: &Window) -> Value {
        if matches!(first, Some(Step::Attribute(_) | Step::Item(_))) {
            let later = self.has_walrus(self.ast.span(leaf).end, self.ast.span(id).end);
            if !later && let Some(register) = self.in_place(leaf) {
                return Value::In(register);
            }
        }
        let home = window.home(first);
        self.reserve_to(home);
        self.expr_to(leaf, home);
        Value::In(home)
    }

    fn reserve_to(&mut self, register: Reg) {
        let wanted = register as u32 + 1;
        if self.body.top < wanted {
            let missing = wanted - self.body.top;
            self.body.alloc_run(missing);
        }
    }

    fn step(
        &mut self,
        step: Step,
        value: Value,
        out: Reg,
        window: &Window,
        awaited: Option<ExprId>,
    ) {
        match step {
            Step::Method { attribute, call } => {
                self.call_method(attribute, call, value, out, window, awaited);
            }
            Step::Attribute(link) => {
                let Expr::Attribute(_, ident) = self.ast.expr(link) else {
                    unreachable!("an attribute step is an attribute");
                };
                self.attribute_span(link, *ident);
                let name = self.mangle(ident.name);
                match value {
                    Value::In(object) => self.body.emit_name(Op::GetAttr, out, object, name),
                    Value::Super => self.body.emit_name(Op::GetSuper, out, window.base, name),
                }
            }
            Step::Item(link) => {
                let Expr::Subscript(object, index) = self.ast.expr(link) else {
                    unreachable!("an item step is a subscript");
                };
                self.lint_subscript(*object, *index, link);
                self.get_item(link, value.register(window), *index, out);
            }
            Step::Call(link) => {
                let Expr::Call(callee, arguments) = self.ast.expr(link) else {
                    unreachable!("a call step is a call");
                };
                self.lint_call(*callee, link);
                self.body.mov(window.base, value.register(window));
                self.call(link, arguments, out, window.base, awaited);
            }
        }
    }

    /// The error of an attribute points at its own line when the chain goes over several.
    fn attribute_span(&mut self, link: ExprId, ident: Ident) {
        let mut span = self.ast.span(link);
        let between = self.text.as_bytes().get(span.start as usize..ident.span.start as usize);
        if between.is_some_and(|text| text.contains(&b'\n')) {
            span.start = ident.span.start;
        }
        self.body.span = span;
    }

    /// So does the error of a call whose method was loaded before the arguments.
    fn call_span(&mut self, id: ExprId, op: Op) {
        if op == Op::CallL
            && let Expr::Call(callee, _) = self.ast.expr(id)
            && let Expr::Attribute(_, ident) = self.ast.expr(*callee)
        {
            return self.attribute_span(id, *ident);
        }
        self.at(id);
    }

    fn get_item(&mut self, link: ExprId, object: Reg, index: ExprId, out: Reg) {
        match self.ast.expr(index) {
            Expr::Slice { lower, upper, step: None } => {
                let run = self.body.alloc_run(2);
                self.part_to(*lower, run);
                self.part_to(*upper, run + 1);
                self.at(link);
                self.body.emit(Op::GetSlice, out, object, run);
            }
            _ => {
                if let Some(number) = self.small_int(index) {
                    self.at(link);
                    self.body.emit(Op::GetItemI, out, object, number as u16);
                    return;
                }
                let key = self.operand(index, false);
                self.at(link);
                self.body.emit(Op::GetItem, out, object, key);
            }
        }
    }

    // ---- calls

    pub(super) fn is_plain_call(&self, id: ExprId) -> bool {
        match self.ast.expr(id) {
            Expr::Call(_, arguments) => is_plain(arguments),
            _ => false,
        }
    }

    /// `attribute` looked up on the value, and called.
    fn call_method(
        &mut self,
        attribute: ExprId,
        call: ExprId,
        value: Value,
        out: Reg,
        window: &Window,
        awaited: Option<ExprId>,
    ) {
        let (Expr::Attribute(_, ident), Expr::Call(_, arguments)) =
            (self.ast.expr(attribute), self.ast.expr(call))
        else {
            unreachable!("a method call is an attribute and a call");
        };
        let receiver = window.base + HEADER;
        self.reserve_to(receiver);
        let op = match value {
            Value::In(object) => {
                self.body.mov(receiver, object);
                Op::CallM
            }
            Value::Super => Op::CallSuper,
        };
        let name = self.mangle(ident.name);
        let fused = is_plain(arguments) && awaited.is_none();
        if op == Op::CallM && (!fused || self.runs_code(arguments)) {
            // What the arguments do must not change which method is called.
            self.attribute_span(attribute, *ident);
            self.body.emit_name(Op::LoadMethod, window.base, receiver, name);
            return self.call_with(call, arguments, out, window.base, awaited, Op::CallL);
        }
        for argument in arguments.iter() {
            if let Argument::Positional(value) = argument {
                self.temp(*value);
            }
        }
        self.attribute_span(call, *ident);
        let name = self.body.name(name);
        let before = self.body.ins.len() as u32;
        self.body.emit_cached(op, out, window.base, arguments.len() as u16, name);
        if self.body.ins.len() as u32 > before {
            let at = self.body.ins.len() as u32 - 1;
            self.body.attributes.push((at, ident.span.end));
        }
    }

    /// R[out] = R[base](arguments); `base` is the topmost register.
    pub(super) fn call(
        &mut self,
        id: ExprId,
        arguments: &'a [Argument],
        out: Reg,
        base: Reg,
        awaited: Option<ExprId>,
    ) {
        self.body.alloc_run(HEADER as u32 - 1);
        self.call_with(id, arguments, out, base, awaited, Op::Call);
    }

    /// The part of a call behind the header; of a loaded method the receiver is there already.
    fn call_with(
        &mut self,
        id: ExprId,
        arguments: &'a [Argument],
        out: Reg,
        base: Reg,
        awaited: Option<ExprId>,
        op: Op,
    ) {
        self.lint_keywords(arguments);
        let count = arguments.len() as u16 + u16::from(op == Op::CallL);
        if is_plain(arguments) {
            for argument in arguments {
                if let Argument::Positional(value) = argument {
                    self.temp(*value);
                }
            }
            match awaited {
                Some(whole) => {
                    self.at(whole);
                    self.suspend(Op::AwaitCall, 0, out, base, count);
                }
                None => {
                    self.call_span(id, op);
                    self.body.emit(op, out, base, count);
                }
            }
            return;
        }
        if !is_direct(arguments) {
            self.unpacked_arguments(id, arguments, base);
            self.at(id);
            self.body.emit(Op::CallX, out, base, 0);
            return;
        }
        for argument in arguments {
            if let Argument::Positional(value) = argument {
                self.temp(*value);
            }
        }
        let mut keywords = Vec::new();
        for argument in arguments {
            if let Argument::Keyword(ident, value) = argument {
                self.temp(*value);
                keywords.push(self.keyword(*ident));
            }
        }
        self.call_span(id, op);
        let keywords = self.body.constant(Const::Tuple(keywords.into()));
        self.body.emit_cached(Op::CallK, out, base, count, keywords);
    }

    /// Unlike the parameter that it names, a keyword of a call is never private to a class.
    fn keyword(&mut self, ident: Ident) -> Const {
        Const::text(self.names.text(ident.name))
    }

    /// Positional arguments as a list, keywords as a dict, behind the header of the window.
    fn unpacked_arguments(&mut self, id: ExprId, arguments: &'a [Argument], base: Reg) {
        let list = self.body.alloc();
        let dict = self.body.alloc();
        let span = self.ast.span(id);
        let mut positional = arguments
            .iter()
            .filter(|argument| matches!(argument, Argument::Positional(_) | Argument::Star(_)));
        if let (Some(Argument::Star(value)), None) = (positional.next(), positional.next()) {
            // Alone, it is iterated when the call is made, after the keywords.
            let source = self.operand(*value, arguments.len() > 1);
            self.keyword_dict(span, arguments, dict, base);
            self.body.span = span;
            self.body.emit(Op::LoadUndef, list, 0, 0);
            self.body.emit_ext(Op::ListExtend, 2, list, source, 0);
            return;
        }
        self.positional_list(span, arguments, list);
        self.keyword_dict(span, arguments, dict, base);
    }

    /// R[list] = a list of the positional and starred arguments.
    pub(super) fn positional_list(&mut self, span: Span, arguments: &'a [Argument], list: Reg) {
        let mut positional = arguments
            .iter()
            .filter(|argument| matches!(argument, Argument::Positional(_) | Argument::Star(_)))
            .peekable();
        let mut is_first = true;
        while is_first || positional.peek().is_some() {
            let top = self.body.top;
            let first = self.body.top.min(u16::MAX as u32) as Reg;
            let mut count = 0;
            while count < MAX_RUN
                && let Some(Argument::Positional(value)) =
                    positional.next_if(|next| matches!(next, Argument::Positional(_)))
            {
                self.temp(*value);
                count += 1;
            }
            self.body.span = span;
            if is_first {
                if count == 0 {
                    self.body.alloc();
                }
                self.body.emit(Op::BuildList, list, first, count as u16);
            } else if count == 1 {
                self.body.emit(Op::ListAppend, list, first, 0);
            } else if count > 0 {
                let piece = self.body.alloc();
                self.body.emit(Op::BuildTuple, piece, first, count as u16);
                self.body.emit_ext(Op::ListExtend, 1, list, piece, 0);
            }
            if let Some(Argument::Star(value)) =
                positional.next_if(|next| matches!(next, Argument::Star(_)))
            {
                let value = self.operand(*value, false);
                self.body.span = span;
                self.body.emit_ext(Op::ListExtend, 1, list, value, 0);
            }
            is_first = false;
            self.body.top = top;
        }
    }

    /// R[dict] = a dict of the keyword arguments, or unbound without any.
    pub(super) fn keyword_dict(
        &mut self,
        span: Span,
        arguments: &'a [Argument],
        dict: Reg,
        callee: Reg,
    ) {
        let mut keywords = arguments
            .iter()
            .filter(|argument| matches!(argument, Argument::Keyword(..) | Argument::DoubleStar(_)))
            .peekable();
        if keywords.peek().is_none() {
            self.body.emit(Op::LoadUndef, dict, 0, 0);
            return;
        }
        let mut is_first = true;
        while is_first || keywords.peek().is_some() {
            let top = self.body.top;
            let first = self.body.top.min(u16::MAX as u32) as Reg;
            let mut count = 0;
            while count < MAX_RUN
                && let Some(Argument::Keyword(ident, value)) =
                    keywords.next_if(|next| matches!(next, Argument::Keyword(..)))
            {
                let key = self.body.alloc();
                let text = self.keyword(*ident);
                self.body.load(key, text);
                self.temp(*value);
                count += 2;
            }
            self.body.span = span;
            if is_first {
                if count == 0 {
                    self.body.alloc();
                }
                self.body.emit(Op::BuildMap, dict, first, count as u16);
            } else if count > 0 {
                let piece = self.body.alloc();
                self.body.emit(Op::BuildMap, piece, first, count as u16);
                self.body.emit(Op::MapMerge, dict, piece, callee);
            }
            if let Some(Argument::DoubleStar(value)) =
                keywords.next_if(|next| matches!(next, Argument::DoubleStar(_)))
            {
                let mapping = self.operand(*value, false);
                self.body.span = span;
                self.body.emit(Op::MapMerge, dict, mapping, callee);
            }
            is_first = false;
            self.body.top = top;
        }
    }

    // ---- super()

    /// Does the chain begin with a `super()` that means the method's own?
    fn is_own_super(&self, leaf: ExprId, steps: &[Step]) -> bool {
        let Some(Step::Call(call)) = steps.first() else {
            return false;
        };
        matches!(self.ast.expr(leaf), Expr::Name(name) if *name == self.names.known.super_)
            && matches!(self.ast.expr(*call), Expr::Call(_, arguments) if arguments.is_empty())
            && self.first_parameter().is_some()
    }

    /// The first parameter of the method being compiled, if `super()` can mean anything here.
    fn first_parameter(&self) -> Option<Name> {
        let known = self.names.known;
        if self.scopes.place(self.body.scope, known.super_) != Place::Global
            || self.scopes.module_binds(known.super_)
            || !matches!(self.scopes.place(self.body.scope, known.class), Place::Free(_))
        {
            return None;
        }
        let host = self.scopes.get(self.body.host);
        if !matches!(
            host.kind,
            ScopeKind::Function | ScopeKind::Lambda | ScopeKind::GeneratorExpression
        ) {
            return None;
        }
        let first = &self.scopes.symbols[*host.symbols.first()? as usize];
        // Where one of the parts may be gone, `super` itself looks for them, and says so.
        let gone = |name: Name| {
            let symbol = self.scopes.symbol(self.body.host, name);
            symbol.is_some_and(|symbol| symbol.has(flag::DELETED))
        };
        let whole = first.has(flag::PARAM) && !gone(first.name) && !gone(known.class);
        whole.then_some(first.name)
    }

    /// Loads the parts of `super()`; None if the chain ends with it.
    fn start_super(
        &mut self,
        id: ExprId,
        leaf: ExprId,
        next: Option<&Step>,
        dst: Reg,
        window: &Window,
    ) -> Option<Value> {
        let known = self.names.known;
        let first = self.first_parameter().expect("`is_own_super` has asked for it");
        let base = window.base;
        self.at(leaf);
        self.reserve_to(base + HEADER + 1);
        self.load_name(known.super_, base);
        let (class, own) = match next {
            Some(Step::Method { .. }) => (base + 1, base + HEADER),
            Some(Step::Attribute(_)) => (base + 1, base + 2),
            _ => (base + HEADER, base + HEADER + 1),
        };
        self.load_name(known.class, class);
        self.load_host_name(first, own);
        match next {
            Some(Step::Method { .. } | Step::Attribute(_)) => Some(Value::Super),
            Some(_) => {
                self.body.emit(Op::Call, base, base, 2);
                Some(Value::In(base))
            }
            None => {
                self.at(id);
                self.body.emit(Op::Call, dst, base, 2);
                None
            }
        }
    }

    /// Loads a variable of the host itself, whatever an inlined comprehension calls its own.
    fn load_host_name(&mut self, name: Name, dst: Reg) {
        let scope = std::mem::replace(&mut self.body.scope, self.body.host);
        self.load_name(name, dst);
        self.body.scope = scope;
    }
}

impl Value {
    /// Steps that look nothing up never see `super()` itself: see `start_super`.
    fn register(self, window: &Window) -> Reg {
        match self {
            Value::In(register) => register,
            Value::Super => window.base,
        }
    }
}

/// Are all arguments positional, and not too many for a window?
fn is_plain(arguments: &[Argument]) -> bool {
    arguments.len() <= MAX_ARGUMENTS
        && arguments.iter().all(|argument| matches!(argument, Argument::Positional(_)))
}

/// Do the arguments stand in the window, or must some be unpacked first?
fn is_direct(arguments: &[Argument]) -> bool {
    arguments.len() <= MAX_ARGUMENTS
        && !arguments
            .iter()
            .any(|argument| matches!(argument, Argument::Star(_) | Argument::DoubleStar(_)))
}
