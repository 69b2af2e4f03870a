//! From a job to its outcomes: children are run, and what they show is judged.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::Settings;
use super::child::{self, Child, Ended, Ran};
use super::judge;
use super::notes::Notes;
use super::pool::Course;
use super::style::{Style, Text};
use super::suite::{Job, Kind, Outcome, Seen, Verdict};

/// Runs jobs. Has a folder for what children tell, which goes with it.
pub struct Runner<'a> {
    settings: &'a Settings,
    folder: PathBuf,
    count: AtomicUsize,
    /// Stands between the output of one function and the next.
    mark: String,
}

impl Drop for Runner<'_> {
    fn drop(&mut self) {
        // Left behind, it does no harm in a folder for what is temporary.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Runner<'_> {
    pub fn new(settings: &Settings) -> Result<Runner<'_>, String> {
        let process = std::process::id();
        for number in 0..1000 {
            let folder = std::env::temp_dir().join(format!("sloop-test-{process}-{number}"));
            match std::fs::create_dir(&folder) {
                Ok(()) => {
                    let mark = format!("\x1e{process}-{number}\x1e\n");
                    return Ok(Runner { settings, folder, count: AtomicUsize::new(0), mark });
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(format!("cannot make {}: {error}", folder.display())),
            }
        }
        Err("there are too many folders of earlier runs among the temporary files".into())
    }

    /// The outcomes of a job; none if it was stopped.
    pub fn run(&self, index: usize, job: &Job, course: &Course) -> Vec<Outcome> {
        let stop = || course.is_over(index) || (self.settings.interrupted)();
        if let Some(reason) = &job.expected.directives.skip {
            return all(job, |_| Verdict::Skipped(reason.clone()));
        }
        if let Some(problem) = job.expected.problems.first() {
            let mut text = Text::default();
            text.line(Style::Bold, problem);
            return all(job, |_| Verdict::Failed(text.clone()));
        }
        match &job.kind {
            Kind::Broken(reason) => all(job, |_| Verdict::Failed(sentence(reason))),
            Kind::Functions(names) => self.functions(job, names, &stop),
            Kind::Script | Kind::Block(..) => self.script(job, &stop).into_iter().collect(),
        }
    }

    fn script(&self, job: &Job, stop: &dyn Fn() -> bool) -> Option<Outcome> {
        let name = job.names().remove(0);
        let (limit, watch) = (self.limit(job), self.settings.leaks);
        let seen = match self.see(job, self.settings.seed, &[], stop) {
            Ok(seen) => seen,
            Err(problem) => return Some(unstarted(name, &problem)),
        };
        if seen.ended == Ended::Stopped {
            return None;
        }
        let mut verdict = judge::script(job, &seen, limit, watch);
        if let Verdict::Failed(text) = &mut verdict {
            text.line(Style::Dim, format!("rerun: sloop test {}", quoted(&name)));
        }
        if matches!(verdict, Verdict::Passed) && seen.notes.used_loop {
            for seed in 1..=self.settings.explore {
                let again = self.see(job, Some(seed), &[], stop).ok()?;
                if again.ended == Ended::Stopped {
                    return None;
                }
                if let Verdict::Failed(text) = judge::script(job, &again, limit, watch) {
                    verdict = Verdict::Failed(self.explored(job, &name, seed, text));
                    break;
                }
            }
        }
        let (time, stdout, stderr) = (seen.time, seen.stdout.clone(), seen.stderr.clone());
        let seen = self.settings.bless.then(|| Box::new(seen));
        Some(Outcome { name, verdict, time, stdout, stderr, seen })
    }

    /// A failure under a schedule, with the command that shows it again.
    fn explored(&self, job: &Job, name: &str, seed: u64, found: Text) -> Text {
        let mut text =
            sentence(&format!("fails under schedule seed {seed}, the smallest that does"));
        text.append(found);
        let time = if self.in_virtual_time(job) { "--virtual-time " } else { "" };
        let command = match job.kind {
            Kind::Script => {
                let mut command = format!("sloop {time}--schedule-seed {seed} {}", quoted(name));
                for arg in &job.expected.directives.args {
                    command += &format!(" {}", quoted(arg));
                }
                command
            }
            _ => format!("sloop test --schedule-seed {seed} {}", quoted(name)),
        };
        text.line(Style::Dim, format!("reproduce: {command}"));
        text
    }

    fn functions(&self, job: &Job, names: &[String], stop: &dyn Fn() -> bool) -> Vec<Outcome> {
        let Some(mut outcomes) = self.functions_under(job, names, self.settings.seed, stop) else {
            return Vec::new();
        };
        for seed in 1..=self.settings.explore {
            let left: Vec<usize> = (0..outcomes.len())
                .filter(|&at| matches!(outcomes[at].verdict, Verdict::Passed))
                .collect();
            if left.is_empty() {
                break;
            }
            let chosen: Vec<String> = left.iter().map(|&at| names[at].clone()).collect();
            let Some(again) = self.functions_under(job, &chosen, Some(seed), stop) else {
                return Vec::new();
            };
            for (&at, again) in left.iter().zip(again) {
                if let Verdict::Failed(text) = again.verdict {
                    let text = self.explored(job, &again.name, seed, text);
                    outcomes[at].verdict = Verdict::Failed(text);
                }
            }
        }
        outcomes
    }

    /// Functions of a file, in one process as long as it lives; one that ends the process fails,
    /// and another goes on behind it. None if it was stopped.
    fn functions_under(
        &self,
        job: &Job,
        names: &[String],
        seed: Option<u64>,
        stop: &dyn Fn() -> bool,
    ) -> Option<Vec<Outcome>> {
        let limit = self.limit(job);
        let watch = self.settings.leaks && !job.expected.directives.allow_leaks;
        let mut outcomes = Vec::new();
        let mut left = names;
        while !left.is_empty() {
            let full = |name: &String| format!("{}::{name}", job.shown);
            let seen = match self.see(job, seed, left, stop) {
                Ok(seen) if seen.ended == Ended::Stopped => return None,
                Ok(seen) => seen,
                Err(problem) => {
                    outcomes.extend(left.iter().map(|name| unstarted(full(name), &problem)));
                    break;
                }
            };
            let parts = |output: &str| -> Vec<String> {
                output.split(&self.mark).skip(1).map(str::to_owned).collect()
            };
            let (stdouts, stderrs) = (parts(&seen.stdout), parts(&seen.stderr));
            let begun = seen.notes.functions.len();
            if begun == 0 {
                outcomes.extend(self.unloaded(job, left, &seen, limit));
                break;
            }
            for (at, function) in seen.notes.functions.iter().enumerate() {
                let own = Seen {
                    ended: seen.ended,
                    stdout: stdouts.get(at).cloned().unwrap_or_default(),
                    stderr: stderrs.get(at).cloned().unwrap_or_default(),
                    notes: Notes::default(),
                    time: Duration::from_secs_f64(function.seconds.clamp(0.0, 1e9)),
                };
                let name = format!("{}::{}", job.shown, function.name);
                let mut verdict = judge::function(function, &own, limit, watch);
                let is_last = at + 1 == begun && begun == left.len();
                let bad_end = is_last && seen.ended != Ended::Code(0) && function.ending.is_some();
                if bad_end && matches!(verdict, Verdict::Passed) {
                    let mut text = sentence(&judge::interrupted(seen.ended, limit));
                    text.block(Style::Plain, "| ", &own.stderr);
                    verdict = Verdict::Failed(text);
                }
                if let Verdict::Failed(text) = &mut verdict {
                    text.line(Style::Dim, format!("rerun: sloop test {}", quoted(&name)));
                }
                let Seen { time, stdout, stderr, .. } = own;
                outcomes.push(Outcome { name, verdict, time, stdout, stderr, seen: None });
            }
            left = &left[begun.min(left.len())..];
        }
        Some(outcomes)
    }

    /// The file could not even be loaded: told once.
    fn unloaded(&self, job: &Job, names: &[String], seen: &Seen, limit: Duration) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for (at, name) in names.iter().enumerate() {
            let verdict = match &seen.notes.skipped {
                Some(reason) => Verdict::Skipped(reason.clone()),
                None if at == 0 => {
                    let mut text = match seen.ended {
                        Ended::Code(1) => sentence("the file cannot be loaded:"),
                        ended => sentence(&judge::interrupted(ended, limit)),
                    };
                    text.block(Style::Plain, "| ", &seen.stdout);
                    text.block(Style::Plain, "| ", &seen.stderr);
                    Verdict::Failed(text)
                }
                None => Verdict::Failed(sentence("the file cannot be loaded, see above")),
            };
            let name = format!("{}::{name}", job.shown);
            let (stdout, stderr) = (String::new(), String::new());
            outcomes.push(Outcome { name, verdict, time: seen.time, stdout, stderr, seen: None });
        }
        outcomes
    }

    fn limit(&self, job: &Job) -> Duration {
        job.expected.directives.timeout.unwrap_or(self.settings.timeout)
    }

    fn in_virtual_time(&self, job: &Job) -> bool {
        !self.settings.real_time && !job.expected.directives.real_time
    }

    /// Runs a child and looks at it.
    fn see(
        &self,
        job: &Job,
        seed: Option<u64>,
        functions: &[String],
        stop: &dyn Fn() -> bool,
    ) -> Result<Seen, String> {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let notes = self.folder.join(number.to_string());
        let mut args: Vec<OsString> = vec!["test".into(), super::INSIDE.into(), (&notes).into()];
        if self.in_virtual_time(job) {
            args.push("--virtual-time".into());
        }
        if let Some(seed) = seed {
            args.push(format!("--schedule-seed={seed}").into());
        }
        if self.settings.bless && job.expected.is_any() {
            args.push("--lines".into());
        }
        let file = job.file.file_name().unwrap_or_default().to_owned();
        match &job.kind {
            Kind::Script => {
                args.extend(["script".into(), file]);
                args.extend(job.expected.directives.args.iter().map(OsString::from));
            }
            Kind::Block(block, _) => {
                args.extend(["block".into(), file, block.line.to_string().into()]);
                args.extend(job.expected.directives.args.iter().map(OsString::from));
            }
            Kind::Functions(_) => {
                args.extend(["functions".into(), file, (&self.mark).into()]);
                args.extend(functions.iter().map(OsString::from));
            }
            Kind::Broken(reason) => return Err(reason.clone()),
        }
        let folder = match job.file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let input = match job.sibling("in") {
            Some(file) => {
                let shown = file.display().to_string();
                std::fs::read(&file).map_err(|error| format!("cannot read {shown}: {error}"))?
            }
            None => Vec::new(),
        };
        let child = Child {
            program: &self.settings.program,
            args,
            folder: folder.clone(),
            input,
            limit: self.limit(job),
            environment: &self.settings.environment,
        };
        let Ran { ended, stdout, stderr, time } = child::run(child, stop)?;
        // It is not there if the child had nothing to say.
        let told = std::fs::read(&notes).unwrap_or_default();
        let found = Notes::parse(&portable(&folder, &String::from_utf8_lossy(&told)));
        // It goes with the folder at the latest.
        let _ = std::fs::remove_file(&notes);
        let stdout = String::from_utf8_lossy(&stdout).into_owned();
        let stderr = portable(&folder, &String::from_utf8_lossy(&stderr));
        Ok(Seen { ended, stdout, stderr, notes: found, time })
    }
}

/// A text without the folder that the script is in.
fn portable(folder: &Path, text: &str) -> String {
    let mut text = text.to_owned();
    for full in [std::path::absolute(folder), std::fs::canonicalize(folder)].into_iter().flatten() {
        if let Some(full) = full.to_str().filter(|full| full.len() > 1) {
            text = text.replace(&format!("{full}/"), "");
        }
    }
    text
}

fn all(job: &Job, verdict: impl Fn(&str) -> Verdict) -> Vec<Outcome> {
    let outcome = |name: String| Outcome {
        verdict: verdict(&name),
        name,
        time: Duration::ZERO,
        stdout: String::new(),
        stderr: String::new(),
        seen: None,
    };
    job.names().into_iter().map(outcome).collect()
}

fn unstarted(name: String, problem: &str) -> Outcome {
    let verdict = Verdict::Failed(sentence(problem));
    let (stdout, stderr) = (String::new(), String::new());
    Outcome { name, verdict, time: Duration::ZERO, stdout, stderr, seen: None }
}

fn sentence(line: &str) -> Text {
    let mut text = Text::default();
    text.line(Style::Bold, line);
    text
}

/// A word as a shell reads it.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-:=+,@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
