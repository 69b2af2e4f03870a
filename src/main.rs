//! The binary: everything is in `host`.

use std::process::ExitCode;

// Sanitizers want to see every piece themselves.
#[cfg(not(feature = "loop-dispatch"))]
#[global_allocator]
static MEMORY: sloop::host::AtHand = sloop::host::AtHand;

fn main() -> ExitCode {
    sloop::host::main()
}
