//! Weak references, and the module `_weakref` under `stdlib/weakref.sloop`.

use super::display_object::address;
use super::object::{derive, new_class};
use super::operators::wrong_receiver;
use super::{
    TypeDef, add_functions, add_types, class_method, function, generic_alias, method, static_method,
};
use crate::gc::Gc;
use crate::value::weak::is_more_than_data;
use crate::value::{Dict, Str, T, Value, Weak};
use crate::vm::{Args, Cx, Def, Flow, GetSet, Order, Stop, finalise};

pub static TYPE: TypeDef = TypeDef {
    id: T::WeakRef,
    doc: "A reference that does not keep its object alive.",
    methods: &[
        static_method(
            "__new__(cls, object, callback=None, /)",
            "Create and return a new object.",
            new,
        ),
        method("__init__(self, object, callback=None, /)", "Nothing is left to do.", |_, _| {
            Ok(Value::NONE)
        }),
        method("__call__(self, /)", "The object, or None if it is gone.", |cx, args| {
            Ok(target(this(cx, cx.arg(args, 0).value())?))
        }),
        method("__hash__(self, /)", "Return hash(self).", hash),
        method("__eq__(self, value, /)", "Return self==value.", |cx, args| {
            compare(cx, args, Order::Eq)
        }),
        method("__ne__(self, value, /)", "Return self!=value.", |cx, args| {
            compare(cx, args, Order::Ne)
        }),
        method("__repr__(self, /)", "Return repr(self).", repr),
        class_method("__class_getitem__(cls, item, /)", "See PEP 585", |cx, args| {
            generic_alias::make(cx, cx.arg(args, 0).value(), cx.arg(args, 1).value())
        }),
    ],
    getsets: &[GetSet {
        name: "__callback__",
        doc: "What is called when the object is gone.",
        get: |cx, weak| {
            let weak = this(cx, weak)?;
            Ok(if weak.target.get().is_undef() { Value::NONE } else { weak.callback.get() })
        },
        set: None,
    }],
};

static FUNCTIONS: &[Def] = &[
    function("getweakrefcount(object, /)", "How many weak references there are.", |cx, args| {
        let count = cx.finals.references(cx.arg(args, 0).value()).len();
        Ok(Value::int(count as i64))
    }),
    function("getweakrefs(object, /)", "All weak references to an object.", |cx, args| {
        let object = cx.arg(args, 0).value();
        let mut found = cx.finals.references(object);
        // The latest first, but before all that which is shared.
        found.reverse();
        let shared = cx.finals.shared(object);
        found.sort_by_key(|&weak| Some(weak) != shared);
        Ok(Value::object(cx.list(found.into_iter().map(Value::object).collect())))
    }),
];

/// For the prelude.
pub static HOOKS: &[Def] = &[
    function("_next_finaliser()", "What is due next.", finalise::next),
    function("_finalised()", "Nothing is being finalised any more.", finalise::done),
    function("_close_frame(frame, /)", "Closes a generator of any kind.", |cx, args| {
        let frame = cx.arg(args, 0).value().cast();
        cx.close_frame(frame.expect("`finalise` calls it with frames"))
    }),
];

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, dict, FUNCTIONS, "_weakref");
    add_types(cx, &[&TYPE]);
    dict.set_str(cx, cx.intern("ref"), cx.type_object(T::WeakRef));
    Ok(())
}

fn this(cx: &Cx, value: Value) -> Result<Gc<Weak>, Stop> {
    cx.unwrap(value).cast::<Weak>().ok_or_else(|| wrong_receiver(cx, "", T::WeakRef, value))
}

fn target(weak: Gc<Weak>) -> Value {
    let target = weak.target.get();
    if target.is_undef() { Value::NONE } else { target }
}

fn new(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::WeakRef)?;
    let object = cx.arg(args, 1).value();
    let callback = cx.opt(args, 2).map_or(Value::NONE, |callback| callback.value());
    if !can_be_referred(cx, object) {
        let name = cx.type_name(object);
        return Err(cx.type_error(&format!("cannot create weak reference to '{name}' object")));
    }
    let plain = class == cx.class(T::WeakRef) && callback.is_none();
    if plain && let Some(weak) = cx.finals.shared(object) {
        return Ok(Value::object(weak));
    }
    let weak = cx.new_object(T::WeakRef.shape(), 0, |header| Weak {
        header,
        target: object.into(),
        callback: callback.into(),
        hash: None.into(),
    });
    cx.finals.add_weak(weak, plain);
    derive(cx, class, T::WeakRef, Value::object(weak))
}

/// Objects of the program's classes can if their class says so; of the built-in types those that
/// are not mere data.
fn can_be_referred(cx: &Cx, object: Value) -> bool {
    if !object.is_object() {
        return false;
    }
    let class = cx.class_of(object);
    is_more_than_data(class.layout)
        || class.is_user() && cx.lookup(class, cx.vm().names.__weakref__).is_some()
        || cx.is_exact(object, T::Tee)
}

/// The hash of the object, remembered for when it is gone.
fn hash(cx: &mut Cx, args: Args) -> Flow {
    let weak = this(cx, cx.arg(args, 0).value())?;
    if let Some(hash) = weak.hash.get() {
        return Ok(cx.int(hash));
    }
    let target = weak.target.get();
    if target.is_undef() {
        return Err(cx.type_error("weak object has gone away"));
    }
    let found = cx.hash(target)? as i64;
    weak.hash.set(Some(found));
    Ok(cx.int(found))
}

/// By the objects while both are there, else by identity.
fn compare(cx: &mut Cx, args: Args, order: Order) -> Flow {
    let [a, b] = [0, 1].map(|i| cx.arg(args, i).value());
    let weak = this(cx, a)?;
    if !cx.isinstance(b, T::WeakRef) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let other = this(cx, b)?;
    let (x, y) = (weak.target.get(), other.target.get());
    if x.is_undef() || y.is_undef() {
        return Ok(Value::bool((weak == other) == matches!(order, Order::Eq)));
    }
    Ok(Value::bool(cx.equal(x, y)? == matches!(order, Order::Eq)))
}

fn repr(cx: &mut Cx, args: Args) -> Flow {
    let this_value = cx.arg(args, 0).value();
    let target = this(cx, this_value)?.target.get();
    let place = address(this_value);
    if target.is_undef() {
        return Ok(cx.str_value(&format!("<weakref at {place}; dead>")));
    }
    let class = cx.type_name(target);
    let name = cx.intern("__name__");
    let name = match cx.get_optional(target, name) {
        Ok(name) => name.and_then(|name| name.cast::<Str>()),
        Err(_) => {
            // The text of a reference does not fail for what the program's class thinks of names.
            cx.take_exception();
            None
        }
    };
    let name = name.map_or_else(String::new, |name| format!(" ({})", name.lossy()));
    let text = format!("<weakref at {place}; to '{class}' at {}{name}>", address(target));
    Ok(cx.str_value(&text))
}
