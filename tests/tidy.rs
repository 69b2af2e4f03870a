//! The architecture, executable: floors, unsafe inventory, one file per crate, file sizes.
//!
//! ARCHITECTURE.md says what these rules are for; this test says where they are broken.

use std::fs;
use std::path::{Path, PathBuf};

/// Floors, each a folder of `src/` or `src/front/`, with the floors it may name.
const FLOORS: &[(&str, &[&str])] = &[
    ("front/text", &["syntax"]),
    ("front/code", &[]),
    ("front/compile", &["syntax", "code"]),
    ("front/lint", &["syntax", "compile"]),
    ("plain", &[]),
    ("gc", &[]),
    ("rt", &[]),
    ("value", &["rt", "gc", "code", "plain"]),
    ("vm", &["value", "rt", "gc", "code", "plain"]),
    ("native", &["vm", "value", "rt", "gc", "code", "plain"]),
];

/// Folders and files that may say `unsafe`; ARCHITECTURE.md has the reason of each.
const UNSAFE: &[&str] = &[
    "src/gc/",
    "src/value/",
    "src/vm/",
    "src/plain/special.rs",
    "src/host/signals.rs",
    "src/host/descriptors.rs",
    "src/host/malloc.rs",
    "src/host/stack.rs",
    "src/host/terminal.rs",
];

/// Crates that one file alone may name, and that file.
const CRATES: &[(&str, &str)] = &[
    ("logos", "grammar/src/token.rs"),
    ("lalrpop_util", "grammar/src/parse.rs"),
    ("ariadne", "src/front/text/render.rs"),
    ("mio", "src/rt/poller.rs"),
    ("similar", "src/host/test/diff.rs"),
    ("corosensei", "src/vm/threads/fiber.rs"),
    ("rustyline", "src/host/repl/editor.rs"),
    ("httparse", "src/native/http/head.rs"),
    ("miniz_oxide", "src/plain/flate.rs"),
];

/// Lines above which a file must be asked whether it holds two things.
const CEILING: usize = 800;

fn files(dir: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(dir).expect("a folder").flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
}

/// Every Rust source of the three crates: path from the root, and text.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    files(&root.join("src"), "rs", &mut found);
    files(&root.join("grammar/src"), "rs", &mut found);
    found
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a readable source");
            let name = path.strip_prefix(root).expect("below the root");
            (name.to_string_lossy().replace('\\', "/"), text)
        })
        .collect()
}

/// The code of a source: comment lines left out.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(i, line)| (i + 1, line))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn report(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn floors_import_downwards_only() {
    let last = |path: &'static str| path.rsplit('/').next().expect("split yields one");
    let names: Vec<&str> =
        FLOORS.iter().map(|(path, _)| last(path)).chain(["host", "syntax"]).collect();
    let mut problems = Vec::new();
    for (path, text) in sources() {
        let Some(floor) = FLOORS.iter().find(|(name, _)| path.starts_with(&format!("src/{name}/")))
        else {
            continue;
        };
        for (line, source) in code(&text) {
            for part in source.split("crate::").skip(1) {
                let target: String =
                    part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let known = names.contains(&target.as_str());
                if known && target != last(floor.0) && !floor.1.contains(&target.as_str()) {
                    problems.push(format!("{path}:{line}: {} must not name {target}", floor.0));
                }
            }
        }
    }
    report(&problems);
}

#[test]
fn unsafe_stays_where_it_is_listed() {
    let mut problems = Vec::new();
    for (path, text) in sources() {
        if UNSAFE.iter().any(|allowed| path.starts_with(allowed)) {
            continue;
        }
        for (line, source) in code(&text) {
            let word = source.split(|c: char| !c.is_alphanumeric() && c != '_');
            if word.into_iter().any(|w| w == "unsafe") {
                problems.push(format!("{path}:{line}: unsafe outside its rooms"));
            }
        }
    }
    report(&problems);
}

#[test]
fn each_fixed_crate_is_named_in_one_file() {
    let mut problems = Vec::new();
    for (path, text) in sources() {
        for (name, home) in CRATES {
            if path == *home {
                continue;
            }
            for (line, source) in code(&text) {
                if source.contains(&format!("{name}::")) {
                    problems.push(format!("{path}:{line}: {name} belongs to {home}"));
                }
            }
        }
    }
    report(&problems);
}

#[test]
fn files_hold_one_thing() {
    let long = sources()
        .iter()
        .map(|(path, text)| (path.clone(), text.lines().count()))
        .filter(|(_, lines)| *lines > CEILING)
        .map(|(path, lines)| format!("{path}: {lines} lines"))
        .collect::<Vec<_>>();
    report(&long);
}

#[test]
fn files_say_what_they_hold() {
    let silent: Vec<String> = sources()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!"))
        .map(|(path, _)| format!("{path}: no header comment"))
        .collect();
    report(&silent);
}

#[test]
fn nothing_is_left_for_later() {
    let marks =
        [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("todo", "!"), concat!("dbg", "!")];
    let mut problems = Vec::new();
    for (path, text) in sources() {
        for (line, source) in text.lines().enumerate() {
            if marks.iter().any(|mark| source.contains(mark)) {
                problems.push(format!("{path}:{}: {}", line + 1, source.trim()));
            }
        }
    }
    report(&problems);
}

#[test]
fn no_test_hides_a_module() {
    // A script's folder is the first place that modules are looked for in.
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut scripts = Vec::new();
    files(&root.join("tests"), "sloop", &mut scripts);
    scripts.retain(|script| root.join("stdlib").join(script.file_name().expect("a file")).exists());
    assert!(scripts.is_empty(), "tests named as modules of the library: {scripts:?}");
}

#[test]
fn sizes_are_what_the_design_counts_on() {
    use sloop::gc::Header;
    use sloop::value::{Cell, Exception, Frame, Function, Instance, Str, Value};
    assert_eq!(size_of::<Value>(), 8);
    assert_eq!(size_of::<Header>(), 8);
    assert_eq!(size_of::<Cell>(), 16);
    assert_eq!(size_of::<Instance>(), 16);
    assert_eq!(size_of::<Str>(), 24);
    assert_eq!(size_of::<Frame>(), 56);
    assert_eq!(size_of::<Function>(), 56);
    assert!(size_of::<Exception>() <= 96);
}
