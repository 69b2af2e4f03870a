//! Messages of sockets with what goes beside their data: descriptors, credentials, options.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;

use socket2::{SockAddr, Socket};

/// What goes beside the data: level, type, bytes.
pub type Control = (i32, i32, Vec<u8>);

pub struct Message {
    pub len: usize,
    pub controls: Vec<Control>,
    pub flags: i32,
    pub from: Option<SockAddr>,
}

/// How long a control of so many bytes is, without and with what fills it up; None if too long.
pub fn control_len(len: usize) -> Option<(usize, usize)> {
    let len = u32::try_from(len).ok().filter(|&len| len < i32::MAX as u32)?;
    // SAFETY: arithmetic.
    Some(unsafe { (libc::CMSG_LEN(len) as usize, libc::CMSG_SPACE(len) as usize) })
}

/// Storage for controls, aligned as the system wants it.
fn storage(bytes: usize) -> Vec<u64> {
    vec![0; bytes.div_ceil(8)]
}

fn header(part: &mut libc::iovec, control: &mut [u64], bytes: usize) -> libc::msghdr {
    // SAFETY: all fields are numbers or pointers that may be null.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = part;
    header.msg_iovlen = 1;
    if bytes > 0 {
        header.msg_control = control.as_mut_ptr().cast();
        header.msg_controllen = bytes;
    }
    header
}

/// Sends a message; how much of its data.
pub fn send(
    socket: &Socket,
    data: &[u8],
    controls: &[Control],
    flags: i32,
    to: Option<&SockAddr>,
) -> io::Result<usize> {
    let too_long = || io::Error::from_raw_os_error(libc::EMSGSIZE);
    let mut bytes = 0;
    for (_, _, data) in controls {
        bytes += control_len(data.len()).ok_or_else(too_long)?.1;
    }
    let mut control = storage(bytes);
    let mut part = libc::iovec { iov_base: data.as_ptr().cast_mut().cast(), iov_len: data.len() };
    let mut header = header(&mut part, &mut control, bytes);
    if let Some(to) = to {
        header.msg_name = to.as_ptr().cast_mut().cast();
        header.msg_namelen = to.len();
    }
    // SAFETY: the storage has room for all controls, one behind the other; the data is only read.
    unsafe {
        let mut next = libc::CMSG_FIRSTHDR(&header);
        for (level, kind, data) in controls {
            (*next).cmsg_level = *level;
            (*next).cmsg_type = *kind;
            (*next).cmsg_len = libc::CMSG_LEN(data.len() as u32) as usize;
            std::ptr::copy_nonoverlapping(data.as_ptr(), libc::CMSG_DATA(next), data.len());
            next = libc::CMSG_NXTHDR(&header, next);
        }
        let sent = libc::sendmsg(socket.as_raw_fd(), &header, flags);
        usize::try_from(sent).map_err(|_| io::Error::last_os_error())
    }
}

/// Receives a message into a buffer, with so many bytes of controls at most.
pub fn receive(
    socket: &Socket,
    buffer: &mut [MaybeUninit<u8>],
    control_bytes: usize,
    flags: i32,
) -> io::Result<Message> {
    let mut control = storage(control_bytes);
    let mut part = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    let mut header = header(&mut part, &mut control, control_bytes);
    // SAFETY: name, data and controls have the room that the header says. Descriptors that come
    // are the program's from now on.
    unsafe {
        let (len, from) = SockAddr::try_init(|name, room| {
            header.msg_name = name.cast();
            header.msg_namelen = *room;
            let len = libc::recvmsg(socket.as_raw_fd(), &mut header, flags);
            *room = header.msg_namelen;
            usize::try_from(len).map_err(|_| io::Error::last_os_error())
        })?;
        let mut controls = Vec::new();
        let mut next = libc::CMSG_FIRSTHDR(&header);
        let end = control.as_ptr().cast::<u8>().add(control_bytes);
        while !next.is_null() {
            let data = libc::CMSG_DATA(next).cast_const();
            let whole = (*next).cmsg_len.saturating_sub(libc::CMSG_LEN(0) as usize);
            // The last may have been cut off.
            let len = whole.min(usize::try_from(end.offset_from(data)).unwrap_or(0));
            let bytes = std::slice::from_raw_parts(data, len).to_vec();
            controls.push(((*next).cmsg_level, (*next).cmsg_type, bytes));
            next = libc::CMSG_NXTHDR(&header, next);
        }
        let from = (header.msg_namelen > 0).then_some(from);
        Ok(Message { len, controls, flags: header.msg_flags, from })
    }
}

/// The names of a host and of a service, or the number of `EAI_...`.
pub fn names_of(address: &SockAddr, flags: i32) -> Result<(String, String), i32> {
    let mut host = [0u8; libc::NI_MAXHOST as usize];
    let mut service = [0u8; 32];
    // SAFETY: both have the room that is told, and what comes ends with a zero.
    let failed = unsafe {
        libc::getnameinfo(
            address.as_ptr().cast(),
            address.len(),
            host.as_mut_ptr().cast(),
            host.len() as libc::socklen_t,
            service.as_mut_ptr().cast(),
            service.len() as libc::socklen_t,
            flags,
        )
    };
    if failed != 0 {
        return Err(failed);
    }
    let text = |data: &[u8]| {
        let len = data.iter().position(|&byte| byte == 0).unwrap_or(data.len());
        String::from_utf8_lossy(&data[..len]).into_owned()
    };
    Ok((text(&host), text(&service)))
}
