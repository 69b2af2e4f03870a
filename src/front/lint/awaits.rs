//! `missing-await` and its kin: coroutines that nobody awaits, `with` for `async with`, `await` of
//! what cannot be awaited.
//!
//! One question decides all of it: what is this expression, and what becomes of its value?

use sloop_grammar::ast::*;
use sloop_grammar::diagnostic::{Diagnostic, Severity};
use sloop_grammar::span::Span;

use super::kinds::{Kind, Kinds, Maker};
use super::known::{self, CONSUMING, Gives, ITERATING, Lib};
use super::survey::{Bound, FuncId, Place, Survey, Use, Variable};
use crate::compile::scope::ScopeKind;

/// Attributes that coroutines have.
const COROUTINE: &[&str] = &["send", "throw", "close"];
const ASYNC_GENERATOR: &[&str] = &["asend", "athrow", "aclose"];

/// What a program does with a coroutine, and should have done with its result.
enum Wrong {
    Dropped,
    /// Asked something that every coroutine answers in the same way.
    Asked(&'static str, &'static str),
    /// Used as only its result can be: that raises.
    Raises(String),
}

pub(super) struct Awaits<'a> {
    pub kinds: &'a Kinds<'a>,
    pub survey: &'a Survey<'a>,
    pub found: Vec<Diagnostic>,
}

pub(super) fn find(kinds: &Kinds<'_>) -> Vec<Diagnostic> {
    let mut awaits = Awaits { kinds, survey: kinds.survey, found: Vec::new() };
    for (id, expr, place) in kinds.survey.exprs() {
        match expr {
            Expr::Call(callee, arguments) => {
                awaits.made(id, place);
                awaits.uncalled(*callee, arguments);
                awaits.nested_run(id, *callee, place);
            }
            Expr::Await(value) => {
                awaits.made(id, place);
                awaits.awaited(*value);
            }
            _ => {}
        }
        match place.usage {
            Use::Entered { is_async, keyword } => awaits.entered(id, is_async, keyword),
            Use::Iterated { is_async, keyword } | Use::IteratedInside { is_async, keyword } => {
                awaits.iterated(id, is_async, keyword)
            }
            _ => {}
        }
    }
    awaits.variables();
    awaits.found
}

impl<'a> Awaits<'a> {
    fn text(&self, id: ExprId) -> String {
        shorten(self.survey.source(self.survey.span(id)))
    }

    fn report(&self, code: &'static str, span: Span, message: String) -> Diagnostic {
        Diagnostic::lint(code, Severity::Warning, span, message)
    }

    /// Points at the definition of what made the value.
    fn with_maker(&self, finding: Diagnostic, kind: Kind) -> Diagnostic {
        let func = match kind {
            Kind::Coroutine(Maker::Function(func))
            | Kind::AsyncGenerator(func)
            | Kind::OldCoroutine(func) => self.survey.func(func),
            _ => return finding,
        };
        let name = self.survey.name(func.def.name.name);
        let what = match kind {
            Kind::AsyncGenerator(_) => format!("`{name}` is an async generator"),
            Kind::OldCoroutine(_) => format!("`{name}` is a coroutine"),
            _ => format!("`{name}` is an `async def`"),
        };
        finding.label(func.def.name.span, what)
    }

    // ---- coroutines that are made

    fn made(&mut self, id: ExprId, place: Place) {
        let kind = self.kinds.of(id);
        let is_ours = matches!(kind, Kind::Coroutine(_) | Kind::AsyncGenerator(_));
        if !is_ours && !matches!(kind, Kind::OldCoroutine(_) | Kind::Future | Kind::Task) {
            return;
        }
        if let Some(wrong) = self.judge(id, kind, place.usage) {
            self.missing(id, kind, wrong, id);
        }
    }

    /// What is wrong with the use of a value of the kind.
    fn judge(&self, id: ExprId, kind: Kind, usage: Use) -> Option<Wrong> {
        let is_future = matches!(kind, Kind::Future | Kind::Task);
        let raises = |text: &str| Some(Wrong::Raises(text.to_owned()));
        let what = match kind {
            Kind::Future => "a future",
            Kind::Task => "a task",
            Kind::AsyncGenerator(_) => "an async generator",
            _ => "a coroutine",
        };
        let is_old = matches!(kind, Kind::OldCoroutine(_));
        match usage {
            Use::Statement if !is_future => Some(Wrong::Dropped),
            Use::Result(whole) => self.judge(whole, kind, self.survey.place(whole).usage),
            _ if is_old => None,
            Use::Test | Use::Operand(_) | Use::Negated if !is_future => {
                Some(Wrong::Asked("is always true", "asked whether it is true"))
            }
            Use::Compared(whole) => self.compared(id, whole, what, is_future),
            Use::Arithmetic(other) => match (self.kinds.of(other), self.survey.ast.expr(other)) {
                (_, Expr::Str(_)) if !is_future && self.is_formatting(other, id) => {
                    Some(Wrong::Asked("shows as `<coroutine object …>`", "put into a text"))
                }
                (Kind::Plain(_), _) => raises(&format!("{what} has no operators")),
                _ if other == id => raises(&format!("{what} has no operators")),
                _ => None,
            },
            Use::Added(target) => match self.kinds.of(target) {
                Kind::Plain("an int" | "a float" | "a string") => {
                    raises(&format!("{what} has no operators"))
                }
                _ => None,
            },
            Use::Attribute(whole) => self.attribute(whole, kind, what),
            Use::Subscripted(_) => raises(&format!("{what} has no items")),
            Use::Callee(_) => raises(&format!("{what} cannot be called")),
            Use::Unpacked | Use::TakenApart => raises(&format!("{what} cannot be iterated over")),
            Use::Iterated { is_async: false, .. } | Use::IteratedInside { is_async: false, .. } => {
                match kind {
                    Kind::AsyncGenerator(_) => None, // `iterated` says what to write
                    _ => raises(&format!("{what} cannot be iterated over")),
                }
            }
            Use::Iterated { is_async: true, .. } | Use::IteratedInside { is_async: true, .. } => {
                match kind {
                    Kind::AsyncGenerator(_) => None,
                    _ => {
                        raises(&format!("{what} cannot be iterated over, not even by `async for`"))
                    }
                }
            }
            Use::Entered { .. } => raises(&format!("{what} is no context manager")),
            Use::Formatted if !is_future => {
                Some(Wrong::Asked("shows as `<coroutine object …>`", "put into a text"))
            }
            Use::Argument(call, nth) => self.argument(call, nth, what, is_future),
            _ => None,
        }
    }

    /// `'…' % value`
    fn is_formatting(&self, text: ExprId, value: ExprId) -> bool {
        let (text, value) = (self.survey.span(text), self.survey.span(value));
        let between = text.end.min(value.start)..value.start;
        let between = &self.survey.text[between.start as usize..between.end as usize];
        text.end <= value.start && between.contains('%')
    }

    fn compared(&self, id: ExprId, whole: ExprId, what: &str, is_future: bool) -> Option<Wrong> {
        let Expr::Compare(first, rest) = self.survey.ast.expr(whole) else { return None };
        let [(op, second)] = **rest else { return None };
        let other = if *first == id { second } else { *first };
        match op {
            CompareOp::Lt | CompareOp::Le | CompareOp::Gt | CompareOp::Ge => {
                match self.kinds.of(other) {
                    Kind::Plain(_) => Some(Wrong::Raises(format!("{what} has no order"))),
                    _ => None,
                }
            }
            CompareOp::In | CompareOp::NotIn if second == id => {
                Some(Wrong::Raises(format!("{what} contains nothing")))
            }
            _ if is_future => None,
            CompareOp::Is | CompareOp::IsNot => match self.kinds.of(other) {
                Kind::Plain(_) => Some(Wrong::Asked("is never that", "compared")),
                _ => None,
            },
            _ => Some(Wrong::Asked("equals nothing but itself", "compared")),
        }
    }

    fn attribute(&self, whole: ExprId, kind: Kind, what: &str) -> Option<Wrong> {
        let Expr::Attribute(_, ident) = self.survey.ast.expr(whole) else { return None };
        let name = self.survey.name(ident.name);
        let (known, prefix) = match kind {
            Kind::Coroutine(_) => (COROUTINE, "cr_"),
            Kind::AsyncGenerator(_) => (ASYNC_GENERATOR, "ag_"),
            _ => return None,
        };
        let has = name.starts_with("__") || name.starts_with(prefix) || known.contains(&name);
        (!has).then(|| Wrong::Raises(format!("{what} has no attribute `{name}`")))
    }

    fn argument(&self, call: ExprId, nth: u16, what: &str, is_future: bool) -> Option<Wrong> {
        let Expr::Call(callee, arguments) = self.survey.ast.expr(call) else { return None };
        let builtin = self.kinds.builtin(*callee)?;
        if nth > 0 && builtin != "print" {
            return None;
        }
        if ITERATING.contains(&builtin)
            && !(matches!(builtin, "max" | "min") && arguments.len() > 1)
        {
            return Some(Wrong::Raises(format!("{what} cannot be iterated over")));
        }
        if is_future || !CONSUMING.contains(&builtin) {
            return None;
        }
        Some(match builtin {
            "print" | "str" | "repr" => {
                Wrong::Asked("shows as `<coroutine object …>`", "put into a text")
            }
            "bool" => Wrong::Asked("is always true", "asked whether it is true"),
            _ => Wrong::Raises(format!("{what} is not what `{builtin}` takes")),
        })
    }

    /// Reports a coroutine that is made at `made` and misused at `id`.
    fn missing(&mut self, made: ExprId, kind: Kind, wrong: Wrong, id: ExprId) {
        let text = self.text(made);
        let span = self.survey.span(made);
        let is_generator = matches!(kind, Kind::AsyncGenerator(_));
        let what = match kind {
            Kind::Future => "future",
            Kind::Task => "task",
            Kind::AsyncGenerator(_) => "async generator",
            _ => "coroutine",
        };
        let (message, label) = match &wrong {
            Wrong::Dropped if is_generator => (
                format!("`{text}` is never iterated over"),
                "this makes an async generator and drops it: nothing in it runs".to_owned(),
            ),
            Wrong::Dropped => (
                format!("`{text}` is never awaited"),
                "this makes a coroutine and drops it: nothing in it runs".to_owned(),
            ),
            Wrong::Asked(why, how) => (
                format!("`{text}` is {how} without `await`"),
                format!("this is a {what}, which {why}"),
            ),
            Wrong::Raises(why) => (format!("`{text}` is used without `await`"), why.clone()),
        };
        let finding = self.report("missing-await", span, message).label(span, label);
        let finding = self.with_maker(finding, kind);
        self.found.push(self.with_fix(finding, made, kind, id));
    }

    /// Adds what to write instead.
    fn with_fix(&self, finding: Diagnostic, made: ExprId, kind: Kind, id: ExprId) -> Diagnostic {
        let survey = self.survey;
        let place = survey.place(made);
        let text = self.text(made);
        if let Kind::AsyncGenerator(_) = kind {
            return finding.help(format!("go over it: `async for item in {text}: …`"));
        }
        if let Kind::OldCoroutine(_) = kind {
            return finding.help(format!("wait for it: `yield from {text}`"));
        }
        let binds_closer = matches!(
            survey.place(id).usage,
            Use::Attribute(_) | Use::Subscripted(_) | Use::Callee(_)
        );
        let whole = binds_closer && made == id && !survey.ast.is_parenthesized(made);
        let shown = if whole { format!("(await {text})") } else { format!("await {text}") };
        let span = survey.span(made);
        let (start, end) = (Span::new(span.start, span.start), Span::new(span.end, span.end));
        let edits = match whole {
            true => vec![(start, "(await ".to_owned()), (end, ")".to_owned())],
            false => vec![(start, "await ".to_owned())],
        };
        if survey.may_await(place.scope) {
            return finding.help(format!("await it: `{shown}`")).fix(true, edits);
        }
        match survey.function_around(place.scope) {
            Some(func) => {
                let name = survey.name(survey.func(func).def.name.name);
                finding.help(format!("make `{name}` an `async def` and write `{shown}`"))
            }
            None if place.scope == 0 => {
                finding.help(format!("await it: `{shown}`")).fix(false, edits)
            }
            None => finding.help("only an `async def` can await it"),
        }
    }

    // ---- coroutines that are kept in a variable

    fn variables(&mut self) {
        let survey = self.survey;
        let mut all: Vec<(Variable, ExprId)> = Vec::new();
        for (&variable, bindings) in &survey.bindings {
            if let [binding] = bindings.as_slice()
                && let Bound::Value(value) = binding.bound
                && matches!(survey.place(value).usage, Use::Bound(_))
                && !survey.deleted.contains(&variable)
                && !(variable.0 == 0 && survey.is_open)
            {
                all.push((variable, value));
            }
        }
        all.sort_by_key(|&(_, value)| survey.span(value).start);
        for (variable, value) in all {
            let kind = self.kinds.of(value);
            if matches!(kind, Kind::Coroutine(_) | Kind::AsyncGenerator(_) | Kind::Future) {
                self.variable(variable, value, kind);
            }
        }
    }

    fn variable(&mut self, variable: Variable, value: ExprId, kind: Kind) {
        let survey = self.survey;
        let name = survey.name(variable.1);
        let reads = survey.reads_of(variable);
        let uses: Vec<(ExprId, Option<Wrong>)> = reads
            .iter()
            .map(|&read| (read, self.judge(read, kind, survey.place(read).usage)))
            .collect();
        let kept = survey.span(value);
        let text = self.text(value);
        let what = match kind {
            Kind::Future => "future",
            Kind::AsyncGenerator(_) => "async generator",
            _ => "coroutine",
        };
        let raising = uses.iter().find_map(|(read, wrong)| match wrong {
            Some(Wrong::Raises(why)) => Some((*read, why.clone())),
            _ => None,
        });
        if let Some((read, why)) = raising {
            let span = survey.span(read);
            let message = format!("`{name}` is used without `await`");
            let finding = self
                .report("missing-await", span, message)
                .label(span, why)
                .label(kept, format!("this {what} is what `{name}` is"));
            let finding = self.with_maker(finding, kind);
            self.found.push(self.with_fix(finding, value, kind, read));
            return;
        }
        let home = survey.scope(variable.0);
        let private = home.kind == ScopeKind::Function && !home.is_inspected;
        let soft =
            |wrong: &Option<Wrong>| matches!(wrong, Some(Wrong::Asked(..)) | Some(Wrong::Dropped));
        if !private || kind == Kind::Future || !uses.iter().all(|(_, wrong)| soft(wrong)) {
            return;
        }
        let verb =
            if matches!(kind, Kind::AsyncGenerator(_)) { "iterated over" } else { "awaited" };
        let message = format!("`{text}` is never {verb}");
        let mut finding = self
            .report("missing-await", kept, message)
            .label(kept, format!("this makes a {what}, and `{name}` keeps it for nobody"));
        for (read, wrong) in &uses {
            if let Some(Wrong::Asked(why, _)) = wrong {
                finding = finding.label(survey.span(*read), format!("a {what} {why}"));
            }
        }
        let finding = self.with_maker(finding, kind);
        self.found.push(self.with_fix(finding, value, kind, value));
    }

    // ---- functions that are not called

    /// `create_task(work)`: the function instead of what it makes.
    fn uncalled(&mut self, callee: ExprId, arguments: &[Argument]) {
        let kinds = self.kinds;
        let taker = match kinds.of(callee) {
            kind @ Kind::Path(_) => match kinds.path(kind).unwrap_or_default().as_str() {
                path @ ("asyncio.create_task"
                | "asyncio.ensure_future"
                | "asyncio.run"
                | "asyncio.shield"
                | "asyncio.wait_for"
                | "asyncio.run_coroutine_threadsafe") => path.to_owned(),
                "asyncio.gather" => return self.gathered(arguments),
                _ => return,
            },
            Kind::ObjectMethod(_, name) if self.survey.name(name) == "create_task" => {
                "create_task".to_owned()
            }
            Kind::Unknown => {
                let Expr::Attribute(object, ident) = self.survey.ast.expr(callee) else { return };
                match (kinds.of(*object), self.survey.name(ident.name)) {
                    (Kind::Object(Lib::Loop), name @ "run_until_complete")
                    | (Kind::Object(Lib::TaskGroup), name @ "create_task") => name.to_owned(),
                    _ => return,
                }
            }
            _ => return,
        };
        if let Some(Argument::Positional(value)) = arguments.first() {
            self.not_called(*value, &taker);
        }
    }

    fn gathered(&mut self, arguments: &[Argument]) {
        for argument in arguments {
            if let Argument::Positional(value) = argument {
                self.not_called(*value, "asyncio.gather");
                self.not_unpacked(*value);
            }
        }
    }

    /// `gather([…])`: one thing instead of several.
    fn not_unpacked(&mut self, value: ExprId) {
        let Kind::Plain(what) = self.kinds.of(value) else { return };
        // Generators have been coroutines once.
        if what == "a generator" {
            return;
        }
        let span = self.survey.span(value);
        let text = self.text(value);
        let mut finding =
            self.report("not-awaitable", span, format!("`{text}` cannot be awaited")).label(
                span,
                format!("`asyncio.gather` takes what is to be awaited, and this is {what}"),
            );
        if matches!(what, "a list" | "a tuple" | "a set") {
            let start = Span::new(span.start, span.start);
            finding = finding.help(format!("unpack it: `asyncio.gather(*{text})`"));
            finding = finding.fix(true, vec![(start, "*".to_owned())]);
        }
        self.found.push(finding);
    }

    fn async_function(&self, id: ExprId) -> Option<FuncId> {
        let func = match self.kinds.of(id) {
            Kind::Function(func) | Kind::Method(func) => func,
            _ => return None,
        };
        let info = self.survey.func(func);
        let bare = self.kinds.wrapping(func) != super::kinds::Wrapping::Unknown;
        (info.def.is_async && !info.is_generator && bare).then_some(func)
    }

    fn not_called(&mut self, value: ExprId, taker: &str) {
        let Some(func) = self.async_function(value) else { return };
        let span = self.survey.span(value);
        let text = self.text(value);
        let message = format!("`{text}` is not called");
        let finding = self
            .report("missing-call", span, message)
            .label(span, format!("`{taker}` takes a coroutine, and this is the function"));
        let finding = self.with_maker(finding, Kind::Coroutine(Maker::Function(func)));
        self.found.push(self.with_call(finding, value, func, ""));
    }

    fn with_call(
        &self,
        finding: Diagnostic,
        value: ExprId,
        func: FuncId,
        word: &str,
    ) -> Diagnostic {
        let info = self.survey.func(func);
        let params = &info.def.params;
        let is_method = matches!(self.kinds.of(value), Kind::Method(_));
        let needed = params
            .positional_only
            .iter()
            .chain(&params.positional)
            .skip(usize::from(is_method))
            .chain(&params.keyword_only)
            .any(|param| param.default.is_none());
        let text = self.text(value);
        if needed {
            return finding.help(format!("call it: `{word}{text}(…)`"));
        }
        let end = self.survey.span(value).end;
        finding
            .help(format!("call it: `{word}{text}()`"))
            .fix(true, vec![(Span::new(end, end), "()".to_owned())])
    }

    /// `asyncio.run` where a loop runs already.
    fn nested_run(&mut self, call: ExprId, callee: ExprId, place: Place) {
        let name = match self.survey.ast.expr(callee) {
            _ if self.kinds.path_of(callee).as_deref() == Some("asyncio.run") => "asyncio.run",
            Expr::Attribute(object, ident)
                if self.kinds.of(*object) == Kind::Object(Lib::Loop)
                    && self.survey.name(ident.name) == "run_until_complete" =>
            {
                "run_until_complete"
            }
            _ => return,
        };
        let nested = self.survey.ast.names.find("nest_asyncio").is_some();
        if nested || !self.survey.may_await(place.scope) {
            return;
        }
        let span = self.survey.span(call);
        let Expr::Call(_, arguments) = self.survey.ast.expr(call) else { return };
        let mut finding = self
            .report("nested-run", span, format!("`{name}` is called inside of a coroutine"))
            .label(span, "a loop is running here already: this raises RuntimeError");
        if let [Argument::Positional(value)] = **arguments {
            let text = self.text(value);
            finding = finding.help(format!("await the coroutine: `await {text}`"));
            let value = self.survey.span(value);
            finding = finding.fix(
                true,
                vec![
                    (Span::new(span.start, value.start), "await ".to_owned()),
                    (Span::new(value.end, span.end), String::new()),
                ],
            );
        }
        self.found.push(finding);
    }

    // ---- await of the wrong thing

    fn awaited(&mut self, value: ExprId) {
        let survey = self.survey;
        let span = survey.span(value);
        let text = self.text(value);
        let kind = self.kinds.of(value);
        let message = format!("`{text}` cannot be awaited");
        let (why, help) = match kind {
            Kind::Plain(what) => {
                let is_display = matches!(survey.ast.expr(value), Expr::List(_) | Expr::Tuple(_))
                    || matches!(survey.ast.expr(value), Expr::Comprehension(_));
                let help = match is_display {
                    true => Some("wait for all of them: `await asyncio.gather(*…)`".to_owned()),
                    false => Some("leave out `await`".to_owned()),
                };
                (format!("this is {what}"), help)
            }
            Kind::Nothing(func) => {
                let name = survey.name(survey.func(func).def.name.name);
                let finding = self
                    .report("not-awaitable", span, message)
                    .label(span, "this returns None")
                    .label(survey.func(func).def.name.span, format!("`{name}` is no `async def`"))
                    .help(format!("leave out `await`, or make `{name}` an `async def`"));
                self.found.push(finding);
                return;
            }
            Kind::Function(_) | Kind::Method(_) => {
                let Some(func) = self.async_function(value) else { return };
                let finding = self
                    .report("missing-call", span, format!("`{text}` is not called"))
                    .label(span, "this is the function, not the coroutine that it makes");
                let finding = self.with_maker(finding, Kind::Coroutine(Maker::Function(func)));
                self.found.push(self.with_call(finding, value, func, "await "));
                return;
            }
            Kind::Path(_) | Kind::ObjectMethod(..) if self.makes_awaitable(kind) => {
                let finding = self
                    .report("missing-call", span, format!("`{text}` is not called"))
                    .label(span, "this is the function, not what it makes")
                    .help(format!("call it: `await {text}(…)`"));
                self.found.push(finding);
                return;
            }
            Kind::AsyncGenerator(_) => (
                "this is an async generator".to_owned(),
                Some(format!("go over it: `async for item in {text}: …`")),
            ),
            Kind::Object(lib) => (
                format!("this is {}", lib.describe()),
                lib.awaited_method()
                    .map(|method| format!("await its method: `{text}.{method}(…)`")),
            ),
            _ => return,
        };
        let mut finding = self.report("not-awaitable", span, message).label(span, why);
        finding.help = help;
        let finding = self.with_maker(finding, kind);
        self.found.push(finding);
    }

    /// Does calling a member of a library give something to await?
    fn makes_awaitable(&self, kind: Kind) -> bool {
        let given = match kind {
            Kind::ObjectMethod(lib, name) => known::method(lib, self.survey.name(name)),
            _ => self.kinds.path(kind).and_then(|path| known::member(&path)),
        };
        matches!(given, Some(Gives::Coroutine(_) | Gives::Task | Gives::Future))
    }

    // ---- `with` and `for`

    fn entered(&mut self, id: ExprId, is_async: bool, keyword: u32) {
        let survey = self.survey;
        let span = survey.span(id);
        let text = self.text(id);
        let kind = self.kinds.of(id);
        let async_only = match kind {
            Kind::Object(lib) if lib.is_entered_async() => Some(lib.describe().to_owned()),
            Kind::Instance(class) => {
                let enters = self.kinds.defines(class, &["__enter__", "__getattr__"]);
                let aenters = self.kinds.defines(class, &["__aenter__"]);
                let name = survey.name(survey.class(class).def.name.name);
                match (enters, aenters) {
                    (Some(false), Some(true)) => Some(format!("a `{name}`")),
                    (Some(true), Some(false)) if is_async => {
                        let what = format!("a `{name}`, which has no `__aenter__`");
                        return self.needless(id, keyword, "async with", "with", what);
                    }
                    _ => None,
                }
            }
            _ => None,
        };
        if is_async {
            let is_open = self.kinds.path_of_call(id).as_deref() == Some("builtins.open");
            if is_open {
                self.needless(id, keyword, "async with", "with", "a plain file".to_owned());
            }
            return;
        }
        let Some(what) = async_only else { return };
        let finding = self
            .report("missing-async", span, format!("`{text}` is entered by a plain `with`"))
            .label(span, format!("this is {what}: only `async with` can enter it"))
            .help("write `async with`");
        self.found.push(self.with_async(finding, id, keyword));
    }

    fn with_async(&self, finding: Diagnostic, id: ExprId, keyword: u32) -> Diagnostic {
        let scope = self.survey.place(id).scope;
        let safe = self.survey.may_await(scope);
        match safe || scope == 0 {
            true => finding.fix(safe, vec![(Span::new(keyword, keyword), "async ".to_owned())]),
            false => finding,
        }
    }

    fn iterated(&mut self, id: ExprId, is_async: bool, keyword: u32) {
        let survey = self.survey;
        let span = survey.span(id);
        let text = self.text(id);
        let kind = self.kinds.of(id);
        match kind {
            Kind::AsyncGenerator(_) if !is_async => {
                let finding = self
                    .report(
                        "missing-async",
                        span,
                        format!("`{text}` is gone over by a plain `for`"),
                    )
                    .label(span, "this is an async generator: only `async for` can go over it")
                    .help("write `async for`");
                let finding = self.with_maker(finding, kind);
                self.found.push(self.with_async(finding, id, keyword));
            }
            Kind::Object(Lib::StreamReader) if !is_async => {
                let finding = self
                    .report(
                        "missing-async",
                        span,
                        format!("`{text}` is gone over by a plain `for`"),
                    )
                    .label(span, "this is a stream reader: only `async for` can go over it")
                    .help("write `async for`");
                self.found.push(self.with_async(finding, id, keyword));
            }
            Kind::Plain(what) if is_async => {
                self.needless(id, keyword, "async for", "for", what.to_owned());
            }
            _ if is_async && self.kinds.path_of_call(id).as_deref() == Some("builtins.range") => {
                self.needless(id, keyword, "async for", "for", "a range".to_owned());
            }
            _ => {}
        }
    }

    fn needless(&mut self, id: ExprId, keyword: u32, word: &str, plain: &str, what: String) {
        let span = self.survey.span(id);
        let text = self.text(id);
        let message = format!("`{text}` cannot be used with `{word}`");
        let edit = Span::new(keyword, keyword + "async ".len() as u32);
        let mut finding = self
            .report("needless-async", span, message)
            .label(span, format!("this is {what}"))
            .help(format!("write `{plain}`"));
        if self.survey.source(edit) == "async " {
            finding = finding.fix(true, vec![(edit, String::new())]);
        }
        self.found.push(finding);
    }
}

/// More characters of an expression than this hide what a message says.
const SHORT: usize = 60;

/// The text of an expression, on one line and not too long.
pub(super) fn shorten(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let short = words.join(" ").replace("( ", "(").replace(" )", ")");
    if short.chars().count() <= SHORT {
        return short;
    }
    // Of a call, leave out the arguments.
    let mut depth = 0;
    let opening = short.char_indices().rev().find(|&(_, c)| {
        match c {
            ')' => depth += 1,
            '(' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    match opening {
        Some((open, '(')) if open > 0 && open < SHORT => format!("{}(…)", &short[..open]),
        _ => short.chars().take(SHORT - 1).chain(['…']).collect(),
    }
}
