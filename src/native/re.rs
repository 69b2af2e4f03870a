//! `_re`: compiled patterns for `stdlib/re.sloop`. The engine is `plain/regex`.

use std::cell::RefCell;

use super::{TypeDef, add_functions, add_types, function};
use crate::gc::Gc;
use crate::plain::regex::{Matcher, Mode, Outcome, Program};
use crate::plain::wtf8;
use crate::value::{Bytes, Dict, Resource, Str, T, Value};
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
    text: Value,
    start: usize,
    end: usize,
}

impl Task {
    fn new(cx: &mut Cx, args: Args) -> Result<Task, Stop> {
        let [pos, endpos] = [2, 3].map(|i| cx.arg(args, i).value());
        let (pos, endpos) = (cx.index_i64(pos)?, cx.index_i64(endpos)?);
        let (program, text) = (cx.arg(args, 0).value(), cx.unwrap(cx.arg(args, 1).value()));
        let Some(program) = program.cast::<Resource>() else {
            return Err(cx.type_error("a compiled pattern is wanted"));
        };
        let len = match (text.cast::<Str>(), text.cast::<Bytes>()) {
            (Some(text), _) => text.len(),
            (_, Some(bytes)) => bytes.as_slice().len(),
            _ => return Err(cx.type_error("expected string or bytes-like object")),
        };
        let end = endpos.clamp(0, len as i64);
        Ok(Task { program, text, start: pos.clamp(0, end) as usize, end: end as usize })
    }

    /// Matches up to `most` times and hands over the places, in chars.
    fn run(&self, cx: &Cx, mode: Mode, most: usize) -> Result<Vec<Value>, Stop> {
        let payload = self.program.payload.borrow();
        let program = payload.as_ref().and_then(|payload| payload.downcast_ref::<Program>());
        let Some(program) = program else {
            return Err(cx.type_error("a compiled pattern is wanted"));
        };
        let text = self.text.cast::<Str>();
        let bytes = self.text.cast::<Bytes>();
        let wide = text.filter(|text| !text.is_ascii());
        let (all, start, end) = match (&text, &bytes) {
            (Some(text), _) => (text.as_bytes(), text.offset(self.start), text.offset(self.end)),
            (_, Some(bytes)) => (bytes.as_slice(), self.start, self.end),
            _ => return Ok(Vec::new()),
        };
        let mut interrupt = None;
        let mut go_on = || match cx.check_interrupt() {
            Ok(()) => true,
            Err(stop) => {
                interrupt = Some(stop);
                false
            }
        };
        let mut matcher = Matcher::new(program, &all[..end], mode, &mut go_on);
        let mut cursor = Cursor { text: all, at: start, chars: self.start };
        let (mut from, mut advance) = (start, false);
        let mut found = Vec::new();
        let mut places = Vec::new();
        let outcome = loop {
            if from > end {
                break Outcome::Nothing;
            }
            let outcome = matcher.find(from, advance);
            if outcome != Outcome::Found {
                break outcome;
            }
            places.clear();
            for group in 0..=program.groups {
                match matcher.span(group) {
                    Some((a, b)) if wide.is_some() => {
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
            if found.len() == most {
                break Outcome::Nothing;
            }
            let (a, b) = matcher.span(0).unwrap_or((end, end));
            (from, advance) = (b, a == b);
        };
        match (outcome, interrupt) {
            (_, Some(stop)) => Err(stop),
            (Outcome::TooMuch, _) => Err(cx.error_with(T::MemoryError, &[])),
            _ => Ok(found),
        }
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
    let most = cx.index_i64(cx.arg(args, 4).value())?;
    let found = Task::new(cx, args)?.run(cx, Mode::Search, most.max(0) as usize)?;
    Ok(Value::object(cx.list(found)))
}
