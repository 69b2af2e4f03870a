//! The module `itertools`: making its iterators, and how they go on where code must run.
//!
//! What is plain all the way down is stepped by `vm/iter_tools.rs`. Every other iterator becomes
//! WRITTEN: a generator of `stdlib/prelude_itertools.sloop` takes over from where it stands.

use super::iter_next::{in_state, stop};
use super::iterators::{iter_now, iterators, protocol, this_iter};
use super::object::{derive, new_class};
use super::tool_reduce::{REDUCE, SET_STATE};
use super::{TypeDef, class_method, function, method, static_method};
use crate::gc::Gc;
use crate::plain::MAX_BYTES;
use crate::plain::int::Int;
use crate::value::frame::state;
use crate::value::iter::{EXHAUSTED, WRITTEN, stage};
use crate::value::{Class, Dict, Frame, Iter, IterKind, List, T, Tuple, Value};
use crate::vm::{Args, Binary, Cx, Def, Flow, Outcome, Stop};

/// A type of this module: its `__new__`, and rows beyond the protocol.
macro_rules! tool {
    ($name:ident, $id:ident, $new:literal, $make:expr, $doc:literal $(, $more:expr)*) => {
        static $name: TypeDef = TypeDef {
            id: T::$id,
            doc: $doc,
            methods: protocol![
                static_method($new, "Create and return a new object.", $make)
                $(, $more)*
            ],
            getsets: &[],
        };
    };
}

tool!(
    COUNT,
    Count,
    "__new__(cls, start=0, step=1)",
    new_count,
    "Numbers from start on, step apart, without end.",
    method("__repr__(self, /)", "Return repr(self).", count_repr),
    REDUCE
);
tool!(
    REPEAT,
    Repeat,
    "__new__(cls, object, times=None)",
    new_repeat,
    "The same object, times times or without end.",
    method("__repr__(self, /)", "Return repr(self).", repeat_repr),
    method(
        "__length_hint__(self, /)",
        "Private method returning an estimate of len(list(it)).",
        repeat_hint
    ),
    REDUCE
);
tool!(
    CYCLE,
    Cycle,
    "__new__(cls, iterable, /)",
    new_cycle,
    "The items of the iterable, again and again.",
    REDUCE,
    SET_STATE
);
tool!(
    CHAIN,
    Chain,
    "__new__(cls, /, *iterables)",
    new_chain,
    "The items of the first iterable, then those of the next one, until all are exhausted.",
    class_method(
        "from_iterable(cls, iterable, /)",
        "A chain of the iterables that an iterable yields.",
        from_iterable
    ),
    REDUCE,
    SET_STATE
);
tool!(
    ISLICE,
    Islice,
    "__new__(cls, iterable, start, stop=None, step=None, /)",
    new_islice,
    "islice(iterable, stop) or islice(iterable, start, stop[, step])\n\nItems at selected positions.",
    REDUCE
);
tool!(
    ACCUMULATE,
    Accumulate,
    "__new__(cls, iterable, func=None, *, initial=None)",
    new_accumulate,
    "Running totals, or the running results of another function of two arguments.",
    REDUCE,
    SET_STATE
);
tool!(
    PAIRWISE,
    Pairwise,
    "__new__(cls, iterable, /)",
    new_pairwise,
    "Overlapping pairs of neighbours."
);
tool!(
    PRODUCT,
    Product,
    "__new__(cls, *iterables, repeat=1)",
    new_product,
    "Cartesian product of the iterables, as nested loops would make it.",
    REDUCE,
    SET_STATE
);
tool!(
    PERMUTATIONS,
    Permutations,
    "__new__(cls, iterable, r=None)",
    new_permutations,
    "Arrangements of r items, in lexicographic order of their positions.",
    REDUCE,
    SET_STATE
);
tool!(
    COMBINATIONS,
    Combinations,
    "__new__(cls, iterable, r)",
    |cx, args| new_selection(cx, args, T::Combinations),
    "Selections of r items, in lexicographic order of their positions.",
    REDUCE,
    SET_STATE
);
tool!(
    REPLACEMENTS,
    Replacements,
    "__new__(cls, iterable, r)",
    |cx, args| new_selection(cx, args, T::Replacements),
    "Selections of r items, each of which may occur again.",
    REDUCE,
    SET_STATE
);
tool!(
    ZIP_LONGEST,
    ZipLongest,
    "__new__(cls, *iterables, fillvalue=None)",
    new_zip_longest,
    "As zip(), but until the longest iterable is exhausted: fillvalue stands for missing items.",
    REDUCE,
    SET_STATE
);
tool!(
    BATCHED,
    Batched,
    "__new__(cls, iterable, n, *, strict=False)",
    new_batched,
    "Tuples of n items; the last one may be shorter, unless strict is true."
);
tool!(
    TEE,
    Tee,
    "__new__(cls, iterable, /)",
    super::tee::new_tee,
    "Iterator that shares what it reads.",
    method("__copy__(self, /)", "An independent iterator over what is left.", super::tee::copy_tee)
);
tool!(
    COMPRESS,
    Compress,
    "__new__(cls, data, selectors)",
    super::starmap::new_compress,
    "Items of data whose selectors are true.",
    REDUCE
);
tool!(
    DROPWHILE,
    DropWhile,
    "__new__(cls, predicate, iterable, /)",
    |cx, args| new_written(cx, args, T::DropWhile, "_dropwhile", &[2]),
    "All items from the first one on for which the predicate is false.",
    REDUCE,
    SET_STATE
);
tool!(
    TAKEWHILE,
    TakeWhile,
    "__new__(cls, predicate, iterable, /)",
    |cx, args| new_written(cx, args, T::TakeWhile, "_takewhile", &[2]),
    "Items before the first one for which the predicate is false.",
    REDUCE,
    SET_STATE
);
tool!(
    FILTERFALSE,
    FilterFalse,
    "__new__(cls, function, iterable, /)",
    |cx, args| new_written(cx, args, T::FilterFalse, "_filterfalse", &[2]),
    "Items for which function(item) is false, or that are false themselves.",
    REDUCE
);
tool!(
    STARMAP,
    StarMap,
    "__new__(cls, function, iterable, /)",
    super::starmap::new,
    "Results of the function, called with the arguments that the iterable yields.",
    REDUCE
);
tool!(
    GROUPBY,
    GroupBy,
    "__new__(cls, iterable, key=None)",
    super::groupby::new,
    "Pairs of a key and an iterator over the run of neighbours that share it.",
    REDUCE,
    SET_STATE
);

static GROUPER: TypeDef = TypeDef { id: T::Grouper, doc: "", methods: protocol![], getsets: &[] };

pub static TYPES: &[&TypeDef] = &[
    &COUNT,
    &REPEAT,
    &CYCLE,
    &CHAIN,
    &ISLICE,
    &ACCUMULATE,
    &PAIRWISE,
    &PRODUCT,
    &PERMUTATIONS,
    &COMBINATIONS,
    &REPLACEMENTS,
    &ZIP_LONGEST,
    &BATCHED,
    &TEE,
    &COMPRESS,
    &DROPWHILE,
    &TAKEWHILE,
    &FILTERFALSE,
    &STARMAP,
    &GROUPBY,
    &GROUPER,
];

static FUNCTIONS: &[Def] =
    &[function("tee(iterable, n=2, /)", "A tuple of n independent iterators.", super::tee::tee)];

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    super::add_functions(cx, dict, FUNCTIONS, "itertools");
    super::add_types(cx, TYPES);
    for def in TYPES {
        let class = cx.class(def.id);
        dict.set_str(cx, class.name.get(), Value::object(class));
    }
    Ok(())
}

// ---- written iterators

/// An iterator whose steps are those of a generator function of the prelude.
fn written(cx: &Cx, id: T, name: &'static str, given: Value) -> Value {
    let iter = cx.iter(id, IterKind::Written, Value::UNDEF, Value::UNDEF, 0);
    write(cx, iter, name, given);
    Value::object(iter)
}

/// From here on the steps of the iterator are those of a generator function.
pub(super) fn write(cx: &Cx, iter: Gc<Iter>, name: &'static str, given: Value) {
    let parts = [cx.vm().prelude(name), given];
    iter.a.set(Value::UNDEF);
    iter.b.set(Value::object(cx.tuple(&parts)));
    cx.mark_written(iter);
}

/// An iterator that always goes on in the prelude, with its arguments, of which those at `sources`
/// are iterated, and an empty place for what its generator notes.
fn new_written(cx: &mut Cx, args: Args, id: T, name: &'static str, sources: &[usize]) -> Flow {
    let class = new_class(cx, args, id)?;
    let state = cx.list(Vec::new());
    cx.scope(|cx| {
        cx.root(Value::object(state));
        for i in 1..args.len() {
            let mut given = cx.arg(args, i).value();
            if sources.contains(&i) {
                given = iter_now(cx, given)?;
            }
            state.push(given);
        }
        Ok(())
    })?;
    state.push(Value::FALSE);
    let iter = written(cx, id, name, Value::object(state));
    derive(cx, class, id, iter)
}

/// The next item of an iterator of this module that could not be stepped natively.
pub fn next_by_code(cx: &mut Cx, iter: Gc<Iter>) -> Flow {
    if iter.header.flags & EXHAUSTED != 0 {
        return stop(cx);
    }
    if iter.header.flags & WRITTEN == 0 {
        match iter.kind {
            IterKind::Count => return count_on(cx, iter),
            IterKind::Tee => return super::tee::next(cx, iter),
            IterKind::StarMap => return super::starmap::next(cx, iter),
            IterKind::GroupBy | IterKind::Grouper => return super::groupby::next(cx, iter),
            _ => take_over(cx, iter),
        }
    }
    if let Some(frame) = iter.a.get().cast::<Frame>()
        && frame.state() != state::FINISHED
    {
        return cx.resume(frame, Value::NONE);
    }
    let parts =
        iter.b.get().cast::<Tuple>().map(|parts| (parts.as_slice()[0], parts.as_slice()[1]));
    let Some((function, given)) = parts else { return stop(cx) };
    let this = Value::object(iter);
    cx.call_then(function, &[given], generator_made, [this, Value::NONE, Value::NONE])
}

fn generator_made(cx: &mut Cx, [this, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let made = outcome?;
    let iter = in_state(cx, this)?;
    iter.a.set(made);
    match made.cast::<Frame>() {
        Some(frame) => cx.resume(frame, Value::NONE),
        None => stop(cx),
    }
}

/// Hands what is left of an iterator to a generator.
fn take_over(cx: &Cx, iter: Gc<Iter>) {
    let (a, b, at) = (iter.a.get(), iter.b.get(), iter.at.get());
    let none = |value: Value| if value.is_undef() { Value::NONE } else { value };
    let count = cx.int(at);
    let (name, state) = match iter.kind {
        IterKind::Cycle => ("_cycle", vec![a, b, Value::TRUE]),
        IterKind::Chain => ("_chain", vec![a, none(b)]),
        IterKind::Slice => {
            let bounds = b.cast::<List>().map_or_else(Vec::new, |bounds| bounds.to_vec());
            ("_islice", [vec![a, count], bounds].concat())
        }
        IterKind::Accumulate => {
            let waiting = a.cast::<List>().filter(|_| at == stage::WAITING);
            let (source, item) = match waiting.map(|both| both.to_vec()) {
                Some(both) => (both[0], both[1]),
                None => (a, Value::NONE),
            };
            ("_accumulate", vec![source, Value::NONE, none(b), count, item])
        }
        IterKind::Pairwise => ("_pairwise", vec![a, none(b), Value::bool(!b.is_undef())]),
        IterKind::ZipLongest => ("_zip_longest", vec![a, b, count]),
        IterKind::Compress => {
            let parts = a.cast::<List>().map_or_else(Vec::new, |parts| parts.to_vec());
            ("_compress", parts)
        }
        _ => ("_batched", vec![a, count, b]),
    };
    write(cx, iter, name, Value::object(cx.list(state)));
}

/// Makes an iterator over another one; whether that is plain is asked once.
pub fn over(cx: &Cx, class: Gc<Class>, id: T, kind: IterKind, parts: [Value; 2], at: i64) -> Flow {
    let [a, b] = parts;
    let iter = cx.iter(id, kind, a, b, at);
    let plain = |source: Value| source.cast::<Iter>().is_some_and(|s| cx.is_plain_iter(s));
    let all = match a.cast::<List>() {
        Some(sources) => sources.iter().all(plain),
        None => plain(a),
    };
    iter.guard.set(u32::from(all));
    derive(cx, class, id, Value::object(iter))
}

// ---- count and repeat

fn new_count(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Count)?;
    let start = cx.opt(args, 1).map_or(Value::int(0), |v| v.value());
    let step = cx.opt(args, 2).map_or(Value::int(1), |v| v.value());
    for number in [start, step] {
        if !is_number(cx, number) {
            return Err(cx.type_error("a number is required"));
        }
    }
    // A bool counts as the integer it is.
    let whole = |value: Value| match value.as_bool() {
        Some(value) => Value::int(value.into()),
        None => value,
    };
    let (start, step) = (whole(start), if step == Value::TRUE { Value::int(1) } else { step });
    let iter = match start.as_int().filter(|_| step.is_int()) {
        Some(at) => cx.iter(T::Count, IterKind::Count, step, Value::UNDEF, at),
        None => cx.iter(T::Count, IterKind::Count, step, start, 0),
    };
    derive(cx, class, T::Count, Value::object(iter))
}

fn is_number(cx: &Cx, value: Value) -> bool {
    if cx.number(value).is_some() {
        return true;
    }
    let class = cx.class_of(value);
    let names = &cx.vm().names;
    [names.__index__, names.__float__, names.__int__, names.__complex__]
        .into_iter()
        .any(|name| cx.lookup(class, name).is_some())
}

fn count_on(cx: &mut Cx, iter: Gc<Iter>) -> Flow {
    let now = iter.b.get();
    let next = cx.scope(|cx| {
        cx.root(Value::object(iter));
        cx.root(now);
        cx.binary(Binary::Add, now, iter.a.get())
    })?;
    iter.b.set(next);
    Ok(now)
}

fn count_repr(cx: &mut Cx, args: Args) -> Flow {
    let iter = this_iter(cx, args)?;
    let now = if iter.b.get().is_undef() { cx.int(iter.at.get()) } else { iter.b.get() };
    let step = iter.a.get();
    let step = (step != Value::int(1)).then_some(step);
    shown(cx, args, now, step)
}

fn repeat_repr(cx: &mut Cx, args: Args) -> Flow {
    let iter = this_iter(cx, args)?;
    let left = iter.at.get();
    let left = (left >= 0).then(|| cx.int(left));
    shown(cx, args, iter.a.get(), left)
}

/// `name(first)` or `name(first, second)`.
fn shown(cx: &mut Cx, args: Args, first: Value, second: Option<Value>) -> Flow {
    let name = cx.class_of(cx.arg(args, 0).value()).name_text();
    cx.scope(|cx| {
        cx.root(first);
        cx.root(second.unwrap_or(Value::NONE));
        let text = cx.written(|cx, out| {
            out.extend_from_slice(name.as_bytes());
            out.push(b'(');
            cx.deeper(|cx| super::display::push_repr(cx, out, first))?;
            if let Some(second) = second {
                out.extend_from_slice(b", ");
                cx.deeper(|cx| super::display::push_repr(cx, out, second))?;
            }
            out.push(b')');
            Ok(())
        })?;
        Ok(Value::object(text))
    })
}

fn new_repeat(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Repeat)?;
    let times = match cx.opt(args, 2).map(|times| times.value()) {
        Some(times) => size(cx, times)?.max(0),
        None => -1,
    };
    let object = cx.arg(args, 1).value();
    let iter = cx.iter(T::Repeat, IterKind::Repeat, object, Value::UNDEF, times);
    derive(cx, class, T::Repeat, Value::object(iter))
}

/// An argument that says how many.
pub(super) fn size(cx: &mut Cx, value: Value) -> Result<i64, Stop> {
    match cx.index(value)? {
        Int::Small(size) => Ok(size),
        Int::Big(_) => {
            Err(cx.error(T::OverflowError, "Python int too large to convert to C ssize_t"))
        }
    }
}

fn repeat_hint(cx: &mut Cx, args: Args) -> Flow {
    let left = this_iter(cx, args)?.at.get();
    if left < 0 {
        return Err(cx.type_error("len() of unsized object"));
    }
    Ok(cx.int(left))
}

// ---- one source

pub(super) fn source_of(cx: &mut Cx, args: Args) -> Flow {
    let source = cx.arg(args, 1).value();
    iter_now(cx, source)
}

fn new_cycle(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Cycle)?;
    let source = source_of(cx, args)?;
    let saved = Value::object(cx.list(Vec::new()));
    over(cx, class, T::Cycle, IterKind::Cycle, [source, saved], 0)
}

fn new_pairwise(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Pairwise)?;
    let source = source_of(cx, args)?;
    over(cx, class, T::Pairwise, IterKind::Pairwise, [source, Value::UNDEF], 0)
}

fn new_chain(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Chain)?;
    let parts = Value::object(cx.tuple(&cx.args_from(args, 1)));
    let parts = Value::object(cx.iter(T::TupleIter, IterKind::Tuple, parts, Value::UNDEF, 0));
    over(cx, class, T::Chain, IterKind::Chain, [parts, Value::UNDEF], 0)
}

fn from_iterable(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Chain)?;
    let source = source_of(cx, args)?;
    over(cx, class, T::Chain, IterKind::Chain, [source, Value::UNDEF], 0)
}

fn new_islice(cx: &mut Cx, args: Args) -> Flow {
    // What cannot be a bound; -1 is told as what is no integer.
    const UNFIT: i64 = -3;
    const NEGATIVE: i64 = -2;
    let class = new_class(cx, args, T::Islice)?;
    let one = cx.arg(args, 3).is_undef();
    let (start, stop) = if one { (None, Some(2)) } else { (Some(2), Some(3)) };
    let bound = |cx: &mut Cx, place: Option<usize>, absent: i64| -> Result<i64, Stop> {
        let Some(value) = place.map(|i| cx.arg(args, i).value()) else { return Ok(absent) };
        if value.is_undef() || value.is_none() {
            return Ok(absent);
        }
        match cx.index(value) {
            // Positions beyond the word are never reached.
            Ok(Int::Small(at)) if at >= 0 => Ok(at.min(Value::MAX_INT)),
            Ok(Int::Small(at)) if at < -1 => Ok(NEGATIVE),
            Ok(_) => Ok(UNFIT),
            Err(stop) if cx.pending_is(T::TypeError) => {
                cx.take_exception();
                debug_assert_eq!(stop, Stop::Raised);
                Ok(UNFIT)
            }
            Err(stop) => Err(stop),
        }
    };
    let stop = bound(cx, stop, -1)?;
    let start = bound(cx, start, 0)?;
    if stop < -1 || start < 0 {
        let what = if one || stop == UNFIT { "Stop argument" } else { "Indices" };
        return Err(cx.value_error(&format!(
            "{what} for islice() must be None or an integer: 0 <= x <= sys.maxsize."
        )));
    }
    let step = bound(cx, Some(4), 1)?;
    if step < 1 {
        return Err(cx.value_error("Step for islice() must be a positive integer or None."));
    }
    let source = source_of(cx, args)?;
    let bounds = cx.list(vec![Value::int(start), Value::int(stop), Value::int(step)]);
    over(cx, class, T::Islice, IterKind::Slice, [source, Value::object(bounds)], 0)
}

fn new_accumulate(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Accumulate)?;
    let source = source_of(cx, args)?;
    let func = cx.opt(args, 2).map_or(Value::NONE, |func| func.value());
    let initial = cx.opt(args, 3).map(|v| v.value()).filter(|initial| !initial.is_none());
    let stage = if initial.is_some() { stage::INITIAL } else { stage::EMPTY };
    if func.is_none() {
        let total = initial.unwrap_or(Value::UNDEF);
        let (id, kind) = (T::Accumulate, IterKind::Accumulate);
        return over(cx, class, id, kind, [source, total], stage);
    }
    let total = initial.unwrap_or(Value::NONE);
    let state = cx.list(vec![source, func, total, Value::int(stage), Value::NONE]);
    let iter = written(cx, T::Accumulate, "_accumulate", Value::object(state));
    derive(cx, class, T::Accumulate, iter)
}

fn new_batched(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Batched)?;
    let n = cx.arg(args, 2).value();
    let n = size(cx, n)?;
    let strict = match cx.opt(args, 3).map(|strict| strict.value()) {
        Some(strict) => cx.truth(strict)?,
        None => false,
    };
    if n < 1 {
        return Err(cx.value_error("n must be at least one"));
    }
    let source = source_of(cx, args)?;
    over(cx, class, T::Batched, IterKind::Batched, [source, Value::bool(strict)], n)
}

/// Places: class, `fillvalue`, iterables.
fn new_zip_longest(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::ZipLongest)?;
    let sources = cx.scope(|cx| iterators(cx, args, 2))?;
    let fill = cx.opt(args, 1).map_or(Value::NONE, |fill| fill.value());
    let parts = [Value::object(sources), fill];
    over(cx, class, T::ZipLongest, IterKind::ZipLongest, parts, sources.len() as i64)
}

// ---- selections

/// Positions that a selection may have: what it notes about them must fit the memory.
pub(super) const MOST: i64 = (MAX_BYTES / 16) as i64;

fn selection(cx: &Cx, class: Gc<Class>, id: T, kind: IterKind, pool: Value, r: i64) -> Flow {
    if r > MOST {
        return Err(cx.error_with(T::MemoryError, &[]));
    }
    let iter = cx.iter(id, kind, pool, Value::object(cx.list(Vec::new())), 0);
    iter.guard.set(r as u32);
    derive(cx, class, id, Value::object(iter))
}

fn class_in(cx: &Cx, value: Value) -> Result<Gc<Class>, Stop> {
    value.cast::<Class>().ok_or_else(|| cx.error(T::SystemError, "a class was lost"))
}

fn new_selection(cx: &mut Cx, args: Args, id: T) -> Flow {
    let class = new_class(cx, args, id)?;
    let r = cx.arg(args, 2).value();
    let made = if id == T::Combinations { combinations_made } else { replacements_made };
    let source = cx.arg(args, 1).value();
    cx.collect_then(source, made, [Value::object(class), r, Value::NONE])
}

fn combinations_made(cx: &mut Cx, state: [Value; 3], outcome: Outcome) -> Flow {
    selected(cx, state, outcome, T::Combinations, IterKind::Combinations)
}

fn replacements_made(cx: &mut Cx, state: [Value; 3], outcome: Outcome) -> Flow {
    selected(cx, state, outcome, T::Replacements, IterKind::Replacements)
}

fn selected(
    cx: &mut Cx,
    [class, r, _]: [Value; 3],
    outcome: Outcome,
    id: T,
    kind: IterKind,
) -> Flow {
    let pool = pool_of(cx, outcome?);
    let class = class_in(cx, class)?;
    let r = cx.scope(|cx| {
        cx.root(pool);
        size(cx, r)
    })?;
    if r < 0 {
        return Err(cx.value_error("r must be non-negative"));
    }
    selection(cx, class, id, kind, pool, r)
}

fn pool_of(cx: &Cx, items: Value) -> Value {
    let items = items.cast::<List>().map_or_else(Vec::new, |items| items.to_vec());
    Value::object(cx.tuple(&items))
}

fn new_permutations(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Permutations)?;
    let r = cx.opt(args, 2).map_or(Value::NONE, |r| r.value());
    let source = cx.arg(args, 1).value();
    cx.collect_then(source, permutations_made, [Value::object(class), r, Value::NONE])
}

fn permutations_made(cx: &mut Cx, [class, r, _]: [Value; 3], outcome: Outcome) -> Flow {
    let pool = pool_of(cx, outcome?);
    let class = class_in(cx, class)?;
    let r = match cx.integer(r) {
        Some(Int::Small(r)) => r,
        Some(Int::Big(_)) => {
            let text = "Python int too large to convert to C ssize_t";
            return Err(cx.error(T::OverflowError, text));
        }
        None if r.is_none() => pool.cast::<Tuple>().map_or(0, |pool| pool.len() as i64),
        None => return Err(cx.type_error("Expected int as r")),
    };
    if r < 0 {
        return Err(cx.value_error("r must be non-negative"));
    }
    selection(cx, class, T::Permutations, IterKind::Permutations, pool, r)
}

/// Places: class, `repeat`, iterables.
fn new_product(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Product)?;
    let repeat = match cx.opt(args, 1).map(|repeat| repeat.value()) {
        Some(repeat) => size(cx, repeat)?,
        None => 1,
    };
    if repeat < 0 {
        return Err(cx.value_error("repeat argument cannot be negative"));
    }
    let given = cx.args_from(args, 2);
    let mut pools = Vec::with_capacity(given.len());
    for &iterable in &given {
        match cx.plain_items(iterable) {
            Some(items) if !iterable.is::<Iter>() => pools.push(Value::object(cx.tuple(&items))),
            _ => {
                let given = Value::object(cx.tuple(&given));
                let tuples = cx.vm().prelude("_tuples");
                let state = [Value::object(class), cx.int(repeat), Value::NONE];
                return cx.call_then(tuples, &[given], product_made, state);
            }
        }
    }
    product_of(cx, class, &pools, repeat)
}

fn product_made(cx: &mut Cx, [class, repeat, _]: [Value; 3], outcome: Outcome) -> Flow {
    let pools = outcome?.cast::<List>().map_or_else(Vec::new, |pools| pools.to_vec());
    let class = class_in(cx, class)?;
    let repeat = cx.index_i64(repeat)?;
    product_of(cx, class, &pools, repeat)
}

fn product_of(cx: &Cx, class: Gc<Class>, pools: &[Value], repeat: i64) -> Flow {
    let positions = (pools.len() as i64).checked_mul(repeat).filter(|&n| n <= MOST);
    if positions.is_none() {
        return Err(cx.error_with(T::MemoryError, &[]));
    }
    let pools = if pools.is_empty() { Vec::new() } else { pools.repeat(repeat as usize) };
    let pools = Value::object(cx.tuple(&pools));
    let state = Value::object(cx.list(Vec::new()));
    let iter = cx.iter(T::Product, IterKind::Product, pools, state, 0);
    derive(cx, class, T::Product, Value::object(iter))
}
