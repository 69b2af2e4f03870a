//! The module `contextvars`: variables whose values belong to a context, and contexts.
//!
//! A context is a record of its values (a dict from variables), whether that dict is shared with
//! copies of the context, and whether the context is entered, and after whom. Copying a context
//! shares the dict; the first change of either side copies it.

use super::display::push_repr;
use super::display_object::address;
use super::function::spread;
use super::operators::wrong_receiver;
use super::{TypeDef, add_functions, add_types, function, method, static_method};
use crate::gc::Gc;
use crate::value::{Dict, Record, Str, T, Value};
use crate::vm::context::{self, BEFORE, ENTERED, SHARED, VALUES};
use crate::vm::{Args, Cx, Def, Flow, GetSet, Outcome, Stop};

// Places of a variable,
const NAME: usize = 0;
const DEFAULT: usize = 1;
// and of a token.
const VARIABLE: usize = 0;
const OLD: usize = 1;
const OF: usize = 2;
const USED: usize = 3;

static CONTEXT: TypeDef = TypeDef {
    id: T::Context,
    doc: "The values of context variables.",
    methods: &[
        static_method(
            "__new__(cls, *args, **kwargs)",
            "Create and return a new object.",
            |cx, args| {
                let (given, _) = spread(cx, args, 1)?;
                if !given.is_empty() {
                    return Err(cx.type_error("Context() does not accept any arguments"));
                }
                Ok(Value::object(context::object(cx.vm(), Value::UNDEF)))
            },
        ),
        method("run(self, /, *args, **kwargs)", "Calls a function in the context.", run),
        method("copy(self, /)", "A copy, which shares nothing that can be seen.", |cx, args| {
            Ok(Value::object(copy(cx, receiver(cx, cx.arg(args, 0).value())?)))
        }),
        method("get(self, key, default=None, /)", "The value of a variable, or the default.", get),
        method("keys(self, /)", "All variables with a value.", |cx, args| view(cx, args, "keys")),
        method("values(self, /)", "All values.", |cx, args| view(cx, args, "values")),
        method("items(self, /)", "All variables and their values.", |cx, args| {
            view(cx, args, "items")
        }),
        method("__getitem__(self, key, /)", "Return self[key].", |cx, args| {
            match value_of(cx, args)? {
                Some(value) => Ok(value),
                None => Err(cx.error_with(T::KeyError, &[cx.arg(args, 1).value()])),
            }
        }),
        method("__contains__(self, key, /)", "Return bool(key in self).", |cx, args| {
            Ok(Value::bool(value_of(cx, args)?.is_some()))
        }),
        method("__iter__(self, /)", "Implement iter(self).", |cx, args| view(cx, args, "__iter__")),
        method("__eq__(self, value, /)", "Return self==value.", |cx, args| {
            let own = values(receiver(cx, cx.arg(args, 0).value())?);
            match receiver(cx, cx.arg(args, 1).value()) {
                Ok(other) => {
                    let [own, other] = [own, values(other)].map(Value::object);
                    cx.equal(own, other).map(Value::bool)
                }
                Err(_) => {
                    cx.take_exception();
                    Ok(Value::NOT_IMPLEMENTED)
                }
            }
        }),
        method("__len__(self, /)", "Return len(self).", |cx, args| {
            let context = receiver(cx, cx.arg(args, 0).value())?;
            Ok(Value::int(values(context).len() as i64))
        }),
    ],
    getsets: &[],
};

static VAR: TypeDef = TypeDef {
    id: T::ContextVar,
    doc: "A variable whose value belongs to the context.",
    methods: &[
        static_method(
            "__new__(cls, name, /, *, default=None)",
            "Create and return a new object.",
            new_var,
        ),
        method("get(self, default=None, /)", "The value in the current context.", get_var),
        method("set(self, value, /)", "Sets the value in the current context.", set_var),
        method("reset(self, token, /)", "Restores what was before the `set` of the token.", reset),
        method("__repr__(self, /)", "Return repr(self).", repr_var),
    ],
    getsets: &[GetSet {
        name: "name",
        doc: "",
        get: |cx, var| Ok(record(cx, var, T::ContextVar)?.places[NAME].get()),
        set: None,
    }],
};

static TOKEN: TypeDef = TypeDef {
    id: T::ContextToken,
    doc: "What `ContextVar.set` returns.",
    methods: &[
        static_method("__new__(cls, *args, **kwargs)", "Refuses.", |cx, _| {
            Err(cx.error(T::RuntimeError, "Tokens can only be created by ContextVars"))
        }),
        method("__repr__(self, /)", "Return repr(self).", repr_token),
    ],
    getsets: &[
        GetSet {
            name: "var",
            doc: "",
            get: |cx, token| Ok(record(cx, token, T::ContextToken)?.places[VARIABLE].get()),
            set: None,
        },
        GetSet {
            name: "old_value",
            doc: "",
            get: |cx, token| {
                let old = record(cx, token, T::ContextToken)?.places[OLD].get();
                Ok(if old.is_undef() { missing(cx) } else { old })
            },
            set: None,
        },
    ],
};

static MISSING: TypeDef = TypeDef {
    id: T::MissingToken,
    doc: "The value of a variable that had none.",
    methods: &[method("__repr__(self, /)", "Return repr(self).", |cx, _| {
        Ok(cx.str_value("<Token.MISSING>"))
    })],
    getsets: &[],
};

static FUNCTIONS: &[Def] =
    &[function("copy_context()", "A copy of the current context.", |cx, _| {
        Ok(Value::object(context::object(cx.vm(), cx.copied_context())))
    })];

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_types(cx, &[&CONTEXT, &VAR, &TOKEN, &MISSING]);
    add_functions(cx, dict, FUNCTIONS, "_contextvars");
    // Equal ones may differ later.
    cx.class(T::Context).dict.set_str(cx, cx.vm().names.__hash__, Value::NONE);
    for (name, id) in
        [("Context", T::Context), ("ContextVar", T::ContextVar), ("Token", T::ContextToken)]
    {
        dict.set_str(cx, cx.intern(name), cx.type_object(id));
    }
    let missing = Value::object(cx.record(T::MissingToken, &[], false));
    cx.class(T::ContextToken).dict.set_str(cx, cx.intern("MISSING"), missing);
    Ok(())
}

fn missing(cx: &Cx) -> Value {
    let missing = cx.class(T::ContextToken).dict.get_str(cx, cx.intern("MISSING"));
    missing.expect("set when the module was made")
}

fn record(cx: &Cx, value: Value, id: T) -> Result<Gc<Record>, Stop> {
    let record = value.cast::<Record>().filter(|_| cx.is_exact(value, id));
    record.ok_or_else(|| wrong_receiver(cx, "", id, value))
}

fn receiver(cx: &Cx, value: Value) -> Result<Gc<Record>, Stop> {
    record(cx, value, T::Context)
}

fn values(context: Gc<Record>) -> Gc<Dict> {
    context.places[VALUES].get().cast().expect("a context has a dict")
}

fn copy(cx: &Cx, from: Gc<Record>) -> Gc<Record> {
    context::object(cx.vm(), context::copy(Value::object(from)))
}

/// The dict of a context, for a change that only this context sees.
fn own_values(cx: &Cx, context: Gc<Record>) -> Gc<Dict> {
    let mut dict = values(context);
    if context.places[SHARED].get() == Value::TRUE {
        dict = cx.dict_of(dict.table().copy(0), 0);
        context.places[VALUES].set(Value::object(dict));
        context.places[SHARED].set(Value::FALSE);
    }
    dict
}

fn run(cx: &mut Cx, args: Args) -> Flow {
    let this = receiver(cx, cx.arg(args, 0).value())?;
    let (mut values, names) = spread(cx, args, 1)?;
    if values.is_empty() {
        return Err(cx.type_error("run() missing 1 required positional argument"));
    }
    let func = values.remove(0);
    if this.places[ENTERED].get() == Value::TRUE {
        let mut text = b"cannot enter context: ".to_vec();
        push_repr(cx, &mut text, Value::object(this))?;
        text.extend_from_slice(b" is already entered");
        return Err(cx.error(T::RuntimeError, &String::from_utf8_lossy(&text)));
    }
    let before = Value::object(cx.context());
    this.places[ENTERED].set(Value::TRUE);
    this.places[BEFORE].set(before);
    cx.set_context(Value::object(this));
    let state = [Value::object(this), Value::NONE, Value::NONE];
    cx.call_then_with_names(func, (values, names), left, state)
}

fn left(cx: &mut Cx, [this, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let this = this.cast::<Record>().expect("kept in the state");
    this.places[ENTERED].set(Value::FALSE);
    cx.set_context(this.places[BEFORE].replace(Value::NONE));
    outcome
}

fn value_of(cx: &mut Cx, args: Args) -> Result<Option<Value>, Stop> {
    let this = receiver(cx, cx.arg(args, 0).value())?;
    let key = cx.arg(args, 1).value();
    if !cx.is_exact(key, T::ContextVar) {
        let mut text = b"a ContextVar key was expected, got ".to_vec();
        push_repr(cx, &mut text, key)?;
        return Err(cx.type_error(&String::from_utf8_lossy(&text)));
    }
    cx.dict_get(values(this), key)
}

fn get(cx: &mut Cx, args: Args) -> Flow {
    let found = value_of(cx, args)?;
    let default = cx.opt(args, 2).map_or(Value::NONE, |default| default.value());
    Ok(found.unwrap_or(default))
}

fn view(cx: &mut Cx, args: Args, method: &str) -> Flow {
    let this = receiver(cx, cx.arg(args, 0).value())?;
    // What is seen does not change with the context.
    this.places[SHARED].set(Value::TRUE);
    let dict = Value::object(values(this));
    let method = cx.intern(method);
    let method = cx.get_attribute(dict, method)?;
    cx.tail(method, &[])
}

fn new_var(cx: &mut Cx, args: Args) -> Flow {
    let name = cx.arg(args, 1).value();
    if !name.is::<Str>() {
        return Err(cx.type_error("context variable name must be a str"));
    }
    let default = cx.arg(args, 2).value();
    Ok(Value::object(cx.record(T::ContextVar, &[name, default], false)))
}

fn get_var(cx: &mut Cx, args: Args) -> Flow {
    let var = record(cx, cx.arg(args, 0).value(), T::ContextVar)?;
    let context = cx.context();
    if let Some(value) = cx.dict_get(values(context), Value::object(var))? {
        return Ok(value);
    }
    if let Some(default) = cx.opt(args, 1) {
        return Ok(default.value());
    }
    let default = var.places[DEFAULT].get();
    if default.is_undef() {
        return Err(cx.error_with(T::LookupError, &[Value::object(var)]));
    }
    Ok(default)
}

fn set_var(cx: &mut Cx, args: Args) -> Flow {
    let var = Value::object(record(cx, cx.arg(args, 0).value(), T::ContextVar)?);
    let value = cx.arg(args, 1).value();
    let context = cx.context();
    let old = cx.dict_get(values(context), var)?.unwrap_or(Value::UNDEF);
    let dict = own_values(cx, context);
    cx.dict_set(dict, var, value)?;
    let token = [var, old, Value::object(context), Value::FALSE];
    Ok(Value::object(cx.record(T::ContextToken, &token, false)))
}

fn reset(cx: &mut Cx, args: Args) -> Flow {
    let var = record(cx, cx.arg(args, 0).value(), T::ContextVar)?;
    let token = cx.arg(args, 1).value();
    if !cx.is_exact(token, T::ContextToken) {
        let mut text = b"expected an instance of Token, got ".to_vec();
        push_repr(cx, &mut text, token)?;
        return Err(cx.type_error(&String::from_utf8_lossy(&text)));
    }
    let token = record(cx, token, T::ContextToken)?;
    let context = cx.context();
    let problem = if token.places[USED].get() == Value::TRUE {
        Some((T::RuntimeError, "has already been used once"))
    } else if token.places[VARIABLE].get() != Value::object(var) {
        Some((T::ValueError, "was created by a different ContextVar"))
    } else if token.places[OF].get() != Value::object(context) {
        Some((T::ValueError, "was created in a different Context"))
    } else {
        None
    };
    if let Some((id, problem)) = problem {
        let mut text = Vec::new();
        push_repr(cx, &mut text, Value::object(token))?;
        let text = format!("{} {problem}", String::from_utf8_lossy(&text));
        return Err(cx.error(id, &text));
    }
    token.places[USED].set(Value::TRUE);
    let dict = own_values(cx, context);
    let old = token.places[OLD].get();
    if old.is_undef() {
        cx.dict_remove(dict, Value::object(var))?;
    } else {
        cx.dict_set(dict, Value::object(var), old)?;
    }
    Ok(Value::NONE)
}

fn repr_var(cx: &mut Cx, args: Args) -> Flow {
    let var = record(cx, cx.arg(args, 0).value(), T::ContextVar)?;
    let mut text = b"<ContextVar name=".to_vec();
    push_repr(cx, &mut text, var.places[NAME].get())?;
    let default = var.places[DEFAULT].get();
    if !default.is_undef() {
        text.extend_from_slice(b" default=");
        cx.deeper(|cx| push_repr(cx, &mut text, default))?;
    }
    text.extend_from_slice(format!(" at {}>", address(Value::object(var))).as_bytes());
    Ok(Value::object(cx.str_wtf8(&text)))
}

fn repr_token(cx: &mut Cx, args: Args) -> Flow {
    let token = record(cx, cx.arg(args, 0).value(), T::ContextToken)?;
    let used = if token.places[USED].get() == Value::TRUE { " used" } else { "" };
    let mut text = format!("<Token{used} var=").into_bytes();
    push_repr(cx, &mut text, token.places[VARIABLE].get())?;
    text.extend_from_slice(format!(" at {}>", address(Value::object(token))).as_bytes());
    Ok(Value::object(cx.str_wtf8(&text)))
}
