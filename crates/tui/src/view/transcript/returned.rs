//! What was returned as finished, and what became of it since.

use std::collections::{HashMap, VecDeque};

use geppetto_timeline::{Content, Entity};
use ratatui::text::Line;

use crate::{
    markdown::wrap::{Break, Margin, Run, wrap},
    view::entity::{Look, mark},
};

/// Number of entities that are remembered: more than a run has, usually.
const REMEMBERED: usize = 1_000;

/// What the lines of an entity said.
#[derive(Debug, Clone, Copy, Default)]
struct Said {
    is_complete: bool,
    is_prompt: bool,
    mark: Option<&'static str>,
    sources: usize,
}

/// A change of something that is on the screen already.
#[derive(Debug)]
pub(super) enum Change {
    /// An answer has another end, or more sources.
    Added {
        id: String,
        mark: Option<&'static str>,
        sources: usize,
    },
    /// The text of an entity was replaced.
    Replaced,
    /// Entities were removed: with a prompt, or a reply only.
    Removed { with_prompt: bool },
}

#[derive(Debug, Default)]
pub(super) struct Returned {
    said: HashMap<String, Said>,
    order: VecDeque<String>,
    touched: Vec<String>,
    changes: Vec<Change>,
}

impl Returned {
    pub(super) fn has(&self, id: &str) -> bool {
        self.said.contains_key(id)
    }

    pub(super) fn is_complete(&self, id: &str) -> bool {
        self.said.get(id).is_some_and(|said| said.is_complete)
    }

    /// Remembers that some lines of an entity were returned.
    pub(super) fn begin(&mut self, entity: &Entity) {
        self.remember(entity, false);
    }

    /// Remembers that all lines of an entity were returned.
    pub(super) fn complete(&mut self, entity: &Entity) {
        self.remember(entity, true);
    }

    fn remember(&mut self, entity: &Entity, is_complete: bool) {
        let mut said = Said {
            is_complete,
            is_prompt: matches!(entity.content, Content::User(_)),
            ..Said::default()
        };
        if let (Content::Answer(answer), true) = (&entity.content, is_complete) {
            (said.mark, said.sources) = (mark(answer), answer.sources.len());
        }
        if self.said.insert(entity.id.clone(), said).is_none() {
            self.order.push_back(entity.id.clone());
        }
        if self.order.len() > REMEMBERED
            && let Some(id) = self.order.pop_front()
        {
            self.said.remove(&id);
        }
    }

    /// Takes note of a change of an entity.
    pub(super) fn change(&mut self, id: &str, is_replaced: bool) {
        if !self.has(id) {
            return;
        }
        if is_replaced {
            self.changes.push(Change::Replaced);
        }
        if !self.touched.iter().any(|own| own == id) {
            self.touched.push(id.to_owned());
        }
    }

    pub(super) fn remove(&mut self, id: &str) {
        self.touched.retain(|own| own != id);
        let Some(said) = self.said.remove(id) else {
            return;
        };
        self.order.retain(|own| own != id);
        if let Some(Change::Removed { with_prompt }) = self.changes.last_mut() {
            *with_prompt |= said.is_prompt;
        } else {
            let with_prompt = said.is_prompt;
            self.changes.push(Change::Removed { with_prompt });
        }
    }

    pub(super) fn take_changes(&mut self) -> Vec<Change> {
        let mut changes = std::mem::take(&mut self.changes);
        for id in std::mem::take(&mut self.touched) {
            let Some(said) = self.said.get(&id).filter(|said| said.is_complete) else {
                continue;
            };
            changes.push(Change::Added {
                id,
                mark: said.mark,
                sources: said.sources,
            });
        }
        changes
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl Change {
    pub(super) fn lines(&self, look: &Look<'_>) -> Vec<Line<'static>> {
        let (warning, quiet) = (look.theme.warning(), look.theme.quiet());
        let note = |sign: &str, text: &str| {
            let margin = Margin::hanging(sign, warning);
            wrap(
                &[Run::new(text, quiet)],
                &margin,
                look.columns,
                Break::Words,
            )
        };
        match self {
            Self::Replaced => note("↺ ", "the text above was replaced:"),
            Self::Removed { with_prompt: true } => {
                note("↺ ", "the last prompt above is taken back")
            }
            Self::Removed { .. } => note("↺ ", "what the model wrote last is discarded"),
            Self::Added {
                id,
                mark: said,
                sources,
            } => {
                let Some(Content::Answer(answer)) = look.view.entity(id).map(|own| &own.content)
                else {
                    return Vec::new();
                };
                let mut lines = Vec::new();
                if let Some(now) = mark(answer).filter(|now| Some(*now) != *said) {
                    lines.extend(note("⋯ ", now));
                }
                lines.extend(look.sources(&answer.sources, *sources));
                lines
            }
        }
    }
}
