//! `list`.

use super::{TypeDef, method};
use crate::gc::Gc;
use crate::value::{List, T, Value};
use crate::vm::{Args, Cx, Flow};

pub static TYPE: TypeDef = TypeDef {
    id: T::List,
    doc: "A mutable sequence.",
    methods: &[method("append(self, object, /)", "Appends object to the end of the list.", append)],
    getsets: &[],
};

/// The receiver of a list method, seen through subclasses.
fn this(cx: &Cx, args: Args) -> Result<Gc<List>, crate::vm::Stop> {
    let value = cx.arg(args, 0).value();
    match cx.unwrap(value).cast::<List>() {
        Some(list) => Ok(list),
        None => Err(cx.type_error(&format!(
            "descriptor requires a 'list' object but received '{}'",
            cx.type_name(value)
        ))),
    }
}

fn append(cx: &mut Cx, args: Args) -> Flow {
    let grown = this(cx, args)?.push(cx.arg(args, 1).value());
    if grown > 0 {
        cx.heap.charge(grown);
    }
    Ok(Value::NONE)
}
