//! Frames of WebSockets, and what shakes hands for them.

use std::cell::Cell;
use std::hash::{BuildHasher, Hasher, RandomState};

use crate::native::bytes::data_arg;
use crate::plain::armour::to_base64;
use crate::plain::digest;
use crate::value::Value;
use crate::vm::{Args, Cx, Flow};

/// Draws masks. They need not be secret from who reads the frames, only not be foreseen.
struct Masks(Cell<u64>);

impl Default for Masks {
    fn default() -> Masks {
        Masks(Cell::new(RandomState::new().build_hasher().finish() | 1))
    }
}

impl Masks {
    fn draw(&self) -> [u8; 4] {
        let mut x = self.0.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.0.set(x);
        ((x.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as u32).to_ne_bytes()
    }
}

fn apply_mask(mask: [u8; 4], data: &mut [u8]) {
    let [a, b, c, d] = mask;
    let word = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = data.as_chunks_mut::<8>();
    for piece in words {
        *piece = (u64::from_ne_bytes(*piece) ^ word).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(mask) {
        *byte ^= key;
    }
    for (byte, key) in rest.iter_mut().skip(4).zip(mask) {
        *byte ^= key;
    }
}

/// `frame(first, data, masked)`: a whole frame.
pub fn frame(cx: &mut Cx, args: Args) -> Flow {
    let first = cx.index_i64(cx.arg(args, 0).value())? as u8;
    let data = data_arg(cx, args, 1)?;
    let is_masked = cx.arg(args, 2).value() == Value::TRUE;
    let bit = if is_masked { 0x80 } else { 0 };
    let mut out = Vec::with_capacity(data.len() + 14);
    out.push(first);
    match data.len() {
        len @ 0..126 => out.push(bit | len as u8),
        len @ 126..65536 => {
            out.push(bit | 126);
            out.extend_from_slice(&(len as u16).to_be_bytes());
        }
        len => {
            out.push(bit | 127);
            out.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    if is_masked {
        let mask = cx.state::<Masks>().draw();
        out.extend_from_slice(&mask);
        let start = out.len();
        out.extend_from_slice(&data);
        apply_mask(mask, &mut out[start..]);
    } else {
        out.extend_from_slice(&data);
    }
    Ok(Value::object(cx.bytes(out)))
}

/// `parse_frame(data, start, limit, masked, squeezed)`: None as long as the frame is not complete, a pair of
/// the code to close with and a text if it is wrong, else its end, first byte and content.
/// `limit` is how long the content may be (0: any), `masked` whether it must be masked,
/// `squeezed` whether it may be squeezed.
pub fn parse_frame(cx: &mut Cx, args: Args) -> Flow {
    let data = data_arg(cx, args, 0)?;
    let start = usize::try_from(cx.index_i64(cx.arg(args, 1).value())?).unwrap_or(0);
    let limit = cx.index_i64(cx.arg(args, 2).value())? as u64;
    let must_mask = cx.arg(args, 3).value() == Value::TRUE;
    let rest = data.get(start..).unwrap_or_default();
    let wrong = |cx: &Cx, code: i64, text: &str| {
        let parts = [Value::int(code), cx.str_value(text)];
        Ok(Value::object(cx.tuple(&parts)))
    };
    let [first, second, more @ ..] = rest else { return Ok(Value::NONE) };
    let is_control = first & 8 != 0;
    let may_be_squeezed = cx.arg(args, 4).value() == Value::TRUE && !is_control;
    if first & if may_be_squeezed { 0x30 } else { 0x70 } != 0 {
        return wrong(cx, 1002, "Received frame with non-zero reserved bits");
    }
    if !matches!(first & 15, 0..=2 | 8..=10) {
        let text = format!("Unexpected opcode={}", first & 15);
        return wrong(cx, 1002, &text);
    }
    if is_control && first & 0x80 == 0 {
        return wrong(cx, 1002, "Received fragmented control frame");
    }
    let short = second & 0x7f;
    if is_control && short > 125 {
        return wrong(cx, 1002, "Control frame payload cannot be larger than 125 bytes");
    }
    let is_masked = second & 0x80 != 0;
    if is_masked != must_mask {
        let text = if must_mask {
            "Received a frame that is not masked"
        } else {
            "Received a frame that is masked"
        };
        return wrong(cx, 1002, text);
    }
    let (len, more) = match (short, more) {
        (126, [a, b, more @ ..]) => (u64::from(u16::from_be_bytes([*a, *b])), more),
        (127, more) => match more.split_first_chunk::<8>() {
            Some((len, more)) => (u64::from_be_bytes(*len), more),
            None => return Ok(Value::NONE),
        },
        (126, _) => return Ok(Value::NONE),
        (len, more) => (u64::from(len), more),
    };
    if limit > 0 && len > limit || len > 1 << 40 {
        let text = format!("Message size {len} exceeds limit {limit}");
        return wrong(cx, 1009, &text);
    }
    let (mask, more) = if is_masked {
        match more.split_first_chunk::<4>() {
            Some((mask, more)) => (*mask, more),
            None => return Ok(Value::NONE),
        }
    } else {
        ([0; 4], more)
    };
    let Some(content) = more.get(..len as usize) else { return Ok(Value::NONE) };
    let end = start + (rest.len() - more.len()) + content.len();
    let content = if is_masked {
        let mut content = content.to_vec();
        apply_mask(mask, &mut content);
        cx.bytes(content)
    } else {
        cx.bytes(content)
    };
    let parts = [Value::int(end as i64), Value::int((*first).into()), Value::object(content)];
    Ok(Value::object(cx.tuple(&parts)))
}

/// `accept_key(key)`: what a server answers to the key of a handshake.
pub fn accept_key(cx: &mut Cx, args: Args) -> Flow {
    let mut text = data_arg(cx, args, 0)?.to_vec();
    text.extend_from_slice(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    let sha1 = digest::named("sha1").expect("it is in the table");
    let mut hasher = digest::Hasher::new(sha1);
    hasher.update(&text);
    Ok(cx.str_wtf8(&to_base64(&hasher.digest(sha1.size))).into())
}
