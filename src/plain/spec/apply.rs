//! Format specifications applied to strings and numbers.
//!
//! Results are appended to a `Vec` of the caller's. Numbers are made of a sign, a prefix, digits
//! (grouped, perhaps filled with zeros) and a tail: they are written where they belong, and
//! [`finish`] groups and pads them in place. The commonest specifications never get there.

use dashu_int::{IBig, Sign};

use super::super::float::text::push_fixed;
use super::super::float::{Form, Style, big_to_f64, push_repr, push_unsigned};
use super::super::int::text::{
    Base, push_big, push_digits_big, push_digits_u64, push_i64, push_u64,
};
use super::super::repr::push_complex_repr;
use super::super::wtf8::{self, push_fill, push_padded, push_point};
use super::super::{Fault, MAX_BYTES, Result};
use super::{Align, Grouping, Spec, Target, unknown_letter};

/// `format(text, spec)`; `len` is the number of code points of the text.
pub fn format_str(
    out: &mut Vec<u8>,
    spec: &[u8],
    text: &[u8],
    len: usize,
    type_name: &str,
) -> Result<()> {
    if spec.is_empty() {
        out.extend_from_slice(text);
        return Ok(());
    }
    let spec = Spec::parse(spec, Target::Str, type_name)?;
    if spec.letter != u32::from(b's') {
        return Err(unknown_letter(spec.letter, type_name));
    }
    let refused = if spec.sign == b' ' {
        "Space not allowed in string format specifier"
    } else if spec.sign != 0 {
        "Sign not allowed in string format specifier"
    } else if spec.no_negative_zero {
        "Negative zero coercion (z) not allowed in string format specifier"
    } else if spec.alternate {
        "Alternate form (#) not allowed in string format specifier"
    } else if spec.align == Align::AfterSign {
        "'=' alignment not allowed in string format specifier"
    } else {
        ""
    };
    if !refused.is_empty() {
        return Err(Fault::value(refused));
    }
    let (text, len) = match spec.precision {
        Some(precision) if precision < len => (wtf8::slice(text, 0, precision), precision),
        _ => (text, len),
    };
    push_aligned(out, text, len, &spec)
}

fn push_aligned(out: &mut Vec<u8>, text: &[u8], len: usize, spec: &Spec) -> Result<()> {
    let (before, after) = margins(spec.width.saturating_sub(len), spec.align);
    push_padded(out, text, before, after, spec.fill)
}

fn margins(padding: usize, align: Align) -> (usize, usize) {
    match align {
        Align::Left => (0, padding),
        Align::Right | Align::AfterSign => (padding, 0),
        Align::Center => (padding / 2, padding - padding / 2),
    }
}

/// `format(True, spec)`: a word without a specification, an int with one.
pub fn format_bool(out: &mut Vec<u8>, spec: &[u8], value: bool) -> Result<()> {
    if spec.is_empty() {
        out.extend_from_slice(if value { b"True" } else { b"False" });
        return Ok(());
    }
    format_i64(out, spec, i64::from(value), "bool")
}

/// `format(n, spec)` of a small int.
pub fn format_i64(out: &mut Vec<u8>, spec: &[u8], n: i64, type_name: &str) -> Result<()> {
    // Without fuss: nothing, `d`, `5d`, `04d`, `,`, `x`.
    match *spec {
        [] | [b'd'] => {
            push_i64(out, n);
            return Ok(());
        }
        [b','] | [b',', b'd'] => {
            if n < 0 {
                out.push(b'-');
            }
            let start = out.len();
            push_u64(out, n.unsigned_abs());
            let end = out.len();
            group(out, start, end, 3, b',');
            return Ok(());
        }
        [width @ b'1'..=b'9', b'd'] | [width @ b'1'..=b'9'] => {
            push_short(out, n, width - b'0', b' ');
            return Ok(());
        }
        [b'0', width @ b'1'..=b'9', b'd'] | [b'0', width @ b'1'..=b'9'] => {
            push_short(out, n, width - b'0', b'0');
            return Ok(());
        }
        _ => {}
    }
    let spec = Spec::parse(spec, Target::Int, type_name)?;
    if let Some(base) = int_base(&spec)? {
        let (start, lead) = push_front(out, &spec, n < 0, base);
        push_digits_u64(out, n.unsigned_abs(), base);
        let end = out.len();
        return finish(out, start, lead, end, &spec, base);
    }
    match spec.letter as u8 {
        b'c' if spec.letter == u32::from(b'c') => format_char(out, &spec, n),
        _ if is_float_letter(spec.letter) => push_float(out, &spec, n as f64, type_name),
        _ => Err(unknown_letter(spec.letter, type_name)),
    }
}

/// A number in a field of at most nine places.
fn push_short(out: &mut Vec<u8>, n: i64, width: u8, fill: u8) {
    let start = out.len();
    push_u64(out, n.unsigned_abs());
    let used = out.len() - start + usize::from(n < 0);
    let padding = usize::from(width).saturating_sub(used);
    let front = [if fill == b'0' && n < 0 { b'-' } else { fill }; 10];
    let sign_len = usize::from(n < 0);
    if padding + sign_len == 0 {
        return;
    }
    let len = out.len();
    out.extend_from_slice(&front[..padding + sign_len]);
    out.copy_within(start..len, start + padding + sign_len);
    let room = &mut out[start..start + padding + sign_len];
    room.fill(fill);
    if n < 0 {
        let at = if fill == b'0' { 0 } else { padding };
        room[at] = b'-';
    }
}

/// `format(n, spec)` of a big int; decimal text has at most `limit` digits (0: any number).
pub fn format_big(
    out: &mut Vec<u8>,
    spec: &[u8],
    n: &IBig,
    limit: usize,
    type_name: &str,
) -> Result<()> {
    if spec.is_empty() {
        return push_big(out, n, limit);
    }
    let spec = Spec::parse(spec, Target::Int, type_name)?;
    if let Some(base) = int_base(&spec)? {
        let (start, lead) = push_front(out, &spec, n.sign() == Sign::Negative, base);
        push_digits_big(out, n, base, limit)?;
        let end = out.len();
        return finish(out, start, lead, end, &spec, base);
    }
    if spec.letter == u32::from(b'c') {
        check_char(&spec)?;
        return Err(Fault::overflow("Python int too large to convert to C long"));
    }
    if is_float_letter(spec.letter) {
        return push_float(out, &spec, big_to_f64(n)?, type_name);
    }
    Err(unknown_letter(spec.letter, type_name))
}

/// The base in which an int is to be shown, or `None` if it is shown otherwise.
fn int_base(spec: &Spec) -> Result<Option<Base>> {
    let base = match u8::try_from(spec.letter) {
        Ok(b'd' | b'n') => Base::Decimal,
        Ok(b'b') => Base::Binary,
        Ok(b'o') => Base::Octal,
        Ok(b'x') => Base::Hex,
        Ok(b'X') => Base::HexUpper,
        _ => return Ok(None),
    };
    check_int(spec)?;
    Ok(Some(base))
}

fn check_int(spec: &Spec) -> Result<()> {
    if spec.precision.is_some() {
        return Err(Fault::value("Precision not allowed in integer format specifier"));
    }
    if spec.no_negative_zero {
        return Err(Fault::value(
            "Negative zero coercion (z) not allowed in integer format specifier",
        ));
    }
    Ok(())
}

fn check_char(spec: &Spec) -> Result<()> {
    check_int(spec)?;
    if spec.sign != 0 {
        return Err(Fault::value("Sign not allowed with integer format specifier 'c'"));
    }
    if spec.alternate {
        return Err(Fault::value(
            "Alternate form (#) not allowed with integer format specifier 'c'",
        ));
    }
    Ok(())
}

fn format_char(out: &mut Vec<u8>, spec: &Spec, n: i64) -> Result<()> {
    check_char(spec)?;
    let point = u32::try_from(n).ok().filter(|&point| point < 0x110000);
    let point = point.ok_or_else(|| Fault::overflow("%c arg not in range(0x110000)"))?;
    let mut text = Vec::new();
    push_point(&mut text, point);
    push_aligned(out, &text, 1, spec)
}

fn is_float_letter(letter: u32) -> bool {
    matches!(u8::try_from(letter), Ok(b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'%'))
}

/// `format(x, spec)` of a float.
pub fn format_f64(out: &mut Vec<u8>, spec: &[u8], x: f64, type_name: &str) -> Result<()> {
    match *spec {
        [] => {
            push_repr(out, x);
            return Ok(());
        }
        // A fixed number of digits and nothing else.
        [b'.', digits @ b'0'..=b'9', b'f'] if x.is_finite() => {
            if x.is_sign_negative() {
                out.push(b'-');
            }
            push_fixed(out, x.abs(), usize::from(digits - b'0'));
            return Ok(());
        }
        _ => {}
    }
    let spec = Spec::parse(spec, Target::Float, type_name)?;
    if spec.letter == 0 || spec.letter == u32::from(b'n') || is_float_letter(spec.letter) {
        return push_float(out, &spec, x, type_name);
    }
    Err(unknown_letter(spec.letter, type_name))
}

fn float_form(spec: &Spec, type_name: &str) -> Result<Form> {
    let (style, upper) = match u8::try_from(spec.letter) {
        Ok(0) if spec.precision.is_none() => (Style::Shortest, false),
        Ok(0 | b'g' | b'n') => (Style::General, false),
        Ok(b'e') => (Style::Exponent, false),
        Ok(b'f' | b'%') => (Style::Fixed, false),
        Ok(b'E') => (Style::Exponent, true),
        Ok(b'F') => (Style::Fixed, true),
        Ok(b'G') => (Style::General, true),
        _ => return Err(unknown_letter(spec.letter, type_name)),
    };
    let precision = spec.precision.unwrap_or(6);
    let dot_zero = spec.letter == 0;
    if precision > i32::MAX as usize {
        return Err(Fault::value("precision too big"));
    }
    Ok(Form { style, precision, alternate: spec.alternate, dot_zero, upper })
}

fn push_float(out: &mut Vec<u8>, spec: &Spec, x: f64, type_name: &str) -> Result<()> {
    let form = float_form(spec, type_name)?;
    push_formed(out, spec, x, form)
}

fn push_formed(out: &mut Vec<u8>, spec: &Spec, x: f64, form: Form) -> Result<()> {
    let percent = spec.letter == u32::from(b'%');
    let x = if percent { x * 100.0 } else { x };
    let start = out.len();
    out.extend(sign(spec, is_negative(x)));
    let text = out.len();
    push_unsigned(out, x, form)?;
    let digits = out[text..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if percent {
        out.push(b'%');
    }
    let mut lead = text - start;
    if spec.no_negative_zero && is_negative(x) && is_zero_text(&out[text..]) {
        let unsigned = sign(spec, false);
        lead = usize::from(unsigned.is_some());
        out.splice(start..text, unsigned);
    }
    finish(out, start, lead, start + lead + digits, spec, Base::Decimal)
}

/// `format(complex(real, imag), spec)`.
pub fn format_complex(
    out: &mut Vec<u8>,
    spec: &[u8],
    real: f64,
    imag: f64,
    type_name: &str,
) -> Result<()> {
    if spec.is_empty() {
        push_complex_repr(out, real, imag);
        return Ok(());
    }
    let spec = Spec::parse(spec, Target::Complex, type_name)?;
    if spec.letter == u32::from(b'%') {
        return Err(unknown_letter(spec.letter, type_name));
    }
    let form = Form { dot_zero: false, ..float_form(&spec, type_name)? };
    if spec.fill == u32::from(b'0') {
        return Err(Fault::value("Zero padding is not allowed in complex format specifier"));
    }
    if spec.align == Align::AfterSign {
        return Err(Fault::value("'=' alignment flag is not allowed in complex format specifier"));
    }
    let bare = Spec { width: 0, fill: u32::from(b' '), ..spec };
    let mut text = Vec::new();
    let only_imag = spec.letter == 0 && real == 0.0 && real.is_sign_positive();
    let parens = spec.letter == 0 && !only_imag;
    if parens {
        text.push(b'(');
    }
    let mut imag_spec = bare;
    if !only_imag {
        push_formed(&mut text, &bare, real, form)?;
        imag_spec.sign = b'+';
    }
    push_formed(&mut text, &imag_spec, imag, form)?;
    text.extend_from_slice(if parens { b"j)" } else { b"j" });
    let len = text.len();
    push_aligned(out, &text, len, &spec)
}

fn is_negative(x: f64) -> bool {
    x.is_sign_negative() && !x.is_nan()
}

/// Whether a number has been rounded to zero; its exponent is not looked at.
fn is_zero_text(text: &[u8]) -> bool {
    let mut mantissa = text.iter().take_while(|byte| !matches!(byte, b'e' | b'E'));
    mantissa.all(|byte| matches!(byte, b'0' | b'.' | b'%'))
}

/// Appends sign and prefix; says where they start and how long they are.
fn push_front(out: &mut Vec<u8>, spec: &Spec, negative: bool, base: Base) -> (usize, usize) {
    let start = out.len();
    out.extend(sign(spec, negative));
    if spec.alternate {
        out.extend_from_slice(base.prefix().as_bytes());
    }
    (start, out.len() - start)
}

/// Groups and pads a number that is written already.
///
/// It begins at `start` with `lead` bytes of sign and prefix; its whole digits end at `end`.
fn finish(
    out: &mut Vec<u8>,
    start: usize,
    lead: usize,
    end: usize,
    spec: &Spec,
    base: Base,
) -> Result<()> {
    let (size, separator) = grouping(spec, base);
    let zero_filled = spec.fill == u32::from(b'0') && spec.align == Align::AfterSign;
    if spec.width > 0 && (spec.fill >= 0x80 || (zero_filled && size > 0)) {
        // The hard cases: fills of several bytes, and zeros that are grouped as well.
        let text = out.split_off(start);
        let (front, rest) = text.split_at(lead);
        let (digits, tail) = rest.split_at(end - start - lead);
        return Number { front, digits, tail, group: size, separator }.push(out, spec);
    }
    if size > 0 {
        group(out, start + lead, end, size, separator);
    }
    let padding = spec.width.saturating_sub(out.len() - start);
    if padding == 0 {
        return Ok(());
    }
    if spec.width > MAX_BYTES {
        return Err(Fault::memory());
    }
    let (before, after) = margins(padding, spec.align);
    let at = if spec.align == Align::AfterSign { start + lead } else { start };
    let len = out.len();
    out.resize(len + padding, spec.fill as u8);
    if before > 0 {
        out.copy_within(at..len, at + before);
        out[at..at + before].fill(spec.fill as u8);
        out[len + before..len + before + after].fill(spec.fill as u8);
    }
    Ok(())
}

/// Puts separators between the digits from `start` to `end`.
fn group(out: &mut Vec<u8>, start: usize, end: usize, size: usize, separator: u8) {
    let separators = end.saturating_sub(start).saturating_sub(1) / size;
    if separators == 0 {
        return;
    }
    let len = out.len();
    out.resize(len + separators, separator);
    out.copy_within(end..len, end + separators);
    let (mut from, mut to) = (end, end + separators);
    while to > from {
        out.copy_within(from - size..from, to - size);
        from -= size;
        to -= size + 1;
        out[to] = separator;
    }
}

/// The parts of a number that is to be laid out.
struct Number<'a> {
    /// Sign and prefix.
    front: &'a [u8],
    digits: &'a [u8],
    /// A point and what follows it, or all of `inf` and `nan`.
    tail: &'a [u8],
    /// How many digits stand together; 0: all.
    group: usize,
    separator: u8,
}

impl Number<'_> {
    /// Appends the number in its field.
    fn push(&self, out: &mut Vec<u8>, spec: &Spec) -> Result<()> {
        let fixed = self.front.len() + self.tail.len();
        let zero_filled = spec.fill == u32::from(b'0') && spec.align == Align::AfterSign;
        let least = if zero_filled { spec.width.saturating_sub(fixed) } else { 0 };
        if spec.width > MAX_BYTES / wtf8::encode(spec.fill).1 {
            return Err(Fault::memory());
        }
        let shown = self.shown_digits(least);
        let separators = if self.group > 0 && shown > 0 { (shown - 1) / self.group } else { 0 };
        let padding = spec.width.saturating_sub(fixed + shown + separators);
        let (before, after) = margins(padding, spec.align);
        let inside = spec.align == Align::AfterSign;
        if !inside {
            push_fill(out, spec.fill, before);
        }
        out.extend_from_slice(self.front);
        if inside {
            push_fill(out, spec.fill, padding);
        }
        self.push_digits(out, shown);
        out.extend_from_slice(self.tail);
        push_fill(out, spec.fill, after);
        Ok(())
    }

    /// How many digits, leading zeros included, fill so many places with separators.
    fn shown_digits(&self, least: usize) -> usize {
        let count = self.digits.len();
        if count == 0 {
            return 0;
        }
        if self.group == 0 {
            return count.max(least);
        }
        if count + (count - 1) / self.group >= least {
            return count;
        }
        // A separator may not come first, so a field it would begin gets one digit more.
        let (groups, rest) = (least / (self.group + 1), least % (self.group + 1));
        groups * self.group + rest.max(1)
    }

    fn push_digits(&self, out: &mut Vec<u8>, shown: usize) {
        if self.group == 0 {
            push_fill(out, u32::from(b'0'), shown - self.digits.len());
            out.extend_from_slice(self.digits);
            return;
        }
        let zeros = shown - self.digits.len();
        for at in 0..shown {
            if at > 0 && (shown - at).is_multiple_of(self.group) {
                out.push(self.separator);
            }
            out.push(if at < zeros { b'0' } else { self.digits[at - zeros] });
        }
    }
}

fn sign(spec: &Spec, negative: bool) -> Option<u8> {
    match spec.sign {
        _ if negative => Some(b'-'),
        sign @ (b'+' | b' ') => Some(sign),
        _ => None,
    }
}

fn grouping(spec: &Spec, base: Base) -> (usize, u8) {
    match spec.grouping {
        Grouping::None => (0, 0),
        Grouping::Comma => (3, b','),
        Grouping::Underscore => (if base == Base::Decimal { 3 } else { 4 }, b'_'),
    }
}
