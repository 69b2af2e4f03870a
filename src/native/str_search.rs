//! `str`: searching, counting, replacing, and the ends of a text.
//!
//! Texts are searched as bytes; what is reported are positions of chars, so the offset of a hit
//! in a text that is not ASCII is counted back into chars.

use super::text_args::{
    bounds, limit, only_text, part_value, plain, text_arg, text_of, text_value, this_text,
};
use super::{TypeDef, method};
use crate::gc::Gc;
use crate::plain::wtf8;
use crate::value::{Str, T, Tuple, Value};
use crate::vm::{Args, Cx, Flow, Stop};

pub static TYPE: TypeDef = TypeDef {
    id: T::Str,
    doc: super::str::DOC,
    methods: &[
        method(
            "find(self, sub, start=None, end=None, /)",
            "The lowest index where sub is found in self[start:end], or -1.",
            find,
        ),
        method(
            "rfind(self, sub, start=None, end=None, /)",
            "The highest index where sub is found in self[start:end], or -1.",
            rfind,
        ),
        method(
            "index(self, sub, start=None, end=None, /)",
            "As find, but ValueError if sub is not there.",
            index,
        ),
        method(
            "rindex(self, sub, start=None, end=None, /)",
            "As rfind, but ValueError if sub is not there.",
            rindex,
        ),
        method(
            "count(self, sub, start=None, end=None, /)",
            "How often sub is in self[start:end], without overlaps.",
            count,
        ),
        method(
            "startswith(self, prefix, start=None, end=None, /)",
            "Does self[start:end] begin with prefix, or with one of a tuple of them?",
            startswith,
        ),
        method(
            "endswith(self, suffix, start=None, end=None, /)",
            "Does self[start:end] end with suffix, or with one of a tuple of them?",
            endswith,
        ),
        method(
            "replace(self, old, new, /, count=-1)",
            "A copy in which old is replaced by new, at most count times.",
            replace,
        ),
        method(
            "removeprefix(self, prefix, /)",
            "The text without prefix, if it begins with it.",
            removeprefix,
        ),
        method(
            "removesuffix(self, suffix, /)",
            "The text without suffix, if it ends with it.",
            removesuffix,
        ),
        method(
            "partition(self, sep, /)",
            "What is before the first sep, sep, and what is behind it.",
            partition,
        ),
        method(
            "rpartition(self, sep, /)",
            "What is before the last sep, sep, and what is behind it.",
            rpartition,
        ),
    ],
    getsets: &[],
};

type Finder = fn(&[u8], &[u8]) -> Option<usize>;

fn locate(cx: &mut Cx, args: Args, name: &str, find: Finder) -> Result<Option<usize>, Stop> {
    let text = this_text(cx, args)?;
    let sub = text_arg(cx, args, 1, name)?;
    if sub.len() > text.len() {
        bounds(cx, args, 2, text.len())?;
        return Ok(None);
    }
    if cx.opt(args, 2).is_none() && text.is_ascii() {
        return Ok(find(text.as_bytes(), sub.as_bytes()));
    }
    let Some((start, end)) = bounds(cx, args, 2, text.len())? else {
        return Ok(None);
    };
    let window = &text.as_bytes()[text.offset(start)..text.offset(end)];
    Ok(find(window, sub.as_bytes())
        .map(|at| start + if text.is_ascii() { at } else { wtf8::len(&window[..at]) }))
}

fn position(found: Option<usize>) -> Value {
    Value::int(found.map_or(-1, |at| at as i64))
}

fn found_position(cx: &Cx, found: Option<usize>) -> Flow {
    match found {
        Some(_) => Ok(position(found)),
        None => Err(cx.value_error("substring not found")),
    }
}

fn find(cx: &mut Cx, args: Args) -> Flow {
    locate(cx, args, "find", wtf8::find).map(position)
}

fn rfind(cx: &mut Cx, args: Args) -> Flow {
    locate(cx, args, "rfind", wtf8::rfind).map(position)
}

fn index(cx: &mut Cx, args: Args) -> Flow {
    let found = locate(cx, args, "index", wtf8::find)?;
    found_position(cx, found)
}

fn rindex(cx: &mut Cx, args: Args) -> Flow {
    let found = locate(cx, args, "rindex", wtf8::rfind)?;
    found_position(cx, found)
}

fn count(cx: &mut Cx, args: Args) -> Flow {
    let text = this_text(cx, args)?;
    let sub = text_arg(cx, args, 1, "count")?;
    let Some((start, end)) = bounds(cx, args, 2, text.len())? else {
        return Ok(Value::int(0));
    };
    let window = &text.as_bytes()[text.offset(start)..text.offset(end)];
    Ok(Value::int(wtf8::count(window, sub.as_bytes()) as i64))
}

/// `startswith` and `endswith`: does one of the affixes fit?
fn affix(cx: &mut Cx, args: Args, name: &str, fits: fn(&[u8], &[u8]) -> bool) -> Flow {
    let text = this_text(cx, args)?;
    let affixes = cx.arg(args, 1).value();
    let window = if cx.opt(args, 2).is_none() && cx.opt(args, 3).is_none() {
        Some(text.as_bytes())
    } else {
        bounds(cx, args, 2, text.len())?
            .map(|(start, end)| &text.as_bytes()[text.offset(start)..text.offset(end)])
    };
    let fits = |affix: Gc<Str>| window.is_some_and(|window| fits(window, affix.as_bytes()));
    if let Some(affix) = text_of(cx, affixes) {
        return Ok(Value::bool(fits(affix)));
    }
    let Some(tuple) = cx.unwrap(affixes).cast::<Tuple>() else {
        let shown = cx.type_name(affixes);
        return Err(
            cx.type_error(&format!("{name} first arg must be str or a tuple of str, not {shown}"))
        );
    };
    for &affix in tuple.as_slice() {
        let Some(affix) = text_of(cx, affix) else {
            let shown = cx.type_name(affix);
            let text = format!("tuple for {name} must only contain str, not {shown}");
            return Err(cx.type_error(&text));
        };
        if fits(affix) {
            return Ok(Value::TRUE);
        }
    }
    Ok(Value::FALSE)
}

fn startswith(cx: &mut Cx, args: Args) -> Flow {
    affix(cx, args, "startswith", |text, prefix| text.starts_with(prefix))
}

fn endswith(cx: &mut Cx, args: Args) -> Flow {
    affix(cx, args, "endswith", |text, suffix| text.ends_with(suffix))
}

fn replace(cx: &mut Cx, args: Args) -> Flow {
    let text = this_text(cx, args)?;
    let old = text_arg(cx, args, 1, "replace")?;
    let new = text_arg(cx, args, 2, "replace")?;
    let max = limit(cx, args, 3)?;
    if text.is_ascii() && new.is_ascii() && !old.is_empty() && old != new {
        return replace_ascii(cx, text, old, new, max);
    }
    if !old.is_empty() && old != new && text.as_str().is_some() && new.as_str().is_some() {
        return replace_counted(cx, text, old, new, max);
    }
    let replaced = wtf8::replace(text.as_bytes(), old.as_bytes(), new.as_bytes(), max);
    Ok(match plain(cx, replaced)? {
        None => Value::object(text),
        Some(bytes) => text_value(cx, &bytes),
    })
}

/// Replacing in ASCII by ASCII: of one char by another in place.
fn replace_ascii(cx: &Cx, text: Gc<Str>, old: Gc<Str>, new: Gc<Str>, max: Option<usize>) -> Flow {
    let bytes = text.as_bytes();
    if let ([from], [to], None) = (old.as_bytes(), new.as_bytes(), max) {
        return Ok(match memchr::memchr(*from, bytes) {
            None => Value::object(text),
            Some(_) => Value::object(cx.str_ascii_mapped(text, |text| {
                text.iter_mut().for_each(|byte| *byte = if byte == from { *to } else { *byte });
            })),
        });
    }
    replace_counted(cx, text, old, new, max)
}

/// Replacing where the length of the result is known once the occurrences are counted: it is
/// written in its place. Neither text has lone surrogates.
fn replace_counted(cx: &Cx, text: Gc<Str>, old: Gc<Str>, new: Gc<Str>, max: Option<usize>) -> Flow {
    let (bytes, from, to) = (text.as_bytes(), old.as_bytes(), new.as_bytes());
    let Some(searched) = Occurrences::new(bytes, from, max.unwrap_or(usize::MAX)) else {
        return Ok(Value::object(text));
    };
    let times = searched.times;
    let len = (to.len().saturating_mul(times)).saturating_add(bytes.len() - times * from.len());
    if len > crate::plain::MAX_BYTES {
        return Err(cx.error_with(T::MemoryError, &[]));
    }
    let chars = text.len() - times * old.len() + times * new.len();
    let made = cx.str_counted(len, chars, |filler| {
        let mut at = 0;
        searched.each(|found| {
            filler.put(&bytes[at..found]);
            filler.put(to);
            at = found + from.len();
        });
        filler.put(&bytes[at..]);
    });
    Ok(Value::object(made))
}

/// How many places of a needle are noted: those beyond are looked for twice.
const NOTED: usize = 32;

/// Where a needle is in a text, counted.
struct Occurrences<'a> {
    text: &'a [u8],
    needle: &'a [u8],
    finder: Option<memchr::memmem::Finder<'a>>,
    times: usize,
    noted: [u32; NOTED],
}

impl<'a> Occurrences<'a> {
    /// None if there are none.
    fn new(text: &'a [u8], needle: &'a [u8], max: usize) -> Option<Occurrences<'a>> {
        let first = wtf8::find(text, needle).filter(|_| max > 0)?;
        let finder = (needle.len() > 1).then(|| memchr::memmem::Finder::new(needle));
        let mut found = Occurrences { text, needle, finder, times: 0, noted: [0; NOTED] };
        let (mut times, mut noted) = (0, [0; NOTED]);
        found.look(first, max, |at| {
            if let Some(place) = noted.get_mut(times) {
                *place = at as u32;
            }
            times += 1;
        });
        (found.times, found.noted) = (times, noted);
        Some(found)
    }

    /// Visits so many of those from a place on.
    fn look(&self, from: usize, most: usize, mut visit: impl FnMut(usize)) {
        let rest = &self.text[from..];
        let visit = |at: usize| visit(from + at);
        match &self.finder {
            None => memchr::memchr_iter(self.needle[0], rest).take(most).for_each(visit),
            Some(finder) => finder.find_iter(rest).take(most).for_each(visit),
        }
    }

    fn each(&self, mut visit: impl FnMut(usize)) {
        let noted = &self.noted[..self.times.min(NOTED)];
        noted.iter().for_each(|&at| visit(at as usize));
        if self.times > NOTED {
            let from = self.noted[NOTED - 1] as usize + self.needle.len();
            self.look(from, self.times - NOTED, visit);
        }
    }
}

fn removeprefix(cx: &mut Cx, args: Args) -> Flow {
    let text = this_text(cx, args)?;
    let prefix = only_text(cx, args, "removeprefix")?;
    let rest = text.as_bytes().strip_prefix(prefix.as_bytes());
    Ok(part_value(cx, text, rest.unwrap_or(text.as_bytes())))
}

fn removesuffix(cx: &mut Cx, args: Args) -> Flow {
    let text = this_text(cx, args)?;
    let suffix = only_text(cx, args, "removesuffix")?;
    let rest = text.as_bytes().strip_suffix(suffix.as_bytes());
    Ok(part_value(cx, text, rest.unwrap_or(text.as_bytes())))
}

fn separator(cx: &Cx, args: Args) -> Result<Gc<Str>, Stop> {
    let value = cx.arg(args, 1).value();
    text_of(cx, value)
        .ok_or_else(|| cx.type_error(&format!("must be str, not {}", cx.type_name(value))))
}

fn partition(cx: &mut Cx, args: Args) -> Flow {
    let (text, sep) = (this_text(cx, args)?, separator(cx, args)?);
    let empty = Value::object(cx.empty_str());
    let parts = match plain(cx, wtf8::partition(text.as_bytes(), sep.as_bytes()))? {
        Some((head, tail)) => {
            [part_value(cx, text, head), Value::object(sep), part_value(cx, text, tail)]
        }
        None => [Value::object(text), empty, empty],
    };
    Ok(Value::object(cx.tuple(&parts)))
}

fn rpartition(cx: &mut Cx, args: Args) -> Flow {
    let (text, sep) = (this_text(cx, args)?, separator(cx, args)?);
    let empty = Value::object(cx.empty_str());
    let parts = match plain(cx, wtf8::rpartition(text.as_bytes(), sep.as_bytes()))? {
        Some((head, tail)) => {
            [part_value(cx, text, head), Value::object(sep), part_value(cx, text, tail)]
        }
        None => [empty, empty, Value::object(text)],
    };
    Ok(Value::object(cx.tuple(&parts)))
}
