//! The stacks of a thread, and how it is entered and left.
//!
//! Invariant: a fiber is resumed by the main thread only, on the thread of the system that made
//! the machine, and suspends only itself. What is suspended and never resumed is leaked, not
//! unwound: its native frames own nothing that outlives the process's interest.

use std::mem::ManuallyDrop;

use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, Yielder};

use super::Own;
use crate::value::Value;
use crate::vm::{Vm, pc::Base};

/// Bytes of native stack, touched as they are used: enough for the deepest nesting of natives
/// that the machine allows.
const NATIVE: usize = if cfg!(debug_assertions) { 64 << 20 } else { 16 << 20 };
/// Words of the register stack.
const WORDS: usize = 1 << 20;
const GUARD: usize = super::super::GUARD;
const SLACK: usize = super::super::SLACK;

pub struct Stacks {
    native: DefaultStack,
    registers: Registers,
}

/// A mapped register stack.
struct Registers {
    mapping: *mut libc::c_void,
    used: bool,
}

impl Registers {
    const BYTES: usize = GUARD + (WORDS + SLACK) * 8;

    fn new() -> Option<Registers> {
        let mapping = super::super::map_stack(Registers::BYTES)?;
        Some(Registers { mapping, used: false })
    }

    fn low(&self) -> usize {
        self.mapping as usize + GUARD
    }
}

impl Drop for Registers {
    fn drop(&mut self) {
        // SAFETY: mapped with this size; nobody runs on it any more.
        unsafe { libc::munmap(self.mapping, Registers::BYTES) };
    }
}

impl Stacks {
    /// None if there is no room for them.
    pub fn new() -> Option<Stacks> {
        Some(Stacks { native: DefaultStack::new(NATIVE).ok()?, registers: Registers::new()? })
    }

    /// Forgets what the last thread left.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.registers.used) {
            let low = self.registers.low();
            super::super::roots::clear_above(low, WORDS * 8, low as Base);
        }
    }
}

/// Through which a fiber is left.
pub type Exit = Yielder<*mut Vm, ()>;

type Body = Coroutine<*mut Vm, (), (), DefaultStack>;

pub struct Fiber {
    body: ManuallyDrop<Body>,
    registers: ManuallyDrop<Registers>,
    /// Where to leave it; set when it is entered.
    exit: *const Exit,
}

impl Fiber {
    /// A fiber that will run `main`, and what it begins with.
    pub fn new(stacks: Stacks, main: unsafe fn(*mut Vm)) -> (Fiber, Own) {
        let Stacks { native, mut registers } = stacks;
        registers.used = true;
        let low = registers.low();
        let base = (low as Base).wrapping_add(8);
        for i in 0..12 {
            // SAFETY: inside the mapping.
            unsafe { *(low as Base).add(i) = Value::from_bits(0) };
        }
        let own = Own {
            stack_low: low,
            stack_size: WORDS * 8,
            mapping: registers.mapping,
            top: base.wrapping_add(4),
            native_base: base,
            ..Own::empty()
        };
        let body = Coroutine::with_stack(native, move |exit: &Exit, vm: *mut Vm| {
            // SAFETY: the one who resumes passes the machine, whose current thread this is.
            unsafe {
                super::turns::entered(&mut *vm, exit);
                main(vm);
            }
        });
        let fiber = Fiber {
            body: ManuallyDrop::new(body),
            registers: ManuallyDrop::new(registers),
            exit: std::ptr::null(),
        };
        (fiber, own)
    }

    pub fn set_exit(&mut self, exit: *const Exit) {
        self.exit = exit;
    }

    pub fn exit(&self) -> *const Exit {
        self.exit
    }

    /// Runs it until it suspends itself. True if it has ended.
    ///
    /// # Safety
    /// `vm` is the machine whose state is that of this thread.
    pub unsafe fn resume(&mut self, vm: *mut Vm) -> bool {
        matches!(self.body.resume(vm), CoroutineResult::Return(()))
    }

    /// What is left of a fiber that has ended.
    pub fn into_stacks(mut self) -> Stacks {
        // SAFETY: both are taken once: `self` is consumed, and has no `drop`.
        let (body, registers) = unsafe {
            (ManuallyDrop::take(&mut self.body), ManuallyDrop::take(&mut self.registers))
        };
        Stacks { native: body.into_stack(), registers }
    }
}

/// Leaves the fiber whose exit this is, until it is resumed.
///
/// # Safety
/// It is the exit of the fiber that runs.
pub unsafe fn suspend(exit: *const Exit) {
    // SAFETY: by contract; it lives on the fiber's stack.
    unsafe { (*exit).suspend(()) };
}
