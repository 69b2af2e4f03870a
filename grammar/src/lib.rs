//! From text to tree: tokens, layout, grammar. Pure: no heap of the language, no I/O.

pub mod ast;
pub mod diagnostic;
pub mod span;
