//! Which character a name of Unicode stands for, in `\N{...}`, and what a character is called.
//!
//! The table is made by `build.rs`, which says what it holds. It is small rather than fast: a
//! name is looked for from the first to the last. All names are spelled out when somebody asks for
//! one the first time.

use std::sync::OnceLock;

static TABLE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/names.bin"));

/// The sounds that begin, carry and end a syllable, in the order in which Unicode combines them.
const BEGINNINGS: [&str; 19] = [
    "G", "GG", "N", "D", "DD", "R", "M", "B", "BB", "S", "SS", "", "J", "JJ", "C", "K", "T", "P",
    "H",
];
const MIDDLES: [&str; 21] = [
    "A", "AE", "YA", "YAE", "EO", "E", "YEO", "YE", "O", "WA", "WAE", "OE", "YO", "U", "WEO", "WE",
    "WI", "YU", "EU", "YI", "I",
];
const ENDS: [&str; 28] = [
    "", "G", "GG", "GS", "N", "NJ", "NH", "D", "L", "LG", "LM", "LB", "LS", "LT", "LP", "LH", "M",
    "B", "BS", "S", "SS", "NG", "J", "C", "K", "T", "P", "H",
];
const FIRST_SYLLABLE: u32 = 0xAC00;
const SYLLABLES: u32 = (BEGINNINGS.len() * MIDDLES.len() * ENDS.len()) as u32;

/// The character of that name or alias, in letters of either case.
pub fn character(name: &str) -> Option<char> {
    let name = name.to_ascii_uppercase();
    if let Some(sounds) = name.strip_prefix("HANGUL SYLLABLE ") {
        return syllable(sounds);
    }
    let mut from = Reader { rest: TABLE };
    let words: Vec<&str> = from.text().split(' ').collect();
    let code = in_range(&name, &mut from).or_else(|| listed(&name, &words, &mut from))?;
    char::from_u32(code)
}

/// A name that ends with the code point itself.
fn in_range(name: &str, from: &mut Reader) -> Option<u32> {
    let parts = name.rsplit_once('-');
    let asked = parts.and_then(|(prefix, hex)| Some((prefix, u32::from_str_radix(hex, 16).ok()?)));
    let mut found = None;
    for _ in 0..from.number() {
        let (prefix, first, last) = (from.text(), from.number(), from.number());
        if let Some((asked, code)) = asked
            && asked == prefix
            && (first..=last).contains(&code)
        {
            found = Some(code);
        }
    }
    found
}

fn listed(name: &str, words: &[&str], from: &mut Reader) -> Option<u32> {
    let number = |word| words.iter().position(|known| *known == word).map(|at| at as u32);
    let wanted: Vec<u32> = name.split(' ').map(number).collect::<Option<_>>()?;
    let mut current: Vec<u32> = Vec::new();
    for _ in 0..from.number() {
        let (first, length) = (from.number(), from.number());
        for code in first..first + length {
            let counts = from.byte();
            current.truncate(usize::from(counts >> 4));
            current.extend((0..counts & 15).map(|_| from.number()));
            if current == wanted {
                return Some(code);
            }
        }
    }
    None
}

/// The name of a character, if Unicode gives it one.
pub fn name(character: char) -> Option<String> {
    let code = character as u32;
    if let Some(place) = code.checked_sub(FIRST_SYLLABLE).filter(|place| *place < SYLLABLES) {
        let place = place as usize;
        let (rest, end) = (place / ENDS.len(), ENDS[place % ENDS.len()]);
        let (beginning, middle) = (BEGINNINGS[rest / MIDDLES.len()], MIDDLES[rest % MIDDLES.len()]);
        return Some(format!("HANGUL SYLLABLE {beginning}{middle}{end}"));
    }
    static NAMES: OnceLock<Names> = OnceLock::new();
    let names = NAMES.get_or_init(Names::read);
    let covers = |&&(_, first, last): &&(&str, u32, u32)| (first..=last).contains(&code);
    if let Some((prefix, ..)) = names.ranges.iter().find(covers) {
        return Some(format!("{prefix}-{code:X}"));
    }
    let at = names.listed.binary_search_by_key(&code, |(code, _)| *code).ok()?;
    let start = names.listed[at].1 as usize;
    let end = names.listed.get(at + 1).map_or(names.text.len(), |(_, next)| *next as usize);
    Some(names.text[start..end].to_string())
}

/// All names: of ranges, and those listed, by code point, as places in one text.
struct Names {
    ranges: Vec<(&'static str, u32, u32)>,
    listed: Vec<(u32, u32)>,
    text: String,
}

impl Names {
    fn read() -> Names {
        let mut from = Reader { rest: TABLE };
        let words: Vec<&str> = from.text().split(' ').collect();
        let ranges =
            (0..from.number()).map(|_| (from.text(), from.number(), from.number())).collect();
        let (mut listed, mut text) = (Vec::<(u32, u32)>::new(), String::new());
        let mut current: Vec<&str> = Vec::new();
        for _ in 0..from.number() {
            let (first, length) = (from.number(), from.number());
            for code in first..first + length {
                let counts = from.byte();
                current.truncate(usize::from(counts >> 4));
                current.extend((0..counts & 15).map(|_| words[from.number() as usize]));
                // Behind all names stand the aliases, from the first code point on again.
                if listed.last().is_some_and(|(last, _)| code <= *last) {
                    return Names { ranges, listed, text };
                }
                listed.push((code, text.len() as u32));
                text += &current.join(" ");
            }
        }
        Names { ranges, listed, text }
    }
}

fn syllable(sounds: &str) -> Option<char> {
    for (beginning, first) in BEGINNINGS.iter().enumerate() {
        let Some(rest) = sounds.strip_prefix(first) else { continue };
        for (middle, second) in MIDDLES.iter().enumerate() {
            let Some(rest) = rest.strip_prefix(second) else { continue };
            if let Some(end) = ENDS.iter().position(|third| *third == rest) {
                let place = (beginning * MIDDLES.len() + middle) * ENDS.len() + end;
                return char::from_u32(FIRST_SYLLABLE + place as u32);
            }
        }
    }
    None
}

struct Reader {
    rest: &'static [u8],
}

impl Reader {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.rest.split_first().expect("the table says where it ends");
        self.rest = rest;
        *first
    }

    fn number(&mut self) -> u32 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte();
            number |= u32::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return number;
            }
            shift += 7;
        }
    }

    fn text(&mut self) -> &'static str {
        let length = self.number() as usize;
        let (text, rest) = self.rest.split_at(length);
        self.rest = rest;
        str::from_utf8(text).expect("names are ASCII")
    }
}

#[cfg(test)]
mod tests {
    use super::{character, name};

    #[test]
    fn every_name_stands_for_its_character() {
        // Each takes a walk through the table: one in forty, and all of what is computed.
        for code in 0..=0x10FFFF_u32 {
            let computed = (0xAC00..0xD7A4).contains(&code);
            let Some(c) = char::from_u32(code).filter(|_| computed || code % 41 == 0) else {
                continue;
            };
            if let Some(name) = unicode_names2::name(c) {
                assert_eq!(character(&name.to_string()), Some(c), "{name}");
            }
        }
        for c in '\0'..=char::MAX {
            assert_eq!(name(c), unicode_names2::name(c).map(|name| name.to_string()), "{c:?}");
        }
    }

    #[test]
    fn aliases_and_cases() {
        assert_eq!(character("line feed"), Some('\n'));
        assert_eq!(character("BOM"), Some('\u{FEFF}'));
        assert_eq!(character("Greek Small Letter Alpha"), Some('α'));
        assert_eq!(character("CJK UNIFIED IDEOGRAPH-4e00"), Some('\u{4E00}'));
        for none in ["", " ", "SPACE ", "LATIN_SMALL_LETTER_A", "HANGUL SYLLABLE", "-4E00"] {
            assert_eq!(character(none), None, "{none:?}");
        }
    }
}
