//! Values to JSON text.
//!
//! An explicit stack stands for the recursion. What is being written is rooted, because `default`
//! and overriding methods of the program run by the door.

use super::super::int::digit_limit;
use super::{MAX_DEPTH, option};
use crate::plain::int::{push_big, push_i64};
use crate::plain::{MAX_BYTES, float, wtf8};
use crate::value::{BigInt, Class, Dict, Instance, List, Str, T, Tuple, Value};
use crate::vm::{Args, Cx, Flow, Root, Stop};

struct Options {
    /// The text that each level is indented by, if lines are broken at all.
    indent: Option<Vec<u8>>,
    separator: Vec<u8>,
    colon: Vec<u8>,
    skip_keys: bool,
    ascii: bool,
    check_circular: bool,
    allow_nan: bool,
    sort_keys: bool,
    default: Value,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Array,
    /// The source is a dict.
    Object,
    /// The source is a list of keys and values in turn.
    Pairs,
    /// What `default` made of the object is being written.
    Replaced,
}

/// A container that is being written.
struct Open {
    object: Value,
    source: Value,
    kind: Kind,
    at: usize,
    first: bool,
    /// How many arrays and objects are open, with this one.
    level: usize,
    root: Root,
}

/// `_dumps(value, indent, separator, colon, options, default)`.
pub fn dumps(cx: &mut Cx, args: Args) -> Flow {
    let bytes = |cx: &Cx, i: usize| {
        let text = cx.unwrap(cx.arg(args, i).value()).cast::<Str>();
        text.map(|text| text.as_bytes().to_vec())
    };
    let (Some(separator), Some(colon)) = (bytes(cx, 2), bytes(cx, 3)) else {
        return Err(cx.type_error("separators must be strings"));
    };
    let given = cx.arg(args, 4).value();
    let mut flags = [false; 5];
    for (i, flag) in flags.iter_mut().enumerate() {
        *flag = cx.truth(option(given, i))?;
    }
    let [skip_keys, ascii, check_circular, allow_nan, sort_keys] = flags;
    let options = Options {
        indent: bytes(cx, 1),
        separator,
        colon,
        skip_keys,
        ascii,
        check_circular,
        allow_nan,
        sort_keys,
        default: cx.arg(args, 5).value(),
    };
    let value = cx.arg(args, 0).value();
    cx.scope(|cx| cx.written(|cx, out| write(cx, out, &options, value))).map(Value::object)
}

pub fn quoted(cx: &mut Cx, args: Args) -> Flow {
    let text = cx.arg(args, 0).value();
    let Some(text) = cx.unwrap(text).cast::<Str>() else {
        let text = format!("first argument must be a string, not {}", cx.type_name(text));
        return Err(cx.type_error(&text));
    };
    let ascii = cx.truth(cx.arg(args, 1).value())?;
    let mut out = Vec::with_capacity(text.byte_len() + 2);
    push_string(&mut out, text.as_bytes(), ascii);
    Ok(Value::object(cx.str_wtf8(&out)))
}

fn write(cx: &mut Cx, out: &mut Vec<u8>, options: &Options, value: Value) -> Result<(), Stop> {
    let mut stack: Vec<Open> = Vec::new();
    begin(cx, out, options, &mut stack, value)?;
    let mut rounds = 0u32;
    loop {
        rounds = rounds.wrapping_add(1);
        if rounds.is_multiple_of(1 << 14) {
            cx.check_interrupt()?;
        }
        if out.len() > MAX_BYTES {
            return Err(cx.error_with(T::MemoryError, &[]));
        }
        let Some(top) = stack.last_mut() else { return Ok(()) };
        let next = match top.kind {
            Kind::Replaced => None,
            Kind::Array => next_item(top).map(|item| (None, item)),
            Kind::Object | Kind::Pairs => next_pair(top).map(|(key, value)| (Some(key), value)),
        };
        let Some((key, value)) = next else {
            let (kind, root, first, level) = (top.kind, top.root, top.first, top.level);
            stack.pop();
            cx.drop_root(root);
            if kind != Kind::Replaced {
                if !first {
                    new_line(cx, out, options, level - 1)?;
                }
                out.push(if kind == Kind::Array { b']' } else { b'}' });
            }
            continue;
        };
        let mark = out.len();
        if !top.first {
            out.extend_from_slice(&options.separator);
        }
        let level = top.level;
        new_line(cx, out, options, level)?;
        if let Some(key) = key {
            if !push_key(cx, out, options, key)? {
                out.truncate(mark);
                continue;
            }
            out.extend_from_slice(&options.colon);
        }
        if let Some(top) = stack.last_mut() {
            top.first = false;
        }
        begin(cx, out, options, &mut stack, value)?;
    }
}

fn new_line(cx: &Cx, out: &mut Vec<u8>, options: &Options, depth: usize) -> Result<(), Stop> {
    if let Some(indent) = &options.indent {
        if indent.len().saturating_mul(depth).saturating_add(out.len()) > MAX_BYTES {
            return Err(cx.error_with(T::MemoryError, &[]));
        }
        out.push(b'\n');
        for _ in 0..depth {
            out.extend_from_slice(indent);
        }
    }
    Ok(())
}

fn next_item(open: &mut Open) -> Option<Value> {
    let item = match open.source.cast::<List>() {
        Some(list) => list.get(open.at),
        None => open.source.cast::<Tuple>().and_then(|t| t.as_slice().get(open.at).copied()),
    }?;
    open.at += 1;
    Some(item)
}

fn next_pair(open: &mut Open) -> Option<(Value, Value)> {
    if let Some(list) = open.source.cast::<List>() {
        let pair = (list.get(open.at)?, list.get(open.at + 1)?);
        open.at += 2;
        return Some(pair);
    }
    let dict = open.source.cast::<Dict>()?;
    while open.at < dict.table().places() {
        let entry = dict.entry_at(open.at);
        open.at += 1;
        if let Some(entry) = entry {
            return Some((entry.key, entry.value));
        }
    }
    None
}

/// Writes a value, or the beginning of a container.
fn begin(
    cx: &mut Cx,
    out: &mut Vec<u8>,
    options: &Options,
    stack: &mut Vec<Open>,
    value: Value,
) -> Result<(), Stop> {
    let mut object = value;
    loop {
        let inner = cx.unwrap(object);
        if push_scalar(cx, out, options, inner)? {
            return Ok(());
        }
        let array = inner.is::<List>() || inner.is::<Tuple>();
        let is_container = array || inner.is::<Dict>();
        if options.check_circular && stack.iter().any(|open| open.object == object) {
            return Err(cx.value_error("Circular reference detected"));
        }
        if stack.len() >= MAX_DEPTH {
            let text = "maximum recursion depth exceeded while encoding a JSON object";
            return Err(cx.error(T::RecursionError, text));
        }
        if !is_container && options.default.is_none() {
            let name = cx.type_name(object);
            return Err(cx.type_error(&format!("Object of type {name} is not JSON serializable")));
        }
        let root = cx.root(object);
        let level = stack.last().map_or(0, |open| open.level);
        if !is_container {
            let open = Open {
                object,
                source: object,
                kind: Kind::Replaced,
                at: 0,
                first: true,
                level,
                root,
            };
            stack.push(open);
            object = cx.call(options.default, &[object])?;
            // What was made is kept alive as long as it is being written.
            cx.root(object);
            continue;
        }
        let (kind, source) = if array {
            (Kind::Array, inner)
        } else {
            let source = pairs_of(cx, options, object, inner)?;
            cx.root(source);
            (if source.is::<Dict>() { Kind::Object } else { Kind::Pairs }, source)
        };
        out.push(if array { b'[' } else { b'{' });
        stack.push(Open { object, source, kind, at: 0, first: true, level: level + 1, root });
        return Ok(());
    }
}

/// Where the entries of a dict come from: the dict itself, or a list of keys and values, because
/// they are sorted or the program says what they are.
fn pairs_of(cx: &mut Cx, options: &Options, object: Value, inner: Value) -> Flow {
    let own = object.is::<Instance>() && overrides_items(cx, cx.class_of(object));
    if !own && !options.sort_keys {
        return Ok(inner);
    }
    let mut pairs: Vec<[Value; 2]> = Vec::new();
    if own {
        let name = cx.intern("items");
        let items = cx.get_attribute(object, name)?;
        let items = cx.call(items, &[])?;
        let collect = cx.vm().prelude("_json_items");
        let items = cx.call(collect, &[items])?;
        for item in cx.plain_items(items).unwrap_or_default() {
            if let Some(&[key, value]) = item.cast::<Tuple>().as_ref().map(|pair| pair.as_slice()) {
                pairs.push([key, value]);
            }
        }
    } else if let Some(dict) = inner.cast::<Dict>() {
        pairs.extend(dict.iter().map(|entry| [entry.key, entry.value]));
    }
    if options.sort_keys {
        if pairs.iter().all(|[key, _]| key.is::<Str>()) {
            let text = |key: Value| key.cast::<Str>().expect("just seen");
            pairs.sort_by(|[a, _], [b, _]| text(*a).as_bytes().cmp(text(*b).as_bytes()));
        } else {
            let tuples = pairs.iter().map(|pair| Value::object(cx.tuple(pair))).collect();
            let tuples = Value::object(cx.list(tuples));
            let sorted = cx.vm().prelude("_sorted");
            let sorted = cx.call(sorted, &[tuples])?;
            let sorted = cx.plain_items(sorted).unwrap_or_default();
            let pair =
                |v: &Value| v.cast::<Tuple>().map(|pair| [pair.as_slice()[0], pair.as_slice()[1]]);
            pairs = sorted.iter().filter_map(pair).collect();
        }
    }
    Ok(Value::object(cx.list(pairs.concat())))
}

fn overrides_items(cx: &Cx, class: crate::gc::Gc<Class>) -> bool {
    let name = cx.intern("items");
    cx.lookup(class, name) != cx.class(T::Dict).dict.get_str(cx, name)
}

/// Writes a string, a number or a constant; false for anything else.
fn push_scalar(cx: &Cx, out: &mut Vec<u8>, options: &Options, value: Value) -> Result<bool, Stop> {
    if let Some(text) = value.cast::<Str>() {
        push_string(out, text.as_bytes(), options.ascii);
    } else if let Some(i) = value.as_int() {
        push_i64(out, i);
    } else if let Some(x) = value.as_float() {
        push_float(cx, out, options, x)?;
    } else if let Some(word) = word_of(value) {
        out.extend_from_slice(word);
    } else if let Some(big) = value.cast::<BigInt>() {
        push_big(out, &big.value, digit_limit(cx)).map_err(|fault| cx.fault(&fault))?;
    } else {
        return Ok(false);
    }
    Ok(true)
}

fn word_of(value: Value) -> Option<&'static [u8]> {
    Some(match value {
        Value::NONE => b"null",
        Value::TRUE => b"true",
        Value::FALSE => b"false",
        _ => return None,
    })
}

fn push_float(cx: &Cx, out: &mut Vec<u8>, options: &Options, x: f64) -> Result<(), Stop> {
    if x.is_finite() {
        float::push_repr(out, x);
        return Ok(());
    }
    if !options.allow_nan {
        let shown = float::repr(x);
        return Err(
            cx.value_error(&format!("Out of range float values are not JSON compliant: {shown}"))
        );
    }
    out.extend_from_slice(if x.is_nan() {
        b"NaN"
    } else if x > 0.0 {
        b"Infinity"
    } else {
        b"-Infinity"
    });
    Ok(())
}

/// Writes the key of an entry; false if it is skipped.
fn push_key(cx: &Cx, out: &mut Vec<u8>, options: &Options, key: Value) -> Result<bool, Stop> {
    let inner = cx.unwrap(key);
    if let Some(text) = inner.cast::<Str>() {
        push_string(out, text.as_bytes(), options.ascii);
        return Ok(true);
    }
    let begin = out.len();
    out.push(b'"');
    if push_scalar(cx, out, options, inner)? {
        out.push(b'"');
        return Ok(true);
    }
    out.truncate(begin);
    if options.skip_keys {
        return Ok(false);
    }
    let name = cx.type_name(key);
    Err(cx.type_error(&format!("keys must be str, int, float, bool or None, not {name}")))
}

/// Appends a string in quotes.
fn push_string(out: &mut Vec<u8>, text: &[u8], ascii: bool) {
    out.push(b'"');
    let mut rest = text;
    let special =
        |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\' || ascii && *byte >= 0x7F;
    while let Some(at) = rest.iter().position(special) {
        out.extend_from_slice(&rest[..at]);
        let (point, width) = wtf8::decode(&rest[at..]);
        rest = &rest[at + width..];
        let short = match point {
            0x22 => b'"',
            0x5C => b'\\',
            0x0A => b'n',
            0x0D => b'r',
            0x09 => b't',
            0x0C => b'f',
            0x08 => b'b',
            0x10000.. => {
                let high = 0xD800 + ((point - 0x10000) >> 10);
                push_hex(out, high);
                push_hex(out, 0xDC00 + ((point - 0x10000) & 0x3FF));
                continue;
            }
            _ => {
                push_hex(out, point);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', short]);
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

fn push_hex(out: &mut Vec<u8>, point: u32) {
    out.extend_from_slice(b"\\u");
    for shift in [12, 8, 4, 0] {
        out.push(b"0123456789abcdef"[(point >> shift & 15) as usize]);
    }
}
