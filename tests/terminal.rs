//! What scripts that fail look like at a terminal (elsewhere tracebacks are CPython's).

mod pty;

use std::fs;

use pty::Terminal;

/// The screen after a script has run at a terminal.
fn screen(args: &[&str], program: &str, env: &[(&str, &str)]) -> (String, String) {
    let folder = std::env::temp_dir().join(format!(
        "sloop-terminal-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    fs::create_dir_all(&folder).expect("a folder");
    let script = folder.join("script.sloop");
    fs::write(&script, program).expect("a script");
    let mut all = args.to_vec();
    all.push(script.to_str().expect("text"));
    let mut terminal = Terminal::start(&all, 60, 100, env);
    terminal.end();
    let shown = terminal.text().replace(&format!("{}/", folder.display()), "");
    let output = String::from_utf8_lossy(&terminal.output).into_owned();
    let _ = fs::remove_dir_all(folder);
    (shown, output)
}

const FAILS: &str = "\
def mean(values):
    return sum(values) / len(values)

print(mean([]))
";

#[test]
fn the_failing_expression_is_shown_in_its_source() {
    let (shown, _) = screen(&[], FAILS, &[]);
    for part in [
        "Traceback (most recent call last):\n  File \"script.sloop\", line 4, in <module>\n    print(mean([]))",
        "[raised] Error: ZeroDivisionError: division by zero\n",
        "script.sloop:2:12 ]",
        " 2 │     return sum(values) / len(values)\n",
        "raised here, in mean",
    ] {
        assert!(shown.contains(part), "{part}\n---\n{shown}");
    }
    assert!(shown.ends_with("\nZeroDivisionError: division by zero"), "{shown}");
}

#[test]
fn plain_is_as_cpython_writes_it() {
    let (shown, _) = screen(&["--plain"], FAILS, &[]);
    let wanted = "\
Traceback (most recent call last):
  File \"script.sloop\", line 4, in <module>
    print(mean([]))
          ~~~~^^^^
  File \"script.sloop\", line 2, in mean
    return sum(values) / len(values)
           ~~~~~~~~~~~~^~~~~~~~~~~~~
ZeroDivisionError: division by zero";
    assert_eq!(shown, wanted);
}

#[test]
fn colours_only_if_wanted() {
    assert!(!screen(&[], FAILS, &[]).1.contains('\x1b'));
    let (_, output) = screen(&[], FAILS, &[("NO_COLOR", "")]);
    assert!(output.contains("\x1b[1;35mZeroDivisionError"), "{output:?}");
    assert!(!screen(&[], FAILS, &[("NO_COLOR", ""), ("TERM", "dumb")]).1.contains('\x1b'));
}

#[test]
fn the_library_is_left_out() {
    let (shown, _) = screen(
        &[],
        "import json\ndef default(x):\n    raise TypeError('not this')\njson.dumps({1: object()}, default=default)\n",
        &[],
    );
    assert!(!shown.contains("<sloop>/"), "{shown}");
    assert!(shown.contains("raised here, in default"), "{shown}");
}

#[test]
fn chains_tell_each_part() {
    let (shown, _) = screen(
        &[],
        "try:\n    {}['k']\nexcept KeyError as e:\n    raise RuntimeError('outer') from e\n",
        &[],
    );
    let parts: Vec<usize> = [
        "[raised] Error: KeyError: 'k'",
        "\nKeyError: 'k'\n",
        "direct cause",
        "[raised] Error: RuntimeError: outer",
        "\nRuntimeError: outer",
    ]
    .iter()
    .map(|part| shown.find(part).unwrap_or_else(|| panic!("{part}\n---\n{shown}")))
    .collect();
    assert!(parts.is_sorted(), "{shown}");
}

#[test]
fn groups_stay_readable() {
    let (shown, _) = screen(
        &[],
        "async def f(n):\n    raise ValueError(n)\nasync with TaskGroup() as g:\n    g.create_task(f(1))\n    g.create_task(f(2))\n",
        &[],
    );
    assert!(shown.contains("ValueError: 1") && shown.contains("ValueError: 2"), "{shown}");
    assert!(shown.contains("+---------------- 2 ----------------"), "{shown}");
}

#[test]
fn suggestions_help() {
    for (program, help) in [
        ("numbers = 1\nnubmers", "Did you mean: 'numbers'?"),
        ("'a'.uper()", "Did you mean: 'upper'?"),
        ("from math import sqr", "Did you mean: 'sqrt'?"),
        ("def f(*, colour): pass\nf(color=1)", "Did you mean 'colour'?"),
    ] {
        let (shown, _) = screen(&[], program, &[]);
        assert!(shown.contains(help), "{shown}");
    }
}

#[test]
fn the_way_through_tasks_is_told_before_the_last_line() {
    let (shown, _) = screen(
        &[],
        "async def inner():\n    raise ValueError('deep')\nasync def outer():\n    await create_task(inner(), name='worker')\nawait outer()\n",
        &[],
    );
    assert!(shown.contains("It was raised in task 'worker'"), "{shown}");
    assert!(shown.ends_with("\nValueError: deep"), "{shown}");
}

#[test]
fn locals_are_shown_on_request() {
    let (shown, _) = screen(&["-X", "locals"], FAILS, &[]);
    assert!(shown.contains("\n    values = []\n"), "{shown}");
}

#[test]
fn syntax_errors_end_with_their_line() {
    let (shown, _) = screen(&[], "x = (1,\n", &[]);
    assert!(shown.ends_with("SyntaxError: '(' was never closed"), "{shown}");
}
