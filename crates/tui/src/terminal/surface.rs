//! [`Surface`]: a terminal that can be drawn on.

use std::io::{self, Write};

use crossterm::{
    QueueableCommand,
    terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate},
};
use ratatui::backend::{Backend, CrosstermBackend};

/// A terminal that can be drawn on.
pub(crate) trait Surface: Backend<Error = io::Error> {
    /// Begins a frame, which the terminal shows at once when it ends.
    fn begin_frame(&mut self) -> io::Result<()>;

    /// Ends a frame.
    fn end_frame(&mut self) -> io::Result<()>;

    /// Sends bytes as they are, such as an escape sequence.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()>;
}

impl<W: Write> Surface for CrosstermBackend<W> {
    fn begin_frame(&mut self) -> io::Result<()> {
        self.queue(BeginSynchronizedUpdate).map(drop)
    }

    fn end_frame(&mut self) -> io::Result<()> {
        self.queue(EndSynchronizedUpdate)?;
        Write::flush(self)
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)?;
        Write::flush(self)
    }
}
