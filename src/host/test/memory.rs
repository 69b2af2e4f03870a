//! Which tests failed last, for `--last-failed`: a file in the user's cache, one for each folder
//! that tests are run from.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

use super::suite::Outcome;

/// Where it is kept; None if the user has no place for such things.
fn file() -> Option<PathBuf> {
    let place = |name: &str| std::env::var_os(name).filter(|path| !path.is_empty());
    let cache = match place("XDG_CACHE_HOME") {
        Some(cache) => PathBuf::from(cache),
        None => PathBuf::from(place("HOME")?).join(".cache"),
    };
    let mut hasher = DefaultHasher::new();
    std::env::current_dir().ok()?.hash(&mut hasher);
    Some(cache.join("sloop").join("failed").join(format!("{:016x}", hasher.finish())))
}

pub fn failed() -> BTreeSet<String> {
    let text = file().and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Those that were not run stay as they were. A cache that cannot be written is none: the next
/// `--last-failed` then runs everything.
pub fn keep(outcomes: &[Outcome]) {
    let Some(file) = file() else { return };
    let before = failed();
    let mut now = before.clone();
    for outcome in outcomes {
        if outcome.has_failed() {
            now.insert(outcome.name.clone());
        } else {
            now.remove(&outcome.name);
        }
    }
    if now == before {
        return;
    }
    let text: String = now.into_iter().map(|name| name + "\n").collect();
    if let Some(folder) = file.parent() {
        let _ = std::fs::create_dir_all(folder);
    }
    let _ = std::fs::write(file, text);
}
