//! `sloop test`: scripts that say what is to come of them, each in a process of its own.
//!
//! `discover.rs` finds tests: scripts with expectations (`expect.rs`), blocks of Markdown files
//! (`markdown.rs`), functions. `pool.rs` runs them side by side and brings the outcomes into order;
//! `work.rs` runs one, in a child (`child.rs`, whose own side is `inside.rs`), and `judge.rs` says
//! what to think of it. `report.rs` tells people, `junit.rs` machines, `memory.rs` the next run;
//! `bless.rs` makes what was shown what is expected: `sheet.rs` and `places.rs` say where, `pen.rs` writes.

mod bless;
mod child;
mod diff;
mod discover;
mod expect;
mod filter;
mod inside;
mod judge;
mod junit;
mod lines;
mod markdown;
mod memory;
mod names;
mod notes;
mod options;
mod pattern;
mod pen;
mod places;
mod pool;
mod report;
mod sheet;
mod style;
mod suite;
mod work;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use super::command::{read_options, wrong};
use super::ending::Exit;
use super::run::complain;
use super::signals;
pub use options::{OPTIONS, Settings};
use pool::News;
pub use report::Look;
use report::Report;
use style::{Style, Text};
pub use suite::Tally;
use suite::{Job, Kind, Outcome, Verdict};
use work::Runner;

/// The first word for a child of the runner.
const INSIDE: &str = "--inside";

/// Something has failed.
const FAILED: i32 = 1;
/// There was nothing to run.
const NOTHING: i32 = 5;

/// Runs `sloop test`; takes the words behind it.
pub fn main(mut args: Vec<Vec<u8>>) -> Exit {
    if args.first().is_some_and(|first| first == INSIDE.as_bytes()) {
        args.remove(0);
        return inside::main(args);
    }
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => {
            complain(&format!("sloop test: cannot find the program itself: {error}\n"));
            return Exit::Status(FAILED);
        }
    };
    let mut settings = Settings::new(program);
    let operands = match read_options("test", OPTIONS, &mut settings, args) {
        Ok(operands) => operands,
        Err(exit) => return exit,
    };
    let mut paths: Vec<PathBuf> =
        operands.into_iter().map(|path| OsString::from_vec(path).into()).collect();
    if paths.is_empty() {
        paths.push(".".into());
    }
    settings.remember = true;
    settings.interrupted = signals::stop_wanted;
    signals::note_stops();
    let watched = std::io::stdout().is_terminal();
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let shown = watched && !dumb;
    let color = use_color(shown);
    let look = Look { color, live: shown, verbose: settings.verbose, quiet: false };
    let mut out = std::io::stdout();
    let exit = match run(&settings, &paths, &|_| true, look, &mut out) {
        Ok(tally) if tally.failed > 0 => Exit::Status(FAILED),
        Ok(tally) if tally.total() == 0 => Exit::Status(NOTHING),
        Ok(_) => Exit::Status(0),
        Err(Trouble::Paths(problem)) => wrong("sloop test", &problem),
        Err(Trouble::Other(problem)) => {
            complain(&format!("sloop test: {problem}\n"));
            Exit::Status(FAILED)
        }
        // Nobody reads any more.
        Err(Trouble::Closed) => Exit::Status(FAILED),
    };
    if signals::stop_wanted() {
        signals::stop_now();
    }
    exit
}

fn use_color(watched: bool) -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !is_set("NO_COLOR") && (is_set("FORCE_COLOR") || watched)
}

/// Why there is no count.
#[derive(Debug)]
pub enum Trouble {
    /// A path is not there.
    Paths(String),
    Other(String),
    /// Whoever has read the report has gone.
    Closed,
}

/// Runs the tests of some paths, those whose names are to be kept, and reports on `out`.
pub fn run(
    settings: &Settings,
    paths: &[PathBuf],
    keep: &dyn Fn(&str) -> bool,
    look: Look,
    out: &mut dyn Write,
) -> Result<Tally, Trouble> {
    let mut jobs = discover::find(paths).map_err(Trouble::Paths)?;
    retain(&mut jobs, &|name| {
        keep(name) && settings.filter.as_ref().is_none_or(|filter| filter.fits(name))
    });
    if settings.last_failed {
        let failed = memory::failed();
        let names = jobs.iter().flat_map(Job::names).collect::<Vec<_>>();
        if names.iter().any(|name| failed.contains(name)) {
            retain(&mut jobs, &|name| failed.contains(name));
        } else {
            complain("sloop test: none of these has failed last time: all are run\n");
        }
    }
    let runner = Runner::new(settings).map_err(Trouble::Other)?;
    let mut report = Report::new(out, look, jobs.len());
    let mut outcomes: Vec<Outcome> = Vec::new();
    let first_failure = settings.first_failure && !settings.bless;
    let work = |index: usize, course: &pool::Course| runner.run(index, &jobs[index], course);
    let mut over = false;
    // Nothing is rewritten while another test may still read it.
    let mut shown: Vec<(usize, Outcome)> = Vec::new();
    pool::run(jobs.len(), settings.jobs, first_failure, &work, &mut |news| {
        match news {
            News::Tick(done) => report.progress(done),
            News::Done(index, found) if settings.bless => {
                shown.extend(found.iter().map(|outcome| (index, outcome.clone())));
            }
            News::Done(_, found) if !over => {
                for outcome in found {
                    report.outcome(outcome);
                    over |= first_failure && outcome.has_failed();
                    outcomes.push(outcome.clone());
                    if over {
                        break;
                    }
                }
            }
            News::Done(..) => {}
        }
        !over && report.problem.is_none() && !(settings.interrupted)()
    });
    for (index, mut outcome) in shown {
        outcome.verdict = blessed(settings, &jobs[index], &outcome);
        report.outcome(&outcome);
        outcomes.push(outcome);
    }
    if settings.remember {
        memory::keep(&outcomes);
    }
    let unwritten = settings.junit.as_ref().and_then(|file| {
        let text = junit::document(&outcomes, report.tally);
        let error = std::fs::write(file, text).err()?;
        Some(Trouble::Other(format!("cannot write {}: {error}", file.display())))
    });
    let slowest = report::slowest(&outcomes, settings.slowest);
    // The count stays the last line, also where both streams go to one place.
    report.erase();
    if !look.quiet {
        complain(&slowest);
    }
    let (tally, problem) = report.end();
    match problem {
        Some(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            return Err(Trouble::Closed);
        }
        Some(error) => {
            return Err(Trouble::Other(format!("cannot write to standard output: {error}")));
        }
        None => {}
    }
    unwritten.map_or(Ok(tally), Err)
}

/// Makes what a test has shown what is expected of it, and judges it anew.
fn blessed(settings: &Settings, job: &Job, outcome: &Outcome) -> Verdict {
    let Some(mut seen) = outcome.seen.clone() else { return outcome.verdict.clone() };
    let mut verdict = outcome.verdict.clone();
    let refused = |verdict: &mut Verdict, why: &str| {
        let mut text = match std::mem::replace(verdict, Verdict::Passed) {
            Verdict::Failed(text) => text,
            _ => Text::default(),
        };
        text.line(Style::Bold, why);
        *verdict = Verdict::Failed(text);
    };
    match &verdict {
        Verdict::Skipped(_) => return verdict,
        Verdict::Passed | Verdict::Blessed(_) => {}
        Verdict::Failed(_) => {
            if let Some(why) = bless::refusal(job, &seen, settings.leaks) {
                refused(&mut verdict, why);
                return verdict;
            }
        }
    }
    let changed = match bless::write(job, &mut seen) {
        Ok(changed) => changed,
        Err(problem) => {
            refused(&mut verdict, &problem);
            return verdict;
        }
    };
    if changed.is_empty() {
        return verdict;
    }
    let again = discover::find(std::slice::from_ref(&job.file)).unwrap_or_default();
    let same = |other: &&Job| match (&job.kind, &other.kind) {
        (Kind::Script, Kind::Script) => true,
        (Kind::Block(_, nth), Kind::Block(_, other)) => nth == other,
        _ => false,
    };
    match again.iter().find(same) {
        Some(job) => match judge::script(job, &seen, settings.timeout, settings.leaks) {
            Verdict::Passed => Verdict::Blessed(format!("wrote {}", changed.join(", "))),
            verdict => verdict,
        },
        None => verdict,
    }
}

/// Leaves the tests with such names.
fn retain(jobs: &mut Vec<Job>, fits: &dyn Fn(&str) -> bool) {
    jobs.retain_mut(|job| {
        let shown = job.shown.clone();
        match &mut job.kind {
            Kind::Functions(names) => {
                names.retain(|name| fits(&format!("{shown}::{name}")));
                !names.is_empty()
            }
            _ => job.names().iter().any(|name| fits(name)),
        }
    });
}
