//! Heads of requests and responses: where one ends, what it says about its body and its
//! connection. Fields are handed over as they stand and made into values when asked for.

use httparse::{EMPTY_HEADER, Error, Header, ParserConfig, Status};
use memchr::{memchr, memmem};

use crate::native::bytes::data_arg;
use crate::plain::codec::{self, Encoding, Handler};
use crate::value::{Str, Value};
use crate::vm::{Args, Cx, Flow, Stop};

/// What the flags of a head say.
const KEEP_ALIVE: i64 = 1;
const CHUNKED: i64 = 2;
const UPGRADE: i64 = 4;
const CONTINUE: i64 = 8;
const ENCODED: i64 = 16;

/// Bytes of a head at most, whatever the limits of its lines.
const MOST: usize = 256 << 10;
/// Fields that are read without asking for memory.
const FEW: usize = 64;
/// Fields of a head at most.
const MANY: usize = 4096;

struct Limits {
    line: usize,
    field: usize,
    fields: usize,
}

/// What the fields say together.
#[derive(Default)]
struct Facts {
    flags: i64,
    length: Option<u64>,
    keep: Option<bool>,
    has_host: bool,
    wants_upgrade: bool,
    names_upgrade: bool,
    has_coding: bool,
}

/// `parse_request(data, start, max_line, max_field, max_fields)`: None as long as the head is not
/// complete, a text if it is wrong, else its end, method, target, minor version, fields, flags,
/// and the length of the body or -1.
pub fn parse_request(cx: &mut Cx, args: Args) -> Flow {
    let (data, start, limits) = given(cx, args)?;
    let data = data.get(start..).unwrap_or_default();
    // Empty lines before a request mean nothing.
    let skipped = data.iter().take_while(|&&b| b == b'\r' || b == b'\n').count();
    let data = &data[skipped..];
    let Some(size) = memmem::find(data, b"\r\n\r\n").map(|at| at + 4) else {
        let flaw = hopeless(data);
        return flaw.map_or_else(|| incomplete(cx, data, &limits), |flaw| Ok(cx.str_value(flaw)));
    };
    let data = &data[..size];
    if let Some(flaw) = check_lines(data, &limits) {
        return Ok(cx.str_value(&flaw));
    }
    let mut few = [EMPTY_HEADER; FEW];
    let mut many = Vec::new();
    let mut request = httparse::Request::new(&mut few);
    let mut parsed = request.parse(data);
    if parsed == Err(Error::TooManyHeaders) && limits.fields > FEW {
        many.resize(limits.fields, EMPTY_HEADER);
        request = httparse::Request::new(&mut many);
        parsed = request.parse(data);
    }
    let end = match parsed {
        Ok(Status::Complete(end)) => end,
        Ok(Status::Partial) => return Ok(cx.str_value("Invalid head")),
        Err(error) => return Ok(cx.str_value(&sentence(error))),
    };
    let minor = request.version.unwrap_or(1);
    let facts = match facts(request.headers, minor, true) {
        Ok(facts) => facts,
        Err(flaw) => return Ok(cx.str_value(flaw)),
    };
    if minor > 0 && !facts.has_host {
        return Ok(cx.str_value("Missing 'Host' header in request."));
    }
    let method = request.method.unwrap_or_default();
    let known = ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"].contains(&method);
    let method = if known { Value::object(cx.intern(method)) } else { cx.str_value(method) };
    let first = memchr(b'\n', data).map_or(0, |at| at + 1);
    let parts = [
        Value::int((start + skipped + end) as i64),
        method,
        cx.str_value(request.path.unwrap_or_default()),
        Value::int(minor.into()),
        Value::object(cx.bytes(&data[first..end])),
        Value::int(facts.flags),
        cx.int(facts.length.map_or(-1, |length| length as i64)),
    ];
    Ok(Value::object(cx.tuple(&parts)))
}

/// The same of a response: its end, minor version, status, reason, fields, flags, length.
pub fn parse_response(cx: &mut Cx, args: Args) -> Flow {
    let (data, start, limits) = given(cx, args)?;
    let data = data.get(start..).unwrap_or_default();
    let mut config = ParserConfig::default();
    config.allow_obsolete_multiline_headers_in_responses(true);
    let mut few = [EMPTY_HEADER; FEW];
    let mut many = Vec::new();
    let mut response = httparse::Response::new(&mut few);
    let mut parsed = config.parse_response(&mut response, data);
    if parsed == Err(Error::TooManyHeaders) && limits.fields > FEW {
        many.resize(limits.fields, EMPTY_HEADER);
        response = httparse::Response::new(&mut many);
        parsed = config.parse_response(&mut response, data);
    }
    let end = match parsed {
        Ok(Status::Complete(end)) => end,
        Ok(Status::Partial) => return incomplete(cx, data, &limits),
        Err(error) => return Ok(cx.str_value(&sentence(error))),
    };
    if let Some(flaw) = check_sizes(&data[..end], &limits) {
        return Ok(cx.str_value(&flaw));
    }
    let minor = response.version.unwrap_or(1);
    let facts = match facts(response.headers, minor, false) {
        Ok(facts) => facts,
        Err(flaw) => return Ok(cx.str_value(flaw)),
    };
    let skipped = data.iter().take_while(|&&b| b == b'\r' || b == b'\n').count();
    let first = memchr(b'\n', &data[skipped..]).map_or(0, |at| skipped + at + 1);
    let parts = [
        Value::int((start + end) as i64),
        Value::int(minor.into()),
        Value::int(response.code.unwrap_or_default().into()),
        cx.str_value(response.reason.unwrap_or_default()),
        Value::object(cx.bytes(&data[first..end])),
        Value::int(facts.flags),
        cx.int(facts.length.map_or(-1, |length| length as i64)),
    ];
    Ok(Value::object(cx.tuple(&parts)))
}

fn given(cx: &mut Cx, args: Args) -> Result<(crate::native::bytes::Data, usize, Limits), Stop> {
    let mut numbers = [0; 4];
    for (i, place) in numbers.iter_mut().enumerate() {
        *place = usize::try_from(cx.index_i64(cx.arg(args, i + 1).value())?).unwrap_or(0);
    }
    let [start, line, field, fields] = numbers;
    Ok((data_arg(cx, args, 0)?, start, Limits { line, field, fields: fields.min(MANY) }))
}

/// Why what has come cannot become the head of a request, if that is plain.
fn hopeless(data: &[u8]) -> Option<&'static str> {
    if data.first().is_some_and(|first| !first.is_ascii_graphic()) {
        return Some("Invalid method");
    }
    let bare = |at: usize| at == 0 || data[at - 1] != b'\r';
    memchr::memchr_iter(b'\n', data).any(bare).then_some("Invalid end of a line")
}

/// There is no end yet: is there still hope?
fn incomplete(cx: &Cx, data: &[u8], limits: &Limits) -> Flow {
    let flaw = check_sizes(data, limits).or_else(|| {
        (data.len() > MOST).then(|| format!("Got more than {MOST} bytes when reading a head."))
    });
    Ok(flaw.map_or(Value::NONE, |flaw| cx.str_value(&flaw)))
}

fn too_long(limit: usize, line: &[u8]) -> String {
    let shown = String::from_utf8_lossy(&line[..line.len().min(100)]).into_owned();
    format!("Got more than {limit} bytes when reading: {shown:?}.")
}

fn check_sizes(data: &[u8], limits: &Limits) -> Option<String> {
    let mut count = 0;
    for (i, line) in data.split(|&b| b == b'\n').enumerate() {
        let limit = if i == 0 { limits.line } else { limits.field };
        if line.len() > limit.saturating_add(1) {
            return Some(too_long(limit, line));
        }
        count = i;
    }
    // The first line and the empty one at the end are no fields.
    (count > limits.fields.saturating_add(2)).then(|| "Too many headers received".to_owned())
}

/// Each line ends in CR LF, neither stands anywhere else, and none is too long.
fn check_lines(data: &[u8], limits: &Limits) -> Option<String> {
    let (mut start, mut count) = (0, 0);
    let mut limit = limits.line;
    while let Some(at) = memchr(b'\n', &data[start..]) {
        let line = &data[start..start + at];
        match line.split_last() {
            Some((b'\r', line)) if memchr(b'\r', line).is_none() => {
                if line.len() > limit {
                    return Some(too_long(limit, line));
                }
            }
            _ => return Some("Invalid end of a line".to_owned()),
        }
        start += at + 1;
        limit = limits.field;
        count += 1;
    }
    (count > limits.fields.saturating_add(2)).then(|| "Too many headers received".to_owned())
}

fn sentence(error: Error) -> String {
    match error {
        Error::HeaderName => "Invalid character in the name of a header".to_owned(),
        Error::HeaderValue => "Invalid character in the value of a header".to_owned(),
        Error::TooManyHeaders => "Too many headers received".to_owned(),
        Error::Status => "Invalid status".to_owned(),
        Error::Token => "Invalid method, target or status line".to_owned(),
        Error::Version => "Invalid HTTP version".to_owned(),
        Error::NewLine => "Invalid end of a line".to_owned(),
    }
}

fn tokens(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&b| b == b',').map(<[u8]>::trim_ascii)
}

fn facts(headers: &[Header<'_>], minor: u8, strict: bool) -> Result<Facts, &'static str> {
    let mut facts = Facts::default();
    for header in headers {
        let value = header.value;
        // By length first: most fields are none of these.
        match header.name.len() {
            4 if header.name.eq_ignore_ascii_case("host") => {
                if facts.has_host && strict {
                    return Err("Duplicate 'Host' header found.");
                }
                facts.has_host = true;
            }
            6 if header.name.eq_ignore_ascii_case("expect") => facts.flags |= CONTINUE,
            7 if header.name.eq_ignore_ascii_case("upgrade") => facts.names_upgrade = true,
            10 if header.name.eq_ignore_ascii_case("connection") => {
                for token in tokens(value) {
                    if token.eq_ignore_ascii_case(b"close") {
                        facts.keep = Some(false);
                    } else if token.eq_ignore_ascii_case(b"keep-alive") {
                        facts.keep = facts.keep.or(Some(true));
                    } else if token.eq_ignore_ascii_case(b"upgrade") {
                        facts.wants_upgrade = true;
                    }
                }
            }
            14 if header.name.eq_ignore_ascii_case("content-length") => {
                if facts.length.is_some() {
                    return Err("Duplicate 'Content-Length' header found.");
                }
                facts.length = Some(content_length(value)?);
            }
            16 if header.name.eq_ignore_ascii_case("content-encoding") => facts.flags |= ENCODED,
            17 if header.name.eq_ignore_ascii_case("transfer-encoding") => {
                if facts.has_coding {
                    return Err("Duplicate 'Transfer-Encoding' header found.");
                }
                facts.has_coding = true;
                let mut codings: Vec<&[u8]> = tokens(value).collect();
                let last = codings.pop().unwrap_or_default();
                let is_chunked = |coding: &[u8]| coding.eq_ignore_ascii_case(b"chunked");
                if codings.into_iter().any(is_chunked) || strict && !is_chunked(last) {
                    return Err("Request has invalid `Transfer-Encoding`");
                }
                if is_chunked(last) {
                    facts.flags |= CHUNKED;
                }
            }
            _ => {}
        }
    }
    if facts.has_coding && facts.length.is_some() {
        return Err("Transfer-Encoding can't be present with Content-Length");
    }
    if facts.has_coding && minor == 0 && strict {
        return Err("Transfer-Encoding is not part of HTTP/1.0");
    }
    if facts.keep.unwrap_or(minor > 0) {
        facts.flags |= KEEP_ALIVE;
    }
    if facts.wants_upgrade && facts.names_upgrade {
        facts.flags |= UPGRADE;
    }
    Ok(facts)
}

fn content_length(value: &[u8]) -> Result<u64, &'static str> {
    const WRONG: &str = "Invalid 'Content-Length' header";
    if value.is_empty() || value.len() > 15 || !value.iter().all(u8::is_ascii_digit) {
        return Err(WRONG);
    }
    Ok(value.iter().fold(0, |n, b| n * 10 + u64::from(b - b'0')))
}

/// `headers(fields)`: for each field its name in small letters, its name, its value.
pub fn headers(cx: &mut Cx, args: Args) -> Flow {
    let data = data_arg(cx, args, 0)?;
    let text = |data: &[u8]| match codec::decode(data, Encoding::Utf8, Handler::SurrogateEscape) {
        Ok(text) => Value::object(cx.str_wtf8(&text)),
        Err(_) => cx.str_value(&String::from_utf8_lossy(data)),
    };
    let mut rows = Vec::new();
    let mut name: &[u8] = &[];
    let mut value: Vec<u8> = Vec::new();
    let mut push = |name: &[u8], value: &[u8]| {
        let row = [text(&name.to_ascii_lowercase()), text(name), text(value)];
        rows.push(Value::object(cx.tuple(&row)));
    };
    for line in data.split(|&b| b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        if matches!(line[0], b' ' | b'\t') && !name.is_empty() {
            value.push(b' ');
            value.extend_from_slice(line.trim_ascii());
            continue;
        }
        if !name.is_empty() {
            push(name, &value);
        }
        let colon = memchr(b':', line).unwrap_or(line.len());
        name = line[..colon].trim_ascii();
        value = line.get(colon + 1..).unwrap_or_default().trim_ascii().to_vec();
    }
    if !name.is_empty() {
        push(name, &value);
    }
    Ok(Value::object(cx.list(rows)))
}

/// `head(first_line, rows)`: the bytes of a head, of rows as `headers` makes them.
pub fn head(cx: &mut Cx, args: Args) -> Flow {
    let mut out = Vec::with_capacity(256);
    put(cx, &mut out, cx.arg(args, 0).value())?;
    let rows = cx.arg(args, 1).value();
    for row in cx.plain_items(rows).unwrap_or_default() {
        let row = cx.plain_items(row).unwrap_or_default();
        let [_, name, value] = row[..] else {
            return Err(cx.value_error("a row of three is expected"));
        };
        out.extend_from_slice(b"\r\n");
        put(cx, &mut out, name)?;
        out.extend_from_slice(b": ");
        put(cx, &mut out, value)?;
    }
    out.extend_from_slice(b"\r\n\r\n");
    Ok(Value::object(cx.bytes(out)))
}

fn put(cx: &Cx, out: &mut Vec<u8>, value: Value) -> Result<(), Stop> {
    let Some(text) = cx.unwrap(value).cast::<Str>() else {
        let name = cx.type_name(value);
        return Err(cx.type_error(&format!("a header must be a str, not {name}")));
    };
    let Ok(bytes) = codec::encode(text.as_bytes(), Encoding::Utf8, Handler::SurrogateEscape) else {
        return Err(cx.value_error("surrogates are not allowed in headers"));
    };
    if bytes.iter().any(|b| matches!(b, b'\r' | b'\n' | 0)) {
        let what =
            "Forbidden control character detected in headers. Potential header injection attack.";
        return Err(cx.value_error(what));
    }
    out.extend_from_slice(&bytes);
    Ok(())
}

/// `whole(start, content, rest)`: a response whose head ends with the length and with `rest`. The
/// content is bytes, or text without surrogates.
pub fn whole(cx: &mut Cx, args: Args) -> Flow {
    let [start, rest] = [data_arg(cx, args, 0)?, data_arg(cx, args, 2)?];
    let (text, data);
    let content = match cx.arg(args, 1).value().cast::<Str>() {
        Some(given) => {
            text = given;
            match text.as_str() {
                Some(text) => text.as_bytes(),
                None => return Err(cx.value_error("surrogates are not allowed in a body")),
            }
        }
        None => {
            data = data_arg(cx, args, 1)?;
            &data
        }
    };
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut left = content.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    Ok(Value::object(cx.bytes_of(&[&start, &digits[at..], &rest, content])))
}
