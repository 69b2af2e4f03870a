//! Ctrl-C ends every loop with KeyboardInterrupt, whoever runs it: the program's code, a native, a
//! library, the system. Where an event loop runs, the first cancels the main task, and the second
//! waits for nobody. Ctrl-\\ asks what the tasks do.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

const SIGINT: i32 = 2;

const PROGRAMS: &[&str] = &[
    "while True: pass",
    "for _ in range(10**15): pass",
    "for _ in iter(int, 1): pass",
    "def g():\n  while True: yield 1\nfor x in g(): pass",
    "exec('while True: pass')",
    "def f(): f()\nwhile True:\n  try: f()\n  except RecursionError: pass",
    "sum(iter(int, 1))",
    "max(iter(int, 1))",
    "any(iter(int, 1))",
    "all(x == 0 for x in iter(int, 1))",
    "min(map(abs, iter(int, 1)))",
    "next(filter(None, iter(int, 1)))",
    "set(iter(int, 1))",
    "dict.fromkeys(iter(int, 1))",
    "''.join('' for _ in iter(int, 1))",
    "1 in iter(int, 1)",
    "x = list(range(10**6))\nwhile True: x.sort(key=lambda v: -v)",
    "x = list(range(10**6))\nwhile True: x.reverse(); x.sort()",
    "class A:\n  def __eq__(self, other): return False\na = [A()] * 10**5\nwhile True: a.count(A())",
    "x = 'a' * 10**7\nwhile True: x.count('b')",
    // The same thing twice, and that another twice, sixty times.
    "def f():\n  x = []\n  for _ in range(60): x = [x, x]\n  return x\nf() == f()",
    "def f():\n  x = {}\n  for _ in range(60): x = {1: x, 2: x}\n  return x\nf() == f()",
    "x = ()\nfor _ in range(60): x = (x, x)\nhash(x)",
    "x = list[int]\nfor _ in range(60): x = dict[x, x]\nwhile True:\n  try: repr(x)\n  except MemoryError: pass",
    "x = (str,)\nfor _ in range(60): x = (x, x)\nisinstance(1, x)",
    "x = iter([1])\nfor _ in range(60): x = zip(x, x)\nwhile True: list(x)",
    "import gc\nclass A:\n  def __del__(self): A()\nA()\nwhile True: gc.collect()",
    "x = 3 ** 10**9",
    "x = (1 << 10**8) - 1\nwhile True: x * x // (x >> 10**7)",
    "pow(3, 10**6000, 10**6000 + 7)",
    "import time; time.sleep(1000)",
    "input()",
];

/// Programs that clean up after the first Ctrl-C.
const TIDY: &[&str] = &[
    "try:\n  await sleep(1000)\nfinally:\n  print('tidy')",
    "import asyncio\nasync def main():\n  try: await asyncio.Event().wait()\n  finally: print('tidy')\n\
     async def both():\n  await asyncio.gather(main(), asyncio.sleep(1000))\nasyncio.run(both())",
    "async def other():\n  try: await sleep(1000)\n  finally: print('tidy')\n\
     create_task(other())\nawait sleep(1000)",
    "async def busy():\n  while True: await sleep(0)\n\
     try:\n  await gather(busy(), busy())\nfinally:\n  await sleep(0)\n  print('tidy')",
];

/// Programs that do not end by one Ctrl-C, but by the second.
const STUBBORN: &[&str] = &[
    "try:\n  await sleep(1000)\nfinally:\n  while True: pass",
    "try:\n  await sleep(1000)\nfinally:\n  await sleep(1000)",
    "import time\ntry:\n  await sleep(1000)\nfinally:\n  time.sleep(1000)",
    "import time\nasync def work(): time.sleep(1000)\nawait work()",
    // Threads that would keep the process up.
    "import time\nawait to_thread(time.sleep, 1000)",
    "import asyncio, threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()\n\
     asyncio.run(to_thread(time.sleep, 1000))",
    "while True:\n  try: await sleep(1000)\n  except BaseException: pass",
    "async def other():\n  try: await sleep(1000)\n  finally:\n    while True: pass\n\
     create_task(other())\nawait sleep(1000)",
    "import asyncio\nasync def main():\n  try: await asyncio.sleep(1000)\n  finally:\n\
     \x20   try:\n      while True: pass\n    finally:\n      while True: pass\nasyncio.run(main())",
];

struct Run {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

/// How a program has ended, and how long it took after the last signal.
struct End {
    status: ExitStatus,
    stdout: String,
    stderr: String,
    taken: Duration,
}

impl Run {
    /// Starts a program and lets it come to rest.
    fn start(program: &str) -> Result<Run, String> {
        let program = format!("print('ready', flush=True)\n{program}");
        let mut child = Command::new(env!("CARGO_BIN_EXE_sloop"))
            .args(["-c", &program])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut ready = String::new();
        stdout.read_line(&mut ready).expect("text");
        std::thread::sleep(Duration::from_millis(150));
        let mut run = Run { child, stdout };
        match run.status() {
            Some(status) => Err(format!("ended by itself: {status}")),
            None => Ok(run),
        }
    }

    fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child of ours")
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &pid]).status();
        assert!(sent.expect("kill is there").success());
    }

    fn end(mut self) -> Result<End, String> {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.status() {
                break status;
            }
            if start.elapsed() > Duration::from_secs(20) {
                self.child.kill().expect("a child of ours");
                return Err("goes on".into());
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let taken = start.elapsed();
        let mut stdout = String::new();
        self.stdout.read_to_string(&mut stdout).expect("text");
        let output = self.child.wait_with_output().expect("a child of ours");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok(End { status, stdout, stderr, taken })
    }
}

impl End {
    fn by_signal(self) -> Result<End, String> {
        match self.status.signal() {
            Some(SIGINT) => Ok(self),
            _ => Err(format!("ended with {} and said {}", self.status, self.stderr)),
        }
    }
}

fn check(program: &str) -> Result<(), String> {
    let run = Run::start(program)?;
    run.signal("-INT");
    let end = run.end()?.by_signal()?;
    match end.stderr.ends_with("KeyboardInterrupt\n") {
        true => Ok(()),
        false => Err(format!("said {}", end.stderr)),
    }
}

fn check_tidy(program: &str) -> Result<(), String> {
    let run = Run::start(program)?;
    run.signal("-INT");
    let end = run.end()?.by_signal()?;
    match &*end.stdout {
        "tidy\n" => Ok(()),
        other => Err(format!("printed {other}")),
    }
}

fn check_stubborn(program: &str) -> Result<(), String> {
    let mut run = Run::start(program)?;
    run.signal("-INT");
    std::thread::sleep(Duration::from_millis(200));
    if run.status().is_some() {
        return Err("ended by the first".into());
    }
    run.signal("-INT");
    let end = run.end()?.by_signal()?;
    // On an idle machine it takes 0.13 seconds at most.
    if end.taken > Duration::from_secs(5) {
        return Err(format!("took {:?}", end.taken));
    }
    match end.stderr.contains("'Task-") {
        true => Ok(()),
        false => Err(format!("said {}", end.stderr)),
    }
}

/// Checks all programs at the same time.
fn each(programs: &[&str], check: fn(&str) -> Result<(), String>) {
    let failures: Vec<String> = std::thread::scope(|scope| {
        let runs: Vec<_> = programs
            .iter()
            .map(|&program| (program, scope.spawn(move || check(program))))
            .collect();
        let ends = runs.into_iter().map(|(program, run)| (program, run.join().expect("no panic")));
        ends.filter_map(|(program, end)| Some(format!("{program:?}: {}", end.err()?))).collect()
    });
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn tasks_clean_up_after_the_first_ctrl_c() {
    each(TIDY, check_tidy);
}

#[test]
fn the_second_ctrl_c_waits_for_nobody() {
    each(STUBBORN, check_stubborn);
}

#[test]
fn asked_what_it_does_a_program_tells_and_goes_on() {
    let run = Run::start(
        "async def nap(): await sleep(1)\n\
         task = create_task(nap(), name='napper')\nawait task\nprint('ends')",
    );
    let run = run.expect("it sleeps");
    run.signal("-QUIT");
    let end = run.end().expect("it ends");
    assert!(end.status.success() && end.stdout == "ends\n", "{}", end.status);
    assert!(end.stderr.contains("'Task-1' waits for task 'napper'"), "{}", end.stderr);
    assert!(end.stderr.contains("'napper' sleeps for 0."), "{}", end.stderr);
    let run = Run::start("import time\nasync def work():\n  time.sleep(1)\nawait work()");
    let run = run.expect("it sleeps");
    run.signal("-QUIT");
    let end = run.end().expect("it ends");
    assert!(end.status.success() && end.stderr.contains("in work"), "{}", end.stderr);
}

#[test]
fn every_loop_hears_ctrl_c() {
    each(PROGRAMS, check);
}
