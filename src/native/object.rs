//! `object`: what every object can do, and the two helpers that every `__new__` needs.

use super::{TypeDef, class_method, method, static_method};
use crate::gc::Gc;
use crate::value::class::flags;
use crate::value::kind::Kind;
use crate::value::{
    BoundMethod, Class, ClassMethod, Dict, Exception, Function, Instance, Member, Module,
    StaticMethod, Str, T, Value,
};
use crate::vm::{Args, Cx, Flow, GetSet, Outcome, Stop};

pub static TYPE: TypeDef = TypeDef {
    id: T::Object,
    doc: "The base class of the class hierarchy.\n\nWhen called, it accepts no arguments and \
          returns a new featureless\ninstance that has no instance attributes and cannot be given \
          any.\n",
    methods: &[
        static_method("__new__(cls, *args, **kwargs)", "Create and return a new object.", new),
        method("__init__(self, /, *args, **kwargs)", "Initialize self.", init),
        class_method(
            "__init_subclass__(cls, /, *args, **kwargs)",
            "This method is called when a class is subclassed.",
            init_subclass,
        ),
        class_method(
            "__subclasshook__(cls, subclass, /)",
            "Abstract classes can override this to customize issubclass().",
            |_, _| Ok(Value::NOT_IMPLEMENTED),
        ),
        method("__eq__(self, value, /)", "Return self==value.", eq),
        method("__ne__(self, value, /)", "Return self!=value.", ne),
        method("__lt__(self, value, /)", "Return self<value.", |_, _| Ok(Value::NOT_IMPLEMENTED)),
        method("__le__(self, value, /)", "Return self<=value.", |_, _| Ok(Value::NOT_IMPLEMENTED)),
        method("__gt__(self, value, /)", "Return self>value.", |_, _| Ok(Value::NOT_IMPLEMENTED)),
        method("__ge__(self, value, /)", "Return self>=value.", |_, _| Ok(Value::NOT_IMPLEMENTED)),
        method("__hash__(self, /)", "Return hash(self).", hash),
        method("__getattribute__(self, name, /)", "Return getattr(self, name).", getattribute),
        method(
            "__setattr__(self, name, value, /)",
            "Implement setattr(self, name, value).",
            setattr,
        ),
        method("__delattr__(self, name, /)", "Implement delattr(self, name).", delattr),
        method("__dir__(self, /)", "Default dir() implementation.", dir),
        method("__sizeof__(self, /)", "Size of object in memory, in bytes.", |_, _| {
            Ok(Value::int(16))
        }),
    ],
    getsets: &[
        GetSet {
            name: "__class__",
            doc: "the object's class",
            get: |cx, object| Ok(Value::object(cx.class_of(object))),
            set: Some(set_class),
        },
        GetSet {
            name: "__dict__",
            doc: "dictionary for instance variables",
            get: get_dict,
            set: Some(set_dict),
        },
    ],
};

// ---- for every `__new__`

/// The class argument of the `__new__` of a built-in type: that type or one derived from it.
pub fn new_class(cx: &Cx, args: Args, id: T) -> Result<Gc<Class>, Stop> {
    let given = cx.arg(args, 0).value();
    let own = cx.class(id);
    if given == Value::object(own) {
        return Ok(own);
    }
    let name = own.name_text();
    let Some(class) = given.cast::<Class>() else {
        return Err(cx.type_error(&format!(
            "{name}.__new__(X): X is not a type object ({})",
            cx.type_name(given)
        )));
    };
    if !class.is_subclass(own) {
        let given = class.name_text();
        return Err(
            cx.type_error(&format!("{name}.__new__({given}): {given} is not a subtype of {name}"))
        );
    }
    check_maker(cx, class, own)?;
    Ok(class)
}

/// TypeError if a built-in type between `class` and `own` makes its objects in its own way:
/// then only that way knows how they are laid out.
pub fn check_maker(cx: &Cx, class: Gc<Class>, own: Gc<Class>) -> Result<(), Stop> {
    let new = cx.vm().names.__new__;
    let Some(base) = class.mro.borrow().iter().copied().find(|class| !class.is_user()) else {
        return Ok(());
    };
    if base == own || cx.lookup(base, new) == cx.lookup(own, new) {
        return Ok(());
    }
    let (own, class, base) = (own.name_text(), class.name_text(), base.name_text());
    Err(cx.type_error(&format!("{own}.__new__({class}) is not safe, use {base}.__new__()")))
}

/// An object of `class` that carries a value of the built-in type `id`, from which it derives:
/// the value itself where the class is that type.
pub fn derive(cx: &Cx, class: Gc<Class>, id: T, value: Value) -> Flow {
    if class == cx.class(id) {
        return Ok(value);
    }
    Ok(Value::object(cx.instance_with(class, value)))
}

/// TypeError if the class has abstract methods left. As in CPython, `object.__new__` alone asks:
/// a class derived from another built-in type may be instantiated.
pub fn check_abstract(cx: &Cx, class: Gc<Class>) -> Result<(), Stop> {
    if class.header.flags & flags::ABSTRACT == 0 {
        return Ok(());
    }
    let left = class.dict.get_str(cx, cx.intern("__abstractmethods__"));
    let mut names: Vec<String> = left
        .and_then(|left| cx.plain_items(left))
        .unwrap_or_default()
        .iter()
        .filter_map(|name| name.cast::<Str>())
        .map(|name| format!("'{}'", name.lossy()))
        .collect();
    names.sort();
    let plural = if names.len() == 1 { "" } else { "s" };
    Err(cx.type_error(&format!(
        "Can't instantiate abstract class {} without an implementation for abstract method{plural} \
         {}",
        class.name_text(),
        names.join(", ")
    )))
}

/// An attribute name given as an argument.
pub fn name_arg(cx: &Cx, args: Args, i: usize) -> Result<Gc<Str>, Stop> {
    let name = cx.arg(args, i).value();
    match cx.unwrap(name).cast::<Str>() {
        Some(text) => Ok(cx.intern_str(text)),
        None => Err(
            cx.type_error(&format!("attribute name must be string, not '{}'", cx.type_name(name)))
        ),
    }
}

// ---- construction

/// Is this what `object` itself defines under the name?
fn is_inherited(cx: &Cx, class: Gc<Class>, name: Gc<Str>) -> bool {
    cx.lookup(class, name) == cx.class(T::Object).dict.get_str(cx, name)
}

fn has_surplus(cx: &Cx, args: Args) -> bool {
    // The places are the receiver and the `**kwargs` dict; surplus arguments follow them.
    let keywords = cx.arg(args, 1).value().cast::<Dict>();
    args.len() > 2 || keywords.is_some_and(|k| !k.is_empty())
}

fn new(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Object)?;
    if has_surplus(cx, args) {
        if !is_inherited(cx, class, cx.vm().names.__new__) {
            let text = "object.__new__() takes exactly one argument (the type to instantiate)";
            return Err(cx.type_error(text));
        }
        if is_inherited(cx, class, cx.vm().names.__init__) {
            return Err(cx.type_error(&format!("{}() takes no arguments", class.name_text())));
        }
    }
    if class.layout != Kind::Instance {
        let name = class.name_text();
        let safe = class
            .mro
            .borrow()
            .iter()
            .find(|base| !base.is_user())
            .map_or_else(String::new, |base| base.name_text());
        return Err(
            cx.type_error(&format!("object.__new__({name}) is not safe, use {safe}.__new__()"))
        );
    }
    check_abstract(cx, class)?;
    Ok(Value::object(cx.instance(class)))
}

fn init(cx: &mut Cx, args: Args) -> Flow {
    if has_surplus(cx, args) {
        let class = cx.class_of(cx.arg(args, 0).value());
        if !is_inherited(cx, class, cx.vm().names.__init__) {
            let text = "object.__init__() takes exactly one argument (the instance to initialize)";
            return Err(cx.type_error(text));
        }
        if is_inherited(cx, class, cx.vm().names.__new__) {
            return Err(cx.type_error(&format!(
                "{}.__init__() takes exactly one argument (the instance to initialize)",
                class.name_text()
            )));
        }
    }
    Ok(Value::NONE)
}

fn init_subclass(cx: &mut Cx, args: Args) -> Flow {
    let class = cx.arg(args, 0).value();
    let name = class.cast::<Class>().map_or_else(String::new, |class| class.name_text());
    if cx.arg(args, 1).value().cast::<Dict>().is_some_and(|k| !k.is_empty()) {
        let text = format!("{name}.__init_subclass__() takes no keyword arguments");
        return Err(cx.type_error(&text));
    }
    if args.len() > 2 {
        let text =
            format!("{name}.__init_subclass__() takes no arguments ({} given)", args.beyond(2));
        return Err(cx.type_error(&text));
    }
    Ok(Value::NONE)
}

// ---- identity and comparison

fn eq(cx: &mut Cx, args: Args) -> Flow {
    let same = cx.arg(args, 0).value() == cx.arg(args, 1).value();
    Ok(if same { Value::TRUE } else { Value::NOT_IMPLEMENTED })
}

fn ne(cx: &mut Cx, args: Args) -> Flow {
    let (x, y) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    match cx.special(x, cx.vm().names.__eq__)? {
        Some(method) => cx.call_then(method, &[y], eq_arrived, [Value::NONE; 3]),
        None => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn eq_arrived(cx: &mut Cx, _: [Value; 3], outcome: Outcome) -> Flow {
    let answer = outcome?;
    if answer == Value::NOT_IMPLEMENTED {
        return Ok(answer);
    }
    cx.truth(answer).map(|equal| Value::bool(!equal))
}

fn hash(cx: &mut Cx, args: Args) -> Flow {
    let hash = cx.identity_hash(cx.arg(args, 0).value());
    Ok(cx.int(hash as i64))
}

// ---- attributes

fn getattribute(cx: &mut Cx, args: Args) -> Flow {
    let name = name_arg(cx, args, 1)?;
    cx.attribute_plain(cx.arg(args, 0).value(), name)
}

/// What `object` does for instances would leave a class with stale caches.
fn check_no_class(cx: &Cx, args: Args, what: &str) -> Result<(), Stop> {
    let this = cx.arg(args, 0).value();
    if !this.is::<Class>() {
        return Ok(());
    }
    Err(cx.type_error(&format!("can't apply this {what} to {} object", cx.type_name(this))))
}

fn setattr(cx: &mut Cx, args: Args) -> Flow {
    check_no_class(cx, args, "__setattr__")?;
    let name = name_arg(cx, args, 1)?;
    cx.store_plain(cx.arg(args, 0).value(), name, cx.arg(args, 2).value())
}

fn delattr(cx: &mut Cx, args: Args) -> Flow {
    check_no_class(cx, args, "__delattr__")?;
    let name = name_arg(cx, args, 1)?;
    cx.store_plain(cx.arg(args, 0).value(), name, Value::UNDEF)
}

/// Objects without attributes of their own have no `__dict__`, as in CPython.
fn get_dict(cx: &mut Cx, object: Value) -> Flow {
    if object.is::<Class>() {
        return super::class::get_dict(cx, object);
    }
    let closed = match object.cast::<Instance>() {
        Some(_) => {
            let class = cx.class_of(object);
            !class.is_user() || class.header.flags & flags::NO_DICT != 0
        }
        None => false,
    };
    match cx.attribute_dict(object) {
        Some(dict) if !closed => Ok(Value::object(dict)),
        _ => Err(no_dict(cx, object)),
    }
}

fn no_dict(cx: &Cx, object: Value) -> Stop {
    let text = format!("'{}' object has no attribute '__dict__'", cx.type_name(object));
    cx.error(T::AttributeError, &text)
}

/// `object.__dict__ = {…}`: the object's own dict takes over the entries.
fn set_dict(cx: &mut Cx, object: Value, value: Value) -> Flow {
    if object.is::<Class>() {
        let text = "attribute '__dict__' of 'type' objects is not writable";
        return Err(cx.error(T::AttributeError, text));
    }
    if get_dict(cx, object).is_err() {
        cx.take_exception();
        let text = format!(
            "'{}' object has no attribute '__dict__' and no __dict__ for setting new attributes",
            cx.type_name(object)
        );
        return Err(cx.error(T::AttributeError, &text));
    }
    if value.is_undef() && !object.is::<crate::value::Instance>() {
        return Err(cx.type_error("cannot delete __dict__"));
    }
    let value = if value.is_undef() { Value::object(cx.dict()) } else { value };
    let Some(source) = cx.unwrap(value).cast::<Dict>() else {
        return Err(cx.type_error(&format!(
            "__dict__ must be set to a dictionary, not a '{}'",
            cx.type_name(value)
        )));
    };
    if object.is::<Module>() || !cx.set_attribute_dict(object, source) {
        return Err(cx.error(T::AttributeError, "attribute '__dict__' is not writable"));
    }
    Ok(Value::NONE)
}

/// `object.__class__ = cls`.
fn set_class(cx: &mut Cx, object: Value, value: Value) -> Flow {
    if value.is_undef() {
        return Err(cx.type_error("can't delete __class__ attribute"));
    }
    let Some(to) = value.cast::<Class>() else {
        return Err(cx.type_error(&format!(
            "__class__ must be set to a class, not '{}' object",
            cx.type_name(value)
        )));
    };
    let from = cx.class_of(object);
    if from == to {
        return Ok(Value::NONE);
    }
    let module = cx.class(T::Module);
    if object.is::<Module>() && to.is_subclass(module) && slot_names(to).is_empty() {
        cx.set_class_alone(object, to);
        return Ok(Value::NONE);
    }
    if !from.is_user() || !to.is_user() {
        let text = "__class__ assignment only supported for mutable types or ModuleType subclasses";
        return Err(cx.type_error(text));
    }
    let meta = cx.class(T::Type);
    if object.is::<Class>() && to.is_subclass(meta) && slot_names(from) == slot_names(to) {
        cx.set_class_alone(object, to);
        return Ok(Value::NONE);
    }
    let has_weakref = |class| cx.lookup(class, cx.vm().names.__weakref__).is_some();
    let alike = (object.is::<Instance>() || object.is::<Exception>())
        && from.layout == to.layout
        && (from.header.flags ^ to.header.flags) & flags::NO_DICT == 0
        && same_slots(from, to)
        && has_weakref(from) == has_weakref(to);
    if !alike || !cx.set_class(object, to) {
        return Err(cx.type_error(&format!(
            "__class__ assignment: '{}' object layout differs from '{}'",
            to.name_text(),
            from.name_text()
        )));
    }
    Ok(Value::NONE)
}

/// Do the last classes with `__slots__` add the same to the same ancestors?
fn same_slots(a: Gc<Class>, b: Gc<Class>) -> bool {
    let slotted = |class: Gc<Class>| -> Vec<Gc<Class>> {
        let adds = |c: &&Gc<Class>| c.slots.borrow().as_ref().is_some_and(|own| !own.is_empty());
        class.mro.borrow().iter().filter(adds).copied().collect()
    };
    let (one, other) = (slotted(a), slotted(b));
    one.get(1..) == other.get(1..) && slot_names(a) == slot_names(b)
}

/// Names of all `__slots__` along the ancestry.
fn slot_names(class: Gc<Class>) -> Vec<Gc<Str>> {
    let mut names: Vec<Gc<Str>> = Vec::new();
    for base in class.mro.borrow().iter() {
        let mut own: Vec<Gc<Str>> = base.slots.borrow().iter().flatten().copied().collect();
        own.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
        names.extend(own);
    }
    names
}

// ---- dir

fn dir(cx: &mut Cx, args: Args) -> Flow {
    let names = dir_names(cx, cx.arg(args, 0).value());
    Ok(Value::object(cx.list(names)))
}

/// What `dir` lists by itself, in order.
pub fn dir_names(cx: &Cx, object: Value) -> Vec<Value> {
    let mut names: Vec<Gc<Str>> = Vec::new();
    let add_dict = |names: &mut Vec<Gc<Str>>, dict: Gc<Dict>| {
        names.extend(dict.iter().filter_map(|entry| entry.key.cast::<Str>()));
    };
    if let Some(module) = object.cast::<Module>() {
        add_dict(&mut names, module.dict);
    } else {
        let class = match object.cast::<Class>() {
            Some(class) => class,
            None => {
                names.extend(cx.own_names(object));
                if let Some(method) = object.cast::<BoundMethod>() {
                    names.extend(cx.own_names(method.func.get()));
                }
                cx.class_of(object)
            }
        };
        // One computed attribute serves all types; it shows where it works.
        let closed = class.header.flags & flags::NO_DICT != 0 || !class.is_user();
        let hides_dict = closed
            && !object.is::<Function>()
            && !object.is::<Exception>()
            && !object.is::<StaticMethod>()
            && !object.is::<ClassMethod>();
        for &base in class.mro.borrow().iter() {
            for entry in base.dict.iter() {
                let Some(name) = entry.key.cast::<Str>() else { continue };
                let is_dict = name.as_bytes() == b"__dict__" && entry.value.is::<Member>();
                if !(is_dict && hides_dict) {
                    names.push(name);
                }
            }
        }
    }
    names.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    names.dedup_by(|a, b| a.equals(b));
    names.into_iter().map(Value::object).collect()
}
