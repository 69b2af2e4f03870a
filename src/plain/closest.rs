//! The name that was probably meant: the closest among several.
//!
//! Costs and limits are those of CPython, so that the same suggestions come out.

const MOVE_COST: usize = 2;
const CASE_COST: usize = 1;
const MAX_CANDIDATES: usize = 750;
const MAX_LENGTH: usize = 40;

/// The candidate that takes the fewest changes, if those are few.
pub fn closest(wrong: &str, candidates: Vec<&str>) -> Option<String> {
    let wrong_chars: Vec<char> = wrong.chars().collect();
    if candidates.len() > MAX_CANDIDATES || wrong_chars.len() > MAX_LENGTH {
        return None;
    }
    let mut best: Option<(usize, &str)> = None;
    for name in candidates {
        if name == wrong {
            continue;
        }
        let chars: Vec<char> = name.chars().collect();
        // No more than a third of the characters should need changing.
        let mut limit = (chars.len() + wrong_chars.len() + 3) * MOVE_COST / 6;
        if let Some((distance, _)) = best {
            limit = limit.min(distance.saturating_sub(1));
        }
        let distance = distance(&wrong_chars, &chars, limit);
        if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, name));
        }
    }
    best.map(|(_, name)| name.to_owned())
}

fn substitution(a: char, b: char) -> usize {
    if a == b {
        0
    } else if a.to_lowercase().eq(b.to_lowercase()) {
        CASE_COST
    } else {
        MOVE_COST
    }
}

/// Levenshtein distance, or more than `limit` once it is known to be.
fn distance(a: &[char], b: &[char], limit: usize) -> usize {
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[head..], &b[head..]);
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (mut a, mut b) = (&a[..a.len() - tail], &b[..b.len() - tail]);
    if a.is_empty() || b.is_empty() {
        return MOVE_COST * (a.len() + b.len());
    }
    if b.len() < a.len() {
        std::mem::swap(&mut a, &mut b);
    }
    if a.len() > MAX_LENGTH || b.len() > MAX_LENGTH || (b.len() - a.len()) * MOVE_COST > limit {
        return limit + 1;
    }
    let mut row: Vec<usize> = (1..=a.len()).map(|i| i * MOVE_COST).collect();
    let mut result = 0;
    for (j, &y) in b.iter().enumerate() {
        let mut diagonal = j * MOVE_COST;
        result = diagonal;
        let mut least = usize::MAX;
        for (i, &x) in a.iter().enumerate() {
            let replace = diagonal + substitution(y, x);
            diagonal = row[i];
            result = replace.min(result.min(diagonal) + MOVE_COST);
            row[i] = result;
            least = least.min(result);
        }
        if least > limit {
            return limit + 1;
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn suggestions_are_close() {
        assert_eq!(closest("pritn", vec!["print", "int"]).as_deref(), Some("print"));
        assert_eq!(closest("Foo", vec!["foo"]).as_deref(), Some("foo"));
        assert_eq!(closest("xyzzy", vec!["print"]), None);
        assert_eq!(closest("a", vec!["b"]), None);
    }
}
