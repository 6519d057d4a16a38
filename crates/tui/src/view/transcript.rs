//! [`Transcript`]: the lines of a timeline, finished and live.

use std::collections::HashSet;

use geppetto_timeline::{Content, Entity, Patch, State, View};
use geppetto_turns::printable;
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
    /// Ids of the entities whose lines were returned.
    done: HashSet<String>,
}

impl Transcript {
    /// Creates the transcript of an empty timeline.
    pub(crate) fn new(theme: Theme) -> Self {
        Self {
            _theme: theme,
            folded: true,
            done: HashSet::new(),
        }
    }

    /// Takes note of changes that `view` already includes.
    pub(crate) fn apply(&mut self, _patches: &[Patch], _view: &View) {}

    /// Returns the lines that are finished and were not returned before.
    pub(crate) fn take_finished(&mut self, view: &View, _width: u16) -> Vec<Line<'static>> {
        let mut finished = Vec::new();
        for own in view.entities() {
            if own.state().is_some_and(State::is_active) {
                break;
            }
            if self.done.insert(own.id.clone()) {
                finished.extend(lines(own));
            }
        }
        finished
    }

    /// Returns the last lines, at most `height`, of what is not finished.
    pub(crate) fn live(&mut self, view: &View, _width: u16, height: u16) -> Vec<Line<'static>> {
        let open = view.entities().filter(|own| !self.done.contains(&own.id));
        let mut live: Vec<_> = open.flat_map(lines).collect();
        let cut = live.len().saturating_sub(height.into());
        live.split_off(cut)
    }

    /// Returns the last finished lines, at least `rows` of them if there are so many, beginning with
    /// an entity, whether they were returned before or not; earlier lines count as returned. For the
    /// screen after a resize or a change of folding, and for a session that is opened.
    pub(crate) fn tail(&mut self, view: &View, width: u16, _rows: usize) -> Vec<Line<'static>> {
        self.done.clear();
        self.take_finished(view, width)
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

fn lines(own: &Entity) -> Vec<Line<'static>> {
    let text = match &own.content {
        Content::User(message) => format!("> {}", message.text),
        Content::ToolCall(call) => {
            format!("{} {} {}", call.name, call.arguments, call.result)
        }
        _ => own.text().unwrap_or_default().to_owned(),
    };
    let lines = printable(&text);
    let lines = lines.lines().map(|line| Line::from(line.to_owned()));
    lines.collect()
}
