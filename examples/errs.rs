use sloop::compile::*;
use sloop::syntax::{Mode, Outcome, parse};
fn main() {
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = std::path::Path::new(&path)
            .file_stem()
            .unwrap()
            .to_str()
            .unwrap()
            .to_string();
        let pos = |o: u32| {
            let b = &text[..o as usize];
            (
                b.matches('\n').count() + 1,
                b.len() - b.rfind('\n').map_or(0, |x| x + 1) + 1,
            )
        };
        let errors = match parse(&text, Mode::Module).outcome {
            Outcome::Tree { ast, .. } => {
                let source = SourceInfo {
                    filename: "x".into(),
                    text: &text,
                };
                let tla = std::env::var("NOTLA").is_err();
                match compile(
                    &ast,
                    &source,
                    &Options {
                        top_level_await: tla,
                        ..Options::default()
                    },
                ) {
                    Ok(_) => {
                        println!("{name}\tOK");
                        continue;
                    }
                    Err(e) => e,
                }
            }
            Outcome::Errors(e) => e
                .into_iter()
                .map(|mut x| {
                    x.code = "parse";
                    x
                })
                .collect(),
            Outcome::Incomplete => continue,
        };
        for e in &errors {
            let (l, c) = pos(e.span.start);
            let (l2, c2) = pos(e.span.end);
            println!("{name}\t{}\t{}\t{l},{c},{l2},{c2}", e.code, e.message);
        }
    }
}
