//! Addresses of sockets: from the tuples, texts and paths of programs, and back.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, ToSocketAddrs};
use std::os::unix::ffi::OsStringExt;

use socket2::SockAddr;

use crate::native::bytes::data_of;
use crate::native::io::codec_error;
use crate::native::posix::given::name_value;
use crate::plain::codec::{self, Encoding, Handler};
use crate::value::{Str, T, Tuple, Value};
use crate::vm::{Cx, Stop};

/// What a method of a socket of this family was given as an address.
pub fn address_of(cx: &mut Cx, family: i32, value: Value, method: &str) -> Result<SockAddr, Stop> {
    if family == libc::AF_UNIX {
        let inner = cx.unwrap(value);
        let path = match (inner.cast::<Str>(), data_of(cx, inner)) {
            (Some(path), _) => {
                match codec::encode(path.as_bytes(), Encoding::Utf8, Handler::SurrogateEscape) {
                    Ok(bytes) => bytes.to_vec(),
                    Err(fault) => {
                        let kind = T::UnicodeEncodeError;
                        return Err(codec_error(cx, kind, &fault, Value::object(path)));
                    }
                }
            }
            (_, Some(path)) => path.to_vec(),
            _ => {
                let name = cx.type_name(value);
                return Err(cx.type_error(&format!("a path is expected, not '{name}'")));
            }
        };
        let path = std::path::PathBuf::from(std::ffi::OsString::from_vec(path));
        return SockAddr::unix(path).map_err(|_| {
            let text = cx.str_value("AF_UNIX path too long");
            cx.error_with(T::OSError, &[text])
        });
    }
    let items = cx.unwrap(value).cast::<Tuple>().map(|items| items.as_slice().to_vec());
    let Some(items) = items.filter(|items| items.len() >= 2) else {
        let name = cx.type_name(value);
        let family = if family == libc::AF_INET6 { "AF_INET6" } else { "AF_INET" };
        return Err(
            cx.type_error(&format!("{method}(): {family} address must be tuple, not {name}"))
        );
    };
    let port = cx.index_i64(items[1])?;
    let Ok(port) = u16::try_from(port) else {
        return Err(cx.error(T::OverflowError, &format!("{method}(): port must be 0-65535.")));
    };
    let host = match cx.unwrap(items[0]).cast::<Str>() {
        Some(host) => host.lossy().into_owned(),
        None => match data_of(cx, items[0]) {
            Some(host) => String::from_utf8_lossy(&host).into_owned(),
            None => {
                let name = cx.type_name(items[0]);
                let text = format!("str, bytes or bytearray expected, not {name}");
                return Err(cx.type_error(&text));
            }
        },
    };
    let v6 = family == libc::AF_INET6;
    let ip = match host.as_str() {
        "" if v6 => Some(IpAddr::from(Ipv6Addr::UNSPECIFIED)),
        "" => Some(IpAddr::from(Ipv4Addr::UNSPECIFIED)),
        "<broadcast>" => Some(IpAddr::from(Ipv4Addr::BROADCAST)),
        host => host.split('%').next().unwrap_or(host).parse().ok(),
    };
    let ip = match ip {
        Some(ip) => ip,
        None => {
            let found = cx.offload("sloop-resolver", move || {
                (host.as_str(), 0).to_socket_addrs().map(|found| found.collect::<Vec<_>>())
            })?;
            let found = found.unwrap_or_default().into_iter().find(|found| found.is_ipv6() == v6);
            match found {
                Some(found) => found.ip(),
                None => return Err(no_such_host(cx)),
            }
        }
    };
    if ip.is_ipv6() != v6 {
        return Err(no_such_host(cx));
    }
    let mut more = [0u32; 2];
    for (place, &item) in more.iter_mut().zip(items.iter().skip(2)) {
        *place = cx.index_i64(item)? as u32;
    }
    if more[0] > 0xfffff {
        let text = format!("{method}(): flowinfo must be 0-1048575.");
        return Err(cx.error(T::OverflowError, &text));
    }
    Ok(match ip {
        IpAddr::V4(ip) => SocketAddr::from((ip, port)).into(),
        IpAddr::V6(ip) => SocketAddrV6::new(ip, port, more[0], more[1]).into(),
    })
}

fn no_such_host(cx: &mut Cx) -> Stop {
    // `socket.gaierror` is a class of the library.
    match cx.call_prelude("_no_such_host", &[]) {
        Ok(_) => cx.error(T::OSError, "unknown host"),
        Err(stop) => stop,
    }
}

/// An address as programs know it.
pub fn address_value(cx: &Cx, address: &SockAddr) -> Value {
    if let Some(address) = address.as_socket() {
        let host = cx.str_value(&address.ip().to_string());
        let port = Value::int(address.port().into());
        return Value::object(match address {
            SocketAddr::V4(_) => cx.tuple(&[host, port]),
            SocketAddr::V6(address) => {
                let more = [address.flowinfo(), address.scope_id()].map(|n| Value::int(n.into()));
                cx.tuple(&[host, port, more[0], more[1]])
            }
        });
    }
    if let Some(path) = address.as_pathname() {
        return name_value(cx, path.as_os_str().to_owned(), false);
    }
    match address.as_abstract_namespace() {
        Some(name) => {
            let mut full = vec![0];
            full.extend_from_slice(name);
            Value::object(cx.bytes(full))
        }
        None => cx.str_value(""),
    }
}
