//! `bytearray`: what changes it. The rest it shares with bytes.

use super::bytes::{buffer_or_none, bytes_of_list, construct, special};
use super::object::{derive, new_class};
use super::text_args::byte;
use super::{TypeDef, bytes, bytes_methods, method, static_method, this};
use crate::gc::Gc;
use crate::plain::MAX_BYTES;
use crate::plain::index::{Range, position};
use crate::value::{ByteArray, Dict, Slice, Str, T, Value};
use crate::vm::{Args, Cx, Def, Flow, Outcome, Stop};

const DOC: &str = "A mutable sequence of bytes.";
const OUT_OF_RANGE: &str = "byte must be in range(0, 256)";

static METHODS: [Def; bytes_methods::COUNT] = bytes_methods::rows();
static SPECIAL: [Def; bytes::SPECIAL_COUNT] = special();

pub static SHARED: TypeDef =
    TypeDef { id: T::ByteArray, doc: DOC, methods: &METHODS, getsets: &[] };
pub static COMMON: TypeDef =
    TypeDef { id: T::ByteArray, doc: DOC, methods: &SPECIAL, getsets: &[] };

pub static TYPE: TypeDef = TypeDef {
    id: T::ByteArray,
    doc: DOC,
    methods: &[
        static_method("__new__(cls, *args, **kwargs)", "Create and return a new object.", new),
        method(
            "__init__(self, /, source=b'', encoding=UNDEF, errors=UNDEF)",
            "Bytes of a text, a length, other bytes, or an iterable of integers.",
            init,
        ),
        method("append(self, item, /)", "Appends a byte.", append),
        method("extend(self, iterable_of_ints, /)", "Appends bytes.", extend),
        method("insert(self, index, item, /)", "Inserts a byte before index.", insert),
        method("pop(self, index=-1, /)", "Removes and returns a byte.", pop),
        method("remove(self, value, /)", "Removes the first such byte.", remove),
        method("reverse(self, /)", "Reverses the bytes in place.", reverse),
        method("clear(self, /)", "Removes all bytes.", clear),
        method("copy(self, /)", "A copy.", copy),
        method("__setitem__(self, key, value, /)", "self[key] = value", setitem),
        method("__delitem__(self, key, /)", "del self[key]", delitem),
        method("__iadd__(self, value, /)", "self += value", iadd),
        method("__imul__(self, value, /)", "self *= value", imul),
    ],
    getsets: &[],
};

fn new(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::ByteArray)?;
    if class != cx.class(T::ByteArray) {
        // `__init__` follows, with whatever arguments it takes.
        let empty = Value::object(cx.bytearray(Vec::new()));
        return derive(cx, class, T::ByteArray, empty);
    }
    let given = arguments(cx, args)?;
    construct(cx, T::ByteArray, Value::object(class), given)
}

/// The arguments of `bytearray`, which any keywords may accompany where a class is derived.
fn arguments(cx: &Cx, args: Args) -> Result<[Value; 3], Stop> {
    let names = ["source", "encoding", "errors"];
    let mut given = [Value::UNDEF; 3];
    let keywords = cx.arg(args, 1).get::<Dict>().map(|keywords| keywords.object());
    let named = keywords.map_or(0, |keywords| keywords.len());
    let count = args.beyond(2);
    if count + named > names.len() {
        let total = count + named;
        let text = format!("bytearray() takes at most 3 arguments ({total} given)");
        return Err(cx.type_error(&text));
    }
    for (i, place) in given.iter_mut().take(count).enumerate() {
        *place = cx.arg(args, i + 2).value();
    }
    for entry in keywords.iter().flat_map(|keywords| keywords.iter()) {
        let name = entry.key.cast::<Str>().map_or(String::new(), |name| name.lossy().into());
        let Some(at) = names.iter().position(|&other| other == name) else {
            let text = format!("bytearray() got an unexpected keyword argument '{name}'");
            return Err(cx.type_error(&text));
        };
        if at < count {
            let text = format!(
                "argument for bytearray() given by name ('{name}') and position ({})",
                at + 1
            );
            return Err(cx.type_error(&text));
        }
        given[at] = entry.value;
    }
    Ok(given)
}

fn init(cx: &mut Cx, args: Args) -> Flow {
    let array = receiver(cx, args)?;
    refill(cx, array, Vec::new())?;
    let given = [1, 2, 3].map(|i| cx.arg(args, i).value());
    construct(cx, T::ByteArray, Value::object(array), given)
}

/// Puts other bytes in the place of those that are there.
pub fn refill(cx: &mut Cx, array: Gc<ByteArray>, data: Vec<u8>) -> Result<(), Stop> {
    if array.edit(|data| data.len()) != data.len() {
        resizable(cx, array)?;
    }
    edit(cx, array, |old| *old = data);
    Ok(())
}

fn receiver(cx: &Cx, args: Args) -> Result<Gc<ByteArray>, Stop> {
    this::<ByteArray>(cx, args, T::ByteArray)
}

/// Changes the storage and charges the heap for its growth.
fn edit<R>(cx: &Cx, array: Gc<ByteArray>, edit: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    let (result, grown) = array.edit(|data| {
        let before = data.capacity();
        let result = edit(data);
        (result, data.capacity().saturating_sub(before))
    });
    if grown > 0 {
        cx.heap.charge(grown);
    }
    result
}

/// BufferError while a view is open that counts on the size. One that was forgotten is no
/// obstacle: it is collected first.
fn resizable(cx: &mut Cx, array: Gc<ByteArray>) -> Result<(), Stop> {
    if array.is_pinned() {
        cx.collect();
        cx.heap.sweep();
        if array.is_pinned() {
            let text = "Existing exports of data: object cannot be re-sized";
            return Err(cx.error(T::BufferError, text));
        }
    }
    Ok(())
}

fn append(cx: &mut Cx, args: Args) -> Flow {
    let (this, item) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    if let (Some(array), Some(item)) = (this.cast::<ByteArray>(), item.as_int())
        && let Ok(item) = u8::try_from(item)
        && !array.is_pinned()
        && array.edit(|data| data.len() < data.capacity())
    {
        array.edit(|data| data.push(item));
        return Ok(Value::NONE);
    }
    let item = cx.arg(args, 1).value();
    let item = byte(cx, item, OUT_OF_RANGE)?;
    let array = receiver(cx, args)?;
    resizable(cx, array)?;
    edit(cx, array, |data| data.push(item));
    Ok(Value::NONE)
}

fn append_all(cx: &mut Cx, array: Gc<ByteArray>, more: &[u8]) -> Result<(), Stop> {
    if more.is_empty() {
        return Ok(());
    }
    resizable(cx, array)?;
    if array.edit(|data| data.len()) + more.len() > MAX_BYTES {
        return Err(cx.error_with(T::MemoryError, &[]));
    }
    edit(cx, array, |data| data.extend_from_slice(more));
    Ok(())
}

fn extend(cx: &mut Cx, args: Args) -> Flow {
    let array = receiver(cx, args)?;
    let source = cx.arg(args, 1).value();
    if let Some(data) = buffer_or_none(cx, source)? {
        append_all(cx, array, &data)?;
        return Ok(Value::NONE);
    }
    if super::text_args::text_of(cx, source).is_some() {
        return Err(cx.type_error("expected iterable of integers; got: 'str'"));
    }
    if !cx.is_iterable(source) {
        let shown = cx.type_name(source);
        return Err(cx.type_error(&format!("can't extend bytearray with {shown}")));
    }
    cx.collect_then(source, extend_collected, [Value::object(array), Value::NONE, Value::NONE])
}

fn extend_collected(cx: &mut Cx, [array, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let items = outcome?;
    let more = cx.scope(|cx| {
        cx.root(array);
        bytes_of_list(cx, items, OUT_OF_RANGE)
    })?;
    if let Some(array) = array.cast::<ByteArray>() {
        append_all(cx, array, &more)?;
    }
    Ok(Value::NONE)
}

fn insert(cx: &mut Cx, args: Args) -> Flow {
    let at = cx.arg(args, 1).value();
    let at = cx.index_i64(at)?;
    let item = cx.arg(args, 2).value();
    let item = byte(cx, item, OUT_OF_RANGE)?;
    let array = receiver(cx, args)?;
    resizable(cx, array)?;
    edit(cx, array, |data| {
        let at = crate::plain::index::clip(at, data.len());
        data.insert(at, item);
    });
    Ok(Value::NONE)
}

fn pop(cx: &mut Cx, args: Args) -> Flow {
    let at = match cx.opt(args, 1).map(|v| v.value()) {
        Some(at) => cx.index_i64(at)?,
        None => -1,
    };
    let array = receiver(cx, args)?;
    let place = array.edit(|data| {
        if data.is_empty() {
            return Err("pop from empty bytearray");
        }
        position(at, data.len()).ok_or("pop index out of range")
    });
    match place {
        Ok(at) => {
            resizable(cx, array)?;
            Ok(Value::int(array.edit(|data| data.remove(at)).into()))
        }
        Err(text) => Err(cx.error(T::IndexError, text)),
    }
}

fn remove(cx: &mut Cx, args: Args) -> Flow {
    let item = cx.arg(args, 1).value();
    let item = byte(cx, item, OUT_OF_RANGE)?;
    let array = receiver(cx, args)?;
    match array.edit(|data| memchr::memchr(item, data)) {
        Some(at) => {
            resizable(cx, array)?;
            array.edit(|data| data.remove(at));
            Ok(Value::NONE)
        }
        None => Err(cx.value_error("value not found in bytearray")),
    }
}

fn reverse(cx: &mut Cx, args: Args) -> Flow {
    receiver(cx, args)?.edit(|data| data.reverse());
    Ok(Value::NONE)
}

fn clear(cx: &mut Cx, args: Args) -> Flow {
    let array = receiver(cx, args)?;
    resizable(cx, array)?;
    array.edit(|data| data.clear());
    Ok(Value::NONE)
}

fn copy(cx: &mut Cx, args: Args) -> Flow {
    let data = receiver(cx, args)?.to_vec();
    Ok(Value::object(cx.bytearray(data)))
}

// ---- items and slices

fn setitem(cx: &mut Cx, args: Args) -> Flow {
    let (key, value) = (cx.arg(args, 1).value(), cx.arg(args, 2).value());
    if let (Some(at), Some(item)) = (key.as_int(), value.as_int())
        && let (Ok(item), Some(array)) =
            (u8::try_from(item), cx.arg(args, 0).value().cast::<ByteArray>())
    {
        let set = array.edit(|data| {
            let at = position(at, data.len())?;
            data[at] = item;
            Some(Value::NONE)
        });
        return set.ok_or_else(|| out_of_range(cx));
    }
    if let Some(slice) = key.cast::<Slice>() {
        return set_slice(cx, args, slice, value);
    }
    let at = index(cx, key)?;
    let item = byte(cx, value, OUT_OF_RANGE)?;
    let array = receiver(cx, args)?;
    let set = array.edit(|data| {
        let at = position(at, data.len())?;
        data[at] = item;
        Some(())
    });
    set.map(|()| Value::NONE).ok_or_else(|| out_of_range(cx))
}

fn index(cx: &mut Cx, key: Value) -> Result<i64, Stop> {
    match cx.index_or_none(key)? {
        Some(_) => cx.index_i64(key),
        None => {
            let shown = cx.type_name(key);
            let text = format!("bytearray indices must be integers or slices, not {shown}");
            Err(cx.type_error(&text))
        }
    }
}

fn out_of_range(cx: &Cx) -> Stop {
    cx.error(T::IndexError, "bytearray index out of range")
}

fn set_slice(cx: &mut Cx, args: Args, slice: Gc<Slice>, value: Value) -> Flow {
    if let Some(data) = buffer_or_none(cx, value)? {
        return put_slice(cx, args, slice, &data);
    }
    let is_text = super::text_args::text_of(cx, value).is_some();
    if is_text || cx.integer(value).is_some() || !cx.is_iterable(value) {
        return Err(
            cx.type_error("can assign only bytes, buffers, or iterables of ints in range(0, 256)")
        );
    }
    let state = [cx.arg(args, 0).value(), Value::object(slice), Value::NONE];
    cx.collect_then(value, slice_collected, state)
}

/// The items are there: assign them as a bytearray by the same way.
fn slice_collected(cx: &mut Cx, [array, slice, _]: [Value; 3], outcome: Outcome) -> Flow {
    let items = outcome?;
    let data = cx.scope(|cx| {
        cx.root(array);
        cx.root(slice);
        bytes_of_list(cx, items, OUT_OF_RANGE)
    })?;
    let data = Value::object(cx.bytearray(data));
    match cx.lookup(cx.class(T::ByteArray), cx.vm().names.__setitem__) {
        Some(setitem) => cx.tail(setitem, &[array, slice, data]),
        None => Ok(Value::NONE),
    }
}

fn put_slice(cx: &mut Cx, args: Args, slice: Gc<Slice>, new: &[u8]) -> Flow {
    let (start, stop, step) = cx.slice_parts(slice)?;
    let array = receiver(cx, args)?;
    let len = array.edit(|data| data.len());
    let range = crate::plain::index::resolve(start, stop, step, len);
    if step == 1 {
        if len + new.len() > MAX_BYTES {
            return Err(cx.error_with(T::MemoryError, &[]));
        }
        if new.len() != range.count {
            resizable(cx, array)?;
        }
        edit(cx, array, |data| {
            data.splice(range.start..range.start + range.count, new.iter().copied());
        });
        return Ok(Value::NONE);
    }
    if new.is_empty() {
        delete(cx, array, &range)?;
        return Ok(Value::NONE);
    }
    if new.len() != range.count {
        let (size, count) = (new.len(), range.count);
        return Err(cx.value_error(&format!(
            "attempt to assign bytes of size {size} to extended slice of size {count}"
        )));
    }
    array.edit(|data| {
        for (i, &byte) in new.iter().enumerate() {
            data[range.at(i)] = byte;
        }
    });
    Ok(Value::NONE)
}

fn delete(cx: &mut Cx, array: Gc<ByteArray>, range: &Range) -> Result<(), Stop> {
    if range.count == 0 {
        return Ok(());
    }
    resizable(cx, array)?;
    if range.step == 1 {
        array.edit(|data| data.drain(range.start..range.start + range.count).count());
        return Ok(());
    }
    array.edit(|data| {
        let mut gone = vec![false; data.len()];
        (0..range.count).for_each(|i| gone[range.at(i)] = true);
        let mut at = 0;
        data.retain(|_| {
            at += 1;
            !gone[at - 1]
        });
    });
    Ok(())
}

fn delitem(cx: &mut Cx, args: Args) -> Flow {
    let key = cx.arg(args, 1).value();
    if let Some(slice) = key.cast::<Slice>() {
        let (start, stop, step) = cx.slice_parts(slice)?;
        let array = receiver(cx, args)?;
        let len = array.edit(|data| data.len());
        delete(cx, array, &crate::plain::index::resolve(start, stop, step, len))?;
        return Ok(Value::NONE);
    }
    let at = index(cx, key)?;
    let array = receiver(cx, args)?;
    let Some(at) = array.edit(|data| position(at, data.len())) else {
        return Err(out_of_range(cx));
    };
    resizable(cx, array)?;
    array.edit(|data| data.remove(at));
    Ok(Value::NONE)
}

// ---- in place

fn iadd(cx: &mut Cx, args: Args) -> Flow {
    let array = receiver(cx, args)?;
    let (this, other) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    let Some(data) = buffer_or_none(cx, other)? else {
        let (name, shown) = (cx.type_name(this), cx.type_name(other));
        return Err(cx.type_error(&format!("can't concat {shown} to {name}")));
    };
    append_all(cx, array, &data)?;
    Ok(this)
}

fn imul(cx: &mut Cx, args: Args) -> Flow {
    let count = cx.arg(args, 1).value();
    if cx.index_or_none(count)?.is_none() {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let count = usize::try_from(cx.length_i64(count)?).unwrap_or(0);
    let array = receiver(cx, args)?;
    let repeated = array.edit(|data| crate::plain::wtf8::repeat(data, count));
    let Ok(repeated) = repeated else {
        return Err(cx.error_with(T::MemoryError, &[]));
    };
    if array.edit(|data| data.len()) != repeated.len() {
        resizable(cx, array)?;
        edit(cx, array, |data| *data = repeated);
    }
    Ok(cx.arg(args, 0).value())
}
