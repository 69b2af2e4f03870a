//! What a run is to be like: the sum of the options and the environment.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::native::sys::Flags;
use crate::rt::seam::Kind;

/// What to run.
#[derive(Clone)]
pub enum Script {
    /// A file, or a folder with a `__main__` in it.
    File(PathBuf),
    /// `-c`
    Text(String),
    /// `-m`
    Module(String),
    /// Standard input.
    Input,
    /// A text that was made of a file, whose name it has.
    Made { name: PathBuf, text: String },
    /// Nothing yet: somebody at a prompt will say.
    Prompt,
}

/// Test functions to run when the module is there.
#[derive(Clone)]
pub struct Tests {
    /// Stands between the output of one and the next.
    pub mark: String,
    pub names: Vec<String>,
}

#[derive(Clone)]
pub struct Config {
    pub script: Script,
    /// What follows the script on the command line.
    pub args: Vec<Vec<u8>>,
    pub flags: Flags,
    /// Output is not kept back.
    pub unbuffered: bool,
    /// `-W`, in the order in which they came.
    pub warnings: Vec<String>,
    /// `-X`
    pub extra: Vec<(String, Option<String>)>,
    /// Collect at every safepoint.
    pub stress: bool,
    /// Clocks start at 0 and jump over every wait.
    pub virtual_time: bool,
    /// Tasks that are ready run in an order drawn from this.
    pub schedule_seed: Option<u64>,
    /// Hashes of texts are drawn from this; otherwise they differ in every process.
    pub hash_seed: Option<u64>,
    /// A task whose error nobody has heard of makes the program fail.
    pub strict: bool,
    /// So long may it take, in real time.
    pub timeout: Option<Duration>,
    /// One act upon the world outside fails, for tests: its number, and how.
    pub fault: Option<u64>,
    pub fault_kind: Kind,
    /// Tracebacks as CPython writes them, also on a terminal.
    pub plain: bool,
    /// Tracebacks go on with the way through tasks.
    pub show_tasks: bool,
    /// Tracebacks show variables.
    pub show_locals: bool,
    pub color: bool,
    /// Where a test runner wants to be told what the output does not say.
    pub notes: Option<PathBuf>,
    /// The runner wants to know which lines print what, too.
    pub notes_lines: bool,
    pub tests: Option<Tests>,
}

impl Config {
    /// A run without options.
    pub fn plain(script: Script) -> Config {
        Config {
            script,
            args: Vec::new(),
            flags: Flags::default(),
            unbuffered: false,
            warnings: Vec::new(),
            extra: Vec::new(),
            stress: false,
            virtual_time: false,
            schedule_seed: None,
            hash_seed: None,
            strict: false,
            timeout: None,
            fault: None,
            fault_kind: Kind::Error,
            plain: true,
            show_tasks: false,
            show_locals: false,
            color: false,
            notes: None,
            notes_lines: false,
            tests: None,
        }
    }

    /// A variable of the environment that is about the language: `SLOOP_NAME`, or by the name
    /// that people have in their fingers, `PYTHONNAME`. Empty ones do not count.
    pub fn variable(&self, name: &str) -> Option<OsString> {
        if self.flags.ignore_environment {
            return None;
        }
        let value = |name: String| std::env::var_os(name).filter(|value| !value.is_empty());
        value(format!("SLOOP_{name}")).or_else(|| value(format!("PYTHON{name}")))
    }

    /// Hashes come from the environment's number; runs in virtual time are all alike without one.
    /// `Err` says what is wrong with what stands there.
    pub fn seed_hashes(&mut self) -> Result<(), String> {
        let given = self.variable("HASHSEED").map(|given| given.to_string_lossy().into_owned());
        self.hash_seed = match given.as_deref() {
            Some("random") => None,
            Some(given) => {
                match given.parse::<u32>() {
                    Ok(seed) => Some(seed.into()),
                    Err(_) => {
                        return Err("PYTHONHASHSEED must be \"random\" or an integer in range [0; 4294967295]".into());
                    }
                }
            }
            None => self.virtual_time.then_some(0),
        };
        Ok(())
    }

    /// Takes in what the environment asks for. Options come first, where they exclude it.
    pub fn add_environment(&mut self) {
        let is_set = |name: &str| self.variable(name).is_some();
        let (unbuffered, inspect) = (is_set("UNBUFFERED"), is_set("INSPECT"));
        let debug = is_set("ASYNCIODEBUG");
        self.unbuffered |= unbuffered;
        self.flags.inspect |= inspect;
        self.flags.debug_loop |= debug || self.flags.dev_mode;
        if let Some(given) = self.variable("WARNINGS") {
            let given = given.to_string_lossy().into_owned();
            let mut all: Vec<String> = given.split(',').map(str::to_owned).collect();
            all.append(&mut self.warnings);
            self.warnings = all;
        }
        if self.flags.dev_mode {
            self.warnings.insert(0, "default".into());
        }
    }
}
