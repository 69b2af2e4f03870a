//! The gate before the machine: code that passes cannot make it read out of bounds.
//!
//! Checks every operand against what the table says about it, every jump, handler and table of
//! a code object and of those inside it, in linear time. It does not follow values: that a
//! register holds a cell where a cell is read is the compiler's promise, not checked here.

use std::fmt;

use super::op::{HANDLED, HEADER, INTRINSICS, NO_REG, Op, Operand, Word, word};
use super::{Capture, Code, CodeKind, Const};

/// Why code was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub code: Box<str>,
    /// Index of the word, where one is to blame.
    pub word: Option<usize>,
    pub what: &'static str,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.word {
            Some(word) => write!(f, "{} at word {word}: {}", self.code, self.what),
            None => write!(f, "{}: {}", self.code, self.what),
        }
    }
}

impl std::error::Error for Fault {}

/// Checks a code object and all codes inside it.
pub fn verify(code: &Code) -> Result<(), Fault> {
    let mut waiting = vec![code];
    while let Some(code) = waiting.pop() {
        Verifier::new(code)?.run()?;
        waiting.extend(code.codes.iter().map(|inner| &**inner));
    }
    Ok(())
}

/// Can the jump go backwards, as the bottom of a loop?
pub fn may_go_back(op: Op) -> bool {
    matches!(
        op,
        Op::JLt
            | Op::JLe
            | Op::JGt
            | Op::JGe
            | Op::JEq
            | Op::JNe
            | Op::JLtI
            | Op::JLeI
            | Op::JGtI
            | Op::JGeI
            | Op::JEqI
            | Op::JNeI
            | Op::JTrue
            | Op::ForIter
            | Op::Loop
    )
}

struct Verifier<'a> {
    code: &'a Code,
    /// By word: does an instruction start here?
    starts: Vec<bool>,
}

impl<'a> Verifier<'a> {
    fn new(code: &'a Code) -> Result<Verifier<'a>, Fault> {
        let mut verifier = Verifier { code, starts: vec![false; code.words.len()] };
        let mut at = 0;
        while at < code.words.len() {
            let Some(op) = Op::from_byte(word::op(code.words[at])) else {
                return Err(verifier.fault(at, "no such instruction"));
            };
            verifier.starts[at] = true;
            at += 1 + op.words();
        }
        if at > code.words.len() {
            return Err(verifier.fault(code.words.len() - 1, "cache words are missing"));
        }
        Ok(verifier)
    }

    fn run(&self) -> Result<(), Fault> {
        self.tables()?;
        let mut last = None;
        for at in 0..self.code.words.len() {
            if self.starts[at] {
                let op = Op::from_byte(word::op(self.code.words[at]))
                    .expect("`new` has looked at every instruction");
                self.instruction(at, op)?;
                last = Some(op);
            }
        }
        match last {
            Some(op) if is_end(op) => Ok(()),
            _ => Err(self.broken("control falls off the end")),
        }
    }

    // ---- tables

    fn tables(&self) -> Result<(), Fault> {
        let code = self.code;
        if code.registers == 0 || code.registers > NO_REG as u32 {
            return Err(self.broken("bad number of registers"));
        }
        if code.words.len() > i32::MAX as usize {
            return Err(self.broken("too long"));
        }
        if code.params.total() > code.registers as usize {
            return Err(self.broken("more parameters than registers"));
        }
        if code.free_names.len() != code.captures.len() {
            return Err(self.broken("captures and their names differ in number"));
        }
        let inner = code.inner_locals.iter().map(|inner| &inner.local);
        for local in code.locals.iter().chain(inner) {
            self.register(None, local.register)?;
        }
        let mut end = 0;
        for handler in &code.handlers {
            if handler.start < end || handler.start >= handler.end {
                return Err(self.broken("handlers are not in order"));
            }
            end = handler.end;
            let whole = self.starts_at(handler.start)
                && (self.starts_at(end) || end as usize == code.words.len());
            if !whole || !self.starts_at(handler.target) {
                return Err(self.broken("a handler cuts an instruction"));
            }
            self.register(None, handler.register)?;
        }
        if !code.lines.iter().is_sorted_by(|a, b| a.word < b.word) {
            return Err(self.broken("lines are not in order"));
        }
        if !code.live.is_sorted_by(|a, b| a.0 < b.0) {
            return Err(self.broken("live ranges are not in order"));
        }
        for &(at, live) in &code.live {
            if !self.starts_at(at) || live as u32 > code.registers {
                return Err(self.broken("bad live range"));
            }
        }
        Ok(())
    }

    // ---- instructions

    fn instruction(&self, at: usize, op: Op) -> Result<(), Fault> {
        let word = self.code.words[at];
        self.extension(at, op, word)?;
        self.kind(at, op)?;
        let fields = [word::a(word) as u16, word::b(word) as u16, word::c(word) as u16];
        for (nth, &operand) in op.operands().iter().enumerate() {
            self.operand(at, op, operand, fields[nth], word)?;
        }
        self.extent(at, op, fields)?;
        if op == Op::ForIter && word::ext(word) == 1 {
            self.takes_apart(at, word)?;
        }
        self.cache(at, op, fields)
    }

    /// A `ForIter` that announces an `Unpack` into two jumps to one.
    fn takes_apart(&self, at: usize, word: Word) -> Result<(), Fault> {
        let body = usize::try_from(at as i64 + 1 + word::sc(word)).ok();
        let unpack = body.and_then(|body| self.code.words.get(body)).copied().unwrap_or(0);
        let is_pair = word::op(unpack) == Op::Unpack as u8
            && word::a(unpack) == word::a(word)
            && word::c(unpack) == 2;
        match is_pair {
            true => Ok(()),
            false => Err(self.fault(at, "announces an Unpack that is not there")),
        }
    }

    /// The `ext` field is zero unless the instruction says what it means.
    fn extension(&self, at: usize, op: Op, word: Word) -> Result<(), Fault> {
        let ext = word::ext(word);
        let most = match op {
            Op::Intrinsic => INTRINSICS.len() as u8 - 1,
            Op::Format => 3,
            Op::Await | Op::AwaitCall => 7,
            Op::AsyncYield | Op::Delegate => HANDLED,
            Op::LoadSpecial => HEADER as u8,
            // 2: the list stands in the window of a call.
            Op::ListExtend if word::a(word) >= HEADER as usize => 2,
            Op::ListExtend | Op::ForIter | Op::GetIter | Op::GetAIter => 1,
            Op::MatchClass => u8::MAX,
            _ if op.operands().contains(&Operand::Name) => u8::MAX,
            _ if is_arithmetic(op) => 1,
            _ => 0,
        };
        match ext <= most {
            true => Ok(()),
            false => Err(self.fault(at, "bad extension")),
        }
    }

    fn kind(&self, at: usize, op: Op) -> Result<(), Fault> {
        let kind = self.code.kind;
        let allowed = match op {
            Op::Yield | Op::YieldHandled | Op::Delegate | Op::GetDelegate => {
                kind == CodeKind::Generator
            }
            Op::AsyncYield => kind == CodeKind::AsyncGenerator,
            Op::Await | Op::AwaitCall => {
                matches!(kind, CodeKind::Coroutine | CodeKind::AsyncGenerator)
            }
            _ => true,
        };
        match allowed {
            true => Ok(()),
            false => Err(self.fault(at, "this kind of code cannot be suspended so")),
        }
    }

    fn operand(
        &self,
        at: usize,
        op: Op,
        operand: Operand,
        field: u16,
        word: Word,
    ) -> Result<(), Fault> {
        let code = self.code;
        let known = |index: usize, count: usize| match index < count {
            true => Ok(()),
            false => Err(self.fault(at, "index out of range")),
        };
        match operand {
            Operand::Nil if field != 0 => Err(self.fault(at, "unused field is not zero")),
            Operand::Nil | Operand::Cnt | Operand::Imm | Operand::Imm32 => Ok(()),
            Operand::Dst | Operand::Src | Operand::Var | Operand::Win | Operand::Run => {
                self.register(Some(at), field)
            }
            Operand::Opt if field == NO_REG => Ok(()),
            Operand::Opt => self.register(Some(at), field),
            Operand::Off => self.jump(at, op, word::sc(word)),
            Operand::Off32 => self.jump(at, op, word::sbc(word)),
            Operand::Free => known(field as usize, code.captures.len()),
            Operand::Code => {
                known(field as usize, code.codes.len())?;
                self.captures(at, &code.codes[field as usize])
            }
            Operand::Const => known(word::bc(word), code.consts.len()),
            Operand::Name32 => known(word::bc(word), code.names.len()),
            Operand::Name => known(word::name(word), code.names.len()),
        }
    }

    /// Runs and windows fit into the registers.
    fn extent(&self, at: usize, op: Op, [a, b, c]: [u16; 3]) -> Result<(), Fault> {
        let header = HEADER as u32;
        let (first, count) = match op {
            Op::BuildList | Op::BuildTuple | Op::BuildSet | Op::BuildString | Op::Unpack => {
                (b, c as u32)
            }
            Op::BuildMap if c % 2 != 0 => {
                return Err(self.fault(at, "a key without a value"));
            }
            Op::BuildMap | Op::Intrinsic => (b, c as u32),
            Op::UnpackEx => (b, (c & 255) as u32 + (c >> 8) as u32 + 1),
            Op::GetSuper | Op::BuildSlice | Op::MakeFunction => (b, 3),
            Op::GetSlice | Op::MatchClass => (c, 2),
            Op::SetSlice | Op::ImportName => (b, 2),
            Op::ExcSplit => (a, 2),
            Op::ExcTriple => (a, 3),
            Op::MakeClass => (b, header + 1),
            Op::Call | Op::CallL | Op::CallK | Op::AwaitCall => (b, header + c as u32),
            Op::CallX => (b, header + 2),
            Op::CallM | Op::CallSuper => (b, header + 1 + c as u32),
            Op::LoadSpecial if c > 3 => return Err(self.fault(at, "no such special method")),
            Op::LoadSpecial => (a, word::ext(self.code.words[at]) as u32 + 1),
            _ => return Ok(()),
        };
        match first as u32 + count <= self.code.registers {
            true => Ok(()),
            false => Err(self.fault(at, "run exceeds the registers")),
        }
    }

    fn cache(&self, at: usize, op: Op, [_, _, c]: [u16; 3]) -> Result<(), Fault> {
        let cache = &self.code.words[at + 1..at + 1 + op.words()];
        let (zeros, filled) = match op.is_filled() {
            true => cache.split_at(cache.len() - 1),
            false => (cache, &[][..]),
        };
        if zeros.iter().any(|&word| word != 0) {
            return Err(self.fault(at, "cache is not empty"));
        }
        let Some(&index) = filled.first() else {
            return Ok(());
        };
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let is_fine = match op {
            Op::CallK => self.code.consts.get(index).is_some_and(|names| {
                matches!(names, Const::Tuple(names) if names.len() <= c as usize
                    && names.iter().all(|name| matches!(name, Const::Str(_))))
            }),
            _ => index < self.code.names.len(),
        };
        match is_fine {
            true => Ok(()),
            false => Err(self.fault(at, "bad name in the cache")),
        }
    }

    fn captures(&self, at: usize, inner: &Code) -> Result<(), Fault> {
        for capture in &inner.captures {
            match *capture {
                Capture::Local(register) => self.register(Some(at), register)?,
                Capture::Free(free) if (free as usize) < self.code.captures.len() => {}
                Capture::Free(_) => return Err(self.fault(at, "bad capture")),
            }
        }
        Ok(())
    }

    fn jump(&self, at: usize, op: Op, offset: i64) -> Result<(), Fault> {
        let end = at + 1 + op.words();
        let target = end as i64 + offset;
        let is_start = usize::try_from(target)
            .is_ok_and(|target| self.starts.get(target).copied().unwrap_or(false));
        if !is_start {
            return Err(self.fault(at, "jump into nowhere"));
        }
        let is_back = offset < 0;
        if is_back && !may_go_back(op) || op == Op::Loop && !is_back {
            return Err(self.fault(at, "jump in the wrong direction"));
        }
        Ok(())
    }

    fn register(&self, at: Option<usize>, register: u16) -> Result<(), Fault> {
        match (register as u32) < self.code.registers {
            true => Ok(()),
            false => Err(Fault { word: at, ..self.broken("no such register") }),
        }
    }

    fn starts_at(&self, at: u32) -> bool {
        self.starts.get(at as usize).copied().unwrap_or(false)
    }

    fn fault(&self, at: usize, what: &'static str) -> Fault {
        Fault { word: Some(at), ..self.broken(what) }
    }

    fn broken(&self, what: &'static str) -> Fault {
        Fault { code: (&*self.code.qualname).into(), word: None, what }
    }
}

/// Does control never go on behind the instruction?
pub(super) fn is_end(op: Op) -> bool {
    matches!(
        op,
        Op::Ret
            | Op::RetNone
            | Op::RetAwait
            | Op::RetAwaitNone
            | Op::Raise
            | Op::RaiseFrom
            | Op::RaiseBare
            | Op::Reraise
            | Op::Jmp
            | Op::Loop
    )
}

/// Has the instruction an in-place form?
fn is_arithmetic(op: Op) -> bool {
    (op as u8) >= Op::Add as u8 && (op as u8) <= Op::ShrI as u8
}
