//! Indices as Python understands them: negative ones count from the end, slices are clipped.
//!
//! Nothing here knows what is indexed. A step of zero is the caller's error to raise; here it is
//! taken for one, so that no division can fail.

/// The positions a slice selects: `count` of them from `start` on, by `step`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub start: usize,
    pub step: isize,
    pub count: usize,
}

impl Range {
    /// The `i`-th selected position.
    #[inline]
    pub fn at(&self, i: usize) -> usize {
        self.start.wrapping_add_signed(self.step.wrapping_mul(i as isize))
    }
}

/// An index that may be negative, if it is within `len`.
#[inline]
pub fn position(index: i64, len: usize) -> Option<usize> {
    let at = if index < 0 { index.checked_add_unsigned(len as u64)? } else { index };
    usize::try_from(at).ok().filter(|&at| at < len)
}

/// A bound that may be negative or too large, moved into `0..=len`.
#[inline]
pub fn clip(bound: i64, len: usize) -> usize {
    let at = if bound < 0 { bound.saturating_add_unsigned(len as u64).max(0) } else { bound };
    usize::try_from(at).unwrap_or(usize::MAX).min(len)
}

/// `slice(start, stop, step)` of something of a length; the step is not zero.
///
/// This is `slice.indices`, with the count worked out.
pub fn resolve(start: Option<i64>, stop: Option<i64>, step: i64, len: usize) -> Range {
    let forward = step >= 0;
    let length = i64::try_from(len).unwrap_or(i64::MAX);
    // Going backwards, one before the first position is a bound as well.
    let (least, most) = if forward { (0, length) } else { (-1, length - 1) };
    let bound = |given: i64| {
        let at = if given < 0 { given.saturating_add(length) } else { given };
        at.clamp(least, most)
    };
    let start = start.map_or(if forward { least } else { most }, bound);
    let stop = stop.map_or(if forward { most } else { least }, bound);
    let distance = if forward { stop - start } else { start - stop };
    let count = match step.unsigned_abs() {
        _ if distance <= 0 => 0,
        // No division where none is needed.
        0 | 1 => distance as u64,
        stride => (distance as u64 - 1) / stride + 1,
    };
    Range {
        start: usize::try_from(start).unwrap_or(0),
        step: isize::try_from(step).unwrap_or(if forward { isize::MAX } else { isize::MIN }),
        count: count as usize,
    }
}

/// The items at the positions of a range.
pub fn taken<I: Copy>(items: &[I], range: Range) -> Vec<I> {
    match range.step {
        1 => items[range.start..range.start + range.count].to_vec(),
        // Backwards, the last one may be at the very start.
        -1 if range.count > 0 => {
            let part = &items[range.start + 1 - range.count..=range.start];
            part.iter().rev().copied().collect()
        }
        step if step > 0 && range.count > 0 => {
            let mut taken = Vec::with_capacity(range.count);
            taken.extend(items[range.start..].iter().step_by(step as usize).take(range.count));
            taken
        }
        _ => (0..range.count).map(|i| items[range.at(i)]).collect(),
    }
}
