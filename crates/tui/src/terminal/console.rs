//! [`TtyConsole`]: keys, pastes and sizes from the terminal, signals from the system.

use std::{future::poll_fn, io, pin::Pin};

use crossterm::event::{Event, EventStream};
use futures_core::Stream;
use ratatui::layout::Size;

use super::tty::Tty;
use crate::{
    Ending,
    app::{Input, Message, event_loop::Console},
};

#[cfg(unix)]
use super::signals::Signals;

#[cfg(test)]
mod tests;

/// The terminal of the process.
pub(crate) struct TtyConsole {
    events: EventStream,
    #[cfg(unix)]
    signals: Signals,
    /// `true` from the end of a suspension to its signal.
    #[cfg(unix)]
    was_suspended: bool,
    // Dropped last, which restores the terminal.
    tty: Tty,
}

impl TtyConsole {
    /// Reads from the terminal, whose modes are set.
    pub(crate) fn new(tty: Tty) -> io::Result<Self> {
        Ok(Self {
            events: EventStream::new(),
            #[cfg(unix)]
            signals: Signals::new()?,
            #[cfg(unix)]
            was_suspended: false,
            tty,
        })
    }

    async fn input(events: &mut EventStream) -> Message {
        loop {
            let next = poll_fn(|cx| Pin::new(&mut *events).poll_next(cx)).await;
            let input = match next {
                Some(Ok(Event::Key(key))) => Input::Key(key),
                Some(Ok(Event::Paste(text))) => Input::Paste(text),
                Some(Ok(Event::Resize(width, height))) => Input::Resize(usable(width, height)),
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => Input::Closed,
            };
            return Message::Input(input);
        }
    }
}

impl Console for TtyConsole {
    #[cfg(unix)]
    async fn next(&mut self) -> Message {
        use super::signals::Signal;

        loop {
            let message = tokio::select! {
                own = Self::input(&mut self.events) => own,
                signal = self.signals.next() => match signal {
                    Signal::Terminate => Message::Terminate(Ending::Terminated),
                    Signal::Interrupt => Message::Interrupt,
                    // The one that ends a suspension is handled there.
                    Signal::Continue if std::mem::take(&mut self.was_suspended) => continue,
                    Signal::Continue => match self.tty.resume().and_then(|()| size()) {
                        Ok(size) => Message::Resumed(size),
                        Err(_) => Message::closed(),
                    },
                },
            };
            return message;
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) -> Message {
        Self::input(&mut self.events).await
    }

    fn suspend(&mut self) -> io::Result<Size> {
        self.tty.suspend();
        #[cfg(unix)]
        {
            super::signals::stop()?;
            self.was_suspended = true;
        }
        self.tty.resume()?;
        size()
    }
}

/// Returns the size of the terminal.
pub(crate) fn size() -> io::Result<Size> {
    let (width, height) = crossterm::terminal::size()?;
    Ok(usable(width, height))
}

/// Returns a size, or 80 by 24 for one without columns or rows: a pseudo-terminal has none until
/// somebody sets them, such as in a container.
fn usable(width: u16, height: u16) -> Size {
    if width == 0 || height == 0 {
        return Size::new(80, 24);
    }
    Size::new(width, height)
}
