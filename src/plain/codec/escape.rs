//! The encodings that write text with backslashes: `unicode_escape` and `raw_unicode_escape`.

use super::super::wtf8::{points, push_point};
use super::CodecFault;
use super::decode::Decoder;

/// Appends the text as the encoding writes it; nothing is beyond it.
pub(super) fn encode(text: &[u8], raw: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for point in points(text) {
        match point {
            0x5c if !raw => out.extend_from_slice(b"\\\\"),
            0x09 if !raw => out.extend_from_slice(b"\\t"),
            0x0a if !raw => out.extend_from_slice(b"\\n"),
            0x0d if !raw => out.extend_from_slice(b"\\r"),
            0x20..0x7f => out.push(point as u8),
            0..0x100 if raw => out.push(point as u8),
            0..0x100 => out.extend_from_slice(format!("\\x{point:02x}").as_bytes()),
            0x100..0x1_0000 => out.extend_from_slice(format!("\\u{point:04x}").as_bytes()),
            _ => out.extend_from_slice(format!("\\U{point:08x}").as_bytes()),
        }
    }
    out
}

impl Decoder<'_> {
    pub(super) fn escapes(&mut self, raw: bool) -> Result<(), CodecFault> {
        while let Some(&byte) = self.data.get(self.at) {
            if byte != b'\\' {
                push_point(&mut self.out, byte.into());
                self.at += 1;
            } else if raw {
                self.raw_escape()?;
            } else {
                self.escape()?;
            }
        }
        Ok(())
    }

    /// A backslash stands for itself here, unless it begins `\u` or `\U`.
    fn raw_escape(&mut self) -> Result<(), CodecFault> {
        match self.data.get(self.at + 1) {
            Some(b'u') => self.digits(4, "truncated \\uXXXX escape"),
            Some(b'U') => self.digits(8, "truncated \\UXXXXXXXX escape"),
            // A pair does not begin an escape with its second half.
            Some(b'\\') => {
                self.out.extend_from_slice(b"\\\\");
                self.at += 2;
                Ok(())
            }
            _ => {
                self.out.push(b'\\');
                self.at += 1;
                Ok(())
            }
        }
    }

    fn escape(&mut self) -> Result<(), CodecFault> {
        let Some(&letter) = self.data.get(self.at + 1) else {
            return self.handle(1, "\\ at end of string");
        };
        let plain = match letter {
            b'\\' | b'\'' | b'"' => letter,
            b'a' => 0x07,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0b,
            b'\n' => {
                self.at += 2;
                return Ok(());
            }
            b'x' => return self.digits(2, "truncated \\xXX escape"),
            b'u' => return self.digits(4, "truncated \\uXXXX escape"),
            b'U' => return self.digits(8, "truncated \\UXXXXXXXX escape"),
            b'N' => {
                let reason = "\\N escapes not supported (can't load unicodedata module)";
                let rest = &self.data[self.at + 2..];
                let name = match (rest.first(), memchr::memchr(b'}', rest)) {
                    (Some(b'{'), Some(end)) => end + 1,
                    _ => 0,
                };
                return self.handle(2 + name, reason);
            }
            b'0'..=b'7' => {
                let rest = &self.data[self.at + 1..];
                let count = rest.iter().take(3).take_while(|b| (b'0'..=b'7').contains(b)).count();
                let value = rest[..count].iter().fold(0, |v, b| v * 8 + u32::from(b - b'0'));
                push_point(&mut self.out, value);
                self.at += 1 + count;
                return Ok(());
            }
            _ => {
                self.out.push(b'\\');
                push_point(&mut self.out, letter.into());
                self.at += 2;
                return Ok(());
            }
        };
        self.out.push(plain);
        self.at += 2;
        Ok(())
    }

    /// A code point in so many hexadecimal digits.
    fn digits(&mut self, count: usize, truncated: &'static str) -> Result<(), CodecFault> {
        let rest = &self.data[self.at + 2..];
        let found = rest.iter().take(count).take_while(|byte| byte.is_ascii_hexdigit()).count();
        if found < count {
            return self.handle(2 + found, truncated);
        }
        let digit = |byte: &u8| char::from(*byte).to_digit(16).unwrap_or(0);
        let value = rest[..count].iter().fold(0, |value, byte| value << 4 | digit(byte));
        if value > 0x10_ffff {
            let reason = if self.is_raw() {
                "\\Uxxxxxxxx out of range"
            } else {
                "illegal Unicode character"
            };
            return self.handle(2 + count, reason);
        }
        push_point(&mut self.out, value);
        self.at += 2 + count;
        Ok(())
    }
}
