//! `_struct`: values as the bytes of C structs, and back. `stdlib/struct.sloop` has the class.

use super::bytes::buffer_of;
use super::float::float_arg;
use super::{add_functions, function, memory};
use crate::gc::Gc;
use crate::plain::MAX_BYTES;
use crate::plain::buffer::{Format, Item};
use crate::plain::int::Int;
use crate::plain::packing::{Field, Plan, range};
use crate::value::{ByteArray, Bytes, Dict, MemoryView, Str, T, Value};
use crate::vm::{Args, Cx, Def, Flow, Stop};

static FUNCTIONS: &[Def] = &[
    function("calcsize(format, /)", "The size in bytes of what a format describes.", calcsize),
    function("pack(format, /, *values)", "Bytes that hold the values.", pack),
    function(
        "pack_into(format, /, *args)",
        "Writes values into a buffer, from an offset on.",
        pack_into,
    ),
    function("unpack(format, buffer, /)", "The values in a buffer.", unpack),
    function(
        "unpack_from(format, /, buffer, offset=0)",
        "The values in a part of a buffer.",
        unpack_from,
    ),
];

pub fn module(cx: &mut Cx, namespace: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, namespace, FUNCTIONS, "_struct");
    namespace.set_str(cx, cx.intern("error"), cx.type_object(T::StructError));
    Ok(())
}

fn error(cx: &Cx, text: &str) -> Stop {
    cx.error(T::StructError, text)
}

// ---- arguments

fn plan(cx: &mut Cx, args: Args) -> Result<Plan, Stop> {
    let format = cx.arg(args, 0).value();
    let inner = cx.unwrap(format);
    let parsed = if let Some(text) = inner.cast::<Str>() {
        if !text.is_ascii() {
            let how = super::codec::arguments(cx, cx.str_value("ascii"), Value::UNDEF, "Struct")?;
            super::codec::encode(cx, text, &how)?;
        }
        Plan::parse(text.as_bytes())
    } else if let Some(bytes) = inner.cast::<Bytes>() {
        Plan::parse(bytes.as_slice())
    } else {
        let shown = cx.type_name(format);
        let text = format!("Struct() argument 1 must be a str or bytes object, not {shown}");
        return Err(cx.type_error(&text));
    };
    parsed.map_err(|text| error(cx, text))
}

// ---- packing

fn calcsize(cx: &mut Cx, args: Args) -> Flow {
    let plan = plan(cx, args)?;
    Ok(cx.uint(plan.size as u64))
}

fn pack(cx: &mut Cx, args: Args) -> Flow {
    let plan = plan(cx, args)?;
    let bytes = packed(cx, args, 1, &plan, "pack")?;
    Ok(Value::object(cx.bytes(bytes)))
}

/// The bytes of the arguments from `from` on.
fn packed(cx: &mut Cx, args: Args, from: usize, plan: &Plan, name: &str) -> Result<Vec<u8>, Stop> {
    let given = args.beyond(from);
    if given != plan.values {
        let text = format!("{name} expected {} items for packing (got {given})", plan.values);
        return Err(error(cx, &text));
    }
    if plan.size > MAX_BYTES {
        return Err(cx.error_with(T::MemoryError, &[]));
    }
    let mut out = vec![0; plan.size];
    let mut next = from;
    for field in &plan.fields {
        if matches!(field.code, b's' | b'p') {
            let value = cx.arg(args, next).value();
            put_text(cx, &mut out[field.at..][..field.count], field.code, value)?;
            next += 1;
            continue;
        }
        for i in 0..field.count {
            let value = cx.arg(args, next).value();
            let word = word(cx, plan, field, value)?;
            let target = &mut out[field.at + i * field.size..][..field.size];
            target.copy_from_slice(&word[..field.size]);
            if plan.big {
                target.reverse();
            }
            next += 1;
        }
    }
    Ok(out)
}

fn put_text(cx: &Cx, target: &mut [u8], code: u8, value: Value) -> Result<(), Stop> {
    let inner = cx.unwrap(value);
    let array = inner.cast::<ByteArray>().map(|array| array.to_vec());
    let data = match (inner.cast::<Bytes>(), &array) {
        (Some(bytes), _) => bytes.as_slice().to_vec(),
        (_, Some(array)) => array.clone(),
        _ => {
            let text = format!("argument for '{}' must be a bytes object", char::from(code));
            return Err(error(cx, &text));
        }
    };
    // A Pascal string has its length in front.
    let room = match code {
        b'p' if target.is_empty() => return Ok(()),
        b'p' => {
            let len = data.len().min(target.len() - 1);
            target[0] = len.min(255) as u8;
            &mut target[1..]
        }
        _ => target,
    };
    let len = data.len().min(room.len());
    room[..len].copy_from_slice(&data[..len]);
    Ok(())
}

/// The bytes of an item, the lowest first.
fn word(cx: &mut Cx, plan: &Plan, field: &Field, value: Value) -> Result<[u8; 8], Stop> {
    match field.code {
        b'c' => match cx.unwrap(value).cast::<Bytes>() {
            Some(bytes) if bytes.as_slice().len() == 1 => {
                Ok([bytes.as_slice()[0], 0, 0, 0, 0, 0, 0, 0])
            }
            _ => Err(error(cx, "char format requires a bytes object of length 1")),
        },
        b'?' => {
            let yes = cx.truth(value)?;
            Ok([u8::from(yes), 0, 0, 0, 0, 0, 0, 0])
        }
        b'e' | b'f' | b'd' => float_word(cx, plan, field, value),
        _ => whole_word(cx, field, value),
    }
}

fn float_word(cx: &mut Cx, plan: &Plan, field: &Field, value: Value) -> Result<[u8; 8], Stop> {
    let number = match float_arg(cx, value) {
        Ok(number) => number,
        Err(_) if cx.pending_is(T::TypeError) => {
            cx.take_exception();
            return Err(error(cx, "required argument is not a float"));
        }
        Err(stop) => return Err(stop),
    };
    // C's conversion makes an infinity of what does not fit, the standard formats refuse it.
    let too_large =
        field.code == b'f' && !plan.native && number.is_finite() && (number as f32).is_infinite();
    let format = Format::parse(&[field.code]).filter(|_| !too_large);
    match format.and_then(|format| format.write(Item::Float(number))) {
        Some(word) => Ok(word),
        None => {
            let text = format!("float too large to pack with {} format", char::from(field.code));
            Err(cx.error(T::OverflowError, &text))
        }
    }
}

fn whole_word(cx: &mut Cx, field: &Field, value: Value) -> Result<[u8; 8], Stop> {
    let Some(number) = cx.index_or_none(value)? else {
        return Err(error(cx, "required argument is not an integer"));
    };
    let number = match number {
        Int::Small(small) => Some(i128::from(small)),
        Int::Big(big) => i128::try_from(big).ok(),
    };
    if field.code == b'P' {
        // An address may be written as a negative number, too.
        return match number.filter(|n| (i128::from(i64::MIN)..=u64::MAX.into()).contains(n)) {
            Some(number) => Ok((number as u64).to_le_bytes()),
            None => Err(error(cx, "int too large to convert")),
        };
    }
    let (least, most) = range(field.code, field.size);
    match number.filter(|number| (least..=most).contains(number)) {
        Some(number) => Ok((number as u64).to_le_bytes()),
        None => {
            let code = char::from(field.code);
            Err(error(cx, &format!("'{code}' format requires {least} <= number <= {most}")))
        }
    }
}

fn pack_into(cx: &mut Cx, args: Args) -> Flow {
    let plan = plan(cx, args)?;
    match args.len() {
        1 => return Err(error(cx, "pack_into expected buffer argument")),
        2 => return Err(error(cx, "pack_into expected offset argument")),
        _ => {}
    }
    let offset = cx.index_i64(cx.arg(args, 2).value())?;
    let bytes = packed(cx, args, 3, &plan, "pack_into")?;
    let target = cx.arg(args, 1).value();
    let mut inner = cx.unwrap(target);
    if let Some(method) = memory::own_buffer(cx, target)? {
        inner = cx.call(method, &[Value::int(1)])?;
    }
    if let Some(array) = inner.cast::<ByteArray>() {
        let at = place(cx, offset, array.to_vec().len(), plan.size, true)?;
        array.edit(|data| data[at..at + plan.size].copy_from_slice(&bytes));
        return Ok(Value::NONE);
    }
    if let Some(view) =
        inner.cast::<MemoryView>().filter(|view| !view.is_released() && !view.readonly)
        && view.layout().is_c_contiguous()
    {
        let (start, len) = (view.layout().start, view.layout().byte_len());
        let at = start + place(cx, offset, len, plan.size, true)?;
        view.edit(|data| data[at..at + plan.size].copy_from_slice(&bytes));
        return Ok(Value::NONE);
    }
    let shown = cx.type_name(target);
    Err(cx.type_error(&format!("argument must be read-write bytes-like object, not {shown}")))
}

/// Where `size` bytes begin in a buffer of `len`, for an offset that may count from its end.
fn place(cx: &Cx, offset: i64, len: usize, size: usize, packs: bool) -> Result<usize, Stop> {
    let (verb, doing) = if packs { ("pack", "packing") } else { ("unpack", "unpacking") };
    let mut at = i128::from(offset);
    if at < 0 {
        if at + size as i128 > 0 {
            let text = match packs {
                true => format!("no space to pack {size} bytes at offset {offset}"),
                false => format!("not enough data to unpack {size} bytes at offset {offset}"),
            };
            return Err(error(cx, &text));
        }
        at += len as i128;
        if at < 0 {
            return Err(error(cx, &format!("offset {offset} out of range for {len}-byte buffer")));
        }
    }
    if at + size as i128 > len as i128 {
        let text = format!(
            "{verb}_{} requires a buffer of at least {} bytes for {doing} {size} bytes at offset {at} \
             (actual buffer size is {len})",
            if packs { "into" } else { "from" },
            at + size as i128
        );
        return Err(error(cx, &text));
    }
    Ok(at as usize)
}

// ---- unpacking

fn unpack(cx: &mut Cx, args: Args) -> Flow {
    let plan = plan(cx, args)?;
    let buffer = cx.arg(args, 1).value();
    let data = buffer_of(cx, buffer)?;
    if data.len() != plan.size {
        let text = format!("unpack requires a buffer of {} bytes", plan.size);
        return Err(error(cx, &text));
    }
    Ok(unpacked(cx, &plan, &data))
}

fn unpack_from(cx: &mut Cx, args: Args) -> Flow {
    let plan = plan(cx, args)?;
    let offset = match cx.opt(args, 2).map(|offset| offset.value()) {
        Some(offset) => cx.index_i64(offset)?,
        None => 0,
    };
    let buffer = cx.arg(args, 1).value();
    let data = buffer_of(cx, buffer)?;
    let at = place(cx, offset, data.len(), plan.size, false)?;
    Ok(unpacked(cx, &plan, &data[at..]))
}

fn unpacked(cx: &Cx, plan: &Plan, data: &[u8]) -> Value {
    let mut values = Vec::with_capacity(plan.values.min(data.len() + 8));
    for field in &plan.fields {
        let bytes = &data[field.at..];
        match field.code {
            b's' => values.push(Value::object(cx.bytes(&bytes[..field.count]))),
            b'p' => {
                let text = bytes[..field.count]
                    .split_first()
                    .map_or(&[][..], |(&len, text)| &text[..usize::from(len).min(text.len())]);
                values.push(Value::object(cx.bytes(text)));
            }
            _ => values
                .extend((0..field.count).map(|i| item(cx, plan, field, &bytes[i * field.size..]))),
        }
    }
    Value::object(cx.tuple(&values))
}

fn item(cx: &Cx, plan: &Plan, field: &Field, bytes: &[u8]) -> Value {
    let mut word = [0; 8];
    let word = &mut word[..field.size];
    word.copy_from_slice(&bytes[..field.size]);
    if plan.big {
        word.reverse();
    }
    // `l` has half its native size in the standard formats.
    let code = match field.code {
        b'l' if field.size == 4 => b'i',
        b'L' if field.size == 4 => b'I',
        code => code,
    };
    match Format::parse(&[code]) {
        Some(format) => cx.memory_item(format.read(word)),
        None => Value::NONE,
    }
}
