//! `template % values` of str and bytes.
//!
//! The template is parsed and numbers are laid out by `plain::percent`; here values are fetched
//! and converted, by the door where a class of the program has a say.

use dashu_int::IBig;

use super::bytes::data_of;
use super::text_args::{plain, text_of};
use super::{bytes, display};
use crate::gc::Gc;
use crate::plain::int::Int;
use crate::plain::percent::{self, Amount, Conversion, Field, Piece, Pieces};
use crate::plain::{float, wtf8};
use crate::value::{Dict, Str, T, Tuple, Value};
use crate::vm::{Cx, Flow, Number, Stop};

/// `text % values`.
pub fn format_text(cx: &mut Cx, template: Gc<Str>, values: Value) -> Flow {
    if template.as_bytes() == b"%s" && values.is::<Str>() {
        return Ok(values);
    }
    let pieces = Pieces::of_str(template.as_bytes());
    let text = cx.written(|cx, out| run(cx, out, pieces, values, false))?;
    Ok(Value::object(text))
}

/// `bytes % values`.
pub fn format_bytes(cx: &mut Cx, template: &[u8], values: Value) -> Result<Vec<u8>, Stop> {
    let mut out = Vec::new();
    run(cx, &mut out, Pieces::of_bytes(template), values, true)?;
    Ok(out)
}

/// The values that conversions take in turn.
struct Values {
    /// What stands right of the operator.
    all: Value,
    tuple: Option<Gc<Tuple>>,
    next: usize,
    is_bytes: bool,
}

impl Values {
    fn new(cx: &Cx, all: Value, is_bytes: bool) -> Values {
        Values { all, tuple: cx.unwrap(all).cast::<Tuple>(), next: 0, is_bytes }
    }

    /// May keys be looked up in what stands right of the operator?
    fn is_mapping(&self, cx: &Cx) -> bool {
        let inner = cx.unwrap(self.all);
        if self.tuple.is_some() || inner.is::<Str>() || is_set(inner) {
            return false;
        }
        if self.is_bytes && data_of(cx, inner).is_some() {
            return false;
        }
        let getitem = cx.lookup(cx.class_of(self.all), cx.vm().names.__getitem__);
        getitem.is_some() || cx.len_plain(inner).is_some()
    }

    fn peek(&self) -> Option<Value> {
        match self.tuple {
            Some(tuple) => tuple.as_slice().get(self.next).copied(),
            None => (self.next == 0).then_some(self.all),
        }
    }

    fn take(&mut self, cx: &Cx) -> Result<Value, Stop> {
        let value = self.peek();
        self.next += 1;
        value.ok_or_else(|| cx.type_error(percent::NOT_ENOUGH))
    }

    fn is_used_up(&self, cx: &Cx) -> bool {
        let count = self.tuple.map_or(1, |tuple| tuple.len());
        self.next >= count || self.is_mapping(cx)
    }
}

fn is_set(value: Value) -> bool {
    value.is::<crate::value::Set>() || value.is::<crate::value::DictView>()
}

fn run(
    cx: &mut Cx,
    out: &mut Vec<u8>,
    mut pieces: Pieces<'_>,
    values: Value,
    is_bytes: bool,
) -> Result<(), Stop> {
    let mut values = Values::new(cx, values, is_bytes);
    if !is_bytes {
        run_bare(out, &mut pieces, &mut values);
    }
    for piece in pieces {
        match plain(cx, piece)? {
            Piece::Literal(text) => out.extend_from_slice(text),
            Piece::Conversion(conversion) => {
                cx.scope(|cx| convert(cx, out, &conversion, &mut values, is_bytes))?;
            }
        }
        if out.len() > crate::plain::MAX_BYTES {
            return Err(cx.error_with(T::MemoryError, &[]));
        }
    }
    if !values.is_used_up(cx) {
        let text = if is_bytes { percent::NOT_ALL_BYTES } else { percent::NOT_ALL_STR };
        return Err(cx.type_error(text));
    }
    Ok(())
}

/// Writes as much as there is of `%s` of strings and `%s` and `%d` of integers.
fn run_bare(out: &mut Vec<u8>, pieces: &mut Pieces<'_>, values: &mut Values) {
    while let Some(value) = values.peek()
        && out.len() <= crate::plain::MAX_BYTES
    {
        let Some((literal, letter, behind)) = pieces.bare() else {
            if !run_short(out, pieces, value) {
                return;
            }
            values.next += 1;
            continue;
        };
        if let Some(n) = value.as_int() {
            out.extend_from_slice(literal);
            crate::plain::int::text::push_i64(out, n);
        } else if let Some(text) = value.cast::<Str>().filter(|_| letter == b's') {
            out.extend_from_slice(literal);
            out.extend_from_slice(text.as_bytes());
        } else {
            return;
        }
        values.next += 1;
        pieces.go_on_at(behind);
    }
}

/// Writes a short conversion of a plain number; false before anything else.
fn run_short(out: &mut Vec<u8>, pieces: &mut Pieces<'_>, value: Value) -> bool {
    let Some((literal, field, behind)) = pieces.short() else { return false };
    let whole = matches!(u8::try_from(field.letter), Ok(b'd' | b'o' | b'x' | b'X'));
    let before = out.len();
    out.extend_from_slice(literal);
    let done = match (value.as_int(), value.as_float()) {
        (Some(n), _) if whole => percent::push_i64(out, &field, n),
        (Some(n), _) => percent::push_f64(out, &field, n as f64),
        (None, Some(x)) if !whole => percent::push_f64(out, &field, x),
        _ => {
            out.truncate(before);
            return false;
        }
    };
    if done.is_err() {
        out.truncate(before);
        return false;
    }
    pieces.go_on_at(behind);
    true
}

fn convert(
    cx: &mut Cx,
    out: &mut Vec<u8>,
    conversion: &Conversion<'_>,
    values: &mut Values,
    is_bytes: bool,
) -> Result<(), Stop> {
    let mut keyed = None;
    if let Some(key) = conversion.key {
        if !values.is_mapping(cx) {
            return Err(cx.type_error(percent::NOT_A_MAPPING));
        }
        let key =
            if is_bytes { Value::object(cx.bytes(key)) } else { Value::object(cx.str_wtf8(key)) };
        let value = match values.all.cast::<Dict>() {
            Some(dict) => match cx.dict_get(dict, key)? {
                Some(value) => value,
                None => return Err(cx.error_with(T::KeyError, &[key])),
            },
            None => cx.get_item(values.all, key)?,
        };
        cx.root(value);
        keyed = Some(value);
        // Nothing is left for what takes values in turn.
        values.next = 1;
    }
    let width = star(cx, conversion.width, values)?;
    let precision = star(cx, conversion.precision, values)?;
    let field = plain(cx, conversion.field(width.as_ref(), precision.as_ref()))?;
    let value = match keyed {
        Some(value) => value,
        None => values.take(cx)?,
    };
    match u8::try_from(conversion.letter) {
        Ok(b's' | b'b') if is_bytes => push_data(cx, out, &field, value),
        Ok(b's') => {
            if let Some(text) = value.cast::<Str>() {
                let done = percent::push_text(out, &field, text.as_bytes(), text.len());
                return plain(cx, done);
            }
            let shown = display::str_of(cx, value)?;
            push_shown(cx, out, &field, &shown)
        }
        Ok(b'r') if !is_bytes => {
            let shown = display::repr(cx, value)?;
            push_shown(cx, out, &field, &shown)
        }
        Ok(b'r' | b'a') => {
            let mut shown = Vec::new();
            display::push_ascii(cx, &mut shown, value)?;
            push_shown(cx, out, &field, &shown)
        }
        Ok(b'd' | b'i' | b'u' | b'o' | b'x' | b'X') => push_integer(cx, out, &field, value),
        Ok(b'e' | b'E' | b'f' | b'F' | b'g' | b'G') => {
            let x = float_of(cx, value, is_bytes)?;
            plain(cx, percent::push_f64(out, &field, x))
        }
        Ok(b'c') => push_char(cx, out, &field, value, is_bytes),
        _ => Err(cx.fault(&conversion.unsupported(is_bytes))),
    }
}

fn push_shown(cx: &Cx, out: &mut Vec<u8>, field: &Field, shown: &[u8]) -> Result<(), Stop> {
    plain(cx, percent::push_text(out, field, shown, wtf8::len(shown)))
}

/// The value that `*` takes.
fn star(cx: &mut Cx, amount: Amount, values: &mut Values) -> Result<Option<IBig>, Stop> {
    if amount != Amount::Star {
        return Ok(None);
    }
    let value = values.take(cx)?;
    match cx.integer(value) {
        Some(n) => Ok(Some(n.into_big())),
        None => Err(cx.type_error(percent::STAR_WANTS_INT)),
    }
}

fn push_integer(cx: &mut Cx, out: &mut Vec<u8>, field: &Field, value: Value) -> Result<(), Stop> {
    let n = match cx.integer(value) {
        Some(n) => n,
        None => integer_of(cx, field, value)?,
    };
    let done = match n {
        Int::Small(n) => percent::push_i64(out, field, n),
        Int::Big(n) => percent::push_big(out, field, &n, super::int::digit_limit(cx)),
    };
    plain(cx, done)
}

/// The integer that a conversion makes of what is none.
fn integer_of(cx: &mut Cx, field: &Field, value: Value) -> Result<Int, Stop> {
    let refuse = |cx: &Cx| cx.fault(&percent::not_a_number(field.letter, &cx.type_name(value)));
    if matches!(u8::try_from(field.letter), Ok(b'o' | b'x' | b'X')) {
        return match cx.index_or_none(value)? {
            Some(n) => Ok(n),
            None => Err(refuse(cx)),
        };
    }
    if let Some(Number::Float(x)) = cx.number(value) {
        return plain(cx, float::to_int(x));
    }
    let method = match cx.special(value, cx.vm().names.__int__)? {
        Some(method) if cx.number(value).is_none() && text_of(cx, value).is_none() => method,
        _ => {
            return match cx.index_or_none(value)? {
                Some(n) => Ok(n),
                None => Err(refuse(cx)),
            };
        }
    };
    let answer = cx.call(method, &[])?;
    cx.integer(answer).ok_or_else(|| {
        let shown = cx.type_name(answer);
        cx.type_error(&format!("__int__ returned non-int (type {shown})"))
    })
}

fn float_of(cx: &mut Cx, value: Value, is_bytes: bool) -> Result<f64, Stop> {
    match cx.number(value) {
        Some(Number::Float(x)) => return Ok(x),
        Some(Number::Small(n)) => return Ok(n as f64),
        Some(Number::Big(n)) => {
            return plain(cx, float::big_to_f64(&n.value));
        }
        _ => {}
    }
    if let Some(method) = cx.special(value, cx.vm().names.__float__)? {
        let answer = cx.call(method, &[])?;
        return match cx.number(answer) {
            Some(Number::Float(x)) => Ok(x),
            _ => {
                let (class, shown) = (cx.type_name(value), cx.type_name(answer));
                let text = format!("{class}.__float__ returned non-float (type {shown})");
                Err(cx.type_error(&text))
            }
        };
    }
    match cx.index_or_none(value)? {
        Some(Int::Small(n)) => Ok(n as f64),
        Some(Int::Big(n)) => plain(cx, float::big_to_f64(&n)),
        None => Err(cx.fault(&percent::not_a_float(&cx.type_name(value), is_bytes))),
    }
}

fn push_char(
    cx: &mut Cx,
    out: &mut Vec<u8>,
    field: &Field,
    value: Value,
    is_bytes: bool,
) -> Result<(), Stop> {
    let single = if is_bytes {
        bytes::data_of(cx, value).filter(|data| data.len() == 1).map(|data| u32::from(data[0]))
    } else {
        text_of(cx, value)
            .filter(|text| text.len() == 1)
            .map(|text| wtf8::decode(text.as_bytes()).0)
    };
    let point = match single {
        Some(point) => point,
        None => {
            let n = match cx.index_or_none(value)? {
                Some(Int::Small(n)) => Some(n),
                Some(Int::Big(_)) => None,
                None => return Err(cx.fault(&percent::not_a_char(is_bytes))),
            };
            plain(cx, percent::char_of(n, is_bytes))?
        }
    };
    plain(cx, percent::push_char(out, field, point, is_bytes))
}

/// `%b` and `%s` of bytes.
fn push_data(cx: &mut Cx, out: &mut Vec<u8>, field: &Field, value: Value) -> Result<(), Stop> {
    if let Some(data) = bytes::buffer_or_none(cx, value)? {
        return plain(cx, percent::push_bytes(out, field, &data));
    }
    let Some(method) = cx.special(value, cx.vm().names.__bytes__)? else {
        return Err(cx.fault(&percent::not_bytes(&cx.type_name(value))));
    };
    let answer = cx.call(method, &[])?;
    match bytes::data_of(cx, answer) {
        Some(data) => plain(cx, percent::push_bytes(out, field, &data)),
        None => {
            let shown = cx.type_name(answer);
            Err(cx.type_error(&format!("__bytes__ returned non-bytes (type {shown})")))
        }
    }
}
