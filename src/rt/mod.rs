//! The mechanisms of an event loop: timers, clocks, and waiting for the operating system.
//!
//! This floor names no other. What a timer wakes is a payload it only carries, time comes in as
//! an argument, and nothing here runs a program's code. Which callback runs when, and what a task
//! is, belongs to the floors above. Start with `wheel.rs`.

pub mod clock;
pub mod poller;
pub mod seam;
pub mod wheel;

pub use clock::{Clock, RESOLUTION};
pub use poller::{Poller, Waker, Woke};
pub use wheel::{Timer, Wheel};
