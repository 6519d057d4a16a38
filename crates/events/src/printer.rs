//! Event printers for people and programs.
//!
//! A printer is an [`EventSink`](crate::EventSink) that writes to any [`std::io::Write`]. It never
//! fails a run: the first write error (typically a closed pipe) ends the output and is retained.

use std::{
    fmt,
    io::{self, Write},
    sync::{Mutex, PoisonError},
};

mod human;
mod structured;

#[cfg(test)]
mod tests;

pub use human::HumanPrinter;
pub use structured::{JsonLinesPrinter, YamlPrinter};

/// A shared writer that stops writing after its first error.
struct Output<W> {
    state: Mutex<(W, Option<io::Error>)>,
}

impl<W: Write> Output<W> {
    fn new(writer: W) -> Self {
        Self {
            state: Mutex::new((writer, None)),
        }
    }

    fn write(&self, text: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (writer, error) = &mut *state;
        if error.is_none() {
            let written = writer
                .write_all(text.as_bytes())
                .and_then(|()| writer.flush());
            *error = written.err();
        }
    }

    /// Returns the first error of the writer, if any.
    fn error(&self) -> Option<io::ErrorKind> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.1.as_ref().map(io::Error::kind)
    }
}

impl<W> fmt::Debug for Output<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").finish_non_exhaustive()
    }
}
