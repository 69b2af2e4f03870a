//! Functions of the builtins namespace that look at one object: attributes, classes, length,
//! iteration, numbers. Those that consume iterables are elsewhere.

use super::float::round_value;
use super::object::{dir_names, name_arg};
use super::operators::{abs_plain, divmod_plain, power_modulo};
use super::{function, int, sys};
use crate::gc::Gc;
use crate::plain::int::Int;
use crate::value::class::overrides;
use crate::value::{
    BoundMethod, Bytes, Class, Dict, Function, GenericAlias, Instance, IterKind, Module, Native,
    StaticMethod, Str, T, Tuple, Value,
};
use crate::vm::natives::def_of;
use crate::vm::{Args, Binary, Cx, Def, Flow, Found, NativeFn, Number, Outcome, Stop};

/// Is the native the function `len`?
pub fn is_len(native: Gc<Native>) -> bool {
    std::ptr::fn_addr_eq(def_of(native).run, len as NativeFn)
}

pub static FUNCTIONS: &[Def] = &[
    function("abs(x, /)", "Return the absolute value of the argument.", abs),
    function(
        "callable(obj, /)",
        "Return whether the object is callable (i.e., some kind of function).\n\nNote that classes are callable, as are instances of classes with a\n__call__() method.",
        callable,
    ),
    function(
        "delattr(obj, name, /)",
        "Deletes the named attribute from the given object.\n\ndelattr(x, 'y') is equivalent to ``del x.y``",
        delattr,
    ),
    function("dir(object=None, /)", "dir([object]) -> list of strings", dir),
    function(
        "divmod(x, y, /)",
        "Return the tuple (x//y, x%y).  Invariant: div*y + mod == x.",
        divmod,
    ),
    function("exit(code=None)", "Exit the interpreter by raising SystemExit(code).", sys::quit),
    function("quit(code=None)", "Exit the interpreter by raising SystemExit(code).", sys::quit),
    function(
        "getattr(object, name, default=None, /)",
        "getattr(object, name[, default]) -> value\n\nGet a named attribute from an object; getattr(x, 'y') is equivalent to x.y.",
        getattr,
    ),
    function(
        "globals()",
        "Return the dictionary containing the current scope's global variables.",
        globals,
    ),
    function(
        "hasattr(obj, name, /)",
        "Return whether the object has an attribute with the given name.",
        hasattr,
    ),
    function("hash(obj, /)", "Return the hash value for the given object.", hash),
    function("id(obj, /)", "Return the identity of an object.", id),
    function(
        "isinstance(obj, class_or_tuple, /)",
        "Return whether an object is an instance of a class or of a subclass thereof.",
        isinstance,
    ),
    function(
        "issubclass(cls, class_or_tuple, /)",
        "Return whether 'cls' is derived from another class or is the same class.",
        issubclass,
    ),
    function(
        "iter(object, sentinel=None, /)",
        "iter(iterable) -> iterator\niter(callable, sentinel) -> iterator",
        iter,
    ),
    function("len(obj, /)", "Return the number of items in a container.", len),
    function(
        "locals()",
        "Return a dictionary containing the current scope's local variables.",
        locals,
    ),
    function(
        "next(iterator, default=None, /)",
        "next(iterator[, default])\n\nReturn the next item from the iterator.",
        next,
    ),
    function(
        "pow(base, exp, mod=None)",
        "Equivalent to base**exp with 2 arguments or base**exp % mod with 3 arguments.",
        pow,
    ),
    function(
        "round(number, ndigits=None)",
        "Round a number to a given precision in decimal digits.",
        round,
    ),
    function(
        "setattr(obj, name, value, /)",
        "Sets the named attribute on the given object to the specified value.\n\nsetattr(x, 'y', v) is equivalent to ``x.y = v``",
        setattr,
    ),
    function("vars(object=None, /)", "vars([object]) -> dictionary", vars),
];

// ---- numbers

fn abs(cx: &mut Cx, args: Args) -> Flow {
    let x = cx.arg(args, 0).value();
    if !x.is::<Instance>()
        && let Some(value) = abs_plain(cx, x)?
    {
        return Ok(value);
    }
    match cx.special(x, cx.vm().names.__abs__)? {
        Some(method) => cx.tail(method, &[]),
        None => Err(cx.type_error(&format!("bad operand type for abs(): '{}'", cx.type_name(x)))),
    }
}

fn divmod(cx: &mut Cx, args: Args) -> Flow {
    let (x, y) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    if !x.is::<Instance>()
        && !y.is::<Instance>()
        && let Some(value) = divmod_plain(cx, x, y)?
    {
        return Ok(value);
    }
    let names = &cx.vm().names;
    ask_operands(cx, x, y, [names.__divmod__, names.__rdivmod__], "divmod()", 0)
}

fn pow(cx: &mut Cx, args: Args) -> Flow {
    let (x, y, z) = (cx.arg(args, 0).value(), cx.arg(args, 1).value(), cx.arg(args, 2).value());
    let plain = !x.is::<Instance>() && !y.is::<Instance>();
    if z.is_undef() || z.is_none() {
        if plain && let Some(value) = cx.binary_plain(Binary::Pow, x, y)? {
            return Ok(value);
        }
        let names = &cx.vm().names;
        return ask_operands(cx, x, y, [names.__pow__, names.__rpow__], "** or pow()", 0);
    }
    if plain
        && !z.is::<Instance>()
        && let Some(value) = power_modulo(cx, x, y, z)?
    {
        return Ok(value);
    }
    let state = [x, y, z];
    match cx.special(x, cx.vm().names.__pow__)? {
        Some(method) => cx.call_then(method, &[y, z], power_arrived, state),
        None => power_arrived(cx, state, Ok(Value::NOT_IMPLEMENTED)),
    }
}

fn power_arrived(cx: &mut Cx, [x, y, z]: [Value; 3], outcome: Outcome) -> Flow {
    let answer = outcome?;
    if answer != Value::NOT_IMPLEMENTED {
        return Ok(answer);
    }
    let [x, y, z] = [x, y, z].map(|v| cx.type_name(v));
    let text = format!("unsupported operand type(s) for ** or pow(): '{x}', '{y}', '{z}'");
    Err(cx.type_error(&text))
}

/// Asks the special methods of two operands, the second one's first if its class derives from
/// the first one's and answers differently.
fn ask_operands(
    cx: &mut Cx,
    x: Value,
    y: Value,
    names: [Gc<Str>; 2],
    symbol: &'static str,
    stage: usize,
) -> Flow {
    let (left, right) = (cx.class_of(x), cx.class_of(y));
    let own = cx.lookup(left, names[0]);
    let theirs = if left == right { None } else { cx.lookup(right, names[1]) };
    let theirs_first =
        theirs.is_some() && right.is_subclass(left) && theirs != cx.lookup(left, names[1]);
    let mut order: Vec<(Value, Gc<Str>, Value)> = Vec::with_capacity(2);
    if own.is_some_and(|m| !m.is_none()) {
        order.push((x, names[0], y));
    }
    if theirs.is_some_and(|m| !m.is_none()) {
        order.insert(if theirs_first { 0 } else { order.len() }, (y, names[1], x));
    }
    if let Some(&(this, name, other)) = order.get(stage)
        && let Some(method) = cx.special(this, name)?
    {
        let next = Value::int(stage as i64 + 1);
        let power = name == cx.vm().names.__pow__ || name == cx.vm().names.__rpow__;
        let run = if power { power_step } else { divmod_step };
        return cx.call_then(method, &[other], run, [x, y, next]);
    }
    Err(cx.type_error(&format!(
        "unsupported operand type(s) for {symbol}: '{}' and '{}'",
        left.name_text(),
        right.name_text()
    )))
}

fn divmod_step(cx: &mut Cx, [x, y, stage]: [Value; 3], outcome: Outcome) -> Flow {
    let answer = outcome?;
    if answer != Value::NOT_IMPLEMENTED {
        return Ok(answer);
    }
    let names = &cx.vm().names;
    let names = [names.__divmod__, names.__rdivmod__];
    ask_operands(cx, x, y, names, "divmod()", stage.as_int().unwrap_or(2) as usize)
}

fn power_step(cx: &mut Cx, [x, y, stage]: [Value; 3], outcome: Outcome) -> Flow {
    let answer = outcome?;
    if answer != Value::NOT_IMPLEMENTED {
        return Ok(answer);
    }
    let names = &cx.vm().names;
    let names = [names.__pow__, names.__rpow__];
    ask_operands(cx, x, y, names, "** or pow()", stage.as_int().unwrap_or(2) as usize)
}

fn round(cx: &mut Cx, args: Args) -> Flow {
    let (x, digits) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    if let Some(f) = x.as_float() {
        return round_value(cx, f, digits);
    }
    if !x.is::<Instance>()
        && let Some(n) = cx.integer(x)
    {
        if digits.is_undef() || digits.is_none() {
            return Ok(cx.int_value(n));
        }
        let digits = cx.index(digits)?;
        let rounded = int::round_to(n, digits).map_err(|f| cx.fault(&f))?;
        return Ok(cx.int_value(rounded));
    }
    let Some(method) = cx.special(x, cx.vm().names.__round__)? else {
        return Err(
            cx.type_error(&format!("type {} doesn't define __round__ method", cx.type_name(x)))
        );
    };
    if digits.is_undef() || digits.is_none() {
        return cx.tail(method, &[]);
    }
    cx.tail(method, &[digits])
}

// ---- classes

/// Can the machine call it?
pub fn is_callable(cx: &Cx, value: Value) -> bool {
    value.is::<Function>()
        || value.is::<Native>()
        || value.is::<BoundMethod>()
        || value.is::<Class>()
        || value.is::<StaticMethod>()
        || cx.lookup(cx.class_of(value), cx.vm().names.__call__).is_some_and(|m| !m.is_none())
}

fn callable(cx: &mut Cx, args: Args) -> Flow {
    Ok(Value::bool(is_callable(cx, cx.arg(args, 0).value())))
}

/// Which of the two questions is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Check {
    Instance,
    Subclass,
}

fn isinstance(cx: &mut Cx, args: Args) -> Flow {
    let (object, class) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    if let Some(class) = class.cast::<Class>() {
        let own = cx.class_of(object);
        if own == class {
            return Ok(Value::TRUE);
        }
        // A built-in object of a class that nobody watches over: the usual question.
        if cx.class_of(Value::object(class)) == cx.class(T::Type) && !own.is_user() {
            return Ok(Value::bool(own.is_subclass(class)));
        }
    }
    if let Some(tuple) = class.cast::<Tuple>()
        && let Some(yes) = is_one_of(cx, object, tuple)
    {
        return Ok(Value::bool(yes));
    }
    check(cx, object, class, Check::Instance)
}

/// `isinstance` for a tuple of classes that nobody watches over; None if it takes more.
fn is_one_of(cx: &Cx, object: Value, tuple: Gc<Tuple>) -> Option<bool> {
    let (own, usual) = (cx.class_of(object), cx.class(T::Type));
    for item in tuple.as_slice() {
        let class = item.cast::<Class>()?;
        if own == class {
            return Some(true);
        }
        if cx.class_of(Value::object(class)) != usual {
            return None;
        }
        if own.is_subclass(class) {
            return Some(true);
        }
    }
    // An object of the program may say by `__class__` that it is something else.
    let name = cx.vm().names.__class__;
    let says_so = || {
        let usual = cx.class(T::Object).dict.get_str(cx, name);
        own.has(overrides::GETATTRIBUTE) || cx.lookup(own, name) != usual
    };
    (!own.is_user() || !says_so()).then_some(false)
}

fn issubclass(cx: &mut Cx, args: Args) -> Flow {
    let (object, class) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    check(cx, object, class, Check::Subclass)
}

/// Tuples of classes inside tuples of classes.
const DEEPEST: usize = 50_000;
/// Classes that wait to be looked at, of tuples inside tuples.
const MOST_PENDING: usize = 1 << 20;

/// Goes through a class or a tuple of classes; a tuple may hold tuples.
pub fn check(cx: &mut Cx, object: Value, class: Value, what: Check) -> Flow {
    let mut pending = vec![(class, 0)];
    while let Some((class, depth)) = pending.pop() {
        let listed = class.cast::<Tuple>().or_else(|| cx.unwrap(class).cast::<Tuple>());
        if let Some(tuple) = listed {
            cx.check_interrupt()?;
            if pending.len() + tuple.len() > MOST_PENDING || depth > DEEPEST {
                let text = match what {
                    Check::Instance => "maximum recursion depth exceeded in __instancecheck__",
                    Check::Subclass => "maximum recursion depth exceeded in __subclasscheck__",
                };
                return Err(cx.error(T::RecursionError, text));
            }
            pending.extend(tuple.as_slice().iter().rev().map(|&class| (class, depth + 1)));
            continue;
        }
        if what == Check::Instance
            && class.is::<Class>()
            && Value::object(cx.class_of(object)) == class
        {
            return Ok(Value::TRUE);
        }
        let meta = cx.class_of(class);
        let checks = if class.is::<Class>() { meta.has(overrides::CHECK) } else { true };
        if !checks && let Some(class) = class.cast::<Class>() {
            let yes = match what {
                Check::Instance => is_instance_plain(cx, object, class)?,
                Check::Subclass => is_subclass_plain(cx, object, class)?,
            };
            if yes {
                return Ok(Value::TRUE);
            }
            continue;
        }
        let (name, run) = match what {
            Check::Instance => (cx.vm().names.__instancecheck__, instance_step as Step),
            Check::Subclass => (cx.vm().names.__subclasscheck__, subclass_step as Step),
        };
        let Some(method) = cx.special(class, name)? else {
            if by_bases(cx, object, class, what)? {
                return Ok(Value::TRUE);
            }
            continue;
        };
        let rest: Vec<Value> = pending.into_iter().map(|(class, _)| class).collect();
        let rest = Value::object(cx.tuple(&rest));
        return cx.call_then(method, &[object], run, [object, rest, Value::NONE]);
    }
    Ok(Value::FALSE)
}

type Step = fn(&mut Cx, [Value; 3], Outcome) -> Flow;

fn instance_step(cx: &mut Cx, state: [Value; 3], outcome: Outcome) -> Flow {
    step(cx, state, outcome, Check::Instance)
}

fn subclass_step(cx: &mut Cx, state: [Value; 3], outcome: Outcome) -> Flow {
    step(cx, state, outcome, Check::Subclass)
}

/// A metaclass has answered; `rest` are the classes still to ask, the next one last.
fn step(cx: &mut Cx, [object, rest, _]: [Value; 3], outcome: Outcome, what: Check) -> Flow {
    let answer = outcome?;
    let yes = cx.scope(|cx| {
        cx.root(object);
        cx.root(rest);
        cx.truth(answer)
    })?;
    if yes {
        return Ok(Value::TRUE);
    }
    let Some(rest) = rest.cast::<Tuple>() else { return Ok(Value::FALSE) };
    let mut classes = rest.as_slice().to_vec();
    classes.reverse();
    let rest = Value::object(cx.tuple(&classes));
    check(cx, object, rest, what)
}

/// `isinstance(object, class)` by ancestry, and by what the object says its class is.
pub fn is_instance_plain(cx: &mut Cx, object: Value, class: Gc<Class>) -> Result<bool, Stop> {
    let own = cx.class_of(object);
    if own.is_subclass(class) {
        return Ok(true);
    }
    if !own.is_user() {
        return Ok(false);
    }
    let name = cx.vm().names.__class__;
    let usual = cx.class(T::Object).dict.get_str(cx, name);
    if !own.has(overrides::GETATTRIBUTE) && cx.lookup(own, name) == usual {
        return Ok(false);
    }
    let said = cx.get_optional(object, name)?.and_then(|said| said.cast::<Class>());
    Ok(said.is_some_and(|said| said.is_subclass(class)))
}

/// `issubclass(given, class)` by ancestry; an object that is no class may have `__bases__`.
pub fn is_subclass_plain(cx: &mut Cx, given: Value, class: Gc<Class>) -> Result<bool, Stop> {
    if let Some(given) = given.cast::<Class>() {
        return Ok(given.is_subclass(class));
    }
    by_bases(cx, given, Value::object(class), Check::Subclass)
}

/// What `__bases__` says of an object, for classes that are no types.
fn bases_of(cx: &mut Cx, value: Value) -> Result<Option<Gc<Tuple>>, Stop> {
    let name = cx.vm().names.__bases__;
    Ok(cx.get_optional(value, name)?.and_then(|bases| bases.cast::<Tuple>()))
}

/// The two questions about classes, or what looks like one, that have no say in it.
fn by_bases(cx: &mut Cx, object: Value, class: Value, what: Check) -> Result<bool, Stop> {
    let mut given = object;
    if what == Check::Subclass && bases_of(cx, object)?.is_none() {
        return Err(cx.type_error("issubclass() arg 1 must be a class"));
    }
    if !class.is::<Class>() && bases_of(cx, class)?.is_none() {
        return Err(cx.type_error(match what {
            Check::Instance => "isinstance() arg 2 must be a type, a tuple of types, or a union",
            Check::Subclass => "issubclass() arg 2 must be a class, a tuple of classes, or a union",
        }));
    }
    if what == Check::Instance {
        let name = cx.vm().names.__class__;
        match cx.get_optional(object, name)? {
            Some(said) => given = said,
            None => return Ok(false),
        }
    }
    descends(cx, given, class)
}

fn descends(cx: &mut Cx, given: Value, class: Value) -> Result<bool, Stop> {
    if given == class {
        return Ok(true);
    }
    cx.deeper(|cx| {
        cx.scope(|cx| {
            cx.root(given);
            cx.root(class);
            let Some(bases) = bases_of(cx, given)? else { return Ok(false) };
            cx.root(Value::object(bases));
            for i in 0..bases.len() {
                if descends(cx, bases.as_slice()[i], class)? {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    })
}

// ---- attributes

fn getattr(cx: &mut Cx, args: Args) -> Flow {
    let object = cx.arg(args, 0).value();
    let name = name_arg(cx, args, 1)?;
    match cx.opt(args, 2).map(|default| default.value()) {
        None => cx.attribute_then(object, name, Value::NONE),
        Some(default) => attribute_or(cx, object, name, default),
    }
}

fn hasattr(cx: &mut Cx, args: Args) -> Flow {
    let object = cx.arg(args, 0).value();
    let name = name_arg(cx, args, 1)?;
    attribute_or(cx, object, name, Value::UNDEF)
}

/// An attribute, or the default where there is none. Without a default: whether there is one.
fn attribute_or(cx: &mut Cx, object: Value, name: Gc<Str>, default: Value) -> Flow {
    let state = [object, Value::object(name), default];
    match cx.find_attribute(object, name) {
        Found::Value(value) => arrived_or(cx, state, Ok(value)),
        Found::Method(_) if default.is_undef() => Ok(Value::TRUE),
        Found::Method(func) => Ok(Value::object(cx.bound_method(func, object))),
        Found::Call(func, call_args, n) => cx.call_then(func, &call_args[..n], arrived_or, state),
        Found::Missing => ask_fallback(cx, state),
        Found::Raised => arrived_or(cx, state, Err(Stop::Raised)),
    }
}

fn arrived_or(cx: &mut Cx, state: [Value; 3], outcome: Outcome) -> Flow {
    match outcome {
        Ok(value) => Ok(if state[2].is_undef() { Value::TRUE } else { value }),
        Err(_) if cx.pending_is(T::AttributeError) => {
            cx.take_exception();
            ask_fallback(cx, state)
        }
        Err(stop) => Err(stop),
    }
}

/// There is no such attribute: `__getattr__` is asked, if the class has one.
fn ask_fallback(cx: &mut Cx, [object, name, default]: [Value; 3]) -> Flow {
    let class = cx.class_of(object);
    if class.has(overrides::GETATTR)
        && let Some(method) = cx.hook(class, cx.vm().names.__getattr__)
    {
        let state = [default, Value::NONE, Value::NONE];
        return cx.call_then(method, &[object, name], fallback_arrived, state);
    }
    Ok(if default.is_undef() { Value::FALSE } else { default })
}

fn fallback_arrived(cx: &mut Cx, [default, ..]: [Value; 3], outcome: Outcome) -> Flow {
    match outcome {
        Ok(value) => Ok(if default.is_undef() { Value::TRUE } else { value }),
        Err(_) if cx.pending_is(T::AttributeError) => {
            cx.take_exception();
            Ok(if default.is_undef() { Value::FALSE } else { default })
        }
        Err(stop) => Err(stop),
    }
}

fn setattr(cx: &mut Cx, args: Args) -> Flow {
    let name = name_arg(cx, args, 1)?;
    cx.store_attribute(cx.arg(args, 0).value(), name, cx.arg(args, 2).value())
}

fn delattr(cx: &mut Cx, args: Args) -> Flow {
    let object = cx.arg(args, 0).value();
    let name = name_arg(cx, args, 1)?;
    let class = cx.class_of(object);
    if class.has(overrides::SETATTR)
        && let Some(method) = cx.hook(class, cx.vm().names.__delattr__)
    {
        let args = [object, Value::object(name)];
        return cx.call_then(method, &args, |_, _, o| o.map(|_| Value::NONE), [Value::NONE; 3]);
    }
    cx.store_plain(object, name, Value::UNDEF)
}

fn vars(cx: &mut Cx, args: Args) -> Flow {
    let Some(object) = cx.opt(args, 0).map(|object| object.value()) else {
        return Ok(cx.caller_locals());
    };
    let name = cx.vm().names.__dict__;
    match cx.get_optional(object, name)? {
        Some(dict) => Ok(dict),
        None => Err(cx.type_error("vars() argument must have __dict__ attribute")),
    }
}

fn locals(cx: &mut Cx, _: Args) -> Flow {
    Ok(cx.caller_locals())
}

fn globals(cx: &mut Cx, _: Args) -> Flow {
    Ok(cx.caller_globals())
}

fn dir(cx: &mut Cx, args: Args) -> Flow {
    let Some(object) = cx.opt(args, 0).map(|object| object.value()) else {
        let locals = cx.caller_locals();
        let Some(dict) = cx.unwrap(locals).cast::<Dict>() else {
            return cx.tail_prelude("_names_in", &[locals]);
        };
        let mut names: Vec<Gc<Str>> = dict.iter().filter_map(|entry| entry.key.cast()).collect();
        names.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
        let names = names.into_iter().map(Value::object).collect();
        return Ok(Value::object(cx.list(names)));
    };
    let class = cx.class_of(object);
    let found = cx.lookup(class, cx.vm().names.__dir__);
    let own = object.cast::<Module>().and_then(|m| m.dict.get_str(cx, cx.vm().names.__dir__));
    // The class of a module may say something else of its `__dict__`; an alias speaks for its class.
    let told = class.is_user() && object.is::<Module>() || object.is::<GenericAlias>();
    let plain = own.is_none() && !told;
    if found.is_none_or(|f| f.is::<Native>()) && plain && !class.has(overrides::GETATTR) {
        return Ok(Value::object(cx.list(dir_names(cx, object))));
    }
    match cx.special(object, cx.vm().names.__dir__)? {
        Some(method) => cx.call_then(method, &[], dir_arrived, [Value::NONE; 3]),
        None => Ok(Value::object(cx.list(dir_names(cx, object)))),
    }
}

fn dir_arrived(cx: &mut Cx, _: [Value; 3], outcome: Outcome) -> Flow {
    cx.tail_prelude("_sorted", &[outcome?])
}

// ---- identity, length, iteration

fn hash(cx: &mut Cx, args: Args) -> Flow {
    let x = cx.arg(args, 0).value();
    if x.is::<Instance>() {
        let class = cx.class_of(x);
        if class.has(overrides::HASH)
            && let Some(method) = cx.lookup(class, cx.vm().names.__hash__)
            && method.is::<Function>()
        {
            return cx.call_then(method, &[x], hash_arrived, [Value::NONE; 3]);
        }
    }
    // The machine keeps 0 for what has not been hashed.
    let plain = cx.unwrap(x);
    if plain.cast::<Str>().is_some_and(|text| text.as_bytes().is_empty())
        || plain.cast::<Bytes>().is_some_and(|bytes| bytes.as_slice().is_empty())
    {
        return Ok(Value::int(0));
    }
    let hash = cx.hash(x)?;
    Ok(cx.int(hash as i64))
}

fn hash_arrived(cx: &mut Cx, _: [Value; 3], outcome: Outcome) -> Flow {
    let answer = outcome?;
    match cx.integer(answer) {
        Some(Int::Small(-1)) => Ok(Value::int(-2)),
        Some(Int::Small(n)) => Ok(cx.int(n)),
        // A big answer is hashed once more, as an integer.
        Some(Int::Big(n)) => Ok(cx.int(crate::plain::hash::big(&n))),
        None => Err(cx.type_error("__hash__ method should return an integer")),
    }
}

/// The address of an object; for values without one, their own bits.
fn id(cx: &mut Cx, args: Args) -> Flow {
    let x = cx.arg(args, 0).value();
    Ok(match x.header() {
        Some(address) => cx.uint(address as u64),
        None => cx.uint(x.bits()),
    })
}

fn len(cx: &mut Cx, args: Args) -> Flow {
    let x = cx.arg(args, 0).value();
    if let Some(n) = cx.len_plain(x) {
        if n > i64::MAX as usize {
            let text = "Python int too large to convert to C ssize_t";
            return Err(cx.error(T::OverflowError, text));
        }
        return Ok(cx.int(n as i64));
    }
    match cx.special(x, cx.vm().names.__len__)? {
        Some(method) => cx.call_then(method, &[], len_arrived, [Value::NONE; 3]),
        None => Err(cx.type_error(&format!("object of type '{}' has no len()", cx.type_name(x)))),
    }
}

fn len_arrived(cx: &mut Cx, _: [Value; 3], outcome: Outcome) -> Flow {
    let answer = outcome?;
    let n = match cx.number(answer) {
        Some(Number::Small(n)) => n,
        _ => match cx.index(answer)? {
            Int::Small(n) => n,
            Int::Big(big) if big < dashu_int::IBig::ZERO => -1,
            Int::Big(_) => {
                return Err(
                    cx.error(T::OverflowError, "cannot fit 'int' into an index-sized integer")
                );
            }
        },
    };
    if n < 0 {
        return Err(cx.value_error("__len__() should return >= 0"));
    }
    Ok(cx.int(n))
}

fn iter(cx: &mut Cx, args: Args) -> Flow {
    let x = cx.arg(args, 0).value();
    let Some(sentinel) = cx.opt(args, 1).map(|sentinel| sentinel.value()) else {
        return cx.iter_then(x);
    };
    if !is_callable(cx, x) {
        return Err(cx.type_error("iter(v, w): v must be callable"));
    }
    let made = cx.iter(T::CallableIter, IterKind::Callable, x, sentinel, 0);
    Ok(Value::object(made))
}

fn next(cx: &mut Cx, args: Args) -> Flow {
    let iterator = cx.arg(args, 0).value();
    match cx.opt(args, 1).map(|default| default.value()) {
        None => cx.next_then(iterator),
        Some(default) => cx.next_into(iterator, next_arrived, [default, Value::NONE, Value::NONE]),
    }
}

fn next_arrived(cx: &mut Cx, [default, ..]: [Value; 3], outcome: Outcome) -> Flow {
    match outcome {
        Err(_) if cx.pending_is(T::StopIteration) => {
            cx.take_exception();
            Ok(default)
        }
        outcome => outcome,
    }
}
