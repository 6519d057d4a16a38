//! [`Transcript`]: the lines of a timeline, finished and live.

use std::collections::HashMap;

use geppetto_timeline::{Content, Entity, NoticeKind, Patch, State, View};
use ratatui::text::Line;

use super::{
    entity::{Children, Look, Shape},
    theme::Theme,
};
use crate::markdown::Stream;

mod returned;
mod tail;
#[cfg(test)]
mod tests;

use returned::{Change, Returned};

/// Decisions that are not sent yet, each by the id of its call, in a word.
pub(crate) type Decided = HashMap<String, &'static str>;

/// Lines of a timeline. Finished lines are returned once and never change; those of what is still
/// open are returned as often as they are drawn.
///
/// The text is that of the [`View`], which the caller passes each time; it is not copied.
#[derive(Debug)]
pub(crate) struct Transcript {
    theme: Theme,
    /// `true` if reasoning and long results are shown folded.
    folded: bool,
    /// What the person decided, while they are asked about the calls that wait.
    asking: Option<Decided>,
    /// Entities before this position were returned, except for the late ones.
    position: u64,
    /// Entities before the position that were not returned: they appeared late, or may vanish.
    late: Vec<String>,
    /// Id and shape of the last entity of which lines were returned.
    last: Option<(String, Shape)>,
    /// Texts of open answers.
    streams: HashMap<String, Stream>,
    children: Children,
    returned: Returned,
}

impl Transcript {
    /// Creates the transcript of an empty timeline.
    pub(crate) fn new(theme: Theme) -> Self {
        Self {
            theme,
            folded: true,
            asking: None,
            position: 0,
            late: Vec::new(),
            last: None,
            streams: HashMap::new(),
            children: Children::new(),
            returned: Returned::default(),
        }
    }

    /// Returns `true` until lines are returned.
    pub(crate) fn is_new(&self) -> bool {
        self.last.is_none()
    }

    /// Takes note of changes that `view` already includes.
    pub(crate) fn apply(&mut self, patches: &[Patch], view: &View) {
        for patch in patches {
            match patch {
                Patch::Insert { entity } => self.inserted(entity),
                Patch::Update { id, changes, .. } => {
                    let is_replaced = changes.text.is_some() && self.streams.remove(id).is_some();
                    self.returned.change(id, is_replaced);
                    if let (Some(_), Some(entity)) = (changes.position, view.entity(id)) {
                        self.inserted(entity);
                    }
                }
                Patch::Remove { id, .. } => {
                    self.streams.remove(id);
                    self.children.remove(id);
                    self.late.retain(|own| own != id);
                    self.returned.remove(id);
                }
                _ => {}
            }
        }
    }

    fn inserted(&mut self, entity: &Entity) {
        let id = &entity.id;
        if let Some(parent) = &entity.parent {
            let children = self.children.entry(parent.clone()).or_default();
            if !children.contains(id) {
                children.push(id.clone());
            }
        } else if self.returned.has(id) {
            self.returned.change(id, false);
        } else if entity.position < self.position && !self.late.contains(id) {
            self.late.push(id.clone());
        }
    }

    /// Returns the lines that are finished and were not returned before.
    pub(crate) fn take_finished(&mut self, view: &View, width: u16) -> Vec<Line<'static>> {
        let mut out = Vec::new();
        let columns = usize::from(width.max(1));
        for change in self.returned.take_changes() {
            self.show_change(&change, view, columns, &mut out);
        }
        for id in std::mem::take(&mut self.late) {
            if let Some(entity) = view.entity(&id)
                && (may_vanish(entity, view) || !self.finish(entity, view, columns, &mut out))
            {
                self.late.push(id);
            }
        }
        let mut position = self.position;
        for entity in view.entities_from(self.position) {
            if entity.parent.is_none() && !self.returned.is_complete(&entity.id) {
                if may_vanish(entity, view) {
                    self.late.push(entity.id.clone());
                } else if !self.finish(entity, view, columns, &mut out) {
                    break;
                }
            }
            position = entity.position + 1;
        }
        self.position = position;
        out
    }

    /// Returns the finished lines of an entity. Returns `true` if it is complete.
    fn finish(
        &mut self,
        entity: &Entity,
        view: &View,
        columns: usize,
        out: &mut Vec<Line<'static>>,
    ) -> bool {
        let is_final = is_final(entity, view);
        let mut lines = Vec::new();
        if let Content::Answer(answer) = &entity.content {
            let stream = self.stream(&entity.id);
            stream.advance(&answer.text, columns, is_final);
            lines = stream.take_finished();
        }
        if is_final {
            let look = self.look(view, columns);
            lines.extend(look.lines(entity));
        }
        if !lines.is_empty() {
            self.put(entity, lines, out);
            self.returned.begin(entity);
        }
        if is_final {
            self.returned.complete(entity);
            self.streams.remove(&entity.id);
            self.forget_children(&entity.id);
        }
        is_final
    }

    fn forget_children(&mut self, id: &str) {
        for child in self.children.remove(id).unwrap_or_default() {
            self.forget_children(&child);
        }
    }

    fn stream(&mut self, id: &str) -> &mut Stream {
        let theme = self.theme;
        let stream = self.streams.entry(id.to_owned());
        stream.or_insert_with(|| Stream::new(theme))
    }

    fn look<'a>(&'a self, view: &'a View, columns: usize) -> Look<'a> {
        Look {
            theme: self.theme,
            columns,
            is_folded: self.folded,
            asking: self.asking.as_ref(),
            view,
            children: &self.children,
        }
    }

    /// Appends lines of an entity, after a blank line if they are not the next ones of the last.
    fn put(&mut self, entity: &Entity, lines: Vec<Line<'static>>, out: &mut Vec<Line<'static>>) {
        let shape = Shape::of(entity, self.folded);
        if let Some((id, last)) = &self.last
            && *id != entity.id
            && last.is_apart(shape)
        {
            out.push(Line::default());
        }
        out.extend(lines);
        self.last = Some((entity.id.clone(), shape));
    }

    /// Says what changed of something that was returned, and cannot be changed on the screen.
    fn show_change(
        &mut self,
        change: &Change,
        view: &View,
        columns: usize,
        out: &mut Vec<Line<'static>>,
    ) {
        let (id, shape) = match change {
            Change::Added { id, .. } => (id.clone(), Shape::Text),
            _ => (String::new(), Shape::Row),
        };
        let lines = change.lines(&self.look(view, columns));
        if lines.is_empty() {
            return;
        }
        if let Some((last_id, last)) = &self.last
            && (*last_id != id || id.is_empty())
            && last.is_apart(shape)
        {
            out.push(Line::default());
        }
        out.extend(lines);
        self.last = Some((id, shape));
    }

    /// Returns the last lines, at most `height`, of what is not finished.
    pub(crate) fn live(&mut self, view: &View, width: u16, height: u16) -> Vec<Line<'static>> {
        let columns = usize::from(width.max(1));
        let mut last = self.last.clone();
        let mut lines = Vec::new();
        let late: Vec<&Entity> = self.late.iter().filter_map(|id| view.entity(id)).collect();
        let open = view.entities_from(self.position);
        let open = open.filter(|own| own.parent.is_none() && !self.returned.is_complete(&own.id));
        let open: Vec<&Entity> = late.into_iter().chain(open).collect();
        for entity in open {
            let own = self.live_lines(entity, view, columns, usize::from(height));
            if own.is_empty() {
                continue;
            }
            let shape = Shape::of(entity, self.folded);
            if let Some((id, last)) = &last
                && *id != entity.id
                && last.is_apart(shape)
            {
                lines.push(Line::default());
            }
            lines.extend(own);
            last = Some((entity.id.clone(), shape));
        }
        lines.drain(..lines.len().saturating_sub(usize::from(height)));
        lines
    }

    fn live_lines(
        &mut self,
        entity: &Entity,
        view: &View,
        columns: usize,
        height: usize,
    ) -> Vec<Line<'static>> {
        let is_final = is_final(entity, view);
        let mut lines = Vec::new();
        if let Content::Answer(answer) = &entity.content {
            let stream = self.stream(&entity.id);
            stream.advance(&answer.text, columns, is_final);
            lines = stream.lines().rev().take(height).cloned().collect();
            lines.reverse();
            if !is_final {
                return lines;
            }
        }
        lines.extend(self.look(view, columns).lines(entity));
        lines
    }

    /// Sets whether reasoning and long results are folded. The caller repaints with
    /// [`tail`](Self::tail).
    pub(crate) fn set_folded(&mut self, folded: bool) {
        self.folded = folded;
    }

    /// Sets what the person decided, while they are asked about the calls that wait: rows of those
    /// without a decision need not ask again.
    pub(crate) fn set_asking(&mut self, asking: Option<Decided>) {
        self.asking = asking;
    }

    /// Returns `true` if reasoning and long results are folded.
    pub(crate) fn is_folded(&self) -> bool {
        self.folded
    }
}

/// Returns `true` if an entity will usually not change any more.
fn is_final(entity: &Entity, view: &View) -> bool {
    match &entity.content {
        Content::Notice(own) if own.notice == NoticeKind::Retry => {
            // The retries of a call share a notice.
            let mut later = view.entities_from(entity.position + 1);
            view.status.run.is_none() || later.any(|own| own.parent.is_none())
        }
        _ => entity
            .state()
            .is_none_or(|state| !state.is_active() && state != State::Waiting),
    }
}

/// Returns `true` if an entity is likely to be removed: the error of an attempt, until the run ends.
fn may_vanish(entity: &Entity, view: &View) -> bool {
    matches!(&entity.content, Content::Error(own) if own.is_live_only) && view.status.run.is_some()
}
