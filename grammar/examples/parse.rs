//! Parses the files named on the command line; says which fail, and how fast it went.

use sloop_grammar::{Mode, Outcome, parse};
use std::time::{Duration, Instant};

fn main() {
    let mut bytes = 0;
    let mut spent = Duration::ZERO;
    for path in std::env::args().skip(1) {
        let Ok(raw) = std::fs::read(&path) else {
            continue;
        };
        let Ok(source) = String::from_utf8(raw) else {
            println!("SKIP {path}");
            continue;
        };
        let start = Instant::now();
        let parsed = parse(&source, Mode::Module);
        spent += start.elapsed();
        bytes += source.len();
        if let Outcome::Errors(errors) = parsed.outcome {
            let error = &errors[0];
            let before = &source[..error.span.start as usize];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
            println!("FAIL {path}:{line}:{column}: {}", error.message);
        }
    }
    let rate = bytes as f64 / 1e6 / spent.as_secs_f64();
    println!(
        "{bytes} bytes, {:.1} ms, {rate:.1} MB/s",
        spent.as_secs_f64() * 1e3
    );
}
