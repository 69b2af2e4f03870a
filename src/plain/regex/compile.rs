//! From a tree to a program for `exec`.

use super::super::wtf8;
use super::parse::{Greed, Node, Parsed, Place};
use super::set::{Fold, Set, folded};
use super::{Flaw, Program};

#[derive(Debug, Clone, Copy)]
pub enum Op {
    Char(u32),
    Folded(u32, Fold),
    Any,
    NoNewline,
    Set(u32),
    At(Place),
    Jump(u32),
    /// Goes on behind, and if that fails, there.
    Try(u32),
    /// Goes on there, and if that fails, behind.
    TryOther(u32),
    Open(u32),
    Close(u32),
    Backref(u32, Option<Fold>),
    /// The op behind, for one char, again and again.
    Run {
        min: u32,
        max: u32,
        greed: Greed,
    },
    /// A counted loop begins.
    Enter(u32),
    /// A turn of the loop begins, or it goes on at `exit`.
    Turn {
        counter: u32,
        min: u32,
        max: u32,
        lazy: bool,
        exit: u32,
    },
    /// What follows up to `Done` must match here; then the rest goes on at `next`.
    Look {
        negated: bool,
        back: u32,
        next: u32,
    },
    Atomic {
        next: u32,
    },
    /// If the group did not match, on at the other branch.
    Condition {
        group: u32,
        other: u32,
    },
    Fail,
    Done,
}

/// A longer program is refused: copies of what is repeated could fill the memory.
const MOST_OPS: usize = 1 << 20;

struct Compiler {
    ops: Vec<Op>,
    sets: Vec<Set>,
    counters: usize,
}

pub fn compile(parsed: Parsed, bytes: bool) -> Result<Program, Flaw> {
    let mut compiler = Compiler { ops: Vec::new(), sets: Vec::new(), counters: 0 };
    compiler.node(&parsed.node);
    compiler.ops.push(Op::Done);
    if compiler.ops.len() > MOST_OPS {
        return Err(Flaw { text: "the pattern is too large".to_owned(), place: None });
    }
    let mut prefix = Vec::new();
    push_prefix(&parsed.node, bytes, &mut prefix);
    let mut first = Box::new([false; 256]);
    let is_known = first_bytes(&parsed.node, bytes, &mut first);
    Ok(Program {
        ops: compiler.ops,
        sets: compiler.sets,
        first: is_known.then_some(first),
        prefix,
        counters: compiler.counters,
        groups: parsed.groups,
        names: parsed.names,
        flags: parsed.flags,
        width: parsed.width,
        remarks: parsed.remarks,
        bytes,
    })
}

impl Compiler {
    fn here(&self) -> u32 {
        self.ops.len() as u32
    }

    fn push(&mut self, op: Op) -> usize {
        self.ops.push(op);
        self.ops.len() - 1
    }

    fn node(&mut self, node: &Node) {
        if self.ops.len() > MOST_OPS {
            return;
        }
        match node {
            Node::Char(..) | Node::Any(_) | Node::Set(_) => {
                let op = self.one(node);
                self.ops.extend(op);
            }
            Node::Seq(items) => items.iter().for_each(|item| self.node(item)),
            Node::Alt(items) => self.alternatives(items),
            Node::Repeat { node, min, max, greed } => self.repeat(node, *min, *max, *greed),
            Node::Group(number, node) => {
                self.push(Op::Open(*number as u32));
                self.node(node);
                self.push(Op::Close(*number as u32));
            }
            Node::Backref(group, fold) => {
                self.push(Op::Backref(*group as u32, *fold));
            }
            Node::Look { negated, node, width, .. } => {
                let look = self.push(Op::Fail);
                self.node(node);
                self.push(Op::Done);
                let next = self.here();
                self.ops[look] = Op::Look { negated: *negated, back: *width as u32, next };
            }
            Node::Atomic(node) => self.atomic(|this| this.node(node)),
            Node::Condition(group, yes, no) => {
                let condition = self.push(Op::Fail);
                self.node(yes);
                let jump = self.push(Op::Fail);
                let other = self.here();
                self.ops[condition] = Op::Condition { group: *group as u32, other };
                self.node(no);
                self.ops[jump] = Op::Jump(self.here());
            }
            Node::At(place) => {
                self.push(Op::At(*place));
            }
            Node::Never => {
                self.push(Op::Fail);
            }
        }
    }

    /// The op for a node that takes one char.
    fn one(&mut self, node: &Node) -> Option<Op> {
        Some(match node {
            Node::Char(point, None) => Op::Char(*point),
            Node::Char(point, Some(fold)) => Op::Folded(folded(*point, *fold), *fold),
            Node::Any(true) => Op::Any,
            Node::Any(false) => Op::NoNewline,
            Node::Set(set) => {
                self.sets.push((**set).clone());
                Op::Set(self.sets.len() as u32 - 1)
            }
            _ => return None,
        })
    }

    fn alternatives(&mut self, items: &[Node]) {
        let mut jumps = Vec::new();
        for (i, item) in items.iter().enumerate() {
            if i + 1 == items.len() {
                self.node(item);
                break;
            }
            let split = self.push(Op::Fail);
            self.node(item);
            jumps.push(self.push(Op::Fail));
            self.ops[split] = Op::Try(self.here());
        }
        let end = self.here();
        for jump in jumps {
            self.ops[jump] = Op::Jump(end);
        }
    }

    fn atomic(&mut self, body: impl FnOnce(&mut Self)) {
        let atomic = self.push(Op::Fail);
        body(self);
        self.push(Op::Done);
        self.ops[atomic] = Op::Atomic { next: self.here() };
    }

    fn repeat(&mut self, node: &Node, min: u32, max: u32, greed: Greed) {
        if max == 0 {
            return;
        }
        if let Some(op) = self.one(node) {
            self.push(Op::Run { min, max, greed });
            self.push(op);
            return;
        }
        if greed == Greed::Possessive {
            return self.atomic(|this| this.repeat(node, min, max, Greed::Greedy));
        }
        let lazy = greed == Greed::Lazy;
        if (min, max) == (0, 1) {
            let split = self.push(Op::Fail);
            self.node(node);
            let end = self.here();
            self.ops[split] = if lazy { Op::TryOther(end) } else { Op::Try(end) };
            return;
        }
        let counter = self.counters as u32;
        self.counters += 1;
        self.push(Op::Enter(counter));
        let turn = self.push(Op::Fail);
        self.node(node);
        self.push(Op::Jump(turn as u32));
        self.ops[turn] = Op::Turn { counter, min, max, lazy, exit: self.here() };
    }
}

fn encoded(point: u32, bytes: bool) -> ([u8; 4], usize) {
    if bytes { ([point as u8, 0, 0, 0], 1) } else { wtf8::encode(point) }
}

/// Appends the text that every match begins with. Is the whole node such text?
fn push_prefix(node: &Node, bytes: bool, out: &mut Vec<u8>) -> bool {
    match node {
        Node::Char(point, None) => {
            let (text, len) = encoded(*point, bytes);
            out.extend_from_slice(&text[..len]);
            true
        }
        Node::Seq(items) => items.iter().all(|item| push_prefix(item, bytes, out)),
        Node::Group(_, node) | Node::Atomic(node) => push_prefix(node, bytes, out),
        _ => false,
    }
}

/// Adds the bytes that a match of the node can begin with. False: it may be empty, or who knows.
fn first_bytes(node: &Node, bytes: bool, found: &mut [bool; 256]) -> bool {
    match node {
        Node::Char(point, None) => {
            found[encoded(*point, bytes).0[0] as usize] = true;
            true
        }
        Node::Char(point, Some(fold)) => {
            for (byte, place) in found.iter_mut().enumerate() {
                let wide = !bytes && byte >= 0x80;
                *place |= wide || folded(byte as u32, *fold) == folded(*point, *fold);
            }
            true
        }
        Node::Any(newline) => {
            for (byte, place) in found.iter_mut().enumerate() {
                *place |= *newline || byte != 10;
            }
            true
        }
        Node::Set(set) => {
            for (byte, place) in found.iter_mut().enumerate() {
                *place |= !bytes && byte >= 0x80 || set.has(byte as u32);
            }
            true
        }
        Node::Seq(items) => {
            for item in items {
                match item {
                    // They take nothing, but what they ask only makes fewer matches.
                    Node::At(_) | Node::Look { .. } => {}
                    _ => {
                        if first_bytes(item, bytes, found) {
                            return true;
                        }
                        if !can_be_skipped(item) {
                            return false;
                        }
                    }
                }
            }
            false
        }
        Node::Alt(items) => {
            items.iter().fold(true, |all, item| first_bytes(item, bytes, found) & all)
        }
        Node::Repeat { node, min, .. } => first_bytes(node, bytes, found) && *min > 0,
        Node::Group(_, node) | Node::Atomic(node) => first_bytes(node, bytes, found),
        Node::Never => true,
        _ => false,
    }
}

/// What `first_bytes` has seen all beginnings of, though it may also be empty.
fn can_be_skipped(node: &Node) -> bool {
    match node {
        Node::Char(..)
        | Node::Any(_)
        | Node::Set(_)
        | Node::Never
        | Node::At(_)
        | Node::Look { .. } => true,
        Node::Seq(items) | Node::Alt(items) => items.iter().all(can_be_skipped),
        Node::Repeat { node, .. } => can_be_skipped(node),
        Node::Group(_, node) | Node::Atomic(node) => can_be_skipped(node),
        Node::Backref(..) | Node::Condition(..) => false,
    }
}
