//! From text to tree: tokens, layout, grammar. Pure: no heap of the language, no I/O.

pub mod ast;
pub mod diagnostic;
pub mod dump;
pub mod span;

mod advice;
mod builder;
mod decode;
mod explain;
mod layout;
mod lines;
mod names;
mod numbers;
mod parse;
mod recover;
mod soft;
mod strings;
mod targets;
mod token;

pub use decode::decode_source;
pub use parse::{Mode, Outcome, Parsed, parse};
