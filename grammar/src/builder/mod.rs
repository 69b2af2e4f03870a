//! The actions of the grammar: every rule of `sloop.lalrpop` that does something calls here.
//!
//! Builds expressions into the arena and checks what a context-free rule cannot say: targets,
//! parameter order, argument order, mixed literals. A finding is recorded and the parse goes
//! on. Nothing here needs scopes; those checks are the compiler's.

use crate::ast::*;
use crate::diagnostic::Diagnostic;
use crate::names;
use crate::numbers;
use crate::span::Span;
use crate::strings::{self, Findings, Opener};
use crate::targets;
use crate::token::Token;

mod calls;
mod patterns;
mod stmts;

pub use calls::{Arg, ParamItem};
pub use patterns::PatternArg;
pub use stmts::ExceptHead;

/// How deeply expressions may nest, counting only what lies to the right of or inside
/// something: chains like `a + b + c` and `a.b().c` lean to the left and are not limited.
/// Whoever walks the tree may recurse everywhere except down such a left spine.
const MAX_DEPTH: u16 = 400;

pub struct Builder<'s> {
    pub(crate) source: &'s str,
    pub ast: Ast,
    pub errors: Vec<Diagnostic>,
    pub warnings: Vec<Diagnostic>,
    /// Parallel to `ast.exprs`: the span with the parentheses around the expression.
    outer: Vec<Span>,
    /// Parallel to `ast.exprs`: the nesting, see `MAX_DEPTH`.
    depth: Vec<u16>,
    too_deep: bool,
}

/// One literal of a run of adjacent strings.
pub enum Piece {
    Plain(Span),
    Format(Vec<FPart>),
}

impl<'s> Builder<'s> {
    pub fn new(source: &'s str) -> Builder<'s> {
        Builder {
            source,
            ast: Ast::default(),
            errors: Vec::new(),
            warnings: Vec::new(),
            outer: Vec::new(),
            depth: Vec::new(),
            too_deep: false,
        }
    }

    pub fn range(&self, l: u32, r: u32) -> Span {
        Span::new(l, r)
    }

    pub(crate) fn error(&mut self, error: Diagnostic) {
        self.errors.push(error);
    }

    fn text(&self, span: Span) -> &'s str {
        &self.source[span.start as usize..span.end as usize]
    }

    // ---- nodes -------------------------------------------------------------------------

    /// Where the expression stands, its parentheses included.
    pub(crate) fn outer(&self, id: ExprId) -> Span {
        self.outer[id.0 as usize]
    }

    /// Where an expression stops to be a plain name: what follows the name that it begins with, or
    /// its first character.
    fn stumble(&self, id: ExprId) -> Span {
        let start = self.outer(id).start as usize;
        let text = &self.source[start..];
        let word = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        let is_name = !matches!(
            &text[..word],
            "None" | "True" | "False" | "not" | "lambda" | "await" | "yield"
        ) && text.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let gap = text[word..].len() - text[word..].trim_start().len();
        let at = if is_name { start + word + gap } else { start };
        let length = self.source[at..].chars().next().map_or(0, char::len_utf8);
        Span::new(at as u32, (at + length) as u32)
    }

    fn depth_of(&self, id: ExprId) -> u16 {
        self.depth[id.0 as usize]
    }

    fn deepest<'a>(&self, ids: impl IntoIterator<Item = &'a ExprId>) -> u16 {
        ids.into_iter().map(|&id| self.depth_of(id)).max().unwrap_or(0)
    }

    /// Adds a node whose subtrees have the given depth already counted in.
    fn add(&mut self, span: Span, depth: u16, expr: Expr) -> ExprId {
        let id = ExprId(self.ast.exprs.len() as u32);
        let (expr, depth) = if depth > MAX_DEPTH {
            if !std::mem::replace(&mut self.too_deep, true) {
                let message = "too many nested expressions";
                self.error(Diagnostic::error("too-deep", span, message));
            }
            (Expr::Error, 0)
        } else {
            (expr, depth)
        };
        self.ast.exprs.push(expr);
        self.ast.spans.push(span);
        self.ast.parenthesized.push(false);
        self.outer.push(span);
        self.depth.push(depth);
        id
    }

    pub fn atom(&mut self, l: u32, r: u32, expr: Expr) -> ExprId {
        self.add(Span::new(l, r), 0, expr)
    }

    pub fn ident(&mut self, l: u32, r: u32) -> Ident {
        let span = Span::new(l, r);
        let text = names::normalize(self.text(span));
        Ident { name: self.ast.names.intern(&text), span }
    }

    pub fn name(&mut self, ident: Ident) -> ExprId {
        self.add(ident.span, 0, Expr::Name(ident.name))
    }

    pub fn number(&mut self, l: u32, r: u32, token: Token) -> ExprId {
        let value = numbers::value(token, self.text(Span::new(l, r)));
        self.atom(l, r, value)
    }

    pub fn tuple(&mut self, l: u32, items: Vec<ExprId>, r: u32, parens: bool) -> ExprId {
        let depth = self.deepest(&items) + 1;
        let id = self.add(Span::new(l, r), depth, Expr::Tuple(items.into()));
        self.ast.parenthesized[id.0 as usize] = parens;
        id
    }

    pub fn group(&mut self, l: u32, e: ExprId, r: u32) -> ExprId {
        if let Expr::Starred(_) = self.ast.expr(e) {
            let span = self.ast.span(e);
            let message = "cannot use starred expression here";
            self.error(
                Diagnostic::error("starred-group", span, message)
                    .label(span, "parentheses alone make no tuple")
                    .help("a tuple of one item has a comma: `(*items,)`"),
            );
        }
        self.ast.parenthesized[e.0 as usize] = true;
        self.outer[e.0 as usize] = Span::new(l, r);
        e
    }

    pub fn list(&mut self, l: u32, items: Vec<ExprId>, r: u32) -> ExprId {
        let depth = self.deepest(&items) + 1;
        self.add(Span::new(l, r), depth, Expr::List(items.into()))
    }

    pub fn set(&mut self, l: u32, items: Vec<ExprId>, r: u32) -> ExprId {
        let depth = self.deepest(&items) + 1;
        self.add(Span::new(l, r), depth, Expr::Set(items.into()))
    }

    pub fn dict(&mut self, l: u32, items: Vec<(Option<ExprId>, ExprId)>, r: u32) -> ExprId {
        let keys = items.iter().filter_map(|(key, _)| key.as_ref());
        let depth = self.deepest(keys.chain(items.iter().map(|(_, value)| value))) + 1;
        self.add(Span::new(l, r), depth, Expr::Dict(items.into()))
    }

    pub fn starred(&mut self, l: u32, e: ExprId) -> ExprId {
        let depth = self.depth_of(e) + 1;
        self.add(Span::new(l, self.outer(e).end), depth, Expr::Starred(e))
    }

    pub fn unary(&mut self, l: u32, op: UnaryOp, e: ExprId) -> ExprId {
        let depth = self.depth_of(e) + 1;
        self.add(Span::new(l, self.outer(e).end), depth, Expr::Unary(op, e))
    }

    pub fn binary(&mut self, op: BinaryOp, x: ExprId, y: ExprId) -> ExprId {
        let depth = self.depth_of(x).max(self.depth_of(y) + 1);
        self.add(self.outer(x).to(self.outer(y)), depth, Expr::Binary(op, x, y))
    }

    pub fn bool_op(&mut self, op: BoolOp, operands: Vec<ExprId>) -> ExprId {
        let span = self.outer(operands[0]).to(self.outer(operands[operands.len() - 1]));
        let depth = self.deepest(&operands) + 1;
        self.add(span, depth, Expr::Bool(op, operands.into()))
    }

    pub fn compare(&mut self, first: ExprId, rest: Vec<(CompareOp, ExprId)>) -> ExprId {
        let span = self.outer(first).to(self.outer(rest[rest.len() - 1].1));
        let depth = self.deepest(rest.iter().map(|(_, e)| e).chain([&first])) + 1;
        self.add(span, depth, Expr::Compare(first, rest.into()))
    }

    pub fn conditional(&mut self, test: ExprId, body: ExprId, orelse: ExprId) -> ExprId {
        let depth = self.deepest(&[test, body, orelse]) + 1;
        let span = self.outer(body).to(self.outer(orelse));
        self.add(span, depth, Expr::Conditional { test, body, orelse })
    }

    pub fn lambda(&mut self, l: u32, params: Box<Params>, body: ExprId) -> ExprId {
        let plain = params.positional_only.iter().chain(&params.positional);
        let defaults = plain.chain(&params.keyword_only).filter_map(|param| param.default.as_ref());
        let depth = self.deepest(defaults.chain([&body])) + 1;
        let span = Span::new(l, self.outer(body).end);
        self.add(span, depth, Expr::Lambda(Box::new(Lambda { params, body })))
    }

    pub fn await_expr(&mut self, l: u32, e: ExprId) -> ExprId {
        let depth = self.depth_of(e) + 1;
        self.add(Span::new(l, self.outer(e).end), depth, Expr::Await(e))
    }

    pub fn yield_expr(&mut self, l: u32, r: u32, e: Option<ExprId>) -> ExprId {
        let depth = self.deepest(&e) + 1;
        self.add(Span::new(l, r), depth, Expr::Yield(e))
    }

    pub fn yield_from(&mut self, l: u32, e: ExprId) -> ExprId {
        let depth = self.depth_of(e) + 1;
        self.add(Span::new(l, self.outer(e).end), depth, Expr::YieldFrom(e))
    }

    pub fn walrus(&mut self, target: ExprId, value: ExprId) -> ExprId {
        let span = self.outer(target).to(self.outer(value));
        let depth = self.depth_of(value) + 1;
        match *self.ast.expr(target) {
            Expr::Name(name) if !self.ast.is_parenthesized(target) => {
                let ident = Ident { name, span: self.ast.span(target) };
                self.add(span, depth, Expr::Walrus(ident, value))
            }
            _ => {
                self.error(targets::bad_walrus(&self.ast, target));
                self.add(span, 0, Expr::Error)
            }
        }
    }

    pub fn attribute(&mut self, e: ExprId, ident: Ident) -> ExprId {
        let depth = self.depth_of(e);
        self.add(self.outer(e).to(ident.span), depth, Expr::Attribute(e, ident))
    }

    pub fn dotted(&mut self, name: Ident, attr: Ident) -> ExprId {
        let name = self.name(name);
        self.attribute(name, attr)
    }

    pub fn subscript(&mut self, e: ExprId, l: u32, index: ExprId, r: u32) -> ExprId {
        let index = match self.ast.expr(index) {
            // `x[*items]` subscripts with a tuple.
            Expr::Starred(_) => {
                let r = self.outer(index).end;
                self.tuple(l, vec![index], r, false)
            }
            _ => index,
        };
        let depth = self.depth_of(e).max(self.depth_of(index) + 1);
        let span = Span::new(self.outer(e).start, r);
        self.add(span, depth, Expr::Subscript(e, index))
    }

    pub fn slice(
        &mut self,
        l: u32,
        r: u32,
        lower: Option<ExprId>,
        upper: Option<ExprId>,
        step: Option<ExprId>,
    ) -> ExprId {
        let depth = self.deepest([&lower, &upper, &step].into_iter().flatten()) + 1;
        self.add(Span::new(l, r), depth, Expr::Slice { lower, upper, step })
    }

    pub fn call(&mut self, callee: ExprId, l: u32, args: Vec<Arg>, r: u32) -> ExprId {
        // A sole generator takes the parentheses of the call for its own.
        if let [Arg::Generator(e)] = args[..] {
            self.ast.spans[e.0 as usize] = Span::new(l, r);
            self.outer[e.0 as usize] = Span::new(l, r);
        }
        let arguments = self.arguments(args, r);
        let inner = arguments.iter().map(|argument| match argument {
            Argument::Positional(e)
            | Argument::Star(e)
            | Argument::Keyword(_, e)
            | Argument::DoubleStar(e) => self.depth_of(*e) + 1,
        });
        let depth = inner.max().unwrap_or(0).max(self.depth_of(callee));
        let span = Span::new(self.outer(callee).start, r);
        self.add(span, depth, Expr::Call(callee, arguments))
    }

    // ---- comprehensions ----------------------------------------------------------------

    pub fn comprehension(
        &mut self,
        l: u32,
        r: u32,
        kind: ComprehensionKind,
        element: ExprId,
        clauses: Vec<Clause>,
    ) -> ExprId {
        if let Expr::Starred(_) = self.ast.expr(element) {
            let span = self.ast.span(element);
            let message = "iterable unpacking cannot be used in comprehension";
            self.error(
                Diagnostic::error("unpacking-comprehension", span, message)
                    .help("add a second `for` that goes through the inner iterable"),
            );
        }
        self.add_comprehension(Span::new(l, r), kind, element, None, clauses)
    }

    pub fn dict_comprehension(
        &mut self,
        l: u32,
        r: u32,
        (key, value): (Option<ExprId>, ExprId),
        clauses: Vec<Clause>,
    ) -> ExprId {
        let span = Span::new(l, r);
        let Some(key) = key else {
            let at = self.outer(value);
            let at =
                Span::new(self.source[..at.start as usize].rfind("**").unwrap_or(0) as u32, at.end);
            let stars = Span::new(at.start, at.start + 2);
            let message = "dict unpacking cannot be used in dict comprehension";
            self.error(Diagnostic::error("unpacking-comprehension", stars, message));
            return self.add(span, 0, Expr::Error);
        };
        self.add_comprehension(span, ComprehensionKind::Dict, key, Some(value), clauses)
    }

    fn add_comprehension(
        &mut self,
        span: Span,
        kind: ComprehensionKind,
        element: ExprId,
        value: Option<ExprId>,
        clauses: Vec<Clause>,
    ) -> ExprId {
        let inner = clauses.iter().map(|clause| {
            self.deepest(clause.conditions.iter().chain([&clause.target, &clause.iter]))
        });
        let depth = inner.max().unwrap_or(0).max(self.depth_of(element)).max(self.deepest(&value));
        let comprehension = Comprehension { kind, element, value, clauses };
        self.add(span, depth + 1, Expr::Comprehension(Box::new(comprehension)))
    }

    pub fn clause(
        &mut self,
        l: u32,
        r: u32,
        is_async: bool,
        target: ExprId,
        iter: ExprId,
        conditions: Vec<ExprId>,
    ) -> Clause {
        self.check_target(target, targets::Use::For);
        Clause { is_async, target, iter, conditions, span: Span::new(l, r) }
    }

    // ---- strings -----------------------------------------------------------------------

    pub fn strings(&mut self, l: u32, r: u32, pieces: Vec<Piece>) -> ExprId {
        let span = Span::new(l, r);
        let is_bytes = |piece: &Piece| match piece {
            Piece::Plain(span) => Opener::new(self.text(*span)).is_bytes,
            Piece::Format(_) => false,
        };
        let bytes = pieces.iter().filter(|piece| is_bytes(piece)).count();
        if bytes > 0 && bytes < pieces.len() {
            let message = "cannot mix bytes and nonbytes literals";
            self.error(
                Diagnostic::error("mixed-bytes", span, message)
                    .label(span, "adjacent literals are one literal"),
            );
            return self.add(span, 0, Expr::Error);
        }
        if bytes > 0 {
            let mut out = Vec::new();
            for piece in pieces {
                if let Piece::Plain(span) = piece {
                    out.extend(self.plain(span));
                }
            }
            return self.add(span, 0, Expr::Bytes(out.into()));
        }
        let is_format = pieces.iter().any(|piece| matches!(piece, Piece::Format(_)));
        if let [Piece::Plain(span)] = pieces[..] {
            let text = self.plain(span);
            return self.add(span, 0, Expr::Str(text));
        }
        // Adjacent texts become one, so that two `Text` parts never stand side by side.
        let mut parts = Vec::new();
        let mut text = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Plain(span) => text.extend(self.plain(span)),
                Piece::Format(pieces) => {
                    for part in pieces {
                        match part {
                            FPart::Text(more) => text.extend(more),
                            FPart::Field(_) => {
                                append_text(&mut parts, &std::mem::take(&mut text));
                                parts.push(part);
                            }
                        }
                    }
                }
            }
        }
        if !is_format {
            return self.add(span, 0, Expr::Str(text.into()));
        }
        append_text(&mut parts, &text);
        let depth = self.parts_depth(&parts) + 1;
        self.add(span, depth, Expr::FString(parts.into()))
    }

    /// The value of one plain literal, text or bytes.
    fn plain(&mut self, literal: Span) -> Box<[u8]> {
        let opener = Opener::new(self.text(literal));
        let content = strings::content(self.source, literal, opener);
        let mut findings =
            Findings { errors: &mut self.errors, warnings: &mut self.warnings, literal };
        if opener.is_bytes {
            strings::decode_bytes(self.source, content, opener.raw, &mut findings)
        } else {
            strings::decode_text(self.source, content, opener.raw, &mut findings)
        }
    }

    fn parts_depth(&self, parts: &[FPart]) -> u16 {
        let depths = parts.iter().map(|part| match part {
            FPart::Text(_) => 0,
            FPart::Field(field) => {
                let spec = field.spec.as_deref().map_or(0, |spec| self.parts_depth(spec) + 1);
                self.depth_of(field.value).max(spec)
            }
        });
        depths.max().unwrap_or(0)
    }

    pub fn fstring_text(&mut self, mut parts: Vec<FPart>, l: u32, r: u32, raw: bool) -> Vec<FPart> {
        let literal = Span::new(l, r);
        let mut text = Vec::with_capacity((r - l) as usize);
        let mut findings =
            Findings { errors: &mut self.errors, warnings: &mut self.warnings, literal };
        strings::decode_fstring_text(self.source, literal, raw, &mut text, &mut findings);
        append_text(&mut parts, &text);
        parts
    }

    /// `from` is where the field's text begins, `debug` where its `=` ends.
    #[expect(clippy::too_many_arguments, reason = "one per part of the rule")]
    pub fn fstring_field(
        &mut self,
        mut parts: Vec<FPart>,
        l: u32,
        r: u32,
        value: ExprId,
        from: u32,
        debug: Option<u32>,
        conversion: Option<Ident>,
        spec: Option<Vec<FPart>>,
    ) -> Vec<FPart> {
        if let Some(to) = debug {
            let mut text = self.text(Span::new(from, to)).to_owned();
            text.push_str(&blanks(&self.source[to as usize..]));
            append_text(&mut parts, text.as_bytes());
        }
        let conversion = match conversion {
            None if debug.is_some() && spec.is_none() => Conversion::Repr,
            None => Conversion::None,
            Some(ident) => self.conversion(ident),
        };
        let spec = spec.map(Vec::into_boxed_slice);
        parts.push(FPart::Field(FField { value, conversion, spec, span: Span::new(l, r) }));
        parts
    }

    fn conversion(&mut self, ident: Ident) -> Conversion {
        if !self.source[..ident.span.start as usize].ends_with('!') {
            let at = self.source[..ident.span.start as usize].rfind('!').unwrap_or(0) as u32;
            let message = "f-string: conversion type must come right after the exclamanation mark";
            let span = Span::new(at, ident.span.end);
            self.error(Diagnostic::error("bad-conversion", span, message));
        }
        match self.text(ident.span) {
            "s" => Conversion::Str,
            "r" => Conversion::Repr,
            "a" => Conversion::Ascii,
            other => {
                let message = format!(
                    "f-string: invalid conversion character '{other}': expected 's', 'r', or 'a'"
                );
                self.error(Diagnostic::error("bad-conversion", ident.span, message));
                Conversion::None
            }
        }
    }
}

/// The white space that `text` begins with, without the comments in it.
fn blanks(text: &str) -> String {
    let mut out = String::new();
    let mut comment = false;
    for c in text.chars() {
        match c {
            '\n' | '\r' => comment = false,
            '#' => comment = true,
            ' ' | '\t' | '\x0c' => {}
            _ if comment => {}
            _ => break,
        }
        if !comment {
            out.push(c);
        }
    }
    out
}

/// Appends text to the last part if that is text, so that two texts never stand side by side.
fn append_text(parts: &mut Vec<FPart>, text: &[u8]) {
    if text.is_empty() {
        return;
    }
    if let Some(FPart::Text(last)) = parts.last_mut() {
        let mut joined = std::mem::take(last).into_vec();
        joined.extend_from_slice(text);
        *last = joined.into();
        return;
    }
    parts.push(FPart::Text(text.into()));
}
