//! The heap: non-moving mark and sweep over blocks of equal cells.
//!
//! Allocation never collects (I2): it only raises the debt, and once that passes the threshold
//! it asks for a safepoint. The collector runs there, when every live value is in a place that
//! `vm/roots.rs` walks. What the objects are is unknown here: a table of `KindInfo`, one entry
//! per value of `Header::kind`, says how to trace and drop them.

pub mod budget;
mod heap;
mod ptr;
mod signal;

pub use heap::{Heap, KindInfo, Marker, Stats};
pub use ptr::{Gc, HeapType};
pub use signal::Signals;

/// The first word of every heap object.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Header {
    /// Index into the table of kinds; 0 is a free cell.
    pub kind: u8,
    /// Colour of the cycle that last saw it alive.
    pub mark: u8,
    /// Size in units of 16 bytes, or 0 for a large object.
    pub cells: u8,
    /// Meaning depends on the kind; see `value/kind.rs`.
    pub flags: u8,
    /// Hidden class; 0 for objects that no program sees.
    pub shape: u32,
}
