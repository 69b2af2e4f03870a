//! From text to tree: tokens, layout, grammar. Pure: no heap of the language, no I/O.
//!
//! `decode` makes text of bytes; `token` (logos) cuts it up; `layout` adds lines, indentation,
//! brackets and f-strings, asking `soft` about soft keywords; `sloop.lalrpop` is the grammar and
//! `builder` its actions, which fill the `ast`. `parse` is the front door: it runs all this and,
//! when the grammar stops, lets `explain` and `advice` say why and `recover` say where to go on.

pub mod ast;
pub mod character_names;
pub mod comments;
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
mod paint;
mod parse;
mod recover;
mod scene;
mod soft;
mod strings;
mod targets;
mod token;

pub use decode::{decode_source, decode_source_by, legible};
pub use paint::{Paint, paint};
pub use parse::{Mode, Outcome, Parsed, parse};
