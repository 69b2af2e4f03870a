//! Constants known at compile time.
//!
//! One pass over the arena, children first (the parser makes a node after its parts), so nesting
//! costs nothing. Nothing is folded that raises, grows beyond a few thousand bytes or leaves the
//! 64-bit integers; such expressions are evaluated by the machine like any other.

use sloop_grammar::ast::*;

use crate::code::{Bytes, Const};

use super::names::{Names, NumberMap};

/// Longest string or bytes made by folding.
const MAX_TEXT: usize = 4096;

pub(super) struct Folded {
    /// By expression: is its value known?
    known: Vec<bool>,
    /// Values of the known operations; literals and tuples are read off the tree.
    values: NumberMap<u32, Const>,
    /// What `__debug__` is.
    debug: bool,
}

impl Folded {
    pub fn new(ast: &Ast, names: &Names<'_>, debug: bool) -> Folded {
        let mut folded =
            Folded { known: vec![false; ast.exprs.len()], values: NumberMap::default(), debug };
        for at in 0..ast.exprs.len() as u32 {
            let id = ExprId(at);
            folded.known[at as usize] = match ast.expr(id) {
                Expr::None
                | Expr::True
                | Expr::False
                | Expr::Ellipsis
                | Expr::Int(_)
                | Expr::BigInt { .. }
                | Expr::Float(_)
                | Expr::Imaginary(_)
                | Expr::Str(_)
                | Expr::Bytes(_) => true,
                Expr::Name(name) => *name == names.known.debug,
                Expr::Tuple(items) => items.iter().all(|&item| folded.is_known(item)),
                Expr::Unary(op, operand) if folded.is_known(*operand) => {
                    let value = folded.take(ast, *operand);
                    folded.keep(id, unary(*op, &value), *operand, value)
                }
                Expr::Binary(op, left, right)
                    if folded.is_known(*left) && folded.is_known(*right) =>
                {
                    let right_value = folded.take(ast, *right);
                    let left_value = folded.take(ast, *left);
                    match binary(*op, left_value, &right_value) {
                        Ok(value) => {
                            folded.values.insert(at, value);
                            true
                        }
                        Err(left_value) => {
                            folded.put_back(*left, left_value);
                            folded.put_back(*right, right_value);
                            false
                        }
                    }
                }
                _ => false,
            };
        }
        folded
    }

    pub fn is_known(&self, id: ExprId) -> bool {
        self.known[id.0 as usize]
    }

    /// The value of an expression, if it is known.
    pub fn value(&self, ast: &Ast, id: ExprId) -> Option<Const> {
        if !self.is_known(id) {
            return None;
        }
        if let Some(value) = self.values.get(&id.0) {
            return Some(value.clone());
        }
        Some(match ast.expr(id) {
            Expr::Tuple(items) => {
                let items = items.iter().map(|&item| self.value(ast, item));
                Const::Tuple(items.collect::<Option<Box<[Const]>>>()?)
            }
            // The only name that is known is `__debug__`.
            Expr::Name(_) if !self.debug => Const::False,
            _ => literal(ast.expr(id))?,
        })
    }

    /// Moves a value out: its expression becomes part of a larger constant.
    fn take(&mut self, ast: &Ast, id: ExprId) -> Const {
        match self.values.remove(&id.0) {
            Some(value) => value,
            None => self.value(ast, id).expect("only values of known expressions are taken"),
        }
    }

    fn put_back(&mut self, id: ExprId, value: Const) {
        if !matches!(value, Const::Tuple(_)) {
            self.values.insert(id.0, value);
        }
    }

    fn keep(&mut self, id: ExprId, result: Option<Const>, operand: ExprId, value: Const) -> bool {
        match result {
            Some(result) => {
                self.values.insert(id.0, result);
                true
            }
            None => {
                self.put_back(operand, value);
                false
            }
        }
    }
}

fn literal(expr: &Expr) -> Option<Const> {
    Some(match expr {
        Expr::None => Const::None,
        Expr::True | Expr::Name(_) => Const::True,
        Expr::False => Const::False,
        Expr::Ellipsis => Const::Ellipsis,
        Expr::Int(value) => Const::Int(*value),
        Expr::BigInt { radix, digits } => {
            Const::BigInt { radix: *radix, digits: digits.to_string().into() }
        }
        Expr::Float(value) => Const::Float(*value),
        Expr::Imaginary(value) => Const::Complex(0.0, *value),
        Expr::Str(text) => Const::Str(text.to_vec().into()),
        Expr::Bytes(bytes) => Const::Bytes(bytes.to_vec().into()),
        _ => return None,
    })
}

/// The truth of a constant.
pub(super) fn truth(value: &Const) -> bool {
    match value {
        Const::None | Const::False => false,
        Const::True | Const::Ellipsis | Const::BigInt { .. } => true,
        Const::Int(value) => *value != 0,
        Const::Float(value) => *value != 0.0,
        Const::Complex(real, imaginary) => *real != 0.0 || *imaginary != 0.0,
        Const::Str(text) | Const::Bytes(text) => !text.is_empty(),
        Const::Tuple(items) | Const::FrozenSet(items) => !items.is_empty(),
    }
}

fn unary(op: UnaryOp, value: &Const) -> Option<Const> {
    Some(match (op, value) {
        (UnaryOp::Not, value) => match truth(value) {
            true => Const::False,
            false => Const::True,
        },
        (UnaryOp::Neg, Const::Int(value)) => Const::Int(value.checked_neg()?),
        (UnaryOp::Neg, Const::Float(value)) => Const::Float(-value),
        (UnaryOp::Neg, Const::Complex(real, imaginary)) => Const::Complex(-real, -imaginary),
        (UnaryOp::Neg, Const::BigInt { radix, digits }) => {
            // i64::MIN is the one number whose digits do not fit while the number does.
            let value = u64::from_str_radix(digits, *radix).ok()?;
            match value == 1 << 63 {
                true => Const::Int(i64::MIN),
                false => return None,
            }
        }
        (UnaryOp::Pos, Const::Int(value)) => Const::Int(*value),
        (UnaryOp::Pos, Const::Float(value)) => Const::Float(*value),
        (UnaryOp::Invert, Const::Int(value)) => Const::Int(!value),
        (UnaryOp::Invert, Const::True) => Const::Int(-2),
        (UnaryOp::Invert, Const::False) => Const::Int(-1),
        _ => return None,
    })
}

/// The result, or the left operand back.
fn binary(op: BinaryOp, left: Const, right: &Const) -> Result<Const, Const> {
    let result = match (&left, right) {
        (Const::Int(a), Const::Int(b)) => integers(op, *a, *b),
        (Const::Str(_), Const::Str(b)) if op == BinaryOp::Add => {
            return concatenate(left, b);
        }
        (Const::Bytes(_), Const::Bytes(b)) if op == BinaryOp::Add => {
            return concatenate(left, b);
        }
        (Const::Str(text), Const::Int(times)) if op == BinaryOp::Mul => {
            repeat(text, *times).map(Const::Str)
        }
        (Const::Bytes(text), Const::Int(times)) if op == BinaryOp::Mul => {
            repeat(text, *times).map(Const::Bytes)
        }
        (Const::Complex(..), _) | (_, Const::Complex(..)) => complex(op, &left, right),
        _ => match (float(&left), float(right)) {
            (Some(a), Some(b)) => floats(op, a, b),
            _ => None,
        },
    };
    result.ok_or(left)
}

fn integers(op: BinaryOp, a: i64, b: i64) -> Option<Const> {
    let exact = |value: i64| value.unsigned_abs() < 1 << 53;
    let value = match op {
        BinaryOp::Add => a.checked_add(b)?,
        BinaryOp::Sub => a.checked_sub(b)?,
        BinaryOp::Mul => a.checked_mul(b)?,
        BinaryOp::Div if b != 0 && exact(a) && exact(b) => {
            return Some(Const::Float(a as f64 / b as f64));
        }
        BinaryOp::FloorDiv if b != 0 => {
            let quotient = a.checked_div(b)?;
            quotient - i64::from(a % b != 0 && (a < 0) != (b < 0))
        }
        BinaryOp::Mod if b != 0 => {
            let rest = a.checked_rem(b)?;
            match rest != 0 && (rest < 0) != (b < 0) {
                true => rest + b,
                false => rest,
            }
        }
        BinaryOp::Pow => a.checked_pow(u32::try_from(b).ok()?)?,
        BinaryOp::Shl if (0..63).contains(&b) && a.unsigned_abs() < 1 << (62 - b) => a << b,
        BinaryOp::Shr if b >= 0 => a >> b.min(63),
        BinaryOp::And => a & b,
        BinaryOp::Or => a | b,
        BinaryOp::Xor => a ^ b,
        _ => return None,
    };
    Some(Const::Int(value))
}

fn float(value: &Const) -> Option<f64> {
    match value {
        Const::Float(value) => Some(*value),
        Const::Int(value) if value.unsigned_abs() < 1 << 53 => Some(*value as f64),
        _ => None,
    }
}

fn floats(op: BinaryOp, a: f64, b: f64) -> Option<Const> {
    let value = match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::Div if b != 0.0 => a / b,
        _ => return None,
    };
    Some(Const::Float(value))
}

/// Sums, so that `1+2j` is one constant.
fn complex(op: BinaryOp, left: &Const, right: &Const) -> Option<Const> {
    // A real operand leaves the other's imaginary part alone, the sign of its zero apart; CPython
    // adds a zero, and so does this.
    let parts = |value: &Const| match value {
        Const::Complex(real, imaginary) => Some((*real, *imaginary)),
        other => float(other).map(|real| (real, 0.0)),
    };
    let ((a, b), (c, d)) = (parts(left)?, parts(right)?);
    match op {
        BinaryOp::Add => Some(Const::Complex(a + c, b + d)),
        BinaryOp::Sub => Some(Const::Complex(a - c, b - d)),
        _ => None,
    }
}

/// Appends in place, so that a chain of `+` is linear.
fn concatenate(left: Const, right: &[u8]) -> Result<Const, Const> {
    let (Const::Str(text) | Const::Bytes(text)) = &left else {
        return Err(left);
    };
    if text.len() + right.len() > MAX_TEXT {
        return Err(left);
    }
    // Two halves of a surrogate pair stay two characters, so joining WTF-8 is joining bytes.
    Ok(match left {
        Const::Str(text) => Const::Str(joined(text, right)),
        Const::Bytes(text) => Const::Bytes(joined(text, right)),
        other => other,
    })
}

fn joined(left: Bytes, right: &[u8]) -> Bytes {
    let mut text = left.into_owned();
    text.extend_from_slice(right);
    text.into()
}

fn repeat(text: &[u8], times: i64) -> Option<Bytes> {
    let times = usize::try_from(times).unwrap_or(0);
    match text.len().checked_mul(times)? {
        0..=MAX_TEXT => Some(text.repeat(times).into()),
        _ => None,
    }
}
