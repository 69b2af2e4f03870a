//! `tuple`: construction and searching; its operators are in `operators.rs`.

use super::list::{only_argument, same, search_bounds};
use super::object::{derive, new_class};
use super::{TypeDef, method, static_method, this};
use crate::gc::Gc;
use crate::value::{Class, List, T, Tuple, Value};
use crate::vm::{Args, Cx, Flow, Outcome, Stop};

pub static TYPE: TypeDef = TypeDef {
    id: T::Tuple,
    doc: "Built-in immutable sequence.\n\nIf no argument is given, the constructor returns an \
          empty tuple.\nIf iterable is specified the tuple is initialized from iterable's \
          items.\n\nIf the argument is a tuple, the return value is the same object.",
    methods: &[
        static_method("__new__(cls, *args, **kwargs)", "Create and return a new object.", new),
        method("count(self, value, /)", "Return number of occurrences of value.", count),
        method(
            "index(self, value, start=0, stop=9223372036854775807, /)",
            "Return first index of value.\n\nRaises ValueError if the value is not present.",
            index_of,
        ),
        method("__getnewargs__(self, /)", "", getnewargs),
    ],
    getsets: &[],
};

fn this_tuple(cx: &Cx, args: Args) -> Result<Gc<Tuple>, Stop> {
    this::<Tuple>(cx, args, T::Tuple)
}

fn new(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Tuple)?;
    let Some(source) = only_argument(cx, args, class, T::Tuple)? else {
        let empty = Value::object(cx.tuple(&[]));
        return derive(cx, class, T::Tuple, empty);
    };
    if source.is::<Tuple>() {
        return derive(cx, class, T::Tuple, source);
    }
    if let Some(list) = source.cast::<List>() {
        let tuple = Value::object(list.edit(|items| cx.tuple(items)));
        return derive(cx, class, T::Tuple, tuple);
    }
    let state = [Value::object(class), Value::NONE, Value::NONE];
    cx.collect_then(source, collected, state)
}

fn collected(cx: &mut Cx, [class, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let (Some(class), Some(items)) = (class.cast::<Class>(), outcome?.cast::<List>()) else {
        return Ok(Value::NONE);
    };
    let tuple = Value::object(items.edit(|items| cx.tuple(items)));
    derive(cx, class, T::Tuple, tuple)
}

fn count(cx: &mut Cx, args: Args) -> Flow {
    let tuple = this_tuple(cx, args)?;
    let wanted = cx.arg(args, 1).value();
    let mut found = 0;
    for at in 0..tuple.len() {
        found += i64::from(same(cx, tuple.as_slice()[at], wanted)?);
    }
    Ok(Value::int(found))
}

fn index_of(cx: &mut Cx, args: Args) -> Flow {
    let tuple = this_tuple(cx, args)?;
    let (start, end) = search_bounds(cx, args, tuple.len())?;
    let wanted = cx.arg(args, 1).value();
    for at in start..end {
        if same(cx, tuple.as_slice()[at], wanted)? {
            return Ok(Value::int(at as i64));
        }
    }
    Err(cx.value_error("tuple.index(x): x not in tuple"))
}

fn getnewargs(cx: &mut Cx, args: Args) -> Flow {
    let tuple = this_tuple(cx, args)?;
    Ok(Value::object(cx.tuple(&[Value::object(tuple)])))
}
