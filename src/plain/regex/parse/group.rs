//! What begins with `(?`: groups, references by name, lookarounds, conditions, flags.

use super::super::{Flaw, flags};
use super::{Node, Parse, Parser, c, flag_of, grouped, quoted, width};

impl Parser<'_> {
    pub(super) fn group(
        &mut self,
        flags: &mut u32,
        start: usize,
        first: bool,
    ) -> Parse<Option<Node>> {
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
        let is_name = super::super::super::unicode::is_identifier(name.as_bytes());
        if !is_name || self.bytes && !name.is_ascii() {
            let shown = if self.bytes && !name.is_ascii() {
                let shown = name.chars().fold(String::new(), |mut text, c| {
                    match c.is_ascii() {
                        true => text.push(c),
                        false => text.push_str(&format!("\\x{:02x}", c as u32)),
                    }
                    text
                });
                format!("'{shown}'")
            } else {
                quoted(name)
            };
            let text = format!("bad character in group name {shown}");
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

    pub(super) fn reference(&mut self, group: usize, flags: u32, place: usize) -> Parse<Node> {
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
}
