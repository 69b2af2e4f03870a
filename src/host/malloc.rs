//! What the system allocator keeps.
//!
//! Objects own buffers outside the heap, and a collection frees thousands of them at once. Left
//! alone, glibc gives the top of its heap back to the system each time, and the next cycle pays
//! for every page of it again.

/// Free memory at the top of the heap up to this size is kept.
#[cfg(target_env = "gnu")]
const KEEP: i32 = 64 << 20;

/// Buffers up to this size come from the heap, larger ones are mapped each on its own.
#[cfg(target_env = "gnu")]
const MAPPED: i32 = 4 << 20;

/// Tells the system allocator so, if it is one that takes advice.
pub fn keep_freed() {
    #[cfg(target_env = "gnu")]
    // SAFETY: plain calls; refusal only costs speed.
    unsafe {
        libc::mallopt(libc::M_TRIM_THRESHOLD, KEEP);
        libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED);
    }
}
