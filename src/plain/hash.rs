//! Hashes: CPython's own for numbers, tuples and frozensets, SipHash-1-3 for text.
//!
//! Numbers that are equal hash alike whatever their type: all are reduced modulo the prime 2^61-1.
//! No hash is -1, which CPython keeps for errors; scripts can see that (`hash(-1) == -2`).

use dashu_int::{IBig, Sign};

const MODULUS: u64 = (1 << 61) - 1;
const INFINITY: i64 = 314_159;

#[inline(always)]
fn not_minus_one(hash: i64) -> i64 {
    if hash == -1 { -2 } else { hash }
}

/// `hash(n)` of what is so small that it need not be reduced.
#[inline(always)]
pub fn inline_int(n: i64) -> i64 {
    debug_assert!(n.unsigned_abs() < MODULUS);
    not_minus_one(n)
}

/// `hash(n)`.
#[inline]
pub fn int(n: i64) -> i64 {
    let size = (n.unsigned_abs() % MODULUS) as i64;
    not_minus_one(if n < 0 { -size } else { size })
}

/// `hash(n)`.
pub fn big(n: &IBig) -> i64 {
    let (sign, words) = n.as_sign_words();
    let mut rest = 0u64;
    for &word in words.iter().rev() {
        let wide = u128::from(rest) << 64 | u128::from(word);
        rest = (wide % u128::from(MODULUS)) as u64;
    }
    let rest = rest as i64;
    not_minus_one(if sign == Sign::Negative { -rest } else { rest })
}

/// `hash(x)`; `None` for what is not a number, which hashes by identity.
pub fn float(x: f64) -> Option<i64> {
    if x.is_nan() {
        return None;
    }
    if x.is_infinite() {
        return Some(if x > 0.0 { INFINITY } else { -INFINITY });
    }
    let whole = x as i64;
    if whole as f64 == x && whole != i64::MAX {
        return Some(int(whole));
    }
    let (mantissa, exponent) = super::float::text::decompose(x.abs());
    // Modulo 2^61-1, a multiplication by a power of two is a rotation of 61 bits.
    let turn = exponent.rem_euclid(61) as u32;
    let size = mantissa % MODULUS;
    let size = if turn == 0 { size } else { (size << turn & MODULUS) | size >> (61 - turn) };
    let size = (size % MODULUS) as i64;
    Some(not_minus_one(if x < 0.0 { -size } else { size }))
}

/// `hash(complex)` from the hashes of its parts.
pub fn complex(real: i64, imag: i64) -> i64 {
    not_minus_one(real.wrapping_add(imag.wrapping_mul(1_000_003)))
}

/// `hash(tuple)` from the hashes of its elements: the rounds of xxHash.
#[derive(Debug, Clone, Copy)]
pub struct Tuple {
    state: u64,
    len: u64,
}

const PRIME_1: u64 = 11_400_714_785_074_694_791;
const PRIME_2: u64 = 14_029_467_366_897_019_727;
const PRIME_5: u64 = 2_870_177_450_012_600_261;

impl Default for Tuple {
    fn default() -> Self {
        Tuple { state: PRIME_5, len: 0 }
    }
}

impl Tuple {
    #[inline]
    pub fn push(&mut self, element: i64) {
        self.state = self.state.wrapping_add((element as u64).wrapping_mul(PRIME_2));
        self.state = self.state.rotate_left(31).wrapping_mul(PRIME_1);
        self.len += 1;
    }

    pub fn finish(self) -> i64 {
        let hash = self.state.wrapping_add(self.len ^ (PRIME_5 ^ 3_527_539));
        if hash == u64::MAX { 1_546_275_796 } else { hash as i64 }
    }
}

/// `hash(tuple)`.
pub fn tuple(elements: impl IntoIterator<Item = i64>) -> i64 {
    let mut hash = Tuple::default();
    elements.into_iter().for_each(|element| hash.push(element));
    hash.finish()
}

/// `hash(frozenset)` from the hashes of its elements, in any order.
pub fn frozenset(elements: impl IntoIterator<Item = i64>) -> i64 {
    let (mut hash, mut len) = (0u64, 0u64);
    for element in elements {
        let element = element as u64;
        hash ^= ((element ^ 89_869_747) ^ (element << 16)).wrapping_mul(3_644_798_167);
        len += 1;
    }
    hash ^= len.wrapping_add(1).wrapping_mul(1_927_868_237);
    hash ^= (hash >> 11) ^ (hash >> 25);
    hash = hash.wrapping_mul(69_069).wrapping_add(907_133_923);
    if hash == u64::MAX { 590_923_713 } else { hash as i64 }
}

/// The secret of a run, by which text is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key(pub u64, pub u64);

struct Sip(u64, u64, u64, u64);

impl Sip {
    #[inline]
    fn round(&mut self) {
        self.0 = self.0.wrapping_add(self.1);
        self.1 = self.1.rotate_left(13) ^ self.0;
        self.0 = self.0.rotate_left(32);
        self.2 = self.2.wrapping_add(self.3);
        self.3 = self.3.rotate_left(16) ^ self.2;
        self.0 = self.0.wrapping_add(self.3);
        self.3 = self.3.rotate_left(21) ^ self.0;
        self.2 = self.2.wrapping_add(self.1);
        self.1 = self.1.rotate_left(17) ^ self.2;
        self.2 = self.2.rotate_left(32);
    }
}

/// The hash of a str or of bytes under a key: SipHash-1-3, and 0 for nothing at all.
pub fn bytes(key: Key, data: &[u8]) -> i64 {
    if data.is_empty() {
        return 0;
    }
    let mut state = Sip(
        key.0 ^ 0x736f_6d65_7073_6575,
        key.1 ^ 0x646f_7261_6e64_6f6d,
        key.0 ^ 0x6c79_6765_6e65_7261,
        key.1 ^ 0x7465_6462_7974_6573,
    );
    let (words, tail) = data.as_chunks::<8>();
    for &word in words {
        let word = u64::from_le_bytes(word);
        state.3 ^= word;
        state.round();
        state.0 ^= word;
    }
    let mut last = [0u8; 8];
    last[..tail.len()].copy_from_slice(tail);
    last[7] = data.len() as u8;
    let last = u64::from_le_bytes(last);
    state.3 ^= last;
    state.round();
    state.0 ^= last;
    state.2 ^= 0xff;
    state.round();
    state.round();
    state.round();
    not_minus_one((state.0 ^ state.1 ^ state.2 ^ state.3) as i64)
}
