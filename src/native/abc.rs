//! `_abc`: what abstract classes remember, and how they answer `isinstance` and `issubclass`.
//!
//! An abstract class keeps a tuple in its namespace: a dict of the classes that were asked about
//! (True, or the count of registrations at which the answer was no) and a list of those that were
//! registered. What is not known there is decided by `_abc_decide` of the prelude, because hooks
//! and other classes must be asked.

use std::cell::Cell;

use super::{add_functions, function, method};
use crate::gc::Gc;
use crate::value::class::flags;
use crate::value::{Class, Dict, List, NativeKind, Str, T, Tuple, Value};
use crate::vm::{Args, Cx, Def, Flow, Stop};

static FUNCTIONS: &[Def] = &[
    function("_abc_init(cls, /)", "Prepare an abstract class.", init),
    function("_abc_register(cls, subclass, /)", "Register a class.", register),
    function("_abc_abstract(cls, /)", "Find again what is abstract.", |cx, args| {
        let class = class_arg(cx, args, 0)?;
        compute_abstract(cx, class)?;
        Ok(Value::NONE)
    }),
    function("_reset_registry(cls, /)", "Forget the registered classes.", |cx, args| {
        let class = class_arg(cx, args, 0)?;
        kept(cx, class)?.1.edit(Vec::clear);
        Ok(Value::NONE)
    }),
    function("_reset_caches(cls, /)", "Forget what was answered.", |cx, args| {
        let class = class_arg(cx, args, 0)?;
        kept(cx, class)?.0.clear();
        Ok(Value::NONE)
    }),
    function("get_cache_token()", "Return the current ABC cache token.", |cx, _| {
        Ok(cx.int(cx.state::<Registrations>().0.get()))
    }),
];

/// For the prelude.
pub static HOOKS: &[Def] =
    &[function("_abc_remember(cls, subclass, answer, /)", "Keep an answer.", remember)];

/// The methods of `ABCMeta`.
static METHODS: &[Def] = &[
    method(
        "__instancecheck__(cls, instance, /)",
        "Override for isinstance(instance, cls).",
        instance_check,
    ),
    method(
        "__subclasscheck__(cls, subclass, /)",
        "Override for issubclass(subclass, cls).",
        subclass_check,
    ),
];

/// Counts registrations, each of which may turn any "no" into a "yes".
#[derive(Default)]
struct Registrations(Cell<i64>);

pub fn module(cx: &mut Cx, namespace: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, namespace, FUNCTIONS, "_abc");
    for row in METHODS {
        debug_assert!(row.kind == NativeKind::Method);
        let native = super::make(cx, row, cx.type_object(T::Type));
        namespace.set_str(cx, cx.intern(native.signature.name()), Value::object(native));
    }
    Ok(())
}

fn class_arg(cx: &Cx, args: Args, i: usize) -> Result<Gc<Class>, Stop> {
    let given = cx.arg(args, i).value();
    given.cast::<Class>().ok_or_else(|| {
        cx.type_error(&format!("_abc functions take a class, not {}", cx.type_name(given)))
    })
}

/// What an abstract class remembers: answers and registered classes.
fn kept(cx: &Cx, class: Gc<Class>) -> Result<(Gc<Dict>, Gc<List>), Stop> {
    let data =
        class.dict.get_str(cx, cx.vm().names._abc_impl).and_then(|data| data.cast::<Tuple>());
    data.and_then(|data| match *data.as_slice() {
        [answers, registered] => Some((answers.cast::<Dict>()?, registered.cast::<List>()?)),
        _ => None,
    })
    .ok_or_else(|| {
        let name = class.name_text();
        cx.type_error(&format!("'{name}' was not prepared as an abstract class"))
    })
}

// ---- making

fn init(cx: &mut Cx, args: Args) -> Flow {
    let class = class_arg(cx, args, 0)?;
    let data = [Value::object(cx.dict()), Value::object(cx.list(Vec::new()))];
    let data = Value::object(cx.tuple(&data));
    class.dict.set_str(cx, cx.vm().names._abc_impl, data);
    let patterns = cx.intern("__abc_tpflags__");
    if let Some(given) = class.dict.get_str(cx, patterns).and_then(|given| given.as_int()) {
        // The bits that CPython uses for it.
        let bits = [(1 << 5, flags::SEQUENCE), (1 << 6, flags::MAPPING)];
        let bits = bits.iter().filter(|(bit, _)| given & bit != 0).fold(0, |all, (_, f)| all | f);
        if bits == flags::SEQUENCE | flags::MAPPING {
            let text = "__abc_tpflags__ cannot be both Py_TPFLAGS_SEQUENCE and Py_TPFLAGS_MAPPING";
            return Err(cx.type_error(text));
        }
        if bits != 0 {
            cx.set_pattern_flags(class, bits);
        }
        class.dict.remove_str(cx, patterns);
    }
    compute_abstract(cx, class)?;
    Ok(Value::NONE)
}

/// Is a thing in a class marked as abstract?
fn is_abstract(cx: &mut Cx, value: Value) -> Result<bool, Stop> {
    let name = cx.intern("__isabstractmethod__");
    if !value.is_object() || value.is::<Str>() {
        return Ok(false);
    }
    match cx.get_optional(value, name)? {
        Some(answer) => cx.truth(answer),
        None => Ok(false),
    }
}

/// Finds the names that are abstract in a class: its own, and those of its bases that it does not
/// implement.
fn compute_abstract(cx: &mut Cx, class: Gc<Class>) -> Result<(), Stop> {
    let key = cx.intern("__abstractmethods__");
    let found = cx.scope(|cx| {
        cx.root(Value::object(class));
        let found = cx.set(Default::default(), true);
        cx.root(Value::object(found));
        let mut place = 0;
        while place < class.dict.table().places() {
            if let Some(entry) = class.dict.entry_at(place)
                && is_abstract(cx, entry.value)?
            {
                cx.set_add(found, entry.key)?;
            }
            place += 1;
        }
        let bases = class.bases.get();
        for base in cx.plain_items(bases).unwrap_or_default() {
            let Some(base) = base.cast::<Class>() else { continue };
            let names = base.dict.get_str(cx, key).filter(|names| names.is_object());
            let Some(names) = names.filter(|names| !names.is::<crate::value::Member>()) else {
                continue;
            };
            for name in cx.plain_items(names).unwrap_or_default() {
                let Some(text) = name.cast::<Str>() else { continue };
                let text = cx.intern_str(text);
                if let Some(value) = cx.get_optional(Value::object(class), text)?
                    && is_abstract(cx, value)?
                {
                    cx.set_add(found, name)?;
                }
            }
        }
        Ok(found)
    })?;
    class.dict.set_str(cx, key, Value::object(found));
    cx.set_abstract(class, !found.is_empty());
    Ok(())
}

// ---- asking

/// What is remembered of a class.
fn known(cx: &Cx, answers: Gc<Dict>, class: Value) -> Option<bool> {
    let hash = cx.identity_hash(class);
    let answer = answers.value_at(answers.table().find_bits(hash, class)?);
    if answer == Value::TRUE {
        return Some(true);
    }
    let fresh = answer.as_int() == Some(cx.state::<Registrations>().0.get());
    fresh.then_some(false)
}

fn keep(cx: &Cx, answers: Gc<Dict>, class: Value, answer: Value) {
    let hash = cx.identity_hash(class);
    match answers.table().find_bits(hash, class) {
        Some(place) => answers.set_value_at(place, answer),
        None => answers.insert_new(cx, hash, class, answer),
    }
}

fn remember(cx: &mut Cx, args: Args) -> Flow {
    let class = class_arg(cx, args, 0)?;
    let (answers, _) = kept(cx, class)?;
    let answer = cx.arg(args, 2).value();
    let note = match answer {
        Value::TRUE => answer,
        _ => Value::int(cx.state::<Registrations>().0.get()),
    };
    keep(cx, answers, cx.arg(args, 1).value(), note);
    Ok(answer)
}

fn instance_check(cx: &mut Cx, args: Args) -> Flow {
    let class = class_arg(cx, args, 0)?;
    let object = cx.arg(args, 1).value();
    let own = cx.class_of(object);
    let name = cx.vm().names.__class__;
    let usual =
        |cx: &Cx| !own.is_user() || cx.lookup(own, name) == cx.lookup(cx.class(T::Object), name);
    let said = if usual(cx) { Value::object(own) } else { cx.get_attribute(object, name)? };
    let (answers, _) = kept(cx, class)?;
    if let Some(answer) = known(cx, answers, said)
        && (answer || said == Value::object(own))
    {
        return Ok(Value::bool(answer));
    }
    let args = [Value::object(class), said, Value::object(own)];
    cx.tail_prelude("_abc_instance", &args)
}

fn subclass_check(cx: &mut Cx, args: Args) -> Flow {
    let class = class_arg(cx, args, 0)?;
    let given = cx.arg(args, 1).value();
    if !given.is::<Class>() {
        return Err(cx.type_error("issubclass() arg 1 must be a class"));
    }
    let (answers, registered) = kept(cx, class)?;
    if let Some(answer) = known(cx, answers, given) {
        return Ok(Value::bool(answer));
    }
    let registered = Value::object(cx.list(registered.to_vec()));
    cx.tail_prelude("_abc_decide", &[Value::object(class), given, registered])
}

fn register(cx: &mut Cx, args: Args) -> Flow {
    let class = class_arg(cx, args, 0)?;
    let given = cx.arg(args, 1).value();
    let (_, registered) = kept(cx, class)?;
    registered.push(given);
    let count = cx.state::<Registrations>();
    count.0.set(count.0.get() + 1);
    if let Some(given) = given.cast::<Class>() {
        let patterns = flags::SEQUENCE | flags::MAPPING;
        inherit_patterns(cx, given, class.header.flags & patterns);
    }
    Ok(given_back(cx, args))
}

fn given_back(cx: &Cx, args: Args) -> Value {
    cx.arg(args, 1).value()
}

/// A registered class and all that derive from it match the patterns of the abstract class.
fn inherit_patterns(cx: &Cx, class: Gc<Class>, bits: u8) {
    let all = flags::SEQUENCE | flags::MAPPING;
    if bits == 0 || !class.is_user() || class.header.flags & all == bits {
        return;
    }
    cx.set_pattern_flags(class, bits);
    let below = class.subclasses.borrow().clone();
    for class in below {
        inherit_patterns(cx, class, bits);
    }
}
