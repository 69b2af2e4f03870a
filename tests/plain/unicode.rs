//! Predicates and case of every code point, by checksums.
//!
//! `make_unicode.py` writes the checksums as well as the table that the predicates read, so a
//! checksum that differs means that the reading is wrong, or that `core` maps case otherwise.

use sloop::plain::{unicode, wtf8};

fn checksum(items: impl Iterator<Item = u32>) -> String {
    let mut sum = 0xcbf2_9ce4_8422_2325u64;
    for item in items {
        sum = (sum ^ u64::from(item)).wrapping_mul(0x100_0000_01b3);
    }
    format!("{sum:016x}")
}

fn text(point: u32) -> Vec<u8> {
    let mut out = Vec::new();
    wtf8::push_point(&mut out, point);
    out
}

#[test]
fn every_code_point() {
    let mut wrong = Vec::new();
    for line in include_str!("unicode.txt").lines() {
        let (name, expected) = line.split_once(' ').unwrap();
        let predicate: Option<fn(&[u8]) -> bool> = match name {
            "isalpha" => Some(|s| unicode::all(s, unicode::is_alpha)),
            "isdecimal" => Some(|s| unicode::all(s, unicode::is_decimal)),
            "isdigit" => Some(|s| unicode::all(s, unicode::is_digit)),
            "isnumeric" => Some(|s| unicode::all(s, unicode::is_numeric)),
            "isalnum" => Some(|s| unicode::all(s, unicode::is_alnum)),
            "isspace" => Some(|s| unicode::all(s, unicode::is_space)),
            "islower" => Some(unicode::all_lower),
            "isupper" => Some(unicode::all_upper),
            "istitle" => Some(unicode::all_title),
            "isprintable" => Some(unicode::all_printable),
            "isidentifier" => Some(unicode::is_identifier),
            _ => None,
        };
        let got = if let Some(test) = predicate {
            checksum((0..0x110000).map(|point| u32::from(test(&text(point)))))
        } else {
            let (name, before) = match name.strip_suffix("_after_a") {
                Some(name) => (name, "a"),
                None => (name, ""),
            };
            let change = match name {
                "lower" => unicode::lower,
                "upper" => unicode::upper,
                "title" => unicode::title,
                "capitalize" => unicode::capitalize,
                "swapcase" => unicode::swapcase,
                _ => unicode::casefold,
            };
            let changed = (0..0x110000).flat_map(|point| {
                let mut whole = before.as_bytes().to_vec();
                whole.extend(text(point));
                wtf8::points(&change(&whole)).collect::<Vec<_>>()
            });
            checksum(changed)
        };
        if got != expected {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "differ: {wrong:?}");
}
