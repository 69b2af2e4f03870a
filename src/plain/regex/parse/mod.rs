//! From the text of a pattern to a tree.
//!
//! Flags are settled here: the tree says of each char, set and place what it means. What is wrong
//! is told in CPython's words, with the place that CPython names.

mod escape;
mod group;

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
    /// How many chars a match takes, at least and at most.
    pub width: (usize, usize),
    /// What may come to mean something else one day.
    pub remarks: Vec<String>,
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
    remarks: Vec<String>,
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
            remarks: Vec::new(),
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
        let width = width(&node, &parser.widths);
        let (groups, names, remarks) = (parser.widths.len(), parser.names, parser.remarks);
        return Ok(Parsed { node, groups, names, flags, width, remarks });
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
