//! Members of built-in types, and the places of `__slots__`, as descriptors.

use super::{TypeDef, method};
use crate::gc::Gc;
use crate::value::{Class, Member, Str, T, Value};
use crate::vm::{Args, Cx, Flow, GetSet, Stop, natives::getset_of};

/// `member_descriptor` and `getset_descriptor` have the same attributes.
macro_rules! member_type {
    ($static:ident, $id:ident, $doc:literal) => {
        pub static $static: TypeDef = TypeDef {
            id: T::$id,
            doc: $doc,
            methods: &[
                method(
                    "__get__(self, instance, owner=None, /)",
                    "Return an attribute of instance, which is of type owner.",
                    member_get,
                ),
                method(
                    "__set__(self, instance, value, /)",
                    "Set an attribute of instance to value.",
                    member_set,
                ),
                method(
                    "__delete__(self, instance, /)",
                    "Delete an attribute of instance.",
                    member_delete,
                ),
            ],
            getsets: &[
                GetSet {
                    name: "__name__",
                    doc: "",
                    get: |cx, m| this_member(cx, m).map(|m| m.name.get()),
                    set: None,
                },
                GetSet {
                    name: "__objclass__",
                    doc: "",
                    get: |cx, m| this_member(cx, m).map(|m| m.owner.get()),
                    set: None,
                },
                GetSet { name: "__qualname__", doc: "", get: member_qualname, set: None },
                GetSet { name: "__doc__", doc: "", get: member_doc, set: None },
            ],
        };
    };
}

member_type!(MEMBER, Member, "A place of a class with __slots__.");
member_type!(GETSET, GetSet, "An attribute computed by a built-in type.");

fn this_member(cx: &Cx, value: Value) -> Result<Gc<Member>, Stop> {
    value.cast::<Member>().ok_or_else(|| super::operators::wrong_receiver(cx, "", T::Member, value))
}

fn member_qualname(cx: &mut Cx, value: Value) -> Flow {
    let member = this_member(cx, value)?;
    let owner = member.owner.get().cast::<Class>();
    let owner = owner.map_or_else(String::new, |class| class.name_text());
    let name = member.name.get().cast::<Str>();
    let name = name.map_or_else(String::new, |name| name.lossy().into_owned());
    Ok(cx.str_value(&format!("{owner}.{name}")))
}

fn member_doc(cx: &mut Cx, value: Value) -> Flow {
    Ok(match getset_of(this_member(cx, value)?) {
        Some(getset) if !getset.doc.is_empty() => cx.str_value(getset.doc),
        _ => Value::NONE,
    })
}

/// The member and the object that it is asked about, which must be of the owner.
fn member_of(cx: &Cx, args: Args) -> Result<(Gc<Member>, Value), Stop> {
    let member = this_member(cx, cx.arg(args, 0).value())?;
    let object = cx.arg(args, 1).value();
    let owner = member.owner.get().cast::<Class>();
    if let Some(owner) = owner
        && !cx.class_of(object).is_subclass(owner)
    {
        let name = member.name.get().cast::<Str>();
        return Err(cx.type_error(&format!(
            "descriptor '{}' for '{}' objects doesn't apply to a '{}' object",
            name.map_or_else(String::new, |name| name.lossy().into_owned()),
            owner.name_text(),
            cx.type_name(object)
        )));
    }
    Ok((member, object))
}

fn member_get(cx: &mut Cx, args: Args) -> Flow {
    if cx.arg(args, 1).value().is_none() {
        return Ok(cx.arg(args, 0).value());
    }
    let (member, object) = member_of(cx, args)?;
    match (getset_of(member), member.name.get().cast::<Str>()) {
        (Some(getset), _) => (getset.get)(cx, object),
        (None, Some(name)) => match cx.own_attribute(object, name) {
            Some(value) => Ok(value),
            None => {
                let text = name.lossy().into_owned();
                Err(cx.error(T::AttributeError, &text))
            }
        },
        (None, None) => Ok(Value::NONE),
    }
}

fn member_set(cx: &mut Cx, args: Args) -> Flow {
    let (member, object) = member_of(cx, args)?;
    let value = cx.arg(args, 2).value();
    store_member(cx, member, object, value)
}

fn member_delete(cx: &mut Cx, args: Args) -> Flow {
    let (member, object) = member_of(cx, args)?;
    store_member(cx, member, object, Value::UNDEF)
}

fn store_member(cx: &mut Cx, member: Gc<Member>, object: Value, value: Value) -> Flow {
    let Some(name) = member.name.get().cast::<Str>() else { return Ok(Value::NONE) };
    match getset_of(member) {
        Some(getset) => match getset.set {
            Some(set) => set(cx, object, value),
            None => Err(cx.not_writable(object, getset.name)),
        },
        None => cx.store_plain(object, name, value),
    }
}
