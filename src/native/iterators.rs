//! Built-in iterators: `enumerate`, `zip`, `map`, `filter`, `reversed`, and `__next__` of all.
//!
//! The machine steps an iterator by itself while everything underneath is plain (`vm/iter.rs`).
//! `__next__` here also does the steps that call code of the program, each as a wish with a
//! continuation. Where such steps could follow each other without code of the program between
//! them (natives under natives), the door takes the turn, so that Rust's stack stays flat.

use super::list::{reverse_iter, same};
use super::object::{derive, new_class};
use super::{TypeDef, method, static_method};
use crate::gc::Gc;
use crate::plain::int::Int;
use crate::value::frame::state;
use crate::value::iter::EXHAUSTED;
use crate::value::{
    ByteArray, Bytes, Class, Dict, Frame, Iter, IterKind, List, Range, Set, Str, T, Tuple, Value,
};
use crate::vm::{Args, Cx, Def, Flow, Outcome, Step, Stop};

macro_rules! protocol {
    ($($more:expr),*) => {
        &[
            method("__iter__(self, /)", "Implement iter(self).", iter_self),
            method("__next__(self, /)", "Implement next(self).", next),
            $($more,)*
        ]
    };
}

macro_rules! hinted {
    ($($name:ident $id:ident;)*) => {
        $(static $name: TypeDef = TypeDef {
            id: T::$id,
            doc: "",
            methods: protocol![method(
                "__length_hint__(self, /)",
                "Private method returning an estimate of len(list(it)).",
                length_hint
            )],
            getsets: &[],
        };)*

        /// Iterators that programs only get from built-in values.
        pub static PLAIN: &[&TypeDef] = &[$(&$name,)* &CALLABLE];
    };
}

hinted! {
    RANGE RangeIter;
    LIST ListIter;
    LIST_REVERSE ListReverseIter;
    TUPLE TupleIter;
    STR StrIter;
    BYTES BytesIter;
    BYTEARRAY ByteArrayIter;
    DICT_KEY DictKeyIter;
    DICT_VALUE DictValueIter;
    DICT_ITEM DictItemIter;
    DICT_REVERSE_KEY DictReverseKeyIter;
    DICT_REVERSE_VALUE DictReverseValueIter;
    DICT_REVERSE_ITEM DictReverseItemIter;
    SET SetIter;
    SEQUENCE SequenceIter;
}

static CALLABLE: TypeDef =
    TypeDef { id: T::CallableIter, doc: "", methods: protocol![], getsets: &[] };

pub static REVERSED: TypeDef = TypeDef {
    id: T::Reversed,
    doc: "Return a reverse iterator over the values of the given sequence.",
    methods: protocol![
        static_method("__new__(cls, sequence, /)", "Create and return a new object.", new_reversed),
        method(
            "__length_hint__(self, /)",
            "Private method returning an estimate of len(list(it)).",
            length_hint
        )
    ],
    getsets: &[],
};

pub static ENUMERATE: TypeDef = TypeDef {
    id: T::Enumerate,
    doc: "Return an enumerate object.\n\n  iterable\n    an object supporting iteration\n\nThe \
          enumerate object yields pairs containing a count (from start, which\ndefaults to zero) \
          and a value yielded by the iterable argument.\n\nenumerate is useful for obtaining an \
          indexed list:\n    (0, seq[0]), (1, seq[1]), (2, seq[2]), ...",
    methods: protocol![static_method(
        "__new__(cls, iterable, start=0)",
        "Create and return a new object.",
        new_enumerate
    )],
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
    methods: protocol![static_method(
        "__new__(cls, *iterables, strict=False)",
        "Create and return a new object.",
        new_zip
    )],
    getsets: &[],
};

pub static MAP: TypeDef = TypeDef {
    id: T::Map,
    doc: "Make an iterator that computes the function using arguments from\neach of the \
          iterables.  Stops when the shortest iterable is exhausted.",
    methods: protocol![static_method(
        "__new__(cls, /, *args)",
        "Create and return a new object.",
        new_map
    )],
    getsets: &[],
};

pub static FILTER: TypeDef = TypeDef {
    id: T::Filter,
    doc: "Return an iterator yielding those items of iterable for which function(item)\nis true. \
          If function is None, return the items that are true.",
    methods: protocol![static_method(
        "__new__(cls, function, iterable, /)",
        "Create and return a new object.",
        new_filter
    )],
    getsets: &[],
};

/// For the prelude.
pub static HOOKS: &[Def] = &[
    super::function(
        "_map_parts(iterable, /)",
        "The function and the source of a map or filter object.",
        map_parts,
    ),
    super::function(
        "_is_builtin_iterator(iterator, /)",
        "Is the iterator one of these?",
        |cx, args| Ok(Value::bool(cx.arg(args, 0).is::<Iter>())),
    ),
];

// ---- making them

/// `iter(value)` at once; a program's `__iter__` is called through the door.
fn iter_now(cx: &mut Cx, value: Value) -> Result<Value, Stop> {
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
fn iterators(cx: &mut Cx, args: Args, from: usize) -> Result<Gc<List>, Stop> {
    let sources = cx.list(Vec::with_capacity(args.len().saturating_sub(from)));
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

fn iter_self(cx: &mut Cx, args: Args) -> Flow {
    Ok(cx.arg(args, 0).value())
}

fn this_iter(cx: &Cx, args: Args) -> Result<Gc<Iter>, Stop> {
    let value = cx.arg(args, 0).value();
    cx.unwrap(value).cast::<Iter>().ok_or_else(|| {
        let name = cx.type_name(value);
        cx.type_error(&format!("descriptor '__next__' doesn't apply to a '{name}' object"))
    })
}

fn next(cx: &mut Cx, args: Args) -> Flow {
    let iter = this_iter(cx, args)?;
    match cx.step(iter) {
        Step::Item(item) => Ok(item),
        Step::End => stop(cx),
        Step::Raised => Err(Stop::Raised),
        Step::Code => next_by_code(cx, iter),
    }
}

fn stop(cx: &Cx) -> Flow {
    Err(cx.error_with(T::StopIteration, &[]))
}

fn next_by_code(cx: &mut Cx, iter: Gc<Iter>) -> Flow {
    let this = Value::object(iter);
    let state = [this, Value::NONE, Value::NONE];
    match iter.kind {
        IterKind::Callable => cx.call_then(iter.a.get(), &[], callable_answered, state),
        IterKind::Sequence | IterKind::SequenceReverse => next_of_sequence(cx, iter),
        IterKind::Enumerate => match pull(cx, iter.a.get(), enumerate_pulled, state, false)? {
            Some(item) => count(cx, iter, item),
            None => stop(cx),
        },
        IterKind::Zip => {
            let items = Value::object(cx.list(Vec::new()));
            next_of_zip(cx, [this, items, Value::int(-1)])
        }
        IterKind::Map => {
            let items = Value::object(cx.list(Vec::new()));
            next_of_map(cx, [this, items, Value::NONE])
        }
        IterKind::Filter => next_of_filter(cx, iter, false),
        _ => stop(cx),
    }
}

/// The iterator in a continuation's state.
fn in_state(cx: &Cx, value: Value) -> Result<Gc<Iter>, Stop> {
    value.cast::<Iter>().ok_or_else(|| cx.error(T::SystemError, "an iterator was lost"))
}

/// The next item of a source: None at its end. `Err` may be a wish, whose outcome goes to `run`,
/// or with `door` is not.
fn pull(
    cx: &mut Cx,
    source: Value,
    run: fn(&mut Cx, [Value; 3], Outcome) -> Flow,
    state: [Value; 3],
    door: bool,
) -> Result<Option<Value>, Stop> {
    if let Some(iter) = source.cast::<Iter>() {
        match cx.step(iter) {
            Step::Item(item) => return Ok(Some(item)),
            Step::End => return Ok(None),
            Step::Raised => return Err(Stop::Raised),
            Step::Code => {}
        }
    }
    if let Some(frame) = source.cast::<Frame>()
        && frame.kind() == state::GENERATOR
        && !door
    {
        return cx.resume_then(frame, Value::NONE, run, state).map(Some);
    }
    let Some(method) = cx.special(source, cx.vm().names.__next__)? else {
        let text = format!("'{}' object is not an iterator", cx.type_name(source));
        return Err(cx.type_error(&text));
    };
    if door {
        let outcome = cx.scope(|cx| {
            for value in state {
                cx.root(value);
            }
            cx.call(method, &[])
        });
        return pulled(cx, outcome);
    }
    cx.call_then(method, &[], run, state).map(Some)
}

/// What a source's `__next__` said: None at its end.
fn pulled(cx: &mut Cx, outcome: Outcome) -> Result<Option<Value>, Stop> {
    match outcome {
        Ok(item) => Ok(Some(item)),
        Err(Stop::Raised) if cx.pending_is(T::StopIteration) => {
            cx.take_exception();
            Ok(None)
        }
        Err(stop) => Err(stop),
    }
}

/// After so many sources in a row the door takes over (see the head of the file).
const MANY: usize = 8;

// ---- iter(callable, sentinel)

fn callable_answered(cx: &mut Cx, [this, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let iter = in_state(cx, this)?;
    match outcome {
        Ok(value) => {
            if iter.header.flags & EXHAUSTED != 0 {
                return stop(cx);
            }
            let over = cx.scope(|cx| {
                cx.root(this);
                cx.root(value);
                same(cx, iter.b.get(), value)
            })?;
            if over {
                cx.finish_iter(iter);
                return stop(cx);
            }
            Ok(value)
        }
        Err(stop) => {
            if cx.pending_is(T::StopIteration) {
                cx.finish_iter(iter);
            }
            Err(stop)
        }
    }
}

// ---- __getitem__

fn next_of_sequence(cx: &mut Cx, iter: Gc<Iter>) -> Flow {
    let (sequence, at) = (iter.a.get(), iter.at.get());
    if at < 0 {
        cx.finish_iter(iter);
        return stop(cx);
    }
    let key = cx.int(at);
    let Some(method) = cx.special(sequence, cx.vm().names.__getitem__)? else {
        let text = format!("'{}' object is not subscriptable", cx.type_name(sequence));
        return Err(cx.type_error(&text));
    };
    cx.call_then(method, &[key], item_got, [Value::object(iter), Value::NONE, Value::NONE])
}

fn item_got(cx: &mut Cx, [this, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let iter = in_state(cx, this)?;
    match outcome {
        Ok(item) => {
            let by = if iter.kind == IterKind::Sequence { 1 } else { -1 };
            iter.at.set(iter.at.get() + by);
            Ok(item)
        }
        Err(Stop::Raised) if cx.pending_is(T::IndexError) || cx.pending_is(T::StopIteration) => {
            cx.take_exception();
            cx.finish_iter(iter);
            stop(cx)
        }
        Err(stop) => Err(stop),
    }
}

// ---- enumerate

fn enumerate_pulled(cx: &mut Cx, [this, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let iter = in_state(cx, this)?;
    match pulled(cx, outcome)? {
        Some(item) => count(cx, iter, item),
        None => stop(cx),
    }
}

fn count(cx: &mut Cx, iter: Gc<Iter>, item: Value) -> Flow {
    let at = iter.at.get();
    let mut number = cx.int(at);
    if let Some(big) = cx.integer(iter.b.get()) {
        number = iter.b.get();
        let next = cx.big_int(big.into_big() + dashu_int::IBig::ONE);
        iter.b.set(next);
    } else {
        iter.at.set(at + 1);
    }
    Ok(Value::object(cx.tuple(&[number, item])))
}

// ---- zip

/// State: the iterator, the items so far, and -1, or with `strict` and the first source at its
/// end, which of the others is asked whether it is at its end too.
fn next_of_zip(cx: &mut Cx, mut state: [Value; 3]) -> Flow {
    let iter = in_state(cx, state[0])?;
    let (Some(sources), Some(items)) = (iter.a.get().cast::<List>(), state[1].cast::<List>())
    else {
        return stop(cx);
    };
    loop {
        let checking = state[2].as_int().unwrap_or(-1);
        let at = if checking < 0 { items.len() } else { checking as usize };
        let Some(source) = sources.get(at) else {
            if checking >= 0 || sources.is_empty() {
                return stop(cx);
            }
            let tuple = items.edit(|items| cx.tuple(items));
            return Ok(Value::object(tuple));
        };
        let item = pull(cx, source, zip_pulled, state, at >= MANY)?;
        if let Some(end) = zip_take(cx, iter, &mut state, item) {
            return end;
        }
    }
}

/// Adds an item; the result if that is the end of the step.
fn zip_take(cx: &Cx, iter: Gc<Iter>, state: &mut [Value; 3], item: Option<Value>) -> Option<Flow> {
    let items = state[1].cast::<List>()?;
    let checking = state[2].as_int().unwrap_or(-1);
    let strict = iter.b.get() == Value::TRUE;
    let which = |n: usize| if n == 1 { " 1".to_string() } else { format!("s 1-{n}") };
    match item {
        Some(_) if checking >= 0 => {
            let n = checking as usize;
            let text = format!("zip() argument {} is longer than argument{}", n + 1, which(n));
            Some(Err(cx.value_error(&text)))
        }
        None if checking >= 0 => {
            state[2] = Value::int(checking + 1);
            None
        }
        Some(item) => {
            items.push(item);
            None
        }
        None if !strict => Some(stop(cx)),
        None if items.is_empty() => {
            state[2] = Value::int(1);
            None
        }
        None => {
            let n = items.len();
            let text = format!("zip() argument {} is shorter than argument{}", n + 1, which(n));
            Some(Err(cx.value_error(&text)))
        }
    }
}

fn zip_pulled(cx: &mut Cx, mut state: [Value; 3], outcome: Outcome) -> Flow {
    let iter = in_state(cx, state[0])?;
    let item = pulled(cx, outcome)?;
    match zip_take(cx, iter, &mut state, item) {
        Some(end) => end,
        None => next_of_zip(cx, state),
    }
}

// ---- map

fn next_of_map(cx: &mut Cx, state: [Value; 3]) -> Flow {
    let iter = in_state(cx, state[0])?;
    let (Some(sources), Some(items)) = (iter.b.get().cast::<List>(), state[1].cast::<List>())
    else {
        return stop(cx);
    };
    while let Some(source) = sources.get(items.len()) {
        let many = items.len() >= MANY;
        match pull(cx, source, map_pulled, state, many)? {
            Some(item) => items.push(item),
            None => return stop(cx),
        };
    }
    let args = items.to_vec();
    cx.tail(iter.a.get(), &args)
}

fn map_pulled(cx: &mut Cx, state: [Value; 3], outcome: Outcome) -> Flow {
    match (pulled(cx, outcome)?, state[1].cast::<List>()) {
        (Some(item), Some(items)) => {
            items.push(item);
            next_of_map(cx, state)
        }
        _ => stop(cx),
    }
}

// ---- filter

/// Looks for the next item that passes. `again`: one was turned down already.
fn next_of_filter(cx: &mut Cx, iter: Gc<Iter>, again: bool) -> Flow {
    let mut door = again && !iter.b.get().is::<Frame>();
    let mut rounds = 0u32;
    loop {
        let state = [Value::object(iter), Value::NONE, Value::NONE];
        let Some(item) = pull(cx, iter.b.get(), filter_pulled, state, door)? else {
            return stop(cx);
        };
        match test(cx, iter, item)? {
            true => return Ok(item),
            false => door = !iter.b.get().is::<Frame>(),
        }
        rounds = rounds.wrapping_add(1);
        if rounds.is_multiple_of(1024) {
            cx.check_interrupt()?;
        }
    }
}

fn filter_pulled(cx: &mut Cx, [this, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let iter = in_state(cx, this)?;
    let Some(item) = pulled(cx, outcome)? else { return stop(cx) };
    if test(cx, iter, item)? { Ok(item) } else { next_of_filter(cx, iter, true) }
}

/// Does an item pass? `Err` may be a wish, whose outcome goes to `tested`.
fn test(cx: &mut Cx, iter: Gc<Iter>, item: Value) -> Result<bool, Stop> {
    let function = iter.a.get();
    if function.is_none() || function == cx.type_object(T::Bool) {
        return cx.scope(|cx| {
            cx.root(Value::object(iter));
            cx.root(item);
            cx.truth(item)
        });
    }
    if is_language(function) {
        let state = [Value::object(iter), item, Value::NONE];
        return Err(match cx.call_then(function, &[item], tested, state) {
            Err(stop) => stop,
            Ok(_) => Stop::Raised,
        });
    }
    cx.scope(|cx| {
        cx.root(Value::object(iter));
        cx.root(item);
        let answer = cx.call(function, &[item])?;
        cx.root(answer);
        cx.truth(answer)
    })
}

/// Does calling it leave Rust's stack at once?
fn is_language(function: Value) -> bool {
    let function =
        function.cast::<crate::value::BoundMethod>().map_or(function, |method| method.func.get());
    function.is::<crate::value::Function>()
}

fn tested(cx: &mut Cx, [this, item, _]: [Value; 3], outcome: Outcome) -> Flow {
    let iter = in_state(cx, this)?;
    let answer = outcome?;
    let passes = cx.scope(|cx| {
        cx.root(this);
        cx.root(item);
        cx.truth(answer)
    })?;
    if passes { Ok(item) } else { next_of_filter(cx, iter, true) }
}

// ---- length hints

fn length_hint(cx: &mut Cx, args: Args) -> Flow {
    let iter = this_iter(cx, args)?;
    Ok(cx.int(remaining(cx, iter).max(0)))
}

fn remaining(cx: &Cx, iter: Gc<Iter>) -> i64 {
    if iter.header.flags & EXHAUSTED != 0 {
        return 0;
    }
    let (source, at) = (iter.a.get(), iter.at.get());
    let of = |len: usize| len as i64 - at;
    match iter.kind {
        IterKind::Range => {
            let parts = (source.as_int(), iter.b.get().as_int());
            let (Some(stop), Some(step)) = parts else { return 0 };
            let distance = if step > 0 { stop - at } else { at - stop };
            if distance > 0 { (distance - 1) / step.abs() + 1 } else { 0 }
        }
        IterKind::BigRange => source
            .cast::<Range>()
            .and_then(|range| i64::try_from(cx.range_len(range)).ok())
            .map_or(i64::MAX, |len| len - at),
        IterKind::List => source.cast::<List>().map_or(0, |list| of(list.len())),
        IterKind::ListReverse => {
            source.cast::<List>().map_or(0, |l| if at < l.len() as i64 { at + 1 } else { 0 })
        }
        IterKind::Tuple => source.cast::<Tuple>().map_or(0, |tuple| of(tuple.len())),
        IterKind::Bytes => source.cast::<Bytes>().map_or(0, |bytes| of(bytes.as_slice().len())),
        IterKind::ByteArray => source.cast::<ByteArray>().map_or(0, |b| of(b.edit(|d| d.len()))),
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
            if dict.len() as u32 != iter.guard.get() {
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
