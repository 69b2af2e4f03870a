//! What tasks are at, for those who report it. Reads only: nothing here runs code of the program or
//! allocates on its heap, so it may be asked at any safepoint and in the middle of a native.

use std::sync::Arc;

use super::super::pc::{Base, Ip};
use super::super::{Cx, Vm, call, frame_at};
use crate::code::Code;
use crate::code::op::Word;
use crate::gc::Gc;
use crate::value::frame::{CALLER, FUNCTION, INFO, Ret, called_from, state};
use crate::value::{CodeObject, Dict, Frame, Function, Kind, Task, Value};

/// A place in a program.
#[derive(Clone)]
pub struct Spot {
    pub code: Arc<Code>,
    /// A word of the instruction.
    pub word: u32,
}

/// An activation that a task is in, and where.
#[derive(Clone)]
pub struct Level {
    pub spot: Spot,
    /// Its registers; of one on the stack, those of its variables.
    pub registers: Vec<Value>,
    pub globals: Gc<Dict>,
}

/// Which code an instruction belongs to.
pub struct Atlas(Vec<(usize, usize, Arc<Code>)>);

impl Atlas {
    /// The place before an address: of the instruction that made something. None if its code is
    /// gone.
    pub fn before(&self, ip: *const Word) -> Option<Spot> {
        let at = (ip as usize).checked_sub(size_of::<Word>())?;
        let after = self.0.partition_point(|&(start, ..)| start <= at);
        let (start, end, code) = self.0[..after].last()?;
        let word = (at - start) / size_of::<Word>();
        (at < *end).then(|| Spot { code: code.clone(), word: word as u32 })
    }
}

impl Vm {
    fn atlas(&self) -> Atlas {
        let mut found = Vec::new();
        self.space.heap.for_each(Kind::CodeObject as u8, |object| {
            // SAFETY: the kind is checked. One that is dead is whole until it is swept, which
            // nothing does meanwhile.
            let code: Gc<CodeObject> = unsafe { Gc::from_raw(object.cast()) };
            let start = code.words() as usize;
            let end = start + code.word_count() * size_of::<Word>();
            found.push((start, end, code.code.clone()));
        });
        found.sort_unstable_by_key(|&(start, ..)| start);
        Atlas(found)
    }
}

impl Cx {
    /// Which code an instruction belongs to. Walks over the heap: make one for a whole report.
    pub fn atlas(&self) -> Atlas {
        self.vm().atlas()
    }

    /// What a task that waits is in, outermost first. Empty if it has not begun, if it runs, or if
    /// it has no frames.
    pub fn awaits(&self, task: Gc<Task>) -> Vec<Level> {
        let Some(root) = task.coro.get().cast::<Frame>() else { return Vec::new() };
        if root.state() != state::SUSPENDED {
            return Vec::new();
        }
        let mut found = Vec::new();
        // SAFETY: the frames of a suspended chain are linked by their callers' bases, from the
        // innermost, which the root knows, to the root.
        unsafe {
            let own = Frame::base(root.as_ptr());
            let (mut at, mut ip) = (root.link, root.return_ip);
            while at != own {
                let frame = frame_at(at);
                found.push(level(frame, ip));
                let linked = matches!(call::ret_of((*frame).info), Ret::Delegate | Ret::AsyncStep);
                if !linked || (*frame).caller.is_null() {
                    return Vec::new();
                }
                (at, ip) = ((*frame).caller, (*frame).return_ip);
            }
            found.push(level(root.as_ptr(), ip));
        }
        found.reverse();
        found
    }

    /// What the task that runs is in, outermost first, from its coroutine to the caller of the
    /// running native.
    pub fn runs_in(&self, task: Gc<Task>) -> Vec<Level> {
        let Some(root) = task.coro.get().cast::<Frame>() else { return Vec::new() };
        let vm = self.vm();
        // SAFETY: the machine's own place, below which the bases of live activations are linked.
        unsafe {
            let own = Frame::base(root.as_ptr());
            let (low, size) = (vm.stack_low, vm.stack_size);
            let (levels, met) = activations((low, size), vm.native_ip, vm.native_base, own);
            if met { levels } else { Vec::new() }
        }
    }

    /// Does the body of a module that awaits run, itself or in functions that it has called, and no
    /// coroutine that it awaits?
    pub fn runs_top_level(&self) -> bool {
        let vm = self.vm();
        let Some(task) = super::current(vm, vm.running_loop).cast::<Task>() else { return false };
        let Some(root) = task.coro.get().cast::<Frame>() else { return false };
        let own = Frame::base(root.as_ptr());
        let mut base = vm.native_base;
        // SAFETY: the machine's own place, below which the bases of live activations are linked.
        // What is not on the stack is a heap frame.
        unsafe {
            while !base.is_null() && base != own {
                let on_stack = (base as usize).wrapping_sub(vm.stack_low) < vm.stack_size;
                if !on_stack && (*Frame::from_base(base)).kind() == state::COROUTINE {
                    return false;
                }
                base = (*base.offset(CALLER)).bits() as Base;
            }
        }
        base == own && root.function.code.code.is_module
    }
}

/// The activations from a place on, outermost first, down to the base `end` or to the lowest; and
/// whether `end` was met.
///
/// # Safety
/// `ip` and `base` are where a thread is, whose register stack is this one; the bases of live
/// activations are linked, the lowest has caller 0.
pub(in super::super) unsafe fn activations(
    (low, size): (usize, usize),
    mut ip: Ip,
    mut base: Base,
    end: Base,
) -> (Vec<Level>, bool) {
    let mut found = Vec::new();
    // SAFETY: by contract. In a heap frame the slot of the function is a bare reference.
    unsafe {
        while !base.is_null() {
            let on_stack = (base as usize).wrapping_sub(low) < size;
            let function: Option<Gc<Function>> = match on_stack {
                true => (*base.offset(FUNCTION)).cast(),
                false => Some((*Frame::from_base(base)).function),
            };
            if let Some(function) = function {
                let code = function.code;
                let word = code.index_of(ip).wrapping_sub(1);
                let known = (word as usize) < code.word_count();
                let spot = Spot { code: code.code.clone(), word: if known { word } else { 0 } };
                // What stands above the variables may belong to a callee.
                let named = spot.code.locals.iter().map(|local| local.register as usize + 1);
                let registers = (0..named.max().unwrap_or(0)).map(|i| *base.add(i)).collect();
                found.push(Level { spot, registers, globals: function.globals });
            }
            if base == end {
                found.reverse();
                return (found, true);
            }
            ip = called_from(base, (*base.offset(INFO)).bits()).cast_mut();
            base = (*base.offset(CALLER)).bits() as Base;
        }
    }
    found.reverse();
    (found, false)
}

/// # Safety
/// A suspended frame, and where it goes on.
unsafe fn level(frame: *mut Frame, ip: *const Word) -> Level {
    // SAFETY: by contract; a frame has as many registers as its function says.
    unsafe {
        let function = (*frame).function;
        let code = function.code;
        let word = code.index_of(ip).saturating_sub(1);
        let base = Frame::base(frame);
        let count = function.registers as usize;
        let registers = (0..count).map(|i| *base.add(i)).collect();
        let globals = function.globals;
        Level { spot: Spot { code: code.code.clone(), word }, registers, globals }
    }
}
