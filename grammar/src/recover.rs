//! After an error: where to go on, and which of the errors found are worth telling.

use crate::diagnostic::Diagnostic;
use crate::lines::line_number;
use crate::token::{Lexeme, Token};

/// The tokens from the logical line after `at` on, as a source of their own. Blocks that were
/// open are flattened into it, and clauses of statements that began before are left out.
/// `None` when nothing is left.
pub fn rest(tokens: &[Lexeme], at: usize) -> Option<Vec<Lexeme>> {
    let mut next = match tokens[at].token {
        // A wrong indentation is complained about once; its line may be fine.
        Token::Indent => at + 1,
        _ => after_line(tokens, at),
    };
    let mut out = vec![tokens[0]];
    let mut depth = 0usize;
    // Are we where a clause could continue a statement that is not in `out`?
    let mut orphan = true;
    while let Some(&lexeme) = tokens.get(next) {
        let at_start = matches!(
            tokens[next - 1].token,
            Token::Newline | Token::Indent | Token::Dedent | Token::StartModule
        );
        match lexeme.token {
            Token::Indent if depth == 0 && orphan => next += 1,
            Token::Dedent if depth == 0 => {
                orphan = true;
                next += 1;
            }
            Token::Else | Token::Elif | Token::Except | Token::Finally | Token::Case
                if at_start && depth == 0 && orphan =>
            {
                next = after_line(tokens, next);
            }
            token => {
                match token {
                    Token::Indent => depth += 1,
                    Token::Dedent => depth -= 1,
                    _ => {}
                }
                orphan = false;
                out.push(lexeme);
                next += 1;
            }
        }
    }
    (out.len() > 2).then_some(out)
}

/// Index of the first token after the logical line of `at`.
fn after_line(tokens: &[Lexeme], at: usize) -> usize {
    let line = tokens[at..].iter().position(|lexeme| lexeme.token == Token::Newline);
    line.map_or(tokens.len().saturating_sub(1).max(at), |offset| at + offset + 1)
}

/// Where the logical lines end.
pub struct Lines(Vec<u32>);

impl Lines {
    pub fn new(tokens: &[Lexeme]) -> Lines {
        let ends = tokens.iter().filter(|lexeme| lexeme.token == Token::Newline);
        Lines(ends.map(|lexeme| lexeme.span.start).collect())
    }

    fn of(&self, error: &Diagnostic) -> usize {
        self.0.partition_point(|end| *end < error.span.start)
    }
}

/// Keeps one error per logical line, in the order of the source: what the lexer found hides
/// what the parser stumbled over because of it.
pub fn independent(
    lexical: Vec<Diagnostic>,
    parsed: Vec<Diagnostic>,
    lines: &Lines,
    source: &str,
) -> Vec<Diagnostic> {
    let row = |error: &Diagnostic| line_number(source.as_bytes(), error.span.start as usize);
    let lexical: Vec<Diagnostic> = lexical
        .into_iter()
        .filter(|error| {
            // An unclosed bracket is often the consequence of an error on its own line.
            error.code != "never-closed"
                || !parsed.iter().any(|other| {
                    other.code != "missing-comma"
                        && lines.of(other) == lines.of(error)
                        && row(other) <= row(error)
                })
        })
        .collect();
    let mut all: Vec<(usize, bool, Diagnostic)> = Vec::new();
    for (is_parsed, error) in lexical
        .into_iter()
        .map(|error| (false, error))
        .chain(parsed.into_iter().map(|error| (true, error)))
    {
        all.push((lines.of(&error), is_parsed, error));
    }
    // The lexer notices an open bracket last, at the end of the text.
    let late = |error: &Diagnostic| error.code == "never-closed";
    all.sort_by_key(|(line, is_parsed, error)| (*line, *is_parsed, late(error), error.span.start));
    all.dedup_by_key(|(line, _, _)| *line);
    all.into_iter().map(|(_, _, error)| error).collect()
}
