//! Views of memory: the formats that single items may have, and where the items of an array lie.
//!
//! Nothing here owns or reads storage by itself: bytes come in, offsets and items go out.

/// The native format of one item, as a character of `struct`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format(u8);

/// An item as it was read, or is to be written.
#[derive(Clone, Copy, Debug)]
pub enum Item {
    Int(i64),
    UInt(u64),
    Float(f64),
    Byte(u8),
    Bool(bool),
}

/// What an item is written from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Signed,
    Unsigned,
    Float,
    Byte,
    Bool,
}

impl Format {
    pub const BYTE: Format = Format(b'B');

    /// A format character with an optional `@` before it.
    pub fn parse(text: &[u8]) -> Option<Format> {
        match text.strip_prefix(b"@").unwrap_or(text) {
            &[code] if b"?cbBhHiIlLqQnNfdeP".contains(&code) => Some(Format(code)),
            _ => None,
        }
    }

    pub fn code(self) -> char {
        self.0.into()
    }

    pub fn size(self) -> usize {
        match self.0 {
            b'?' | b'c' | b'b' | b'B' => 1,
            b'h' | b'H' | b'e' => 2,
            b'i' | b'I' | b'f' => 4,
            _ => 8,
        }
    }

    pub fn class(self) -> Class {
        match self.0 {
            b'?' => Class::Bool,
            b'c' => Class::Byte,
            b'e' | b'f' | b'd' => Class::Float,
            b'b' | b'h' | b'i' | b'l' | b'q' | b'n' => Class::Signed,
            _ => Class::Unsigned,
        }
    }

    /// Is an item one byte without a sign of its own (`B`, `b` or `c`)?
    pub fn is_byte(self) -> bool {
        matches!(self.0, b'B' | b'b' | b'c')
    }

    /// The item at the start of `bytes`, which are enough for it.
    pub fn read(self, bytes: &[u8]) -> Item {
        let size = self.size();
        let mut word = [0; 8];
        word[..size].copy_from_slice(&bytes[..size]);
        let raw = u64::from_le_bytes(word);
        match self.class() {
            Class::Bool => Item::Bool(raw != 0),
            Class::Byte => Item::Byte(raw as u8),
            Class::Unsigned => Item::UInt(raw),
            Class::Signed => {
                let unused = 64 - 8 * size as u32;
                Item::Int((raw << unused) as i64 >> unused)
            }
            Class::Float => Item::Float(match size {
                2 => half_to_f64(raw as u16),
                4 => f64::from(f32::from_bits(raw as u32)),
                _ => f64::from_bits(raw),
            }),
        }
    }

    /// The bytes of an item (as many as `size` says); None if its value does not fit.
    pub fn write(self, item: Item) -> Option<[u8; 8]> {
        let bits = 8 * self.size() as u32;
        let word = match (self.class(), item) {
            (Class::Bool, Item::Bool(yes)) => u64::from(yes),
            (Class::Byte, Item::Byte(byte)) => u64::from(byte),
            (Class::Signed, Item::Int(i)) => {
                let unused = 64 - bits;
                if i << unused >> unused != i {
                    return None;
                }
                i as u64
            }
            (Class::Unsigned, Item::UInt(u)) => {
                if bits < 64 && u >> bits != 0 {
                    return None;
                }
                u
            }
            (Class::Float, Item::Float(f)) => match bits {
                16 => half_from_f64(f)?.into(),
                // What is too large becomes an infinity, as C converts it.
                32 => (f as f32).to_bits().into(),
                _ => f.to_bits(),
            },
            _ => return None,
        };
        Some(word.to_le_bytes())
    }
}

impl Item {
    /// Equality as Python's numbers and bytes have it.
    pub fn equals(self, other: Item) -> bool {
        match (self.whole(), other.whole()) {
            (Some(a), Some(b)) => a == b,
            (None, None) => match (self, other) {
                (Item::Float(a), Item::Float(b)) => a == b,
                (Item::Byte(a), Item::Byte(b)) => a == b,
                _ => false,
            },
            (Some(whole), None) => other.is_float(whole),
            (None, Some(whole)) => self.is_float(whole),
        }
    }

    fn whole(self) -> Option<i128> {
        match self {
            Item::Int(i) => Some(i.into()),
            Item::UInt(u) => Some(u.into()),
            Item::Bool(yes) => Some(yes.into()),
            Item::Float(_) | Item::Byte(_) => None,
        }
    }

    fn is_float(self, whole: i128) -> bool {
        // The conversion back is exact where it matters: i128 holds more than any 64-bit integer.
        matches!(self, Item::Float(f) if f == f.trunc() && f as i128 == whole)
    }
}

fn half_to_f64(bits: u16) -> f64 {
    let sign = if bits >> 15 != 0 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    }
}

fn half_from_f64(f: f64) -> Option<u16> {
    let sign = if f.is_sign_negative() { 0x8000 } else { 0 };
    let size = f.abs();
    if size.is_nan() {
        return Some(sign | 0x7e00);
    }
    if size.is_infinite() {
        return Some(sign | 0x7c00);
    }
    // Units of the last place: 2**-24 below the normal numbers, more with each power of two.
    let exponent = (size.to_bits() >> 52) as i32 - 1023;
    let unit = exponent.max(-14) - 10;
    let digits = (size * 2f64.powi(-unit)).round_ties_even();
    let bits = digits as u32 + (((unit + 24) as u32) << 10);
    // A carry out of the digits has moved on into the exponent by itself.
    (bits < 0x7c00).then_some(sign | bits as u16)
}

/// Where the items of an array are: their format, the first one, and the way from one to the next
/// in each dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    pub format: Format,
    /// Was the format given with an `@`?
    pub marked: bool,
    pub start: usize,
    pub shape: Vec<usize>,
    pub strides: Vec<isize>,
}

impl Layout {
    /// `len` unsigned bytes.
    pub fn bytes(len: usize) -> Layout {
        Layout { format: Format::BYTE, marked: false, start: 0, shape: vec![len], strides: vec![1] }
    }

    /// Sets a shape whose items lie one behind the other, the last index moving fastest.
    pub fn set_shape(&mut self, shape: Vec<usize>) {
        let mut stride = self.format.size() as isize;
        let mut strides = vec![0; shape.len()];
        for (place, &len) in strides.iter_mut().zip(&shape).rev() {
            *place = stride;
            stride *= len as isize;
        }
        self.shape = shape;
        self.strides = strides;
    }

    pub fn item_size(&self) -> usize {
        self.format.size()
    }

    /// How many items there are.
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }

    pub fn byte_len(&self) -> usize {
        self.count() * self.item_size()
    }

    pub fn is_c_contiguous(&self) -> bool {
        self.is_dense(self.shape.iter().zip(&self.strides).rev())
    }

    pub fn is_f_contiguous(&self) -> bool {
        self.is_dense(self.shape.iter().zip(&self.strides))
    }

    fn is_dense<'a>(&self, dimensions: impl Iterator<Item = (&'a usize, &'a isize)>) -> bool {
        if self.shape.contains(&0) {
            return true;
        }
        let mut expected = self.item_size() as isize;
        for (&len, &stride) in dimensions {
            if len > 1 && stride != expected {
                return false;
            }
            expected *= len as isize;
        }
        true
    }

    /// The offset of an item; the indices are within the shape.
    pub fn at(&self, indices: &[usize]) -> usize {
        let steps = indices.iter().zip(&self.strides);
        steps.fold(self.start, |at, (&index, &stride)| {
            at.wrapping_add_signed(stride.wrapping_mul(index as isize))
        })
    }

    /// Offsets of all items, the last index moving fastest, or the first (`fortran`).
    pub fn offsets(&self, fortran: bool) -> Vec<usize> {
        let mut offsets = vec![self.start];
        let dimensions = self.shape.iter().zip(&self.strides);
        // Each dimension multiplies what the slower ones have made so far.
        let mut spread = |(&len, &stride): (&usize, &isize)| {
            offsets = offsets
                .iter()
                .flat_map(|&at| {
                    (0..len).map(move |i| at.wrapping_add_signed(stride.wrapping_mul(i as isize)))
                })
                .collect();
        };
        if fortran {
            dimensions.rev().for_each(&mut spread)
        } else {
            dimensions.for_each(spread)
        }
        offsets
    }

    /// Are the items of both of the same format and in the same shape?
    pub fn fits(&self, other: &Layout) -> bool {
        self.format == other.format && self.shape == other.shape
    }

    /// The items, one behind the other, out of the storage that this describes.
    pub fn gather(&self, storage: &[u8], fortran: bool) -> Vec<u8> {
        let dense = if fortran { self.is_f_contiguous() } else { self.is_c_contiguous() };
        if dense {
            let len = self.byte_len();
            // An empty view may start behind the end.
            return if len == 0 { Vec::new() } else { storage[self.start..][..len].to_vec() };
        }
        let size = self.item_size();
        let mut out = Vec::with_capacity(self.byte_len());
        for at in self.offsets(fortran) {
            out.extend_from_slice(&storage[at..at + size]);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_there_and_back() {
        for bits in (0..0x7c00u16).chain(0x8000..0xfc00) {
            assert_eq!(half_from_f64(half_to_f64(bits)), Some(bits), "{bits:#x}");
        }
        assert_eq!(half_from_f64(65519.9), Some(0x7bff));
        assert_eq!(half_from_f64(65520.0), None);
        assert_eq!(half_from_f64(f64::INFINITY), Some(0x7c00));
        assert_eq!(half_from_f64(1e-300), Some(0));
    }

    #[test]
    fn arrays_are_gathered_both_ways() {
        let storage: Vec<u8> = (0..6).collect();
        let mut layout = Layout::bytes(6);
        layout.set_shape(vec![2, 3]);
        assert_eq!(layout.strides, [3, 1]);
        assert_eq!(layout.gather(&storage, false), [0, 1, 2, 3, 4, 5]);
        assert_eq!(layout.gather(&storage, true), [0, 3, 1, 4, 2, 5]);
        assert_eq!(layout.at(&[1, 2]), 5);
        assert!(layout.is_c_contiguous() && !layout.is_f_contiguous());
    }
}
