//! Which tests there are: what is named, and what is found below named folders.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::expect::{self, Expected};
use super::markdown;
use super::suite::{Job, Kind};
use crate::syntax::ast::{Ast, Stmt, StmtKind};
use crate::syntax::{Mode, Outcome, decode_source, parse};

/// What stands beside a script that is a test.
const SIBLINGS: &[&str] = &["out", "err", "code", "in"];
const SCRIPTS: &[&str] = &["sloop", "py"];
const DOCUMENTS: &[&str] = &["md", "markdown"];
/// Folders that hold no tests of their own.
const LEFT_OUT: &[&str] = &["__pycache__", "node_modules"];

/// The tests of some paths in sorted order; `Err` names a path that is not there.
pub fn find(paths: &[PathBuf]) -> Result<Vec<Job>, String> {
    let mut files: Vec<(PathBuf, Option<Wish>)> = Vec::new();
    for path in paths {
        match std::fs::metadata(path) {
            Ok(data) if data.is_dir() => {
                let mut met = HashSet::new();
                let mut found = Vec::new();
                search(path, &mut met, &mut found)?;
                files.extend(found.into_iter().map(|file| (file, None)));
            }
            Ok(_) => files.push((path.clone(), Some(Wish::All))),
            Err(error) => match part(path) {
                Some((file, wish)) => files.push((file, Some(wish))),
                None => return Err(format!("{}: {}", path.display(), reason(&error))),
            },
        }
    }
    // A file that is found and named counts as named.
    files.sort_by(|a, b| (&a.0, a.1.is_none()).cmp(&(&b.0, b.1.is_none())));
    let mut jobs: Vec<Job> = Vec::new();
    let mut last: Option<(PathBuf, bool)> = None;
    for (file, wish) in files {
        let whole = matches!(wish, None | Some(Wish::All));
        if last.as_ref().is_some_and(|(other, all)| *other == file && (*all || wish.is_none())) {
            continue;
        }
        let mut found = in_file(&file, wish.is_some());
        if let Some(wish) = &wish {
            found = narrowed(found, wish);
            if found.is_empty() && !whole {
                return Err(format!("{}: there is no such test", file.display()));
            }
        }
        jobs.extend(found);
        last = Some((file, whole));
    }
    Ok(jobs)
}

/// What of a file is wanted.
enum Wish {
    All,
    /// `FILE::NAME`
    Function(String),
    /// `FILE:LINE`
    Line(usize),
}

/// A part of a file that is there.
fn part(path: &Path) -> Option<(PathBuf, Wish)> {
    let text = path.to_str()?;
    let (file, wish) = match text.rsplit_once("::") {
        Some((file, name)) => (file, Wish::Function(name.to_owned())),
        None => {
            let (file, line) = text.rsplit_once(':')?;
            (file, Wish::Line(line.parse().ok()?))
        }
    };
    Path::new(file).is_file().then(|| (PathBuf::from(file), wish))
}

fn narrowed(jobs: Vec<Job>, wish: &Wish) -> Vec<Job> {
    let fits = |mut job: Job| match (wish, &mut job.kind) {
        (Wish::All, _) => Some(job),
        (Wish::Function(wanted), Kind::Functions(names)) => {
            names.retain(|name| name == wanted);
            (!names.is_empty()).then_some(job)
        }
        (Wish::Line(line), Kind::Block(block, _)) => (block.line == *line).then_some(job),
        _ => None,
    };
    jobs.into_iter().filter_map(fits).collect()
}

fn search(
    folder: &Path,
    met: &mut HashSet<PathBuf>,
    found: &mut Vec<PathBuf>,
) -> Result<(), String> {
    // A link may lead back to where we come from.
    let real = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    if !met.insert(real) {
        return Ok(());
    }
    let wrong = |error| format!("{}: {}", folder.display(), reason(&error));
    let entries = std::fs::read_dir(folder).map_err(wrong)?;
    for entry in entries {
        let entry = entry.map_err(wrong)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') || LEFT_OUT.contains(&&*name) {
            continue;
        }
        let path = if folder == Path::new(".") { entry.file_name().into() } else { entry.path() };
        if path.is_dir() {
            search(&path, met, found)?;
        } else if has_ending(&path, SCRIPTS) || has_ending(&path, DOCUMENTS) {
            found.push(path);
        }
    }
    Ok(())
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    path.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known))
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file or folder".into(),
        _ => error.to_string(),
    }
}

/// The tests of a file; a script that is none is run all the same if it was named.
fn in_file(file: &Path, named: bool) -> Vec<Job> {
    let shown = file.to_string_lossy();
    let shown = shown.strip_prefix("./").unwrap_or(&shown).to_owned();
    let job = |kind, expected| {
        let (shown, file) = (shown.clone(), file.to_owned());
        Job { shown, file, kind, expected, named }
    };
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) => return vec![job(Kind::Broken(reason(&error)), Expected::default())],
    };
    if has_ending(file, DOCUMENTS) {
        let blocks = markdown::blocks(&String::from_utf8_lossy(&bytes));
        return blocks
            .into_iter()
            .enumerate()
            .map(|(nth, block)| {
                let expected = expect::read(&block.program());
                job(Kind::Block(block, nth), expected)
            })
            .collect();
    }
    let text = match decode_source(&bytes) {
        Ok(text) => text,
        Err(_) => String::from_utf8_lossy(&bytes).into_owned(),
    };
    let expected = expect::read(&text);
    let functions = if is_test_file(file) { functions(&text) } else { Vec::new() };
    let beside = SIBLINGS.iter().any(|ending| file.with_extension(ending).is_file());
    let mut jobs = Vec::new();
    let directives = expected.directives.clone();
    if expected.is_any() || beside || (named && functions.is_empty()) {
        jobs.push(job(Kind::Script, expected));
    }
    if !functions.is_empty() {
        let expected = Expected { directives, ..Expected::default() };
        jobs.push(job(Kind::Functions(functions), expected));
    }
    jobs
}

fn is_test_file(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("test_"))
}

/// The names of the test functions of a text, in their order. A text that is no program has none,
/// unless it looks as if it should: then the failure to load it is told for those.
fn functions(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    match parse(text, Mode::Module).outcome {
        Outcome::Tree { ast, .. } => defined(&ast, &ast.body, &mut names),
        _ => {
            let lines = text.lines().map(|line| line.strip_prefix("async ").unwrap_or(line));
            let heads = lines.filter_map(|line| line.strip_prefix("def ")?.split_once('('));
            names.extend(heads.map(|(name, _)| name.trim().to_owned()));
        }
    }
    names.retain(|name| name.starts_with("test_"));
    let mut met = HashSet::new();
    names.retain(|name| met.insert(name.clone()));
    names
}

/// Functions that are defined when the module is: in the open, or in a branch.
fn defined(ast: &Ast, body: &[Stmt], names: &mut Vec<String>) {
    for stmt in body {
        match &stmt.kind {
            StmtKind::Function(function) => names.push(ast.name(function.name.name).to_owned()),
            StmtKind::If(branching) => {
                for branch in &branching.branches {
                    defined(ast, &branch.body, names);
                }
                defined(ast, &branching.orelse, names);
            }
            StmtKind::Try(attempt) => {
                defined(ast, &attempt.body, names);
                for handler in &attempt.handlers {
                    defined(ast, &handler.body, names);
                }
                defined(ast, &attempt.orelse, names);
            }
            _ => {}
        }
    }
}
