//! The Mersenne Twister MT19937, seeded and read as CPython's `random` does.
//!
//! The same seed gives the same numbers as on CPython. Distributions are built on top of
//! [`Twister::random`] and [`Twister::below`] by the library.

use dashu_int::{IBig, UBig};

use super::int::Int;
use super::{Fault, MAX_BYTES, Result};

const SIZE: usize = 624;
const MIDDLE: usize = 397;

/// The generator's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twister {
    state: [u32; SIZE],
    /// How many words of the state have been given out.
    used: usize,
}

impl Twister {
    /// `random.seed(n)`: the sign does not matter.
    pub fn seeded(n: &IBig) -> Self {
        let mut key = Vec::new();
        for &word in n.as_sign_words().1 {
            key.push(word as u32);
            key.push((word >> 32) as u32);
        }
        // The number of words is part of the seed, so the highest must not be zero ...
        while key.last() == Some(&0) {
            key.pop();
        }
        // ... unless it is the only one.
        if key.is_empty() {
            key.push(0);
        }
        Twister::from_key(&key)
    }

    /// Seeds from a number that fits a word of the machine.
    pub fn seeded_u64(n: u64) -> Self {
        Twister::seeded(&IBig::from(n))
    }

    fn from_number(seed: u32) -> Self {
        let mut state = [seed; SIZE];
        for at in 1..SIZE {
            let previous = state[at - 1];
            let mixed = 1_812_433_253u32.wrapping_mul(previous ^ (previous >> 30));
            state[at] = mixed.wrapping_add(at as u32);
        }
        Twister { state, used: SIZE }
    }

    /// Seeds from a sequence of words that is not empty.
    pub fn from_key(key: &[u32]) -> Self {
        let mut twister = Twister::from_number(19_650_218);
        let state = &mut twister.state;
        let (mut at, mut from) = (1, 0);
        let mut step = |at: &mut usize, mix: &mut dyn FnMut(usize, u32, u32) -> u32| {
            let previous = state[*at - 1];
            state[*at] = mix(*at, state[*at], previous ^ (previous >> 30));
            *at += 1;
            if *at == SIZE {
                state[0] = state[SIZE - 1];
                *at = 1;
            }
        };
        for _ in 0..SIZE.max(key.len()) {
            step(&mut at, &mut |_, old, previous| {
                let word = key.get(from).copied().unwrap_or(0);
                (old ^ previous.wrapping_mul(1_664_525))
                    .wrapping_add(word)
                    .wrapping_add(from as u32)
            });
            from += 1;
            if from >= key.len() {
                from = 0;
            }
        }
        for _ in 1..SIZE {
            step(&mut at, &mut |at, old, previous| {
                (old ^ previous.wrapping_mul(1_566_083_941)).wrapping_sub(at as u32)
            });
        }
        twister.state[0] = 0x8000_0000;
        twister
    }

    /// `random.getstate()[1]`: the words, and how many of them are used.
    pub fn state(&self) -> (&[u32], usize) {
        (&self.state, self.used)
    }

    /// `random.setstate`; `None` if the state is not one.
    pub fn restored(words: &[u32], used: usize) -> Option<Self> {
        let state = <[u32; SIZE]>::try_from(words).ok()?;
        (used <= SIZE).then_some(Twister { state, used })
    }

    fn refill(&mut self) {
        for at in 0..SIZE {
            let next = self.state[(at + 1) % SIZE];
            let joined = (self.state[at] & 0x8000_0000) | (next & 0x7fff_ffff);
            let twist = if next & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[at] = self.state[(at + MIDDLE) % SIZE] ^ (joined >> 1) ^ twist;
        }
        self.used = 0;
    }

    /// The next 32 bits.
    #[inline]
    pub fn next_u32(&mut self) -> u32 {
        if self.used >= SIZE {
            self.refill();
        }
        let mut word = self.state[self.used];
        self.used += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    /// `random.random()`: 53 random bits in [0, 1).
    #[inline]
    pub fn random(&mut self) -> f64 {
        let high = f64::from(self.next_u32() >> 5);
        let low = f64::from(self.next_u32() >> 6);
        (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0
    }

    /// `random.getrandbits(k)` for k up to 64.
    #[inline]
    pub fn bits(&mut self, k: u32) -> u64 {
        match k {
            0 => 0,
            1..=32 => u64::from(self.next_u32() >> (32 - k)),
            _ => {
                let low = u64::from(self.next_u32());
                u64::from(self.next_u32() >> (64 - k.min(64))) << 32 | low
            }
        }
    }

    /// `random.getrandbits(k)`.
    pub fn getrandbits(&mut self, k: i64) -> Result<Int> {
        let Ok(k) = usize::try_from(k) else {
            return Err(Fault::value("number of bits must be non-negative"));
        };
        if k <= 64 {
            return Ok(Int::from(i128::from(self.bits(k as u32))));
        }
        if k / 8 > MAX_BYTES {
            return Err(Fault::memory());
        }
        let mut bytes = Vec::with_capacity(k / 8 + 4);
        let mut left = k;
        while left > 0 {
            let word = self.next_u32();
            let word = if left < 32 { word >> (32 - left) } else { word };
            bytes.extend_from_slice(&word.to_le_bytes());
            left = left.saturating_sub(32);
        }
        Ok(Int::from(IBig::from(UBig::from_le_bytes(&bytes))))
    }

    /// A number below `n`, drawn as `randrange`, `choice` and `shuffle` draw it; 0 for 0.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        if n == 0 {
            return 0;
        }
        let k = 64 - n.leading_zeros();
        loop {
            let drawn = self.bits(k);
            if drawn < n {
                return drawn;
            }
        }
    }

    /// [`Twister::below`] for numbers of any size that are positive.
    pub fn below_big(&mut self, n: &IBig) -> Result<Int> {
        if n <= &IBig::ZERO {
            return Ok(Int::Small(0));
        }
        let k = super::int::bit_length_big(n) as i64;
        loop {
            let drawn = self.getrandbits(k)?.into_big();
            if &drawn < n {
                return Ok(Int::from(drawn));
            }
        }
    }
}
