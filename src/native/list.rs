//! `list`.

use super::{TypeDef, method, this};
use crate::value::{List, T, Value};
use crate::vm::{Args, Cx, Flow};

pub static TYPE: TypeDef = TypeDef {
    id: T::List,
    doc: "A mutable sequence.",
    methods: &[method("append(self, object, /)", "Appends object to the end of the list.", append)],
    getsets: &[],
};

fn append(cx: &mut Cx, args: Args) -> Flow {
    let grown = this::<List>(cx, args, T::List)?.push(cx.arg(args, 1).value());
    if grown > 0 {
        cx.heap.charge(grown);
    }
    Ok(Value::NONE)
}
