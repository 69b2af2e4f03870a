//! Squeezed data, bare: what is around it (heads, check sums) is `native/flate.rs`.

use miniz_oxide::deflate::core::{CompressionStrategy, CompressorOxide};
use miniz_oxide::deflate::stream::deflate;
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

/// Takes data apart as it comes.
#[derive(Clone)]
pub struct Inflate(Box<InflateState>);

/// How far a step has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub taken: usize,
    pub made: usize,
    pub is_end: bool,
}

#[derive(Debug)]
pub struct Damaged;

impl Default for Inflate {
    fn default() -> Inflate {
        Inflate(InflateState::new_boxed(DataFormat::Raw))
    }
}

impl Inflate {
    /// Fills `out` as far as the data goes.
    pub fn step(&mut self, data: &[u8], out: &mut [u8]) -> Result<Step, Damaged> {
        let done = inflate(&mut self.0, data, out, MZFlush::None);
        let step = Step { taken: done.bytes_consumed, made: done.bytes_written, is_end: false };
        match done.status {
            Ok(MZStatus::StreamEnd) => Ok(Step { is_end: true, ..step }),
            Ok(_) | Err(MZError::Buf) => Ok(step),
            Err(_) => Err(Damaged),
        }
    }
}

/// Squeezes data as it comes.
#[derive(Clone)]
pub struct Deflate(Box<CompressorOxide>);

/// What is made of what has come so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flush {
    /// As much as is convenient.
    None,
    /// All of it, up to a whole byte.
    Sync,
    /// That, and what follows stands alone.
    Full,
    Finish,
}

impl Deflate {
    pub fn new(level: u8, strategy: i32, window_bits: u8) -> Deflate {
        let strategy = match strategy {
            1 => CompressionStrategy::Filtered,
            2 => CompressionStrategy::HuffmanOnly,
            3 => CompressionStrategy::RLE,
            4 => CompressionStrategy::Fixed,
            _ => CompressionStrategy::Default,
        };
        let made = CompressorOxide::with_params(DataFormat::Raw, level, strategy, window_bits);
        Deflate(Box::new(made))
    }

    pub fn push(&mut self, mut data: &[u8], flush: Flush, out: &mut Vec<u8>) {
        let flush = match flush {
            Flush::None => MZFlush::None,
            Flush::Sync => MZFlush::Sync,
            Flush::Full => MZFlush::Full,
            Flush::Finish => MZFlush::Finish,
        };
        loop {
            let at = out.len();
            out.resize(at + data.len() / 2 + PIECE, 0);
            let done = deflate(&mut self.0, data, &mut out[at..], flush);
            let is_full = at + done.bytes_written == out.len();
            out.truncate(at + done.bytes_written);
            data = &data[done.bytes_consumed..];
            match done.status {
                Ok(MZStatus::Ok) if is_full || !data.is_empty() => {}
                _ => return,
            }
        }
    }
}

/// So much room for what was squeezed is made at once, at least.
const PIECE: usize = 256;

/// The checksum of zlib, going on from `start`.
pub fn adler32(data: &[u8], start: u32) -> u32 {
    const BASE: u32 = 65521;
    // So many bytes can be added up before a sum leaves 32 bits.
    const RUN: usize = 5552;
    let (mut a, mut b) = (start & 0xffff, start >> 16);
    for run in data.chunks(RUN) {
        for &byte in run {
            a += u32::from(byte);
            b += a;
        }
        a %= BASE;
        b %= BASE;
    }
    b << 16 | a
}
