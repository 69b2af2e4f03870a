//! `sloop test` itself: the real binary over small suites, made for the occasion, with the report
//! that is expected. What the runner says must not depend on `-j`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// A folder with files in it, which goes with the test.
struct Suite(PathBuf);

impl Drop for Suite {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Suite {
    fn new(files: &[(&str, &str)]) -> Suite {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("sloop-tool-test-{}-{number}", std::process::id());
        let suite = Suite(std::env::temp_dir().join(name));
        fs::create_dir_all(&suite.0).expect("a temporary folder");
        for (name, text) in files {
            suite.put(name, text);
        }
        suite
    }

    fn put(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).expect("the file is there")
    }

    fn run(&self, args: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_sloop"))
            .arg("test")
            .args(args)
            .current_dir(&self.0)
            .env("XDG_CACHE_HOME", self.0.join(".cache"))
            .env_remove("SLOOP_GC_STRESS")
            .output()
            .expect("the binary starts");
        Ran::of(output)
    }
}

struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Ran {
    fn of(output: Output) -> Ran {
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    fn last(&self) -> &str {
        self.stdout.lines().last().unwrap_or_default()
    }

    #[track_caller]
    fn ends(&self, code: i32, last: &str) {
        assert_eq!((self.code, self.last()), (Some(code), last), "{}{}", self.stdout, self.stderr);
    }

    #[track_caller]
    fn says(&self, part: &str) {
        assert!(self.stdout.contains(part), "{part:?} is not in\n{}{}", self.stdout, self.stderr);
    }
}

const MIXED: &[(&str, &str)] = &[
    ("a.sloop", "print(1)  #> 1\nfor x in 'ab':\n    print(x)\n#> a\n#> b\n"),
    ("b.sloop", "print(1)  #> 2\nprint('more')\n"),
    ("c.sloop", "# sloop: skip not today\nprint(1)  #> 2\n"),
    ("d.sloop", "import sys\nprint(sys.stdin.read().upper(), end='')\nsys.exit(3)\n"),
    ("d.in", "hello\n"),
    ("d.out", "HELLO\n"),
    ("d.code", "3\n"),
    ("ignored.sloop", "print('no test')\n"),
    ("sub/test_f.sloop", "def test_one():\n    assert 1\ndef test_two():\n    assert [1] == [2]\n"),
    ("sub/doc.md", "```sloop\nprint('hi')\n```\n\n```output\nhi\n```\n"),
];

#[test]
fn a_report_is_the_same_whatever_j_is() {
    let suite = Suite::new(MIXED);
    let expected = "\
pass  a.sloop
FAIL  b.sloop
    standard output is not what the comments expect:
    @@ line 1 @@
    - 2
    + 1
    + more
    rerun: sloop test b.sloop

skip  c.sloop: not today
pass  d.sloop
pass  sub/doc.md:1
pass  sub/test_f.sloop::test_one
FAIL  sub/test_f.sloop::test_two
    Traceback (most recent call last):
      File \"test_f.sloop\", line 4, in test_two
        assert [1] == [2]
               ^^^^^^^^^^
    AssertionError
    assert [1] == [2]
      left:  [1]
      right: [2]
    rerun: sloop test sub/test_f.sloop::test_two

4 passed, 2 failed, 1 skipped
";
    for jobs in ["-j1", "-j2", "-j16"] {
        let ran = suite.run(&[jobs]);
        assert_eq!(ran.stdout, expected, "{}", ran.stderr);
        assert_eq!(ran.code, Some(1));
    }
    suite.run(&["-j4", "-x"]).ends(1, "1 passed, 1 failed, 0 skipped");
    suite.run(&["--last-failed"]).ends(1, "0 passed, 2 failed, 0 skipped");
    suite.put("b.sloop", "print(2)  #> 2\n");
    suite.run(&["b.sloop"]).ends(0, "1 passed, 0 failed, 0 skipped");
    suite.run(&["--last-failed"]).ends(1, "0 passed, 1 failed, 0 skipped");
    suite.run(&["-k", "test_f and not two"]).ends(0, "1 passed, 0 failed, 0 skipped");
    suite.run(&["-k", "nothing"]).ends(5, "0 passed, 0 failed, 0 skipped");
    suite.run(&["ignored.sloop"]).ends(0, "1 passed, 0 failed, 0 skipped");
    suite
        .run(&["sub/test_f.sloop::test_one", "sub/doc.md:1", "sub"])
        .ends(1, "2 passed, 1 failed, 0 skipped");
    suite.run(&["--junit", "out.xml"]);
    let xml = suite.text("out.xml");
    assert!(xml.contains("tests=\"7\" failures=\"1\" errors=\"0\" skipped=\"1\""), "{xml}");
    assert!(xml.contains("<testcase classname=\"sub/test_f.sloop\" name=\"test_two\""), "{xml}");
}

#[test]
fn exceptions_and_directives() {
    let suite = Suite::new(&[
        (
            "args.sloop",
            "# sloop: args a 'b c'\n# sloop: exit 3\nimport sys\nprint(sys.argv[1:])  #> ['a', 'b c']\nsys.exit(3)\n",
        ),
        (
            "name.sloop",
            "def f():\n    return missing\nf()  #! NameError: name 'missing' is not defined\n",
        ),
        (
            "inner.sloop",
            "def f():\n    raise ValueError('a\\nb')\n    #! ValueError: a\n    #! b\nf()\n",
        ),
        ("syntax.sloop", "x = = 3  #! SyntaxError: invalid syntax\n"),
        (
            "own.sloop",
            "import json\njson.loads('{')  #! JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)\n",
        ),
        ("skips.sloop", "import unittest\nprint(1)  #> 2\nraise unittest.SkipTest('why')\n"),
        ("fails.sloop", "raise KeyError(1)  #! KeyError: 2\n"),
        ("elsewhere.sloop", "x = 1  #! ValueError: a\nraise ValueError('a')\n"),
        ("wrong.sloop", "# sloop: tiemout 3\nprint(1)  #> 1\n"),
        (
            "hang.sloop",
            "# sloop: timeout 0.3\nprint('before', flush=True)  #> before\nwhile True:\n    pass\n",
        ),
        (
            "pattern.sloop",
            "print('took 15 ms')  #>~ took \\d+ ms\nprint('b')  #>* a\nprint('a')  #>* b\n",
        ),
    ]);
    let ran = suite.run(&[]);
    ran.ends(1, "6 passed, 4 failed, 1 skipped");
    ran.says("skip  skips.sloop: why\n");
    ran.says("    line 1: unknown directive 'tiemout'");
    ran.says("    did not end within 0.3 s\n    standard output so far:\n    | before\n");
    ran.says(
        "    line 1: the expected exception did not come:\n    - KeyError: 2\n    + KeyError: 1\n",
    );
    ran.says("    + ValueError: a\n      from line 2\n");
}

#[test]
fn what_is_lost_is_told_with_its_place() {
    let suite = Suite::new(&[
        (
            "pending.sloop",
            "async def f():\n    await sleep(9)\nt = create_task(f(), name='bg')\nprint(1)  #> 1\nawait sleep(1)\n",
        ),
        (
            "unheard.sloop",
            "async def f():\n    raise ValueError('oh')\ncreate_task(f(), name='bad')\nawait sleep(1)\nprint(1)  #> 1\n",
        ),
        ("unawaited.sloop", "async def f():\n    pass\nf()\nprint(1)  #> 1\n"),
        (
            "cancelled.sloop",
            "async def f():\n    await sleep(9)\nt = create_task(f())\nawait sleep(1)\nt.cancel()\nprint(1)  #> 1\n",
        ),
        ("allowed.sloop", "# sloop: allow-leaks\nasync def f():\n    pass\nf()\nprint(1)  #> 1\n"),
        ("stuck.sloop", "# sloop: exit 3\nprint(1)  #> 1\nawait Event().wait()\n"),
        (
            "test_a.sloop",
            "async def test_left():\n    create_task(sleep(9), name='left')\ndef test_fine():\n    pass\n",
        ),
    ]);
    let ran = suite.run(&[]);
    ran.ends(1, "4 passed, 4 failed, 0 skipped");
    ran.says("task 'bg' is still pending at the end");
    ran.says("pending.sloop:");
    ran.says("task 'bad' has failed, and nobody has asked why: ValueError: oh");
    ran.says("unheard.sloop:3:1");
    ran.says("coroutine 'f' was never awaited");
    ran.says("unawaited.sloop:3:1");
    ran.says("FAIL  test_a.sloop::test_left\n");
    ran.says("pass  test_a.sloop::test_fine\n");
    suite.run(&["--no-leaks"]).ends(0, "8 passed, 0 failed, 0 skipped");
}

#[test]
fn functions_fail_one_by_one() {
    let suite = Suite::new(&[(
        "test_f.sloop",
        "import time, unittest\n\
         def test_time():\n    time.sleep(3600)\n\
         async def test_async():\n    assert await wait_for(sleep(3600, 'v'), 7200) == 'w'\n\
         def test_after():\n    pass\n\
         def test_hang():\n    while True: pass\n\
         def test_behind():\n    assert 'a\\nb\\n' == 'a\\nc\\n'\n\
         @unittest.skipIf(True, 'no')\n\
         def test_skipped():\n    1 / 0\n",
    )]);
    let ran = suite.run(&["--timeout", "2"]);
    // A machine under load may need its time for the start alone, but not much of it.
    ran.ends(1, "2 passed, 3 failed, 1 skipped");
    ran.says("assert await wait_for(sleep(3600, 'v'), 7200) == 'w'\n      left:  'v'\n      right: 'w'\n");
    ran.says("did not end within 2 s");
    ran.says("@@ line 1 @@\n      a\n    - b\n    + c\n");
    ran.says("skip  test_f.sloop::test_skipped: no\n");
    let broken = Suite::new(&[(
        "test_b.sloop",
        "import nothing_like_it\ndef test_a(): pass\ndef test_b(): pass\n",
    )]);
    let ran = broken.run(&[]);
    ran.ends(1, "0 passed, 2 failed, 0 skipped");
    ran.says("the file cannot be loaded:");
    ran.says("No module named 'nothing_like_it'");
}

#[test]
fn methods_of_test_classes_are_tests() {
    let text = "class TestPrices:\n    def test_sum(self):\n        assert 1 + 1 == 2\n    \
                async def test_wait(self):\n        await sleep(1)\n        assert self.helper() == 4\n    \
                def helper(self):\n        return 3\nclass Prices:\n    def test_not(self):\n        assert 0\n";
    let suite = Suite::new(&[("test_prices.py", text)]);
    let ran = suite.run(&["."]);
    assert!(ran.stdout.contains("pass  test_prices.py::TestPrices::test_sum\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("  left:  3\n"), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("1 passed, 1 failed, 0 skipped\n"), "{}", ran.stdout);
    let one = suite.run(&["test_prices.py::TestPrices::test_wait"]);
    assert!(one.stdout.ends_with("0 passed, 1 failed, 0 skipped\n"), "{}", one.stdout);
}

/// A script may say which encoding it is in, and so may its expectations.
#[test]
fn scripts_in_other_encodings_are_tests() {
    let suite = Suite::new(&[]);
    let text = b"# coding: iso-8859-15\nprint('\xa4')  #> \xa4\n";
    std::fs::write(suite.0.join("euro.sloop"), text).expect("a file");
    let ran = suite.run(&["."]);
    assert!(ran.stdout.ends_with("1 passed, 0 failed, 0 skipped\n"), "{}", ran.stdout);
}

#[test]
fn blessing_is_done_once() {
    let suite = Suite::new(&[
        (
            "a.sloop",
            "x = '#> no'\nprint(1)  #> old\nfor n in range(3):\n    print(n)  #>\nif x:\n    pass\n# the end",
        ),
        ("less.sloop", "print(1)  #> 1\n#> 2\n#> 3\ny = 2  #> 4\n"),
        ("shift.sloop", "print(1)  #> 2\nprint(2)  #> 3\nprint(3)  #> 4\n"),
        ("order.sloop", "print('b')\nprint('a')\n#>* a\n#>* b\nprint('c')  #>~ x\n"),
        ("raises.sloop", "print(1)  #> 1\nint('x')  #! ValueError: old\n"),
        ("gone.sloop", "print(1)  #> 1\nint('1')  #! ValueError: old\n"),
        ("new.sloop", "print(1)  #> 2\nraise KeyError('k')\n"),
        ("crlf.sloop", "print(1)  #> 2\r\nprint(2)\r\n"),
        ("exit.sloop", "# sloop: exit 1\nimport sys\nsys.exit(4)\n"),
        ("out.sloop", "print('new')\n"),
        ("out.out", "old\n"),
        ("named.sloop", "print('named')\n"),
        (
            "doc.md",
            "Text\n\n1. item\n   ```sloop\n   print(1)\n   if True:\n       print(2)  #> 9\n   ```\n\n```sloop\nprint('x')\n```\n```output\ny\n```\nend\n",
        ),
        ("leaks.sloop", "async def f(): pass\nf()\nprint(1)  #> 2\n"),
        ("hangs.sloop", "# sloop: timeout 0.3\nprint(1)  #> 2\nwhile True: pass\n"),
        ("string.sloop", "print(1)  #> 1\nprint('''a\nb''' + 1)\n"),
        ("return.sloop", "print(1)  #> 1\nprint('a\\rb')\n"),
    ]);
    let ran = suite.run(&["--bless"]);
    ran.ends(1, "13 passed, 3 failed, 0 skipped");
    ran.says("bless  a.sloop: wrote a.sloop\n");
    ran.says("not blessed: it did not end in time");
    ran.says("not blessed: it has lost something");
    ran.says("not blessed: no comment can hold \"a\\rb\"");
    assert_eq!(
        suite.text("string.sloop"),
        "print(1)  #> 1\nprint('''a\nb''' + 1)  #! TypeError: can only concatenate str (not \"int\") to str\n"
    );
    assert_eq!(
        suite.text("a.sloop"),
        "x = '#> no'\nprint(1)  #> 1\nfor n in range(3):\n    print(n)  #> 0\n    #> 1\n    #> 2\nif x:\n    pass\n# the end"
    );
    assert_eq!(suite.text("shift.sloop"), "print(1)  #> 1\nprint(2)  #> 2\nprint(3)  #> 3\n");
    assert_eq!(suite.text("less.sloop"), "print(1)  #> 1\ny = 2\n");
    assert_eq!(
        suite.text("order.sloop"),
        "print('b')\nprint('a')\n#>* a\n#>* b\nprint('c')  #> c\n"
    );
    assert_eq!(
        suite.text("raises.sloop"),
        "print(1)  #> 1\nint('x')  #! ValueError: invalid literal for int() with base 10: 'x'\n"
    );
    assert_eq!(suite.text("gone.sloop"), "print(1)  #> 1\nint('1')\n");
    assert_eq!(suite.text("new.sloop"), "print(1)  #> 1\nraise KeyError('k')  #! KeyError: 'k'\n");
    assert_eq!(suite.text("crlf.sloop"), "print(1)  #> 1\r\n#> 2\r\nprint(2)\r\n");
    assert_eq!(suite.text("exit.sloop"), "# sloop: exit 4\nimport sys\nsys.exit(4)\n");
    assert_eq!(suite.text("out.out"), "new\n");
    assert!(!suite.0.join("named.out").exists());
    assert_eq!(
        suite.text("doc.md"),
        "Text\n\n1. item\n   ```sloop\n   print(1)  #> 1\n   if True:\n       print(2)  #> 2\n   ```\n\n```sloop\nprint('x')\n```\n```output\nx\n```\nend\n"
    );
    assert_eq!(suite.text("leaks.sloop"), "async def f(): pass\nf()\nprint(1)  #> 2\n");
    suite.run(&["--bless", "named.sloop"]).ends(0, "1 passed, 0 failed, 0 skipped");
    assert_eq!(suite.text("named.out"), "named\n");
    let again = suite.run(&["--bless"]);
    assert!(!again.stdout.contains("bless  "), "{}", again.stdout);
    again.ends(1, "14 passed, 3 failed, 0 skipped");
}

#[test]
fn blessing_puts_lines_where_they_are_printed() {
    let suite = Suite::new(&[
        (
            "loops.sloop",
            "for n in range(2):\n    print(n)\nfor n in range(2):\n    print('a', n)\n    if n:\n        print('b')\n\
             def show(x):\n    print('<', x)\n    print('>')\nprint('first')  # note\nshow(1)\nwhile n < 3:\n    n += 1\n    show(n)\n\
             print('x\\ny')\nprint('no', end=' ')\nprint(\n    'end',\n)\nfor n in 'ab': print(n)\n#>\n",
        ),
        (
            "tasks.sloop",
            "import asyncio, atexit\natexit.register(lambda: print('bye'))\nasync def work(name):\n    print(name)\n    await asyncio.sleep(1)\n    print(name)\n\
             async def main():\n    async with asyncio.TaskGroup() as group:\n        group.create_task(work('a'))\n        group.create_task(work('b'))\n\
             \n    print('done')\n    await work('c')\nasyncio.run(main())\nraise KeyError('k')  #!\n",
        ),
        (
            "grows.sloop",
            "for n in range(2):\n    print(n)  #> 0\n    #> 1\n    print(-n)\nprint('x')  #>~ [xy]\nprint('new')\nprint('b')\nprint('a')\nprint('c')\n#>* a\n#>* b\n",
        ),
        ("block.sloop", "print(1)\nprint(2)\nprint(3)\nx = 1\n#> 2\n#> 3\n"),
        (
            "doc.md",
            "```sloop\nfor n in range(2):\n    print(n)\n#>\n```\n```sloop\nprint('y')  #>\nraise KeyError(1)\n```\n",
        ),
    ]);
    suite.run(&["--bless"]).ends(0, "6 passed, 0 failed, 0 skipped");
    assert_eq!(
        suite.text("loops.sloop"),
        "for n in range(2):\n    print(n)\n    #> 0\n    #> 1\nfor n in range(2):\n    print('a', n)\n\
         \x20   #> a 0\n    #> a 1\n    if n:\n        print('b')  #> b\ndef show(x):\n\
         \x20   print('<', x)\n    print('>')\nprint('first')  # note\n#> first\nshow(1)\n#> < 1\n#> >\n\
         while n < 3:\n    n += 1\n    show(n)\n    #> < 2\n    #> >\n    #> < 3\n    #> >\nprint('x\\n\
         y')\n#> x\n#> y\nprint('no', end=' ')\nprint(\n    'end',\n)  #> no end\n\
         for n in 'ab': print(n)\n#> a\n#> b\n"
    );
    assert_eq!(
        suite.text("tasks.sloop"),
        "import asyncio, atexit\natexit.register(lambda: print('bye'))\nasync def work(name):\n\
         \x20   print(name)\n    await asyncio.sleep(1)\n    print(name)\nasync def main():\n\
         \x20   async with asyncio.TaskGroup() as group:\n        group.create_task(work('a'))\n\
         \x20       group.create_task(work('b'))\n    #> a\n    #> b\n    #> a\n    #> b\n\n\
         \x20   print('done')  #> done\n    await work('c')\n    #> c\n    #> c\nasyncio.run(main())\n\
         raise KeyError('k')  #! KeyError: 'k'\n#> bye\n"
    );
    assert_eq!(
        suite.text("grows.sloop"),
        "for n in range(2):\n    print(n)\n    print(-n)\n#> 0\n#> 0\n#> 1\n#> -1\n\
         print('x')  #>~ [xy]\nprint('new')  #> new\nprint('b')\nprint('a')\nprint('c')\n#>* a\n#>* b\n\
         #> c\n"
    );
    assert_eq!(
        suite.text("block.sloop"),
        "print(1)\nprint(2)\nprint(3)\nx = 1\n#> 1\n#> 2\n#> 3\n"
    );
    assert_eq!(
        suite.text("doc.md"),
        "```sloop\nfor n in range(2):\n    print(n)\n    #> 0\n    #> 1\n```\n```sloop\n\
         print('y')  #> y\nraise KeyError(1)  #! KeyError: 1\n```\n"
    );
    let again = suite.run(&["--bless"]);
    assert!(!again.stdout.contains("bless  "), "{}", again.stdout);
    again.ends(0, "6 passed, 0 failed, 0 skipped");
}

#[test]
fn schedules_are_explored() {
    let suite = Suite::new(&[
        (
            "race.sloop",
            "# sloop: args x\nasync def say(x):\n    await sleep(0)\n    print(x)\nawait gather(say('a'), say('b'), say('c'))\n#> a\n#> b\n#> c\n",
        ),
        ("sync.sloop", "print(1)  #> 1\n"),
        (
            "test_r.sloop",
            "import asyncio\nasync def test_order():\n    seen = []\n    async def add(x):\n        await sleep(0)\n        seen.append(x)\n    await gather(*map(add, range(3)))\n    assert seen == [0, 1, 2]\ndef test_none(): pass\n",
        ),
    ]);
    suite.run(&[]).ends(0, "4 passed, 0 failed, 0 skipped");
    let ran = suite.run(&["--explore", "20"]);
    ran.ends(1, "2 passed, 2 failed, 0 skipped");
    let (_, rest) = ran.stdout.split_once("reproduce: sloop ").expect("a command");
    let command: Vec<&str> = rest.lines().next().unwrap_or_default().split(' ').collect();
    assert_eq!((command[0], command[1]), ("--virtual-time", "--schedule-seed"), "{command:?}");
    let program = env!("CARGO_BIN_EXE_sloop");
    let output = Command::new(program).args(&command).current_dir(&suite.0).output();
    let shown = Ran::of(output.expect("the binary starts")).stdout;
    assert_ne!(shown, "a\nb\nc\n");
    assert_eq!(&command[3..], ["race.sloop", "x"]);
    let seed: u64 = command[2].parse().expect("a number");
    for smaller in 1..seed {
        suite
            .run(&["--schedule-seed", &smaller.to_string(), "race.sloop"])
            .ends(0, "1 passed, 0 failed, 0 skipped");
    }
    ran.says("reproduce: sloop test --schedule-seed ");
}

#[test]
fn names_need_not_be_text() {
    use std::os::unix::ffi::OsStringExt;
    let suite = Suite::new(&[]);
    let name = std::ffi::OsString::from_vec(b"\xff.sloop".to_vec());
    fs::write(suite.0.join(&name), "print(1)  #> 1\n").expect("a file");
    let ran = suite.run(&[]);
    ran.ends(0, "1 passed, 0 failed, 0 skipped");
}

#[test]
fn bad_input_is_told() {
    let suite = Suite::new(&[("a.sloop", "print(1)  #> 1\n")]);
    for (args, part) in [
        (&["nowhere"][..], "nowhere: there is no such file or folder"),
        (&["-j", "0"], "is not a whole number above 0"),
        (&["--explore", "x"], "is not a whole number above 0"),
        (&["--timeout", "-1"], "above 0"),
        (&["-k", "(a"], "a bracket is not closed"),
        (&["--blesss"], "did you mean --bless?"),
        (&["a.sloop::nothing"], "there is no such test"),
    ] {
        let ran = suite.run(args);
        assert_eq!(ran.code, Some(2), "{args:?}");
        assert!(ran.stderr.contains(part), "{args:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
    suite.put("bytes.sloop", "x = 1\n");
    fs::write(suite.0.join("bytes.sloop"), b"x = '\xff'  #> 1\n").expect("a file");
    fs::write(suite.0.join("control.sloop"), "print('\\x1b[31mred\\0')  #> x\n").expect("a file");
    std::os::unix::fs::symlink(".", suite.0.join("again")).expect("a link");
    let ran = suite.run(&[]);
    ran.ends(1, "1 passed, 2 failed, 0 skipped");
    assert!(!ran.stdout.contains(['\x1b', '\0']));
    let empty = Suite::new(&[]);
    empty.run(&[]).ends(5, "0 passed, 0 failed, 0 skipped");
}

#[test]
fn children_do_not_outlive_the_run() {
    let suite = Suite::new(&[(
        "a.sloop",
        "# sloop: timeout 0.5\nprint(1)  #> 1\nimport time\nwhile True: time.sleep(0)\n",
    )]);
    let start = Instant::now();
    suite.run(&[]).ends(1, "0 passed, 1 failed, 0 skipped");
    assert!(start.elapsed().as_secs() < 20);
    assert!(!mentions(&suite.0));
}

/// Does a process work in this folder?
fn mentions(folder: &Path) -> bool {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| fs::read_link(entry.path().join("cwd")).ok())
        .any(|cwd| cwd == folder)
}
