//! Compiles the modules in `stdlib/` for `src/host/library.rs`: what is imported at run time is
//! neither parsed nor compiled then. What is wrong with one of them ends the build.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::exit;
use std::sync::Arc;
use std::{env, fs};

use sloop_front::code::op::{Op, word};
use sloop_front::code::{Code, PRELUDE, pack, squeeze};
use sloop_front::compile::{Compiled, Options, SourceInfo, compile_text};
use sloop_front::text::{Source, render};

/// Files with functions of the prelude begin so.
const PRELUDE_FILE: &str = "prelude";

fn main() {
    println!("cargo:rerun-if-changed=stdlib");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // At a fixed address the tables of natives need no relocation: nothing of them is touched
        // before it is used, and calls are direct.
        println!("cargo:rustc-link-arg-bins=-no-pie");
        if env::var("PROFILE").as_deref() == Ok("release") {
            // Here and not in the profile: there it would part crates that the build script and
            // the program share.
            // Profilers want the names of functions: SLOOP_SYMBOLS=1 keeps them.
            println!("cargo:rerun-if-env-changed=SLOOP_SYMBOLS");
            let strip = match env::var_os("SLOOP_SYMBOLS") {
                Some(_) => "--strip-debug",
                None => "--strip-all",
            };
            println!("cargo:rustc-link-arg-bins=-Wl,{strip}");
        }
    }
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let mut files: Vec<(String, PathBuf)> = fs::read_dir(root.join("stdlib"))
        .expect("stdlib is there")
        .map(|entry| entry.expect("an entry").path())
        .filter_map(|path| Some((path.file_name()?.to_str()?.strip_suffix(".sloop")?.into(), path)))
        .collect();
    files.sort();
    let (prelude, modules): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|(name, _)| name.starts_with(PRELUDE_FILE));
    let mut table = String::from("static MODULES: &[Embedded] = &[\n");
    for (name, path) in &modules {
        println!("cargo:rerun-if-changed={}", path.display());
        let options = Options { top_level_await: false, ..Options::default() };
        let (code, text) = compile(path, name, &options);
        let include = |ending: &str, data: &[u8]| {
            let path = out.join(format!("{name}.{ending}"));
            write(&path, data);
            format!("include_bytes!({path:?})")
        };
        let code = include("code", &pack::encode(&code));
        let text = include("text", &squeeze::squeeze(&text));
        let _ = writeln!(table, "    Embedded {{ name: {name:?}, text: {text}, code: {code} }},");
    }
    table.push_str("];\n");
    table.push_str(&functions(&prelude, &out));
    write(&out.join("library.rs"), table.as_bytes());
}

/// The functions of the prelude, packed one by one: each is decoded when it is first called.
fn functions(files: &[(String, PathBuf)], out: &Path) -> String {
    let mut functions = Vec::new();
    for (name, path) in files {
        println!("cargo:rerun-if-changed={}", path.display());
        let (module, _) = compile(path, name, &Options::default());
        if !holds_functions_only(&module) {
            fail(&format!(
                "{}: a file of the prelude holds functions only, without decorators, defaults \
                 and annotations (src/vm/prelude.rs)\n",
                path.display()
            ));
        }
        functions.extend(module.codes.iter().cloned());
    }
    functions.sort_by(|a, b| a.name.cmp(&b.name));
    if let Some(twice) = functions.windows(2).find(|pair| pair[0].name == pair[1].name) {
        fail(&format!("the prelude has two functions {}\n", twice[0].name));
    }
    let mut packed = Vec::new();
    let mut table = String::from("static FUNCTIONS: &[(&str, usize)] = &[\n");
    for code in &functions {
        let _ = writeln!(table, "    ({:?}, {}),", code.name, packed.len());
        packed.extend(pack::encode(code));
    }
    let path = out.join("prelude.code");
    write(&path, &packed);
    let _ = writeln!(table, "];\nstatic FUNCTIONS_CODE: &[u8] = include_bytes!({path:?});");
    table
}

/// Does the top level nothing but define functions?
fn holds_functions_only(module: &Code) -> bool {
    let mut at = 0;
    while let Some(&instruction) = module.words.get(at) {
        match Op::from_byte(word::op(instruction)) {
            Some(op @ (Op::LoadUndef | Op::MakeFunction | Op::SetGlobal | Op::RetNone)) => {
                at += 1 + op.words();
            }
            _ => return false,
        }
    }
    true
}

/// The code of a file, and its text.
fn compile(path: &Path, name: &str, options: &Options) -> (Arc<Code>, String) {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => fail(&format!("{}: {error}\n", path.display())),
    };
    let filename = match name.starts_with(PRELUDE_FILE) {
        true => PRELUDE,
        false => name,
    };
    let info = SourceInfo { filename: filename.into(), text: &text };
    let found = match compile_text(&info, sloop_grammar::Mode::Module, options) {
        Compiled::Code(code, warnings) if warnings.is_empty() => return (code, text),
        Compiled::Code(_, found) | Compiled::Errors(found) => found,
        Compiled::Incomplete => unreachable!("only prompts are incomplete"),
    };
    let source = Source::new(path.display().to_string(), text);
    fail(&render(&source, &found, false))
}

fn write(path: &Path, data: &[u8]) {
    if let Err(error) = fs::write(path, data) {
        fail(&format!("{}: {error}\n", path.display()));
    }
}

fn fail(message: &str) -> ! {
    eprint!("{message}");
    exit(1)
}
