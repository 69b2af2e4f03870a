//! The module `_zlib`: squeezed data in the formats of zlib and gzip, or bare, taken apart and made
//! as it comes, in bounded pieces. `stdlib/zlib.sloop` and `aiohttp` stand on it.

use std::cell::RefCell;

use super::bytes::data_arg;
use super::{TypeDef, add_functions, add_types, function, method};
use crate::gc::Gc;
use crate::plain::armour::crc32;
use crate::plain::flate::{Deflate, Flush, Inflate, adler32};
use crate::value::{Dict, Resource, T, Value};
use crate::vm::{Args, Cx, Def, Flow, Stop};

static FUNCTIONS: &[Def] = &[
    function(
        "inflater(format, /)",
        "What takes apart: 0 bare data, 1 zlib's, 2 gzip's, 3 either of these, 4 zlib's or bare, 5 gzip's, one behind another.",
        inflater,
    ),
    function(
        "deflater(format, level, strategy, window_bits, /)",
        "What squeezes: 0 bare, 1 as zlib, 2 as gzip.",
        deflater,
    ),
    function("adler32(data, value=1, /)", "The checksum of zlib.", |cx, args| {
        checksum(cx, args, 1, adler32)
    }),
    function("crc32(data, value=0, /)", "The checksum of gzip and PNG.", |cx, args| {
        checksum(cx, args, 0, crc32)
    }),
];

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, dict, FUNCTIONS, "_zlib");
    add_types(cx, &[&INFLATER, &DEFLATER]);
    Ok(())
}

fn checksum(cx: &mut Cx, args: Args, start: u32, sum: fn(&[u8], u32) -> u32) -> Flow {
    let given = cx.arg(args, 1).value();
    let start = if given.is_undef() {
        start
    } else {
        // Programs pass negative numbers, too: all that counts are 32 bits.
        cx.index_i64(given)? as u32
    };
    let data = data_arg(cx, args, 0)?;
    Ok(Value::int(sum(&data, start).into()))
}

pub static INFLATER: TypeDef = TypeDef {
    id: T::Inflater,
    doc: "Takes squeezed data apart.",
    methods: &[
        method(
            "feed(self, data, most, /)",
            "At most so many bytes of what the data stands for; what is left is asked for with b''.",
            feed,
        ),
        method("done(self, /)", "Is the data complete?", |cx, args| {
            with(cx, args, |it: &mut Inflater| Value::bool(it.stage == Stage::Done))
        }),
        method("begun(self, /)", "Has anything come of data that is not complete?", |cx, args| {
            with(cx, args, |it: &mut Inflater| {
                Value::bool(it.stage != Stage::Done && (it.has_begun || !it.waiting.is_empty()))
            })
        }),
        method("rest(self, /)", "What has come and was not used.", |cx, args| {
            let rest = of(cx, args, |it: &mut Inflater| std::mem::take(&mut it.waiting))?;
            Ok(Value::object(cx.bytes(rest)))
        }),
        method("copy(self, /)", "Another, in the same state.", |cx, args| {
            let copy = of(cx, args, |it: &mut Inflater| it.clone())?;
            Ok(object(cx, T::Inflater, copy))
        }),
    ],
    getsets: &[],
};

pub static DEFLATER: TypeDef = TypeDef {
    id: T::Deflater,
    doc: "Squeezes data.",
    methods: &[
        method(
            "feed(self, data, flush, /)",
            "What is ready: 0 what is convenient, 1 all, 2 all, and what follows stands alone, 3 all, at the end.",
            squeeze,
        ),
        method("copy(self, /)", "Another, in the same state.", |cx, args| {
            let copy = of(cx, args, |it: &mut Deflater| it.clone())?;
            Ok(object(cx, T::Deflater, copy))
        }),
    ],
    getsets: &[],
};

fn object<P: 'static>(cx: &mut Cx, id: T, payload: P) -> Value {
    Value::object(cx.new_object(id.shape(), 0, |header| Resource {
        header,
        extra: Value::UNDEF.into(),
        payload: RefCell::new(Some(Box::new(payload))),
    }))
}

fn of<P: 'static, R>(cx: &Cx, args: Args, act: impl FnOnce(&mut P) -> R) -> Result<R, Stop> {
    let this = cx.arg(args, 0).value();
    let result = this.cast::<Resource>().and_then(|this| {
        let mut payload = this.payload.borrow_mut();
        payload.as_mut()?.downcast_mut::<P>().map(act)
    });
    result.ok_or_else(|| cx.type_error("another object is expected"))
}

fn with<P: 'static>(cx: &Cx, args: Args, act: impl FnOnce(&mut P) -> Value) -> Flow {
    of(cx, args, act)
}

// ---- taking apart

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Bare,
    Zlib,
    Gzip,
    ZlibOrGzip,
    ZlibOrBare,
    GzipMany,
}

/// What comes next.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Head,
    Data,
    /// Check sum, and behind the data of gzip a length.
    Tail,
    Done,
}

#[derive(Clone)]
struct Inflater {
    state: Inflate,
    stage: Stage,
    wanted: Format,
    /// What it is.
    format: Format,
    has_begun: bool,
    /// What has come and was not used yet.
    waiting: Vec<u8>,
    check: u32,
    length: u32,
}

fn inflater(cx: &mut Cx, args: Args) -> Flow {
    let wanted = match cx.index_i64(cx.arg(args, 0).value())? {
        0 => Format::Bare,
        1 => Format::Zlib,
        2 => Format::Gzip,
        3 => Format::ZlibOrGzip,
        4 => Format::ZlibOrBare,
        _ => Format::GzipMany,
    };
    let made = Inflater {
        state: Inflate::default(),
        stage: Stage::Head,
        wanted,
        format: wanted,
        has_begun: false,
        waiting: Vec::new(),
        check: 0,
        length: 0,
    };
    Ok(object(cx, T::Inflater, made))
}

fn feed(cx: &mut Cx, args: Args) -> Flow {
    let data = data_arg(cx, args, 1)?;
    let most = usize::try_from(cx.index_i64(cx.arg(args, 2).value())?).unwrap_or(0).min(1 << 24);
    let result = of(cx, args, |it: &mut Inflater| {
        it.waiting.extend_from_slice(&data);
        it.next(most)
    })?;
    match result {
        Ok(out) => Ok(Value::object(cx.bytes(out))),
        Err(flaw) => Err(cx.value_error(flaw)),
    }
}

impl Inflater {
    fn next(&mut self, most: usize) -> Result<Vec<u8>, &'static str> {
        loop {
            match self.stage {
                Stage::Head => {
                    let Some(size) = self.head()? else { return Ok(Vec::new()) };
                    self.waiting.drain(..size);
                    self.has_begun = true;
                    self.stage = Stage::Data;
                    self.check = u32::from(self.format == Format::Zlib);
                }
                Stage::Data => {
                    let mut out = vec![0; most];
                    let step = self.state.step(&self.waiting, &mut out);
                    let step = step.map_err(|_| "invalid data")?;
                    self.waiting.drain(..step.taken);
                    out.truncate(step.made);
                    match self.format {
                        Format::Zlib => self.check = adler32(&out, self.check),
                        Format::Gzip => {
                            self.length = self.length.wrapping_add(out.len() as u32);
                            self.check = crc32(&out, self.check);
                        }
                        _ => {}
                    }
                    if step.is_end {
                        let is_bare = self.format == Format::Bare;
                        self.stage = if is_bare { Stage::Done } else { Stage::Tail };
                        // A mistake behind the data is told at once.
                        self.tail()?;
                    }
                    if !step.is_end || !out.is_empty() {
                        return Ok(out);
                    }
                }
                Stage::Tail => {
                    self.tail()?;
                    if self.stage == Stage::Tail {
                        return Ok(Vec::new());
                    }
                }
                Stage::Done => {
                    if self.wanted != Format::GzipMany {
                        return Ok(Vec::new());
                    }
                    if self.waiting.starts_with(&[0x1f, 0x8b]) {
                        self.state = Inflate::default();
                        (self.stage, self.check, self.length) = (Stage::Head, 0, 0);
                        continue;
                    }
                    // One byte may be the beginning of another one's head.
                    if self.waiting != [0x1f] {
                        self.waiting.clear();
                    }
                    return Ok(Vec::new());
                }
            }
        }
    }

    /// Looks at what is behind the data, once it is there.
    fn tail(&mut self) -> Result<(), &'static str> {
        let size = match (self.stage, self.format) {
            (Stage::Tail, Format::Gzip) => 8,
            (Stage::Tail, _) => 4,
            _ => return Ok(()),
        };
        let Some(tail) = self.waiting.get(..size) else { return Ok(()) };
        if self.format == Format::Gzip {
            let (check, length) = tail.split_at(4);
            if check != self.check.to_le_bytes() {
                return Err("incorrect data check");
            }
            if length != self.length.to_le_bytes() {
                return Err("incorrect length check");
            }
        } else if tail != self.check.to_be_bytes() {
            return Err("incorrect data check");
        }
        self.waiting.drain(..size);
        self.stage = Stage::Done;
        Ok(())
    }

    /// The size of the head, once it is there, and what the format is.
    fn head(&mut self) -> Result<Option<usize>, &'static str> {
        let data = &self.waiting;
        match self.wanted {
            Format::Bare => return Ok(Some(0)),
            Format::Gzip | Format::GzipMany => self.format = Format::Gzip,
            Format::Zlib => self.format = Format::Zlib,
            Format::ZlibOrGzip | Format::ZlibOrBare => {
                let &[a, b, ..] = &data[..] else { return Ok(None) };
                let is_zlib = a & 15 == 8 && u16::from_be_bytes([a, b]).is_multiple_of(31);
                self.format = match self.wanted {
                    Format::ZlibOrGzip if [a, b] == [0x1f, 0x8b] => Format::Gzip,
                    // Some send zlib's format for "deflate", as they should, and some the bare data.
                    Format::ZlibOrBare if !is_zlib => Format::Bare,
                    _ => Format::Zlib,
                };
            }
        }
        match self.format {
            Format::Bare => Ok(Some(0)),
            Format::Zlib => self.zlib_head(),
            _ => self.gzip_head(),
        }
    }

    fn zlib_head(&self) -> Result<Option<usize>, &'static str> {
        let &[a, b, ..] = &self.waiting[..] else { return Ok(None) };
        if !u16::from_be_bytes([a, b]).is_multiple_of(31) {
            return Err("incorrect header check");
        }
        if a & 15 != 8 {
            return Err("unknown compression method");
        }
        if a >> 4 > 7 {
            return Err("invalid window size");
        }
        if b & 32 != 0 {
            return Err("need dictionary");
        }
        Ok(Some(2))
    }

    fn gzip_head(&self) -> Result<Option<usize>, &'static str> {
        let data = &self.waiting;
        if !data.is_empty() && data[0] != 0x1f || data.len() > 1 && data[1] != 0x8b {
            return Err("incorrect header check");
        }
        if data.len() > 2 && data[2] != 8 {
            return Err("unknown compression method");
        }
        let Some(&flags) = data.get(3) else { return Ok(None) };
        let mut at = 10;
        if flags & 4 != 0 {
            let Some(&[a, b]) = data.get(at..).and_then(<[u8]>::first_chunk) else {
                return Ok(None);
            };
            at += 2 + usize::from(u16::from_le_bytes([a, b]));
        }
        for bit in [8, 16] {
            if flags & bit != 0 {
                let text = data.get(at..).unwrap_or_default();
                if text.len() > 1 << 16 {
                    return Err("the header is too long");
                }
                let Some(end) = text.iter().position(|&b| b == 0) else { return Ok(None) };
                at += end + 1;
            }
        }
        at += if flags & 2 != 0 { 2 } else { 0 };
        Ok((data.len() >= at).then_some(at))
    }
}

// ---- squeezing

#[derive(Clone)]
struct Deflater {
    state: Deflate,
    format: Format,
    level: u8,
    window_bits: u8,
    has_head: bool,
    check: u32,
    length: u32,
}

fn deflater(cx: &mut Cx, args: Args) -> Flow {
    let mut numbers = [0; 4];
    for (i, place) in numbers.iter_mut().enumerate() {
        *place = cx.index_i64(cx.arg(args, i).value())?;
    }
    let [format, level, strategy, window_bits] = numbers;
    let format = match format {
        0 => Format::Bare,
        1 => Format::Zlib,
        _ => Format::Gzip,
    };
    let level = if level < 0 { 6 } else { level.min(9) as u8 };
    let window_bits = window_bits.clamp(9, 15) as u8;
    let made = Deflater {
        state: Deflate::new(level, strategy as i32, window_bits),
        format,
        level,
        window_bits,
        has_head: false,
        check: u32::from(format == Format::Zlib),
        length: 0,
    };
    Ok(object(cx, T::Deflater, made))
}

fn squeeze(cx: &mut Cx, args: Args) -> Flow {
    let data = data_arg(cx, args, 1)?;
    let flush = match cx.index_i64(cx.arg(args, 2).value())? {
        0 => Flush::None,
        1 => Flush::Sync,
        2 => Flush::Full,
        _ => Flush::Finish,
    };
    let out = of(cx, args, |it: &mut Deflater| it.next(&data, flush))?;
    Ok(Value::object(cx.bytes(out)))
}

impl Deflater {
    fn next(&mut self, data: &[u8], flush: Flush) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.has_head {
            self.has_head = true;
            match self.format {
                Format::Zlib => {
                    let first = 8 | (self.window_bits - 8) << 4;
                    let level = [0, 0, 1, 1, 1, 1, 2, 3, 3, 3][usize::from(self.level)] << 6;
                    let rest = u16::from_be_bytes([first, level]) % 31;
                    out.extend_from_slice(&[first, level + ((31 - rest) % 31) as u8]);
                }
                Format::Gzip => {
                    let speed = match self.level {
                        9 => 2,
                        1 => 4,
                        _ => 0,
                    };
                    out.extend_from_slice(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, speed, 3]);
                }
                _ => {}
            }
        }
        match self.format {
            Format::Zlib => self.check = adler32(data, self.check),
            Format::Gzip => {
                self.check = crc32(data, self.check);
                self.length = self.length.wrapping_add(data.len() as u32);
            }
            _ => {}
        }
        self.state.push(data, flush, &mut out);
        if flush == Flush::Finish {
            match self.format {
                Format::Zlib => out.extend_from_slice(&self.check.to_be_bytes()),
                Format::Gzip => {
                    out.extend_from_slice(&self.check.to_le_bytes());
                    out.extend_from_slice(&self.length.to_le_bytes());
                }
                _ => {}
            }
        }
        out
    }
}
