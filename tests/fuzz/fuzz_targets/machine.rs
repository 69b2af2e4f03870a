//! Text that compiles is run, with a collection at every safepoint for half of the inputs. A
//! program that goes on for too long is interrupted again and again.

#![no_main]

use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use sloop::compile::{Compiled, Options};
use sloop::gc::Signals;
use sloop::host::{Config, Loader, Script, machine};
use sloop::syntax::Mode;
use sloop::vm::Cx;

/// What must not reach the world outside of the fuzzer.
const WITHOUT: &[&str] = &["open", "input", "exec", "__import__", "breakpoint"];

fuzz_target!(|text: &str| {
    let loader = Rc::new(Loader::new(false));
    let filename: Arc<str> = "fuzz".into();
    let Compiled::Code(code, _) =
        loader.compile_text(text, &filename, Mode::Module, &Options::default())
    else {
        return;
    };
    loader.keep(&filename, text);
    let stress = text.len() % 2 == 0;
    let config =
        Config { stress, ..Config::plain(Script::Text(text.into())) };
    let mut vm = machine(&loader, &config);
    let cx = Cx::of(&mut vm);
    for name in WITHOUT {
        let name = cx.intern(name);
        cx.vm().builtins.remove_str(cx, name);
    }
    cx.vm().set_stress(stress);
    let globals = cx.new_module("__main__").dict;
    let (done, signals) = (AtomicBool::new(false), cx.vm().signals());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                std::thread::park_timeout(Duration::from_millis(200));
                signals.raise(Signals::INTERRUPT);
            }
        });
        // Exceptions are a proper end.
        let _ = cx.run_code(&code, globals, &[]);
        done.store(true, Ordering::Relaxed);
    });
});
