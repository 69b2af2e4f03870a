//! Who owns a name: scopes, their symbols, and the decision local, cell, free or global.
//!
//! `collect.rs` fills the tables in one walk over the tree; `resolve` then decides every symbol,
//! outer scopes first. List, set and dict comprehensions are scopes without code of their own:
//! their *host* is the code they are inlined into, and a variable needs a cell only when a scope
//! with another host uses it.

use sloop_grammar::ast::{ComprehensionKind, ExprId, Name, TypeParamKind};
use sloop_grammar::diagnostic::Diagnostic;
use sloop_grammar::span::Span;

use super::Reports;
use super::names::{Known, NumberMap};

pub(crate) type ScopeId = u32;

/// The register of the `__class__` cell in a class body that needs one.
pub(crate) const CLASS_CELL: u16 = 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScopeKind {
    Module,
    Function,
    Lambda,
    Class,
    /// Of a list, set or dict: inlined.
    Comprehension(ComprehensionKind),
    GeneratorExpression,
    /// The scope around a generic function, class or alias.
    TypeParams,
    /// A bound, a default or the value of an alias, evaluated when it is asked for.
    Lazy(LazyKind),
    /// The body of an `__annotate__` function.
    Annotations,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LazyKind {
    Bound,
    Constraints,
    Default(TypeParamKind),
    Alias,
}

impl ScopeKind {
    /// Are its variables visible to the scopes inside?
    pub fn is_function_like(self) -> bool {
        !matches!(self, ScopeKind::Module | ScopeKind::Class)
    }

    /// The scopes of PEP 695 and 649, which see the names of the class around them.
    pub fn is_annotation(self) -> bool {
        matches!(self, ScopeKind::TypeParams | ScopeKind::Lazy(_) | ScopeKind::Annotations)
    }
}

/// Which piece of syntax a scope belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// `def`, by the place of its name.
    Function(u32),
    Class(u32),
    /// Lambda or comprehension, by its expression.
    Expr(u32),
    TypeParams(u32),
    /// Bound, default or alias value, by its expression.
    Lazy(u32),
    /// Annotations of a function, by the place of its name.
    Annotations(u32),
    /// Annotations of variables in the body of a scope.
    BodyAnnotations(ScopeId),
}

pub(crate) mod flag {
    pub const BOUND: u16 = 1;
    pub const PARAM: u16 = 1 << 1;
    pub const USED: u16 = 1 << 2;
    pub const GLOBAL: u16 = 1 << 3;
    pub const NONLOCAL: u16 = 1 << 4;
    /// Unbound somewhere, by `del` or at the end of `except … as`.
    pub const DELETED: u16 = 1 << 5;
    pub const ANNOTATED: u16 = 1 << 6;
    /// Iteration variable of a comprehension.
    pub const ITERATES: u16 = 1 << 7;
    /// Bound by `:=` in a comprehension, for the scope around it.
    pub const WALRUS: u16 = 1 << 8;
    pub const TYPE_PARAM: u16 = 1 << 9;
    pub const IMPORTED: u16 = 1 << 10;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resolution {
    Unknown,
    /// A register of the host.
    Local,
    /// Bound in a class body, or in a module body with a namespace of its own.
    Namespace,
    GlobalExplicit,
    GlobalImplicit,
    /// Belongs to a scope further out.
    Free,
}

#[derive(Debug)]
pub(crate) struct Symbol {
    pub name: Name,
    pub flags: u16,
    pub resolution: Resolution,
    /// Used by a scope with another host: lives in a cell.
    pub captured: bool,
    /// Of locals. Variables of comprehensions get theirs when the comprehension is compiled.
    pub register: u16,
    /// Where it was first met.
    pub span: Span,
}

impl Symbol {
    pub fn has(&self, flags: u16) -> bool {
        self.flags & flags != 0
    }
}

#[derive(Debug)]
pub(crate) struct Scope {
    pub kind: ScopeKind,
    pub parent: Option<ScopeId>,
    /// The scope whose code this one's expressions are compiled into.
    pub host: ScopeId,
    /// Name of the class around, for mangling.
    pub class_name: Option<Name>,
    /// Indices into `Scopes::symbols`, in order of appearance.
    pub symbols: Vec<u32>,
    /// Captured names of a host, in order of their `Free` index.
    pub free: Vec<Name>,
    pub is_async: bool,
    pub has_yield: bool,
    /// Contains `await`, `async for` or `async with` of its own.
    pub has_await: bool,
    /// A class whose `__class__` somebody uses.
    pub needs_class_cell: bool,
    /// A class whose namespace an annotation scope uses.
    pub needs_class_dict: bool,
    /// Calls `locals()` or the like: every local must be readable at any time.
    pub is_inspected: bool,
    /// Never compiled (annotations of local variables): it captures nothing.
    pub is_discarded: bool,
    /// The class whose namespace an annotation scope looks into first.
    pub visible_class: Option<ScopeId>,
    /// Names stored on `self` by methods of a class.
    pub self_attributes: Vec<Name>,
    /// Annotated names of a module or class, in order.
    pub annotations: Vec<(Name, ExprId)>,
    /// First `return` with a value.
    pub returns_value: Vec<Span>,
}

/// Where the code of a scope finds a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Local(u16),
    Cell(u16),
    Free(u16),
    Global,
    /// The namespace in register 0, then globals.
    Namespace,
    /// The namespace in register 0, then the free variable.
    NamespaceOrFree(u16),
    /// In an annotation scope: the namespace in the free variable `dict`, then globals.
    ClassDict {
        dict: u16,
    },
    /// The same, then the free variable `free`.
    ClassDictOrFree {
        dict: u16,
        free: u16,
    },
}

pub(crate) struct Scopes {
    pub scopes: Vec<Scope>,
    pub symbols: Vec<Symbol>,
    pub keys: NumberMap<Key, ScopeId>,
    index: NumberMap<(ScopeId, u32), u32>,
    free_index: NumberMap<(ScopeId, u32), u16>,
    known: Known,
    /// Module names live in the namespace of register 0.
    pub separate_namespace: bool,
    /// Names that some scope has declared global: then they are global for the module as well,
    /// wherever its own namespace is.
    pub globals: Vec<Name>,
    /// Does the source look at the variables of functions that have failed?
    pub looks_at_failures: bool,
}

impl Scopes {
    pub fn new(known: Known, separate_namespace: bool) -> Scopes {
        Scopes {
            scopes: Vec::new(),
            symbols: Vec::new(),
            keys: NumberMap::default(),
            index: NumberMap::default(),
            free_index: NumberMap::default(),
            known,
            separate_namespace,
            globals: Vec::new(),
            looks_at_failures: false,
        }
    }

    pub fn get(&self, id: ScopeId) -> &Scope {
        &self.scopes[id as usize]
    }

    pub fn get_mut(&mut self, id: ScopeId) -> &mut Scope {
        &mut self.scopes[id as usize]
    }

    pub fn open(
        &mut self,
        kind: ScopeKind,
        parent: Option<ScopeId>,
        class_name: Option<Name>,
    ) -> ScopeId {
        let id = self.scopes.len() as ScopeId;
        let host = match (kind, parent) {
            (ScopeKind::Comprehension(_), Some(parent)) => self.get(parent).host,
            _ => id,
        };
        let is_discarded = parent.is_some_and(|parent| self.get(parent).is_discarded);
        let visible_class = match parent {
            Some(parent) if kind.is_annotation() => {
                let outer = self.get(parent);
                match outer.kind {
                    ScopeKind::Class => Some(parent),
                    kind if kind.is_annotation() => outer.visible_class,
                    _ => None,
                }
            }
            _ => None,
        };
        self.scopes.push(Scope {
            kind,
            parent,
            host,
            class_name,
            symbols: Vec::new(),
            free: Vec::new(),
            is_async: false,
            has_yield: false,
            has_await: false,
            needs_class_cell: false,
            needs_class_dict: false,
            is_inspected: false,
            is_discarded,
            visible_class,
            self_attributes: Vec::new(),
            annotations: Vec::new(),
            returns_value: Vec::new(),
        });
        id
    }

    pub fn symbol(&self, scope: ScopeId, name: Name) -> Option<&Symbol> {
        let at = self.index.get(&(scope, name.0))?;
        Some(&self.symbols[*at as usize])
    }

    pub fn symbol_mut(&mut self, scope: ScopeId, name: Name) -> Option<&mut Symbol> {
        let at = self.index.get(&(scope, name.0))?;
        Some(&mut self.symbols[*at as usize])
    }

    /// Adds flags to the symbol, which is made if need be.
    pub fn add(&mut self, scope: ScopeId, name: Name, flags: u16, span: Span) -> &mut Symbol {
        let next = self.symbols.len() as u32;
        let at = *self.index.entry((scope, name.0)).or_insert(next);
        if at == next {
            self.scopes[scope as usize].symbols.push(at);
            self.symbols.push(Symbol {
                name,
                flags: 0,
                resolution: Resolution::Unknown,
                captured: false,
                register: 0,
                span,
            });
        }
        let symbol = &mut self.symbols[at as usize];
        symbol.flags |= flags;
        symbol
    }

    pub fn free_index(&self, host: ScopeId, name: Name) -> Option<u16> {
        self.free_index.get(&(host, name.0)).copied()
    }

    /// Is the name bound by the module itself (so that it may not mean the builtin)?
    pub fn module_binds(&self, name: Name) -> bool {
        self.symbol(0, name).is_some_and(|symbol| symbol.has(flag::BOUND))
    }

    /// Decides every symbol of every scope.
    pub(super) fn resolve(&mut self, reports: &mut Reports, text: impl Fn(Name) -> String) {
        for name in std::mem::take(&mut self.globals) {
            self.add(0, name, flag::GLOBAL, Span::default());
        }
        for scope in 0..self.scopes.len() as ScopeId {
            if self.get(scope).is_discarded {
                continue;
            }
            // Symbols that resolving adds to a scope are decided when they are added.
            for place in 0..self.get(scope).symbols.len() {
                let at = self.get(scope).symbols[place];
                self.decide(scope, at, reports, &text);
            }
        }
        self.number_locals();
    }

    fn decide(
        &mut self,
        scope: ScopeId,
        at: u32,
        reports: &mut Reports,
        text: &impl Fn(Name) -> String,
    ) {
        let symbol = &self.symbols[at as usize];
        if symbol.resolution != Resolution::Unknown {
            return;
        }
        let (name, span) = (symbol.name, symbol.span);
        let kind = self.get(scope).kind;
        let resolution = if symbol.has(flag::GLOBAL) {
            Resolution::GlobalExplicit
        } else if symbol.has(flag::NONLOCAL) {
            self.decide_nonlocal(scope, name, span, reports, text)
        } else if symbol.has(flag::BOUND | flag::PARAM) {
            match kind {
                ScopeKind::Module if !self.separate_namespace => Resolution::GlobalImplicit,
                ScopeKind::Module | ScopeKind::Class => Resolution::Namespace,
                _ => Resolution::Local,
            }
        } else if kind == ScopeKind::Module {
            match self.separate_namespace {
                true => Resolution::Namespace,
                false => Resolution::GlobalImplicit,
            }
        } else if let Some(resolution) = self.decide_by_class(scope, name) {
            resolution
        } else {
            let found = self.find_owner(scope, name);
            match found {
                Some(Owner::Scope(_)) => Resolution::Free,
                Some(Owner::Global) => Resolution::GlobalExplicit,
                None => Resolution::GlobalImplicit,
            }
        };
        self.symbols[at as usize].resolution = resolution;
        if resolution == Resolution::GlobalImplicit
            && let Some(class) = self.get(scope).visible_class
        {
            self.capture(scope, class, self.known.class_dict);
        }
        if resolution == Resolution::Free
            && let Some(class) = self.get(scope).visible_class
            && name != self.known.class
            && name != self.known.class_dict
        {
            self.capture(scope, class, self.known.class_dict);
        }
    }

    /// What an annotation scope reads of a name that its class binds: the class's own or the global,
    /// never that of a function around the class.
    fn decide_by_class(&self, scope: ScopeId, name: Name) -> Option<Resolution> {
        let class = self.get(scope).visible_class?;
        let mut between = self.get(scope).parent;
        while let Some(id) = between.filter(|&id| id != class) {
            let symbol = self.symbol(id, name);
            if symbol.is_some_and(|symbol| symbol.has(flag::BOUND | flag::PARAM)) {
                return None;
            }
            between = self.get(id).parent;
        }
        let symbol = self.symbol(class, name)?;
        if symbol.has(flag::GLOBAL) {
            return Some(Resolution::GlobalExplicit);
        }
        let is_own = symbol.has(flag::BOUND) && !symbol.has(flag::NONLOCAL);
        is_own.then_some(Resolution::GlobalImplicit)
    }

    fn decide_nonlocal(
        &mut self,
        scope: ScopeId,
        name: Name,
        span: Span,
        reports: &mut Reports,
        text: &impl Fn(Name) -> String,
    ) -> Resolution {
        match self.find_owner(scope, name) {
            Some(Owner::Scope(owner)) => {
                let is_type_param =
                    self.symbol(owner, name).is_some_and(|symbol| symbol.has(flag::TYPE_PARAM));
                if is_type_param {
                    reports.add(
                        Diagnostic::error(
                            "nonlocal-type-parameter",
                            span,
                            format!(
                                "nonlocal binding not allowed for type parameter '{}'",
                                text(name)
                            ),
                        )
                        .label(span, "a type parameter cannot be rebound"),
                    );
                }
                Resolution::Free
            }
            _ => {
                let name = text(name);
                reports.add(
                    Diagnostic::error(
                        "nonlocal-without-binding",
                        span,
                        format!("no binding for nonlocal '{name}' found"),
                    )
                    .label(span, format!("no enclosing function binds `{name}`"))
                    .help(format!(
                        "bind `{name}` in the enclosing function first, or write `global {name}`"
                    )),
                );
                Resolution::GlobalExplicit
            }
        }
    }

    /// Looks outwards for the scope that binds the name, and threads it through every scope in
    /// between.
    fn find_owner(&mut self, scope: ScopeId, name: Name) -> Option<Owner> {
        let mut next = self.get(scope).parent;
        while let Some(id) = next {
            let candidate = self.get(id);
            if candidate.kind == ScopeKind::Class {
                if name == self.known.class || name == self.known.class_dict {
                    self.capture(scope, id, name);
                    return Some(Owner::Scope(id));
                }
            } else if candidate.kind.is_function_like()
                && let Some(symbol) = self.symbol(id, name)
            {
                if symbol.has(flag::GLOBAL) {
                    return Some(Owner::Global);
                }
                if symbol.has(flag::BOUND | flag::PARAM) && !symbol.has(flag::NONLOCAL) {
                    self.capture(scope, id, name);
                    return Some(Owner::Scope(id));
                }
            }
            next = self.get(id).parent;
        }
        None
    }

    /// Makes `name`, owned by `owner`, reachable from `scope`.
    fn capture(&mut self, scope: ScopeId, owner: ScopeId, name: Name) {
        let mut crossed = false;
        let mut at = scope;
        while at != owner {
            let current = self.get(at);
            let (kind, host, parent) = (current.kind, current.host, current.parent);
            if kind.is_function_like() {
                let symbol = self.add(at, name, 0, Span::default());
                if symbol.resolution == Resolution::Unknown && !symbol.has(flag::NONLOCAL) {
                    symbol.resolution = Resolution::Free;
                }
            }
            if host == at {
                crossed = true;
                self.add_free(at, name);
            }
            at = parent.expect("an owner encloses the scopes that use its names");
        }
        let owner_scope = self.get_mut(owner);
        if owner_scope.kind == ScopeKind::Class {
            if name == self.known.class {
                self.get_mut(owner).needs_class_cell = true;
            } else {
                self.get_mut(owner).needs_class_dict = true;
            }
        } else if crossed && let Some(symbol) = self.symbol_mut(owner, name) {
            symbol.captured = true;
        }
    }

    fn add_free(&mut self, host: ScopeId, name: Name) {
        let next = self.get(host).free.len().min(u16::MAX as usize) as u16;
        let at = *self.free_index.entry((host, name.0)).or_insert(next);
        if at == next {
            self.get_mut(host).free.push(name);
        }
    }

    /// Gives the variables of every function their registers: parameters, then the rest.
    fn number_locals(&mut self) {
        for scope in &self.scopes {
            if !scope.kind.is_function_like() || matches!(scope.kind, ScopeKind::Comprehension(_)) {
                continue;
            }
            let mut next = 0u16;
            for wanted in [true, false] {
                for &at in &scope.symbols {
                    let symbol = &mut self.symbols[at as usize];
                    if symbol.resolution == Resolution::Local && symbol.has(flag::PARAM) == wanted {
                        symbol.register = next;
                        next = next.saturating_add(1);
                    }
                }
            }
        }
    }

    /// Where code that stands in `scope` finds `name`.
    pub fn place(&self, scope: ScopeId, name: Name) -> Place {
        let host = self.get(scope).host;
        let mut at = scope;
        loop {
            let current = self.get(at);
            if current.kind == ScopeKind::Class && at != scope {
                if name == self.known.class && current.needs_class_cell {
                    return Place::Cell(CLASS_CELL);
                }
                // An inlined comprehension does not see the names of its class.
                return match self.free_index(host, name) {
                    Some(free) => Place::Free(free),
                    None => Place::Global,
                };
            }
            let Some(symbol) = self.symbol(at, name) else {
                return Place::Global;
            };
            match symbol.resolution {
                Resolution::Local if symbol.captured => return Place::Cell(symbol.register),
                Resolution::Local => return Place::Local(symbol.register),
                Resolution::Namespace => return Place::Namespace,
                Resolution::GlobalExplicit | Resolution::Unknown => return Place::Global,
                Resolution::GlobalImplicit => {
                    if current.kind == ScopeKind::Class {
                        return Place::Namespace;
                    }
                    if self.separate_namespace && self.get(host).kind == ScopeKind::Module {
                        return Place::Namespace;
                    }
                    if current.visible_class.is_some()
                        && let Some(dict) = self.free_index(host, self.known.class_dict)
                    {
                        return Place::ClassDict { dict };
                    }
                    return Place::Global;
                }
                Resolution::Free => {
                    if host != at {
                        at = current.parent.expect("a comprehension stands in some scope");
                        continue;
                    }
                    let Some(free) = self.free_index(host, name) else {
                        return Place::Global;
                    };
                    if current.kind == ScopeKind::Class {
                        return Place::NamespaceOrFree(free);
                    }
                    if current.visible_class.is_some()
                        && name != self.known.class
                        && name != self.known.class_dict
                        && let Some(dict) = self.free_index(host, self.known.class_dict)
                    {
                        return Place::ClassDictOrFree { dict, free };
                    }
                    return Place::Free(free);
                }
            }
        }
    }
}

enum Owner {
    Scope(ScopeId),
    Global,
}
