//! The program around the machine: command line, loading, running, ending.
//!
//! `loader.rs` is the one place where the front tower (text to code) and the back tower (code to
//! values) meet. May name everything; nothing below names it.

mod carets;
mod check;
mod colors;
pub mod command;
mod config;
mod descriptors;
mod ending;
mod library;
mod loader;
mod malloc;
mod repl;
mod run;
mod signals;
mod stack;
mod terminal;
pub mod test;
mod uncaught;

pub use command::main;
pub use config::{Config, Script};
pub use ending::Exit;
pub use loader::Loader;
pub use malloc::AtHand;
pub use run::{machine, run};
