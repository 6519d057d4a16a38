//! The loop of a chat: messages in, effects and frames out.

use std::{future::Future, io, time::Duration};

use ratatui::layout::Size;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use super::{App, Effect, Input, Message, driver::Driver};
use crate::{
    Ended, Error,
    terminal::{screen::Screen, surface::Surface},
};

/// Minimum time between two frames of a text that streams: 60 in a second.
const FRAME: Duration = Duration::from_millis(16);

/// Maximum number of messages between two frames.
const BATCH: usize = 256;

/// The terminal of a chat, other than what is drawn on it.
pub(crate) trait Console {
    /// Waits for what the terminal or the system sends: an input or a signal. Cancel safe.
    fn next(&mut self) -> impl Future<Output = Message>;

    /// Stops the program until it is continued, and returns the size of the terminal then.
    fn suspend(&mut self) -> io::Result<Size>;
}

/// A chat that runs.
pub(crate) struct Running<S, C> {
    pub(crate) app: App,
    pub(crate) screen: Screen<S>,
    pub(crate) console: C,
    pub(crate) driver: Driver,
    pub(crate) messages: mpsc::Receiver<Message>,
}

impl<S: Surface, C: Console> Running<S, C> {
    /// Runs until the person quits. Returns how the chat ended.
    ///
    /// It wakes up for messages and the times that the app asks for, and not otherwise: an idle chat
    /// takes no processor time.
    pub(crate) async fn run(mut self) -> Result<Ended, Error> {
        self.draw()?;
        let mut drawn = Instant::now();
        let mut is_drawn = true;
        while !self.app.is_done() {
            let is_waiting = !is_drawn && !self.app.is_resizing();
            let frame_due = is_waiting.then(|| drawn + FRAME);
            let wake = self.app.wake().into_iter().chain(frame_due).min();
            let mut is_key = false;
            let first = tokio::select! {
                biased;
                own = self.console.next() => {
                    is_key = true;
                    Some(own)
                }
                Some(own) = self.messages.recv() => Some(own),
                () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => None,
            };
            let now = Instant::now();
            if let Some(first) = first {
                self.apply(first, now)?;
                is_drawn = false;
                for _ in 0..BATCH {
                    let Ok(next) = self.messages.try_recv() else {
                        break;
                    };
                    self.apply(next, now)?;
                }
            }
            if self.app.wake().is_some_and(|wake| wake <= now) {
                self.apply(Message::Tick, now)?;
                is_drawn = false;
            }
            let is_due = is_key || now.duration_since(drawn) >= FRAME;
            if !is_drawn && is_due && !self.app.is_resizing() {
                self.draw()?;
                (drawn, is_drawn) = (now, true);
            }
        }
        self.draw()?;
        self.screen.close()?;
        self.app.ended()
    }

    fn draw(&mut self) -> io::Result<()> {
        let (finished, frame) = self.app.frame();
        self.screen.draw(&finished, &frame)
    }

    fn apply(&mut self, message: Message, now: Instant) -> io::Result<()> {
        for effect in self.app.update(message, now) {
            match effect {
                Effect::Send(bytes) => self.screen.surface_mut().send(&bytes)?,
                Effect::Restart(size) => self.screen.restart(size)?,
                Effect::RestartAtBottom(size) => self.screen.restart_at_bottom(size)?,
                Effect::Suspend => {
                    self.screen.close()?;
                    let size = self.console.suspend()?;
                    for effect in self.app.update(Message::Resumed(size), now) {
                        if let Effect::RestartAtBottom(size) = effect {
                            self.screen.restart_at_bottom(size)?;
                        }
                    }
                }
                effect => self.driver.perform(effect),
            }
        }
        Ok(())
    }
}

impl Message {
    /// Returns the message that the terminal is gone.
    pub(crate) fn closed() -> Self {
        Self::Input(Input::Closed)
    }
}
