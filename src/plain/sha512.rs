//! SHA-512, with which `random.seed` turns texts into numbers.
//!
//! The constants are what the standard says they are: fractions of square and cube roots of the
//! first primes, computed here in whole numbers.

use std::sync::LazyLock;

use dashu_int::UBig;

/// The first `n` primes.
fn primes(n: usize) -> Vec<u64> {
    let mut found: Vec<u64> = Vec::with_capacity(n);
    let mut next = 2;
    while found.len() < n {
        if found.iter().all(|p| next % p != 0) {
            found.push(next);
        }
        next += 1;
    }
    found
}

/// The first 64 bits of the fraction of the `k`-th root.
fn root_fraction(prime: u64, k: usize) -> u64 {
    // floor(root * 2^64), by halving the interval in which it lies.
    let wanted = UBig::from(prime) << (64 * k);
    let (mut low, mut high) = (UBig::ZERO, UBig::from(prime) << 64usize);
    while &low + UBig::ONE < high {
        let middle = (&low + &high) >> 1usize;
        if middle.pow(k) <= wanted {
            low = middle;
        } else {
            high = middle;
        }
    }
    u64::try_from(low & UBig::from(u64::MAX)).unwrap_or(0)
}

fn fractions<const N: usize>(k: usize, skipped: usize) -> [u64; N] {
    let primes = primes(N + skipped);
    std::array::from_fn(|i| root_fraction(primes[i + skipped], k))
}

pub static ROUNDS: LazyLock<[u64; 80]> = LazyLock::new(|| fractions(3, 0));
/// Where SHA-512 begins, and SHA-384.
pub static START: LazyLock<[u64; 8]> = LazyLock::new(|| fractions(2, 0));
pub static START_384: LazyLock<[u64; 8]> = LazyLock::new(|| fractions(2, 8));

/// The 64 bytes of the digest.
pub fn digest(data: &[u8]) -> [u8; 64] {
    let mut state = *START;
    let mut padded = data.to_vec();
    padded.push(0x80);
    while padded.len() % 128 != 112 {
        padded.push(0);
    }
    padded.extend_from_slice(&(data.len() as u128 * 8).to_be_bytes());
    for block in padded.chunks_exact(128) {
        mix(&mut state, block);
    }
    let mut out = [0; 64];
    for (bytes, word) in out.chunks_exact_mut(8).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    out
}

pub fn mix(state: &mut [u64; 8], block: &[u8]) {
    let mut words = [0u64; 80];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(8)) {
        *word = bytes.iter().fold(0, |all, &byte| all << 8 | u64::from(byte));
    }
    for at in 16..80 {
        let (x, y) = (words[at - 15], words[at - 2]);
        let small = x.rotate_right(1) ^ x.rotate_right(8) ^ (x >> 7);
        let large = y.rotate_right(19) ^ y.rotate_right(61) ^ (y >> 6);
        let sum = words[at - 16].wrapping_add(small).wrapping_add(words[at - 7]);
        words[at] = sum.wrapping_add(large);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for (word, round) in words.iter().zip(ROUNDS.iter()) {
        let sum_e = e.rotate_right(14) ^ e.rotate_right(18) ^ e.rotate_right(41);
        let choice = (e & f) ^ (!e & g);
        let first =
            [sum_e, choice, *round, *word].iter().fold(h, |all, &part| all.wrapping_add(part));
        let sum_a = a.rotate_right(28) ^ a.rotate_right(34) ^ a.rotate_right(39);
        let majority = (a & b) ^ (a & c) ^ (b & c);
        (h, g, f, e) = (g, f, e, d.wrapping_add(first));
        (d, c, b, a) = (c, b, a, first.wrapping_add(sum_a).wrapping_add(majority));
    }
    for (word, part) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *word = word.wrapping_add(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn digests_are_those_of_the_standard() {
        let abc = hex(&digest(b"abc"));
        assert!(abc.starts_with("ddaf35a193617abacc417349ae204131"), "{abc}");
        let empty = hex(&digest(b""));
        assert!(empty.starts_with("cf83e1357eefb8bdf1542850d66d8007"), "{empty}");
        // Two blocks, because the length does not fit behind the text.
        let long = hex(&digest(&[b'a'; 112]));
        assert!(long.starts_with("c01d080efd492776a1c43bd23dd99d0a"), "{long}");
    }
}
