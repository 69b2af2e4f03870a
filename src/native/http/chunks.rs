//! Bodies in chunks: taken apart as far as they have come.

use memchr::memchr;

use crate::native::bytes::data_arg;
use crate::value::Value;
use crate::vm::{Args, Cx, Flow};

/// What comes next, as a number that the caller keeps: a positive one is bytes of data.
const SIZE: i64 = 0;
const END_OF_CHUNK: i64 = -1;
const TRAILER: i64 = -2;
const DONE: i64 = -3;

/// Bytes that the line with a chunk's size, or a line behind the last chunk, may have.
const MAX_LINE: usize = 8190;

/// `unchunk(data, start, state)`: the data of chunks, where it stopped, and what comes next; a
/// text if it is wrong. What lies behind the place where it stopped must come again.
pub fn unchunk(cx: &mut Cx, args: Args) -> Flow {
    let data = data_arg(cx, args, 0)?;
    let mut at = usize::try_from(cx.index_i64(cx.arg(args, 1).value())?).unwrap_or(0);
    let mut state = cx.index_i64(cx.arg(args, 2).value())?;
    let mut out = Vec::new();
    loop {
        let rest = data.get(at..).unwrap_or_default();
        match state {
            END_OF_CHUNK => match rest {
                [b'\r', b'\n', ..] => {
                    at += 2;
                    state = SIZE;
                }
                [] | [b'\r'] => break,
                _ => return Ok(cx.str_value("a chunk has no end")),
            },
            SIZE | TRAILER => {
                let Some(end) = memchr(b'\n', rest) else {
                    if rest.len() > MAX_LINE {
                        return Ok(cx.str_value("the line of a chunk is too long"));
                    }
                    break;
                };
                let line = &rest[..end];
                let Some((b'\r', line)) = line.split_last() else {
                    return Ok(cx.str_value("the line of a chunk has a wrong end"));
                };
                if line.len() > MAX_LINE || memchr(b'\r', line).is_some() {
                    return Ok(cx.str_value("the line of a chunk is too long or broken"));
                }
                at += end + 1;
                if state == SIZE {
                    match size(line) {
                        Some(0) => state = TRAILER,
                        Some(size) => state = size,
                        None => return Ok(cx.str_value("the size of a chunk is no number")),
                    }
                } else if line.is_empty() {
                    state = DONE;
                    break;
                }
            }
            left if left > 0 => {
                if rest.is_empty() {
                    break;
                }
                let some = rest.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                out.extend_from_slice(&rest[..some]);
                at += some;
                state = left - some as i64;
                if state == 0 {
                    state = END_OF_CHUNK;
                }
            }
            _ => break,
        }
    }
    let parts = [Value::object(cx.bytes(out)), Value::int(at as i64), cx.int(state)];
    Ok(Value::object(cx.tuple(&parts)))
}

/// The size of a chunk; what follows a semicolon means nothing.
fn size(line: &[u8]) -> Option<i64> {
    let digits = match line.iter().position(|&b| b == b';') {
        Some(end) => line[..end].trim_ascii_end(),
        None => line,
    };
    if digits.is_empty() || digits.len() > 12 {
        return None;
    }
    digits.iter().try_fold(0, |n, &b| Some(n * 16 + i64::from((b as char).to_digit(16)?)))
}
