//! Linked code: a `Code` made ready for one namespace.
//!
//! The words are copied, because their cache words are written; constants have become values,
//! names interned strings.

use std::cell::{Cell, UnsafeCell};
use std::sync::Arc;

use super::kind::{Object, Tracer};
use super::{Dict, Str, Value};
use crate::code::Code;
use crate::code::op::Word;
use crate::gc::{Gc, Header};

#[repr(C)]
pub struct CodeObject {
    pub header: Header,
    pub code: Arc<Code>,
    words: UnsafeCell<Box<[Word]>>,
    pub consts: Box<[Value]>,
    pub names: Box<[Gc<Str>]>,
    /// Nested code, linked when its function is first made.
    pub children: Box<[Cell<Option<Gc<CodeObject>>>]>,
    /// Interned names of the parameters, in register order.
    pub params: Box<[Gc<Str>]>,
    /// The namespace whose cells the words hold; None for code that no function was made of.
    pub globals: Cell<Option<Gc<Dict>>>,
    /// Where names are looked for that the namespace has not.
    pub builtins: Gc<Dict>,
}

impl CodeObject {
    /// # Safety
    /// `this` is a fresh cell.
    #[allow(clippy::too_many_arguments)] // one per field
    pub unsafe fn init(
        this: *mut CodeObject,
        code: Arc<Code>,
        consts: Box<[Value]>,
        names: Box<[Gc<Str>]>,
        params: Box<[Gc<Str>]>,
        globals: Option<Gc<Dict>>,
        builtins: Gc<Dict>,
    ) {
        let words = code.words.clone().into_boxed_slice();
        let children = code.codes.iter().map(|_| Cell::new(None)).collect();
        // SAFETY: by contract.
        unsafe {
            (&raw mut (*this).code).write(code);
            (&raw mut (*this).words).write(UnsafeCell::new(words));
            (&raw mut (*this).consts).write(consts);
            (&raw mut (*this).names).write(names);
            (&raw mut (*this).children).write(children);
            (&raw mut (*this).params).write(params);
            (&raw mut (*this).globals).write(Cell::new(globals));
            (&raw mut (*this).builtins).write(builtins);
        }
    }

    /// The first word; the machine reads and writes through it.
    #[inline(always)]
    pub fn words(&self) -> *mut Word {
        // SAFETY: the box is never replaced.
        unsafe { (*self.words.get()).as_mut_ptr() }
    }

    pub fn word_count(&self) -> usize {
        self.code.words.len()
    }

    /// Index of a word from its address.
    #[inline(always)]
    pub fn index_of(&self, ip: *const Word) -> u32 {
        ((ip as usize - self.words() as usize) / size_of::<Word>()) as u32
    }
}

impl Object for CodeObject {
    fn trace(&self, marker: &mut Tracer<'_>) {
        for &value in &self.consts {
            marker.value(value);
        }
        for &name in self.names.iter().chain(&self.params) {
            marker.object(name);
        }
        for child in &self.children {
            marker.maybe(child.get());
        }
        marker.maybe(self.globals.get());
        marker.object(self.builtins);
    }

    const OWNS: bool = true;

    unsafe fn release(this: *mut CodeObject) -> usize {
        // SAFETY: dead code, dropped once.
        unsafe {
            let code: &Arc<Code> = &(*this).code;
            let bytes = code.words.len() * 8;
            std::ptr::drop_in_place(&raw mut (*this).code);
            std::ptr::drop_in_place(&raw mut (*this).words);
            std::ptr::drop_in_place(&raw mut (*this).consts);
            std::ptr::drop_in_place(&raw mut (*this).names);
            std::ptr::drop_in_place(&raw mut (*this).children);
            std::ptr::drop_in_place(&raw mut (*this).params);
            bytes
        }
    }
}
