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
