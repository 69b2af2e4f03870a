//! The facts of a tree on which the lints stand, found in one walk.
//!
//! Expressions live in an arena, so most of what a lint asks is an array: in which scope does
//! this expression stand, and what becomes of its value? Names lead to the places that bind and
//! read them, each under the scope that owns it. Nothing here is a judgement.

mod exprs;
mod stmts;

use std::collections::{HashMap, HashSet};

use sloop_grammar::ast::*;
use sloop_grammar::span::Span;

use crate::compile::Analysis;
use crate::compile::names::NumberMap;
use crate::compile::scope::{Key, Scope, ScopeId, ScopeKind, flag};

/// What becomes of the value of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Dropped.
    Statement,
    /// Asked whether it is true.
    Test,
    /// One value of `and` or `or` that is not the last: asked whether it is true.
    Operand(ExprId),
    /// The last value of `and` or `or`, or an arm of a conditional: becomes that one's value.
    Result(ExprId),
    Negated,
    Compared(ExprId),
    /// Of an operator: the whole, and the other side.
    Arithmetic(ExprId),
    Awaited,
    Callee(ExprId),
    Argument(ExprId, u16),
    Keyword(ExprId),
    /// The object of an attribute or of a subscript.
    Attribute(ExprId),
    Subscripted(ExprId),
    /// What a loop goes over; the offset of its `for`.
    Iterated {
        is_async: bool,
        keyword: u32,
    },
    /// The same in a comprehension.
    IteratedInside {
        is_async: bool,
        keyword: u32,
    },
    /// `*value`, `**value`
    Unpacked,
    /// The context of a `with` statement that begins there.
    Entered {
        is_async: bool,
        keyword: u32,
    },
    /// In an f-string.
    Formatted,
    /// Bound to a name, nothing else.
    Bound(ExprId),
    /// Taken apart into several targets.
    TakenApart,
    /// `x += value`: the target.
    Added(ExprId),
    Returned,
    Delegated,
    Raised,
    Decorator,
    /// A name that is bound, not read.
    Target,
    Other,
}

pub(super) mod mark {
    /// Within a `try` that catches NameError, or under a test of versions.
    pub const GUARDED: u8 = 1;
    pub const ANNOTATION: u8 = 2;
    pub const SEEN: u8 = 4;
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub scope: ScopeId,
    pub usage: Use,
    pub marks: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct FuncId(pub u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ClassId(pub u32);

pub(super) struct Func<'a> {
    pub def: &'a Function,
    pub scope: ScopeId,
    pub class: Option<ClassId>,
    pub is_generator: bool,
    /// The values of its `return` statements.
    pub returns: Vec<ExprId>,
}

pub(super) struct ClassInfo<'a> {
    pub def: &'a Class,
    pub scope: ScopeId,
}

/// A block of code with variables of its own.
#[derive(Clone, Copy)]
pub(super) struct Body<'a> {
    pub scope: ScopeId,
    pub block: &'a [Stmt],
    pub func: Option<FuncId>,
}

/// What binds a name.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Bound {
    Function(FuncId),
    Class(ClassId),
    /// By an import: a dotted path. Relative ones begin with a dot.
    Import(String),
    /// `name = value`
    Value(ExprId),
    /// `name: annotation` with or without a value
    Annotated(ExprId, Option<ExprId>),
    Param {
        func: Option<FuncId>,
        index: usize,
        annotation: Option<ExprId>,
    },
    /// `with value as name`
    Entered(ExprId),
    /// One of several targets: the value, the place and how many there are.
    Part(ExprId, usize, usize),
    /// `name += value`
    Augmented,
    Other,
}

pub(super) struct Binding {
    pub bound: Bound,
    pub span: Span,
}

pub(super) type Variable = (ScopeId, Name);

pub(super) struct Survey<'a> {
    pub ast: &'a Ast,
    pub text: &'a str,
    analysis: &'a Analysis<'a>,
    /// Parallel to the arena.
    pub places: Vec<Place>,
    pub functions: Vec<Func<'a>>,
    pub classes: Vec<ClassInfo<'a>>,
    pub bodies: Vec<Body<'a>>,
    pub bindings: NumberMap<Variable, Vec<Binding>>,
    pub reads: NumberMap<Variable, Vec<ExprId>>,
    pub deleted: HashSet<Variable>,
    /// Values stored on `self` by methods of a class.
    pub self_values: HashMap<(ClassId, Name), Vec<Option<ExprId>>>,
    /// Names of attributes that are stored on something else, and texts that may name one.
    pub foreign_attributes: HashSet<Name>,
    /// `from module import *`
    pub stars: Vec<(Span, String)>,
    /// May the program make names of the module that nobody sees?
    pub is_open: bool,
    /// Functions and the module, by the start of what suspends them.
    pub suspensions: Vec<(ScopeId, u32)>,
    function_of: NumberMap<ScopeId, FuncId>,
    class_of: NumberMap<ScopeId, ClassId>,
    guarded: bool,
    annotated: bool,
}

/// A test that asks one of these tells versions apart: what stands under it may never run.
const VERSIONS: &[&str] =
    &["version_info", "hexversion", "PY2", "PY3", "TYPE_CHECKING", "version", "platform"];

impl<'a> Survey<'a> {
    pub fn of(analysis: &'a Analysis<'a>) -> Survey<'a> {
        let ast = analysis.ast;
        let nowhere = Place { scope: 0, usage: Use::Other, marks: 0 };
        let mut survey = Survey {
            ast,
            text: analysis.text,
            analysis,
            places: vec![nowhere; ast.exprs.len()],
            functions: Vec::new(),
            classes: Vec::new(),
            bodies: Vec::new(),
            bindings: NumberMap::default(),
            reads: NumberMap::default(),
            deleted: HashSet::new(),
            self_values: HashMap::new(),
            foreign_attributes: HashSet::new(),
            stars: Vec::new(),
            is_open: false,
            suspensions: Vec::new(),
            function_of: NumberMap::default(),
            class_of: NumberMap::default(),
            guarded: false,
            annotated: false,
        };
        // Enumerations can be told to put their members among the names of the module.
        let spills = ["global_enum", "_convert_", "_convert"];
        survey.is_open = spills.iter().any(|name| ast.names.find(name).is_some());
        survey.bodies.push(Body { scope: 0, block: &ast.body, func: None });
        survey.block(&ast.body, 0);
        survey.suspensions.sort_unstable();
        survey
    }

    // ---- questions

    pub fn scope(&self, id: ScopeId) -> &Scope {
        self.analysis.scopes.get(id)
    }

    pub fn name(&self, name: Name) -> &'a str {
        self.analysis.names.text(name)
    }

    pub fn span(&self, id: ExprId) -> Span {
        self.ast.span(id)
    }

    /// The text there; nothing for a span that was computed and is none of the text.
    pub fn source(&self, span: Span) -> &'a str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    pub fn place(&self, id: ExprId) -> Place {
        self.places[id.0 as usize]
    }

    pub fn func(&self, id: FuncId) -> &Func<'a> {
        &self.functions[id.0 as usize]
    }

    pub fn class(&self, id: ClassId) -> &ClassInfo<'a> {
        &self.classes[id.0 as usize]
    }

    /// All expressions that the walk has met.
    pub fn exprs(&self) -> impl Iterator<Item = (ExprId, &'a Expr, Place)> {
        let ast = self.ast;
        let met = self.places.iter().enumerate().filter(|(_, place)| place.marks & mark::SEEN != 0);
        met.map(move |(at, &place)| (ExprId(at as u32), &ast.exprs[at], place))
    }

    /// The scope a name of that scope belongs to: 0 also for what nobody binds.
    pub fn owner(&self, scope: ScopeId, name: Name) -> ScopeId {
        let mut at = scope;
        let mut sees_class = true;
        loop {
            let here = self.scope(at);
            if let Some(symbol) = self.analysis.scopes.symbol(at, name) {
                if symbol.has(flag::GLOBAL) {
                    return 0;
                }
                let binds = symbol.has(flag::BOUND | flag::PARAM) && !symbol.has(flag::NONLOCAL);
                if binds && (here.kind != ScopeKind::Class || sees_class) {
                    return at;
                }
            }
            sees_class &= here.kind.is_annotation();
            match here.parent {
                Some(parent) => at = parent,
                None => return 0,
            }
        }
    }

    /// The variable that a name stands for.
    pub fn variable(&self, scope: ScopeId, name: Name) -> Variable {
        let name = self.analysis.names.mangled(self.scope(scope).class_name, name);
        (self.owner(scope, name), name)
    }

    /// Has the symbol of the scope one of the flags?
    pub fn is_declared(&self, scope: ScopeId, name: Name, flags: u16) -> bool {
        self.analysis.scopes.symbol(scope, name).is_some_and(|symbol| symbol.has(flags))
    }

    pub fn bound(&self, variable: Variable) -> &[Binding] {
        self.bindings.get(&variable).map_or(&[], Vec::as_slice)
    }

    pub fn reads_of(&self, variable: Variable) -> &[ExprId] {
        self.reads.get(&variable).map_or(&[], Vec::as_slice)
    }

    /// The function whose code an expression of the scope is part of; None in modules and
    /// classes.
    pub fn function_around(&self, scope: ScopeId) -> Option<FuncId> {
        let mut at = scope;
        loop {
            if let Some(&func) = self.function_of.get(&at) {
                return Some(func);
            }
            match self.scope(at).kind {
                ScopeKind::Comprehension(_) | ScopeKind::GeneratorExpression => {
                    at = self.scope(at).parent?
                }
                _ => return None,
            }
        }
    }

    /// May code of the scope await?
    pub fn may_await(&self, scope: ScopeId) -> bool {
        let mut at = scope;
        loop {
            let here = self.scope(at);
            match here.kind {
                ScopeKind::Function => return here.is_async,
                ScopeKind::Comprehension(_) => match here.parent {
                    Some(parent) => at = parent,
                    None => return false,
                },
                _ => return false,
            }
        }
    }

    /// Is this a generator expression that awaits?
    pub fn awaits_inside(&self, id: ExprId) -> bool {
        self.analysis.scopes.keys.get(&Key::Expr(id.0)).is_some_and(|&scope| {
            let scope = self.scope(scope);
            scope.kind == ScopeKind::GeneratorExpression && scope.has_await
        })
    }

    /// The class around, for code of methods and what is nested in them.
    pub fn class_around(&self, scope: ScopeId) -> Option<ClassId> {
        let mut at = Some(scope);
        while let Some(id) = at {
            if let Some(&class) = self.class_of.get(&id) {
                return Some(class);
            }
            at = self.scope(id).parent;
        }
        None
    }

    /// Is something in this stretch of the code of that scope suspended?
    pub fn suspends(&self, scope: ScopeId, span: Span) -> bool {
        let from = self.suspensions.partition_point(|&at| at < (scope, span.start));
        self.suspensions.get(from).is_some_and(|&(at, start)| at == scope && start < span.end)
    }

    /// The code that an expression of the scope is compiled into, through generator expressions.
    fn home(&self, scope: ScopeId) -> ScopeId {
        let mut at = self.scope(scope).host;
        while self.scope(at).kind == ScopeKind::GeneratorExpression {
            at = self.scope(at).parent.map_or(0, |parent| self.scope(parent).host);
        }
        at
    }

    fn scope_at(&self, key: Key, otherwise: ScopeId) -> ScopeId {
        self.analysis.scopes.keys.get(&key).copied().unwrap_or(otherwise)
    }
}
