//! Text to integers: `int(text, base)`.
//!
//! Short decimal texts take a path of their own; the limit on decimal digits is checked before the
//! conversion that it guards.

use dashu_int::{IBig, UBig};

use super::super::number_text::{normalise, strip};
use super::super::repr::{push_bytes_repr, push_str_repr};
use super::super::wtf8;
use super::super::{Fault, Result};
use super::Int;

/// `int(text, base)` for a `str`; `limit` is the greatest number of decimal digits (0: any).
pub fn parse_str(text: &[u8], base: i64, limit: usize) -> Result<Int> {
    if base == 10
        && let Some(n) = short_decimal(text)
    {
        return Ok(Int::Small(n));
    }
    let radix = check_base(base)?;
    if let Some(n) = short_digits(text, radix) {
        return Ok(Int::Small(n));
    }
    let parsed = match normalise(text) {
        Some(ascii) => parse(&ascii, radix, limit)?,
        None => None,
    };
    parsed.ok_or_else(|| invalid(base, text, push_str_repr))
}

/// `int(data, base)` for `bytes` and their kin.
pub fn parse_bytes(data: &[u8], base: i64, limit: usize) -> Result<Int> {
    let radix = check_base(base)?;
    parse(data, radix, limit)?.ok_or_else(|| invalid(base, data, push_bytes_repr))
}

/// At most eighteen digits with an optional sign and nothing else.
fn short_decimal(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let mut value = 0i64;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(if negative { -value } else { value })
}

/// At most ten digits of a given base and nothing else.
fn short_digits(text: &[u8], radix: u32) -> Option<i64> {
    if radix == 0 || text.is_empty() || text.len() > 10 {
        return None;
    }
    text.iter().try_fold(0, |value, &byte| {
        let digit = (byte as char).to_digit(radix)?;
        Some(value * i64::from(radix) + i64::from(digit))
    })
}

fn check_base(base: i64) -> Result<u32> {
    match base {
        0 | 2..=36 => Ok(base as u32),
        _ => Err(Fault::value("int() base must be >= 2 and <= 36, or 0")),
    }
}

fn invalid(base: i64, text: &[u8], push_repr: fn(&mut Vec<u8>, &[u8])) -> Fault {
    let mut repr = Vec::new();
    // The message shows 200 characters of the repr, so no more than that need be made.
    let shown = wtf8::offset(text, 200).unwrap_or(text.len());
    push_repr(&mut repr, if text.len() > 800 { &text[..shown] } else { text });
    let end = wtf8::offset(&repr, 200).unwrap_or(repr.len());
    Fault::value(format!(
        "invalid literal for int() with base {base}: {}",
        String::from_utf8_lossy(&repr[..end])
    ))
}

/// `Ok(None)` is a syntax error, whose message only the caller can write.
fn parse(text: &[u8], base: u32, limit: usize) -> Result<Option<Int>> {
    let text = strip(text);
    let (negative, body) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let prefixed = match body {
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', b'b' | b'B', ..] => 2,
        _ => 0,
    };
    let radix = match (base, prefixed) {
        (0, 0) => 10,
        (0, found) => found,
        (given, _) => given,
    };
    let digits = if prefixed == radix {
        let rest = &body[2..];
        rest.strip_prefix(b"_").unwrap_or(rest)
    } else {
        body
    };
    let Some(digits) = clean_digits(digits, radix) else {
        return Ok(None);
    };
    // In a literal of unknown base, a leading zero would once have meant octal.
    if base == 0 && prefixed == 0 && digits[0] == b'0' && digits.iter().any(|&d| d != b'0') {
        return Ok(None);
    }
    if !radix.is_power_of_two() && limit > 0 && digits.len() > limit {
        return Err(Fault::value(format!(
            "Exceeds the limit ({limit} digits) for integer string conversion: value has {} digits; \
             use sys.set_int_max_str_digits() to increase the limit",
            digits.len()
        )));
    }
    Ok(magnitude(&digits, radix).map(|size| Int::from(if negative { -size } else { size })))
}

/// Beyond this many digits a better way than multiplying again and again pays.
const MANY_DIGITS: usize = 1500;

/// The number that decimal digits write, nineteen of which fit a word.
fn decimal(digits: &[u8]) -> IBig {
    const DIGITS: usize = 19;
    const PART: u128 = 10u128.pow(DIGITS as u32);
    let value = |part: &[u8]| part.iter().fold(0, |sum, &d| sum * 10 + u64::from(d - b'0'));
    let (first, rest) = digits.split_at(digits.len() % DIGITS);
    let mut words = Vec::with_capacity(digits.len() / DIGITS + 1);
    words.push(value(first));
    for part in rest.chunks_exact(DIGITS) {
        let mut carry = value(part);
        for word in &mut words {
            let product = u128::from(*word) * PART + u128::from(carry);
            *word = product as u64;
            carry = (product >> 64) as u64;
        }
        if carry > 0 {
            words.push(carry);
        }
    }
    UBig::from_words(&words).into()
}

fn magnitude(digits: &[u8], radix: u32) -> Option<IBig> {
    if radix == 10 && digits.len() <= MANY_DIGITS {
        return Some(decimal(digits));
    }
    let text = std::str::from_utf8(digits).ok()?;
    if let Ok(small) = u64::from_str_radix(text, radix) {
        return Some(IBig::from(small));
    }
    UBig::from_str_radix(text, radix).ok().map(IBig::from)
}

/// The digits without underscores, of which none may be first, last or doubled.
fn clean_digits(text: &[u8], radix: u32) -> Option<Vec<u8>> {
    let mut digits = Vec::with_capacity(text.len());
    let mut previous = b'_';
    for &byte in text {
        if byte == b'_' {
            if previous == b'_' {
                return None;
            }
        } else if (byte as char).is_digit(radix) {
            digits.push(byte);
        } else {
            return None;
        }
        previous = byte;
    }
    (previous != b'_').then_some(digits)
}
