//! What people are told of tasks on stderr, and how the program ends: each `reports/NAME.sloop`
//! has its stderr and exit code in `NAME.err`. A first line `# options: …` is for the command line.
//!
//! `BLESS=1 cargo test --test reports` writes them anew.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Lines of the library are not this test's business.
fn without_number(line: &str) -> String {
    match line.split_once("\", line ") {
        Some((file, rest)) if file.contains("<sloop>/") => {
            format!("{file}\", line N{}", rest.trim_start_matches(|c: char| c.is_ascii_digit()))
        }
        _ => line.to_owned(),
    }
}

#[test]
fn people_are_told() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reports");
    let bless = std::env::var_os("BLESS").is_some();
    let mut names: Vec<_> = fs::read_dir(&folder)
        .expect("the folder is part of the sources")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sloop"))
        .collect();
    names.sort();
    let mut failures = Vec::new();
    for path in &names {
        let text = fs::read_to_string(path).expect("a readable file");
        let first = text.lines().next().unwrap_or_default();
        let options = first.strip_prefix("# options: ").unwrap_or_default();
        let name = path.file_name().expect("a file");
        let output = Command::new(env!("CARGO_BIN_EXE_sloop"))
            .current_dir(&folder)
            .args(options.split_whitespace())
            .arg(name)
            .output()
            .expect("the binary starts");
        let folder = format!("{}/", folder.display());
        let said = String::from_utf8_lossy(&output.stderr).replace(&folder, "");
        let said: String = said.lines().map(|line| without_number(line) + "\n").collect();
        let printed = String::from_utf8_lossy(&output.stdout);
        let code = output.status.code();
        let found = format!("{printed}---- stderr\n{said}---- exit {code:?}\n");
        let golden = path.with_extension("err");
        if bless {
            fs::write(&golden, &found).expect("a writable folder");
        } else if fs::read_to_string(&golden).unwrap_or_default() != found {
            failures.push(format!("{}\n{found}", golden.display()));
        }
    }
    assert!(names.len() >= 10, "only {} programs found", names.len());
    assert!(failures.is_empty(), "differ (BLESS=1 rewrites):\n{}", failures.join("\n"));
}
