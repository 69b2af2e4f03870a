//! What bytes and bytearray have that text has not, or has otherwise: one byte is one unit.
//!
//! Searching, splitting, stripping and padding are those of `wtf8` (with `unicode` false where they
//! ask); encodings are in `codec`.

use super::number_text::is_space as is_c_space;
use super::{Fault, MAX_BYTES, Result, wtf8};

/// `data.hex(separator, every)`: groups are counted from the right, or from the left if negative.
pub fn hex(data: &[u8], separator: Option<u8>, every: i64) -> String {
    String::from_utf8(hex_text(data, separator, every)).unwrap_or_default()
}

/// The same as bytes of text.
pub fn hex_text(data: &[u8], separator: Option<u8>, every: i64) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = |byte: u8| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
    if separator.is_none() {
        let mut out = vec![0; data.len() * 2];
        for (pair, &byte) in out.as_chunks_mut::<2>().0.iter_mut().zip(data) {
            *pair = digits(byte);
        }
        return out;
    }
    let mut out = Vec::with_capacity(data.len() * 3);
    let group = every.unsigned_abs() as usize;
    for (at, byte) in data.iter().enumerate() {
        if let Some(separator) = separator
            && at > 0
            && group > 0
        {
            let from = if every > 0 { data.len() - at } else { at };
            if from.is_multiple_of(group) {
                out.push(separator);
            }
        }
        out.extend_from_slice(&digits(*byte));
    }
    out
}

/// The separator of `hex`, from a text or from bytes.
pub fn hex_separator(text: &[u8]) -> Result<u8> {
    match *text {
        _ if wtf8::len(text) != 1 => Err(Fault::value("sep must be length 1.")),
        [byte] if byte < 0x80 => Ok(byte),
        _ => Err(Fault::value("sep must be ASCII.")),
    }
}

/// `bytes.fromhex(text)`.
pub fn from_hex(text: &[u8]) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 2);
    let digit = |at: usize| text.get(at).and_then(|&byte| hex_digit(byte));
    let mut at = 0;
    while at < text.len() {
        if let Some(&[high, low]) = text[at..].first_chunk() {
            let (high, low) = (HEX[high as usize], HEX[low as usize]);
            if high | low < 16 {
                out.push(high << 4 | low);
                at += 2;
                continue;
            }
        }
        if is_c_space(text[at]) {
            at += 1;
            continue;
        }
        match (digit(at), digit(at + 1)) {
            (Some(high), Some(low)) => out.push(high << 4 | low),
            (high, _) => {
                // Everything before the offender is ASCII, so its offset is its position.
                let position = at + usize::from(high.is_some());
                return Err(Fault::value(format!(
                    "non-hexadecimal number found in fromhex() arg at position {position}"
                )));
            }
        }
        at += 2;
    }
    Ok(out)
}

#[inline]
fn hex_digit(byte: u8) -> Option<u8> {
    Some(HEX[byte as usize]).filter(|&digit| digit < 16)
}

/// The values of digits; 255 for what is none.
static HEX: [u8; 256] = {
    let mut values = [255; 256];
    let mut digit = 0;
    while digit < 16 {
        values[b"0123456789abcdef"[digit] as usize] = digit as u8;
        values[b"0123456789ABCDEF"[digit] as usize] = digit as u8;
        digit += 1;
    }
    values
};

/// A predicate that every byte of something not empty must pass.
fn all(data: &[u8], test: impl Fn(&u8) -> bool) -> bool {
    !data.is_empty() && data.iter().all(test)
}

pub fn is_alpha(data: &[u8]) -> bool {
    all(data, u8::is_ascii_alphabetic)
}

pub fn is_alnum(data: &[u8]) -> bool {
    all(data, u8::is_ascii_alphanumeric)
}

pub fn is_digit(data: &[u8]) -> bool {
    all(data, u8::is_ascii_digit)
}

pub fn is_space(data: &[u8]) -> bool {
    all(data, |&byte| is_c_space(byte))
}

pub fn is_lower(data: &[u8]) -> bool {
    data.iter().any(u8::is_ascii_lowercase) && !data.iter().any(u8::is_ascii_uppercase)
}

pub fn is_upper(data: &[u8]) -> bool {
    data.iter().any(u8::is_ascii_uppercase) && !data.iter().any(u8::is_ascii_lowercase)
}

/// Upper case only after what is no letter, lower case only after a letter.
pub fn is_title(data: &[u8]) -> bool {
    let (mut found, mut after_letter) = (false, false);
    for byte in data {
        let letter = byte.is_ascii_alphabetic();
        if letter && byte.is_ascii_uppercase() == after_letter {
            return false;
        }
        found |= letter;
        after_letter = letter;
    }
    found
}

pub fn title(data: &[u8]) -> Vec<u8> {
    let mut after_letter = false;
    let one = |&byte: &u8| {
        let changed =
            if after_letter { byte.to_ascii_lowercase() } else { byte.to_ascii_uppercase() };
        after_letter = byte.is_ascii_alphabetic();
        changed
    };
    data.iter().map(one).collect()
}

pub fn capitalize(data: &[u8]) -> Vec<u8> {
    let mut out = data.to_ascii_lowercase();
    if let Some(first) = out.first_mut() {
        first.make_ascii_uppercase();
    }
    out
}

pub fn swapcase(data: &[u8]) -> Vec<u8> {
    data.iter().map(|byte| if byte.is_ascii_alphabetic() { byte ^ 0x20 } else { *byte }).collect()
}

/// `data.translate(table, delete)`; without a table bytes are only deleted.
pub fn translate(data: &[u8], table: Option<&[u8]>, delete: &[u8]) -> Result<Vec<u8>> {
    if table.is_some_and(|table| table.len() != 256) {
        return Err(Fault::value("translation table must be 256 characters long"));
    }
    if delete.is_empty() {
        return Ok(match table.and_then(|table| table.first_chunk::<256>()) {
            Some(table) => data.iter().map(|&byte| table[usize::from(byte)]).collect(),
            None => data.to_vec(),
        });
    }
    let mut gone = [false; 256];
    delete.iter().for_each(|&byte| gone[usize::from(byte)] = true);
    let kept = data.iter().filter(|&&byte| !gone[usize::from(byte)]);
    Ok(match table {
        Some(table) => kept.map(|&byte| table[usize::from(byte)]).collect(),
        None => kept.copied().collect(),
    })
}

/// `bytes.maketrans(from, to)`.
pub fn make_table(from: &[u8], to: &[u8]) -> Result<[u8; 256]> {
    if from.len() != to.len() {
        return Err(Fault::value("maketrans arguments must have same length"));
    }
    let mut table = std::array::from_fn(|at| at as u8);
    from.iter().zip(to).for_each(|(&from, &to)| table[usize::from(from)] = to);
    Ok(table)
}

/// `data.count(needle)`: an empty needle is found around every byte.
pub fn count(data: &[u8], needle: &[u8]) -> usize {
    if needle.is_empty() { data.len() + 1 } else { wtf8::count(data, needle) }
}

/// `data.replace(old, new, max)`; `None` if nothing changes.
pub fn replace(data: &[u8], old: &[u8], new: &[u8], max: Option<usize>) -> Result<Option<Vec<u8>>> {
    if !old.is_empty() || new.is_empty() || max == Some(0) {
        return wtf8::replace(data, old, new, max);
    }
    let times = max.unwrap_or(usize::MAX).min(data.len() + 1);
    if times.saturating_mul(new.len()).saturating_add(data.len()) > MAX_BYTES {
        return Err(Fault::memory());
    }
    let mut out = Vec::with_capacity(times * new.len() + data.len());
    for at in 0..=data.len() {
        if at < times {
            out.extend_from_slice(new);
        }
        out.extend(data.get(at));
    }
    Ok(Some(out))
}
