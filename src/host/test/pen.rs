//! Comments written into a script: at the end of the line that prints, or on lines of their own
//! below it, without a change to anything else.

use std::ops::Range;

use super::expect::{Expected, How, Line, Place, Raised};
use super::judge;
use super::lines::together;
use super::notes::{Printed, Problem};
use super::places::{self, Item};
use super::sheet::{Sheet, SpotKind};
use crate::syntax::comments::comments;

/// Is this where the exception may have come from?
pub fn claims(raised: &Raised, problem: &Problem) -> bool {
    problem.lines.is_empty() || problem.lines.iter().any(|line| raised.lines.contains(line))
}

pub struct Pen<'t> {
    text: &'t str,
    newline: &'t str,
    sheet: Sheet,
    /// Where physical lines begin.
    starts: Vec<usize>,
    /// What stands there, and what is to stand there.
    edits: Vec<(Range<usize>, String)>,
    /// Lines that end with a comment, or are about to.
    taken: Vec<usize>,
}

impl<'t> Pen<'t> {
    pub fn new(text: &'t str) -> Pen<'t> {
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts: Vec<usize> = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        let line_of = |at: usize| starts.partition_point(|&start| start <= at);
        let behind = comments(text).into_iter().filter(|comment| !comment.alone);
        let taken = behind.map(|comment| line_of(comment.span.start as usize)).collect();
        Pen { text, newline, sheet: Sheet::new(text), starts, edits: Vec::new(), taken }
    }

    pub fn replace(&mut self, span: Range<usize>, with: String) {
        self.edits.push((span, with));
    }

    /// The number that a line will have.
    pub fn renumbered(&self, line: usize) -> usize {
        let Some(&start) = line.checked_sub(1).and_then(|line| self.starts.get(line)) else {
            return line;
        };
        let above = self.edits.iter().filter(|(span, _)| span.start <= start);
        let (more, less) = above.fold((0, 0), |(more, less), (span, with)| {
            let lines = |text: &str| text.matches('\n').count();
            (more + lines(with), less + lines(&self.text[span.clone()]))
        });
        line + more - less
    }

    /// The text with all changes.
    pub fn written(self) -> String {
        // From the end, so that places stay what they are; of two at one place the later goes first.
        let mut ordered: Vec<_> = self.edits.into_iter().enumerate().collect();
        ordered.sort_by_key(|(nth, (span, _))| (span.start, span.end, *nth));
        let mut new = self.text.to_owned();
        for (_, (span, with)) in ordered.into_iter().rev() {
            new.replace_range(span, &with);
        }
        new
    }

    // ---- lines of output

    pub fn output(
        &mut self,
        expected: &Expected,
        found: &[String],
        printed: &[Printed],
    ) -> Result<(), String> {
        let mut items = places::arrange(&self.sheet, &expected.lines, found, printed)?;
        let lines = &expected.lines;
        sort_groups(lines, &mut items);
        // Where rows have comments, or are to get some; `None` is above all rows.
        let mut rows: Vec<Option<usize>> = lines.iter().map(|line| self.row_of(line)).collect();
        rows.extend(items.iter().map(|item| item.row));
        rows.sort();
        rows.dedup();
        for row in rows {
            let old: Vec<usize> =
                (0..lines.len()).filter(|&at| self.row_of(&lines[at]) == row).collect();
            let new: Vec<&Item> = items.iter().filter(|item| item.row == row).collect();
            self.below_row(row, expected, &old, &new);
        }
        Ok(())
    }

    fn row_of(&self, line: &Line) -> Option<usize> {
        self.sheet.row_of(line.comment.line)
    }

    /// The comments of a row: those that stay are left where they are, others are written over
    /// those that go, as far as there are such between the same neighbours.
    fn below_row(&mut self, row: Option<usize>, expected: &Expected, old: &[usize], new: &[&Item]) {
        let lines = &expected.lines;
        let stays = |item: &Item| item.comment.map(|(at, _)| at).filter(|at| old.contains(at));
        let said = |item: &Item| match item.comment {
            Some((at, true)) => marked(lines[at].how, &lines[at].text),
            Some((at, false)) if lines[at].how == How::AnyOrder => {
                marked(How::AnyOrder, &item.text)
            }
            _ if item.joins => marked(How::AnyOrder, &item.text),
            _ => marked(How::Exactly, &item.text),
        };
        // Empty ones on lines of their own only ask for what is printed.
        let asks = |&at: &usize| lines[at].text.is_empty() && lines[at].comment.alone;
        if old.iter().all(asks) && !new.iter().any(|item| stays(item).is_some()) {
            for &at in old {
                self.replace(self.whole(&lines[at].comment), String::new());
            }
            self.first(row, expected, new, &said);
            return;
        }
        let (mut next, mut at) = (0, 0);
        // Behind the last comment that has been dealt with new ones are put.
        let mut last: Option<&Place> = None;
        while at < new.len() || next < old.len() {
            // A run of new ones up to one that stays.
            let run: Vec<&Item> =
                new[at..].iter().copied().take_while(|item| stays(item).is_none()).collect();
            let stayer = new.get(at + run.len()).copied();
            let until = stayer.and_then(stays);
            let until = until.and_then(|until| old.iter().position(|&o| o == until));
            let (goes, kept) = (&old[next..until.unwrap_or(old.len())], until.map(|at| old[at]));
            let mut left = run.iter();
            for &old in goes {
                let comment = &lines[old].comment;
                match left.next() {
                    Some(item) => {
                        self.replace(comment.span.clone(), said(item));
                        last = Some(comment);
                    }
                    None => self.replace(self.whole(comment), String::new()),
                }
            }
            let more: Vec<String> = left.map(|item| said(item)).collect();
            let kept = kept.map(|at| &lines[at].comment);
            let mut text = stayer.filter(|_| kept.is_some()).map(said);
            match (last, kept) {
                (_, _) if more.is_empty() => {}
                (Some(place), _) => self.below(place, &more),
                // What stays stands behind the line that prints: it makes room.
                (None, Some(place)) if !place.alone => {
                    let mut more = more.into_iter();
                    let first = more.next().expect("there are some");
                    let more: Vec<String> = more.chain(text.take()).collect();
                    self.replace(place.span.clone(), first);
                    self.below(place, &more);
                }
                (None, Some(place)) => self.above(place, &more),
                // All that stood there is gone.
                (None, None) => unreachable!("something has been written over"),
            }
            if let (Some(place), Some(item), Some(text)) = (kept, stayer, text)
                && item.comment.is_some_and(|(_, says)| !says)
            {
                self.replace(place.span.clone(), text);
            }
            last = kept.or(last);
            at += run.len() + usize::from(stayer.is_some());
            next = until.map_or(old.len(), |at| at + 1);
        }
    }

    /// The first comments of a row.
    fn first(
        &mut self,
        row: Option<usize>,
        expected: &Expected,
        new: &[&Item],
        said: &dyn Fn(&Item) -> String,
    ) {
        if new.is_empty() {
            return;
        }
        let Some(row) = row else {
            let texts: Vec<String> = new.iter().map(|item| said(item)).collect();
            self.insert(0, self.indented("", &texts));
            return;
        };
        let line = self.sheet.rows[row].last;
        let is_own = |item: &Item| item.spot.is_none_or(|spot| spot.kind == SpotKind::Own);
        if let [item] = new
            && is_own(item)
            && !self.taken.contains(&line)
        {
            self.behind(line, &said(item));
            return;
        }
        // Lines of a message that belong together are not to be parted.
        let places = expected.raised.iter().flat_map(|raised| &raised.comments);
        let last = places.map(|place| place.line).filter(|&at| self.sheet.row_of(at) == Some(row));
        let at = self.line_end(last.max().unwrap_or(line).max(line));
        let mut text = String::new();
        for item in new {
            let head = match item.spot {
                Some(spot) if spot.kind != SpotKind::Own => spot.head,
                _ => row + usize::from(self.sheet.rows[row].opens),
            };
            let indent = self.indentation(self.sheet.rows[head].first);
            text += &self.indented(indent, &[said(item)]);
        }
        self.insert(at, text);
    }

    // ---- exceptions and diagnostics

    /// Those that came in place of those that were expected.
    pub fn problems(&mut self, expected: &Expected, found: &[Problem]) {
        let mut told: Vec<&Problem> = Vec::new();
        for raised in &expected.raised {
            match found.iter().find(|problem| claims(raised, problem)) {
                Some(problem) => {
                    told.push(problem);
                    self.says_now(raised, problem);
                }
                None => {
                    for comment in &raised.comments {
                        self.replace(self.whole(comment), String::new());
                    }
                }
            }
        }
        for problem in found {
            let is_told = told.iter().any(|other| std::ptr::eq(*other, problem));
            let Some(&line) = problem.lines.last() else { continue };
            if !is_told && problem.ends_it() && expected.directives.exit.is_none() {
                self.raised(line, &problem.text);
            }
        }
    }

    fn says_now(&mut self, raised: &Raised, problem: &Problem) {
        if judge::says(problem, &raised.text) {
            return;
        }
        let (first, rest) = raised.comments.split_first().expect("at least one");
        let mut lines = problem.text.lines();
        let indent = self.indentation(first.line);
        let mut said = comment("#!", lines.next().unwrap_or_default());
        for line in lines {
            said += &format!("{}{indent}{}", self.newline, comment("#!", line));
        }
        self.replace(first.span.clone(), said);
        for comment in rest {
            self.replace(self.whole(comment), String::new());
        }
    }

    /// An exception that is told at the end of its line, and below it if it needs more.
    fn raised(&mut self, line: usize, text: &str) {
        let row = self.sheet.row_of(line).map(|row| &self.sheet.rows[row]);
        let (first, line) = row.map_or((line, line), |row| (row.first, row.last.max(line)));
        let mut said: Vec<String> = text.lines().map(|line| comment("#!", line)).collect();
        if said.is_empty() {
            said.push(comment("#!", ""));
        }
        if !self.taken.contains(&line) {
            self.behind(line, &said.remove(0));
        }
        let said = self.indented(self.indentation(first), &said);
        self.insert(self.line_end(line), said);
    }

    // ---- places

    /// Writes at the end of a line, before the blanks that it may end with.
    fn behind(&mut self, line: usize, said: &str) {
        let start = self.starts[line - 1];
        let bare = start + self.text[start..self.line_end(line)].trim_end().len();
        self.replace(bare..bare, format!("  {said}"));
        self.taken.push(line);
    }

    /// A comment with the blanks before it, or its whole line.
    fn whole(&self, place: &Place) -> Range<usize> {
        let before = &self.text[..place.span.start];
        let start = before.trim_end_matches([' ', '\t']).len();
        if !place.alone {
            return start..place.span.end;
        }
        start..self.line_end(place.line)
    }

    /// Where the line behind a line begins.
    fn line_end(&self, line: usize) -> usize {
        self.starts.get(line).copied().unwrap_or(self.text.len())
    }

    fn indentation(&self, line: usize) -> &'t str {
        let line = &self.text[self.starts[line - 1]..];
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    fn indented(&self, indent: &str, said: &[String]) -> String {
        said.iter().map(|said| format!("{indent}{said}{}", self.newline)).collect()
    }

    /// Comments on lines of their own below a comment.
    fn below(&mut self, place: &Place, said: &[String]) {
        let said = self.indented(self.indentation(place.line), said);
        self.insert(self.line_end(place.line), said);
    }

    fn above(&mut self, place: &Place, said: &[String]) {
        let said = self.indented(self.indentation(place.line), said);
        self.insert(self.starts[place.line - 1], said);
    }

    /// New lines where a line begins, or behind a last line without an end.
    fn insert(&mut self, at: usize, said: String) {
        if said.is_empty() {
            return;
        }
        if at == 0 || self.text[..at].ends_with('\n') {
            self.replace(at..at, said);
        } else {
            let said = said.strip_suffix(self.newline).unwrap_or(&said);
            self.replace(at..at, format!("{}{said}", self.newline));
        }
    }
}

/// Lines in any order stand as they stood, not as they were printed. New ones among them join them.
fn sort_groups(lines: &[Line], items: &mut [Item]) {
    let group = |item: &Item| {
        let (at, _) = item.comment.filter(|&(at, _)| lines[at].how == How::AnyOrder)?;
        let joined = |&other: &usize| {
            lines[other].how == How::AnyOrder && together(&lines[other..]).len() + other > at
        };
        (0..=at).rev().take_while(joined).last()
    };
    let groups: Vec<Option<usize>> = items.iter().map(group).collect();
    let mut at = 0;
    while at < items.len() {
        let last = groups.iter().rposition(|other| *other == groups[at]).unwrap_or(at);
        if groups[at].is_none() {
            at += 1;
            continue;
        }
        let members = &mut items[at..=last];
        let row = members[0].row;
        for new in members.iter_mut().filter(|item| item.comment.is_none()) {
            (new.row, new.spot, new.joins) = (row, None, true);
        }
        members.sort_by_key(|item| (item.joins, item.comment.map(|(at, _)| at)));
        at = last + 1;
    }
}

fn marked(how: How, text: &str) -> String {
    let mark = match how {
        How::Exactly => "#>",
        How::Pattern => "#>~",
        How::AnyOrder => "#>*",
    };
    comment(mark, text)
}

fn comment(mark: &str, text: &str) -> String {
    format!("{mark} {text}").trim_end().to_owned()
}
