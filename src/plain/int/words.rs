//! Kernels on the words of a magnitude, for operands of very different sizes.
//!
//! The library splits every operation into cases made for large operands on both sides. Digit
//! generators, hashes and number printing multiply large numbers by small ones and want small
//! quotients of large numbers; these are the ways for them.

use dashu_int::{IBig, Sign, UBig};

/// `a * b` where one of them has a single word; `None` if neither has.
pub(super) fn mul_by_word(a: &IBig, b: &IBig) -> Option<IBig> {
    let ((sign_a, words_a), (sign_b, words_b)) = (a.as_sign_words(), b.as_sign_words());
    let (long, word) = match (words_a, words_b) {
        (long, &[word]) | (&[word], long) if long.len() > 2 => (long, word),
        _ => return None,
    };
    let sign = if sign_a == sign_b { Sign::Positive } else { Sign::Negative };
    let mut product = Vec::with_capacity(long.len() + 1);
    let mut carry = 0;
    product.extend(long.iter().map(|&digit| {
        let (low, high) = digit.carrying_mul(word, carry);
        carry = high;
        low
    }));
    product.push(carry);
    Some(IBig::from_parts(sign, UBig::from_words(&product)))
}

/// The quotient of two magnitudes if it is small and their leading words decide it, as they
/// nearly always do.
pub(super) fn small_quotient(a: &[u64], b: &[u64]) -> Option<u64> {
    let (bits_a, bits_b) = (bit_length(a), bit_length(b));
    if bits_b < 128 || bits_a > bits_b + 60 {
        return None;
    }
    if bits_a < bits_b {
        return Some(0);
    }
    // Both numbers are known up to their last `cut` bits: a in [top_a, top_a + 1), b likewise.
    let cut = bits_b - 64;
    let top_a = u128::from(word_at(a, cut)) | u128::from(word_at(a, cut + 64)) << 64;
    let top_b = u128::from(word_at(b, cut));
    let most = top_a / top_b;
    // At least `top_a / (top_b + 1)`, at most `most`: the same if the rest leaves room for it.
    (most + most * top_b < top_a + 1).then_some(most as u64)
}

fn bit_length(words: &[u64]) -> usize {
    words.last().map_or(0, |top| words.len() * 64 - top.leading_zeros() as usize)
}

/// The 64 bits from `bit` on.
fn word_at(words: &[u64], bit: usize) -> u64 {
    let (index, shift) = (bit / 64, bit % 64);
    let low = words.get(index).copied().unwrap_or(0);
    match (shift, words.get(index + 1)) {
        (0, _) | (_, None) => low >> shift,
        (_, Some(high)) => low >> shift | high << (64 - shift),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers whose words are few, many, all ones, or nearly powers of two.
    fn samples() -> Vec<IBig> {
        let mut seed = 7u64;
        let mut draw = move || {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            seed >> 20
        };
        let mut numbers = Vec::new();
        for bits in [1usize, 63, 64, 65, 127, 128, 129, 190, 192, 193, 256, 300, 1000] {
            let power = IBig::ONE << bits;
            let middle = IBig::from(draw()) << bits.saturating_sub(40);
            numbers.extend([power.clone(), &power - 1, &power + 1, middle.clone(), -middle - 1]);
        }
        numbers
    }

    #[test]
    fn products_are_those_of_the_library() {
        let numbers = samples();
        for a in &numbers {
            for b in &numbers {
                if let Some(product) = mul_by_word(a, b) {
                    assert_eq!(product, a * b, "{a} * {b}");
                }
            }
        }
    }

    #[test]
    fn quotients_are_those_of_the_library() {
        let numbers = samples();
        let mut decided = 0;
        for b in &numbers {
            for factor in [0u64, 1, 2, 9, 1 << 31, 1 << 58] {
                for rest in &numbers {
                    let a = b * IBig::from(factor) + rest;
                    let (words_a, words_b) = (a.as_sign_words().1, b.as_sign_words().1);
                    if let Some(quotient) = small_quotient(words_a, words_b) {
                        let (magnitude_a, magnitude_b) =
                            (UBig::from_words(words_a), UBig::from_words(words_b));
                        assert_eq!(UBig::from(quotient), magnitude_a / magnitude_b, "{a} / {b}");
                        decided += 1;
                    }
                }
            }
        }
        assert!(decided > 5000, "{decided}");
    }
}
