//! [`Transcript`]: the lines of a timeline, finished and live.

use geppetto_timeline::{Patch, View};
use ratatui::text::Line;

use super::theme::Theme;

/// Lines of a timeline. Finished lines are returned once and never change; those of what is still
/// open are returned as often as they are drawn.
///
/// The text is that of the [`View`], which the caller passes each time; it is not copied.
#[derive(Debug)]
pub(crate) struct Transcript {
    _theme: Theme,
    /// `true` if reasoning and long results are shown folded.
    folded: bool,
}

impl Transcript {
    /// Creates the transcript of an empty timeline.
    pub(crate) fn new(theme: Theme) -> Self {
        Self {
            _theme: theme,
            folded: true,
        }
    }

    /// Takes note of changes that `view` already includes.
    pub(crate) fn apply(&mut self, _patches: &[Patch], _view: &View) {}

    /// Returns the lines that are finished and were not returned before.
    pub(crate) fn take_finished(&mut self, _view: &View, _width: u16) -> Vec<Line<'static>> {
        Vec::new()
    }

    /// Returns the last lines, at most `height`, of what is not finished.
    pub(crate) fn live(&mut self, _view: &View, _width: u16, _height: u16) -> Vec<Line<'static>> {
        Vec::new()
    }

    /// Returns the last finished lines, at least `rows` of them if there are so many, beginning with
    /// an entity, whether they were returned before or not; earlier lines count as returned. For the
    /// screen after a resize or a change of folding, and for a session that is opened.
    pub(crate) fn tail(&mut self, _view: &View, _width: u16, _rows: usize) -> Vec<Line<'static>> {
        Vec::new()
    }

    /// Sets whether reasoning and long results are folded. The caller repaints with
    /// [`tail`](Self::tail).
    pub(crate) fn set_folded(&mut self, folded: bool) {
        self.folded = folded;
    }

    /// Returns `true` if reasoning and long results are folded.
    pub(crate) fn is_folded(&self) -> bool {
        self.folded
    }
}
