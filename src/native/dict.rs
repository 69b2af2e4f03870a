//! `dict`; its views are in `view.rs`, subscripts and `in` in `operators.rs`.
//!
//! What `update` is given may be a mapping or an iterable of pairs. Natives copy from plain
//! dicts and take apart plain pairs; everything else goes on in the prelude.

use super::object::{derive, new_class};
use super::{TypeDef, class_method, function, method, static_method, this, view};
use crate::gc::Gc;
use crate::value::table::Table;
use crate::value::{Dict, Instance, Iter, List, Native, Set, Str, T, Tuple, Value, ViewKind};
use crate::vm::{Args, Cx, Def, Flow, Outcome, Step, Stop};

pub static TYPE: TypeDef = TypeDef {
    id: T::Dict,
    doc: "dict() -> new empty dictionary\ndict(mapping) -> new dictionary initialized from a \
          mapping object's\n    (key, value) pairs\ndict(iterable) -> new dictionary initialized \
          as if via:\n    d = {}\n    for k, v in iterable:\n        d[k] = v\ndict(**kwargs) -> \
          new dictionary initialized with the name=value pairs\n    in the keyword argument list. \
          For example:  dict(one=1, two=2)",
    methods: &[
        static_method("__new__(cls, *args, **kwargs)", "Create and return a new object.", new),
        method("__init__(self, /, *args, **kwargs)", "Initialize self.", init),
        class_method(
            "fromkeys(type, iterable, value=None, /)",
            "Create a new dictionary with keys from iterable and values set to value.",
            fromkeys,
        ),
        method("clear(self, /)", "Remove all items from the dict.", clear),
        method("copy(self, /)", "Return a shallow copy of the dict.", copy),
        method(
            "get(self, key, default=None, /)",
            "Return the value for key if key is in the dictionary, else default.",
            get,
        ),
        method(
            "setdefault(self, key, default=None, /)",
            "Insert key with a value of default if key is not in the dictionary.\n\nReturn the \
             value for key if key is in the dictionary, else default.",
            setdefault,
        ),
        method(
            "pop(self, key, default=None, /)",
            "D.pop(k[,d]) -> v, remove specified key and return the corresponding value.\n\nIf \
             the key is not found, return the default if given; otherwise,\nraise a KeyError.",
            pop,
        ),
        method(
            "popitem(self, /)",
            "Remove and return a (key, value) pair as a 2-tuple.\n\nPairs are returned in LIFO \
             (last-in, first-out) order.\nRaises KeyError if the dict is empty.",
            popitem,
        ),
        method(
            "update(self, /, *args, **kwargs)",
            "D.update([E, ]**F) -> None.  Update D from mapping/iterable E and F.",
            update,
        ),
        method(
            "keys(self, /)",
            "Return a set-like object providing a view on the dict's keys.",
            |cx, args| view_of(cx, args, ViewKind::Keys),
        ),
        method(
            "values(self, /)",
            "Return an object providing a view on the dict's values.",
            |cx, args| view_of(cx, args, ViewKind::Values),
        ),
        method(
            "items(self, /)",
            "Return a set-like object providing a view on the dict's items.",
            |cx, args| view_of(cx, args, ViewKind::Items),
        ),
        method("__or__(self, value, /)", "Return self|value.", |cx, args| union(cx, args, false)),
        method("__ror__(self, value, /)", "Return value|self.", |cx, args| union(cx, args, true)),
        method("__ior__(self, value, /)", "Return self|=value.", update_in_place),
        method("__reversed__(self, /)", "Return a reverse iterator over the dict keys.", reversed),
        method("__sizeof__(self, /)", "Return the size of the dict in memory.", size_of),
    ],
    getsets: &[],
};

/// For the prelude.
pub static HOOKS: &[Def] =
    &[function("_global_get(globals, name, /)", "What a name means in a module.", global_get)];

fn this_dict(cx: &Cx, args: Args) -> Result<Gc<Dict>, Stop> {
    this::<Dict>(cx, args, T::Dict)
}

// ---- construction and update

fn new(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Dict)?;
    if args.len() == 2 && class == cx.class(T::Dict) && cx.arg(args, 1).value().is::<Dict>() {
        // Made for this call, and of nobody else.
        return Ok(cx.arg(args, 1).value());
    }
    let dict = cx.dict();
    if class != cx.class(T::Dict) {
        // `__init__` follows, with whatever arguments it takes.
        return derive(cx, class, T::Dict, Value::object(dict));
    }
    update_from(cx, args, dict, "dict", Value::object(dict))
}

fn init(cx: &mut Cx, args: Args) -> Flow {
    let dict = this_dict(cx, args)?;
    update_from(cx, args, dict, "dict", Value::NONE)
}

fn update(cx: &mut Cx, args: Args) -> Flow {
    let dict = this_dict(cx, args)?;
    update_from(cx, args, dict, "update", Value::NONE)
}

/// Takes the arguments of `dict` or `update`: `(_, keywords, source?)`.
fn update_from(cx: &mut Cx, args: Args, dict: Gc<Dict>, name: &str, answer: Value) -> Flow {
    let keywords = cx.arg(args, 1).value();
    match args.len() {
        ..=2 => finish_update(cx, dict, keywords, answer),
        3 => update_then(cx, dict, cx.arg(args, 2).value(), keywords, answer),
        n => {
            let text = format!("{name} expected at most 1 argument, got {}", n - 2);
            Err(cx.type_error(&text))
        }
    }
}

/// Keyword arguments come last. Their dict is plain, its keys are strings.
fn finish_update(cx: &mut Cx, dict: Gc<Dict>, keywords: Value, answer: Value) -> Flow {
    if let Some(keywords) = keywords.cast::<Dict>() {
        cx.scope(|cx| {
            cx.root(Value::object(dict));
            cx.root(Value::object(keywords));
            merge(cx, dict, keywords)
        })?;
    }
    Ok(answer)
}

fn update_then(cx: &mut Cx, dict: Gc<Dict>, source: Value, keywords: Value, answer: Value) -> Flow {
    let plain = cx.scope(|cx| {
        cx.root(Value::object(dict));
        cx.root(source);
        update_plain(cx, dict, source)
    })?;
    if plain {
        return finish_update(cx, dict, keywords, answer);
    }
    let update = cx.vm().prelude("_dict_update");
    let state = [Value::object(dict), keywords, answer];
    cx.call_then(update, &[Value::object(dict), source], updated, state)
}

fn updated(cx: &mut Cx, [dict, keywords, answer]: [Value; 3], outcome: Outcome) -> Flow {
    outcome?;
    match dict.cast::<Dict>() {
        Some(dict) => finish_update(cx, dict, keywords, answer),
        None => Ok(answer),
    }
}

/// The dict that a value is or derives from, if nothing says that it is to be read otherwise.
fn plain_mapping(cx: &Cx, source: Value) -> Option<Gc<Dict>> {
    if let Some(dict) = source.cast::<Dict>() {
        return Some(dict);
    }
    let dict = cx.unwrap(source).cast::<Dict>()?;
    let class = cx.class_of(source);
    let own = |name: &str| cx.lookup(class, cx.intern(name)).is_none_or(|m| !m.is::<Native>());
    let overrides = own("__iter__") || own("keys") || own("__getitem__");
    (!overrides).then_some(dict)
}

/// Updates from a plain source; false if it needs code of the program, which has not begun.
fn update_plain(cx: &mut Cx, dict: Gc<Dict>, source: Value) -> Result<bool, Stop> {
    if let Some(from) = plain_mapping(cx, source) {
        merge(cx, dict, from)?;
        return Ok(true);
    }
    if source.is::<Instance>() {
        return Ok(false);
    }
    if let Some(iter) = source.cast::<Iter>() {
        if !cx.is_plain_iter(iter) {
            return Ok(false);
        }
        let mut count = 0;
        loop {
            if let Some((key, value)) = cx.step_pair(iter) {
                count += 1;
                if cx.dict_set_quickly(dict, key, value) {
                    continue;
                }
                cx.scope(|cx| {
                    cx.root(key);
                    cx.root(value);
                    cx.dict_set(dict, key, value)
                })?;
                continue;
            }
            match cx.step(iter) {
                Step::Item(pair) => {
                    cx.scope(|cx| {
                        cx.root(pair);
                        add_pair(cx, dict, pair, count)
                    })?;
                }
                Step::Raised => return Err(Stop::Raised),
                Step::End | Step::Code => return Ok(true),
            }
            count += 1;
        }
    }
    let Some(pairs) = cx.plain_items(source) else { return Ok(false) };
    let plain = |pair: &Value| !pair.is::<Instance>() && !pair.is::<crate::value::Frame>();
    if !pairs.iter().all(plain) {
        return Ok(false);
    }
    let pairs = cx.list(pairs);
    cx.root(Value::object(pairs));
    let mut count = 0;
    while let Some(pair) = pairs.get(count) {
        add_pair(cx, dict, pair, count)?;
        count += 1;
    }
    Ok(true)
}

fn add_pair(cx: &mut Cx, dict: Gc<Dict>, pair: Value, count: usize) -> Result<(), Stop> {
    let items = match pair.cast::<Tuple>() {
        Some(pair) if pair.len() == 2 => {
            return cx.dict_set(dict, pair.as_slice()[0], pair.as_slice()[1]);
        }
        _ => cx.plain_items(pair),
    };
    let Some(items) = items else {
        let text =
            format!("cannot convert dictionary update sequence element #{count} to a sequence");
        return Err(cx.type_error(&text));
    };
    let [key, value] = items[..] else {
        return Err(cx.value_error(&format!(
            "dictionary update sequence element #{count} has length {}; 2 is required",
            items.len()
        )));
    };
    cx.dict_set(dict, key, value)
}

/// Copies all entries of another dict; both are rooted.
pub fn merge(cx: &mut Cx, dict: Gc<Dict>, from: Gc<Dict>) -> Result<(), Stop> {
    if dict == from {
        return Ok(());
    }
    if dict.table().places() == 0 && !dict.is_namespace() {
        let table = copy_table(from, 0);
        cx.heap.charge(table.bytes());
        dict.edit(|empty| empty.replace(table));
        return Ok(());
    }
    let (len, mut place) = (from.len(), 0);
    cx.heap.charge(dict.edit(|table| table.reserve(len)));
    while place < from.table().places() {
        if let Some(entry) = from.entry_at(place) {
            cx.dict_set_hashed(dict, entry.key, entry.hash, entry.value)?;
            if from.len() != len {
                let text = "dict mutated during update";
                return Err(cx.error(T::RuntimeError, text));
            }
        }
        place += 1;
    }
    Ok(())
}

/// The entries of a dict in a table of their own with room for some `more`; the cells of a
/// namespace are seen through.
fn copy_table(dict: Gc<Dict>, more: usize) -> Table {
    if !dict.is_namespace() {
        return dict.table().copy(more);
    }
    let mut table = Table::with_capacity(dict.len() + more);
    for entry in dict.iter() {
        table.insert_new(entry.hash, entry.key, entry.value);
    }
    table
}

fn fromkeys(cx: &mut Cx, args: Args) -> Flow {
    let class = cx.arg(args, 0).value();
    let source = cx.arg(args, 1).value();
    let value = cx.opt(args, 2).map_or(Value::NONE, |v| v.value());
    if class != cx.type_object(T::Dict) {
        return cx.tail_prelude("_fromkeys", &[class, source, value]);
    }
    // A set knows the hashes of what it holds.
    if let Some(set) = source.cast::<Set>() {
        let dict = cx.dict_of(Table::with_capacity(set.len()), 0);
        for element in set.elements().iter() {
            cx.dict_insert_raw(dict, element.hash, element.key, value);
        }
        return Ok(Value::object(dict));
    }
    cx.collect_then(source, keys_collected, [value, Value::NONE, Value::NONE])
}

fn keys_collected(cx: &mut Cx, [value, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let keys = outcome?;
    cx.scope(|cx| {
        cx.root(keys);
        cx.root(value);
        // Few keys are many repeated ones, mostly.
        let room = keys.cast::<List>().map_or(0, |keys| keys.len().min(256));
        let dict = cx.dict_of(Table::with_capacity(room), 0);
        cx.root(Value::object(dict));
        if let Some(keys) = keys.cast::<List>() {
            let mut at = 0;
            while let Some(key) = keys.get(at) {
                cx.dict_set(dict, key, value)?;
                at += 1;
            }
        }
        Ok(Value::object(dict))
    })
}

// ---- entries

fn get(cx: &mut Cx, args: Args) -> Flow {
    let dict = this_dict(cx, args)?;
    let key = cx.arg(args, 1).value();
    if let Some(value) = cx.quick_entry(dict, key) {
        return Ok(value);
    }
    match cx.dict_get(dict, key)? {
        Some(value) => Ok(value),
        None => Ok(cx.opt(args, 2).map_or(Value::NONE, |v| v.value())),
    }
}

pub(super) fn setdefault(cx: &mut Cx, args: Args) -> Flow {
    let dict = this_dict(cx, args)?;
    let key = cx.arg(args, 1).value();
    let hash = cx.hash(key)?;
    if let Some(place) = cx.dict_find(dict, key, hash)? {
        return Ok(dict.value_at(place));
    }
    let value = cx.opt(args, 2).map_or(Value::NONE, |v| v.value());
    if dict.is_namespace() {
        cx.dict_set_hashed(dict, key, hash, value)?;
    } else {
        dict.insert_new(cx, hash, key, value);
    }
    Ok(value)
}

pub(super) fn pop(cx: &mut Cx, args: Args) -> Flow {
    let dict = this_dict(cx, args)?;
    let key = cx.arg(args, 1).value();
    // A dict without entries does not ask for the hash.
    if !dict.is_empty()
        && let Some(value) = cx.dict_remove(dict, key)?
    {
        return Ok(value);
    }
    match cx.opt(args, 2) {
        Some(value) => Ok(value.value()),
        None => Err(cx.error_with(T::KeyError, &[cx.arg(args, 1).value()])),
    }
}

fn popitem(cx: &mut Cx, args: Args) -> Flow {
    let dict = this_dict(cx, args)?;
    let places = dict.table().places();
    let Some((place, entry)) =
        (0..places).rev().find_map(|place| dict.entry_at(place).map(|e| (place, e)))
    else {
        return Err(cx.error(T::KeyError, "popitem(): dictionary is empty"));
    };
    dict.remove_at(place);
    Ok(Value::object(cx.tuple(&[entry.key, entry.value])))
}

fn clear(cx: &mut Cx, args: Args) -> Flow {
    this_dict(cx, args)?.clear();
    Ok(Value::NONE)
}

fn copy(cx: &mut Cx, args: Args) -> Flow {
    let dict = this_dict(cx, args)?;
    Ok(Value::object(cx.dict_of(copy_table(dict, 0), 0)))
}

fn size_of(cx: &mut Cx, args: Args) -> Flow {
    let dict = this_dict(cx, args)?;
    Ok(Value::int(48 + dict.table().bytes() as i64))
}

// ---- operators and views

fn view_of(cx: &mut Cx, args: Args, what: ViewKind) -> Flow {
    let dict = this_dict(cx, args)?;
    Ok(view::new(cx, dict, what))
}

fn union(cx: &mut Cx, args: Args, reflected: bool) -> Flow {
    let (this, other) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    let (left, right) = if reflected { (other, this) } else { (this, other) };
    let (Some(a), Some(b)) = (cx.unwrap(left).cast::<Dict>(), cx.unwrap(right).cast::<Dict>())
    else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    cx.scope(|cx| {
        let result = cx.dict_of(copy_table(a, b.len()), 0);
        cx.root(Value::object(result));
        merge(cx, result, b)?;
        Ok(Value::object(result))
    })
}

fn update_in_place(cx: &mut Cx, args: Args) -> Flow {
    let dict = this_dict(cx, args)?;
    let (this, source) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    update_then(cx, dict, source, Value::UNDEF, this)
}

fn reversed(cx: &mut Cx, args: Args) -> Flow {
    let dict = this_dict(cx, args)?;
    Ok(view::reverse_iter(cx, dict, ViewKind::Keys))
}

// ---- names

fn global_get(cx: &mut Cx, args: Args) -> Flow {
    let (globals, name) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    let Some(key) = name.cast::<Str>() else { return Err(cx.error_with(T::NameError, &[name])) };
    let found = globals.cast::<Dict>().and_then(|globals| globals.get_str(cx, key));
    let builtins = globals.cast::<Dict>().map(|globals| cx.vm().builtins_of(globals));
    match found.or_else(|| builtins?.get_str(cx, key)) {
        Some(value) => Ok(value),
        None => {
            let text = format!("name '{}' is not defined", key.lossy());
            Err(cx.error(T::NameError, &text))
        }
    }
}
