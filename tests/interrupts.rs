//! Ctrl-C ends every loop with KeyboardInterrupt, whoever runs it: the program's code, a native, a
//! library, the system. Where an event loop runs, the first cancels the main task, and the second
//! waits for nobody. Ctrl-\\ asks what the tasks do.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Output, Stdio};
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
    "while True:\n  try: await sleep(1000)\n  except BaseException: pass",
    "async def other():\n  try: await sleep(1000)\n  finally:\n    while True: pass\n\
     create_task(other())\nawait sleep(1000)",
    "import asyncio\nasync def main():\n  try: await asyncio.sleep(1000)\n  finally:\n\
     \x20   try:\n      while True: pass\n    finally:\n      while True: pass\nasyncio.run(main())",
];

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args([name, &pid]).status().expect("kill is there").success());
}

fn start(program: &str) -> Result<Child, String> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sloop"))
        .args(["-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    std::thread::sleep(Duration::from_millis(300));
    match child.try_wait().expect("a child of ours") {
        Some(status) => Err(format!("ended by itself: {status}")),
        None => Ok(child),
    }
}

/// Waits for the end; returns what was printed and how long it took.
fn end(mut child: Child) -> Result<(Output, Duration), String> {
    let start = Instant::now();
    while child.try_wait().expect("a child of ours").is_none() {
        if start.elapsed() > Duration::from_secs(20) {
            child.kill().expect("a child of ours");
            return Err("goes on".into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let taken = start.elapsed();
    let output = child.wait_with_output().expect("a child of ours");
    Ok((output, taken))
}

fn dies_of_it(output: &Output) -> Result<(), String> {
    match output.status.signal() {
        Some(SIGINT) => Ok(()),
        _ => Err(format!("ended with {}", output.status)),
    }
}

fn check(program: &str) -> Result<(), String> {
    let child = start(program)?;
    signal(&child, "-INT");
    let (output, _) = end(child)?;
    dies_of_it(&output)?;
    let shown = String::from_utf8_lossy(&output.stderr);
    if !shown.ends_with("KeyboardInterrupt\n") {
        return Err(format!("said {shown}"));
    }
    Ok(())
}

fn check_tidy(program: &str) -> Result<(), String> {
    let child = start(program)?;
    signal(&child, "-INT");
    let (output, _) = end(child)?;
    dies_of_it(&output)?;
    if output.stdout != b"tidy\n" {
        return Err(format!("printed {}", String::from_utf8_lossy(&output.stdout)));
    }
    Ok(())
}

fn check_stubborn(program: &str) -> Result<(), String> {
    let mut child = start(program)?;
    signal(&child, "-INT");
    std::thread::sleep(Duration::from_millis(200));
    if child.try_wait().expect("a child of ours").is_some() {
        return Err("ended by the first".into());
    }
    signal(&child, "-INT");
    let (output, taken) = end(child)?;
    dies_of_it(&output)?;
    // On an idle machine it takes 0.13 seconds at most.
    if taken > Duration::from_secs(5) {
        return Err(format!("took {taken:?}"));
    }
    let shown = String::from_utf8_lossy(&output.stderr);
    if !shown.contains("'Task-1'") {
        return Err(format!("said {shown}"));
    }
    Ok(())
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
    let program = "import time\nasync def nap(): await sleep(1)\nprint('begins')\n\
                   task = create_task(nap(), name='napper')\nawait task\nprint('ends')";
    let child = start(program).expect("it sleeps");
    signal(&child, "-QUIT");
    let (output, _) = end(child).expect("it ends");
    assert!(output.status.success(), "{}", output.status);
    assert_eq!(output.stdout, b"begins\nends\n");
    let shown = String::from_utf8_lossy(&output.stderr);
    assert!(shown.contains("'Task-1' waits for task 'napper'"), "{shown}");
    assert!(shown.contains("'napper' sleeps for 0."), "{shown}");
    let child = start("import time\nasync def work():\n  time.sleep(1)\nawait work()");
    let child = child.expect("it sleeps");
    signal(&child, "-QUIT");
    let (output, _) = end(child).expect("it ends");
    let shown = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && shown.contains("in work"), "{shown}");
}

#[test]
fn every_loop_hears_ctrl_c() {
    each(PROGRAMS, check);
}
