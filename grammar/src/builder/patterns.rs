//! Actions for the patterns of `match`.

use super::Builder;
use crate::ast::*;
use crate::diagnostic::Diagnostic;
use crate::span::Span;

pub enum PatternArg {
    Positional(Pattern),
    Keyword(Ident, Pattern),
}

impl Builder<'_> {
    pub fn pattern(&mut self, l: u32, r: u32, kind: PatternKind) -> Pattern {
        Pattern { kind, span: Span::new(l, r) }
    }

    pub fn name_pattern(&mut self, ident: Ident) -> Pattern {
        let kind = match self.ast.name(ident.name) {
            "_" => PatternKind::Wildcard,
            _ => PatternKind::Capture(ident),
        };
        Pattern { kind, span: ident.span }
    }

    pub fn star_pattern(&mut self, l: u32, r: u32, ident: Ident) -> Pattern {
        let name = (self.ast.name(ident.name) != "_").then_some(ident);
        self.pattern(l, r, PatternKind::Star(name))
    }

    pub fn as_pattern(&mut self, l: u32, r: u32, inner: Pattern, target: ExprId) -> Pattern {
        let span = self.ast.span(target);
        match *self.ast.expr(target) {
            Expr::Name(name) if self.ast.name(name) == "_" => {
                let message = "cannot use '_' as a target";
                self.error(
                    Diagnostic::error("bad-pattern-target", span, message)
                        .help("`_` binds nothing; leave out the `as`"),
                );
                inner
            }
            Expr::Name(name) if !self.ast.is_parenthesized(target) => {
                let ident = Ident { name, span };
                self.pattern(l, r, PatternKind::As(Box::new(inner), ident))
            }
            _ => {
                let stumble = self.stumble(target);
                let (at, message) = match stumble.start == self.outer(target).start {
                    true => (span, "invalid pattern target"),
                    false => (stumble, "invalid syntax"),
                };
                self.error(
                    Diagnostic::error("bad-pattern-target", at, message)
                        .label(span, "a pattern binds plain names only"),
                );
                inner
            }
        }
    }

    pub fn value_pattern(&mut self, l: u32, r: u32, e: ExprId) -> Pattern {
        let kind = match self.ast.expr(e) {
            Expr::None | Expr::True | Expr::False => PatternKind::Singleton(e),
            Expr::FString(_) => {
                let message = "patterns may only match literals and attribute lookups";
                self.error(
                    Diagnostic::error("bad-pattern", Span::new(l, r), message)
                        .help("capture the value and compare it in a guard: `case x if x == …`"),
                );
                PatternKind::Value(e)
            }
            _ => PatternKind::Value(e),
        };
        self.pattern(l, r, kind)
    }

    pub fn complex(&mut self, op: BinaryOp, real: ExprId, imaginary: ExprId) -> ExprId {
        let magnitude = match *self.ast.expr(real) {
            Expr::Unary(_, inner) => inner,
            _ => real,
        };
        if let Expr::Imaginary(_) = self.ast.expr(magnitude) {
            let span = self.ast.span(real);
            let message = "real number required in complex literal";
            self.error(Diagnostic::error("bad-pattern", span, message));
        } else if !matches!(self.ast.expr(imaginary), Expr::Imaginary(_)) {
            let span = self.ast.span(imaginary);
            let message = "imaginary number required in complex literal";
            self.error(Diagnostic::error("bad-pattern", span, message));
        }
        self.binary(op, real, imaginary)
    }

    pub fn mapping_pattern(
        &mut self,
        l: u32,
        r: u32,
        list: Vec<(Option<ExprId>, Pattern)>,
    ) -> Pattern {
        let mut items = Vec::with_capacity(list.len());
        let mut rest = None;
        for (key, pattern) in list {
            if let Some(ident) = rest {
                let Ident { span, .. } = ident;
                self.error(
                    Diagnostic::error("bad-pattern", span, "invalid syntax")
                        .label(span, "`**rest` must come last in a mapping pattern"),
                );
                break;
            }
            match (key, pattern.kind) {
                (Some(key), _) if matches!(self.ast.expr(key), Expr::FString(_)) => {
                    let span = self.ast.span(key);
                    let message =
                        "mapping pattern keys may only match literals and attribute lookups";
                    self.error(Diagnostic::error("bad-pattern", span, message));
                }
                (Some(key), kind) => items.push((key, Pattern { kind, span: pattern.span })),
                (None, PatternKind::Star(Some(name))) => rest = Some(name),
                (None, _) => self.error(
                    Diagnostic::error("bad-pattern", pattern.span, "invalid syntax")
                        .label(pattern.span, "`**_` would bind nothing")
                        .help("leave it out: a mapping pattern ignores other keys anyway"),
                ),
            }
        }
        self.pattern(l, r, PatternKind::Mapping(Box::new(MappingPattern { items, rest })))
    }

    pub fn class_pattern(
        &mut self,
        l: u32,
        r: u32,
        class: ExprId,
        arguments: Vec<PatternArg>,
    ) -> Pattern {
        let mut positional = Vec::new();
        let mut keywords = Vec::new();
        let mut late: Option<Span> = None;
        for argument in arguments {
            match argument {
                PatternArg::Positional(pattern) if keywords.is_empty() => positional.push(pattern),
                PatternArg::Positional(pattern) => {
                    late = Some(late.map_or(pattern.span, |span| span.to(pattern.span)));
                }
                PatternArg::Keyword(name, pattern) => keywords.push((name, pattern)),
            }
        }
        if let Some(span) = late {
            let message = "positional patterns follow keyword patterns";
            self.error(
                Diagnostic::error("pattern-order", span, message)
                    .label(span, "this must come before the keyword patterns"),
            );
        }
        self.pattern(
            l,
            r,
            PatternKind::Class(Box::new(ClassPattern { class, positional, keywords })),
        )
    }
}
