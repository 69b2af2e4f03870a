//! A stable merge sort that asks only `<`, and may be refused an answer.
//!
//! Runs that are there already are found and kept (so sorted and reversed input costs n-1
//! comparisons), short ones are lengthened by insertion, and merges follow the powersort policy.
//! The comparison may fail, or contradict itself: the slice holds the same elements afterwards.
//! A list whose keys are all of one plain type need not ask at all: see the functions below.

use std::cmp::Ordering;

/// Runs shorter than this are not worth merging.
const SHORT: usize = 32;

/// A run on the stack, and the power of the boundary at its end.
#[derive(Clone, Copy)]
struct Run {
    start: usize,
    len: usize,
    power: u32,
}

/// Sorts by a comparison that says whether the first argument is less than the second.
pub fn sort_by<T: Copy, E>(
    items: &mut [T],
    mut less: impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<(), E> {
    let len = items.len();
    let least = least_run(len);
    let mut stack: Vec<Run> = Vec::new();
    let mut spare = Vec::new();
    let mut start = 0;
    while start < len {
        let mut found = find_run(&mut items[start..], &mut less)?;
        if found < least {
            let wanted = least.min(len - start);
            insert(&mut items[start..start + wanted], found, &mut less)?;
            found = wanted;
        }
        if let Some(&top) = stack.last() {
            let power = power(top.start, top.len, found, len);
            while stack.len() > 1 && stack[stack.len() - 2].power > power {
                merge_top(items, &mut stack, &mut spare, &mut less)?;
            }
            if let Some(top) = stack.last_mut() {
                top.power = power;
            }
        }
        stack.push(Run { start, len: found, power: 0 });
        start += found;
    }
    while stack.len() > 1 {
        merge_top(items, &mut stack, &mut spare, &mut less)?;
    }
    Ok(())
}

/// A length between half of the short one and itself that divides the whole evenly.
fn least_run(mut len: usize) -> usize {
    let mut rest = 0;
    while len >= 2 * SHORT {
        rest |= len & 1;
        len >>= 1;
    }
    len + rest
}

/// The depth, in a perfectly balanced tree of merges, of the boundary between two runs.
fn power(start: usize, first: usize, second: usize, len: usize) -> u32 {
    // Twice the middle of either run, compared bit by bit as fractions of the whole.
    let mut a = 2 * start + first;
    let mut b = a + first + second;
    let mut power = 0;
    loop {
        power += 1;
        if a >= len {
            a -= len;
            b -= len;
        } else if b >= len {
            return power;
        }
        a <<= 1;
        b <<= 1;
    }
}

/// The length of the run at the start; a strictly descending one is turned around.
fn find_run<T: Copy, E>(
    items: &mut [T],
    less: &mut impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<usize, E> {
    if items.len() < 2 {
        return Ok(items.len());
    }
    let descending = less(&items[1], &items[0])?;
    let mut len = 2;
    while len < items.len() && less(&items[len], &items[len - 1])? == descending {
        len += 1;
    }
    if descending {
        items[..len].reverse();
    }
    Ok(len)
}

/// Inserts the elements from `sorted` on into those before them.
fn insert<T: Copy, E>(
    items: &mut [T],
    sorted: usize,
    less: &mut impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<(), E> {
    for at in sorted..items.len() {
        let to = after_equals(&items[..at], &items[at], less)?;
        items[to..=at].rotate_right(1);
    }
    Ok(())
}

/// Where an element goes among sorted ones, after those equal to it.
fn after_equals<T, E>(
    items: &[T],
    item: &T,
    less: &mut impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<usize, E> {
    let (mut low, mut high) = (0, items.len());
    while low < high {
        let middle = low + (high - low) / 2;
        if less(item, &items[middle])? {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(low)
}

/// Where an element goes among sorted ones, before those equal to it.
fn before_equals<T, E>(
    items: &[T],
    item: &T,
    less: &mut impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<usize, E> {
    let (mut low, mut high) = (0, items.len());
    while low < high {
        let middle = low + (high - low) / 2;
        if less(&items[middle], item)? {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// Merges the two runs on top of the stack.
fn merge_top<T: Copy, E>(
    items: &mut [T],
    stack: &mut Vec<Run>,
    spare: &mut Vec<T>,
    less: &mut impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<(), E> {
    let (Some(second), Some(first)) = (stack.pop(), stack.pop()) else {
        return Ok(());
    };
    let len = first.len + second.len;
    stack.push(Run { start: first.start, len, power: second.power });
    merge(&mut items[first.start..first.start + len], first.len, spare, less)
}

fn merge<T: Copy, E>(
    items: &mut [T],
    middle: usize,
    spare: &mut Vec<T>,
    less: &mut impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<(), E> {
    // What is in its place already, at either end, takes no part.
    let from = after_equals(&items[..middle], &items[middle], less)?;
    if from == middle {
        return Ok(());
    }
    let to = middle + before_equals(&items[middle..], &items[middle - 1], less)?;
    let (items, middle) = (&mut items[from..to], middle - from);
    spare.clear();
    if middle <= items.len() - middle {
        spare.extend_from_slice(&items[..middle]);
        merge_up(items, spare, less)
    } else {
        spare.extend_from_slice(&items[middle..]);
        merge_down(items, spare, less)
    }
}

/// Merges the first run, set aside in `spare`, with the second, from the front.
fn merge_up<T: Copy, E>(
    items: &mut [T],
    spare: &[T],
    less: &mut impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<(), E> {
    let (mut left, mut right, mut to) = (0, spare.len(), 0);
    let mut outcome = Ok(());
    while left < spare.len() && right < items.len() {
        match less(&items[right], &spare[left]) {
            Ok(true) => {
                items[to] = items[right];
                right += 1;
            }
            Ok(false) => {
                items[to] = spare[left];
                left += 1;
            }
            Err(error) => {
                outcome = Err(error);
                break;
            }
        }
        to += 1;
    }
    // Whatever happened, the gap is as long as what is left aside.
    items[to..right].copy_from_slice(&spare[left..]);
    outcome
}

/// Merges the second run, set aside in `spare`, with the first, from the back.
fn merge_down<T: Copy, E>(
    items: &mut [T],
    spare: &[T],
    less: &mut impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<(), E> {
    let (mut left, mut right, mut to) = (items.len() - spare.len(), spare.len(), items.len());
    let mut outcome = Ok(());
    while left > 0 && right > 0 {
        match less(&spare[right - 1], &items[left - 1]) {
            Ok(true) => {
                items[to - 1] = items[left - 1];
                left -= 1;
            }
            Ok(false) => {
                items[to - 1] = spare[right - 1];
                right -= 1;
            }
            Err(error) => {
                outcome = Err(error);
                break;
            }
        }
        to -= 1;
    }
    items[left..to].copy_from_slice(&spare[..right]);
    outcome
}

/// Sorts, stably, by keys that are small ints.
pub fn by_i64<T>(items: &mut [T], key: impl Fn(&T) -> i64) {
    items.sort_by_key(key);
}

/// Sorts, stably, by keys that are floats.
///
/// What is not a number is neither less nor greater than anything; then `<` alone decides.
pub fn by_f64<T: Copy>(items: &mut [T], key: impl Fn(&T) -> f64) {
    if items.iter().any(|item| key(item).is_nan()) {
        let less = |a: &T, b: &T| Ok::<bool, std::convert::Infallible>(key(a) < key(b));
        let Ok(()) = sort_by(items, less);
        return;
    }
    items.sort_by(|a, b| key(a).partial_cmp(&key(b)).unwrap_or(Ordering::Equal));
}

/// Sorts, stably, by keys that are texts (of any kind: bytes are in the order of code points).
pub fn by_bytes<'a, T>(items: &mut [T], key: impl Fn(&T) -> &'a [u8]) {
    items.sort_by(|a, b| key(a).cmp(key(b)));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small deterministic generator.
    struct Numbers(u64);

    impl Numbers {
        fn next(&mut self, below: u64) -> u64 {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % below
        }
    }

    fn counted(items: &mut [(u64, usize)]) -> usize {
        let mut count = 0;
        let less = |a: &(u64, usize), b: &(u64, usize)| {
            count += 1;
            Ok::<bool, ()>(a.0 < b.0)
        };
        sort_by(items, less).unwrap();
        count
    }

    #[test]
    fn random_input_is_sorted_stably() {
        let mut numbers = Numbers(1);
        for round in 0..300 {
            let len = numbers.next(if round % 10 == 0 { 3000 } else { 150 }) as usize;
            let spread = 1 + numbers.next(200);
            let mut items: Vec<_> = (0..len).map(|at| (numbers.next(spread), at)).collect();
            // Runs in both directions.
            if round % 3 == 0 && len > 20 {
                items[..len / 2].sort();
                items[len / 2..].sort_by(|a, b| b.cmp(a));
                items.iter_mut().enumerate().for_each(|(at, item)| item.1 = at);
            }
            let mut expected = items.clone();
            expected.sort_by_key(|item| item.0);
            counted(&mut items);
            assert_eq!(items, expected);
        }
    }

    #[test]
    fn sorted_and_reversed_input_is_looked_at_once() {
        for len in [0usize, 1, 2, 3, 63, 64, 65, 1000] {
            let mut items: Vec<_> = (0..len).map(|at| (at as u64, at)).collect();
            assert_eq!(counted(&mut items), len.saturating_sub(1));
            items.reverse();
            assert_eq!(counted(&mut items), len.saturating_sub(1));
            assert!(items.is_sorted());
        }
    }

    #[test]
    fn nothing_is_lost_when_the_comparison_fails_or_lies() {
        let mut numbers = Numbers(2);
        for round in 0..200 {
            let len = 1 + numbers.next(400) as usize;
            let mut items: Vec<u64> = (0..len).map(|_| numbers.next(50)).collect();
            let mut expected = items.clone();
            let mut left = numbers.next(4000);
            let outcome = sort_by(&mut items, |a, b| {
                left = left.saturating_sub(1);
                if left == 0 && round % 2 == 0 {
                    return Err(());
                }
                Ok(if round % 2 == 0 { a < b } else { numbers.next(2) == 0 })
            });
            assert!(outcome.is_ok() || round % 2 == 0);
            items.sort();
            expected.sort();
            assert_eq!(items, expected);
        }
    }

    #[test]
    fn plain_keys() {
        let mut floats = [2.0, f64::NAN, -0.0, 0.0, -1.0];
        by_f64(&mut floats, |&x| x);
        assert_eq!(floats.iter().filter(|x| x.is_nan()).count(), 1);
        let mut floats = [2.0f64, 0.0, -0.0, -1.0];
        by_f64(&mut floats, |&x| x);
        assert_eq!(floats.map(f64::to_bits), [-1.0, 0.0, -0.0, 2.0f64].map(f64::to_bits));
        let mut texts = ["b", "a", "ab"];
        by_bytes(&mut texts, |text| text.as_bytes());
        assert_eq!(texts, ["a", "ab", "b"]);
        let mut ints = [3, 1, 2];
        by_i64(&mut ints, |&n| n);
        assert_eq!(ints, [1, 2, 3]);
    }
}
