//! The source below an entry of a traceback: which lines, and the carets under them.
//!
//! The rules are CPython's: the code of the instruction is marked unless it is the whole line;
//! of a binary operation the operator stands out, of a subscript or call the brackets. Works on
//! characters, because carets are placed by what people see.

use std::collections::BTreeSet;

use sloop_grammar::ast::{Ast, Expr, ExprId, StmtKind};
use sloop_grammar::{Mode, Outcome, parse};

use crate::code::LineEntry;
use crate::text::Source;

type Line = Vec<char>;

/// Where the marked part changes its look: the operator or the brackets.
struct Anchors {
    left: (usize, usize),
    right: (usize, usize),
}

/// The lines of the instruction, indented, with carets where they help.
pub fn excerpt(source: &Source, place: &LineEntry) -> String {
    let (first, last) = (place.line as usize, (place.end_line as usize).max(place.line as usize));
    let last = last.min(source.line_count());
    if first == 0 || first > source.line_count() {
        return String::new();
    }
    let original: Vec<Line> =
        (first..=last).map(|number| source.line(number).trim_end().chars().collect()).collect();
    let lines = dedent(&original);
    if lines.iter().all(|line| line.is_empty()) {
        return String::new();
    }
    let removed = original[0].len() - lines[0].len();
    let column = |line: &str, bytes: u32| {
        let end = line.floor_char_boundary(bytes as usize);
        line[..end].chars().count().saturating_sub(removed)
    };
    let start = column(source.line(first).trim_end(), place.column);
    let end = column(source.line(last).trim_end(), place.end_column);
    let last_line = &lines[lines.len() - 1];
    let (start, end) = (start.min(lines[0].len()), end.min(last_line.len()));
    let anchors = anchors(&segment(&lines, start, end));
    let is_part = (first, start) != (last, end);
    let marked = is_part && show_carets(&lines, start, end, anchors.is_some());
    let shown = draw(&lines, start, end, anchors, marked);
    let mut out = String::new();
    for line in dedent(&shown) {
        out.push_str("    ");
        out.extend(line);
        out.push('\n');
    }
    out
}

/// The lines without the whitespace that all of them begin with.
fn dedent(lines: &[Line]) -> Vec<Line> {
    let is_blank = |line: &Line| line.iter().all(|c| c.is_whitespace());
    let mut margin: Option<&[char]> = None;
    for line in lines.iter().filter(|line| !is_blank(line)) {
        let indent = line.iter().take_while(|c| matches!(c, ' ' | '\t')).count();
        let indent = &line[..indent];
        margin = Some(match margin {
            None => indent,
            Some(margin) => {
                let common = margin.iter().zip(indent).take_while(|(a, b)| a == b).count();
                &margin[..common]
            }
        });
    }
    let margin = margin.map_or(0, <[char]>::len);
    lines
        .iter()
        .map(|line| if is_blank(line) { Line::new() } else { line[margin..].to_vec() })
        .collect()
}

fn segment(lines: &[Line], start: usize, end: usize) -> String {
    let mut out = String::new();
    for (i, line) in lines.iter().enumerate() {
        let to = if i + 1 == lines.len() { end } else { line.len() };
        let from = if i == 0 { start.min(to) } else { 0 };
        if i > 0 {
            out.push('\n');
        }
        out.extend(&line[from..to]);
    }
    out
}

/// Finds operator or brackets by parsing the segment as an expression.
fn anchors(segment: &str) -> Option<Anchors> {
    // In parentheses, so that it may span lines.
    let text = format!("(\n{segment}\n)");
    let Outcome::Tree { ast, .. } = parse(&text, Mode::Module).outcome else { return None };
    let [statement] = &ast.body[..] else { return None };
    let StmtKind::Expr(whole) = statement.kind else { return None };
    let scan = Scan { lines: segment.split('\n').map(|line| line.chars().collect()).collect() };
    match *ast.expr(whole) {
        Expr::Binary(_, left, right) => {
            let at = scan.valid(scan.end_of(&ast, segment, left))?;
            let (line, column) = scan.until(at, |c| !c.is_whitespace() && c != ')')?;
            let mut stop = column + 1;
            let (right_line, right_column) = scan.start_of(&ast, segment, right);
            if let Some(&next) = scan.lines[line].get(stop)
                && (right_line > line || stop < right_column)
                && !next.is_whitespace()
                && !matches!(next, '\\' | '#')
            {
                stop += 1;
            }
            Some(Anchors { left: (line, column), right: (line, stop) })
        }
        Expr::Subscript(value, _) => scan.brackets(&ast, segment, value, whole, '['),
        Expr::Call(function, _) => scan.brackets(&ast, segment, function, whole, '('),
        _ => None,
    }
}

/// The characters of a segment, by line and column.
struct Scan {
    lines: Vec<Line>,
}

impl Scan {
    /// Line and column of a byte offset of the parsed text.
    fn place(&self, segment: &str, offset: u32) -> (usize, usize) {
        let offset = (offset as usize).saturating_sub(2);
        let before = &segment[..segment.floor_char_boundary(offset)];
        let line = before.matches('\n').count();
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        (line, before[start..].chars().count())
    }

    fn end_of(&self, ast: &Ast, segment: &str, id: ExprId) -> (usize, usize) {
        self.place(segment, ast.span(id).end)
    }

    fn start_of(&self, ast: &Ast, segment: &str, id: ExprId) -> (usize, usize) {
        self.place(segment, ast.span(id).start)
    }

    /// The place itself, or the next one that holds a character.
    fn valid(&self, (mut line, mut column): (usize, usize)) -> Option<(usize, usize)> {
        while column >= self.lines.get(line)?.len() {
            line += 1;
            column = 0;
        }
        Some((line, column))
    }

    /// The next character that satisfies `stop`; comments and continuations are passed over.
    fn until(&self, at: (usize, usize), stop: impl Fn(char) -> bool) -> Option<(usize, usize)> {
        let (mut line, mut column) = at;
        loop {
            let c = self.lines[line][column];
            if matches!(c, '\\' | '#') {
                (line, column) = self.valid((line + 1, 0))?;
            } else if stop(c) {
                return Some((line, column));
            } else {
                (line, column) = self.valid((line, column + 1))?;
            }
        }
    }

    fn brackets(
        &self,
        ast: &Ast,
        segment: &str,
        head: ExprId,
        whole: ExprId,
        open: char,
    ) -> Option<Anchors> {
        let at = self.valid(self.end_of(ast, segment, head))?;
        let left = self.until(at, |c| c == open)?;
        Some(Anchors { left, right: self.end_of(ast, segment, whole) })
    }
}

/// Is anything but the marked part on the lines? A returned or assigned call needs no marks.
fn show_carets(lines: &[Line], start: usize, end: usize, has_anchors: bool) -> bool {
    let texts: Vec<String> = lines.iter().map(|line| line.iter().collect()).collect();
    let text = texts.join("\n");
    if let Outcome::Tree { ast, .. } = parse(&text, Mode::Module).outcome {
        let Some(statement) = ast.body.first() else { return false };
        let call = match &statement.kind {
            StmtKind::Return(Some(value)) => match ast.expr(*value) {
                Expr::Call(function, _) => {
                    matches!(ast.expr(*function), Expr::Name(_)).then_some(*value)
                }
                _ => None,
            },
            StmtKind::Assign { targets, value } => {
                let simple = matches!(ast.expr(*value), Expr::Call(..))
                    && matches!(targets[..], [target] if matches!(ast.expr(target), Expr::Name(_)));
                simple.then_some(*value)
            }
            _ => None,
        };
        if let Some(call) = call {
            let span = ast.span(call);
            let before = &text[..text.floor_char_boundary(span.start as usize)];
            let after = &text[text.floor_char_boundary(span.end as usize)..];
            let fills = !before.contains('\n')
                && before.chars().count() == start
                && !after.contains('\n')
                && lines[lines.len() - 1].len() - after.chars().count() == end;
            if fills {
                return false;
            }
        }
    }
    let is_text = |line: &[char]| line.iter().any(|c| !c.is_whitespace());
    has_anchors || is_text(&lines[0][..start]) || is_text(&lines[lines.len() - 1][end..])
}

/// The lines worth showing, each with its carets.
fn draw(
    lines: &[Line],
    start: usize,
    end: usize,
    anchors: Option<Anchors>,
    marked: bool,
) -> Vec<Line> {
    let mut shown = BTreeSet::from([0, lines.len() - 1]);
    let (mut primary, secondary) = ('^', '^');
    let (mut left, mut right) = ((0, 0), (0, 0));
    let has_anchors = anchors.is_some();
    if let Some(anchors) = anchors {
        let on_screen = |(line, column): (usize, usize)| {
            let column = if line == 0 { column + start } else { column };
            let line = line.min(lines.len() - 1);
            (line, width(&lines[line], column))
        };
        (left, right) = (on_screen(anchors.left), on_screen(anchors.right));
        primary = '~';
        for (line, _) in [left, right] {
            shown.extend(line.saturating_sub(1)..=(line + 1).min(lines.len() - 1));
        }
    }
    let first_column = width(&lines[0], start);
    let mut out = Vec::new();
    let line_with_carets = |number: usize, out: &mut Vec<Line>| {
        let line = &lines[number];
        out.push(line.clone());
        if !marked {
            return;
        }
        let is_last = number + 1 == lines.len();
        let count = width(line, if is_last { end } else { line.len() });
        let indent = line.iter().take_while(|c| c.is_whitespace()).count();
        let carets = (0..count).map(|column| {
            let at = (number, column);
            if column < indent || number == 0 && column < first_column {
                ' '
            } else if has_anchors && at >= left && at < right {
                secondary
            } else {
                primary
            }
        });
        out.push(carets.collect());
    };
    let mut previous: Option<usize> = None;
    for number in shown {
        match previous.map(|previous| number - previous) {
            Some(2) => line_with_carets(number - 1, &mut out),
            Some(gap) if gap > 2 => {
                out.push(format!("...<{} lines>...", gap - 1).chars().collect());
            }
            _ => {}
        }
        line_with_carets(number, &mut out);
        previous = Some(number);
    }
    out
}

/// Columns on screen that the first characters of a line take.
fn width(line: &[char], count: usize) -> usize {
    line.iter().take(count).map(|&c| if is_wide(c) { 2 } else { 1 }).sum::<usize>()
        + count.saturating_sub(line.len())
}

/// Does a character take two columns (East Asian Wide and Fullwidth, by block)?
fn is_wide(c: char) -> bool {
    matches!(u32::from(c),
        0x1100..=0x115F | 0x231A..=0x231B | 0x23E9..=0x23EC | 0x2614..=0x2615
        | 0x2648..=0x2653 | 0x26A1 | 0x26BD..=0x26BE | 0x26D4 | 0x2705 | 0x270A..=0x270B
        | 0x2728 | 0x274C | 0x2753..=0x2755 | 0x2795..=0x2797 | 0x2B50 | 0x2B55
        | 0x2E80..=0x303E | 0x3041..=0xA4CF | 0xA960..=0xA97C | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF | 0xFE10..=0xFE19 | 0xFE30..=0xFE6B | 0xFF01..=0xFF60
        | 0xFFE0..=0xFFE6 | 0x16FE0..=0x18CFF | 0x1AFF0..=0x1B2FF | 0x1F004 | 0x1F0CF
        | 0x1F18E | 0x1F191..=0x1F19A | 0x1F200..=0x1F320 | 0x1F32D..=0x1F335
        | 0x1F337..=0x1F37C | 0x1F37E..=0x1F393 | 0x1F3A0..=0x1F3CA | 0x1F3CF..=0x1F3D3
        | 0x1F3E0..=0x1F3F0 | 0x1F3F4 | 0x1F3F8..=0x1F43E | 0x1F440 | 0x1F442..=0x1F4FC
        | 0x1F4FF..=0x1F53D | 0x1F54B..=0x1F54E | 0x1F550..=0x1F567 | 0x1F57A
        | 0x1F595..=0x1F596 | 0x1F5A4 | 0x1F5FB..=0x1F64F | 0x1F680..=0x1F6C5 | 0x1F6CC
        | 0x1F6D0..=0x1F6D2 | 0x1F6D5..=0x1F6DF | 0x1F6EB..=0x1F6FC | 0x1F7E0..=0x1F7EB
        | 0x1F90C..=0x1F9FF | 0x1FA70..=0x1FAFF | 0x20000..=0x3FFFD)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, columns: (u32, u32)) -> String {
        let lines = text.lines().count() as u32;
        let (column, end_column) = columns;
        let place = LineEntry { word: 0, line: 1, end_line: lines, column, end_column };
        excerpt(&Source::new("x", text), &place)
    }

    #[test]
    fn operators_and_brackets_stand_out() {
        assert_eq!(shown("  a = 1 / 0", (6, 11)), "    a = 1 / 0\n        ~~^~~\n");
        assert_eq!(shown("print(d['k'])", (6, 12)), "    print(d['k'])\n          ~^^^^^\n");
        assert_eq!(shown("g(f(1), 2)", (2, 6)), "    g(f(1), 2)\n      ~^^^\n");
    }

    #[test]
    fn a_whole_line_is_not_marked() {
        assert_eq!(shown("raise ValueError", (0, 16)), "    raise ValueError\n");
        assert_eq!(shown("return f(x)", (7, 11)), "    return f(x)\n");
    }

    #[test]
    fn long_spans_are_abbreviated() {
        let text = "f(\n    1,\n    2,\n    3,\n    4,\n)";
        let drawn = shown(text, (0, 1));
        assert!(drawn.contains("...<2 lines>..."), "{drawn}");
    }
}
