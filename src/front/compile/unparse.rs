//! The text of an expression, as `from __future__ import annotations` keeps annotations: written
//! anew from the tree, so that it does not depend on how the source was spaced and quoted.
//!
//! What is nested too deeply for this recursion is answered by None; the caller then takes the
//! source's own words.

use sloop_grammar::ast::{
    Argument, Ast, BinaryOp, BoolOp, CompareOp, Comprehension, ComprehensionKind, Conversion, Expr,
    ExprId, FField, FPart, Name, Params, UnaryOp,
};

const DEEPEST: u32 = 200;

/// How tightly an expression binds; what stands where a tighter one is due gets parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Tuple,
    Test,
    Or,
    And,
    Not,
    Compare,
    BitOr,
    BitXor,
    BitAnd,
    Shift,
    Sum,
    Term,
    Factor,
    Power,
    Await,
    Atom,
}

impl Level {
    fn next(self) -> Level {
        use Level::*;
        let all = [
            Tuple, Test, Or, And, Not, Compare, BitOr, BitXor, BitAnd, Shift, Sum, Term, Factor,
            Power, Await, Atom,
        ];
        all[(self as usize + 1).min(Atom as usize)]
    }
}

/// The text of an expression; None if it is nested too deeply.
pub(super) fn unparse(ast: &Ast, id: ExprId) -> Option<String> {
    let mut writer = Writer { ast, out: String::new(), depth: 0 };
    writer.expr(id, Level::Test)?;
    Some(writer.out)
}

struct Writer<'a> {
    ast: &'a Ast,
    out: String,
    depth: u32,
}

impl<'a> Writer<'a> {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn name(&mut self, name: Name) {
        let ast = self.ast;
        self.out.push_str(ast.name(name));
    }

    fn expr(&mut self, id: ExprId, due: Level) -> Option<()> {
        if self.depth == DEEPEST {
            return None;
        }
        self.depth += 1;
        let done = self.inner(id, due);
        self.depth -= 1;
        done
    }

    /// Writes with parentheses around it if something tighter is due.
    fn group(
        &mut self,
        own: Level,
        due: Level,
        write: impl FnOnce(&mut Self) -> Option<()>,
    ) -> Option<()> {
        if due > own {
            self.put("(");
        }
        write(self)?;
        if due > own {
            self.put(")");
        }
        Some(())
    }

    fn list(&mut self, items: &[ExprId], level: Level) -> Option<()> {
        for (i, &item) in items.iter().enumerate() {
            if i > 0 {
                self.put(", ");
            }
            self.expr(item, level)?;
        }
        Some(())
    }

    fn inner(&mut self, id: ExprId, due: Level) -> Option<()> {
        use Level::*;
        let ast = self.ast;
        match ast.expr(id) {
            Expr::Name(name) => self.name(*name),
            Expr::None => self.put("None"),
            Expr::True => self.put("True"),
            Expr::False => self.put("False"),
            Expr::Ellipsis => self.put("..."),
            Expr::Int(value) => self.put(&value.to_string()),
            Expr::BigInt { radix, digits } => {
                self.put(match radix {
                    2 => "0b",
                    8 => "0o",
                    16 => "0x",
                    _ => "",
                });
                self.put(digits);
            }
            Expr::Float(value) => self.put(&float(*value)),
            Expr::Imaginary(value) => {
                let text = float(*value);
                self.put(text.strip_suffix(".0").unwrap_or(&text));
                self.put("j");
            }
            Expr::Str(text) => self.put(&quoted(&String::from_utf8_lossy(text))),
            Expr::Bytes(data) => self.bytes(data),
            Expr::FString(parts) => {
                let mut inner = Writer { ast, out: String::new(), depth: self.depth };
                inner.parts(parts)?;
                self.put("f");
                self.put(&quoted(&inner.out));
            }
            Expr::Unary(op, operand) => {
                let (own, sign) = match op {
                    UnaryOp::Not => (Not, "not "),
                    UnaryOp::Neg => (Factor, "-"),
                    UnaryOp::Pos => (Factor, "+"),
                    UnaryOp::Invert => (Factor, "~"),
                };
                self.group(own, due, |w| {
                    w.put(sign);
                    w.expr(*operand, own)
                })?;
            }
            Expr::Binary(op, left, right) => {
                let (own, sign) = binary(*op);
                self.group(own, due, |w| {
                    let to_right = *op == BinaryOp::Pow;
                    w.expr(*left, if to_right { own.next() } else { own })?;
                    w.put(sign);
                    w.expr(*right, if to_right { own } else { own.next() })
                })?;
            }
            Expr::Bool(op, operands) => {
                let (own, sign) = match op {
                    BoolOp::And => (And, " and "),
                    BoolOp::Or => (Or, " or "),
                };
                self.group(own, due, |w| {
                    for (i, &operand) in operands.iter().enumerate() {
                        if i > 0 {
                            w.put(sign);
                        }
                        w.expr(operand, own.next())?;
                    }
                    Some(())
                })?;
            }
            Expr::Compare(first, rest) => self.group(Compare, due, |w| {
                w.expr(*first, BitOr)?;
                for &(op, operand) in rest.iter() {
                    w.put(comparison(op));
                    w.expr(operand, BitOr)?;
                }
                Some(())
            })?,
            Expr::Conditional { test, body, orelse } => self.group(Test, due, |w| {
                w.expr(*body, Or)?;
                w.put(" if ");
                w.expr(*test, Or)?;
                w.put(" else ");
                w.expr(*orelse, Test)
            })?,
            Expr::Lambda(lambda) => self.group(Test, due, |w| {
                w.put("lambda");
                w.params(&lambda.params)?;
                w.put(": ");
                w.expr(lambda.body, Test)
            })?,
            Expr::Tuple(items) if items.is_empty() => self.put("()"),
            Expr::Tuple(items) => self.group(Tuple, due, |w| {
                w.list(items, Test)?;
                if items.len() == 1 {
                    w.put(",");
                }
                Some(())
            })?,
            Expr::List(items) => {
                self.put("[");
                self.list(items, Test)?;
                self.put("]");
            }
            Expr::Set(items) => {
                self.put("{");
                self.list(items, Test)?;
                self.put("}");
            }
            Expr::Dict(items) => self.dict(items)?,
            Expr::Starred(value) => {
                self.put("*");
                self.expr(*value, BitOr)?;
            }
            Expr::Walrus(ident, value) => self.group(Tuple, due, |w| {
                w.name(ident.name);
                w.put(" := ");
                w.expr(*value, Atom)
            })?,
            Expr::Attribute(object, ident) => {
                self.expr(*object, Atom)?;
                // Lest the point become a part of the number.
                if matches!(ast.expr(*object), Expr::Int(_) | Expr::BigInt { .. }) {
                    self.put(" ");
                }
                self.put(".");
                self.name(ident.name);
            }
            Expr::Subscript(object, index) => {
                self.expr(*object, Atom)?;
                self.put("[");
                self.expr(*index, Tuple)?;
                self.put("]");
            }
            Expr::Slice { lower, upper, step } => {
                for (mark, part) in [("", lower), (":", upper)] {
                    self.put(mark);
                    if let Some(part) = part {
                        self.expr(*part, Test)?;
                    }
                }
                if let Some(step) = step {
                    self.put(":");
                    self.expr(*step, Test)?;
                }
            }
            Expr::Call(callee, arguments) => self.call(*callee, arguments)?,
            Expr::Comprehension(comprehension) => {
                let (open, close) = match comprehension.kind {
                    ComprehensionKind::List => ("[", "]"),
                    ComprehensionKind::Set | ComprehensionKind::Dict => ("{", "}"),
                    ComprehensionKind::Generator => ("(", ")"),
                };
                self.put(open);
                self.comprehension(comprehension)?;
                self.put(close);
            }
            Expr::Await(value) => self.group(Await, due, |w| {
                w.put("await ");
                w.expr(*value, Atom)
            })?,
            Expr::Yield(value) => {
                self.put("(yield");
                if let Some(value) = value {
                    self.put(" ");
                    self.expr(*value, Test)?;
                }
                self.put(")");
            }
            Expr::YieldFrom(value) => {
                self.put("(yield from ");
                self.expr(*value, Test)?;
                self.put(")");
            }
            Expr::Error => return None,
        }
        Some(())
    }

    fn dict(&mut self, items: &[(Option<ExprId>, ExprId)]) -> Option<()> {
        self.put("{");
        for (i, &(key, value)) in items.iter().enumerate() {
            if i > 0 {
                self.put(", ");
            }
            match key {
                Some(key) => {
                    self.expr(key, Level::Test)?;
                    self.put(": ");
                    self.expr(value, Level::Test)?;
                }
                None => {
                    self.put("**");
                    self.expr(value, Level::BitOr)?;
                }
            }
        }
        self.put("}");
        Some(())
    }

    fn call(&mut self, callee: ExprId, arguments: &[Argument]) -> Option<()> {
        self.expr(callee, Level::Atom)?;
        if let [Argument::Positional(only)] = arguments
            && let Expr::Comprehension(comprehension) = self.ast.expr(*only)
            && comprehension.kind == ComprehensionKind::Generator
        {
            return self.expr(*only, Level::Test);
        }
        self.put("(");
        for (i, argument) in arguments.iter().enumerate() {
            if i > 0 {
                self.put(", ");
            }
            match argument {
                Argument::Positional(value) => self.expr(*value, Level::Test)?,
                Argument::Star(value) => {
                    self.put("*");
                    self.expr(*value, Level::BitOr)?;
                }
                Argument::Keyword(ident, value) => {
                    self.name(ident.name);
                    self.put("=");
                    self.expr(*value, Level::Test)?;
                }
                Argument::DoubleStar(value) => {
                    self.put("**");
                    self.expr(*value, Level::Test)?;
                }
            }
        }
        self.put(")");
        Some(())
    }

    fn comprehension(&mut self, comprehension: &Comprehension) -> Option<()> {
        self.expr(comprehension.element, Level::Test)?;
        if let Some(value) = comprehension.value {
            self.put(": ");
            self.expr(value, Level::Test)?;
        }
        for clause in &comprehension.clauses {
            self.put(if clause.is_async { " async for " } else { " for " });
            self.expr(clause.target, Level::Tuple)?;
            self.put(" in ");
            self.expr(clause.iter, Level::Or)?;
            for &condition in &clause.conditions {
                self.put(" if ");
                self.expr(condition, Level::Or)?;
            }
        }
        Some(())
    }

    /// The parameters of a lambda, with a space in front if there are any.
    fn params(&mut self, params: &Params) -> Option<()> {
        let mut first = true;
        let mut item = |w: &mut Self, stars: &str, name: Option<Name>, default: Option<ExprId>| {
            w.put(if std::mem::take(&mut first) { " " } else { ", " });
            w.put(stars);
            if let Some(name) = name {
                w.name(name);
            }
            if let Some(default) = default {
                w.put("=");
                w.expr(default, Level::Test)?;
            }
            Some(())
        };
        for param in &params.positional_only {
            item(self, "", Some(param.ident.name), param.default)?;
        }
        if !params.positional_only.is_empty() {
            item(self, "/", None, None)?;
        }
        for param in &params.positional {
            item(self, "", Some(param.ident.name), param.default)?;
        }
        match &params.star {
            Some(param) => item(self, "*", Some(param.ident.name), None)?,
            None if !params.keyword_only.is_empty() => item(self, "*", None, None)?,
            None => {}
        }
        for param in &params.keyword_only {
            item(self, "", Some(param.ident.name), param.default)?;
        }
        if let Some(param) = &params.double_star {
            item(self, "**", Some(param.ident.name), None)?;
        }
        Some(())
    }

    fn parts(&mut self, parts: &[FPart]) -> Option<()> {
        for part in parts {
            match part {
                FPart::Text(text) => {
                    let text = String::from_utf8_lossy(text);
                    self.put(&text.replace('{', "{{").replace('}', "}}"));
                }
                FPart::Field(field) => self.field(field)?,
            }
        }
        Some(())
    }

    fn field(&mut self, field: &FField) -> Option<()> {
        let start = self.out.len();
        self.expr(field.value, Level::Or)?;
        // Two opening braces would be a brace.
        let gap = if self.out[start..].starts_with('{') { "{ " } else { "{" };
        self.out.insert_str(start, gap);
        self.put(match field.conversion {
            Conversion::None => "",
            Conversion::Str => "!s",
            Conversion::Repr => "!r",
            Conversion::Ascii => "!a",
        });
        if let Some(spec) = &field.spec {
            self.put(":");
            self.parts(spec)?;
        }
        self.put("}");
        Some(())
    }

    fn bytes(&mut self, data: &[u8]) {
        let quote = if data.contains(&b'\'') && !data.contains(&b'"') { '"' } else { '\'' };
        self.out.push('b');
        self.out.push(quote);
        for &byte in data {
            match byte {
                b'\t' => self.put("\\t"),
                b'\n' => self.put("\\n"),
                b'\r' => self.put("\\r"),
                b'\\' => self.put("\\\\"),
                0x20..0x7f if char::from(byte) != quote => self.out.push(char::from(byte)),
                0x20..0x7f => self.out.extend(['\\', quote]),
                _ => self.out.push_str(&format!("\\x{byte:02x}")),
            }
        }
        self.out.push(quote);
    }
}

fn binary(op: BinaryOp) -> (Level, &'static str) {
    match op {
        BinaryOp::Add => (Level::Sum, " + "),
        BinaryOp::Sub => (Level::Sum, " - "),
        BinaryOp::Mul => (Level::Term, " * "),
        BinaryOp::MatMul => (Level::Term, " @ "),
        BinaryOp::Div => (Level::Term, " / "),
        BinaryOp::FloorDiv => (Level::Term, " // "),
        BinaryOp::Mod => (Level::Term, " % "),
        BinaryOp::Pow => (Level::Power, " ** "),
        BinaryOp::Shl => (Level::Shift, " << "),
        BinaryOp::Shr => (Level::Shift, " >> "),
        BinaryOp::And => (Level::BitAnd, " & "),
        BinaryOp::Or => (Level::BitOr, " | "),
        BinaryOp::Xor => (Level::BitXor, " ^ "),
    }
}

fn comparison(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => " == ",
        CompareOp::Ne => " != ",
        CompareOp::Lt => " < ",
        CompareOp::Le => " <= ",
        CompareOp::Gt => " > ",
        CompareOp::Ge => " >= ",
        CompareOp::Is => " is ",
        CompareOp::IsNot => " is not ",
        CompareOp::In => " in ",
        CompareOp::NotIn => " not in ",
    }
}

fn float(value: f64) -> String {
    if value.is_infinite() {
        return "1e309".to_string();
    }
    let text = format!("{value:?}");
    match text.split_once('e') {
        None => text,
        Some((digits, exponent)) => match exponent.strip_prefix('-') {
            Some(exponent) => format!("{digits}e-{exponent:0>2}"),
            None => format!("{digits}e+{exponent:0>2}"),
        },
    }
}

fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\\' => out.push_str("\\\\"),
            _ if c == quote => out.extend(['\\', c]),
            _ if c.is_control() => out.push_str(&format!("\\x{:02x}", c as u32)),
            _ => out.push(c),
        }
    }
    out.push(quote);
    out
}
