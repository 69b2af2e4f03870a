//! The command line, tried with the real binary: what runs, what is said, what it ends with.

use std::ffi::OsStr;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A folder that goes away.
struct Folder(PathBuf);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Folder {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let path =
            std::env::temp_dir().join(format!("sloop-command-{}-{count}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        for (name, text) in files {
            let file = path.join(name);
            fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
            fs::write(file, text).expect("a file");
        }
        Folder(path)
    }

    fn sloop(&self) -> Command {
        let mut command = sloop();
        command.current_dir(&self.0);
        command
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn sloop() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sloop"));
    command.env_clear().env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs it; the status, standard output, standard error.
fn run(command: &mut Command) -> (i32, String, String) {
    let output = loop {
        match command.output() {
            // A child of another test has inherited the script, still open for writing.
            Err(busy) if busy.kind() == ErrorKind::ExecutableFileBusy => {}
            output => break output.expect("the binary starts"),
        }
    };
    let status = output.status.code().unwrap_or_else(|| -output.status.signal().unwrap_or(0));
    (status, out(&output), err(&output))
}

fn code(program: &str) -> Command {
    let mut command = sloop();
    command.args(["-c", program]);
    command
}

/// Runs with this on standard input.
fn fed(command: &mut Command, input: &[u8]) -> (i32, String, String) {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.expect("the binary starts");
    // It may have ended before it has read all.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    let output = child.wait_with_output().expect("a child of ours");
    (output.status.code().unwrap_or(-1), out(&output), err(&output))
}

// ---- what to run

#[test]
fn a_script_gets_its_arguments() {
    let folder = Folder::new(&[
        ("sub/script.sloop", "import sys, friend\nprint(sys.argv, friend.name, __name__)"),
        ("sub/friend.sloop", "name = 'friend'"),
    ]);
    let (status, stdout, stderr) =
        run(folder.sloop().args(["sub/script.sloop", "-q", "--help", "run", "é"]));
    assert_eq!((status, &*stderr), (0, ""));
    assert_eq!(stdout, "['sub/script.sloop', '-q', '--help', 'run', 'é'] friend __main__\n");
}

#[test]
fn code_takes_the_rest() {
    let (_, stdout, _) = run(sloop().args(["-c", "import sys; print(sys.argv)", "-i", "-c", "x"]));
    assert_eq!(stdout, "['-c', '-i', '-c', 'x']\n");
    let (_, stdout, _) = run(sloop().args(["-qucprint(1)"]));
    assert_eq!(stdout, "1\n");
}

#[test]
fn standard_input_is_a_program() {
    let program = b"import sys\nprint(sys.argv, __name__)";
    assert_eq!(fed(&mut sloop(), program).1, "[''] __main__\n".replace("''", "'-'"));
    assert_eq!(fed(sloop().args(["-", "a"]), program).1, "['-', 'a'] __main__\n");
}

#[test]
fn modules_run_as_scripts() {
    let folder = Folder::new(&[
        (
            "tool.sloop",
            "import sys\nprint(sys.argv[1:], __name__, sys.argv[0].endswith('/tool.sloop'))",
        ),
        ("pkg/__init__.sloop", "print('init')"),
        ("pkg/__main__.sloop", "from . import part\nprint(__name__, __package__, part.x)"),
        ("pkg/part.sloop", "x = 1"),
        ("pkg/solo.sloop", "print('as main', await sleep(0, 5), __package__)"),
    ]);
    assert_eq!(run(folder.sloop().args(["-m", "tool", "-x"])).1, "['-x'] __main__ True\n");
    assert_eq!(run(folder.sloop().args(["-m", "pkg"])).1, "init\n__main__ pkg 1\n");
    assert_eq!(run(folder.sloop().args(["-m", "pkg.solo"])).1, "init\nas main 5 pkg\n");
    let (status, _, stderr) = run(folder.sloop().args(["-m", "nosuch"]));
    assert_eq!((status, &*stderr), (1, "sloop: No module named nosuch\n"));
    let (status, _, stderr) = run(folder.sloop().args(["-m", "tool.x"]));
    assert_eq!(status, 1);
    assert!(stderr.contains("No module named tool.x; 'tool' is not a package"), "{stderr}");
}

#[test]
fn folders_run_their_main() {
    let folder = Folder::new(&[
        ("app/__main__.sloop", "import sys, part\nprint(sys.argv, part.x)"),
        ("app/part.sloop", "x = 1"),
        ("empty/nothing.txt", ""),
    ]);
    assert_eq!(run(folder.sloop().args(["app", "a"])).1, "['app', 'a'] 1\n");
    let (status, _, stderr) = run(folder.sloop().arg("empty"));
    assert_eq!((status, &*stderr), (1, "sloop: can't find '__main__' module in 'empty'\n"));
}

#[test]
fn first_words_are_subcommands() {
    let folder = Folder::new(&[("dis", "print('a script')"), ("x.sloop", "1")]);
    assert_eq!(run(folder.sloop().args(["run", "dis"])).1, "a script\n");
    assert_eq!(run(folder.sloop().arg("./dis")).1, "a script\n");
    assert!(
        run(folder.sloop().args(["dis", "x.sloop"])).1.contains("LoadInt") || {
            !run(folder.sloop().args(["dis", "x.sloop"])).1.is_empty()
        }
    );
    let (status, _, stderr) = run(folder.sloop().arg("dis"));
    assert_eq!((status, stderr.contains("which file?")), (2, true));
    assert_eq!(run(folder.sloop().args(["run"])).0, 2);
}

#[test]
fn a_shebang_line_is_skipped() {
    use std::os::unix::fs::PermissionsExt;
    let first = format!("#!{}\nprint('by itself')\n", env!("CARGO_BIN_EXE_sloop"));
    let folder = Folder::new(&[("tool", &first)]);
    let tool = folder.0.join("tool");
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).expect("permissions");
    assert_eq!(run(&mut Command::new(tool)).1, "by itself\n");
}

// ---- options

#[test]
fn help_and_version() {
    let (status, stdout, _) = run(sloop().arg("--help"));
    assert_eq!(status, 0);
    assert!(stdout.lines().count() <= 50 && stdout.lines().all(|line| line.chars().count() <= 80));
    for word in ["run", "repl", "dis", "completions", "man"] {
        assert!(stdout.contains(&format!("\n  {word} ")), "{word}");
        let (status, stdout, _) = run(sloop().args([word, "--help"]));
        assert_eq!(status, 0);
        assert!(stdout.starts_with(&format!("usage: sloop {word}")), "{stdout}");
    }
    let version = env!("CARGO_PKG_VERSION");
    let wanted = format!("Sloop {version} (python dialect 3.14)\n");
    assert_eq!(run(sloop().arg("-V")).1, wanted);
    assert_eq!(run(sloop().arg("--version")).1, wanted);
    assert_eq!(run(sloop().arg("-VV")).1.lines().count(), 2);
}

#[test]
fn slips_of_the_pen() {
    for (word, near) in [
        ("--strcit", "did you mean --strict?"),
        ("--virtual", "did you mean --virtual-time?"),
        ("-version", "did you mean --version?"),
        ("--qqqqqqqq", "unknown option --qqqqqqqq\n"),
    ] {
        let (status, _, stderr) = run(sloop().args([word, "x"]));
        assert_eq!(status, 2);
        assert!(stderr.contains(near), "{stderr}");
    }
    let (status, _, stderr) = run(sloop().arg("chek"));
    assert_eq!(status, 2);
    assert!(stderr.ends_with("\nDid you mean the command: sloop check?\n"), "{stderr}");
    assert_eq!(run(sloop().arg("nosuch.sloop")).2.lines().count(), 1);
    for args in
        [&["-c"][..], &["-m"], &["-X"], &["--timeout", "no"], &["--timeout", "0"], &["--strict=1"]]
    {
        let (status, _, stderr) = run(sloop().args(args));
        assert_eq!(status, 2, "{args:?}");
        assert!(stderr.starts_with("sloop: "), "{stderr}");
    }
}

#[test]
fn completions_and_manual() {
    let bash = run(sloop().args(["completions", "bash"])).1;
    assert_eq!(fed(Command::new("bash").arg("-n"), bash.as_bytes()).0, 0);
    let complete = format!(
        "{bash}\nCOMP_WORDS=(sloop comp); COMP_CWORD=1; _sloop; printf '%s\\n' \"${{COMPREPLY[@]}}\"\n\
         COMP_WORDS=(sloop --virt); COMP_CWORD=1; _sloop; printf '%s\\n' \"${{COMPREPLY[@]}}\"\n\
         COMP_WORDS=(sloop check --format j); COMP_CWORD=3; _sloop; printf '%s\\n' \"${{COMPREPLY[@]}}\"\n\
         COMP_WORDS=(sloop explain missing-aw); COMP_CWORD=2; _sloop; printf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
    );
    assert_eq!(
        fed(&mut Command::new("bash"), complete.as_bytes()).1,
        "completions\n--virtual-time\njson\nmissing-await\n"
    );
    for shell in ["zsh", "fish"] {
        let script = run(sloop().args(["completions", shell])).1;
        assert!(script.contains("virtual-time") && script.contains("human plain json github"));
        // Where the shell is there, it reads it.
        let found = std::env::var_os("PATH").unwrap_or_default();
        if std::env::split_paths(&found).any(|folder| folder.join(shell).is_file()) {
            let (status, _, stderr) = fed(Command::new(shell).arg("-n"), script.as_bytes());
            assert_eq!((status, &*stderr), (0, ""), "{shell}");
        }
    }
    assert_eq!(run(sloop().args(["completions", "tcsh"])).0, 2);
    let page = run(sloop().arg("man")).1;
    assert!(page.starts_with(".TH SLOOP 1") && page.contains("\\-\\-timeout SECONDS"));
}

#[test]
fn options_of_python() {
    let (status, stdout, _) = run(sloop().args(["-O", "-c", "assert False\nprint(__debug__)"]));
    assert_eq!((status, &*stdout), (0, "False\n"));
    let flags = "import sys; f = sys.flags; print(f.optimize, f.isolated, f.quiet, f.dev_mode)";
    assert_eq!(run(sloop().args(["-OO", "-I", "-q", "-X", "dev", "-c", flags])).1, "2 1 1 True\n");
    let extra = "import sys; print(sys._xoptions, sys.warnoptions)";
    assert_eq!(
        run(sloop().args(["-Xa=b", "-X", "c", "-Wignore", "-c", extra])).1,
        "{'a': 'b', 'c': True} ['ignore']\n"
    );
    let warn = "import warnings\nwarnings.warn('careful')\nprint('on')";
    let (status, stdout, stderr) = run(sloop().args(["-W", "error", "-c", warn]));
    assert_eq!((status, &*stdout), (1, ""));
    assert!(stderr.ends_with("UserWarning: careful\n"), "{stderr}");
    assert_eq!(run(sloop().args(["-Wignore", "-c", warn])).2, "");
    assert_eq!(run(sloop().args(["-Wignore:care", "-c", warn])).2, "");
    assert!(run(sloop().args(["-Wignore:other", "-c", warn])).2.contains("careful"));
    assert!(run(sloop().args(["-Wnosuch", "-c", warn])).2.starts_with("Invalid -W option ignored"));
    assert_eq!(run(sloop().args(["-Wignore", "-c", "1 is 1"])).2, "");
}

#[test]
fn warnings_of_the_compiler_obey_the_filters() {
    let folder = Folder::new(&[
        ("old.sloop", "x = 1 is 1\n"),
        ("main.sloop", "import old\nprint('on')\n"),
        (
            "catch.sloop",
            "import warnings\nwith warnings.catch_warnings(record=True) as caught:\n    \
             warnings.simplefilter('always')\n    import old\nprint([str(w.message)[:4] for w in caught])\n",
        ),
    ]);
    let with = |filter: &str, file: &str| run(folder.sloop().args(["-W", filter, file]));
    for file in ["old.sloop", "main.sloop"] {
        for filter in ["error", "error::SyntaxWarning", "error:\"is\""] {
            let (status, stdout, stderr) = with(filter, file);
            assert_eq!((status, &*stdout), (1, ""), "{filter}: {stderr}");
            assert!(stderr.contains("\nSyntaxError: \"is\" with 'int' literal"), "{stderr}");
        }
        for filter in ["ignore", "ignore::SyntaxWarning", "ignore:\"is\" with"] {
            assert_eq!(with(filter, file).2, "", "{filter}");
        }
        for filter in ["error::DeprecationWarning", "ignore:other", "default"] {
            let (status, _, stderr) = with(filter, file);
            assert_eq!(status, 0);
            assert!(stderr.contains("\nSyntaxWarning: \"is\" with"), "{filter}: {stderr}");
        }
    }
    for (filter, why) in [
        ("nosuch", "invalid action: 'nosuch'"),
        ("error::Nope", "unknown warning category: 'Nope'"),
        ("a:b:c:d:e:f", "too many fields (max 5): 'a:b:c:d:e:f'"),
    ] {
        let stderr = run(sloop().args(["-W", filter, "-c", "pass"])).2;
        assert_eq!(stderr, format!("Invalid -W option ignored: {why}\n"));
    }
    assert_eq!(run(folder.sloop().arg("catch.sloop")).1, "['\"is\"']\n");
    // What only runs wrong is no error before it runs.
    let lint = "async def f(): pass\nasync def g():\n    f()\nprint('ran')\n";
    let (status, stdout, stderr) = run(sloop().args(["-W", "error", "-c", lint]));
    assert_eq!((status, &*stdout), (0, "ran\n"));
    assert!(stderr.contains("[missing-await] Warning"), "{stderr}");
    assert_eq!(run(sloop().args(["-W", "ignore", "-c", lint])).2, "");
}

#[test]
fn hashes_may_be_alike() {
    let program = "print(hash('text'))";
    let seeded = |seed: &str| run(code(program).env("PYTHONHASHSEED", seed));
    let alike = |a: &mut Command, b: &mut Command| run(a).1 == run(b).1;
    assert_eq!(seeded("1"), seeded("1"));
    assert_ne!(seeded("1").1, seeded("2").1);
    assert!(!alike(&mut code(program), &mut code(program)));
    assert!(!alike(code(program).env("PYTHONHASHSEED", "random"), &mut code(program)));
    let virtually = || {
        let mut command = sloop();
        command.args(["--virtual-time", "-c", program]);
        command
    };
    assert!(alike(&mut virtually(), &mut virtually()));
    let (status, _, stderr) = seeded("no number");
    assert_eq!(status, 1);
    assert!(stderr.starts_with("sloop: PYTHONHASHSEED must be "), "{stderr}");
}

#[test]
fn the_environment_counts() {
    let folder = Folder::new(&[("more/extra.sloop", "x = 'found'")]);
    let program = "import extra; print(extra.x)";
    for name in ["SLOOP_PATH", "PYTHONPATH"] {
        assert_eq!(run(folder.sloop().env(name, "more").args(["-c", program])).1, "found\n");
        assert_eq!(run(folder.sloop().env(name, "more").args(["-E", "-c", program])).0, 1);
        assert_eq!(run(folder.sloop().env(name, "more").args(["-I", "-c", program])).0, 1);
    }
    let both = [("SLOOP_PATH", "more"), ("PYTHONPATH", "nowhere")];
    assert_eq!(run(folder.sloop().envs(both).args(["-c", program])).1, "found\n");
    let warn = "import warnings\nwarnings.warn('careful')";
    assert_eq!(run(code(warn).env("PYTHONWARNINGS", "ignore")).2, "");
    let debug = "import asyncio\nasync def f(): print(asyncio.get_running_loop().get_debug())\nasyncio.run(f())";
    assert_eq!(run(code(debug).env("PYTHONASYNCIODEBUG", "1")).1, "True\n");
    assert_eq!(run(&mut code(debug)).1, "False\n");
}

#[test]
fn colours_are_for_those_who_want_them() {
    let wrong = || code("x = )");
    let colored = |command: &mut Command| run(command).2.contains('\x1b');
    assert!(!colored(&mut wrong()));
    assert!(!colored(wrong().env_remove("NO_COLOR")));
    assert!(colored(wrong().env_remove("NO_COLOR").env("FORCE_COLOR", "1")));
    assert!(!colored(wrong().env("FORCE_COLOR", "1")));
    assert!(colored(wrong().env("PYTHON_COLORS", "1")));
    assert!(!colored(
        wrong().env_remove("NO_COLOR").env("FORCE_COLOR", "1").env("SLOOP_COLORS", "0")
    ));
}

// ---- ends

#[test]
fn statuses() {
    for (program, status) in [
        ("pass", 0),
        ("raise ValueError", 1),
        ("raise SystemExit", 0),
        ("raise SystemExit(7)", 7),
        ("raise SystemExit(256 + 3)", 3),
        ("raise SystemExit('words')", 1),
        ("x = )", 1),
        ("await Event().wait()", 3),
        ("try:\n  await Event().wait()\nfinally:\n  raise ValueError", 3),
        ("raise KeyboardInterrupt", -libc::SIGINT),
        ("import atexit\natexit.register(lambda: 1 / 0)\nraise KeyboardInterrupt", -libc::SIGINT),
    ] {
        assert_eq!(run(&mut code(program)).0, status, "{program}");
    }
    let lost = "async def f(): raise ValueError\nt = create_task(f())\nawait sleep(0.01)";
    assert_eq!(run(&mut code(lost)).0, 0);
    assert_eq!(run(sloop().args(["--strict", "-c", lost])).0, 70);
    assert_eq!(run(sloop().args(["--strict", "-c", &format!("{lost}\nraise KeyError")])).0, 1);
}

#[test]
fn the_time_may_be_limited() {
    let limited = |seconds: &str, program: &str| {
        let start = Instant::now();
        let result = run(sloop().args(["--timeout", seconds, "-c", program]));
        (result, start.elapsed())
    };
    for program in [
        "while True: pass",
        "sum(iter(int, 1))",
        "import time; time.sleep(100)",
        "await sleep(100)",
        "x = 3 ** 10**9",
        "async def f():\n  while True: await sleep(0)\nawait gather(f(), f())",
    ] {
        let program = format!("print('begun')\n{program}");
        let ((status, stdout, stderr), taken) = limited("0.3", &program);
        assert_eq!((status, &*stdout), (124, "begun\n"), "{program}: {stderr}");
        assert!(stderr.contains("sloop: timed out after 0.3 seconds"), "{stderr}");
        assert!(taken >= Duration::from_millis(290), "{taken:?}");
    }
    let tidy = "import time\ntry:\n  time.sleep(100)\nfinally:\n  time.sleep(0.2)\n  print('tidy')";
    assert_eq!(limited("0.2", tidy).0.1, "tidy\n");
    let tidy = "try:\n  await sleep(100)\nfinally:\n  await sleep(0.2)\n  print('tidy')";
    assert_eq!(limited("0.2", tidy).0.1, "tidy\n");
    for stubborn in [
        "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
        "while True:\n  try: await sleep(100)\n  except BaseException: pass",
        "import time\nwhile True:\n  try: time.sleep(100)\n  except BaseException: pass",
    ] {
        let program = format!("print('begun')\n{stubborn}");
        let ((status, stdout, stderr), taken) = limited("0.2", &program);
        assert_eq!((status, &*stdout), (124, "begun\n"), "{stubborn}: {stderr}");
        assert!(taken >= Duration::from_millis(1100), "{taken:?}");
    }
    // Who catches it is out of time all the same, and who is quick is not.
    assert_eq!(
        limited("0.2", "import time\ntry: time.sleep(9)\nexcept BaseException: pass").0.0,
        124
    );
    assert_eq!(limited("60", "print(1)").0, (0, "1\n".into(), String::new()));
    let ((status, ..), _) = limited("0.2", "import time\ntime.sleep(9)\nraise SystemExit(3)");
    assert_eq!(status, 124);
    let virtual_time =
        ["--virtual-time", "--timeout", "30", "-c", "await sleep(1000); print('done')"];
    assert_eq!(run(sloop().args(virtual_time)).1, "done\n");
}

#[test]
fn sigterm_and_sighup_let_programs_clean_up() {
    for (program, signal) in [
        ("import time\ntry: time.sleep(100)\nfinally: print('tidy')", libc::SIGTERM),
        ("try: await sleep(100)\nfinally: print('tidy')", libc::SIGTERM),
        ("try: await sleep(100)\nfinally: print('tidy')", libc::SIGHUP),
        ("try:\n  while True: pass\nfinally: print('tidy')", libc::SIGTERM),
        ("try:\n  while True: pass\nfinally: print('tidy')", libc::SIGHUP),
        (
            "import time\ntry: time.sleep(100)\nfinally: time.sleep(0.2); print('tidy')",
            libc::SIGTERM,
        ),
    ] {
        let program = format!("print('begun', flush=True)\n{program}");
        let mut child = code(&program)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut begun = [0; 6];
        child.stdout.as_mut().expect("a pipe").read_exact(&mut begun).expect("text");
        std::thread::sleep(Duration::from_millis(50));
        for _ in 0..2 {
            // As `timeout` does: to the process, and to its group.
            // SAFETY: a child of ours.
            unsafe { libc::kill(child.id() as i32, signal) };
            std::thread::sleep(Duration::from_millis(2));
        }
        let output = child.wait_with_output().expect("a child of ours");
        assert_eq!(output.status.signal(), Some(signal), "{}", err(&output));
        assert_eq!((out(&output), err(&output)), ("tidy\n".into(), String::new()));
    }
}

#[test]
fn sigterm_ends_programs_that_catch_everything() {
    let program = "import time\nprint('begun', flush=True)\nwhile True:\n  try:\n    \
                   while True: time.sleep(0.01)\n  except BaseException: print('on', flush=True)";
    for again in [true, false] {
        let mut child = code(program)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let stdout = child.stdout.as_mut().expect("a pipe");
        stdout.read_exact(&mut [0; 6]).expect("text");
        // SAFETY: a child of ours.
        let ask =
            |child: &std::process::Child| unsafe { libc::kill(child.id() as i32, libc::SIGTERM) };
        ask(&child);
        let asked = Instant::now();
        child.stdout.as_mut().expect("a pipe").read_exact(&mut [0; 3]).expect("text");
        // What comes at once is an echo of the first.
        ask(&child);
        if again {
            std::thread::sleep(Duration::from_millis(700));
            ask(&child);
        }
        let output = child.wait_with_output().expect("a child of ours");
        assert_eq!(output.status.signal(), Some(libc::SIGTERM), "{}", err(&output));
        let seconds = asked.elapsed().as_secs_f64();
        assert!(if again { seconds < 3.0 } else { seconds > 4.5 }, "{seconds}");
    }
}

#[test]
fn what_is_misspelt_is_not_said_to_be_missing() {
    for (program, said) in [
        (
            "import time; time.slep",
            "AttributeError: module 'time' has no attribute 'slep'. Did you mean: 'sleep'?",
        ),
        (
            "from sys import exitt",
            "ImportError: cannot import name 'exitt' from 'sys' (unknown location). \
             Did you mean: 'exit'?",
        ),
        (
            "import sys; sys._clear_type_cache",
            "AttributeError: module 'sys' has no attribute '_clear_type_cache' (not part of Sloop)",
        ),
    ] {
        let (_, _, told) = run(&mut code(program));
        assert_eq!(told.trim_end().lines().last(), Some(said));
    }
}

/// Types of modules are no builtins; what is of asyncio is.
#[test]
fn names_of_modules_are_not_everywhere() {
    let program = "import binascii, builtins, io, struct\n\
                   print([n for n in ('error', 'Error', 'UnsupportedOperation', 'QueueEmpty') \
                   if hasattr(builtins, n)])";
    assert_eq!(run(&mut code(program)).1, "['QueueEmpty']\n");
}

#[test]
fn signals_that_whoever_started_it_ignores_stay_ignored() {
    let program = "import os, signal
for number in signal.SIGHUP, signal.SIGINT, signal.SIGTERM:
    os.kill(os.getpid(), number)
await sleep(0.05)
print(signal.getsignal(signal.SIGINT) == signal.SIG_IGN)";
    let script = format!("trap '' HUP INT TERM; exec \"$S\" -c '{program}'");
    assert_eq!(shell(&script), (0, "True\n".into(), String::new()));
}

#[test]
fn a_fault_that_was_sent_ends_the_process() {
    for signal in ["SIGSEGV", "SIGBUS"] {
        let program = format!("import os, signal; os.kill(os.getpid(), signal.{signal}); print(1)");
        let output = code(&program).output().expect("the binary runs");
        assert_eq!(out(&output), "");
        assert!(output.status.signal().is_some(), "{signal}: {:?}", output.status);
    }
}

// ---- files and streams

fn shell(script: &str) -> (i32, String, String) {
    let mut command = Command::new("bash");
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.args(["-c", script]).env_clear().env("PATH", path);
    run(command.env("S", env!("CARGO_BIN_EXE_sloop")).env("NO_COLOR", "1"))
}

#[test]
fn streams_may_be_closed_or_full() {
    let (status, _, stderr) = shell("$S -c 'print(1)' >/dev/full");
    assert_eq!(status, 120);
    assert!(stderr.ends_with("OSError: [Errno 28] No space left on device\n"), "{stderr}");
    let (status, _, stderr) = shell("$S -c 'while True: print(1)' >/dev/full");
    assert_eq!(status, 1);
    assert!(stderr.contains("OSError: [Errno 28] No space left on device\n"), "{stderr}");
    let (_, stdout, stderr) =
        shell("$S -c 'while True: print(1)' | head -n 1; echo ${PIPESTATUS[0]}");
    assert_eq!(stdout, "1\n1\n");
    assert_eq!(
        stderr,
        "sloop: nobody reads standard output any more\nBrokenPipeError: [Errno 32] Broken pipe\n"
    );
    assert_eq!(shell("$S --help >/dev/full").0, 1);
    assert_eq!(shell("$S --help | true").2, "");
    for closed in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"] {
        for program in ["print(1)", "raise ValueError", "import sys; sys.stdin.read()", "x = )"] {
            let (status, ..) = shell(&format!("$S -c '{program}' {closed}"));
            assert!((0..=1).contains(&status), "{program} {closed}: {status}");
        }
    }
}

#[test]
fn a_statement_from_a_pipe_leaves_the_next_ones_alone() {
    let typed = b"a = input()\none\nimport sys\nb = sys.stdin.buffer.readline()\ntwo\n\
        c = sys.stdin.read(3)\nabc\nprint(a, b, c)\n";
    let (status, stdout, stderr) = fed(sloop().arg("repl"), typed);
    assert_eq!((status, &*stdout, &*stderr), (0, "one b'two\\n' abc\n", ""));
    let (_, stdout, _) = fed(sloop().args(["-i", "-c", "a = input()"]), b"one\nprint(a)\n");
    assert_eq!(stdout, "one\n");
    // While the prompt waits for the next statement, nobody else reads.
    let typed = "async def ask():\n    try: input()\n    except OSError: print(\"refused\")\n\n\
        job = create_task(ask())\n";
    let (_, stdout, _) = shell(&format!("(echo '{typed}'; sleep 0.3; echo 'print(2)') | $S repl"));
    assert_eq!(stdout, "refused\n2\n");
}

#[test]
fn what_is_closed_from_the_start_is_said() {
    let no_input = "sloop: can't read standard input: it is closed\n";
    for command in ["$S <&-", "$S - <&-", "$S repl <&-"] {
        assert_eq!(shell(command), (2, String::new(), no_input.into()), "{command}");
    }
    assert_eq!(shell("$S -i -c 'print(5)' <&-"), (2, "5\n".into(), no_input.into()));
    let (_, stdout, _) = shell("$S check - <&-");
    assert!(stdout.contains("this file cannot be read: it is closed"), "{stdout}");
    let (_, stdout, stderr) = shell("$S -c 'import sys; print(sys.stdin); input()' <&-");
    assert_eq!(stdout, "None\n");
    assert!(stderr.ends_with("RuntimeError: input(): lost sys.stdin\n"), "{stderr}");
    // What is printed is lost, which a program can know; what it opens does not take the place.
    let lost = "sloop: standard output was closed: what the program has printed is lost\n";
    assert_eq!(shell("$S -c 'print(1)' >&-"), (0, String::new(), lost.into()));
    let program = "import sys; assert sys.stdout is None; print(open(\"/dev/null\").fileno() > 2, file=sys.stderr)";
    assert_eq!(shell(&format!("$S -c '{program}' >&-")), (0, String::new(), "True\n".into()));
    assert_eq!(shell("$S -c 'raise ValueError' 2>&-"), (1, String::new(), String::new()));
}

#[test]
fn what_was_taken_away_is_said() {
    for (command, complaint) in [
        ("check", "sloop check: can't open '.': No such file or directory\n"),
        ("check .", "sloop check: can't open '.': No such file or directory\n"),
        ("run x.sloop", "sloop: can't open file 'x.sloop': [Errno 2] No such file or directory\n"),
    ] {
        let folder = Folder::new(&[]);
        let here = folder.0.display();
        let found = shell(&format!("cd {here}; rmdir {here}; $S {command}"));
        assert_eq!(found, (2, String::new(), complaint.into()), "{command}");
    }
    let folder = Folder::new(&[]);
    let here = folder.0.display();
    let (status, _, stderr) = shell(&format!("cd {here}; rmdir {here}; $S test"));
    assert_eq!(status, 2);
    assert!(stderr.starts_with("sloop test: .: there is no such file or folder\n"), "{stderr}");
}

/// The superuser may read everything.
#[test]
fn what_may_not_be_read_is_said() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new(&[("secret.py", "x = 1\n"), ("main.sloop", "import secret\n")]);
    let secret = folder.0.join("secret.py");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).expect("a file of ours");
    if fs::read(&secret).is_ok() {
        return;
    }
    let (status, _, stderr) = run(folder.sloop().arg("secret.py"));
    assert_eq!(status, 2);
    assert_eq!(stderr, "sloop: can't open file 'secret.py': [Errno 13] Permission denied\n");
    let (status, _, stderr) = run(folder.sloop().arg("main.sloop"));
    assert_eq!(status, 1);
    assert!(stderr.contains("PermissionError: [Errno 13] Permission denied: "), "{stderr}");
    let (_, stdout, _) = run(folder.sloop().args(["check", "--format", "plain", "secret.py"]));
    assert!(stdout.contains("this file cannot be read: Permission denied"), "{stdout}");
}

#[test]
fn output_is_kept_back_and_comes_out_at_the_end() {
    let program =
        "import os, sys\nprint('a')\nos.write(1, b'b\\n') if hasattr(os, 'write') else None";
    let has_os = run(&mut code("import os")).0 == 0;
    if has_os {
        assert_eq!(run(&mut code(program)).1, "b\na\n");
        assert_eq!(run(sloop().args(["-u", "-c", program])).1, "a\nb\n");
        assert_eq!(run(code(program).env("PYTHONUNBUFFERED", "1")).1, "a\nb\n");
    }
    let (_, stdout, _) = shell("$S -c 'print(1); raise ValueError' 2>&1");
    assert!(stdout.starts_with("1\nTraceback"), "{stdout}");
}

#[test]
fn scripts_that_cannot_be_read() {
    let folder = Folder::new(&[("odd.sloop", ""), ("secret.sloop", "print(1)")]);
    let (status, _, stderr) = run(folder.sloop().arg("nosuch.sloop"));
    assert_eq!(status, 2);
    assert_eq!(
        stderr,
        "sloop: can't open file 'nosuch.sloop': [Errno 2] No such file or directory\n"
    );
    fs::write(folder.0.join("odd.sloop"), b"x = 1\ny = '\xff'\n").expect("a file");
    let (status, _, stderr) = run(folder.sloop().arg("odd.sloop"));
    assert_eq!(status, 1);
    assert!(stderr.contains("SyntaxError: "), "{stderr}");
    assert!(stderr.contains("odd.sloop:2:6"), "{stderr}");
    // Loops of links and names that are too long.
    std::os::unix::fs::symlink("loop.sloop", folder.0.join("loop.sloop")).expect("a link");
    assert_eq!(run(folder.sloop().arg("loop.sloop")).0, 2);
    assert_eq!(run(folder.sloop().arg("x".repeat(5000))).0, 2);
    assert_eq!(run(folder.sloop().arg("")).0, 2);
}

#[test]
fn arguments_need_not_be_text() {
    let program = "import sys; print(ascii(sys.argv[1:]))";
    let odd = OsStr::from_bytes(b"a\xffb");
    assert_eq!(run(sloop().args(["-c", program]).arg(odd)).1, "['a\\udcffb']\n");
    let (status, _, stderr) = run(sloop().arg("-c").arg(OsStr::from_bytes(b"print('\xff')")));
    assert_eq!(status, 2);
    assert!(stderr.contains("byte 0xff at position 7 is not UTF-8"), "{stderr}");
    let folder = Folder::new(&[]);
    let name = OsStr::from_bytes(b"odd\xff.sloop");
    fs::write(folder.0.join(name), "import sys; print(ascii(sys.argv[0]))").expect("a file");
    assert_eq!(run(folder.sloop().arg(name)).1, "'odd\\udcff.sloop'\n");
}

// ---- tracebacks

#[test]
fn tracebacks_may_show_variables() {
    let folder = Folder::new(&[(
        "x.sloop",
        "class Bad:\n  def __repr__(self): raise ValueError\ndef f(a, b):\n  c = Bad()\n  return a / b\nlimit = 3\nf(1, 0)\n",
    )]);
    let (status, _, stderr) = run(folder.sloop().args(["-X", "locals", "x.sloop"]));
    assert_eq!(status, 1);
    for part in ["    a = 1\n    b = 0\n    c = <local repr() failed>\n", "    limit = 3\n"] {
        assert!(stderr.contains(part), "{stderr}");
    }
    assert!(!run(folder.sloop().arg("x.sloop")).2.contains("limit = 3\n    "), "{stderr}");
}

// ---- statements without a terminal

#[test]
fn statements_from_a_pipe() {
    let prompt = |input: &str| fed(sloop().arg("repl"), input.as_bytes());
    assert_eq!(prompt("1 + 1\nx = 2\nx\n"), (0, "2\n2\n".into(), String::new()));
    let (status, stdout, stderr) = prompt("1 / 0\n'on'\n");
    assert_eq!((status, &*stdout), (0, "'on'\n"));
    assert!(stderr.contains("File \"<input 1>\", line 1"), "{stderr}");
    assert_eq!(prompt("'on'\n1 / 0\n").0, 1);
    assert_eq!(prompt("'on'\nx = )\n").0, 1);
    assert_eq!(prompt("for i in range(2):\n    print(i)\nprint('after')\n").1, "0\n1\nafter\n");
    assert_eq!(prompt("if False:\n    1\nelse:\n    2\n\n3").1, "2\n3\n");
    assert_eq!(prompt("await sleep(0, 4)\n").1, "4\n");
    assert_eq!(prompt("raise SystemExit(9)\n1\n"), (9, String::new(), String::new()));
    assert_eq!(prompt("").0, 0);
    let (status, stdout, _) = fed(sloop().args(["-i", "-c", "x = 5"]), b"x\n");
    assert_eq!((status, &*stdout), (0, "5\n"));
}

#[test]
fn tasks_run_while_a_pipe_is_silent() {
    let mut child = sloop()
        .arg("repl")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let program = "async def f():\n    await sleep(0.05)\n    print('ran', flush=True)\n\nt = create_task(f())\n";
    stdin.write_all(program.as_bytes()).expect("it reads");
    let mut line = [0; 4];
    child.stdout.as_mut().expect("a pipe").read_exact(&mut line).expect("text");
    assert_eq!(&line, b"ran\n");
    drop(stdin);
    assert!(child.wait().expect("a child of ours").success());
}

#[test]
fn the_prompt_comes_soon() {
    let least = (0..10)
        .map(|_| {
            let start = Instant::now();
            assert_eq!(fed(sloop().arg("repl"), b"1\n").1, "1\n");
            start.elapsed()
        })
        .min();
    // On an idle machine it takes a few milliseconds; others may be at work here.
    assert!(least < Some(Duration::from_millis(200)), "{least:?}");
}

#[test]
fn nothing_is_left_open_between_two_runs() {
    let folder = Folder::new(&[("x.sloop", "print('ok')")]);
    let path = Path::new("x.sloop");
    assert_eq!(run(folder.sloop().arg(path)).1, "ok\n");
    fs::remove_file(folder.0.join(path)).expect("a file");
    assert_eq!(run(folder.sloop().arg(path)).0, 2);
}
