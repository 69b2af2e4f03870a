//! Bodies that were squeezed: gzip and deflate, taken apart as they come, in bounded pieces.

use std::cell::RefCell;

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

use crate::native::bytes::data_arg;
use crate::native::{TypeDef, method};
use crate::plain::armour::crc32;
use crate::value::{Resource, T, Value};
use crate::vm::{Args, Cx, Flow};

pub static TYPE: TypeDef = TypeDef {
    id: T::Inflater,
    doc: "Takes squeezed data apart.",
    methods: &[method(
        "feed(self, data, most, /)",
        "At most so many bytes of what the data stands for; what is left is asked for with b''.",
        feed,
    )],
    getsets: &[],
};

/// What comes next.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Head,
    Data,
    /// Check sum and length behind the data of gzip.
    Tail,
    Done,
}

struct Inflater {
    state: Box<InflateState>,
    stage: Stage,
    is_gzip: bool,
    /// What has come and was not used yet.
    waiting: Vec<u8>,
    check: u32,
    length: u32,
}

/// `inflater(name)`: what takes apart data of the coding "gzip" or "deflate".
pub fn inflater(cx: &mut Cx, args: Args) -> Flow {
    let is_gzip = cx.arg(args, 0).value() == Value::TRUE;
    let made = Inflater {
        state: InflateState::new_boxed(DataFormat::Raw),
        stage: Stage::Head,
        is_gzip,
        waiting: Vec::new(),
        check: 0,
        length: 0,
    };
    let object = cx.new_object(T::Inflater.shape(), 0, |header| Resource {
        header,
        extra: Value::UNDEF.into(),
        payload: RefCell::new(Some(Box::new(made))),
    });
    Ok(Value::object(object))
}

fn feed(cx: &mut Cx, args: Args) -> Flow {
    let data = data_arg(cx, args, 1)?;
    let most = usize::try_from(cx.index_i64(cx.arg(args, 2).value())?).unwrap_or(0).min(1 << 24);
    let this = cx.arg(args, 0).value();
    let result = this.cast::<Resource>().and_then(|this| {
        let mut payload = this.payload.borrow_mut();
        let inflater = payload.as_mut()?.downcast_mut::<Inflater>()?;
        inflater.waiting.extend_from_slice(&data);
        Some(inflater.next(most))
    });
    match result {
        Some(Ok(out)) => Ok(Value::object(cx.bytes(out))),
        Some(Err(flaw)) => Err(cx.value_error(flaw)),
        None => Err(cx.type_error("an inflater is expected")),
    }
}

impl Inflater {
    fn next(&mut self, most: usize) -> Result<Vec<u8>, &'static str> {
        let mut out = Vec::new();
        loop {
            match self.stage {
                Stage::Head => {
                    let head = if self.is_gzip { self.gzip_head()? } else { self.zlib_head() };
                    let Some(size) = head else { return Ok(out) };
                    self.waiting.drain(..size);
                    self.stage = Stage::Data;
                }
                Stage::Data => {
                    out.resize(most, 0);
                    let step = inflate(&mut self.state, &self.waiting, &mut out, MZFlush::None);
                    self.waiting.drain(..step.bytes_consumed);
                    out.truncate(step.bytes_written);
                    if self.is_gzip {
                        self.length = self.length.wrapping_add(out.len() as u32);
                        self.check = crc32(&out, self.check);
                    }
                    match step.status {
                        Ok(MZStatus::StreamEnd) => self.stage = Stage::Tail,
                        Ok(_) | Err(MZError::Buf) => return Ok(out),
                        Err(_) => return Err("incorrect data"),
                    }
                    if !self.is_gzip {
                        self.stage = Stage::Done;
                    }
                    if !out.is_empty() {
                        return Ok(out);
                    }
                }
                Stage::Tail => {
                    let Some((tail, _)) = self.waiting.split_first_chunk::<8>() else {
                        return Ok(out);
                    };
                    let (check, length) = tail.split_at(4);
                    if check != self.check.to_le_bytes() || length != self.length.to_le_bytes() {
                        return Err("incorrect data check");
                    }
                    self.waiting.drain(..8);
                    self.stage = Stage::Done;
                }
                Stage::Done => {
                    if self.is_gzip && self.waiting.starts_with(&[0x1f, 0x8b]) {
                        // There may be several behind each other.
                        self.state = InflateState::new_boxed(DataFormat::Raw);
                        (self.stage, self.check, self.length) = (Stage::Head, 0, 0);
                        continue;
                    }
                    self.waiting.clear();
                    return Ok(out);
                }
            }
        }
    }

    /// The size of gzip's head, once it is there.
    fn gzip_head(&self) -> Result<Option<usize>, &'static str> {
        let data = &self.waiting;
        if !data.is_empty() && data[0] != 0x1f
            || data.len() > 1 && data[1] != 0x8b
            || data.len() > 2 && data[2] != 8
        {
            return Err("incorrect header check");
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

    /// Some send zlib's format for "deflate", as they should, and some the bare data.
    fn zlib_head(&mut self) -> Option<usize> {
        let &[a, b] = self.waiting.first_chunk()?;
        let is_zlib = a & 15 == 8 && u16::from_be_bytes([a, b]).is_multiple_of(31);
        if is_zlib {
            self.state = InflateState::new_boxed(DataFormat::Zlib);
        }
        Some(0)
    }
}

/// `deflate(data, gzip)`: the data squeezed, in gzip's format or in zlib's.
pub fn deflate(cx: &mut Cx, args: Args) -> Flow {
    let data = data_arg(cx, args, 0)?;
    let is_gzip = cx.arg(args, 1).value() == Value::TRUE;
    if !is_gzip {
        let out = miniz_oxide::deflate::compress_to_vec_zlib(&data, 6);
        return Ok(Value::object(cx.bytes(out)));
    }
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    out.extend_from_slice(&compress_to_vec(&data, 6));
    out.extend_from_slice(&crc32(&data, 0).to_le_bytes());
    out.extend_from_slice(&(data.len() as u32).to_le_bytes());
    Ok(Value::object(cx.bytes(out)))
}
