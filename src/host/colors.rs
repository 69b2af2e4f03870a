//! Whether to use colours: for people, unless they have asked to be spared them.

use std::io::IsTerminal;

/// For what is written to standard error.
pub fn on_stderr() -> bool {
    wanted(std::io::stderr().is_terminal())
}

/// For what is written to standard output.
pub fn on_stdout() -> bool {
    wanted(std::io::stdout().is_terminal())
}

/// `SLOOP_COLORS` and its like say it outright; then what other programs go by.
fn wanted(is_terminal: bool) -> bool {
    let value = |name: &str| {
        let value = std::env::var_os(name)?;
        (!value.is_empty()).then(|| value.to_string_lossy().into_owned())
    };
    for name in ["SLOOP_COLORS", "PYTHON_COLORS"] {
        match value(name).as_deref() {
            Some("0") => return false,
            Some("1") => return true,
            _ => {}
        }
    }
    if value("NO_COLOR").is_some() {
        return false;
    }
    if value("FORCE_COLOR").is_some() || value("CLICOLOR_FORCE").is_some_and(|v| v != "0") {
        return true;
    }
    is_terminal
        && value("TERM").is_none_or(|term| term != "dumb")
        && value("CLICOLOR").is_none_or(|v| v != "0")
}
