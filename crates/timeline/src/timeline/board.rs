//! [`Board`]: the view of a timeline, with the patches of its changes.

use std::collections::{BTreeSet, VecDeque};

use geppetto_events::Event;

use crate::{Changes, Content, Entity, Field, Patch, Status, View};

/// Distance between the positions of entities that are added one after the other, so that others
/// fit in between.
const STEP: u64 = 1 << 16;

/// Number of removed entities that are remembered for readers with an older version.
const REMEMBERED: usize = 4_096;

/// The view, and the patches of the change in progress.
#[derive(Debug, Clone, Default)]
pub(super) struct Board {
    pub(super) view: View,
    /// Number of the last event.
    pub(super) seq: u64,
    patches: Vec<Patch>,
    last_position: u64,
    /// Removed entities, with the version of the removal.
    removed: VecDeque<(u64, String)>,
    /// Readers with an older version need the complete view.
    oldest: u64,
}

impl Board {
    pub(super) fn start_after(&mut self, seq: u64) {
        self.seq = seq;
        self.view.version = seq;
        self.oldest = seq;
    }

    /// Begins the change of an event. Returns `false` if it was applied before.
    pub(super) fn begin(&mut self, event: &Event) -> bool {
        if event.seq == 0 {
            self.seq += 1;
            return true;
        }
        if event.seq <= self.seq {
            return false;
        }
        self.seq = event.seq;
        true
    }

    /// Ends a change.
    pub(super) fn take_patches(&mut self) -> Vec<Patch> {
        let patches = std::mem::take(&mut self.patches);
        if !patches.is_empty() {
            self.view.version = self.view.version.max(self.seq);
        }
        patches
    }

    fn publish(&mut self, patch: Patch) {
        if self.patches.is_empty() {
            // Nearly always the only one.
            self.patches.reserve_exact(1);
        }
        self.patches.push(patch);
    }

    pub(super) fn since(&self, version: u64) -> Option<Vec<Patch>> {
        if version < self.oldest || version > self.seq {
            return None;
        }
        let gone = self.removed.iter().filter(|(at, _)| *at > version);
        let gone = gone.filter(|(_, id)| self.view.entity(id).is_none());
        let mut patches: Vec<Patch> = gone
            .map(|(version, id)| Patch::Remove {
                id: id.clone(),
                version: *version,
            })
            .collect();
        let changed = self.view.entities().filter(|own| own.version > version);
        patches.extend(changed.map(|own| Patch::Insert {
            entity: own.clone(),
        }));
        let (version, status) = (self.view.version, self.view.status.clone());
        patches.push(Patch::Status { version, status });
        Some(patches)
    }

    /// Reserves the next position.
    pub(super) fn reserve(&mut self) -> u64 {
        self.last_position += STEP;
        self.last_position
    }

    /// Adds an entity at the end.
    pub(super) fn add(
        &mut self,
        id: &str,
        parent: Option<&str>,
        turn_id: Option<&str>,
        content: Content,
    ) {
        let position = self.reserve();
        self.insert(id, position, parent, turn_id, content);
    }

    /// Adds an entity at a reserved position. If there is one with this id, it is replaced, and keeps
    /// its position.
    pub(super) fn insert(
        &mut self,
        id: &str,
        position: u64,
        parent: Option<&str>,
        turn_id: Option<&str>,
        content: Content,
    ) {
        let position = self.view.entity(id).map_or(position, |own| own.position);
        let entity = Entity {
            id: id.to_owned(),
            version: self.seq,
            position,
            parent: parent.map(str::to_owned),
            turn_id: turn_id.map(str::to_owned),
            content,
        };
        self.view.insert(entity.clone());
        self.publish(Patch::Insert { entity });
    }

    /// Appends to a text of an entity.
    pub(super) fn append(&mut self, id: &str, field: Field, text: &str) {
        let Some(entity) = self.view.entity_mut(id) else {
            return;
        };
        entity.version = self.seq;
        let Some(own) = entity.growing_mut(field).filter(|_| !text.is_empty()) else {
            return;
        };
        own.push_str(text);
        self.publish(Patch::Append {
            id: id.to_owned(),
            version: self.seq,
            field,
            text: text.to_owned(),
        });
    }

    /// Sets fields of an entity.
    pub(super) fn update(&mut self, id: &str, mut changes: Changes) {
        if self.view.entity(id).is_none() {
            return;
        }
        self.view.update(id, self.seq, &mut changes);
        if !changes.is_empty() {
            self.publish(Patch::Update {
                id: id.to_owned(),
                version: self.seq,
                changes,
            });
        }
    }

    /// Removes an entity and those within it.
    pub(super) fn remove(&mut self, id: &str) {
        if self.view.remove(id).is_none() {
            return;
        }
        self.removed.push_back((self.seq, id.to_owned()));
        if self.removed.len() > REMEMBERED
            && let Some((version, _)) = self.removed.pop_front()
        {
            self.oldest = self.oldest.max(version);
        }
        self.publish(Patch::Remove {
            id: id.to_owned(),
            version: self.seq,
        });
    }

    /// Brings entities into this order, and moves few of them.
    pub(super) fn arrange<'a>(&mut self, ids: impl IntoIterator<Item = &'a str>) {
        let place = |id| Some((id, self.view.entity(id)?.position));
        let placed: Vec<(&str, u64)> = ids.into_iter().filter_map(place).collect();
        if placed.is_sorted_by(|(_, one), (_, next)| one < next) {
            return;
        }
        let mut later: BTreeSet<u64> = placed.iter().map(|(_, position)| *position).collect();
        let mut last = 0;
        for (id, position) in placed {
            later.remove(&position);
            if position > last {
                last = position;
                continue;
            }
            let next = later.range(last + 1..).next();
            last = match next.map(|next| last + (next - last) / 2) {
                Some(between) if between > last && self.is_free(between) => between,
                _ => self.reserve(),
            };
            let changes = Changes {
                position: Some(last),
                ..Changes::default()
            };
            self.update(id, changes);
        }
    }

    fn is_free(&self, position: u64) -> bool {
        self.view.at(position).is_none()
    }

    pub(super) fn set_status(&mut self, change: impl FnOnce(&mut Status)) {
        let mut status = self.view.status.clone();
        change(&mut status);
        if status == self.view.status {
            return;
        }
        self.view.status = status.clone();
        self.publish(Patch::Status {
            version: self.seq,
            status,
        });
    }
}
