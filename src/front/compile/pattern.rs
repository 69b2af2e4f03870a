//! `match`: patterns become tests that jump to the next case.
//!
//! What a pattern captures stays in registers until the whole pattern has matched; only then are
//! the names bound. The subject is kept in a register of its own, because a failing guard may
//! have rebound the variable it came from.

use std::collections::HashSet;

use sloop_grammar::ast::*;
use sloop_grammar::diagnostic::Diagnostic;
use sloop_grammar::span::Span;

use crate::code::Const;
use crate::code::op::{Intrinsic, Op};

use super::Compiler;
use super::emit::{Label, Reg};

/// Subpatterns of one pattern: their count is an immediate operand.
const MAX_ITEMS: usize = 255;

/// Names captured so far, in order.
type Captures = Vec<(Ident, Reg)>;

impl<'a> Compiler<'a> {
    pub(super) fn match_(&mut self, match_: &'a Match) {
        let top = self.body.top;
        let subject = self.temp(match_.subject);
        let end = self.body.label();
        for (nth, case) in match_.cases.iter().enumerate() {
            let is_last = nth + 1 == match_.cases.len();
            if !is_last && case.guard.is_none() {
                self.check_refutable(&case.pattern);
            }
            let case_top = self.body.top;
            let fail = self.body.label();
            let mut captures = Captures::new();
            self.pattern(&case.pattern, subject, fail, &mut captures);
            for &(ident, register) in &captures {
                self.body.span = ident.span;
                let name = self.mangle(ident.name);
                self.store_name(name, register);
            }
            self.body.top = case_top;
            if let Some(guard) = case.guard {
                self.jump_if(guard, fail, false);
            }
            self.block(&case.body);
            if !is_last {
                self.body.jump(end);
            }
            self.body.bind(fail);
        }
        self.body.bind(end);
        self.body.top = top;
    }

    /// A pattern that always matches makes what follows unreachable.
    fn check_refutable(&mut self, pattern: &Pattern) {
        let Some((name, span)) = irrefutable(pattern) else {
            return;
        };
        let message = match name {
            None => "wildcard makes remaining patterns unreachable".to_string(),
            Some(name) => {
                let text = self.names.text(name);
                format!("name capture '{text}' makes remaining patterns unreachable")
            }
        };
        self.reports.add(
            Diagnostic::error("unreachable-pattern", span, message)
                .label(span, "this matches everything")
                .help("move it to the end, or compare with a dotted name or a literal"),
        );
    }

    fn pattern(
        &mut self,
        pattern: &'a Pattern,
        subject: Reg,
        fail: Label,
        captures: &mut Captures,
    ) {
        self.body.span = pattern.span;
        match &pattern.kind {
            PatternKind::Wildcard => {}
            PatternKind::Capture(ident) => self.capture_pattern(*ident, subject, captures),
            PatternKind::Value(value) => self.scoped(|this| {
                if let Some(number) = this.small_int(*value) {
                    this.body.branch(Op::JNotEqI, subject, number as u16, fail);
                    return;
                }
                let value = this.operand(*value, false);
                this.body.span = pattern.span;
                this.body.branch(Op::JNotEq, subject, value, fail);
            }),
            PatternKind::Singleton(value) => self.scoped(|this| {
                if matches!(this.ast.expr(*value), Expr::None) {
                    this.body.branch(Op::JNotNone, subject, 0, fail);
                    return;
                }
                let value = this.operand(*value, false);
                this.body.branch(Op::JIsNot, subject, value, fail);
            }),
            PatternKind::As(inner, ident) => {
                self.pattern(inner, subject, fail, captures);
                self.capture_in(*ident, subject, captures, pattern.span);
            }
            PatternKind::Or(alternatives) => {
                self.or_pattern(pattern, alternatives, subject, fail, captures);
            }
            PatternKind::Sequence(items) => {
                self.sequence_pattern(pattern, items, subject, fail, captures);
            }
            // Handled by the sequence around.
            PatternKind::Star(_) => {}
            PatternKind::Mapping(mapping) => {
                let MappingPattern { items, rest } = &**mapping;
                self.mapping_pattern(pattern, items, *rest, subject, fail, captures);
            }
            PatternKind::Class(parts) => {
                let ClassPattern { class, positional, keywords } = &**parts;
                let parts = (*class, &positional[..], &keywords[..]);
                self.class_pattern(pattern, parts, subject, fail, captures);
            }
        }
    }

    fn capture_pattern(&mut self, ident: Ident, subject: Reg, captures: &mut Captures) {
        self.capture_in(ident, subject, captures, ident.span);
    }

    fn capture_in(&mut self, ident: Ident, subject: Reg, captures: &mut Captures, whole: Span) {
        if let Some((first, _)) = captures.iter().find(|(known, _)| known.name == ident.name) {
            let text = self.names.text(ident.name).to_string();
            let first = first.span;
            self.reports.add(
                Diagnostic::error(
                    "pattern-name-repeated",
                    whole,
                    format!("multiple assignments to name '{text}' in pattern"),
                )
                .label(first, "bound here")
                .label(ident.span, "and here again")
                .help("compare the two in a guard: `if a == b`"),
            );
            return;
        }
        captures.push((ident, subject));
    }

    fn or_pattern(
        &mut self,
        pattern: &Pattern,
        alternatives: &'a [Pattern],
        subject: Reg,
        fail: Label,
        captures: &mut Captures,
    ) {
        let Some((last, others)) = alternatives.split_last() else {
            return;
        };
        for other in others {
            self.check_refutable(other);
        }
        if others.iter().any(|other| irrefutable(other).is_some()) {
            return;
        }
        // Every alternative leaves its captures in the same registers.
        let mut names = Vec::new();
        bound_names(&alternatives[0], &mut names);
        let homes = self.body.alloc_run(names.len() as u32);
        let done = self.body.label();
        for alternative in alternatives {
            let top = self.body.top;
            let is_last = std::ptr::eq(alternative, last);
            let next = match is_last {
                true => fail,
                false => self.body.label(),
            };
            let mut own = Captures::new();
            self.pattern(alternative, subject, next, &mut own);
            let is_same = own.len() == names.len()
                && own.iter().all(|(ident, _)| names.iter().any(|known| known.name == ident.name));
            if !is_same {
                self.reports.add(
                    Diagnostic::error(
                        "pattern-alternatives",
                        pattern.span,
                        "alternative patterns bind different names",
                    )
                    .label(alternative.span, "this one differs from the first"),
                );
                return;
            }
            for (ident, register) in own {
                let nth = names.iter().position(|known| known.name == ident.name);
                let home = homes + nth.unwrap_or(0) as Reg;
                self.body.mov(home, register);
            }
            self.body.top = top;
            if !is_last {
                self.body.jump(done);
                self.body.bind(next);
            }
        }
        self.body.bind(done);
        for (nth, ident) in names.into_iter().enumerate() {
            self.capture_pattern(ident, homes + nth as Reg, captures);
        }
    }

    fn sequence_pattern(
        &mut self,
        pattern: &Pattern,
        items: &'a [Pattern],
        subject: Reg,
        fail: Label,
        captures: &mut Captures,
    ) {
        let mut stars = items
            .iter()
            .enumerate()
            .filter(|(_, item)| matches!(item.kind, PatternKind::Star(_)))
            .map(|(nth, _)| nth);
        let star = stars.next();
        if stars.next().is_some() {
            self.error("two-stars", pattern.span, "multiple starred names in sequence pattern");
            return;
        }
        if items.len() > MAX_ITEMS {
            self.error(
                "too-many-patterns",
                pattern.span,
                "too many expressions in star-unpacking sequence pattern",
            );
            return;
        }
        let test = self.body.alloc();
        self.body.emit(Op::MatchSequence, test, subject, 0);
        self.jump_if_true(test, fail, false);
        let least = items.len() - usize::from(star.is_some());
        if star.is_none() || least > 0 {
            self.body.emit(Op::MatchLen, test, subject, 0);
            let op = match star {
                None => Op::JNotEqI,
                Some(_) => Op::JNotGeI,
            };
            self.body.branch(op, test, least as u16, fail);
        }
        if items.iter().all(is_wildcard) {
            return;
        }
        match star {
            None => {
                let run = self.body.alloc_run(items.len() as u32);
                self.body.emit(Op::Unpack, subject, run, items.len() as u16);
                for (nth, item) in items.iter().enumerate() {
                    self.pattern(item, run + nth as Reg, fail, captures);
                }
            }
            Some(star) if is_wildcard(&items[star]) => {
                self.items_around_star(items, star, subject, test, fail, captures);
            }
            Some(star) => {
                let run = self.body.alloc_run(items.len() as u32);
                let count = star as u16 | ((items.len() - star - 1) as u16) << 8;
                self.body.emit(Op::UnpackEx, subject, run, count);
                for (nth, item) in items.iter().enumerate() {
                    let register = run + nth as Reg;
                    match &item.kind {
                        PatternKind::Star(Some(ident)) => {
                            self.capture_pattern(*ident, register, captures);
                        }
                        _ => self.pattern(item, register, fail, captures),
                    }
                }
            }
        }
    }

    /// With `*_` the items are looked up one by one, and no list is made of the rest. R[length]
    /// is the length of the subject.
    fn items_around_star(
        &mut self,
        items: &'a [Pattern],
        star: usize,
        subject: Reg,
        length: Reg,
        fail: Label,
        captures: &mut Captures,
    ) {
        for (nth, item) in items.iter().enumerate() {
            if is_wildcard(item) {
                continue;
            }
            let register = self.body.alloc();
            self.body.span = item.span;
            if nth < star {
                self.body.emit(Op::GetItemI, register, subject, nth as u16);
            } else {
                let from_end = (items.len() - nth) as u16;
                self.body.emit(Op::SubI, register, length, from_end);
                self.body.emit(Op::GetItem, register, subject, register);
            }
            self.pattern(item, register, fail, captures);
        }
    }

    fn mapping_pattern(
        &mut self,
        pattern: &Pattern,
        items: &'a [(ExprId, Pattern)],
        rest: Option<Ident>,
        subject: Reg,
        fail: Label,
        captures: &mut Captures,
    ) {
        if items.len() > MAX_ITEMS {
            self.error(
                "too-many-patterns",
                pattern.span,
                "too many sub-patterns in mapping pattern",
            );
            return;
        }
        self.check_keys(pattern.span, items);
        let test = self.body.alloc();
        self.body.emit(Op::MatchMapping, test, subject, 0);
        self.jump_if_true(test, fail, false);
        let keys = self.body.alloc();
        if !items.is_empty() {
            self.body.emit(Op::MatchLen, test, subject, 0);
            self.body.branch(Op::JNotGeI, test, items.len() as u16, fail);
            self.scoped(|this| {
                let ids: Vec<ExprId> = items.iter().map(|(key, _)| *key).collect();
                let first = this.run(&ids);
                this.body.span = pattern.span;
                this.body.emit(Op::BuildTuple, keys, first, items.len() as u16);
            });
            self.body.emit(Op::MatchKeys, test, subject, keys);
            self.body.branch(Op::JNone, test, 0, fail);
            let run = self.body.alloc_run(items.len() as u32);
            self.body.emit(Op::Unpack, test, run, items.len() as u16);
            for (nth, (_, item)) in items.iter().enumerate() {
                self.pattern(item, run + nth as Reg, fail, captures);
            }
        }
        if let Some(ident) = rest {
            let pair = self.body.alloc_run(2);
            self.body.span = ident.span;
            self.intrinsic(Intrinsic::CopyMapping, pair, subject, 1);
            if !items.is_empty() {
                self.body.mov(pair + 1, keys);
                self.intrinsic(Intrinsic::DropKeys, pair, pair, 2);
            }
            self.capture_pattern(ident, pair, captures);
        }
    }

    fn check_keys(&mut self, whole: Span, items: &[(ExprId, Pattern)]) {
        let mut seen = HashSet::new();
        for &(key, _) in items {
            let Some(value) = self.folded.value(self.ast, key) else {
                continue;
            };
            // Equal numbers are one key, whatever their type.
            let number = match &value {
                Const::True => Some(1.0),
                Const::False => Some(0.0),
                Const::Int(value) => Some(*value as f64).filter(|&f| f as i64 == *value),
                Const::Float(value) | Const::Complex(value, 0.0) => Some(*value),
                _ => None,
            };
            let text = match &value {
                Const::Str(text) => format!("'{}'", String::from_utf8_lossy(text)),
                Const::Int(value) => value.to_string(),
                Const::True => "True".into(),
                Const::False => "False".into(),
                Const::None => "None".into(),
                Const::Float(value) => format!("{value:?}"),
                Const::Complex(_, imaginary) if number.is_some() => format!("{imaginary}j"),
                other => format!("{other:?}"),
            };
            let same = number.map_or(text.clone(), |number| (number + 0.0).to_string());
            if !seen.insert((number.is_some(), same)) {
                let span = self.ast.span(key);
                self.reports.add(
                    Diagnostic::error(
                        "duplicate-key",
                        whole,
                        format!("mapping pattern checks duplicate key ({text})"),
                    )
                    .label(span, "checked before in the same pattern"),
                );
            }
        }
    }

    fn class_pattern(
        &mut self,
        pattern: &Pattern,
        (class, positional, keywords): (ExprId, &'a [Pattern], &'a [(Ident, Pattern)]),
        subject: Reg,
        fail: Label,
        captures: &mut Captures,
    ) {
        let count = positional.len() + keywords.len();
        if count > MAX_ITEMS {
            self.error("too-many-patterns", pattern.span, "too many sub-patterns in class pattern");
            return;
        }
        self.check_attributes(keywords);
        let found = self.body.alloc();
        self.scoped(|this| {
            let pair = this.body.alloc_run(2);
            this.expr_to(class, pair);
            let names = keywords
                .iter()
                .map(|(ident, _)| Const::text(this.names.text(ident.name)))
                .collect();
            this.body.span = pattern.span;
            this.body.load(pair + 1, Const::Tuple(names));
            let ext = positional.len() as u8;
            this.body.emit_ext(Op::MatchClass, ext, found, subject, pair);
        });
        self.body.branch(Op::JNone, found, 0, fail);
        if count == 0 {
            return;
        }
        let run = self.body.alloc_run(count as u32);
        self.body.emit(Op::Unpack, found, run, count as u16);
        let named = keywords.iter().map(|(_, item)| item);
        for (nth, item) in positional.iter().chain(named).enumerate() {
            self.pattern(item, run + nth as Reg, fail, captures);
        }
    }

    fn check_attributes(&mut self, keywords: &[(Ident, Pattern)]) {
        let mut seen: Vec<(Name, Span)> = Vec::new();
        for (ident, item) in keywords {
            if seen.iter().any(|&(known, _)| known == ident.name) {
                let text = self.names.text(ident.name).to_string();
                self.reports.add(
                    Diagnostic::error(
                        "attribute-repeated",
                        item.span,
                        format!("attribute name repeated in class pattern: {text}"),
                    )
                    .label(ident.span, "matched before in the same pattern"),
                );
            }
            seen.push((ident.name, ident.span));
        }
    }
}

fn is_wildcard(pattern: &Pattern) -> bool {
    matches!(pattern.kind, PatternKind::Wildcard | PatternKind::Star(None))
}

/// The name (if it has one) and place of a pattern that matches everything.
fn irrefutable(pattern: &Pattern) -> Option<(Option<Name>, Span)> {
    match &pattern.kind {
        PatternKind::Wildcard => Some((None, pattern.span)),
        PatternKind::Capture(ident) => Some((Some(ident.name), ident.span)),
        PatternKind::As(inner, _) => irrefutable(inner),
        PatternKind::Or(alternatives) => alternatives.last().and_then(irrefutable),
        _ => None,
    }
}

/// The names a pattern captures, in order.
fn bound_names(pattern: &Pattern, names: &mut Vec<Ident>) {
    let add = |ident: Ident, names: &mut Vec<Ident>| {
        if !names.iter().any(|known| known.name == ident.name) {
            names.push(ident);
        }
    };
    match &pattern.kind {
        PatternKind::Wildcard | PatternKind::Value(_) | PatternKind::Singleton(_) => {}
        PatternKind::Capture(ident) => add(*ident, names),
        PatternKind::Star(ident) => {
            if let Some(ident) = ident {
                add(*ident, names);
            }
        }
        PatternKind::As(inner, ident) => {
            bound_names(inner, names);
            add(*ident, names);
        }
        PatternKind::Or(alternatives) => {
            if let Some(first) = alternatives.first() {
                bound_names(first, names);
            }
        }
        PatternKind::Sequence(items) => {
            for item in items {
                bound_names(item, names);
            }
        }
        PatternKind::Mapping(mapping) => {
            let MappingPattern { items, rest } = &**mapping;
            for (_, item) in items {
                bound_names(item, names);
            }
            if let Some(rest) = rest {
                add(*rest, names);
            }
        }
        PatternKind::Class(parts) => {
            let ClassPattern { positional, keywords, .. } = &**parts;
            for item in positional {
                bound_names(item, names);
            }
            for (_, item) in keywords {
                bound_names(item, names);
            }
        }
    }
}
