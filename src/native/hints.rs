//! What people at a terminal are advised beyond what CPython says: the word that other languages
//! have for something, the `await` that is missing, the module that was meant.
//!
//! Only for reports that people read: the texts of exceptions stay as they are.

use super::error::field;
use super::front::front;
use crate::value::{Exception, Str, T, Value};
use crate::vm::Cx;

/// Names that other languages have.
const NAMES: &[(&str, &str)] = &[
    ("null", "the value for nothing is `None`"),
    ("nil", "the value for nothing is `None`"),
    ("NULL", "the value for nothing is `None`"),
    ("undefined", "the value for nothing is `None`"),
    ("this", "a method takes its object as the first parameter, `self`"),
    ("self", "`self` is the first parameter of a method; this is not in one that has it"),
    ("xrange", "it is called `range`"),
    ("raw_input", "it is called `input`"),
    ("unicode", "it is called `str`"),
    ("unichr", "it is called `chr`"),
    ("long", "it is called `int`"),
    ("string", "the type of texts is `str`"),
    ("boolean", "the type is `bool`"),
    ("console", "write `print(...)`"),
    ("printf", "write `print(f\"...\")`"),
    ("println", "write `print(...)`"),
    ("echo", "write `print(...)`"),
    ("reduce", "write `from functools import reduce`"),
];

/// Members that other languages have: of what, how they are called, what to do.
const MEMBERS: &[(&str, &[&str], &str)] = &[
    ("list", &["push", "add", "push_back"], "write `append`"),
    ("list", &["concat", "addAll", "push_all"], "write `extend`, or `+` for a new list"),
    ("list", &["contains", "includes", "has"], "write `x in values`"),
    ("list", &["size", "length", "len", "lenght"], "write `len(values)`"),
    ("list", &["indexOf", "find"], "write `index`"),
    (
        "list",
        &["map", "filter", "forEach"],
        "write a comprehension: `[f(x) for x in values if ...]`",
    ),
    ("list", &["join"], "ask the text between them: `\", \".join(values)`"),
    ("list", &["shift"], "write `pop(0)`, or use a `collections.deque`"),
    ("dict", &["add", "put", "set"], "write `d[key] = value`"),
    ("dict", &["has_key", "contains", "containsKey", "has"], "write `key in d`"),
    ("dict", &["iteritems"], "write `items`"),
    ("dict", &["iterkeys"], "write `keys`"),
    ("dict", &["itervalues"], "write `values`"),
    ("dict", &["append"], "write `d[key] = value`; or is a list meant?"),
    ("dict", &["size", "length", "len"], "write `len(d)`"),
    ("set", &["append", "push", "insert"], "write `add`"),
    ("set", &["contains", "has"], "write `x in values`"),
    ("tuple", &["append", "push"], "a tuple does not change; write a list: `[...]`"),
    ("str", &["contains", "includes"], "write `part in text`"),
    ("str", &["size", "length", "len"], "write `len(text)`"),
    ("str", &["trim"], "write `strip`"),
    ("str", &["toUpperCase", "to_upper", "toUpper"], "write `upper`"),
    ("str", &["toLowerCase", "to_lower", "toLower"], "write `lower`"),
    ("str", &["substring", "substr", "slice"], "write `text[start:end]`"),
    ("str", &["charAt"], "write `text[i]`"),
    ("str", &["indexOf"], "write `find`"),
    ("str", &["startsWith", "starts_with"], "write `startswith`"),
    ("str", &["endsWith", "ends_with"], "write `endswith`"),
    ("str", &["append", "push"], "a text does not change; write `text += more`"),
    ("str", &["decode"], "it is text already; `bytes` have `decode`"),
    ("bytes", &["encode"], "these are bytes already; `str` has `encode`"),
];

const AWAIT: &str = "it is a coroutine: await it first";

/// The advice, if there is one.
pub fn hint(cx: &Cx, exception: Value, said: &str) -> Option<String> {
    let this = exception.cast::<Exception>()?;
    let name = || {
        let name = field(cx, this, "name").cast::<Str>()?;
        Some(name.lossy().into_owned())
    };
    if cx.isinstance(exception, T::UnboundLocalError) {
        // The name stands in the message alone.
        let name = said.split('\'').nth(1)?;
        return Some(format!(
            "a name that a function assigns to is its own everywhere in it; `global {name}` or \
             `nonlocal {name}` means the one outside"
        ));
    }
    if cx.isinstance(exception, T::NameError) {
        return of_name(&name()?).map(str::to_owned);
    }
    if cx.isinstance(exception, T::AttributeError) {
        return of_member(cx, field(cx, this, "obj"), &name()?);
    }
    if cx.isinstance(exception, T::ModuleNotFoundError) {
        let near = front(cx)?.near_library(&name()?)?;
        return Some(format!("did you mean `{near}`?"));
    }
    let advice = if said.contains("'coroutine' object ") || said.contains(" 'coroutine'") {
        AWAIT
    } else if cx.isinstance(exception, T::TypeError) {
        of_type(said)?
    } else if said.ends_with("RuntimeError: no running event loop") {
        "call it in a coroutine; a script has a loop from its start if it awaits at the top level"
    } else if said.contains("asyncio.run() cannot be called from a running event loop") {
        "await the coroutine instead"
    } else {
        return None;
    };
    Some(advice.to_owned())
}

/// What to write instead of a name that other languages have.
pub fn of_name(name: &str) -> Option<&'static str> {
    NAMES.iter().find(|(other, _)| *other == name).map(|(_, advice)| *advice)
}

fn of_member(cx: &Cx, object: Value, name: &str) -> Option<String> {
    if object.is_none() {
        return Some("the value before the dot is None: where does it come from?".into());
    }
    let kind = cx.type_name(object);
    match &*kind {
        "coroutine" => return Some(AWAIT.into()),
        "function" | "method" => {
            return Some("it is the function, not what it returns: call it first".into());
        }
        _ => {}
    }
    let known = MEMBERS.iter().find(|(of, names, _)| *of == kind && names.contains(&name));
    known.map(|(.., advice)| (*advice).to_owned())
}

fn of_type(said: &str) -> Option<&'static str> {
    let adds_text = said.contains("can only concatenate str (not ")
        || said.contains("unsupported operand type(s) for +: ") && said.ends_with("'str'");
    if adds_text && !said.contains("'NoneType'") {
        return Some("make a text of it with `str(...)`, or write an f-string: `f\"{x} ...\"`");
    }
    if said.contains("'NoneType' object is not ") {
        return Some(
            "the value is None: where does it come from? A function without `return` gives it",
        );
    }
    if said.contains(".") && said.ends_with("takes 0 positional arguments but 1 was given") {
        return Some("a method takes its object as the first parameter: `self`");
    }
    if said.contains("can't be used in 'await' expression") {
        return Some("this is no coroutine: leave out `await`");
    }
    None
}
