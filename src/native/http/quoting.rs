//! Percent signs in URLs, and base 64 in heads.

use crate::native::bytes::data_arg;
use crate::plain::armour::{from_base64, to_base64};
use crate::plain::codec::{self, Encoding, Handler};
use crate::value::{Str, Value};
use crate::vm::{Args, Cx, Flow, Stop};

fn text(cx: &Cx, args: Args, i: usize) -> Result<crate::gc::Gc<Str>, Stop> {
    let value = cx.arg(args, i).value();
    cx.unwrap(value).cast::<Str>().ok_or_else(|| {
        let name = cx.type_name(value);
        cx.type_error(&format!("Argument should be str, got {name}"))
    })
}

fn hex(pair: &[u8]) -> Option<u8> {
    let [a, b] = *pair else { return None };
    Some(((a as char).to_digit(16)? << 4 | (b as char).to_digit(16)?) as u8)
}

/// `quote(text, safe, requote)`: percent signs for all but letters, digits, `-._~` and what is safe.
/// With `requote`, what is quoted already stays so, in capital letters, and is bare if it can be.
pub fn quote(cx: &mut Cx, args: Args) -> Flow {
    let (given, safe) = (text(cx, args, 0)?, text(cx, args, 1)?);
    let requote = cx.arg(args, 2).value() == Value::TRUE;
    let bytes = match codec::encode(given.as_bytes(), Encoding::Utf8, Handler::SurrogateEscape) {
        Ok(bytes) => bytes,
        Err(_) => return Err(cx.value_error("surrogates are not allowed in URLs")),
    };
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    let safe = safe.as_bytes();
    let mut out = Vec::with_capacity(bytes.len() + 16);
    let mut at = 0;
    while at < bytes.len() {
        let b = bytes[at];
        let quoted =
            (requote && b == b'%').then(|| bytes.get(at + 1..at + 3).and_then(hex)).flatten();
        match quoted {
            Some(b) if is_plain(b) => out.push(b),
            Some(b) => out.extend_from_slice(format!("%{b:02X}").as_bytes()),
            None if is_plain(b) || safe.contains(&b) => out.push(b),
            None => out.extend_from_slice(format!("%{b:02X}").as_bytes()),
        }
        at += if quoted.is_some() { 3 } else { 1 };
    }
    Ok(Value::object(cx.str_wtf8(&out)))
}

/// `unquote(text, keep, plus)`: the text that is meant. What `keep` holds stays quoted; with `plus`,
/// a plus sign is a space. What is not UTF-8 stays quoted as well.
pub fn unquote(cx: &mut Cx, args: Args) -> Flow {
    let (given, keep) = (text(cx, args, 0)?, text(cx, args, 1)?);
    let plus = cx.arg(args, 2).value() == Value::TRUE;
    let bytes = given.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let b = bytes[at];
        let quoted = bytes.get(at + 1..at + 3).filter(|_| b == b'%').and_then(hex);
        match quoted {
            None => {
                out.push(if plus && b == b'+' { b' ' } else { b });
                at += 1;
            }
            Some(b) if b < 0x80 => {
                if keep.as_bytes().contains(&b) {
                    out.extend_from_slice(&bytes[at..at + 3]);
                } else {
                    out.push(b);
                }
                at += 3;
            }
            Some(_) => {
                // A run of what is not ASCII is taken together.
                let start = at;
                let mut run = Vec::new();
                while bytes.get(at) == Some(&b'%')
                    && let Some(b) = bytes.get(at + 1..at + 3).and_then(hex)
                    && b >= 0x80
                {
                    run.push(b);
                    at += 3;
                }
                let mut place = start;
                for piece in run.utf8_chunks() {
                    out.extend_from_slice(piece.valid().as_bytes());
                    place += piece.valid().len() * 3;
                    let wrong = piece.invalid().len() * 3;
                    out.extend_from_slice(&bytes[place..place + wrong]);
                    place += wrong;
                }
            }
        }
    }
    Ok(Value::object(cx.str_wtf8(&out)))
}

pub fn encode_base64(cx: &mut Cx, args: Args) -> Flow {
    let data = data_arg(cx, args, 0)?;
    Ok(Value::object(cx.str_ascii(&to_base64(&data))))
}

/// None if it is not base 64.
pub fn decode_base64(cx: &mut Cx, args: Args) -> Flow {
    let given = text(cx, args, 0)?;
    let data = from_base64(given.as_bytes(), true);
    Ok(data.map_or(Value::NONE, |data| Value::object(cx.bytes(data))))
}
