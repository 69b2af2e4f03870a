//! A source text with its name, and where its lines begin.

use sloop_grammar::span::Span;

/// A place for people and for `SyntaxError.lineno`: the line counts from 1, the column counts
/// characters from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

#[derive(Debug)]
pub struct Source {
    name: String,
    text: String,
    /// Byte offset of the start of each line; never empty.
    starts: Vec<u32>,
}

impl Source {
    /// Lines end with `\n`, `\r\n` or a lone `\r`, as they do for the lexer.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Source {
        let text = text.into();
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (index, byte) in bytes.iter().enumerate() {
            let ends_line = match byte {
                b'\n' => true,
                b'\r' => bytes.get(index + 1) != Some(&b'\n'),
                _ => false,
            };
            if ends_line {
                starts.push(index as u32 + 1);
            }
        }
        Source { name: name.into(), text, starts }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn line_count(&self) -> usize {
        self.starts.len()
    }

    /// The line around a byte offset, counted from 1.
    pub fn line_of(&self, offset: u32) -> usize {
        self.starts.partition_point(|start| *start <= offset)
    }

    /// The byte offset at which a line begins; lines count from 1.
    pub fn line_start(&self, line: usize) -> u32 {
        self.starts[line - 1]
    }

    /// A line without its end, by a number from 1; empty if there is no such line.
    pub fn line(&self, line: usize) -> &str {
        let Some(&start) = line.checked_sub(1).and_then(|index| self.starts.get(index)) else {
            return "";
        };
        let end = self.starts.get(line).map_or(self.text.len(), |end| *end as usize);
        self.text[start as usize..end].trim_end_matches(['\n', '\r'])
    }

    /// The span between two places, lines from 1 and columns in bytes; None if there are no such
    /// lines.
    pub fn span(&self, from: (u32, u32), to: (u32, u32)) -> Option<Span> {
        let offset = |(line, column): (u32, u32)| {
            let line = line as usize;
            let known = (1..=self.line_count()).contains(&line);
            let end = self.line(line).len() as u32;
            known.then(|| self.line_start(line) + column.min(end))
        };
        Some(Span::new(offset(from)?, offset(to)?))
    }

    /// The position of a byte offset; one inside a character counts as its start, one past the
    /// end as the end.
    pub fn position(&self, offset: u32) -> Position {
        let offset = self.text.floor_char_boundary(offset as usize) as u32;
        let line = self.line_of(offset);
        let start = self.line_start(line) as usize;
        let column = self.text[start..offset as usize].chars().count();
        Position { line, column }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_end_in_three_ways() {
        let source = Source::new("x", "aé\r\nb\rc\n");
        let at = |offset| {
            let Position { line, column } = source.position(offset);
            (line, column)
        };
        assert_eq!(at(0), (1, 0));
        assert_eq!(at(3), (1, 2));
        assert_eq!(at(2), (1, 1), "inside a character");
        assert_eq!(at(5), (2, 0));
        assert_eq!(at(7), (3, 0));
        assert_eq!(at(9), (4, 0));
        assert_eq!(at(99), (4, 0));
        assert_eq!(source.line(1), "aé");
        assert_eq!(source.line(4), "");
        assert_eq!(source.line(5), "");
    }
}
