//! Sloop: a small scripting language whose runtime is an event loop.

pub mod gc;
pub mod host;
pub mod native;
pub mod plain;
pub mod rt;
pub mod value;
pub mod vm;

pub use sloop_front::{code, compile, for_each_op, lint, text};
pub use sloop_grammar as syntax;
