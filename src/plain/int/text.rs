//! Integers to text: decimal two digits at a time, and the power-of-two bases.
//!
//! Everything is appended to a `Vec` of the caller's. The limit on decimal digits (4,300, as
//! CPython's) is checked here, because it is the conversion that is quadratic in principle.

use dashu_int::ops::Abs;
use dashu_int::{IBig, Sign, Word};

use super::super::{Fault, Result};

/// CPython's default of `sys.set_int_max_str_digits`.
pub const MAX_DIGITS: usize = 4300;

/// A limit is never lower, so that numbers of fewer digits need not ask for it.
pub const MIN_DIGITS: usize = 640;

/// The limit is not enforced below this many bits: 4,300 digits need at least 14,281 bits.
const SAFE_BITS: usize = 14_281;

const PAIRS: &[u8; 200] = b"0001020304050607080910111213141516171819\
2021222324252627282930313233343536373839\
4041424344454647484950515253545556575859\
6061626364656667686970717273747576777879\
8081828384858687888990919293949596979899";

/// The decimal digits of a number, with its sign, without allocation.
pub struct Decimal {
    buffer: [u8; 21],
    start: usize,
}

impl Decimal {
    #[inline]
    pub fn of(n: i64) -> Decimal {
        let mut text = Decimal::of_magnitude(n.unsigned_abs());
        if n < 0 {
            text.start -= 1;
            text.buffer[text.start] = b'-';
        }
        text
    }

    #[inline]
    fn of_magnitude(mut n: u64) -> Decimal {
        let mut buffer = [0u8; 21];
        let mut at = buffer.len();
        while n >= 100 {
            let pair = (n % 100) as usize * 2;
            n /= 100;
            at -= 2;
            buffer[at..at + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
        }
        if n >= 10 {
            let pair = n as usize * 2;
            at -= 2;
            buffer[at..at + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
        } else {
            at -= 1;
            buffer[at] = b'0' + n as u8;
        }
        Decimal { buffer, start: at }
    }

    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.buffer[self.start..]
    }
}

/// Appends a decimal number.
#[inline]
pub fn push_u64(out: &mut Vec<u8>, n: u64) {
    out.extend_from_slice(Decimal::of_magnitude(n).as_bytes());
}

/// Appends a decimal number with its sign: `str(n)`.
#[inline]
pub fn push_i64(out: &mut Vec<u8>, n: i64) {
    out.extend_from_slice(Decimal::of(n).as_bytes());
}

/// How the digits of an integer are written, without sign or prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    Binary,
    Octal,
    Decimal,
    Hex,
    HexUpper,
}

impl Base {
    /// `0b`, `0o`, `0x`, or nothing.
    pub fn prefix(self) -> &'static str {
        match self {
            Base::Binary => "0b",
            Base::Octal => "0o",
            Base::Decimal => "",
            Base::Hex => "0x",
            Base::HexUpper => "0X",
        }
    }
}

/// Appends the digits of a magnitude.
pub fn push_digits_u64(out: &mut Vec<u8>, n: u64, base: Base) {
    let (shift, letters): (u32, &[u8; 16]) = match base {
        Base::Decimal => return push_u64(out, n),
        Base::Binary => (1, b"0123456789abcdef"),
        Base::Octal => (3, b"0123456789abcdef"),
        Base::Hex => (4, b"0123456789abcdef"),
        Base::HexUpper => (4, b"0123456789ABCDEF"),
    };
    let mut buffer = [0u8; 64];
    let mut at = buffer.len();
    let mut rest = n;
    loop {
        at -= 1;
        buffer[at] = letters[(rest & ((1 << shift) - 1)) as usize];
        rest >>= shift;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&buffer[at..]);
}

/// Appends the digits of |n|; decimal ones are at most `limit` (0: any number).
pub fn push_digits_big(out: &mut Vec<u8>, n: &IBig, base: Base, limit: usize) -> Result<()> {
    if base == Base::Decimal {
        let text = decimal_magnitude(n, limit)?;
        out.extend_from_slice(text.as_bytes());
        return Ok(());
    }
    let magnitude = n.abs();
    let text = match base {
        Base::Binary => format!("{magnitude:b}"),
        Base::Octal => format!("{magnitude:o}"),
        Base::Hex | Base::Decimal => format!("{magnitude:x}"),
        Base::HexUpper => format!("{magnitude:X}"),
    };
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

/// Appends `str(n)`, limited to `limit` digits (0: no limit).
pub fn push_big(out: &mut Vec<u8>, n: &IBig, limit: usize) -> Result<()> {
    let text = decimal_magnitude(n, limit)?;
    if n.sign() == Sign::Negative {
        out.push(b'-');
    }
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

fn decimal_magnitude(n: &IBig, limit: usize) -> Result<String> {
    let bits = super::bit_length_big(n);
    // Well over the limit: refuse before the expensive conversion.
    if limit > 0
        && bits > SAFE_BITS
        && (bits - 1) as f64 * std::f64::consts::LOG10_2 > limit as f64 + 1.0
    {
        return Err(too_long(limit));
    }
    let text = match n.as_sign_words() {
        (_, words) if (1..=FEW_WORDS).contains(&words.len()) => decimal_of_words(words),
        _ => {
            let mut text = n.to_string();
            if n.sign() == Sign::Negative {
                text.remove(0);
            }
            text
        }
    };
    if limit > 0 && text.len() > limit {
        return Err(too_long(limit));
    }
    Ok(text)
}

/// Numbers of up to so many words are written by dividing them again and again.
const FEW_WORDS: usize = 24;

/// The decimal digits of a number that is not 0, given by its words, the lowest first.
fn decimal_of_words(words: &[Word]) -> String {
    const DIGITS: usize = 19;
    let mut rest = [0u64; FEW_WORDS];
    let mut len = words.len();
    rest[..len].copy_from_slice(words);
    let (mut parts, mut count) = ([0u64; FEW_WORDS + 2], 0);
    while len > 0 {
        let mut remainder = 0u64;
        for word in rest[..len].iter_mut().rev() {
            (*word, remainder) = divide_by_part(remainder, *word);
        }
        while len > 0 && rest[len - 1] == 0 {
            len -= 1;
        }
        parts[count] = remainder;
        count += 1;
    }
    let mut out = Vec::with_capacity(count * DIGITS);
    for (at, &part) in parts[..count].iter().rev().enumerate() {
        let digits = Decimal::of_magnitude(part);
        let digits = digits.as_bytes();
        if at > 0 {
            out.resize(out.len() + DIGITS - digits.len(), b'0');
        }
        out.extend_from_slice(digits);
    }
    String::from_utf8(out).expect("digits")
}

/// The largest power of ten in a word; its highest bit is set.
const PART: u64 = 10_000_000_000_000_000_000;

/// Divides two words, of which the high one is less than the divisor, by multiplying with the
/// reciprocal (Möller and Granlund, "Improved division by invariant integers").
#[inline]
fn divide_by_part(high: u64, low: u64) -> (u64, u64) {
    const RECIPROCAL: u64 = (u128::MAX / PART as u128 - (1 << 64)) as u64;
    let estimate =
        u128::from(RECIPROCAL) * u128::from(high) + (u128::from(high) << 64 | u128::from(low));
    let mut quotient = ((estimate >> 64) as u64).wrapping_add(1);
    let mut remainder = low.wrapping_sub(quotient.wrapping_mul(PART));
    if remainder > estimate as u64 {
        quotient = quotient.wrapping_sub(1);
        remainder = remainder.wrapping_add(PART);
    }
    if remainder >= PART {
        quotient = quotient.wrapping_add(1);
        remainder -= PART;
    }
    (quotient, remainder)
}

fn too_long(limit: usize) -> Fault {
    Fault::value(format!(
        "Exceeds the limit ({limit} digits) for integer string conversion; \
         use sys.set_int_max_str_digits() to increase the limit"
    ))
}

/// `bin(n)`, `oct(n)`, `hex(n)` of a small number.
pub fn push_prefixed_i64(out: &mut Vec<u8>, n: i64, base: Base) {
    if n < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(base.prefix().as_bytes());
    push_digits_u64(out, n.unsigned_abs(), base);
}

/// `bin(n)`, `oct(n)`, `hex(n)` of a big number.
pub fn push_prefixed_big(out: &mut Vec<u8>, n: &IBig, base: Base) -> Result<()> {
    if n.sign() == Sign::Negative {
        out.push(b'-');
    }
    out.extend_from_slice(base.prefix().as_bytes());
    push_digits_big(out, n, base, MAX_DIGITS)
}
