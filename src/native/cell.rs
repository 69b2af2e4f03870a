//! Cells: the variables that closures share, as objects.

use super::{TypeDef, static_method};
use crate::gc::Gc;
use crate::value::{Cell, T, Value};
use crate::vm::{Args, Cx, Flow, GetSet, Stop};

pub static TYPE: TypeDef = TypeDef {
    id: T::Cell,
    doc: "Create a new cell object.",
    methods: &[static_method(
        "__new__(cls, contents=None, /)",
        "Create and return a new object.",
        new_cell,
    )],
    getsets: &[GetSet {
        name: "cell_contents",
        doc: "",
        get: get_contents,
        set: Some(set_contents),
    }],
};

fn this_cell(cx: &Cx, value: Value) -> Result<Gc<Cell>, Stop> {
    value.cast::<Cell>().ok_or_else(|| super::operators::wrong_receiver(cx, "", T::Cell, value))
}

fn new_cell(cx: &mut Cx, args: Args) -> Flow {
    super::object::new_class(cx, args, T::Cell)?;
    Ok(Value::object(cx.cell(cx.arg(args, 1).value())))
}

fn get_contents(cx: &mut Cx, value: Value) -> Flow {
    let contents = this_cell(cx, value)?.value.get();
    if contents.is_undef() { Err(cx.value_error("Cell is empty")) } else { Ok(contents) }
}

fn set_contents(cx: &mut Cx, cell: Value, value: Value) -> Flow {
    this_cell(cx, cell)?.value.set(value);
    Ok(Value::NONE)
}
