//! From instructions with labels to words: layout, jump distances, tables.
//!
//! Most jumps reach their target with 16 bits. Those that do not are written as a short jump
//! over a long one; making one longer can push another out of reach, so the layout is repeated
//! until nothing changes.

use sloop_grammar::span::Span;

use crate::code::op::{Op, Operand, Word, word};
use crate::code::{Handler, InnerLocal, LineEntry, Lines, Local};

use super::emit::{Body, Ins, NO_LABEL};

/// Starts of the lines of the source.
pub(super) struct LineIndex {
    starts: Vec<u32>,
    /// The line found last: neighbours are asked for together.
    last: usize,
}

impl LineIndex {
    pub fn new(text: &str) -> LineIndex {
        let newlines = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        let mut starts = vec![0];
        starts.extend(newlines.map(|(at, _)| at as u32 + 1));
        LineIndex { starts, last: 0 }
    }

    /// Line from 1 and column from 0.
    pub fn find(&mut self, offset: u32) -> (u32, u32) {
        let fits = |line: usize| {
            self.starts[line] <= offset
                && self.starts.get(line + 1).is_none_or(|&next| offset < next)
        };
        if !fits(self.last) {
            self.last = match self.last + 1 {
                next if next < self.starts.len() && fits(next) => next,
                _ => self.starts.partition_point(|&start| start <= offset) - 1,
            };
        }
        (self.last as u32 + 1, offset - self.starts[self.last])
    }

    fn entry(&mut self, word: u32, span: Span) -> LineEntry {
        let (line, column) = self.find(span.start);
        let (end_line, end_column) = self.find(span.end);
        LineEntry { word, line, end_line, column, end_column }
    }
}

#[derive(Default)]
pub(super) struct Assembled {
    pub words: Vec<Word>,
    pub handlers: Vec<Handler>,
    pub lines: Lines,
    pub live: Vec<(u32, u16)>,
    pub inner_locals: Vec<InnerLocal>,
}

pub(super) fn assemble(body: &mut Body, lines: &mut LineIndex) -> Assembled {
    thread_jumps(body);
    let layout = Layout::new(body);
    let mut out = Assembled {
        words: Vec::with_capacity(layout.total as usize),
        handlers: Vec::new(),
        lines: Lines::default(),
        live: Vec::new(),
        inner_locals: Vec::new(),
    };
    let mut entries = Vec::new();
    let mut last_span = None;
    let mut attributes = body.attributes.iter().peekable();
    for (at, ins) in body.ins.iter().enumerate() {
        if ins.is_gone {
            continue;
        }
        let start = layout.starts[at];
        debug_assert_eq!(start as usize, out.words.len());
        if last_span != Some(ins.span) {
            last_span = Some(ins.span);
            entries.push(lines.entry(start, ins.span));
        }
        // The first cache word of a method call stands for the lookup of the method.
        while attributes.next_if(|&&(of, _)| (of as usize) < at).is_some() {}
        if let Some(&(_, end)) = attributes.next_if(|&&(of, _)| of as usize == at)
            && end < ins.span.end
        {
            let lookup = Span::new(ins.span.start, end);
            entries.push(lines.entry(start + 1, lookup));
            entries.push(lines.entry(start + 2, ins.span));
        }
        layout.encode(body, at, &mut out.words);
        if let Some(info) = body.handlers.get(ins.handler as usize) {
            let target = layout.target(body, info.target.0);
            let end = out.words.len() as u32;
            match out.handlers.last_mut() {
                Some(last)
                    if last.end == start
                        && last.target == target
                        && last.register == info.register =>
                {
                    last.end = end;
                }
                _ => out.handlers.push(Handler { start, end, target, register: info.register }),
            }
        }
    }
    out.lines = entries.into_iter().collect();
    for inner in &body.inner_locals {
        let [start, end] = [inner.start, inner.end].map(|at| layout.starts[at as usize]);
        let Local { name, register, is_cell } = &inner.local;
        let local = Local { name: name.clone(), register: *register, is_cell: *is_cell };
        out.inner_locals.push(InnerLocal { local, start, end });
    }
    for &(at, live) in &body.live {
        let at = at as usize;
        if body.ins[at].is_gone {
            continue;
        }
        let start = layout.starts[at];
        out.live.push((start, live));
        if layout.is_long(at) {
            let skip = layout.size(body, at) - 1;
            out.live.push((start + skip, live));
        }
    }
    out
}

/// Lets jumps to jumps go where those go, and drops jumps to the next instruction.
fn thread_jumps(body: &mut Body) {
    for at in (0..body.ins.len()).rev() {
        let ins = body.ins[at];
        if ins.is_gone || ins.label == NO_LABEL {
            continue;
        }
        let mut target = body.labels[ins.label as usize].at;
        if let Some(to) = target
            && to as usize > at
            && let Some(&next) = first_from(&body.ins, to as usize)
            && next.op == Op::Jmp
        {
            body.ins[at].label = next.label;
            target = body.labels[next.label as usize].at;
        }
        if ins.op == Op::Jmp
            && let Some(to) = target
            && to as usize > at
            && body.ins[at + 1..(to as usize).min(body.ins.len())].iter().all(|ins| ins.is_gone)
        {
            body.ins[at].is_gone = true;
        }
    }
}

fn first_from(ins: &[Ins], at: usize) -> Option<&Ins> {
    ins[at..].iter().find(|ins| !ins.is_gone)
}

struct Layout {
    starts: Vec<u32>,
    /// Jumps that need a long one; empty when the whole body is within reach.
    long: Vec<bool>,
    total: u32,
}

impl Layout {
    fn new(body: &Body) -> Layout {
        let mut layout = Layout { starts: vec![0; body.ins.len() + 1], long: Vec::new(), total: 0 };
        layout.place(body);
        if layout.total < i16::MAX as u32 {
            return layout;
        }
        layout.long = vec![false; body.ins.len()];
        loop {
            let mut changed = false;
            for (at, ins) in body.ins.iter().enumerate() {
                if ins.is_gone || ins.label == NO_LABEL || layout.long[at] || !is_short(ins.op) {
                    continue;
                }
                if i16::try_from(layout.offset(body, at)).is_err() {
                    layout.long[at] = true;
                    changed = true;
                }
            }
            if !changed {
                return layout;
            }
            layout.place(body);
        }
    }

    fn place(&mut self, body: &Body) {
        let mut next = 0;
        for at in 0..body.ins.len() {
            self.starts[at] = next;
            next += self.size(body, at);
        }
        self.starts[body.ins.len()] = next;
        self.total = next;
    }

    fn is_long(&self, at: usize) -> bool {
        self.long.get(at).copied().unwrap_or(false)
    }

    fn size(&self, body: &Body, at: usize) -> u32 {
        let ins = &body.ins[at];
        if ins.is_gone {
            return 0;
        }
        let extra = match (self.is_long(at), ins.op) {
            (false, _) => 0,
            (true, Op::ForIter) => 2,
            (true, _) => 1,
        };
        1 + ins.op.words() as u32 + extra
    }

    fn target(&self, body: &Body, label: u32) -> u32 {
        let at = body.labels[label as usize]
            .at
            .expect("a label that is used is placed before its body ends");
        self.starts[at as usize]
    }

    /// From the end of the instruction at `at` to its target.
    fn offset(&self, body: &Body, at: usize) -> i64 {
        let end = self.starts[at] + self.size(body, at);
        self.target(body, body.ins[at].label) as i64 - end as i64
    }

    fn encode(&self, body: &Body, at: usize, out: &mut Vec<Word>) {
        let ins = &body.ins[at];
        let (b, c) = (ins.bc as u16, (ins.bc >> 16) as u16);
        if ins.label == NO_LABEL {
            out.push(word::encode_wide(ins.op, ins.ext, ins.a, ins.bc));
            let words = ins.op.words();
            for nth in 0..words {
                out.push(match nth + 1 == words {
                    true => ins.cache as Word,
                    false => 0,
                });
            }
            return;
        }
        debug_assert_eq!(c, 0);
        let offset = self.offset(body, at);
        if !is_short(ins.op) {
            let is_back = offset < 0;
            debug_assert!(!is_back || matches!(ins.op, Op::Loop | Op::JTrue));
            out.push(word::encode_wide(ins.op, 0, ins.a, offset as i32 as u32));
            return;
        }
        if !self.is_long(at) {
            out.push(word::encode(ins.op, ins.ext, ins.a, b, offset as i16 as u16));
            return;
        }
        let far = match offset < 0 {
            true => Op::Loop,
            false => Op::Jmp,
        };
        if ins.op == Op::ForIter {
            out.push(word::encode(Op::ForIter, 0, ins.a, b, 1));
            out.push(word::encode_wide(Op::Jmp, 0, 0, 1));
        } else {
            out.push(word::encode(inverse(ins.op), 0, ins.a, b, 1));
        }
        out.push(word::encode_wide(far, 0, 0, offset as i32 as u32));
    }
}

/// Does the jump have an offset of 16 bits?
fn is_short(op: Op) -> bool {
    op.operands().last() == Some(&Operand::Off)
}

/// The jump that is taken when this one is not.
pub(super) fn inverse(op: Op) -> Op {
    match op {
        Op::JLt => Op::JNotLt,
        Op::JLe => Op::JNotLe,
        Op::JGt => Op::JNotGt,
        Op::JGe => Op::JNotGe,
        Op::JEq => Op::JNotEq,
        Op::JNe => Op::JNotNe,
        Op::JNotLt => Op::JLt,
        Op::JNotLe => Op::JLe,
        Op::JNotGt => Op::JGt,
        Op::JNotGe => Op::JGe,
        Op::JNotEq => Op::JEq,
        Op::JNotNe => Op::JNe,
        Op::JLtI => Op::JNotLtI,
        Op::JLeI => Op::JNotLeI,
        Op::JGtI => Op::JNotGtI,
        Op::JGeI => Op::JNotGeI,
        Op::JEqI => Op::JNotEqI,
        Op::JNeI => Op::JNotNeI,
        Op::JNotLtI => Op::JLtI,
        Op::JNotLeI => Op::JLeI,
        Op::JNotGtI => Op::JGtI,
        Op::JNotGeI => Op::JGeI,
        Op::JNotEqI => Op::JEqI,
        Op::JNotNeI => Op::JNeI,
        Op::JIs => Op::JIsNot,
        Op::JIsNot => Op::JIs,
        Op::JNone => Op::JNotNone,
        Op::JNotNone => Op::JNone,
        Op::JTrue => Op::JFalse,
        Op::JFalse => Op::JTrue,
        other => unreachable!("{} is not a conditional jump", other.name()),
    }
}
