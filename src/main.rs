//! The binary: everything is in `host`.

use std::process::ExitCode;

fn main() -> ExitCode {
    sloop::host::main()
}
