//! String literals: where they end, and what they mean.
//!
//! The first half serves the lexer and only finds ends; the second half serves the builder and
//! decodes escapes. A decoded string is WTF-8, since `"\ud800"` is a legal string.

use crate::ast::Wtf8;
use crate::character_names;
use crate::diagnostic::Diagnostic;
use crate::lines::newline_width;
use crate::span::Span;

/// What a prefix and its quotes say.
#[derive(Clone, Copy, Debug)]
pub struct Opener {
    pub quote: u8,
    pub triple: bool,
    pub raw: bool,
    pub is_bytes: bool,
    pub is_format: bool,
    pub is_template: bool,
}

impl Opener {
    /// `text` begins with a prefix and a quote, as the lexer has it.
    pub fn new(text: &str) -> Opener {
        let mut opener = Opener {
            quote: b'"',
            triple: false,
            raw: false,
            is_bytes: false,
            is_format: false,
            is_template: false,
        };
        let bytes = text.as_bytes();
        for (index, byte) in bytes.iter().enumerate() {
            match byte {
                b'r' | b'R' => opener.raw = true,
                b'b' | b'B' => opener.is_bytes = true,
                b'f' | b'F' => opener.is_format = true,
                b't' | b'T' => (opener.is_format, opener.is_template) = (true, true),
                b'"' | b'\'' => {
                    opener.quote = *byte;
                    opener.triple = bytes[index..].starts_with(&[*byte; 3]);
                    break;
                }
                _ => {}
            }
        }
        opener
    }

    fn quotes(self) -> usize {
        if self.triple { 3 } else { 1 }
    }
}

// ---- ends ------------------------------------------------------------------------------

/// Where a plain string whose content begins at `at` ends, after its closing quotes.
pub fn find_end(bytes: &[u8], mut at: usize, opener: Opener) -> Option<usize> {
    let Opener { quote, triple, .. } = opener;
    loop {
        let byte = *bytes.get(at)?;
        if byte == b'\\' {
            at += 1 + newline_width(bytes, at + 1).unwrap_or(1);
        } else if byte == quote {
            if !triple {
                return Some(at + 1);
            }
            if bytes[at..].starts_with(&[quote; 3]) {
                return Some(at + 3);
            }
            at += 1;
        } else if !triple && matches!(byte, b'\n' | b'\r') {
            return None;
        } else {
            at += 1;
        }
    }
}

/// Where the line of an unterminated single-quoted string ends: backslashes join lines.
pub fn line_end_in_string(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1 + newline_width(bytes, at + 1).unwrap_or(1),
            b'\n' | b'\r' => break,
            _ => at += 1,
        }
    }
    at.min(bytes.len())
}

/// What ends a stretch of f-string text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextStop {
    /// `{` of a field.
    Open,
    /// `}` that is not doubled, or in a format spec.
    Close,
    Quote,
    /// A line end in a single-quoted string, or the end of the source.
    Unterminated,
}

/// Where the f-string text that begins at `at` ends, and on what.
pub fn find_text_end(
    bytes: &[u8],
    mut at: usize,
    quote: u8,
    triple: bool,
    raw: bool,
    in_spec: bool,
) -> (usize, TextStop) {
    loop {
        let Some(&byte) = bytes.get(at) else {
            return (bytes.len(), TextStop::Unterminated);
        };
        match byte {
            b'\\' => {
                at += 1;
                match bytes.get(at) {
                    Some(b'{' | b'}') | None => {}
                    Some(b'N') if !raw && bytes.get(at + 1) == Some(&b'{') => {
                        let name = bytes[at..].iter().position(|byte| !is_name_byte(*byte));
                        let end = at + name.unwrap_or(0);
                        at = if bytes.get(end) == Some(&b'}') { end + 1 } else { at + 1 };
                    }
                    _ => at += newline_width(bytes, at).unwrap_or(1),
                }
            }
            b'{' if !in_spec && bytes.get(at + 1) == Some(&b'{') => at += 2,
            b'}' if !in_spec && bytes.get(at + 1) == Some(&b'}') => at += 2,
            b'{' => return (at, TextStop::Open),
            b'}' => return (at, TextStop::Close),
            b'\n' | b'\r' if !triple => return (at, TextStop::Unterminated),
            _ if byte == quote && (!triple || bytes[at..].starts_with(&[quote; 3])) => {
                return (at, TextStop::Quote);
            }
            _ => at += 1,
        }
    }
}

/// May this byte stand in `N{GREEK SMALL LETTER ALPHA`?
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-' | b'{' | b'(' | b')' | b'_')
}

// ---- meaning ---------------------------------------------------------------------------

/// Where decoding reports what it finds. Offsets in messages are CPython's: within the literal.
pub struct Findings<'a> {
    pub errors: &'a mut Vec<Diagnostic>,
    pub warnings: &'a mut Vec<Diagnostic>,
    /// The whole literal, which errors point at.
    pub literal: Span,
}

impl Findings<'_> {
    fn bad_escape(&mut self, at: usize, text: &str) {
        let span = Span::new(at as u32, (at + 1 + text.len()) as u32);
        let octal = text.starts_with(|c: char| c.is_digit(8));
        let what = if octal { "invalid octal escape sequence" } else { "invalid escape sequence" };
        let mut warning = Diagnostic::warning("bad-escape", span, format!("{what} '\\{text}'"))
            .help(format!("write `\\\\{text}`, or make it a raw string"));
        warning.origin = Some(self.literal);
        self.warnings.push(warning);
    }

    fn undecodable(&mut self, from: usize, to: usize, base: usize, why: &str) {
        let message = format!(
            "(unicode error) 'unicodeescape' codec can't decode bytes in position {}-{}: {why}",
            from - base,
            to.saturating_sub(1).max(from) - base,
        );
        let span = Span::new(from as u32, to as u32);
        self.errors.push(
            Diagnostic::error("bad-escape", self.literal, message)
                .label(span, "this escape is incomplete or names no character"),
        );
    }
}

/// The content of a plain string: the source text from `span`, without prefix and quotes.
pub fn content(source: &str, span: Span, opener: Opener) -> Span {
    let text = &source[span.start as usize..span.end as usize];
    let start = text.find(opener.quote as char).unwrap_or(0) + opener.quotes();
    Span::new(span.start + start as u32, span.end - opener.quotes() as u32)
}

/// Decodes the text at `span` of a `str` literal.
pub fn decode_text(source: &str, span: Span, raw: bool, f: &mut Findings<'_>) -> Wtf8 {
    let mut out = Vec::with_capacity((span.end - span.start) as usize);
    decode(source, span, raw, false, &mut out, f);
    out.into()
}

/// Decodes a stretch of f-string text, in which braces stand doubled.
pub fn decode_fstring_text(
    source: &str,
    span: Span,
    raw: bool,
    out: &mut Vec<u8>,
    f: &mut Findings<'_>,
) {
    decode(source, span, raw, true, out, f);
}

fn decode(
    source: &str,
    span: Span,
    raw: bool,
    doubled_braces: bool,
    out: &mut Vec<u8>,
    f: &mut Findings<'_>,
) {
    let base = span.start as usize;
    let text = &source[base..span.end as usize];
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let plain = bytes[at..]
            .iter()
            .position(|byte| matches!(byte, b'\\' | b'\r' | b'{' | b'}'))
            .unwrap_or(bytes.len() - at);
        out.extend_from_slice(&bytes[at..at + plain]);
        at += plain;
        match bytes.get(at) {
            None => {}
            // Line ends are `\n` inside a string, whatever the file has.
            Some(b'\r') => {
                out.push(b'\n');
                at += newline_width(bytes, at).unwrap_or(1);
            }
            Some(b'\\') if !raw && at + 1 == bytes.len() => {
                // Only f-string text ends with a backslash: before the brace of a field.
                let next = &source[span.end as usize..];
                f.bad_escape(base + at, &next[..next.len().min(1)]);
                out.push(b'\\');
                at += 1;
            }
            Some(b'\\') if !raw => at = escape(text, at, base, out, f),
            Some(byte @ (b'{' | b'}')) => {
                out.push(*byte);
                let doubled = doubled_braces && bytes.get(at + 1) == Some(byte);
                at += if doubled { 2 } else { 1 };
            }
            Some(byte) => {
                out.push(*byte);
                at += 1;
            }
        }
    }
}

/// Decodes the escape at `text[at..]` and returns where it ends.
fn escape(text: &str, at: usize, base: usize, out: &mut Vec<u8>, f: &mut Findings<'_>) -> usize {
    let bytes = text.as_bytes();
    let Some(&kind) = bytes.get(at + 1) else {
        out.push(b'\\');
        return at + 1;
    };
    if let Some(byte) = simple_escape(kind) {
        out.push(byte);
        return at + 2;
    }
    match kind {
        b'\n' | b'\r' => at + 1 + newline_width(bytes, at + 1).unwrap_or(1),
        b'0'..=b'7' => {
            let (value, end) = octal(bytes, at + 1);
            if value > 0o377 {
                f.bad_escape(base + at, &text[at + 1..end]);
            }
            push_code_point(out, value);
            end
        }
        b'x' | b'u' | b'U' => {
            let (width, why) = match kind {
                b'x' => (2, "truncated \\xXX escape"),
                b'u' => (4, "truncated \\uXXXX escape"),
                _ => (8, "truncated \\UXXXXXXXX escape"),
            };
            let digits = bytes[at + 2..].iter().take(width).take_while(|b| b.is_ascii_hexdigit());
            let end = at + 2 + digits.count();
            let value = u32::from_str_radix(&text[at + 2..end], 16).unwrap_or(0);
            if end - at - 2 < width {
                f.undecodable(base + at, base + end, base, why);
            } else if value > 0x10FFFF {
                f.undecodable(base + at, base + end, base, "illegal Unicode character");
            } else {
                push_code_point(out, value);
            }
            end
        }
        b'N' => {
            let close = text[at + 2..].find('}').map(|offset| at + 2 + offset);
            let (Some(b'{'), Some(close)) = (bytes.get(at + 2), close) else {
                let why = "malformed \\N character escape";
                let end = if bytes.get(at + 2) == Some(&b'{') { bytes.len() } else { at + 2 };
                f.undecodable(base + at, base + end, base, why);
                return end;
            };
            match character_names::character(&text[at + 3..close]) {
                Some(c) => push_code_point(out, c as u32),
                None => {
                    let why = "unknown Unicode character name";
                    f.undecodable(base + at, base + close + 1, base, why);
                }
            }
            close + 1
        }
        _ => {
            // The backslash stays, and so does what follows (a brace may stand doubled).
            let c = text[at + 1..].chars().next().unwrap_or('\\');
            f.bad_escape(base + at, c.encode_utf8(&mut [0; 4]));
            out.push(b'\\');
            at + 1
        }
    }
}

/// Decodes a bytes literal, whose content is `span`.
pub fn decode_bytes(source: &str, span: Span, raw: bool, f: &mut Findings<'_>) -> Box<[u8]> {
    let base = span.start as usize;
    let text = &source[base..span.end as usize];
    let bytes = text.as_bytes();
    if !text.is_ascii() {
        let message = "bytes can only contain ASCII literal characters";
        let at = base + bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(0);
        let width = source[at..].chars().next().map_or(1, char::len_utf8);
        let span = Span::new(at as u32, (at + width) as u32);
        f.errors.push(
            Diagnostic::error("bytes-not-ascii", f.literal, message)
                .label(span, "not an ASCII character")
                .help("write the bytes as `\\x…` escapes, or encode a string"),
        );
        return Box::default();
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'\r' => {
                out.push(b'\n');
                at += newline_width(bytes, at - 1).unwrap_or(1) - 1;
            }
            b'\\' if !raw => at = bytes_escape(text, at, base, &mut out, f),
            _ => out.push(byte),
        }
    }
    out.into()
}

/// Decodes the escape whose backslash stands before `at` and returns where it ends.
fn bytes_escape(
    text: &str,
    at: usize,
    base: usize,
    out: &mut Vec<u8>,
    f: &mut Findings<'_>,
) -> usize {
    let bytes = text.as_bytes();
    let Some(&kind) = bytes.get(at) else {
        out.push(b'\\');
        return at;
    };
    if let Some(byte) = simple_escape(kind) {
        out.push(byte);
        return at + 1;
    }
    match kind {
        b'\n' | b'\r' => at + newline_width(bytes, at).unwrap_or(1),
        b'0'..=b'7' => {
            let (value, end) = octal(bytes, at);
            if value > 0o377 {
                f.bad_escape(base + at - 1, &text[at..end]);
            }
            out.push(value as u8);
            end
        }
        b'x' => {
            let digits = bytes[at + 1..].iter().take(2).take_while(|b| b.is_ascii_hexdigit());
            let end = at + 1 + digits.count();
            if end - at < 3 {
                let message = format!("(value error) invalid \\x escape at position {}", at - 1);
                let span = Span::new((base + at - 1) as u32, (base + end) as u32);
                f.errors.push(
                    Diagnostic::error("bad-escape", f.literal, message)
                        .label(span, "two hexadecimal digits must follow `\\x`"),
                );
            }
            out.push(u8::from_str_radix(&text[at + 1..end], 16).unwrap_or(0));
            end
        }
        _ => {
            f.bad_escape(base + at - 1, &text[at..at + 1]);
            out.extend([b'\\', kind]);
            at + 1
        }
    }
}

/// The escapes of one letter, the same in text and bytes.
fn simple_escape(kind: u8) -> Option<u8> {
    Some(match kind {
        b'\\' | b'\'' | b'"' => kind,
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        _ => return None,
    })
}

/// Up to three octal digits from `at`: their value and end.
fn octal(bytes: &[u8], at: usize) -> (u32, usize) {
    let digits = bytes[at..].iter().take(3).take_while(|byte| (b'0'..=b'7').contains(byte));
    let end = at + digits.count();
    let value = bytes[at..end].iter().fold(0, |value, digit| value * 8 + u32::from(digit - b'0'));
    (value, end)
}

/// Appends a code point, surrogates included; a pair of surrogates stays a pair.
fn push_code_point(out: &mut Vec<u8>, value: u32) {
    match char::from_u32(value) {
        Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        None => out.extend([
            0xE0 | (value >> 12) as u8,
            0x80 | (value >> 6 & 0x3F) as u8,
            0x80 | (value & 0x3F) as u8,
        ]),
    }
}
