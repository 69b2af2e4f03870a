//! Which files are checked: those that are named, and the scripts in folders that are named.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use crate::host::descriptors;
use crate::native::error::strerror;

pub struct File {
    /// As findings name it.
    pub name: String,
    /// None for standard input.
    pub path: Option<PathBuf>,
}

impl File {
    fn at(path: PathBuf) -> File {
        File { name: path.to_string_lossy().into_owned(), path: Some(path) }
    }

    pub fn read(&self) -> Result<Vec<u8>, String> {
        let read = match &self.path {
            Some(path) => fs::read(path),
            None => descriptors::read_input(),
        };
        read.map_err(|error| reason(&error))
    }
}

/// Folders that hold no sources of the project.
const SKIPPED: &[&str] = &["__pycache__", "node_modules", "site-packages", "venv", "target"];

/// The files below the paths, in order and each once, and what is wrong with the paths. No path
/// means the working folder.
pub fn find(paths: Vec<Vec<u8>>) -> (Vec<File>, Vec<String>) {
    let mut files = Vec::new();
    let mut problems = Vec::new();
    let here = paths.is_empty();
    let paths = if here { vec![b".".to_vec()] } else { paths };
    for bytes in paths {
        if bytes == b"-" {
            files.push(File { name: "<stdin>".into(), path: None });
            continue;
        }
        let path = PathBuf::from(OsString::from_vec(bytes));
        match look(&path) {
            Ok(data) if data.is_dir() => {
                let mut found = Vec::new();
                search(&path, &mut found, &mut problems);
                let plain = |path: PathBuf| match path.strip_prefix(".") {
                    Ok(rest) if here => rest.to_path_buf(),
                    _ => path,
                };
                files.extend(found.into_iter().map(plain).map(File::at));
            }
            Ok(_) => files.push(File::at(path)),
            Err(error) => {
                problems.push(format!("can't open '{}': {}", path.display(), reason(&error)));
            }
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files.dedup_by(|a, b| a.name == b.name);
    (files, problems)
}

/// What is there. A working folder that was removed still opens, as an empty one.
fn look(path: &Path) -> std::io::Result<fs::Metadata> {
    if path.is_relative() {
        std::env::current_dir()?;
    }
    fs::metadata(path)
}

/// Scripts in a folder and the folders in it; links to folders are not followed.
fn search(folder: &Path, found: &mut Vec<PathBuf>, problems: &mut Vec<String>) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            problems.push(format!("can't open '{}': {}", folder.display(), reason(&error)));
            return;
        }
    };
    for entry in entries {
        let known = entry.and_then(|entry| Ok((entry.file_type()?, entry)));
        let (kind, entry) = match known {
            Ok(known) => known,
            Err(error) => {
                problems.push(format!("can't read '{}': {}", folder.display(), reason(&error)));
                continue;
            }
        };
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if kind.is_dir() {
            if !name.starts_with('.') && !SKIPPED.contains(&&*name) {
                search(&path, found, problems);
            }
        } else if matches!(path.extension().and_then(|e| e.to_str()), Some("sloop" | "py"))
            && path.is_file()
        {
            found.push(path);
        }
    }
}

/// What the system says, without the number.
pub fn reason(error: &std::io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => strerror(number),
        None => error.to_string(),
    }
}
