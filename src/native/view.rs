//! What `dict.keys()`, `.values()` and `.items()` return. Keys and items behave as sets do.
//!
//! An items view may hold what cannot be hashed: comparing and containment look its keys up
//! instead. The operators make sets, in the order in which CPython would fill them.

use super::list::same;
use super::set_algebra::{self as set, Algebra, Items};
use super::{TypeDef, method};
use crate::gc::Gc;
use crate::value::{Dict, DictView, IterKind, MappingProxy, Set, T, Tuple, Value, ViewKind};
use crate::vm::{Args, Cx, Flow, GetSet, Order, Stop};

macro_rules! set_like {
    () => {
        &[
            method("__len__(self, /)", "Return len(self).", len),
            method("__iter__(self, /)", "Implement iter(self).", iter),
            method("__reversed__(self, /)", "Return a reverse iterator over the dict.", reversed),
            method("__contains__(self, key, /)", "Return bool(key in self).", contains),
            method(
                "isdisjoint(self, other, /)",
                "Return True if the view and the given iterable have a null intersection.",
                is_disjoint,
            ),
            method("__and__(self, value, /)", "Return self&value.", |cx, a| {
                operator(cx, a, Algebra::And, false)
            }),
            method("__rand__(self, value, /)", "Return value&self.", |cx, a| {
                operator(cx, a, Algebra::And, true)
            }),
            method("__or__(self, value, /)", "Return self|value.", |cx, a| {
                operator(cx, a, Algebra::Or, false)
            }),
            method("__ror__(self, value, /)", "Return value|self.", |cx, a| {
                operator(cx, a, Algebra::Or, true)
            }),
            method("__sub__(self, value, /)", "Return self-value.", |cx, a| {
                operator(cx, a, Algebra::Sub, false)
            }),
            method("__rsub__(self, value, /)", "Return value-self.", |cx, a| {
                operator(cx, a, Algebra::Sub, true)
            }),
            method("__xor__(self, value, /)", "Return self^value.", |cx, a| {
                operator(cx, a, Algebra::Xor, false)
            }),
            method("__rxor__(self, value, /)", "Return value^self.", |cx, a| {
                operator(cx, a, Algebra::Xor, true)
            }),
            method("__lt__(self, value, /)", "Return self<value.", |cx, a| {
                compare(cx, a, Order::Lt)
            }),
            method("__le__(self, value, /)", "Return self<=value.", |cx, a| {
                compare(cx, a, Order::Le)
            }),
            method("__gt__(self, value, /)", "Return self>value.", |cx, a| {
                compare(cx, a, Order::Gt)
            }),
            method("__ge__(self, value, /)", "Return self>=value.", |cx, a| {
                compare(cx, a, Order::Ge)
            }),
            method("__eq__(self, value, /)", "Return self==value.", |cx, a| {
                compare(cx, a, Order::Eq)
            }),
            method("__ne__(self, value, /)", "Return self!=value.", |cx, a| {
                compare(cx, a, Order::Ne)
            }),
        ]
    };
}

const fn mapping_row() -> GetSet {
    GetSet { name: "mapping", doc: "dictionary that this view refers to", get: mapping, set: None }
}

pub static KEYS: TypeDef =
    TypeDef { id: T::DictKeys, doc: "", methods: set_like!(), getsets: &[mapping_row()] };

pub static ITEMS: TypeDef =
    TypeDef { id: T::DictItems, doc: "", methods: set_like!(), getsets: &[mapping_row()] };

pub static VALUES: TypeDef = TypeDef {
    id: T::DictValues,
    doc: "",
    methods: &[
        method("__len__(self, /)", "Return len(self).", len),
        method("__iter__(self, /)", "Implement iter(self).", iter),
        method("__reversed__(self, /)", "Return a reverse iterator over the dict.", reversed),
    ],
    getsets: &[mapping_row()],
};

// ---- making them

pub fn new(cx: &Cx, dict: Gc<Dict>, what: ViewKind) -> Value {
    let id = match what {
        ViewKind::Keys => T::DictKeys,
        ViewKind::Values => T::DictValues,
        ViewKind::Items => T::DictItems,
    };
    Value::object(cx.new_object(id.shape(), 0, |header| DictView {
        header,
        dict: Value::object(dict).into(),
        what,
    }))
}

/// An iterator from the last entry to the first.
pub fn reverse_iter(cx: &Cx, dict: Gc<Dict>, what: ViewKind) -> Value {
    let (id, kind) = match what {
        ViewKind::Keys => (T::DictReverseKeyIter, IterKind::DictKeysReverse),
        ViewKind::Values => (T::DictReverseValueIter, IterKind::DictValuesReverse),
        ViewKind::Items => (T::DictReverseItemIter, IterKind::DictItemsReverse),
    };
    let last = dict.table().places() as i64 - 1;
    let iter = cx.iter(id, kind, Value::object(dict), Value::UNDEF, last);
    iter.guard.set(dict.len() as u32);
    Value::object(iter)
}

// ---- receivers

fn parts(cx: &Cx, value: Value) -> Result<(Gc<Dict>, ViewKind), Stop> {
    value
        .cast::<DictView>()
        .and_then(|view| Some((view.dict.get().cast::<Dict>()?, view.what)))
        .ok_or_else(|| {
            let name = cx.type_name(value);
            cx.type_error(&format!("descriptor requires a dict view but received a '{name}'"))
        })
}

fn this_view(cx: &Cx, args: Args) -> Result<(Gc<Dict>, ViewKind), Stop> {
    parts(cx, cx.arg(args, 0).value())
}

fn mapping(cx: &mut Cx, value: Value) -> Flow {
    let (dict, _) = parts(cx, value)?;
    let shape = T::MappingProxy.shape();
    Ok(Value::object(cx.new_object(shape, 0, |header| MappingProxy {
        header,
        mapping: Value::object(dict).into(),
    })))
}

fn len(cx: &mut Cx, args: Args) -> Flow {
    Ok(Value::int(this_view(cx, args)?.0.len() as i64))
}

fn iter(cx: &mut Cx, args: Args) -> Flow {
    this_view(cx, args)?;
    cx.iter_then(cx.arg(args, 0).value())
}

fn reversed(cx: &mut Cx, args: Args) -> Flow {
    let (dict, what) = this_view(cx, args)?;
    if cx.arg(args, 0).get::<DictView>().is_some_and(|view| view.is_ordered(cx)) {
        let kind = match what {
            ViewKind::Keys => IterKind::DictKeysReverse,
            ViewKind::Values => IterKind::DictValuesReverse,
            ViewKind::Items => IterKind::DictItemsReverse,
        };
        return Ok(cx.ordered_iter(dict, kind, dict.table().places() as i64 - 1));
    }
    Ok(reverse_iter(cx, dict, what))
}

fn contains(cx: &mut Cx, args: Args) -> Flow {
    let (dict, what) = this_view(cx, args)?;
    let side = if what == ViewKind::Items { Side::Items(dict) } else { Side::Keys(dict) };
    let item = cx.arg(args, 1).value();
    side.contains(cx, item).map(Value::bool)
}

// ---- views and sets as collections of distinct things

#[derive(Clone, Copy)]
enum Side {
    Set(Gc<Set>),
    Keys(Gc<Dict>),
    Items(Gc<Dict>),
}

impl Side {
    fn of(cx: &Cx, value: Value) -> Option<Side> {
        if let Some(set) = cx.unwrap(value).cast::<Set>() {
            return Some(Side::Set(set));
        }
        match parts(cx, value.cast::<DictView>().map(|_| value)?) {
            Ok((dict, ViewKind::Keys)) => Some(Side::Keys(dict)),
            Ok((dict, ViewKind::Items)) => Some(Side::Items(dict)),
            _ => None,
        }
    }

    fn len(self) -> usize {
        match self {
            Side::Set(set) => set.len(),
            Side::Keys(dict) | Side::Items(dict) => dict.len(),
        }
    }

    fn positions(self) -> usize {
        match self {
            Side::Set(set) => set.elements().positions(),
            Side::Keys(dict) | Side::Items(dict) => dict.table().places(),
        }
    }

    fn at(self, cx: &Cx, position: usize) -> Option<Value> {
        match self {
            Side::Set(set) => set.elements().at(position).map(|(_, element)| element.key),
            Side::Keys(dict) => dict.entry_at(position).map(|e| e.key),
            Side::Items(dict) => {
                dict.entry_at(position).map(|e| Value::object(cx.tuple(&[e.key, e.value])))
            }
        }
    }

    fn contains(self, cx: &mut Cx, item: Value) -> Result<bool, Stop> {
        match self {
            Side::Set(set) => cx.set_contains(set, item),
            Side::Keys(dict) => Ok(cx.dict_get(dict, item)?.is_some()),
            Side::Items(dict) => {
                let Some(pair) = item.cast::<Tuple>().filter(|t| t.len() == 2) else {
                    return Ok(false);
                };
                match cx.dict_get(dict, pair.as_slice()[0])? {
                    Some(value) => same(cx, value, pair.as_slice()[1]),
                    None => Ok(false),
                }
            }
        }
    }

    fn is_subset(self, cx: &mut Cx, of: Side) -> Result<bool, Stop> {
        if self.len() > of.len() {
            return Ok(false);
        }
        let mut position = 0;
        while position < self.positions() {
            if let Some(item) = self.at(cx, position) {
                let inside = cx.scope(|cx| {
                    cx.root(item);
                    of.contains(cx, item)
                })?;
                if !inside {
                    return Ok(false);
                }
            }
            position += 1;
        }
        Ok(true)
    }
}

fn compare(cx: &mut Cx, args: Args, order: Order) -> Flow {
    let side = |i: usize| Side::of(cx, cx.arg(args, i).value());
    let (Some(view), Some(other)) = (side(0), side(1)) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let (a, b) = (view.len(), other.len());
    Ok(Value::bool(match order {
        Order::Eq => a == b && view.is_subset(cx, other)?,
        Order::Ne => a != b || !view.is_subset(cx, other)?,
        Order::Lt => a < b && view.is_subset(cx, other)?,
        Order::Le => view.is_subset(cx, other)?,
        Order::Gt => a > b && other.is_subset(cx, view)?,
        Order::Ge => other.is_subset(cx, view)?,
    }))
}

// ---- making sets

/// The elements as the operators of sets take them; call inside a `scope`.
fn items_of(cx: &mut Cx, value: Value) -> Option<Items> {
    if let Ok((dict, ViewKind::Keys)) = parts_quietly(value) {
        return Some(Items::Dict(dict));
    }
    set::plain_operand(cx, value)
}

fn parts_quietly(value: Value) -> Result<(Gc<Dict>, ViewKind), ()> {
    let view = value.cast::<DictView>().ok_or(())?;
    Ok((view.dict.get().cast::<Dict>().ok_or(())?, view.what))
}

fn operator(cx: &mut Cx, args: Args, algebra: Algebra, reflected: bool) -> Flow {
    let (view, other) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    let made = cx.scope(|cx| {
        let (a, b) = (items_of(cx, view)?, items_of(cx, other)?);
        let (left, right) = if reflected { (b, a) } else { (a, b) };
        Some(match algebra {
            Algebra::And => both(cx, view, other, b),
            _ => set::combine_new(cx, left, right, algebra),
        })
    });
    match made {
        Some(flow) => flow,
        None => {
            let name = algebra.method(reflected);
            let name = Value::object(cx.intern(name));
            cx.tail_prelude("_view_call", &[view, name, other])
        }
    }
}

/// What a view and another collection have in common: the smaller of two sets is walked.
fn both(cx: &mut Cx, view: Value, other: Value, items: Items) -> Flow {
    let (Some(mut base), side) = (Side::of(cx, view), Side::of(cx, other)) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let mut walked = items;
    if let Some(side) = side {
        let swap = match side {
            Side::Set(_) => base.len() <= side.len(),
            _ => base.len() < side.len(),
        };
        if swap {
            match items_of(cx, view) {
                Some(own) => walked = own,
                None => return Ok(Value::NOT_IMPLEMENTED),
            }
            base = side;
        }
    }
    let result = set::fresh(cx, false);
    set::each(cx, walked, |cx, key, hash| {
        if base.contains(cx, key)? {
            cx.set_add_hashed(result, key, hash)?;
        }
        Ok(true)
    })?;
    Ok(Value::object(result))
}

fn is_disjoint(cx: &mut Cx, args: Args) -> Flow {
    let (view, other) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    let Some(base) = Side::of(cx, view) else { return Ok(Value::NOT_IMPLEMENTED) };
    let made = cx.scope(|cx| {
        let items = items_of(cx, other)?;
        let mut disjoint = true;
        let walked = set::each(cx, items, |cx, key, _| {
            disjoint = !base.contains(cx, key)?;
            Ok(disjoint)
        });
        Some(walked.map(|()| Value::bool(disjoint)))
    });
    match made {
        Some(flow) => flow,
        None => {
            let name = Value::object(cx.intern("isdisjoint"));
            cx.tail_prelude("_view_call", &[view, name, other])
        }
    }
}
