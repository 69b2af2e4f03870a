//! The wrapper that `functools.lru_cache` puts around a function.
//!
//! Places of the record: the function; the largest size, None for unlimited; are arguments of
//! different types different?; the dict of results; what `cache_info` calls; a list of hits and
//! misses (and of an object that no program has). With a limit the dict's values are nodes: lists of the one before, the one after, key
//! and result, in a ring that the list of hits and misses closes, the oldest one first.

use super::function::spread;
use super::operators::wrong_receiver;
use super::{TypeDef, method};
use crate::gc::Gc;
use crate::plain::int::Int;
use crate::value::{Dict, List, Record, Str, T, Value};
use crate::vm::{Args, Cx, Flow, Outcome, Stop};

const FUNC: usize = 0;
const LIMIT: usize = 1;
const TYPED: usize = 2;
const RESULTS: usize = 3;
const INFO: usize = 4;
const RING: usize = 5;

/// Places of a node and of the ring's own list, which has counts where nodes have key and result.
const BEFORE: usize = 0;
const AFTER: usize = 1;
const KEY: usize = 2;
const RESULT: usize = 3;
const HITS: usize = 2;
const MISSES: usize = 3;
const MARK: usize = 4;

pub static TYPE: TypeDef = TypeDef {
    id: T::LruCache,
    doc: "Create a cached callable that wraps another function.",
    methods: &[
        method("__call__(self, /, *args, **kwargs)", "Call self as a function.", call),
        method(
            "__get__(self, instance, owner=None, /)",
            "Return an attribute of instance, which is of type owner.",
            get,
        ),
        method("cache_info(self, /)", "Report cache statistics", info),
        method("cache_clear(self, /)", "Clear the cache and cache statistics", clear),
        method("__copy__(self, /)", "", |cx, args| Ok(cx.arg(args, 0).value())),
        method("__deepcopy__(self, memo, /)", "", |cx, args| Ok(cx.arg(args, 0).value())),
        method("__reduce__(self, /)", "", |cx, args| {
            let name = cx.vm().names.__qualname__;
            cx.get_attribute(cx.arg(args, 0).value(), name)
        }),
    ],
    getsets: &[],
};

/// `_lru_cache_wrapper(function, maxsize, typed, info)`; the size is None or an integer.
pub fn wrap(cx: &mut Cx, args: Args) -> Flow {
    let [func, limit, typed, info] = [0, 1, 2, 3].map(|i| cx.arg(args, i).value());
    let limit = match cx.integer(limit) {
        Some(Int::Small(limit)) => Value::int(limit.clamp(0, Value::MAX_INT)),
        // Sizes beyond the word are never reached, negative ones mean none.
        Some(Int::Big(limit)) => {
            Value::int(if limit < dashu_int::IBig::ZERO { 0 } else { Value::MAX_INT })
        }
        None => Value::NONE,
    };
    let typed = Value::bool(cx.truth(typed)?);
    let ring = cx.list(Vec::new());
    let places = [func, limit, typed, Value::object(cx.dict()), info, Value::object(ring)];
    let made = cx.record(T::LruCache, &places, true);
    reset(cx, made);
    Ok(Value::object(made))
}

fn this(cx: &Cx, value: Value) -> Result<Gc<Record>, Stop> {
    let record = value.cast::<Record>().filter(|_| cx.is_exact(value, T::LruCache));
    record.ok_or_else(|| wrong_receiver(cx, "", T::LruCache, value))
}

fn lost(cx: &Cx) -> Stop {
    cx.error(T::SystemError, "a cache was lost")
}

fn results(cx: &Cx, this: Gc<Record>) -> Result<Gc<Dict>, Stop> {
    this.places[RESULTS].get().cast::<Dict>().ok_or_else(|| lost(cx))
}

fn ring(cx: &Cx, this: Gc<Record>) -> Result<Gc<List>, Stop> {
    this.places[RING].get().cast::<List>().ok_or_else(|| lost(cx))
}

/// Empties the cache.
fn reset(cx: &Cx, this: Gc<Record>) {
    let ring = cx.list(Vec::new());
    let itself = Value::object(ring);
    let mark = Value::object(cx.instance(cx.class(T::Object)));
    ring.edit(|places| *places = vec![itself, itself, Value::int(0), Value::int(0), mark]);
    this.places[RESULTS].set(Value::object(cx.dict()));
    this.places[RING].set(itself);
}

fn count(ring: Gc<List>, place: usize) {
    ring.edit(|places| {
        let count = places[place].as_int().unwrap_or(0);
        places[place] = Value::int((count + 1).min(Value::MAX_INT));
    });
}

fn link(node: Gc<List>, place: usize, other: Value) {
    node.edit(|places| places[place] = other);
}

/// Takes a node out of its ring.
fn unlink(node: Gc<List>) {
    let (before, after) = (node.get(BEFORE), node.get(AFTER));
    if let (Some(before), Some(after)) = (before, after)
        && let (Some(first), Some(second)) = (before.cast::<List>(), after.cast::<List>())
    {
        link(first, AFTER, after);
        link(second, BEFORE, before);
    }
}

/// Puts a node behind all others.
fn append(ring: Gc<List>, node: Gc<List>) {
    let Some(last) = ring.get(BEFORE) else { return };
    if let Some(last) = last.cast::<List>() {
        link(last, AFTER, Value::object(node));
    }
    link(node, BEFORE, last);
    link(node, AFTER, Value::object(ring));
    link(ring, BEFORE, Value::object(node));
}

/// The argument if it is a single integer or string: that stands for itself in the dict.
fn single(cx: &Cx, this: Gc<Record>, args: Args) -> Option<Value> {
    let value = cx.arg(args, 2).value();
    let plain = args.len() == 3 && !cx.arg(args, 1).is::<Dict>();
    let typed = this.places[TYPED].get() == Value::TRUE;
    (plain && !typed && (value.is_int() || value.is::<Str>())).then_some(value)
}

/// What stands for other arguments.
fn key_of(cx: &Cx, this: Gc<Record>, values: &[Value], names: &[Gc<Str>]) -> Value {
    let typed = this.places[TYPED].get() == Value::TRUE;
    let (plain, named) = values.split_at(values.len() - names.len());
    let mut parts = plain.to_vec();
    if !names.is_empty() {
        // Nothing that a program can pass stands between the two kinds.
        let ring = this.places[RING].get().cast::<List>();
        parts.extend(ring.and_then(|ring| ring.get(MARK)));
        for (name, &value) in names.iter().zip(named) {
            parts.extend([Value::object(*name), value]);
        }
    }
    if typed {
        parts.extend(values.iter().map(|&value| Value::object(cx.class_of(value))));
    }
    // One argument that is a tuple is not the arguments in it.
    Value::object(cx.tuple(&parts))
}

fn call(cx: &mut Cx, args: Args) -> Flow {
    let this = this(cx, cx.arg(args, 0).value())?;
    let results = results(cx, this)?;
    let (key, given) = match single(cx, this, args) {
        Some(key) => (key, None),
        None => {
            let given = spread(cx, args, 1)?;
            (key_of(cx, this, &given.0, &given.1), Some(given))
        }
    };
    let limit = this.places[LIMIT].get();
    if limit != Value::int(0) {
        let found = cx.scope(|cx| {
            cx.root(key);
            cx.root(Value::object(results));
            cx.dict_get(results, key)
        })?;
        if let Some(found) = found {
            return hit(cx, this, found);
        }
    }
    count(ring(cx, this)?, MISSES);
    let given = given.unwrap_or_else(|| (vec![key], Vec::new()));
    let state = [Value::object(this), key, Value::NONE];
    cx.call_then_with_names(this.places[FUNC].get(), given, called, state)
}

/// What was found becomes the youngest.
fn hit(cx: &Cx, this: Gc<Record>, found: Value) -> Flow {
    let ring = ring(cx, this)?;
    count(ring, HITS);
    if this.places[LIMIT].get().is_none() {
        return Ok(found);
    }
    let node = found.cast::<List>().ok_or_else(|| lost(cx))?;
    unlink(node);
    append(ring, node);
    Ok(node.get(RESULT).unwrap_or(Value::NONE))
}

/// The function has returned: its result is remembered.
fn called(cx: &mut Cx, [cache, key, _]: [Value; 3], outcome: Outcome) -> Flow {
    let result = outcome?;
    let this = this(cx, cache)?;
    let limit = this.places[LIMIT].get();
    if limit == Value::int(0) {
        return Ok(result);
    }
    cx.scope(|cx| {
        for value in [cache, key, result] {
            cx.root(value);
        }
        let results = results(cx, this)?;
        if limit.is_none() {
            cx.dict_set(results, key, result)?;
            return Ok(result);
        }
        // The function may have called itself with these arguments.
        if cx.dict_get(results, key)?.is_some() {
            return Ok(result);
        }
        let ring = ring(cx, this)?;
        let node = cx.list(vec![Value::NONE, Value::NONE, key, result]);
        cx.root(Value::object(node));
        if results.len() as i64 >= limit.as_int().unwrap_or(0)
            && let Some(oldest) = ring.get(AFTER).and_then(|oldest| oldest.cast::<List>())
        {
            unlink(oldest);
            let old = oldest.get(KEY).unwrap_or(Value::NONE);
            cx.root(Value::object(oldest));
            cx.dict_remove(results, old)?;
        }
        cx.dict_set(results, key, Value::object(node))?;
        append(ring, node);
        Ok(result)
    })
}

fn get(cx: &mut Cx, args: Args) -> Flow {
    let (function, instance) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    if instance.is_none() {
        return Ok(function);
    }
    Ok(Value::object(cx.bound_method(function, instance)))
}

fn info(cx: &mut Cx, args: Args) -> Flow {
    let this = this(cx, cx.arg(args, 0).value())?;
    let ring = ring(cx, this)?;
    let size = cx.int(results(cx, this)?.len() as i64);
    let counts = [HITS, MISSES].map(|place| ring.get(place).unwrap_or(Value::NONE));
    let given = [counts[0], counts[1], this.places[LIMIT].get(), size];
    cx.tail(this.places[INFO].get(), &given)
}

fn clear(cx: &mut Cx, args: Args) -> Flow {
    let this = this(cx, cx.arg(args, 0).value())?;
    reset(cx, this);
    Ok(Value::NONE)
}
