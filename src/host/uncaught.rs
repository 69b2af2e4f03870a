//! What an uncaught exception looks like: as CPython writes it, or for people at a terminal.

use super::config::Config;
use crate::native::{asyncio, traceback};
use crate::value::Value;
use crate::vm::Cx;

/// As CPython writes it: scripts rely on every character.
pub fn plain(cx: &mut Cx, exception: Value) -> Vec<u8> {
    traceback::format(cx, exception, traceback::Options::default())
}

/// As this run wants it.
pub fn text(cx: &mut Cx, exception: Value, config: &Config) -> Vec<u8> {
    let options = traceback::Options { locals: config.show_locals, ..Default::default() };
    let mut text = traceback::format(cx, exception, options);
    text.extend(asyncio::crossed(cx, exception).into_bytes());
    text
}
