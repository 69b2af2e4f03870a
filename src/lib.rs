//! Sloop: a small scripting language whose runtime is an event loop.

pub mod code;
pub mod gc;
pub mod native;
pub mod value;
pub mod vm;
pub mod compile;
pub mod plain;
pub mod text;

pub use sloop_grammar as syntax;
