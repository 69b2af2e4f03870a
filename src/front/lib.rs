//! The front tower above the grammar: from text to code, and code as bytes.
//!
//! A crate of its own because it runs twice: in the program, for scripts, and in the build
//! script, which compiles `stdlib/` ahead of time. Pure: no heap, no I/O.

pub mod code;
pub mod compile;
pub mod lint;
pub mod text;
