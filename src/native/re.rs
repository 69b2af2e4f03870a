//! `_re`: compiled patterns for `stdlib/re.sloop`. The engine is `plain/regex`.
//!
//! What the module makes of matches without asking anybody (parts, texts with the matches replaced)
//! is made here, from places in bytes; where the program is told of places, they are counted in chars.

use std::cell::RefCell;

use super::{TypeDef, add_functions, add_types, function};
use crate::gc::{Gc, budget};
use crate::plain::regex::{Matcher, Mode, Outcome, Program};
use crate::plain::{MAX_BYTES, wtf8};
use crate::value::{Bytes, Dict, List, Resource, Str, T, Tuple, Value};
use crate::vm::{Args, Cx, Def, Flow, Stop};

pub static TYPE: TypeDef = TypeDef {
    id: T::RegexProgram,
    doc: "A compiled pattern, for the module re.",
    methods: &[],
    getsets: &[],
};

static FUNCTIONS: &[Def] = &[
    function(
        "compile(pattern, flags, /)",
        "(program, flags, groups, names), or (None, what is wrong, where).",
        compile,
    ),
    function("width(program, /)", "How many chars a match takes, at least and at most.", width),
    function(
        "find(program, text, pos, endpos, mode, /)",
        "Places of a match as one flat tuple, the group closed last at its end; or None.",
        find,
    ),
    function(
        "find_all(program, text, pos, endpos, most, /)",
        "The same for matches that follow each other; 0 is no limit.",
        find_all,
    ),
    function(
        "texts(program, text, pos, endpos, /)",
        "What matches hold, as findall tells it.",
        texts,
    ),
    function(
        "split(program, text, pos, endpos, most, /)",
        "What is between the matches, and what their groups hold.",
        split,
    ),
    function(
        "replace(program, text, pos, endpos, most, by, /)",
        "The text with matches replaced by a text, or by the texts and groups of a list; how many.",
        replace,
    ),
    function(
        "groups(text, places, default, /)",
        "What the groups of a match of a text hold.",
        groups,
    ),
];

pub fn module(cx: &mut Cx, namespace: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, namespace, FUNCTIONS, "_re");
    add_types(cx, &[&TYPE]);
    Ok(())
}

fn compile(cx: &mut Cx, args: Args) -> Flow {
    let pattern = cx.arg(args, 0).value();
    let flags = cx.index_i64(cx.arg(args, 1).value())? as u32;
    let pattern = cx.unwrap(pattern);
    let made = if let Some(text) = pattern.cast::<Str>() {
        let points: Vec<u32> = wtf8::points(text.as_bytes()).collect();
        Program::new(&points, false, flags)
    } else if let Some(bytes) = pattern.cast::<Bytes>() {
        let points: Vec<u32> = bytes.as_slice().iter().map(|&byte| u32::from(byte)).collect();
        Program::new(&points, true, flags)
    } else {
        return Err(cx.type_error("first argument must be string or compiled pattern"));
    };
    let program = match made {
        Ok(program) => program,
        Err(flaw) => {
            let place = flaw.place.map_or(Value::NONE, |place| Value::int(place as i64));
            let text = cx.str_value(&flaw.text);
            return Ok(Value::object(cx.tuple(&[Value::NONE, text, place])));
        }
    };
    let names: Vec<Value> = (program.names.iter())
        .map(|(name, group)| {
            let pair = [cx.str_value(name), Value::int(*group as i64)];
            Value::object(cx.tuple(&pair))
        })
        .collect();
    let remarks: Vec<Value> = program.remarks.iter().map(|text| cx.str_value(text)).collect();
    let remarks = Value::object(cx.tuple(&remarks));
    let (flags, groups) = (i64::from(program.flags), program.groups as i64);
    let names = Value::object(cx.tuple(&names));
    let resource = cx.new_object(T::RegexProgram.shape(), 0, |header| Resource {
        header,
        extra: Value::UNDEF.into(),
        payload: RefCell::new(Some(Box::new(program))),
    });
    let parts = [Value::object(resource), Value::int(flags), Value::int(groups), names, remarks];
    Ok(Value::object(cx.tuple(&parts)))
}

fn width(cx: &mut Cx, args: Args) -> Flow {
    let program = cx.arg(args, 0).value().cast::<Resource>();
    let known = program.and_then(|program| {
        let payload = program.payload.borrow();
        payload.as_ref()?.downcast_ref::<Program>().map(|program| program.width)
    });
    let Some((low, high)) = known else {
        return Err(cx.type_error("a compiled pattern is wanted"));
    };
    let most = if high == usize::MAX { Value::NONE } else { cx.uint(high as u64) };
    Ok(Value::object(cx.tuple(&[cx.uint(low as u64), most])))
}

/// What a text is searched for, and where; places are chars of a str, bytes of others.
struct Task {
    program: Gc<Resource>,
    text: Searched,
    start: usize,
    end: usize,
}

#[derive(Clone, Copy)]
enum Searched {
    Text(Gc<Str>),
    Bytes(Gc<Bytes>),
}

impl Searched {
    /// None if it is neither.
    fn new(value: Value) -> Option<Searched> {
        let bytes = || value.cast::<Bytes>().map(Searched::Bytes);
        value.cast::<Str>().map(Searched::Text).or_else(bytes)
    }

    fn data(&self) -> &[u8] {
        match self {
            Searched::Text(text) => text.as_bytes(),
            Searched::Bytes(bytes) => bytes.as_slice(),
        }
    }

    fn is_text(self) -> bool {
        matches!(self, Searched::Text(_))
    }

    /// Where a char is in bytes.
    fn offset(self, at: usize) -> usize {
        match self {
            Searched::Text(text) => text.offset(at),
            Searched::Bytes(_) => at,
        }
    }

    /// A part, from places in bytes.
    fn part(self, cx: &Cx, start: usize, end: usize) -> Value {
        match self {
            Searched::Text(text) => Value::object(cx.substr(text, start, end)),
            Searched::Bytes(bytes) if (start, end) == (0, bytes.as_slice().len()) => {
                Value::object(bytes)
            }
            Searched::Bytes(bytes) => Value::object(cx.bytes(&bytes.as_slice()[start..end])),
        }
    }
}

impl Task {
    fn new(cx: &mut Cx, args: Args) -> Result<Task, Stop> {
        let [pos, endpos] = [2, 3].map(|i| cx.arg(args, i).value());
        let (pos, endpos) = (cx.index_i64(pos)?, cx.index_i64(endpos)?);
        let (program, text) = (cx.arg(args, 0).value(), cx.unwrap(cx.arg(args, 1).value()));
        let Some(program) = program.cast::<Resource>() else {
            return Err(cx.type_error("a compiled pattern is wanted"));
        };
        let text = searched(cx, text)?;
        let len = match text {
            Searched::Text(text) => text.len(),
            Searched::Bytes(bytes) => bytes.as_slice().len(),
        };
        let end = endpos.clamp(0, len as i64);
        Ok(Task { program, text, start: pos.clamp(0, end) as usize, end: end as usize })
    }

    /// Matches up to `most` times (0 is no limit) and shows each match, as long as `visit` wants
    /// to see more.
    fn each(
        &self,
        cx: &Cx,
        mode: Mode,
        most: usize,
        mut visit: impl FnMut(&Matcher) -> bool,
    ) -> Result<(), Stop> {
        let payload = self.program.payload.borrow();
        let program = payload.as_ref().and_then(|payload| payload.downcast_ref::<Program>());
        let Some(program) = program else {
            return Err(cx.type_error("a compiled pattern is wanted"));
        };
        let (start, end) = (self.text.offset(self.start), self.text.offset(self.end));
        let mut interrupt = None;
        let mut go_on = || match cx.check_interrupt() {
            Ok(()) => true,
            Err(stop) => {
                interrupt = Some(stop);
                false
            }
        };
        let text = &self.text.data()[..end];
        let mut matcher = Matcher::new(program, text, mode, &mut go_on);
        let (mut from, mut advance, mut times) = (start, false, 0);
        let outcome = loop {
            if from > end {
                break Outcome::Nothing;
            }
            let outcome = matcher.find(from, advance);
            if outcome != Outcome::Found {
                break outcome;
            }
            times += 1;
            if !visit(&matcher) || times == most {
                break Outcome::Nothing;
            }
            let (a, b) = matcher.span(0).unwrap_or((end, end));
            (from, advance) = (b, a == b);
        };
        match (outcome, interrupt) {
            (_, Some(stop)) => Err(stop),
            (Outcome::TooMuch, _) => Err(cx.error_with(T::MemoryError, &[])),
            _ => Ok(()),
        }
    }

    /// The same, and hands over the places, in chars.
    fn run(&self, cx: &Cx, mode: Mode, most: usize) -> Result<Vec<Value>, Stop> {
        let wide = matches!(self.text, Searched::Text(text) if !text.is_ascii());
        let at = self.text.offset(self.start);
        let mut cursor = Cursor { text: self.text.data(), at, chars: self.start };
        let mut found = Vec::new();
        let mut places = Vec::new();
        self.each(cx, mode, most, |matcher| {
            places.clear();
            for group in 0..matcher.groups() {
                match matcher.span(group) {
                    Some((a, b)) if wide => {
                        places.push(Value::int(cursor.index(a)));
                        places.push(Value::int(cursor.index(b)));
                    }
                    Some((a, b)) => {
                        places.push(Value::int(a as i64));
                        places.push(Value::int(b as i64));
                    }
                    None => places.extend([Value::int(-1); 2]),
                }
            }
            places.push(Value::int(matcher.last_group().unwrap_or(0) as i64));
            found.push(Value::object(cx.tuple(&places)));
            true
        })?;
        Ok(found)
    }

    /// What a group holds; nothing if it took no part.
    fn group(&self, cx: &Cx, matcher: &Matcher, group: usize) -> Value {
        let (start, end) = matcher.span(group).unwrap_or((0, 0));
        self.text.part(cx, start, end)
    }
}

/// Chars of a place, counted from the last one that was asked about.
struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
    chars: usize,
}

impl Cursor<'_> {
    fn index(&mut self, at: usize) -> i64 {
        if at >= self.at {
            self.chars += wtf8::len(&self.text[self.at..at]);
        } else {
            self.chars -= wtf8::len(&self.text[at..self.at]);
        }
        self.at = at;
        self.chars as i64
    }
}

fn find(cx: &mut Cx, args: Args) -> Flow {
    let mode = match cx.arg(args, 4).value().as_int() {
        Some(0) => Mode::Match,
        Some(1) => Mode::Search,
        _ => Mode::Full,
    };
    let found = Task::new(cx, args)?.run(cx, mode, 1)?;
    Ok(found.first().copied().unwrap_or(Value::NONE))
}

fn find_all(cx: &mut Cx, args: Args) -> Flow {
    let most = most(cx, args)?;
    let found = Task::new(cx, args)?.run(cx, Mode::Search, most)?;
    Ok(Value::object(cx.list(found)))
}

/// How many matches are wanted; 0 is no limit.
fn most(cx: &mut Cx, args: Args) -> Result<usize, Stop> {
    Ok(cx.index_i64(cx.arg(args, 4).value())?.max(0) as usize)
}

fn texts(cx: &mut Cx, args: Args) -> Flow {
    let task = Task::new(cx, args)?;
    let (mut found, mut parts) = (Vec::new(), Vec::new());
    task.each(cx, Mode::Search, 0, |matcher| {
        let groups = matcher.groups();
        if groups <= 2 {
            found.push(task.group(cx, matcher, groups - 1));
            return true;
        }
        parts.clear();
        parts.extend((1..groups).map(|group| task.group(cx, matcher, group)));
        found.push(Value::object(cx.tuple(&parts)));
        true
    })?;
    Ok(Value::object(cx.list(found)))
}

fn split(cx: &mut Cx, args: Args) -> Flow {
    let most = most(cx, args)?;
    let task = Task::new(cx, args)?;
    let (mut parts, mut from) = (Vec::new(), 0);
    task.each(cx, Mode::Search, most, |matcher| {
        let (start, end) = matcher.span(0).unwrap_or((from, from));
        parts.push(task.text.part(cx, from, start));
        for group in 1..matcher.groups() {
            let held = matcher.span(group).map(|(start, end)| task.text.part(cx, start, end));
            parts.push(held.unwrap_or(Value::NONE));
        }
        from = end;
        true
    })?;
    parts.push(task.text.part(cx, from, task.text.data().len()));
    Ok(Value::object(cx.list(parts)))
}

/// A part of what replaces a match.
enum Piece {
    Text(Searched),
    Group(usize),
}

impl Piece {
    /// None if it cannot stand in such a text.
    fn new(value: Value, of: Searched) -> Option<Piece> {
        match Searched::new(value) {
            Some(text) => (text.is_text() == of.is_text()).then_some(Piece::Text(text)),
            None => Some(Piece::Group(usize::try_from(value.as_int()?).ok()?)),
        }
    }
}

fn replace(cx: &mut Cx, args: Args) -> Flow {
    let most = most(cx, args)?;
    let task = Task::new(cx, args)?;
    let by = cx.arg(args, 5).value();
    let pieces: Option<Vec<Piece>> = match by.cast::<List>() {
        Some(list) => list.to_vec().into_iter().map(|by| Piece::new(by, task.text)).collect(),
        None => Piece::new(by, task.text).map(|piece| vec![piece]),
    };
    let Some(pieces) = pieces else {
        return Err(cx.type_error("texts like the one that is searched are wanted"));
    };
    let data = task.text.data();
    let (mut made, mut from, mut times) = (Vec::new(), 0, 0);
    let mut room = true;
    let mut put = |made: &mut Vec<u8>, piece: &[u8]| {
        let len = made.len() + piece.len();
        room &= len <= made.capacity() || len <= MAX_BYTES && budget::grants(len * 2);
        if room {
            made.extend_from_slice(piece);
        }
        room
    };
    task.each(cx, Mode::Search, most, |matcher| {
        let (start, end) = matcher.span(0).unwrap_or((from, from));
        let mut fits = put(&mut made, &data[from..start]);
        for piece in &pieces {
            fits = match piece {
                Piece::Text(text) => put(&mut made, text.data()),
                Piece::Group(group) => {
                    let (start, end) = matcher.span(*group).unwrap_or((0, 0));
                    put(&mut made, &data[start..end])
                }
            };
        }
        from = end;
        times += 1;
        fits
    })?;
    let replaced = if times == 0 {
        cx.unwrap(cx.arg(args, 1).value())
    } else if !put(&mut made, &data[from..]) {
        return Err(cx.error_with(T::MemoryError, &[]));
    } else if task.text.is_text() {
        Value::object(cx.str_wtf8(&made))
    } else {
        Value::object(cx.bytes(made))
    };
    Ok(Value::object(cx.tuple(&[replaced, Value::int(times)])))
}

fn groups(cx: &mut Cx, args: Args) -> Flow {
    let text = searched(cx, cx.arg(args, 0).value())?;
    let default = cx.arg(args, 2).value();
    let Some(places) = cx.arg(args, 1).value().cast::<Tuple>() else {
        return Err(cx.type_error("the places of a match are wanted"));
    };
    // In front are those of the whole match, at the end is the group closed last.
    let (pairs, _) = places.as_slice().get(2..).unwrap_or_default().as_chunks::<2>();
    let mut held = Vec::with_capacity(pairs.len());
    for [start, end] in pairs {
        let (start, end) = (start.as_int().unwrap_or(-1), end.as_int().unwrap_or(-1));
        held.push(match (usize::try_from(start), usize::try_from(end)) {
            (Ok(start), Ok(end)) => text.part(cx, text.offset(start), text.offset(end)),
            _ => default,
        });
    }
    Ok(Value::object(cx.tuple(&held)))
}

fn searched(cx: &Cx, value: Value) -> Result<Searched, Stop> {
    Searched::new(value).ok_or_else(|| cx.type_error("expected string or bytes-like object"))
}
