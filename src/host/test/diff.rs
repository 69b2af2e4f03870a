//! Differences between two lists of lines, and the only file that names similar.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices, group_diff_ops};

use super::style::{Style, Text};

/// Lines of context around a difference.
const CONTEXT: usize = 3;
/// A longer report helps nobody.
const MANY: usize = 60;

/// Lines of the one list that are, or become, lines of the other.
pub struct Step {
    pub old: Range<usize>,
    pub new: Range<usize>,
    pub same: bool,
}

/// What has to be done to `old` to make it `new`, in order.
pub fn steps(old: &[String], new: &[String]) -> Vec<Step> {
    let step = |op: DiffOp| Step {
        old: op.old_range(),
        new: op.new_range(),
        same: matches!(op, DiffOp::Equal { .. }),
    };
    changes(old, new).into_iter().map(step).collect()
}

fn changes(old: &[String], new: &[String]) -> Vec<DiffOp> {
    capture_diff_slices(Algorithm::Myers, old, new)
}

/// A unified diff, `-` for what was expected.
pub fn unified(expected: &[String], found: &[String]) -> Text {
    let mut text = Text::default();
    let mut count = 0;
    for group in group_diff_ops(changes(expected, found), CONTEXT) {
        let from = group.first().map_or(0, |op| op.old_range().start);
        text.line(Style::Dim, format!("@@ line {} @@", from + 1));
        for op in group {
            let (old, new) = (op.old_range(), op.new_range());
            if matches!(op, DiffOp::Equal { .. }) {
                for line in &expected[old] {
                    text.line(Style::Plain, format!("  {line}"));
                }
                continue;
            }
            let sides = [(Style::Removed, '-', &expected[old]), (Style::Added, '+', &found[new])];
            for (style, sign, lines) in sides {
                for line in lines {
                    count += 1;
                    if count <= MANY {
                        text.line(style, format!("{sign} {line}"));
                    }
                }
            }
        }
    }
    if count > MANY {
        text.line(Style::Dim, format!("... and {} more lines that differ", count - MANY));
    }
    text
}
