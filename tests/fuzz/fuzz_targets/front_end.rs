//! Any bytes: decode, parse, compile, verify, and show the errors. Nothing may panic, and what
//! compiles must pass the verifier.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sloop::code::{dis, verify};
use sloop::compile::{Options, SourceInfo, compile};
use sloop::syntax::{Mode, Outcome, decode_source, parse};
use sloop::text::{Source, render};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = decode_source(bytes) else { return };
    for mode in [Mode::Module, Mode::Interactive, Mode::Expression] {
        let errors = match parse(&text, mode).outcome {
            Outcome::Incomplete => continue,
            Outcome::Errors(errors) => errors,
            Outcome::Tree { ast, .. } => {
                let source = SourceInfo { filename: "fuzz".into(), text: &text };
                match compile(&ast, &source, &Options::default()) {
                    Err(errors) => errors,
                    Ok((code, _)) => {
                        verify::verify(&code).expect("what compiles is right");
                        dis::disassemble(&code, Some(&text));
                        continue;
                    }
                }
            }
        };
        assert!(!errors.is_empty());
        render(&Source::new("fuzz", text.to_string()), &errors, false);
    }
});
