//! Patterns of expected lines, and the only file that names regex_lite.

use regex_lite::Regex;

/// Does the pattern match the whole line? `Err` if it is none.
pub fn matches(pattern: &str, line: &str) -> Result<bool, String> {
    let whole = format!("^(?:{pattern})$");
    match Regex::new(&whole) {
        Ok(regex) => Ok(regex.is_match(line)),
        Err(error) => Err(error.to_string()),
    }
}
