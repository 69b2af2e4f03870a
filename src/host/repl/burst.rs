//! Text that comes faster than anybody types: a program that is pasted where the terminal does not
//! say so. Its lines bring their own indentation, which must not come on top of the automatic one.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A key that follows another sooner than this was not typed.
const TYPED: Duration = Duration::from_millis(50);

#[derive(Default)]
pub struct Burst(Mutex<Keys>);

#[derive(Default)]
struct Keys {
    last: Option<Instant>,
    /// How long the text was when its last line had been indented automatically.
    indented: usize,
    /// Do lines bring their own indentation?
    brings: bool,
}

impl Keys {
    fn is_typed(&self) -> bool {
        self.last.is_none_or(|last| last.elapsed() >= TYPED)
    }
}

impl Burst {
    fn keys(&self) -> std::sync::MutexGuard<'_, Keys> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// A key has come.
    pub fn key(&self) {
        self.keys().last = Some(Instant::now());
    }

    /// A line begins behind so much text: how many blanks of these it is to begin with.
    pub fn line(&self, text: usize, indent: usize) -> usize {
        let mut keys = self.keys();
        keys.brings &= !keys.is_typed();
        let indent = if keys.brings { 0 } else { indent };
        keys.indented = text + 1 + indent;
        indent
    }

    /// A blank comes at the end of this much text: is it the first of an indentation that takes the
    /// place of the automatic one?
    pub fn replaces(&self, text: usize) -> bool {
        let mut keys = self.keys();
        let replaces = keys.indented == text && !keys.is_typed();
        keys.brings |= replaces;
        replaces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_comes_at_once_brings_its_indentation() {
        let burst = Burst::default();
        assert_eq!(burst.line(8, 4), 4);
        assert!(!burst.replaces(13), "nothing came before");
        burst.key();
        assert_eq!(burst.line(8, 4), 4);
        burst.key();
        assert!(!burst.replaces(14), "something stands on the line");
        assert!(burst.replaces(13));
        assert_eq!(burst.line(30, 4), 0);
        burst.keys().last = Instant::now().checked_sub(TYPED);
        assert_eq!(burst.line(30, 4), 4);
    }
}
