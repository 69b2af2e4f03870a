//! `bytes`: construction and the special methods; what bytes-like values have in common.
//!
//! The methods that bytes and bytearray share are in `bytes_methods`, those that change a
//! bytearray in `bytearray`.

use std::ops::Deref;

use super::str::{comparison, repeated, subtype, wrap};
use super::text_args::{byte, text_of};
use super::{TypeDef, bytearray, bytes_methods, codec, memory, method, percent, static_method};
use crate::gc::Gc;
use crate::plain::MAX_BYTES;
use crate::value::{ByteArray, Bytes, Instance, IterKind, List, MemoryView, T, Value};
use crate::vm::{Args, Cx, Def, Flow, Order, Outcome, Stop};

pub const DOC: &str = "An immutable sequence of bytes.";

static METHODS: [Def; bytes_methods::COUNT] = bytes_methods::rows();
static SPECIAL: [Def; SPECIAL_COUNT] = special();

pub static SHARED: TypeDef = TypeDef { id: T::Bytes, doc: DOC, methods: &METHODS, getsets: &[] };
pub static COMMON: TypeDef = TypeDef { id: T::Bytes, doc: DOC, methods: &SPECIAL, getsets: &[] };

pub static TYPE: TypeDef = TypeDef {
    id: T::Bytes,
    doc: DOC,
    methods: &[
        static_method(
            "__new__(cls, /, source=b'', encoding=UNDEF, errors=UNDEF)",
            "Bytes of a text, a length, other bytes, or an iterable of integers.",
            new,
        ),
        method("__hash__(self, /)", "hash(self)", hash),
        method("__bytes__(self, /)", "bytes(self)", to_bytes),
        method("__getnewargs__(self, /)", "Arguments that make a copy.", getnewargs),
    ],
    getsets: &[],
};

pub const SPECIAL_COUNT: usize = 15;

/// Special methods that bytes and bytearray share.
pub const fn special() -> [Def; SPECIAL_COUNT] {
    [
        method("__len__(self, /)", "len(self)", len),
        method("__iter__(self, /)", "iter(self)", iter),
        method("__contains__(self, key, /)", "key in self", contains),
        method("__getitem__(self, key, /)", "self[key]", getitem),
        method("__add__(self, value, /)", "self + value", add),
        method("__mul__(self, value, /)", "self * value", mul),
        method("__rmul__(self, value, /)", "value * self", mul),
        method("__mod__(self, value, /)", "self % value", modulo),
        method("__rmod__(self, value, /)", "value % self", rmod),
        method("__eq__(self, value, /)", "self == value", eq),
        method("__ne__(self, value, /)", "self != value", ne),
        method("__lt__(self, value, /)", "self < value", lt),
        method("__le__(self, value, /)", "self <= value", le),
        method("__gt__(self, value, /)", "self > value", gt),
        method("__ge__(self, value, /)", "self >= value", ge),
    ]
}

// ---- bytes-like values

/// What a bytes-like value holds: as it is, or copied where it may change.
pub enum Data {
    Bytes(Gc<Bytes>),
    /// So many of the bytes, from there: what a view shows.
    Part(Gc<Bytes>, usize, usize),
    Copy(Vec<u8>),
}

impl Deref for Data {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Data::Bytes(bytes) => bytes.as_slice(),
            Data::Part(bytes, start, len) => &bytes.as_slice()[*start..][..*len],
            Data::Copy(data) => data,
        }
    }
}

/// The bytes of a bytes-like value.
pub fn data_of(cx: &Cx, value: Value) -> Option<Data> {
    let inner = cx.unwrap(value);
    if let Some(bytes) = inner.cast::<Bytes>() {
        return Some(Data::Bytes(bytes));
    }
    if let Some(bytes) = inner.cast::<ByteArray>() {
        return Some(Data::Copy(bytes.to_vec()));
    }
    if let Some(view) = inner.cast::<MemoryView>() {
        let layout = view.layout();
        let usable = !view.is_released() && layout.is_c_contiguous();
        return usable.then(|| match view.storage.get().cast::<Bytes>() {
            Some(bytes) if layout.byte_len() > 0 => {
                Data::Part(bytes, layout.start, layout.byte_len())
            }
            _ => Data::Copy(view.to_vec()),
        });
    }
    storage_of(cx, inner).map(|bytes| Data::Copy(bytes.to_vec()))
}

/// Where an instance of a built-in type that is written in Sloop keeps its bytes: its `_storage`.
pub fn storage_of(cx: &Cx, value: Value) -> Option<Gc<ByteArray>> {
    if !value.is::<Instance>() {
        return None;
    }
    let is_builtin = cx.class_of(value).mro.borrow().iter().any(|class| class.dotted.get());
    if !is_builtin {
        return None;
    }
    cx.own_attribute(value, cx.intern("_storage"))?.cast::<ByteArray>()
}

/// The bytes of anything that has some, `__buffer__` of the program's classes included.
pub fn buffer_or_none(cx: &mut Cx, value: Value) -> Result<Option<Data>, Stop> {
    if let Some(data) = data_of(cx, value) {
        return Ok(Some(data));
    }
    if let Some(method) = memory::own_buffer(cx, value)? {
        let answer = cx.call(method, &[Value::int(0)])?;
        if let Some(view) = answer.cast::<MemoryView>() {
            return Ok(Some(Data::Copy(view.to_vec())));
        }
    }
    Ok(None)
}

/// The same, of what must have some.
pub fn buffer_of(cx: &mut Cx, value: Value) -> Result<Data, Stop> {
    match buffer_or_none(cx, value)? {
        Some(data) => Ok(data),
        None => Err(not_bytes(cx, value)),
    }
}

/// The receiver of a method of bytes or bytearray.
pub fn this_data(cx: &Cx, args: Args) -> Result<Data, Stop> {
    let value = cx.arg(args, 0).value();
    data_of(cx, value).ok_or_else(|| {
        let shown = cx.type_name(value);
        cx.type_error(&format!("descriptor requires a 'bytes' object but received a '{shown}'"))
    })
}

/// An argument that must be bytes-like.
pub fn data_arg(cx: &mut Cx, args: Args, i: usize) -> Result<Data, Stop> {
    let value = cx.arg(args, i).value();
    buffer_of(cx, value)
}

pub fn not_bytes(cx: &Cx, value: Value) -> Stop {
    if let Some(view) = value.cast::<MemoryView>() {
        if view.is_released() {
            return memory::released(cx);
        }
        let text = "memoryview: underlying buffer is not C-contiguous";
        return cx.error(T::BufferError, text);
    }
    let shown = cx.type_name(value);
    cx.type_error(&format!("a bytes-like object is required, not '{shown}'"))
}

/// A result of the type of the receiver.
pub fn alike(cx: &Cx, args: Args, data: Vec<u8>) -> Value {
    let this = cx.unwrap(cx.arg(args, 0).value());
    made(cx, this.is::<ByteArray>(), data)
}

/// A part of the receiver, or all of it, of its type: bytes that lose nothing stay as they are.
pub fn alike_part(cx: &Cx, args: Args, part: &[u8]) -> Value {
    let this = cx.arg(args, 0).value();
    match this.cast::<Bytes>() {
        Some(bytes) if bytes.as_slice().len() == part.len() => this,
        Some(_) => Value::object(cx.bytes(part)),
        None => alike(cx, args, part.to_vec()),
    }
}

fn made(cx: &Cx, mutable: bool, data: Vec<u8>) -> Value {
    if mutable { Value::object(cx.bytearray(data)) } else { Value::object(cx.bytes(data)) }
}

// ---- construction

fn new(cx: &mut Cx, args: Args) -> Flow {
    let class = subtype(cx, args, T::Bytes)?;
    let (source, encoding) = (cx.arg(args, 1).value(), cx.arg(args, 2).value());
    let errors = cx.arg(args, 3).value();
    if class == cx.class(T::Bytes)
        && encoding.is_undef()
        && errors.is_undef()
        && let Some(made) = made_quickly(cx, source)
    {
        return Ok(made);
    }
    construct(cx, T::Bytes, Value::object(class), [source, encoding, errors])
}

/// So many zeros, or the bytes of a list of small integers; None for everything else.
fn made_quickly(cx: &Cx, source: Value) -> Option<Value> {
    const LONG: i64 = 1 << 16;
    if let Some(count) = source.as_int().filter(|count| (0..LONG).contains(count)) {
        return Some(Value::object(cx.bytes(vec![0; count as usize])));
    }
    let byte = |item: &Value| item.as_int().and_then(|item| u8::try_from(item).ok());
    let data: Vec<u8> =
        source.cast::<List>()?.edit(|items| items.iter().map(byte).collect::<Option<_>>())?;
    Some(Value::object(cx.bytes(data)))
}

/// `bytes(source, encoding, errors)`, and the same of bytearray. `into` is the class of the
/// result, or the bytearray that is to hold it.
pub fn construct(cx: &mut Cx, id: T, into: Value, [source, encoding, errors]: [Value; 3]) -> Flow {
    let state = [into, Value::bool(id == T::ByteArray), Value::NONE];
    let finish = |cx: &mut Cx, data: Vec<u8>| finished(cx, state, data);
    let source = (!source.is_undef()).then_some(source);
    let name = if id == T::Bytes { "bytes" } else { "bytearray" };
    let is_plain = encoding.is_undef() && errors.is_undef();
    if id == T::Bytes
        && is_plain
        && let Some(source) = source.filter(|source| source.is::<Instance>())
    {
        let found = cx.lookup(cx.class_of(source), cx.vm().names.__bytes__);
        if found.is_some_and(|method| method.is_none()) {
            return Err(cx.type_error("'NoneType' object is not callable"));
        }
        if let Some(method) = cx.special(source, cx.vm().names.__bytes__)? {
            return cx.call_then(method, &[], bytes_arrived, state);
        }
    }
    if let Some(text) = source.and_then(|source| text_of(cx, source)) {
        if encoding.is_undef() {
            return Err(cx.type_error("string argument without an encoding"));
        }
        let how = codec::arguments(cx, encoding, errors, name)?;
        let data = codec::encode(cx, text, &how)?;
        return finish(cx, data);
    }
    codec::check(cx, encoding, errors, name)?;
    if !encoding.is_undef() {
        return Err(cx.type_error("encoding without a string argument"));
    }
    if !errors.is_undef() {
        return Err(cx.type_error("errors without a string argument"));
    }
    let Some(source) = source else { return finish(cx, Vec::new()) };
    if let Some(view) = source.cast::<MemoryView>() {
        if view.is_released() {
            return Err(memory::released(cx));
        }
        return finish(cx, view.to_vec());
    }
    if let Some(data) = data_of(cx, source) {
        return finish(cx, data.to_vec());
    }
    if let Some(method) = memory::own_buffer(cx, source)? {
        return cx.call_then(method, &[Value::int(0)], buffer_arrived, state);
    }
    if cx.integer(source).is_some() || has_index(cx, source) {
        let data = zeros(cx, source)?;
        return finish(cx, data);
    }
    if !cx.is_iterable(source) {
        let shown = cx.type_name(source);
        return Err(cx.type_error(&format!("cannot convert '{shown}' object to {name}")));
    }
    if source.is::<List>() {
        // Read as it is while items are converted, which may change it.
        return items_arrived(cx, state, Ok(source));
    }
    cx.collect_then(source, items_arrived, state)
}

fn has_index(cx: &Cx, value: Value) -> bool {
    let method = cx.lookup(cx.class_of(value), cx.vm().names.__index__);
    method.is_some_and(|method| !method.is_none())
}

fn zeros(cx: &mut Cx, count: Value) -> Result<Vec<u8>, Stop> {
    let count = cx.length_i64(count)?;
    match usize::try_from(count) {
        Err(_) => Err(cx.value_error("negative count")),
        Ok(count) if count > MAX_BYTES => Err(cx.error_with(T::MemoryError, &[])),
        Ok(count) => Ok(vec![0; count]),
    }
}

fn finished(cx: &mut Cx, [class, mutable, _]: [Value; 3], data: Vec<u8>) -> Flow {
    if let Some(array) = class.cast::<ByteArray>() {
        bytearray::refill(cx, array, data)?;
        return Ok(Value::NONE);
    }
    let value = made(cx, mutable == Value::TRUE, data);
    match class.cast() {
        Some(class) => wrap(cx, class, value),
        None => Ok(value),
    }
}

fn bytes_arrived(cx: &mut Cx, state: [Value; 3], outcome: Outcome) -> Flow {
    let answer = outcome?;
    match cx.unwrap(answer).cast::<Bytes>() {
        // `bytes` itself takes what it is given, of whatever class derived from it.
        Some(_) if state[0] == cx.type_object(T::Bytes) => Ok(answer),
        Some(bytes) => finished(cx, state, bytes.as_slice().to_vec()),
        None => {
            let shown = cx.type_name(answer);
            Err(cx.type_error(&format!("__bytes__ returned non-bytes (type {shown})")))
        }
    }
}

fn buffer_arrived(cx: &mut Cx, state: [Value; 3], outcome: Outcome) -> Flow {
    let view = memory::buffer_arrived(cx, [Value::NONE; 3], outcome)?;
    let data = view.cast::<MemoryView>().map_or_else(Vec::new, |view| view.to_vec());
    finished(cx, state, data)
}

fn items_arrived(cx: &mut Cx, state: [Value; 3], outcome: Outcome) -> Flow {
    let items = outcome?;
    let mutable = state[1] == Value::TRUE;
    let out_of_range =
        if mutable { "byte must be in range(0, 256)" } else { "bytes must be in range(0, 256)" };
    let data = cx.scope(|cx| {
        cx.root(state[0]);
        bytes_of_list(cx, items, out_of_range)
    })?;
    finished(cx, state, data)
}

/// The bytes that a list of integers spells.
pub fn bytes_of_list(cx: &mut Cx, items: Value, out_of_range: &str) -> Result<Vec<u8>, Stop> {
    let Some(list) = items.cast::<List>() else { return Ok(Vec::new()) };
    let mut data = Vec::with_capacity(list.len());
    cx.scope(|cx| {
        cx.root(items);
        let mut at = 0;
        while let Some(item) = list.get(at) {
            let item = match item.as_int().map(u8::try_from) {
                Some(Ok(item)) => item,
                _ => byte(cx, item, out_of_range)?,
            };
            data.push(item);
            at += 1;
        }
        Ok(data)
    })
}

// ---- as a sequence

fn len(cx: &mut Cx, args: Args) -> Flow {
    let this = cx.unwrap(cx.arg(args, 0).value());
    if let Some(array) = this.cast::<ByteArray>() {
        return Ok(Value::int(array.edit(|data| data.len()) as i64));
    }
    Ok(Value::int(this_data(cx, args)?.len() as i64))
}

fn iter(cx: &mut Cx, args: Args) -> Flow {
    this_data(cx, args)?;
    let this = cx.unwrap(cx.arg(args, 0).value());
    let (id, kind) = if this.is::<ByteArray>() {
        (T::ByteArrayIter, IterKind::ByteArray)
    } else {
        (T::BytesIter, IterKind::Bytes)
    };
    Ok(Value::object(cx.iter(id, kind, this, Value::UNDEF, 0)))
}

fn contains(cx: &mut Cx, args: Args) -> Flow {
    let key = cx.arg(args, 1).value();
    let part = if let Some(part) = buffer_or_none(cx, key)? {
        part.to_vec()
    } else if has_index(cx, key) || cx.integer(key).is_some() {
        vec![byte(cx, key, "byte must be in range(0, 256)")?]
    } else {
        return Err(not_bytes(cx, key));
    };
    let found = crate::plain::wtf8::find(&this_data(cx, args)?, &part);
    Ok(Value::bool(found.is_some()))
}

fn getitem(cx: &mut Cx, args: Args) -> Flow {
    this_data(cx, args)?;
    let this = cx.unwrap(cx.arg(args, 0).value());
    let key = cx.arg(args, 1).value();
    Ok(cx.item_plain(this, key)?.unwrap_or(Value::NOT_IMPLEMENTED))
}

fn add(cx: &mut Cx, args: Args) -> Flow {
    let this = this_data(cx, args)?;
    let other = cx.arg(args, 1).value();
    let Some(data) = buffer_or_none(cx, other)? else {
        if super::operators::has_own_radd(cx, other) {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let name = cx.type_name(cx.arg(args, 0).value());
        let shown = cx.type_name(other);
        return Err(cx.type_error(&format!("can't concat {shown} to {name}")));
    };
    if this.len() + data.len() > MAX_BYTES {
        return Err(cx.error_with(T::MemoryError, &[]));
    }
    Ok(alike(cx, args, [&*this, &*data].concat()))
}

fn mul(cx: &mut Cx, args: Args) -> Flow {
    let this = cx.unwrap(cx.arg(args, 0).value());
    if !this.is::<Bytes>() && !this.is::<ByteArray>() {
        return repeated(cx, args);
    }
    let count = cx.arg(args, 1).value();
    if cx.integer(count).is_none() && !has_index(cx, count) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let count = usize::try_from(cx.length_i64(count)?).unwrap_or(0);
    let this = this_data(cx, args)?;
    let whole = cx.arg(args, 0).value();
    if count == 1 && whole.is::<Bytes>() {
        return Ok(whole);
    }
    let Ok(data) = crate::plain::wtf8::repeat(&this, count) else {
        return Err(cx.error_with(T::MemoryError, &[]));
    };
    Ok(alike(cx, args, data))
}

fn modulo(cx: &mut Cx, args: Args) -> Flow {
    let template = this_data(cx, args)?.to_vec();
    let values = cx.arg(args, 1).value();
    let data = percent::format_bytes(cx, &template, values)?;
    Ok(alike(cx, args, data))
}

fn rmod(cx: &mut Cx, args: Args) -> Flow {
    let (this, template) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    let Some(data) = data_of(cx, template) else { return Ok(Value::NOT_IMPLEMENTED) };
    let data = percent::format_bytes(cx, &data, this)?;
    let mutable = cx.unwrap(cx.arg(args, 1).value()).is::<ByteArray>();
    Ok(made(cx, mutable, data))
}

fn compared(cx: &Cx, args: Args, order: Order) -> Flow {
    this_data(cx, args)?;
    comparison(cx, args, order, |cx, value| data_of(cx, value).is_some())
}

super::comparisons!(compared);

fn hash(cx: &mut Cx, args: Args) -> Flow {
    let this = cx.unwrap(cx.arg(args, 0).value());
    let hash = cx.hash(this)?;
    Ok(cx.int(hash as i64))
}

fn to_bytes(cx: &mut Cx, args: Args) -> Flow {
    this_data(cx, args)?;
    Ok(cx.unwrap(cx.arg(args, 0).value()))
}

fn getnewargs(cx: &mut Cx, args: Args) -> Flow {
    let this = cx.unwrap(cx.arg(args, 0).value());
    Ok(Value::object(cx.tuple(&[this])))
}
