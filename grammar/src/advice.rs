//! Help for what CPython only calls "invalid syntax": habits from other languages, misspelt
//! keywords, and what the grammar would have accepted.

use crate::diagnostic::Diagnostic;
use crate::scene::{Scene, ends_expression, is_line_start, starts_expression};
use crate::span::Span;
use crate::token::Token;

/// Adds a label and, where a fix is likely, help.
pub fn advise(scene: &Scene<'_>, error: Diagnostic) -> Diagnostic {
    if let Some((span, label, help)) = habit(scene) {
        return error.label(span, label).help(help);
    }
    let misspelt = misspelt_keyword(scene, error);
    if misspelt.help.is_some() {
        return misspelt;
    }
    let span = misspelt.span;
    let told = misspelt.label(span, general(scene));
    let line = scene.line();
    let is_call = scene.at == line + 1
        && scene.token(line) == Token::Name
        && starts_expression(scene.found())
        && !scene.text(scene.at).starts_with('.');
    if is_call {
        let word = scene.text(line);
        return told.help(format!("if `{word}` is a function, call it: `{word}(…)`"));
    }
    match still_open(scene) {
        Some(bracket) => {
            let (text, closing) = match scene.token(bracket) {
                Token::LParen => ("(", ")"),
                Token::LBracket => ("[", "]"),
                _ => ("{", "}"),
            };
            told.label(scene.span(bracket), format!("this `{text}` is still open"))
                .help(format!("close it with `{closing}`"))
        }
        None => told,
    }
}

/// The bracket around what only stands outside of brackets: the end of a block's head, a statement.
fn still_open(scene: &Scene<'_>) -> Option<usize> {
    use Token::*;
    let is_outside = match scene.found() {
        Colon => begins_block(scene),
        found => is_keyword(found) && !starts_expression(found) && !scene.expects("INT"),
    };
    if is_outside { innermost(scene) } else { Option::None }
}

/// Is this the line of a statement that has a block?
fn begins_block(scene: &Scene<'_>) -> bool {
    use Token::*;
    matches!(
        scene.token(scene.line()),
        If | Elif | While | For | With | Def | Class | Async | Try | Except
    )
}

/// The innermost bracket that is open.
fn innermost(scene: &Scene<'_>) -> Option<usize> {
    use Token::*;
    let mut open = Vec::new();
    for index in scene.line()..scene.at {
        match scene.token(index) {
            LParen | LBracket | LBrace => open.push(index),
            RParen | RBracket | RBrace => drop(open.pop()),
            _ => {}
        }
    }
    open.pop()
}

/// Does the unexpected token stand behind the `for` of a comprehension?
fn in_comprehension(scene: &Scene<'_>) -> bool {
    innermost(scene)
        .is_some_and(|open| (open..scene.at).any(|index| scene.token(index) == Token::For))
}

type Advice = (Span, String, String);

/// Operators and words of other languages.
fn habit(scene: &Scene<'_>) -> Option<Advice> {
    use Token::*;
    let (found, before) = (scene.found(), scene.before(1));
    let here = scene.span(scene.at);
    let both = || scene.span(scene.at - 1).to(here);
    let advice =
        |span: Span, label: &str, help: &str| Some((span, label.to_owned(), help.to_owned()));
    match (before, found) {
        (Amper, Amper) => return advice(both(), "not an operator here", "write `and`"),
        (VBar, VBar) => return advice(both(), "not an operator here", "write `or`"),
        (Plus, Newline | Semicolon | RParen | End) if scene.before(2) == Plus => {
            let span = scene.span(scene.at - 2).to(scene.span(scene.at - 1));
            return advice(span, "there is no increment operator", "write `+= 1`");
        }
        (Minus, Newline | Semicolon | RParen | End) if scene.before(2) == Minus => {
            let span = scene.span(scene.at - 2).to(scene.span(scene.at - 1));
            return advice(span, "there is no decrement operator", "write `-= 1`");
        }
        (Equal, Greater) => {
            return advice(
                both(),
                "not an operator",
                "write `>=`, or `lambda x: …` for a function",
            );
        }
        (Equal, Less) => return advice(both(), "not an operator", "write `<=`"),
        (EqEqual, Equal) => return advice(both(), "not an operator", "write `==`"),
        (NotEqual, Equal) => return advice(both(), "not an operator", "write `!=`"),
        (Colon, Colon) => return advice(both(), "not an operator", "reach into a module with `.`"),
        (Equal, Equal) => return advice(both(), "two separate `=`", "compare with `==`"),
        (Dot, token) if is_keyword(token) => {
            return advice(
                here,
                "a keyword cannot be the name of an attribute",
                "use another name",
            );
        }
        (VBar, Greater) => return advice(both(), "not an operator", "call the function: `f(x)`"),
        _ => {}
    }
    if found == Equal && is_keyword(before) && is_line_start(scene.before(2)) {
        let word = scene.text(scene.at - 1);
        let label = format!("`{word}` is a keyword");
        return Some((scene.span(scene.at - 1), label, "choose another name".to_owned()));
    }
    let is_operand = starts_expression(found) && ends_expression(before);
    let next = || scene.span(scene.at + 1);
    match found {
        Equal if scene.token(scene.at + 1) == Greater && next().start == here.end => advice(
            here.to(next()),
            "not an operator",
            "write `>=`, or `lambda x: …` for a function",
        ),
        Equal if begins_block(scene) && innermost(scene).is_none() => {
            advice(here, "`=` assigns, and only as a statement", "compare with `==`")
        }
        Walrus if ends_expression(before) && innermost(scene).is_none() => advice(
            here,
            "this assigns within an expression, which stands in parentheses then",
            "write `=`, or put parentheses around the assignment",
        ),
        Async if before == Def => advice(here, "`async` stands before `def`", "write `async def`"),
        Case if is_line_start(before) => {
            advice(here, "this `case` belongs to nothing", "indent it below a `match value:`")
        }
        Comma if scene.token(scene.line()) == Raise => advice(
            here,
            "an exception is made by a call",
            "give it the message: `raise ValueError(\"…\")`",
        ),
        If if scene.expects("INT") => advice(
            here,
            "`if` is a keyword, not a value",
            "a choice between values is written `a if condition else b`",
        ),
        Else if in_comprehension(scene) => advice(
            here,
            "a condition of a comprehension has no `else`",
            "choose between values before the `for`: `[a if condition else b for …]`",
        ),
        LessGreater => advice(here, "the old spelling of `!=`", "write `!=`"),
        Bang => advice(here, "not an operator", "write `not`"),
        Arrow => advice(
            here,
            "only a function's return type follows an arrow",
            "reach into an object with `.`",
        ),
        Unknown => match scene.text(scene.at) {
            "?" => advice(here, "not an operator", "write `a if condition else b`"),
            "$" => advice(here, "no name may contain this character", "drop the `$`"),
            "`" => advice(here, "backquotes are not part of the language", "write `repr(…)`"),
            _ => Option::None,
        },
        DoubleSlash | Slash if is_line_start(before) => {
            advice(here, "a line cannot begin with this operator", "a comment begins with `#`")
        }
        LBrace if ends_expression(before) => {
            advice(here, "braces do not make a block", "end the line with `:` and indent the block")
        }
        Name if is_operand && scene.at == scene.line() + 1 => {
            let word = scene.text(scene.at - 1);
            let help = match word {
                "var" | "let" | "const" | "int" | "float" | "double" | "string" | "bool"
                | "char" | "auto" | "long" => "a variable needs no declaration: `name = value`",
                "function" | "func" | "fn" | "fun" | "sub" | "void" => {
                    "a function begins with `def`"
                }
                "switch" => "write `match value:` with `case` blocks",
                "throw" => "write `raise`",
                "catch" => "write `except`",
                "unless" => "write `if not`",
                "foreach" => "write `for item in items:`",
                "until" => "write `while not`",
                "struct" | "interface" => "write `class`",
                "delete" => "write `del`",
                "using" | "include" | "require" => "write `import`",
                _ => return Option::None,
            };
            let span = scene.span(scene.at - 1);
            Some((span, format!("`{word}` is not a keyword here"), help.to_owned()))
        }
        Name if scene.text(scene.at) == "then" || scene.text(scene.at) == "do" => {
            advice(here, "no word stands here", "end the line with `:`")
        }
        Name if scene.text(scene.at) == "of" => advice(here, "not a keyword", "write `in`"),
        Name if is_operand && scene.text(scene.at - 1) == "new" => advice(
            scene.span(scene.at - 1),
            "not a keyword",
            "call the class to make an object: `Name()`",
        ),
        Else | Elif | Except | Finally if is_line_start(before) => {
            let word = scene.text(scene.at);
            let owner = match found {
                Else | Elif => "`if`",
                _ => "`try`",
            };
            Some((
                here,
                format!("this `{word}` belongs to nothing"),
                format!("align it with its {owner}, and put nothing between them"),
            ))
        }
        _ => Option::None,
    }
}

/// A keyword where a name belongs, or what could have stood here.
fn general(scene: &Scene<'_>) -> String {
    let found = scene.found();
    let thing = match found {
        Token::Newline => "the line ends here".to_owned(),
        Token::End | Token::Dedent => "the block ends here".to_owned(),
        _ if ends_expression(scene.before(1)) && starts_expression(found) => {
            let line = scene.line();
            let has_in = || (line..scene.at).any(|index| scene.token(index) == Token::In);
            let in_head = begins_block(scene)
                && innermost(scene).is_none()
                && (scene.token(line) != Token::For || has_in());
            if in_head && !scene.colon_after(line) {
                return "a value follows a value; a `:` or an operator is missing between them"
                    .to_owned();
            }
            return "a value follows a value; an operator is missing between them".to_owned();
        }
        _ if is_keyword(found) && scene.expects("INT") => {
            return format!("`{}` is a keyword, not a value", scene.text(scene.at));
        }
        _ if is_keyword(found) => {
            format!("the keyword `{}` cannot stand here", scene.text(scene.at))
        }
        _ => format!("`{}` cannot stand here", short(scene.text(scene.at))),
    };
    match wanted(scene) {
        Some(wanted) => format!("{thing}; expected {wanted}"),
        None => thing,
    }
}

fn short(text: &str) -> &str {
    match text.char_indices().nth(24) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// What would have fitted, for people: only when it is one clear thing.
fn wanted(scene: &Scene<'_>) -> Option<&'static str> {
    if scene.expects("INT") {
        return Some("an expression");
    }
    let one_of =
        |names: &[&str]| scene.expected.iter().all(|name| names.contains(&name.trim_matches('"')));
    if scene.expected.is_empty() {
        None
    } else if one_of(&["NAME"]) {
        Some("a name")
    } else if one_of(&["NEWLINE", ";"]) {
        Some("the end of the statement")
    } else if one_of(&["in"]) {
        Some("`in`")
    } else if one_of(&["import", "."]) {
        Some("`import`")
    } else if one_of(&["def", "for", "with"]) {
        Some("`def`, `for` or `with`")
    } else if one_of(&["def", "class", "async", "@"]) {
        Some("a function or a class")
    } else if one_of(&["case"]) {
        Some("`case`")
    } else {
        None
    }
}

/// `whille x:`: a word at the start of the line that nearly is a keyword.
pub fn misspelt_keyword(scene: &Scene<'_>, error: Diagnostic) -> Diagnostic {
    let line = scene.line();
    for index in [line, line + 1] {
        if index > scene.at || scene.token(index) != Token::Name {
            continue;
        }
        let word = scene.text(index);
        let Some(keyword) = nearest_keyword(word) else {
            continue;
        };
        return error
            .label(scene.span(index), format!("`{word}` is a plain name"))
            .help(format!("did you mean `{keyword}`?"));
    }
    error
}

const LEADING: [&str; 27] = [
    "and", "as", "assert", "async", "await", "break", "case", "class", "continue", "def", "elif",
    "else", "except", "finally", "for", "from", "global", "if", "import", "lambda", "match",
    "nonlocal", "raise", "return", "try", "while", "with",
];

fn nearest_keyword(word: &str) -> Option<&'static str> {
    if word.len() < 2 || word.len() > 10 {
        return None;
    }
    match word {
        "elseif" | "elsif" | "elsf" => return Some("elif"),
        "catch" => return Some("except"),
        _ => {}
    }
    LEADING
        .into_iter()
        .filter(|keyword| *keyword != word && keyword.len() > 2)
        .find(|keyword| is_one_slip(word.as_bytes(), keyword.as_bytes()))
}

/// Differ the two by one letter added, dropped or replaced, or two neighbours swapped?
fn is_one_slip(a: &[u8], b: &[u8]) -> bool {
    let start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[start..], &b[start..]);
    match (a, b) {
        ([_, x @ ..], [_, y @ ..]) if x == y => true,
        ([_, x @ ..], y) | (y, [_, x @ ..]) if x == y => true,
        ([p, q, x @ ..], [r, s, y @ ..]) => p == s && q == r && x == y,
        _ => false,
    }
}

pub fn is_keyword(token: Token) -> bool {
    use Token::*;
    matches!(
        token,
        False
            | None
            | True
            | And
            | As
            | Assert
            | Async
            | Await
            | Break
            | Class
            | Continue
            | Def
            | Del
            | Elif
            | Else
            | Except
            | Finally
            | For
            | From
            | Global
            | If
            | Import
            | In
            | Is
            | Lambda
            | Nonlocal
            | Not
            | Or
            | Pass
            | Raise
            | Return
            | Try
            | While
            | With
            | Yield
    )
}
