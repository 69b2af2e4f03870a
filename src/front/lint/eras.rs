//! Old asyncio: what runs here, and no longer runs everywhere.

use sloop_grammar::ast::*;
use sloop_grammar::diagnostic::{Diagnostic, Severity};
use sloop_grammar::span::Span;

use super::awaits::shorten;
use super::kinds::{Kind, Kinds, Wrapping};
use super::known;
use super::survey::{FuncId, Use};

pub(super) fn find(kinds: &Kinds<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let survey = kinds.survey;
    for at in 0..survey.functions.len() as u32 {
        old_coroutine(kinds, FuncId(at), &mut found);
    }
    for (id, expr, place) in survey.exprs() {
        match expr {
            Expr::Call(callee, arguments) => {
                let Some(path) = kinds.path_of(*callee) else { continue };
                old_loop(kinds, &path, arguments, &mut found);
                old_wait(kinds, &path, arguments, &mut found);
                if path == "asyncio.get_event_loop" && !survey.may_await(place.scope) {
                    old_event_loop(kinds, id, &mut found);
                }
            }
            Expr::Attribute(..) | Expr::Name(_) if place.usage != Use::Target => {
                old_name(kinds, id, place.usage, &mut found)
            }
            _ => {}
        }
    }
    found
}

fn advise(code: &'static str, span: Span, message: String) -> Diagnostic {
    Diagnostic::lint(code, Severity::Advice, span, message)
}

/// `@asyncio.coroutine` and its `yield from`.
fn old_coroutine(kinds: &Kinds<'_>, id: FuncId, found: &mut Vec<Diagnostic>) {
    let survey = kinds.survey;
    let func = survey.func(id);
    let decorator = func.def.decorators.iter().find(|&&decorator| {
        let path = kinds.path_of(decorator);
        matches!(path.as_deref(), Some("asyncio.coroutine" | "asyncio.coroutines.coroutine"))
    });
    let Some(&decorator) = decorator else { return };
    let name = survey.name(func.def.name.name);
    let span = survey.span(decorator);
    let mut finding = advise(
        "old-coroutine",
        span,
        format!("`{}` is gone since Python 3.11", survey.source(span)),
    )
    .label(span, "only Sloop and older Pythons know this decorator")
    .help(format!("write `async def {name}` and `await` for `yield from`"));
    let mut edits = Vec::new();
    let mut plain_yield = false;
    for (id, expr, place) in survey.exprs() {
        if survey.scope(place.scope).host != func.scope {
            continue;
        }
        match expr {
            Expr::YieldFrom(_) => {
                let start = survey.span(id).start;
                let word = "yield from";
                let span = Span::new(start, start + word.len() as u32);
                plain_yield |= survey.source(span) != word;
                edits.push((span, "await".to_owned()));
            }
            Expr::Yield(_) => plain_yield = true,
            _ => {}
        }
    }
    let text = survey.text;
    let bare = kinds.wrapping(id) == Wrapping::OldCoroutine && func.def.decorators.len() == 1;
    let line = text[..span.start as usize].rfind('\n').map_or(0, |at| at + 1);
    let next = text[span.end as usize..].find('\n').map(|at| span.end as usize + at + 1);
    let def = text[span.end as usize..func.def.name.span.start as usize]
        .rfind("def")
        .map(|at| span.end + at as u32);
    if let (true, false, Some(next), Some(def)) = (bare, plain_yield, next, def)
        && text[span.end as usize..next].trim().is_empty()
    {
        edits.push((Span::new(line as u32, next as u32), String::new()));
        edits.push((Span::new(def, def), "async ".to_owned()));
        edits.sort_by_key(|(span, _)| span.start);
        finding = finding.fix(true, edits);
    }
    found.push(finding);
}

/// `loop=loop`
fn old_loop(kinds: &Kinds<'_>, path: &str, arguments: &[Argument], found: &mut Vec<Diagnostic>) {
    if !known::HAD_LOOP.contains(&path) {
        return;
    }
    let survey = kinds.survey;
    for (nth, argument) in arguments.iter().enumerate() {
        let Argument::Keyword(ident, value) = argument else { continue };
        if survey.name(ident.name) != "loop" {
            continue;
        }
        let span = ident.span.to(survey.span(*value));
        let message = format!("`{path}` takes no `loop` since Python 3.10");
        let finding = advise("old-loop-argument", span, message)
            .label(span, "everything uses the loop that runs")
            .help("leave it out");
        let end_of = |argument: &Argument| match argument {
            Argument::Positional(value)
            | Argument::Star(value)
            | Argument::Keyword(_, value)
            | Argument::DoubleStar(value) => survey.span(*value).end,
        };
        let edit = match nth.checked_sub(1) {
            Some(before) => Span::new(end_of(&arguments[before]), span.end),
            None => match arguments.get(1) {
                Some(Argument::Keyword(next, _)) => Span::new(span.start, next.span.start),
                Some(_) => {
                    found.push(finding);
                    continue;
                }
                None => span,
            },
        };
        // Between the arguments there must be nothing but a comma.
        let cut = survey.source(Span::new(edit.start, span.start));
        let clean = cut.chars().all(|c| c == ',' || c.is_whitespace());
        found.push(match clean {
            true => finding.fix(true, vec![(edit, String::new())]),
            false => finding,
        });
    }
}

/// `asyncio.wait([work(), work()])`
fn old_wait(kinds: &Kinds<'_>, path: &str, arguments: &[Argument], found: &mut Vec<Diagnostic>) {
    let ("asyncio.wait", Some(Argument::Positional(all))) = (path, arguments.first()) else {
        return;
    };
    let survey = kinds.survey;
    let mut given = vec![*all];
    if let Expr::Name(name) = survey.ast.expr(*all) {
        let variable = survey.variable(survey.place(*all).scope, *name);
        if let [binding] = survey.bound(variable)
            && let super::survey::Bound::Value(value) = binding.bound
        {
            given.push(value);
        }
    }
    let coroutine = given.into_iter().find_map(|given| {
        let items = match survey.ast.expr(given) {
            Expr::List(items) | Expr::Tuple(items) | Expr::Set(items) => items.to_vec(),
            Expr::Comprehension(comprehension) => vec![comprehension.element],
            _ => return None,
        };
        let is_coroutine = |kind| matches!(kind, Kind::Coroutine(_) | Kind::OldCoroutine(_));
        items.into_iter().find(|&item| is_coroutine(kinds.of(item)))
    });
    let Some(coroutine) = coroutine else { return };
    let span = survey.span(coroutine);
    let text = shorten(survey.source(span));
    found.push(
        advise("old-wait", span, "`asyncio.wait` takes no coroutines since Python 3.11".to_owned())
            .label(span, "this is a coroutine, not a task")
            .help(format!("write `asyncio.create_task({text})`, or `await asyncio.gather(…)`")),
    );
}

fn old_event_loop(kinds: &Kinds<'_>, id: ExprId, found: &mut Vec<Diagnostic>) {
    let span = kinds.survey.span(id);
    found.push(
        advise(
            "old-event-loop",
            span,
            "`asyncio.get_event_loop()` makes no loop since Python 3.14".to_owned(),
        )
        .label(span, "no loop runs here: from 3.14 on this raises RuntimeError")
        .help("let `asyncio.run(main())` make the loop"),
    );
}

fn old_name(kinds: &Kinds<'_>, id: ExprId, usage: Use, found: &mut Vec<Diagnostic>) {
    let survey = kinds.survey;
    // A name that an import has bound is reported where it is read.
    let Some(path) = kinds.path_of(id) else { return };
    let Some(gone) = known::gone_name(&path) else { return };
    if usage == Use::Decorator {
        return;
    }
    let span = survey.span(id);
    let tense = if gone.version == "3.16" { "goes with" } else { "is gone since" };
    let message = format!("`{path}` {tense} Python {}", gone.version);
    let finding = advise("old-name", span, message).label(span, "old asyncio");
    found.push(match gone.is_same {
        true => {
            let is_path = survey.source(span) == path;
            let finding = finding.help(format!("write `{}`", gone.instead));
            match is_path {
                true => finding.fix(true, vec![(span, gone.instead.to_owned())]),
                false => finding,
            }
        }
        false => finding.help(format!("use {}", gone.instead)),
    });
}
