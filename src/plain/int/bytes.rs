//! Integers as byte strings: `int.to_bytes` and `int.from_bytes`.
//!
//! Negative numbers are two's complement, of as many bytes as asked for. The checks of arguments
//! that are not plain data (the name of the order, a negative length) are the caller's.

use dashu_int::{IBig, Sign, UBig};

use super::super::{Fault, MAX_BYTES, Result};
use super::Int;

/// `n.to_bytes(length, order, signed=signed)`.
pub fn to_bytes(n: &IBig, length: usize, little: bool, signed: bool) -> Result<Vec<u8>> {
    let negative = n.sign() == Sign::Negative;
    if negative && !signed {
        return Err(Fault::overflow("can't convert negative int to unsigned"));
    }
    if length > MAX_BYTES {
        return Err(Fault::memory());
    }
    let mut bytes = n.to_le_bytes().into_vec();
    if !signed || length == 0 {
        // The library keeps room for a sign, of which no bytes at all are a part too.
        let sign = if negative && bytes == [0xff] { 0xff } else { 0 };
        while bytes.last() == Some(&sign) {
            bytes.pop();
        }
    }
    if bytes.len() > length {
        return Err(Fault::overflow("int too big to convert"));
    }
    bytes.resize(length, if negative { 0xff } else { 0 });
    if !little {
        bytes.reverse();
    }
    Ok(bytes)
}

/// `int.from_bytes(bytes, order, signed=signed)`.
pub fn from_bytes(bytes: &[u8], little: bool, signed: bool) -> Int {
    if bytes.len() <= 8 && !bytes.is_empty() {
        return Int::from(small_from_bytes(bytes, little, signed));
    }
    Int::from(match (signed, little) {
        _ if bytes.is_empty() => IBig::ZERO,
        (true, true) => IBig::from_le_bytes(bytes),
        (true, false) => IBig::from_be_bytes(bytes),
        (false, true) => IBig::from(UBig::from_le_bytes(bytes)),
        (false, false) => IBig::from(UBig::from_be_bytes(bytes)),
    })
}

fn small_from_bytes(bytes: &[u8], little: bool, signed: bool) -> i128 {
    let push = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
    let value = if little { bytes.iter().rev().fold(0, push) } else { bytes.iter().fold(0, push) };
    if !signed {
        return i128::from(value);
    }
    let unused = 64 - 8 * bytes.len() as u32;
    i128::from((value << unused) as i64 >> unused)
}
