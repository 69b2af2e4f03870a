//! Code as bytes: how the embedded library is kept in the binary.
//!
//! Each type says once how it is written and, next to that, how it is read; structs list their
//! fields once for both. Numbers take seven bits a byte, cache words are left out, and a text
//! that was written before is named by its place. There is no version: reader and writer are
//! always of the same build. What is read borrows its texts from the bytes.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::lines::Lines;
use super::op::{NO_REG, Op, Operand, Word, word};
use super::{
    Bytes, Capture, Code, CodeKind, Const, Content, Handler, InnerLocal, Local, Params, Text,
};

/// The code and all codes inside it. `filename` is left out: whoever reads it knows.
pub fn encode(code: &Code) -> Vec<u8> {
    let mut out = Writer::default();
    code.write(&mut out);
    out.bytes
}

/// What `encode` has written: little work, because each body is read when somebody looks at it.
///
/// Panics on other bytes, or makes bad code of them: only what the build made is read.
pub fn decode(bytes: &'static [u8], filename: &Arc<str>) -> Code {
    Code::read(&mut Source { from: Reader::new(bytes), filename: filename.clone() })
}

/// A body that has not been read yet.
#[derive(Clone, Debug)]
pub(super) struct Place {
    bytes: &'static [u8],
    at: usize,
    filename: Arc<str>,
}

impl Place {
    pub fn content(&self) -> Content {
        let from = Reader { bytes: self.bytes, at: self.at };
        Content::read(&mut Source { from, filename: self.filename.clone() })
    }
}

// ---- numbers

#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    /// Where texts stand that have been written.
    places: HashMap<Box<[u8]>, usize>,
}

impl Writer {
    fn number(&mut self, number: u64) {
        put_number(&mut self.bytes, number);
    }

    /// An even number is twice the length of the text that follows, an odd one says where one
    /// stands that was written before.
    fn text(&mut self, text: &[u8]) {
        if let Some(&place) = self.places.get(text) {
            return self.number((place as u64) << 1 | 1);
        }
        self.places.insert(text.into(), self.bytes.len());
        self.number((text.len() as u64) << 1);
        self.bytes.extend_from_slice(text);
    }
}

pub(super) fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0 }
    }

    pub fn is_done(&self) -> bool {
        self.at == self.bytes.len()
    }

    pub fn byte(&mut self) -> u8 {
        let byte = self.bytes[self.at];
        self.at += 1;
        byte
    }

    #[inline]
    pub fn number(&mut self) -> u64 {
        let byte = self.byte();
        if byte < 0x80 { byte as u64 } else { self.long_number(byte) }
    }

    fn long_number(&mut self, first: u8) -> u64 {
        let mut number = (first & 0x7F) as u64;
        let mut shift = 7;
        loop {
            let byte = self.byte();
            number |= ((byte & 0x7F) as u64) << shift;
            if byte < 0x80 {
                return number;
            }
            shift += 7;
        }
    }

    pub fn slice(&mut self, length: usize) -> &'a [u8] {
        let slice = &self.bytes[self.at..self.at + length];
        self.at += length;
        slice
    }
}

/// Signed numbers, small ones of either sign as small ones without.
pub(super) mod zigzag {
    pub fn encode(number: i64) -> u64 {
        ((number << 1) ^ (number >> 63)) as u64
    }

    pub fn decode(number: u64) -> i64 {
        (number >> 1) as i64 ^ -((number & 1) as i64)
    }
}

// ---- values

/// What is being read, and what does not stand in it.
struct Source {
    from: Reader<'static>,
    filename: Arc<str>,
}

impl Source {
    /// What `Writer::text` has written.
    fn text(&mut self) -> &'static [u8] {
        let head = self.from.number();
        let place = (head >> 1) as usize;
        if head & 1 == 0 {
            return self.from.slice(place);
        }
        let mut other = Reader { bytes: self.from.bytes, at: place };
        let length = other.number() >> 1;
        other.slice(length as usize)
    }
}

trait Packed: Sized {
    fn write(&self, out: &mut Writer);
    fn read(source: &mut Source) -> Self;
}

macro_rules! numbers {
    ($($type:ty)*) => { $(
        impl Packed for $type {
            fn write(&self, out: &mut Writer) {
                out.number(*self as u64);
            }

            fn read(source: &mut Source) -> $type {
                source.from.number() as $type
            }
        }
    )* };
}
numbers!(u16 u32);

impl Packed for i64 {
    fn write(&self, out: &mut Writer) {
        out.number(zigzag::encode(*self));
    }

    fn read(source: &mut Source) -> i64 {
        zigzag::decode(source.from.number())
    }
}

impl Packed for f64 {
    fn write(&self, out: &mut Writer) {
        out.bytes.extend(self.to_le_bytes());
    }

    fn read(source: &mut Source) -> f64 {
        f64::from_le_bytes(source.from.slice(8).try_into().expect("eight bytes"))
    }
}

impl Packed for bool {
    fn write(&self, out: &mut Writer) {
        out.bytes.push(*self as u8);
    }

    fn read(source: &mut Source) -> bool {
        source.from.byte() != 0
    }
}

impl Packed for Bytes {
    fn write(&self, out: &mut Writer) {
        out.text(self);
    }

    fn read(source: &mut Source) -> Bytes {
        Cow::Borrowed(source.text())
    }
}

impl Packed for Text {
    fn write(&self, out: &mut Writer) {
        out.text(self.as_bytes());
    }

    fn read(source: &mut Source) -> Text {
        str::from_utf8(source.text()).expect("written from a text").into()
    }
}

impl<T: Packed> Packed for Option<T> {
    fn write(&self, out: &mut Writer) {
        self.is_some().write(out);
        if let Some(value) = self {
            value.write(out);
        }
    }

    fn read(source: &mut Source) -> Option<T> {
        bool::read(source).then(|| T::read(source))
    }
}

impl<T: Packed> Packed for Vec<T> {
    fn write(&self, out: &mut Writer) {
        out.number(self.len() as u64);
        for item in self {
            item.write(out);
        }
    }

    fn read(source: &mut Source) -> Vec<T> {
        let count = source.from.number();
        (0..count).map(|_| T::read(source)).collect()
    }
}

impl<T: Packed> Packed for Box<[T]> {
    fn write(&self, out: &mut Writer) {
        out.number(self.len() as u64);
        for item in self {
            item.write(out);
        }
    }

    fn read(source: &mut Source) -> Box<[T]> {
        Vec::read(source).into()
    }
}

impl<T: Packed> Packed for Arc<T> {
    fn write(&self, out: &mut Writer) {
        (**self).write(out);
    }

    fn read(source: &mut Source) -> Arc<T> {
        Arc::new(T::read(source))
    }
}

impl<A: Packed, B: Packed> Packed for (A, B) {
    fn write(&self, out: &mut Writer) {
        self.0.write(out);
        self.1.write(out);
    }

    fn read(source: &mut Source) -> (A, B) {
        (A::read(source), B::read(source))
    }
}

// ---- parts of code

/// The file's name.
impl Packed for Arc<str> {
    fn write(&self, _: &mut Writer) {}

    fn read(source: &mut Source) -> Arc<str> {
        source.filename.clone()
    }
}

/// Bytes of a length that is known only afterwards.
const LENGTH: usize = 3;

/// The content is preceded by its length, so that it can be passed over.
impl Packed for Code {
    fn write(&self, out: &mut Writer) {
        self.captures.write(out);
        let start = out.bytes.len() + LENGTH;
        out.bytes.extend([0; LENGTH]);
        (**self).write(out);
        let length = (out.bytes.len() - start).to_le_bytes();
        assert!(length[LENGTH..].iter().all(|&byte| byte == 0), "a module of many megabytes");
        out.bytes[start - LENGTH..start].copy_from_slice(&length[..LENGTH]);
    }

    fn read(source: &mut Source) -> Code {
        let captures = Vec::read(source);
        let mut length = [0; size_of::<usize>()];
        length[..LENGTH].copy_from_slice(source.from.slice(LENGTH));
        let Reader { bytes, at } = source.from;
        source.from.slice(usize::from_le_bytes(length));
        Code::packed(captures, Place { bytes, at, filename: source.filename.clone() })
    }
}

macro_rules! structs {
    ($( $type:ident { $($field:ident)* } )*) => { $(
        impl Packed for $type {
            fn write(&self, out: &mut Writer) {
                $( self.$field.write(out); )*
            }

            fn read(source: &mut Source) -> $type {
                $( let $field = Packed::read(source); )*
                $type { $($field),* }
            }
        }
    )* };
}
structs! {
    Content {
        kind is_module name qualname doc filename first_line params registers words consts names
        codes free_names locals inner_locals is_inspected looks_at_failures future_annotations
        handlers lines live
    }
    Params { positional_only positional keyword_only star double_star }
    Local { name register is_cell }
    InnerLocal { local start end }
    Handler { start end target register }
}

/// Enums: a byte for each variant, then what it holds.
macro_rules! enums {
    ($( $type:ident { $( $tag:literal $variant:ident $(($($part:ident)*))? $({$($field:ident)*})? )* } )*) => { $(
        impl Packed for $type {
            fn write(&self, out: &mut Writer) {
                match self {
                    $( $type::$variant $(($($part),*))? $({ $($field),* })? => {
                        out.bytes.push($tag);
                        $( $( $part.write(out); )* )?
                        $( $( $field.write(out); )* )?
                    } )*
                }
            }

            fn read(source: &mut Source) -> $type {
                match source.from.byte() {
                    $( $tag => {
                        $( $( let $part = Packed::read(source); )* )?
                        $( $( let $field = Packed::read(source); )* )?
                        $type::$variant $(($($part),*))? $({ $($field),* })?
                    } )*
                    tag => panic!("no {} has the tag {tag}", stringify!($type)),
                }
            }
        }
    )* };
}
enums! {
    CodeKind { 0 Function 1 Generator 2 Coroutine 3 AsyncGenerator 4 Module 5 ClassBody }
    Capture { 0 Local(register) 1 Free(index) }
    Const {
        0 None 1 True 2 False 3 Ellipsis 4 Int(value) 5 BigInt { radix digits } 6 Float(value)
        7 Complex(re im) 8 Str(text) 9 Bytes(data) 10 Tuple(items) 11 FrozenSet(items)
    }
}

impl Packed for Lines {
    fn write(&self, out: &mut Writer) {
        out.number(self.0.len() as u64);
        out.bytes.extend_from_slice(&self.0);
    }

    fn read(source: &mut Source) -> Lines {
        let length = source.from.number();
        Lines(source.from.slice(length as usize).into())
    }
}

// ---- instructions

/// In the place of an instruction: the next one has an `ext`, which follows.
const EXTENDED: u8 = u8::MAX;
const _: () = assert!(super::op::COUNT <= EXTENDED as usize);

/// Of an instruction those fields that its row names; of its cache words the last, if the
/// compiler fills it.
impl Packed for Vec<Word> {
    fn write(&self, out: &mut Writer) {
        out.number(self.len() as u64);
        let mut words = self.iter();
        while let Some(&instruction) = words.next() {
            let op = Op::from_byte(word::op(instruction)).expect("an instruction");
            if word::ext(instruction) != 0 {
                out.bytes.extend([EXTENDED, word::ext(instruction)]);
            }
            out.bytes.push(op as u8);
            let fields = [word::a(instruction), word::b(instruction), word::c(instruction)];
            for (&operand, &field) in op.operands().iter().zip(&fields) {
                match operand {
                    Operand::Nil => {}
                    Operand::Opt => out.number((field as u16).wrapping_sub(NO_REG).into()),
                    Operand::Imm | Operand::Off => {
                        out.number(zigzag::encode((field as i16).into()))
                    }
                    Operand::Imm32 | Operand::Off32 => {
                        out.number(zigzag::encode(word::sbc(instruction)));
                    }
                    Operand::Const | Operand::Name32 => out.number(word::bc(instruction) as u64),
                    _ => out.number(field as u64),
                }
            }
            for _ in 1..op.words() {
                words.next();
            }
            if op.words() > 0 {
                let last = *words.next().expect("cache words follow");
                if op.is_filled() {
                    out.number(last);
                }
            }
        }
    }

    fn read(source: &mut Source) -> Vec<Word> {
        let from = &mut source.from;
        let count = from.number() as usize;
        let mut words = Vec::with_capacity(count);
        while words.len() < count {
            let mut ext = 0;
            let mut byte = from.byte();
            if byte == EXTENDED {
                ext = from.byte();
                byte = from.byte();
            }
            let op = Op::from_byte(byte).expect("an instruction");
            let mut bits = 0;
            for (nth, &operand) in op.operands().iter().enumerate() {
                let wide = |number: u64| number & u32::MAX as u64;
                let field = match operand {
                    Operand::Nil => 0,
                    Operand::Opt => (from.number() as u16).wrapping_add(NO_REG).into(),
                    Operand::Imm | Operand::Off => zigzag::decode(from.number()) as u16 as u64,
                    Operand::Imm32 | Operand::Off32 => wide(zigzag::decode(from.number()) as u64),
                    _ => from.number(),
                };
                bits |= field << (16 * nth);
            }
            words.push(word::encode(op, ext, 0, 0, 0) | bits << 16);
            words.extend(std::iter::repeat_n(0, op.words().saturating_sub(1)));
            if op.words() > 0 {
                words.push(if op.is_filled() { from.number() } else { 0 });
            }
        }
        words
    }
}
