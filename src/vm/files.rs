//! Files and descriptors as the C library has them: names relative to an open folder, which the
//! Rust library lacks, positions, and what belongs to a descriptor.

use std::ffi::CString;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::system::checked;

/// The folder that relative names are below if no other is given.
pub const HERE: RawFd = libc::AT_FDCWD;

/// A path as the system takes it: programs' paths have no zero bytes.
pub fn c_path(path: &Path) -> io::Result<CString> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| io::ErrorKind::InvalidInput.into())
}

/// Calls with a folder and one name in it.
macro_rules! with_name {
    ($path:expr, |$name:ident| $call:expr) => {{
        let name = c_path($path)?;
        let $name = name.as_ptr();
        // SAFETY: a valid string; what else is given are plain numbers.
        checked(unsafe { $call })
    }};
}

pub fn open(dir: RawFd, path: &Path, flags: i32, mode: u32) -> io::Result<RawFd> {
    with_name!(path, |name| libc::openat(dir, name, flags | libc::O_CLOEXEC, mode))
}

/// What is known of a file.
pub fn stat(dir: RawFd, path: &Path, follow: bool) -> io::Result<libc::stat> {
    let flags = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
    let mut found = MaybeUninit::<libc::stat>::uninit();
    with_name!(path, |name| libc::fstatat(dir, name, found.as_mut_ptr(), flags))?;
    // SAFETY: it was filled.
    Ok(unsafe { found.assume_init() })
}

/// What is known of an open file.
pub fn stat_open(fd: RawFd) -> io::Result<libc::stat> {
    let mut found = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: valid for the call, which fills it unless it fails.
    unsafe {
        checked(libc::fstat(fd, found.as_mut_ptr()))?;
        Ok(found.assume_init())
    }
}

pub fn make_folder(dir: RawFd, path: &Path, mode: u32) -> io::Result<()> {
    with_name!(path, |name| libc::mkdirat(dir, name, mode)).map(drop)
}

pub fn remove(dir: RawFd, path: &Path, folder: bool) -> io::Result<()> {
    let flags = if folder { libc::AT_REMOVEDIR } else { 0 };
    with_name!(path, |name| libc::unlinkat(dir, name, flags)).map(drop)
}

/// A special file: a pipe with a name, a device.
pub fn make_node(dir: RawFd, path: &Path, mode: u32, device: u64) -> io::Result<()> {
    with_name!(path, |name| libc::mknodat(dir, name, mode, device)).map(drop)
}

pub fn change_mode(dir: RawFd, path: &Path, mode: u32, follow: bool) -> io::Result<()> {
    let flags = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
    with_name!(path, |name| libc::fchmodat(dir, name, mode, flags)).map(drop)
}

pub fn change_mode_open(fd: RawFd, mode: u32) -> io::Result<()> {
    // SAFETY: a plain call.
    checked(unsafe { libc::fchmod(fd, mode) }).map(drop)
}

/// Changes whose a file is; `u32::MAX` leaves that as it is.
pub fn change_owner(
    dir: RawFd,
    path: &Path,
    [user, group]: [u32; 2],
    follow: bool,
) -> io::Result<()> {
    let flags = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
    with_name!(path, |name| libc::fchownat(dir, name, user, group, flags)).map(drop)
}

pub fn change_owner_open(fd: RawFd, [user, group]: [u32; 2]) -> io::Result<()> {
    // SAFETY: a plain call.
    checked(unsafe { libc::fchown(fd, user, group) }).map(drop)
}

fn stamps(times: Option<[i64; 2]>) -> [libc::timespec; 2] {
    times.map_or([libc::timespec { tv_sec: 0, tv_nsec: libc::UTIME_NOW }; 2], |times| {
        times.map(|nanos| libc::timespec {
            tv_sec: nanos.div_euclid(1_000_000_000),
            tv_nsec: nanos.rem_euclid(1_000_000_000),
        })
    })
}

/// Changes when a file was used and written, in nanoseconds; None is now.
pub fn change_times(
    dir: RawFd,
    path: &Path,
    times: Option<[i64; 2]>,
    follow: bool,
) -> io::Result<()> {
    let flags = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
    let stamps = stamps(times);
    with_name!(path, |name| libc::utimensat(dir, name, stamps.as_ptr(), flags)).map(drop)
}

pub fn change_times_open(fd: RawFd, times: Option<[i64; 2]>) -> io::Result<()> {
    let stamps = stamps(times);
    // SAFETY: two stamps, valid for the call.
    checked(unsafe { libc::futimens(fd, stamps.as_ptr()) }).map(drop)
}

pub fn may(dir: RawFd, path: &Path, mode: i32, flags: i32) -> io::Result<()> {
    with_name!(path, |name| libc::faccessat(dir, name, mode, flags)).map(drop)
}

pub fn rename(from: RawFd, old: &Path, to: RawFd, new: &Path) -> io::Result<()> {
    let new = c_path(new)?;
    with_name!(old, |name| libc::renameat(from, name, to, new.as_ptr())).map(drop)
}

/// Gives a file a second name; of a link, what it leads to if so wanted.
pub fn link(from: RawFd, old: &Path, to: RawFd, new: &Path, follow: bool) -> io::Result<()> {
    let new = c_path(new)?;
    let flags = if follow { libc::AT_SYMLINK_FOLLOW } else { 0 };
    with_name!(old, |name| libc::linkat(from, name, to, new.as_ptr(), flags)).map(drop)
}

pub fn symlink(target: &Path, dir: RawFd, path: &Path) -> io::Result<()> {
    let target = c_path(target)?;
    with_name!(path, |name| libc::symlinkat(target.as_ptr(), dir, name)).map(drop)
}

pub fn read_link(dir: RawFd, path: &Path) -> io::Result<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    let mut room = vec![0u8; 4096];
    let place = room.as_mut_ptr().cast();
    let n = with_name!(path, |name| libc::readlinkat(dir, name, place, 4096) as libc::c_int)?;
    room.truncate(n as usize);
    Ok(std::ffi::OsString::from_vec(room).into())
}

/// Makes an open folder the working one.
pub fn enter(fd: RawFd) -> io::Result<()> {
    // SAFETY: a plain call.
    checked(unsafe { libc::fchdir(fd) }).map(drop)
}

// ---- descriptors

/// Makes a descriptor mean the same as another.
pub fn duplicate_to(fd: RawFd, to: RawFd, inheritable: bool) -> io::Result<RawFd> {
    if fd == to {
        // SAFETY: a plain call.
        checked(unsafe { libc::fcntl(fd, libc::F_GETFD) })?;
        if !inheritable {
            set_inheritable(fd, false)?;
        }
        return Ok(to);
    }
    let flags = if inheritable { 0 } else { libc::O_CLOEXEC };
    // SAFETY: plain calls. What was open under that number is closed, as the program wants.
    let made = checked(unsafe { libc::dup3(fd, to, flags) })?;
    if inheritable {
        super::children::note_inheritable(made);
    }
    Ok(made)
}

/// Do children get it?
pub fn is_inheritable(fd: RawFd) -> io::Result<bool> {
    // SAFETY: a plain call.
    let flags = checked(unsafe { libc::fcntl(fd, libc::F_GETFD) })?;
    Ok(flags & libc::FD_CLOEXEC == 0)
}

pub fn set_inheritable(fd: RawFd, on: bool) -> io::Result<()> {
    // SAFETY: plain calls.
    unsafe {
        let flags = checked(libc::fcntl(fd, libc::F_GETFD))?;
        let flags = if on { flags & !libc::FD_CLOEXEC } else { flags | libc::FD_CLOEXEC };
        checked(libc::fcntl(fd, libc::F_SETFD, flags))?;
    }
    if on {
        super::children::note_inheritable(fd);
    }
    Ok(())
}

/// The two ends of a pipe.
pub fn pipe(flags: i32) -> io::Result<[RawFd; 2]> {
    let mut ends = [0; 2];
    // SAFETY: room for two.
    checked(unsafe { libc::pipe2(ends.as_mut_ptr(), flags) })?;
    if flags & libc::O_CLOEXEC == 0 {
        ends.into_iter().for_each(super::children::note_inheritable);
    }
    Ok(ends)
}

/// Two ends of a terminal.
pub fn terminal() -> io::Result<[RawFd; 2]> {
    let mut ends = [0; 2];
    let [one, other] = &mut ends;
    let null = std::ptr::null_mut::<libc::c_char>();
    // SAFETY: places for two numbers; nothing else is asked for or given.
    checked(unsafe { libc::openpty(one, other, null, std::ptr::null(), std::ptr::null()) })?;
    for fd in ends {
        set_inheritable(fd, false)?;
    }
    Ok(ends)
}

pub fn send_file(out: RawFd, from: RawFd, offset: Option<i64>, count: usize) -> io::Result<usize> {
    let mut at = offset.unwrap_or(0);
    let place = if offset.is_some() { &raw mut at } else { std::ptr::null_mut() };
    // SAFETY: a valid place or none.
    match unsafe { libc::sendfile(out, from, place, count) } {
        n if n < 0 => Err(io::Error::last_os_error()),
        n => Ok(n as usize),
    }
}

/// A file that is only in memory.
pub fn memory_file(name: &Path, flags: u32) -> io::Result<RawFd> {
    with_name!(name, |name| libc::memfd_create(name, flags))
}

pub fn event_counter(start: u32, flags: i32) -> io::Result<RawFd> {
    // SAFETY: a plain call.
    checked(unsafe { libc::eventfd(start, flags) })
}

/// Total and free blocks and files of what a file is on, as `os.statvfs` names them.
pub fn file_system(path: &Path) -> io::Result<[u64; 11]> {
    let mut found = MaybeUninit::<libc::statvfs>::uninit();
    with_name!(path, |name| libc::statvfs(name, found.as_mut_ptr()))?;
    // SAFETY: it was filled.
    let found = unsafe { found.assume_init() };
    Ok([
        found.f_bsize,
        found.f_frsize,
        found.f_blocks,
        found.f_bfree,
        found.f_bavail,
        found.f_files,
        found.f_ffree,
        found.f_favail,
        found.f_flag,
        found.f_namemax,
        found.f_fsid,
    ])
}
