//! Jobs on several processes at once, their outcomes in order.
//!
//! A failure that ends the run (`-x`) is the first in order, not in time: what stands behind it is
//! stopped, what stands before it is waited for. So a run says the same whatever `-j` is.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use super::suite::Outcome;

/// What the workers share.
pub struct Course {
    next: AtomicUsize,
    /// Nothing behind this is of interest any more.
    last: AtomicUsize,
    stop: AtomicBool,
    first_failure: bool,
}

impl Course {
    /// Is there no need to go on with this job?
    pub fn is_over(&self, job: usize) -> bool {
        self.stop.load(Ordering::Relaxed) || job > self.last.load(Ordering::Relaxed)
    }
}

/// What the one who started the workers is told, in order.
pub enum News<'a> {
    /// So many are done.
    Tick(usize),
    Done(usize, &'a [Outcome]),
}

/// So often somebody may draw something.
const TICK: Duration = Duration::from_millis(100);

/// Runs `count` jobs on `workers` threads. `tell` says whether to go on.
pub fn run(
    count: usize,
    workers: usize,
    first_failure: bool,
    work: &(dyn Fn(usize, &Course) -> Vec<Outcome> + Sync),
    tell: &mut dyn FnMut(News<'_>) -> bool,
) {
    let course = Course {
        next: AtomicUsize::new(0),
        last: AtomicUsize::new(usize::MAX),
        stop: AtomicBool::new(false),
        first_failure,
    };
    std::thread::scope(|scope| {
        let (sender, results) = channel();
        for _ in 0..workers.min(count) {
            let (course, sender) = (&course, sender.clone());
            scope.spawn(move || {
                loop {
                    let job = course.next.fetch_add(1, Ordering::Relaxed);
                    if job >= count || course.is_over(job) {
                        break;
                    }
                    let outcomes = work(job, course);
                    if course.first_failure && outcomes.iter().any(Outcome::has_failed) {
                        course.last.fetch_min(job, Ordering::Relaxed);
                    }
                    if sender.send((job, outcomes)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut early: BTreeMap<usize, Vec<Outcome>> = BTreeMap::new();
        let (mut due, mut done) = (0, 0);
        loop {
            let goes_on = match results.recv_timeout(TICK) {
                Ok((job, outcomes)) => {
                    done += 1;
                    early.insert(job, outcomes);
                    let mut goes_on = true;
                    while goes_on && let Some(outcomes) = early.remove(&due) {
                        goes_on = tell(News::Done(due, &outcomes));
                        due += 1;
                    }
                    goes_on
                }
                Err(RecvTimeoutError::Timeout) => tell(News::Tick(done)),
                Err(RecvTimeoutError::Disconnected) => break,
            };
            if !goes_on {
                course.stop.store(true, Ordering::Relaxed);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::test::style::Text;
    use crate::host::test::suite::Verdict;

    fn outcome(job: usize, fails: bool) -> Vec<Outcome> {
        std::thread::sleep(Duration::from_millis((job * 7 % 5) as u64));
        let verdict = if fails { Verdict::Failed(Text::default()) } else { Verdict::Passed };
        let (stdout, stderr) = (String::new(), String::new());
        vec![Outcome {
            name: job.to_string(),
            verdict,
            time: Duration::ZERO,
            stdout,
            stderr,
            seen: None,
        }]
    }

    fn told(workers: usize, first_failure: bool) -> Vec<String> {
        let mut names = Vec::new();
        let mut go = true;
        run(20, workers, first_failure, &|job, _| outcome(job, job % 6 == 5), &mut |news| {
            if let News::Done(_, outcomes) = news
                && go
            {
                names.push(outcomes[0].name.clone());
                go = !(first_failure && outcomes[0].has_failed());
            }
            go
        });
        names
    }

    #[test]
    fn the_order_does_not_depend_on_the_workers() {
        for workers in [1, 2, 7, 50] {
            assert_eq!(told(workers, false).len(), 20);
            assert_eq!(told(workers, true), ["0", "1", "2", "3", "4", "5"]);
        }
    }
}
