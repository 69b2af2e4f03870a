//! Source texts made smaller: the binary carries those of its library and hardly ever shows them.
//!
//! Runs of literal bytes alternate with copies of what came before. To less than half the size
//! is enough here, and taking it apart is one loop.

use std::collections::HashMap;

use super::pack::{Reader, put_number};

/// A copy of fewer bytes saves nothing.
const LEAST: usize = 4;
/// Places tried for the longest copy.
const TRIES: usize = 64;

pub fn squeeze(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    put_number(&mut out, bytes.len() as u64);
    let mut known: HashMap<&[u8], Vec<usize>> = HashMap::new();
    let (mut at, mut written) = (0, 0);
    while at + LEAST <= bytes.len() {
        let places = known.entry(&bytes[at..at + LEAST]).or_default();
        let same = |place: usize| {
            bytes[place..].iter().zip(&bytes[at..]).take_while(|(a, b)| a == b).count()
        };
        let tried = places.iter().rev().take(TRIES);
        let best = tried.map(|&place| (same(place), place)).max();
        places.push(at);
        let Some((length, place)) = best else {
            at += 1;
            continue;
        };
        literal(&mut out, &bytes[written..at]);
        put_number(&mut out, length as u64);
        put_number(&mut out, (at - place) as u64);
        for inside in at + 1..(at + length).min(bytes.len() - LEAST) {
            known.entry(&bytes[inside..inside + LEAST]).or_default().push(inside);
        }
        at += length;
        written = at;
    }
    literal(&mut out, &bytes[written..]);
    out
}

fn literal(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// The text that `squeeze` has made smaller; panics on other bytes.
pub fn expand(squeezed: &[u8]) -> String {
    let mut from = Reader::new(squeezed);
    let length = from.number() as usize;
    let mut bytes = Vec::with_capacity(length);
    loop {
        let literal = from.number() as usize;
        bytes.extend_from_slice(from.slice(literal));
        if from.is_done() {
            break;
        }
        let (count, distance) = (from.number(), from.number() as usize);
        // A copy may reach into what it writes.
        for _ in 0..count {
            bytes.push(bytes[bytes.len() - distance]);
        }
    }
    String::from_utf8(bytes).expect("made from a text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back() {
        let repeated = "def f(a):\n    return a\n".repeat(50);
        for text in ["", "a", "abc", "aaaaaaaaaaaaaaaa", "äöü äöü äöü äöü", &repeated] {
            assert_eq!(expand(&squeeze(text)), text);
        }
        assert!(squeeze(&repeated).len() < 50);
    }
}
