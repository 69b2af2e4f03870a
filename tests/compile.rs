//! The compiler against golden listings and error programs, and the verifier against the
//! compiler: everything it makes must pass.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sloop::code::{Code, dis, verify};
use sloop::compile::{Options, SourceInfo, compile};
use sloop::syntax::diagnostic::Diagnostic;
use sloop::syntax::{Mode, Outcome, parse};

fn compiled(name: &str, text: &str) -> Result<Arc<Code>, Vec<Diagnostic>> {
    let ast = match parse(text, Mode::Module).outcome {
        Outcome::Tree { ast, .. } => ast,
        Outcome::Errors(errors) => return Err(errors),
        Outcome::Incomplete => panic!("{name}: incomplete"),
    };
    let source = SourceInfo { filename: name.into(), text };
    let (code, _) = compile(&ast, &source, &Options::default())?;
    verify::verify(&code)
        .unwrap_or_else(|fault| panic!("{name}: {fault}\n{}", dis::disassemble(&code, Some(text))));
    Ok(code)
}

fn scripts(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut found: Vec<PathBuf> = std::fs::read_dir(root)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ext| ext == "sloop"))
        .collect();
    found.sort();
    found
}

/// Set to write the expectations instead of comparing with them.
fn blessing() -> bool {
    std::env::var_os("BLESS").is_some()
}

#[test]
fn listings() {
    for path in scripts("code") {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let code = compiled(name, &text).unwrap_or_else(|errors| panic!("{name}: {errors:#?}"));
        let listing = dis::disassemble(&code, Some(&text));
        let golden = path.with_extension("asm");
        if blessing() {
            std::fs::write(&golden, listing).unwrap();
            continue;
        }
        let expected = std::fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(listing, expected, "{name}: rerun with BLESS=1 if this is right");
    }
}

/// What is wrong with the `scope_` programs is found here, not by the parser.
#[test]
fn errors() {
    for path in scripts("errors") {
        let name = path.file_name().unwrap().to_str().unwrap();
        if !name.starts_with("scope_") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let ast = match parse(&text, Mode::Module).outcome {
            Outcome::Tree { ast, .. } => ast,
            other => panic!("{name}: does not parse: {other:?}"),
        };
        let source = SourceInfo { filename: name.into(), text: &text };
        let errors = compile(&ast, &source, &Options::default()).expect_err(name);
        for error in &errors {
            assert!(
                (error.span.end as usize) <= text.len(),
                "{name}: {error:?} lies outside of the source"
            );
        }
    }
}

#[test]
fn several_errors_in_one_run() {
    let text = "return 1\nclass C:\n    await x\ndef f(a, a): break\n";
    let errors = compiled("several", text).unwrap_err();
    let messages: Vec<&str> = errors.iter().map(|error| &*error.message).collect();
    assert_eq!(
        messages,
        [
            "'return' outside function",
            "'await' outside function",
            "duplicate argument 'a' in function definition",
            "'break' outside loop",
        ]
    );
}

/// Chains are flat: no source of this length may overflow the stack, and the time is linear.
#[test]
fn long_chains() {
    let many = 100_000;
    let sources = [
        format!("x = a{}", " + a".repeat(many)),
        format!("x = a{}", ".b".repeat(many)),
        format!("x = a{}", "[1]".repeat(many)),
        format!("x = a{}", "()".repeat(many)),
        format!("x = a{}", ".b(c)".repeat(many)),
        format!("x = 'a'{}", " + 'a'".repeat(many)),
        format!("x = a{}", " < a".repeat(many)),
        format!("x = a{}", " and a".repeat(many)),
        format!("x = [{}]", "a, ".repeat(many)),
        format!("x = {{{}}}", "a: b, ".repeat(many)),
        format!("f({})", "a, ".repeat(many)),
        format!("if a: b\n{}", "elif a: b\n".repeat(many)),
        "x = 1\n".repeat(many),
        format!("def f():\n{}", "    if a: x = b\n".repeat(many)),
    ];
    for text in sources {
        let name: String = text.chars().take(20).collect();
        compiled(&name, &text).unwrap_or_else(|errors| panic!("{name}: {errors:#?}"));
    }
}

/// As deep as the parser lets anything be, on a stack as small as a thread's.
#[test]
fn deep_nesting() {
    let deep = 190;
    let sources = [
        format!("x = {}a{}", "(".repeat(deep), ")".repeat(deep)),
        format!("x = {}{}", "[".repeat(deep), "]".repeat(deep)),
        format!("x = {}a{}", "f(".repeat(deep), ")".repeat(deep)),
        format!("x = {}a{}", "[x for x in ".repeat(90), "]".repeat(90)),
        format!("x = {}a", "lambda: ".repeat(deep)),
        format!("x = {}a", "not ".repeat(deep)),
        format!("x = {}a", "a if a else ".repeat(deep)),
    ];
    for text in sources {
        let name: String = text.chars().take(20).collect();
        compiled(&name, &text).unwrap_or_else(|errors| panic!("{name}: {errors:#?}"));
    }
}

#[test]
fn limits_are_errors() {
    let names: Vec<String> = (0..70_000).map(|nth| format!("    x{nth} = 1\n")).collect();
    let locals = format!("def f():\n{}", names.concat());
    let mut finally = String::new();
    for depth in 0..9 {
        let indent = " ".repeat(depth);
        finally += &format!("{indent}try: pass\n{indent}finally:\n");
    }
    finally += &format!("{}pass\n", " ".repeat(9));
    for (text, message) in [
        (locals, "too many local variables or nested expressions in one function"),
        (finally, "too many statically nested blocks"),
    ] {
        let errors = compiled("limits", &text).unwrap_err();
        assert_eq!(errors[0].message, message);
    }
}

/// Try statements inside each other's guarded parts share their `finally` copies.
#[test]
fn nested_finally_does_not_explode() {
    let mut text = String::from("def f(x):\n for y in x:\n");
    for depth in 0..20 {
        text += &format!("{}try:\n", " ".repeat(depth + 2));
    }
    let indent = " ".repeat(22);
    text += &format!("{indent}if a: return 1\n{indent}if b: break\n{indent}if c: continue\n");
    for depth in (0..20).rev() {
        let indent = " ".repeat(depth + 2);
        text += &format!("{indent}finally:\n{indent} done()\n");
    }
    let code = compiled("nested", &text).unwrap();
    assert!(code.codes[0].words.len() < 2_000);
}

/// Whatever is done to a word, the verifier answers and does not panic; what it accepts can be
/// listed.
#[test]
fn mutated_code() {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut refused = 0;
    for path in scripts("code") {
        let text = std::fs::read_to_string(&path).unwrap();
        let code = compiled("mutated", &text).unwrap();
        for inner in &code.codes {
            for _ in 0..2_000 {
                let mut changed = Code::clone(inner);
                let at = random() as usize % changed.words.len();
                changed.words[at] ^= match random() % 3 {
                    0 => 1 << (random() % 64),
                    1 => (random() & 0xFFFF) << (16 * (random() % 4)),
                    _ => random(),
                };
                match verify::verify(&changed) {
                    Ok(()) => drop(dis::disassemble(&changed, Some(&text))),
                    Err(_) => refused += 1,
                }
            }
        }
    }
    assert!(refused > 1_000);
}

#[test]
fn warnings() {
    let text = "x is 1\nassert (a, 'b')\n(1, 2)(3)\n[1][2, 3]\n'a' is not y\n";
    let Outcome::Tree { ast, .. } = parse(text, Mode::Module).outcome else {
        panic!("parses");
    };
    let source = SourceInfo { filename: "warnings".into(), text };
    let (_, warnings) = compile(&ast, &source, &Options::default()).unwrap();
    let messages: Vec<&str> = warnings.iter().map(|warning| &*warning.message).collect();
    assert_eq!(
        messages,
        [
            "\"is\" with 'int' literal. Did you mean \"==\"?",
            "assertion is always true, perhaps remove parentheses?",
            "'tuple' object is not callable; perhaps you missed a comma?",
            "list indices must be integers or slices, not tuple; perhaps you missed a comma?",
            "\"is not\" with 'str' literal. Did you mean \"!=\"?",
        ]
    );
}

#[test]
fn modes() {
    let listing = |text: &str, mode: sloop::syntax::Mode, options: Options| {
        let Outcome::Tree { ast, .. } = parse(text, mode).outcome else {
            panic!("{text} parses");
        };
        let source = SourceInfo { filename: "modes".into(), text };
        let (code, _) = compile(&ast, &source, &options).unwrap();
        verify::verify(&code).unwrap();
        dis::disassemble(&code, None)
    };
    let plain = Options::default();
    let prompt = Options { mode: sloop::compile::Mode::Interactive, ..plain };
    assert!(listing("x\n", Mode::Interactive, prompt).contains("PrintExpr"));
    let value = Options { mode: sloop::compile::Mode::Expression, ..plain };
    assert!(listing("x + 1", Mode::Expression, value).contains("Ret          r0"));
    let separate = Options { separate_namespace: true, ..plain };
    let text = listing("x = y\ndel x\nfrom m import *\n", Mode::Module, separate);
    assert!(text.contains("GetName") && text.contains("SetName") && !text.contains("Global"));
    let text = listing("await x\n", Mode::Module, plain);
    assert!(text.starts_with("coroutine <module>"));
}
