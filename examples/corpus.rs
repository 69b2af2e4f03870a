use sloop::code::{dis, verify};
use sloop::compile::*;
use sloop::syntax::{Mode, Outcome, parse};
use std::time::Instant;
fn main() {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let show = args.first().is_some_and(|a| a == "-d");
    if show {
        args.remove(0);
    }
    let (mut bytes, mut tp, mut tc, mut words) = (0usize, 0f64, 0f64, 0usize);
    for path in &args {
        let Ok(text) = std::fs::read_to_string(path) else {
            continue;
        };
        let t = Instant::now();
        let parsed = parse(&text, Mode::Module);
        tp += t.elapsed().as_secs_f64();
        let ast = match parsed.outcome {
            Outcome::Tree { ast, .. } => ast,
            Outcome::Errors(e) => {
                println!("PARSE {path}: {:?} {:?}", e[0].message, e[0].span);
                continue;
            }
            Outcome::Incomplete => continue,
        };
        let source = SourceInfo {
            filename: path.as_str().into(),
            text: &text,
        };
        let t = Instant::now();
        let r = compile(
            &ast,
            &source,
            &Options {
                top_level_await: std::env::var("NOTLA").is_err(),
                ..Options::default()
            },
        );
        tc += t.elapsed().as_secs_f64();
        bytes += text.len();
        match r {
            Ok((code, warnings)) => {
                words += code.words.len();
                if show {
                    print!("{}", dis::disassemble(&code, Some(&text)));
                    for w in warnings {
                        println!("WARN {}", w.message);
                    }
                }
                if let Err(f) = verify::verify(&code) {
                    println!("VERIFY {path}: {f}");
                }
            }
            Err(e) => {
                for e in e {
                    let line = text[..e.span.start as usize].matches('\n').count() + 1;
                    println!("ERR {path}:{line}: {}", e.message);
                }
            }
        }
    }
    if !show {
        println!(
            "{bytes} bytes, parse {:.1} MB/s, compile {:.1} MB/s, module words {words}",
            bytes as f64 / tp / 1e6,
            bytes as f64 / tc / 1e6
        );
    }
}
