//! The module `_transfer`: plain data as bytes, for another machine, and the way there.
//!
//! What is plain is a tree of the built-in types, none of their subclasses. Instances are taken
//! apart by `stdlib/_pickling.sloop`, which hands over what they consist of. A list, dict, set or
//! bytearray that stands in several places is one object afterwards, too; so is a long text.

use std::collections::HashMap;
use std::io;
use std::os::fd::IntoRawFd;

use super::bytes::data_arg;
use super::error::{io_error, os_error};
use super::{add_functions, function};
use crate::gc::Gc;
use crate::plain::MAX_BYTES;
use crate::plain::int::{self, Int};
use crate::rt::seam::{self, Act};
use crate::value::{ByteArray, Bytes, Complex, Dict, List, Range, Set, Str, T, Tuple, Value};
use crate::vm::threads::{Side, Woke};
use crate::vm::{Args, Cx, Def, Flow, Stop, system};

/// Containers are nested no deeper; what is goes on in Sloop, and ends in a RecursionError there.
const MAX_DEPTH: usize = 400;
/// Texts of this length are written once only.
const LONG: usize = 64;

static FUNCTIONS: &[Def] = &[
    function(
        "pack(value, flat, /)",
        "Plain data as bytes; None if it is not plain.",
        |cx, args| {
            let value = cx.arg(args, 0).value();
            let flat = cx.arg(args, 1).value() == Value::TRUE;
            let mut packer = Packer { out: Vec::new(), seen: HashMap::new() };
            let room = if flat { 1 } else { MAX_DEPTH };
            Ok(match packer.value(cx, value, room) {
                Some(()) => Value::object(cx.bytes(packer.out)),
                None => Value::NONE,
            })
        },
    ),
    function("unpack(data, /)", "What was packed.", |cx, args| {
        let data = data_arg(cx, args, 0)?;
        let mut unpacker = Unpacker { data: &data, at: 0, seen: Vec::new() };
        match unpacker.value(cx, 0) {
            Some(value) => Ok(value),
            None => Err(cx.value_error("these are not bytes that another machine has sent")),
        }
    }),
    function("pair()", "Two ends of a connection.", |cx, _| {
        match std::os::unix::net::UnixStream::pair() {
            Ok((ours, theirs)) => {
                let ends = [ours, theirs].map(|end| Value::int(end.into_raw_fd().into()));
                Ok(Value::object(cx.tuple(&ends)))
            }
            Err(error) => Err(io_error(cx, &error, None)),
        }
    }),
    function("take_input()", "Standard input as a connection; it is empty afterwards.", |cx, _| {
        match system::take_input() {
            Ok(fd) => Ok(Value::int(fd.into())),
            Err(error) => Err(io_error(cx, &error, None)),
        }
    }),
    function("send(fd, data, /)", "Sends a message; False if nobody can get it.", send),
    function("receive(fd, /)", "The next message; None if there will be none.", receive),
    function("hang_up(fd, /)", "Says that no more messages come.", |cx, args| {
        let fd = descriptor(cx, args)?;
        // Who has gone needs not be told.
        let _ = system::shut_down_writing(fd);
        Ok(Value::NONE)
    }),
    function("start_isolate(fd, /)", "Starts a machine that serves a connection.", |cx, args| {
        let fd = descriptor(cx, args)?;
        let Some(start) = cx.vm().isolates else {
            return Err(cx.error(T::RuntimeError, "this interpreter cannot start others"));
        };
        match start(cx, fd) {
            Ok(()) => Ok(Value::NONE),
            Err(error) => Err(io_error(cx, &error, None)),
        }
    }),
];

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, dict, FUNCTIONS, "_transfer");
    Ok(())
}

fn descriptor(cx: &mut Cx, args: Args) -> Result<i32, Stop> {
    let fd = cx.index_i64(cx.arg(args, 0).value())?;
    i32::try_from(fd).map_err(|_| os_error(cx, libc::EBADF, None))
}

// ---- writing

/// What stands where: a byte for the kind, a number (7 bits a byte, low ones first), the rest.
mod tag {
    pub const NONE: u8 = b'N';
    pub const TRUE: u8 = b'T';
    pub const FALSE: u8 = b'F';
    pub const ELLIPSIS: u8 = b'.';
    pub const NOT_IMPLEMENTED: u8 = b'!';
    pub const INT: u8 = b'i';
    pub const BIG: u8 = b'I';
    pub const FLOAT: u8 = b'f';
    pub const COMPLEX: u8 = b'c';
    pub const STR: u8 = b's';
    pub const LONG_STR: u8 = b'S';
    pub const BYTES: u8 = b'b';
    pub const BYTEARRAY: u8 = b'B';
    pub const LIST: u8 = b'l';
    pub const TUPLE: u8 = b't';
    pub const DICT: u8 = b'd';
    pub const SET: u8 = b'e';
    pub const FROZENSET: u8 = b'E';
    pub const RANGE: u8 = b'r';
    pub const AGAIN: u8 = b'@';
}

struct Packer {
    out: Vec<u8>,
    /// Numbers of what may be referred to again.
    seen: HashMap<u64, usize>,
}

impl Packer {
    fn number(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.out.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.out.push(n as u8);
    }

    fn begin(&mut self, tag: u8, len: usize) {
        self.out.push(tag);
        self.number(len as u64);
    }

    /// True if it was seen before, and is referred to.
    fn again(&mut self, value: Value) -> bool {
        let next = self.seen.len();
        match *self.seen.entry(value.bits()).or_insert(next) {
            number if number == next => false,
            number => {
                self.begin(tag::AGAIN, number);
                true
            }
        }
    }

    /// None if it is not plain, or has more than `room` levels.
    fn value(&mut self, cx: &Cx, value: Value, room: usize) -> Option<()> {
        if let Some(x) = value.as_float() {
            self.out.push(tag::FLOAT);
            self.out.extend_from_slice(&x.to_le_bytes());
            return Some(());
        }
        for (constant, tag) in [
            (Value::NONE, tag::NONE),
            (Value::TRUE, tag::TRUE),
            (Value::FALSE, tag::FALSE),
            (Value::ELLIPSIS, tag::ELLIPSIS),
            (Value::NOT_IMPLEMENTED, tag::NOT_IMPLEMENTED),
        ] {
            if value == constant {
                self.out.push(tag);
                return Some(());
            }
        }
        if cx.is_exact(value, T::Int) {
            match cx.integer(value)? {
                Int::Small(i) => {
                    self.out.push(tag::INT);
                    self.number(((i << 1) ^ (i >> 63)) as u64);
                }
                Int::Big(big) => {
                    let mut len = 16;
                    let data = loop {
                        match int::to_bytes(&big, len, true, true) {
                            Ok(data) => break data,
                            Err(_) => len *= 2,
                        }
                    };
                    self.begin(tag::BIG, data.len());
                    self.out.extend_from_slice(&data);
                }
            }
            return Some(());
        }
        if cx.is_exact(value, T::Str) {
            let text: Gc<Str> = value.cast()?;
            let data = text.as_bytes();
            if data.len() < LONG {
                self.begin(tag::STR, data.len());
            } else {
                if self.again(value) {
                    return Some(());
                }
                self.begin(tag::LONG_STR, data.len());
            }
            self.out.extend_from_slice(data);
            return Some(());
        }
        if cx.is_exact(value, T::Bytes) {
            let data: Gc<Bytes> = value.cast()?;
            self.begin(tag::BYTES, data.as_slice().len());
            self.out.extend_from_slice(data.as_slice());
            return Some(());
        }
        if cx.is_exact(value, T::Complex) {
            let number: Gc<Complex> = value.cast()?;
            self.out.push(tag::COMPLEX);
            self.out.extend_from_slice(&number.re.to_le_bytes());
            self.out.extend_from_slice(&number.im.to_le_bytes());
            return Some(());
        }
        self.container(cx, value, room)
    }

    fn container(&mut self, cx: &Cx, value: Value, room: usize) -> Option<()> {
        let room = room.checked_sub(1)?;
        if cx.is_exact(value, T::Tuple) {
            let items: Gc<Tuple> = value.cast()?;
            self.begin(tag::TUPLE, items.len());
            return items.as_slice().iter().try_for_each(|&item| self.value(cx, item, room));
        }
        if cx.is_exact(value, T::FrozenSet) {
            let items = value.cast::<Set>()?.elements().keys();
            self.begin(tag::FROZENSET, items.len());
            return items.into_iter().try_for_each(|item| self.value(cx, item, room));
        }
        if cx.is_exact(value, T::Range) {
            let range: Gc<Range> = value.cast()?;
            self.out.push(tag::RANGE);
            let parts = [range.start.get(), range.stop.get(), range.step.get()];
            return parts.into_iter().try_for_each(|part| self.value(cx, part, 0));
        }
        let known = [T::List, T::Dict, T::Set, T::ByteArray];
        if !known.into_iter().any(|id| cx.is_exact(value, id)) {
            return None;
        }
        if self.again(value) {
            return Some(());
        }
        if let Some(list) = value.cast::<List>() {
            let items = list.to_vec();
            self.begin(tag::LIST, items.len());
            return items.into_iter().try_for_each(|item| self.value(cx, item, room));
        }
        if let Some(dict) = value.cast::<Dict>() {
            if dict.is_namespace() {
                return None;
            }
            self.begin(tag::DICT, dict.len());
            return dict.iter().try_for_each(|entry| {
                self.value(cx, entry.key, room)?;
                self.value(cx, entry.value, room)
            });
        }
        if let Some(set) = value.cast::<Set>() {
            let items = set.elements().keys();
            self.begin(tag::SET, items.len());
            return items.into_iter().try_for_each(|item| self.value(cx, item, room));
        }
        let data = value.cast::<ByteArray>()?.to_vec();
        self.begin(tag::BYTEARRAY, data.len());
        self.out.extend_from_slice(&data);
        Some(())
    }
}

// ---- reading

struct Unpacker<'a> {
    data: &'a [u8],
    at: usize,
    seen: Vec<Value>,
}

impl<'a> Unpacker<'a> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.data.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let found = self.data.get(self.at..self.at.checked_add(len)?)?;
        self.at += len;
        Some(found)
    }

    fn number(&mut self) -> Option<u64> {
        let mut n = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            n |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(n);
            }
        }
        None
    }

    /// A length of what follows: no longer than there is data.
    fn len(&mut self) -> Option<usize> {
        let len = usize::try_from(self.number()?).ok()?;
        (len <= self.data.len() - self.at).then_some(len)
    }

    fn float(&mut self) -> Option<f64> {
        Some(f64::from_le_bytes(self.bytes(8)?.try_into().ok()?))
    }

    fn known(&mut self, value: Value) -> Value {
        self.seen.push(value);
        value
    }

    /// None if the bytes are none that `Packer` has written. Nothing is collected meanwhile.
    fn value(&mut self, cx: &mut Cx, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH + 2 {
            return None;
        }
        Some(match self.byte()? {
            tag::NONE => Value::NONE,
            tag::TRUE => Value::TRUE,
            tag::FALSE => Value::FALSE,
            tag::ELLIPSIS => Value::ELLIPSIS,
            tag::NOT_IMPLEMENTED => Value::NOT_IMPLEMENTED,
            tag::FLOAT => Value::float(self.float()?),
            tag::COMPLEX => {
                let (re, im) = (self.float()?, self.float()?);
                cx.complex(re, im)
            }
            tag::INT => {
                let n = self.number()?;
                cx.int((n >> 1) as i64 ^ -((n & 1) as i64))
            }
            tag::BIG => {
                let len = self.len()?;
                let number = int::from_bytes(self.bytes(len)?, true, true);
                cx.int_value(number)
            }
            tag::STR => {
                let len = self.len()?;
                Value::object(cx.str_wtf8(self.bytes(len)?))
            }
            tag::LONG_STR => {
                let len = self.len()?;
                let text = Value::object(cx.str_wtf8(self.bytes(len)?));
                self.known(text)
            }
            tag::BYTES => {
                let len = self.len()?;
                Value::object(cx.bytes(self.bytes(len)?))
            }
            tag::BYTEARRAY => {
                let len = self.len()?;
                let made = cx.bytearray(self.bytes(len)?.to_vec());
                self.known(Value::object(made))
            }
            tag::AGAIN => {
                let number = self.number()?;
                *self.seen.get(usize::try_from(number).ok()?)?
            }
            tag::RANGE => {
                let mut parts = [Value::NONE; 3];
                for part in &mut parts {
                    *part = self.value(cx, depth + 1)?;
                }
                let [start, stop, step] = parts;
                Value::object(cx.range(start, stop, step))
            }
            tag::TUPLE => {
                let items = self.items(cx, depth)?;
                Value::object(cx.tuple(&items))
            }
            tag::LIST => {
                let list = cx.list(Vec::new());
                self.known(Value::object(list));
                for _ in 0..self.len()? {
                    let item = self.value(cx, depth + 1)?;
                    list.push(item);
                }
                Value::object(list)
            }
            tag::DICT => {
                let dict = cx.dict();
                self.known(Value::object(dict));
                for _ in 0..self.len()? {
                    let key = self.value(cx, depth + 1)?;
                    let value = self.value(cx, depth + 1)?;
                    cx.dict_set(dict, key, value).ok()?;
                }
                Value::object(dict)
            }
            kind @ (tag::SET | tag::FROZENSET) => {
                let set = cx.set(Default::default(), kind == tag::FROZENSET);
                if kind == tag::SET {
                    self.known(Value::object(set));
                }
                for _ in 0..self.len()? {
                    let item = self.value(cx, depth + 1)?;
                    cx.set_add(set, item).ok()?;
                }
                Value::object(set)
            }
            _ => return None,
        })
    }

    fn items(&mut self, cx: &mut Cx, depth: usize) -> Option<Vec<Value>> {
        let len = self.len()?;
        let mut items = Vec::with_capacity(len.min(1 << 16));
        for _ in 0..len {
            items.push(self.value(cx, depth + 1)?);
        }
        Some(items)
    }
}

// ---- messages: their length in eight bytes, then themselves

fn send(cx: &mut Cx, args: Args) -> Flow {
    let fd = descriptor(cx, args)?;
    let data = data_arg(cx, args, 1)?;
    let mut message = (data.len() as u64).to_le_bytes().to_vec();
    message.extend_from_slice(&data);
    let mut rest = &message[..];
    while !rest.is_empty() {
        let passed = seam::pass(Act::Send, rest.len());
        match passed.and_then(|n| system::send_now(fd, &rest[..n])) {
            Ok(n) => rest = &rest[n..],
            Err(error) if is_over(&error) => return Ok(Value::FALSE),
            Err(error) => go_on(cx, fd, Side::Writes, &error)?,
        }
    }
    Ok(Value::TRUE)
}

fn receive(cx: &mut Cx, args: Args) -> Flow {
    let fd = descriptor(cx, args)?;
    let mut head = [0; 8];
    if !fill(cx, fd, &mut head)? {
        return Ok(Value::NONE);
    }
    let len = u64::from_le_bytes(head) as usize;
    if len > MAX_BYTES {
        return Err(cx.error_with(T::MemoryError, &[]));
    }
    let mut data = vec![0; len];
    match fill(cx, fd, &mut data)? {
        true => Ok(Value::object(cx.bytes(data))),
        false => Ok(Value::NONE),
    }
}

/// Fills a buffer; false if the other end is gone.
fn fill(cx: &mut Cx, fd: i32, buffer: &mut [u8]) -> Result<bool, Stop> {
    let mut at = 0;
    while at < buffer.len() {
        let rest = &mut buffer[at..];
        let passed = seam::pass(Act::Receive, rest.len());
        match passed.and_then(|n| system::receive_now(fd, &mut rest[..n])) {
            Ok(0) => return Ok(false),
            Ok(n) => at += n,
            Err(error) if is_over(&error) => return Ok(false),
            Err(error) => go_on(cx, fd, Side::Reads, &error)?,
        }
    }
    Ok(true)
}

/// Whatever else went wrong: nothing can be said to each other any more.
fn is_over(error: &io::Error) -> bool {
    let passing = [io::ErrorKind::WouldBlock, io::ErrorKind::Interrupted];
    !passing.contains(&error.kind())
}

/// Waits if that is all that there is to do.
fn go_on(cx: &mut Cx, fd: i32, side: Side, error: &io::Error) -> Result<(), Stop> {
    match error.kind() {
        io::ErrorKind::Interrupted => cx.serve_signals(),
        _ => match cx.wait_for_fd(fd, side, None) {
            Ok(Woke::Interrupted) => cx.serve_signals(),
            Ok(_) => Ok(()),
            Err(error) => Err(io_error(cx, &error, None)),
        },
    }
}
