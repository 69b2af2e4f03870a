//! Room for the native stack: the machine bounds its native recursion (`DOOR_LIMIT`), and this
//! sees to it that the bound fits, whatever limit the process was started with.

/// Ten times what the deepest nesting was measured to take in a debug build.
const ROOM: usize = 64 << 20;

/// Runs the program where there is room: on the main thread if its stack may grow that far, else
/// on a thread made for it.
pub fn with_room<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    if raise_limit() {
        return work();
    }
    std::thread::scope(|scope| {
        super::signals::mask(true);
        let body = || {
            super::signals::mask(false);
            work()
        };
        let builder = std::thread::Builder::new().stack_size(ROOM);
        match builder.spawn_scoped(scope, body).map(|thread| thread.join()) {
            Ok(Ok(value)) => value,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(error) => panic!("no thread to run on: {error}"),
        }
    })
}

/// Starts a thread of the system with as much room, which signals do not reach.
pub fn start_with_room(work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    // SAFETY: valid sets for the calls. A thread inherits the mask of the one that starts it.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before);
        let builder = std::thread::Builder::new().name("sloop-isolate".into()).stack_size(ROOM);
        let started = builder.spawn(work);
        libc::pthread_sigmask(libc::SIG_SETMASK, &before, std::ptr::null_mut());
        started.map(drop)
    }
}

/// Linux lets the main stack grow up to the limit of the moment, and keeps at least 128 MiB of
/// address space free for it.
fn raise_limit() -> bool {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: plain calls on a valid struct.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_STACK, &mut limit) != 0 {
            return false;
        }
        if limit.rlim_cur >= ROOM as u64 {
            return true;
        }
        limit.rlim_cur = ROOM as u64;
        limit.rlim_max >= ROOM as u64 && libc::setrlimit(libc::RLIMIT_STACK, &limit) == 0
    }
}
