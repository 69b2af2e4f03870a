//! What wrong programs are told: each `errors/NAME.sloop` has its report in `NAME.err`.
//!
//! `BLESS=1 cargo test --test errors` writes the reports anew.

use sloop::syntax::{Mode, Outcome, parse};
use sloop::text::{Source, render};
use std::fs;
use std::path::Path;

#[test]
fn wrong_programs_are_explained() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/errors");
    let bless = std::env::var_os("BLESS").is_some();
    let mut failures = Vec::new();
    let mut seen = 0;
    for entry in fs::read_dir(&folder).expect("the folder is part of the sources") {
        let path = entry.expect("a readable folder").path();
        if path.extension().is_none_or(|extension| extension != "sloop") {
            continue;
        }
        let name = path.file_name().and_then(|name| name.to_str()).expect("a plain name");
        if name.starts_with("scope_") {
            continue; // the compiler's: see `compile.rs`
        }
        seen += 1;
        let text = fs::read_to_string(&path).expect("a readable file");
        let parsed = parse(&text, Mode::Module);
        let source = Source::new(name, text);
        let Outcome::Errors(errors) = parsed.outcome else {
            panic!("{name} has no syntax error");
        };
        let found = render(&source, &errors, false);
        let golden = path.with_extension("err");
        if bless {
            fs::write(&golden, &found).expect("a writable folder");
        } else if fs::read_to_string(&golden).unwrap_or_default() != found {
            failures.push(format!("{}\n{found}", golden.display()));
        }
    }
    assert!(seen >= 120, "only {seen} programs found");
    assert!(failures.is_empty(), "differ (BLESS=1 rewrites):\n{}", failures.join("\n"));
}
