//! Files for scripts: `open`, the standard streams, and what the file methods share.
//!
//! The bytes are `stream.rs`'s business, the methods are in `methods.rs`, `print` and `input` in
//! `print.rs`. Every open stream is listed, so that output which waits in a buffer is written
//! before a file is opened again and at the end of the program.

mod methods;
mod open;
mod print;
mod stream;

pub use methods::TYPES;
pub use open::{FUNCTIONS as OPEN, module};
pub use print::FUNCTIONS as PRINT;
pub use stream::{Detour, Heard, Stream, Text, Trouble};

use std::cell::{Cell, OnceCell, RefCell};
use std::fs::File;
use std::os::fd::AsFd;
use std::rc::{Rc, Weak};

use stream::Newline;

use super::bytes::data_of;
use super::error::os_error;
use super::witness;
use crate::gc::Gc;
use crate::plain::codec::{CodecFault, Encoding, Handler};
use crate::value::{Resource, Str, T, Value};
use crate::vm::threads::{Side, Woke};
use crate::vm::{Args, Cx, Stop, system};

pub type Shared = Rc<RefCell<Stream>>;

/// What a file object carries.
pub struct FileObject {
    pub stream: Shared,
    pub name: Name,
    pub mode: String,
    /// As the program gave it, for `encoding`.
    pub encoding: String,
    pub errors: String,
}

#[derive(Clone)]
pub enum Name {
    /// WTF-8.
    Text(Vec<u8>),
    Bytes(Vec<u8>),
    Descriptor(i32),
}

impl Name {
    pub fn value(&self, cx: &Cx) -> Value {
        match self {
            Name::Text(name) => Value::object(cx.str_wtf8(name)),
            Name::Bytes(name) => Value::object(cx.bytes(name.clone())),
            Name::Descriptor(fd) => Value::int((*fd).into()),
        }
    }
}

/// The streams of a VM.
#[derive(Default)]
pub struct Io {
    standard: [OnceCell<Shared>; 3],
    /// Which of them the process was started without.
    left_out: [Cell<bool>; 3],
    /// Was something printed all the same?
    lost: Cell<bool>,
    open: RefCell<Vec<Weak<RefCell<Stream>>>>,
}

impl Io {
    /// Standard input, output or error.
    pub fn standard(&self, fd: usize) -> &Shared {
        self.standard[fd].get_or_init(|| {
            let stream = Rc::new(RefCell::new(standard_stream(fd as i32)));
            self.register(&stream);
            stream
        })
    }

    pub fn register(&self, stream: &Shared) {
        let mut open = self.open.borrow_mut();
        if open.len() >= 64 && open.len().is_power_of_two() {
            open.retain(|stream| stream.strong_count() > 0);
        }
        open.push(Rc::downgrade(stream));
    }

    /// Writes out what waits in the buffers of all files; errors are the owners' to meet.
    pub fn flush_files(&self) {
        for stream in self.open.borrow().iter().filter_map(Weak::upgrade) {
            if let Ok(mut stream) = stream.try_borrow_mut()
                && !stream.is_standard
                && stream.has_pending()
            {
                let _ = stream.flush();
            }
        }
    }
}

fn standard_stream(fd: i32) -> Stream {
    let owned = match fd {
        0 => std::io::stdin().as_fd().try_clone_to_owned(),
        1 => std::io::stdout().as_fd().try_clone_to_owned(),
        _ => std::io::stderr().as_fd().try_clone_to_owned(),
    };
    let errors = match fd {
        2 => Handler::BackslashReplace,
        _ => Handler::Strict,
    };
    let text = Text { encoding: Encoding::Utf8, errors, newline: Newline::Universal };
    let mut stream = match owned {
        Ok(owned) => Stream::new(File::from(owned), fd, fd == 0, fd != 0, Some(text)),
        // The process was started without this descriptor.
        Err(_) => Stream::closed(fd, Some(text)),
    };
    stream.is_standard = true;
    stream.line_buffered = fd == 2 || fd == 1 && stream.is_terminal();
    stream
}

/// An object for a stream.
pub fn object(cx: &Cx, id: T, file: FileObject) -> Value {
    let object = cx.new_object(id.shape(), 0, |header| Resource {
        header,
        extra: Value::UNDEF.into(),
        payload: RefCell::new(Some(Box::new(file))),
    });
    Value::object(object)
}

/// The object of a standard stream, for `sys`; None if there is no such stream.
pub fn standard_object(cx: &Cx, fd: usize) -> Value {
    if cx.state::<Io>().left_out[fd].get() {
        return Value::NONE;
    }
    let file = FileObject {
        stream: cx.state::<Io>().standard(fd).clone(),
        name: Name::Text(["<stdin>", "<stdout>", "<stderr>"][fd].into()),
        mode: if fd == 0 { "r" } else { "w" }.into(),
        encoding: "utf-8".into(),
        errors: if fd == 2 { "backslashreplace" } else { "strict" }.into(),
    };
    object(cx, T::File, file)
}

/// A binary file on the descriptor of a text file (`sys.stdout.buffer`), not buffered itself:
/// what goes through it is in order with what goes through the text file.
pub fn binary_twin(cx: &Cx, text: Value, stream: &Shared) -> Result<Value, Stop> {
    let made = with_stream(cx, stream, |stream| stream.twin())?;
    let id = if made.readable { T::BufferedReader } else { T::BufferedWriter };
    let name = with_file(text, |file| file.name.clone()).unwrap_or(Name::Descriptor(made.fd));
    let mode = if made.readable { "rb" } else { "wb" };
    let stream = Rc::new(RefCell::new(made));
    let file = FileObject {
        stream,
        name,
        mode: mode.into(),
        encoding: String::new(),
        errors: String::new(),
    };
    Ok(object(cx, id, file))
}

/// Looks at what a file object carries.
pub fn with_file<R>(value: Value, look: impl FnOnce(&FileObject) -> R) -> Option<R> {
    let resource: Gc<Resource> = value.cast()?;
    let payload = resource.payload.borrow();
    payload.as_ref()?.downcast_ref::<FileObject>().map(look)
}

/// The stream of the file a method was called on.
pub fn receiver(cx: &Cx, args: Args) -> Result<Shared, Stop> {
    let this = cx.arg(args, 0).value();
    stream_of(cx.unwrap(this))
        .ok_or_else(|| cx.type_error(&format!("expected a file, not '{}'", cx.type_name(this))))
}

pub fn stream_of(value: Value) -> Option<Shared> {
    with_file(value, |file| file.stream.clone())
}

/// Works on a stream. Interrupted calls are repeated unless Ctrl-C was the cause.
pub fn with_stream<R>(
    cx: &Cx,
    stream: &Shared,
    mut work: impl FnMut(&mut Stream) -> stream::Result<R>,
) -> Result<R, Stop> {
    loop {
        let Ok(mut borrowed) = stream.try_borrow_mut() else {
            return Err(cx.error(T::RuntimeError, "reentrant call inside a file object"));
        };
        let outcome = work(&mut borrowed);
        drop(borrowed);
        match outcome {
            Ok(value) => return Ok(value),
            Err(Trouble::Io(error)) if error.kind() == std::io::ErrorKind::Interrupted => {
                cx.check_interrupt()?;
            }
            Err(trouble) => return Err(raise(cx, trouble)),
        }
    }
}

/// As `with_stream`, where that may take long: others run meanwhile.
pub fn on_stream<R>(
    cx: &mut Cx,
    stream: &Shared,
    mut work: impl FnMut(&mut Stream) -> stream::Result<R>,
) -> Result<R, Stop> {
    loop {
        let gives_way = !cx.is_alone();
        let Ok(mut borrowed) = stream.try_borrow_mut() else {
            return Err(cx.error(T::RuntimeError, "reentrant call inside a file object"));
        };
        borrowed.gives_way = gives_way && system::is_blocking(borrowed.fd).unwrap_or(false);
        let outcome = work(&mut borrowed);
        borrowed.gives_way = false;
        let (fd, owes) = (borrowed.fd, borrowed.owes);
        let heard = borrowed.heard.clone();
        drop(borrowed);
        if let Some(heard) = heard {
            witness::printed(cx, &heard);
        }
        match outcome {
            Ok(value) => {
                if owes {
                    settle(cx, stream, fd)?;
                }
                return Ok(value);
            }
            Err(Trouble::Wait) => wait(cx, fd, Side::Reads)?,
            Err(Trouble::Io(error)) if error.kind() == std::io::ErrorKind::Interrupted => {
                cx.serve_signals()?;
            }
            Err(trouble) => return Err(raise(cx, trouble)),
        }
    }
}

/// Has what a stream owes written.
fn settle(cx: &mut Cx, stream: &Shared, fd: i32) -> Result<(), Stop> {
    loop {
        wait(cx, fd, Side::Writes)?;
        let Ok(mut borrowed) = stream.try_borrow_mut() else { return Ok(()) };
        if !borrowed.owes {
            return Ok(());
        }
        borrowed.gives_way = true;
        let outcome = borrowed.settle();
        borrowed.gives_way = false;
        drop(borrowed);
        outcome.map_err(|trouble| raise(cx, trouble))?;
    }
}

fn wait(cx: &mut Cx, fd: i32, side: Side) -> Result<(), Stop> {
    match cx.wait_for_fd(fd, side, None) {
        Ok(Woke::Interrupted) => cx.serve_signals(),
        Ok(_) => Ok(()),
        Err(error) => Err(raise(cx, Trouble::Io(error))),
    }
}

/// The exception for what went wrong with a stream.
pub fn raise(cx: &Cx, trouble: Trouble) -> Stop {
    match trouble {
        Trouble::Io(error) => os_error(cx, error.raw_os_error().unwrap_or(libc::EIO), None),
        Trouble::Encode(fault, text) => {
            let object = Value::object(cx.str_wtf8(&text));
            codec_error(cx, T::UnicodeEncodeError, &fault, object)
        }
        Trouble::Decode(fault, data) => {
            let object = Value::object(cx.bytes(data));
            codec_error(cx, T::UnicodeDecodeError, &fault, object)
        }
        Trouble::Unsupported(text) => cx.error(T::UnsupportedOperation, text),
        Trouble::Blocked(taken) => super::error::would_block(cx, taken),
        Trouble::Wait => cx.error(T::BlockingIOError, "nobody else can run"),
        Trouble::Closed => cx.value_error("I/O operation on closed file."),
    }
}

/// Raises the UnicodeError for a fault of a codec.
pub fn codec_error(cx: &Cx, id: T, fault: &CodecFault, object: Value) -> Stop {
    let args = [
        cx.str_value(fault.encoding),
        object,
        cx.uint(fault.start as u64),
        cx.uint(fault.end as u64),
        cx.str_value(fault.reason),
    ];
    let this = cx.exception(cx.class(id), Value::object(cx.tuple(&args)));
    for (name, value) in ["encoding", "object", "start", "end", "reason"].into_iter().zip(args) {
        super::error::put(cx, this, name, value);
    }
    cx.throw(this)
}

/// The bytes of a bytes-like value.
pub fn bytes_of(cx: &Cx, value: Value) -> Option<Vec<u8>> {
    data_of(cx, value).map(|data| data.to_vec())
}

/// The text of a str, seen through subclasses.
pub fn text_of(cx: &Cx, value: Value) -> Option<Gc<Str>> {
    cx.unwrap(value).cast::<Str>()
}

/// From now on nothing that is printed is kept back (`-u`).
pub fn unbuffer(cx: &Cx) {
    for fd in [1, 2] {
        cx.state::<Io>().standard(fd).borrow_mut().unbuffered = true;
    }
}

/// From now on what is printed is offered to the detour before it is written, and it is asked before
/// something is read.
pub fn set_detour(cx: &Cx, detour: Detour) {
    for fd in [0, 1, 2] {
        cx.state::<Io>().standard(fd).borrow_mut().detour = Some(detour.clone());
    }
}

/// From now on the runner of tests is told what is printed, and by which lines.
pub fn overhear(cx: &Cx) {
    cx.state::<Io>().standard(1).borrow_mut().heard = Some(Heard::default());
}

/// The process was started without this descriptor.
pub fn leave_out(cx: &Cx, fd: usize) {
    cx.state::<Io>().left_out[fd].set(true);
}

/// Was something printed that had nowhere to go?
pub fn has_lost_output(cx: &Cx) -> bool {
    cx.state::<Io>().lost.get()
}

/// From now on the detour is asked before the program reads from standard input.
pub fn guard_input(cx: &Cx, detour: Detour) {
    cx.state::<Io>().standard(0).borrow_mut().detour = Some(detour);
}

/// From now on no more is read from standard input than the program asks for: statements follow.
pub fn spare_input(cx: &Cx) {
    cx.state::<Io>().standard(0).borrow_mut().spares = true;
}

/// Has nobody been there to read what was printed?
pub fn is_broken(cx: &Cx) -> bool {
    let io = cx.state::<Io>();
    let stream = io.standard[1].get();
    stream.and_then(|stream| stream.try_borrow().ok().map(|s| s.is_broken)).unwrap_or(false)
}

/// Writes out everything at the end of the program. False if standard output could not be.
pub fn finish(cx: &Cx) -> Result<(), std::io::Error> {
    let io = cx.state::<Io>();
    io.flush_files();
    let mut outcome = Ok(());
    for fd in [1, 2] {
        let Some(stream) = io.standard[fd].get() else { continue };
        if let Ok(mut stream) = stream.try_borrow_mut()
            && !stream.is_closed()
            && let Err(Trouble::Io(error)) = stream.flush()
            && fd == 1
        {
            outcome = Err(error);
        }
    }
    outcome
}
