//! Messages with what goes beside their data, and names of addresses.

use socket2::SockAddr;

use super::address::{address_of, address_value};
use super::{flags, receiving, retry, sock, with_buffer};
use crate::native::bytes::{buffer_of, data_arg};
use crate::native::error::os_error;
use crate::native::target::Target;
use crate::rt::seam::Act;
use crate::value::{Tuple, Value};
use crate::vm::messages::{self, Control};
use crate::vm::system;
use crate::vm::{Args, Cx, Flow};

/// `_sendmsg(data, controls, flags, address)`: the controls are one tuple of levels, types and data.
pub fn send(cx: &mut Cx, args: Args) -> Flow {
    let flags = flags(cx, args, 3)?;
    let given = cx.arg(args, 2).value();
    let Some(given) = given.cast::<Tuple>() else {
        return Err(cx.type_error("controls come as a tuple"));
    };
    let mut controls: Vec<Control> = Vec::new();
    for control in given.as_slice().to_vec().chunks_exact(3) {
        let level = cx.index_i64(control[0])? as i32;
        let kind = cx.index_i64(control[1])? as i32;
        controls.push((level, kind, buffer_of(cx, control[2])?.to_vec()));
    }
    let sock = sock(cx, args)?;
    let address = cx.arg(args, 4).value();
    let address = match address.is_none() {
        true => None,
        false => Some(address_of(cx, sock.kinds.family, address, "sendmsg")?),
    };
    let data = data_arg(cx, args, 1)?;
    // A message goes as a whole as far as the seam is concerned.
    let n = retry(cx, &sock, Act::Send, 0, flags, |socket, _| {
        messages::send(socket, &data, &controls, flags, address.as_ref())
    })?;
    Ok(Value::int(n as i64))
}

/// `_recvmsg(bufsize, flags, ancbufsize)`: data, controls, flags and address.
pub fn receive(cx: &mut Cx, args: Args) -> Flow {
    let (sock, size, flags) = receiving(cx, args)?;
    let room = cx.arg(args, 3).value();
    let room = cx.index_i64(room)?;
    let Some(room) = usize::try_from(room).ok().filter(|&room| room <= i32::MAX as usize) else {
        return Err(cx.value_error("invalid ancillary data buffer length"));
    };
    with_buffer(cx, size, |cx, buffer| {
        let message = retry(cx, &sock, Act::Receive, 0, flags, |socket, _| {
            messages::receive(socket, system::uninit(buffer), room, flags)
        })?;
        let data = Value::object(cx.bytes(&buffer[..message.len]));
        cx.root(data);
        let mut controls = Vec::new();
        for (level, kind, data) in message.controls {
            let data = Value::object(cx.bytes(data));
            let control = [Value::int(level.into()), Value::int(kind.into()), data];
            controls.push(Value::object(cx.tuple(&control)));
        }
        let controls = Value::object(cx.list(controls));
        let from = message.from.map_or(Value::NONE, |from| address_value(cx, &from));
        let parts = [data, controls, Value::int(message.flags.into()), from];
        Ok(Value::object(cx.tuple(&parts)))
    })
}

/// `recvfrom_into(buffer, nbytes=0, flags=0)`: how much came, and from whom.
pub fn receive_from_into(cx: &mut Cx, args: Args) -> Flow {
    let buffer = cx.arg(args, 1).value();
    let Some(target) = Target::of(cx, buffer)? else {
        let name = cx.type_name(buffer);
        let text =
            format!("recvfrom_into() argument 1 must be read-write bytes-like object, not {name}");
        return Err(cx.type_error(&text));
    };
    let wanted = cx.arg(args, 2).value();
    let wanted = if wanted.is_undef() { 0 } else { cx.index_i64(wanted)? };
    let Ok(wanted) = usize::try_from(wanted) else {
        return Err(cx.value_error("negative buffersize in recvfrom_into"));
    };
    if wanted > target.room() {
        return Err(cx.value_error("nbytes is greater than the length of the buffer"));
    }
    let size = if wanted == 0 { target.room() } else { wanted };
    let flags = flags(cx, args, 3)?;
    let sock = sock(cx, args)?;
    with_buffer(cx, size, |cx, buffer| {
        let (n, from) = retry(cx, &sock, Act::Receive, 0, flags, |socket, _| {
            system::receive_from(socket, buffer, flags)
        })?;
        target.put(&buffer[..n]);
        let from = address_value(cx, &from);
        Ok(Value::object(cx.tuple(&[Value::int(n as i64), from])))
    })
}

/// `_control_len(length)`: without and with what fills it up; None where that is too long.
pub fn control_len(cx: &mut Cx, args: Args) -> Flow {
    let len = cx.index_i64(cx.arg(args, 0).value())?;
    let sizes = usize::try_from(len).ok().and_then(messages::control_len);
    let shown = |n: Option<usize>| match n {
        Some(n) if n <= i32::MAX as usize => Value::int(n as i64),
        _ => Value::NONE,
    };
    let parts = [shown(sizes.map(|sizes| sizes.0)), shown(sizes.map(|sizes| sizes.1))];
    Ok(Value::object(cx.tuple(&parts)))
}

/// `_names(family, address, flags)`: the names of a host and a service, or the number of an error.
pub fn names(cx: &mut Cx, args: Args) -> Flow {
    let family = cx.index_i64(cx.arg(args, 0).value())? as i32;
    let value = cx.arg(args, 1).value();
    let address: SockAddr = address_of(cx, family, value, "getnameinfo")?;
    let flags = flags(cx, args, 2)?;
    let found = cx.offload("sloop-resolver", move || messages::names_of(&address, flags))?;
    match found {
        Ok((host, service)) => {
            let names = [cx.str_value(&host), cx.str_value(&service)];
            Ok(Value::object(cx.tuple(&names)))
        }
        Err(libc::EAI_SYSTEM) => Err(os_error(cx, libc::EIO, None)),
        Err(number) => Ok(Value::int(number.into())),
    }
}
