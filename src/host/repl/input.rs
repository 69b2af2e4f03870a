//! What the prompt makes of what was typed so far: is it a whole statement, and how would the
//! next line begin? The grammar decides.

use sloop_grammar::{Mode, Outcome, parse};

/// Spaces of a level.
pub const INDENT: usize = 4;

/// What Enter does.
#[derive(Debug, PartialEq, Eq)]
pub enum Enter {
    /// It is run, or what is wrong with it is said.
    Submit,
    /// A line follows, which begins with so many spaces.
    Continue(usize),
}

/// What was typed, seen as one of the prompt's own forms.
#[derive(Debug, PartialEq, Eq)]
pub enum Form<'a> {
    /// Nothing but white space and comments.
    Nothing,
    Statements(&'a str),
    /// `x?`
    Describe(&'a str),
    /// `&x`
    Start(&'a str),
    /// `exit`
    Leave,
}

pub fn form(text: &str) -> Form<'_> {
    let trimmed = text.trim();
    let is_comment =
        |line: &str| line.trim_start().is_empty() || line.trim_start().starts_with('#');
    if trimmed.lines().all(is_comment) {
        return Form::Nothing;
    }
    if matches!(trimmed, "exit" | "quit") {
        return Form::Leave;
    }
    if let Some(rest) = trimmed.strip_prefix('&') {
        return Form::Start(rest.trim_start());
    }
    if let Some(rest) = trimmed.strip_suffix('?')
        && !trimmed.contains('\n')
    {
        let rest = rest.trim_end_matches('?').trim_end();
        if matches!(parse(rest, Mode::Expression).outcome, Outcome::Tree { .. }) {
            return Form::Describe(rest);
        }
    }
    Form::Statements(text)
}

/// What Enter does at a place in the text.
pub fn enter(text: &str, at: usize) -> Enter {
    let (before, after) = text.split_at(text.floor_char_boundary(at));
    if after.contains('\n') {
        return Enter::Continue(next_indent(before));
    }
    let whole = match form(text) {
        Form::Nothing | Form::Leave | Form::Describe(_) => return Enter::Submit,
        Form::Start(rest) | Form::Statements(rest) => rest,
    };
    match parse(whole, Mode::Interactive).outcome {
        Outcome::Errors(_) => Enter::Submit,
        Outcome::Incomplete => Enter::Continue(next_indent(before)),
        Outcome::Tree { open_block: false, .. } => Enter::Submit,
        // An empty line ends a block.
        Outcome::Tree { .. } if text.contains('\n') && last_line(text).trim().is_empty() => {
            Enter::Submit
        }
        Outcome::Tree { .. } => Enter::Continue(next_indent(before)),
    }
}

fn last_line(text: &str) -> &str {
    text.rsplit('\n').next().unwrap_or(text)
}

fn indent_of(line: &str) -> usize {
    line.chars().take_while(|&c| c == ' ').count()
}

/// How many spaces a line after this text begins with.
fn next_indent(before: &str) -> usize {
    let line = last_line(before);
    let indent = indent_of(line);
    let code = line.split(" #").next().unwrap_or(line).trim_end();
    if code.ends_with([':', '(', '[', '{']) {
        return indent + INDENT;
    }
    let word = code.trim_start().split(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
    match word {
        "return" | "pass" | "break" | "continue" | "raise" => indent.saturating_sub(INDENT),
        _ => indent,
    }
}

/// For statements that come line by line without a terminal: does a line begin something new, so
/// that the block before it has ended?
pub fn begins_anew(collected: &str, line: &str) -> bool {
    const GO_ON: &[&str] = &["else", "elif", "except", "finally", "case"];
    if collected.is_empty() || line.starts_with([' ', '\t', '#', '\n', ')', ']', '}']) {
        return false;
    }
    let word = line.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
    let open = matches!(
        parse(collected, Mode::Interactive).outcome,
        Outcome::Tree { open_block: true, .. }
    );
    open && !GO_ON.contains(&word) && !collected.trim_end().starts_with('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_enter_finishes_a_simple_statement() {
        for text in ["x = 1", "f(1)", "", "  ", "# note", "x?", "&f()", "exit", "1 +* 2", "x = )"] {
            assert_eq!(enter(text, text.len()), Enter::Submit, "{text:?}");
        }
    }

    #[test]
    fn blocks_and_brackets_go_on() {
        for (text, indent) in [
            ("def f():", 4),
            ("def f():\n    x = 1", 4),
            ("def f():\n    return 1", 0),
            ("f(", 4),
            ("f(1,", 0),
            ("'''abc", 0),
            ("x = \\", 0),
            ("&f(", 4),
            ("if x: pass", 0),
            ("@decorator", 0),
            ("for x in y: # why", 4),
        ] {
            assert_eq!(enter(text, text.len()), Enter::Continue(indent), "{text:?}");
        }
        let text = "def f():\n    x = 1\n    ";
        assert_eq!(enter(text, text.len()), Enter::Submit);
        assert_eq!(enter(text, 8), Enter::Continue(4));
        assert_eq!(enter("if x: pass\n", 11), Enter::Submit);
    }

    #[test]
    fn forms_of_the_prompt() {
        assert_eq!(form("len?"), Form::Describe("len"));
        assert_eq!(form("len??"), Form::Describe("len"));
        assert_eq!(form("& sleep(1)"), Form::Start("sleep(1)"));
        assert_eq!(form("'what?"), Form::Statements("'what?"));
        assert_eq!(form("# note"), Form::Nothing);
    }

    #[test]
    fn a_new_statement_ends_a_block() {
        assert!(begins_anew("if x:\n    y\n", "print(1)\n"));
        assert!(!begins_anew("if x:\n    y\n", "else:\n"));
        assert!(!begins_anew("f(\n", "1)\n"));
        assert!(!begins_anew("if x:\n", "    y\n"));
    }
}
