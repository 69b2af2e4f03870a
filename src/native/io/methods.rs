//! Methods and attributes of file objects, text and binary alike: what differs is decided by the
//! stream's text layer.

use std::io::SeekFrom;

use super::stream::ends;
use super::{
    Name, Shared, Stream, Trouble, bytes_of, on_stream, raise, receiver, text_of, with_file,
    with_stream,
};
use crate::native::target::Target;
use crate::native::{TypeDef, display, method};
use crate::plain::repr::{bytes_repr, push_str_repr};
use crate::value::{T, Value};
use crate::vm::{Args, Cx, Def, Flow, GetSet, Outcome, Stop};

static METHODS: &[Def] = &[
    method("read(self, size=-1, /)", "Read at most size characters or bytes.", read),
    method("readline(self, size=-1, /)", "Read until the end of the line.", readline),
    method("readlines(self, hint=-1, /)", "Return a list of lines.", readlines),
    method("write(self, text, /)", "Write to the stream; return the length.", write),
    method("writelines(self, lines, /)", "Write a list of lines.", writelines),
    method("seek(self, offset, whence=0, /)", "Change the position.", seek),
    method("tell(self, /)", "Return the position.", tell),
    method("flush(self, /)", "Write out what is buffered.", flush),
    method("close(self, /)", "Flush and close the file.", close),
    method("truncate(self, pos=None, /)", "Cut the file off.", truncate),
    method("readable(self, /)", "Can it be read?", readable),
    method("writable(self, /)", "Can it be written?", writable),
    method("seekable(self, /)", "Can the position be changed?", seekable),
    method("fileno(self, /)", "Return the descriptor.", fileno),
    method("isatty(self, /)", "Is it a terminal?", isatty),
    method(
        "reconfigure(self, /, *, encoding=None, errors=None, newline=None, line_buffering=None, write_through=None)",
        "Change the text layer.",
        reconfigure,
    ),
    method("__enter__(self, /)", "Return self.", enter),
    method("__exit__(self, /, *args)", "Close the file.", exit),
    method("__iter__(self, /)", "Return self.", enter),
    method("__next__(self, /)", "Return the next line.", next),
    method("__repr__(self, /)", "Return repr(self).", repr),
];

static BINARY_METHODS: &[Def] = &[
    method("read1(self, size=-1, /)", "Read what one call of the system yields.", read1),
    method("readinto(self, buffer, /)", "Read into a bytearray.", readinto),
    method("readinto1(self, buffer, /)", "Read into a bytearray.", readinto),
    method("peek(self, size=0, /)", "What is there, without taking it.", |cx, args| {
        let stream = receiver(cx, args)?;
        let data = with_stream(cx, &stream, Stream::peek)?;
        Ok(Value::object(cx.bytes(data)))
    }),
];

static COMMON: &[GetSet] = &[
    GetSet { name: "closed", doc: "", get: closed, set: None },
    GetSet { name: "name", doc: "", get: name, set: None },
    GetSet { name: "mode", doc: "", get: mode, set: None },
];

static TEXT_ONLY: &[GetSet] = &[
    GetSet { name: "encoding", doc: "", get: encoding, set: None },
    GetSet { name: "errors", doc: "", get: errors, set: None },
    GetSet { name: "newlines", doc: "", get: newlines, set: None },
    GetSet { name: "line_buffering", doc: "", get: line_buffering, set: None },
    GetSet { name: "buffer", doc: "", get: buffer, set: None },
];

const fn shared(id: T) -> TypeDef {
    TypeDef { id, doc: "A file.", methods: METHODS, getsets: COMMON }
}

const fn binary(id: T) -> TypeDef {
    TypeDef { id, doc: "A binary file.", methods: BINARY_METHODS, getsets: &[] }
}

/// A type that appears twice gets the members of both rows.
pub static TYPES: &[&TypeDef] = &[
    &shared(T::File),
    &TypeDef { id: T::File, doc: "A text file.", methods: &[], getsets: TEXT_ONLY },
    &shared(T::BufferedReader),
    &binary(T::BufferedReader),
    &shared(T::BufferedWriter),
    &TypeDef {
        id: T::BufferedWriter,
        doc: "A binary file.",
        methods: &[
            method("read1(self, size=-1, /)", "Not supported.", |cx, _| unsupported(cx, "read1")),
            method("readinto(self, buffer, /)", "Not supported.", |cx, _| unsupported(cx, "read")),
            method("readinto1(self, buffer, /)", "Not supported.", |cx, _| {
                unsupported(cx, "read1")
            }),
        ],
        getsets: &[],
    },
    &shared(T::BufferedRandom),
    &binary(T::BufferedRandom),
];

// ---- helpers

fn is_text(stream: &Shared) -> bool {
    stream.try_borrow().is_ok_and(|stream| stream.text.is_some())
}

/// What was read, as the kind of value that the file deals in.
fn result(cx: &Cx, is_text: bool, data: Vec<u8>) -> Value {
    if is_text { Value::object(cx.str_wtf8(&data)) } else { Value::object(cx.bytes(data)) }
}

/// A count argument: absent, None or negative mean no limit.
fn limit(cx: &mut Cx, args: Args, i: usize) -> Result<Option<usize>, Stop> {
    match cx.opt(args, i).map(|value| value.value()) {
        Some(value) if !value.is_none() => Ok(usize::try_from(cx.index_i64(value)?).ok()),
        _ => Ok(None),
    }
}

fn unsupported(cx: &Cx, what: &str) -> Flow {
    Err(cx.error(T::UnsupportedOperation, what))
}

// ---- reading

fn read(cx: &mut Cx, args: Args) -> Flow {
    let count = limit(cx, args, 1)?;
    let stream = receiver(cx, args)?;
    let text = is_text(&stream);
    let data = on_stream(cx, &stream, |stream| match text {
        true => stream.read_text(count).map(Some),
        false => match stream.read_bytes(count) {
            Err(trouble) if trouble.is_again() => Ok(None),
            outcome => outcome.map(Some),
        },
    })?;
    Ok(data.map_or(Value::NONE, |data| result(cx, text, data)))
}

fn read1(cx: &mut Cx, args: Args) -> Flow {
    let count = limit(cx, args, 1)?.unwrap_or(8192);
    let stream = receiver(cx, args)?;
    let data = on_stream(cx, &stream, |stream| stream.read_some(count))?;
    Ok(Value::object(cx.bytes(data)))
}

fn readinto(cx: &mut Cx, args: Args) -> Flow {
    let stream = receiver(cx, args)?;
    let buffer = cx.arg(args, 1).value();
    let Some(target) = Target::of(cx, buffer)? else {
        let found = cx.type_name(buffer);
        let text = format!("readinto() argument must be read-write bytes-like object, not {found}");
        return Err(cx.type_error(&text));
    };
    let room = target.room();
    let data = on_stream(cx, &stream, |stream| stream.read_bytes(Some(room)))?;
    target.put(&data);
    Ok(cx.uint(data.len() as u64))
}

fn line(cx: &mut Cx, stream: &Shared, limit: Option<usize>) -> Result<Option<Value>, Stop> {
    let text = is_text(stream);
    let data = on_stream(cx, stream, |stream| match text {
        true => stream.read_text_line(limit),
        false => stream.read_line(limit),
    })?;
    Ok((!data.is_empty()).then(|| result(cx, text, data)))
}

fn readline(cx: &mut Cx, args: Args) -> Flow {
    let count = limit(cx, args, 1)?;
    let stream = receiver(cx, args)?;
    let text = is_text(&stream);
    Ok(line(cx, &stream, count)?.unwrap_or_else(|| result(cx, text, Vec::new())))
}

fn readlines(cx: &mut Cx, args: Args) -> Flow {
    let hint = limit(cx, args, 1)?.filter(|&hint| hint > 0);
    let stream = receiver(cx, args)?;
    // Others may run while it waits.
    let lines = cx.list(Vec::new());
    cx.root(Value::object(lines));
    let mut total = 0;
    while let Some(line) = line(cx, &stream, None)? {
        total += cx.len_plain(line).unwrap_or(0);
        lines.push(line);
        if hint.is_some_and(|hint| total >= hint) {
            break;
        }
    }
    Ok(Value::object(lines))
}

fn next(cx: &mut Cx, args: Args) -> Flow {
    let stream = receiver(cx, args)?;
    match line(cx, &stream, None)? {
        Some(line) => Ok(line),
        None => Err(cx.error_with(T::StopIteration, &[])),
    }
}

// ---- writing

fn write_value(cx: &mut Cx, stream: &Shared, value: Value) -> Result<usize, Stop> {
    if is_text(stream) {
        let Some(text) = text_of(cx, value) else {
            let text = format!("write() argument must be str, not {}", cx.type_name(value));
            return Err(cx.type_error(&text));
        };
        on_stream(cx, stream, |stream| stream.write_text(text.as_bytes()))?;
        return Ok(text.len());
    }
    let Some(data) = bytes_of(cx, value) else {
        let text = format!("a bytes-like object is required, not '{}'", cx.type_name(value));
        return Err(cx.type_error(&text));
    };
    on_stream(cx, stream, |stream| stream.write_bytes(&data))?;
    Ok(data.len())
}

fn write(cx: &mut Cx, args: Args) -> Flow {
    let stream = receiver(cx, args)?;
    let value = cx.arg(args, 1).value();
    let count = write_value(cx, &stream, value)?;
    Ok(cx.uint(count as u64))
}

fn writelines(cx: &mut Cx, args: Args) -> Flow {
    let (this, lines) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    if receiver(cx, args)?.borrow().is_closed() {
        return Err(raise(cx, Trouble::Closed));
    }
    cx.collect_then(lines, lines_collected, [this, Value::NONE, Value::NONE])
}

fn lines_collected(cx: &mut Cx, [this, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let lines = outcome?;
    let Some(stream) = super::stream_of(cx.unwrap(this)) else { return Ok(Value::NONE) };
    cx.scope(|cx| {
        let lines = cx.plain_items(lines).unwrap_or_default();
        // Others may run while it waits.
        for &line in &lines {
            cx.root(line);
        }
        lines.into_iter().try_for_each(|line| write_value(cx, &stream, line).map(drop))
    })?;
    Ok(Value::NONE)
}

// ---- position

fn seek(cx: &mut Cx, args: Args) -> Flow {
    let offset = cx.arg(args, 1).value();
    let offset = cx.index_i64(offset)?;
    let whence = match cx.opt(args, 2).map(|value| value.value()) {
        Some(value) => cx.index_i64(value)?,
        None => 0,
    };
    let stream = receiver(cx, args)?;
    if is_text(&stream) && whence != 0 && offset != 0 {
        let what = if whence == 1 { "cur" } else { "end" };
        let text = format!("can't do nonzero {what}-relative seeks");
        return Err(cx.error(T::UnsupportedOperation, &text));
    }
    let to = match whence {
        0 => match u64::try_from(offset) {
            Ok(offset) => SeekFrom::Start(offset),
            Err(_) => return Err(cx.value_error(&format!("negative seek position {offset}"))),
        },
        1 => SeekFrom::Current(offset),
        2 => SeekFrom::End(offset),
        _ => {
            let text = format!("invalid whence ({whence}, should be 0, 1 or 2)");
            return Err(cx.value_error(&text));
        }
    };
    let position = with_stream(cx, &stream, |stream| stream.seek(to))?;
    Ok(cx.uint(position))
}

fn tell(cx: &mut Cx, args: Args) -> Flow {
    let stream = receiver(cx, args)?;
    let position = with_stream(cx, &stream, Stream::tell)?;
    Ok(cx.uint(position))
}

fn truncate(cx: &mut Cx, args: Args) -> Flow {
    let size = limit(cx, args, 1)?.map(|size| size as u64);
    let stream = receiver(cx, args)?;
    let size = with_stream(cx, &stream, |stream| stream.truncate(size))?;
    Ok(cx.uint(size))
}

// ---- state

fn flush(cx: &mut Cx, args: Args) -> Flow {
    let stream = receiver(cx, args)?;
    on_stream(cx, &stream, Stream::flush)?;
    Ok(Value::NONE)
}

fn close(cx: &mut Cx, args: Args) -> Flow {
    let stream = receiver(cx, args)?;
    on_stream(cx, &stream, Stream::close)?;
    Ok(Value::NONE)
}

/// Asks an open stream something.
fn ask(cx: &Cx, args: Args, question: impl Fn(&mut Stream) -> Value) -> Flow {
    let stream = receiver(cx, args)?;
    with_stream(cx, &stream, |stream| match stream.is_closed() {
        true => Err(super::Trouble::Closed),
        false => Ok(question(stream)),
    })
}

fn readable(cx: &mut Cx, args: Args) -> Flow {
    ask(cx, args, |stream| Value::bool(stream.readable))
}

fn writable(cx: &mut Cx, args: Args) -> Flow {
    ask(cx, args, |stream| Value::bool(stream.writable))
}

fn seekable(cx: &mut Cx, args: Args) -> Flow {
    ask(cx, args, |stream| Value::bool(stream.is_seekable().unwrap_or(false)))
}

fn fileno(cx: &mut Cx, args: Args) -> Flow {
    ask(cx, args, |stream| Value::int(stream.fd.into()))
}

fn isatty(cx: &mut Cx, args: Args) -> Flow {
    ask(cx, args, |stream| Value::bool(stream.is_terminal()))
}

fn enter(cx: &mut Cx, args: Args) -> Flow {
    let stream = receiver(cx, args)?;
    if stream.try_borrow().is_ok_and(|stream| stream.is_closed()) {
        return Err(raise(cx, super::Trouble::Closed));
    }
    Ok(cx.arg(args, 0).value())
}

fn exit(cx: &mut Cx, args: Args) -> Flow {
    close(cx, args)
}

fn reconfigure(cx: &mut Cx, args: Args) -> Flow {
    const LINE: usize = 4;
    const THROUGH: usize = 5;
    let stream = receiver(cx, args)?;
    for (place, through) in [(LINE, false), (THROUGH, true)] {
        let Some(value) = cx.opt(args, place).map(|value| value.value()) else { continue };
        if value.is_none() {
            continue;
        }
        let on = cx.truth(value)?;
        with_stream(cx, &stream, |stream| {
            match through {
                true => stream.unbuffered = on,
                false => stream.line_buffered = on,
            }
            stream.flush()
        })?;
    }
    let text = |i: usize| {
        let value = cx.opt(args, i)?.value();
        text_of(cx, value).map(|text| text.lossy().into_owned())
    };
    let (encoding, errors) = (text(1), text(2));
    if encoding.is_some() || errors.is_some() {
        let mut layer = super::open::text_layer(cx, encoding.as_deref(), errors.as_deref(), None)?;
        with_stream(cx, &stream, |stream| {
            stream.flush()?;
            if let Some(old) = stream.text {
                if encoding.is_none() {
                    layer.encoding = old.encoding;
                }
                layer.newline = old.newline;
                stream.text = Some(layer);
            }
            Ok(())
        })?;
    }
    Ok(Value::NONE)
}

// ---- attributes

fn look(cx: &Cx, this: Value, look: impl FnOnce(&super::FileObject) -> Value) -> Flow {
    with_file(cx.unwrap(this), look).ok_or_else(|| cx.type_error("expected a file"))
}

fn closed(cx: &mut Cx, this: Value) -> Flow {
    look(cx, this, |file| {
        Value::bool(file.stream.try_borrow().is_ok_and(|stream| stream.is_closed()))
    })
}

fn name(cx: &mut Cx, this: Value) -> Flow {
    look(cx, this, |file| file.name.value(cx))
}

fn mode(cx: &mut Cx, this: Value) -> Flow {
    look(cx, this, |file| cx.str_value(&file.mode))
}

fn encoding(cx: &mut Cx, this: Value) -> Flow {
    look(cx, this, |file| cx.str_value(&file.encoding))
}

/// The line ends that were read so far: None, one, or a tuple.
fn newlines(cx: &mut Cx, this: Value) -> Flow {
    look(cx, this, |file| {
        let seen = file.stream.try_borrow().map_or(0, |stream| stream.ends);
        let known = [(ends::CR, "\r"), (ends::LF, "\n"), (ends::CRLF, "\r\n")];
        let found = known.iter().filter(|(bit, _)| seen & bit != 0);
        let found: Vec<Value> = found.map(|(_, end)| cx.str_value(end)).collect();
        match &found[..] {
            [] => Value::NONE,
            [end] => *end,
            ends => Value::object(cx.tuple(ends)),
        }
    })
}

fn errors(cx: &mut Cx, this: Value) -> Flow {
    look(cx, this, |file| cx.str_value(&file.errors))
}

fn line_buffering(cx: &mut Cx, this: Value) -> Flow {
    look(cx, this, |file| {
        Value::bool(file.stream.try_borrow().is_ok_and(|stream| stream.line_buffered))
    })
}

/// The binary file below a text file shares its stream, but not its text layer: what has been
/// written as text comes first.
fn buffer(cx: &mut Cx, this: Value) -> Flow {
    let Some(stream) = super::stream_of(cx.unwrap(this)) else {
        return Err(cx.type_error("expected a file"));
    };
    with_stream(cx, &stream, Stream::flush)?;
    // A name that no program writes: what the binary file has read ahead must not be lost.
    let key = cx.intern(" buffer");
    if let Some(found) = cx.own_attribute(this, key) {
        if let Some(twin) = super::stream_of(found)
            && let (Ok(mut twin), Ok(mut text)) = (twin.try_borrow_mut(), stream.try_borrow_mut())
        {
            twin.take_over(&mut text);
        }
        return Ok(found);
    }
    let made = super::binary_twin(cx, this, &stream)?;
    let root = cx.root(made);
    cx.store_attribute(this, key, made)?;
    let made = cx.get(root).value();
    cx.drop_root(root);
    Ok(made)
}

/// A file as messages show it.
pub fn shown(cx: &Cx, this: Value) -> String {
    let class = cx.class_of(this).name_text();
    let mut out = format!("<_io.{class} name=").into_bytes();
    let _ = with_file(cx.unwrap(this), |file| {
        match &file.name {
            Name::Text(name) => push_str_repr(&mut out, name),
            Name::Bytes(name) => out.extend(bytes_repr(name).bytes()),
            Name::Descriptor(fd) => out.extend(fd.to_string().bytes()),
        }
        if cx.isinstance(this, T::File) {
            out.extend_from_slice(b" mode=");
            push_str_repr(&mut out, file.mode.as_bytes());
            out.extend_from_slice(b" encoding=");
            push_str_repr(&mut out, file.encoding.as_bytes());
        }
    });
    out.push(b'>');
    String::from_utf8_lossy(&out).into_owned()
}

fn repr(cx: &mut Cx, args: Args) -> Flow {
    let this = cx.arg(args, 0).value();
    let class = cx.class_of(this).name_text();
    let name = look(cx, this, |file| file.name.value(cx))?;
    let name = display::repr(cx, name)?;
    let mut out = format!("<_io.{class} name=").into_bytes();
    out.extend(name);
    if cx.isinstance(this, T::File) {
        let (mode, encoding) =
            with_file(cx.unwrap(this), |file| (file.mode.clone(), file.encoding.clone()))
                .unwrap_or_default();
        out.extend_from_slice(b" mode=");
        push_str_repr(&mut out, mode.as_bytes());
        out.extend_from_slice(b" encoding=");
        push_str_repr(&mut out, encoding.as_bytes());
    }
    out.push(b'>');
    Ok(Value::object(cx.str_wtf8(&out)))
}
