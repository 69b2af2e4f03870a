//! Callables and the small objects around them.

use std::any::Any;
use std::cell::Cell as RustCell;

use super::kind::{Object, Tracer, trace_cells};
use super::wait::WaitKind;
use super::{Class, CodeObject, Dict, Value};
use crate::code::op::Word;
use crate::gc::{Gc, Header};

/// A variable that more than one activation sees, or a module global.
#[repr(C)]
pub struct Cell {
    pub header: Header,
    pub value: RustCell<Value>,
}
trace_cells!(Cell: value);

/// `Function::argc` of a function that a plain positional call cannot enter directly.
pub const NOT_SIMPLE: u16 = u16::MAX;

/// Added to `Function::argc` of a coroutine function: no call has so many arguments, but an
/// `await` of a call knows what it means.
pub const COROUTINE: u16 = 0x8000;

/// A function of the language: code, its globals, and the captured cells inline.
#[repr(C)]
pub struct Function {
    pub header: Header,
    /// First instruction; null before the first call, which links the code.
    pub start: *const Word,
    pub registers: u32,
    /// Number of arguments if exactly that many positional ones fill all parameters and a call
    /// runs in a window (no generator, no `*args`) and the code is linked; `COROUTINE` more for a
    /// coroutine function; else `NOT_SIMPLE`.
    pub argc: u16,
    pub captured: u16,
    pub code: Gc<CodeObject>,
    /// The namespace of its module.
    pub globals: Gc<Dict>,
    /// Tuple, or UNDEF.
    pub defaults: RustCell<Value>,
    /// A dict of what was given or set beyond that (`__kwdefaults__`, `__annotate__`, `__name__`,
    /// …), or UNDEF. Its attributes are a dict in there: `__dict__`.
    pub details: RustCell<Value>,
}

impl Function {
    pub const fn size(captured: usize) -> usize {
        size_of::<Function>() + captured * 8
    }

    #[inline(always)]
    pub fn cells(&self) -> *mut Gc<Cell> {
        (self as *const Function).wrapping_add(1) as *mut Gc<Cell>
    }

    pub fn cell(&self, index: usize) -> Gc<Cell> {
        assert!(index < self.captured as usize);
        // SAFETY: in range; `make::function` filled all cells.
        unsafe { *self.cells().add(index) }
    }
}

impl Object for Function {
    fn trace(&self, marker: &mut Tracer<'_>) {
        marker.object(self.code);
        marker.object(self.globals);
        marker.value(self.defaults.get());
        marker.value(self.details.get());
        for i in 0..self.captured as usize {
            marker.object(self.cell(i));
        }
    }
}

/// The address of a native's body. What it takes and returns is known one floor up, in
/// `vm/natives.rs`, which alone makes these and calls them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry(pub *const ());

/// A static declaration that a floor above has made and can recognise.
pub type Declaration = &'static (dyn Any + Send + Sync);

/// How a native is found and called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NativeKind {
    /// A function of a module.
    Function,
    /// Found on a class it binds its receiver.
    Method,
    /// Binds the class.
    ClassMethod,
    /// Never binds.
    StaticMethod,
}

#[repr(C)]
pub struct Native {
    pub header: Header,
    pub run: Entry,
    /// Fewest and most arguments that fill the first places of a purely positional call, and how
    /// many places there are with those of keywords.
    pub min: u16,
    pub max: u16,
    pub places: u16,
    pub kind: NativeKind,
    /// Surplus arguments go behind all places.
    pub variadic: bool,
    /// What it returns, if that is a native coroutine: `await` of a call may do without.
    pub waits: Option<WaitKind>,
    pub def: Declaration,
    pub signature: &'static super::Signature,
    /// The class it belongs to, or the module name (a string), or UNDEF.
    pub owner: RustCell<Value>,
}
trace_cells!(Native: owner);

#[repr(C)]
pub struct BoundMethod {
    pub header: Header,
    pub func: RustCell<Value>,
    pub this: RustCell<Value>,
}
trace_cells!(BoundMethod: func, this);

#[repr(C)]
pub struct Property {
    pub header: Header,
    pub get: RustCell<Value>,
    pub set: RustCell<Value>,
    pub delete: RustCell<Value>,
    pub doc: RustCell<Value>,
    pub name: RustCell<Value>,
    /// Is the text the getter's?
    pub getter_doc: RustCell<bool>,
}
trace_cells!(Property: get, set, delete, doc, name);

#[repr(C)]
pub struct StaticMethod {
    pub header: Header,
    pub func: RustCell<Value>,
    pub extra: RustCell<Value>,
}
trace_cells!(StaticMethod: func, extra);

#[repr(C)]
pub struct ClassMethod {
    pub header: Header,
    pub func: RustCell<Value>,
    pub extra: RustCell<Value>,
}
trace_cells!(ClassMethod: func, extra);

/// An attribute computed by natives (`getset`), a `__slots__` place, or a field of a tuple.
#[repr(C)]
pub struct Member {
    pub header: Header,
    pub name: RustCell<Value>,
    pub owner: RustCell<Value>,
    /// How a native type computes it; None for a `__slots__` place.
    pub computed: Option<Declaration>,
    /// Of a named tuple: which item of the tuple that the object derives from.
    pub item: Option<u32>,
}

impl Member {
    /// Is it a `__slots__` place?
    pub fn is_slot(&self) -> bool {
        self.computed.is_none() && self.item.is_none()
    }
}
trace_cells!(Member: name, owner);

#[repr(C)]
pub struct Super {
    pub header: Header,
    /// Lookup starts behind this class …
    pub class: RustCell<Gc<Class>>,
    /// … in the MRO of this one.
    pub start: RustCell<Gc<Class>>,
    /// What methods are bound to: an instance or a class. None while unbound.
    pub this: RustCell<Value>,
}

impl Object for Super {
    fn trace(&self, marker: &mut Tracer<'_>) {
        marker.object(self.class.get());
        marker.object(self.start.get());
        marker.value(self.this.get());
    }
}

/// A read-only view of a mapping: `cls.__dict__`.
#[repr(C)]
pub struct MappingProxy {
    pub header: Header,
    pub mapping: RustCell<Value>,
}
trace_cells!(MappingProxy: mapping);

/// `int | str`: a tuple of classes and the like, None standing as its class.
#[repr(C)]
pub struct Union {
    pub header: Header,
    pub args: RustCell<Value>,
}
trace_cells!(Union: args);

/// `list[int]`: a class and a tuple of what stood in the brackets.
#[repr(C)]
pub struct GenericAlias {
    pub header: Header,
    pub origin: RustCell<Value>,
    pub args: RustCell<Value>,
    /// `*tuple[int, str]`: stands for what it contains.
    pub is_unpacked: bool,
}
trace_cells!(GenericAlias: origin, args);
