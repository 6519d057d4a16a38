//! The last lines again: after a resize, and for a session that is opened.

use geppetto_timeline::{Content, Entity, View};
use ratatui::text::Line;

use super::{Transcript, is_final, may_vanish};
use crate::{
    markdown::Stream,
    view::entity::{Children, Shape},
};

/// Maximum number of lines that are written again of one entity.
const MAX_LINES: usize = 2_000;

impl Transcript {
    /// Returns the last finished lines, at least `rows` of them if there are so many, beginning with
    /// an entity, whether they were returned before or not; earlier lines count as returned. For a
    /// session that is opened.
    pub(crate) fn tail(&mut self, view: &View, width: u16, rows: usize) -> Vec<Line<'static>> {
        let columns = usize::from(width.max(1));
        self.streams.clear();
        self.late.clear();
        self.returned.clear();
        self.last = None;
        self.find_end(view);
        let mut blocks = Vec::new();
        let mut count = 0;
        for entity in view.entities_before(self.position).rev() {
            if entity.parent.is_some() || self.late.contains(&entity.id) {
                continue;
            }
            if count >= rows && !blocks.is_empty() {
                break;
            }
            let lines = self.lines_again(entity, view, columns);
            count += lines.len() + 1;
            blocks.push((entity, lines));
        }
        let mut out = Vec::new();
        for (entity, lines) in blocks.into_iter().rev() {
            if !lines.is_empty() {
                self.put(entity, lines, &mut out);
            }
            self.returned.complete(entity);
        }
        out.extend(self.take_finished(view, width));
        out
    }

    /// Returns the lines of a screen of `rows` again, after a resize or a change of folding: the last
    /// `rows` that were returned, and those that were not. More would be twice in the scrollback, and fewer
    /// may miss some: a terminal that becomes lower drops what is below the cursor first.
    pub(crate) fn again(&mut self, view: &View, width: u16, rows: usize) -> Vec<Line<'static>> {
        let unseen = self.take_finished(view, width).len();
        let mut lines = self.tail(view, width, rows);
        lines.drain(..lines.len().saturating_sub(rows + unseen));
        lines
    }

    /// Finds the first entity that is not final.
    fn find_end(&mut self, view: &View) {
        let mut children = Children::new();
        let mut position = self.position;
        let mut is_open = false;
        for entity in view.entities_from(self.position) {
            if let Some(parent) = &entity.parent {
                let children = children.entry(parent.clone()).or_default();
                children.push(entity.id.clone());
                continue;
            }
            is_open |= !may_vanish(entity, view) && !is_final(entity, view);
            if is_open {
                continue;
            }
            if may_vanish(entity, view) {
                self.late.push(entity.id.clone());
            }
            position = entity.position + 1;
        }
        self.children.extend(children);
        self.position = position;
    }

    fn lines_again(&self, entity: &Entity, view: &View, columns: usize) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        if let Content::Answer(answer) = &entity.content {
            let mut stream = Stream::new(self.theme);
            stream.advance(&answer.text, columns, true);
            lines = stream.take_finished();
        }
        lines.extend(self.look(view, columns).lines(entity));
        if Shape::of(entity, self.folded) == Shape::Text && lines.len() > MAX_LINES {
            lines.drain(..lines.len() - MAX_LINES);
        }
        lines
    }
}
