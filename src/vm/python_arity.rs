//! What is said of wrong arguments of functions of Python: of programs, and of natives in the
//! place of functions that CPython has in Python.

use super::bind::unknown_keyword;
use crate::gc::Gc;
use crate::value::types::TYPES;
use crate::value::{Class, Kind, Native, NativeKind, Str};

/// Positional arguments beyond the last parameter.
pub fn too_many(
    name: &str,
    count: usize,
    defaults: usize,
    given: usize,
    keywords: usize,
) -> String {
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    let takes = if defaults > 0 {
        let least = count as i64 - defaults as i64;
        format!("from {least} to {count} positional arguments")
    } else {
        format!("{count} positional argument{}", plural(count))
    };
    let given_text = if keywords > 0 {
        format!(
            "{given} positional argument{} (and {keywords} keyword-only argument{}) were given",
            plural(given),
            plural(keywords)
        )
    } else {
        format!("{given} {} given", if given == 1 { "was" } else { "were" })
    };
    format!("{name}() takes {takes} but {given_text}")
}

/// Parameters that nothing was given for; `what` kind they are of.
pub fn missing(name: &str, params: &[String], what: &str) -> String {
    let quoted: Vec<String> = params.iter().map(|n| format!("'{n}'")).collect();
    let list = match quoted.as_slice() {
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [rest @ .., last] => format!("{}, and {last}", rest.join(", ")),
        [] => String::new(),
    };
    let (count, plural) = (params.len(), if params.len() == 1 { "" } else { "s" });
    format!("{name}() missing {count} required {what} argument{plural}: {list}")
}

/// What CPython calls the method that the native stands for, if it has that in Python.
fn python_name(native: Gc<Native>) -> Option<String> {
    let class = native.owner.get().cast::<Class>()?;
    if native.kind != NativeKind::Method {
        return None;
    }
    let row = TYPES.get((class.shape.get() as usize).checked_sub(1)?)?;
    let signature = native.signature;
    let owner = match row.name {
        "_asyncio.EventLoop" => "BaseEventLoop",
        "_asyncio.QueueCore" => "Queue",
        "_asyncio.ConditionCore" => "Condition",
        "_asyncio.GroupCore" => "TaskGroup",
        // Of its methods those of `random.Random` are in Python.
        "_random.Random" if signature.positional_only() == 0 => "Random",
        name if name.starts_with("asyncio.") && row.layout != Kind::Exception => {
            name.rsplit('.').next()?
        }
        _ => return None,
    };
    Some(format!("{owner}.{}", signature.name()))
}

/// What is wrong with the arguments of a native, in the words for a function of Python; None if
/// nothing is, or if CPython does not have it in Python. `given` counts `self`.
pub fn of_native(native: Gc<Native>, given: usize, names: &[Gc<Str>]) -> Option<String> {
    let name = python_name(native)?;
    let signature = native.signature;
    let count = signature.positional();
    let mut keyword_only = 0;
    for keyword in names {
        let text = keyword.lossy();
        match signature.position(&text) {
            Some(i) if i < count.min(given) => {
                return Some(format!("{name}() got multiple values for argument '{text}'"));
            }
            Some(i) => keyword_only += usize::from(i >= count),
            None if signature.keywords => {}
            None => {
                let known = (0..signature.len()).map(|i| signature.param(i)).collect();
                return Some(unknown_keyword(&name, &text, known));
            }
        }
    }
    if given > count && !signature.variadic {
        let defaults = count - signature.required().min(count);
        return Some(too_many(&name, count, defaults, given, keyword_only));
    }
    let absent = |param: &&str| !names.iter().any(|name| name.lossy() == **param);
    let params = (given..signature.required()).map(|i| signature.param(i)).filter(absent);
    let params: Vec<String> = params.map(str::to_string).collect();
    (!params.is_empty()).then(|| missing(&name, &params, "positional"))
}
