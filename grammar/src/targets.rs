//! What may be assigned to, and what CPython calls the things that may not.

use crate::ast::{Ast, CompareOp, Expr, ExprId};
use crate::diagnostic::Diagnostic;
use crate::span::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// `=`, `with … as`
    Assign,
    For,
    Delete,
}

/// The first part of `target` that cannot be assigned to or deleted.
///
/// Goes down lists, tuples and stars; their nesting is capped by the bracket limit.
pub fn invalid_part(ast: &Ast, target: ExprId, usage: Use) -> Option<ExprId> {
    match ast.expr(target) {
        Expr::Name(_) | Expr::Attribute(..) | Expr::Subscript(..) | Expr::Error => None,
        Expr::List(items) | Expr::Tuple(items) => {
            items.iter().find_map(|&item| invalid_part(ast, item, usage))
        }
        Expr::Starred(_) if usage == Use::Delete => Some(target),
        Expr::Starred(inner) => invalid_part(ast, *inner, usage),
        Expr::Compare(left, rest) if usage == Use::For && rest[0].0 == CompareOp::In => {
            invalid_part(ast, *left, usage)
        }
        _ => Some(target),
    }
}

/// What the expression is called in messages.
pub fn describe(ast: &Ast, id: ExprId) -> &'static str {
    use crate::ast::ComprehensionKind as Kind;
    match ast.expr(id) {
        Expr::Name(_) => "name",
        Expr::None => "None",
        Expr::True => "True",
        Expr::False => "False",
        Expr::Ellipsis => "ellipsis",
        Expr::Int(_)
        | Expr::BigInt { .. }
        | Expr::Float(_)
        | Expr::Imaginary(_)
        | Expr::Str(_)
        | Expr::Bytes(_) => "literal",
        Expr::FString(_) => "f-string expression",
        Expr::Unary(..) | Expr::Binary(..) | Expr::Bool(..) | Expr::Slice { .. } | Expr::Error => {
            "expression"
        }
        Expr::Compare(..) => "comparison",
        Expr::Conditional { .. } => "conditional expression",
        Expr::Lambda(_) => "lambda",
        Expr::Tuple(_) => "tuple",
        Expr::List(_) => "list",
        Expr::Set(_) => "set display",
        Expr::Dict(_) => "dict literal",
        Expr::Starred(_) => "starred",
        Expr::Walrus(..) => "named expression",
        Expr::Attribute(..) => "attribute",
        Expr::Subscript(..) => "subscript",
        Expr::Call(..) => "function call",
        Expr::Comprehension(comprehension) => match comprehension.kind {
            Kind::List => "list comprehension",
            Kind::Set => "set comprehension",
            Kind::Dict => "dict comprehension",
            Kind::Generator => "generator expression",
        },
        Expr::Await(_) => "await expression",
        Expr::Yield(_) | Expr::YieldFrom(_) => "yield expression",
    }
}

/// The error for a target of which `part` is not assignable. `maybe_compare` says that one `=`
/// stands where `==` would have made sense.
pub fn bad_target(ast: &Ast, part: ExprId, usage: Use, maybe_compare: bool) -> Diagnostic {
    let span = ast.span(part);
    let what = describe(ast, part);
    let (code, verb) = match usage {
        Use::Delete => ("bad-delete", "delete"),
        _ => ("bad-target", "assign to"),
    };
    let message = match maybe_compare {
        true => format!("cannot {verb} {what} here. Maybe you meant '==' instead of '='?"),
        false => format!("cannot {verb} {what}"),
    };
    let error = Diagnostic::error(code, span, message);
    let label = match usage {
        Use::Delete => "only names, attributes and subscripts can be deleted",
        _ => "only names, attributes, subscripts and lists of them can be assigned to",
    };
    let error = error.label(span, label);
    match maybe_compare {
        true => error.help("compare with `==`"),
        false => error,
    }
}

/// `name = value` where no assignment can stand; `equal` is its `=`.
pub fn assigned_within(span: Span, equal: Span) -> Diagnostic {
    let message = "invalid syntax. Maybe you meant '==' or ':=' instead of '='?";
    Diagnostic::error("assign-in-expression", span, message)
        .label(equal, "`=` assigns, and only as a statement")
        .help("compare with `==`, or assign within an expression with `:=`")
}

/// `target := value` where `target` is no plain name.
pub fn bad_walrus(ast: &Ast, target: ExprId) -> Diagnostic {
    let span = ast.span(target);
    let what = describe(ast, target);
    let message = format!("cannot use assignment expressions with {what}");
    Diagnostic::error("bad-walrus", span, message).label(span, "`:=` assigns to a plain name only")
}

pub fn bad_aug_target(ast: &Ast, target: ExprId) -> Diagnostic {
    let span = ast.span(target);
    let message =
        format!("'{}' is an illegal expression for augmented assignment", describe(ast, target));
    Diagnostic::error("bad-target", span, message)
        .label(span, "only a name, an attribute or a subscript can be updated in place")
}

pub fn bad_annotation(ast: &Ast, target: ExprId, span: Span) -> Diagnostic {
    let message = match ast.expr(target) {
        Expr::List(_) => "only single target (not list) can be annotated",
        Expr::Tuple(_) => "only single target (not tuple) can be annotated",
        _ => "illegal target for annotation",
    };
    Diagnostic::error("bad-annotation", span, message)
        .label(span, "only a name, an attribute or a subscript can have an annotation")
}
