//! Runs a program over a text: backtracking, with the ways not taken on a stack of its own.
//!
//! Only lookarounds and atomic groups recurse, as deep as the pattern nests them.

use super::super::wtf8;
use super::Program;
use super::compile::Op;
use super::parse::{Greed, MANY, Place};
use super::set::{Category, folded};

pub const NONE: usize = usize::MAX;
/// Steps between two questions whether to go on.
const PATIENCE: u32 = 1 << 16;
/// More ways than this are not remembered: some gigabytes.
const MOST_WAYS: usize = 1 << 26;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Match,
    Search,
    Full,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Found,
    Nothing,
    /// Somebody wants it to end.
    Interrupted,
    /// The ways do not fit into memory.
    TooMuch,
}

enum Way {
    Other {
        pc: u32,
        at: usize,
    },
    Slot {
        slot: u32,
        old: usize,
    },
    Counter {
        counter: u32,
        turns: u32,
        last: usize,
    },
    /// A run of chars that may give back some.
    Longest {
        pc: u32,
        low: usize,
        at: usize,
    },
    /// One that may take some more.
    Shortest {
        pc: u32,
        at: usize,
        left: u32,
    },
}

pub struct Matcher<'a> {
    program: &'a Program,
    text: &'a [u8],
    mode: Mode,
    /// An empty match does not count here.
    not_empty_at: usize,
    /// Start and end of each group; then, where the open ones began, and the group closed last.
    slots: Vec<usize>,
    counters: Vec<(u32, usize)>,
    ways: Vec<Way>,
    steps: u32,
    stopped: Option<Outcome>,
    go_on: &'a mut dyn FnMut() -> bool,
}

impl<'a> Matcher<'a> {
    pub fn new(
        program: &'a Program,
        text: &'a [u8],
        mode: Mode,
        go_on: &'a mut dyn FnMut() -> bool,
    ) -> Self {
        let places = program.groups + 1;
        Matcher {
            program,
            text,
            mode,
            not_empty_at: NONE,
            slots: vec![NONE; places * 3 + 1],
            counters: vec![(0, NONE); program.counters],
            ways: Vec::new(),
            steps: 0,
            stopped: None,
            go_on,
        }
    }

    /// Start and end of a group in the last match.
    pub fn span(&self, group: usize) -> Option<(usize, usize)> {
        let (start, end) = (self.slots[group * 2], self.slots[group * 2 + 1]);
        (end != NONE).then_some((start, end))
    }

    /// How many groups there are, the whole match being one.
    pub fn groups(&self) -> usize {
        self.program.groups + 1
    }

    /// The group that was closed last.
    pub fn last_group(&self) -> Option<usize> {
        self.slots.last().copied().filter(|&last| last != NONE)
    }

    /// Looks for a match from a place on; with `advance` not for an empty one right there.
    pub fn find(&mut self, from: usize, advance: bool) -> Outcome {
        self.not_empty_at = if advance { from } else { NONE };
        let mut at = from;
        loop {
            if self.mode == Mode::Search {
                match self.candidate(at) {
                    Some(next) => at = next,
                    None => return Outcome::Nothing,
                }
            }
            self.ways.clear();
            self.slots.fill(NONE);
            let end = self.run(0, at);
            if let Some(stopped) = self.stopped {
                return stopped;
            }
            if let Some(end) = end {
                (self.slots[0], self.slots[1]) = (at, end);
                return Outcome::Found;
            }
            if self.mode != Mode::Search || at >= self.text.len() {
                return Outcome::Nothing;
            }
            at = self.step(at).1;
        }
    }

    /// The next place where a match can begin.
    fn candidate(&self, at: usize) -> Option<usize> {
        let rest = self.text.get(at..)?;
        if self.program.prefix.len() > 1 {
            return wtf8::find(rest, &self.program.prefix).map(|skip| at + skip);
        }
        match (&self.program.first, &self.program.prefix[..]) {
            (_, &[byte]) => memchr::memchr(byte, rest).map(|skip| at + skip),
            (Some(first), _) => {
                let skip = rest.iter().position(|&byte| first[byte as usize])?;
                Some(at + skip)
            }
            (None, _) => Some(at),
        }
    }

    /// The char at a place, and where the next one is.
    #[inline(always)]
    fn step(&self, at: usize) -> (u32, usize) {
        let byte = self.text[at];
        if byte < 0x80 || self.program.bytes {
            return (u32::from(byte), at + 1);
        }
        let (point, width) = wtf8::decode(&self.text[at..]);
        (point, (at + width).min(self.text.len()))
    }

    #[inline(always)]
    fn step_back(&self, at: usize) -> usize {
        if self.program.bytes || self.text[at - 1] < 0x80 {
            return at - 1;
        }
        at - wtf8::decode_last(&self.text[..at]).1
    }

    /// Where the op for one char leaves, if it takes the char there.
    #[inline(always)]
    fn one(&self, op: Op, at: usize) -> Option<usize> {
        if at >= self.text.len() {
            return None;
        }
        let (point, next) = self.step(at);
        let takes = match op {
            Op::Char(wanted) => point == wanted,
            Op::Folded(wanted, fold) => folded(point, fold) == wanted,
            Op::Any => true,
            Op::NoNewline => point != 10,
            Op::Set(set) => self.program.sets[set as usize].has(point),
            _ => false,
        };
        takes.then_some(next)
    }

    fn set_slot(&mut self, slot: usize, value: usize) {
        let old = std::mem::replace(&mut self.slots[slot], value);
        self.ways.push(Way::Slot { slot: slot as u32, old });
    }

    fn set_counter(&mut self, counter: u32, value: (u32, usize)) {
        let (turns, last) = std::mem::replace(&mut self.counters[counter as usize], value);
        self.ways.push(Way::Counter { counter, turns, last });
    }

    /// Takes back what was remembered above `base`.
    fn undo(&mut self, base: usize) {
        while self.ways.len() > base {
            match self.ways.pop() {
                Some(Way::Slot { slot, old }) => self.slots[slot as usize] = old,
                Some(Way::Counter { counter, turns, last }) => {
                    self.counters[counter as usize] = (turns, last);
                }
                _ => {}
            }
        }
    }

    /// Forgets the ways not taken above `base`, but not what they would have taken back.
    fn commit(&mut self, base: usize) {
        let mut kept = base;
        for i in base..self.ways.len() {
            if matches!(self.ways[i], Way::Slot { .. } | Way::Counter { .. }) {
                self.ways.swap(kept, i);
                kept += 1;
            }
        }
        self.ways.truncate(kept);
    }

    fn is_tired(&mut self) -> bool {
        self.steps = 0;
        if self.ways.len() > MOST_WAYS {
            self.stopped = Some(Outcome::TooMuch);
        } else if !(self.go_on)() {
            self.stopped = Some(Outcome::Interrupted);
        }
        self.stopped.is_some()
    }

    /// Runs from an op and a place to the end of the (sub)program. Returns where that is.
    fn run(&mut self, pc: u32, at: usize) -> Option<usize> {
        let base = self.ways.len();
        let is_whole = pc == 0;
        let (mut pc, mut at) = (pc as usize, at);
        loop {
            self.steps += 1;
            if self.steps == PATIENCE && self.is_tired() {
                return None;
            }
            let op = self.program.ops[pc];
            let goes_on = match op {
                Op::Char(_) | Op::Folded(..) | Op::Any | Op::NoNewline | Op::Set(_) => {
                    match self.one(op, at) {
                        Some(next) => {
                            at = next;
                            pc += 1;
                            true
                        }
                        None => false,
                    }
                }
                Op::At(place) => {
                    pc += 1;
                    self.holds(place, at)
                }
                Op::Jump(to) => {
                    pc = to as usize;
                    true
                }
                Op::Try(other) => {
                    self.ways.push(Way::Other { pc: other, at });
                    pc += 1;
                    true
                }
                Op::TryOther(first) => {
                    self.ways.push(Way::Other { pc: pc as u32 + 1, at });
                    pc = first as usize;
                    true
                }
                Op::Open(group) => {
                    let slot = (self.program.groups + 1) * 2 + group as usize;
                    self.set_slot(slot, at);
                    pc += 1;
                    true
                }
                Op::Close(group) => {
                    let group = group as usize;
                    let begin = self.slots[(self.program.groups + 1) * 2 + group];
                    self.set_slot(group * 2, begin);
                    self.set_slot(group * 2 + 1, at);
                    self.set_slot(self.slots.len() - 1, group);
                    pc += 1;
                    true
                }
                Op::Backref(group, fold) => {
                    pc += 1;
                    match self.again(group as usize, fold.is_some(), op, at) {
                        Some(next) => {
                            at = next;
                            true
                        }
                        None => false,
                    }
                }
                Op::Run { min, max, greed } => match self.take_run(pc, at, min, max, greed) {
                    Some(next) => {
                        at = next;
                        pc += 2;
                        true
                    }
                    None => false,
                },
                Op::Enter(counter) => {
                    self.set_counter(counter, (0, NONE));
                    pc += 1;
                    true
                }
                Op::Turn { counter, min, max, lazy, exit } => {
                    let (turns, last) = self.counters[counter as usize];
                    let more = max == MANY || turns < max;
                    if turns < min {
                        self.set_counter(counter, (turns + 1, at));
                        pc += 1;
                    } else if !more || last == at {
                        pc = exit as usize;
                    } else if lazy {
                        self.ways.push(Way::Other { pc: pc as u32 | AGAIN, at });
                        pc = exit as usize;
                    } else {
                        self.ways.push(Way::Other { pc: exit, at });
                        self.set_counter(counter, (turns.saturating_add(1), at));
                        pc += 1;
                    }
                    true
                }
                Op::Look { negated, back, next } => {
                    let taken = self.look(pc as u32 + 1, back, at, negated);
                    if self.stopped.is_some() {
                        return None;
                    }
                    pc = next as usize;
                    taken != negated
                }
                Op::Atomic { next } => {
                    let inner = self.ways.len();
                    match self.run(pc as u32 + 1, at) {
                        Some(end) => {
                            self.commit(inner);
                            at = end;
                            pc = next as usize;
                            true
                        }
                        None if self.stopped.is_some() => return None,
                        None => false,
                    }
                }
                Op::Condition { group, other } => {
                    let has = self.slots[group as usize * 2 + 1] != NONE;
                    pc = if has { pc + 1 } else { other as usize };
                    true
                }
                Op::Fail => false,
                Op::Done => {
                    let refused = is_whole
                        && (self.mode == Mode::Full && at != self.text.len()
                            || at == self.not_empty_at);
                    if !refused {
                        return Some(at);
                    }
                    false
                }
            };
            if !goes_on {
                (pc, at) = self.back(base)?;
            }
        }
    }

    /// The next way to try.
    fn back(&mut self, base: usize) -> Option<(usize, usize)> {
        while self.ways.len() > base {
            match self.ways.pop()? {
                Way::Slot { slot, old } => self.slots[slot as usize] = old,
                Way::Counter { counter, turns, last } => {
                    self.counters[counter as usize] = (turns, last);
                }
                Way::Other { pc, at } if pc & AGAIN != 0 => {
                    let pc = (pc & !AGAIN) as usize;
                    if let Op::Turn { counter, .. } = self.program.ops[pc] {
                        let turns = self.counters[counter as usize].0;
                        self.set_counter(counter, (turns.saturating_add(1), at));
                    }
                    return Some((pc + 1, at));
                }
                Way::Other { pc, at } => return Some((pc as usize, at)),
                Way::Longest { pc, low, at } => {
                    let at = self.step_back(at);
                    if at > low {
                        self.ways.push(Way::Longest { pc, low, at });
                    }
                    return Some((pc as usize + 2, at));
                }
                Way::Shortest { pc, at, left } => {
                    let op = self.program.ops[pc as usize + 1];
                    if let Some(at) = self.one(op, at) {
                        if left != 1 {
                            let left = if left == MANY { MANY } else { left - 1 };
                            self.ways.push(Way::Shortest { pc, at, left });
                        }
                        return Some((pc as usize + 2, at));
                    }
                }
            }
        }
        None
    }

    fn take_run(
        &mut self,
        pc: usize,
        from: usize,
        min: u32,
        max: u32,
        greed: Greed,
    ) -> Option<usize> {
        let op = self.program.ops[pc + 1];
        let mut at = from;
        for _ in 0..min {
            at = self.one(op, at)?;
        }
        let low = at;
        if greed == Greed::Lazy {
            if max > min {
                let left = if max == MANY { MANY } else { max - min };
                self.ways.push(Way::Shortest { pc: pc as u32, at, left });
            }
            return Some(at);
        }
        let mut left = if max == MANY { u64::MAX } else { u64::from(max - min) };
        if let (Op::NoNewline, u64::MAX) = (op, left) {
            at = memchr::memchr(10, &self.text[at..]).map_or(self.text.len(), |skip| at + skip);
        } else {
            while left > 0 {
                let Some(next) = self.one(op, at) else { break };
                at = next;
                left -= 1;
            }
        }
        if at > low && greed == Greed::Greedy {
            self.ways.push(Way::Longest { pc: pc as u32, low, at });
        }
        Some(at)
    }

    fn look(&mut self, pc: u32, back: u32, at: usize, negated: bool) -> bool {
        let mut from = at;
        if back as usize > at {
            return false;
        }
        for _ in 0..back {
            if from == 0 {
                return false;
            }
            from = self.step_back(from);
        }
        let base = self.ways.len();
        let found = self.run(pc, from).is_some();
        if found && !negated {
            self.commit(base);
        } else {
            self.undo(base);
        }
        found
    }

    fn again(&self, group: usize, ignores_case: bool, op: Op, at: usize) -> Option<usize> {
        let (start, end) = self.span(group)?;
        if !ignores_case {
            let wanted = self.text.get(start..end)?;
            return self.text[at..].starts_with(wanted).then_some(at + wanted.len());
        }
        let Op::Backref(_, Some(fold)) = op else { return None };
        let (mut from, mut at) = (start, at);
        while from < end {
            if at >= self.text.len() {
                return None;
            }
            let ((a, next_from), (b, next)) = (self.step(from), self.step(at));
            if folded(a, fold) != folded(b, fold) {
                return None;
            }
            (from, at) = (next_from, next);
        }
        Some(at)
    }

    fn holds(&self, place: Place, at: usize) -> bool {
        let end = self.text.len();
        match place {
            Place::TextStart => at == 0,
            Place::TextEnd => at == end,
            Place::LineStart => at == 0 || self.text[at - 1] == b'\n',
            Place::LineEnd => at == end || self.text[at] == b'\n',
            Place::End => at == end || at + 1 == end && self.text[at] == b'\n',
            Place::WordEdge { ascii, negated } => {
                // An empty text has no edges, and no places between them either.
                if end == 0 {
                    return false;
                }
                let is_word = |point| Category::Word.has(point, ascii);
                let before = at > 0 && is_word(self.step(self.step_back(at)).0);
                let behind = at < end && is_word(self.step(at).0);
                (before != behind) != negated
            }
        }
    }
}

/// Marks a way as the next turn of a lazy loop.
const AGAIN: u32 = 1 << 31;
