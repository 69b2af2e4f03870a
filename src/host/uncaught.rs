//! What an uncaught exception looks like: as CPython writes it, or for people at a terminal.

use super::config::Config;
use crate::native::{asyncio, raised, traceback};
use crate::value::Value;
use crate::vm::Cx;

/// As CPython writes it: scripts rely on every character.
pub fn plain(cx: &mut Cx, exception: Value) -> Vec<u8> {
    traceback::format(cx, exception, traceback::Options::default())
}

/// As this run wants it.
pub fn text(cx: &mut Cx, exception: Value, config: &Config) -> Vec<u8> {
    let mut options = traceback::Options { locals: config.show_locals, ..Default::default() };
    let crossed = asyncio::crossed(cx, exception);
    if config.plain {
        let mut text = traceback::format(cx, exception, options);
        text.extend(crossed.into_bytes());
        return text;
    }
    let folder = std::env::current_dir().map(|path| format!("{}/", path.to_string_lossy()));
    options.people = Some(raised::People {
        color: config.color,
        folder: folder.unwrap_or_default(),
        crossed: if is_prompts_own(&crossed) { String::new() } else { crossed },
    });
    traceback::format(cx, exception, options)
}

/// A statement at the prompt is a task, too, which nobody needs to be told.
fn is_prompts_own(crossed: &str) -> bool {
    let tasks = crossed.lines().filter(|line| !line.starts_with(' ')).count();
    tasks == 1 && crossed.contains(" in task 'input ")
}
