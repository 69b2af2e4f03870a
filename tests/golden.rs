//! Runs the golden scripts with the built binary: `tests/lang`, `tests/lib`, `tests/async`,
//! `tests/hostile`, `examples`.
//!
//! A script is a test when at least one of these stands beside it: `.out` (standard output),
//! `.err` (standard error), `.code` (exit status, else 0). `.in` is its standard input.
//! `SLOOP_GC_STRESS=1` reaches the binary by itself. `BLESS=1` writes `.out` and `.code` anew as
//! CPython has them (`PYTHON` says which, else `python3.13`) and `.err` as Sloop has it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const FOLDERS: &[&str] = &["tests/lang", "tests/lib", "tests/async", "examples", HOSTILE];
/// What CPython makes of these takes hours or ends in a crash: `BLESS` leaves them alone.
const HOSTILE: &str = "tests/hostile";
/// Left out under stress, where each would take from half a minute to hours.
const HEAVY: &[&str] = &[
    "classes_odd.sloop",
    "data_deep.sloop",
    "data_drop.sloop",
    "exceptions_deep.sloop",
    "hash_flood.sloop",
    "hostile_nesting.sloop",
    "iterators_deep.sloop",
    "json_module.sloop",
    "mutate_bytearray.sloop",
    "mutate_dict.sloop",
    "mutate_list.sloop",
    "mutate_set.sloop",
    "objects_bare.sloop",
    "recursion_limits.sloop",
    "recursion_methods.sloop",
    "recursion_places.sloop",
    "reentry.sloop",
    "schedules.sloop",
    "source_chains.sloop",
    "source_functions.sloop",
    "source_statements.sloop",
];
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn golden() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut scripts = Vec::new();
    for folder in FOLDERS {
        collect(&root.join(folder), &mut scripts);
    }
    if std::env::var_os("SLOOP_GC_STRESS").is_some() {
        // Deep data times a collection at every safepoint would take minutes.
        scripts.retain(|script| !HEAVY.iter().any(|name| script.ends_with(name)));
    }
    scripts.sort();
    let bless = std::env::var_os("BLESS").is_some_and(|value| value != "0");
    let failures = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(script) = scripts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if bless {
                        if !script.starts_with(root.join(HOSTILE)) {
                            rewrite(script);
                        }
                    } else if let Err(report) = check(script) {
                        failures.lock().expect("no worker panics").push((script, report));
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().expect("no worker panics");
    failures.sort();
    for (script, report) in &failures {
        let shown = script.strip_prefix(root).unwrap_or(script).display();
        eprintln!("---- {shown}\n{report}rerun: cargo run -q -- {shown}\n");
    }
    assert!(failures.is_empty(), "{} of {} scripts failed", failures.len(), scripts.len());
}

fn collect(folder: &Path, scripts: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            collect(&path, scripts);
        } else if path.extension().is_some_and(|ending| ending == "sloop")
            && ["out", "err", "code"].iter().any(|ending| path.with_extension(ending).exists())
        {
            scripts.push(path);
        }
    }
}

/// Runs a script in its own folder.
fn run(program: &str, script: &Path) -> Result<Output, String> {
    let mut command = Command::new(program);
    command
        .arg(script.file_name().expect("scripts have names"))
        .current_dir(script.parent().expect("scripts are in folders"))
        .env("NO_COLOR", "1")
        .env("TZ", "UTC")
        .env("PYTHONHASHSEED", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("{program}: {error}\n"))?;
    let input = fs::read(script.with_extension("in")).unwrap_or_default();
    let mut stdin = child.stdin.take().expect("it is piped");
    let readers = [
        reader(child.stdout.take().expect("it is piped")),
        reader(child.stderr.take().expect("it is piped")),
    ];
    // A script need not read what it is given.
    let _ = stdin.write_all(&input);
    drop(stdin);
    let start = Instant::now();
    let status = loop {
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(status) => break status,
            None if start.elapsed() > PATIENCE => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("did not end within {PATIENCE:?}\n"));
            }
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    let [stdout, stderr] = readers.map(|reader| reader.join().unwrap_or_default());
    Ok(Output { status, stdout, stderr })
}

fn reader(mut from: impl std::io::Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut data = Vec::new();
        let _ = from.read_to_end(&mut data);
        data
    })
}

/// Standard error without the folder that the scripts are in.
fn portable(script: &Path, text: &[u8]) -> String {
    let folder = format!("{}/", script.parent().expect("scripts are in folders").display());
    String::from_utf8_lossy(text).replace(&folder, "")
}

fn check(script: &Path) -> Result<(), String> {
    let output = run(env!("CARGO_BIN_EXE_sloop"), script)?;
    let expected = |ending: &str| fs::read_to_string(script.with_extension(ending)).ok();
    let mut report = String::new();
    let stderr = portable(script, &output.stderr);
    if let Some(out) = expected("out") {
        compare("standard output", &out, &String::from_utf8_lossy(&output.stdout), &mut report);
    }
    match expected("err") {
        Some(err) => compare("standard error", &err, &stderr, &mut report),
        None if !report.is_empty() || !output.status.success() => report.push_str(&stderr),
        None => {}
    }
    let code = output.status.code().unwrap_or(-1);
    let wanted = expected("code").and_then(|text| text.trim().parse().ok()).unwrap_or(0);
    if code != wanted {
        report.push_str(&format!("exit status {code} instead of {wanted}\n"));
        if !report.contains(&stderr) {
            report.push_str(&stderr);
        }
    }
    if report.is_empty() { Ok(()) } else { Err(report) }
}

/// Reports the lines around the first difference.
fn compare(what: &str, expected: &str, found: &str, report: &mut String) {
    if expected == found {
        return;
    }
    let (wanted, got): (Vec<&str>, Vec<&str>) =
        (expected.split('\n').collect(), found.split('\n').collect());
    let same = wanted.iter().zip(&got).take_while(|(a, b)| a == b).count();
    report.push_str(&format!("{what} differs at line {}:\n", same + 1));
    for line in &wanted[same.saturating_sub(2)..same] {
        report.push_str(&format!("    {line}\n"));
    }
    for (sign, lines) in [('-', &wanted), ('+', &got)] {
        for line in lines.iter().skip(same).take(4) {
            report.push_str(&format!("  {sign} {line}\n"));
        }
    }
}

fn rewrite(script: &Path) {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3.13".into());
    let ours = run(env!("CARGO_BIN_EXE_sloop"), script).expect("the binary runs");
    let theirs = run(&python, script).expect("BLESS needs CPython: say where with PYTHON");
    let put = |ending: &str, data: &[u8]| {
        fs::write(script.with_extension(ending), data).expect("tests can be written");
    };
    if script.with_extension("out").exists() {
        put("out", &theirs.stdout);
    }
    if script.with_extension("err").exists() {
        put("err", portable(script, &ours.stderr).as_bytes());
    }
    if let Some(code) = theirs.status.code().filter(|&code| code != 0) {
        put("code", format!("{code}\n").as_bytes());
    }
}
