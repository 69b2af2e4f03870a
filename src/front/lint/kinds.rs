//! What an expression is certain to be: a coroutine, a function of this file, a lock of asyncio.
//!
//! Only what holds whichever way the program takes: a name is something if everything that binds
//! it agrees, a method found through `self` is one if no class of the file says otherwise.
//! Everything else is `Unknown`, and lints say nothing about that.

use std::cell::RefCell;
use std::collections::HashMap;

use sloop_grammar::ast::*;

use super::flow;
use super::known::{self, Gives, Lib, Then};
use super::survey::{Bound, ClassId, FuncId, Survey, Variable};
use crate::compile::scope::ScopeId;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maker {
    Function(FuncId),
    /// Something of a library.
    Library(Then),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Unknown,
    /// A literal or what is made by one: the name of its type.
    Plain(&'static str),
    /// What a function returns that never returns anything.
    Nothing(FuncId),
    /// A member of a module, by the number of its path.
    Path(u32),
    Function(FuncId),
    /// A function found through an object: a class further down may have another.
    Method(FuncId),
    Class(ClassId),
    /// An object of the class or of one below it.
    Instance(ClassId),
    /// The first parameter of a class method.
    OwnClass(ClassId),
    Super(ClassId),
    Coroutine(Maker),
    /// Made by a generator that a decorator calls a coroutine.
    OldCoroutine(FuncId),
    AsyncGenerator(FuncId),
    Task,
    Future,
    Object(Lib),
    ObjectMethod(Lib, Name),
    Streams,
}

/// How a decorated function behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrapping {
    /// As if it were bare.
    Bare,
    Static,
    ClassMethod,
    /// Meant to be overridden.
    Abstract,
    /// `@asyncio.coroutine`, `@types.coroutine`
    OldCoroutine,
    Unknown,
}

pub(super) struct Kinds<'a> {
    pub survey: &'a Survey<'a>,
    paths: RefCell<Paths>,
    memo: RefCell<HashMap<ExprId, Kind>>,
    variables: RefCell<HashMap<Variable, Kind>>,
}

#[derive(Default)]
struct Paths {
    texts: Vec<String>,
    index: HashMap<String, u32>,
}

/// Deeper than this nothing is known.
const DEPTH: u32 = 40;

impl<'a> Kinds<'a> {
    pub fn new(survey: &'a Survey<'a>) -> Kinds<'a> {
        Kinds {
            survey,
            paths: RefCell::default(),
            memo: RefCell::default(),
            variables: RefCell::default(),
        }
    }

    pub fn of(&self, id: ExprId) -> Kind {
        self.expr(id, DEPTH)
    }

    pub fn path(&self, kind: Kind) -> Option<String> {
        match kind {
            Kind::Path(number) => Some(self.paths.borrow().texts[number as usize].clone()),
            _ => None,
        }
    }

    /// The path of a member of a library that the expression names.
    pub fn path_of(&self, id: ExprId) -> Option<String> {
        self.path(self.of(id))
    }

    /// The path of what a call calls.
    pub fn path_of_call(&self, id: ExprId) -> Option<String> {
        match self.survey.ast.expr(id) {
            Expr::Call(callee, _) => self.path_of(*callee),
            _ => None,
        }
    }

    fn intern(&self, text: &str) -> Kind {
        let mut paths = self.paths.borrow_mut();
        if let Some(&number) = paths.index.get(text) {
            return Kind::Path(number);
        }
        let number = paths.texts.len() as u32;
        paths.texts.push(text.to_owned());
        paths.index.insert(text.to_owned(), number);
        Kind::Path(number)
    }

    fn expr(&self, id: ExprId, depth: u32) -> Kind {
        if depth == 0 {
            return Kind::Unknown;
        }
        if let Some(&kind) = self.memo.borrow().get(&id) {
            return kind;
        }
        // Who asks for itself in the meantime learns nothing.
        self.memo.borrow_mut().insert(id, Kind::Unknown);
        let kind = self.node(id, depth - 1);
        self.memo.borrow_mut().insert(id, kind);
        kind
    }

    fn node(&self, id: ExprId, depth: u32) -> Kind {
        let survey = self.survey;
        let scope = survey.place(id).scope;
        match survey.ast.expr(id) {
            Expr::Name(name) => self.variable(survey.variable(scope, *name), depth),
            Expr::None => Kind::Plain("None"),
            Expr::True | Expr::False => Kind::Plain("a bool"),
            Expr::Int(_) | Expr::BigInt { .. } => Kind::Plain("an int"),
            Expr::Float(_) => Kind::Plain("a float"),
            Expr::Imaginary(_) => Kind::Plain("a complex number"),
            Expr::Str(_) | Expr::FString(_) => Kind::Plain("a string"),
            Expr::Bytes(_) => Kind::Plain("bytes"),
            Expr::Tuple(_) => Kind::Plain("a tuple"),
            Expr::List(_) => Kind::Plain("a list"),
            Expr::Set(_) => Kind::Plain("a set"),
            Expr::Dict(_) => Kind::Plain("a dict"),
            Expr::Compare(..) | Expr::Unary(UnaryOp::Not, _) => Kind::Unknown,
            // It is asynchronous itself.
            Expr::Comprehension(_) if survey.awaits_inside(id) => Kind::Unknown,
            Expr::Comprehension(comprehension) => Kind::Plain(match comprehension.kind {
                ComprehensionKind::List => "a list",
                ComprehensionKind::Set => "a set",
                ComprehensionKind::Dict => "a dict",
                ComprehensionKind::Generator => "a generator",
            }),
            Expr::Conditional { body, orelse, .. } => {
                let kind = self.expr(*body, depth);
                match kind == self.expr(*orelse, depth) {
                    true => kind,
                    false => Kind::Unknown,
                }
            }
            Expr::Walrus(_, value) => self.expr(*value, depth),
            Expr::Attribute(object, ident) => {
                let object = self.expr(*object, depth);
                self.attribute(object, ident.name, depth)
            }
            Expr::Call(callee, arguments) => self.call(*callee, arguments, scope, depth),
            Expr::Await(value) => match self.expr(*value, depth) {
                Kind::Coroutine(Maker::Function(func)) => self.result(func, depth),
                Kind::Coroutine(Maker::Library(Then::Object(lib))) => Kind::Object(lib),
                Kind::Coroutine(Maker::Library(Then::Streams)) => Kind::Streams,
                _ => Kind::Unknown,
            },
            _ => Kind::Unknown,
        }
    }

    // ---- names

    fn variable(&self, variable: Variable, depth: u32) -> Kind {
        if depth == 0 {
            return Kind::Unknown;
        }
        if let Some(&kind) = self.variables.borrow().get(&variable) {
            return kind;
        }
        self.variables.borrow_mut().insert(variable, Kind::Unknown);
        let kind = self.bindings(variable, depth - 1);
        self.variables.borrow_mut().insert(variable, kind);
        kind
    }

    fn bindings(&self, variable: Variable, depth: u32) -> Kind {
        let survey = self.survey;
        let (owner, name) = variable;
        let bound = survey.bound(variable);
        let starred =
            |after: u32| owner == 0 && survey.stars.iter().any(|(span, _)| span.start > after);
        if bound.is_empty() {
            return match owner {
                0 => self.unbound(survey.name(name)),
                _ => Kind::Unknown,
            };
        }
        if survey.deleted.contains(&variable)
            || (owner == 0 && survey.is_open)
            || starred(bound[0].span.start)
        {
            return Kind::Unknown;
        }
        let mut all = bound
            .iter()
            .map(|binding| self.binding(&binding.bound, variable, depth))
            .collect::<Vec<Kind>>();
        // An object that is not there yet is None.
        if all.len() > 1
            && all.iter().any(|kind| matches!(kind, Kind::Object(_) | Kind::Instance(_)))
        {
            all.retain(|kind| *kind != Kind::Plain("None"));
        }
        let first = all[0];
        if let Kind::Function(func) = first
            && all.len() > 1
        {
            // Defined in several ways that are called in the same way.
            let alike = |kind: &Kind| match *kind {
                Kind::Function(other) => self.is_like(func, other),
                _ => false,
            };
            return if all.iter().all(alike) { first } else { Kind::Unknown };
        }
        match all.iter().all(|kind| *kind == first) {
            true => first,
            false => Kind::Unknown,
        }
    }

    fn is_like(&self, one: FuncId, other: FuncId) -> bool {
        let survey = self.survey;
        let (a, b) = (survey.func(one), survey.func(other));
        a.def.is_async
            && b.def.is_async
            && a.is_generator == b.is_generator
            && self.wrapping(one) == self.wrapping(other)
    }

    fn binding(&self, bound: &Bound, variable: Variable, depth: u32) -> Kind {
        match *bound {
            Bound::Function(func) => Kind::Function(func),
            Bound::Class(class) => Kind::Class(class),
            Bound::Import(ref path) => self.intern(path),
            Bound::Value(value) => self.expr(value, depth),
            Bound::Annotated(_, Some(value)) => self.expr(value, depth),
            Bound::Annotated(annotation, None) => self.annotated(annotation, depth),
            Bound::Param { func: Some(func), index: 0, .. }
                if self.survey.func(func).class.is_some() =>
            {
                let class = self.survey.func(func).class.expect("asked before");
                match self.wrapping(func) {
                    Wrapping::Static | Wrapping::Unknown => Kind::Unknown,
                    Wrapping::ClassMethod => Kind::OwnClass(class),
                    _ if matches!(
                        self.survey.name(self.survey.func(func).def.name.name),
                        "__new__" | "__init_subclass__" | "__class_getitem__"
                    ) =>
                    {
                        Kind::Unknown
                    }
                    _ => Kind::Instance(class),
                }
            }
            Bound::Param { annotation: Some(annotation), .. } => self.annotated(annotation, depth),
            Bound::Entered(context) => match self.expr(context, depth) {
                kind @ Kind::Object(Lib::TaskGroup | Lib::Timeout | Lib::Server) => kind,
                _ => Kind::Unknown,
            },
            Bound::Part(value, nth, 2) => match self.expr(value, depth) {
                Kind::Streams if nth == 0 => Kind::Object(Lib::StreamReader),
                Kind::Streams => Kind::Object(Lib::StreamWriter),
                _ => Kind::Unknown,
            },
            // Numbers and texts stay what they are.
            Bound::Augmented => {
                let others = self.survey.bound(variable);
                let first = others.iter().find(|other| other.bound != Bound::Augmented);
                match first {
                    Some(first) => self.binding(&first.bound, variable, depth),
                    None => Kind::Unknown,
                }
            }
            Bound::Param { .. } | Bound::Part(..) | Bound::Other => Kind::Unknown,
        }
    }

    /// What an annotation says, if it names a class of asyncio.
    fn annotated(&self, annotation: ExprId, depth: u32) -> Kind {
        let named = match self.survey.ast.expr(annotation) {
            Expr::Subscript(object, _) => *object,
            _ => annotation,
        };
        match self.expr(named, depth) {
            kind @ Kind::Path(_) => {
                let path = self.path(kind).unwrap_or_default();
                match (known::member(&path), path.as_str()) {
                    (Some(Gives::Object(lib)), _) => Kind::Object(lib),
                    (_, "asyncio.StreamReader") => Kind::Object(Lib::StreamReader),
                    (_, "asyncio.StreamWriter") => Kind::Object(Lib::StreamWriter),
                    (_, "asyncio.AbstractEventLoop") => Kind::Object(Lib::Loop),
                    _ => Kind::Unknown,
                }
            }
            Kind::Class(class) => Kind::Instance(class),
            _ => Kind::Unknown,
        }
    }

    /// A name that nothing in the file binds.
    fn unbound(&self, name: &str) -> Kind {
        let survey = self.survey;
        if survey.stars.iter().any(|(_, module)| module != "asyncio") || survey.is_open {
            return Kind::Unknown;
        }
        match known::builtin(name) {
            Some(path) => self.intern(path),
            None => self.intern(&format!("builtins.{name}")),
        }
    }

    /// The builtin that the expression names.
    pub fn builtin(&self, id: ExprId) -> Option<&'a str> {
        let survey = self.survey;
        let Expr::Name(name) = survey.ast.expr(id) else { return None };
        let variable = survey.variable(survey.place(id).scope, *name);
        let is_free = variable.0 == 0
            && survey.bound(variable).is_empty()
            && survey.stars.is_empty()
            && !survey.is_open;
        is_free.then(|| survey.name(*name))
    }

    // ---- attributes

    fn attribute(&self, object: Kind, name: Name, depth: u32) -> Kind {
        let survey = self.survey;
        match object {
            Kind::Path(_) => {
                let path = self.path(object).unwrap_or_default();
                self.intern(&format!("{path}.{}", survey.name(name)))
            }
            Kind::Object(lib) if known::method(lib, survey.name(name)).is_some() => {
                Kind::ObjectMethod(lib, name)
            }
            Kind::Instance(class) | Kind::OwnClass(class) | Kind::Class(class) => {
                self.member(class, name, matches!(object, Kind::Instance(_)), depth)
            }
            Kind::Super(class) => {
                let bases = &survey.class(class).def.arguments;
                self.inherited(bases, name, depth)
            }
            _ => Kind::Unknown,
        }
    }

    /// A member of a class, found through an object of it or of a class below.
    fn member(&self, class: ClassId, name: Name, through_object: bool, depth: u32) -> Kind {
        let survey = self.survey;
        if depth == 0 || survey.foreign_attributes.contains(&name) || !self.is_plain(class) {
            return Kind::Unknown;
        }
        let relatives = || {
            let all = (0..survey.classes.len() as u32).map(ClassId);
            all.filter(move |&other| other != class && self.derives(other, class, DEPTH))
        };
        let info = survey.class(class);
        let mangled = survey.variable(info.scope, name).1;
        let bound = survey.bound((info.scope, mangled));
        let stored = survey.self_values.get(&(class, name));
        if through_object && let Some(values) = stored {
            // A value of objects: all that store it must agree.
            let elsewhere = relatives().any(|other| {
                survey.self_values.contains_key(&(other, name))
                    || !survey.bound((survey.class(other).scope, name)).is_empty()
            });
            if elsewhere || !bound.is_empty() {
                return Kind::Unknown;
            }
            return self.stored(values, depth);
        }
        if relatives().any(|other| survey.self_values.contains_key(&(other, name))) {
            return Kind::Unknown;
        }
        if bound.is_empty() {
            return self.inherited(&info.def.arguments, name, depth);
        }
        let overridden = relatives().any(|other| {
            let there = survey.bound((survey.class(other).scope, name));
            there.iter().any(|binding| match binding.bound {
                Bound::Function(func) => {
                    let func = survey.func(func);
                    !func.def.is_async || func.is_generator
                }
                _ => true,
            })
        });
        if overridden {
            return Kind::Unknown;
        }
        match self.variable((info.scope, mangled), depth) {
            Kind::Function(func) => Kind::Method(func),
            kind @ Kind::Object(_) => kind,
            _ => Kind::Unknown,
        }
    }

    fn stored(&self, values: &[Option<ExprId>], depth: u32) -> Kind {
        let mut found = Kind::Unknown;
        for value in values {
            let Some(value) = value else { return Kind::Unknown };
            match self.expr(*value, depth) {
                Kind::Plain("None") => {}
                kind @ (Kind::Object(_) | Kind::Instance(_))
                    if found == Kind::Unknown || found == kind =>
                {
                    found = kind;
                }
                _ => return Kind::Unknown,
            }
        }
        found
    }

    fn inherited(&self, bases: &[Argument], name: Name, depth: u32) -> Kind {
        for base in bases {
            let Argument::Positional(base) = base else { return Kind::Unknown };
            let Kind::Class(base) = self.expr(*base, depth) else { return Kind::Unknown };
            let info = self.survey.class(base);
            if self.has_member(base, name) || !info.def.arguments.is_empty() {
                return self.member(base, name, true, depth.saturating_sub(1));
            }
        }
        Kind::Unknown
    }

    fn has_member(&self, class: ClassId, name: Name) -> bool {
        let scope = self.survey.class(class).scope;
        !self.survey.bound((scope, name)).is_empty()
            || self.survey.self_values.contains_key(&(class, name))
    }

    /// Does looking up a member of the class do what it does for most?
    fn is_plain(&self, class: ClassId) -> bool {
        let survey = self.survey;
        let info = survey.class(class);
        let hooks = ["__getattribute__", "__new__"];
        let has_hook = hooks.iter().any(|hook| {
            let name = survey.ast.names.find(hook);
            name.is_some_and(|name| !survey.bound((info.scope, name)).is_empty())
        });
        let metaclass = info.def.arguments.iter().all(|argument| match argument {
            Argument::Positional(_) => true,
            Argument::Keyword(ident, value) => {
                survey.name(ident.name) != "metaclass"
                    || self.path_of(*value).as_deref() == Some("abc.ABCMeta")
            }
            Argument::Star(_) | Argument::DoubleStar(_) => false,
        });
        let known = ["dataclasses.dataclass", "functools.total_ordering", "typing.final"];
        let decorated = info.def.decorators.iter().any(|&decorator| {
            let named = match survey.ast.expr(decorator) {
                Expr::Call(callee, _) => *callee,
                _ => decorator,
            };
            !self.path_of(named).is_some_and(|path| known.contains(&path.as_str()))
        });
        !has_hook && metaclass && !decorated
    }

    /// Is the first class below the second, as far as the file tells?
    pub fn derives(&self, class: ClassId, base: ClassId, depth: u32) -> bool {
        depth > 0
            && self.survey.class(class).def.arguments.iter().any(|argument| match argument {
                Argument::Positional(value) => match self.of(*value) {
                    Kind::Class(other) => other == base || self.derives(other, base, depth - 1),
                    _ => false,
                },
                _ => false,
            })
    }

    /// A member that the class or a base has; None if the file does not tell.
    pub fn defines(&self, class: ClassId, names: &[&str]) -> Option<bool> {
        self.defines_within(class, names, DEPTH)
    }

    fn defines_within(&self, class: ClassId, names: &[&str], depth: u32) -> Option<bool> {
        let survey = self.survey;
        if depth == 0 || !self.is_plain(class) {
            return None;
        }
        let found = names.iter().any(|name| {
            let name = survey.ast.names.find(name);
            name.is_some_and(|name| {
                self.has_member(class, name) || survey.foreign_attributes.contains(&name)
            })
        });
        if found {
            return Some(true);
        }
        for argument in &survey.class(class).def.arguments {
            let Argument::Positional(base) = argument else { continue };
            match self.of(*base) {
                Kind::Class(base) => match self.defines_within(base, names, depth - 1) {
                    Some(false) => {}
                    other => return other,
                },
                Kind::Path(_) if self.path_of(*base).as_deref() == Some("builtins.object") => {}
                _ => return None,
            }
        }
        Some(false)
    }

    // ---- calls

    fn call(&self, callee: ExprId, arguments: &[Argument], scope: ScopeId, depth: u32) -> Kind {
        let survey = self.survey;
        match self.expr(callee, depth) {
            Kind::Function(func) => self.called(func, false, depth),
            Kind::Method(func) => self.called(func, true, depth),
            Kind::Class(class) if self.is_plain(class) => Kind::Instance(class),
            Kind::ObjectMethod(lib, name) => {
                known::method(lib, survey.name(name)).map_or(Kind::Unknown, given)
            }
            kind @ Kind::Path(_) => {
                let path = self.path(kind).unwrap_or_default();
                match path.as_str() {
                    "builtins.super" if arguments.is_empty() => match survey.class_around(scope) {
                        Some(class) => Kind::Super(class),
                        None => Kind::Unknown,
                    },
                    "builtins.print" => Kind::Plain("None"),
                    path => known::member(path).map_or(Kind::Unknown, given),
                }
            }
            _ => Kind::Unknown,
        }
    }

    /// What calling a function of the file gives.
    fn called(&self, id: FuncId, through_object: bool, depth: u32) -> Kind {
        let func = self.survey.func(id);
        let wrapping = self.wrapping(id);
        match wrapping {
            Wrapping::Unknown => return Kind::Unknown,
            Wrapping::OldCoroutine => {
                return match func.is_generator {
                    true => Kind::OldCoroutine(id),
                    false => Kind::Unknown,
                };
            }
            Wrapping::Abstract => return Kind::Unknown,
            Wrapping::Bare | Wrapping::Static | Wrapping::ClassMethod => {}
        }
        // What only stands for methods of classes below may be a generator there.
        if through_object && flow::is_stub(self.survey, &func.def.body) {
            return Kind::Unknown;
        }
        match (func.def.is_async, func.is_generator) {
            (true, false) => Kind::Coroutine(Maker::Function(id)),
            (true, true) => Kind::AsyncGenerator(id),
            (false, true) => Kind::Unknown,
            (false, false) if through_object || func.class.is_some() => Kind::Unknown,
            (false, false) if func.returns.is_empty() => {
                match flow::is_stub(self.survey, &func.def.body) {
                    true => Kind::Unknown,
                    false => Kind::Nothing(id),
                }
            }
            (false, false) => self.returned(id, depth),
        }
    }

    /// What a function returns in any case.
    fn returned(&self, id: FuncId, depth: u32) -> Kind {
        let func = self.survey.func(id);
        if !flow::ends(self.survey.ast, &func.def.body) {
            return Kind::Unknown;
        }
        let mut kinds = func.returns.iter().map(|&value| self.expr(value, depth));
        let Some(first) = kinds.next() else { return Kind::Unknown };
        let told = matches!(
            first,
            Kind::Coroutine(_) | Kind::AsyncGenerator(_) | Kind::Task | Kind::Object(_)
        );
        match told && kinds.all(|kind| kind == first) {
            true => first,
            false => Kind::Unknown,
        }
    }

    /// What awaiting the coroutine of a function gives.
    fn result(&self, id: FuncId, depth: u32) -> Kind {
        match self.survey.func(id).class {
            Some(_) => Kind::Unknown,
            None => self.returned(id, depth),
        }
    }

    pub fn wrapping(&self, id: FuncId) -> Wrapping {
        let func = self.survey.func(id);
        let mut result = Wrapping::Bare;
        for &decorator in &func.def.decorators {
            let (named, is_call) = match self.survey.ast.expr(decorator) {
                Expr::Call(callee, _) => (*callee, true),
                _ => (decorator, false),
            };
            let Some(path) = self.path_of(named) else { return Wrapping::Unknown };
            let one = match (path.as_str(), is_call) {
                ("builtins.staticmethod", false) => Wrapping::Static,
                ("builtins.classmethod", false) => Wrapping::ClassMethod,
                ("abc.abstractmethod" | "typing.overload", false) => Wrapping::Abstract,
                ("asyncio.coroutine" | "types.coroutine", false) => Wrapping::OldCoroutine,
                ("asyncio.coroutines.coroutine", false) => Wrapping::OldCoroutine,
                ("functools.wraps", true) | ("typing.override" | "typing.final", false) => continue,
                _ => return Wrapping::Unknown,
            };
            if !matches!((result, one), (Wrapping::Bare, _) | (_, Wrapping::Abstract)) {
                return Wrapping::Unknown;
            }
            result = one;
        }
        result
    }
}

fn given(gives: Gives) -> Kind {
    match gives {
        Gives::Coroutine(then) => Kind::Coroutine(Maker::Library(then)),
        Gives::Task => Kind::Task,
        Gives::Future => Kind::Future,
        Gives::Object(lib) => Kind::Object(lib),
        Gives::Nothing => Kind::Plain("None"),
    }
}
