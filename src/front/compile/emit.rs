//! The code being written: instructions, labels, registers, what is surely bound.
//!
//! Instructions are kept unencoded until the body is complete; `assemble.rs` lays them out. A
//! label knows which locals are bound on every way that leads to it, so that a read of a local
//! needs a check only where it may be unbound. Where the current point cannot be reached,
//! emitting does nothing: the walk goes on for the errors it may find.

use std::collections::HashMap;
use std::sync::Arc;

use sloop_grammar::ast::Name;
use sloop_grammar::span::Span;

use crate::code::op::{HEADER, Op};
use crate::code::{Code, CodeKind, Const, InnerLocal};

use super::control::Block;
use super::names::NumberMap;
use super::scope::ScopeId;

pub(super) type Reg = u16;

/// Registers a body may have. Leaves room below `NO_REG` for a call window.
pub(super) const MAX_REGISTERS: u32 = 60_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label(pub u32);

pub(super) const NO_LABEL: u32 = u32::MAX;
pub(super) const NO_HANDLER: u32 = u32::MAX;

/// One instruction before layout.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ins {
    pub op: Op,
    pub ext: u8,
    /// Takes no room: a reserved place that was not needed, or a jump to the next instruction.
    pub is_gone: bool,
    pub a: u16,
    /// Fields b and c.
    pub bc: u32,
    /// Of a jump: where to.
    pub label: u32,
    /// Index that goes into the last cache word.
    pub cache: u32,
    /// Index of the innermost handler.
    pub handler: u32,
    pub span: Span,
}

/// A set of registers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bits {
    first: u64,
    rest: Vec<u64>,
}

impl Bits {
    pub fn has(&self, at: Reg) -> bool {
        match at {
            0..64 => self.first >> at & 1 != 0,
            _ => {
                let at = at as usize - 64;
                self.rest.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 != 0)
            }
        }
    }

    pub fn insert(&mut self, at: Reg) {
        match at {
            0..64 => self.first |= 1 << at,
            _ => {
                let at = at as usize - 64;
                if self.rest.len() <= at / 64 {
                    self.rest.resize(at / 64 + 1, 0);
                }
                self.rest[at / 64] |= 1 << (at % 64);
            }
        }
    }

    pub fn remove(&mut self, at: Reg) {
        match at {
            0..64 => self.first &= !(1 << at),
            _ => {
                let at = at as usize - 64;
                if let Some(word) = self.rest.get_mut(at / 64) {
                    *word &= !(1 << (at % 64));
                }
            }
        }
    }

    fn intersect(&mut self, other: &Bits) {
        self.first &= other.first;
        self.rest.truncate(other.rest.len());
        for (own, other) in self.rest.iter_mut().zip(&other.rest) {
            *own &= other;
        }
    }

    pub fn subtract(&mut self, other: &Bits) {
        self.first &= !other.first;
        for (own, other) in self.rest.iter_mut().zip(&other.rest) {
            *own &= !other;
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct LabelInfo {
    /// Index of the instruction it stands before.
    pub at: Option<u32>,
    /// Bound on every way here so far; `None` while nothing jumps here.
    state: Option<Bits>,
    /// Some instruction is guarded by the handler that stands here.
    is_guarding: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct HandlerInfo {
    pub target: Label,
    pub register: Reg,
}

/// What a landing pad does before it goes on.
#[derive(Clone, Copy, Debug)]
pub(super) enum PadStep {
    CloseIter(Reg),
    PopHandled(Reg),
    Unbind(Name),
}

/// A short handler that ends by raising the exception again; written behind the body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pad {
    pub label: Label,
    pub register: Reg,
    pub steps: [Option<PadStep>; 2],
    /// The handler in force outside.
    pub handler: u32,
    pub span: Span,
}

/// The body being compiled.
pub(super) struct Body {
    pub host: ScopeId,
    /// `host`, or a comprehension inlined into it.
    pub scope: ScopeId,
    pub kind: CodeKind,
    pub qualname: String,
    /// What stands before the body's own name in `qualname`.
    pub outer_prefix: String,
    pub ins: Vec<Ins>,
    pub labels: Vec<LabelInfo>,
    pub handlers: Vec<HandlerInfo>,
    pub handler: u32,
    pub pads: Vec<Pad>,
    pub reachable: bool,
    pub bound: Bits,
    /// Locals that are unbound somewhere.
    pub deletable: Bits,
    /// The reserved places for `LoadUndef`, by register.
    pub reserved: NumberMap<u32, u32>,
    pub top: u32,
    pub max: u32,
    /// Registers below hold named locals.
    pub first_temp: Reg,
    pub blocks: Vec<Block>,
    pub span: Span,
    /// Instruction indices of loop bottoms with the first dead register.
    pub live: Vec<(u32, u16)>,
    /// Variables of inlined comprehensions, with instruction indices.
    pub inner_locals: Vec<InnerLocal>,
    /// Of method calls: instruction index, and where the attribute's name ends in the source.
    pub attributes: Vec<(u32, u32)>,
    /// Finally bodies being repeated around the current point.
    pub finally_depth: u32,

    pub consts: Vec<Const>,
    const_index: HashMap<Vec<u8>, u32>,
    pub names: Vec<Name>,
    name_index: NumberMap<u32, u32>,
    pub codes: Vec<Arc<Code>>,
}

impl Body {
    pub fn new(host: ScopeId, kind: CodeKind, qualname: String) -> Body {
        Body {
            host,
            scope: host,
            kind,
            qualname,
            outer_prefix: String::new(),
            ins: Vec::new(),
            labels: Vec::new(),
            handlers: Vec::new(),
            handler: NO_HANDLER,
            pads: Vec::new(),
            reachable: true,
            bound: Bits::default(),
            deletable: Bits::default(),
            reserved: NumberMap::default(),
            top: 0,
            max: 0,
            first_temp: 0,
            blocks: Vec::new(),
            span: Span::default(),
            live: Vec::new(),
            inner_locals: Vec::new(),
            attributes: Vec::new(),
            finally_depth: 0,
            consts: Vec::new(),
            const_index: HashMap::new(),
            names: Vec::new(),
            name_index: NumberMap::default(),
            codes: Vec::new(),
        }
    }

    // ---- registers

    /// A fresh register above all live ones. Too many are reported when the body ends.
    pub fn alloc(&mut self) -> Reg {
        self.alloc_run(1)
    }

    /// The first of `count` fresh registers.
    pub fn alloc_run(&mut self, count: u32) -> Reg {
        let first = self.top.min(MAX_REGISTERS);
        self.top = self.top.saturating_add(count);
        self.max = self.max.max(self.top);
        first as Reg
    }

    /// The base of a call window: `base` itself if it is the topmost register, else a fresh one.
    pub fn window(&mut self, base: Option<Reg>) -> Reg {
        let base = match base {
            Some(base) if self.is_top(base) => base,
            _ => self.alloc(),
        };
        self.alloc_run(HEADER as u32 - 1);
        base
    }

    /// The register is where a call window wants it, unless there are too many to tell them apart.
    #[track_caller]
    pub fn assert_at(&self, register: Reg, place: Reg) {
        debug_assert!(register == place || self.max >= MAX_REGISTERS, "{register} for {place}");
    }

    pub fn is_top(&self, register: Reg) -> bool {
        register >= self.first_temp && register as u32 + 1 == self.top
    }

    /// May be written before the whole expression is done.
    pub fn is_scratch(&self, register: Reg) -> bool {
        register >= self.first_temp
    }

    // ---- instructions

    pub fn push(&mut self, ins: Ins) -> u32 {
        let at = self.ins.len() as u32;
        if self.reachable {
            if let Some(handler) = self.handlers.get(ins.handler as usize) {
                self.labels[handler.target.0 as usize].is_guarding = true;
            }
            self.ins.push(ins);
        }
        at
    }

    pub fn make(&self, op: Op, ext: u8, a: Reg, bc: u32) -> Ins {
        Ins {
            op,
            ext,
            is_gone: false,
            a,
            bc,
            label: NO_LABEL,
            cache: 0,
            handler: self.handler,
            span: self.span,
        }
    }

    pub fn emit(&mut self, op: Op, a: Reg, b: Reg, c: u16) {
        self.emit_ext(op, 0, a, b, c);
    }

    pub fn emit_ext(&mut self, op: Op, ext: u8, a: Reg, b: Reg, c: u16) {
        let ins = self.make(op, ext, a, b as u32 | (c as u32) << 16);
        self.push(ins);
    }

    pub fn emit_wide(&mut self, op: Op, a: Reg, bc: u32) {
        let ins = self.make(op, 0, a, bc);
        self.push(ins);
    }

    /// An instruction whose c is a name.
    pub fn emit_name(&mut self, op: Op, a: Reg, b: Reg, name: Name) {
        let at = self.name(name);
        self.emit_ext(op, (at >> 16) as u8, a, b, at as u16);
    }

    /// An instruction whose last cache word is filled in here.
    pub fn emit_cached(&mut self, op: Op, a: Reg, b: Reg, c: u16, cache: u32) {
        let mut ins = self.make(op, 0, a, b as u32 | (c as u32) << 16);
        ins.cache = cache;
        self.push(ins);
    }

    pub fn mov(&mut self, to: Reg, from: Reg) {
        if to != from {
            self.emit(Op::Move, to, from, 0);
        }
    }

    /// Ends the reachable part after a return, raise or jump.
    pub fn unreachable(&mut self) {
        self.reachable = false;
    }

    // ---- labels

    pub fn label(&mut self) -> Label {
        self.labels.push(LabelInfo::default());
        Label(self.labels.len() as u32 - 1)
    }

    /// Places a label here. Ways that jump here later must come from a loop bottom.
    pub fn bind(&mut self, label: Label) {
        let at = self.ins.len() as u32;
        let info = &mut self.labels[label.0 as usize];
        info.at = Some(at);
        if let Some(state) = info.state.take() {
            if self.reachable {
                self.bound.intersect(&state);
            } else {
                self.bound = state;
                self.reachable = true;
            }
        }
    }

    /// Before a loop: what the loop may unbind cannot count as bound in it.
    pub fn forget_deletable(&mut self) {
        self.bound.subtract(&self.deletable);
    }

    /// Places the label of a loop's start.
    pub fn bind_loop(&mut self, label: Label) {
        self.forget_deletable();
        self.bind(label);
    }

    /// Notes that the current point leads to the label.
    pub fn flows_to(&mut self, label: Label) {
        if !self.reachable {
            return;
        }
        let info = &mut self.labels[label.0 as usize];
        if info.at.is_some() {
            return;
        }
        match &mut info.state {
            Some(state) => state.intersect(&self.bound),
            None => info.state = Some(self.bound.clone()),
        }
    }

    pub fn is_bound(&self, label: Label) -> bool {
        self.labels[label.0 as usize].at.is_some()
    }

    pub fn jump(&mut self, label: Label) {
        self.branch(Op::Jmp, 0, 0, label);
        self.unreachable();
    }

    /// A jump with operands a and b; the offset is filled in by the layout.
    pub fn branch(&mut self, op: Op, a: Reg, b: u16, label: Label) {
        self.branch_ext(op, 0, a, b, label);
    }

    pub fn branch_ext(&mut self, op: Op, ext: u8, a: Reg, b: u16, label: Label) {
        self.flows_to(label);
        let mut ins = self.make(op, ext, a, b as u32);
        ins.label = label.0;
        if self.is_bound(label) && self.reachable {
            let at = self.ins.len() as u32;
            self.live.push((at, self.top.min(u16::MAX as u32) as u16));
        }
        self.push(ins);
    }

    /// Jumps back to a loop's start.
    pub fn jump_back(&mut self, label: Label) {
        self.branch(Op::Loop, 0, 0, label);
        self.unreachable();
    }

    // ---- handlers

    /// Guards what is emitted from here on; returns the handler that was in force.
    pub fn guard(&mut self, target: Label, register: Reg) -> u32 {
        self.handlers.push(HandlerInfo { target, register });
        std::mem::replace(&mut self.handler, self.handlers.len() as u32 - 1)
    }

    /// The locals that are bound wherever in the guarded region an exception comes from.
    pub fn guarded_state(&self) -> Bits {
        let mut state = self.bound.clone();
        state.subtract(&self.deletable);
        state
    }

    /// Places a handler's label. A handler that guards nothing is not reachable.
    pub fn bind_handler(&mut self, label: Label, state: Bits) {
        debug_assert!(!self.reachable, "nothing falls into a handler");
        let info = &mut self.labels[label.0 as usize];
        info.at = Some(self.ins.len() as u32);
        self.bound = state;
        self.reachable = info.is_guarding || info.state.is_some();
    }

    // ---- locals that may be unbound

    /// Keeps a place where the register can be made unbound if that turns out to be needed.
    pub fn reserve_undef(&mut self, register: Reg) {
        let mut ins = self.make(Op::LoadUndef, 0, register, 0);
        ins.is_gone = true;
        let at = self.push(ins);
        if self.reachable {
            self.reserved.insert(register as u32, at);
        }
    }

    pub fn need_undef(&mut self, register: Reg) {
        if let Some(&at) = self.reserved.get(&(register as u32)) {
            self.ins[at as usize].is_gone = false;
        }
    }

    // ---- constants and names

    pub fn name(&mut self, name: Name) -> u32 {
        let next = self.names.len() as u32;
        let at = *self.name_index.entry(name.0).or_insert(next);
        if at == next {
            self.names.push(name);
        }
        at
    }

    pub fn constant(&mut self, value: Const) -> u32 {
        let mut key = Vec::new();
        const_key(&value, &mut key);
        let next = self.consts.len() as u32;
        let at = *self.const_index.entry(key).or_insert(next);
        if at == next {
            self.consts.push(value);
        }
        at
    }

    /// R[register] = the constant, by the shortest instruction.
    pub fn load(&mut self, register: Reg, value: Const) {
        match value {
            Const::None => self.emit(Op::LoadNone, register, 0, 0),
            Const::True => self.emit(Op::LoadTrue, register, 0, 0),
            Const::False => self.emit(Op::LoadFalse, register, 0, 0),
            Const::Int(value) if i32::try_from(value).is_ok() => {
                self.emit_wide(Op::LoadInt, register, value as i32 as u32);
            }
            value => {
                let at = self.constant(value);
                self.emit_wide(Op::LoadConst, register, at);
            }
        }
    }

    pub fn load_text(&mut self, register: Reg, text: &str) {
        self.load(register, Const::text(text));
    }
}

/// Writes the type and the exact value: `1`, `1.0` and `True` differ, `0.0` and `-0.0` too.
fn const_key(value: &Const, key: &mut Vec<u8>) {
    fn bytes(tag: u8, bytes: &[u8], key: &mut Vec<u8>) {
        key.push(tag);
        key.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        key.extend_from_slice(bytes);
    }
    match value {
        Const::None => key.push(0),
        Const::True => key.push(1),
        Const::False => key.push(2),
        Const::Ellipsis => key.push(3),
        Const::Int(value) => {
            key.push(4);
            key.extend_from_slice(&value.to_le_bytes());
        }
        Const::BigInt { radix, digits } => {
            key.push(*radix as u8);
            bytes(5, digits.as_bytes(), key);
        }
        Const::Float(value) => {
            key.push(6);
            key.extend_from_slice(&value.to_bits().to_le_bytes());
        }
        Const::Complex(real, imaginary) => {
            key.push(7);
            key.extend_from_slice(&real.to_bits().to_le_bytes());
            key.extend_from_slice(&imaginary.to_bits().to_le_bytes());
        }
        Const::Str(text) => bytes(8, text, key),
        Const::Bytes(text) => bytes(9, text, key),
        Const::Tuple(items) | Const::FrozenSet(items) => {
            key.push(match value {
                Const::Tuple(_) => 10,
                _ => 11,
            });
            key.extend_from_slice(&(items.len() as u64).to_le_bytes());
            for item in items {
                const_key(item, key);
            }
        }
    }
}
