//! The interpreter: fetch, dispatch, and the door through which Rust enters it.
//!
//! Handlers are ordinary functions `(vm, ip, base, word) -> Pc`, one hot and at most one cold
//! per row of the table in `code/op.rs`; `ip` is behind the instruction word. Two back ends are
//! expanded from that table. Threaded code gives each row a function that ends in a jump to the
//! next row's: LLVM makes a tail call of a call in return position whose arguments fit into
//! registers, at every optimisation level but 0 (`tests/dispatch.rs` would overflow its stack
//! otherwise). The plain loop (feature `loop-dispatch`) is for debuggers, sanitizers and platforms
//! where that does not hold.

use super::pc::{Ip, Pc};
use super::{
    Vm, arith, attr, awaiting, call, call_super, compare, data, import, index, intrinsic, iter,
    jump, linked, make, manager, name, native_call, pattern, suspend, tasks, unwind,
};
use crate::code::op::{COUNT, Word, word};
use crate::for_each_op;

/// The byte that ends a run: never in code, only in `EXIT`.
const EXIT_OP: u8 = COUNT as u8;

/// Where the unwinder and `Ret` go to leave the interpreter.
struct Exit([Word; 2]);
static EXIT: Exit = Exit([EXIT_OP as Word, 0]);

/// Address of the exit instruction. It is only read.
pub fn exit_ip() -> Ip {
    EXIT.0.as_ptr().cast_mut()
}

#[cfg(not(feature = "loop-dispatch"))]
mod back_end {
    use super::*;
    use crate::vm::pc::Base;

    type Handler = unsafe extern "C-unwind" fn(*mut Vm, Ip, Base, Word, *const [Handler2; 256]);

    /// `Handler` names itself through this: a type alias cannot be recursive.
    #[derive(Clone, Copy)]
    #[repr(transparent)]
    pub struct Handler2(Handler);

    macro_rules! dispatch {
        ($vm:expr, $pc:expr, $table:expr) => {{
            let pc = $pc;
            let next = *pc.ip;
            let handler = (*$table)[next as u8 as usize];
            return (handler.0)($vm, pc.ip.add(1), pc.base, next, $table);
        }};
    }

    /// Runs a cold body behind a call of its own: a local of its whose address is taken, inlined
    /// into the handler, would cost that its tail call.
    #[inline(never)]
    fn aside(
        body: impl FnOnce(*mut Vm, Ip, Base, Word) -> Pc,
        vm: *mut Vm,
        ip: Ip,
        base: Base,
        word: Word,
    ) -> Pc {
        body(vm, ip, base, word)
    }

    macro_rules! threaded {
        ($( $(#[doc = $doc:literal])* $name:ident [$($kind:ident)*] $words:literal =>
            $hot_mod:ident::$hot:ident
            $(| $cold_mod:ident::$cold:ident $(, $apart_mod:ident::$apart:ident)?)?; )*) => {
            #[allow(non_snake_case)] // named after the rows
            mod hot {
                use super::*;
                $(
                    pub unsafe extern "C-unwind" fn $name(
                        vm: *mut Vm, ip: Ip, base: Base, word: Word, table: *const [Handler2; 256],
                    ) {
                        // SAFETY: I3, the word is of this row.
                        unsafe {
                            let pc = $hot_mod::$hot(vm, ip, base, word);
                            $(
                                let _ = $cold_mod::$cold;
                                $( if pc.ip == Pc::APART.ip {
                                    let _ = $apart_mod::$apart;
                                    return apart::$name(vm, ip, base, word, table);
                                } )?
                                if pc.ip.is_null() {
                                    return cold::$name(vm, ip, base, word, table);
                                }
                            )?
                            dispatch!(vm, pc, table)
                        }
                    }
                )*
            }

            // What would make the hot side save registers, and is too frequent for the cold one.
            #[allow(non_snake_case)]
            mod apart {
                use super::*;
                $($($(
                    #[inline(never)]
                    pub unsafe extern "C-unwind" fn $name(
                        vm: *mut Vm, ip: Ip, base: Base, word: Word, table: *const [Handler2; 256],
                    ) {
                        // SAFETY: as above.
                        unsafe {
                            let pc = $apart_mod::$apart(vm, ip, base, word);
                            if pc.ip.is_null() {
                                return cold::$name(vm, ip, base, word, table);
                            }
                            dispatch!(vm, pc, table)
                        }
                    }
                )?)?)*
            }

            #[allow(non_snake_case)]
            mod cold {
                use super::*;
                $($(
                    #[cold]
                    #[inline(never)]
                    pub unsafe extern "C-unwind" fn $name(
                        vm: *mut Vm, ip: Ip, base: Base, word: Word, table: *const [Handler2; 256],
                    ) {
                        // SAFETY: as above.
                        unsafe {
                            (*vm).leave_registers(ip, base);
                            let pc = aside(
                                |vm, ip, base, word| $cold_mod::$cold(vm, ip, base, word),
                                vm, ip, base, word,
                            );
                            dispatch!(vm, pc, table)
                        }
                    }
                )?)*
            }

            static TABLE: [Handler2; 256] = {
                let mut table = [Handler2(exit); 256];
                let rows = [$(Handler2(hot::$name)),*];
                let mut i = 0;
                while i < rows.len() {
                    table[i] = rows[i];
                    i += 1;
                }
                table
            };
        };
    }
    for_each_op!(threaded);

    unsafe extern "C-unwind" fn exit(
        _: *mut Vm,
        _: Ip,
        _: Base,
        _: Word,
        _: *const [Handler2; 256],
    ) {
    }

    /// Runs from `pc` until the exit instruction.
    ///
    /// # Safety
    /// `pc` is a state of this VM's own making.
    pub unsafe fn run(vm: *mut Vm, pc: Pc) {
        // SAFETY: by contract.
        unsafe { dispatch!(vm, pc, &raw const TABLE) }
    }
}

#[cfg(feature = "loop-dispatch")]
mod back_end {
    use super::*;

    macro_rules! looped {
        ($( $(#[doc = $doc:literal])* $name:ident [$($kind:ident)*] $words:literal =>
            $hot_mod:ident::$hot:ident
            $(| $cold_mod:ident::$cold:ident $(, $apart_mod:ident::$apart:ident)?)?; )*) => {
            /// Runs from `pc` until the exit instruction.
            ///
            /// # Safety
            /// `pc` is a state of this VM's own making.
            pub unsafe fn run(vm: *mut Vm, mut pc: Pc) {
                use crate::code::op::Op;
                loop {
                    // SAFETY: I3.
                    unsafe {
                        let word = *pc.ip;
                        let ip = pc.ip.add(1);
                        let base = pc.base;
                        pc = match word::op(word) {
                            $(
                                op if op == Op::$name as u8 => {
                                    let pc = $hot_mod::$hot(vm, ip, base, word);
                                    $($( let pc = match pc.ip == Pc::APART.ip {
                                        true => $apart_mod::$apart(vm, ip, base, word),
                                        false => pc,
                                    }; )?)?
                                    $(
                                        if pc.ip.is_null() {
                                            (*vm).leave_registers(ip, base);
                                            $cold_mod::$cold(vm, ip, base, word)
                                        } else
                                    )?
                                    { pc }
                                }
                            )*
                            _ => return,
                        };
                    }
                }
            }
        };
    }
    for_each_op!(looped);
}

pub use back_end::run;

/// Op byte of a word, for code that looks back at the instruction behind an `ip`.
#[inline(always)]
pub fn op_of(instruction: Word) -> u8 {
    word::op(instruction)
}
