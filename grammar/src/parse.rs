//! The front door: source text in, tree or diagnostics out. The only file that names lalrpop.

use crate::ast::{Ast, StmtKind};
use crate::builder::Builder;
use crate::diagnostic::Diagnostic;
use crate::layout::{self, Ending};
use crate::span::Span;
use crate::token::{Lexeme, Token};
use lalrpop_util::{ParseError, lalrpop_mod};

lalrpop_mod!(
    #[allow(clippy::all, clippy::pedantic, unused)]
    sloop
);

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
    let lexed = layout::lex(source, start);
    let mut builder = Builder::new(source);
    let mut position = 0;
    let input = lexed.tokens.iter().map(|&Lexeme { token, span }| {
        position += 1;
        Ok((span.start, token, span.end))
    });
    let result = sloop::SourceParser::new().parse(&mut builder, input);
    let mut errors = lexed.errors;
    let mut warnings = lexed.warnings;
    let mut at_end = false;
    match result {
        Ok(body) => builder.ast.body = body,
        Err(error) => {
            let lexeme = lexed.tokens[position - 1];
            at_end = lexeme.token == Token::End;
            if lexeme.token != Token::Error {
                errors.push(describe(error, lexeme));
            }
        }
    }
    errors.append(&mut builder.errors);
    warnings.append(&mut builder.warnings);
    let outcome = if mode == Mode::Interactive && (lexed.ending != Ending::Complete || at_end) {
        Outcome::Incomplete
    } else if errors.is_empty() {
        let open_block = builder
            .ast
            .body
            .last()
            .is_some_and(|stmt| is_compound(&stmt.kind));
        Outcome::Tree {
            ast: builder.ast,
            open_block,
        }
    } else {
        errors.sort_by_key(|error| error.span.start);
        Outcome::Errors(errors)
    };
    Parsed { outcome, warnings }
}

fn is_compound(kind: &StmtKind) -> bool {
    matches!(
        kind,
        StmtKind::If { .. }
            | StmtKind::While { .. }
            | StmtKind::For(_)
            | StmtKind::Try(_)
            | StmtKind::With(_)
            | StmtKind::Match(_)
            | StmtKind::Function(_)
            | StmtKind::Class(_)
    )
}

fn describe(_error: ParseError<u32, Token, Diagnostic>, lexeme: Lexeme) -> Diagnostic {
    Diagnostic::error(
        "invalid-syntax",
        Span::new(lexeme.span.start, lexeme.span.end),
        "invalid syntax",
    )
}
