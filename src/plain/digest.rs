//! Digests of bytes: MD5, SHA-1, SHA-2, SHA-3 and BLAKE2, fed piece by piece.
//!
//! Every algorithm eats blocks of its own size into at most 25 words; those of 32 bits use the
//! lower halves. Constants that a standard derives (roots of primes, sines, a shift register) are
//! derived here, once.

use std::sync::LazyLock;

use super::sha512;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    Md5,
    Sha1,
    Sha256,
    Sha512,
    Keccak,
    Blake2b,
    Blake2s,
}

/// One row for a name that programs may give.
pub struct Named {
    pub name: &'static str,
    pub algorithm: Algorithm,
    /// Bytes of the digest; for `shake` as many as are asked for.
    pub size: usize,
    pub block: usize,
    /// What ends the text of SHA-3 and its kin.
    suffix: u8,
}

impl Named {
    pub fn is_endless(&self) -> bool {
        self.name.starts_with("shake")
    }
}

macro_rules! named {
    ($($name:literal $algorithm:ident $size:literal $block:literal $suffix:literal;)*) => {
        &[$(Named {
            name: $name,
            algorithm: Algorithm::$algorithm,
            size: $size,
            block: $block,
            suffix: $suffix,
        },)*]
    };
}

pub static ALGORITHMS: &[Named] = named! {
    "md5"       Md5     16  64 0;
    "sha1"      Sha1    20  64 0;
    "sha224"    Sha256  28  64 0;
    "sha256"    Sha256  32  64 0;
    "sha384"    Sha512  48 128 0;
    "sha512"    Sha512  64 128 0;
    "sha3_224"  Keccak  28 144 6;
    "sha3_256"  Keccak  32 136 6;
    "sha3_384"  Keccak  48 104 6;
    "sha3_512"  Keccak  64  72 6;
    "shake_128" Keccak   0 168 31;
    "shake_256" Keccak   0 136 31;
    "blake2b"   Blake2b 64 128 0;
    "blake2s"   Blake2s 32  64 0;
};

pub fn named(name: &str) -> Option<&'static Named> {
    ALGORITHMS.iter().find(|row| row.name == name)
}

#[derive(Clone)]
pub struct Hasher {
    pub kind: &'static Named,
    pub size: usize,
    words: [u64; 25],
    pending: Vec<u8>,
    total: u128,
    last_node: bool,
}

impl Hasher {
    pub fn new(kind: &'static Named) -> Hasher {
        match kind.algorithm {
            Algorithm::Blake2b | Algorithm::Blake2s => {
                // One leaf, no key.
                Hasher::blake2(kind, &[kind.size as u8, 0, 1, 1, 0, 0, 0, 0], &[], false)
            }
            _ => Hasher::raw(kind),
        }
    }

    fn raw(kind: &'static Named) -> Hasher {
        let mut words = [0; 25];
        match kind.algorithm {
            Algorithm::Md5 | Algorithm::Sha1 => {
                let start = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
                words[..5].copy_from_slice(&start);
            }
            Algorithm::Sha256 if kind.size == 28 => {
                // The second halves of what SHA-384 begins with.
                for (word, start) in words.iter_mut().zip(sha512::START_384.iter()) {
                    *word = start & 0xffff_ffff;
                }
            }
            Algorithm::Sha256 | Algorithm::Blake2s => {
                for (word, start) in words.iter_mut().zip(sha512::START.iter()) {
                    *word = start >> 32;
                }
            }
            Algorithm::Sha512 if kind.size == 48 => {
                words[..8].copy_from_slice(&*sha512::START_384);
            }
            Algorithm::Sha512 | Algorithm::Blake2b => words[..8].copy_from_slice(&*sha512::START),
            Algorithm::Keccak => {}
        }
        Hasher { kind, size: kind.size, words, pending: Vec::new(), total: 0, last_node: false }
    }

    /// BLAKE2 with the parameters of its first block, whose first byte is the size of the digest.
    pub fn blake2(kind: &'static Named, parameters: &[u8], key: &[u8], last_node: bool) -> Hasher {
        let mut hasher = Hasher::raw(kind);
        let width = kind.block / 16;
        for (word, bytes) in hasher.words.iter_mut().zip(parameters.chunks_exact(width)) {
            *word ^= number(bytes);
        }
        hasher.size = parameters[0].into();
        hasher.last_node = last_node;
        if !key.is_empty() {
            let mut block = key.to_vec();
            block.resize(kind.block, 0);
            hasher.update(&block);
        }
        hasher
    }

    pub fn update(&mut self, mut data: &[u8]) {
        self.total += data.len() as u128;
        let block = self.kind.block;
        // The last block of BLAKE2 is marked: it waits until there is more.
        let keeps = matches!(self.kind.algorithm, Algorithm::Blake2b | Algorithm::Blake2s);
        if !self.pending.is_empty() {
            let take = data.len().min(block - self.pending.len());
            self.pending.extend_from_slice(&data[..take]);
            data = &data[take..];
            if self.pending.len() < block || (keeps && data.is_empty()) {
                return;
            }
            let full = std::mem::take(&mut self.pending);
            let eaten = self.total - data.len() as u128;
            self.eat(&full, eaten, false);
        }
        while data.len() > block || (data.len() == block && !keeps) {
            let eaten = self.total - (data.len() - block) as u128;
            self.eat(&data[..block], eaten, false);
            data = &data[block..];
        }
        self.pending.extend_from_slice(data);
    }

    fn eat(&mut self, block: &[u8], eaten: u128, last: bool) {
        match self.kind.algorithm {
            Algorithm::Md5 => md5(&mut self.words, block),
            Algorithm::Sha1 => sha1(&mut self.words, block),
            Algorithm::Sha256 => sha256(&mut self.words, block),
            Algorithm::Sha512 => {
                if let Some(words) = self.words.first_chunk_mut() {
                    sha512::mix(words, block);
                }
            }
            Algorithm::Keccak => {
                for (word, bytes) in self.words.iter_mut().zip(block.chunks_exact(8)) {
                    *word ^= number(bytes);
                }
                keccak(&mut self.words);
            }
            Algorithm::Blake2b => blake2b(&mut self.words, block, eaten, last, self.last_node),
            Algorithm::Blake2s => blake2s(&mut self.words, block, eaten, last, self.last_node),
        }
    }

    /// The digest of what came until now, `size` bytes for those without an end.
    pub fn digest(&self, size: usize) -> Vec<u8> {
        let mut end = self.clone();
        let block = self.kind.block;
        let mut rest = std::mem::take(&mut end.pending);
        match self.kind.algorithm {
            Algorithm::Keccak => {
                rest.push(self.kind.suffix);
                rest.resize(block, 0);
                rest[block - 1] |= 0x80;
                end.eat(&rest, self.total, true);
                return end.squeeze(if self.kind.is_endless() { size } else { self.size });
            }
            Algorithm::Blake2b | Algorithm::Blake2s => {
                rest.resize(block, 0);
                end.eat(&rest, self.total, true);
            }
            _ => {
                let bits = self.total.wrapping_mul(8);
                let width = block / 8;
                rest.push(0x80);
                while rest.len() % block != block - width {
                    rest.push(0);
                }
                match self.kind.algorithm {
                    Algorithm::Md5 => rest.extend_from_slice(&(bits as u64).to_le_bytes()),
                    _ => rest.extend_from_slice(&bits.to_be_bytes()[16 - width..]),
                }
                for block in rest.chunks_exact(block) {
                    end.eat(block, 0, true);
                }
            }
        }
        let mut out: Vec<u8> = Vec::with_capacity(64);
        for &word in &end.words[..8] {
            match self.kind.algorithm {
                Algorithm::Md5 | Algorithm::Blake2s => {
                    out.extend_from_slice(&(word as u32).to_le_bytes());
                }
                Algorithm::Blake2b => out.extend_from_slice(&word.to_le_bytes()),
                Algorithm::Sha512 => out.extend_from_slice(&word.to_be_bytes()),
                _ => out.extend_from_slice(&(word as u32).to_be_bytes()),
            }
        }
        out.truncate(self.size);
        out
    }

    fn squeeze(&mut self, size: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(size + self.kind.block);
        loop {
            for word in &self.words[..self.kind.block / 8] {
                out.extend_from_slice(&word.to_le_bytes());
            }
            if out.len() >= size {
                out.truncate(size);
                return out;
            }
            keccak(&mut self.words);
        }
    }
}

/// An HMAC of a message.
pub fn hmac(kind: &'static Named, key: &[u8], message: &[u8]) -> Vec<u8> {
    let (inner, outer) = hmac_states(kind, key);
    hmac_end(inner, outer, message)
}

fn hmac_states(kind: &'static Named, key: &[u8]) -> (Hasher, Hasher) {
    let mut key = match key.len() > kind.block {
        true => {
            let mut hasher = Hasher::new(kind);
            hasher.update(key);
            hasher.digest(0)
        }
        false => key.to_vec(),
    };
    key.resize(kind.block, 0);
    let started = |mask: u8| {
        let mut hasher = Hasher::new(kind);
        let block: Vec<u8> = key.iter().map(|byte| byte ^ mask).collect();
        hasher.update(&block);
        hasher
    };
    (started(0x36), started(0x5c))
}

fn hmac_end(mut inner: Hasher, mut outer: Hasher, message: &[u8]) -> Vec<u8> {
    inner.update(message);
    outer.update(&inner.digest(0));
    outer.digest(0)
}

/// PBKDF2 with HMAC: a key out of a password.
pub fn pbkdf2(
    kind: &'static Named,
    password: &[u8],
    salt: &[u8],
    rounds: u64,
    size: usize,
) -> Vec<u8> {
    let (inner, outer) = hmac_states(kind, password);
    let mut out = Vec::with_capacity(size + 64);
    let mut block = 1u32;
    while out.len() < size {
        let mut message = salt.to_vec();
        message.extend_from_slice(&block.to_be_bytes());
        let mut last = hmac_end(inner.clone(), outer.clone(), &message);
        let mut sum = last.clone();
        for _ in 1..rounds {
            last = hmac_end(inner.clone(), outer.clone(), &last);
            for (byte, other) in sum.iter_mut().zip(&last) {
                *byte ^= other;
            }
        }
        out.extend_from_slice(&sum);
        block += 1;
    }
    out.truncate(size);
    out
}

/// The number that bytes spell, the lowest first.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |all, &byte| all << 8 | u64::from(byte))
}

fn low(words: &[u64; 25]) -> [u32; 8] {
    std::array::from_fn(|i| words[i] as u32)
}

fn add_low(words: &mut [u64; 25], parts: &[u32]) {
    for (word, &part) in words.iter_mut().zip(parts) {
        *word = (*word as u32).wrapping_add(part).into();
    }
}

fn md5(words: &mut [u64; 25], block: &[u8]) {
    static SINES: LazyLock<[u32; 64]> = LazyLock::new(|| {
        std::array::from_fn(|i| ((i as f64 + 1.0).sin().abs() * 4_294_967_296.0) as u32)
    });
    const TURNS: [[u32; 4]; 4] =
        [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
    let message: [u32; 16] = std::array::from_fn(|i| number(&block[4 * i..][..4]) as u32);
    let [mut a, mut b, mut c, mut d, ..] = low(words);
    for (i, sine) in SINES.iter().enumerate() {
        let (mixed, from) = match i / 16 {
            0 => ((b & c) | (!b & d), i),
            1 => ((d & b) | (!d & c), 5 * i + 1),
            2 => (b ^ c ^ d, 3 * i + 5),
            _ => (c ^ (b | !d), 7 * i),
        };
        let sum = a.wrapping_add(mixed).wrapping_add(*sine).wrapping_add(message[from % 16]);
        let turned = sum.rotate_left(TURNS[i / 16][i % 4]);
        (a, d, c, b) = (d, c, b, b.wrapping_add(turned));
    }
    add_low(words, &[a, b, c, d]);
}

fn big_words<const N: usize>(block: &[u8]) -> [u32; N] {
    let mut out = [0; N];
    for (word, bytes) in out.iter_mut().zip(block.chunks_exact(4)) {
        *word = bytes.iter().fold(0, |all, &byte| all << 8 | u32::from(byte));
    }
    out
}

fn sha1(words: &mut [u64; 25], block: &[u8]) {
    let mut message = big_words::<80>(block);
    for i in 16..80 {
        let mixed = message[i - 3] ^ message[i - 8] ^ message[i - 14] ^ message[i - 16];
        message[i] = mixed.rotate_left(1);
    }
    let [mut a, mut b, mut c, mut d, mut e, ..] = low(words);
    for (i, word) in message.iter().enumerate() {
        // Square roots of 2, 3, 5 and 10.
        let (mixed, round) = match i / 20 {
            0 => ((b & c) | (!b & d), 0x5a82_7999u32),
            1 => (b ^ c ^ d, 0x6ed9_eba1),
            2 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
            _ => (b ^ c ^ d, 0xca62_c1d6),
        };
        let sum = [mixed, e, round, *word].iter().fold(a.rotate_left(5), |s, &x| s.wrapping_add(x));
        (e, d, c, b, a) = (d, c, b.rotate_left(30), a, sum);
    }
    add_low(words, &[a, b, c, d, e]);
}

fn sha256(words: &mut [u64; 25], block: &[u8]) {
    let mut message = big_words::<64>(block);
    for i in 16..64 {
        let (x, y) = (message[i - 15], message[i - 2]);
        let small = x.rotate_right(7) ^ x.rotate_right(18) ^ (x >> 3);
        let large = y.rotate_right(17) ^ y.rotate_right(19) ^ (y >> 10);
        let sum = message[i - 16].wrapping_add(small).wrapping_add(message[i - 7]);
        message[i] = sum.wrapping_add(large);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = low(words);
    for (word, round) in message.iter().zip(sha512::ROUNDS.iter()) {
        let sum_e = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let choice = (e & f) ^ (!e & g);
        let round = (round >> 32) as u32;
        let first = [sum_e, choice, round, *word].iter().fold(h, |s, &x| s.wrapping_add(x));
        let sum_a = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let majority = (a & b) ^ (a & c) ^ (b & c);
        (h, g, f, e) = (g, f, e, d.wrapping_add(first));
        (d, c, b, a) = (c, b, a, first.wrapping_add(sum_a).wrapping_add(majority));
    }
    add_low(words, &[a, b, c, d, e, f, g, h]);
}

/// The permutation of SHA-3.
fn keccak(words: &mut [u64; 25]) {
    // One bit after the other out of a shift register, at places 2^n - 1.
    static ROUNDS: LazyLock<[u64; 24]> = LazyLock::new(|| {
        let mut register = 1u16;
        std::array::from_fn(|_| {
            let mut constant = 0;
            for bit in 0..7 {
                constant |= u64::from(register & 1) << ((1u32 << bit) - 1);
                register <<= 1;
                if register & 0x100 != 0 {
                    register ^= 0x171;
                }
            }
            constant
        })
    });
    for round in ROUNDS.iter() {
        let columns: [u64; 5] =
            std::array::from_fn(|x| (0..5).fold(0, |all, y| all ^ words[x + 5 * y]));
        for (i, word) in words.iter_mut().enumerate() {
            *word ^= columns[(i + 4) % 5] ^ columns[(i + 1) % 5].rotate_left(1);
        }
        let (mut x, mut y, mut moved) = (1, 0, words[1]);
        for step in 1..25u32 {
            (x, y) = (y, (2 * x + 3 * y) % 5);
            let turned = moved.rotate_left(step * (step + 1) / 2 % 64);
            moved = std::mem::replace(&mut words[x + 5 * y], turned);
        }
        for row in words.chunks_exact_mut(5) {
            let old: [u64; 5] = std::array::from_fn(|x| row[x]);
            for x in 0..5 {
                row[x] = old[x] ^ (!old[(x + 1) % 5] & old[(x + 2) % 5]);
            }
        }
        words[0] ^= round;
    }
}

/// Which words of the message a round of BLAKE2 takes.
#[rustfmt::skip]
const ORDER: [[usize; 16]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
    [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
    [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
    [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
    [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
    [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
    [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
    [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];

/// Columns, then diagonals, of the square of words that BLAKE2 mixes.
const LINES: [[usize; 4]; 8] = [
    [0, 4, 8, 12],
    [1, 5, 9, 13],
    [2, 6, 10, 14],
    [3, 7, 11, 15],
    [0, 5, 10, 15],
    [1, 6, 11, 12],
    [2, 7, 8, 13],
    [3, 4, 9, 14],
];

macro_rules! blake2 {
    ($name:ident $word:ident $width:literal $rounds:literal $turns:expr, $shift:literal) => {
        fn $name(words: &mut [u64; 25], block: &[u8], eaten: u128, last: bool, last_node: bool) {
            let message: [$word; 16] =
                std::array::from_fn(|i| number(&block[$width * i..][..$width]) as $word);
            let mut v: [$word; 16] = std::array::from_fn(|i| match i {
                0..8 => words[i] as $word,
                _ => (sha512::START[i - 8] >> $shift) as $word,
            });
            v[12] ^= eaten as $word;
            v[13] ^= (eaten >> (8 * $width)) as $word;
            if last {
                v[14] = !v[14];
                if last_node {
                    v[15] = !v[15];
                }
            }
            for round in 0..$rounds {
                for (line, [a, b, c, d]) in LINES.into_iter().enumerate() {
                    for half in 0..2 {
                        let word = message[ORDER[round % 10][2 * line + half]];
                        v[a] = v[a].wrapping_add(v[b]).wrapping_add(word);
                        v[d] = (v[d] ^ v[a]).rotate_right($turns[2 * half]);
                        v[c] = v[c].wrapping_add(v[d]);
                        v[b] = (v[b] ^ v[c]).rotate_right($turns[2 * half + 1]);
                    }
                }
            }
            for i in 0..8 {
                words[i] ^= u64::from(v[i] ^ v[i + 8]);
            }
        }
    };
}

blake2!(blake2b u64 8 12 [32, 24, 16, 63], 0);
blake2!(blake2s u32 4 10 [16, 12, 8, 7], 32);

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(name: &str, data: &[u8]) -> String {
        let mut hasher = Hasher::new(named(name).expect("it is listed"));
        for part in data.chunks(37) {
            hasher.update(part);
        }
        hasher.digest(16).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn digests_are_those_of_the_standards() {
        for (name, start) in [
            ("md5", "900150983cd24fb0d6963f7d28e17f72"),
            ("sha1", "a9993e364706816aba3e25717850c26c"),
            ("sha224", "23097d223405d8228642a477bda255b3"),
            ("sha256", "ba7816bf8f01cfea414140de5dae2223"),
            ("sha384", "cb00753f45a35e8bb5a03d699ac65007"),
            ("sha512", "ddaf35a193617abacc417349ae204131"),
            ("sha3_256", "3a985da74fe225b2045c172d6bd390bd"),
            ("blake2b", "ba80a53f981c4d0d6a2797b69f12f6e9"),
            ("blake2s", "508c5e8c327c14e2e1a72ba34eeb452f"),
        ] {
            let found = hex(name, b"abc");
            assert!(found.starts_with(start), "{name} {found}");
        }
    }
}
