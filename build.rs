//! Lists the modules in `stdlib/` for `src/host/library.rs`.

use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=stdlib");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // At a fixed address the tables of natives need no relocation: nothing of them is touched
        // before it is used, and calls are direct.
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let folder = Path::new(&root).join("stdlib");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .expect("stdlib is there")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".sloop").map(str::to_owned))
        .collect();
    names.sort();
    let include = |name: &str| {
        let path = folder.join(format!("{name}.sloop"));
        println!("cargo:rerun-if-changed={}", path.display());
        format!("include_str!({:?})", path.display().to_string())
    };
    let (prelude, modules): (Vec<String>, Vec<String>) =
        names.into_iter().partition(|name| name.starts_with("prelude"));
    let mut out = String::from("static PRELUDE: &[&str] = &[\n");
    for name in &prelude {
        out.push_str(&format!("    {},\n", include(name)));
    }
    out.push_str("];\nstatic MODULES: &[(&str, &str)] = &[\n");
    for name in &modules {
        out.push_str(&format!("    ({name:?}, {}),\n", include(name)));
    }
    out.push_str("];\n");
    let target = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("library.rs");
    fs::write(target, out).expect("the build folder can be written");
}
