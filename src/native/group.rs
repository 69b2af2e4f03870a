//! Exception groups: construction and texts. Splitting, which may call `derive` and predicates
//! of the program, goes on in the prelude; so do `except*` (`_split_group`, `_merge_group`).

use super::error::{GROUP_FIELDS, add_base, class_argument, no_keywords, put, receiver, surplus};
use super::{TypeDef, class_method, method, static_method};
use crate::value::{Exception, Str, T, Tuple, Value};
use crate::vm::{Args, Cx, Flow};

pub static TYPE: TypeDef = TypeDef {
    id: T::BaseExceptionGroup,
    doc: "A combination of multiple unrelated exceptions.",
    methods: &[
        static_method("__new__(cls, *args, **kwargs)", "Create a group.", new),
        method("__init__(self, *args, **kwargs)", "Initialize self.", init),
        method("__str__(self)", "Return str(self).", str),
        method("derive(self, excs, /)", "Make a group of the same message.", derive),
        method("split(self, matcher, /)", "The matching part and the rest.", split),
        method("subgroup(self, matcher, /)", "The matching part.", subgroup),
        class_method("__class_getitem__(cls, item, /)", "See PEP 585.", class_getitem),
    ],
    getsets: GROUP_FIELDS,
};

/// `ExceptionGroup` has two bases, which the table of types cannot say.
pub fn install(cx: &Cx) {
    add_base(cx, T::ExceptionGroup, T::BaseExceptionGroup, T::Exception);
}

fn new(cx: &mut Cx, args: Args) -> Flow {
    let mut class = class_argument(cx, args, T::BaseExceptionGroup)?;
    let given = surplus(cx, args);
    let [message, members] = given[..] else {
        let text = format!(
            "BaseExceptionGroup.__new__() takes exactly 2 arguments ({} given)",
            given.len()
        );
        return Err(cx.type_error(&text));
    };
    if !cx.isinstance(message, T::Str) {
        let text = format!(
            "BaseExceptionGroup.__new__() argument 1 must be str, not {}",
            cx.type_name(message)
        );
        return Err(cx.type_error(&text));
    }
    let sequence = cx.unwrap(members);
    let is_sequence = [T::List, T::Tuple, T::Str, T::Bytes, T::ByteArray, T::Range]
        .iter()
        .any(|&id| cx.isinstance(sequence, id));
    let items = match cx.plain_items(sequence) {
        Some(items) if is_sequence => items,
        _ => return Err(cx.type_error("second argument (exceptions) must be a sequence")),
    };
    if items.is_empty() {
        let text = "second argument (exceptions) must be a non-empty sequence";
        return Err(cx.value_error(text));
    }
    let mut all_plain = true;
    for (i, &item) in items.iter().enumerate() {
        if !item.is::<Exception>() {
            let text = format!("Item {i} of second argument (exceptions) is not an exception");
            return Err(cx.value_error(&text));
        }
        all_plain &= cx.isinstance(item, T::Exception);
    }
    if class == cx.class(T::BaseExceptionGroup) {
        if all_plain {
            class = cx.class(T::ExceptionGroup);
        }
    } else if !all_plain && cx.is_subclass_of(class, T::Exception) {
        let name = if class == cx.class(T::ExceptionGroup) {
            "an ExceptionGroup".to_owned()
        } else {
            format!("'{}'", class.name_text())
        };
        return Err(cx.type_error(&format!("Cannot nest BaseExceptions in {name}")));
    }
    let this = cx.exception(class, Value::object(cx.tuple(&given)));
    put(cx, this, "message", message);
    put(cx, this, "exceptions", Value::object(cx.tuple(&items)));
    Ok(Value::object(this))
}

fn init(cx: &mut Cx, args: Args) -> Flow {
    no_keywords(cx, args)?;
    let this = receiver(cx, cx.arg(args, 0).value())?;
    this.args.set(Value::object(cx.tuple(&surplus(cx, args))));
    Ok(Value::NONE)
}

/// The members of a group.
pub fn members(cx: &Cx, group: Value) -> Vec<Value> {
    let Some(this) = group.cast::<Exception>() else { return Vec::new() };
    let members = super::error::field(cx, this, "exceptions");
    members.cast::<Tuple>().map(|t| t.as_slice().to_vec()).unwrap_or_default()
}

fn str(cx: &mut Cx, args: Args) -> Flow {
    let group = cx.arg(args, 0).value();
    let this = receiver(cx, group)?;
    let count = members(cx, group).len();
    let mut out = match cx.unwrap(super::error::field(cx, this, "message")).cast::<Str>() {
        Some(message) => message.as_bytes().to_vec(),
        None => Vec::new(),
    };
    let plural = if count == 1 { "" } else { "s" };
    out.extend_from_slice(format!(" ({count} sub-exception{plural})").as_bytes());
    Ok(Value::object(cx.str_wtf8(&out)))
}

fn derive(cx: &mut Cx, args: Args) -> Flow {
    let this = receiver(cx, cx.arg(args, 0).value())?;
    let message = super::error::field(cx, this, "message");
    let class = cx.type_object(T::BaseExceptionGroup);
    let members = cx.arg(args, 1).value();
    cx.tail(class, &[message, members])
}

fn split(cx: &mut Cx, args: Args) -> Flow {
    let given = [cx.arg(args, 0).value(), cx.arg(args, 1).value()];
    cx.tail_prelude("_group_split", &given)
}

fn subgroup(cx: &mut Cx, args: Args) -> Flow {
    let given = [cx.arg(args, 0).value(), cx.arg(args, 1).value()];
    cx.tail_prelude("_group_subgroup", &given)
}

fn class_getitem(cx: &mut Cx, args: Args) -> Flow {
    super::generic_alias::make(cx, cx.arg(args, 0).value(), cx.arg(args, 1).value())
}
