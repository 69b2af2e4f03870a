//! The syntax tree.
//!
//! Expressions live in one arena (`Ast::exprs`) and name each other by index: building a node
//! never allocates a box, dropping a tree never recurses, and a chain of 100,000 `+` is as
//! harmless as one. Statements own their blocks directly, because the layout layer caps their
//! nesting at 100. Every node carries its span; names are interned per tree.

use crate::span::Span;

/// Index of an expression in its `Ast`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExprId(pub u32);

/// Index of an interned identifier in its `Ast` (NFKC-normalised).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(pub u32);

/// An identifier where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ident {
    pub name: Name,
    pub span: Span,
}

/// A parsed source: a module, an interactive statement list, or one expression.
#[derive(Debug, Default)]
pub struct Ast {
    pub exprs: Vec<Expr>,
    /// Parallel to `exprs`.
    pub spans: Vec<Span>,
    /// Parallel to `exprs`: was it written in parentheses of its own?
    pub parenthesized: Vec<bool>,
    pub names: Names,
    pub body: Vec<Stmt>,
}

impl Ast {
    pub fn expr(&self, id: ExprId) -> &Expr {
        &self.exprs[id.0 as usize]
    }

    pub fn span(&self, id: ExprId) -> Span {
        self.spans[id.0 as usize]
    }

    pub fn is_parenthesized(&self, id: ExprId) -> bool {
        self.parenthesized[id.0 as usize]
    }

    pub fn name(&self, name: Name) -> &str {
        self.names.text(name)
    }
}

/// The identifiers of one tree, each stored once.
#[derive(Debug, Default)]
pub struct Names {
    texts: Vec<Box<str>>,
    index: std::collections::HashMap<Box<str>, Name>,
}

impl Names {
    pub fn intern(&mut self, text: &str) -> Name {
        if let Some(&name) = self.index.get(text) {
            return name;
        }
        let name = Name(self.texts.len() as u32);
        self.texts.push(text.into());
        self.index.insert(text.into(), name);
        name
    }

    pub fn find(&self, text: &str) -> Option<Name> {
        self.index.get(text).copied()
    }

    pub fn text(&self, name: Name) -> &str {
        &self.texts[name.0 as usize]
    }

    pub fn len(&self) -> usize {
        self.texts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}

/// Text of a string literal: UTF-8, except that escapes may put lone surrogates into it, which
/// are then encoded as their three-byte pattern (WTF-8).
pub type Wtf8 = Box<[u8]>;

#[derive(Debug)]
pub enum Expr {
    Name(Name),
    None,
    True,
    False,
    Ellipsis,
    Int(i64),
    /// An integer beyond `i64`: its digits in `radix`, without prefix and underscores.
    BigInt {
        radix: u32,
        digits: Box<str>,
    },
    Float(f64),
    /// `2j`
    Imaginary(f64),
    Str(Wtf8),
    Bytes(Box<[u8]>),
    /// An f-string, implicit concatenation with plain strings already merged into `parts`.
    FString(Box<[FPart]>),
    Unary(UnaryOp, ExprId),
    Binary(BinaryOp, ExprId, ExprId),
    /// `a and b and c`: at least two operands.
    Bool(BoolOp, Box<[ExprId]>),
    /// `a < b <= c`: at least one comparison.
    Compare(ExprId, Box<[(CompareOp, ExprId)]>),
    Conditional {
        test: ExprId,
        body: ExprId,
        orelse: ExprId,
    },
    Lambda(Box<Lambda>),
    Tuple(Box<[ExprId]>),
    List(Box<[ExprId]>),
    Set(Box<[ExprId]>),
    /// A key of `None` is `**value`.
    Dict(Box<[(Option<ExprId>, ExprId)]>),
    Starred(ExprId),
    Walrus(Ident, ExprId),
    Attribute(ExprId, Ident),
    Subscript(ExprId, ExprId),
    Slice {
        lower: Option<ExprId>,
        upper: Option<ExprId>,
        step: Option<ExprId>,
    },
    Call(ExprId, Box<[Argument]>),
    Comprehension(Box<Comprehension>),
    Await(ExprId),
    Yield(Option<ExprId>),
    YieldFrom(ExprId),
    /// Stands where a syntax error was recovered from; never reaches the compiler.
    Error,
}

/// One piece of an f-string.
#[derive(Debug)]
pub enum FPart {
    Text(Wtf8),
    Field(FField),
}

/// `{value!r:spec}`. The text of a `{value=}` field is already a `Text` part before it, and
/// `conversion` is then `Repr` unless the source says otherwise or has a spec.
#[derive(Debug)]
pub struct FField {
    pub value: ExprId,
    pub conversion: Conversion,
    /// `None` without a colon; nested fields are allowed.
    pub spec: Option<Box<[FPart]>>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    None,
    Str,
    Repr,
    Ascii,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    Neg,
    Pos,
    Invert,
    Not,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    MatMul,
    Div,
    FloorDiv,
    Mod,
    Pow,
    Shl,
    Shr,
    And,
    Or,
    Xor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoolOp {
    And,
    Or,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompareOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Is,
    IsNot,
    In,
    NotIn,
}

#[derive(Debug)]
pub struct Lambda {
    pub params: Box<Params>,
    pub body: ExprId,
}

/// An argument of a call or of a class statement.
#[derive(Debug)]
pub enum Argument {
    Positional(ExprId),
    /// `*value`
    Star(ExprId),
    Keyword(Ident, ExprId),
    /// `**value`
    DoubleStar(ExprId),
}

#[derive(Debug)]
pub struct Comprehension {
    pub kind: ComprehensionKind,
    /// The element, or the key of a dict comprehension.
    pub element: ExprId,
    /// The value of a dict comprehension.
    pub value: Option<ExprId>,
    /// At least one.
    pub clauses: Vec<Clause>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComprehensionKind {
    List,
    Set,
    Dict,
    Generator,
}

/// `for target in iter if a if b`
#[derive(Debug)]
pub struct Clause {
    pub is_async: bool,
    pub target: ExprId,
    pub iter: ExprId,
    pub conditions: Vec<ExprId>,
    pub span: Span,
}

#[derive(Debug, Default)]
pub struct Params {
    pub positional_only: Vec<Param>,
    pub positional: Vec<Param>,
    /// `*args`; `None` also for a bare `*`.
    pub star: Option<Box<Param>>,
    pub keyword_only: Vec<Param>,
    pub double_star: Option<Box<Param>>,
}

#[derive(Debug)]
pub struct Param {
    pub ident: Ident,
    /// May be `Starred` for `*args`.
    pub annotation: Option<ExprId>,
    pub default: Option<ExprId>,
}

#[derive(Debug)]
pub struct Stmt {
    pub kind: StmtKind,
    pub span: Span,
}

pub type Block = Vec<Stmt>;

#[derive(Debug)]
pub enum StmtKind {
    Expr(ExprId),
    /// `a = b = value`: at least one target.
    Assign {
        targets: Box<[ExprId]>,
        value: ExprId,
    },
    AugAssign {
        target: ExprId,
        op: BinaryOp,
        value: ExprId,
    },
    AnnAssign {
        target: ExprId,
        annotation: ExprId,
        value: Option<ExprId>,
    },
    Pass,
    Break,
    Continue,
    Return(Option<ExprId>),
    Raise {
        exception: Option<ExprId>,
        cause: Option<ExprId>,
    },
    Delete(Box<[ExprId]>),
    Assert {
        test: ExprId,
        message: Option<ExprId>,
    },
    Global(Box<[Ident]>),
    Nonlocal(Box<[Ident]>),
    Import(Box<[Alias]>),
    ImportFrom(Box<ImportFrom>),
    If(Box<If>),
    While(Box<While>),
    For(Box<For>),
    Try(Box<Try>),
    With(Box<With>),
    Match(Box<Match>),
    Function(Box<Function>),
    Class(Box<Class>),
    TypeAlias(Box<TypeAlias>),
    /// Stands where a syntax error was recovered from; never reaches the compiler.
    Error,
}

/// The `if` and its `elif`s in order; `orelse` is empty without an `else`.
#[derive(Debug)]
pub struct If {
    pub branches: Vec<Branch>,
    pub orelse: Block,
}

#[derive(Debug)]
pub struct While {
    pub test: ExprId,
    pub body: Block,
    pub orelse: Block,
}

#[derive(Debug)]
pub struct Branch {
    pub test: ExprId,
    pub body: Block,
}

/// `import a.b.c as d`, or one name of a `from` import (then `path` has one part).
#[derive(Debug)]
pub struct Alias {
    pub path: Box<[Ident]>,
    pub alias: Option<Ident>,
    pub span: Span,
}

#[derive(Debug)]
pub struct ImportFrom {
    /// Number of leading dots.
    pub level: u32,
    /// Empty for `from . import x`.
    pub module: Box<[Ident]>,
    pub names: ImportNames,
}

#[derive(Debug)]
pub enum ImportNames {
    Star(Span),
    Names(Box<[Alias]>),
}

#[derive(Debug)]
pub struct For {
    pub is_async: bool,
    pub target: ExprId,
    pub iter: ExprId,
    pub body: Block,
    pub orelse: Block,
}

#[derive(Debug)]
pub struct Try {
    pub body: Block,
    pub handlers: Vec<Handler>,
    /// The handlers are `except*`.
    pub is_star: bool,
    pub orelse: Block,
    pub finally: Block,
}

#[derive(Debug)]
pub struct Handler {
    /// `None` for a bare `except:`. `except A, B:` arrives as a tuple.
    pub exception: Option<ExprId>,
    pub name: Option<Ident>,
    pub body: Block,
    pub span: Span,
}

#[derive(Debug)]
pub struct With {
    pub is_async: bool,
    /// At least one.
    pub items: Vec<WithItem>,
    pub body: Block,
}

#[derive(Debug)]
pub struct WithItem {
    pub context: ExprId,
    pub target: Option<ExprId>,
}

#[derive(Debug)]
pub struct Match {
    pub subject: ExprId,
    pub cases: Vec<Case>,
}

#[derive(Debug)]
pub struct Case {
    pub pattern: Pattern,
    pub guard: Option<ExprId>,
    pub body: Block,
}

#[derive(Debug)]
pub struct Pattern {
    pub kind: PatternKind,
    pub span: Span,
}

#[derive(Debug)]
pub enum PatternKind {
    /// `_`
    Wildcard,
    Capture(Ident),
    /// A number (with sign, or complex), string or dotted name: compared with `==`.
    Value(ExprId),
    /// `None`, `True`, `False`: compared with `is`.
    Singleton(ExprId),
    As(Box<Pattern>, Ident),
    Or(Vec<Pattern>),
    Sequence(Vec<Pattern>),
    /// `*rest` or `*_` inside a sequence.
    Star(Option<Ident>),
    Mapping(Box<MappingPattern>),
    Class(Box<ClassPattern>),
}

#[derive(Debug)]
pub struct MappingPattern {
    pub items: Vec<(ExprId, Pattern)>,
    pub rest: Option<Ident>,
}

#[derive(Debug)]
pub struct ClassPattern {
    pub class: ExprId,
    pub positional: Vec<Pattern>,
    pub keywords: Vec<(Ident, Pattern)>,
}

#[derive(Debug)]
pub struct Function {
    pub is_async: bool,
    pub name: Ident,
    pub decorators: Vec<ExprId>,
    pub type_params: Vec<TypeParam>,
    pub params: Box<Params>,
    pub returns: Option<ExprId>,
    pub body: Block,
}

#[derive(Debug)]
pub struct Class {
    pub name: Ident,
    pub decorators: Vec<ExprId>,
    pub type_params: Vec<TypeParam>,
    pub arguments: Box<[Argument]>,
    pub body: Block,
}

#[derive(Debug)]
pub struct TypeAlias {
    pub name: Ident,
    pub type_params: Vec<TypeParam>,
    pub value: ExprId,
}

#[derive(Debug)]
pub struct TypeParam {
    pub kind: TypeParamKind,
    pub ident: Ident,
    pub bound: Option<ExprId>,
    pub default: Option<ExprId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeParamKind {
    TypeVar,
    TypeVarTuple,
    ParamSpec,
}
