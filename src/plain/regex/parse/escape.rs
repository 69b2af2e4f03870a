//! Escapes, and sets of chars.

use super::super::set::{Item, Set};
use super::{Node, Parse, Parser, Place, c, category};

impl Parser<'_> {
    pub(super) fn escape(&mut self, flags: u32, start: usize) -> Parse<Node> {
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
            'N' if !self.bytes && self.peek_char() != Some('{') => {
                return Err(self.flaw_at("missing {", self.at));
            }
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

    /// Signs of operations on sets, which other engines know, stand for themselves here.
    fn remark(&mut self, what: &str, place: usize) {
        self.remarks.push(format!("Possible {what} at position {place}"));
    }

    pub(super) fn set(&mut self, flags: u32, start: usize) -> Parse<Node> {
        if self.peek_char() == Some('[') {
            self.remark("nested set", self.at);
        }
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
            if !items.is_empty() && self.peek() == Some(point) {
                match char::from_u32(point) {
                    Some('-') => self.remark("set difference", from),
                    Some('&') => self.remark("set intersection", from),
                    Some('~') => self.remark("set symmetric difference", from),
                    Some('|') => self.remark("set union", from),
                    _ => {}
                }
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
            if point == c('-') {
                self.remark("set difference", to - 1);
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
