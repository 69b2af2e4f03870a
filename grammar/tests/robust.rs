//! No input may make the front end panic, hang or overflow: huge programs, and random ones.
//!
//! The random driver is deterministic. `SLOOP_FUZZ=100000` makes it run that many rounds, and
//! `SLOOP_SEED` starts it elsewhere.

use sloop_grammar::{Mode, Outcome, dump, parse};

fn parses(source: &str) -> bool {
    match parse(source, Mode::Module).outcome {
        Outcome::Tree { ast, .. } => {
            dump::dump(&ast);
            true
        }
        _ => false,
    }
}

fn first_message(source: &str) -> String {
    match parse(source, Mode::Module).outcome {
        Outcome::Errors(errors) => errors[0].message.clone(),
        other => panic!("expected errors, not {other:?}"),
    }
}

const MANY: usize = 100_000;

#[test]
fn long_chains_to_the_left_are_fine() {
    assert!(parses(&format!("x = a{}\n", " + a".repeat(MANY))));
    assert!(parses(&format!("x = a{}\n", ".b".repeat(MANY))));
    assert!(parses(&format!("x = a{}\n", "()".repeat(MANY))));
    assert!(parses(&format!("x = a{}\n", "[0]".repeat(MANY))));
    assert!(parses(&format!("x = a{}\n", " and a".repeat(MANY))));
    assert!(parses(&format!("x = a{}\n", " < a".repeat(MANY))));
    assert!(parses(&format!("x = {}\n", "'a' ".repeat(MANY))));
    assert!(parses(&format!("x = {}\n", "f'{a}' ".repeat(MANY))));
    assert!(parses(&format!("x = [{}]\n", "a, ".repeat(MANY))));
    assert!(parses(&format!("if a:\n  b\n{}", "elif a:\n  b\n".repeat(MANY))));
    assert!(parses(&format!("{}\n", "x = ".repeat(MANY) + "1")));
    assert!(parses(&"x\n".repeat(MANY)));
    assert!(parses(&"x;".repeat(MANY)));
}

#[test]
fn deep_nesting_is_refused() {
    let deep = "too many nested expressions";
    assert_eq!(first_message(&format!("x = {}a\n", "not ".repeat(MANY))), deep);
    assert_eq!(first_message(&format!("x = {}a\n", "-".repeat(MANY))), deep);
    assert_eq!(first_message(&format!("x = {}a\n", "lambda: ".repeat(MANY))), deep);
    assert_eq!(first_message(&format!("x = {}c\n", "a if b else ".repeat(MANY))), deep);
    assert_eq!(first_message(&format!("x = {}a\n", "a ** ".repeat(MANY))), deep);
    let brackets = "too many nested parentheses";
    assert_eq!(first_message(&"(".repeat(MANY)), brackets);
    assert_eq!(first_message(&"[".repeat(MANY)), brackets);
    assert_eq!(first_message(&"{".repeat(MANY)), brackets);
    assert_eq!(first_message(&"f'{".repeat(MANY)), "too many nested f-strings");
    let mut indented = String::new();
    for depth in 0..2_000 {
        indented.push_str(&" ".repeat(depth));
        indented.push_str("if x:\n");
    }
    assert_eq!(first_message(&indented), "too many levels of indentation");
}

#[test]
fn the_limits_themselves_are_allowed() {
    assert!(parses(&format!("x = {}1{}\n", "(".repeat(200), ")".repeat(200))));
    assert!(parses(&format!("x = {}1{}\n", "[".repeat(200), "]".repeat(200))));
    assert!(parses(&format!("x = {}1\n", "-".repeat(400))));
}

#[test]
fn many_errors_take_no_longer() {
    for line in
        ["x = (]\n", "x y\n", "'a\n", "if x\n  y\n", "f(a=1, 2)\n", "f() = 1\n", "(\n", "}\n"]
    {
        survive(&line.repeat(30_000));
        survive(&line.replace('\n', ";").repeat(30_000));
    }
    survive(&format!("f'{}'", "}".repeat(MANY)));
    survive(&"\"\\d\"\n".repeat(MANY));
    survive(&"x = (\ndef f():\n".repeat(10_000));
}

/// xorshift: good enough, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const PIECES: &[&str] = &[
    "x",
    "match",
    "case",
    "type",
    "_",
    "é",
    "1",
    "0x",
    "1.5",
    "1e",
    "1_",
    "2j",
    "012",
    "'a'",
    "\"",
    "'",
    "'''",
    "f'",
    "f\"{",
    "{",
    "}",
    "{{",
    "!r",
    ":>{w}",
    "rb'",
    "b\"é\"",
    "(",
    ")",
    "[",
    "]",
    ",",
    ":",
    ":=",
    "=",
    "==",
    "!=",
    "->",
    "...",
    ".",
    "+",
    "-",
    "*",
    "**",
    "/",
    "//",
    "@",
    "%",
    "&",
    "|",
    "^",
    "~",
    "<",
    ">",
    "<<",
    ">=",
    "+=",
    "**=",
    "<>",
    "!",
    "$",
    "?",
    "`",
    "\\",
    "\\\n",
    "\n",
    "\n    ",
    "\n  ",
    "\n\t",
    "\r",
    "\r\n",
    "\x0c",
    "#c",
    ";",
    " ",
    " ",
    " ",
    "\0",
    "“",
    "\u{200b}",
    "\u{feff}",
    "😀",
    "\\N{DASH}",
    "\\x4",
    "\\ud800",
    "False",
    "None",
    "True",
    "and",
    "as",
    "assert",
    "async",
    "await",
    "break",
    "class",
    "continue",
    "def",
    "del",
    "elif",
    "else",
    "except",
    "finally",
    "for",
    "from",
    "global",
    "if",
    "import",
    "in",
    "is",
    "lambda",
    "nonlocal",
    "not",
    "or",
    "pass",
    "raise",
    "return",
    "try",
    "while",
    "with",
    "yield",
    "print",
    "if x:\n    y\n",
    "def f(a, *, b=1, **c):\n    return\n",
    "match x:\n    case [a, *_]:\n        ",
    "try:\n    x\nexcept* E as e:\n    y\n",
    "with (a as b, c as d):\n",
    "(x for x in y)",
];

fn survive(source: &str) {
    for mode in [Mode::Module, Mode::Interactive, Mode::Expression] {
        let parsed = parse(source, mode);
        match &parsed.outcome {
            Outcome::Tree { ast, .. } => {
                dump::dump(ast);
            }
            Outcome::Errors(errors) => {
                assert!(!errors.is_empty() && errors.len() <= 10, "{source:?}");
                for error in errors {
                    let length = source.len() as u32;
                    assert!(error.span.start <= error.span.end, "{source:?}: {error:?}");
                    assert!(error.span.end <= length, "{source:?}: {error:?}");
                    let span = error.span.start as usize..error.span.end as usize;
                    assert!(source.get(span).is_some(), "{source:?}: {error:?}");
                }
            }
            Outcome::Incomplete => assert_eq!(mode, Mode::Interactive),
        }
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn random_programs_do_no_harm() {
    let mut random = Random(number("SLOOP_SEED", 0x5EED) | 1);
    for round in 0..number("SLOOP_FUZZ", 3_000) {
        let mut source = String::new();
        if round % 4 == 0 {
            let length = random.below(60);
            let bytes: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
            source = String::from_utf8_lossy(&bytes).into_owned();
            let _ = sloop_grammar::decode_source(&bytes);
        } else {
            for _ in 0..random.below(40) {
                source.push_str(random.pick(PIECES));
                if random.below(3) == 0 {
                    source.push(' ');
                }
            }
        }
        survive(&source);
    }
}

#[test]
fn damaged_programs_do_no_harm() {
    let mut random = Random(number("SLOOP_SEED", 0xBAD5EED) | 1);
    let whole = include_str!("syntax/everything.sloop");
    for _ in 0..number("SLOOP_FUZZ", 3_000) / 10 {
        let mut source = whole.to_owned();
        for _ in 0..1 + random.below(4) {
            if source.is_empty() {
                break;
            }
            let mut at = random.below(source.len());
            while !source.is_char_boundary(at) {
                at -= 1;
            }
            match random.below(3) {
                0 => source.insert_str(at, random.pick(PIECES)),
                1 if at < source.len() => {
                    source.remove(at);
                }
                _ => source.truncate(at),
            }
        }
        survive(&source);
    }
}
