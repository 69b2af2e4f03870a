//! Parses the files named on the command line; says which fail, and how fast it went.
//! After `--dump` it prints their trees instead.

use sloop_grammar::{Mode, Outcome, decode_source, dump, parse};
use std::time::{Duration, Instant};

fn main() {
    let mut paths = std::env::args().skip(1).peekable();
    let dumping = paths.next_if(|arg| arg == "--dump").is_some();
    let mut bytes = 0;
    let mut spent = Duration::ZERO;
    for path in paths {
        let Ok(raw) = std::fs::read(&path) else {
            continue;
        };
        let source = match decode_source(&raw) {
            Ok(source) => source,
            Err(error) => {
                println!("FAIL {path}: {}", error.message);
                continue;
            }
        };
        let start = Instant::now();
        let parsed = parse(&source, Mode::Module);
        spent += start.elapsed();
        bytes += source.len();
        match parsed.outcome {
            Outcome::Tree { ast, .. } if dumping => print!("{}", dump::dump(&ast)),
            Outcome::Errors(errors) => {
                for error in errors {
                    let before = &source[..error.span.start as usize];
                    let line = before.matches('\n').count() + 1;
                    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
                    println!("FAIL {path}:{line}:{column}: {}", error.message);
                }
            }
            _ => {}
        }
    }
    if !dumping {
        let rate = bytes as f64 / 1e6 / spent.as_secs_f64();
        println!("{bytes} bytes, {:.1} ms, {rate:.1} MB/s", spent.as_secs_f64() * 1e3);
    }
}
