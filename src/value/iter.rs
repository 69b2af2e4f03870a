//! Built-in iterators: a source, a position, and how to advance.

use std::cell::Cell;

use super::Value;
use super::kind::trace_cells;
use crate::gc::Header;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum IterKind {
    /// Integers `at`, `at + b`, … before `a`; all inline.
    Range,
    /// A range with an end that is no inline integer.
    BigRange,
    List,
    ListReverse,
    Tuple,
    Str,
    Bytes,
    ByteArray,
    Memory,
    DictKeys,
    DictValues,
    DictItems,
    DictKeysReverse,
    DictValuesReverse,
    DictItemsReverse,
    Set,
    /// `iter(callable, sentinel)`: a = callable, b = sentinel.
    Callable,
    /// `__getitem__` from 0 until IndexError: a = the object.
    Sequence,
    /// `__getitem__` downwards (`reversed`).
    SequenceReverse,
    /// a = iterator, `at` counts.
    Enumerate,
    /// a = list of iterators.
    Zip,
    /// a = function, b = list of iterators.
    Map,
    /// a = function, b = iterator.
    Filter,
}

/// `header.flags` of an exhausted iterator.
pub const EXHAUSTED: u8 = 1;

#[repr(C)]
pub struct Iter {
    pub header: Header,
    pub at: Cell<i64>,
    /// What is iterated; UNDEF once exhausted.
    pub a: Cell<Value>,
    pub b: Cell<Value>,
    pub kind: IterKind,
    /// Length or version at the start, to notice changes.
    pub guard: Cell<u32>,
}
trace_cells!(Iter: a, b);

/// A step of an async generator, waiting to be awaited.
#[repr(C)]
pub struct AsyncOp {
    pub header: Header,
    /// The async generator.
    pub frame: Cell<Value>,
    /// What is sent or thrown; UNDEF once the step was taken.
    pub value: Cell<Value>,
    /// The coroutine that awaits it when it is driven by hand, or UNDEF.
    pub driver: Cell<Value>,
    pub throws: bool,
}
trace_cells!(AsyncOp: frame, value, driver);
