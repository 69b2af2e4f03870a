//! What instances of a class consist of: the built-in part, `__slots__`, `__dict__`.
//!
//! All of it is settled before the class object exists (`construct.rs`).

use super::natives::GetSet;
use super::{Cx, Stop};
use crate::gc::Gc;
use crate::value::class::flags;
use crate::value::kind::Kind;
use crate::value::weak::is_more_than_data;
use crate::value::{Class, Declaration, Dict, Member, Str, T, Value};

/// The nearest ancestor that decides what instances consist of.
pub(super) fn solid_base(cx: &Cx, class: Gc<Class>) -> Gc<Class> {
    let has_layout = |c: &Gc<Class>| match c.is_user() {
        true => c.slots.borrow().as_ref().is_some_and(|slots| !slots.is_empty()),
        false if c.layout == Kind::Exception => {
            EXCEPTIONS_WITH_PARTS.iter().any(|&id| cx.class(id) == *c)
        }
        false => true,
    };
    let mro = class.mro.borrow();
    *mro.iter().find(|c| has_layout(c)).unwrap_or(&cx.class(T::Object))
}

/// The exceptions that keep more than others do: no class derives from two of them.
const EXCEPTIONS_WITH_PARTS: [T; 12] = [
    T::BaseException,
    T::BaseExceptionGroup,
    T::StopIteration,
    T::SystemExit,
    T::ImportError,
    T::OSError,
    T::NameError,
    T::AttributeError,
    T::SyntaxError,
    T::UnicodeEncodeError,
    T::UnicodeDecodeError,
    T::UnicodeTranslateError,
];

/// What `__slots__` says.
pub(super) struct Slots {
    names: Vec<Gc<Str>>,
    has_dict: bool,
    has_weakref: bool,
}

/// Reads `__slots__` of a class to be made, whose instances are laid out as those of `base`.
pub(super) fn read_slots(
    cx: &mut Cx,
    slots: Value,
    class: Gc<Str>,
    namespace: Gc<Dict>,
    base: Gc<Class>,
) -> Result<Slots, Stop> {
    let items = match cx.unwrap(slots).cast::<Str>() {
        Some(_) => vec![slots],
        None => match cx.plain_items(slots) {
            Some(items) => items,
            None => {
                let text = format!("'{}' object is not iterable", cx.type_name(slots));
                return Err(cx.type_error(&text));
            }
        },
    };
    if !items.is_empty() && (varies(base) || base.layout == Kind::Class) {
        let name = base.name_text();
        let text = format!("nonempty __slots__ not supported for subtype of '{name}'");
        return Err(cx.type_error(&text));
    }
    let mut found = Slots { names: Vec::new(), has_dict: false, has_weakref: false };
    for item in items {
        let Some(name) = cx.unwrap(item).cast::<Str>() else {
            let text = format!("__slots__ items must be strings, not '{}'", cx.type_name(item));
            return Err(cx.type_error(&text));
        };
        let text = name.lossy().into_owned();
        if !crate::plain::unicode::is_identifier(text.as_bytes()) {
            return Err(cx.type_error("__slots__ must be identifiers"));
        }
        if text == "__dict__" || text == "__weakref__" {
            let has = if text == "__dict__" { &mut found.has_dict } else { &mut found.has_weakref };
            if *has || inherits_place(cx, base, &text) {
                let text = format!("{text} slot disallowed: we already got one");
                return Err(cx.type_error(&text));
            }
            *has = true;
            continue;
        }
        let name = cx.intern(&mangled(&text, &class.lossy()));
        let names = &cx.vm().names;
        let special = name == names.__qualname__ || name == names.__classcell__;
        if !special && namespace.get_str(cx, name).is_some() {
            let text = format!("'{}' in __slots__ conflicts with class variable", name.lossy());
            return Err(cx.value_error(&text));
        }
        if !found.names.contains(&name) {
            found.names.push(name);
        }
    }
    Ok(found)
}

/// Do instances of a class have `__dict__` or `__weakref__`?
fn inherits_place(cx: &Cx, base: Gc<Class>, place: &str) -> bool {
    if place == "__dict__" {
        return match base.is_user() {
            true => base.header.flags & flags::NO_DICT == 0,
            false => matches!(base.layout, Kind::Exception | Kind::Class | Kind::Module),
        };
    }
    is_more_than_data(base.layout) || cx.lookup(base, cx.vm().names.__weakref__).is_some()
}

pub(super) fn apply_slots(cx: &mut Cx, class: Gc<Class>, slots: Slots, bases: &[Gc<Class>]) {
    for &name in &slots.names {
        class.dict.set_str(cx, name, slot_member(cx, class, name));
    }
    *class.slots.borrow_mut() = Some(slots.names);
    let object = cx.class(T::Object);
    let closed = bases.iter().all(|b| *b == object || !inherits_place(cx, *b, "__dict__"));
    if closed && !slots.has_dict {
        // SAFETY: a live object; flags are a plain field.
        unsafe { (*class.header()).flags |= flags::NO_DICT };
    }
}

/// The entries that stand for what instances of a new class have and those of `base` have not,
/// unless the class body says something else under their names.
pub(super) fn add_places(
    cx: &mut Cx,
    class: Gc<Class>,
    slots: Option<&Slots>,
    bases: &[Gc<Class>],
    base: Gc<Class>,
) {
    let names = &cx.vm().names;
    let (dict, weakref) = (names.__dict__, names.__weakref__);
    let gets = |place: &str, named: fn(&Slots) -> bool| {
        let given = slots.is_none_or(named);
        (given || bases.iter().any(|b| inherits_place(cx, *b, place)))
            && !inherits_place(cx, base, place)
    };
    let root = cx.class(T::Object).dict.get_str(cx, dict);
    let own_dict = root.and_then(|root| root.cast::<Member>()).and_then(|root| root.computed);
    let own_weakref: Declaration = &WEAKREF;
    let places = [
        (dict, gets("__dict__", |slots| slots.has_dict), own_dict),
        (
            weakref,
            gets("__weakref__", |slots| slots.has_weakref) && !varies(base),
            Some(own_weakref),
        ),
    ];
    for (name, has, computed) in places {
        if has && class.dict.get_str(cx, name).is_none() {
            class.dict.set_str(cx, name, computed_member(cx, class, name, computed));
        }
    }
}

/// Are objects of the class as long as what they hold? Then there is no room for more.
fn varies(class: Gc<Class>) -> bool {
    [Kind::BigInt, Kind::Bytes, Kind::Tuple].contains(&class.layout)
}

/// The first of the weak references to an object.
static WEAKREF: GetSet = GetSet {
    name: "__weakref__",
    doc: "list of weak references to the object",
    get: |cx, object| {
        let shared = cx.finals.shared(object);
        let first = shared.or_else(|| cx.finals.references(object).first().copied());
        Ok(first.map_or(Value::NONE, Value::object))
    },
    set: None,
};

impl Cx {
    /// Makes a class of the library look like a type of the machine.
    pub fn set_builtin(&self, class: Gc<Class>, is_final: bool) {
        let bits = flags::IMMUTABLE | if is_final { flags::FINAL } else { 0 };
        // SAFETY: a live object; flags are a plain field.
        unsafe { (*class.header()).flags |= bits };
        class.dotted.set(true);
    }
}

fn slot_member(cx: &Cx, class: Gc<Class>, name: Gc<Str>) -> Value {
    computed_member(cx, class, name, None)
}

fn computed_member(
    cx: &Cx,
    class: Gc<Class>,
    name: Gc<Str>,
    computed: Option<Declaration>,
) -> Value {
    let id = if computed.is_some() { T::GetSet } else { T::Member };
    Value::object(cx.new_object(id.shape(), 0, |header| Member {
        header,
        name: Value::object(name).into(),
        owner: Value::object(class).into(),
        computed,
        item: None,
    }))
}

/// `__x` inside class `C` is `_C__x`.
fn mangled(name: &str, class: &str) -> String {
    let class = class.trim_start_matches('_');
    if name.starts_with("__") && !name.ends_with("__") && !class.is_empty() {
        return format!("_{class}{name}");
    }
    name.to_string()
}
