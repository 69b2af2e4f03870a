//! The natives of `json`: from text to values and back, however deep they nest.
//!
//! Classes, options and files are the business of `stdlib/json.sloop`.

mod decode;
mod encode;

use super::{add_functions, function};
use crate::gc::Gc;
use crate::value::{Dict, Value};
use crate::vm::{Cx, Def, Stop};

/// How deep arrays and objects may nest.
const MAX_DEPTH: usize = 10_000;

static FUNCTIONS: &[Def] = &[
    function(
        "_loads(text, index, strict, hooks, /)",
        "The value that a text stands for, or from an index on value and end.",
        decode::loads,
    ),
    function(
        "_dumps(value, indent, separator, colon, options, default, /)",
        "The text of a value. Options: skip keys, ASCII only, circles are looked for, NaN is \
         allowed, keys are sorted.",
        encode::dumps,
    ),
    function("_quoted(text, ascii, /)", "A string as JSON writes it.", encode::quoted),
];

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, dict, FUNCTIONS, "_json");
    Ok(())
}

/// The option at `i` of those given in a tuple.
fn option(given: Value, i: usize) -> Value {
    let given = given.cast::<crate::value::Tuple>();
    given.and_then(|given| given.as_slice().get(i).copied()).unwrap_or(Value::NONE)
}
