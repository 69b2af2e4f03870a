//! Which tests there are: what is named, and what is found below named folders.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use super::expect::{self, Expected};
use super::markdown;
use super::names::names_of_tests;
use super::suite::{Job, Kind};
use crate::host::check;
use crate::host::loader::decode_text;
use crate::syntax::legible;

/// What stands beside a script that is a test.
const SIBLINGS: &[&str] = &["out", "err", "code", "in"];
const SCRIPTS: &[&str] = &["sloop", "py"];
const DOCUMENTS: &[&str] = &["md", "markdown"];
/// Folders that hold no tests of their own.
const LEFT_OUT: &[&str] = &["__pycache__", "node_modules"];

/// The tests of some paths in sorted order; `Err` names a path that is not there.
pub fn find(paths: &[PathBuf]) -> Result<Vec<Job>, String> {
    let mut files: BTreeMap<PathBuf, Wish> = BTreeMap::new();
    for path in paths {
        // One file is one test, however it is named.
        let path = match path.strip_prefix(".") {
            Ok(rest) if !rest.as_os_str().is_empty() => rest,
            _ => path.as_path(),
        };
        match std::fs::metadata(path) {
            Ok(data) if data.is_dir() => {
                let mut found = Vec::new();
                search(path, &mut HashSet::new(), &mut found)?;
                for file in found {
                    let wish = files.entry(file).or_insert(Wish::Found);
                    if matches!(wish, Wish::Parts(_)) {
                        *wish = Wish::Found;
                    }
                }
            }
            Ok(_) => drop(files.insert(path.to_owned(), Wish::Named)),
            Err(error) => {
                let Some((file, part)) = part(path) else {
                    return Err(format!("{}: {}", path.display(), reason(&error)));
                };
                if let Wish::Parts(parts) = files.entry(file).or_insert(Wish::Parts(Vec::new())) {
                    parts.push(part);
                }
            }
        }
    }
    let mut jobs: Vec<Job> = Vec::new();
    for (file, wish) in files {
        let found = in_file(&file, !matches!(wish, Wish::Found));
        match &wish {
            Wish::Found | Wish::Named => jobs.extend(found),
            Wish::Parts(parts) => jobs
                .extend(narrowed(found, parts).map_err(|part| {
                    format!("{}: there is no such test: {part}", file.display())
                })?),
        }
    }
    Ok(jobs)
}

/// What of a file is wanted.
enum Wish {
    /// All of it, if it is a test: it stands in a folder that was named.
    Found,
    /// All of it: it was named itself.
    Named,
    Parts(Vec<Part>),
}

enum Part {
    /// `FILE::NAME`, `FILE::CLASS::NAME`
    Function(String),
    /// `FILE:LINE`
    Line(usize),
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Part::Function(name) => write!(f, "{name}"),
            Part::Line(line) => write!(f, "line {line}"),
        }
    }
}

/// A part of a file that is there.
fn part(path: &Path) -> Option<(PathBuf, Part)> {
    let text = path.to_str()?;
    let (file, part) = match text.split_once("::") {
        Some((file, name)) => (file, Part::Function(name.to_owned())),
        None => {
            let (file, line) = text.rsplit_once(':')?;
            (file, Part::Line(line.parse().ok()?))
        }
    };
    Path::new(file).is_file().then(|| (PathBuf::from(file), part))
}

/// The parts of a file, in the order of the file; `Err` is one that is not there.
fn narrowed(jobs: Vec<Job>, parts: &[Part]) -> Result<Vec<Job>, String> {
    let mut met = vec![false; parts.len()];
    let mut wanted = |fits: &dyn Fn(&Part) -> bool| {
        let mut any = false;
        for (part, met) in parts.iter().zip(&mut met) {
            if fits(part) {
                (any, *met) = (true, true);
            }
        }
        any
    };
    let mut kept = Vec::new();
    for mut job in jobs {
        let keep = match &mut job.kind {
            Kind::Functions(names) => {
                names.retain(|name| {
                    wanted(&|part| matches!(part, Part::Function(n) if is_named(name, n)))
                });
                !names.is_empty()
            }
            Kind::Block(block, _) => {
                let lines = block.line..=block.line + block.code.lines().count() + 1;
                wanted(&|part| matches!(part, Part::Line(line) if lines.contains(line)))
            }
            Kind::Script | Kind::Broken(_) => false,
        };
        if keep {
            kept.push(job);
        }
    }
    match met.iter().position(|met| !met) {
        Some(at) => Err(parts[at].to_string()),
        None => Ok(kept),
    }
}

/// Methods of test cases are told with a dot, and may be asked for like other methods.
fn is_named(test: &str, asked: &str) -> bool {
    test == asked || test.replace('.', "::") == asked
}

fn search(
    folder: &Path,
    met: &mut HashSet<PathBuf>,
    found: &mut Vec<PathBuf>,
) -> Result<(), String> {
    // A link may lead back to where we come from.
    let wrong = |error| format!("{}: {}", folder.display(), reason(&error));
    if !met.insert(std::fs::canonicalize(folder).map_err(wrong)?) {
        return Ok(());
    }
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
        _ => check::reason(error),
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
    let text = match decode_text(&bytes) {
        Ok(text) => text,
        Err(_) => legible(&bytes).into_owned(),
    };
    let expected = expect::read(&text);
    let functions = if is_test_file(file) { names_of_tests(&text) } else { Vec::new() };
    let beside = SIBLINGS.iter().any(|ending| file.with_extension(ending).is_file());
    let mut jobs = Vec::new();
    let (directives, problems) = (expected.directives.clone(), expected.problems.clone());
    let is_wrong = functions.is_empty() && !expected.problems.is_empty();
    if expected.is_any() || beside || is_wrong || (named && functions.is_empty()) {
        jobs.push(job(Kind::Script, expected));
    }
    if !functions.is_empty() {
        let expected = Expected { directives, problems, ..Expected::default() };
        jobs.push(job(Kind::Functions(functions), expected));
    }
    jobs
}

fn is_test_file(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("test_"))
}
