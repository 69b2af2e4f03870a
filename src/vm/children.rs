//! Other processes: children that are started, waited for and reaped, programs that take this one's
//! place, groups and sessions, users and limits.

use std::ffi::{CString, OsStr, OsString};
use std::io;
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::{AtomicU8, Ordering};

use super::system::checked;

// ---- starting them

/// What a child does to itself before its program begins.
#[derive(Debug, Default)]
pub struct Before {
    pub session: bool,
    pub group: Option<i32>,
    pub umask: Option<u32>,
    pub user: Option<u32>,
    pub gid: Option<u32>,
    pub groups: Option<Vec<u32>>,
    /// Leave the signal of broken pipes ignored, as it is here.
    pub keep_signals: bool,
    /// No descriptors but the first three and these.
    pub close: bool,
    pub keep: Vec<RawFd>,
}

/// Whether children would get descriptors that they are not meant to: nobody has looked yet, none
/// was found, some may be. Descriptors are the process's, whichever machine of it made them.
static STRAY: AtomicU8 = AtomicU8::new(UNKNOWN);
const UNKNOWN: u8 = 0;
const NONE: u8 = 1;
const SOME: u8 = 2;

/// Remembers that a program has made a descriptor one that children get.
pub fn note_inheritable(fd: RawFd) {
    if fd > 2 {
        STRAY.store(SOME, Ordering::Relaxed);
    }
}

/// Are there descriptors that children would get? Those that this process was started with are
/// looked for once: nothing that it opens itself is for children, unless it says so.
fn has_strays() -> bool {
    if STRAY.load(Ordering::Relaxed) == UNKNOWN {
        let found = match std::fs::read_dir("/proc/self/fd") {
            Err(_) => true,
            Ok(entries) => entries.flatten().any(|entry| {
                let fd = entry.file_name().to_str().and_then(|name| name.parse().ok());
                fd.is_none_or(|fd| fd > 2 && super::files::is_inheritable(fd).unwrap_or(false))
            }),
        };
        STRAY.store(if found { SOME } else { NONE }, Ordering::Relaxed);
    }
    STRAY.load(Ordering::Relaxed) == SOME
}

impl Before {
    /// Is there anything to be done that the library would not do by itself?
    fn is_plain(&self) -> bool {
        !self.session
            && self.group.is_none_or(|group| group == 0)
            && self.umask.is_none()
            && self.user.is_none()
            && self.gid.is_none()
            && self.groups.is_none()
            && !self.keep_signals
            && self.keep.is_empty()
            && !(self.close && has_strays())
    }

    /// In the child: plain calls that allocate nothing and take no locks.
    fn act(&self) -> io::Result<()> {
        // SAFETY: plain calls; the groups are valid for their number.
        unsafe {
            if self.keep_signals {
                libc::signal(libc::SIGPIPE, libc::SIG_IGN);
            }
            if let Some(mask) = self.umask {
                libc::umask(mask);
            }
            if self.session {
                checked(libc::setsid())?;
            }
            if let Some(group) = self.group {
                checked(libc::setpgid(0, group))?;
            }
            if let Some(groups) = &self.groups {
                checked(libc::setgroups(groups.len(), groups.as_ptr()))?;
            }
            if let Some(gid) = self.gid {
                checked(libc::setregid(gid, gid))?;
            }
            if let Some(user) = self.user {
                checked(libc::setreuid(user, user))?;
            }
            if self.close {
                let closed = libc::syscall(
                    libc::SYS_close_range,
                    3,
                    libc::c_uint::MAX,
                    libc::CLOSE_RANGE_CLOEXEC,
                );
                if closed != 0 {
                    // A system from before there was that call.
                    for fd in 3..libc::sysconf(libc::_SC_OPEN_MAX).clamp(3, 65536) as RawFd {
                        libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC);
                    }
                }
            }
            for &fd in &self.keep {
                checked(libc::fcntl(fd, libc::F_SETFD, 0))?;
            }
        }
        Ok(())
    }
}

/// Starts a program. Returns its number, and a descriptor that can be read from once it has ended.
pub fn spawn(mut command: Command, before: Before) -> io::Result<(i32, RawFd)> {
    if before.is_plain() {
        // The library then starts it without copying this process.
        if before.group == Some(0) {
            command.process_group(0);
        }
    } else {
        // SAFETY: see `act`.
        unsafe { command.pre_exec(move || before.act()) };
    }
    let mut child = command.spawn()?;
    let pid = child.id() as i32;
    match descriptor_of(pid) {
        Ok(fd) => Ok((pid, fd)),
        Err(error) => {
            // Nobody would hear of its end.
            let _ = child.kill();
            let _ = child.wait();
            Err(error)
        }
    }
}

/// A descriptor that can be read from once the process has ended.
pub fn descriptor_of(pid: i32) -> io::Result<RawFd> {
    // SAFETY: a plain call.
    match unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) } {
        fd if fd < 0 => Err(io::Error::last_os_error()),
        fd => Ok(fd as RawFd),
    }
}

/// Has another program take this one's place. Returns only what went wrong.
pub fn replace(path: &OsStr, argv: &[OsString], pairs: &[OsString]) -> io::Error {
    let text = |text: &OsStr| CString::new(text.as_bytes()).unwrap_or_default();
    let path = text(path);
    let argv: Vec<CString> = argv.iter().map(|arg| text(arg)).collect();
    let pairs: Vec<CString> = pairs
        .chunks_exact(2)
        .map(|pair| {
            let mut whole = pair[0].clone();
            whole.push("=");
            whole.push(&pair[1]);
            text(&whole)
        })
        .collect();
    let list = |texts: &[CString]| -> Vec<*const libc::c_char> {
        texts.iter().map(|text| text.as_ptr()).chain([std::ptr::null()]).collect()
    };
    let (arguments, environment) = (list(&argv), list(&pairs));
    // SAFETY: lists of valid strings, each with a null at its end. What this process ignores or
    // handles, the program that begins must not find ignored.
    unsafe {
        let before = libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        libc::execve(path.as_ptr(), arguments.as_ptr(), environment.as_ptr());
        let error = io::Error::last_os_error();
        libc::signal(libc::SIGPIPE, before);
        error
    }
}

// ---- their ends

/// How a child has ended: its status, or minus the signal that killed it. None if it has not.
pub fn reap(pid: i32) -> io::Result<Option<i32>> {
    match wait_now(pid, libc::WNOHANG)? {
        (0, ..) => Ok(None),
        (_, status, _) if libc::WIFSIGNALED(status) => Ok(Some(-libc::WTERMSIG(status))),
        (_, status, _) => Ok(Some(libc::WEXITSTATUS(status))),
    }
}

/// Which child has changed, its status as the system has it, and what it has used. 0: none yet.
pub fn wait_now(pid: i32, options: i32) -> io::Result<(i32, i32, Usage)> {
    let mut status = 0;
    // SAFETY: all fields are integers; valid for the call.
    unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        let found = libc::wait4(pid, &mut status, options | libc::WNOHANG, &mut usage);
        Ok((checked(found)?, status, Usage::of(&usage)))
    }
}

/// Of a child that has changed: its number, its user, the signal, the status, why. None: none yet.
pub fn wait_for_id(kind: i32, id: i32, options: i32) -> io::Result<Option<[i32; 5]>> {
    // SAFETY: all fields are integers; valid for the call. The fields are those of children.
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        let options = options | libc::WNOHANG;
        checked(libc::waitid(kind as libc::idtype_t, id as libc::id_t, &mut info, options))?;
        if info.si_pid() == 0 {
            return Ok(None);
        }
        let user = info.si_uid() as i32;
        Ok(Some([info.si_pid(), user, info.si_signo, info.si_status(), info.si_code]))
    }
}

/// What a process has used: seconds of its own and of the system for it, then counts.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    pub times: [f64; 2],
    pub counts: [i64; 14],
}

impl Usage {
    fn of(usage: &libc::rusage) -> Usage {
        let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 * 1e-6;
        Usage {
            times: [seconds(usage.ru_utime), seconds(usage.ru_stime)],
            counts: [
                usage.ru_maxrss,
                usage.ru_ixrss,
                usage.ru_idrss,
                usage.ru_isrss,
                usage.ru_minflt,
                usage.ru_majflt,
                usage.ru_nswap,
                usage.ru_inblock,
                usage.ru_oublock,
                usage.ru_msgsnd,
                usage.ru_msgrcv,
                usage.ru_nsignals,
                usage.ru_nvcsw,
                usage.ru_nivcsw,
            ],
        }
    }
}

pub fn usage(who: i32) -> io::Result<Usage> {
    // SAFETY: all fields are integers; valid for the call.
    unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        checked(libc::syscall(libc::SYS_getrusage, who, &raw mut usage) as libc::c_int)?;
        Ok(Usage::of(&usage))
    }
}

/// A limit of a process, soft and hard; sets it if it is given both.
pub fn limit(pid: i32, which: i32, wanted: Option<[u64; 2]>) -> io::Result<[u64; 2]> {
    let mut before = [0u64; 2];
    let new = wanted.as_ref().map_or(std::ptr::null(), |pair| pair.as_ptr());
    let old = before.as_mut_ptr();
    // SAFETY: pairs of numbers, or none, valid for the call.
    let done = unsafe { libc::syscall(libc::SYS_prlimit64, pid, which, new, old) };
    checked(done as libc::c_int)?;
    Ok(before)
}

// ---- groups, sessions, priorities

/// A question or an order with a number or two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    Group,
    SetGroup,
    Session,
    NewSession,
    SignalGroup,
    Nice,
    SetUser,
    SetGid,
    SetUsers,
    SetGids,
    Yield,
}

pub fn ask(what: Ask, a: i32, b: i32) -> io::Result<i32> {
    let (x, y) = (a as u32, b as u32);
    // SAFETY: plain calls.
    unsafe {
        if what == Ask::Nice {
            // -1 may be an answer.
            *libc::__errno_location() = 0;
            let answer = libc::nice(a);
            return match io::Error::last_os_error() {
                error if answer == -1 && error.raw_os_error() != Some(0) => Err(error),
                _ => Ok(answer),
            };
        }
        checked(match what {
            Ask::Group => libc::getpgid(a),
            Ask::SetGroup => libc::setpgid(a, b),
            Ask::Session => libc::getsid(a),
            Ask::NewSession => libc::setsid(),
            Ask::SignalGroup => libc::killpg(a, b),
            Ask::SetUser => libc::setuid(x),
            Ask::SetGid => libc::setgid(x),
            Ask::SetUsers => libc::setreuid(x, y),
            Ask::SetGids => libc::setregid(x, y),
            Ask::Yield | Ask::Nice => libc::sched_yield(),
        })
    }
}

/// The groups that the process belongs to.
pub fn groups() -> io::Result<Vec<u32>> {
    // SAFETY: the list is valid for its length.
    unsafe {
        let count = checked(libc::getgroups(0, std::ptr::null_mut()))?;
        let mut found = vec![0; count as usize];
        let count = checked(libc::getgroups(count, found.as_mut_ptr()))?;
        found.truncate(count as usize);
        Ok(found)
    }
}

/// The processors that a process may use.
pub fn processors_of(pid: i32) -> io::Result<Vec<i64>> {
    // SAFETY: a set of bits, valid for the calls.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        checked(libc::sched_getaffinity(pid, size_of::<libc::cpu_set_t>(), &mut set))?;
        Ok((0..libc::CPU_SETSIZE as usize)
            .filter(|&i| libc::CPU_ISSET(i, &set))
            .map(|i| i as i64)
            .collect())
    }
}

pub fn set_processors_of(pid: i32, wanted: &[i64]) -> io::Result<()> {
    // SAFETY: a set of bits, valid for the calls; the numbers are in range.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        for &i in wanted {
            if (0..libc::CPU_SETSIZE.into()).contains(&i) {
                libc::CPU_SET(i as usize, &mut set);
            }
        }
        checked(libc::sched_setaffinity(pid, size_of::<libc::cpu_set_t>(), &set)).map(drop)
    }
}

/// A figure of the system's, by its number; -1 if there is none.
pub fn figure(which: i32) -> io::Result<i64> {
    // SAFETY: plain calls.
    unsafe {
        *libc::__errno_location() = 0;
        let found = libc::sysconf(which);
        match io::Error::last_os_error() {
            error if found == -1 && error.raw_os_error() != Some(0) => Err(error),
            _ => Ok(found),
        }
    }
}
