//! Where instructions come from in the source: a table that stays packed.
//!
//! Most of it is never looked at, so an entry takes four or five bytes instead of twenty, and
//! looking one up reads the table from its start.

use std::borrow::Cow;

use super::pack::{Reader, put_number, zigzag};

/// Source positions of the instructions from `word` on. Lines count from 1, columns from 0 in
/// bytes of UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineEntry {
    pub word: u32,
    pub line: u32,
    pub end_line: u32,
    pub column: u32,
    pub end_column: u32,
}

/// Entries in the order of their words; each holds up to the next one's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines(pub(super) Cow<'static, [u8]>);

impl Lines {
    pub fn iter(&self) -> impl Iterator<Item = LineEntry> {
        Entries { from: Reader::new(&self.0), word: 0, line: 0 }
    }

    /// The entry that holds at a word.
    pub fn at(&self, word: u32) -> Option<LineEntry> {
        self.iter().take_while(|entry| entry.word <= word).last()
    }
}

/// Entries follow each other as differences: of the word and, either way, of the line; then the
/// column; then where it ends, seen from where it begins.
impl FromIterator<LineEntry> for Lines {
    fn from_iter<T: IntoIterator<Item = LineEntry>>(entries: T) -> Lines {
        let mut out = Vec::new();
        let (mut word, mut line) = (0, 0);
        for entry in entries {
            put_number(&mut out, (entry.word - word).into());
            put_number(&mut out, zigzag::encode(entry.line as i64 - line as i64));
            put_number(&mut out, entry.column.into());
            match entry.end_line - entry.line {
                0 => {
                    let width = entry.end_column as i64 - entry.column as i64;
                    put_number(&mut out, zigzag::encode(width) << 1);
                }
                more => {
                    put_number(&mut out, (more as u64) << 1 | 1);
                    put_number(&mut out, entry.end_column.into());
                }
            }
            (word, line) = (entry.word, entry.line);
        }
        Lines(out.into())
    }
}

struct Entries<'a> {
    from: Reader<'a>,
    word: u32,
    line: u32,
}

impl Iterator for Entries<'_> {
    type Item = LineEntry;

    fn next(&mut self) -> Option<LineEntry> {
        if self.from.is_done() {
            return None;
        }
        self.word += self.from.number() as u32;
        self.line = (self.line as i64 + zigzag::decode(self.from.number())) as u32;
        let column = self.from.number() as u32;
        let end = self.from.number();
        let (end_line, end_column) = match end & 1 {
            0 => (self.line, (column as i64 + zigzag::decode(end >> 1)) as u32),
            _ => (self.line + (end >> 1) as u32, self.from.number() as u32),
        };
        Some(LineEntry { word: self.word, line: self.line, end_line, column, end_column })
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
