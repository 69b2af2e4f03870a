//! Generates the parser from `src/sloop.lalrpop` into `OUT_DIR`; nothing generated is committed.

fn main() {
    lalrpop::Configuration::new()
        .use_cargo_dir_conventions()
        .emit_rerun_directives(true)
        .process()
        .expect("the grammar is free of conflicts and OUT_DIR is set by cargo");
}
