//! The ground under both towers: source texts, positions in them, and how findings look.
//!
//! Knows nothing of tokens, trees or values. `source.rs` turns byte offsets into lines and
//! columns; `render.rs` draws diagnostics for a terminal.

pub mod render;
pub mod source;

pub use render::{Place, Remark, exception_name, render};
pub use source::{Position, Source};
