//! Sloop: a small scripting language whose runtime is an event loop.

pub mod code;
pub mod compile;
pub mod plain;

pub use sloop_grammar as syntax;
