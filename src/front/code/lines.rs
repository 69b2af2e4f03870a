//! Where instructions come from in the source: a table that stays packed.
//!
//! Most of it is never looked at, so an entry takes about three bytes instead of twenty, and
//! looking one up reads the table from its start.

use std::borrow::Cow;

use super::pack::{Reader, put_number, zigzag};

/// Source positions of the instructions from `word` on. Lines count from 1, columns from 0 in
/// bytes of UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineEntry {
    pub word: u32,
    pub line: u32,
    pub end_line: u32,
    pub column: u32,
    pub end_column: u32,
}

/// A word in front of all others: where a body is that has not begun.
pub const BEFORE: u32 = u32::MAX;

/// Entries in the order of their words; each holds up to the next one's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines(pub(super) Cow<'static, [u8]>);

impl Lines {
    pub fn iter(&self) -> impl Iterator<Item = LineEntry> {
        Entries { from: Reader::new(&self.0), last: LineEntry::default() }
    }

    /// The entry that holds at a word.
    pub fn at(&self, word: u32) -> Option<LineEntry> {
        self.iter().take_while(|entry| entry.word <= word).last()
    }
}

/// The first byte of an entry: how far its word and its line are from the last one's where that is
/// little, and what need not be said. Then what is left: the two differences, the column, how
/// many lines further it ends, and the column there or the width.
mod head {
    /// Bits of the two differences. When all are set, a number follows.
    pub const WORD: u8 = 0b111;
    pub const LINE: u8 = 0b11;
    pub const LINE_SHIFT: u8 = 3;
    pub const SAME_COLUMN: u8 = 1 << 5;
    pub const ONE_LINE: u8 = 1 << 6;
}

impl FromIterator<LineEntry> for Lines {
    fn from_iter<T: IntoIterator<Item = LineEntry>>(entries: T) -> Lines {
        let mut out = Vec::new();
        let mut last = LineEntry::default();
        for entry in entries {
            let near = |difference: u64, far: u8| difference.min(far.into()) as u8;
            let word = (entry.word - last.word).into();
            let line = zigzag::encode(entry.line as i64 - last.line as i64);
            let same_column = entry.column == last.column;
            let one_line = entry.end_line == entry.line && entry.end_column >= entry.column;
            let flags = if same_column { head::SAME_COLUMN } else { 0 }
                | if one_line { head::ONE_LINE } else { 0 };
            out.push(near(word, head::WORD) | near(line, head::LINE) << head::LINE_SHIFT | flags);
            for (difference, far) in [(word, head::WORD), (line, head::LINE)] {
                if difference >= far.into() {
                    put_number(&mut out, difference);
                }
            }
            if !same_column {
                put_number(&mut out, entry.column.into());
            }
            if one_line {
                put_number(&mut out, (entry.end_column - entry.column).into());
            } else {
                put_number(&mut out, (entry.end_line - entry.line).into());
                put_number(&mut out, entry.end_column.into());
            }
            last = entry;
        }
        Lines(out.into())
    }
}

struct Entries<'a> {
    from: Reader<'a>,
    last: LineEntry,
}

impl Iterator for Entries<'_> {
    type Item = LineEntry;

    fn next(&mut self) -> Option<LineEntry> {
        if self.from.is_done() {
            return None;
        }
        let first = self.from.byte();
        let mut difference = |bits: u8, far: u8| match bits & far {
            near if near < far => near.into(),
            _ => self.from.number(),
        };
        let word = self.last.word + difference(first, head::WORD) as u32;
        let step = zigzag::decode(difference(first >> head::LINE_SHIFT, head::LINE));
        let line = (self.last.line as i64 + step) as u32;
        let column = match first & head::SAME_COLUMN {
            0 => self.from.number() as u32,
            _ => self.last.column,
        };
        let (end_line, end_column) = match first & head::ONE_LINE {
            0 => (line + self.from.number() as u32, self.from.number() as u32),
            _ => (line, column + self.from.number() as u32),
        };
        self.last = LineEntry { word, line, end_line, column, end_column };
        Some(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_back() {
        let entry = |word, line, end_line, column, end_column| LineEntry {
            word,
            line,
            end_line,
            column,
            end_column,
        };
        let entries = [
            entry(0, 7, 7, 4, 9),
            entry(1, 7, 12, 400, 1),
            entry(900, 3, 3, 5, 5),
            entry(901, 1, 1, 70_000, 80_000),
        ];
        let lines: Lines = entries.into_iter().collect();
        assert!(lines.iter().eq(entries));
        assert_eq!(lines.at(0), Some(entries[0]));
        assert_eq!(lines.at(899), Some(entries[1]));
        assert_eq!(lines.at(u32::MAX), Some(entries[3]));
        assert_eq!(Lines::default().at(5), None);
    }
}
