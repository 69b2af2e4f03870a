//! `-k`: words that the names of tests contain, with `and`, `or`, `not` and brackets.

pub enum Filter {
    Contains(String),
    Not(Box<Filter>),
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
}

/// Brackets within brackets at most.
const DEPTH: usize = 50;

impl Filter {
    pub fn parse(text: &str) -> Result<Filter, String> {
        let spaced = text.replace('(', " ( ").replace(')', " ) ");
        let mut words: Vec<&str> = spaced.split_whitespace().collect();
        words.reverse();
        let filter = either(&mut words, DEPTH)?;
        match words.pop() {
            None => Ok(filter),
            Some(word) => Err(format!("'{word}' is not expected in '{text}'")),
        }
    }

    pub fn fits(&self, name: &str) -> bool {
        match self {
            Filter::Contains(word) => name.to_lowercase().contains(word),
            Filter::Not(filter) => !filter.fits(name),
            Filter::And(a, b) => a.fits(name) && b.fits(name),
            Filter::Or(a, b) => a.fits(name) || b.fits(name),
        }
    }
}

/// The words are reversed: the next one is the last.
fn either(words: &mut Vec<&str>, depth: usize) -> Result<Filter, String> {
    let mut filter = both(words, depth)?;
    while words.last() == Some(&"or") {
        words.pop();
        filter = Filter::Or(Box::new(filter), Box::new(both(words, depth)?));
    }
    Ok(filter)
}

fn both(words: &mut Vec<&str>, depth: usize) -> Result<Filter, String> {
    let mut filter = one(words, depth)?;
    while words.last() == Some(&"and") {
        words.pop();
        filter = Filter::And(Box::new(filter), Box::new(one(words, depth)?));
    }
    Ok(filter)
}

fn one(words: &mut Vec<&str>, depth: usize) -> Result<Filter, String> {
    let Some(depth) = depth.checked_sub(1) else { return Err("too many brackets".into()) };
    match words.pop() {
        None | Some("and" | "or" | ")") => Err("a word is missing".into()),
        Some("not") => Ok(Filter::Not(Box::new(one(words, depth)?))),
        Some("(") => {
            let filter = either(words, depth)?;
            match words.pop() {
                Some(")") => Ok(filter),
                _ => Err("a bracket is not closed".into()),
            }
        }
        Some(word) => Ok(Filter::Contains(word.to_lowercase())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_operators() {
        let fits = |filter: &str, name| Filter::parse(filter).map(|filter| filter.fits(name));
        assert_eq!(fits("Queue", "lib/queue_a"), Ok(true));
        assert_eq!(fits("a and not b", "xa"), Ok(true));
        assert_eq!(fits("a and not b", "ab"), Ok(false));
        assert_eq!(fits("not (a or b)", "c"), Ok(true));
        for wrong in ["", "and", "a b", "(a", "a)", "not"] {
            assert!(Filter::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Filter::parse(&"(".repeat(100_000)).is_err());
    }
}
