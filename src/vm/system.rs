//! The few calls of the C library that natives need and the Rust library lacks: sleeping until
//! a signal comes, processor time, and calendar time in the local zone.

use std::fs::File;
use std::io;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use socket2::{SockAddr, Socket};

/// Sleeps; returns what is left when a signal interrupted it.
pub fn sleep(duration: Duration) -> Option<Duration> {
    let wanted = libc::timespec {
        tv_sec: duration.as_secs().min(i64::MAX as u64) as i64,
        tv_nsec: duration.subsec_nanos().into(),
    };
    let mut left = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: both are valid for the call.
    let interrupted = unsafe { libc::nanosleep(&wanted, &mut left) } != 0;
    interrupted.then(|| Duration::new(left.tv_sec.max(0) as u64, left.tv_nsec.max(0) as u32))
}

/// Starts a thread of the system that signals do not reach: they are for the machine's thread,
/// which may be waiting.
pub fn start_quietly(
    name: &str,
    body: impl FnOnce() + Send + 'static,
) -> std::io::Result<JoinHandle<()>> {
    // SAFETY: valid sets for the calls. A thread inherits the mask of the one that starts it.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before);
        let started = std::thread::Builder::new().name(name.into()).spawn(body);
        libc::pthread_sigmask(libc::SIG_SETMASK, &before, std::ptr::null_mut());
        started
    }
}

// ---- connections to workers

/// Standard input as a descriptor of its own, not for children; standard input is empty from now on.
pub fn take_input() -> io::Result<RawFd> {
    let fd = duplicate(0)?;
    let nothing = File::open("/dev/null")?;
    // SAFETY: a plain call; both are open.
    checked(unsafe { libc::dup2(nothing.as_raw_fd(), 0) })?;
    Ok(fd)
}

/// Sends what can be sent without waiting.
pub fn send_now(fd: RawFd, data: &[u8]) -> io::Result<usize> {
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    // SAFETY: the data is valid for its length.
    match unsafe { libc::send(fd, data.as_ptr().cast(), data.len(), flags) } {
        n if n < 0 => Err(io::Error::last_os_error()),
        n => Ok(n as usize),
    }
}

/// Receives what is there; 0 if nothing will ever be.
pub fn receive_now(fd: RawFd, buffer: &mut [u8]) -> io::Result<usize> {
    let place = buffer.as_mut_ptr().cast();
    // SAFETY: the buffer is valid for its length.
    match unsafe { libc::recv(fd, place, buffer.len(), libc::MSG_DONTWAIT) } {
        n if n < 0 => Err(io::Error::last_os_error()),
        n => Ok(n as usize),
    }
}

pub fn shut_down_writing(fd: RawFd) -> io::Result<()> {
    // SAFETY: a plain call.
    checked(unsafe { libc::shutdown(fd, libc::SHUT_WR) }).map(drop)
}

/// Can it be read from, or written to, without waiting? What cannot be asked says so when it is used.
pub fn is_ready(fd: RawFd, writes: bool) -> bool {
    let events = if writes { libc::POLLOUT } else { libc::POLLIN };
    let mut asked = libc::pollfd { fd, events, revents: 0 };
    // SAFETY: one entry, valid for the call.
    unsafe { libc::poll(&mut asked, 1, 0) != 0 }
}

// ---- signals

/// Sends a signal to the thread of the system that runs.
pub fn raise_signal(signal: i32) -> io::Result<()> {
    // SAFETY: a plain call.
    match unsafe { libc::raise(signal) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

pub fn signal_text(signal: i32) -> Option<String> {
    // SAFETY: a string of the library's own, which is copied before anybody else may ask.
    unsafe {
        let text = libc::strsignal(signal);
        (!text.is_null()).then(|| std::ffi::CStr::from_ptr(text).to_string_lossy().into_owned())
    }
}

pub fn alarm(seconds: u32) -> u32 {
    // SAFETY: a plain call.
    unsafe { libc::alarm(seconds) }
}

/// What is left of a timer and its interval, in seconds; sets it if it is given both.
pub fn timer(which: i32, times: Option<[f64; 2]>) -> io::Result<[f64; 2]> {
    fn read(time: &libc::timeval) -> f64 {
        time.tv_sec as f64 + time.tv_usec as f64 * 1e-6
    }
    fn written(seconds: f64) -> libc::timeval {
        let whole = seconds.floor();
        let rest = ((seconds - whole) * 1e6) as i64;
        libc::timeval { tv_sec: whole as i64, tv_usec: rest }
    }
    // SAFETY: all fields are integers; valid for the calls.
    unsafe {
        let mut before: libc::itimerval = std::mem::zeroed();
        let done = match times {
            None => libc::syscall(libc::SYS_getitimer, which, &raw mut before),
            Some([first, interval]) => {
                let wanted =
                    libc::itimerval { it_interval: written(interval), it_value: written(first) };
                libc::syscall(libc::SYS_setitimer, which, &raw const wanted, &raw mut before)
            }
        };
        checked(done as libc::c_int)?;
        Ok([read(&before.it_value), read(&before.it_interval)])
    }
}

fn set_of(signals: &[i32]) -> libc::sigset_t {
    // SAFETY: a set that is made empty; numbers out of range are refused.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        for &signal in signals {
            libc::sigaddset(&mut set, signal);
        }
        set
    }
}

fn members(set: &libc::sigset_t) -> Vec<i32> {
    // SAFETY: a valid set.
    (1..=64).filter(|&signal| unsafe { libc::sigismember(set, signal) } == 1).collect()
}

/// Changes which signals this thread keeps waiting; those before.
pub fn mask_signals(how: i32, signals: &[i32]) -> io::Result<Vec<i32>> {
    let (set, mut before) = (set_of(signals), set_of(&[]));
    // SAFETY: valid sets.
    match unsafe { libc::pthread_sigmask(how, &set, &mut before) } {
        0 => Ok(members(&before)),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

pub fn signals_that_wait() -> Vec<i32> {
    let mut set = set_of(&[]);
    // SAFETY: a valid set.
    unsafe { libc::sigpending(&mut set) };
    members(&set)
}

/// A descriptor that can be read from when one of the signals, which are masked, has come.
pub fn signals_descriptor(signals: &[i32]) -> io::Result<RawFd> {
    let set = set_of(signals);
    // SAFETY: a valid set.
    checked(unsafe { libc::signalfd(-1, &set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) })
}

/// From such a descriptor: the signal, why it was sent, by which process and user.
pub fn read_signal(fd: RawFd) -> io::Result<[i32; 4]> {
    // SAFETY: all fields are integers; valid for the call.
    unsafe {
        let mut info: libc::signalfd_siginfo = std::mem::zeroed();
        let size = size_of::<libc::signalfd_siginfo>();
        match libc::read(fd, (&raw mut info).cast(), size) {
            n if n < 0 => Err(io::Error::last_os_error()),
            _ => {
                Ok([info.ssi_signo as i32, info.ssi_code, info.ssi_pid as i32, info.ssi_uid as i32])
            }
        }
    }
}

// ---- sockets and descriptors

/// Receives into a buffer.
pub fn receive(socket: &Socket, buffer: &mut [u8], flags: i32) -> io::Result<usize> {
    socket.recv_with_flags(uninit(buffer), flags)
}

/// Receives into a buffer, and says from whom.
pub fn receive_from(
    socket: &Socket,
    buffer: &mut [u8],
    flags: i32,
) -> io::Result<(usize, SockAddr)> {
    socket.recv_from_with_flags(uninit(buffer), flags)
}

/// A buffer as the socket's library wants it.
pub fn uninit(buffer: &mut [u8]) -> &mut [MaybeUninit<u8>] {
    // SAFETY: those who get it write bytes into it, and nothing else.
    unsafe { &mut *(std::ptr::from_mut(buffer) as *mut [MaybeUninit<u8>]) }
}

/// Makes a descriptor an object's own.
pub fn adopt_socket(fd: RawFd) -> io::Result<Socket> {
    // SAFETY: plain calls. Whether it is open is seen first; that it is nobody else's is the
    // program's promise, and at worst a wrong descriptor is closed.
    unsafe {
        let mut kind: libc::c_int = 0;
        let mut len = size_of::<libc::c_int>() as libc::socklen_t;
        let place = (&raw mut kind).cast();
        match libc::getsockopt(fd, libc::SOL_SOCKET, libc::SO_TYPE, place, &mut len) {
            0 => Ok(Socket::from_raw_fd(fd)),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// How many descriptors the process may have.
pub fn descriptor_limit() -> io::Result<u64> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: valid for the call.
    checked(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) })?;
    Ok(limit.rlim_cur)
}

pub fn close(fd: RawFd) -> io::Result<()> {
    // SAFETY: a plain call; a wrong descriptor is an error.
    match unsafe { libc::close(fd) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Makes a descriptor an object's own.
pub fn adopt(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: plain calls. Whether it is open is seen first; that it is nobody else's is the
    // program's promise, and at worst a wrong descriptor is closed.
    unsafe {
        checked(libc::fcntl(fd, libc::F_GETFD))?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// Does reading from it wait?
pub fn is_blocking(fd: RawFd) -> io::Result<bool> {
    // SAFETY: a plain call.
    let flags = checked(unsafe { libc::fcntl(fd, libc::F_GETFL) })?;
    Ok(flags & libc::O_NONBLOCK == 0)
}

pub fn set_blocking(fd: RawFd, on: bool) -> io::Result<()> {
    // SAFETY: plain calls.
    unsafe {
        let flags = checked(libc::fcntl(fd, libc::F_GETFL))?;
        let flags = if on { flags & !libc::O_NONBLOCK } else { flags | libc::O_NONBLOCK };
        checked(libc::fcntl(fd, libc::F_SETFL, flags)).map(drop)
    }
}

/// Locks a whole file, or unlocks it (`flock`).
pub fn lock_file(fd: RawFd, operation: i32) -> io::Result<()> {
    // SAFETY: a plain call.
    checked(unsafe { libc::flock(fd, operation) }).map(drop)
}

/// Locks a part of a file, or unlocks it, without waiting.
pub fn lock_region(fd: RawFd, kind: i16, whence: i16, start: i64, len: i64) -> io::Result<()> {
    // SAFETY: all fields are integers.
    let mut region: libc::flock = unsafe { std::mem::zeroed() };
    region.l_type = kind;
    region.l_whence = whence;
    region.l_start = start;
    region.l_len = len;
    // SAFETY: valid for the call.
    checked(unsafe { libc::fcntl(fd, libc::F_SETLK, &region) }).map(drop)
}

/// Those of the commands of `fcntl` that take a number or nothing; None for others, which take addresses.
pub fn control(fd: RawFd, command: i32, argument: i32) -> Option<io::Result<i32>> {
    let is_plain = matches!(
        command,
        libc::F_DUPFD
            | libc::F_DUPFD_CLOEXEC
            | libc::F_GETFD
            | libc::F_SETFD
            | libc::F_GETFL
            | libc::F_SETFL
            | libc::F_GETOWN
            | libc::F_SETOWN
            | libc::F_GETPIPE_SZ
            | libc::F_SETPIPE_SZ
            | libc::F_ADD_SEALS
            | libc::F_GET_SEALS
    );
    // SAFETY: the kernel takes the argument for a number.
    is_plain.then(|| checked(unsafe { libc::fcntl(fd, command, argument) }))
}

/// Another descriptor of the same file, not one of the first three, as an object's own.
pub fn duplicate_above(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: plain calls; a wrong descriptor is an error, and what is made is nobody else's.
    unsafe {
        let made = checked(libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 3))?;
        Ok(OwnedFd::from_raw_fd(made))
    }
}

/// Another descriptor of the same file, as an object's own.
pub fn duplicate_owned(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: it was just made.
    duplicate(fd).map(|made| unsafe { OwnedFd::from_raw_fd(made) })
}

/// Another descriptor of the same file, not for children.
pub fn duplicate(fd: RawFd) -> io::Result<RawFd> {
    // SAFETY: a plain call; a wrong descriptor is an error.
    match unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) } {
        -1 => Err(io::Error::last_os_error()),
        made => Ok(made),
    }
}

pub fn set_option(socket: &Socket, level: i32, name: i32, data: &[u8]) -> io::Result<()> {
    let len = data.len() as libc::socklen_t;
    // SAFETY: the data is valid for its length.
    let result =
        unsafe { libc::setsockopt(socket.as_raw_fd(), level, name, data.as_ptr().cast(), len) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Fills `data` with an option's value; returns how long that is.
pub fn get_option(socket: &Socket, level: i32, name: i32, data: &mut [u8]) -> io::Result<usize> {
    let mut len = data.len() as libc::socklen_t;
    let place = data.as_mut_ptr().cast();
    // SAFETY: the data is valid for its length.
    let result = unsafe { libc::getsockopt(socket.as_raw_fd(), level, name, place, &mut len) };
    if result == 0 { Ok(len as usize) } else { Err(io::Error::last_os_error()) }
}

pub(super) fn checked(result: libc::c_int) -> io::Result<libc::c_int> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Uses a descriptor as a file, without making it anybody's own.
pub fn with_file<R>(fd: RawFd, act: impl FnOnce(&File) -> io::Result<R>) -> io::Result<R> {
    // SAFETY: a plain call.
    checked(unsafe { libc::fcntl(fd, libc::F_GETFD) })?;
    // SAFETY: it is open; it is not closed at the end.
    let file = ManuallyDrop::new(unsafe { File::from_raw_fd(fd) });
    act(&file)
}

pub fn access(path: &Path, mode: i32) -> bool {
    // SAFETY: a valid string.
    super::files::c_path(path).is_ok_and(|path| unsafe { libc::access(path.as_ptr(), mode) } == 0)
}

pub fn kill(pid: i32, signal: i32) -> io::Result<()> {
    // SAFETY: a plain call.
    checked(unsafe { libc::kill(pid, signal) }).map(drop)
}

/// Real user and group, then the effective ones.
pub fn users() -> [u32; 4] {
    // SAFETY: plain calls that cannot fail.
    unsafe { [libc::getuid(), libc::getgid(), libc::geteuid(), libc::getegid()] }
}

pub fn umask(mask: u32) -> u32 {
    // SAFETY: a plain call that cannot fail.
    unsafe { libc::umask(mask) }
}

/// Ends the process without anything being written out or cleaned up.
pub fn exit_now(status: i32) -> ! {
    // SAFETY: a plain call.
    unsafe { libc::_exit(status) }
}

/// Columns and lines of a terminal.
pub fn terminal_size(fd: RawFd) -> io::Result<(u16, u16)> {
    // SAFETY: all fields are integers; valid for the call.
    unsafe {
        let mut size: libc::winsize = std::mem::zeroed();
        checked(libc::ioctl(fd, libc::TIOCGWINSZ, &raw mut size))?;
        Ok((size.ws_col, size.ws_row))
    }
}

/// How many processors this process may use.
pub fn processors() -> usize {
    // SAFETY: a set of bits, valid for the call.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        match libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &mut set) {
            0 => (libc::CPU_COUNT(&set) as usize).max(1),
            _ => 1,
        }
    }
}

/// Processor time of the process, or of this thread.
pub fn processor_time(thread: bool) -> Duration {
    let clock = if thread { libc::CLOCK_THREAD_CPUTIME_ID } else { libc::CLOCK_PROCESS_CPUTIME_ID };
    clock_now(clock)
}

/// A clock that never goes back, counted from the start of the system.
pub fn monotonic() -> Duration {
    clock_now(libc::CLOCK_MONOTONIC)
}

/// The same clock as it was at the last tick of the system.
pub fn lagging() -> Duration {
    clock_now(libc::CLOCK_MONOTONIC_COARSE)
}

fn clock_now(clock: libc::clockid_t) -> Duration {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: valid for the call.
    unsafe { libc::clock_gettime(clock, &mut now) };
    Duration::new(now.tv_sec.max(0) as u64, now.tv_nsec.max(0) as u32)
}

/// Calendar time: year, month from 1, day, hour, minute, second, weekday from Monday, day of
/// the year from 1, daylight saving; then offset from UTC in seconds and the zone's name.
#[derive(Clone, Debug)]
pub struct Calendar {
    pub fields: [i64; 9],
    pub offset: i64,
    pub zone: String,
}

fn blank() -> libc::tm {
    // SAFETY: all fields are integers or a pointer that may be null.
    unsafe { std::mem::zeroed() }
}

fn read(tm: &libc::tm) -> Calendar {
    let zone = if tm.tm_zone.is_null() {
        String::new()
    } else {
        // SAFETY: the library points it at a string of its own that stays.
        unsafe { std::ffi::CStr::from_ptr(tm.tm_zone) }.to_string_lossy().into_owned()
    };
    let fields = [
        i64::from(tm.tm_year) + 1900,
        i64::from(tm.tm_mon) + 1,
        tm.tm_mday.into(),
        tm.tm_hour.into(),
        tm.tm_min.into(),
        tm.tm_sec.into(),
        i64::from(tm.tm_wday + 6) % 7,
        i64::from(tm.tm_yday) + 1,
        tm.tm_isdst.into(),
    ];
    Calendar { fields, offset: tm.tm_gmtoff, zone }
}

fn write(fields: &[i64; 9]) -> Option<libc::tm> {
    let small = |i: i64| i32::try_from(i).ok();
    let mut tm = blank();
    tm.tm_year = small(fields[0].checked_sub(1900)?)?;
    tm.tm_mon = small(fields[1].checked_sub(1)?)?;
    tm.tm_mday = small(fields[2])?;
    tm.tm_hour = small(fields[3])?;
    tm.tm_min = small(fields[4])?;
    tm.tm_sec = small(fields[5])?;
    tm.tm_wday = small(fields[6].checked_add(1)?)?.rem_euclid(7);
    tm.tm_yday = small(fields[7].checked_sub(1)?)?;
    tm.tm_isdst = small(fields[8])?;
    Some(tm)
}

/// Seconds since 1970 as calendar time; None beyond what the library can say.
pub fn calendar(seconds: i64, local: bool) -> Option<Calendar> {
    let mut tm = blank();
    // SAFETY: both are valid for the call.
    let ok = unsafe {
        match local {
            true => libc::localtime_r(&seconds, &mut tm),
            false => libc::gmtime_r(&seconds, &mut tm),
        }
    };
    (!ok.is_null()).then(|| read(&tm))
}

/// Has the library read the local zone anew, from a name as `TZ` would give it.
pub fn set_zone(zone: Option<&str>) {
    unsafe extern "C" {
        fn tzset();
    }
    // SAFETY: who reads the environment in Rust takes the same lock. Of C's functions only those that are
    // called with the machine's thread standing in them ask for TZ; the others' variables stay where they are.
    unsafe {
        match zone {
            Some(zone) => std::env::set_var("TZ", zone),
            None => std::env::remove_var("TZ"),
        }
        tzset();
    }
}

/// Calendar time in the local zone as seconds since 1970.
pub fn seconds(fields: &[i64; 9]) -> Option<i64> {
    let mut tm = write(fields)?;
    // A value the library leaves alone when it fails.
    tm.tm_wday = -1;
    // SAFETY: valid for the call.
    let time = unsafe { libc::mktime(&mut tm) };
    (time != -1 || tm.tm_wday != -1).then_some(time)
}

/// `strftime`: the fields are trusted to be in range.
pub fn format(pattern: &str, fields: &[i64; 9], zone: Option<&Calendar>) -> Option<String> {
    let mut tm = write(fields)?;
    let name = std::ffi::CString::new(zone.map_or("UTC", |c| &c.zone)).ok()?;
    tm.tm_gmtoff = zone.map_or(0, |c| c.offset);
    tm.tm_zone = name.as_ptr();
    let pattern = std::ffi::CString::new(pattern).ok()?;
    let mut room = 256;
    while room <= 1 << 20 {
        let mut out = vec![0u8; room];
        // SAFETY: the buffer has `room` bytes, the strings end with a zero.
        let len = unsafe { libc::strftime(out.as_mut_ptr().cast(), room, pattern.as_ptr(), &tm) };
        if len > 0 || pattern.as_bytes().is_empty() {
            out.truncate(len);
            return Some(String::from_utf8_lossy(&out).into_owned());
        }
        // Zero may also mean that the text is empty: `%p` in some locales.
        if room > 1 << 12 && room > 16 * pattern.as_bytes().len() {
            return Some(String::new());
        }
        room *= 4;
    }
    None
}
