//! Activations: the header in front of the registers, and the heap frame that owns them.
//!
//! `base` points at register 0. In front of it stand, in a window of the stack as in a frame:
//!
//! ```text
//!   base[-4] function   base[-3] return ip   base[-2] caller's base   base[-1] info
//! ```
//!
//! The raw words read as tiny floats, so the collector passes over them. The info word:
//!
//! ```text
//!   kind:8 | flags:8 | destination register:16 | depth:32
//! ```
//!
//! A frame is the activation of a generator, coroutine or async generator, and that object:
//!
//! ```text
//!   Header | root | link | function | return ip | caller's base | info | registers…
//! ```
//!
//! While a frame runs, `link` is where windows of its calls go (null until it makes one); while a root is suspended, `link`
//! is the base of the innermost frame it delegates to (its own base without delegation), and
//! the root's return ip is that frame's resume address.

use super::kind::{Object, Tracer};
use super::{BoundMethod, Function, Value};
use crate::code::op::Word;
use crate::gc::{Gc, Header};

/// Words in front of register 0.
pub const FUNCTION: isize = -4;
pub const RETURN_IP: isize = -3;
pub const CALLER: isize = -2;
pub const INFO: isize = -1;
/// In frames only.
pub const LINK: isize = -5;
pub const ROOT: isize = -6;

pub const DEPTH_ONE: u64 = 1 << 32;
pub const DEPTH_MASK: u64 = 0xFFFF_FFFF << 32;
/// The bits of an info word that an instruction's field a supplies.
pub const DST_MASK: u64 = 0xFFFF << 16;

/// Of a frame that another one awaits: an exception was thrown in below it.
pub const THROWN: u64 = 1 << 8;

/// Who is waiting for an activation to end, and what becomes of its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Ret {
    /// The result goes to the destination register of the caller.
    Plain = 0,
    /// The result is dropped.
    Discard,
    /// The same, after which the instruction behind `return ip` runs again: a safepoint made the call.
    Again,
    /// The result is a tuple; its items go to the destination register and the ones after it.
    Spread,
    /// `__init__`: must return None; the instance at `base[-5]` goes to the destination.
    Init,
    /// A binary operator's method: NotImplemented moves on to the next candidate.
    Binary,
    /// A comparison's method.
    Compare,
    /// The truth of the result decides the jump at `return ip - 1`.
    Branch,
    /// The truth of the result is stored; flag 1 negates it.
    Truth,
    /// `__next__` called by `ForIter`.
    Next,
    /// A native continues; its state is below the header (see `call::Continuation`).
    Native,
    /// Rust called through the door and waits.
    Door,
    /// A frame resumed by `ForIter`: a yield stores and jumps back.
    ForFrame,
    /// A frame resumed by `next`, `send` or `throw`.
    Resume,
    /// The coroutine of a task, stepped by a loop.
    Task,
    /// As `Resume`, for a native: its continuation gets what is yielded.
    ResumeNative,
    /// A frame that another one delegates to (`yield from`, `await`).
    Delegate,
    /// An async generator stepped by `await`: what it yields is the result.
    AsyncStep,
    /// The result is to be awaited.
    Await,
    /// The result (of `__await__`) is to be delegated to.
    DelegateTo,
    /// `__getattribute__`: AttributeError moves on to `__getattr__`.
    GetAttr,
    /// Somebody has a view of the activation (`vm/watch.rs`), which knows who waits.
    Watched,
}

/// Where in its caller's code the activation at `base` began: behind an instruction.
///
/// # Safety
/// An activation, with what its info word says of who waits for it.
pub unsafe fn called_from(base: *const Value, info: u64) -> *const Word {
    // SAFETY: by contract.
    unsafe {
        let ip = (*base.offset(RETURN_IP)).bits() as *const Word;
        if info as u8 == Ret::Again as u8 { ip.add(1) } else { ip }
    }
}

/// `header.flags` of a frame: its state …
pub mod state {
    pub const CREATED: u8 = 0;
    pub const SUSPENDED: u8 = 1;
    pub const RUNNING: u8 = 2;
    pub const FINISHED: u8 = 3;
    pub const MASK: u8 = 3;
    /// … whether a program may hold a reference to it (else a return frees a coroutine at once,
    /// and a loop that is left early closes a generator) …
    pub const EXPOSED: u8 = 4;
    /// … whether it, or what it delegates to, may be handling exceptions (`vm/handling.rs`) …
    pub const HANDLING: u8 = 8;
    /// … and what it is.
    pub const GENERATOR: u8 = 0;
    pub const COROUTINE: u8 = 16;
    pub const ASYNC_GENERATOR: u8 = 32;
    pub const KIND: u8 = 48;
    /// A generator that may be awaited (`types.coroutine`).
    pub const ITERABLE_COROUTINE: u8 = 64;
    /// An async generator that `aclose()` has been asked of; any other frame while the task that
    /// it is the coroutine of waits in one of its `await`s.
    pub const BUSY: u8 = 128;
}

#[repr(C)]
pub struct Frame {
    pub header: Header,
    /// The frame that its consumer resumes: itself, or the outermost of a chain of delegation.
    pub root: *mut Frame,
    pub link: *mut Value,
    pub function: Gc<Function>,
    pub return_ip: *const Word,
    /// Before it begins: the instruction that made it, or null.
    pub caller: *mut Value,
    pub info: u64,
}

impl Frame {
    pub const fn size(registers: usize) -> usize {
        size_of::<Frame>() + registers * size_of::<Value>()
    }

    #[inline(always)]
    pub fn base(this: *mut Frame) -> *mut Value {
        this.wrapping_add(1).cast()
    }

    #[inline(always)]
    pub fn from_base(base: *mut Value) -> *mut Frame {
        base.cast::<Frame>().wrapping_sub(1)
    }

    #[inline(always)]
    pub fn state(&self) -> u8 {
        self.header.flags & state::MASK
    }

    #[inline(always)]
    pub fn kind(&self) -> u8 {
        self.header.flags & state::KIND
    }

    /// A generator that nobody but a loop knows.
    pub fn is_owned(&self) -> bool {
        self.kind() != state::COROUTINE && self.header.flags & state::EXPOSED == 0
    }

    /// Gives a generator to the loop whose header is at `ip`, if the call in front of that has
    /// made it: any other may be known elsewhere.
    pub fn own_if_made_at(this: Gc<Frame>, ip: *const Word) {
        if this.state() == state::CREATED && this.caller.cast::<Word>().cast_const() == ip {
            Frame::own(this);
        }
    }

    /// The same for what calling `callee` gave: each call of a generator function makes a new one.
    pub fn own_if_made_by(this: Gc<Frame>, callee: Value) {
        let callee = match callee.cast::<BoundMethod>() {
            Some(method) => method.func.get(),
            None => callee,
        };
        if this.state() == state::CREATED && callee == Value::object(this.function) {
            Frame::own(this);
        }
    }

    fn own(this: Gc<Frame>) {
        if this.kind() != state::COROUTINE {
            // SAFETY: a live frame that does not run.
            unsafe { (*this.as_ptr()).header.flags &= !state::EXPOSED };
        }
    }

    /// # Safety
    /// `this` is live.
    #[inline(always)]
    pub unsafe fn set_state(this: *mut Frame, to: u8) {
        // SAFETY: by contract.
        unsafe { (*this).header.flags = (*this).header.flags & !state::MASK | to }
    }
}

impl Object for Frame {
    fn trace(&self, marker: &mut Tracer<'_>) {
        marker.object(self.function);
        if self.state() == state::FINISHED {
            return;
        }
        if !self.root.is_null() {
            // SAFETY: a root outlives what it delegates to, or has let go of it.
            marker.object(unsafe { Gc::from_raw(self.root) });
        }
        if self.state() == state::SUSPENDED && !self.link.is_null() {
            // The innermost frame of the chain; the ones between hold each other as callers.
            let mut at = Frame::from_base(self.link);
            let this: *const Frame = self;
            while !std::ptr::eq(at, this) {
                // SAFETY: a chain of suspended frames, linked by their callers' bases.
                unsafe {
                    marker.object(Gc::from_raw(at));
                    let delegated = (*at).info as u8 == Ret::Delegate as u8
                        || (*at).info as u8 == Ret::AsyncStep as u8;
                    if (*at).caller.is_null() || !delegated {
                        break;
                    }
                    at = Frame::from_base((*at).caller);
                }
            }
        }
        let base = Frame::base(self as *const Frame as *mut Frame);
        for i in 0..self.function.registers as usize {
            // SAFETY: a frame has as many registers as its function says.
            marker.value(unsafe { *base.add(i) });
        }
    }
}
