//! The way that an exception has taken: which code it has left, and where.
//!
//! Most are caught where they are raised, or not far from there, so the first point needs no storage of
//! its own and the next ones little.

use std::cell::Cell;

use super::{CodeObject, Value};
use crate::gc::Gc;

#[derive(Clone, Copy)]
pub struct TracePoint {
    pub code: Gc<CodeObject>,
    /// Index of a word of the instruction that raised or called.
    pub word: u32,
    /// What `intrinsic::keep_locals` keeps, or UNDEF.
    pub kept: Value,
}

/// From the place of the raise outwards.
#[derive(Default)]
pub struct Trace {
    first: Cell<Option<TracePoint>>,
    rest: Cell<Option<Box<Rest>>>,
}

const FEW: usize = 6;

enum Rest {
    /// The first so many of the places are taken.
    Few(usize, [Option<TracePoint>; FEW]),
    Many(Vec<TracePoint>),
}

impl Trace {
    pub fn push(&self, point: TracePoint) {
        if self.first.get().is_none() {
            self.first.set(Some(point));
            return;
        }
        let mut rest = self.rest.take().unwrap_or_else(|| Box::new(Rest::Few(0, [None; FEW])));
        match &mut *rest {
            Rest::Few(count, places) if *count < FEW => {
                places[*count] = Some(point);
                *count += 1;
            }
            Rest::Few(_, places) => {
                let mut all = Vec::with_capacity(4 * FEW);
                all.extend(places.iter().flatten());
                all.push(point);
                *rest = Rest::Many(all);
            }
            Rest::Many(points) => points.push(point),
        }
        self.rest.set(Some(rest));
    }

    pub fn each(&self, mut visit: impl FnMut(TracePoint)) {
        self.first.get().into_iter().for_each(&mut visit);
        let rest = self.rest.take();
        match rest.as_deref() {
            None => return,
            Some(Rest::Few(_, places)) => places.iter().flatten().copied().for_each(visit),
            Some(Rest::Many(points)) => points.iter().copied().for_each(visit),
        }
        self.rest.set(rest);
    }

    pub fn count(&self) -> usize {
        let mut count = 0;
        self.each(|_| count += 1);
        count
    }

    pub fn points(&self) -> Vec<TracePoint> {
        let mut points = Vec::new();
        self.each(|point| points.push(point));
        points
    }

    /// Forgets all points but the first so many.
    pub fn truncate(&self, count: usize) {
        let points = self.points();
        if count < points.len() {
            self.clear();
            points.into_iter().take(count).for_each(|point| self.push(point));
        }
    }

    pub fn clear(&self) {
        self.first.set(None);
        self.rest.set(None);
    }

    /// The points, which are forgotten.
    pub fn take(&self) -> Vec<TracePoint> {
        let points = self.points();
        self.clear();
        points
    }

    /// Bytes of storage of its own.
    pub fn storage(&self) -> usize {
        let rest = self.rest.take();
        let bytes = match rest.as_deref() {
            None => 0,
            Some(Rest::Few(..)) => size_of::<Rest>(),
            Some(Rest::Many(points)) => {
                size_of::<Rest>() + points.capacity() * size_of::<TracePoint>()
            }
        };
        self.rest.set(rest);
        bytes
    }
}
