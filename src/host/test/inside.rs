//! The child's side: `sloop test --inside NOTES [OPTION]... KIND FILE ...`, as `work.rs` starts it.
//!
//! Runs a script as `sloop FILE` would, or a block of a Markdown file, or the test functions of a
//! file, and leaves notes about it.

use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use super::markdown;
use crate::host::command;
use crate::host::config::{Config, Script, Tests};
use crate::host::ending::Exit;
use crate::host::run::complain;

pub fn main(args: Vec<Vec<u8>>) -> Exit {
    match config(args) {
        Ok(config) => command::work(config),
        Err(problem) => {
            complain(&format!("sloop test: {problem}\n"));
            Exit::Status(2)
        }
    }
}

fn config(args: Vec<Vec<u8>>) -> Result<Config, String> {
    let text = |arg: Vec<u8>| String::from_utf8_lossy(&arg).into_owned();
    let mut args = args.into_iter();
    let mut word = || args.next().ok_or("an argument is missing");
    let mut config = Config {
        notes: Some(PathBuf::from(std::ffi::OsString::from_vec(word()?))),
        ..command::plain_config(Script::Input)
    };
    let kind = loop {
        let arg = text(word()?);
        match arg.strip_prefix("--schedule-seed=") {
            Some(seed) => config.schedule_seed = seed.parse().ok(),
            None if arg == "--virtual-time" => config.virtual_time = true,
            None if arg == "--lines" => config.notes_lines = true,
            None => break arg,
        }
    };
    let name = PathBuf::from(std::ffi::OsString::from_vec(word()?));
    match &kind[..] {
        "script" => config.script = Script::File(name),
        "functions" => {
            let mark = text(word()?);
            config.script = Script::File(name);
            config.tests = Some(Tests { mark, names: args.by_ref().map(text).collect() });
        }
        _ => {
            let line = text(word()?);
            let file = std::fs::read(&name);
            let file = file.map_err(|error| format!("{}: {error}", name.display()))?;
            let blocks = markdown::blocks(&String::from_utf8_lossy(&file));
            let block = blocks.iter().find(|block| block.line.to_string() == line);
            let text = block.ok_or("the file has changed meanwhile")?.program();
            config.script = Script::Made { name, text };
        }
    }
    config.args = args.collect();
    config.seed_hashes()?;
    Ok(config)
}
