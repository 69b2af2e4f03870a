//! From text to tree: tokens, layout, grammar. Pure: no heap of the language, no I/O.

pub mod ast;
pub mod diagnostic;
pub mod dump;
pub mod span;

mod builder;
mod decode;
mod layout;
mod names;
mod numbers;
mod parse;
mod soft;
mod strings;
mod targets;
mod token;

pub use decode::decode_source;
pub use parse::{Mode, Outcome, Parsed, parse};
