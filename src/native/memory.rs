//! `memoryview`: windows on bytes and bytearrays, with items of any native format.
//!
//! Where the items lie is `plain::buffer`'s business, what keeps the storage in place is
//! `value::MemoryView`'s. Code of the program may release the view while it answers for an index
//! or an item: a method looks at the view again after each such question.

use super::bytes::{data_of, not_bytes};
use super::float::float_arg;
use super::object::new_class;
use super::operators::wrong_receiver;
use super::text_args::text_of;
use super::{TypeDef, bytes_methods, method, static_method, this};
use crate::gc::Gc;
use crate::plain::buffer::{Class, Format, Item, Layout};
use crate::plain::index;
use crate::plain::int::Int;
use crate::value::{Bytes, IterKind, MemoryView, Slice, T, Tuple, Value};
use crate::vm::{Args, Cx, Def, Flow, GetSet, Outcome, Stop};

/// More dimensions than this no view has.
const MAX_DIMENSIONS: usize = 64;
/// The flag of `__buffer__` that asks for storage that may be written.
const WRITABLE: i64 = 1;
/// Those that ask for all that can be said about the items.
const FULL: i64 = 0x11c;

pub static TYPE: TypeDef = TypeDef {
    id: T::MemoryView,
    doc: "Create a new memoryview object which references the given object.",
    methods: &[
        static_method("__new__(cls, object)", "Create and return a new object.", new),
        method("release(self, /)", "Lets go of what is viewed.", release),
        method("tobytes(self, /, order='C')", "The items as bytes.", tobytes),
        method("tolist(self, /)", "The items as a list of lists.", tolist),
        method("toreadonly(self, /)", "A view that cannot be written.", toreadonly),
        method("cast(self, /, format, shape=UNDEF)", "A view in another format.", cast),
        method("hex(self, /, sep=UNDEF, bytes_per_sep=1)", "Hexadecimal digits of the bytes.", hex),
        method("__enter__(self, /)", "The view itself.", enter),
        method("__exit__(self, /, *exc_info)", "Releases the view.", exit),
        method("__len__(self, /)", "Return len(self).", len),
        method("__iter__(self, /)", "Implement iter(self).", iter),
        method("__getitem__(self, key, /)", "Return self[key].", getitem),
        method("__setitem__(self, key, value, /)", "Set self[key] to value.", setitem),
        method("__delitem__(self, key, /)", "Delete self[key].", delitem),
        method("__eq__(self, value, /)", "Return self==value.", eq),
        method("__ne__(self, value, /)", "Return self!=value.", ne),
        method("__lt__(self, value, /)", "Return self<value.", unordered),
        method("__le__(self, value, /)", "Return self<=value.", unordered),
        method("__gt__(self, value, /)", "Return self>value.", unordered),
        method("__ge__(self, value, /)", "Return self>=value.", unordered),
        method("__hash__(self, /)", "Return hash(self).", hash),
        method("__buffer__(self, flags, /)", "A view of the same items.", buffer),
        method("__release_buffer__(self, buffer, /)", "Releases such a view.", release_buffer),
        method("__reduce__(self, /)", "Views cannot be pickled.", reduce),
    ],
    getsets: &[
        get("obj", "What is viewed.", |cx, v| Ok(open(cx, v)?.object.get())),
        get("nbytes", "The size of all items.", |cx, v| {
            Ok(cx.uint(open(cx, v)?.layout().byte_len() as u64))
        }),
        get("readonly", "Can items not be assigned?", |cx, v| {
            Ok(Value::bool(open(cx, v)?.readonly))
        }),
        get("itemsize", "The size of an item.", |cx, v| {
            Ok(cx.uint(open(cx, v)?.layout().item_size() as u64))
        }),
        get("format", "The format of an item.", |cx, v| {
            let layout = open(cx, v)?.layout().clone();
            let mark = if layout.marked { "@" } else { "" };
            Ok(cx.str_value(&format!("{mark}{}", layout.format.code())))
        }),
        get("ndim", "The number of dimensions.", |cx, v| {
            Ok(cx.uint(open(cx, v)?.layout().shape.len() as u64))
        }),
        get("shape", "The length of each dimension.", |cx, v| {
            let view = open(cx, v)?;
            let lengths = view.layout().shape.iter().map(|&len| cx.uint(len as u64));
            let lengths: Vec<Value> = lengths.collect();
            Ok(Value::object(cx.tuple(&lengths)))
        }),
        get("strides", "The way to the next item in each dimension.", |cx, v| {
            let view = open(cx, v)?;
            let strides = view.layout().strides.iter().map(|&stride| cx.int(stride as i64));
            let strides: Vec<Value> = strides.collect();
            Ok(Value::object(cx.tuple(&strides)))
        }),
        get("suboffsets", "Always empty.", |cx, v| {
            open(cx, v)?;
            Ok(Value::object(cx.tuple(&[])))
        }),
        get("c_contiguous", "Do the items lie in C's order?", |cx, v| {
            Ok(Value::bool(open(cx, v)?.layout().is_c_contiguous()))
        }),
        get("f_contiguous", "Do the items lie in Fortran's order?", |cx, v| {
            Ok(Value::bool(open(cx, v)?.layout().is_f_contiguous()))
        }),
        get("contiguous", "Do the items lie in either order?", |cx, v| {
            let view = open(cx, v)?;
            let layout = view.layout();
            Ok(Value::bool(layout.is_c_contiguous() || layout.is_f_contiguous()))
        }),
    ],
};

/// What everything that can be viewed has.
pub static BUFFER: Def = method("__buffer__(self, flags, /)", "A view of the object.", buffer);
pub static RELEASE_BUFFER: Def =
    method("__release_buffer__(self, buffer, /)", "Releases a view of the object.", release_buffer);

/// A row for an attribute of an open view.
const fn get(name: &'static str, doc: &'static str, get: fn(&mut Cx, Value) -> Flow) -> GetSet {
    GetSet { name, doc, get, set: None }
}

fn open(cx: &Cx, object: Value) -> Result<Gc<MemoryView>, Stop> {
    match object.cast::<MemoryView>() {
        Some(view) => check(cx, view),
        None => Err(wrong_receiver(cx, "", T::MemoryView, object)),
    }
}

// ---- receivers

fn receiver(cx: &Cx, args: Args) -> Result<Gc<MemoryView>, Stop> {
    let view = this::<MemoryView>(cx, args, T::MemoryView)?;
    check(cx, view)
}

/// The view, if it is open.
fn check(cx: &Cx, view: Gc<MemoryView>) -> Result<Gc<MemoryView>, Stop> {
    if view.is_released() { Err(released(cx)) } else { Ok(view) }
}

pub fn released(cx: &Cx) -> Stop {
    cx.value_error("operation forbidden on released memoryview object")
}

fn not_implemented(cx: &Cx, text: &str) -> Stop {
    cx.error(T::NotImplementedError, text)
}

/// Another view of what this one views.
fn sibling(cx: &Cx, view: Gc<MemoryView>, readonly: bool, layout: Layout) -> Value {
    cx.memory_view(view.storage.get(), view.object.get(), readonly, layout)
}

// ---- construction and release

fn new(cx: &mut Cx, args: Args) -> Flow {
    new_class(cx, args, T::MemoryView)?;
    let object = cx.arg(args, 1).value();
    view_then(cx, object)
}

/// A view of an object, as a native's last act: it may have to be asked by its `__buffer__`.
fn view_then(cx: &mut Cx, object: Value) -> Flow {
    let unwrapped = cx.unwrap(object);
    if let Some(view) = unwrapped.cast::<MemoryView>() {
        let view = check(cx, view)?;
        return Ok(sibling(cx, view, view.readonly, view.layout().clone()));
    }
    if let Some(method) = own_buffer(cx, object)? {
        let flags = Value::int(FULL);
        return cx.call_then(method, &[flags], buffer_arrived, [Value::NONE; 3]);
    }
    match data_of(cx, object) {
        Some(data) => {
            let readonly = unwrapped.is::<Bytes>();
            Ok(cx.memory_view(unwrapped, object, readonly, Layout::bytes(data.len())))
        }
        None => {
            let shown = cx.type_name(object);
            let text = format!("memoryview: a bytes-like object is required, not '{shown}'");
            Err(cx.type_error(&text))
        }
    }
}

/// `__buffer__`, where the program defines it.
pub fn own_buffer(cx: &mut Cx, object: Value) -> Result<Option<Value>, Stop> {
    if !object.is::<crate::value::Instance>() {
        return Ok(None);
    }
    let name = cx.intern("__buffer__");
    match cx.lookup(cx.class_of(object), name) {
        Some(method) if !method.is::<crate::value::Native>() => cx.special(object, name),
        _ => Ok(None),
    }
}

pub fn buffer_arrived(cx: &mut Cx, _: [Value; 3], outcome: Outcome) -> Flow {
    let answer = outcome?;
    match answer.cast::<MemoryView>() {
        Some(view) => {
            let view = check(cx, view)?;
            Ok(sibling(cx, view, view.readonly, view.layout().clone()))
        }
        None => Err(cx.type_error("__buffer__ returned non-memoryview object")),
    }
}

fn buffer(cx: &mut Cx, args: Args) -> Flow {
    let flags = cx.arg(args, 1).value();
    let flags = cx.index_i64(flags)?;
    let object = cx.arg(args, 0).value();
    let unwrapped = cx.unwrap(object);
    if data_of(cx, unwrapped).is_none() && !unwrapped.is::<MemoryView>() {
        return Err(not_bytes(cx, object));
    }
    let writable = match unwrapped.cast::<MemoryView>() {
        Some(view) => !view.readonly,
        None => !unwrapped.is::<Bytes>(),
    };
    if flags & WRITABLE != 0 && !writable {
        let text = match unwrapped.is::<MemoryView>() {
            true => "memoryview: underlying buffer is not writable",
            false => "Object is not writable.",
        };
        return Err(cx.error(T::BufferError, text));
    }
    let view = match unwrapped.cast::<MemoryView>() {
        Some(view) => {
            let view = check(cx, view)?;
            sibling(cx, view, view.readonly, view.layout().clone())
        }
        None => {
            let len = data_of(cx, unwrapped).map_or(0, |data| data.len());
            cx.memory_view(unwrapped, object, !writable, Layout::bytes(len))
        }
    };
    Ok(view)
}

fn release_buffer(cx: &mut Cx, args: Args) -> Flow {
    let Some(view) = cx.arg(args, 1).cast::<MemoryView>() else {
        return Err(cx.type_error("expected a memoryview object"));
    };
    check(cx, view)?.release();
    Ok(Value::NONE)
}

fn release(cx: &mut Cx, args: Args) -> Flow {
    this::<MemoryView>(cx, args, T::MemoryView)?.release();
    Ok(Value::NONE)
}

fn enter(cx: &mut Cx, args: Args) -> Flow {
    receiver(cx, args)?;
    Ok(cx.arg(args, 0).value())
}

fn exit(cx: &mut Cx, args: Args) -> Flow {
    release(cx, args)
}

fn reduce(cx: &mut Cx, args: Args) -> Flow {
    receiver(cx, args)?;
    Err(cx.type_error("cannot pickle 'memoryview' object"))
}

// ---- the whole view

fn len(cx: &mut Cx, args: Args) -> Flow {
    let view = receiver(cx, args)?;
    match view.layout().shape.first() {
        Some(&len) => Ok(cx.uint(len as u64)),
        None => Err(cx.type_error("0-dim memory has no length")),
    }
}

fn iter(cx: &mut Cx, args: Args) -> Flow {
    let view = receiver(cx, args)?;
    match view.layout().shape.len() {
        0 => Err(cx.type_error("invalid indexing of 0-dim memory")),
        1 => {
            let view = Value::object(view);
            Ok(Value::object(cx.iter(T::MemoryIter, IterKind::Memory, view, Value::UNDEF, 0)))
        }
        _ => Err(not_implemented(cx, "multi-dimensional sub-views are not implemented")),
    }
}

fn tobytes(cx: &mut Cx, args: Args) -> Flow {
    let order = match cx.opt(args, 1).map(|v| v.value()) {
        Some(order) if !order.is_none() => match text_of(cx, order) {
            Some(order) => order.as_bytes().to_vec(),
            None => {
                let shown = cx.type_name(order);
                let text = format!("tobytes() argument 'order' must be str or None, not {shown}");
                return Err(cx.type_error(&text));
            }
        },
        _ => b"C".to_vec(),
    };
    let view = receiver(cx, args)?;
    let fortran = match &order[..] {
        b"C" => false,
        b"F" => true,
        b"A" => view.layout().is_f_contiguous() && !view.layout().is_c_contiguous(),
        _ => return Err(cx.value_error("order must be 'C', 'F' or 'A'")),
    };
    let data = view.look(|storage| view.layout().gather(storage, fortran));
    Ok(Value::object(cx.bytes(data)))
}

fn hex(cx: &mut Cx, args: Args) -> Flow {
    let view = receiver(cx, args)?;
    bytes_methods::hex_of(cx, args, |_, _| Ok(view.to_vec()))
}

fn tolist(cx: &mut Cx, args: Args) -> Flow {
    let view = receiver(cx, args)?;
    let layout = view.layout();
    let offsets = layout.offsets(false).into_iter();
    let mut items: Vec<Value> = offsets.map(|at| cx.memory_item(view.item_at(at))).collect();
    let Some((_, inner)) = layout.shape.split_first() else { return Ok(items[0]) };
    // Lists of lists, from the innermost outwards. None of this can collect.
    for (depth, &len) in inner.iter().enumerate().rev() {
        let lists: usize = layout.shape[..=depth].iter().product();
        items = (0..lists)
            .map(|i| Value::object(cx.list(items[i * len..(i + 1) * len].to_vec())))
            .collect();
    }
    Ok(Value::object(cx.list(items)))
}

fn toreadonly(cx: &mut Cx, args: Args) -> Flow {
    let view = receiver(cx, args)?;
    Ok(sibling(cx, view, true, view.layout().clone()))
}

fn hash(cx: &mut Cx, args: Args) -> Flow {
    let view = this::<MemoryView>(cx, args, T::MemoryView)?;
    if let Some(hash) = view.hash.get() {
        return Ok(cx.int(hash as i64));
    }
    check(cx, view)?;
    if !view.readonly {
        return Err(cx.value_error("cannot hash writable memoryview object"));
    }
    if !view.layout().format.is_byte() {
        let text = "memoryview: hashing is restricted to formats 'B', 'b' or 'c'";
        return Err(cx.value_error(text));
    }
    let object = view.object.get();
    if object != view.storage.get() {
        // An object of the program may say that it has none.
        cx.hash(object)?;
        check(cx, view)?;
    }
    let hash = cx.bytes_hash(&view.to_vec());
    view.hash.set(Some(hash));
    Ok(cx.int(hash as i64))
}

// ---- casts

fn cast(cx: &mut Cx, args: Args) -> Flow {
    let format = cx.arg(args, 1).value();
    let Some(format) = text_of(cx, format) else {
        let shown = super::text_args::shown_type(cx, format);
        return Err(cx.type_error(&format!("cast() argument 'format' must be str, not {shown}")));
    };
    let view = receiver(cx, args)?;
    let layout = view.layout();
    if !layout.is_c_contiguous() {
        return Err(cx.type_error("memoryview: casts are restricted to C-contiguous views"));
    }
    let shape = cx.opt(args, 2).map(|v| v.value());
    if shape.is_some() || layout.shape.len() != 1 {
        if layout.shape.contains(&0) {
            let text = "memoryview: cannot cast view with zeros in shape or strides";
            return Err(cx.type_error(text));
        }
        if shape.is_some() && layout.shape.len() != 1 {
            let new = shape.and_then(|shape| cx.plain_items(shape)).map_or(0, |items| items.len());
            if new != 1 {
                return Err(cx.type_error("memoryview: cast must be 1D -> ND or ND -> 1D"));
            }
        }
    }
    let shape = match shape {
        Some(shape) => Some(shape_of(cx, shape)?),
        None => None,
    };
    let Some(new) = Format::parse(format.as_bytes()) else {
        let text = "memoryview: destination format must be a native single character format \
                    prefixed with an optional '@'";
        return Err(cx.value_error(text));
    };
    if !new.is_byte() && !layout.format.is_byte() {
        return Err(cx.type_error("memoryview: cannot cast between two non-byte formats"));
    }
    let bytes = layout.byte_len();
    if bytes % new.size() != 0 {
        return Err(cx.type_error("memoryview: length is not a multiple of itemsize"));
    }
    let mut made = Layout {
        format: new,
        marked: format.as_bytes().first() == Some(&b'@'),
        start: layout.start,
        shape: Vec::new(),
        strides: Vec::new(),
    };
    let shape = shape.unwrap_or_else(|| vec![bytes / new.size()]);
    if shape.iter().product::<usize>() * new.size() != bytes {
        return Err(cx.type_error("memoryview: product(shape) * itemsize != buffer size"));
    }
    made.set_shape(shape);
    Ok(sibling(cx, view, view.readonly, made))
}

/// The lengths that a `shape` gives: integers above zero whose product is a size.
fn shape_of(cx: &Cx, shape: Value) -> Result<Vec<usize>, Stop> {
    let shape = cx.unwrap(shape);
    let items = match cx.plain_items(shape) {
        Some(items) if shape.is::<Tuple>() || shape.is::<crate::value::List>() => items,
        _ => return Err(cx.type_error("shape must be a list or a tuple")),
    };
    if items.len() > MAX_DIMENSIONS {
        let text = "memoryview: number of dimensions must not exceed 64";
        return Err(cx.value_error(text));
    }
    let mut product = 1usize;
    let mut lengths = Vec::with_capacity(items.len());
    for item in items {
        let len = match cx.integer(item) {
            Some(Int::Small(len)) if len > 0 => len as usize,
            Some(_) => {
                let text = "memoryview.cast(): elements of shape must be integers > 0";
                return Err(cx.value_error(text));
            }
            None => {
                let text = "memoryview.cast(): elements of shape must be integers";
                return Err(cx.type_error(text));
            }
        };
        product = match product.checked_mul(len).filter(|&n| n <= isize::MAX as usize >> 4) {
            Some(product) => product,
            None => return Err(cx.value_error("memoryview.cast(): product(shape) > SSIZE_MAX")),
        };
        lengths.push(len);
    }
    Ok(lengths)
}

// ---- items

/// What a key selects.
enum Place {
    Item(usize),
    Slice(index::Range),
    Whole,
}

/// Reads a key. `sub_views` is what cannot be had where an index leaves dimensions open.
fn place(cx: &mut Cx, args: Args, sub_views: &str) -> Result<Place, Stop> {
    let view = receiver(cx, args)?;
    let key = cx.arg(args, 1).value();
    let dimensions = view.layout().shape.len();
    if dimensions == 0 {
        return match key.cast::<Tuple>() {
            Some(tuple) if tuple.is_empty() => Ok(Place::Item(view.layout().start)),
            _ if key == Value::ELLIPSIS => Ok(Place::Whole),
            _ => Err(cx.type_error("invalid indexing of 0-dim memory")),
        };
    }
    if let Some(slice) = key.cast::<Slice>() {
        let (start, stop, step) = cx.slice_parts(slice)?;
        let view = receiver(cx, args)?;
        return Ok(Place::Slice(index::resolve(start, stop, step, view.layout().shape[0])));
    }
    if let Some(tuple) = cx.unwrap(key).cast::<Tuple>() {
        return tuple_place(cx, args, tuple);
    }
    let Some(at) = cx.index_or_none(key)? else {
        return Err(cx.type_error("memoryview: invalid slice key"));
    };
    if dimensions > 1 {
        return Err(not_implemented(cx, sub_views));
    }
    let view = receiver(cx, args)?;
    Ok(Place::Item(view.layout().at(&[within(cx, view, 0, at, key)?])))
}

/// An index within a dimension.
fn within(
    cx: &Cx,
    view: Gc<MemoryView>,
    dimension: usize,
    at: Int,
    key: Value,
) -> Result<usize, Stop> {
    let Int::Small(at) = at else {
        let text = format!("cannot fit '{}' into an index-sized integer", cx.type_name(key));
        return Err(cx.error(T::IndexError, &text));
    };
    index::position(at, view.layout().shape[dimension]).ok_or_else(|| {
        let text = format!("index out of bounds on dimension {}", dimension + 1);
        cx.error(T::IndexError, &text)
    })
}

fn tuple_place(cx: &mut Cx, args: Args, tuple: Gc<Tuple>) -> Result<Place, Stop> {
    let has_index = |cx: &Cx, item: Value| {
        let method = cx.lookup(cx.class_of(item), cx.vm().names.__index__);
        cx.integer(item).is_some() || method.is_some_and(|method| !method.is_none())
    };
    let items = tuple.as_slice();
    if !items.is_empty() && items.iter().all(|item| item.is::<Slice>()) {
        return Err(not_implemented(cx, "multi-dimensional slicing is not implemented"));
    }
    if !items.iter().all(|&item| has_index(cx, item)) {
        return Err(cx.type_error("memoryview: invalid slice key"));
    }
    let dimensions = receiver(cx, args)?.layout().shape.len();
    if items.len() < dimensions {
        return Err(not_implemented(cx, "sub-views are not implemented"));
    }
    if items.len() > dimensions {
        let count = items.len();
        let text = format!("cannot index {dimensions}-dimension view with {count}-element tuple");
        return Err(cx.type_error(&text));
    }
    let mut indices = Vec::with_capacity(dimensions);
    for dimension in 0..dimensions {
        let key = tuple.as_slice()[dimension];
        let at = cx.index(key)?;
        let view = receiver(cx, args)?;
        indices.push(within(cx, view, dimension, at, key)?);
    }
    Ok(Place::Item(receiver(cx, args)?.layout().at(&indices)))
}

fn sliced(layout: &Layout, range: &index::Range) -> Layout {
    let mut part = layout.clone();
    part.start =
        layout.start.wrapping_add_signed(layout.strides[0].wrapping_mul(if range.count == 0 {
            0
        } else {
            range.start as isize
        }));
    part.shape[0] = range.count;
    part.strides[0] = layout.strides[0].saturating_mul(range.step);
    part
}

fn getitem(cx: &mut Cx, args: Args) -> Flow {
    let view = receiver(cx, args)?;
    if let Some(slice) = cx.arg(args, 1).value().cast::<Slice>()
        && let Some(&len) = view.layout().shape.first()
    {
        return cx.scope(|cx| {
            // The part stays open, even where a bound of the slice releases the whole.
            let whole = sibling(cx, view, view.readonly, view.layout().clone());
            cx.root(whole);
            let (start, stop, step) = cx.slice_parts(slice)?;
            let part = sliced(view.layout(), &index::resolve(start, stop, step, len));
            let whole = whole.cast::<MemoryView>().expect("just made");
            Ok(sibling(cx, whole, whole.readonly, part))
        });
    }
    let place = place(cx, args, "multi-dimensional sub-views are not implemented")?;
    let view = receiver(cx, args)?;
    match place {
        Place::Item(at) => Ok(cx.memory_item(view.item_at(at))),
        Place::Slice(range) => Ok(sibling(cx, view, view.readonly, sliced(view.layout(), &range))),
        Place::Whole => Ok(cx.arg(args, 0).value()),
    }
}

fn setitem(cx: &mut Cx, args: Args) -> Flow {
    let view = receiver(cx, args)?;
    if view.readonly {
        return Err(cx.type_error("cannot modify read-only memory"));
    }
    let place = place(cx, args, "sub-views are not implemented")?;
    let value = cx.arg(args, 2).value();
    match place {
        Place::Slice(range) => assign(cx, args, &range, value),
        Place::Item(at) => put(cx, args, at, value),
        Place::Whole => {
            let start = view.layout().start;
            put(cx, args, start, value)
        }
    }
}

fn put(cx: &mut Cx, args: Args, at: usize, value: Value) -> Flow {
    let format = receiver(cx, args)?.layout().format;
    let item = item_of(cx, format, value)?;
    let Some(word) = item.and_then(|item| format.write(item)) else {
        let text = format!("memoryview: invalid value for format '{}'", format.code());
        return Err(cx.value_error(&text));
    };
    receiver(cx, args)?.edit(|storage| {
        storage[at..at + format.size()].copy_from_slice(&word[..format.size()]);
    });
    Ok(Value::NONE)
}

/// An item of a value of the program; None if it is out of all ranges.
fn item_of(cx: &mut Cx, format: Format, value: Value) -> Result<Option<Item>, Stop> {
    let wrong_type = |cx: &Cx| {
        let text = format!("memoryview: invalid type for format '{}'", format.code());
        cx.type_error(&text)
    };
    match format.class() {
        Class::Bool => cx.truth(value).map(|yes| Some(Item::Bool(yes))),
        Class::Byte => match cx.unwrap(value).cast::<Bytes>() {
            Some(bytes) => match bytes.as_slice() {
                &[byte] => Ok(Some(Item::Byte(byte))),
                _ => Ok(None),
            },
            None => Err(wrong_type(cx)),
        },
        Class::Float => match float_arg(cx, value) {
            Ok(f) => Ok(Some(Item::Float(f))),
            Err(_) if cx.pending_is(T::TypeError) => {
                cx.take_exception();
                Err(wrong_type(cx))
            }
            Err(_) if cx.pending_is(T::OverflowError) => {
                cx.take_exception();
                Ok(None)
            }
            Err(stop) => Err(stop),
        },
        class => {
            let Some(whole) = cx.index_or_none(value)? else { return Err(wrong_type(cx)) };
            Ok(match (class, whole) {
                (Class::Signed, Int::Small(i)) => Some(Item::Int(i)),
                (Class::Signed, Int::Big(big)) => i64::try_from(&big).ok().map(Item::Int),
                (_, Int::Small(i)) => u64::try_from(i).ok().map(Item::UInt),
                (_, Int::Big(big)) => u64::try_from(&big).ok().map(Item::UInt),
            })
        }
    }
}

fn assign(cx: &mut Cx, args: Args, range: &index::Range, value: Value) -> Flow {
    let view = receiver(cx, args)?;
    if view.layout().shape.len() > 1 {
        let text = "memoryview slice assignments are currently restricted to ndim = 1";
        return Err(not_implemented(cx, text));
    }
    let target = sliced(view.layout(), range);
    let value = match own_buffer(cx, value)? {
        Some(method) => cx.call(method, &[Value::int(0)])?,
        None => value,
    };
    check(cx, view)?;
    let (source, data) = match cx.unwrap(value).cast::<MemoryView>() {
        Some(other) => {
            let other = check(cx, other)?;
            (other.layout().clone(), other.to_vec())
        }
        None => match data_of(cx, value) {
            Some(data) => (Layout::bytes(data.len()), data.to_vec()),
            None => return Err(not_bytes(cx, value)),
        },
    };
    if !source.fits(&target) {
        let text = "memoryview assignment: lvalue and rvalue have different structures";
        return Err(cx.value_error(text));
    }
    let size = target.item_size();
    view.edit(|storage| {
        for (item, at) in data.chunks_exact(size).zip(target.offsets(false)) {
            storage[at..at + size].copy_from_slice(item);
        }
    });
    Ok(Value::NONE)
}

fn delitem(cx: &mut Cx, args: Args) -> Flow {
    let view = receiver(cx, args)?;
    let text =
        if view.readonly { "cannot modify read-only memory" } else { "cannot delete memory" };
    Err(cx.type_error(text))
}

// ---- comparison

/// Are the items equal? None if the other value has none.
fn equal(cx: &mut Cx, args: Args) -> Result<Option<bool>, Stop> {
    let view = this::<MemoryView>(cx, args, T::MemoryView)?;
    let mut other = cx.arg(args, 1).value();
    if view.is_released() {
        return Ok(Some(Value::object(view) == other));
    }
    if let Some(method) = own_buffer(cx, other)? {
        match cx.call(method, &[Value::int(FULL)]) {
            Ok(answer) => other = answer,
            Err(Stop::Raised) => {
                cx.take_exception();
                return Ok(None);
            }
            Err(stop) => return Err(stop),
        }
        // What was asked may have released the view.
        if view.is_released() {
            return Ok(Some(false));
        }
    }
    if let Some(other) = other.cast::<MemoryView>() {
        if other.is_released() {
            return Ok(Some(false));
        }
        return Ok(Some(same_items(view, other.layout(), |at| other.item_at(at))));
    }
    let Some(data) = data_of(cx, other) else { return Ok(None) };
    let layout = Layout::bytes(data.len());
    Ok(Some(same_items(view, &layout, |at| Item::UInt(data[at].into()))))
}

fn same_items(view: Gc<MemoryView>, other: &Layout, item: impl Fn(usize) -> Item) -> bool {
    let layout = view.layout();
    layout.shape == other.shape
        && layout
            .offsets(false)
            .into_iter()
            .zip(other.offsets(false))
            .all(|(a, b)| view.item_at(a).equals(item(b)))
}

fn eq(cx: &mut Cx, args: Args) -> Flow {
    Ok(equal(cx, args)?.map_or(Value::NOT_IMPLEMENTED, Value::bool))
}

fn ne(cx: &mut Cx, args: Args) -> Flow {
    Ok(equal(cx, args)?.map_or(Value::NOT_IMPLEMENTED, |equal| Value::bool(!equal)))
}

fn unordered(_: &mut Cx, _: Args) -> Flow {
    Ok(Value::NOT_IMPLEMENTED)
}
