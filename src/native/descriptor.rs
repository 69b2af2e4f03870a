//! `property`, `staticmethod`, `classmethod`, `super`, `mappingproxy`, and the types of None,
//! `...` and NotImplemented.
//!
//! Descriptors are filled by `__new__` already, because a class derived from one need not call
//! `super().__init__`; `__init__` fills them again.

use super::object::{derive, new_class};
use super::operators::wrong_receiver;
use super::{TypeDef, method, static_method};
use crate::gc::Gc;
use crate::value::{Class, ClassMethod, Dict, MappingProxy, Property, StaticMethod, Str, T, Value};
use crate::vm::{Args, Cx, Flow, GetSet, Order, Outcome, Stop};

// ---- property

pub static PROPERTY: TypeDef = TypeDef {
    id: T::Property,
    doc: "Property attribute.\n\n  fget\n    function to be used for getting an attribute value\n  \
          fset\n    function to be used for setting an attribute value\n  fdel\n    function to be \
          used for del'ing an attribute\n  doc\n    docstring\n\nTypical use is to define a \
          managed attribute x:\n\nclass C(object):\n    def getx(self): return self._x\n    def \
          setx(self, value): self._x = value\n    def delx(self): del self._x\n    x = \
          property(getx, setx, delx, \"I'm the 'x' property.\")\n\nDecorators make defining new \
          properties or modifying existing ones easy:\n\nclass C(object):\n    @property\n    def \
          x(self):\n        \"I am the 'x' property.\"\n        return self._x\n    @x.setter\n    \
          def x(self, value):\n        self._x = value\n    @x.deleter\n    def x(self):\n        \
          del self._x",
    methods: &[
        static_method(
            "__new__(cls, *args, **kwargs)",
            "Create and return a new object.",
            new_property,
        ),
        method(
            "__init__(self, /, fget=None, fset=None, fdel=None, doc=None)",
            "Initialize self.",
            init_property,
        ),
        method(
            "getter(self, fget, /)",
            "Descriptor to obtain a copy of the property with a different getter.",
            |cx, args| with_accessor(cx, args, 0),
        ),
        method(
            "setter(self, fset, /)",
            "Descriptor to obtain a copy of the property with a different setter.",
            |cx, args| with_accessor(cx, args, 1),
        ),
        method(
            "deleter(self, fdel, /)",
            "Descriptor to obtain a copy of the property with a different deleter.",
            |cx, args| with_accessor(cx, args, 2),
        ),
        method(
            "__get__(self, instance, owner=None, /)",
            "Return an attribute of instance, which is of type owner.",
            get,
        ),
        method("__set__(self, instance, value, /)", "Set an attribute of instance to value.", set),
        method("__delete__(self, instance, /)", "Delete an attribute of instance.", delete),
        method("__set_name__(self, /, *args)", "Method to set name of a property.", set_name),
    ],
    getsets: &[
        GetSet {
            name: "fget",
            doc: "",
            get: |cx, p| property(cx, p).map(|p| p.get.get()),
            set: Some(super::readonly),
        },
        GetSet {
            name: "fset",
            doc: "",
            get: |cx, p| property(cx, p).map(|p| p.set.get()),
            set: Some(super::readonly),
        },
        GetSet {
            name: "fdel",
            doc: "",
            get: |cx, p| property(cx, p).map(|p| p.delete.get()),
            set: Some(super::readonly),
        },
        GetSet {
            name: "__doc__",
            doc: "",
            get: |cx, p| property(cx, p).map(|p| p.doc.get()),
            set: Some(set_property_doc),
        },
        GetSet { name: "__name__", doc: "", get: property_name, set: Some(set_property_name) },
        GetSet { name: "__isabstractmethod__", doc: "", get: property_abstract, set: None },
    ],
};

/// A property, seen through classes derived from it.
fn property(cx: &Cx, value: Value) -> Result<Gc<Property>, Stop> {
    cx.unwrap(value).cast::<Property>().ok_or_else(|| wrong_receiver(cx, "", T::Property, value))
}

fn empty_property(cx: &Cx) -> Gc<Property> {
    cx.new_object(T::Property.shape(), 0, |header| Property {
        header,
        get: Value::NONE.into(),
        set: Value::NONE.into(),
        delete: Value::NONE.into(),
        doc: Value::NONE.into(),
        name: Value::UNDEF.into(),
        getter_doc: false.into(),
    })
}

fn new_property(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Property)?;
    let made = empty_property(cx);
    let object = derive(cx, class, T::Property, Value::object(made))?;
    // The machine calls `__init__` of user classes only.
    let mut parts = [Value::UNDEF; 4];
    if class.is_user() {
        parts[0] = cx.arg(args, 2).value();
    } else {
        if args.len() > 6 {
            return Err(cx.type_error(&format!(
                "property() takes at most 4 arguments ({} given)",
                args.beyond(2)
            )));
        }
        for (i, part) in parts.iter_mut().enumerate() {
            *part = cx.arg(args, i + 2).value();
        }
        if let Some(keywords) = cx.arg(args, 1).value().cast::<Dict>() {
            for entry in keywords.iter() {
                let Some(name) = entry.key.cast::<Str>() else { continue };
                let place = ["fget", "fset", "fdel", "doc"]
                    .iter()
                    .position(|known| known.as_bytes() == name.as_bytes());
                match place {
                    Some(i) => parts[i] = entry.value,
                    None => {
                        return Err(cx.type_error(&format!(
                            "property() got an unexpected keyword argument '{}'",
                            name.lossy()
                        )));
                    }
                }
            }
        }
    }
    cx.scope(|cx| {
        cx.root(object);
        fill_property(cx, made, parts)
    })?;
    Ok(object)
}

fn init_property(cx: &mut Cx, args: Args) -> Flow {
    let object = cx.arg(args, 0).value();
    let this = property(cx, object)?;
    let parts = [1, 2, 3, 4].map(|i| cx.arg(args, i).value());
    fill_property(cx, this, parts)?;
    if !cx.class_of(object).is_user() {
        return Ok(Value::NONE);
    }
    // The text of the class would hide that of the property: the object gets one of its own.
    let flow = cx.store_attribute(object, cx.vm().names.__doc__, this.doc.get());
    let given = !(parts[3].is_undef() || parts[3].is_none()) || this.doc.get().is_none();
    match flow {
        // One that has no place for it goes without, unless the text is its getter's.
        Err(Stop::Raised) if given && cx.pending_is(T::AttributeError) => {
            cx.take_exception();
            Ok(Value::NONE)
        }
        flow => flow,
    }
}

/// A property without a text of its own has that of its getter.
fn fill_property(cx: &mut Cx, this: Gc<Property>, parts: [Value; 4]) -> Result<(), Stop> {
    let [get, set, delete, doc] = parts.map(|v| if v.is_undef() { Value::NONE } else { v });
    this.get.set(get);
    this.set.set(set);
    this.delete.set(delete);
    this.doc.set(doc);
    this.getter_doc.set(false);
    if doc.is_none() && !get.is_none() {
        let name = cx.vm().names.__doc__;
        let doc = cx.get_optional(get, name)?.unwrap_or(Value::NONE);
        this.doc.set(doc);
        this.getter_doc.set(!doc.is_none());
    }
    Ok(())
}

/// A copy with one accessor replaced.
fn with_accessor(cx: &mut Cx, args: Args, place: usize) -> Flow {
    let object = cx.arg(args, 0).value();
    let this = property(cx, object)?;
    let mut parts = [this.get.get(), this.set.get(), this.delete.get(), this.doc.get()];
    let given = cx.arg(args, 1).value();
    // A text that came from the getter goes with it.
    if this.getter_doc.get() {
        parts[3] = Value::NONE;
    }
    if !given.is_none() {
        parts[place] = given;
    }
    let class = cx.class_of(object);
    if class != cx.class(T::Property) {
        return cx.call_then(
            Value::object(class),
            &parts,
            copy_made,
            [object, Value::NONE, Value::NONE],
        );
    }
    let made = empty_property(cx);
    cx.scope(|cx| {
        cx.root(Value::object(made));
        fill_property(cx, made, parts)
    })?;
    made.name.set(this.name.get());
    Ok(Value::object(made))
}

fn copy_made(cx: &mut Cx, [source, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let made = outcome?;
    if let (Some(from), Some(to)) =
        (cx.unwrap(source).cast::<Property>(), cx.unwrap(made).cast::<Property>())
    {
        to.name.set(from.name.get());
    }
    Ok(made)
}

/// AttributeError for an accessor that the property lacks.
fn lacks(cx: &Cx, this: Gc<Property>, object: Value, what: &str) -> Stop {
    crate::vm::accessor_missing(cx.vm(), this, cx.class_of(object), what)
}

fn get(cx: &mut Cx, args: Args) -> Flow {
    let (this, object) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    if object.is_none() {
        return Ok(this);
    }
    let this = property(cx, this)?;
    if this.get.get().is_none() {
        return Err(lacks(cx, this, object, "getter"));
    }
    cx.tail(this.get.get(), &[object])
}

fn set(cx: &mut Cx, args: Args) -> Flow {
    let this = property(cx, cx.arg(args, 0).value())?;
    let (object, value) = (cx.arg(args, 1).value(), cx.arg(args, 2).value());
    if this.set.get().is_none() {
        return Err(lacks(cx, this, object, "setter"));
    }
    cx.call_then(this.set.get(), &[object, value], nothing, [Value::NONE; 3])
}

fn delete(cx: &mut Cx, args: Args) -> Flow {
    let this = property(cx, cx.arg(args, 0).value())?;
    let object = cx.arg(args, 1).value();
    if this.delete.get().is_none() {
        return Err(lacks(cx, this, object, "deleter"));
    }
    cx.call_then(this.delete.get(), &[object], nothing, [Value::NONE; 3])
}

/// The result of a setter does not matter.
fn nothing(_: &mut Cx, _: [Value; 3], outcome: Outcome) -> Flow {
    outcome.map(|_| Value::NONE)
}

fn set_name(cx: &mut Cx, args: Args) -> Flow {
    let given = args.beyond(1);
    if given != 2 {
        let text = format!("__set_name__() takes 2 positional arguments but {given} were given");
        return Err(cx.type_error(&text));
    }
    property(cx, cx.arg(args, 0).value())?.name.set(cx.arg(args, 2).value());
    Ok(Value::NONE)
}

fn set_property_doc(cx: &mut Cx, this: Value, value: Value) -> Flow {
    property(cx, this)?.doc.set(if value.is_undef() { Value::NONE } else { value });
    Ok(Value::NONE)
}

fn set_property_name(cx: &mut Cx, this: Value, value: Value) -> Flow {
    property(cx, this)?.name.set(value);
    Ok(Value::NONE)
}

fn property_name(cx: &mut Cx, value: Value) -> Flow {
    let this = property(cx, value)?;
    if !this.name.get().is_undef() {
        return Ok(this.name.get());
    }
    let name = cx.vm().names.__name__;
    match cx.get_optional(this.get.get(), name)? {
        Some(name) => Ok(name),
        None => {
            let text = format!("'{}' object has no attribute '__name__'", cx.type_name(value));
            Err(cx.error(T::AttributeError, &text))
        }
    }
}

fn property_abstract(cx: &mut Cx, value: Value) -> Flow {
    let this = property(cx, value)?;
    for part in [this.get.get(), this.set.get(), this.delete.get()] {
        if is_abstract(cx, part)? {
            return Ok(Value::TRUE);
        }
    }
    Ok(Value::FALSE)
}

fn is_abstract(cx: &mut Cx, func: Value) -> Result<bool, Stop> {
    if func.is_none() {
        return Ok(false);
    }
    let name = cx.intern("__isabstractmethod__");
    match cx.get_optional(func, name)? {
        Some(answer) => cx.truth(answer),
        None => Ok(false),
    }
}

// ---- staticmethod and classmethod

/// The two wrappers show the attributes of what they wrap.
macro_rules! wrapper_getsets {
    ($func:ident) => {
        &[
            GetSet {
                name: "__func__",
                doc: "",
                get: |cx, w| $func(cx, w),
                set: Some(super::readonly),
            },
            GetSet {
                name: "__wrapped__",
                doc: "",
                get: |cx, w| $func(cx, w),
                set: Some(super::readonly),
            },
            GetSet {
                name: "__name__",
                doc: "",
                get: |cx, w| $func(cx, w).and_then(|f| shown(cx, f, "__name__")),
                set: None,
            },
            GetSet {
                name: "__qualname__",
                doc: "",
                get: |cx, w| $func(cx, w).and_then(|f| shown(cx, f, "__qualname__")),
                set: None,
            },
            GetSet {
                name: "__module__",
                doc: "",
                get: |cx, w| $func(cx, w).and_then(|f| shown(cx, f, "__module__")),
                set: None,
            },
            GetSet {
                name: "__doc__",
                doc: "",
                get: |cx, w| $func(cx, w).and_then(|f| shown(cx, f, "__doc__")),
                set: None,
            },
            GetSet {
                name: "__annotations__",
                doc: "",
                get: |cx, w| $func(cx, w).and_then(|f| shown(cx, f, "__annotations__")),
                set: None,
            },
            GetSet {
                name: "__dict__",
                doc: "",
                get: |cx, w| {
                    let func = $func(cx, w)?;
                    wrapper_dict(cx, w, func)
                },
                set: None,
            },
            GetSet {
                name: "__isabstractmethod__",
                doc: "",
                get: |cx, w| {
                    let func = $func(cx, w)?;
                    is_abstract(cx, func).map(Value::bool)
                },
                set: None,
            },
        ]
    };
}

pub static STATIC_METHOD: TypeDef = TypeDef {
    id: T::StaticMethod,
    doc: "Convert a function to be a static method.",
    methods: &[
        static_method(
            "__new__(cls, *args, **kwargs)",
            "Create and return a new object.",
            new_static,
        ),
        method("__init__(self, function, /)", "Initialize self.", init_wrapper),
        method(
            "__get__(self, instance, owner=None, /)",
            "Return an attribute of instance, which is of type owner.",
            |cx, args| {
                let this = cx.arg(args, 0).value();
                static_func(cx, this)
            },
        ),
        method("__call__(self, /, *args, **kwargs)", "Call self as a function.", call_static),
    ],
    getsets: wrapper_getsets!(static_func),
};

pub static CLASS_METHOD: TypeDef = TypeDef {
    id: T::ClassMethod,
    doc: "Convert a function to be a class method.",
    methods: &[
        static_method(
            "__new__(cls, *args, **kwargs)",
            "Create and return a new object.",
            new_classmethod,
        ),
        method("__init__(self, function, /)", "Initialize self.", init_wrapper),
        method(
            "__get__(self, instance, owner=None, /)",
            "Return an attribute of instance, which is of type owner.",
            get_classmethod,
        ),
    ],
    getsets: wrapper_getsets!(class_func),
};

fn static_func(cx: &Cx, value: Value) -> Flow {
    match cx.unwrap(value).cast::<StaticMethod>() {
        Some(this) => Ok(this.func.get()),
        None => Err(wrong_receiver(cx, "", T::StaticMethod, value)),
    }
}

fn class_func(cx: &Cx, value: Value) -> Flow {
    match cx.unwrap(value).cast::<ClassMethod>() {
        Some(this) => Ok(this.func.get()),
        None => Err(wrong_receiver(cx, "", T::ClassMethod, value)),
    }
}

fn shown(cx: &mut Cx, func: Value, name: &str) -> Flow {
    let name = cx.intern(name);
    cx.get_attribute(func, name)
}

/// The attributes of a wrapper, those of what it wraps among them.
fn wrapper_dict(cx: &mut Cx, wrapper: Value, func: Value) -> Flow {
    for name in ["__module__", "__name__", "__qualname__", "__doc__", "__annotations__"] {
        let name = cx.intern(name);
        if let Some(value) = cx.get_optional(func, name)?
            && let Some(own) = cx.attribute_dict(wrapper)
            && own.get_str(cx, name).is_none()
        {
            own.set_str(cx, name, value);
        }
    }
    Ok(cx.attribute_dict(wrapper).map_or(Value::NONE, Value::object))
}

/// The function to wrap. For classes derived from the wrapper it may come with `__init__` only.
fn wrapped(cx: &Cx, args: Args, class: Gc<Class>, name: &str) -> Flow {
    let given = args.beyond(2);
    if class.is_user() {
        return Ok(if given > 0 { cx.arg(args, 2).value() } else { Value::NONE });
    }
    if cx.arg(args, 1).value().cast::<Dict>().is_some_and(|keywords| !keywords.is_empty()) {
        return Err(cx.type_error(&format!("{name}() takes no keyword arguments")));
    }
    if given != 1 {
        return Err(cx.type_error(&format!("{name} expected 1 argument, got {given}")));
    }
    Ok(cx.arg(args, 2).value())
}

fn new_static(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::StaticMethod)?;
    let func = wrapped(cx, args, class, "staticmethod")?;
    let made = cx.new_object(T::StaticMethod.shape(), 0, |header| StaticMethod {
        header,
        func: func.into(),
        extra: Value::UNDEF.into(),
    });
    derive(cx, class, T::StaticMethod, Value::object(made))
}

fn new_classmethod(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::ClassMethod)?;
    let func = wrapped(cx, args, class, "classmethod")?;
    let made = cx.new_object(T::ClassMethod.shape(), 0, |header| ClassMethod {
        header,
        func: func.into(),
        extra: Value::UNDEF.into(),
    });
    derive(cx, class, T::ClassMethod, Value::object(made))
}

fn init_wrapper(cx: &mut Cx, args: Args) -> Flow {
    let func = cx.arg(args, 1).value();
    let this = cx.unwrap(cx.arg(args, 0).value());
    if let Some(this) = this.cast::<StaticMethod>() {
        this.func.set(func);
    } else if let Some(this) = this.cast::<ClassMethod>() {
        this.func.set(func);
    }
    Ok(Value::NONE)
}

fn call_static(cx: &mut Cx, args: Args) -> Flow {
    let func = static_func(cx, cx.arg(args, 0).value())?;
    let (values, names) = super::function::spread(cx, args, 1)?;
    cx.tail_with_names(func, &values, &names)
}

fn get_classmethod(cx: &mut Cx, args: Args) -> Flow {
    let func = class_func(cx, cx.arg(args, 0).value())?;
    let owner = match cx.opt(args, 2).map(|owner| owner.value()) {
        Some(owner) if !owner.is_none() => owner,
        _ => Value::object(cx.class_of(cx.arg(args, 1).value())),
    };
    Ok(Value::object(cx.bound_method(func, owner)))
}

// ---- mappingproxy

pub static MAPPING_PROXY: TypeDef = TypeDef {
    id: T::MappingProxy,
    doc: "Read-only proxy of a mapping.",
    methods: &[
        static_method("__new__(cls, mapping, /)", "Create and return a new object.", new_proxy),
        method(
            "get(self, key, default=None, /)",
            "Return the value for key if key is in the mapping, else default.",
            |cx, args| forward(cx, args, "get"),
        ),
        method("keys(self, /)", "a set-like object providing a view on D's keys", |cx, args| {
            forward(cx, args, "keys")
        }),
        method("values(self, /)", "an object providing a view on D's values", |cx, args| {
            forward(cx, args, "values")
        }),
        method("items(self, /)", "a set-like object providing a view on D's items", |cx, args| {
            forward(cx, args, "items")
        }),
        method("copy(self, /)", "a shallow copy of D", |cx, args| forward(cx, args, "copy")),
        method("__getitem__(self, key, /)", "Return self[key].", proxy_item),
        method("__contains__(self, key, /)", "Return bool(key in self).", proxy_contains),
        method("__len__(self, /)", "Return len(self).", |cx, args| forward(cx, args, "__len__")),
        method("__iter__(self, /)", "Implement iter(self).", |cx, args| {
            let mapping = mapping(cx, args)?;
            cx.iter_then(mapping)
        }),
        method("__reversed__(self, /)", "D.__reversed__() -> reverse iterator", |cx, args| {
            forward(cx, args, "__reversed__")
        }),
        method("__or__(self, value, /)", "Return self|value.", |cx, args| merge(cx, args, false)),
        method("__ror__(self, value, /)", "Return value|self.", |cx, args| merge(cx, args, true)),
        method("__ior__(self, value, /)", "Return self|=value.", |cx, _| {
            Err(cx.type_error("'|=' is not supported by mappingproxy; use '|' instead"))
        }),
        method("__eq__(self, value, /)", "Return self==value.", |cx, args| {
            proxy_equal(cx, args, Order::Eq)
        }),
        method("__ne__(self, value, /)", "Return self!=value.", |cx, args| {
            proxy_equal(cx, args, Order::Ne)
        }),
    ],
    getsets: &[],
};

fn unproxied(value: Value) -> Value {
    value.cast::<MappingProxy>().map_or(value, |proxy| proxy.mapping.get())
}

fn mapping(cx: &Cx, args: Args) -> Flow {
    let this = cx.arg(args, 0).value();
    match this.cast::<MappingProxy>() {
        Some(proxy) => Ok(proxy.mapping.get()),
        None => Err(wrong_receiver(cx, "", T::MappingProxy, this)),
    }
}

fn new_proxy(cx: &mut Cx, args: Args) -> Flow {
    let mapping = cx.arg(args, 1).value();
    let getitem = cx.lookup(cx.class_of(mapping), cx.vm().names.__getitem__);
    let plain = cx.unwrap(mapping);
    let sequence = [T::List, T::Tuple, T::Str].iter().any(|&id| cx.isinstance(plain, id));
    if getitem.is_none() || sequence {
        return Err(cx.type_error(&format!(
            "mappingproxy() argument must be a mapping, not {}",
            cx.type_name(mapping)
        )));
    }
    let made = cx.new_object(T::MappingProxy.shape(), 0, |header| MappingProxy {
        header,
        mapping: mapping.into(),
    });
    Ok(Value::object(made))
}

/// The mapping's own method of that name, with the arguments that were given.
fn forward(cx: &mut Cx, args: Args, name: &str) -> Flow {
    let mapping = mapping(cx, args)?;
    let mut rest = cx.args_from(args, 1);
    rest.retain(|value| !value.is_undef());
    let name = cx.intern(name);
    let rest = Value::object(cx.tuple(&rest));
    cx.attribute_then(mapping, name, rest)
}

fn proxy_item(cx: &mut Cx, args: Args) -> Flow {
    let mapping = mapping(cx, args)?;
    let key = cx.arg(args, 1).value();
    match cx.item_plain(mapping, key)? {
        Some(value) => Ok(value),
        None => forward(cx, args, "__getitem__"),
    }
}

fn proxy_contains(cx: &mut Cx, args: Args) -> Flow {
    let mapping = mapping(cx, args)?;
    let key = cx.arg(args, 1).value();
    match cx.contains_plain(key, mapping)? {
        Some(yes) => Ok(Value::bool(yes)),
        None => forward(cx, args, "__contains__"),
    }
}

fn merge(cx: &mut Cx, args: Args, swapped: bool) -> Flow {
    let this = mapping(cx, args)?;
    let other = unproxied(cx.arg(args, 1).value());
    let (x, y) = if swapped { (other, this) } else { (this, other) };
    match cx.special(x, cx.vm().names.__or__)? {
        Some(method) => cx.tail(method, &[y]),
        None => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn proxy_equal(cx: &mut Cx, args: Args, order: Order) -> Flow {
    let this = mapping(cx, args)?;
    let other = unproxied(cx.arg(args, 1).value());
    Ok(cx.compare_deep(this, other, order)?.map_or(Value::NOT_IMPLEMENTED, Value::bool))
}

// ---- None, Ellipsis, NotImplemented

/// Each of these types has one object, which calling the type returns.
macro_rules! singleton {
    ($static:ident, $id:ident, $value:expr, $name:literal, $doc:literal) => {
        pub static $static: TypeDef = TypeDef {
            id: T::$id,
            doc: $doc,
            methods: &[static_method(
                "__new__(cls, *args, **kwargs)",
                "Create and return a new object.",
                |cx, args| only(cx, args, $name, $value),
            )],
            getsets: &[],
        };
    };
}

singleton!(NONE, NoneType, Value::NONE, "NoneType", "The type of the None singleton.");
singleton!(
    ELLIPSIS,
    Ellipsis,
    Value::ELLIPSIS,
    "EllipsisType",
    "The type of the Ellipsis singleton."
);
singleton!(
    NOT_IMPLEMENTED,
    NotImplemented,
    Value::NOT_IMPLEMENTED,
    "NotImplementedType",
    "The type of the NotImplemented singleton."
);

fn only(cx: &Cx, args: Args, name: &str, value: Value) -> Flow {
    let keywords = cx.arg(args, 1).value().cast::<Dict>();
    if args.len() > 2 || keywords.is_some_and(|keywords| !keywords.is_empty()) {
        return Err(cx.type_error(&format!("{name} takes no arguments")));
    }
    Ok(value)
}
