//! Patterns of expected lines: the regular expressions of `re`.

use crate::plain::regex::{Matcher, Mode, Outcome, Program, flags};

/// A pattern is given so many rounds of 65,536 steps for one line.
const PATIENCE: u32 = 200;

/// Does the pattern match the whole line? `Err` if it is none, or finds no end.
pub fn matches(pattern: &str, line: &str) -> Result<bool, String> {
    let points: Vec<u32> = pattern.chars().map(u32::from).collect();
    let program = Program::new(&points, false, flags::UNICODE).map_err(|flaw| flaw.text)?;
    let mut left = PATIENCE;
    let mut go_on = || {
        left = left.saturating_sub(1);
        left > 0
    };
    match Matcher::new(&program, line.as_bytes(), Mode::Full, &mut go_on).find(0, false) {
        Outcome::Found => Ok(true),
        Outcome::Nothing => Ok(false),
        Outcome::Interrupted | Outcome::TooMuch => Err("it takes too long to match".into()),
    }
}
