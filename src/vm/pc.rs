//! Where the machine stands: the next word, and register 0 of the running activation.

use crate::code::op::Word;
use crate::value::Value;

pub type Ip = *mut Word;
pub type Base = *mut Value;

/// What a handler returns: two machine registers.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Pc {
    pub ip: Ip,
    pub base: Base,
}

impl Pc {
    /// The hot handler declines: its cold twin shall run. Nothing was changed.
    pub const DECLINE: Pc = Pc { ip: std::ptr::null_mut(), base: std::ptr::null_mut() };
    /// The hot handler declines, and the one that stands apart shall be asked before the cold one.
    pub const APART: Pc = Pc { ip: std::ptr::dangling_mut(), base: std::ptr::null_mut() };

    /// # Safety
    /// `ip` is inside code: handlers that give it need not be asked whether they declined.
    #[inline(always)]
    pub unsafe fn new(ip: Ip, base: Base) -> Pc {
        // SAFETY: code is at neither of the two addresses.
        unsafe { core::hint::assert_unchecked(!ip.is_null() && ip != Pc::APART.ip) };
        Pc { ip, base }
    }
}

/// `ip` moved by a jump offset. The empty assembly makes the arm of a taken branch impossible to
/// speculate: without it the compiler selects between two addresses, and every fetch then waits
/// for the comparison.
///
/// # Safety
/// The target is inside the code of the running activation (I3).
#[inline(always)]
pub unsafe fn taken(ip: Ip, offset: i64) -> Ip {
    // SAFETY: no effect but on the optimiser.
    unsafe {
        core::arch::asm!("", options(nomem, nostack, preserves_flags));
        ip.offset(offset as isize)
    }
}

/// Register `i` of the activation at `base`.
macro_rules! reg {
    ($base:expr, $i:expr) => {
        *$base.add($i)
    };
}
pub(crate) use reg;
