//! How much memory the program may have.
//!
//! Rust's collections end the process when the system refuses them room, so what may be large is
//! asked about before it is begun (`grants`), and what grows bit by bit is watched by the
//! collector (`Heap::is_full`): both become MemoryError.

use std::sync::OnceLock;

/// Requests below this are not asked about: asking costs two calls of the system.
const ASKED: usize = 16 << 20;

/// Would the system grant that many bytes more?
pub fn grants(bytes: usize) -> bool {
    bytes < ASKED || bytes <= total() && Vec::<u8>::new().try_reserve_exact(bytes).is_ok()
}

/// Would the system grant what the next push needs?
pub fn grants_push<T>(items: &Vec<T>) -> bool {
    items.len() < items.capacity() || grants(items.capacity() * 2 * size_of::<T>())
}

/// What the process may have altogether: memory of the machine and of its group of processes,
/// address space.
pub fn total() -> usize {
    static TOTAL: OnceLock<usize> = OnceLock::new();
    *TOTAL.get_or_init(|| {
        let group = std::fs::read_to_string("/sys/fs/cgroup/memory.max").unwrap_or_default();
        let group = group.trim().parse().unwrap_or(usize::MAX);
        machine().min(address_space()).min(group)
    })
}

fn machine() -> usize {
    // SAFETY: plain calls.
    let (pages, size) =
        unsafe { (libc::sysconf(libc::_SC_PHYS_PAGES), libc::sysconf(libc::_SC_PAGESIZE)) };
    match (usize::try_from(pages), usize::try_from(size)) {
        (Ok(pages), Ok(size)) => pages.saturating_mul(size),
        _ => usize::MAX,
    }
}

fn address_space() -> usize {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: a valid struct.
    match unsafe { libc::getrlimit(libc::RLIMIT_AS, &mut limit) } {
        0 => usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX),
        _ => usize::MAX,
    }
}
