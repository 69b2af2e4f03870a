//! Ranges: how many integers they hold, and which.

use dashu_int::IBig;

use super::{Cx, Stop, Vm};
use crate::gc::Gc;
use crate::plain::int::Int;
use crate::value::{Range, Slice, T, Value};

impl Cx {
    /// Number of integers in a range.
    pub fn range_len(&self, range: Gc<Range>) -> IBig {
        len(self.vm(), range)
    }

    pub(super) fn range_item(&mut self, range: Gc<Range>, key: Value) -> Result<Value, Stop> {
        let part = |cx: &Cx, v: Value| cx.integer(v).expect("ranges hold integers").into_big();
        let (start, step) = (part(self, range.start.get()), part(self, range.step.get()));
        let len = len(self.vm(), range);
        if let Some(slice) = key.cast::<Slice>() {
            let bound = |cx: &mut Cx, v: Value| -> Result<Option<IBig>, Stop> {
                if v.is_none() {
                    return Ok(None);
                }
                match cx.index_or_none(v)? {
                    Some(i) => Ok(Some(i.into_big())),
                    None => Err(cx.type_error(super::index::BAD_BOUND)),
                }
            };
            let by = bound(self, slice.step.get())?.unwrap_or(IBig::ONE);
            if by == IBig::ZERO {
                return Err(self.value_error("slice step cannot be zero"));
            }
            let (lower, upper) = if by > IBig::ZERO {
                (IBig::ZERO, len.clone())
            } else {
                (IBig::NEG_ONE, &len - IBig::ONE)
            };
            let clip = |bound: Option<IBig>, default: &IBig| match bound {
                None => default.clone(),
                Some(b) if b < IBig::ZERO => (b + &len).max(lower.clone()),
                Some(b) => b.min(upper.clone()),
            };
            let forward = by > IBig::ZERO;
            let from = bound(self, slice.start.get())?;
            let to = bound(self, slice.stop.get())?;
            let from = clip(from, if forward { &lower } else { &upper });
            let to = clip(to, if forward { &upper } else { &lower });
            let value = |cx: &Cx, i: IBig| cx.big_int(i);
            let new_start = value(self, &start + from * &step);
            let new_stop = value(self, &start + to * &step);
            let new_step = value(self, &step * by);
            return Ok(Value::object(self.range(new_start, new_stop, new_step)));
        }
        let Some(index) = self.index_or_none(key)? else {
            let text =
                format!("range indices must be integers or slices, not {}", self.type_name(key));
            return Err(self.type_error(&text));
        };
        let mut index = index.into_big();
        if index < IBig::ZERO {
            index += &len;
        }
        if index < IBig::ZERO || index >= len {
            return Err(self.error(T::IndexError, "range object index out of range"));
        }
        Ok(self.big_int(start + index * step))
    }
}

/// Number of integers in a range of small ones; the step is not 0.
pub fn small_len(start: i64, stop: i64, step: i64) -> i64 {
    if step == 1 && start < stop {
        // Divisions are slow, and this is what most loops count by.
        stop - start
    } else if step > 0 && start < stop {
        (stop - start - 1) / step + 1
    } else if step < 0 && start > stop {
        (start - stop - 1) / -step + 1
    } else {
        0
    }
}

pub fn len(vm: &Vm, range: Gc<Range>) -> IBig {
    let (start, stop, step) = (range.start.get(), range.stop.get(), range.step.get());
    if let (Some(start), Some(stop), Some(step)) = (start.as_int(), stop.as_int(), step.as_int()) {
        return IBig::from(small_len(start, stop, step));
    }
    let part = |v: Value| super::numeric::integer(vm, v).expect("ranges hold integers").into_big();
    let (start, stop, step) = (part(start), part(stop), part(step));
    if step > IBig::ZERO && start < stop {
        (stop - start - IBig::ONE) / step + IBig::ONE
    } else if step < IBig::ZERO && start > stop {
        (start - stop - IBig::ONE) / -step + IBig::ONE
    } else {
        IBig::ZERO
    }
}

pub fn contains(vm: &Vm, range: Gc<Range>, item: &Int) -> bool {
    let part = |v: Value| super::numeric::integer(vm, v).expect("ranges hold integers").into_big();
    let (start, stop, step) =
        (part(range.start.get()), part(range.stop.get()), part(range.step.get()));
    let item = item.clone().into_big();
    let inside =
        if step > IBig::ZERO { start <= item && item < stop } else { stop < item && item <= start };
    inside && (item - start) % step == IBig::ZERO
}

pub fn equal(vm: &Vm, a: Gc<Range>, b: Gc<Range>) -> bool {
    let (len, other) = (self::len(vm, a), self::len(vm, b));
    let part = |v: Value| super::numeric::integer(vm, v).expect("ranges hold integers").into_big();
    len == other
        && (len == IBig::ZERO
            || part(a.start.get()) == part(b.start.get())
                && (len == IBig::ONE || part(a.step.get()) == part(b.step.get())))
}
