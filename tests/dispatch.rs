//! Threaded dispatch rests on tail calls that the compiler makes but does not promise: every
//! handler must end in a jump. Here instructions of every kind run on a small native stack, so
//! often that one handler which calls instead would overflow it.

use sloop::host::{Config, Exit, Script, run};

#[test]
fn no_tail_call_is_lost() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/dispatch/every_kind.sloop");
    let small = std::thread::Builder::new().stack_size(1 << 20);
    let work = || {
        let config = Config::plain(Script::File(script.into()));
        matches!(run(&config), Exit::Status(0))
    };
    let passed = small.spawn(work).expect("a thread").join().expect("no panic");
    assert!(passed, "the script failed");
}
