//! The prompt, tried in a terminal: sessions as they look on the screen (`tests/repl/*.txt`), what
//! keys and signals do, and random keys.
//!
//! A session is typed line by line: `>>> ` stands before what is typed at a prompt, `... ` before
//! what is typed in place of the indentation that was made, `+++ ` before what is typed behind it.
//! `SLOOP_KEYS=100000` presses so many random keys; `BLESS=1` rewrites the sessions' screens.

mod pty;

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pty::Terminal;

const ROWS: u16 = 60;
const COLUMNS: u16 = 80;

fn start() -> Terminal {
    start_with(&["-q"], ROWS, COLUMNS, &[])
}

fn start_with(args: &[&str], rows: u16, columns: u16, env: &[(&str, &str)]) -> Terminal {
    let mut terminal = Terminal::start(args, rows, columns, env);
    terminal.prompt();
    terminal
}

/// A session of a file: its name, options behind it in brackets, and its lines.
struct Session {
    name: String,
    options: Vec<String>,
    lines: Vec<String>,
}

fn sessions(text: &str) -> Vec<Session> {
    text.split("=== ")
        .skip(1)
        .map(|part| {
            let (name, rest) = part.split_once('\n').expect("a name");
            let lines = rest.trim_end().lines().map(str::to_owned).collect();
            let options = name.strip_suffix(']').and_then(|name| name.rsplit_once(" ["));
            let options = options.map_or("", |(_, options)| options);
            let options = options.split_whitespace().map(str::to_owned).collect();
            Session { name: name.to_owned(), options, lines }
        })
        .collect()
}

const MARKS: [&str; 3] = [">>>", "...", "+++"];

/// What a line of a session says to type, with the mark before it.
fn typed(line: &str) -> Option<(&str, &str)> {
    MARKS.iter().find_map(|mark| {
        let rest = line.strip_prefix(mark)?;
        match rest.strip_prefix(' ') {
            Some(rest) => Some((*mark, rest)),
            None => rest.is_empty().then_some((*mark, rest)),
        }
    })
}

/// Types a session; returns how it really looks, in the same notation.
fn play(session: &Session) -> String {
    let mut args = vec!["-q"];
    args.extend(session.options.iter().map(String::as_str));
    let mut terminal = start_with(&args, ROWS, COLUMNS, &[]);
    let inputs: Vec<(&str, &str)> = session.lines.iter().filter_map(|line| typed(line)).collect();
    for (i, (mark, text)) in inputs.iter().enumerate() {
        if *mark == "..." {
            // On an empty line this key would take back the line end.
            terminal.send("x\x15");
        }
        terminal.send(text);
        terminal.send("\r");
        if inputs.get(i + 1).is_none_or(|(mark, _)| *mark == ">>>") {
            terminal.prompt();
        }
    }
    terminal.until("the last prompt", |t| t.text().ends_with("\n>>>") || t.text() == ">>>");
    let screen = terminal.text();
    let screen = screen.strip_suffix(">>>").expect("a prompt").trim_end().to_owned();
    noted(&screen, &inputs)
}

/// A screen with the marks of what was typed.
fn noted(screen: &str, inputs: &[(&str, &str)]) -> String {
    let mut out = Vec::new();
    let mut left = inputs.iter().peekable();
    let mut block = false;
    for line in screen.lines() {
        if line.starts_with(">>>") {
            left.next();
            block = true;
            out.push(line.to_owned());
            continue;
        }
        match left.peek() {
            Some((mark, text)) if block && *mark != ">>>" => {
                left.next();
                let shown = if *mark == "..." { line } else { text };
                out.push(format!("{mark} {shown}").trim_end().to_owned());
            }
            _ => {
                block = false;
                out.push(line.to_owned());
            }
        }
    }
    out.join("\n")
}

/// Does work with each item, two at a time.
fn each<T: Sync>(items: &[T], work: impl Fn(&T) -> Result<(), String> + Sync) {
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let outcome =
                        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(item)));
                    let outcome = outcome.unwrap_or_else(|panic| {
                        let text = panic.downcast_ref::<String>().cloned();
                        Err(text.unwrap_or_else(|| "it panicked".into()))
                    });
                    if let Err(problem) = outcome {
                        failures.lock().expect("no panic").push(problem);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("no panic");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn sessions_look_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/repl");
    let mut files: Vec<_> = fs::read_dir(folder).expect("a folder").flatten().collect();
    files.sort_by_key(|file| file.path());
    let bless = std::env::var_os("BLESS").is_some();
    let only = std::env::var("ONLY").ok();
    let mut count = 0;
    for file in files {
        let path = file.path();
        let text = fs::read_to_string(&path).expect("text");
        let all = sessions(&text);
        count += all.len();
        let screens: Vec<Mutex<String>> = all.iter().map(|_| Mutex::default()).collect();
        let numbered: Vec<(usize, &Session)> = all.iter().enumerate().collect();
        each(&numbered, |(i, session)| {
            if only.as_ref().is_some_and(|only| !session.name.contains(only.as_str())) {
                return Ok(());
            }
            let looks = play(session);
            let wanted = session.lines.join("\n");
            *screens[*i].lock().expect("no panic") = looks.clone();
            match looks == wanted || bless {
                true => Ok(()),
                false => Err(format!(
                    "{}: {}\n--- wanted\n{wanted}\n--- seen\n{looks}\n",
                    path.display(),
                    session.name
                )),
            }
        });
        if bless {
            let parts: Vec<String> = all
                .iter()
                .zip(&screens)
                .map(|(session, screen)| {
                    format!("=== {}\n{}\n", session.name, screen.lock().expect("no panic"))
                })
                .collect();
            fs::write(&path, parts.join("\n")).expect("a writable file");
        }
    }
    assert!(count >= 60, "only {count} sessions");
}

/// What stands between fences in the page about the prompt, and begins with a prompt.
#[test]
fn the_page_tells_the_truth() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/repl.md");
    let text = fs::read_to_string(&page).expect("a page");
    let parts: Vec<&str> = text.split("```").collect();
    let blocks: Vec<Session> = parts
        .iter()
        .skip(1)
        .step_by(2)
        .filter_map(|block| block.split_once('\n'))
        .filter(|(_, body)| body.starts_with(">>> "))
        .enumerate()
        .map(|(nth, (_, body))| Session {
            name: format!("block {}", nth + 1),
            // Nobody wants to wait for the seconds that the page speaks of.
            options: vec!["--virtual-time".into()],
            lines: body.trim_end().lines().map(str::to_owned).collect(),
        })
        .collect();
    assert!(blocks.len() >= 6, "only {} blocks", blocks.len());
    each(&blocks, |session| {
        let (looks, wanted) = (play(session), session.lines.join("\n"));
        match looks == wanted {
            true => Ok(()),
            false => Err(format!("{}\n--- wanted\n{wanted}\n--- seen\n{looks}\n", session.name)),
        }
    });
}

// ---- the editor

#[test]
fn completion_asks_the_machine() {
    let mut t = start();
    t.line("import math; numbers = [1]; text = 'a'");
    t.send("math.sq\t");
    t.see("math.sqrt");
    t.send("(2.25)\r");
    t.see("1.5");
    t.prompt();
    t.send("numb\t");
    t.see(">>> numbers");
    t.send(".app\t");
    t.see("numbers.append");
    t.send("\x03");
    t.prompt();
    t.line("def longname(alpha, *, beta=1): pass\r");
    t.send("longname(bet\t");
    t.see("longname(beta=");
    t.send("\x03");
    t.prompt();
    t.send("from math import isc\t");
    t.see("isclose");
    t.send("\x03");
    t.prompt();
    t.send("import contextl\t");
    t.see("contextlib");
    t.send("\x03");
    t.prompt();
    fs::write(t.folder().join("data.txt"), "").expect("a file");
    t.send("open('dat\t");
    t.see("open('data.txt");
}

#[test]
fn completion_runs_no_code() {
    let mut t = start();
    t.send("class A:\r");
    for line in ["    @property", "    def far(self): print('RUNS'); return self", "", ""] {
        t.send("x\x15");
        t.send(line);
        t.send("\r");
    }
    t.prompt();
    t.line("a = A()");
    t.send("a.far.\t\t");
    t.send("\x15a.f\t");
    t.see(">>> a.far");
    t.send("\x03");
    t.prompt();
    t.line("'never' + ' ran'");
    assert!(!t.text().contains("RUNS\n"), "{}", t.text());
}

#[test]
fn several_candidates_are_listed() {
    let mut t = start();
    t.line("alpha1 = alpha2 = 1");
    t.send("alp\t\t");
    t.see("alpha1  alpha2");
    t.send("2\r");
    t.see("\n1\n");
}

#[test]
fn a_list_that_does_not_fit_says_how_many_are_left() {
    for (rows, columns) in [(24, 80), (8, 40), (5, 20)] {
        let mut t = start_with(&["-q"], rows, columns, &[]);
        t.send("x = ");
        t.see("x =");
        t.send("\t");
        t.see(" more");
        // Nothing is asked, and keys mean what they always mean.
        t.send("5\r");
        t.prompt();
        t.line("x + 1");
        t.see("\n6\n");
        t.send("\x04");
        assert_eq!(t.end().code(), Some(0));
    }
}

#[test]
fn history_comes_back_in_the_next_session() {
    let mut t = start();
    t.line("first = 'one'");
    t.send("def f():\rreturn 2\r\r");
    t.prompt();
    let history = t.folder().join("history").to_string_lossy().into_owned();
    let kept = fs::read(&history).expect("a history");
    let file = std::env::temp_dir().join(format!("sloop-history-{}", std::process::id()));
    fs::write(&file, kept).expect("a copy");
    let mut t = start_with(&["-q"], 20, 80, &[("SLOOP_HISTORY", file.to_str().expect("text"))]);
    t.send("\x1b[A");
    t.see("return 2");
    t.send("\x03");
    t.prompt();
    t.send("\x12one");
    t.see("first = 'one'");
    t.send("\r");
    t.prompt();
    t.line("first * 2");
    t.see("'oneone'");
    let _ = fs::remove_file(file);
}

#[test]
fn a_pasted_program_is_one_input() {
    let mut t = start();
    let program = "def f(n):\r    total = 0\r\r    for i in range(n):\r        total += i\r    \
                   return total\r\rprint(f(10))\rf(4)";
    t.send(&format!("\x1b[200~{program}\x1b[201~"));
    t.see("f(4)");
    t.send("\r");
    t.prompt();
    t.see("\n45\n6\n>>>");
}

#[test]
fn pasted_lines_keep_their_indentation_where_the_terminal_does_not_say_that_they_are() {
    let mut t = start();
    t.send("def f(n):\r    for i in range(n):\r        if i > 2:\r            return i\r    return 7\r\r");
    t.prompt();
    t.send("class A:\r\tdef f(self):\r\t\treturn 8\r\r");
    t.prompt();
    t.line("f(9), f(1), A().f()");
    t.see("(3, 7, 8)");
}

#[test]
fn what_is_typed_ahead_is_not_lost() {
    let mut t = start();
    t.send("import time; time.sleep(0.3)\r1 + 1\r2 + 2\r");
    t.see("\n4\n>>>");
    assert!(t.text().contains("\n2\n"), "{}", t.text());
}

#[test]
fn indentation_is_taken_back_by_one_key() {
    let mut t = start();
    t.send("if True:\rx = 1\r\x7fif x: 2\r\r");
    t.prompt();
    t.see("\n2\n>>>");
}

/// All of this is there when the editor looks again.
#[test]
fn what_is_typed_behind_ctrl_c_is_not_lost() {
    let mut t = start();
    t.signal(libc::SIGSTOP);
    t.send("x = 1\x031 + 1\r40 + 2\r");
    t.signal(libc::SIGCONT);
    t.see("\n42\n");
    assert!(t.text().contains("1 + 1\n2\n"), "{}", t.text());
}

#[test]
fn tasks_have_a_turn_between_lines_typed_ahead() {
    let mut t = start();
    t.line("seen = []");
    t.line("async def f(): seen.append('its turn')\r");
    t.send("import time; time.sleep(0.3)\r&f()\rseen\r");
    t.see("\n['its turn']\n");
}

/// What a task has printed before a line is run stands above what that line prints.
#[test]
fn output_is_in_order_when_lines_are_typed_ahead() {
    let mut t = start();
    t.line("async def f():\rfor i in range(3): print('task', i); await sleep(0)\r");
    t.send("import time; time.sleep(0.3)\rjob = create_task(f())\r");
    t.send("print('one')\rprint('two')\rprint('three')\r");
    t.see("\nthree\n>>>");
    let text = t.text();
    let at = |line: &str| text.find(&format!("\n{line}\n")).unwrap_or_else(|| panic!("{text}"));
    assert!(at("task 0") < at("one"), "{text}");
    assert!(at("one") < at("two") && at("two") < at("three"), "{text}");
    assert!(at("task 0") < at("task 1") && at("task 1") < at("task 2"), "{text}");
}

#[test]
fn ctrl_c_clears_the_line_and_ctrl_d_leaves() {
    let mut t = start();
    t.send("never typed\x03");
    t.prompt();
    t.line("1 + 1");
    t.see("\n2\n>>>");
    t.send("\x04");
    assert_eq!(t.end().code(), Some(0));
    assert!(t.is_cooked());
}

#[test]
fn brackets_and_colours_show() {
    let mut t = Terminal::start(&["-q"], 20, 80, &[("NO_COLOR", ""), ("FORCE_COLOR", "1")]);
    t.prompt();
    t.send("def f('a') # b");
    t.see("# b");
    let output = String::from_utf8_lossy(&t.output).into_owned();
    for part in ["\x1b[1;34mdef", "\x1b[32m'a'", "\x1b[90m# b"] {
        assert!(output.contains(part), "{output:?}");
    }
    t.send("\x03");
    t.prompt();
    t.send("(1)\x02");
    t.until("a marked pair", |t| {
        let output = String::from_utf8_lossy(&t.output).into_owned();
        output.contains("\x1b[1;35m(\x1b[0m") && output.contains("\x1b[1;35m)\x1b[0m")
    });
}

// ---- tasks

const TICKER: &str = "async def tick():\n    for i in range(3):\n        await sleep(0.15)\n        print('tick', i)\n";

fn paste(t: &mut Terminal, text: &str) {
    t.send(&format!("\x1b[200~{text}\x1b[201~"));
    t.send("\r");
    t.prompt();
}

#[test]
fn tasks_print_above_the_line() {
    let mut t = start();
    paste(&mut t, TICKER);
    t.line("job = create_task(tick())");
    t.send("half a li");
    t.see("tick 2\n>>> half a li");
    assert!(t.text().contains("tick 0\ntick 1\ntick 2"), "{}", t.text());
    t.send("\x15'whole'\r");
    t.prompt();
    t.see("\n'whole'\n>>>");
}

#[test]
fn tasks_print_above_several_lines() {
    let mut t = start_with(&["-q"], 24, 20, &[]);
    paste(&mut t, TICKER);
    t.line("j=create_task(tick())");
    t.send("def g():\rreturn 'a long text that wraps'");
    t.see("tick 2");
    t.send("\r\r");
    t.prompt();
    t.line("g()[:6]");
    t.see("'a long'");
}

#[test]
fn background_errors_are_told() {
    let mut t = start();
    paste(&mut t, "async def fail():\n    await sleep(0.05)\n    raise ValueError('lost')\n");
    t.line("job = create_task(fail())");
    t.send("typing");
    t.see("ValueError: lost\n>>> typing");
    assert!(t.text().contains("failed:\n"), "{}", t.text());
}

#[test]
fn an_error_that_is_awaited_is_told_once() {
    let mut t = start();
    paste(&mut t, "async def fail():\n    await sleep(0.2)\n    raise ValueError('mine')\n");
    t.line("job = create_task(fail())");
    t.line("await job");
    t.line("'after'");
    t.see("'after'");
    assert_eq!(t.text().matches("\nValueError: mine").count(), 1, "{}", t.text());
}

#[test]
fn ampersand_starts_and_tells() {
    let mut t = start();
    t.line("&sleep(0.05, 'slept')");
    t.see("[1]");
    t.send("x");
    t.see("[1] done: sleep(0.05, 'slept') -> 'slept'\n>>> x");
    t.send("\x03");
    t.prompt();
    t.line("&sleep(100)");
    t.line("tasks()");
    t.see("sleeps for");
}

#[test]
fn ctrl_c_cancels_the_await_alone() {
    let mut t = start();
    paste(&mut t, TICKER);
    t.line("job = create_task(tick())");
    t.send("await sleep(1000)\r");
    t.until("a cooked terminal", |t| t.is_cooked());
    t.see("tick 0");
    t.send("\x03");
    t.see("KeyboardInterrupt");
    t.prompt();
    t.see("tick 2");
    t.line("job.cancelled(), job.done()");
    t.see("(False, True)");
}

#[test]
fn ctrl_c_stops_computing() {
    for program in ["while True: pass\r", "sum(iter(int, 1))", "import time; time.sleep(1000)"] {
        let mut t = start();
        t.send(program);
        t.send("\r");
        t.until("a cooked terminal", |t| t.is_cooked());
        std::thread::sleep(Duration::from_millis(150));
        t.send("\x03");
        t.see("KeyboardInterrupt");
        t.prompt();
        t.line("40 + 2");
        t.see("\n42\n");
    }
}

#[test]
fn ctrl_c_stops_computing_behind_an_await() {
    let mut t = start();
    paste(&mut t, "async def f():\n    await sleep(0)\n    while True: pass\n");
    t.send("await f()\r");
    t.until("a cooked terminal", |t| t.is_cooked());
    std::thread::sleep(Duration::from_millis(150));
    t.send("\x03");
    t.see("KeyboardInterrupt");
    t.prompt();
    t.line("40 + 2");
    t.see("\n42\n");
}

#[test]
fn a_task_that_hogs_the_machine_can_be_stopped() {
    let mut t = start();
    paste(&mut t, "async def hog():\n    await sleep(0.1)\n    while True: pass\n");
    t.line("job = create_task(hog())");
    std::thread::sleep(Duration::from_millis(400));
    t.send("\x03");
    t.see("KeyboardInterrupt");
    t.send("40 + 2\r");
    t.see("\n42\n");
}

#[test]
fn leaving_lets_tasks_clean_up() {
    let mut t = start();
    paste(
        &mut t,
        "async def f():\n    try: await sleep(1000)\n    finally:\n        await sleep(0.05)\n        print('tidy')\n",
    );
    t.line("job = create_task(f())");
    t.line("await sleep(0)");
    t.send("\x04");
    t.see("tidy");
    assert_eq!(t.end().code(), Some(0));
}

#[test]
fn a_task_that_will_not_end_does_not_hold_the_session() {
    let mut t = start();
    paste(
        &mut t,
        "async def f():\n    while True:\n        try: await sleep(1000)\n        except BaseException: pass\n",
    );
    t.line("job = create_task(f())");
    t.line("await sleep(0)");
    t.send("\x04");
    assert_eq!(t.end().code(), Some(0));
}

// ---- ends

#[test]
fn ways_to_leave() {
    for (text, code) in [
        ("exit", 0),
        ("quit()", 0),
        ("exit(3)", 3),
        ("raise SystemExit(4)", 4),
        ("import sys; sys.exit('gone')", 1),
        ("async def f(): raise SystemExit(5)", 5),
    ] {
        let mut t = start();
        if text.starts_with("async") {
            t.line(&format!("{text}\r"));
            t.send("job = create_task(f())\r");
        } else {
            t.send(text);
            t.send("\r");
        }
        assert_eq!(t.end().code(), Some(code), "{text}: {}", t.text());
        assert!(t.is_cooked(), "{text}");
    }
}

#[test]
fn sigterm_restores_the_terminal() {
    use std::os::unix::process::ExitStatusExt;
    for busy in ["", "await sleep(1000)\r", "while True: pass\r\r"] {
        let mut t = start();
        t.send("half");
        t.see("half");
        if !busy.is_empty() {
            t.send("\x15");
            t.send(busy);
            t.until("a cooked terminal", |t| t.is_cooked());
        }
        t.signal(libc::SIGTERM);
        assert_eq!(t.end().signal(), Some(libc::SIGTERM), "{busy:?}: {}", t.text());
        assert!(t.is_cooked(), "{busy:?}");
    }
}

/// The terminal is closed, or the connection lost: tasks may still clean up.
#[test]
fn sighup_lets_tasks_clean_up() {
    use std::os::unix::process::ExitStatusExt;
    for busy in ["", "def half():\r", "await sleep(1000)\r", "while True: pass\r\r"] {
        let mut t = start();
        t.line(
            "async def f():\rtry:\rprint('begun')\rawait sleep(1000)\r\x08finally:\ropen('tidy', 'w').close()\r",
        );
        t.send("&f()\r");
        t.until("the task", |t| t.text().contains("\nbegun\n"));
        t.send(busy);
        match busy.contains(['a', 'w']) && !busy.starts_with("def") {
            true => t.until("a cooked terminal", |t| t.is_cooked()),
            false => t.see("started"),
        }
        t.signal(libc::SIGHUP);
        assert_eq!(t.end().signal(), Some(libc::SIGHUP), "{busy:?}: {}", t.text());
        assert!(t.folder().join("tidy").exists(), "{busy:?}: {}", t.text());
    }
}

#[test]
fn the_prompt_after_a_script() {
    let folder = std::env::temp_dir().join(format!("sloop-after-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let script = folder.join("script.sloop");
    fs::write(&script, "x = 20\nraise ValueError('half-way')\n").expect("a script");
    let mut t = start_with(&["-q", "-i", script.to_str().expect("text")], ROWS, COLUMNS, &[]);
    t.see("ValueError: half-way");
    t.line("x + 1");
    t.see("\n21\n");
    let _ = fs::remove_dir_all(folder);
}

#[test]
fn the_greeting_and_the_start_up_file() {
    let file = std::env::temp_dir().join(format!("sloop-startup-{}.py", std::process::id()));
    fs::write(&file, "ready = 'steady'\n").expect("a file");
    let mut t =
        start_with(&[], ROWS, COLUMNS, &[("SLOOP_STARTUP", file.to_str().expect("a name"))]);
    t.see("help() tells more");
    t.line("ready");
    t.see("'steady'");
    fs::write(&file, "raise SystemExit(4)\n").expect("a file");
    let mut t =
        Terminal::start(&[], ROWS, COLUMNS, &[("SLOOP_STARTUP", file.to_str().expect("a name"))]);
    assert_eq!(t.end().code(), Some(4), "{}", t.text());
    let _ = fs::remove_file(file);
}

// ---- terminals

#[test]
fn narrow_terminals_and_wide_characters() {
    let mut t = start_with(&["-q"], 10, 20, &[]);
    t.send("s = '日本語日本語日本語'");
    t.see("日本語'");
    t.send("\x01\x05\x02\x02");
    t.resize(10, 30);
    t.send("\r");
    t.prompt();
    t.line("len(s)");
    t.see("\n9\n");
    t.resize(5, 12);
    t.line("1+1");
    t.see("\n2\n");
}

#[test]
fn a_resize_while_typing_keeps_the_text() {
    let mut t = start();
    t.send("'abcdefghijklmnopqrstuvwxyz' + '0123456789'");
    t.see("789'");
    for columns in [30, 20, 60, 80] {
        t.resize(ROWS, columns);
        std::thread::sleep(Duration::from_millis(30));
        t.pump(Duration::from_millis(30));
    }
    t.send("\r");
    t.prompt();
    t.see("'abcdefghijklmnopqrstuvwxyz0123456789'");
}

#[test]
fn a_terminal_that_cannot_move_its_cursor() {
    let mut t = Terminal::start(&["-q"], ROWS, COLUMNS, &[("TERM", "dumb")]);
    t.see(">>>");
    t.send("1 + 1\n");
    t.see("\n2\n>>>");
    t.send("for i in range(2):\n");
    t.see("...");
    t.send("    print(i)\n\n");
    t.see("0\n1\n>>>");
    t.send("unfinished");
    t.send("\x03");
    t.see("KeyboardInterrupt\n>>>");
    t.send("'ok'\n");
    t.see("\n'ok'\n>>>");
    t.send("await sleep(1000)\n");
    std::thread::sleep(Duration::from_millis(200));
    t.send("\x03");
    t.send("5 * 5\n");
    t.see("25\n>>>");
    assert!(!t.output.contains(&0x1b), "{:?}", String::from_utf8_lossy(&t.output));
    t.send("\x04");
    assert_eq!(t.end().code(), Some(0));
}

#[test]
fn bytes_that_are_no_text_do_not_end_it() {
    let mut t = start();
    t.send_bytes(b"'\xff\xfe");
    t.prompt();
    t.send("\x03");
    t.prompt();
    t.line("1 + 1");
    t.see("\n2\n");
}

#[test]
fn input_reads_from_the_terminal() {
    let mut t = start();
    t.send("name = input('who? ')\r");
    t.see("\nwho?");
    t.send("me\r");
    t.prompt();
    t.line("name");
    t.see("\n'me'\n");
}

#[test]
fn a_task_in_the_background_gets_no_input() {
    let mut t = start();
    paste(
        &mut t,
        "async def ask():\n    await sleep(0.05)\n    try: input('who? ')\n    except OSError as e: print('refused:', type(e).__name__)\n",
    );
    t.line("job = create_task(ask())");
    t.send("mine");
    t.see("refused: UnsupportedOperation\n>>> mine");
    t.send("\x15");
    // While the prompt waits for a statement, the terminal is free.
    t.send("await ask()\r");
    t.until("the question", |t| t.text().ends_with("\nwho?"));
    t.send("me\r");
    t.prompt();
    t.line("1 + 1");
    t.see("\n2\n");
}

// ---- random keys

fn random_keys(seed: u64, count: usize) -> Result<(), String> {
    const KEYS: &[&str] = &[
        "a",
        "x",
        "1",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "'",
        "\"",
        "'''",
        ":",
        " ",
        "    ",
        "\r",
        "\n",
        "\t",
        "\t\t",
        "\x7f",
        "\x08",
        "\x1b[A",
        "\x1b[B",
        "\x1b[C",
        "\x1b[D",
        "\x1b[H",
        "\x1b[F",
        "\x1b[3~",
        "\x01",
        "\x05",
        "\x0b",
        "\x15",
        "\x17",
        "\x19",
        "\x14",
        "\x0c",
        "\x02",
        "\x06",
        "\x03",
        "\x12",
        "\x07",
        "\x1b",
        "\x1bb",
        "\x1bf",
        "\x1bd",
        "\x1b\x7f",
        "\x1b[Z",
        "\x1b[5~",
        "\x1b[200~x = 1\rif x:\r    2\r\x1b[201~",
        "def f():",
        "return",
        "print(x)",
        "x = 1",
        "for x in y:",
        "if True:",
        "else:",
        "await sleep(0)",
        "&sleep(0)",
        "len?",
        "import ma",
        "f'{x!r}",
        "é",
        "日",
        "🎉",
        "#",
        "\\",
        "@",
        ".",
        "math.",
        "lambda: ",
        "\x1f",
        "\x16",
        "\x0e",
        "\x10",
        "\x18",
        "y",
        "q",
        "print('t')",
        "create_task(sleep(0.001))",
        "\x1b[1;5C",
        "\x1b[1;5D",
        "\x1bOP",
        "\x1b<",
        "\x1b>",
    ];
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut draw = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % limit
    };
    let sizes = [(24, 80), (10, 20), (5, 8), (40, 132)];
    let (rows, columns) = sizes[draw(sizes.len())];
    let mut t = start_with(&["-q"], rows, columns, &[]);
    let mut pressed = String::new();
    for i in 0..count {
        let key = KEYS[draw(KEYS.len())];
        pressed.push_str(key);
        t.send(key);
        if i % 16 == 0 {
            while t.pump(Duration::from_millis(1)) {}
        }
        if draw(200) == 0 {
            let (rows, columns) = sizes[draw(sizes.len())];
            t.resize(rows, columns);
        }
    }
    // Out of whatever mode it is in.
    let calm = |t: &mut Terminal| while t.pump(Duration::from_millis(100)) {};
    calm(&mut t);
    t.resize(24, 80);
    for _ in 0..4 {
        t.send("\x07\x03");
        calm(&mut t);
    }
    // What is typed while a statement runs may go down with it, when Ctrl-C ends that.
    let start = std::time::Instant::now();
    let answered = |t: &Terminal| String::from_utf8_lossy(&t.output).contains("alive 42");
    while !answered(&t) {
        t.send("\x07\x03");
        calm(&mut t);
        t.send("print('al' + 'ive', 6 * 7)\r");
        let asked = std::time::Instant::now();
        while !answered(&t) && asked.elapsed() < Duration::from_secs(3) {
            t.pump(Duration::from_millis(20));
        }
        if start.elapsed() > Duration::from_secs(30) {
            return Err(format!("seed {seed}: no answer after {pressed:?}\n{}", t.text()));
        }
    }
    t.send("\x03");
    calm(&mut t);
    t.send("\x04");
    let code = t.end().code();
    let output = String::from_utf8_lossy(&t.output).into_owned();
    if let Some(at) = output.find("panicked") {
        let said: String = output[at..].chars().take(300).collect();
        return Err(format!("seed {seed}: it {said:?} after {pressed:?}"));
    }
    if code != Some(0) || !t.is_cooked() {
        return Err(format!("seed {seed}: {code:?} after {pressed:?}\n{}", t.text()));
    }
    Ok(())
}

#[test]
fn random_keys_leave_it_alive() {
    let number = |name: &str, default: usize| {
        std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
    };
    const EACH: usize = 250;
    let (total, first) = (number("SLOOP_KEYS", 1000), number("SLOOP_SEED", 1));
    let seeds: Vec<usize> = (first..first + total.div_ceil(EACH)).collect();
    each(&seeds, |&seed| random_keys(seed as u64, EACH));
}
