//! Ctrl-C ends every loop with KeyboardInterrupt, whoever runs it: the program's code, a native, a
//! library, the system.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
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

fn interrupt(child: &Child) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill is there").success());
}

fn check(program: &str) -> Result<(), String> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sloop"))
        .args(["-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    std::thread::sleep(Duration::from_millis(150));
    if let Some(status) = child.try_wait().expect("a child of ours") {
        return Err(format!("ended by itself: {status}"));
    }
    interrupt(&child);
    let start = Instant::now();
    while child.try_wait().expect("a child of ours").is_none() {
        if start.elapsed() > Duration::from_secs(20) {
            child.kill().expect("a child of ours");
            return Err("goes on".into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().expect("a child of ours");
    if output.status.signal() != Some(SIGINT) {
        return Err(format!("ended with {}", output.status));
    }
    let shown = String::from_utf8_lossy(&output.stderr);
    if !shown.ends_with("KeyboardInterrupt\n") {
        return Err(format!("said {shown}"));
    }
    Ok(())
}

#[test]
fn every_loop_hears_ctrl_c() {
    let failures: Vec<String> = std::thread::scope(|scope| {
        let runs: Vec<_> =
            PROGRAMS.iter().map(|program| (program, scope.spawn(|| check(program)))).collect();
        let ends = runs.into_iter().map(|(program, run)| (program, run.join().expect("no panic")));
        ends.filter_map(|(program, end)| Some(format!("{program:?}: {}", end.err()?))).collect()
    });
    assert!(failures.is_empty(), "{failures:#?}");
}
