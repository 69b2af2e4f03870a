//! Base 64, as heads of HTTP need it.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub fn encode(data: &[u8]) -> String {
    let mut out = String::with_capacity(data.len().div_ceil(3) * 4);
    for piece in data.chunks(3) {
        let bits = (0..3).fold(0, |n, i| n << 8 | u32::from(*piece.get(i).unwrap_or(&0)));
        for i in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * i) & 63) as usize] as char;
            out.push(if i > piece.len() { '=' } else { digit });
        }
    }
    out
}

/// None if it is not what `encode` makes.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let bare = text.strip_suffix(b"=").map_or(text, |text| text.strip_suffix(b"=").unwrap_or(text));
    let mut out = Vec::with_capacity(bare.len() / 4 * 3 + 2);
    for piece in bare.chunks(4) {
        let mut bits = 0;
        for &b in piece {
            bits = bits << 6 | DIGITS.iter().position(|&digit| digit == b)? as u32;
        }
        let bytes = (bits << (6 * (4 - piece.len()))).to_be_bytes();
        out.extend_from_slice(&bytes[1..piece.len()]);
    }
    Some(out)
}

#[test]
fn there_and_back() {
    assert_eq!(encode(b"user:pass"), "dXNlcjpwYXNz");
    for (data, text) in [(&b""[..], ""), (b"a", "YQ=="), (b"ab", "YWI="), (b"abc", "YWJj")] {
        assert_eq!(encode(data), text);
        assert_eq!(decode(text.as_bytes()).as_deref(), Some(data));
    }
    assert_eq!(decode(b"YQ="), None);
    assert_eq!(decode(b"Y*=="), None);
}
