//! Text encodings: UTF-8, UTF-16, UTF-32, ASCII, Latin-1, code pages and those that escape with backslashes,
//! both ways, with error handlers.
//!
//! `decode` makes WTF-8 of bytes, `encode` bytes of WTF-8. What cannot be coded and is not handled
//! comes back as a [`CodecFault`], which has all that a `UnicodeError` wants to know.

mod decode;
mod encode;
mod escape;
mod pages;

pub use decode::{decode, decode_prefix, latin1, resolve_mark};
pub use encode::encode;
pub use pages::PageId;

/// The order of the bytes of a wide unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Little,
    Big,
    /// Written in little order with a mark; read as the mark says, or in little order.
    Marked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    /// UTF-8 with a mark at the start.
    Utf8Sig,
    Utf16(Order),
    Utf32(Order),
    Ascii,
    Latin1,
    Page(PageId),
    UnicodeEscape,
    RawUnicodeEscape,
}

/// The characters of all bytes of an encoding of one byte.
pub fn page_table(name: &str) -> Option<Vec<Option<char>>> {
    match Encoding::named(name)? {
        Encoding::Page(id) => Some(id.table()),
        _ => None,
    }
}

impl Encoding {
    /// Looks an encoding up by one of its names, in any case, with any separator.
    pub fn named(name: &str) -> Option<Encoding> {
        // As nearly all programs spell them.
        match name {
            "utf-8" | "utf8" | "UTF-8" => return Some(Encoding::Utf8),
            "latin-1" | "latin1" => return Some(Encoding::Latin1),
            "ascii" => return Some(Encoding::Ascii),
            _ => {}
        }
        let plain: String =
            name.chars()
                .map(|c| {
                    if c.is_ascii_alphanumeric() || c == '.' { c.to_ascii_lowercase() } else { '_' }
                })
                .collect();
        // The names of `encodings.aliases` for these encodings.
        Some(match plain.as_str() {
            "utf_8" | "utf8" | "u8" | "utf" | "cp65001" | "utf8_ucs2" | "utf8_ucs4" => {
                Encoding::Utf8
            }
            "utf_8_sig" | "utf8_sig" => Encoding::Utf8Sig,
            "utf_16" | "utf16" | "u16" => Encoding::Utf16(Order::Marked),
            "utf_16_le" | "utf_16le" | "utf16_le" | "unicodelittleunmarked" => {
                Encoding::Utf16(Order::Little)
            }
            "utf_16_be" | "utf_16be" | "utf16_be" | "unicodebigunmarked" => {
                Encoding::Utf16(Order::Big)
            }
            "utf_32" | "utf32" | "u32" => Encoding::Utf32(Order::Marked),
            "utf_32_le" | "utf_32le" | "utf32_le" => Encoding::Utf32(Order::Little),
            "utf_32_be" | "utf_32be" | "utf32_be" => Encoding::Utf32(Order::Big),
            "ascii" | "us_ascii" | "646" | "us" | "iso646_us" | "ansi_x3.4_1968"
            | "ansi_x3_4_1968" | "ansi_x3.4_1986" | "cp367" | "csascii" | "ibm367"
            | "iso_646.irv_1991" | "iso_ir_6" => Encoding::Ascii,
            "latin_1" | "latin1" | "latin" | "l1" | "iso_8859_1" | "iso8859_1" | "8859"
            | "cp819" | "iso8859" | "csisolatin1" | "ibm819" | "iso_8859_1_1987" | "iso_ir_100" => {
                Encoding::Latin1
            }
            "unicode_escape" => Encoding::UnicodeEscape,
            "raw_unicode_escape" => Encoding::RawUnicodeEscape,
            other => return PageId::named(other).map(Encoding::Page),
        })
    }

    /// The name that errors carry.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 | Encoding::Utf8Sig => "utf-8",
            Encoding::Utf16(Order::Little) => "utf-16-le",
            Encoding::Utf16(Order::Big) => "utf-16-be",
            Encoding::Utf16(Order::Marked) => "utf-16",
            Encoding::Utf32(Order::Little) => "utf-32-le",
            Encoding::Utf32(Order::Big) => "utf-32-be",
            Encoding::Utf32(Order::Marked) => "utf-32",
            Encoding::Ascii => "ascii",
            Encoding::Latin1 => "latin-1",
            Encoding::Page(_) => "charmap",
            Encoding::UnicodeEscape => "unicodeescape",
            Encoding::RawUnicodeEscape => "rawunicodeescape",
        }
    }
}

/// What to do about what cannot be coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handler {
    Strict,
    Ignore,
    Replace,
    BackslashReplace,
    SurrogateEscape,
    SurrogatePass,
    /// Only when encoding.
    XmlCharRefReplace,
}

impl Handler {
    pub fn named(name: &str) -> Option<Handler> {
        Some(match name {
            "strict" => Handler::Strict,
            "ignore" => Handler::Ignore,
            "replace" => Handler::Replace,
            "backslashreplace" => Handler::BackslashReplace,
            "surrogateescape" => Handler::SurrogateEscape,
            "surrogatepass" => Handler::SurrogatePass,
            "xmlcharrefreplace" => Handler::XmlCharRefReplace,
            _ => return None,
        })
    }
}

/// What a `UnicodeDecodeError` or `UnicodeEncodeError` says, its object excepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodecFault {
    pub encoding: &'static str,
    /// In bytes when decoding, in code points when encoding.
    pub start: usize,
    pub end: usize,
    pub reason: &'static str,
    /// The handler is not one for decoding: a `TypeError` instead.
    pub wrong_handler: bool,
}

impl CodecFault {
    /// `str(error)` of a `UnicodeDecodeError` for these bytes.
    pub fn decode_text(&self, data: &[u8]) -> String {
        let CodecFault { encoding, start, end, reason, .. } = *self;
        match data.get(start) {
            Some(byte) if end == start + 1 => {
                format!(
                    "'{encoding}' codec can't decode byte 0x{byte:02x} in position {start}: {reason}"
                )
            }
            _ => {
                let last = end.saturating_sub(1);
                format!(
                    "'{encoding}' codec can't decode bytes in position {start}-{last}: {reason}"
                )
            }
        }
    }

    /// `str(error)` of a `UnicodeEncodeError` for this text.
    pub fn encode_text(&self, text: &[u8]) -> String {
        let CodecFault { encoding, start, end, reason, .. } = *self;
        match super::wtf8::point_at(text, start) {
            Some(point) if end == start + 1 => {
                let mut shown = Vec::new();
                super::repr::push_escape(&mut shown, point);
                let shown = String::from_utf8_lossy(&shown).into_owned();
                format!(
                    "'{encoding}' codec can't encode character '{shown}' in position {start}: {reason}"
                )
            }
            _ => {
                let last = end.saturating_sub(1);
                format!(
                    "'{encoding}' codec can't encode characters in position {start}-{last}: {reason}"
                )
            }
        }
    }
}
