//! Linked code: a `Code` made ready for one namespace.
//!
//! The words are copied, because their cache words are written; constants have become values,
//! names interned strings. All that happens when a function of the code is first called: until
//! then there are no words (`is_linked`).

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
    pub unsafe fn init(
        this: *mut CodeObject,
        code: Arc<Code>,
        globals: Option<Gc<Dict>>,
        builtins: Gc<Dict>,
    ) {
        // SAFETY: by contract.
        unsafe {
            (&raw mut (*this).code).write(code);
            (&raw mut (*this).words).write(Default::default());
            (&raw mut (*this).consts).write(Default::default());
            (&raw mut (*this).names).write(Default::default());
            (&raw mut (*this).children).write(Default::default());
            (&raw mut (*this).params).write(Default::default());
            (&raw mut (*this).globals).write(Cell::new(globals));
            (&raw mut (*this).builtins).write(builtins);
        }
    }

    /// # Safety
    /// `this` is not linked, and nothing borrows from it.
    pub unsafe fn fill(
        this: *mut CodeObject,
        consts: Box<[Value]>,
        names: Box<[Gc<Str>]>,
        params: Box<[Gc<Str>]>,
    ) {
        // SAFETY: by contract.
        unsafe {
            let code: &Arc<Code> = &(*this).code;
            let words = code.words.clone().into_boxed_slice();
            let children = code.codes.iter().map(|_| Cell::new(None)).collect();
            (*this).words = UnsafeCell::new(words);
            (*this).children = children;
            (*this).consts = consts;
            (*this).names = names;
            (*this).params = params;
        }
    }

    pub fn is_linked(&self) -> bool {
        self.word_count() > 0
    }

    /// The first word; the machine reads and writes through it.
    #[inline(always)]
    pub fn words(&self) -> *mut Word {
        // SAFETY: the box is replaced once, before anything runs in it.
        unsafe { (*self.words.get()).as_mut_ptr() }
    }

    /// How many words there are; none before the code is linked.
    pub fn word_count(&self) -> usize {
        // SAFETY: as above.
        unsafe { (&*self.words.get()).len() }
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
            let bytes = (*this).word_count() * 8;
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
