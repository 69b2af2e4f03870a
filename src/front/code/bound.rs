//! Which registers hold something at a place in the code, worked out from the code alone.
//!
//! A variable whose register nothing has been written to since the call began holds what an
//! earlier call left there. Who looks at the variables of an activation from outside asks here
//! which of them are real.

use super::Code;
use super::op::{Op, Operand, word};
use super::verify::is_end;

/// A set of registers.
#[derive(Clone, PartialEq)]
pub struct Registers(Vec<u64>);

impl Registers {
    fn new(count: usize) -> Registers {
        Registers(vec![0; count.div_ceil(64)])
    }

    fn insert(&mut self, register: usize) {
        if let Some(word) = self.0.get_mut(register / 64) {
            *word |= 1 << (register % 64);
        }
    }

    fn insert_run(&mut self, first: usize, count: usize) {
        for register in first..first + count {
            self.insert(register);
        }
    }

    pub fn contains(&self, register: usize) -> bool {
        self.0.get(register / 64).is_some_and(|word| word >> (register % 64) & 1 == 1)
    }

    /// Keeps what both have; did that change anything?
    fn intersect(&mut self, other: &Registers) -> bool {
        let mut changed = false;
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            changed |= *mine & !theirs != 0;
            *mine &= theirs;
        }
        changed
    }
}

/// The registers that are written on every way to the instruction around a word.
pub fn at(code: &Code, place: u32) -> Registers {
    let mut states: Vec<Option<Registers>> = vec![None; code.words.len() + 1];
    let mut entry = Registers::new(code.registers as usize);
    let params = if code.takes_namespace() { 1 } else { code.params.total() };
    entry.insert_run(0, params);
    states[0] = Some(entry.clone());
    let mut waiting = vec![0];
    while let Some(start) = waiting.pop() {
        let (Some(before), Some(op)) = (
            states[start].clone(),
            code.words.get(start).and_then(|&w| Op::from_byte(word::op(w))),
        ) else {
            continue;
        };
        let mut reach = |to: usize, state: &Registers| {
            let changed = match &mut states[to] {
                Some(known) => known.intersect(state),
                unknown => {
                    *unknown = Some(state.clone());
                    true
                }
            };
            if changed {
                waiting.push(to);
            }
        };
        let covering = code.handlers.partition_point(|handler| handler.end as usize <= start);
        if let Some(handler) = code.handlers.get(covering)
            && handler.start as usize <= start
        {
            let mut caught = before.clone();
            caught.insert(handler.register as usize);
            reach(handler.target as usize, &caught);
        }
        let next = start + 1 + op.words();
        let instruction = code.words[start];
        let mut after = before.clone();
        write(&mut after, op, instruction);
        let jump = match op.operands().last() {
            Some(Operand::Off) => Some(word::sc(instruction)),
            Some(Operand::Off32) => Some(word::sbc(instruction)),
            _ => None,
        };
        if let Some(offset) = jump {
            reach((next as i64 + offset) as usize, &after);
        }
        if !is_end(op) {
            // A loop that ends leaves its variable as it was.
            reach(next, if op == Op::ForIter { &before } else { &after });
        }
    }
    let start = (0..=place as usize).rev().find(|&start| states[start].is_some());
    start.and_then(|start| states[start].take()).unwrap_or(entry)
}

fn write(state: &mut Registers, op: Op, instruction: u64) {
    let (a, b, c) = (word::a(instruction), word::b(instruction), word::c(instruction));
    match op {
        Op::Unpack => state.insert_run(b, c),
        Op::UnpackEx => state.insert_run(b, (c & 255) + (c >> 8) + 1),
        Op::ExcSplit => state.insert_run(a, 2),
        Op::ExcTriple => state.insert_run(a, 3),
        _ => {
            let fields = [a, b, c];
            for (nth, operand) in op.operands().iter().enumerate() {
                if matches!(operand, Operand::Dst | Operand::Var) {
                    state.insert(fields[nth]);
                }
            }
        }
    }
}
