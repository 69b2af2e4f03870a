//! `repr`, `str` and `ascii` of every value.
//!
//! What a class of the program says about itself comes first: natives that are called as such
//! hand the wish on (`str_then`, `repr_then`); natives that need a text in the middle of their
//! work get it by the door (`repr`, `str_of`, `push_repr`). Built-in values are shown here without
//! running code: containers in `display_walk`, functions, classes and the like in
//! `display_object`. Exceptions and files bring natives of their own.

use super::text_args::text_of;
use super::{display_object, display_walk, format, make, method};
use crate::gc::{Gc, budget};
use crate::plain::int::{push_big, push_i64};
use crate::plain::{MAX_BYTES, float, repr as plain_repr};
use crate::value::class::overrides;
use crate::value::{
    BigInt, ByteArray, Bytes, Class, Complex, Exception, MappingProxy, Native, Str, T, Value,
};
use crate::vm::{Args, Cx, Def, Flow, Outcome, Stop, natives::is_native};

// ---- the methods of types

static OBJECT_REPR: Def = method("__repr__(self, /)", "repr(self)", object_repr);
static OBJECT_STR: Def = method("__str__(self, /)", "str(self)", object_str);
static REPR: Def = method("__repr__(self, /)", "repr(self)", native_repr);
static STR: Def = method("__str__(self, /)", "str(self)", native_str);

/// Types that have a `__repr__` of their own.
const SHOWN: &[T] = &[
    T::Type,
    T::Int,
    T::Float,
    T::Complex,
    T::Bool,
    T::Str,
    T::Bytes,
    T::ByteArray,
    T::MemoryView,
    T::List,
    T::Tuple,
    T::Dict,
    T::Set,
    T::FrozenSet,
    T::Range,
    T::Slice,
    T::NoneType,
    T::Ellipsis,
    T::NotImplemented,
    T::Function,
    T::Native,
    T::NativeMethod,
    T::ClassNative,
    T::SlotWrapper,
    T::MethodWrapper,
    T::BoundMethod,
    T::StaticMethod,
    T::ClassMethod,
    T::Member,
    T::GetSet,
    T::Super,
    T::MappingProxy,
    T::Module,
    T::Code,
    T::Cell,
    T::Generator,
    T::Coroutine,
    T::AsyncGenerator,
    T::DictKeys,
    T::DictValues,
    T::DictItems,
    T::Deque,
];

/// Gives every type its `__repr__`, `__str__` and `__format__`, unless it brought its own.
pub fn install(cx: &Cx) {
    let add = |id: T, def: &'static Def| {
        let class = cx.class(id);
        let native = make(cx, def, Value::object(class));
        let name = cx.intern(native.signature.name());
        if class.dict.get_str(cx, name).is_none() {
            class.dict.set_str(cx, name, Value::object(native));
        }
    };
    add(T::Object, &OBJECT_REPR);
    add(T::Object, &OBJECT_STR);
    for &id in SHOWN {
        add(id, &REPR);
    }
    add(T::Str, &STR);
    format::install(add);
}

fn object_repr(cx: &mut Cx, args: Args) -> Flow {
    let value = cx.arg(args, 0).value();
    let mut out = Vec::new();
    display_object::push_default(cx, &mut out, value);
    Ok(Value::object(cx.str_wtf8(&out)))
}

/// `object.__str__` is `repr`, whatever the class says that is.
fn object_str(cx: &mut Cx, args: Args) -> Flow {
    let value = cx.arg(args, 0).value();
    repr_then(cx, value)
}

fn native_repr(cx: &mut Cx, args: Args) -> Flow {
    let value = cx.arg(args, 0).value();
    made(cx, |cx, out| push_native_repr(cx, out, value))
}

fn native_str(cx: &mut Cx, args: Args) -> Flow {
    let value = cx.arg(args, 0).value();
    if let Some(text) = text_of(cx, value) {
        return Ok(Value::object(text));
    }
    made(cx, |cx, out| push_native_str(cx, out, value))
}

/// A string of what `push` writes.
fn made(cx: &mut Cx, push: impl FnOnce(&mut Cx, &mut Vec<u8>) -> Result<(), Stop>) -> Flow {
    cx.written(push).map(Value::object)
}

/// Between parts of a text: what contains the same thing twice, and that another twice, soon has
/// no end.
pub fn check_size(cx: &Cx, out: &[u8]) -> Result<(), Stop> {
    if out.len() > MAX_BYTES {
        return Err(cx.error_with(T::MemoryError, &[]));
    }
    cx.check_interrupt()
}

/// A string of bytes, if it is not too long for one.
pub fn text(cx: &Cx, bytes: &[u8]) -> Result<Gc<Str>, Stop> {
    if bytes.len() > MAX_BYTES || !budget::grants(bytes.len()) {
        return Err(cx.error_with(T::MemoryError, &[]));
    }
    Ok(cx.str_wtf8(bytes))
}

// ---- what classes say themselves

/// The method of a class that shows its instances in its own way: one of the program, or a
/// native of another file.
fn own_method(
    cx: &mut Cx,
    value: Value,
    name: Gc<Str>,
    ours: [&'static Def; 2],
) -> Result<Option<Value>, Stop> {
    let class = cx.class_of(value);
    match cx.lookup(class, name) {
        Some(found) if is_one(found, ours) => Ok(None),
        Some(found) if found.is_none() => Err(cx.type_error("'NoneType' object is not callable")),
        Some(_) => cx.special(value, name),
        None => Ok(None),
    }
}

fn is_one(found: Value, of: [&'static Def; 2]) -> bool {
    found.cast::<Native>().is_some_and(|native| of.iter().any(|&def| is_native(native, def)))
}

/// May a class of this value say how to show it?
fn may_override(class: Gc<Class>, value: Value, bits: u32) -> bool {
    class.has(bits)
        || value.is::<Exception>()
        || value.is::<crate::value::Resource>()
        || value.is::<crate::value::Record>()
        || value.is::<crate::value::Weak>()
}

fn own_repr(cx: &mut Cx, value: Value) -> Result<Option<Value>, Stop> {
    let class = cx.class_of(value);
    if !may_override(class, value, overrides::REPR) {
        return Ok(None);
    }
    let name = cx.vm().names.__repr__;
    own_method(cx, value, name, [&REPR; 2])
}

fn own_str(cx: &mut Cx, value: Value) -> Result<Option<Value>, Stop> {
    let class = cx.class_of(value);
    if !may_override(class, value, overrides::STR | overrides::REPR) {
        return Ok(None);
    }
    let name = cx.vm().names.__str__;
    // A class may say that its `__str__` is the `__repr__` of a built-in type.
    if let Some(method) = own_method(cx, value, name, [&STR, &OBJECT_STR])? {
        return Ok(Some(method));
    }
    // `object.__str__` asks for the repr, that of str does not.
    if text_of(cx, value).is_some() {
        let asks = cx.lookup(class, name).is_some_and(|found| is_one(found, [&OBJECT_STR; 2]));
        return if asks { cx.special(value, name) } else { Ok(None) };
    }
    own_repr(cx, value)
}

fn checked(cx: &Cx, answer: Value, name: &str) -> Result<Gc<Str>, Stop> {
    text_of(cx, answer).ok_or_else(|| {
        let shown = cx.type_name(answer);
        cx.type_error(&format!("{name} returned non-string (type {shown})"))
    })
}

// ---- as a native's last act

/// `str(value)`.
pub fn str_then(cx: &mut Cx, value: Value) -> Flow {
    if value.is::<Str>() {
        return Ok(value);
    }
    if let Some(constant) = constant(value) {
        return Ok(Value::object(cx.str_ascii(constant.as_bytes())));
    }
    match own_str(cx, value)? {
        Some(method) => cx.call_then(method, &[], str_arrived, [Value::NONE; 3]),
        None => {
            if let Some(text) = text_of(cx, value) {
                return Ok(Value::object(text));
            }
            made(cx, |cx, out| push_native_str(cx, out, value))
        }
    }
}

/// `repr(value)`.
pub fn repr_then(cx: &mut Cx, value: Value) -> Flow {
    match own_repr(cx, value)? {
        Some(method) => cx.call_then(method, &[], repr_arrived, [Value::NONE; 3]),
        None => made(cx, |cx, out| push_native_repr(cx, out, value)),
    }
}

fn str_arrived(cx: &mut Cx, _: [Value; 3], outcome: Outcome) -> Flow {
    let answer = outcome?;
    checked(cx, answer, "__str__").map(|_| answer)
}

fn repr_arrived(cx: &mut Cx, _: [Value; 3], outcome: Outcome) -> Flow {
    let answer = outcome?;
    checked(cx, answer, "__repr__").map(|_| answer)
}

/// `ascii(value)`.
pub fn ascii_then(cx: &mut Cx, value: Value) -> Flow {
    match own_repr(cx, value)? {
        Some(method) => cx.call_then(method, &[], ascii_arrived, [Value::NONE; 3]),
        None => made(cx, |cx, out| push_ascii(cx, out, value)),
    }
}

fn ascii_arrived(cx: &mut Cx, _: [Value; 3], outcome: Outcome) -> Flow {
    let answer = outcome?;
    let shown = checked(cx, answer, "__repr__")?;
    if shown.is_ascii() {
        return Ok(answer);
    }
    made(cx, |_, out| {
        plain_repr::push_ascii_of_repr(out, shown.as_bytes());
        Ok(())
    })
}

// ---- in the middle of a native's work

/// `repr(value)`, by the door where code of the program decides.
pub fn repr(cx: &mut Cx, value: Value) -> Result<Vec<u8>, Stop> {
    let mut out = Vec::new();
    push_repr(cx, &mut out, value)?;
    Ok(out)
}

/// `str(value)`, by the door where code of the program decides.
pub fn str_of(cx: &mut Cx, value: Value) -> Result<Vec<u8>, Stop> {
    let mut out = Vec::new();
    push_str(cx, &mut out, value)?;
    Ok(out)
}

/// `str(value)` as an exact str.
pub fn str_value(cx: &mut Cx, value: Value) -> Result<Gc<Str>, Stop> {
    if let Some(text) = value.cast::<Str>() {
        return Ok(text);
    }
    let out = str_of(cx, value)?;
    text(cx, &out)
}

pub fn push_repr(cx: &mut Cx, out: &mut Vec<u8>, value: Value) -> Result<(), Stop> {
    check_size(cx, out)?;
    if value.is_object()
        && let Some(method) = own_repr(cx, value)?
    {
        let answer = cx.call(method, &[])?;
        out.extend_from_slice(checked(cx, answer, "__repr__")?.as_bytes());
        return Ok(());
    }
    push_native_repr(cx, out, value)
}

pub fn push_str(cx: &mut Cx, out: &mut Vec<u8>, value: Value) -> Result<(), Stop> {
    if let Some(text) = value.cast::<Str>() {
        out.extend_from_slice(text.as_bytes());
        return Ok(());
    }
    if value.is_object()
        && let Some(method) = own_str(cx, value)?
    {
        let answer = cx.call(method, &[])?;
        out.extend_from_slice(checked(cx, answer, "__str__")?.as_bytes());
        return Ok(());
    }
    push_native_str(cx, out, value)
}

/// `ascii(value)`.
pub fn push_ascii(cx: &mut Cx, out: &mut Vec<u8>, value: Value) -> Result<(), Stop> {
    let shown = repr(cx, value)?;
    plain_repr::push_ascii_of_repr(out, &shown);
    Ok(())
}

// ---- built-in values

/// What `str` of the built-in type says.
fn push_native_str(cx: &mut Cx, out: &mut Vec<u8>, value: Value) -> Result<(), Stop> {
    if let Some(text) = text_of(cx, value) {
        out.extend_from_slice(text.as_bytes());
        return Ok(());
    }
    if let Some(proxy) = value.cast::<MappingProxy>() {
        let mapping = proxy.mapping.get();
        return cx.deeper(|cx| push_str(cx, out, mapping));
    }
    push_native_repr(cx, out, value)
}

/// What `repr` of the built-in type says, whatever a class derived from it may say.
pub fn push_native_repr(cx: &mut Cx, out: &mut Vec<u8>, value: Value) -> Result<(), Stop> {
    let inner = cx.unwrap(value);
    if let (Some(array), true) = (inner.cast::<ByteArray>(), inner != value) {
        let mut shown = Vec::new();
        array.edit(|data| plain_repr::push_bytearray_repr(&mut shown, data));
        out.extend_from_slice(cx.type_name(value).as_bytes());
        out.extend_from_slice(&shown[b"bytearray".len()..]);
        return Ok(());
    }
    if push_scalar(cx, out, inner)? {
        return Ok(());
    }
    if display_walk::is_container(inner) {
        return display_walk::push(cx, out, value);
    }
    display_object::push(cx, out, value)
}

/// Appends the repr of a number, a text, bytes or a constant; false for anything else.
pub fn push_scalar(cx: &Cx, out: &mut Vec<u8>, value: Value) -> Result<bool, Stop> {
    if let Some(i) = value.as_int() {
        push_i64(out, i);
    } else if let Some(x) = value.as_float() {
        float::push_repr(out, x);
    } else if let Some(text) = value.cast::<Str>() {
        plain_repr::push_str_repr(out, text.as_bytes());
    } else if let Some(constant) = constant(value) {
        out.extend_from_slice(constant.as_bytes());
    } else if let Some(big) = value.cast::<BigInt>() {
        push_big(out, &big.value, super::int::digit_limit(cx)).map_err(|fault| cx.fault(&fault))?;
    } else if let Some(c) = value.cast::<Complex>() {
        plain_repr::push_complex_repr(out, c.re, c.im);
    } else if let Some(bytes) = value.cast::<Bytes>() {
        plain_repr::push_bytes_repr(out, bytes.as_slice());
    } else if let Some(bytes) = value.cast::<ByteArray>() {
        bytes.edit(|data| plain_repr::push_bytearray_repr(out, data));
    } else {
        return Ok(false);
    }
    Ok(true)
}

fn constant(value: Value) -> Option<&'static str> {
    Some(match value {
        Value::NONE => "None",
        Value::TRUE => "True",
        Value::FALSE => "False",
        Value::ELLIPSIS => "Ellipsis",
        Value::NOT_IMPLEMENTED => "NotImplemented",
        _ => return None,
    })
}
