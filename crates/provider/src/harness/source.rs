//! [`Source`]: the frames of a stream, for any framing.

use std::{collections::VecDeque, time::Duration};

use geppetto_engine::EngineError;
use geppetto_transport::{JsonLines, SseEvent, SseStream};
use tokio::time::timeout;

use super::truncated;
use crate::Frame;

/// Time limit for the end of a body after the frame that ends the stream.
const RELEASE: Duration = Duration::from_millis(10);

/// The frames of a stream.
#[derive(Debug)]
pub(super) enum Source {
    Events(SseStream),
    Lines {
        lines: JsonLines,
        /// Lines that were read to detect the form of the reply.
        ahead: VecDeque<String>,
        /// The last of them that was returned.
        given: String,
    },
}

impl Source {
    pub(super) fn lines(lines: JsonLines, ahead: VecDeque<String>) -> Self {
        Self::Lines {
            lines,
            ahead,
            given: String::new(),
        }
    }

    /// Returns the next frame; `None` at the end of the body.
    ///
    /// # Errors
    ///
    /// If the body broke off, or its end truncates a frame.
    pub(super) async fn next(&mut self) -> Result<Option<Frame<'_>>, EngineError> {
        match self {
            Self::Events(events) => Ok(events.next().await?.map(event)),
            Self::Lines {
                lines,
                ahead,
                given,
            } => {
                if let Some(first) = ahead.pop_front() {
                    *given = first;
                    return Ok(Some(line(given)));
                }
                match lines.next().await? {
                    Some(value) if value.is_cut => Err(truncated()),
                    value => Ok(value.map(|value| line(value.text))),
                }
            }
        }
    }

    /// Returns the next frame if it has already been received.
    ///
    /// # Errors
    ///
    /// If a frame is too large.
    pub(super) fn next_received(&mut self) -> Result<Option<Frame<'_>>, EngineError> {
        match self {
            Self::Events(events) => Ok(events.next_received()?.map(event)),
            // Lines that were read ahead are returned first.
            Self::Lines { ahead, .. } if !ahead.is_empty() => Ok(None),
            Self::Lines { lines, .. } => Ok(lines.next_received()?.map(|value| line(value.text))),
        }
    }

    pub(super) fn was_heartbeat(&mut self) {
        match self {
            Self::Events(events) => events.was_heartbeat(),
            Self::Lines { lines, .. } => lines.was_heartbeat(),
        }
    }

    /// Returns `true` if the stream has ended within a frame.
    pub(super) fn ended_within_frame(&self) -> bool {
        match self {
            Self::Events(events) => events.ended_mid_event(),
            // Such an end is an error, and a line is one frame.
            Self::Lines { .. } => false,
        }
    }

    pub(super) fn invalid_utf8(&self) -> u64 {
        match self {
            Self::Events(events) => events.invalid_utf8(),
            Self::Lines { lines, .. } => lines.invalid_utf8(),
        }
    }

    /// Reads the end of the body, which arrives with the last frame or right after it, so that its
    /// connection can be reused.
    pub(super) async fn release(&mut self) {
        // If the server keeps the connection open instead, only that connection is lost.
        let _ = timeout(RELEASE, self.next()).await;
    }
}

fn event(event: SseEvent<'_>) -> Frame<'_> {
    Frame {
        name: event.event,
        data: event.data,
    }
}

fn line(data: &str) -> Frame<'_> {
    Frame { name: "", data }
}
