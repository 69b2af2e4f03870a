//! The front door: source text in, tree or diagnostics out. The only file that names lalrpop.
//!
//! The first unexpected token ends a run of the parser. For further errors the rest of the
//! text, from the next logical line on, is parsed again with its blocks flattened
//! (`recover.rs`); such trees are thrown away, so recovery cannot build nonsense.

use crate::ast::{Ast, ExprId, StmtKind};
use crate::builder::Builder;
use crate::diagnostic::Diagnostic;
use crate::explain;
use crate::layout::{self, Ending, Lexed};
use crate::recover;
use crate::scene::Scene;
use crate::span::Span;
use crate::token::{Lexeme, Token};
use lalrpop_util::{ParseError, lalrpop_mod};

lalrpop_mod!(
    #[allow(clippy::all, clippy::pedantic, unused)]
    sloop
);

/// How many errors one run reports.
const MAX_ERRORS: usize = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Module,
    /// What a prompt has collected so far.
    Interactive,
    /// One expression; the tree's body holds one `StmtKind::Expr`.
    Expression,
}

#[derive(Debug)]
pub struct Parsed {
    pub outcome: Outcome,
    pub warnings: Vec<Diagnostic>,
}

#[derive(Debug)]
pub enum Outcome {
    Tree {
        ast: Ast,
        /// The last statement is a compound one: a prompt waits for an empty line.
        open_block: bool,
    },
    /// At least one, in the order of the source.
    Errors(Vec<Diagnostic>),
    /// Only in `Mode::Interactive`: more lines may complete it.
    Incomplete,
}

pub fn parse(source: &str, mode: Mode) -> Parsed {
    let start = match mode {
        Mode::Expression => Token::StartExpression,
        Mode::Module | Mode::Interactive => Token::StartModule,
    };
    let lexed = layout::lex(source, start, mode != Mode::Interactive);
    let mut builder = Builder::new(source);
    let stop = run(&lexed.tokens, &mut builder);
    let mut warnings = lexed.warnings.clone();
    warnings.append(&mut builder.warnings);
    warnings.sort_by_key(|warning| warning.span.start);
    let outcome = match stop {
        Ok(()) if lexed.errors.is_empty() && builder.errors.is_empty() => {
            let ast = builder.ast;
            let open_block = ast.body.last().is_some_and(|stmt| is_compound(&stmt.kind));
            Outcome::Tree { ast, open_block }
        }
        Err(ref stop)
            if mode == Mode::Interactive
                && builder.errors.is_empty()
                && is_incomplete(&lexed, stop) =>
        {
            Outcome::Incomplete
        }
        stop => Outcome::Errors(all_errors(source, lexed, builder.errors, stop.err())),
    };
    Parsed { outcome, warnings }
}

/// Where a run of the parser ended early.
struct Stop {
    at: usize,
    expected: Vec<String>,
}

/// Parses the tokens, which begin with a start token and end with `End`, into the builder.
fn run(tokens: &[Lexeme], builder: &mut Builder<'_>) -> Result<(), Stop> {
    let mut taken = 0;
    let input = tokens.iter().map(|&Lexeme { token, span }| {
        taken += 1;
        Ok((span.start, token, span.end))
    });
    match sloop::SourceParser::new().parse(builder, input) {
        Ok(body) => {
            builder.ast.body = body;
            Ok(())
        }
        Err(error) => {
            let expected = match error {
                ParseError::UnrecognizedToken { expected, .. }
                | ParseError::UnrecognizedEof { expected, .. } => expected,
                _ => Vec::new(),
            };
            // The parser looks one token ahead, so the last one taken is the culprit.
            Err(Stop { at: taken.max(1) - 1, expected })
        }
    }
}

/// Did the text only end too early?
fn is_incomplete(lexed: &Lexed, stop: &Stop) -> bool {
    let token = lexed.tokens[stop.at].token;
    let rest = &lexed.tokens[stop.at..];
    match lexed.ending {
        Ending::Complete => {
            lexed.errors.is_empty()
                && rest.iter().all(|l| matches!(l.token, Token::Dedent | Token::End))
        }
        // The only error is the open end itself, and the parser got as far as that.
        _ => lexed.errors.len() == 1 && token == Token::Error,
    }
}

fn is_compound(kind: &StmtKind) -> bool {
    matches!(
        kind,
        StmtKind::If(_)
            | StmtKind::While(_)
            | StmtKind::For(_)
            | StmtKind::Try(_)
            | StmtKind::With(_)
            | StmtKind::Match(_)
            | StmtKind::Function(_)
            | StmtKind::Class(_)
    )
}

/// Collects what the lexer, the builder and the grammar have found, parsing on after each
/// unexpected token.
fn all_errors(
    source: &str,
    lexed: Lexed,
    mut errors: Vec<Diagnostic>,
    mut stop: Option<Stop>,
) -> Vec<Diagnostic> {
    let lines = recover::Lines::new(&lexed.tokens);
    let Lexed { errors: lexical, mut tokens, .. } = lexed;
    let parse = |tokens: &[Lexeme]| expression(source, tokens);
    while let Some(Stop { at, expected }) = stop {
        // The lexer has spoken about an `Error` token.
        if tokens[at].token != Token::Error {
            let scene = Scene { source, tokens: &tokens, at, expected, parse: &parse };
            errors.push(explain::explain(&scene));
        }
        if errors.len() > MAX_ERRORS || tokens[0].token == Token::StartExpression {
            break;
        }
        let Some(rest) = recover::rest(&tokens, at) else {
            break;
        };
        tokens = rest;
        let mut builder = Builder::new(source);
        stop = run(&tokens, &mut builder).err();
        errors.append(&mut builder.errors);
    }
    let mut errors = recover::independent(lexical, errors, &lines, source);
    errors.truncate(MAX_ERRORS);
    errors
}

/// Parses some tokens of a line as one expression, without reporting anything.
fn expression(source: &str, tokens: &[Lexeme]) -> Option<(Ast, ExprId)> {
    let end = tokens.last()?.span.end;
    let marker = |token| Lexeme { token, span: Span::new(end, end) };
    let mut all = vec![marker(Token::StartExpression)];
    all.extend_from_slice(tokens);
    all.extend([marker(Token::Newline), marker(Token::End)]);
    let mut builder = Builder::new(source);
    run(&all, &mut builder).ok()?;
    let ast = builder.ast;
    match ast.body.first()?.kind {
        StmtKind::Expr(id) => Some((ast, id)),
        _ => None,
    }
}
