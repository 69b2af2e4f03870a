//! Bytes as printable text, and checksums: what the modules `binascii` and `base64` stand on.

use std::sync::LazyLock;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base 64 with padding.
pub fn to_base64(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len().div_ceil(3) * 4 + 1);
    for part in data.chunks(3) {
        let bits = part.iter().fold(0u32, |all, &byte| all << 8 | u32::from(byte));
        let bits = bits << (8 * (3 - part.len()));
        for i in 0..4 {
            out.push(match i <= part.len() {
                true => DIGITS[(bits >> (18 - 6 * i)) as usize & 63],
                false => b'=',
            });
        }
    }
    out
}

/// What base 64 spells; characters that are no digits are passed over unless `strict`.
pub fn from_base64(text: &[u8], strict: bool) -> Result<Vec<u8>, String> {
    static VALUES: LazyLock<[u8; 256]> = LazyLock::new(|| {
        let mut values = [64; 256];
        for (value, &digit) in DIGITS.iter().enumerate() {
            values[usize::from(digit)] = value as u8;
        }
        values
    });
    let refuse = |why: &str| Err(why.to_owned());
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut place, mut bits, mut pads) = (0, 0u32, 0);
    if strict && text.first() == Some(&b'=') {
        return refuse("Leading padding not allowed");
    }
    for (at, &char) in text.iter().enumerate() {
        if char == b'=' {
            pads += 1;
            if place >= 2 && place + pads >= 4 {
                if strict && at + 1 < text.len() {
                    return refuse("Excess data after padding");
                }
                return Ok(out);
            }
            continue;
        }
        let value = VALUES[usize::from(char)];
        if value == 64 {
            if strict {
                return refuse("Only base64 data is allowed");
            }
            continue;
        }
        if strict && pads > 0 {
            return refuse("Discontinuous padding not allowed");
        }
        pads = 0;
        bits = bits << 6 | u32::from(value);
        place = (place + 1) % 4;
        if place != 1 {
            out.push((bits >> [0, 0, 4, 2][place]) as u8);
        }
    }
    match place {
        0 => Ok(out),
        1 => Err(format!(
            "Invalid base64-encoded string: number of data characters ({}) cannot be 1 more than a \
             multiple of 4",
            out.len() / 3 * 4 + 1
        )),
        _ => refuse("Incorrect padding"),
    }
}

/// A line of uuencoded text.
pub fn to_uu(data: &[u8], backtick: bool) -> Vec<u8> {
    let digit = |value: u32| match value & 63 {
        0 if backtick => b'`',
        value => value as u8 + b' ',
    };
    let mut out = vec![digit(data.len() as u32)];
    for part in data.chunks(3) {
        let bits = part.iter().fold(0u32, |all, &byte| all << 8 | u32::from(byte));
        let bits = bits << (8 * (3 - part.len()));
        out.extend((0..4).map(|i| digit(bits >> (18 - 6 * i))));
    }
    out.push(b'\n');
    out
}

pub fn from_uu(line: &[u8]) -> Result<Vec<u8>, &'static str> {
    // Lines may have lost blanks at their end.
    let first = line.first().copied().unwrap_or(b' ');
    let size = usize::from(first.wrapping_sub(b' ') & 63);
    let mut out = Vec::with_capacity(size + 3);
    let mut chars = line.get(1..).unwrap_or_default().iter();
    let (mut bits, mut place) = (0u32, 0);
    while out.len() < size {
        let value = match chars.next() {
            None | Some(b'\n' | b'\r') => {
                chars = [].iter();
                0
            }
            Some(&char) if (b' '..=b'`').contains(&char) => char.wrapping_sub(b' ') & 63,
            Some(_) => return Err("Illegal char"),
        };
        bits = bits << 6 | u32::from(value);
        place = (place + 1) % 4;
        if place != 1 {
            out.push((bits >> [0, 0, 4, 2][place]) as u8);
        }
    }
    match chars.all(|&char| matches!(char, b' ' | b'`' | b'\n' | b'\r')) {
        true => Ok(out),
        false => Err("Trailing garbage"),
    }
}

/// The checksum of gzip and PNG, going on from `start`.
pub fn crc32(data: &[u8], start: u32) -> u32 {
    static TABLES: LazyLock<[[u32; 256]; 4]> = LazyLock::new(|| {
        let mut tables = [[0; 256]; 4];
        for (crc, byte) in tables[0].iter_mut().zip(0..) {
            *crc = (0..8).fold(byte, |crc: u32, _| match crc & 1 {
                0 => crc >> 1,
                _ => crc >> 1 ^ 0xedb8_8320,
            });
        }
        for k in 1..4 {
            tables[k] = tables[k - 1].map(|before| before >> 8 ^ tables[0][before as usize & 255]);
        }
        tables
    });
    let tables = &*TABLES;
    let mut crc = !start;
    let (words, rest) = data.as_chunks::<4>();
    for word in words {
        let mixed = crc ^ u32::from_le_bytes(*word);
        crc = tables[3][mixed as usize & 255]
            ^ tables[2][(mixed >> 8) as usize & 255]
            ^ tables[1][(mixed >> 16) as usize & 255]
            ^ tables[0][(mixed >> 24) as usize];
    }
    for &byte in rest {
        crc = crc >> 8 ^ tables[0][(crc as u8 ^ byte) as usize];
    }
    !crc
}

/// The checksum of BinHex, going on from `start`.
pub fn crc_hqx(data: &[u8], start: u32) -> u32 {
    data.iter().fold(start & 0xffff, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte) << 8, |crc, _| match crc & 0x8000 {
            0 => crc << 1,
            _ => (crc << 1 ^ 0x1021) & 0xffff,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_goes_there_and_back() {
        assert_eq!(to_base64(b"ab"), b"YWI=");
        for len in 0..20u8 {
            let data: Vec<u8> = (0..len).collect();
            assert_eq!(from_base64(&to_base64(&data), true), Ok(data));
        }
        assert_eq!(from_base64(b"YW\nI= more", false), Ok(b"ab".to_vec()));
        assert!(from_base64(b"YWI", false).is_err());
    }

    #[test]
    fn checksums_are_known() {
        assert_eq!(crc32(b"123456789", 0), 0xcbf4_3926);
        assert_eq!(crc32(b"6789", crc32(b"12345", 0)), 0xcbf4_3926);
        assert_eq!(crc_hqx(b"123456789", 0), 0x31c3);
    }
}
