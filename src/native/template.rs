//! `str.format` and `str.format_map`, and the module `_string`, from which `string.Formatter` has
//! the parts of templates.
//!
//! Templates are parsed by `plain::template`; here fields are looked up, converted and
//! formatted, by the door where a class of the program has a say.

use super::{add_functions, display, format, function};
use crate::gc::Gc;
use crate::plain::template::{
    Conversion, Field, First, Numbering, Piece, Pieces, Step, first_index, index_out_of_range,
    split_name,
};
use crate::value::{Dict, Str, T, Value};
use crate::vm::{Args, Cx, Def, Flow, Stop};

use super::text_args::plain;

/// Where fields find their values.
#[derive(Clone, Copy)]
pub enum Source<'a> {
    /// By position, or by name in the dict.
    Arguments(&'a [Value], Option<Gc<Dict>>),
    Mapping(Value),
}

pub fn format(cx: &mut Cx, template: Gc<Str>, source: Source<'_>) -> Flow {
    let mut numbering = Numbering::default();
    let text =
        cx.written(|cx, out| expand(cx, out, template.as_bytes(), source, &mut numbering, 0))?;
    Ok(Value::object(text))
}

fn expand(
    cx: &mut Cx,
    out: &mut Vec<u8>,
    template: &[u8],
    source: Source<'_>,
    numbering: &mut Numbering,
    depth: usize,
) -> Result<(), Stop> {
    for piece in plain(cx, Pieces::at_depth(template, depth))? {
        match plain(cx, piece)? {
            Piece::Literal(text) => out.extend_from_slice(text),
            Piece::Field(field) => {
                cx.scope(|cx| push_field(cx, out, &field, source, numbering, depth))?;
            }
        }
        if out.len() > crate::plain::MAX_BYTES {
            return Err(cx.error_with(T::MemoryError, &[]));
        }
    }
    Ok(())
}

fn push_field(
    cx: &mut Cx,
    out: &mut Vec<u8>,
    field: &Field<'_>,
    source: Source<'_>,
    numbering: &mut Numbering,
    depth: usize,
) -> Result<(), Stop> {
    let mut value = look_up(cx, field, source, numbering)?;
    cx.root(value);
    let conversion = plain(cx, field.conversion())?;
    let mut shown = Vec::new();
    match conversion {
        None => {}
        Some(Conversion::Repr) => display::push_repr(cx, &mut shown, value)?,
        Some(Conversion::Str) => display::push_str(cx, &mut shown, value)?,
        Some(Conversion::Ascii) => display::push_ascii(cx, &mut shown, value)?,
    }
    if conversion.is_some() {
        if field.spec.is_empty() {
            out.extend_from_slice(&shown);
            return Ok(());
        }
        value = Value::object(display::text(cx, &shown)?);
        cx.root(value);
    }
    if !field.nested {
        return format::push_format(cx, out, value, field.spec);
    }
    let mut spec = Vec::new();
    expand(cx, &mut spec, field.spec, source, numbering, depth + 1)?;
    format::push_format(cx, out, value, &spec)
}

/// The value that a field names.
fn look_up(
    cx: &mut Cx,
    field: &Field<'_>,
    source: Source<'_>,
    numbering: &mut Numbering,
) -> Result<Value, Stop> {
    let (first, steps) = split_name(field.name);
    let first = plain(cx, numbering.resolve(first))?;
    let mut value = match (first, source) {
        (First::Index(index), Source::Arguments(values, _)) => match values.get(index) {
            Some(&value) => value,
            None => return Err(cx.fault(&index_out_of_range(index))),
        },
        (First::Index(_), Source::Mapping(_)) => {
            return Err(cx.value_error("Format string contains positional fields"));
        }
        (First::Name(name), Source::Arguments(_, names)) => {
            let key = cx.str_wtf8(name);
            match names.and_then(|names| names.get_str(cx, key)) {
                Some(value) => value,
                None => return Err(cx.error_with(T::KeyError, &[Value::object(key)])),
            }
        }
        (First::Name(name), Source::Mapping(mapping)) => {
            let key = Value::object(cx.str_wtf8(name));
            cx.get_item(mapping, key)?
        }
    };
    for step in steps {
        // What a step yields may belong to nobody else.
        cx.root(value);
        value = match plain(cx, step)? {
            Step::Attribute(name) => {
                let name = cx.intern_wtf8(name);
                cx.get_attribute(value, name)?
            }
            Step::Index(index) => {
                let index = cx.int(index as i64);
                cx.get_item(value, index)?
            }
            Step::Key(key) => {
                let key = Value::object(cx.str_wtf8(key));
                cx.get_item(value, key)?
            }
        };
    }
    Ok(value)
}

// ---- the module `_string`

static FUNCTIONS: &[Def] = &[
    function("formatter_parser(template, /)", "parse the argument as a format string", parser),
    function(
        "formatter_field_name_split(name, /)",
        "split the argument as a field name",
        split_field_name,
    ),
];

pub fn module(cx: &mut Cx, namespace: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, namespace, FUNCTIONS, "_string");
    Ok(())
}

fn text_argument(cx: &Cx, args: Args) -> Result<Gc<Str>, Stop> {
    let given = cx.arg(args, 0).value();
    cx.unwrap(given)
        .cast::<Str>()
        .ok_or_else(|| cx.type_error(&format!("expected str, got {}", cx.type_name(given))))
}

/// An iterator of tuples (literal text, field name, specification, conversion).
fn parser(cx: &mut Cx, args: Args) -> Flow {
    let template = text_argument(cx, args)?;
    let text = |bytes: &[u8]| Value::object(cx.str_wtf8(bytes));
    let mut rows = Vec::new();
    let mut pieces = Pieces::new(template.as_bytes());
    // A literal waits for the field behind it.
    let mut literal: Option<&[u8]> = None;
    while let Some(piece) = pieces.next() {
        let row = match plain(cx, piece)? {
            Piece::Literal(bytes) if pieces.field_follows() => {
                literal = Some(bytes);
                continue;
            }
            Piece::Literal(bytes) => [text(bytes), Value::NONE, Value::NONE, Value::NONE],
            Piece::Field(field) => {
                let letter = field.conversion.and_then(char::from_u32);
                let letter = letter.map_or(Value::NONE, |c| cx.str_value(&c.to_string()));
                let before = literal.take().unwrap_or(b"");
                [text(before), text(field.name), text(field.spec), letter]
            }
        };
        rows.push(Value::object(cx.tuple(&row)));
    }
    let rows = Value::object(cx.list(rows));
    cx.iter_then(rows)
}

/// What comes first, a number if it is one, and an iterator of the steps from there: pairs of "is
/// it an attribute" and its name or key.
fn split_field_name(cx: &mut Cx, args: Args) -> Flow {
    let name = text_argument(cx, args)?;
    let (first, steps) = split_name(name.as_bytes());
    let text = |bytes: &[u8]| Value::object(cx.str_wtf8(bytes));
    let first = match plain(cx, first_index(first))? {
        Some(index) => cx.int(index as i64),
        None => text(first),
    };
    let mut rows = Vec::new();
    for step in steps {
        let (is_attribute, key) = match plain(cx, step)? {
            Step::Attribute(name) => (true, text(name)),
            Step::Index(index) => (false, cx.int(index as i64)),
            Step::Key(key) => (false, text(key)),
        };
        rows.push(Value::object(cx.tuple(&[Value::bool(is_attribute), key])));
    }
    let rows = Value::object(cx.list(rows));
    let rows = cx.builtin_iter(rows).unwrap_or(Value::NONE);
    Ok(Value::object(cx.tuple(&[first, rows])))
}
