//! The tests that a text defines: functions, methods of classes whose names say so, and methods of
//! classes that are test cases.
//!
//! It is read, not run: a class is a test case if one of its bases is called so, or is one and
//! defined in the same text.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::syntax::ast::{Argument, Ast, Class, Expr, Stmt, StmtKind};
use crate::syntax::{Mode, Outcome, parse};

/// What the names of classes end with that tests derive from: `unittest.TestCase`,
/// `IsolatedAsyncioTestCase`.
const BASE: &str = "TestCase";

/// The names of the tests of a text, in their order: functions as they stand and `Class::method` of plain
/// classes, then `Class.method` of test cases. A text that is no program has none, unless it looks as if it should: then the
/// failure to load it is told for those.
pub fn names_of_tests(text: &str) -> Vec<String> {
    let mut found = Found::default();
    match parse(text, Mode::Module).outcome {
        Outcome::Tree { ast, .. } => found.body(&ast, &ast.body),
        _ => {
            let lines = text.lines().map(|line| line.strip_prefix("async ").unwrap_or(line));
            let heads = lines.filter_map(|line| line.strip_prefix("def ")?.split_once('('));
            found.names.extend(heads.map(|(name, _)| name.trim().to_owned()));
        }
    }
    found.names.retain(|name| name.rsplit("::").next().is_some_and(|n| n.starts_with("test_")));
    found.names.extend(found.methods);
    let mut met = HashSet::new();
    found.names.retain(|name| met.insert(name.clone()));
    found.names
}

#[derive(Default)]
struct Found {
    names: Vec<String>,
    methods: Vec<String>,
    classes: HashMap<String, Members>,
}

#[derive(Clone, Default)]
struct Members {
    is_case: bool,
    tests: BTreeSet<String>,
}

impl Found {
    /// What is defined when the module is: in the open, or in a branch.
    fn body(&mut self, ast: &Ast, body: &[Stmt]) {
        for stmt in body {
            match &stmt.kind {
                StmtKind::Function(function) => {
                    self.names.push(ast.name(function.name.name).to_owned());
                }
                StmtKind::Class(class) => self.class(ast, class),
                StmtKind::If(branching) => {
                    for branch in &branching.branches {
                        self.body(ast, &branch.body);
                    }
                    self.body(ast, &branching.orelse);
                }
                StmtKind::Try(attempt) => {
                    self.body(ast, &attempt.body);
                    for handler in &attempt.handlers {
                        self.body(ast, &handler.body);
                    }
                    self.body(ast, &attempt.orelse);
                }
                _ => {}
            }
        }
    }

    fn class(&mut self, ast: &Ast, class: &Class) {
        let mut members = Members::default();
        for argument in &class.arguments {
            let Argument::Positional(base) = argument else { continue };
            match ast.expr(*base) {
                Expr::Name(name) => {
                    let name = ast.name(*name);
                    members.is_case |= name.ends_with(BASE);
                    if let Some(base) = self.classes.get(name) {
                        members.is_case |= base.is_case;
                        members.tests.extend(base.tests.iter().cloned());
                    }
                }
                Expr::Attribute(_, name) => {
                    members.is_case |= ast.name(name.name).ends_with(BASE);
                }
                _ => {}
            }
        }
        let name = ast.name(class.name.name);
        let is_plain = !members.is_case && name.starts_with("Test");
        for stmt in &class.body {
            let StmtKind::Function(function) = &stmt.kind else { continue };
            let method = ast.name(function.name.name);
            if method.starts_with("test") {
                members.tests.insert(method.to_owned());
            }
            if is_plain {
                self.names.push(format!("{name}::{method}"));
            }
        }
        if members.is_case {
            self.methods.extend(members.tests.iter().map(|test| format!("{name}.{test}")));
        }
        self.classes.insert(name.to_owned(), members);
    }
}
