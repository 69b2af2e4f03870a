//! The module `operator`: the operators as functions, and three types that look things up.
//!
//! What built-in operands can answer is answered here; everything else goes on in
//! `stdlib/prelude_operator.sloop`, where the operators themselves stand. Places of the records: a
//! tuple of keys or names; the name, the arguments and the keyword arguments of a method.

use super::display::push_repr;
use super::function::spread;
use super::object::{derive, new_class};
use super::operators::wrong_receiver;
use super::partial::push_arguments;
use super::{TypeDef, add_functions, add_types, function, method, static_method};
use crate::gc::Gc;
use crate::value::{Dict, Instance, List, Record, Str, T, Tuple, Value};
use crate::vm::{Args, Binary, Cx, Def, Flow, GetSet, Order, Stop, Unary};

macro_rules! binary {
    ($signature:literal, $doc:literal, $op:ident, $written:literal) => {
        function($signature, $doc, |cx, args| {
            let (a, b) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
            if !a.is::<Instance>()
                && !b.is::<Instance>()
                && let Some(value) = cx.binary_plain(Binary::$op, a, b)?
            {
                return Ok(value);
            }
            cx.tail_prelude($written, &[a, b])
        })
    };
}

macro_rules! compared {
    ($signature:literal, $doc:literal, $order:ident, $written:literal) => {
        function($signature, $doc, |cx, args| {
            let (a, b) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
            match cx.compare_builtin(a, b, Order::$order)? {
                Some(answer) => Ok(Value::bool(answer)),
                None => cx.tail_prelude($written, &[a, b]),
            }
        })
    };
}

macro_rules! unary {
    ($signature:literal, $doc:literal, $op:ident, $written:literal) => {
        function($signature, $doc, |cx, args| {
            let a = cx.arg(args, 0).value();
            if !a.is::<Instance>()
                && let Some(value) = cx.unary_plain(Unary::$op, a)?
            {
                return Ok(value);
            }
            cx.tail_prelude($written, &[a])
        })
    };
}

/// Two operands, for the prelude at once.
macro_rules! written {
    ($signature:literal, $doc:literal, $written:literal) => {
        function($signature, $doc, |cx, args| {
            let given = cx.args_from(args, 0);
            cx.tail_prelude($written, &given)
        })
    };
}

static FUNCTIONS: &[Def] = &[
    binary!("add(a, b, /)", "Same as a + b.", Add, "_operator_add"),
    binary!("sub(a, b, /)", "Same as a - b.", Sub, "_operator_sub"),
    binary!("mul(a, b, /)", "Same as a * b.", Mul, "_operator_mul"),
    binary!("truediv(a, b, /)", "Same as a / b.", Div, "_operator_truediv"),
    binary!("floordiv(a, b, /)", "Same as a // b.", FloorDiv, "_operator_floordiv"),
    binary!("mod(a, b, /)", "Same as a % b.", Mod, "_operator_mod"),
    binary!("pow(a, b, /)", "Same as a ** b.", Pow, "_operator_pow"),
    binary!("matmul(a, b, /)", "Same as a @ b.", MatMul, "_operator_matmul"),
    binary!("and_(a, b, /)", "Same as a & b.", And, "_operator_and_"),
    binary!("or_(a, b, /)", "Same as a | b.", Or, "_operator_or_"),
    binary!("xor(a, b, /)", "Same as a ^ b.", Xor, "_operator_xor"),
    binary!("lshift(a, b, /)", "Same as a << b.", Shl, "_operator_lshift"),
    binary!("rshift(a, b, /)", "Same as a >> b.", Shr, "_operator_rshift"),
    compared!("lt(a, b, /)", "Same as a < b.", Lt, "_operator_lt"),
    compared!("le(a, b, /)", "Same as a <= b.", Le, "_operator_le"),
    compared!("gt(a, b, /)", "Same as a > b.", Gt, "_operator_gt"),
    compared!("ge(a, b, /)", "Same as a >= b.", Ge, "_operator_ge"),
    compared!("eq(a, b, /)", "Same as a == b.", Eq, "_operator_eq"),
    compared!("ne(a, b, /)", "Same as a != b.", Ne, "_operator_ne"),
    unary!("neg(a, /)", "Same as -a.", Neg, "_operator_neg"),
    unary!("pos(a, /)", "Same as +a.", Pos, "_operator_pos"),
    unary!("inv(a, /)", "Same as ~a.", Invert, "_operator_invert"),
    unary!("invert(a, /)", "Same as ~a.", Invert, "_operator_invert"),
    written!("iadd(a, b, /)", "Same as a += b.", "_operator_iadd"),
    written!("isub(a, b, /)", "Same as a -= b.", "_operator_isub"),
    written!("imul(a, b, /)", "Same as a *= b.", "_operator_imul"),
    written!("itruediv(a, b, /)", "Same as a /= b.", "_operator_itruediv"),
    written!("ifloordiv(a, b, /)", "Same as a //= b.", "_operator_ifloordiv"),
    written!("imod(a, b, /)", "Same as a %= b.", "_operator_imod"),
    written!("ipow(a, b, /)", "Same as a **= b.", "_operator_ipow"),
    written!("imatmul(a, b, /)", "Same as a @= b.", "_operator_imatmul"),
    written!("iand(a, b, /)", "Same as a &= b.", "_operator_iand"),
    written!("ior(a, b, /)", "Same as a |= b.", "_operator_ior"),
    written!("ixor(a, b, /)", "Same as a ^= b.", "_operator_ixor"),
    written!("ilshift(a, b, /)", "Same as a <<= b.", "_operator_ilshift"),
    written!("irshift(a, b, /)", "Same as a >>= b.", "_operator_irshift"),
    written!("iconcat(a, b, /)", "Same as a += b, for a and b sequences.", "_operator_iconcat"),
    written!("concat(a, b, /)", "Same as a + b, for a and b sequences.", "_operator_concat"),
    written!("contains(a, b, /)", "Same as b in a (note reversed operands).", "_operator_contains"),
    written!("countOf(a, b, /)", "How many items of a are equal to b.", "_operator_count_of"),
    written!("indexOf(a, b, /)", "The first index of b in a.", "_operator_index_of"),
    written!("delitem(a, b, /)", "Same as del a[b].", "_operator_delitem"),
    written!("setitem(a, b, c, /)", "Same as a[b] = c.", "_operator_setitem"),
    written!("abs(a, /)", "Same as abs(a).", "_operator_abs"),
    written!("index(a, /)", "Same as a.__index__().", "_operator_index"),
    function("getitem(a, b, /)", "Same as a[b].", |cx, args| {
        let (a, b) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
        item(cx, a, b)
    }),
    function("truth(a, /)", "Return True if a is true, False otherwise.", |cx, args| {
        cx.truth(cx.arg(args, 0).value()).map(Value::bool)
    }),
    function("not_(a, /)", "Same as not a.", |cx, args| {
        cx.truth(cx.arg(args, 0).value()).map(|yes| Value::bool(!yes))
    }),
    function("is_(a, b, /)", "Same as a is b.", |cx, args| {
        Ok(Value::bool(cx.arg(args, 0) == cx.arg(args, 1)))
    }),
    function("is_not(a, b, /)", "Same as a is not b.", |cx, args| {
        Ok(Value::bool(cx.arg(args, 0) != cx.arg(args, 1)))
    }),
    function("length_hint(obj, default=0, /)", "An estimate of len(obj).", |cx, args| {
        let (object, default) = (cx.arg(args, 0).value(), cx.opt(args, 1));
        let default = default.map_or(Value::int(0), |default| default.value());
        match cx.len_plain(object) {
            Some(len) if default.is_int() => Ok(cx.int(len as i64)),
            _ => cx.tail_prelude("_operator_length_hint", &[object, default]),
        }
    }),
    function("call(obj, /, *args, **kwargs)", "Same as obj(*args, **kwargs).", |cx, args| {
        let (values, names) = spread(cx, args, 1)?;
        cx.tail_with_names(cx.arg(args, 0).value(), &values, &names)
    }),
];

/// Functions that have a name with underscores as well; `and_` and the like lose theirs first.
const DUNDERS: &[&str] = &[
    "abs",
    "add",
    "and_",
    "call",
    "concat",
    "contains",
    "delitem",
    "eq",
    "floordiv",
    "ge",
    "getitem",
    "gt",
    "iadd",
    "iand",
    "iconcat",
    "ifloordiv",
    "ilshift",
    "imatmul",
    "imod",
    "imul",
    "index",
    "inv",
    "invert",
    "ior",
    "ipow",
    "irshift",
    "isub",
    "itruediv",
    "ixor",
    "le",
    "lshift",
    "lt",
    "matmul",
    "mod",
    "mul",
    "ne",
    "neg",
    "not_",
    "or_",
    "pos",
    "pow",
    "rshift",
    "setitem",
    "sub",
    "truediv",
    "xor",
];

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, dict, FUNCTIONS, "_operator");
    // The last is there because a method caller with keywords is reduced to one.
    add_types(cx, &[&ITEM_GETTER, &ATTR_GETTER, &METHOD_CALLER, &super::partial::TYPE]);
    let mut public: Vec<Value> = dict.iter().map(|entry| entry.key).collect();
    for def in [&ITEM_GETTER, &ATTR_GETTER, &METHOD_CALLER] {
        let class = cx.class(def.id);
        dict.set_str(cx, class.name.get(), Value::object(class));
        public.push(Value::object(class.name.get()));
    }
    public.retain(|name| name.cast::<Str>().is_some_and(|name| !name.as_bytes().starts_with(b"_")));
    dict.set_str(cx, cx.intern("__all__"), Value::object(cx.list(public)));
    for name in DUNDERS {
        let native = dict.get_str(cx, cx.intern(name)).unwrap_or(Value::NONE);
        let dunder = format!("__{}__", name.trim_end_matches('_'));
        dict.set_str(cx, cx.intern(&dunder), native);
    }
    Ok(())
}

// ---- itemgetter

/// What calls of the objects take.
const TEXT_SIGNATURE: GetSet = GetSet {
    name: "__text_signature__",
    doc: "",
    get: |cx, _| Ok(cx.str_value("(obj, /)")),
    set: None,
};

pub static ITEM_GETTER: TypeDef = TypeDef {
    id: T::ItemGetter,
    doc: "Return a callable object that fetches the given item(s) from its operand.\nAfter f = \
          itemgetter(2), the call f(r) returns r[2].\nAfter g = itemgetter(2, 5, 3), the call g(r) \
          returns (r[2], r[5], r[3])",
    methods: &[
        static_method("__new__(cls, /, *items)", "Create and return a new object.", new_items),
        method("__call__(self, /, *args, **kwargs)", "Call self as a function.", call_items),
        method("__repr__(self, /)", "Return repr(self).", |cx, args| repr(cx, args, T::ItemGetter)),
        method("__reduce__(self, /)", "What copies are made of.", |cx, args| {
            reduce(cx, args, T::ItemGetter)
        }),
    ],
    getsets: &[TEXT_SIGNATURE],
};

pub static ATTR_GETTER: TypeDef = TypeDef {
    id: T::AttrGetter,
    doc: "Return a callable object that fetches the given attribute(s) from its operand.\nAfter f = \
          attrgetter('name'), the call f(r) returns r.name.\nAfter g = attrgetter('name', 'date'), \
          the call g(r) returns (r.name, r.date).\nAfter h = attrgetter('name.first', \
          'name.last'), the call h(r) returns\n(r.name.first, r.name.last).",
    methods: &[
        static_method("__new__(cls, /, *attrs)", "Create and return a new object.", new_attrs),
        method("__call__(self, /, *args, **kwargs)", "Call self as a function.", call_attrs),
        method("__repr__(self, /)", "Return repr(self).", |cx, args| repr(cx, args, T::AttrGetter)),
        method("__reduce__(self, /)", "What copies are made of.", |cx, args| {
            reduce(cx, args, T::AttrGetter)
        }),
    ],
    getsets: &[TEXT_SIGNATURE],
};

pub static METHOD_CALLER: TypeDef = TypeDef {
    id: T::MethodCaller,
    doc: "Return a callable object that calls the given method on its operand.\nAfter f = \
          methodcaller('name'), the call f(r) returns r.name().\nAfter g = methodcaller('name', \
          'date', foo=1), the call g(r) returns\nr.name('date', foo=1).",
    methods: &[
        static_method(
            "__new__(cls, *args, **kwargs)",
            "Create and return a new object.",
            new_caller,
        ),
        method("__call__(self, /, *args, **kwargs)", "Call self as a function.", call_method),
        method("__repr__(self, /)", "Return repr(self).", repr_caller),
        method("__reduce__(self, /)", "What copies are made of.", reduce_caller),
    ],
    getsets: &[TEXT_SIGNATURE],
};

fn this(cx: &Cx, args: Args, id: T) -> Result<Gc<Record>, Stop> {
    let value = cx.arg(args, 0).value();
    if !cx.isinstance(value, id) {
        return Err(wrong_receiver(cx, "", id, value));
    }
    cx.unwrap(value).cast::<Record>().ok_or_else(|| wrong_receiver(cx, "", id, value))
}

/// The one argument of a call of such an object.
fn operand(cx: &Cx, args: Args, id: T) -> Result<Value, Stop> {
    let name = cx.class(id).name_text();
    if cx.arg(args, 1).value().cast::<Dict>().is_some_and(|keywords| !keywords.is_empty()) {
        return Err(cx.type_error(&format!("{name}() takes no keyword arguments")));
    }
    if args.len() != 3 {
        let given = args.beyond(2);
        return Err(cx.type_error(&format!("{name} expected 1 argument, got {given}")));
    }
    Ok(cx.arg(args, 2).value())
}

fn parts(this: Gc<Record>) -> Gc<Tuple> {
    this.places[0].get().cast::<Tuple>().expect("made so")
}

fn check_given(cx: &Cx, args: Args, id: T) -> Result<(), Stop> {
    if args.len() > 1 {
        return Ok(());
    }
    let name = cx.class(id).name_text();
    Err(cx.type_error(&format!("{name} expected 1 argument, got 0")))
}

fn new_items(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::ItemGetter)?;
    check_given(cx, args, T::ItemGetter)?;
    let items = Value::object(cx.tuple(&cx.args_from(args, 1)));
    let made = cx.record(T::ItemGetter, &[items], false);
    derive(cx, class, T::ItemGetter, Value::object(made))
}

/// `object[key]`, as a native's last act.
fn item(cx: &mut Cx, object: Value, key: Value) -> Flow {
    if !object.is::<Instance>()
        && let Some(item) = cx.item_plain(object, key)?
    {
        return Ok(item);
    }
    cx.tail_prelude("_operator_getitem", &[object, key])
}

fn call_items(cx: &mut Cx, args: Args) -> Flow {
    let this = this(cx, args, T::ItemGetter)?;
    let object = operand(cx, args, T::ItemGetter)?;
    let keys = parts(this);
    if let [key] = keys.as_slice() {
        return item(cx, object, *key);
    }
    // Looking a key up may run code of the program: what was found stays reachable.
    let found = cx.list(Vec::with_capacity(keys.len()));
    let plain = cx.scope(|cx| {
        cx.root(Value::object(found));
        for i in 0..keys.len() {
            let key = keys.as_slice()[i];
            let item = if object.is::<Instance>() { None } else { cx.item_plain(object, key)? };
            match item {
                Some(item) => found.push(item),
                None => return Ok(false),
            };
        }
        Ok(true)
    })?;
    if plain {
        return Ok(Value::object(found.edit(|found| cx.tuple(found))));
    }
    cx.tail_prelude("_operator_items", &[object, this.places[0].get()])
}

/// What an object that gets one item would return for a plain operand; None for everything else.
pub fn plain_key(cx: &mut Cx, key: Value, object: Value) -> Result<Option<Value>, Stop> {
    match plain_index(cx, key) {
        Some(index) if object.is::<List>() || object.is::<Tuple>() => cx.item_plain(object, index),
        _ => Ok(None),
    }
}

/// The index of an `itemgetter` of one.
pub fn plain_index(cx: &Cx, key: Value) -> Option<Value> {
    let getter = key.cast::<Record>().filter(|_| cx.is_exact(key, T::ItemGetter))?;
    match parts(getter).as_slice() {
        &[index] => Some(index).filter(|index| index.is_int()),
        _ => None,
    }
}

// ---- attrgetter

/// Places: the names as given, and a tuple of tuples of their parts.
fn new_attrs(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::AttrGetter)?;
    check_given(cx, args, T::AttrGetter)?;
    let names = cx.args_from(args, 1);
    let mut paths = Vec::with_capacity(names.len());
    for &name in &names {
        let Some(text) = cx.unwrap(name).cast::<Str>() else {
            return Err(cx.type_error("attribute name must be a string"));
        };
        let path: Vec<Value> = text
            .as_bytes()
            .split(|&byte| byte == b'.')
            .map(|part| Value::object(cx.intern_wtf8(part)))
            .collect();
        paths.push(Value::object(cx.tuple(&path)));
    }
    let (names, paths) = (cx.tuple(&names), cx.tuple(&paths));
    let made = cx.record(T::AttrGetter, &[Value::object(names), Value::object(paths)], false);
    derive(cx, class, T::AttrGetter, Value::object(made))
}

fn call_attrs(cx: &mut Cx, args: Args) -> Flow {
    let this = this(cx, args, T::AttrGetter)?;
    let object = operand(cx, args, T::AttrGetter)?;
    let paths = this.places[1].get();
    if let Some(all) = paths.cast::<Tuple>()
        && let &[path] = all.as_slice()
        && let Some(path) = path.cast::<Tuple>()
        && let &[name] = path.as_slice()
        && let Some(name) = name.cast::<Str>()
    {
        return cx.attribute_then(object, name, Value::NONE);
    }
    cx.tail_prelude("_operator_attrs", &[object, paths])
}

// ---- methodcaller

fn new_caller(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::MethodCaller)?;
    let Some(name) = cx.opt(args, 2).map(|name| name.value()) else {
        let text = "methodcaller needs at least one argument, the method name";
        return Err(cx.type_error(text));
    };
    let Some(name) = cx.unwrap(name).cast::<Str>() else {
        return Err(cx.type_error("method name must be a string"));
    };
    let name = Value::object(cx.intern_str(name));
    let given = Value::object(cx.tuple(&cx.args_from(args, 3)));
    let keywords = cx.arg(args, 1).value();
    let keywords = if keywords.is::<Dict>() { keywords } else { Value::NONE };
    let made = cx.record(T::MethodCaller, &[name, given, keywords], false);
    derive(cx, class, T::MethodCaller, Value::object(made))
}

fn call_method(cx: &mut Cx, args: Args) -> Flow {
    let this = this(cx, args, T::MethodCaller)?;
    let object = operand(cx, args, T::MethodCaller)?;
    let name = this.places[0].get().cast::<Str>().expect("made so");
    let method = cx.get_attribute(object, name)?;
    let given = this.places[1].get().cast::<Tuple>();
    let mut values = given.map_or_else(Vec::new, |given| given.as_slice().to_vec());
    let mut names = Vec::new();
    if let Some(keywords) = this.places[2].get().cast::<Dict>() {
        for entry in keywords.iter() {
            names.extend(entry.key.cast::<Str>());
            values.push(entry.value);
        }
    }
    cx.tail_with_names(method, &values, &names)
}

// ---- what all three show

fn repr(cx: &mut Cx, args: Args, id: T) -> Flow {
    let this = this(cx, args, id)?;
    shown(cx, args, |cx, out| push_arguments(cx, out, this.places[0].get(), Value::NONE, true))
}

fn repr_caller(cx: &mut Cx, args: Args) -> Flow {
    let this = this(cx, args, T::MethodCaller)?;
    shown(cx, args, |cx, out| {
        push_repr(cx, out, this.places[0].get())?;
        push_arguments(cx, out, this.places[1].get(), this.places[2].get(), false)
    })
}

fn shown(
    cx: &mut Cx,
    args: Args,
    push: impl FnOnce(&mut Cx, &mut Vec<u8>) -> Result<(), Stop>,
) -> Flow {
    let object = cx.arg(args, 0).value();
    let name = cx.class_of(object).name_text();
    if cx.vm().showing.iter().any(|shown| shown[0] == object) {
        return Ok(cx.str_value(&format!("operator.{name}(...)")));
    }
    cx.vm_mut().showing.push([object, Value::NONE]);
    let text = cx.written(|cx, out| {
        out.extend_from_slice(format!("operator.{name}(").as_bytes());
        push(cx, out)?;
        out.push(b')');
        Ok(())
    });
    cx.vm_mut().showing.pop();
    text.map(Value::object)
}

fn reduce(cx: &mut Cx, args: Args, id: T) -> Flow {
    let given = this(cx, args, id)?.places[0].get();
    let class = Value::object(cx.class_of(cx.arg(args, 0).value()));
    Ok(Value::object(cx.tuple(&[class, given])))
}

fn reduce_caller(cx: &mut Cx, args: Args) -> Flow {
    let this = this(cx, args, T::MethodCaller)?;
    let class = Value::object(cx.class_of(cx.arg(args, 0).value()));
    let (name, given) = (this.places[0].get(), this.places[1].get());
    let keywords = this.places[2].get();
    if !keywords.is_none() {
        let bound = Value::object(cx.tuple(&[name]));
        let bound = cx.record(T::Partial, &[class, bound, keywords], true);
        return Ok(Value::object(cx.tuple(&[Value::object(bound), given])));
    }
    let mut all = vec![name];
    all.extend(given.cast::<Tuple>().iter().flat_map(|given| given.as_slice()));
    let all = Value::object(cx.tuple(&all));
    Ok(Value::object(cx.tuple(&[class, all])))
}
