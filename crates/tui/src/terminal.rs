//! The terminal: its state, what is drawn on it, and what it sends.

pub(crate) mod clipboard;
pub(crate) mod console;
pub(crate) mod screen;
#[cfg(unix)]
mod signals;
pub(crate) mod surface;
pub(crate) mod tty;
