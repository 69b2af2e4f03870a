//! Actions for parameters and arguments, whose order the grammar leaves open.

use super::Builder;
use crate::ast::*;
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::targets;

/// An argument before its order is checked.
pub enum Arg {
    Positional(ExprId),
    /// `x for x in y` without parentheses of its own.
    Generator(ExprId),
    Star(u32, ExprId),
    Keyword(Ident, ExprId),
    DoubleStar(ExprId),
    /// Something already complained about.
    Wrong,
}

/// A parameter before its order is checked.
pub enum ParamItem {
    Plain(Param),
    Slash(Span),
    BareStar(Span),
    Star(u32, Param),
    DoubleStar(u32, Param),
}

impl Builder<'_> {
    // ---- arguments ---------------------------------------------------------------------

    pub fn generator_argument(
        &mut self,
        l: u32,
        r: u32,
        element: ExprId,
        clauses: Vec<Clause>,
    ) -> Arg {
        let kind = ComprehensionKind::Generator;
        Arg::Generator(self.comprehension(l, r, kind, element, clauses))
    }

    pub fn keyword_argument(&mut self, name: ExprId, value: ExprId) -> Arg {
        let span = self.ast.span(name);
        let error = match *self.ast.expr(name) {
            Expr::Name(text) if !self.ast.is_parenthesized(name) => {
                return Arg::Keyword(Ident { name: text, span: self.ast.span(name) }, value);
            }
            Expr::None | Expr::True | Expr::False => {
                let message = format!("cannot assign to {}", targets::describe(&self.ast, name));
                Diagnostic::error("bad-keyword", span.to(self.after_name(span)), message)
            }
            _ => {
                let message = "expression cannot contain assignment, perhaps you meant \"==\"?";
                Diagnostic::error(
                    "bad-keyword",
                    span.to(self.after_name(self.outer(name))),
                    message,
                )
                .label(span, "the name of a keyword argument is a plain name")
                .help("compare with `==`")
            }
        };
        self.error(error);
        Arg::Wrong
    }

    /// The `=` that follows `span`.
    pub(super) fn after_name(&self, span: Span) -> Span {
        let rest = &self.source[span.end as usize..];
        let at = span.end + rest.find('=').unwrap_or(0) as u32;
        Span::new(at, at + 1)
    }

    /// `f(x for x in y,)`: a comma after an unparenthesised generator.
    pub fn arguments_comma(&mut self, args: Vec<Arg>, comma: bool) -> Vec<Arg> {
        if comma && let [Arg::Generator(e)] = args[..] {
            self.bare_generator(e);
        }
        args
    }

    fn bare_generator(&mut self, e: ExprId) {
        let span = self.ast.span(e);
        let message = "Generator expression must be parenthesized";
        self.error(
            Diagnostic::error("bare-generator", span, message)
                .label(span, "only a sole argument may go without parentheses")
                .help("put parentheses around it"),
        );
    }

    /// `end` is where the call ends, after its parenthesis.
    pub(super) fn arguments(&mut self, args: Vec<Arg>, end: u32) -> Box<[Argument]> {
        let alone = args.len() == 1;
        let mut keyword = false;
        let mut unpacking = false;
        let mut reported = false;
        let mut seen = std::collections::HashSet::new();
        let mut out = Vec::with_capacity(args.len());
        for arg in args {
            let (at, message) = match arg {
                Arg::Generator(e) if !alone => {
                    self.bare_generator(e);
                    reported = true;
                    continue;
                }
                Arg::Positional(e) | Arg::Generator(e) if unpacking => {
                    (self.outer(e), "positional argument follows keyword argument unpacking")
                }
                Arg::Positional(e) | Arg::Generator(e) if keyword => {
                    (self.outer(e), "positional argument follows keyword argument")
                }
                Arg::Star(l, e) if unpacking => {
                    let message = "iterable argument unpacking follows keyword argument unpacking";
                    (Span::new(l, self.outer(e).end), message)
                }
                Arg::Positional(e) | Arg::Generator(e) => {
                    out.push(Argument::Positional(e));
                    continue;
                }
                Arg::Star(_, e) => {
                    out.push(Argument::Star(e));
                    continue;
                }
                Arg::Keyword(ident, e) => {
                    keyword = true;
                    if !seen.insert(ident.name) {
                        let text = self.ast.name(ident.name);
                        let message = format!("keyword argument repeated: {text}");
                        let span = ident.span.to(self.outer(e));
                        self.error(
                            Diagnostic::error("repeated-keyword", span, message)
                                .label(ident.span, "this name was given a value before"),
                        );
                    }
                    out.push(Argument::Keyword(ident, e));
                    continue;
                }
                Arg::DoubleStar(e) => {
                    unpacking = true;
                    out.push(Argument::DoubleStar(e));
                    continue;
                }
                Arg::Wrong => continue,
            };
            if !std::mem::replace(&mut reported, true) {
                let span = match arg {
                    Arg::Star(l, _) => self.comma_before(l),
                    _ => Span::new(end.max(1) - 1, end),
                };
                self.error(
                    Diagnostic::error("argument-order", span, message)
                        .label(at, "this must come before the keyword arguments"),
                );
            }
        }
        out.into()
    }

    fn comma_before(&self, at: u32) -> Span {
        let comma = self.source[..at as usize].rfind(',').unwrap_or(0) as u32;
        Span::new(comma, comma + 1)
    }

    // ---- parameters --------------------------------------------------------------------

    pub fn params(&mut self, items: Vec<ParamItem>) -> Box<Params> {
        let mut params = Box::<Params>::default();
        let mut state = Order::default();
        for item in items {
            if let Some(error) = self.param(item, &mut params, &mut state)
                && !std::mem::replace(&mut state.reported, true)
            {
                self.error(error);
            }
        }
        if let Some(star) = state.bare_star
            && params.keyword_only.is_empty()
            && !state.reported
        {
            self.error(
                Diagnostic::error("bare-star", star, "named arguments must follow bare *")
                    .label(star, "nothing follows that could be named"),
            );
        }
        params
    }

    fn param(
        &mut self,
        item: ParamItem,
        params: &mut Params,
        state: &mut Order,
    ) -> Option<Diagnostic> {
        let wrong = |span, message| Some(Diagnostic::error("parameter-order", span, message));
        let span = match &item {
            ParamItem::Plain(param) => param.ident.span,
            ParamItem::Star(l, param) | ParamItem::DoubleStar(l, param) => {
                Span::new(*l, param.ident.span.end)
            }
            ParamItem::Slash(span) | ParamItem::BareStar(span) => *span,
        };
        if state.double_star {
            return wrong(span, "arguments cannot follow var-keyword argument");
        }
        match item {
            ParamItem::Plain(param) if state.star => {
                params.keyword_only.push(param);
                None
            }
            ParamItem::Plain(param) => {
                let misplaced = param.default.is_none() && state.defaulted;
                state.defaulted |= param.default.is_some();
                params.positional.push(param);
                let message = "parameter without a default follows parameter with a default";
                if misplaced {
                    return Some(
                        Diagnostic::error("default-order", span, message)
                            .label(span, "this parameter needs a default too"),
                    );
                }
                None
            }
            ParamItem::Slash(_) if state.star => wrong(span, "/ must be ahead of *"),
            ParamItem::Slash(_) if state.slash => wrong(span, "/ may appear only once"),
            ParamItem::Slash(_) if params.positional.is_empty() => {
                let message = "at least one argument must precede /";
                let follows = self.source[span.end as usize..].trim_start();
                let error = Diagnostic::error("parameter-order", span, "invalid syntax");
                match follows.starts_with(',') {
                    true => wrong(span, message),
                    false => Some(error.label(span, message)),
                }
            }
            ParamItem::Slash(_) => {
                state.slash = true;
                params.positional_only = std::mem::take(&mut params.positional);
                None
            }
            ParamItem::BareStar(_) | ParamItem::Star(..) if state.star => {
                wrong(Span::new(span.start, span.start + 1), "* argument may appear only once")
            }
            ParamItem::BareStar(_) => {
                state.star = true;
                state.bare_star = Some(span);
                None
            }
            ParamItem::Star(_, param) => {
                state.star = true;
                let default = param.default;
                params.star = Some(Box::new(param));
                let message = "var-positional argument cannot have default value";
                default.and_then(|default| wrong(self.equal_before(default), message))
            }
            ParamItem::DoubleStar(_, param) => {
                state.double_star = true;
                let default = param.default;
                params.double_star = Some(Box::new(param));
                let message = "var-keyword argument cannot have default value";
                default.and_then(|default| wrong(self.equal_before(default), message))
            }
        }
    }

    /// The `=` before a default.
    fn equal_before(&self, default: ExprId) -> Span {
        let start = self.outer(default).start;
        let at = self.source[..start as usize].rfind('=').unwrap_or(0) as u32;
        Span::new(at, at + 1)
    }
}

/// What has been seen of a parameter list.
#[derive(Default)]
struct Order {
    slash: bool,
    star: bool,
    bare_star: Option<Span>,
    double_star: bool,
    defaulted: bool,
    reported: bool,
}
