//! From the text of a pattern to a tree.
//!
//! Flags are settled here: the tree says of each char, set and place what it means. What is wrong
//! is told in CPython's words, with the place that CPython names.

use super::set::{Category, Fold, Item, Set};
use super::{Flaw, flags};

pub const MANY: u32 = u32::MAX;
/// Groups may stand in groups this deep.
const MAX_DEPTH: usize = 250;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Greed {
    Greedy,
    Lazy,
    Possessive,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    TextStart,
    LineStart,
    TextEnd,
    /// Where the text ends, or the newline that ends it begins.
    End,
    LineEnd,
    WordEdge {
        ascii: bool,
        negated: bool,
    },
}

#[derive(Debug, Clone)]
pub enum Node {
    Char(u32, Option<Fold>),
    /// Any char; `false`: but a newline.
    Any(bool),
    Set(Box<Set>),
    Seq(Vec<Node>),
    Alt(Vec<Node>),
    Repeat {
        node: Box<Node>,
        min: u32,
        max: u32,
        greed: Greed,
    },
    Group(usize, Box<Node>),
    Backref(usize, Option<Fold>),
    Look {
        negated: bool,
        node: Box<Node>,
        width: usize,
    },
    Atomic(Box<Node>),
    Condition(usize, Box<Node>, Box<Node>),
    At(Place),
    Never,
}

pub struct Parsed {
    pub node: Node,
    pub groups: usize,
    pub names: Vec<(String, usize)>,
    pub flags: u32,
}

type Parse<T> = Result<T, Flaw>;

struct Parser<'a> {
    text: &'a [u32],
    at: usize,
    bytes: bool,
    /// Of the whole pattern, as inline flags add to them.
    global: u32,
    /// How many chars each group takes, once it is closed.
    widths: Vec<Option<(usize, usize)>>,
    names: Vec<(String, usize)>,
    depth: usize,
    /// Conditions on groups that were not there yet.
    conditions: Vec<(usize, usize)>,
    /// Groups from this one on lie in the lookbehind that is being read.
    behind_from: Option<usize>,
    /// What is told if the rest of the pattern is right.
    late: Option<Flaw>,
}

fn c(point: char) -> u32 {
    point as u32
}

pub fn parse(text: &[u32], bytes: bool, flags: u32) -> Parse<Parsed> {
    let mut wanted = flags;
    loop {
        let mut parser = Parser {
            text,
            at: 0,
            bytes,
            global: wanted,
            widths: Vec::new(),
            names: Vec::new(),
            depth: 0,
            conditions: Vec::new(),
            behind_from: None,
            late: None,
        };
        let node = parser.alternatives(wanted, true)?;
        // (?x) at the beginning changes how the pattern reads: once more.
        if parser.global & flags::VERBOSE != 0 && wanted & flags::VERBOSE == 0 {
            wanted = parser.global;
            continue;
        }
        if parser.at < text.len() {
            return Err(parser.flaw_at("unbalanced parenthesis", parser.at));
        }
        for &(group, place) in &parser.conditions {
            if group > parser.widths.len() {
                return Err(parser.flaw_at(&format!("invalid group reference {group}"), place));
            }
        }
        if let Some(flaw) = parser.late {
            return Err(flaw);
        }
        let mut flags = parser.global;
        if !bytes && flags & flags::ASCII == 0 {
            flags |= flags::UNICODE;
        }
        return Ok(Parsed { node, groups: parser.widths.len(), names: parser.names, flags });
    }
}

impl Parser<'_> {
    fn flaw_at(&self, text: &str, place: usize) -> Flaw {
        Flaw { text: text.to_owned(), place: Some(place) }
    }

    fn peek(&self) -> Option<u32> {
        self.text.get(self.at).copied()
    }

    fn peek_char(&self) -> Option<char> {
        self.peek().and_then(char::from_u32)
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(c(wanted));
        self.at += usize::from(found);
        found
    }

    fn shown(&self, from: usize, to: usize) -> String {
        let points = self.text[from..to.min(self.text.len())].iter();
        points.map(|&point| char::from_u32(point).unwrap_or('\u{fffd}')).collect()
    }

    fn fold(&self, flags: u32) -> Option<Fold> {
        if flags & flags::IGNORECASE == 0 {
            return None;
        }
        Some(if self.is_ascii(flags) { Fold::Ascii } else { Fold::Unicode })
    }

    fn is_ascii(&self, flags: u32) -> bool {
        self.bytes || flags & flags::ASCII != 0
    }

    fn alternatives(&mut self, flags: u32, top: bool) -> Parse<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Flaw { text: "too many nested groups".to_owned(), place: Some(self.at) });
        }
        let mut flags = flags;
        let mut all = vec![self.sequence(&mut flags, top)?];
        while self.eat('|') {
            all.push(self.sequence(&mut flags, false)?);
        }
        self.depth -= 1;
        Ok(if all.len() == 1 { all.remove(0) } else { Node::Alt(all) })
    }

    fn sequence(&mut self, flags: &mut u32, top: bool) -> Parse<Node> {
        let mut items: Vec<Node> = Vec::new();
        while let Some(point) = self.peek() {
            if point == c('|') || point == c(')') {
                break;
            }
            let start = self.at;
            self.at += 1;
            if *flags & flags::VERBOSE != 0 {
                if matches!(point, 0x20 | 0x09..=0x0d) {
                    continue;
                }
                if point == c('#') {
                    while let Some(point) = self.peek() {
                        self.at += 1;
                        if point == c('\n') {
                            break;
                        }
                    }
                    continue;
                }
            }
            let Some(special) = char::from_u32(point) else {
                items.push(Node::Char(point, self.fold(*flags)));
                continue;
            };
            match special {
                '\\' => {
                    let node = self.escape(*flags, start)?;
                    items.push(node);
                }
                '[' => {
                    let node = self.set(*flags, start)?;
                    items.push(node);
                }
                '*' | '+' | '?' | '{' => {
                    if let Some((min, max)) = self.bounds(special, start)? {
                        self.repeat(&mut items, min, max, start)?;
                    } else {
                        items.push(Node::Char(point, None));
                    }
                }
                '.' => items.push(Node::Any(*flags & flags::DOTALL != 0)),
                '(' => {
                    if let Some(node) = self.group(flags, start, top && items.is_empty())? {
                        items.push(node);
                    }
                }
                '^' => items.push(Node::At(match *flags & flags::MULTILINE {
                    0 => Place::TextStart,
                    _ => Place::LineStart,
                })),
                '$' => items.push(Node::At(match *flags & flags::MULTILINE {
                    0 => Place::End,
                    _ => Place::LineEnd,
                })),
                _ => items.push(Node::Char(point, self.fold(*flags))),
            }
        }
        Ok(if items.len() == 1 { items.remove(0) } else { Node::Seq(items) })
    }

    /// How often, or None if a brace means itself.
    fn bounds(&mut self, special: char, start: usize) -> Parse<Option<(u32, u32)>> {
        match special {
            '*' => return Ok(Some((0, MANY))),
            '+' => return Ok(Some((1, MANY))),
            '?' => return Ok(Some((0, 1))),
            _ => {}
        }
        let back = self.at;
        if self.eat('}') {
            self.at = back;
            return Ok(None);
        }
        let low = self.digits();
        let high = if self.eat(',') { self.digits() } else { low.clone() };
        if !self.eat('}') || low.is_empty() && high.is_empty() && self.at - back == 1 {
            self.at = back;
            return Ok(None);
        }
        let number = |text: &str, empty: u32| -> Parse<u32> {
            if text.is_empty() {
                return Ok(empty);
            }
            match text.parse::<u32>() {
                Ok(n) if n < MANY => Ok(n),
                _ => {
                    Err(Flaw { text: "the repetition number is too large".to_owned(), place: None })
                }
            }
        };
        let (min, max) = (number(&low, 0)?, number(&high, MANY)?);
        if max < min {
            return Err(self.flaw_at("min repeat greater than max repeat", start + 1));
        }
        Ok(Some((min, max)))
    }

    fn digits(&mut self) -> String {
        let start = self.at;
        while self.peek_char().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        self.shown(start, self.at)
    }

    fn repeat(&mut self, items: &mut Vec<Node>, min: u32, max: u32, start: usize) -> Parse<()> {
        let Some(last) = items.pop() else {
            return Err(self.flaw_at("nothing to repeat", start));
        };
        match last {
            Node::At(_) => return Err(self.flaw_at("nothing to repeat", start)),
            Node::Repeat { .. } => return Err(self.flaw_at("multiple repeat", start)),
            _ => {}
        }
        let greed = if self.eat('?') {
            Greed::Lazy
        } else if self.eat('+') {
            Greed::Possessive
        } else {
            Greed::Greedy
        };
        items.push(Node::Repeat { node: Box::new(last), min, max, greed });
        Ok(())
    }

    // ---- groups

    fn group(&mut self, flags: &mut u32, start: usize, first: bool) -> Parse<Option<Node>> {
        let mut name = None;
        if self.eat('?') {
            let Some(kind) = self.peek() else {
                return Err(self.flaw_at("unexpected end of pattern", self.at));
            };
            self.at += 1;
            match char::from_u32(kind).unwrap_or('\u{fffd}') {
                'P' => {
                    if self.eat('<') {
                        name = Some(self.name('>', "group")?);
                    } else if self.eat('=') {
                        return self.named_reference(*flags).map(Some);
                    } else {
                        let Some(next) = self.peek() else {
                            return Err(self.flaw_at("unexpected end of pattern", self.at));
                        };
                        let next = char::from_u32(next).unwrap_or('\u{fffd}');
                        let text = format!("unknown extension ?P{next}");
                        return Err(self.flaw_at(&text, start + 1));
                    }
                }
                ':' => {
                    let node = self.alternatives(*flags, false)?;
                    self.close(start)?;
                    return Ok(Some(grouped(node)));
                }
                '#' => {
                    while self.peek().is_some() {
                        if self.eat(')') {
                            return Ok(None);
                        }
                        self.at += 1;
                    }
                    return Err(self.flaw_at("missing ), unterminated comment", start));
                }
                '=' | '!' => return self.look(true, kind == c('!'), *flags, start).map(Some),
                '<' => {
                    let Some(next) = self.peek() else {
                        return Err(self.flaw_at("unexpected end of pattern", self.at));
                    };
                    self.at += 1;
                    if next == c('=') || next == c('!') {
                        return self.look(false, next == c('!'), *flags, start).map(Some);
                    }
                    let next = char::from_u32(next).unwrap_or('\u{fffd}');
                    return Err(self.flaw_at(&format!("unknown extension ?<{next}"), start + 1));
                }
                '>' => {
                    let node = self.alternatives(*flags, false)?;
                    self.close(start)?;
                    return Ok(Some(Node::Atomic(Box::new(node))));
                }
                '(' => return self.condition(*flags, start).map(Some),
                letter if letter == '-' || flag_of(letter).is_some() => {
                    return self.inline_flags(letter, flags, start, first);
                }
                other => {
                    return Err(self.flaw_at(&format!("unknown extension ?{other}"), start + 1));
                }
            }
        }
        let number = self.widths.len() + 1;
        self.widths.push(None);
        if let Some((name, place)) = name {
            if let Some((_, other)) = self.names.iter().find(|(known, _)| *known == name) {
                let text = format!(
                    "redefinition of group name {} as group {number}; was group {other}",
                    quoted(&name)
                );
                return Err(self.flaw_at(&text, place));
            }
            self.names.push((name, number));
        }
        let node = self.alternatives(*flags, false)?;
        self.close(start)?;
        self.widths[number - 1] = Some(width(&node, &self.widths));
        Ok(Some(Node::Group(number, Box::new(node))))
    }

    fn close(&mut self, start: usize) -> Parse<()> {
        if self.eat(')') {
            return Ok(());
        }
        Err(self.flaw_at("missing ), unterminated subpattern", start))
    }

    /// A name up to `end`, and where it begins.
    fn name(&mut self, end: char, what: &str) -> Parse<(String, usize)> {
        let start = self.at;
        while self.peek().is_some_and(|point| point != c(end)) {
            self.at += 1;
        }
        let name = self.shown(start, self.at);
        if self.peek().is_none() {
            if name.is_empty() {
                return Err(self.flaw_at(&format!("missing {what} name"), start));
            }
            return Err(self.flaw_at(&format!("missing {end}, unterminated name"), start));
        }
        self.at += 1;
        if name.is_empty() {
            return Err(self.flaw_at(&format!("missing {what} name"), start));
        }
        if end == '>' || !name.bytes().all(|b| b.is_ascii_digit()) {
            self.check_name(&name, start)?;
        }
        Ok((name, start))
    }

    fn check_name(&self, name: &str, start: usize) -> Parse<()> {
        let is_name = super::super::unicode::is_identifier(name.as_bytes());
        if !is_name || self.bytes && !name.is_ascii() {
            let shown = if self.bytes && !name.is_ascii() {
                name.chars().fold(String::new(), |mut text, c| {
                    match c.is_ascii() {
                        true => text.push(c),
                        false => text.push_str(&format!("\\x{:02x}", c as u32)),
                    }
                    text
                })
            } else {
                name.to_owned()
            };
            let text = format!("bad character in group name {}", quoted(&shown));
            return Err(self.flaw_at(&text, start));
        }
        Ok(())
    }

    fn named_reference(&mut self, flags: u32) -> Parse<Node> {
        let (name, place) = self.name(')', "group")?;
        self.check_name(&name, place)?;
        let Some(&(_, group)) = self.names.iter().find(|(known, _)| *known == name) else {
            return Err(self.flaw_at(&format!("unknown group name {}", quoted(&name)), place));
        };
        self.reference(group, flags, place)
    }

    fn reference(&mut self, group: usize, flags: u32, place: usize) -> Parse<Node> {
        let Some(known) = self.widths.get(group.wrapping_sub(1)) else {
            let text = format!("invalid group reference {group}");
            return Err(self.flaw_at(&text, place));
        };
        if known.is_none() {
            return Err(self.flaw_at("cannot refer to an open group", place));
        }
        self.check_behind(group)?;
        Ok(Node::Backref(group, self.fold(flags)))
    }

    /// A lookbehind knows only groups that were closed before it began.
    fn check_behind(&self, group: usize) -> Parse<()> {
        let Some(from) = self.behind_from else { return Ok(()) };
        if self.widths.get(group - 1).is_none_or(Option::is_none) {
            return Err(self.flaw_at("cannot refer to an open group", self.at));
        }
        if group > from {
            let text = "cannot refer to group defined in the same lookbehind subpattern";
            return Err(self.flaw_at(text, self.at));
        }
        Ok(())
    }

    fn look(&mut self, ahead: bool, negated: bool, flags: u32, start: usize) -> Parse<Node> {
        let outer = self.behind_from;
        if !ahead && outer.is_none() {
            self.behind_from = Some(self.widths.len());
        }
        let node = self.alternatives(flags, false)?;
        self.close(start)?;
        self.behind_from = outer;
        let mut back = 0;
        if !ahead {
            let (low, high) = width(&node, &self.widths);
            if low != high {
                let text = "look-behind requires fixed-width pattern".to_owned();
                self.late = self.late.take().or(Some(Flaw { text, place: None }));
            }
            if low > u32::MAX as usize {
                let text = "looks too much behind".to_owned();
                self.late = self.late.take().or(Some(Flaw { text, place: None }));
            }
            back = low;
        }
        if negated && matches!(&node, Node::Seq(items) if items.is_empty()) {
            return Ok(Node::Never);
        }
        Ok(Node::Look { negated, node: Box::new(node), width: back })
    }

    fn condition(&mut self, flags: u32, start: usize) -> Parse<Node> {
        let (name, place) = self.name(')', "group")?;
        let group = if name.bytes().all(|b| b.is_ascii_digit()) {
            let number = name.parse::<usize>().unwrap_or(usize::MAX);
            if number == 0 {
                return Err(self.flaw_at("bad group number", place));
            }
            if number >= 1 << 30 {
                let text = format!("invalid group reference {name}");
                return Err(self.flaw_at(&text, place));
            }
            self.conditions.push((number, place));
            number
        } else {
            match self.names.iter().find(|(known, _)| *known == name) {
                Some(&(_, group)) => group,
                None => {
                    let text = format!("unknown group name {}", quoted(&name));
                    return Err(self.flaw_at(&text, place));
                }
            }
        };
        self.check_behind(group)?;
        let mut inner = flags;
        let yes = self.sequence(&mut inner, false)?;
        let mut no = Node::Seq(Vec::new());
        if self.eat('|') {
            no = self.sequence(&mut inner, false)?;
            if self.peek() == Some(c('|')) {
                return Err(
                    self.flaw_at("conditional backref with more than two branches", self.at)
                );
            }
        }
        self.close(start)?;
        Ok(Node::Condition(group, Box::new(yes), Box::new(no)))
    }

    fn inline_flags(
        &mut self,
        letter: char,
        flags: &mut u32,
        start: usize,
        first: bool,
    ) -> Parse<Option<Node>> {
        let (mut add, mut remove) = (0, 0);
        let mut letter = letter;
        if letter != '-' {
            loop {
                let flag = flag_of(letter).unwrap_or(0);
                if self.bytes && letter == 'u' {
                    let text = "bad inline flags: cannot use 'u' flag with a bytes pattern";
                    return Err(self.flaw_at(text, self.at));
                }
                if !self.bytes && letter == 'L' {
                    let text = "bad inline flags: cannot use 'L' flag with a str pattern";
                    return Err(self.flaw_at(text, self.at));
                }
                add |= flag;
                let kinds = flags::ASCII | flags::LOCALE | flags::UNICODE;
                if flag & kinds != 0 && add & kinds != flag {
                    let text = "bad inline flags: flags 'a', 'u' and 'L' are incompatible";
                    return Err(self.flaw_at(text, self.at));
                }
                let Some(next) = self.peek_char() else {
                    return Err(self.flaw_at("missing -, : or )", self.at));
                };
                self.at += 1;
                if matches!(next, ')' | '-' | ':') {
                    letter = next;
                    break;
                }
                if flag_of(next).is_none() {
                    let text =
                        if next.is_alphabetic() { "unknown flag" } else { "missing -, : or )" };
                    return Err(self.flaw_at(text, self.at - 1));
                }
                letter = next;
            }
        }
        if letter == ')' {
            if !first {
                let text = "global flags not at the start of the expression";
                return Err(self.flaw_at(text, start));
            }
            self.global |= add;
            *flags |= add;
            return Ok(None);
        }
        if letter == '-' {
            let Some(mut next) = self.peek_char() else {
                return Err(self.flaw_at("missing flag", self.at));
            };
            self.at += 1;
            if flag_of(next).is_none() {
                let text = if next.is_alphabetic() { "unknown flag" } else { "missing flag" };
                return Err(self.flaw_at(text, self.at - 1));
            }
            loop {
                let flag = flag_of(next).unwrap_or(0);
                if flag & (flags::ASCII | flags::LOCALE | flags::UNICODE) != 0 {
                    let text = "bad inline flags: cannot turn off flags 'a', 'u' and 'L'";
                    return Err(self.flaw_at(text, self.at));
                }
                remove |= flag;
                let Some(following) = self.peek_char() else {
                    return Err(self.flaw_at("missing :", self.at));
                };
                self.at += 1;
                if following == ':' {
                    break;
                }
                if flag_of(following).is_none() {
                    let text = if following.is_alphabetic() { "unknown flag" } else { "missing :" };
                    return Err(self.flaw_at(text, self.at - 1));
                }
                next = following;
            }
        }
        if add & remove != 0 {
            let text = "bad inline flags: flag turned on and off";
            return Err(self.flaw_at(text, self.at - 1));
        }
        let mut inner = *flags;
        if add & (flags::ASCII | flags::UNICODE | flags::LOCALE) != 0 {
            inner &= !(flags::ASCII | flags::UNICODE | flags::LOCALE);
        }
        let node = self.alternatives((inner | add) & !remove, false)?;
        self.close(start)?;
        Ok(Some(grouped(node)))
    }

    // ---- escapes

    fn escape(&mut self, flags: u32, start: usize) -> Parse<Node> {
        let Some(point) = self.peek() else {
            return Err(self.flaw_at("bad escape (end of pattern)", start));
        };
        self.at += 1;
        let ascii = self.is_ascii(flags);
        let letter = char::from_u32(point).unwrap_or('\u{fffd}');
        let edge = |negated| Node::At(Place::WordEdge { ascii, negated });
        match letter {
            'A' => return Ok(Node::At(Place::TextStart)),
            'Z' => return Ok(Node::At(Place::TextEnd)),
            'b' => return Ok(edge(false)),
            'B' => return Ok(edge(true)),
            '0' => {
                self.at -= 1;
                let number = self.octal(3);
                return Ok(Node::Char(number, self.fold(flags)));
            }
            '1'..='9' => return self.number_escape(flags, start),
            _ => {}
        }
        if let Some(item) = category(letter, ascii) {
            return Ok(Node::Set(Box::new(Set::new(vec![item], false, None))));
        }
        let point = self.char_escape(point, start)?;
        Ok(Node::Char(point, self.fold(flags)))
    }

    fn octal(&mut self, most: usize) -> u32 {
        let mut value = 0;
        for _ in 0..most {
            match self.peek_char().and_then(|c| c.to_digit(8)) {
                Some(digit) => value = value * 8 + digit,
                None => break,
            }
            self.at += 1;
        }
        value
    }

    fn number_escape(&mut self, flags: u32, start: usize) -> Parse<Node> {
        // Three octal digits are a char, all else is a group.
        let digit = |at: usize, radix| {
            self.text.get(at).and_then(|&p| char::from_u32(p)).and_then(|c| c.to_digit(radix))
        };
        if digit(start + 2, 10).is_some() {
            if let (Some(a), Some(b), Some(d)) =
                (digit(start + 1, 8), digit(start + 2, 8), digit(start + 3, 8))
            {
                let value = a * 64 + b * 8 + d;
                self.at = start + 4;
                if value > 0o377 {
                    let text = format!(
                        "octal escape value {} outside of range 0-0o377",
                        self.shown(start, self.at)
                    );
                    return Err(self.flaw_at(&text, start));
                }
                return Ok(Node::Char(value, self.fold(flags)));
            }
            self.at = start + 3;
        }
        let group: usize = self.shown(start + 1, self.at).parse().unwrap_or(0);
        if group > self.widths.len() {
            let text = format!("invalid group reference {group}");
            return Err(self.flaw_at(&text, start + 1));
        }
        self.reference(group, flags, start)
    }

    /// An escape that means one char, inside a set or out of it; the letter was read.
    fn char_escape(&mut self, point: u32, start: usize) -> Parse<u32> {
        let letter = char::from_u32(point).unwrap_or('\u{fffd}');
        let simple = match letter {
            'a' => Some(7),
            'f' => Some(12),
            'n' => Some(10),
            'r' => Some(13),
            't' => Some(9),
            'v' => Some(11),
            '\\' => Some(c('\\')),
            _ => None,
        };
        if let Some(simple) = simple {
            return Ok(simple);
        }
        let wanted = match letter {
            'x' => 2,
            'u' if !self.bytes => 4,
            'U' if !self.bytes => 8,
            _ if letter.is_ascii_alphanumeric() => {
                return Err(self.flaw_at(&format!("bad escape \\{letter}"), start));
            }
            _ => return Ok(point),
        };
        let from = self.at;
        while self.at - from < wanted && self.peek_char().is_some_and(|c| c.is_ascii_hexdigit()) {
            self.at += 1;
        }
        let text = self.shown(from, self.at);
        if text.len() < wanted {
            let text = format!("incomplete escape {}", self.shown(start, self.at));
            return Err(self.flaw_at(&text, start));
        }
        let value = u32::from_str_radix(&text, 16).unwrap_or(u32::MAX);
        if value > 0x10ffff {
            let text = format!("bad escape {}", self.shown(start, self.at));
            return Err(self.flaw_at(&text, start));
        }
        Ok(value)
    }

    // ---- sets

    fn set(&mut self, flags: u32, start: usize) -> Parse<Node> {
        let negated = self.eat('^');
        let first = self.at;
        let mut items = Vec::new();
        let missing = |this: &Self| this.flaw_at("unterminated character set", start);
        loop {
            let from = self.at;
            let Some(point) = self.peek() else { return Err(missing(self)) };
            self.at += 1;
            if point == c(']') && from != first {
                break;
            }
            let low = self.set_item(point, from, flags)?;
            if self.peek() != Some(c('-')) {
                items.push(low);
                continue;
            }
            self.at += 1;
            let to = self.at;
            let Some(point) = self.peek() else { return Err(missing(self)) };
            self.at += 1;
            if point == c(']') {
                items.push(low);
                items.push(Item::Range(c('-'), c('-')));
                break;
            }
            let high = self.set_item(point, to, flags)?;
            let (Item::Range(a, _), Item::Range(b, _)) = (&low, &high) else {
                let text = format!("bad character range {}", self.shown(from, self.at));
                return Err(self.flaw_at(&text, from));
            };
            if b < a {
                let text = format!("bad character range {}", self.shown(from, self.at));
                return Err(self.flaw_at(&text, from));
            }
            items.push(Item::Range(*a, *b));
        }
        let fold = self.fold(flags);
        if let ([Item::Range(a, b)], false) = (&items[..], negated)
            && a == b
        {
            return Ok(Node::Char(*a, fold));
        }
        Ok(Node::Set(Box::new(Set::new(items, negated, fold))))
    }

    fn set_item(&mut self, point: u32, from: usize, flags: u32) -> Parse<Item> {
        if point != c('\\') {
            return Ok(Item::Range(point, point));
        }
        let Some(point) = self.peek() else {
            return Err(self.flaw_at("bad escape (end of pattern)", from));
        };
        self.at += 1;
        let letter = char::from_u32(point).unwrap_or('\u{fffd}');
        if let Some(item) = category(letter, self.is_ascii(flags)) {
            return Ok(item);
        }
        let value = match letter {
            'b' => 8,
            '0'..='7' => {
                self.at -= 1;
                let value = self.octal(3);
                if value > 0o377 {
                    let text = format!(
                        "octal escape value {} outside of range 0-0o377",
                        self.shown(from, self.at)
                    );
                    return Err(self.flaw_at(&text, from));
                }
                value
            }
            _ => self.char_escape(point, from)?,
        };
        Ok(Item::Range(value, value))
    }
}

/// What stands in brackets of its own is one thing to what follows, even if it is a repetition.
fn grouped(node: Node) -> Node {
    match node {
        Node::Repeat { .. } | Node::At(_) => Node::Seq(vec![node, Node::Seq(Vec::new())]),
        other => other,
    }
}

fn quoted(name: &str) -> String {
    super::super::repr::str_repr(name.as_bytes())
}

fn category(letter: char, ascii: bool) -> Option<Item> {
    let category = match letter {
        'd' | 'D' => Category::Digit,
        's' | 'S' => Category::Space,
        'w' | 'W' => Category::Word,
        _ => return None,
    };
    Some(Item::Category { category, ascii, negated: letter.is_ascii_uppercase() })
}

fn flag_of(letter: char) -> Option<u32> {
    Some(match letter {
        'i' => flags::IGNORECASE,
        'L' => flags::LOCALE,
        'm' => flags::MULTILINE,
        's' => flags::DOTALL,
        'x' => flags::VERBOSE,
        'a' => flags::ASCII,
        'u' => flags::UNICODE,
        _ => return None,
    })
}

/// How many chars a node takes, at least and at most.
pub fn width(node: &Node, groups: &[Option<(usize, usize)>]) -> (usize, usize) {
    match node {
        Node::Char(..) | Node::Any(_) | Node::Set(_) => (1, 1),
        Node::Seq(items) => items.iter().fold((0, 0), |(low, high): (usize, usize), item| {
            let (a, b) = width(item, groups);
            (low.saturating_add(a), high.saturating_add(b))
        }),
        Node::Alt(items) => both(items.iter().map(|item| width(item, groups))),
        Node::Repeat { node, min, max, .. } => {
            let (low, high) = width(node, groups);
            let most = if *max == MANY { usize::MAX } else { *max as usize };
            (
                low.saturating_mul(*min as usize),
                if high == 0 { 0 } else { high.saturating_mul(most) },
            )
        }
        Node::Group(_, node) | Node::Atomic(node) => width(node, groups),
        Node::Backref(group, _) => {
            groups.get(group - 1).copied().flatten().unwrap_or((0, usize::MAX))
        }
        Node::Condition(_, yes, no) => both([width(yes, groups), width(no, groups)].into_iter()),
        Node::Look { .. } | Node::At(_) | Node::Never => (0, 0),
    }
}

fn both(all: impl Iterator<Item = (usize, usize)>) -> (usize, usize) {
    let (mut low, mut high) = (usize::MAX, 0);
    for (a, b) in all {
        low = low.min(a);
        high = high.max(b);
    }
    (low.min(high), high)
}
