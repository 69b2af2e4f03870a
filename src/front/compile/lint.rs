//! Warnings about code that is valid and surely not meant.

use std::collections::HashSet;

use sloop_grammar::ast::*;
use sloop_grammar::diagnostic::Diagnostic;

use super::Compiler;

impl<'a> Compiler<'a> {
    fn warn(&mut self, code: &'static str, id: ExprId, message: String, help: &str) {
        let span = self.ast.span(id);
        self.reports.add(Diagnostic::warning(code, span, message).help(help));
    }

    /// `x is 1`
    pub(super) fn lint_compare(&mut self, id: ExprId, left: ExprId, rest: &[(CompareOp, ExprId)]) {
        let mut left = left;
        for &(op, right) in rest {
            if matches!(op, CompareOp::Is | CompareOp::IsNot) {
                let (word, instead) = match op {
                    CompareOp::Is => ("is", "=="),
                    _ => ("is not", "!="),
                };
                let kind = self.literal_kind(right).or_else(|| self.literal_kind(left));
                if let Some(kind) = kind {
                    self.warn(
                        "is-literal",
                        id,
                        format!("\"{word}\" with '{kind}' literal. Did you mean \"{instead}\"?"),
                        "identity of equal values is not guaranteed",
                    );
                }
            }
            left = right;
        }
    }

    /// The type of a literal whose identity means nothing.
    fn literal_kind(&self, id: ExprId) -> Option<&'static str> {
        Some(match self.ast.expr(id) {
            Expr::Int(_) | Expr::BigInt { .. } => "int",
            Expr::Float(_) => "float",
            Expr::Imaginary(_) => "complex",
            Expr::Str(_) => "str",
            Expr::Bytes(_) => "bytes",
            Expr::Tuple(_) if self.folded.is_known(id) => "tuple",
            _ => return None,
        })
    }

    /// `(1, 2)(x)`: a comma is missing before the parenthesis.
    pub(super) fn lint_call(&mut self, callee: ExprId, call: ExprId) {
        let kind = match self.ast.expr(callee) {
            Expr::List(_) => "list",
            Expr::Tuple(_) => "tuple",
            Expr::Set(_) => "set",
            Expr::Dict(_) => "dict",
            Expr::FString(_) => "str",
            Expr::Comprehension(comp) => match comp.kind {
                ComprehensionKind::List => "list",
                ComprehensionKind::Set => "set",
                ComprehensionKind::Dict => "dict",
                ComprehensionKind::Generator => "generator",
            },
            Expr::None => "NoneType",
            Expr::True | Expr::False => "bool",
            Expr::Ellipsis => "ellipsis",
            _ => match self.literal_kind(callee) {
                Some(kind) => kind,
                None => return,
            },
        };
        self.warn(
            "not-callable",
            call,
            format!("'{kind}' object is not callable; perhaps you missed a comma?"),
            "separate the two values with a comma",
        );
    }

    pub(super) fn lint_subscript(&mut self, object: ExprId, index: ExprId, link: ExprId) {
        let unsubscriptable = match self.ast.expr(object) {
            Expr::None => Some("NoneType"),
            Expr::True | Expr::False => Some("bool"),
            Expr::Ellipsis => Some("ellipsis"),
            Expr::Int(_) | Expr::BigInt { .. } => Some("int"),
            Expr::Float(_) => Some("float"),
            Expr::Imaginary(_) => Some("complex"),
            Expr::Set(_) => Some("set"),
            Expr::Lambda(_) => Some("function"),
            Expr::Comprehension(comp) => match comp.kind {
                ComprehensionKind::Set => Some("set"),
                ComprehensionKind::Generator => Some("generator"),
                _ => None,
            },
            _ => None,
        };
        if let Some(kind) = unsubscriptable {
            self.warn(
                "not-subscriptable",
                link,
                format!("'{kind}' object is not subscriptable; perhaps you missed a comma?"),
                "separate the two values with a comma",
            );
            return;
        }
        let sequence = match self.ast.expr(object) {
            Expr::List(_) => "list",
            Expr::Tuple(_) => "tuple",
            Expr::Str(_) | Expr::FString(_) => "str",
            Expr::Bytes(_) => "bytes",
            Expr::Comprehension(comp) if comp.kind == ComprehensionKind::List => "list",
            _ => return,
        };
        let wrong = match self.ast.expr(index) {
            Expr::None => "NoneType",
            Expr::Ellipsis => "ellipsis",
            Expr::Float(_) => "float",
            Expr::Imaginary(_) => "complex",
            Expr::Str(_) | Expr::FString(_) => "str",
            Expr::Bytes(_) => "bytes",
            Expr::Tuple(_) => "tuple",
            Expr::List(_) => "list",
            Expr::Set(_) => "set",
            Expr::Dict(_) => "dict",
            Expr::Lambda(_) => "function",
            _ => return,
        };
        self.warn(
            "bad-index",
            link,
            format!(
                "{sequence} indices must be integers or slices, not {wrong}; \
                 perhaps you missed a comma?"
            ),
            "separate the two values with a comma",
        );
    }

    pub(super) fn lint_assert(&mut self, test: ExprId) {
        if let Expr::Tuple(items) = self.ast.expr(test)
            && !items.is_empty()
        {
            self.warn(
                "assert-tuple",
                test,
                "assertion is always true, perhaps remove parentheses?".into(),
                "a tuple that is not empty is true",
            );
        }
    }

    /// The same keyword twice is an error.
    pub(super) fn lint_keywords(&mut self, arguments: &[Argument]) {
        let mut seen = HashSet::new();
        for argument in arguments {
            if let Argument::Keyword(ident, _) = argument
                && !seen.insert(ident.name)
            {
                let text = self.names.text(ident.name).to_string();
                self.reports.add(
                    Diagnostic::error(
                        "keyword-repeated",
                        ident.span,
                        format!("keyword argument repeated: {text}"),
                    )
                    .label(ident.span, "given before in the same call"),
                );
            }
        }
    }
}
