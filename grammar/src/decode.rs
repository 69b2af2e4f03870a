//! Bytes of a source file to text: byte order mark, encoding cookie, UTF-8.

use std::borrow::Cow;

use crate::diagnostic::Diagnostic;
use crate::span::Span;

/// Decodes a source file. UTF-8 unless a cookie in one of the first two lines says Latin-1 or
/// ASCII. The span of the error is one in the text that `legible` makes of the bytes.
pub fn decode_source(bytes: &[u8]) -> Result<String, Diagnostic> {
    decode_source_by(bytes, &|_| None)
}

/// The same for somebody who knows more encodings of one byte, by their names: the characters of
/// all bytes.
pub fn decode_source_by(bytes: &[u8], pages: Pages<'_>) -> Result<String, Diagnostic> {
    let has_mark = bytes.starts_with(b"\xEF\xBB\xBF");
    let fail_at = |span: Span, message: String| {
        Err(Diagnostic::error("bad-encoding", span, message).help("save the file as UTF-8"))
    };
    // All before the first byte that cannot be decoded is the same in both.
    let fail_on = |at: usize, message: String| {
        let width = legible(&bytes[at..]).chars().next().map_or(0, char::len_utf8);
        fail_at(Span::new(at as u32, (at + width) as u32), message)
    };
    let fail = |message: String| fail_at(Span::default(), message);
    let cookie = cookie(bytes);
    let encoding = match &cookie {
        None => Encoding::Utf8,
        Some(name) => match encoding(name) {
            Some(encoding) => encoding,
            None => {
                let Some(page) = pages(name) else {
                    return fail(format!("unknown encoding: {name}"));
                };
                if has_mark {
                    return fail(format!("encoding problem: {name} with BOM"));
                }
                let missing = bytes.iter().position(|&byte| page[byte as usize].is_none());
                return match missing {
                    None => Ok(bytes.iter().filter_map(|&byte| page[byte as usize]).collect()),
                    Some(at) => fail(format!(
                        "'{name}' codec can't decode byte 0x{:02x} in position {at}: character maps \
                         to <undefined>",
                        bytes[at]
                    )),
                };
            }
        },
    };
    if has_mark && encoding != Encoding::Utf8 {
        let name = cookie.unwrap_or_default();
        return fail(format!("encoding problem: {name} with BOM"));
    }
    match encoding {
        Encoding::Utf8 => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(error) => {
                let at = error.valid_up_to();
                let line = 1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count();
                let message = format!(
                    "Non-UTF-8 code starting with '\\x{:02x}' on line {line}, but no encoding \
                     declared; see https://peps.python.org/pep-0263/ for details",
                    bytes[at]
                );
                fail_on(at, message)
            }
        },
        Encoding::Ascii => match bytes.iter().position(|byte| !byte.is_ascii()) {
            None => Ok(bytes.iter().map(|&byte| byte as char).collect()),
            Some(at) => {
                let message = format!(
                    "'ascii' codec can't decode byte 0x{:02x} in position {at}: \
                     ordinal not in range(128)",
                    bytes[at]
                );
                fail_on(at, message)
            }
        },
        Encoding::Latin1 => Ok(bytes.iter().map(|&byte| byte as char).collect()),
    }
}

/// What a report shows of a source, decodable or not.
pub fn legible(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

pub type Pages<'a> = &'a dyn Fn(&str) -> Option<Vec<Option<char>>>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Ascii,
    Latin1,
}

fn encoding(name: &str) -> Option<Encoding> {
    let name = name.to_ascii_lowercase().replace('_', "-");
    Some(match name.as_str() {
        "utf-8" | "utf8" | "u8" | "utf-8-sig" | "cp65001" => Encoding::Utf8,
        "ascii" | "us-ascii" | "646" => Encoding::Ascii,
        "latin-1" | "latin1" | "latin" | "l1" | "8859" | "cp819" | "iso-8859-1" | "iso8859-1"
        | "iso-ir-100" => Encoding::Latin1,
        _ if name.starts_with("utf-8-") => Encoding::Utf8,
        _ => return None,
    })
}

/// The encoding named by a comment in the first line, or in the second if the first is blank
/// or a comment.
fn cookie(bytes: &[u8]) -> Option<String> {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    for line in text.split(|byte| *byte == b'\n').take(2) {
        let start = line.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\x0c' | b'\r'));
        let Some(start) = start else { continue };
        if line[start] != b'#' {
            return None;
        }
        let comment = &line[start..];
        let word = b"coding";
        for at in 0..comment.len().saturating_sub(word.len()) {
            let Some(rest) = comment[at..].strip_prefix(word) else {
                continue;
            };
            let [b':' | b'=', rest @ ..] = rest else {
                continue;
            };
            let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
            let blanks = rest.iter().take_while(|byte| is_blank(byte)).count();
            let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
            let name: Vec<u8> = rest[blanks..].iter().copied().take_while(is_name).collect();
            if !name.is_empty() {
                return String::from_utf8(name).ok();
            }
        }
    }
    None
}
