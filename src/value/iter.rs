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
    /// a = deque; the guard counts its changes.
    Deque,
    DequeReverse,
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

    // Those of `itertools` (`vm/iter_tools.rs`). The guard of one over other iterators says that
    // those can be stepped natively; else it is WRITTEN when it is first asked for an item.
    /// `at` counts by a; once that leaves 64 bits, or is no integer, the count is in b.
    Count,
    /// a = object, `at` = how many are left, negative for endless.
    Repeat,
    /// a = iterator or None when it is exhausted, b = list of what it gave, `at` in there.
    Cycle,
    /// a = iterator over iterables, b = the current one.
    Chain,
    /// a = iterator, b = list of next, stop (or -1) and step, `at` = how many were taken.
    Slice,
    /// a = iterator, b = total, `at` = one of `stage`.
    Accumulate,
    /// a = iterator, b = the item before.
    Pairwise,
    /// a = tuple of tuples, b = list of indices and items, `at` = was there a first result?
    Product,
    /// a = tuple, b = list of indices, cycles and items, `at` as above, guard = length of results.
    Permutations,
    /// a = tuple, b = list of indices and items, `at` and guard as above.
    Combinations,
    /// As above, with repetition.
    Replacements,
    /// a = list of iterators, None for exhausted ones, b = filling, `at` = how many are left.
    ZipLongest,
    /// a = iterator, b = is the last batch to be full?, `at` = size.
    Batched,
    /// a = list: the next such list or None, the iterator, what it gave; `at` in there.
    Tee,
    /// a = function, b = list of the iterator over its arguments.
    StarMap,
    /// a = list of data and selectors, and of an item and a selector that only the program can judge.
    Compress,
    /// a = list with the places of `group`, `at` = one of `key`. The guard says that items come
    /// without the program, and are compared and have their keys found like that as long as it goes.
    GroupBy,
    /// a = the list of the `groupby`, b = the key of the group, `at` as above.
    Grouper,
    /// Always WRITTEN.
    Written,
}

/// Stages of an `Accumulate`.
pub mod stage {
    pub const EMPTY: i64 = 0;
    /// The total is to be given itself.
    pub const INITIAL: i64 = 1;
    pub const RUNNING: i64 = 2;
    /// a = list of the iterator and an item that only the program can add.
    pub const WAITING: i64 = 3;
}

/// Places of the list that a `groupby` shares with its groups; what is not there is UNDEF.
pub mod group {
    pub const SOURCE: usize = 0;
    /// The key function or None.
    pub const FUNCTION: usize = 1;
    /// The key of the group in progress.
    pub const TARGET: usize = 2;
    /// Key and value of the item that waits.
    pub const KEY: usize = 3;
    pub const VALUE: usize = 4;
    /// The group that may go on.
    pub const GROUP: usize = 5;
    /// An item whose key only the program can tell.
    pub const UNKNOWN: usize = 6;
    /// The index of an `itemgetter`.
    pub const INDEX: usize = 7;
    pub const PLACES: usize = 8;
}

/// How a `groupby` finds keys.
pub mod key {
    /// The items are their keys.
    pub const ITEM: i64 = 0;
    /// A method of str without arguments.
    pub const TEXT_METHOD: i64 = 1;
    pub const LEN: i64 = 2;
    /// `itemgetter` of an integer.
    pub const INDEX: i64 = 3;
}

/// `header.flags` of an exhausted iterator.
pub const EXHAUSTED: u8 = 1;
/// `header.flags` of an iterator whose steps are written in Sloop: b = tuple of a generator
/// function of the prelude and its argument, a = the generator once it is made. What the generator
/// must know to be made again, after an exception has ended it, it keeps in its argument.
pub const WRITTEN: u8 = 2;

#[repr(C)]
pub struct Iter {
    pub header: Header,
    pub at: Cell<i64>,
    /// What is iterated; UNDEF once exhausted. Of a range, how many are left.
    pub a: Cell<Value>,
    /// Of a range, the step.
    pub b: Cell<Value>,
    pub kind: IterKind,
    /// Length or version at the start, to notice changes.
    pub guard: Cell<u32>,
}
trace_cells!(Iter: a, b);

/// What a step of an async generator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Send,
    Throw,
    /// `aclose()`.
    Close,
    /// The throw of which that consists.
    Exit,
}

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
    pub step: Step,
}
trace_cells!(AsyncOp: frame, value, driver);

impl AsyncOp {
    /// The methods that make such a step, for messages.
    pub fn made_by(&self) -> &'static str {
        match self.step {
            Step::Send => "__anext__()/asend()",
            _ => "aclose()/athrow()",
        }
    }

    /// The method that must wait until the generator has stopped running.
    pub fn method(&self) -> &'static str {
        match self.step {
            Step::Send => "anext",
            Step::Throw | Step::Exit => "athrow",
            Step::Close => "aclose",
        }
    }
}
