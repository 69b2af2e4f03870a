//! The table of heap object kinds: one row per type that the collector can meet.
//!
//! A row makes the tag, the `HeapType` impl and the collector's entry; the object files supply
//! `trace` and, where something is owned outside the heap, `release`.

use super::*;
use crate::gc::{Gc, Header, HeapType, KindInfo, Marker};

/// What an object file provides for the collector.
pub trait Object: HeapType + Sized {
    /// Marks everything `self` refers to.
    fn trace(&self, marker: &mut Tracer<'_>);

    /// Does the type own memory outside the heap?
    const OWNS: bool = false;

    /// Unless zero: only objects with one of these header flags own anything.
    const OWNS_FLAGS: u8 = 0;

    /// Drops what is owned outside the heap; returns its size in bytes.
    ///
    /// # Safety
    /// Called once, on a dead object.
    unsafe fn release(_this: *mut Self) -> usize {
        0
    }
}

/// What `trace` sees of the marker: safe, because every reference in a live object is valid.
pub struct Tracer<'a>(&'a mut Marker);

impl<'a> Tracer<'a> {
    pub fn new(marker: &'a mut Marker) -> Tracer<'a> {
        Tracer(marker)
    }

    #[inline(always)]
    pub fn value(&mut self, value: Value) {
        if value.is_object() {
            // SAFETY: I2, what a live object or a root refers to is a cell of this heap.
            unsafe { self.0.mark(value.header_unchecked()) }
        }
    }

    #[inline(always)]
    pub fn object<T>(&mut self, object: Gc<T>) {
        // SAFETY: as above.
        unsafe { self.0.mark(object.header()) }
    }

    pub fn maybe<T>(&mut self, object: Option<Gc<T>>) {
        if let Some(object) = object {
            self.object(object);
        }
    }

    /// Was the value reached in this cycle? What is no object always was.
    pub fn is_marked(&self, value: Value) -> bool {
        // SAFETY: as above; the caller asks before anything is swept.
        !value.is_object() || unsafe { self.0.is_marked(value.header_unchecked()) }
    }

    pub fn external(&mut self, bytes: usize) {
        self.0.external(bytes);
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Kind {
            /// A cell that holds nothing.
            Free,
            $($(#[$doc])* $name,)*
        }

        $(
            // SAFETY: every type named here is `repr(C)` and starts with a `Header`; `Space`
            // is the only place that allocates it, with this kind.
            unsafe impl HeapType for $name {
                const KIND: u8 = Kind::$name as u8;
            }
        )*

        unsafe fn trace_free(_: *mut Header, _: &mut Marker) {}

        pub static KINDS: &[KindInfo] = &[
            KindInfo { name: "Free", trace: trace_free, drop: None, drop_flags: 0 },
            $(KindInfo {
                name: stringify!($name),
                trace: {
                    unsafe fn trace(object: *mut Header, marker: &mut Marker) {
                        // SAFETY: the header says this kind.
                        unsafe { (*(object as *const $name)).trace(&mut Tracer(marker)) }
                    }
                    trace
                },
                drop: if <$name as Object>::OWNS {
                    unsafe fn release(object: *mut Header) -> usize {
                        // SAFETY: as above; the collector drops a dead object once.
                        unsafe { <$name as Object>::release(object.cast()) }
                    }
                    Some(release)
                } else {
                    None
                },
                drop_flags: <$name as Object>::OWNS_FLAGS,
            },)*
        ];
    };
}

kinds! {
    Str
    /// Growing storage shared by the results of repeated concatenation.
    StrBuffer
    BigInt
    Complex
    Bytes
    ByteArray
    MemoryView
    List
    Deque
    Tuple
    Dict
    /// `set` and `frozenset`.
    Set
    Range
    Slice
    /// A captured variable, or a module global. Never a first-class value.
    Cell
    Function
    Native
    BoundMethod
    Class
    Instance
    /// Attributes of an object beyond its inline slots. Never a first-class value.
    Slots
    Module
    Exception
    Traceback
    /// A frame as programs see it.
    FrameView
    /// Activation of a generator, coroutine or async generator; it is that object.
    Frame
    CodeObject
    /// Built-in iterators.
    Iter
    DictView
    Property
    StaticMethod
    ClassMethod
    /// A slot of a class with `__slots__`, or an attribute that a native type computes.
    Member
    Super
    MappingProxy
    Union
    GenericAlias
    /// An object that carries a Rust value (a file).
    Resource
    /// An object of a native type that is made of a few values.
    Record
    /// What `asend`, `athrow` and `__anext__` of an async generator return.
    AsyncOp
    /// A reference that does not keep alive.
    Weak
    Future
    Task
    Gathering
    /// A coroutine that is a native.
    Wait
    /// A lock, an event or a semaphore.
    Primitive
    Timeout
    /// What a task group is based on.
    Group
    Queue
    /// A scheduled callback.
    Handle
    EventLoop
}

/// Implements `Object` for a type whose references are all plain `Value` cells.
macro_rules! trace_cells {
    ($name:ident: $($field:ident),*) => {
        impl $crate::value::kind::Object for $name {
            fn trace(&self, marker: &mut $crate::value::kind::Tracer<'_>) {
                $(marker.value(self.$field.get());)*
            }
        }
    };
}
pub(crate) use trace_cells;
