//! A buffered file descriptor, binary or text: what is behind every file object.
//!
//! Knows no values of the language. Errors come out as `Trouble`, which `methods.rs` turns into
//! exceptions. Reading ahead and writing behind exclude each other: whichever begins settles the
//! other first, so that the position is always right.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::rc::Rc;

use crate::plain::codec::{self, CodecFault, Encoding, Handler};
use crate::rt::seam::{self, Act};
use crate::vm::system;

/// Bytes that wait to be written before they are.
const WRITE_BUFFER: usize = 8192;
const READ_CHUNK: usize = 16 * 1024;
/// So much is written at once where that must not wait.
const PIECE: usize = 4096;

pub enum Trouble {
    Io(io::Error),
    Encode(CodecFault, Vec<u8>),
    Decode(CodecFault, Vec<u8>),
    /// `io.UnsupportedOperation`
    Unsupported(&'static str),
    /// The file does not wait, and so many of the bytes that were given were taken.
    Blocked(usize),
    /// There is nothing to read yet, and others can run: to be tried again.
    Wait,
    Closed,
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Trouble {
        Trouble::Io(error)
    }
}

impl Trouble {
    /// Would the call have had to wait?
    pub fn is_again(&self) -> bool {
        matches!(self, Trouble::Io(error) if error.raw_os_error() == Some(libc::EAGAIN))
    }
}

pub type Result<R> = std::result::Result<R, Trouble>;

/// How line ends are read and written: the `newline` argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Newline {
    /// `None`: all kinds are read as `\n`.
    Universal,
    /// `''`: all kinds end lines and are kept.
    Kept,
    /// Only this ends lines, and `\n` is written as it.
    Only(&'static str),
}

/// Which line ends a text has.
pub mod ends {
    pub const LF: u8 = 1;
    pub const CR: u8 = 2;
    pub const CRLF: u8 = 4;

    pub fn of(text: &[u8]) -> u8 {
        let mut found = 0;
        for at in memchr::memchr2_iter(b'\r', b'\n', text) {
            let after_return = at > 0 && text[at - 1] == b'\r';
            found |= match (text[at], text.get(at + 1)) {
                (b'\r', Some(b'\n')) => CRLF,
                (b'\r', _) => CR,
                _ if after_return => 0,
                _ => LF,
            };
        }
        found
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Text {
    pub encoding: Encoding,
    pub errors: Handler,
    pub newline: Newline,
}

pub struct Stream {
    /// None once closed.
    file: Option<File>,
    pub fd: i32,
    pub readable: bool,
    pub writable: bool,
    /// None for binary files.
    pub text: Option<Text>,
    /// Output is written at the end of each line …
    pub line_buffered: bool,
    /// … or at once.
    pub unbuffered: bool,
    /// Is the descriptor one of the process's standard ones, which outlive this object?
    pub is_standard: bool,
    /// Read but not consumed: from `at` on.
    ahead: Vec<u8>,
    at: usize,
    behind: Vec<u8>,
    /// The line ends met so far: bits of `ends`.
    pub ends: u8,
    /// Nothing has been written yet: a marked encoding writes its mark first.
    fresh: bool,
    /// Asked first with what is to be written, or before something is read: true if it took it.
    pub detour: Option<Detour>,
    /// Gets a copy of what is written.
    pub heard: Option<Heard>,
    /// Others read from it, too: nothing is read but what is asked for.
    pub spares: bool,
    /// Nobody reads what is written.
    pub is_broken: bool,
    /// To be told when the program closes it.
    pub watched: Option<Rc<Cell<bool>>>,
    /// Others can run: rather than wait it gives way.
    pub gives_way: bool,
    /// What is behind is to be written as soon as that is possible, …
    pub owes: bool,
    /// … and then the file is closed.
    closes: bool,
    /// Is it a file on a disk, which is always ready? Asked once.
    on_disk: Option<bool>,
}

pub type Heard = Rc<RefCell<Vec<u8>>>;
pub type Detour = std::rc::Rc<dyn Fn(&[u8]) -> bool>;

impl Stream {
    pub fn new(file: File, fd: i32, readable: bool, writable: bool, text: Option<Text>) -> Stream {
        let mut stream = Stream::closed(fd, text);
        stream.file = Some(file);
        stream.readable = readable;
        stream.writable = writable;
        stream
    }

    /// A stream that was never open.
    pub fn closed(fd: i32, text: Option<Text>) -> Stream {
        Stream {
            file: None,
            fd,
            readable: false,
            writable: false,
            text,
            line_buffered: false,
            unbuffered: false,
            is_standard: false,
            ahead: Vec::new(),
            at: 0,
            behind: Vec::new(),
            ends: 0,
            fresh: true,
            detour: None,
            heard: None,
            spares: false,
            is_broken: false,
            watched: None,
            gives_way: false,
            owes: false,
            closes: false,
            on_disk: None,
        }
    }

    /// A binary stream on the same open file, not buffered when it writes. What this one has read
    /// ahead goes over to it.
    pub fn twin(&mut self) -> Result<Stream> {
        let file = self.file()?.try_clone()?;
        let mut twin = Stream::new(file, self.fd, self.readable, self.writable, None);
        twin.unbuffered = true;
        twin.is_standard = self.is_standard;
        twin.spares = self.spares;
        twin.detour = self.detour.clone();
        twin.heard = self.heard.clone();
        twin.ahead = self.ahead.split_off(self.at);
        Ok(twin)
    }

    /// What the text file has read since goes on here.
    pub fn take_over(&mut self, text: &mut Stream) {
        if self.at == self.ahead.len() {
            self.ahead = text.ahead.split_off(text.at);
            self.at = 0;
        }
    }

    pub fn is_closed(&self) -> bool {
        self.file.is_none()
    }

    fn file(&mut self) -> Result<&mut File> {
        self.file.as_mut().ok_or(Trouble::Closed)
    }

    pub fn is_terminal(&self) -> bool {
        use std::io::IsTerminal;
        self.file.as_ref().is_some_and(File::is_terminal)
    }

    // ---- writing

    /// Adds bytes to the output; they may stay in the buffer.
    pub fn write_bytes(&mut self, data: &[u8]) -> Result<()> {
        self.begin_writing()?;
        if let Some(heard) = &self.heard {
            heard.borrow_mut().extend_from_slice(data);
        }
        self.behind.extend_from_slice(data);
        self.fresh = false;
        let is_due = self.unbuffered
            || self.behind.len() >= WRITE_BUFFER
            || self.line_buffered && memchr::memchr(b'\n', data).is_some();
        if !is_due {
            return Ok(());
        }
        match self.flush() {
            // What finds room stays for later.
            Err(Trouble::Blocked(_)) if !self.unbuffered && self.behind.len() <= WRITE_BUFFER => {
                Ok(())
            }
            Err(Trouble::Blocked(_)) => {
                let room = if self.unbuffered { 0 } else { WRITE_BUFFER };
                let lost = (self.behind.len() - room).min(data.len());
                self.behind.truncate(self.behind.len() - lost);
                Err(Trouble::Blocked(data.len() - lost))
            }
            outcome => outcome,
        }
    }

    /// Adds text, which is encoded and whose line ends are translated.
    pub fn write_text(&mut self, data: &[u8]) -> Result<()> {
        let Some(Text { mut encoding, errors, newline }) = self.text else {
            return self.write_bytes(data);
        };
        let translated;
        let data = match newline {
            Newline::Only(end) if end != "\n" && memchr::memchr(b'\n', data).is_some() => {
                translated = replace(data, b"\n", end.as_bytes());
                &translated[..]
            }
            _ => data,
        };
        if encoding == Encoding::Utf8 && codec_free(data) {
            return self.write_bytes(data);
        }
        if !self.fresh || self.position().unwrap_or(0) > 0 {
            encoding = without_mark(encoding);
        }
        match codec::encode(data, encoding, errors) {
            Ok(data) => self.write_bytes(&data),
            Err(fault) => Err(Trouble::Encode(fault, data.to_vec())),
        }
    }

    fn begin_writing(&mut self) -> Result<()> {
        if self.file.is_none() {
            return Err(Trouble::Closed);
        }
        if !self.writable {
            return Err(Trouble::Unsupported(match self.text {
                Some(_) => "not writable",
                None => "write",
            }));
        }
        if self.at < self.ahead.len() {
            let unread = (self.ahead.len() - self.at) as i64;
            self.file()?.seek(SeekFrom::Current(-unread))?;
        }
        self.ahead.clear();
        self.at = 0;
        Ok(())
    }

    /// Writes out what is buffered. What could not be written is dropped, or a full disk or a
    /// closed pipe would be reported again and again.
    pub fn flush(&mut self) -> Result<()> {
        if self.behind.is_empty() {
            return match self.file {
                Some(_) => Ok(()),
                None => Err(Trouble::Closed),
            };
        }
        if self.detour.as_ref().is_some_and(|detour| detour(&self.behind)) {
            self.behind.clear();
            return Ok(());
        }
        self.owes = false;
        let on_disk = self.is_on_disk();
        let behind = std::mem::take(&mut self.behind);
        let file = self.file.as_mut().ok_or(Trouble::Closed)?;
        let mut rest = &behind[..];
        while !rest.is_empty() {
            let piece = match self.gives_way && !on_disk {
                false => rest,
                true if !system::is_ready(self.fd, true) => {
                    self.behind = rest.to_vec();
                    self.owes = true;
                    return Ok(());
                }
                // So much a pipe that is ready takes at once.
                true => &rest[..rest.len().min(PIECE)],
            };
            let passed = seam::pass(Act::WriteFile, piece.len());
            match passed.and_then(|count| file.write(&piece[..count])) {
                Ok(0) => return Err(Trouble::Io(io::Error::from_raw_os_error(libc::EIO))),
                Ok(n) => rest = &rest[n..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.raw_os_error() == Some(libc::EAGAIN) => {
                    if self.fd > 2 {
                        self.behind = rest.to_vec();
                        return Err(Trouble::Blocked(0));
                    }
                    // Somebody else who has the terminal wants that; what is printed waits all the same.
                    std::thread::sleep(std::time::Duration::from_millis(1));
                }
                Err(error) => {
                    self.is_broken = error.kind() == io::ErrorKind::BrokenPipe;
                    return Err(Trouble::Io(error));
                }
            }
        }
        // Keep the allocation for the next lines.
        self.behind = behind;
        self.behind.clear();
        Ok(())
    }

    fn is_on_disk(&mut self) -> bool {
        let file = self.file.as_ref();
        *self.on_disk.get_or_insert_with(|| {
            file.and_then(|file| file.metadata().ok()).is_some_and(|known| known.is_file())
        })
    }

    /// Writes what it owes, once that is possible.
    pub fn settle(&mut self) -> Result<()> {
        self.flush()?;
        if self.closes && !self.owes {
            self.close()?;
        }
        Ok(())
    }

    /// Does something wait to be written, that nobody is about to write?
    pub fn has_pending(&self) -> bool {
        !self.behind.is_empty() && !self.owes
    }

    // ---- reading

    fn begin_reading(&mut self) -> Result<()> {
        if self.file.is_none() {
            return Err(Trouble::Closed);
        }
        if !self.readable {
            return Err(Trouble::Unsupported(match self.text {
                Some(_) => "not readable",
                None => "read",
            }));
        }
        if self.behind.is_empty() { Ok(()) } else { self.flush() }
    }

    /// Reads more ahead; false at the end. Interrupted calls come back as errors, so that Ctrl-C
    /// gets through.
    fn fill(&mut self) -> Result<bool> {
        if self.gives_way && !self.is_on_disk() && !system::is_ready(self.fd, false) {
            return Err(Trouble::Wait);
        }
        if self.at > 0 {
            self.ahead.drain(..self.at);
            self.at = 0;
        }
        self.may_read()?;
        let old = self.ahead.len();
        let wanted = if self.spares { 1 } else { READ_CHUNK };
        self.ahead.resize(old + wanted, 0);
        let file = self.file.as_mut().ok_or(Trouble::Closed)?;
        let outcome = seam::pass(Act::ReadFile, wanted)
            .and_then(|room| file.read(&mut self.ahead[old..][..room]));
        let count = *outcome.as_ref().unwrap_or(&0);
        self.ahead.truncate(old + count);
        outcome?;
        Ok(count > 0)
    }

    /// A prompt that reads what is typed takes nothing from others, nor gives them anything.
    fn may_read(&self) -> Result<()> {
        match &self.detour {
            Some(is_taken) if self.readable && is_taken(&[]) => Err(Trouble::Unsupported(
                "the prompt reads what is typed; read in a statement that the prompt waits for",
            )),
            _ => Ok(()),
        }
    }

    fn fill_all(&mut self) -> Result<()> {
        self.may_read()?;
        if self.gives_way && !self.is_on_disk() {
            while self.fill()? {}
            return Ok(());
        }
        self.ahead.drain(..self.at);
        self.at = 0;
        let file = self.file.as_mut().ok_or(Trouble::Closed)?;
        seam::pass(Act::ReadFile, 0)?;
        file.read_to_end(&mut self.ahead)?;
        Ok(())
    }

    fn fill_to(&mut self, count: usize) -> Result<()> {
        while self.ahead.len() - self.at < count && self.fill()? {}
        Ok(())
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        let end = self.at + count;
        let taken = self.ahead[self.at..end].to_vec();
        self.at = end;
        taken
    }

    /// Up to `count` bytes, or all that is left.
    pub fn read_bytes(&mut self, count: Option<usize>) -> Result<Vec<u8>> {
        self.begin_reading()?;
        let outcome = match count {
            None => self.fill_all(),
            Some(count) => self.fill_to(count),
        };
        match outcome {
            // Of a file that does not wait, what there is.
            Err(trouble) if !trouble.is_again() || self.at == self.ahead.len() => {
                return Err(trouble);
            }
            _ => {}
        }
        let left = self.ahead.len() - self.at;
        Ok(self.take(count.unwrap_or(left).min(left)))
    }

    /// What one call of the system yields at most: for `read1` and pipes.
    pub fn read_some(&mut self, count: usize) -> Result<Vec<u8>> {
        self.begin_reading()?;
        if self.at == self.ahead.len() {
            self.fill()?;
        }
        let left = self.ahead.len() - self.at;
        Ok(self.take(count.min(left)))
    }

    /// What was read ahead, which stays there.
    pub fn peek(&mut self) -> Result<Vec<u8>> {
        self.begin_reading()?;
        if self.at == self.ahead.len() {
            self.fill()?;
        }
        Ok(self.ahead[self.at..].to_vec())
    }

    /// Up to `count` characters, or all that is left, as WTF-8.
    pub fn read_text(&mut self, count: Option<usize>) -> Result<Vec<u8>> {
        let Some(count) = count else {
            let data = self.read_bytes(None)?;
            return self.decode(data);
        };
        self.begin_reading()?;
        let mut out = Vec::new();
        let mut chars = 0;
        let mut taken = Vec::new();
        while chars < count {
            let data = match self.next_char() {
                Ok(Some(data)) => data,
                Ok(None) => break,
                Err(trouble) => {
                    // It is tried again from the beginning.
                    self.ahead.splice(..self.at, taken);
                    self.at = 0;
                    return Err(trouble);
                }
            };
            taken.extend_from_slice(&data);
            let text = self.decode(data)?;
            if !text.is_empty() {
                chars += 1;
                out.extend(text);
            }
        }
        Ok(out)
    }

    /// The bytes of the next character; a translated line end counts as one.
    fn next_char(&mut self) -> Result<Option<Vec<u8>>> {
        // No more is waited for than the character needs.
        let unit = self.unit();
        if !self.fill_for(unit)? {
            return Ok(None);
        }
        let first = self.ahead[self.at];
        let encoding = self.text.map_or(Encoding::Latin1, |text| text.encoding);
        let mut width = match encoding {
            Encoding::Utf8 | Encoding::Utf8Sig => match first {
                0..0xC0 => 1,
                0xC0..0xE0 => 2,
                0xE0..0xF0 => 3,
                _ => 4,
            },
            _ => unit,
        };
        let translates = self.text.is_some_and(|text| text.newline == Newline::Universal);
        if first == b'\r' && unit == 1 && translates {
            self.fill_for(2)?;
            if self.ahead.get(self.at + 1) == Some(&b'\n') {
                width = 2;
            }
        }
        self.fill_for(width)?;
        let width = width.min(self.ahead.len() - self.at);
        Ok(Some(self.take(width)))
    }

    fn fill_for(&mut self, count: usize) -> Result<bool> {
        while self.ahead.len() - self.at < count && self.fill()? {}
        Ok(self.at < self.ahead.len())
    }

    fn unit(&self) -> usize {
        match self.text.map(|text| text.encoding) {
            Some(Encoding::Utf16(_)) => 2,
            Some(Encoding::Utf32(_)) => 4,
            _ => 1,
        }
    }

    /// The next line with its end, as bytes; empty at the end of the file. `limit` counts bytes.
    pub fn read_line(&mut self, limit: Option<usize>) -> Result<Vec<u8>> {
        self.begin_reading()?;
        let newline = self.text.map_or(Newline::Only("\n"), |text| text.newline);
        let unit = self.unit();
        let mut from = 0;
        loop {
            let rest = &self.ahead[self.at..];
            let end = line_end(rest, from, newline, unit);
            if let Some(end) = end
                && limit.is_none_or(|limit| end <= limit)
            {
                return Ok(self.take(end));
            }
            if let Some(limit) = limit
                && rest.len() >= limit
            {
                return Ok(self.take(limit));
            }
            // A `\r` at the end of what is known may be half of a `\r\n`.
            from = rest.len().saturating_sub(2);
            if !self.fill()? {
                let left = self.ahead.len() - self.at;
                let end = line_end_final(&self.ahead[self.at..], newline, unit).unwrap_or(left);
                return Ok(self.take(end));
            }
        }
    }

    /// The next line as text.
    pub fn read_text_line(&mut self, limit: Option<usize>) -> Result<Vec<u8>> {
        match limit {
            None => {
                let data = self.read_line(None)?;
                self.decode(data)
            }
            Some(limit) => {
                // The limit counts characters.
                let start = self.tell()?;
                let line = self.read_line(None)?;
                let text = self.decode(line)?;
                if crate::plain::wtf8::len(&text) <= limit {
                    return Ok(text);
                }
                self.seek(SeekFrom::Start(start))?;
                self.read_text(Some(limit))
            }
        }
    }

    fn decode(&mut self, data: Vec<u8>) -> Result<Vec<u8>> {
        let Some(Text { encoding, errors, newline }) = self.text else { return Ok(data) };
        let text = if encoding == Encoding::Utf8 && std::str::from_utf8(&data).is_ok() {
            data
        } else {
            match codec::decode(&data, encoding, errors) {
                Ok(text) => text,
                Err(fault) => return Err(Trouble::Decode(fault, data)),
            }
        };
        if matches!(newline, Newline::Only(_)) {
            return Ok(text);
        }
        if memchr::memchr(b'\r', &text).is_none() {
            if self.ends & ends::LF == 0 && memchr::memchr(b'\n', &text).is_some() {
                self.ends |= ends::LF;
            }
            return Ok(text);
        }
        self.ends |= ends::of(&text);
        if newline == Newline::Kept {
            return Ok(text);
        }
        Ok(replace(&replace(&text, b"\r\n", b"\n"), b"\r", b"\n"))
    }

    // ---- position

    fn position(&mut self) -> Result<u64> {
        Ok(self.file()?.stream_position()?)
    }

    pub fn tell(&mut self) -> Result<u64> {
        let (ahead, behind) = (self.ahead.len() - self.at, self.behind.len());
        Ok(self.position()? + behind as u64 - ahead as u64)
    }

    pub fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        let to = match to {
            SeekFrom::Current(by) => SeekFrom::Current(by - (self.ahead.len() - self.at) as i64),
            to => to,
        };
        if !self.behind.is_empty() {
            self.flush()?;
        }
        let position = self.file()?.seek(to)?;
        self.ahead.clear();
        self.at = 0;
        Ok(position)
    }

    pub fn is_seekable(&mut self) -> Result<bool> {
        Ok(self.file()?.stream_position().is_ok())
    }

    pub fn truncate(&mut self, size: Option<u64>) -> Result<u64> {
        if !self.writable {
            return Err(Trouble::Unsupported("truncate"));
        }
        let size = match size {
            Some(size) => size,
            None => self.tell()?,
        };
        self.flush()?;
        self.file()?.set_len(size)?;
        Ok(size)
    }

    pub fn close(&mut self) -> Result<()> {
        if let Some(closed) = self.watched.take() {
            closed.set(true);
        }
        if self.file.is_none() {
            return Ok(());
        }
        let outcome = self.flush();
        if self.owes {
            self.closes = true;
            return Ok(());
        }
        self.file = None;
        outcome
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // Nobody is left to tell, or to give way to, and it was not the program that has closed it.
        self.watched = None;
        self.gives_way = false;
        let _ = self.close();
    }
}

/// Is the text the same bytes in UTF-8?
fn codec_free(data: &[u8]) -> bool {
    data.is_ascii() || crate::plain::wtf8::find_surrogate(data).is_none()
}

fn without_mark(encoding: Encoding) -> Encoding {
    use codec::Order;
    match encoding {
        Encoding::Utf8Sig => Encoding::Utf8,
        Encoding::Utf16(Order::Marked) => Encoding::Utf16(Order::Little),
        Encoding::Utf32(Order::Marked) => Encoding::Utf32(Order::Little),
        other => other,
    }
}

fn replace(data: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() + 16);
    let mut at = 0;
    for found in memchr::memmem::find_iter(data, from) {
        out.extend_from_slice(&data[at..found]);
        out.extend_from_slice(to);
        at = found + from.len();
    }
    out.extend_from_slice(&data[at..]);
    out
}

/// Where the first line of the data ends; None while more data may tell.
fn line_end(data: &[u8], from: usize, newline: Newline, unit: usize) -> Option<usize> {
    if unit > 1 {
        return wide_line_end(data, unit);
    }
    match newline {
        Newline::Only(end) => {
            let at = memchr::memmem::find(&data[from.min(data.len())..], end.as_bytes())?;
            Some(from + at + end.len())
        }
        Newline::Universal | Newline::Kept => {
            let at = from + memchr::memchr2(b'\n', b'\r', &data[from.min(data.len())..])?;
            if data[at] == b'\n' {
                return Some(at + 1);
            }
            match data.get(at + 1) {
                None => None,
                Some(b'\n') => Some(at + 2),
                Some(_) => Some(at + 1),
            }
        }
    }
}

/// As `line_end`, no more data coming.
fn line_end_final(data: &[u8], newline: Newline, unit: usize) -> Option<usize> {
    line_end(data, 0, newline, unit).or_else(|| match newline {
        Newline::Only(_) => None,
        _ => memchr::memchr(b'\r', data).map(|at| at + 1),
    })
}

/// In UTF-16 and UTF-32 a line ends behind a unit that is `\n` in either order.
fn wide_line_end(data: &[u8], unit: usize) -> Option<usize> {
    let is_end = |chunk: &[u8]| {
        chunk.iter().filter(|&&byte| byte != 0).eq([b'\n'].iter())
            && (chunk[0] == b'\n' || chunk[unit - 1] == b'\n')
    };
    data.chunks_exact(unit).position(is_end).map(|at| (at + 1) * unit)
}
