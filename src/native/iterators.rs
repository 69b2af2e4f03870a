//! Built-in iterators: `enumerate`, `zip`, `map`, `filter`, `reversed`, and `__next__` of all.
//!
//! The machine steps an iterator by itself while everything underneath is plain (`vm/iter.rs`).
//! Steps that call code of the program are in `iter_next.rs`.

use super::iter_next::{next_by_code, stop};
use super::iter_reduce::{REDUCE, SET_STATE, length, new_deque_iter, new_deque_reverse_iter};
use super::list::reverse_iter;
use super::object::{derive, new_class};
use super::{TypeDef, method, static_method};
use crate::gc::Gc;
use crate::plain::int::Int;
use crate::value::iter::EXHAUSTED;
use crate::value::{
    ByteArray, Bytes, Class, Deque, Dict, Iter, IterKind, List, MemoryView, Range, Set, Str, T,
    Tuple, Value,
};
use crate::vm::{Args, Cx, Def, Flow, Step, Stop};

/// The rows that all iterators have, and more.
macro_rules! protocol {
    ($($more:expr),*) => {
        &[
            $crate::native::method("__iter__(self, /)", "Implement iter(self).", $crate::native::iterators::iter_self),
            $crate::native::method("__next__(self, /)", "Implement next(self).", $crate::native::iterators::next),
            $($more,)*
        ]
    };
}
pub(super) use protocol;

macro_rules! hinted {
    ($($name:ident $id:ident [$($more:expr),*];)*) => {
        $(static $name: TypeDef = TypeDef {
            id: T::$id,
            doc: "",
            methods: protocol![method(
                "__length_hint__(self, /)",
                "Private method returning an estimate of len(list(it)).",
                length_hint
            ) $(, $more)*],
            getsets: &[],
        };)*

        /// Iterators that programs only get from built-in values.
        pub static PLAIN: &[&TypeDef] = &[$(&$name,)* &ODICT, &CALLABLE];
    };
}

hinted! {
    RANGE RangeIter [REDUCE, SET_STATE];
    LIST ListIter [REDUCE, SET_STATE];
    LIST_REVERSE ListReverseIter [REDUCE, SET_STATE];
    TUPLE TupleIter [REDUCE, SET_STATE];
    STR StrIter [REDUCE, SET_STATE];
    WIDE_STR WideStrIter [REDUCE, SET_STATE];
    BYTES BytesIter [REDUCE, SET_STATE];
    BYTEARRAY ByteArrayIter [REDUCE, SET_STATE];
    MEMORY MemoryIter [];
    DICT_KEY DictKeyIter [REDUCE];
    DICT_VALUE DictValueIter [REDUCE];
    DICT_ITEM DictItemIter [REDUCE];
    DICT_REVERSE_KEY DictReverseKeyIter [REDUCE];
    DICT_REVERSE_VALUE DictReverseValueIter [REDUCE];
    DICT_REVERSE_ITEM DictReverseItemIter [REDUCE];
    SET SetIter [REDUCE];
    DEQUE DequeIter [REDUCE, static_method(
        "__new__(cls, iterable, index=0, /)",
        "Create and return a new object.",
        new_deque_iter
    )];
    DEQUE_REVERSE DequeReverseIter [REDUCE, static_method(
        "__new__(cls, iterable, index=0, /)",
        "Create and return a new object.",
        new_deque_reverse_iter
    )];
    SEQUENCE SequenceIter [REDUCE, SET_STATE];
}

static ODICT: TypeDef =
    TypeDef { id: T::OdictIter, doc: "", methods: protocol![REDUCE], getsets: &[] };

static CALLABLE: TypeDef =
    TypeDef { id: T::CallableIter, doc: "", methods: protocol![REDUCE], getsets: &[] };

pub static REVERSED: TypeDef = TypeDef {
    id: T::Reversed,
    doc: "Return a reverse iterator over the values of the given sequence.",
    methods: protocol![
        static_method("__new__(cls, sequence, /)", "Create and return a new object.", new_reversed),
        method(
            "__length_hint__(self, /)",
            "Private method returning an estimate of len(list(it)).",
            length_hint
        ),
        REDUCE,
        SET_STATE
    ],
    getsets: &[],
};

pub static ENUMERATE: TypeDef = TypeDef {
    id: T::Enumerate,
    doc: "Return an enumerate object.\n\n  iterable\n    an object supporting iteration\n\nThe \
          enumerate object yields pairs containing a count (from start, which\ndefaults to zero) \
          and a value yielded by the iterable argument.\n\nenumerate is useful for obtaining an \
          indexed list:\n    (0, seq[0]), (1, seq[1]), (2, seq[2]), ...",
    methods: protocol![
        static_method(
            "__new__(cls, iterable, start=0)",
            "Create and return a new object.",
            new_enumerate
        ),
        REDUCE
    ],
    getsets: &[],
};

pub static ZIP: TypeDef = TypeDef {
    id: T::Zip,
    doc: "The zip object yields n-length tuples, where n is the number of iterables\npassed as \
          positional arguments to zip().  The i-th element in every tuple\ncomes from the i-th \
          iterable argument to zip().  This continues until the\nshortest argument is \
          exhausted.\n\nIf strict is true and one of the arguments is exhausted before the \
          others,\nraise a ValueError.\n\n   >>> list(zip('abcdefg', range(3), range(4)))\n   \
          [('a', 0, 0), ('b', 1, 1), ('c', 2, 2)]",
    methods: protocol![
        static_method(
            "__new__(cls, *iterables, strict=False)",
            "Create and return a new object.",
            new_zip
        ),
        REDUCE,
        SET_STATE
    ],
    getsets: &[],
};

pub static MAP: TypeDef = TypeDef {
    id: T::Map,
    doc: "Make an iterator that computes the function using arguments from\neach of the \
          iterables.  Stops when the shortest iterable is exhausted.",
    methods: protocol![
        static_method("__new__(cls, /, *args)", "Create and return a new object.", new_map),
        REDUCE
    ],
    getsets: &[],
};

pub static FILTER: TypeDef = TypeDef {
    id: T::Filter,
    doc: "Return an iterator yielding those items of iterable for which function(item)\nis true. \
          If function is None, return the items that are true.",
    methods: protocol![
        static_method(
            "__new__(cls, function, iterable, /)",
            "Create and return a new object.",
            new_filter
        ),
        REDUCE
    ],
    getsets: &[],
};

/// For the prelude.
pub static HOOKS: &[Def] = &[super::function(
    "_map_parts(iterable, /)",
    "The function and the source of a map or filter object.",
    map_parts,
)];

// ---- making them

/// `iter(value)` at once; a program's `__iter__` is called through the door.
pub fn iter_now(cx: &mut Cx, value: Value) -> Result<Value, Stop> {
    if let Some(iter) = cx.builtin_iter(value) {
        return Ok(iter);
    }
    let class = cx.class_of(value);
    let names = &cx.vm().names;
    let (iter, getitem, next) = (names.__iter__, names.__getitem__, names.__next__);
    if let Some(method) = cx.special(value, iter)? {
        let made = cx.call(method, &[])?;
        let class = cx.class_of(made);
        if cx.lookup(class, next).is_some() {
            return Ok(made);
        }
        let text = format!("iter() returned non-iterator of type '{}'", class.name_text());
        return Err(cx.type_error(&text));
    }
    if cx.lookup(class, iter).is_none() && cx.lookup(class, getitem).is_some() {
        let kind = IterKind::Sequence;
        return Ok(Value::object(cx.iter(T::SequenceIter, kind, value, Value::UNDEF, 0)));
    }
    Err(cx.type_error(&format!("'{}' object is not iterable", class.name_text())))
}

/// Iterators over the arguments from the `from`-th on, in a list. Call inside a `scope`.
pub fn iterators(cx: &mut Cx, args: Args, from: usize) -> Result<Gc<List>, Stop> {
    let sources = cx.list(Vec::with_capacity(args.beyond(from)));
    cx.root(Value::object(sources));
    for i in from..args.len() {
        let source = cx.arg(args, i).value();
        let iter = iter_now(cx, source)?;
        sources.push(iter);
    }
    Ok(sources)
}

fn finish_new(cx: &mut Cx, class: Gc<Class>, id: T, kind: IterKind, a: Value, b: Value) -> Flow {
    let iter = Value::object(cx.iter(id, kind, a, b, 0));
    derive(cx, class, id, iter)
}

fn new_enumerate(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Enumerate)?;
    let start = match cx.opt(args, 2).map(|v| v.value()) {
        Some(start) => cx.index(start)?,
        None => Int::Small(0),
    };
    let source = cx.arg(args, 1).value();
    let source = iter_now(cx, source)?;
    // A count that may leave 64 bits is kept as an object.
    let (at, b) = match start {
        Int::Small(at) if at < 1 << 62 => (at, Value::UNDEF),
        big => (0, cx.int_value(big)),
    };
    let iter = Value::object(cx.iter(T::Enumerate, IterKind::Enumerate, source, b, at));
    derive(cx, class, T::Enumerate, iter)
}

/// Arguments: class, `strict`, iterables.
fn new_zip(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Zip)?;
    let strict = match cx.opt(args, 1).map(|v| v.value()) {
        Some(strict) => cx.truth(strict)?,
        None => false,
    };
    let sources = cx.scope(|cx| iterators(cx, args, 2))?;
    finish_new(cx, class, T::Zip, IterKind::Zip, Value::object(sources), Value::bool(strict))
}

fn new_map(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Map)?;
    if args.len() < 3 {
        return Err(cx.type_error("map() must have at least two arguments."));
    }
    let sources = cx.scope(|cx| iterators(cx, args, 2))?;
    let function = cx.arg(args, 1).value();
    finish_new(cx, class, T::Map, IterKind::Map, function, Value::object(sources))
}

fn new_filter(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Filter)?;
    let source = cx.arg(args, 2).value();
    let source = iter_now(cx, source)?;
    let function = cx.arg(args, 1).value();
    finish_new(cx, class, T::Filter, IterKind::Filter, function, source)
}

fn new_reversed(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Reversed)?;
    let sequence = cx.arg(args, 1).value();
    if let Some(list) = sequence.cast::<List>() {
        return Ok(reverse_iter(cx, list));
    }
    let own = cx.class_of(sequence);
    let names = &cx.vm().names;
    let (reversed, getitem, len) = (names.__reversed__, names.__getitem__, names.__len__);
    if let Some(method) = cx.lookup(own, reversed) {
        return match cx.special(sequence, reversed)? {
            Some(method) => cx.tail(method, &[]),
            None => {
                let text = format!("'{}' object is not reversible", own.name_text());
                debug_assert!(method.is_none());
                Err(cx.type_error(&text))
            }
        };
    }
    if cx.lookup(own, getitem).is_none() || sequence.is::<Dict>() {
        let text = format!("'{}' object is not reversible", own.name_text());
        return Err(cx.type_error(&text));
    }
    let len = match cx.len_plain(sequence) {
        Some(len) => len as i64,
        None => match cx.special(sequence, len)? {
            Some(method) => {
                let answer = cx.call(method, &[])?;
                cx.index_i64(answer)?
            }
            None => {
                let text = format!("object of type '{}' has no len()", own.name_text());
                return Err(cx.type_error(&text));
            }
        },
    };
    let kind = IterKind::SequenceReverse;
    let sequence = cx.arg(args, 1).value();
    let iter = Value::object(cx.iter(T::Reversed, kind, sequence, Value::UNDEF, len - 1));
    derive(cx, class, T::Reversed, iter)
}

/// A map object over one source, or a filter object: `(function, source, is_map)`; None for
/// everything else. What the prelude then does with the parts is what the object would do.
fn map_parts(cx: &mut Cx, args: Args) -> Flow {
    let parts = cx.arg(args, 0).get::<Iter>().and_then(|iter| {
        if iter.header.flags & EXHAUSTED != 0 {
            return None;
        }
        match iter.kind {
            IterKind::Map => {
                let sources = iter.b.get().cast::<List>()?;
                let source = sources.get(0).filter(|_| sources.len() == 1)?;
                Some([iter.a.get(), source, Value::TRUE])
            }
            IterKind::Filter => Some([iter.a.get(), iter.b.get(), Value::FALSE]),
            _ => None,
        }
    });
    match parts {
        Some(parts) => Ok(Value::object(cx.tuple(&parts))),
        None => Ok(Value::NONE),
    }
}

// ---- the protocol

pub fn iter_self(cx: &mut Cx, args: Args) -> Flow {
    Ok(cx.arg(args, 0).value())
}

pub fn this_iter(cx: &Cx, args: Args) -> Result<Gc<Iter>, Stop> {
    let value = cx.arg(args, 0).value();
    cx.unwrap(value).cast::<Iter>().ok_or_else(|| {
        let name = cx.type_name(value);
        cx.type_error(&format!("descriptor '__next__' doesn't apply to a '{name}' object"))
    })
}

pub fn next(cx: &mut Cx, args: Args) -> Flow {
    let iter = this_iter(cx, args)?;
    match cx.step(iter) {
        Step::Item(item) => Ok(item),
        Step::End => stop(cx),
        Step::Raised => Err(Stop::Raised),
        Step::Code => next_by_code(cx, iter),
    }
}

// ---- length hints

fn length_hint(cx: &mut Cx, args: Args) -> Flow {
    let iter = this_iter(cx, args)?;
    if iter.kind == IterKind::SequenceReverse && iter.header.flags & EXHAUSTED == 0 {
        // The sequence may have become shorter.
        let (len, left) = (length(cx, iter.a.get())?, iter.at.get() + 1);
        return Ok(cx.int(if len < left { 0 } else { left }));
    }
    Ok(cx.int(remaining(cx, iter).max(0)))
}

fn remaining(cx: &Cx, iter: Gc<Iter>) -> i64 {
    if iter.header.flags & EXHAUSTED != 0 {
        return 0;
    }
    let (source, at) = (iter.a.get(), iter.at.get());
    let of = |len: usize| len as i64 - at;
    match iter.kind {
        IterKind::Range => source.as_int().unwrap_or(0),
        IterKind::BigRange => source
            .cast::<Range>()
            .and_then(|range| i64::try_from(cx.range_len(range)).ok())
            .map_or(i64::MAX, |len| len - at),
        IterKind::List => source.cast::<List>().map_or(0, |list| of(list.len())),
        IterKind::ListReverse => {
            source.cast::<List>().map_or(0, |l| if at < l.len() as i64 { at + 1 } else { 0 })
        }
        IterKind::Tuple => source.cast::<Tuple>().map_or(0, |tuple| of(tuple.len())),
        IterKind::Deque | IterKind::DequeReverse => {
            let deque = source.cast::<Deque>();
            let deque = deque.filter(|deque| deque.changes.get() == iter.guard.get());
            deque.map_or(0, |deque| of(deque.len()))
        }
        IterKind::Bytes => source.cast::<Bytes>().map_or(0, |bytes| of(bytes.as_slice().len())),
        IterKind::ByteArray => source.cast::<ByteArray>().map_or(0, |b| of(b.edit(|d| d.len()))),
        IterKind::Memory => source
            .cast::<MemoryView>()
            .and_then(|view| view.layout().shape.first().copied())
            .map_or(0, of),
        IterKind::Str => source.cast::<Str>().map_or(0, |text| {
            let rest = &text.as_bytes()[(at as usize).min(text.byte_len())..];
            // Continuation bytes are no chars of their own.
            rest.iter().filter(|&&byte| byte & 0xC0 != 0x80).count() as i64
        }),
        IterKind::Set => {
            source.cast::<Set>().filter(|s| s.len() as u32 == iter.guard.get()).map_or(0, |set| {
                let elements = set.elements();
                let rest = at as usize..elements.positions();
                rest.filter(|&position| elements.at(position).is_some()).count() as i64
            })
        }
        IterKind::Sequence => cx.len_plain(source).map_or(0, of),
        IterKind::SequenceReverse => at + 1,
        kind => {
            let Some(dict) = cx.unwrap(source).cast::<Dict>() else { return 0 };
            let ordered = iter.header.shape == T::OdictIter.shape();
            if !ordered && dict.len() as u32 != iter.guard.get() {
                return 0;
            }
            let back = matches!(
                kind,
                IterKind::DictKeysReverse
                    | IterKind::DictValuesReverse
                    | IterKind::DictItemsReverse
            );
            let places = if back { 0..at + 1 } else { at..dict.table().places() as i64 };
            places.filter(|&place| dict.entry_at(place as usize).is_some()).count() as i64
        }
    }
}
