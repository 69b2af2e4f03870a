//! The trees of valid programs: each `syntax/NAME.sloop` has its dump in `NAME.ast`.
//!
//! `BLESS=1 cargo test` writes the dumps anew.

use sloop_grammar::{Mode, Outcome, decode_source, dump, parse};
use std::fs;
use std::path::Path;

#[test]
fn trees_are_as_written_down() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/syntax");
    let bless = std::env::var_os("BLESS").is_some();
    let mut failures = Vec::new();
    let mut seen = 0;
    for entry in fs::read_dir(&folder).expect("the folder is part of the sources") {
        let path = entry.expect("a readable folder").path();
        if path.extension().is_none_or(|extension| extension != "sloop") {
            continue;
        }
        seen += 1;
        let bytes = fs::read(&path).expect("a readable file");
        let source = decode_source(&bytes).expect("valid UTF-8");
        let found = match parse(&source, Mode::Module).outcome {
            Outcome::Tree { ast, .. } => dump::dump(&ast),
            other => panic!("{}: {other:?}", path.display()),
        };
        let golden = path.with_extension("ast");
        if bless {
            fs::write(&golden, &found).expect("a writable folder");
        } else if fs::read_to_string(&golden).unwrap_or_default() != found {
            failures.push(golden.display().to_string());
        }
    }
    assert!(seen > 10, "only {seen} programs found");
    assert!(failures.is_empty(), "differ (BLESS=1 rewrites): {failures:#?}");
}

fn interactive(source: &str) -> &'static str {
    match parse(source, Mode::Interactive).outcome {
        Outcome::Tree { open_block: true, .. } => "block",
        Outcome::Tree { .. } => "complete",
        Outcome::Errors(_) => "wrong",
        Outcome::Incomplete => "incomplete",
    }
}

#[test]
fn a_prompt_learns_whether_to_go_on() {
    for (source, expected) in [
        ("", "complete"),
        ("x = 1\n", "complete"),
        ("x = 1", "complete"),
        ("if x:\n", "incomplete"),
        ("if x:", "incomplete"),
        ("if x: y\n", "block"),
        ("if x:\n    y\n", "block"),
        ("if x:\n    y\n\n", "block"),
        ("def f():\n    return 1\nx = 2\n", "complete"),
        ("try:\n    x\n", "incomplete"),
        ("try:\n    x\nexcept E:\n", "incomplete"),
        ("@d\n", "incomplete"),
        ("@d\ndef f():\n", "incomplete"),
        ("match x:\n", "incomplete"),
        ("f(", "incomplete"),
        ("f(a,\n", "incomplete"),
        ("x = [1,\n  2\n", "incomplete"),
        ("f(a b\n", "wrong"),
        ("f(a]\n", "wrong"),
        ("'''a\n", "incomplete"),
        ("f'''a{b}\n", "incomplete"),
        ("f'''a{\n", "incomplete"),
        ("'a\n", "wrong"),
        ("x = \\\n", "incomplete"),
        ("x = \\", "incomplete"),
        ("x = \n", "wrong"),
        ("x = 1 +\n", "wrong"),
        ("if x\n", "wrong"),
        ("x y\n", "wrong"),
        ("f() = (\n", "incomplete"),
    ] {
        assert_eq!(interactive(source), expected, "{source:?}");
    }
}

#[test]
fn an_expression_is_one_statement() {
    let dump = |source| match parse(source, Mode::Expression).outcome {
        Outcome::Tree { ast, .. } => dump::dump(&ast),
        _ => "wrong".to_owned(),
    };
    assert_eq!(dump("a + 1"), "(expr (+ a 1))\n");
    assert_eq!(dump("a, b\n\n# comment"), "(expr (tuple a b))\n");
    assert_eq!(dump("(yield)"), "(expr (yield))\n");
    for source in ["", "x = 1", "a\nb", "pass", "*a", " a"] {
        assert_eq!(dump(source), "wrong\n".trim_end(), "{source:?}");
    }
}

#[test]
fn doubtful_literals_are_warned_about() {
    let warnings = |source| -> Vec<String> {
        let parsed = parse(source, Mode::Module);
        parsed.warnings.into_iter().map(|warning| warning.message).collect()
    };
    for (source, expected) in [
        (r#"x = "\d""#, r"invalid escape sequence '\d'"),
        (r#"x = "\é""#, r"invalid escape sequence '\é'"),
        (r#"x = b"\q""#, r"invalid escape sequence '\q'"),
        (r#"x = f"\{a}""#, r"invalid escape sequence '\{'"),
        (r#"x = "\777""#, r"invalid octal escape sequence '\777'"),
        ("x = 1if y else 2", "invalid decimal literal"),
        ("x = 0xfor y", "invalid hexadecimal literal"),
    ] {
        assert_eq!(warnings(source), [expected], "{source}");
    }
    assert!(warnings(r#"x = r"\d" rf"\d{a}\{b}" rb"\d" "\n""#).is_empty());
}

#[test]
fn a_source_file_says_how_it_is_encoded() {
    let decode = |bytes: &[u8]| decode_source(bytes).map_err(|error| error.message);
    assert_eq!(decode("é".as_bytes()).as_deref(), Ok("é"));
    assert_eq!(decode(b"# -*- coding: latin-1 -*-\n'\xe9'").as_deref(), {
        Ok("# -*- coding: latin-1 -*-\n'é'")
    });
    assert_eq!(decode(b"#!x\n# vim: set fileencoding=UTF8 :\nx").as_deref(), {
        Ok("#!x\n# vim: set fileencoding=UTF8 :\nx")
    });
    assert_eq!(decode(b"x\n# coding: nonsense\n").as_deref(), Ok("x\n# coding: nonsense\n"));
    assert_eq!(decode(b"# coding: nonsense\n").unwrap_err(), "unknown encoding: nonsense");
    assert!(decode(b"# coding: ascii\n\xe9").unwrap_err().starts_with("'ascii' codec"));
    assert!(decode(b"\xEF\xBB\xBF# coding: latin-1").unwrap_err().ends_with("with BOM"));
    assert!(decode(b"x\n\xe9").unwrap_err().starts_with("Non-UTF-8 code starting with '\\xe9'"));
}
