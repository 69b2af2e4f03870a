//! `print` and `input`.
//!
//! Plain values are written straight into the buffer of standard output. A `sys.stdout` that the
//! program has replaced is written to by its `write` method, in the prelude.

use super::{Io, Shared, on_stream, text_of};
use crate::native::{display, function};
use crate::plain::{float, int};
use crate::value::{Module, T, Value};
use crate::vm::{Args, Cx, Def, Flow, Stop};

pub static FUNCTIONS: &[Def] = &[
    function(
        "print(*args, sep=' ', end='\\n', file=None, flush=False)",
        "Prints the values to a stream, or to sys.stdout by default.",
        print,
    ),
    function("input(prompt='', /)", "Read a string from standard input.", input),
];

const SEP: usize = 0;
const END: usize = 1;
const FILE: usize = 2;
const FLUSH: usize = 3;
/// The values stand behind the places of the keywords.
const VALUES: usize = 4;

/// What `sys.stdout` or its like is: the stream itself unless the program has put something
/// else there.
enum Target {
    Stream(Shared),
    Object(Value),
    Nothing,
}

fn target(cx: &Cx, name: &str, fd: usize) -> Target {
    let sys = cx.module_named("sys").and_then(|sys| sys.cast::<Module>());
    match sys.and_then(|sys| sys.dict.get_str(cx, cx.intern(name))) {
        None if cx.state::<Io>().left_out[fd].get() => Target::Nothing,
        None => Target::Stream(cx.state::<Io>().standard(fd).clone()),
        Some(value) => file_target(cx, value),
    }
}

fn file_target(cx: &Cx, value: Value) -> Target {
    if value.is_none() {
        return Target::Nothing;
    }
    match super::stream_of(value) {
        Some(stream) if cx.is_exact(value, T::File) => Target::Stream(stream),
        _ => Target::Object(value),
    }
}

/// `sep` and `end`: None stands for the default.
fn separator(cx: &Cx, args: Args, i: usize, name: &str, default: &[u8]) -> Result<Vec<u8>, Stop> {
    match cx.opt(args, i).filter(|value| !value.is_none()) {
        None => Ok(default.to_vec()),
        Some(value) => match text_of(cx, value.value()) {
            Some(text) => Ok(text.as_bytes().to_vec()),
            None => {
                let found = cx.type_name(value.value());
                Err(cx.type_error(&format!("{name} must be None or a string, not {found}")))
            }
        },
    }
}

fn print(cx: &mut Cx, args: Args) -> Flow {
    let sep = separator(cx, args, SEP, "sep", b" ")?;
    let end = separator(cx, args, END, "end", b"\n")?;
    let target = match cx.opt(args, FILE).filter(|file| !file.is_none()) {
        Some(file) => file_target(cx, file.value()),
        None => target(cx, "stdout", 1),
    };
    let flush = match cx.opt(args, FLUSH) {
        Some(flag) => {
            let flag = flag.value();
            cx.truth(flag)?
        }
        None => false,
    };
    match target {
        Target::Nothing => {
            let io = cx.state::<Io>();
            io.lost.set(io.lost.get() || io.left_out[1].get());
            Ok(Value::NONE)
        }
        Target::Stream(stream) => {
            let mut line = Vec::with_capacity(64);
            for i in VALUES..args.len() {
                if i > VALUES {
                    line.extend_from_slice(&sep);
                }
                let value = cx.arg(args, i).value();
                if let Err(stop) = push(cx, &mut line, value) {
                    // What came before it has been printed.
                    let written = on_stream(cx, &stream, |stream| stream.write_text(&line));
                    return Err(written.err().unwrap_or(stop));
                }
            }
            line.extend_from_slice(&end);
            on_stream(cx, &stream, |stream| stream.write_text(&line))?;
            if flush {
                on_stream(cx, &stream, super::Stream::flush)?;
            }
            Ok(Value::NONE)
        }
        Target::Object(file) => {
            let values = cx.args_from(args, VALUES);
            let given = [
                file,
                Value::object(cx.list(values)),
                Value::object(cx.str_wtf8(&sep)),
                Value::object(cx.str_wtf8(&end)),
                Value::bool(flush),
            ];
            cx.tail_prelude("_print_to", &given)
        }
    }
}

/// Appends `str(value)`.
fn push(cx: &mut Cx, line: &mut Vec<u8>, value: Value) -> Result<(), Stop> {
    if let Some(text) = value.cast::<crate::value::Str>() {
        line.extend_from_slice(text.as_bytes());
    } else if let Some(i) = value.as_int() {
        int::push_i64(line, i);
    } else if let Some(x) = value.as_float() {
        float::push_repr(line, x);
    } else {
        line.extend(display::str_of(cx, value)?);
    }
    Ok(())
}

fn input(cx: &mut Cx, args: Args) -> Flow {
    let prompt = match cx.opt(args, 0) {
        Some(prompt) => {
            let prompt = prompt.value();
            display::str_of(cx, prompt)?
        }
        None => Vec::new(),
    };
    let source = target(cx, "stdin", 0);
    if matches!(source, Target::Nothing) {
        return Err(cx.error(T::RuntimeError, "input(): lost sys.stdin"));
    }
    match target(cx, "stdout", 1) {
        Target::Stream(out) => on_stream(cx, &out, |stream| {
            stream.write_text(&prompt)?;
            stream.flush()
        })?,
        Target::Object(out) => {
            let file = match source {
                Target::Object(file) => file,
                _ => super::standard_object(cx, 0),
            };
            let prompt = Value::object(cx.str_wtf8(&prompt));
            return cx.tail_prelude("_input_through", &[out, prompt, file]);
        }
        Target::Nothing => return Err(cx.error(T::RuntimeError, "input(): lost sys.stdout")),
    }
    let source = match source {
        Target::Stream(source) => source,
        Target::Object(file) => return cx.tail_prelude("_input_from", &[file]),
        Target::Nothing => return Err(cx.error(T::RuntimeError, "input(): lost sys.stdin")),
    };
    let mut line = on_stream(cx, &source, |stream| stream.read_text_line(None))?;
    if line.is_empty() {
        return Err(cx.error(T::EOFError, "EOF when reading a line"));
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    Ok(Value::object(cx.str_wtf8(&line)))
}
