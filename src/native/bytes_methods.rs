//! Methods that bytes and bytearray share. Results are of the receiver's type.

use super::bytes::{
    Data, alike, alike_part, buffer_of, buffer_or_none, data_arg, data_of, not_bytes, this_data,
};
use super::text_args::{
    byte, flag, limit, only_text, plain, raw_bounds, resolve_bounds, text_of, width,
};
use super::{class_method, codec, method, static_method};
use crate::gc::Gc;
use crate::plain::bytes as plain_bytes;
use crate::plain::wtf8::{self, Side};
use crate::value::{ByteArray, Bytes, List, MemoryView, T, Tuple, Value};
use crate::vm::{Args, Cx, Def, Flow, Outcome, Stop};

pub const COUNT: usize = 42;

/// One copy of the rows for each of the two types.
pub const fn rows() -> [Def; COUNT] {
    [
        method("find(self, sub, start=None, end=None, /)", "Lowest index of sub, or -1.", find),
        method("rfind(self, sub, start=None, end=None, /)", "Highest index of sub, or -1.", rfind),
        method("index(self, sub, start=None, end=None, /)", "Lowest index of sub.", index),
        method("rindex(self, sub, start=None, end=None, /)", "Highest index of sub.", rindex),
        method("count(self, sub, start=None, end=None, /)", "How often sub is there.", count),
        method(
            "startswith(self, prefix, start=None, end=None, /)",
            "Is prefix, or one of a tuple of them, at the start?",
            startswith,
        ),
        method(
            "endswith(self, suffix, start=None, end=None, /)",
            "Is suffix, or one of a tuple of them, at the end?",
            endswith,
        ),
        method("replace(self, old, new, count=-1, /)", "A copy with old replaced.", replace),
        method("removeprefix(self, prefix, /)", "A copy without prefix.", removeprefix),
        method("removesuffix(self, suffix, /)", "A copy without suffix.", removesuffix),
        method("partition(self, sep, /)", "Before the first sep, sep, and behind it.", partition),
        method("rpartition(self, sep, /)", "Before the last sep, sep, and behind it.", rpartition),
        method("split(self, /, sep=None, maxsplit=-1)", "Parts between separators.", split),
        method("rsplit(self, /, sep=None, maxsplit=-1)", "As split, from the end.", rsplit),
        method("splitlines(self, /, keepends=False)", "The lines.", splitlines),
        method("join(self, iterable_of_bytes, /)", "Parts with this between them.", join),
        method("strip(self, bytes=None, /)", "Without whitespace at both ends.", strip),
        method("lstrip(self, bytes=None, /)", "Without whitespace at the start.", lstrip),
        method("rstrip(self, bytes=None, /)", "Without whitespace at the end.", rstrip),
        method("center(self, width, fillchar=b' ', /)", "Padded on both sides.", center),
        method("ljust(self, width, fillchar=b' ', /)", "Padded at the end.", ljust),
        method("rjust(self, width, fillchar=b' ', /)", "Padded at the start.", rjust),
        method("zfill(self, width, /)", "Padded with zeros behind a sign.", zfill),
        method("expandtabs(self, /, tabsize=8)", "With spaces for tabs.", expandtabs),
        method("lower(self, /)", "In lower case.", lower),
        method("upper(self, /)", "In upper case.", upper),
        method("title(self, /)", "Words in title case.", title),
        method("capitalize(self, /)", "The first letter in upper case.", capitalize),
        method("swapcase(self, /)", "With cases swapped.", swapcase),
        method("isalnum(self, /)", "ASCII letters and digits only?", isalnum),
        method("isalpha(self, /)", "ASCII letters only?", isalpha),
        method("isascii(self, /)", "ASCII only?", isascii),
        method("isdigit(self, /)", "ASCII digits only?", isdigit),
        method("islower(self, /)", "Letters, all in lower case?", islower),
        method("isspace(self, /)", "ASCII whitespace only?", isspace),
        method("istitle(self, /)", "Words in title case?", istitle),
        method("isupper(self, /)", "Letters, all in upper case?", isupper),
        method("translate(self, table, /, delete=b'')", "Bytes mapped by a table.", translate),
        static_method("maketrans(frm, to, /)", "A table for translate.", maketrans),
        method(
            "decode(self, /, encoding='utf-8', errors='strict')",
            "The text that the bytes encode.",
            decode,
        ),
        method("hex(self, /, sep=UNDEF, bytes_per_sep=1)", "Hexadecimal digits.", hex),
        class_method("fromhex(cls, string, /)", "Bytes of hexadecimal digits.", fromhex),
    ]
}

// ---- searching

/// What is searched for: bytes, or one byte as an integer.
fn needle(cx: &mut Cx, args: Args) -> Result<Data, Stop> {
    let value = cx.arg(args, 1).value();
    if let Some(data) = buffer_or_none(cx, value)? {
        return Ok(data);
    }
    if value.is::<MemoryView>() {
        return Err(not_bytes(cx, value));
    }
    if cx.index_or_none(value)?.is_none() {
        let shown = cx.type_name(value);
        let text = format!("argument should be integer or bytes-like object, not '{shown}'");
        return Err(cx.type_error(&text));
    }
    Ok(Data::Copy(vec![byte(cx, value, "byte must be in range(0, 256)")?]))
}

type Finder = fn(&[u8], &[u8]) -> Option<usize>;

fn locate(cx: &mut Cx, args: Args, find: Finder) -> Result<Option<usize>, Stop> {
    let (start, end) = raw_bounds(cx, args, 2)?;
    let needle = needle(cx, args)?;
    let data = this_data(cx, args)?;
    let Some((start, end)) = resolve_bounds(start, end, data.len()) else {
        return Ok(None);
    };
    Ok(find(&data[start..end], &needle).map(|at| start + at))
}

fn position(found: Option<usize>) -> Value {
    Value::int(found.map_or(-1, |at| at as i64))
}

fn found_position(cx: &Cx, found: Option<usize>) -> Flow {
    match found {
        Some(_) => Ok(position(found)),
        None => Err(cx.value_error("subsection not found")),
    }
}

fn find(cx: &mut Cx, args: Args) -> Flow {
    locate(cx, args, wtf8::find).map(position)
}

fn rfind(cx: &mut Cx, args: Args) -> Flow {
    locate(cx, args, wtf8::rfind).map(position)
}

fn index(cx: &mut Cx, args: Args) -> Flow {
    let found = locate(cx, args, wtf8::find)?;
    found_position(cx, found)
}

fn rindex(cx: &mut Cx, args: Args) -> Flow {
    let found = locate(cx, args, wtf8::rfind)?;
    found_position(cx, found)
}

fn count(cx: &mut Cx, args: Args) -> Flow {
    let (start, end) = raw_bounds(cx, args, 2)?;
    let needle = needle(cx, args)?;
    let data = this_data(cx, args)?;
    let count = resolve_bounds(start, end, data.len())
        .map_or(0, |(start, end)| plain_bytes::count(&data[start..end], &needle));
    Ok(Value::int(count as i64))
}

fn affix(cx: &mut Cx, args: Args, name: &str, fits: fn(&[u8], &[u8]) -> bool) -> Flow {
    let (start, end) = raw_bounds(cx, args, 2)?;
    let affixes = cx.arg(args, 1).value();
    let single = buffer_or_none(cx, affixes)?;
    let data = this_data(cx, args)?;
    let window = resolve_bounds(start, end, data.len()).map(|(start, end)| &data[start..end]);
    let fits = |affix: &[u8]| window.is_some_and(|window| fits(window, affix));
    if let Some(affix) = single {
        return Ok(Value::bool(fits(&affix)));
    }
    let Some(tuple) = cx.unwrap(affixes).cast::<Tuple>() else {
        let shown = cx.type_name(affixes);
        return Err(cx.type_error(&format!(
            "{name} first arg must be bytes or a tuple of bytes, not {shown}"
        )));
    };
    for &affix in tuple.as_slice() {
        let affix = buffer_of(cx, affix)?;
        if fits(&affix) {
            return Ok(Value::TRUE);
        }
    }
    Ok(Value::FALSE)
}

fn startswith(cx: &mut Cx, args: Args) -> Flow {
    affix(cx, args, "startswith", |data, prefix| data.starts_with(prefix))
}

fn endswith(cx: &mut Cx, args: Args) -> Flow {
    affix(cx, args, "endswith", |data, suffix| data.ends_with(suffix))
}

fn replace(cx: &mut Cx, args: Args) -> Flow {
    let (old, new) = (data_arg(cx, args, 1)?, data_arg(cx, args, 2)?);
    let max = limit(cx, args, 3)?;
    let data = this_data(cx, args)?;
    let replaced = plain(cx, plain_bytes::replace(&data, &old, &new, max))?;
    Ok(match replaced {
        Some(replaced) => alike(cx, args, replaced),
        None => alike_part(cx, args, &data),
    })
}

fn removeprefix(cx: &mut Cx, args: Args) -> Flow {
    let (data, prefix) = (this_data(cx, args)?, data_arg(cx, args, 1)?);
    Ok(alike_part(cx, args, data.strip_prefix(&*prefix).unwrap_or(&data)))
}

fn removesuffix(cx: &mut Cx, args: Args) -> Flow {
    let (data, suffix) = (this_data(cx, args)?, data_arg(cx, args, 1)?);
    Ok(alike_part(cx, args, data.strip_suffix(&*suffix).unwrap_or(&data)))
}

// ---- splitting and joining

fn three(cx: &Cx, args: Args, parts: [&[u8]; 3]) -> Flow {
    let parts = parts.map(|part| alike(cx, args, part.to_vec()));
    Ok(Value::object(cx.tuple(&parts)))
}

/// Before the separator, the separator as it was given (bytearrays get a copy), and behind it.
fn parted(cx: &Cx, args: Args, head: &[u8], sep: &[u8], tail: &[u8]) -> Flow {
    let given = cx.arg(args, 1).value();
    let copied = cx.unwrap(cx.arg(args, 0).value()).is::<ByteArray>();
    let sep = if copied { alike(cx, args, sep.to_vec()) } else { given };
    let parts = [alike(cx, args, head.to_vec()), sep, alike(cx, args, tail.to_vec())];
    Ok(Value::object(cx.tuple(&parts)))
}

fn partition(cx: &mut Cx, args: Args) -> Flow {
    let (data, sep) = (this_data(cx, args)?, data_arg(cx, args, 1)?);
    match plain(cx, wtf8::partition(&data, &sep))? {
        Some((head, tail)) => parted(cx, args, head, &sep, tail),
        None => three(cx, args, [&data, b"", b""]),
    }
}

fn rpartition(cx: &mut Cx, args: Args) -> Flow {
    let (data, sep) = (this_data(cx, args)?, data_arg(cx, args, 1)?);
    match plain(cx, wtf8::rpartition(&data, &sep))? {
        Some((head, tail)) => parted(cx, args, head, &sep, tail),
        None => three(cx, args, [b"", b"", &data]),
    }
}

fn list_of(cx: &Cx, args: Args, parts: Vec<&[u8]>) -> Value {
    let mutable = cx.unwrap(cx.arg(args, 0).value()).is::<ByteArray>();
    let made = |part: &[u8]| match mutable {
        true => Value::object(cx.bytearray(part.to_vec())),
        false => Value::object(cx.bytes(part)),
    };
    let items = parts.into_iter().map(made).collect();
    Value::object(cx.list(items))
}

fn separator(cx: &mut Cx, args: Args) -> Result<Option<Data>, Stop> {
    match cx.opt(args, 1).map(|v| v.value()) {
        Some(value) if !value.is_none() => data_arg(cx, args, 1).map(Some),
        _ => Ok(None),
    }
}

fn split(cx: &mut Cx, args: Args) -> Flow {
    let max = limit(cx, args, 2)?;
    let data = this_data(cx, args)?;
    let parts = match &separator(cx, args)? {
        Some(sep) => plain(cx, wtf8::split(&data, sep, max))?,
        None => wtf8::split_space(&data, max, false),
    };
    Ok(list_of(cx, args, parts))
}

fn rsplit(cx: &mut Cx, args: Args) -> Flow {
    let max = limit(cx, args, 2)?;
    let data = this_data(cx, args)?;
    let parts = match &separator(cx, args)? {
        Some(sep) => plain(cx, wtf8::rsplit(&data, sep, max))?,
        None => wtf8::rsplit_space(&data, max, false),
    };
    Ok(list_of(cx, args, parts))
}

fn splitlines(cx: &mut Cx, args: Args) -> Flow {
    let keep = flag(cx, args, 1)?;
    let data = this_data(cx, args)?;
    Ok(list_of(cx, args, wtf8::split_lines(&data, keep, false)))
}

fn join(cx: &mut Cx, args: Args) -> Flow {
    let iterable = cx.arg(args, 1).value();
    if !cx.is_iterable(iterable) {
        return Err(cx.type_error("can only join an iterable"));
    }
    if let Some(joined) = joined_quickly(cx, cx.arg(args, 0).value(), iterable) {
        return Ok(joined);
    }
    let state = [cx.arg(args, 0).value(), Value::NONE, Value::NONE];
    if iterable.is::<List>() || iterable.is::<Tuple>() {
        return join_collected(cx, state, Ok(iterable));
    }
    cx.collect_then(iterable, join_collected, state)
}

/// Joins a list or tuple of bytes by bytes; None for everything else.
fn joined_quickly(cx: &Cx, between: Value, items: Value) -> Option<Value> {
    let between = between.cast::<Bytes>()?;
    let between = between.as_slice();
    let join = |items: &[Value]| {
        let parts: Vec<Gc<Bytes>> =
            items.iter().map(|item| item.cast::<Bytes>()).collect::<Option<_>>()?;
        let total =
            parts.iter().fold(0usize, |sum, part| sum.saturating_add(part.as_slice().len()));
        let gaps = between.len().saturating_mul(parts.len());
        if total.saturating_add(gaps) > crate::plain::MAX_BYTES {
            return None;
        }
        let mut slices: Vec<&[u8]> = Vec::with_capacity(parts.len() * 2);
        for (at, part) in parts.iter().enumerate() {
            if at > 0 && !between.is_empty() {
                slices.push(between);
            }
            slices.push(part.as_slice());
        }
        Some(Value::object(cx.bytes_of(&slices)))
    };
    match items.cast::<Tuple>() {
        Some(tuple) => join(tuple.as_slice()),
        None => items.cast::<List>()?.edit(|items| join(items)),
    }
}

fn join_collected(cx: &mut Cx, [separator, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let items = outcome?;
    let items = match items.cast::<Tuple>() {
        Some(tuple) => tuple.as_slice().to_vec(),
        None => items.cast::<List>().map(|list| list.to_vec()).unwrap_or_default(),
    };
    let mut parts = Vec::with_capacity(items.len());
    for (at, &item) in items.iter().enumerate() {
        let Some(part) = buffer_or_none(cx, item)? else {
            let shown = cx.type_name(item);
            return Err(cx.type_error(&format!(
                "sequence item {at}: expected a bytes-like object, {shown} found"
            )));
        };
        parts.push(part);
    }
    let slices: Vec<&[u8]> = parts.iter().map(|part| &**part).collect();
    let between = data_of(cx, separator).map(|data| data.to_vec()).unwrap_or_default();
    let data = plain(cx, wtf8::join(&between, &slices))?;
    Ok(if cx.unwrap(separator).is::<ByteArray>() {
        Value::object(cx.bytearray(data))
    } else {
        Value::object(cx.bytes(data))
    })
}

// ---- shape

fn stripped(cx: &mut Cx, args: Args, side: Side) -> Flow {
    let data = this_data(cx, args)?;
    let rest = match separator(cx, args)? {
        None => wtf8::strip_space(&data, side, false),
        Some(set) => wtf8::strip_chars(&data, &set, side, false),
    };
    Ok(alike_part(cx, args, rest))
}

fn strip(cx: &mut Cx, args: Args) -> Flow {
    stripped(cx, args, Side::Both)
}

fn lstrip(cx: &mut Cx, args: Args) -> Flow {
    stripped(cx, args, Side::Left)
}

fn rstrip(cx: &mut Cx, args: Args) -> Flow {
    stripped(cx, args, Side::Right)
}

fn fill(cx: &Cx, args: Args, name: &str) -> Result<u8, Stop> {
    let Some(value) = cx.opt(args, 2).map(|v| v.value()) else {
        return Ok(b' ');
    };
    match data_of(cx, value).filter(|_| !value.is::<MemoryView>()).as_deref() {
        Some(&[byte]) => Ok(byte),
        _ => {
            let shown = cx.type_name(value);
            Err(cx.type_error(&format!(
                "{name}() argument 2 must be a byte string of length 1, not {shown}"
            )))
        }
    }
}

type Margins = fn(usize, usize) -> (usize, usize);

/// Pads by what `margins` makes of the width and what is missing.
fn padded(cx: &mut Cx, args: Args, name: &str, margins: Margins) -> Flow {
    let width = width(cx, args, 1)?;
    let fill = fill(cx, args, name)?;
    let data = this_data(cx, args)?;
    let (before, after) = margins(width, width.saturating_sub(data.len()));
    if before.saturating_add(after) > crate::plain::MAX_BYTES {
        return Err(cx.error_with(T::MemoryError, &[]));
    }
    let mut out = vec![fill; before];
    out.extend_from_slice(&data);
    out.resize(out.len() + after, fill);
    Ok(alike(cx, args, out))
}

fn center(cx: &mut Cx, args: Args) -> Flow {
    padded(cx, args, "center", |width, missing| {
        let before = missing / 2 + (missing & width & 1);
        (before, missing - before)
    })
}

fn ljust(cx: &mut Cx, args: Args) -> Flow {
    padded(cx, args, "ljust", |_, missing| (0, missing))
}

fn rjust(cx: &mut Cx, args: Args) -> Flow {
    padded(cx, args, "rjust", |_, missing| (missing, 0))
}

fn zfill(cx: &mut Cx, args: Args) -> Flow {
    let width = width(cx, args, 1)?;
    let data = this_data(cx, args)?;
    let out = plain(cx, wtf8::zfill(&data, data.len(), width))?;
    Ok(alike(cx, args, out))
}

fn expandtabs(cx: &mut Cx, args: Args) -> Flow {
    let size = match cx.opt(args, 1) {
        Some(_) => width(cx, args, 1)?,
        None => 8,
    };
    let data = this_data(cx, args)?;
    let out = plain(cx, wtf8::expand_tabs(&data, size, false))?;
    Ok(alike(cx, args, out))
}

fn mapped(cx: &Cx, args: Args, map: fn(&[u8]) -> Vec<u8>) -> Flow {
    let data = this_data(cx, args)?;
    Ok(alike(cx, args, map(&data)))
}

fn lower(cx: &mut Cx, args: Args) -> Flow {
    mapped(cx, args, <[u8]>::to_ascii_lowercase)
}

fn upper(cx: &mut Cx, args: Args) -> Flow {
    mapped(cx, args, <[u8]>::to_ascii_uppercase)
}

fn title(cx: &mut Cx, args: Args) -> Flow {
    mapped(cx, args, plain_bytes::title)
}

fn capitalize(cx: &mut Cx, args: Args) -> Flow {
    mapped(cx, args, plain_bytes::capitalize)
}

fn swapcase(cx: &mut Cx, args: Args) -> Flow {
    mapped(cx, args, plain_bytes::swapcase)
}

fn test(cx: &Cx, args: Args, test: fn(&[u8]) -> bool) -> Flow {
    Ok(Value::bool(test(&this_data(cx, args)?)))
}

fn isalnum(cx: &mut Cx, args: Args) -> Flow {
    test(cx, args, plain_bytes::is_alnum)
}

fn isalpha(cx: &mut Cx, args: Args) -> Flow {
    test(cx, args, plain_bytes::is_alpha)
}

fn isascii(cx: &mut Cx, args: Args) -> Flow {
    test(cx, args, <[u8]>::is_ascii)
}

fn isdigit(cx: &mut Cx, args: Args) -> Flow {
    test(cx, args, plain_bytes::is_digit)
}

fn islower(cx: &mut Cx, args: Args) -> Flow {
    test(cx, args, plain_bytes::is_lower)
}

fn isspace(cx: &mut Cx, args: Args) -> Flow {
    test(cx, args, plain_bytes::is_space)
}

fn istitle(cx: &mut Cx, args: Args) -> Flow {
    test(cx, args, plain_bytes::is_title)
}

fn isupper(cx: &mut Cx, args: Args) -> Flow {
    test(cx, args, plain_bytes::is_upper)
}

// ---- tables and codes

fn translate(cx: &mut Cx, args: Args) -> Flow {
    let data = this_data(cx, args)?;
    let table = separator(cx, args)?;
    if table.as_ref().is_some_and(|table| table.len() != 256) {
        return Err(cx.value_error("translation table must be 256 characters long"));
    }
    let delete = match cx.opt(args, 2) {
        Some(_) => data_arg(cx, args, 2)?,
        None => Data::Copy(Vec::new()),
    };
    let out = plain(cx, plain_bytes::translate(&data, table.as_deref(), &delete))?;
    Ok(alike(cx, args, out))
}

fn maketrans(cx: &mut Cx, args: Args) -> Flow {
    let (from, to) = (data_arg(cx, args, 0)?, data_arg(cx, args, 1)?);
    let table = plain(cx, plain_bytes::make_table(&from, &to))?;
    Ok(Value::object(cx.bytes(table)))
}

fn decode(cx: &mut Cx, args: Args) -> Flow {
    let (encoding, errors) = (cx.arg(args, 1).value(), cx.arg(args, 2).value());
    let data = this_data(cx, args)?;
    if encoding.is_undef() && errors.is_undef() && data.is_ascii() {
        return Ok(Value::object(cx.str_ascii(&data)));
    }
    codec::check(cx, encoding, errors, "decode")?;
    if data.is_empty() {
        // Nobody looks the encoding up.
        return Ok(Value::object(cx.str("")));
    }
    let this = cx.unwrap(cx.arg(args, 0).value());
    let Some(how) = codec::known(cx, encoding, errors, "decode")? else {
        return codec::by_codec(cx, "_decode_by_codec", this, encoding, errors);
    };
    Ok(Value::object(codec::decode(cx, this, &data, &how)?))
}

fn hex(cx: &mut Cx, args: Args) -> Flow {
    hex_of(cx, args, this_data)
}

/// `hex` of what `data` finds once the arguments have been read.
pub fn hex_of<D: std::ops::Deref<Target = [u8]>>(
    cx: &mut Cx,
    args: Args,
    data: impl FnOnce(&Cx, Args) -> Result<D, Stop>,
) -> Flow {
    let every = match cx.opt(args, 2).map(|v| v.value()) {
        Some(every) => cx.index_i64(every)?,
        None => 1,
    };
    let separator = match cx.opt(args, 1).map(|v| v.value()) {
        None => None,
        Some(value) => {
            let text = match (text_of(cx, value), data_of(cx, value)) {
                (Some(text), _) => text.as_bytes().to_vec(),
                (_, Some(data)) => data.to_vec(),
                _ => {
                    let shown = cx.type_name(value);
                    let text = match cx.len_plain(value) {
                        None => format!("object of type '{shown}' has no len()"),
                        Some(1) => "sep must be str or bytes.".to_string(),
                        Some(_) => return Err(cx.value_error("sep must be length 1.")),
                    };
                    return Err(cx.type_error(&text));
                }
            };
            Some(plain(cx, plain_bytes::hex_separator(&text))?)
        }
    };
    let text = plain_bytes::hex_text(&data(cx, args)?, separator, every);
    Ok(Value::object(cx.str_ascii(&text)))
}

fn fromhex(cx: &mut Cx, args: Args) -> Flow {
    let text = only_text(cx, args, "fromhex")?;
    let data = plain(cx, plain_bytes::from_hex(text.as_bytes()))?;
    let class = cx.arg(args, 0).value();
    let mutable = class.cast().is_some_and(|class| cx.is_subclass_of(class, T::ByteArray));
    let exact = cx.type_object(if mutable { T::ByteArray } else { T::Bytes });
    let value =
        if mutable { Value::object(cx.bytearray(data)) } else { Value::object(cx.bytes(data)) };
    if class == exact { Ok(value) } else { cx.tail(class, &[value]) }
}
