//! `_collections`: what `collections` needs of the machine. `deque` is in `deque.rs`; the classes
//! derived from `dict` are written in Sloop and take their methods from here.

use super::{TypeDef, add_functions, add_types, deque, function, method, this};
use crate::gc::Gc;
use crate::value::{Dict, DictView, IterKind, List, Member, Str, T, Value};
use crate::vm::{Args, Binary, Cx, Def, Flow, GetSet, Outcome, Stop};

static FUNCTIONS: &[Def] = &[
    function(
        "_count_elements(mapping, iterable, /)",
        "Count elements in the iterable, updating the mapping",
        count_elements,
    ),
    function("_tuplegetter(index, doc, /)", "A field of a named tuple.", field),
];

/// The methods of `OrderedDict`.
static ORDERED: &[Def] = &[
    method(
        "move_to_end(self, /, key, last=True)",
        "Move an existing element to the end (or beginning if last is false).\n\nRaise KeyError \
         if the element does not exist.",
        move_to_end,
    ),
    method(
        "popitem(self, /, last=True)",
        "Remove and return a (key, value) pair from the dictionary.\n\nPairs are returned in LIFO \
         order if last is true or FIFO order if false.",
        pop_item,
    ),
    method(
        "pop(self, /, key, default=None)",
        "od.pop(key[,default]) -> v, remove specified key and return the corresponding value.\n\n\
         If the key is not found, return the default if given; otherwise,\nraise a KeyError.",
        super::dict::pop,
    ),
    method(
        "setdefault(self, /, key, default=None)",
        "Insert key with a value of default if key is not in the dictionary.\n\nReturn the value \
         for key if key is in the dictionary, else default.",
        super::dict::setdefault,
    ),
    method("keys(self, /)", "", |cx, args| view(cx, args, T::OdictKeys)),
    method("values(self, /)", "", |cx, args| view(cx, args, T::OdictValues)),
    method("items(self, /)", "", |cx, args| view(cx, args, T::OdictItems)),
    method("__iter__(self, /)", "Implement iter(self).", |cx, args| {
        let dict = this::<Dict>(cx, args, T::Dict)?;
        Ok(cx.ordered_iter(dict, IterKind::DictKeys, 0))
    }),
    method("__reversed__(self, /)", "od.__reversed__() <==> reversed(od)", |cx, args| {
        let dict = this::<Dict>(cx, args, T::Dict)?;
        let last = dict.table().places() as i64 - 1;
        Ok(cx.ordered_iter(dict, IterKind::DictKeysReverse, last))
    }),
];

pub static FIELD: TypeDef = TypeDef {
    id: T::TupleField,
    doc: "",
    methods: &[
        method("__get__(self, instance, owner=None, /)", "Return the item.", |cx, args| {
            let object = cx.arg(args, 1).value();
            if object.is_none() {
                return Ok(cx.arg(args, 0).value());
            }
            let member = this_field(cx, cx.arg(args, 0).value())?;
            let items = cx.unwrap(object).cast::<crate::value::Tuple>();
            let item = items.and_then(|items| items.as_slice().get(member.item? as usize).copied());
            item.ok_or_else(|| {
                cx.type_error(&format!(
                    "descriptor for index '{}' for tuple subclasses doesn't apply to '{}' object",
                    member.item.unwrap_or(0),
                    cx.type_name(object)
                ))
            })
        }),
        method("__set__(self, instance, value, /)", "", |cx, _| {
            Err(cx.error(T::AttributeError, "can't set attribute"))
        }),
        method("__delete__(self, instance, /)", "", |cx, _| {
            Err(cx.error(T::AttributeError, "can't delete attribute"))
        }),
    ],
    getsets: &[GetSet {
        name: "__doc__",
        doc: "",
        get: |cx, field| Ok(this_field(cx, field)?.name.get()),
        set: Some(|cx, field, doc| {
            this_field(cx, field)?.name.set(doc);
            Ok(Value::NONE)
        }),
    }],
};

pub fn module(cx: &mut Cx, namespace: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, namespace, FUNCTIONS, "_collections");
    add_types(cx, &[&super::deque::TYPE, &FIELD]);
    namespace.set_str(cx, cx.intern("deque"), cx.type_object(T::Deque));
    for id in [T::DequeIter, T::DequeReverseIter] {
        namespace.set_str(cx, cx.class(id).name.get(), cx.type_object(id));
    }
    // Methods for a class that is still to be made.
    let ordered = cx.dict();
    for row in ORDERED {
        let native = super::make(cx, row, cx.type_object(T::Dict));
        ordered.set_str(cx, cx.intern(native.signature.name()), Value::object(native));
    }
    namespace.set_str(cx, cx.intern("_ordered"), Value::object(ordered));
    debug_assert!(deque::TYPE.id == T::Deque);
    Ok(())
}

// ---- named tuples

fn this_field(cx: &Cx, value: Value) -> Result<Gc<Member>, Stop> {
    value
        .cast::<Member>()
        .filter(|member| member.item.is_some())
        .ok_or_else(|| super::operators::wrong_receiver(cx, "", T::TupleField, value))
}

fn field(cx: &mut Cx, args: Args) -> Flow {
    let index = cx.index_i64(cx.arg(args, 0).value())?;
    let Ok(item) = u32::try_from(index) else {
        return Err(cx.value_error("the index of a field is out of range"));
    };
    // The text that describes the field stands in the place of a name.
    let member = cx.new_object(T::TupleField.shape(), 0, |header| Member {
        header,
        name: cx.arg(args, 1).value().into(),
        owner: Value::NONE.into(),
        computed: None,
        item: Some(item),
    });
    Ok(Value::object(member))
}

// ---- counting

fn count_elements(cx: &mut Cx, args: Args) -> Flow {
    let (mapping, source) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    let get = cx.intern("get");
    let native = cx.lookup(cx.class_of(mapping), get) == cx.class(T::Dict).dict.get_str(cx, get);
    if cx.plain_dict(mapping).is_none() || !native {
        return cx.tail_prelude("_count_each", &[mapping, source]);
    }
    cx.collect_then(source, count_collected, [mapping, Value::NONE, Value::NONE])
}

fn count_collected(cx: &mut Cx, [mapping, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let items = outcome?;
    cx.scope(|cx| {
        cx.root(mapping);
        cx.root(items);
        let (Some(dict), Some(items)) = (cx.unwrap(mapping).cast::<Dict>(), items.cast::<List>())
        else {
            return Ok(Value::NONE);
        };
        let mut at = 0;
        while let Some(item) = items.get(at) {
            let hash = match item.cast::<Str>() {
                Some(text) => cx.str_hash(text),
                None => cx.hash(item)?,
            };
            match cx.dict_find(dict, item, hash)? {
                Some(place) => {
                    let count = dict.value_at(place);
                    match count.as_int().and_then(|n| Value::try_int(n + 1)) {
                        Some(more) => dict.set_value_at(place, more),
                        None => {
                            let more = cx.binary(Binary::Add, count, Value::int(1))?;
                            cx.dict_set_hashed(dict, item, hash, more)?;
                        }
                    }
                }
                None => cx.dict_set_hashed(dict, item, hash, Value::int(1))?,
            }
            at += 1;
        }
        Ok(Value::NONE)
    })
}

// ---- ordered dicts

fn view(cx: &mut Cx, args: Args, id: T) -> Flow {
    let dict = this::<Dict>(cx, args, T::Dict)?;
    let what = match id {
        T::OdictKeys => crate::value::ViewKind::Keys,
        T::OdictValues => crate::value::ViewKind::Values,
        _ => crate::value::ViewKind::Items,
    };
    Ok(Value::object(cx.new_object(id.shape(), 0, |header| DictView {
        header,
        dict: Value::object(dict).into(),
        what,
    })))
}

fn flag(cx: &mut Cx, args: Args, i: usize) -> Result<bool, Stop> {
    match cx.opt(args, i).map(|given| given.value()) {
        Some(given) => cx.truth(given),
        None => Ok(true),
    }
}

fn move_to_end(cx: &mut Cx, args: Args) -> Flow {
    let dict = this::<Dict>(cx, args, T::Dict)?;
    let last = flag(cx, args, 2)?;
    let key = cx.arg(args, 1).value();
    let hash = cx.hash(key)?;
    match cx.dict_find(dict, key, hash)? {
        Some(place) if !dict.is_namespace() => {
            let before = dict.table().bytes();
            dict.edit(|table| table.move_to_end(place, last));
            cx.heap.charge(dict.table().bytes().saturating_sub(before));
            Ok(Value::NONE)
        }
        _ => Err(cx.error_with(T::KeyError, &[cx.arg(args, 1).value()])),
    }
}

fn pop_item(cx: &mut Cx, args: Args) -> Flow {
    let dict = this::<Dict>(cx, args, T::Dict)?;
    let last = flag(cx, args, 1)?;
    let places = dict.table().places();
    let mut order = dict.table().head()..places;
    let live = |place: &usize| dict.entry_at(*place).is_some();
    let found = if last { order.rev().find(live) } else { order.find(live) };
    let Some((place, entry)) = found.and_then(|place| Some((place, dict.entry_at(place)?))) else {
        return Err(cx.error(T::KeyError, "dictionary is empty"));
    };
    dict.remove_at(place);
    Ok(Value::object(cx.tuple(&[entry.key, entry.value])))
}
