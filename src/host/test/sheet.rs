//! A script as a sheet of lines: which block each stands in, and where comments about what it
//! prints may stand.
//!
//! It is read by its indentation, so that it need not be a correct program.

use crate::syntax::comments::logical_lines;

/// A logical line.
pub struct Row {
    /// Physical lines, counted from 1.
    pub first: usize,
    pub last: usize,
    /// The innermost block that it stands in or is a clause of.
    block: Option<usize>,
    /// It is the head of the block, or an `else` of it.
    is_clause: bool,
    /// A statement of its own stands below it, further in.
    pub opens: bool,
    /// `async with`, which waits at its end rather than here.
    waits_at_end: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Loop,
    /// Runs when it is called.
    Function,
    Other,
}

/// A compound statement.
struct Block {
    head: usize,
    last: usize,
    parent: Option<usize>,
    depth: usize,
    shape: Shape,
}

/// A place for comments: below a row, on behalf of that row or of a block that ends with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    pub row: usize,
    /// Of places below one row, those of blocks are behind its own, outer blocks last.
    pub rank: usize,
    /// The row that it is about, whose indentation it has.
    pub head: usize,
    pub kind: SpotKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpotKind {
    /// The row itself.
    Own,
    /// A loop around it, or a block that waits at its end.
    Loop,
    /// Another block around it.
    Block,
}

pub struct Sheet {
    pub rows: Vec<Row>,
    blocks: Vec<Block>,
}

const TAB: usize = 8;
const CLAUSES: &[&str] = &["else", "elif", "except", "finally"];
const OUTERMOST: usize = usize::MAX;

impl Sheet {
    pub fn new(text: &str) -> Sheet {
        let mut sheet = Sheet { rows: Vec::new(), blocks: Vec::new() };
        let spans = logical_lines(text);
        let mut lines = Lines { text, at: 0, line: 1 };
        let heads: Vec<Head> = spans
            .iter()
            .map(|span| {
                let first = lines.of(span.start as usize);
                let last = lines.of(span.end.max(span.start + 1) as usize - 1);
                Head::of(text, span.start as usize, first, last)
            })
            .collect();
        // Blocks that are open, with the columns that their heads stand in.
        let mut open: Vec<(usize, usize)> = Vec::new();
        for (row, head) in heads.iter().enumerate() {
            let decorated = |sheet: &Sheet, block: usize| {
                let above = &sheet.blocks[block];
                above.last + 1 == row && heads[above.last].word == "@"
            };
            while let Some(&(column, block)) = open.last() {
                let goes_on = column == head.column
                    && (CLAUSES.contains(&head.word) || decorated(&sheet, block));
                if column < head.column || goes_on {
                    break;
                }
                open.pop();
            }
            let around = open.last().copied();
            let is_deep = heads.get(row + 1).is_some_and(|next| next.column > head.column);
            let mut is_clause = is_deep || head.word == "@";
            let mut block = around.map(|(_, block)| block);
            if let Some((_, own)) = around.filter(|(column, _)| *column == head.column) {
                is_clause |= CLAUSES.contains(&head.word);
                if let Some(shape) = head.shape() {
                    sheet.blocks[own].shape = shape;
                }
            } else if is_clause || head.shape().is_some() {
                sheet.blocks.push(Block {
                    head: row,
                    last: row,
                    parent: block,
                    depth: open.len(),
                    shape: head.shape().unwrap_or(Shape::Other),
                });
                block = Some(sheet.blocks.len() - 1);
                open.push((head.column, sheet.blocks.len() - 1));
            }
            for (_, block) in &open {
                sheet.blocks[*block].last = row;
            }
            let &Head { first, last, waits_at_end, .. } = head;
            let opens = is_deep;
            sheet.rows.push(Row { first, last, block, is_clause, opens, waits_at_end });
        }
        sheet
    }

    /// The row that a physical line belongs to: the last that begins on it or above.
    pub fn row_of(&self, line: usize) -> Option<usize> {
        self.rows.partition_point(|row| row.first <= line).checked_sub(1)
    }

    /// The places for what is printed while such lines are at work, innermost first: the next one
    /// is always that of more code.
    pub fn spots(&self, lines: &[usize]) -> Vec<Spot> {
        let mut found = Vec::new();
        for &line in lines {
            let Some(row) = self.row_of(line) else { continue };
            let own = Spot { row, rank: 0, head: row, kind: SpotKind::Own };
            if !found.contains(&own) {
                let first = found.len();
                let is_at_end = first > 0 && self.rows[row].waits_at_end;
                if !is_at_end {
                    found.push(own);
                }
                self.around(row, |spot| found.push(spot));
                if is_at_end {
                    found[first].kind = SpotKind::Loop;
                }
            }
        }
        found
    }

    /// Behind everything.
    pub fn end(&self) -> Option<Spot> {
        let row = self.rows.len().checked_sub(1)?;
        let mut head = row;
        self.around(row, |spot| head = spot.head);
        Some(Spot { row, rank: OUTERMOST, head, kind: SpotKind::Block })
    }

    /// The blocks around a row, up to a function.
    fn around(&self, row: usize, mut take: impl FnMut(Spot)) {
        let Row { mut block, mut is_clause, .. } = self.rows[row];
        while let Some(at) = block {
            let found = &self.blocks[at];
            if found.shape == Shape::Function && !is_clause {
                return;
            }
            let kind = if found.shape == Shape::Loop { SpotKind::Loop } else { SpotKind::Block };
            let rank = OUTERMOST - 1 - found.depth;
            take(Spot { row: found.last, rank, head: found.head, kind });
            (block, is_clause) = (found.parent, false);
        }
    }
}

/// What the beginning of a row says.
struct Head<'t> {
    first: usize,
    last: usize,
    column: usize,
    word: &'t str,
    waits_at_end: bool,
}

impl<'t> Head<'t> {
    fn of(text: &'t str, start: usize, first: usize, last: usize) -> Head<'t> {
        let line = text[..start].rfind(['\n', '\r']).map_or(0, |end| end + 1);
        let column = text[line..start].chars().fold(0, |column, c| match c {
            '\t' => (column / TAB + 1) * TAB,
            _ => column + 1,
        });
        let word = |text: &'t str| {
            let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
            &text[..end.unwrap_or(text.len())]
        };
        let said = &text[start..];
        let first_word = word(said);
        let word = match first_word {
            "async" => word(said["async".len()..].trim_start()),
            "" if said.starts_with('@') => "@",
            word => word,
        };
        let waits_at_end = first_word == "async" && word == "with";
        Head { first, last, column, word, waits_at_end }
    }

    /// The kind of block that it begins.
    fn shape(&self) -> Option<Shape> {
        match self.word {
            "for" | "while" => Some(Shape::Loop),
            "def" => Some(Shape::Function),
            "class" | "if" | "try" | "with" => Some(Shape::Other),
            _ => None,
        }
    }
}

/// Counts lines from place to place.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    /// The line of a place, which is not before the last one asked for.
    fn of(&mut self, place: usize) -> usize {
        let passed = &self.text.as_bytes()[self.at..place];
        self.line += passed.iter().filter(|&&byte| byte == b'\n').count();
        self.at = place;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, lines: &[usize]) -> Vec<(usize, usize)> {
        let sheet = Sheet::new(text);
        let spots = sheet.spots(lines);
        spots.iter().map(|s| (sheet.rows[s.row].last, sheet.rows[s.head].first)).collect()
    }

    #[test]
    fn places_go_outwards_to_functions_and_callers() {
        let text = "def f():\n    for x in y:\n        if x:\n            g(\n              x)\n    h()\nf()\nwhile f():\n\n    f()\n";
        assert_eq!(said(text, &[4, 7]), [(5, 4), (5, 3), (5, 2), (7, 7)]);
        assert_eq!(said(text, &[10]), [(10, 10), (10, 8)]);
        assert_eq!(said(text, &[8]), [(8, 8), (10, 8)]);
    }

    #[test]
    fn blocks_have_clauses_and_decorators() {
        let text = "@a\n@b\nclass C:\n    x = 1\ntry:\n    y\nexcept E: z\nelse:\n    w\nfor x in y: z\nawait z\n";
        assert_eq!(said(text, &[2]), [(2, 2), (4, 1)]);
        assert_eq!(said(text, &[7]), [(7, 7), (9, 5)]);
        assert_eq!(said(text, &[10]), [(10, 10), (10, 10)]);
        assert_eq!(said(text, &[11]), [(11, 11)]);
        let waiting = "def f():\n    x\nasync with y:\n    z\n";
        assert_eq!(said(waiting, &[2, 3]), [(2, 2), (4, 3)]);
        assert_eq!(said("for x in y:\n    def f(): x\n", &[2]), [(2, 2)]);
    }
}
