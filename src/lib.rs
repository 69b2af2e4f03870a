//! Sloop: a small scripting language whose runtime is an event loop.

pub mod code;
pub mod compile;
pub mod gc;
pub mod host;
pub mod native;
pub mod plain;
pub mod rt;
pub mod text;
pub mod value;
pub mod vm;

pub use sloop_grammar as syntax;
