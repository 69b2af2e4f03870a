//! The options of `sloop test`.

use std::path::PathBuf;
use std::time::Duration;

use super::filter::Filter;
use crate::host::command::{Opt, seconds};

/// How tests are to be run.
pub struct Settings {
    /// The binary that runs scripts.
    pub program: PathBuf,
    /// Processes at once.
    pub jobs: usize,
    pub filter: Option<Filter>,
    pub first_failure: bool,
    pub last_failed: bool,
    /// Real time that a script may take.
    pub timeout: Duration,
    /// Schedules that scripts with tasks are run under, beside the usual one.
    pub explore: u64,
    /// The schedule to run under instead of the usual one.
    pub seed: Option<u64>,
    pub junit: Option<PathBuf>,
    pub bless: bool,
    pub real_time: bool,
    /// Lost tasks, errors and coroutines are failures.
    pub leaks: bool,
    pub slowest: Option<usize>,
    pub verbose: bool,
    /// For the scripts, beside what there is.
    pub environment: Vec<(&'static str, &'static str)>,
    /// Keep what has failed for `--last-failed`.
    pub remember: bool,
    /// Asked now and then: is the run to end?
    pub interrupted: fn() -> bool,
}

impl Settings {
    pub fn new(program: PathBuf) -> Settings {
        Settings {
            program,
            jobs: std::thread::available_parallelism().map_or(2, usize::from),
            filter: None,
            first_failure: false,
            last_failed: false,
            timeout: Duration::from_secs(60),
            explore: 0,
            seed: None,
            junit: None,
            bless: false,
            real_time: false,
            leaks: true,
            slowest: None,
            verbose: false,
            environment: Vec::new(),
            remember: false,
            interrupted: || false,
        }
    }
}

type Row = Opt<Settings>;

fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}

fn count<N: std::str::FromStr + PartialOrd + From<u8>>(value: &[u8]) -> Result<N, String> {
    let number = text(value).parse().ok().filter(|number| *number >= N::from(1));
    number.ok_or_else(|| format!("'{}' is not a whole number above 0", text(value)))
}

pub static OPTIONS: &[Row] = &[
    Row::value(&["-j", "--jobs"], "N", "run N scripts at once", |settings, value| {
        settings.jobs = count::<u32>(value)?.min(1024) as usize;
        Ok(())
    }),
    Row::value(
        &["-k"],
        "WORDS",
        "run tests whose names contain WORDS; and, or, not join words",
        |settings, value| {
            settings.filter = Some(Filter::parse(&text(value))?);
            Ok(())
        },
    ),
    Row::flag(&["-x", "--fail-fast"], "stop at the first failure", |settings| {
        settings.first_failure = true;
    }),
    Row::flag(&["--last-failed", "--lf"], "run those that failed last", |settings| {
        settings.last_failed = true;
    }),
    Row::value(
        &["--timeout"],
        "SECONDS",
        "real time that each script may take (60)",
        |settings, value| {
            settings.timeout = seconds(value)?;
            Ok(())
        },
    ),
    Row::flag(&["--bless"], "write what is printed as what is expected", |settings| {
        settings.bless = true;
    }),
    Row::value(
        &["--explore"],
        "N",
        "run scripts with tasks under schedule seeds 1 to N as well",
        |settings, value| {
            settings.explore = count(value)?;
            Ok(())
        },
    ),
    Row::value(
        &["--schedule-seed"],
        "N",
        "run under the schedule drawn from N",
        |settings, value| {
            let seed = text(value).parse().map_err(|_| "a whole number is expected")?;
            settings.seed = Some(seed);
            Ok(())
        },
    ),
    Row::flag(&["--real-time"], "let clocks run as outside of tests", |settings| {
        settings.real_time = true;
    }),
    Row::flag(&["--no-leaks"], "do not ask for lost tasks, errors, coroutines", |settings| {
        settings.leaks = false;
    }),
    Row::value(&["--junit"], "FILE", "write a report in JUnit's XML", |settings, value| {
        settings.junit = Some(text(value).into());
        Ok(())
    }),
    Row::value(&["--slowest"], "N", "name the N slowest tests", |settings, value| {
        settings.slowest = Some(count::<u32>(value)? as usize);
        Ok(())
    }),
    Row::flag(&["-v", "--verbose"], "list those that pass on a terminal, too", |settings| {
        settings.verbose = true;
    }),
];
