//! Natives: how the functions that Rust offers to scripts are declared and called.
//!
//! The object model keeps their addresses without knowing their type (`value/func.rs`); here is
//! the only place that turns one into the other.

use super::{Args, Cx, Flow};
use crate::gc::Gc;
use crate::value::func::{Entry, NativeKind};
use crate::value::wait::WaitKind;
use crate::value::{Member, Native, Value};

pub type NativeFn = fn(&mut Cx, Args) -> Flow;

/// The static declaration of a native: one row beside its body.
pub struct Def {
    pub signature: crate::value::Signature,
    pub doc: &'static str,
    pub kind: NativeKind,
    pub run: NativeFn,
    /// What it returns, if that is a native coroutine.
    pub waits: Option<WaitKind>,
    /// A special method that CPython keeps in a slot of the type.
    pub is_slot: bool,
}

pub type GetFn = fn(&mut Cx, Value) -> Flow;
pub type SetFn = fn(&mut Cx, Value, Value) -> Flow;

/// The static declaration of a computed attribute. The setter gets UNDEF for `del`.
pub struct GetSet {
    pub name: &'static str,
    pub doc: &'static str,
    pub get: GetFn,
    pub set: Option<SetFn>,
}

impl Def {
    /// The native only makes a coroutine of this kind for its arguments.
    pub const fn waiting(mut self, kind: WaitKind) -> Def {
        self.waits = Some(kind);
        self
    }

    /// The address of the body, as the object keeps it.
    pub fn entry(&self) -> Entry {
        Entry(self.run as *const ())
    }
}

/// Runs the body of a native.
#[inline(always)]
pub fn run(native: Gc<Native>, cx: &mut Cx, args: Args) -> Flow {
    // SAFETY: an `Entry` is made by `Def::entry` only.
    let body = unsafe { std::mem::transmute::<*const (), NativeFn>(native.run.0) };
    body(cx, args)
}

/// The declaration of a native.
pub fn def_of(native: Gc<Native>) -> &'static Def {
    native.def.downcast_ref().expect("natives are declared by `Def`s")
}

/// How a computed attribute is computed; None for a `__slots__` place.
pub fn getset_of(member: Gc<Member>) -> Option<&'static GetSet> {
    Some(member.computed?.downcast_ref().expect("computed attributes are declared by `GetSet`s"))
}

/// Is the native that of this very declaration?
pub fn is_native(native: Gc<Native>, def: &'static Def) -> bool {
    std::ptr::eq(def_of(native), def)
}
