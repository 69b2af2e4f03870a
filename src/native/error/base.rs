//! `BaseException`: construction, text, and the attributes that every exception has.

use super::{
    args_of, base_str, class_argument, field, keywords, no_keywords, put, receiver, store_args,
    surplus, text,
};
use crate::gc::Gc;
use crate::native::{TypeDef, display, method, static_method};
use crate::value::class::overrides;
use crate::value::{Dict, Exception, Str, T, Traceback, Value};
use crate::vm::{Args, Cx, Flow, GetSet, Stop};

pub static TYPE: TypeDef = TypeDef {
    id: T::BaseException,
    doc: "Common base class for all exceptions.",
    methods: &[
        static_method("__new__(cls, *args, **kwargs)", "Create an exception.", new),
        method("__init__(self, *args, **kwargs)", "Initialize self.", init),
        method("__str__(self)", "Return str(self).", str),
        method("__repr__(self)", "Return repr(self).", repr),
        method("with_traceback(self, tb, /)", "Set self.__traceback__ to tb.", with_traceback),
        method("add_note(self, note, /)", "Add a note to the exception.", add_note),
        method("__setstate__(self, state, /)", "Restore attributes.", set_state),
        method("__reduce__(self)", "Return the class, the arguments and the state.", reduce),
    ],
    getsets: &[
        GetSet { name: "args", doc: "", get: get_args, set: Some(set_args) },
        GetSet { name: "__traceback__", doc: "", get: get_trace, set: Some(set_trace) },
        GetSet { name: "__context__", doc: "", get: get_context, set: Some(set_context) },
        GetSet { name: "__cause__", doc: "", get: get_cause, set: Some(set_cause) },
        GetSet {
            name: "__suppress_context__",
            doc: "",
            get: get_suppress,
            set: Some(set_suppress),
        },
    ],
};

fn new(cx: &mut Cx, args: Args) -> Flow {
    let class = class_argument(cx, args, T::BaseException)?;
    if !class.is_user() && !class.has(overrides::INIT) && keywords(cx, args).is_some() {
        // There will be no `__init__` to complain.
        let text = format!("{}() takes no keyword arguments", class.name_text());
        return Err(cx.type_error(&text));
    }
    let given = Value::object(cx.tuple(&surplus(cx, args)));
    Ok(Value::object(cx.exception(class, given)))
}

fn init(cx: &mut Cx, args: Args) -> Flow {
    no_keywords(cx, args)?;
    store_args(cx, args)?;
    Ok(Value::NONE)
}

fn str(cx: &mut Cx, args: Args) -> Flow {
    let this = receiver(cx, cx.arg(args, 0).value())?;
    if let [one] = args_of(this)[..]
        && one.is::<Str>()
    {
        return Ok(one);
    }
    let bytes = base_str(cx, this)?;
    text(cx, &bytes)
}

fn repr(cx: &mut Cx, args: Args) -> Flow {
    let this = receiver(cx, cx.arg(args, 0).value())?;
    let mut out = cx.type_name(Value::object(this)).into_bytes();
    match args_of(this)[..] {
        [one] => {
            out.push(b'(');
            out.extend(display::repr(cx, one)?);
            out.push(b')');
        }
        _ => out.extend(display::repr(cx, this.args.get())?),
    }
    text(cx, &out)
}

// ---- attributes that every exception has

fn with_traceback(cx: &mut Cx, args: Args) -> Flow {
    let this = cx.arg(args, 0).value();
    set_trace(cx, this, cx.arg(args, 1).value())?;
    Ok(this)
}

fn add_note(cx: &mut Cx, args: Args) -> Flow {
    let (this, note) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    if !cx.isinstance(note, T::Str) {
        let text = format!("note must be a str, not '{}'", cx.type_name(note));
        return Err(cx.type_error(&text));
    }
    let name = cx.vm().names.__notes__;
    let notes = match cx.get_optional(this, name)? {
        Some(notes) => notes,
        None => {
            let notes = Value::object(cx.list(Vec::new()));
            cx.set_own(this, name, notes);
            notes
        }
    };
    match notes.cast::<crate::value::List>() {
        Some(list) => {
            let grown = list.push(note);
            cx.heap.charge(grown);
            Ok(Value::NONE)
        }
        None => Err(cx.type_error("Cannot add note: __notes__ is not a list")),
    }
}

fn set_state(cx: &mut Cx, args: Args) -> Flow {
    let this = cx.arg(args, 0).value();
    let state = cx.arg(args, 1).value();
    if state.is_none() {
        return Ok(Value::NONE);
    }
    let Some(dict) = cx.unwrap(state).cast::<Dict>() else {
        return Err(cx.type_error("state is not a dictionary"));
    };
    for entry in dict.iter() {
        let Some(name) = entry.key.cast::<Str>() else { continue };
        let known =
            ["name", "path", "name_from"].into_iter().find(|n| n.as_bytes() == name.as_bytes());
        if name.as_bytes() == b"args" {
            set_args(cx, this, entry.value)?;
        } else if let (Some(known), Some(exception)) = (known, this.cast::<Exception>())
            && (cx.isinstance(this, T::ImportError) || cx.isinstance(this, T::AttributeError))
        {
            put(cx, exception, known, entry.value);
        } else {
            cx.set_own(this, cx.intern_str(name), entry.value);
        }
    }
    Ok(Value::NONE)
}

/// What an exception knows that its arguments do not say, as far as it is kept in copies.
fn told_apart(cx: &Cx, this: Gc<Exception>) -> Vec<(&'static str, Value)> {
    let object = Value::object(this);
    let names: &[&str] = if cx.isinstance(object, T::ImportError) {
        &["name", "path", "name_from"]
    } else if cx.isinstance(object, T::AttributeError) {
        &["name"]
    } else {
        &[]
    };
    let values = names.iter().map(|&name| (name, field(cx, this, name)));
    let mut told: Vec<_> = values.filter(|(_, value)| !value.is_none()).collect();
    if cx.isinstance(object, T::AttributeError) && !told.is_empty() {
        told.push(("args", this.args.get()));
    }
    told
}

fn reduce(cx: &mut Cx, args: Args) -> Flow {
    let this = receiver(cx, cx.arg(args, 0).value())?;
    let class = Value::object(cx.class_of(Value::object(this)));
    let mut parts = vec![class, this.args.get()];
    let own = this.extra.get().cast::<Dict>();
    let told = told_apart(cx, this);
    if told.is_empty() {
        parts.extend(own.map(Value::object));
    } else {
        let state = cx.dict();
        for entry in own.iter().flat_map(|own| own.iter()) {
            cx.dict_insert_raw(state, entry.hash, entry.key, entry.value);
        }
        for (name, value) in told {
            state.set_str(cx, cx.intern(name), value);
        }
        parts.push(Value::object(state));
    }
    Ok(Value::object(cx.tuple(&parts)))
}

fn get_args(cx: &mut Cx, this: Value) -> Flow {
    Ok(receiver(cx, this)?.args.get())
}

fn set_args(cx: &mut Cx, this: Value, value: Value) -> Flow {
    let this = receiver(cx, this)?;
    if value.is_undef() {
        return Err(cx.type_error("args may not be deleted"));
    }
    match cx.plain_items(cx.unwrap(value)) {
        Some(items) => {
            this.args.set(Value::object(cx.tuple(&items)));
            Ok(Value::NONE)
        }
        None => {
            let text = format!("'{}' object is not iterable", cx.type_name(value));
            Err(cx.type_error(&text))
        }
    }
}

fn get_trace(cx: &mut Cx, this: Value) -> Flow {
    receiver(cx, this)?;
    Ok(cx.traceback(this))
}

fn set_trace(cx: &mut Cx, this: Value, value: Value) -> Flow {
    let this = receiver(cx, this)?;
    if value.is_undef() {
        return Err(cx.type_error("__traceback__ may not be deleted"));
    }
    if !value.is_none() && !cx.is_exact(value, T::Traceback) {
        return Err(cx.type_error("__traceback__ must be a traceback or None"));
    }
    debug_assert!(value.is_none() || value.is::<Traceback>());
    this.trace.clear();
    this.traceback.set(value);
    Ok(Value::NONE)
}

fn get_context(cx: &mut Cx, this: Value) -> Flow {
    Ok(receiver(cx, this)?.context.get())
}

fn set_context(cx: &mut Cx, this: Value, value: Value) -> Flow {
    let this = receiver(cx, this)?;
    check_link(cx, value, "__context__", "exception context")?;
    this.context.set(value);
    Ok(Value::NONE)
}

fn get_cause(cx: &mut Cx, this: Value) -> Flow {
    Ok(receiver(cx, this)?.cause.get())
}

fn set_cause(cx: &mut Cx, this: Value, value: Value) -> Flow {
    let this = receiver(cx, this)?;
    check_link(cx, value, "__cause__", "exception cause")?;
    this.cause.set(value);
    this.suppress.set(true);
    Ok(Value::NONE)
}

fn check_link(cx: &Cx, value: Value, name: &str, what: &str) -> Result<(), Stop> {
    if value.is_undef() {
        return Err(cx.type_error(&format!("{name} may not be deleted")));
    }
    if !value.is_none() && !value.is::<Exception>() {
        return Err(cx.type_error(&format!("{what} must be None or derive from BaseException")));
    }
    Ok(())
}

fn get_suppress(cx: &mut Cx, this: Value) -> Flow {
    Ok(Value::bool(receiver(cx, this)?.suppress.get()))
}

fn set_suppress(cx: &mut Cx, this: Value, value: Value) -> Flow {
    let this = receiver(cx, this)?;
    if value.is_undef() {
        return Err(cx.type_error("can't delete numeric/char attribute"));
    }
    let Some(yes) = value.as_bool() else {
        return Err(cx.type_error("attribute value type must be bool"));
    };
    this.suppress.set(yes);
    Ok(Value::NONE)
}
