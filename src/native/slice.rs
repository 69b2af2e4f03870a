//! `slice`: three values of any kind. Applying one is the machine's (`vm/index.rs`).

use dashu_int::IBig;

use super::object::new_class;
use super::{TypeDef, method, static_method, this};
use crate::gc::Gc;
use crate::plain::int::Int;
use crate::value::{Slice, T, Value};
use crate::vm::{Args, Cx, Flow, GetSet, Stop};

pub static TYPE: TypeDef = TypeDef {
    id: T::Slice,
    doc: "slice(stop)\nslice(start, stop[, step])\n\nCreate a slice object.  This is used for \
          extended slicing (e.g. a[0:10:2]).",
    methods: &[
        static_method("__new__(cls, /, *args)", "Create and return a new object.", new),
        method(
            "indices(self, len, /)",
            "S.indices(len) -> (start, stop, stride)\n\nAssuming a sequence of length len, \
             calculate the start and stop\nindices, and the stride length of the extended slice \
             described by\nS. Out of bounds indices are clipped in a manner consistent with \
             the\nhandling of normal slices.",
            indices,
        ),
    ],
    getsets: &[
        GetSet { name: "start", doc: "", get: |cx, v| part(cx, v, |s| s.start.get()), set: None },
        GetSet { name: "stop", doc: "", get: |cx, v| part(cx, v, |s| s.stop.get()), set: None },
        GetSet { name: "step", doc: "", get: |cx, v| part(cx, v, |s| s.step.get()), set: None },
    ],
};

fn part(cx: &Cx, value: Value, of: fn(Gc<Slice>) -> Value) -> Flow {
    match value.cast::<Slice>() {
        Some(slice) => Ok(of(slice)),
        None => Err(cx.type_error("descriptor requires a 'slice' object")),
    }
}

fn new(cx: &mut Cx, args: Args) -> Flow {
    new_class(cx, args, T::Slice)?;
    let given = cx.args_from(args, 1);
    let none = Value::NONE;
    let (start, stop, step) = match given[..] {
        [stop] => (none, stop, none),
        [start, stop] => (start, stop, none),
        [start, stop, step] => (start, stop, step),
        [] => return Err(cx.type_error("slice expected at least 1 argument, got 0")),
        _ => {
            let text = format!("slice expected at most 3 arguments, got {}", given.len());
            return Err(cx.type_error(&text));
        }
    };
    Ok(Value::object(cx.slice(start, stop, step)))
}

/// A bound as an integer of any size; None if it is absent.
fn bound(cx: &mut Cx, value: Value) -> Result<Option<IBig>, Stop> {
    if value.is_none() {
        return Ok(None);
    }
    match cx.index_or_none(value)? {
        Some(i) => Ok(Some(i.into_big())),
        None => {
            Err(cx.type_error("slice indices must be integers or None or have an __index__ method"))
        }
    }
}

/// Unlike a subscript this knows lengths of any size.
fn indices(cx: &mut Cx, args: Args) -> Flow {
    let slice = this::<Slice>(cx, args, T::Slice)?;
    let len = match cx.index(cx.arg(args, 1).value())? {
        Int::Small(len) => IBig::from(len),
        Int::Big(len) => len,
    };
    if len < IBig::ZERO {
        return Err(cx.value_error("length should not be negative"));
    }
    let step = bound(cx, slice.step.get())?.unwrap_or(IBig::ONE);
    if step == IBig::ZERO {
        return Err(cx.value_error("slice step cannot be zero"));
    }
    let forward = step > IBig::ZERO;
    let (least, most) =
        if forward { (IBig::ZERO, len.clone()) } else { (IBig::NEG_ONE, &len - IBig::ONE) };
    let clip = |given: Option<IBig>, default: &IBig| match given {
        None => default.clone(),
        Some(at) if at < IBig::ZERO => (at + &len).max(least.clone()),
        Some(at) => at.min(most.clone()),
    };
    let start = bound(cx, slice.start.get())?;
    let start = clip(start, if forward { &least } else { &most });
    let stop = bound(cx, slice.stop.get())?;
    let stop = clip(stop, if forward { &most } else { &least });
    let parts = [cx.big_int(start), cx.big_int(stop), cx.big_int(step)];
    Ok(Value::object(cx.tuple(&parts)))
}
