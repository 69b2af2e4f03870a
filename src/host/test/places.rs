//! Where in a script each line of its output is to be expected.
//!
//! Comments that say what was printed stay where they are; others belong to the line that prints,
//! or, where that cannot be because all comments together and in order are the output, to the
//! loop around it or to the call.

use std::collections::HashMap;

use super::diff;
use super::expect::{How, Line};
use super::lines;
use super::notes::Printed;
use super::pattern;
use super::sheet::{Sheet, Spot, SpotKind};

/// A line of output, and where its comment belongs.
pub struct Item {
    pub text: String,
    /// The comment that it takes, and whether that says it already.
    pub comment: Option<(usize, bool)>,
    /// Below which row; `None` above all rows.
    pub row: Option<usize>,
    /// The place of a new comment, if it is known.
    pub spot: Option<Spot>,
    /// It is new among lines that come in any order.
    pub joins: bool,
}

/// The places of all lines, in order.
pub fn arrange(
    sheet: &Sheet,
    expected: &[Line],
    found: &[String],
    printed: &[Printed],
) -> Result<Vec<Item>, String> {
    let origins = origins(sheet, found, printed);
    let rows: Vec<Option<usize>> =
        expected.iter().map(|line| sheet.row_of(line.comment.line)).collect();
    let taken = align(expected, &rows, found, &origins)?;
    let mut pieces: Vec<Piece> = Vec::new();
    for ((text, spots), comment) in found.iter().zip(origins).zip(taken) {
        let fixed = comment.map(|(at, _)| rows[at]);
        let is_own = fixed.is_some_and(|row| belongs(row, &spots));
        let moves = comment.is_some_and(|(at, _)| expected[at].how != How::AnyOrder);
        pieces.push(Piece { text, comment, spots, fixed, is_own, moves, level: 0, lost: false });
    }
    follow(&mut pieces);
    settle(&mut pieces);
    let mut items: Vec<Item> = Vec::new();
    for piece in &pieces {
        let spot = if piece.fixed.is_some() || piece.lost { None } else { piece.spot() };
        let row = match (piece.fixed, spot) {
            (Some(row), _) => Some(row),
            (None, Some(spot)) => Some(Some(spot.row)),
            (None, None) => items.last().map(|item| item.row),
        };
        let row = row.or_else(|| pieces.iter().find_map(|other| other.fixed));
        let row = row.unwrap_or_else(|| sheet.rows.len().checked_sub(1));
        items.push(Item {
            text: piece.text.clone(),
            comment: piece.comment,
            row,
            spot,
            joins: false,
        });
    }
    Ok(items)
}

/// The places that each line of the output may have.
fn origins(sheet: &Sheet, found: &[String], printed: &[Printed]) -> Vec<Vec<Spot>> {
    // A line belongs to what has ended it.
    let (mut texts, mut owners) = (vec![String::new()], vec![None]);
    for (at, piece) in printed.iter().enumerate() {
        for part in piece.text.split_inclusive('\n') {
            texts.last_mut().expect("there is one").push_str(part);
            *owners.last_mut().expect("there is one") = Some(at);
            if part.ends_with('\n') {
                texts.push(String::new());
                owners.push(None);
            }
        }
    }
    let texts = texts.iter().map(|text| text.trim_end().to_owned());
    let (texts, owners): (Vec<String>, Vec<usize>) =
        texts.zip(owners).filter_map(|(text, owner)| Some((text, owner?))).unzip();
    let last = printed.iter().rposition(|piece| piece.in_module);
    let spots = |owner: usize| {
        let mut spots = sheet.spots(&printed[owner].lines);
        if last.is_none_or(|last| owner > last) {
            spots.extend(sheet.end());
        }
        spots
    };
    let mut origins = vec![Vec::new(); found.len()];
    // Some of it may have gone other ways than by `sys.stdout`.
    for diff::Step { old, new, .. } in diff::steps(&texts, found) {
        for (old, new) in old.zip(new) {
            origins[new] = spots(owners[old]);
        }
    }
    origins
}

/// May a comment below a row be about this?
fn belongs(row: Option<usize>, spots: &[Spot]) -> bool {
    spots.is_empty() || row.is_some_and(|row| spots.iter().any(|spot| spot.row == row))
}

// ---- which comment is about which line

/// More pairs of lines and comments than this are compared as a diff does.
const MANY: usize = 4_000_000;

/// What a change costs. To leave comments where they are is cheapest if they are about the line
/// that prints; else it is still cheaper than to write them anew.
mod cost {
    pub const ADDED: u32 = 10;
    pub const REMOVED: u32 = 10;
    /// An empty comment may stand for all that is to come.
    pub const REMOVED_EMPTY: u32 = 2;
    pub const CHANGED_EMPTY: u32 = 13;
    pub const KEPT_ELSEWHERE: u32 = 9;
    pub const CHANGED: u32 = 10;
    pub const CHANGED_ELSEWHERE: u32 = 19;
}

/// For each line of output the comment that it keeps or changes, and whether it keeps it.
fn align(
    expected: &[Line],
    rows: &[Option<usize>],
    found: &[String],
    origins: &[Vec<Spot>],
) -> Result<Vec<Option<(usize, bool)>>, String> {
    let wanted = lines::as_found(expected, found)?;
    let texts: Vec<String> = wanted.iter().map(|wanted| wanted.text.clone()).collect();
    let mut taken = vec![None; found.len()];
    if texts == found {
        for (line, wanted) in taken.iter_mut().zip(&wanted) {
            *line = Some((wanted.index, true));
        }
        return Ok(taken);
    }
    if texts.len().saturating_mul(found.len()) > MANY {
        for diff::Step { old, new, same } in diff::steps(&texts, found) {
            for (old, new) in old.zip(new) {
                taken[new] = Some((wanted[old].index, same));
            }
        }
        return Ok(taken);
    }
    let mut known: HashMap<(usize, usize), bool> = HashMap::new();
    let mut says = |old: usize, new: usize| -> Result<bool, String> {
        let line = &expected[wanted[old].index];
        if line.how != How::Pattern || texts[old] == found[new] {
            return Ok(texts[old] == found[new]);
        }
        if let Some(&known) = known.get(&(old, new)) {
            return Ok(known);
        }
        let fits = pattern::matches(&line.text, &found[new])?;
        known.insert((old, new), fits);
        Ok(fits)
    };
    let removed = |old: usize| match texts[old].is_empty() {
        true => cost::REMOVED_EMPTY,
        false => cost::REMOVED,
    };
    let mut pair = |old: usize, new: usize| -> Result<(u32, bool), String> {
        let is_own = belongs(rows[wanted[old].index], &origins[new]);
        Ok(match (says(old, new)?, is_own) {
            (true, true) => (0, true),
            (true, false) => (cost::KEPT_ELSEWHERE, true),
            (false, true) if texts[old].is_empty() && expected[wanted[old].index].comment.alone => {
                (cost::CHANGED_EMPTY, false)
            }
            (false, true) => (cost::CHANGED, false),
            (false, false) if texts[old].is_empty() => (u32::MAX / 2, false),
            (false, false) => (cost::CHANGED_ELSEWHERE, false),
        })
    };
    let width = found.len() + 1;
    let mut costs = vec![0u32; (texts.len() + 1) * width];
    for old in (0..=texts.len()).rev() {
        for new in (0..=found.len()).rev() {
            let mut best = u32::MAX / 2;
            if old < texts.len() {
                best = best.min(costs[(old + 1) * width + new] + removed(old));
            }
            if new < found.len() {
                best = best.min(costs[old * width + new + 1] + cost::ADDED);
            }
            if old < texts.len() && new < found.len() {
                best = best.min(costs[(old + 1) * width + new + 1] + pair(old, new)?.0);
            }
            costs[old * width + new] =
                if old == texts.len() && new == found.len() { 0 } else { best };
        }
    }
    let (mut old, mut new) = (0, 0);
    while old < texts.len() && new < found.len() {
        let here = costs[old * width + new];
        let (price, kept) = pair(old, new)?;
        if here == costs[(old + 1) * width + new + 1] + price {
            taken[new] = Some((wanted[old].index, kept));
            (old, new) = (old + 1, new + 1);
        } else if here == costs[(old + 1) * width + new] + removed(old) {
            old += 1;
        } else {
            new += 1;
        }
    }
    Ok(taken)
}

// ---- where new comments go

struct Piece<'f> {
    text: &'f String,
    comment: Option<(usize, bool)>,
    /// Innermost first.
    spots: Vec<Spot>,
    /// Its comment stands there.
    fixed: Option<Option<usize>>,
    /// … where one about this line would.
    is_own: bool,
    /// It may be moved.
    moves: bool,
    /// Which of the spots is tried.
    level: usize,
    /// None of the spots will do, or there are none: it goes where the line before it goes.
    lost: bool,
}

/// A place in the order of the sheet; a comment that stands there is at any rank.
type Key = (Option<usize>, Option<usize>);

fn in_order(a: Key, b: Key) -> bool {
    match (a, b) {
        ((row, Some(rank)), (other, Some(second))) => (row, rank) <= (other, second),
        ((row, _), (other, _)) => row <= other,
    }
}

impl Piece<'_> {
    fn spot(&self) -> Option<Spot> {
        self.spots.get(self.level).copied()
    }

    fn key(&self, level: usize) -> Key {
        match self.fixed {
            Some(row) => (row, None),
            None => (Some(self.spots[level].row), Some(self.spots[level].rank)),
        }
    }

    /// The levels that it may take, from the present one on, if it is not to be behind, or before,
    /// what stands about `head`. Blocks that are no loops change no order, but for what their own
    /// heads print.
    fn levels(&self, head: Option<usize>) -> Vec<usize> {
        if self.fixed.is_some() {
            return vec![0];
        }
        let own = self.spots[self.level].head;
        let last = self.spots.len() - 1;
        let fits = |&level: &usize| {
            let spot = &self.spots[level];
            level == self.level
                || level == last
                || spot.kind != SpotKind::Block
                || spot.head == own
                || Some(spot.head) == head
        };
        (self.level..=last).filter(fits).collect()
    }
}

/// Where comments have been put together, not where something is printed, new ones join them.
fn follow(pieces: &mut [Piece]) {
    let elsewhere = |piece: &Piece| piece.fixed.is_some() && !piece.is_own;
    for at in 0..pieces.len() {
        let (before, after) = (&pieces[..at], &pieces[at..]);
        let before = before.iter().rev().find(|piece| piece.fixed.is_some());
        let after = after.iter().find(|piece| piece.fixed.is_some());
        let joins = after.is_some_and(elsewhere) && before.is_none_or(elsewhere);
        pieces[at].lost |= pieces[at].fixed.is_none() && (joins || pieces[at].spots.is_empty());
    }
}

/// Goes outwards until the places are in order.
fn settle(pieces: &mut [Piece]) {
    loop {
        let known: Vec<usize> = (0..pieces.len()).filter(|&at| !pieces[at].lost).collect();
        let wrong = known.windows(2).find(|pair| {
            let [a, b] = [&pieces[pair[0]], &pieces[pair[1]]];
            !in_order(a.key(a.level), b.key(b.level))
        });
        let Some(&[a, b]) = wrong else { return };
        let heads = [a, b].map(|at| pieces[at].spot().filter(|_| pieces[at].fixed.is_none()));
        let heads = heads.map(|spot| spot.map(|spot| spot.head));
        let mut best: Option<(usize, usize, usize)> = None;
        for (x, left) in pieces[a].levels(heads[1]).into_iter().enumerate() {
            for (y, right) in pieces[b].levels(heads[0]).into_iter().enumerate() {
                let fits = in_order(pieces[a].key(left), pieces[b].key(right));
                if fits && best.is_none_or(|(steps, ..)| x + y < steps) {
                    best = Some((x + y, x, y));
                }
            }
        }
        match best {
            Some((_, x, y)) => {
                for (at, steps, other) in [(a, x, heads[1]), (b, y, heads[0])] {
                    if steps > 0 {
                        raise(pieces, at, other);
                    }
                }
            }
            None => give_way(pieces, a, b),
        }
    }
}

/// All that stands there goes outwards, to where each is next.
fn raise(pieces: &mut [Piece], at: usize, head: Option<usize>) {
    let Some(spot) = pieces[at].spot() else { return };
    for piece in pieces.iter_mut() {
        if piece.fixed.is_none()
            && !piece.lost
            && piece.spot() == Some(spot)
            && let Some(&next) = piece.levels(head).get(1)
        {
            piece.level = next;
        }
    }
}

/// There is no order for two neighbours: a comment that stands in the way is moved, with those
/// beside it; else a line goes where the one before it does.
fn give_way(pieces: &mut [Piece], a: usize, b: usize) {
    for at in [b, a] {
        let piece = &pieces[at];
        if let (Some(row), true, true) = (piece.fixed, piece.is_own, piece.moves)
            && !piece.spots.is_empty()
        {
            for other in pieces.iter_mut() {
                if other.fixed == Some(row)
                    && other.is_own
                    && other.moves
                    && !other.spots.is_empty()
                {
                    other.fixed = None;
                }
            }
            return;
        }
    }
    let free = if pieces[b].fixed.is_none() { b } else { a };
    pieces[free].lost = true;
}
