//! The module `_socket`: sockets as the system has them. Names are looked up, and addresses of
//! servers tried, in `stdlib/socket.sloop`.
//!
//! Descriptors never block the process: what the program calls blocking waits in the machine,
//! where other threads of the program go on.

mod address;
mod constants;
mod messages;

use std::cell::{Cell, RefCell};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, ToSocketAddrs};
use std::os::fd::{AsRawFd, IntoRawFd};
use std::rc::Rc;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use address::{address_of, address_value};
use constants::CONSTANTS;

use super::bytes::{data_arg, data_of};
use super::error::{io_error, os_error};
use super::float::float_arg;
use super::object::{derive, new_class};
use super::target::Target;
use super::{TypeDef, add_functions, add_types, function, method, static_method};
use crate::gc::Gc;
use crate::plain::MAX_BYTES;
use crate::rt::seam::{self, Act};
use crate::value::{Dict, Resource, Str, T, Value};
use crate::vm::system;
use crate::vm::threads::{Side, Woke};
use crate::vm::{Args, Cx, Def, Flow, GetSet, Stop};

struct Sock {
    socket: Socket,
    /// Seconds that a call may wait; None without limit.
    timeout: Cell<Option<f64>>,
    kinds: Kinds,
}

/// What a socket is, which a closed one still says.
#[derive(Clone, Copy)]
struct Kinds {
    family: i32,
    kind: i32,
    protocol: i32,
}

/// Where received data goes first, whoever receives it.
#[derive(Default)]
struct Shared(RefCell<Vec<u8>>);

/// Bytes that are received at once at most, however many are asked for.
const CHUNK: usize = 256 << 10;

macro_rules! number {
    ($name:literal, $field:ident) => {
        GetSet {
            name: $name,
            doc: "",
            get: |cx, this| {
                let was = gone_of(cx, this).map(|gone| gone.$field);
                let number = was.map_or_else(|| Ok(sock_of(cx, this)?.kinds.$field), Ok)?;
                Ok(Value::int(number.into()))
            },
            set: None,
        }
    };
}

pub static TYPE: TypeDef = TypeDef {
    id: T::Socket,
    doc: "An end of a connection.",
    methods: &[
        static_method("__new__(cls, *args, **kwargs)", "Create and return a new object.", new),
        method("__init__(self, family=-1, type=-1, proto=-1, fileno=None)", "Opens it.", init),
        method(
            "fileno(self, /)",
            "The number of its descriptor, or -1 once closed.",
            |cx, args| {
                let this = resource(cx, args)?;
                let payload = this.payload.borrow();
                let sock = payload.as_ref().and_then(|sock| sock.downcast_ref::<Rc<Sock>>());
                Ok(Value::int(sock.map_or(-1, |sock| sock.socket.as_raw_fd().into())))
            },
        ),
        method("close(self, /)", "Closes it.", |cx, args| {
            let sock = taken(cx, args)?;
            // Whoever is at work with it closes it at the end.
            let sock = sock.and_then(|sock| Rc::try_unwrap(sock).ok());
            let Some(sock) = sock else { return Ok(Value::NONE) };
            match system::close(sock.socket.into_raw_fd()) {
                Err(error) if error.raw_os_error() != Some(libc::ECONNRESET) => {
                    Err(io_error(cx, &error, None))
                }
                _ => Ok(Value::NONE),
            }
        }),
        method("detach(self, /)", "Closes the object but not the descriptor.", |cx, args| {
            let Some(sock) = taken(cx, args)? else { return Ok(Value::int(-1)) };
            let owned = match Rc::try_unwrap(sock) {
                Ok(sock) => sock.socket,
                // Somebody waits for it: what they have is a descriptor of its own from now on.
                Err(sock) => sock.socket.try_clone().map_err(|error| io_error(cx, &error, None))?,
            };
            Ok(Value::int(owned.into_raw_fd().into()))
        }),
        method("bind(self, address, /)", "Gives it an address of this machine.", |cx, args| {
            let (sock, address) = with_address(cx, args, 1, "bind")?;
            done(cx, sock.socket.bind(&address))
        }),
        method("listen(self, backlog=128, /)", "Waits for connections.", |cx, args| {
            let backlog = cx.arg(args, 1).value();
            let backlog = if backlog.is_undef() { 128 } else { cx.index_i64(backlog)? };
            let sock = sock(cx, args)?;
            done(cx, sock.socket.listen(backlog.clamp(0, 65535) as i32))
        }),
        method(
            "_accept(self, /)",
            "A new connection's descriptor and the other's address.",
            accept,
        ),
        method("connect(self, address, /)", "Connects it.", connect),
        method(
            "connect_ex(self, address, /)",
            "Connects it; the error's number, or 0.",
            |cx, args| {
                let (sock, address) = with_address(cx, args, 1, "connect_ex")?;
                match try_connect(cx, &sock, &address)? {
                    Ok(()) => Ok(Value::int(0)),
                    Err(number) => Ok(Value::int(number.into())),
                }
            },
        ),
        method("recv(self, bufsize, flags=0, /)", "Receives data.", |cx, args| {
            let (sock, size, flags) = receiving(cx, args)?;
            let data = with_buffer(cx, size, |cx, buffer| {
                let n = receive(cx, &sock, buffer, flags)?;
                Ok(Value::object(cx.bytes(&buffer[..n])))
            })?;
            Ok(data)
        }),
        method(
            "recvfrom(self, bufsize, flags=0, /)",
            "Receives data, and who sent it.",
            |cx, args| {
                let (sock, size, flags) = receiving(cx, args)?;
                with_buffer(cx, size, |cx, buffer| {
                    let (n, from) = retry(cx, &sock, Act::Receive, 0, flags, |s, _| {
                        system::receive_from(s, buffer, flags)
                    })?;
                    let data = Value::object(cx.bytes(&buffer[..n]));
                    let from = address_value(cx, &from);
                    Ok(Value::object(cx.tuple(&[data, from])))
                })
            },
        ),
        method("recv_into(self, buffer, nbytes=0, flags=0)", "Receives into a buffer.", recv_into),
        method(
            "recvfrom_into(self, buffer, nbytes=0, flags=0)",
            "Receives into a buffer; how much, and who sent it.",
            messages::receive_from_into,
        ),
        method(
            "_recvmsg(self, bufsize, flags, ancbufsize, /)",
            "Receives data, and what goes beside it.",
            messages::receive,
        ),
        method(
            "_sendmsg(self, data, controls, flags, address, /)",
            "Sends data, and what goes beside it.",
            messages::send,
        ),
        method("send(self, data, flags=0, /)", "Sends some of the data; how much.", |cx, args| {
            let flags = flags(cx, args, 2)?;
            let data = data_arg(cx, args, 1)?;
            let sock = sock(cx, args)?;
            let n = retry(cx, &sock, Act::Send, data.len(), flags, |s, n| {
                s.send_with_flags(&data[..n], flags)
            })?;
            Ok(Value::int(n as i64))
        }),
        method("sendall(self, data, flags=0, /)", "Sends all of the data.", |cx, args| {
            let flags = flags(cx, args, 2)?;
            let data = data_arg(cx, args, 1)?;
            let sock = sock(cx, args)?;
            let mut sent = 0;
            while sent < data.len() {
                sent += retry(cx, &sock, Act::Send, data.len() - sent, flags, |s, n| {
                    s.send_with_flags(&data[sent..][..n], flags)
                })?;
            }
            Ok(Value::NONE)
        }),
        method(
            "sendto(self, data, flags_or_address, address=None, /)",
            "Sends to somebody.",
            send_to,
        ),
        method(
            "shutdown(self, how, /)",
            "Ends reading (0), writing (1) or both (2).",
            |cx, args| {
                let how = match cx.index_i64(cx.arg(args, 1).value())? {
                    0 => Shutdown::Read,
                    1 => Shutdown::Write,
                    2 => Shutdown::Both,
                    _ => return Err(os_error(cx, libc::EINVAL, None)),
                };
                let sock = sock(cx, args)?;
                done(cx, sock.socket.shutdown(how))
            },
        ),
        method("getsockname(self, /)", "Its own address.", |cx, args| {
            let sock = sock(cx, args)?;
            let address = sock.socket.local_addr().map_err(|error| io_error(cx, &error, None))?;
            Ok(address_value(cx, &address))
        }),
        method("getpeername(self, /)", "The other's address.", |cx, args| {
            let sock = sock(cx, args)?;
            let address = sock.socket.peer_addr().map_err(|error| io_error(cx, &error, None))?;
            Ok(address_value(cx, &address))
        }),
        method("settimeout(self, timeout, /)", "How long calls may wait.", |cx, args| {
            let timeout = cx.arg(args, 1).value();
            let timeout = if timeout.is_none() { None } else { Some(float_arg(cx, timeout)?) };
            if timeout.is_some_and(|timeout| timeout < 0.0) {
                return Err(cx.value_error("Timeout value out of range"));
            }
            sock(cx, args)?.timeout.set(timeout);
            Ok(Value::NONE)
        }),
        method("gettimeout(self, /)", "How long calls may wait.", |cx, args| {
            Ok(sock(cx, args)?.timeout.get().map_or(Value::NONE, Value::float))
        }),
        method("setblocking(self, flag, /)", "Do calls wait?", |cx, args| {
            let on = cx.arg(args, 1).value();
            let on = cx.truth(on)?;
            sock(cx, args)?.timeout.set(if on { None } else { Some(0.0) });
            Ok(Value::NONE)
        }),
        method("getblocking(self, /)", "Do calls wait?", |cx, args| {
            Ok(Value::bool(sock(cx, args)?.timeout.get() != Some(0.0)))
        }),
        method("setsockopt(self, level, optname, value, /)", "Sets an option.", set_option),
        method("getsockopt(self, level, optname, buflen=0, /)", "An option's value.", get_option),
    ],
    getsets: &[
        number!("family", family),
        number!("type", kind),
        number!("proto", protocol),
        GetSet {
            name: "timeout",
            doc: "How long calls may wait.",
            get: |cx, this| {
                let sock = sock_of(cx, this)?;
                Ok(sock.timeout.get().map_or(Value::NONE, Value::float))
            },
            set: None,
        },
    ],
};

static FUNCTIONS: &[Def] =
    &[
        function("_pair(family, type, proto, /)", "Two connected descriptors.", |cx, args| {
            let [family, kind, protocol] = three(cx, args)?;
            let protocol = (protocol != 0).then(|| Protocol::from(protocol));
            let made = seam::pass(Act::Open, 0)
                .and_then(|_| Socket::pair(Domain::from(family), Type::from(kind), protocol));
            match made {
                Ok((a, b)) => {
                    let ends = [a, b].map(|end| Value::int(end.into_raw_fd().into()));
                    Ok(Value::object(cx.tuple(&ends)))
                }
                Err(error) => Err(io_error(cx, &error, None)),
            }
        }),
        function(
            "_lookup(host, /)",
            "Addresses of a name: families and texts; None if there are none.",
            |cx, args| {
                let Some(host) = text(cx, args, 0) else {
                    return Err(cx.type_error("a host's name is expected"));
                };
                let found = cx.offload("sloop-resolver", move || {
                    (host.as_str(), 0).to_socket_addrs().map(|found| found.collect::<Vec<_>>())
                })?;
                let Ok(found) = found else { return Ok(Value::NONE) };
                let rows = found.iter().map(|address| {
                    let family = if address.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
                    let shown = cx.str_value(&address.ip().to_string());
                    Value::object(cx.tuple(&[Value::int(family.into()), shown]))
                });
                Ok(Value::object(cx.list(rows.collect())))
            },
        ),
        function(
            "_numeric(host, /)",
            "The family of an address and its usual text, or None.",
            |cx, args| {
                let found = text(cx, args, 0).and_then(|host| host.parse::<IpAddr>().ok());
                let Some(ip) = found else { return Ok(Value::NONE) };
                let family = if ip.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
                let shown = cx.str_value(&ip.to_string());
                Ok(Value::object(cx.tuple(&[Value::int(family.into()), shown])))
            },
        ),
        function("inet_pton(address_family, ip_string, /)", "An address as bytes.", |cx, args| {
            let family = cx.index_i64(cx.arg(args, 0).value())?;
            let host = text(cx, args, 1).unwrap_or_default();
            let packed = match i32::try_from(family) {
                Ok(libc::AF_INET) => host.parse::<Ipv4Addr>().ok().map(|ip| ip.octets().to_vec()),
                Ok(libc::AF_INET6) => host.parse::<Ipv6Addr>().ok().map(|ip| ip.octets().to_vec()),
                _ => return Err(os_error(cx, libc::EAFNOSUPPORT, None)),
            };
            match packed {
                Some(packed) => Ok(Value::object(cx.bytes(packed))),
                None => {
                    let text = cx.str_value("illegal IP address string passed to inet_pton");
                    Err(cx.error_with(T::OSError, &[text]))
                }
            }
        }),
        function("inet_ntop(address_family, packed_ip, /)", "An address as text.", |cx, args| {
            let family = cx.index_i64(cx.arg(args, 0).value())?;
            let packed = data_arg(cx, args, 1)?;
            let shown = match i32::try_from(family) {
                Ok(libc::AF_INET) => <[u8; 4]>::try_from(&*packed).ok().map(IpAddr::from),
                Ok(libc::AF_INET6) => <[u8; 16]>::try_from(&*packed).ok().map(IpAddr::from),
                _ => return Err(cx.value_error(&format!("unknown address family {family}"))),
            };
            match shown {
                Some(ip) => Ok(cx.str_value(&ip.to_string())),
                None => Err(cx.value_error("invalid length of packed IP address string")),
            }
        }),
        function(
            "_names(family, address, flags, /)",
            "The names of a host and a service, or an error's number.",
            messages::names,
        ),
        function(
            "_control_len(length, /)",
            "How long a control is, without and with what fills it up.",
            messages::control_len,
        ),
        function("gethostname()", "What this machine is called.", |cx, _| {
            match std::fs::read_to_string("/proc/sys/kernel/hostname") {
                Ok(name) => Ok(cx.str_value(name.trim_end())),
                Err(error) => Err(io_error(cx, &error, None)),
            }
        }),
        function("_limit()", "How many descriptors there may be.", |cx, _| {
            match system::descriptor_limit() {
                Ok(limit) => Ok(cx.uint(limit)),
                Err(error) => Err(io_error(cx, &error, None)),
            }
        }),
        function("close(fd, /)", "Closes a descriptor.", |cx, args| {
            let fd = cx.index_i64(cx.arg(args, 0).value())?;
            done(cx, system::close(fd as i32))
        }),
        function("dup(fd, /)", "Another descriptor of the same.", |cx, args| {
            let fd = cx.index_i64(cx.arg(args, 0).value())?;
            match system::duplicate(fd as i32) {
                Ok(fd) => Ok(Value::int(fd.into())),
                Err(error) => Err(io_error(cx, &error, None)),
            }
        }),
    ];

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_types(cx, &[&TYPE]);
    add_functions(cx, dict, FUNCTIONS, "_socket");
    dict.set_str(cx, cx.intern("socket"), cx.type_object(T::Socket));
    for &(name, number) in CONSTANTS {
        dict.set_str(cx, cx.intern(name), Value::int(number));
    }
    Ok(())
}

// ---- the object

fn new(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Socket)?;
    let object = cx.new_object(T::Socket.shape(), 0, |header| Resource {
        header,
        extra: Value::UNDEF.into(),
        payload: RefCell::new(None),
    });
    derive(cx, class, T::Socket, Value::object(object))
}

fn init(cx: &mut Cx, args: Args) -> Flow {
    let mut given = [-1, -1, -1];
    for (i, place) in given.iter_mut().enumerate() {
        let value = cx.arg(args, i + 1).value();
        if !value.is_undef() {
            *place = cx.index_i64(value)? as i32;
        }
    }
    let fd = cx.arg(args, 4).value();
    let [family, kind, protocol] = given;
    let is_new = fd.is_undef() || fd.is_none();
    let given_protocol = (is_new || protocol != -1).then_some(protocol.max(0));
    let opened = if is_new {
        let family = if family == -1 { libc::AF_INET } else { family };
        let kind = if kind == -1 { libc::SOCK_STREAM } else { kind };
        let protocol = (protocol > 0).then(|| Protocol::from(protocol));
        seam::pass(Act::Open, 0)
            .and_then(|_| Socket::new(Domain::from(family), Type::from(kind), protocol))
    } else {
        match cx.index_i64(fd)? {
            fd if fd < 0 => return Err(cx.value_error("negative file descriptor")),
            fd => system::adopt_socket(fd as i32),
        }
    };
    let made = opened.and_then(|socket| {
        socket.set_nonblocking(true)?;
        let waits = !is_new || given[1] == -1 || given[1] & libc::SOCK_NONBLOCK == 0;
        Ok(Sock {
            timeout: Cell::new(if waits { None } else { Some(0.0) }),
            kinds: Kinds {
                // Whoever brings a descriptor may say what it is.
                family: match family {
                    family if family != -1 && !is_new => family,
                    _ => socket.domain()?.into(),
                },
                kind: match kind {
                    kind if kind != -1 && !is_new => kind,
                    _ => socket.r#type()?.into(),
                },
                protocol: match given_protocol {
                    Some(protocol) => protocol,
                    None => socket.protocol()?.map_or(0, i32::from),
                },
            },
            socket,
        })
    });
    match made {
        Ok(sock) => {
            let this = resource(cx, args)?;
            let sock: Box<dyn std::any::Any> = Box::new(Rc::new(sock));
            *this.payload.borrow_mut() = Some(sock);
            Ok(Value::NONE)
        }
        Err(error) => Err(io_error(cx, &error, None)),
    }
}

fn resource(cx: &Cx, args: Args) -> Result<Gc<Resource>, Stop> {
    let this = cx.arg(args, 0).value();
    cx.unwrap(this).cast::<Resource>().ok_or_else(|| cx.type_error("a socket is expected"))
}

/// Takes the socket away from the object, which remembers what it was.
fn taken(cx: &Cx, args: Args) -> Result<Option<Rc<Sock>>, Stop> {
    let this = resource(cx, args)?;
    let mut payload = this.payload.borrow_mut();
    let sock = payload.as_ref().and_then(|sock| sock.downcast_ref::<Rc<Sock>>()).cloned();
    if let Some(sock) = &sock {
        *payload = Some(Box::new(sock.kinds));
    }
    Ok(sock)
}

fn gone_of(cx: &Cx, this: Value) -> Option<Kinds> {
    let this = cx.unwrap(this).cast::<Resource>()?;
    let payload = this.payload.borrow();
    payload.as_ref()?.downcast_ref::<Kinds>().copied()
}

fn sock(cx: &Cx, args: Args) -> Result<Rc<Sock>, Stop> {
    sock_of(cx, cx.arg(args, 0).value())
}

/// The socket itself, which lives as long as somebody is at work with it.
fn sock_of(cx: &Cx, this: Value) -> Result<Rc<Sock>, Stop> {
    let this = cx.unwrap(this).cast::<Resource>();
    let Some(this) = this else { return Err(cx.type_error("a socket is expected")) };
    let payload = this.payload.borrow();
    match payload.as_ref().and_then(|sock| sock.downcast_ref::<Rc<Sock>>()) {
        Some(sock) => Ok(sock.clone()),
        None => Err(os_error(cx, libc::EBADF, None)),
    }
}

fn done(cx: &Cx, result: io::Result<()>) -> Flow {
    match result {
        Ok(()) => Ok(Value::NONE),
        Err(error) => Err(io_error(cx, &error, None)),
    }
}

fn three(cx: &mut Cx, args: Args) -> Result<[i32; 3], Stop> {
    let mut given = [0; 3];
    for (i, place) in given.iter_mut().enumerate() {
        *place = cx.index_i64(cx.arg(args, i).value())? as i32;
    }
    Ok(given)
}

fn text(cx: &Cx, args: Args, i: usize) -> Option<String> {
    let value = cx.arg(args, i).value();
    Some(cx.unwrap(value).cast::<Str>()?.lossy().into_owned())
}

fn flags(cx: &mut Cx, args: Args, i: usize) -> Result<i32, Stop> {
    let flags = cx.arg(args, i).value();
    if flags.is_undef() { Ok(0) } else { Ok(cx.index_i64(flags)? as i32) }
}

// ---- waiting

/// Tries until it need not wait any more, for as long as the socket may. `run` moves as many bytes
/// as it is told.
fn retry<R>(
    cx: &mut Cx,
    sock: &Sock,
    act: Act,
    bytes: usize,
    flags: i32,
    mut run: impl FnMut(&Socket, usize) -> io::Result<R>,
) -> Result<R, Stop> {
    let side = if act == Act::Send { Side::Writes } else { Side::Reads };
    let may_wait = sock.timeout.get() != Some(0.0) && flags & libc::MSG_DONTWAIT == 0;
    let mut until = None;
    loop {
        let tried = seam::pass(act, bytes).and_then(|bytes| run(&sock.socket, bytes));
        let error = match tried {
            Ok(result) => return Ok(result),
            Err(error) => error,
        };
        match error.kind() {
            io::ErrorKind::Interrupted => cx.serve_signals()?,
            io::ErrorKind::WouldBlock if may_wait => {
                wait(cx, sock, side, &mut until)?;
            }
            _ => return Err(io_error(cx, &error, None)),
        }
    }
}

fn wait(cx: &mut Cx, sock: &Sock, side: Side, until: &mut Option<f64>) -> Result<(), Stop> {
    if until.is_none() {
        *until = sock.timeout.get().map(|timeout| cx.now() + timeout);
    }
    match cx.wait_for_fd(sock.socket.as_raw_fd(), side, *until) {
        Ok(Woke::Called) => Ok(()),
        Ok(Woke::Late) => Err(cx.error(T::TimeoutError, "timed out")),
        Ok(Woke::Interrupted) => cx.serve_signals(),
        // A descriptor that is watched may always wake.
        Ok(Woke::Stuck) => Err(os_error(cx, libc::EDEADLK, None)),
        Err(error) => Err(io_error(cx, &error, None)),
    }
}

/// As many bytes as were asked for, of a buffer that all sockets share.
pub fn with_buffer<R>(
    cx: &mut Cx,
    size: usize,
    body: impl FnOnce(&mut Cx, &mut [u8]) -> Result<R, Stop>,
) -> Result<R, Stop> {
    let shared = cx.state::<Shared>();
    // Others may receive while this one waits: then they make one of their own.
    let mut buffer = shared.0.take();
    if buffer.len() < size {
        buffer.resize(size, 0);
    }
    let result = body(cx, &mut buffer[..size]);
    shared.0.replace(buffer);
    result
}

fn receive(cx: &mut Cx, sock: &Sock, buffer: &mut [u8], flags: i32) -> Result<usize, Stop> {
    let mut asked = 0;
    let n = retry(cx, sock, Act::Receive, buffer.len(), flags, |socket, bytes| {
        asked = bytes;
        system::receive(socket, &mut buffer[..bytes], flags)
    })?;
    // Less than was asked for is all that had come: true of TCP, where the poller, which tells of
    // changes, need not be asked to look again. The end is another matter.
    let is_tcp = sock.kinds.kind == libc::SOCK_STREAM
        && (sock.kinds.family == libc::AF_INET || sock.kinds.family == libc::AF_INET6);
    if is_tcp && 0 < n && n < asked && flags == 0 {
        cx.all_read(sock.socket.as_raw_fd());
    }
    Ok(n)
}

fn receiving(cx: &mut Cx, args: Args) -> Result<(Rc<Sock>, usize, i32), Stop> {
    let size = cx.index_i64(cx.arg(args, 1).value())?;
    let flags = flags(cx, args, 2)?;
    let Ok(size) = usize::try_from(size) else {
        return Err(cx.value_error("negative buffersize in recv"));
    };
    if size > MAX_BYTES {
        return Err(cx.error_with(T::MemoryError, &[]));
    }
    Ok((sock(cx, args)?, size.min(CHUNK), flags))
}

fn recv_into(cx: &mut Cx, args: Args) -> Flow {
    let value = cx.arg(args, 1).value();
    let Some(target) = Target::of(cx, value)? else {
        let name = cx.type_name(value);
        let text =
            format!("recv_into() argument 1 must be read-write bytes-like object, not {name}");
        return Err(cx.type_error(&text));
    };
    let wanted = cx.arg(args, 2).value();
    let wanted = if wanted.is_undef() { 0 } else { cx.index_i64(wanted)? };
    if wanted < 0 {
        return Err(cx.value_error("negative buffersize in recv_into"));
    }
    let room = target.room();
    if wanted as usize > room {
        return Err(cx.value_error("buffer too small for requested bytes"));
    }
    let size = if wanted == 0 { room } else { wanted as usize }.min(CHUNK);
    let flags = flags(cx, args, 3)?;
    let sock = sock(cx, args)?;
    with_buffer(cx, size, |cx, buffer| {
        let n = receive(cx, &sock, buffer, flags)?;
        target.put(&buffer[..n]);
        Ok(Value::int(n as i64))
    })
}

fn send_to(cx: &mut Cx, args: Args) -> Flow {
    let last = if cx.opt(args, 3).is_some() { 3 } else { 2 };
    let flags = if last == 3 { flags(cx, args, 2)? } else { 0 };
    let (sock, address) = with_address(cx, args, last, "sendto")?;
    let data = data_arg(cx, args, 1)?;
    // A message goes whole or not at all.
    let n =
        retry(cx, &sock, Act::Send, 0, flags, |s, _| s.send_to_with_flags(&data, &address, flags))?;
    Ok(Value::int(n as i64))
}

fn accept(cx: &mut Cx, args: Args) -> Flow {
    let sock = sock(cx, args)?;
    let (made, address) = retry(cx, &sock, Act::Accept, 0, 0, |s, _| s.accept())?;
    let fd = Value::int(made.into_raw_fd().into());
    let address = address_value(cx, &address);
    Ok(Value::object(cx.tuple(&[fd, address])))
}

fn connect(cx: &mut Cx, args: Args) -> Flow {
    let (sock, address) = with_address(cx, args, 1, "connect")?;
    match try_connect(cx, &sock, &address)? {
        Ok(()) => Ok(Value::NONE),
        Err(number) => Err(os_error(cx, number, None)),
    }
}

/// Connects; the number of the system's error if that fails.
fn try_connect(cx: &mut Cx, sock: &Sock, address: &SockAddr) -> Result<Result<(), i32>, Stop> {
    let number = |error: io::Error| error.raw_os_error().unwrap_or(libc::EIO);
    let tried = seam::pass(Act::Connect, 0).and_then(|_| sock.socket.connect(address));
    match tried.map_err(number) {
        Err(libc::EINPROGRESS | libc::EINTR) if sock.timeout.get() != Some(0.0) => {}
        result => return Ok(result),
    }
    let mut until = None;
    loop {
        wait(cx, sock, Side::Writes, &mut until)?;
        match sock.socket.take_error() {
            Ok(None) => match sock.socket.peer_addr() {
                Ok(_) => return Ok(Ok(())),
                // Not yet: it was an interrupt.
                Err(error) if error.raw_os_error() == Some(libc::ENOTCONN) => {}
                Err(error) => return Ok(Err(number(error))),
            },
            Ok(Some(error)) | Err(error) => return Ok(Err(number(error))),
        }
    }
}

// ---- options

fn set_option(cx: &mut Cx, args: Args) -> Flow {
    let sock = sock(cx, args)?;
    let level = cx.index_i64(cx.arg(args, 1).value())? as i32;
    let name = cx.index_i64(cx.arg(args, 2).value())? as i32;
    let value = cx.arg(args, 3).value();
    let data = match data_of(cx, value) {
        Some(data) => data.to_vec(),
        None => (cx.index_i64(value)? as i32).to_ne_bytes().to_vec(),
    };
    done(cx, system::set_option(&sock.socket, level, name, &data))
}

fn get_option(cx: &mut Cx, args: Args) -> Flow {
    let sock = sock(cx, args)?;
    let level = cx.index_i64(cx.arg(args, 1).value())? as i32;
    let name = cx.index_i64(cx.arg(args, 2).value())? as i32;
    let size = cx.arg(args, 3).value();
    let size = if size.is_undef() { 0 } else { cx.index_i64(size)? };
    if !(0..=1024).contains(&size) {
        let text = cx.str_value("getsockopt buflen out of range");
        return Err(cx.error_with(T::OSError, &[text]));
    }
    let mut data = vec![0; if size == 0 { 4 } else { size as usize }];
    match system::get_option(&sock.socket, level, name, &mut data) {
        Ok(n) if size == 0 => {
            let word = <[u8; 4]>::try_from(&data[..n]).map_or(0, i32::from_ne_bytes);
            Ok(Value::int(word.into()))
        }
        Ok(n) => {
            data.truncate(n);
            Ok(Value::object(cx.bytes(data)))
        }
        Err(error) => Err(io_error(cx, &error, None)),
    }
}

// ---- addresses

fn with_address(
    cx: &mut Cx,
    args: Args,
    i: usize,
    method: &str,
) -> Result<(Rc<Sock>, SockAddr), Stop> {
    let sock = sock(cx, args)?;
    let value = cx.arg(args, i).value();
    let address = address_of(cx, sock.kinds.family, value, method)?;
    Ok((sock, address))
}
