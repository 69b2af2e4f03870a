//! `super` as a type: bound and unbound, made by hand and derived from. The machine knows the
//! usual `super().name(…)` without making one.

use super::object::new_class;
use super::operators::wrong_receiver;
use super::{TypeDef, method, static_method};
use crate::gc::Gc;
use crate::value::{Class, Dict, Super, T, Value};
use crate::vm::{Args, Cx, Flow, GetSet, Stop};

pub static SUPER: TypeDef = TypeDef {
    id: T::Super,
    doc: "super() -> same as super(__class__, <first argument>)\nsuper(type) -> unbound super \
          object\nsuper(type, obj) -> bound super object; requires isinstance(obj, \
          type)\nsuper(type, type2) -> bound super object; requires issubclass(type2, \
          type)\nTypical use to call a cooperative superclass method:\nclass C(B):\n    def \
          meth(self, arg):\n        super().meth(arg)\nThis works for class methods \
          too:\nclass C(B):\n    @classmethod\n    def cmeth(cls, arg):\n        \
          super().cmeth(arg)\n",
    methods: &[
        static_method(
            "__new__(cls, *args, **kwargs)",
            "Create and return a new object.",
            new_super,
        ),
        method("__init__(self, /, *args, **kwargs)", "Initialize self.", init_super),
        method(
            "__get__(self, instance, owner=None, /)",
            "Return an attribute of instance, which is of type owner.",
            bind_super,
        ),
    ],
    getsets: &[
        GetSet {
            name: "__thisclass__",
            doc: "the class invoking super()",
            get: |cx, s| this_super(cx, s).map(|s| Value::object(s.class.get())),
            set: Some(super::readonly),
        },
        GetSet {
            name: "__self__",
            doc: "the instance invoking super(); may be None",
            get: |cx, s| this_super(cx, s).map(|s| s.this.get()),
            set: Some(super::readonly),
        },
        GetSet {
            name: "__self_class__",
            doc: "the type of the instance invoking super(); may be None",
            get: get_self_class,
            set: Some(super::readonly),
        },
    ],
};

fn this_super(cx: &Cx, value: Value) -> Result<Gc<Super>, Stop> {
    value.cast::<Super>().ok_or_else(|| wrong_receiver(cx, "", T::Super, value))
}

fn get_self_class(cx: &mut Cx, value: Value) -> Flow {
    let this = this_super(cx, value)?;
    Ok(if this.this.get().is_none() { Value::NONE } else { Value::object(this.start.get()) })
}

fn new_super(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Super)?;
    let (own, none) = (cx.class(T::Super), Value::NONE);
    // Of derived classes, `__init__` says the rest.
    let (from, start, this) =
        if class == own { super_parts(cx, args, 1)? } else { (own, own, none) };
    Ok(make_super(cx, class, from, start, this))
}

fn make_super(cx: &Cx, class: Gc<Class>, from: Gc<Class>, start: Gc<Class>, this: Value) -> Value {
    let shape = if class.is_user() { cx.shapes.root(class, 0) } else { T::Super.shape() };
    Value::object(cx.new_object(shape, 0, |header| Super {
        header,
        class: from.into(),
        start: start.into(),
        this: this.into(),
    }))
}

fn init_super(cx: &mut Cx, args: Args) -> Flow {
    let this = this_super(cx, cx.arg(args, 0).value())?;
    let (class, start, object) = super_parts(cx, args, 1)?;
    this.class.set(class);
    this.start.set(start);
    this.this.set(object);
    Ok(Value::NONE)
}

/// An unbound `super(C)` in a class is bound when it is asked for.
fn bind_super(cx: &mut Cx, args: Args) -> Flow {
    let value = cx.arg(args, 0).value();
    let this = this_super(cx, value)?;
    let object = cx.arg(args, 1).value();
    if object.is_none() || !this.this.get().is_none() {
        return Ok(value);
    }
    let class = cx.class_of(value);
    if class.is_user() {
        return cx.tail(Value::object(class), &[Value::object(this.class.get()), object]);
    }
    let start = checked_start(cx, this.class.get(), object)?;
    Ok(make_super(cx, class, this.class.get(), start, object))
}

/// The class behind which the lookup begins, the class in whose MRO, and what is bound.
fn super_parts(
    cx: &mut Cx,
    args: Args,
    skip: usize,
) -> Result<(Gc<Class>, Gc<Class>, Value), Stop> {
    // The dict of keywords stands in front of surplus arguments.
    if cx.arg(args, skip).value().cast::<Dict>().is_some_and(|keywords| !keywords.is_empty()) {
        return Err(cx.type_error("super() takes no keyword arguments"));
    }
    let given = cx.args_from(args, skip + 1);
    if given.len() > 2 {
        let text = format!("super() expected at most 2 arguments, got {}", given.len());
        return Err(cx.type_error(&text));
    }
    let (first, object) = match given.first() {
        Some(&first) => (first, given.get(1).copied().unwrap_or(Value::NONE)),
        None => {
            let (class, object) = cx.caller_super()?;
            (class, object)
        }
    };
    let Some(class) = first.cast::<Class>() else {
        return Err(cx.type_error(&format!(
            "super() argument 1 must be a type, not {}",
            cx.type_name(first)
        )));
    };
    let start = if object.is_none() { class } else { checked_start(cx, class, object)? };
    Ok((class, start, object))
}

fn checked_start(cx: &mut Cx, class: Gc<Class>, object: Value) -> Result<Gc<Class>, Stop> {
    if let Some(start) = super_start(cx, class, object)? {
        return Ok(start);
    }
    let what = match object.cast::<Class>() {
        Some(class) => format!("type {}", class.name_text()),
        None => format!("instance of {}", cx.type_name(object)),
    };
    Err(cx.type_error(&format!(
        "super(type, obj): obj ({what}) is not an instance or subtype of type ({}).",
        class.name_text()
    )))
}

/// In whose ancestry the lookup goes: the object itself if it is a class below `class`, else its
/// class, else what it says its class is.
fn super_start(cx: &mut Cx, class: Gc<Class>, object: Value) -> Result<Option<Gc<Class>>, Stop> {
    if let Some(own) = object.cast::<Class>()
        && own.is_subclass(class)
    {
        return Ok(Some(own));
    }
    let own = cx.class_of(object);
    if own.is_subclass(class) {
        return Ok(Some(own));
    }
    let name = cx.vm().names.__class__;
    let said = cx.get_optional(object, name)?.and_then(|said| said.cast::<Class>());
    Ok(said.filter(|said| said.is_subclass(class)))
}
