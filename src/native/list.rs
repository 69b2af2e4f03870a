//! `list`: everything but sorting, which is in `sort.rs`.
//!
//! A method that compares may run code of the program, which may change the list: items are
//! read one by one, by index, never through a borrowed slice.

use super::object::{derive, new_class};
use super::{TypeDef, method, sort, static_method, this};
use crate::gc::{Gc, budget};
use crate::plain::index;
use crate::plain::int::Int;
use crate::value::{Class, Instance, IterKind, List, Slice, T, Tuple, Value};
use crate::vm::{Args, Cx, Flow, Outcome, Stop};

/// Bytes of one item.
const WORD: usize = std::mem::size_of::<Value>();

pub static TYPE: TypeDef = TypeDef {
    id: T::List,
    doc: "Built-in mutable sequence.\n\nIf no argument is given, the constructor creates a new \
          empty list.\nThe argument must be an iterable if specified.",
    methods: &[
        static_method("__new__(cls, *args, **kwargs)", "Create and return a new object.", new),
        method("__init__(self, *args, **kwargs)", "Initialize self.", init),
        method("append(self, object, /)", "Append object to the end of the list.", append),
        method("clear(self, /)", "Remove all items from list.", clear),
        method("copy(self, /)", "Return a shallow copy of the list.", copy),
        method("count(self, value, /)", "Return number of occurrences of value.", count),
        method(
            "extend(self, iterable, /)",
            "Extend list by appending elements from the iterable.",
            extend,
        ),
        method(
            "index(self, value, start=0, stop=9223372036854775807, /)",
            "Return first index of value.\n\nRaises ValueError if the value is not present.",
            index_of,
        ),
        method("insert(self, index, object, /)", "Insert object before index.", insert),
        method(
            "pop(self, index=-1, /)",
            "Remove and return item at index (default last).\n\nRaises IndexError if list is \
             empty or index is out of range.",
            pop,
        ),
        method(
            "remove(self, value, /)",
            "Remove first occurrence of value.\n\nRaises ValueError if the value is not present.",
            remove,
        ),
        method("reverse(self, /)", "Reverse *IN PLACE*.", reverse),
        method(
            "sort(self, /, *, key=None, reverse=False)",
            "Sort the list in ascending order and return None.\n\nThe sort is in-place (i.e. the \
             list itself is modified) and stable (i.e. the\norder of two equal elements is \
             maintained).\n\nIf a key function is given, apply it once to each list item and sort \
             them,\nascending or descending, according to their function values.\n\nThe reverse \
             flag can be set to sort in descending order.",
            sort::list_sort,
        ),
        method("__iadd__(self, value, /)", "Implement self+=value.", add_in_place),
        method("__imul__(self, value, /)", "Implement self*=value.", repeat_in_place),
        method("__setitem__(self, key, value, /)", "Set self[key] to value.", set_item),
        method("__delitem__(self, key, /)", "Delete self[key].", del_item),
        method("__reversed__(self, /)", "Return a reverse iterator over the list.", reversed),
        method("__sizeof__(self, /)", "Return the size of the list in memory, in bytes.", size_of),
    ],
    getsets: &[],
};

#[inline]
fn this_list(cx: &Cx, args: Args) -> Result<Gc<List>, Stop> {
    this::<List>(cx, args, T::List)
}

/// Are the two one object, or equal?
pub fn same(cx: &mut Cx, x: Value, y: Value) -> Result<bool, Stop> {
    if x == y { Ok(true) } else { cx.equal(x, y) }
}

// ---- construction

fn new(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::List)?;
    if class != cx.class(T::List) {
        // `__init__` follows, with whatever arguments it takes.
        let list = cx.list(Vec::new());
        return derive(cx, class, T::List, Value::object(list));
    }
    match only_argument(cx, args, class, T::List)? {
        Some(source) if says_length(cx, source) => {
            let hinted = cx.vm().prelude("_collect_hinted");
            cx.call_then(hinted, &[source], collected, [Value::NONE; 3])
        }
        Some(source) => cx.collect_then(source, collected, [Value::NONE; 3]),
        None => Ok(Value::object(cx.list(Vec::new()))),
    }
}

/// What was collected is the result: nobody else has that list.
fn collected(_: &mut Cx, _: [Value; 3], outcome: Outcome) -> Flow {
    outcome
}

/// Is this an object of the program that may say how many items it yields? It is asked.
fn says_length(cx: &Cx, source: Value) -> bool {
    if !source.is::<Instance>() {
        return false;
    }
    let class = cx.class_of(source);
    let length_hint = || cx.lookup(class, cx.intern("__length_hint__")).is_some();
    class.is_user() && (cx.lookup(class, cx.vm().names.__len__).is_some() || length_hint())
}

/// The one optional argument of a `__new__` that is declared `(cls, *args, **kwargs)`: derived
/// classes may have an `__init__` with keywords.
pub fn only_argument(cx: &Cx, args: Args, class: Gc<Class>, id: T) -> Result<Option<Value>, Stop> {
    let name = || cx.class(id).name_text();
    let init = cx.vm().names.__init__;
    let takes_none =
        class == cx.class(id) || cx.lookup(class, init) == cx.lookup(cx.class(id), init);
    if takes_none && has_keywords(cx, args) {
        return Err(cx.type_error(&format!("{}() takes no keyword arguments", name())));
    }
    match args.len() {
        ..=2 => Ok(None),
        3 => Ok(Some(cx.arg(args, 2).value())),
        n => {
            let text = format!("{} expected at most 1 argument, got {}", name(), n - 2);
            Err(cx.type_error(&text))
        }
    }
}

fn has_keywords(cx: &Cx, args: Args) -> bool {
    cx.arg(args, 1).get::<crate::value::Dict>().is_some_and(|keywords| !keywords.is_empty())
}

fn init(cx: &mut Cx, args: Args) -> Flow {
    let list = this_list(cx, args)?;
    let class = cx.class_of(cx.arg(args, 0).value());
    let new = cx.vm().names.__new__;
    let takes_none = cx.lookup(class, new) == cx.lookup(cx.class(T::List), new);
    if takes_none && has_keywords(cx, args) {
        return Err(cx.type_error("list() takes no keyword arguments"));
    }
    if args.len() > 3 {
        let text = format!("list expected at most 1 argument, got {}", args.beyond(2));
        return Err(cx.type_error(&text));
    }
    if !list.is_empty() {
        list.edit(Vec::clear);
    }
    match cx.opt(args, 2).map(|source| source.value()) {
        Some(source) => {
            cx.collect_then(source, filled, [Value::object(list), Value::NONE, Value::NONE])
        }
        None => Ok(Value::NONE),
    }
}

/// The collected items become those of the list in the state; the answer stands beside it.
fn filled(_: &mut Cx, [list, answer, _]: [Value; 3], outcome: Outcome) -> Flow {
    if let (Some(list), Some(items)) = (list.cast::<List>(), outcome?.cast::<List>()) {
        let items = items.edit(std::mem::take);
        list.edit(|all| *all = items);
    }
    Ok(answer)
}

// ---- growing and shrinking

fn append(cx: &mut Cx, args: Args) -> Flow {
    let list = this_list(cx, args)?;
    let value = cx.arg(args, 1).value();
    if list.edit(|items| items.len() < items.capacity()) {
        list.push(value);
        return Ok(Value::NONE);
    }
    append_growing(cx, list, value)
}

#[cold]
#[inline(never)]
fn append_growing(cx: &mut Cx, list: Gc<List>, value: Value) -> Flow {
    if !list.edit(|items| budget::grants_push(items)) {
        return Err(cx.error_with(T::MemoryError, &[]));
    }
    cx.heap.charge(list.push(value));
    Ok(Value::NONE)
}

fn extend(cx: &mut Cx, args: Args) -> Flow {
    let list = this_list(cx, args)?;
    extend_then(cx, list, cx.arg(args, 1).value(), Value::NONE)
}

/// By how many bytes that made the storage larger; None if there is no room.
fn append_all(list: Gc<List>, items: &[Value]) -> Option<usize> {
    list.edit(|all| {
        let before = all.capacity();
        if all.len() + items.len() > before && !budget::grants((all.len() + items.len()) * 2 * WORD)
        {
            return None;
        }
        all.extend_from_slice(items);
        Some((all.capacity() - before) * WORD)
    })
}

/// Appends what an iterable yields; the result is `answer`.
fn extend_then(cx: &mut Cx, list: Gc<List>, source: Value, answer: Value) -> Flow {
    let other = source.cast::<List>().filter(|&other| other != list);
    let grown = match (other, source.cast::<Tuple>()) {
        (Some(other), _) => Some(other.edit(|items| append_all(list, items))),
        (_, Some(tuple)) => Some(append_all(list, tuple.as_slice())),
        _ => cx.plain_items(source).map(|items| append_all(list, &items)),
    };
    if let Some(grown) = grown {
        let Some(grown) = grown else { return Err(cx.error_with(T::MemoryError, &[])) };
        cx.heap.charge(grown);
        return Ok(answer);
    }
    let extend = cx.vm().prelude("_extend");
    let state = [answer, Value::NONE, Value::NONE];
    cx.call_then(
        extend,
        &[Value::object(list), source],
        |_, [answer, ..], done| done.map(|_| answer),
        state,
    )
}

fn insert(cx: &mut Cx, args: Args) -> Flow {
    let list = this_list(cx, args)?;
    let at = cx.index_i64(cx.arg(args, 1).value())?;
    let item = cx.arg(args, 2).value();
    let grown = list.edit(|items| {
        let before = items.capacity();
        items.insert(index::clip(at, items.len()), item);
        items.capacity() - before
    });
    cx.heap.charge(grown * WORD);
    Ok(Value::NONE)
}

fn pop(cx: &mut Cx, args: Args) -> Flow {
    let list = this_list(cx, args)?;
    let given = cx.arg(args, 1).value();
    if given.is_undef() {
        return list.pop().ok_or_else(|| cx.error(T::IndexError, "pop from empty list"));
    }
    let at = cx.index_i64(given)?;
    if list.is_empty() {
        return Err(cx.error(T::IndexError, "pop from empty list"));
    }
    match index::position(at, list.len()) {
        Some(at) => Ok(list.edit(|items| items.remove(at))),
        None => Err(cx.error(T::IndexError, "pop index out of range")),
    }
}

fn remove(cx: &mut Cx, args: Args) -> Flow {
    let list = this_list(cx, args)?;
    let wanted = cx.arg(args, 1).value();
    let mut at = 0;
    while let Some(item) = list.get(at) {
        if same(cx, item, wanted)? {
            // The comparison may have shortened the list.
            list.edit(|items| {
                if at < items.len() {
                    items.remove(at);
                }
            });
            return Ok(Value::NONE);
        }
        at += 1;
    }
    Err(cx.value_error("list.remove(x): x not in list"))
}

fn clear(cx: &mut Cx, args: Args) -> Flow {
    this_list(cx, args)?.edit(|items| *items = Vec::new());
    Ok(Value::NONE)
}

fn add_in_place(cx: &mut Cx, args: Args) -> Flow {
    let list = this_list(cx, args)?;
    let (this, source) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    extend_then(cx, list, source, this)
}

fn repeat_in_place(cx: &mut Cx, args: Args) -> Flow {
    let list = this_list(cx, args)?;
    let Some(count) = cx.index_or_none(cx.arg(args, 1).value())? else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let count = cx.int_value(count);
    let repeated = cx.binary_plain(crate::vm::Binary::Mul, Value::object(list), count)?;
    if let Some(repeated) = repeated.and_then(|r| r.cast::<List>()) {
        let items = repeated.edit(std::mem::take);
        list.edit(|all| *all = items);
    }
    Ok(cx.arg(args, 0).value())
}

// ---- looking

fn copy(cx: &mut Cx, args: Args) -> Flow {
    let items = this_list(cx, args)?.to_vec();
    Ok(Value::object(cx.list(items)))
}

fn count(cx: &mut Cx, args: Args) -> Flow {
    let list = this_list(cx, args)?;
    let wanted = cx.arg(args, 1).value();
    let (mut at, mut found) = (0, 0);
    while let Some(item) = list.get(at) {
        found += i64::from(same(cx, item, wanted)?);
        at += 1;
    }
    Ok(Value::int(found))
}

/// Bounds of a search: any integer, clipped to the length.
pub fn search_bounds(cx: &mut Cx, args: Args, len: usize) -> Result<(usize, usize), Stop> {
    let mut bounds = [0, len];
    for (i, bound) in bounds.iter_mut().enumerate() {
        let Some(given) = cx.opt(args, 2 + i).map(|v| v.value()) else { continue };
        let at = match cx.index_or_none(given)? {
            Some(Int::Small(at)) => at,
            Some(Int::Big(big)) => {
                if big < dashu_int::IBig::ZERO {
                    i64::MIN
                } else {
                    i64::MAX
                }
            }
            None => {
                let text = "slice indices must be integers or have an __index__ method";
                return Err(cx.type_error(text));
            }
        };
        *bound = index::clip(at, len);
    }
    Ok((bounds[0], bounds[1]))
}

fn index_of(cx: &mut Cx, args: Args) -> Flow {
    let list = this_list(cx, args)?;
    let (mut at, end) = search_bounds(cx, args, list.len())?;
    // Without an end, what is appended by comparisons is looked at, too.
    let end = if cx.opt(args, 3).is_some() { end } else { usize::MAX };
    let wanted = cx.arg(args, 1).value();
    while at < end
        && let Some(item) = list.get(at)
    {
        if same(cx, item, wanted)? {
            return Ok(Value::int(at as i64));
        }
        at += 1;
    }
    let text = super::display::repr(cx, cx.arg(args, 1).value())?;
    let text = String::from_utf8_lossy(&text).into_owned();
    Err(cx.value_error(&format!("{text} is not in list")))
}

fn reverse(cx: &mut Cx, args: Args) -> Flow {
    this_list(cx, args)?.edit(|items| items.reverse());
    Ok(Value::NONE)
}

fn reversed(cx: &mut Cx, args: Args) -> Flow {
    let list = this_list(cx, args)?;
    Ok(reverse_iter(cx, list))
}

pub fn reverse_iter(cx: &Cx, list: Gc<List>) -> Value {
    let last = list.len() as i64 - 1;
    let kind = IterKind::ListReverse;
    Value::object(cx.iter(T::ListReverseIter, kind, Value::object(list), Value::UNDEF, last))
}

fn size_of(cx: &mut Cx, args: Args) -> Flow {
    let list = this_list(cx, args)?;
    Ok(Value::int(40 + list.edit(|items| items.capacity()) as i64 * 8))
}

// ---- items and slices

fn set_item(cx: &mut Cx, args: Args) -> Flow {
    let list = this_list(cx, args)?;
    let (key, value) = (cx.arg(args, 1).value(), cx.arg(args, 2).value());
    let Some(slice) = key.cast::<Slice>() else {
        cx.set_list_item(list, key, Some(value))?;
        return Ok(Value::NONE);
    };
    // `a[:] = b` for an exact list, the common case, needs no copy of a copy.
    if let Some(new) = value.cast::<List>().filter(|&new| new != list)
        && small_bounds(slice)
    {
        let (start, stop, _) = cx.slice_parts(slice)?;
        let range = index::resolve(start, stop, 1, list.len());
        let from = range.start.min(list.len());
        new.edit(|new| cx.replace_items(list, from, range.count, new));
        return Ok(Value::NONE);
    }
    match cx.plain_items(value) {
        Some(items) => set_slice(cx, list, slice, items),
        None => {
            let state = [Value::object(list), key, Value::NONE];
            if !cx.is_iterable(value) {
                return Err(cx.type_error("must assign iterable to extended slice"));
            }
            cx.collect_then(value, slice_collected, state)
        }
    }
}

/// Is it a slice without a step whose bounds nobody must be asked for?
fn small_bounds(slice: Gc<Slice>) -> bool {
    let small = |v: Value| v.is_int() || v.is_none();
    small(slice.start.get()) && small(slice.stop.get()) && slice.step.get().is_none()
}

fn slice_collected(cx: &mut Cx, [list, slice, _]: [Value; 3], outcome: Outcome) -> Flow {
    let (Some(list), Some(slice), Some(items)) =
        (list.cast::<List>(), slice.cast::<Slice>(), outcome?.cast::<List>())
    else {
        return Ok(Value::NONE);
    };
    let items = items.to_vec();
    set_slice(cx, list, slice, items)
}

fn set_slice(cx: &mut Cx, list: Gc<List>, slice: Gc<Slice>, new: Vec<Value>) -> Flow {
    // Bounds may be the program's `__index__`: what is to be stored is kept alive meanwhile.
    let (start, stop, step) = cx.scope(|cx| {
        let kept = Value::object(cx.list(new.clone()));
        cx.root(kept);
        cx.slice_parts(slice)
    })?;
    let len = list.len();
    let range = index::resolve(start, stop, step, len);
    if step == 1 {
        let from = range.start.min(len);
        cx.heap.charge(new.len().saturating_sub(range.count) * WORD);
        list.edit(|items| {
            items.splice(from..from + range.count, new);
        });
        return Ok(Value::NONE);
    }
    if new.len() != range.count {
        return Err(cx.value_error(&format!(
            "attempt to assign sequence of size {} to extended slice of size {}",
            new.len(),
            range.count
        )));
    }
    for (i, item) in new.into_iter().enumerate() {
        list.set(range.at(i), item);
    }
    Ok(Value::NONE)
}

fn del_item(cx: &mut Cx, args: Args) -> Flow {
    let list = this_list(cx, args)?;
    let key = cx.arg(args, 1).value();
    let Some(slice) = key.cast::<Slice>() else {
        cx.set_list_item(list, key, None)?;
        return Ok(Value::NONE);
    };
    let (start, stop, step) = cx.slice_parts(slice)?;
    let range = index::resolve(start, stop, step, list.len());
    if range.count == 0 {
        return Ok(Value::NONE);
    }
    list.edit(|items| {
        if step == 1 {
            items.drain(range.start..range.start + range.count);
            return;
        }
        let last = range.at(range.count - 1);
        let (first, stride) = (range.start.min(last), range.step.unsigned_abs());
        let mut at = 0;
        items.retain(|_| {
            let gone =
                at >= first && (at - first) % stride == 0 && (at - first) / stride < range.count;
            at += 1;
            !gone
        });
    });
    Ok(Value::NONE)
}
