//! Which of the standard descriptors the process was started with. Those that are missing are opened
//! on the null device before `main` begins, so that no file of the program comes in their place; what
//! was missing has to be seen before that.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};

static MISSING: [AtomicBool; 3] = [const { AtomicBool::new(false) }; 3];

// SAFETY: functions of this section are called once each, before `main`. This one calls what may be
// called at any time, and stores into statics that need no set-up.
#[cfg(target_os = "linux")]
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = {
    extern "C" fn look() {
        for (fd, missing) in (0..).zip(&MISSING) {
            // SAFETY: asking about a descriptor that is not open is an error, and no more.
            let flags = unsafe { libc::fcntl(fd, libc::F_GETFD) };
            missing.store(flags == -1, Ordering::Relaxed);
        }
    }
    look
};

pub fn is_missing(fd: usize) -> bool {
    MISSING[fd].load(Ordering::Relaxed)
}

/// Is there a standard input?
pub fn check_input() -> io::Result<()> {
    if is_missing(0) { Err(io::Error::other("it is closed")) } else { Ok(()) }
}

/// All that comes on standard input.
pub fn read_input() -> io::Result<Vec<u8>> {
    check_input()?;
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}
