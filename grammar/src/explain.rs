//! Why the grammar stopped: one sentence for a person, worded as CPython words it.
//!
//! Each rule looks at the unexpected token, what was expected instead, and the tokens of the
//! logical line around it; the first rule that applies speaks. Messages are CPython's where it
//! has one (programs match on them); labels and help are ours. `advice.rs` adds the help for
//! what CPython only calls "invalid syntax".

use crate::advice;
use crate::ast::Expr;
use crate::diagnostic::{Diagnostic, ErrorKind};
use crate::lines::line_number;
use crate::scene::{Scene, ends_expression, is_line_start, starts_expression};
use crate::span::Span;
use crate::targets;
use crate::token::Token;

const RULES: [fn(&Scene<'_>) -> Option<Diagnostic>; 19] = [
    indentation,
    fstring_field,
    missing_block,
    missing_handler,
    legacy_print,
    imports,
    missing_colon,
    conditional_without_else,
    dictionary,
    negation,
    missing_comma,
    equal_sign,
    unfinished_assignment,
    annotation,
    loop_target,
    header_without_keyword,
    walrus,
    comprehension,
    stars_and_parameters,
];

pub fn explain(scene: &Scene<'_>) -> Diagnostic {
    let found = RULES.iter().find_map(|rule| rule(scene));
    found.unwrap_or_else(|| {
        // The soft keyword of a clause without its statement is a name, but not what follows it.
        let next = scene.span(scene.at + 1);
        let at = match scene.found() {
            Token::Case if next.start < next.end => next,
            _ => scene.place(),
        };
        advice::advise(scene, Diagnostic::error("invalid-syntax", at, "invalid syntax"))
    })
}

// ---- lines and blocks ------------------------------------------------------------------

fn indentation(scene: &Scene<'_>) -> Option<Diagnostic> {
    if scene.found() != Token::Indent {
        return None;
    }
    let span = scene.span(scene.at);
    let last = Span::new(span.end.saturating_sub(1).max(span.start), span.end);
    Some(
        Diagnostic::error("unexpected-indent", last, "unexpected indent")
            .kind(ErrorKind::Indentation)
            .label(span, "this line is indented further than the one before it")
            .help("only a line after a `:` begins a deeper block"),
    )
}

fn missing_block(scene: &Scene<'_>) -> Option<Diagnostic> {
    if !scene.expects("INDENT") {
        return None;
    }
    // The header: the logical line that ended just before.
    let newline = scene.at.checked_sub(1)?;
    let mut first = newline;
    while first > 0 && !is_line_start(scene.token(first - 1)) {
        first -= 1;
    }
    let head = first;
    if scene.token(first) == Token::Async {
        first += 1;
    }
    let what = match scene.token(first) {
        Token::Def => "function definition".to_owned(),
        Token::Class => "class definition".to_owned(),
        Token::Except if scene.token(first + 1) == Token::Star => "'except*' statement".to_owned(),
        _ => format!("'{}' statement", scene.text(first)),
    };
    let line = line_number(scene.source.as_bytes(), scene.span(head).start as usize);
    let message = format!("expected an indented block after {what} on line {line}");
    let header = scene.span(head).to(scene.span(newline.saturating_sub(1)));
    Some(
        Diagnostic::error("missing-block", scene.place(), message)
            .kind(ErrorKind::Indentation)
            .label(header, "this needs a block below it")
            .help("indent the lines that belong to it, or write `pass`"),
    )
}

fn missing_handler(scene: &Scene<'_>) -> Option<Diagnostic> {
    if !(scene.expects("except") && scene.expects("finally")) || scene.expects("NAME") {
        return None;
    }
    let message = "expected 'except' or 'finally' block";
    let error = Diagnostic::error("missing-handler", scene.place(), message);
    let error = error.label(scene.place(), "the `try` above has neither");
    Some(advice::misspelt_keyword(scene, error))
}

fn missing_colon(scene: &Scene<'_>) -> Option<Diagnostic> {
    use Token::*;
    let line = scene.line();
    let head = match scene.token(line) {
        Async => scene.token(line + 1),
        token => token,
    };
    let before = scene.before(1);
    let expected = |index: usize, what: &str| {
        let span = match scene.token(index) {
            Newline => Span::new(scene.span(index).start, scene.span(index).start),
            _ => scene.span(index),
        };
        Diagnostic::error("missing-colon", span, format!("expected '{what}'"))
    };
    let is_block = matches!(
        head,
        If | Elif | While | For | With | Def | Class | Try | Except | Finally | Else | Match | Case
    );
    // The colon that is missing may also be that of a lambda, or of another statement.
    let has_colon = scene.colon_after(line) || scene.expression_before(scene.at).1 == Lambda;
    if !is_block || scene.opener(scene.at).is_some() || has_colon && head != Def {
        return Option::None;
    }
    let in_head = (line..scene.at).all(|index| scene.token(index) != LParen);
    if head == Def && scene.expects("(") && before != Def && in_head {
        return Some(expected(scene.at, "(").help("a function needs parentheses: `def name():`"));
    }
    if head == Def && before == Arrow {
        return Some(expected(scene.at - 1, ":").help("write the return type after `->`"));
    }
    if !scene.expects(":") {
        return Option::None;
    }
    let forced = match head {
        Else | Try | Finally => scene.at == line + 1,
        Def => !has_colon,
        _ => false,
    };
    if scene.found() != Newline && !forced {
        return Option::None;
    }
    let error = expected(scene.at, ":");
    Some(match (head, scene.found()) {
        (Else, If) => {
            error.label(scene.span(line).to(scene.span(scene.at)), "two words").help("write `elif`")
        }
        (_, LBrace) => error.help("blocks are indented lines after a `:`, not braces"),
        _ => {
            let end = scene.span(scene.at - 1).end;
            error.label(Span::new(end, end), "a `:` is missing here").help("end the line with `:`")
        }
    })
}

// ---- f-strings -------------------------------------------------------------------------

fn fstring_field(scene: &Scene<'_>) -> Option<Diagnostic> {
    let open = scene.opener(scene.at)?;
    if scene.token(open) != Token::FOpen {
        return None;
    }
    let wrong = |index: usize, message: &str| {
        let error =
            Diagnostic::error("bad-field", scene.span(index), format!("f-string: {message}"));
        Some(error.label(scene.span(open), "in the field that begins here"))
    };
    let (at, before) = (scene.at, scene.before(1));
    if before == Token::FOpen {
        return match scene.found() {
            Token::FClose => wrong(at, "valid expression required before '}'"),
            Token::Bang => wrong(at, "valid expression required before '!'"),
            Token::FColon => wrong(at, "valid expression required before ':'"),
            Token::Equal => wrong(at, "valid expression required before '='"),
            _ => wrong(at, "expecting a valid expression after '{'"),
        };
    }
    if before == Token::Star && scene.before(2) == Token::FOpen {
        return wrong(at - 1, "expecting a valid expression after '{'");
    }
    if scene.found() == Token::FColon {
        let lambda = (open..at).rev().find(|&index| scene.token(index) == Token::Lambda);
        if let Some(lambda) = lambda {
            return wrong(lambda, "lambda expressions are not allowed without parentheses")
                .map(|error| error.help("put parentheses around the lambda"));
        }
    }
    if before == Token::Bang {
        return match scene.found() {
            Token::FColon | Token::FClose => wrong(at, "missing conversion character"),
            _ => wrong(at, "invalid conversion character"),
        };
    }
    if scene.before(2) == Token::Bang {
        return wrong(at, "expecting ':' or '}'");
    }
    if before == Token::Equal && scene.expects("FCLOSE") {
        return wrong(at, "expecting '!', or ':', or '}'");
    }
    let general = [legacy_print, missing_comma, conditional_without_else];
    if let Some(error) = general.iter().find_map(|rule| rule(scene)) {
        return Some(error);
    }
    // An operator without its right operand: the field was fine up to the operator.
    let end = if scene.expects("FCLOSE") { at } else { at - 1 };
    // What begins the field is not even the beginning of an expression.
    let begins = scene.token(open + 1);
    if end == open + 1 && !matches!(begins, Token::Name | Token::Int | Token::Float | Token::Str)
        || begins == Token::Lambda && scene.found() == Token::FClose
    {
        return wrong(open + 1, "expecting a valid expression after '{'");
    }
    wrong(end, "expecting '=', or '!', or ':', or '}'")
}

// ---- statements ------------------------------------------------------------------------

fn legacy_print(scene: &Scene<'_>) -> Option<Diagnostic> {
    let mut index = scene.at;
    // The name may stand before the unexpected token or begin the expression around it.
    for _ in 0..2 {
        let (start, _) = scene.expression_before(index);
        let word = scene.text(start);
        if start < scene.at
            && !scene.in_parameters()
            && scene.token(start.max(1) - 1) != Token::Def
            && scene.token(start) == Token::Name
            && matches!(word, "print" | "exec")
            && starts_expression(scene.token(start + 1))
            && !matches!(scene.token(start + 1), Token::LParen | Token::LBracket)
            // What follows must be an expression to its end.
            && scene.opener(scene.at).is_none_or(|open| open < start)
        {
            let message =
                format!("Missing parentheses in call to '{word}'. Did you mean {word}(...)?");
            let span = scene.span(start).to(scene.span(scene.at));
            return Some(
                Diagnostic::error("print-statement", span, message)
                    .label(scene.span(start), format!("`{word}` is a function"))
                    .help(format!("put what it takes in parentheses: `{word}(…)`")),
            );
        }
        index = start.max(1) - 1;
    }
    None
}

fn imports(scene: &Scene<'_>) -> Option<Diagnostic> {
    let line = scene.line();
    if scene.found() == Token::Newline && scene.before(1) == Token::Import {
        let message = "Expected one or more names after 'import'";
        return Some(Diagnostic::error("empty-import", scene.place(), message));
    }
    if scene.token(line) == Token::Import && scene.found() == Token::From && scene.at > line + 1 {
        let message = "Did you mean to use 'from ... import ...' instead?";
        let span = scene.span(line).to(scene.span(scene.at + 1));
        let names = scene.span(line + 1).to(scene.span(scene.at - 1));
        let names = &scene.source[names.start as usize..names.end as usize];
        let module = scene.text(scene.at + 1);
        return Some(
            Diagnostic::error("import-from", span, message)
                .help(format!("write `from {module} import {names}`")),
        );
    }
    None
}

// ---- expressions -----------------------------------------------------------------------

fn conditional_without_else(scene: &Scene<'_>) -> Option<Diagnostic> {
    if !scene.expects("else") || scene.found() == Token::Colon || is_line_start(scene.before(1)) {
        return None;
    }
    let (test, keyword) = scene.expression_before(scene.at);
    if keyword != Token::If || test < 2 {
        return None;
    }
    let (body, _) = scene.expression_before(test - 1);
    let span = scene.span(body).to(scene.span(scene.at - 1));
    let message = "expected 'else' after 'if' expression";
    Some(
        Diagnostic::error("missing-else", span, message)
            .label(span, "this has no value when the condition is false")
            .help("write `a if condition else b`"),
    )
}

fn missing_comma(scene: &Scene<'_>) -> Option<Diagnostic> {
    scene.opener(scene.at)?;
    let line = scene.token(scene.line());
    if !starts_expression(scene.found()) || matches!(line, Token::Case | Token::From) {
        return None;
    }
    let (start, before) = scene.expression_before(scene.at);
    let open = scene.opener(scene.at).unwrap_or(0);
    let unpacks = match before {
        Token::DoubleStar => scene.token(open) == Token::LBrace,
        Token::Star => !scene.is_trailer(open),
        _ => false,
    };
    if matches!(before, Token::If | Token::For | Token::Async)
        || unpacks
        || in_clause(scene, start)
        || start >= scene.at
        || scene.in_parameters() && !matches!(before, Token::Colon | Token::Equal)
    {
        return None;
    }
    let is_name_then_string =
        start + 1 == scene.at && scene.token(start) == Token::Name && scene.found() == Token::Str;
    let is_soft = start + 1 == scene.at
        && scene.token(start) == Token::Name
        && matches!(scene.text(start), "match" | "case" | "type" | "_");
    if is_name_then_string || is_soft {
        return None;
    }
    scene.expression(start, scene.at)?;
    let span = scene.span(start).to(scene.span(scene.at));
    let end = scene.span(scene.at - 1).end;
    // `for (int i = 0; …)`
    let counts = scene.token(scene.line()) == Token::For
        && scene.at == scene.line() + 3
        && scene.before(2) == Token::LParen;
    let help = match counts {
        true => "a loop that counts is written `for i in range(n):`",
        false => "put a `,` between them",
    };
    Some(
        Diagnostic::error("missing-comma", span, "invalid syntax. Perhaps you forgot a comma?")
            .label(Span::new(end, end), "two values stand side by side here")
            .help(help),
    )
}

/// Does the expression that begins at `start` belong to the `for … in …` of a comprehension?
fn in_clause(scene: &Scene<'_>, start: usize) -> bool {
    let (first, position) = scene.target_before(scene.at);
    let keyword = (first..scene.at).find(|&index| scene.token(index) == Token::In);
    position == Token::For && keyword.is_none_or(|keyword| keyword >= start)
}

fn equal_sign(scene: &Scene<'_>) -> Option<Diagnostic> {
    let (at, before) = (scene.at, scene.before(1));
    let line = scene.line();
    let in_guard = || (line..at).any(|index| scene.token(index) == Token::If);
    if scene.token(line) == Token::Case && !in_guard() {
        return None;
    }
    // A keyword argument or default without its value.
    if before == Token::Equal && matches!(scene.found(), Token::Comma | Token::RParen) {
        let equal = scene.span(at - 1);
        if scene.in_parameters() || scene.in_lambda_parameters() {
            let message = "expected default value expression";
            return Some(Diagnostic::error("missing-value", equal, message));
        }
        let in_call = scene
            .opener(at)
            .is_some_and(|open| scene.token(open) == Token::LParen && scene.is_trailer(open));
        if scene.before(2) == Token::Name && in_call {
            let message = "expected argument value expression";
            let span = scene.span(at - 2).to(equal);
            return Some(Diagnostic::error("missing-value", span, message));
        }
    }
    if scene.found() != Token::Equal {
        return None;
    }
    let (start, position) = scene.expression_before(at);
    let open = scene.opener(at);
    if matches!(position, Token::Star | Token::DoubleStar) {
        let what = match position {
            Token::Star => "iterable argument unpacking",
            _ => "keyword argument unpacking",
        };
        let message = format!("cannot assign to {what}");
        let span = scene.span(start - 1).to(scene.span(at));
        return Some(Diagnostic::error("bad-keyword", span, message));
    }
    let named = match position {
        Token::If | Token::Elif | Token::While => open.is_none(),
        Token::At => start == line + 1,
        Token::LParen | Token::LBracket | Token::LBrace | Token::Comma => open.is_some(),
        _ => false,
    };
    if !named
        || !starts_expression(scene.token(at + 1))
        || scene.token(at + 1) == Token::Not
        || is_chain(scene)
    {
        return None;
    }
    let (ast, id) = scene.expression(start, at)?;
    let span = scene.span(start).to(scene.span(at + 1));
    match ast.expr(id) {
        Expr::Name(_) => Some(targets::assigned_within(span, scene.span(at))),
        Expr::None | Expr::True | Expr::False | Expr::List(_) | Expr::Tuple(_) => None,
        Expr::Bool(..)
        | Expr::Compare(..)
        | Expr::Conditional { .. }
        | Expr::Lambda(_)
        | Expr::Unary(crate::ast::UnaryOp::Not, _)
            if !ast.is_parenthesized(id) =>
        {
            None
        }
        _ => Some(targets::bad_target(&ast, id, targets::Use::Assign, true)),
    }
}

/// Is the `=` the first of several, as in `x = y = 1`?
fn is_chain(scene: &Scene<'_>) -> bool {
    let assigns = |token| matches!(token, Token::Equal | Token::Walrus);
    let rest = scene.at + 1..scene.tokens.len().min(scene.at + 100);
    let next = rest
        .take_while(|&index| !is_line_start(scene.token(index)))
        .find(|&index| assigns(scene.token(index)));
    next.is_some_and(|next| scene.expression(scene.at + 1, next).is_some())
}

/// `f() =` and nothing after it: the target is the greater problem.
fn unfinished_assignment(scene: &Scene<'_>) -> Option<Diagnostic> {
    if scene.before(1) != Token::Equal || scene.opener(scene.at).is_some() {
        return None;
    }
    let mut found = None;
    let mut equal = scene.at - 1;
    loop {
        let (start, position) = scene.target_before(equal);
        if let Some((ast, id)) = scene.expression(start, equal)
            && let Some(part) = targets::invalid_part(&ast, id, targets::Use::Assign)
        {
            found = Some(targets::bad_target(&ast, part, targets::Use::Assign, false));
        }
        match position {
            Token::Equal => equal = start - 1,
            _ => return found,
        }
    }
}

/// `"a": 1, "b": 2`: an annotation of what can have none.
fn annotation(scene: &Scene<'_>) -> Option<Diagnostic> {
    let line = scene.line();
    let colon = (line..scene.at).find(|&index| {
        scene.token(index) == Token::Colon && scene.opener(index).is_none_or(|open| open < line)
    })?;
    if !starts_expression(scene.token(colon + 1)) || scene.opener(scene.at).is_some() {
        return None;
    }
    let (ast, id) = scene.expression(line, colon)?;
    if let Expr::Name(_)
    | Expr::Attribute(..)
    | Expr::Subscript(..)
    | Expr::Lambda(_)
    | Expr::Yield(_)
    | Expr::YieldFrom(_) = ast.expr(id)
    {
        return None;
    }
    let span = match ast.expr(id) {
        Expr::Tuple(items) if !ast.is_parenthesized(id) => ast.span(items[0]),
        _ => ast.span(id),
    };
    Some(targets::bad_annotation(&ast, id, span))
}

/// `for f() …` without its `in`: the target is the greater problem.
fn loop_target(scene: &Scene<'_>) -> Option<Diagnostic> {
    let line = scene.line();
    let first = line + usize::from(scene.token(line) == Token::Async);
    if scene.token(first) != Token::For || !scene.expects("in") {
        return None;
    }
    let (ast, id) = scene.expression(first + 1, scene.at)?;
    let part = targets::invalid_part(&ast, id, targets::Use::For)?;
    Some(targets::bad_target(&ast, part, targets::Use::For, false))
}

/// `1 + not x`: `not` binds less tightly than an operator.
fn negation(scene: &Scene<'_>) -> Option<Diagnostic> {
    use Token::*;
    let binary =
        matches!(scene.before(1), Plus | Minus | Star | Slash | DoubleSlash | Percent | At | Tilde);
    let unary = matches!(scene.before(1), Plus | Minus | Tilde);
    if scene.found() != Not || !(binary && ends_expression(scene.before(2)) || unary) {
        return Option::None;
    }
    let last = (scene.at + 1..scene.tokens.len().min(scene.at + 100))
        .take_while(|&index| !is_line_start(scene.token(index)))
        .find(|&index| scene.expression(scene.at, index + 1).is_some())?;
    let span = scene.span(scene.at).to(scene.span(last));
    let message = "'not' after an operator must be parenthesized";
    Some(
        Diagnostic::error("bare-not", span, message)
            .label(span, "`not` binds less tightly than the operator before it")
            .help("put parentheses around it"),
    )
}

/// `x == 1:` at the end of a line: no annotation can be meant.
fn header_without_keyword(scene: &Scene<'_>) -> Option<Diagnostic> {
    if scene.found() != Token::Newline || scene.before(1) != Token::Colon {
        return None;
    }
    let line = scene.line();
    let (ast, id) = scene.expression(line, scene.at - 1)?;
    if let Expr::Name(_) | Expr::Attribute(..) | Expr::Subscript(..) = ast.expr(id) {
        return None;
    }
    let colon = scene.span(scene.at - 1);
    let all = scene.span(line).to(scene.span(scene.at - 2));
    Some(
        Diagnostic::error("missing-keyword", colon, "invalid syntax")
            .label(all, "a line that ends with `:` begins with a keyword")
            .help("did you mean `if`, `while` or another block?"),
    )
}

fn walrus(scene: &Scene<'_>) -> Option<Diagnostic> {
    if scene.found() != Token::Walrus {
        return None;
    }
    let line = scene.line();
    let (ast, id) = scene.expression(line, scene.at)?;
    match ast.expr(id) {
        Expr::Name(_) => None,
        _ => Some(targets::bad_walrus(&ast, id)),
    }
}

fn comprehension(scene: &Scene<'_>) -> Option<Diagnostic> {
    let open = scene.opener(scene.at)?;
    let (start, position) = scene.target_before(scene.at);
    let has_in = (start..scene.at).any(|index| scene.token(index) == Token::In);
    if scene.expects("in") && position == Token::For && !has_in {
        let message = "'in' expected after for-loop variables";
        return Some(Diagnostic::error("missing-in", scene.place(), message));
    }
    let is_display = matches!(scene.token(open), Token::LBracket | Token::LBrace)
        && !(scene.token(open) == Token::LBracket && scene.is_trailer(open));
    let is_for = matches!(scene.found(), Token::For | Token::Async);
    let (mut start, mut position) = scene.expression_before(scene.at);
    let in_call = scene.token(open) == Token::LParen && scene.is_trailer(open);
    if is_for && in_call && position == Token::Star && start == open + 2 {
        let message = "iterable unpacking cannot be used in comprehension";
        let span = scene.span(start - 1).to(scene.span(scene.at - 1));
        return Some(Diagnostic::error("starred-element", span, message));
    }
    let is_keyword = position == Token::Equal
        && start > 2
        && scene.token(start - 2) == Token::Name
        && matches!(scene.token(start - 3), Token::LParen | Token::Comma);
    if is_for && in_call && is_keyword && scene.expression(start, scene.at).is_some() {
        let equal = scene.span(start - 1);
        return Some(targets::assigned_within(scene.span(start - 2).to(equal), equal));
    }
    while position == Token::Walrus && start >= 2 {
        (start, position) = scene.expression_before(start - 1);
    }
    let begins_clause = scene.found() == Token::For || scene.token(scene.at + 1) == Token::For;
    if is_for
        && begins_clause
        && is_display
        && position == Token::Comma
        && ends_expression(scene.before(1))
        && scene.target_before(scene.at).1 != Token::For
    {
        let message = "did you forget parentheses around the comprehension target?";
        let span = scene.span(open + 1).to(scene.span(scene.at - 1));
        return Some(
            Diagnostic::error("comprehension-target", span, message)
                .label(span, "several values stand where one element belongs")
                .help("put parentheses around them"),
        );
    }
    None
}

fn dictionary(scene: &Scene<'_>) -> Option<Diagnostic> {
    let open = scene.opener(scene.at)?;
    if scene.token(open) != Token::LBrace || scene.token(scene.line()) == Token::Case {
        return None;
    }
    let before = scene.before(1);
    let ends_item = matches!(scene.found(), Token::RBrace | Token::Comma);
    if before == Token::Colon && ends_item {
        let message = "expression expected after dictionary key and ':'";
        return Some(Diagnostic::error("missing-value", scene.span(scene.at - 1), message));
    }
    if before == Token::Colon && scene.found() == Token::Star {
        let message = "cannot use a starred expression in a dictionary value";
        return Some(Diagnostic::error("starred-value", scene.place(), message));
    }
    // After a complete item the braces are those of a dictionary for certain.
    let (start, position) = scene.expression_before(scene.at);
    let is_later_key = position == Token::Comma
        && (open..start)
            .any(|index| scene.token(index) == Token::Colon && scene.opener(index) == Some(open));
    if (ends_item || is_later_key) && scene.expects(":") && !scene.expects(",") {
        let end = scene.span(scene.at - 1).end;
        let last = Span::new(end.saturating_sub(1), end);
        let key = scene.span(start).to(scene.span(scene.at - 1));
        return Some(
            Diagnostic::error("missing-value", last, "':' expected after dictionary key")
                .label(key, "this key has no value"),
        );
    }
    None
}

/// Parentheses that begin here and hold only names, behind plain parameters.
fn parenthesized_names(scene: &Scene<'_>) -> Option<Span> {
    let are_names = |index: usize| matches!(scene.token(index), Token::Name | Token::Comma);
    let mut end = scene.at + 1;
    while are_names(end) {
        end += 1;
    }
    let mut before = scene.at - 1;
    while are_names(before) {
        before -= 1;
    }
    let alone = matches!(scene.token(before), Token::LParen | Token::Lambda)
        && matches!(scene.before(1), Token::LParen | Token::Lambda | Token::Comma);
    (alone && scene.token(end) == Token::RParen && end > scene.at + 1)
        .then(|| scene.span(scene.at).to(scene.span(end)))
}

fn stars_and_parameters(scene: &Scene<'_>) -> Option<Diagnostic> {
    use Token::*;
    let place = scene.place();
    let line = scene.line();
    if scene.found() == Colon && scene.before(1) == Star && scene.before(2) == Except {
        let message = "expected one or more exception types";
        return Some(Diagnostic::error("missing-type", place, message));
    }
    let what = match scene.found() {
        LParen if scene.in_parameters() => "Function",
        LParen if scene.in_lambda_parameters() => "Lambda expression",
        _ => "",
    };
    if !what.is_empty()
        && let Some(span) = parenthesized_names(scene)
    {
        let message = format!("{what} parameters cannot be parenthesized");
        return Some(Diagnostic::error("parenthesized-parameter", span, message));
    }
    let in_some_parameters = scene.in_parameters() || scene.in_lambda_parameters();
    if scene.found() == Star && scene.before(1) == Slash && in_some_parameters {
        let message = "expected comma between / and *";
        return Some(Diagnostic::error("parameter-order", place, message));
    }
    let open = scene.opener(scene.at)?;
    if scene.found() == RBracket
        && open + 1 == scene.at
        && open == line + 2
        && (matches!(scene.token(line), Def | Class | Type))
    {
        let message = "Type parameter list cannot be empty";
        return Some(Diagnostic::error("empty-type-params", place, message));
    }
    let follows = scene.before(1) == LParen && starts_expression(scene.token(scene.at + 1));
    if scene.found() == DoubleStar && follows && !scene.is_trailer(open) {
        let message = "cannot use double starred expression here";
        return Some(Diagnostic::error("double-star", place, message));
    }
    if scene.before(1) == Star
        && !starts_expression(scene.found())
        && scene.token(line) != Case
        && !in_some_parameters
        && !ends_expression(scene.before(2))
    {
        return Some(
            Diagnostic::error("bare-star", place, "Invalid star expression")
                .label(scene.span(scene.at - 1), "nothing follows this star"),
        );
    }
    Option::None
}
