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
    let source = SourceInfo {
        filename: name.into(),
        text,
    };
    let (code, _) = compile(&ast, &source, &Options::default())?;
    verify::verify(&code).unwrap_or_else(|fault| {
        panic!("{name}: {fault}\n{}", dis::disassemble(&code, Some(text)))
    });
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
        let source = SourceInfo {
            filename: name.into(),
            text: &text,
        };
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
