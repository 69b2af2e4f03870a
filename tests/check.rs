//! `sloop check` and `sloop explain`: `check/NAME.sloop` has its findings in `NAME.found`, every
//! example of the table is what it says, and `docs/checks.md` is what the table makes of it.
//!
//! `BLESS=1 cargo test --test check` writes findings and page anew.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sloop::lint::table::{self, Class};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn blessing() -> bool {
    std::env::var_os("BLESS").is_some()
}

fn sloop(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sloop"))
        .args(args)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .expect("sloop runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// What was found, and the status.
fn check(folder: &Path, args: &[&str]) -> (String, Option<i32>) {
    let output = sloop(folder, &[&["check"], args].concat());
    (text(&output.stdout), output.status.code())
}

/// A folder for one test.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>) {
    fs::write(folder.join(name), text).expect("a writable folder");
}

#[test]
fn findings() {
    let folder = root().join("tests/check");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .expect("the folder is part of the sources")
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.ends_with(".sloop"))
        .collect();
    names.sort();
    assert!(names.len() >= 14, "only {} programs found", names.len());
    let mut failures = String::new();
    for name in names {
        let (found, status) = check(&folder, &["--format", "plain", &name]);
        assert_eq!(status, Some(i32::from(!found.is_empty())), "{name}");
        let golden = folder.join(&name).with_extension("found");
        if blessing() {
            fs::write(&golden, found).expect("a writable folder");
        } else if fs::read_to_string(&golden).unwrap_or_default() != found {
            let _ = writeln!(failures, "{}\n{found}", golden.display());
        }
    }
    assert!(failures.is_empty(), "differ (BLESS=1 rewrites):\n{failures}");
}

/// The wrong example has the finding and no other, the right one none.
#[test]
fn examples() {
    let folder = scratch("examples");
    for row in table::rows() {
        for (kind, example) in [("right", row.right), ("wrong", row.wrong)] {
            if !example.is_empty() {
                write(&folder, &format!("{}.{kind}.sloop", row.code), example);
            }
        }
    }
    let (found, _) = check(&folder, &["--format", "plain"]);
    let mut problems = String::new();
    for row in table::rows() {
        let lines = |kind: &str| {
            let start = format!("{}.{kind}.sloop:", row.code);
            found.lines().filter(|line| line.starts_with(&start)).collect::<Vec<_>>()
        };
        let this = format!("[{}]", row.code);
        let wrong = lines("wrong");
        let good = !wrong.is_empty() && wrong.iter().all(|line| line.contains(&this));
        if !row.wrong.is_empty() && !good {
            let _ = writeln!(problems, "{} is not the only finding: {wrong:#?}", row.code);
        }
        let right = lines("right");
        if !right.is_empty() {
            let _ = writeln!(problems, "{} is not right: {right:#?}", row.code);
        }
        let known = match row.class {
            Class::Error => "error",
            Class::Old => "advice",
            _ => "warning",
        };
        let idle = row.code == "idle-ignore";
        if !idle && wrong.iter().any(|line| !line.contains(&format!(" {known}["))) {
            let _ = writeln!(problems, "{} is no {known}: {wrong:#?}", row.code);
        }
    }
    assert!(problems.is_empty(), "{problems}");
}

/// Words in quotes that look like a code: `missing-colon`.
fn quoted_words(text: &str) -> Vec<String> {
    let is_code = |word: &&str| {
        word.contains('-')
            && word
                .split('-')
                .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase()))
    };
    text.split('"').skip(1).step_by(2).filter(is_code).map(str::to_owned).collect()
}

/// Every code of the front end is in the table, and what is in the table exists.
#[test]
fn the_table_is_complete() {
    let no_codes = ["us-ascii"];
    let mut used = String::new();
    let mut problems = Vec::new();
    for folder in ["grammar/src", "grammar/src/builder", "grammar/src/layout", "src/front/compile"]
    {
        for entry in fs::read_dir(root().join(folder)).expect("sources").flatten() {
            let path = entry.path();
            if path.is_dir() || path.ends_with("dump.rs") {
                continue;
            }
            let text = fs::read_to_string(&path).expect("a readable source");
            for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
                for word in quoted_words(line) {
                    if table::find(&word).is_none() && !no_codes.contains(&&*word) {
                        problems.push(format!("{}: {word} is not in the table", path.display()));
                    }
                }
            }
            used += &text;
        }
    }
    for folder in ["src/front/lint", "src/host/check"] {
        for entry in fs::read_dir(root().join(folder)).expect("sources").flatten() {
            let is_table = entry.file_name().to_string_lossy().starts_with("table");
            if !is_table && entry.path().is_file() {
                used += &fs::read_to_string(entry.path()).expect("a readable source");
            }
        }
    }
    let mut seen = Vec::new();
    for row in table::rows() {
        if !used.contains(&format!("\"{}\"", row.code)) {
            problems.push(format!("{} is in the table, and nothing finds it", row.code));
        }
        if seen.contains(&row.code) {
            problems.push(format!("{} is in the table twice", row.code));
        }
        seen.push(row.code);
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

/// `docs/checks.md` is made from the table.
#[test]
fn the_page_is_the_table() {
    let mut page = String::from(
        "# What `sloop check` finds\n\n\
         `sloop explain CODE` prints any of these. `# sloop: ignore[CODE]` at the end of a line \
         silences a finding\nthere, unless it is an error. This page is made from the table in \
         `src/front/lint`; its examples are tested.\n",
    );
    for class in Class::ALL {
        let _ = writeln!(page, "\n## {}", class.title());
        for row in table::rows().filter(|row| row.class == class) {
            let _ = writeln!(page, "\n### {}\n\n{}.\n{}", row.code, upper(row.summary), row.why);
            if !row.wrong.is_empty() {
                let _ = writeln!(page, "\n```python\n{}\n```", table::shown(row.wrong));
            }
            if !row.right.is_empty() {
                let _ = writeln!(page, "\nRight:\n\n```python\n{}\n```", table::shown(row.right));
            }
        }
    }
    let path = root().join("docs/checks.md");
    if blessing() {
        fs::write(&path, page).expect("a writable folder");
    } else {
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(found == page, "docs/checks.md is not what the table says: BLESS=1 rewrites it");
    }
}

fn upper(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + chars.as_str()
}

/// What people have written on purpose is told nothing.
#[test]
fn no_false_alarm() {
    let (found, _) = check(&root(), &["--format", "plain", "examples", "stdlib"]);
    // The prelude is made of several files that see each other's names.
    let other = |line: &&str| !line.starts_with("stdlib/prelude");
    assert_eq!(found.lines().filter(other).collect::<Vec<_>>(), Vec::<&str>::new());
}

const DROPPED: &str = "async def work():\n    return 'é'\n\nasync def main():\n    \
                       work()\n    print('done')\n\nawait main()\n";

#[test]
fn formats() {
    let folder = scratch("formats");
    write(&folder, "a,b:c.sloop", DROPPED);
    write(&folder, "b.py", "x = (1,\n");
    let (json, status) = check(&folder, &["--format", "json"]);
    assert_eq!(status, Some(1));
    assert_eq!(
        json.lines().nth(1),
        Some(
            "  {\"code\": \"missing-await\", \"severity\": \"warning\", \"message\": \"`work()` is \
             never awaited\", \"file\": \"a,b:c.sloop\", \"line\": 5, \"column\": 5, \"end_line\": \
             5, \"end_column\": 11, \"help\": \"await it: `await work()`\", \"fix\": {\"safe\": \
             true, \"edits\": [{\"line\": 5, \"column\": 5, \"end_line\": 5, \"end_column\": 5, \
             \"text\": \"await \"}]}},"
        )
    );
    assert!(json.starts_with("[\n") && json.ends_with("\n]\n"), "{json}");
    let (github, _) = check(&folder, &["--format=github"]);
    assert_eq!(
        github,
        "::warning file=a%2Cb%3Ac.sloop,line=5,col=5,endColumn=11,title=missing-await::`work()` is \
         never awaited; await it: `await work()`\n\
         ::error file=b.py,line=1,col=5,endColumn=6,title=never-closed::'(' was never closed\n"
    );
    let (human, _) = check(&folder, &["."]);
    assert!(human.contains("this makes a coroutine and drops it"), "{human}");
    assert!(
        human.ends_with(
            "2 findings in 2 files; --fix takes care of 1\n`sloop explain CODE` says more\n"
        ),
        "{human}"
    );
    let clean = scratch("clean");
    write(&clean, "a.sloop", "print(1)\n");
    assert_eq!(check(&clean, &["--format", "json"]), ("[]\n".into(), Some(0)));
    assert_eq!(check(&clean, &["--format", "plain"]), (String::new(), Some(0)));
    assert_eq!(check(&clean, &[]), ("nothing found in 1 file\n".into(), Some(0)));
    assert_eq!(check(&clean, &["--format", "xml"]).1, Some(2));
}

#[test]
fn names_that_were_meant() {
    let folder = scratch("check-meant");
    let program = "this.x = null\npritn(true, Flase)\nrandom.choice([])\ntry: pass\n\
                   except ValueError, error: pass\n";
    write(&folder, "meant.sloop", program);
    let (found, _) = check(&folder, &["meant.sloop"]);
    let help: Vec<&str> =
        found.lines().filter_map(|l| l.split_once("Help: ").map(|h| h.1)).collect();
    let wanted = [
        "a method takes its object as the first parameter, `self`",
        "the value for nothing is `None`",
        "did you mean `print`?",
        "write `True`",
        "did you mean `False`?",
        "write `import random` above",
        "to name the exception write `as error`",
    ];
    assert_eq!(help, wanted, "{found}");
}

#[test]
fn fixes() {
    let folder = scratch("fixes");
    let wrong = "\u{FEFF}import asyncio\r\n\r\nasync def work(n=1):\r\n    return n\r\n\r\n\
                 async def main(lock: asyncio.Lock):\r\n    work()\r\n    print(work().real, \
                 work(work()))\r\n    with lock:\r\n        if work(): pass\r\n    await work\r\n    \
                 asyncio.run(work(2))\r\n    await asyncio.sleep(1, loop=None)\r\n";
    let right = "\u{FEFF}import asyncio\r\n\r\nasync def work(n=1):\r\n    return n\r\n\r\n\
                 async def main(lock: asyncio.Lock):\r\n    await work()\r\n    print((await \
                 work()).real, await work(work()))\r\n    async with lock:\r\n        if await work(): \
                 pass\r\n    await work()\r\n    await work(2)\r\n    await asyncio.sleep(1)\r\n";
    write(&folder, "a.sloop", wrong);
    write(
        &folder,
        "old.py",
        "import asyncio\n\nclass C:\n    @asyncio.coroutine\n    def old(self):  # so\n        x = \
         yield from asyncio.sleep(1)\n        return x\n",
    );
    write(&folder, "top.sloop", "async def work():\n    pass\n\nwork()\n");
    let (left, status) = check(&folder, &["--fix", "--format", "plain"]);
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("a file");
    assert_eq!(read("a.sloop"), right);
    assert_eq!(
        read("old.py"),
        "import asyncio\n\nclass C:\n    async def old(self):  # so\n        x = await \
         asyncio.sleep(1)\n        return x\n"
    );
    // What may be meant otherwise is left alone.
    assert_eq!(left, "top.sloop:4:1: warning[missing-await]: `work()` is never awaited\n");
    assert_eq!(status, Some(1));
    // A second run finds nothing to do.
    let before = read("a.sloop");
    check(&folder, &["--fix"]);
    assert_eq!(read("a.sloop"), before);
    assert_eq!(check(&folder, &["--fix", "-"]).1, Some(2));
}

#[test]
fn strange_files() {
    let folder = scratch("strange");
    write(&folder, "latin.py", b"# coding: latin-1\nx = 1 is 1 # \xe9\n");
    write(&folder, "broken.py", b"x = 1\ny = '\xff'\n");
    write(&folder, "nul.py", b"x = 1\0\n");
    write(&folder, "empty.py", b"");
    write(&folder, "marked.py", b"\xEF\xBB\xBFx = 1 is 1\n");
    write(&folder, "notes.txt", b"x = (\n");
    fs::create_dir_all(folder.join(".hidden/deep.py")).expect("a folder");
    write(&folder, ".hidden/a.py", "x = (\n");
    std::os::unix::fs::symlink("..", folder.join("loop.py")).expect("a link");
    std::os::unix::fs::symlink("gone", folder.join("gone.py")).expect("a link");
    let (found, status) = check(&folder, &["--format", "plain"]);
    let places: Vec<&str> =
        found.lines().map(|line| line.split_once("]").map_or(line, |(place, _)| place)).collect();
    assert_eq!(
        places,
        [
            "broken.py:2:6: error[bad-encoding",
            "latin.py:2:5: warning[is-literal",
            "marked.py:1:5: warning[is-literal",
            "nul.py:1:6: error[null-byte",
        ]
    );
    assert_eq!(status, Some(1));
    // A file that is named is checked whatever it is called, each once.
    let twice = ["--format", "plain", "notes.txt", "notes.txt"];
    assert_eq!(check(&folder, &twice).0.lines().count(), 1);
    let output = sloop(&folder, &["check", "no/such/file.py", "gone.py", "empty.py"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        text(&output.stderr),
        "sloop check: can't open 'no/such/file.py': No such file or directory\n\
         sloop check: can't open 'gone.py': No such file or directory\n"
    );
    let (found, status) = check(&folder, &["--format", "plain", "/proc/self/mem"]);
    assert!(found.starts_with("/proc/self/mem:1:1: error[unreadable]: "), "{found}");
    assert_eq!(status, Some(1));
}

#[test]
fn explanations() {
    let folder = root();
    let output = sloop(&folder, &["explain", "missing-await"]);
    let shown = text(&output.stdout);
    assert!(shown.starts_with("missing-await: a coroutine is made and not awaited\n\n"), "{shown}");
    assert!(shown.contains("\nWrong:\n\n    async def ready():\n"), "{shown}");
    let list = text(&sloop(&folder, &["explain"]).stdout);
    assert!(table::rows().all(|row| list.contains(&format!("\n  {} ", row.code))), "{list}");
    let unknown = sloop(&folder, &["explain", "mising-await"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("did you mean missing-await?"));
}

/// What is certainly wrong is told once before the program runs, and only that.
#[test]
fn warnings_at_the_start() {
    let folder = scratch("runs");
    write(&folder, "run.sloop", DROPPED);
    let output = sloop(&folder, &["run.sloop"]);
    let errors = text(&output.stderr);
    assert_eq!(text(&output.stdout), "done\n");
    assert!(errors.starts_with("[missing-await] Warning: `work()` is never awaited\n"), "{errors}");
    assert_eq!(errors.matches("[missing-await]").count(), 1, "{errors}");
    let silenced =
        DROPPED.replace("work()\n    print", "work()  # sloop: ignore[missing-await]\n    print");
    write(&folder, "silent.sloop", silenced);
    let errors = text(&sloop(&folder, &["silent.sloop"]).stderr);
    assert!(!errors.contains("Warning: `work()`"), "{errors}");
    write(
        &folder,
        "risky.sloop",
        "import asyncio\nasync def f():\n    asyncio.create_task(f())\nx = undefined if 0 else 1\n",
    );
    assert_eq!(text(&sloop(&folder, &["risky.sloop"]).stderr), "");
}
