//! The program around the machine: command line, loading, running, ending.
//!
//! `loader.rs` is the one place where the front tower (text to code) and the back tower (code to
//! values) meet. May name everything; nothing below names it.

mod carets;
mod check;
pub mod command;
mod library;
mod loader;
mod malloc;
mod run;
mod signals;
mod stack;
pub mod test;

pub use command::main;
pub use loader::Loader;
pub use malloc::AtHand;
pub use run::{Config, Exit, Script, machine, run};
