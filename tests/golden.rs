//! Runs the golden scripts with the built binary, by the code behind `sloop test`: `tests/lang`,
//! `tests/lib`, `tests/async`, `tests/hostile` as CPython would run them, `examples` and the
//! documents as a user's tests, in virtual time and with a look for what is lost.
//!
//! A script is a test when at least one of these stands beside it: `.out` (standard output),
//! `.err` (standard error), `.code` (exit status, else 0). `.in` is its standard input.
//! `SLOOP_GC_STRESS=1` reaches the binary by itself. `BLESS=1` writes `.out` and `.code` anew as
//! CPython has them (`PYTHON` says which, else `python3.13`) and `.err` as Sloop has it; what Sloop
//! alone can run (examples, documents) is blessed by `sloop test --bless`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use sloop::host::test::{Look, Settings, run};

const FOLDERS: &[&str] = &["tests/lang", "tests/lib", "tests/async", HOSTILE];
/// What CPython makes of these takes hours or ends in a crash: `BLESS` leaves them alone.
const HOSTILE: &str = "tests/hostile";
/// Tests of what a user has: examples, and the snippets of documents.
const USERS: &[&str] = &["examples", "README.md", "docs"];
/// Left out under stress, where what they time takes longer than they allow.
const TIMED: &[&str] =
    &["http/hostile.sloop", "http/requests.sloop", "http/serving.sloop", "http/websocket.sloop"];
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
    "loop_api.sloop",
    "schedules.sloop",
    "mutate_bytearray.sloop",
    "mutate_dict.sloop",
    "mutate_list.sloop",
    "mutate_set.sloop",
    "objects_bare.sloop",
    "pickle_module.sloop",
    "recursion_limits.sloop",
    "recursion_methods.sloop",
    "recursion_places.sloop",
    "reentry.sloop",
    "source_chains.sloop",
    "source_functions.sloop",
    "source_statements.sloop",
];
const PATIENCE: Duration = Duration::from_secs(120);
/// For scripts, so that they print the same everywhere.
const ENVIRONMENT: &[(&str, &str)] = &[("TZ", "UTC"), ("PYTHONHASHSEED", "0")];

#[test]
fn golden() {
    if std::env::var_os("BLESS").is_some_and(|value| value != "0") {
        bless();
        return;
    }
    let mut settings = settings();
    // CPython knows neither virtual time nor what a test may not lose.
    settings.real_time = true;
    settings.leaks = false;
    passes(&settings, FOLDERS);
}

#[test]
fn examples_and_documents() {
    passes(&settings(), USERS);
}

fn settings() -> Settings {
    let mut settings = Settings::new(env!("CARGO_BIN_EXE_sloop").into());
    settings.timeout = PATIENCE;
    settings.environment = ENVIRONMENT.to_vec();
    settings
}

fn passes(settings: &Settings, places: &[&str]) {
    // Deep data times a collection at every safepoint would take minutes.
    let stress = std::env::var_os("SLOOP_GC_STRESS").is_some();
    let listed = |name: &str| HEAVY.iter().chain(TIMED).any(|row| Path::new(name).ends_with(row));
    let keep = |name: &str| !(stress && listed(name));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let paths: Vec<PathBuf> = places.iter().map(|place| root.join(place)).collect();
    let mut report = Vec::new();
    let look = Look { quiet: true, ..Look::default() };
    let tally = run(settings, &paths, &keep, look, &mut report).expect("the places are there");
    let report = String::from_utf8_lossy(&report).replace(&format!("{}/", root.display()), "");
    assert!(tally.passed > 0, "nothing was found in {places:?}");
    assert!(tally.failed == 0, "\n{report}");
}

/// Writes what is expected anew: all of it as Sloop has it, and then what CPython has, too.
fn bless() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut settings = settings();
    (settings.real_time, settings.leaks, settings.bless) = (true, false, true);
    let paths: Vec<PathBuf> = FOLDERS
        .iter()
        .filter(|&&folder| folder != HOSTILE)
        .map(|folder| root.join(folder))
        .collect();
    let look = Look { quiet: true, ..Look::default() };
    run(&settings, &paths, &|_| true, look, &mut std::io::stderr()).expect("the places are there");
    let mut scripts = Vec::new();
    paths.iter().for_each(|folder| collect(folder, &mut scripts));
    scripts.iter().for_each(|script| rewrite(script));
}

fn collect(folder: &Path, scripts: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            collect(&path, scripts);
        } else if path.extension().is_some_and(|ending| ending == "sloop")
            && ["out", "code"].iter().any(|ending| path.with_extension(ending).exists())
        {
            scripts.push(path);
        }
    }
}

fn rewrite(script: &Path) {
    let theirs = by_python(script).expect("BLESS needs CPython: say where with PYTHON");
    let put = |ending: &str, data: &[u8]| {
        fs::write(script.with_extension(ending), data).expect("tests can be written");
    };
    if script.with_extension("out").exists() {
        put("out", &theirs.stdout);
    }
    if let Some(code) = theirs.status.code().filter(|&code| code != 0) {
        put("code", format!("{code}\n").as_bytes());
    }
}

/// Runs a script in its own folder.
fn by_python(script: &Path) -> std::io::Result<Output> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3.13".into());
    let stdin = match fs::File::open(script.with_extension("in")) {
        Ok(file) => Stdio::from(file),
        Err(_) => Stdio::null(),
    };
    Command::new(python)
        .arg(script.file_name().expect("scripts have names"))
        .current_dir(script.parent().expect("scripts are in folders"))
        .env("NO_COLOR", "1")
        .envs(ENVIRONMENT.iter().copied())
        .stdin(stdin)
        .output()
}
