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
