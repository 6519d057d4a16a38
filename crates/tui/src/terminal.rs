//! The terminal: its state, what is drawn on it, and what it sends.

pub(crate) mod clipboard;
pub(crate) mod console;
pub(crate) mod screen;
pub(crate) mod signals;
pub(crate) mod surface;
pub(crate) mod tty;
