//! JSON text to values.
//!
//! Values that are not in a container yet stand on a stack, which is a list, so that the collector
//! finds them while a hook of the program runs.

use super::super::int::digit_limit;
use super::{MAX_DEPTH, option};
use crate::gc::Gc;
use crate::plain::int::{self, Int};
use crate::plain::{float, wtf8};
use crate::value::table::Table;
use crate::value::{List, Str, T, Value};
use crate::vm::{Args, Cx, Flow, Stop};

/// Why a text is no JSON: what `JSONDecodeError` says, and at which byte; or an exception.
enum Fail {
    At(&'static str, usize),
    Stop(Stop),
}

impl From<Stop> for Fail {
    fn from(stop: Stop) -> Fail {
        Fail::Stop(stop)
    }
}

/// Functions of the program that make the values, None for the usual ones.
struct Hooks {
    object: Value,
    pairs: Value,
    float: Value,
    int: Value,
    constant: Value,
}

struct Parser<'t> {
    text: &'t [u8],
    at: usize,
    strict: bool,
    ascii: bool,
    hooks: Hooks,
    values: Gc<List>,
    /// Open arrays and objects: where their values begin, and whether they are objects.
    open: Vec<(usize, bool)>,
    /// Keys that were met lately.
    keys: [Option<Gc<Str>>; 64],
}

/// `_loads(text, index, strict, hooks)`; index None means the whole text.
pub fn loads(cx: &mut Cx, args: Args) -> Flow {
    let given = cx.arg(args, 0).value();
    let Some(text) = cx.unwrap(given).cast::<Str>() else {
        return Err(cx.type_error("first argument must be a string"));
    };
    let index = cx.arg(args, 1).as_int();
    if let Some(index) = index.filter(|&index| index > text.len() as i64) {
        let wrong = [cx.str_value("Expecting value"), given, cx.int(index)];
        return cx.tail_prelude("_json_fail", &wrong);
    }
    let hooks = cx.arg(args, 3).value();
    let values = cx.list(Vec::new());
    // The program's hooks may let go of the text: a copy is read then.
    let copy = (!hooks.is_none()).then(|| text.as_bytes().to_vec());
    let at = index.map_or(0, |index| text.offset(index.max(0) as usize));
    let mut parser = Parser {
        text: copy.as_deref().unwrap_or(text.as_bytes()),
        at,
        strict: cx.arg(args, 2).value() != Value::FALSE,
        ascii: text.is_ascii(),
        hooks: Hooks {
            object: option(hooks, 0),
            pairs: option(hooks, 1),
            float: option(hooks, 2),
            int: option(hooks, 3),
            constant: option(hooks, 4),
        },
        values,
        open: Vec::new(),
        keys: [None; 64],
    };
    let result = cx.scope(|cx| {
        cx.root(Value::object(values));
        if index.is_some() {
            return parser.value(cx);
        }
        parser.space();
        let value = parser.value(cx)?;
        parser.space();
        if parser.at < parser.text.len() {
            return Err(Fail::At("Extra data", parser.at));
        }
        Ok(value)
    });
    let end = |at: usize| cx.int(wtf8::len(&parser.text[..at]) as i64);
    match result {
        Ok(value) if index.is_some() => Ok(Value::object(cx.tuple(&[value, end(parser.at)]))),
        Ok(value) => Ok(value),
        Err(Fail::Stop(stop)) => Err(stop),
        Err(Fail::At(message, at)) => {
            let wrong = [cx.str_value(message), given, end(at)];
            cx.tail_prelude("_json_fail", &wrong)
        }
    }
}

impl Parser<'_> {
    fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    fn space(&mut self) {
        while let b' ' | b'\n' | b'\r' | b'\t' = self.peek() {
            self.at += 1;
        }
    }

    /// Does the text go on with a word? Then it is read.
    fn word(&mut self, word: &[u8]) -> bool {
        let found = self.text[self.at..].starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    /// One value with all that is in it.
    fn value(&mut self, cx: &mut Cx) -> Result<Value, Fail> {
        loop {
            let begun = self.at;
            let mut value = match self.peek() {
                b'"' => Value::object(self.string(cx)?),
                b'{' => {
                    self.at += 1;
                    self.space();
                    match self.peek() {
                        b'}' => {
                            self.at += 1;
                            let mark = self.values.len();
                            self.object(cx, mark)?
                        }
                        b'"' => {
                            self.begin(cx, true)?;
                            self.key(cx)?;
                            continue;
                        }
                        _ => return Err(Fail::At(NO_NAME, self.at)),
                    }
                }
                b'[' => {
                    self.at += 1;
                    self.space();
                    if self.peek() == b']' {
                        self.at += 1;
                        Value::object(cx.list(Vec::new()))
                    } else {
                        self.begin(cx, false)?;
                        continue;
                    }
                }
                b'-' | b'0'..=b'9' => self.number(cx)?,
                b'n' if self.word(b"null") => Value::NONE,
                b't' if self.word(b"true") => Value::TRUE,
                b'f' if self.word(b"false") => Value::FALSE,
                b'N' if self.word(b"NaN") => self.constant(cx, "NaN", f64::NAN)?,
                b'I' if self.word(b"Infinity") => self.constant(cx, "Infinity", f64::INFINITY)?,
                _ => return Err(Fail::At("Expecting value", begun)),
            };
            // The value goes where it belongs, and what that completes as well.
            loop {
                let Some(&(mark, is_object)) = self.open.last() else { return Ok(value) };
                self.values.push(value);
                self.space();
                let comma = self.at;
                match self.peek() {
                    b',' => {
                        self.at += 1;
                        self.space();
                        if is_object {
                            match self.peek() {
                                b'"' => self.key(cx)?,
                                b'}' => return Err(Fail::At(TRAILING_IN_OBJECT, comma)),
                                _ => return Err(Fail::At(NO_NAME, self.at)),
                            }
                        } else if self.peek() == b']' {
                            return Err(Fail::At(TRAILING_IN_ARRAY, comma));
                        }
                        break;
                    }
                    b'}' if is_object => {
                        self.at += 1;
                        self.open.pop();
                        value = self.object(cx, mark)?;
                    }
                    b']' if !is_object => {
                        self.at += 1;
                        self.open.pop();
                        let items = self.values.edit(|values| {
                            let items = values[mark..].to_vec();
                            values.truncate(mark);
                            items
                        });
                        value = Value::object(cx.list(items));
                    }
                    _ => return Err(Fail::At("Expecting ',' delimiter", comma)),
                }
            }
            if self.at & 0xFFFF == 0 {
                cx.check_interrupt()?;
            }
        }
    }

    fn begin(&mut self, cx: &Cx, is_object: bool) -> Result<(), Fail> {
        if self.open.len() >= MAX_DEPTH {
            let what = if is_object { "object" } else { "array" };
            return Err(Fail::Stop(cx.error(
                T::RecursionError,
                &format!(
                    "maximum recursion depth exceeded while decoding a JSON {what} from a unicode \
                     string"
                ),
            )));
        }
        self.open.push((self.values.len(), is_object));
        Ok(())
    }

    /// A key with its colon, up to the value.
    fn key(&mut self, cx: &mut Cx) -> Result<(), Fail> {
        let key = self.name(cx)?;
        self.values.push(Value::object(key));
        self.space();
        if self.peek() != b':' {
            return Err(Fail::At("Expecting ':' delimiter", self.at));
        }
        self.at += 1;
        self.space();
        Ok(())
    }

    /// A string that is a key: the same object for the same text, if it was met lately.
    fn name(&mut self, cx: &mut Cx) -> Result<Gc<Str>, Fail> {
        let begin = self.at + 1;
        let len = self.plain_run(begin);
        let end = begin + len;
        if self.text.get(end) != Some(&b'"') {
            return self.string(cx);
        }
        self.at = end + 1;
        let bytes = &self.text[begin..end];
        let ends = bytes.first().zip(bytes.last()).map_or(0, |(a, b)| usize::from(a ^ b << 3));
        let slot = (ends ^ len << 2) % self.keys.len();
        if let Some(key) = self.keys[slot].filter(|key| key.as_bytes() == bytes) {
            return Ok(key);
        }
        let key = cx.str_wtf8(bytes);
        self.keys[slot] = Some(key);
        Ok(key)
    }

    /// Bytes from `from` on that stand for themselves.
    fn plain_run(&self, from: usize) -> usize {
        let rest = &self.text[from..];
        let end = memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
        // Rarely found, but looked for in every string: this loop runs in wide steps.
        let control = rest[..end].iter().any(|&byte| byte < 0x20);
        if control {
            return rest.iter().position(|&byte| byte < 0x20).unwrap_or(end);
        }
        end
    }

    fn string(&mut self, cx: &mut Cx) -> Result<Gc<Str>, Fail> {
        let begin = self.at;
        let mut from = begin + 1;
        let mut out = Vec::new();
        loop {
            let end = from + self.plain_run(from);
            match self.text.get(end) {
                None => return Err(Fail::At(UNTERMINATED, begin)),
                Some(b'"') => {
                    self.at = end + 1;
                    let run = &self.text[from..end];
                    if out.is_empty() {
                        return Ok(if self.ascii { cx.str_ascii(run) } else { cx.str_wtf8(run) });
                    }
                    out.extend_from_slice(run);
                    return Ok(cx.str_wtf8(&out));
                }
                Some(b'\\') => {
                    out.extend_from_slice(&self.text[from..end]);
                    from = self.escape(&mut out, begin, end)?;
                }
                Some(&control) => {
                    if self.strict {
                        return Err(Fail::At("Invalid control character at", end));
                    }
                    out.extend_from_slice(&self.text[from..end]);
                    out.push(control);
                    from = end + 1;
                }
            }
        }
    }

    /// What the backslash at `at` begins; where the text goes on.
    fn escape(&self, out: &mut Vec<u8>, begin: usize, at: usize) -> Result<usize, Fail> {
        let simple = match self.text.get(at + 1) {
            None => return Err(Fail::At(UNTERMINATED, begin)),
            Some(b'"') => b'"',
            Some(b'\\') => b'\\',
            Some(b'/') => b'/',
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => {
                let first = self.hex(at + 2).ok_or(Fail::At(BAD_HEX, at + 1))?;
                let mut next = at + 6;
                let mut point = first;
                if (0xD800..0xDC00).contains(&first)
                    && self.text[next..].starts_with(b"\\u")
                    && let Some(second) = self.hex(next + 2)
                    && (0xDC00..0xE000).contains(&second)
                {
                    point = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                    next += 6;
                }
                wtf8::push_point(out, point);
                return Ok(next);
            }
            Some(_) => return Err(Fail::At("Invalid \\escape", at)),
        };
        out.push(simple);
        Ok(at + 2)
    }

    fn hex(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 4)?;
        digits.iter().try_fold(0, |sum, &digit| Some(sum * 16 + char::from(digit).to_digit(16)?))
    }

    fn digits(&mut self) -> usize {
        let begin = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        self.at - begin
    }

    fn number(&mut self, cx: &mut Cx) -> Result<Value, Fail> {
        let begin = self.at;
        if self.peek() == b'-' {
            self.at += 1;
            if self.word(b"Infinity") {
                return self.constant(cx, "-Infinity", f64::NEG_INFINITY);
            }
        }
        match self.peek() {
            b'0' => self.at += 1,
            b'1'..=b'9' => {
                self.digits();
            }
            _ => return Err(Fail::At("Expecting value", begin)),
        }
        let mut end = self.at;
        let mut whole = true;
        if self.peek() == b'.' {
            self.at += 1;
            if self.digits() > 0 {
                whole = false;
                end = self.at;
            }
        }
        self.at = end;
        if let b'e' | b'E' = self.peek() {
            self.at += 1;
            if let b'+' | b'-' = self.peek() {
                self.at += 1;
            }
            if self.digits() > 0 {
                whole = false;
                end = self.at;
            }
        }
        self.at = end;
        let text = &self.text[begin..end];
        let hook = if whole { self.hooks.int } else { self.hooks.float };
        if !hook.is_none() {
            let text = Value::object(cx.str_ascii(text));
            return self.call(cx, hook, text);
        }
        if !whole {
            return Ok(Value::float(float::parse_ascii(text).unwrap_or(f64::NAN)));
        }
        if text.len() < 15 {
            let (sign, digits) = if text[0] == b'-' { (-1, &text[1..]) } else { (1, text) };
            let size = digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
            return Ok(Value::int(sign * size));
        }
        match int::parse_str(text, 10, digit_limit(cx)) {
            Ok(Int::Small(value)) => Ok(cx.int(value)),
            Ok(value) => Ok(cx.int_value(value)),
            Err(fault) => Err(Fail::Stop(cx.fault(&fault))),
        }
    }

    fn constant(&mut self, cx: &mut Cx, name: &str, value: f64) -> Result<Value, Fail> {
        if self.hooks.constant.is_none() {
            return Ok(Value::float(value));
        }
        let name = cx.str_value(name);
        self.call(cx, self.hooks.constant, name)
    }

    fn call(&mut self, cx: &mut Cx, hook: Value, given: Value) -> Result<Value, Fail> {
        // Keys are kept by the values that have them alone.
        self.keys = [None; 64];
        Ok(cx.call(hook, &[given])?)
    }

    /// The object whose keys and values stand on the stack from `mark` on.
    fn object(&mut self, cx: &mut Cx, mark: usize) -> Result<Value, Fail> {
        if !self.hooks.pairs.is_none() {
            let pairs = self.values.edit(|values| {
                let pairs = values[mark..].to_vec();
                values.truncate(mark);
                pairs
            });
            let pairs = pairs.chunks_exact(2).map(|pair| Value::object(cx.tuple(pair))).collect();
            let pairs = Value::object(cx.list(pairs));
            return self.call(cx, self.hooks.pairs, pairs);
        }
        let table = self.values.edit(|values| {
            let pairs = values[mark..].chunks_exact(2);
            let mut table = Table::with_capacity(pairs.len());
            for pair in pairs {
                if let Some(key) = pair[0].cast::<Str>() {
                    table.put_plain(cx.str_hash(key), pair[0], Some(key), pair[1]);
                }
            }
            values.truncate(mark);
            table
        });
        let dict = Value::object(cx.dict_of(table, 0));
        if self.hooks.object.is_none() {
            return Ok(dict);
        }
        self.call(cx, self.hooks.object, dict)
    }
}

const NO_NAME: &str = "Expecting property name enclosed in double quotes";
const TRAILING_IN_OBJECT: &str = "Illegal trailing comma before end of object";
const TRAILING_IN_ARRAY: &str = "Illegal trailing comma before end of array";
const UNTERMINATED: &str = "Unterminated string starting at";
const BAD_HEX: &str = "Invalid \\uXXXX escape";
